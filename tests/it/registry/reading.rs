//! What everyone may read.

use super::{Desk, KAZANKA, kazanka, ministry, names};
use crate::stage::{Stage, connect};
use mistok::{
    application::operator,
    base::{text::search_key, timetable::Timetable, words::access::AccessPurpose},
    db::Errand,
    demo,
    graphql::node::Kind,
};
use serde_json::{Value, json};

/// A service type that comes while the server runs.
const NEW: &str = "5e510000-0000-4000-8000-000000000999";

#[tokio::test]
async fn the_codifier_is_whole() {
    let stage = Stage::new().await;
    let rows = stage.owner().await;
    let rows =
        rows.query("select code, level, name, former_names, search, ancestors, parent_code from territory", &[]).await.unwrap();
    assert_eq!(rows.len(), 1935);
    for level in [("REGION", 25), ("SPECIAL_CITY", 2), ("RAION", 136), ("HROMADA", 1772)] {
        assert_eq!(rows.iter().filter(|row| row.get::<_, &str>(1) == level.0).count(), level.1, "{}", level.0);
    }
    for row in &rows {
        let (name, former): (&str, Vec<&str>) = (row.get(2), row.get(3));
        let key: Vec<String> = std::iter::once(name).chain(former).map(search_key).collect();
        assert_eq!(key.join(" "), row.get::<_, &str>(4), "the key of search is the program's");
        let ancestors: Vec<&str> = row.get(5);
        let parent: Option<&str> = row.get(6);
        assert_eq!(ancestors.iter().rev().nth(1).copied(), parent, "{name}");
    }
}

#[tokio::test]
async fn what_comes_with_migrations_alone_is_read_once() {
    let desk = Desk::new().await;
    let text = "{ serviceTypes { id } centre: centres(first: 1) { nodes {
        provider { territory { katottg name version region { name } participation { status } } offerings { service { name } } } } } }";
    let look = async |desk: &Desk| {
        let answer = desk.ask(&kazanka(), text, json!({})).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"]["centre"]["nodes"][0]["provider"].clone()
    };
    let first = look(&desk).await;
    assert_eq!(first["territory"]["region"]["name"], "Миколаївська");
    let owner = desk.stage.owner().await;
    owner
        .batch_execute(&format!(
            "update territory set name = 'Перейменована'; update service_type set name = 'Перейменована'; \
             insert into service_type (id, code, name) values ('{NEW}', 'M-999', 'Нова')"
        ))
        .await
        .unwrap();
    assert_eq!(look(&desk).await, first, "kept by the server that runs");
    let new = Kind::ServiceType.id(NEW.parse().unwrap());
    let asked = format!("{{ node(id: \"{}\") {{ ... on ServiceType {{ name }} }} }}", new.as_str());
    assert_eq!(desk.get(&kazanka(), &asked, json!({})).await["name"], "Нова", "what is new is found");
    let input = json!({ "territory": first["territory"]["katottg"], "status": "EXCLUDED", "since": "2025-05" });
    let done = desk.change(&ministry(), "participationRecord", "territory { version }", input).await;
    assert_eq!(done["userErrors"], json!([]), "{done}");
    let changed = look(&desk).await;
    assert_eq!(changed["territory"]["version"], json!(first["territory"]["version"].as_i64().unwrap() + 1));
    assert_eq!(changed["territory"]["participation"]["status"], "EXCLUDED", "what partners change is read each time");
    let restarted = Desk { reference: Default::default(), ..desk };
    assert_eq!(look(&restarted).await["territory"]["name"], "Перейменована");
    assert_eq!(look(&restarted).await["offerings"][0]["service"]["name"], "Перейменована");
}

#[tokio::test]
async fn an_organisation_is_kept_as_of_the_edition_of_the_registry() {
    let desk = Desk::new().await;
    let text = "{ centres(first: 1) { nodes { provider { id name version } } } }";
    let look = async || desk.get(&kazanka(), text, json!({})).await["nodes"][0]["provider"].clone();
    let first = look().await;
    let superuser = connect(&desk.stage.superuser_url()).await;
    let past = "set session_replication_role = replica; update organization set name = 'Без нового видання'; \
                set session_replication_role = origin";
    superuser.batch_execute(past).await.unwrap();
    assert_eq!(look().await, first, "it was not read again");
    let input = json!({ "id": first["id"], "expectedVersion": first["version"], "name": "Перейменована" });
    let done = desk.change(&ministry(), "organizationUpdate", "organization { version }", input).await;
    assert_eq!(done["userErrors"], json!([]), "{done}");
    let changed = json!({ "id": first["id"], "name": "Перейменована", "version": first["version"].as_i64().unwrap() + 1 });
    assert_eq!(look().await, changed, "what points to it tells it at once");
    // By whatever way it is changed, if it counts itself or not.
    let owner = desk.stage.owner().await;
    owner.batch_execute("update organization set name = 'Інша'").await.unwrap();
    assert_eq!(look().await["name"], "Інша");

    // Two who change the registry at once wait for each other at their commits alone; what was not committed was never there.
    let edition = async || owner.query_one("select number from registry_edition", &[]).await.unwrap().get::<_, i64>(0);
    let before = edition().await;
    let (one, other) = (desk.stage.owner().await, desk.stage.owner().await);
    for (client, order) in [(&one, "asc"), (&other, "desc")] {
        let change = format!(
            "update organization set name = name || '!' where id = (select id from organization order by id {order} limit 1)"
        );
        client.batch_execute(&format!("begin; set local lock_timeout = '2s'; {change}; {change}")).await.unwrap();
    }
    assert_eq!((look().await["name"].clone(), edition().await), (json!("Інша"), before));
    other.batch_execute("commit").await.unwrap();
    one.batch_execute("rollback").await.unwrap();
    assert!(edition().await > before);
    let changed = "select count(*) from organization where name = 'Інша!!'";
    assert_eq!(owner.query_one(changed, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_hromada_is_found_however_it_is_typed() {
    let desk = Desk::new().await;
    let text =
        "query($s: String, $l: [TerritoryLevel!], $w: Katottg) { territories(search: $s, levels: $l, within: $w, first: 100) {
        nodes { name katottg level region { name } parent { level } } totalCount pageInfo { hasNextPage } } }";
    let find = async |search: &str| {
        let given = json!({ "s": search, "l": ["HROMADA"], "w": null });
        desk.get(&kazanka(), text, given).await
    };
    for search in ["Кам'янець-Подільська", "камʼянець подільська", "КАМ’ЯНЕЦЬ", "  камянець-", "подільськ кам`янец"]
    {
        let found = find(search).await;
        assert!(names(&found).contains(&"Кам’янець-Подільська"), "{search}: {found}");
    }
    assert_eq!(names(&find("володимир-волинська").await), ["Володимирська"], "by its former name");
    assert!(names(&find("київ").await).contains(&"Київ"), "Kyiv is a hromada besides");
    let found = find("черкаська").await;
    assert_eq!((found["totalCount"].clone(), names(&found)), (json!(3), vec!["Черкаська"; 3]));
    let of: Vec<&str> =
        found["nodes"].as_array().unwrap().iter().map(|node| node["region"]["name"].as_str().unwrap()).collect();
    assert_eq!(of, ["Дніпропетровська", "Донецька", "Черкаська"]);
    let found = find("іванівська").await;
    assert_eq!(names(&found).iter().filter(|name| **name == "Іванівська").count(), 7);
    for search in ["%", "_", "\\", "немає такої"] {
        assert_eq!(find(search).await["nodes"], json!([]), "{search}");
    }
    let within = desk.get(&kazanka(), text, json!({ "s": null, "l": null, "w": "UA48020000000033544" })).await;
    assert_eq!(within["nodes"][0]["level"], "RAION");
    assert!(within["nodes"].as_array().unwrap()[1..].iter().all(|node| node["parent"]["level"] == "RAION"));

    let one = "query($k: Katottg!) { territory(katottg: $k) { name formerNames version parent { name } region { katottg name } participation { status since ministryOrder } centres(first: 1) { nodes { name } totalCount } } }";
    let kazanka_hromada = desk.get(&kazanka(), one, json!({ "k": KAZANKA })).await;
    assert_eq!(kazanka_hromada["participation"], json!({ "status": "OPEN", "since": "2024", "ministryOrder": null }));
    assert_eq!(kazanka_hromada["centres"]["totalCount"], 1);
    assert_eq!(
        (&kazanka_hromada["region"]["name"], &kazanka_hromada["parent"]["name"]),
        (&json!("Миколаївська"), &json!("Баштанський"))
    );
    let kyiv = desk.get(&kazanka(), one, json!({ "k": "UA80000000000093317" })).await;
    assert_eq!(
        (&kyiv["parent"], &kyiv["region"]["name"], &kyiv["participation"]),
        (&Value::Null, &json!("Київ"), &Value::Null)
    );
    assert_eq!(desk.get(&kazanka(), one, json!({ "k": "UA00000000000000000" })).await, Value::Null);
    let volyn = desk.get(&kazanka(), one, json!({ "k": "UA07000000000024379" })).await;
    assert_eq!(volyn["centres"]["totalCount"], 4, "a region has the centres of its hromadas");
}

#[tokio::test]
async fn a_list_is_walked_from_both_ends() {
    let desk = Desk::new().await;
    let text = "query($f: Int, $a: String, $l: Int, $b: String, $s: String) { territories(levels: [RAION], search: $s, first: $f, after: $a, last: $l, before: $b) {
        edges { cursor node { katottg } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    let codes = |page: &Value| -> Vec<String> {
        page["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["katottg"].as_str().unwrap().to_owned()).collect()
    };
    let (mut forward, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = desk.get(&kazanka(), text, json!({ "f": 50, "a": after })).await;
        assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(!after.is_null()));
        forward.extend(codes(&page));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert_eq!(forward.len(), 136);
    assert!(forward.is_sorted());
    let (mut backward, mut before) = (Vec::new(), Value::Null);
    loop {
        let page = desk.get(&kazanka(), text, json!({ "l": 50, "b": before })).await;
        backward.splice(0..0, codes(&page));
        before = page["pageInfo"]["startCursor"].clone();
        if page["pageInfo"]["hasPreviousPage"] == json!(false) {
            break;
        }
    }
    assert_eq!(backward, forward);

    for (given, code) in [
        (json!({ "f": 0 }), "BAD_USER_INPUT"),
        (json!({ "f": 101 }), "BAD_USER_INPUT"),
        (json!({ "f": 1, "l": 1 }), "BAD_USER_INPUT"),
        (json!({}), "BAD_USER_INPUT"),
        (json!({ "f": 1, "a": "x" }), "INVALID_CURSOR"),
        (json!({ "f": 1, "a": after, "s": "а" }), "INVALID_CURSOR"),
    ] {
        let answer = desk.ask(&kazanka(), text, given.clone()).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{given}");
    }
}

#[tokio::test]
async fn the_demonstration_loads_once() {
    let desk = Desk::new().await;
    let state = "select count(*) + coalesce(sum(version), 0) from (select version from organization union all select version from centre \
        union all select version from offering union all select version from participation union all select object_version from change) all_rows";
    let before = desk.count(state).await;
    demo::load(&desk.db, &desk.seal).await.unwrap();
    assert_eq!(desk.count(state).await, before);
    assert_eq!(
        desk.count("select count(*) from organization where name not like '%(демо)%' or edrpou not like '99000%'").await,
        0
    );

    let text = "query($id: ID!) { centre(id: $id) { name status openedOn barrierFree territory { katottg } originTerritory { name }
        provider { kind edrpou territory { name } centres(first: 5) { nodes { name } } } host { name } posts { role count since until } } }";
    let centres = desk.get(&kazanka(), "{ centres(first: 100) { nodes { id name status } } }", json!({})).await;
    let id = |name: &str| {
        let all = centres["nodes"].as_array().unwrap();
        all.iter().find(|node| node["name"].as_str().unwrap().contains(name)).unwrap()["id"].clone()
    };
    let kazanka_centre = desk.get(&kazanka(), text, json!({ "id": id("Казанк") })).await;
    assert_eq!(
        kazanka_centre["posts"],
        json!([{ "role": "SOCIAL_MANAGER", "count": "1", "since": null, "until": null }, { "role": "PSYCHOLOGIST", "count": "1", "since": null, "until": null }])
    );
    let vinnytsia = desk.get(&kazanka(), text, json!({ "id": id("Вінниц") })).await;
    assert_eq!((&vinnytsia["provider"]["kind"], &vinnytsia["provider"]["edrpou"]), (&json!("SOLE_PROPRIETOR"), &Value::Null));
    assert_eq!(vinnytsia["host"]["name"], "Вінницький міський центр соціальних служб (демо)");
    assert_eq!(vinnytsia["openedOn"], "2024-02-01");
    let planned = centres["nodes"].as_array().unwrap().iter().filter(|node| node["status"] == "PLANNED").count();
    assert_eq!(planned, 3);
    for app in demo::APPLICATIONS {
        assert_eq!(
            desk.count(&format!("select count(*) from organization where id = '{}'", app.organization)).await,
            1,
            "{}",
            app.word
        );
    }
}

#[tokio::test]
async fn the_demonstration_has_a_story() {
    let desk = Desk::new().await;
    let before = desk.count("select count(*) from change").await;
    demo::tell(&desk.db, &desk.seal, &Timetable::default()).await.unwrap();
    assert_eq!(desk.count("select count(*) from change").await, before, "without applications nobody has done anything");
    for app in demo::APPLICATIONS {
        let wish = operator::Register {
            organization_id: app.organization,
            name: app.name.to_owned(),
            ..operator::Register::default()
        };
        operator::register(&desk.db, &desk.seal, Errand::Demo, wish).await.unwrap();
    }
    for _ in 0..2 {
        demo::tell(&desk.db, &desk.seal, &Timetable::default()).await.unwrap();
        let states = "select coalesce(string_agg(status, ' ' order by status), '') from referral";
        let states: String = desk.stage.owner().await.query_one(states, &[]).await.unwrap().get(0);
        assert_eq!(states, "COMPLETED IN_PROGRESS SENT");
    }
    let text = "{ referrals(filter: { direction: INBOUND }, first: 10) { nodes { status service { code } subject { familyName } reason } } }";
    let actor = mistok::access::Actor { purpose: Some(AccessPurpose::CaseWork), ..kazanka() };
    let seen = desk.get(&actor, text, json!({})).await;
    let named = |status: &str| {
        seen["nodes"].as_array().unwrap().iter().find(|node| node["status"] == status).unwrap()["subject"]["familyName"].clone()
    };
    assert_eq!((named("SENT"), named("IN_PROGRESS")), (Value::Null, json!("Придуманий")));
}

#[tokio::test]
async fn organizations_are_found_by_what_they_offer() {
    let desk = Desk::new().await;
    let text = "query($f: OrganizationFilter) { organizations(filter: $f, first: 100) { nodes { name edrpou territory { name }
        offerings { service { code classifierCode } centre { name } territories { name } capacity capacityAsOf expectedWait } contacts { channel value } } totalCount } }";
    let find = async |filter: Value| desk.get(&kazanka(), text, json!({ "f": filter })).await;
    let all = find(json!({})).await;
    assert_eq!(all["totalCount"], 34);
    let found = find(json!({ "offersService": "M-008", "servesTerritory": KAZANKA })).await;
    assert_eq!(
        names(&found),
        ["Благодійний фонд «Поруч» (демо)", "Відділ соціального захисту населення Казанківської селищної ради (демо)"]
    );
    let found = find(json!({ "offersService": "M-008", "servesTerritory": KAZANKA, "capacity": ["AVAILABLE"] })).await;
    assert_eq!(names(&found), ["Благодійний фонд «Поруч» (демо)"]);
    let found = find(json!({ "offersService": "M-001", "servesTerritory": "UA48000000000039575" })).await;
    assert_eq!(found["totalCount"], 2, "a region of which two parts are served: {found}");
    assert_eq!(find(json!({ "servesTerritory": "UA00000000000000000" })).await["totalCount"], 0);
    assert_eq!(find(json!({ "kind": ["FUND", "FUND_BRANCH"] })).await["totalCount"], 2);
    assert_eq!(find(json!({ "search": "КАРІТАС волинь" })).await["totalCount"], 1);
    assert_eq!(find(json!({ "search": "99000034" })).await["totalCount"], 1);
    assert_eq!(find(json!({ "territory": "UA07000000000024379" })).await["totalCount"], 6, "the region and its hromadas");

    let by = "query($e: Edrpou!) { organizationByEdrpou(edrpou: $e) { id name contacts { channel value hours } } }";
    let one = desk.get(&kazanka(), by, json!({ "e": "99000034" })).await;
    assert_eq!(one["contacts"][1], json!({ "channel": "PHONE", "value": "+380670000001", "hours": null }));
    let again = desk.get(&kazanka(), "query($id: ID!) { organization(id: $id) { name } }", json!({ "id": one["id"] })).await;
    assert_eq!(again["name"], one["name"]);
    assert_eq!(desk.get(&kazanka(), by, json!({ "e": "99000130" })).await, Value::Null);
    assert_eq!(desk.get(&kazanka(), "{ organization(id: \"nonsense\") { name } }", json!({})).await, Value::Null);
    let services = desk.get(&kazanka(), "{ serviceTypes { code classifierCode name nameEn mhpssCode } }", json!({})).await;
    let confirmed: Vec<&Value> = services.as_array().unwrap().iter().filter(|row| !row["classifierCode"].is_null()).collect();
    assert_eq!(confirmed.iter().map(|row| row["code"].as_str().unwrap()).collect::<Vec<_>>(), ["001.0", "002.0", "015.1"]);
}
