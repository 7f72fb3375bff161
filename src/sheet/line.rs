//! A row as bytes: CSV (RFC 4180) or NDJSON.

use super::{cell, column::Column};
use crate::{access::Actor, base::words::Word, graphql::node::Kind};
use serde_json::{Map, json};
use uuid::Uuid;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    None,
    Text(String),
    /// A word of the API and the Ukrainian one.
    Word(&'static str, Option<&'static str>),
    Number(i32),
    Flag(bool),
    List(Vec<String>),
}

/// What can be shown as a row of a sheet.
pub trait Shown {
    /// The value of a column, as far as this caller may see it.
    fn value(&self, column: &str, actor: &Actor) -> Value;
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Csv {
        delimiter: u8,
        /// Headers and words in Ukrainian.
        ukrainian: bool,
        /// Begins with a byte order mark, by which Excel knows UTF-8.
        bom: bool,
    },
    Ndjson,
}

impl Value {
    pub fn text(text: Option<impl ToString>) -> Self {
        text.map_or(Self::None, |text| Self::Text(text.to_string()))
    }

    pub fn word(word: Option<impl Word>) -> Self {
        word.map_or(Self::None, |word| Self::Word(word.word(), word.ukrainian()))
    }

    pub fn number(number: Option<i32>) -> Self {
        number.map_or(Self::None, Self::Number)
    }

    pub fn id(kind: Kind, id: Option<Uuid>) -> Self {
        id.map_or(Self::None, |id| Self::Text(kind.id(id).0))
    }

    pub fn ids(kind: Kind, ids: &[Uuid]) -> Self {
        Self::List(ids.iter().map(|id| kind.id(*id).0).collect())
    }

    fn json(self) -> serde_json::Value {
        match self {
            Self::None => serde_json::Value::Null,
            Self::Text(text) => text.into(),
            Self::Word(word, _) => word.into(),
            Self::Number(number) => number.into(),
            Self::Flag(flag) => flag.into(),
            Self::List(list) => json!(list),
        }
    }

    fn plain(self, ukrainian: bool) -> String {
        match self {
            Self::None => String::new(),
            Self::Text(text) => cell::guarded(&text),
            Self::Word(word, term) => term.filter(|_| ukrainian).unwrap_or(word).to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) if ukrainian => (if flag { "так" } else { "ні" }).to_owned(),
            Self::Flag(flag) => flag.to_string(),
            Self::List(list) => cell::guarded(&list.join(" ")),
        }
    }
}

impl Style {
    /// What stands before the first row.
    pub fn head(self, columns: &[Column]) -> Vec<u8> {
        let Self::Csv { delimiter, ukrainian, bom } = self else { return Vec::new() };
        let names = columns.iter().filter(|column| column.written());
        let names = names.map(|column| if ukrainian { column.ukrainian } else { column.name }.to_owned());
        let mut bytes = if bom { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
        line(&mut bytes, delimiter, names);
        bytes
    }

    /// One row, at the end of what is there.
    pub fn write(self, bytes: &mut Vec<u8>, columns: &[Column], row: &impl Shown, actor: &Actor) {
        let columns = columns.iter().filter(|column| column.written());
        match self {
            Self::Csv { delimiter, ukrainian, .. } => {
                line(bytes, delimiter, columns.map(|column| row.value(column.name, actor).plain(ukrainian)));
            }
            Self::Ndjson => {
                let members: Map<_, _> =
                    columns.map(|column| (column.name.to_owned(), row.value(column.name, actor).json())).collect();
                bytes.extend_from_slice(serde_json::Value::Object(members).to_string().as_bytes());
                bytes.push(b'\n');
            }
        }
    }
}

/// One line of CSV: quotes where a cell needs them, CR and LF at the end.
fn line(bytes: &mut Vec<u8>, delimiter: u8, cells: impl Iterator<Item = String>) {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            bytes.push(delimiter);
        }
        let quoted = |byte: u8| byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r');
        if cell.bytes().any(quoted) {
            bytes.push(b'"');
            bytes.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            bytes.push(b'"');
        } else {
            bytes.extend_from_slice(cell.as_bytes());
        }
    }
    bytes.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_rfc_4180() {
        let mut bytes = Vec::new();
        line(&mut bytes, b',', ["a", "b,c", "d\"e", "", "f\ng"].map(str::to_owned).into_iter());
        assert_eq!(bytes, b"a,\"b,c\",\"d\"\"e\",,\"f\ng\"\r\n");
    }
}
