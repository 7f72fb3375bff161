//! A step on a referral is answered with what was just written, which nobody reads again: it must be what a question is told right after it. And lists
//! that show a glance of each read it from the access table: it must be the referral's own.

use crate::{
    plan::{actor, load},
    stage::connect,
    statement::{asked, fields},
    town::{Side, Town, key, target, with},
};
use mistok::{
    base::words::organization::OrganizationKind,
    db::migrate,
    graphql::{
        node,
        shape::{Kind, Shape, innermost},
    },
    referral::{model::Found, store},
};
use serde_json::{Value, json};
use std::{cell::RefCell, collections::BTreeSet, sync::Arc};

struct Scene {
    town: Town,
    /// All fields of a referral, with what is one level below each.
    all: String,
    taken: RefCell<BTreeSet<&'static str>>,
}

impl Scene {
    /// A step that is answered as a question is afterwards: the referral.
    async fn step(&self, side: &Side, name: &'static str, input: Value) -> Value {
        let answered = self.town.done(side, name, "referral", &self.all, input).await;
        let read = self.town.sees(side, &answered["id"], &format!("id version {}", self.all)).await;
        assert_eq!(answered, read, "{name}");
        self.taken.borrow_mut().insert(name);
        let (_, key) = node::open(&answered["id"].as_str().unwrap().into()).unwrap();
        for viewer in [&self.town.sender, &self.town.receiver].map(|side| side.partner.organization_id) {
            let reading = self.town.served.app.db().read(&actor(viewer)).await.unwrap();
            let at_a_glance = store::find_as_of(reading.link(), viewer, key, false).await.unwrap();
            let whole = store::find_as_of(reading.link(), viewer, key, true).await.unwrap();
            assert_eq!(at_a_glance.edition, whole.edition);
            let glances = |found: Vec<_>| found.iter().map(|found: &Arc<Found>| found.glance().clone()).collect::<Vec<_>>();
            assert_eq!(glances(at_a_glance.rows), glances(whole.rows), "{name}");
        }
        answered
    }

    async fn steps<const N: usize>(&self, mut referral: Value, steps: [(&Side, &'static str, Value); N]) -> Value {
        for (side, name, more) in steps {
            referral = self.step(side, name, with(target(&referral), more)).await;
        }
        referral
    }

    async fn draft(&self) -> Value {
        let (town, case) = (&self.town, self.town.case(&self.town.sender).await);
        let consent = town.consent(&town.sender, &case, &town.receiver, &["DEMOGRAPHICS", "CONTACT", "REASON"]).await;
        let input = with(town.referral_input(&case, &consent, &town.receiver).await, json!({"send": false}));
        self.step(&town.sender, "referralCreate", input).await
    }
}

#[tokio::test]
async fn each_step_is_answered_as_a_question_is_right_after_it() {
    let shape = Shape::of(&mistok::graphql::schema::builder().finish().sdl()).unwrap();
    let all: Vec<_> = fields(&shape, "Referral").map(|(name, field)| asked(&shape, name, field)).collect();
    let scene = Scene { town: Town::new().await, all: all.join(" "), taken: RefCell::default() };
    let town = &scene.town;
    let (sender, receiver) = (&town.sender, &town.receiver);
    let none = || json!({});

    let whole = [
        (sender, "referralUpdate", json!({"urgency": "URGENT", "reason": "інша причина"})),
        (sender, "referralSend", none()),
        (receiver, "referralAcknowledge", none()),
        (receiver, "referralAccept", json!({"note": "прийдіть у вівторок"})),
        (receiver, "referralStart", none()),
        (receiver, "referralHold", json!({"reason": "WAITING_LIST"})),
        (receiver, "referralResume", none()),
        (receiver, "referralComplete", json!({"outcome": "PARTIALLY_PROVIDED", "note": "двічі"})),
        (sender, "referralMarkError", json!({"reason": "DUPLICATE"})),
    ];
    scene.steps(scene.draft().await, whole).await;
    let (send, accept) = ((sender, "referralSend", none()), (receiver, "referralAccept", none()));
    let end = (receiver, "referralNotComplete", json!({"reason": "NO_SHOW"}));
    scene.steps(scene.draft().await, [send.clone(), accept.clone(), end]).await;
    let end = (receiver, "referralDecline", json!({"reason": "OUT_OF_AREA"}));
    scene.steps(scene.draft().await, [send.clone(), end]).await;
    let end = (sender, "referralCancel", json!({"reason": "NEED_CEASED"}));
    scene.steps(scene.draft().await, [send.clone(), end]).await;

    // What the receiver sees no longer, once the consent is withdrawn.
    let draft = scene.draft().await;
    scene.steps(draft.clone(), [send.clone(), accept.clone()]).await;
    let withdraw = with(target(&draft["consent"]), json!({"idempotencyKey": key()}));
    town.done(sender, "consentWithdraw", "consent", "", withdraw).await;
    let ended = town.sees(receiver, &draft["id"], "id version").await;
    scene.steps(ended, [(receiver, "referralRedactionAcknowledge", none())]).await;

    // Onward, from a case of the receiver's own.
    let accepted = scene.steps(scene.draft().await, [send, accept]).await;
    let third = town.side(OrganizationKind::MunicipalInstitution).await;
    town.offers(&third, "AVAILABLE").await;
    let open =
        json!({"idempotencyKey": key(), "referralId": accepted["id"], "primaryCategory": "IDP", "intakeChannel": "REFERRAL"});
    let own = town.done(receiver, "caseOpen", "case", "", open).await;
    let consent = town.consent(receiver, &own, &third, &["CONTACT"]).await;
    let onward =
        json!({"caseId": own["id"], "receiverId": third.id, "serviceCode": town.service().await, "consentId": consent["id"]});
    scene.steps(accepted, [(receiver, "referralReferOnward", onward)]).await;

    let Some(Kind::Fields(mutations)) = shape.kind("Mutation") else { panic!("mutations") };
    let of_referrals = mutations.iter().filter(|(_, field)| innermost(&field.ty) == "ReferralPayload");
    let of_referrals: BTreeSet<&str> = of_referrals.map(|(name, _)| name.as_str()).collect();
    assert_eq!(*scene.taken.borrow(), of_referrals, "each of them");
}

#[tokio::test]
async fn what_was_there_before_the_glance_gets_it() {
    let town = Town::new().await;
    let (stage, rows) = (&town.served.stage, 2_500);
    let (own, other) = (town.sender.partner.organization_id, town.stranger.partner.organization_id);
    connect(&stage.superuser_url()).await.batch_execute(&load(own, other, rows)).await.unwrap();
    let (sent, ..) = town.sent(&["CONTACT"]).await;
    while migrate::down(&stage.owner_url()).await.unwrap().is_some_and(|name| name != "0037_glance") {}
    // Under the version before it goes on.
    let (_, key) = node::open(&sent["id"].as_str().unwrap().into()).unwrap();
    let taken = format!(
        "update referral set status = 'ACCEPTED', accepted_at = now(), shared_groups = '{{}}', updated_at = now(), version = 3 where id = '{key}'"
    );
    connect(&stage.superuser_url()).await.batch_execute(&taken).await.unwrap();
    assert_eq!(
        migrate::up(&stage.owner_url()).await.unwrap(),
        ["0037_glance", "0038_glanced", "0039_subjects", "0040_lighter", "0041_words"]
    );
    let same = "select count(*) from referral_party p join referral r on r.id = p.referral_id where (p.territory_code, p.created_at, p.version) \
                = (r.territory_code, r.created_at, r.version) and (p.status_reason, p.sent_at, p.respond_by) \
                is not distinct from (r.status_reason, r.sent_at, r.respond_by)";
    assert_eq!(town.count(same).await, rows + 2);
    let list = "{ referrals(filter: {direction: INBOUND}, first: 5) { nodes { id version status } } }";
    let shown = town.ask(&town.receiver, list, json!({})).await.data()["referrals"]["nodes"].clone();
    assert_eq!(shown, json!([{"id": sent["id"], "version": 3, "status": "ACCEPTED"}]));
}
