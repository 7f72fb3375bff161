//! What people read comes in Ukrainian and in English, and nothing is untranslated.

use crate::served::Served;
use mistok::base::words::organization::OrganizationKind;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Rooms whose sentences reach a person through `userErrors` or about a row of a spreadsheet.
const ROOMS: &[&str] = &[
    "access/permit.rs",
    "access/token/public_key.rs",
    "activity",
    "application",
    "base",
    "case",
    "centre",
    "contract",
    "indicator/rules.rs",
    "journal/idempotency.rs",
    "memorandum",
    "offering",
    "organization",
    "referral",
    "service",
    "sheet",
    "territory",
    "webhook/actions.rs",
    "webhook/rules.rs",
    "graphql/activity/input.rs",
    "graphql/referral/candidate.rs",
];

/// The first of the two or three things that stand as text in a line of Rust: what is said, not a comment nor the SDL's description.
fn sentences(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//") && !line.contains("desc = ") && !line.contains("expect("));
    let code = code.collect::<Vec<_>>().join("\n").replace("'\"'", "' '").replace("'\\\"'", "' '");
    let (mut found, mut rest) = (Vec::new(), code.as_str());
    while let Some((_, after)) = rest.split_once('"') {
        let (mut text, mut signs) = (String::new(), after.char_indices());
        let end = loop {
            match signs.next() {
                Some((at, '"')) => break at + 1,
                Some((_, '\\')) => match signs.next() {
                    // A sentence that goes on in the next line.
                    Some((_, '\n')) => {
                        let ahead = signs.as_str();
                        for _ in 0..ahead.len() - ahead.trim_start().len() {
                            signs.next();
                        }
                    }
                    Some((_, sign)) => text.push(sign),
                    None => break after.len(),
                },
                Some((_, sign)) => text.push(sign),
                None => break after.len(),
            }
        };
        found.push(text);
        rest = &after[end..];
    }
    found.retain(|text| {
        let begins = text.starts_with(|first: char| first.is_ascii_uppercase() || first == '{');
        begins && text.ends_with(['.', '?']) && text.split(' ').count() > 2 && !text.contains('\n')
    });
    found
}

fn read(path: &Path, into: &mut Vec<String>) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| read(&entry.unwrap().path(), into));
    } else if path.extension().is_some_and(|kind| kind == "rs") {
        into.extend(sentences(&fs::read_to_string(path).unwrap()));
    }
}

#[test]
fn every_sentence_is_there_in_ukrainian_and_no_other() {
    let mut said = Vec::new();
    ROOMS.iter().for_each(|room| read(&Path::new("src").join(room), &mut said));
    let said: BTreeSet<String> = said.into_iter().chain(ELSEWHERE.iter().map(|&sentence| sentence.into())).collect();
    let known: BTreeMap<String, String> =
        serde_json::from_str(&fs::read_to_string("src/base/message/uk.json").unwrap()).unwrap();
    let known: BTreeSet<String> = known.into_keys().collect();
    // Questions that are not answered at all have codes for programs, and English for those who write them.
    let questions: BTreeSet<String> = QUESTIONS.iter().map(|&sentence| sentence.into()).collect();
    let expected: BTreeSet<_> = known.union(&questions).cloned().collect();
    assert_eq!(said.difference(&expected).collect::<Vec<_>>(), Vec::<&String>::new(), "untranslated");
    assert_eq!(expected.difference(&said).collect::<Vec<_>>(), Vec::<&String>::new(), "said nowhere");
    assert!(known.len() > 200);
}

/// Sentences of top-level errors in those rooms.
const QUESTIONS: &[&str] = &[
    "Give exactly one of first and last, 1 to 100.",
    "What you may see of the person is copied: send the header Mistok-Purpose.",
    "{field} is not a cursor of this list with this filter and order.",
    "{field} must be 1 to {MOST}, not {size}.",
];

/// Sentences from among the descriptions of the SDL, which are not read here.
const ELSEWHERE: &[&str] = &["The document does not fit the schema: {why}"];

#[tokio::test]
async fn a_refusal_is_told_in_the_language_of_its_reader() {
    let served = Served::new().await;
    let token = served.token(&served.partner(OrganizationKind::Charity).await).await;
    let ask = async |language: Option<&str>| {
        let text =
            r#"mutation { applicationRevoke(input: {id: "AAAA", expectedVersion: 1}) { userErrors { code message path } } }"#;
        let mut asked = served.http.post(format!("{}/graphql", served.url)).bearer_auth(&token).json(&json!({ "query": text }));
        if let Some(language) = language {
            asked = asked.header("accept-language", language);
        }
        let answer: Value = asked.send().await.unwrap().json().await.unwrap();
        answer["data"]["applicationRevoke"]["userErrors"][0].clone()
    };
    let english = ask(None).await;
    assert_eq!(english["message"], "There is no such object, or none that you may know of.");
    assert_eq!(ask(Some("en-GB, uk;q=0.5")).await, english);
    let ukrainian = ask(Some("uk-UA,uk;q=0.9,en;q=0.8")).await;
    assert_eq!(ukrainian["message"], "Такого об'єкта немає, або вам не можна про нього знати.");
    assert_eq!((&ukrainian["code"], &ukrainian["path"]), (&english["code"], &english["path"]));
}

#[tokio::test]
async fn words_of_the_schema_have_their_names() {
    let served = Served::new().await;
    let token = served.token(&served.partner(OrganizationKind::Ministry).await).await;
    let ask = async |language: &str, name: &str| {
        let text = "query($name: String!) { codelist(name: $name) { value label description deprecated } }";
        let body = json!({ "query": text, "variables": { "name": name } });
        let asked = served.http.post(format!("{}/graphql", served.url)).bearer_auth(&token).json(&body);
        let answer: Value = asked.header("accept-language", language).send().await.unwrap().json().await.unwrap();
        answer["data"]["codelist"].clone()
    };
    let first =
        async |language: &str, name: &str| ask(language, name).await[0]["label"].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        (first("uk", "Urgency").await, first("en", "Urgency").await),
        ("екстрено".into(), "Danger to life or health".into())
    );
    let ages = ask("uk", "AgeBand").await;
    assert_eq!(
        ages[0],
        json!({"value": "AGE_0_5", "label": "0–5 років", "description": "0 to 5 years (0–5 років).", "deprecated": false})
    );
    // In the order of the schema: a state machine begins with its first state.
    assert_eq!(ask("en", "ReferralStatus").await[0]["value"], "DRAFT");
    for none in ["Referral", "Nothing", "", "String"] {
        assert_eq!(ask("uk", none).await, Value::Null, "{none}");
    }
}
