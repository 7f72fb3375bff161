//! Who sees what of a contract, who learns of it, and what the second wall does where the first one is off.

use super::{Deal, KAZANKA, STATE, VINNYTSIA};
use crate::{
    stage::connect,
    town::{Side, key},
};
use mistok::base::words::organization::OrganizationKind as Kind;
use serde_json::{Value, json};

async fn listed(deal: &Deal, side: &Side, filter: Value) -> Vec<String> {
    let query =
        "query($filter: FundingContractFilter){ fundingContracts(first: 50, filter: $filter) { totalCount nodes { id } } }";
    let answer = deal.town.ask(side, query, json!({"filter": filter})).await;
    let list = &answer.data()["fundingContracts"];
    let ids: Vec<_> = list["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(list["totalCount"], ids.len(), "{filter}");
    ids
}

fn id(of: &Value) -> String {
    of["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_side_sees_its_own() {
    let deal = Deal::new().await;
    let active = deal.active(json!({})).await;
    let draft = deal.town.done(&deal.branch, "contractCreate", "contract", STATE, deal.input(json!({})).await).await;
    // A charity's own contract: neither the Fund nor its branch has anything to do with it.
    let charity = deal.town.side(Kind::Charity).await;
    let other = deal.town.done(&charity, "contractCreate", "contract", STATE, deal.input(json!({})).await).await;
    let other = deal.step(&charity, "contractSign", &other, json!({"signedOn": "2025-01-05"})).await;
    for (side, sees) in [
        (&deal.branch, vec![id(&draft), id(&active)]),
        (&deal.fund, vec![id(&draft), id(&active)]),
        (&deal.elsewhere, vec![]),
        (&deal.ministry, vec![id(&other), id(&draft), id(&active)]),
        (deal.provider(), vec![id(&other), id(&active)]),
        (&charity, vec![id(&other)]),
        (&deal.town.stranger, vec![]),
        (&deal.town.sender, vec![]),
    ] {
        assert_eq!(listed(&deal, side, json!(null)).await, sees);
        for contract in [&active, &draft, &other] {
            let seen = !deal.read(side, contract, "status").await.is_null();
            assert_eq!(seen, sees.contains(&id(contract)));
        }
    }
    let of = |filter| listed(&deal, &deal.ministry, filter);
    assert_eq!(of(json!({"status": ["SIGNED"]})).await, [id(&other)]);
    assert_eq!(of(json!({"funderId": charity.id})).await, [id(&other)]);
    assert_eq!(of(json!({"centreId": deal.provider().centre, "territory": super::MYKOLAIV})).await.len(), 3);
    assert!(of(json!({"territory": VINNYTSIA})).await.is_empty());
    assert_eq!(of(json!({"territory": KAZANKA, "activeOn": "2025-06-01"})).await, [id(&active)]);
    assert!(of(json!({"activeOn": "2026-01-01"})).await.is_empty());
    assert!(of(json!({"activeOn": "2024-12-31"})).await.is_empty());
    assert!(of(json!({"providerId": active["id"]})).await.is_empty(), "no organisation");
    let centre = "query($id: ID!){ centre(id: $id) { contracts(first: 9) { nodes { id } } } }";
    let seen = deal.town.ask(deal.provider(), centre, json!({"id": deal.provider().centre})).await;
    assert_eq!(seen.data()["centre"]["contracts"]["nodes"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn pages_go_on_where_they_ended() {
    let deal = Deal::new().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(id(&deal.active(json!({})).await));
    }
    made.reverse();
    for side in [&deal.branch, &deal.fund, &deal.ministry, deal.provider()] {
        let (mut all, mut after) = (Vec::new(), Value::Null);
        loop {
            let query = "query($after: String){ fundingContracts(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }";
            let page = deal.town.ask(side, query, json!({"after": after})).await.data()["fundingContracts"].clone();
            all.extend(page["nodes"].as_array().unwrap().iter().map(id));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(all, made);
        let last = "{ fundingContracts(last: 2) { nodes { id } pageInfo { hasPreviousPage } } }";
        let page = deal.town.ask(side, last, json!({})).await.data()["fundingContracts"].clone();
        assert_eq!(page["nodes"].as_array().unwrap().iter().map(id).collect::<Vec<_>>(), made[3..]);
    }
}

#[tokio::test]
async fn whose_step_it_is() {
    let deal = Deal::new().await;
    let active = deal.active(json!({})).await;
    let act = deal.submitted(&active, "2025-03", "2", "1").await;
    // A provider that may decide elsewhere, as a charity may, does not decide on its own.
    let charity = deal.town.provider(Kind::Charity).await;
    let input = deal.input(json!({"providerId": charity.id, "centreId": charity.centre})).await;
    let made = deal.town.done(&deal.branch, "contractCreate", "contract", STATE, input).await;
    let signed = deal.step(&deal.branch, "contractSign", &made, json!({"signedOn": "2024-12"})).await;
    let own = deal.step(&deal.branch, "contractActivate", &signed, json!({"on": "2025-01-01"})).await;
    let draft = json!({"idempotencyKey": key(), "contractId": own["id"], "month": "2025-03"});
    let of_own = deal.town.done(&charity, "actDraft", "act", super::ACT, draft).await;
    let of_own = deal.act(&charity, "actSubmit", &of_own, Deal::claim(&of_own, "1", "1")).await;
    let separate = ("SEPARATION_OF_DUTIES".to_owned(), "id".to_owned());
    assert_eq!(deal.act_refused(&charity, "actAccept", &of_own, json!({})).await, separate);
    assert_eq!(deal.act_refused(&charity, "actReturn", &of_own, json!({"reason": "ні"})).await, separate);
    let pays = deal.payment(&own, "1.00", json!({"actId": of_own["id"]})).await;
    assert_eq!(deal.said(&charity, "paymentRecord", "contract", pays).await, separate);
    assert_eq!(deal.refused(&charity, "contractSuspend", &own, json!({"reason": "ні"})).await.0, "TRANSITION_NOT_ALLOWED");
    // A branch of another region, and who has the scopes and nothing to do with it.
    for side in [&deal.elsewhere, &deal.town.stranger] {
        assert_eq!(deal.act_refused(side, "actAccept", &act, json!({})).await, ("NOT_FOUND".into(), "id".into()));
        assert_eq!(
            deal.refused(side, "contractSuspend", &active, json!({"reason": "ні"})).await,
            ("NOT_FOUND".into(), "id".into())
        );
    }
    // Who funds drafts nothing; who oversees has no scope for any step.
    for (side, name, field) in [(&deal.branch, "actDraft", "acts:write"), (&deal.ministry, "contractSign", "contracts:write")] {
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!("mutation($input: {kind}!){{ {name}(input: $input){{ userErrors {{ code }} }} }}");
        let input = match name {
            "actDraft" => json!({"contractId": active["id"], "month": "2025-04"}),
            _ => json!({"id": active["id"], "expectedVersion": 1, "signedOn": "2025"}),
        };
        let answer = deal.town.ask(side, &query, json!({"input": input})).await;
        let about = &answer.body["errors"][0]["extensions"];
        assert_eq!((&about["code"], &about["scope"]), (&json!("FORBIDDEN"), &json!(field)));
    }
}

#[tokio::test]
async fn records_are_for_the_two_sides() {
    let deal = Deal::new().await;
    let active = deal.active(json!({"payeeIban": "UA599999990000000000000000001"})).await;
    deal.given("2025-03-10", 3).await;
    deal.submitted(&active, "2025-03", "4", "1").await;
    let fields = "payeeIban acts { lines { claimedQuantity recordedQuantity } } \
        reconciliation { delivered costPerService undecided deliveredUnpaid state months { month delivered undecided } }";
    for side in [&deal.branch, &deal.fund, deal.provider()] {
        let seen = deal.read(side, &active, fields).await;
        assert_eq!(seen["payeeIban"], "UA599999990000000000000000001");
        assert_eq!(seen["acts"][0]["lines"][0], json!({"claimedQuantity": "4", "recordedQuantity": "3"}));
        assert_eq!(
            (&seen["reconciliation"]["delivered"], &seen["reconciliation"]["undecided"]),
            (&json!(3), &json!("41500.00"))
        );
        assert_eq!(seen["reconciliation"]["months"].as_array().unwrap().len(), 12);
    }
    // The Ministry sees money and claims; work it learns by the published figures.
    let seen = deal.read(&deal.ministry, &active, fields).await;
    assert_eq!(seen["payeeIban"], json!(null));
    assert_eq!(seen["acts"][0]["lines"][0], json!({"claimedQuantity": "4", "recordedQuantity": null}));
    let books = &seen["reconciliation"];
    assert_eq!(
        (&books["delivered"], &books["costPerService"], &books["undecided"]),
        (&json!(null), &json!(null), &json!("42000.00"))
    );
    assert_eq!(books["months"][2], json!({"month": "2025-03", "delivered": null, "undecided": "42000.00"}));
    let wrong = "query($id: ID!){ fundingContract(id: $id){ reconciliation(from: \"2025-03\", to: \"2025-02\") { state } } }";
    let answer = deal.town.ask(&deal.ministry, wrong, json!({"id": active["id"]})).await;
    assert_eq!(answer.body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

#[tokio::test]
async fn who_learns_of_what() {
    let deal = Deal::new().await;
    let active = deal.active(json!({})).await;
    let act = deal.submitted(&active, "2025-03", "2", "1").await;
    let act = deal.act(&deal.branch, "actAccept", &act, json!({})).await;
    deal.pays(&active, "41000.00", json!({"actId": act["id"]})).await;
    let told = "select string_agg(c.type, ' ' order by c.seq) from change c join change_audience a on a.seq = c.seq where c.object_type in ('CONTRACT', 'ACT') and a.organization_id = ";
    let heard = async |side: &Side| -> Option<String> {
        let sql = format!("{told}'{}'", side.partner.organization_id);
        deal.town.served.stage.owner().await.query_one(&sql, &[]).await.unwrap().get(0)
    };
    let all = "CONTRACT_CREATED CONTRACT_CHANGED CONTRACT_CHANGED ACT_SUBMITTED ACT_ACCEPTED PAYMENT_RECORDED ACT_PAID";
    for side in [&deal.branch, &deal.fund, &deal.ministry] {
        assert_eq!(heard(side).await.as_deref(), Some(all));
    }
    let own = "CONTRACT_CHANGED CONTRACT_CHANGED ACT_DRAFTED ACT_SUBMITTED ACT_ACCEPTED PAYMENT_RECORDED ACT_PAID";
    assert_eq!(heard(deal.provider()).await.as_deref(), Some(own));
    for side in [&deal.elsewhere, &deal.town.stranger, &deal.town.sender] {
        assert_eq!(heard(side).await, None);
    }
}

/// What an application's role could do by itself, had the program forgotten to ask.
#[tokio::test]
async fn the_second_wall_alone() {
    let deal = Deal::new().await;
    let active = deal.active(json!({})).await;
    deal.submitted(&active, "2025-03", "2", "1").await;
    let tables = ["funding_contract", "contract_terms", "contract_line", "service_act", "service_act_line", "contract_event"];
    for (side, kind, sees) in [
        (&deal.branch, "FUND_BRANCH", true),
        (&deal.fund, "FUND", true),
        (deal.provider(), "NGO", true),
        (&deal.ministry, "MINISTRY", true),
        (&deal.elsewhere, "FUND_BRANCH", false),
        (&deal.town.stranger, "CHARITY", false),
    ] {
        let client = connect(&deal.town.served.stage.app_url()).await;
        let org = side.partner.organization_id;
        let settings =
            format!("begin; select set_config('mistok.org_id', '{org}', true), set_config('mistok.kind', '{kind}', true)");
        client.batch_execute(&settings).await.unwrap();
        for table in tables {
            let rows: i64 = client.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0);
            assert_eq!(rows > 0, sees, "{table} for {kind}");
        }
        let funds = matches!(kind, "FUND" | "FUND_BRANCH") && sees;
        let moved = |sql: &'static str| {
            let client = &client;
            async move {
                client.batch_execute("savepoint s").await.unwrap();
                let done = client.execute(sql, &[]).await;
                client.batch_execute("rollback to s").await.unwrap();
                done.is_ok_and(|rows| rows > 0)
            }
        };
        assert_eq!(moved("update funding_contract set status = 'SUSPENDED'").await, funds, "{kind}");
        assert_eq!(
            moved("update service_act set status = 'ACCEPTED', accepted_kop = claimed_kop, decided_at = now()").await,
            funds,
            "{kind}"
        );
        assert!(!moved("update funding_contract set signed_on = '2020'").await, "signed once, by {kind}");
        assert!(!moved("update service_act set claimed_kop = 1").await, "a claim is its provider's, once; {kind}");
        assert!(!moved("delete from contract_event").await && !moved("update payment set amount_kop = 1").await);
        client.batch_execute("rollback").await.unwrap();
    }
}
