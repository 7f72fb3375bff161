//! What the server says of itself: lines of text for a person or of JSON for a machine, to the standard error output.
//! Ids only, never personal data.

pub mod metrics;
pub mod trace;

use std::io::{IsTerminal, stderr};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, LevelFilter, filter_fn},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// The shape of a log line.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For a person
    #[default]
    Text,
    /// One JSON object a line, for a collector
    Json,
}

/// How much is said, and in which shape.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// What is logged: a level (error, warn, info, debug, trace), or levels of parts, such as warn,mistok::http=debug. Of
    /// libraries nothing below info, where they tell what they carry
    #[arg(
        long,
        global = true,
        env = "MISTOK_LOG",
        default_value = "info,actix_server=warn",
        value_name = "FILTER",
        help_heading = "Log"
    )]
    pub log: String,
    /// The shape of log lines
    #[arg(
        long,
        global = true,
        env = "MISTOK_LOG_FORMAT",
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Log"
    )]
    pub log_format: Format,
    /// Where traces go: a collector of OpenTelemetry (OTLP over HTTP), such as http://127.0.0.1:4318. Its other settings are those of
    /// OpenTelemetry too: OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER. Without an address there are none
    #[arg(long, global = true, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL", help_heading = "Log")]
    pub traces: Option<String>,
    /// How this server is called in traces
    #[arg(long, global = true, env = "OTEL_SERVICE_NAME", default_value = "mistok", value_name = "NAME", help_heading = "Log")]
    pub service_name: String,
}

/// Why the program cannot be listened to.
#[derive(Debug, thiserror::Error)]
pub enum Unheard {
    /// A filter that cannot be read.
    #[error("MISTOK_LOG (--log): {0}; such as info, or warn,mistok::http=debug")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT (--traces): {0}; such as http://127.0.0.1:4318")]
    Traces(#[from] opentelemetry_otlp::ExporterBuildError),
}

/// Begins to listen to the program. Once for each process; later calls change nothing.
pub fn start(options: &Options) -> Result<(), Unheard> {
    // An error means that a test has begun before us.
    let _ = listener(options)?.try_init();
    Ok(())
}

/// Each listener says how much it hears at the most: what nobody hears is not even asked about, nor made.
fn listener(options: &Options) -> Result<impl Subscriber + use<>, Unheard> {
    let filter = EnvFilter::builder().parse(&options.log)?;
    let lines = fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal());
    let lines = match options.log_format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    let ours = filter_fn(is_ours_to_say).with_max_level_hint(LevelFilter::TRACE);
    let mut listeners = vec![lines.with_filter(filter.and(ours)).boxed()];
    if let Some(at) = options.traces.as_deref().filter(|at| !at.is_empty()) {
        listeners.push(trace::layer(at, options.service_name.clone())?.boxed());
    }
    Ok(tracing_subscriber::registry().with(listeners))
}

/// Below info, libraries tell what they carry, today the settings of each transaction, tomorrow whatever their next version likes.
/// Whatever the operator wishes to hear, they are not heard there.
/// Spans are for traces alone.
fn is_ours_to_say(about: &Metadata<'_>) -> bool {
    about.is_event() && (*about.level() <= Level::INFO || about.target().split("::").next() == Some("mistok"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Asked {
        #[command(flatten)]
        options: Options,
    }

    fn begun(said: &[&str]) -> (Option<LevelFilter>, bool) {
        let listener = listener(&Asked::parse_from([&["mistok"], said].concat()).options).unwrap();
        let most = listener.max_level_hint();
        let spans =
            tracing::subscriber::with_default(listener, || !trace::request("/graphql", "POST", "1", |_| None).is_disabled());
        (most, spans)
    }

    #[tokio::test]
    async fn what_nobody_hears_is_not_made() {
        assert_eq!(begun(&["--log", "info"]), (Some(LevelFilter::INFO), false), "libraries tell more than they are asked for");
        assert_eq!(begun(&["--log", "warn,mistok::http=debug"]).0, Some(LevelFilter::DEBUG));
        assert!(begun(&["--log", "warn", "--traces", "http://127.0.0.1:9"]).1);
    }
}
