//! `mistok figures`: the roll-up and the releases, by the operator's hand.

use super::{Outcome, told};
use clap::{Args, Subcommand};
use mistok::{
    base::clock::Clock,
    config::{self, DatabaseOptions, DisclosureOptions},
    db::{Db, migrate},
    indicator::release,
};
use secrecy::{ExposeSecret, SecretString};

const HELP: &str = "\
The server does both by itself: it counts while people work, and publishes a month on the 10th of the next one.

  mistok figures publish     publishes now what is due, the first time all past months
  mistok figures rebuild     counts everything anew from the records; nobody can write meanwhile";

#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Options {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Publish figures about people of every month whose time has come
    Publish {
        #[command(flatten)]
        database: DatabaseOptions,
        #[command(flatten)]
        disclosure: DisclosureOptions,
    },
    /// Count every figure anew from the records
    Rebuild {
        /// The database, by the login that owns it (mistok_owner): postgresql://mistok_owner:…@host/mistok
        #[arg(long, env = "MISTOK_OWNER_URL", hide_env_values = true, value_name = "URL")]
        owner_url: Option<SecretString>,
    },
}

pub(super) async fn run(options: Options) -> Outcome {
    match options.verb {
        Verb::Publish { database, disclosure } => {
            let (database, least) = (database.check()?, disclosure.check()?);
            let db = Db::new(database.url.expose_secret(), 1, Clock::default()).map_err(told)?;
            let months = release::publish_due(&db, least).await.map_err(told)?;
            println!("published: {months} months");
        }
        Verb::Rebuild { owner_url } => {
            let url = config::check_url(owner_url.as_ref(), "MISTOK_OWNER_URL (--owner-url)")?;
            let entries = migrate::rebuild_tally(url.expose_secret()).await?;
            println!("counted anew: {entries} entries");
        }
    }
    Ok(())
}
