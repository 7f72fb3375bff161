//! A blackout: a hundred writers with delays and aborts, three who follow, a server that is killed and a PostgreSQL that is restarted in
//! between. Each reader has each change, in order for its object; by polling and subscription once, by webhook at least once.

use super::{TELL, Wire};
use crate::{
    served::Partner,
    stage::{connect, place},
    webhook::receiver::{Manner, Receiver},
};
use futures_util::future::join_all;
use mistok::{
    access::{Actor, Scopes, token::Keys},
    application::operator,
    base::words::{change::ChangeType, organization::OrganizationKind as Kind},
    db::{
        Db, Errand,
        embedded::{Cluster, Durability, SUPERUSER},
        migrate, roles, vault,
    },
    journal::{
        Audience, ObjectType,
        change::{self, Entry},
    },
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashSet},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use uuid::Uuid;

const WRITERS: u64 = 100;
/// How long they write, with three deaths of the server and one restart of PostgreSQL.
const WRITING: Duration = Duration::from_secs(16);
/// How long the rest may take: what a dead server had claimed goes out again after a minute.
const REST: Duration = Duration::from_secs(150);

/// Object and version, as each reader sees them.
type Seen = Arc<Mutex<Vec<(String, i64)>>>;

/// Any numbers, the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

struct World {
    url: String,
    port: u16,
    keys: PathBuf,
    app_url: String,
    own: Uuid,
    partner: Partner,
    http: reqwest::Client,
    /// Of who polls: as long as it is good. There are only so many in a minute.
    token: Mutex<Option<String>>,
}

/// A `mistok serve` of its own. Dropped, it is killed, as by a blackout.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl World {
    fn serve(&self) -> Server {
        let child = Command::new(env!("CARGO_BIN_EXE_mistok"))
            .arg("serve")
            .env("MISTOK_DATABASE_URL", &self.app_url)
            .env("MISTOK_SIGNING_KEYS", &self.keys)
            .env("MISTOK_AUDIT_KEYS", self.keys.with_extension("audit.pem"))
            .env("MISTOK_MASTER_KEY", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")
            .env("MISTOK_ISSUER", &self.url)
            .env("MISTOK_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("MISTOK_WEBHOOK_ALLOW", "127.0.0.0/8")
            .env("MISTOK_LOG", "error")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Server(child)
    }

    async fn ready(&self) {
        let ready = format!("{}/health/ready", self.url);
        let begun = Instant::now();
        while !self.http.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(begun.elapsed() < REST, "the server does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn token(&self) -> Option<String> {
        let asked = self.http.post(format!("{}/oauth/token", self.url));
        let asked = asked.basic_auth(&self.partner.client_id, Some(&self.partner.secret));
        let answer: Value = asked.form(&[("grant_type", "client_credentials")]).send().await.ok()?.json().await.ok()?;
        Some(answer["access_token"].as_str()?.to_owned())
    }

    async fn ask(&self, query: &str, variables: Value) -> Option<Value> {
        let held = self.token.lock().unwrap().clone();
        let token = match held {
            Some(token) => token,
            None => self.token().await?,
        };
        *self.token.lock().unwrap() = None;
        let asked = self.http.post(format!("{}/graphql", self.url)).bearer_auth(&token);
        let answer: Value =
            asked.json(&json!({"query": query, "variables": variables})).send().await.ok()?.json().await.ok()?;
        if answer.get("errors").is_some() {
            return None;
        }
        *self.token.lock().unwrap() = Some(token);
        Some(answer["data"].clone())
    }
}

/// Writes versions of an object of its own, one after the other, until it is told to stop.
async fn write(db: Db, own: Uuid, number: u64, over: Arc<AtomicBool>) {
    let (mut dice, mut version) = (Dice(number), 1);
    let kind = Kind::LocalAuthority;
    let scopes = Scopes::of_kind(kind);
    let actor = Actor {
        application_id: Uuid::nil(),
        organization_id: own,
        kind,
        scopes,
        purpose: None,
        acting_for: None,
        language: Default::default(),
    };
    while !over.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(dice.below(700))).await;
        let written = async {
            let tx = db.begin(&actor).await?;
            tokio::time::sleep(Duration::from_millis(dice.below(60))).await;
            let entry = Entry::new(ChangeType::CentreChanged, ObjectType::Centre, Uuid::from_u128(number.into()), version);
            change::record(&tx, entry, Audience::only(own)).await?;
            tokio::time::sleep(Duration::from_millis(dice.below(60))).await;
            if dice.below(5) == 0 {
                // Changes its mind: dropped, it leaves nothing behind.
                return Ok(false);
            }
            tx.commit().await.map(|()| true)
        };
        // Whether a commit that has failed has happened nobody knows: then the version is left out.
        match written.await {
            Ok(true) => version += 1,
            Ok(false) => {}
            Err::<_, mistok::base::Error>(_) => version += 1,
        }
    }
}

/// Asks again and again, in small pages.
async fn poll(world: Arc<World>, after: Value, seen: Seen) {
    let query = "query($after: String) { changes(after: $after, types: [CENTRE_CHANGED], first: 7) {
        entries { objectId objectVersion } endCursor hasMore } }";
    let mut after = after;
    loop {
        let Some(page) = world.ask(query, json!({"after": after})).await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let page = &page["changes"];
        seen.lock().unwrap().extend(page["entries"].as_array().unwrap().iter().map(entry));
        after = page["endCursor"].clone();
        if page["hasMore"] == false {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Follows over a socket, and begins again after its last cursor whenever it breaks off.
async fn follow(world: Arc<World>, after: Value, seen: Seen) {
    let mut after = after;
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let Some(token) = world.token().await else { continue };
        let Some(mut wire) = Wire::try_of(&world.url, &token).await else { continue };
        wire.subscribe("1", TELL, json!({"after": after, "types": ["CENTRE_CHANGED"]})).await;
        while let Some(said) = wire.some().await {
            let told = &said["payload"]["data"]["changes"];
            if !told.is_object() {
                break;
            }
            seen.lock().unwrap().push(entry(told));
            after = told["cursor"].clone();
        }
    }
}

fn entry(told: &Value) -> (String, i64) {
    (told["objectId"].as_str().unwrap().to_owned(), told["objectVersion"].as_i64().unwrap())
}

fn global(object: Uuid) -> String {
    mistok::graphql::node::Kind::Centre.id(object).to_string()
}

fn by_object(seen: &[(String, i64)]) -> BTreeMap<String, Vec<i64>> {
    let mut objects: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (object, version) in seen {
        objects.entry(object.clone()).or_default().push(*version);
    }
    objects
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_servers_die() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = place("blackout");
    let cluster = start(&dir).await;
    let superuser = cluster.url(SUPERUSER, "postgres");
    roles::make(&superuser, &roles::Passwords::default()).await.unwrap();
    roles::make_database(&superuser, "mistok").await.unwrap();
    migrate::up(&cluster.url(roles::OWNER, "mistok")).await.unwrap();
    let (app_url, truth_url) = (cluster.url(roles::APP, "mistok"), cluster.url(SUPERUSER, "mistok"));
    let (own, port) = (Uuid::now_v7(), TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
    let insert = format!(
        "insert into organization (id, kind, name, search, created_at, updated_at) values ('{own}', 'LOCAL_AUTHORITY', 'Відділ', 'відділ', now(), now())"
    );
    connect(&truth_url).await.batch_execute(&insert).await.unwrap();
    let db = Db::new(&app_url, 40, Default::default()).unwrap();
    let scopes = Scopes::of_kind(Kind::LocalAuthority).words();
    let wish = operator::Register { organization_id: own, name: "Журнал".into(), scopes, ..Default::default() };
    let made = operator::register(&db, &vault::open(&db, &[[7; 32]]).await.unwrap(), Errand::Demo, wish).await.unwrap();
    let keys = dir.join("signing-key.pem");
    std::fs::write(&keys, Keys::generate().expose_secret()).unwrap();
    let audit_key = mistok::journal::proof::Keys::generate();
    std::fs::write(keys.with_extension("audit.pem"), audit_key.expose_secret()).unwrap();
    let secret = made.secret.expose_secret().to_owned();
    let partner = Partner { organization_id: own, client_id: made.client_id, secret };
    let http = reqwest::Client::builder().timeout(Duration::from_secs(12)).build().unwrap();
    let world = Arc::new(World {
        url: format!("http://127.0.0.1:{port}"),
        port,
        keys,
        app_url,
        own,
        partner,
        http,
        token: Mutex::default(),
    });
    let mut server = world.serve();
    world.ready().await;

    let receiver = Receiver::new().await;
    // Some are answered badly: they come again after five seconds, and what follows them waits.
    for number in (0..WRITERS).step_by(9) {
        let object = global(Uuid::from_u128(number.into()));
        let good = || Manner::Says(204, vec![]);
        let bad = if number % 2 == 0 { Manner::Says(503, vec![]) } else { Manner::Closes };
        receiver.bears(&object, [good(), bad, good()]);
    }
    let create = "mutation($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input) { endpoint { id } userErrors { message } } }";
    let input = json!({"url": receiver.url("/hook"), "types": ["CENTRE_CHANGED"]});
    let made = world.ask(create, json!({"input": input})).await.unwrap();
    assert!(made["webhookEndpointCreate"]["endpoint"]["id"].is_string(), "{made}");
    let head = world.ask("{ changesHead }", json!({})).await.unwrap()["changesHead"].clone();

    let (polled, followed) = (Seen::default(), Seen::default());
    let readers = [
        tokio::spawn(poll(world.clone(), head.clone(), polled.clone())),
        tokio::spawn(follow(world.clone(), head, followed.clone())),
    ];
    let over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS).map(|number| tokio::spawn(write(db.clone(), world.own, number, over.clone()))).collect();
    let mut cluster = Some(cluster);
    for death in 0..4 {
        tokio::time::sleep(WRITING / 4).await;
        if death == 1 {
            drop(cluster.take());
            cluster = Some(start(&dir).await);
        } else {
            // First this one dies: the next listens where it did.
            drop(server);
            server = world.serve();
        }
    }
    over.store(true, Ordering::Relaxed);
    join_all(writers).await;
    world.ready().await;

    // What was committed, as PostgreSQL knows it.
    let rows = connect(&truth_url)
        .await
        .query(
            "select object_id::text, object_version from change where type = 'CENTRE_CHANGED' order by object_id, object_version",
            &[],
        )
        .await
        .unwrap();
    let truth: Vec<(String, i64)> =
        rows.iter().map(|row| (global(row.get::<_, &str>(0).parse().unwrap()), row.get::<_, i32>(1).into())).collect();
    assert!(truth.len() > 500, "{} changes are no load", truth.len());
    let expected = by_object(&truth);
    let begun = Instant::now();
    let brought = || receiver.got().iter().map(|got| (got.object(), got.version())).collect::<Vec<_>>();
    loop {
        let webhooks: HashSet<_> = brought().into_iter().collect();
        let behind = [polled.lock().unwrap().len(), followed.lock().unwrap().len(), webhooks.len()];
        if behind.iter().all(|count| *count >= truth.len()) {
            break;
        }
        assert!(begun.elapsed() < REST, "polled, followed, brought: {behind:?} of {}", truth.len());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for (who, seen) in [("polling", &polled), ("following", &followed)] {
        assert_eq!(by_object(&seen.lock().unwrap()), expected, "{who}: each once, in order");
    }
    let brought = brought();
    let doubles = brought.len() - truth.len();
    for (object, mut versions) in by_object(&brought) {
        // The receiver answers some badly or not at all: they come again, but never before an older one.
        assert!(versions.is_sorted(), "{object}: {versions:?}");
        versions.dedup();
        assert_eq!(versions, expected[&object], "{object}");
    }
    println!(
        "{} changes; {doubles} came twice or more by webhook; all was there {:?} after the last",
        truth.len(),
        begun.elapsed()
    );
    readers.iter().for_each(tokio::task::JoinHandle::abort);
    drop((server, db));
    drop(cluster);
    let _ = std::fs::remove_dir_all(&dir);
}

async fn start(dir: &std::path::Path) -> Cluster {
    let dir = dir.to_owned();
    tokio::task::spawn_blocking(move || Cluster::start(&dir, Durability::Kept).unwrap()).await.unwrap()
}
