//! The release server as an operator starts it, in a process of its own.

use super::{Outcome, account, ground::Ground};
use mistok::db::roles;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub struct Server {
    child: Child,
    pub url: String,
    /// From its start to the first answer that took the database.
    pub ready_in: Duration,
    /// MiB, after that.
    pub idle: Option<f64>,
}

/// A port that is free now.
pub fn free_address() -> std::io::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// Waits until a path is answered, if only to say that it is asked in another way.
pub async fn answered(url: &str, patience: Duration) -> Outcome {
    let (http, until) = (reqwest::Client::new(), Instant::now() + patience);
    while Instant::now() < until {
        if http.get(url).send().await.is_ok_and(|answer| !answer.status().is_server_error()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Err(format!("no answer from {url}").into())
}

impl Server {
    pub async fn start(ground: &Ground) -> Outcome<Self> {
        let listen = free_address()?;
        let url = format!("http://{listen}");
        let begun = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_mistok"))
            .arg("serve")
            .env("MISTOK_DATABASE_URL", ground.app_url())
            .env("MISTOK_MASTER_KEY_FILE", ground.keys().join("master-key"))
            .env("MISTOK_SIGNING_KEYS", ground.keys().join("signing-key.pem"))
            .env("MISTOK_AUDIT_KEYS", ground.keys().join("audit-key.pem"))
            .env("MISTOK_LISTEN", &listen)
            .env("MISTOK_ISSUER", &url)
            // Counted for every question, and never empty.
            .env("MISTOK_RATE_BUCKET", "1000000000")
            .env("MISTOK_RATE_REFILL", "1000000000")
            .env("MISTOK_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()?;
        let mut server = Self { child, url, ready_in: Duration::ZERO, idle: None };
        answered(&format!("{}/health/ready", server.url), Duration::from_secs(10)).await?;
        server.ready_in = begun.elapsed();
        server.idle = server.memory("VmRSS");
        Ok(server)
    }

    pub fn memory(&self, line: &str) -> Option<f64> {
        account::memory(self.child.id(), line)
    }

    /// Stands still, between two transactions, so that another one has the machine to itself.
    pub async fn aside(&self, ground: &Ground) -> Outcome {
        let client = ground.superuser().await?;
        loop {
            self.signal(Signal::STOP)?;
            let sql = "select count(*) from pg_stat_activity where usename = $1 and state <> 'idle'";
            if client.query_one(sql, &[&roles::APP]).await?.get::<_, i64>(0) == 0 {
                return Ok(());
            }
            self.signal(Signal::CONT)?;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Goes on, and reads what the other one has changed meanwhile.
    pub async fn back(&self) -> Outcome {
        self.signal(Signal::CONT)?;
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(())
    }

    fn signal(&self, signal: Signal) -> Outcome {
        let pid = Pid::from_raw(self.child.id().cast_signed()).ok_or("no process")?;
        Ok(kill_process(pid, signal)?)
    }

    /// Processor time of itself and of PostgreSQL.
    pub fn spent(&self, ground: &Ground) -> (Duration, Duration) {
        (account::with_children(self.child.id()), ground.spent())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
