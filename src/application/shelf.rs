//! The documents that applications have registered, by their hashes: kept in memory for a while, as the roster keeps the applications.

use super::store;
use crate::{
    base::{Result, recent::Recent},
    db::{Db, Errand},
};
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// How long an answer of the database is believed: a document that was taken back is refused within one minute everywhere.
const BELIEVED: Duration = Duration::seconds(30);
/// Bytes of names in one generation: some five hundred documents.
const REMEMBERED: usize = 64 * 1024;

/// What was found under a hash, and when.
type Found = (Option<Arc<str>>, DateTime<Utc>);

/// SHA-256 of a document's text.
pub type Hash = [u8; 32];

pub fn hash(text: &str) -> Hash {
    Sha256::digest(text).into()
}

/// Registered documents that were asked for lately.
pub struct Shelf {
    db: Db,
    known: Mutex<Recent<Found>>,
}

impl Shelf {
    pub fn new(db: Db) -> Self {
        Self { db, known: Mutex::new(Recent::new(REMEMBERED)) }
    }

    /// The document of an application under a hash.
    pub async fn text(&self, application_id: Uuid, hash: &Hash) -> Result<Option<Arc<str>>> {
        let name = hash.iter().fold(application_id.simple().to_string(), |name, byte| format!("{name}{byte:02x}"));
        let now = self.db.clock().now();
        let known = self.known().get(&name);
        if let Some((text, _)) = known.filter(|(_, at)| now < *at + BELIEVED) {
            return Ok(text);
        }
        let tx = self.db.errand(Errand::Login).await?;
        let text = store::document(tx.link(), application_id, hash).await?.map(Arc::from);
        tx.commit().await?;
        self.known().keep(&name, (text.clone(), now));
        Ok(text)
    }

    /// Believes the database anew, since documents were changed here.
    pub fn forget(&self) {
        *self.known() = Recent::new(REMEMBERED);
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Recent<Found>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
