//! SQL of the clocks.

use super::model::ReferralClock;
use crate::{
    base::{Error, Result},
    db::{Link, Tx, schema::referral_clock, sql::Keep},
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::{future::try_join_all, try_join};
use uuid::Uuid;

/// The clocks of referrals, each referral's in the order of its phases.
pub async fn find(mut link: &Link, referrals: &[Uuid]) -> Result<Vec<ReferralClock>> {
    let rows = referral_clock::table.filter(referral_clock::referral_id.eq_any(referrals));
    let mut clocks: Vec<ReferralClock> = rows.select(ReferralClock::as_select()).load(&mut link).await?;
    clocks.sort_by_key(|clock| (clock.referral_id, clock.phase));
    Ok(clocks)
}

/// The clocks of a referral for a change, held: of a step and a round of the server, one waits and sees what the other told.
pub async fn lock(tx: &Tx, referral_id: Uuid) -> Result<Vec<ReferralClock>> {
    let rows = referral_clock::table.filter(referral_clock::referral_id.eq(referral_id)).order(referral_clock::phase);
    Ok(rows.select(ReferralClock::as_select()).for_update().load(&mut tx.link()).await?)
}

/// Writes what has begun and what has changed.
pub async fn write(tx: &Tx, before: &[ReferralClock], after: &[ReferralClock]) -> Result<()> {
    let known = |clock: &&ReferralClock| before.iter().any(|old| old.phase == clock.phase);
    let (old, begun): (Vec<_>, Vec<_>) = after.iter().partition(known);
    let moved = try_join_all(old.into_iter().filter(|clock| !before.contains(clock)).map(|clock| change(tx, clock)));
    try_join!(moved, begin(tx, begun))?;
    Ok(())
}

async fn begin(tx: &Tx, begun: Vec<&ReferralClock>) -> Result<()> {
    if !begun.is_empty() {
        diesel::insert_into(referral_clock::table).values(begun).kept().execute(&mut tx.link()).await?;
    }
    Ok(())
}

async fn change(tx: &Tx, clock: &ReferralClock) -> Result<()> {
    let changed = diesel::update(referral_clock::table.find((clock.referral_id, clock.phase)))
        .set((
            referral_clock::due_at.eq(clock.due_at),
            referral_clock::paused_at.eq(clock.paused_at),
            referral_clock::stopped_at.eq(clock.stopped_at),
            referral_clock::breached_at.eq(clock.breached_at),
        ))
        .kept()
        .execute(&mut tx.link())
        .await?;
    if changed == 1 { Ok(()) } else { Err(Error::conflict()) }
}

/// Clocks that run past their time and of which nobody was told; those that a step or another server holds are its business.
pub async fn lock_late(tx: &Tx, most: i64) -> Result<Vec<ReferralClock>> {
    let late = referral_clock::table
        .filter(referral_clock::due_at.lt(tx.now()))
        .filter(referral_clock::stopped_at.is_null())
        .filter(referral_clock::paused_at.is_null())
        .filter(referral_clock::breached_at.is_null())
        .order(referral_clock::due_at)
        .limit(most)
        .select(ReferralClock::as_select());
    Ok(late.for_update().skip_locked().load(&mut tx.link()).await?)
}

/// Notes that a breach was published; an error if it was already.
pub async fn breach(tx: &Tx, clock: &ReferralClock) -> Result<()> {
    let row = referral_clock::table
        .find((clock.referral_id, clock.phase))
        .filter(referral_clock::stopped_at.is_null())
        .filter(referral_clock::paused_at.is_null())
        .filter(referral_clock::breached_at.is_null());
    let changed = diesel::update(row).set(referral_clock::breached_at.eq(tx.now())).kept().execute(&mut tx.link()).await?;
    if changed == 1 { Ok(()) } else { Err(Error::conflict()) }
}
