//! What one request carries: who asks, the reading that its resolvers share, and what personal data was read.

use super::reference::Reference;
use crate::{
    access::Actor,
    base::{Error, Result, min_cell::MinCells, timetable::Timetable, words::access::AccessPurpose},
    db::{Db, Reading, Tx},
    journal::{ObjectType, access, access::Read, idempotency::Ask},
    organization::model::{AsOf, Organization},
    seal::Seal,
};
use async_graphql::Context;
use std::{
    collections::{BTreeMap, BTreeSet},
    future::poll_fn,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};
use uuid::Uuid;

/// One request. A query operation reads one moment; in a mutation the reading is renewed after each commit.
pub struct Session {
    actor: Actor,
    request_id: String,
    db: Db,
    seal: Arc<Seal>,
    timetable: Arc<Timetable>,
    min_cells: MinCells,
    reference: Arc<Reference>,
    reading: tokio::sync::Mutex<Option<Arc<Reading>>>,
    /// The edition of the registry that it reads; 0: not known yet.
    edition: AtomicI64,
    /// How often the request had its turn.
    turns: AtomicUsize,
    /// As it was seen: a field twice, if it was asked for twice.
    seen: Mutex<Vec<(ObjectType, Uuid, &'static str)>>,
}

impl Session {
    pub fn new(
        actor: Actor,
        request_id: String,
        db: Db,
        seal: Arc<Seal>,
        timetable: Arc<Timetable>,
        min_cells: MinCells,
        reference: Arc<Reference>,
    ) -> Arc<Self> {
        let (reading, edition, turns, seen) = Default::default();
        Arc::new(Self { actor, request_id, db, seal, timetable, min_cells, reference, reading, edition, turns, seen })
    }

    /// The session of a running resolver.
    pub fn of<'a>(ctx: &Context<'a>) -> &'a Arc<Self> {
        ctx.data_unchecked::<Arc<Self>>()
    }

    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    pub fn db(&self) -> &Db {
        &self.db
    }

    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    pub fn timetable(&self) -> &Timetable {
        &self.timetable
    }

    /// How many people a figure of others must be about.
    pub fn min_cells(&self) -> MinCells {
        self.min_cells
    }

    /// What no request has to read again.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The reading of this request, opened at the first need.
    pub async fn reading(&self) -> Result<Arc<Reading>> {
        let mut slot = self.reading.lock().await;
        if let Some(reading) = &*slot {
            return Ok(reading.clone());
        }
        // In a place of its own: what it takes to open one would stand in the future of each field that may have to.
        let reading = Arc::new(Box::pin(self.db.read(&self.actor)).await?);
        *slot = Some(reading.clone());
        Ok(reading)
    }

    /// What was read in it; from now on it is known which edition of the registry it reads.
    pub fn rows<T>(&self, read: AsOf<T>) -> Vec<T> {
        if let Some(edition) = read.edition {
            self.edition.store(edition, Ordering::Relaxed);
        }
        read.rows
    }

    /// An organisation that needs not be read: it was, in this edition.
    pub fn organization(&self, id: Uuid) -> Option<Arc<Organization>> {
        self.reference.organization(id, self.edition.load(Ordering::Relaxed))
    }

    /// Ends the reading: before a mutation takes a connection of its own, so that a request never holds two.
    pub async fn renew(&self) -> Result<()> {
        match self.take().await? {
            Some(reading) => reading.end().await,
            None => Ok(()),
        }
    }

    /// The reading, where what was read in it may leave.
    async fn take(&self) -> Result<Option<Reading>> {
        let Some(reading) = self.reading.lock().await.take() else { return Ok(None) };
        self.edition.store(0, Ordering::Relaxed);
        reading.begun().await?;
        Ok(Arc::into_inner(reading))
    }

    /// Which turn of the request it is: in each one all that its resolvers can do without waiting is done.
    pub fn turn(&self) -> usize {
        self.turns.load(Ordering::Relaxed)
    }

    /// Runs what resolves this request, and counts its turns.
    pub async fn in_turns<T>(&self, resolving: impl Future<Output = T>) -> T {
        let mut resolving = pin!(resolving);
        poll_fn(|task| {
            self.turns.fetch_add(1, Ordering::Relaxed);
            resolving.as_mut().poll(task)
        })
        .await
    }

    /// Notes that a field of personal data was shown, whether or not it had a value.
    pub fn saw(&self, object: ObjectType, id: Uuid, field: &'static str) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push((object, id, field));
    }

    /// Writes down what was seen, in the reading itself, and ends it. If this fails, nothing may leave.
    pub async fn finish(&self) -> Result<()> {
        let mut seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        if seen.is_empty() {
            return self.renew().await;
        }
        let purpose = self.actor.purpose.ok_or_else(|| Error::internal("personal data was read without a purpose"))?;
        // One entry for all objects of which the same was read: a page is one entry.
        seen.sort_unstable();
        seen.dedup();
        let mut pages: BTreeMap<(ObjectType, Vec<&'static str>), BTreeSet<Uuid>> = BTreeMap::new();
        for of_one in seen.chunk_by(|one, next| (one.0, one.1) == (next.0, next.1)) {
            let ((object, id, _), fields) = (of_one[0], of_one.iter().map(|(_, _, field)| *field).collect());
            pages.entry((object, fields)).or_default().insert(id);
        }
        let read =
            |((object, fields), ids): ((ObjectType, Vec<_>), _)| Read { object, ids, fields: fields.into_iter().collect() };
        let reads: Vec<_> = pages.into_iter().map(read).collect();
        // A reading in which a statement has failed takes nothing more.
        if let Some(reading) = self.take().await? {
            let noting = reading.noting().await?;
            if self.note(noting, purpose, &reads).await.is_ok() {
                return Ok(());
            }
        }
        self.note(self.db.begin(&self.actor).await?, purpose, &reads).await
    }

    async fn note(&self, tx: Tx, purpose: AccessPurpose, reads: &[Read]) -> Result<()> {
        access::record(&tx, &self.actor, purpose, &self.request_id, reads).await?;
        tx.commit().await
    }

    /// The mutation as it was asked for, so that a retry is known again. Ends the reading.
    pub async fn ask(&self, ctx: &Context<'_>, mutation: &'static str, key: Option<String>) -> async_graphql::Result<Ask> {
        self.renew().await?;
        let arguments = ctx.field().arguments().map_err(|fault| async_graphql::Error::new(fault.message))?;
        let input = serde_json::to_vec(&arguments).map_err(Error::internal)?;
        Ok(Ask { mutation, key, input_hash: self.seal.input_hash(&input) })
    }
}
