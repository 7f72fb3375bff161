//! What a party may know of the person: one pure function that every output calls. It decides by the rule alone and
//! never looks at a value, so that what it says cannot betray whether there is one.

use super::model::Referral;
use crate::{
    base::words::{
        access::{FieldGroup as Group, RedactionReason as Why},
        referral::{LegalBasis, Party, ReferralStatus as Status},
    },
    case::{consent::Standing, model::Consent},
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
    /// Groups that the consent names, never more than at acceptance.
    groups: Vec<Group>,
    purpose_named: bool,
}

impl Sharing {
    pub fn of(referral: &Referral, party: Party, consent: Option<&Consent>, purpose_named: bool, now: DateTime<Utc>) -> Self {
        let named = consent.map_or(&[][..], |consent| &consent.field_groups);
        let frozen = referral.shared_groups.as_deref();
        let groups = named.iter().copied().filter(|group| frozen.is_none_or(|frozen| frozen.contains(group))).collect();
        let stage = if party == Party::Sender { Stage::Own } else { stage(referral, consent, now) };
        Self { stage, basis: referral.legal_basis, groups, purpose_named }
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

    /// Age band, sex and target group: before acceptance already, where the consent names DEMOGRAPHICS.
    pub fn preview(&self) -> Result<(), Why> {
        match self.stage {
            Stage::Preview if self.groups.contains(&Group::Demographics) => self.with_purpose(),
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
        let (open, why) = match self.basis {
            LegalBasis::Consent => (self.groups.contains(&group), Why::OutsideConsent),
            LegalBasis::LawNotification | LegalBasis::VitalInterest => (BY_LAW.contains(&group), Why::OutsideLegalBasis),
        };
        if open { self.with_purpose() } else { Err(why) }
    }

    fn with_purpose(&self) -> Result<(), Why> {
        if self.purpose_named { Ok(()) } else { Err(Why::PurposeMissing) }
    }
}

fn stage(referral: &Referral, consent: Option<&Consent>, now: DateTime<Utc>) -> Stage {
    let by_consent = referral.legal_basis == LegalBasis::Consent;
    let ended = by_consent && consent.is_none_or(|consent| consent.standing(now) != Standing::Active);
    match referral.status {
        Status::EnteredInError => Stage::Shut(Why::EnteredInError),
        Status::Draft => Stage::Shut(Why::BeforeAcceptance),
        _ if ended => Stage::Shut(Why::ConsentWithdrawn),
        Status::Declined | Status::Cancelled => Stage::Shut(Why::AfterEnd),
        Status::Sent => Stage::Preview,
        // Acknowledging a notification is the accountable act.
        Status::Received if by_consent => Stage::Preview,
        Status::Received | Status::Accepted | Status::InProgress | Status::OnHold => Stage::Open,
        Status::Completed | Status::NotCompleted => {
            let today = crate::base::clock::day(now);
            if referral.retention_until.is_some_and(|until| today <= until) {
                Stage::Open
            } else {
                Stage::Shut(Why::RetentionEnded)
            }
        }
    }
}

/// The groups that acceptance freezes.
pub fn frozen(referral: &Referral, consent: Option<&Consent>) -> Vec<Group> {
    match (referral.legal_basis, consent) {
        (LegalBasis::Consent, Some(consent)) => consent.field_groups.clone(),
        (LegalBasis::Consent, None) => Vec::new(),
        _ => BY_LAW.to_vec(),
    }
}

/// The fields of `SharedSubject` under their rule, with their names in the SDL.
pub const SUBJECT_FIELDS: [(&str, Rule); 17] = [
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
    ("hardshipFactors", Rule::Group(Group::Reason)),
    ("sensitiveFactors", Rule::SensitiveFactors),
];

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
