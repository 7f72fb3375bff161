//! Capacity with its age: what was told more than 14 days ago counts as UNKNOWN wherever somebody asks or decides.

use crate::town::{Side, Town, with};
use chrono::Duration;
use serde_json::{Value, json};

/// What a receiver's one offering says now, and when it said so.
async fn says(town: &Town, side: &Side) -> (Value, Value) {
    let query = "query($id: ID!){ organization(id: $id){ offerings { capacity capacityAsOf } } }";
    let answer = town.ask(&town.sender, query, json!({"id": side.id})).await;
    let offering = answer.data()["organization"]["offerings"][0].clone();
    (offering["capacity"].clone(), offering["capacityAsOf"].clone())
}

/// Ids of the organisations that the filter leaves, and how many it counts.
async fn with_capacity(town: &Town, words: Value) -> (Vec<Value>, Value) {
    let query = "query($f: OrganizationFilter){ organizations(filter: $f, first: 9){ nodes { id } totalCount } }";
    let filter = json!({"offersService": town.service().await, "capacity": words});
    let answer = town.ask(&town.sender, query, json!({"f": filter})).await;
    let page = &answer.data()["organizations"];
    (page["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect(), page["totalCount"].clone())
}

#[tokio::test]
async fn a_capacity_is_unknown_from_the_fifteenth_day_on() {
    let town = Town::new().await;
    town.offers(&town.receiver, "NONE").await;
    let (now, told) = says(&town, &town.receiver).await;
    assert_eq!(now, "NONE");
    let receiver = json!(town.receiver.id);
    town.served.clock.advance(Duration::hours(14 * 24 - 1));
    let town = town.again().await;
    assert_eq!(says(&town, &town.receiver).await, (json!("NONE"), told.clone()), "the fourteenth day");
    assert_eq!(with_capacity(&town, json!(["NONE"])).await, (vec![receiver.clone()], json!(1)));
    assert_eq!(with_capacity(&town, json!(["UNKNOWN"])).await, (vec![], json!(0)));
    // The stranger tells anew that it has places, the receiver says nothing more.
    town.offers(&town.stranger, "AVAILABLE").await;

    town.served.clock.advance(Duration::hours(2));
    let town = town.again().await;
    assert_eq!(says(&town, &town.receiver).await, (json!("UNKNOWN"), told), "when it was told stays");
    assert_eq!(with_capacity(&town, json!(["NONE"])).await, (vec![], json!(0)));
    assert_eq!(with_capacity(&town, json!(["UNKNOWN"])).await, (vec![receiver.clone()], json!(1)));
    let (all, count) = with_capacity(&town, json!(["AVAILABLE", "UNKNOWN"])).await;
    assert_eq!((all, count), (vec![json!(town.stranger.id), receiver], json!(2)));

    town.offers(&town.receiver, "WAITLIST").await;
    assert_eq!(says(&town, &town.receiver).await.0, "WAITLIST");
}

#[tokio::test]
async fn a_fresh_no_refuses_and_an_old_one_does_not() {
    let town = Town::new().await;
    town.offers(&town.receiver, "NONE").await;
    let attempt = async |town: &Town, urgency: &str| {
        let case = town.case(&town.sender).await;
        let consent = town.consent(&town.sender, &case, &town.receiver, &["CONTACT"]).await;
        let input = with(town.referral_input(&case, &consent, &town.receiver).await, json!({"urgency": urgency}));
        let payload = town.act(&town.sender, "referralCreate", "referral", "status", input).await;
        match payload["userErrors"].as_array().unwrap().as_slice() {
            [] => payload["referral"]["status"].as_str().unwrap().to_owned(),
            errors => errors.iter().map(|error| error["code"].as_str().unwrap()).collect::<Vec<_>>().join(" "),
        }
    };
    assert_eq!(attempt(&town, "NORMAL").await, "NO_CAPACITY");
    assert_eq!(attempt(&town, "URGENT").await, "NO_CAPACITY");
    assert_eq!(attempt(&town, "EMERGENCY").await, "SENT", "an emergency overrides");
    town.served.clock.advance(Duration::days(13));
    let town = town.again().await;
    assert_eq!(attempt(&town, "NORMAL").await, "NO_CAPACITY");
    town.served.clock.advance(Duration::days(2));
    let town = town.again().await;
    assert_eq!(attempt(&town, "NORMAL").await, "SENT", "a no of fifteen days ago");
    town.offers(&town.receiver, "NONE").await;
    assert_eq!(attempt(&town, "NORMAL").await, "NO_CAPACITY", "told anew");
}
