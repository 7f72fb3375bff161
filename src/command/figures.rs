//! `mistok figures`: the roll-up and the releases, by the operator's hand.

use super::{Outcome, told};
use crate::{
    base::clock::Clock,
    config::{self, DatabaseOptions, DisclosureOptions, Faults},
    db::{
        Db,
        load::{Ground, Load},
        migrate,
    },
    demo::country::{Country, Hromada, Plan, Table},
    indicator::release,
};
use clap::{Args, Subcommand};
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
    /// For measuring: fill an empty database with an invented year of the whole country
    #[command(hide = true)]
    Sample(Sample),
}

/// Nobody lives in it, and no application can sign in.
#[derive(Args)]
struct Sample {
    /// A database without any organisation, by the login that owns it (mistok_owner)
    #[arg(long, env = "MISTOK_OWNER_URL", hide_env_values = true, value_name = "URL")]
    owner_url: Option<SecretString>,
    #[arg(long, default_value_t = 1469)]
    hromadas: usize,
    #[arg(long, default_value_t = 1_000_000)]
    cases: u64,
    #[arg(long, default_value_t = 9_800_000)]
    services: u64,
    #[arg(long, default_value_t = 2025)]
    year: i32,
    /// The same number makes the same rows
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(super) async fn run(options: Options) -> Outcome {
    match options.verb {
        Verb::Publish { database, disclosure } => {
            let (database, least) = Faults::both(database.check(), disclosure.check())?;
            let db = Db::of(&database, 1, Clock::default()).map_err(told)?;
            let months = release::publish_due(&db, least).await.map_err(told)?;
            println!("published: {months} months");
        }
        Verb::Rebuild { owner_url } => {
            let url = config::check_url(owner_url.as_ref(), "MISTOK_OWNER_URL (--owner-url)")?;
            let entries = migrate::rebuild_tally(url.expose_secret()).await?;
            println!("counted anew: {entries} entries");
        }
        Verb::Sample(options) => sample(&options).await?,
    }
    Ok(())
}

async fn sample(options: &Sample) -> Outcome {
    let url = config::check_url(options.owner_url.as_ref(), "MISTOK_OWNER_URL (--owner-url)")?;
    let Sample { hromadas, cases, services, year, seed, .. } = *options;
    let ground = Ground::read(url.expose_secret()).await?;
    let there: Vec<Hromada> = ground.hromadas.into_iter().map(|(code, name)| Hromada { code, name }).collect();
    let country = Country::new(Plan { hromadas, cases, services, year, seed }, &there, &ground.services)
        .ok_or_else(|| format!("there are 1 to {} hromadas, and years of our time", there.len()))?;
    let tables = Table::ALL.map(|table| table.target().0);
    let load = Load::begin(url.expose_secret(), &tables).await?;
    let load = load.ok_or("this database holds organisations: what is invented for measuring goes into an empty one alone")?;
    for table in Table::ALL {
        let (name, columns) = table.target();
        println!("{name}: {} rows", load.copy(name, columns, country.blocks(table)).await?);
    }
    println!("counted: {} entries", load.end().await?);
    Ok(())
}
