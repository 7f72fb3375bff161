//! Documents that an application has registered: asked by their hashes, and nothing else if so wished.

use crate::{
    served::{Answer, Served, scopes},
    stream::Wire,
    town::key,
};
use mistok::{
    access::Scope,
    application::shelf,
    base::words::organization::OrganizationKind::{Charity, Ngo},
};
use serde_json::{Value, json};

const VIEWER: &str = "query Who($also: Boolean = false) { viewer { scopes } again: viewer @include(if: $also) { scopes } }";

fn hex(text: &str) -> String {
    shelf::hash(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn post(served: &Served, token: &str, body: Value) -> Answer {
    let asked = served.http.post(format!("{}/graphql", served.url)).bearer_auth(token);
    let asked = asked.header("accept", "application/graphql-response+json").json(&body);
    Answer::of(asked.send().await.unwrap()).await
}

/// Registers for an application; the payload.
async fn register(served: &Served, token: &str, application: &Value, more: Value) -> Value {
    let text = "mutation($i: TrustedDocumentsRegisterInput!) { trustedDocumentsRegister(input: $i) {
        application { id version trustedDocumentsOnly } replayed userErrors { code path message } } }";
    let mut input = json!({"applicationId": application, "documents": []});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    served.ask(token, text, json!({"i": input})).await.data()["trustedDocumentsRegister"].clone()
}

async fn own(served: &Served, token: &str) -> Value {
    served.ask(token, "{ viewer { application { id } } }", Value::Null).await.data()["viewer"]["application"]["id"].clone()
}

#[tokio::test]
async fn a_registered_document_is_asked_by_its_hash() {
    let served = Served::new().await;
    let (partner, other) = (served.partner(Ngo).await, served.partner(Charity).await);
    let (token, foreign) = (served.token(&partner).await, served.token(&other).await);
    let id = own(&served, &token).await;
    let by_hash = json!({"documentId": format!("sha256:{}", hex(VIEWER)), "variables": {"also": true}});
    let unknown = post(&served, &token, by_hash.clone()).await;
    assert_eq!((unknown.status, unknown.code()), (400, "PERSISTED_QUERY_NOT_FOUND"));

    let done = register(&served, &token, &id, json!({"documents": [VIEWER], "idempotencyKey": "ci-1"})).await;
    assert_eq!((&done["userErrors"], &done["application"]["trustedDocumentsOnly"]), (&json!([]), &json!(false)));
    let again = register(&served, &token, &id, json!({"documents": [VIEWER], "idempotencyKey": "ci-1"})).await;
    assert_eq!((&again["replayed"], &again["application"]["version"]), (&json!(true), &done["application"]["version"]));
    let asked = post(&served, &token, by_hash.clone()).await;
    assert!(asked.data()["again"]["scopes"].is_array(), "{asked:?}");
    // As Apollo's clients send it, by GET as well, and together with the text.
    let apollo = json!({"persistedQuery": {"version": 1, "sha256Hash": hex(VIEWER)}});
    assert_eq!(post(&served, &token, json!({"extensions": apollo})).await.status, 200);
    assert_eq!(post(&served, &token, json!({"extensions": apollo, "query": VIEWER})).await.status, 200);
    assert_eq!(post(&served, &token, json!({"extensions": apollo, "query": "{ viewer { scopes } }"})).await.status, 400);
    let got = served.http.get(format!("{}/graphql?documentId=sha256:{}", served.url, hex(VIEWER))).bearer_auth(&token);
    assert_eq!(Answer::of(got.send().await.unwrap()).await.status, 200);
    // Each application has a shelf of its own.
    assert_eq!(post(&served, &foreign, by_hash.clone()).await.code(), "PERSISTED_QUERY_NOT_FOUND");
    // Over WebSocket too.
    let mut wire = Wire::of(&served.url, &token).await;
    wire.say(json!({"id": "1", "type": "subscribe", "payload": by_hash})).await;
    assert!(wire.hear().await["payload"]["data"]["viewer"]["scopes"].is_array());

    // What does not fit is named, and nothing of the call is kept.
    for (documents, path) in [
        (json!(["{ viewer { scopes } }", "{ nope }"]), json!(["input", "documents", "1"])),
        (json!(["{"]), json!(["input", "documents", "0"])),
        (json!([format!("{{ viewer {{ scopes }} }} # {}", "x".repeat(20_000))]), json!(["input", "documents", "0"])),
        (json!([""]), json!(["input", "documents", "0"])),
    ] {
        let refused = register(&served, &token, &id, json!({"documents": documents, "replace": true})).await;
        assert_eq!(
            (&refused["userErrors"][0]["code"], &refused["userErrors"][0]["path"]),
            (&json!("INVALID"), &path),
            "{refused}"
        );
    }
    assert_eq!(post(&served, &token, by_hash.clone()).await.status, 200);
    // A stranger's application is none.
    let theirs = register(&served, &foreign, &id, json!({"documents": ["{ viewer { scopes } }"]})).await;
    assert_eq!(theirs["userErrors"][0]["code"], "NOT_FOUND");
    let least = served.token(&served.partner_with(Ngo, scopes(&[Scope::CasesRead])).await).await;
    let answer = served
        .ask(
            &least,
            "mutation($i: TrustedDocumentsRegisterInput!) { trustedDocumentsRegister(input: $i) { replayed } }",
            json!({"i": {"applicationId": id, "documents": []}}),
        )
        .await;
    assert_eq!(answer.code(), "FORBIDDEN");
    // Replaced is gone.
    register(&served, &token, &id, json!({"documents": ["{ viewer { scopes } }"], "replace": true})).await;
    assert_eq!(post(&served, &token, by_hash).await.code(), "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn an_application_may_be_limited_to_what_it_has_registered() {
    let served = Served::new().await;
    let partner = served.partner(Ngo).await;
    let manager = served.token(&partner).await;
    let made = "mutation($i: ApplicationRegisterInput!) { applicationRegister(input: $i) { application { id clientId } clientSecret } }";
    let made = served
        .ask(&manager, made, json!({"i": {"name": "Вузький", "scopes": ["referrals:read"], "idempotencyKey": key()}}))
        .await;
    let made = &made.data()["applicationRegister"];
    let narrow = crate::served::Partner {
        organization_id: partner.organization_id,
        client_id: made["application"]["clientId"].as_str().unwrap().to_owned(),
        secret: made["clientSecret"].as_str().unwrap().to_owned(),
    };
    let token = served.token(&narrow).await;
    assert_eq!(served.ask(&token, "{ viewer { scopes } }", Value::Null).await.status, 200);
    let id = &made["application"]["id"];
    let done = register(&served, &manager, id, json!({"documents": [VIEWER], "only": true})).await;
    assert_eq!(done["application"]["trustedDocumentsOnly"], true, "{done}");

    // By its text or its hash what is registered, and nothing else, by no way.
    assert_eq!(served.ask(&token, VIEWER, Value::Null).await.status, 200);
    assert_eq!(post(&served, &token, json!({"documentId": format!("sha256:{}", hex(VIEWER))})).await.status, 200);
    for other in [
        "{ viewer { scopes } }",
        &format!("{VIEWER} "),
        "{ __schema { types { name } } }",
        "subscription { changes { type } }",
        "{",
    ] {
        let refused = served.ask(&token, other, Value::Null).await;
        assert_eq!((refused.status, refused.code()), (400, "DOCUMENT_NOT_TRUSTED"), "{other}");
        let got =
            served.http.get(reqwest::Url::parse_with_params(&format!("{}/graphql", served.url), [("query", other)]).unwrap());
        let got = got.bearer_auth(&token);
        assert_eq!(Answer::of(got.send().await.unwrap()).await.code(), "DOCUMENT_NOT_TRUSTED");
    }
    let mut wire = Wire::of(&served.url, &token).await;
    wire.subscribe("1", "{ viewer { scopes } }", json!({})).await;
    assert_eq!(wire.hear().await["payload"][0]["extensions"]["code"], "DOCUMENT_NOT_TRUSTED");
    let events = served.http.post(format!("{}/graphql", served.url)).bearer_auth(&token).header("accept", "text/event-stream");
    let said = events.json(&json!({"query": "subscription { changes { type } }"})).send().await.unwrap().text().await.unwrap();
    assert!(said.contains("DOCUMENT_NOT_TRUSTED"), "{said}");
    // Nor beside GraphQL: an export would be all that a stolen token wishes for.
    for way in ["exports/referrals", "contracts/x.ocds.json"] {
        let asked = served.http.get(format!("{}/{way}", served.url)).bearer_auth(&token);
        let refused = Answer::of(asked.send().await.unwrap()).await;
        assert_eq!((refused.status, refused.code()), (400, "DOCUMENT_NOT_TRUSTED"), "{way}");
    }
    // The others of the organisation are not, and lift it.
    assert_eq!(served.ask(&manager, "{ viewer { scopes } }", Value::Null).await.status, 200);
    register(&served, &manager, id, json!({"only": false})).await;
    assert_eq!(served.ask(&token, "{ viewer { scopes } }", Value::Null).await.status, 200);
}
