//! Traces for OpenTelemetry: what a request did, and for how long. Ids and words of ours only, as in the log; without a collector there are
//! none, and they cost nothing.

use opentelemetry::{propagation::TextMapPropagator, trace::TracerProvider};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use std::{collections::HashMap, sync::OnceLock};
use tracing::{Metadata, Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, filter_fn},
    registry::LookupSpan,
};

/// The one target of spans: all else is for the log.
macro_rules! span {
    ($name:literal, $($fields:tt)*) => { tracing::info_span!(target: "mistok::trace", $name, $($fields)*) };
}

/// What a client can be said to ask with.
const METHODS: [&str; 4] = ["GET", "HEAD", "OPTIONS", "POST"];

/// Kept for its end: what was not yet sent then is sent.
static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// A listener that sends spans to a collector in batches (OTLP over HTTP). What else there is to say of it, the library reads from the
/// environment (`OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_TRACES_SAMPLER` and the like).
pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(
    collector: &str,
    service: String,
) -> Result<impl Layer<S>, ExporterBuildError> {
    // An error says that this was done before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let exporter = SpanExporter::builder().with_http().with_endpoint(traces_of(collector)).build()?;
    let resource = Resource::builder().with_service_name(service).build();
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
    let layer = OpenTelemetryLayer::new(provider.tracer("mistok")).with_location(false).with_threads(false);
    let _ = PROVIDER.set(provider);
    Ok(layer.with_filter(filter_fn(is_span).with_max_level_hint(LevelFilter::INFO)))
}

/// Where a collector takes traces (OTLP, section "OTLP/HTTP Request").
fn traces_of(collector: &str) -> String {
    format!("{}/v1/traces", collector.trim_end_matches('/'))
}

/// Sends what was not yet sent.
pub fn end() {
    if let Some(provider) = PROVIDER.get()
        && let Err(fault) = provider.shutdown()
    {
        tracing::warn!(%fault, "traces could not be sent");
    }
}

fn is_span(about: &Metadata<'_>) -> bool {
    about.is_span() && about.target() == "mistok::trace"
}

/// A request that has come in; it belongs to the trace that its client names (W3C Trace Context).
pub fn request<'a>(route: &'static str, method: &str, request_id: &str, header: impl Fn(&str) -> Option<&'a str>) -> Span {
    // Anybody may send any word (semantic conventions for HTTP: `_OTHER`).
    let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("_OTHER");
    let span = span!(
        "request",
        otel.name = %format_args!("{method} {route}"),
        otel.kind = "server",
        http.route = route,
        http.request.method = method,
        http.response.status_code = tracing::field::Empty,
        graphql.operation.type = tracing::field::Empty,
        graphql.operation.roots = tracing::field::Empty,
        mistok.request_id = request_id,
    );
    if !span.is_disabled() {
        let named = ["traceparent", "tracestate"].map(|name| Some((name.to_owned(), header(name)?.to_owned())));
        let named: HashMap<_, _> = named.into_iter().flatten().collect();
        let _ = span.set_parent(TraceContextPropagator::new().extract(&named));
    }
    span
}

/// What an operation is, on the span of its request: names of the schema, nothing that a client chooses.
pub fn operation<'a>(kind: &dyn std::fmt::Display, roots: impl Iterator<Item = &'a str>) {
    let span = Span::current();
    if !span.is_disabled() {
        let roots = roots.collect::<Vec<_>>().join(" ");
        span.record("graphql.operation.type", kind.to_string()).record("graphql.operation.roots", roots);
    }
}

/// A transaction of the database, from BEGIN to its end. Those of the server's own rounds are no part of a trace.
pub fn transaction() -> Span {
    if Span::current().is_none() {
        return Span::none();
    }
    span!("transaction", otel.kind = "client", db.system.name = "postgresql")
}

/// One attempt to bring a webhook.
pub fn webhook() -> Span {
    span!("webhook", otel.kind = "client", http.request.method = "POST")
}
