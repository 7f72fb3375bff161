//! Reads of personal data: one entry for a page, with all its ids.

use super::ObjectType;
use crate::{
    access::Actor,
    base::{Result, id, words::access::AccessPurpose},
    db::Tx,
};
use diesel::sql_types::{Array, Nullable, Text, Timestamptz, Uuid as SqlUuid};
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

/// Writes what an actor has read, for which purpose.
pub async fn record(tx: &Tx, actor: &Actor, purpose: AccessPurpose, request_id: &str, reads: &[Read]) -> Result<()> {
    for read in reads {
        diesel::sql_query(
            "insert into access (id, at, organization_id, application_id, acting_for, purpose, object_type, object_ids, fields, request_id) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind::<SqlUuid, _>(id::timed())
        .bind::<Timestamptz, _>(tx.now())
        .bind::<SqlUuid, _>(actor.organization_id)
        .bind::<SqlUuid, _>(actor.application_id)
        .bind::<Nullable<Text>, _>(actor.acting_for.as_deref())
        .bind::<Text, _>(purpose.word())
        .bind::<Text, _>(read.object.word())
        .bind::<Array<SqlUuid>, _>(read.ids.iter().copied().collect::<Vec<_>>())
        .bind::<Array<Text>, _>(read.fields.iter().copied().collect::<Vec<_>>())
        .bind::<Text, _>(request_id)
        .execute(&mut tx.link())
        .await?;
    }
    Ok(())
}
