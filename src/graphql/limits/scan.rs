//! The first walk, over the text: so that the parser never meets a deep or an endless one.

use super::{Bounds, Checked, excess};
use crate::{base::error::ErrorCode, graphql::error::refusal};
use async_graphql::Pos;

enum Open<'a> {
    Selections,
    Arguments,
    List,
    /// With the names of its fields so far.
    Object(Vec<&'a str>),
}

pub(super) struct Scan<'a> {
    text: &'a str,
    bounds: &'a Bounds,
    tokens: usize,
    open: Vec<Open<'a>>,
    /// The last token, if it was a name.
    name: Option<&'a str>,
}

impl<'a> Scan<'a> {
    pub(super) fn of(text: &'a str, bounds: &'a Bounds) -> Self {
        Self { text, bounds, tokens: 0, open: Vec::new(), name: None }
    }

    pub(super) fn run(mut self) -> Checked {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let end = match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b',' => at + 1,
                // A byte order mark is white space.
                0xEF if bytes[at..].starts_with("\u{feff}".as_bytes()) => at + 3,
                b'#' => bytes[at..].iter().position(|byte| matches!(byte, b'\r' | b'\n')).map_or(bytes.len(), |n| at + n),
                _ => self.token(at)?,
            };
            at = end;
        }
        Ok(())
    }

    /// Takes the token at this place and returns the place behind it.
    fn token(&mut self, at: usize) -> Checked<usize> {
        self.tokens += 1;
        if self.tokens > self.bounds.tokens {
            return Err(excess("tokens", self.bounds.tokens, Some(self.place(at))));
        }
        let bytes = self.text.as_bytes();
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let name = self.name.take();
        Ok(match bytes[at] {
            b'"' => string(bytes, at),
            byte if word(&byte) => {
                let end = bytes[at..].iter().position(|byte| !word(byte)).map_or(bytes.len(), |n| at + n);
                self.name = self.text.get(at..end);
                end
            }
            byte => {
                self.sign(byte, name, at)?;
                at + 1
            }
        })
    }

    fn sign(&mut self, sign: u8, name: Option<&'a str>, at: usize) -> Checked {
        match sign {
            b'{' if matches!(self.open.last(), None | Some(Open::Selections)) => self.open.push(Open::Selections),
            b'{' => self.open.push(Open::Object(Vec::new())),
            b'[' => self.open.push(Open::List),
            b'(' => self.open.push(Open::Arguments),
            b'}' | b']' | b')' => drop(self.open.pop()),
            b':' => return self.field(name, at),
            _ => return Ok(()),
        }
        let sets = self.open.iter().filter(|open| matches!(open, Open::Selections)).count();
        let values = self.open.len() - sets;
        if sets > self.bounds.levels + 1 {
            return Err(excess("sets of selections below each other", self.bounds.levels, Some(self.place(at))));
        }
        // The parentheses are one of them.
        if values > self.bounds.nesting + 1 {
            return Err(excess("lists and objects below each other", self.bounds.nesting, Some(self.place(at))));
        }
        Ok(())
    }

    /// A field of an object is given once; the parser would take the last one in silence.
    fn field(&mut self, name: Option<&'a str>, at: usize) -> Checked {
        let (Some(Open::Object(names)), Some(name)) = (self.open.last_mut(), name) else { return Ok(()) };
        let (twice, long) = (names.contains(&name), names.len() == MOST_FIELDS);
        names.push(name);
        if twice {
            let message = format!("The field \"{name}\" of an input object is given twice.");
            return Err(refusal(ErrorCode::ValidationFailed, message, Some(self.place(at))));
        }
        // A long object is refused before the search above costs anything.
        if long { Err(excess("fields in one object", MOST_FIELDS, Some(self.place(at)))) } else { Ok(()) }
    }

    fn place(&self, at: usize) -> Pos {
        let before = &self.text.as_bytes()[..at];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |n| n + 1);
        Pos { line, column: String::from_utf8_lossy(&before[start..]).chars().count() + 1 }
    }
}

/// No input of ours has as many.
const MOST_FIELDS: usize = 100;

/// The end of a string; an open one ends with the text, and the parser says so.
fn string(bytes: &[u8], at: usize) -> usize {
    let block = bytes[at..].starts_with(b"\"\"\"");
    let mut end = at + if block { 3 } else { 1 };
    while end < bytes.len() {
        match bytes[end] {
            b'\\' if block && bytes[end..].starts_with(b"\\\"\"\"") => end += 4,
            b'\\' if !block => end += 2,
            b'"' if !block => return end + 1,
            b'"' if bytes[end..].starts_with(b"\"\"\"") => return end + 3,
            b'\n' | b'\r' if !block => return end,
            _ => end += 1,
        }
    }
    bytes.len()
}
