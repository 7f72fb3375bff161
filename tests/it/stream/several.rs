//! Several servers on one database: what one writes the others tell.

use super::{TELL, Wire, change};
use crate::{served::Served, town::Town};
use mistok::db::Db;
use secrecy::ExposeSecret;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_server_writes_the_other_tells() {
    let town = Town::new().await;
    crate::feed::settled(&town).await;
    let second = Served::beside(&town.served).await;
    let carried: Vec<_> = [&town.served, &second]
        .into_iter()
        .map(|served| {
            let (bell, url) = (served.app.db().bell().clone(), served.app.direct_url().clone());
            tokio::spawn(async move { bell.carry(url.expose_secret()).await })
        })
        .collect();
    let mut wire = Wire::of(&second.url, &town.stranger.token).await;
    wire.subscribe("1", TELL, json!({})).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut took = Vec::new();
    for _ in 0..20 {
        change(&town, &town.stranger, 1).await;
        let at = Instant::now();
        assert_eq!(wire.told("1").await["type"], "OFFERING_CHANGED");
        took.push(at.elapsed());
    }
    took.sort();
    println!("from the answer of one server to the word of the other: median {:?}, most {:?}", took[10], took[19]);
    carried.iter().for_each(tokio::task::JoinHandle::abort);
}

/// The bell alone, without anybody who looks by himself.
#[tokio::test]
async fn servers_hear_each_other_s_bell() {
    let town = Town::new().await;
    let url = town.served.stage.app_url();
    let dbs: Vec<Db> = (0..2).map(|_| Db::new(&url, 1, Default::default()).unwrap()).collect();
    for db in &dbs {
        let (bell, url) = (db.bell().clone(), url.clone());
        tokio::spawn(async move { bell.carry(&url).await });
    }
    let mut heard = dbs[1].bell().listen();
    // Each connection says once that it hears.
    let hears = "select count(*) from pg_stat_activity where datname = current_database() and query = 'listen mistok_change'";
    while town.count(hears).await < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    heard.mark_unchanged();
    dbs[0].bell().ring();
    tokio::time::timeout(Duration::from_secs(20), heard.changed()).await.expect("heard").unwrap();
    // A connection that PostgreSQL has ended is made anew.
    town.count("select count(*) from (select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query in ('listen mistok_change', 'notify mistok_change')) x").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    while town.count(hears).await < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    heard.mark_unchanged();
    dbs[0].bell().ring();
    tokio::time::timeout(Duration::from_secs(20), heard.changed()).await.expect("heard again").unwrap();
}
