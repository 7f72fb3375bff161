//! The trail of the audit: who saw or changed an object, as each may know it.

use crate::town::{Side, Town};
use serde_json::{Value, json};

const TRAIL: &str = "query($id: ID!, $first: Int, $after: String) { auditTrail(objectId: $id, first: $first, after: $after) {
    nodes { id at actor { kind organization { id } application { id } } onBehalfOf purpose action objectIds fields }
    pageInfo { endCursor hasNextPage } totalCount } }";

async fn trail(town: &Town, side: &Side, id: &Value) -> Vec<Value> {
    let answer = town.ask(side, TRAIL, json!({"id": id, "first": 100})).await;
    let page = &answer.data()["auditTrail"];
    let entries = page["nodes"].as_array().unwrap().clone();
    assert_eq!(page["totalCount"], entries.len());
    entries
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

/// Reads personal data as a worker of a side.
async fn read(town: &Town, side: &Side, query: &str, id: &Value) {
    let asked = town.served.http.post(format!("{}/graphql", town.served.url)).bearer_auth(&side.token);
    let asked = asked.header("mistok-purpose", "CASE_WORK").header("mistok-acting-for", "worker:7");
    let answer: Value =
        asked.json(&json!({"query": query, "variables": {"id": id}})).send().await.unwrap().json().await.unwrap();
    assert!(answer.get("errors").is_none(), "{answer}");
}

#[tokio::test]
async fn each_sees_what_was_done_as_far_as_it_is_its_own() {
    let town = Town::new().await;
    let (sent, case, _) = town.sent(&["CONTACT"]).await;
    let accepted = town.step(&town.receiver, "referralAccept", &sent, json!({})).await;
    let subject = "query($id: ID!) { referral(id: $id) { subject { familyName phone } } }";
    read(&town, &town.receiver, subject, &accepted["id"]).await;
    read(&town, &town.sender, "query($id: ID!) { case(id: $id) { person { familyName } } }", &case["id"]).await;

    let of_sender = trail(&town, &town.sender, &sent["id"]).await;
    assert_eq!(actions(&of_sender), ["READ", "REFERRAL_ACCEPTED", "REFERRAL_SENT", "REFERRAL_CREATED"]);
    // The sender learns which organisation read what, and why; not which of its people.
    let seen = &of_sender[0];
    assert_eq!((&seen["actor"]["organization"]["id"], &seen["purpose"]), (&json!(town.receiver.id), &json!("CASE_WORK")));
    assert_eq!((&seen["actor"]["application"], &seen["onBehalfOf"]), (&Value::Null, &Value::Null));
    assert_eq!((&seen["objectIds"], &seen["actor"]["kind"]), (&json!([sent["id"]]), &json!("APPLICATION")));
    let fields: Vec<_> = seen["fields"].as_array().unwrap().iter().map(|field| field.as_str().unwrap()).collect();
    assert!(
        fields.iter().any(|field| field.ends_with("familyName")) && fields.iter().any(|field| field.ends_with("phone")),
        "{fields:?}"
    );
    assert_eq!(of_sender[1]["actor"]["organization"]["id"], town.receiver.id.as_str());
    assert!(of_sender[2]["actor"]["application"]["id"].is_string() && of_sender[2]["purpose"].is_null());

    // The receiver from the sending on, with its own worker.
    let of_receiver = trail(&town, &town.receiver, &sent["id"]).await;
    assert_eq!(actions(&of_receiver), ["READ", "REFERRAL_ACCEPTED", "REFERRAL_SENT"]);
    assert_eq!(of_receiver[0]["onBehalfOf"], "worker:7");
    assert!(of_receiver[0]["actor"]["application"]["id"].is_string());
    // Ids and cursors are of one organisation alone, and tell nothing of what others write.
    assert_ne!(of_receiver[0]["id"], of_sender[0]["id"]);
    assert_eq!(trail(&town, &town.sender, &sent["id"]).await[0]["id"], of_sender[0]["id"]);
    // Each entry is found again by its id, by whom it was told to.
    const ENTRY: &str =
        "query($id: ID!) { node(id: $id) { id ... on AuditEntry { at actor { kind organization { id } application { id } }
        onBehalfOf purpose action objectIds fields } } }";
    for (side, entries) in [(&town.sender, &of_sender), (&town.receiver, &of_receiver)] {
        for entry in entries {
            let mut found = town.ask(side, ENTRY, json!({"id": entry["id"]})).await.data()["node"].clone();
            assert_eq!(&found, entry);
            for other in [&town.sender, &town.receiver, &town.stranger] {
                found = town.ask(other, ENTRY, json!({"id": entry["id"]})).await.data()["node"].clone();
                assert_eq!(found.is_null(), other.id != side.id, "{found}");
            }
        }
    }
    let elsewhere =
        mistok::graphql::node::Kind::Case.id(mistok::graphql::node::open(&sent["id"].as_str().unwrap().into()).unwrap().1);
    assert!(trail(&town, &town.sender, &json!(elsewhere.0)).await.is_empty(), "the id of another kind");

    // A case with the reads of its person, for its owner alone.
    let own = trail(&town, &town.sender, &case["id"]).await;
    assert_eq!(actions(&own), ["READ", "CASE_OPENED"]);
    assert_eq!(own[0]["fields"], json!(["familyName"]));
    let found = town.ask(&town.sender, ENTRY, json!({"id": own[0]["id"]})).await;
    assert_eq!(found.data()["node"], own[0]);
    for side in [&town.receiver, &town.stranger] {
        assert!(trail(&town, side, &case["id"]).await.is_empty());
    }
    assert!(trail(&town, &town.stranger, &sent["id"]).await.is_empty());
    for id in [json!("x"), json!(""), json!("CAAAAAAAAAAAAAAAAAAAAAA")] {
        assert!(trail(&town, &town.sender, &id).await.is_empty());
    }
}

/// A page of a receiver names referrals of several senders: each learns of its own alone.
#[tokio::test]
async fn a_page_that_was_read_tells_each_sender_of_its_own() {
    let town = Town::new().await;
    let (one, _, _) = town.sent(&["CONTACT"]).await;
    let (two, _, _) = town.sent(&["CONTACT"]).await;
    for sent in [&one, &two] {
        town.step(&town.receiver, "referralAccept", sent, json!({})).await;
    }
    let page = "query($id: ID) { referrals(filter: {direction: INBOUND, caseId: $id}, first: 10) { nodes { subject { familyName } } } }";
    read(&town, &town.receiver, page, &Value::Null).await;
    let mut both = [one["id"].clone(), two["id"].clone()];
    both.sort_by_key(ToString::to_string);
    for id in &both {
        let entries = trail(&town, &town.receiver, id).await;
        let mut ids = entries[0]["objectIds"].as_array().unwrap().clone();
        ids.sort_by_key(ToString::to_string);
        assert_eq!(ids, both);
    }
    // As if the second had another sender.
    let superuser = crate::stage::connect(&town.served.stage.superuser_url()).await;
    let key = |id: &Value| mistok::graphql::node::open(&id.as_str().unwrap().into()).unwrap().1;
    let other = town.stranger.partner.organization_id;
    let moved = format!(
        "set session_replication_role = replica; update referral set sender_id = '{other}' where id = '{}'",
        key(&two["id"])
    );
    superuser.batch_execute(&moved).await.unwrap();
    let own = trail(&town, &town.sender, &one["id"]).await;
    assert_eq!((actions(&own)[0], &own[0]["objectIds"]), ("READ", &json!([one["id"]])));
    assert!(!actions(&trail(&town, &town.sender, &two["id"]).await).contains(&"READ"));
    let theirs = trail(&town, &town.stranger, &two["id"]).await;
    assert_eq!((actions(&theirs), &theirs[0]["objectIds"]), (vec!["READ"], &json!([two["id"]])));
}

#[tokio::test]
async fn it_comes_in_pages_and_needs_its_scope() {
    let town = Town::new().await;
    let (sent, _, _) = town.sent(&["CONTACT"]).await;
    for _ in 0..2 {
        read(&town, &town.sender, "query($id: ID!) { referral(id: $id) { reason } }", &sent["id"]).await;
    }
    let whole = trail(&town, &town.sender, &sent["id"]).await;
    let (mut paged, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = town.ask(&town.sender, TRAIL, json!({"id": sent["id"], "first": 1, "after": after})).await;
        let page = &answer.data()["auditTrail"];
        paged.extend(page["nodes"].as_array().unwrap().clone());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(paged, whole);
    let other = town.ask(&town.sender, TRAIL, json!({"id": town.sender.id, "first": 1, "after": after})).await;
    assert_eq!(other.code(), "INVALID_CURSOR");
    let least = town
        .served
        .partner_with(
            mistok::base::words::organization::OrganizationKind::Ngo,
            crate::served::scopes(&[mistok::access::Scope::ReferralsRead]),
        )
        .await;
    let token = town.served.token(&least).await;
    assert_eq!(town.served.ask(&token, TRAIL, json!({"id": sent["id"], "first": 1})).await.code(), "FORBIDDEN");
    let node = town.served.ask(&token, "query($id: ID!) { node(id: $id) { id } }", json!({"id": whole[0]["id"]})).await;
    assert_eq!(node.data(), &json!({"node": null}));
}
