//! Erased means: nobody reads the person any more, by no way, and nothing that was counted changes.

use crate::{
    served::scopes,
    town::{Side, Town, key, target, with},
};
use mistok::{access::Scope, base::words::organization::OrganizationKind as Kind};
use serde_json::{Value, json};

const FIELDS: &str =
    "id version status erasedAt externalReference person { familyName phone } hardshipFactors redactions { field reason }";

async fn erase(town: &Town, side: &Side, object: &Value, ground: &str) -> (String, String) {
    town.refused(side, "personErase", "case", with(target(object), json!({"ground": ground}))).await
}

/// Closes a case, and reads it anew.
async fn closed(town: &Town, case: &Value) -> Value {
    let input = with(target(case), json!({"closeReason": "RECIPIENT_REFUSED", "closedOn": town.served.clock.today()}));
    town.done(&town.sender, "caseClose", "case", "id version", input).await
}

/// How many rows of a table say something of the person of a case.
async fn left(town: &Town, case: &Value, table: &str) -> i64 {
    let key = mistok::graphql::node::open(&case["id"].as_str().unwrap().into()).unwrap().1;
    town.count(&format!("select count(*) from {table} where person_id = (select person_id from \"case\" where id = '{key}')"))
        .await
}

#[tokio::test]
async fn nobody_reads_an_erased_person_and_counts_stay() {
    let town = Town::new().await;
    let (sent, case, _) = town.sent(&["CONTACT", "DEMOGRAPHICS", "REASON"]).await;
    let accepted = town.step(&town.receiver, "referralAccept", &sent, json!({"note": "Чекаємо на Оксану у вівторок"})).await;
    town.works(&town.sender, &case).await;
    let before = town.ask_for(&town.receiver, Some("CASE_WORK"), SUBJECT, json!({"id": sent["id"]})).await;
    assert!(before.data()["referral"]["subject"]["familyName"].is_string(), "{before:?}");
    let counted = "select count(*) + coalesce(sum(quantity), 0) from service_delivery";
    let (cases, served) = (town.count("select count(*) from \"case\"").await, town.count(counted).await);

    // What goes on cannot go on without its person.
    let (code, path) = erase(&town, &town.sender, &case, "SUBJECT_REQUEST").await;
    assert_eq!((code.as_str(), path.as_str()), ("TRANSITION_NOT_ALLOWED", "input.id"));
    let case = closed(&town, &case).await;
    for (side, code) in [(&town.receiver, "NOT_FOUND"), (&town.stranger, "NOT_FOUND")] {
        assert_eq!(erase(&town, side, &case, "SUBJECT_REQUEST").await.0, code);
    }
    // A referral of a case is erased by its case, and nobody erases another's.
    for side in [&town.sender, &town.receiver] {
        assert_eq!(erase(&town, side, &accepted, "COURT_DECISION").await.0, "NOT_FOUND");
    }
    let head = town.ask(&town.sender, "{ changesHead }", Value::Null).await.data()["changesHead"].clone();
    let foreign_head = town.ask(&town.receiver, "{ changesHead }", Value::Null).await.data()["changesHead"].clone();
    let input = with(target(&case), json!({"ground": "SUBJECT_REQUEST", "idempotencyKey": "erase"}));
    let gone = town.done(&town.sender, "personErase", "case", FIELDS, input.clone()).await;
    assert!(gone["erasedAt"].is_string() && gone["person"].is_null() && gone["hardshipFactors"].is_null(), "{gone}");
    assert_eq!(gone["version"], case["version"].as_i64().unwrap() + 1);
    assert!(gone["redactions"].as_array().unwrap().iter().all(|hidden| hidden["reason"] == "ERASED"), "{gone}");

    // Nothing is left to be read, whoever has written it.
    for table in ["vault.person_key", "sealed", "person_lookup"] {
        assert_eq!(left(&town, &case, table).await, 0, "{table}");
    }
    assert_eq!(town.count("select count(*) from referral_kept").await, 0);
    for side in [&town.sender, &town.receiver] {
        let seen = town.ask_for(side, Some("CASE_WORK"), SUBJECT, json!({"id": sent["id"]})).await;
        let referral = &seen.data()["referral"];
        assert_eq!((&referral["status"], &referral["statusReason"]), (&json!("CANCELLED"), &json!("PERSON_ERASED")));
        assert_eq!((&referral["subject"]["familyName"], &referral["reason"]), (&Value::Null, &Value::Null));
        assert!(referral["timeline"].as_array().unwrap().iter().all(|event| event["note"].is_null()));
        assert!(referral["redactions"].as_array().unwrap().iter().all(|hidden| hidden["reason"] == "ERASED"), "{referral}");
    }
    assert_eq!(town.count("select count(*) from \"case\"").await, cases);
    assert_eq!(town.count(counted).await, served);

    // The owner is told, with the ground in the audit; the receiver is asked about what it keeps, and says so.
    let told = async |side: &Side, after: &Value| {
        let page = "query($a: String) { changes(after: $a) { entries { type objectId } } }";
        let answer = town.ask(side, page, json!({"a": after})).await;
        let entries = answer.data()["changes"]["entries"].as_array().unwrap().clone();
        entries.iter().map(|entry| entry["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    crate::feed::settled(&town).await;
    let owner = told(&town.sender, &head).await;
    assert!(owner.contains(&"PERSON_ERASED".to_owned()) && owner.contains(&"CONSENT_WITHDRAWN".to_owned()), "{owner:?}");
    let receiver = told(&town.receiver, &foreign_head).await;
    assert!(
        receiver.contains(&"REFERRAL_REDACTED".to_owned()) && !receiver.contains(&"PERSON_ERASED".to_owned()),
        "{receiver:?}"
    );
    assert_eq!(
        town.count("select count(*) from change where type = 'PERSON_ERASED' and detail->>'ground' = 'SUBJECT_REQUEST'").await,
        1
    );
    let now = town.sees(&town.receiver, &sent["id"], "id version").await;
    let acknowledged = town.step(&town.receiver, "referralRedactionAcknowledge", &now, json!({})).await;
    assert_eq!(acknowledged["status"], "CANCELLED");

    // Asked again, it is the same; once more, it is too late.
    let again = town.act(&town.sender, "personErase", "case", "id", input).await;
    assert_eq!((&again["replayed"], &again["case"]["id"]), (&json!(true), &case["id"]));
    assert_eq!(erase(&town, &town.sender, &gone, "SUBJECT_REQUEST").await.0, "RECORD_FROZEN");
    // Whoever comes again is another record.
    let anew = town.case(&town.sender).await;
    assert_eq!(left(&town, &anew, "vault.person_key").await, 1);
    assert_eq!(left(&town, &case, "vault.person_key").await, 0);
}

const SUBJECT: &str =
    "query($id: ID!) { referral(id: $id) { status statusReason reason subject { familyName phone ageBand } timeline { note }
    redactions { field reason } } }";

/// Steps that would write of the person are refused by name, none fails.
#[tokio::test]
async fn nothing_is_written_of_an_erased_person() {
    let town = Town::new().await;
    let (sent, case, _) = town.sent(&["CONTACT"]).await;
    let case = closed(&town, &case).await;
    let input = with(target(&case), json!({"ground": "RELATIONS_ENDED"}));
    let case = town.done(&town.sender, "personErase", "case", "id version", input).await;
    let frozen = async |name: &str, object: &str, input: Value| {
        let (code, _) = town.refused(&town.sender, name, object, input).await;
        assert!(matches!(code.as_str(), "RECORD_FROZEN" | "TRANSITION_NOT_ALLOWED"), "{name}: {code}");
    };
    frozen("personUpdate", "case", with(target(&case), json!({"person": {"phone": "0670000099"}}))).await;
    frozen("caseMarkError", "case", with(target(&case), json!({"reason": "Помилка"}))).await;
    frozen(
        "consentGive",
        "consent",
        json!({"idempotencyKey": key(), "caseId": case["id"], "receiverId": town.receiver.id,
        "purpose": "CASE_WORK", "fieldGroups": ["CONTACT"], "givenBy": "CLIENT", "method": "WRITTEN", "explained": true}),
    )
    .await;
    let now = town.sees(&town.sender, &sent["id"], "id version status").await;
    assert_eq!(now["status"], "CANCELLED");
    town.step(&town.sender, "referralMarkError", &now, json!({"reason": "OTHER"})).await;
    assert_eq!(left(&town, &case, "sealed").await, 0);
    // Without the scope nothing is erased.
    let least = town.served.partner_with(Kind::LocalAuthority, scopes(&[Scope::CasesWrite, Scope::PersonsWrite])).await;
    let token = town.served.token(&least).await;
    let ask = "mutation($i: PersonEraseInput!) { personErase(input: $i) { case { id } } }";
    let answer = town.served.ask(&token, ask, json!({"i": with(target(&case), json!({"ground": "RELATIONS_ENDED"}))})).await;
    assert_eq!(answer.code(), "FORBIDDEN");
}
