//! graphql-transport-ws, by a client that misbehaves and one that does not.

use super::{Closed, TELL, Wire, change};
use crate::{
    feed::settled,
    served::Partner,
    town::{Town, key},
};
use chrono::Duration;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

const PROTOCOL: &str = "graphql-transport-ws";

/// What a client says, and the code with which the connection is closed.
#[tokio::test]
async fn whoever_breaks_the_protocol_is_told_how() {
    let town = Town::new().await;
    let url = &town.served.url;
    let init =
        json!({"type": "connection_init", "payload": {"authorization": format!("bearer {}", town.sender.token)}}).to_string();
    let tell = json!({"id": "1", "type": "subscribe", "payload": {"query": TELL}}).to_string();
    let ping = |size| json!({"type": "ping", "payload": {"x": "x".repeat(size)}}).to_string();
    let cases: Vec<(Vec<Message>, u16)> = vec![
        (vec![Message::text("nonsense")], 4400),
        (vec![Message::text("[]")], 4400),
        (vec![Message::text(&*init), Message::text(r#"{"type":"frobnicate"}"#)], 4400),
        (vec![Message::text(&*init), Message::text(r#"{"type":"subscribe","id":"1"}"#)], 4400),
        (vec![Message::text(&*init), Message::text(r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#)], 4400),
        (vec![Message::text(r#"{"type":"connection_init","payload":{"Mistok-Purpose":"CURIOSITY"}}"#)], 4403),
        (vec![Message::binary(init.clone().into_bytes())], 4400),
        (vec![Message::text(&*tell)], 4401),
        (vec![Message::text(&*init), Message::text(&*init)], 4429),
        (vec![Message::text(&*init), Message::text(&*tell), Message::text(&*tell)], 4409),
        (vec![Message::text(r#"{"type":"connection_init"}"#)], 4403),
        (vec![Message::text(r#"{"type":"connection_init","payload":{"Authorization":"Bearer x.y.z"}}"#)], 4403),
        (vec![Message::text(r#"{"type":"connection_init","payload":{"Authorization":7}}"#)], 4400),
        (vec![Message::text(&*init), Message::text(ping(1024 * 1024))], 1009),
        (vec![Message::text(ping(16 * 1024))], 1009),
        (vec![Message::text(ping(1024))], 4400),
        // Within three seconds one says who one is.
        (vec![], 4408),
    ];
    let asked = cases.into_iter().map(|(said, code)| async move {
        let mut wire = Wire::open(url, PROTOCOL).await;
        let shown: Vec<String> = said.iter().map(|message| message.to_string().chars().take(80).collect()).collect();
        for message in said {
            wire.send(message).await;
        }
        let Closed(closed, reason) = wire.closed().await;
        assert_eq!(closed, code, "{shown:?}: {reason}");
        assert!(!reason.is_empty() && reason.len() <= 123, "{reason}");
    });
    futures_util::future::join_all(asked).await;
    // A wrong purpose, once it is known who asks.
    let mut wire = Wire::open(url, PROTOCOL).await;
    let token = format!("Bearer {}", town.sender.token);
    wire.say(json!({"type": "connection_init", "payload": {"Authorization": token, "Mistok-Purpose": "CURIOSITY"}})).await;
    assert_eq!(wire.closed().await.0, 4400);
}

#[tokio::test]
async fn who_speaks_another_protocol_is_told_so() {
    let town = Town::new().await;
    let handshake = "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-ws\r\n\r\n";
    let said = said_to(&town, handshake).await;
    assert!(said.starts_with(b"HTTP/1.1 101"));
    // The close frame (RFC 6455, section 5.5.1): opcode, length, code, reason.
    let frame = said.windows(4).position(|bytes| bytes[0] == 0x88 && bytes[2..4] == 4406u16.to_be_bytes());
    assert!(frame.is_some(), "{}", String::from_utf8_lossy(&said));
    let broken = handshake.replace("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "");
    assert!(said_to(&town, &broken).await.starts_with(b"HTTP/1.1 400"));
    // The right one is agreed to once, and letter by letter as RFC 6455 writes it: gql for Python looks for nothing else.
    let said = said_to(&town, &handshake.replace("graphql-ws", PROTOCOL)).await;
    let said = String::from_utf8_lossy(&said);
    let head = said.split_once("\r\n\r\n").unwrap().0;
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
    let agreed: Vec<_> = head.lines().filter(|line| line.to_lowercase().starts_with("sec-websocket-protocol")).collect();
    assert_eq!(agreed, ["Sec-WebSocket-Protocol: graphql-transport-ws"]);
}

async fn said_to(town: &Town, request: &str) -> Vec<u8> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut socket = tokio::net::TcpStream::connect(town.served.url.trim_start_matches("http://")).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    let _ = tokio::time::timeout(std::time::Duration::from_secs(3), socket.read_to_end(&mut said)).await;
    said
}

#[tokio::test]
async fn changes_come_as_they_happen_and_from_any_cursor_on() {
    let town = Town::new().await;
    settled(&town).await;
    let url = &town.served.url;
    let mut wire = Wire::of(url, &town.sender.token).await;
    let mut other = Wire::of(url, &town.stranger.token).await;
    wire.subscribe("ї", TELL, json!({})).await;
    other.subscribe("1", TELL, json!({"types": ["REFERRAL_SENT", "REFERRAL_CREATED", "CASE_OPENED"]})).await;
    // It begins now: what was before is not told. A question on the same connection says when it has begun.
    wire.subscribe("q", "{ viewer { organization { id } } }", json!({})).await;
    let answer = wire.hear().await;
    assert_eq!(
        (&answer["id"], &answer["payload"]["data"]["viewer"]["organization"]["id"]),
        (&json!("q"), &json!(town.sender.id))
    );
    assert_eq!(wire.hear().await, json!({"id": "q", "type": "complete"}));
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let (sent, case, _) = town.sent(&["CONTACT"]).await;
    let mut all = Vec::new();
    for kind in ["CASE_OPENED", "CONSENT_GIVEN", "REFERRAL_CREATED", "REFERRAL_SENT"] {
        let told = wire.told("ї").await;
        assert_eq!(told["type"], kind);
        all.push(told);
    }
    assert_eq!(all[0]["node"], json!({"__typename": "Case", "id": case["id"]}));
    assert_eq!((&all[3]["objectId"], &all[3]["tombstone"]), (&sent["id"], &json!(false)));
    assert_eq!(other.silent(200).await, None, "a stranger hears nothing");
    // From any entry on, the same entries; kinds may be chosen.
    wire.subscribe("2", TELL, json!({"after": all[1]["cursor"]})).await;
    assert_eq!((wire.told("2").await, wire.told("2").await), (all[2].clone(), all[3].clone()));
    wire.subscribe("3", TELL, json!({"after": all[0]["cursor"], "types": ["REFERRAL_SENT"]})).await;
    assert_eq!(wire.told("3").await, all[3]);
    // What is ended by the client is silent, and its id is free.
    for id in ["2", "3", "ї", "no such"] {
        wire.say(json!({"id": id, "type": "complete"})).await;
    }
    // The answer says that all of it was heard.
    wire.say(json!({"type": "ping"})).await;
    assert_eq!(wire.hear().await, json!({"type": "pong"}));
    town.step(&town.receiver, "referralAccept", &sent, json!({})).await;
    wire.subscribe("ї", TELL, json!({"after": all[3]["cursor"]})).await;
    assert_eq!(wire.told("ї").await["type"], "REFERRAL_ACCEPTED");
    assert_eq!(wire.silent(200).await, None);
    wire.say(json!({"type": "ping", "payload": {"a": 1}})).await;
    assert_eq!(wire.hear().await, json!({"type": "pong", "payload": {"a": 1}}));
}

#[tokio::test]
async fn what_cannot_be_answered_is_an_error_and_the_connection_stays() {
    let town = Town::new().await;
    let mut wire = Wire::of(&town.served.url, &town.sender.token).await;
    let foreign = town.ask(&town.receiver, "{ changesHead }", json!({})).await.data()["changesHead"].clone();
    let cases = [
        ("subscription { nope }", json!({}), "VALIDATION_FAILED"),
        ("subscription { a: changes { type } b: changes { type } }", json!({}), "VALIDATION_FAILED"),
        ("subscription { __typename }", json!({}), "VALIDATION_FAILED"),
        ("subscription { changes(types: [NO_SUCH]) { type } }", json!({}), "VALIDATION_FAILED"),
        ("subscription { changes { type } ", json!({}), "SYNTAX_ERROR"),
        (TELL, json!({"after": "eA"}), "INVALID_CURSOR"),
        (TELL, json!({"after": foreign}), "INVALID_CURSOR"),
        (TELL, json!({"types": ["NO_SUCH"]}), "BAD_USER_INPUT"),
        ("{ nope }", json!({}), "VALIDATION_FAILED"),
        ("query A { viewer { scopes } } query B { viewer { scopes } }", json!({}), "BAD_USER_INPUT"),
        ("mutation($input: ReferralAcceptInput!) { referralAccept(input: $input) { replayed } }", json!({}), "BAD_USER_INPUT"),
    ];
    for (query, variables, code) in cases {
        wire.subscribe("e", query, variables).await;
        let said = wire.hear().await;
        assert_eq!((&said["id"], &said["type"]), (&json!("e"), &json!("error")), "{query}: {said}");
        assert_eq!(said["payload"][0]["extensions"]["code"], code, "{query}: {said}");
        assert!(said["payload"][0]["extensions"]["requestId"].is_string());
    }
    for n in 0..20 {
        wire.subscribe(&format!("n{n}"), TELL, json!({})).await;
    }
    wire.subscribe("more", TELL, json!({})).await;
    assert_eq!(wire.hear().await["payload"][0]["extensions"]["code"], "RATE_LIMITED");
}

#[tokio::test]
async fn a_mutation_and_personal_data_over_the_socket() {
    let town = Town::new().await;
    let (case, _) = (town.case(&town.sender).await, ());
    let query = "query($id: ID!) { case(id: $id) { person { familyName } } }";
    // The purpose is said in the first message, or in the handshake.
    let token = format!("Bearer {}", town.sender.token);
    let mut wires = vec![Wire::open(&town.served.url, PROTOCOL).await];
    let init = json!({"Authorization": token, "mistok-purpose": "CASE_WORK", "Mistok-Acting-For": "worker:7"});
    wires[0].say(json!({"type": "connection_init", "payload": init})).await;
    let headers = [("authorization", token.as_str()), ("mistok-purpose", "CASE_WORK"), ("mistok-acting-for", "worker:7")];
    wires.push(Wire::open_with(&town.served.url, PROTOCOL, &headers).await);
    wires[1].say(json!({"type": "connection_init"})).await;
    for wire in &mut wires {
        assert_eq!(wire.hear().await["type"], "connection_ack");
        wire.subscribe("1", query, json!({"id": case["id"]})).await;
        assert!(wire.hear().await["payload"]["data"]["case"]["person"]["familyName"].is_string());
    }
    assert_eq!(town.count("select count(*) from access where purpose = 'CASE_WORK' and acting_for = 'worker:7'").await, 2);
    let close =
        "mutation($input: OfferingUpdateInput!) { offeringUpdate(input: $input) { organization { id } userErrors { code } } }";
    let input = json!({"idempotencyKey": key(), "serviceCode": "no such", "capacity": "NONE", "territories": []});
    wires[0].hear().await;
    wires[0].subscribe("m", close, json!({"input": input})).await;
    assert_eq!(wires[0].hear().await["payload"]["data"]["offeringUpdate"]["userErrors"][0]["code"], "NOT_FOUND");
}

/// Each entry of personal data is seen with the rights of its moment, and its reading is in the audit before it leaves.
#[tokio::test]
async fn a_subscription_reads_people_with_a_purpose_and_an_entry_of_the_audit() {
    let town = Town::new().await;
    let query = "subscription { changes(types: [CASE_OPENED]) { node { ... on Case { person { familyName } } } } }";
    let mut wire = Wire::open(&town.served.url, PROTOCOL).await;
    let init = json!({"Authorization": format!("Bearer {}", town.sender.token), "Mistok-Purpose": "SUPERVISION"});
    wire.say(json!({"type": "connection_init", "payload": init})).await;
    wire.hear().await;
    wire.subscribe("1", query, json!({})).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    for n in 1..=2 {
        town.case(&town.sender).await;
        assert!(wire.told("1").await["node"]["person"]["familyName"].is_string());
        assert_eq!(town.count("select count(*) from access where purpose = 'SUPERVISION'").await, n);
    }
}

#[tokio::test]
async fn it_ends_with_the_token_and_with_the_application() {
    let mut town = Town::new().await;
    // Two seconds of the token are left.
    town.served.clock.advance(Duration::seconds(15 * 60 - 2));
    let mut late = Wire::of(&town.served.url, &town.sender.token).await;
    late.subscribe("1", TELL, json!({})).await;
    let Closed(code, reason) = late.closed().await;
    assert_eq!(code, 4403);
    assert!(reason.contains("cursor"), "{reason}");
    town = town.again().await;
    let made = town
        .ask(
            &town.sender,
            "mutation($input: ApplicationRegisterInput!){ applicationRegister(input: $input){ application { id clientId version } clientSecret } }",
            json!({"input": {"idempotencyKey": key(), "name": "Потік", "scopes": ["referrals:read"]}}),
        )
        .await;
    let made = made.data()["applicationRegister"].clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let partner = Partner {
        organization_id: town.sender.partner.organization_id,
        client_id: text(&made["application"]["clientId"]),
        secret: text(&made["clientSecret"]),
    };
    let mut wire = Wire::of(&town.served.url, &town.served.token(&partner).await).await;
    wire.subscribe("1", TELL, json!({})).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let input = json!({"id": made["application"]["id"], "expectedVersion": 1, "idempotencyKey": key()});
    let revoke = "mutation($input: ApplicationRevokeInput!){ applicationRevoke(input: $input){ userErrors { code } } }";
    town.ask(&town.sender, revoke, json!({"input": input})).await.data();
    assert_eq!(wire.closed().await.0, 4403);
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let town = Town::new().await;
    let mut wire = Wire::of(&town.served.url, &town.sender.token).await;
    wire.subscribe("1", TELL, json!({})).await;
    town.served.app.close();
    assert_eq!(wire.closed().await.0, 1012);
}

/// One who does not read holds up nobody, is bounded by what is on the wire, hears in the end why it was closed, and misses nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_is_too_slow_is_told_to_begin_again() {
    let town = Town::new().await;
    // Long entries, so that the buffers of two kernels are full soon.
    let own = town.sender.partner.organization_id;
    let fill = format!(
        "set session_replication_role = replica;
         with c as (insert into change (seq, at, type, object_type, object_id, object_version, actor_kind, hash)
             select nextval('change_seq'), now(), 'CENTRE_CHANGED', 'ORGANIZATION', '{own}', g, 'SYSTEM', '' from generate_series(1, 3000) g returning seq, at)
         insert into change_audience (organization_id, seq, at) select '{own}', seq, at from c"
    );
    let start = town.ask(&town.sender, "{ changesHead }", json!({})).await.data()["changesHead"].clone();
    crate::stage::connect(&town.served.stage.superuser_url()).await.batch_execute(&fill).await.unwrap();
    let wide: String = (0..150).map(|n| format!("a{n}: cursor ")).collect();
    let query = format!("subscription($after: String) {{ changes(after: $after) {{ objectVersion {wide} }} }}");
    let mut wire = Wire::of(&town.served.url, &town.sender.token).await;
    wire.subscribe("1", &query, json!({"after": start})).await;
    let mut seen = 0;
    while seen < 10 {
        seen = wire.told("1").await["objectVersion"].as_i64().unwrap();
    }
    // It sleeps longer than a piece waits; others are told all the same.
    let mut quick = Wire::of(&town.served.url, &town.stranger.token).await;
    quick.subscribe("1", TELL, json!({})).await;
    tokio::time::sleep(std::time::Duration::from_secs(12)).await;
    change(&town, &town.stranger, 1).await;
    assert_eq!(quick.told("1").await["type"], "OFFERING_CHANGED");
    tokio::time::sleep(std::time::Duration::from_secs(13)).await;
    let mut last = (seen, Value::Null);
    let closed = loop {
        match wire.next().await {
            Ok(said) => {
                let told = &said["payload"]["data"]["changes"];
                assert_eq!(told["objectVersion"], last.0 + 1);
                last = (last.0 + 1, told["a0"].clone());
            }
            Err(closed) => break closed,
        }
    };
    assert_eq!(closed.0, 1013, "{closed:?}");
    assert!(last.0 < 3000, "the buffers hold everything: make the entries longer");
    // From its last cursor on it has the rest.
    let mut again = Wire::of(&town.served.url, &town.sender.token).await;
    again.subscribe("1", &query, json!({"after": last.1})).await;
    for version in last.0 + 1..=3000 {
        assert_eq!(again.told("1").await["objectVersion"], version);
    }
}
