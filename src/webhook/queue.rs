//! SQL of deliveries on their way: made, released, claimed, settled. Of one object of an endpoint at most one delivery is due or
//! under way; the next is released when it has ended, in the transaction of that end.
//!
//! Rows are found by their keys, from lists of ids, and never by joins with such a list: what the planner believes of a list makes it
//! read the whole table (seen: two milliseconds for each delivery in the place of a half).
//!
//! Who needs several locks takes endpoints before deliveries, and each in the order of their ids: then nobody waits in a ring.

use super::{
    model::{Endpoint, Job, Listener, NewDelivery, Pair},
    policy::WebhookAct,
    schedule::{Room, SLOTS},
};
use crate::{
    access::Permit,
    base::{Result, words::webhook::DeliveryError},
    db::{
        Link, Tx,
        schema::webhook_endpoint,
        sql::{Count, Keep, Sql},
    },
    journal::ObjectType,
    journal::feed::Place,
};
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods, QueryDsl, QueryableByName, SelectableHelper,
    sql_types::{Bool, Jsonb, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

#[derive(QueryableByName)]
struct Kept {
    #[diesel(sql_type = Jsonb)]
    place: serde_json::Value,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct Made {
    #[diesel(sql_type = SqlUuid)]
    endpoint_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    object_id: Uuid,
    #[diesel(sql_type = Bool)]
    due: bool,
}

/// How far the feed has become deliveries, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was ever read.
    New,
    At(serde_json::Value),
    /// Another server reads on now.
    Taken,
}

/// Takes the place until the end of the transaction.
pub async fn place(tx: &Tx, _: &Permit<WebhookAct>) -> Result<Standing> {
    let mut link = tx.link();
    let row: Option<Kept> =
        Sql::new("select place from webhook_place for update skip locked").load(&mut link).await?.into_iter().next();
    if let Some(Kept { place }) = row {
        return Ok(Standing::At(place));
    }
    let there: Count = Sql::new("select count(*) as count from webhook_place").get_result(&mut link).await?;
    Ok(if there.count == 0 { Standing::New } else { Standing::Taken })
}

/// Moves it.
pub async fn keep_place(tx: &Tx, _: &Permit<WebhookAct>, place: &Place) -> Result<()> {
    let text = serde_json::to_string(place).expect("places are plain values");
    let sql = Sql::new("insert into webhook_place (place) values (")
        .word(text)
        .then("::jsonb) on conflict (one) do update set place = excluded.place");
    sql.execute(&mut tx.link()).await?;
    Ok(())
}

const LISTENERS: &str = "select e.id, e.organization_id, e.types, a.scopes as granted, o.kind, a.status as application_status, o.active as organization_active \
     from webhook_endpoint e join application a on a.id = e.application_id join organization o on o.id = e.organization_id where e.status = 'ENABLED'";

/// The endpoints that are sent something: of these organisations, or all.
pub async fn listeners(mut link: &Link, of: Option<&[Uuid]>) -> Result<Vec<Listener>> {
    let all = Sql::new(LISTENERS);
    let sql = match of {
        Some(organizations) => all.then(" and e.organization_id = any(").uuids(organizations.to_vec()).then(")"),
        None => all,
    };
    Ok(sql.load(&mut link).await?)
}

/// Endpoints that nobody answers for any more.
pub async fn orphans(mut link: &Link, most: i64) -> Result<Vec<Uuid>> {
    let sql = Sql::new("select e.id from webhook_endpoint e join application a on a.id = e.application_id join organization o on o.id = e.organization_id \
         where e.status = 'ENABLED' and not (a.status = 'ACTIVE' and o.active) order by e.id limit ")
    .number(most);
    Ok(sql.load::<Id>(&mut link).await?.into_iter().map(|row| row.id).collect())
}

/// Those of the endpoints that are still sent something; none of them is changed by its owner until the end of the transaction.
pub async fn hold(tx: &Tx, _: &Permit<WebhookAct>, ids: Vec<Uuid>) -> Result<Vec<Uuid>> {
    let sql = Sql::new("select e.id from webhook_endpoint e where e.status = 'ENABLED' and e.id = any(")
        .uuids(ids)
        .then(") order by e.id for key share");
    Ok(sql.load::<Id>(&mut tx.link()).await?.into_iter().map(|row| row.id).collect())
}

/// Writes deliveries that are not there yet. They stand in the order of the feed. Those whose object has no other one on the way are due
/// at once; gives the pairs of the others, which [`release`] looks at again, and the endpoints that have something due.
pub async fn insert(tx: &Tx, _: &Permit<WebhookAct>, new: &[NewDelivery]) -> Result<(Vec<Pair>, Vec<Uuid>)> {
    let mut seen = std::collections::HashSet::new();
    let first: Vec<bool> = new.iter().map(|row| seen.insert((row.endpoint_id, row.entry.object_id))).collect();
    let numbers = |of: fn(&NewDelivery) -> i64| new.iter().map(of).collect::<Vec<_>>();
    let words = |of: fn(&NewDelivery) -> &'static str| new.iter().map(|row| of(row).to_owned()).collect::<Vec<_>>();
    let uuids = |of: fn(&NewDelivery) -> Uuid| new.iter().map(of).collect::<Vec<_>>();
    let sql = Sql::new(
        "insert into webhook_delivery (id, endpoint_id, organization_id, epoch, tx, seq, type, object_type, object_id, object_version, occurred_at, created_at, due_at) \
         select n.id, n.endpoint_id, n.organization_id, n.epoch::integer, n.tx, n.seq, n.type, n.object_type, n.object_id, n.object_version::integer, n.at, ",
    )
    .at(tx.now())
    .then(", case when n.first and w.waits is null then ")
    .at(tx.now())
    .then("::timestamptz end from unnest(")
    .uuids(uuids(|row| row.id))
    .then(", ")
    .uuids(uuids(|row| row.endpoint_id))
    .then(", ")
    .uuids(uuids(|row| row.organization_id))
    .then(", ")
    .numbers(numbers(|row| row.entry.place.parts().0.into()))
    .then(", ")
    .numbers(numbers(|row| row.entry.place.parts().1))
    .then(", ")
    .numbers(numbers(|row| row.entry.place.parts().2))
    .then(", ")
    .words(words(|row| row.entry.change.word()))
    .then(", ")
    .words(words(|row| row.entry.object.word()))
    .then(", ")
    .uuids(uuids(|row| row.entry.object_id))
    .then(", ")
    .numbers(numbers(|row| row.entry.object_version.into()))
    .then(", ")
    .ats(new.iter().map(|row| row.entry.at).collect())
    .then(", ")
    .flags(first)
    .then(") n(id, endpoint_id, organization_id, epoch, tx, seq, type, object_type, object_id, object_version, at, first) \
         left join lateral (select true as waits from webhook_delivery d \
           where d.endpoint_id = n.endpoint_id and d.object_id = n.object_id and d.status = 'PENDING' limit 1) w on true \
         on conflict do nothing returning endpoint_id, object_id, due_at is not null as due");
    let made: Vec<Made> = sql.load(&mut tx.link()).await?;
    let waiting = made.iter().filter(|row| !row.due).map(|row| (row.endpoint_id, row.object_id)).collect();
    let mut due: Vec<Uuid> = made.into_iter().filter(|row| row.due).map(|row| row.endpoint_id).collect();
    due.sort_unstable();
    due.dedup();
    Ok((waiting, due))
}

/// Makes the first of each pair due, where nothing of it is on the way; gives the endpoints that have something due by it.
///
/// The row that is on the way is locked: if it ends at this moment, either that transaction has ended and this one sees what is left,
/// or it waits for this one and then releases what this one has written.
pub async fn release(tx: &Tx, _: &Permit<WebhookAct>, pairs: &[Pair]) -> Result<Vec<Uuid>> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let (endpoints, objects) = pairs.iter().copied().unzip();
    let sql = Sql::new("update webhook_delivery d set due_at = ")
        .at(tx.now())
        .then(" where d.id = any(array(select h.id from (select distinct endpoint_id, object_id from unnest(")
        .uuids(endpoints)
        .then(", ")
        .uuids(objects)
        .then(
            ") p(endpoint_id, object_id) order by endpoint_id, object_id) p \
             cross join lateral (select d.id, d.due_at from webhook_delivery d \
               where d.endpoint_id = p.endpoint_id and d.object_id = p.object_id and d.status = 'PENDING' \
               order by (d.due_at is null), d.epoch, d.tx, d.seq limit 1 for update) h where h.due_at is null)) returning d.endpoint_id as id",
        );
    Ok(sql.load::<Id>(&mut tx.link()).await?.into_iter().map(|row| row.id).collect())
}

/// Lets go of deliveries whose server has not come back in time; gives their endpoints. Asked by endpoint, each of which has few that
/// are under way: of the moment alone the planner may believe that it is most of the table's.
pub async fn reclaim(tx: &Tx, _: &Permit<WebhookAct>) -> Result<Vec<Uuid>> {
    let sql = Sql::new(
        "update webhook_delivery d set claimed_until = null, claim = null where d.id = any(array(select l.id from webhook_endpoint e \
         cross join lateral (select d.id from webhook_delivery d where d.endpoint_id = e.id and d.claimed_until is not null and d.claimed_until < ",
    )
    .at(tx.now())
    .then(" limit ")
    .number(SLOTS as i64)
    .then(" for update skip locked) l where e.status = 'ENABLED')) returning d.endpoint_id as id");
    Ok(sql.load::<Id>(&mut tx.link()).await?.into_iter().map(|row| row.id).collect())
}

/// Lets go of deliveries that were claimed and will not be sent by this server.
pub async fn let_go(tx: &Tx, _: &Permit<WebhookAct>, ids: Vec<Uuid>, claims: Vec<Uuid>) -> Result<()> {
    let sql = Sql::new("update webhook_delivery d set claimed_until = null, claim = null from unnest(")
        .uuids(ids.clone())
        .then(", ")
        .uuids(claims)
        .then(") s(id, claim) where d.id = s.id and d.claim = s.claim and d.id = any(")
        .uuids(ids)
        .then(")");
    sql.execute(&mut tx.link()).await?;
    Ok(())
}

/// Endpoints that have something due now, of these or of all; nobody else claims for them until the end of the transaction. Those for
/// which another server is at it are left to that one.
pub async fn hungry(tx: &Tx, _: &Permit<WebhookAct>, among: Option<&[Uuid]>) -> Result<Vec<Uuid>> {
    let mut sql = Sql::new(
        "select e.id from webhook_endpoint e cross join lateral (select true from webhook_delivery d where d.endpoint_id = e.id \
         and d.status = 'PENDING' and d.due_at is not null and d.claimed_until is null and d.due_at <= ",
    )
    .at(tx.now())
    .then(" limit 1) d where e.status = 'ENABLED' and (e.paused_until is null or e.paused_until <= ")
    .at(tx.now())
    .then(")");
    if let Some(among) = among {
        sql = sql.then(" and e.id = any(").uuids(among.to_vec()).then(")");
    }
    let sql = sql.then(" order by e.id for no key update of e skip locked");
    Ok(sql.load::<Id>(&mut tx.link()).await?.into_iter().map(|row| row.id).collect())
}

/// Claims what is due for these endpoints, as many for each as it takes at a time, the longest due first.
pub async fn claim(
    tx: &Tx,
    _: &Permit<WebhookAct>,
    endpoints: Vec<Uuid>,
    until: DateTime<Utc>,
    room: Room,
) -> Result<Vec<Job>> {
    let sql = Sql::new("update webhook_delivery d set claim = ")
        .uuid(Uuid::new_v4())
        .then(", claimed_until = ")
        .at(until)
        .then(" from webhook_endpoint e where e.id = d.endpoint_id and d.id = any(array(select q.id from (select e.id, case when e.failing_since is null then ")
        .number(room.slots as i64)
        .then(" else ")
        .number(1)
        .then(" end - (select count(*) from webhook_delivery c where c.endpoint_id = e.id and c.claimed_until is not null) as free \
             from webhook_endpoint e where e.id = any(")
        .uuids(endpoints)
        .then(")) e cross join lateral (select d.id, d.due_at from webhook_delivery d where d.endpoint_id = e.id and d.status = 'PENDING' \
             and d.due_at is not null and d.claimed_until is null and d.due_at <= ")
        .at(tx.now())
        .then(" order by d.due_at limit greatest(e.free, 0) for update skip locked) q order by q.due_at limit ")
        .number(room.requests as i64)
        .then(")) returning d.id, d.claim, d.endpoint_id, d.organization_id, d.epoch, d.tx, d.seq, d.type as change, d.object_type, d.object_id, d.object_version, \
               d.occurred_at, d.attempts, e.url, e.secret, e.previous_secret, e.previous_secret_until, \
               (e.failing_since is not null or e.paused_until is not null) as troubled");
    Ok(sql.load(&mut tx.link()).await?)
}

/// Takes endpoints whose standing may change.
pub async fn lock_endpoints(tx: &Tx, _: &Permit<WebhookAct>, ids: &[Uuid]) -> Result<Vec<Endpoint>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = webhook_endpoint::table.filter(webhook_endpoint::id.eq_any(ids)).order(webhook_endpoint::id);
    Ok(rows.select(Endpoint::as_select()).for_no_key_update().load(&mut tx.link()).await?)
}

/// Takes the deliveries that are still claimed as they were, in the order in which they are named: by endpoint, object and id.
///
/// Each by its key, whatever the planner believes of the table: a join would read all that ever was.
pub async fn lock_claimed(tx: &Tx, _: &Permit<WebhookAct>, ids: Vec<Uuid>, claims: Vec<Uuid>) -> Result<Vec<Uuid>> {
    let sql = Sql::new("select h.id from unnest(").uuids(ids).then(", ").uuids(claims).then(
        ") s(id, claim) cross join lateral (select d.id from webhook_delivery d \
             where d.id = s.id and d.claim = s.claim and d.status = 'PENDING' limit 1 for update) h",
    );
    Ok(sql.load::<Id>(&mut tx.link()).await?.into_iter().map(|row| row.id).collect())
}

/// One request, for the list of attempts.
#[derive(Clone, Copy, Debug)]
pub struct Tried {
    pub delivery_id: Uuid,
    pub organization_id: Uuid,
    pub at: DateTime<Utc>,
    pub status: Option<u16>,
    pub error: Option<DeliveryError>,
}

pub async fn record(tx: &Tx, _: &Permit<WebhookAct>, attempts: &[Tried]) -> Result<()> {
    let sql = Sql::new("insert into webhook_attempt (id, delivery_id, organization_id, at, response_status, error) select n.id, n.delivery_id, n.organization_id, n.at, \
         nullif(n.status, 0)::smallint, nullif(n.error, '') from unnest(")
    .uuids(attempts.iter().map(|_| crate::base::id::timed()).collect())
    .then(", ")
    .uuids(attempts.iter().map(|row| row.delivery_id).collect())
    .then(", ")
    .uuids(attempts.iter().map(|row| row.organization_id).collect())
    .then(", ")
    .ats(attempts.iter().map(|row| row.at).collect())
    .then(", ")
    .numbers(attempts.iter().map(|row| row.status.unwrap_or(0).into()).collect())
    .then(", ")
    .words(attempts.iter().map(|row| row.error.map_or("", DeliveryError::word).to_owned()).collect())
    .then(") n(id, delivery_id, organization_id, at, status, error)");
    sql.execute(&mut tx.link()).await?;
    Ok(())
}

/// Ends deliveries, well or not; gives their pairs, whose next ones may go.
pub async fn end(tx: &Tx, _: &Permit<WebhookAct>, ids: Vec<Uuid>, status: &'static str) -> Result<Vec<Pair>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = Sql::new("update webhook_delivery d set status = ")
        .word(status)
        .then(", attempts = attempts + 1, due_at = null, claimed_until = null, claim = null, ended_at = ")
        .at(tx.now())
        .then(" where d.id = any(")
        .uuids(ids)
        .then(") returning d.endpoint_id, d.object_id, true as due");
    let ended: Vec<Made> = sql.load(&mut tx.link()).await?;
    Ok(ended.into_iter().map(|row| (row.endpoint_id, row.object_id)).collect())
}

/// Lets deliveries wait for their next attempt.
pub async fn postpone(tx: &Tx, _: &Permit<WebhookAct>, ids: Vec<Uuid>, dues: Vec<DateTime<Utc>>) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let sql = Sql::new("update webhook_delivery d set attempts = d.attempts + 1, due_at = n.due_at, claimed_until = null, claim = null from unnest(")
        .uuids(ids.clone())
        .then(", ")
        .ats(dues)
        .then(") n(id, due_at) where d.id = n.id and d.id = any(")
        .uuids(ids)
        .then(")");
    sql.execute(&mut tx.link()).await?;
    Ok(())
}

/// How an endpoint stands from now on.
pub async fn stand(
    tx: &Tx,
    permit: &Permit<WebhookAct>,
    failing_since: Option<DateTime<Utc>>,
    paused_until: Option<DateTime<Utc>>,
) -> Result<()> {
    let row = webhook_endpoint::table.find(permit.object_id());
    let set = (webhook_endpoint::failing_since.eq(failing_since), webhook_endpoint::paused_until.eq(paused_until));
    diesel::update(row).set(set).kept().execute(&mut tx.link()).await?;
    Ok(())
}

/// Ends everything that an endpoint was still to get.
pub async fn give_up(tx: &Tx, permit: &Permit<WebhookAct>) -> Result<usize> {
    let sql = Sql::new(
        "update webhook_delivery d set status = 'FAILED', due_at = null, claimed_until = null, claim = null, ended_at = ",
    )
    .at(tx.now())
    .then(" where d.status = 'PENDING' and d.endpoint_id = ")
    .uuid(permit.object_id());
    Ok(sql.execute(&mut tx.link()).await?)
}

/// The same, but for what is of these kinds of objects.
pub async fn give_up_but(tx: &Tx, permit: &Permit<WebhookAct>, objects: &[ObjectType]) -> Result<usize> {
    let sql = Sql::new(
        "update webhook_delivery d set status = 'FAILED', due_at = null, claimed_until = null, claim = null, ended_at = ",
    )
    .at(tx.now())
    .then(" where d.status = 'PENDING' and d.endpoint_id = ")
    .uuid(permit.object_id())
    .then(" and not d.object_type = any(")
    .words(objects.iter().map(|object| object.word().to_owned()).collect())
    .then(")");
    Ok(sql.execute(&mut tx.link()).await?)
}

/// Takes the deliveries of these objects that are under way or due, in the order in which everybody takes them.
pub async fn heads(tx: &Tx, permit: &Permit<WebhookAct>, objects: Vec<Uuid>) -> Result<()> {
    let sql = Sql::new(
        "select d.id from webhook_delivery d where d.status = 'PENDING' and d.due_at is not null and d.endpoint_id = ",
    )
    .uuid(permit.object_id())
    .then(" and d.object_id = any(")
    .uuids(objects)
    .then(") order by d.endpoint_id, d.object_id, d.id for update");
    sql.load::<Id>(&mut tx.link()).await?;
    Ok(())
}

/// Brings back deliveries that an endpoint has had already, with their own ids and all attempts before them; those that are under way
/// stay so. Gives the pairs of all.
pub async fn replay(tx: &Tx, permit: &Permit<WebhookAct>, seqs: Vec<i64>) -> Result<Vec<Pair>> {
    let sql = Sql::new(
        "update webhook_delivery d set status = 'PENDING', attempts = 0, due_at = null, ended_at = null \
         where d.claimed_until is null and d.organization_id = ",
    )
    .uuid(permit.organization_id())
    .then(" and d.endpoint_id = ")
    .uuid(permit.object_id())
    .then(" and d.seq = any(")
    .numbers(seqs)
    .then(") returning d.endpoint_id, d.object_id, true as due");
    let again: Vec<Made> = sql.load(&mut tx.link()).await?;
    Ok(again.into_iter().map(|row| (row.endpoint_id, row.object_id)).collect())
}

/// Lets the deliveries of these objects line up anew, in the order of the feed, but for those that are under way.
pub async fn line_up(tx: &Tx, permit: &Permit<WebhookAct>, objects: Vec<Uuid>) -> Result<()> {
    let sql = Sql::new("update webhook_delivery d set due_at = null where d.status = 'PENDING' and d.due_at is not null and d.claimed_until is null and d.endpoint_id = ")
        .uuid(permit.object_id())
        .then(" and d.object_id = any(")
        .uuids(objects)
        .then(")");
    sql.execute(&mut tx.link()).await?;
    Ok(())
}

/// How many changes of a stretch of time an endpoint is to be sent, or was sent since its last replay.
pub async fn count_between(mut link: &Link, endpoint: Uuid, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<i64> {
    let sql = Sql::new("select count(*) as count from webhook_delivery d where d.endpoint_id = ")
        .uuid(endpoint)
        .then(" and d.type <> 'TEST' and (d.status = 'PENDING' or d.ended_at >= (select e.replayed_at from webhook_endpoint e where e.id = d.endpoint_id)) and d.occurred_at >= ")
        .at(from)
        .then(" and d.occurred_at < ")
        .at(to);
    Ok(sql.get_result::<Count>(&mut link).await?.count)
}

/// The change that this transaction has just written of an object, as a place of the feed.
pub async fn written(tx: &Tx, object_id: Uuid) -> Result<Place> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        epoch: i32,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        tx: i64,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        seq: i64,
    }
    let sql = Sql::new("select c.epoch, c.tx::text::bigint as tx, c.seq from change c where c.object_id = ")
        .uuid(object_id)
        .then(" and c.tx = pg_current_xact_id() and c.at = ")
        .at(tx.now())
        .then(" order by c.seq desc limit 1");
    let row: Row = sql.get_result(&mut tx.link()).await?;
    Ok(Place::of(row.epoch, row.tx, row.seq, tx.now()))
}

/// Forgets deliveries that ended long ago, and those of deleted endpoints; gives how many.
pub async fn forget(tx: &Tx, _: &Permit<WebhookAct>, ended_before: DateTime<Utc>, most: i64) -> Result<usize> {
    let sql = Sql::new("delete from webhook_delivery d where d.id = any(array(select d.id from webhook_delivery d where d.ended_at is not null and d.ended_at < ")
        .at(ended_before)
        .then(" order by d.ended_at limit ")
        .number(most)
        .then(")) or d.id = any(array(select d.id from webhook_endpoint e join webhook_delivery d on d.endpoint_id = e.id where e.deleted_at is not null limit ")
        .number(most)
        .then("))");
    Ok(sql.execute(&mut tx.link()).await?)
}
