//! What ends with a memorandum or a consent: what waits is cancelled, what was accepted may be finished, then the person vanishes.

use super::life::Scene;
use crate::town::{Side, key, target, with};
use serde_json::{Value, json};

const SEEN: &str =
    "id version status statusReason allowedActions redactionRequestedAt redactionAcknowledgedAt subject { phone }";

/// Referrals of the first partner to the provider under one memorandum: sent, received, accepted, in progress, on hold.
async fn five(scene: &Scene, consent: &[&str]) -> (Value, Vec<Value>, Value) {
    let (town, provider, sender) = (&scene.town, scene.provider(), &scene.partners[0]);
    let made = scene.create(json!({"history": {"signedOn": "2024-01-01"}})).await;
    let case = town.case(sender).await;
    let consent = town.consent(sender, &case, provider, consent).await;
    let mut all = Vec::new();
    for steps in [
        &[][..],
        &["referralAcknowledge"],
        &["referralAccept"],
        &["referralAccept", "referralStart"],
        &["referralAccept", "referralHold"],
    ] {
        let input = town.referral_input(&case, &consent, provider).await;
        let mut now = town.done(sender, "referralCreate", "referral", "status", input).await;
        for name in steps {
            let more = if *name == "referralHold" { json!({"reason": "WAITING_LIST"}) } else { json!({}) };
            now = town.step(provider, name, &now, more).await;
        }
        all.push(now);
    }
    (made, all, consent)
}

async fn states(scene: &Scene, side: &Side, all: &[Value]) -> Vec<Value> {
    let mut seen = Vec::new();
    for referral in all {
        seen.push(scene.town.sees(side, &referral["id"], SEEN).await);
    }
    seen
}

fn actions(seen: &Value) -> Vec<&str> {
    seen["allowedActions"].as_array().unwrap().iter().map(|action| action.as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_waits_is_cancelled_what_was_accepted_is_finished_within_thirty_days() {
    let scene = Scene::new().await;
    let (made, all, _) = five(&scene, &["CONTACT", "REASON"]).await;
    let provider = scene.provider();
    let own =
        json!({"idempotencyKey": key(), "referralId": all[2]["id"], "primaryCategory": "IDP", "intakeChannel": "REFERRAL"});
    let own = scene.town.done(provider, "caseOpen", "case", "status", own).await;
    let onward = scene.town.consent(provider, &own, &scene.partners[1], &["CONTACT"]).await;
    scene.town.offers(&scene.partners[1], "AVAILABLE").await;
    let before = states(&scene, provider, &all).await;
    assert!(actions(&before[2]).contains(&"REFER_ONWARD"));
    scene.step(provider, "memorandumTerminate", &made, json!({"reason": "кінець"})).await;
    for side in [&scene.partners[0], provider] {
        let now = states(&scene, side, &all).await;
        for seen in &now[..2] {
            assert_eq!((&seen["status"], &seen["statusReason"]), (&json!("CANCELLED"), &json!("MEMORANDUM_ENDED")));
            assert_eq!(seen["redactionRequestedAt"], Value::Null, "nothing was readable");
        }
        let open: Vec<_> = now[2..].iter().map(|seen| seen["status"].as_str().unwrap()).collect();
        assert_eq!(open, ["ACCEPTED", "IN_PROGRESS", "ON_HOLD"]);
        assert!(
            now[2..].iter().all(|seen| seen["subject"]["phone"] == "+380670000001" && seen["redactionRequestedAt"].is_null())
        );
    }
    assert_eq!(scene.town.count("select count(*) from change where type = 'REFERRAL_CANCELLED'").await, 2);

    let scene = scene.later(20, 9).await;
    let provider = scene.provider();
    let now = states(&scene, provider, &all).await;
    assert_eq!(actions(&now[2]), ["START", "HOLD", "COMPLETE", "NOT_COMPLETE", "CANCEL"]);
    let refused = with(
        target(&now[2]),
        json!({"caseId": own["id"], "receiverId": scene.partners[1].id, "serviceCode": scene.town.service().await, "consentId": onward["id"]}),
    );
    assert_eq!(scene.town.refused(provider, "referralReferOnward", "referral", refused).await.0, "MEMORANDUM_NOT_IN_FORCE");
    let started = scene.town.step(provider, "referralStart", &now[2], json!({})).await;
    scene.town.step(provider, "referralHold", &started, json!({"reason": "CLIENT_UNAVAILABLE"})).await;
    let resumed = scene.town.step(provider, "referralResume", &now[4], json!({})).await;
    scene.town.step(provider, "referralComplete", &resumed, json!({"outcome": "SERVICE_PROVIDED"})).await;
    assert_eq!(scene.works().await, 0, "the thirty days are not over");

    let scene = scene.later(11, 9).await;
    let provider = scene.provider();
    let now = states(&scene, provider, &all).await;
    assert!(
        now[2..4].iter().all(|seen| seen["subject"]["phone"].is_null()),
        "hidden by the rule, before the server has worked"
    );
    assert!(scene.works().await > 0);
    assert_eq!(scene.works().await, 0);
    let now = states(&scene, provider, &all).await;
    for seen in &now[2..4] {
        assert!(seen["redactionRequestedAt"].is_string(), "{seen}");
        assert_eq!(actions(seen), ["COMPLETE", "NOT_COMPLETE", "CANCEL", "REDACTION_ACKNOWLEDGE"]);
    }
    assert_eq!(
        (&now[4]["status"], &now[4]["subject"]["phone"]),
        (&json!("COMPLETED"), &json!("+380670000001")),
        "within its days of retention"
    );
    assert_eq!(scene.town.count("select count(*) from change where type = 'REFERRAL_REDACTED'").await, 2);
    for (name, more) in [("referralStart", json!({})), ("referralResume", json!({}))] {
        let refused = scene.town.refused(provider, name, "referral", with(target(&now[2]), more)).await;
        assert!(["MEMORANDUM_NOT_IN_FORCE", "TRANSITION_NOT_ALLOWED"].contains(&refused.0.as_str()), "{refused:?}");
    }
    let ended = scene.town.step(provider, "referralNotComplete", &now[2], json!({"reason": "OTHER"})).await;
    assert_eq!(
        scene.town.sees(provider, &ended["id"], SEEN).await["subject"]["phone"],
        Value::Null,
        "its end opens nothing again"
    );
    assert_eq!(scene.town.count("select count(*) from change where type = 'REFERRAL_REDACTED'").await, 2, "asked for once");
}

#[tokio::test]
async fn after_the_end_a_receiver_works_with_what_was_known_and_learns_nothing_new() {
    const WHO: &str = "id version subject { phone primaryCategory hardshipFactors }";
    let scene = Scene::new().await;
    let (made, all, _) = five(&scene, &["CONTACT", "REASON", "DEMOGRAPHICS", "SENSITIVE"]).await;
    let accepted = &all[2]["id"];
    let change = async |scene: &Scene, phone: &str, category: &str, factor: &str| {
        let (town, sender) = (&scene.town, &scene.partners[0]);
        let case = town.sees(sender, accepted, "case { id version }").await["case"].clone();
        let who = with(target(&case), json!({"person": {"phone": phone}}));
        let after = town.done(sender, "personUpdate", "case", "status", who).await;
        let what = with(target(&after), json!({"primaryCategory": category, "hardshipFactors": [factor]}));
        town.done(sender, "caseUpdate", "case", "status", what).await;
    };
    let subject = async |scene: &Scene, side: &Side| scene.town.sees(side, accepted, WHO).await["subject"].clone();
    let expected = |phone: &str, category: &str, factor: &str| json!({"phone": phone, "primaryCategory": category, "hardshipFactors": [factor]});
    let known = expected("+380670000002", "VETERAN", "DISABILITY");
    change(&scene, "+380670000002", "VETERAN", "DISABILITY").await;
    assert_eq!(subject(&scene, scene.provider()).await, known, "live, until the end");
    scene.step(scene.provider(), "memorandumTerminate", &made, json!({"reason": "кінець"})).await;

    let scene = scene.later(2, 9).await;
    change(&scene, "+380670000003", "IDP", "DISABILITY").await;
    change(&scene, "+380670000004", "OLDER_PERSON", "LOW_INCOME").await;
    assert_eq!(subject(&scene, scene.provider()).await, known, "as it was known at the end");
    let live = expected("+380670000004", "OLDER_PERSON", "LOW_INCOME");
    assert_eq!(subject(&scene, &scene.partners[0]).await, live, "one's own is live");
    let copy = json!({"idempotencyKey": key(), "referralId": accepted, "primaryCategory": "IDP", "intakeChannel": "REFERRAL"});
    let copy = scene.town.done(scene.provider(), "caseOpen", "case", "person { phone }", copy).await;
    assert_eq!(copy["person"]["phone"], "+380670000002", "nor does a case of one's own learn more");
    assert_eq!(scene.town.count("select count(*) from referral_kept").await, 3);

    let scene = scene.later(29, 9).await;
    assert!(scene.works().await > 0);
    assert_eq!(scene.town.count("select count(*) from referral_kept").await, 0, "hidden, and the copy gone");
}

#[tokio::test]
async fn a_partner_that_leaves_ends_its_own_referrals_alone() {
    let scene = Scene::new().await;
    let (town, provider) = (&scene.town, scene.provider());
    let (made, all, _) = five(&scene, &["CONTACT"]).await;
    let third = &scene.partners[2];
    let case = town.case(third).await;
    let consent = town.consent(third, &case, provider, &["CONTACT"]).await;
    let other =
        town.done(third, "referralCreate", "referral", "status", town.referral_input(&case, &consent, provider).await).await;
    scene.step(&scene.partners[0], "memorandumWithdraw", &made, json!({"reason": "закриваємося"})).await;
    let now = states(&scene, provider, &all).await;
    let statuses: Vec<_> = now.iter().map(|seen| seen["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["CANCELLED", "CANCELLED", "ACCEPTED", "IN_PROGRESS", "ON_HOLD"]);
    assert_eq!(town.sees(provider, &other["id"], "status").await["status"], "SENT");
    town.step(provider, "referralAccept", &other, json!({})).await;
}

#[tokio::test]
async fn a_suspended_memorandum_lets_go_on_what_was_sent() {
    let scene = Scene::new().await;
    let (town, provider) = (&scene.town, scene.provider());
    let (made, all, _) = five(&scene, &["CONTACT"]).await;
    scene.step(provider, "memorandumSuspend", &made, json!({"reason": "ремонт"})).await;
    for referral in &all[..2] {
        assert_eq!(town.step(provider, "referralAccept", referral, json!({})).await["status"], "ACCEPTED");
    }
    assert_eq!(town.sees(provider, &all[0]["id"], "subject { phone }").await["subject"]["phone"], "+380670000001");
}

#[tokio::test]
async fn nobody_is_offered_to_accept_once_the_consent_has_lapsed() {
    let scene = Scene::new().await;
    let (_, all, _) = five(&scene, &["CONTACT"]).await;
    assert_eq!(actions(&states(&scene, scene.provider(), &all[..1]).await[0]), ["ACKNOWLEDGE", "ACCEPT", "DECLINE"]);
    // Its year is over, and the server has not worked yet.
    let scene = scene.later(366, 9).await;
    let now = states(&scene, scene.provider(), &all[..2]).await;
    assert_eq!((&now[0]["status"], actions(&now[0])), (&json!("SENT"), vec!["ACKNOWLEDGE", "DECLINE"]));
    assert_eq!(actions(&now[1]), ["DECLINE"]);
    let refused = scene.town.refused(scene.provider(), "referralAccept", "referral", target(&now[0])).await;
    assert_eq!(refused.0, "CONSENT_EXPIRED");
}

#[tokio::test]
async fn the_receiver_acknowledges_once_and_the_sender_sees_who_has_not() {
    let scene = Scene::new().await;
    let (town, provider, sender) = (&scene.town, scene.provider(), &scene.partners[0]);
    let (_, all, consent) = five(&scene, &["CONTACT"]).await;
    town.done(sender, "consentWithdraw", "consent", "withdrawnAt", target(&consent)).await;
    let now = states(&scene, provider, &all).await;
    let asked: Vec<_> = now.iter().map(|seen| seen["redactionRequestedAt"].is_string()).collect();
    assert_eq!(asked, [false, false, true, true, true], "only where identity was readable");
    assert!(now.iter().all(|seen| seen["status"] == "CANCELLED" && seen["subject"]["phone"].is_null()));
    let pending = async |side: &Side, pending: bool| {
        let query = "query($pending: Boolean){ referrals(first: 50, filter: {redactionPending: $pending}) { totalCount nodes { id } } }";
        let page = town.ask(side, query, json!({"pending": pending})).await.data()["referrals"].clone();
        (page["totalCount"].as_i64().unwrap(), page["nodes"].as_array().unwrap().len())
    };
    for side in [provider, sender] {
        assert_eq!((pending(side, true).await, pending(side, false).await), ((3, 3), (2, 2)));
    }
    let nothing = town.refused(provider, "referralRedactionAcknowledge", "referral", target(&now[0])).await;
    assert_eq!(nothing.0, "TRANSITION_NOT_ALLOWED");
    let not_his = town.refused(sender, "referralRedactionAcknowledge", "referral", target(&now[2])).await;
    assert_eq!(not_his.0, "TRANSITION_NOT_ALLOWED");
    assert_eq!(town.refused(&town.stranger, "referralRedactionAcknowledge", "referral", target(&now[2])).await.0, "NOT_FOUND");
    let done = town.step(provider, "referralRedactionAcknowledge", &now[2], json!({})).await;
    assert_eq!(done["status"], "CANCELLED", "the shared status stays");
    assert_eq!(
        town.refused(provider, "referralRedactionAcknowledge", "referral", target(&done)).await.0,
        "TRANSITION_NOT_ALLOWED"
    );
    for side in [provider, sender] {
        let seen = town.sees(side, &now[2]["id"], SEEN).await;
        assert!(seen["redactionAcknowledgedAt"].is_string(), "{seen}");
        assert_eq!((pending(side, true).await, pending(side, false).await), ((2, 2), (3, 3)));
    }
    assert_eq!(town.count("select count(*) from change where type = 'REFERRAL_REDACTION_ACKNOWLEDGED'").await, 1);
    assert_eq!(town.count("select count(*) from change where type = 'REFERRAL_REDACTED'").await, 3);
}
