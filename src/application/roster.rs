//! Who a client is now. A token says who it was when it was made; today's rights decide.

use super::{model::Login, store};
use crate::{
    access::{Actor, Scopes, token::Bearer},
    base::{Error, Result, words::organization::OrganizationKind},
    db::{Db, Errand},
};
use chrono::{DateTime, Duration, Utc};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use uuid::Uuid;

/// How long an answer of the database is believed: with it a revoked application is out within one minute,
/// wherever it was revoked.
const BELIEVED: Duration = Duration::seconds(30);

#[derive(Clone, Copy, Debug)]
struct Entry {
    application_id: Uuid,
    organization_id: Uuid,
    kind: OrganizationKind,
    scopes: Scopes,
    active: bool,
    trusted_documents_only: bool,
    at: DateTime<Utc>,
}

/// The clients of the last half minute.
pub struct Roster {
    db: Db,
    known: Mutex<HashMap<String, Entry>>,
}

impl Roster {
    pub fn new(db: Db) -> Self {
        Self { db, known: Mutex::default() }
    }

    /// The caller behind a verified token, with the rights that token and database agree on.
    pub async fn actor(&self, bearer: &Bearer) -> Result<Actor> {
        let entry = self.entry(&bearer.client_id).await?;
        match entry {
            Some(entry) if entry.active && bearer.organization_id.is_none_or(|id| id == entry.organization_id) => Ok(Actor {
                application_id: entry.application_id,
                organization_id: entry.organization_id,
                kind: entry.kind,
                scopes: entry.scopes.and(bearer.scopes),
                purpose: None,
                acting_for: None,
                language: Default::default(),
            }),
            _ => Err(Error::Unauthenticated),
        }
    }

    /// Whether a client may ask registered documents alone.
    pub async fn trusts_documents_alone(&self, client_id: &str) -> Result<bool> {
        Ok(self.entry(client_id).await?.is_none_or(|entry| entry.trusted_documents_only))
    }

    /// Believes the database anew about an application that was changed here.
    pub fn forget(&self, application_id: Uuid) {
        self.known().retain(|_, entry| entry.application_id != application_id);
    }

    async fn entry(&self, client_id: &str) -> Result<Option<Entry>> {
        let now = self.db.clock().now();
        if let Some(entry) = self.known().get(client_id).filter(|entry| now < entry.at + BELIEVED) {
            return Ok(Some(*entry));
        }
        let tx = self.db.errand(Errand::Login).await?;
        let found = store::login(tx.link(), client_id).await?.map(|login| believed(&login, now));
        tx.commit().await?;
        let mut known = self.known();
        match found {
            Some(entry) => drop(known.insert(client_id.to_owned(), entry)),
            None => drop(known.remove(client_id)),
        }
        Ok(found)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn believed(login: &Login, at: DateTime<Utc>) -> Entry {
    Entry {
        application_id: login.application_id,
        organization_id: login.organization_id,
        kind: login.kind,
        scopes: login.scopes(),
        active: login.active(),
        trusted_documents_only: login.trusted_documents_only,
        at,
    }
}
