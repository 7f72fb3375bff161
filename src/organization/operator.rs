//! What the operator does on the server's own machine: `mistok organization …`. The first Ministry comes this way.

use super::{
    actions,
    model::{Filter, Key, Organization, Register},
    policy::{self, OrganizationAct},
    store,
};
use crate::{
    base::{
        Error, Result, id,
        page::{Ask, MOST, Window},
    },
    db::{Db, Errand},
    seal::Seal,
};
use uuid::Uuid;

/// Registers an organisation of any kind.
pub async fn register(db: &Db, seal: &Seal, command: &Register) -> Result<Organization> {
    let tx = db.errand(Errand::Operator).await?;
    let permit = policy::operator(OrganizationAct::Register, id::timed());
    let new = actions::register_in(&tx, seal, &permit, command).await?;
    tx.commit().await?;
    Ok(new)
}

/// The organisation that has this id or this code (ЄДРПОУ).
pub async fn find(db: &Db, id: Option<Uuid>, edrpou: &str) -> Result<Organization> {
    let tx = db.errand(Errand::Operator).await?;
    let found = match id {
        Some(id) => store::find(tx.link(), &[id]).await?.pop(),
        None => store::find_by_edrpou(tx.link(), edrpou).await?,
    };
    tx.commit().await?;
    found.ok_or_else(|| Error::not_found("organization"))
}

/// Organisations whose names or EDRPOU hold all words of the search, newest first, at most a hundred.
pub async fn list(db: &Db, search: &str) -> Result<Vec<Organization>> {
    let tx = db.errand(Errand::Operator).await?;
    let filter = Filter { search: Some(search.to_owned()), ..Filter::default() };
    let window = Window::<Key>::of(&Ask { first: Some(MOST), ..Ask::default() }, "operator")?;
    let found = store::page(tx.link(), &filter, &window).await?;
    tx.commit().await?;
    Ok(window.cut(found).rows)
}
