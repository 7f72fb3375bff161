//! The memoranda of the demonstration: what the report says of their number, for its day and for good.

use super::{Desk, KAZANKA, actor, kazanka, refusals};
use mistok::{
    access::Actor, application::operator, base::timetable::Timetable, base::words::organization::OrganizationKind, db::Errand,
    demo,
};
use serde_json::{Value, json};

/// The demonstration with its memoranda.
async fn told() -> Desk {
    let desk = Desk::new().await;
    for app in demo::APPLICATIONS {
        let wish = operator::Register {
            organization_id: app.organization,
            name: app.name.to_owned(),
            ..operator::Register::default()
        };
        operator::register(&desk.db, &desk.seal, Errand::Demo, wish).await.unwrap();
    }
    demo::tell(&desk.db, &desk.seal, &Timetable::default()).await.unwrap();
    desk
}

/// How many partners the centre of a hromada has on a day; null: today.
async fn partners(desk: &Desk, hromada: &str, on: Value) -> Value {
    let text = "query($t: Katottg!, $on: Date) { centres(filter: { territory: $t, status: [OPEN] }, first: 2) { nodes { partnerCount(on: $on) } } }";
    let mut found = desk.get(&actor(1, OrganizationKind::Ministry), text, json!({ "t": hromada, "on": on })).await;
    assert_eq!(found["nodes"].as_array().unwrap().len(), 1);
    found["nodes"][0]["partnerCount"].take()
}

/// The memorandum of the centre of Kazanka, as one of its parties reads it.
async fn memorandum(desk: &Desk, reader: &Actor) -> Value {
    let text = "{ memoranda(first: 5) { nodes { id version number status on: status(on: \"2025-05-27\") sharing { fieldGroups onwardReferral retentionDays }
        parties { role status organization { name } } } } }";
    let found = desk.get(reader, text, json!({})).await;
    found["nodes"].as_array().unwrap().iter().find(|node| node["number"] == "К-15/2025").unwrap().clone()
}

#[tokio::test]
async fn the_centre_of_kazanka_has_fifteen_partners() {
    let desk = told().await;
    assert_eq!(partners(&desk, KAZANKA, json!("2025-05-27")).await, 15);
    assert_eq!(partners(&desk, KAZANKA, json!("2025-01-31")).await, 0, "signed, but its first day has not come");
    assert_eq!(partners(&desk, KAZANKA, json!("2025-02-01")).await, 15);
    let [novovolynsk, vinnytsia] = ["UA07020130000036300", "UA05020030000031457"];
    assert_eq!(partners(&desk, novovolynsk, json!("2024-12-31")).await, 2, "under the first memorandum");
    assert_eq!(partners(&desk, novovolynsk, json!("2025-01-01")).await, 3, "two of them under both, counted once");
    assert_eq!(partners(&desk, vinnytsia, Value::Null).await, 4);

    let found = memorandum(&desk, &kazanka()).await;
    assert_eq!(
        found["sharing"],
        json!({ "fieldGroups": ["DEMOGRAPHICS", "CONTACT"], "onwardReferral": false, "retentionDays": 30 })
    );
    let parties = found["parties"].as_array().unwrap();
    assert_eq!((parties.len(), &parties[0]["role"]), (16, &json!("CENTRE_PROVIDER")));
    assert!(parties.iter().all(|party| party["status"] == "SIGNED"));
    assert!(parties.iter().all(|party| party["organization"]["name"].as_str().unwrap().ends_with("(демо)")));

    let state = "select count(*) + sum(version) from memorandum";
    let before = desk.count(&format!("select ({state})::bigint")).await;
    demo::tell(&desk.db, &desk.seal, &Timetable::default()).await.unwrap();
    assert_eq!(desk.count(&format!("select ({state})::bigint")).await, before, "a second run changes nothing");
}

#[tokio::test]
async fn a_past_day_is_told_the_same_for_good() {
    let desk = told().await;
    let charity = actor(5, OrganizationKind::Charity);
    let act = async |who: &Actor, mutation: &str, more: Value| {
        let found = memorandum(&desk, &kazanka()).await;
        let mut input = json!({ "id": found["id"], "expectedVersion": found["version"] });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let done = desk.change(who, mutation, "memorandum { id }", input).await;
        assert!(refusals(&done).is_empty(), "{mutation}: {done}");
    };
    let steps = [
        (&charity, "memorandumWithdraw", 14, "IN_FORCE"),
        (&kazanka(), "memorandumSuspend", 0, "SUSPENDED"),
        (&kazanka(), "memorandumResume", 14, "IN_FORCE"),
        (&kazanka(), "memorandumTerminate", 0, "TERMINATED"),
    ];
    for (who, mutation, today, status) in steps {
        act(who, mutation, json!({ "reason": "перевірка" })).await;
        assert_eq!(partners(&desk, KAZANKA, Value::Null).await, today, "{mutation}");
        assert_eq!(partners(&desk, KAZANKA, json!("2025-05-27")).await, 15, "{mutation}");
        let found = memorandum(&desk, &charity).await;
        assert_eq!((&found["status"], &found["on"]), (&json!(status), &json!("IN_FORCE")), "{mutation}");
    }
}
