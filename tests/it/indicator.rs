//! Figures counted by the server: every one of the published reports comes back, one's own by any division, and bad questions
//! are refused by name.

use crate::{
    operation::Demonstration,
    town::{KAZANKA, Side, Town, key, with},
};
use mistok::{base::period::PartialDate, demo, graphql::node::Kind};
use serde_json::{Value, json};

const QUESTION: &str = "query($input: IndicatorsInput!){ indicators(input: $input) { minCell suppressedCells release { lastMonth }
    rows { indicator unit total kind title dimensions { dimension key label } cell { value status comparator origin } observation { id } } } }";

/// The rows of `field-figures.csv`, without its header.
fn figures() -> Vec<Vec<&'static str>> {
    include_str!("field-figures.csv").lines().skip(1).map(|line| line.split(',').collect()).collect()
}

async fn ask(demo: &Demonstration, by: &str, input: Value) -> Value {
    let answer = demo.served.ask(&demo.tokens[by], QUESTION, json!({"input": input})).await;
    answer.data()["indicators"].clone()
}

/// The value of the row that sums up everything.
fn total(table: &Value) -> String {
    let rows = table["rows"].as_array().unwrap();
    let of: Vec<_> = rows.iter().filter(|row| row["dimensions"] == json!([])).collect();
    assert_eq!(of.len(), 1, "{table}");
    assert_eq!(of[0]["cell"]["status"], "PUBLISHED", "{table}");
    of[0]["cell"]["value"].as_str().unwrap().to_owned()
}

fn range(from: &str, to: &str) -> Value {
    let day = |text: &str| text.parse::<PartialDate>().unwrap();
    let last = day(to).last_day().unwrap();
    json!({"range": {"from": if from.is_empty() { last } else { day(from).first_day().unwrap() }, "to": last}})
}

#[tokio::test]
async fn every_figure_of_the_reports_comes_back() {
    let demonstration = Demonstration::new().await;
    let centre = |number| Kind::Centre.id(demo::centre_id(number)).0;
    let (mut computed, mut reported) = (0, 0);
    for row in figures() {
        let [n, _, subject, indicator, title, value, comparator, _, kind, from, to, origin, ..] = row[..] else {
            panic!("{row:?}")
        };
        if origin == "REPORTED" {
            reported += 1;
            let period = if to.is_empty() || to.starts_with('X') { json!({"year": 2001}) } else { range(from, to) };
            let input = json!({"indicators": [indicator], "period": period, "origin": "REPORTED", "kinds": [kind]});
            let table = ask(&demonstration, "MINISTRY", input).await;
            let rows = table["rows"].as_array().unwrap();
            let status = if value.is_empty() { "NOT_REPORTED" } else { "PUBLISHED" };
            let is_it = |row: &&Value| {
                let cell = &row["cell"];
                (&cell["status"], &cell["origin"], &cell["comparator"])
                    == (&json!(status), &json!("REPORTED"), &json!(comparator))
                    && (cell["value"].as_str().unwrap_or_default(), row["title"].is_null()) == (value, title.is_empty())
            };
            assert_eq!(rows.iter().filter(is_it).count(), 1, "{n}: {table}");
            continue;
        }
        computed += 1;
        let (by, place) = match subject {
            "Kazanka centre" => ("KAZANKA", json!({"centreId": centre(1)})),
            "Novovolynsk centre" => ("CARITAS", json!({"centreId": centre(2)})),
            "Volyn region" => ("MINISTRY", json!({"territory": "UA07000000000024379"})),
            "Vinnytsia centre" => {
                let opened = format!("{{ centre(id: \"{}\") {{ openedOn }} }}", centre(6));
                let answer = demonstration.served.ask(&demonstration.tokens["VINNYTSIA"], &opened, json!({})).await;
                assert_eq!(answer.data()["centre"]["openedOn"], to, "{n}");
                continue;
            }
            other => panic!("{other}"),
        };
        if let Some(group) = indicator.strip_prefix("share of TARGET_GROUP ") {
            let input = with(
                place,
                json!({"indicators": ["INDIVIDUAL_CONSULTATIONS", "GROUP_SESSIONS"], "period": range(from, to), "by": ["TARGET_GROUP"]}),
            );
            let table = ask(&demonstration, by, input).await;
            let part = |keep: &dyn Fn(&Value) -> bool| -> i64 {
                let rows = table["rows"].as_array().unwrap().iter().filter(|row| keep(row));
                rows.map(|row| row["cell"]["value"].as_str().unwrap().parse::<i64>().unwrap()).sum()
            };
            let (of_group, all) = (part(&|row| row["dimensions"][0]["key"] == group), part(&|row| row["total"] == true));
            let expected =
                [("MILITARY_AND_FAMILIES", 760), ("IDP", 743), ("OTHER", 725)].iter().find(|one| one.0 == group).unwrap().1;
            assert_eq!((of_group, all), (expected, 2228), "{n}");
            let third = of_group * 3 - all;
            assert!(
                match comparator {
                    "GT" => third > 0,
                    "LT" => third < 0,
                    _ => third.abs() < 30,
                },
                "{n}: about a third"
            );
            continue;
        }
        let table = ask(&demonstration, by, with(place, json!({"indicators": [indicator], "period": range(from, to)}))).await;
        assert_eq!(total(&table), value, "{n}: {indicator}");
        assert_eq!((&table["minCell"], &table["release"]), (&Value::Null, &Value::Null), "{n}: one's own is live");
    }
    assert_eq!((computed, reported), (20, 18), "all of them");
    // Participants of group work, as the reports tell them.
    for (kind, expected) in [
        ("GROUP_CONSULTATION", "132"),
        ("MENTAL_HEALTH_TRAINING", "68"),
        ("SOCIAL_COHESION_EVENT", "53"),
        ("GROUP_SESSION", "150"),
    ] {
        let input = json!({"indicators": ["ACTIVITY_PARTICIPANTS"], "period": range("2025-01-01", "2025-05-27"), "by": ["ACTIVITY_KIND"], "centreId": centre(1)});
        let table = ask(&demonstration, "KAZANKA", input).await;
        let row = table["rows"].as_array().unwrap().iter().find(|row| row["dimensions"][0]["key"] == kind).unwrap();
        assert_eq!(row["cell"]["value"], expected);
    }
    let before =
        demonstration.served.stage.owner().await.query_one("select count(*) from tally", &[]).await.unwrap().get::<_, i64>(0);
    let (db, seal) = (demonstration.served.app.db(), demonstration.served.app.seal());
    demo::tell(db, seal, &mistok::base::timetable::Timetable::default()).await.unwrap();
    let after =
        demonstration.served.stage.owner().await.query_one("select count(*) from tally", &[]).await.unwrap().get::<_, i64>(0);
    assert_eq!(before, after, "a second telling changes nothing");
}

async fn record(town: &Town, side: &Side, rows: Vec<Value>) {
    let query = "mutation($input: ServicesRecordInput!){ servicesRecord(input: $input){ userErrors { path message } } }";
    let done = town.ask(side, query, json!({"input": {"idempotencyKey": key(), "rows": rows}})).await;
    assert_eq!(done.data()["servicesRecord"]["userErrors"], json!([]));
}

#[tokio::test]
async fn one_s_own_figures_are_live_and_divided_as_asked() {
    let town = Town::new().await;
    let (side, other) = (&town.receiver, &town.stranger);
    let row = |day: &str, category: &str, quantity: i32| json!({"serviceCode": "M-004", "form": "INDIVIDUAL", "occurredOn": day, "targetCategory": category, "quantity": quantity, "centreId": side.centre});
    record(&town, side, vec![row("2025-03-01", "VETERAN", 2), row("2025-03-31", "IDP", 3), row("2025-04-01", "MILITARY", 4)])
        .await;
    record(
        &town,
        other,
        vec![json!({"serviceCode": "M-004", "form": "INDIVIDUAL", "occurredOn": "2025-03-01", "quantity": 100})],
    )
    .await;
    let ask = async |input: Value| town.ask(side, QUESTION, json!({"input": input})).await.data()["indicators"].clone();
    let own =
        |more: Value| with(json!({"indicators": ["SERVICES_PROVIDED"], "providerId": side.id, "period": {"year": 2025}}), more);
    assert_eq!(total(&ask(own(json!({}))).await), "9", "of others nothing");
    for (period, expected) in [
        (json!({"month": "2025-03"}), "5"),
        (json!({"quarter": {"year": 2025, "quarter": 2}}), "4"),
        (json!({"range": {"from": "2025-03-31", "to": "2025-04-01"}}), "7"),
        (json!({"year": 2024}), "0"),
    ] {
        assert_eq!(total(&ask(own(json!({"period": period}))).await), expected, "{period}");
    }
    let table = ask(own(json!({"by": ["TARGET_GROUP", "MONTH"]}))).await;
    let rows: Vec<_> = table["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let keys: Vec<_> = row["dimensions"].as_array().unwrap().iter().map(|by| by["key"].as_str().unwrap()).collect();
            format!("{} {} {}", keys.join("/"), row["cell"]["value"].as_str().unwrap(), row["total"])
        })
        .collect();
    assert_eq!(
        rows,
        [
            "IDP/2025-03 3 false",
            "MILITARY_AND_FAMILIES/2025-03 2 false",
            "MILITARY_AND_FAMILIES/2025-04 4 false",
            "IDP 3 true",
            "MILITARY_AND_FAMILIES 6 true",
            "2025-03 5 true",
            "2025-04 4 true",
            " 9 true",
        ]
    );
    let table = ask(own(json!({"by": ["REGION", "CENTRE", "SERVICE"], "territory": KAZANKA}))).await;
    let labels: Vec<_> =
        table["rows"][0]["dimensions"].as_array().unwrap().iter().map(|by| by["label"].as_str().unwrap()).collect();
    assert_eq!((labels[0], labels[2]), ("Миколаївська", "Індивідуальна консультація"));
    assert_eq!(table["rows"][0]["dimensions"][1]["key"], side.centre.as_str(), "a global id");
    assert_eq!(total(&ask(own(json!({"centreId": side.centre}))).await), "9");
}

#[tokio::test]
async fn bad_questions_are_refused_by_name() {
    let town = Town::new().await;
    let (side, other) = (&town.receiver, &town.stranger);
    let base = json!({"indicators": ["CASES_OPENED"], "period": {"year": 2025}});
    let own = json!({"providerId": side.id});
    for (more, code, field) in [
        (json!({"by": ["SEX", "AGE_BAND"]}), "TOO_MANY_DIMENSIONS", "input.by"),
        (with(own.clone(), json!({"by": ["REGION", "HROMADA", "CENTRE", "MONTH"]})), "TOO_MANY_DIMENSIONS", "input.by"),
        (json!({"period": {"range": {"from": "2025-01-01", "to": "2025-05-27"}}}), "RANGE_NOT_ALLOWED", "input.period"),
        (json!({"period": {"range": {"from": "2025-05-27", "to": "2025-01-01"}}}), "BAD_USER_INPUT", "input.period"),
        (json!({"period": {"quarter": {"year": 2025, "quarter": 5}}}), "BAD_USER_INPUT", "input.period"),
        (json!({"period": {"year": 20250}}), "BAD_USER_INPUT", "input.period"),
        (json!({"providerId": other.id}), "BAD_USER_INPUT", "input"),
        (json!({"centreId": other.centre}), "BAD_USER_INPUT", "input"),
        (json!({"indicators": []}), "BAD_USER_INPUT", "input.indicators"),
        (json!({"indicators": ["CASES_OPENED", "CASES_OPENED"]}), "BAD_USER_INPUT", "input.indicators"),
        (json!({"indicators": ["CAMPAIGN_REACH"]}), "BAD_USER_INPUT", "input.indicators"),
        (json!({"indicators": ["STAFF_POSTS"], "by": ["SEX"]}), "BAD_USER_INPUT", "input.by"),
        (json!({"by": ["PROVIDER"]}), "BAD_USER_INPUT", "input.by"),
        (json!({"indicators": ["ACTIVITY_PARTICIPANTS"], "by": ["ACTIVITY_KIND"]}), "BAD_USER_INPUT", "input.by"),
        (json!({"origin": "REPORTED", "by": ["MONTH"]}), "BAD_USER_INPUT", "input.by"),
        (json!({"territory": "UA99999999999999999"}), "BAD_USER_INPUT", "input.territory"),
        (json!({}), "BAD_USER_INPUT", "input.period"),
    ] {
        let answer = town.ask(side, QUESTION, json!({"input": with(base.clone(), more.clone())})).await;
        assert_eq!((answer.code(), &answer.body["errors"][0]["extensions"]["field"]), (code, &json!(field)), "{more}");
    }
}
