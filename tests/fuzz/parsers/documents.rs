//! Documents with their variables, as far as they come before anything is executed: bounds, syntax, validation, coercion, scopes, cost,
//! arguments.

use super::{Parser, Seeds, text};
use async_graphql::ServerError;
use mistok::{
    access::Scope,
    graphql::{cost, error, limits, schema},
};
use serde_json::{Map, Value};
use std::{cell::RefCell, sync::LazyLock};
use tokio::runtime::{Builder, Runtime};

pub(super) const ALL: &[Parser] = &[
    Parser { name: "document", read: document, seeds: documents, times: 600 },
    Parser { name: "bounds", read: bounds, seeds: texts, times: 2_000 },
];

static GATE: LazyLock<schema::Gate> = LazyLock::new(|| schema::Gate::new(schema::builder).expect("our own schema"));

thread_local! {
    static RUNTIME: RefCell<Runtime> = RefCell::new(Builder::new_current_thread().build().expect("a runtime"));
}

/// Each fault has a code, and few words beside what it repeats of the document.
fn told(faults: &[ServerError], given: &str) {
    assert!(!faults.is_empty());
    for fault in faults {
        assert!(error::code(fault).is_some(), "{fault:?}");
        assert!(!fault.message.is_empty() && fault.message.len() < 600 + 2 * given.len(), "{fault:?}");
    }
    let all: usize = faults.iter().map(|fault| fault.message.len()).sum();
    assert!(all < 20_000 + 20 * given.len(), "{} faults, {all} bytes of {}", faults.len(), given.len());
}

/// A document and behind a zero its variables.
fn with(document: &str, variables: &str) -> String {
    format!("{document}\0{variables}")
}

const REFERRAL: &str = include_str!("../../../schema/operations/partner/referral.graphql");
const CREATE: &str = include_str!("../../../schema/operations/partner/referral-create.graphql");
const SEARCH: &str = include_str!("../../../schema/operations/partner/territory-search.graphql");
const RECORD: &str = include_str!("../../../schema/operations/partner/services-record.graphql");
const FOLLOW: &str = include_str!("../../../schema/operations/partner/changes-follow.graphql");
const CASES: &str = include_str!("../../../schema/operations/partner/cases.graphql");

fn documents() -> Seeds {
    let create = r#"{"input":{"idempotencyKey":"k","subject":{"caseId":"x"},"receiverId":"y","serviceCode":"M-002","urgency":"URGENT","reason":"ї","send":true}}"#;
    let record = r#"{"input":{"idempotencyKey":"k","rows":[{"serviceCode":"M-014","form":"PHONE","occurredOn":"2025-03-04","quantity":2.0}]}}"#;
    let long = "a".repeat(20_000);
    Seeds::of(
        &[
            &with(REFERRAL, r#"{"id":"x"}"#),
            &with(CREATE, create),
            &with(SEARCH, r#"{"search":"казанк"}"#),
            &with(RECORD, record),
            &with(FOLLOW, r#"{"after":null,"types":["CASE_OPENED"]}"#),
            &with(CASES, r#"{"filter":{"person":{"phone":"+380670000021"}}}"#),
            "{ viewer { scopes ...F } } fragment F on Viewer { scopes }",
            "query($x: Boolean = true) { __typename rateLimit @skip(if: $x) { cost } }",
            "{ nodes(ids: [\"a\", \"\"\"b\"\"\"]) { __typename id ... on Case @include(if: false) { id } } }",
        ],
        &[
            "{",
            "{...A} fragment A on Query{...A}",
            "query($s: String!) { territories(first: 1, search: $s) { nodes { name } } }\0{\"s\":7}",
            "{ rateLimit(x: {y: 1, y: 2}) { cost } }",
            "{a(x:\"\\\n\")}",
            &with(
                &format!("query(${long}: [Int!]) {{ __typename rateLimit @skip(if: ${long}) {{ cost }} }}"),
                &format!("{{\"{long}\":[null,null,null]}}"),
            ),
            &format!("{{{}b{}}}", "a{".repeat(200), "}".repeat(200)),
        ],
    )
}

fn document(bytes: &[u8]) -> bool {
    let given = text(bytes);
    let (document, variables) = given.split_once('\0').unwrap_or((&given, ""));
    let variables: Map<String, Value> = serde_json::from_str(variables).unwrap_or_default();
    let choose = || RUNTIME.with_borrow(|runtime| runtime.block_on(GATE.choose(document, None)));
    let chosen = match choose() {
        Ok(chosen) => chosen,
        Err(faults) => {
            told(&faults, &given);
            assert_eq!(choose().err().map(|faults| faults.len()), Some(faults.len()), "the second time as the first");
            return false;
        }
    };
    let kind = chosen.kind;
    assert_eq!(choose().map(|chosen| chosen.kind).ok(), Some(kind), "what is remembered is taken too");
    match GATE.prepare(chosen, variables, Scope::ALL.iter().copied().collect()) {
        Ok(ready) => {
            assert!((cost::REQUEST..=cost::MOST).contains(&ready.cost) && ready.kind == kind);
            true
        }
        Err(faults) => {
            told(&faults, &given);
            false
        }
    }
}

fn texts() -> Seeds {
    Seeds::of(
        &[
            REFERRAL,
            "\u{feff}# a comment { [ (\n query A($x: [Int!]! = [1, 2]) @a { b: a(x: \"{{{\\\"\", y: \"\"\"}}\\\"\"\"\"\"\") { ... on B { c } } }",
            "subscription { a(x: {y: [{z: E}, 1.5e3, null, $v]}) }",
        ],
        &["", "fragment A on Q{a}", "{a(x:\"\n\")}", "\"\"\"", "{a}\u{0}", "{a(x:[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]])}"],
    )
}

fn bounds(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let narrow = limits::Bounds { tokens: 200, depth: 5, nesting: 4, aliases: 5, selections: 50, ..Default::default() };
    match limits::parse(&text, &limits::Bounds::default()) {
        Ok(document) => {
            assert!(document.operations.iter().count() > 0);
            // Spaces and a comment change nothing.
            assert!(limits::parse(&format!(" ,\n{text}\n#\n"), &limits::Bounds::default()).is_ok());
            true
        }
        Err(fault) => {
            told(std::slice::from_ref(&fault), &text);
            assert!(limits::parse(&text, &narrow).is_err(), "what is too much is too much for less");
            false
        }
    }
}
