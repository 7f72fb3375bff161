//! `observationReport`: the order of steps, and nothing else.

use super::{
    model::{Named, Observation, Report, Reporter},
    policy::{self, ObservationAct},
    rules, store,
};
use crate::{
    access::{Actor, Permit},
    base::{Result, id, words::change::ChangeType},
    centre,
    db::{Db, Tx},
    journal::{
        Audience, ObjectType,
        change::Entry,
        idempotency::{Ask, Done, claim},
        record,
    },
    organization, territory,
};
use uuid::Uuid;

/// A figure is reported. One that was reported before under the same external reference is answered as it stands: `replayed`.
pub async fn report(db: &Db, actor: &Actor, ask: &Ask, command: &Report) -> Result<Done> {
    let permit = policy::may_report(actor, new_id(actor.organization_id, command))?;
    let tx = db.begin(actor).await?;
    if let Some(done) = claim(&tx, ask, permit.object_id()).await? {
        return Ok(done);
    }
    let replayed = !report_in(&tx, &permit, policy::reporter(actor), command).await?;
    tx.commit().await?;
    Ok(Done { id: permit.object_id(), replayed })
}

/// The id of a figure: a repetition by the same reference has the same.
pub fn new_id(organization_id: Uuid, command: &Report) -> Uuid {
    let reference = command.external_reference.as_deref().map(str::trim);
    reference.map_or_else(id::timed, |reference| id::named(organization_id, "observation", reference))
}

/// The same within a transaction of the server's own; whether it is new.
pub async fn report_in(tx: &Tx, permit: &Permit<ObservationAct>, by: Reporter, command: &Report) -> Result<bool> {
    let named = named(tx, command).await?;
    let new = rules::report(command, &named, by, permit.object_id(), tx.now())?;
    let written = store::insert(tx, permit, &new).await?;
    let is_new = rules::told_again(&new, written)?.is_none();
    if is_new {
        tell(tx, &new).await?;
    }
    Ok(is_new)
}

/// What a report names, as far as there is such a thing.
async fn named(tx: &Tx, command: &Report) -> Result<Named> {
    let centre = match command.centre_id {
        Some(id) => centre::store::find(tx.link(), &[id]).await?.pop(),
        None => None,
    };
    let territory = match &command.territory {
        Some(code) => territory::store::one(tx.link(), code).await?,
        None => None,
    };
    let ids: Vec<Uuid> = command.about_id.iter().chain(&command.supported_by).copied().collect();
    Ok(Named { centre, territory, organizations: organization::store::find(tx.link(), &ids).await? })
}

/// To the organisation itself: others read it where they look for figures.
async fn tell(tx: &Tx, new: &Observation) -> Result<()> {
    let entry = Entry::new(ChangeType::ObservationReported, ObjectType::Observation, new.id, new.version)
        .detail(serde_json::json!({ "indicator": new.indicator, "kind": new.kind }));
    record(tx, entry, Audience::only(new.organization_id)).await
}
