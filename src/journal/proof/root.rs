//! A root: what is signed once an hour. It says which tree stands over the entries since the root before it, and names that root, so that
//! none can be taken out and none put in between.

use super::{Hash, entry::netstrings, in_hex, tree};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Where the first root begins: before every entry.
pub const BEGINNING: &str = "0000000000.00000000000000000000.0.00000000000000000000000000000000";

/// A root with all from which it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Root {
    /// Counted from 1.
    pub number: i64,
    pub at: DateTime<Utc>,
    /// The stretch of places that it covers.
    pub from_place: String,
    /// The first place that it does not cover.
    pub until_place: String,
    /// Hashes of the entries in it, in their order.
    #[serde(with = "in_hex")]
    pub leaves: Vec<u8>,
    pub filling: Hash,
    /// The tree over them.
    pub tree: Hash,
    /// Of what the root before it says.
    pub previous_hash: Option<Hash>,
    /// Ed25519, of what it says.
    #[serde(with = "in_hex")]
    pub signature: Vec<u8>,
    pub key_id: String,
}

impl Root {
    /// What is signed: a few lines of text. Of the stretch they hold a hash alone, which nobody can guess who does not know the filling:
    /// places and counts tell how much everybody writes.
    pub fn statement(&self) -> String {
        let covers = self.covers();
        let at = self.at.format("%Y-%m-%dT%H:%M:%S%.6fZ");
        let previous = self.previous_hash.map_or_else(|| "-".to_owned(), |hash| hash.to_string());
        format!(
            "mistok audit root 1\nnumber {}\nat {at}\ntree {}\ncovers {covers}\nprevious {previous}\n",
            self.number, self.tree
        )
    }

    /// By which the next root names this one.
    pub fn hash(&self) -> Hash {
        Hash::of(&[self.statement().as_bytes()])
    }

    fn covers(&self) -> Hash {
        let (count, filling) = (self.count().to_string(), self.filling.to_string());
        let stretch = netstrings([self.from_place.as_str(), &self.until_place, &count, &filling]);
        Hash::of(&[b"mistok stretch 1\n", stretch.as_bytes()])
    }

    /// How many entries it covers.
    pub fn count(&self) -> usize {
        self.leaves.len() / 32
    }

    pub fn entries(&self) -> Vec<Hash> {
        self.leaves.as_chunks::<32>().0.iter().map(|bytes| Hash(*bytes)).collect()
    }

    /// All leaves of its tree; none: they are no leaves of a tree.
    pub fn filled(&self) -> Option<Vec<Hash>> {
        if self.leaves.len().is_multiple_of(32) { tree::filled(&self.entries(), self.filling) } else { None }
    }
}
