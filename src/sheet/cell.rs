//! The values of a row's cells, and everything that is wrong with them.

use super::column::{self, Layout};
use crate::{
    base::{Error, Refusal, katottg::Katottg, words::Word},
    graphql::node::Kind,
};
use chrono::NaiveDate;
use csv::StringRecord;
use uuid::Uuid;

/// Signs by which spreadsheets know a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Whether a spreadsheet could take the text for a formula, or for one that was guarded.
fn dangerous(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(FORMULA)
}

/// A text that no spreadsheet executes.
pub fn guarded(text: &str) -> String {
    if dangerous(text) { format!("'{text}") } else { text.to_owned() }
}

/// The text behind its guard.
pub fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|text| dangerous(text)).unwrap_or(text)
}

/// One row of a file as it is read.
pub struct Cells<'a> {
    layout: &'a Layout,
    record: &'a StringRecord,
    refusals: Vec<Refusal>,
}

impl<'a> Cells<'a> {
    pub fn of(layout: &'a Layout, record: &'a StringRecord) -> Self {
        let mut refusals = Vec::new();
        if record.iter().skip(layout.width).any(|cell| !cell.trim().is_empty()) {
            refusals.push(Refusal::invalid("", "The row has more cells than the first row of the file names columns."));
        }
        Self { layout, record, refusals }
    }

    /// What was found wrong. Of a row that takes a known one out, nothing is looked at but which one.
    pub fn end<T>(mut self, row: T) -> Result<T, Vec<Refusal>> {
        if self.cell("void").and_then(yes) == Some(true) {
            self.refusals.retain(|refusal| refusal.path.iter().any(|field| field == "id"));
        }
        if self.refusals.is_empty() { Ok(row) } else { Err(self.refusals) }
    }

    fn cell(&self, name: &str) -> Option<&'a str> {
        let cell = self.record.get(self.layout.place(name)?)?;
        Some(unguarded(cell.trim_matches([' ', '\u{a0}', '\n'])).trim()).filter(|cell| !cell.is_empty())
    }

    pub fn text(&self, name: &str) -> Option<String> {
        self.cell(name).map(str::to_owned)
    }

    fn take<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, Refusal>) -> Option<T> {
        read(self.cell(name)?).map_err(|refusal| self.refusals.push(refusal)).ok()
    }

    /// The same where a value has to be: `fallback` stands for it in a row that is refused, or that takes another one out.
    pub fn needed<T>(&mut self, name: &str, fallback: T, read: impl FnOnce(&mut Self) -> Option<T>) -> T {
        if self.cell(name).is_none() {
            self.refusals.push(Refusal::invalid(name, "The cell is empty."));
        }
        read(self).unwrap_or(fallback)
    }

    pub fn flag(&mut self, name: &str) -> bool {
        let wrong = || Refusal::invalid(name, "Say yes or no: так, ні, 1, 0, true, false.");
        self.take(name, |cell| yes(cell).ok_or_else(wrong)).unwrap_or(false)
    }

    pub fn day(&mut self, name: &str) -> Option<NaiveDate> {
        let wrong = || Refusal::invalid(name, "A day is 2025-03-04, 04.03.2025 or 4/3/2025, the day before the month.");
        self.take(name, |cell| day(cell).ok_or_else(wrong))
    }

    pub fn number(&mut self, name: &str) -> Option<i32> {
        let wrong = || Refusal::invalid(name, "This is not a whole number.");
        self.take(name, |cell| {
            let digits: String = cell.chars().filter(|sign| !sign.is_whitespace()).collect();
            digits.parse().map_err(|_| wrong())
        })
    }

    pub fn word<W: Word>(&mut self, name: &str) -> Option<W> {
        self.take(name, |cell| {
            column::value(cell).ok_or_else(|| {
                let words = W::ALL.iter().map(|value| value.ukrainian().unwrap_or(value.word()));
                Refusal::invalid(name, said!("One of: {words}.", words = words.collect::<Vec<_>>().join(", ")))
            })
        })
    }

    pub fn id(&mut self, kind: Kind, name: &str) -> Option<Uuid> {
        self.take(name, |cell| key(kind, cell, name))
    }

    /// Several ids in one cell, with spaces, commas or semicolons between them.
    pub fn ids(&mut self, kind: Kind, name: &str) -> Vec<Uuid> {
        let ids = |cell: &str| {
            let ids = cell.split([' ', ',', ';', '\n']).filter(|id| !id.is_empty());
            ids.enumerate().map(|(i, id)| key(kind, id, &format!("{name}.{i}"))).collect()
        };
        self.take(name, ids).unwrap_or_default()
    }

    pub fn territory(&mut self, name: &str) -> Option<String> {
        self.take(name, |cell| Katottg::parse(&cell.to_uppercase(), name).map(|code| code.to_string()))
    }

    pub fn refuse(&mut self, refusal: Refusal) {
        self.refusals.push(refusal);
    }
}

fn key(kind: Kind, cell: &str, name: &str) -> Result<Uuid, Refusal> {
    kind.key(&cell.into(), name).map_err(|fault| match fault {
        Error::Refused(mut refusals) if !refusals.is_empty() => refusals.swap_remove(0),
        _ => Refusal::invalid(name, "This is no id."),
    })
}

fn yes(cell: &str) -> Option<bool> {
    match column::plain(cell).as_str() {
        "так" | "1" | "true" | "yes" | "істина" => Some(true),
        "ні" | "0" | "false" | "no" | "хибність" => Some(false),
        _ => None,
    }
}

/// A calendar day as people write it, the day before the month; with a time of midnight too, as spreadsheets add one.
fn day(cell: &str) -> Option<NaiveDate> {
    let cell = cell.strip_suffix("00:00:00").map_or(cell, |rest| rest.trim_end_matches([' ', 'T']));
    let digits = |text: &str, longest: usize| {
        let right = (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        right.then(|| text.parse::<u32>().ok())?
    };
    let parts: Vec<_> = cell.split(['-', '.', '/']).collect();
    let [first, second, third] = parts[..] else { return None };
    let (year, month, day) = if cell.contains('-') { (first, second, third) } else { (third, second, first) };
    let mixed = ['-', '.', '/'].iter().filter(|sign| cell.contains(**sign)).count() > 1;
    if mixed || year.len() != 4 {
        return None;
    }
    NaiveDate::from_ymd_opt(digits(year, 4)? as i32, digits(month, 2)?, digits(day, 2)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        let march = NaiveDate::from_ymd_opt(2025, 3, 4);
        for text in
            ["2025-03-04", "04.03.2025", "4/3/2025", "4.3.2025", "2025-3-4", "2025-03-04 00:00:00", "2025-03-04T00:00:00"]
        {
            assert_eq!(day(text), march, "{text}");
        }
        for wrong in ["04.03.25", "2025.03.04", "31.02.2025", "4/3-2025", "березень", "45720", "", "4.3.2025.1", "+4.3.2025"]
        {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_guard_comes_off_again() {
        for text in ["=1+1", "+380", "-5", "@x", "\tx", "'=1", "''-", "plain", "'quoted'", "", "'", "сім'я"] {
            assert_eq!(unguarded(&guarded(text)), text, "{text:?}");
            assert!(!guarded(text).starts_with(FORMULA), "{text:?}");
        }
        assert_eq!(guarded("=1"), "'=1");
        assert_eq!(unguarded("'name"), "'name");
    }
}
