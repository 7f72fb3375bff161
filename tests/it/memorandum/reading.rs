//! Who reads a memorandum, how many partners a centre has on a day, and what no memorandum covers.

use super::life::Scene;
use crate::town::{KAZANKA, Side, key};
use chrono::{Days, NaiveDate};
use mistok::base::words::organization::OrganizationKind as Kind;
use serde_json::{Value, json};

const RAION: &str = "UA48020000000033544";
const REGION: &str = "UA48000000000039575";
const OTHER_REGION: &str = "UA46000000000026241";

pub(super) async fn counted(scene: &Scene, on: NaiveDate) -> i64 {
    let query = "query($id: ID!, $on: Date){ centre(id: $id){ partnerCount(on: $on) } }";
    // The figure is public: a stranger asks.
    let answer = scene.town.ask(&scene.town.stranger, query, json!({"id": scene.provider().centre, "on": on})).await;
    answer.data()["centre"]["partnerCount"].as_i64().unwrap()
}

#[tokio::test]
async fn who_oversees_reads_what_has_left_the_desk_and_a_stranger_learns_nothing() {
    let scene = Scene::new().await;
    let town = &scene.town;
    let (ministry, oversight, fund) =
        (town.side(Kind::Ministry).await, town.side(Kind::OversightBody).await, town.side(Kind::Fund).await);
    let (branch, far) = (town.side(Kind::FundBranch).await, town.side(Kind::FundBranch).await);
    let sql = format!("update organization set territory_code = '{OTHER_REGION}' where id = '{}'", far.partner.organization_id);
    town.served.stage.owner().await.batch_execute(&sql).await.unwrap();
    let draft = scene.create(json!({})).await;
    for side in [&ministry, &oversight, &fund, &branch, &far] {
        assert_eq!(scene.seen(side, &draft, "id").await, Value::Null, "a draft");
    }
    let now = scene.step(scene.provider(), "memorandumInvite", &draft, json!({"partnerIds": []})).await;
    let lists = "query($centre: ID!, $party: ID!){ memoranda(first: 10){ totalCount nodes { id } } centre(id: $centre){ memoranda(first: 10){ totalCount } }
        organization(id: $party){ memoranda(first: 10){ totalCount } } ofParty: memoranda(first: 10, filter: {organizationId: $party}){ totalCount } }";
    let vars = json!({"centre": scene.provider().centre, "party": scene.partners[0].id});
    let parts = "id number title timeline { kind } parties { status organization { id } } coverage { territory { katottg } } sharing { fieldGroups }";
    for (side, reads) in [
        (&ministry, true),
        (&oversight, true),
        (&fund, true),
        (&branch, true),
        (&far, false),
        (scene.provider(), true),
        (&scene.partners[0], true),
        (&town.stranger, false),
        (&town.sender, false),
    ] {
        let seen = scene.seen(side, &now, parts).await;
        assert_eq!(seen.is_object(), reads, "{seen}");
        let page = town.ask(side, lists, vars.clone()).await;
        let data = page.data();
        let count = i64::from(reads);
        let all = [&data["memoranda"], &data["centre"]["memoranda"], &data["organization"]["memoranda"], &data["ofParty"]];
        assert_eq!(all.map(|page| page["totalCount"].as_i64()), [Some(count); 4]);
        assert_eq!(data["memoranda"]["nodes"].as_array().unwrap().len(), usize::from(reads));
        let node = town.ask(side, "query($id: ID!){ node(id: $id){ id } }", json!({"id": now["id"]})).await;
        assert_eq!(node.data()["node"].is_object(), reads);
    }
    let vars = json!({"centre": scene.provider().centre, "party": town.stranger.id});
    assert_eq!(town.ask(&ministry, lists, vars).await.data()["ofParty"]["totalCount"], 0);
}

#[tokio::test]
async fn partners_are_counted_once_over_all_memoranda_in_force_on_a_day() {
    let scene = Scene::new().await;
    let first = scene.today();
    let [one, two, three] = &scene.partners;
    let (town, provider) = (&scene.town, scene.provider());
    assert_eq!(counted(&scene, first).await, 0);
    // On paper since 2024: two. Ended on paper: three.
    let paper = json!({"history": {"signedOn": "2024-01-01"}});
    let old = town.agreed(provider, &[one, two], paper).await;
    let input = town
        .memorandum_input(
            provider,
            &[one, three, &town.stranger],
            json!({"history": {"signedOn": "2024-02", "terminatedOn": "2024-06-15", "reason": "x"}}),
        )
        .await;
    town.done(provider, "memorandumCreate", "memorandum", "status", input).await;
    // Being signed: all three.
    let now = scene.create(json!({"effectiveFrom": first})).await;
    let now = scene.step(provider, "memorandumInvite", &now, json!({"partnerIds": []})).await;
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let past = [
        (day("2023-12-31"), 0),
        (day("2024-01-01"), 2),
        (day("2024-02-28"), 2),
        (day("2024-02-29"), 4),
        (day("2024-06-14"), 4),
        (day("2024-06-15"), 2),
    ];
    for (on, count) in past {
        assert_eq!(counted(&scene, on).await, count, "on {on}");
    }
    assert_eq!(counted(&scene, first).await, 2, "invited parties do not count");
    let now = scene.sign(provider, &now).await;
    let now = scene.sign(three, &now).await;
    let now = scene.sign(one, &now).await;
    assert_eq!(counted(&scene, first).await, 3, "the first one signed twice and counts once");

    let scene = scene.later(2, 9).await;
    let [_, two, three] = &scene.partners;
    let left = scene.step(two, "memorandumWithdraw", &old, json!({"reason": "кінець"})).await;
    assert_eq!(counted(&scene, scene.today()).await, 2);
    scene.step(scene.provider(), "memorandumSuspend", &left, json!({"reason": "ремонт"})).await;
    assert_eq!(counted(&scene, scene.today()).await, 2, "the other one is in force for both");
    scene.step(three, "memorandumWithdraw", &now, json!({"reason": "кінець"})).await;
    assert_eq!(counted(&scene, scene.today()).await, 1);
    for (on, count) in past.into_iter().chain([(first, 3), (first + Days::new(1), 3)]) {
        assert_eq!(counted(&scene, on).await, count, "later events change no past day: {on}");
    }
}

pub(super) async fn gaps(scene: &Scene, side: &Side, on: NaiveDate) -> Vec<(String, Value)> {
    let query = "query($id: ID!, $on: Date){ coverageGaps(centreId: $id, on: $on){ service { code } territory { katottg } lastCoveredUntil } }";
    let answer = scene.town.ask(side, query, json!({"id": scene.provider().centre, "on": on})).await;
    let gap = |gap: &Value| {
        assert_eq!(gap["territory"]["katottg"], KAZANKA);
        (gap["service"]["code"].as_str().unwrap().to_owned(), gap["lastCoveredUntil"].clone())
    };
    answer.data()["coverageGaps"].as_array().unwrap().iter().map(gap).collect()
}

#[tokio::test]
async fn gaps_are_what_no_memorandum_in_force_covers_with_the_last_day_on_which_one_did() {
    let scene = Scene::new().await;
    let (town, provider, today) = (&scene.town, scene.provider(), scene.today());
    let codes = town.ask(provider, "{ serviceTypes { code } }", json!({})).await;
    let codes: Vec<String> =
        codes.data()["serviceTypes"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect();
    let all = gaps(&scene, provider, today).await;
    assert_eq!(all.len(), codes.len());
    assert!(all.iter().all(|(_, last)| last.is_null()), "none ever did");
    // One service by the region, one by the raion, one by the hromada, one elsewhere; one that has ended.
    let line = |code: &str, territory: &str| json!({"serviceCode": code, "territory": territory});
    let coverage =
        json!([line(&codes[0], REGION), line(&codes[1], RAION), line(&codes[2], KAZANKA), line(&codes[3], OTHER_REGION)]);
    let made = town.agreed(provider, &[&scene.partners[0]], json!({"number": key(), "coverage": coverage})).await;
    let ended = json!({"number": key(), "coverage": [line(&codes[4], KAZANKA), line(&codes[0], KAZANKA)],
        "history": {"signedOn": "2024-01-01", "terminatedOn": "2025-05-28", "reason": "x"}});
    let ended = town.memorandum_input(provider, &[&scene.partners[1]], ended).await;
    town.done(provider, "memorandumCreate", "memorandum", "status", ended).await;
    let now = gaps(&scene, provider, today).await;
    let of = |all: &[(String, Value)], code: &str| all.iter().find(|(gap, _)| gap == code).map(|(_, last)| last.clone());
    for code in &codes[..3] {
        assert_eq!(of(&now, code), None, "covered");
    }
    assert_eq!((of(&now, &codes[3]), of(&now, &codes[4])), (Some(Value::Null), Some(json!("2025-05-27"))));
    assert_eq!(now.len(), codes.len() - 3);
    let then = gaps(&scene, provider, "2025-05-27".parse().unwrap()).await;
    assert_eq!((of(&then, &codes[4]), then.len()), (None, codes.len() - 4));
    assert_eq!(gaps(&scene, provider, "2023-12-31".parse().unwrap()).await.len(), codes.len());

    let scene = scene.later(1, 9).await;
    let yesterday = json!(today);
    scene.step(scene.provider(), "memorandumSuspend", &made, json!({"reason": "ремонт"})).await;
    let now = gaps(&scene, scene.provider(), scene.today()).await;
    assert_eq!(
        (of(&now, &codes[0]), of(&now, &codes[2])),
        (Some(yesterday.clone()), Some(yesterday)),
        "suspended covers nothing"
    );
    // For its provider and those who oversee, a branch of the Fund in its own region.
    let (ministry, branch) = (scene.town.side(Kind::Ministry).await, scene.town.side(Kind::FundBranch).await);
    for side in [&ministry, &branch] {
        assert_eq!(gaps(&scene, side, scene.today()).await, now);
    }
    let far = scene.town.side(Kind::FundBranch).await;
    let sql = format!("update organization set territory_code = '{OTHER_REGION}' where id = '{}'", far.partner.organization_id);
    scene.town.served.stage.owner().await.batch_execute(&sql).await.unwrap();
    for side in [&far, &scene.partners[0], &scene.town.stranger, &scene.town.sender] {
        assert_eq!(gaps(&scene, side, scene.today()).await, []);
    }
}
