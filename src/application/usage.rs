//! What applications ask for although it is deprecated: gathered in memory and written down now and then, as no request is to wait for it.
//! What was gathered since, a server that is killed takes with it.

use super::store;
use crate::{
    access::Actor,
    base::Result,
    db::{Db, Errand},
};
use chrono::{DateTime, Utc};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use uuid::Uuid;

/// Of which application what is counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub application_id: Uuid,
    pub organization_id: Uuid,
    /// Of the schema.
    pub coordinate: String,
}

/// How often, and when first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub count: i64,
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// What is not written down yet. There are as many places as applications ask for what the schema says is deprecated, and no more.
#[derive(Debug, Default)]
pub struct Usage(Mutex<BTreeMap<Place, Count>>);

impl Usage {
    /// An operation was executed that asks for these.
    pub fn note<'a>(&self, actor: &Actor, coordinates: impl IntoIterator<Item = &'a String>, now: DateTime<Utc>) {
        for coordinate in coordinates {
            let (application_id, organization_id) = (actor.application_id, actor.organization_id);
            self.add(
                Place { application_id, organization_id, coordinate: coordinate.clone() },
                Count { count: 1, first: now, last: now },
            );
        }
    }

    /// Writes down what was gathered; how much that was. What cannot be written is kept for the next time.
    pub async fn write(&self, db: &Db) -> Result<usize> {
        // In the order of their keys: of two servers none waits for the other in a ring.
        let gathered = std::mem::take(&mut *self.held());
        if gathered.is_empty() {
            return Ok(0);
        }
        let written = async {
            let tx = db.errand(Errand::Usage).await?;
            for (place, count) in &gathered {
                store::count_use(&tx, place, count).await?;
            }
            tx.commit().await
        };
        match written.await {
            Ok(()) => Ok(gathered.len()),
            Err(fault) => {
                gathered.into_iter().for_each(|(place, count)| self.add(place, count));
                Err(fault)
            }
        }
    }

    fn add(&self, place: Place, more: Count) {
        self.held().entry(place).and_modify(|count| count.add(more)).or_insert(more);
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<Place, Count>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
