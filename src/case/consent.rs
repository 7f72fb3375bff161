//! Rules of consents. Pure. One consent names one receiver, one purpose and the groups of fields.

use super::{
    model::{Case, Consent, Give, Grant},
    person::{Details, TEXT, age, short},
};
use crate::base::{
    Error, Refusal, Result,
    error::{Refusals, UserErrorCode},
    words::{access::FieldGroup, case::*},
};
use chrono::{DateTime, Months, Utc};

/// Under this age the caregiver or guardian consents.
const OWN_CONSENT_FROM: i32 = 14;
/// Months after which a consent expires, unless it says earlier.
const LASTS: Months = Months::new(12);

/// Whether a consent still opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Active,
    Withdrawn,
    Expired,
}

impl Grant {
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        // An expiry that was told counts, even if this moment was taken before it.
        match (self.withdrawn_at, self.expired_at.is_none() && self.expires_at > now) {
            (Some(_), _) => Standing::Withdrawn,
            (None, true) => Standing::Active,
            (None, false) => Standing::Expired,
        }
    }
}

/// When a new consent was given and when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub given_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub field_groups: Vec<FieldGroup>,
}

/// May this person give this consent now?
pub fn give(case: &Case, person: &Details, command: &Give, now: DateTime<Utc>) -> Result<Term> {
    if matches!(case.status, CaseStatus::Refused | CaseStatus::Closed | CaseStatus::EnteredInError) {
        let message = said!("The case is {status}: a consent belongs to an open case.", status = case.status);
        return Err(Error::refused(UserErrorCode::RecordFrozen, "caseId", message));
    }
    let mut refusals = Refusals::default();
    if !command.explained {
        refusals.add(Refusal::invalid("explained", "The person must have been told who will see what, and why."));
    }
    if command.receiver_id == case.organization_id {
        refusals.add(Refusal::invalid("receiverId", "A consent names another organisation."));
    }
    let mut field_groups = command.field_groups.clone();
    field_groups.sort();
    field_groups.dedup();
    if field_groups.is_empty() {
        refusals.add(Refusal::invalid("fieldGroups", "Name at least one group of fields."));
    }
    let given_at = command.given_at.unwrap_or(now);
    let latest = given_at + LASTS;
    let expires_at = command.expires_at.unwrap_or(latest);
    if given_at > now {
        refusals.add(Refusal::invalid("givenAt", "A consent cannot have been given in the future."));
    }
    if expires_at <= given_at || expires_at > latest {
        refusals.add(Refusal::invalid("expiresAt", "A consent ends after it was given, and at most a year later."));
    } else if expires_at <= now {
        refusals.add(Refusal::invalid("expiresAt", "This consent would have ended already."));
    }
    if command.given_by == ConsentGiver::Client && !consents_alone(case, person, given_at) {
        refusals.add(Refusal::invalid("givenBy", "Under 14 years the caregiver or the guardian consents."));
    }
    if let Some(evidence) = &command.evidence {
        refusals.take(short(evidence, "evidence", TEXT));
    }
    refusals.end()?;
    Ok(Term { given_at, expires_at, field_groups })
}

/// Of a child whose birth date is not known it is not assumed.
fn consents_alone(case: &Case, person: &Details, at: DateTime<Utc>) -> bool {
    let day = crate::base::clock::day(at);
    match person.birth_date {
        Some(born) => age(born, day) >= OWN_CONSENT_FROM,
        None => !case
            .categories
            .iter()
            .any(|category| matches!(category, TargetCategory::Child | TargetCategory::ChildWithDisability)),
    }
}

pub fn withdraw(consent: &Consent, now: DateTime<Utc>) -> Result<Consent> {
    match consent.grant.standing(now) {
        Standing::Active => {
            Ok(Consent { grant: Grant { withdrawn_at: Some(now), ..consent.grant.clone() }, ..consent.clone() })
        }
        Standing::Withdrawn => Err(Error::refused(UserErrorCode::ConsentWithdrawn, "id", "The consent was withdrawn before.")),
        Standing::Expired => Err(Error::refused(UserErrorCode::ConsentExpired, "id", "The consent has expired.")),
    }
}
