//! What ends with a consent, and what ends when a time has come: both hide the person at once and keep the history.

use super::{
    actions::{By, moved, parties, tell},
    model::Referral,
    rules, store,
};
use crate::{
    base::{
        Error, Result,
        clock::day,
        words::{change::ChangeType, referral::ReferralReason},
    },
    case::{
        actions::{Desk, Target},
        consent,
        model::Consent,
        policy::{self as case_policy, CaseAct},
        store as case_store,
    },
    db::{Db, Errand, Tx},
    journal::{
        Audience, ObjectType,
        change::Entry,
        idempotency::{Ask, Done, claim},
        record,
    },
};

/// Rows of one round of the server's own work.
const ROUND: usize = 100;

/// `consentWithdraw`: cancels what is open under the consent and hides the person, in one transaction.
pub async fn withdraw(desk: Desk<'_>, ask: &Ask, target: Target) -> Result<Done> {
    let tx = desk.db.begin(desk.actor).await?;
    if let Some(done) = claim(&tx, ask, target.id).await? {
        return Ok(done);
    }
    let before = case_store::lock_consent(&tx, target.id).await?;
    // A receiver may see the consent; for this step it is a stranger's all the same.
    let before = before.filter(|row| desk.actor.is(row.organization_id)).ok_or_else(|| Error::not_found("id"))?;
    let permit = case_policy::may(desk.actor, CaseAct::WithdrawConsent, before.organization_id, before.case_id)?;
    if before.version != target.expected_version {
        return Err(Error::conflict());
    }
    let after = consent::withdraw(&before, tx.now())?;
    let after = case_store::apply_consent(&tx, &permit, &before, &after).await?;
    end_under(&tx, &after, ReferralReason::ConsentWithdrawn, ChangeType::ConsentWithdrawn, after.version).await?;
    tx.commit().await?;
    Ok(Done::now(after.id))
}

/// Cancels the open referrals under a consent that has ended, tells of those where the person vanished, and of the consent.
pub(super) async fn end_under(
    tx: &Tx,
    consent: &Consent,
    reason: ReferralReason,
    change: ChangeType,
    version: i32,
) -> Result<()> {
    let mut told = vec![consent.organization_id];
    for before in store::lock_under(tx, consent.id).await? {
        told.push(before.receiver_id);
        if let Some(after) = rules::consent_ended(&before, reason, tx.now()) {
            moved(tx, By::Rule, &before, after, ChangeType::ReferralCancelled).await?;
        } else if before.opens() {
            hide(tx, &before).await?;
        }
    }
    record(tx, Entry::new(change, ObjectType::Consent, consent.id, version), Audience::Of(told)).await
}

/// Takes the person away although the state stays; told once, and to be acknowledged by the receiver.
pub(super) async fn hide(tx: &Tx, before: &Referral) -> Result<()> {
    let after = rules::hidden(before, tx.now());
    if after == *before {
        return Ok(());
    }
    let after = store::end(tx, before, &after).await?;
    tell(tx, &after, ChangeType::ReferralRedacted, parties(&after)).await
}

/// One round of the server's work, each item in a transaction of its own: one that held the referrals of several consents or
/// memoranda would wait in a ring with somebody who ends one of them. Returns how many there were.
pub(super) async fn each<F: Future<Output = Result<usize>>>(next: impl Fn() -> F) -> Result<usize> {
    let mut done = 0;
    while done < ROUND && next().await? > 0 {
        done += 1;
    }
    Ok(done)
}

/// One round of the server's work: consents whose time has come. Returns how many there were.
pub async fn expire_consents(db: &Db) -> Result<usize> {
    each(|| expire_consent(db)).await
}

async fn expire_consent(db: &Db) -> Result<usize> {
    let tx = db.errand(Errand::Expiry).await?;
    let due = store::lock_expired_consents(&tx, 1).await?;
    for consent in &due {
        let version = store::consent_expired(&tx, consent).await?;
        end_under(&tx, consent, ReferralReason::ConsentExpired, ChangeType::ConsentExpired, version).await?;
    }
    tx.commit().await?;
    Ok(due.len())
}

/// One round: referrals whose days of retention are over. Returns how many there were.
pub async fn end_retention(db: &Db) -> Result<usize> {
    let tx = db.errand(Errand::Expiry).await?;
    let due = store::lock_retained(&tx, day(tx.now()), ROUND as i64).await?;
    for before in &due {
        hide(&tx, before).await?;
    }
    tx.commit().await?;
    Ok(due.len())
}
