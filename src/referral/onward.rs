//! What a receiver does beyond the shared status: it opens a case of its own from a referral, and sends the person onward.

use super::{
    actions::{self, Became, Move, Step},
    behind,
    model::{Create, Part, Referral, Subject, Terms},
    policy, sending,
    sharing::{SUBJECT_FIELDS, Sharing},
    store,
};
use crate::{
    base::{
        Error, Result,
        error::{ErrorCode, UserErrorCode},
        id,
        words::{
            access::FieldGroup as Group,
            case::{HardshipFactor, Slot},
            referral::{LegalBasis, Party, ReferralAction, ReferralOutcome},
        },
    },
    case::{
        actions::{Desk, Target, begin},
        model::Open,
        person::{Draft, Patch},
        sealed::Dossier,
        store as case_store,
    },
    journal::{
        ObjectType,
        access::{self, Read},
        idempotency::{Ask, Done, claim},
    },
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// `caseOpen` with a referral: the receiver's own case, from what it may see. The copy stands under its own key and duty.
pub async fn open_case(desk: Desk<'_>, ask: &Ask, referral_id: Uuid, mut new: Open) -> Result<Done> {
    let case_id = id::random();
    let tx = desk.db.begin(desk.actor).await?;
    if let Some(done) = claim(&tx, ask, case_id).await? {
        return Ok(done);
    }
    let referral = store::lock(&tx, referral_id).await?.ok_or_else(|| Error::not_found("referralId"))?;
    let party = policy::may_read(desk.actor, &referral)?;
    let parts = [Part::Person, Part::Factors].into_iter().collect();
    let behind = behind::of(tx.link(), desk.seal, referral.id, parts).await?;
    let sharing = Sharing::of(&referral, party, behind.footing(), true, tx.now());
    if party != Party::Receiver || referral.accepted_at.is_none() || crate::referral::rules::ended(referral.status) {
        let message = "A receiver opens its own case from a referral that it has accepted.";
        return Err(Error::refused(UserErrorCode::TransitionNotAllowed, "referralId", message));
    }
    // The copy is a read like any other: with a purpose, and written down.
    let message = "What you may see of the person is copied: send the header Mistok-Purpose.";
    let purpose = desk.actor.purpose.ok_or_else(|| Error::question(ErrorCode::PurposeRequired, "referralId", message))?;
    let read = Read { object: ObjectType::Referral, ids: [referral.id].into(), fields: copied_fields(&sharing) };
    access::record(&tx, desk.actor, purpose, desk.request_id, &[read]).await?;
    if let Some(dossier) = behind.dossier {
        new.person = copied(&dossier, &sharing, new.person)?;
        new.factors.extend(factors(&dossier, &sharing, &referral)?);
    }
    new.territory = new.territory.or(Some(referral.territory_code.clone()));
    new.centre_id = new.centre_id.or(referral.receiver_centre_id);
    begin(&tx, desk, case_id, new, Some(referral.id)).await?;
    tx.commit().await?;
    Ok(Done::now(case_id))
}

/// Names of the fields that go into the copy.
fn copied_fields(sharing: &Sharing) -> BTreeSet<&'static str> {
    let shown = SUBJECT_FIELDS.iter().filter(|(_, rule)| sharing.decide(*rule).is_ok());
    shown.map(|(field, _)| *field).collect()
}

/// What the rule shows, under what the receiver itself has told.
fn copied(dossier: &Dossier, sharing: &Sharing, told: Draft) -> Result<Draft> {
    let known = dossier.person()?.cloned().unwrap_or_default();
    fn or<T>(told: Patch<T>, open: bool, known: Option<T>) -> Patch<T> {
        told.or_else(|| known.filter(|_| open).map(Some))
    }
    let open = |group| sharing.group(group).is_ok();
    let contact = open(Group::Contact);
    Ok(Draft {
        family_name: or(told.family_name, contact, known.family_name),
        given_name: or(told.given_name, contact, known.given_name),
        patronymic: or(told.patronymic, contact, known.patronymic),
        birth_date: or(told.birth_date, open(Group::Demographics), known.birth_date),
        sex: or(told.sex, open(Group::Demographics), known.sex),
        phone: or(told.phone, contact, known.phone),
        address: or(told.address, open(Group::Address), known.address),
        caregiver: or(told.caregiver, open(Group::Caregiver), known.caregiver),
        tax_number: told.tax_number,
        safe_to_contact: or(told.safe_to_contact, contact, known.safe_to_contact),
        contact_restrictions: or(told.contact_restrictions, contact, known.contact_restrictions),
    })
}

/// The factors that the rule shows.
fn factors(dossier: &Dossier, sharing: &Sharing, referral: &Referral) -> Result<Vec<HardshipFactor>> {
    let (plain, sensitive) = known_factors(dossier, referral.id, &referral.terms)?;
    let plain = plain.into_iter().filter(|_| sharing.group(Group::Reason).is_ok());
    let sensitive = sensitive.into_iter().filter(|_| sharing.sensitive_factors().is_ok());
    Ok(plain.chain(sensitive).collect())
}

/// What may be told of the factors at all, plain and sensitive: the case's, and without consent what the sender has disclosed.
pub fn known_factors(dossier: &Dossier, id: Uuid, terms: &Terms) -> Result<(Vec<HardshipFactor>, Vec<HardshipFactor>)> {
    let of_case: Vec<HardshipFactor> = match terms.case_id {
        Some(case_id) => dossier.value(case_id, Slot::Factors)?.unwrap_or_default(),
        None => Vec::new(),
    };
    let disclosed: Vec<HardshipFactor> = dossier.value(id, Slot::Disclosed)?.unwrap_or_default();
    let mut plain: Vec<_> = of_case.iter().chain(&disclosed).copied().filter(|factor| !factor.sensitive()).collect();
    plain.sort();
    plain.dedup();
    let told = if terms.legal_basis == LegalBasis::Consent { &of_case } else { &disclosed };
    Ok((plain, told.iter().copied().filter(|factor| factor.sensitive()).collect()))
}

/// `referralReferOnward`.
#[derive(Clone, Debug)]
pub struct Onward {
    pub case_id: Uuid,
    pub receiver_id: Uuid,
    pub receiver_centre_id: Option<Uuid>,
    pub service_code: String,
    pub consent_id: Uuid,
    pub reason: Option<String>,
}

/// Completes the referral with REFERRED_ONWARD and sends a child of the receiver's own case, with a consent of its own.
pub async fn refer(desk: Desk<'_>, ask: &Ask, target: Target, command: Onward) -> Result<Became> {
    let step = match actions::step(desk, ask, ReferralAction::ReferOnward, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(Became::Before(done)),
    };
    let case = case_store::lock(&step.tx, command.case_id).await?.ok_or_else(|| Error::not_found("caseId"))?;
    if case.referral_id != Some(step.before.id) {
        return Err(Error::invalid(
            "caseId",
            "An onward referral is a child of your own case that was opened from this referral.",
        ));
    }
    let (urgency, sender_centre_id) = (step.before.urgency, step.before.receiver_centre_id);
    let (tx, parent) = carry(desk, step).await?;
    let child = Create {
        subject: Subject::Case(case.id),
        receiver_id: command.receiver_id,
        sender_centre_id,
        receiver_centre_id: command.receiver_centre_id,
        service_code: command.service_code,
        territory: None,
        urgency,
        legal_basis: LegalBasis::Consent,
        legal_ground: None,
        justification: None,
        disclosed_factors: Vec::new(),
        safety_flag: false,
        consent_id: Some(command.consent_id),
        reason: command.reason,
        replaces_id: None,
        parent_id: Some(parent.id),
        send: true,
    };
    sending::write(&tx, desk, id::random(), child).await?;
    tx.commit().await?;
    Ok(parent.into())
}

async fn carry(desk: Desk<'_>, step: Step) -> Result<(crate::db::Tx, Referral)> {
    let with = Move { outcome: Some(ReferralOutcome::ReferredOnward), ..Move::default() };
    actions::carry(desk, step, ReferralAction::ReferOnward, with).await
}
