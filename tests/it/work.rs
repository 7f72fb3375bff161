//! The server's own work: leased, and done once.

use crate::{served::Served, town::Town};
use chrono::Duration;
use mistok::{
    db::{Errand, lease},
    work,
};
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
    let page =
        town.ask(&town.receiver, "{ referrals(first: 10) { nodes { status statusReason } totalCount } }", json!({})).await;
    assert_eq!(page.data()["referrals"]["totalCount"], 3);
    assert!(page.data()["referrals"]["nodes"].as_array().unwrap().iter().all(|row| row["statusReason"] == "CONSENT_EXPIRED"));
}

#[tokio::test]
async fn a_step_that_fails_keeps_no_other_one_from_its_work() {
    let town = Town::new().await;
    town.sent(&["CONTACT"]).await;
    let partner = town.side(mistok::base::words::organization::OrganizationKind::Charity).await;
    let today = town.served.clock.today();
    town.agreed(&town.receiver, &[&partner], json!({"effectiveTo": today})).await;
    let owner = town.served.stage.owner().await;
    let broken =
        "create trigger broken before update of expired_at on consent for each row execute function mistok.refuse('broken')";
    owner.batch_execute(broken).await.unwrap();
    town.served.clock.advance(Duration::days(366));
    let faults = work::round(town.served.app.db(), Uuid::nil()).await.unwrap_err();
    let steps: Vec<_> = faults.of.iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, ["expired consents"], "told once in a round");
    assert!(faults.done >= 2, "the memorandum and the clock: {}", faults.done);
    assert_eq!(town.count("select count(*) from change where type = 'MEMORANDUM_ENDED'").await, 1);
    assert_eq!(town.count("select count(*) from change where type = 'REFERRAL_CLOCK_BREACHED'").await, 1);
    assert_eq!(town.count("select count(*) from idempotency").await, 0, "it was tidied too");
    assert_eq!(town.count("select count(*) from change where type = 'CONSENT_EXPIRED'").await, 0);
    owner.batch_execute("drop trigger broken on consent").await.unwrap();
    assert_eq!(work::round(town.served.app.db(), Uuid::nil()).await.unwrap(), 1, "the next round makes it good");
    assert_eq!(town.count("select count(*) from change where type = 'CONSENT_EXPIRED'").await, 1);
}
