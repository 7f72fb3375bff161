//! `mistok demo`: everything on this machine, from nothing.

use super::{Outcome, keys, secret_file, serve, told};
use crate::{
    app::App,
    application::{actions, operator},
    base::clock::Clock,
    config::{
        self, BrowserOptions, Database, DisclosureOptions, Faults, IssuerOptions, MasterKeys, MetricsOptions, Networks,
        RateOptions, Serve, StandardOptions, TimetableOptions, WebhookOptions,
    },
    db::{
        Errand,
        embedded::{self, Cluster, Durability},
        migrate, roles,
    },
    demo,
    graphql::node::Kind,
    http::sandbox::{Door, Sandbox},
    journal::proof,
    seal,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use secrecy::{ExposeSecret, SecretString};
use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fmt::Write,
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};
use tokio::runtime::Runtime;

const HELP: &str = "\
Starts a PostgreSQL of its own from the programs of your system, on a socket that only you can reach, makes the tables,
loads all territories of Ukraine and a handful of invented partners, and serves on http://127.0.0.1:8080. Ctrl-C stops
all of it; the next run goes on with the same data, keys and secrets.

  mistok demo                     begin, and read what it prints
  mistok demo --fresh             throw the data away and begin anew
  mistok demo --env demo.env      write ids and secrets as shell variables: `. ./demo.env`
  mistok demo --port 9000 --data /tmp/other    a second one beside the first

With MISTOK_DATABASE_URL and MISTOK_OWNER_URL it uses that PostgreSQL instead (both logins made by
`mistok migrate --print-roles`), and keeps only keys and secrets in DIR.";

#[derive(clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Options {
    /// The port to serve on
    #[arg(long, env = "MISTOK_PORT", default_value_t = 8080)]
    port: u16,
    /// The address to serve on; others than this machine's own let strangers in, whose secrets you print
    #[arg(long, env = "MISTOK_ADDRESS", default_value = "127.0.0.1")]
    address: IpAddr,
    /// The address that others use, where it is another one: it stands in tokens and in what is printed
    #[arg(long, env = "MISTOK_ISSUER", value_name = "URL")]
    issuer: Option<String>,
    /// Where data, keys and secrets are kept [default: ~/.local/share/mistok, or /var/lib/mistok-demo for root]
    #[arg(long, env = "MISTOK_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Throw data, keys and secrets of an earlier run away first
    #[arg(long)]
    fresh: bool,
    /// Write the address, ids and secrets as shell variables: MISTOK_URL, KAZANKA_CLIENT_ID, …
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
    /// A database of your own, by the login that serves
    #[arg(long, env = "MISTOK_DATABASE_URL", hide_env_values = true, value_name = "URL", requires = "owner_url")]
    database_url: Option<SecretString>,
    /// The same, by the login that owns it
    #[arg(long, env = "MISTOK_OWNER_URL", hide_env_values = true, value_name = "URL", requires = "database_url")]
    owner_url: Option<SecretString>,
    #[command(flatten)]
    metrics: MetricsOptions,
    #[command(flatten)]
    timetable: TimetableOptions,
    #[command(flatten)]
    disclosure: DisclosureOptions,
    #[command(flatten)]
    standard: StandardOptions,
    #[command(flatten)]
    webhook: WebhookOptions,
    #[command(flatten)]
    rate: RateOptions,
    #[command(flatten)]
    browser: BrowserOptions,
    #[command(flatten)]
    issuers: IssuerOptions,
}

/// An application of the demonstration, as a newcomer uses it.
struct Partner {
    /// In variables: KAZANKA, FUND …
    word: &'static str,
    name: String,
    client_id: String,
    client_secret: SecretString,
    /// As inputs take it.
    organization_id: String,
}

impl Partner {
    fn door(&self) -> Door {
        let client_secret = self.client_secret.clone();
        Door { name: self.name.clone(), client_id: self.client_id.clone(), client_secret }
    }
}

const DATABASE: &str = "mistok";
const SECRETS: &str = "client-secrets.json";

pub(super) fn run(runtime: &Runtime, options: &Options) -> Outcome {
    let times = Faults::both(options.timetable.check(), options.disclosure.check());
    let bounds = Faults::both(Faults::both(options.standard.check(), options.rate.check()), options.metrics.check());
    let others = Faults::both(options.webhook.check(), Faults::both(options.issuers.check(), options.browser.check()));
    let (((timetable, min_cells), ((prefixes, rate), metrics_listen)), (webhooks, (issuers, origins))) =
        Faults::both(Faults::both(times, bounds), others)?;
    // Whoever tries it out receives webhooks on the same machine.
    let webhook_allow = webhooks.and(Networks::loopback());
    let dir = options.data.clone().map_or_else(default_directory, Ok)?;
    // First the directory, then the port: who starts the same demo twice hears that it runs already.
    let ground = Ground::prepare(options, &dir)?;
    let listener = serve::listen(SocketAddr::new(options.address, options.port))?;
    runtime.block_on(async {
        if let Some(cluster) = &ground.cluster {
            let superuser = cluster.url(embedded::SUPERUSER, "postgres");
            roles::make(&superuser, &roles::Passwords::default()).await?;
            roles::make_database(&superuser, DATABASE).await?;
        }
        migrate::up(ground.owner_url.expose_secret()).await?;
        migrate::check(ground.app_url.expose_secret()).await?;

        let address = listener.local_addr()?;
        let config = Serve {
            database: Database { url: ground.app_url.clone(), direct_url: ground.app_url.clone(), pool: 16, unprepared: false },
            master_keys: ground.master_keys.clone(),
            signing_keys: vec![ground.signing_key.clone()],
            audit_keys: vec![ground.audit_key.clone()],
            listen: address,
            issuer: options.issuer.clone().unwrap_or_else(|| local(address)),
            workers: std::thread::available_parallelism().map_or(1, Into::into),
            metrics_listen,
            timetable,
            min_cells,
            prefixes,
            webhook_allow,
            rate,
            origins,
            issuers,
            replica: false,
        };
        let app = App::new(&config, Clock::default()).await?;
        let partners = partners(&app, &dir).await?;
        // Who lets others in tells them their secrets: a page that tells them to everyone would be the machine's loopback to everyone.
        let is_own = options.address.is_loopback() && options.issuer.is_none();
        let doors = partners.iter().filter(|_| is_own).map(Partner::door).collect();
        let app = app.as_sandbox(Sandbox { doors });
        // A newcomer finds proofs, and does not wait for the next hour.
        proof::store::make(app.db(), app.audit_keys()).await.map_err(told)?;
        let url = config.issuer.clone();
        if let Some(file) = &options.env {
            secret_file::write(file, &variables(&url, &partners))
                .map_err(|fault| format!("cannot write {}: {fault}", file.display()))?;
        }
        serve::until_stopped(app, listener, &config, |_| println!("{}", welcome(&url, &dir, &partners))).await?;
        println!("Stopped. The data stays in {}.", dir.display());
        Ok(())
    })
}

/// How this machine reaches an address on which the server listens.
fn local(address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => format!("http://127.0.0.1:{}", address.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => format!("http://[::1]:{}", address.port()),
        _ => format!("http://{address}"),
    }
}

/// The directory of an earlier run, or a new one.
fn default_directory() -> Result<PathBuf, String> {
    if rustix::process::geteuid().is_root() {
        // PostgreSQL runs as nobody and cannot pass root's home.
        return Ok("/var/lib/mistok-demo".into());
    }
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let above = absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")));
    above.map(|above| above.join("mistok")).ok_or_else(|| "no home directory: name one with --data DIR".into())
}

/// What the demo stands on: a database and the keys that belong to its data.
struct Ground {
    cluster: Option<Cluster>,
    owner_url: SecretString,
    app_url: SecretString,
    master_keys: MasterKeys,
    signing_key: SecretString,
    audit_key: SecretString,
}

impl Ground {
    fn prepare(options: &Options, dir: &Path) -> Result<Self, Box<dyn Error>> {
        let own = match (&options.database_url, &options.owner_url) {
            (Some(app), Some(owner)) => Some(Faults::both(
                config::check_url(Some(app), "MISTOK_DATABASE_URL"),
                config::check_url(Some(owner), "MISTOK_OWNER_URL"),
            )?),
            _ => None,
        };
        if options.fresh {
            if own.is_some() {
                return Err("--fresh throws away the demo's own PostgreSQL alone: empty a database of yours by yourself".into());
            }
            embedded::erase(dir)?;
            for name in [keys::MASTER_KEY, keys::SIGNING_KEY, keys::AUDIT_KEY, SECRETS] {
                let _ = fs::remove_file(dir.join(name));
            }
        }
        if dir.join(SECRETS).exists() && !dir.join(keys::MASTER_KEY).exists() {
            let said = format!(
                "{} holds data, but not the key that opens it ({}): begin anew with --fresh",
                dir.display(),
                keys::MASTER_KEY
            );
            return Err(said.into());
        }
        let (cluster, app_url, owner_url) = match own {
            Some((app_url, owner_url)) => {
                fs::create_dir_all(dir).map_err(|fault| format!("cannot make {}: {fault}", dir.display()))?;
                (None, app_url, owner_url)
            }
            None => {
                let cluster = Cluster::start(dir, Durability::Kept)?;
                let (app, owner) = (cluster.url(roles::APP, DATABASE), cluster.url(roles::OWNER, DATABASE));
                (Some(cluster), app.into(), owner.into())
            }
        };
        let (master_keys, signing_key, audit_key) = (keys::master_keys(dir)?, keys::signing_key(dir)?, keys::audit_key(dir)?);
        Ok(Self { cluster, owner_url, app_url, master_keys, signing_key, audit_key })
    }
}

/// Loads the demonstration's data and makes its applications, both where they are missing.
async fn partners(app: &App, dir: &Path) -> Result<Vec<Partner>, Box<dyn Error>> {
    demo::load(app.db(), app.seal()).await.map_err(told)?;
    let mut secrets = Secrets::read(dir)?;
    let mut partners = Vec::new();
    for one in demo::APPLICATIONS {
        let client_id = client_id(one.word);
        let mut partner = Partner {
            word: one.word,
            name: demo::organization_name(one.organization).to_owned(),
            client_secret: secrets.of(one.word)?,
            client_id,
            organization_id: Kind::Organization.id(one.organization).0,
        };
        if !operator::exists(app.db(), &partner.client_id).await.map_err(told)? {
            let wish = operator::Register {
                organization_id: one.organization,
                name: one.name.to_owned(),
                client_id: Some(partner.client_id.clone()),
                secret: Some(partner.client_secret.clone()),
                public_keys: None,
                scopes: Vec::new(),
            };
            operator::register(app.db(), app.seal(), Errand::Demo, wish).await.map_err(told)?;
        } else if actions::login(app.db(), app.seal(), &partner.client_id, partner.client_secret.expose_secret())
            .await
            .map_err(told)?
            .is_none()
        {
            // It was given another secret through the API, or the directory of secrets is another one.
            match operator::rotate_secret(app.db(), app.seal(), &partner.client_id, 0).await {
                Ok(secret) => partner.client_secret = secrets.keep(one.word, secret)?,
                Err(_) => partner.name.push_str(" — revoked, or with keys of its own; --fresh begins anew"),
            }
        }
        partners.push(partner);
    }
    demo::tell(app.db(), app.seal(), app.timetable()).await.map_err(told)?;
    Ok(partners)
}

/// KAZANKA_SOCIAL is kazanka-social.
fn client_id(word: &str) -> String {
    word.to_lowercase().replace('_', "-")
}

/// The secrets of the demo's applications, kept in its directory so that they stay the same.
struct Secrets {
    path: PathBuf,
    words: BTreeMap<String, String>,
}

impl Secrets {
    fn read(dir: &Path) -> Result<Self, Box<dyn Error>> {
        let path = dir.join(SECRETS);
        let text = secret_file::read_or_make(&path, || SecretString::from("{}"))?;
        let words = serde_json::from_str(text.expose_secret()).map_err(|fault| format!("{}: {fault}", path.display()))?;
        Ok(Self { path, words })
    }

    fn of(&mut self, word: &str) -> Result<SecretString, Box<dyn Error>> {
        match self.words.get(word) {
            Some(secret) => Ok(SecretString::from(secret.clone())),
            None => self.keep(word, BASE64URL.encode(seal::random()).into()),
        }
    }

    /// It is on the disk before anybody uses it.
    fn keep(&mut self, word: &str, secret: SecretString) -> Result<SecretString, Box<dyn Error>> {
        self.words.insert(word.to_owned(), secret.expose_secret().to_owned());
        secret_file::write(&self.path, &SecretString::from(serde_json::to_string_pretty(&self.words)?))?;
        Ok(secret)
    }
}

fn variables(url: &str, partners: &[Partner]) -> SecretString {
    let mut text = format!("MISTOK_URL={url}\n");
    for Partner { word, client_id, client_secret, organization_id, .. } in partners {
        let secret = client_secret.expose_secret();
        let _ = write!(
            text,
            "{word}_CLIENT_ID={client_id}\n{word}_CLIENT_SECRET={secret}\n{word}_ORGANIZATION_ID={organization_id}\n"
        );
    }
    SecretString::from(text)
}

/// What a newcomer reads first: what runs, who may ask, and a line to paste.
fn welcome(url: &str, dir: &Path, partners: &[Partner]) -> String {
    let mut text = format!(
        "\nМісток is ready.\n\n  The endpoint: {url}/graphql\n  Try it:       {url}/graphiql, a page; on this machine you are signed in there\n  Figures:      {url}/indicators, a page; on this machine its form is filled in\n  The data:     {} (kept until --fresh)\n  To stop:      Ctrl-C\n",
        dir.display()
    );
    for Partner { word, name, client_id, client_secret, .. } in partners {
        let secret = client_secret.expose_secret();
        let _ = write!(
            text,
            "\n{word}: {name}\n  client id      {client_id}\n  client secret  {secret}\n\
             curl -s {url}/graphql -H \"Authorization: Bearer $(curl -s -u {client_id}:{secret} -d grant_type=client_credentials \
             {url}/oauth/token | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\" -H 'Content-Type: application/json' \
             -d '{{\"query\":\"{{ viewer {{ organization {{ name }} scopes }} }}\"}}'\n",
        );
    }
    text
}
