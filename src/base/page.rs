//! Keyset paging after the Relay cursor specification: exactly one of first and last, cursors bound to filter and order.

use super::{Error, Result, error::ErrorCode, period};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, sync::Arc};
use uuid::Uuid;

/// Most rows of one page.
pub const MOST: i32 = 100;

/// The four arguments of a connection, as they were given.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

/// The columns that a list is ordered by. A cursor is no secret and no seal: whoever writes one of his own may hold any key in it.
pub trait Key: Serialize + DeserializeOwned {
    /// Whether the database can be asked for it.
    fn can_stand(&self) -> bool;

    fn place(&self) -> Place;
}

/// A key of any kind, as cursors hold it.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Place {
    Moment(DateTime<Utc>, Uuid),
    Word(String),
}

/// The opaque place of a row in its list. Written only where somebody asks for it: few ask for that of each row.
#[derive(Clone, Debug)]
pub struct Cursor {
    list: Arc<str>,
    place: Place,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_vec(&(&*self.list, &self.place)).expect("keys are plain values");
        f.write_str(&URL_SAFE_NO_PAD.encode(text))
    }
}

impl Key for (DateTime<Utc>, Uuid) {
    fn can_stand(&self) -> bool {
        period::is_counted(self.0)
    }

    fn place(&self) -> Place {
        Place::Moment(self.0, self.1)
    }
}

impl Key for String {
    fn can_stand(&self) -> bool {
        !self.contains('\0')
    }

    fn place(&self) -> Place {
        Place::Word(self.clone())
    }
}

/// A checked page request over keys `K`, the columns that the list is ordered by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window<K> {
    /// Rows of the page.
    pub size: usize,
    /// Whether it is the end of the list that is asked for: read backwards, then turn.
    pub backward: bool,
    pub after: Option<K>,
    pub before: Option<K>,
    list: Arc<str>,
}

impl<K: Key> Window<K> {
    /// `list` names the list with its filter and order: a cursor of another one is INVALID_CURSOR.
    pub fn of(ask: &Ask, list: &str) -> Result<Self> {
        let (size, backward) = match (ask.first, ask.last) {
            (Some(first), None) => (within("first", first)?, false),
            (None, Some(last)) => (within("last", last)?, true),
            _ => {
                return Err(Error::question(ErrorCode::BadUserInput, "first", "Give exactly one of first and last, 1 to 100."));
            }
        };
        let list: Arc<str> = fingerprint(list).into();
        let open = |field, cursor: &Option<String>| cursor.as_deref().map(|cursor| open(&list, field, cursor)).transpose();
        Ok(Self { size, backward, after: open("after", &ask.after)?, before: open("before", &ask.before)?, list })
    }

    /// The same window over no list in particular: lists of several owners are read at once by it. It makes no cursors of its own.
    #[must_use]
    pub fn over_any(self) -> Self {
        Self { list: "".into(), ..self }
    }

    /// Rows to fetch: one more than the page, to know whether there are others.
    pub fn limit(&self) -> i64 {
        self.size as i64 + 1
    }

    /// The cursor of a row.
    pub fn cursor(&self, key: &K) -> Cursor {
        Cursor { list: self.list.clone(), place: key.place() }
    }

    /// Cuts what was fetched (in reading direction) to the page, in the list's own order.
    pub fn cut<T>(&self, mut rows: Vec<T>) -> Page<T> {
        let more = rows.len() > self.size;
        rows.truncate(self.size);
        if self.backward {
            rows.reverse();
        }
        let (has_next, has_previous) = match self.backward {
            false => (more, self.after.is_some()),
            true => (self.before.is_some(), more),
        };
        Page { rows, has_next, has_previous }
    }
}

/// The rows of one page and whether there are others beside it.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub rows: Vec<T>,
    pub has_next: bool,
    pub has_previous: bool,
}

fn within(field: &'static str, size: i32) -> Result<usize> {
    match usize::try_from(size) {
        Ok(n) if (1..=MOST).contains(&size) => Ok(n),
        _ => Err(Error::question(ErrorCode::BadUserInput, field, format!("{field} must be 1 to {MOST}, not {size}."))),
    }
}

/// Short, stable name of a list with its filter: not a secret, only a guard against mistakes.
fn fingerprint(list: &str) -> String {
    use sha2::{Digest, Sha256};
    URL_SAFE_NO_PAD.encode(&Sha256::digest(list.as_bytes())[..6])
}

fn open<K: Key>(list: &str, field: &'static str, cursor: &str) -> Result<K> {
    let wrong = || {
        Error::question(
            ErrorCode::InvalidCursor,
            field,
            format!("{field} is not a cursor of this list with this filter and order."),
        )
    };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
    let (of, key): (String, K) = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
    if of == list && key.can_stand() { Ok(key) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(n: i32, after: Option<String>) -> Ask {
        Ask { first: Some(n), after, ..Ask::default() }
    }

    #[test]
    fn a_cursor_opens_its_own_list_only() {
        let window = Window::<String>::of(&first(2, None), "things newest").expect("a window");
        let cursor = window.cursor(&"а".into()).to_string();
        let next = Window::<String>::of(&first(2, Some(cursor.clone())), "things newest").expect("a window");
        assert_eq!(next.after, Some("а".into()));
        for (list, cursor) in [("things oldest", cursor.as_str()), ("things newest", "eA"), ("things newest", "!")] {
            let fault = Window::<String>::of(&first(2, Some(cursor.into())), list);
            assert!(matches!(fault, Err(Error::Question { code: ErrorCode::InvalidCursor, field: "after", .. })));
        }
    }

    #[test]
    fn a_cursor_of_one_s_own_making_asks_for_nothing_impossible() {
        fn opens<K: Key>(key: &K) -> bool {
            let cursor = Window::<K>::of(&first(2, None), "").expect("a window").cursor(key).to_string();
            Window::<K>::of(&first(2, Some(cursor)), "").is_ok()
        }
        let at = |text: &str| (text.parse::<DateTime<Utc>>().expect(text), Uuid::nil());
        assert!(
            opens(&at("2026-11-22T09:30:00Z"))
                && !opens(&at("+262142-01-01T00:00:00Z"))
                && !opens(&at("-4800-01-01T00:00:00Z"))
        );
        assert!(opens(&"UA01".to_owned()) && !opens(&"UA\0".to_owned()));
    }

    #[test]
    fn exactly_one_of_first_and_last_within_bounds() {
        for (first, last) in [(None, None), (Some(1), Some(1)), (Some(0), None), (Some(101), None), (None, Some(-1))] {
            let ask = Ask { first, last, ..Ask::default() };
            assert!(matches!(Window::<String>::of(&ask, ""), Err(Error::Question { code: ErrorCode::BadUserInput, .. })));
        }
    }

    #[test]
    fn a_backward_page_comes_in_the_order_of_the_list() {
        let window = Window::<String>::of(&Ask { last: Some(2), ..Ask::default() }, "").expect("a window");
        let page = window.cut(vec![9, 8, 7]);
        assert_eq!((page.rows, page.has_next, page.has_previous), (vec![8, 9], false, true));
    }
}
