//! Writing a referral and sending it: the draft, then routing and the law, asked inside the transaction that sends.

use super::{
    actions::{Became, By, Step, centres, moved, parties, step, tell},
    candidate, lawful,
    model::*,
    policy, routing, rules, store,
};
use crate::{
    access::Permit,
    base::{
        Error, Refusal, Result,
        clock::day,
        error::{Refusals, UserErrorCode},
        id,
        words::{case::*, change::ChangeType, referral::*},
    },
    case::{
        actions::{Desk, Target, keep_person},
        model::{Case, Consent},
        person::{Details, TEXT, short},
        sealed, store as case_store,
    },
    db::Tx,
    journal::{
        Audience,
        idempotency::{Ask, claim},
    },
    memorandum, organization,
    seal::PersonKey,
    service, territory,
};
use uuid::Uuid;

/// `referralCreate`: a draft, or at once sent.
pub async fn create(desk: Desk<'_>, ask: &Ask, new: Create) -> Result<Became> {
    let referral_id = id::random();
    let tx = desk.db.begin(desk.actor).await?;
    if let Some(done) = claim(&tx, ask, referral_id).await? {
        return Ok(Became::Before(done));
    }
    let referral = write(&tx, desk, referral_id, new).await?;
    tx.commit().await?;
    Ok(referral.into())
}

/// Who is referred: the key, and what the case adds.
struct Known {
    key: PersonKey,
    case: Option<Case>,
}

/// Writes a new referral within a transaction: for `create`, and for the child of an onward referral.
pub async fn write(tx: &Tx, desk: Desk<'_>, referral_id: Uuid, new: Create) -> Result<Referral> {
    let permit = policy::may_create(desk.actor, referral_id)?;
    let sender_id = desk.actor.organization_id;
    texts(&new.reason, &new.justification, &new.legal_ground)?;
    if new.receiver_id == sender_id {
        return Err(Error::invalid("receiverId", "An organisation does not refer to itself."));
    }
    organization::store::get(tx.link(), new.receiver_id, "receiverId").await?;
    let service = service::store::get(tx.link(), &new.service_code, "serviceCode").await?;
    centres(tx, sender_id, new.sender_centre_id, "senderCentreId").await?;
    centres(tx, new.receiver_id, new.receiver_centre_id, "receiverCentreId").await?;
    if let Some(replaced) = new.replaces_id {
        replaceable(tx, sender_id, replaced, &new.subject).await?;
    }
    let known = subject(tx, desk, &new).await?;
    let territory_code = place(tx, desk, &new, known.case.as_ref()).await?;
    if let Some(consent_id) = new.consent_id {
        consent_of(tx, consent_id, known.case.as_ref()).await?;
    }
    let draft = Referral {
        glance: Glance {
            id: referral_id,
            number: id::number(),
            sender_id,
            receiver_id: new.receiver_id,
            service_id: service.id,
            territory_code,
            urgency: new.urgency,
            status: ReferralStatus::Draft,
            status_reason: None,
            outcome: None,
            created_at: tx.now(),
            sent_at: None,
            respond_by: None,
            updated_at: tx.now(),
            version: 1,
        },
        terms: Terms {
            legal_basis: new.legal_basis,
            case_id: known.case.as_ref().map(|case| case.id),
            person_id: known.key.person_id(),
            subject_kind: known.case.as_ref().map_or(SubjectKind::Person, |case| case.subject_kind),
            minor: None,
            shared_groups: None,
            retention_until: None,
            redaction_requested_at: None,
            redaction_acknowledged_at: None,
            memorandum_id: None,
            erased_at: None,
        },
        sender_centre_id: new.sender_centre_id,
        receiver_centre_id: new.receiver_centre_id,
        legal_ground: new.legal_ground.clone(),
        consent_id: new.consent_id,
        safety_flag: known.case.as_ref().map_or(new.safety_flag, |case| case.safety_flag),
        parent_id: new.parent_id,
        replaces_id: new.replaces_id,
        accepted_at: None,
        ended_at: None,
    };
    store::insert(tx, &permit, &draft).await?;
    store::note(tx, &draft, None).await?;
    put(tx, &known.key, &draft, Slot::Reason, Some(&new.reason)).await?;
    put(tx, &known.key, &draft, Slot::Justification, Some(&new.justification)).await?;
    disclose(tx, &known.key, &draft, &new.disclosed_factors).await?;
    tell(tx, &draft, ChangeType::ReferralCreated, Audience::only(sender_id)).await?;
    if new.send { send_now(tx, desk, &permit, &draft).await } else { Ok(draft) }
}

fn texts(reason: &Option<String>, justification: &Option<String>, ground: &Option<String>) -> Result<()> {
    let mut refusals = Refusals::default();
    for (text, field, longest) in
        [(reason, "reason", TEXT), (justification, "justification", TEXT), (ground, "legalGround", 500)]
    {
        if let Some(text) = text {
            refusals.take(short(text, field, longest));
        }
    }
    refusals.end()
}

/// A new attempt replaces one's own referral of the same case that has come to nothing.
async fn replaceable(tx: &Tx, sender_id: Uuid, replaced: Uuid, subject: &Subject) -> Result<()> {
    let found = store::find(tx.link(), &[replaced]).await?.pop().filter(|old| old.sender_id == sender_id);
    let old = found.ok_or_else(|| Error::not_found("replacesId"))?;
    let failed = matches!(old.status, ReferralStatus::Declined | ReferralStatus::Cancelled | ReferralStatus::NotCompleted);
    let same = matches!(subject, Subject::Case(case_id) if Some(*case_id) == old.terms.case_id) || old.terms.case_id.is_none();
    if failed && same {
        return Ok(());
    }
    Err(Error::invalid(
        "replacesId",
        "A new attempt replaces a declined, cancelled or not completed referral of the same case.",
    ))
}

async fn subject(tx: &Tx, desk: Desk<'_>, new: &Create) -> Result<Known> {
    match &new.subject {
        Subject::Case(case_id) => {
            let case = case_store::lock(tx, *case_id).await?.ok_or_else(|| Error::not_found("subject.caseId"))?;
            open_case(&case, "subject.caseId")?;
            let key = sealed::key_of(tx, desk.seal, case.person_id).await?;
            Ok(Known { key, case: Some(case) })
        }
        Subject::Person(draft) => {
            if new.legal_basis == LegalBasis::Consent {
                let message = "A person without a case is referred by LAW_NOTIFICATION or VITAL_INTEREST only.";
                return Err(Error::refused(UserErrorCode::LegalBasisNotAllowed, "legalBasis", message));
            }
            let mut refusals = Refusals::default();
            let details = Details::default().with(draft, "subject.person", day(tx.now()), &mut refusals);
            refusals.end()?;
            let key = sealed::new_person(tx, desk.seal, desk.actor.organization_id).await?;
            keep_person(tx, desk, &key, &details).await?;
            Ok(Known { key, case: None })
        }
    }
}

fn open_case(case: &Case, field: &str) -> Result<()> {
    match case.status {
        CaseStatus::Closed | CaseStatus::Refused | CaseStatus::EnteredInError => {
            let message = said!("The case is {status}: nobody is referred from it.", status = case.status);
            Err(Error::refused(UserErrorCode::RecordFrozen, field, message))
        }
        _ => Ok(()),
    }
}

/// The person's hromada: as said, else the case's, else where the sender is.
async fn place(tx: &Tx, desk: Desk<'_>, new: &Create, case: Option<&Case>) -> Result<String> {
    let code = match (&new.territory, case) {
        (Some(code), _) => Some(code.clone()),
        (None, Some(case)) => return Ok(case.territory_code.clone()),
        (None, None) => organization::store::get(tx.link(), desk.actor.organization_id, "id").await?.territory_code,
    };
    let code = code.ok_or_else(|| Error::invalid("territory", "Say in which hromada the person is."))?;
    Ok(territory::store::get(tx.link(), &code, "territory").await?.code)
}

/// One's own consent, of the same case.
async fn consent_of(tx: &Tx, consent_id: Uuid, case: Option<&Case>) -> Result<Consent> {
    let found = case_store::lock_consent(tx, consent_id).await?;
    found.filter(|consent| case.is_some_and(|case| case.id == consent.case_id)).ok_or_else(|| Error::not_found("consentId"))
}

async fn put(tx: &Tx, key: &PersonKey, referral: &Referral, slot: Slot, text: Option<&Option<String>>) -> Result<()> {
    match text {
        Some(text) => {
            let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
            match text {
                Some(text) => sealed::put(tx, referral.sender_id, key, referral.id, slot, text).await,
                None => sealed::remove(tx, referral.id, slot).await,
            }
        }
        None => Ok(()),
    }
}

/// Without consent the sender names the factors that are disclosed.
async fn disclose(tx: &Tx, key: &PersonKey, referral: &Referral, factors: &[HardshipFactor]) -> Result<()> {
    if factors.is_empty() {
        return sealed::remove(tx, referral.id, Slot::Disclosed).await;
    }
    if referral.terms.legal_basis == LegalBasis::Consent {
        return Err(Error::invalid("disclosedFactors", "With consent, the consent decides which factors are shown."));
    }
    let mut factors = factors.to_vec();
    factors.sort();
    factors.dedup();
    sealed::put_value(tx, referral.sender_id, key, referral.id, Slot::Disclosed, &factors).await
}

/// Sends a draft: routing and lawfulness are asked here, inside the transaction that sends.
async fn send_now(tx: &Tx, desk: Desk<'_>, permit: &Permit<ReferralAction>, draft: &Referral) -> Result<Referral> {
    let parties = [draft.sender_id, draft.receiver_id];
    let mut found = organization::store::find(tx.link(), &parties).await?;
    let mut party = |id: Uuid| found.extract_if(.., |row| row.id == id).next().ok_or_else(|| Error::not_found("receiverId"));
    let (sender, receiver) = (party(draft.sender_id)?, party(draft.receiver_id)?);
    let territory = territory::store::get(tx.link(), &draft.territory_code, "territory").await?;
    let case = match draft.terms.case_id {
        Some(case_id) => case_store::lock(tx, case_id).await?,
        None => None,
    };
    if let Some(case) = &case {
        open_case(case, "id")?;
    }
    let consent = match draft.consent_id {
        Some(consent_id) => case_store::lock_consent(tx, consent_id).await?,
        None => None,
    };
    let safety_flag = case.as_ref().map_or(draft.safety_flag, |case| case.safety_flag);
    let dossier = sealed::of_persons(tx.link(), desk.seal, &[draft.terms.person_id]).await?.remove(&draft.terms.person_id);
    let dossier = dossier.ok_or_else(|| Error::internal("a person without a key"))?;
    let ground = lawful::Ground {
        basis: draft.terms.legal_basis,
        consent: consent.as_ref(),
        case_id: draft.terms.case_id,
        urgency: draft.urgency,
        safety_flag,
        legal_ground: draft.legal_ground.as_deref(),
        justified: dossier.text(draft.id, Slot::Justification)?.is_some(),
        territory: &territory.ancestors,
    };
    lawful::ask(&ground, &receiver, tx.now())?;
    let route = routing::Route {
        sender: &sender,
        receiver: &receiver,
        service_id: draft.service_id,
        hromada: &territory,
        urgency: draft.urgency,
        basis: draft.terms.legal_basis,
        sender_centre_id: draft.sender_centre_id,
        receiver_centre_id: draft.receiver_centre_id,
    };
    // Held first, read then: whoever ends a memorandum either waits for this sending or is seen by it.
    let between = memorandum::store::between(tx.link(), sender.id, &[receiver.id]).await?;
    memorandum::store::hold(tx, &between).await?;
    let facts = candidate::facts(tx.link(), &route, &[receiver.id], &between).await?;
    let decided = routing::decide(&route, &facts, tx.now());
    let memorandum_id = decided.map_err(|blocks| Error::Refused(blocks.into_iter().map(routing::refusal).collect()))?;
    let person = dossier.person()?.cloned().unwrap_or_default();
    let today = day(tx.now());
    let preview = Demographics {
        age_band: person.age_band(today),
        sex: person.sex,
        target_group: case.as_ref().map(|case| case.primary_category.group()),
    };
    sealed::put_value(tx, draft.sender_id, dossier.key(), draft.id, Slot::Demographics, &preview).await?;
    let sent = rules::step(draft, ReferralAction::Send, Party::Sender, rules::With::default(), tx.now())?;
    let respond_by = desk.timetable.due(tx.now(), ClockPhase::Respond, draft.urgency);
    let glance = Glance { sent_at: Some(tx.now()), respond_by: Some(respond_by), ..sent.glance };
    let terms = Terms { memorandum_id, minor: person.minor(today), ..sent.terms };
    let sent = Referral { glance, terms, safety_flag, ..sent };
    let (sent, _) = moved(tx, By::Party(permit, desk.timetable), draft, sent, ChangeType::ReferralSent).await?;
    Ok(sent)
}

/// Whether a referral that was sent leads to a centre that its receiver names when it accepts: the way by which it came must lead
/// through this centre too, where that is the receiver's. What the law demands without consent leads anywhere.
pub(super) async fn leads_to(tx: &Tx, sent: &Referral, centre_id: Uuid) -> Result<()> {
    let refused = |message| Error::refused(UserErrorCode::NoMemorandum, "receiverCentreId", message);
    if let Some(memorandum_id) = sent.terms.memorandum_id {
        let row = memorandum::store::find(tx.link(), &[memorandum_id]).await?.pop();
        return match row {
            Some(row) if row.provider_id == sent.receiver_id && row.centre_id != centre_id => {
                Err(refused("The person came under a memorandum of another centre of yours."))
            }
            _ => Ok(()),
        };
    }
    let parties = organization::store::find(tx.link(), &[sent.sender_id, sent.receiver_id]).await?;
    let party = |id: Uuid| parties.iter().find(|row| row.id == id).ok_or_else(|| Error::not_found("id"));
    let territory = territory::store::get(tx.link(), &sent.territory_code, "id").await?;
    let route = routing::Route {
        sender: party(sent.sender_id)?,
        receiver: party(sent.receiver_id)?,
        service_id: sent.service_id,
        hromada: &territory,
        urgency: sent.urgency,
        basis: sent.terms.legal_basis,
        sender_centre_id: sent.sender_centre_id,
        receiver_centre_id: Some(centre_id),
    };
    let facts = candidate::facts(tx.link(), &route, &[sent.receiver_id], &[]).await?;
    match routing::bond(&route, &facts, tx.now()) {
        Ok(_) => Ok(()),
        Err(_) => Err(refused(
            "The sender is no authority of this centre's hromada nor of the person's, and came without a memorandum.",
        )),
    }
}

/// `referralUpdate`: drafts only.
pub async fn update(desk: Desk<'_>, ask: &Ask, target: Target, command: Update) -> Result<Became> {
    let Step { tx, permit, before, .. } = match step(desk, ask, ReferralAction::Update, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(Became::Before(done)),
    };
    if before.status != ReferralStatus::Draft {
        return Err(Error::refused(
            UserErrorCode::RecordFrozen,
            "id",
            "Only a draft can be changed; write a new referral instead.",
        ));
    }
    let text = |patch: &Option<Option<String>>| patch.clone().flatten();
    texts(&text(&command.reason), &text(&command.justification), &text(&command.legal_ground))?;
    let mut after = before.clone();
    if let Some(code) = &command.service_code {
        after.service_id = service::store::get(tx.link(), code, "serviceCode").await?.id;
    }
    if let Some(code) = &command.territory {
        after.territory_code = territory::store::get(tx.link(), code, "territory").await?.code;
    }
    if let Some(centre_id) = command.receiver_centre_id {
        centres(&tx, before.receiver_id, centre_id, "receiverCentreId").await?;
        after.receiver_centre_id = centre_id;
    }
    if let Some(consent_id) = command.consent_id {
        let case = match before.terms.case_id {
            Some(case_id) => case_store::lock(&tx, case_id).await?,
            None => None,
        };
        if let Some(consent_id) = consent_id {
            consent_of(&tx, consent_id, case.as_ref()).await?;
        }
        after.consent_id = consent_id;
    }
    after.urgency = command.urgency.unwrap_or(before.urgency);
    after.terms.legal_basis = command.legal_basis.unwrap_or(before.terms.legal_basis);
    after.legal_ground = command.legal_ground.clone().unwrap_or(before.legal_ground.clone());
    let key = sealed::key_of(&tx, desk.seal, before.terms.person_id).await?;
    put(&tx, &key, &after, Slot::Reason, command.reason.as_ref()).await?;
    put(&tx, &key, &after, Slot::Justification, command.justification.as_ref()).await?;
    if let Some(factors) = &command.disclosed_factors {
        disclose(&tx, &key, &after, factors.as_deref().unwrap_or_default()).await?;
    }
    let after = store::apply(&tx, &permit, &before, &after).await?;
    tell(&tx, &after, ChangeType::ReferralUpdated, parties(&after)).await?;
    tx.commit().await?;
    Ok(after.into())
}

/// `referralSend`.
pub async fn send(desk: Desk<'_>, ask: &Ask, target: Target) -> Result<Became> {
    let Step { tx, permit, before, .. } = match step(desk, ask, ReferralAction::Send, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(Became::Before(done)),
    };
    rules::step(&before, ReferralAction::Send, Party::Sender, rules::With::default(), tx.now())?;
    // What stands against it is of the draft: this input names nothing but the draft.
    let of_the_draft = |refusal| Refusal { path: vec!["id".to_owned()], ..refusal };
    let sent = send_now(&tx, desk, &permit, &before).await.map_err(|fault| match fault {
        Error::Refused(refusals) => Error::Refused(refusals.into_iter().map(of_the_draft).collect()),
        other => other,
    })?;
    tx.commit().await?;
    Ok(sent.into())
}
