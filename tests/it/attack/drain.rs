//! A server that is told to stop answers what it has begun.

use crate::{
    crash::Server,
    stage::connect,
    town::{Town, key},
};
use serde_json::{Value, json};
use std::{process::Command, time::Duration};

#[tokio::test]
async fn a_request_on_its_way_is_answered_whole_before_the_end() {
    let town = Town::new().await;
    let (sent, _, _) = town.sent(&["CONTACT"]).await;
    let mut server = Server::start(&town).await;
    let token = server.token(&town, &town.receiver).await;
    // Somebody holds the row that the request needs.
    let mut holder = connect(&town.served.stage.superuser_url()).await;
    let held = holder.transaction().await.unwrap();
    held.batch_execute("select 1 from referral for update").await.unwrap();
    let (http, url) = (town.served.http.clone(), format!("{}/graphql", server.url));
    let accept =
        "mutation($input: ReferralAcceptInput!){ referralAccept(input: $input){ referral { status } userErrors { code } } }";
    let input = json!({"id": sent["id"], "expectedVersion": sent["version"], "idempotencyKey": key()});
    let asked = http.post(&url).bearer_auth(&token).json(&json!({"query": accept, "variables": {"input": input}}));
    let asked = tokio::spawn(async move { asked.send().await.unwrap().json::<Value>().await.unwrap() });
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    for _ in 0..100 {
        if town.count(waits).await > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(town.count(waits).await, 1);

    let told = Command::new("sh").args(["-c", &format!("kill -TERM {}", server.child.id())]).status().unwrap();
    assert!(told.success());
    let mut refused = false;
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        // A connection of its own: one that is open may be answered yet.
        refused = tokio::net::TcpStream::connect(server.url.trim_start_matches("http://")).await.is_err();
        if refused {
            break;
        }
    }
    assert!(refused, "who comes now goes to another server");
    assert!(!asked.is_finished() && server.child.try_wait().unwrap().is_none());
    held.commit().await.unwrap();
    let answer = asked.await.unwrap();
    assert_eq!(answer["data"]["referralAccept"], json!({"referral": {"status": "ACCEPTED"}, "userErrors": []}));
    let ended = tokio::task::spawn_blocking(move || server.child.wait().unwrap().code()).await.unwrap();
    assert_eq!(ended, Some(0));
}
