//! What ends with a memorandum: what was sent under it and not taken is cancelled, what was accepted may be finished within
//! 30 days, then the person vanishes. A renewal in force goes on from it.

use super::{
    actions::{By, moved},
    ending::{each, hide},
    model::Referral,
    rules, store,
};
use crate::{
    access::Actor,
    base::{
        Result,
        clock::{day, midnight},
        words::{change::ChangeType, referral::ReferralStatus},
    },
    db::{Db, Errand, Tx},
    journal::idempotency::{Ask, Done},
    memorandum::{
        actions::{Step, step, tell},
        model::{Memorandum, Party, Target},
        policy::{self, MemorandumAct},
        rules as memoranda,
        standing::{Agreement, WIND_DOWN_DAYS},
        store::{self as memorandum_store, Changed},
    },
};
use chrono::Duration;
use uuid::Uuid;

/// `memorandumWithdraw`: a partner leaves; the others stay.
pub async fn withdraw(db: &Db, actor: &Actor, ask: &Ask, target: Target, reason: &str) -> Result<Done> {
    let Step { tx, permit, before } = match step(db, actor, ask, MemorandumAct::Withdraw, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let own = actor.organization_id;
    let (party, reason) = memoranda::withdraw(&before, own, reason, tx.now())?;
    let events = vec![memoranda::event(target.id, ChangeType::MemorandumPartyLeft, tx.now(), Some(own), Some(reason))];
    let changed = Changed { parties: vec![party], events, ..Changed::default() };
    let after = memorandum_store::apply(&tx, &permit, &before, changed).await?;
    tell(&tx, &after.standing, ChangeType::MemorandumPartyLeft, None).await?;
    cancel_under(&tx, target.id, Some(own)).await?;
    tx.commit().await?;
    Ok(Done::now(target.id))
}

/// `memorandumTerminate`: the centre's provider ends the whole.
pub async fn terminate(db: &Db, actor: &Actor, ask: &Ask, target: Target, reason: &str) -> Result<Done> {
    let Step { tx, permit, before } = match step(db, actor, ask, MemorandumAct::Terminate, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let (row, parties, reason) = memoranda::terminate(&before, reason, tx.now())?;
    let row = Memorandum { ended_told_at: Some(tx.now()), ..row };
    let by = Some(actor.organization_id);
    let events = vec![memoranda::event(target.id, ChangeType::MemorandumEnded, tx.now(), by, Some(reason))];
    let changed = Changed { row: Some(row), parties, events, ..Changed::default() };
    let after = memorandum_store::apply(&tx, &permit, &before, changed).await?;
    tell(&tx, &after.standing, ChangeType::MemorandumEnded, None).await?;
    cancel_under(&tx, target.id, None).await?;
    tx.commit().await?;
    Ok(Done::now(target.id))
}

/// One round of the server's work: memoranda whose last day has passed. Returns how many there were.
pub async fn expire(db: &Db) -> Result<usize> {
    each(|| expire_one(db)).await
}

async fn expire_one(db: &Db) -> Result<usize> {
    let tx = db.errand(Errand::Expiry).await?;
    let due = memorandum_store::lock_expired(&tx, day(tx.now()), 1).await?;
    for before in memorandum_store::wholes(tx.link(), &due).await? {
        let row = Memorandum { ended_told_at: Some(tx.now()), ..before.standing.row.clone() };
        let ended = row.effective_to.and_then(|last| last.succ_opt()).map_or(tx.now(), midnight);
        let permit = policy::errand(row.id);
        let events = vec![memoranda::event(row.id, ChangeType::MemorandumEnded, ended, None, None)];
        let id = row.id;
        let changed = Changed { row: Some(row), events, ..Changed::default() };
        let after = memorandum_store::apply(&tx, &permit, &before, changed).await?;
        tell(&tx, &after.standing, ChangeType::MemorandumEnded, None).await?;
        cancel_under(&tx, id, None).await?;
    }
    tx.commit().await?;
    Ok(due.len())
}

/// One round: parties that have been bound by nothing for 30 days. What is still open between them loses its person.
/// Returns how many there were.
pub async fn wind_down(db: &Db) -> Result<usize> {
    each(|| wind_down_one(db)).await
}

async fn wind_down_one(db: &Db) -> Result<usize> {
    let tx = db.errand(Errand::Expiry).await?;
    let since = tx.now() - Duration::days(WIND_DOWN_DAYS);
    let due = memorandum_store::lock_to_wind_down(&tx, since, 1).await?;
    for party in &due {
        let states = [ReferralStatus::Accepted, ReferralStatus::InProgress, ReferralStatus::OnHold];
        for (before, agreement) in agreed(&tx, party.memorandum_id, &states, Some(party.organization_id)).await? {
            if agreement.is_none_or(|agreement| agreement.lapsed(tx.now())) {
                hide(&tx, &before).await?;
            }
        }
        memorandum_store::wound_down(&tx, &Party { wound_down_at: Some(tx.now()), ..party.clone() }).await?;
    }
    tx.commit().await?;
    Ok(due.len())
}

/// Cancels what was sent under a memorandum that has ended, for all or for one who has left, and was not taken.
async fn cancel_under(tx: &Tx, memorandum_id: Uuid, of: Option<Uuid>) -> Result<()> {
    let states = [ReferralStatus::Sent, ReferralStatus::Received];
    for (before, agreement) in agreed(tx, memorandum_id, &states, of).await? {
        let goes_on = agreement.is_some_and(|agreement| agreement.in_force());
        if let Some(after) = rules::memorandum_ended(&before, tx.now()).filter(|_| !goes_on) {
            moved(tx, By::Rule, &before, after, ChangeType::ReferralCancelled).await?;
        }
    }
    Ok(())
}

/// The referrals under a memorandum and those that it renews, held, with what binds their parties now.
async fn agreed(
    tx: &Tx,
    memorandum_id: Uuid,
    states: &[ReferralStatus],
    of: Option<Uuid>,
) -> Result<Vec<(Referral, Option<Agreement>)>> {
    let memoranda = memorandum_store::renewed_by(tx.link(), memorandum_id).await?;
    let rows = store::lock_agreed(tx, &memoranda, states, of).await?;
    let pairs: Vec<_> = rows.iter().filter_map(Referral::pair).collect();
    let agreements = memorandum_store::agreements(tx.link(), &pairs, tx.now()).await?;
    let with = |row: Referral| {
        let agreement = row.pair().and_then(|pair| agreements.get(&pair).cloned());
        (row, agreement)
    };
    Ok(rows.into_iter().map(with).collect())
}
