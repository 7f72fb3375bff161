//! GET /exports/…: what was exported can be imported again, nobody sees another's rows, and memory does not grow with them.

use super::{Desk, imported};
use crate::{
    served::{Answer, scopes},
    town::{Side, Town, key, with},
};
use mistok::{access::Scope, base::words::organization::OrganizationKind};
use serde_json::{Value, json};
use std::time::Duration;

async fn asked(town: &Town, token: &str, path: &str) -> reqwest::Response {
    town.served.http.get(format!("{}/exports/{path}", town.served.url)).bearer_auth(token).send().await.unwrap()
}

async fn exported(town: &Town, side: &Side, path: &str) -> String {
    let answer = Answer::of(asked(town, &side.token, path).await).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text
}

async fn record(town: &Town, side: &Side, name: &str, rows: Value) {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let query = format!("mutation($input: {kind}!){{ {name}(input: $input){{ userErrors {{ code path }} }} }}");
    let done = town.ask(side, &query, json!({"input": {"idempotencyKey": key(), "rows": rows}})).await;
    assert_eq!(done.data()[name]["userErrors"], json!([]), "{done:?}");
}

#[tokio::test]
async fn what_was_exported_comes_in_again_as_it_is() {
    let (town, desk) = (Town::new().await, Desk::new("sheet-round"));
    let side = &town.receiver;
    let own = side.partner.organization_id;
    let case = town.case(side).await;
    town.works(side, &case).await;
    let row = json!({"serviceCode": "M-004", "form": "FAMILY", "occurredOn": "2025-03-05", "caseReference": case["code"], "specialist": "PSYCHOLOGIST"});
    record(
        &town,
        side,
        "servicesRecord",
        json!([row, with(row.clone(), json!({"externalReference": "=1+1", "caseReference": null, "centreId": side.centre}))]),
    )
    .await;
    record(&town, side, "servicesRecord", json!([{"externalReference": "робота-1", "void": true, "serviceCode": "", "form": "PHONE", "occurredOn": "2025-03-05"}])).await;
    let session = json!({"kind": "ART_THERAPY", "title": "=HYPERLINK(\"x\"), \"так\"", "place": "@дім", "occurredOn": "2025-03-06", "partnerIds": [town.sender.id]});
    record(&town, side, "activitiesRecord", json!([session])).await;

    let plain = exported(&town, side, "services.csv").await;
    assert!(
        plain.starts_with("id,externalReference,occurredOn,serviceCode,form,quantity,") && plain.contains("\r\n"),
        "{plain}"
    );
    assert_eq!(plain.lines().count(), 5, "a delivery, an attendance, two rows: {plain}");
    assert!(plain.contains(",'=1+1,") && !plain.contains(",=1+1"), "{plain}");
    let uk = exported(&town, side, "services.csv?lang=uk&bom=1&delimiter=semicolon").await;
    assert!(
        uk.starts_with("\u{feff}ідентифікатор;зовнішній ідентифікатор;дата;код послуги;форма;") && uk.contains(";сім'ї;"),
        "{uk}"
    );
    let rows =
        ["select count(*) from service_delivery", "select count(*) from former_version", "select count(*) from activity"];
    let before = (town.count(rows[0]).await, town.count(rows[1]).await, town.count(rows[2]).await);
    for (name, content) in [("plain.csv", &plain), ("uk.csv", &uk)] {
        let (code, text) = imported(&town, "services", &desk.write(name, content), own, &["--on-existing", "correct"]);
        assert!(code == Some(0) && text.contains("4 rows: 0 recorded, 4 unchanged"), "{name}: {text}");
    }
    for query in ["", "?lang=uk&delimiter=tab"] {
        let content = exported(&town, side, &format!("activities.csv{query}")).await;
        assert!(content.contains("'=HYPERLINK") && content.contains("'@дім"), "{content}");
        let (code, text) =
            imported(&town, "activities", &desk.write("activities.csv", content), own, &["--on-existing", "correct"]);
        assert!(code == Some(0) && text.contains("2 rows: 0 recorded, 2 unchanged"), "{text}");
    }
    assert_eq!((town.count(rows[0]).await, town.count(rows[1]).await, town.count(rows[2]).await), before);

    // A row that was recorded without a reference is known by its id; an attendance follows from its activity.
    let changed = plain.replace(",FAMILY,1,", ",FAMILY,7,").replace(",GROUP,1,", ",GROUP,2,");
    let (code, text) = imported(&town, "services", &desk.write("changed.csv", changed), own, &["--on-existing", "correct"]);
    assert!(code == Some(1) && text.contains("0 recorded, 1 unchanged, 2 corrected, 0 voided, 1 refused"), "{text}");
    let refused = std::fs::read_to_string(desk.path("changed.refused.csv")).unwrap();
    assert!(refused.contains("follows from its activity"), "{refused}");
    assert_eq!(town.count("select count(*) from service_delivery where quantity = 7").await, 2);
    // To another organisation these ids are none.
    let (code, text) = imported(&town, "services", &desk.path("plain.csv"), town.stranger.partner.organization_id, &[]);
    assert!(code == Some(1) && text.contains("0 recorded") && text.contains("4 refused"), "{text}");

    let days = exported(&town, side, "services.ndjson?from=2025-03-05&to=2025-03-05").await;
    let days: Vec<Value> = days.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let nameless = days.iter().find(|row| row["externalReference"].is_null()).unwrap();
    assert_eq!((days.len(), &nameless["quantity"], &nameless["void"]), (2, &json!(7), &json!(false)), "{days:?}");
    assert_eq!((&nameless["caseReference"], &nameless["form"]), (&case["code"], &json!("FAMILY")));
}

#[tokio::test]
async fn nobody_reads_another_s_rows() {
    let town = Town::new().await;
    let (sent, case, _) = town.sent(&["CONTACT", "DEMOGRAPHICS", "REASON"]).await;
    record(&town, &town.sender, "servicesRecord", json!([{"serviceCode": "M-004", "form": "PHONE", "occurredOn": "2025-03-05", "caseReference": case["code"], "referralId": sent["id"]}])).await;
    for name in ["services", "activities", "referrals"] {
        assert_eq!(exported(&town, &town.stranger, &format!("{name}.csv")).await.lines().count(), 1, "a header alone");
        assert_eq!(exported(&town, &town.stranger, &format!("{name}.ndjson")).await, "");
    }
    let sender = exported(&town, &town.sender, "referrals.ndjson").await;
    let receiver = exported(&town, &town.receiver, "referrals.ndjson").await;
    let (sender, receiver): (Value, Value) = (serde_json::from_str(&sender).unwrap(), serde_json::from_str(&receiver).unwrap());
    assert_eq!((&sender["id"], &sender["number"], &sender["status"]), (&sent["id"], &sent["number"], &json!("SENT")));
    assert_eq!((&sender["direction"], &receiver["direction"]), (&json!("OUTBOUND"), &json!("INBOUND")));
    assert!(sender["createdAt"].is_string() && receiver["createdAt"].is_null() && receiver["sentAt"].is_string());
    let text = exported(&town, &town.sender, "referrals.csv?lang=uk").await + &receiver.to_string();
    for personal in ["Вигадана", "Оксана", "380670000001", "1990", case["code"].as_str().unwrap(), "психолог"]
    {
        assert!(!text.contains(personal), "{personal}: {text}");
    }
    assert!(text.contains("вихідні") && text.contains("надіслано"), "{text}");
    let day = mistok::base::clock::Clock::default().today();
    assert_eq!(exported(&town, &town.sender, &format!("referrals.csv?from={day}&to={day}")).await.lines().count(), 2);
    assert_eq!(exported(&town, &town.sender, "referrals.csv?to=2025-01-01").await.lines().count(), 1);

    // A draft is the sender's alone.
    let consent = town.consent(&town.sender, &case, &town.receiver, &["CONTACT"]).await;
    let draft = with(town.referral_input(&case, &consent, &town.receiver).await, json!({"send": false}));
    town.done(&town.sender, "referralCreate", "referral", "status", draft).await;
    assert_eq!(exported(&town, &town.sender, "referrals.csv").await.lines().count(), 3);
    assert_eq!(exported(&town, &town.receiver, "referrals.csv").await.lines().count(), 2);

    // Which case and which referral: for whom may read them.
    let few = town.served.partner_with(OrganizationKind::Ngo, scopes(&[Scope::ServicesRead])).await;
    let token = town.served.token(&few).await;
    let secret = Answer::of(asked(&town, &token, "referrals.csv").await).await;
    assert_eq!(
        (secret.status, secret.code(), secret.header("content-type")),
        (403, "FORBIDDEN", "application/json; charset=utf-8")
    );
    assert!(secret.header("www-authenticate").contains("scope=\"referrals:read\""), "{secret:?}");
    assert_eq!(asked(&town, &token, "services.csv").await.status(), 200);
    let narrow = town.served.http.post(format!("{}/oauth/token", town.served.url));
    let narrow = narrow.basic_auth(&town.sender.partner.client_id, Some(&town.sender.partner.secret));
    let narrow = narrow.form(&[("grant_type", "client_credentials"), ("scope", "services:read")]).send().await.unwrap();
    let narrow: Value = narrow.json().await.unwrap();
    let row = Answer::of(asked(&town, narrow["access_token"].as_str().unwrap(), "services.ndjson").await).await;
    assert_eq!(
        (&row.body["caseReference"], &row.body["referralId"], &row.body["form"]),
        (&Value::Null, &Value::Null, &json!("PHONE"))
    );

    for (path, token, status) in [
        ("services.csv", "", 401),
        ("services.csv", "x", 401),
        ("services.xlsx", &*town.sender.token, 404),
        ("persons.csv", &*town.sender.token, 404),
        ("services.csv?from=4.3.2025", &*town.sender.token, 400),
        ("services.ndjson?lang=uk", &*town.sender.token, 400),
    ] {
        assert_eq!(Answer::of(asked(&town, token, path).await).await.status, status, "{path}");
    }
    let post = town.served.http.post(format!("{}/exports/services.csv", town.served.url)).bearer_auth(&town.sender.token);
    let post = Answer::of(post.send().await.unwrap()).await;
    assert_eq!((post.status, post.header("allow")), (405, "GET"));
}

/// Many rows of a side, written past all walls.
async fn many(town: &Town, side: &Side, rows: usize) {
    let sql = format!(
        "insert into service_delivery (id, organization_id, territory_code, service_id, form, occurred_on, quantity, sex, age_band, external_reference, voided, created_at, updated_at, version)
         select gen_random_uuid(), '{}', '{}', (select id from service_type where code = 'M-004'), 'PHONE', '2025-03-04', 1, 'UNSPECIFIED', 'UNKNOWN', repeat('x', 400) || i, false, now() - interval '1 hour', now(), 1
         from generate_series(1, {rows}) i",
        side.partner.organization_id,
        crate::town::KAZANKA
    );
    crate::stage::connect(&town.served.stage.superuser_url()).await.batch_execute(&sql).await.unwrap();
}

#[tokio::test]
async fn many_rows_come_as_a_stream() {
    const ROWS: usize = 50_000;
    let town = Town::new().await;
    let side = &town.receiver;
    many(&town, side, ROWS).await;
    let mut answer = asked(&town, &side.token, "services.csv").await;
    assert!(answer.headers().get("content-length").is_none());
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    assert!(answer.headers()["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\"services-2"));
    let (mut lines, mut chunks, mut largest, mut references) = (0, 0, 0, std::collections::HashSet::new());
    let mut text = Vec::new();
    while let Some(chunk) = answer.chunk().await.unwrap() {
        (chunks, largest) = (chunks + 1, largest.max(chunk.len()));
        lines += chunk.iter().filter(|byte| **byte == b'\n').count();
        text.extend_from_slice(&chunk);
    }
    assert_eq!(lines, ROWS + 1);
    assert!(chunks > 40 && largest < 1 << 20, "{chunks} chunks, the largest of {largest} bytes");
    for line in String::from_utf8(text).unwrap().lines().skip(1) {
        references.insert(line.split(',').nth(1).unwrap().to_owned());
    }
    assert_eq!(references.len(), ROWS, "each row once, though all have the same moment");

    // Who takes his time holds no reading open; who goes away asks no more.
    let busy = format!(
        "select count(*) from pg_stat_activity where datname = '{}' and usename = 'mistok_app' and state <> 'idle'",
        town.served.stage.database()
    );
    let mut slow = asked(&town, &side.token, "services.csv").await;
    slow.chunk().await.unwrap().unwrap();
    let mut quiet = 0;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        quiet = if town.count(&busy).await == 0 { quiet + 1 } else { 0 };
        if quiet == 5 {
            break;
        }
    }
    assert_eq!(quiet, 5, "a reading is open");
    // Four at once, and one more when one of them has ended.
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(asked(&town, &side.token, "services.csv").await);
    }
    let fifth = Answer::of(asked(&town, &side.token, "services.csv").await).await;
    assert_eq!((fifth.status, fifth.code(), fifth.header("retry-after")), (429, "RATE_LIMITED", "30"));
    others.pop();
    for left in (0..100).rev() {
        if asked(&town, &side.token, "activities.csv").await.status() == 200 {
            break;
        }
        assert!(left > 0, "who has gone away still counts");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(others);
    // Whoever loses the right in the middle gets no more: the server had not read all before.
    let revoked = format!("update application set status = 'REVOKED' where client_id = '{}'", side.partner.client_id);
    crate::stage::connect(&town.served.stage.superuser_url()).await.batch_execute(&revoked).await.unwrap();
    town.served.clock.advance(chrono::Duration::seconds(31));
    let broken = loop {
        match slow.chunk().await {
            Ok(Some(_)) => {}
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken, "the answer came to its end");
}

#[tokio::test]
async fn it_is_packed_for_who_takes_it_packed() {
    let town = Town::new().await;
    many(&town, &town.receiver, 3_000).await;
    let url = format!("{}/exports/services.ndjson", town.served.url);
    let asked =
        town.served.http.get(url).bearer_auth(&town.receiver.token).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(
        (&asked.headers()["content-encoding"], &asked.headers()["cache-control"]),
        (&"gzip".parse().unwrap(), &"no-store".parse().unwrap())
    );
    let bytes = asked.bytes().await.unwrap();
    assert!(bytes.starts_with(&[0x1f, 0x8b]) && bytes.len() < 300_000, "{} bytes", bytes.len());
}
