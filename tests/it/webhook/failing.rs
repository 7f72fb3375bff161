//! Receivers that fail, in every way that a receiver can.

use super::{Manner, Stage, running, says};
use chrono::{DateTime, Duration, Utc};
use mistok::{webhook::schedule::WAITS, work::deliver};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[tokio::test]
async fn ten_attempts_then_five_days_then_no_more() {
    let mut stage = Stage::new().await;
    let (endpoint, _) = stage.endpoint(&stage.town.receiver, "/in", &["CENTRE_CHANGED"]).await;
    let (watch, _) = stage.endpoint(&stage.town.receiver, "/watch", &["WEBHOOK_ENDPOINT_DISABLED"]).await;
    stage.receiver.treats("/in", [says(500)]);
    stage.changes(&stage.town.receiver, 1, 1).await;
    let begun = stage.town.served.clock.now();
    for attempt in 1..=10 {
        assert_eq!(stage.round().await, 1, "attempt {attempt}");
        let delivery = stage.deliveries(&stage.town.receiver, &endpoint).await.remove(0);
        let attempts = delivery["attempts"].as_array().unwrap().clone();
        assert_eq!(attempts.len(), attempt);
        assert_eq!((&attempts[0]["responseStatus"], &attempts[0]["error"]), (&json!(500), &json!("HTTP_STATUS")));
        let Some(wait) = WAITS.get(attempt) else {
            assert_eq!((&delivery["status"], &delivery["nextAttemptAt"]), (&json!("FAILED"), &Value::Null));
            break;
        };
        let next: DateTime<Utc> = delivery["nextAttemptAt"].as_str().unwrap().parse().unwrap();
        let last: DateTime<Utc> = attempts[attempt - 1]["at"].as_str().unwrap().parse().unwrap();
        let waited = (next - last).num_milliseconds();
        assert!((wait * 1_000..=wait * 1_100).contains(&waited), "attempt {attempt}: {waited} ms, not {wait} s");
        // A moment too early nothing happens.
        if *wait > 60 {
            stage = stage.later(Duration::seconds(wait - 5)).await;
            assert_eq!(stage.round().await, 0);
            stage = stage.later(Duration::seconds(5 + wait / 10)).await;
        } else {
            stage = stage.later(Duration::seconds(wait + wait / 10 + 1)).await;
        }
    }
    let seen = stage.seen(&stage.town.receiver, &endpoint).await;
    assert_eq!(seen["status"], "ENABLED", "three days");
    let since: DateTime<Utc> = seen["failingSince"].as_str().unwrap().parse().unwrap();
    assert!((since - begun).num_seconds() < 60);
    let left = begun + Duration::days(5) + Duration::minutes(1) - stage.town.served.clock.now();
    stage = stage.later(left).await;
    for version in [2, 3] {
        stage.changes(&stage.town.receiver, 1, version).await;
    }
    assert_eq!(stage.round().await, 1, "the second was never tried");
    assert_eq!(stage.round().await, 1, "the news of its end to the other endpoint");
    let seen = stage.seen(&stage.town.receiver, &endpoint).await;
    assert_eq!(
        (&seen["status"], &seen["disabledReason"], &seen["version"]),
        (&json!("DISABLED"), &json!("FAILING"), &json!(2))
    );
    let states: Vec<_> =
        stage.deliveries(&stage.town.receiver, &endpoint).await.iter().map(|row| row["status"].clone()).collect();
    assert_eq!(states, ["FAILED", "FAILED", "FAILED"]);
    let told = stage.receiver.at("/watch").remove(0).body();
    assert_eq!(
        (&told["type"], &told["data"]["objectId"], &told["data"]["objectVersion"]),
        (&json!("WEBHOOK_ENDPOINT_DISABLED"), &endpoint["id"], &json!(2))
    );
    let query = "{ changes(types: [WEBHOOK_ENDPOINT_DISABLED]){ entries { objectId node { ... on WebhookEndpoint { disabledReason } } } } }";
    let feed = stage.town.ask(&stage.town.receiver, query, json!({})).await.data()["changes"]["entries"].clone();
    assert_eq!(feed, json!([{"objectId": endpoint["id"], "node": {"disabledReason": "FAILING"}}]));
    assert_eq!(stage.seen(&stage.town.receiver, &watch).await["status"], "ENABLED");
    // It begins again from now.
    stage.receiver.take();
    stage.receiver.treats("/in", [says(200)]);
    stage.act(&stage.town.receiver, "webhookEndpointUpdate", &seen, json!({"status": "ENABLED"})).await;
    stage.changes(&stage.town.receiver, 1, 4).await;
    stage.round().await;
    assert_eq!(stage.receiver.at("/in").iter().map(super::Got::version).collect::<Vec<_>>(), [4]);
}

#[tokio::test]
async fn gone_is_gone() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    let (endpoint, _) = stage.endpoint(side, "/in", &["CENTRE_CHANGED"]).await;
    stage.receiver.treats("/in", [says(410)]);
    for object in 1..4 {
        stage.changes(side, object, 1).await;
    }
    stage.round().await;
    let seen = stage.seen(side, &endpoint).await;
    assert_eq!((&seen["status"], &seen["disabledReason"]), (&json!("DISABLED"), &json!("GONE")));
    assert!(stage.deliveries(side, &endpoint).await.iter().all(|row| row["status"] == "FAILED"));
    stage.changes(side, 1, 2).await;
    assert_eq!(stage.round().await, 0);
}

#[tokio::test]
async fn silence_is_kept_by_seconds_and_by_date() {
    let mut stage = Stage::new().await;
    let (endpoint, _) = stage.endpoint(&stage.town.receiver, "/in", &["CENTRE_CHANGED"]).await;
    let in_an_hour = |stage: &Stage| (stage.town.served.clock.now() + Duration::hours(1)).to_rfc2822().replace("+0000", "GMT");
    let date = in_an_hour(&stage);
    for (object, header) in [(1, "3600".to_owned()), (2, date)] {
        let header = if object == 2 { in_an_hour(&stage) } else { header };
        stage
            .receiver
            .treats("/in", [Manner::Says(if object == 1 { 429 } else { 503 }, vec![("retry-after", header)]), says(204)]);
        stage.changes(&stage.town.receiver, object, 1).await;
        assert_eq!(stage.round().await, 1);
        // Nor anything else goes there.
        stage.changes(&stage.town.receiver, object + 10, 1).await;
        assert_eq!(stage.round().await, 0);
        assert!(stage.seen(&stage.town.receiver, &endpoint).await["pausedUntil"].is_string());
        stage = stage.later(Duration::minutes(59)).await;
        assert_eq!(stage.round().await, 0);
        stage = stage.later(Duration::minutes(2)).await;
        assert_eq!(stage.round().await, 2);
        let seen = stage.seen(&stage.town.receiver, &endpoint).await;
        assert_eq!((&seen["pausedUntil"], &seen["failingSince"]), (&Value::Null, &Value::Null));
    }
}

/// Each way to fail, by the word that its owner reads.
#[tokio::test]
async fn every_failure_has_its_word() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port())
    };
    let elsewhere = stage.receiver.url("/elsewhere");
    stage.receiver.treats("/moved", [Manner::Says(302, vec![("location", elsewhere)])]);
    stage.receiver.treats("/huge", [Manner::Huge((64 << 10) + 1)]);
    stage.receiver.treats("/large", [Manner::Huge(64 << 10)]);
    stage.receiver.treats("/closes", [Manner::Closes]);
    stage.receiver.treats("/wrong", [says(404)]);
    let tls = format!("https://127.0.0.1:{}/tls", stage.receiver.port);
    let cases = [
        (stage.receiver.url("/moved"), "REDIRECT", Some(302)),
        (stage.receiver.url("/huge"), "TOO_LARGE", Some(200)),
        (stage.receiver.url("/large"), "-", Some(200)),
        (stage.receiver.url("/closes"), "CONNECT", None),
        (stage.receiver.url("/wrong"), "HTTP_STATUS", Some(404)),
        (closed, "CONNECT", None),
        (tls, "TLS", None),
        ("https://name.invalid/".to_owned(), "DNS", None),
    ];
    let mut endpoints = Vec::new();
    for (url, error, status) in cases {
        let made = stage.made(side, &url, &["CENTRE_CHANGED"]).await;
        assert_eq!(made["userErrors"], json!([]), "{url}");
        endpoints.push((made["endpoint"].clone(), error, status));
    }
    stage.changes(side, 1, 1).await;
    assert_eq!(stage.round().await, endpoints.len());
    for (endpoint, error, status) in endpoints {
        let attempts = stage.deliveries(side, &endpoint).await.remove(0)["attempts"].clone();
        let error = if error == "-" { Value::Null } else { json!(error) };
        assert_eq!((&attempts[0]["error"], &attempts[0]["responseStatus"]), (&error, &json!(status)), "{}", endpoint["url"]);
    }
    assert!(stage.receiver.at("/elsewhere").is_empty(), "a redirect is not followed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_hangs_keeps_nobody_waiting() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    let (hanging, _) = stage.endpoint(side, "/hangs", &["CENTRE_CHANGED"]).await;
    stage.endpoint(side, "/works", &["CENTRE_CHANGED"]).await;
    stage.receiver.treats("/hangs", [Manner::Hangs]);
    let app = &stage.town.served.app;
    let post = mistok::work::post::Post::new(app.outside().clone(), app.seal().clone(), stage.town.served.clock.clone());
    let work = tokio::spawn(deliver::run(stage.db().clone(), post, running()));
    for object in 0..40 {
        stage.changes(side, object, 1).await;
    }
    let begun = std::time::Instant::now();
    while stage.receiver.at("/works").len() < 40 {
        assert!(begun.elapsed().as_secs() < 10, "{} came", stage.receiver.at("/works").len());
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(stage.receiver.at("/hangs").len() <= 8, "no more than its slots");
    while stage.errors_of_any(side, &hanging).await.is_empty() {
        assert!(begun.elapsed().as_secs() < 25, "it is given up after 15 s");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert!(stage.errors_of_any(side, &hanging).await.iter().all(|error| error == "TIMEOUT"));
    work.abort();
}
