//! The verbs, each the order of its steps: claim → load → may → rule → write → journal → commit.

use super::{
    Roster, Shelf,
    model::{Application, ChangeApplication, Documents, Login, NewApplication},
    policy::{self, Granting},
    rules, secret, store,
};
use crate::{
    access::{Actor, Permit, Scopes, token::assertion},
    base::{
        Error, Result,
        error::UserErrorCode,
        id,
        words::{access::ApplicationStatus, change::ChangeType, organization::OrganizationKind},
    },
    db::{Db, Errand, Tx},
    journal::{
        Audience, ObjectType,
        change::{self, Entry},
        idempotency::{self, Ask, Done},
    },
    organization,
    seal::Seal,
};
use secrecy::{ExposeSecret, SecretString};
use std::fmt::Debug;
use uuid::Uuid;

/// A mutation that makes a secret, which is shown once: a replay has none, nor has an application with keys.
pub struct Issued {
    pub done: Done,
    pub secret: Option<SecretString>,
}

/// The wish for a new application; without an organisation it is the caller's own.
#[derive(Clone, Debug)]
pub struct Register {
    pub organization_id: Option<Uuid>,
    pub name: String,
    pub scopes: Vec<String>,
    /// With these it gets no secret.
    pub public_keys: Option<Vec<String>>,
}

pub async fn register(db: &Db, seal: &Seal, actor: &Actor, ask: &Ask, wish: &Register) -> Result<Issued> {
    let tx = db.begin(actor).await?;
    let new_id = id::timed();
    if let Some(done) = idempotency::claim(&tx, ask, new_id).await? {
        return Ok(Issued { done, secret: None });
    }
    let organization_id = wish.organization_id.unwrap_or(actor.organization_id);
    let holder = organization::store::get(tx.link(), organization_id, "organizationId").await?.into();
    let (permit, granting) = policy::may_register(actor, holder, new_id)?;
    match granting {
        Granting::First if store::has_application(tx.link(), organization_id).await? => return Err(store::taken()),
        Granting::Own(_) if store::count_active(tx.link(), organization_id).await? >= rules::MOST => {
            let why = said!("An organisation has at most {most} active applications.", most = rules::MOST);
            return Err(Error::refused(UserErrorCode::LimitExceeded, "", why));
        }
        _ => {}
    }
    let asked = rules::Wish { name: &wish.name, scopes: &wish.scopes, public_keys: wish.public_keys.as_deref() };
    let wanted = rules::register(holder, asked, granting.held())?;
    let secret = wanted.public_keys.is_none().then(secret::fresh);
    let seeded_by = (granting == Granting::First).then_some(actor.organization_id);
    let new = fresh(&tx, seal, organization_id, wanted, secret.as_ref(), seeded_by);
    write(&tx, &permit, new).await?;
    tx.commit().await?;
    Ok(Issued { done: Done::now(new_id), secret })
}

/// The row of a new application; its id comes from the permit.
pub(super) fn fresh(
    tx: &Tx,
    seal: &Seal,
    organization_id: Uuid,
    wanted: rules::Registration,
    secret: Option<&SecretString>,
    seeded_by: Option<Uuid>,
) -> NewApplication {
    NewApplication {
        id: Uuid::nil(),
        organization_id,
        name: wanted.name,
        client_id: secret::client_id(),
        scopes: wanted.scopes.words(),
        status: ApplicationStatus::Active,
        secret_hash: secret.map(|secret| seal.secret_hash(secret.expose_secret())).unwrap_or_default(),
        public_keys: wanted.public_keys,
        seeded_by,
        created_at: tx.now(),
    }
}

pub(super) async fn write(tx: &Tx, permit: &Permit<policy::Act>, new: NewApplication) -> Result<()> {
    let organization_id = new.organization_id;
    store::insert(tx, permit, new).await?;
    told(tx, permit.object_id(), organization_id, 1).await
}

async fn told(tx: &Tx, id: Uuid, organization_id: Uuid, version: i32) -> Result<()> {
    let entry = Entry::new(ChangeType::ApplicationChanged, ObjectType::Application, id, version);
    change::record(tx, entry, Audience::only(organization_id)).await
}

pub async fn rotate_secret(
    db: &Db,
    seal: &Seal,
    actor: &Actor,
    ask: &Ask,
    id: Uuid,
    expected_version: i32,
    overlap_hours: i32,
) -> Result<Issued> {
    let tx = db.begin(actor).await?;
    if let Some(done) = idempotency::claim(&tx, ask, id).await? {
        return Ok(Issued { done, secret: None });
    }
    let row = store::lock(&tx, id).await?.ok_or_else(|| Error::not_found("id"))?;
    let permit = policy::may_rotate(actor, &row)?;
    let secret = secret::fresh();
    let change = rules::rotate(&row, seal.secret_hash(secret.expose_secret()), overlap_hours, tx.now())?;
    apply(&tx, &permit, &row, expected_version, &change).await?;
    tx.commit().await?;
    Ok(Issued { done: Done::now(id), secret: Some(secret) })
}

/// Other keys in the place of those before. Tokens that are out stay good until they end.
pub async fn replace_keys(
    db: &Db,
    actor: &Actor,
    ask: &Ask,
    id: Uuid,
    expected_version: i32,
    public_keys: &[String],
) -> Result<Done> {
    let tx = db.begin(actor).await?;
    if let Some(done) = idempotency::claim(&tx, ask, id).await? {
        return Ok(done);
    }
    let row = store::lock(&tx, id).await?.ok_or_else(|| Error::not_found("id"))?;
    let permit = policy::may_replace_keys(actor, &row)?;
    let change = rules::replace_keys(&row, public_keys)?;
    apply(&tx, &permit, &row, expected_version, &change).await?;
    tx.commit().await?;
    Ok(Done::now(id))
}

/// Registers documents that were held against the schema before. Other servers know of them within half a minute.
pub async fn register_documents(
    db: &Db,
    roster: &Roster,
    shelf: &Shelf,
    actor: &Actor,
    ask: &Ask,
    id: Uuid,
    documents: &Documents,
) -> Result<Done> {
    let tx = db.begin(actor).await?;
    if let Some(done) = idempotency::claim(&tx, ask, id).await? {
        return Ok(done);
    }
    let row = store::lock(&tx, id).await?.ok_or_else(|| Error::not_found("applicationId"))?;
    let permit = policy::may_register_documents(actor, &row)?;
    trust(&tx, &permit, &row, documents).await?;
    tx.commit().await?;
    roster.forget(id);
    shelf.forget();
    Ok(Done::now(id))
}

pub(super) async fn trust(tx: &Tx, permit: &Permit<policy::Act>, row: &Application, documents: &Documents) -> Result<()> {
    let change = rules::register_documents(row, documents)?;
    let there = store::put_documents(tx, permit, &documents.texts, documents.replace).await?;
    if there > rules::MOST_DOCUMENTS as i64 {
        let why = said!(
            "An application has at most {most} registered documents; `replace` drops the others.",
            most = rules::MOST_DOCUMENTS
        );
        return Err(Error::refused(UserErrorCode::LimitExceeded, "documents", why));
    }
    apply(tx, permit, row, row.version, &change).await
}

/// Its tokens are refused at once by this server, and within half a minute by others.
pub async fn revoke(db: &Db, roster: &Roster, actor: &Actor, ask: &Ask, id: Uuid, expected_version: i32) -> Result<Done> {
    let tx = db.begin(actor).await?;
    if let Some(done) = idempotency::claim(&tx, ask, id).await? {
        return Ok(done);
    }
    let row = store::lock(&tx, id).await?.ok_or_else(|| Error::not_found("id"))?;
    let permit = policy::may_revoke(actor, &row)?;
    let change = rules::revoke(&row)?;
    apply(&tx, &permit, &row, expected_version, &change).await?;
    tx.commit().await?;
    roster.forget(id);
    Ok(Done::now(id))
}

pub(super) async fn apply(
    tx: &Tx,
    permit: &Permit<policy::Act>,
    row: &Application,
    expected_version: i32,
    change: &ChangeApplication,
) -> Result<()> {
    let version = store::apply(tx, permit, expected_version, change).await?.ok_or_else(Error::conflict)?;
    told(tx, row.id, row.organization_id, version).await
}

/// A client that has shown who it is.
#[derive(Clone, Debug)]
pub struct Client {
    pub application_id: Uuid,
    pub organization_id: Uuid,
    pub kind: OrganizationKind,
    pub scopes: Scopes,
}

/// Takes client id and secret; none for a wrong secret, an unknown or revoked client and one whose organisation has
/// ceased its work: the same answer after the same work.
pub async fn login(db: &Db, seal: &Seal, client_id: &str, secret: &str) -> Result<Option<Client>> {
    let tx = db.errand(Errand::Login).await?;
    let found = store::login(tx.link(), client_id).await?;
    let known = found.as_ref().map(|login| secret::Known {
        current: login.secret_hash.clone(),
        previous: login.previous_secret_hash.clone().zip(login.previous_secret_until),
    });
    let is = secret::is_of(seal, secret, known.as_ref(), tx.now());
    tx.commit().await?;
    Ok(found.filter(|login| is && login.active()).map(client))
}

fn client(login: Login) -> Client {
    let (application_id, organization_id, kind) = (login.application_id, login.organization_id, login.kind);
    Client { application_id, organization_id, kind, scopes: login.scopes() }
}

/// Takes what a client has signed for one of `audiences`, with the client id that it names; none as above, and for what was shown
/// before, at whichever server. Why it is refused, the log alone says. `admit` has the last word on who is known then: where it refuses,
/// nothing was written, and the same may be shown again.
pub async fn login_by_assertion(
    db: &Db,
    text: &str,
    audiences: &[String],
    admit: impl FnOnce(Uuid) -> Result<()>,
) -> Result<Option<(String, Client)>> {
    let refused = |why: &dyn Debug| tracing::info!(?why, "what a client has signed was refused");
    let client_id = match assertion::claimant(text) {
        Ok(client_id) => client_id,
        Err(unfit) => {
            refused(&unfit);
            return Ok(None);
        }
    };
    let tx = db.errand(Errand::Login).await?;
    let Some(login) = store::login(tx.link(), &client_id).await?.filter(Login::active) else {
        refused(&"there is no such client, or it is revoked");
        return Ok(None);
    };
    let shown = match assertion::check(text, &client_id, &login.keys(), audiences, tx.now()) {
        Ok(shown) => shown,
        Err(unfit) => {
            refused(&unfit);
            return Ok(None);
        }
    };
    if !store::spend(&tx, login.application_id, &shown).await? {
        refused(&"it was shown before");
        return Ok(None);
    }
    admit(login.application_id)?;
    tx.commit().await?;
    Ok(Some((client_id, client(login))))
}

/// Notes that a client has got a token.
pub async fn used(db: &Db, actor: &Actor) -> Result<()> {
    let tx = db.begin(actor).await?;
    store::used(&tx, actor.application_id).await?;
    tx.commit().await
}
