//! The only place that reads the time. Tests move it.

use chrono::{DateTime, Duration, LocalResult, NaiveDate, NaiveTime, SecondsFormat, SubsecRound, TimeZone, Utc};
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

/// A moment as RFC 3339 writes it, to the second and by the clocks of Kyiv: its first ten signs are the calendar day there.
pub fn kyiv(at: DateTime<Utc>) -> String {
    at.with_timezone(&Kyiv).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// The moment at which a calendar day begins in Kyiv.
pub fn midnight(day: NaiveDate) -> DateTime<Utc> {
    match Kyiv.from_local_datetime(&day.and_time(NaiveTime::MIN)) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
        // Clocks are never moved at midnight there; a day that had none began with its first hour.
        LocalResult::None => day.and_time(NaiveTime::MIN).and_utc(),
    }
}
