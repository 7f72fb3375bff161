//! The clocks of a referral (строки): which run in which state, when each is due, and when a breach is to be told. Pure.
//!
//! | phase | begins | waits | stops |
//! |---|---|---|---|
//! | RESPOND | SENT, due at `respond_by` | – | ACCEPTED, DECLINED, any end |
//! | FIRST_CONTACT | ACCEPTED | ON_HOLD | IN_PROGRESS, any end |
//! | COMPLETE | ACCEPTED | ON_HOLD | any end |

use super::model::{Referral, ReferralClock};
use crate::base::{
    timetable::Timetable,
    words::referral::{ClockPhase as Phase, ClockState as State, ReferralStatus as Status},
};
use chrono::{DateTime, Utc};

/// What a clock does while its referral is in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    NotYet,
    Runs,
    Waits,
    Over,
}

const fn course(phase: Phase, status: Status) -> Course {
    use Status::*;
    match (phase, status) {
        (Phase::Respond, Sent | Received) => Course::Runs,
        (_, Draft) | (Phase::FirstContact | Phase::Complete, Sent | Received) => Course::NotYet,
        (Phase::FirstContact | Phase::Complete, Accepted) | (Phase::Complete, InProgress) => Course::Runs,
        (Phase::FirstContact | Phase::Complete, OnHold) => Course::Waits,
        _ => Course::Over,
    }
}

/// The clocks of a referral as it stands after a step: begun, paused, resumed or stopped now.
pub fn follow(referral: &Referral, before: &[ReferralClock], timetable: &Timetable, now: DateTime<Utc>) -> Vec<ReferralClock> {
    let clock = |phase: &Phase| {
        let known = before.iter().find(|clock| clock.phase == *phase);
        match (known, course(*phase, referral.status)) {
            (None, Course::Runs) => Some(begun(referral, *phase, timetable, now)),
            (None, _) => None,
            (Some(clock), Course::Runs) => Some(resumed(clock, referral, timetable, now)),
            (Some(clock), Course::Waits) => Some(paused(clock, now)),
            (Some(clock), Course::Over) => Some(stopped(clock, now)),
            (Some(clock), Course::NotYet) => Some(clock.clone()),
        }
    };
    Phase::ALL.iter().filter_map(clock).collect()
}

/// The clocks of a referral that has ended: none runs and none waits.
pub fn end(before: &[ReferralClock], now: DateTime<Utc>) -> Vec<ReferralClock> {
    before.iter().map(|clock| stopped(clock, now)).collect()
}

/// Those whose breach is to be told now: each once.
pub fn told<'a>(before: &[ReferralClock], after: &'a [ReferralClock]) -> Vec<&'a ReferralClock> {
    let was = |clock: &ReferralClock| before.iter().any(|old| old.phase == clock.phase && old.breached_at.is_some());
    after.iter().filter(|clock| clock.breached_at.is_some() && !was(clock)).collect()
}

/// How a clock stands. Exact to the second: at the moment when it is due it is in time still.
pub fn state(clock: &ReferralClock, now: DateTime<Utc>) -> State {
    match (clock.stopped_at, clock.paused_at) {
        (None, Some(_)) => State::Paused,
        _ if clock.due_at < ran_until(clock, now) => State::Breached,
        (Some(_), _) => State::Met,
        (None, None) => State::Running,
    }
}

/// When a clock is due; none in a pause, which moves it.
pub fn due(clock: &ReferralClock) -> Option<DateTime<Utc>> {
    clock.paused_at.is_none().then_some(clock.due_at)
}

/// The last moment at which it ran: one that was stopped during a pause did not run in it.
fn ran_until(clock: &ReferralClock, now: DateTime<Utc>) -> DateTime<Utc> {
    clock.paused_at.or(clock.stopped_at).unwrap_or(now)
}

fn begun(referral: &Referral, phase: Phase, timetable: &Timetable, now: DateTime<Utc>) -> ReferralClock {
    let fixed = referral.respond_by.filter(|_| phase == Phase::Respond);
    ReferralClock {
        referral_id: referral.id,
        phase,
        owner_id: referral.receiver_id,
        started_at: now,
        due_at: fixed.unwrap_or_else(|| timetable.due(now, phase, referral.urgency)),
        paused_at: None,
        stopped_at: None,
        breached_at: None,
    }
}

fn resumed(clock: &ReferralClock, referral: &Referral, timetable: &Timetable, now: DateTime<Utc>) -> ReferralClock {
    match (clock.stopped_at, clock.paused_at) {
        (None, Some(paused_at)) => {
            let due_at = timetable.resumed(clock.due_at, paused_at, now, referral.urgency);
            ReferralClock { due_at, paused_at: None, ..clock.clone() }
        }
        _ => clock.clone(),
    }
}

fn paused(clock: &ReferralClock, now: DateTime<Utc>) -> ReferralClock {
    match (clock.stopped_at, clock.paused_at) {
        (None, None) => marked(ReferralClock { paused_at: Some(now), ..clock.clone() }, now),
        _ => clock.clone(),
    }
}

fn stopped(clock: &ReferralClock, now: DateTime<Utc>) -> ReferralClock {
    match clock.stopped_at {
        None => marked(ReferralClock { stopped_at: Some(now), ..clock.clone() }, now),
        Some(_) => clock.clone(),
    }
}

/// A clock that no longer runs is no business of the server's rounds: what it missed is told with the step, unless it was told.
fn marked(clock: ReferralClock, now: DateTime<Utc>) -> ReferralClock {
    let late = clock.due_at < ran_until(&clock, now);
    ReferralClock { breached_at: clock.breached_at.or(late.then_some(now)), ..clock }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::referral::model::{Glance, Terms};
    use crate::{
        base::words::{
            case::SubjectKind,
            referral::{LegalBasis, Party, ReferralAction, ReferralOutcome, Urgency},
        },
        referral::rules,
    };
    use chrono::Duration;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000, 0).expect("a moment")
    }

    fn sent(urgency: Urgency) -> Referral {
        Referral {
            glance: Glance {
                id: Uuid::nil(),
                number: String::new(),
                sender_id: Uuid::from_u128(1),
                receiver_id: Uuid::from_u128(2),
                service_id: Uuid::nil(),
                territory_code: String::new(),
                urgency,
                status: Status::Sent,
                status_reason: None,
                outcome: None,
                created_at: start(),
                sent_at: Some(start()),
                respond_by: Some(Timetable::default().due(start(), Phase::Respond, urgency)),
                updated_at: start(),
                version: 1,
            },
            terms: Terms {
                legal_basis: LegalBasis::Consent,
                case_id: None,
                person_id: Uuid::nil(),
                subject_kind: SubjectKind::Person,
                minor: None,
                shared_groups: None,
                retention_until: None,
                redaction_requested_at: None,
                redaction_acknowledged_at: None,
                memorandum_id: None,
                erased_at: None,
            },
            sender_centre_id: None,
            receiver_centre_id: None,
            legal_ground: None,
            consent_id: None,
            safety_flag: false,
            parent_id: None,
            replaces_id: None,
            accepted_at: None,
            ended_at: None,
        }
    }

    fn in_status(before: &Referral, status: Status) -> Referral {
        let mut after = before.clone();
        after.status = status;
        after
    }

    #[test]
    fn a_clock_is_late_one_second_after_it_was_due() {
        let referral = sent(Urgency::Urgent);
        let clocks = follow(&referral, &[], &Timetable::default(), start());
        assert_eq!(clocks.len(), 1, "only the answer is awaited");
        let due = referral.respond_by.expect("it is sent");
        assert_eq!(clocks[0].due_at, due);
        for (now, late) in [(due, false), (due + Duration::seconds(1), true)] {
            assert_eq!(state(&clocks[0], now) == State::Breached, late);
            assert_eq!(referral.overdue(now), late);
            let stopped = end(&clocks, now);
            assert_eq!(told(&clocks, &stopped).len(), usize::from(late));
            assert_eq!(state(&stopped[0], now + Duration::days(9)) == State::Breached, late);
        }
    }

    #[test]
    fn a_clock_that_stops_in_a_pause_did_not_run_in_it() {
        let accepted = in_status(&sent(Urgency::Urgent), Status::Accepted);
        let held = in_status(&accepted, Status::OnHold);
        let timetable = Timetable::default();
        let running = follow(&accepted, &[], &timetable, start());
        let waiting = follow(&held, &running, &timetable, start() + Duration::hours(1));
        let long_after = start() + Duration::days(300);
        assert!(waiting.iter().all(|clock| state(clock, long_after) == State::Paused && due(clock).is_none()));
        let ended = end(&waiting, long_after);
        assert!(ended.iter().all(|clock| state(clock, long_after) == State::Met));
        let resumed = follow(&in_status(&held, Status::InProgress), &waiting, &timetable, long_after);
        assert_eq!(state(&resumed[0], long_after), State::Met, "the first contact");
        assert_eq!(resumed[1].due_at, running[1].due_at + (long_after - start() - Duration::hours(1)));
    }

    fn steps() -> impl Strategy<Value = Vec<(ReferralAction, bool, i64)>> {
        let action = prop::sample::select(ReferralAction::ALL);
        prop::collection::vec((action, any::<bool>(), 0i64..2_000_000), 1..24)
    }

    proptest! {
        /// Whatever two parties and the server's rounds do: clocks follow the state, and each breach is told once.
        #[test]
        fn clocks_follow_the_state(steps in steps(), urgency in prop::sample::select(Urgency::ALL)) {
            let (timetable, mut now) = (Timetable::default(), start());
            let mut referral = sent(urgency);
            let mut clocks = follow(&referral, &[], &timetable, now);
            let mut tellings = std::collections::BTreeMap::new();
            for (action, round, seconds) in steps {
                now += Duration::seconds(seconds);
                if round {
                    // What the server's own work does, as its statement says it.
                    for clock in &mut clocks {
                        if clock.stopped_at.is_none() && clock.paused_at.is_none() && clock.breached_at.is_none() && clock.due_at < now {
                            clock.breached_at = Some(now);
                            *tellings.entry(clock.phase).or_insert(0) += 1;
                        }
                    }
                }
                let reason = rules::reasons(action).first().copied();
                let outcome = (action == ReferralAction::Complete).then_some(ReferralOutcome::ServiceProvided);
                let with = rules::With { reason, outcome, retention_days: None };
                let step = [Party::Receiver, Party::Sender]
                    .into_iter()
                    .find_map(|party| rules::step(&referral, action, party, with, now).ok());
                let Some(after) = step else { continue };
                referral = after;
                let before = std::mem::take(&mut clocks);
                clocks = follow(&referral, &before, &timetable, now);
                for clock in told(&before, &clocks) {
                    *tellings.entry(clock.phase).or_insert(0) += 1;
                }
                for clock in &clocks {
                    let state = state(clock, now);
                    let runs = clock.stopped_at.is_none() && clock.paused_at.is_none();
                    prop_assert_eq!(runs, course(clock.phase, referral.status) == Course::Runs && clock.stopped_at.is_none());
                    prop_assert_eq!(state == State::Paused, clock.stopped_at.is_none() && referral.status == Status::OnHold);
                    if rules::ended(referral.status) {
                        prop_assert!(clock.stopped_at.is_some() && matches!(state, State::Met | State::Breached));
                    }
                    if runs {
                        prop_assert_eq!(referral.turn_of(), Some(clock.owner_id));
                    }
                    // Whoever is not running has told of what it missed, and nobody told of what was in time.
                    prop_assert!(runs || (clock.breached_at.is_some() == (clock.due_at < ran_until(clock, now))));
                }
                prop_assert!(tellings.values().all(|count| *count == 1), "{tellings:?}");
                prop_assert_eq!(tellings.len(), clocks.iter().filter(|clock| clock.breached_at.is_some()).count());
            }
        }
    }
}
