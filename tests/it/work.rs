//! The server's own work: leased, and done once.

use crate::{served::Served, town::Town};
use chrono::Duration;
use mistok::{db::{Errand, lease}, work};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn one_of_two_servers_works_and_the_other_takes_over_when_it_is_gone() {
    let served = Served::new().await;
    let (db, one, two) = (served.app.db(), Uuid::new_v4(), Uuid::new_v4());
    let take = async |holder| lease::take(db, Errand::Expiry, holder, Duration::seconds(90)).await.unwrap();
    assert!(take(one).await);
    assert!(!take(two).await, "held by the other");
    assert!(take(one).await, "lengthened");
    served.clock.advance(Duration::seconds(91));
    assert!(take(two).await, "the first has died");
    assert!(!take(one).await);
}

#[tokio::test]
async fn what_is_due_is_done_once_whoever_works() {
    let town = Town::new().await;
    for _ in 0..3 {
        town.sent(&["CONTACT"]).await;
    }
    let (db, clock) = (town.served.app.db().clone(), town.served.clock.clone());
    let (one, two) = (Uuid::new_v4(), Uuid::new_v4());
    assert_eq!(work::round(&db, one).await.unwrap(), 0, "nothing is due yet");
    clock.advance(Duration::days(366));
    let (first, second) = tokio::join!(work::round(&db, one), work::round(&db, two));
    assert_eq!(first.unwrap() + second.unwrap(), 3);
    for (kind, told) in [("CONSENT_EXPIRED", 3), ("REFERRAL_CANCELLED", 3)] {
        assert_eq!(town.count(&format!("select count(*) from change where type = '{kind}'")).await, told);
    }
    assert_eq!(town.count("select count(*) from idempotency").await, 0, "keys are forgotten after their days");
    let town = town.again().await;
    let page = town.ask(&town.receiver, "{ referrals(first: 10) { nodes { status statusReason } totalCount } }", json!({})).await;
    assert_eq!(page.data()["referrals"]["totalCount"], 3);
    assert!(page.data()["referrals"]["nodes"].as_array().unwrap().iter().all(|row| row["statusReason"] == "CONSENT_EXPIRED"));
}
