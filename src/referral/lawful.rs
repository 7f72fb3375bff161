//! Whether the law lets a person's data go to a receiver: consent, or a ground in law without it. Pure.

use crate::{
    base::{
        Error, Refusal, Result,
        error::{Refusals, UserErrorCode},
        words::{
            organization::OrganizationKind,
            referral::{LegalBasis, Urgency},
        },
    },
    case::{consent::Standing, model::Consent},
    organization::model::Organization,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

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
pub fn ask(ground: &Ground<'_>, receiver: &Organization, now: DateTime<Utc>) -> Result<()> {
    let mut refusals = Refusals::default();
    let not_allowed = |message: &'static str| Refusal::new(UserErrorCode::LegalBasisNotAllowed, "legalBasis", message);
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

fn consented(ground: &Ground<'_>, receiver: &Organization, now: DateTime<Utc>) -> Result<()> {
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
    let (code, message) = match consent.grant.standing(now) {
        _ if consent.receiver_id != receiver.id => {
            (UserErrorCode::ConsentForAnotherReceiver, "The consent names another receiver.")
        }
        Standing::Withdrawn => (UserErrorCode::ConsentWithdrawn, "The person has withdrawn this consent."),
        Standing::Expired => (UserErrorCode::ConsentExpired, "This consent has expired."),
        Standing::Active => return Ok(()),
    };
    Err(Error::refused(code, "consentId", message))
}
