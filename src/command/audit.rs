//! `mistok audit`: the audit for who checks it, and the check.

use super::told;
use crate::{
    base::clock::Clock,
    config::DatabaseOptions,
    db::Db,
    journal::proof::{
        export,
        key::PublicKey,
        verify::{Report, Trust, Verifier},
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand};
use std::{
    error::Error,
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

const HELP: &str = "\
  mistok audit export --output 2027-01.ndjson --from 2027-01-01 --to 2027-02-01     on the server's machine
  mistok audit verify 2027-01.ndjson --key mistok-audit.pem                         anywhere, without a network

An export holds changes, reads of personal data, the roots over them and the public keys: ids and words, no personal data.
What is younger than the last hourly root comes with the next export. `verify` checks the hash of each entry, the
chain of each object, and that each root covers exactly the entries that are there, follows the one before it and is
signed. It names what was touched, the first first, and ends with 0 when nothing was, with 1 when something was, with
2 when it could not run to the end.

Whoever changes the database and signs anew needs the private key. So keep public keys (`auditKeys`) apart from the
server and name them with --key, and hold the newest root, which `verify` tells, against proofs that partners keep.";

#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Options {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Write changes, reads and signed roots as lines of JSON
    Export(Export),
    /// Check exports: names the first row that was touched
    Verify(Verify),
}

#[derive(Args)]
struct Export {
    /// Roots of this day or moment and later, with all that they cover [default: the beginning]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<DateTime<Utc>>,
    /// Roots before this day or moment [default: all]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<DateTime<Utc>>,
    /// The file to write [default: the standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseOptions,
}

#[derive(Args)]
struct Verify {
    /// Exports in the order of their time; - is the standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// A key to believe: a file in PEM, or the id of a key in the export; may be given several times [default: all of the export]
    // An id may begin with a hyphen.
    #[arg(long, value_name = "FILE_OR_ID", allow_hyphen_values = true)]
    key: Vec<String>,
}

/// A day begins at midnight in UTC.
fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    let day = || text.parse::<NaiveDate>().ok().map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc());
    let moment = DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()).or_else(day);
    moment.ok_or_else(|| "neither a day such as 2027-01-31 nor a moment such as 2027-01-31T14:00:00Z".to_owned())
}

pub(super) async fn run(options: Options) -> Result<ExitCode, Box<dyn Error>> {
    match options.verb {
        Verb::Export(export) => write(export).await.map(|()| ExitCode::SUCCESS),
        Verb::Verify(verify) => check(&verify),
    }
}

async fn write(options: Export) -> Result<(), Box<dyn Error>> {
    let database = options.database.check()?;
    let db = Db::of(&database, 1, Clock::default()).map_err(told)?;
    let mut out: Box<dyn Write> = match &options.output {
        Some(path) => Box::new(File::create(path).map_err(|fault| format!("cannot write {}: {fault}", path.display()))?),
        None => Box::new(io::stdout()),
    };
    let written = export::write(&db, options.from, options.to, &mut BufWriter::new(&mut out)).await.map_err(told)?;
    eprintln!("exported: {} changes, {} reads, {} roots", written.changes, written.reads, written.roots);
    Ok(())
}

fn check(options: &Verify) -> Result<ExitCode, Box<dyn Error>> {
    let mut trust = Vec::new();
    for key in &options.key {
        trust.push(match std::fs::read_to_string(key) {
            Ok(pem) => Trust::Key(PublicKey::read(&pem).ok_or_else(|| format!("{key} holds no Ed25519 key in PEM"))?),
            Err(_) => Trust::Id(key.clone()),
        });
    }
    let mut verifier = Verifier::new(trust);
    for path in &options.files {
        let name = path.display().to_string();
        let cannot = |fault: io::Error| format!("cannot read {name}: {fault}");
        if name == "-" {
            verifier.file("standard input", io::stdin().lock()).map_err(cannot)?;
        } else {
            verifier.file(&name, BufReader::new(File::open(path).map_err(cannot)?)).map_err(cannot)?;
        }
    }
    let report = verifier.end();
    say(&report, options.key.is_empty());
    Ok(if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// As many faults as one reads.
const SHOWN: usize = 20;

fn say(report: &Report, any_key: bool) {
    let all = report.told;
    println!("read: {} changes, {} reads, {} roots", all.changes, all.reads, all.roots);
    for key in &report.keys {
        println!("signed with: {key}{}", if any_key { " (the export's own word: name the key with --key)" } else { "" });
    }
    if let Some((number, at, hash)) = report.newest {
        println!("the newest root: {number}, {}, {hash}", at.to_rfc3339());
    }
    match report.faults.split_first() {
        None => println!("nothing was touched"),
        Some((first, more)) => {
            println!("TOUCHED: {first}");
            more.iter().take(SHOWN).for_each(|fault| println!("  {fault}"));
            if more.len() > SHOWN {
                println!("  and {} more", more.len() - SHOWN);
            }
        }
    }
}
