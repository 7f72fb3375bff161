//! Partners that leave, decline and come back: what stays of a memorandum, who goes on seeing what, in both walls; and renewals
//! that came to nothing.

use super::{at, bindings, life::Scene, on, party, reading, row};
use crate::town::{KAZANKA, Side, key, target, with};
use chrono::Days;
use mistok::{
    base::words::{memorandum::MemorandumStatus as Status, organization::TerritoryLevel},
    db::migrate,
    memorandum::{
        model::{Party, Standing},
        standing::{self, Agreement},
    },
    service::model::ServiceType,
    territory::model::Territory,
};
use serde_json::{Value, json};
use std::slice;
use uuid::Uuid;

pub fn service() -> ServiceType {
    ServiceType {
        id: Uuid::from_u128(5),
        code: String::new(),
        name: String::new(),
        name_en: None,
        classifier_code: None,
        mhpss_code: None,
    }
}

pub fn hromada() -> Territory {
    Territory {
        code: KAZANKA.into(),
        level: TerritoryLevel::Hromada,
        name: String::new(),
        former_names: Vec::new(),
        parent_code: None,
        region_code: KAZANKA.into(),
        ancestors: vec![KAZANKA.into()],
    }
}

const PROVIDER: Uuid = Uuid::from_u128(1);
const PARTNER: Uuid = Uuid::from_u128(2);

#[test]
fn a_signature_after_the_last_day_brings_nothing_into_force() {
    let mut memorandum = row(Uuid::nil(), PROVIDER, on(0), Some(on(5)));
    memorandum.invited_at = Some(at(0, 0));
    let status = |partner_signs: u64, asked: u64| {
        let parties = vec![
            party(&memorandum, PROVIDER, Some(at(1, 0)), None),
            party(&memorandum, PARTNER, Some(at(partner_signs, 1379)), None),
        ];
        standing::status_on(&Standing { row: memorandum.clone(), parties }, &[], on(asked))
    };
    assert_eq!((status(5, 5), status(5, 6)), (Status::InForce, Status::Expired));
    assert_eq!((status(6, 5), status(6, 6), status(6, 60)), (Status::Negotiation, Status::Negotiation, Status::Negotiation));
}

#[test]
fn a_partner_that_comes_back_goes_on_with_what_it_had_left_open() {
    let memorandum = row(Uuid::nil(), PROVIDER, on(0), None);
    let again = Party { entry: 2, ..party(&memorandum, PARTNER, Some(at(20, 0)), Some(at(40, 0))) };
    let parties = vec![
        party(&memorandum, PROVIDER, Some(at(0, 0)), None),
        party(&memorandum, PARTNER, Some(at(1, 0)), Some(at(10, 0))),
        again,
    ];
    let before = Standing { row: memorandum.clone(), parties: parties[..2].to_vec() };
    let chain = [Standing { row: memorandum, parties }];
    let ended = |chain: &[Standing], day| Agreement::of(&bindings(chain), PROVIDER, PARTNER, at(day, 0)).unwrap().ended_at;
    assert_eq!((ended(slice::from_ref(&before), 9), ended(&[before], 15)), (None, Some(at(10, 0))));
    assert_eq!((ended(&chain, 30), ended(&chain, 50)), (None, Some(at(40, 0))));
}

async fn spans(scene: &Scene) -> Vec<String> {
    let client = crate::stage::connect(&scene.town.served.stage.superuser_url()).await;
    let sql = "select concat_ws(' ', memorandum_id, since, until, status) from memorandum_span order by memorandum_id, since";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn what_was_signed_never_goes_back_when_its_last_partner_leaves() {
    let scene = Scene::new().await;
    let first = scene.today();
    let [one, ..] = &scene.partners;
    let paper = json!({"history": {"signedOn": "2024-01-01"}});
    let made = scene.town.agreed(scene.provider(), &[one], paper.clone()).await;
    let other = scene.town.agreed(scene.provider(), &[one], paper).await;
    let other = scene.step(scene.provider(), "memorandumSuspend", &other, json!({"reason": "ремонт"})).await;

    let scene = scene.later(2, 9).await;
    let [one, two, _] = &scene.partners;
    for memorandum in [&made, &other] {
        scene.step(one, "memorandumWithdraw", memorandum, json!({"reason": "закриваємося"})).await;
    }
    let of = async |memorandum: &Value| scene.seen(scene.provider(), memorandum, "id version status").await;
    let (now, held) = (of(&made).await, of(&other).await);
    assert_eq!((&now["status"], &held["status"]), (&json!("IN_FORCE"), &json!("SUSPENDED")));
    assert_eq!(reading::counted(&scene, scene.today()).await, 0, "it binds nobody but its provider");
    assert_eq!(reading::counted(&scene, first).await, 1, "the past stays");
    let gaps = reading::gaps(&scene, scene.provider(), scene.today()).await;
    assert!(gaps.iter().any(|(_, last)| *last == json!(first + Days::new(1))), "nobody can be sent to: {gaps:?}");
    let resumed = scene.step(scene.provider(), "memorandumResume", &held, json!({})).await;
    assert_eq!(resumed["status"], "IN_FORCE");

    let now = scene.step(scene.provider(), "memorandumInvite", &now, json!({"partnerIds": [two.id]})).await;
    let now = scene.sign(two, &now).await;
    assert_eq!((&now["status"], reading::counted(&scene, scene.today()).await), (&json!("IN_FORCE"), 1));
    assert!(reading::gaps(&scene, scene.provider(), scene.today()).await.len() < gaps.len(), "covered again");

    // A database that comes later tells the same of each day.
    let before = spans(&scene).await;
    assert!(before.len() >= 6, "{before:?}");
    let owner = scene.town.served.stage.owner_url();
    while migrate::down(&owner).await.unwrap().as_deref() != Some("0014_standing") {}
    migrate::up(&owner).await.unwrap();
    assert_eq!(spans(&scene).await, before);
}

/// How many rows of a memorandum an organisation reads in each table, past the first wall.
async fn rows(scene: &Scene, side: &Side, memorandum: &Value) -> [i64; 5] {
    let app = crate::stage::connect(&scene.town.served.stage.app_url()).await;
    let id = mistok::graphql::node::open(&async_graphql::ID::from(memorandum["id"].as_str().unwrap())).unwrap().1;
    let mut counts = [0; 5];
    let tables = ["memorandum", "memorandum_party", "memorandum_coverage", "memorandum_event", "memorandum_span"];
    for (count, table) in counts.iter_mut().zip(tables) {
        let column = if table == "memorandum" { "id" } else { "memorandum_id" };
        app.batch_execute(&format!("begin; set local mistok.org_id = '{}'", side.partner.organization_id)).await.unwrap();
        let sql = format!("select count(*) from {table} where {column} = '{id}'");
        *count = app.query_one(&sql, &[]).await.unwrap().get(0);
        app.batch_execute("rollback").await.unwrap();
    }
    counts
}

const ALL: &str = "id version status parties { status signedOn withdrawnOn organization { id } } timeline { kind reason organization { id } }";

/// Kinds and parties, as one sees them.
fn parts(seen: &Value) -> (Vec<String>, Vec<String>) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let kinds = seen["timeline"].as_array().unwrap().iter().map(|event| text(&event["kind"]).replace("MEMORANDUM_", ""));
    (kinds.collect(), seen["parties"].as_array().unwrap().iter().map(|party| text(&party["status"])).collect())
}

#[tokio::test]
async fn who_has_left_sees_what_was_and_who_has_declined_sees_nothing() {
    let scene = Scene::new().await;
    let provider = scene.provider();
    let [one, two, three] = &scene.partners;
    let now = scene.create(json!({})).await;
    let now = scene.step(provider, "memorandumInvite", &now, json!({"partnerIds": []})).await;
    let now = scene.sign(provider, &now).await;
    let now = scene.sign(one, &now).await;
    let now = scene.sign(two, &now).await;
    scene.step(three, "memorandumWithdraw", &now, json!({"reason": "не наш профіль"})).await;
    for side in [three, &scene.town.stranger] {
        assert_eq!(scene.seen(side, &now, "id").await, Value::Null);
        assert_eq!(rows(&scene, side, &now).await, [0; 5], "row-level security says the same");
    }
    let all = scene.seen(provider, &now, ALL).await;
    let left = scene.step(one, "memorandumWithdraw", &all, json!({"reason": "закриваємося"})).await;
    let then = scene.seen(one, &left, ALL).await;
    let before = rows(&scene, one, &now).await;
    let reason = |seen: &Value, side: &Side| {
        let of = |event: &&Value| event["kind"] == "MEMORANDUM_PARTY_LEFT" && event["organization"]["id"] == side.id;
        seen["timeline"].as_array().unwrap().iter().find(of).map(|event| event["reason"].clone())
    };
    // Why a partner has left, its provider and the partner itself read.
    for (side, own, others) in [
        (provider, json!("закриваємося"), json!("не наш профіль")),
        (one, json!("закриваємося"), Value::Null),
        (two, Value::Null, Value::Null),
    ] {
        let seen = scene.seen(side, &now, ALL).await;
        assert_eq!((reason(&seen, one), reason(&seen, three)), (Some(own), Some(others)));
    }

    // What comes later.
    let scene = scene.later(1, 9).await;
    let provider = scene.provider();
    let [one, two, three] = &scene.partners;
    let version = |seen: &Value| json!({"id": now["id"], "version": seen["version"]});
    let later =
        scene.step(provider, "memorandumInvite", &version(&then), json!({"partnerIds": [scene.town.stranger.id]})).await;
    let later = scene.sign(&scene.town.stranger, &later).await;
    let later = scene.step(provider, "memorandumSuspend", &later, json!({"reason": "ремонт"})).await;
    let later = scene.step(two, "memorandumWithdraw", &later, json!({"reason": "кінець"})).await;
    let seen = scene.seen(one, &now, ALL).await;
    assert_eq!(parts(&seen), parts(&then), "as it was");
    assert_eq!((&seen["status"], &seen["parties"]), (&json!("IN_FORCE"), &then["parties"]));
    assert_eq!(scene.seen(provider, &now, "status").await["status"], "SUSPENDED");
    assert_eq!(rows(&scene, one, &now).await, before);
    let mine = "select count(*) from change_audience a join change c using (seq) where c.object_type = 'MEMORANDUM' and a.organization_id = ";
    let told = async |side: &Side| scene.town.count(&format!("{mine}'{}'", side.partner.organization_id)).await;
    // To each: invited, signed three times, in force, the leaving of `three`; to `one` its own besides.
    assert_eq!((told(three).await, told(one).await), (6, 7), "the last that they were told is their own leaving");
    let refused =
        scene.town.refused(one, "memorandumWithdraw", "memorandum", with(target(&later), json!({"reason": "ще раз"}))).await;
    assert_eq!(refused.0, "TRANSITION_NOT_ALLOWED");
    assert_eq!(
        scene
            .town
            .refused(three, "memorandumWithdraw", "memorandum", with(target(&later), json!({"reason": "ще раз"})))
            .await
            .0,
        "NOT_FOUND"
    );
    let filter =
        "{ memoranda(first: 5) { totalCount } suspended: memoranda(first: 5, filter: {status: [SUSPENDED]}) { totalCount } }";
    for (side, of) in [(one, (1, 0)), (three, (0, 0)), (provider, (1, 1))] {
        let listed = scene.town.ask(side, filter, json!({})).await;
        let of_side = (&listed.data()["memoranda"]["totalCount"], &listed.data()["suspended"]["totalCount"]);
        assert_eq!(of_side, (&json!(of.0), &json!(of.1)));
    }

    // All are asked again, and are parties anew.
    let resumed = scene.step(provider, "memorandumResume", &later, json!({})).await;
    let again = scene.step(provider, "memorandumInvite", &resumed, json!({"partnerIds": [one.id, two.id, three.id]})).await;
    let twice = with(target(&again), json!({"partnerIds": [three.id]}));
    assert_eq!(scene.town.refused(provider, "memorandumInvite", "memorandum", twice).await.0, "DUPLICATE");
    let again = scene.sign(one, &again).await;
    let again = scene.sign(three, &again).await;
    let (_, states) = parts(&scene.seen(three, &again, ALL).await);
    let count = |state: &str| states.iter().filter(|seen| *seen == state).count();
    assert_eq!((count("SIGNED"), count("WITHDRAWN"), count("INVITED")), (4, 3, 1), "{states:?}");
    assert_eq!(parts(&scene.seen(one, &again, ALL).await).1, states, "it sees all that has been since");
    assert_eq!(reading::counted(&scene, scene.today()).await, 3, "one, three and the stranger");
    assert_eq!(reading::counted(&scene, scene.today() - Days::new(1)).await, 1, "of yesterday it is told the same: two alone");
}

#[tokio::test]
async fn who_has_declined_is_to_routing_as_if_it_had_never_been_asked() {
    let scene = Scene::new().await;
    let provider = scene.provider();
    let [declines, signs, _] = &scene.partners;
    let now = scene.create(json!({})).await;
    let now = scene.step(provider, "memorandumInvite", &now, json!({"partnerIds": []})).await;
    let now = scene.sign(provider, &now).await;
    let now = scene.sign(signs, &now).await;
    scene.step(declines, "memorandumWithdraw", &now, json!({"reason": "не наш профіль"})).await;
    scene.town.offers(declines, "AVAILABLE").await;
    let query =
        "query($input: ReferralCandidatesInput!){ referralCandidates(input: $input) { blockedBecause organization { id } } }";
    let asked = json!({"input": {"serviceCode": scene.town.service().await, "territory": KAZANKA}});
    let blocks = |answer: &Value, side: &Side| {
        let all = answer["referralCandidates"].as_array().unwrap().iter();
        all.filter(|one| one["organization"]["id"] == side.id).map(|one| one["blockedBecause"].clone()).collect::<Vec<_>>()
    };
    let found = scene.town.ask(provider, query, asked.clone()).await;
    assert_eq!(blocks(found.data(), declines), [json!(["NO_MEMORANDUM"])]);
    assert_eq!(blocks(found.data(), &scene.town.stranger), [json!(["NO_MEMORANDUM"])]);
    let found = scene.town.ask(declines, query, asked).await;
    assert_eq!(blocks(found.data(), provider), [json!(["NO_MEMORANDUM"])]);
}

#[tokio::test]
async fn a_renewal_that_was_ended_unsigned_does_not_block_another_one() {
    let scene = Scene::new().await;
    let provider = scene.provider();
    let (first, [one, ..]) = (scene.today(), &scene.partners);
    let made = scene.create(json!({"history": {"signedOn": "2024-01-01"}, "effectiveTo": first + Days::new(5)})).await;
    let case = scene.town.case(one).await;
    let consent = scene.town.consent(one, &case, provider, &["CONTACT"]).await;
    let sent = scene.town.referral_input(&case, &consent, provider).await;
    let sent = scene.town.done(one, "referralCreate", "referral", "status", sent).await;
    let renews = |days: u64| {
        with(
            target(&made),
            json!({"idempotencyKey": key(), "number": key(), "effectiveFrom": first + Days::new(6), "effectiveTo": first + Days::new(days)}),
        )
    };
    let renewed = async |days: u64| {
        scene.town.done(provider, "memorandumRenew", "memorandum", "status supersedes { id }", renews(days)).await
    };
    let failed = renewed(40).await;
    assert_eq!(scene.town.refused(provider, "memorandumRenew", "memorandum", renews(50)).await.0, "DUPLICATE", "one stands");
    // The partner alone has signed: that binds nobody.
    let failed = scene.sign(one, &failed).await;
    scene.step(provider, "memorandumTerminate", &failed, json!({"reason": "не домовилися"})).await;
    let second = renewed(50).await;
    assert_eq!(scene.town.refused(provider, "memorandumRenew", "memorandum", renews(60)).await.0, "DUPLICATE");
    assert_eq!(second["supersedes"]["id"], made["id"]);
    let second = scene.sign(provider, &second).await;
    let second = scene.sign(one, &second).await;
    assert_eq!(second["status"], "SIGNED");

    // What was sent goes on under it, in both walls.
    let scene = scene.later(6, 9).await;
    scene.works().await;
    let now = scene.town.sees(scene.provider(), &sent["id"], "id version status").await;
    assert_eq!(now["status"], "SENT");
    scene.town.step(scene.provider(), "referralAccept", &now, json!({})).await;
    let seen = scene.town.sees(scene.provider(), &sent["id"], "subject { phone }").await;
    assert_eq!(seen["subject"]["phone"], "+380670000001");
    // One that was signed stays the renewal, even if it is ended before its time.
    let second = scene.seen(scene.provider(), &second, "id version").await;
    scene.step(scene.provider(), "memorandumTerminate", &second, json!({"reason": "кінець"})).await;
    let refused = scene.town.refused(scene.provider(), "memorandumRenew", "memorandum", renews(70)).await;
    assert_eq!(refused.0, "VERSION_CONFLICT", "the old one has expired meanwhile");
    let made = scene.seen(scene.provider(), &made, "id version").await;
    let again = with(target(&made), json!({"number": key(), "effectiveFrom": scene.today()}));
    assert_eq!(scene.town.refused(scene.provider(), "memorandumRenew", "memorandum", again).await.0, "DUPLICATE");
}

#[tokio::test]
async fn a_renewal_whose_days_went_by_unsigned_is_cleared_away() {
    let scene = Scene::new().await;
    let first = scene.today();
    let made = scene.create(json!({"history": {"signedOn": "2024-01-01"}})).await;
    let renews = |days: u64, more: Value| {
        with(with(target(&made), json!({"number": key(), "effectiveFrom": first + Days::new(days)})), more)
    };
    let missed = renews(1, json!({"effectiveTo": first + Days::new(3)}));
    let missed = scene.town.done(scene.provider(), "memorandumRenew", "memorandum", "status", missed).await;
    let scene = scene.later(5, 9).await;
    let provider = scene.provider();
    let sign = with(target(&missed), json!({"signedOn": scene.today()}));
    assert_eq!(
        scene.town.refused(provider, "memorandumSign", "memorandum", sign).await.0,
        "TRANSITION_NOT_ALLOWED",
        "too late"
    );
    let ended = scene.step(provider, "memorandumTerminate", &missed, json!({"reason": "не підписали"})).await;
    assert_eq!(ended["status"], "TERMINATED");
    let next = scene.town.done(provider, "memorandumRenew", "memorandum", "status", renews(6, json!({}))).await;
    assert_eq!(next["status"], "NEGOTIATION");
}
