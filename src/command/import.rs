//! `mistok import`: the rows of a spreadsheet, recorded in the place of an organisation.
//!
//! It works on the database, on the server's machine, like the operator's other commands, and not over the API: a client's
//! secret would have to travel by TLS, and every TLS of today's Rust brings a C compiler or OpenSSL to the operator's machine.
//! The walls are the same: the actions of the slice, what the organisation's kind may do, row-level security under its name.

use super::{registry::organization_id, told};
use crate::{
    base::{Error as Fault, clock::Clock, edrpou::Edrpou, words::activity::ExistingRow},
    config::DatabaseOptions,
    db::Db,
    organization,
    sheet::import::{self, Progress, Tally, Wish},
    sheet::{Activities, Services},
};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    error::Error,
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

/// How it ends when rows were refused.
const SOME_REFUSED: u8 = 1;
/// How it ends when it could not run to the end.
pub(super) const COULD_NOT_RUN: u8 = 2;
/// How often a line tells how far it is, where no bar can be drawn.
const EACH: Duration = Duration::from_secs(5);

pub(super) const HELP: &str = "\
  mistok import services послуги.csv --organization 99000011 --dry-run     what would become of it
  mistok import services послуги.csv --organization 99000011
  mistok import services послуги.refused.csv --organization 99000011       what was refused, corrected

CSV in UTF-8 or Windows-1251, with commas, semicolons or tabs; the first row names the columns, in English or
Ukrainian, as the README lists them. Rows that are refused go to FILE.refused.csv with the reason: correct them there
and import that file, or correct FILE and import it again, not both. The same file may be imported again after any
end: what is recorded already stays as it is. A row without an external reference is known by its content and by how
often that stands in the file; --part NAME tells two files apart that hold the same rows.

It ends with 0 when all rows are in, with 1 when some were refused, with 2 when it could not run to the end.";

#[derive(clap::Args)]
pub(super) struct Options {
    /// What the rows are
    #[arg(value_enum)]
    what: What,
    /// The file
    file: PathBuf,
    /// In whose place: the code (ЄДРПОУ) or the id of the organisation
    #[arg(long, value_name = "EDRPOU")]
    organization: String,
    /// What becomes of a row that is known with other content: it is refused, or becomes the next version of the known one
    #[arg(long, value_enum, default_value_t = Existing::Refuse)]
    on_existing: Existing,
    /// Tells files apart in which rows without an external reference say the same, such as the files of two centres
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    part: String,
    /// Check all rows and record nothing; refused rows go to their file all the same
    #[arg(long)]
    dry_run: bool,
    /// Leave columns out that nobody knows
    #[arg(long)]
    ignore_unknown_columns: bool,
    #[command(flatten)]
    database: DatabaseOptions,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    Services,
    Activities,
}

#[derive(Clone, Copy, ValueEnum)]
enum Existing {
    Refuse,
    Correct,
}

pub(super) async fn run(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let database = options.database.check()?;
    // Each call waits for the one before.
    let db = Db::of(&database, 1, Clock::default()).map_err(told)?;
    let id = organization_id(&options.organization).ok();
    if id.is_none() {
        Edrpou::parse(&options.organization, "--organization").map_err(|refusal| told(refusal.into()))?;
    }
    let found = organization::operator::find(&db, id, &options.organization).await;
    let organization = found.map_err(|fault| match fault {
        Fault::Refused(_) => "--organization: there is no such organisation; `mistok organization list` shows them".to_owned(),
        other => told(other),
    })?;
    let (db, actor) = (db.by_operator(options.dry_run), import::in_the_place_of(&organization));
    let on_existing = match options.on_existing {
        Existing::Refuse => ExistingRow::Refuse,
        Existing::Correct => ExistingRow::Correct,
    };
    let wish = Wish { on_existing, part: options.part.clone(), ignore_unknown_columns: options.ignore_unknown_columns };
    let mut meter = Meter::new();
    let tell = |progress: Progress<'_>| meter.tell(progress);
    let done = match options.what {
        What::Services => import::run::<Services>(&db, &actor, &options.file, wish, tell).await,
        What::Activities => import::run::<Activities>(&db, &actor, &options.file, wish, tell).await,
    };
    meter.end();
    let tally = done.map_err(|fault| ended(fault, &options.file))?;
    println!("{}", summary(&tally, options.dry_run));
    Ok(if tally.refused == 0 { ExitCode::SUCCESS } else { SOME_REFUSED.into() })
}

fn ended(fault: import::Fault, file: &Path) -> String {
    let file = file.display();
    match fault {
        import::Fault::File(fault) => format!("{file}: {fault}"),
        import::Fault::Header(misread) => format!("{file}: {misread}"),
        import::Fault::Stopped(Fault::Denied { scope }) => {
            format!("organisations of this kind record no work of their own ({scope})")
        }
        import::Fault::Stopped(fault) => {
            format!("{}\nwhat was recorded before stays; import {file} again: nothing is recorded twice", told(fault))
        }
    }
}

fn summary(tally: &Tally, trial: bool) -> String {
    let Tally { recorded, unchanged, corrected, voided, refused, alike, file } = tally;
    let would = if trial { "nothing was written, this would become of " } else { "" };
    let rows = tally.rows();
    let mut text = format!(
        "{would}{rows} rows: {recorded} recorded, {unchanged} unchanged, {corrected} corrected, {voided} voided, {refused} refused"
    );
    if *alike > 0 {
        text += &format!(
            "\n{alike} of the unchanged have no external reference: rows that say the same were recorded before. \
             If they are other contacts and stand in another file, import this one with --part NAME"
        );
    }
    if let Some(file) = file {
        text += &format!("\nthe refused rows, with the reason of each: {}", file.display());
    }
    text
}

/// A bar on a terminal, a line now and then elsewhere; on the standard error output, numbers alone.
struct Meter {
    bar: Option<ProgressBar>,
    told: Instant,
}

impl Meter {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}  {eta} left");
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar, told: Instant::now() }
    }

    fn tell(&mut self, Progress { read, of, tally }: Progress<'_>) {
        let text = format!("{} rows, {} refused", tally.rows(), tally.refused);
        match &self.bar {
            Some(bar) => {
                bar.set_length(of);
                bar.set_position(read);
                bar.set_message(text);
            }
            None if self.told.elapsed() >= EACH => {
                self.told = Instant::now();
                eprintln!("{} %: {text}", (100 * read).checked_div(of).unwrap_or(100));
            }
            None => {}
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
