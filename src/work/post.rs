//! Requests that go out: signed, bounded, and to public addresses alone. The address is judged when the connection is made, so that
//! a name that leads elsewhere since it was looked at leads nowhere.

use crate::{
    base::{clock::Clock, words::webhook::DeliveryError},
    graphql::change,
    seal::Seal,
    telemetry::trace,
    webhook::{
        Outside,
        model::Job,
        outside::Closed,
        rules::Target,
        schedule::{self, Answer},
        signature,
    },
};
use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::{
    Client, ClientBuilder, Response,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use serde::Serialize;
use std::{error::Error, io, sync::Arc, time::Duration};
use tracing::Instrument;

/// How long a connection may take, and all of it.
const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(15);
/// The longest answer that is read.
const LONGEST: usize = 64 << 10;
/// Connections that wait for the next request to the same host, and for how long.
const IDLE: (usize, Duration) = (schedule::SLOTS, Duration::from_secs(10));

/// What a receiver reads.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    r#type: &'static str,
    timestamp: String,
    data: Data,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    cursor: String,
    object_id: String,
    object_version: i32,
}

/// What sends.
pub struct Post {
    outside: Arc<Outside>,
    seal: Arc<Seal>,
    clock: Clock,
    /// None: this machine knows no authority that signs certificates.
    secure: Option<Client>,
    /// For networks that the operator allows.
    plain: Option<Client>,
}

impl Post {
    pub fn new(outside: Arc<Outside>, seal: Arc<Seal>, clock: Clock) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let kept = |client: reqwest::Result<Client>, scheme| match client {
            Ok(client) => Some(client),
            Err(fault) => {
                let cause = innermost(&fault);
                tracing::error!(
                    scheme,
                    cause,
                    "webhooks cannot be sent: does this machine have certificates (ca-certificates)?"
                );
                None
            }
        };
        let secure = kept(patient(outside.client(true)).build(), "https");
        let plain = kept(patient(outside.client(false)).build(), "http");
        Self { outside, seal, clock, secure, plain }
    }

    /// Sends one delivery and says what came of it.
    pub async fn send(&self, job: &Job) -> Answer {
        // The time of the attempt: a receiver refuses what is old.
        let asked = self.request(job, self.clock.now()).instrument(trace::webhook());
        match tokio::time::timeout(WHOLE + CONNECT, asked).await {
            Ok(answer) => answer,
            Err(_) => failed(DeliveryError::Timeout),
        }
    }

    async fn request(&self, job: &Job, now: DateTime<Utc>) -> Answer {
        // What was allowed when the endpoint was made may be so no more.
        let Ok(target) = Target::parse(&job.url, self.outside.allow()) else { return failed(DeliveryError::AddressNotAllowed) };
        let Some(client) = (if target.tls() { &self.secure } else { &self.plain }) else { return failed(DeliveryError::Tls) };
        let id = signature::id(job.id);
        let body = self.body(job);
        let Some(signed) = self.signed(job, &id, &body, now) else { return failed(DeliveryError::Connect) };
        let asked = client
            .post(target.url().clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now.timestamp())
            .header("webhook-signature", signed)
            .body(body);
        match asked.send().await {
            Ok(response) => self.read(response).await,
            Err(fault) => failed(why(&fault)),
        }
    }

    fn body(&self, job: &Job) -> String {
        let (object_id, _) = change::global(job.object_type, job.object_id);
        let data = Data {
            cursor: job.place().cursor(&self.seal, job.organization_id),
            object_id: object_id.0,
            object_version: job.object_version,
        };
        let timestamp = job.occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        serde_json::to_string(&Body { r#type: job.change.word(), timestamp, data }).expect("words and numbers")
    }

    /// By both secrets while the one before the last rotation is good. None: a seal does not open, which is told in the log.
    fn signed(&self, job: &Job, id: &str, body: &str, now: DateTime<Utc>) -> Option<String> {
        let previous = job.previous_secret.as_ref().filter(|_| job.previous_secret_until.is_some_and(|until| now < until));
        let sealed = std::iter::once(&job.secret).chain(previous);
        let opened = sealed.map(|sealed| self.seal.open_webhook(job.endpoint_id, sealed));
        match opened.collect::<Result<Vec<_>, _>>() {
            Ok(secrets) => Some(signature::header(id, now.timestamp(), body, secrets.iter().map(|secret| secret.as_slice()))),
            Err(_) => {
                tracing::error!(endpoint = %job.endpoint_id, "the secret of a webhook does not open: another master key?");
                None
            }
        }
    }

    async fn read(&self, mut response: Response) -> Answer {
        let status = response.status().as_u16();
        let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let silence = schedule::silence(status, header, self.clock.now());
        let mut error = schedule::fault(status);
        let mut size = 0;
        loop {
            match response.chunk().await {
                Ok(Some(part)) => size += part.len(),
                Ok(None) => break,
                // What it says was decided by its code already, unless that was a good one.
                Err(fault) => {
                    error = error.or(Some(why(&fault)));
                    break;
                }
            }
            if size > LONGEST {
                error = error.or(Some(DeliveryError::TooLarge));
                break;
            }
        }
        Answer { status: Some(status), error, silence }
    }
}

fn patient(client: ClientBuilder) -> ClientBuilder {
    client.connect_timeout(CONNECT).timeout(WHOLE).pool_max_idle_per_host(IDLE.0).pool_idle_timeout(IDLE.1)
}

fn failed(error: DeliveryError) -> Answer {
    Answer { error: Some(error), ..Answer::default() }
}

/// Why there is no answer: the first cause that says so.
fn why(fault: &reqwest::Error) -> DeliveryError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(fault);
    while let Some(this) = cause {
        match this.downcast_ref::<Closed>() {
            Some(Closed::Unknown) => return DeliveryError::Dns,
            Some(Closed::NotAllowed) => return DeliveryError::AddressNotAllowed,
            None if this.is::<rustls::Error>() => return DeliveryError::Tls,
            None => {}
        }
        // An error of input and output is not the effect of what it holds, but the same thing: its source lies behind that.
        let held = this.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = held.map(|held| held as &(dyn Error + 'static)).or_else(|| this.source());
    }
    if fault.is_timeout() { DeliveryError::Timeout } else { DeliveryError::Connect }
}

fn innermost(fault: &reqwest::Error) -> String {
    let mut cause: &dyn Error = fault;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
