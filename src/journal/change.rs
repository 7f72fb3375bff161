//! What has changed, and who may learn of it.

use super::ObjectType;
use crate::{
    base::{
        Result,
        words::{access::ActorKind, change::ChangeType},
    },
    db::{Tx, door::Author, sql::Sql},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// Who may learn of a change (the table "who learns of what" of the README).
#[derive(Clone, Debug)]
pub enum Audience {
    Everyone,
    Of(Vec<Uuid>),
}

impl Audience {
    /// One organisation alone.
    pub fn only(organization_id: Uuid) -> Self {
        Self::Of(vec![organization_id])
    }
}

/// One change of one object. `detail` holds ids and words, never personal data.
#[derive(Clone, Debug)]
pub struct Entry {
    pub change: ChangeType,
    pub object: ObjectType,
    pub id: Uuid,
    pub version: i32,
    pub detail: serde_json::Value,
}

impl Entry {
    pub fn new(change: ChangeType, object: ObjectType, id: Uuid, version: i32) -> Self {
        Self { change, object, id, version, detail: serde_json::json!({}) }
    }

    #[must_use]
    pub fn detail(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }
}

/// Writes the entry and its audience, in the transaction of the change: both or neither.
pub async fn record(tx: &Tx, entry: Entry, audience: Audience) -> Result<()> {
    let (kind, organization_id, application_id, acting_for) = match tx.author() {
        Author::Application { application_id, organization_id, acting_for } => {
            (ActorKind::Application, Some(*organization_id), Some(*application_id), acting_for.clone())
        }
        Author::System => (ActorKind::System, None, None, None),
        Author::Operator => (ActorKind::Operator, None, None, None),
    };
    let mut told = match audience {
        Audience::Everyone => vec![Uuid::nil()],
        Audience::Of(organizations) => organizations,
    };
    told.sort();
    told.dedup();
    let told_of = Sql::new(
        "with entry as (select nextval('change_seq') as seq), \
         written as (insert into change (seq, at, type, object_type, object_id, object_version, actor_kind, organization_id, application_id, acting_for, detail) \
           select seq, ",
    )
    .at(tx.now())
    .then(", ")
    .word(entry.change.word())
    .then(", ")
    .word(entry.object.word())
    .then(", ")
    .uuid(entry.id)
    .then(", ")
    .number(entry.version.into())
    .then(", ")
    .word(kind.word())
    .then(", ")
    .uuid(organization_id)
    .then(", ")
    .uuid(application_id)
    .then(", ")
    .maybe(acting_for)
    .then(", ")
    .word(entry.detail.to_string())
    .then("::jsonb from entry) insert into change_audience (organization_id, seq, at) select told, seq, ")
    .at(tx.now())
    .then(" from entry, unnest(")
    .uuids(told)
    .then(") told");
    told_of.execute(&mut tx.link()).await?;
    tx.tells();
    Ok(())
}
