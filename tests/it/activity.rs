//! Work done: calls of many rows, rows that come again, attendances, groups; what is refused names its row and field.

use crate::town::{KAZANKA, Side, Town, key, with};
use serde_json::{Value, json};

const SERVICES: &str = "mutation($input: ServicesRecordInput!){ servicesRecord(input: $input){ recorded replayed
    results { outcome delivery { id version quantity voided externalReference targetCategory centre { id } case { id } territory { katottg } } userErrors { code path } }
    userErrors { code path message } } }";
const ACTIVITIES: &str = "mutation($input: ActivitiesRecordInput!){ activitiesRecord(input: $input){ recorded replayed
    results { outcome activity { id version participants voided group { id } centre { id } } userErrors { code path } }
    userErrors { code path message } } }";

async fn services(town: &Town, side: &Side, rows: Value, more: Value) -> Value {
    let input = with(json!({"idempotencyKey": key(), "rows": rows}), more);
    town.ask(side, SERVICES, json!({"input": input})).await.data()["servicesRecord"].clone()
}

async fn activities(town: &Town, side: &Side, rows: Value, more: Value) -> Value {
    let input = with(json!({"idempotencyKey": key(), "rows": rows}), more);
    town.ask(side, ACTIVITIES, json!({"input": input})).await.data()["activitiesRecord"].clone()
}

fn row(reference: &str, more: Value) -> Value {
    let base =
        json!({"externalReference": reference, "serviceCode": "M-004", "form": "INDIVIDUAL", "occurredOn": "2025-03-04"});
    with(base, more)
}

fn session(reference: &str, more: Value) -> Value {
    with(json!({"externalReference": reference, "kind": "GROUP_CONSULTATION", "occurredOn": "2025-03-04"}), more)
}

fn outcomes(payload: &Value) -> Vec<&str> {
    payload["results"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect()
}

/// Codes and paths of all refusals.
fn refused(payload: &Value) -> Vec<String> {
    let errors = payload["userErrors"].as_array().unwrap().iter();
    let path = |error: &Value| {
        error["path"].as_array().unwrap().iter().skip(1).map(|part| part.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    errors.map(|error| format!("{} {}", error["code"].as_str().unwrap(), path(error).join("."))).collect()
}

#[tokio::test]
async fn rows_are_recorded_once_corrected_and_voided_with_their_history() {
    let town = Town::new().await;
    let side = &town.receiver;
    let case = town.case(side).await;
    let rows = json!([
        row("a", json!({"caseId": case["id"], "centreId": side.centre})),
        row("b", json!({"caseReference": case["code"], "quantity": 3, "targetCategory": "VETERAN"})),
        row("c", json!({"form": "PHONE"})),
    ]);
    let input = json!({"idempotencyKey": key(), "rows": rows});
    let done = town.ask(side, SERVICES, json!({"input": input})).await.data()["servicesRecord"].clone();
    assert_eq!((outcomes(&done), &done["recorded"]), (vec!["RECORDED"; 3], &json!(3)), "{done}");
    let deliveries: Vec<_> = (0..3).map(|i| done["results"][i]["delivery"].clone()).collect();
    assert_eq!(deliveries[0]["targetCategory"], "IDP", "the category of the case where the row tells none");
    assert_eq!(deliveries[0]["centre"]["id"], side.centre.as_str());
    assert_eq!((&deliveries[1]["case"]["id"], &deliveries[1]["targetCategory"]), (&case["id"], &json!("VETERAN")));
    assert_eq!((&deliveries[2]["territory"]["katottg"], &deliveries[2]["case"]), (&json!(KAZANKA), &Value::Null));

    // A retry under the same key; the rows once more under another one; other content; with leave to correct.
    let again = town.ask(side, SERVICES, json!({"input": input})).await.data()["servicesRecord"].clone();
    assert_eq!((&again["replayed"], &again["results"]), (&json!(true), &done["results"]));
    let same = services(&town, side, rows.clone(), json!({})).await;
    assert_eq!((outcomes(&same), &same["recorded"]), (vec!["UNCHANGED"; 3], &json!(0)));
    let other = json!([row("b", json!({"caseReference": case["code"], "quantity": 4, "targetCategory": "VETERAN"}))]);
    let no = services(&town, side, other.clone(), json!({})).await;
    assert_eq!((outcomes(&no), refused(&no)), (vec!["REFUSED"], vec!["DUPLICATE rows.0.externalReference".to_owned()]));
    let yes = services(&town, side, other, json!({"onExisting": "CORRECT"})).await;
    let corrected = &yes["results"][0];
    assert_eq!((&corrected["outcome"], &corrected["delivery"]["version"]), (&json!("CORRECTED"), &json!(2)), "{yes}");
    assert_eq!((&corrected["delivery"]["id"], &corrected["delivery"]["quantity"]), (&deliveries[1]["id"], &json!(4)));
    assert_eq!(town.count("select count(*) from former_version where content->>'quantity' = '3'").await, 1, "history is kept");

    // Taken out, once; and in again, which is a correction.
    let out = json!([row("b", json!({"void": true, "serviceCode": "none", "quantity": -7}))]);
    let voided = services(&town, side, out.clone(), json!({})).await;
    assert_eq!((outcomes(&voided), &voided["results"][0]["delivery"]["voided"]), (vec!["VOIDED"], &json!(true)), "{voided}");
    assert_eq!(outcomes(&services(&town, side, out, json!({})).await), ["UNCHANGED"]);
    let back = json!([row("b", json!({"caseReference": case["code"], "quantity": 4}))]);
    assert_eq!(refused(&services(&town, side, back.clone(), json!({})).await), ["DUPLICATE rows.0.externalReference"]);
    let back = services(&town, side, back, json!({"onExisting": "CORRECT"})).await;
    assert_eq!((&back["results"][0]["outcome"], &back["results"][0]["delivery"]["version"]), (&json!("CORRECTED"), &json!(4)));
    assert_eq!(back["results"][0]["delivery"]["targetCategory"], "VETERAN", "what is not told stays");
    assert_eq!(town.count("select count(*) from change where type = 'SERVICES_RECORDED'").await, 4, "calls that wrote");
    assert_eq!(town.count("select count(*) from service_delivery").await, 3);
}

#[tokio::test]
async fn one_wrong_row_refuses_all_or_itself_alone() {
    let town = Town::new().await;
    let side = &town.receiver;
    let rows = json!([row("a", json!({})), row("b", json!({"quantity": -1})), row("c", json!({}))]);
    let all = services(&town, side, rows.clone(), json!({})).await;
    assert_eq!((outcomes(&all), &all["recorded"]), (vec!["REFUSED"; 3], &json!(0)));
    assert_eq!(refused(&all), ["INVALID rows.1.quantity"]);
    assert_eq!(all["results"][0]["userErrors"], json!([]), "refused because of another row");
    assert_eq!(town.count("select count(*) from service_delivery").await, 0);
    let input = json!({"idempotencyKey": "one", "errorPolicy": "REJECT_FAILED_ROWS", "rows": rows});
    let some = town.ask(side, SERVICES, json!({"input": input})).await.data()["servicesRecord"].clone();
    assert_eq!((outcomes(&some), &some["recorded"]), (vec!["RECORDED", "REFUSED", "RECORDED"], &json!(2)));
    let again = town.ask(side, SERVICES, json!({"input": input})).await.data()["servicesRecord"].clone();
    assert_eq!((again["results"].clone(), &again["replayed"]), (some["results"].clone(), &json!(true)), "refusals too");
    assert_eq!(town.count("select count(*) from service_delivery").await, 2);
}

#[tokio::test]
async fn bad_input_names_its_row_and_field() {
    let town = Town::new().await;
    let (side, other) = (&town.receiver, &town.stranger);
    let strange = town.case(other).await;
    let (sent, ..) = town.sent(&["CONTACT"]).await;
    let rows = json!([
        row("0", json!({"occurredOn": "2200-01-01"})),
        row("1", json!({"quantity": 0})),
        row("2", json!({"centreId": other.centre})),
        row("3", json!({"caseId": strange["id"]})),
        row("4", json!({"caseReference": strange["code"]})),
        row("5", json!({"serviceCode": "X-999"})),
        row("6", json!({"territory": "UA99999999999999999"})),
        row("0000100010", json!({})),
        row("8", json!({"referralId": strange["id"]})),
        row("9", json!({"referralId": sent["id"]})),
        row("9", json!({})),
        row("none", json!({"void": true})),
        row("12", json!({"caseId": strange["id"], "caseReference": "x"})),
        json!({"serviceCode": "M-004", "form": "INDIVIDUAL", "occurredOn": "2025-01-01", "void": true}),
        row("14", json!({"occurredOn": "1980-01-01", "quantity": 1001})),
    ]);
    let done = services(&town, side, rows, json!({"errorPolicy": "REJECT_FAILED_ROWS"})).await;
    assert_eq!(
        refused(&done),
        [
            "INVALID rows.0.occurredOn",
            "INVALID rows.1.quantity",
            "NOT_FOUND rows.2.centreId",
            "NOT_FOUND rows.3.caseId",
            "NOT_FOUND rows.4.caseReference",
            "NOT_FOUND rows.5.serviceCode",
            "NOT_FOUND rows.6.territory",
            "INVALID rows.7.externalReference",
            "NOT_FOUND rows.8.referralId",
            "DUPLICATE rows.10.externalReference",
            "NOT_FOUND rows.11.externalReference",
            "INVALID rows.12.caseReference",
            "INVALID rows.13.externalReference",
            "INVALID rows.14.occurredOn",
            "INVALID rows.14.quantity",
        ]
    );
    assert_eq!(done["results"][9]["outcome"], "RECORDED", "under a referral of which one is a party: {done}");
    let many: Vec<_> = (0..1001).map(|i| row(&format!("m{i}"), json!({}))).collect();
    assert_eq!(refused(&services(&town, side, json!(many), json!({})).await), ["LIMIT_EXCEEDED rows"]);
    assert_eq!(refused(&services(&town, side, json!([]), json!({})).await), ["INVALID rows"]);
    let rows = json!([
        session("0", json!({"participants": -1})),
        session("1", json!({"caseIds": [strange["id"]]})),
        session("2", json!({"partnerIds": [other.id, other.id]})),
        session("3", json!({"groupId": strange["id"]})),
        session("4", json!({"title": "тел. 067-000-00-01"})),
        session("5", json!({"occurredOn": "2200-01-01", "place": "x".repeat(301)})),
    ]);
    let done = activities(&town, side, rows, json!({"errorPolicy": "REJECT_FAILED_ROWS"})).await;
    assert_eq!(
        refused(&done),
        [
            "INVALID rows.0.participants",
            "NOT_FOUND rows.1.caseIds.0",
            "DUPLICATE rows.2.partnerIds",
            "NOT_FOUND rows.3.groupId",
            "INVALID rows.4.title",
            "INVALID rows.5.occurredOn",
            "INVALID rows.5.place",
        ]
    );
    assert_eq!(done["recorded"], 0);
}

#[tokio::test]
async fn an_attendance_stands_in_the_history_of_the_case_and_follows_its_activity() {
    let town = Town::new().await;
    let side = &town.receiver;
    let (one, two) = (town.case(side).await, town.case(side).await);
    let group = json!({"centreId": side.centre, "programme": "SELF_HELP_PLUS", "members": 6, "startedOn": "2025-03-01", "caseIds": [one["id"]], "externalReference": "g"});
    let group = town.done(side, "groupCreate", "group", "members startedOn", group).await;
    let few = json!({"centreId": side.centre, "programme": "OTHER", "members": 0, "startedOn": "2200-03-01", "externalReference": "g"});
    assert_eq!(town.refused(side, "groupCreate", "group", few).await, ("INVALID".to_owned(), "input.startedOn".to_owned()));
    let twice = json!({"centreId": side.centre, "programme": "OTHER", "members": 3, "startedOn": "2025-03-01", "externalReference": "g"});
    assert_eq!(town.refused(side, "groupCreate", "group", twice).await.0, "DUPLICATE");

    let rows = json!([
        session(
            "s",
            json!({"groupId": group["id"], "kind": "GROUP_SESSION", "participants": 5, "caseIds": [one["id"], two["id"]]})
        ),
        session("t", json!({"caseIds": [two["id"]]})),
        session("u", json!({})),
    ]);
    let done = activities(&town, side, rows, json!({})).await;
    assert_eq!(outcomes(&done), ["RECORDED"; 3], "{done}");
    let told: Vec<_> = (0..3).map(|i| done["results"][i]["activity"]["participants"].clone()).collect();
    assert_eq!(told, [json!(5), json!(1), Value::Null], "null is not zero");
    assert_eq!(done["results"][0]["activity"]["centre"]["id"], side.centre.as_str(), "the centre of the group");
    let history = async |case: &Value| {
        let query = "query($case: ID!){ serviceDeliveries(first: 50, filter: {caseId: $case, voided: false}) { totalCount nodes { form service { code } activity { kind } } } }";
        let page = town.ask(side, query, json!({"case": case["id"]})).await.data()["serviceDeliveries"].clone();
        let nodes = page["nodes"].as_array().unwrap().iter();
        let mut codes: Vec<_> = nodes.map(|node| node["service"]["code"].as_str().unwrap().to_owned()).collect();
        codes.sort();
        codes
    };
    assert_eq!(
        (history(&one).await, history(&two).await),
        (vec!["M-014".to_owned()], vec!["M-005".to_owned(), "M-014".to_owned()])
    );
    let fewer = json!([session(
        "s",
        json!({"groupId": group["id"], "kind": "GROUP_SESSION", "participants": 5, "caseIds": [one["id"]]})
    )]);
    assert_eq!(outcomes(&activities(&town, side, fewer, json!({"onExisting": "CORRECT"})).await), ["CORRECTED"]);
    assert_eq!((history(&one).await.len(), history(&two).await.len()), (1, 1));
    assert_eq!(outcomes(&activities(&town, side, json!([session("s", json!({"void": true}))]), json!({})).await), ["VOIDED"]);
    assert_eq!((history(&one).await.len(), history(&two).await.len()), (0, 1));
    let sessions = "{ groups(first: 9, programme: SELF_HELP_PLUS) { totalCount nodes { members activities { id } } } activities(first: 9, filter: {voided: false}) { totalCount nodes { externalReference } } }";
    let seen = town.ask(side, sessions, json!({})).await;
    assert_eq!(seen.data()["groups"]["nodes"][0], json!({"members": 6, "activities": []}), "{seen:?}");
    assert_eq!(seen.data()["activities"]["totalCount"], 2);
}

#[tokio::test]
async fn work_is_its_organisation_s_alone() {
    let town = Town::new().await;
    let done = services(&town, &town.receiver, json!([row("a", json!({}))]), json!({})).await;
    let id = &done["results"][0]["delivery"]["id"];
    let lists = "query($id: ID!){ node(id: $id) { id } serviceDeliveries(first: 5) { totalCount nodes { id } } }";
    let mine = town.ask(&town.receiver, lists, json!({"id": id})).await;
    assert_eq!((&mine.data()["node"]["id"], &mine.data()["serviceDeliveries"]["totalCount"]), (id, &json!(1)));
    let other = town.ask(&town.stranger, lists, json!({"id": id})).await;
    assert_eq!((&other.data()["node"], &other.data()["serviceDeliveries"]["totalCount"]), (&Value::Null, &json!(0)));
    // The same reference of another organisation is another row.
    assert_eq!(outcomes(&services(&town, &town.stranger, json!([row("a", json!({}))]), json!({})).await), ["RECORDED"]);
}

#[tokio::test]
async fn two_calls_with_the_same_rows_record_them_once() {
    let town = Town::new().await;
    let side = &town.receiver;
    for round in 0..4 {
        let rows = |quantity: i32| {
            let rows: Vec<_> = (0..30).map(|i| row(&format!("{round}-{i}"), json!({"quantity": quantity}))).collect();
            json!(rows)
        };
        // Backwards in the second call: locks taken in another order.
        let mut backwards = rows(1);
        backwards.as_array_mut().unwrap().reverse();
        let (one, two) = tokio::join!(services(&town, side, rows(1), json!({})), services(&town, side, backwards, json!({})));
        let mut both = [outcomes(&one)[0], outcomes(&two)[0]];
        both.sort_unstable();
        assert_eq!(both, ["RECORDED", "UNCHANGED"], "{one} {two}");
        let correct = json!({"onExisting": "CORRECT"});
        let (one, two) = tokio::join!(services(&town, side, rows(2), correct.clone()), services(&town, side, rows(2), correct));
        let mut both = [outcomes(&one)[0], outcomes(&two)[0]];
        both.sort_unstable();
        assert_eq!(both, ["CORRECTED", "UNCHANGED"]);
    }
    assert_eq!(town.count("select count(*) from service_delivery").await, 120);
    assert_eq!(town.count("select count(*) from former_version").await, 120);
}

#[tokio::test]
async fn a_case_is_marked_with_what_figures_tell_apart() {
    let town = Town::new().await;
    let case = town.case(&town.receiver).await;
    let marks = "select count(*) from \"case\" where sex = 'FEMALE' and age_band = 'AGE_35_59'";
    assert_eq!(town.count(marks).await, 1);
    services(&town, &town.receiver, json!([row("a", json!({"caseId": case["id"]}))]), json!({})).await;
    let who = with(crate::town::target(&case), json!({"person": {"sex": "MALE", "birthDate": "2020-01-01"}}));
    town.done(&town.receiver, "personUpdate", "case", "status", who).await;
    assert_eq!(town.count("select count(*) from \"case\" where sex = 'MALE' and age_band = 'AGE_6_13'").await, 1);
    assert_eq!(town.count("select count(*) from service_delivery where sex = 'FEMALE'").await, 1, "as it was when recorded");
}
