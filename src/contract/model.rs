//! Rows of the slice and the commands that it takes. Nothing here can refuse.

use crate::{
    base::{
        number::Number,
        words::{change::ChangeType, contract::*, organization::OrganizationKind},
    },
    centre::model::Centre,
    db::schema,
    organization::model::{Key, Organization},
    service::model::ServiceType,
    territory::model::Territory,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// A funding contract as it stands. Amounts are kopiykas.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::funding_contract)]
pub struct FundingContract {
    pub id: Uuid,
    /// On the paper.
    pub number: String,
    pub funder_id: Uuid,
    /// The funder is the Fund or its branch: its central body and the branch of the region act on it too.
    pub of_fund: bool,
    pub provider_id: Uuid,
    pub centre_id: Option<Uuid>,
    /// The hromada.
    pub territory_code: String,
    pub region_code: String,
    pub selection_authority: Option<SelectionAuthority>,
    pub selection_body: Option<String>,
    pub selection_number: Option<String>,
    /// A partial date.
    pub selection_decided_on: Option<String>,
    pub payee_iban: Option<String>,
    pub starts_on: NaiveDate,
    pub status: ContractStatus,
    /// A partial date: what stands on the paper.
    pub signed_on: Option<String>,
    /// When the signature was recorded: from then on the provider knows of it.
    pub signed_at: Option<DateTime<Utc>>,
    pub active_from: Option<NaiveDate>,
    /// Inclusive.
    pub ended_on: Option<NaiveDate>,
    pub end_reason: Option<ContractEndReason>,
    /// The smallest amount that is in force on the day of the last change or later: neither acceptances nor payments go above it.
    pub ceiling_kop: i64,
    pub accepted_kop: i64,
    /// Payments less reversals.
    pub paid_kop: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i32,
}

impl FundingContract {
    /// Its place in a list of one who looks: the provider has seen it when it was signed, the funder's side when it was written.
    pub fn key(&self, viewer: Uuid) -> Key {
        match self.signed_at {
            Some(signed) if self.provider_id == viewer => (signed, self.id),
            _ => (self.created_at, self.id),
        }
    }
}

/// What binds from a day on: 0 is the contract itself, each amendment (додаткова угода) the next number.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::contract_terms)]
pub struct Terms {
    pub contract_id: Uuid,
    pub number: i16,
    pub id: Uuid,
    /// Number of the amendment on the paper.
    pub document: Option<String>,
    pub kind: Option<AmendmentKind>,
    pub rationale: Option<String>,
    pub effective_on: NaiveDate,
    /// Of the contract, inclusive.
    pub ends_on: NaiveDate,
    pub amount_kop: i64,
    /// The terms whose lines are in force: its own, or former ones that it left as they were.
    pub lines_of: i16,
    pub recorded_at: DateTime<Utc>,
}

/// What a contract pays for.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::contract_line)]
pub struct Line {
    pub id: Uuid,
    pub contract_id: Uuid,
    pub terms: i16,
    pub place: i16,
    /// None: a line that no records of services show.
    pub service_id: Option<Uuid>,
    pub budget_line: BudgetLine,
    pub unit: String,
    /// Ten-thousandths of the unit.
    pub planned_parts: i64,
    pub unit_price_kop: i64,
    pub amount_kop: i64,
}

/// A part of the amount that is paid by a day, not by an act.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::tranche)]
pub struct Tranche {
    pub id: Uuid,
    pub contract_id: Uuid,
    /// With which terms it came.
    pub terms: i16,
    /// With which it is no more.
    pub until_terms: Option<i16>,
    pub kind: TrancheKind,
    pub amount_kop: i64,
    pub due_on: NaiveDate,
    pub status: TrancheStatus,
    pub paid_kop: i64,
}

/// The act of services rendered in a month (акт наданих послуг).
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::service_act)]
pub struct Act {
    pub id: Uuid,
    pub contract_id: Uuid,
    pub provider_id: Uuid,
    pub funder_id: Uuid,
    pub of_fund: bool,
    pub region_code: String,
    /// Its first day.
    pub month: NaiveDate,
    pub status: ActStatus,
    /// 0: the draft; how often it was submitted.
    pub round: i16,
    pub claimed_kop: i64,
    pub accepted_kop: Option<i64>,
    pub paid_kop: i64,
    pub created_at: DateTime<Utc>,
    /// Since when the funder knows of it.
    pub first_submitted_at: Option<DateTime<Utc>>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub decided_at: Option<DateTime<Utc>>,
    pub return_reason: Option<String>,
    pub note: Option<String>,
    pub updated_at: DateTime<Utc>,
    pub version: i32,
}

impl Act {
    /// Its place in a list of one who looks: the provider has seen it when it was drafted, the funder's side when it was submitted.
    pub fn key(&self, viewer: Uuid) -> Key {
        match self.first_submitted_at {
            Some(submitted) if self.provider_id != viewer => (submitted, self.id),
            _ => (self.created_at, self.id),
        }
    }

    /// Whether a claim stands: it waits for a decision, or it was accepted.
    pub fn stands(&self) -> bool {
        matches!(self.status, ActStatus::Submitted | ActStatus::Accepted | ActStatus::Paid)
    }
}

/// What was claimed of a line in one round, and what was made of it.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::service_act_line)]
pub struct ActLine {
    pub act_id: Uuid,
    pub round: i16,
    pub line_id: Uuid,
    pub claimed_parts: i64,
    /// What the month's records showed when it was drafted or submitted; none: a line that no records show.
    pub recorded_parts: Option<i64>,
    pub accepted_parts: Option<i64>,
    pub claimed_kop: i64,
    pub accepted_kop: Option<i64>,
}

/// Money that was paid, or a reversal of it.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::payment)]
pub struct Payment {
    pub id: Uuid,
    pub contract_id: Uuid,
    pub act_id: Option<Uuid>,
    pub tranche_id: Option<Uuid>,
    pub reverses_id: Option<Uuid>,
    /// Of a reversal below zero.
    pub amount_kop: i64,
    pub paid_on: NaiveDate,
    /// Number of the payment order; a reversal has that of its payment.
    pub reference: String,
    pub reason: Option<String>,
    pub recorded_at: DateTime<Utc>,
}

/// A step of a contract, its tranches and acts.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::contract_event)]
pub struct Event {
    pub id: Uuid,
    pub contract_id: Uuid,
    pub at: DateTime<Utc>,
    pub change: ChangeType,
    /// The contract, terms, a tranche, an act, a payment.
    pub subject_id: Uuid,
    /// The state before; none: there was none, or the step has none.
    pub before: Option<String>,
    pub after: Option<String>,
    /// From which day it counts, where that is not the moment itself.
    pub on_day: Option<NaiveDate>,
    pub reason: Option<String>,
    /// Claimed, accepted, paid, or the amount from now on.
    pub amount_kop: Option<i64>,
    pub organization_id: Uuid,
}

/// A contract with all that decides about a step: its terms in their order, their lines, its tranches, its acts.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    pub row: FundingContract,
    pub terms: Vec<Terms>,
    pub lines: Vec<Line>,
    pub tranches: Vec<Tranche>,
    pub acts: Vec<Act>,
}

/// What records show of a contract's place in a month: so much of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worked {
    pub contract_id: Uuid,
    /// Its first day.
    pub month: NaiveDate,
    pub service_id: Uuid,
    pub quantity: i64,
}

/// A line as it is told; amounts and quantities as they are written.
#[derive(Clone, Debug)]
pub struct NewLine {
    pub service_code: Option<String>,
    pub budget_line: BudgetLine,
    pub unit: String,
    pub planned_quantity: String,
    pub unit_price: String,
}

#[derive(Clone, Debug)]
pub struct NewTranche {
    pub kind: TrancheKind,
    pub amount: String,
    pub due_on: NaiveDate,
}

/// How the provider was chosen.
#[derive(Clone, Debug)]
pub struct Selection {
    pub authority: SelectionAuthority,
    pub body: Option<String>,
    pub decision_number: Option<String>,
    /// A partial date.
    pub decided_on: Option<String>,
}

/// `contractCreate`.
#[derive(Clone, Debug)]
pub struct Create {
    pub number: String,
    pub provider_id: Uuid,
    pub centre_id: Option<Uuid>,
    pub territory: String,
    pub starts_on: NaiveDate,
    pub ends_on: NaiveDate,
    pub lines: Vec<NewLine>,
    pub tranches: Vec<NewTranche>,
    pub selection: Option<Selection>,
    pub payee_iban: Option<String>,
}

/// `contractAmend`: what is absent stays as it is in force.
#[derive(Clone, Debug)]
pub struct Amend {
    pub number: String,
    pub kind: AmendmentKind,
    pub effective_on: NaiveDate,
    pub lines: Option<Vec<NewLine>>,
    pub tranches: Option<Vec<NewTranche>>,
    pub new_ends_on: Option<NaiveDate>,
    pub rationale: String,
}

/// How a contract ends before its time.
#[derive(Clone, Debug)]
pub struct Terminate {
    pub on: NaiveDate,
    pub end_reason: ContractEndReason,
    pub note: Option<String>,
}

/// So much of a line, claimed or accepted, as it is written.
#[derive(Clone, Debug)]
pub struct OfLine {
    pub line_id: Uuid,
    pub quantity: String,
}

/// `paymentRecord`: for an act or a tranche.
#[derive(Clone, Debug)]
pub struct Pay {
    pub amount: String,
    pub paid_on: NaiveDate,
    pub reference: String,
    pub act_id: Option<Uuid>,
    pub tranche_id: Option<Uuid>,
}

/// The object that is meant and the version that the caller has read.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub id: Uuid,
    pub expected_version: i32,
}

/// What a command names, as far as it was found.
#[derive(Clone, Debug, Default)]
pub struct Named {
    pub provider: Option<Organization>,
    pub centre: Option<Centre>,
    pub territory: Option<Territory>,
    /// Of the caller.
    pub own_region: Option<String>,
    pub services: Vec<ServiceType>,
}

/// Who looks at a list.
#[derive(Clone, Copy, Debug)]
pub struct Viewer {
    pub organization_id: Uuid,
    pub kind: OrganizationKind,
}

/// Which contracts of a list are wanted; nothing named is no limit.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub status: Vec<ContractStatus>,
    pub provider_id: Option<Uuid>,
    pub funder_id: Option<Uuid>,
    pub centre_id: Option<Uuid>,
    /// Here or below.
    pub territory: Option<String>,
    /// Active on this day.
    pub active_on: Option<NaiveDate>,
}

/// Which acts of a list are wanted; nothing named is no limit.
#[derive(Clone, Debug, Default)]
pub struct ActFilter {
    pub status: Vec<ActStatus>,
    /// Its first day.
    pub month: Option<NaiveDate>,
    pub contract_id: Option<Uuid>,
    pub provider_id: Option<Uuid>,
    /// Here or below.
    pub territory: Option<String>,
}

impl Line {
    pub fn planned(&self) -> Number {
        Number::of_parts(self.planned_parts)
    }
}
