//! Releases: what a month tells of people is decided once, kept back where it points at somebody, and the same ever after.

use crate::{
    stage::connect,
    town::{KAZANKA, Side, Town, with},
};
use mistok::{base::min_cell::MinCells, base::words::organization::OrganizationKind, indicator::release};
use serde_json::{Value, json};

const QUESTION: &str =
    "query($input: IndicatorsInput!){ indicators(input: $input) { minCell suppressedCells release { lastMonth }
    rows { total dimensions { key } cell { value status } } } }";

struct Scene {
    town: Town,
    ministry: Side,
    client: tokio_postgres::Client,
}

impl Scene {
    async fn new() -> Self {
        let town = Town::new().await;
        let ministry = town.side(OrganizationKind::Ministry).await;
        let client = connect(&town.served.stage.superuser_url()).await;
        Self { town, ministry, client }
    }

    /// Cases of a side's centre on a day, by category; told to the roll-up itself.
    async fn cases(&self, side: &Side, day: &str, of: &[(&str, i64)]) {
        let centre = mistok::graphql::node::open(&side.centre.as_str().into()).unwrap().1;
        for (category, count) in of {
            let sql = format!(
                "insert into tally values ('{}', '{centre}', '{KAZANKA}', '{day}', 'CASE_OPENED', null, null, '{category}', 'FEMALE', 'UNKNOWN', {count}, true)",
                side.partner.organization_id
            );
            self.client.batch_execute(&sql).await.unwrap();
        }
    }

    async fn publish(&self) -> usize {
        release::publish_due(self.town.served.app.db(), MinCells::default()).await.unwrap()
    }

    /// `key value`, or `key -` where it is kept back; a total has no key.
    async fn told(&self, side: &Side, more: Value) -> Vec<String> {
        let input = with(json!({"indicators": ["CASES_OPENED"], "period": {"month": "2025-03"}}), more);
        let answer = self.town.ask(side, QUESTION, json!({"input": input})).await;
        let rows = answer.data()["indicators"]["rows"].as_array().unwrap().clone();
        let told = |row: &Value| {
            let keys: Vec<_> = row["dimensions"].as_array().unwrap().iter().map(|by| by["key"].as_str().unwrap()).collect();
            let hidden = row["cell"]["status"] == "SUPPRESSED";
            assert_eq!(hidden, row["cell"]["value"].is_null(), "{row}");
            format!("{} {}", keys.join("/"), row["cell"]["value"].as_str().unwrap_or("-"))
        };
        rows.iter().map(told).collect()
    }
}

#[tokio::test]
async fn a_small_part_takes_another_one_along() {
    let scene = Scene::new().await;
    let side = &scene.town.receiver;
    scene.cases(side, "2025-03-05", &[("IDP", 12), ("VETERAN", 3), ("OLDER_PERSON", 40)]).await;
    scene.cases(side, "2025-04-05", &[("IDP", 30), ("OLDER_PERSON", 40)]).await;
    assert!(scene.publish().await > 12);
    assert_eq!(scene.publish().await, 0, "once");
    let by = json!({"by": ["TARGET_GROUP"]});
    assert_eq!(scene.told(&scene.ministry, by.clone()).await, ["IDP -", "MILITARY_AND_FAMILIES -", "OTHER 40", " 55"]);
    // A time of two months is shown where both months are.
    let quarter = json!({"by": ["TARGET_GROUP"], "period": {"quarter": {"year": 2025, "quarter": 1}}});
    assert_eq!(scene.told(&scene.ministry, quarter).await, ["IDP -", "MILITARY_AND_FAMILIES -", "OTHER 40", " 55"]);
    let half = json!({"by": ["TARGET_GROUP"], "period": {"year": 2025}});
    assert_eq!(scene.told(&scene.ministry, half).await, ["IDP -", "MILITARY_AND_FAMILIES -", "OTHER 80", " 125"]);
    let april = json!({"by": ["TARGET_GROUP", "HROMADA"], "period": {"month": "2025-04"}});
    let told = scene.told(&scene.ministry, april).await;
    assert!(told.contains(&format!("IDP/{KAZANKA} 30")) && told.contains(&"IDP 30".to_owned()), "{told:?}");
    // What is one's own is one's own.
    let own = json!({"by": ["TARGET_GROUP"], "providerId": side.id});
    assert_eq!(scene.told(side, own).await, ["IDP 12", "MILITARY_AND_FAMILIES 3", "OTHER 40", " 55"]);
}

#[tokio::test]
async fn the_smallest_number_depends_on_who_asks_and_a_contributor_cannot_take_himself_away() {
    let scene = Scene::new().await;
    let (one, other) = (&scene.town.receiver, &scene.town.stranger);
    scene.cases(one, "2025-03-05", &[("IDP", 50)]).await;
    scene.cases(other, "2025-03-05", &[("IDP", 7)]).await;
    scene.publish().await;
    let by = json!({"by": ["HROMADA"]});
    assert_eq!(scene.told(&scene.ministry, by.clone()).await, [format!("{KAZANKA} 57"), " 57".to_owned()]);
    // 57 less one's own 50 would be the 7 of the other.
    assert_eq!(scene.told(one, by.clone()).await, [format!("{KAZANKA} -"), " -".to_owned()]);
    assert_eq!(scene.told(other, json!({})).await, [" -"]);
    let mut centres = scene.told(&scene.ministry, json!({"by": ["CENTRE"]})).await;
    centres.sort();
    let mut expected = [format!("{} 50", one.centre), format!("{} 7", other.centre), " 57".to_owned()];
    expected.sort();
    assert_eq!(centres, expected);
}

#[tokio::test]
async fn what_was_published_never_changes_and_what_was_not_is_said_so() {
    let scene = Scene::new().await;
    let side = &scene.town.receiver;
    scene.cases(side, "2025-03-05", &[("IDP", 20)]).await;
    scene.publish().await;
    let before = scene.told(&scene.ministry, json!({"by": ["REGION"]})).await;
    scene.cases(side, "2025-03-06", &[("IDP", 1)]).await;
    assert_eq!(scene.publish().await, 0);
    assert_eq!(scene.told(&scene.ministry, json!({"by": ["REGION"]})).await, before);
    assert_eq!(scene.told(side, json!({"providerId": side.id})).await, [" 21"], "one's own is live");
    let asked = |more: Value| {
        let input = with(json!({"indicators": ["CASES_OPENED"], "period": {"month": "2025-03"}}), more);
        json!({"input": input})
    };
    for (more, field) in [
        (json!({"period": {"year": 2026}}), "input.period"),
        (json!({"release": side.id}), ""),
        (json!({"territory": "UA48020000000044693"}), "input.territory"),
        (json!({"providerId": side.id, "release": null}), ""),
    ] {
        let answer = scene.town.ask(&scene.ministry, QUESTION, asked(more.clone())).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{more}");
        assert!(field.is_empty() || answer.body["errors"][0]["extensions"]["field"] == field, "{more} {answer:?}");
    }
    // An older release knows no later month, and the newest is the default.
    let list = "{ releases(first: 100) { totalCount nodes { id lastMonth } } }";
    let all = scene.town.ask(&scene.ministry, list, json!({})).await.data()["releases"]["nodes"].as_array().unwrap().clone();
    assert_eq!(all.last().unwrap()["lastMonth"], "2025-03");
    let first = json!({"release": all.last().unwrap()["id"], "period": {"month": "2025-04"}});
    assert_eq!(scene.town.ask(&scene.ministry, QUESTION, asked(first)).await.code(), "BAD_USER_INPUT");
    let first = json!({"release": all.last().unwrap()["id"]});
    assert_eq!(scene.told(&scene.ministry, first).await, [" 20"]);
    assert_eq!(scene.town.count("select count(*) from change where type = 'RELEASE_PUBLISHED'").await, all.len() as i64);
}

#[tokio::test]
async fn the_database_itself_keeps_back_what_is_hidden() {
    let scene = Scene::new().await;
    scene.cases(&scene.town.receiver, "2025-03-05", &[("IDP", 7)]).await;
    scene.publish().await;
    let app = connect(&scene.town.served.stage.app_url()).await;
    assert!(app.query("select amount from frozen_figure", &[]).await.is_err(), "closed");
    let sql = "select count(*) filter (where amount is not null), count(*) from mistok.published(array['CASES_OPENED'], '', 'COUNTRY', '2025-03-01', '2025-03-31')";
    for (kind, shown) in [("MINISTRY", 1), ("NGO", 0)] {
        app.batch_execute(&format!("begin; set local mistok.kind = '{kind}'")).await.unwrap();
        let row = app.query_one(sql, &[]).await.unwrap();
        assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (shown, 1), "{kind}");
        app.batch_execute("rollback").await.unwrap();
    }
}

#[tokio::test]
async fn a_median_stands_on_enough_answers() {
    let scene = Scene::new().await;
    let (sender, receiver) = (&scene.town.sender, &scene.town.receiver);
    for n in 0..6 {
        let (sent, ..) = scene.town.sent(&["CONTACT"]).await;
        let now = scene.town.step(receiver, "referralAccept", &sent, json!({})).await;
        assert_eq!(now["status"], "ACCEPTED");
        // Answered in March after 1, 2, 3, 4, 5 and 6 hours.
        let sql = format!(
            "update referral set sent_at = '2025-03-05 10:00+02', accepted_at = '2025-03-05 10:00+02'::timestamptz + interval '{} hours' where number = (select number from referral order by created_at desc limit 1)",
            n + 1
        );
        scene
            .client
            .batch_execute(&format!("set session_replication_role = replica; {sql}; set session_replication_role = origin"))
            .await
            .unwrap();
    }
    scene.client.batch_execute("select mistok.rebuild_tally()").await.unwrap();
    scene.publish().await;
    let median = |more: Value| with(json!({"indicators": ["MEDIAN_HOURS_TO_RESPOND"]}), more);
    assert_eq!(scene.told(sender, median(json!({"providerId": sender.id}))).await, [" 3.5"], "one's own, exact");
    assert_eq!(scene.told(&scene.ministry, median(json!({}))).await, [" 4"], "six answers are enough for officials");
    assert_eq!(scene.told(&scene.town.stranger, median(json!({}))).await, [" -"], "and too few for others");
    let by_month = median(json!({"period": {"year": 2025}, "by": ["MONTH"]}));
    assert_eq!(scene.told(&scene.ministry, by_month).await, ["2025-03 4"]);
    let year = json!({"input": with(json!({"indicators": ["MEDIAN_HOURS_TO_RESPOND"]}), json!({"period": {"year": 2025}}))});
    assert_eq!(scene.town.ask(&scene.ministry, QUESTION, year).await.code(), "BAD_USER_INPUT", "medians are never added");
}
