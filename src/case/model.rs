//! Rows of the slice and the commands that it takes. Nothing here can refuse.

use super::person::Draft;
use crate::{
    base::words::{access::*, case::*},
    db::schema,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// A case as it stands.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::case)]
pub struct Case {
    pub id: Uuid,
    pub code: String,
    pub organization_id: Uuid,
    pub centre_id: Option<Uuid>,
    pub territory_code: String,
    pub person_id: Uuid,
    /// The referral from which a receiver opened it.
    pub referral_id: Option<Uuid>,
    pub subject_kind: SubjectKind,
    pub household_size: Option<i32>,
    pub primary_category: TargetCategory,
    pub categories: Vec<TargetCategory>,
    pub intake_channel: IntakeChannel,
    pub emergency: bool,
    pub safety_flag: bool,
    pub opened_on: NaiveDate,
    pub closed_on: Option<NaiveDate>,
    pub assessment_due_on: Option<NaiveDate>,
    pub assessed_on: Option<NaiveDate>,
    pub status: CaseStatus,
    pub refusal_ground: Option<CaseRefusalGround>,
    pub close_reason: Option<CaseCloseReason>,
    pub external_reference: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i32,
    /// When its person was erased.
    pub erased_at: Option<DateTime<Utc>>,
}

/// One step of a case's history.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::case_event)]
pub struct Event {
    pub id: Uuid,
    pub case_id: Uuid,
    pub organization_id: Uuid,
    pub at: DateTime<Utc>,
    pub from_status: Option<CaseStatus>,
    pub to_status: CaseStatus,
    pub actor_kind: ActorKind,
    pub application_id: Option<Uuid>,
}

/// An assessment of needs (оцінка потреб); its summary is sealed.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::assessment)]
pub struct Assessment {
    pub id: Uuid,
    pub case_id: Uuid,
    pub organization_id: Uuid,
    pub purpose: AssessmentPurpose,
    pub assessed_on: NaiveDate,
    pub complexity: CaseComplexity,
    pub at: DateTime<Utc>,
}

/// A goal of the plan (ціль плану); its text is sealed.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::plan_goal)]
pub struct Goal {
    pub id: Uuid,
    pub case_id: Uuid,
    pub organization_id: Uuid,
    pub position: i32,
    pub service_id: Option<Uuid>,
    pub due_on: Option<NaiveDate>,
    pub achieved_on: Option<NaiveDate>,
    pub at: DateTime<Utc>,
    pub replaced_at: Option<DateTime<Utc>>,
}

/// A consent (згода): one receiver, one purpose, the groups of fields that may be shown.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::consent)]
pub struct Consent {
    pub id: Uuid,
    pub case_id: Uuid,
    pub person_id: Uuid,
    pub organization_id: Uuid,
    pub receiver_id: Uuid,
    pub purpose: SharingPurpose,
    pub given_by: ConsentGiver,
    pub method: ConsentMethod,
    pub given_at: DateTime<Utc>,
    #[diesel(embed)]
    pub grant: Grant,
    pub version: i32,
}

/// What a consent opens, and until when.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::consent)]
pub struct Grant {
    pub field_groups: Vec<FieldGroup>,
    pub expires_at: DateTime<Utc>,
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// When the server has published that it expired.
    pub expired_at: Option<DateTime<Utc>>,
}

/// `caseOpen`.
#[derive(Clone, Debug)]
pub struct Open {
    pub centre_id: Option<Uuid>,
    pub territory: Option<String>,
    pub subject_kind: SubjectKind,
    pub person: Draft,
    pub household_size: Option<i32>,
    pub primary_category: TargetCategory,
    pub categories: Vec<TargetCategory>,
    pub factors: Vec<HardshipFactor>,
    pub intake_channel: IntakeChannel,
    pub emergency: bool,
    pub safety_flag: bool,
    pub opened_on: Option<NaiveDate>,
    pub external_reference: Option<String>,
}

/// `caseUpdate`.
#[derive(Clone, Debug, Default)]
pub struct Update {
    pub primary_category: Option<TargetCategory>,
    pub categories: Option<Vec<TargetCategory>>,
    pub factors: Option<Vec<HardshipFactor>>,
    pub safety_flag: Option<bool>,
    pub reason: Option<String>,
}

/// `caseAssess`.
#[derive(Clone, Debug)]
pub struct Assess {
    pub purpose: AssessmentPurpose,
    pub assessed_on: NaiveDate,
    pub complexity: CaseComplexity,
    pub summary: Option<String>,
    pub factors: Option<Vec<HardshipFactor>>,
    pub safety_flag: Option<bool>,
}

/// One goal of `casePlan`.
#[derive(Clone, Debug)]
pub struct NewGoal {
    pub text: String,
    pub service_code: Option<String>,
    pub due_on: Option<NaiveDate>,
    pub achieved_on: Option<NaiveDate>,
}

/// `consentGive`.
#[derive(Clone, Debug)]
pub struct Give {
    pub case_id: Uuid,
    pub receiver_id: Uuid,
    pub purpose: SharingPurpose,
    pub field_groups: Vec<FieldGroup>,
    pub given_by: ConsentGiver,
    pub method: ConsentMethod,
    pub given_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
    pub evidence: Option<String>,
    pub explained: bool,
}

/// What a list of cases is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub status: Vec<CaseStatus>,
    pub centre_id: Option<Uuid>,
    pub territory: Option<String>,
    pub category: Option<TargetCategory>,
    pub opened_from: Option<NaiveDate>,
    pub opened_to: Option<NaiveDate>,
    pub code: Option<String>,
    pub external_reference: Option<String>,
    pub assessment_overdue: Option<bool>,
    /// Keyed hash under which the person is looked for.
    pub person: Option<super::person::Lookup>,
}
