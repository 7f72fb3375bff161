//! One function per verb: the order of steps, and nothing else. `memorandumWithdraw` and `memorandumTerminate` end referrals too:
//! they stand in `referral/parting`.

use super::{
    model::*,
    policy::{self, MemorandumAct},
    rules, standing, store,
    store::Changed,
};
use crate::{
    access::{Actor, Permit},
    base::{
        Error, Result,
        clock::{day, midnight},
        id,
        period::PartialDate,
        words::{
            change::ChangeType,
            memorandum::{MemorandumStatus, PartyRole},
        },
    },
    centre,
    db::{Db, Errand, Tx},
    journal::{
        Audience, ObjectType,
        change::Entry,
        idempotency::{Ask, Done, claim},
        record,
    },
    organization, service, territory,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// `memorandumCreate`: a draft, or a paper memorandum with its past.
pub async fn create(db: &Db, actor: &Actor, ask: &Ask, command: &Create) -> Result<Done> {
    let permit = policy::may_create(actor, id::timed())?;
    let tx = db.begin(actor).await?;
    if let Some(done) = claim(&tx, ask, permit.object_id()).await? {
        return Ok(done);
    }
    let named = named(&tx, Some(command.centre_id), &command.partner_ids, &command.coverage).await?;
    let new = rules::create(command, &named, actor.organization_id, permit.object_id(), tx.now())?;
    store::insert(&tx, &permit, &new).await?;
    tell(&tx, &new.standing, ChangeType::MemorandumCreated, None).await?;
    if command.history.is_some() {
        tell(&tx, &new.standing, ChangeType::MemorandumSigned, None).await?;
        let entered = come_into_force(&tx, &permit, new).await?;
        if entered.standing.row.terminated_at.is_some() {
            tell(&tx, &entered.standing, ChangeType::MemorandumEnded, None).await?;
        }
    }
    tx.commit().await?;
    Ok(Done::now(permit.object_id()))
}

/// What a step on a locked memorandum works with.
pub struct Step {
    pub tx: Tx,
    pub permit: Permit<MemorandumAct>,
    pub before: Whole,
}

/// The beginning of every step: claim, lock, ask for leave, compare the version.
pub async fn step(db: &Db, actor: &Actor, ask: &Ask, act: MemorandumAct, target: Target) -> Result<Result<Step, Done>> {
    let tx = db.begin(actor).await?;
    if let Some(done) = claim(&tx, ask, target.id).await? {
        return Ok(Err(done));
    }
    let before = store::lock(&tx, target.id).await?.ok_or_else(|| Error::not_found("id"))?;
    let permit = policy::may(actor, act, &before.standing)?;
    if before.standing.row.version != target.expected_version {
        return Err(Error::conflict());
    }
    Ok(Ok(Step { tx, permit, before }))
}

/// `memorandumUpdate`: until the first signature.
pub async fn update(db: &Db, actor: &Actor, ask: &Ask, target: Target, command: &Update) -> Result<Done> {
    let Step { tx, permit, before } = match step(db, actor, ask, MemorandumAct::Update, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let lines = command.coverage.clone().flatten().unwrap_or_default();
    let named = named(&tx, None, &[], &lines).await?;
    let (row, coverage) = rules::update(&before, command, &named, tx.now())?;
    let after = store::apply(&tx, &permit, &before, Changed { row: Some(row), coverage, ..Changed::default() }).await?;
    tell(&tx, &after.standing, ChangeType::MemorandumUpdated, None).await?;
    tx.commit().await?;
    Ok(Done::now(target.id))
}

/// `memorandumInvite`: opens the negotiation, later adds partners.
pub async fn invite(db: &Db, actor: &Actor, ask: &Ask, target: Target, partner_ids: &[Uuid]) -> Result<Done> {
    let Step { tx, permit, before } = match step(db, actor, ask, MemorandumAct::Invite, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let named = named(&tx, None, partner_ids, &[]).await?;
    let (row, parties, joined) = rules::invite(&before, partner_ids, &named, tx.now())?;
    let events = vec![rules::event(target.id, ChangeType::MemorandumInvited, tx.now(), Some(actor.organization_id), None)];
    let changed = Changed { row: Some(row), parties, joined, events, ..Changed::default() };
    let after = store::apply(&tx, &permit, &before, changed).await?;
    tell(&tx, &after.standing, ChangeType::MemorandumInvited, None).await?;
    tx.commit().await?;
    Ok(Done::now(target.id))
}

/// `memorandumSign`: a party signs for itself.
pub async fn sign(db: &Db, actor: &Actor, ask: &Ask, target: Target, signed_on: PartialDate) -> Result<Done> {
    let Step { tx, permit, before } = match step(db, actor, ask, MemorandumAct::Sign, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let own = actor.organization_id;
    let party = rules::sign(&before, own, signed_on, tx.now())?;
    let events = vec![rules::event(target.id, ChangeType::MemorandumSigned, tx.now(), Some(own), None)];
    let changed = Changed { parties: vec![party], events, ..Changed::default() };
    let after = store::apply(&tx, &permit, &before, changed).await?;
    tell(&tx, &after.standing, ChangeType::MemorandumSigned, None).await?;
    come_into_force(&tx, &permit, after).await?;
    tx.commit().await?;
    Ok(Done::now(target.id))
}

/// `memorandumSuspend`: for a time nobody is sent under it.
pub async fn suspend(db: &Db, actor: &Actor, ask: &Ask, target: Target, reason: &str) -> Result<Done> {
    let Step { tx, permit, before } = match step(db, actor, ask, MemorandumAct::Suspend, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let (row, reason) = rules::suspend(&before, reason, tx.now())?;
    turn(&tx, &permit, &before, row, ChangeType::MemorandumSuspended, Some(reason)).await?;
    tx.commit().await?;
    Ok(Done::now(target.id))
}

/// `memorandumResume`.
pub async fn resume(db: &Db, actor: &Actor, ask: &Ask, target: Target, reason: Option<&str>) -> Result<Done> {
    let Step { tx, permit, before } = match step(db, actor, ask, MemorandumAct::Resume, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let (row, reason) = rules::resume(&before, reason, tx.now())?;
    turn(&tx, &permit, &before, row, ChangeType::MemorandumResumed, reason).await?;
    tx.commit().await?;
    Ok(Done::now(target.id))
}

async fn turn(
    tx: &Tx,
    permit: &Permit<MemorandumAct>,
    before: &Whole,
    row: Memorandum,
    change: ChangeType,
    reason: Option<String>,
) -> Result<()> {
    let events = vec![rules::event(row.id, change, tx.now(), Some(row.provider_id), reason)];
    let after = store::apply(tx, permit, before, Changed { row: Some(row), events, ..Changed::default() }).await?;
    tell(tx, &after.standing, change, None).await
}

/// `memorandumRenew`: another memorandum that goes on from this one. What is done answers with the new one.
pub async fn renew(db: &Db, actor: &Actor, ask: &Ask, target: Target, command: &Renew) -> Result<Done> {
    let new_id = id::timed();
    let tx = db.begin(actor).await?;
    if let Some(done) = claim(&tx, ask, new_id).await? {
        return Ok(done);
    }
    let before = store::lock(&tx, target.id).await?.ok_or_else(|| Error::not_found("id"))?;
    policy::may(actor, MemorandumAct::Renew, &before.standing)?;
    if before.standing.row.version != target.expected_version {
        return Err(Error::conflict());
    }
    let partners: Vec<Uuid> = before.standing.parties.iter().map(|party| party.organization_id).collect();
    let partners = organization::store::find(tx.link(), &partners).await?;
    let new = rules::renew(&before, command, &partners, new_id, tx.now())?;
    store::insert(&tx, &policy::may_create(actor, new_id)?, &new).await?;
    tell(&tx, &new.standing, ChangeType::MemorandumCreated, None).await?;
    tell(&tx, &new.standing, ChangeType::MemorandumInvited, None).await?;
    tx.commit().await?;
    Ok(Done::now(new_id))
}

/// Tells that a memorandum has come into force, if its time has come and nobody has told it; the moment is the true one.
pub async fn come_into_force(tx: &Tx, permit: &Permit<MemorandumAct>, before: Whole) -> Result<Whole> {
    let (row, today) = (&before.standing.row, day(tx.now()));
    let spans = standing::spans(&before.standing, &before.events);
    let Some(began) = spans.iter().find(|span| span.status == MemorandumStatus::InForce).map(|span| span.since) else {
        return Ok(before);
    };
    if row.in_force_told_at.is_some() || began > today {
        return Ok(before);
    }
    let both = |role| {
        let signed = before.standing.parties.iter().filter(move |party| party.role == role);
        signed.filter_map(|party| party.bound_from).min()
    };
    let bound = both(PartyRole::CentreProvider).max(both(PartyRole::Partner)).unwrap_or_else(|| midnight(began));
    let row = Memorandum { in_force_told_at: Some(tx.now()), ..row.clone() };
    let events = vec![rules::event(row.id, ChangeType::MemorandumInForce, bound, tx.author().organization(), None)];
    let after = store::apply(tx, permit, &before, Changed { row: Some(row), events, ..Changed::default() }).await?;
    tell(tx, &after.standing, ChangeType::MemorandumInForce, None).await?;
    Ok(after)
}

/// One round of the server's work: what has come into force, and what is about to end. Returns how many there were.
pub async fn announce(db: &Db, most: i64) -> Result<usize> {
    let tx = db.errand(Errand::Expiry).await?;
    let today = day(tx.now());
    let mut done = 0;
    let beginning = store::lock_beginning(&tx, today, most).await?;
    for whole in store::wholes(tx.link(), &beginning).await? {
        let (permit, version) = (policy::errand(whole.standing.row.id), whole.standing.row.version);
        let after = come_into_force(&tx, &permit, whole).await?;
        done += usize::from(after.standing.row.version != version);
    }
    let ending = store::lock_ending(&tx, today, standing::warned_from(today), most).await?;
    for whole in store::wholes(tx.link(), &ending).await? {
        let row = &whole.standing.row;
        let Some(days) = standing::warning(row, today) else { continue };
        let permit = policy::errand(row.id);
        let event = rules::event(row.id, ChangeType::MemorandumExpiring, tx.now(), None, None);
        let row = Memorandum { warned_days: Some(days), ..row.clone() };
        let changed = Changed { row: Some(row), events: vec![event], ..Changed::default() };
        let after = store::apply(&tx, &permit, &whole, changed).await?;
        tell(&tx, &after.standing, ChangeType::MemorandumExpiring, Some(days)).await?;
        done += 1;
    }
    tx.commit().await?;
    Ok(done)
}

/// Publishes a change to the provider and to every partner from its invitation on until it leaves; its leaving is the last that a
/// partner is told, since it is its own.
pub async fn tell(tx: &Tx, memorandum: &Standing, change: ChangeType, days: Option<i32>) -> Result<()> {
    let row = &memorandum.row;
    let knows = |id: &Uuid| memorandum.sight(*id) == Sight::All || tx.author().organization() == Some(*id);
    let parties: BTreeSet<Uuid> = memorandum.parties.iter().map(|party| party.organization_id).collect();
    let told = parties.into_iter().filter(knows).collect();
    let detail = match days {
        Some(days) => serde_json::json!({ "centreId": row.centre_id, "days": days }),
        None => serde_json::json!({ "centreId": row.centre_id }),
    };
    record(tx, Entry::new(change, ObjectType::Memorandum, row.id, row.version).detail(detail), Audience::Of(told)).await
}

/// What a command names, as far as there is such a thing.
async fn named(tx: &Tx, centre_id: Option<Uuid>, partner_ids: &[Uuid], coverage: &[NewCoverage]) -> Result<Named> {
    let centre = match centre_id {
        Some(id) => centre::store::find(tx.link(), &[id]).await?.pop(),
        None => None,
    };
    let codes: BTreeSet<&String> = coverage.iter().map(|line| &line.territory).collect();
    let mut codes: Vec<String> = codes.into_iter().cloned().collect();
    codes.extend(centre.as_ref().map(|centre| centre.territory_code.clone()));
    let territories = territory::store::find(tx.link(), &codes).await?;
    let region = centre.as_ref().and_then(|centre| territories.iter().find(|row| row.code == centre.territory_code));
    Ok(Named {
        region_code: region.map(|row| row.region_code.clone()).unwrap_or_default(),
        partners: organization::store::find(tx.link(), partner_ids).await?,
        services: service::store::list(tx.link()).await?,
        centre,
        territories,
    })
}
