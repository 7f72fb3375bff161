//! The verbs of owners, each the order of its steps: look up → claim → load → may → rule → write → journal → commit.

use super::{
    Outside,
    model::{ChangeEndpoint, Endpoint, NewDelivery, NewEndpoint},
    policy::{self, WebhookAct},
    queue,
    rules::{self, Target, Wish},
    signature, store,
};
use crate::{
    access::{Actor, Permit},
    base::{
        Error, Refusal, Result,
        error::{Refusals, UserErrorCode},
        id,
        words::{change::ChangeType, webhook::EndpointStatus},
    },
    db::{Db, Tx, fault},
    journal::{
        Audience, ObjectType,
        change::{self, Entry},
        feed,
        idempotency::{self, Ask, Done},
    },
    seal::{self, Seal},
};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A verb that makes a secret, which is shown once: a replay has none.
pub struct Issued {
    pub done: Done,
    pub secret: Option<SecretString>,
}

/// An address as its owner gives it, looked up. Nobody holds a transaction open for a name server.
async fn looked_up(outside: &Outside, url: &str) -> Result<Target, Refusal> {
    let target = Target::parse(url, outside.allow())?;
    outside.check(&target).await?;
    Ok(target)
}

/// Writes the story of an endpoint, for its organisation alone.
async fn told(tx: &Tx, change: ChangeType, row: (Uuid, Uuid, i32), detail: serde_json::Value) -> Result<()> {
    let (id, organization_id, version) = row;
    let entry = Entry::new(change, ObjectType::WebhookEndpoint, id, version).detail(detail);
    change::record(tx, entry, Audience::only(organization_id)).await
}

pub async fn create(
    db: &Db,
    seal: &Seal,
    outside: &Outside,
    actor: &Actor,
    ask: &Ask,
    url: &str,
    types: &[ChangeType],
) -> Result<Issued> {
    let permit = policy::may_create(actor, id::timed())?;
    let target = looked_up(outside, url).await;
    let tx = db.begin(actor).await?;
    let new_id = permit.object_id();
    if let Some(done) = idempotency::claim(&tx, ask, new_id).await? {
        return Ok(Issued { done, secret: None });
    }
    let mut refusals = Refusals::default();
    let (target, types) = (refusals.take(target), refusals.take(rules::types(types)));
    refusals.end()?;
    let (Some(target), Some(types)) = (target, types) else { return Err(Error::internal("a refusal was lost")) };
    // Two at once of one organisation wait for each other here.
    store::one_at_a_time(&tx, actor.organization_id).await?;
    if store::count(tx.link(), actor.organization_id).await? >= rules::MOST {
        let message =
            said!("An organisation has at most {most} endpoints. Delete one that you need no more.", most = rules::MOST);
        return Err(Error::refused(UserErrorCode::LimitExceeded, "", message));
    }
    let secret = Zeroizing::new(seal::random());
    let new = NewEndpoint {
        id: new_id,
        organization_id: permit.organization_id(),
        application_id: actor.application_id,
        url: target.url().to_string(),
        types,
        status: EndpointStatus::Enabled,
        secret: seal.close_webhook(new_id, &secret),
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert(&tx, &permit, new).await?;
    let row = (new_id, permit.organization_id(), 1);
    told(&tx, ChangeType::WebhookEndpointChanged, row, serde_json::json!({"verb": "created"})).await?;
    tx.commit().await?;
    Ok(Issued { done: Done::now(new_id), secret: Some(signature::shown(&secret[..])) })
}

/// The endpoint, locked, and the leave to do it.
async fn taken(tx: &Tx, actor: &Actor, act: WebhookAct, id: Uuid, field: &str) -> Result<(Endpoint, Permit<WebhookAct>)> {
    let row = store::lock(tx, id).await?.ok_or_else(|| Error::not_found(field))?;
    let permit = policy::may(actor, act, row.organization_id, row.id)?;
    Ok((row, permit))
}

async fn apply(
    tx: &Tx,
    permit: &Permit<WebhookAct>,
    row: &Endpoint,
    expected_version: i32,
    change: &ChangeEndpoint,
    verb: &'static str,
) -> Result<()> {
    let version = store::apply(tx, permit, expected_version, change).await?.ok_or_else(Error::conflict)?;
    let row = (row.id, row.organization_id, version);
    told(tx, ChangeType::WebhookEndpointChanged, row, serde_json::json!({"verb": verb})).await
}

/// What is to become of an endpoint; what is not named stays.
#[derive(Clone, Debug, Default)]
pub struct Update {
    pub url: Option<String>,
    pub types: Option<Vec<ChangeType>>,
    pub status: Option<EndpointStatus>,
}

/// One that is enabled begins again from now; one that is disabled gets nothing of what was still on its way.
pub async fn update(
    db: &Db,
    outside: &Outside,
    actor: &Actor,
    ask: &Ask,
    id: Uuid,
    expected_version: i32,
    update: Update,
) -> Result<Done> {
    let target = match &update.url {
        Some(url) => Some(looked_up(outside, url).await),
        None => None,
    };
    let tx = db.begin(actor).await?;
    if let Some(done) = idempotency::claim(&tx, ask, id).await? {
        return Ok(done);
    }
    let (row, permit) = taken(&tx, actor, WebhookAct::Update, id, "id").await?;
    let wish = Wish { url: target.transpose()?, types: update.types, status: update.status };
    let change = rules::update(&row, &wish, actor.application_id)?;
    apply(&tx, &permit, &row, expected_version, &change, "updated").await?;
    if wish.status == Some(EndpointStatus::Disabled) {
        queue::give_up(&tx, &permit).await?;
    } else if row.application_id != actor.application_id {
        // What is on its way was for one who may know more.
        queue::give_up_but(&tx, &permit, &ObjectType::told_to(actor.scopes)).await?;
    }
    tx.commit().await?;
    Ok(Done::now(id))
}

pub async fn delete(db: &Db, actor: &Actor, ask: &Ask, id: Uuid, expected_version: i32) -> Result<Done> {
    let tx = db.begin(actor).await?;
    if let Some(done) = idempotency::claim(&tx, ask, id).await? {
        return Ok(done);
    }
    let (row, permit) = taken(&tx, actor, WebhookAct::Delete, id, "id").await?;
    apply(&tx, &permit, &row, expected_version, &ChangeEndpoint::Delete, "deleted").await?;
    queue::give_up(&tx, &permit).await?;
    tx.commit().await?;
    Ok(Done::now(id))
}

pub async fn rotate_secret(db: &Db, seal: &Seal, actor: &Actor, ask: &Ask, id: Uuid, expected_version: i32) -> Result<Issued> {
    let tx = db.begin(actor).await?;
    if let Some(done) = idempotency::claim(&tx, ask, id).await? {
        return Ok(Issued { done, secret: None });
    }
    let (row, permit) = taken(&tx, actor, WebhookAct::RotateSecret, id, "id").await?;
    let secret = Zeroizing::new(seal::random());
    let change = rules::rotate(seal.close_webhook(id, &secret), tx.now());
    apply(&tx, &permit, &row, expected_version, &change, "secret rotated").await?;
    tx.commit().await?;
    Ok(Issued { done: Done::now(id), secret: Some(signature::shown(&secret[..])) })
}

/// Writes a change that is none, and its delivery: the id of that.
pub async fn test(db: &Db, actor: &Actor, ask: &Ask, endpoint_id: Uuid) -> Result<Done> {
    let tx = db.begin(actor).await?;
    let delivery = id::timed();
    if let Some(done) = idempotency::claim(&tx, ask, delivery).await? {
        return Ok(done);
    }
    let (row, permit) = taken(&tx, actor, WebhookAct::Test, endpoint_id, "endpointId").await?;
    rules::sends(&row)?;
    told(&tx, ChangeType::Test, (row.id, row.organization_id, row.version), serde_json::json!({})).await?;
    let place = queue::written(&tx, row.id).await?;
    let entry = feed::Entry {
        place,
        change: ChangeType::Test,
        object: ObjectType::WebhookEndpoint,
        object_id: row.id,
        object_version: row.version,
        at: tx.now(),
    };
    let new = NewDelivery { id: delivery, endpoint_id: row.id, organization_id: row.organization_id, entry };
    let (waiting, _) = queue::insert(&tx, &permit, &[new]).await?;
    queue::release(&tx, &permit, &waiting).await?;
    tx.commit().await?;
    Ok(Done::now(delivery))
}

/// Sends an endpoint a stretch of the feed once more: what it was sent already under the same ids.
pub async fn replay(
    db: &Db,
    actor: &Actor,
    ask: &Ask,
    endpoint_id: Uuid,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Done> {
    for _ in 1..TRIES {
        match replay_once(db, actor, ask, endpoint_id, from, to).await {
            // Deliveries begin and end meanwhile, each with locks of its own.
            Err(cut) if fault::is_ring(&cut) => {}
            other => return other,
        }
    }
    replay_once(db, actor, ask, endpoint_id, from, to).await
}

/// How often a replay is tried.
const TRIES: usize = 5;

async fn replay_once(
    db: &Db,
    actor: &Actor,
    ask: &Ask,
    endpoint_id: Uuid,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Done> {
    let tx = db.begin(actor).await?;
    if let Some(done) = idempotency::claim(&tx, ask, endpoint_id).await? {
        return Ok(done);
    }
    // It holds back the feed of everybody for as long as it takes: one at a time, and one a minute.
    if !store::first_of(&tx, actor.organization_id).await? {
        return Err(Error::Limited { retry_after: rules::REPLAY_EACH.num_seconds().unsigned_abs() });
    }
    let row = store::lock_lightly(&tx, endpoint_id).await?.ok_or_else(|| Error::not_found("endpointId"))?;
    let permit = policy::may(actor, WebhookAct::Replay, row.organization_id, row.id)?;
    rules::sends(&row)?;
    let before = store::last_replay(tx.link(), actor.organization_id).await?;
    if let Some(rest) = rules::until_next_replay(before, tx.now()) {
        return Err(Error::Limited { retry_after: rest });
    }
    store::replayed(&tx, &permit).await?;
    rules::stretch(from, to, feed::kept_since(tx.now()))?;
    let own = queue::listeners(tx.link(), Some(&[row.organization_id])).await?;
    let Some(listener) = own.into_iter().find(|listener| listener.id == row.id && listener.alive()) else {
        return Err(Error::not_found("endpointId"));
    };
    let scopes = listener.scopes();
    let wanted = |entry: &feed::Entry| rules::wants(&listener, scopes, entry);
    let entries = feed::between(tx.link(), from, to, wanted, rules::MOST_REPLAYED).await?.ok_or_else(rules::too_much)?;
    let count = entries.len();
    // Whoever ends or makes a delivery of an object holds the one that is under way: so nobody waits in a ring.
    queue::heads(&tx, &permit, entries.iter().map(|entry| entry.object_id).collect()).await?;
    let mut pairs = queue::replay(&tx, &permit, entries.iter().map(|entry| entry.place.parts().2).collect()).await?;
    let new: Vec<_> = entries
        .into_iter()
        .map(|entry| NewDelivery { id: id::timed(), endpoint_id: row.id, organization_id: row.organization_id, entry })
        .collect();
    let objects: Vec<Uuid> = new.iter().map(|row| row.entry.object_id).collect();
    pairs.extend(objects.iter().map(|object| (row.id, *object)));
    queue::insert(&tx, &permit, &new).await?;
    queue::line_up(&tx, &permit, objects).await?;
    queue::release(&tx, &permit, &pairs).await?;
    let told_of = (row.id, row.organization_id, row.version);
    told(&tx, ChangeType::WebhookEndpointChanged, told_of, serde_json::json!({"verb": "replayed", "changes": count})).await?;
    tx.commit().await?;
    Ok(Done::now(endpoint_id))
}
