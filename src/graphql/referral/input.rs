//! Inputs about referrals, and the commands that they become.

use super::candidate::{Search, Service};
use crate::{
    base::{
        Error,
        words::{case::HardshipFactor, referral::*},
    },
    case::actions::Target,
    graphql::{
        case::{PersonInput, patch, step_input},
        node::Kind,
        scalars::Katottg,
    },
    referral::{
        model::{Create, Subject, Update},
        onward::Onward,
    },
};
use async_graphql::{ID, InputObject, MaybeUndefined, OneofObject};

/// Who is referred; give exactly one member (@oneOf): a case of one's own, or (school, police, with LAW_NOTIFICATION or VITAL_INTEREST) a person without a case.
#[derive(Clone, Debug, OneofObject)]
#[allow(clippy::large_enum_variant)] // OneofObject takes no Box, and one lives as long as one call.
pub enum ReferralSubjectInput {
    /// One's own open case (випадок).
    CaseId(ID),
    /// A person without a case (особа).
    Person(PersonInput),
}

/// `referralCreate`: a draft, or at once sent.
#[derive(Clone, Debug, InputObject)]
pub struct ReferralCreateInput {
    /// Key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same (ключ ідемпотентності).
    pub idempotency_key: String,
    /// Who is referred (особа).
    pub subject: ReferralSubjectInput,
    /// Who is to help: an active organisation that offers the service (отримувач).
    pub receiver_id: ID,
    /// The sender's centre; one that the sender runs or hosts (центр, що скеровує).
    pub sender_centre_id: Option<ID>,
    /// The receiver's centre; one that the receiver runs or hosts (центр, що приймає).
    pub receiver_centre_id: Option<ID>,
    /// Code of the service (код послуги).
    pub service_code: String,
    /// The person's hromada; the case's by default (громада).
    pub territory: Option<Katottg>,
    /// How soon help is needed (терміновість).
    #[graphql(default_with = "Urgency::Normal")]
    pub urgency: Urgency,
    /// The ground on which the person's data is passed on (правова підстава).
    #[graphql(default_with = "LegalBasis::Consent")]
    pub legal_basis: LegalBasis,
    /// Act and article; demanded without consent (норма закону).
    pub legal_ground: Option<String>,
    /// Why data is passed on without consent; demanded there (обґрунтування).
    pub justification: Option<String>,
    /// Factors that are told without consent (розкриті чинники).
    pub disclosed_factors: Option<Vec<HardshipFactor>>,
    /// Danger to life or health; for a person without a case, otherwise the case's own flag counts (ознака небезпеки).
    #[graphql(default = false)]
    pub safety_flag: bool,
    /// An active consent of the case that names this receiver (згода).
    pub consent_id: Option<ID>,
    /// Why help is sought; encrypted with the person's key (причина звернення).
    pub reason: Option<String>,
    /// One's own earlier attempt that came to nothing (замінює).
    pub replaces_id: Option<ID>,
    /// Sends at once (надіслати одразу).
    #[graphql(default = false)]
    pub send: bool,
}

impl ReferralCreateInput {
    /// Whom to look for, should routing refuse.
    pub fn search(&self) -> Option<Search> {
        let case_id = match &self.subject {
            ReferralSubjectInput::CaseId(id) => Some(Kind::Case.key(id, "").ok()?),
            ReferralSubjectInput::Person(_) => None,
        };
        let sender_centre_id = Kind::Centre.maybe(self.sender_centre_id.as_ref(), "").ok()?;
        let territory = self.territory.as_ref().map(|code| code.0.clone());
        let instead = Search::instead(case_id, Service::Code(self.service_code.clone()), self.urgency);
        Some(Search { territory, sender_centre_id, ..instead })
    }

    pub fn command(self) -> Result<Create, Error> {
        Ok(Create {
            subject: match self.subject {
                ReferralSubjectInput::CaseId(id) => Subject::Case(Kind::Case.key(&id, "subject.caseId")?),
                ReferralSubjectInput::Person(person) => Subject::Person(Box::new(person.into())),
            },
            receiver_id: Kind::Organization.key(&self.receiver_id, "receiverId")?,
            sender_centre_id: Kind::Centre.maybe(self.sender_centre_id.as_ref(), "senderCentreId")?,
            receiver_centre_id: Kind::Centre.maybe(self.receiver_centre_id.as_ref(), "receiverCentreId")?,
            service_code: self.service_code,
            territory: self.territory.map(|code| code.0),
            urgency: self.urgency,
            legal_basis: self.legal_basis,
            legal_ground: self.legal_ground,
            justification: self.justification,
            disclosed_factors: self.disclosed_factors.unwrap_or_default(),
            safety_flag: self.safety_flag,
            consent_id: Kind::Consent.maybe(self.consent_id.as_ref(), "consentId")?,
            reason: self.reason,
            replaces_id: Kind::Referral.maybe(self.replaces_id.as_ref(), "replacesId")?,
            parent_id: None,
            send: self.send,
        })
    }
}

step_input! {
    /// `referralUpdate`: drafts only; what is absent stays, null clears. Another receiver is another draft.
    ReferralUpdateInput(Referral) {
        /// The receiver's centre (центр, що приймає).
        receiver_centre_id: MaybeUndefined<ID>,
        /// Code of the service (код послуги).
        service_code: Option<String>,
        /// The person's hromada (громада).
        territory: Option<Katottg>,
        /// How soon help is needed (терміновість).
        urgency: Option<Urgency>,
        /// The ground on which the person's data is passed on (правова підстава).
        legal_basis: Option<LegalBasis>,
        /// Act and article (норма закону).
        legal_ground: MaybeUndefined<String>,
        /// Why data is passed on without consent (обґрунтування).
        justification: MaybeUndefined<String>,
        /// Factors that are told without consent (розкриті чинники).
        disclosed_factors: MaybeUndefined<Vec<HardshipFactor>>,
        /// A consent of the case that names the receiver (згода).
        consent_id: MaybeUndefined<ID>,
        /// Why help is sought (причина звернення).
        reason: MaybeUndefined<String>,
    }
}

impl ReferralUpdateInput {
    pub fn command(self) -> Result<Update, Error> {
        let key =
            |kind: Kind, id: MaybeUndefined<ID>, field| patch(id, |id| id).map(|id| kind.maybe(id.as_ref(), field)).transpose();
        Ok(Update {
            receiver_centre_id: key(Kind::Centre, self.receiver_centre_id, "receiverCentreId")?,
            service_code: self.service_code,
            territory: self.territory.map(|code| code.0),
            urgency: self.urgency,
            legal_basis: self.legal_basis,
            legal_ground: patch(self.legal_ground, |text| text),
            justification: patch(self.justification, |text| text),
            disclosed_factors: patch(self.disclosed_factors, |factors| factors),
            consent_id: key(Kind::Consent, self.consent_id, "consentId")?,
            reason: patch(self.reason, |text| text),
        })
    }
}

step_input! {
    /// `referralSend`.
    ReferralSendInput(Referral) {}
}
step_input! {
    /// `referralAcknowledge`.
    ReferralAcknowledgeInput(Referral) {}
}
step_input! {
    /// `referralAccept`.
    ReferralAcceptInput(Referral) {
        /// The receiver's centre that takes the person (центр, що приймає).
        receiver_centre_id: Option<ID>,
        /// Note to the other party; encrypted with the person's key (нотатка).
        note: Option<String>,
    }
}
step_input! {
    /// `referralDecline`.
    ReferralDeclineInput(Referral) {
        /// NOT_ELIGIBLE, NO_CAPACITY, OUT_OF_AREA, SERVICE_NOT_PROVIDED, DUPLICATE, INSUFFICIENT_INFORMATION or OTHER (причина).
        reason: ReferralReason,
        /// Note to the other party (нотатка).
        note: Option<String>,
    }
}
step_input! {
    /// `referralStart`.
    ReferralStartInput(Referral) {
        /// Note to the other party (нотатка).
        note: Option<String>,
    }
}
step_input! {
    /// `referralHold`.
    ReferralHoldInput(Referral) {
        /// WAITING_LIST, CLIENT_UNAVAILABLE, AWAITING_DOCUMENTS or SECURITY_SITUATION (причина).
        reason: ReferralReason,
        /// Note to the other party (нотатка).
        note: Option<String>,
    }
}
step_input! {
    /// `referralResume`.
    ReferralResumeInput(Referral) {
        /// Note to the other party (нотатка).
        note: Option<String>,
    }
}
step_input! {
    /// `referralComplete`.
    ReferralCompleteInput(Referral) {
        /// SERVICE_PROVIDED or PARTIALLY_PROVIDED; REFERRED_ONWARD is what referralReferOnward sets (результат).
        outcome: ReferralOutcome,
        /// Note to the other party (нотатка).
        note: Option<String>,
    }
}
step_input! {
    /// `referralNotComplete`.
    ReferralNotCompleteInput(Referral) {
        /// NO_SHOW, UNREACHABLE, CLIENT_DECLINED, MOVED, DECEASED or OTHER (причина).
        reason: ReferralReason,
        /// Note to the other party (нотатка).
        note: Option<String>,
    }
}
step_input! {
    /// `referralCancel`.
    ReferralCancelInput(Referral) {
        /// CONSENT_WITHDRAWN, CONSENT_EXPIRED, NEED_CEASED, SENT_BY_MISTAKE, PROVIDER_CLOSED or OTHER (причина).
        reason: ReferralReason,
        /// Note to the other party (нотатка).
        note: Option<String>,
    }
}
step_input! {
    /// `referralMarkError`.
    ReferralMarkErrorInput(Referral) {
        /// SENT_BY_MISTAKE, DUPLICATE or OTHER (причина).
        reason: ReferralReason,
    }
}
step_input! {
    /// `referralReferOnward`: completes this referral and sends a child of the receiver's own case.
    ReferralReferOnwardInput(Referral) {
        /// One's own case that was opened from this referral (випадок).
        case_id: ID,
        /// Who is to help next (наступний отримувач).
        receiver_id: ID,
        /// That receiver's centre (його центр).
        receiver_centre_id: Option<ID>,
        /// Code of the service (код послуги).
        service_code: String,
        /// A consent of one's own case that names the next receiver (згода).
        consent_id: ID,
        /// Why help is sought (причина звернення).
        reason: Option<String>,
    }
}

impl ReferralReferOnwardInput {
    /// Whom to look for, should routing refuse.
    pub fn search(&self) -> Option<Search> {
        let case_id = Kind::Case.key(&self.case_id, "").ok()?;
        Some(Search::instead(Some(case_id), Service::Code(self.service_code.clone()), Urgency::Normal))
    }

    pub fn command(self) -> Result<Onward, Error> {
        Ok(Onward {
            case_id: Kind::Case.key(&self.case_id, "caseId")?,
            receiver_id: Kind::Organization.key(&self.receiver_id, "receiverId")?,
            receiver_centre_id: Kind::Centre.maybe(self.receiver_centre_id.as_ref(), "receiverCentreId")?,
            service_code: self.service_code,
            consent_id: Kind::Consent.key(&self.consent_id, "consentId")?,
            reason: self.reason,
        })
    }
}
step_input! {
    /// `referralRedactionAcknowledge`.
    ReferralRedactionAcknowledgeInput(Referral) {}
}
