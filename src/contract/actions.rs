//! One function per verb of the contract itself: the order of steps, and nothing else. Acts stand in `claiming`, money in `paying`.

use super::{
    model::*,
    policy::{self, ContractAct},
    rules::{self, At},
    store,
};
use crate::{
    access::{Actor, Permit},
    base::{
        Error, Result,
        clock::day,
        id,
        words::{change::ChangeType, contract::ContractStatus},
    },
    centre,
    db::{Db, Tx},
    journal::{
        Audience, ObjectType,
        change::Entry,
        idempotency::{Ask, Done, claim},
        record,
    },
    organization, service, territory,
};
use chrono::NaiveDate;
use uuid::Uuid;

/// When a transaction acts.
pub(super) fn at(tx: &Tx) -> At {
    At { now: tx.now(), today: day(tx.now()) }
}

/// `contractCreate`: a draft of which the provider knows nothing.
pub async fn create(db: &Db, actor: &Actor, ask: &Ask, command: &Create) -> Result<Done> {
    let permit = policy::may_create(actor, id::timed())?;
    let tx = db.begin(actor).await?;
    if let Some(done) = claim(&tx, ask, permit.object_id()).await? {
        return Ok(done);
    }
    let funder = organization::store::get(tx.link(), actor.organization_id, "").await?;
    let mut named = Named {
        provider: organization::store::find(tx.link(), &[command.provider_id]).await?.pop(),
        services: service::store::list(tx.link()).await?,
        ..Named::default()
    };
    if let Some(centre_id) = command.centre_id {
        named.centre = centre::store::find(tx.link(), &[centre_id]).await?.pop();
    }
    let codes = [Some(command.territory.clone()), funder.territory_code.clone()];
    for territory in territory::store::find(tx.link(), &codes.into_iter().flatten().collect::<Vec<_>>()).await? {
        if Some(&territory.code) == funder.territory_code.as_ref() {
            named.own_region = Some(territory.region_code.clone());
        }
        if territory.code == command.territory {
            named.territory = Some(territory);
        }
    }
    let new = rules::create(command, &named, &funder, permit.object_id(), at(&tx))?;
    let event = Event {
        after: Some(new.row.status.to_string()),
        amount_kop: Some(new.row.ceiling_kop),
        ..rules::event(&new.row, ChangeType::ContractCreated, new.row.id, actor.organization_id, at(&tx))
    };
    store::insert(&tx, &permit, &new, &event).await?;
    tell(&tx, &new.row, ChangeType::ContractCreated, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(Done::now(permit.object_id()))
}

/// What a step on a locked contract works with.
pub(super) struct Step {
    pub tx: Tx,
    pub permit: Permit<ContractAct>,
    pub before: Whole,
    pub at: At,
}

/// The beginning of every step of the funder: claim, lock, ask for leave, compare the version.
pub(super) async fn step(db: &Db, actor: &Actor, ask: &Ask, act: ContractAct, target: Target) -> Result<Result<Step, Done>> {
    let tx = db.begin(actor).await?;
    if let Some(done) = claim(&tx, ask, target.id).await? {
        return Ok(Err(done));
    }
    let field = if act == ContractAct::RecordPayment { "contractId" } else { "id" };
    let before = of(&tx, Some(target.id), field).await?;
    let permit = policy::may(actor, act, &before.row)?;
    if before.row.version != target.expected_version {
        return Err(Error::conflict());
    }
    let at = at(&tx);
    Ok(Ok(Step { tx, permit, before, at }))
}

/// What a step has made of the contract, beside its row.
#[derive(Default)]
struct Told {
    on: Option<NaiveDate>,
    reason: Option<String>,
}

impl Step {
    /// Writes a contract that has moved, tells of it and ends.
    async fn end(self, after: FundingContract, change: ChangeType, told: Told) -> Result<Done> {
        let Self { tx, permit, before, at } = self;
        let after = store::apply(&tx, &permit, &before.row, &after).await?;
        let event = Event {
            before: Some(before.row.status.to_string()),
            after: Some(after.status.to_string()),
            on_day: told.on,
            reason: told.reason,
            ..rules::event(&after, change, after.id, permit.organization_id(), at)
        };
        store::note(&tx, &permit, &event).await?;
        tell(&tx, &after, change, serde_json::json!({ "status": after.status })).await?;
        tx.commit().await?;
        Ok(Done::now(after.id))
    }
}

/// `contractSign`: both have signed on paper; from now on the provider knows of it.
pub async fn sign(db: &Db, actor: &Actor, ask: &Ask, target: Target, signed_on: &str) -> Result<Done> {
    let step = match step(db, actor, ask, ContractAct::Sign, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let after = rules::sign(&step.before.row, signed_on, step.at)?;
    step.end(after, ChangeType::ContractChanged, Told::default()).await
}

/// `contractActivate`: from this day on work counts.
pub async fn activate(db: &Db, actor: &Actor, ask: &Ask, target: Target, on: NaiveDate) -> Result<Done> {
    let step = match step(db, actor, ask, ContractAct::Activate, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let after = rules::activate(&step.before, on, step.at)?;
    step.end(after, ChangeType::ContractChanged, Told { on: Some(on), ..Told::default() }).await
}

/// `contractSuspend`: for a time nothing is claimed, accepted or paid.
pub async fn suspend(db: &Db, actor: &Actor, ask: &Ask, target: Target, reason: &str) -> Result<Done> {
    let step = match step(db, actor, ask, ContractAct::Suspend, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let after = rules::turn(&step.before.row, ContractStatus::Active, ContractStatus::Suspended)?;
    let reason = Some(rules::reason(reason)?);
    step.end(after, ChangeType::ContractChanged, Told { reason, ..Told::default() }).await
}

/// `contractResume`.
pub async fn resume(db: &Db, actor: &Actor, ask: &Ask, target: Target, reason: Option<&str>) -> Result<Done> {
    let step = match step(db, actor, ask, ContractAct::Resume, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let after = rules::turn(&step.before.row, ContractStatus::Suspended, ContractStatus::Active)?;
    let reason = reason.filter(|text| !text.trim().is_empty()).map(rules::reason).transpose()?;
    step.end(after, ChangeType::ContractChanged, Told { reason, ..Told::default() }).await
}

/// `contractComplete`: carried out; what is owed is still paid.
pub async fn complete(db: &Db, actor: &Actor, ask: &Ask, target: Target, on: NaiveDate) -> Result<Done> {
    let step = match step(db, actor, ask, ContractAct::Complete, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let after = rules::complete(&step.before, on, step.at)?;
    step.end(after, ChangeType::ContractEnded, Told { on: Some(on), ..Told::default() }).await
}

/// `contractTerminate`: ended before its time; what was done by then is still claimed and paid.
pub async fn terminate(db: &Db, actor: &Actor, ask: &Ask, target: Target, command: &Terminate) -> Result<Done> {
    let step = match step(db, actor, ask, ContractAct::Terminate, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let (after, reason) = rules::terminate(&step.before, command, step.at)?;
    step.end(after, ChangeType::ContractEnded, Told { on: Some(command.on), reason }).await
}

/// `contractCancel`: a draft comes to nothing.
pub async fn cancel(db: &Db, actor: &Actor, ask: &Ask, target: Target, reason: &str) -> Result<Done> {
    let step = match step(db, actor, ask, ContractAct::Cancel, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let after = rules::cancel(&step.before.row)?;
    let reason = Some(rules::reason(reason)?);
    step.end(after, ChangeType::ContractEnded, Told { reason, ..Told::default() }).await
}

/// `contractAmend`: the whole new set of lines and tranches from a day on.
pub async fn amend(db: &Db, actor: &Actor, ask: &Ask, target: Target, command: &Amend) -> Result<Done> {
    let Step { tx, permit, before, at } = match step(db, actor, ask, ContractAct::Amend, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let named = Named { services: service::store::list(tx.link()).await?, ..Named::default() };
    let amended = rules::amend(&before, command, &named, at)?;
    store::amend(&tx, &permit, &amended).await?;
    let after = store::apply(&tx, &permit, &before.row, &amended.row).await?;
    let event = Event {
        on_day: Some(amended.terms.effective_on),
        reason: amended.terms.rationale.clone(),
        amount_kop: Some(amended.terms.amount_kop),
        ..rules::event(&after, ChangeType::ContractAmended, amended.terms.id, permit.organization_id(), at)
    };
    store::note(&tx, &permit, &event).await?;
    tell(&tx, &after, ChangeType::ContractAmended, serde_json::json!({ "amendmentId": amended.terms.id })).await?;
    tx.commit().await?;
    Ok(Done::now(after.id))
}

/// Publishes a change of a contract to its funder's side, to those who oversee, and from its signature on to the provider.
pub(super) async fn tell(tx: &Tx, row: &FundingContract, change: ChangeType, detail: serde_json::Value) -> Result<()> {
    let entry = Entry::new(change, ObjectType::Contract, row.id, row.version).detail(detail);
    record(tx, entry, audience(tx, row).await?).await
}

/// Who may learn of a contract that has left its funder's desk, or has not.
pub(super) async fn audience(tx: &Tx, row: &FundingContract) -> Result<Audience> {
    let mut told = store::overseers(tx.link(), row).await?;
    told.push(row.funder_id);
    told.extend(row.signed_at.map(|_| row.provider_id));
    Ok(Audience::Of(told))
}

/// The contract of an object that belongs to one, locked; none: there is no such thing, or none that one may know of.
pub(super) async fn of(tx: &Tx, contract_id: Option<Uuid>, field: &str) -> Result<Whole> {
    let whole = match contract_id {
        Some(id) => store::lock(tx, id).await?,
        None => None,
    };
    whole.ok_or_else(|| Error::not_found(field))
}
