//! Endpoints, deliveries and attempts.

use crate::{
    access::Scope,
    base::{
        page::Window,
        words::{
            change::ChangeType,
            webhook::{DeliveryError, DeliveryStatus, DisabledReason, EndpointStatus},
        },
    },
    graphql::{
        application::{self, Application},
        change::Change,
        context::Session,
        directive::{fails, scope},
        loaders::{grouped, keyed, list, load},
        node::{self, Kind},
        page,
        scalars::DateTime,
    },
    journal::feed,
    webhook::{model, store},
};
use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use std::sync::Arc;
use uuid::Uuid;

/// An address of a partner to which changes are brought by signed requests, after Standard Webhooks 1.0 (адреса вебхука).
#[derive(Clone, SimpleObject)]
#[graphql(complex, directive = scope::apply("webhooks:manage".to_owned()))]
pub struct WebhookEndpoint {
    /// Opaque id.
    #[graphql(owned)]
    pub id: ID,
    /// Where requests go (адреса).
    url: String,
    /// Which kinds of changes it is sent (види змін).
    types: Vec<ChangeType>,
    /// Whether it is sent anything (стан).
    status: EndpointStatus,
    /// Why it is disabled; null when it is not (чому вимкнено).
    disabled_reason: Option<DisabledReason>,
    /// Since when no attempt has succeeded; null when the last one has. After five days it is disabled (не відповідає від).
    failing_since: Option<DateTime>,
    /// Until when it is left alone, as it has asked by `Retry-After`; null when it is not (пауза до).
    paused_until: Option<DateTime>,
    /// Until when the secret before the last rotation signs too; null when it no longer does (старий секрет діє до).
    previous_secret_until: Option<DateTime>,
    /// When it was created (створено).
    created_at: DateTime,
    /// Grows with each change of its owner, and when the server disables it; give it back as `expectedVersion` (версія).
    version: i32,
    #[graphql(skip)]
    key: Uuid,
    #[graphql(skip)]
    application_id: Uuid,
}

impl WebhookEndpoint {
    fn of(row: &model::Endpoint, now: chrono::DateTime<chrono::Utc>) -> Self {
        let ahead = |at: Option<chrono::DateTime<chrono::Utc>>| at.filter(|at| *at > now).map(DateTime);
        Self {
            id: Kind::WebhookEndpoint.id(row.id),
            url: row.url.clone(),
            types: row.types.clone(),
            status: row.status,
            disabled_reason: row.disabled_reason,
            failing_since: row.failing_since.map(DateTime),
            paused_until: ahead(row.paused_until),
            previous_secret_until: ahead(row.previous_secret_until),
            created_at: row.created_at.into(),
            version: row.version,
            key: row.id,
            application_id: row.application_id,
        }
    }
}

#[ComplexObject]
impl WebhookEndpoint {
    /// The application that set it up last: it is sent what that application may be told of today. Null without the scope applications:manage (застосунок).
    async fn application(&self, ctx: &Context<'_>) -> Result<Option<Application>> {
        application::node(ctx, self.application_id).await
    }

    /// What it was sent, or is to be sent, newest first; kept for 30 days after its end (доставки).
    #[graphql(directive = fails::apply(page::FAULTS.to_vec()))]
    async fn deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; exactly one of first and last.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor before which the page ends.")] before: Option<String>,
        #[graphql(desc = "Only those in this state; null: all.")] status: Option<DeliveryStatus>,
    ) -> Result<WebhookDeliveryConnection> {
        let named = format!("deliveries {} {status:?}", self.key);
        let window = Window::<model::Key>::of(&page::ask(first, after, last, before), &named)?;
        let reading = Session::of(ctx).reading().await?;
        let rows = store::page(reading.link(), self.key, status, &window).await?;
        let total = match ctx.look_ahead().field("totalCount").exists() {
            true => Some(store::count_deliveries(reading.link(), self.key, status, page::COUNTED).await?),
            false => None,
        };
        let now = reading.now();
        let cursor = |row: &model::Delivery| window.cursor(&(row.created_at, row.id));
        Ok(WebhookDeliveryConnection::of(window.cut(rows), total, cursor, |row| WebhookDelivery::of(row, now)))
    }
}

/// A change on its way to an endpoint (доставка).
#[derive(Clone, SimpleObject)]
#[graphql(complex, directive = scope::apply("webhooks:manage".to_owned()))]
pub struct WebhookDelivery {
    /// Opaque id. The header `webhook-id` is another one: `messageId`.
    #[graphql(owned)]
    pub id: ID,
    /// What the receiver reads as `webhook-id`: the same in each attempt and replay (ідентифікатор повідомлення).
    message_id: String,
    /// How far it is (стан).
    status: DeliveryStatus,
    /// When it is tried next, if that is known; null while it waits for an earlier change of the same object, while it is tried, and when it has ended (наступна спроба).
    next_attempt_at: Option<DateTime>,
    #[graphql(skip)]
    row: model::Delivery,
}

impl WebhookDelivery {
    fn of(row: model::Delivery, now: chrono::DateTime<chrono::Utc>) -> Self {
        Self {
            id: Kind::WebhookDelivery.id(row.id),
            message_id: crate::webhook::signature::id(row.id),
            status: row.status,
            next_attempt_at: row.next_attempt_at(now).map(DateTime),
            row,
        }
    }
}

#[ComplexObject]
impl WebhookDelivery {
    /// What is brought; null where your application lacks the scope of its object (зміна).
    async fn change(&self, ctx: &Context<'_>) -> Option<Change> {
        let row = &self.row;
        if !row.object_type.is_told_to(Session::of(ctx).actor().scopes) {
            return None;
        }
        let entry = feed::Entry {
            place: row.place(),
            change: row.change,
            object: row.object_type,
            object_id: row.object_id,
            object_version: row.object_version,
            at: row.occurred_at,
        };
        Some(Change::of(&entry, Session::of(ctx)))
    }

    /// Where it goes (адреса вебхука).
    async fn endpoint(&self, ctx: &Context<'_>) -> Result<Option<WebhookEndpoint>> {
        endpoint(ctx, self.row.endpoint_id).await
    }

    /// The requests, first to last; of a delivery that was replayed also those before (спроби).
    async fn attempts(&self, ctx: &Context<'_>) -> Result<Vec<DeliveryAttempt>> {
        let rows: Vec<model::Attempt> = list(ctx, AttemptsOf(self.row.id)).await?;
        Ok(rows.into_iter().map(DeliveryAttempt::from).collect())
    }
}

/// One request. No bodies, and one error for every address that is not allowed: endpoints are no way to look around (спроба).
#[derive(Clone, SimpleObject)]
pub struct DeliveryAttempt {
    /// When it ended (коли).
    at: DateTime,
    /// Code of the answer; null when there was none (код відповіді).
    response_status: Option<i32>,
    /// Why it failed; null when it succeeded (помилка).
    error: Option<DeliveryError>,
}

impl From<model::Attempt> for DeliveryAttempt {
    fn from(row: model::Attempt) -> Self {
        Self { at: row.at.into(), response_status: row.response_status.map(Into::into), error: row.error }
    }
}

crate::connection!(
    WebhookDelivery,
    WebhookDeliveryConnection,
    WebhookDeliveryEdge,
    "Deliveries of an endpoint (перелік доставок)."
);

loader! {
    /// An endpoint by its id.
    EndpointById(Uuid) -> Arc<model::Endpoint>,
    |_loaders, reading, ids| keyed(store::find(reading.link(), &ids).await?, |row| row.id)
}

loader! {
    /// A delivery by its id.
    DeliveryById(Uuid) -> Arc<model::Delivery>,
    |_loaders, reading, ids| keyed(store::deliveries(reading.link(), &ids).await?, |row| row.id)
}

loader! {
    /// The attempts of a delivery.
    AttemptsOf(Uuid) -> Vec<model::Attempt>,
    |_loaders, reading, ids| grouped(store::attempts(reading.link(), &ids).await?, |row| row.delivery_id)
}

fn holds(ctx: &Context<'_>) -> bool {
    Session::of(ctx).actor().holds(Scope::WebhooksManage)
}

/// The endpoint of this key; none without the scope.
pub async fn endpoint(ctx: &Context<'_>, key: Uuid) -> Result<Option<WebhookEndpoint>> {
    if !holds(ctx) {
        return Ok(None);
    }
    let now = Session::of(ctx).reading().await?.now();
    Ok(load(ctx, EndpointById(key)).await?.map(|row| WebhookEndpoint::of(&row, now)))
}

/// The delivery of this key; none without the scope.
pub async fn delivery(ctx: &Context<'_>, key: Uuid) -> Result<Option<WebhookDelivery>> {
    if !holds(ctx) {
        return Ok(None);
    }
    let now = Session::of(ctx).reading().await?.now();
    Ok(load(ctx, DeliveryById(key)).await?.map(|row| WebhookDelivery::of((*row).clone(), now)))
}

/// Questions about webhooks.
#[derive(Default)]
pub struct WebhookQuery;

#[Object]
impl WebhookQuery {
    /// One's own endpoint by its id; null where there is none (адреса вебхука).
    #[graphql(directive = scope::apply("webhooks:manage".to_owned()))]
    async fn webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the endpoint.")] id: ID,
    ) -> Result<Option<WebhookEndpoint>> {
        match node::open(&id) {
            Some((Kind::WebhookEndpoint, key)) => endpoint(ctx, key).await,
            _ => Ok(None),
        }
    }

    /// One's own endpoints, newest first; at most 20 (адреси вебхуків).
    #[graphql(directive = scope::apply("webhooks:manage".to_owned()))]
    async fn webhook_endpoints(&self, ctx: &Context<'_>) -> Result<Vec<WebhookEndpoint>> {
        let session = Session::of(ctx);
        let reading = session.reading().await?;
        let rows = store::list(reading.link(), session.actor().organization_id).await?;
        Ok(rows.iter().map(|row| WebhookEndpoint::of(row, reading.now())).collect())
    }
}
