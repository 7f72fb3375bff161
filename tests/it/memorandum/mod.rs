//! Memoranda: their life through the API, what they refuse, and their days and moments against models written by hand.

mod ending;
mod leaving;
pub mod life;
pub mod model;
mod reading;
mod refusals;

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use mistok::{
    base::{
        clock::midnight,
        words::{access::FieldGroup, memorandum::*},
    },
    memorandum::{
        model::{Memorandum, Party, Standing},
        standing::Binding,
    },
};
use uuid::Uuid;

/// A day of the models: the first one is 1 March 2025, so that a change of the clocks lies among them.
pub fn on(day: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 3, 1).unwrap() + Days::new(day)
}

/// A moment of such a day.
pub fn at(day: u64, minute: u32) -> DateTime<Utc> {
    midnight(on(day)) + Duration::minutes(minute.into())
}

/// A memorandum without a past, in force from its first day on without an end.
pub fn row(id: Uuid, provider_id: Uuid, from: NaiveDate, to: Option<NaiveDate>) -> Memorandum {
    Memorandum {
        id,
        number: id.to_string(),
        title: "Меморандум".into(),
        centre_id: Uuid::nil(),
        provider_id,
        region_code: "UA48000000000039575".into(),
        effective_from: from,
        effective_to: to,
        field_groups: FieldGroup::ALL.to_vec(),
        retention_days: 30,
        onward_referral: true,
        supersedes_id: None,
        invited_at: None,
        suspended_at: None,
        terminated_at: None,
        in_force_told_at: None,
        ended_told_at: None,
        warned_days: None,
        created_at: midnight(from),
        updated_at: midnight(from),
        version: 1,
    }
}

/// A chain as far as it binds.
pub fn bindings(chain: &[Standing]) -> Vec<Binding> {
    chain.iter().map(Binding::from).collect()
}

/// Its provider or a partner, as far as it has come.
pub fn party(
    memorandum: &Memorandum,
    organization_id: Uuid,
    signed_at: Option<DateTime<Utc>>,
    withdrawn_at: Option<DateTime<Utc>>,
) -> Party {
    let party = Party {
        memorandum_id: memorandum.id,
        organization_id,
        role: if organization_id == memorandum.provider_id { PartyRole::CentreProvider } else { PartyRole::Partner },
        status: match (signed_at, withdrawn_at) {
            (_, Some(_)) => PartyStatus::Withdrawn,
            (Some(_), None) => PartyStatus::Signed,
            (None, None) => PartyStatus::Invited,
        },
        invited_at: memorandum.invited_at,
        signed_on: signed_at.map(|at| mistok::base::clock::day(at).to_string()),
        signed_at,
        withdrawn_at,
        bound_from: None,
        bound_until: None,
        wound_down_at: None,
        entry: 1,
    };
    mistok::memorandum::standing::bound(memorandum, &party)
}
