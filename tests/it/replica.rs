//! A read replica: a server on a standby of PostgreSQL, which a second PostgreSQL follows by streaming. It answers what the primary
//! answers as long as nothing is written, and nothing once it is too far behind.

use crate::{
    command::mistok,
    metrics::Told,
    operation::{self, Demonstration},
    served::{Answer, Served},
    stage::{Stage, connect, place},
};
use async_graphql::parser::types::OperationType;
use mistok::{
    app::App,
    base::words::organization::OrganizationKind as Kind,
    db::{
        embedded::{Cluster, Durability, SUPERUSER},
        migrate, roles,
    },
};
use serde_json::{Map, Value, json};
use std::{
    fs::{self, File},
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

const DATABASE: &str = "mistok";

/// Two PostgreSQLs, of which the second follows the first. They end in this order.
struct Pair {
    standby: Arc<Cluster>,
    primary: Arc<Cluster>,
    _dirs: Dirs,
}

struct Dirs([PathBuf; 2]);

impl Drop for Dirs {
    fn drop(&mut self) {
        self.0.iter().for_each(|dir| drop(fs::remove_dir_all(dir)));
    }
}

impl Pair {
    /// With a migrated database that nobody has served yet.
    async fn new() -> Self {
        tokio::task::spawn_blocking(Self::start).await.unwrap()
    }

    fn start() -> Self {
        let [one, other] = ["primary", "standby"].map(|name| place(&format!("{name}-{}", uuid::Uuid::new_v4())));
        let primary = Cluster::start(&one, Durability::Kept).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let postgres = primary.url(SUPERUSER, "postgres");
            roles::make(&postgres, &roles::Passwords::default()).await.unwrap();
            roles::make_database(&postgres, DATABASE).await.unwrap();
            migrate::up(&primary.url(roles::OWNER, DATABASE)).await.unwrap();
        });
        // As the README tells it. Beside it stands the lock by which a directory is known as one of ours.
        fs::create_dir_all(&other).unwrap();
        fs::set_permissions(&other, fs::metadata(&one).unwrap().permissions()).unwrap();
        File::create(other.join("lock")).unwrap();
        let mut copy = Command::new(primary.program("pg_basebackup").unwrap());
        copy.arg("--dbname").arg(primary.url(SUPERUSER, "postgres")).arg("--pgdata").arg(other.join("cluster"));
        let done = copy.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        hand_over(&other.join("cluster"), &one.join("cluster"));
        let standby = Cluster::start(&other, Durability::Kept).unwrap();
        Self { standby: Arc::new(standby), primary: Arc::new(primary), _dirs: Dirs([one, other]) }
    }

    /// A server at the primary, and the names by which its tokens are taken.
    async fn served(&self) -> Served {
        Served::on(Stage::of(&self.primary, DATABASE), &Served::new().await, false).await
    }

    /// A replica of it.
    async fn replica(&self, of: &Served) -> Served {
        self.until_arrived().await;
        Served::on(Stage::of(&self.standby, DATABASE), of, true).await
    }

    async fn until_arrived(&self) {
        let (one, other) = (self.superuser(&self.primary).await, self.superuser(&self.standby).await);
        let written: String = one.query_one("select pg_current_wal_lsn()::text", &[]).await.unwrap().get(0);
        let sql = format!("select pg_last_wal_replay_lsn() >= '{written}'::pg_lsn");
        for _ in 0..500 {
            if other.query_one(&sql, &[]).await.unwrap().get(0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the standby does not follow");
    }

    async fn superuser(&self, cluster: &Cluster) -> tokio_postgres::Client {
        connect(&cluster.url(SUPERUSER, DATABASE)).await
    }
}

/// Gives a directory to the account of another one.
fn hand_over(dir: &Path, like: &Path) {
    let owner = fs::metadata(like).unwrap();
    chown(dir, Some(owner.uid()), Some(owner.gid())).unwrap();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => hand_over(&entry.path(), like),
            false => chown(entry.path(), Some(owner.uid()), Some(owner.gid())).unwrap(),
        }
    }
}

async fn ready(of: &Served) -> (u16, Value) {
    let answer = Answer::of(of.http.get(format!("{}/health/ready", of.url)).send().await.unwrap()).await;
    (answer.status, answer.body)
}

/// Until a look at the standby is believed no more.
async fn looked_anew() {
    tokio::time::sleep(Duration::from_millis(1100)).await;
}

#[tokio::test]
async fn a_replica_answers_what_writes_nothing_and_nothing_else() {
    let pair = Pair::new().await;
    let demo = Demonstration::on(pair.served().await).await;
    demo.served.app.db().beat().await.unwrap();
    let replica = pair.replica(&demo.served).await;
    let told = Told::by(&replica).text().await;
    assert!(told.contains("\nmistok_replica_behind_seconds "), "{told}");
    let (status, body) = ready(&replica).await;
    assert!(status == 200 && body["behindSeconds"].as_f64().is_some_and(|behind| behind < 30.0), "{body}");
    assert_eq!(ready(&demo.served).await, (200, json!({"status": "ready"})));

    // Every question that partners and analysts are shown: the same answer by both, or a refusal that says where to ask.
    let operations = operation::all();
    let (mut same, mut elsewhere) = (0, 0);
    let before = written(&pair).await;
    for step in operation::walk() {
        let text = &operations[&step.operation];
        match (operation::operation(text).1, demo.is_first(&step)) {
            (OperationType::Query, true) if step.purpose.is_none() => {
                demo.served.app.db().beat().await.unwrap();
                let [ours, theirs] = [demo.ask_at(&replica, &step, text).await, demo.ask_at(&demo.served, &step, text).await];
                assert!(ours.status == 200 && ours.body.get("errors").is_none(), "{}: {ours:?}", step.operation);
                assert_eq!(timeless(&ours.body), timeless(&theirs.body), "{}", step.operation);
                same += 1;
            }
            (OperationType::Query, true) | (OperationType::Mutation, _) => {
                let step = if demo.is_first(&step) { step } else { step.bare() };
                let answer = demo.ask_at(&replica, &step, text).await;
                assert_eq!((answer.status, answer.code()), (421, "READ_ONLY"), "{}: {answer:?}", step.operation);
                elsewhere += 1;
            }
            _ => {}
        }
    }
    assert!(same >= 15 && elsewhere >= 50, "{same} {elsewhere}");
    let token = &demo.tokens["KAZANKA"];
    let follows = replica.ask(token, "subscription { changes { type } }", json!({})).await;
    assert_eq!((follows.status, follows.code()), (421, "READ_ONLY"), "{follows:?}");
    let login = replica.http.post(format!("{}/oauth/token", replica.url)).basic_auth("x", Some("y"));
    let login = Answer::of(login.form(&[("grant_type", "client_credentials")]).send().await.unwrap()).await;
    assert_eq!((login.status, &login.body["error"]), (421, &json!("invalid_request")), "{login:?}");
    let rows = async |of: &Served| {
        let asked = of.http.get(format!("{}/exports/services.csv", of.url)).bearer_auth(token);
        Answer::of(asked.send().await.unwrap()).await.text
    };
    assert!(rows(&replica).await.lines().count() > 1);
    assert_eq!(rows(&replica).await, rows(&demo.served).await);
    assert_eq!(written(&pair).await, before, "nothing was written by any of it");

    // What is written at the primary is told here, with the moment of which it is.
    let update = "mutation($input: OfferingUpdateInput!) { offeringUpdate(input: $input) { userErrors { code } } }";
    let input = json!({"input": {"serviceCode": "M-008", "territories": [], "capacity": "NONE"}});
    let done = demo.served.ask(&demo.tokens["CHARITY"], update, input).await;
    assert_eq!(done.data()["offeringUpdate"]["userErrors"], json!([]), "{done:?}");
    pair.until_arrived().await;
    let offers = "{ viewer { organization { offerings { service { code } capacity } } } }";
    let [ours, theirs] = [&replica, &demo.served].map(|at| at.ask(&demo.tokens["CHARITY"], offers, json!({})));
    let [ours, theirs] = [ours.await, theirs.await];
    assert!(ours.data().to_string().contains("NONE") && ours.data() == theirs.data(), "{ours:?}");
    let live = "{ indicators(input: {indicators: [CENTRES_OPEN], period: {month: \"2025-03\"}}) { asOf } }";
    let asked = replica.clock.now();
    let as_of = replica.ask(&demo.tokens["MINISTRY"], live, json!({})).await.data()["indicators"]["asOf"].clone();
    let as_of: chrono::DateTime<chrono::Utc> = as_of.as_str().unwrap().parse().unwrap();
    assert!(as_of < asked && as_of > asked - chrono::Duration::seconds(31), "{as_of} {asked}");
}

/// Changes and readings that were noted.
async fn written(pair: &Pair) -> (i64, i64) {
    let client = pair.superuser(&pair.primary).await;
    let row = client.query_one("select (select count(*) from change), (select count(*) from access)", &[]).await.unwrap();
    (row.get(0), row.get(1))
}

/// An answer without what differs with the moment, the server and the request: cursors are sealed anew each time.
fn timeless(body: &Value) -> Value {
    match body {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| {
                !name.ends_with("ursor") && !["asOf", "changesHead", "extensions", "rateLimit"].contains(&name.as_str())
            })
            .map(|(name, field)| (name.clone(), timeless(field)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(timeless).collect(),
        plain => plain.clone(),
    }
}

#[tokio::test]
async fn a_replica_that_is_left_behind_answers_nothing() {
    let pair = Pair::new().await;
    let primary = pair.served().await;
    let partner = primary.partner(Kind::Ministry).await;
    let token = primary.token(&partner).await;
    let replica = pair.replica(&primary).await;
    let figures =
        "{ indicators(input: {indicators: [CENTRES_OPEN], period: {month: \"2025-03\"}}) { asOf rows { cell { value } } } }";
    assert_eq!(replica.ask(&token, figures, json!({})).await.data()["indicators"]["rows"][0]["cell"]["value"], "0");

    // The primary works and is not heard: what arrives is not looked at.
    let standby = pair.superuser(&pair.standby).await;
    standby.batch_execute("select pg_wal_replay_pause()").await.unwrap();
    let stands = async || replica.app.db().standing().await.unwrap().unwrap();
    primary.app.db().beat().await.unwrap();
    looked_anew().await;
    let one = stands().await.behind.unwrap();
    looked_anew().await;
    assert!(stands().await.behind.unwrap() > one + 0.9, "it grows although the primary is alive");
    standby.batch_execute("select pg_wal_replay_resume()").await.unwrap();
    primary.app.db().beat().await.unwrap();
    pair.until_arrived().await;
    looked_anew().await;
    assert!(stands().await.behind.unwrap() < 5.0, "a sign of life is enough, nothing was written");

    // Nobody works at the primary for half a minute.
    let begun = std::time::Instant::now();
    loop {
        let (status, body) = ready(&replica).await;
        match status {
            200 => assert!(begun.elapsed() < Duration::from_secs(40), "{body}"),
            503 => {
                assert!(body["behindSeconds"].as_f64().is_some_and(|behind| behind > 30.0), "{body}");
                break;
            }
            other => panic!("{other}"),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let late = replica.ask(&token, figures, json!({})).await;
    assert_eq!((late.status, late.code()), (503, "UNAVAILABLE"), "{late:?}");

    // Then it is heard again; who was revoked meanwhile is out.
    primary.app.db().beat().await.unwrap();
    pair.until_arrived().await;
    looked_anew().await;
    assert_eq!(ready(&replica).await.0, 200);
    assert_eq!(replica.ask(&token, figures, json!({})).await.status, 200);
    let owner = pair.superuser(&pair.primary).await;
    owner.batch_execute("update application set status = 'REVOKED'").await.unwrap();
    pair.until_arrived().await;
    replica.clock.advance(chrono::Duration::seconds(31));
    assert_eq!(replica.ask(&token, figures, json!({})).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_server_says_at_its_start_what_it_may_stand_on() {
    let pair = Pair::new().await;
    let (one, other) = (pair.primary.url(roles::APP, DATABASE), pair.standby.url(roles::APP, DATABASE));
    pair.until_arrived().await;
    assert!(migrate::check(&one).await.is_ok() && migrate::check_standby(&other).await.is_ok());
    assert!(migrate::check(&other).await.unwrap_err().to_string().contains("MISTOK_REPLICA=true"));
    assert!(migrate::check_standby(&one).await.unwrap_err().to_string().contains("is no standby"));
    let doctor = |url: &str, replica: &str| {
        let output = mistok(&["doctor"]).env("MISTOK_DATABASE_URL", url).env("MISTOK_REPLICA", replica).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let said = doctor(&other, "false");
    assert!(said.contains("BAD  database  the database is a standby"), "{said}");
    let said = doctor(&one, "true");
    assert!(said.contains("BAD  database  MISTOK_REPLICA is set, and the database is no standby"), "{said}");
    let said = doctor(&other, "true");
    assert!(said.contains("behind its primary") || said.contains("has heard nothing"), "{said}");

    // Nothing has begun at the primary, and nothing can begin here.
    let like = Served::new().await;
    let mut config = like.config.clone();
    config.database.url = other.clone().into();
    config.replica = true;
    let fault = App::new(&config, like.clock.clone()).await.err().unwrap().to_string();
    assert!(fault.contains("start a server at the primary first"), "{fault}");
}
