//! Reads of personal data: one entry for a page, with all its ids.

use super::ObjectType;
use crate::{
    access::Actor,
    base::{Result, id, words::access::AccessPurpose},
    db::{Tx, sql::Sql},
};
use diesel_async::RunQueryDsl;
use futures_util::future::try_join_all;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What was read of which objects.
#[derive(Clone, Debug)]
pub struct Read {
    pub object: ObjectType,
    pub ids: BTreeSet<Uuid>,
    pub fields: BTreeSet<&'static str>,
}

/// Writes what an actor has read, for which purpose.
pub async fn record(tx: &Tx, actor: &Actor, purpose: AccessPurpose, request_id: &str, reads: &[Read]) -> Result<()> {
    let entries = reads.iter().map(async |read| {
        let entry = Sql::new(
            "insert into access (id, at, organization_id, application_id, acting_for, purpose, object_type, object_ids, fields, request_id) values (",
        )
        .uuid(id::timed())
        .then(", ")
        .at(tx.now())
        .then(", ")
        .uuid(actor.organization_id)
        .then(", ")
        .uuid(actor.application_id)
        .then(", ")
        .maybe(actor.acting_for.clone())
        .then(", ")
        .word(purpose.word())
        .then(", ")
        .word(read.object.word())
        .then(", ")
        .uuids(read.ids.iter().copied().collect())
        .then(", ")
        .words(read.fields.iter().map(|field| (*field).to_owned()).collect())
        .then(", ")
        .word(request_id)
        .then(")");
        entry.execute(&mut tx.link()).await
    });
    try_join_all(entries).await?;
    Ok(())
}
