//! What a tester with valid keys has found, and must not find again.

use super::{Deal, STATE};
use crate::town::key;
use mistok::base::words::organization::OrganizationKind as Kind;
use serde_json::json;

#[tokio::test]
async fn nobody_reads_records_by_writing_a_contract() {
    let deal = Deal::new().await;
    deal.given("2025-03-03", 2).await;
    let charity = deal.town.side(Kind::Charity).await;
    let fields = "reconciliation { delivered undecided months { delivered } }";
    let made = deal.town.done(&charity, "contractCreate", "contract", STATE, deal.input(json!({})).await).await;
    let hidden = async |contract| {
        let books = deal.read(&charity, contract, fields).await["reconciliation"].clone();
        assert_eq!((&books["delivered"], &books["undecided"]), (&json!(null), &json!("0.00")));
        assert!(books["months"].as_array().unwrap().iter().all(|month| month["delivered"].is_null()));
    };
    hidden(&made).await;
    // A signature is recorded by the funder alone: it says nothing of the provider.
    let signed = deal.step(&charity, "contractSign", &made, json!({"signedOn": "2024-12"})).await;
    let active = deal.step(&charity, "contractActivate", &signed, json!({"on": "2025-01-01"})).await;
    hidden(&active).await;
    deal.submitted(&active, "2025-03", "2", "0").await;
    assert_eq!(deal.read(&charity, &active, fields).await["reconciliation"]["delivered"], 2);
}

#[tokio::test]
async fn what_never_began_is_not_paid() {
    let deal = Deal::new().await;
    let made = deal.town.done(&deal.branch, "contractCreate", "contract", STATE, deal.input(json!({})).await).await;
    let signed = deal.step(&deal.branch, "contractSign", &made, json!({"signedOn": "2024-12"})).await;
    let said =
        deal.refused(&deal.branch, "contractTerminate", &signed, json!({"on": "2024-11-30", "endReason": "MUTUAL"})).await;
    assert_eq!(said.0, "OUTSIDE_CONTRACT_TERM", "before its signature");
    let ended = deal.step(&deal.branch, "contractTerminate", &signed, json!({"on": "2025-06-30", "endReason": "MUTUAL"})).await;
    let draft = json!({"idempotencyKey": key(), "contractId": ended["id"], "month": "2025-03"});
    assert_eq!(deal.said(deal.provider(), "actDraft", "act", draft).await.0, "CONTRACT_NOT_ACTIVE");
}

#[tokio::test]
async fn a_claimed_month_keeps_its_lines() {
    let deal = Deal::new().await;
    let active = deal.active(json!({"endsOn": "2025-11-10"})).await;
    deal.submitted(&active, "2025-11", "1", "1").await;
    let longer = json!({"number": "1", "kind": "TERM", "effectiveOn": "2025-11-11", "newEndsOn": "2025-12-31",
        "lines": deal.lines("10", "1").await, "rationale": "довше"});
    assert_eq!(
        deal.refused(&deal.branch, "contractAmend", &active, longer).await,
        ("RECORD_FROZEN".into(), "effectiveOn".into())
    );
    let earlier = json!({"on": "2025-11-05", "endReason": "MUTUAL"});
    assert_eq!(deal.refused(&deal.branch, "contractTerminate", &active, earlier).await, ("RECORD_FROZEN".into(), "on".into()));
    let shorter =
        json!({"number": "1", "kind": "TERM", "effectiveOn": "2025-11-01", "newEndsOn": "2025-11-05", "rationale": "коротше"});
    assert_eq!(
        deal.refused(&deal.branch, "contractAmend", &active, shorter).await,
        ("RECORD_FROZEN".into(), "newEndsOn".into())
    );
}

#[tokio::test]
async fn a_returned_act_is_not_lost() {
    let deal = Deal::new().await;
    let active = deal.active(json!({})).await;
    let act = deal.submitted(&active, "2025-03", "1", "1").await;
    deal.act(&deal.branch, "actReturn", &act, json!({"reason": "перевірте"})).await;
    assert_eq!(
        deal.refused(&deal.branch, "contractComplete", &active, json!({"on": "2025-12-31"})).await.0,
        "TRANSITION_NOT_ALLOWED"
    );
}

#[tokio::test]
async fn an_amendment_that_was_replaced_binds_nobody() {
    let deal = Deal::new().await;
    let active = deal.active(json!({"endsOn": "2030-12-31"})).await;
    let amend = |number: &str, lines| json!({"number": number, "kind": "AMOUNT", "effectiveOn": "2030-06-01", "lines": lines, "rationale": "сума"});
    let mistyped = deal.step(&deal.branch, "contractAmend", &active, amend("1", deal.lines("1", "1").await)).await;
    deal.step(&deal.branch, "contractAmend", &mistyped, amend("2", deal.lines("120", "12").await)).await;
    let act = deal.submitted(&active, "2025-03", "100", "10").await;
    assert_eq!(deal.act(&deal.branch, "actAccept", &act, json!({})).await["accepted"], "450000.00");
}

#[tokio::test]
async fn of_two_tranches_alike_either_may_be_kept() {
    let deal = Deal::new().await;
    let tranche = json!({"kind": "INTERIM", "amount": "1000.00", "dueOn": "2025-05-01"});
    for which in [0, 1] {
        let active = deal.active(json!({"tranches": [tranche, tranche]})).await;
        let id = deal.read(&deal.branch, &active, "tranches { id }").await["tranches"][which]["id"].clone();
        let approved = deal.step(&deal.branch, "trancheApprove", &active, json!({"trancheId": id})).await;
        let one = json!({"number": "1", "kind": "OTHER", "effectiveOn": "2025-06-01", "tranches": [tranche], "rationale": "один транш"});
        let amended = deal.step(&deal.branch, "contractAmend", &approved, one).await;
        let left = deal.read(&deal.branch, &amended, "tranches { id status }").await;
        assert_eq!(left["tranches"], json!([{"id": id, "status": "APPROVED"}]));
    }
}

#[tokio::test]
async fn a_short_question_is_not_a_long_answer() {
    let deal = Deal::new().await;
    let active = deal.active(json!({})).await;
    let query = "query($id: ID!){ fundingContract(id: $id) { acts { contract { acts { contract { acts { contract { acts { lines { claimed } } } } } } } } } }";
    let answer = deal.town.ask(deal.provider(), query, json!({"id": active["id"]})).await;
    assert_eq!(answer.code(), "QUERY_TOO_COMPLEX");
}
