//! The stage of a test: a database of its own, cloned from a migrated template in a private PostgreSQL that starts with
//! the first test and vanishes with the test process, however that ends. Nothing needs to be prepared.

use mistok::db::{
    embedded::{Cluster, Durability},
    migrate, roles,
};
use std::{
    path::PathBuf,
    sync::{
        Arc, LazyLock, Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

const TEMPLATE: &str = "mistok_template";

/// The one server of this test run. Never dropped: its watch throws it away when the process ends.
pub static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| {
    Cluster::start(&home(), Durability::ThrownAway).unwrap_or_else(|fault| panic!("no PostgreSQL for the tests: {fault}"))
});

/// The directory of this test run.
fn home() -> PathBuf {
    std::env::temp_dir().join(format!("mistok-test-{}", std::process::id()))
}

/// A path of a test's own, where nothing is yet; it goes with the server of the run, however that ends.
pub fn place(name: &str) -> PathBuf {
    LazyLock::force(&CLUSTER);
    let place = home().join(name);
    let _ = std::fs::remove_dir_all(&place);
    place
}

/// One database; its name goes to the list of those to drop when the test is over.
pub struct Stage {
    database: String,
    /// A PostgreSQL of the test's own.
    own: Option<Arc<Cluster>>,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);
static OVER: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// Clones go one after the other: they are limited by the disk anyway.
static CLONING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

impl Stage {
    /// A fresh, migrated database.
    pub async fn new() -> Self {
        tokio::task::spawn_blocking(template).await.unwrap();
        Self::create(&format!("owner {} template {TEMPLATE}", roles::OWNER)).await
    }

    /// A database without any migration.
    pub async fn bare() -> Self {
        tokio::task::spawn_blocking(template).await.unwrap();
        Self::create(&format!("owner {} encoding 'UTF8'", roles::OWNER)).await
    }

    async fn create(how: &str) -> Self {
        let _one = CLONING.lock().await;
        let client = connect(&superuser("postgres")).await;
        let over = std::mem::take(&mut *OVER.lock().unwrap());
        for name in over {
            client.batch_execute(&format!("drop database {name} with (force)")).await.unwrap();
        }
        let database = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        client.batch_execute(&format!("create database {database} {how}")).await.unwrap();
        Self { database, own: None }
    }

    /// A database of a PostgreSQL of the test's own, as it stands there.
    pub fn of(cluster: &Arc<Cluster>, database: &str) -> Self {
        Self { database: database.to_owned(), own: Some(cluster.clone()) }
    }

    fn url(&self, role: &str) -> String {
        self.own.as_deref().unwrap_or(&CLUSTER).url(role, &self.database)
    }

    /// Its name.
    pub fn database(&self) -> String {
        self.database.clone()
    }

    /// Logs in as `mistok serve` does.
    pub fn app_url(&self) -> String {
        self.url(roles::APP)
    }

    /// Logs in as `mistok migrate` does.
    pub fn owner_url(&self) -> String {
        self.url(roles::OWNER)
    }

    /// Logs in past all walls.
    pub fn superuser_url(&self) -> String {
        self.url(mistok::db::embedded::SUPERUSER)
    }

    /// A bare connection as the owner, for what a test asks of the database itself.
    pub async fn owner(&self) -> tokio_postgres::Client {
        connect(&self.owner_url()).await
    }

    /// The doors of this database, with a clock that the test moves.
    pub fn db(&self, clock: mistok::base::clock::Clock) -> mistok::db::Db {
        mistok::db::Db::new(&self.app_url(), 4, clock).unwrap()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.own.is_none()
            && let Ok(mut over) = OVER.lock()
        {
            over.push(self.database.clone());
        }
    }
}

/// Logs in past all walls, into any database of the cluster.
pub fn superuser(database: &str) -> String {
    CLUSTER.url(mistok::db::embedded::SUPERUSER, database)
}

/// A connection that lives in the test's own runtime.
pub async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Makes roles and template once, in a runtime that ends with it: a connection must not outlive the first test's.
fn template() {
    static MADE: OnceLock<()> = OnceLock::new();
    MADE.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let postgres = superuser("postgres");
            roles::make(&postgres, &roles::Passwords::default()).await.unwrap();
            roles::make_database(&postgres, TEMPLATE).await.unwrap();
            migrate::up(&CLUSTER.url(roles::OWNER, TEMPLATE)).await.unwrap_or_else(|fault| panic!("{fault}"));
        });
    });
}
