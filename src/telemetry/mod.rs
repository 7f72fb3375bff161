//! What the server says of itself: lines of text for a person or of JSON for a machine, to the standard error output.
//! Ids only, never personal data.

pub mod metrics;

use std::io::{IsTerminal, stderr};
use tracing::{Level, Metadata};
use tracing_subscriber::{EnvFilter, Layer, filter::filter_fn, fmt, layer::SubscriberExt, util::SubscriberInitExt};

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
}

/// A filter that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("MISTOK_LOG (--log): {0}; such as info, or warn,mistok::http=debug")]
pub struct Unreadable(#[from] tracing_subscriber::filter::ParseError);

/// Begins to listen to the program. Once for each process; later calls change nothing.
pub fn start(options: &Options) -> Result<(), Unreadable> {
    let filter = EnvFilter::builder().parse(&options.log)?;
    let lines = fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal());
    let lines = match options.log_format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    // An error means that a test has begun before us.
    let _ = tracing_subscriber::registry().with(filter).with(lines.with_filter(filter_fn(is_ours_to_say))).try_init();
    Ok(())
}

/// Below info, libraries tell what they carry, today the settings of each transaction, tomorrow whatever their next version likes.
/// Whatever the operator wishes to hear, they are not heard there.
fn is_ours_to_say(about: &Metadata<'_>) -> bool {
    *about.level() <= Level::INFO || about.target().split("::").next() == Some("mistok")
}
