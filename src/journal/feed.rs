//! The feed: changes in the order in which their transactions began to write, below the oldest one that still runs. What stands there
//! stays there, so nobody who follows it misses an entry, however many write at once. A cursor is (epoch, tx, seq): it outlives a
//! restore, since what is written in another cluster is of a later epoch.

use super::ObjectType;
use crate::{
    base::{Error, Result, error::ErrorCode, words::change::ChangeType},
    db::{Link, sql::Sql},
    seal::Seal,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Months, Utc};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How far back the feed reads.
const KEPT: Months = Months::new(13);
/// Entries that are looked at in one statement, and statements of one question: a rare kind of change is not searched for without end.
const WALK: usize = 1_000;
const WALKS: usize = 5;

/// A place between two entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    epoch: i32,
    /// A transaction id, as PostgreSQL writes it: it does not fit into a signed number.
    tx: String,
    seq: i64,
    /// When what stands before it was written.
    at: DateTime<Utc>,
}

impl Place {
    /// The place after an entry of which this is known. A transaction id fits into a signed number for longer than any cluster lives.
    pub fn of(epoch: i32, tx: i64, seq: i64, at: DateTime<Utc>) -> Self {
        Self { epoch, tx: tx.to_string(), seq, at }
    }

    /// Epoch, transaction and number of the entry before it.
    pub fn parts(&self) -> (i32, i64, i64) {
        (self.epoch, self.tx.parse().unwrap_or(i64::MAX), self.seq)
    }

    /// The cursor of an organisation: sealed, since transactions and numbers tell how much others write.
    pub fn cursor(&self, seal: &Seal, own: Uuid) -> String {
        let text = serde_json::to_vec(self).expect("places are plain values");
        URL_SAFE_NO_PAD.encode(seal.close_place(own, &text))
    }

    /// The place of a cursor.
    ///
    /// # Errors
    /// INVALID_CURSOR for one of another list or organisation, CURSOR_EXPIRED for one older than the feed keeps.
    pub fn open(cursor: &str, seal: &Seal, own: Uuid, now: DateTime<Utc>) -> Result<Self> {
        let read = || serde_json::from_slice::<Self>(&seal.open_place(own, &URL_SAFE_NO_PAD.decode(cursor).ok()?)?).ok();
        let Some(place) = read() else {
            return Err(unknown("This is not a cursor of your organisation's feed. Take one from `changes` or `changesHead`."));
        };
        if place.at < kept_since(now) {
            let message = "This cursor is older than the 13 months that the feed keeps. Read `changesHead`, list what you need anew, then follow `changes` from that cursor.";
            return Err(Error::question(ErrorCode::CursorExpired, "after", message));
        }
        Ok(place)
    }
}

/// The oldest moment of which the feed tells.
pub fn kept_since(now: DateTime<Utc>) -> DateTime<Utc> {
    now.checked_sub_months(KEPT).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

fn unknown(message: &str) -> Error {
    Error::question(ErrorCode::InvalidCursor, "after", message)
}

/// One entry of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The place after it.
    pub place: Place,
    pub change: ChangeType,
    pub object: ObjectType,
    pub object_id: Uuid,
    pub object_version: i32,
    pub at: DateTime<Utc>,
}

/// What was read.
#[derive(Clone, Debug)]
pub struct Stretch {
    pub entries: Vec<Entry>,
    /// From here it goes on, also where nothing was found yet.
    pub end: Place,
    /// Whether there may be more now.
    pub more: bool,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Integer)]
    epoch: i32,
    #[diesel(sql_type = Text)]
    tx: String,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    change: Option<ChangeType>,
    #[diesel(sql_type = Nullable<Text>)]
    object_type: Option<ObjectType>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    object_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Integer>)]
    object_version: Option<i32>,
}

impl Row {
    fn place(&self) -> Place {
        Place { epoch: self.epoch, tx: self.tx.clone(), seq: self.seq, at: self.at }
    }

    /// None: its change is no longer to be seen.
    fn entry(&self) -> Option<Entry> {
        let (change, object) = (self.change?, self.object_type?);
        let (object_id, object_version) = (self.object_id?, self.object_version?);
        Some(Entry { place: self.place(), change, object, object_id, object_version, at: self.at })
    }
}

/// One entry as one audience reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// None: everyone.
    pub organization: Option<Uuid>,
    pub entry: Entry,
}

/// What was read across organisations.
#[derive(Clone, Debug)]
pub struct Across {
    pub told: Vec<Told>,
    /// From here it goes on.
    pub end: Place,
    /// Whether there is more right now.
    pub more: bool,
    /// Whether something is written already that an older transaction still keeps back: it is told within milliseconds, without a ring.
    pub waiting: bool,
}

#[derive(QueryableByName)]
struct ToldRow {
    #[diesel(sql_type = SqlUuid)]
    told_id: Uuid,
    #[diesel(embed)]
    row: Row,
}

#[derive(QueryableByName)]
struct Kept {
    #[diesel(sql_type = Bool)]
    back: bool,
}

#[derive(QueryableByName)]
struct Head {
    #[diesel(sql_type = Integer)]
    epoch: i32,
    #[diesel(sql_type = Text)]
    oldest_running: String,
    #[diesel(sql_type = Text)]
    next: String,
}

/// Entries that were written in a stretch of time, in the order of the feed, if there are not more than so many.
pub async fn between(
    link: &Link,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    wanted: impl Fn(&Entry) -> bool,
    most: usize,
) -> Result<Option<Vec<Entry>>> {
    /// Moments and transactions are in the same order but for transactions that were open side by side.
    const DISORDER: Duration = Duration::hours(2);
    let bound = bound(link).await?;
    let mut end = Place { epoch: 0, tx: "0".to_owned(), seq: 0, at: from };
    let mut entries = Vec::new();
    loop {
        let rows = walk(link, &end, &bound, from).await?;
        let whole = rows.len() == WALK;
        for row in rows {
            end = row.place();
            entries.extend(row.entry().filter(|entry| entry.at < to && wanted(entry)));
            if entries.len() > most {
                return Ok(None);
            }
        }
        if !whole || end.at > to + DISORDER {
            return Ok(Some(entries));
        }
    }
}

/// How far this snapshot may read: everything below is told and stays as it is.
async fn bound(mut link: &Link) -> Result<Head> {
    let bound = "select mistok.current_epoch() as epoch, pg_snapshot_xmin(s)::text as oldest_running, pg_snapshot_xmax(s)::text as next from pg_current_snapshot() s";
    Ok(Sql::new(bound).get_result(&mut link).await?)
}

/// The end of the feed now.
pub async fn head(link: &Link, now: DateTime<Utc>) -> Result<Place> {
    let bound = bound(link).await?;
    // Before whatever the oldest transaction that runs may have written.
    Ok(Place { epoch: bound.epoch, tx: bound.oldest_running, seq: 0, at: now })
}

/// The entries that the organisation that asks may know of, after a place; without one from the oldest that is kept. Of these objects alone, and
/// of these kinds of changes if some are named; at most so many.
pub async fn read(
    link: &Link,
    now: DateTime<Utc>,
    after: Option<Place>,
    objects: &[ObjectType],
    kinds: Option<&[ChangeType]>,
    most: usize,
) -> Result<Stretch> {
    let bound = bound(link).await?;
    let since = kept_since(now);
    let mut end = after.unwrap_or(Place { epoch: 0, tx: "0".to_owned(), seq: 0, at: since });
    let ahead = |tx: &str| tx.parse::<u64>().unwrap_or(u64::MAX) > bound.next.parse().unwrap_or(u64::MAX);
    if end.epoch > bound.epoch || (end.epoch == bound.epoch && ahead(&end.tx)) {
        return Err(unknown(
            "This database has not come so far: it was restored from a backup. Read `changesHead`, list what you need anew, then follow `changes` from that cursor.",
        ));
    }
    let mut entries = Vec::new();
    for _ in 0..WALKS {
        let rows = walk(link, &end, &bound, since).await?;
        let (whole, mut left) = (rows.len() == WALK, rows.len());
        for row in rows {
            end = row.place();
            left -= 1;
            let Some(entry) = row.entry() else { continue };
            if !objects.contains(&entry.object) || kinds.is_some_and(|kinds| !kinds.contains(&entry.change)) {
                continue;
            }
            entries.push(entry);
            if entries.len() == most {
                return Ok(Stretch { entries, end, more: left > 0 || whole });
            }
        }
        if !whole {
            return Ok(Stretch { entries, end, more: false });
        }
    }
    Ok(Stretch { entries, end, more: true })
}

/// The next entries, of every kind: what is for the organisation that asks and what is for everyone.
async fn walk(mut link: &Link, after: &Place, bound: &Head, since: DateTime<Utc>) -> Result<Vec<Row>> {
    let sql = Sql::new(
        "select k.epoch, k.tx::text as tx, k.seq, k.at, c.type as change, c.object_type, c.object_id, c.object_version from mistok.told_after(",
    )
    .inner(stretch(after, bound))
    .then(", ")
    .at(since)
    .then(", ")
    .number(WALK as i64)
    .then(") k left join lateral (select n.type, n.object_type, n.object_id, n.object_version from change n \
         where (n.epoch, n.tx, n.seq, n.at) = (k.epoch, k.tx, k.seq, k.at) offset 0) c on true order by k.epoch, k.tx, k.seq");
    Ok(sql.load(&mut link).await?)
}

/// The next entries of all organisations, for the errands that wake and that deliver: about so many at the most, all audiences of an entry together.
pub async fn across(mut link: &Link, after: &Place, most: usize) -> Result<Across> {
    let bound = bound(link).await?;
    let mut most = most;
    let (mut rows, more) = loop {
        let mut rows = any(link, after, &bound, most).await?;
        if rows.len() < most {
            break (rows, false);
        }
        // The last entry may have more audiences than were read.
        let last = rows.last().map(|last| (last.row.epoch, last.row.seq));
        rows.retain(|told| Some((told.row.epoch, told.row.seq)) != last);
        if !rows.is_empty() {
            break (rows, true);
        }
        most *= 2;
    };
    let end = rows.last().map_or_else(|| after.clone(), |last| last.row.place());
    let waiting = if more {
        false
    } else {
        let ask = Sql::new("select mistok.told_is_kept_back((")
            .number(bound.epoch.into())
            .then(")::integer, ")
            .word(&bound.oldest_running);
        let kept: Kept = ask.then(") as back").get_result(&mut link).await?;
        kept.back
    };
    let told = rows.drain(..).filter_map(|told| {
        let entry = told.row.entry()?;
        Some(Told { organization: Some(told.told_id).filter(|id| !id.is_nil()), entry })
    });
    Ok(Across { told: told.collect(), end, more, waiting })
}

async fn any(mut link: &Link, after: &Place, bound: &Head, most: usize) -> Result<Vec<ToldRow>> {
    let sql = Sql::new("select * from mistok.told_to_any_after(")
        .inner(stretch(after, bound))
        .then(", ")
        .number(i64::try_from(most).unwrap_or(i64::MAX))
        .then(")");
    Ok(sql.load(&mut link).await?)
}

/// From a place to where a snapshot may read, as the database's functions take it.
fn stretch(after: &Place, bound: &Head) -> Sql {
    Sql::new("(")
        .number(after.epoch.into())
        .then(")::integer, ")
        .word(&after.tx)
        .then(", ")
        .number(after.seq)
        .then(", (")
        .number(bound.epoch.into())
        .then(")::integer, ")
        .word(&bound.oldest_running)
}
