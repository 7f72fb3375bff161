//! Reference data: the codifier of territories and the classifier of services come with migrations alone, and nearly every answer names rows of
//! them. What was read once is kept for as long as the server runs. One that a migration finds running shows what is new there at once; what was
//! renamed has its old name wherever something points to it, until the next start. The lists of both are read each time.
//!
//! Organisations are public and change seldom, but they do: one is kept as of the edition of their registry, which is read each time with what points
//! to them.

use crate::{organization::model::Organization, service::model::ServiceType, territory::model::Territory};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, PoisonError, RwLock},
};
use uuid::Uuid;

/// What is known.
#[derive(Debug, Default)]
pub struct Reference {
    pub services: Kept<Uuid, Arc<ServiceType>>,
    /// By their codes (КАТОТТГ).
    pub territories: Kept<String, Arc<Territory>>,
    /// With the edition.
    organizations: Kept<Uuid, (i64, Arc<Organization>)>,
}

impl Reference {
    /// An organisation, if it was read before in this edition.
    pub fn organization(&self, id: Uuid, edition: i64) -> Option<Arc<Organization>> {
        self.organizations.get(&id).filter(|(of, _)| *of == edition).map(|(_, row)| row)
    }

    /// Keeps organisations that were read in an edition.
    pub fn keep_organizations(&self, rows: &HashMap<Uuid, Arc<Organization>>, edition: i64) {
        self.organizations.keep(rows.iter().map(|(id, row)| (*id, (edition, row.clone()))));
    }
}

/// Rows of one kind at the most: more than the codifier has. Where one more comes, they begin anew.
const MOST: usize = 40_000;

/// Rows by their keys.
#[derive(Debug)]
pub struct Kept<K, V>(RwLock<HashMap<K, V>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    /// The row, if it was read before.
    pub fn get(&self, key: &K) -> Option<V> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps rows that were read.
    pub fn keep(&self, rows: impl ExactSizeIterator<Item = (K, V)>) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() + rows.len() > MOST {
            kept.clear();
        }
        kept.extend(rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let kept = Kept::<usize, ()>::default();
        let rows = |keys: std::ops::Range<usize>| keys.map(|key| (key, ()));
        kept.keep(rows(0..MOST));
        assert!(kept.get(&0).is_some() && kept.get(&(MOST - 1)).is_some());
        kept.keep(rows(MOST..MOST + 1));
        assert!(kept.get(&0).is_none() && kept.get(&MOST).is_some());
    }
}
