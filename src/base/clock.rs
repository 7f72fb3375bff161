//! The only place that reads the time. Tests move it.

use chrono::{DateTime, Duration, NaiveDate, SubsecRound, Utc};
use chrono_tz::Europe::Kyiv;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Real time, plus what a test has added to it.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_seconds: Arc<AtomicI64>,
}

impl Clock {
    /// Now, in the microseconds that PostgreSQL keeps.
    pub fn now(&self) -> DateTime<Utc> {
        (Utc::now() + Duration::seconds(self.ahead_seconds.load(Ordering::Relaxed))).trunc_subsecs(6)
    }

    /// Today's calendar day in Kyiv, the day that every date of the API means.
    pub fn today(&self) -> NaiveDate {
        day(self.now())
    }

    /// Moves this clock and all its copies ahead.
    pub fn advance(&self, by: Duration) {
        self.ahead_seconds.fetch_add(by.num_seconds(), Ordering::Relaxed);
    }
}

/// The calendar day in Kyiv of a moment.
pub fn day(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&Kyiv).date_naive()
}
