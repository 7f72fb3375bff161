//! The two logins of the database. Roles belong to the whole cluster, not to one database: they are made here, once and
//! idempotently, and no migration makes or drops one.
//!
//! | role | is for | can |
//! |---|---|---|
//! | `mistok_owner` | `MISTOK_OWNER_URL`: migrations alone | owns the database and all its tables |
//! | `mistok_app` | `MISTOK_DATABASE_URL`: `mistok serve` | what is granted to it, under row-level security |
//!
//! `mistok_app` is no member of `mistok_owner`: policies go by membership, and the owner's policy sees everything.

use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::{Client, Config, NoTls};

/// The login that owns and migrates.
pub const OWNER: &str = "mistok_owner";

/// The login that serves.
pub const APP: &str = "mistok_app";

/// What neither may do, whatever it could before.
const MODEST: &str = "nosuperuser nobypassrls nocreatedb nocreaterole noreplication";

/// Settings of the serving login. By ALTER ROLE, since a pooler such as PgBouncer does not pass options of a start-up.
pub(super) const SETTINGS: &[(&str, &str)] = &[
    // Under `auto` PostgreSQL plans most joins anew at each call: twice the cost.
    ("plan_cache_mode", "force_generic_plan"),
    ("jit", "off"),
    ("statement_timeout", "15s"),
    // What nobody waits for any more stops, also when the server was killed.
    ("client_connection_check_interval", "1s"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("timezone", "UTC"),
];

/// Passwords of the two, where the server asks for them.
#[derive(Clone, Debug, Default)]
pub struct Passwords {
    pub owner: Option<SecretString>,
    pub app: Option<SecretString>,
}

/// What two addresses say of logins that are to be made.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub passwords: Passwords,
    pub database: String,
}

impl Wanted {
    pub fn read(owner_url: &SecretString, app_url: &SecretString) -> Result<Self, String> {
        let read = |url: &SecretString, role: &str| {
            let config: Config = url.expose_secret().parse().map_err(|_| "not an address of PostgreSQL".to_owned())?;
            if config.get_user() != Some(role) {
                return Err(format!("the login {role} is to be made, and its address names another one"));
            }
            let password = config.get_password().map(|bytes| SecretString::from(String::from_utf8_lossy(bytes).into_owned()));
            Ok((password, config.get_dbname().unwrap_or_default().to_owned()))
        };
        let ((owner, database), (app, other)) = (read(owner_url, OWNER)?, read(app_url, APP)?);
        if database != other {
            return Err(format!("the two addresses name two databases, {database} and {other}"));
        }
        Ok(Self { passwords: Passwords { owner, app }, database })
    }
}

/// Makes both roles, or brings them back to what they should be. `url` logs in as a superuser.
pub async fn make(url: &str, passwords: &Passwords) -> Result<(), tokio_postgres::Error> {
    let client = connect(url).await?;
    for (role, password) in [(OWNER, &passwords.owner), (APP, &passwords.app)] {
        // Two that begin at once: the second finds the role made.
        client
            .batch_execute(&format!(
                "do $$ begin create role {role} login; exception when duplicate_object or unique_violation then null; end $$;
                 alter role {role} login {MODEST}"
            ))
            .await?;
        if let Some(password) = password {
            let quoted = client.query_one("select quote_literal($1)", &[&password.expose_secret()]).await?;
            client.batch_execute(&format!("alter role {role} password {}", quoted.get::<_, &str>(0))).await?;
        }
    }
    let member = "select pg_has_role($1, $2, 'member')";
    if client.query_one(member, &[&APP, &OWNER]).await?.get(0) {
        client.batch_execute(&format!("revoke {OWNER} from {APP}")).await?;
    }
    client.batch_execute(&settings()).await
}

/// Makes a database that belongs to the owner, where there is none of that name.
pub async fn make_database(url: &str, name: &str) -> Result<(), tokio_postgres::Error> {
    let client = connect(url).await?;
    if client.query_opt("select from pg_database where datname = $1", &[&name]).await?.is_none() {
        client.batch_execute(&format!("create database \"{name}\" owner {OWNER} encoding 'UTF8'")).await?;
    }
    Ok(())
}

/// The lines for the operator of a server that is not ours, to be run once by its superuser.
pub fn print() -> String {
    format!(
        "-- Once for each PostgreSQL server, as its superuser (psql). Put two passwords of your own in.\n\
         create role {OWNER} login password 'PASSWORD-OF-OWNER' {MODEST};\n\
         create role {APP} login password 'PASSWORD-OF-APP' {MODEST};\n\
         {}\n\
         create database mistok owner {OWNER} encoding 'UTF8';\n\
         \n\
         -- Then, with mistok:\n\
         --   MISTOK_OWNER_URL=postgresql://{OWNER}:PASSWORD-OF-OWNER@HOST/mistok mistok migrate\n\
         --   MISTOK_DATABASE_URL=postgresql://{APP}:PASSWORD-OF-APP@HOST/mistok mistok serve\n",
        settings()
    )
}

fn settings() -> String {
    SETTINGS.iter().map(|(name, value)| format!("alter role {APP} set {name} = '{value}';")).collect::<Vec<_>>().join("\n")
}

/// A bare connection for the cluster's own matters.
pub(super) async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
