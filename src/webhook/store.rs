//! SQL of endpoints, and what their owners read of deliveries.

use super::{
    model::{Attempt, ChangeEndpoint, Delivery, Endpoint, Key, NewEndpoint},
    policy::WebhookAct,
};
use crate::{
    access::Permit,
    base::{
        Result,
        page::Window,
        words::webhook::{DeliveryStatus, DisabledReason, EndpointStatus},
    },
    db::{
        Link, Tx,
        schema::{webhook_attempt, webhook_delivery, webhook_endpoint},
        sql::{Condition, Count, Keep, Sql},
    },
};
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, QueryableByName, SelectableHelper, dsl::max,
    sql_types::Bool,
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// Those of the named endpoints that the caller may see.
pub async fn find(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Endpoint>> {
    let rows = webhook_endpoint::table.filter(webhook_endpoint::id.eq_any(ids)).filter(webhook_endpoint::deleted_at.is_null());
    Ok(rows.select(Endpoint::as_select()).load(&mut link).await?)
}

/// The endpoints of one organisation, newest first.
pub async fn list(mut link: &Link, organization_id: Uuid) -> Result<Vec<Endpoint>> {
    let rows = webhook_endpoint::table
        .filter(webhook_endpoint::organization_id.eq(organization_id))
        .filter(webhook_endpoint::deleted_at.is_null())
        .order((webhook_endpoint::created_at.desc(), webhook_endpoint::id.desc()))
        .select(Endpoint::as_select());
    Ok(rows.load(&mut link).await?)
}

/// How many endpoints an organisation has.
pub async fn count(mut link: &Link, organization_id: Uuid) -> Result<i64> {
    let rows = webhook_endpoint::table
        .filter(webhook_endpoint::organization_id.eq(organization_id))
        .filter(webhook_endpoint::deleted_at.is_null());
    Ok(rows.count().get_result(&mut link).await?)
}

/// Takes one endpoint for a change. Whoever makes deliveries for it waits.
pub async fn lock(tx: &Tx, id: Uuid) -> Result<Option<Endpoint>> {
    let mut link = tx.link();
    let row = webhook_endpoint::table.find(id).filter(webhook_endpoint::deleted_at.is_null());
    Ok(row.select(Endpoint::as_select()).for_update().first(&mut link).await.optional()?)
}

/// The same, while deliveries are still made for it.
pub async fn lock_lightly(tx: &Tx, id: Uuid) -> Result<Option<Endpoint>> {
    let mut link = tx.link();
    let row = webhook_endpoint::table.find(id).filter(webhook_endpoint::deleted_at.is_null());
    Ok(row.select(Endpoint::as_select()).for_no_key_update().first(&mut link).await.optional()?)
}

/// One transaction of an organisation after the other, from here to their ends.
pub async fn one_at_a_time(tx: &Tx, organization_id: Uuid) -> Result<()> {
    let sql = Sql::new("select pg_advisory_xact_lock(hashtextextended(").word(organization_id.to_string());
    sql.then(", 7))").execute(&mut tx.link()).await?;
    Ok(())
}

/// The same; whether there is no other one now.
pub async fn first_of(tx: &Tx, organization_id: Uuid) -> Result<bool> {
    #[derive(QueryableByName)]
    struct First {
        #[diesel(sql_type = Bool)]
        first: bool,
    }
    let sql = Sql::new("select pg_try_advisory_xact_lock(hashtextextended(").word(organization_id.to_string());
    Ok(sql.then(", 7)) as first").get_result::<First>(&mut tx.link()).await?.first)
}

/// When an organisation last had something sent once more.
pub async fn last_replay(mut link: &Link, organization_id: Uuid) -> Result<Option<DateTime<Utc>>> {
    let own = webhook_endpoint::table.filter(webhook_endpoint::organization_id.eq(organization_id));
    Ok(own.select(max(webhook_endpoint::replayed_at)).first(&mut link).await?)
}

/// Notes that something is sent once more.
pub async fn replayed(tx: &Tx, permit: &Permit<WebhookAct>) -> Result<()> {
    let row = webhook_endpoint::table.find(permit.object_id());
    diesel::update(row).set(webhook_endpoint::replayed_at.eq(Some(tx.now()))).kept().execute(&mut tx.link()).await?;
    Ok(())
}

/// Writes a new endpoint under the permit's id.
pub async fn insert(tx: &Tx, permit: &Permit<WebhookAct>, new: NewEndpoint) -> Result<()> {
    let new = NewEndpoint { id: permit.object_id(), organization_id: permit.organization_id(), ..new };
    diesel::insert_into(webhook_endpoint::table).values(&new).execute(&mut tx.link()).await?;
    Ok(())
}

/// Applies a change to the version that was read; the new version, or none where somebody else was faster.
pub async fn apply(tx: &Tx, permit: &Permit<WebhookAct>, version: i32, change: &ChangeEndpoint) -> Result<Option<i32>> {
    use webhook_endpoint as e;
    let mut link = tx.link();
    let row = e::table
        .find(permit.object_id())
        .filter(e::organization_id.eq(permit.organization_id()))
        .filter(e::version.eq(version))
        .filter(e::deleted_at.is_null());
    let grown = (e::version.eq(e::version + 1), e::updated_at.eq(tx.now()));
    let no_moment = None::<DateTime<Utc>>;
    let done = match change {
        ChangeEndpoint::Set { application_id, url, types, status, reason, anew } => {
            let set = (e::application_id.eq(application_id), e::url.eq(url), e::types.eq(types), e::status.eq(*status));
            let set = (grown, set, e::disabled_reason.eq(*reason));
            if *anew {
                let set = (set, e::failing_since.eq(no_moment), e::paused_until.eq(no_moment));
                diesel::update(row).set(set).returning(e::version).get_result(&mut link).await
            } else {
                diesel::update(row).set(set).returning(e::version).get_result(&mut link).await
            }
        }
        ChangeEndpoint::Rotate { secret, previous_until } => {
            // The right side sees the row as it was.
            let set = (
                grown,
                e::previous_secret.eq(e::secret.nullable()),
                e::secret.eq(secret),
                e::previous_secret_until.eq(Some(*previous_until)),
            );
            diesel::update(row).set(set).returning(e::version).get_result(&mut link).await
        }
        ChangeEndpoint::Disable(reason) => {
            let set = (grown, e::status.eq(EndpointStatus::Disabled), e::disabled_reason.eq(Some(*reason)));
            diesel::update(row).set(set).returning(e::version).get_result(&mut link).await
        }
        ChangeEndpoint::Delete => {
            let set = (
                grown,
                e::status.eq(EndpointStatus::Disabled),
                e::disabled_reason.eq(Some(DisabledReason::ByOwner)),
                e::deleted_at.eq(Some(tx.now())),
                e::secret.eq(Vec::<u8>::new()),
                e::previous_secret.eq(None::<Vec<u8>>),
                e::previous_secret_until.eq(no_moment),
            );
            diesel::update(row).set(set).returning(e::version).get_result(&mut link).await
        }
    };
    Ok(done.optional()?)
}

/// Those of the named deliveries that the caller may see.
pub async fn deliveries(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Delivery>> {
    let live = Sql::new("webhook_delivery.endpoint_id in (select e.id from webhook_endpoint e where e.deleted_at is null)");
    let rows = webhook_delivery::table.filter(webhook_delivery::id.eq_any(ids)).filter(Condition(live));
    Ok(rows.select(Delivery::as_select()).load(&mut link).await?)
}

/// Deliveries in one of these states, or in any: each has its own stretch of the index.
fn states(status: Option<DeliveryStatus>) -> Vec<String> {
    status.as_ref().map_or(DeliveryStatus::ALL, std::slice::from_ref).iter().map(|status| status.word().to_owned()).collect()
}

/// Deliveries of one endpoint in reading direction, one more than asked for.
pub async fn page(
    mut link: &Link,
    endpoint: Uuid,
    status: Option<DeliveryStatus>,
    window: &Window<Key>,
) -> Result<Vec<Delivery>> {
    let order = match window.backward {
        false => ") k order by k.created_at desc, k.id desc limit ",
        true => ") k order by k.created_at, k.id limit ",
    };
    let within = Sql::new("webhook_delivery.id = any(array(select k.id from unnest(")
        .words(states(status))
        .then("::text[]) w(status) cross join lateral (select l.id, l.created_at from webhook_delivery l where l.status = w.status and l.endpoint_id = ")
        .uuid(endpoint)
        .newest(window)
        .then(order)
        .number(window.limit())
        .then("))");
    let rows = webhook_delivery::table.filter(Condition(within)).select(Delivery::as_select());
    let mut rows: Vec<Delivery> = rows.load(&mut link).await?;
    rows.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.id)));
    if window.backward {
        rows.reverse();
    }
    Ok(rows)
}

/// How many deliveries an endpoint has, counted up to `most` + 1.
pub async fn count_deliveries(mut link: &Link, endpoint: Uuid, status: Option<DeliveryStatus>, most: i64) -> Result<i64> {
    let sql = Sql::new("select count(*) as count from (select 1 from webhook_delivery l where l.endpoint_id = ")
        .uuid(endpoint)
        .then(" and l.status = any(")
        .words(states(status))
        .then(") limit ")
        .number(most + 1)
        .then(") counted");
    Ok(sql.get_result::<Count>(&mut link).await?.count)
}

/// The requests of deliveries, in their order.
pub async fn attempts(mut link: &Link, deliveries: &[Uuid]) -> Result<Vec<Attempt>> {
    let rows = webhook_attempt::table.filter(webhook_attempt::delivery_id.eq_any(deliveries));
    let rows = rows.order((webhook_attempt::at, webhook_attempt::id)).select(Attempt::as_select());
    Ok(rows.load(&mut link).await?)
}
