//! A standby of PostgreSQL under the doors: a copy that follows the primary, in which nothing can be written. How old what it shows may
//! be is bounded, for who was revoked at the primary must be out here too.
//!
//! An idle primary leaves no traces of time. So every server at the primary leaves a commit there every few seconds ([`Db::beat`]), and
//! the time of the last commit that has arrived says how far a standby is behind, whatever keeps it: the network, a long question, a
//! primary that is gone.

use super::{Db, Errand, sql::Sql};
use crate::base::{Error, Result, error::ErrorCode};
use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Bool, Double, Nullable, Timestamptz},
};
use diesel_async::RunQueryDsl;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// How far a standby may be behind, in seconds. With the time for which the roster believes, a revoked application is out within a minute.
pub const MOST_BEHIND: f64 = 30.0;
/// Between two commits of a server at the primary.
pub const BEAT: Duration = Duration::from_secs(5);
/// How long a look at the standby is believed.
const BELIEVED: Duration = Duration::from_secs(1);

/// How a standby stood when it was looked at last.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct Standing {
    /// Whether it follows a primary: not so once it has been made one.
    #[diesel(sql_type = Bool)]
    pub follows: bool,
    /// How many seconds ago the last commit that has arrived was made; none: none has since it was started.
    #[diesel(sql_type = Nullable<Double>)]
    pub behind: Option<f64>,
    /// That commit's time.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    arrived: Option<DateTime<Utc>>,
}

impl Standing {
    /// The moment of which it tells.
    ///
    /// # Errors
    /// Unavailable where that lies too far back, or is not known.
    pub fn moment(&self) -> Result<DateTime<Utc>> {
        match self {
            Self { follows: true, behind: Some(behind), arrived: Some(arrived) } if *behind <= MOST_BEHIND => Ok(*arrived),
            Self { follows: false, .. } => {
                Err(Error::unavailable("MISTOK_REPLICA is set, and the database is a standby no more"))
            }
            late => Err(Error::unavailable(format!("the standby is too far behind its primary: {late:?}"))),
        }
    }
}

/// What is known of the standby under the doors.
#[derive(Clone, Debug, Default)]
pub(super) struct Standby(Arc<Mutex<Option<(Instant, Standing)>>>);

impl Db {
    /// Leaves a commit in the log of the primary, for those who follow it: a number of a transaction, and no row.
    pub async fn beat(&self) -> Result<()> {
        let tx = self.errand(Errand::Health).await?;
        Sql::new("select pg_current_xact_id()").execute(&mut tx.link()).await?;
        tx.commit().await
    }

    /// How the standby stands; none: these are doors of a primary. Of many who ask at once one looks.
    pub async fn standing(&self) -> Result<Option<Standing>> {
        let Some(Standby(seen)) = &self.standby else { return Ok(None) };
        let mut seen = seen.lock().await;
        if let Some((_, standing)) = seen.filter(|(at, _)| at.elapsed() < BELIEVED) {
            return Ok(Some(standing));
        }
        let tx = self.unasked(Errand::Health).await?;
        let standing = Sql::new(
            "select pg_is_in_recovery() as follows, pg_last_xact_replay_timestamp() as arrived, \
             greatest(extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()), 0)::double precision as behind",
        )
        .get_result(&mut tx.link())
        .await?;
        tx.commit().await?;
        *seen = Some((Instant::now(), standing));
        Ok(Some(standing))
    }

    /// The moment of which a standby tells; none at a primary, which tells of now.
    pub(super) async fn moment(&self) -> Result<Option<DateTime<Utc>>> {
        self.standing().await?.map(|standing| standing.moment()).transpose()
    }
}

/// What is refused where nothing can be written.
pub fn refused(what: &str) -> Error {
    let message = format!("This server is a read replica, which writes nothing: {what}");
    Error::question(ErrorCode::ReadOnly, "", message)
}
