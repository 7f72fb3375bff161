//! Secrets and personal data stay out of what a server says of itself: its log, and what is printed for debugging.

use crate::{
    crash::Server,
    log,
    served::Served,
    town::{Town, key},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    path::Path,
};

/// The program itself, as talkative as an operator can make it.
#[tokio::test]
async fn the_most_talkative_log_tells_of_nobody() {
    let town = Town::new().await;
    let file = crate::stage::place("log");
    let server = Server::logging(&town, "trace", File::create(&file).unwrap().into()).await;
    let token = server.token(&town, &town.sender).await;
    let ask = async |query: &str, variables: Value| {
        let asked = town
            .served
            .http
            .post(format!("{}/graphql", server.url))
            .bearer_auth(&token)
            .header("mistok-purpose", "CASE_WORK")
            .header("mistok-acting-for", "worker-of-a-partner");
        asked.json(&json!({"query": query, "variables": variables})).send().await.unwrap().json::<Value>().await.unwrap()
    };
    let person = json!({"familyName": "Вигадана", "givenName": "Оксана", "birthDate": "1990-05-17", "phone": "067-000-00-01", "address": "вул. Вигадана"});
    let input = json!({"idempotencyKey": key(), "primaryCategory": "IDP", "intakeChannel": "SELF_IN_PERSON", "person": person});
    let opened = ask(
        "mutation($i: CaseOpenInput!) { caseOpen(input: $i) { case { id person { phone } } userErrors { code } } }",
        json!({"i": input}),
    )
    .await;
    assert_eq!(opened["data"]["caseOpen"]["case"]["person"]["phone"], "+380670000001", "{opened}");
    let endpoint = json!({"idempotencyKey": key(), "url": "http://127.0.0.1:9/", "types": ["CASE_OPENED"]});
    ask("mutation($i: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $i) { secret } }", json!({"i": endpoint}))
        .await;
    ask("{ cases(first: 5, filter: {person: {phone: \"067-000-00-01\"}}) { nodes { id } } }", json!({})).await;
    ask("{ organizations(first: 5, filter: {search: \"Вигадана\"}) { nodes { id } } }", json!({})).await;
    ask("{ organizations(first: 5, filter: {search: \"Вигадана\"} ", json!({})).await;
    let wrong = town.served.http.post(format!("{}/graphql", server.url)).bearer_auth(format!("{token}x"));
    wrong.body("Вигадана").send().await.unwrap();
    // A token in the address is none.
    let address = format!("{}/graphql?query=Вигадана&access_token={token}", server.url);
    assert_eq!(town.served.http.get(address).send().await.unwrap().status(), 401);
    let lines = fs::read_to_string(&file).unwrap();
    assert!(lines.contains("answered") && lines.contains("DEBUG"), "it says nothing: {lines}");
    let told: Vec<_> = lines.lines().filter_map(|line| log::told(line).map(|told| format!("{told}: {line}"))).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    // What a person types for a search has lower case in the database.
    for text in ["вигадана", "1990-05-17", "worker-of-a-partner"] {
        assert!(!lines.contains(text), "{text}");
    }
    // Libraries are not heard where they tell what they carry.
    let low = lines.lines().filter(|line| line.contains(" DEBUG ") || line.contains(" TRACE "));
    let others: Vec<_> = low.filter(|line| !line.split_whitespace().nth(2).unwrap().starts_with("mistok")).collect();
    assert!(others.is_empty(), "{}", others.join("\n"));
    fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_configuration_can_be_printed() {
    let served = Served::new().await;
    let shown = format!("{:?} {:#?}", served.config, served.config);
    for secret in served.config.signing_keys.iter().chain(&served.config.audit_keys) {
        let inside = secret.expose_secret().lines().nth(1).unwrap();
        assert!(!shown.contains(inside));
    }
    assert!(!shown.contains("PRIVATE KEY") && !shown.contains("7, 7, 7"), "{shown}");
    assert!(!shown.contains(served.config.database.url.expose_secret()), "{shown}");
}

/// Types that hold keys, and members that hold a secret as it is.
const BARE: &[&str] = &[
    "EncodingKey",
    "SigningKey",
    "SecretKey",
    "Zeroizing<",
    "PersonKey",
    "secret: String",
    "secret: Option<String>",
    "secret: Vec<u8>",
    "password: String",
    "token: String",
    "key: [u8; 32]",
    "kept: [u8; 32]",
    "pepper: [u8; 32]",
    "<[u8; 32]>",
];

#[test]
fn no_type_that_holds_a_secret_prints_it() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|kind| kind != "rs") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for (place, _) in text.match_indices("struct ") {
                // A line of attributes or visibility alone leads to it.
                let begins = text[..place].trim_end().rsplit('\n').next().unwrap_or_default().trim();
                if begins.starts_with("//") {
                    continue;
                }
                let end =
                    text[place..].find("\n}").into_iter().chain(text[place..].find(";\n")).min().unwrap_or(text.len() - place);
                let body = &text[place..place + end];
                if let Some(bare) = BARE.iter().find(|bare| body.contains(**bare)) {
                    seen += 1;
                    let above = text[..place].rsplit("\n\n").next().unwrap();
                    if above.contains("Debug") || above.contains("Serialize") {
                        wrong.push(format!(
                            "{}: {} holds {bare} and derives Debug or Serialize",
                            path.display(),
                            body.lines().next().unwrap()
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 5, "{seen} types: the walk sees nothing");
}
