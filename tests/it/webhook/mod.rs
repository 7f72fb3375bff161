//! Webhooks against a real PostgreSQL and a real receiver: what is brought, in which order, how often, and where no request may go.

mod failing;
mod life;
mod load;
mod order;
mod place;
pub mod receiver;
mod several;
mod vector;
mod wall;

use crate::{
    feed::settled,
    town::{Side, Town, key, with},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, Mac};
use mistok::{
    access::{Actor, Scopes},
    base::words::{change::ChangeType, organization::OrganizationKind as Kind},
    db::Db,
    journal::{
        Audience, ObjectType,
        change::{self, Entry},
    },
    work::{deliver, post::Post},
};
use receiver::{Got, Manner, Receiver};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// A town with a receiver of webhooks, and the server's own hand to bring them.
struct Stage {
    town: Town,
    receiver: Receiver,
    post: Arc<Post>,
}

const FIELDS: &str = "id version url status disabledReason failingSince pausedUntil types";

impl Stage {
    async fn new() -> Self {
        Self::of(Town::new().await).await
    }

    async fn of(town: Town) -> Self {
        let app = &town.served.app;
        let post = Arc::new(Post::new(app.outside().clone(), app.seal().clone(), town.served.clock.clone()));
        // What was before is not told.
        settled(&town).await;
        let stage = Self { town, receiver: Receiver::new().await, post };
        stage.round().await;
        stage
    }

    fn db(&self) -> &Db {
        self.town.served.app.db()
    }

    /// Everything that is due now; how many requests it took.
    async fn round(&self) -> usize {
        settled(&self.town).await;
        deliver::round(self.db(), &self.post).await.unwrap()
    }

    /// Later, with fresh tokens.
    async fn later(self, by: chrono::Duration) -> Self {
        self.town.served.clock.advance(by);
        Self { town: self.town.again().await, ..self }
    }

    async fn made(&self, side: &Side, url: &str, types: &[&str]) -> Value {
        let query = format!(
            "mutation($input: WebhookEndpointCreateInput!){{ webhookEndpointCreate(input: $input){{ endpoint {{ {FIELDS} }} secret replayed userErrors {{ code path message }} }} }}"
        );
        let input = json!({"idempotencyKey": key(), "url": url, "types": types});
        self.town.ask(side, &query, json!({"input": input})).await.data()["webhookEndpointCreate"].clone()
    }

    /// A new endpoint of a side at a path of the receiver, and its secret.
    async fn endpoint(&self, side: &Side, path: &str, types: &[&str]) -> (Value, String) {
        let made = self.made(side, &self.receiver.url(path), types).await;
        assert_eq!(made["userErrors"], json!([]));
        (made["endpoint"].clone(), made["secret"].as_str().unwrap().to_owned())
    }

    async fn act(&self, side: &Side, name: &str, endpoint: &Value, more: Value) -> Value {
        let input = with(json!({"id": endpoint["id"], "expectedVersion": endpoint["version"], "idempotencyKey": key()}), more);
        self.town.done(side, name, "endpoint", FIELDS, input).await
    }

    async fn rotated(&self, side: &Side, endpoint: &Value) -> (Value, String) {
        let query = format!(
            "mutation($input: WebhookSecretRotateInput!){{ webhookSecretRotate(input: $input){{ endpoint {{ {FIELDS} }} secret userErrors {{ code }} }} }}"
        );
        let input = json!({"id": endpoint["id"], "expectedVersion": endpoint["version"]});
        let made = self.town.ask(side, &query, json!({"input": input})).await.data()["webhookSecretRotate"].clone();
        (made["endpoint"].clone(), made["secret"].as_str().unwrap().to_owned())
    }

    async fn seen(&self, side: &Side, endpoint: &Value) -> Value {
        let query = format!("query($id: ID!){{ webhookEndpoint(id: $id){{ {FIELDS} }} }}");
        self.town.ask(side, &query, json!({"id": endpoint["id"]})).await.data()["webhookEndpoint"].clone()
    }

    /// The deliveries of an endpoint, newest first.
    async fn deliveries(&self, side: &Side, endpoint: &Value) -> Vec<Value> {
        let query = "query($id: ID!){ webhookEndpoint(id: $id){ deliveries(first: 100){ nodes { id messageId status nextAttemptAt change { type objectId objectVersion } attempts { at responseStatus error } } totalCount } } }";
        let seen = self.town.ask(side, query, json!({"id": endpoint["id"]})).await.data()["webhookEndpoint"].clone();
        seen["deliveries"]["nodes"].as_array().unwrap().clone()
    }

    /// As if the last replay were longer ago than one must wait.
    async fn rested(&self) {
        let superuser = crate::stage::connect(&self.town.served.stage.superuser_url()).await;
        superuser.batch_execute("update webhook_endpoint set replayed_at = replayed_at - interval '2 minutes'").await.unwrap();
    }

    /// A change of a centre of which a side learns.
    async fn changes(&self, side: &Side, object: u128, version: i32) {
        changed(self.db(), side.partner.organization_id, object, version).await;
    }

    /// Errors of all attempts of an endpoint.
    async fn errors_of_any(&self, side: &Side, endpoint: &Value) -> Vec<String> {
        let all = self.deliveries(side, endpoint).await;
        let attempts = all.iter().flat_map(|row| row["attempts"].as_array().unwrap());
        attempts.map(|attempt| attempt["error"].as_str().unwrap_or("-").to_owned()).collect()
    }

    /// Errors of the attempts of the oldest delivery.
    async fn errors(&self, side: &Side, endpoint: &Value) -> Vec<String> {
        let all = self.deliveries(side, endpoint).await;
        let attempts = all.last().unwrap()["attempts"].as_array().unwrap().clone();
        attempts.iter().map(|attempt| attempt["error"].as_str().unwrap_or("-").to_owned()).collect()
    }
}

fn actor(organization_id: Uuid) -> Actor {
    let scopes = Scopes::of_kind(Kind::Ngo);
    Actor {
        application_id: Uuid::nil(),
        organization_id,
        kind: Kind::Ngo,
        scopes,
        purpose: None,
        acting_for: None,
        language: Default::default(),
    }
}

/// A change of a centre of which one organisation learns.
async fn changed(db: &Db, organization_id: Uuid, object: u128, version: i32) {
    let tx = db.begin(&actor(organization_id)).await.unwrap();
    let entry = Entry::new(ChangeType::CentreChanged, ObjectType::Centre, Uuid::from_u128(object), version);
    change::record(&tx, entry, Audience::only(organization_id)).await.unwrap();
    tx.commit().await.unwrap();
}

/// The global id of such a centre.
fn centre(object: u128) -> String {
    mistok::graphql::node::Kind::Centre.id(Uuid::from_u128(object)).to_string()
}

/// Which of the signatures are good with a secret, by the standard's rule.
fn verified(got: &Got, secret: &str) -> usize {
    let secret = BASE64.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = <Hmac<sha2::Sha256> as Mac>::new_from_slice(&secret).unwrap();
    mac.update(format!("{}.{}.{}", got.message(), got.headers["webhook-timestamp"], got.text).as_bytes());
    let good = format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()));
    got.headers["webhook-signature"].split(' ').filter(|signature| *signature == good).count()
}

fn signatures(got: &Got) -> usize {
    got.headers["webhook-signature"].split(' ').count()
}

fn says(code: u16) -> Manner {
    Manner::Says(code, Vec::new())
}

/// Nobody says that it must stop.
fn running() -> tokio::sync::watch::Receiver<bool> {
    tokio::sync::watch::channel(false).1
}
