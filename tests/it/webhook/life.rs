//! An endpoint from its beginning to its end, as its owner and strangers see it.

use super::{Stage, centre, changed, says, signatures, verified};
use crate::town::{key, with};
use chrono::Duration;
use mistok::{
    access::{Scope, Scopes},
    base::words::organization::OrganizationKind as Kind,
};
use serde_json::{Value, json};

#[tokio::test]
async fn a_change_is_brought_signed_and_thin() {
    let stage = Stage::new().await;
    let (town, side) = (&stage.town, &stage.town.receiver);
    let types = ["REFERRAL_SENT", "REFERRAL_ACCEPTED"];
    let (endpoint, secret) = stage.endpoint(side, "/in?token=1", &types).await;
    assert_eq!((&endpoint["status"], &endpoint["version"], &endpoint["types"]), (&json!("ENABLED"), &json!(1), &json!(types)));
    assert_eq!(secret.len(), "whsec_".len() + 44);
    let (sent, ..) = town.sent(&["CONTACT"]).await;
    assert_eq!(stage.round().await, 1, "nothing of the draft, nothing of the sender's case");
    let got = stage.receiver.take().remove(0);
    assert_eq!((got.path.as_str(), verified(&got, &secret), signatures(&got)), ("/in?token=1", 1, 1));
    assert_eq!(got.headers["content-type"], "application/json");
    assert_eq!(got.headers["user-agent"], format!("mistok/{}", env!("CARGO_PKG_VERSION")));
    let age = town.served.clock.now().timestamp() - got.headers["webhook-timestamp"].parse::<i64>().unwrap();
    assert!((0..5).contains(&age));
    let body = got.body();
    assert_eq!(body["type"], "REFERRAL_SENT");
    assert_eq!((&body["data"]["objectId"], &body["data"]["objectVersion"]), (&sent["id"], &sent["version"]));
    let names: Vec<_> = body["data"].as_object().unwrap().keys().cloned().collect();
    assert_eq!((names.len(), body.as_object().unwrap().len()), (3, 3), "nothing more: {body}");

    // What it says is what the feed says, and one goes on from it.
    let query = "query($after: String){ changes(after: $after, types: [REFERRAL_SENT, REFERRAL_ACCEPTED]){ entries { cursor type objectId occurredAt } } }";
    town.step(side, "referralAccept", &sent, json!({})).await;
    assert_eq!(stage.round().await, 1);
    let after = stage.receiver.take().remove(0).body();
    let rest = town.ask(side, query, json!({"after": body["data"]["cursor"]})).await.data()["changes"]["entries"].clone();
    assert_eq!(rest.as_array().unwrap().len(), 1);
    assert_eq!(
        (&rest[0]["cursor"], &rest[0]["type"], &rest[0]["occurredAt"]),
        (&after["data"]["cursor"], &after["type"], &after["timestamp"])
    );

    // What its owner sees of it.
    let all = stage.deliveries(side, &endpoint).await;
    assert_eq!(all.len(), 2);
    for (delivery, got) in all.iter().zip([&after, &body]) {
        assert_eq!((&delivery["status"], &delivery["nextAttemptAt"]), (&json!("SUCCEEDED"), &Value::Null));
        assert_eq!((&delivery["change"]["type"], &delivery["change"]["objectId"]), (&got["type"], &got["data"]["objectId"]));
        assert_eq!(delivery["attempts"].as_array().unwrap().len(), 1);
        assert_eq!(
            (&delivery["attempts"][0]["responseStatus"], &delivery["attempts"][0]["error"]),
            (&json!(204), &Value::Null)
        );
    }
    assert_eq!(all[1]["messageId"], got.message());
    assert_eq!(stage.round().await, 0);
}

/// The few lines of the README verify a request, and nothing else.
#[tokio::test]
async fn the_readme_verifies_what_comes() {
    if !crate::command::there_is("python3") {
        return;
    }
    let stage = Stage::new().await;
    let (_, secret) = stage.endpoint(&stage.town.receiver, "/in", &["CENTRE_CHANGED"]).await;
    stage.changes(&stage.town.receiver, 1, 1).await;
    stage.round().await;
    let got = stage.receiver.take().remove(0);
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let script = readme.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    let asks = "\nimport json, sys\nheaders, body, secret, other = json.loads(sys.argv[1])\nbody = body.encode()\n\
        old = {**headers, 'webhook-timestamp': '1000000000'}\n\
        print(verified(headers, body, secret), verified(headers, body, other), verified(headers, body + b' ', secret), verified(old, body, secret))";
    let other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let given = json!([got.headers, got.text, secret, other]).to_string();
    let said = std::process::Command::new("python3").args(["-c", &format!("{script}{asks}"), &given]).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&said.stdout).trim(),
        "True False False False",
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
}

#[tokio::test]
async fn both_secrets_sign_for_a_day() {
    let mut stage = Stage::new().await;
    let (endpoint, first) = stage.endpoint(&stage.town.receiver, "/in", &["CENTRE_CHANGED"]).await;
    let (endpoint, second) = stage.rotated(&stage.town.receiver, &endpoint).await;
    assert_eq!(endpoint["version"], 2);
    stage.changes(&stage.town.receiver, 1, 1).await;
    stage.round().await;
    let got = stage.receiver.take().remove(0);
    assert_eq!((verified(&got, &first), verified(&got, &second), signatures(&got)), (1, 1, 2));
    // Of three the oldest goes.
    let (_, third) = stage.rotated(&stage.town.receiver, &endpoint).await;
    stage.changes(&stage.town.receiver, 1, 2).await;
    stage.round().await;
    let got = stage.receiver.take().remove(0);
    assert_eq!((verified(&got, &first), verified(&got, &second), verified(&got, &third)), (0, 1, 1));
    stage = stage.later(Duration::hours(24)).await;
    stage.changes(&stage.town.receiver, 1, 3).await;
    stage.round().await;
    let got = stage.receiver.take().remove(0);
    assert_eq!((verified(&got, &second), verified(&got, &third), signatures(&got)), (0, 1, 1));
}

#[tokio::test]
async fn a_retry_makes_no_second_endpoint_and_shows_no_secret() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    let query = "mutation($input: WebhookEndpointCreateInput!){ webhookEndpointCreate(input: $input){ endpoint { id } secret replayed userErrors { code } } }";
    let input = json!({"idempotencyKey": key(), "url": stage.receiver.url("/"), "types": ["TEST"]});
    let make =
        async |input: Value| stage.town.ask(side, query, json!({"input": input})).await.data()["webhookEndpointCreate"].clone();
    let (first, again) = (make(input.clone()).await, make(input.clone()).await);
    assert!(first["secret"].is_string() && again["secret"].is_null() && again["replayed"] == true);
    assert_eq!(first["endpoint"], again["endpoint"]);
    let other = make(with(input, json!({"types": ["CASE_OPENED"]}))).await;
    assert_eq!(other["userErrors"][0]["code"], "IDEMPOTENCY_KEY_REUSED");
    // The journal keeps no secret either, and the row holds it sealed.
    let secret = first["secret"].as_str().unwrap();
    let raw = secret.trim_start_matches("whsec_");
    let told = format!("select count(*) from change where detail::text like '%{raw}%'");
    assert_eq!(stage.town.count(&told).await, 0);
    let plain = format!("select count(*) from webhook_endpoint where position(decode('{raw}', 'base64') in secret) > 0");
    assert_eq!(stage.town.count(&plain).await, 0);
}

#[tokio::test]
async fn it_is_changed_disabled_enabled_and_deleted() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    let (endpoint, _) = stage.endpoint(side, "/old", &["CENTRE_CHANGED"]).await;
    let endpoint = stage.act(side, "webhookEndpointUpdate", &endpoint, json!({"url": stage.receiver.url("/new")})).await;
    assert_eq!((&endpoint["version"], &endpoint["types"]), (&json!(2), &json!(["CENTRE_CHANGED"])));
    stage.changes(side, 1, 1).await;
    stage.round().await;
    assert_eq!(stage.receiver.take()[0].path, "/new");
    // Nothing while it is disabled, and nothing of that afterwards.
    stage.receiver.treats("/new", [says(500)]);
    stage.changes(side, 1, 2).await;
    stage.round().await;
    let disabled = stage.act(side, "webhookEndpointUpdate", &endpoint, json!({"status": "DISABLED"})).await;
    assert_eq!((&disabled["status"], &disabled["disabledReason"]), (&json!("DISABLED"), &json!("BY_OWNER")));
    stage.changes(side, 1, 3).await;
    stage.receiver.treats("/new", [says(204)]);
    stage.receiver.take();
    let stage = stage.later(Duration::days(1)).await;
    let side = &stage.town.receiver;
    assert_eq!(stage.round().await, 0);
    let states: Vec<_> = stage.deliveries(side, &endpoint).await.iter().map(|row| row["status"].clone()).collect();
    assert_eq!(states, ["FAILED", "SUCCEEDED"]);
    for (name, object) in [("webhookTest", "delivery"), ("webhookReplay", "endpoint")] {
        let mut input = json!({"endpointId": endpoint["id"]});
        if name == "webhookReplay" {
            input = with(input, json!({"from": "2026-01-01T00:00:00Z", "to": "2027-12-31T00:00:00Z"}));
        }
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query =
            format!("mutation($input: {kind}!){{ {name}(input: $input){{ {object} {{ id }} userErrors {{ code path }} }} }}");
        let refused = stage.town.ask(side, &query, json!({"input": input})).await.data()[name]["userErrors"][0].clone();
        assert_eq!(refused, json!({"code": "TRANSITION_NOT_ALLOWED", "path": ["input", "endpointId"]}));
    }
    let enabled = stage
        .act(side, "webhookEndpointUpdate", &disabled, json!({"status": "ENABLED", "types": ["CENTRE_CHANGED", "TEST"]}))
        .await;
    assert_eq!(
        (&enabled["status"], &enabled["disabledReason"], &enabled["failingSince"]),
        (&json!("ENABLED"), &Value::Null, &Value::Null)
    );
    stage.changes(side, 1, 4).await;
    assert_eq!(stage.round().await, 1);
    assert_eq!(stage.receiver.take()[0].version(), 4);
    // What its owner does is told to its owner.
    let told = "select count(*) from change where type = 'WEBHOOK_ENDPOINT_CHANGED'";
    assert_eq!(stage.town.count(told).await, 4);
    let stale = with(json!({"id": enabled["id"], "expectedVersion": 1}), json!({}));
    let (code, _) = stage.town.refused(side, "webhookEndpointDelete", "endpoint", stale).await;
    assert_eq!(code, "VERSION_CONFLICT");
    let gone = json!({"id": enabled["id"], "expectedVersion": enabled["version"], "idempotencyKey": key()});
    for replayed in [false, true] {
        let done = stage.town.act(side, "webhookEndpointDelete", "endpoint", "", gone.clone()).await;
        assert_eq!((&done["endpoint"], &done["userErrors"], &done["replayed"]), (&Value::Null, &json!([]), &json!(replayed)));
    }
    stage.changes(side, 1, 5).await;
    assert_eq!(stage.round().await, 0);
    assert_eq!(stage.seen(side, &endpoint).await, Value::Null);
    assert_eq!(stage.town.ask(side, "{ webhookEndpoints { id } }", json!({})).await.data()["webhookEndpoints"], json!([]));
    mistok::work::round(stage.db(), uuid::Uuid::nil()).await.unwrap();
    assert_eq!(stage.town.count("select count(*) from webhook_delivery").await, 0, "with its deliveries");
}

#[tokio::test]
async fn a_test_comes_by_itself() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    let (endpoint, secret) = stage.endpoint(side, "/in", &["CASE_OPENED"]).await;
    let (other, _) = stage.endpoint(side, "/other", &["TEST"]).await;
    let query = "mutation($input: WebhookTestInput!){ webhookTest(input: $input){ delivery { id status messageId change { type objectId } attempts { at } endpoint { id } } replayed userErrors { code } } }";
    let input = json!({"input": {"endpointId": endpoint["id"], "idempotencyKey": key()}});
    let made = stage.town.ask(side, query, input.clone()).await.data()["webhookTest"].clone();
    assert_eq!(made["delivery"]["status"], "PENDING");
    assert_eq!(made["delivery"]["change"], json!({"type": "TEST", "objectId": endpoint["id"]}));
    assert_eq!((&made["delivery"]["attempts"], &made["delivery"]["endpoint"]["id"]), (&json!([]), &endpoint["id"]));
    assert_eq!(stage.round().await, 1, "no other endpoint learns of it");
    let got = stage.receiver.take().remove(0);
    assert_eq!((got.path.as_str(), verified(&got, &secret), got.body()["type"].as_str()), ("/in", 1, Some("TEST")));
    assert_eq!(made["delivery"]["messageId"], got.message());
    let again = stage.town.ask(side, query, input).await.data()["webhookTest"].clone();
    assert_eq!(
        (&again["delivery"]["id"], &again["delivery"]["status"], &again["replayed"]),
        (&made["delivery"]["id"], &json!("SUCCEEDED"), &json!(true))
    );
    assert_eq!(stage.round().await, 0);
    assert!(stage.deliveries(side, &other).await.is_empty());
    let node = "query($id: ID!){ node(id: $id){ __typename ... on WebhookDelivery { status } } }";
    let seen = stage.town.ask(side, node, json!({"id": made["delivery"]["id"]})).await.data()["node"].clone();
    assert_eq!(seen, json!({"__typename": "WebhookDelivery", "status": "SUCCEEDED"}));
}

#[tokio::test]
async fn a_stretch_is_replayed_under_the_same_ids() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    let from = stage.town.served.clock.now();
    // Before there was an endpoint at all.
    stage.changes(side, 1, 1).await;
    stage.round().await;
    let (endpoint, _) = stage.endpoint(side, "/in", &["CENTRE_CHANGED"]).await;
    let from_endpoint = stage.town.served.clock.now();
    for (object, version) in [(1, 2), (2, 1), (1, 3)] {
        stage.changes(side, object, version).await;
    }
    stage.changes(&stage.town.stranger, 9, 1).await;
    stage.round().await;
    let first = stage.receiver.take();
    let query = "mutation($input: WebhookReplayInput!){ webhookReplay(input: $input){ endpoint { id } replayedChanges replayed userErrors { code path message } } }";
    let replay = async |from: chrono::DateTime<chrono::Utc>, to: chrono::DateTime<chrono::Utc>, key: String| {
        stage.rested().await;
        let input =
            json!({"endpointId": endpoint["id"], "from": from.to_rfc3339(), "to": to.to_rfc3339(), "idempotencyKey": key});
        stage.town.ask(side, query, json!({"input": input})).await.data()["webhookReplay"].clone()
    };
    let seen_again =
        |got: &[super::Got]| got.iter().map(|got| got.message().to_owned()).collect::<std::collections::BTreeSet<_>>();
    let to = stage.town.served.clock.now() + Duration::seconds(1);
    crate::feed::settled(&stage.town).await;
    let done = replay(from_endpoint, to, key()).await;
    assert_eq!((&done["userErrors"], &done["replayedChanges"]), (&json!([]), &json!(3)));
    assert_eq!(stage.round().await, 3);
    let again = stage.receiver.take();
    assert_eq!(seen_again(&again), seen_again(&first), "known by their ids");
    let of_one: Vec<_> = again.iter().filter(|got| got.object() == centre(1)).map(super::Got::version).collect();
    assert_eq!(of_one, [2, 3], "in order");
    // What it never had comes too, before the rest of its object.
    let one_key = key();
    let done = replay(from, to, one_key.clone()).await;
    assert_eq!(done["replayedChanges"], 4);
    let retried = replay(from, to, one_key).await;
    assert_eq!((&retried["replayedChanges"], &retried["replayed"]), (&json!(4), &json!(true)));
    assert_eq!(stage.round().await, 4);
    let of_one: Vec<_> =
        stage.receiver.take().iter().filter(|got| got.object() == centre(1)).map(super::Got::version).collect();
    assert_eq!(of_one, [1, 2, 3]);
    let all = stage.deliveries(side, &endpoint).await;
    let mut tries: Vec<_> = all.iter().map(|row| row["attempts"].as_array().unwrap().len()).collect();
    tries.sort_unstable();
    assert_eq!(tries, [1, 3, 3, 3], "all attempts are kept");
    // A stretch that cannot be.
    let wrong = replay(to, from, key()).await["userErrors"][0].clone();
    assert_eq!((&wrong["code"], &wrong["path"]), (&json!("INVALID"), &json!(["input", "to"])));
    let wrong = replay(from - Duration::days(500), to, key()).await["userErrors"][0].clone();
    assert_eq!((&wrong["code"], &wrong["path"]), (&json!("INVALID"), &json!(["input", "from"])));
}

#[tokio::test]
async fn a_replay_has_its_bound() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    let from = stage.town.served.clock.now();
    let own = side.partner.organization_id;
    let load = format!(
        "with n as (select nextval('change_seq') as seq, now() as at, gen_random_uuid() as id from generate_series(1, 10001)),
           w as (insert into change (seq, at, type, object_type, object_id, object_version, actor_kind) select seq, at, 'CENTRE_CHANGED', 'CENTRE', id, 1, 'SYSTEM' from n)
         insert into change_audience (organization_id, seq, at) select '{own}', seq, at from n"
    );
    crate::stage::connect(&stage.town.served.stage.superuser_url()).await.batch_execute(&load).await.unwrap();
    let (endpoint, _) = stage.endpoint(side, "/in", &["CENTRE_CHANGED"]).await;
    crate::feed::settled(&stage.town).await;
    let query =
        "mutation($input: WebhookReplayInput!){ webhookReplay(input: $input){ replayedChanges userErrors { code path } } }";
    let to = stage.town.served.clock.now() + Duration::seconds(1);
    let input =
        json!({"endpointId": endpoint["id"], "from": (from - Duration::seconds(5)).to_rfc3339(), "to": to.to_rfc3339()});
    let done = stage.town.ask(side, query, json!({"input": input})).await.data()["webhookReplay"].clone();
    assert_eq!(done["userErrors"], json!([{"code": "LIMIT_EXCEEDED", "path": ["input", "to"]}]));
}

#[tokio::test]
async fn strangers_see_and_touch_nothing() {
    let stage = Stage::new().await;
    let (town, side, stranger) = (&stage.town, &stage.town.receiver, &stage.town.stranger);
    let (endpoint, _) = stage.endpoint(side, "/in", &["CENTRE_CHANGED"]).await;
    stage.changes(side, 1, 1).await;
    stage.round().await;
    let delivery = stage.deliveries(side, &endpoint).await[0]["id"].clone();
    assert_eq!(stage.seen(stranger, &endpoint).await, Value::Null);
    assert_eq!(town.ask(stranger, "{ webhookEndpoints { id } }", json!({})).await.data()["webhookEndpoints"], json!([]));
    let nodes = "query($ids: [ID!]!){ nodes(ids: $ids){ id } }";
    let seen = town.ask(stranger, nodes, json!({"ids": [endpoint["id"], delivery]})).await;
    assert_eq!(seen.data()["nodes"], json!([null, null]));
    let target = json!({"id": endpoint["id"], "expectedVersion": 1});
    for (name, path, more) in [
        ("webhookEndpointUpdate", "input.id", json!({"status": "DISABLED"})),
        ("webhookEndpointDelete", "input.id", json!({})),
        ("webhookSecretRotate", "input.id", json!({})),
    ] {
        let refused = town.refused(stranger, name, "endpoint", with(target.clone(), more)).await;
        assert_eq!(refused, ("NOT_FOUND".to_owned(), path.to_owned()), "{name}");
    }
    let tried = "mutation($id: ID!){ a: webhookTest(input: {endpointId: $id}){ userErrors { code path } } b: webhookReplay(input: {endpointId: $id, from: \"2026-01-01T00:00:00Z\", to: \"2026-12-31T00:00:00Z\"}){ userErrors { code path } } }";
    let said = town.ask(stranger, tried, json!({"id": endpoint["id"]})).await;
    let not_found = json!([{"code": "NOT_FOUND", "path": ["input", "endpointId"]}]);
    assert_eq!((&said.data()["a"]["userErrors"], &said.data()["b"]["userErrors"]), (&not_found, &not_found));

    // An application of its own organisation that does not manage webhooks.
    let poor = town.served.partner_with(Kind::Ngo, crate::served::scopes(&[Scope::CasesRead])).await;
    let token = town.served.token(&poor).await;
    let asked = town.served.ask(&token, "{ webhookEndpoints { id } }", json!({})).await;
    assert_eq!(asked.code(), "FORBIDDEN");
    let seen = town.served.ask(&token, nodes, json!({"ids": [endpoint["id"], delivery]})).await;
    assert_eq!(seen.data()["nodes"], json!([null, null]));
    assert_eq!(stage.seen(side, &endpoint).await["version"], 1);
}

#[tokio::test]
async fn an_endpoint_is_sent_what_its_application_may_be_told() {
    let stage = Stage::new().await;
    let town = &stage.town;
    let input = json!({"idempotencyKey": key(), "name": "Вебхуки", "scopes": ["webhooks:manage"]});
    let query = "mutation($input: ApplicationRegisterInput!){ applicationRegister(input: $input){ application { id version clientId } clientSecret userErrors { code } } }";
    let made = town.ask(&town.sender, query, json!({"input": input})).await.data()["applicationRegister"].clone();
    let partner = crate::served::Partner {
        organization_id: town.sender.partner.organization_id,
        client_id: made["application"]["clientId"].as_str().unwrap().to_owned(),
        secret: made["clientSecret"].as_str().unwrap().to_owned(),
    };
    let poor = crate::town::Side {
        token: town.served.token(&partner).await,
        partner,
        id: town.sender.id.clone(),
        centre: String::new(),
    };
    let (rich, _) = stage.endpoint(&town.sender, "/rich", &["CASE_OPENED", "CENTRE_CHANGED"]).await;
    let (endpoint, _) = stage.endpoint(&poor, "/poor", &["CASE_OPENED", "CENTRE_CHANGED"]).await;
    town.case(&town.sender).await;
    stage.changes(&town.sender, 1, 1).await;
    stage.round().await;
    let kinds = |path: &str| {
        stage.receiver.at(path).iter().map(|got| got.body()["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds("/poor"), ["CENTRE_CHANGED"], "it may not read cases");
    assert_eq!(kinds("/rich").len(), 2);
    stage.receiver.take();
    // It changes the address of the other one: from then on its own rights decide.
    let rich = stage.act(&poor, "webhookEndpointUpdate", &rich, json!({"url": stage.receiver.url("/taken")})).await;
    town.case(&town.sender).await;
    assert_eq!(stage.round().await, 0);
    // It is revoked: both endpoints have nobody who answers for them.
    let (seen, _) = stage.endpoint(&town.sender, "/seen", &["WEBHOOK_ENDPOINT_DISABLED"]).await;
    let application = json!({"id": made["application"]["id"], "expectedVersion": 1});
    town.done(&town.sender, "applicationRevoke", "application", "status", application).await;
    stage.changes(&town.sender, 1, 2).await;
    stage.round().await;
    for one in [&endpoint, &rich] {
        assert_eq!(stage.seen(&town.sender, one).await["disabledReason"], "APPLICATION_REVOKED");
    }
    stage.round().await;
    let told: Vec<_> = stage.receiver.take().iter().map(|got| (got.path.clone(), got.object())).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|(path, _)| path == "/seen"));
    assert_eq!(stage.seen(&town.sender, &seen).await["status"], "ENABLED");
    // Another application takes it over.
    let now = stage.seen(&town.sender, &endpoint).await;
    stage.act(&town.sender, "webhookEndpointUpdate", &now, json!({"status": "ENABLED"})).await;
    town.case(&town.sender).await;
    assert_eq!(stage.round().await, 1);
}

#[tokio::test]
async fn what_everyone_may_know_comes_to_everyone_who_wants_it() {
    let stage = Stage::new().await;
    let town = &stage.town;
    for (side, path) in [(&town.sender, "/sender"), (&town.receiver, "/receiver")] {
        stage.endpoint(side, path, &["OFFERING_CHANGED"]).await;
    }
    stage.endpoint(&town.stranger, "/other", &["CASE_OPENED"]).await;
    town.offers(&town.stranger, "WAITLIST").await;
    assert_eq!(stage.round().await, 2);
    let mut paths: Vec<_> = stage.receiver.take().into_iter().map(|got| got.path).collect();
    paths.sort();
    assert_eq!(paths, ["/receiver", "/sender"]);
}

#[tokio::test]
async fn old_deliveries_are_forgotten() {
    let mut stage = Stage::new().await;
    let (endpoint, _) = stage.endpoint(&stage.town.receiver, "/in", &["CENTRE_CHANGED"]).await;
    stage.changes(&stage.town.receiver, 1, 1).await;
    stage.round().await;
    for (days, left) in [(29, 1), (2, 0)] {
        stage = stage.later(Duration::days(days)).await;
        mistok::work::round(stage.db(), uuid::Uuid::nil()).await.unwrap();
        assert_eq!(stage.deliveries(&stage.town.receiver, &endpoint).await.len(), left, "after {days} days more");
        assert_eq!(stage.town.count("select count(*) from webhook_attempt").await, left as i64);
    }
    // And nobody is kept from what comes then.
    changed(stage.db(), stage.town.receiver.partner.organization_id, 1, 2).await;
    assert_eq!(stage.round().await, 1);
}

#[tokio::test]
async fn twenty_are_enough() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    for n in 0..20 {
        stage.endpoint(side, &format!("/{n}"), &["TEST"]).await;
    }
    let made = stage.made(side, &stage.receiver.url("/more"), &["TEST"]).await;
    assert_eq!((&made["userErrors"][0]["code"], &made["secret"]), (&json!("LIMIT_EXCEEDED"), &Value::Null));
    let list = stage.town.ask(side, "{ webhookEndpoints { url application { name } } }", json!({})).await;
    let list = list.data()["webhookEndpoints"].as_array().unwrap().clone();
    assert_eq!((list.len(), list[0]["url"].as_str()), (20, Some(stage.receiver.url("/19").as_str())));
    assert_eq!(Scopes::of_kind(Kind::Ngo).holds(Scope::ApplicationsManage), list[0]["application"].is_object());
}

/// A replay holds the feed of everybody back for as long as it takes: an organisation has one a minute.
#[tokio::test]
async fn replays_are_rare() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    let (one, _) = stage.endpoint(side, "/one", &["CENTRE_CHANGED"]).await;
    let (two, _) = stage.endpoint(side, "/two", &["CENTRE_CHANGED"]).await;
    let query = "mutation($id: ID!){ webhookReplay(input: {endpointId: $id, from: \"2026-11-01T00:00:00Z\", to: \"2027-12-31T00:00:00Z\"}){ userErrors { code } } }";
    let asked = async |endpoint: &Value| stage.town.ask(side, query, json!({"id": endpoint["id"]})).await;
    assert_eq!(asked(&one).await.data()["webhookReplay"]["userErrors"], json!([]));
    for endpoint in [&one, &two] {
        assert_eq!(asked(endpoint).await.code(), "RATE_LIMITED");
    }
    stage.rested().await;
    assert_eq!(asked(&two).await.data()["webhookReplay"]["userErrors"], json!([]));
}

#[tokio::test]
async fn who_takes_an_endpoint_over_gets_nothing_that_it_may_not_know() {
    let stage = Stage::new().await;
    let side = &stage.town.sender;
    stage.receiver.treats("/hook", [says(500)]);
    let (endpoint, _) = stage.endpoint(side, "/hook", &["CASE_OPENED", "CENTRE_CHANGED"]).await;
    stage.town.case(side).await;
    stage.changes(side, 1, 1).await;
    stage.round().await;
    assert_eq!(stage.receiver.take().len(), 2);
    let query = "mutation($input: ApplicationRegisterInput!){ applicationRegister(input: $input){ application { clientId } clientSecret } }";
    let input = json!({"idempotencyKey": key(), "name": "Вебхуки", "scopes": ["webhooks:manage"]});
    let made = stage.town.ask(side, query, json!({"input": input})).await.data()["applicationRegister"].clone();
    let partner = crate::served::Partner {
        organization_id: side.partner.organization_id,
        client_id: made["application"]["clientId"].as_str().unwrap().to_owned(),
        secret: made["clientSecret"].as_str().unwrap().to_owned(),
    };
    let token = stage.town.served.token(&partner).await;
    let query = "query($id: ID!){ webhookEndpoint(id: $id){ deliveries(first: 9){ nodes { change { type } } } } }";
    let seen = stage.town.served.ask(&token, query, json!({"id": endpoint["id"]})).await;
    let kinds = &seen.data()["webhookEndpoint"]["deliveries"]["nodes"];
    assert_eq!(*kinds, json!([{"change": {"type": "CENTRE_CHANGED"}}, {"change": null}]));
    let query = "mutation($input: WebhookEndpointUpdateInput!){ webhookEndpointUpdate(input: $input){ userErrors { code } } }";
    let input = json!({"id": endpoint["id"], "expectedVersion": endpoint["version"], "url": stage.receiver.url("/other")});
    let done = stage.town.served.ask(&token, query, json!({"input": input})).await;
    assert_eq!(done.data()["webhookEndpointUpdate"]["userErrors"], json!([]));
    stage.town.served.clock.advance(Duration::minutes(1));
    stage.round().await;
    let got: Vec<_> = stage.receiver.at("/other").iter().map(|got| got.body()["type"].clone()).collect();
    assert_eq!(got, ["CENTRE_CHANGED"]);
}
