//! `mistok keys`: what a server must keep to itself.

use super::{Outcome, secret_file};
use crate::{
    access::token::Keys,
    config::{self, Faults, MasterKeyOptions, MasterKeys},
    db::vault,
    journal::proof,
    seal::{self, Ring},
};
use clap::{Args, Subcommand};
use secrecy::{ExposeSecret, SecretString};
use std::{
    fs,
    path::{Path, PathBuf},
};

const HELP: &str = "\
Makes three files in DIR, readable by you alone, and leaves those that are there as they are:
  signing-key.pem   signs access tokens: MISTOK_SIGNING_KEYS=DIR/signing-key.pem
  audit-key.pem     signs the audit: MISTOK_AUDIT_KEYS=DIR/audit-key.pem
  master-key        protects personal data: MISTOK_MASTER_KEY_FILE=DIR/master-key

Keep a copy of master-key apart from the database's copies: without it nobody can read the persons in them,
and who has both can. A lost signing key costs nothing but the tokens of the last 15 minutes.
After a lost audit key a new one signs; what the old one has signed stays good, by its public key.

To change the master key: mistok keys rotate --help";

const ROTATE: &str = "\
The master key is changed while servers work:

  1. mistok keys add /etc/mistok/master-key     a new key as the first line; the older one stays below it
  2. restart the server                         it wraps with the new one and opens what either has wrapped
  3. mistok keys rotate                         wraps every other key anew; it may be stopped, and run again
  4. delete the older lines, restart            keep them apart as long as copies of the database from before are kept

With several servers, a key that one of them does not know yet must not wrap: step 1 is `mistok keys add --last`, and
when all have been restarted with it, its line is moved to the top and all are restarted once more.

It logs in as the owner of the tables and rewrites keys alone, 60 bytes for each person; what they protect stays as it is.";

#[derive(Args)]
#[command(after_help = HELP, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Options {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// The directory of the keys; made where it is missing
    #[arg(env = "MISTOK_KEYS", required = true)]
    dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Verb {
    /// Add a new master key to a file of them, before a change
    Add {
        /// The file with the master key
        #[arg(env = "MISTOK_MASTER_KEY_FILE")]
        file: PathBuf,
        /// As the last line: it opens, and does not wrap yet
        #[arg(long)]
        last: bool,
    },
    /// Wrap all keys in the database by the first master key of the file
    #[command(after_help = ROTATE)]
    Rotate {
        /// The database, by the login that owns it (mistok_owner): postgresql://mistok_owner:…@host/mistok
        #[arg(long, env = "MISTOK_OWNER_URL", hide_env_values = true, value_name = "URL")]
        owner_url: Option<SecretString>,
        #[command(flatten)]
        master_key: MasterKeyOptions,
    },
}

pub(super) async fn run(options: &Options) -> Outcome {
    match (&options.verb, &options.dir) {
        (Some(Verb::Add { file, last }), _) => add(file, *last),
        (Some(Verb::Rotate { owner_url, master_key }), _) => rotate(owner_url.as_ref(), master_key).await,
        (None, Some(dir)) => make(dir),
        (None, None) => Err("name a directory".into()),
    }
}

fn make(dir: &Path) -> Outcome {
    fs::create_dir_all(dir).map_err(|fault| format!("cannot make {}: {fault}", dir.display()))?;
    signing_key(dir)?;
    audit_key(dir)?;
    master_keys(dir)?;
    println!("MISTOK_SIGNING_KEYS={}", dir.join(SIGNING_KEY).display());
    println!("MISTOK_AUDIT_KEYS={}", dir.join(AUDIT_KEY).display());
    println!("MISTOK_MASTER_KEY_FILE={}", dir.join(MASTER_KEY).display());
    Ok(())
}

fn add(file: &Path, last: bool) -> Outcome {
    let text = fs::read_to_string(file).map_err(|fault| format!("cannot read {}: {fault}", file.display()))?;
    let keys = MasterKeys::read(&text.into()).ok_or_else(|| format!("{} holds no master key", file.display()))?;
    let keys = keys.with(seal::random(), !last);
    secret_file::write(file, &keys.write()).map_err(|fault| format!("cannot write {}: {fault}", file.display()))?;
    let place = if last { "last" } else { "first" };
    println!("{} holds {} master keys now, the new one is the {place}: restart the server", file.display(), keys.all().len());
    Ok(())
}

async fn rotate(owner_url: Option<&SecretString>, master_key: &MasterKeyOptions) -> Outcome {
    let (url, keys) = Faults::both(config::check_url(owner_url, "MISTOK_OWNER_URL (--owner-url)"), master_key.check())?;
    let rotated = vault::rotate(url.expose_secret(), &Ring::new(keys.all())).await?;
    println!("wrapped anew: {}; wrapped by the first key before: {}", rotated.anew, rotated.already);
    if rotated.closed > 0 {
        let (many, first) = (rotated.closed, rotated.first_closed.unwrap_or_default());
        let said = format!(
            "{many} keys open by none of these master keys, the first: {first}; keep the older ones, and add those that lack"
        );
        return Err(said.into());
    }
    println!("nothing in this database needs an older master key; copies from before do");
    Ok(())
}

pub(super) const SIGNING_KEY: &str = "signing-key.pem";
pub(super) const AUDIT_KEY: &str = "audit-key.pem";
pub(super) const MASTER_KEY: &str = "master-key";

/// The signing key of a directory, made where it is missing.
pub(super) fn signing_key(dir: &Path) -> Result<SecretString, String> {
    secret_file::read_or_make(&dir.join(SIGNING_KEY), Keys::generate)
}

/// The key that signs the audit, of a directory, made where it is missing.
pub(super) fn audit_key(dir: &Path) -> Result<SecretString, String> {
    secret_file::read_or_make(&dir.join(AUDIT_KEY), proof::Keys::generate)
}

/// The master key of a directory, made where it is missing.
pub(super) fn master_keys(dir: &Path) -> Result<MasterKeys, String> {
    let path = dir.join(MASTER_KEY);
    let text = secret_file::read_or_make(&path, || MasterKeys::new(seal::random()).write())?;
    MasterKeys::read(&text).ok_or_else(|| format!("{} holds no master key", path.display()))
}
