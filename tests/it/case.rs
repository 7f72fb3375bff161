//! Cases, persons and consents: the rules of the law, and the owner alone.

use crate::town::{KAZANKA, Town, key, target, with};
use serde_json::{Value, json};

fn open(more: Value) -> Value {
    let base =
        json!({"idempotencyKey": key(), "territory": KAZANKA, "primaryCategory": "VETERAN", "intakeChannel": "SELF_PHONE"});
    with(base, more)
}

/// Today in Kyiv, as the server counts it.
fn today(town: &Town) -> chrono::NaiveDate {
    town.served.clock.today()
}

#[tokio::test]
async fn a_case_goes_the_way_of_the_law() {
    let town = Town::new().await;
    let day = today(&town);
    let me = &town.sender;
    let step =
        async |name: &str, case: &Value, more: Value| town.done(me, name, "case", "status", with(target(case), more)).await;
    let case = town.done(me, "caseOpen", "case", "status assessmentDueOn assessmentOverdue openedOn", open(json!({}))).await;
    assert_eq!((&case["status"], &case["openedOn"], &case["assessmentOverdue"]), (&json!("NEW"), &json!(day), &json!(false)));
    let due = mistok::base::period::add_working_days(day, 5, &Default::default());
    assert_eq!(case["assessmentDueOn"], json!(due), "five working days after intake");

    let early = town.refused(me, "caseActivate", "case", target(&case)).await;
    assert_eq!(
        early,
        ("ASSESSMENT_REQUIRED".into(), "input.id".into()),
        "only an emergency is activated before its assessment"
    );
    let decide = json!({"decision": "PROVIDE", "decidedOn": day});
    assert_eq!(town.refused(me, "caseDecide", "case", with(target(&case), decide.clone())).await.0, "ASSESSMENT_REQUIRED");

    let case = step("caseBeginAssessment", &case, json!({})).await;
    let other = json!({"purpose": "WAR_AFFECTED_CHILD_STATUS", "assessedOn": day, "complexity": "SIMPLE"});
    let case = step("caseAssess", &case, other).await;
    assert_eq!(case["status"], "ASSESSMENT", "another purpose moves nothing");
    let assess =
        json!({"purpose": "SOCIAL_SERVICES", "assessedOn": day, "complexity": "MODERATE", "summary": "потребує підтримки"});
    let case = step("caseAssess", &case, assess).await;
    assert_eq!(case["status"], "DECISION_PENDING");
    let case = step("caseDecide", &case, decide).await;
    assert_eq!(case["status"], "PLANNING");
    let plan = |text: &str| json!({"goals": [{"text": text, "dueOn": "2027-03-01"}]});
    let case = step("casePlan", &case, plan("перша ціль")).await;
    let case = step("casePlan", &case, plan("нова ціль")).await;
    let mut case = step("caseActivate", &case, json!({})).await;
    for (name, more, status) in [
        ("caseSuspend", json!({"reason": "лікування"}), "SUSPENDED"),
        ("caseResume", json!({}), "ACTIVE"),
        ("caseClose", json!({"closeReason": "GOALS_MET", "closedOn": day}), "CLOSED"),
    ] {
        case = step(name, &case, more).await;
        assert_eq!(case["status"], status);
    }
    assert_eq!(
        town.refused(me, "caseUpdate", "case", with(target(&case), json!({"primaryCategory": "IDP"}))).await.0,
        "RECORD_FROZEN"
    );

    let fields = "plan { text } assessments { purpose summary } timeline { from to reason actor { kind organization { id } } } closeReason";
    let seen = town.ask(me, &format!("query($id: ID!){{ case(id: $id){{ {fields} }} }}"), json!({"id": case["id"]})).await;
    let seen = &seen.data()["case"];
    assert_eq!(seen["plan"], json!([{"text": "нова ціль"}]), "a new plan replaces the old one");
    assert_eq!(seen["assessments"][1]["summary"], "потребує підтримки");
    let steps: Vec<_> = seen["timeline"].as_array().unwrap().iter().map(|step| step["to"].as_str().unwrap()).collect();
    assert_eq!(steps, ["NEW", "ASSESSMENT", "DECISION_PENDING", "PLANNING", "ACTIVE", "SUSPENDED", "ACTIVE", "CLOSED"]);
    assert_eq!(
        (&seen["timeline"][5]["reason"], &seen["timeline"][5]["actor"]["kind"]),
        (&json!("лікування"), &json!("APPLICATION"))
    );
    assert_eq!(town.count("select count(*) from plan_goal").await, 2, "the old plan is kept");
}

#[tokio::test]
async fn a_refusal_names_its_ground_and_is_forbidden_under_a_safety_flag() {
    let town = Town::new().await;
    let (me, day) = (&town.sender, today(&town));
    let assess = json!({"purpose": "SOCIAL_SERVICES", "assessedOn": day, "complexity": "COMPLEX"});
    let refuse = |ground: Value| json!({"decision": "REFUSE", "refusalGround": ground, "decidedOn": day});
    let case = town.done(me, "caseOpen", "case", "status", open(json!({"safetyFlag": true}))).await;
    let case = town.done(me, "caseAssess", "case", "status", with(target(&case), assess)).await;
    let no = town.refused(me, "caseDecide", "case", with(target(&case), refuse(json!("NO_NEED")))).await;
    assert_eq!(no, ("REFUSAL_FORBIDDEN".into(), "input.decision".into()));
    let lower = json!({"safetyFlag": false});
    assert_eq!(
        town.refused(me, "caseUpdate", "case", with(target(&case), lower.clone())).await,
        ("REASON_REQUIRED".into(), "input.reason".into())
    );
    let lower = with(lower, json!({"reason": "загрози немає"}));
    let case = town.done(me, "caseUpdate", "case", "safetyFlag timeline { reason }", with(target(&case), lower)).await;
    assert_eq!((&case["safetyFlag"], &case["timeline"][2]["reason"]), (&json!(false), &json!("загрози немає")));
    assert_eq!(town.refused(me, "caseDecide", "case", with(target(&case), refuse(Value::Null))).await.0, "REASON_REQUIRED");
    let case = town.done(me, "caseDecide", "case", "status refusalGround", with(target(&case), refuse(json!("NO_NEED")))).await;
    assert_eq!((&case["status"], &case["refusalGround"]), (&json!("REFUSED"), &json!("NO_NEED")));
}

#[tokio::test]
async fn an_emergency_is_helped_first_and_a_late_assessment_is_seen() {
    let town = Town::new().await;
    let me = &town.sender;
    let case = town.done(me, "caseOpen", "case", "assessmentDueOn", open(json!({"emergency": true}))).await;
    assert_eq!(case["assessmentDueOn"], Value::Null);
    assert_eq!(town.done(me, "caseActivate", "case", "status", target(&case)).await["status"], "ACTIVE");
    town.done(me, "caseOpen", "case", "id", open(json!({}))).await;
    let overdue = "{ cases(first: 5, filter: {assessmentOverdue: true}) { totalCount nodes { assessmentOverdue } } }";
    assert_eq!(town.ask(me, overdue, json!({})).await.data()["cases"]["totalCount"], 0);
    town.served.clock.advance(chrono::Duration::days(12));
    let town = town.again().await;
    let late = town.ask(&town.sender, overdue, json!({})).await;
    assert_eq!(late.data()["cases"], json!({"totalCount": 1, "nodes": [{"assessmentOverdue": true}]}));
}

#[tokio::test]
async fn bad_input_names_its_fields_and_writes_nothing() {
    let town = Town::new().await;
    let me = &town.sender;
    let future = today(&town) + chrono::Duration::days(2);
    for (more, path) in [
        (json!({"territory": "UA00000000000000001"}), "input.territory"),
        (json!({"centreId": town.sender.id}), "input.centreId"),
        (json!({"person": {"birthDate": future}}), "input.person.birthDate"),
        (json!({"person": {"birthDate": "1850-01-01"}}), "input.person.birthDate"),
        (json!({"person": {"phone": "12-34"}}), "input.person.phone"),
        (json!({"person": {"taxNumber": "0000100011"}}), "input.person.taxNumber"),
        (json!({"person": {"givenName": "ї".repeat(101)}}), "input.person.givenName"),
        (json!({"householdSize": 0}), "input.householdSize"),
        (json!({"openedOn": future}), "input.openedOn"),
        (json!({"externalReference": "0000100010"}), "input.externalReference"),
        (json!({"externalReference": "067-000-00-01"}), "input.externalReference"),
        (json!({"idempotencyKey": "к".repeat(129)}), "input.idempotencyKey"),
        (json!({"idempotencyKey": ""}), "input.idempotencyKey"),
    ] {
        let refused = town.refused(me, "caseOpen", "case", open(more)).await;
        assert_eq!(refused.1, path, "{refused:?}");
    }
    let both = town
        .act(me, "caseOpen", "case", "", open(json!({"householdSize": 0, "person": {"phone": "1", "birthDate": future}})))
        .await;
    assert_eq!(both["userErrors"].as_array().unwrap().len(), 3, "all faults at once: {both}");
    for table in
        ["person", "\"case\"", "sealed", "change where object_type = 'CASE'", "idempotency where mutation = 'caseOpen'"]
    {
        assert_eq!(town.count(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
    let reference = json!({"externalReference": "А-17"});
    town.done(me, "caseOpen", "case", "id", open(reference.clone())).await;
    assert_eq!(
        town.refused(me, "caseOpen", "case", open(reference)).await,
        ("DUPLICATE".into(), "input.externalReference".into())
    );
}

#[tokio::test]
async fn a_person_is_found_again_by_its_own_organisation_alone() {
    let town = Town::new().await;
    let me = &town.sender;
    let person = json!({"familyName": "Д’Вигадана", "givenName": "Олена", "birthDate": "1985-02-03", "phone": "0670000002", "taxNumber": "0000100010"});
    let first = town.done(me, "caseOpen", "case", "code", open(json!({"person": person}))).await;
    let payload =
        "mutation($input: CaseOpenInput!){ caseOpen(input: $input){ similar { id } case { person { familyName phone } } } }";
    let alike = json!({"input": open(json!({"person": {"familyName": "Інша", "phone": "+380670000002"}}))});
    let second = town.ask(me, payload, alike).await;
    assert_eq!(second.data()["caseOpen"]["similar"], json!([{"id": first["id"]}]));
    let same = json!({"input": open(json!({"person": {"taxNumber": "0000100010", "phone": "0670000003"}}))});
    let third = town.ask(me, payload, same).await;
    let known = &third.data()["caseOpen"]["case"]["person"];
    assert_eq!(
        (&known["familyName"], &known["phone"]),
        (&json!("Д’Вигадана"), &json!("+380670000003")),
        "one record, completed"
    );
    assert_eq!(town.count("select count(*) from person").await, 2);

    let search = "query($person: PersonSearchInput!){ cases(first: 10, filter: {person: $person}) { totalCount } }";
    for (person, count) in [
        (json!({"taxNumber": "0000100010"}), 2),
        (json!({"phone": "067 000 00 03"}), 2),
        (json!({"phone": "0670000002"}), 1),
        (json!({"nameAndBirthDate": {"familyName": "д'вигадана", "givenName": "ОЛЕНА", "birthDate": "1985-02-03"}}), 2),
        (json!({"nameAndBirthDate": {"familyName": "д'вигадана", "givenName": "ОЛЕНА", "birthDate": "1985-02-04"}}), 0),
    ] {
        let found = town.ask(me, search, json!({"person": person})).await;
        assert_eq!(found.data()["cases"]["totalCount"], count, "{person}");
        let elsewhere = town.ask(&town.receiver, search, json!({"person": person})).await;
        assert_eq!(elsewhere.data()["cases"]["totalCount"], 0);
    }
    let blind = town.ask_for(me, None, search, json!({"person": {"phone": "0670000002"}})).await;
    assert_eq!(blind.code(), "PURPOSE_REQUIRED");
    let wrong = town.ask(me, search, json!({"person": {"phone": "1"}})).await;
    assert_eq!(wrong.code(), "BAD_USER_INPUT");
}

#[tokio::test]
async fn an_update_clears_what_is_null_and_keeps_what_is_absent() {
    let town = Town::new().await;
    let me = &town.sender;
    let case = town.case(me).await;
    let update = with(target(&case), json!({"person": {"phone": null, "givenName": "Марія"}}));
    let after = town.done(me, "personUpdate", "case", "person { familyName givenName phone }", update).await;
    assert_eq!(after["person"], json!({"familyName": "Вигадана", "givenName": "Марія", "phone": null}));
    assert_eq!(after["version"], 2);
    assert_eq!(
        town.refused(me, "personUpdate", "case", with(target(&case), json!({"person": {}}))).await.0,
        "VERSION_CONFLICT"
    );
    assert_eq!(
        town.refused(&town.receiver, "personUpdate", "case", with(target(&after), json!({"person": {}}))).await.0,
        "NOT_FOUND"
    );
    let by_phone = "{ cases(first: 1, filter: {person: {phone: \"0670000001\"}}) { totalCount } }";
    assert_eq!(
        town.ask(me, by_phone, json!({})).await.data()["cases"]["totalCount"],
        0,
        "no longer found under the old number"
    );
}

#[tokio::test]
async fn a_consent_keeps_the_rules_of_the_law() {
    let town = Town::new().await;
    let me = &town.sender;
    let born = today(&town) - chrono::Months::new(12 * 13);
    let child =
        town.done(me, "caseOpen", "case", "id", open(json!({"primaryCategory": "CHILD", "person": {"birthDate": born}}))).await;
    let give = |more: Value| {
        with(
            json!({"caseId": child["id"], "receiverId": town.receiver.id, "purpose": "CASE_WORK", "fieldGroups": ["CONTACT"],
            "givenBy": "CAREGIVER", "method": "WRITTEN", "explained": true}),
            more,
        )
    };
    let now = town.served.clock.now();
    for (more, path) in [
        (json!({"givenBy": "CLIENT"}), "input.givenBy"),
        (json!({"explained": false}), "input.explained"),
        (json!({"fieldGroups": []}), "input.fieldGroups"),
        (json!({"receiverId": town.sender.id}), "input.receiverId"),
        (json!({"receiverId": child["id"]}), "input.receiverId"),
        (json!({"givenAt": now + chrono::Duration::hours(1)}), "input.givenAt"),
        (json!({"expiresAt": now + chrono::Duration::days(400)}), "input.expiresAt"),
        (json!({"givenAt": now - chrono::Duration::days(2), "expiresAt": now - chrono::Duration::days(1)}), "input.expiresAt"),
    ] {
        let refused = town.refused(me, "consentGive", "consent", give(more)).await;
        assert_eq!(refused.1, path, "{refused:?}");
    }
    assert_eq!(
        town.refused(&town.receiver, "consentGive", "consent", give(json!({}))).await,
        ("NOT_FOUND".into(), "input.caseId".into())
    );
    let given =
        town.done(me, "consentGive", "consent", "expiresAt fieldGroups evidence", give(json!({"evidence": "заява"}))).await;
    assert_eq!(given["evidence"], "заява");
    assert_eq!(
        town.ask(&town.receiver, "query($id: ID!){ node(id: $id){ id } }", json!({"id": given["id"]})).await.data()["node"],
        Value::Null
    );
}
