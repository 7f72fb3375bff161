//! What every answer is made from.

use super::{issuers::Issuers, logins::Logins, sandbox::Sandbox, turn::Turns};
use crate::{
    access::{
        Actor,
        bucket::Buckets,
        token::{KeyFault, Keys, Tokens},
    },
    application::{Roster, Shelf, Usage},
    base::{self, Error, clock::Clock, min_cell::MinCells, timetable::Timetable},
    config::{Prefixes, Serve},
    db::{Db, vault},
    graphql::{context::Session, reference::Reference, schema, shape},
    journal::{news::News, proof},
    seal::Seal,
    webhook::Outside,
};
use secrecy::SecretString;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};

/// Exports of one organisation that go on at once: each holds a stretch of rows. When to try again, in seconds.
const EXPORTS_OF_EACH: usize = 4;
const EXPORT_AGAIN: u64 = 30;
/// Open streams of one organisation, and of all; when to try again, in seconds.
const STREAMS_OF_EACH: usize = 2_500;
const STREAMS: usize = 10_000;
const STREAM_AGAIN: u64 = 30;
/// Readings of the feed for those who follow it, at one moment.
const FOLLOWED_AT_ONCE: usize = 4;

/// All that a server is made of. A thread that serves has one with connections of its own.
#[derive(Clone)]
pub struct App {
    db: Db,
    seal: Arc<Seal>,
    tokens: Arc<Tokens>,
    issuers: Arc<Issuers>,
    roster: Arc<Roster>,
    shelf: Arc<Shelf>,
    gate: Arc<schema::Gate>,
    timetable: Arc<Timetable>,
    min_cells: MinCells,
    reference: Arc<Reference>,
    prefixes: Arc<Prefixes>,
    exports: Arc<Turns>,
    streams: Arc<Turns>,
    followed: Arc<Semaphore>,
    closing: watch::Sender<bool>,
    news: Arc<News>,
    direct_url: SecretString,
    outside: Arc<Outside>,
    buckets: Arc<Buckets>,
    logins: Arc<Logins>,
    origins: Arc<Vec<String>>,
    over_tls: bool,
    audit_keys: Arc<proof::Keys>,
    usage: Arc<Usage>,
    sandbox: Option<Arc<Sandbox>>,
}

/// Why a server cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("MISTOK_SIGNING_KEYS: {0}")]
    Keys(#[from] KeyFault),
    #[error("MISTOK_ISSUERS: {0}")]
    Issuers(String),
    #[error("MISTOK_AUDIT_KEYS: {0}")]
    AuditKeys(#[from] proof::KeyFault),
    #[error("the schema: {0}")]
    Schema(#[from] shape::Fault),
    #[error("the database: {0}")]
    Database(String),
}

impl App {
    /// Joins the parts; of the database it asks for the keys that it keeps.
    pub async fn new(config: &Serve, clock: Clock) -> Result<Arc<Self>, Fault> {
        Self::within(config, clock, Outside::new(config.webhook_allow.clone())).await
    }

    /// The same in a world of the caller's own, which knows other names.
    pub async fn within(config: &Serve, clock: Clock, outside: Outside) -> Result<Arc<Self>, Fault> {
        Self::deprecating(config, clock, outside, &[]).await
    }

    /// The same with a schema of which more is deprecated: how what is to go would be told of.
    pub async fn deprecating(
        config: &Serve,
        clock: Clock,
        outside: Outside,
        more: &[(&str, &str)],
    ) -> Result<Arc<Self>, Fault> {
        // What TLS of requests that go out is made of. An error says that this was done before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let issuers =
            Issuers::new(&config.issuers, &config.issuer, &config.audience(), clock.clone()).map_err(Fault::Issuers)?;
        let db = Db::of(&config.database, config.database.pool, clock).map_err(|fault| Fault::Database(explained(&fault)))?;
        let db = if config.replica { db.on_standby() } else { db };
        let tokens = Arc::new(Tokens::new(Keys::load(&config.signing_keys)?, &config.issuer, config.audience()));
        let audit_keys = Arc::new(proof::Keys::load(&config.audit_keys)?);
        let (roster, shelf) = (Arc::new(Roster::new(db.clone())), Arc::new(Shelf::new(db.clone())));
        let outside = Arc::new(outside);
        let seal = vault::open(&db, config.master_keys.all()).await;
        let seal = Arc::new(seal.map_err(|fault| Fault::Database(explained(&fault)))?);
        let builder = || schema::builder().data(roster.clone()).data(shelf.clone()).data(outside.clone());
        let gate = Arc::new(schema::Gate::deprecating(builder, more)?);
        let timetable = Arc::new(config.timetable.clone());
        let (min_cells, prefixes) = (config.min_cells, Arc::new(config.prefixes.clone()));
        let exports = Turns::new(EXPORTS_OF_EACH, usize::MAX, EXPORT_AGAIN);
        let streams = Turns::new(STREAMS_OF_EACH, STREAMS, STREAM_AGAIN);
        let (followed, closing) = (Arc::new(Semaphore::new(FOLLOWED_AT_ONCE)), watch::Sender::new(false));
        let (news, direct_url) = (Arc::default(), config.database.direct_url.clone());
        Ok(Arc::new(Self {
            db,
            seal,
            tokens,
            issuers,
            roster,
            shelf,
            gate,
            timetable,
            min_cells,
            reference: Arc::default(),
            prefixes,
            exports,
            streams,
            followed,
            closing,
            news,
            direct_url,
            outside,
            buckets: Arc::new(Buckets::new(config.rate)),
            logins: Arc::default(),
            origins: Arc::new(config.origins.clone()),
            over_tls: config.issuer.starts_with("https://"),
            audit_keys,
            usage: Arc::default(),
            sandbox: None,
        }))
    }

    /// The same server for one of so many threads that serve.
    ///
    /// # Errors
    /// Internal where the thread's connections cannot be made ready.
    pub fn of_thread(&self, threads: usize) -> base::Result<Arc<Self>> {
        Ok(Arc::new(Self { db: self.db.of_thread(threads)?, ..self.clone() }))
    }

    /// The same server, of which all is invented.
    pub fn as_sandbox(&self, sandbox: Sandbox) -> Arc<Self> {
        Arc::new(Self { sandbox: Some(Arc::new(sandbox)), ..self.clone() })
    }

    /// What makes it a sandbox; none: its people are real.
    pub fn sandbox(&self) -> Option<&Sandbox> {
        self.sandbox.as_deref()
    }

    pub fn db(&self) -> &Db {
        &self.db
    }

    pub fn seal(&self) -> &Arc<Seal> {
        &self.seal
    }

    pub fn timetable(&self) -> &Arc<Timetable> {
        &self.timetable
    }

    pub fn min_cells(&self) -> MinCells {
        self.min_cells
    }

    /// What makes ids in documents of open standards the publisher's own.
    pub fn prefixes(&self) -> &Prefixes {
        &self.prefixes
    }

    /// Exports that go on.
    pub fn exports(&self) -> &Arc<Turns> {
        &self.exports
    }

    /// Connections over which changes are told.
    pub fn streams(&self) -> &Arc<Turns> {
        &self.streams
    }

    /// Leave to read the feed for one who follows it: news for everyone must not take all connections of the database at once.
    pub fn followed(&self) -> &Semaphore {
        &self.followed
    }

    /// Tells those who follow that the server stops: they begin again at another one, or later.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// True once the server stops.
    pub fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// A session of one request.
    pub fn session(&self, actor: Actor, request_id: &str) -> Arc<Session> {
        let (db, seal, timetable) = (self.db.clone(), self.seal.clone(), self.timetable.clone());
        Session::new(actor, request_id.to_owned(), db, seal, timetable, self.min_cells, self.reference.clone())
    }

    /// Who waits for news of the feed.
    pub fn news(&self) -> &Arc<News> {
        &self.news
    }

    /// Where PostgreSQL itself is.
    pub fn direct_url(&self) -> &SecretString {
        &self.direct_url
    }

    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Whose tokens are taken beside our own.
    pub fn issuers(&self) -> &Arc<Issuers> {
        &self.issuers
    }

    pub fn roster(&self) -> &Arc<Roster> {
        &self.roster
    }

    /// Registered documents.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Where requests of webhooks may go.
    pub fn outside(&self) -> &Arc<Outside> {
        &self.outside
    }

    /// Of whose pages browsers may ask.
    pub fn origins(&self) -> &[String] {
        &self.origins
    }

    /// Whether the world reaches it over TLS alone.
    pub fn over_tls(&self) -> bool {
        self.over_tls
    }

    /// What each application may still ask for.
    pub fn buckets(&self) -> &Buckets {
        &self.buckets
    }

    /// How often tokens are taken.
    pub fn logins(&self) -> &Logins {
        &self.logins
    }

    /// With which the audit is signed.
    pub fn audit_keys(&self) -> &Arc<proof::Keys> {
        &self.audit_keys
    }

    /// What is asked for although it is deprecated, and not written down yet.
    pub fn usage(&self) -> &Arc<Usage> {
        &self.usage
    }

    pub fn gate(&self) -> &schema::Gate {
        &self.gate
    }
}

fn explained(fault: &Error) -> String {
    match fault {
        Error::Internal(cause) | Error::Unavailable(cause) => cause.0.to_string(),
        other => format!("{other:?}"),
    }
}
