//! Clocks follow every step of a referral, and the time: what was missed is told to both parties, once.

use super::{
    actions::parties,
    clock, clock_store,
    model::{Referral, ReferralClock},
    store,
};
use crate::{
    base::{Error, Result, words::change::ChangeType},
    db::{Db, Errand, Tx},
    journal::{ObjectType, change::Entry, record},
};
use std::collections::BTreeSet;

/// Clocks of one round of the server's own work.
const ROUND: i64 = 100;

/// Tells what a step finds missed, in its transaction, which holds the clocks.
pub(super) async fn missed(tx: &Tx, referral: &Referral, before: &[ReferralClock], after: &[ReferralClock]) -> Result<()> {
    for clock in clock::told(before, after) {
        tell(tx, referral, clock).await?;
    }
    Ok(())
}

async fn tell(tx: &Tx, referral: &Referral, clock: &ReferralClock) -> Result<()> {
    let detail = serde_json::json!({ "phase": clock.phase, "status": referral.status });
    let entry = Entry::new(ChangeType::ReferralClockBreached, ObjectType::Referral, referral.id, referral.version);
    record(tx, entry.detail(detail), parties(referral)).await
}

/// One round of the server's work: clocks that run past their time. Returns how many there were.
pub async fn breach(db: &Db) -> Result<usize> {
    let tx = db.errand(Errand::Expiry).await?;
    let late = clock_store::lock_late(&tx, ROUND).await?;
    let ids: BTreeSet<_> = late.iter().map(|clock| clock.referral_id).collect();
    let referrals = store::find(tx.link(), &Vec::from_iter(ids)).await?;
    for clock in &late {
        let referral = referrals.iter().find(|row| row.id == clock.referral_id);
        let referral = referral.ok_or_else(|| Error::internal("a clock without its referral"))?;
        clock_store::breach(&tx, clock).await?;
        tell(&tx, referral, clock).await?;
    }
    tx.commit().await?;
    Ok(late.len())
}
