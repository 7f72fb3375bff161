//! What the server counts of itself, as Prometheus reads it (text format 0.0.4). Labels are words of ours alone: no id, no name, nothing that a
//! client chooses. One for each process, as the log is.

use crate::base::error::{ErrorCode, UserErrorCode};
use prometheus::{
    Encoder, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
    core::Collector, process_collector::ProcessCollector,
};
use std::{sync::LazyLock, time::Duration};

static COUNTED: LazyLock<Counted> = LazyLock::new(Counted::new);

/// Upper bounds in seconds: a small question takes a millisecond, no request more than ten seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

struct Counted {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    fields: IntCounterVec,
    executed: HistogramVec,
    errors: IntCounterVec,
    refusals: IntCounterVec,
    deprecated: IntCounterVec,
    attempts: IntCounterVec,
    pool: GaugeVec,
    streams: IntGauge,
    up: IntGauge,
    feed_lag: Gauge,
    webhooks: IntGauge,
    webhook_age: Gauge,
    clocks: GaugeVec,
    root_age: Gauge,
    behind: Gauge,
    measuring: Histogram,
}

impl Counted {
    fn new() -> Self {
        let registry = Registry::new();
        let kept = |of: Box<dyn Collector>| registry.register(of).expect("each name is given once");
        macro_rules! counted {
            ($made:expr) => {{
                let made = $made.expect("a name of letters");
                kept(Box::new(made.clone()));
                made
            }};
        }
        let counter = |name: &str, help: &str, labels: &[&str]| IntCounterVec::new(Opts::new(name, help), labels);
        let histogram = |name: &str, help: &str| HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
        kept(Box::new(ProcessCollector::for_self()));
        let build: IntGauge = counted!(IntGauge::with_opts(
            Opts::new("mistok_build_info", "1; the version is its label.").const_label("version", env!("CARGO_PKG_VERSION"))
        ));
        build.set(1);
        Self {
            requests: counted!(counter(
                "mistok_http_requests_total",
                "Requests that were answered, by route, method and status.",
                &["route", "method", "status"]
            )),
            seconds: counted!(HistogramVec::new(
                histogram("mistok_http_request_duration_seconds", "From the head of a request to the head of its answer."),
                &["route"]
            )),
            fields: counted!(counter(
                "mistok_graphql_operations_total",
                "Operations that were executed, by kind and root field; one with two root fields counts twice.",
                &["kind", "field"]
            )),
            executed: counted!(HistogramVec::new(
                histogram("mistok_graphql_execution_duration_seconds", "Execution of an operation with its journal of reads."),
                &["kind"]
            )),
            errors: counted!(counter("mistok_graphql_errors_total", "Errors in answers, by code.", &["code"])),
            refusals: counted!(counter(
                "mistok_graphql_user_errors_total",
                "Rules that inputs of mutations have broken, by code.",
                &["code"]
            )),
            deprecated: counted!(counter(
                "mistok_graphql_deprecated_uses_total",
                "Operations that ask for what is deprecated, by its coordinate in the schema.",
                &["coordinate"]
            )),
            attempts: counted!(counter(
                "mistok_webhook_attempts_total",
                "Requests to webhook endpoints, by what became of them.",
                &["outcome"]
            )),
            pool: counted!(GaugeVec::new(
                Opts::new(
                    "mistok_database_connections",
                    "Connections of the pool: at the most, open, idle; and requests that wait for one."
                ),
                &["state"]
            )),
            streams: counted!(IntGauge::new("mistok_streams", "Open connections over which changes are told.")),
            up: counted!(IntGauge::new("mistok_database_up", "Whether the database has answered to the last measuring.")),
            feed_lag: counted!(Gauge::new(
                "mistok_feed_lag_seconds",
                "Age of the oldest change that is written and not told, since an older transaction still runs."
            )),
            webhooks: counted!(IntGauge::new("mistok_webhook_backlog", "Deliveries that are on their way, up to 100,000.")),
            webhook_age: counted!(Gauge::new(
                "mistok_webhook_oldest_seconds",
                "Age of the oldest delivery that is on its way."
            )),
            clocks: counted!(GaugeVec::new(
                Opts::new(
                    "mistok_clocks_breached",
                    "Clocks of referrals that run past their due time, by phase, up to 100,000."
                ),
                &["phase"]
            )),
            root_age: counted!(Gauge::new("mistok_audit_root_age_seconds", "Since the last signed root of the audit.")),
            behind: counted!(Gauge::new(
                "mistok_replica_behind_seconds",
                "At a read replica: since the last commit of the primary that it has heard of."
            )),
            measuring: counted!(Histogram::with_opts(histogram(
                "mistok_measuring_duration_seconds",
                "What it takes to ask the database for these figures."
            ))),
            registry,
        }
    }
}

/// A request was answered.
pub fn answered(route: &str, method: &str, status: u16, took: Duration) {
    // A client may invent methods.
    let method = if ["GET", "HEAD", "POST", "OPTIONS"].contains(&method) { method } else { "other" };
    COUNTED.requests.with_label_values(&[route, method, &status.to_string()]).inc();
    COUNTED.seconds.with_label_values(&[route]).observe(took.as_secs_f64());
}

/// An operation was executed; its root fields are names of the schema.
pub fn executed<'a>(kind: &str, fields: impl IntoIterator<Item = &'a str>, took: Duration) {
    fields.into_iter().for_each(|field| COUNTED.fields.with_label_values(&[kind, field]).inc());
    COUNTED.executed.with_label_values(&[kind]).observe(took.as_secs_f64());
}

/// An error stands in an answer.
pub fn failed(code: ErrorCode) {
    COUNTED.errors.with_label_values(&[code.word()]).inc();
}

/// An input has broken a rule.
pub fn refused(code: UserErrorCode) {
    COUNTED.refusals.with_label_values(&[code.word()]).inc();
}

/// An operation asks for something deprecated; a coordinate is made of names of the schema.
pub fn deprecated(coordinate: &str) {
    COUNTED.deprecated.with_label_values(&[coordinate]).inc();
}

/// A webhook was sent; `outcome` is SUCCEEDED or the word of what has failed.
pub fn sent(outcome: &str) {
    COUNTED.attempts.with_label_values(&[outcome]).inc();
}

/// Connections at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Connections {
    pub most: usize,
    pub open: usize,
    pub idle: usize,
    pub waiting: usize,
}

/// What the database says of itself.
#[derive(Clone, Debug)]
pub struct Measured {
    pub feed_lag: f64,
    pub webhooks: i64,
    pub webhook_age: f64,
    pub root_age: f64,
    /// By the word of the phase.
    pub breached: Vec<(String, i64)>,
    /// Of a replica alone.
    pub behind: Option<f64>,
}

/// Everything, as Prometheus reads it. Without an answer of the database its figures are not there: they are unknown, not zero.
pub fn text(connections: Connections, streams: usize, measured: Option<&Measured>, took: Duration) -> String {
    let all = &*COUNTED;
    let state = |name: &str, number: usize| all.pool.with_label_values(&[name]).set(precise(number));
    state("most", connections.most);
    state("open", connections.open);
    state("idle", connections.idle);
    state("waiting", connections.waiting);
    all.streams.set(i64::try_from(streams).unwrap_or(i64::MAX));
    all.up.set(i64::from(measured.is_some()));
    all.measuring.observe(took.as_secs_f64());
    if let Some(measured) = measured {
        all.feed_lag.set(measured.feed_lag);
        all.webhooks.set(measured.webhooks);
        all.webhook_age.set(measured.webhook_age);
        all.root_age.set(measured.root_age);
        measured.breached.iter().for_each(|(phase, count)| all.clocks.with_label_values(&[phase]).set(precise(*count)));
    }
    let behind = measured.and_then(|measured| measured.behind);
    behind.into_iter().for_each(|behind| all.behind.set(behind));
    const OF_THE_DATABASE: [&str; 5] = [
        "mistok_feed_lag_seconds",
        "mistok_webhook_backlog",
        "mistok_webhook_oldest_seconds",
        "mistok_clocks_breached",
        "mistok_audit_root_age_seconds",
    ];
    let mut families = all.registry.gather();
    families.retain(|family| match family.name() {
        "mistok_replica_behind_seconds" => behind.is_some(),
        name => measured.is_some() || !OF_THE_DATABASE.contains(&name),
    });
    let mut bytes = Vec::new();
    if let Err(fault) = TextEncoder::new().encode(&families, &mut bytes) {
        tracing::error!(%fault, "figures that cannot be written");
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// A count as Prometheus takes it.
fn precise(number: impl TryInto<u32>) -> f64 {
    number.try_into().map_or(f64::from(u32::MAX), f64::from)
}
