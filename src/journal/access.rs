//! Reads of personal data: one entry for a page, with all its ids.

use super::ObjectType;
use crate::{
    access::Actor,
    base::{Result, id, words::access::AccessPurpose},
    db::{Tx, sql::Sql},
};
use diesel_async::RunQueryDsl;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What was read of which objects.
#[derive(Clone, Debug)]
pub struct Read {
    pub object: ObjectType,
    pub ids: BTreeSet<Uuid>,
    pub fields: BTreeSet<&'static str>,
}

/// Entries of one statement at the most: what is prepared for each number of them stays few.
const TOGETHER: usize = 8;

/// Writes what an actor has read, for which purpose.
pub async fn record(tx: &Tx, actor: &Actor, purpose: AccessPurpose, request_id: &str, reads: &[Read]) -> Result<()> {
    for some in reads.chunks(TOGETHER) {
        let mut entries = Sql::new(
            "insert into access (id, at, organization_id, application_id, acting_for, purpose, object_type, object_ids, fields, request_id) values ",
        );
        for (place, read) in some.iter().enumerate() {
            entries = entries
                .then(if place == 0 { "(" } else { ", (" })
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
        }
        entries.execute(&mut tx.link()).await?;
    }
    Ok(())
}
