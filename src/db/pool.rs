//! Connections. A thread that serves has some of its own: they are driven by it, so that an answer of the database need not wake another
//! thread first. What it has none left for goes by the common ones, as all other work does.

use super::Link;
use crate::{
    base::{Error, Result},
    config::Database,
    telemetry::metrics::Connections,
};
use deadpool::managed::{QueueMode, Timeouts, WeakPool};
use diesel::connection::CacheSize;
use diesel_async::{
    AsyncConnection, SimpleAsyncConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
        deadpool::{Object, Pool},
    },
};
use futures_util::FutureExt;
use secrecy::ExposeSecret;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long a request waits for a free connection.
const WAIT: Duration = Duration::from_secs(5);

/// One that is free now, or none.
const AT_ONCE: Timeouts = Timeouts { wait: Some(Duration::ZERO), create: None, recycle: None };

type Weak = WeakPool<AsyncDieselConnectionManager<Link>>;

/// The pools of one server.
#[derive(Clone)]
pub(super) struct Pools {
    common: Pool<Link>,
    own: Option<Pool<Link>>,
    database: Arc<Database>,
    /// Those of threads that serve, for the counts.
    served: Arc<Mutex<Vec<Weak>>>,
}

impl Pools {
    /// Common ones alone; nothing is connected before it is asked for.
    pub(super) fn new(database: Database) -> Result<Self> {
        let common = pool(&database, database.pool)?;
        Ok(Self { common, own: None, database: Arc::new(database), served: Arc::default() })
    }

    /// The same for one of so many threads that serve.
    pub(super) fn of_thread(&self, threads: usize) -> Result<Self> {
        let (own, common) = shares(self.database.pool, threads);
        self.common.resize(common);
        if own == 0 {
            return Ok(self.clone());
        }
        let own = pool(&self.database, own)?;
        self.served.lock().unwrap_or_else(PoisonError::into_inner).push(own.weak());
        Ok(Self { own: Some(own), ..self.clone() })
    }

    /// A connection: one of the thread's own if it is free, else the first that becomes free.
    ///
    /// # Errors
    /// Unavailable where none does within 5 s, or the database is not reached.
    pub(super) async fn get(&self) -> Result<Object<Link>> {
        let wait = async {
            let Some(own) = &self.own else { return self.common.get().await };
            for pool in [own, &self.common] {
                if let Ok(free) = pool.timeout_get(&AT_ONCE).await {
                    return Ok(free);
                }
            }
            tokio::select! { free = own.get() => free, free = self.common.get() => free }
        };
        Ok(tokio::time::timeout(WAIT, wait).await.map_err(Error::unavailable)??)
    }

    /// How many there are.
    pub(super) fn connections(&self) -> Connections {
        let served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let own: Vec<_> = served.iter().filter_map(|pool| Some(pool.upgrade()?.status())).collect();
        let common = self.common.status();
        Connections {
            most: self.database.pool,
            open: common.size + own.iter().map(|pool| pool.size).sum::<usize>(),
            idle: common.available + own.iter().map(|pool| pool.available).sum::<usize>(),
            // Who waits for one of its own waits for a common one too.
            waiting: common.waiting,
        }
    }
}

/// Common ones at the least: what the server does by itself waits for nobody's questions, and some of it takes minutes.
const COMMON: usize = 4;

/// How many of so many connections each of so many threads has for itself, and how many are common.
const fn shares(size: usize, threads: usize) -> (usize, usize) {
    let own = size.saturating_sub(COMMON) / threads;
    (own, size - own * threads)
}

fn pool(database: &Database, size: usize) -> Result<Pool<Link>> {
    let mut config = ManagerConfig::default();
    if database.unprepared {
        config.custom_setup = Box::new(|url| forgetful(url.to_owned()).boxed());
    }
    // A question before each question would double the cost of a small one; a dead connection is seen at BEGIN.
    config.recycling_method = RecyclingMethod::Fast;
    let manager = AsyncDieselConnectionManager::<Link>::new_with_config(database.url.expose_secret(), config);
    // The one that was used last: its caches are warm, at both ends.
    Pool::builder(manager).max_size(size).queue_mode(QueueMode::Lifo).build().map_err(Error::internal)
}

/// A connection by way of a pooler that forgets statements: even the library's first ones go in a transaction.
async fn forgetful(url: String) -> diesel::ConnectionResult<Link> {
    let refused = |fault: tokio_postgres::Error| diesel::ConnectionError::BadConnection(fault.to_string());
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.map_err(refused)?;
    tokio::spawn(connection);
    client.batch_execute("begin").await.map_err(refused)?;
    let mut link = Link::try_from(client).await?;
    link.set_prepared_statement_cache_size(CacheSize::Disabled);
    link.batch_execute("commit").await.map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    Ok(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_connections_are_always_common() {
        for (size, threads, own, common) in [
            (1, 1, 0, 1),
            (4, 1, 0, 4),
            (5, 1, 1, 4),
            (5, 2, 0, 5),
            (8, 3, 1, 5),
            (16, 2, 6, 4),
            (16, 8, 1, 8),
            (16, 64, 0, 16),
        ] {
            assert_eq!(shares(size, threads), (own, common), "{size} connections, {threads} threads");
        }
    }
}
