//! To whom a person may be sent: the one place that decides, asked when a referral is sent, inside that transaction.
//! Pure. Until memoranda decide, a receiver is any active organisation that offers the service and takes people.

use crate::{
    base::{
        Error, Refusal, Result,
        error::{Refusals, UserErrorCode},
        words::{
            organization::{Capacity, OrganizationKind},
            referral::{LegalBasis, Urgency},
        },
    },
    case::{consent::Standing, model::Consent},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What decides about a receiver.
#[derive(Clone, Debug)]
pub struct Receiver {
    pub id: Uuid,
    pub kind: OrganizationKind,
    pub active: bool,
    pub territory_code: Option<String>,
    /// What it says of the service, as it counts now; empty where it does not offer it.
    pub capacities: Vec<Capacity>,
}

/// Why a referral cannot go this way: all the reasons.
pub fn blocks(receiver: &Receiver, urgency: Urgency) -> Vec<Refusal> {
    let mut found = Vec::new();
    if !receiver.active {
        found.push(Refusal::new(UserErrorCode::OrganizationInactive, "receiverId", "The receiver has ceased its work."));
    }
    if receiver.capacities.is_empty() {
        found.push(Refusal::new(UserErrorCode::ServiceNotOffered, "serviceCode", "The receiver does not offer this service."));
    } else if urgency != Urgency::Emergency && receiver.capacities.iter().all(|capacity| *capacity == Capacity::None) {
        found.push(Refusal::new(UserErrorCode::NoCapacity, "receiverId", "The receiver takes nobody for this service now."));
    }
    found
}

/// The ground on which a referral stands.
#[derive(Clone, Debug)]
pub struct Ground<'a> {
    pub basis: LegalBasis,
    pub consent: Option<&'a Consent>,
    pub case_id: Option<Uuid>,
    pub urgency: Urgency,
    /// The case's flag, or the referral's own where there is no case.
    pub safety_flag: bool,
    pub legal_ground: Option<&'a str>,
    pub justified: bool,
    /// The hromada of the person with all units above it.
    pub territory: &'a [String],
}

/// Whether the law lets the person's data go to this receiver.
pub fn lawful(ground: &Ground<'_>, receiver: &Receiver, now: DateTime<Utc>) -> Result<()> {
    let mut refusals = Refusals::default();
    let not_allowed = |message: &str| Refusal::new(UserErrorCode::LegalBasisNotAllowed, "legalBasis", message);
    match ground.basis {
        LegalBasis::Consent => return consented(ground, receiver, now),
        LegalBasis::LawNotification => {
            let official = matches!(
                receiver.kind,
                OrganizationKind::StateBody | OrganizationKind::MunicipalInstitution | OrganizationKind::LocalAuthority
            );
            let covers = receiver.territory_code.as_ref().is_some_and(|code| ground.territory.contains(code));
            if !official || !covers {
                refusals.add(not_allowed(
                    "A notification goes to a state body, municipal institution or local authority whose territory covers the person's hromada.",
                ));
            }
        }
        LegalBasis::VitalInterest => {
            if ground.urgency != Urgency::Emergency || !ground.safety_flag {
                refusals.add(not_allowed("Vital interest needs urgency EMERGENCY and the safety flag."));
            }
        }
    }
    if ground.consent.is_some() {
        refusals.add(Refusal::invalid("consentId", "A consent belongs to the legal basis CONSENT."));
    }
    if ground.legal_ground.is_none_or(|text| text.trim().is_empty()) {
        refusals.add(Refusal::invalid("legalGround", "Without consent, name the act and the article."));
    }
    if !ground.justified {
        refusals.add(Refusal::invalid("justification", "Without consent, say why the person's data must be passed on."));
    }
    refusals.end()
}

fn consented(ground: &Ground<'_>, receiver: &Receiver, now: DateTime<Utc>) -> Result<()> {
    if ground.case_id.is_none() {
        return Err(Error::refused(
            UserErrorCode::LegalBasisNotAllowed,
            "legalBasis",
            "A person without a case is referred by LAW_NOTIFICATION or VITAL_INTEREST only.",
        ));
    }
    let Some(consent) = ground.consent else {
        return Err(Error::refused(
            UserErrorCode::ConsentRequired,
            "consentId",
            "A referral needs an active consent for this receiver.",
        ));
    };
    let (code, message) = match consent.standing(now) {
        _ if consent.receiver_id != receiver.id => {
            (UserErrorCode::ConsentForAnotherReceiver, "The consent names another receiver.")
        }
        Standing::Withdrawn => (UserErrorCode::ConsentWithdrawn, "The person has withdrawn this consent."),
        Standing::Expired => (UserErrorCode::ConsentExpired, "This consent has expired."),
        Standing::Active => return Ok(()),
    };
    Err(Error::refused(code, "consentId", message))
}
