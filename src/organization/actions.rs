//! Registering and changing organisations.

use super::{
    model::{Organization, Register, Update},
    policy::{self, OrganizationAct},
    rules, store,
};
use crate::{
    access::{Actor, Permit},
    base::{Error, Result, id, words::change::ChangeType},
    db::{Db, Tx},
    journal::{
        Audience, ObjectType,
        change::Entry,
        idempotency::{self, Ask, Done},
        record,
    },
    seal::Seal,
    territory,
};
use uuid::Uuid;

/// A new organisation.
pub async fn register(db: &Db, seal: &Seal, actor: &Actor, ask: &Ask, command: &Register) -> Result<Done> {
    let permit = policy::may(actor, OrganizationAct::Register, id::timed())?;
    let tx = db.begin(actor).await?;
    if let Some(done) = idempotency::claim(&tx, ask, permit.object_id()).await? {
        tx.commit().await?;
        return Ok(done);
    }
    let new = register_in(&tx, seal, &permit, command).await?;
    tx.commit().await?;
    Ok(Done::now(new.id))
}

/// The same within a transaction of the server's own; the permit brings the id.
pub async fn register_in(tx: &Tx, seal: &Seal, permit: &Permit<OrganizationAct>, command: &Register) -> Result<Organization> {
    let territory = match &command.territory {
        Some(code) => territory::store::one(tx.link(), code).await?,
        None => None,
    };
    let (new, tax_number) = rules::register(command, territory.as_ref(), permit.object_id(), tx.now())?;
    store::insert(tx, permit, &new).await?;
    if let Some(number) = tax_number {
        store::insert_tax_number(tx, permit, seal, &number).await?;
    }
    tell(tx, &new).await?;
    Ok(new)
}

/// A change of an organisation.
pub async fn update(db: &Db, actor: &Actor, ask: &Ask, id: Uuid, command: &Update) -> Result<Done> {
    let permit = policy::may(actor, OrganizationAct::Update, id)?;
    let tx = db.begin(actor).await?;
    if let Some(done) = idempotency::claim(&tx, ask, id).await? {
        tx.commit().await?;
        return Ok(done);
    }
    let before = store::lock(&tx, id).await?.ok_or_else(|| Error::not_found("id"))?;
    if before.version != command.expected_version {
        return Err(Error::conflict());
    }
    let territory = match &command.territory {
        Some(Some(code)) => territory::store::one(tx.link(), code).await?,
        _ => None,
    };
    let after = rules::update(&before, command, territory.as_ref())?;
    let after = store::apply(&tx, &permit, &before, &after).await?;
    tell(&tx, &after).await?;
    tx.commit().await?;
    Ok(Done::now(id))
}

async fn tell(tx: &Tx, row: &Organization) -> Result<()> {
    let entry = Entry::new(ChangeType::OrganizationChanged, ObjectType::Organization, row.id, row.version)
        .detail(serde_json::json!({ "kind": row.kind, "active": row.active }));
    record(tx, entry, Audience::Everyone).await
}
