//! A bell that is rung after each change. Whoever waits for changes need not ask all the time; who has missed a ring finds
//! everything in the table all the same, so that a lost one costs a second and nothing else.
//!
//! Rung after the commit, by a connection of its own: NOTIFY within a transaction makes all writers of the cluster wait for
//! each other at their commit.

use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, watch};
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

/// The name under which servers hear each other.
const CHANNEL: &str = "mistok_change";
/// Before a lost connection is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// Between two rings for other servers: each costs PostgreSQL a commit and wakes all who listen, and under load one stands for many.
const BREATH: Duration = Duration::from_millis(50);

#[derive(Debug)]
struct Inner {
    /// Rung here, not yet told to the other servers.
    untold: Notify,
    heard: watch::Sender<u64>,
}

/// The bell of one server; its copies are the same bell.
#[derive(Clone, Debug)]
pub struct Bell(Arc<Inner>);

impl Default for Bell {
    fn default() -> Self {
        Self(Arc::new(Inner { untold: Notify::new(), heard: watch::Sender::new(0) }))
    }
}

impl Bell {
    /// Something was changed.
    pub fn ring(&self) {
        self.hear();
        self.0.untold.notify_one();
    }

    /// Hears all rings from now on; several at once are one.
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.0.heard.subscribe()
    }

    fn hear(&self) {
        self.0.heard.send_modify(|rings| *rings = rings.wrapping_add(1));
    }

    /// Tells other servers of this bell and hears theirs, until it is dropped. `url` leads to PostgreSQL itself: a pooler that
    /// gives connections away after each transaction cannot listen.
    pub async fn carry(&self, url: &str) {
        loop {
            if let Err(fault) = self.carried(url).await {
                tracing::warn!(%fault, "the bell between servers is silent: changes of other servers are seen within a second");
            }
            // What was missed meanwhile.
            self.hear();
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn carried(&self, url: &str) -> Result<(), tokio_postgres::Error> {
        let config: Config = url.parse()?;
        let (client, mut connection) = config.connect(NoTls).await?;
        let bell = self.clone();
        // The connection ends with its future, and its future with this call.
        let hearing = std::future::poll_fn(move |cx| {
            loop {
                match std::task::ready!(connection.poll_message(cx)) {
                    Some(Ok(AsyncMessage::Notification(_))) => bell.hear(),
                    Some(Ok(_)) => {}
                    Some(Err(fault)) => return std::task::Poll::Ready(Err(fault)),
                    None => return std::task::Poll::Ready(Ok(())),
                }
            }
        });
        tokio::select! {
            ended = hearing => ended,
            failed = self.tell(&client) => failed,
        }
    }

    async fn tell(&self, client: &Client) -> Result<(), tokio_postgres::Error> {
        client.batch_execute(&format!("listen {CHANNEL}")).await?;
        self.hear();
        loop {
            self.0.untold.notified().await;
            client.batch_execute(&format!("notify {CHANNEL}")).await?;
            tokio::time::sleep(BREATH).await;
        }
    }
}
