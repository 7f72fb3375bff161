//! What follows from the dates and events of memoranda. Pure. The status of a day counts what has happened by its end, so that
//! nothing that happens later can change a past day; who is bound, and whether two are, is exact to the moment.

use super::model::{Coverage, Event, Gap, Memorandum, Party, Policy, Span, Standing, Whole};
use crate::{
    base::{
        clock::{day, midnight},
        words::{change::ChangeType, memorandum::*},
    },
    service::model::ServiceType,
    territory::model::Territory,
};
use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use uuid::Uuid;

/// After its end what was accepted under it may be finished for so many days, and a renewal may take it on.
pub const WIND_DOWN_DAYS: i64 = 30;

/// Before the first day of a memorandum's history.
const EVER: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("a day");
/// After the last one.
const NEVER: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("a day");

fn by(at: Option<DateTime<Utc>>, on: NaiveDate) -> bool {
    at.is_some_and(|at| day(at) <= on)
}

/// When it was signed: the first moment at which its provider and a partner were both bound by their signatures. Not after its last
/// day, which nothing outlasts; and not where the partner had left before the provider signed.
fn signed_at(standing: &Standing) -> Option<DateTime<Utc>> {
    let Standing { row, parties } = standing;
    let signed = |role: PartyRole| parties.iter().filter(move |party| party.role == role && party.signed_at.is_some());
    let provider = signed(PartyRole::CentreProvider).filter_map(|party| party.signed_at).min()?;
    let both = signed(PartyRole::Partner).filter_map(|party| {
        let both = party.signed_at?.max(provider);
        party.withdrawn_at.is_none_or(|left| left > both).then_some(both)
    });
    both.min().filter(|both| row.effective_to.is_none_or(|last| day(*both) <= last))
}

/// The status on a day: the rule itself. What was signed stays so, even if the last partner leaves: it then binds its provider alone,
/// goes its way by its dates, and others may be invited.
pub fn status_on(standing: &Standing, events: &[Event], on: NaiveDate) -> MemorandumStatus {
    let row = &standing.row;
    if by(row.terminated_at, on) {
        return MemorandumStatus::Terminated;
    }
    if !by(signed_at(standing), on) {
        return if by(row.invited_at, on) { MemorandumStatus::Negotiation } else { MemorandumStatus::Draft };
    }
    if row.effective_to.is_some_and(|last| last < on) {
        return MemorandumStatus::Expired;
    }
    let toggles = events.iter().filter(|event| day(event.at) <= on);
    let suspended = toggles.fold(false, |suspended, event| match event.kind {
        ChangeType::MemorandumSuspended => true,
        ChangeType::MemorandumResumed => false,
        _ => suspended,
    });
    match (on < row.effective_from, suspended) {
        (true, _) => MemorandumStatus::Signed,
        (false, true) => MemorandumStatus::Suspended,
        (false, false) => MemorandumStatus::InForce,
    }
}

/// The status of all days, as spans. It changes only on days that are named somewhere.
pub fn spans(standing: &Standing, events: &[Event]) -> Vec<Span> {
    let Standing { row, parties } = standing;
    let moments = [row.terminated_at, row.invited_at].into_iter().flatten().chain(events.iter().map(|event| event.at));
    let moments = moments.chain(parties.iter().flat_map(|party| [party.signed_at, party.withdrawn_at]).flatten());
    let mut days: Vec<NaiveDate> = moments.map(day).collect();
    days.extend(
        [Some(EVER), Some(row.effective_from), row.effective_to.and_then(|last| last.succ_opt())].into_iter().flatten(),
    );
    days.sort_unstable();
    days.dedup();
    let mut spans: Vec<Span> = Vec::new();
    for since in days {
        let status = status_on(standing, events, since);
        match spans.last_mut() {
            Some(last) if last.status == status => continue,
            Some(last) => last.until = since,
            None => {}
        }
        spans.push(Span { memorandum_id: row.id, since, status, until: NEVER, created_at: row.created_at });
    }
    spans
}

/// The status of a day among the spans of one memorandum, which are in order.
pub fn among(spans: &[Span], on: NaiveDate) -> MemorandumStatus {
    spans.iter().rev().find(|span| span.since <= on).map_or(MemorandumStatus::Draft, |span| span.status)
}

/// The party with the moments between which it is bound: from its own signature, not before the first day, to the first end.
pub fn bound(row: &Memorandum, party: &Party) -> Party {
    let from = party.signed_at.map(|signed| signed.max(midnight(row.effective_from)));
    let last = row.effective_to.and_then(|last| last.succ_opt()).map(midnight);
    let until = [last, row.terminated_at, party.withdrawn_at].into_iter().flatten().min();
    Party { bound_from: from, bound_until: from.and(until), ..party.clone() }
}

/// A memorandum of a chain, as far as it binds.
#[derive(Clone, Debug)]
pub struct Binding {
    pub memorandum_id: Uuid,
    pub policy: Policy,
    /// Who is bound from when, and until when if that has an end; an organisation each time that it came in.
    pub bound: Vec<(Uuid, DateTime<Utc>, Option<DateTime<Utc>>)>,
}

impl From<&Standing> for Binding {
    fn from(Standing { row, parties }: &Standing) -> Self {
        let bound = parties.iter().filter_map(|party| Some((party.organization_id, party.bound_from?, party.bound_until)));
        Self { memorandum_id: row.id, policy: policy(row), bound: bound.collect() }
    }
}

impl Binding {
    /// Between which moments two organisations are both bound, each time that they are; none where one of them never was.
    fn between(&self, one: Uuid, other: Uuid) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> {
        let of = move |party: Uuid| self.bound.iter().filter(move |(id, ..)| *id == party);
        let pairs = of(one).flat_map(move |one| of(other).map(move |other| (one, other)));
        pairs.map(|((_, one_from, one_until), (_, other_from, other_until))| {
            let until = [*one_until, *other_until].into_iter().flatten().min();
            (*one_from.max(other_from), until.unwrap_or(DateTime::<Utc>::MAX_UTC))
        })
    }
}

/// Two organisations, and the memorandum under which one has referred to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    pub memorandum_id: Uuid,
    pub one: Uuid,
    pub other: Uuid,
}

/// The parties as they stood at a moment, for one who has left then.
pub fn as_of(parties: &[Party], then: DateTime<Utc>) -> Vec<Party> {
    let known = |at: Option<DateTime<Utc>>| at.filter(|at| *at <= then);
    let stood = |party: &Party| {
        let (signed_at, withdrawn_at) = (known(party.signed_at), known(party.withdrawn_at));
        Party {
            status: match (signed_at, withdrawn_at) {
                (_, Some(_)) => PartyStatus::Withdrawn,
                (Some(_), None) => PartyStatus::Signed,
                (None, None) => PartyStatus::Invited,
            },
            signed_on: party.signed_on.clone().filter(|_| signed_at.is_some()),
            signed_at,
            withdrawn_at,
            ..party.clone()
        }
    };
    let invited = |party: &&Party| party.role == PartyRole::CentreProvider || known(party.invited_at).is_some();
    parties.iter().filter(invited).map(stood).collect()
}

/// What binds two parties of a referral today: the memorandum under which it was sent, or a renewal that goes on from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The memorandum whose policy holds: the one in force, or the last that was.
    pub memorandum_id: Uuid,
    pub policy: Policy,
    /// When it ended, if none is in force.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Agreement {
    /// Of a chain: a memorandum and its renewals in their order. Nothing, where the two were never bound by its first one. A partner
    /// that came back goes on with what it had left open.
    pub fn of(chain: &[Binding], one: Uuid, other: Uuid, now: DateTime<Utc>) -> Option<Self> {
        let (first, later) = chain.split_first()?;
        let mut until = first.between(one, other).map(|(_, to)| to).max()?;
        let (mut holds, mut holds_until) = (first, until);
        for next in later {
            let in_time =
                |from: DateTime<Utc>| from <= now && from.signed_duration_since(until) <= Duration::days(WIND_DOWN_DAYS);
            let bonds: Vec<_> = next.between(one, other).filter(|(from, _)| in_time(*from)).collect();
            if bonds.is_empty() {
                break;
            }
            // One that had ended before it began binds nobody: it lengthens nothing.
            let Some(to) = bonds.into_iter().filter(|(from, to)| from < to).map(|(_, to)| to).max() else { continue };
            if to > now || to >= holds_until {
                (holds, holds_until) = (next, to);
            }
            until = until.max(to);
        }
        let Binding { memorandum_id, policy, .. } = holds.clone();
        Some(Self { memorandum_id, policy, ended_at: Some(until).filter(|until| *until <= now) })
    }

    pub fn in_force(&self) -> bool {
        self.ended_at.is_none()
    }

    /// Whether the days are over in which what was accepted may be finished.
    pub fn lapsed(&self, now: DateTime<Utc>) -> bool {
        self.ended_at.is_some_and(|ended| now.signed_duration_since(ended) >= Duration::days(WIND_DOWN_DAYS))
    }
}

pub fn policy(row: &Memorandum) -> Policy {
    Policy { field_groups: row.field_groups.clone(), retention_days: row.retention_days, onward_referral: row.onward_referral }
}

/// Whether a coverage reaches a service in a hromada, whose units above it are its `ancestors`.
pub fn covers(coverage: &[Coverage], service_id: Uuid, ancestors: &[String]) -> bool {
    coverage.iter().any(|line| line.service_id == service_id && ancestors.contains(&line.territory_code))
}

/// The services that no memorandum in force on a day covers in the given hromadas.
pub fn gaps(memoranda: &[Whole], services: &[ServiceType], hromadas: &[Territory], on: NaiveDate) -> Vec<Gap> {
    let spans: Vec<Vec<Span>> = memoranda.iter().map(|whole| spans(&whole.standing, &whole.events)).collect();
    let mut gaps = Vec::new();
    for hromada in hromadas {
        for service in services {
            let covering =
                memoranda.iter().zip(&spans).filter(|(whole, _)| covers(&whole.coverage, service.id, &hromada.ancestors));
            let last = covering.filter_map(|(whole, spans)| last_served(&whole.standing, spans, on)).max();
            if last != Some(on) {
                gaps.push(Gap { service_id: service.id, territory_code: hromada.code.clone(), last_covered_until: last });
            }
        }
    }
    gaps
}

/// The last day up to `on` that was in force and at the end of which a partner was bound: with none there is nobody to send to.
fn last_served(standing: &Standing, spans: &[Span], on: NaiveDate) -> Option<NaiveDate> {
    let until = |end: Option<NaiveDate>| end.and_then(|end| end.pred_opt()).map_or(on, |end| end.min(on));
    let in_force = spans.iter().filter(|span| span.status == MemorandumStatus::InForce);
    let in_force: Vec<_> = in_force.map(|span| (span.since, until(Some(span.until)))).collect();
    let partners = standing.parties.iter().filter(|party| party.role == PartyRole::Partner);
    let bound = partners.filter_map(|party| Some((day(party.signed_at?), until(party.withdrawn_at.map(day)))));
    let both = bound.flat_map(|(from, to)| in_force.iter().map(move |(since, end)| (from.max(*since), to.min(*end))));
    both.filter(|(from, to)| from <= to).map(|(_, to)| to).max()
}

/// The warnings that are due before the end, widest first; each is given once.
pub const WARNINGS: [i32; 4] = [90, 60, 30, 7];

/// The warning that is due on a day, if it was not given: the narrowest that fits, so that a late one is not given thrice.
pub fn warning(row: &Memorandum, today: NaiveDate) -> Option<i32> {
    let left = row.effective_to?.signed_duration_since(today).num_days();
    let due = WARNINGS.into_iter().filter(|days| (0..=i64::from(*days)).contains(&left)).min()?;
    row.warned_days.is_none_or(|given| given > due).then_some(due)
}

/// The last day before which the widest warning is due.
pub fn warned_from(today: NaiveDate) -> NaiveDate {
    today.checked_add_days(Days::new(WARNINGS[0].unsigned_abs().into())).unwrap_or(NaiveDate::MAX)
}
