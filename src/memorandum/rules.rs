//! What a memorandum must be and how it moves. Pure. Every move names the moment from which it counts; none lies in the past,
//! but for a paper memorandum that is entered with its history.

use super::{
    model::*,
    standing::{self, bound},
};
use crate::{
    base::{
        Error, Message, Refusal, Result,
        clock::{day, midnight},
        error::{Refusals, UserErrorCode},
        id,
        period::PartialDate,
        text,
        words::{
            access::FieldGroup,
            change::ChangeType,
            memorandum::{MemorandumStatus as Status, *},
            organization::OrganizationKind,
        },
    },
    organization::model::Organization,
    territory::rules::unknown,
};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Longest number, title and reason, in characters.
const NUMBER: usize = 100;
const TITLE: usize = 300;
const REASON: usize = 1000;
/// Most partners of one memorandum, and most lines of its coverage.
const PARTNERS: usize = 100;
const COVERAGE: usize = 500;
/// Most days for which a receiver may go on reading.
const RETENTION: i32 = 1095;

/// A new memorandum: a draft, or a paper one with its past.
pub fn create(command: &Create, named: &Named, own: Uuid, memorandum_id: Uuid, now: DateTime<Utc>) -> Result<Whole> {
    let mut refusals = Refusals::default();
    let number = refusals.take(text::line(&command.number, "number", NUMBER)).unwrap_or_default();
    let title = refusals.take(text::line(&command.title, "title", TITLE)).unwrap_or_default();
    // A centre of others is public: to say that it is not one's own tells nothing.
    let centre = named.centre.as_ref().filter(|centre| centre.provider_id == own);
    if centre.is_none() {
        let message = "There is no such centre, or your organisation is not its provider.";
        refusals.add(Refusal::new(UserErrorCode::NotFound, "centreId", message));
    }
    partners(&command.partner_ids, named, own, &[], &mut refusals);
    if command.partner_ids.is_empty() {
        refusals.add(Refusal::invalid("partnerIds", "A memorandum has at least one partner beside the provider."));
    }
    let coverage = coverage(&command.coverage, named, memorandum_id, &mut refusals);
    let sharing = sharing(&command.sharing, &mut refusals);
    let past = command.history.as_ref().map(|history| (history, past(history, command, now, &mut refusals)));
    term(command.effective_from, command.effective_to, past.is_some(), now, &mut refusals);
    refusals.end()?;
    let signed = past.as_ref().and_then(|(history, signed)| Some((history.signed_on, midnight((*signed)?))));
    let terminated_at = past.as_ref().and_then(|(history, _)| history.terminated_on).map(midnight);
    let row = Memorandum {
        id: memorandum_id,
        number,
        title,
        centre_id: command.centre_id,
        provider_id: own,
        region_code: named.region_code.clone(),
        effective_from: command.effective_from,
        effective_to: command.effective_to,
        field_groups: sharing.field_groups,
        retention_days: sharing.retention_days,
        onward_referral: sharing.onward_referral,
        supersedes_id: None,
        invited_at: signed.map(|(_, at)| at),
        suspended_at: None,
        terminated_at,
        in_force_told_at: None,
        ended_told_at: terminated_at.map(|_| now),
        warned_days: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let party = |organization_id: Uuid, role: PartyRole| {
        let party = named_party(memorandum_id, organization_id, role, 1);
        let party = match signed {
            None => party,
            Some((on, at)) => Party {
                status: PartyStatus::Signed,
                invited_at: Some(at),
                signed_on: Some(on.to_string()),
                signed_at: Some(at),
                ..party
            },
        };
        bound(&row, &party)
    };
    let partners = command.partner_ids.iter().map(|partner| party(*partner, PartyRole::Partner));
    let parties: Vec<Party> = std::iter::once(party(own, PartyRole::CentreProvider)).chain(partners).collect();
    let mut events = Vec::new();
    if let Some((_, at)) = signed {
        events.extend(
            parties
                .iter()
                .map(|party| event(memorandum_id, ChangeType::MemorandumSigned, at, Some(party.organization_id), None)),
        );
    } else {
        events.push(event(memorandum_id, ChangeType::MemorandumCreated, now, Some(own), None));
    }
    if let Some((history, _)) = past.filter(|(history, _)| history.terminated_on.is_some()) {
        events.extend(
            terminated_at.map(|at| event(memorandum_id, ChangeType::MemorandumEnded, at, Some(own), history.reason.clone())),
        );
    }
    Ok(Whole { standing: Standing { row, parties }, coverage, events })
}

/// A memorandum that goes on from another one under the same terms; its partners are invited to sign again.
pub fn renew(before: &Whole, command: &Renew, active: &[Organization], id: Uuid, now: DateTime<Utc>) -> Result<Whole> {
    let Standing { row, parties } = &before.standing;
    let status = standing::status_on(&before.standing, &before.events, day(now));
    if !matches!(status, Status::Signed | Status::InForce | Status::Suspended | Status::Expired) {
        return Err(not_now(said!("The memorandum is {status} and cannot be renewed.", status)));
    }
    let mut refusals = Refusals::default();
    let number = refusals.take(text::line(&command.number, "number", NUMBER)).unwrap_or_default();
    term(command.effective_from, command.effective_to, false, now, &mut refusals);
    if command.effective_from <= row.effective_from {
        refusals.add(Refusal::invalid("effectiveFrom", "A renewal begins after the memorandum that it renews."));
    }
    refusals.end()?;
    let new = Memorandum {
        id,
        number,
        effective_from: command.effective_from,
        effective_to: command.effective_to,
        supersedes_id: Some(row.id),
        invited_at: Some(now),
        suspended_at: None,
        terminated_at: None,
        in_force_told_at: None,
        ended_told_at: None,
        warned_days: None,
        created_at: now,
        updated_at: now,
        version: 1,
        ..row.clone()
    };
    let stays = |party: &&Party| {
        let works = active.iter().any(|organization| organization.id == party.organization_id && organization.active);
        party.role == PartyRole::CentreProvider || (party.status != PartyStatus::Withdrawn && works)
    };
    let again = |party: &Party| invited(&named_party(id, party.organization_id, party.role, 1), now);
    let parties = parties.iter().filter(stays).map(again).collect();
    let coverage = before.coverage.iter().map(|line| Coverage { memorandum_id: id, ..line.clone() }).collect();
    let events = [ChangeType::MemorandumCreated, ChangeType::MemorandumInvited];
    let events = events.into_iter().map(|kind| event(id, kind, now, Some(row.provider_id), None)).collect();
    Ok(Whole { standing: Standing { row: new, parties }, coverage, events })
}

/// The terms anew, until the first signature. The coverage is answered if it changes.
pub fn update(
    before: &Whole,
    command: &Update,
    named: &Named,
    now: DateTime<Utc>,
) -> Result<(Memorandum, Option<Vec<Coverage>>)> {
    let Standing { row, parties } = &before.standing;
    if row.terminated_at.is_some() || parties.iter().any(|party| party.signed_at.is_some()) {
        let message = "The terms are fixed by the first signature: renew the memorandum, or write another one.";
        return Err(Error::refused(UserErrorCode::RecordFrozen, "id", message));
    }
    let mut refusals = Refusals::default();
    let mut new = row.clone();
    let kept = |field: &str| Refusal::invalid(field, "This cannot be cleared.");
    match &command.title {
        Some(Some(title)) => new.title = refusals.take(text::line(title, "title", TITLE)).unwrap_or_default(),
        Some(None) => refusals.add(kept("title")),
        None => {}
    }
    match &command.sharing {
        Some(Some(policy)) => {
            let policy = sharing(policy, &mut refusals);
            (new.field_groups, new.retention_days, new.onward_referral) =
                (policy.field_groups, policy.retention_days, policy.onward_referral);
        }
        Some(None) => refusals.add(kept("sharing")),
        None => {}
    }
    match command.effective_from {
        Some(Some(from)) => new.effective_from = from,
        Some(None) => refusals.add(kept("effectiveFrom")),
        None => {}
    }
    new.effective_to = command.effective_to.unwrap_or(row.effective_to);
    term(new.effective_from, new.effective_to, false, now, &mut refusals);
    let lines = match &command.coverage {
        Some(Some(lines)) => Some(coverage(lines, named, row.id, &mut refusals)),
        Some(None) => {
            refusals.add(kept("coverage"));
            None
        }
        None => None,
    };
    refusals.end()?;
    Ok((new, lines))
}

/// Opens the negotiation, or adds partners: the parties that are invited by it.
pub fn invite(
    before: &Whole,
    partner_ids: &[Uuid],
    named: &Named,
    now: DateTime<Utc>,
) -> Result<(Memorandum, Vec<Party>, Vec<Party>)> {
    let Standing { row, parties } = &before.standing;
    open(before, now)?;
    let mut refusals = Refusals::default();
    // Who has left or declined may be asked again.
    let stays = parties.iter().filter(|party| party.status != PartyStatus::Withdrawn);
    let known: Vec<Uuid> = stays.map(|party| party.organization_id).collect();
    partners(partner_ids, named, row.provider_id, &known, &mut refusals);
    let drafted = parties.iter().any(|party| party.status == PartyStatus::Drafted);
    if partner_ids.is_empty() && !drafted {
        refusals.add(Refusal::invalid("partnerIds", "All partners are invited already: name others."));
    }
    let all: BTreeSet<&Uuid> = parties.iter().map(|party| &party.organization_id).chain(partner_ids).collect();
    if all.len() > PARTNERS + 1 {
        refusals.add(Refusal::new(UserErrorCode::LimitExceeded, "partnerIds", said!("At most {PARTNERS} partners.", PARTNERS)));
    }
    refusals.end()?;
    let drafted = parties.iter().filter(|party| party.status == PartyStatus::Drafted);
    let told = drafted.map(|party| invited(party, now)).collect();
    let new = partner_ids.iter().map(|partner| {
        let entry = before.standing.party(*partner).map_or(1, |party| party.entry.saturating_add(1));
        invited(&named_party(row.id, *partner, PartyRole::Partner, entry), now)
    });
    Ok((Memorandum { invited_at: row.invited_at.or(Some(now)), ..row.clone() }, told, new.collect()))
}

/// A party that is named and knows of nothing yet.
fn named_party(memorandum_id: Uuid, organization_id: Uuid, role: PartyRole, entry: i16) -> Party {
    Party {
        memorandum_id,
        organization_id,
        role,
        status: PartyStatus::Drafted,
        invited_at: None,
        signed_on: None,
        signed_at: None,
        withdrawn_at: None,
        bound_from: None,
        bound_until: None,
        wound_down_at: None,
        entry,
    }
}

fn invited(party: &Party, now: DateTime<Utc>) -> Party {
    Party { status: PartyStatus::Invited, invited_at: Some(now), ..party.clone() }
}

/// A party signs, for itself; its signature counts from now on, whatever day stands on the paper.
pub fn sign(before: &Whole, own: Uuid, signed_on: PartialDate, now: DateTime<Utc>) -> Result<Party> {
    let row = &before.standing.row;
    open(before, now)?;
    if row.invited_at.is_none() {
        return Err(not_now("The memorandum is DRAFT and cannot be signed: invite the partners first.".into()));
    }
    let party = before.standing.party(own).ok_or_else(|| Error::not_found("id"))?;
    match party.status {
        PartyStatus::Invited => {}
        status => {
            let message = said!("Your part of this memorandum is {status}: it cannot be signed now.", status);
            return Err(Error::refused(UserErrorCode::TransitionNotAllowed, "id", message));
        }
    }
    if signed_on.is_after(day(now)) {
        return Err(Error::invalid("signedOn", "This day has not come yet."));
    }
    let signed =
        Party { status: PartyStatus::Signed, signed_on: Some(signed_on.to_string()), signed_at: Some(now), ..party.clone() };
    Ok(bound(row, &signed))
}

/// A partner leaves, or declines the invitation; the others stay.
pub fn withdraw(before: &Whole, own: Uuid, reason: &str, now: DateTime<Utc>) -> Result<(Party, String)> {
    let row = &before.standing.row;
    open(before, now)?;
    let reason = because(reason)?;
    let party = before.standing.party(own).ok_or_else(|| Error::not_found("id"))?;
    if party.status == PartyStatus::Withdrawn {
        return Err(Error::refused(
            UserErrorCode::TransitionNotAllowed,
            "id",
            "Your organisation has left this memorandum before.",
        ));
    }
    let left = Party { status: PartyStatus::Withdrawn, withdrawn_at: Some(now), ..party.clone() };
    Ok((bound(row, &left), reason))
}

pub fn suspend(before: &Whole, reason: &str, now: DateTime<Utc>) -> Result<(Memorandum, String)> {
    let status = standing::status_on(&before.standing, &before.events, day(now));
    if status != Status::InForce {
        return Err(not_now(said!("The memorandum is {status} and cannot be suspended.", status)));
    }
    Ok((Memorandum { suspended_at: Some(now), ..before.standing.row.clone() }, because(reason)?))
}

pub fn resume(before: &Whole, reason: Option<&str>, now: DateTime<Utc>) -> Result<(Memorandum, Option<String>)> {
    let status = standing::status_on(&before.standing, &before.events, day(now));
    if status != Status::Suspended {
        return Err(not_now(said!("The memorandum is {status} and cannot be resumed.", status)));
    }
    let reason = text::optional_line(reason, "reason", REASON)?;
    Ok((Memorandum { suspended_at: None, ..before.standing.row.clone() }, reason))
}

/// The provider ends the whole. What nobody has signed it may clear away even after its last day: it has not expired, and a renewal
/// must not stand in the way of the next one.
pub fn terminate(before: &Whole, reason: &str, now: DateTime<Utc>) -> Result<(Memorandum, Vec<Party>, String)> {
    match standing::status_on(&before.standing, &before.events, day(now)) {
        Status::Draft | Status::Negotiation if before.standing.row.ended_told_at.is_none() => {}
        _ => open(before, now)?,
    }
    let reason = because(reason)?;
    let row = Memorandum { terminated_at: Some(now), ..before.standing.row.clone() };
    let parties = before.standing.parties.iter().map(|party| bound(&row, party)).collect();
    Ok((row, parties, reason))
}

/// An event of a memorandum's history.
pub fn event(memorandum_id: Uuid, kind: ChangeType, at: DateTime<Utc>, by: Option<Uuid>, reason: Option<String>) -> Event {
    Event { id: id::timed(), memorandum_id, at, kind, organization_id: by, reason }
}

/// Refuses what comes after the end.
fn open(before: &Whole, now: DateTime<Utc>) -> Result<()> {
    let (status, row) = (standing::status_on(&before.standing, &before.events, day(now)), &before.standing.row);
    let over = row.effective_to.is_some_and(|last| last < day(now));
    if over || matches!(status, Status::Expired | Status::Terminated) {
        let message = "The memorandum has ended: this comes too late. Write a new one, or renew it.";
        return Err(Error::refused(UserErrorCode::TransitionNotAllowed, "id", message));
    }
    Ok(())
}

fn not_now(message: Message) -> Error {
    Error::refused(UserErrorCode::TransitionNotAllowed, "id", message)
}

fn because(reason: &str) -> Result<String> {
    if reason.trim().is_empty() {
        return Err(Error::refused(
            UserErrorCode::ReasonRequired,
            "reason",
            "This step needs a reason, for those whom it concerns.",
        ));
    }
    Ok(text::line(reason, "reason", REASON)?)
}

fn term(from: NaiveDate, to: Option<NaiveDate>, past: bool, now: DateTime<Utc>, refusals: &mut Refusals) {
    if to.is_some_and(|to| to < from) {
        refusals.add(Refusal::invalid("effectiveTo", "The last day lies before the first one."));
    } else if !past && to.is_some_and(|to| to < day(now)) {
        let message = "The last day has passed. A paper memorandum of the past is entered with its history.";
        refusals.add(Refusal::invalid("effectiveTo", message));
    }
}

/// The day from which the signatures of a paper memorandum count.
fn past(history: &History, command: &Create, now: DateTime<Utc>, refusals: &mut Refusals) -> Option<NaiveDate> {
    let today = day(now);
    let signed = history.signed_on.last_day();
    match signed {
        None => refusals.add(Refusal::invalid("history.signedOn", "The year must be known.")),
        Some(_) if history.signed_on.is_after(today) => {
            refusals.add(Refusal::invalid("history.signedOn", "This day has not come yet."));
        }
        Some(signed) if command.effective_to.is_some_and(|last| last < signed.min(today)) => {
            let message = "By this date it may have been signed after its last day: write the month or the day.";
            refusals.add(Refusal::invalid("history.signedOn", message));
        }
        // Of the present month or year the last day may be yet to come: it was signed by today.
        Some(_) => {}
    }
    let signed = signed.map(|signed| signed.min(today));
    if let Some(end) = history.terminated_on {
        if end > today {
            refusals.add(Refusal::invalid("history.terminatedOn", "This day has not come yet."));
        } else if signed.is_some_and(|signed| end < signed) || command.effective_to.is_some_and(|last| end > last) {
            refusals.add(Refusal::invalid("history.terminatedOn", "It was ended after its signing and before its last day."));
        }
        if history.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
            refusals.add(Refusal::new(UserErrorCode::ReasonRequired, "history.reason", "Say why it was ended."));
        }
    }
    if history.terminated_on.is_none() && history.reason.is_some() {
        let message = "This says why it was ended: write terminatedOn too, or leave it out.";
        refusals.add(Refusal::invalid("history.reason", message));
    } else if let Some(reason) = &history.reason {
        refusals.take(text::optional_line(Some(reason), "history.reason", REASON));
    }
    signed
}

/// Partners that a command names: each once, none of them here already, all of a kind that can sign.
fn partners(ids: &[Uuid], named: &Named, own: Uuid, known: &[Uuid], refusals: &mut Refusals) {
    use OrganizationKind::{Fund, FundBranch, Ministry, OversightBody};
    if ids.len() > PARTNERS {
        refusals.add(Refusal::new(UserErrorCode::LimitExceeded, "partnerIds", said!("At most {PARTNERS} partners.", PARTNERS)));
        return;
    }
    for (place, id) in ids.iter().enumerate() {
        let field = format!("partnerIds.{place}");
        let organization = named.partners.iter().find(|organization| organization.id == *id);
        let refusal = match organization {
            None => Refusal::new(UserErrorCode::NotFound, &field, "There is no such organisation."),
            Some(_) if *id == own => Refusal::invalid(&field, "The centre's provider is a party already; name the partners."),
            Some(_) if ids[..place].contains(id) || known.contains(id) => {
                Refusal::new(UserErrorCode::Duplicate, &field, "This organisation is a party already.")
            }
            Some(found) if !found.active => {
                Refusal::new(UserErrorCode::OrganizationInactive, &field, "This organisation has ceased its work.")
            }
            Some(found) if matches!(found.kind, Ministry | OversightBody | Fund | FundBranch) => Refusal::invalid(
                &field,
                said!("A {kind} signs no memoranda: it neither sends people nor takes them.", kind = found.kind),
            ),
            Some(_) => continue,
        };
        refusals.add(refusal);
    }
}

fn coverage(lines: &[NewCoverage], named: &Named, memorandum_id: Uuid, refusals: &mut Refusals) -> Vec<Coverage> {
    if lines.is_empty() {
        refusals.add(Refusal::invalid("coverage", "Name at least one service and where it is covered."));
    }
    if lines.len() > COVERAGE {
        let message = said!("At most {COVERAGE} lines: a region or a raion covers all hromadas below it.", COVERAGE);
        refusals.add(Refusal::new(UserErrorCode::LimitExceeded, "coverage", message));
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let service = named.services.iter().find(|service| service.code == line.service_code);
        if service.is_none() {
            let message = "There is no service type with this code. The query serviceTypes lists them.";
            refusals.add(Refusal::new(UserErrorCode::NotFound, &format!("coverage.{place}.serviceCode"), message));
        }
        if !named.territories.iter().any(|territory| territory.code == line.territory) {
            refusals.add(unknown(&line.territory, &format!("coverage.{place}.territory")));
        }
        if !seen.insert((&line.service_code, &line.territory)) {
            refusals.add(Refusal::new(
                UserErrorCode::Duplicate,
                &format!("coverage.{place}"),
                "This line stands here already.",
            ));
        }
        let line =
            service.map(|service| Coverage { memorandum_id, service_id: service.id, territory_code: line.territory.clone() });
        found.extend(line);
    }
    found
}

fn sharing(policy: &Policy, refusals: &mut Refusals) -> Policy {
    if policy.field_groups.is_empty() {
        refusals.add(Refusal::invalid("sharing.fieldGroups", "Name at least one group of fields."));
    }
    if !(0..=RETENTION).contains(&policy.retention_days) {
        refusals.add(Refusal::invalid("sharing.retentionDays", said!("Between 0 and {RETENTION} days.", RETENTION)));
    }
    let groups: BTreeSet<FieldGroup> = policy.field_groups.iter().copied().collect();
    Policy { field_groups: groups.into_iter().collect(), ..policy.clone() }
}
