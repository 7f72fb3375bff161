//! A case, its assessments, plan, history and consents.

use super::{
    loader::{AssessmentsOf, ConsentsOf, DossierOf, EventsOf, GoalsOf},
    person::Person,
};
use crate::{
    access::Scope,
    base::words::{access::*, case::*},
    case::{model, sealed::Dossier},
    graphql::{
        audit::AuditActor,
        centre::Centre,
        context::Session,
        directive::{fails, pii, scope},
        loaders,
        node::Kind,
        organization::Organization,
        page,
        referral::{self, Redaction, Referral, ReferralConnection},
        scalars::{Date, DateTime},
        service::ServiceType,
        territory::Territory,
    },
    journal::ObjectType,
};
use async_graphql::{Context, ID, Object, Result};
use std::sync::Arc;
use uuid::Uuid;

/// A case (випадок, справа): one managed need of a person, a family or a group. It belongs to one organisation; partners never see a case, they see the referral and what it shares.
#[derive(Clone)]
pub struct Case(pub model::Case);

connection!(Case, CaseConnection, CaseEdge, "A page of one's own cases (сторінка випадків).");

/// What tells of the person.
const HIDDEN: [&str; 6] =
    ["person", "hardshipFactors", "assessments.summary", "plan.text", "timeline.reason", "consents.evidence"];

/// What is sealed about the case's person, if a purpose was named. Notes that it was read.
async fn dossier(ctx: &Context<'_>, case: &model::Case, field: &'static str) -> Result<Option<Arc<Dossier>>> {
    let session = Session::of(ctx);
    if session.actor().purpose.is_none() {
        return Ok(None);
    }
    session.saw(ObjectType::Case, case.id, field);
    loaders::load(ctx, DossierOf(case.person_id)).await
}

/// A case (випадок, справа): one managed need of a person, a family or a group. It belongs to one organisation; partners never see a case, they see the referral and what it shares.
#[Object(directive = scope::apply("cases:read".to_owned()))]
impl Case {
    /// Global id.
    pub async fn id(&self) -> ID {
        Kind::Case.id(self.0.id)
    }

    /// Code that colleagues read to each other; random (код).
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// The organisation to which the case belongs (власник).
    async fn owner(&self, ctx: &Context<'_>) -> Result<Organization> {
        Organization::load(ctx, self.0.organization_id).await
    }

    /// The centre where it is worked on (центр).
    async fn centre(&self, ctx: &Context<'_>) -> Result<Option<Centre>> {
        Centre::maybe(ctx, self.0.centre_id).await
    }

    /// The territory of the person (територія).
    async fn territory(&self, ctx: &Context<'_>) -> Result<Territory> {
        Territory::load(ctx, &self.0.territory_code).await
    }

    /// The referral from which this case was opened; null without the scope referrals:read (скерування).
    async fn referral(&self, ctx: &Context<'_>) -> Result<Option<Referral>> {
        referral::maybe(ctx, self.0.referral_id).await
    }

    /// Whose need it is (суб'єкт).
    async fn subject_kind(&self) -> SubjectKind {
        self.0.subject_kind
    }

    /// People in the household or group (кількість осіб).
    async fn household_size(&self) -> Option<i32> {
        self.0.household_size
    }

    /// The person; null without the scope persons:read, and once it was erased (особа).
    async fn person(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        let session = Session::of(ctx);
        if !session.actor().holds(Scope::PersonsRead) || self.0.erased_at.is_some() {
            return Ok(None);
        }
        let id = self.0.person_id;
        let details = match session.actor().purpose {
            Some(_) => {
                let dossier = loaders::load(ctx, DossierOf(id)).await?;
                dossier.as_ref().map(|dossier| dossier.person()).transpose()?.flatten().cloned()
            }
            None => None,
        };
        Ok(Some(Person { id, details: details.unwrap_or_default() }))
    }

    /// The category that decides (основна категорія).
    async fn primary_category(&self) -> TargetCategory {
        self.0.primary_category
    }

    /// All categories, the primary one among them (категорії).
    async fn categories(&self) -> &[TargetCategory] {
        &self.0.categories
    }

    /// Factors of hardship; null without a purpose (чинники складних життєвих обставин).
    #[graphql(directive = pii::apply(FieldGroup::Sensitive))]
    async fn hardship_factors(&self, ctx: &Context<'_>) -> Result<Option<Vec<HardshipFactor>>> {
        let dossier = dossier(ctx, &self.0, "hardshipFactors").await?;
        Ok(dossier.map(|dossier| dossier.value(self.0.id, Slot::Factors)).transpose()?.flatten())
    }

    /// How the person came (шлях звернення).
    async fn intake_channel(&self) -> IntakeChannel {
        self.0.intake_channel
    }

    /// Help first, assessment later (екстрений випадок).
    async fn emergency(&self) -> bool {
        self.0.emergency
    }

    /// Threat to life or health, violence, abuse of a child: services may not be refused (ознака небезпеки).
    async fn safety_flag(&self) -> bool {
        self.0.safety_flag
    }

    /// Day of opening (дата відкриття).
    async fn opened_on(&self) -> Date {
        Date(self.0.opened_on)
    }

    /// Day of closing (дата закриття).
    async fn closed_on(&self) -> Option<Date> {
        self.0.closed_on.map(Date)
    }

    /// Day by which needs are to be assessed: 5 working days after intake (law); null for an emergency, where help comes first (строк оцінки).
    async fn assessment_due_on(&self) -> Option<Date> {
        self.0.assessment_due_on.map(Date)
    }

    /// Whether that day has passed without an assessment (строк оцінки минув).
    async fn assessment_overdue(&self, ctx: &Context<'_>) -> Result<bool> {
        let today = Session::of(ctx).db().clock().today();
        let waiting = matches!(self.0.status, CaseStatus::New | CaseStatus::Assessment) && self.0.assessed_on.is_none();
        Ok(waiting && self.0.assessment_due_on.is_some_and(|due| due < today))
    }

    /// State (стан).
    async fn status(&self) -> CaseStatus {
        self.0.status
    }

    /// Ground of a refusal (підстава відмови).
    async fn refusal_ground(&self) -> Option<CaseRefusalGround> {
        self.0.refusal_ground
    }

    /// Reason of closing (причина закриття).
    async fn close_reason(&self) -> Option<CaseCloseReason> {
        self.0.close_reason
    }

    /// The owner's own key of the case in another system (зовнішній ідентифікатор).
    async fn external_reference(&self) -> Option<&str> {
        self.0.external_reference.as_deref()
    }

    /// Assessments of needs, oldest first (оцінки потреб).
    async fn assessments(&self, ctx: &Context<'_>) -> Result<Vec<NeedsAssessment>> {
        let rows = loaders::list(ctx, AssessmentsOf(self.0.id)).await?;
        Ok(rows.into_iter().map(|row| NeedsAssessment { row, case: self.0.clone() }).collect())
    }

    /// Consents, oldest first (згоди).
    async fn consents(&self, ctx: &Context<'_>) -> Result<Vec<Consent>> {
        Ok(loaders::list(ctx, ConsentsOf(self.0.id)).await?.into_iter().map(Consent).collect())
    }

    /// Goals of the plan in force (план).
    async fn plan(&self, ctx: &Context<'_>) -> Result<Vec<PlanGoal>> {
        let rows = loaders::list(ctx, GoalsOf(self.0.id)).await?;
        Ok(rows.into_iter().map(|row| PlanGoal { row, case: self.0.clone() }).collect())
    }

    /// History, oldest first (історія).
    async fn timeline(&self, ctx: &Context<'_>) -> Result<Vec<CaseEvent>> {
        let rows = loaders::list(ctx, EventsOf(self.0.id)).await?;
        Ok(rows.into_iter().map(|row| CaseEvent { row, case: self.0.clone() }).collect())
    }

    /// Referrals sent from this case, or the one from which it was opened; null without the scope referrals:read (скерування).
    #[graphql(directive = fails::apply(page::FAULTS.to_vec()))]
    async fn referrals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; exactly one of first and last.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor before which the page ends.")] before: Option<String>,
    ) -> Result<Option<ReferralConnection>> {
        referral::of_case(ctx, self.0.id, page::ask(first, after, last, before)).await
    }

    /// When the person was erased: nobody can read it any more; null: it was not (дані особи знищено).
    async fn erased_at(&self) -> Option<DateTime> {
        self.0.erased_at.map(DateTime)
    }

    /// Which fields are hidden, and why; by the rule alone (приховані поля).
    async fn redactions(&self, ctx: &Context<'_>) -> Vec<Redaction> {
        let actor = Session::of(ctx).actor();
        if self.0.erased_at.is_some() {
            return HIDDEN.map(|field| Redaction::of(field, RedactionReason::Erased)).into();
        }
        let person = (!actor.holds(Scope::PersonsRead)).then(|| Redaction::of("person", RedactionReason::NotOwner));
        let missing = HIDDEN.into_iter().filter(|field| actor.purpose.is_none() && (*field != "person" || person.is_none()));
        let missing: Vec<_> = missing.map(|field| Redaction::of(field, RedactionReason::PurposeMissing)).collect();
        person.into_iter().chain(missing).collect()
    }

    /// Grows with each change; goes into `expectedVersion` (версія).
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// An assessment of needs (оцінка потреб).
#[derive(Clone)]
pub struct NeedsAssessment {
    row: model::Assessment,
    case: model::Case,
}

/// An assessment of needs (оцінка потреб).
#[Object]
impl NeedsAssessment {
    /// Opaque id.
    async fn id(&self) -> ID {
        Kind::Assessment.id(self.row.id)
    }

    /// What it is for (мета).
    async fn purpose(&self) -> AssessmentPurpose {
        self.row.purpose
    }

    /// Day of the assessment (дата).
    async fn assessed_on(&self) -> Date {
        Date(self.row.assessed_on)
    }

    /// How complex the case is (складність).
    async fn complexity(&self) -> CaseComplexity {
        self.row.complexity
    }

    /// Summary; null without a purpose (висновок).
    #[graphql(directive = pii::apply(FieldGroup::AssessmentSummary))]
    async fn summary(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        text(ctx, &self.case, self.row.id, Slot::Summary, "assessments.summary").await
    }
}

async fn text(
    ctx: &Context<'_>,
    case: &model::Case,
    object_id: Uuid,
    slot: Slot,
    field: &'static str,
) -> Result<Option<String>> {
    let dossier = dossier(ctx, case, field).await?;
    Ok(dossier.map(|dossier| dossier.text(object_id, slot)).transpose()?.flatten())
}

/// A goal of the plan (ціль плану).
#[derive(Clone)]
pub struct PlanGoal {
    row: model::Goal,
    case: model::Case,
}

/// A goal of the plan (ціль плану).
#[Object]
impl PlanGoal {
    /// Opaque id.
    async fn id(&self) -> ID {
        Kind::PlanGoal.id(self.row.id)
    }

    /// What is to be reached; null without a purpose (зміст цілі).
    #[graphql(directive = pii::apply(FieldGroup::AssessmentSummary))]
    async fn text(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        text(ctx, &self.case, self.row.id, Slot::Goal, "plan.text").await
    }

    /// The service that helps to reach it (послуга).
    async fn service(&self, ctx: &Context<'_>) -> Result<Option<ServiceType>> {
        match self.row.service_id {
            Some(id) => Ok(Some(ServiceType::load(ctx, id).await?)),
            None => Ok(None),
        }
    }

    /// Day by which it is to be reached (строк).
    async fn due_on(&self) -> Option<Date> {
        self.row.due_on.map(Date)
    }

    /// Day on which it was reached (досягнуто).
    async fn achieved_on(&self) -> Option<Date> {
        self.row.achieved_on.map(Date)
    }
}

/// A step of a case's history (подія).
#[derive(Clone)]
pub struct CaseEvent {
    row: model::Event,
    case: model::Case,
}

/// A step of a case's history (подія).
#[Object]
impl CaseEvent {
    /// When (коли).
    async fn at(&self) -> DateTime {
        DateTime(self.row.at)
    }

    /// State before; null at the opening (попередній стан).
    async fn from(&self) -> Option<CaseStatus> {
        self.row.from_status
    }

    /// State after (новий стан).
    async fn to(&self) -> CaseStatus {
        self.row.to_status
    }

    /// Why; null without a purpose (причина).
    #[graphql(directive = pii::apply(FieldGroup::Reason))]
    async fn reason(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        text(ctx, &self.case, self.row.id, Slot::Reason, "timeline.reason").await
    }

    /// Who (хто).
    async fn actor(&self) -> AuditActor {
        AuditActor {
            kind: self.row.actor_kind,
            organization_id: Some(self.row.organization_id),
            application_id: self.row.application_id,
        }
    }
}

/// A consent (згода): it names one receiver, one purpose and the groups of fields that may be shown.
#[derive(Clone)]
pub struct Consent(pub model::Consent);

/// A consent (згода): it names one receiver, one purpose and the groups of fields that may be shown.
#[Object(directive = scope::apply("cases:read".to_owned()))]
impl Consent {
    /// Global id.
    pub async fn id(&self) -> ID {
        Kind::Consent.id(self.0.id)
    }

    /// Who may see (отримувач).
    async fn receiver(&self, ctx: &Context<'_>) -> Result<Organization> {
        Organization::load(ctx, self.0.receiver_id).await
    }

    /// What for (мета).
    async fn purpose(&self) -> SharingPurpose {
        self.0.purpose
    }

    /// Groups of fields that may be shown (групи полів).
    async fn field_groups(&self) -> &[FieldGroup] {
        &self.0.grant.field_groups
    }

    /// Who gave it (ким надано).
    async fn given_by(&self) -> ConsentGiver {
        self.0.given_by
    }

    /// How it was given (спосіб).
    async fn method(&self) -> ConsentMethod {
        self.0.method
    }

    /// What proves it; for the owner of the case alone, null without a purpose (підтвердження).
    #[graphql(directive = pii::apply(FieldGroup::Reason))]
    async fn evidence(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let session = Session::of(ctx);
        if !session.actor().is(self.0.organization_id) || session.actor().purpose.is_none() {
            return Ok(None);
        }
        session.saw(ObjectType::Consent, self.0.id, "evidence");
        let dossier = loaders::load(ctx, DossierOf(self.0.person_id)).await?;
        Ok(dossier.map(|dossier| dossier.text(self.0.id, Slot::Evidence)).transpose()?.flatten())
    }

    /// When it was given (надано).
    async fn given_at(&self) -> DateTime {
        DateTime(self.0.given_at)
    }

    /// When it ends; a year after it was given unless it says earlier (діє до).
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.grant.expires_at)
    }

    /// When it was withdrawn (відкликано).
    async fn withdrawn_at(&self) -> Option<DateTime> {
        self.0.grant.withdrawn_at.map(DateTime)
    }

    /// Grows with each change (версія).
    async fn version(&self) -> i32 {
        self.0.version
    }
}
