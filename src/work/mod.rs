//! Work of the server itself: what happens when a time has come. Several servers may run it; a lease lets one do it.

pub mod beat;
pub mod deliver;
pub mod follow;
pub mod issuers;
pub mod pace;
pub mod post;
pub mod sign;
pub mod usage;

use crate::{
    application::{Roster, Usage},
    base::{Error, Result, min_cell::MinCells},
    db::{Db, Errand, lease},
    http::issuers::Issuers,
    indicator::{release, tally},
    journal::{news::News, proof},
    memorandum,
    referral::{ending, parting, timing},
    seal::Seal,
    webhook::{Outside, delivering},
};
use chrono::Duration;
use futures_util::future::{BoxFuture, FutureExt};
use secrecy::{ExposeSecret, SecretString};
use std::{fmt, sync::Arc, time::Duration as Span};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use uuid::Uuid;

/// Between two rounds.
const PAUSE: Span = Span::from_secs(20);
/// A lease outlives a few rounds, so that it changes hands only when its server is gone.
const LEASE: Duration = Duration::seconds(90);
/// How long the server's own work may take to end: longer than that of webhooks may.
const GRACE: Span = Span::from_secs(6);
/// Memoranda of one step of a round.
const ROUND: i64 = 100;
/// Entries of the roll-up that are folded at a time.
const ENTRIES: i64 = 5000;
/// Days for which idempotency keys are kept; the promise is 24 hours.
const KEYS: i64 = 3;

/// What is due now, of one kind: does some of it and says how much that was.
type Step = fn(&Db) -> BoxFuture<'_, Result<usize>>;

/// What the server does by itself. Each stands alone: none waits for another one.
const STEPS: [(&str, Step); 8] = [
    ("expired consents", |db| ending::expire_consents(db).boxed()),
    ("days of retention", |db| ending::end_retention(db).boxed()),
    ("memoranda that begin and are about to end", |db| memorandum::actions::announce(db, ROUND).boxed()),
    ("expired memoranda", |db| parting::expire(db).boxed()),
    ("winding down", |db| parting::wind_down(db).boxed()),
    ("clocks", |db| timing::breach(db).boxed()),
    ("webhooks that nobody answers for", |db| delivering::disable_orphans(db).boxed()),
    ("deliveries of long ago", |db| delivering::forget(db).boxed()),
];

/// What went wrong in a round, by its step; how much was done all the same.
#[derive(Debug)]
pub struct Faults {
    pub done: usize,
    pub of: Vec<(&'static str, Error)>,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<_> = self.of.iter().map(|(step, _)| *step).collect();
        write!(f, "the server's own work failed: {}", steps.join(", "))
    }
}

/// What a server does by itself, until it is dropped.
pub struct Work {
    all: JoinSet<()>,
    sending: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl Work {
    /// Nothing: a replica leaves it to the servers at its primary.
    pub fn none() -> Self {
        Self { all: JoinSet::new(), sending: tokio::spawn(async {}), stop: watch::Sender::new(false) }
    }

    /// With the keys of foreign issuers kept fresh.
    #[must_use]
    pub fn with(mut self, issuers: &Arc<Issuers>) -> Self {
        self.all.spawn(issuers::run(issuers.clone()));
        self
    }

    /// It signs the audit too.
    #[must_use]
    pub fn signing(mut self, db: &Db, keys: &Arc<proof::Keys>) -> Self {
        let (db, keys) = (db.clone(), keys.clone());
        self.all.spawn(async move { sign::run(db, &keys).await });
        self
    }

    /// It writes down what is asked for although it is deprecated.
    #[must_use]
    pub fn counting(mut self, db: &Db, usage: &Arc<Usage>) -> Self {
        self.all.spawn(usage::run(db.clone(), usage.clone()));
        self
    }

    /// Ends it: requests that are under way may end, for a few seconds.
    pub async fn end(mut self) {
        self.all.abort_all();
        self.stop.send_replace(true);
        if tokio::time::timeout(GRACE, &mut self.sending).await.is_err() {
            tracing::warn!("webhooks that were under way may come twice");
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.sending.abort();
    }
}

/// Everything that a server does by itself. `direct_url` leads to PostgreSQL past any pooler.
pub fn all(
    db: &Db,
    news: &Arc<News>,
    roster: &Arc<Roster>,
    direct_url: &SecretString,
    least: MinCells,
    outside: &Arc<Outside>,
    seal: &Arc<Seal>,
) -> Work {
    let mut work = JoinSet::new();
    let post = post::Post::new(outside.clone(), seal.clone(), db.clock().clone());
    let (stop, told) = watch::channel(false);
    let sending = tokio::spawn(deliver::run(db.clone(), post, told));
    work.spawn(run(db.clone(), least));
    work.spawn(beat::run(db.clone()));
    let (ours, news, roster) = (db.clone(), news.clone(), roster.clone());
    work.spawn(async move { follow::run(ours, &news, &roster).await });
    let (bell, url) = (db.bell().clone(), direct_url.clone());
    work.spawn(async move { bell.carry(url.expose_secret()).await });
    Work { all: work, sending, stop }
}

/// Works until it is dropped. A fault is logged and the next round tries again: nothing is lost, since what is due stays due.
pub async fn run(db: Db, least: MinCells) {
    let holder = Uuid::new_v4();
    loop {
        if let Err(faults) = round(&db, holder).await {
            faults.of.into_iter().for_each(log);
        }
        if let Err(fault) = release::publish_due(&db, least).await {
            log(("publishing figures", fault));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn log((step, fault): (&'static str, Error)) {
    match fault {
        Error::Unavailable(cause) | Error::Internal(cause) => {
            tracing::error!(step, cause = %cause.0, "the server's own work failed");
        }
        other => tracing::error!(step, cause = ?other, "the server's own work failed"),
    }
}

/// One round: everything that is due now, if this server holds the lease. Returns how much there was. A step that fails keeps no
/// other one from its work, and is not tried again in this round.
pub async fn round(db: &Db, holder: Uuid) -> Result<usize, Faults> {
    match lease::take(db, Errand::Expiry, holder, LEASE).await {
        Ok(true) => {}
        Ok(false) => return Ok(0),
        Err(fault) => return Err(Faults { done: 0, of: vec![("the lease", fault)] }),
    }
    let mut faults = Faults { done: 0, of: Vec::new() };
    let mut steps = STEPS.to_vec();
    loop {
        let before = faults.done;
        let mut sound = Vec::new();
        for (name, step) in steps {
            match step(db).await {
                Ok(some) => {
                    faults.done += some;
                    sound.push((name, step));
                }
                Err(fault) => faults.of.push((name, fault)),
            }
        }
        steps = sound;
        if faults.done == before {
            break;
        }
    }
    if let Err(fault) = lease::tidy(db, KEYS).await {
        faults.of.push(("tidying", fault));
    }
    if let Err(fault) = fold(db).await {
        faults.of.push(("folding the roll-up", fault));
    }
    if faults.of.is_empty() { Ok(faults.done) } else { Err(faults) }
}

/// Folds what is fresh in the roll-up; figures are the same before and after. What is written meanwhile waits for the next round, which could not come
/// if this one waited for a moment without writers.
async fn fold(db: &Db) -> Result<()> {
    while tally::fold(db, ENTRIES).await? {}
    Ok(())
}
