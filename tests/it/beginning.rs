//! A BEGIN is sent together with its first statement. Where PostgreSQL refuses it alone (it may stop any command at any moment), the
//! statement behind it runs without its settings: it sees nothing, which must not be told as the truth, and writes nothing.

use crate::{
    served::Served,
    stage::CLUSTER,
    town::{KAZANKA, Side, Town, key, target, with},
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

/// What requests begin with, which each names whose it is; the server's own work does not.
const BEGIN: &[u8] = b"; set local mistok.org_id";

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
            let settings = buffer.windows(BEGIN.len()).position(|word| word == BEGIN);
            let begin = settings.and_then(|end| buffer[..end].windows(5).rposition(|word| word == b"begin"));
            if let Some(at) = begin
                && self.spoil.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
            {
                buffer[at..at + 5].copy_from_slice(b"bogus");
            }
            to.write_all(&buffer).await.unwrap();
        }
    }
}

/// A town that reaches its database by a relay.
async fn behind(relay: &Relay) -> Town {
    let town = Town::new().await;
    let mut config = town.served.config.clone();
    config.database.url = relay.before(&town.served.stage.database()).await.into();
    let served = Served::configured(&town.served, config).await;
    let Town { sender, receiver, stranger, .. } = town;
    Town { served, sender, receiver, stranger }
}

#[tokio::test]
async fn what_was_read_without_a_beginning_is_not_told() {
    let relay = Relay::default();
    let town = behind(&relay).await;
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

#[tokio::test]
async fn what_was_written_without_a_beginning_is_not_written() {
    let relay = Relay::default();
    let town = behind(&relay).await;
    let (sent, ..) = town.sent(&["CONTACT"]).await;
    let written = "select (select count(*) from idempotency) + (select count(*) from change) + (select count(*) from referral_event) \
                   + (select sum(version) from referral)::bigint + (select count(*) from \"case\")";
    let step = with(target(&sent), json!({"idempotencyKey": key()}));
    let case = json!({"idempotencyKey": key(), "territory": KAZANKA, "primaryCategory": "IDP", "intakeChannel": "SELF_IN_PERSON",
        "person": {"familyName": "Вигадана"}});
    for (mutation, input) in [("referralAccept", &step), ("caseOpen", &case)] {
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ replayed userErrors {{ code }} }} }}");
        let ask = async || town.ask(&town.receiver, &query, json!({"input": input})).await;
        let before = town.count(written).await;
        relay.spoil.store(1, Ordering::Relaxed);
        let spoiled = ask().await;
        assert_eq!(relay.spoil.load(Ordering::Relaxed), 0, "the relay has spoiled it");
        assert_eq!((&spoiled.body["data"], spoiled.code()), (&Value::Null, "INTERNAL"), "{spoiled:?}");
        assert_eq!(town.count(written).await, before, "{mutation}");
        // The same again, and it is done for the first time.
        let done = ask().await;
        assert_eq!(done.data()[mutation], json!({"replayed": false, "userErrors": []}));
        assert!(town.count(written).await > before);
    }
}
