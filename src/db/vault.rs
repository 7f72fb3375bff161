//! What master keys wrap: the keys that stay, opened once at the start, and all that is wrapped anew when a master key changes.

use super::{Db, Errand, roles, sql::Sql};
use crate::{
    base::{Error, Result},
    seal::{Kept, Ring, Seal, Wrapped},
};
use diesel::{
    OptionalExtension, QueryableByName,
    sql_types::{Binary, Nullable},
};
use tokio_postgres::Client;
use uuid::Uuid;

/// A column of keys: table, the id that a key opens for, the column, and what its keys are for. A test finds those that lack here.
pub const COLUMNS: &[(&str, &str, &str, Wrapped)] = &[
    ("vault.person_key", "person_id", "wrapped", Wrapped::Person),
    ("organization_secret", "organization_id", "wrapped_key", Wrapped::Person),
    ("webhook_endpoint", "id", "secret", Wrapped::Webhook),
    ("webhook_endpoint", "id", "previous_secret", Wrapped::Webhook),
    ("vault.kept", "'00000000-0000-0000-0000-000000000000'::uuid", "wrapped", Wrapped::Kept),
];

/// Rows of one transaction.
const BATCH: i64 = 500;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<Binary>)]
    wrapped: Option<Vec<u8>>,
}

/// The keys of a server on this database: those that stay are made where it is new. Master keys of another database open nothing.
pub async fn open(db: &Db, masters: &[[u8; 32]]) -> Result<Seal> {
    use diesel_async::RunQueryDsl;
    let ring = Ring::new(masters);
    let tx = db.errand(Errand::Open).await?;
    let row = async || Sql::new("select wrapped from vault.kept").get_result::<Row>(&mut tx.link()).await.optional();
    let fill = match row().await? {
        Some(Row { wrapped: Some(_) }) => None,
        Some(Row { wrapped: None }) => match masters {
            [master] => Some(("update vault.kept set wrapped = ", Kept::of(master), " where wrapped is null")),
            _ => {
                return Err(Error::internal(
                    "start once with the one master key that it has had (MISTOK_MASTER_KEY_FILE), before there are two",
                ));
            }
        },
        None => Some(("insert into vault.kept (wrapped) values (", Kept::random(), ") on conflict do nothing")),
    };
    if fill.is_some() && db.is_standby() {
        return Err(Error::internal("it keeps no keys yet: start a server at the primary first"));
    }
    if let Some((before, kept, after)) = fill {
        Sql::new(before).bytes(kept.wrap(&ring)).then(after).execute(&mut tx.link()).await?;
    }
    // Another server may have been faster.
    let wrapped = row().await?.and_then(|row| row.wrapped).ok_or_else(|| Error::internal("it keeps no keys"))?;
    tx.commit().await?;
    let kept = Kept::unwrap(&ring, &wrapped).map_err(|_| {
        Error::internal("MISTOK_MASTER_KEY_FILE holds another master key than the one that its keys are wrapped by")
    })?;
    Ok(Seal::new(ring, kept))
}

/// Why not everything could be wrapped anew.
#[derive(Debug, thiserror::Error)]
#[error("the database: {}", .0.as_db_error().map_or_else(|| .0.to_string(), ToString::to_string))]
pub struct Fault(#[from] tokio_postgres::Error);

/// What a change of the master key has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Wrapped by the first key now.
    pub anew: u64,
    /// Wrapped by it before.
    pub already: u64,
    /// No key opens these.
    pub closed: u64,
    /// The first of them: table and id.
    pub first_closed: Option<String>,
}

/// Wraps everything by the first key, while servers work: each batch is a transaction, and what is done once is done. `url` logs in as
/// the owner.
pub async fn rotate(url: &str, ring: &Ring) -> Result<Rotated, Fault> {
    let (mut client, mut done) = (roles::connect(url).await?, Rotated::default());
    for column in COLUMNS {
        let mut after = None;
        while let Some(last) = batch(&mut client, ring, column, after, &mut done).await? {
            after = Some(last);
        }
    }
    Ok(done)
}

/// Returns the last id, as long as there are more.
async fn batch(
    client: &mut Client,
    ring: &Ring,
    &(table, id, column, of): &(&str, &str, &str, Wrapped),
    after: Option<Uuid>,
    done: &mut Rotated,
) -> Result<Option<Uuid>, tokio_postgres::Error> {
    let tx = client.transaction().await?;
    // Whoever changes one of these waits for the end of this batch.
    let rows = format!(
        "select {id}, {column} from {table} where ($1::uuid is null or {id} > $1) and length({column}) > 0 order by {id} limit {BATCH} for update"
    );
    let rows = tx.query(&rows, &[&after]).await?;
    let (mut ids, mut anew) = (Vec::new(), Vec::new());
    for row in &rows {
        match ring.rewrap(of, row.get(0), row.get(1)) {
            Ok(Some(wrapped)) => {
                ids.push(row.get::<_, Uuid>(0));
                anew.push(wrapped);
            }
            Ok(None) => done.already += 1,
            Err(_) => {
                done.closed += 1;
                done.first_closed.get_or_insert_with(|| format!("{table} {}", row.get::<_, Uuid>(0)));
            }
        }
    }
    let write = format!(
        "update {table} set {column} = n.wrapped from unnest($1::uuid[], $2::bytea[]) n (key, wrapped) where {id} = n.key"
    );
    done.anew += tx.execute(&write, &[&ids, &anew]).await?;
    tx.commit().await?;
    Ok(rows.last().map(|row| row.get(0)))
}
