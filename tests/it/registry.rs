//! The registry through GraphQL: territories, organisations, centres, offerings, and the walls around them.

use crate::stage::Stage;
use mistok::{
    access::{Actor, Scopes},
    base::{clock::Clock, text::search_key, words::organization::OrganizationKind},
    db::Db,
    demo,
    graphql::{context::Session, loaders, schema},
    seal::Seal,
};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// A database with the demonstration, and partners at its desk.
struct Desk {
    stage: Stage,
    db: Db,
    seal: Arc<Seal>,
    clock: Clock,
    gate: schema::Gate,
}

impl Desk {
    async fn new() -> Self {
        let (stage, clock, seal) = (Stage::new().await, Clock::default(), Arc::new(Seal::new(&[7; 32])));
        let db = stage.db(clock.clone());
        demo::load(&db, &seal).await.unwrap();
        let gate = schema::Gate::new(schema::builder).unwrap();
        Self { stage, db, seal, clock, gate }
    }

    /// The whole answer to a question.
    async fn ask(&self, actor: &Actor, text: &str, given: Value) -> Value {
        let Value::Object(given) = given else { panic!("variables are an object") };
        let chosen = self.gate.choose(text, None).await;
        let request = match chosen.and_then(|chosen| self.gate.prepare(chosen, given, actor.scopes)) {
            Ok(request) => request,
            Err(faults) => return json!({ "errors": faults }),
        };
        let session = Session::new(actor.clone(), "test".into(), self.db.clone(), self.seal.clone());
        let request = request.data(loaders::of(&session));
        let answer = serde_json::to_value(self.gate.execute(request, session.clone()).await).unwrap();
        session.finish().await.unwrap();
        answer
    }

    /// The one field that is asked for.
    async fn get(&self, actor: &Actor, text: &str, given: Value) -> Value {
        let mut answer = self.ask(actor, text, given).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        let fields = answer["data"].as_object_mut().unwrap();
        assert_eq!(fields.len(), 1);
        fields.values_mut().next().unwrap().take()
    }

    /// A mutation of one input: the payload.
    async fn change(&self, actor: &Actor, mutation: &str, wanted: &str, input: Value) -> Value {
        let name = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let text = format!(
            "mutation($input: {name}!) {{ {mutation}(input: $input) {{ {wanted} userErrors {{ code path message }} replayed }} }}"
        );
        self.get(actor, &text, json!({ "input": input })).await
    }

    async fn count(&self, sql: &str) -> i64 {
        self.stage.owner().await.query_one(sql, &[]).await.unwrap().get(0)
    }
}

fn actor(number: u16, kind: OrganizationKind) -> Actor {
    Actor {
        application_id: Uuid::from_u128(u128::from(number)),
        organization_id: demo::organization_id(number),
        kind,
        scopes: Scopes::of_kind(kind),
        purpose: None,
        acting_for: None,
    }
}

fn ministry() -> Actor {
    actor(1, OrganizationKind::Ministry)
}

fn kazanka() -> Actor {
    actor(3, OrganizationKind::Ngo)
}

/// Codes and paths of user errors.
fn refusals(payload: &Value) -> Vec<String> {
    let one = |error: &Value| {
        let path: Vec<&str> = error["path"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
        format!("{} {}", error["code"].as_str().unwrap(), path.join("."))
    };
    payload["userErrors"].as_array().unwrap().iter().map(one).collect()
}

fn names(page: &Value) -> Vec<&str> {
    page["nodes"].as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap()).collect()
}

const KAZANKA: &str = "UA48020130000080862";

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
async fn organizations_are_found_by_what_they_offer() {
    let desk = Desk::new().await;
    let text = "query($f: OrganizationFilter) { organizations(filter: $f, first: 100) { nodes { name edrpou territory { name }
        offerings { service { code classifierCode } centre { name } territories { name } capacity capacityAsOf expectedWait } contacts { channel value } } totalCount } }";
    let find = async |filter: Value| desk.get(&kazanka(), text, json!({ "f": filter })).await;
    let all = find(json!({})).await;
    assert_eq!(all["totalCount"], 17);
    let found = find(json!({ "offersService": "M-008", "servesTerritory": KAZANKA })).await;
    assert_eq!(
        names(&found),
        ["Благодійний фонд «Поруч» (демо)", "Відділ соціального захисту населення Казанківської селищної ради (демо)"]
    );
    let found = find(json!({ "offersService": "M-008", "servesTerritory": KAZANKA, "capacity": ["AVAILABLE"] })).await;
    assert_eq!(names(&found), ["Благодійний фонд «Поруч» (демо)"]);
    let found = find(json!({ "offersService": "M-001", "servesTerritory": "UA48000000000039575" })).await;
    assert_eq!(found["totalCount"], 1, "a region of which a part is served: {found}");
    assert_eq!(find(json!({ "servesTerritory": "UA00000000000000000" })).await["totalCount"], 0);
    assert_eq!(find(json!({ "kind": ["FUND", "FUND_BRANCH"] })).await["totalCount"], 2);
    assert_eq!(find(json!({ "search": "КАРІТАС волинь" })).await["totalCount"], 1);
    assert_eq!(find(json!({ "search": "99000034" })).await["totalCount"], 1);
    assert_eq!(find(json!({ "territory": "UA07000000000024379" })).await["totalCount"], 3, "the region and its hromadas");

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

#[tokio::test]
async fn the_ministry_registers_and_changes_organisations() {
    let desk = Desk::new().await;
    let wanted = "organization { id name nameEn active version territory { name } contacts { value } }";
    let register = async |input: Value| desk.change(&ministry(), "organizationRegister", wanted, input).await;
    let wrong = register(json!({
        "kind": "NGO", "name": " ", "edrpou": "99000076", "taxNumber": "0000100011", "territory": "UA00000000000000000",
        "contacts": [{ "channel": "PHONE", "value": "112" }],
    }))
    .await;
    assert_eq!(
        refusals(&wrong),
        [
            "INVALID input.name",
            "INVALID input.edrpou",
            "INVALID input.taxNumber",
            "INVALID input.taxNumber",
            "NOT_FOUND input.territory",
            "INVALID input.contacts.0.value"
        ]
    );
    let input = json!({
        "idempotencyKey": "one", "kind": "NGO", "name": "ГО «Нова» (демо)", "nameEn": "Nova", "edrpou": "99000075", "territory": KAZANKA,
        "contacts": [{ "channel": "PHONE", "value": "067-000-00-02" }],
    });
    let new = register(input.clone()).await;
    assert_eq!(refusals(&new), [""; 0]);
    assert_eq!((&new["organization"]["version"], &new["replayed"]), (&json!(1), &json!(false)));
    assert_eq!(new["organization"]["contacts"][0]["value"], "+380670000002");
    let again = register(input.clone()).await;
    assert_eq!((&again["organization"]["id"], &again["replayed"]), (&new["organization"]["id"], &json!(true)));
    let mut other = input.clone();
    other["name"] = json!("ГО «Інша» (демо)");
    assert_eq!(refusals(&register(other.clone()).await), ["IDEMPOTENCY_KEY_REUSED input.idempotencyKey"]);
    other["idempotencyKey"] = Value::Null;
    assert_eq!(refusals(&register(other).await), ["DUPLICATE input.edrpou"]);

    let sole = json!({ "kind": "SOLE_PROPRIETOR", "name": "ФОП (демо)", "taxNumber": "0000100010" });
    assert_eq!(refusals(&register(sole.clone()).await), [""; 0]);
    assert_eq!(refusals(&register(sole).await), ["DUPLICATE input.taxNumber"]);

    let id = &new["organization"]["id"];
    let update = async |input: Value| desk.change(&ministry(), "organizationUpdate", wanted, input).await;
    let changed = update(json!({ "id": id, "expectedVersion": 1, "nameEn": null, "active": false })).await;
    assert_eq!((&changed["organization"]["nameEn"], &changed["organization"]["version"]), (&Value::Null, &json!(2)));
    assert_eq!(changed["organization"]["territory"]["name"], "Казанківська", "an absent field stays");
    assert_eq!(
        refusals(&update(json!({ "id": id, "expectedVersion": 1, "active": true })).await),
        ["VERSION_CONFLICT input.expectedVersion"]
    );
    assert_eq!(refusals(&update(json!({ "id": id, "expectedVersion": 2, "name": null })).await), ["INVALID input.name"]);
    assert_eq!(refusals(&update(json!({ "id": "x", "expectedVersion": 2 })).await), ["NOT_FOUND input.id"]);

    let denied = desk
        .ask(&kazanka(), "mutation { organizationUpdate(input: {id: \"x\", expectedVersion: 1}) { replayed } }", json!({}))
        .await;
    assert_eq!(denied["errors"][0]["extensions"], json!({ "code": "FORBIDDEN", "scope": "registry:write" }));
    let told = desk
        .count(
            "select count(*) from change c join change_audience a using (seq) where type = 'ORGANIZATION_CHANGED' \
        and actor_kind = 'APPLICATION' and a.organization_id = '00000000-0000-0000-0000-000000000000'",
        )
        .await;
    assert_eq!(told, 3, "two registrations and a change, told to everyone; refusals leave nothing");
}

#[tokio::test]
async fn two_at_once_and_one_wins() {
    let desk = Desk::new().await;
    let id = desk.get(&ministry(), "{ organizationByEdrpou(edrpou: \"99000034\") { id } }", json!({})).await["id"].clone();
    let rename = |name: &str| {
        let input = json!({ "id": id, "expectedVersion": 1, "nameEn": name });
        let desk = &desk;
        async move { desk.change(&ministry(), "organizationUpdate", "organization { version }", input).await }
    };
    let (one, other) = tokio::join!(rename("One"), rename("Other"));
    let mut ends = [refusals(&one), refusals(&other)];
    ends.sort();
    assert_eq!(ends, [vec![], vec!["VERSION_CONFLICT input.expectedVersion".to_owned()]]);
    // A retry that comes while the first call is still under way waits for it and answers the same.
    let record = || {
        let input = json!({ "idempotencyKey": "k", "territory": KAZANKA, "status": "EXCLUDED", "since": "2025-05" });
        let desk = &desk;
        async move {
            desk.change(&ministry(), "participationRecord", "territory { version participation { status since } }", input).await
        }
    };
    let (one, other) = tokio::join!(record(), record());
    assert_eq!(one["territory"], other["territory"]);
    assert_ne!(one["replayed"], other["replayed"]);
    assert_eq!(one["territory"]["participation"], json!({ "status": "EXCLUDED", "since": "2025-05" }));
    for (input, said) in [
        (json!({ "territory": "UA48000000000039575", "status": "OPEN", "since": "2024" }), "INVALID input.territory"),
        (json!({ "territory": "UA00000000000000000", "status": "OPEN", "since": "2024" }), "NOT_FOUND input.territory"),
        (json!({ "territory": KAZANKA, "status": "OPEN", "since": "2999" }), "INVALID input.since"),
    ] {
        assert_eq!(refusals(&desk.change(&ministry(), "participationRecord", "territory { version }", input).await), [said]);
    }
}

#[tokio::test]
async fn the_ministry_registers_and_moves_centres() {
    let desk = Desk::new().await;
    let ids = desk
        .ask(&ministry(), "{ provider: organizationByEdrpou(edrpou: \"99000034\") { id } fund: organizationByEdrpou(edrpou: \"99000028\") { id } }", json!({}))
        .await;
    let (provider, fund) = (&ids["data"]["provider"]["id"], &ids["data"]["fund"]["id"]);
    let wanted = "centre { id version status openedOn phone territory { name } provider { name } posts(on: \"2024-06-01\") { role count } }";
    let new = json!({
        "name": "Другий центр (демо)", "territory": KAZANKA, "originTerritory": "UA65080030000058401", "providerId": provider, "status": "PLANNED", "since": "2024-04",
        "phone": "0670000003", "barrierFree": true,
        "posts": [{ "role": "PSYCHOLOGIST", "count": "0.5", "since": "2024-05" }, { "role": "COORDINATOR", "count": "1", "since": "2024-06" }],
    });
    let mut wrong = new.clone();
    wrong["territory"] = json!("UA48000000000039575");
    wrong["providerId"] = fund.clone();
    wrong["since"] = json!("2999-01");
    wrong["posts"][1]["count"] = json!("0.001");
    let register = async |input: Value| desk.change(&ministry(), "centreRegister", wanted, input).await;
    assert_eq!(
        refusals(&register(wrong).await),
        ["INVALID input.territory", "INVALID input.providerId", "INVALID input.since", "INVALID input.posts.1.count"]
    );
    let made = register(new).await;
    assert_eq!(refusals(&made), [""; 0]);
    let centre = &made["centre"];
    assert_eq!((&centre["openedOn"], &centre["phone"]), (&Value::Null, &json!("+380670000003")));
    assert_eq!(centre["posts"], json!([{ "role": "PSYCHOLOGIST", "count": "0.5" }]), "June may begin on its last day only");

    let update = async |version: i32, mut input: Value| {
        input["id"] = centre["id"].clone();
        input["expectedVersion"] = json!(version);
        desk.change(&ministry(), "centreUpdate", wanted, input).await
    };
    assert_eq!(refusals(&update(1, json!({ "status": "SUSPENDED" })).await), ["TRANSITION_NOT_ALLOWED input.status"]);
    assert_eq!(refusals(&update(1, json!({ "status": "OPEN", "on": "2024-03" })).await), ["INVALID input.on"]);
    let open = update(1, json!({ "status": "OPEN", "on": "2025-01", "phone": null })).await;
    assert_eq!(open["centre"]["openedOn"], "2025-01");
    assert_eq!((&open["centre"]["phone"], &open["centre"]["version"]), (&Value::Null, &json!(2)));
    let emptied = update(2, json!({ "posts": [] })).await;
    assert_eq!(emptied["centre"]["posts"], json!([]));
    assert_eq!(
        desk.count("select count(*) from centre_status s join centre c on c.id = s.centre_id where c.name like 'Другий%'")
            .await,
        2
    );

    let text = "query($f: CentreFilter) { centres(filter: $f, first: 10) { nodes { name originTerritory { name } host { name } } totalCount } }";
    let found = desk.get(&kazanka(), text, json!({ "f": { "providerId": provider, "status": ["OPEN"], "search": "центр другий", "territory": "UA48000000000039575" } })).await;
    assert_eq!((&found["totalCount"], &found["nodes"][0]["originTerritory"]["name"]), (&json!(1), &json!("Голопристанська")));
}

#[tokio::test]
async fn each_organisation_tells_its_own_offerings() {
    let desk = Desk::new().await;
    let centres = desk.get(&kazanka(), "{ centres(first: 10) { nodes { id name } } }", json!({})).await;
    let id = |name: &str| {
        centres["nodes"].as_array().unwrap().iter().find(|node| node["name"].as_str().unwrap().contains(name)).unwrap()["id"]
            .clone()
    };
    let wanted = "organization { version offerings { service { code } centre { id } territories { katottg } capacity capacityAsOf expectedWait } }";
    let tell = async |actor: &Actor, input: Value| desk.change(actor, "offeringUpdate", wanted, input).await;
    let wrong = json!({
        "centreId": id("Вінниц"), "serviceCode": "M-001", "territories": [KAZANKA, "UA00000000000000000"], "capacity": "NONE", "expectedWait": "P1.5",
    });
    assert_eq!(
        refusals(&tell(&kazanka(), wrong).await),
        ["NOT_FOUND input.centreId", "NOT_FOUND input.territories.1", "INVALID input.expectedWait"]
    );
    let unknown = json!({ "serviceCode": "M-999", "territories": [], "capacity": "NONE" });
    assert_eq!(refusals(&tell(&kazanka(), unknown).await), ["NOT_FOUND input.serviceCode"]);

    let input = json!({ "centreId": id("Казанк"), "serviceCode": "M-001", "territories": [KAZANKA, KAZANKA], "capacity": "WAITLIST", "expectedWait": "P14D" });
    let count = "select count(*) from offering";
    let before = desk.count(count).await;
    desk.clock.advance(chrono::Duration::hours(1));
    let told = tell(&kazanka(), input).await;
    assert_eq!(refusals(&told), [""; 0]);
    assert_eq!(desk.count(count).await, before, "over what was said before");
    let offerings = told["organization"]["offerings"].as_array().unwrap().clone();
    let resilience = offerings.iter().find(|row| row["service"]["code"] == "M-001").unwrap();
    assert_eq!((&resilience["capacity"], &resilience["territories"]), (&json!("WAITLIST"), &json!([{ "katottg": KAZANKA }])));
    let anywhere = json!({ "serviceCode": "M-001", "territories": [], "capacity": "AVAILABLE" });
    assert_eq!(
        tell(&kazanka(), anywhere.clone()).await["organization"]["offerings"].as_array().unwrap().len(),
        offerings.len() + 1
    );
    assert_eq!(tell(&kazanka(), anywhere).await["organization"]["offerings"].as_array().unwrap().len(), offerings.len() + 1);

    // The host of a centre may speak for it too.
    let host = actor(8, OrganizationKind::MunicipalInstitution);
    let input = json!({ "centreId": id("Вінниц"), "serviceCode": "M-007", "territories": [], "capacity": "AVAILABLE" });
    assert_eq!(refusals(&tell(&host, input.clone()).await), [""; 0]);
    let denied = desk
        .ask(
            &ministry(),
            "mutation { offeringUpdate(input: {serviceCode: \"M-001\", territories: [], capacity: NONE}) { replayed } }",
            json!({}),
        )
        .await;
    assert_eq!(denied["errors"][0]["extensions"]["scope"], "offerings:write");

    let made = desk.get(&ministry(), "{ organizationByEdrpou(edrpou: \"99000086\") { id version } }", json!({})).await;
    let closed = json!({ "id": made["id"], "expectedVersion": made["version"], "active": false });
    desk.change(&ministry(), "organizationUpdate", "organization { active }", closed).await;
    assert_eq!(refusals(&tell(&host, input).await), ["ORGANIZATION_INACTIVE input"]);
}

/// The second wall alone: what a partner's connection may do where the program forgot to ask.
#[tokio::test]
async fn the_database_itself_keeps_strangers_out() {
    let desk = Desk::new().await;
    let client = crate::stage::connect(&desk.stage.app_url()).await;
    let own = demo::organization_id(3);
    let other = demo::organization_id(4);
    let try_as = async |kind: &str, sql: String| -> Result<u64, String> {
        let set = format!("begin; set local mistok.org_id = '{own}'; set local mistok.kind = '{kind}'");
        client.batch_execute(&set).await.unwrap();
        let done = client.execute(&sql, &[]).await.map_err(|fault| fault.as_db_error().unwrap().message().to_owned());
        client.batch_execute("rollback").await.unwrap();
        done
    };
    let new = |kind: &str| {
        format!(
            "insert into organization (id, kind, name, search, created_at, updated_at) values (gen_random_uuid(), '{kind}', 'x', 'x', now(), now())"
        )
    };
    let policy = |table: &str| Err(format!("new row violates row-level security policy for table \"{table}\""));
    assert_eq!(try_as("NGO", new("MINISTRY")).await, policy("organization"), "nobody makes himself a state body");
    assert_eq!(try_as("MINISTRY", new("NGO")).await, Ok(1));
    assert_eq!(try_as("NGO", "update organization set name = 'x'".into()).await, Ok(0));
    assert_eq!(try_as("NGO", "update centre set name = 'x'".into()).await, Ok(0));
    assert_eq!(try_as("NGO", "delete from centre_post".into()).await, Ok(0));
    assert_eq!(
        try_as(
            "NGO",
            format!("insert into participation values ('{}', 'OPEN', '2024', null, 1, now())", "UA80000000000093317")
        )
        .await,
        policy("participation")
    );
    let offer = |of: Uuid| {
        format!(
            "insert into offering (id, organization_id, service_id, capacity, capacity_as_of) select gen_random_uuid(), '{of}', id, 'NONE', now() from service_type where code = 'M-016'"
        )
    };
    assert_eq!(try_as("NGO", offer(own)).await, Ok(1));
    assert_eq!(try_as("NGO", offer(other)).await, policy("offering"));
    assert_eq!(try_as("MINISTRY", offer(other)).await, policy("offering"), "not even the Ministry speaks for others");
    assert_eq!(try_as("NGO", format!("update offering set capacity = 'NONE' where organization_id = '{other}'")).await, Ok(0));
    for sql in [
        "select * from organization_secret",
        "update organization set kind = 'MINISTRY'",
        "update centre set provider_id = host_id",
        "delete from organization",
        "update territory set name = 'x'",
        "insert into service_type (id, code, name) values (gen_random_uuid(), 'x', 'x')",
    ] {
        let said = try_as("MINISTRY", sql.into()).await.unwrap_err();
        assert!(said.starts_with("permission denied"), "{sql}: {said}");
    }
}
