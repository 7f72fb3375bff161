//! Whatever a text holds, it is a text: refused with a code, or kept as it is. Asked wherever a text goes.

use super::{
    estate::KINDS,
    strangers::Asker,
    walk::{Place, Schema},
};
use crate::{
    served::Answer,
    stage::connect,
    town::{Town, key, target, with},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use mistok::base::words::organization::OrganizationKind as Organization;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_postgres::Client;

/// What arrives as a string.
const TEXTS: &[&str] =
    &["String", "ID", "Date", "DateTime", "PartialDate", "YearMonth", "Katottg", "Edrpou", "Decimal", "Money", "Duration"];

/// Arguments below the root, where no question of the walk comes: pages begin as at the root, with the same cursors, and days and months
/// are the same scalars.
const DEEPER: &[&str] = &["after", "before", "from", "to", "on", "inForceOn"];

/// Signs that turn the direction, join, and need four bytes; HTML, SQL, LIKE, GraphQL.
const ODD: &str = "a\u{202e}ב e\u{301} 👩\u{200d}👧 𝒳 <b>&amp; {x} '; drop table person; --$1\\' %_";

/// Steps after which an object takes no other one: they come last.
const ENDS: &[&str] = &["Close", "Cancel", "Terminate", "MarkError", "Decline", "Complete", "Withdraw", "Erase", "Return"];

/// An answer that a client can understand: no fault of the server, and a code for each error.
fn understood(answer: &Answer) -> bool {
    let fault = ["INTERNAL", "UNAVAILABLE", "TIMEOUT"].iter().any(|code| answer.text.contains(code));
    let errors = answer.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    answer.status < 500
        && answer.body.is_object()
        && !fault
        && errors.iter().all(|error| error["extensions"]["code"].is_string())
}

/// The versions of what the asker has, as they are now.
async fn versions(asker: &mut Asker<'_>, superuser: &Client) {
    const MOVE: &[&str] =
        &["\"case\"", "consent", "referral", "memorandum", "funding_contract", "service_act", "webhook_endpoint"];
    for (kind, table) in KINDS.iter().filter(|(_, table)| MOVE.contains(table)) {
        for row in superuser.query(&format!("select id::text, version from {table}"), &[]).await.unwrap() {
            let id = kind.id(row.get::<_, String>(0).parse().unwrap()).to_string();
            asker.versions.insert(id, row.get(1));
        }
    }
}

/// Asks; the first event where the answer is a stream.
async fn asked(asker: &Asker<'_>, place: &Place, query: &str, variables: Value) -> Answer {
    if place.operation != "subscription" {
        return asker.ask(place, query, variables).await;
    }
    let served = &asker.town.served;
    let asked = served.http.post(format!("{}/graphql", served.url)).bearer_auth(&asker.side.token);
    let asked = asked.header("accept", "text/event-stream").json(&json!({"query": query, "variables": variables}));
    let mut answer = asked.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let mut text = String::new();
    while let Some(chunk) = tokio::time::timeout(Duration::from_secs(5), answer.chunk()).await.unwrap().unwrap() {
        text.push_str(std::str::from_utf8(&chunk).unwrap());
        if text.contains("\n\n") && text.contains("data: ") {
            break;
        }
    }
    let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or(&text).to_owned();
    Answer { status, headers, body: serde_json::from_str(&data).unwrap_or(Value::Null), text: data }
}

#[tokio::test]
async fn whatever_a_text_holds_the_answer_can_be_understood() {
    let town = Town::new().await;
    let superuser = connect(&town.served.stage.superuser_url()).await;
    let mut asker = Asker::new(&town).await;
    let long = "ї".repeat(50_000);
    let texts = ["", " ", "a\u{0}b", "\u{7}\u{1b}[31m\r\n\t\u{85}\u{2028}\u{feff}", &long, ODD];
    let schema = Schema::new();
    let strange: Vec<_> = schema
        .deeper(TEXTS)
        .into_iter()
        .filter(|place| !DEEPER.iter().any(|name| place.ends_with(&format!("({name})"))))
        .collect();
    assert_eq!(strange, Vec::<String>::new(), "a text below the root, where no question of this walk comes");
    let mut places: Vec<_> = schema.places().into_iter().filter(|place| TEXTS.contains(&place.scalar.as_str())).collect();
    places.sort_by_key(|place| ENDS.iter().any(|end| place.field.contains(end)));
    let (mut wrong, mut taken) = (Vec::new(), 0);
    for place in &places {
        // Shapes of scalars and ids are judged by one function each, whatever the field.
        let own = ["String", "ID"].contains(&place.scalar.as_str());
        for text in if own { &texts[..] } else { &texts[2..] } {
            let question = schema.question(place, &json!(text), &|place| asker.fill(place));
            let answer = asked(&asker, place, &question.query, question.variables).await;
            if !understood(&answer) {
                let said: String = answer.text.chars().take(300).collect();
                let text: String = text.chars().take(20).collect();
                wrong.push(format!("{place} of {text:?}: {} {said}", answer.status));
            }
            if place.operation == "mutation" && answer.text.contains("\"userErrors\":[]") {
                taken += 1;
                versions(&mut asker, &superuser).await;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
    assert!(places.len() > 250 && taken > 15, "{} places, {taken} texts were taken: the walk does not come far", places.len());
    assert!(town.count("select count(*) from person").await > 0);
}

/// The same within a document, where GraphQL has escapes of its own, and in JSON that holds half a sign.
#[tokio::test]
async fn half_a_sign_is_no_text() {
    let town = Town::new().await;
    let ask = async |body: String| {
        let asked = town.served.http.post(format!("{}/graphql", town.served.url)).bearer_auth(&town.sender.token);
        let asked = asked.header("content-type", "application/json").header("accept", "application/graphql-response+json");
        Answer::of(asked.body(body).send().await.unwrap()).await
    };
    for half in [r"\ud800", r"\udc00", r"\ud800\ud800", r"\ud800a", r"\u12", r"\x00"] {
        let variables = format!(
            r#"{{"query":"query($s:String){{territories(first:1,search:$s){{totalCount}}}}","variables":{{"s":"{half}"}}}}"#
        );
        let member = format!(r#"{{"query":"{{viewer{{scopes}}}}","{half}":1}}"#);
        for body in [variables, member] {
            let answer = ask(body).await;
            assert_eq!((answer.status, answer.code()), (400, "BAD_USER_INPUT"), "{half}: {answer:?}");
        }
        // In a document the server of GraphQL reads it.
        let document = format!("{{ territories(first: 1, search: \"{half}\") {{ totalCount }} }}");
        let answer = ask(json!({"query": document}).to_string()).await;
        assert_eq!((answer.status, answer.code()), (400, "SYNTAX_ERROR"), "{half}: {answer:?}");
    }
    for whole in [r"\ud83d\ude00", r"\u{1F600}", r"\u0000", r#"\""#, "😀", "\u{feff}"] {
        let document = format!("{{ territories(first: 1, search: \"{whole}\") {{ totalCount }} }}");
        let answer = ask(json!({"query": document}).to_string()).await;
        assert!(understood(&answer), "{whole}: {answer:?}");
    }
    for odd in
        ["\u{0}{ viewer { scopes } }", "\u{feff}{ viewer { scopes } }", "{ viewer\u{202e} { scopes } }", "{ 'drop' }", "\"\"\""]
    {
        let answer = ask(json!({"query": odd}).to_string()).await;
        assert!(understood(&answer), "{odd}: {answer:?}");
    }
}

/// Days and moments that a calendar does not know, where no scalar looks at them: in a cursor of one's own making, in an address.
#[tokio::test]
async fn no_database_is_asked_for_what_it_cannot_hold() {
    let town = Town::new().await;
    let list = "query($after: String) { organizations(first: 1, after: $after) { pageInfo { endCursor } } }";
    let page = town.ask(&town.sender, list, Value::Null).await;
    let cursor = page.data()["organizations"]["pageInfo"]["endCursor"].as_str().unwrap();
    let inside = String::from_utf8(BASE64URL.decode(cursor).unwrap()).unwrap();
    let (name, id) = (inside.split('"').nth(1).unwrap(), inside.split('"').nth(5).unwrap());
    for at in ["-262143-01-01T00:00:00Z", "-4800-01-01T00:00:00Z", "+262142-12-31T23:59:59Z"] {
        let forged = BASE64URL.encode(json!([name, [at, id]]).to_string());
        let answer = town.ask(&town.sender, list, json!({"after": forged})).await;
        assert!(understood(&answer) && answer.code() == "INVALID_CURSOR", "{at}: {answer:?}");
    }
    for query in ["from=-99999-1-1", "to=%2B99999-1-1"] {
        let asked = town.served.http.get(format!("{}/exports/services.csv?{query}", town.served.url));
        assert_eq!(asked.bearer_auth(&town.sender.token).send().await.unwrap().status(), 400, "{query}");
    }
}

#[tokio::test]
async fn what_is_taken_comes_back_as_it_was() {
    let town = Town::new().await;
    let (sender, receiver) = (&town.sender, &town.receiver);
    let person = json!({"familyName": ODD, "givenName": ODD, "patronymic": ODD, "address": ODD, "birthDate": "1990-05-17", "sex": "FEMALE", "phone": "067-000-00-01"});
    let opens = json!({"idempotencyKey": key(), "primaryCategory": "IDP", "intakeChannel": "SELF_IN_PERSON", "person": person});
    let fields = "person { familyName givenName patronymic address }";
    let case = town.done(sender, "caseOpen", "case", fields, opens).await;
    assert_eq!(case["person"], json!({"familyName": ODD, "givenName": ODD, "patronymic": ODD, "address": ODD}));
    let consent = town.consent(sender, &case, receiver, &["CONTACT", "REASON"]).await;
    let input = with(town.referral_input(&case, &consent, receiver).await, json!({"reason": ODD}));
    let sent = town.done(sender, "referralCreate", "referral", "reason", input).await;
    assert_eq!(sent["reason"], ODD);
    town.step(receiver, "referralAccept", &sent, json!({"note": ODD})).await;
    for side in [sender, receiver] {
        let seen = town.sees(side, &sent["id"], "reason timeline { note }").await;
        assert_eq!(seen["reason"], ODD);
        assert!(seen["timeline"].as_array().unwrap().iter().any(|event| event["note"] == ODD), "{seen}");
    }
    assert_eq!(town.sees(receiver, &sent["id"], "subject { familyName }").await["subject"]["familyName"], ODD);
    let agreed = town.agreed(receiver, &[&town.stranger], json!({"title": ODD})).await;
    let query = "query($id: ID!) { memorandum(id: $id) { title } }";
    assert_eq!(town.ask(&town.stranger, query, json!({"id": agreed["id"]})).await.data()["memorandum"]["title"], ODD);
    let ministry = town.side(Organization::Ministry).await;
    let made = json!({"idempotencyKey": key(), "kind": "NGO", "name": ODD});
    let made = town.done(&ministry, "organizationRegister", "organization", "name", made).await;
    assert_eq!(made["name"], ODD);
    let renamed = with(target(&made), json!({"name": format!("{ODD}!")}));
    assert_eq!(town.done(&ministry, "organizationUpdate", "organization", "name", renamed).await["name"], format!("{ODD}!"));
    let found = "query($s: String) { organizations(first: 5, filter: {search: $s}) { nodes { name } } }";
    let found = town.ask(sender, found, json!({"s": ODD})).await;
    assert_eq!(found.data()["organizations"]["nodes"], json!([{"name": format!("{ODD}!")}]));
}
