//! A server in this process, on a port of its own, with a clock that the test moves.

use crate::stage::Stage;
use actix_web::dev::ServerHandle;
use mistok::{
    access::{Scope, Scopes, token::Keys},
    app::{self, App},
    application::operator,
    base::{clock::Clock, timetable::Timetable, words::organization::OrganizationKind},
    config::{Database, MasterKeys, Networks, Rate, Serve},
    db::Errand,
    http::sandbox::{Door, Sandbox},
    journal::proof,
    webhook::Outside,
    work::follow,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::{net::TcpListener, sync::Arc};
use uuid::Uuid;

pub struct Served {
    pub stage: Arc<Stage>,
    pub app: Arc<App>,
    pub clock: Clock,
    pub url: String,
    pub http: reqwest::Client,
    handle: ServerHandle,
    pub config: Serve,
}

/// A partner of the test: an organisation with one application.
pub struct Partner {
    pub organization_id: Uuid,
    pub client_id: String,
    pub secret: String,
}

impl Served {
    pub async fn new() -> Self {
        Self::with(Timetable::default()).await
    }

    /// With lengths and working hours of the test's own.
    pub async fn with(timetable: Timetable) -> Self {
        Self::within(timetable, Outside::new(Networks::loopback())).await
    }

    /// Where each application may ask for so much alone.
    pub async fn limited(rate: Rate) -> Self {
        Self::made(Timetable::default(), Outside::new(Networks::loopback()), rate).await
    }

    /// In a world of the test's own, where webhooks find other names.
    pub async fn within(timetable: Timetable, outside: Outside) -> Self {
        // Tests ask as fast as they can.
        Self::made(timetable, outside, Rate { most: 1_000_000_000, refill: 1_000_000_000 }).await
    }

    async fn made(timetable: Timetable, outside: Outside, rate: Rate) -> Self {
        crate::log::listen();
        let (stage, clock) = (Stage::new().await, Clock::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let config = Serve {
            database: Database { url: stage.app_url().into(), direct_url: stage.app_url().into(), pool: 6, unprepared: false },
            master_keys: MasterKeys::new([7; 32]),
            signing_keys: vec![Keys::generate()],
            audit_keys: vec![proof::Keys::generate()],
            listen: address,
            issuer: format!("http://{address}"),
            workers: 1,
            metrics_listen: None,
            timetable,
            min_cells: Default::default(),
            prefixes: Default::default(),
            webhook_allow: Networks::loopback(),
            rate,
            origins: vec!["https://app.example".into()],
            issuers: Default::default(),
            replica: false,
        };
        Self::start(Arc::new(stage), config, clock, listener, outside).await
    }

    /// A second server on the same database, known by the same name.
    pub async fn beside(first: &Self) -> Self {
        Self::configured(first, first.config.clone()).await
    }

    /// A server on another stage, known by the same name.
    pub async fn on(stage: Stage, first: &Self, replica: bool) -> Self {
        let (listener, mut config) = (TcpListener::bind("127.0.0.1:0").unwrap(), first.config.clone());
        config.database.url = stage.app_url().into();
        config.database.direct_url = stage.app_url().into();
        config.replica = replica;
        let outside = Outside::new(config.webhook_allow.clone());
        Self::start(Arc::new(stage), config, first.clock.clone(), listener, outside).await
    }

    /// A second server on the same database, which says of more that it is deprecated.
    pub async fn deprecating(first: &Self, more: &[(&str, &str)]) -> Self {
        let (listener, outside) = (TcpListener::bind("127.0.0.1:0").unwrap(), Outside::new(Networks::loopback()));
        let app = App::deprecating(&first.config, first.clock.clone(), outside, more).await.unwrap();
        Self::running(app, first.stage.clone(), first.config.clone(), first.clock.clone(), listener)
    }

    /// A second server on the same database, which says that all is invented.
    pub async fn sandbox(first: &Self, doors: Vec<Door>) -> Self {
        let (listener, outside) = (TcpListener::bind("127.0.0.1:0").unwrap(), Outside::new(Networks::loopback()));
        let app = App::within(&first.config, first.clock.clone(), outside).await.unwrap().as_sandbox(Sandbox { doors });
        Self::running(app, first.stage.clone(), first.config.clone(), first.clock.clone(), listener)
    }

    /// The same, with settings of its own.
    pub async fn configured(first: &Self, config: Serve) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let outside = Outside::new(config.webhook_allow.clone());
        Self::start(first.stage.clone(), config, first.clock.clone(), listener, outside).await
    }

    async fn start(stage: Arc<Stage>, config: Serve, clock: Clock, listener: TcpListener, outside: Outside) -> Self {
        let app = App::within(&config, clock.clone(), outside).await.unwrap();
        Self::running(app, stage, config, clock, listener)
    }

    fn running(app: Arc<App>, stage: Arc<Stage>, config: Serve, clock: Clock, listener: TcpListener) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = app::serve(app.clone(), listener, 1).unwrap();
        let handle = server.handle();
        let (db, news, roster) = (app.db().clone(), app.news().clone(), app.roster().clone());
        // The server lives in a thread of its own: a test's runtime ends with the test.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.spawn(async move { follow::run(db, &news, &roster).await });
            runtime.block_on(server).unwrap();
        });
        Self { stage, app, clock, url, http: reqwest::Client::new(), handle, config }
    }

    /// As at SIGTERM: takes nothing new, ends what it has begun.
    pub async fn stop(&self) {
        self.app.close();
        self.handle.stop(true).await;
    }

    /// A new organisation with an application that holds all that its kind may hold.
    pub async fn partner(&self, kind: OrganizationKind) -> Partner {
        self.partner_with(kind, Scopes::of_kind(kind)).await
    }

    pub async fn partner_with(&self, kind: OrganizationKind, scopes: Scopes) -> Partner {
        let organization_id = Uuid::now_v7();
        let values = format!("'{organization_id}', '{kind}', 'Партнер', 'партнер', now(), now()");
        let sql = format!("insert into organization (id, kind, name, search, created_at, updated_at) values ({values})");
        self.stage.owner().await.batch_execute(&sql).await.unwrap();
        let wish =
            operator::Register { organization_id, name: "Журнал".into(), scopes: scopes.words(), ..Default::default() };
        let made = operator::register(self.app.db(), self.app.seal(), Errand::Demo, wish).await.unwrap();
        let secret = made.secret.expose_secret().to_owned();
        crate::log::forbid(&secret);
        Partner { organization_id, client_id: made.client_id, secret }
    }

    /// A token from the token endpoint, as a partner takes it.
    pub async fn token(&self, partner: &Partner) -> String {
        let asked = self
            .http
            .post(format!("{}/oauth/token", self.url))
            .basic_auth(&partner.client_id, Some(&partner.secret))
            .form(&[("grant_type", "client_credentials")]);
        let answer: Value = asked.send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// A question to the API, as a modern client asks it.
    pub async fn ask(&self, token: &str, query: &str, variables: Value) -> Answer {
        let asked = self
            .http
            .post(format!("{}/graphql", self.url))
            .bearer_auth(token)
            .header("accept", "application/graphql-response+json")
            .json(&json!({"query": query, "variables": variables}));
        Answer::of(asked.send().await.unwrap()).await
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Told, not awaited: the thread ends by itself.
        drop(self.handle.stop(false));
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Answer {
    pub async fn of(answer: reqwest::Response) -> Self {
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, text, body }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The data of an answer without errors.
    pub fn data(&self) -> &Value {
        assert!(self.status == 200 && self.body.get("errors").is_none(), "{self:?}");
        &self.body["data"]
    }

    /// The code of the first error.
    pub fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no code: {self:?}"))
    }
}

/// The scopes of a list.
pub fn scopes(of: &[Scope]) -> Scopes {
    of.iter().copied().collect()
}
