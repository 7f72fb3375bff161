//! Idempotency keys: a retried mutation changes nothing and answers the same. The key is claimed by the first
//! statement of the change's own transaction, so that two retries at once wait for each other; a refused change
//! leaves no claim, since trying again may succeed.

use crate::{
    base::{Error, Result, error::UserErrorCode},
    db::{Tx, door::Author, sql::Sql},
};
use diesel::sql_types::{Binary, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// Longest key, in characters.
pub const LONGEST: usize = 128;

/// One mutation as it was asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Name of the mutation's field.
    pub mutation: &'static str,
    pub key: Option<String>,
    /// Keyed hash of the input.
    pub input_hash: Vec<u8>,
}

/// What became of a mutation: the object that it has changed, now or when it was first asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    pub id: Uuid,
    pub replayed: bool,
}

impl Done {
    pub fn now(id: Uuid) -> Self {
        Self { id, replayed: false }
    }
}

#[derive(diesel::QueryableByName)]
struct Claimed {
    #[diesel(sql_type = Binary)]
    input_hash: Vec<u8>,
    #[diesel(sql_type = SqlUuid)]
    object_id: Uuid,
}

/// Claims the key for a change of `object_id`. `Some` means that this was done before: nothing is left to do.
pub async fn claim(tx: &Tx, ask: &Ask, object_id: Uuid) -> Result<Option<Done>> {
    let (Some(key), Author::Application { application_id, organization_id, .. }) = (ask.key.as_deref(), tx.author()) else {
        return Ok(None);
    };
    if key.is_empty() || key.chars().count() > LONGEST {
        return Err(Error::invalid("idempotencyKey", said!("An idempotency key has 1 to {LONGEST} characters.", LONGEST)));
    }
    let claimed = Sql::new(
        "insert into idempotency (application_id, mutation, key, organization_id, input_hash, object_id, at) values (",
    )
    .uuid(*application_id)
    .then(", ")
    .word(ask.mutation)
    .then(", ")
    .word(key)
    .then(", ")
    .uuid(*organization_id)
    .then(", ")
    .bytes(ask.input_hash.clone())
    .then(", ")
    .uuid(object_id)
    .then(", ")
    .at(tx.now())
    .then(") on conflict do nothing");
    let claimed = claimed.execute(&mut tx.link()).await?;
    if claimed == 1 {
        return Ok(None);
    }
    let before = Sql::new("select input_hash, object_id from idempotency where application_id = ")
        .uuid(*application_id)
        .then(" and mutation = ")
        .word(ask.mutation)
        .then(" and key = ")
        .word(key);
    let before: Claimed = before.get_result(&mut tx.link()).await?;
    if before.input_hash != ask.input_hash {
        return Err(Error::refused(
            UserErrorCode::IdempotencyKeyReused,
            "idempotencyKey",
            "This key was used before with another input. Take a new key for a new request.",
        ));
    }
    Ok(Some(Done { id: before.object_id, replayed: true }))
}
