//! Figures as their sources reported them: each comes back as it was told, a small one about people to its own alone.

use crate::{
    served::scopes,
    town::{KAZANKA, Side, Town, key, with},
};
use futures_util::future::join_all;
use mistok::{access::Scope, base::words::organization::OrganizationKind as Kind, demo, graphql::node};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

const FIELDS: &str =
    "id indicator title kind periodFrom periodTo note source cell { value comparator status origin source } version
    organization { id } centre { id } territory { katottg } reportedBy { id } supportedBy { id }";

/// A figure about people of one's own centre, in May 2025.
fn told(side: &Side, more: Value) -> Value {
    let base = json!({"idempotencyKey": key(), "indicator": "PERSONS_APPLIED", "value": "7", "kind": "FLOW", "centreId": side.centre,
        "periodFrom": "2025-05-01", "periodTo": "2025-05-27", "source": "Журнал центру"});
    with(base, more)
}

impl Town {
    async fn report(&self, side: &Side, input: Value) -> Value {
        self.done(side, "observationReport", "observation", FIELDS, input).await
    }

    /// A page of observations with its count.
    async fn observations(&self, side: &Side, arguments: &str) -> Value {
        let query = format!(
            "{{ observations({arguments}) {{ totalCount nodes {{ {FIELDS} }} edges {{ cursor }} pageInfo {{ hasNextPage hasPreviousPage endCursor }} }} }}"
        );
        self.ask(side, &query, json!({})).await.data()["observations"].clone()
    }

    /// Status, value and note of an observation, as somebody sees it by `node`.
    async fn shown(&self, side: &Side, observation: &Value) -> (String, Value, Value) {
        let query = format!("query($id: ID!) {{ node(id: $id) {{ ... on Observation {{ {FIELDS} }} }} }}");
        let answer = self.ask(side, &query, json!({"id": observation["id"]})).await;
        let node = &answer.data()["node"];
        assert_eq!(node["cell"]["source"], "Журнал центру");
        if node["cell"]["value"].is_null() {
            assert_eq!(node["cell"]["comparator"], "EQ", "a comparator tells of a value");
        }
        (node["cell"]["status"].as_str().unwrap().to_owned(), node["cell"]["value"].clone(), node["note"].clone())
    }
}

type Maybe = Option<&'static str>;
type Told = (u8, &'static str, &'static str, Maybe, Maybe, &'static str, &'static str, Maybe, Maybe);

/// Every reported figure of the five reports: row, indicator, whose, part of the title, value, comparator, kind, period.
#[rustfmt::skip]
const REPORTED: &[Told] = &[
    (7, "PHYSICAL_ACTIVITIES", "centre 1", None, None, "EQ", "FLOW", Some("2025-01-01"), Some("2025-05-27")),
    (15, "PERSONS_APPLIED", "centre 2", None, Some("2000"), "GT", "FLOW", Some("2024-02"), Some("2024-04-02")),
    (22, "HROMADAS_IN_PROJECT", "organization 1", None, Some("143"), "EQ", "STOCK", None, Some("2024-04-02")),
    (23, "HROMADAS_IN_PROJECT", "organization 1", None, Some("200"), "EQ", "TARGET", None, None),
    (24, "GROUP_PROJECT_REACH", "organization 9", None, Some("35434"), "EQ", "FLOW", Some("2023-01-01"), Some("2023-12-31")),
    (25, "SERVICES_PROVIDED", "organization 9", None, Some("10990"), "EQ", "FLOW", Some("2023-01-01"), Some("2023-12-31")),
    (26, "RECIPIENTS", "organization 9", None, Some("4830"), "EQ", "FLOW", Some("2023-01-01"), Some("2023-12-31")),
    (27, "NEEDS_ASSESSMENTS", "organization 9", None, Some("1038"), "EQ", "FLOW", Some("2023-01-01"), Some("2023-12-31")),
    (28, "HUMANITARIAN_AID_RECIPIENTS", "organization 9", None, Some("7519"), "EQ", "FLOW", Some("2023-01-01"), Some("2023-12-31")),
    (29, "EDUCATIONAL_EVENTS", "organization 9", None, Some("297"), "EQ", "FLOW", Some("2023-01-01"), Some("2023-12-31")),
    (30, "FAMILIES_IN_SOCIAL_SUPPORT", "organization 9", None, Some("145"), "EQ", "FLOW", Some("2023-01-01"), Some("2023-12-31")),
    (31, "WAR_AFFECTED_CHILD_ASSESSMENTS", "organization 9", None, Some("419"), "EQ", "FLOW", Some("2023-01-01"), Some("2023-12-31")),
    (32, "SHELTER_RESIDENTS", "organization 9", None, Some("241"), "EQ", "STOCK", None, Some("2024-01")),
    (33, "MOBILE_TEAM_VISITS", "organization 9", None, Some("71"), "EQ", "FLOW", Some("2023-01-01"), Some("2023-12-31")),
    (34, "CAMPAIGN_REACH", "organization 9", Some("гендерно зумовленого"), Some("20000"), "APPROX", "FLOW", Some("2023-01-01"), Some("2023-12-31")),
    (35, "CAMPAIGN_REACH", "organization 9", Some("ГовориТи"), Some("12990"), "EQ", "FLOW", Some("2023-01-01"), Some("2023-12-31")),
    (36, "CAMPAIGN_REACH", "organization 9", Some("Нестереотипні"), Some("20000"), "GT", "FLOW", Some("2023-01-01"), Some("2023-12-31")),
    (38, "STUDY_VISITS", "UA07060450000051170", None, Some("1"), "EQ", "FLOW", None, Some("XXXX-06-19")),
];

#[tokio::test]
async fn the_reported_figures_of_the_reports_come_back() {
    let town = Town::new().await;
    let (db, seal) = (town.served.app.db(), town.served.app.seal());
    for _ in 0..2 {
        demo::load(db, seal).await.unwrap();
    }
    let mut seen = BTreeSet::new();
    for (row, indicator, whose, title, value, comparator, kind, from, to) in REPORTED {
        let (filter, place, id) = match whose.split_once(' ') {
            Some(("centre", number)) => {
                let id = node::Kind::Centre.id(demo::centre_id(number.parse().unwrap())).0;
                (format!("centreId: \"{id}\""), "/centre/id", id)
            }
            Some((_, number)) => {
                let id = node::Kind::Organization.id(demo::organization_id(number.parse().unwrap())).0;
                (format!("organizationId: \"{id}\""), "/organization/id", id)
            }
            None => (format!("territory: \"{whose}\""), "/territory/katottg", (*whose).to_owned()),
        };
        // Who has nothing to do with it reads it as it was published.
        let page = town.observations(&town.stranger, &format!("indicator: {indicator}, {filter}, first: 9")).await;
        let meant = |node: &&Value| {
            node["kind"] == *kind && title.is_none_or(|part| node["title"].as_str().is_some_and(|title| title.contains(part)))
        };
        let found: Vec<&Value> = page["nodes"].as_array().unwrap().iter().filter(meant).collect();
        assert_eq!(found.len(), 1, "row {row}: {page}");
        let status = if value.is_some() { "PUBLISHED" } else { "NOT_REPORTED" };
        let cell = json!({"value": value, "comparator": comparator, "status": status, "origin": "REPORTED", "source": found[0]["source"]});
        assert_eq!(found[0]["cell"], cell, "row {row}");
        assert_eq!((&found[0]["periodFrom"], &found[0]["periodTo"]), (&json!(from), &json!(to)), "row {row}");
        assert_eq!(found[0].pointer(place), Some(&json!(id)), "row {row}");
        assert_eq!(found[0]["title"].is_null(), title.is_none(), "row {row}");
        seen.insert(found[0]["id"].as_str().unwrap().to_owned());
    }
    // Each is one observation, none is a sum, and there is no other: twice loaded is once.
    assert_eq!(seen.len(), REPORTED.len());
    assert_eq!(town.observations(&town.stranger, "first: 1").await["totalCount"], REPORTED.len());
    let volyn = town.observations(&town.stranger, "territory: \"UA07000000000024379\", first: 9").await;
    assert_eq!(volyn["totalCount"], 2, "the hromada of Shatsk, and the centre that stands in Novovolynsk");
}

#[tokio::test]
async fn a_small_figure_about_people_is_its_own_alone() {
    let town = Town::new().await;
    let author = &town.receiver;
    let sides = [Kind::Ministry, Kind::OversightBody, Kind::Fund, Kind::FundBranch];
    let official = join_all(sides.map(|kind| town.side(kind))).await;
    let mut month = 0;
    let mut report = async |more: Value| {
        month += 1;
        let period =
            json!({"periodFrom": format!("2024-{month:02}"), "periodTo": format!("2024-{month:02}"), "note": "зі слів центру"});
        town.report(author, told(author, with(period, more))).await
    };
    let (published, suppressed) = ("PUBLISHED", "SUPPRESSED");
    for (more, to_official, to_public) in [
        (json!({"value": "3"}), suppressed, suppressed),
        (json!({"value": "3", "comparator": "GT"}), suppressed, suppressed),
        (json!({"value": "4.5", "comparator": "APPROX"}), suppressed, suppressed),
        (json!({"value": "7"}), published, suppressed),
        (json!({"value": "10"}), published, published),
        (json!({"value": "0"}), published, published),
        (json!({"value": "0", "comparator": "GT"}), suppressed, suppressed),
        (json!({"value": "3", "indicator": "SERVICES_PROVIDED"}), suppressed, suppressed),
        (json!({"value": "1", "indicator": "ART_THERAPY_EVENTS"}), published, published),
        (json!({"value": null}), "NOT_REPORTED", "NOT_REPORTED"),
    ] {
        let value = more["value"].clone();
        let made = report(more.clone()).await;
        let own = if value.is_null() { "NOT_REPORTED" } else { published };
        assert_eq!((made["cell"]["status"].as_str(), &made["cell"]["value"]), (Some(own), &value), "{more}: the author");
        let expected = |status: &str| {
            let note = if status == suppressed { Value::Null } else { json!("зі слів центру") };
            (status.to_owned(), if status == published { value.clone() } else { Value::Null }, note)
        };
        for side in &official {
            assert_eq!(town.shown(side, &made).await, expected(to_official), "{more}");
        }
        for side in [&town.stranger, &town.sender] {
            assert_eq!(town.shown(side, &made).await, expected(to_public), "{more}");
        }
        assert_eq!(town.shown(author, &made).await, expected(own), "{more}");
    }
    // The list shows no more than the node, by whichever name it is asked for.
    let page = town.observations(&town.stranger, &format!("centreId: \"{}\", last: 20", author.centre)).await;
    let hidden = page["nodes"].as_array().unwrap().iter().filter(|node| node["cell"]["status"] == suppressed);
    assert_eq!(hidden.filter(|node| node["cell"]["value"].is_null() && node["note"].is_null()).count(), 6);
    let alias = "query($id: ID!) { nodes(ids: [$id]) { ... on Observation { a: cell { b: value } c: cell { status } } } }";
    let small = report(json!({"value": "2", "indicator": "CASES_OPENED"})).await;
    let answer = town.ask(&town.stranger, alias, json!({"id": small["id"]})).await;
    assert_eq!(answer.data()["nodes"][0], json!({"a": {"b": null}, "c": {"status": "SUPPRESSED"}}));

    // Without the scope there is nothing to see.
    let partner = town.served.partner_with(Kind::Ngo, scopes(&[Scope::CasesRead])).await;
    let token = town.served.token(&partner).await;
    let answer = town.served.ask(&token, "{ observations(first: 1) { totalCount } }", json!({})).await;
    assert_eq!((answer.code(), &answer.body["errors"][0]["extensions"]["scope"]), ("FORBIDDEN", &json!("analytics:read")));
    let answer = town.served.ask(&token, "query($id: ID!) { node(id: $id) { id } }", json!({"id": small["id"]})).await;
    assert_eq!(answer.data()["node"], Value::Null);
}

#[tokio::test]
async fn each_reports_of_its_own_and_the_ministry_of_all() {
    let town = Town::new().await;
    let (author, other, ministry) = (&town.receiver, &town.stranger, town.side(Kind::Ministry).await);
    let refused = async |side: &Side, more: Value| {
        let input = with(told(side, json!({"centreId": null})), more);
        town.refused(side, "observationReport", "observation", input).await
    };
    let invalid = |field: &str| ("INVALID".to_owned(), format!("input.{field}"));
    assert_eq!(refused(other, json!({"centreId": author.centre})).await, invalid("centreId"));
    assert_eq!(refused(other, json!({"organizationId": author.id})).await, invalid("organizationId"));
    assert_eq!(refused(other, json!({"organizationId": author.id, "centreId": other.centre})).await, invalid("organizationId"));
    // What is allowed: itself, its own centre, a territory, also all of them together.
    for (more, whose) in [
        (json!({"organizationId": author.id}), "organization"),
        (json!({"centreId": author.centre}), "centre"),
        (json!({"territory": "UA48000000000039575"}), "territory"),
        (json!({"organizationId": author.id, "centreId": author.centre, "territory": KAZANKA}), "centre"),
    ] {
        let made = town.report(author, with(told(author, json!({"centreId": null})), more)).await;
        assert!(!made[whose].is_null());
        assert_eq!(made["reportedBy"]["id"], json!(author.id));
    }
    // The Ministry holds no services:write and reports by registry:write. It and whose figure it is see a small one.
    let of_other = json!({"organizationId": other.id, "centreId": null, "value": "3", "supportedByIds": [author.id]});
    let made = town.report(&ministry, told(&ministry, of_other)).await;
    assert_eq!((&made["cell"]["value"], &made["supportedBy"][0]["id"]), (&json!("3"), &json!(author.id)));
    assert_eq!(town.shown(other, &made).await.0, "PUBLISHED");
    assert_eq!(town.shown(author, &made).await.0, "SUPPRESSED", "who supported it is no owner of it");
    let of_centre = town.report(&ministry, told(&ministry, json!({"centreId": author.centre, "value": "4"}))).await;
    assert_eq!(town.shown(author, &of_centre).await.0, "PUBLISHED", "its provider");
    assert_eq!(town.shown(&town.sender, &of_centre).await.0, "SUPPRESSED");
    let page = town.observations(author, &format!("reportedById: \"{}\", first: 9", ministry.id)).await;
    assert_eq!(page["totalCount"], 2);
    // Without either scope nobody reports.
    for (kind, held) in [(Kind::Fund, Scope::AnalyticsRead), (Kind::Ngo, Scope::ServicesRead)] {
        let partner = town.served.partner_with(kind, scopes(&[held])).await;
        let token = town.served.token(&partner).await;
        let mutation = "mutation($input: ObservationReportInput!) { observationReport(input: $input) { replayed } }";
        let answer = town.served.ask(&token, mutation, json!({"input": told(author, json!({}))})).await;
        assert_eq!((answer.code(), &answer.body["errors"][0]["extensions"]["scope"]), ("FORBIDDEN", &json!("services:write")));
    }
    // Told to who reported it alone.
    let told_to = "select count(*) from change c join change_audience a on a.seq = c.seq where c.type = 'OBSERVATION_REPORTED'";
    assert_eq!(town.count(told_to).await, 6);
    assert_eq!(town.count(&format!("{told_to} and a.organization_id = c.organization_id")).await, 6);
}

#[tokio::test]
async fn the_database_itself_lets_nobody_report_for_others() {
    let town = Town::new().await;
    let client = crate::stage::connect(&town.served.stage.app_url()).await;
    let (me, other) = (town.stranger.partner.organization_id, town.receiver.partner.organization_id);
    let centre = |side: &Side| node::open(&async_graphql::ID::from(side.centre.as_str())).unwrap().1;
    let (own, theirs) = (centre(&town.stranger), centre(&town.receiver));
    let new = |of: Uuid, about: Option<Uuid>, centre: Option<Uuid>| {
        let id = |id: Option<Uuid>| id.map_or("null".to_owned(), |id| format!("'{id}'"));
        format!(
            "insert into observation (id, organization_id, about_id, centre_id, territory_code, indicator, value_parts, comparator, kind, period_to, source, created_at, version)
             values (gen_random_uuid(), '{of}', {}, {}, '{KAZANKA}', 'STAFF_POSTS', 10000, 'EQ', 'STOCK', '2025', 'x', now(), 1)",
            id(about), id(centre)
        )
    };
    let try_as = async |kind: &str, sql: &str| -> Result<u64, String> {
        let set = format!("begin; set local mistok.org_id = '{me}'; set local mistok.kind = '{kind}'");
        client.batch_execute(&set).await.unwrap();
        let done = client.execute(sql, &[]).await.map_err(|fault| fault.as_db_error().unwrap().message().to_owned());
        client.batch_execute("rollback").await.unwrap();
        done
    };
    let policy = || Err("new row violates row-level security policy for table \"observation\"".to_owned());
    assert_eq!(try_as("NGO", &new(me, Some(me), Some(own))).await, Ok(1));
    assert_eq!(try_as("NGO", &new(other, None, None)).await, policy(), "in another's name");
    assert_eq!(try_as("NGO", &new(me, Some(other), None)).await, policy(), "about another");
    assert_eq!(try_as("NGO", &new(me, None, Some(theirs))).await, policy(), "about another's centre");
    assert_eq!(try_as("MINISTRY", &new(me, Some(other), Some(theirs))).await, Ok(1));
    assert_eq!(try_as("MINISTRY", &new(other, None, None)).await, policy(), "not even the Ministry in another's name");
    // What was published stands.
    for sql in ["update observation set value_parts = 0", "delete from observation"] {
        assert!(try_as("MINISTRY", sql).await.unwrap_err().starts_with("permission denied"), "{sql}");
    }
    // The rules of the program, held once more.
    for (column, value, law) in [
        ("value_parts", "-1", "observation_value_has_bounds"),
        ("indicator", "'REFERRALS_SENT'", "observation_is_of_what_a_source_can_know"),
        ("period_from", "'2024'", "observation_stock_is_of_one_day"),
        ("period_to", "null", "observation_knows_its_time"),
        ("territory_code", "null", "observation_has_a_subject"),
    ] {
        let mut client = crate::stage::connect(&town.served.stage.superuser_url()).await;
        let tx = client.transaction().await.unwrap();
        tx.batch_execute(&new(me, None, None)).await.unwrap();
        let fault = tx.execute(&format!("update observation set {column} = {value}"), &[]).await.unwrap_err();
        assert_eq!(fault.as_db_error().unwrap().constraint(), Some(law), "{column}");
    }
}

#[tokio::test]
async fn bad_figures_are_refused_with_their_field() {
    let town = Town::new().await;
    let side = &town.receiver;
    let tomorrow = (chrono::Utc::now().date_naive() + chrono::Days::new(2)).to_string();
    let unknown = |kind: node::Kind| kind.id(Uuid::new_v4()).0;
    for (more, code, field) in [
        (json!({"periodTo": tomorrow}), "INVALID", "periodTo"),
        (json!({"kind": "STOCK", "periodFrom": null, "periodTo": tomorrow}), "INVALID", "periodTo"),
        (json!({"periodTo": "2025-04"}), "INVALID", "periodTo"),
        (json!({"periodTo": null}), "INVALID", "periodTo"),
        (json!({"kind": "STOCK"}), "INVALID", "periodFrom"),
        (json!({"value": "-1"}), "INVALID", "value"),
        (json!({"value": "0.33333"}), "INVALID", "value"),
        (json!({"value": "1000000000001"}), "INVALID", "value"),
        (json!({"value": null, "comparator": "GT"}), "INVALID", "comparator"),
        (json!({"indicator": "MEDIAN_HOURS_TO_RESPOND"}), "INVALID", "indicator"),
        (json!({"indicator": "FUNDING_PAID"}), "INVALID", "indicator"),
        (json!({"centreId": null}), "INVALID", "organizationId"),
        (json!({"centreId": unknown(node::Kind::Centre)}), "NOT_FOUND", "centreId"),
        (json!({"centreId": side.id}), "NOT_FOUND", "centreId"),
        (json!({"organizationId": unknown(node::Kind::Organization)}), "NOT_FOUND", "organizationId"),
        (json!({"territory": "UA99999999999999999"}), "NOT_FOUND", "territory"),
        (json!({"supportedByIds": [side.id, side.id]}), "INVALID", "supportedByIds.1"),
        (json!({"supportedByIds": [side.id, unknown(node::Kind::Organization)]}), "NOT_FOUND", "supportedByIds.1"),
        (json!({"supportedByIds": vec![side.id.clone(); 21]}), "LIMIT_EXCEEDED", "supportedByIds"),
        (json!({"title": "н".repeat(201)}), "LIMIT_EXCEEDED", "title"),
        (json!({"source": "н".repeat(501)}), "LIMIT_EXCEEDED", "source"),
        (json!({"source": " "}), "INVALID", "source"),
        (json!({"note": "н".repeat(1001)}), "LIMIT_EXCEEDED", "note"),
        (json!({"note": "телефон 067-000-00-01"}), "INVALID", "note"),
        (json!({"externalReference": "н".repeat(129)}), "LIMIT_EXCEEDED", "externalReference"),
        (json!({"externalReference": "0000100010"}), "INVALID", "externalReference"),
        (json!({"idempotencyKey": "к".repeat(129)}), "INVALID", "idempotencyKey"),
    ] {
        let refused = town.refused(side, "observationReport", "observation", told(side, more.clone())).await;
        assert_eq!(refused, (code.to_owned(), format!("input.{field}")), "{more}");
    }
    assert_eq!(town.count("select count(*) from observation").await, 0);
    // What is aimed at may lie ahead.
    let target = json!({"kind": "TARGET", "periodFrom": tomorrow, "periodTo": "2099"});
    assert_eq!(town.report(side, told(side, target)).await["kind"], "TARGET");
}

#[tokio::test]
async fn a_repetition_is_the_figure_that_is_there() {
    let town = Town::new().await;
    let side = &town.receiver;
    let act = async |input: Value| town.act(side, "observationReport", "observation", "cell { value }", input).await;
    let named = |more: Value| with(told(side, json!({"externalReference": " тиждень-1 ", "title": "Тиждень"})), more);
    // Eight at once under keys of their own: one row, one entry, one answer.
    let at_once = join_all((0..8).map(|_| act(named(json!({}))))).await;
    let ids: BTreeSet<String> = at_once.iter().map(|payload| payload["observation"]["id"].to_string()).collect();
    assert_eq!((ids.len(), at_once.iter().filter(|payload| payload["replayed"] == false).count()), (1, 1), "{at_once:?}");
    assert_eq!(town.count("select count(*) from observation").await, 1);
    assert_eq!(town.count("select count(*) from change where type = 'OBSERVATION_REPORTED'").await, 1);
    // Other content under the same reference.
    for more in [json!({"value": "8"}), json!({"value": null}), json!({"title": "Інший"}), json!({"note": "х"})] {
        let refused = town.refused(side, "observationReport", "observation", named(more)).await;
        assert_eq!(refused, ("DUPLICATE".into(), "input.externalReference".into()));
    }
    // The same key and input; the same key and another input.
    let input = named(json!({"externalReference": "тиждень-2", "title": "Тиждень 2"}));
    let (first, again) = (act(input.clone()).await, act(input.clone()).await);
    assert_eq!((&first["replayed"], &again["replayed"]), (&json!(false), &json!(true)));
    assert_eq!(first["observation"], again["observation"]);
    let refused = town.refused(side, "observationReport", "observation", with(input, json!({"value": "9"}))).await;
    assert_eq!(refused.0, "IDEMPOTENCY_KEY_REUSED");
    // Several of one subject, indicator and period need titles of their own.
    town.report(side, told(side, json!({}))).await;
    for more in [json!({}), json!({"value": "8"}), json!({"title": "Тиждень", "externalReference": "тиждень-3"})]
    {
        let refused = town.refused(side, "observationReport", "observation", told(side, more)).await;
        assert_eq!(refused, ("DUPLICATE".into(), "input.title".into()));
    }
    town.report(side, told(side, json!({"title": "Тиждень 4", "value": "8"}))).await;
    // A stranger's reference is its own.
    let theirs = told(&town.stranger, json!({"externalReference": "тиждень-1"}));
    let theirs = town.act(&town.stranger, "observationReport", "observation", "", theirs).await;
    assert_eq!((&theirs["userErrors"], &theirs["replayed"]), (&json!([]), &json!(false)));
}

#[tokio::test]
async fn lists_are_paged_and_narrowed() {
    let town = Town::new().await;
    let side = &town.receiver;
    let mut made = Vec::new();
    for n in 1..=5 {
        let more = json!({"title": format!("Тиждень {n}"), "value": "20", "indicator": if n == 3 { "STAFF_POSTS" } else { "PERSONS_APPLIED" }});
        made.push(town.report(side, told(side, more)).await["id"].clone());
    }
    made.reverse();
    town.report(&town.stranger, told(&town.stranger, json!({"centreId": null, "territory": "UA80000000000093317"}))).await;
    let ids = |page: &Value| page["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect::<Vec<_>>();
    let reader = &town.sender;
    let own = format!("centreId: \"{}\"", side.centre);
    let first = town.observations(reader, &format!("{own}, first: 2")).await;
    assert_eq!((ids(&first), &first["totalCount"]), (made[..2].to_vec(), &json!(5)));
    let after = |page: &Value| format!("{own}, first: 2, after: {}", page["pageInfo"]["endCursor"]);
    let second = town.observations(reader, &after(&first)).await;
    let third = town.observations(reader, &after(&second)).await;
    assert_eq!((ids(&second), ids(&third)), (made[2..4].to_vec(), made[4..].to_vec()));
    assert_eq!(third["pageInfo"]["hasNextPage"], false);
    let last = town.observations(reader, &format!("{own}, last: 2, before: {}", third["edges"][0]["cursor"])).await;
    assert_eq!((ids(&last), &last["pageInfo"]["hasPreviousPage"]), (made[2..4].to_vec(), &json!(true)));
    for (arguments, count) in [
        (format!("{own}, indicator: STAFF_POSTS"), 1),
        ("territory: \"UA48000000000039575\"".into(), 5),
        ("territory: \"UA80000000000093317\"".into(), 1),
        (format!("reportedById: \"{}\"", town.stranger.id), 1),
        (format!("organizationId: \"{}\"", side.id), 0),
        (format!("centreId: \"{}\"", side.id), 0),
        ("indicator: CASES_OPENED".into(), 0),
    ] {
        let page = town.observations(reader, &format!("{arguments}, first: 9")).await;
        assert_eq!((ids(&page).len(), &page["totalCount"]), (count, &json!(count)), "{arguments}");
    }
    let foreign = format!("{{ observations(first: 2, after: {}) {{ totalCount }} }}", first["pageInfo"]["endCursor"]);
    assert_eq!(town.ask(reader, &foreign, json!({})).await.code(), "INVALID_CURSOR");
    assert_eq!(town.ask(reader, "{ observations { totalCount } }", json!({})).await.code(), "BAD_USER_INPUT");
}
