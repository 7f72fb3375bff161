//! `mistok keys`: what a server must keep to itself.

use super::{Outcome, secret_file};
use mistok::{access::token::Keys, config::MasterKey, journal::proof, seal};
use secrecy::SecretString;
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
After a lost audit key a new one signs; what the old one has signed stays good, by its public key.";

#[derive(clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Options {
    /// The directory of the keys; made where it is missing
    #[arg(env = "MISTOK_KEYS")]
    dir: PathBuf,
}

pub(super) fn run(options: &Options) -> Outcome {
    fs::create_dir_all(&options.dir).map_err(|fault| format!("cannot make {}: {fault}", options.dir.display()))?;
    signing_key(&options.dir)?;
    audit_key(&options.dir)?;
    master_key(&options.dir)?;
    println!("MISTOK_SIGNING_KEYS={}", options.dir.join(SIGNING_KEY).display());
    println!("MISTOK_AUDIT_KEYS={}", options.dir.join(AUDIT_KEY).display());
    println!("MISTOK_MASTER_KEY_FILE={}", options.dir.join(MASTER_KEY).display());
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
pub(super) fn master_key(dir: &Path) -> Result<MasterKey, String> {
    let path = dir.join(MASTER_KEY);
    let text = secret_file::read_or_make(&path, || MasterKey::new(seal::random()).write())?;
    MasterKey::read(&text).ok_or_else(|| format!("{} holds no master key", path.display()))
}
