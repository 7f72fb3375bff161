//! What is held of a person, and who has seen it, for the person itself.

use crate::town::{Side, Town, target, with};
use serde_json::{Value, json};

const EXPORT: &str = "query($id: ID!) { subjectExport(caseId: $id) { json html } }";

async fn exported(town: &Town, side: &Side, case: &Value) -> (Value, String) {
    let answer = town.ask_for(side, Some("SUBJECT_REQUEST"), EXPORT, json!({"id": case["id"]})).await;
    let export = &answer.data()["subjectExport"];
    (serde_json::from_str(export["json"].as_str().unwrap()).unwrap(), export["html"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_person_learns_what_is_held_and_who_has_seen_it() {
    let town = Town::new().await;
    let (sent, case, _) = town.sent(&["CONTACT", "REASON"]).await;
    let accepted = town.step(&town.receiver, "referralAccept", &sent, json!({"note": "Чекаємо у вівторок"})).await;
    let update =
        with(target(&case), json!({"person": {"address": "<script>alert(1)</script> & \"вул.\"", "taxNumber": "3051406287"}}));
    let update = town.act(&town.sender, "personUpdate", "case", "", update).await;
    let case = if update["case"].is_null() { panic!("{update}") } else { update["case"].clone() };
    town.works(&town.sender, &case).await;
    let read = "query($id: ID!) { referral(id: $id) { subject { familyName phone } } }";
    town.ask_for(&town.receiver, Some("CASE_WORK"), read, json!({"id": accepted["id"]})).await.data();

    let (json, html) = exported(&town, &town.sender, &case).await;
    let person = &json["person"];
    assert_eq!((&person["familyName"], &person["taxNumber"]), (&json!("Вигадана"), &json!("3051406287")), "{json}");
    let kept = &json["cases"][0];
    assert_eq!(kept["hardshipFactors"], json!(["DOMESTIC_VIOLENCE", "INTERNAL_DISPLACEMENT"]), "{kept}");
    assert_eq!(
        (&kept["consents"][0]["evidence"], &kept["consents"][0]["fieldGroups"]),
        (&json!("заява № 1"), &json!(["CONTACT", "REASON"]))
    );
    let referral = &json["referrals"][0];
    assert_eq!((&referral["status"], &referral["reason"]), (&json!("ACCEPTED"), &json!("потребує розмови з психологом")));
    assert!(referral["steps"].as_array().unwrap().iter().any(|step| step["text"] == "Чекаємо у вівторок"), "{referral}");
    // The session of a group counts as a service of its own.
    assert_eq!(json["services"].as_array().unwrap().len(), 2, "{json}");
    let seen = json["readings"].as_array().unwrap();
    let foreign = seen.iter().find(|row| row["purpose"] == "CASE_WORK" && row["onBehalfOf"].is_null()).expect("the receiver");
    assert!(foreign["fields"].as_array().unwrap().iter().any(|field| field == "subject.phone"), "{foreign}");
    assert_eq!(json["cut"], false);

    // The page is for people: escaped, complete in itself, in Ukrainian.
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("Вигадана") && html.contains("Хто бачив ці дані"));
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp;") && !html.contains("<script"), "{html}");
    assert!(!html.contains("http") && !html.contains("CASE_WORK"), "{html}");

    // What was told to the person was told, too.
    let (again, _) = exported(&town, &town.sender, &case).await;
    let told = |row: &Value| row["purpose"] == "SUBJECT_REQUEST" && row["fields"] == json!(["subjectExport"]);
    assert!(again["readings"].as_array().unwrap().iter().any(told), "{again}");
}

#[tokio::test]
async fn only_its_keeper_tells_and_only_on_its_demand() {
    let town = Town::new().await;
    let (_, case, _) = town.sent(&["CONTACT"]).await;
    for purpose in [None, Some("CASE_WORK"), Some("AUDIT")] {
        let refused = town.ask_for(&town.sender, purpose, EXPORT, json!({"id": case["id"]})).await;
        assert_eq!(refused.code(), "PURPOSE_REQUIRED", "{purpose:?}");
    }
    for (side, id) in [(&town.receiver, &case["id"]), (&town.stranger, &case["id"]), (&town.sender, &json!("x"))] {
        let answer = town.ask_for(side, Some("SUBJECT_REQUEST"), EXPORT, json!({"id": id})).await;
        assert_eq!(answer.data()["subjectExport"], Value::Null);
    }
    let reads = "select count(*) from access where purpose = 'SUBJECT_REQUEST'";
    assert_eq!(town.count(reads).await, 0, "nothing was read");
    // Of an erased person there is nothing to tell but that.
    let close = with(target(&case), json!({"closeReason": "MOVED", "closedOn": town.served.clock.today()}));
    let case = town.done(&town.sender, "caseClose", "case", "id version", close).await;
    let erase = with(target(&case), json!({"ground": "STORAGE_PERIOD_ENDED"}));
    town.done(&town.sender, "personErase", "case", "id", erase).await;
    let (json, html) = exported(&town, &town.sender, &case).await;
    assert_eq!((&json["person"], &json["cases"][0]["hardshipFactors"]), (&Value::Null, &json!([])));
    assert!(!html.contains("Вигадана") && html.contains("знищено"), "{html}");
    assert_eq!(town.count(reads).await, 1);
}

/// A receiver tells of its own record: what the sender has written is read by the referral, as far as the consent goes, and no other way.
#[tokio::test]
async fn a_receiver_does_not_tell_what_the_consent_does_not_open() {
    let town = Town::new().await;
    let (sent, _, _) = town.sent(&["CONTACT"]).await;
    let accepted = town.step(&town.receiver, "referralAccept", &sent, json!({})).await;
    let own = json!({"idempotencyKey": crate::town::key(), "referralId": accepted["id"], "primaryCategory": "IDP", "intakeChannel": "REFERRAL"});
    let own = town.done(&town.receiver, "caseOpen", "case", "id version", own).await;
    let seen = town.sees(&town.receiver, &sent["id"], "reason subject { familyName }").await;
    assert_eq!((&seen["reason"], &seen["subject"]["familyName"]), (&Value::Null, &json!("Вигадана")));
    let (json, html) = exported(&town, &town.receiver, &own).await;
    let referral = &json["referrals"][0];
    assert_eq!((&referral["number"], &referral["reason"]), (&sent["number"], &Value::Null), "{referral}");
    assert!(referral["steps"].as_array().unwrap().iter().all(|step| step["text"].is_null()), "{referral}");
    assert!(!html.contains("психологом") && !json.to_string().contains("психологом"));
}
