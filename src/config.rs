//! Settings: plain values, checked once at the start, with all faults told at once. Each is an option of the command line
//! and an environment variable; secrets are wrapped, so that no log shows them by accident.

mod audit;
mod browser;
mod disclosure;
mod issuer;
mod metrics;
mod rate;
mod standard;
mod timetable;
mod webhook;

use crate::base::{min_cell::MinCells, timetable::Timetable};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use p256::pkcs8::DecodePrivateKey;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use std::{fmt, fs, net::SocketAddr, path::PathBuf};

pub use audit::AuditOptions;
pub use browser::BrowserOptions;
pub use disclosure::DisclosureOptions;
pub use issuer::{Issuer, IssuerOptions, Issuers};
pub use metrics::MetricsOptions;
pub use rate::{Rate, RateOptions};
pub use standard::{Prefixes, StandardOptions};
pub use timetable::TimetableOptions;
pub use webhook::{Networks, WebhookOptions};

/// Where the database is, for the server and for the operator's commands.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct DatabaseOptions {
    /// The database, by the login that serves (mistok_app): postgresql://mistok_app:…@host/mistok
    #[arg(long, env = "MISTOK_DATABASE_URL", hide_env_values = true, value_name = "URL", help_heading = "Database")]
    pub database_url: Option<SecretString>,
    /// How many connections to the database at the most
    #[arg(long, env = "MISTOK_POOL", default_value_t = 16, value_name = "NUMBER", help_heading = "Database")]
    pub pool: usize,
    /// Where MISTOK_DATABASE_URL leads to a pooler: the same database directly, for the bell between servers (LISTEN). Without it
    /// changes of another server are seen within a second
    #[arg(long, env = "MISTOK_DATABASE_DIRECT_URL", hide_env_values = true, value_name = "URL", help_heading = "Database")]
    pub database_direct_url: Option<SecretString>,
    /// MISTOK_DATABASE_URL leads to a pooler that forgets prepared statements after each transaction (PgBouncer before 1.21)
    #[arg(long, env = "MISTOK_DATABASE_UNPREPARED", help_heading = "Database")]
    pub database_unprepared: bool,
}

/// The keys that wrap all others.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct MasterKeyOptions {
    /// File with the master key: 32 random bytes in base64 (`mistok keys DIR` makes one). Of several lines the first wraps, all
    /// unwrap: see `mistok keys rotate --help`
    #[arg(long, env = "MISTOK_MASTER_KEY_FILE", value_name = "FILE", help_heading = "Keys")]
    pub master_key_file: Option<PathBuf>,
    /// The master key itself, or several with spaces between them; a file is the better place, since other programs can see a command line
    #[arg(long, env = "MISTOK_MASTER_KEY", hide_env_values = true, value_name = "BASE64", help_heading = "Keys")]
    pub master_key: Option<SecretString>,
}

/// What `mistok serve` needs.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct ServeOptions {
    #[command(flatten)]
    pub database: DatabaseOptions,
    #[command(flatten)]
    pub master_key: MasterKeyOptions,
    /// Files with private keys that sign access tokens (P-256, PKCS#8, PEM), with commas between them. The first signs,
    /// all verify: to change a key, add the new one, put it first after a minute, drop the old one after 15 more
    #[arg(long, env = "MISTOK_SIGNING_KEYS", value_delimiter = ',', value_name = "FILES", help_heading = "Keys")]
    pub signing_keys: Vec<PathBuf>,
    #[command(flatten)]
    pub audit: AuditOptions,
    /// Address and port to listen on
    #[arg(long, env = "MISTOK_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT", help_heading = "HTTP")]
    pub listen: String,
    /// The server's public address, as partners write it: it stands in every token [default: http://LISTEN]
    #[arg(long, env = "MISTOK_ISSUER", value_name = "URL", help_heading = "HTTP")]
    pub issuer: Option<String>,
    /// Threads that answer requests [default: one for each processor]
    #[arg(long, env = "MISTOK_WORKERS", value_name = "NUMBER", help_heading = "HTTP")]
    pub workers: Option<usize>,
    #[command(flatten)]
    pub metrics: MetricsOptions,
    #[command(flatten)]
    pub timetable: TimetableOptions,
    #[command(flatten)]
    pub disclosure: DisclosureOptions,
    #[command(flatten)]
    pub standard: StandardOptions,
    #[command(flatten)]
    pub webhook: WebhookOptions,
    #[command(flatten)]
    pub rate: RateOptions,
    #[command(flatten)]
    pub browser: BrowserOptions,
    #[command(flatten)]
    pub issuers: IssuerOptions,
    /// The database is a standby: answers what is only read, and leaves all else to the servers at its primary
    #[arg(long, env = "MISTOK_REPLICA", help_heading = "Database")]
    pub replica: bool,
}

/// The master keys, the current one first.
#[derive(Clone)]
pub struct MasterKeys(Zeroizing<Vec<[u8; 32]>>);

impl MasterKeys {
    /// One.
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(vec![key]))
    }

    pub fn all(&self) -> &[[u8; 32]] {
        &self.0
    }

    /// Reads base64 of 32 bytes, a key in each line.
    pub fn read(text: &SecretString) -> Option<Self> {
        let mut keys = Zeroizing::new(Vec::new());
        for line in text.expose_secret().split_whitespace() {
            let bytes = Zeroizing::new(BASE64.decode(line).ok()?);
            keys.push(bytes.as_slice().try_into().ok()?);
        }
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// With another one before or after them.
    #[must_use]
    pub fn with(mut self, key: [u8; 32], first: bool) -> Self {
        let place = if first { 0 } else { self.0.len() };
        self.0.insert(place, key);
        self
    }

    /// As they stand in a file.
    pub fn write(&self) -> SecretString {
        SecretString::from(self.0.iter().map(|key| BASE64.encode(key) + "\n").collect::<String>())
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKeys")
    }
}

/// A checked address of the database.
#[derive(Clone, Debug)]
pub struct Database {
    pub url: SecretString,
    /// Past a pooler.
    pub direct_url: SecretString,
    pub pool: usize,
    /// No statement outlives its transaction.
    pub unprepared: bool,
}

/// Everything that the server needs, checked.
#[derive(Clone, Debug)]
pub struct Serve {
    pub database: Database,
    pub master_keys: MasterKeys,
    /// PEM texts; the first signs.
    pub signing_keys: Vec<SecretString>,
    /// The same, of the audit.
    pub audit_keys: Vec<SecretString>,
    pub listen: SocketAddr,
    /// Without a slash at its end.
    pub issuer: String,
    pub workers: usize,
    /// Where figures about the server are told; none: nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// How long each phase of a referral may take.
    pub timetable: Timetable,
    /// How many people a figure of others must be about, to be shown.
    pub min_cells: MinCells,
    /// What makes ids in documents of open standards the publisher's own.
    pub prefixes: Prefixes,
    /// Where webhooks may go beside the public internet.
    pub webhook_allow: Networks,
    /// How much one application may ask for.
    pub rate: Rate,
    /// Of whose pages browsers may ask.
    pub origins: Vec<String>,
    /// Whose tokens are taken beside our own.
    pub issuers: Issuers,
    /// The database is a standby.
    pub replica: bool,
}

impl Serve {
    /// The address of the API, for which tokens are meant.
    pub fn audience(&self) -> String {
        format!("{}/graphql", self.issuer)
    }
}

/// All that is wrong with a configuration.
#[derive(Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Faults(Vec<String>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is not complete:")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  - {fault}"))
    }
}

impl Faults {
    /// Each by itself.
    pub fn each(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    fn add(&mut self, fault: impl Into<String>) {
        self.0.push(fault.into());
    }

    /// Both, or the faults of both.
    pub fn both<A, B>(one: Result<A, Self>, other: Result<B, Self>) -> Result<(A, B), Self> {
        match (one, other) {
            (Ok(one), Ok(other)) => Ok((one, other)),
            (one, other) => Err(Self([one.err(), other.err()].into_iter().flatten().flat_map(|faults| faults.0).collect())),
        }
    }

    fn end<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self),
        }
    }
}

impl DatabaseOptions {
    pub fn check(&self) -> Result<Database, Faults> {
        let mut faults = Faults::default();
        let database = self.read(&mut faults);
        faults.end(database)
    }

    fn read(&self, faults: &mut Faults) -> Option<Database> {
        if self.pool == 0 {
            faults.add("MISTOK_POOL (--pool): at least one connection is needed");
        }
        let url = read_url(self.database_url.as_ref(), "MISTOK_DATABASE_URL (--database-url)", faults)?;
        let direct_url = match &self.database_direct_url {
            None => url.clone(),
            direct => read_url(direct.as_ref(), "MISTOK_DATABASE_DIRECT_URL (--database-direct-url)", faults)?,
        };
        if self.database_unprepared && self.database_direct_url.is_none() {
            faults.add("MISTOK_DATABASE_DIRECT_URL (--database-direct-url): missing; a pooler that forgets statements is passed by at the start");
        }
        Some(Database { url, direct_url, pool: self.pool, unprepared: self.database_unprepared })
    }
}

/// The address of a database; the fault never shows it, since it may hold a password.
pub fn read_url(url: Option<&SecretString>, name: &str, faults: &mut Faults) -> Option<SecretString> {
    let Some(url) = url.filter(|url| !url.expose_secret().is_empty()) else {
        faults.add(format!("{name}: missing; such as postgresql://LOGIN:PASSWORD@HOST/mistok"));
        return None;
    };
    match url.expose_secret().parse::<tokio_postgres::Config>() {
        Ok(parsed) if parsed.get_dbname().is_some() && parsed.get_user().is_some() => Some(url.clone()),
        Ok(_) => {
            faults.add(format!("{name}: names no login or no database; such as postgresql://LOGIN:PASSWORD@HOST/mistok"));
            None
        }
        Err(_) => {
            faults.add(format!("{name}: not an address of PostgreSQL; such as postgresql://LOGIN:PASSWORD@HOST/mistok"));
            None
        }
    }
}

/// The same, alone.
pub fn check_url(url: Option<&SecretString>, name: &str) -> Result<SecretString, Faults> {
    let mut faults = Faults::default();
    let url = read_url(url, name, &mut faults);
    faults.end(url)
}

impl MasterKeyOptions {
    pub fn check(&self) -> Result<MasterKeys, Faults> {
        let mut faults = Faults::default();
        let key = self.read(&mut faults);
        faults.end(key)
    }

    fn read(&self, faults: &mut Faults) -> Option<MasterKeys> {
        let (name, text) = match (&self.master_key_file, &self.master_key) {
            (Some(_), Some(_)) => {
                faults.add("MISTOK_MASTER_KEY and MISTOK_MASTER_KEY_FILE: give one of them, not both");
                return None;
            }
            (None, None) => {
                faults.add("MISTOK_MASTER_KEY_FILE (--master-key-file): missing; `mistok keys DIR` makes one");
                return None;
            }
            (None, Some(key)) => ("MISTOK_MASTER_KEY", key.clone()),
            (Some(path), None) => match fs::read_to_string(path) {
                Ok(text) => ("MISTOK_MASTER_KEY_FILE", SecretString::from(text)),
                Err(fault) => {
                    faults.add(format!("MISTOK_MASTER_KEY_FILE: cannot read {}: {fault}", path.display()));
                    return None;
                }
            },
        };
        let key = MasterKeys::read(&text);
        if key.is_none() {
            faults.add(format!("{name}: not 32 bytes in base64; `mistok keys DIR` makes one"));
        }
        key
    }
}

impl ServeOptions {
    /// Everything checked, or every fault.
    pub fn check(&self) -> Result<Serve, Faults> {
        let mut faults = Faults::default();
        let database = self.database.read(&mut faults);
        let master_keys = self.master_key.read(&mut faults);
        let signing_keys = self.read_signing_keys(&mut faults);
        let audit_keys = self.audit.read(&mut faults);
        let listen = self.read_listen(&mut faults);
        let issuer = match (&self.issuer, listen) {
            (Some(issuer), _) => read_issuer(issuer, &mut faults),
            (None, Some(address)) if address.ip().is_unspecified() => {
                faults.add("MISTOK_ISSUER (--issuer): missing; it is the address under which partners reach this server");
                None
            }
            (None, listen) => listen.map(|address| format!("http://{address}")),
        };
        let workers = self.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, Into::into));
        if workers == 0 {
            faults.add("MISTOK_WORKERS (--workers): at least one thread is needed");
        }
        let metrics_listen = self.metrics.read(&mut faults);
        let timetable = self.timetable.read(&mut faults);
        let min_cells = self.disclosure.read(&mut faults);
        let prefixes = self.standard.read(&mut faults);
        let webhook_allow = self.webhook.read(&mut faults);
        let rate = self.rate.read(&mut faults);
        let origins = self.browser.read(&mut faults);
        let issuers = self.issuers.read(&mut faults);
        let serve = (|| {
            Some(Serve {
                database: database?,
                master_keys: master_keys?,
                signing_keys,
                audit_keys,
                listen: listen?,
                issuer: issuer?,
                workers,
                metrics_listen,
                timetable,
                min_cells,
                prefixes,
                webhook_allow,
                rate,
                origins,
                issuers,
                replica: self.replica,
            })
        })();
        faults.end(serve)
    }

    fn read_signing_keys(&self, faults: &mut Faults) -> Vec<SecretString> {
        if self.signing_keys.is_empty() {
            faults.add("MISTOK_SIGNING_KEYS (--signing-keys): missing; `mistok keys DIR` makes one");
        }
        let mut keys = Vec::new();
        for path in &self.signing_keys {
            match fs::read_to_string(path) {
                Ok(text) if p256::SecretKey::from_pkcs8_pem(text.trim()).is_ok() => keys.push(SecretString::from(text)),
                Ok(_) => {
                    faults.add(format!("MISTOK_SIGNING_KEYS: {} holds no P-256 private key in PKCS#8 PEM", path.display()));
                }
                Err(fault) => faults.add(format!("MISTOK_SIGNING_KEYS: cannot read {}: {fault}", path.display())),
            }
        }
        keys
    }

    fn read_listen(&self, faults: &mut Faults) -> Option<SocketAddr> {
        let address = self.listen.parse().ok();
        if address.is_none() {
            faults
                .add(format!("MISTOK_LISTEN (--listen): {:?} is no address with a port, such as 127.0.0.1:8080", self.listen));
        }
        address
    }
}

/// RFC 8414: an address without query and fragment.
fn read_issuer(issuer: &str, faults: &mut Faults) -> Option<String> {
    let issuer = issuer.trim_end_matches('/');
    let (scheme, rest) = issuer.split_once("://").unwrap_or_default();
    let sound = matches!(scheme, "http" | "https") && !rest.is_empty() && !rest.contains(['?', '#', ' ', '@', '/']);
    if !sound {
        faults.add(format!("MISTOK_ISSUER (--issuer): {issuer:?} is no address such as https://mistok.example"));
        return None;
    }
    Some(issuer.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_told_at_once() {
        let options = ServeOptions {
            database: DatabaseOptions {
                database_url: Some(SecretString::from("mysql://x:secret@y/z")),
                pool: 0,
                database_direct_url: None,
                database_unprepared: false,
            },
            master_key: MasterKeyOptions { master_key: Some(SecretString::from("c2hvcnQ=")), master_key_file: None },
            audit: AuditOptions { audit_keys: vec!["/no/such/file".into()] },
            signing_keys: vec!["/no/such/file".into()],
            listen: "here".into(),
            issuer: Some("mistok.example?x".into()),
            workers: Some(0),
            metrics: MetricsOptions { metrics_listen: Some("there".into()) },
            timetable: TimetableOptions { respond_within: Some("soon".into()), ..Default::default() },
            rate: RateOptions { rate_bucket: Some("1".into()), ..Default::default() },
            browser: BrowserOptions { origins: Some("*".into()) },
            disclosure: DisclosureOptions { min_cell_official: Some("few".into()), min_cell_public: None },
            standard: StandardOptions { ocid_prefix: Some("ocds".into()), grant_prefix: None },
            webhook: WebhookOptions { webhook_allow: Some("inside".into()) },
            issuers: IssuerOptions { issuers: None, issuers_allow: Some("outside".into()) },
            replica: false,
        };
        let said = options.check().expect_err("all is wrong").to_string();
        for name in [
            "DATABASE_URL",
            "POOL",
            "MASTER_KEY",
            "SIGNING_KEYS",
            "AUDIT_KEYS",
            "LISTEN",
            "METRICS_LISTEN",
            "ISSUER",
            "WORKERS",
            "RESPOND_WITHIN",
            "MIN_CELL_OFFICIAL",
            "OCID_PREFIX",
            "WEBHOOK_ALLOW",
            "ISSUERS_ALLOW",
            "RATE_BUCKET",
            "ORIGINS",
        ] {
            let words = said.split(|sign: char| !sign.is_ascii_uppercase() && sign != '_');
            assert_eq!(words.filter(|word| *word == format!("MISTOK_{name}")).count(), 1, "{name}: {said}");
        }
        assert!(!said.contains("secret"), "{said}");
        assert_eq!(said.lines().count(), 17, "{said}");
    }

    #[test]
    fn nothing_given_is_told_with_the_way_out() {
        let said = ServeOptions { listen: "127.0.0.1:1".into(), ..Default::default() }.check().expect_err("nothing is there");
        assert!(said.to_string().contains("mistok keys DIR"), "{said}");
    }

    #[test]
    fn an_issuer_is_read() {
        let mut faults = Faults::default();
        assert_eq!(read_issuer("https://mistok.example/", &mut faults).as_deref(), Some("https://mistok.example"));
        assert_eq!(faults, Faults::default());
        for wrong in ["", "mistok.example", "ftp://x", "https://x/y", "https://x?y", "https://a@b"] {
            let mut faults = Faults::default();
            assert_eq!(read_issuer(wrong, &mut faults), None, "{wrong}");
            assert_eq!(faults.0.len(), 1);
        }
    }

    #[test]
    fn master_keys_survive_their_file() {
        let keys = MasterKeys::new([7; 32]).with([8; 32], true).with([9; 32], false);
        assert_eq!(keys.all(), [[8; 32], [7; 32], [9; 32]]);
        assert_eq!(MasterKeys::read(&keys.write()).expect("reads").all(), keys.all());
        assert_eq!(format!("{keys:?}"), "MasterKeys");
        for wrong in ["", " \n", "c2hvcnQ=", "x"] {
            assert!(MasterKeys::read(&wrong.into()).is_none(), "{wrong:?}");
        }
    }
}
