//! What the operator does on the server's own machine: `mistok application …` and the demo's first loading.

use super::{
    actions,
    model::Application,
    policy::{self, Act},
    rules, secret, store,
};
use crate::{
    base::{Error, Result, id},
    db::{Db, Errand},
    seal::Seal,
};
use secrecy::SecretString;
use uuid::Uuid;

/// A new client, with the secret that is shown once.
pub struct Client {
    pub application_id: Uuid,
    pub client_id: String,
    pub secret: SecretString,
}

/// Registers an application of any organisation, with any scope that its kind may hold. `errand` is
/// [`Errand::Operator`] or [`Errand::Demo`].
pub async fn register(
    db: &Db,
    seal: &Seal,
    errand: Errand,
    organization_id: Uuid,
    name: &str,
    scopes: &[String],
) -> Result<Client> {
    let tx = db.errand(errand).await?;
    let holder = store::holder(tx.link(), organization_id).await?.ok_or_else(|| Error::not_found("organizationId"))?;
    let wanted = rules::register(holder, name, scopes, None)?;
    let permit = policy::operator(Act::Register, organization_id, id::timed());
    let secret = secret::new();
    let new = actions::fresh(&tx, seal, organization_id, wanted, &secret, None);
    let client_id = new.client_id.clone();
    actions::write(&tx, &permit, new).await?;
    tx.commit().await?;
    Ok(Client { application_id: permit.object_id(), client_id, secret })
}

/// All applications of one organisation.
pub async fn list(db: &Db, organization_id: Uuid) -> Result<Vec<Application>> {
    let tx = db.errand(Errand::Operator).await?;
    let rows = store::list(tx.link(), organization_id).await?;
    tx.commit().await?;
    Ok(rows)
}

/// Revokes an application by its client id; servers refuse its tokens within half a minute.
pub async fn revoke(db: &Db, client_id: &str) -> Result<()> {
    let tx = db.errand(Errand::Operator).await?;
    let login = store::login(tx.link(), client_id).await?.ok_or_else(|| Error::not_found("clientId"))?;
    let row = store::lock(&tx, login.application_id).await?.ok_or_else(|| Error::not_found("clientId"))?;
    let change = rules::revoke(&row)?;
    let permit = policy::operator(Act::Revoke, row.organization_id, row.id);
    actions::apply(&tx, &permit, &row, row.version, &change).await?;
    tx.commit().await
}
