//! What a service has cost: others are shown it exactly where they are shown the services.

use super::{MYKOLAIV_REGION, Parties, QUESTION, figures, summed};
use crate::town::{KAZANKA, Side, Town, key, with};
use mistok::{
    base::{min_cell::MinCells, money, words::organization::OrganizationKind as Kind},
    indicator::release,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[tokio::test]
async fn a_cost_is_shown_exactly_where_its_services_are() {
    let town = Town::new().await;
    let fund = town.side(Kind::Fund).await;
    let (one, other) = (&town.receiver, &town.stranger);
    let record = async |side: &Side, month: &str, count: usize| {
        let row =
            json!({"serviceCode": "M-004", "form": "INDIVIDUAL", "occurredOn": format!("{month}-05"), "centreId": side.centre});
        let query = "mutation($input: ServicesRecordInput!){ servicesRecord(input: $input){ userErrors { path message } } }";
        let input = json!({"idempotencyKey": key(), "rows": vec![row; count]});
        assert_eq!(town.ask(side, query, json!({"input": input})).await.data()["servicesRecord"]["userErrors"], json!([]));
    };
    for (side, month, count) in
        [(one, "2025-03", 31), (other, "2025-03", 7), (one, "2025-04", 3), (other, "2025-04", 40), (one, "2025-05", 12)]
    {
        record(side, month, count).await;
    }
    let mut accepted = BTreeMap::new();
    for (side, kind, months) in [
        (one, Kind::Ngo, &[("2025-03", "30", "29"), ("2025-04", "5", "5"), ("2025-06", "2", "2")][..]),
        (other, Kind::Charity, &[("2025-03", "7", "7")]),
    ] {
        let parties = Parties::new(&town, (&fund, Kind::Fund), (side, kind));
        let contract = parties.active("2025-01", "1000", "100.01").await;
        for (month, claimed, quantity) in months {
            parties.act(contract, month, claimed, quantity).await;
            accepted.insert((side.centre.clone(), *month), quantity.parse::<i64>().unwrap() * 10_001);
        }
    }
    release::publish_due(town.served.app.db(), MinCells::default()).await.unwrap();

    let ministry = town.side(Kind::Ministry).await;
    let (mut shown, mut hidden) = (0, 0);
    for side in [&ministry, &town.sender, one, other] {
        for by in [&[][..], &["REGION"], &["HROMADA", "MONTH"], &["CENTRE"], &["CENTRE", "MONTH"]] {
            for period in [
                json!({"month": "2025-03"}),
                json!({"month": "2025-04"}),
                json!({"quarter": {"year": 2025, "quarter": 2}}),
                json!({"year": 2025}),
            ] {
                let asked = |indicator: &str| json!({"indicators": [indicator], "period": period, "by": by});
                let services = figures(&town, side, asked("SERVICES_PROVIDED")).await;
                let told = figures(&town, side, asked("COST_PER_SERVICE")).await;
                let within = |month: &str| match (period["month"].as_str(), period["year"].as_i64()) {
                    (Some(asked), _) => asked == month,
                    (None, Some(_)) => true,
                    (None, None) => (["2025-04", "2025-05", "2025-06"]).contains(&month),
                };
                let of_period = accepted.iter().filter(|((_, month), _)| within(month));
                let key = |by: &str, (centre, month): &(String, &str)| match by {
                    "REGION" => MYKOLAIV_REGION.to_owned(),
                    "HROMADA" => KAZANKA.to_owned(),
                    "CENTRE" => centre.clone(),
                    _ => (*month).to_owned(),
                };
                let parts: Vec<_> =
                    of_period.map(|(of, amount)| (by.iter().map(|by| key(by, of)).collect(), *amount)).collect();
                let expected: BTreeMap<_, _> = summed(by, &parts)
                    .into_iter()
                    .filter_map(|(keys, amount)| {
                        let (count, status) = services.get(&keys)?.clone();
                        let count = count.map(|count| count.parse::<i64>().unwrap());
                        let cost = count.map(|count| money::each(amount, count)).unwrap_or(Some(0)).filter(|_| amount > 0)?;
                        Some((keys, (count.map(|_| money::text(cost)), status)))
                    })
                    .collect();
                assert_eq!(told, expected, "{period} by {by:?}: {services:?}");
                shown += told.values().filter(|(amount, _)| amount.is_some()).count();
                hidden += told.values().filter(|(_, status)| status == "SUPPRESSED").count();
            }
        }
    }
    assert!(shown > 20 && hidden > 20, "{shown} shown, {hidden} hidden");

    // One's own is live and whole, by provider too; what is not published yet is in it.
    let own = |more: Value| {
        with(json!({"indicators": ["COST_PER_SERVICE"], "providerId": one.id, "period": {"month": "2025-04"}}), more)
    };
    let told = figures(&town, one, own(json!({"by": ["PROVIDER"]}))).await;
    assert_eq!(told[&one.id].0.as_deref(), Some("166.68"), "500.05 for three services: 166.68333");
    record(one, "2025-04", 1).await;
    assert_eq!(figures(&town, one, own(json!({}))).await[""].0.as_deref(), Some("125.01"), "125.0125");
    // Services without anything accepted, and money without a service, have no cost.
    for month in ["2025-05", "2025-06"] {
        assert_eq!(figures(&town, one, own(json!({"period": {"month": month}}))).await, BTreeMap::new(), "{month}");
    }
    let range = json!({"period": {"range": {"from": "2025-03-02", "to": "2025-04-30"}}});
    let answer = town.ask(one, QUESTION, json!({"input": own(range)})).await;
    assert_eq!(answer.code(), "RANGE_NOT_ALLOWED", "an act tells of a whole month");
    let whole = json!({"period": {"range": {"from": "2025-03-01", "to": "2025-04-30"}}});
    assert_eq!(figures(&town, one, own(whole)).await[""].0.as_deref(), Some("97.15"), "34 accepted, 35 given");
    // Of one organisation others learn no cost, not even its funder.
    let of_other = json!({"indicators": ["COST_PER_SERVICE"], "period": {"month": "2025-03"}, "providerId": other.id});
    assert_eq!(town.ask(&fund, QUESTION, json!({"input": of_other})).await.code(), "BAD_USER_INPUT");
}
