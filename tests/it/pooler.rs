//! Behind a pooler that gives each connection to another client after each transaction, and knows nothing of prepared statements: PgBouncer
//! as Debian has it (1.18). Left out where it is not installed; `.ci/run` installs it.

use crate::{
    served::Served,
    stage::{CLUSTER, place},
    town::{Side, Town, key},
};
use mistok::db::{embedded::SUPERUSER, roles};
use serde_json::{Value, json};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

const PROGRAM: &str = "/usr/sbin/pgbouncer";

/// A pooler before one database, in a directory of its own.
struct Pooler {
    child: Child,
    dir: PathBuf,
}

impl Pooler {
    /// None where there is no such program.
    async fn start(database: &str) -> Option<Self> {
        if !std::path::Path::new(PROGRAM).exists() {
            eprintln!("LEFT OUT: there is no {PROGRAM}");
            return None;
        }
        let dir = place("pooler");
        fs::create_dir_all(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
        let url: tokio_postgres::Config = CLUSTER.url(SUPERUSER, database).parse().unwrap();
        let tokio_postgres::config::Host::Unix(socket) = &url.get_hosts()[0] else { panic!("a socket") };
        let users = format!("\"{}\" \"\"\n", roles::APP);
        // Two connections for all: what one client leaves behind, the next one meets.
        let settings = format!(
            "[databases]\n{database} = host={} port=5432 dbname={database}\n[pgbouncer]\nlisten_port = 6432\nunix_socket_dir = {}\n\
             auth_type = trust\nauth_file = {}\npool_mode = transaction\ndefault_pool_size = 2\nserver_reset_query = DEALLOCATE ALL\n\
             server_reset_query_always = 1\nlogfile = {}\npidfile =\n",
            socket.display(),
            dir.display(),
            dir.join("users").display(),
            dir.join("log").display(),
        );
        fs::write(dir.join("users"), users).unwrap();
        fs::write(dir.join("settings.ini"), settings).unwrap();
        let mut command = Command::new(PROGRAM);
        // It refuses to run as root.
        if rustix::process::geteuid().is_root() {
            command.args(["--user", "nobody"]);
        }
        let child = command.arg("--quiet").arg(dir.join("settings.ini")).stdout(Stdio::null()).spawn().unwrap();
        let pooler = Self { child, dir };
        for _ in 0..100 {
            if tokio_postgres::connect(&pooler.url(database), tokio_postgres::NoTls).await.is_ok() {
                return Some(pooler);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the pooler does not answer: {}", fs::read_to_string(pooler.dir.join("log")).unwrap_or_default());
    }

    fn url(&self, database: &str) -> String {
        format!("host={} port=6432 user={} dbname={database}", self.dir.display(), roles::APP)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

#[tokio::test]
async fn partners_work_behind_a_pooler_that_forgets_statements() {
    let town = Town::new().await;
    let database = town.served.stage.database();
    let Some(pooler) = Pooler::start(&database).await else { return };
    let mut config = town.served.config.clone();
    config.database.url = pooler.url(&database).into();
    config.database.unprepared = true;
    config.database.pool = 8;
    let served = Served::configured(&town.served, config).await;
    let Town { sender, receiver, stranger, .. } = town;
    let town = Arc::new(Town { served, sender, receiver, stranger });
    let rounds = (0..8).map(|_| {
        let town = town.clone();
        tokio::spawn(async move {
            for _ in 0..5 {
                let (sent, ..) = town.sent(&["CONTACT", "DEMOGRAPHICS"]).await;
                let accepted = town.step(&town.receiver, "referralAccept", &sent, json!({"idempotencyKey": key()})).await;
                let seen = town.sees(&town.receiver, &accepted["id"], "status subject { familyName ageBand }").await;
                assert_eq!(seen["subject"]["familyName"], "Вигадана", "{seen}");
                assert_eq!(town.sees(&town.stranger, &accepted["id"], "status").await, Value::Null);
            }
        })
    });
    for round in rounds.collect::<Vec<_>>() {
        round.await.unwrap();
    }
    let page = async |side: &Side| {
        let query = "{ referrals(filter: {direction: INBOUND}, first: 50) { totalCount nodes { id } } }";
        town.ask(side, query, Value::Null).await.data()["referrals"]["totalCount"].clone()
    };
    assert_eq!((page(&town.receiver).await, page(&town.stranger).await), (json!(40), json!(0)));
}
