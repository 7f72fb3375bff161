//! The erasure of a person: nobody can read it any more, while counts and histories stay. Not in the slice of cases, since it ends
//! referrals too, and asks their receivers about what they may have kept.

use super::{
    actions::{By, moved},
    ending::{end_under, hide},
    rules, store,
};
use crate::{
    access::Permit,
    base::{
        Error, Result,
        words::{case::ErasureGround, change::ChangeType, referral::ReferralReason},
    },
    case::{
        actions::{Desk, Target},
        consent,
        policy::{self as case_policy, CaseAct},
        rules as case_rules, store as case_store,
    },
    db::Tx,
    journal::{
        Audience, ObjectType,
        change::Entry,
        idempotency::{Ask, Done, claim},
        record,
    },
};
use serde_json::json;
use uuid::Uuid;

/// By what the person is named: a case, or a referral of one's own that was sent without one.
#[derive(Clone, Copy, Debug)]
pub enum Of {
    Case(Target),
    Referral(Target),
}

/// `personErase`. All cases of the person must have ended; its consents end, and so do its referrals.
pub async fn erase(desk: Desk<'_>, ask: &Ask, of: Of, ground: ErasureGround) -> Result<Done> {
    let (Of::Case(target) | Of::Referral(target)) = of;
    let tx = desk.db.begin(desk.actor).await?;
    if let Some(done) = claim(&tx, ask, target.id).await? {
        return Ok(done);
    }
    let own = desk.actor.organization_id;
    let (owner, person_id, version) = match of {
        Of::Case(Target { id, .. }) => {
            case_store::lock(&tx, id).await?.map(|row| (row.organization_id, row.person_id, row.version))
        }
        Of::Referral(Target { id, .. }) => store::lock(&tx, id)
            .await?
            .filter(|row| row.sender_id == own && row.terms.case_id.is_none())
            .map(|row| (row.sender_id, row.terms.person_id, row.version)),
    }
    .ok_or_else(|| Error::not_found("id"))?;
    let permit = case_policy::may(desk.actor, CaseAct::ErasePerson, owner, target.id)?;
    if version != target.expected_version {
        return Err(Error::conflict());
    }
    let may = |case_id: Uuid| case_policy::may(desk.actor, CaseAct::ErasePerson, own, case_id);
    let cases = case_store::lock_of_person(&tx, person_id).await?;
    case_rules::erase(&cases)?;
    end(&tx, person_id, may).await?;
    if !case_store::erase_person(&tx, &permit, person_id).await? {
        return Err(case_rules::erased("id"));
    }
    let detail = json!({ "ground": ground });
    let tell = async |object, id, version| {
        let entry = Entry::new(ChangeType::PersonErased, object, id, version).detail(detail.clone());
        record(&tx, entry, Audience::only(own)).await
    };
    for before in &cases {
        let after = case_store::apply(&tx, &may(before.id)?, before, before).await?;
        tell(ObjectType::Case, after.id, after.version).await?;
    }
    if let Of::Referral(Target { id, .. }) = of {
        let after = store::lock(&tx, id).await?.ok_or_else(|| Error::not_found("id"))?;
        tell(ObjectType::Referral, id, after.version).await?;
    }
    tx.commit().await?;
    Ok(Done::now(target.id))
}

/// Ends the consents of a person and all that goes on, and hides what receivers can still read.
async fn end<E: Into<Error>>(
    tx: &Tx,
    person_id: Uuid,
    may: impl Fn(Uuid) -> std::result::Result<Permit<CaseAct>, E>,
) -> Result<()> {
    for before in case_store::lock_consents_of(tx, person_id).await? {
        let permit = may(before.case_id).map_err(Into::into)?;
        let after = case_store::apply_consent(tx, &permit, &before, &consent::withdraw(&before, tx.now())?).await?;
        end_under(tx, &after, ReferralReason::PersonErased, ChangeType::ConsentWithdrawn, after.version).await?;
    }
    for before in store::lock_of_person(tx, person_id).await? {
        match rules::person_erased(&before, tx.now()) {
            Some(after) => drop(moved(tx, By::Rule, &before, after, ChangeType::ReferralCancelled).await?),
            None if before.opens() => hide(tx, &before).await?,
            None => {}
        }
    }
    Ok(())
}
