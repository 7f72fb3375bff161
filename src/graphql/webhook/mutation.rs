//! Changes of webhooks.

use super::object::{WebhookDelivery, WebhookEndpoint, delivery, endpoint};
use crate::{
    base::{
        Error,
        words::{change::ChangeType, webhook::EndpointStatus},
    },
    graphql::{
        context::Session,
        directive::{emits, scope},
        error::{Outcome, UserError},
        node::Kind,
        scalars::DateTime,
    },
    journal::idempotency::Done,
    webhook::{
        Outside,
        actions::{self, Issued},
        queue,
    },
};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// A new endpoint (нова адреса вебхука).
#[derive(Clone, Debug, InputObject)]
pub struct WebhookEndpointCreateInput {
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and shows no secret.
    idempotency_key: Option<String>,
    /// Where requests go: https, a public address, at most 2,000 characters, without name, password and fragment (адреса).
    url: String,
    /// Which kinds of changes it is sent, at least one, each once; of objects whose read scope your application holds (види змін).
    types: Vec<ChangeType>,
}

/// A change of an endpoint; what is null stays (зміна адреси вебхука).
#[derive(Clone, Debug, InputObject)]
pub struct WebhookEndpointUpdateInput {
    /// The endpoint.
    id: ID,
    /// The version that you have read; another one is VERSION_CONFLICT (очікувана версія).
    expected_version: i32,
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same.
    idempotency_key: Option<String>,
    /// Where requests go: https, a public address, at most 2,000 characters, without name, password and fragment (адреса).
    url: Option<String>,
    /// Which kinds of changes it is sent, at least one, each once (види змін).
    types: Option<Vec<ChangeType>>,
    /// ENABLED: it is sent what changes from now on. DISABLED: nothing more, and what was still on its way is given up (стан).
    status: Option<EndpointStatus>,
}

/// The end of an endpoint (вилучення адреси вебхука).
#[derive(Clone, Debug, InputObject)]
pub struct WebhookEndpointDeleteInput {
    /// The endpoint.
    id: ID,
    /// The version that you have read; another one is VERSION_CONFLICT (очікувана версія).
    expected_version: i32,
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same.
    idempotency_key: Option<String>,
}

/// A new secret for an endpoint (новий секрет).
#[derive(Clone, Debug, InputObject)]
pub struct WebhookSecretRotateInput {
    /// The endpoint.
    id: ID,
    /// The version that you have read; another one is VERSION_CONFLICT (очікувана версія).
    expected_version: i32,
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and shows no secret.
    idempotency_key: Option<String>,
}

/// An endpoint that is tried out (перевірка адреси вебхука).
#[derive(Clone, Debug, InputObject)]
pub struct WebhookTestInput {
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same.
    idempotency_key: Option<String>,
    /// The endpoint.
    endpoint_id: ID,
}

/// A stretch of the feed that an endpoint is sent again (повторне надсилання).
#[derive(Clone, Debug, InputObject)]
pub struct WebhookReplayInput {
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same.
    idempotency_key: Option<String>,
    /// The endpoint.
    endpoint_id: ID,
    /// Changes of this moment or later; the feed keeps 13 months (від).
    from: DateTime,
    /// Changes before this moment (до).
    to: DateTime,
}

payload!(WebhookEndpointPayload, endpoint: WebhookEndpoint, "What became of a change of an endpoint (результат зміни адреси вебхука).");
payload!(WebhookDeliveryPayload, delivery: WebhookDelivery, "What became of a try of an endpoint (результат перевірки адреси вебхука).");

/// What became of a change that makes a secret. The secret is shown once; a replay has none (результат із секретом).
#[derive(SimpleObject)]
pub struct WebhookEndpointSecretPayload {
    /// The changed endpoint, read anew; null when the change was refused.
    endpoint: Option<WebhookEndpoint>,
    /// The new secret, shown this once: `whsec_` and 32 bytes in base64 (секрет підпису).
    secret: Option<String>,
    /// The rules that the input breaks; empty when the change was made (порушені правила).
    user_errors: Vec<UserError>,
    /// Whether an earlier call with the same idempotency key made the change (повторний запит).
    replayed: bool,
}

impl WebhookEndpointSecretPayload {
    async fn of(ctx: &Context<'_>, issued: std::result::Result<Issued, Error>) -> Result<Self> {
        let (secret, done) = match issued {
            Ok(Issued { done, secret }) => (secret, Ok(done)),
            Err(fault) => (None, Err(fault)),
        };
        let shown = |secret: SecretString| secret.expose_secret().to_owned();
        Ok(match Outcome::of(done)? {
            Outcome::Done(done) => Self {
                endpoint: endpoint(ctx, done.id).await?,
                secret: secret.map(shown),
                user_errors: Vec::new(),
                replayed: done.replayed,
            },
            Outcome::Refused(user_errors) => Self { endpoint: None, secret: None, user_errors, replayed: false },
        })
    }
}

/// What became of a replay (результат повторного надсилання).
#[derive(SimpleObject)]
pub struct WebhookReplayPayload {
    /// The endpoint, read anew; null when the replay was refused.
    endpoint: Option<WebhookEndpoint>,
    /// How many changes of this stretch the endpoint is to be sent, or was sent since (кількість змін).
    replayed_changes: i32,
    /// The rules that the input breaks; empty when it was done (порушені правила).
    user_errors: Vec<UserError>,
    /// Whether an earlier call with the same idempotency key has done it (повторний запит).
    replayed: bool,
}

async fn changed(ctx: &Context<'_>, done: std::result::Result<Done, Error>) -> Result<WebhookEndpointPayload> {
    Ok(match Outcome::of(done)? {
        Outcome::Done(done) => WebhookEndpointPayload::done(endpoint(ctx, done.id).await?, done.replayed),
        Outcome::Refused(errors) => WebhookEndpointPayload::refused(errors),
    })
}

/// Changes of webhooks.
#[derive(Default)]
pub struct WebhookMutation;

#[Object]
impl WebhookMutation {
    /// Sets up an endpoint, which is sent what changes from now on; at most 20 for an organisation (створення адреси вебхука).
    #[graphql(
        directive = scope::apply("webhooks:manage".to_owned()),
        directive = emits::apply(vec![ChangeType::WebhookEndpointChanged])
    )]
    async fn webhook_endpoint_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint.")] input: WebhookEndpointCreateInput,
    ) -> Result<WebhookEndpointSecretPayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "webhookEndpointCreate", input.idempotency_key).await?;
        let (db, seal, actor, outside) = (session.db(), session.seal(), session.actor(), ctx.data::<Arc<Outside>>()?);
        let issued = actions::create(db, seal, outside, actor, &asked, &input.url, &input.types).await;
        WebhookEndpointSecretPayload::of(ctx, issued).await
    }

    /// Changes an endpoint; your application answers for it from then on. One that was disabled begins again from now: what it has missed comes by `webhookReplay`, or by `changes` from the last cursor that it got (зміна адреси вебхука).
    #[graphql(
        directive = scope::apply("webhooks:manage".to_owned()),
        directive = emits::apply(vec![ChangeType::WebhookEndpointChanged])
    )]
    async fn webhook_endpoint_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and what becomes of it.")] input: WebhookEndpointUpdateInput,
    ) -> Result<WebhookEndpointPayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "webhookEndpointUpdate", input.idempotency_key).await?;
        let update = actions::Update { url: input.url, types: input.types, status: input.status };
        let outside = ctx.data::<Arc<Outside>>()?;
        let done = match Kind::WebhookEndpoint.key(&input.id, "id") {
            Ok(id) => actions::update(session.db(), outside, session.actor(), &asked, id, input.expected_version, update).await,
            Err(refused) => Err(refused),
        };
        changed(ctx, done).await
    }

    /// Deletes an endpoint with its deliveries; `endpoint` is null then, and `userErrors` empty (вилучення адреси вебхука).
    #[graphql(
        directive = scope::apply("webhooks:manage".to_owned()),
        directive = emits::apply(vec![ChangeType::WebhookEndpointChanged])
    )]
    async fn webhook_endpoint_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: WebhookEndpointDeleteInput,
    ) -> Result<WebhookEndpointPayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "webhookEndpointDelete", input.idempotency_key).await?;
        let done = match Kind::WebhookEndpoint.key(&input.id, "id") {
            Ok(id) => actions::delete(session.db(), session.actor(), &asked, id, input.expected_version).await,
            Err(refused) => Err(refused),
        };
        changed(ctx, done).await
    }

    /// Makes a new secret; the one before signs too for 24 hours, so that nothing is refused meanwhile. Of three the oldest goes at once (заміна секрету).
    #[graphql(
        directive = scope::apply("webhooks:manage".to_owned()),
        directive = emits::apply(vec![ChangeType::WebhookEndpointChanged])
    )]
    async fn webhook_secret_rotate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: WebhookSecretRotateInput,
    ) -> Result<WebhookEndpointSecretPayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "webhookSecretRotate", input.idempotency_key).await?;
        let issued = match Kind::WebhookEndpoint.key(&input.id, "id") {
            Ok(id) => {
                let (db, seal, actor) = (session.db(), session.seal(), session.actor());
                actions::rotate_secret(db, seal, actor, &asked, id, input.expected_version).await
            }
            Err(refused) => Err(refused),
        };
        WebhookEndpointSecretPayload::of(ctx, issued).await
    }

    /// Sends an endpoint a change of the kind TEST, whatever kinds it has chosen: look at the attempts of the delivery (перевірка адреси вебхука).
    #[graphql(
        directive = scope::apply("webhooks:manage".to_owned()),
        directive = emits::apply(vec![ChangeType::Test])
    )]
    async fn webhook_test(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: WebhookTestInput,
    ) -> Result<WebhookDeliveryPayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "webhookTest", input.idempotency_key).await?;
        let done = match Kind::WebhookEndpoint.key(&input.endpoint_id, "endpointId") {
            Ok(id) => actions::test(session.db(), session.actor(), &asked, id).await,
            Err(refused) => Err(refused),
        };
        Ok(match Outcome::of(done)? {
            Outcome::Done(done) => WebhookDeliveryPayload::done(delivery(ctx, done.id).await?, done.replayed),
            Outcome::Refused(errors) => WebhookDeliveryPayload::refused(errors),
        })
    }

    /// Sends an endpoint a stretch of the feed again: the changes of its kinds that it may be told of today, at most 10,000; one replay a minute for an organisation, another one is RATE_LIMITED. What it was sent before keeps its `webhook-id` (повторне надсилання).
    #[graphql(
        directive = scope::apply("webhooks:manage".to_owned()),
        directive = emits::apply(vec![ChangeType::WebhookEndpointChanged])
    )]
    async fn webhook_replay(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and which stretch.")] input: WebhookReplayInput,
    ) -> Result<WebhookReplayPayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "webhookReplay", input.idempotency_key).await?;
        let (from, to) = (input.from.0, input.to.0);
        let done = match Kind::WebhookEndpoint.key(&input.endpoint_id, "endpointId") {
            Ok(id) => actions::replay(session.db(), session.actor(), &asked, id, from, to).await,
            Err(refused) => Err(refused),
        };
        Ok(match Outcome::of(done)? {
            Outcome::Done(done) => {
                let reading = session.reading().await?;
                let count = queue::count_between(reading.link(), done.id, from, to).await?;
                WebhookReplayPayload {
                    endpoint: endpoint(ctx, done.id).await?,
                    replayed_changes: i32::try_from(count).unwrap_or(i32::MAX),
                    user_errors: Vec::new(),
                    replayed: done.replayed,
                }
            }
            Outcome::Refused(user_errors) => {
                WebhookReplayPayload { endpoint: None, replayed_changes: 0, user_errors, replayed: false }
            }
        })
    }
}
