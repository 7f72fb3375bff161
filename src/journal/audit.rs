//! The trail of the audit: who saw or changed one object, for which purpose. Changes are told to whom they were told when they happened;
//! reads to the reader's own organisation, and those of a referral to its sender, whose data they are.

use super::ObjectType;
use crate::{
    base::{
        Result,
        page::Window,
        words::access::{AccessPurpose, ActorKind},
    },
    db::{
        Link,
        sql::{Count, Sql},
    },
};
use chrono::{DateTime, Utc};
use diesel::{
    OptionalExtension, QueryableByName,
    sql_types::{Array, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// Where an entry stands in a trail: when, and what tells it from others of the same moment. It tells nothing that the entry does not:
/// a change's number would say how much everybody else writes.
pub type Key = (DateTime<Utc>, Uuid);

/// One entry.
#[derive(Clone, Debug, QueryableByName)]
pub struct Entry {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The entry itself: for the server alone.
    #[diesel(sql_type = SqlUuid)]
    pub entry: Uuid,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub actor_kind: ActorKind,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub organization_id: Option<Uuid>,
    /// Only of one's own organisation, as the next.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub application_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    pub acting_for: Option<String>,
    /// Of reads alone.
    #[diesel(sql_type = Nullable<Text>)]
    pub purpose: Option<AccessPurpose>,
    /// The kind of a change, or READ.
    #[diesel(sql_type = Text)]
    pub action: String,
    #[diesel(sql_type = Text)]
    pub object_type: ObjectType,
    #[diesel(sql_type = Array<SqlUuid>)]
    pub object_ids: Vec<Uuid>,
    #[diesel(sql_type = Array<Text>)]
    pub fields: Vec<String>,
    #[diesel(sql_type = Binary)]
    pub hash: Vec<u8>,
    /// Of changes alone.
    #[diesel(sql_type = Nullable<Binary>)]
    pub previous_hash: Option<Vec<u8>>,
    /// Where it stands among all entries: for the server alone.
    #[diesel(sql_type = Text)]
    pub place: String,
}

impl Entry {
    pub fn key(&self) -> Key {
        (self.created_at, self.id)
    }
}

/// Rows of a page in reading direction, one more than asked for.
pub async fn page(mut link: &Link, object: (ObjectType, Uuid), window: &Window<Key>) -> Result<Vec<Entry>> {
    Ok(trail(Sql::new("select l.* from ("), object).newest(window).load(&mut link).await?)
}

/// One entry of the trail.
pub async fn find(mut link: &Link, object: (ObjectType, Uuid), entry: Uuid) -> Result<Option<Entry>> {
    let sql = trail(Sql::new("select l.* from ("), object).then(" and l.entry = ").uuid(entry);
    Ok(sql.get_result(&mut link).await.optional()?)
}

/// How many entries there are, counted up to `most` + 1.
pub async fn count(mut link: &Link, object: (ObjectType, Uuid), most: i64) -> Result<i64> {
    let sql = trail(Sql::new("select count(*) as count from (select 1 from ("), object);
    Ok(sql.then(" limit ").number(most + 1).then(") counted").get_result::<Count>(&mut link).await?.count)
}

/// Changes and reads as one list. Changes of one moment stand in the order in which they were written, counted from one.
fn trail(sql: Sql, (object, id): (ObjectType, Uuid)) -> Sql {
    sql.then(
        "select lpad(to_hex(row_number() over (partition by c.at order by c.seq)), 32, '0')::uuid as id, lpad(to_hex(c.seq), 32, '0')::uuid as entry, c.at as created_at, c.actor_kind, c.organization_id, \
         case when c.organization_id = mistok.current_org() then c.application_id end as application_id, \
         case when c.organization_id = mistok.current_org() then c.acting_for end as acting_for, \
         null::text as purpose, c.type as action, c.object_type, array[c.object_id] as object_ids, '{}'::text[] as fields, c.hash, c.previous_hash, mistok.place(c) as place \
         from change c where c.object_id = ",
    )
    .uuid(id)
    .then(" and c.object_type = ")
    .word(object.word())
    .then(
        " union all select r.id, r.id, r.at, 'APPLICATION', r.organization_id, r.application_id, r.acting_for, r.purpose, 'READ', r.object_type, \
         r.object_ids, r.fields, r.hash, null, r.place from mistok.reads_of(",
    )
    .uuid(id)
    .then(") r where r.object_type = ")
    .word(object.word())
    .then(" or r.object_type = ")
    // A case's person is asked about through the case.
    .word(if object == ObjectType::Case { ObjectType::Person } else { object }.word())
    .then(") l where true")
}
