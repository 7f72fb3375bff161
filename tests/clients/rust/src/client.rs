//! Asks Місток: a token that is taken anew before it ends, retries that change nothing twice, errors by their kind.

use graphql_client::GraphQLQuery;
use reqwest::{RequestBuilder, header::RETRY_AFTER};
use serde::Deserialize;
use serde_json::{Value, from_value, json};
use std::{fmt, time::Duration};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};
use uuid::Uuid;

const TRIES: u32 = 5;
const LATER: [&str; 3] = ["RATE_LIMITED", "UNAVAILABLE", "TIMEOUT"];

#[derive(Clone, Debug, Deserialize)]
pub struct UserError {
    pub code: String,
    pub message: String,
    pub path: Vec<String>,
}

#[derive(Debug)]
pub enum Error {
    /// A rule says no: the input, or the state of things, has to change.
    Refused(Vec<UserError>),
    /// There is no answer: authentication, rights, limits, a refused document, a fault. The operator can find the request.
    Failed { code: String, message: String, request_id: Option<String> },
    /// The network, after all tries.
    Network(reqwest::Error),
    /// The answer is not of the schema from which this client was made.
    Shape(serde_json::Error),
}

impl Error {
    /// The code of what was refused first, or of what failed.
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(errors) => errors.first().map_or("", |error| &error.code),
            Self::Failed { code, .. } => code,
            Self::Network(_) | Self::Shape(_) => "",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(errors) => {
                errors.iter().try_for_each(|one| write!(out, "{} at {}: {}; ", one.code, one.path.join("."), one.message))
            }
            Self::Failed { code, message, request_id } => write!(out, "{code}: {message} (request {request_id:?})"),
            Self::Network(fault) => fault.fmt(out),
            Self::Shape(fault) => fault.fmt(out),
        }
    }
}

impl std::error::Error for Error {}

/// An answer, as far as it can be read: a proxy may answer with a page of its own.
struct Answer {
    status: u16,
    retry_after: Option<u64>,
    body: Value,
}

impl Answer {
    fn code(&self) -> String {
        let told = self.body["errors"][0]["extensions"]["code"].as_str().or(self.body["error"].as_str());
        told.map_or_else(|| self.status.to_string(), str::to_owned)
    }

    /// How often an answer such as this one is worth asking for.
    fn tries(&self) -> u32 {
        match self.status {
            429 | 502 | 503 | 504 => TRIES,
            _ if LATER.contains(&self.code().as_str()) => TRIES,
            500.. => 2,
            _ => 1,
        }
    }
}

pub struct Client {
    http: reqwest::Client,
    url: String,
    id: String,
    secret: String,
    purpose: Option<String>,
    token: Mutex<Option<(String, Instant)>>,
}

impl Client {
    /// `purpose`: why personal data is read; without it personal fields are null.
    pub fn new(url: &str, id: &str, secret: &str, purpose: Option<&str>) -> Result<Self, Error> {
        // Who has chosen a provider for the whole program already, keeps it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().map_err(Error::Network)?;
        let (url, id, secret) = (url.to_owned(), id.to_owned(), secret.to_owned());
        Ok(Self { http, url, id, secret, purpose: purpose.map(str::to_owned), token: Mutex::new(None) })
    }

    /// Asks an operation, one of those in `operations`.
    pub async fn ask<Q: GraphQLQuery>(&self, variables: Q::Variables) -> Result<Q::ResponseData, Error> {
        let question = Q::build_query(variables);
        let mutation = question.query.split_whitespace().any(|word| word == "mutation");
        let mut body =
            json!({"query": question.query, "operationName": question.operation_name, "variables": question.variables});
        // Whatever happens on the way, all tries carry one key: what was done is not done again.
        if let Some(input) = body.pointer_mut("/variables/input").and_then(Value::as_object_mut).filter(|_| mutation) {
            input.entry("idempotencyKey").or_insert_with(|| Uuid::new_v4().to_string().into());
        }
        let mut answer = self.graphql(&body).await?;
        if answer.status == 401 || answer.code() == "UNAUTHENTICATED" {
            *self.token.lock().await = None;
            answer = self.graphql(&body).await?;
        }
        let error = &answer.body["errors"][0];
        if error.is_object() || !answer.body["data"].is_object() {
            let message = error["message"].as_str().unwrap_or("no GraphQL in the answer").to_owned();
            let request_id = error["extensions"]["requestId"].as_str().map(str::to_owned);
            return Err(Error::Failed { code: answer.code(), message, request_id });
        }
        let mut payloads = answer.body["data"].as_object().into_iter().flat_map(|data| data.values());
        if let Some(payload) = payloads.find(|payload| mutation && payload["userErrors"][0].is_object()) {
            return Err(Error::Refused(from_value(payload["userErrors"].clone()).map_err(Error::Shape)?));
        }
        from_value(answer.body["data"].take()).map_err(Error::Shape)
    }

    async fn graphql(&self, body: &Value) -> Result<Answer, Error> {
        let accept = "application/graphql-response+json, application/json;q=0.9";
        let request = self.http.post(format!("{}/graphql", self.url)).header("accept", accept).json(body);
        let request = self.purpose.iter().fold(request, |request, purpose| request.header("mistok-purpose", purpose));
        send(request.bearer_auth(self.bearer().await?)).await
    }

    /// One token for all questions, and the next one a minute before it ends.
    async fn bearer(&self) -> Result<String, Error> {
        let mut kept = self.token.lock().await;
        if let Some((token, until)) = &*kept
            && *until > Instant::now()
        {
            return Ok(token.clone());
        }
        let request = self.http.post(format!("{}/oauth/token", self.url)).basic_auth(&self.id, Some(&self.secret));
        let answer = send(request.form(&[("grant_type", "client_credentials")])).await?;
        let (Some(token), Some(lasts)) = (answer.body["access_token"].as_str(), answer.body["expires_in"].as_u64()) else {
            let message = answer.body["error_description"].to_string();
            return Err(Error::Failed { code: answer.code(), message, request_id: None });
        };
        *kept = Some((token.to_owned(), Instant::now() + Duration::from_secs(lasts.saturating_sub(60))));
        Ok(token.to_owned())
    }
}

/// The same request again while there is no answer, or one that says "later".
async fn send(request: RequestBuilder) -> Result<Answer, Error> {
    for asked in 1.. {
        let once = request.try_clone().expect("a body that is a text can be sent again");
        let mut pause = 0.25 * f64::from(1 << asked) * (1.0 + rand::random::<f64>());
        match answered(once).await {
            Ok(answer) if asked >= answer.tries() => return Ok(answer),
            Ok(answer) => pause = answer.retry_after.map_or(pause, |seconds| seconds as f64),
            Err(fault) if asked >= TRIES => return Err(Error::Network(fault)),
            Err(_) => {}
        }
        sleep(Duration::from_secs_f64(pause)).await;
    }
    unreachable!("the last try has returned")
}

async fn answered(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let (status, retry_after) = (response.status().as_u16(), response.headers().get(RETRY_AFTER));
    let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    let body = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
    Ok(Answer { status, retry_after, body })
}

/// A step on the version that was seen. If somebody was faster: reads again, and `step` decides anew on what there is now.
pub async fn on_current<S, T>(
    seen: S,
    read: impl AsyncFn() -> Result<S, Error>,
    mut step: impl AsyncFnMut(S) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut now = seen;
    for _ in 0..2 {
        match step(now).await {
            Err(refused) if refused.code() == "VERSION_CONFLICT" => now = read().await?,
            done => return done,
        }
    }
    step(now).await
}
