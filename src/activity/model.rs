//! Rows of the slice and the commands that it takes. Nothing here can refuse.

use crate::{
    base::{
        Refusal,
        words::{
            activity::*,
            case::{AgeBand, Sex, TargetCategory},
            organization::StaffRole,
        },
    },
    db::schema,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Order of lists: newest first.
pub type Key = (DateTime<Utc>, Uuid);

/// One contact: one person (or family) and one service.
#[derive(Clone, Debug, PartialEq, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = schema::service_delivery)]
pub struct ServiceDelivery {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub centre_id: Option<Uuid>,
    pub territory_code: String,
    pub case_id: Option<Uuid>,
    /// An attendance of this activity, which counts it.
    pub activity_id: Option<Uuid>,
    pub service_id: Uuid,
    pub form: DeliveryForm,
    pub occurred_on: NaiveDate,
    pub quantity: i32,
    pub specialist: Option<StaffRole>,
    pub target_category: Option<TargetCategory>,
    pub sex: Sex,
    /// On the day of the case's intake.
    pub age_band: AgeBand,
    pub referral_id: Option<Uuid>,
    pub external_reference: Option<String>,
    pub voided: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i32,
}

/// A group session or an event.
#[derive(Clone, Debug, PartialEq, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = schema::activity)]
pub struct Activity {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub centre_id: Option<Uuid>,
    pub territory_code: String,
    pub group_id: Option<Uuid>,
    pub kind: ActivityKind,
    pub title: Option<String>,
    pub occurred_on: NaiveDate,
    pub place: Option<String>,
    /// Attendances; none: the source does not say, which is not zero.
    pub participants: Option<i32>,
    /// Those of the participants who are known as cases, in order.
    pub case_ids: Vec<Uuid>,
    pub target_category: Option<TargetCategory>,
    pub partner_ids: Vec<Uuid>,
    pub supported_by_ids: Vec<Uuid>,
    pub external_reference: Option<String>,
    pub voided: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i32,
}

/// A course with a fixed membership.
#[derive(Clone, Debug, PartialEq, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = schema::group)]
pub struct Group {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub centre_id: Uuid,
    pub programme: Programme,
    /// As many as began.
    pub members: i32,
    pub started_on: NaiveDate,
    pub external_reference: Option<String>,
    pub created_at: DateTime<Utc>,
    pub version: i32,
}

/// What rows of calls have in common, so that services and activities go one way.
pub trait Work: Clone {
    fn id(&self) -> Uuid;
    fn reference(&self) -> Option<&str>;
    fn voided(&self) -> bool;
    /// Whether it follows from another row, by which alone it changes.
    fn follows(&self) -> bool;
    /// Whether both tell the same of the work, whatever became of the rows.
    fn same(&self, other: &Self) -> bool;
    /// This content in the place of `before`, as its next version.
    #[must_use]
    fn after(self, before: &Self) -> Self;
    /// The row taken out of every figure, as its next version.
    #[must_use]
    fn void(&self, now: DateTime<Utc>) -> Self;
}

macro_rules! work {
    // `of_the_case`: what follows from the case at the time of writing and is not told by the row.
    ($row:ident, of_the_case: [$($known:ident),*], follows: $follows:expr) => {
        impl Work for $row {
            fn id(&self) -> Uuid {
                self.id
            }

            fn reference(&self) -> Option<&str> {
                self.external_reference.as_deref()
            }

            fn voided(&self) -> bool {
                self.voided
            }

            fn follows(&self) -> bool {
                $follows(self)
            }

            fn same(&self, other: &Self) -> bool {
                let Self { id, voided, created_at, updated_at, version, .. } = *self;
                *self == Self { id, voided, created_at, updated_at, version, $($known: self.$known,)* ..other.clone() }
            }

            fn after(self, before: &Self) -> Self {
                Self { id: before.id, created_at: before.created_at, version: before.version + 1, ..self }
            }

            fn void(&self, now: DateTime<Utc>) -> Self {
                Self { voided: true, updated_at: now, version: self.version + 1, ..self.clone() }
            }
        }
    };
}
work!(ServiceDelivery, of_the_case: [sex, age_band], follows: |row: &Self| row.activity_id.is_some());
work!(Activity, of_the_case: [], follows: |_| false);

/// How a row names a case of one's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CaseName {
    Id(Uuid),
    /// Its code or its external reference.
    Reference(String),
}

/// A service as a caller tells of it.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    /// The known row that it is about, where a sheet that was exported comes back; else its reference tells.
    pub id: Option<Uuid>,
    pub external_reference: Option<String>,
    pub centre_id: Option<Uuid>,
    pub case: Option<CaseName>,
    pub service_code: String,
    pub form: DeliveryForm,
    pub occurred_on: NaiveDate,
    pub quantity: i32,
    pub specialist: Option<StaffRole>,
    pub target_category: Option<TargetCategory>,
    pub referral_id: Option<Uuid>,
    pub territory: Option<String>,
    pub void: bool,
}

/// An activity as a caller tells of it.
#[derive(Clone, Debug)]
pub struct ActivityRow {
    /// The known row that it is about, where a sheet that was exported comes back; else its reference tells.
    pub id: Option<Uuid>,
    pub external_reference: Option<String>,
    pub centre_id: Option<Uuid>,
    pub group_id: Option<Uuid>,
    pub kind: ActivityKind,
    pub title: Option<String>,
    pub occurred_on: NaiveDate,
    pub place: Option<String>,
    pub participants: Option<i32>,
    pub case_ids: Vec<Uuid>,
    pub target_category: Option<TargetCategory>,
    pub partner_ids: Vec<Uuid>,
    pub supported_by_ids: Vec<Uuid>,
    pub territory: Option<String>,
    pub void: bool,
}

/// A call that records rows. A row that could not even be read stands here as its refusals.
#[derive(Clone, Debug)]
pub struct Call<Row> {
    pub error_policy: ErrorPolicy,
    pub on_existing: ExistingRow,
    pub rows: Vec<Result<Row, Vec<Refusal>>>,
}

/// `groupCreate`.
#[derive(Clone, Debug)]
pub struct NewGroup {
    pub centre_id: Uuid,
    pub programme: Programme,
    pub members: i32,
    pub started_on: NaiveDate,
    pub case_ids: Vec<Uuid>,
    pub external_reference: Option<String>,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowResult {
    pub outcome: RowOutcome,
    /// The row that stands for it now; none when it was refused.
    pub id: Option<Uuid>,
    pub refusals: Vec<Refusal>,
}

/// What became of a call.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub results: Vec<RowResult>,
    pub replayed: bool,
}

/// A case as far as work done needs it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = schema::case)]
pub struct CaseFacts {
    pub id: Uuid,
    pub code: String,
    pub external_reference: Option<String>,
    pub centre_id: Option<Uuid>,
    pub territory_code: String,
    pub primary_category: TargetCategory,
    pub sex: Sex,
    pub age_band: AgeBand,
}

/// What a list of work is narrowed to; conditions are joined by "and".
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub centre_id: Option<Uuid>,
    pub case_id: Option<Uuid>,
    pub service_id: Option<Uuid>,
    pub group_id: Option<Uuid>,
    pub kind: Vec<ActivityKind>,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub external_reference: Option<String>,
    pub voided: Option<bool>,
    pub programme: Option<Programme>,
}
