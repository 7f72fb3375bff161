//! A reading's BEGIN is sent together with its first statement. Where PostgreSQL refuses it alone (it may stop any command at any moment), the
//! statement behind it runs without its settings and sees nothing: that must not be told as the truth.

use crate::{
    served::Served,
    stage::CLUSTER,
    town::{Side, Town},
};
use mistok::db::roles;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UnixStream, tcp::OwnedReadHalf, unix::OwnedWriteHalf},
};

const BEGIN: &[u8] = b"begin isolation level";

/// A relay before the database that makes no command out of so many of the next BEGINs.
#[derive(Clone, Default)]
struct Relay {
    spoil: Arc<AtomicUsize>,
}

impl Relay {
    /// The URL of a database behind it.
    async fn before(&self, database: &str) -> String {
        let url: tokio_postgres::Config = CLUSTER.url(roles::APP, database).parse().unwrap();
        let tokio_postgres::config::Host::Unix(dir) = &url.get_hosts()[0] else { panic!("a socket") };
        let socket = dir.join(".s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let relay = self.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (mut answers, commands) = UnixStream::connect(&socket).await.unwrap().into_split();
                let (asked, mut told) = client.into_split();
                tokio::spawn(relay.clone().commands(asked, commands));
                tokio::spawn(async move { tokio::io::copy(&mut answers, &mut told).await });
            }
        });
        format!("postgresql://{}@{at}/{database}", roles::APP)
    }

    async fn commands(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut buffer = vec![0; 65_536];
        while let Ok(1..) = from
            .read_buf(&mut {
                buffer.clear();
                &mut buffer
            })
            .await
        {
            let begin = buffer.windows(BEGIN.len()).position(|word| word == BEGIN);
            if let Some(at) = begin
                && self.spoil.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
            {
                buffer[at..at + 5].copy_from_slice(b"bogus");
            }
            to.write_all(&buffer).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_was_read_without_a_beginning_is_not_told() {
    let relay = Relay::default();
    let town = Town::new().await;
    let mut config = town.served.config.clone();
    config.database.url = relay.before(&town.served.stage.database()).await.into();
    let served = Served::configured(&town.served, config).await;
    let Town { sender, receiver, stranger, .. } = town;
    let town = Town { served, sender, receiver, stranger };
    let (sent, ..) = town.sent(&["CONTACT"]).await;
    let ask = async |side: &Side, purpose: Option<&str>, query: &str| {
        let variables = if query.contains('$') { json!({"id": sent["id"]}) } else { json!({}) };
        town.ask_for(side, purpose, query, variables).await
    };
    let list = "{ referrals(filter: {direction: INBOUND}, first: 5) { nodes { id } } }";
    let person = "query($id: ID!) { referral(id: $id) { id subject { familyName } } }";
    for (purpose, query) in [(None, list), (Some("CASE_WORK"), list), (Some("CASE_WORK"), person)] {
        let whole = ask(&town.receiver, purpose, query).await;
        let told = whole.data().to_string();
        assert!(told.contains(sent["id"].as_str().unwrap()), "{told}");
        relay.spoil.store(1, Ordering::Relaxed);
        let spoiled = ask(&town.receiver, purpose, query).await;
        assert_eq!(relay.spoil.load(Ordering::Relaxed), 0, "the relay has spoiled it");
        assert_eq!((&spoiled.body["data"], spoiled.code()), (&Value::Null, "INTERNAL"), "{spoiled:?}");
        // The next one is as good as ever.
        assert_eq!(ask(&town.receiver, purpose, query).await.data(), whole.data());
    }
}
