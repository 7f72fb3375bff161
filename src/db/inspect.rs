//! Looks a database over, for who runs the server, and changes nothing in it.

use super::{migrate, roles, standby::MOST_BEHIND};
use crate::seal::{Kept, Ring};
use chrono::{DateTime, Utc};
use tokio_postgres::Client;

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    Good,
    /// It works, and should be otherwise.
    Odd,
    /// The server does not start so, or must not.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub grade: Grade,
    /// What was found, and what to do about it.
    pub about: String,
}

/// A list of what was found.
#[derive(Clone, Debug, Default)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    pub fn add(&mut self, grade: Grade, about: impl Into<String>) {
        self.0.push(Finding { grade, about: about.into() });
    }

    pub fn good(&mut self, about: impl Into<String>) {
        self.add(Grade::Good, about);
    }

    pub fn odd(&mut self, about: impl Into<String>) {
        self.add(Grade::Odd, about);
    }

    pub fn bad(&mut self, about: impl Into<String>) {
        self.add(Grade::Bad, about);
    }

    pub fn worst(&self) -> Grade {
        self.0.iter().map(|finding| finding.grade).max().unwrap_or(Grade::Good)
    }
}

/// The oldest PostgreSQL with which all is tried.
const OLDEST: i32 = 150_000;
/// How far the clocks of server and database may differ, in seconds: times of both stand in one record.
const APART: f64 = 2.0;
/// Connections that others need: migrations, the bell, an operator's psql.
const OTHERS: i64 = 5;

/// All that can be seen by the login that serves. `pool` is how many connections one server takes, `replica` whether it only reads.
pub async fn look(
    url: &str,
    pool: usize,
    replica: bool,
    masters: Option<&[[u8; 32]]>,
    now: impl Fn() -> DateTime<Utc>,
) -> Findings {
    let mut findings = Findings::default();
    let client = match roles::connect(url).await {
        Ok(client) => client,
        Err(fault) => {
            findings.bad(format!(
                "the database does not answer: {fault}. Is MISTOK_DATABASE_URL right, and may this machine connect?"
            ));
            return findings;
        }
    };
    if let Err(fault) = followed(&client, replica, &mut findings).await {
        findings.bad(format!("the database: {fault}"));
    }
    if let Err(fault) = ask(&client, pool, masters, now, &mut findings).await {
        findings.bad(format!("the database: {fault}"));
    }
    findings
}

/// Whether it is a standby where one is wanted, and there alone.
async fn followed(client: &Client, replica: bool, findings: &mut Findings) -> Result<(), tokio_postgres::Error> {
    match (migrate::is_standby(client).await?, replica) {
        (false, false) => return Ok(()),
        (true, false) => findings.bad(migrate::Fault::Standby.to_string()),
        (false, true) => findings.bad(migrate::Fault::Primary.to_string()),
        (true, true) => {
            let sql = "select extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::double precision";
            let behind: Option<f64> = client.query_one(sql, &[]).await?.get(0);
            match behind {
                Some(behind) if behind <= MOST_BEHIND => findings.good(format!("a standby, {behind:.0} s behind its primary")),
                Some(behind) => findings.odd(format!("the standby is {behind:.0} s behind its primary, and answers within {MOST_BEHIND:.0} s alone: does `mistok serve` run there, and does the standby reach it?")),
                None => findings.odd("the standby has heard nothing since its start: does `mistok serve` run at its primary, and does the standby reach it?"),
            }
        }
    }
    Ok(())
}

async fn ask(
    client: &Client,
    pool: usize,
    masters: Option<&[[u8; 32]]>,
    now: impl Fn() -> DateTime<Utc>,
    findings: &mut Findings,
) -> Result<(), tokio_postgres::Error> {
    version(client, findings).await?;
    match migrate::standing(client).await {
        Ok(login) => findings.good(format!("it logs in as {login}, behind row-level security; no migration is pending")),
        Err(fault) => findings.bad(fault.to_string()),
    }
    walls(client, findings).await?;
    settings(client, pool, findings).await?;
    let asked = now();
    let row = client.query_one("select extract(epoch from clock_timestamp())::double precision", &[]).await?;
    let (theirs, ours): (f64, _) = (row.get(0), (asked + (now() - asked) / 2).timestamp_micros() as f64 / 1e6);
    match (theirs - ours).abs() {
        apart if apart <= APART => findings.good("the clocks of this machine and of the database agree"),
        apart => findings.bad(format!(
            "the clocks of this machine and of the database are {apart:.0} s apart: let both follow a time server (NTP)"
        )),
    }
    if let Some(masters) = masters {
        kept(client, masters, findings).await?;
    }
    // A pooler that gives a connection away after each transaction must know of prepared statements.
    let statement = client.prepare("select 1::bigint").await?;
    client.batch_execute("begin; commit").await?;
    match client.query_one(&statement, &[]).await {
        Ok(_) => findings.good("prepared statements outlive a transaction"),
        Err(fault) => findings.bad(format!("prepared statements do not outlive a transaction ({fault}): PgBouncer needs version 1.21 or newer and max_prepared_statements, or set MISTOK_DATABASE_UNPREPARED=true")),
    }
    Ok(())
}

async fn version(client: &Client, findings: &mut Findings) -> Result<(), tokio_postgres::Error> {
    let row = client
        .query_one("select current_setting('server_version_num')::integer, current_setting('server_version')", &[])
        .await?;
    let (number, name): (i32, &str) = (row.get(0), row.get(1));
    match number >= OLDEST {
        true => findings.good(format!("PostgreSQL {name}")),
        false => findings.bad(format!("PostgreSQL {name} is too old: 15 or newer")),
    }
    Ok(())
}

/// Tables whose policies somebody has switched off.
async fn walls(client: &Client, findings: &mut Findings) -> Result<(), tokio_postgres::Error> {
    let open = client
        .query(
            "select c.oid::regclass::text from pg_class c where c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity) \
             and exists (select from pg_policy p where p.polrelid = c.oid) order by 1",
            &[],
        )
        .await?;
    let open: Vec<&str> = open.iter().map(|row| row.get(0)).collect();
    match open.is_empty() {
        true => findings.good("row-level security is on, and forced, on every table that has policies"),
        false => findings.bad(format!(
            "row-level security is off on {}: `alter table … enable row level security, force row level security` as {}",
            open.join(", "),
            roles::OWNER
        )),
    }
    Ok(())
}

async fn settings(client: &Client, pool: usize, findings: &mut Findings) -> Result<(), tokio_postgres::Error> {
    let mut others = Vec::new();
    for (name, wanted) in roles::SETTINGS {
        let row = client.query_one("select current_setting($1), $2::text", &[name, wanted]).await?;
        if !same(row.get(0), row.get(1)) {
            others.push(format!("{name} is {}, not {wanted}", row.get::<_, &str>(0)));
        }
    }
    match others.is_empty() {
        true => findings.good("the login has its settings"),
        false => findings.odd(format!("{}: run what `mistok migrate --print-roles` prints once more", others.join("; "))),
    }
    for (name, why) in [
        ("fsync", "a power cut may destroy the database"),
        ("full_page_writes", "a power cut may destroy the database"),
        ("synchronous_commit", "what was confirmed may be lost at a power cut"),
        ("autovacuum", "tables grow and plans grow old"),
    ] {
        let row = client.query_one("select current_setting($1)", &[&name]).await?;
        if row.get::<_, &str>(0) == "off" {
            findings.bad(format!("{name} is off: {why}. Set it to on in postgresql.conf"));
        }
    }
    let row = client
        .query_one(
            "select current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint, \
             (select d.datcollversion is distinct from pg_database_collation_actual_version(d.oid) from pg_database d where d.datname = current_database()), \
             pg_size_pretty(pg_database_size(current_database()))",
            &[],
        )
        .await?;
    let (most, needed) = (row.get::<_, i64>(0), i64::try_from(pool).unwrap_or(i64::MAX).saturating_add(OTHERS));
    match most >= needed {
        true => findings.good(format!("{most} connections may be open, {} of them for each server; the database takes {}", pool, row.get::<_, &str>(2))),
        false => findings.bad(format!("max_connections lets {most} in, and one server with MISTOK_POOL={pool} and its operator need {needed}: raise the one or lower the other")),
    }
    if row.get(1) {
        findings.odd("the system's collations have changed under the database: `reindex database`, then `alter database … refresh collation version`");
    }
    Ok(())
}

/// As PostgreSQL writes the same length of time.
fn same(is: &str, wanted: &str) -> bool {
    is == wanted || is.eq_ignore_ascii_case(wanted)
}

/// Whether the master keys open what the database keeps.
async fn kept(client: &Client, masters: &[[u8; 32]], findings: &mut Findings) -> Result<(), tokio_postgres::Error> {
    client.batch_execute("begin read only; set local mistok.errand = 'open'").await?;
    let row = client.query_opt("select wrapped from vault.kept", &[]).await;
    client.batch_execute("rollback").await?;
    let wrapped: Option<Vec<u8>> = row?.and_then(|row| row.get(0));
    match wrapped.map(|wrapped| Kept::unwrap(&Ring::new(masters), &wrapped)) {
        None => findings.good("the database keeps no keys yet: they are made at the first start"),
        Some(Ok(_)) => findings.good("the master key opens the keys that the database keeps"),
        Some(Err(_)) => findings.bad(
            "the master key is another one than that of this database: nothing about any person opens. Look for its older copy",
        ),
    }
    Ok(())
}

/// Whether a connection hears a bell.
///
/// # Errors
/// In words, why not.
pub async fn listens(url: &str) -> Result<(), String> {
    let client = roles::connect(url).await.map_err(|fault| fault.to_string())?;
    client.batch_execute("listen mistok_change; unlisten mistok_change").await.map_err(|fault| fault.to_string())
}
