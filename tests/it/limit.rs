//! What a question costs, what an application may ask, and what stops.

use crate::{
    served::Served,
    stream::Wire,
    town::{Town, key},
};
use mistok::{base::words::organization::OrganizationKind::Ngo, config::Rate};
use serde_json::{Value, json};
use std::time::Duration;

/// What an answer says that it has cost.
fn cost(answer: &crate::served::Answer) -> (u64, u64, u64) {
    let cost = &answer.body["extensions"]["cost"];
    let number = |name: &str| cost[name].as_u64().unwrap_or_else(|| panic!("{name}: {answer:?}"));
    assert_eq!(cost["limit"], 200_000);
    (number("requested"), number("actual"), cost["bucket"]["remaining"].as_u64().unwrap())
}

#[tokio::test]
async fn each_answer_tells_what_it_has_cost() {
    let town = Town::of(Served::limited(Rate { most: 1_000_000, refill: 1 }).await).await;
    let (sent, _, _) = town.sent(&["CONTACT"]).await;
    let page = "{ referrals(first: 50, filter: {direction: OUTBOUND}) { nodes { id sender { id name } } pageInfo { hasNextPage } } rateLimit { cost limit remaining refill resetAt } }";
    let answer = town.ask(&town.sender, page, Value::Null).await;
    let (requested, actual, remaining) = cost(&answer);
    // The request, two fields of the root, fifty referrals of four fields, what the page says of itself, five fields of the limit.
    assert_eq!(requested, 100 + (100 + 1) + 50 * (1 + 2 + 2) + 2 + (100 + 1) + 5);
    assert_eq!(actual, 100 + (100 + 1) + (1 + 2 + 2) + 2 + (100 + 1) + 5, "one referral");
    let told = &answer.data()["rateLimit"];
    assert_eq!((&told["cost"], &told["limit"], &told["refill"]), (&json!(requested), &json!(1_000_000), &json!(1)));
    // What was not used came back after it was told.
    assert!(told["remaining"].as_u64().unwrap().abs_diff(remaining - (requested - actual)) <= 2, "{told} {remaining}");
    let reset: chrono::DateTime<chrono::Utc> = told["resetAt"].as_str().unwrap().parse().unwrap();
    let full_in = reset - town.served.clock.now();
    assert!(full_in.num_seconds().abs_diff(i64::try_from(1_000_000 - remaining).unwrap()) < 400, "{full_in}");

    let accept =
        "mutation($id: ID!) { referralAccept(input: {id: $id, expectedVersion: 2}) { referral { id } userErrors { code } } }";
    let (requested, actual, after) = cost(&town.ask(&town.receiver, accept, json!({"id": sent["id"]})).await);
    assert_eq!((requested, actual), (100 + 1_000 + 1 + 2 + 12 * 2, 100 + 1_000 + 1 + 1 + 1 + 1));
    assert!(after > remaining, "the bucket of another application");
    let introspection = town.ask(&town.sender, "{ __schema { types { name fields { name } } } }", Value::Null).await;
    assert_eq!(cost(&introspection).1, 100 + 5_000 + 1);
    let many = (0..40).map(|n| format!("a{n}: referralCandidates(input: {{serviceCode: \"M-014\", territory: \"UA48020130000080862\"}}) {{ organization {{ id }} }}"));
    let refused = town.ask(&town.sender, &format!("{{ {} }}", many.collect::<Vec<_>>().join(" ")), Value::Null).await;
    assert_eq!((refused.status, refused.code()), (400, "QUERY_TOO_COMPLEX"), "{refused:?}");
    assert_eq!(refused.body["errors"][0]["extensions"]["limit"], 200_000);
}

/// A loop of a partner, with good and with bad questions: it is told when to come again, and nobody else notices.
#[tokio::test]
async fn who_asks_too_fast_waits_and_nobody_else_does() {
    let town = Town::of(Served::limited(Rate { most: 200_000, refill: 100 }).await).await;
    let (sent, _, _) = town.sent(&["CONTACT"]).await;
    let dear =
        format!("{{ {} }}", (0..4).map(|n| format!("a{n}: __schema {{ types {{ name }} }}")).collect::<Vec<_>>().join(" "));
    let mut refused = None;
    for _ in 0..40 {
        let answer = town.ask(&town.receiver, &dear, Value::Null).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let refused = refused.expect("two hundred thousand points are spent");
    let retry_after: u64 = refused.header("retry-after").parse().unwrap();
    assert_eq!((refused.code(), &refused.body["errors"][0]["extensions"]["retryAfter"]), ("RATE_LIMITED", &json!(retry_after)));
    assert!((1..=205).contains(&retry_after), "{retry_after}");
    // Also to who reads plain JSON, and before the document is looked at.
    let answer = loop {
        let asked = town.served.http.post(format!("{}/graphql", town.served.url)).bearer_auth(&town.receiver.token);
        let answer = asked.header("accept", "application/json").json(&json!({"query": "{"})).send().await.unwrap();
        if answer.status() != 200 {
            break answer;
        }
    };
    assert_eq!((answer.status().as_u16(), answer.headers().contains_key("retry-after")), (429, true));
    // Nothing was written, and the sender asks as ever.
    let accept = "mutation($id: ID!) { referralAccept(input: {id: $id, expectedVersion: 2}) { referral { id } } }";
    assert_eq!(town.ask(&town.receiver, accept, json!({"id": sent["id"]})).await.status, 429);
    let seen =
        town.ask(&town.sender, "query($id: ID!) { referral(id: $id) { status version } }", json!({"id": sent["id"]})).await;
    assert_eq!(seen.data()["referral"], json!({"status": "SENT", "version": 2}));
    // Over WebSocket the same bucket counts.
    let mut wire = Wire::of(&town.served.url, &town.receiver.token).await;
    wire.subscribe("1", "{ __schema { types { name } } }", json!({})).await;
    let said = wire.hear().await;
    assert_eq!((&said["type"], &said["payload"][0]["extensions"]["code"]), (&json!("error"), &json!("RATE_LIMITED")));
    // Who waits as long as it is told is answered again.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(town.ask(&town.receiver, "{ viewer { scopes } }", Value::Null).await.status, 200);
    // Documents that are refused cost too.
    let wrong = format!("{{ nope }} # {}", "x".repeat(600_000));
    let answers = [town.ask(&town.stranger, &wrong, Value::Null).await, town.ask(&town.stranger, &wrong, Value::Null).await];
    assert_eq!(answers.map(|answer| answer.code().to_owned()), ["VALIDATION_FAILED", "VALIDATION_FAILED"]);
    let mut last = 200;
    for _ in 0..3 {
        last = town.ask(&town.stranger, &wrong, Value::Null).await.status;
    }
    assert_eq!(last, 429);
}

/// The 864 bytes that keep the stock server busy for seven seconds, and larger ones.
#[tokio::test]
async fn bombs_are_refused_before_they_go_off() {
    let served = Served::limited(Rate { most: 1_000_000, refill: 1 }).await;
    let token = served.token(&served.partner(Ngo).await).await;
    let bomb = |depth: usize, width: usize, inner: &str| {
        let mut text = String::from("{ ...F0 }");
        for n in 0..depth {
            let next = format!("...F{} ", n + 1).repeat(width);
            text += &format!(" fragment F{n} on Query {{ {next}}}");
        }
        text + &format!(" fragment F{depth} on Query {{ {inner} }}")
    };
    for (text, code) in [
        (bomb(20, 2, "__typename"), "QUERY_TOO_COMPLEX"),
        (bomb(30, 2, "__typename"), "QUERY_TOO_COMPLEX"),
        (bomb(6, 10, "viewer { scopes }"), "QUERY_TOO_COMPLEX"),
        (bomb(11, 2, "changes(first: 100) { entries { type } }"), "QUERY_TOO_COMPLEX"),
    ] {
        let answer = served.ask(&token, &text, Value::Null).await;
        assert_eq!(answer.code(), code, "{text}");
    }
}

/// What nobody waits for any more stops in the database too.
#[tokio::test]
async fn a_statement_stops_with_its_request() {
    let served = Served::new().await;
    let partner = served.partner(Ngo).await;
    let actor = mistok::access::Actor {
        application_id: uuid::Uuid::nil(),
        organization_id: partner.organization_id,
        kind: Ngo,
        scopes: Default::default(),
        purpose: None,
        acting_for: None,
        language: Default::default(),
    };
    let sleeps = "select count(*) from pg_stat_activity where datname = current_database() and query like '%pg_sleep(9' || '00)%' and state = 'active'";
    let owner = served.stage.owner().await;
    let running = async || owner.query_one(sleeps, &[]).await.unwrap().get::<_, i64>(0);
    for _ in 0..2 {
        let work = async {
            let reading = served.app.db().read(&actor).await.unwrap();
            let mut link = reading.link();
            diesel_async::RunQueryDsl::execute(diesel::sql_query("select pg_sleep(900)"), &mut link).await
        };
        assert!(tokio::time::timeout(Duration::from_millis(300), work).await.is_err());
    }
    let mut left = running().await;
    for _ in 0..40 {
        if left == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        left = running().await;
    }
    assert_eq!(left, 0, "of at most fifteen seconds by the setting of the database");
    // The pool has room for the next.
    let token = served.token(&partner).await;
    assert_eq!(served.ask(&token, "{ viewer { organization { id } } }", json!({"unused": key()})).await.status, 400);
    assert_eq!(served.ask(&token, "{ viewer { organization { id } } }", Value::Null).await.status, 200);
}
