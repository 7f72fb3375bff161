//! The main job: the shared status of a referral, end to end, as two partners see it.

use crate::town::{Side, Town, key, target, with};
use mistok::base::words::organization::OrganizationKind as Kind;
use serde_json::{Value, json};

const ALL: [&str; 8] =
    ["DEMOGRAPHICS", "CONTACT", "ADDRESS", "CAREGIVER", "REASON", "SERVICES_HISTORY", "ASSESSMENT_SUMMARY", "SENSITIVE"];

const SUBJECT: &str = "subject { pseudonym kind minor ageBand birthDate sex targetGroup primaryCategory householdSize familyName givenName phone \
    safeToContact contactRestrictions address hardshipFactors sensitiveFactors }";

#[tokio::test]
async fn both_sides_see_one_status() {
    let town = Town::new().await;
    let (referral, ..) = town.sent(&ALL).await;
    let id = &referral["id"];
    for (name, more, status) in [
        ("referralAcknowledge", json!({}), "RECEIVED"),
        ("referralAccept", json!({"note": "чекаємо у вівторок"}), "ACCEPTED"),
        ("referralStart", json!({}), "IN_PROGRESS"),
        ("referralHold", json!({"reason": "WAITING_LIST"}), "ON_HOLD"),
        ("referralResume", json!({}), "IN_PROGRESS"),
        ("referralComplete", json!({"outcome": "SERVICE_PROVIDED"}), "COMPLETED"),
    ] {
        let now = town.sees(&town.receiver, id, "id version").await;
        let after = town.step(&town.receiver, name, &now, more).await;
        assert_eq!(after["status"], status);
        for side in [&town.sender, &town.receiver] {
            assert_eq!(town.sees(side, id, "status").await["status"], status);
        }
        assert_eq!(town.sees(&town.stranger, id, "status").await, Value::Null);
    }
    let history = "timeline { from to reason note organization { id } version }";
    let sender = town.sees(&town.sender, id, history).await;
    let receiver = town.sees(&town.receiver, id, history).await;
    let steps = |seen: &Value| seen["timeline"].as_array().unwrap().iter().map(|step| step["to"].clone()).collect::<Vec<_>>();
    assert_eq!(steps(&sender), ["DRAFT", "SENT", "RECEIVED", "ACCEPTED", "IN_PROGRESS", "ON_HOLD", "IN_PROGRESS", "COMPLETED"]);
    assert_eq!(steps(&receiver), steps(&sender)[1..], "for the receiver it begins at SENT");
    assert_eq!(receiver["timeline"][0]["from"], Value::Null);
    for seen in [&sender, &receiver] {
        let notes: Vec<_> = seen["timeline"].as_array().unwrap().iter().filter_map(|step| step["note"].as_str()).collect();
        assert_eq!(notes, ["чекаємо у вівторок"]);
    }
}

#[tokio::test]
async fn the_person_opens_at_acceptance_and_closes_after_retention() {
    let town = Town::new().await;
    let (referral, ..) = town.sent(&["DEMOGRAPHICS", "CONTACT", "REASON"]).await;
    let id = &referral["id"];
    let seen = async |side| town.sees(side, id, &format!("reason {SUBJECT} redactions {{ field reason }}")).await;
    let why = |seen: &Value, field: &str| {
        let all = seen["redactions"].as_array().unwrap();
        all.iter().find(|hidden| hidden["field"] == field).map(|hidden| hidden["reason"].as_str().unwrap().to_owned())
    };

    let before = seen(&town.receiver).await;
    let subject = &before["subject"];
    assert_eq!(
        (&subject["minor"], &subject["ageBand"], &subject["sex"]),
        (&json!(false), &json!("AGE_35_59"), &json!("FEMALE"))
    );
    assert_eq!(subject["targetGroup"], "IDP", "the consent names DEMOGRAPHICS");
    for field in ["familyName", "phone", "address", "birthDate", "hardshipFactors", "sensitiveFactors", "primaryCategory"] {
        assert_eq!(subject[field], Value::Null, "{field} before acceptance");
        assert_eq!(why(&before, &format!("subject.{field}")).as_deref(), Some("BEFORE_ACCEPTANCE"), "{field}");
    }
    assert_eq!(before["reason"], Value::Null);

    let own = seen(&town.sender).await;
    assert_eq!(own["subject"]["familyName"], "Вигадана");
    assert_eq!(own["redactions"], json!([]));

    let accepted = town.step(&town.receiver, "referralAccept", &referral, json!({})).await;
    let open = seen(&town.receiver).await;
    let subject = &open["subject"];
    assert_eq!((&subject["familyName"], &subject["phone"]), (&json!("Вигадана"), &json!("+380670000001")));
    assert_eq!(
        (&subject["safeToContact"], &subject["contactRestrictions"]),
        (&json!(["MESSENGER"]), &json!("не телефонувати ввечері"))
    );
    assert_eq!(
        (&open["reason"], &subject["hardshipFactors"]),
        (&json!("потребує розмови з психологом"), &json!(["INTERNAL_DISPLACEMENT"]))
    );
    for field in ["address", "sensitiveFactors", "primaryCategory"] {
        assert_eq!(subject[field], Value::Null, "{field} is outside of the consent");
        assert_eq!(why(&open, &format!("subject.{field}")).as_deref(), Some("OUTSIDE_CONSENT"), "{field}");
    }

    let ended = town.step(&town.receiver, "referralComplete", &accepted, json!({"outcome": "SERVICE_PROVIDED"})).await;
    assert_eq!(ended["status"], "COMPLETED");
    town.served.clock.advance(chrono::Duration::days(29));
    let town = town.again().await;
    let seen = async |side| town.sees(side, id, &format!("reason {SUBJECT} redactions {{ field reason }}")).await;
    assert_eq!(seen(&town.receiver).await["subject"]["familyName"], "Вигадана");
    town.served.clock.advance(chrono::Duration::days(3));
    let town = town.again().await;
    let gone = town.sees(&town.receiver, id, &format!("status reason {SUBJECT} redactions {{ field reason }}")).await;
    assert_eq!(
        (&gone["status"], &gone["subject"]["familyName"], &gone["reason"]),
        (&json!("COMPLETED"), &Value::Null, &Value::Null)
    );
    assert_eq!(why(&gone, "subject.familyName").as_deref(), Some("RETENTION_ENDED"));
    assert_eq!(town.sees(&town.sender, id, "subject { familyName }").await["subject"]["familyName"], "Вигадана");
    assert_eq!(mistok::referral::ending::end_retention(town.served.app.db()).await.unwrap(), 1);
    assert_eq!(mistok::referral::ending::end_retention(town.served.app.db()).await.unwrap(), 0, "told once");
    assert_eq!(town.count("select count(*) from change where type = 'REFERRAL_REDACTED'").await, 1);
}

#[tokio::test]
async fn without_a_purpose_nothing_personal_is_shown_and_with_one_it_is_written_down() {
    let town = Town::new().await;
    let (referral, case, _) = town.sent(&ALL).await;
    let reads = "select count(*) from access";
    assert_eq!(town.count(reads).await, 0, "mutations that show nothing read nothing");
    let query = "query($id: ID!, $case: ID!){ referral(id: $id){ reason subject { pseudonym familyName } redactions { field reason } } \
        case(id: $case){ hardshipFactors person { familyName phone } redactions { field reason } } }";
    let vars = json!({"id": referral["id"], "case": case["id"]});
    let blind = town.ask_for(&town.sender, None, query, vars.clone()).await;
    let data = blind.data();
    assert_eq!(
        (&data["referral"]["subject"]["familyName"], &data["case"]["person"]["familyName"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(data["case"]["hardshipFactors"], Value::Null);
    let hidden = data["referral"]["redactions"].as_array().unwrap();
    assert!(hidden.len() > 15 && hidden.iter().all(|field| field["reason"] == "PURPOSE_MISSING"), "{hidden:?}");
    assert_eq!(town.count(reads).await, 0);

    let seen = town.ask(&town.sender, query, vars).await;
    assert_eq!(seen.data()["case"]["person"]["familyName"], "Вигадана");
    let written = "select count(*) from access where purpose = 'CASE_WORK' and acting_for = 'worker-7' and organization_id = ";
    assert_eq!(
        town.count(&format!("{written} '{}'", town.sender.partner.organization_id)).await,
        3,
        "person, case and referral"
    );
    assert_eq!(
        town.count("select count(*) from access where fields @> array['familyName', 'phone'] and cardinality(object_ids) = 1")
            .await,
        1
    );
}

#[tokio::test]
async fn both_sides_find_a_referral_by_its_number_once_it_is_sent_and_nobody_else_does() {
    let town = Town::new().await;
    let (sent, case, consent) = town.sent(&["CONTACT"]).await;
    let mut draft = town.referral_input(&case, &consent, &town.receiver).await;
    draft["send"] = json!(false);
    let draft = town.done(&town.sender, "referralCreate", "referral", "number status", draft).await;
    assert_eq!(draft["status"], "DRAFT");
    let found = async |side: &Side, number: &Value| {
        let query = "query($filter: ReferralFilter){ referrals(first: 5, filter: $filter){ totalCount nodes { id } } }";
        let answer = town.ask(side, query, json!({"filter": {"number": number}})).await.data()["referrals"].clone();
        let nodes = answer["nodes"].as_array().unwrap();
        assert_eq!(answer["totalCount"], nodes.len());
        nodes.iter().map(|node| node["id"].clone()).collect::<Vec<_>>()
    };
    for (side, sees) in [(&town.sender, [1, 1]), (&town.receiver, [1, 0]), (&town.stranger, [0, 0])] {
        for (referral, times) in [&sent, &draft].into_iter().zip(sees) {
            assert_eq!(found(side, &referral["number"]).await, vec![referral["id"].clone(); times], "{referral}");
        }
        assert!(found(side, &json!("Н-99999999")).await.is_empty());
    }
}

#[tokio::test]
async fn two_receivers_cannot_join_their_lists() {
    let town = Town::new().await;
    let case = town.case(&town.sender).await;
    let mut names = Vec::new();
    for receiver in [&town.receiver, &town.stranger, &town.receiver] {
        let consent = town.consent(&town.sender, &case, receiver, &["CONTACT"]).await;
        let input = town.referral_input(&case, &consent, receiver).await;
        let referral = town.done(&town.sender, "referralCreate", "referral", "number", input).await;
        let seen = town.sees(receiver, &referral["id"], "number createdAt sentAt case { id } subject { pseudonym }").await;
        assert_eq!((&seen["createdAt"], &seen["case"]), (&Value::Null, &Value::Null), "the sender's own");
        names.push(seen["subject"]["pseudonym"].as_str().unwrap().to_owned());
    }
    assert_eq!(names[0], names[2], "one receiver knows one person by one name");
    assert_ne!(names[0], names[1]);
}

#[tokio::test]
async fn a_withdrawn_consent_hides_at_once_cancels_what_is_open_and_keeps_the_history() {
    let town = Town::new().await;
    let (sent, case, consent) = town.sent(&ALL).await;
    let input = town.referral_input(&case, &consent, &town.receiver).await;
    let other = town.done(&town.sender, "referralCreate", "referral", "status", input).await;
    town.step(&town.receiver, "referralAccept", &other, json!({})).await;
    assert_eq!(town.sees(&town.receiver, &other["id"], "subject { phone }").await["subject"]["phone"], "+380670000001");

    let refused = town.refused(&town.receiver, "consentWithdraw", "consent", target(&consent)).await;
    assert_eq!(refused.0, "NOT_FOUND", "a receiver sees the consent and cannot end it");
    town.done(&town.sender, "consentWithdraw", "consent", "withdrawnAt", target(&consent)).await;
    for referral in [&sent, &other] {
        let seen = town
            .sees(
                &town.receiver,
                &referral["id"],
                "status statusReason subject { phone minor } redactions { reason } timeline { to organization { id } }",
            )
            .await;
        assert_eq!((&seen["status"], &seen["statusReason"]), (&json!("CANCELLED"), &json!("CONSENT_WITHDRAWN")));
        assert_eq!(seen["subject"]["phone"], Value::Null);
        assert_eq!(seen["redactions"][0]["reason"], "CONSENT_WITHDRAWN");
        assert_eq!(seen["timeline"].as_array().unwrap().last().unwrap()["to"], "CANCELLED");
    }
    let told = "select count(*) from change c join change_audience a using (seq) where c.type = 'CONSENT_WITHDRAWN'";
    assert_eq!(town.count(told).await, 2, "owner and receiver");
    let again = town
        .refused(&town.sender, "referralCreate", "referral", town.referral_input(&case, &consent, &town.receiver).await)
        .await;
    assert_eq!(again, ("CONSENT_WITHDRAWN".into(), "input.consentId".into()));
}

#[tokio::test]
async fn an_expired_consent_acts_like_a_withdrawn_one_before_the_server_has_told_of_it() {
    let town = Town::new().await;
    let (sent, _, consent) = town.sent(&ALL).await;
    let accepted = town.step(&town.receiver, "referralAccept", &sent, json!({})).await;
    town.served.clock.advance(chrono::Duration::days(366));
    let town = town.again().await;
    let seen = town.sees(&town.receiver, &sent["id"], "status version subject { phone }").await;
    assert_eq!(
        (&seen["status"], &seen["subject"]["phone"]),
        (&json!("ACCEPTED"), &Value::Null),
        "hidden by the rule, not by the worker"
    );
    let db = town.served.app.db();
    assert_eq!(mistok::referral::ending::expire_consents(db).await.unwrap(), 1);
    assert_eq!(mistok::referral::ending::expire_consents(db).await.unwrap(), 0);
    let seen = town.sees(&town.receiver, &sent["id"], "status statusReason timeline { to organization { id } }").await;
    assert_eq!((&seen["status"], &seen["statusReason"]), (&json!("CANCELLED"), &json!("CONSENT_EXPIRED")));
    assert_eq!(seen["timeline"].as_array().unwrap().last().unwrap()["organization"], Value::Null, "the server did it");
    let late = town.refused(&town.receiver, "referralStart", "referral", target(&accepted)).await;
    assert_eq!(late.0, "VERSION_CONFLICT");
    assert_eq!(
        town.refused(&town.sender, "consentWithdraw", "consent", with(target(&consent), json!({"expectedVersion": 2}))).await.0,
        "CONSENT_EXPIRED"
    );
}

#[tokio::test]
async fn without_consent_the_law_opens_its_own_groups_at_the_acknowledgement() {
    let town = Town::new().await;
    let police = town.side(Kind::StateBody).await;
    town.offers(&police, "AVAILABLE").await;
    let person = json!({"givenName": "Дитина", "birthDate": "2020-01-01", "address": "Казанка, вул. Вигадана, 2"});
    let input = |more: Value| {
        with(
            json!({"idempotencyKey": key(), "subject": {"person": person}, "receiverId": police.id, "serviceCode": "",
        "urgency": "URGENT", "legalBasis": "LAW_NOTIFICATION", "legalGround": "Закон, ст. 1", "justification": "загроза",
        "disclosedFactors": ["CHILD_ABUSE", "PARENTAL_NEGLECT"], "send": true}),
            more,
        )
    };
    let service = json!({"serviceCode": town.service().await});
    for (more, code, path) in [
        (json!({"legalGround": null}), "INVALID", "input.legalGround"),
        (json!({"justification": " "}), "INVALID", "input.justification"),
        (json!({"receiverId": town.receiver.id}), "LEGAL_BASIS_NOT_ALLOWED", "input.legalBasis"),
        (json!({"legalBasis": "CONSENT"}), "LEGAL_BASIS_NOT_ALLOWED", "input.legalBasis"),
        (json!({"legalBasis": "VITAL_INTEREST"}), "LEGAL_BASIS_NOT_ALLOWED", "input.legalBasis"),
    ] {
        let refused =
            town.refused(&town.sender, "referralCreate", "referral", with(with(input(json!({})), service.clone()), more)).await;
        assert_eq!(refused, (code.to_owned(), path.to_owned()));
    }
    assert_eq!(
        town.count("select count(*) from referral").await + town.count("select count(*) from person").await,
        0,
        "nothing was written"
    );

    let sent = town.done(&town.sender, "referralCreate", "referral", "status", with(input(json!({})), service.clone())).await;
    let fields = "justification subject { minor givenName address sensitiveFactors hardshipFactors primaryCategory } redactions { field reason }";
    let before = town.sees(&police, &sent["id"], fields).await;
    assert_eq!((&before["subject"]["minor"], &before["subject"]["givenName"]), (&json!(true), &Value::Null));
    town.step(&police, "referralAcknowledge", &sent, json!({})).await;
    let after = town.sees(&police, &sent["id"], fields).await;
    assert_eq!(after["subject"]["givenName"], "Дитина");
    assert_eq!(after["justification"], "загроза");
    assert_eq!(
        (&after["subject"]["sensitiveFactors"], &after["subject"]["hardshipFactors"]),
        (&json!(["CHILD_ABUSE"]), &json!(["PARENTAL_NEGLECT"]))
    );
    assert!(
        after["redactions"]
            .as_array()
            .unwrap()
            .contains(&json!({"field": "subject.primaryCategory", "reason": "OUTSIDE_LEGAL_BASIS"}))
    );
}

#[tokio::test]
async fn routing_refuses_with_every_reason() {
    let town = Town::new().await;
    let case = town.case(&town.sender).await;
    let consent = town.consent(&town.sender, &case, &town.receiver, &["CONTACT"]).await;
    let input = town.referral_input(&case, &consent, &town.receiver).await;
    let more = |more: Value| with(with(input.clone(), json!({"idempotencyKey": key()})), more);
    let refused = async |input| town.refused(&town.sender, "referralCreate", "referral", input).await;
    assert_eq!(refused(more(json!({"consentId": null}))).await.0, "CONSENT_REQUIRED");
    assert_eq!(refused(more(json!({"receiverId": town.stranger.id}))).await.0, "CONSENT_FOR_ANOTHER_RECEIVER");
    assert_eq!(refused(more(json!({"serviceCode": "NO-SUCH"}))).await, ("NOT_FOUND".into(), "input.serviceCode".into()));
    assert_eq!(refused(more(json!({"receiverId": "x"}))).await, ("NOT_FOUND".into(), "input.receiverId".into()));
    assert_eq!(refused(more(json!({"receiverId": town.sender.id}))).await.0, "INVALID", "not to itself");
    assert_eq!(
        refused(more(json!({"territory": "UA00000000000000000"}))).await,
        ("NOT_FOUND".into(), "input.territory".into())
    );
    town.offers(&town.receiver, "NONE").await;
    assert_eq!(refused(more(json!({}))).await.0, "NO_CAPACITY");
    let pressing = town.act(&town.sender, "referralCreate", "referral", "urgency", more(json!({"urgency": "EMERGENCY"}))).await;
    assert_eq!(pressing["referral"]["urgency"], "EMERGENCY", "EMERGENCY overrides capacity");
    let closed = format!("update organization set active = false where id = '{}'", town.receiver.partner.organization_id);
    town.served.stage.owner().await.batch_execute(&closed).await.unwrap();
    let all = town.act(&town.sender, "referralCreate", "referral", "", more(json!({}))).await;
    let codes: Vec<_> = all["userErrors"].as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["ORGANIZATION_INACTIVE", "NO_CAPACITY"]);
}

#[tokio::test]
async fn a_receiver_opens_its_own_case_and_refers_onward() {
    let town = Town::new().await;
    let third = town.side(Kind::MunicipalInstitution).await;
    town.offers(&third, "AVAILABLE").await;
    let (sent, ..) = town.sent(&["CONTACT", "REASON"]).await;
    let open =
        json!({"idempotencyKey": key(), "referralId": sent["id"], "primaryCategory": "IDP", "intakeChannel": "REFERRAL"});
    assert_eq!(town.refused(&town.receiver, "caseOpen", "case", open.clone()).await.0, "TRANSITION_NOT_ALLOWED");
    assert_eq!(
        town.refused(&town.stranger, "caseOpen", "case", open.clone()).await,
        ("NOT_FOUND".into(), "input.referralId".into())
    );
    let accepted = town.step(&town.receiver, "referralAccept", &sent, json!({})).await;
    let fields = "person { familyName phone birthDate address } hardshipFactors referral { id }";
    let blind = "mutation($input: CaseOpenInput!){ caseOpen(input: $input){ case { id } } }";
    let blind = town.ask_for(&town.receiver, None, blind, json!({"input": open})).await;
    assert_eq!(blind.code(), "PURPOSE_REQUIRED", "a copy is a read");
    let own = town.done(&town.receiver, "caseOpen", "case", fields, open).await;
    assert_eq!(
        town.count("select count(*) from access where object_type = 'REFERRAL' and fields @> array['familyName', 'phone']")
            .await,
        1
    );
    assert_eq!((&own["person"]["familyName"], &own["person"]["phone"]), (&json!("Вигадана"), &json!("+380670000001")));
    assert_eq!((&own["person"]["birthDate"], &own["person"]["address"]), (&Value::Null, &Value::Null), "only what it may see");
    assert_eq!((&own["hardshipFactors"], &own["referral"]["id"]), (&json!(["INTERNAL_DISPLACEMENT"]), &sent["id"]));
    assert_eq!(town.sees(&town.receiver, &sent["id"], "case { id }").await["case"]["id"], own["id"]);
    assert_ne!(town.sees(&town.sender, &sent["id"], "case { id }").await["case"]["id"], own["id"]);

    let consent = town.consent(&town.receiver, &own, &third, &["CONTACT"]).await;
    let onward = with(
        target(&accepted),
        json!({"caseId": own["id"], "receiverId": third.id, "serviceCode": town.service().await, "consentId": consent["id"]}),
    );
    let done = town
        .done(
            &town.receiver,
            "referralReferOnward",
            "referral",
            "status outcome children { id status sender { id } parent { id } }",
            onward,
        )
        .await;
    assert_eq!((&done["status"], &done["outcome"]), (&json!("COMPLETED"), &json!("REFERRED_ONWARD")));
    let child = &done["children"][0];
    assert_eq!(
        (&child["status"], &child["sender"]["id"], &child["parent"]["id"]),
        (&json!("SENT"), &json!(town.receiver.id), &sent["id"])
    );
    let for_third = town.sees(&third, &child["id"], "status parent { id } children { id }").await;
    assert_eq!(
        (&for_third["status"], &for_third["parent"]),
        (&json!("SENT"), &Value::Null),
        "the parent answers to its own parties"
    );
    assert_eq!(town.sees(&town.sender, &sent["id"], "children { id }").await["children"], json!([]));
}

#[tokio::test]
async fn a_retry_changes_nothing_and_a_race_has_one_winner() {
    let town = Town::new().await;
    let case = town.case(&town.sender).await;
    let consent = town.consent(&town.sender, &case, &town.receiver, &["CONTACT"]).await;
    let input = town.referral_input(&case, &consent, &town.receiver).await;
    let first = town.act(&town.sender, "referralCreate", "referral", "number", input.clone()).await;
    let again = town.act(&town.sender, "referralCreate", "referral", "number", input.clone()).await;
    assert_eq!((&again["replayed"], &again["referral"]), (&json!(true), &first["referral"]));
    assert_eq!(town.count("select count(*) from referral").await, 1);
    assert_eq!(town.count("select count(*) from change where type = 'REFERRAL_SENT'").await, 1);
    let other = with(input, json!({"reason": "інша"}));
    assert_eq!(
        town.refused(&town.sender, "referralCreate", "referral", other).await,
        ("IDEMPOTENCY_KEY_REUSED".into(), "input.idempotencyKey".into())
    );

    let referral = &first["referral"];
    let accept = town.act(&town.receiver, "referralAccept", "referral", "status", target(referral));
    let decline = town.act(
        &town.receiver,
        "referralDecline",
        "referral",
        "status",
        with(target(referral), json!({"reason": "NO_CAPACITY"})),
    );
    let cancel = town.act(
        &town.sender,
        "referralCancel",
        "referral",
        "status",
        with(target(referral), json!({"reason": "NEED_CEASED"})),
    );
    let (accept, decline, cancel) = tokio::join!(accept, decline, cancel);
    let all = [accept, decline, cancel];
    let winners = all.iter().filter(|payload| !payload["referral"].is_null()).count();
    let conflicts = all.iter().filter(|payload| payload["userErrors"][0]["code"] == "VERSION_CONFLICT").count();
    assert_eq!((winners, conflicts), (1, 2), "{all:?}");
    assert_eq!(town.count("select count(*) from referral_event").await, 3, "draft, sent and one more");
}
