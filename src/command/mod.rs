//! What can be said to `mistok` on the command line. Each command joins parts of the library and prints what it did.

mod audit;
mod demo;
mod doctor;
mod figures;
mod health;
mod import;
mod keys;
mod migrate;
mod registry;
mod secret_file;
mod serve;

use crate::{
    base::{self, message::Language},
    config::ServeOptions,
    graphql, telemetry,
};
use clap::{Parser, Subcommand};
use std::{error::Error, process::ExitCode};

type Outcome = Result<(), Box<dyn Error>>;

const ABOUT: &str = "Місток, a little bridge: the API through which Ukraine's resilience centres and their partners share the status of a referral";

const EXAMPLES: &str = "\
Begin here:
  mistok demo                     everything on this machine, with demonstration data and its own PostgreSQL
  mistok demo --help              what it keeps, and where

On a server of your own:
  mistok migrate --print-roles    two logins for the database, as SQL for its administrator
  mistok keys /etc/mistok         the keys that sign tokens and protect personal data
  mistok migrate                  makes or updates the tables
  mistok serve                    answers requests

Every option can be given as an environment variable: MISTOK_LISTEN for --listen, and so on.";

#[derive(Parser)]
#[command(name = "mistok", version, about = ABOUT, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    log: telemetry::Options,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything on this machine: a PostgreSQL of its own, demonstration data, the server
    Demo(Box<demo::Options>),
    /// Answer requests
    #[command(after_help = serve::HELP)]
    Serve(Box<ServeOptions>),
    /// Look a deployment over, and say what to do
    #[command(after_help = doctor::HELP)]
    Doctor(Box<ServeOptions>),
    /// Make or update the tables of the database
    Migrate(migrate::Options),
    /// Make the keys that a server needs, where they are missing
    Keys(keys::Options),
    /// Register organisations: nobody registers himself
    Organization(registry::OrganizationOptions),
    /// Register, list and revoke applications, and give them new secrets
    Application(registry::ApplicationOptions),
    /// Count figures anew, and publish what is due
    Figures(figures::Options),
    /// Record services or activities from a spreadsheet (CSV) in the place of an organisation
    #[command(after_help = import::HELP)]
    Import(import::Options),
    /// Export the audit, and check that nobody has touched it
    Audit(audit::Options),
    /// Print the schema of the API (SDL)
    Sdl,
    /// Ask a running server whether it is ready: exits with 0 if so (for a container's health check)
    Health(health::Options),
}

/// Runs the command of this process.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let ended = if matches!(cli.command, Command::Import(_) | Command::Audit(_)) {
        import::COULD_NOT_RUN.into()
    } else {
        ExitCode::FAILURE
    };
    let done = telemetry::start(&cli.log).map_err(Into::into).and_then(|()| cli.command.run());
    telemetry::trace::end();
    match done {
        Ok(code) => code,
        Err(fault) => {
            eprintln!("mistok: {fault}");
            ended
        }
    }
}

impl Command {
    fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let outcome = match self {
            Self::Import(options) => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                return runtime.block_on(import::run(&options));
            }
            Self::Audit(options) => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                return runtime.block_on(audit::run(options));
            }
            Self::Health(options) => health::run(&options),
            Self::Sdl => {
                print!("{}", graphql::schema::sdl());
                Ok(())
            }
            running => running.run_long(),
        };
        outcome.map(|()| ExitCode::SUCCESS)
    }

    fn run_long(self) -> Outcome {
        // Migrations and background work; actix brings threads of its own for requests.
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        match self {
            Self::Demo(options) => demo::run(&runtime, &options),
            Self::Doctor(options) => runtime.block_on(doctor::run(&options)),
            Self::Serve(options) => runtime.block_on(serve::run(&options)),
            Self::Migrate(options) => runtime.block_on(migrate::run(&options)),
            Self::Keys(options) => runtime.block_on(keys::run(&options)),
            Self::Organization(options) => runtime.block_on(registry::organization(options)),
            Self::Application(options) => runtime.block_on(registry::application(options)),
            Self::Figures(options) => runtime.block_on(figures::run(options)),
            Self::Audit(_) | Self::Health(_) | Self::Import(_) | Self::Sdl => Ok(()),
        }
    }
}

/// What the operator hears of a fault: refusals by field; causes, since this is the server's own machine.
fn told(fault: base::Error) -> String {
    match fault {
        base::Error::Refused(refusals) => {
            let line = |refusal: &base::Refusal| match refusal.path.join(".") {
                field if field.is_empty() => refusal.message.told(Language::English),
                field => format!("{field}: {}", refusal.message.told(Language::English)),
            };
            refusals.iter().map(line).collect::<Vec<_>>().join("\n  ")
        }
        base::Error::Question { field, message, .. } => format!("{field}: {message}"),
        base::Error::Unavailable(cause) => format!("the database does not answer: {}", cause.0),
        base::Error::Internal(cause) => cause.0.to_string(),
        other => format!("{other:?}"),
    }
}
