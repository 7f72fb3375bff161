//! Work of the server itself: what happens when a time has come. Several servers may run it; a lease lets one do it.

use crate::{
    base::{Error, Result},
    db::{Db, Errand, lease},
    memorandum,
    referral::{ending, parting, timing},
};
use chrono::Duration;
use std::time::Duration as Span;
use uuid::Uuid;

/// Between two rounds.
const PAUSE: Span = Span::from_secs(20);
/// A lease outlives a few rounds, so that it changes hands only when its server is gone.
const LEASE: Duration = Duration::seconds(90);
/// Memoranda of one step of a round.
const ROUND: i64 = 100;
/// Days for which idempotency keys are kept; the promise is 24 hours.
const KEYS: i64 = 3;

/// Works until it is dropped. A fault is logged and the next round tries again: nothing is lost, since what is due stays due.
pub async fn run(db: Db) {
    let holder = Uuid::new_v4();
    loop {
        if let Err(fault) = round(&db, holder).await {
            match fault {
                Error::Unavailable(cause) | Error::Internal(cause) => {
                    tracing::error!(cause = %cause.0, "the server's own work failed");
                }
                other => tracing::error!(cause = ?other, "the server's own work failed"),
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// One round: everything that is due now, if this server holds the lease. Returns how much there was.
pub async fn round(db: &Db, holder: Uuid) -> Result<usize> {
    if !lease::take(db, Errand::Expiry, holder, LEASE).await? {
        return Ok(0);
    }
    let mut done = 0;
    loop {
        let some = ending::expire_consents(db).await?
            + ending::end_retention(db).await?
            + memorandum::actions::announce(db, ROUND).await?
            + parting::expire(db).await?
            + parting::wind_down(db).await?
            + timing::breach(db).await?;
        if some == 0 {
            break;
        }
        done += some;
    }
    lease::tidy(db, KEYS).await?;
    Ok(done)
}
