//! What follows from an attempt: for the delivery, and for its endpoint.

use crate::base::words::webhook::{DeliveryError, DisabledReason};
use chrono::{DateTime, Duration, Utc};

/// Before each attempt, in seconds: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h after the one before.
pub const WAITS: [i64; 10] = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// After so many days without a success an endpoint is disabled.
pub const FAILING: Duration = Duration::days(5);
/// The longest silence that an endpoint may ask for.
const SILENCE: Duration = Duration::hours(24);
/// Requests to one endpoint at a time, while it works; one while it fails.
pub const SLOTS: usize = 8;
/// Requests of one server at a time.
pub const REQUESTS: usize = 1_024;
/// How long a claim holds: longer than any request may take.
pub const CLAIM: Duration = Duration::seconds(60);

/// What a server has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub requests: usize,
    /// For one endpoint.
    pub slots: usize,
}

impl Room {
    /// When half of all requests are under way, each endpoint has one: many that hang at once fill a server no further than that.
    pub fn beside(under_way: usize) -> Self {
        let slots = if under_way < REQUESTS / 2 { SLOTS } else { 1 };
        Self { requests: REQUESTS.saturating_sub(under_way), slots }
    }
}

/// What came of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: Option<u16>,
    pub error: Option<DeliveryError>,
    /// How long it asked to be left alone.
    pub silence: Option<Duration>,
}

/// How an endpoint stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub failing_since: Option<DateTime<Utc>>,
    pub paused_until: Option<DateTime<Utc>>,
}

/// What becomes of the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Succeeded,
    Again(DateTime<Utc>),
    GivenUp,
}

/// Why an attempt with this status is no success.
pub fn fault(status: u16) -> Option<DeliveryError> {
    match status {
        200..=299 => None,
        300..=399 => Some(DeliveryError::Redirect),
        _ => Some(DeliveryError::HttpStatus),
    }
}

/// The silence of a `Retry-After`: seconds, or a moment (RFC 9110, 10.2.3). Only 429 and 503 ask for it.
pub fn silence(status: u16, header: Option<&str>, now: DateTime<Utc>) -> Option<Duration> {
    let text = header.filter(|_| matches!(status, 429 | 503))?.trim();
    let asked = if !text.is_empty() && text.bytes().all(|sign| sign.is_ascii_digit()) {
        // A number that does not fit is longer than the longest.
        text.parse().ok().and_then(Duration::try_seconds).unwrap_or(SILENCE)
    } else {
        DateTime::parse_from_rfc2822(text).ok()?.to_utc() - now
    };
    Some(asked.clamp(Duration::zero(), SILENCE))
}

/// What follows for the delivery, of which this was attempt number `attempt`, and how its endpoint stands from now on. `jitter`
/// is from 0 to 1: waits grow by up to a tenth, so that what failed together does not come back together.
pub fn follow(standing: &mut Standing, attempt: usize, answer: &Answer, now: DateTime<Utc>, jitter: f64) -> Fate {
    if answer.error.is_none() {
        *standing = Standing::default();
        return Fate::Succeeded;
    }
    standing.failing_since.get_or_insert(now);
    let pause = answer.silence.map(|silence| now + silence);
    standing.paused_until = standing.paused_until.max(pause);
    let Some(wait) = WAITS.get(attempt) else { return Fate::GivenUp };
    let stretched = (*wait as f64 * 1_000.0 * (1.0 + jitter.clamp(0.0, 1.0) / 10.0)) as i64;
    let due = now + Duration::milliseconds(stretched);
    Fate::Again(pause.map_or(due, |pause| due.max(pause)))
}

/// Whether the answer, or the time for which the endpoint has failed, ends it.
pub fn end(standing: &Standing, answer: &Answer, now: DateTime<Utc>) -> Option<DisabledReason> {
    if answer.status == Some(410) {
        return Some(DisabledReason::Gone);
    }
    standing.failing_since.filter(|since| now - *since >= FAILING).map(|_| DisabledReason::Failing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("a moment")
    }

    fn failed(status: u16) -> Answer {
        Answer { status: Some(status), error: fault(status), silence: None }
    }

    #[test]
    fn ten_attempts_over_three_days() {
        let mut standing = Standing::default();
        let mut now = 0;
        for (attempt, wait) in WAITS.into_iter().enumerate().skip(1) {
            for jitter in [0.0, 0.5, 1.0] {
                let Fate::Again(due) = follow(&mut standing, attempt, &failed(500), at(now), jitter) else {
                    panic!("{attempt}")
                };
                let waited = (due - at(now)).num_milliseconds();
                assert_eq!(waited, wait * 1_000 + (wait as f64 * 100.0 * jitter) as i64, "after attempt {attempt}");
            }
            now += wait;
        }
        assert_eq!(follow(&mut standing, 10, &failed(500), at(now), 0.0), Fate::GivenUp);
        assert_eq!(now, WAITS.iter().sum::<i64>());
        assert_eq!(standing.failing_since, Some(at(0)), "since the first");
        assert_eq!(end(&standing, &failed(500), at(now)), None);
        assert_eq!(end(&standing, &failed(500), at(5 * 86_400)), Some(DisabledReason::Failing));
        assert_eq!(follow(&mut standing, 3, &failed(204), at(0), 0.0), Fate::Succeeded);
        assert_eq!(standing, Standing::default(), "a success ends it");
        assert_eq!(end(&standing, &failed(410), at(0)), Some(DisabledReason::Gone));
    }

    #[test]
    fn silence_is_kept() {
        let now = at(0);
        let date = now.to_rfc2822().replace("+0000", "GMT");
        for (status, header, seconds) in [
            (429, Some("120"), Some(120)),
            (503, Some(" 0 "), Some(0)),
            (429, Some("99999999999999999999999"), Some(86_400)),
            (429, Some("604800"), Some(86_400)),
            (503, Some("Fri, 15 Jan 2027 08:01:00 GMT"), Some(60)),
            (429, Some(date.as_str()), Some(0)),
            (429, Some("Fri, 15 Jan 1999 08:01:00 GMT"), Some(0)),
            (429, Some("soon"), None),
            (429, Some("-5"), None),
            (429, None, None),
            (500, Some("120"), None),
        ] {
            assert_eq!(silence(status, header, now), seconds.map(Duration::seconds), "{status} {header:?}");
        }
        let mut standing = Standing::default();
        let asked = Answer { silence: Some(Duration::hours(1)), ..failed(429) };
        assert_eq!(follow(&mut standing, 1, &asked, now, 0.0), Fate::Again(at(3_600)), "longer than the schedule");
        assert_eq!(follow(&mut standing, 5, &asked, now, 0.0), Fate::Again(at(18_000)), "shorter than the schedule");
        assert_eq!(standing.paused_until, Some(at(3_600)), "the endpoint as a whole");
    }
}
