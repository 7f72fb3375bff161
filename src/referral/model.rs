//! Rows of the slice and the commands that it takes. Nothing here can refuse.

use crate::{
    base::words::{access::FieldGroup, case::*, organization::Workload, referral::*},
    case::person::{Draft, Patch},
    db::schema,
    memorandum::standing::Pair,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};
use uuid::Uuid;

/// A referral at a glance: what nearly every list of them shows.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::referral, treat_none_as_null = true)]
pub struct Glance {
    pub id: Uuid,
    /// What people read to each other; random.
    pub number: String,
    pub sender_id: Uuid,
    pub receiver_id: Uuid,
    pub service_id: Uuid,
    pub territory_code: String,
    pub urgency: Urgency,
    pub status: ReferralStatus,
    pub status_reason: Option<ReferralReason>,
    pub outcome: Option<ReferralOutcome>,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub respond_by: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
    pub version: i32,
}

/// What of a referral's own row decides what is shown of its person, and who that is.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::referral, treat_none_as_null = true)]
pub struct Terms {
    pub legal_basis: LegalBasis,
    pub case_id: Option<Uuid>,
    pub person_id: Uuid,
    pub subject_kind: SubjectKind,
    /// As of the sending.
    pub minor: Option<bool>,
    /// Frozen at acceptance: the groups never grow after it.
    pub shared_groups: Option<Vec<FieldGroup>>,
    /// Last day on which the receiver may read the person after the end.
    pub retention_until: Option<NaiveDate>,
    /// When a person that was readable vanished, whatever the cause: the receiver must acknowledge it.
    pub redaction_requested_at: Option<DateTime<Utc>>,
    pub redaction_acknowledged_at: Option<DateTime<Utc>>,
    /// Chosen when it was sent, and fixed; none: no memorandum was needed.
    pub memorandum_id: Option<Uuid>,
    /// When the person was erased.
    pub erased_at: Option<DateTime<Utc>>,
}

/// A referral as it stands.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::referral, treat_none_as_null = true)]
pub struct Referral {
    #[diesel(embed)]
    pub glance: Glance,
    #[diesel(embed)]
    pub terms: Terms,
    pub sender_centre_id: Option<Uuid>,
    pub receiver_centre_id: Option<Uuid>,
    pub legal_ground: Option<String>,
    pub consent_id: Option<Uuid>,
    pub safety_flag: bool,
    pub parent_id: Option<Uuid>,
    pub replaces_id: Option<Uuid>,
    pub accepted_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
}

impl Deref for Referral {
    type Target = Glance;

    fn deref(&self) -> &Glance {
        &self.glance
    }
}

impl DerefMut for Referral {
    fn deref_mut(&mut self) -> &mut Glance {
        &mut self.glance
    }
}

impl Glance {
    /// On which side an organisation stands; a draft is not the receiver's yet.
    pub fn party(&self, organization_id: Uuid) -> Option<Party> {
        match organization_id {
            id if id == self.sender_id => Some(Party::Sender),
            id if id == self.receiver_id && self.sent_at.is_some() => Some(Party::Receiver),
            _ => None,
        }
    }

    /// Whose turn it is, while it is somebody's.
    pub fn turn_of(&self) -> Option<Uuid> {
        use ReferralStatus::*;
        match self.status {
            Draft => Some(self.sender_id),
            Sent | Received | Accepted | InProgress | OnHold => Some(self.receiver_id),
            _ => None,
        }
    }

    /// Whether the answer is late: SENT or RECEIVED after `respond_by`.
    pub fn overdue(&self, now: DateTime<Utc>) -> bool {
        let waiting = matches!(self.status, ReferralStatus::Sent | ReferralStatus::Received);
        waiting && self.respond_by.is_some_and(|by| by < now)
    }

    /// When an organisation saw it first: the sender its creation, the receiver its sending.
    pub fn seen_at(&self, organization_id: Uuid) -> DateTime<Utc> {
        match self.sent_at {
            Some(sent_at) if organization_id == self.receiver_id => sent_at,
            _ => self.created_at,
        }
    }
}

impl Referral {
    /// The two sides under a memorandum; none where none was needed.
    pub fn pair(&self) -> Option<Pair> {
        Some(Pair { memorandum_id: self.terms.memorandum_id?, one: self.sender_id, other: self.receiver_id })
    }

    /// Whether its state lets the receiver read who the person is.
    pub fn opens(&self) -> bool {
        self.terms.open(self.status)
    }
}

impl Terms {
    /// Whether a state lets the receiver read who the person is; consent and memorandum are asked besides.
    pub fn open(&self, status: ReferralStatus) -> bool {
        use ReferralStatus::*;
        match status {
            Accepted | InProgress | OnHold | Completed | NotCompleted => true,
            // Acknowledging a notification is the accountable act.
            Received => self.legal_basis != LegalBasis::Consent,
            Draft | Sent | Declined | Cancelled | EnteredInError => false,
        }
    }

    /// Whether the receiver still has to acknowledge that a person vanished.
    pub fn redaction_pending(&self) -> bool {
        self.redaction_requested_at.is_some() && self.redaction_acknowledged_at.is_none()
    }
}

/// One step of the shared history; its note is sealed.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::referral_event)]
pub struct Event {
    pub id: Uuid,
    pub referral_id: Uuid,
    pub at: DateTime<Utc>,
    pub from_status: Option<ReferralStatus>,
    pub to_status: ReferralStatus,
    pub reason: Option<ReferralReason>,
    /// None: the server, when a time had come.
    pub organization_id: Option<Uuid>,
    pub version: i32,
}

/// A clock of a referral (строк): how long one phase may take. All belong to the receiver, whose turn it is while they run.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::referral_clock)]
pub struct ReferralClock {
    pub referral_id: Uuid,
    pub phase: ClockPhase,
    pub owner_id: Uuid,
    pub started_at: DateTime<Utc>,
    /// As of the last moment at which it ran: a pause moves it when the pause ends.
    pub due_at: DateTime<Utc>,
    /// It waits since then; it stays if the clock stopped during the pause.
    pub paused_at: Option<DateTime<Utc>>,
    pub stopped_at: Option<DateTime<Utc>>,
    /// When its breach was published, once.
    pub breached_at: Option<DateTime<Utc>>,
}

/// Who is referred.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A case of one's own.
    Case(Uuid),
    /// A person without a case.
    Person(Box<Draft>),
}

/// `referralCreate`.
#[derive(Clone, Debug)]
pub struct Create {
    pub subject: Subject,
    pub receiver_id: Uuid,
    pub sender_centre_id: Option<Uuid>,
    pub receiver_centre_id: Option<Uuid>,
    pub service_code: String,
    pub territory: Option<String>,
    pub urgency: Urgency,
    pub legal_basis: LegalBasis,
    pub legal_ground: Option<String>,
    pub justification: Option<String>,
    pub disclosed_factors: Vec<HardshipFactor>,
    pub safety_flag: bool,
    pub consent_id: Option<Uuid>,
    pub reason: Option<String>,
    pub replaces_id: Option<Uuid>,
    pub parent_id: Option<Uuid>,
    pub send: bool,
}

/// `referralUpdate`: what is absent stays, null clears.
#[derive(Clone, Debug, Default)]
pub struct Update {
    pub receiver_centre_id: Patch<Uuid>,
    pub service_code: Option<String>,
    pub territory: Option<String>,
    pub urgency: Option<Urgency>,
    pub legal_basis: Option<LegalBasis>,
    pub legal_ground: Patch<String>,
    pub justification: Patch<String>,
    pub disclosed_factors: Patch<Vec<HardshipFactor>>,
    pub consent_id: Patch<Uuid>,
    pub reason: Patch<String>,
}

/// What a list of referrals is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub direction: Option<Direction>,
    pub status: Vec<ReferralStatus>,
    pub urgency: Vec<Urgency>,
    pub overdue: Option<bool>,
    pub turn_of_me: Option<bool>,
    pub redaction_pending: Option<bool>,
    pub service_id: Option<Uuid>,
    pub counterparty_id: Option<Uuid>,
    pub centre_id: Option<Uuid>,
    pub case_id: Option<Uuid>,
    pub number: Option<String>,
    pub legal_basis: Option<LegalBasis>,
    pub outcome: Option<ReferralOutcome>,
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub updated_from: Option<DateTime<Utc>>,
    pub updated_to: Option<DateTime<Utc>>,
}

/// What age band, sex and target group were at the sending: shown before acceptance where the consent names DEMOGRAPHICS.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Demographics {
    pub age_band: AgeBand,
    pub sex: Option<Sex>,
    pub target_group: Option<TargetGroup>,
}

/// What is sealed about the subject of a referral, by what is asked for together (частини відомостей).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Person,
    Factors,
    /// Why it is asked for, and why without consent.
    Words,
    /// On its steps.
    Notes,
    /// Of the latest assessment.
    Summary,
    /// Before acceptance.
    Preview,
}

impl Part {
    pub const ALL: [Self; 6] = [Self::Person, Self::Factors, Self::Words, Self::Notes, Self::Summary, Self::Preview];

    pub const fn slots(self) -> &'static [Slot] {
        match self {
            Self::Person => &[Slot::Person],
            Self::Factors => &[Slot::Factors, Slot::Disclosed],
            Self::Words => &[Slot::Reason, Slot::Justification],
            Self::Notes => &[Slot::Note],
            Self::Summary => &[Slot::Summary],
            Self::Preview => &[Slot::Demographics],
        }
    }
}

/// Several parts, or none: what a referral stands on comes in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Parts(u8);

impl Parts {
    pub const NONE: Self = Self(0);

    pub fn all(self) -> impl Iterator<Item = Part> {
        Part::ALL.into_iter().filter(move |part| self.hold((*part).into()))
    }

    /// Whether others are among them.
    pub const fn hold(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

impl From<Part> for Parts {
    fn from(part: Part) -> Self {
        Self(1 << part as u8)
    }
}

impl<T: Into<Self>> FromIterator<T> for Parts {
    fn from_iter<I: IntoIterator<Item = T>>(parts: I) -> Self {
        parts.into_iter().fold(Self::NONE, |all, more| Self(all.0 | more.into().0))
    }
}

/// What everyone may know of how a receiver works; of one with fewer than ten answers in the last 180 days, nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    pub workload: Workload,
    /// Hours from the sending to the first answer, yes or no: the median of the last 180 days up to yesterday, on a coarse ladder.
    pub median_hours_to_respond: Option<f64>,
}

/// A referral, as much of it as was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    Glance(Glance),
    Whole(Arc<Referral>),
}

impl Found {
    /// One that came by itself.
    pub fn whole(row: Arc<Referral>) -> Arc<Self> {
        Arc::new(Self::Whole(row))
    }

    pub fn glance(&self) -> &Glance {
        match self {
            Self::Glance(glance) => glance,
            Self::Whole(row) => &row.glance,
        }
    }
}
