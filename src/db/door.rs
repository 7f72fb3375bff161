//! The doors: a reading, a writing and an errand. Each is one transaction under row-level security.

use super::{
    Link,
    bell::Bell,
    pool::Pools,
    standby::{self, Standby},
};
use crate::{
    access::Actor,
    base::{Result, clock::Clock},
    config::Database,
    telemetry::trace,
};
use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{SimpleAsyncConnection, pooled_connection::deadpool::Object};
use futures_util::FutureExt;
use std::{
    future::{Future, ready},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tracing::Span;

/// How long a rollback may take before what it waits for is stopped.
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(50);

/// The commit does not wait for the disk.
const AT_LEISURE: &str = "; set local synchronous_commit = off";

/// To count and decide a month of the whole country takes longer than a request may, and the deciding asks nothing meanwhile.
const LONG: &str = "; set local statement_timeout = '10min'; set local idle_in_transaction_session_timeout = '1h'; set local work_mem = '64MB'";

/// Work of the server itself. The word stands in the policies that let it see what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Ends consents and retention when their time has come; keeps partitions.
    Expiry,
    /// Counts figures of everybody, to publish them.
    Release,
    /// The operator's commands on the server's own machine.
    Operator,
    /// The operator's import in the place of an organisation: the word opens nothing but the journal.
    Import,
    /// The demo's first loading.
    Demo,
    /// Whether the database answers.
    Health,
    /// Opens the keys of the database, once at the start.
    Open,
    /// Looks up who a client is, before anyone is known.
    Login,
    /// Looks what is new for anybody, to wake those who follow.
    Follow,
    /// Puts what is new in line for webhooks. What is lost of that with the machine is read from the feed again: whoever sends one claims it
    /// first, and that waits for the disk.
    Line,
    /// Sends webhooks.
    Deliver,
    /// Counts what applications ask for although it is deprecated.
    Usage,
    /// Says how the database stands.
    Measure,
    /// Signs the audit, and exports it for who checks it.
    Audit,
}

impl Errand {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expiry => "expiry",
            Self::Release => "release",
            Self::Operator => "operator",
            Self::Import => "import",
            Self::Demo => "demo",
            Self::Health => "health",
            Self::Open => "open",
            Self::Login => "login",
            Self::Follow => "follow",
            Self::Line | Self::Deliver => "deliver",
            Self::Usage => "usage",
            Self::Measure => "measure",
            Self::Audit => "audit",
        }
    }
}

/// Whose hand opens the doors in the name of an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hand {
    /// The actor's own.
    Own,
    /// The operator's.
    Operator,
    /// The operator's, who only wants to know what would become of it: every writing is taken back at its end.
    Trial,
}

/// The connections and the clock behind the doors.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    clock: Clock,
    hand: Hand,
    bell: Bell,
    pub(super) standby: Option<Standby>,
}

impl Db {
    /// Connects lazily. `url` logs in under a role that neither owns the tables nor bypasses row-level security.
    pub fn new(url: &str, size: usize, clock: Clock) -> Result<Self> {
        let database = Database { url: url.into(), direct_url: url.into(), pool: size, unprepared: false };
        Self::of(&database, size, clock)
    }

    /// The database of a configuration, by some connections.
    pub fn of(database: &Database, size: usize, clock: Clock) -> Result<Self> {
        let pools = Pools::new(Database { pool: size, ..database.clone() })?;
        Ok(Self { pools, clock, hand: Hand::Own, bell: Bell::default(), standby: None })
    }

    /// The same doors for one of so many threads that serve, which has some connections for itself.
    ///
    /// # Errors
    /// Internal where its connections cannot be made ready.
    pub fn of_thread(&self, threads: usize) -> Result<Self> {
        Ok(Self { pools: self.pools.of_thread(threads)?, ..self.clone() })
    }

    /// The same doors by the hand of the operator, in the place of organisations: under their walls, and the journal says who
    /// it was. A trial writes nothing: all rules and constraints are asked, then every writing is taken back.
    #[must_use]
    pub fn by_operator(self, trial: bool) -> Self {
        Self { hand: if trial { Hand::Trial } else { Hand::Operator }, ..self }
    }

    /// The same doors before a standby: what is not read is refused, and so is reading where it is too far behind.
    #[must_use]
    pub fn on_standby(self) -> Self {
        Self { standby: Some(Standby::default()), ..self }
    }

    /// Whether nothing can be written here.
    pub fn is_standby(&self) -> bool {
        self.standby.is_some()
    }

    pub(super) fn pools(&self) -> &Pools {
        &self.pools
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Rung after each change that was committed.
    pub fn bell(&self) -> &Bell {
        &self.bell
    }

    /// One reading for one query operation: all its statements see one moment, and they may go side by side.
    pub async fn read(&self, actor: &Actor) -> Result<Reading> {
        let moment = self.moment().await?;
        if moment.is_some() && actor.purpose.is_some() {
            return Err(standby::refused("personal data is read at the primary, where it is noted who has read it."));
        }
        // Who names a purpose may read personal data, and that it was read is written down at the end.
        let begin = match actor.purpose {
            Some(_) => "begin isolation level repeatable read",
            None => "begin isolation level repeatable read read only",
        };
        self.transaction(begin, actor).await.map(|tx| Reading(tx, moment))
    }

    /// One writing: the change, its journal entry, its version check and its idempotency key, or nothing.
    pub async fn begin(&self, actor: &Actor) -> Result<Tx> {
        match self.is_standby() {
            true => Err(standby::refused("ask the primary.")),
            false => self.transaction("begin", actor).await,
        }
    }

    async fn transaction(&self, begin: &str, actor: &Actor) -> Result<Tx> {
        let now = self.clock.now();
        let (mut set, mut author) = (settings(actor, now), Author::of(actor));
        if self.hand != Hand::Own {
            set = format!("{set}; set local mistok.errand = '{}'", Errand::Import.word());
            author = Author::Operator;
        }
        let open = self.open(begin, &set).await?;
        Ok(Tx { open, now, author, trial: self.hand == Hand::Trial, bell: self.bell.clone(), tells: AtomicBool::new(false) })
    }

    /// A writing of the server itself.
    pub async fn errand(&self, errand: Errand) -> Result<Tx> {
        // Who was revoked at the primary must not be known here for longer than the standby may be behind.
        if errand == Errand::Login {
            self.moment().await?;
        }
        self.unasked(errand).await
    }

    /// The same, however far a standby is behind.
    pub(super) async fn unasked(&self, errand: Errand) -> Result<Tx> {
        let now = self.clock.now();
        let mut set = format!("set local mistok.errand = '{}'; set local mistok.now = '{}'", errand.word(), now.to_rfc3339());
        match errand {
            Errand::Release => set.push_str(LONG),
            Errand::Line => set.push_str(AT_LEISURE),
            _ => {}
        }
        let open = self.open("begin", &set).await?;
        let author = if errand == Errand::Operator { Author::Operator } else { Author::System };
        Ok(Tx { open, now, author, trial: false, bell: self.bell.clone(), tells: AtomicBool::new(false) })
    }

    /// BEGIN and the settings travel as one message; every value is a UUID, a word or a time, so nothing needs quoting. The first
    /// statement goes right behind it, and their answers come back together. What became of it is looked at before anything may
    /// leave or be committed: a statement behind one that was refused is refused too, or runs without the settings, by which no wall
    /// lets it see or write anything.
    async fn open(&self, begin: &str, settings: &str) -> Result<Open> {
        let span = trace::transaction();
        let conn = Arc::new(self.pools.get().await?);
        let answer = send(conn.clone(), format!("{begin}; {settings}"));
        Ok(Open { answer: Mutex::new(Some(answer)), conn: Some(conn), _span: span })
    }
}

/// What becomes of a command.
type Answer = Pin<Box<dyn Future<Output = QueryResult<()>> + Send>>;

/// Sends a command, and does not wait for its answer: the connection's driver has it as soon as it was asked for once.
fn send(conn: Arc<Object<Link>>, command: String) -> Answer {
    let mut answer: Answer = Box::pin(async move { (&mut &**conn.as_ref()).batch_execute(&command).await });
    match (&mut answer).now_or_never() {
        Some(known) => Box::pin(ready(known)),
        None => answer,
    }
}

fn settings(actor: &Actor, now: DateTime<Utc>) -> String {
    format!(
        "set local mistok.org_id = '{}'; set local mistok.kind = '{}'; set local mistok.now = '{}'",
        actor.organization_id,
        actor.kind,
        now.to_rfc3339()
    )
}

/// An open transaction. One that is dropped is rolled back at once: in the pool it would keep its locks until somebody
/// takes its connection.
struct Open {
    /// That of its BEGIN; it holds the connection too.
    answer: Mutex<Option<Answer>>,
    conn: Option<Arc<Object<Link>>>,
    /// Ends when the transaction ends.
    _span: Span,
}

impl Open {
    fn link(&self) -> &Link {
        self.conn.as_ref().expect("taken by its end alone, which consumes it")
    }

    /// Waits until it is known that it has begun, which it is where a statement was answered.
    async fn begun(&self) -> Result<()> {
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        match answer {
            Some(answer) => Ok(answer.await?),
            None => Ok(()),
        }
    }

    /// Its connection, for its end.
    fn ending(&mut self) -> Underway {
        self.answer = Mutex::default();
        Underway(self.conn.take().and_then(Arc::into_inner))
    }

    async fn end(mut self, command: &str) -> Result<()> {
        self.begun().await?;
        let mut conn = self.ending();
        conn.link().batch_execute(command).await?;
        conn.done();
        Ok(())
    }
}

const COMMIT: &str = "commit";
const ROLLBACK: &str = "rollback";

/// A connection on which a transaction ends. Whoever asked may go away meanwhile, and nobody knows then how far it came: such a
/// connection is closed, not given to the next.
struct Underway(Option<Object<Link>>);

impl Underway {
    fn link(&mut self) -> &mut Link {
        self.0.as_mut().expect("taken by its end alone, which consumes it")
    }

    /// It came to its end.
    fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if let Some(conn) = self.0.take() {
            drop(Object::take(conn));
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut conn = self.ending();
        let (true, Ok(runtime)) = (conn.0.is_some(), tokio::runtime::Handle::try_current()) else { return };
        runtime.spawn(async move {
            let cancel = conn.link().cancel_token();
            match tokio::time::timeout(PATIENCE, conn.link().batch_execute(ROLLBACK)).await {
                Ok(Ok(())) => conn.done(),
                Ok(Err(_)) => {}
                // A statement runs for which nobody waits any more.
                Err(_) => drop(cancel.cancel_query(tokio_postgres::NoTls).await),
            }
        });
    }
}

/// An open transaction in the name of an actor in which questions are answered. Nothing is written in it but that it was read.
pub struct Reading(Tx, Option<DateTime<Utc>>);

impl Reading {
    pub fn link(&self) -> &Link {
        self.0.link()
    }

    /// The moment of this reading.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    /// The moment of which it tells: on a standby that of the last commit that has arrived.
    pub fn as_of(&self) -> DateTime<Utc> {
        self.1.map_or(self.now(), |arrived| arrived.min(self.now()))
    }

    /// Ends it, behind whoever has asked: it leaves nothing that had to be waited for.
    ///
    /// # Errors
    /// Where it never began: nothing of what was read in it may leave.
    pub async fn end(self) -> Result<()> {
        self.begun().await?;
        tokio::spawn(self.0.commit());
        Ok(())
    }

    /// Its end, in which the journal says what was read.
    ///
    /// # Errors
    /// As [`Reading::end`].
    pub async fn noting(self) -> Result<Tx> {
        self.begun().await?;
        Ok(self.0)
    }

    /// For who only shares it: whether what was read in it may leave.
    ///
    /// # Errors
    /// As [`Reading::end`].
    pub async fn begun(&self) -> Result<()> {
        self.0.open.begun().await
    }
}

/// Who writes, for the journal.
#[derive(Clone, Debug)]
pub enum Author {
    Application { application_id: uuid::Uuid, organization_id: uuid::Uuid, acting_for: Option<String> },
    System,
    Operator,
}

impl Author {
    fn of(actor: &Actor) -> Self {
        Self::Application {
            application_id: actor.application_id,
            organization_id: actor.organization_id,
            acting_for: actor.acting_for.clone(),
        }
    }

    /// The organisation that writes; none: the server or its operator.
    pub fn organization(&self) -> Option<uuid::Uuid> {
        match self {
            Self::Application { organization_id, .. } => Some(*organization_id),
            Self::System | Self::Operator => None,
        }
    }
}

/// An open write transaction. Dropped without [`Tx::commit`] it leaves nothing behind.
pub struct Tx {
    open: Open,
    now: DateTime<Utc>,
    author: Author,
    trial: bool,
    bell: Bell,
    tells: AtomicBool,
}

impl Tx {
    pub fn link(&self) -> &Link {
        self.open.link()
    }

    /// The moment of this writing: all its timestamps.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub fn author(&self) -> &Author {
        &self.author
    }

    /// For the journal: the bell is rung once this is committed.
    pub fn tells(&self) {
        self.tells.store(true, Ordering::Relaxed);
    }

    pub async fn commit(self) -> Result<()> {
        // Of a trial it is as if it had never been.
        if self.trial {
            return self.open.end(ROLLBACK).await;
        }
        self.open.end(COMMIT).await?;
        if self.tells.into_inner() {
            self.bell.ring();
        }
        Ok(())
    }
}
