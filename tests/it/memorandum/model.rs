//! Dates and events against models that go through time step by step, as a clerk would with a calendar and the papers.

use super::{at, bindings, on, party, row};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use mistok::{
    base::words::{change::ChangeType, memorandum::MemorandumStatus as Status},
    memorandum::{
        model::{Coverage, Event, Memorandum, Party, Span, Standing, Whole},
        standing::{self, Agreement},
    },
};
use proptest::prelude::*;
use uuid::Uuid;

pub const PROVIDER: Uuid = Uuid::from_u128(1);
pub const PARTNER: Uuid = Uuid::from_u128(2);
const DAYS: u64 = 60;

/// Something that happens to a memorandum.
#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Invite,
    /// The provider, or the partner of this number.
    Sign(usize),
    /// A partner.
    Leave(usize),
    Suspend,
    Resume,
    Terminate,
}

/// When: the day, the minute, what.
type Fact = (u64, u32, What);

#[derive(Clone, Debug)]
struct Life {
    from: u64,
    to: Option<u64>,
    /// In their order.
    facts: Vec<Fact>,
}

fn fact() -> impl Strategy<Value = Fact> {
    let what = prop_oneof![
        1 => Just(What::Invite),
        4 => (0usize..3).prop_map(What::Sign),
        1 => (1usize..3).prop_map(What::Leave),
        1 => Just(What::Suspend),
        1 => Just(What::Resume),
        1 => Just(What::Terminate),
    ];
    // The shortest day has 23 hours; the first and last minute of a day matter most.
    let minute = prop_oneof![Just(0u32), Just(1379), 0u32..1380];
    (0..DAYS, minute, what)
}

prop_compose! {
    fn life()(from in 0..DAYS, length in proptest::option::of(0u64..40), mut facts in proptest::collection::vec(fact(), 0..12)) -> Life {
        facts.sort_by_key(|(day, minute, _)| (*day, *minute));
        Life { from, to: length.map(|length| from + length), facts }
    }
}

/// Signed, left.
type Entry = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// When a partner was in: each time that it signed after it was out, and when it left. One that said no was never in.
fn entries(life: &Life, number: usize) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (day, minute, what) in &life.facts {
        let (now, is_in) = (Some(at(*day, *minute)), entries.last().is_some_and(|last| last.1.is_none()));
        match what {
            What::Sign(who) if *who == number && !is_in => entries.push((now, None)),
            What::Leave(who) if *who == number && is_in => entries.last_mut().unwrap().1 = now,
            What::Leave(who) if *who == number => entries.push((None, now)),
            _ => {}
        }
    }
    entries
}

/// The rows that such a life leaves; what else happens a second time leaves none.
fn rows(life: &Life) -> (Standing, Vec<Event>) {
    let first = |what: What| life.facts.iter().find(|fact| fact.2 == what).map(|(day, minute, _)| at(*day, *minute));
    let mut memorandum = row(Uuid::from_u128(9), PROVIDER, on(life.from), life.to.map(on));
    memorandum.invited_at = first(What::Invite);
    memorandum.terminated_at = first(What::Terminate);
    let of = |number: usize| match number {
        0 => vec![(first(What::Sign(0)), None)],
        partner => entries(life, partner),
    };
    let parties =
        (0..3usize).flat_map(|number| of(number).into_iter().zip(1i16..).map(move |(entry, nth)| (number, entry, nth)));
    let parties: Vec<Party> = parties
        .map(|(number, (signed, left), nth)| {
            let id = Uuid::from_u128(1 + number as u128);
            Party { entry: nth, ..party(&memorandum, id, signed, left) }
        })
        .collect();
    let event = |(day, minute, what): &Fact| Event {
        id: Uuid::nil(),
        memorandum_id: memorandum.id,
        at: at(*day, *minute),
        kind: match what {
            What::Invite => ChangeType::MemorandumInvited,
            What::Sign(_) => ChangeType::MemorandumSigned,
            What::Leave(_) => ChangeType::MemorandumPartyLeft,
            What::Suspend => ChangeType::MemorandumSuspended,
            What::Resume => ChangeType::MemorandumResumed,
            What::Terminate => ChangeType::MemorandumEnded,
        },
        organization_id: None,
        reason: None,
    };
    let events = life.facts.iter().map(event).collect();
    (Standing { parties, row: memorandum.clone() }, events)
}

/// The status at the end of each day, day after day; and whether a partner is bound then.
fn diary(life: &Life) -> Vec<(Status, bool)> {
    let (mut invited, mut suspended, mut terminated) = (false, false, false);
    let mut bound = [false; 3];
    // Once the provider and a partner are bound, on its last day at the latest, it is signed for good: no leaving undoes that.
    let mut signed = false;
    let mut diary = Vec::new();
    for day in 0..DAYS + 45 {
        for (place, (_, minute, what)) in life.facts.iter().enumerate().filter(|(_, fact)| fact.0 == day) {
            match what {
                What::Invite => invited = true,
                What::Sign(number) => bound[*number] = true,
                What::Leave(number) => bound[*number] = false,
                What::Suspend => suspended = true,
                What::Resume => suspended = false,
                What::Terminate => terminated = true,
            }
            // What happens within one minute counts as it stands after it.
            let more = life.facts.get(place + 1).is_some_and(|next| (next.0, next.1) == (day, *minute));
            if !more && life.to.is_none_or(|to| day <= to) {
                signed |= bound[0] && (bound[1] || bound[2]);
            }
        }
        let status = if terminated {
            Status::Terminated
        } else if !signed {
            if invited { Status::Negotiation } else { Status::Draft }
        } else if life.to.is_some_and(|to| to < day) {
            Status::Expired
        } else if day < life.from {
            Status::Signed
        } else if suspended {
            Status::Suspended
        } else {
            Status::InForce
        };
        diary.push((status, bound[1] || bound[2]));
    }
    diary
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_status_of_each_day_is_what_a_diary_says(life in life()) {
        let (standing, events) = rows(&life);
        let spans = standing::spans(&standing, &events);
        for (day, (expected, _)) in (0..).zip(diary(&life)) {
            prop_assert_eq!(standing::status_on(&standing, &events, on(day)), expected, "day {}", day);
            prop_assert_eq!(standing::among(&spans, on(day)), expected, "among the spans on day {}", day);
        }
        let touch = |two: &[Span]| two[0].since < two[1].since && two[0].until == two[1].since && two[0].status != two[1].status;
        prop_assert!(spans.windows(2).all(touch), "{:?}", spans);
        prop_assert_eq!(standing::among(&spans, NaiveDate::MIN), Status::Draft);
    }

    #[test]
    fn a_day_is_covered_if_it_is_in_force_and_a_partner_is_bound(life in life(), asked in 0..DAYS + 45) {
        let (standing, events) = rows(&life);
        let (service, hromada) = (crate::memorandum::leaving::service(), crate::memorandum::leaving::hromada());
        let line = Coverage { memorandum_id: standing.row.id, service_id: service.id, territory_code: hromada.code.clone() };
        let whole = Whole { standing, coverage: vec![line], events };
        let gaps = standing::gaps(&[whole], &[service], &[hromada], on(asked));
        let covered = diary(&life).into_iter().take(asked as usize + 1).collect::<Vec<_>>();
        let last = covered.iter().rposition(|(status, bound)| *status == Status::InForce && *bound);
        match gaps.as_slice() {
            [] => prop_assert_eq!(last, Some(asked as usize)),
            [gap] => prop_assert_eq!(gap.last_covered_until, last.map(|day| on(day as u64))),
            more => prop_assert!(false, "{:?}", more),
        }
    }

    #[test]
    fn nothing_that_happens_later_changes_a_past_day(life in life(), today in 0..DAYS) {
        let past = Life { facts: life.facts.iter().copied().filter(|fact| fact.0 < today).collect(), ..life.clone() };
        let ((then, then_events), (now, now_events)) = (rows(&past), rows(&life));
        let (before, after) = (standing::spans(&then, &then_events), standing::spans(&now, &now_events));
        for day in 0..today {
            prop_assert_eq!(standing::among(&before, on(day)), standing::among(&after, on(day)), "day {}", day);
        }
    }

    #[test]
    fn a_warning_is_given_once_for_each_of_four_distances(length in 0u64..130, step in 1u64..40) {
        let mut memorandum = row(Uuid::nil(), PROVIDER, on(0), Some(on(length)));
        let mut given = Vec::new();
        for today in (0..length + 20).step_by(step as usize) {
            let left = length.checked_sub(today);
            // The narrowest that fits; those that were slept through are not made good.
            let due = left.and_then(|left| [7, 30, 60, 90].into_iter().find(|days| left <= *days)).map(|days| days as i32);
            let due = due.filter(|days| !given.contains(days));
            prop_assert_eq!(standing::warning(&memorandum, on(today)), due, "{:?} days left", left);
            given.extend(due);
            memorandum.warned_days = due.or(memorandum.warned_days);
        }
        prop_assert!(given.windows(2).all(|two| two[0] > two[1]));
    }
}

/// One memorandum of a chain between the two parties, in hours since the beginning.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    from: u64,
    to: Option<u64>,
    signed: [Option<u64>; 2],
    left: Option<u64>,
    terminated: Option<u64>,
}

fn hour(hours: u64) -> DateTime<Utc> {
    at(0, 0) + Duration::hours(hours as i64)
}

impl Link {
    fn first_hour(&self) -> DateTime<Utc> {
        at(self.from, 0)
    }

    /// When both had signed and its first day had come.
    fn begins(&self) -> Option<DateTime<Utc>> {
        let [provider, partner] = self.signed;
        Some(self.first_hour().max(hour(provider?)).max(hour(partner?)))
    }

    /// Whether both are bound at a moment, asked of the papers.
    fn binds(&self, now: DateTime<Utc>) -> bool {
        let over = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at <= now);
        self.begins().is_some_and(|begins| begins <= now)
            && !over(self.to.map(|to| at(to + 1, 0)))
            && !over(self.left.map(hour))
            && !over(self.terminated.map(hour))
    }

    pub fn standing(&self, id: u128) -> Standing {
        let mut memorandum: Memorandum = row(Uuid::from_u128(100 + id), PROVIDER, on(self.from), self.to.map(on));
        memorandum.supersedes_id = (id > 0).then(|| Uuid::from_u128(99 + id));
        memorandum.terminated_at = self.terminated.map(hour);
        memorandum.retention_days = id as i32;
        let parties = vec![
            party(&memorandum, PROVIDER, self.signed[0].map(hour), None),
            party(&memorandum, PARTNER, self.signed[1].map(hour), self.left.map(hour)),
        ];
        Standing { row: memorandum, parties }
    }
}

prop_compose! {
    /// A renewal begins around the end of what it renews: before it, or so many days later.
    fn link(earliest: u64)(from in earliest..earliest + 50, length in proptest::option::weighted(0.9, 0u64..40),
        signed in [proptest::option::weighted(0.9, 0u64..60 * 24), proptest::option::weighted(0.9, 0u64..60 * 24)],
        left in proptest::option::weighted(0.2, 0u64..90 * 24), terminated in proptest::option::weighted(0.2, 0u64..90 * 24)) -> Link {
        let near = |hours: Option<u64>| hours.map(|hours| (earliest * 24 + hours).saturating_sub(20 * 24));
        Link { from, to: length.map(|length| from + length), signed: signed.map(near), left: near(left), terminated: near(terminated) }
    }
}

prop_compose! {
    pub fn chain()(first in link(0), second in link(25), third in link(55), fourth in link(85), length in 1usize..5) -> Vec<Link> {
        let mut first = first;
        // Something was sent under the first one: both were bound by it.
        first.signed = [Some(first.signed[0].unwrap_or(3)), Some(first.signed[1].unwrap_or(5))];
        let begins = first.begins().unwrap().signed_duration_since(hour(0)).num_hours().unsigned_abs();
        let later = |hours: Option<u64>| hours.map(|hours| hours.max(begins + 1));
        (first.left, first.terminated) = (later(first.left), later(first.terminated));
        first.to = first.to.map(|to| to.max(begins / 24 + 1));
        vec![first, second, third, fourth].into_iter().take(length).collect()
    }
}

/// How the two stand at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stands {
    /// Under the memorandum of this place.
    InForce(usize),
    /// Since then.
    Ended(DateTime<Utc>),
}

/// Hour after hour from the beginning of the first one: which renewals have taken over, and when the two were last bound.
pub fn walked(chain: &[Link], until: DateTime<Utc>) -> Stands {
    let mut now = chain[0].begins().unwrap();
    let (mut reached, mut last, mut broken) = (0, now, false);
    loop {
        // The next renewal takes over when it begins, unless the two have been unbound for more than 30 days by then.
        while let Some(begins) = chain.get(reached + 1).filter(|_| !broken).map(Link::begins) {
            match begins {
                Some(begins) if begins <= now => {
                    // Of what was reached, the last moment that bound.
                    let end = chain[..=reached].iter().filter_map(|link| end_of(link, now)).max().unwrap_or(last);
                    broken = begins > end + Duration::days(30);
                    reached += usize::from(!broken);
                }
                Some(_) => break,
                None => broken = true,
            }
        }
        if let Some(place) = chain[..=reached].iter().rposition(|link| link.binds(now)) {
            if now >= until {
                return Stands::InForce(place);
            }
            last = now + Duration::hours(1);
        } else if now >= until {
            let end = chain[..=reached].iter().filter_map(|link| end_of(link, now)).max();
            return Stands::Ended(end.unwrap_or(last));
        }
        now += Duration::hours(1);
    }
}

/// The first hour in which a memorandum that has bound the two no longer does, as it is known at a moment; for one that goes on,
/// a moment far ahead.
fn end_of(link: &Link, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut hour = link.begins().filter(|begins| *begins <= now && link.binds(*begins))?;
    while link.binds(hour) {
        hour += Duration::hours(1);
        if hour > now + Duration::days(400) {
            return Some(now + Duration::days(400));
        }
    }
    Some(hour)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn two_are_bound_as_the_papers_say_hour_by_hour(chain in chain(), hours in 0u64..150 * 24) {
        let standings: Vec<Standing> = chain.iter().enumerate().map(|(id, link)| link.standing(id as u128)).collect();
        let now = chain[0].begins().unwrap() + Duration::hours(hours as i64);
        let standings = bindings(&standings);
        let agreement = Agreement::of(&standings, PARTNER, PROVIDER, now).unwrap();
        prop_assert_eq!(Agreement::of(&standings, PROVIDER, PARTNER, now), Some(agreement.clone()), "both sides alike");
        match walked(&chain, now) {
            Stands::InForce(place) => {
                prop_assert!(agreement.in_force() && !agreement.lapsed(now), "{:?}", agreement);
                prop_assert_eq!(agreement.policy.retention_days, place as i32, "the policy of the one in force");
            }
            Stands::Ended(end) => {
                prop_assert_eq!(agreement.ended_at, Some(end));
                prop_assert_eq!(agreement.lapsed(now), now - end >= Duration::days(30));
            }
        }
        for other in [Uuid::from_u128(3), Uuid::nil()] {
            prop_assert_eq!(Agreement::of(&standings, PROVIDER, other, now), None, "who is no party is bound by nothing");
        }
    }

    #[test]
    fn each_party_is_bound_between_its_own_moments(chain in chain(), hours in 0u64..150 * 24) {
        let now = hour(hours);
        for (id, link) in chain.iter().enumerate() {
            let standing = link.standing(id as u128);
            let bound = standing.parties.iter().filter(|party| {
                party.bound_from.is_some_and(|from| from <= now) && party.bound_until.is_none_or(|until| until > now)
            });
            prop_assert_eq!(bound.count() == 2, link.binds(now));
        }
    }
}
