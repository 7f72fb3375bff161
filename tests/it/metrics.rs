//! Figures about the server: at an address of their own, counting what was done, with words of ours alone.

use crate::{
    served::{Answer, Served},
    stage::connect,
    town::Town,
};
use mistok::{app, base::words::organization::OrganizationKind::Ngo, db::Errand, telemetry::metrics::Measured};
use serde_json::json;
use std::{collections::BTreeMap, net::TcpListener};

/// What a second server says, at the address for who runs it.
pub struct Told {
    url: String,
}

impl Told {
    pub fn by(served: &Served) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/metrics", listener.local_addr().unwrap());
        let server = app::measure(served.app.clone(), listener).unwrap();
        std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(server)
        });
        Self { url }
    }

    pub async fn text(&self) -> String {
        let answer = Answer::of(reqwest::get(&self.url).await.unwrap()).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; version=0.0.4; charset=utf-8"));
        answer.text
    }

    /// Figures by name and labels.
    async fn figures(&self) -> BTreeMap<String, f64> {
        let text = self.text().await;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| line.rsplit_once(' ').unwrap())
            .map(|(name, figure)| (name.to_owned(), figure.parse().unwrap()))
            .collect()
    }
}

#[tokio::test]
async fn what_is_done_is_counted() {
    let town = Town::new().await;
    let told = Told::by(&town.served);
    let before = told.figures().await;
    // Under a name of the client's own: what is counted is the schema's.
    let answer = town.ask(&town.receiver, "query Stolen { alias: viewer { application { id } } __typename }", json!({})).await;
    assert_eq!(answer.body.get("errors"), None, "{answer:?}");
    let wrong = town.ask(&town.receiver, "{ viewer { nothing } }", json!({})).await;
    assert_eq!(wrong.code(), "VALIDATION_FAILED");
    let refused = town
        .ask(
            &town.receiver,
            "mutation($input: OfferingUpdateInput!) { offeringUpdate(input: $input) { userErrors { code } } }",
            json!({"input": {"serviceCode": "X-999", "territories": [], "capacity": "AVAILABLE"}}),
        )
        .await;
    assert_ne!(refused.data()["offeringUpdate"]["userErrors"], json!([]), "{refused:?}");
    let after = told.figures().await;
    let grown = |name: &str| after.get(name).copied().unwrap_or(0.0) - before.get(name).copied().unwrap_or(0.0);
    // Other tests count in the same process.
    for name in [
        "mistok_graphql_operations_total{field=\"viewer\",kind=\"query\"}",
        "mistok_graphql_operations_total{field=\"__typename\",kind=\"query\"}",
        "mistok_graphql_operations_total{field=\"offeringUpdate\",kind=\"mutation\"}",
        "mistok_graphql_errors_total{code=\"VALIDATION_FAILED\"}",
        "mistok_graphql_execution_duration_seconds_count{kind=\"query\"}",
        "mistok_http_requests_total{method=\"POST\",route=\"/graphql\",status=\"200\"}",
        "mistok_http_request_duration_seconds_count{route=\"/graphql\"}",
    ] {
        assert!(grown(name) >= 1.0, "{name}: {after:#?}");
    }
    assert!(after.keys().any(|name| name.starts_with("mistok_graphql_user_errors_total{")), "{after:#?}");
    assert_eq!((after["mistok_database_up"], after["mistok_database_connections{state=\"most\"}"]), (1.0, 6.0));
    assert!(after["process_resident_memory_bytes"] > 1_000_000.0);
    assert!(after.keys().all(|name| !name.contains("Stolen") && !name.contains("alias")), "{after:#?}");
}

#[tokio::test]
async fn labels_are_words_of_ours_and_strangers_hear_nothing() {
    let served = Served::new().await;
    let told = Told::by(&served);
    let stranger = served.http.get(format!("{}/metrics", served.url)).send().await.unwrap();
    assert_eq!(stranger.status(), 404, "partners' address tells none");
    let odd =
        served.http.request("ZOOM".parse().unwrap(), format!("{}/no/such/{}", served.url, served.partner(Ngo).await.client_id));
    assert_eq!(odd.send().await.unwrap().status(), 404);
    let text = told.text().await;
    assert!(text.contains("method=\"other\",route=\"other\",status=\"404\""), "{text}");
    for line in text.lines() {
        let labels = line.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map_or("", |(labels, _)| labels);
        assert!(labels.is_ascii() && !labels.contains("eyJ"), "{line}");
        let longest = labels.split(|sign: char| !sign.is_ascii_hexdigit()).map(str::len).max();
        assert!(longest < Some(12), "an id? {line}");
    }
    assert!(text.lines().count() < 2_000);
}

#[tokio::test]
async fn the_database_says_how_it_stands_to_that_errand_alone() {
    let town = Town::new().await;
    town.sent(&["CONTACT"]).await;
    let superuser = connect(&town.served.stage.superuser_url()).await;
    superuser.batch_execute("update referral_clock set breached_at = now()").await.unwrap();
    // A transaction that has written holds back what others write after it.
    let slow = connect(&town.served.stage.superuser_url()).await;
    slow.batch_execute("begin; select pg_current_xact_id()").await.unwrap();
    town.sent(&["CONTACT"]).await;
    town.served.clock.advance(chrono::Duration::seconds(90));
    let Measured { feed_lag, webhooks, root_age, breached, .. } = town.served.app.db().measured().await.unwrap();
    assert!((89.0..600.0).contains(&feed_lag), "{feed_lag}");
    assert_eq!((webhooks, root_age), (0, 0.0));
    let phases: Vec<_> = breached.iter().map(|(phase, count)| (phase.as_str(), *count)).collect();
    assert_eq!(phases, [("RESPOND", 1), ("FIRST_CONTACT", 0), ("COMPLETE", 0)]);
    slow.batch_execute("rollback").await.unwrap();
    // Transactions of other tests hold it back, too: for a moment.
    let told = async {
        while town.served.app.db().measured().await.unwrap().feed_lag > 0.0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), told).await.expect("told");

    let other = town.served.app.db().errand(Errand::Health).await.unwrap();
    let rows = "select count(*)::bigint as count from (select from mistok.measured() union all select from mistok.clocks_breached()) r";
    assert_eq!(count(&other, rows).await, 0, "nobody else hears it");
}

async fn count(tx: &mistok::db::Tx, sql: &'static str) -> i64 {
    use diesel_async::RunQueryDsl;
    mistok::db::sql::Sql::new(sql).get_result::<mistok::db::sql::Count>(&mut tx.link()).await.unwrap().count
}

#[tokio::test]
async fn without_its_database_figures_are_unknown_not_zero() {
    let served = Served::new().await;
    let told = Told::by(&served);
    assert!(told.text().await.contains("mistok_feed_lag_seconds 0"));
    let database = served.stage.database();
    let owner = connect(&crate::stage::superuser("postgres")).await;
    let out = format!(
        "alter database {database} allow_connections false; select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database}'"
    );
    owner.batch_execute(&out).await.unwrap();
    let text = told.text().await;
    assert!(text.contains("mistok_database_up 0") && !text.contains("mistok_feed_lag_seconds "), "{text}");
}

/// A panel or a rule about a figure that is told under another name would stay empty, and nobody would be called.
#[test]
fn what_is_watched_is_told() {
    let told = include_str!("../../src/telemetry/metrics.rs");
    for (file, watched) in
        [("grafana.json", include_str!("../../docker/grafana.json")), ("alerts.yaml", include_str!("../../docker/alerts.yaml"))]
    {
        let is_of_a_name = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        let names = watched.match_indices("mistok_").map(|(place, _)| {
            let rest = &watched[place..];
            let name = &rest[..rest.find(|letter| !is_of_a_name(letter)).unwrap_or(rest.len())];
            name.strip_suffix("_bucket").unwrap_or(name)
        });
        let names: std::collections::BTreeSet<_> = names.collect();
        assert!(names.len() > 5, "{file}: {names:?}");
        for name in names {
            assert!(told.contains(&format!("\"{name}\"")), "{file}: {name}");
        }
    }
}
