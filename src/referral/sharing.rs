//! What a party may know of the person: one pure function that every output calls. It decides by the rule alone and
//! never looks at a value, so that what it says cannot betray whether there is one.

use super::model::{Glance, Terms};
use crate::{
    base::words::{
        access::{FieldGroup as Group, RedactionReason as Why},
        referral::{LegalBasis, Party, ReferralReason as Reason, ReferralStatus as Status},
    },
    case::{consent::Standing, model::Grant},
    memorandum::standing::Agreement,
};
use chrono::{DateTime, Utc};

/// What the law opens where there is no consent.
const BY_LAW: [Group; 5] = [Group::Demographics, Group::Contact, Group::Address, Group::Caregiver, Group::Reason];

/// How far the viewer has come with this referral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// One's own person.
    Own,
    /// Sent, not yet taken: the preview alone.
    Preview,
    /// Taken, or within the days of retention.
    Open,
    /// Nothing more.
    Shut(Why),
}

/// The facts that decide, for one viewer of one referral at one moment.
#[derive(Clone, Debug)]
pub struct Sharing {
    stage: Stage,
    basis: LegalBasis,
    /// Groups that the consent names.
    consented: Vec<Group>,
    /// Groups that the memorandum shares today, never more than at acceptance; none: no memorandum was needed.
    agreed: Option<Vec<Group>>,
    purpose_named: bool,
}

/// What a referral stands on today.
#[derive(Clone, Copy, Debug)]
pub struct Footing<'a> {
    pub terms: &'a Terms,
    pub consent: Option<&'a Grant>,
    /// Of the memorandum under which it was sent, or its renewal.
    pub agreement: Option<&'a Agreement>,
}

impl Sharing {
    pub fn of(referral: &Glance, party: Party, on: Footing<'_>, purpose_named: bool, now: DateTime<Utc>) -> Self {
        let frozen = |group: &Group| on.terms.shared_groups.as_deref().is_none_or(|frozen| frozen.contains(group));
        let within = |groups: &[Group]| groups.iter().copied().filter(frozen).collect();
        let named = on.consent.map_or(&[][..], |consent| &consent.field_groups);
        let policy = on.agreement.map_or(&[][..], |agreement| &agreement.policy.field_groups);
        // What was frozen is what both had in common: under a memorandum it bounds the memorandum, so that each says for itself.
        let agreed = on.terms.memorandum_id.map(|_| within(policy));
        let consented = if agreed.is_some() { named.to_vec() } else { within(named) };
        let stage = match (on.terms.erased_at, party) {
            (Some(_), _) => Stage::Shut(Why::Erased),
            (None, Party::Sender) => Stage::Own,
            (None, Party::Receiver) => stage(referral, on, now),
        };
        Self { stage, basis: on.terms.legal_basis, consented, agreed, purpose_named }
    }

    /// Whether a field of this group is shown, or why not.
    pub fn group(&self, group: Group) -> Result<(), Why> {
        match self.stage {
            Stage::Shut(why) => Err(why),
            Stage::Preview => Err(Why::BeforeAcceptance),
            Stage::Own => self.with_purpose(),
            Stage::Open => self.within(group),
        }
    }

    /// Age band, sex and target group: before acceptance already, where consent and memorandum name DEMOGRAPHICS.
    pub fn preview(&self) -> Result<(), Why> {
        match self.stage {
            Stage::Preview if self.named(Group::Demographics).is_ok() => self.with_purpose(),
            _ => self.group(Group::Demographics),
        }
    }

    /// Sensitive factors: where the consent names SENSITIVE, and without consent those that the sender has disclosed.
    pub fn sensitive_factors(&self) -> Result<(), Why> {
        match self.stage {
            Stage::Open if self.basis != LegalBasis::Consent => self.with_purpose(),
            _ => self.group(Group::Sensitive),
        }
    }

    fn within(&self, group: Group) -> Result<(), Why> {
        match self.basis {
            LegalBasis::Consent => self.named(group)?,
            LegalBasis::LawNotification | LegalBasis::VitalInterest if BY_LAW.contains(&group) => {}
            LegalBasis::LawNotification | LegalBasis::VitalInterest => return Err(Why::OutsideLegalBasis),
        }
        self.with_purpose()
    }

    /// Whether consent and memorandum both name a group: what is shared is what they have in common.
    fn named(&self, group: Group) -> Result<(), Why> {
        match &self.agreed {
            _ if !self.consented.contains(&group) => Err(Why::OutsideConsent),
            Some(agreed) if !agreed.contains(&group) => Err(Why::OutsideMemorandum),
            _ => Ok(()),
        }
    }

    fn with_purpose(&self) -> Result<(), Why> {
        if self.purpose_named { Ok(()) } else { Err(Why::PurposeMissing) }
    }
}

fn stage(referral: &Glance, on: Footing<'_>, now: DateTime<Utc>) -> Stage {
    let terms = on.terms;
    let by_consent = terms.legal_basis == LegalBasis::Consent;
    let ended = by_consent && on.consent.is_none_or(|consent| consent.standing(now) != Standing::Active);
    let under = terms.memorandum_id.is_some();
    let unbound = under && on.agreement.is_none_or(|agreement| !agreement.in_force());
    let lapsed = under && on.agreement.is_none_or(|agreement| agreement.lapsed(now));
    let hidden = terms.redaction_requested_at.is_some();
    match referral.status {
        Status::EnteredInError => Stage::Shut(Why::EnteredInError),
        Status::Draft => Stage::Shut(Why::BeforeAcceptance),
        _ if ended => Stage::Shut(Why::ConsentWithdrawn),
        Status::Cancelled if referral.status_reason == Some(Reason::MemorandumEnded) => Stage::Shut(Why::MemorandumEnded),
        Status::Declined | Status::Cancelled => Stage::Shut(Why::AfterEnd),
        Status::Sent | Status::Received if unbound => Stage::Shut(Why::MemorandumEnded),
        Status::Sent => Stage::Preview,
        Status::Received if !terms.open(referral.status) => Stage::Preview,
        Status::Received => Stage::Open,
        Status::Accepted | Status::InProgress | Status::OnHold if lapsed || hidden => Stage::Shut(Why::MemorandumEnded),
        Status::Accepted | Status::InProgress | Status::OnHold => Stage::Open,
        Status::Completed | Status::NotCompleted => {
            let today = crate::base::clock::day(now);
            if !hidden && terms.retention_until.is_some_and(|until| today <= until) {
                Stage::Open
            } else {
                Stage::Shut(Why::RetentionEnded)
            }
        }
    }
}

/// The groups that acceptance freezes.
pub fn frozen(on: Footing<'_>) -> Vec<Group> {
    let shared = |group: &Group| {
        on.terms.memorandum_id.is_none() || on.agreement.is_some_and(|agreement| agreement.policy.field_groups.contains(group))
    };
    match (on.terms.legal_basis, on.consent) {
        (LegalBasis::Consent, Some(consent)) => consent.field_groups.iter().copied().filter(shared).collect(),
        (LegalBasis::Consent, None) => Vec::new(),
        _ => BY_LAW.to_vec(),
    }
}

/// The fields of `SharedSubject` under their rule, with their names in the SDL.
pub const SUBJECT_FIELDS: [(&str, Rule); 18] = [
    ("ageBand", Rule::Preview),
    ("birthDate", Rule::Group(Group::Demographics)),
    ("sex", Rule::Preview),
    ("targetGroup", Rule::Preview),
    ("primaryCategory", Rule::Group(Group::Sensitive)),
    ("householdSize", Rule::Group(Group::Demographics)),
    ("familyName", Rule::Group(Group::Contact)),
    ("givenName", Rule::Group(Group::Contact)),
    ("patronymic", Rule::Group(Group::Contact)),
    ("phone", Rule::Group(Group::Contact)),
    ("safeToContact", Rule::Group(Group::Contact)),
    ("contactRestrictions", Rule::Group(Group::Contact)),
    ("address", Rule::Group(Group::Address)),
    ("caregiver", Rule::Group(Group::Caregiver)),
    ("assessmentSummary", Rule::Group(Group::AssessmentSummary)),
    ("servicesHistory", Rule::Group(Group::ServicesHistory)),
    ("hardshipFactors", Rule::Group(Group::Reason)),
    ("sensitiveFactors", Rule::SensitiveFactors),
];

/// The texts of a referral, under their rule.
const TEXT_FIELDS: [&str; 3] = ["reason", "justification", "timeline.note"];

/// Every field of a referral that holds personal data, by its way from the referral on, with its rule: what is not here is
/// shown to nobody (a test walks the schema).
pub fn fields() -> impl Iterator<Item = (String, Rule)> {
    let subject = SUBJECT_FIELDS.iter().map(|(field, rule)| (format!("subject.{field}"), *rule));
    subject.chain(TEXT_FIELDS.iter().map(|field| ((*field).to_owned(), Rule::Group(Group::Reason))))
}

impl Rule {
    /// The group to which the field belongs.
    pub const fn group(self) -> Group {
        match self {
            Self::Group(group) => group,
            Self::Preview => Group::Demographics,
            Self::SensitiveFactors => Group::Sensitive,
        }
    }
}

/// Which question to [`Sharing`] decides about a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Group(Group),
    Preview,
    SensitiveFactors,
}

impl Sharing {
    /// Whether a field under this rule is shown, or why not.
    pub fn decide(&self, rule: Rule) -> Result<(), Why> {
        match rule {
            Rule::Group(group) => self.group(group),
            Rule::Preview => self.preview(),
            Rule::SensitiveFactors => self.sensitive_factors(),
        }
    }
}
