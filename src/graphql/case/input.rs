//! Inputs about cases, persons and consents, and the commands that they become.

use crate::{
    base::words::{access::FieldGroup, case::*, organization::ContactChannel},
    case::{
        actions::Target,
        model::{Assess, Give, NewGoal, Open, Update},
        person::Draft,
    },
    graphql::{
        node::Kind,
        scalars::{Date, DateTime, Katottg},
    },
};
use async_graphql::{ID, InputObject, MaybeUndefined, Result};

/// What is told of a person. In an update an absent field stays, null clears.
#[derive(Clone, Debug, Default, InputObject)]
pub struct PersonInput {
    /// Family name, at most 100 characters (прізвище).
    pub family_name: MaybeUndefined<String>,
    /// Given name, at most 100 characters (ім'я).
    pub given_name: MaybeUndefined<String>,
    /// Patronymic, at most 100 characters (по батькові).
    pub patronymic: MaybeUndefined<String>,
    /// Date of birth, not in the future (дата народження).
    pub birth_date: MaybeUndefined<Date>,
    /// Sex (стать).
    pub sex: MaybeUndefined<Sex>,
    /// Ukrainian telephone in any usual form, such as "067-000-00-01" (телефон).
    pub phone: MaybeUndefined<String>,
    /// Address (адреса).
    pub address: MaybeUndefined<String>,
    /// Who cares for the person (законний представник, опікун).
    pub caregiver: MaybeUndefined<String>,
    /// Personal tax number; write-only: it finds the person again and is never shown (РНОКПП).
    pub tax_number: MaybeUndefined<String>,
    /// Which ways of contact are safe (безпечні способи зв'язку).
    pub safe_to_contact: MaybeUndefined<Vec<ContactChannel>>,
    /// What to mind when contacting the person (застереження щодо зв'язку).
    pub contact_restrictions: MaybeUndefined<String>,
}

/// An absent field stays, null clears.
pub(in crate::graphql) fn patch<T, U>(value: MaybeUndefined<T>, into: impl Fn(T) -> U) -> Option<Option<U>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(into(value))),
    }
}

impl From<PersonInput> for Draft {
    fn from(input: PersonInput) -> Self {
        let text = |value| patch(value, |text: String| text);
        Self {
            family_name: text(input.family_name),
            given_name: text(input.given_name),
            patronymic: text(input.patronymic),
            birth_date: patch(input.birth_date, |day| day.0),
            sex: patch(input.sex, |sex| sex),
            phone: text(input.phone),
            address: text(input.address),
            caregiver: text(input.caregiver),
            tax_number: text(input.tax_number),
            safe_to_contact: patch(input.safe_to_contact, |channels| channels),
            contact_restrictions: text(input.contact_restrictions),
        }
    }
}

/// `caseOpen`: a new case with its person.
#[derive(Clone, Debug, InputObject)]
pub struct CaseOpenInput {
    /// Key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same (ключ ідемпотентності).
    pub idempotency_key: String,
    /// The centre where it is worked on; one that the organisation runs or hosts (центр).
    pub centre_id: Option<ID>,
    /// The territory of the person; the centre's or the organisation's by default (територія).
    pub territory: Option<Katottg>,
    /// An accepted referral from which the receiver opens its own case: what may be seen is copied (скерування).
    pub referral_id: Option<ID>,
    /// Whose need it is (суб'єкт).
    #[graphql(default_with = "SubjectKind::Person")]
    pub subject_kind: SubjectKind,
    /// The person; an unknown child or an anonymous caller has no name (особа).
    pub person: Option<PersonInput>,
    /// People in the household or group, 1 to 100 (кількість осіб).
    pub household_size: Option<i32>,
    /// The category that decides (основна категорія).
    pub primary_category: TargetCategory,
    /// Other categories (інші категорії).
    pub categories: Option<Vec<TargetCategory>>,
    /// Factors of hardship (чинники складних життєвих обставин).
    pub hardship_factors: Option<Vec<HardshipFactor>>,
    /// How the person came (шлях звернення).
    pub intake_channel: IntakeChannel,
    /// Help first, assessment later (екстрений випадок).
    #[graphql(default = false)]
    pub emergency: bool,
    /// Threat to life or health, violence, abuse of a child (ознака небезпеки).
    #[graphql(default = false)]
    pub safety_flag: bool,
    /// Day of opening; today by default, never in the future (дата відкриття).
    pub opened_on: Option<Date>,
    /// Your own key of the case, unique in your organisation; no tax number, no telephone (зовнішній ідентифікатор).
    pub external_reference: Option<String>,
}

impl CaseOpenInput {
    pub fn command(self) -> Result<Open, crate::base::Error> {
        Ok(Open {
            centre_id: Kind::Centre.maybe(self.centre_id.as_ref(), "centreId")?,
            territory: self.territory.map(|code| code.0),
            subject_kind: self.subject_kind,
            person: self.person.unwrap_or_default().into(),
            household_size: self.household_size,
            primary_category: self.primary_category,
            categories: self.categories.unwrap_or_default(),
            factors: self.hardship_factors.unwrap_or_default(),
            intake_channel: self.intake_channel,
            emergency: self.emergency,
            safety_flag: self.safety_flag,
            opened_on: self.opened_on.map(|day| day.0),
            external_reference: self.external_reference,
        })
    }
}

/// Declares an input that names an object and the version that the caller has read.
macro_rules! step_input {
    ($(#[$about:meta])* $name:ident($kind:ident) { $($(#[$doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, InputObject)]
        pub struct $name {
            /// The object (об'єкт).
            pub id: ID,
            /// The version that you have read: VERSION_CONFLICT if it has changed since (очікувана версія).
            pub expected_version: i32,
            /// Key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same (ключ ідемпотентності).
            pub idempotency_key: Option<String>,
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $name {
            pub fn target(&self) -> $crate::base::Result<Target> {
                Ok(Target { id: Kind::$kind.key(&self.id, "id")?, expected_version: self.expected_version })
            }
        }
    };
}
pub(in crate::graphql) use step_input;

step_input! {
    /// `caseUpdate`: what is absent stays.
    CaseUpdateInput(Case) {
        /// The category that decides (основна категорія).
        primary_category: Option<TargetCategory>,
        /// The whole new list of categories (категорії).
        categories: Option<Vec<TargetCategory>>,
        /// The whole new list of factors (чинники).
        hardship_factors: Option<Vec<HardshipFactor>>,
        /// The safety flag; lowering it needs a reason (ознака небезпеки).
        safety_flag: Option<bool>,
        /// Why; required to lower the safety flag (причина).
        reason: Option<String>,
    }
}

impl CaseUpdateInput {
    pub fn command(self) -> Update {
        Update {
            primary_category: self.primary_category,
            categories: self.categories,
            factors: self.hardship_factors,
            safety_flag: self.safety_flag,
            reason: self.reason,
        }
    }
}

step_input! {
    /// `personUpdate`; id and expectedVersion are the case's.
    PersonUpdateInput(Case) {
        /// What is told anew (особа).
        person: PersonInput,
    }
}
step_input! {
    /// `caseBeginAssessment`.
    CaseBeginAssessmentInput(Case) {}
}
step_input! {
    /// `caseAssess`.
    CaseAssessInput(Case) {
        /// What the assessment is for (мета).
        purpose: AssessmentPurpose,
        /// Its day, not in the future (дата).
        assessed_on: Date,
        /// How complex the case is (складність).
        complexity: CaseComplexity,
        /// Summary; encrypted with the person's key (висновок).
        summary: Option<String>,
        /// The whole new list of factors (чинники).
        hardship_factors: Option<Vec<HardshipFactor>>,
        /// Raises the safety flag; to lower it use caseUpdate with a reason (ознака небезпеки).
        safety_flag: Option<bool>,
    }
}

impl CaseAssessInput {
    pub fn command(self) -> Assess {
        Assess {
            purpose: self.purpose,
            assessed_on: self.assessed_on.0,
            complexity: self.complexity,
            summary: self.summary,
            factors: self.hardship_factors,
            safety_flag: self.safety_flag,
        }
    }
}

step_input! {
    /// `caseDecide`.
    CaseDecideInput(Case) {
        /// Services are given or refused (рішення).
        decision: CaseDecision,
        /// Ground of a refusal (підстава відмови).
        refusal_ground: Option<CaseRefusalGround>,
        /// Day of the decision (дата рішення).
        decided_on: Date,
    }
}
step_input! {
    /// `casePlan`: the whole new plan.
    CasePlanInput(Case) {
        /// Its goals, 1 to 50 (цілі).
        goals: Vec<PlanGoalInput>,
    }
}

/// A goal of a plan (ціль плану).
#[derive(Clone, Debug, InputObject)]
pub struct PlanGoalInput {
    /// What is to be reached; encrypted with the person's key (зміст цілі).
    pub text: String,
    /// Code of the service that helps to reach it (код послуги).
    pub service_code: Option<String>,
    /// Day by which it is to be reached (строк).
    pub due_on: Option<Date>,
    /// Day on which it was reached, not in the future (досягнуто).
    pub achieved_on: Option<Date>,
}

impl From<PlanGoalInput> for NewGoal {
    fn from(input: PlanGoalInput) -> Self {
        Self {
            text: input.text,
            service_code: input.service_code,
            due_on: input.due_on.map(|day| day.0),
            achieved_on: input.achieved_on.map(|day| day.0),
        }
    }
}

step_input! {
    /// `caseActivate`.
    CaseActivateInput(Case) {}
}
step_input! {
    /// `caseSuspend`.
    CaseSuspendInput(Case) {
        /// Why; encrypted with the person's key (причина).
        reason: String,
    }
}
step_input! {
    /// `caseResume`.
    CaseResumeInput(Case) {}
}
step_input! {
    /// `caseClose`.
    CaseCloseInput(Case) {
        /// Why (причина закриття).
        close_reason: CaseCloseReason,
        /// Day of closing, between the opening and today (дата закриття).
        closed_on: Date,
    }
}
step_input! {
    /// `caseMarkError`.
    CaseMarkErrorInput(Case) {
        /// Why; encrypted with the person's key (причина).
        reason: String,
    }
}

/// `consentGive`: one receiver, one purpose, the groups of fields.
#[derive(Clone, Debug, InputObject)]
pub struct ConsentGiveInput {
    /// Key of this call, at most 128 characters (ключ ідемпотентності).
    pub idempotency_key: Option<String>,
    /// One's own open case (випадок).
    pub case_id: ID,
    /// Who may see (отримувач).
    pub receiver_id: ID,
    /// What for (мета).
    pub purpose: SharingPurpose,
    /// Groups of fields that may be shown; at least one (групи полів).
    pub field_groups: Vec<FieldGroup>,
    /// Who gives it; under 14 years the caregiver or the guardian (ким надано).
    pub given_by: ConsentGiver,
    /// How it is given (спосіб).
    pub method: ConsentMethod,
    /// When it was given; now by default (надано).
    pub given_at: Option<DateTime>,
    /// When it ends; at most a year after it was given, which is the default (діє до).
    pub expires_at: Option<DateTime>,
    /// What proves it; encrypted with the person's key (підтвердження).
    pub evidence: Option<String>,
    /// That the person was told who will see what, and why; must be true (роз'яснено).
    pub explained: bool,
}

impl ConsentGiveInput {
    pub fn command(self) -> Result<Give, crate::base::Error> {
        Ok(Give {
            case_id: Kind::Case.key(&self.case_id, "caseId")?,
            receiver_id: Kind::Organization.key(&self.receiver_id, "receiverId")?,
            purpose: self.purpose,
            field_groups: self.field_groups,
            given_by: self.given_by,
            method: self.method,
            given_at: self.given_at.map(|at| at.0),
            expires_at: self.expires_at.map(|at| at.0),
            evidence: self.evidence,
            explained: self.explained,
        })
    }
}

step_input! {
    /// `consentWithdraw`.
    ConsentWithdrawInput(Consent) {}
}
