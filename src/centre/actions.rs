//! Registering and changing centres.

use super::{
    model::{Centre, Named, Register, Update},
    policy::{self, CentreAct},
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
    organization, territory,
};
use uuid::Uuid;

/// A new centre.
pub async fn register(db: &Db, actor: &Actor, ask: &Ask, command: &Register) -> Result<Done> {
    let permit = policy::may(actor, CentreAct::Register, id::timed())?;
    let tx = db.begin(actor).await?;
    if let Some(done) = idempotency::claim(&tx, ask, permit.object_id()).await? {
        tx.commit().await?;
        return Ok(done);
    }
    let new = register_in(&tx, &permit, command).await?;
    tx.commit().await?;
    Ok(Done::now(new.id))
}

/// The same within a transaction of the server's own; the permit brings the id.
pub async fn register_in(tx: &Tx, permit: &Permit<CentreAct>, command: &Register) -> Result<Centre> {
    let named = named(tx, command).await?;
    let (new, step, posts) = rules::register(command, &named, permit.object_id(), tx.now())?;
    store::insert(tx, permit, &new).await?;
    store::note(tx, permit, &step).await?;
    store::replace_posts(tx, permit, &posts).await?;
    tell(tx, &new).await?;
    Ok(new)
}

/// A change of a centre.
pub async fn update(db: &Db, actor: &Actor, ask: &Ask, id: Uuid, command: &Update) -> Result<Done> {
    let permit = policy::may(actor, CentreAct::Update, id)?;
    let tx = db.begin(actor).await?;
    if let Some(done) = idempotency::claim(&tx, ask, id).await? {
        tx.commit().await?;
        return Ok(done);
    }
    let before = store::lock(&tx, id).await?.ok_or_else(|| Error::not_found("id"))?;
    if before.version != command.expected_version {
        return Err(Error::conflict());
    }
    let last = store::last_step(tx.link(), id).await?;
    let (after, step, posts) = rules::update(&before, last.as_ref(), command, tx.now())?;
    let after = store::apply(&tx, &permit, &before, &after).await?;
    if let Some(step) = step {
        store::note(&tx, &permit, &step).await?;
    }
    if let Some(posts) = posts {
        store::replace_posts(&tx, &permit, &posts).await?;
    }
    tell(&tx, &after).await?;
    tx.commit().await?;
    Ok(Done::now(id))
}

/// What a new centre names, as far as there is such a thing.
async fn named(tx: &Tx, command: &Register) -> Result<Named> {
    let codes: Vec<String> =
        [Some(&command.territory), command.origin_territory.as_ref()].into_iter().flatten().cloned().collect();
    let ids: Vec<Uuid> = [Some(command.provider_id), command.host_id].into_iter().flatten().collect();
    let territories = territory::store::find(tx.link(), &codes).await?;
    let organizations = organization::store::find(tx.link(), &ids).await?;
    let territory = |code: &str| territories.iter().find(|row| row.code == code).cloned();
    let organization = |id: Uuid| organizations.iter().find(|row| row.id == id).cloned();
    Ok(Named {
        territory: territory(&command.territory),
        origin: command.origin_territory.as_deref().and_then(territory),
        provider: organization(command.provider_id),
        host: command.host_id.and_then(organization),
    })
}

async fn tell(tx: &Tx, row: &Centre) -> Result<()> {
    let entry = Entry::new(ChangeType::CentreChanged, ObjectType::Centre, row.id, row.version)
        .detail(serde_json::json!({ "status": row.status }));
    record(tx, entry, Audience::Everyone).await
}
