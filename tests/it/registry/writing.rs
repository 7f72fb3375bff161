//! What the Ministry and each organisation may write.

use super::{Desk, KAZANKA, actor, kazanka, ministry, refusals};
use mistok::{access::Actor, base::words::organization::OrganizationKind};
use serde_json::{Value, json};

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
