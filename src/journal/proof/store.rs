//! Roots in the database: made by the server's errand, found for whoever asks for a proof.

use super::{
    Entry, Hash, Keys, Root,
    entry::{Change, Read},
    key::PublicKey,
    root::BEGINNING,
    tree,
};
use crate::{
    base::{Error, Result},
    db::{Db, Errand, Link, Tx, fault, sql::Sql},
    seal,
};
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use diesel::{
    OptionalExtension, QueryableByName,
    result::{DatabaseErrorKind, Error as Diesel},
    sql_types::{Array, BigInt, Binary, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// Between two roots.
const PACE: TimeDelta = TimeDelta::hours(1);

/// One more than fit under a root.
const PAGE: i64 = tree::SIZE as i64 + 1;

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = Text)]
    place: String,
}

#[derive(QueryableByName)]
struct RootRow {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    from_place: String,
    #[diesel(sql_type = Text)]
    until_place: String,
    #[diesel(sql_type = Binary)]
    leaves: Vec<u8>,
    #[diesel(sql_type = Binary)]
    filling: Vec<u8>,
    #[diesel(sql_type = Binary)]
    tree: Vec<u8>,
    #[diesel(sql_type = Nullable<Binary>)]
    previous_hash: Option<Vec<u8>>,
    #[diesel(sql_type = Binary)]
    signature: Vec<u8>,
    #[diesel(sql_type = Text)]
    key_id: String,
}

/// Columns of an entry of either kind, as `mistok.audited` gives them.
#[derive(QueryableByName)]
struct EntryRow {
    #[diesel(sql_type = Integer)]
    kind: i32,
    #[diesel(sql_type = Integer)]
    epoch: i32,
    #[diesel(sql_type = Text)]
    tx: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    seq: Option<i64>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    id: Option<Uuid>,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>, column_name = "type")]
    change: Option<String>,
    #[diesel(sql_type = Text)]
    object_type: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    object_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Integer>)]
    object_version: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    actor_kind: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    organization_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    application_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    acting_for: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    detail: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    purpose: Option<String>,
    #[diesel(sql_type = Nullable<Array<SqlUuid>>)]
    object_ids: Option<Vec<Uuid>>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    fields: Option<Vec<String>>,
    #[diesel(sql_type = Nullable<Text>)]
    request_id: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    previous_hash: Option<Vec<u8>>,
    #[diesel(sql_type = Binary)]
    hash: Vec<u8>,
}

/// A key that was announced.
#[derive(Clone, Debug, QueryableByName)]
pub struct Announced {
    #[diesel(sql_type = Text)]
    pub id: String,
    #[diesel(sql_type = Text)]
    pub public_key: String,
    #[diesel(sql_type = Timestamptz)]
    pub since: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub until: Option<DateTime<Utc>>,
}

fn hash(bytes: Vec<u8>) -> Result<Hash> {
    Hash::try_from(bytes).map_err(|_| Error::internal("a hash of a wrong length"))
}

impl RootRow {
    fn root(self) -> Result<Root> {
        Ok(Root {
            number: self.number,
            at: self.at,
            from_place: self.from_place,
            until_place: self.until_place,
            leaves: self.leaves,
            filling: hash(self.filling)?,
            tree: hash(self.tree)?,
            previous_hash: self.previous_hash.map(hash).transpose()?,
            signature: self.signature,
            key_id: self.key_id,
        })
    }
}

impl EntryRow {
    fn entry(self) -> Result<Entry> {
        let (tx, hashed) = (self.tx.parse().map_err(Error::internal)?, hash(self.hash)?);
        let previous_hash = self.previous_hash.map(hash).transpose()?;
        let change = self.kind == 0;
        let entry = (|| {
            Some(if change {
                Entry::Change(Change {
                    epoch: self.epoch,
                    tx,
                    seq: self.seq?,
                    at: self.at,
                    change: self.change?,
                    object_type: self.object_type,
                    object_id: self.object_id?,
                    object_version: self.object_version?,
                    actor_kind: self.actor_kind?,
                    organization_id: self.organization_id,
                    application_id: self.application_id,
                    acting_for: self.acting_for,
                    detail: self.detail?,
                    previous_hash,
                    hash: hashed,
                })
            } else {
                Entry::Read(Read {
                    epoch: self.epoch,
                    tx,
                    id: self.id?,
                    at: self.at,
                    organization_id: self.organization_id?,
                    application_id: self.application_id?,
                    acting_for: self.acting_for,
                    purpose: self.purpose?,
                    object_type: self.object_type,
                    object_ids: self.object_ids?,
                    fields: self.fields?,
                    request_id: self.request_id?,
                    hash: hashed,
                })
            })
        })();
        entry.ok_or_else(|| Error::internal("an entry of the audit without its parts"))
    }
}

/// Makes what roots are due: the first of every hour. Returns how many it made.
pub async fn make_due(db: &Db, keys: &Keys) -> Result<usize> {
    let tx = db.errand(Errand::Audit).await?;
    announce(&tx, keys).await?;
    let (now, last) = (tx.now(), last(tx.link()).await?);
    tx.commit().await?;
    let hour = |at: DateTime<Utc>| at.duration_trunc(PACE).unwrap_or(at);
    match last {
        Some(root) if hour(root.at) >= hour(now) => Ok(0),
        _ => make(db, keys).await,
    }
}

/// Puts everything that is settled under roots, now. Returns how many it made: one at least, though nothing may have happened, so
/// that the time without a root is never longer than it should be.
pub async fn make(db: &Db, keys: &Keys) -> Result<usize> {
    let mut made = 0;
    loop {
        let tx = db.errand(Errand::Audit).await?;
        announce(&tx, keys).await?;
        let (root, more) = next(&tx, keys).await?;
        match insert(&tx, &root).await {
            Ok(()) => tx.commit().await?,
            // Another server was faster.
            Err(ref fault) if is_taken(fault) => return Ok(made),
            Err(fault) => return Err(fault.into()),
        }
        made += 1;
        if !more {
            return Ok(made);
        }
    }
}

/// The next root, and whether more is settled than it covers.
async fn next(tx: &Tx, keys: &Keys) -> Result<(Root, bool)> {
    let before = last(tx.link()).await?;
    let from_place = before.as_ref().map_or_else(|| BEGINNING.to_owned(), |root| root.until_place.clone());
    // As the feed reads: below the oldest transaction that still runs nothing is added any more.
    let settled =
        "select mistok.place(mistok.current_epoch(), pg_snapshot_xmin(pg_current_snapshot()), 0, repeat('0', 32)) as place";
    let settled: Place = Sql::new(settled).get_result(&mut tx.link()).await?;
    let mut until_place = settled.place.max(from_place.clone());
    let mut entries = entries(tx.link(), &from_place, &until_place).await?;
    let more = entries.len() > tree::SIZE;
    if more {
        until_place = entries.last().map(Entry::place).unwrap_or_default();
        entries.retain(|entry| entry.place() < until_place);
    }
    for entry in entries.iter().filter(|entry| !entry.is_sound()) {
        // It is signed as it stands: `mistok audit verify` names it, and the next entries must not wait for it.
        tracing::error!(%entry, "an entry of the audit was changed in the database before it was signed");
    }
    let mut hashes: Vec<_> = entries.iter().map(Entry::hash).collect();
    hashes.sort_unstable();
    let filling = Hash(seal::random());
    let leaves = tree::filled(&hashes, filling).filter(|_| !(more && hashes.is_empty()));
    let leaves = leaves.ok_or_else(|| Error::internal("more entries stand in one place than a root covers"))?;
    let now = DateTime::from_timestamp_micros(tx.now().timestamp_micros()).unwrap_or(tx.now());
    let mut root = Root {
        number: before.as_ref().map_or(0, |root| root.number) + 1,
        at: now,
        from_place,
        until_place,
        leaves: hashes.iter().flat_map(|hash| hash.0).collect(),
        filling,
        tree: tree::root(&leaves),
        previous_hash: before.as_ref().map(Root::hash),
        signature: Vec::new(),
        key_id: String::new(),
    };
    let (key_id, signature) = keys.sign(&root.statement());
    (root.key_id, root.signature) = (key_id, signature.to_vec());
    Ok((root, more))
}

async fn insert(tx: &Tx, root: &Root) -> Result<(), Diesel> {
    let sql = "insert into audit_root (number, at, from_place, until_place, leaves, filling, tree, previous_hash, signature, key_id) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    diesel::sql_query(sql)
        .bind::<BigInt, _>(root.number)
        .bind::<Timestamptz, _>(root.at)
        .bind::<Text, _>(&root.from_place)
        .bind::<Text, _>(&root.until_place)
        .bind::<Binary, _>(&root.leaves)
        .bind::<Binary, _>(root.filling.0.as_slice())
        .bind::<Binary, _>(root.tree.0.as_slice())
        .bind::<Nullable<Binary>, _>(root.previous_hash.as_ref().map(|hash| hash.0.as_slice()))
        .bind::<Binary, _>(&root.signature)
        .bind::<Text, _>(&root.key_id)
        .execute(&mut tx.link())
        .await?;
    Ok(())
}

fn is_taken(fault: &Diesel) -> bool {
    matches!(fault, Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
        || fault::broken(fault) == Some("audit_root_follows")
}

/// Publishes the server's keys, those that do not sign yet too.
async fn announce(tx: &Tx, keys: &Keys) -> Result<()> {
    for key in keys.public() {
        Sql::new("insert into audit_key (id, public_key, since) values (")
            .word(key.id())
            .then(", ")
            .word(key.pem())
            .then(", ")
            .at(tx.now())
            .then(") on conflict do nothing")
            .execute(&mut tx.link())
            .await?;
    }
    Ok(())
}

async fn last(mut link: &Link) -> Result<Option<Root>> {
    let row: Option<RootRow> =
        Sql::new("select * from audit_root order by number desc limit 1").get_result(&mut link).await.optional()?;
    row.map(RootRow::root).transpose()
}

/// The next root of an export: made in a stretch of time, after a number.
pub async fn root_between(
    mut link: &Link,
    after: i64,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
) -> Result<Option<Root>> {
    let mut sql = Sql::new("select * from audit_root where number > ").number(after);
    if let Some(from) = from {
        sql = sql.then(" and at >= ").at(from);
    }
    if let Some(to) = to {
        sql = sql.then(" and at < ").at(to);
    }
    let row: Option<RootRow> = sql.then(" order by number limit 1").get_result(&mut link).await.optional()?;
    row.map(RootRow::root).transpose()
}

/// Entries of a stretch in their order, at most one more than fit under a root.
pub async fn entries(mut link: &Link, from_place: &str, until_place: &str) -> Result<Vec<Entry>> {
    let sql = Sql::new("select * from mistok.audited(").word(from_place).then(", ").word(until_place);
    let rows: Vec<EntryRow> = sql.then(", ").number(PAGE).then(")").load(&mut link).await?;
    rows.into_iter().map(EntryRow::entry).collect()
}

/// The root over an entry, once there is one.
pub async fn over(mut link: &Link, entry: Hash, place: &str) -> Result<Option<Root>> {
    let sql = Sql::new("select * from mistok.root_over(").bytes(entry.0.to_vec()).then(", ").word(place).then(")");
    let row: Option<RootRow> = sql.get_result(&mut link).await.optional()?;
    row.map(RootRow::root).transpose()
}

/// All keys that were ever announced, oldest first.
pub async fn keys(mut link: &Link) -> Result<Vec<Announced>> {
    Ok(Sql::new("select * from mistok.audit_keys()").load(&mut link).await?)
}

/// A key as it was announced; none: it was touched.
pub fn public_key(announced: &Announced) -> Option<PublicKey> {
    PublicKey::read(&announced.public_key).filter(|key| key.id() == announced.id)
}
