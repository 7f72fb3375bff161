//! Several servers side by side, and one that dies.

use super::{Stage, changed, running};
use chrono::Duration;
use diesel_async::RunQueryDsl;
use mistok::{
    base::words::webhook::DeliveryError,
    db::{Db, Errand},
    webhook::{
        delivering::{self, Sent},
        schedule::{Answer, Room},
    },
    work::{deliver, post::Post},
};
use std::collections::{BTreeMap, BTreeSet};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_bring_each_change_once_and_in_order() {
    const OBJECTS: u128 = 25;
    const VERSIONS: i32 = 12;
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    for path in ["/a", "/b"] {
        stage.endpoint(side, path, &["CENTRE_CHANGED"]).await;
    }
    let app = &stage.town.served.app;
    let servers: Vec<_> = (0..2)
        .map(|_| {
            // Bells of their own, which nobody carries from one to the other.
            let db = Db::new(&stage.town.served.stage.app_url(), 4, stage.town.served.clock.clone()).unwrap();
            let post = Post::new(app.outside().clone(), app.seal().clone(), stage.town.served.clock.clone());
            tokio::spawn(deliver::run(db, post, running()))
        })
        .collect();
    let own = side.partner.organization_id;
    let db = Db::new(&stage.town.served.stage.app_url(), 4, stage.town.served.clock.clone()).unwrap();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let db = db.clone();
            tokio::spawn(async move {
                for version in 1..=VERSIONS {
                    for object in (0..OBJECTS).filter(|object| object % 4 == writer) {
                        changed(&db, own, object, version).await;
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let all = 2 * OBJECTS as usize * VERSIONS as usize;
    stage.receiver.until(all, std::time::Duration::from_secs(40)).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    servers.iter().for_each(tokio::task::JoinHandle::abort);
    let got = stage.receiver.got();
    assert_eq!(got.len(), all, "none twice");
    assert_eq!(got.iter().map(|got| got.message().to_owned()).collect::<BTreeSet<_>>().len(), all);
    let mut lines: BTreeMap<(String, String), Vec<i64>> = BTreeMap::new();
    for one in &got {
        lines.entry((one.path.clone(), one.object())).or_default().push(one.version());
    }
    let order: Vec<i64> = (1..=i64::from(VERSIONS)).collect();
    for ((path, object), versions) in lines {
        assert_eq!(versions, order, "{path} {object}");
    }
    assert_eq!(stage.town.count("select count(*) from webhook_delivery where status <> 'SUCCEEDED'").await, 0);
}

#[tokio::test]
async fn what_a_dead_server_has_claimed_goes_out_from_another() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    let (endpoint, _) = stage.endpoint(side, "/in", &["CENTRE_CHANGED"]).await;
    stage.changes(side, 1, 1).await;
    stage.changes(side, 1, 2).await;
    crate::feed::settled(&stage.town).await;
    while delivering::fan_out(stage.db()).await.unwrap().more {}
    let dead = delivering::claim(stage.db(), None, Room::beside(0)).await.unwrap();
    assert_eq!(dead.len(), 1, "the second waits for the first");
    assert_eq!(stage.round().await, 0, "a server is at it");
    stage.town.served.clock.advance(Duration::seconds(59));
    assert_eq!(stage.round().await, 0);
    stage.town.served.clock.advance(Duration::seconds(2));
    assert_eq!(stage.round().await, 2);
    assert_eq!(stage.receiver.got().iter().map(super::Got::version).collect::<Vec<_>>(), [1, 2]);
    // It was not dead, only slow: what it says now is too late.
    let answer = Answer { status: Some(500), error: Some(DeliveryError::HttpStatus), silence: None };
    let late = Sent { job: dead[0].clone(), at: stage.town.served.clock.now(), answer, jitter: 0.0 };
    delivering::settle(stage.db(), &[late]).await.unwrap();
    for row in stage.deliveries(side, &endpoint).await {
        assert_eq!((row["status"].as_str(), row["attempts"].as_array().unwrap().len()), (Some("SUCCEEDED"), 1));
    }
    assert!(stage.seen(side, &endpoint).await["failingSince"].is_null());
}

/// A replay, an end and the reading of the feed at the same time make neither a double nor a delivery that nobody releases.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_left_behind_when_all_happens_at_once() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    let (endpoint, _) = stage.endpoint(side, "/in", &["CENTRE_CHANGED"]).await;
    let app = &stage.town.served.app;
    let post = Post::new(app.outside().clone(), app.seal().clone(), stage.town.served.clock.clone());
    let db = Db::new(&stage.town.served.stage.app_url(), 4, stage.town.served.clock.clone()).unwrap();
    let work = tokio::spawn(deliver::run(db.clone(), post, running()));
    let own = side.partner.organization_id;
    let from = stage.town.served.clock.now();
    let writer = tokio::spawn(async move {
        for version in 1..=60 {
            changed(&db, own, u128::from(version % 3 == 0), version).await;
        }
    });
    let query = "mutation($input: WebhookReplayInput!){ webhookReplay(input: $input){ userErrors { code } } }";
    for _ in 0..6 {
        stage.rested().await;
        let to = stage.town.served.clock.now() + Duration::seconds(10);
        let input = serde_json::json!({"endpointId": endpoint["id"], "from": from.to_rfc3339(), "to": to.to_rfc3339()});
        let done = stage.town.ask(side, query, serde_json::json!({"input": input})).await;
        assert_eq!(done.data()["webhookReplay"]["userErrors"], serde_json::json!([]));
    }
    writer.await.unwrap();
    let begun = std::time::Instant::now();
    let open = "select count(*) from webhook_delivery where status = 'PENDING'";
    let made = "select count(*) from webhook_delivery";
    while stage.town.count(made).await < 60 || stage.town.count(open).await > 0 {
        assert!(begun.elapsed().as_secs() < 20, "{} are left", stage.town.count(open).await);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    work.abort();
    assert_eq!(stage.town.count("select count(distinct seq) from webhook_delivery").await, 60);
    let heard: BTreeSet<_> = stage.receiver.got().iter().map(|got| got.message().to_owned()).collect();
    assert_eq!(heard.len(), 60);
}

/// A server that is stopped writes down what has ended and gives back what has not: the other one sends it at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_gives_back_what_it_has() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    stage.endpoint(side, "/in", &["CENTRE_CHANGED"]).await;
    stage.receiver.bears(&super::centre(1), [super::Manner::Hangs, super::says(204)]);
    stage.receiver.bears(&super::centre(2), [super::Manner::Late(std::time::Duration::from_millis(700))]);
    let app = &stage.town.served.app;
    let post = Post::new(app.outside().clone(), app.seal().clone(), stage.town.served.clock.clone());
    let (stop, told) = tokio::sync::watch::channel(false);
    let work = tokio::spawn(deliver::run(stage.db().clone(), post, told));
    stage.changes(side, 1, 1).await;
    stage.changes(side, 2, 1).await;
    stage.receiver.until(2, std::time::Duration::from_secs(10)).await;
    stop.send_replace(true);
    work.await.unwrap();
    let ended = "select count(*) from webhook_delivery where status = 'SUCCEEDED'";
    assert_eq!(stage.town.count(ended).await, 1);
    assert_eq!(stage.round().await, 1, "without a minute of waiting");
    assert_eq!(stage.town.count(ended).await, 2);
}

#[derive(diesel::QueryableByName)]
struct Waits {
    #[diesel(sql_type = diesel::sql_types::Text)]
    disk: String,
}

/// Whoever is sent a delivery knows it by its id, and whoever is told that an endpoint was disabled believes it: both outlive the machine. What is
/// only put in line is read from the feed again.
#[tokio::test]
async fn only_putting_in_line_does_without_the_disk() {
    let stage = crate::stage::Stage::new().await;
    let superuser = crate::stage::connect(&stage.superuser_url()).await;
    // The tests' own cluster waits for no disk at all.
    let waiting = format!("alter database \"{}\" set synchronous_commit = on", stage.database());
    superuser.batch_execute(&waiting).await.unwrap();
    let db = stage.db(Default::default());
    for (errand, disk) in [(Errand::Line, "off"), (Errand::Deliver, "on"), (Errand::Line, "off"), (Errand::Expiry, "on")] {
        let tx = db.errand(errand).await.unwrap();
        let asked = diesel::sql_query("select current_setting('synchronous_commit') as disk");
        let waits: Waits = asked.get_result(&mut tx.link()).await.unwrap();
        assert_eq!(waits.disk, disk, "{errand:?}");
        tx.commit().await.unwrap();
    }
}
