//! The schema's history, carried in the program, and what `serve` asks of a database before it serves from it.

use super::{Link, roles};
use diesel::migration::{MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel_async::{AsyncConnection, AsyncMigrationHarness, RunQueryDsl};
use diesel_migrations::{EmbeddedMigration, EmbeddedMigrations, EmbeddedName, MigrationHarness, TomlMetadataWrapper};
use std::{error::Error as Cause, time::Duration};
use tokio_postgres::Client;

/// One name a line, in order. diesel's own macro reads the directory instead, and a migration that arrives later would
/// not be built in before something else makes Cargo build this file.
macro_rules! migrations {
    ($($name:literal $(in $pieces:ident)?,)*) => {
        /// The directories of `migrations/`.
        pub const NAMES: &[&str] = &[$($name),*];

        const ALL: EmbeddedMigrations = EmbeddedMigrations::new(&[$(EmbeddedMigration::new(
            include_str!(concat!("../../migrations/", $name, "/up.sql")),
            Some(include_str!(concat!("../../migrations/", $name, "/down.sql"))),
            EmbeddedName::new($name),
            TomlMetadataWrapper::new(at_once!($($pieces)?)),
        )),*]);
    };
}

/// Each is a transaction of its own: the whole of it or nothing. One that has to touch every row of a large table goes in pieces, each a
/// transaction, so that nobody waits for all of them; begun again it goes on.
macro_rules! at_once {
    () => {
        true
    };
    (pieces) => {
        false
    };
}

migrations! {
    "0001_ground",
    "0002_territory",
    "0003_service",
    "0004_organization",
    "0005_centre",
    "0006_application",
    "0007_case",
    "0008_referral",
    "0009_memorandum",
    "0010_agreement",
    "0011_clock",
    "0012_figure",
    "0013_kept",
    "0014_standing",
    "0015_activity",
    "0016_observation",
    "0017_tally",
    "0018_release",
    "0019_history",
    "0020_contract",
    "0021_funding",
    "0022_feed",
    "0023_news",
    "0024_webhook",
    "0025_audit",
    "0026_erasure",
    "0027_key",
    "0028_proof",
    "0029_trusted",
    "0030_vault",
    "0031_opened",
    "0032_asked",
    "0033_measured",
    "0034_deprecated",
    "0035_joined",
    "0036_behind",
    "0037_glance",
    "0038_glanced" in pieces,
    "0039_subjects",
    "0040_lighter",
    "0041_words" in pieces,
}

/// Only one process migrates a database at a time; the others wait. The key is "mistok" in letters.
const LOCK: i64 = 0x6d69_7374_6f6b;

/// Why a database was not migrated, or is none to serve from.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("cannot connect to the database: {0}")]
    Connect(#[from] diesel::ConnectionError),
    #[error("cannot connect to the database: {}", chain(.0))]
    Server(#[from] tokio_postgres::Error),
    #[error("a migration failed: {0}")]
    Migration(Box<dyn Cause + Send + Sync>),
    #[error("the database lacks {0}: run `mistok migrate` with MISTOK_OWNER_URL first")]
    Pending(String),
    #[error("the database is a standby, in which nothing can be written: name its primary, or set MISTOK_REPLICA=true")]
    Standby,
    #[error("MISTOK_REPLICA is set, and the database is no standby: name one, or take the setting away")]
    Primary,
    #[error("MISTOK_DATABASE_URL logs in as {login}, which {}: let it log in as {}, see `mistok migrate --print-roles`", .faults.join(" and "), roles::APP)]
    Wall { login: String, faults: Vec<&'static str> },
}

impl From<diesel::result::Error> for Fault {
    fn from(fault: diesel::result::Error) -> Self {
        Self::Migration(fault.into())
    }
}

/// tokio-postgres keeps the server's words in the source of its errors.
fn chain(fault: &tokio_postgres::Error) -> String {
    fault.source().map_or_else(|| fault.to_string(), ToString::to_string)
}

/// Runs all pending migrations; returns their names. `url` logs in as the owner.
pub async fn up(url: &str) -> Result<Vec<String>, Fault> {
    let pending = |harness: &mut Harness| {
        let mut done = Vec::new();
        while harness.has_pending_migration(ALL)? {
            done.push(patiently(harness, next)?);
        }
        Ok(done)
    };
    let done = run(url, pending).await?;
    let client = roles::connect(url).await?;
    // `serve` looks whether something is pending.
    client.batch_execute(&format!("grant select on __diesel_schema_migrations to {}", roles::APP)).await?;
    Ok(done)
}

/// Runs the next migration alone; `None` when nothing is pending. `url` logs in as the owner.
pub async fn up_one(url: &str) -> Result<Option<String>, Fault> {
    run(url, |harness| {
        if !harness.has_pending_migration(ALL)? {
            return Ok(None);
        }
        Ok(Some(patiently(harness, next)?))
    })
    .await
}

/// Takes the last migration back; `None` when there is none. `url` logs in as the owner.
pub async fn down(url: &str) -> Result<Option<String>, Fault> {
    run(url, |harness| {
        if harness.applied_migrations()?.is_empty() {
            return Ok(None);
        }
        Ok(Some(patiently(harness, |harness| Ok(name(&harness.revert_last_migration(ALL)?)))?))
    })
    .await
}

/// Counts the roll-up of figures anew; returns how many entries there are now. `url` logs in as the owner.
pub async fn rebuild_tally(url: &str) -> Result<i64, Fault> {
    let client = roles::connect(url).await?;
    Ok(client.query_one("select mistok.rebuild_tally()", &[]).await?.get(0))
}

/// While a migration waits for a table, all who come after it wait for the migration. Shorter than `deadlock_timeout` (1 s): of a migration
/// and a request that wait for each other it is the migration that gives way.
const WAIT: &str = "set lock_timeout = '500ms'";
/// How often a lock is asked for that others hold, and how long they have the table to themselves in between.
const TRIES: usize = 120;
const PAUSE: Duration = Duration::from_secs(1);

type Step = Result<String, Box<dyn Cause + Send + Sync>>;

/// Runs the next migration; its name.
fn next(harness: &mut Harness) -> Step {
    Ok(name(&harness.run_next_migration(ALL)?))
}

/// Takes a step, again and again while others work with its tables.
fn patiently(harness: &mut Harness, step: impl Fn(&mut Harness) -> Step) -> Step {
    for _ in 1..TRIES {
        match step(harness) {
            Err(fault) if fault.to_string().contains("lock timeout") => std::thread::sleep(PAUSE),
            other => return other,
        }
    }
    step(harness)
}

type Harness = AsyncMigrationHarness<Link>;

/// diesel's harness blocks its thread, and refuses a runtime of one thread (each of actix's is one): it gets a thread of its own.
async fn run<T: Send + 'static>(
    url: &str,
    work: impl FnOnce(&mut Harness) -> Result<T, Box<dyn Cause + Send + Sync>> + Send + 'static,
) -> Result<T, Fault> {
    let mut link = Link::establish(url).await?;
    diesel::sql_query("select pg_advisory_lock($1)").bind::<diesel::sql_types::BigInt, _>(LOCK).execute(&mut link).await?;
    diesel::sql_query(WAIT).execute(&mut link).await?;
    let done = tokio::task::spawn_blocking(move || work(&mut Harness::new(link))).await;
    done.map_err(|panic| Fault::Migration(panic.into()))?.map_err(Fault::Migration)
}

/// The whole name of a migration, of which the database keeps the number.
fn name(version: &MigrationVersion<'_>) -> String {
    let number = version.to_string();
    let named = NAMES.iter().find(|name| name.split('_').next() == Some(&number));
    named.map_or(number, |name| (*name).to_owned())
}

/// Whether a database is ready to be served from: up to date, and the login behind the second wall. The last step before it is: the feed
/// of changes learns in which cluster it is.
pub async fn check(url: &str) -> Result<(), Fault> {
    let client = roles::connect(url).await?;
    standing(&client).await?;
    if is_standby(&client).await? {
        return Err(Fault::Standby);
    }
    // After a restore into another cluster: what is written from now on comes after everything that was.
    client.batch_execute("select mistok.begin_epoch()").await?;
    Ok(())
}

/// The same of a standby, in which nothing is begun.
pub async fn check_standby(url: &str) -> Result<(), Fault> {
    let client = roles::connect(url).await?;
    standing(&client).await?;
    if is_standby(&client).await? { Ok(()) } else { Err(Fault::Primary) }
}

/// Whether the database only follows another one.
pub async fn is_standby(client: &Client) -> Result<bool, tokio_postgres::Error> {
    Ok(client.query_one("select pg_is_in_recovery()", &[]).await?.get(0))
}

/// The login, if it is behind the second wall and nothing is pending. Changes nothing.
pub async fn standing(client: &Client) -> Result<String, Fault> {
    let row = client
        .query_one(
            "select r.rolname::text, r.rolsuper, r.rolbypassrls,
                exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                    where c.relkind in ('r', 'p') and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%'
                    and not r.rolsuper and pg_has_role(r.oid, c.relowner, 'member')),
                not r.rolsuper and exists (select from pg_database d
                    where d.datname = current_database() and pg_has_role(r.oid, d.datdba, 'member')),
                to_regclass('__diesel_schema_migrations') is not null
             from pg_roles r where r.rolname = current_user",
            &[],
        )
        .await?;
    let says = [
        (row.get(1), "is a superuser"),
        (row.get(2), "bypasses row-level security"),
        (row.get(3), "owns the tables"),
        (row.get(4), "owns the database"),
    ];
    let faults: Vec<&str> = says.into_iter().filter_map(|(is, fault): (bool, _)| is.then_some(fault)).collect();
    if !faults.is_empty() {
        return Err(Fault::Wall { login: row.get(0), faults });
    }
    let mut done: Vec<String> = Vec::new();
    if row.get(5) {
        for row in client.query("select version::text from __diesel_schema_migrations", &[]).await? {
            done.push(row.get(0));
        }
    }
    // Versions that this program does not know are of a newer one: expand and contract keeps both working.
    let known = MigrationSource::<Pg>::migrations(&ALL).map_err(Fault::Migration)?;
    let pending: Vec<String> = known
        .iter()
        .map(|migration| migration.name())
        .filter(|name| !done.contains(&name.version().to_string()))
        .map(ToString::to_string)
        .collect();
    if !pending.is_empty() {
        return Err(Fault::Pending(pending.join(", ")));
    }
    Ok(row.get(0))
}
