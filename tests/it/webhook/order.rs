//! Within an object one after the other; objects do not wait for each other.

use super::{Manner, Stage, centre, says};
use chrono::Duration;
use mistok::webhook::{delivering, schedule::Room};
use serde_json::json;

#[tokio::test]
async fn an_object_waits_for_itself_alone() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    let (endpoint, _) = stage.endpoint(side, "/in", &["CENTRE_CHANGED"]).await;
    stage.receiver.bears(&centre(1), [says(500), says(500), says(200)]);
    for (object, version) in [(1, 1), (2, 1), (1, 2), (3, 1), (1, 3), (2, 2)] {
        stage.changes(side, object, version).await;
    }
    stage.round().await;
    let heard = |stage: &Stage| {
        let got = stage.receiver.take();
        got.iter().map(|got| (got.object(), got.version())).collect::<Vec<_>>()
    };
    let first = heard(&stage);
    assert_eq!(first.iter().filter(|(object, _)| *object == centre(1)).collect::<Vec<_>>(), [&(centre(1), 1)], "{first:?}");
    assert_eq!(
        first.iter().filter(|(object, _)| *object == centre(2)).map(|(_, version)| *version).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(first.len(), 4);
    let waiting: Vec<_> =
        stage.deliveries(side, &endpoint).await.into_iter().filter(|row| row["status"] == "PENDING").collect();
    assert_eq!(waiting.len(), 3);
    let times: Vec<_> = waiting.iter().map(|row| row["nextAttemptAt"].is_string()).collect();
    assert_eq!(times, [false, false, true], "only the first of them has its time: {waiting:?}");
    stage.town.served.clock.advance(Duration::seconds(6));
    assert_eq!(stage.round().await, 1, "the second attempt");
    stage.town.served.clock.advance(Duration::minutes(6));
    assert_eq!(stage.round().await, 3);
    assert_eq!(heard(&stage), [1, 1, 2, 3].map(|version| (centre(1), version)));
}

#[tokio::test]
async fn what_is_given_up_lets_the_next_one_go() {
    let mut stage = Stage::new().await;
    let (endpoint, _) = stage.endpoint(&stage.town.receiver, "/in", &["CENTRE_CHANGED"]).await;
    stage.receiver.bears(&centre(1), (0..10).map(|_| says(500)).chain([says(200)]));
    // Others succeed meanwhile: it is this object that the endpoint does not like, and it stays enabled.
    stage.changes(&stage.town.receiver, 1, 1).await;
    stage.changes(&stage.town.receiver, 1, 2).await;
    for turn in 0..10 {
        stage.changes(&stage.town.receiver, 2, turn).await;
        stage.round().await;
        stage = stage.later(Duration::hours(27)).await;
    }
    stage.round().await;
    let got: Vec<_> = stage.receiver.take().into_iter().filter(|got| got.object() == centre(1)).collect();
    assert_eq!(got.iter().map(super::Got::version).collect::<Vec<_>>(), [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
    let seen = stage.seen(&stage.town.receiver, &endpoint).await;
    assert_eq!((&seen["status"], &seen["failingSince"]), (&json!("ENABLED"), &serde_json::Value::Null));
}

/// Eight at a time while it works, one while it fails.
#[tokio::test]
async fn an_endpoint_has_its_slots() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    stage.endpoint(side, "/slow", &["CENTRE_CHANGED"]).await;
    stage.receiver.treats("/slow", [Manner::Late(std::time::Duration::from_millis(300))]);
    for object in 0..12 {
        stage.changes(side, object, 1).await;
    }
    crate::feed::settled(&stage.town).await;
    while delivering::fan_out(stage.db()).await.unwrap().more {}
    let claimed = delivering::claim(stage.db(), None, Room::beside(0)).await.unwrap();
    assert_eq!(claimed.len(), 8);
    assert_eq!(delivering::claim(stage.db(), None, Room::beside(0)).await.unwrap().len(), 0, "all are taken");
    stage.town.served.clock.advance(Duration::seconds(61));
    stage.receiver.treats("/slow", [says(500)]);
    stage.round().await;
    assert_eq!(stage.receiver.take().len(), 12);
    stage.town.served.clock.advance(Duration::seconds(7));
    assert_eq!(delivering::claim(stage.db(), None, Room::beside(0)).await.unwrap().len(), 1, "it fails: one at a time");
}
