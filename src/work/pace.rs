//! How often one looks at the feed: whenever the bell rings, and once a second without it.

use crate::{base::Result, db::Db};
use std::time::Duration;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout},
};

/// Without a ring one looks all the same: the table is the truth.
pub const PAUSE: Duration = Duration::from_secs(1);
/// Before one looks again for what an older transaction keeps back, and after how many times of nothing at the latest; so long, too,
/// after the first fault.
pub const SOON: Duration = Duration::from_millis(2);
pub const LATER: Duration = Duration::from_millis(128);

/// Between the beginnings of two looks, unless more is known to be there: under load many changes are seen by one look.
const BREATH: Duration = Duration::from_millis(50);

/// What a look has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// There is more right now.
    More,
    /// Something is written that an older transaction keeps back.
    Waiting,
    Nothing,
}

/// The pace of one who looks again and again.
pub struct Pace {
    bell: watch::Receiver<u64>,
    begun: Instant,
    soon: Duration,
    rest: Duration,
}

impl Pace {
    pub fn of(db: &Db) -> Self {
        Self { bell: db.bell().listen(), begun: Instant::now(), soon: SOON, rest: LATER }
    }

    /// Before a look: what rings from here on is heard after it.
    pub fn begin(&mut self) {
        self.bell.mark_unchanged();
        self.begun = Instant::now();
    }

    /// Waits as long as what was found says. A fault is told in the log, ever less often while it lasts.
    pub async fn after(&mut self, found: Result<Found>, fault: &'static str) {
        match found {
            Ok(Found::More) => {}
            Ok(Found::Waiting) => {
                self.ring(self.soon).await;
                self.soon = (self.soon * 2).min(LATER);
            }
            Ok(Found::Nothing) => {
                (self.soon, self.rest) = (SOON, LATER);
                self.ring(PAUSE).await;
            }
            Err(cause) => {
                tracing::warn!(?cause, fault);
                tokio::time::sleep(self.rest).await;
                self.rest = (self.rest * 2).min(PAUSE);
            }
        }
    }

    /// Until the bell rings, or so long; not before the last look is a breath ago.
    async fn ring(&mut self, most: Duration) {
        let _ = timeout(most, self.bell.changed()).await;
        sleep_until(self.begun + BREATH).await;
    }
}
