//! The real server, killed with -9 under load: what was acknowledged is there, nothing is half there, and a retry of
//! what was not acknowledged has exactly one effect.

use crate::{
    stage::place,
    town::{Town, key, with},
};
use mistok::access::token::Keys;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

/// A `mistok serve` of its own on a town's database.
pub struct Server {
    pub child: Child,
    pub url: String,
}

impl Server {
    pub async fn start(town: &Town) -> Self {
        Self::logging(town, "warn", Stdio::inherit()).await
    }

    /// With a filter of its log, and where that goes.
    pub async fn logging(town: &Town, filter: &str, log: Stdio) -> Self {
        Self::with(town, &[], filter, log).await
    }

    /// The same with more settings.
    pub async fn with(town: &Town, settings: &[(&str, &str)], filter: &str, log: Stdio) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        let keys = place(&format!("{port}.pem"));
        std::fs::write(&keys, Keys::generate().expose_secret()).unwrap();
        let audit_keys = place(&format!("{port}.audit.pem"));
        std::fs::write(&audit_keys, mistok::journal::proof::Keys::generate().expose_secret()).unwrap();
        #[allow(clippy::zombie_processes)] // Waited for by its Drop, or by the test that kills it.
        let child = Command::new(env!("CARGO_BIN_EXE_mistok"))
            .arg("serve")
            .env("MISTOK_DATABASE_URL", town.served.stage.app_url())
            .env("MISTOK_SIGNING_KEYS", &keys)
            .env("MISTOK_AUDIT_KEYS", &audit_keys)
            .env("MISTOK_MASTER_KEY", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")
            .env("MISTOK_ISSUER", &url)
            .env("MISTOK_LISTEN", format!("127.0.0.1:{port}"))
            .env("MISTOK_LOG", filter)
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let ready = format!("{url}/health/ready");
        for _ in 0..200 {
            if town.served.http.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Self { child, url };
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server does not answer");
    }

    pub async fn token(&self, town: &Town, side: &crate::town::Side) -> String {
        let asked = town
            .served
            .http
            .post(format!("{}/oauth/token", self.url))
            .basic_auth(&side.partner.client_id, Some(&side.partner.secret));
        let answer: Value = asked.form(&[("grant_type", "client_credentials")]).send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const CREATE: &str = "mutation($input: ReferralCreateInput!){ referralCreate(input: $input){ referral { id version status } userErrors { code } replayed } }";
const ACCEPT: &str = "mutation($input: ReferralAcceptInput!){ referralAccept(input: $input){ referral { id version status } userErrors { code } replayed } }";

/// What a client has asked, and what it was told before the server died.
#[derive(Clone, Debug)]
struct Asked {
    by_receiver: bool,
    query: &'static str,
    input: Value,
    told: Option<Value>,
}

#[tokio::test]
async fn killed_under_load_it_loses_nothing_that_it_has_acknowledged() {
    let town = Arc::new(Town::new().await);
    let case = town.case(&town.sender).await;
    let consent = town.consent(&town.sender, &case, &town.receiver, &["CONTACT", "REASON"]).await;
    let base = town.referral_input(&case, &consent, &town.receiver).await;
    let mut server = Server::start(&town).await;
    let tokens = (server.token(&town, &town.sender).await, server.token(&town, &town.receiver).await);
    let log: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let mut clients = Vec::new();
    for _ in 0..6 {
        let (http, url, tokens, base, log) =
            (town.served.http.clone(), format!("{}/graphql", server.url), tokens.clone(), base.clone(), log.clone());
        clients.push(tokio::spawn(async move {
            let ask = async |by_receiver: bool, query: &'static str, input: Value| -> Option<Value> {
                let place = {
                    let mut log = log.lock().unwrap();
                    log.push(Asked { by_receiver, query, input: input.clone(), told: None });
                    log.len() - 1
                };
                let token = if by_receiver { &tokens.1 } else { &tokens.0 };
                let asked = http.post(&url).bearer_auth(token).header("accept", "application/graphql-response+json");
                let answer: Value =
                    asked.json(&json!({"query": query, "variables": {"input": input}})).send().await.ok()?.json().await.ok()?;
                let payload = answer["data"].as_object()?.values().next()?.clone();
                assert_eq!(payload["userErrors"], json!([]), "{answer}");
                log.lock().unwrap()[place].told = Some(payload["referral"].clone());
                Some(payload["referral"].clone())
            };
            loop {
                let input = with(base.clone(), json!({"idempotencyKey": key()}));
                let Some(sent) = ask(false, CREATE, input).await else { return };
                let accept = json!({"id": sent["id"], "expectedVersion": sent["version"], "idempotencyKey": key()});
                if ask(true, ACCEPT, accept).await.is_none() {
                    return;
                }
            }
        }));
    }
    tokio::time::sleep(Duration::from_millis(2500)).await;
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    for client in clients {
        client.await.unwrap();
    }
    let log = log.lock().unwrap().clone();
    let told: Vec<_> = log.iter().filter_map(|asked| asked.told.clone()).collect();
    assert!(told.len() > 20, "the server was not under load: {} answers", told.len());
    // PostgreSQL ends what the dead server had begun.
    tokio::time::sleep(Duration::from_millis(500)).await;

    for (what, sql) in [
        (
            "a version without its change",
            "select count(*) from referral r where r.version <> (select count(*) from change c where c.object_id = r.id)",
        ),
        (
            "a change that nobody may learn of",
            "select count(*) from change c where not exists (select from change_audience a where a.seq = c.seq)",
        ),
        (
            "a status that the history does not end with",
            "select count(*) from referral r where r.status <> (select e.to_status from referral_event e \
            where e.referral_id = r.id order by e.version desc, e.id desc limit 1)",
        ),
        (
            "a referral without its sealed reason",
            "select count(*) from referral r where not exists (select from sealed s where s.object_id = r.id and s.slot = 'REASON')",
        ),
        (
            "a party that does not see the status",
            "select count(*) from referral r where (select count(*) from referral_party p where p.referral_id = r.id \
            and p.status = r.status and p.updated_at = r.updated_at) <> 2",
        ),
        (
            "a key without its object",
            "select count(*) from idempotency i where i.mutation = 'referralCreate' and not exists (select from referral r where r.id = i.object_id)",
        ),
        (
            "an acceptance without its groups",
            "select count(*) from referral r where (r.status = 'ACCEPTED') <> (r.shared_groups is not null)",
        ),
    ] {
        assert_eq!(town.count(sql).await, 0, "{what}");
    }
    let known: std::collections::HashMap<String, i64> = {
        let page = "query($after: String){ referrals(first: 100, after: $after) { nodes { id version } pageInfo { hasNextPage endCursor } } }";
        let (mut all, mut after) = (std::collections::HashMap::new(), Value::Null);
        loop {
            let answer = town.ask(&town.sender, page, json!({"after": after})).await;
            let list = &answer.data()["referrals"];
            all.extend(
                list["nodes"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| (row["id"].as_str().unwrap().to_owned(), row["version"].as_i64().unwrap())),
            );
            if list["pageInfo"]["hasNextPage"] == false {
                break all;
            }
            after = list["pageInfo"]["endCursor"].clone();
        }
    };
    for referral in &told {
        let version =
            known.get(referral["id"].as_str().unwrap()).unwrap_or_else(|| panic!("acknowledged and lost: {referral}"));
        assert!(*version >= referral["version"].as_i64().unwrap(), "acknowledged and lost: {referral}");
    }

    // The client tries again what it was not told of, on the other server: one effect, whether or not it had happened.
    let before = town.count("select count(*) from referral").await;
    let (mut made, mut open) = (0, 0);
    for asked in log.iter().filter(|asked| asked.told.is_none()) {
        let side = if asked.by_receiver { &town.receiver } else { &town.sender };
        for attempt in 0..2 {
            let answer = town.ask(side, asked.query, json!({"input": asked.input})).await;
            let payload = answer.data().as_object().unwrap().values().next().unwrap().clone();
            assert_eq!(payload["userErrors"], json!([]), "{answer:?}");
            assert!(attempt == 0 || payload["replayed"] == true);
            made += i64::from(!asked.by_receiver && payload["replayed"] == false);
        }
        open += 1;
    }
    assert_eq!(town.count("select count(*) from referral").await, before + made);
    println!("{} answers, {open} open questions, {made} of them had not happened", told.len());
}
