//! What of an entry is hashed: each field by its length, so that no two entries read the same. The database does it when it writes
//! (migration 0028); here it is done again by whoever checks.

use super::Hash;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write};
use uuid::Uuid;

/// The beginning of what is hashed: another kind, or another version, never has the same hash.
const CHANGE: &str = "mistok change 1\n";
const READ: &str = "mistok read 1\n";

/// A change of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Change {
    pub epoch: i32,
    pub tx: u64,
    pub seq: i64,
    pub at: DateTime<Utc>,
    #[serde(rename = "type")]
    pub change: String,
    pub object_type: String,
    pub object_id: Uuid,
    pub object_version: i32,
    pub actor_kind: String,
    pub organization_id: Option<Uuid>,
    pub application_id: Option<Uuid>,
    pub acting_for: Option<String>,
    /// JSON, as PostgreSQL writes a jsonb: of one value there is one text.
    pub detail: String,
    /// Of the object's change before it.
    pub previous_hash: Option<Hash>,
    pub hash: Hash,
}

/// An answer with personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Read {
    pub epoch: i32,
    pub tx: u64,
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub organization_id: Uuid,
    pub application_id: Uuid,
    pub acting_for: Option<String>,
    pub purpose: String,
    pub object_type: String,
    pub object_ids: Vec<Uuid>,
    pub fields: Vec<String>,
    pub request_id: String,
    pub hash: Hash,
}

/// One entry of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Entry {
    Change(Change),
    Read(Read),
}

/// Fields, one after the other.
struct Fields(String);

impl Fields {
    fn add(mut self, field: Option<impl fmt::Display>) -> Self {
        match field.map(|field| field.to_string()) {
            Some(text) => {
                let _ = write!(self.0, "{}:{text},", text.len());
            }
            None => self.0.push('-'),
        }
        self
    }

    fn with(self, field: impl fmt::Display) -> Self {
        self.add(Some(field))
    }
}

/// Fields by their lengths, as one text.
pub fn netstrings<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    fields.into_iter().fold(Fields(String::new()), Fields::with).0
}

/// PostgreSQL knows microseconds; what is finer was never written by it.
fn microseconds(at: DateTime<Utc>) -> String {
    if at.timestamp_subsec_nanos().is_multiple_of(1000) { at.timestamp_micros().to_string() } else { at.to_rfc3339() }
}

impl Change {
    /// The hash that it should have.
    pub fn computed(&self) -> Hash {
        let fields = Fields(CHANGE.to_owned())
            .with(self.epoch)
            .with(self.tx)
            .with(self.seq)
            .with(microseconds(self.at))
            .with(&self.change)
            .with(&self.object_type)
            .with(self.object_id)
            .with(self.object_version)
            .with(&self.actor_kind)
            .add(self.organization_id)
            .add(self.application_id)
            .add(self.acting_for.as_ref())
            .with(&self.detail)
            .add(self.previous_hash);
        Hash::of(&[fields.0.as_bytes()])
    }
}

impl Read {
    /// The hash that it should have.
    pub fn computed(&self) -> Hash {
        let ids: Vec<_> = self.object_ids.iter().map(ToString::to_string).collect();
        let fields = Fields(READ.to_owned())
            .with(self.epoch)
            .with(self.tx)
            .with(self.id)
            .with(microseconds(self.at))
            .with(self.organization_id)
            .with(self.application_id)
            .add(self.acting_for.as_ref())
            .with(&self.purpose)
            .with(&self.object_type)
            .with(ids.join(","))
            .with(netstrings(self.fields.iter().map(String::as_str)))
            .with(&self.request_id);
        Hash::of(&[fields.0.as_bytes()])
    }
}

impl Entry {
    pub fn hash(&self) -> Hash {
        match self {
            Self::Change(change) => change.hash,
            Self::Read(read) => read.hash,
        }
    }

    /// Whether its content has the hash that it names.
    pub fn is_sound(&self) -> bool {
        match self {
            Self::Change(change) => change.computed() == change.hash,
            Self::Read(read) => read.computed() == read.hash,
        }
    }

    /// Where it stands among all entries, as the database writes it. As a text it sorts as they do.
    pub fn place(&self) -> String {
        match self {
            Self::Change(Change { epoch, tx, seq, .. }) => format!("{epoch:010}.{tx:020}.0.{seq:032x}"),
            Self::Read(Read { epoch, tx, id, .. }) => format!("{epoch:010}.{tx:020}.1.{:032x}", id.as_u128()),
        }
    }

    pub fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Change(change) => change.at,
            Self::Read(read) => read.at,
        }
    }
}

/// As an operator finds it again.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at().format("%Y-%m-%dT%H:%M:%S%.6fZ");
        match self {
            Self::Change(row) => {
                write!(f, "change {} ({} of {} {}, {at})", row.seq, row.change, row.object_type, row.object_id)
            }
            Self::Read(row) => {
                let ids: Vec<_> = row.object_ids.iter().take(3).map(ToString::to_string).collect();
                let more = if row.object_ids.len() > ids.len() { " …" } else { "" };
                write!(f, "read {} (of {} {}{more}, {at})", row.id, row.object_type, ids.join(" "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_apart() {
        assert_eq!(netstrings(["", "ї", "a,b"]), "0:,2:ї,3:a,b,");
        let one = Fields(String::new()).with("a").add(None::<&str>).with("");
        assert_eq!(one.0, "1:a,-0:,");
    }
}
