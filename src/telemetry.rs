//! What the server says of itself: lines of text for a person or of JSON for a machine, to the standard error output.
//! Ids only, never personal data.

use std::io::{IsTerminal, stderr};
use tracing_subscriber::EnvFilter;

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
    /// What is logged: a level (error, warn, info, debug, trace), or levels of parts, such as warn,mistok::http=debug
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
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(stderr().is_terminal());
    // An error means that a test has begun before us.
    let _ = match options.log_format {
        Format::Text => lines.try_init(),
        Format::Json => lines.json().flatten_event(true).with_current_span(false).try_init(),
    };
    Ok(())
}
