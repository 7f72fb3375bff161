//! What memoranda refuse, with code and place; and that a refusal leaves nothing behind.

use crate::town::{KAZANKA, Side, Town, key, target, with};
use mistok::base::words::organization::OrganizationKind as Kind;
use serde_json::{Value, json};

/// Rows of every table that a memorandum writes to.
const ROWS: &str = "select (select count(*) from memorandum) + (select count(*) from memorandum_party) + (select count(*) from memorandum_coverage)
    + (select count(*) from memorandum_event) + (select count(*) from memorandum_span) + (select count(*) from change) + (select count(*) from change_audience)
    + (select coalesce(sum(version), 0) from memorandum) + (select count(*) from idempotency)";

/// A provider, two partners, and what is asked of them.
struct Scene {
    town: Town,
    one: Side,
    two: Side,
}

impl Scene {
    async fn new() -> Self {
        let town = Town::new().await;
        let (one, two) = (town.side(Kind::Charity).await, town.side(Kind::StateBody).await);
        Self { town, one, two }
    }

    fn provider(&self) -> &Side {
        &self.town.receiver
    }

    async fn input(&self, more: Value) -> Value {
        self.town.memorandum_input(self.provider(), &[&self.one, &self.two], more).await
    }

    async fn step(&self, side: &Side, name: &str, memorandum: &Value, more: Value) -> Value {
        self.town.done(side, name, "memorandum", "status", with(target(memorandum), more)).await
    }

    async fn drafted(&self, more: Value) -> Value {
        let input = self.input(more).await;
        self.town.done(self.provider(), "memorandumCreate", "memorandum", "status number", input).await
    }

    async fn invited(&self, more: Value) -> Value {
        let draft = self.drafted(more).await;
        self.step(self.provider(), "memorandumInvite", &draft, json!({"partnerIds": []})).await
    }

    /// Asserts a refusal by code and path, and that it has written nothing.
    async fn refused(&self, side: &Side, name: &str, input: Value, code: &str, path: &str) {
        let before = self.town.count(ROWS).await;
        let input = with(json!({"idempotencyKey": key()}), input);
        let refused = self.town.refused(side, name, "memorandum", input).await;
        assert_eq!(refused, (code.to_owned(), format!("input.{path}")), "{name}");
        assert_eq!(self.town.count(ROWS).await, before, "{name} was refused with {code} and has written something");
    }

    async fn creation_refused(&self, more: Value, code: &str, path: &str) {
        self.refused(self.provider(), "memorandumCreate", self.input(more).await, code, path).await;
    }

    async fn step_refused(&self, side: &Side, name: &str, memorandum: &Value, more: Value, code: &str, path: &str) {
        self.refused(side, name, with(target(memorandum), more), code, path).await;
    }

    fn today(&self) -> Value {
        json!(self.town.served.clock.today())
    }

    fn tomorrow(&self) -> Value {
        json!(self.town.served.clock.today().succ_opt())
    }
}

#[tokio::test]
async fn a_memorandum_names_what_there_is_and_each_once() {
    let scene = Scene::new().await;
    let (town, one) = (&scene.town, &scene.one);
    let service = town.service().await;
    let ministry = town.side(Kind::Ministry).await;
    let ceased = town.side(Kind::Ngo).await;
    let sql = format!("update organization set active = false where id = '{}'", ceased.partner.organization_id);
    town.served.stage.owner().await.batch_execute(&sql).await.unwrap();
    let line = |service: &str, territory: &str| json!({"serviceCode": service, "territory": territory});
    let good = line(&service, KAZANKA);
    for (more, code, path) in [
        (json!({"partnerIds": []}), "INVALID", "partnerIds"),
        (json!({"partnerIds": [one.id, scene.two.id, one.id]}), "DUPLICATE", "partnerIds.2"),
        (json!({"partnerIds": [one.id, "x"]}), "NOT_FOUND", "partnerIds.1"),
        (json!({"partnerIds": [one.id, town.receiver.centre]}), "NOT_FOUND", "partnerIds.1"),
        (json!({"partnerIds": [one.id, town.receiver.id]}), "INVALID", "partnerIds.1"),
        (json!({"partnerIds": [ministry.id]}), "INVALID", "partnerIds.0"),
        (json!({"partnerIds": [one.id, ceased.id]}), "ORGANIZATION_INACTIVE", "partnerIds.1"),
        (json!({"centreId": town.stranger.centre}), "NOT_FOUND", "centreId"),
        (json!({"centreId": one.id}), "NOT_FOUND", "centreId"),
        (json!({"coverage": []}), "INVALID", "coverage"),
        (json!({"coverage": [good, line(&service, "UA00000000000000000")]}), "NOT_FOUND", "coverage.1.territory"),
        (json!({"coverage": [line("NO-SUCH", KAZANKA)]}), "NOT_FOUND", "coverage.0.serviceCode"),
        (json!({"coverage": [good, good]}), "DUPLICATE", "coverage.1"),
        (json!({"effectiveFrom": "2024-01-02", "effectiveTo": "2024-01-01"}), "INVALID", "effectiveTo"),
        (json!({"effectiveTo": "2024-12-31"}), "INVALID", "effectiveTo"),
        (json!({"number": " "}), "INVALID", "number"),
        (json!({"title": ""}), "INVALID", "title"),
        (json!({"sharing": {"fieldGroups": [], "retentionDays": 30}}), "INVALID", "sharing.fieldGroups"),
        (json!({"sharing": {"fieldGroups": ["CONTACT"], "retentionDays": 1096}}), "INVALID", "sharing.retentionDays"),
        (json!({"sharing": {"fieldGroups": ["CONTACT"], "retentionDays": -1}}), "INVALID", "sharing.retentionDays"),
        (json!({"history": {"signedOn": "XXXX-05-01"}}), "INVALID", "history.signedOn"),
        (json!({"history": {"signedOn": scene.tomorrow()}}), "INVALID", "history.signedOn"),
        // Of the year the last day counts, and that lies after the end: it would have been in force for ever.
        (
            json!({"effectiveFrom": "2024-01-01", "effectiveTo": "2024-06-30", "history": {"signedOn": "2024"}}),
            "INVALID",
            "history.signedOn",
        ),
        (
            json!({"effectiveFrom": "2024-01-01", "effectiveTo": "2024-06-30", "history": {"signedOn": "2024-07-01"}}),
            "INVALID",
            "history.signedOn",
        ),
        (
            json!({"history": {"signedOn": "2024-02", "terminatedOn": "2024-02-28", "reason": "x"}}),
            "INVALID",
            "history.terminatedOn",
        ),
        (
            json!({"history": {"signedOn": "2024-02", "terminatedOn": scene.tomorrow(), "reason": "x"}}),
            "INVALID",
            "history.terminatedOn",
        ),
        (json!({"history": {"signedOn": "2024-02", "terminatedOn": "2024-05-01"}}), "REASON_REQUIRED", "history.reason"),
        // A reason without an end would be lost.
        (json!({"history": {"signedOn": "2024-02", "reason": "новий договір"}}), "INVALID", "history.reason"),
    ] {
        scene.creation_refused(more, code, path).await;
    }
    let made = scene.drafted(json!({})).await;
    scene.creation_refused(json!({"number": made["number"]}), "DUPLICATE", "number").await;
    // The same number with another provider is another paper.
    let other = town.memorandum_input(&town.stranger, &[one], json!({"number": made["number"]})).await;
    town.done(&town.stranger, "memorandumCreate", "memorandum", "status", other).await;
    let all = town
        .act(
            town_provider(town),
            "memorandumCreate",
            "memorandum",
            "",
            scene.input(json!({"partnerIds": ["x"], "coverage": []})).await,
        )
        .await;
    assert!(
        all["userErrors"].as_array().unwrap().iter().all(|error| error["code"] == "NOT_FOUND" || error["code"] == "INVALID"),
        "{all}"
    );
}

fn town_provider(town: &Town) -> &Side {
    &town.receiver
}

#[tokio::test]
async fn each_step_has_its_time_and_its_party() {
    let scene = Scene::new().await;
    let (provider, one, two) = (scene.provider(), &scene.one, &scene.two);
    let signs = json!({"signedOn": scene.today()});
    let why = json!({"reason": "причина"});
    let not_now = "TRANSITION_NOT_ALLOWED";
    let draft = scene.drafted(json!({})).await;
    scene.step_refused(provider, "memorandumSign", &draft, signs.clone(), not_now, "id").await;
    scene.step_refused(one, "memorandumSign", &draft, signs.clone(), "NOT_FOUND", "id").await;
    scene.step_refused(one, "memorandumWithdraw", &draft, why.clone(), "NOT_FOUND", "id").await;
    scene.step_refused(provider, "memorandumSuspend", &draft, why.clone(), not_now, "id").await;
    scene.step_refused(provider, "memorandumResume", &draft, json!({}), not_now, "id").await;
    let renewal = json!({"number": key(), "effectiveFrom": scene.tomorrow()});
    scene.step_refused(provider, "memorandumRenew", &draft, renewal.clone(), not_now, "id").await;
    scene
        .step_refused(provider, "memorandumInvite", &draft, json!({"partnerIds": [one.id]}), "DUPLICATE", "partnerIds.0")
        .await;
    scene.step_refused(provider, "memorandumUpdate", &draft, json!({"title": null}), "INVALID", "title").await;
    scene
        .step_refused(provider, "memorandumUpdate", &draft, json!({"effectiveTo": "2023-01-01"}), "INVALID", "effectiveTo")
        .await;

    let invited = scene.step(provider, "memorandumInvite", &draft, json!({"partnerIds": []})).await;
    scene.step_refused(provider, "memorandumInvite", &invited, json!({"partnerIds": []}), "INVALID", "partnerIds").await;
    scene.step_refused(provider, "memorandumRenew", &invited, renewal.clone(), not_now, "id").await;
    scene.step_refused(one, "memorandumSign", &invited, json!({"signedOn": scene.tomorrow()}), "INVALID", "signedOn").await;
    scene.step_refused(provider, "memorandumWithdraw", &invited, why.clone(), not_now, "id").await;
    for name in ["memorandumSuspend", "memorandumTerminate"] {
        scene.step_refused(one, name, &invited, why.clone(), not_now, "id").await;
    }
    scene.step_refused(one, "memorandumResume", &invited, json!({}), not_now, "id").await;
    scene.step_refused(one, "memorandumInvite", &invited, json!({"partnerIds": []}), not_now, "id").await;
    scene.step_refused(one, "memorandumUpdate", &invited, json!({"title": "інша"}), not_now, "id").await;
    scene.step_refused(one, "memorandumRenew", &invited, renewal.clone(), not_now, "id").await;

    let signed = scene.step(one, "memorandumSign", &invited, signs.clone()).await;
    assert_eq!(signed["status"], "NEGOTIATION", "the provider has not signed");
    scene.step_refused(one, "memorandumSign", &signed, signs.clone(), not_now, "id").await;
    scene.step_refused(provider, "memorandumUpdate", &signed, json!({"title": "інша"}), "RECORD_FROZEN", "id").await;
    scene.step_refused(one, "memorandumWithdraw", &signed, json!({"reason": " "}), "REASON_REQUIRED", "reason").await;
    let force = scene.step(provider, "memorandumSign", &signed, signs.clone()).await;
    assert_eq!(force["status"], "IN_FORCE");
    scene.step_refused(provider, "memorandumSuspend", &force, json!({"reason": ""}), "REASON_REQUIRED", "reason").await;
    scene.step_refused(provider, "memorandumTerminate", &force, json!({"reason": "  "}), "REASON_REQUIRED", "reason").await;
    scene.step_refused(provider, "memorandumResume", &force, json!({}), not_now, "id").await;
    let early = json!({"number": key(), "effectiveFrom": "2024-01-01"});
    scene.step_refused(provider, "memorandumRenew", &force, early, "INVALID", "effectiveFrom").await;

    scene.step(two, "memorandumWithdraw", &force, why.clone()).await;
    let left =
        scene.town.ask(provider, "query($id: ID!){ memorandum(id: $id){ id version } }", json!({"id": force["id"]})).await;
    let left = left.data()["memorandum"].clone();
    // It had not signed: it has declined, and there is nothing that it could see.
    scene.step_refused(two, "memorandumWithdraw", &left, why.clone(), "NOT_FOUND", "id").await;
    scene.step_refused(two, "memorandumSign", &left, signs.clone(), "NOT_FOUND", "id").await;
    let renewed =
        scene.town.done(provider, "memorandumRenew", "memorandum", "status", with(target(&left), renewal.clone())).await;
    assert_eq!(renewed["status"], "NEGOTIATION");
    scene
        .step_refused(
            provider,
            "memorandumRenew",
            &left,
            json!({"number": key(), "effectiveFrom": scene.tomorrow()}),
            "DUPLICATE",
            "id",
        )
        .await;

    let ended = scene.step(provider, "memorandumTerminate", &left, why.clone()).await;
    for (side, name, more) in [
        (provider, "memorandumTerminate", why.clone()),
        (provider, "memorandumSuspend", why.clone()),
        (provider, "memorandumInvite", json!({"partnerIds": [scene.town.stranger.id]})),
        (provider, "memorandumRenew", json!({"number": key(), "effectiveFrom": scene.tomorrow()})),
        (one, "memorandumWithdraw", why.clone()),
        (one, "memorandumSign", signs.clone()),
    ] {
        scene.step_refused(side, name, &ended, more, not_now, "id").await;
    }
    scene.step_refused(provider, "memorandumUpdate", &ended, json!({"title": "інша"}), "RECORD_FROZEN", "id").await;
}

#[tokio::test]
async fn a_stale_version_and_a_stranger_change_nothing() {
    let scene = Scene::new().await;
    let (town, provider) = (&scene.town, scene.provider());
    let now = scene.invited(json!({})).await;
    let why = json!({"reason": "причина"});
    let stale = with(target(&now), json!({"expectedVersion": 1}));
    let ministry = town.side(Kind::Ministry).await;
    for (party, name, more) in [
        (provider, "memorandumUpdate", json!({"title": "інша"})),
        (provider, "memorandumInvite", json!({"partnerIds": [town.stranger.id]})),
        (&scene.one, "memorandumSign", json!({"signedOn": scene.today()})),
        (&scene.two, "memorandumWithdraw", why.clone()),
        (provider, "memorandumSuspend", why.clone()),
        (provider, "memorandumResume", json!({})),
        (provider, "memorandumTerminate", why.clone()),
        (provider, "memorandumRenew", json!({"number": key(), "effectiveFrom": scene.tomorrow()})),
    ] {
        scene.refused(party, name, with(stale.clone(), more.clone()), "VERSION_CONFLICT", "expectedVersion").await;
        for stranger in [&town.stranger, &town.sender] {
            scene.step_refused(stranger, name, &now, more.clone(), "NOT_FOUND", "id").await;
            // What does not exist is answered alike.
            let nothing = json!({"id": provider.id, "version": 1});
            scene.step_refused(stranger, name, &nothing, more.clone(), "NOT_FOUND", "id").await;
        }
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!("mutation($input: {kind}!){{ {name}(input: $input){{ memorandum {{ id }} }} }}");
        let answer = town.ask(&ministry, &query, json!({"input": with(target(&now), more)})).await;
        assert_eq!(answer.code(), "FORBIDDEN", "who oversees holds no scope to write: {name}");
    }
}

#[tokio::test]
async fn a_retry_of_any_step_changes_nothing_and_answers_the_same() {
    let scene = Scene::new().await;
    let (town, provider, one) = (&scene.town, scene.provider(), &scene.one);
    let twice = async |side: &Side, name: &str, input: Value| -> Value {
        let input = with(json!({"idempotencyKey": key()}), input);
        let first = town.act(side, name, "memorandum", "status number", input.clone()).await;
        assert_eq!((&first["userErrors"], &first["replayed"]), (&json!([]), &json!(false)), "{name}");
        let rows = town.count(ROWS).await;
        let again = town.act(side, name, "memorandum", "status number", input.clone()).await;
        assert_eq!((&again["memorandum"], &again["replayed"]), (&first["memorandum"], &json!(true)), "{name}");
        let other = with(input, json!({"expectedVersion": 77, "reason": "інша"}));
        if name != "memorandumCreate" && name != "memorandumRenew" && name != "memorandumSign" && name != "memorandumInvite" {
            assert_eq!(town.refused(side, name, "memorandum", other).await.0, "IDEMPOTENCY_KEY_REUSED", "{name}");
        }
        assert_eq!(town.count(ROWS).await, rows, "{name}");
        first["memorandum"].clone()
    };
    let signs = json!({"signedOn": scene.today()});
    let why = json!({"reason": "причина"});
    let now = twice(provider, "memorandumCreate", scene.input(json!({"idempotencyKey": key()})).await).await;
    let now = twice(provider, "memorandumInvite", with(target(&now), json!({"partnerIds": []}))).await;
    let now = twice(one, "memorandumSign", with(target(&now), signs.clone())).await;
    let now = twice(provider, "memorandumSign", with(target(&now), signs.clone())).await;
    let now = twice(provider, "memorandumSuspend", with(target(&now), why.clone())).await;
    let now = twice(provider, "memorandumResume", with(target(&now), why.clone())).await;
    assert_eq!(twice(&scene.two, "memorandumWithdraw", with(target(&now), why.clone())).await, Value::Null);
    let now = json!({"id": now["id"], "version": now["version"].as_i64().unwrap() + 1});
    twice(provider, "memorandumRenew", with(target(&now), json!({"number": key(), "effectiveFrom": scene.tomorrow()}))).await;
    let now = twice(provider, "memorandumTerminate", with(target(&now), why)).await;
    assert_eq!(now["status"], "TERMINATED");
}
