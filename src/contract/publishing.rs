//! A contract read as it is published in the open standards: everything of one moment, for who may read it.

use super::{
    policy::{self, ContractAct},
    standard::Published,
    store,
};
use crate::{
    access::{Actor, Denied},
    base::{Error, Result, clock},
    centre,
    db::{Db, Link},
    organization, service, territory,
};
use uuid::Uuid;

/// A contract with what its documents name. None: there is none with this id, none that the caller may know of, or it was never
/// signed: a draft binds nobody, and nobody is told of one by a document.
///
/// # Errors
/// `Denied` for an application without the scope, whatever the id.
pub async fn read(db: &Db, actor: &Actor, id: Uuid) -> Result<Option<Published>> {
    policy::may_look(actor)?;
    let reading = db.read(actor).await?;
    let found = found(reading.link(), actor, id, clock::day(reading.now())).await?;
    reading.end().await?;
    Ok(found)
}

async fn found(link: &Link, actor: &Actor, id: Uuid, today: chrono::NaiveDate) -> Result<Option<Published>> {
    let Some(whole) = store::wholes(link, &[id]).await?.pop().filter(|whole| whole.row.signed_at.is_some()) else {
        return Ok(None);
    };
    match policy::may(actor, ContractAct::Read, &whole.row) {
        Err(Denied::Stranger) => return Ok(None),
        Err(other) => return Err(other.into()),
        Ok(_) => {}
    }
    let row = &whole.row;
    let mut parties = organization::store::find(link, &[row.funder_id, row.provider_id]).await?;
    let mut party = |id| {
        let place = parties.iter().position(|party| party.id == id);
        place.map(|place| parties.swap_remove(place)).ok_or_else(|| Error::internal("a contract without one of its parties"))
    };
    let (funder, provider) = (party(row.funder_id)?, party(row.provider_id)?);
    let territory = territory::store::one(link, &row.territory_code).await?;
    let centre = match row.centre_id {
        Some(id) => centre::store::find(link, &[id]).await?.pop(),
        None => None,
    };
    let services: Vec<Uuid> = whole.lines.iter().filter_map(|line| line.service_id).collect();
    let services = service::store::find(link, &services).await?;
    let payments = store::payments(link, &[id]).await?;
    let territory = territory.ok_or_else(|| Error::internal("a contract without its hromada"))?;
    Ok(Some(Published { whole, payments, funder, provider, territory, centre, services, today }))
}
