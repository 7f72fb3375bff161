//! Telling what an organisation offers.

use super::{
    model::{Offering, Update},
    policy::{self, OfferingAct},
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
        idempotency::{self, Ask, Done},
        record,
    },
    organization, service, territory,
};

/// An organisation tells what it offers. What is done answers with the organisation.
pub async fn update(db: &Db, actor: &Actor, ask: &Ask, command: &Update) -> Result<Done> {
    let permit = policy::may(actor, OfferingAct::Tell)?;
    let tx = db.begin(actor).await?;
    if let Some(done) = idempotency::claim(&tx, ask, permit.object_id()).await? {
        tx.commit().await?;
        return Ok(done);
    }
    update_in(&tx, &permit, command).await?;
    tx.commit().await?;
    Ok(Done::now(permit.object_id()))
}

/// The same within a transaction of the server's own.
pub async fn update_in(tx: &Tx, permit: &Permit<OfferingAct>, command: &Update) -> Result<Offering> {
    let own = organization::store::get(tx.link(), permit.object_id(), "").await?;
    let service = service::store::get(tx.link(), &command.service_code, "serviceCode").await?;
    let centre = match command.centre_id {
        Some(id) => centre::store::find(tx.link(), &[id]).await?.pop(),
        None => None,
    };
    let known = territory::store::find(tx.link(), &command.territories).await?;
    let territories = rules::update(command, &own, centre.as_ref(), &known)?;
    let new = Offering {
        id: id::timed(),
        organization_id: own.id,
        service_id: service.id,
        centre_id: command.centre_id,
        territories,
        capacity: command.capacity,
        capacity_as_of: tx.now(),
        expected_wait: command.expected_wait.clone(),
        version: 1,
    };
    let row = store::put(tx, permit, &new).await?;
    let entry = Entry::new(ChangeType::OfferingChanged, ObjectType::Offering, row.id, row.version)
        .detail(serde_json::json!({ "organizationId": own.id, "serviceCode": service.code, "capacity": row.capacity }));
    record(tx, entry, Audience::Everyone).await?;
    Ok(row)
}
