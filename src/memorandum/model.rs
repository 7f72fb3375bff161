//! Rows of the slice and the commands that it takes. Nothing here can refuse.

use crate::{
    base::{
        period::PartialDate,
        words::{access::FieldGroup, change::ChangeType, memorandum::*},
    },
    centre::model::Centre,
    db::schema,
    organization::model::{Key, Organization, Patch},
    service::model::ServiceType,
    territory::model::Territory,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// A memorandum as it stands: its terms, and what its provider has done with it.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::memorandum)]
pub struct Memorandum {
    pub id: Uuid,
    /// On the paper.
    pub number: String,
    pub title: String,
    pub centre_id: Uuid,
    /// Of the centre; it alone moves the memorandum as a whole.
    pub provider_id: Uuid,
    /// Of the centre's territory.
    pub region_code: String,
    pub effective_from: NaiveDate,
    /// Inclusive; none: without an end.
    pub effective_to: Option<NaiveDate>,
    pub field_groups: Vec<FieldGroup>,
    pub retention_days: i32,
    pub onward_referral: bool,
    /// The one that it renews.
    pub supersedes_id: Option<Uuid>,
    /// When it left its provider's desk.
    pub invited_at: Option<DateTime<Utc>>,
    pub suspended_at: Option<DateTime<Utc>>,
    pub terminated_at: Option<DateTime<Utc>>,
    pub in_force_told_at: Option<DateTime<Utc>>,
    pub ended_told_at: Option<DateTime<Utc>>,
    pub warned_days: Option<i32>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i32,
}

impl Memorandum {
    pub fn key(&self) -> Key {
        (self.created_at, self.id)
    }
}

/// An organisation in a memorandum, each time that it was invited.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::memorandum_party)]
pub struct Party {
    pub memorandum_id: Uuid,
    pub organization_id: Uuid,
    pub role: PartyRole,
    pub status: PartyStatus,
    pub invited_at: Option<DateTime<Utc>>,
    /// A partial date: what stands on the paper.
    pub signed_on: Option<String>,
    /// From when the signature counts.
    pub signed_at: Option<DateTime<Utc>>,
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// While it is bound, as it follows from all dates; see `standing::bound`.
    pub bound_from: Option<DateTime<Utc>>,
    pub bound_until: Option<DateTime<Utc>>,
    /// When the server has closed what was still open after its end.
    pub wound_down_at: Option<DateTime<Utc>>,
    /// 1, and one more each time that it was invited again after it had left or declined.
    pub entry: i16,
}

/// One service in one territory and all below it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::memorandum_coverage)]
pub struct Coverage {
    pub memorandum_id: Uuid,
    pub service_id: Uuid,
    pub territory_code: String,
}

/// What has happened to it.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::memorandum_event)]
pub struct Event {
    pub id: Uuid,
    pub memorandum_id: Uuid,
    pub at: DateTime<Utc>,
    pub kind: ChangeType,
    /// None: the server, when a time had come.
    pub organization_id: Option<Uuid>,
    pub reason: Option<String>,
}

/// The status from a day on, until before another one.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::memorandum_span)]
pub struct Span {
    pub memorandum_id: Uuid,
    pub since: NaiveDate,
    pub status: MemorandumStatus,
    /// Exclusive; the first day of the next span, or a day far ahead.
    pub until: NaiveDate,
    /// Of the memorandum: by this lists are ordered.
    pub created_at: DateTime<Utc>,
}

/// A memorandum with its parties.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub row: Memorandum,
    pub parties: Vec<Party>,
}

/// What an organisation may know of a memorandum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It is no party, was not invited yet, or has declined.
    Nothing,
    All,
    /// It has left: what was so by then.
    Until(DateTime<Utc>),
}

impl Standing {
    /// How an organisation stands: as it came in last.
    pub fn party(&self, organization_id: Uuid) -> Option<&Party> {
        self.entries(organization_id).max_by_key(|party| party.entry)
    }

    /// Each time that it came in.
    pub fn entries(&self, organization_id: Uuid) -> impl Iterator<Item = &Party> {
        self.parties.iter().filter(move |party| party.organization_id == organization_id)
    }

    pub fn sight(&self, organization_id: Uuid) -> Sight {
        let Some(party) = self.party(organization_id) else { return Sight::Nothing };
        let signed = self.entries(organization_id).any(|party| party.signed_at.is_some());
        match (party.role, party.status, party.withdrawn_at) {
            (PartyRole::CentreProvider, ..) | (_, PartyStatus::Invited | PartyStatus::Signed, _) => Sight::All,
            (_, PartyStatus::Withdrawn, Some(left)) if signed => Sight::Until(left),
            (_, PartyStatus::Drafted | PartyStatus::Withdrawn, _) => Sight::Nothing,
        }
    }

    /// Whether it was invited and has said no: nothing binds it, as if it had never been asked.
    pub fn has_declined(&self, organization_id: Uuid) -> bool {
        let withdrawn = self.party(organization_id).is_some_and(|party| party.status == PartyStatus::Withdrawn);
        withdrawn && self.sight(organization_id) == Sight::Nothing
    }
}

/// The same with all that decides about its status and about routing.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    pub standing: Standing,
    pub coverage: Vec<Coverage>,
    pub events: Vec<Event>,
}

/// What may be told, for how long, and whether the person may be sent onward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub field_groups: Vec<FieldGroup>,
    pub retention_days: i32,
    pub onward_referral: bool,
}

/// One line of a coverage as it is told.
#[derive(Clone, Debug)]
pub struct NewCoverage {
    pub service_code: String,
    pub territory: String,
}

/// The past of a paper memorandum.
#[derive(Clone, Debug)]
pub struct History {
    pub signed_on: PartialDate,
    pub terminated_on: Option<NaiveDate>,
    pub reason: Option<String>,
}

/// `memorandumCreate`.
#[derive(Clone, Debug)]
pub struct Create {
    pub number: String,
    pub title: String,
    pub centre_id: Uuid,
    pub partner_ids: Vec<Uuid>,
    pub coverage: Vec<NewCoverage>,
    pub sharing: Policy,
    pub effective_from: NaiveDate,
    pub effective_to: Option<NaiveDate>,
    pub history: Option<History>,
}

/// `memorandumUpdate`: what is absent stays, null clears.
#[derive(Clone, Debug, Default)]
pub struct Update {
    pub title: Patch<String>,
    pub coverage: Patch<Vec<NewCoverage>>,
    pub sharing: Patch<Policy>,
    pub effective_from: Patch<NaiveDate>,
    pub effective_to: Patch<NaiveDate>,
}

/// `memorandumRenew`: the terms stay, the number and the days are new.
#[derive(Clone, Debug)]
pub struct Renew {
    pub number: String,
    pub effective_from: NaiveDate,
    pub effective_to: Option<NaiveDate>,
}

/// The memorandum that is meant and the version that the caller has read.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub id: Uuid,
    pub expected_version: i32,
}

/// What a command names, as far as it was found.
#[derive(Clone, Debug, Default)]
pub struct Named {
    pub centre: Option<Centre>,
    /// Of the centre.
    pub region_code: String,
    pub partners: Vec<Organization>,
    pub services: Vec<ServiceType>,
    pub territories: Vec<Territory>,
}

/// Which memoranda of a list are wanted; nothing named is no limit.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of which this one knows, by the way in; none: it oversees many, and the wall decides.
    pub viewer: Option<Uuid>,
    pub centre_id: Option<Uuid>,
    /// One of its parties.
    pub organization_id: Option<Uuid>,
    /// Today.
    pub status: Vec<MemorandumStatus>,
    pub in_force_on: Option<NaiveDate>,
    /// In force or suspended today, with its last day at most so many days ahead.
    pub expiring_within_days: Option<i32>,
}

/// Of what a list of memoranda is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    Centre(Uuid),
    Organization(Uuid),
}

/// A service of a centre's hromada that no memorandum in force covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub service_id: Uuid,
    pub territory_code: String,
    /// The last day on which one did; none: never.
    pub last_covered_until: Option<NaiveDate>,
}
