//! Inputs that record work, and the commands that they become. An id that is none of its kind refuses its row, not the call.

use crate::{
    activity::model as row,
    base::{
        Error, Refusal,
        words::{activity::*, case::TargetCategory, organization::StaffRole},
    },
    graphql::{
        node::Kind,
        scalars::{Date, Katottg},
    },
};
use async_graphql::{ID, InputObject};
use uuid::Uuid;

/// A service that was given (рядок послуги).
#[derive(Clone, Debug, InputObject)]
pub struct ServiceRowInput {
    /// Your own key of the row, at most 128 characters, unique among your services; no tax number, no telephone (зовнішній ідентифікатор).
    external_reference: Option<String>,
    /// The centre that you run or host; null: the centre of the case, else none (центр).
    centre_id: Option<ID>,
    /// Your case; at most one of caseId and caseReference (випадок).
    case_id: Option<ID>,
    /// The code or external reference of your case (код випадку).
    case_reference: Option<String>,
    /// Code of the service type; `serviceTypes` lists them (код послуги).
    service_code: String,
    /// How it was given (форма).
    form: DeliveryForm,
    /// Day; not in the future (дата).
    occurred_on: Date,
    /// How many contacts of this kind on that day, 1 to 1000 (кількість).
    #[graphql(default = 1)]
    quantity: i32,
    /// Who of the team gave it (фахівець).
    specialist: Option<StaffRole>,
    /// Category of the person; null: the primary category of the case (категорія).
    target_category: Option<TargetCategory>,
    /// The referral under which it was given (скерування).
    referral_id: Option<ID>,
    /// Where it was given; null: where the centre stands, else the case belongs, else you are at home (територія).
    territory: Option<Katottg>,
    /// Take the row with this external reference out of every figure; what else the row says is not looked at (вилучити).
    #[graphql(default = false)]
    void: bool,
}

/// A group session or an event (рядок заходу).
#[derive(Clone, Debug, InputObject)]
pub struct ActivityRowInput {
    /// Your own key of the row, at most 128 characters, unique among your activities; no tax number, no telephone (зовнішній ідентифікатор).
    external_reference: Option<String>,
    /// The centre that you run or host; null: the centre of the group, else none (центр).
    centre_id: Option<ID>,
    /// The group of which it is a session (група).
    group_id: Option<ID>,
    /// What it was (вид).
    kind: ActivityKind,
    /// Title, at most 300 characters; no personal data (назва).
    title: Option<String>,
    /// Day; not in the future (дата).
    occurred_on: Date,
    /// Place in words, at most 300 characters (місце).
    place: Option<String>,
    /// How many took part, at least as many as cases are named; null: the source does not say, or as many as cases are named (учасники).
    participants: Option<i32>,
    /// Your cases among those who took part, each once: their attendance stands in the history of the case (випадки).
    case_ids: Option<Vec<ID>>,
    /// For whom it was (категорія).
    target_category: Option<TargetCategory>,
    /// Organisations that held it together with you (партнери).
    partner_ids: Option<Vec<ID>>,
    /// Organisations that paid or helped (за підтримки).
    supported_by_ids: Option<Vec<ID>>,
    /// Where it was held; null: where the centre stands, else you are at home (територія).
    territory: Option<Katottg>,
    /// Take the row with this external reference out of every figure; what else the row says is not looked at (вилучити).
    #[graphql(default = false)]
    void: bool,
}

/// Services that were given, up to 1,000 rows (внесення послуг).
#[derive(Clone, Debug, InputObject)]
pub struct ServicesRecordInput {
    /// Key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same (ключ ідемпотентності).
    pub idempotency_key: String,
    /// What is done when rows are refused (дії при помилках).
    #[graphql(default_with = "ErrorPolicy::RejectEverything")]
    error_policy: ErrorPolicy,
    /// What is done with rows that are known with other content (наявні рядки).
    #[graphql(default_with = "ExistingRow::Refuse")]
    on_existing: ExistingRow,
    /// The rows, 1 to 1,000 (рядки).
    rows: Vec<ServiceRowInput>,
}

/// Group sessions and events, up to 1,000 rows (внесення заходів).
#[derive(Clone, Debug, InputObject)]
pub struct ActivitiesRecordInput {
    /// Key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same (ключ ідемпотентності).
    pub idempotency_key: String,
    /// What is done when rows are refused (дії при помилках).
    #[graphql(default_with = "ErrorPolicy::RejectEverything")]
    error_policy: ErrorPolicy,
    /// What is done with rows that are known with other content (наявні рядки).
    #[graphql(default_with = "ExistingRow::Refuse")]
    on_existing: ExistingRow,
    /// The rows, 1 to 1,000 (рядки).
    rows: Vec<ActivityRowInput>,
}

/// A course with a fixed membership (нова група).
#[derive(Clone, Debug, InputObject)]
pub struct GroupCreateInput {
    /// Key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same (ключ ідемпотентності).
    pub idempotency_key: Option<String>,
    /// The centre that you run or host (центр).
    centre_id: ID,
    /// Course (програма).
    programme: Programme,
    /// How many begin, 1 to 1000 (учасники).
    members: i32,
    /// First day; not in the future (початок).
    started_on: Date,
    /// Your cases among the members, each once (випадки).
    case_ids: Option<Vec<ID>>,
    /// Your own key of the group, at most 128 characters; no tax number, no telephone (зовнішній ідентифікатор).
    external_reference: Option<String>,
}

/// Collects what is wrong with the ids of a row.
#[derive(Default)]
struct Ids(Vec<Refusal>);

impl Ids {
    fn key(&mut self, kind: Kind, id: &ID, field: &str) -> Uuid {
        match kind.key(id, field) {
            Ok(key) => key,
            Err(Error::Refused(refusals)) => {
                self.0.extend(refusals);
                Uuid::nil()
            }
            Err(_) => Uuid::nil(),
        }
    }

    fn maybe(&mut self, kind: Kind, id: Option<&ID>, field: &str) -> Option<Uuid> {
        id.map(|id| self.key(kind, id, field))
    }

    fn all(&mut self, kind: Kind, ids: Option<&Vec<ID>>, field: &str) -> Vec<Uuid> {
        let ids = ids.into_iter().flatten().enumerate();
        ids.map(|(i, id)| self.key(kind, id, &format!("{field}.{i}"))).collect()
    }

    fn end<T>(self, row: T) -> Result<T, Vec<Refusal>> {
        if self.0.is_empty() { Ok(row) } else { Err(self.0) }
    }
}

impl ServiceRowInput {
    fn command(self) -> Result<row::DeliveryRow, Vec<Refusal>> {
        let mut ids = Ids::default();
        let case = match (&self.case_id, self.case_reference) {
            (Some(_), Some(_)) => {
                ids.0.push(Refusal::invalid("caseReference", "Give caseId or caseReference, not both."));
                None
            }
            (Some(id), None) => Some(row::CaseName::Id(ids.key(Kind::Case, id, "caseId"))),
            (None, Some(reference)) => Some(row::CaseName::Reference(reference)),
            (None, None) => None,
        };
        let row = row::DeliveryRow {
            id: None,
            external_reference: self.external_reference,
            centre_id: ids.maybe(Kind::Centre, self.centre_id.as_ref(), "centreId"),
            case,
            service_code: self.service_code,
            form: self.form,
            occurred_on: self.occurred_on.0,
            quantity: self.quantity,
            specialist: self.specialist,
            target_category: self.target_category,
            referral_id: ids.maybe(Kind::Referral, self.referral_id.as_ref(), "referralId"),
            territory: self.territory.map(|code| code.0),
            void: self.void,
        };
        ids.end(row)
    }
}

impl ActivityRowInput {
    fn command(self) -> Result<row::ActivityRow, Vec<Refusal>> {
        let mut ids = Ids::default();
        let row = row::ActivityRow {
            id: None,
            external_reference: self.external_reference,
            centre_id: ids.maybe(Kind::Centre, self.centre_id.as_ref(), "centreId"),
            group_id: ids.maybe(Kind::Group, self.group_id.as_ref(), "groupId"),
            kind: self.kind,
            title: self.title,
            occurred_on: self.occurred_on.0,
            place: self.place,
            participants: self.participants,
            case_ids: ids.all(Kind::Case, self.case_ids.as_ref(), "caseIds"),
            target_category: self.target_category,
            partner_ids: ids.all(Kind::Organization, self.partner_ids.as_ref(), "partnerIds"),
            supported_by_ids: ids.all(Kind::Organization, self.supported_by_ids.as_ref(), "supportedByIds"),
            territory: self.territory.map(|code| code.0),
            void: self.void,
        };
        ids.end(row)
    }
}

impl ServicesRecordInput {
    pub fn command(self) -> row::Call<row::DeliveryRow> {
        let rows = self.rows.into_iter().map(ServiceRowInput::command).collect();
        row::Call { error_policy: self.error_policy, on_existing: self.on_existing, rows }
    }
}

impl ActivitiesRecordInput {
    pub fn command(self) -> row::Call<row::ActivityRow> {
        let rows = self.rows.into_iter().map(ActivityRowInput::command).collect();
        row::Call { error_policy: self.error_policy, on_existing: self.on_existing, rows }
    }
}

impl GroupCreateInput {
    pub fn command(self) -> Result<row::NewGroup, Error> {
        let mut ids = Ids::default();
        let new = row::NewGroup {
            centre_id: ids.key(Kind::Centre, &self.centre_id, "centreId"),
            programme: self.programme,
            members: self.members,
            started_on: self.started_on.0,
            case_ids: ids.all(Kind::Case, self.case_ids.as_ref(), "caseIds"),
            external_reference: self.external_reference,
        };
        ids.end(new).map_err(Error::Refused)
    }
}
