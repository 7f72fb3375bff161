//! How much one application may ask: a bucket of points for each, refilled steadily. A bucket is one moment, the one at which it will be
//! full again (a leaky bucket as a meter). Each server keeps its own: with two servers an application has two buckets.

use crate::{
    base::{Error, Result},
    config::Rate,
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// What is left in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub rate: Rate,
    pub remaining: u64,
    /// When it is full again.
    pub full_in: Duration,
}

/// The buckets of all applications that have asked.
pub struct Buckets {
    rate: Rate,
    full_at: Mutex<HashMap<Uuid, Instant>>,
    /// Buckets at the most.
    most: usize,
}

/// The bucket of all who find no room for one of their own.
const SHARED: Uuid = Uuid::nil();

impl Buckets {
    /// Of applications, which are as many as there are.
    pub fn new(rate: Rate) -> Self {
        Self::bounded(rate, usize::MAX)
    }

    /// Of names that strangers invent. Full buckets are forgotten when there is no room; if there is none then, newcomers share one.
    pub fn bounded(rate: Rate, most: usize) -> Self {
        Self { rate, full_at: Mutex::default(), most }
    }

    /// Takes points before the work is done.
    ///
    /// # Errors
    /// RATE_LIMITED with the seconds after which there are as many; nothing is taken then.
    pub fn take(&self, application_id: Uuid, points: u64) -> Result<Standing> {
        self.take_at(application_id, points, Instant::now())
    }

    /// Takes points for work that was done already: they may be more than there are, as many again as the bucket holds.
    pub fn charge(&self, application_id: Uuid, points: u64) -> Standing {
        let now = Instant::now();
        let latest = now + self.time(self.rate.most.saturating_mul(2));
        let mut known = self.known();
        let full_at = known.entry(application_id).or_insert(now);
        *full_at = ((*full_at).max(now) + self.time(points)).min(latest);
        self.standing(*full_at, now)
    }

    /// Gives points back that were taken and not used.
    pub fn give_back(&self, application_id: Uuid, points: u64) -> Standing {
        let now = Instant::now();
        let mut known = self.known();
        let full_at = known.entry(application_id).or_insert(now);
        *full_at = full_at.checked_sub(self.time(points)).unwrap_or(now);
        self.standing(*full_at, now)
    }

    fn take_at(&self, application_id: Uuid, points: u64, now: Instant) -> Result<Standing> {
        let mut known = self.known();
        if known.len() >= self.most && !known.contains_key(&application_id) {
            known.retain(|_, full_at| *full_at > now);
        }
        let own = known.len() < self.most || known.contains_key(&application_id);
        let full_at = known.entry(if own { application_id } else { SHARED }).or_insert(now);
        let taken = (*full_at).max(now) + self.time(points);
        let over = taken.saturating_duration_since(now).saturating_sub(self.time(self.rate.most));
        if !over.is_zero() {
            return Err(Error::Limited { retry_after: over.as_secs_f64().ceil() as u64 });
        }
        *full_at = taken;
        Ok(self.standing(taken, now))
    }

    fn standing(&self, full_at: Instant, now: Instant) -> Standing {
        let full_in = full_at.saturating_duration_since(now);
        Standing { rate: self.rate, remaining: self.rate.most.saturating_sub(self.points(full_in)), full_in }
    }

    /// How long it takes until so many have come back.
    fn time(&self, points: u64) -> Duration {
        Duration::from_secs_f64(points as f64 / self.rate.refill as f64)
    }

    fn points(&self, time: Duration) -> u64 {
        (time.as_secs_f64() * self.rate.refill as f64).ceil() as u64
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Uuid, Instant>> {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: Rate = Rate { most: 1_000, refill: 100 };

    #[test]
    fn a_bucket_is_emptied_and_refilled_steadily() {
        let (buckets, own, other, start) = (Buckets::new(RATE), Uuid::from_u128(1), Uuid::from_u128(2), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        let take = |points, at| buckets.take_at(own, points, at).map(|standing| standing.remaining);
        assert_eq!(take(600, start).expect("taken"), 400);
        assert!(matches!(take(600, start), Err(Error::Limited { retry_after: 2 })));
        assert_eq!(take(400, start).expect("what is left"), 0);
        assert!(matches!(take(1, start), Err(Error::Limited { retry_after: 1 })));
        assert_eq!(buckets.take_at(other, 1_000, start).expect("a bucket of its own").remaining, 0);
        assert_eq!(take(100, after(3)).expect("three seconds"), 200);
        assert_eq!(take(0, after(60)).expect("no more than full"), 1_000);
    }

    #[test]
    fn what_was_not_used_comes_back_and_what_was_used_unasked_is_owed() {
        let (buckets, own) = (Buckets::new(Rate { most: 1_000, refill: 1 }), Uuid::from_u128(1));
        buckets.take(own, 900).expect("taken");
        assert!((899..=901).contains(&buckets.give_back(own, 800).remaining));
        assert_eq!(buckets.charge(own, 5_000).remaining, 0);
        // No more is owed than one bucket: what took long must not lock an application out for hours.
        let Err(Error::Limited { retry_after }) = buckets.take(own, 1) else { panic!("limited") };
        assert!((1_000..=1_001).contains(&retry_after), "{retry_after}");
    }

    #[test]
    fn who_invents_names_fills_no_memory() {
        let (buckets, start) = (Buckets::bounded(RATE, 10), Instant::now());
        let take = |name, at| buckets.take_at(Uuid::from_u128(name), 1_000, at);
        assert!((1..=10).all(|name| take(name, start).is_ok()));
        assert!(take(1, start).is_err(), "its own bucket is empty");
        assert!(take(11, start).is_ok() && take(12, start).is_err(), "newcomers share one");
        assert_eq!(buckets.known().len(), 11);
        let later = start + Duration::from_secs(10);
        assert!((20..25).all(|name| take(name, later).is_ok()), "the others are full again and forgotten");
        assert_eq!(buckets.known().len(), 5);
    }

    proptest! {
        /// Whatever is asked and when: never more is granted than a full bucket and what has come back since.
        #[test]
        fn nobody_takes_more_than_there_is(asked in prop::collection::vec((0u64..1_200, 0u64..3_000), 1..60)) {
            let (buckets, own, start) = (Buckets::new(RATE), Uuid::nil(), Instant::now());
            let (mut now, mut granted) = (start, 0);
            for (points, pause) in asked {
                now += Duration::from_millis(pause);
                match buckets.take_at(own, points, now) {
                    Ok(_) => granted += points,
                    // Whoever waits as long as he is told gets it, if a bucket holds it at all.
                    Err(Error::Limited { retry_after }) if points <= RATE.most => {
                        now += Duration::from_secs(retry_after);
                        prop_assert!(buckets.take_at(own, points, now).is_ok());
                        granted += points;
                    }
                    Err(_) => {}
                }
                let most = RATE.most as f64 + now.duration_since(start).as_secs_f64() * RATE.refill as f64;
                prop_assert!(granted as f64 <= most + 1.0, "{granted} of {most}");
            }
        }
    }
}
