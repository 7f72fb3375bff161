//! Two at once: one wins, the other is told so, and never more goes out than there is.

use super::{Deal, STATE};
use crate::town::{Side, key, with};
use serde_json::{Value, json};

const ROUNDS: usize = 12;

impl Deal {
    /// What became of a mutation of which another one runs at the same time: done, or the code of its refusal.
    async fn tries(&self, side: &Side, name: &str, object: &str, input: Value) -> Result<Value, String> {
        let payload = self.town.act(side, name, object, "", input).await;
        match payload["userErrors"][0]["code"].as_str() {
            None => Ok(payload[object].clone()),
            Some(code) => Err(code.to_owned()),
        }
    }

    async fn sum(&self, sql: &str) -> i64 {
        self.town.count(sql).await
    }
}

fn one_won(one: &Result<Value, String>, two: &Result<Value, String>) {
    match (one, two) {
        (Ok(_), Err(code)) | (Err(code), Ok(_)) => assert_eq!(code, "VERSION_CONFLICT"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn two_decisions_on_one_act() {
    let deal = Deal::new().await;
    let active = deal.active(json!({})).await;
    for month in 1..=ROUNDS {
        let act = deal.submitted(&active, &format!("2025-{month:02}"), "1", "0.5").await;
        let input =
            |more: Value| with(json!({"id": act["id"], "expectedVersion": act["version"], "idempotencyKey": key()}), more);
        let (one, two) = tokio::join!(
            deal.tries(&deal.branch, "actAccept", "act", input(json!({}))),
            deal.tries(&deal.fund, "actReturn", "act", input(json!({"reason": "ні"}))),
        );
        one_won(&one, &two);
    }
    let accepted = deal.sum("select coalesce(sum(accepted_kop), 0)::bigint from service_act").await;
    assert_eq!(accepted, deal.sum("select accepted_kop from funding_contract").await);
    let events = deal.sum("select count(*) from contract_event where change in ('ACT_ACCEPTED', 'ACT_RETURNED')").await;
    assert_eq!(events, ROUNDS as i64);
}

#[tokio::test]
async fn two_payments_of_what_is_left() {
    let deal = Deal::new().await;
    let active = deal.active(json!({})).await;
    for month in 1..=ROUNDS {
        let act = deal.submitted(&active, &format!("2025-{month:02}"), "2", "0").await;
        let act = deal.act(&deal.branch, "actAccept", &act, json!({})).await;
        let of = json!({"actId": act["id"]});
        let (one, two) = (deal.payment(&active, "600.00", of.clone()).await, deal.payment(&active, "600.00", of).await);
        let (one, two) = tokio::join!(
            deal.tries(&deal.branch, "paymentRecord", "contract", one),
            deal.tries(&deal.fund, "paymentRecord", "contract", two),
        );
        one_won(&one, &two);
    }
    assert_eq!(deal.sum("select paid_kop from funding_contract").await, ROUNDS as i64 * 60_000);
}

#[tokio::test]
async fn two_drafts_of_one_month() {
    let deal = Deal::new().await;
    let active = deal.active(json!({})).await;
    for month in 1..=ROUNDS {
        let input = || json!({"idempotencyKey": key(), "contractId": active["id"], "month": format!("2025-{month:02}")});
        let (one, two) = tokio::join!(
            deal.tries(deal.provider(), "actDraft", "act", input()),
            deal.tries(deal.provider(), "actDraft", "act", input()),
        );
        assert!(
            matches!((&one, &two), (Ok(_), Err(code)) | (Err(code), Ok(_)) if code == "ACT_EXISTS_FOR_MONTH"),
            "{one:?} {two:?}"
        );
    }
    assert_eq!(deal.sum("select count(*) from service_act").await, ROUNDS as i64);
}

#[tokio::test]
async fn a_cut_and_a_payment() {
    let deal = Deal::new().await;
    for _ in 0..ROUNDS {
        let active = deal.active(json!({})).await;
        let act = deal.submitted(&active, "2025-06", "120", "12").await;
        let act = deal
            .act(
                &deal.branch,
                "actAccept",
                &act,
                json!({"lines": [{"lineId": act["lines"][1]["line"]["id"], "acceptedQuantity": "1"}]}),
            )
            .await;
        let now = deal.read(&deal.branch, &active, STATE).await;
        let cut = json!({"id": now["id"], "expectedVersion": now["version"], "idempotencyKey": key(), "number": "1", "kind": "AMOUNT",
            "effectiveOn": "2025-08-01", "lines": deal.lines("120", "1").await, "rationale": "менше"});
        let pays = deal.payment(&active, "100000.00", json!({"actId": act["id"]})).await;
        let (one, two) = tokio::join!(
            deal.tries(&deal.branch, "contractAmend", "contract", cut),
            deal.tries(&deal.fund, "paymentRecord", "contract", pays),
        );
        one_won(&one, &two);
    }
    assert_eq!(
        deal.sum("select count(*) from funding_contract where paid_kop > ceiling_kop or accepted_kop > ceiling_kop").await,
        0
    );
}
