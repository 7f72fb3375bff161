//! What contracts refuse: the code, the field, and that nothing was written.

use super::{Deal, STATE, VINNYTSIA};
use crate::town::{key, with};
use mistok::base::words::organization::OrganizationKind as Kind;
use serde_json::{Value, json};

async fn rows(deal: &Deal) -> Vec<i64> {
    let owner = deal.town.served.stage.owner().await;
    let mut counts = Vec::new();
    for table in
        ["funding_contract", "contract_terms", "contract_line", "tranche", "service_act", "payment", "contract_event", "change"]
    {
        counts.push(owner.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0));
    }
    counts
}

#[tokio::test]
async fn a_contract_that_cannot_be() {
    let deal = Deal::new().await;
    let lines = deal.lines("120", "12").await;
    let line = |more: Value| json!([with(lines[0].clone(), more)]);
    let other = deal.town.provider(Kind::Ngo).await;
    let before = rows(&deal).await;
    for (more, code, path) in [
        (json!({"number": "  "}), "INVALID", "number"),
        (json!({"providerId": deal.branch.id}), "SEPARATION_OF_DUTIES", "providerId"),
        (json!({"providerId": deal.ministry.id, "centreId": null}), "INVALID", "providerId"),
        (json!({"providerId": deal.provider().centre}), "NOT_FOUND", "providerId"),
        (json!({"centreId": other.centre}), "INVALID", "centreId"),
        (json!({"territory": VINNYTSIA, "centreId": null}), "INVALID", "territory"),
        (json!({"territory": "UA05020030000031457", "centreId": null}), "INVALID", "territory"),
        (json!({"territory": "UA00000000000000000", "centreId": null}), "NOT_FOUND", "territory"),
        (json!({"endsOn": "2024-12-31"}), "INVALID", "endsOn"),
        (json!({"endsOn": "2035-01-01"}), "INVALID", "endsOn"),
        (json!({"lines": []}), "INVALID", "lines"),
        (json!({"lines": line(json!({"unitPrice": "-1.00"}))}), "INVALID", "lines.0.unitPrice"),
        (json!({"lines": line(json!({"unitPrice": "0.00"}))}), "INVALID", "lines.0.unitPrice"),
        (json!({"lines": line(json!({"unitPrice": "10000000000000.01"}))}), "INVALID", "lines.0.unitPrice"),
        (json!({"lines": line(json!({"unitPrice": "10000000000000.00"}))}), "INVALID", "lines.0.unitPrice"),
        (json!({"lines": line(json!({"plannedQuantity": "0"}))}), "INVALID", "lines.0.plannedQuantity"),
        (json!({"lines": line(json!({"plannedQuantity": "1.00005"}))}), "INVALID", "lines.0.plannedQuantity"),
        (json!({"lines": line(json!({"serviceCode": "немає"}))}), "NOT_FOUND", "lines.0.serviceCode"),
        (json!({"lines": [lines[0], lines[0]]}), "DUPLICATE", "lines.1.serviceCode"),
        (
            json!({"tranches": [{"kind": "FINAL", "amount": "540000.01", "dueOn": "2025-12-01"}]}),
            "AMOUNT_EXCEEDS_CONTRACT",
            "tranches",
        ),
        (json!({"tranches": [{"kind": "FINAL", "amount": "-5.00", "dueOn": "2025-12-01"}]}), "INVALID", "tranches.0.amount"),
        (json!({"payeeIban": "UA589999990000000000000000001"}), "INVALID", "payeeIban"),
        (json!({"selection": {"authority": "FUND", "decidedOn": "2999"}}), "INVALID", "selection.decidedOn"),
    ] {
        let said = deal.said(&deal.branch, "contractCreate", "contract", deal.input(more.clone()).await).await;
        assert_eq!(said, (code.to_owned(), path.to_owned()), "{more}");
    }
    assert_eq!(rows(&deal).await, before);
    // Of the wrong shape: the question is not asked.
    let query = "mutation($input: ContractCreateInput!){ contractCreate(input: $input){ contract { id } } }";
    for price in ["1.005", "1,50", "сто"] {
        let input = deal.input(json!({"lines": line(json!({"unitPrice": price}))})).await;
        let answer = deal.town.ask(&deal.branch, query, json!({"input": input})).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer:?}");
    }
    assert_eq!(rows(&deal).await, before);
    // The number of a contract that stands; that of one that was cancelled is free again.
    let first =
        deal.town.done(&deal.branch, "contractCreate", "contract", STATE, deal.input(json!({"number": "7"})).await).await;
    let again = deal.input(json!({"number": "7"})).await;
    let said = deal.said(&deal.branch, "contractCreate", "contract", again.clone()).await;
    assert_eq!(said, ("DUPLICATE".into(), "number".into()));
    deal.step(&deal.branch, "contractCancel", &first, json!({"reason": "помилка"})).await;
    deal.town.done(&deal.branch, "contractCreate", "contract", STATE, again).await;
}

#[tokio::test]
async fn steps_out_of_their_order() {
    let deal = Deal::new().await;
    let made = deal.town.done(&deal.branch, "contractCreate", "contract", STATE, deal.input(json!({})).await).await;
    let not = ("TRANSITION_NOT_ALLOWED".to_owned(), "id".to_owned());
    for (name, more) in [
        ("contractActivate", json!({"on": "2025-01-01"})),
        ("contractSuspend", json!({"reason": "ні"})),
        ("contractResume", json!({})),
        ("contractComplete", json!({"on": "2025-12-31"})),
        ("contractTerminate", json!({"on": "2025-12-31", "endReason": "MUTUAL"})),
        (
            "contractAmend",
            json!({"number": "1", "kind": "TERM", "effectiveOn": "2025-06-01", "newEndsOn": "2026-01-31", "rationale": "ні"}),
        ),
    ] {
        assert_eq!(deal.refused(&deal.branch, name, &made, more).await, not, "{name}");
    }
    let said = deal.refused(&deal.branch, "contractSign", &made, json!({"signedOn": "2999-01"})).await;
    assert_eq!(said, ("INVALID".into(), "signedOn".into()));
    let signed = deal.step(&deal.branch, "contractSign", &made, json!({"signedOn": "2024-12-20"})).await;
    assert_eq!(deal.refused(&deal.branch, "contractSign", &signed, json!({"signedOn": "2024-12-20"})).await, not);
    assert_eq!(deal.refused(&deal.branch, "contractCancel", &signed, json!({"reason": "ні"})).await, not);
    assert_eq!(deal.refused(&deal.branch, "contractSign", &made, json!({"signedOn": "2024"})).await.0, "VERSION_CONFLICT");
    for (on, code) in
        [("2024-12-31", "OUTSIDE_CONTRACT_TERM"), ("2026-01-01", "OUTSIDE_CONTRACT_TERM"), ("2999-01-01", "INVALID")]
    {
        assert_eq!(
            deal.refused(&deal.branch, "contractActivate", &signed, json!({"on": on})).await,
            (code.into(), "on".into())
        );
    }
    let draft = json!({"idempotencyKey": key(), "contractId": signed["id"], "month": "2025-03"});
    assert_eq!(deal.said(deal.provider(), "actDraft", "act", draft).await, ("CONTRACT_NOT_ACTIVE".into(), "contractId".into()));
    let active = deal.step(&deal.branch, "contractActivate", &signed, json!({"on": "2025-02-01"})).await;
    let said =
        deal.refused(&deal.branch, "contractTerminate", &active, json!({"on": "2025-05-01", "endReason": "OTHER"})).await;
    assert_eq!(said, ("REASON_REQUIRED".into(), "note".into()));
    let said =
        deal.refused(&deal.branch, "contractTerminate", &active, json!({"on": "2025-05-01", "endReason": "EXPIRED"})).await;
    assert_eq!(said, ("INVALID".into(), "on".into()));
    let said = deal.refused(&deal.branch, "contractSuspend", &active, json!({"reason": " "})).await;
    assert_eq!(said, ("REASON_REQUIRED".into(), "reason".into()));
    // An act that waits keeps a contract open, and stands against an end before its month.
    deal.submitted(&active, "2025-06", "1", "0").await;
    assert_eq!(deal.refused(&deal.branch, "contractComplete", &active, json!({"on": "2025-12-31"})).await, not);
    let said =
        deal.refused(&deal.branch, "contractTerminate", &active, json!({"on": "2025-05-31", "endReason": "MUTUAL"})).await;
    assert_eq!(said, ("RECORD_FROZEN".into(), "on".into()));
}

#[tokio::test]
async fn an_act_that_cannot_be() {
    let deal = Deal::new().await;
    let active = deal.active(json!({})).await;
    let draft = |month: &str| json!({"idempotencyKey": key(), "contractId": active["id"], "month": month});
    for month in ["2024-12", "2026-01", "2999-01"] {
        let said = deal.said(deal.provider(), "actDraft", "act", draft(month)).await;
        assert_eq!(said, ("OUTSIDE_CONTRACT_TERM".into(), "month".into()), "{month}");
    }
    let act = deal.drafted(&active, "2025-03").await;
    let said = deal.said(deal.provider(), "actDraft", "act", draft("2025-03")).await;
    assert_eq!(said, ("ACT_EXISTS_FOR_MONTH".into(), "month".into()));
    let (one, two) = (act["lines"][0]["line"]["id"].clone(), act["lines"][1]["line"]["id"].clone());
    let before = rows(&deal).await;
    for (lines, code, path) in [
        (json!([]), "INVALID", "lines"),
        (json!([{"lineId": one, "claimedQuantity": "0"}]), "INVALID", "lines"),
        (json!([{"lineId": one, "claimedQuantity": "-1"}]), "INVALID", "lines.0.claimedQuantity"),
        (json!([{"lineId": one, "claimedQuantity": "1.00001"}]), "INVALID", "lines.0.claimedQuantity"),
        (
            json!([{"lineId": two, "claimedQuantity": "1"}, {"lineId": one, "claimedQuantity": "1000000000000"}]),
            "INVALID",
            "lines.1.claimedQuantity",
        ),
        (
            json!([{"lineId": one, "claimedQuantity": "1"}, {"lineId": one, "claimedQuantity": "1"}]),
            "DUPLICATE",
            "lines.1.lineId",
        ),
        (json!([{"lineId": act["id"], "claimedQuantity": "1"}]), "NOT_FOUND", "lines.0.lineId"),
    ] {
        let said = deal.act_refused(deal.provider(), "actSubmit", &act, json!({"lines": lines})).await;
        assert_eq!(said, (code.to_owned(), path.to_owned()), "{lines}");
    }
    assert_eq!(rows(&deal).await, before);
    for name in ["actAccept", "actReturn"] {
        let more = if name == "actReturn" { json!({"reason": "ні"}) } else { json!({}) };
        let said = deal.act_refused(&deal.branch, name, &act, more).await;
        assert_eq!(said, ("NOT_FOUND".into(), "id".into()), "a draft is its provider's alone");
    }
    let act = deal.act(deal.provider(), "actSubmit", &act, Deal::claim(&act, "3", "1")).await;
    let said = deal.act_refused(deal.provider(), "actSubmit", &act, Deal::claim(&act, "3", "1")).await;
    assert_eq!(said, ("TRANSITION_NOT_ALLOWED".into(), "id".into()));
    let more = json!({"lines": [{"lineId": one, "acceptedQuantity": "3.0001"}]});
    let said = deal.act_refused(&deal.branch, "actAccept", &act, more).await;
    assert_eq!(said, ("INVALID".into(), "lines.0.acceptedQuantity".into()));
    let nothing = json!({"lines": [{"lineId": one, "acceptedQuantity": "0"}, {"lineId": two, "acceptedQuantity": "0"}]});
    assert_eq!(deal.act_refused(&deal.branch, "actAccept", &act, nothing).await, ("INVALID".into(), "lines".into()));
    // Twelve months of the team are the contract's; the thirteenth is not.
    let act = deal.act(&deal.branch, "actAccept", &act, json!({})).await;
    assert_eq!(deal.act_refused(&deal.branch, "actReturn", &act, json!({"reason": "ні"})).await.0, "TRANSITION_NOT_ALLOWED");
    let much = deal.submitted(&active, "2025-04", "0", "12.5").await;
    let said = deal.act_refused(&deal.branch, "actAccept", &much, json!({})).await;
    assert_eq!(said, ("AMOUNT_EXCEEDS_CONTRACT".into(), "lines".into()));
    // While it is suspended nothing is decided or paid.
    let now = deal.read(&deal.branch, &active, "").await;
    deal.step(&deal.branch, "contractSuspend", &now, json!({"reason": "перевірка"})).await;
    assert_eq!(deal.act_refused(&deal.branch, "actReturn", &much, json!({"reason": "ні"})).await.0, "CONTRACT_NOT_ACTIVE");
    let pays = deal.payment(&active, "1.00", json!({"actId": act["id"]})).await;
    let said = deal.said(&deal.branch, "paymentRecord", "contract", pays).await;
    assert_eq!(said, ("CONTRACT_NOT_ACTIVE".into(), "contractId".into()));
}

#[tokio::test]
async fn a_payment_that_cannot_be() {
    let deal = Deal::new().await;
    let tranches = json!([{"kind": "ADVANCE", "amount": "1000.00", "dueOn": "2025-01-15"}]);
    let active = deal.active(json!({"tranches": tranches})).await;
    let tranche = deal.read(&deal.branch, &active, "tranches { id }").await["tranches"][0]["id"].clone();
    let act = deal.submitted(&active, "2025-03", "2", "1").await;
    let said = deal
        .said(&deal.branch, "paymentRecord", "contract", deal.payment(&active, "1.00", json!({"actId": act["id"]})).await)
        .await;
    assert_eq!(said, ("TRANSITION_NOT_ALLOWED".into(), "actId".into()), "not accepted yet");
    let act = deal.act(&deal.branch, "actAccept", &act, json!({})).await["id"].clone();
    deal.pays(&active, "1000.00", json!({"actId": act, "reference": "ПД-5"})).await;
    let before = rows(&deal).await;
    for (amount, more, code, path) in [
        ("40000.01", json!({"actId": act}), "AMOUNT_EXCEEDS_CONTRACT", "amount"),
        ("-1.00", json!({"actId": act}), "INVALID", "amount"),
        ("0.00", json!({"actId": act}), "INVALID", "amount"),
        ("1.00", json!({}), "INVALID", "actId"),
        ("1.00", json!({"actId": act, "trancheId": tranche}), "INVALID", "actId"),
        ("1.00", json!({"actId": tranche}), "NOT_FOUND", "actId"),
        ("1.00", json!({"trancheId": tranche}), "TRANSITION_NOT_ALLOWED", "trancheId"),
        ("1.00", json!({"actId": act, "reference": "ПД-5"}), "DUPLICATE", "reference"),
        ("1.00", json!({"actId": act, "reference": ""}), "INVALID", "reference"),
        ("1.00", json!({"actId": act, "paidOn": "2999-01-01"}), "INVALID", "paidOn"),
        ("1.00", json!({"actId": act, "paidOn": "2024-12-31"}), "OUTSIDE_CONTRACT_TERM", "paidOn"),
        ("1.00", json!({"actId": act, "expectedVersion": 1}), "VERSION_CONFLICT", "expectedVersion"),
        ("1.00", json!({"actId": act, "contractId": act}), "NOT_FOUND", "contractId"),
    ] {
        let input = deal.payment(&active, amount, more.clone()).await;
        let said = deal.said(&deal.branch, "paymentRecord", "contract", input).await;
        assert_eq!(said, (code.to_owned(), path.to_owned()), "{amount} {more}");
    }
    assert_eq!(rows(&deal).await, before);
    let now = deal.read(&deal.branch, &active, "payments { id }").await;
    let reverse = |more: Value| {
        let base = json!({"idempotencyKey": key(), "paymentId": now["payments"][0]["id"], "expectedVersion": now["version"], "on": "2025-06-11", "reason": "помилка"});
        with(base, more)
    };
    for (more, code, path) in [
        (json!({"on": "2025-06-09"}), "INVALID", "on"),
        (json!({"on": "2999-06-09"}), "INVALID", "on"),
        (json!({"reason": ""}), "REASON_REQUIRED", "reason"),
        (json!({"paymentId": act}), "NOT_FOUND", "paymentId"),
    ] {
        let said = deal.said(&deal.branch, "paymentReverse", "contract", reverse(more)).await;
        assert_eq!(said, (code.to_owned(), path.to_owned()));
    }
    let after = deal.town.done(&deal.branch, "paymentReverse", "contract", "payments { id amount }", reverse(json!({}))).await;
    let twice = reverse(json!({"expectedVersion": after["version"]}));
    assert_eq!(deal.said(&deal.branch, "paymentReverse", "contract", twice).await, ("DUPLICATE".into(), "paymentId".into()));
    let of_it = reverse(json!({"expectedVersion": after["version"], "paymentId": after["payments"][1]["id"]}));
    assert_eq!(deal.said(&deal.branch, "paymentReverse", "contract", of_it).await.0, "TRANSITION_NOT_ALLOWED");
}

#[tokio::test]
async fn an_amendment_that_cannot_be() {
    let deal = Deal::new().await;
    let tranches = json!([{"kind": "ADVANCE", "amount": "30000.00", "dueOn": "2025-01-15"}]);
    let active = deal.active(json!({"tranches": tranches})).await;
    let tranche = deal.read(&deal.branch, &active, "tranches { id }").await["tranches"][0]["id"].clone();
    let active = deal.step(&deal.branch, "trancheApprove", &active, json!({"trancheId": tranche})).await;
    deal.pays(&active, "30000.00", json!({"trancheId": tranche})).await;
    let act = deal.submitted(&active, "2025-06", "20", "1").await;
    deal.act(&deal.branch, "actAccept", &act, json!({})).await;
    let active = deal.read(&deal.branch, &active, STATE).await;
    let before = rows(&deal).await;
    let base = json!({"number": "1", "kind": "AMOUNT", "effectiveOn": "2025-08-01", "rationale": "менше грошей"});
    for (more, code, path) in [
        // 50000 were accepted.
        (json!({"lines": deal.lines("19", "1").await}), "AMOUNT_BELOW_PAID", "lines"),
        (json!({"lines": deal.lines("120", "12").await}), "INVALID", "lines"),
        (json!({}), "INVALID", "lines"),
        (json!({"kind": "BUDGET_LINES", "lines": deal.lines("121", "12").await}), "LINES_DO_NOT_ADD_UP", "lines"),
        (json!({"kind": "TERM"}), "INVALID", "newEndsOn"),
        (json!({"kind": "TERM", "newEndsOn": "2025-05-31"}), "OUTSIDE_CONTRACT_TERM", "newEndsOn"),
        (json!({"lines": deal.lines("200", "12").await, "effectiveOn": "2025-06-30"}), "RECORD_FROZEN", "effectiveOn"),
        (json!({"lines": deal.lines("200", "12").await, "effectiveOn": "2024-06-30"}), "INVALID", "effectiveOn"),
        (json!({"lines": deal.lines("200", "12").await, "effectiveOn": "2026-06-30"}), "OUTSIDE_CONTRACT_TERM", "effectiveOn"),
        (json!({"lines": deal.lines("200", "12").await, "tranches": []}), "AMOUNT_BELOW_PAID", "tranches"),
        (json!({"lines": deal.lines("200", "12").await, "rationale": " "}), "INVALID", "rationale"),
    ] {
        let said = deal.refused(&deal.branch, "contractAmend", &active, with(base.clone(), more.clone())).await;
        assert_eq!(said, (code.to_owned(), path.to_owned()), "{more}");
    }
    assert_eq!(rows(&deal).await, before);
    // An amount that will be lower binds today: what it does not have is not accepted now.
    let lower = with(base.clone(), json!({"effectiveOn": "2025-12-31", "lines": deal.lines("20", "2").await}));
    let amended = deal.step(&deal.branch, "contractAmend", &active, lower).await;
    let said = deal
        .refused(
            &deal.branch,
            "contractAmend",
            &amended,
            with(base, json!({"lines": deal.lines("9", "9").await, "effectiveOn": "2025-12-31"})),
        )
        .await;
    assert_eq!(said, ("DUPLICATE".into(), "number".into()));
    let act = deal.submitted(&active, "2025-07", "0", "1.0001").await;
    assert_eq!(deal.act_refused(&deal.branch, "actAccept", &act, json!({})).await.0, "AMOUNT_EXCEEDS_CONTRACT");
}

#[tokio::test]
async fn tranches_are_kept_back_before_they_are_paid() {
    let deal = Deal::new().await;
    let tranches = json!([{"kind": "ADVANCE", "amount": "1000.00", "dueOn": "2025-01-15"}, {"kind": "FINAL", "amount": "2000.00", "dueOn": "2025-12-15"}]);
    let active = deal.active(json!({"tranches": tranches})).await;
    let ids = deal.read(&deal.branch, &active, "tranches { id }").await;
    let (one, two) = (ids["tranches"][0]["id"].clone(), ids["tranches"][1]["id"].clone());
    let now = deal.step(&deal.branch, "trancheApprove", &active, json!({"trancheId": one})).await;
    let twice = deal.refused(&deal.branch, "trancheApprove", &now, json!({"trancheId": one})).await;
    assert_eq!(twice, ("TRANSITION_NOT_ALLOWED".into(), "trancheId".into()));
    deal.pays(&active, "400.00", json!({"trancheId": one})).await;
    let now = deal.read(&deal.branch, &active, "").await;
    let said = deal.refused(&deal.branch, "trancheWithhold", &now, json!({"trancheId": one, "reason": "звіт"})).await;
    assert_eq!(said, ("TRANSITION_NOT_ALLOWED".into(), "trancheId".into()), "a part is paid");
    let now = deal.step(&deal.branch, "trancheWithhold", &now, json!({"trancheId": two, "reason": "звіт не подано"})).await;
    let said = deal.refused(&deal.branch, "trancheCancel", &now, json!({"trancheId": two, "reason": "ні"})).await;
    assert_eq!(said.0, "TRANSITION_NOT_ALLOWED");
    assert_eq!(
        deal.refused(&deal.branch, "trancheApprove", &now, json!({"trancheId": active["id"]})).await,
        ("NOT_FOUND".into(), "trancheId".into())
    );
}
