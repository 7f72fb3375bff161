//! The whole life of a memorandum with three partners, through the API, as each of them sees it.

use crate::town::{Side, Town, key, target, with};
use chrono::{Days, Duration};
use mistok::base::{
    clock::{day, midnight},
    words::organization::OrganizationKind as Kind,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A provider with a centre, and three partners.
pub struct Scene {
    pub town: Town,
    pub partners: [Side; 3],
}

impl Scene {
    pub async fn new() -> Self {
        let town = Town::new().await;
        let partners = [town.side(Kind::Charity).await, town.side(Kind::StateBody).await, town.side(Kind::Religious).await];
        Self { town, partners }
    }

    pub fn provider(&self) -> &Side {
        &self.town.receiver
    }

    /// Moves the clock to so many hours into a day of Kyiv, so many days from today, and takes fresh tokens.
    pub async fn later(mut self, days: u64, hours: i64) -> Self {
        let clock = self.town.served.clock.clone();
        // The clock is moved by whole seconds: one more, so as not to stop short of midnight.
        clock.advance(
            midnight(day(clock.now()) + Days::new(days)) + Duration::hours(hours) - clock.now() + Duration::seconds(1),
        );
        self.town = self.town.again().await;
        for side in &mut self.partners {
            side.token = self.town.served.token(&side.partner).await;
        }
        self
    }

    pub fn today(&self) -> chrono::NaiveDate {
        self.town.served.clock.today()
    }

    pub async fn create(&self, more: Value) -> Value {
        let partners: Vec<_> = self.partners.iter().collect();
        let input = self.town.memorandum_input(self.provider(), &partners, more).await;
        self.town.done(self.provider(), "memorandumCreate", "memorandum", "status", input).await
    }

    pub async fn step(&self, side: &Side, name: &str, memorandum: &Value, more: Value) -> Value {
        self.town.done(side, name, "memorandum", "status", with(target(memorandum), more)).await
    }

    pub async fn sign(&self, side: &Side, memorandum: &Value) -> Value {
        self.step(side, "memorandumSign", memorandum, json!({"signedOn": self.today()})).await
    }

    /// One field or more of a memorandum, as a side sees it.
    pub async fn seen(&self, side: &Side, memorandum: &Value, fields: &str) -> Value {
        let query = format!("query($id: ID!){{ memorandum(id: $id){{ {fields} }} }}");
        self.town.ask(side, &query, json!({"id": memorandum["id"]})).await.data()["memorandum"].clone()
    }

    /// The status on a day, as the provider sees it.
    pub async fn status(&self, memorandum: &Value, on: chrono::NaiveDate) -> String {
        let fields = format!("status(on: \"{on}\")");
        self.seen(self.provider(), memorandum, &fields).await["status"].as_str().unwrap().to_owned()
    }

    /// Kinds of changes of memoranda with the number of those who are told, in their order.
    pub async fn told(&self) -> Vec<(String, i64)> {
        let client = crate::stage::connect(&self.town.served.stage.superuser_url()).await;
        let sql = "select c.type, count(a.*) from change c join change_audience a using (seq) where c.object_type = 'MEMORANDUM' group by c.seq, c.type order by c.seq";
        client.query(sql, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// One round of the server's work.
    pub async fn works(&self) -> usize {
        mistok::work::round(self.town.served.app.db(), Uuid::from_u128(5)).await.unwrap()
    }
}

fn told(of: &[(&str, i64)]) -> Vec<(String, i64)> {
    of.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect()
}

#[tokio::test]
async fn it_is_in_force_for_those_who_have_signed_and_a_silent_invitee_blocks_nobody() {
    let scene = Scene::new().await;
    let provider = scene.provider();
    let [one, two, three] = &scene.partners;
    let now = scene.create(json!({})).await;
    assert_eq!(now["status"], "DRAFT");
    for side in [one, two, three, &scene.town.stranger] {
        assert_eq!(scene.seen(side, &now, "id").await, Value::Null, "a draft is its provider's alone");
    }
    let now = scene.step(provider, "memorandumUpdate", &now, json!({"title": "Остаточна назва"})).await;
    let now = scene.step(provider, "memorandumInvite", &now, json!({"partnerIds": []})).await;
    assert_eq!(now["status"], "NEGOTIATION");
    let now = scene.sign(provider, &now).await;
    assert_eq!(now["status"], "NEGOTIATION");
    let now = scene.sign(one, &now).await;
    assert_eq!(now["status"], "IN_FORCE", "its first day has long come");
    let now = scene.sign(two, &now).await;
    let parties = "title parties { role status signedOn organization { id } }";
    for side in [provider, one, two, three] {
        let seen = scene.seen(side, &now, parties).await;
        assert_eq!(seen["title"], "Остаточна назва");
        let states: Vec<_> =
            seen["parties"].as_array().unwrap().iter().map(|party| party["status"].as_str().unwrap()).collect();
        assert_eq!((states[0], states.iter().filter(|state| **state == "SIGNED").count()), ("SIGNED", 3));
        assert_eq!(seen["parties"][0]["role"], "CENTRE_PROVIDER");
    }
    assert_eq!(scene.seen(&scene.town.stranger, &now, "id").await, Value::Null);

    // A partner that comes later, and one that declines: neither moves the others.
    let now = scene.step(provider, "memorandumInvite", &now, json!({"partnerIds": [scene.town.stranger.id]})).await;
    assert_eq!(now["status"], "IN_FORCE");
    let now = scene.sign(&scene.town.stranger, &now).await;
    let declined = scene.step(three, "memorandumWithdraw", &now, json!({"reason": "не наш профіль"})).await;
    assert_eq!(declined, Value::Null, "who has declined sees it no more");
    let now = scene.seen(provider, &now, "id version").await;
    let now = scene.step(one, "memorandumWithdraw", &now, json!({"reason": "закриваємося"})).await;
    assert_eq!(now["status"], "IN_FORCE");
    let seen = scene
        .seen(provider, &now, "parties { status withdrawnOn organization { id } } timeline { kind reason organization { id } }")
        .await;
    let states: BTreeMap<String, String> = seen["parties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|party| (party["organization"]["id"].as_str().unwrap().to_owned(), party["status"].as_str().unwrap().to_owned()))
        .collect();
    let expected =
        [(provider, "SIGNED"), (one, "WITHDRAWN"), (two, "SIGNED"), (three, "WITHDRAWN"), (&scene.town.stranger, "SIGNED")];
    assert_eq!(states, expected.into_iter().map(|(side, state)| (side.id.clone(), state.to_owned())).collect());
    let kinds: Vec<_> = seen["timeline"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "MEMORANDUM_SIGNED").count(), 4);
    assert_eq!((kinds[0], kinds.last().copied()), ("MEMORANDUM_CREATED", Some("MEMORANDUM_PARTY_LEFT")));
    assert_eq!(
        scene.told().await,
        told(&[
            ("MEMORANDUM_CREATED", 1),
            ("MEMORANDUM_UPDATED", 1),
            ("MEMORANDUM_INVITED", 4),
            ("MEMORANDUM_SIGNED", 4),
            ("MEMORANDUM_SIGNED", 4),
            ("MEMORANDUM_IN_FORCE", 4),
            ("MEMORANDUM_SIGNED", 4),
            ("MEMORANDUM_INVITED", 5),
            ("MEMORANDUM_SIGNED", 5),
            ("MEMORANDUM_PARTY_LEFT", 5),
            // The one that declined before is told nothing more.
            ("MEMORANDUM_PARTY_LEFT", 4),
        ])
    );
}

#[tokio::test]
async fn the_status_of_any_day_can_be_asked_on_any_later_day() {
    let scene = Scene::new().await;
    let first = scene.today();
    let [one, ..] = &scene.partners;
    let terms = json!({"effectiveFrom": first + Days::new(3), "effectiveTo": first + Days::new(20)});
    let now = scene.create(terms).await;
    let now = scene.step(scene.provider(), "memorandumInvite", &now, json!({"partnerIds": []})).await;
    let now = scene.sign(scene.provider(), &now).await;
    let now = scene.sign(one, &now).await;
    assert_eq!(now["status"], "SIGNED");
    assert_eq!(scene.works().await, 0, "its first day has not come");
    let mut known = BTreeMap::from([(first - Days::new(1), "DRAFT"), (first, "SIGNED"), (first + Days::new(2), "SIGNED")]);
    assert_eq!(scene.status(&now, first + Days::new(3)).await, "IN_FORCE", "the future, as far as it is known");
    assert_eq!(scene.status(&now, first + Days::new(21)).await, "EXPIRED");

    let scene = scene.later(3, 0).await;
    assert_eq!(
        (scene.works().await, scene.works().await),
        (2, 0),
        "that it is in force, and that it ends within 30 days: once"
    );
    let scene = scene.later(2, 9).await;
    let version = scene.seen(scene.provider(), &now, "id version").await;
    let now = scene.step(scene.provider(), "memorandumSuspend", &version, json!({"reason": "ремонт"})).await;
    assert_eq!(now["status"], "SUSPENDED");
    let scene = scene.later(4, 9).await;
    let now = scene.step(scene.provider(), "memorandumResume", &now, json!({})).await;
    assert_eq!(now["status"], "IN_FORCE");
    known.extend(
        [(3, "IN_FORCE"), (4, "IN_FORCE"), (5, "SUSPENDED"), (8, "SUSPENDED"), (9, "IN_FORCE")]
            .map(|(days, status)| (first + Days::new(days), status)),
    );
    let scene = scene.later(6, 12).await;
    let now = scene.step(scene.provider(), "memorandumTerminate", &now, json!({"reason": "кінець"})).await;
    known.extend(
        [(14, "IN_FORCE"), (15, "TERMINATED"), (21, "TERMINATED"), (400, "TERMINATED")]
            .map(|(days, status)| (first + Days::new(days), status)),
    );
    let scene = scene.later(100, 0).await;
    for (on, status) in known {
        assert_eq!(scene.status(&now, on).await, status, "on {on}");
        // Lists ask the same.
        let query = "query($on: Date!){ memoranda(first: 5, filter: {inForceOn: $on}) { totalCount } }";
        let listed = scene.town.ask(scene.provider(), query, json!({"on": on})).await.data()["memoranda"]["totalCount"].clone();
        assert_eq!(listed, if status == "IN_FORCE" { 1 } else { 0 }, "on {on}");
    }
}

#[tokio::test]
async fn the_end_is_warned_of_four_times_and_comes_by_itself() {
    let scene = Scene::new().await;
    let first = scene.today();
    let now = scene.create(json!({"history": {"signedOn": "2024-01"}, "effectiveTo": first + Days::new(100)})).await;
    assert_eq!(now["status"], "IN_FORCE");
    let db = scene.town.served.app.db().clone();
    let mut scene = scene;
    let mut last = 0;
    // Days before and on which each of them is due, and one between.
    for (on, due) in [(9, 0), (10, 1), (39, 0), (40, 1), (70, 1), (71, 0), (92, 0), (93, 1), (100, 0)] {
        scene = scene.later(on - last, 8).await;
        last = on;
        // Two servers at once, and once more: told once.
        let (one, two) =
            tokio::join!(mistok::memorandum::actions::announce(&db, 10), mistok::memorandum::actions::announce(&db, 10));
        assert_eq!(one.unwrap() + two.unwrap() + scene.works().await, due, "on day {on}");
    }
    let days = "select coalesce(sum((detail->>'days')::int), 0)::bigint from change where type = 'MEMORANDUM_EXPIRING'";
    assert_eq!(scene.town.count(days).await, 90 + 60 + 30 + 7);
    assert_eq!(scene.seen(scene.provider(), &now, "status").await["status"], "IN_FORCE", "the last day is inclusive");
    let scene = scene.later(1, 0).await;
    assert_eq!(scene.seen(scene.provider(), &now, "status").await["status"], "EXPIRED", "before the server has worked");
    assert_eq!((scene.works().await, scene.works().await), (1, 0));
    let end = scene.told().await;
    assert_eq!(end.last(), Some(&("MEMORANDUM_ENDED".to_owned(), 4)));
    assert_eq!(end.iter().filter(|(kind, _)| kind == "MEMORANDUM_EXPIRING").count(), 4);
    let event = scene.seen(scene.provider(), &now, "timeline { at kind organization { id } }").await["timeline"]
        .as_array()
        .unwrap()
        .last()
        .cloned()
        .unwrap();
    assert_eq!((&event["kind"], &event["organization"]), (&json!("MEMORANDUM_ENDED"), &Value::Null));
    let at: chrono::DateTime<chrono::Utc> = event["at"].as_str().unwrap().parse().unwrap();
    assert_eq!(at, midnight(first + Days::new(101)), "it took effect at midnight, whenever it was told");
}

#[tokio::test]
async fn a_paper_memorandum_keeps_the_days_that_stand_on_it() {
    let scene = Scene::new().await;
    let past = json!({"effectiveFrom": "2024-03-01", "history": {"signedOn": "2024-02", "terminatedOn": "2025-05-28", "reason": "новий договір"}});
    let now = scene.create(past).await;
    assert_eq!(now["status"], "TERMINATED");
    for (on, status) in [
        ("2024-02-28", "DRAFT"),
        ("2024-02-29", "SIGNED"),
        ("2024-03-01", "IN_FORCE"),
        ("2025-05-27", "IN_FORCE"),
        ("2025-05-28", "TERMINATED"),
    ] {
        assert_eq!(scene.status(&now, on.parse().unwrap()).await, status, "{on}");
    }
    let seen =
        scene.seen(&scene.partners[0], &now, "parties { status signedOn } timeline { kind reason organization { id } }").await;
    assert!(
        seen["parties"].as_array().unwrap().iter().all(|party| party["status"] == "SIGNED" && party["signedOn"] == "2024-02")
    );
    let timeline = seen["timeline"].as_array().unwrap();
    let signed: Vec<_> = timeline
        .iter()
        .filter(|event| event["kind"] == "MEMORANDUM_SIGNED")
        .map(|event| &event["organization"]["id"])
        .collect();
    assert_eq!(signed.len(), 4, "each party has signed");
    assert!(scene.partners.iter().all(|side| signed.contains(&&json!(side.id))));
    assert!(timeline.iter().any(|event| event["kind"] == "MEMORANDUM_ENDED" && event["reason"] == "новий договір"));
    let all = [("MEMORANDUM_CREATED", 4), ("MEMORANDUM_SIGNED", 4), ("MEMORANDUM_IN_FORCE", 4), ("MEMORANDUM_ENDED", 4)];
    assert_eq!(scene.told().await, told(&all), "who follows the changes does not think that it is in force");
    scene.works().await;
    assert_eq!(scene.told().await, told(&all), "nothing is due any more");
}

#[tokio::test]
async fn a_renewal_takes_over_what_was_sent_under_the_old_one() {
    let scene = Scene::new().await;
    let (first, key) = (scene.today(), key());
    let [one, two, _] = &scene.partners;
    let made = scene.create(json!({"history": {"signedOn": "2024-01-01"}, "effectiveTo": first + Days::new(5)})).await;
    let case = scene.town.case(one).await;
    let consent = scene.town.consent(one, &case, scene.provider(), &["CONTACT"]).await;
    let input = scene.town.referral_input(&case, &consent, scene.provider()).await;
    let sent = scene.town.done(one, "referralCreate", "referral", "status", input).await;
    // The other one will not sign again.
    let case = scene.town.case(two).await;
    let consent = scene.town.consent(two, &case, scene.provider(), &["CONTACT"]).await;
    // An authority of the town needs no memorandum: elsewhere it does.
    let sql =
        format!("update organization set territory_code = 'UA46060250000025047' where id = '{}'", two.partner.organization_id);
    scene.town.served.stage.owner().await.batch_execute(&sql).await.unwrap();
    let input = scene.town.referral_input(&case, &consent, scene.provider()).await;
    let other = scene.town.done(two, "referralCreate", "referral", "status", input).await;

    let renews = json!({"number": key, "effectiveFrom": first + Days::new(6), "effectiveTo": first + Days::new(300)});
    let renewal = scene
        .town
        .done(
            scene.provider(),
            "memorandumRenew",
            "memorandum",
            "status number supersedes { id } parties { status } coverage { territory { katottg } }",
            with(target(&made), renews),
        )
        .await;
    assert_eq!(
        (&renewal["number"], &renewal["supersedes"]["id"], &renewal["status"]),
        (&json!(key), &made["id"], &json!("NEGOTIATION"))
    );
    assert!(renewal["parties"].as_array().unwrap().iter().all(|party| party["status"] == "INVITED"));
    let renewal = scene.sign(scene.provider(), &renewal).await;
    let renewal = scene.sign(one, &renewal).await;
    assert_eq!(renewal["status"], "SIGNED");
    let scene = scene.later(6, 1).await;
    let [one, two, _] = &scene.partners;
    assert!(scene.works().await >= 2);
    let now = scene.town.sees(one, &sent["id"], "id status version").await;
    assert_eq!(now["status"], "SENT", "the renewal goes on from the old one");
    let gone = scene.town.sees(two, &other["id"], "status statusReason").await;
    assert_eq!(
        (&gone["status"], &gone["statusReason"]),
        (&json!("CANCELLED"), &json!("MEMORANDUM_ENDED")),
        "who has not signed again"
    );
    scene.town.step(scene.provider(), "referralAccept", &now, json!({})).await;
    let seen = scene.town.sees(scene.provider(), &sent["id"], "memorandum { id } subject { phone }").await;
    assert_eq!(
        (&seen["memorandum"]["id"], &seen["subject"]["phone"]),
        (&made["id"], &json!("+380670000001")),
        "the old one is frozen on it"
    );

    // The renewal ends too: what was accepted may be finished, then the person vanishes.
    let renewal = scene.seen(scene.provider(), &renewal, "id version status").await;
    assert_eq!(renewal["status"], "IN_FORCE");
    scene.step(scene.provider(), "memorandumTerminate", &renewal, json!({"reason": "кінець"})).await;
    assert_eq!(scene.town.sees(one, &sent["id"], "status").await["status"], "ACCEPTED");
    let scene = scene.later(31, 2).await;
    scene.works().await;
    let seen = scene.town.sees(scene.provider(), &sent["id"], "status redactionRequestedAt subject { phone }").await;
    assert!(seen["redactionRequestedAt"].is_string() && seen["subject"]["phone"].is_null(), "{seen}");
}
