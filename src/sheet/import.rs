//! Rows of a file, recorded call after call. Importing the same file again records nothing twice: each row has a reference,
//! its own or one that follows from its content, and a row that is known with the same content is left as it is.

use super::{
    cell::Cells,
    column::{Column, Layout, Misread},
    file::Source,
    refused::Refused,
};
use crate::{
    access::{Actor, Scopes},
    activity::{
        model::{Call, Recorded},
        rules::MOST,
    },
    base::{
        Error, Refusal, Result,
        message::Language,
        words::activity::{ErrorPolicy, ExistingRow, RowOutcome},
    },
    db::Db,
    organization::model::Organization,
};
use csv::StringRecord;
use sha2::{Digest, Sha256};
use std::{collections::HashMap, fs::File, io, path::Path, time::Duration};
use uuid::Uuid;

/// How often a call is tried when the database does not answer, each time after twice the pause.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);

/// A table whose rows can be recorded.
pub(crate) trait Table {
    const COLUMNS: &'static [Column];
    type Row: Clone;

    /// The command in a row's cells; what is wrong stays with the cells.
    fn read(cells: &mut Cells<'_>) -> Self::Row;
    /// Whether the row says by itself which one it is.
    fn is_named(row: &Self::Row) -> bool;
    fn name(row: &mut Self::Row, reference: String);
    /// What the row tells, the same however the file writes it.
    fn content(row: &Self::Row) -> Vec<String>;
    async fn record(db: &Db, actor: &Actor, call: Call<Self::Row>) -> Result<Recorded>;
}

/// What is wished of an import.
#[derive(Clone, Debug)]
pub struct Wish {
    pub on_existing: ExistingRow,
    /// Tells this file apart from others in which rows without a reference say the same.
    pub part: String,
    pub ignore_unknown_columns: bool,
}

/// What became of the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub recorded: u64,
    pub unchanged: u64,
    pub corrected: u64,
    pub voided: u64,
    pub refused: u64,
    /// Of the unchanged, those that have no reference: as the same rows of another file would be, too.
    pub alike: u64,
    /// Where the refused rows are.
    pub file: Option<std::path::PathBuf>,
}

impl Tally {
    pub fn rows(&self) -> u64 {
        self.recorded + self.unchanged + self.corrected + self.voided + self.refused
    }
}

/// How far an import is, in bytes of the file.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    pub read: u64,
    pub of: u64,
    pub tally: &'a Tally,
}

/// Why an import ended before its time. What was recorded until then stays; the same file may be imported again.
#[derive(Debug)]
pub enum Fault {
    File(io::Error),
    Header(Misread),
    Stopped(Error),
}

impl From<io::Error> for Fault {
    fn from(fault: io::Error) -> Self {
        Self::File(fault)
    }
}

impl From<csv::Error> for Fault {
    fn from(fault: csv::Error) -> Self {
        Self::File(fault.into())
    }
}

/// The operator in the place of an organisation: all that its kind may do, and no more.
pub fn in_the_place_of(organization: &Organization) -> Actor {
    Actor {
        application_id: Uuid::nil(),
        organization_id: organization.id,
        kind: organization.kind,
        scopes: Scopes::of_kind(organization.kind),
        purpose: None,
        acting_for: None,
        language: Default::default(),
    }
}

/// Records the rows of a file and tells after each call how far it is.
#[allow(private_bounds)]
pub async fn run<T: Table>(
    db: &Db,
    actor: &Actor,
    path: &Path,
    wish: Wish,
    mut tell: impl FnMut(Progress<'_>),
) -> Result<Tally, Fault> {
    let source = Source::recognise(path)?;
    let (mut rows, meter) = source.rows(File::open(path)?);
    let mut header = StringRecord::new();
    rows.read_record(&mut header)?;
    let layout = Layout::of(T::COLUMNS, &header, wish.ignore_unknown_columns).map_err(Fault::Header)?;
    let places = (layout.place("externalReference"), layout.place(super::column::REASON.0));
    let mut refused = Refused::open(path, &source, &header, layout.width, places)?;
    let (mut tally, mut names) = (Tally::default(), Names { part: wish.part, seen: HashMap::new() });
    loop {
        let mut batch = Vec::with_capacity(MOST);
        while batch.len() < MOST {
            let mut record = StringRecord::new();
            meter.since.set(0);
            if !rows.read_record(&mut record)? {
                break;
            }
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                batch.push(Read::of::<T>(&layout, record, &mut names));
            }
        }
        if batch.is_empty() {
            break;
        }
        let commands = batch.iter().map(|read| read.command.clone()).collect();
        let call = Call { error_policy: ErrorPolicy::RejectFailedRows, on_existing: wish.on_existing, rows: commands };
        let recorded = patient::<T>(db, actor, call).await.map_err(Fault::Stopped)?;
        for (read, result) in batch.iter().zip(&recorded.results) {
            match result.outcome {
                RowOutcome::Recorded => tally.recorded += 1,
                RowOutcome::Unchanged => {
                    tally.unchanged += 1;
                    tally.alike += u64::from(read.reference.is_some());
                }
                RowOutcome::Corrected => tally.corrected += 1,
                RowOutcome::Voided => tally.voided += 1,
                RowOutcome::Refused => {
                    tally.refused += 1;
                    refused.add(&read.record, read.reference.as_deref(), &read.why(&result.refusals))?;
                }
            }
        }
        refused.flush()?;
        tell(Progress { read: meter.read.get(), of: source.bytes, tally: &tally });
    }
    tally.file = refused.end()?;
    Ok(tally)
}

/// A call, once more when the database did not answer: whether or not the first had an effect, it has one.
async fn patient<T: Table>(db: &Db, actor: &Actor, call: Call<T::Row>) -> Result<Recorded> {
    let mut pause = PAUSE;
    for _ in 1..TRIES {
        match T::record(db, actor, call.clone()).await {
            Err(Error::Unavailable(_)) => tokio::time::sleep(pause).await,
            answer => return answer,
        }
        pause *= 2;
    }
    T::record(db, actor, call).await
}

/// One row of the file.
struct Read<Row> {
    record: StringRecord,
    line: u64,
    command: Result<Row, Vec<Refusal>>,
    /// The one that it was given, because it has none.
    reference: Option<String>,
}

impl<Row> Read<Row> {
    fn of<T: Table<Row = Row>>(layout: &Layout, record: StringRecord, names: &mut Names) -> Self {
        let mut cells = Cells::of(layout, &record);
        let row = T::read(&mut cells);
        let named = T::is_named(&row);
        let mut command = cells.end(row);
        let reference = match &mut command {
            _ if named => None,
            Ok(row) => {
                let reference = names.next("row", T::content(row));
                T::name(row, reference.clone());
                Some(reference)
            }
            // It will be another row when it is corrected, under this name.
            Err(_) => Some(names.next("cells", record.iter().map(|cell| cell.trim().to_owned()).collect())),
        };
        let line = record.position().map_or(0, csv::Position::line);
        Self { record, line, command, reference }
    }

    /// Why it was refused, in words for who corrects it.
    fn why(&self, refusals: &[Refusal]) -> String {
        let why = refusals.iter().map(|refusal| match refusal.path.iter().skip(2).cloned().collect::<Vec<_>>().join(".") {
            field if field.is_empty() => refusal.message.told(Language::English),
            field => format!("{field}: {}", refusal.message.told(Language::English)),
        });
        format!("line {}: {}", self.line, why.collect::<Vec<_>>().join(" "))
    }
}

/// References for rows that have none: a hash of the content, and which of the rows with this content it is. A few bytes
/// for each different row are all that an import keeps of a file.
#[derive(Default)]
struct Names {
    part: String,
    seen: HashMap<[u8; 8], u32>,
}

impl Names {
    fn next(&mut self, what: &str, content: Vec<String>) -> String {
        let mut hash = Sha256::new_with_prefix(what);
        for part in [self.part.clone()].into_iter().chain(content) {
            // With its length, so that no two contents run into the same text.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let hash = hash.finalize();
        let mut short = [0; 8];
        short.copy_from_slice(&hash[..8]);
        let number = self.seen.entry(short).or_default();
        *number += 1;
        // Letters alone: ten digits in a row could be the number of a person.
        let letters = hash[..16].iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|four| char::from(b'a' + four));
        format!("{what}-{}-{number}", letters.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_follows_from_content_and_repetition() {
        let next = |names: &mut Names, text: &str| names.next("row", vec![text.into(), "2".into()]);
        let (mut first, mut again) = (Names::default(), Names::default());
        let names = ["a", "b", "a", "a"].map(|text| next(&mut first, text));
        assert_eq!(["a", "b", "a", "a"].map(|text| next(&mut again, text)), names);
        assert_eq!(names.iter().collect::<std::collections::HashSet<_>>().len(), 4);
        assert!(names[2].ends_with("-2") && names[3].ends_with("-3") && names[0].len() < 128, "{names:?}");
        assert_ne!(first.next("row", vec!["a2".into(), "".into()]), first.next("row", vec!["a".into(), "2".into()]));
    }
}
