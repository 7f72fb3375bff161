//! The refused rows of an import, in a file beside it: the same columns and why, to be corrected and imported again.

use super::{cell, column::REASON, file::Source};
use csv::{StringRecord, Terminator, Writer, WriterBuilder};
use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A file of refused rows that is being written. It gets its name when the import has come to its end.
pub struct Refused {
    writer: Writer<File>,
    part: PathBuf,
    name: PathBuf,
    width: usize,
    /// Where the file has a column of reasons of an earlier import.
    reason: Option<usize>,
    /// Whether references stand in a column of their own; else where they stand.
    reference: Result<usize, ()>,
    rows: u64,
    ended: bool,
}

impl Refused {
    /// Opens it before anything is recorded, so that nothing is lost. `reference` and `reason` are the places of their columns.
    pub fn open(
        path: &Path,
        source: &Source,
        header: &StringRecord,
        width: usize,
        (reference, reason): (Option<usize>, Option<usize>),
    ) -> io::Result<Self> {
        let name = path.with_extension("refused.csv");
        let part = path.with_extension("refused.csv.part");
        let file = File::options().write(true).create(true).truncate(false).open(&part)?;
        file.try_lock().map_err(|fault| match fault {
            TryLockError::WouldBlock => io::Error::other("it is being imported already"),
            TryLockError::Error(fault) => fault,
        })?;
        // What the rows say is for the same eyes.
        file.set_permissions(fs::metadata(path)?.permissions())?;
        file.set_len(0)?;
        (&file).write_all(b"\xef\xbb\xbf")?;
        let writer =
            WriterBuilder::new().flexible(true).delimiter(source.delimiter).terminator(Terminator::CRLF).from_writer(file);
        let mut refused = Self { writer, part, name, width, reason, reference: reference.ok_or(()), rows: 0, ended: false };
        let ukrainian = header.iter().any(|cell| cell.chars().any(|sign| ('а'..='я').contains(&sign)));
        let named = |english, term| if ukrainian { term } else { english };
        refused.put(header, named("externalReference", "зовнішній ідентифікатор"), named(REASON.0, REASON.1))?;
        Ok(refused)
    }

    /// Writes a row under the reference by which it will be known again.
    pub fn add(&mut self, row: &StringRecord, reference: Option<&str>, reason: &str) -> io::Result<()> {
        self.rows += 1;
        self.put(row, reference.unwrap_or_default(), reason)
    }

    fn put(&mut self, row: &StringRecord, reference: &str, reason: &str) -> io::Result<()> {
        let cell = |place: usize| match row.get(place).unwrap_or_default() {
            "" if self.reference == Ok(place) => cell::guarded(reference),
            text => cell::guarded(cell::unguarded(text)),
        };
        let mut cells: Vec<_> = (0..self.width).filter(|place| self.reason != Some(*place)).map(cell).collect();
        if self.reference.is_err() {
            cells.push(cell::guarded(reference));
        }
        cells.push(cell::guarded(reason));
        // What stands beyond the header is kept, for who corrects the row.
        let beyond = row.iter().skip(self.width);
        if beyond.clone().any(|cell| !cell.trim().is_empty()) {
            cells.extend(beyond.map(|text| cell::guarded(cell::unguarded(text))));
        }
        Ok(self.writer.write_record(&cells)?)
    }

    /// What was refused is on the disk before the import goes on.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    /// Gives it its name, beside the files of earlier imports that somebody may be correcting; without rows it vanishes.
    pub fn end(mut self) -> io::Result<Option<PathBuf>> {
        self.writer.flush()?;
        self.ended = true;
        if self.rows == 0 {
            fs::remove_file(&self.part)?;
            return Ok(None);
        }
        self.writer.get_ref().sync_all()?;
        let stem = self.name.with_extension("");
        let numbered = |number: u32| match number {
            1 => self.name.clone(),
            _ => PathBuf::from(format!("{}-{number}.csv", stem.display())),
        };
        let mut number = 1;
        // A link takes no name that is taken; a rename would.
        let name = loop {
            match fs::hard_link(&self.part, numbered(number)) {
                Ok(()) => {
                    fs::remove_file(&self.part)?;
                    break numbered(number);
                }
                Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => number += 1,
                // Some file systems know no links.
                Err(_) if !numbered(number).exists() => {
                    fs::rename(&self.part, numbered(number))?;
                    break numbered(number);
                }
                Err(fault) => return Err(fault),
            }
        };
        Ok(Some(name))
    }
}

/// An import that could not run to its end comes again, and refuses the same rows.
impl Drop for Refused {
    fn drop(&mut self) {
        if !self.ended {
            let _ = fs::remove_file(&self.part);
        }
    }
}
