//! A contract's life, as its two sides live it through the API.

use super::{Deal, STATE};
use crate::town::key;
use serde_json::json;

#[tokio::test]
async fn from_a_draft_to_the_last_kopiyka() {
    let deal = Deal::new().await;
    let (branch, provider) = (&deal.branch, deal.provider());
    let tranches = json!([{"kind": "ADVANCE", "amount": "40000.00", "dueOn": "2025-01-15"}]);
    let selection = json!({"authority": "COMPETITION_COMMISSION", "decisionNumber": "12-К", "decidedOn": "2024-11"});
    let more = json!({"tranches": tranches, "selection": selection, "payeeIban": "UA599999990000000000000000001"});
    let made = deal.town.done(branch, "contractCreate", "contract", STATE, deal.input(more).await).await;
    assert_eq!((&made["status"], &made["amount"]), (&json!("DRAFT"), &json!("540000.00")));
    assert_eq!(deal.read(provider, &made, "").await, json!(null), "a draft is the funder's alone");

    let signed = deal.step(branch, "contractSign", &made, json!({"signedOn": "2024-12"})).await;
    let seen = deal.read(provider, &made, "status signedOn payeeIban selection { authority decidedOn }").await;
    assert_eq!((&seen["status"], &seen["signedOn"]), (&json!("SIGNED"), &json!("2024-12")));
    assert_eq!(seen["selection"], json!({"authority": "COMPETITION_COMMISSION", "decidedOn": "2024-11"}));
    let active = deal.step(branch, "contractActivate", &signed, json!({"on": "2025-01-01"})).await;

    // The advance is released by the branch, paid by the central Fund.
    let with_tranche = deal.read(branch, &active, "tranches { id status }").await;
    let tranche = with_tranche["tranches"][0]["id"].clone();
    let approved = deal.step(branch, "trancheApprove", &active, json!({"trancheId": tranche})).await;
    let advance = json!({"idempotencyKey": key(), "contractId": approved["id"], "expectedVersion": approved["version"], "amount": "40000.00",
        "paidOn": "2025-01-15", "reference": "ПД-1", "trancheId": tranche});
    deal.town.done(&deal.fund, "paymentRecord", "contract", STATE, advance).await;
    let paid = deal
        .read(branch, &active, "paid tranches { status paid } payments { amount reference tranche { id } act { id } }")
        .await;
    assert_eq!(paid["tranches"][0], json!({"status": "PAID", "paid": "40000.00"}));
    assert_eq!(
        paid["payments"][0],
        json!({"amount": "40000.00", "reference": "ПД-1", "tranche": {"id": tranche}, "act": null})
    );

    // January: ten consultations are recorded, twelve claimed; the funder sees both and accepts ten.
    deal.given("2025-01-10", 4).await;
    deal.given("2025-01-31", 6).await;
    deal.given("2025-02-01", 3).await;
    let act = deal.drafted(&active, "2025-01").await;
    assert_eq!((&act["status"], &act["claimed"]), (&json!("DRAFT"), &json!("5000.00")));
    assert_eq!(act["lines"][0]["recordedQuantity"], "10");
    assert_eq!(act["lines"][1]["recordedQuantity"], json!(null), "no records show a team's month");
    let act = deal.act(provider, "actSubmit", &act, Deal::claim(&act, "12", "1")).await;
    assert_eq!((&act["status"], &act["claimed"]), (&json!("SUBMITTED"), &json!("46000.00")));
    // What is recorded later does not change what was frozen.
    deal.given("2025-01-20", 7).await;
    let waiting = "{ serviceActs(first: 10, filter: {status: [SUBMITTED]}) { totalCount nodes { id claimed lines { claimedQuantity recordedQuantity } } } }";
    let waiting = deal.town.ask(branch, waiting, json!({})).await.data()["serviceActs"].clone();
    assert_eq!(waiting["totalCount"], 1);
    assert_eq!(waiting["nodes"][0]["lines"][0], json!({"claimedQuantity": "12", "recordedQuantity": "10"}));

    let back = deal.act(branch, "actReturn", &act, json!({"reason": "12 консультацій, в обліку 10"})).await;
    assert_eq!(back["status"], "RETURNED");
    let again = deal.act(provider, "actSubmit", &back, Deal::claim(&back, "11", "1")).await;
    assert_eq!(again["lines"][0]["recordedQuantity"], "17", "what the records show when it is submitted again");
    let lower = json!({"lines": [{"lineId": again["lines"][0]["line"]["id"], "acceptedQuantity": "10"}], "note": "за обліком"});
    let accepted = deal.act(branch, "actAccept", &again, lower).await;
    assert_eq!(
        (&accepted["status"], &accepted["claimed"], &accepted["accepted"]),
        (&json!("ACCEPTED"), &json!("45500.00"), &json!("45000.00"))
    );

    // 40000 were paid in advance. What is left, and no more, is paid for the act, in two parts.
    deal.pays(&active, "3000.00", json!({"actId": accepted["id"]})).await;
    let state = deal.read(branch, &active, &format!("{STATE} acts {{ status paid }}")).await;
    assert_eq!((&state["paid"], &state["acts"][0]), (&json!("43000.00"), &json!({"status": "ACCEPTED", "paid": "3000.00"})));
    deal.pays(&active, "2000.00", json!({"actId": accepted["id"]})).await;
    let fields = "reconciliation(to: \"2025-01\") { delivered claimed accepted paid undecided deliveredUnpaid paidUnexplained costPerService state }";
    let books = deal.read(provider, &active, fields).await["reconciliation"].clone();
    let told = json!({"delivered": 17, "claimed": "45500.00", "accepted": "45000.00", "paid": "45000.00", "undecided": "0.00",
        "deliveredUnpaid": "0.00", "paidUnexplained": "0.00", "costPerService": "2647.06", "state": "MATCHED"});
    assert_eq!(books, told, "the advance settles what the payments left open");

    // A part of it is taken back, and the act waits for its money again.
    let payments = deal.read(branch, &active, "payments { id amount }").await;
    let input = json!({"idempotencyKey": key(), "paymentId": payments["payments"][2]["id"], "expectedVersion": payments["version"],
        "on": "2025-07-01", "reason": "помилка в реквізитах"});
    deal.town.done(branch, "paymentReverse", "contract", STATE, input).await;
    let state = deal
        .read(
            branch,
            &active,
            "paid payments { amount reverses { id } reason } reconciliation(to: \"2025-01\") { deliveredUnpaid state }",
        )
        .await;
    assert_eq!(state["paid"], "43000.00");
    assert_eq!(
        state["payments"][3],
        json!({"amount": "-2000.00", "reverses": {"id": payments["payments"][2]["id"]}, "reason": "помилка в реквізитах"})
    );
    assert_eq!(state["reconciliation"], json!({"deliveredUnpaid": "2000.00", "state": "UNDERPAID"}));
}

#[tokio::test]
async fn paid_follows_from_payments_alone() {
    let deal = Deal::new().await;
    let active = deal.active(json!({})).await;
    let act = deal.submitted(&active, "2025-03", "2", "1").await;
    let act = deal.act(&deal.branch, "actAccept", &act, json!({})).await;
    deal.pays(&active, "41000.00", json!({"actId": act["id"]})).await;
    let fields = "acts { status } payments { id } reconciliation(from: \"2025-03\", to: \"2025-03\") { state }";
    let paid = deal.read(&deal.branch, &active, fields).await;
    assert_eq!((&paid["acts"][0]["status"], &paid["reconciliation"]["state"]), (&json!("PAID"), &json!("MATCHED")));
    let reverse = json!({"idempotencyKey": key(), "paymentId": paid["payments"][0]["id"], "expectedVersion": paid["version"], "on": "2025-06-11", "reason": "повернуто банком"});
    deal.town.done(&deal.branch, "paymentReverse", "contract", STATE, reverse).await;
    assert_eq!(deal.read(&deal.branch, &active, "acts { status }").await["acts"][0]["status"], "ACCEPTED");
    // And is paid anew, under a reference of its own.
    deal.pays(&active, "41000.00", json!({"actId": act["id"]})).await;
    assert_eq!(deal.read(&deal.branch, &active, "acts { status }").await["acts"][0]["status"], "PAID");
}

#[tokio::test]
async fn the_contract_in_force_on_any_day() {
    let deal = Deal::new().await;
    let tranches = json!([{"kind": "ADVANCE", "amount": "40000.00", "dueOn": "2025-01-15"}, {"kind": "FINAL", "amount": "20000.00", "dueOn": "2025-12-20"}]);
    let active = deal.active(json!({"tranches": tranches})).await;
    let kept = deal.read(&deal.branch, &active, "tranches { id }").await["tranches"][0]["id"].clone();
    let active = deal.step(&deal.branch, "trancheApprove", &active, json!({"trancheId": kept})).await;
    let amended = deal.step(&deal.branch, "contractAmend", &active, json!({"number": "1", "kind": "AMOUNT", "effectiveOn": "2025-07-01",
        "lines": deal.lines("200", "12").await, "rationale": "більше людей",
        "tranches": [{"kind": "ADVANCE", "amount": "40000.00", "dueOn": "2025-01-15"}, {"kind": "INTERIM", "amount": "5000.00", "dueOn": "2025-08-01"}]})).await;
    let amended = deal
        .step(
            &deal.branch,
            "contractAmend",
            &amended,
            json!({"number": "2", "kind": "TERM", "effectiveOn": "2025-10-01",
        "newEndsOn": "2026-03-31", "rationale": "продовжено"}),
        )
        .await;
    assert_eq!((&amended["amount"], &amended["remaining"]), (&json!("580000.00"), &json!("580000.00")));
    let fields = "endsOn originalAmount june: amount(on: \"2025-06-30\") july: amount(on: \"2025-07-01\") before: amount(on: \"2020-01-01\") \
        amendments { number kind effectiveOn amountDelta newEndsOn } june_lines: lines(on: \"2025-06-30\") { plannedQuantity } lines { plannedQuantity amount service { code } } \
        june_tranches: tranches(on: \"2025-06-30\") { kind } tranches { id kind status }";
    let seen = deal.read(deal.provider(), &amended, fields).await;
    assert_eq!((&seen["endsOn"], &seen["originalAmount"]), (&json!("2026-03-31"), &json!("540000.00")));
    assert_eq!([&seen["june"], &seen["july"], &seen["before"]], ["540000.00", "580000.00", "540000.00"]);
    assert_eq!(
        seen["amendments"],
        json!([
        {"number": "1", "kind": "AMOUNT", "effectiveOn": "2025-07-01", "amountDelta": "40000.00", "newEndsOn": null},
        {"number": "2", "kind": "TERM", "effectiveOn": "2025-10-01", "amountDelta": "0.00", "newEndsOn": "2026-03-31"}])
    );
    assert_eq!(
        (&seen["june_lines"][0]["plannedQuantity"], &seen["lines"][0]["plannedQuantity"]),
        (&json!("120"), &json!("200"))
    );
    assert_eq!(seen["june_tranches"], json!([{"kind": "ADVANCE"}, {"kind": "FINAL"}]));
    assert_eq!(
        seen["tranches"][0],
        json!({"id": kept, "kind": "ADVANCE", "status": "APPROVED"}),
        "what was told again stays the same"
    );
    assert_eq!(seen["tranches"][1]["kind"], "INTERIM");
    // The act of a month goes by the lines of its last day.
    let june = deal.drafted(&amended, "2025-06").await;
    let july = deal.drafted(&amended, "2025-07").await;
    assert_ne!(june["lines"][0]["line"]["id"], july["lines"][0]["line"]["id"]);
}

#[tokio::test]
async fn steps_are_told_with_their_reasons() {
    let deal = Deal::new().await;
    let active = deal.active(json!({})).await;
    let held = deal.step(&deal.branch, "contractSuspend", &active, json!({"reason": "перевірка"})).await;
    assert_eq!(held["status"], "SUSPENDED");
    let back = deal.step(&deal.fund, "contractResume", &held, json!({})).await;
    let ended =
        deal.step(&deal.fund, "contractTerminate", &back, json!({"on": "2025-09-15", "endReason": "HROMADA_WITHDREW"})).await;
    let fields = "status endReason endedOn timeline { from to on reason organization { id } }";
    let seen = deal.read(deal.provider(), &ended, fields).await;
    assert_eq!((&seen["endReason"], &seen["endedOn"]), (&json!("HROMADA_WITHDREW"), &json!("2025-09-15")));
    let steps: Vec<_> = seen["timeline"].as_array().unwrap().iter().map(|of| of["to"].as_str().unwrap()).collect();
    assert_eq!(steps, ["DRAFT", "SIGNED", "ACTIVE", "SUSPENDED", "ACTIVE", "TERMINATED"]);
    assert_eq!(seen["timeline"][3]["reason"], "перевірка");
    assert_eq!(seen["timeline"][4]["organization"]["id"], deal.fund.id.as_str());
    // What was done by then is still claimed and paid.
    let act = deal.submitted(&ended, "2025-09", "1", "0.5").await;
    let act = deal.act(&deal.branch, "actAccept", &act, json!({})).await;
    deal.pays(&ended, "20500.00", json!({"actId": act["id"], "paidOn": "2025-10-01"})).await;
    let late = json!({"idempotencyKey": key(), "contractId": ended["id"], "month": "2025-10"});
    assert_eq!(deal.said(deal.provider(), "actDraft", "act", late).await, ("OUTSIDE_CONTRACT_TERM".into(), "month".into()));
}

#[tokio::test]
async fn a_retry_changes_nothing() {
    let deal = Deal::new().await;
    let active = deal.active(json!({})).await;
    let act = deal.submitted(&active, "2025-03", "2", "1").await;
    let act = deal.act(&deal.branch, "actAccept", &act, json!({})).await;
    let input = deal.payment(&active, "1000.00", json!({"actId": act["id"]})).await;
    for replayed in [false, true] {
        let paid = deal.town.act(&deal.branch, "paymentRecord", "contract", "paid", input.clone()).await;
        assert_eq!((&paid["replayed"], &paid["contract"]["paid"]), (&json!(replayed), &json!("1000.00")));
    }
}
