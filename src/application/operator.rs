//! What the operator does on the server's own machine: `mistok application …` and the demo's first loading.

use super::{
    actions,
    model::{Application, Documents, Holder},
    policy::{self, Act},
    rules, secret, store,
};
use crate::{
    access::Scopes,
    base::{Error, Result, id},
    db::{Db, Errand, Tx},
    organization,
    seal::Seal,
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// A new client, with the secret that is shown once; empty where it has keys.
pub struct Client {
    pub application_id: Uuid,
    pub client_id: String,
    pub secret: SecretString,
}

/// The operator's wish.
#[derive(Clone, Debug, Default)]
pub struct Register {
    pub organization_id: Uuid,
    pub name: String,
    /// None: all that its kind may hold.
    pub scopes: Vec<String>,
    /// For the demo, whose clients keep their names from one beginning to the next: otherwise it is random.
    pub client_id: Option<String>,
    /// The same: otherwise 32 random bytes.
    pub secret: Option<SecretString>,
    /// With these it gets no secret.
    pub public_keys: Option<Vec<String>>,
}

/// Registers an application of any organisation, with any scope that its kind may hold. `errand` is
/// [`Errand::Operator`] or [`Errand::Demo`].
pub async fn register(db: &Db, seal: &Seal, errand: Errand, wish: Register) -> Result<Client> {
    let tx = db.errand(errand).await?;
    let Register { organization_id, name, mut scopes, .. } = wish;
    let holder: Holder = organization::store::get(tx.link(), organization_id, "organizationId").await?.into();
    if scopes.is_empty() {
        scopes = Scopes::of_kind(holder.kind).words();
    }
    let asked = rules::Wish { name: &name, scopes: &scopes, public_keys: wish.public_keys.as_deref() };
    let wanted = rules::register(holder, asked, None)?;
    let permit = policy::operator(Act::Register, organization_id, id::timed());
    let secret = wanted.public_keys.is_none().then(|| wish.secret.unwrap_or_else(secret::fresh));
    let mut new = actions::fresh(&tx, seal, organization_id, wanted, secret.as_ref(), None);
    new.client_id = wish.client_id.unwrap_or(new.client_id);
    let client_id = new.client_id.clone();
    actions::write(&tx, &permit, new).await?;
    tx.commit().await?;
    Ok(Client { application_id: permit.object_id(), client_id, secret: secret.unwrap_or_default() })
}

/// All applications of one organisation.
pub async fn list(db: &Db, organization_id: Uuid) -> Result<Vec<Application>> {
    let tx = db.errand(Errand::Operator).await?;
    let rows = store::list(tx.link(), organization_id).await?;
    tx.commit().await?;
    Ok(rows)
}

/// Whether there is an application with this client id.
pub async fn exists(db: &Db, client_id: &str) -> Result<bool> {
    let tx = db.errand(Errand::Operator).await?;
    let found = store::login(tx.link(), client_id).await?;
    tx.commit().await?;
    Ok(found.is_some())
}

/// Gives an application a new secret, by its client id; the one before is good for so many hours besides.
pub async fn rotate_secret(db: &Db, seal: &Seal, client_id: &str, overlap_hours: i32) -> Result<SecretString> {
    let tx = db.errand(Errand::Operator).await?;
    let row = locked(&tx, client_id).await?;
    let secret = secret::fresh();
    let change = rules::rotate(&row, seal.secret_hash(secret.expose_secret()), overlap_hours, tx.now())?;
    let permit = policy::operator(Act::RotateSecret, row.organization_id, row.id);
    actions::apply(&tx, &permit, &row, row.version, &change).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Gives an application other keys, by its client id; a secret that it had is good no more.
pub async fn replace_keys(db: &Db, client_id: &str, public_keys: &[String]) -> Result<()> {
    let tx = db.errand(Errand::Operator).await?;
    let row = locked(&tx, client_id).await?;
    let change = rules::replace_keys(&row, public_keys)?;
    let permit = policy::operator(Act::ReplaceKeys, row.organization_id, row.id);
    actions::apply(&tx, &permit, &row, row.version, &change).await?;
    tx.commit().await
}

/// Registers documents of an application, by its client id; that each fits the schema was seen before.
pub async fn register_documents(db: &Db, client_id: &str, documents: &Documents) -> Result<()> {
    let tx = db.errand(Errand::Operator).await?;
    let row = locked(&tx, client_id).await?;
    let permit = policy::operator(Act::RegisterDocuments, row.organization_id, row.id);
    actions::trust(&tx, &permit, &row, documents).await?;
    tx.commit().await
}

async fn locked(tx: &Tx, client_id: &str) -> Result<Application> {
    let login = store::login(tx.link(), client_id).await?.ok_or_else(|| Error::not_found("clientId"))?;
    store::lock(tx, login.application_id).await?.ok_or_else(|| Error::not_found("clientId"))
}

/// Revokes an application by its client id; servers refuse its tokens within half a minute.
pub async fn revoke(db: &Db, client_id: &str) -> Result<()> {
    let tx = db.errand(Errand::Operator).await?;
    let row = locked(&tx, client_id).await?;
    let change = rules::revoke(&row)?;
    let permit = policy::operator(Act::Revoke, row.organization_id, row.id);
    actions::apply(&tx, &permit, &row, row.version, &change).await?;
    tx.commit().await
}
