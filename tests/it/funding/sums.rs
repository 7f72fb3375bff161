//! Contracts that are amended, terminated, paid and paid back, against a model of them that is as plain as a list.

use super::{MYKOLAIV_REGION, Parties, ask, day, figures, summed};
use crate::town::{KAZANKA, Side, Town, with};
use chrono::NaiveDate;
use mistok::{
    base::{money, words::organization::OrganizationKind as Kind},
    contract::actions,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NOVOVOLYNSK: &str = "UA07020130000036300";
const VOLYN_REGION: &str = "UA07000000000024379";

/// A contract as a person would write it down.
struct Noted {
    provider: String,
    centre: String,
    hromada: &'static str,
    region: &'static str,
    signed: &'static str,
    /// From which day, until which, how much.
    terms: Vec<(&'static str, &'static str, i64)>,
    ended: Option<&'static str>,
    payments: Vec<(&'static str, i64)>,
}

impl Noted {
    /// Its amount in force on a day; none: it is not in force.
    fn on(&self, on: NaiveDate) -> Option<i64> {
        let is_over = self.ended.is_some_and(|ended| on > day(ended));
        if on < day(self.signed) || is_over {
            return None;
        }
        let last = self.terms.iter().rfind(|(from, ..)| day(from) <= on).unwrap_or(&self.terms[0]);
        (on <= day(last.1)).then_some(last.2)
    }

    fn key(&self, by: &str, month: &str) -> String {
        match by {
            "REGION" => self.region.to_owned(),
            "HROMADA" => self.hromada.to_owned(),
            "CENTRE" => self.centre.clone(),
            "PROVIDER" => self.provider.clone(),
            "MONTH" => month.to_owned(),
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn contracts_amounts_and_payments_are_those_of_a_plain_list() {
    let town = Town::new().await;
    let (fund, charity) = (town.side(Kind::Fund).await, town.side(Kind::Charity).await);
    let afar = town.side(Kind::Ngo).await;
    let (one, other) = (&town.receiver, &town.stranger);
    let first = Parties::new(&town, (&fund, Kind::Fund), (one, Kind::Ngo));
    let second = Parties::new(&town, (&fund, Kind::Fund), (other, Kind::Charity));
    let private = Parties::new(&town, (&charity, Kind::Charity), (one, Kind::Ngo));
    let third = Parties { hromada: NOVOVOLYNSK, ..Parties::new(&town, (&fund, Kind::Fund), (&afar, Kind::Ngo)) };

    // Amended twice in its year, the second time beyond it; paid, paid back two months later, and paid anew.
    let a = first.active("2024-12", "1000", "100.00").await;
    first.amend(a, "2025-05-15", "1200", "100.00", None).await;
    first.amend(a, "2025-11-01", "1300", "100.00", Some("2026-03-31")).await;
    let act = first.act(a, "2025-01", "20", "15").await;
    let payment = first.pay(a, act, "1500.00", "2025-02-10").await;
    first.reverse(a, payment, "2025-04-02").await;
    first.pay(a, act, "700.00", "2025-04-20").await;
    // Ended before its time, and paid after that.
    let b = second.active("2025-01-15", "10", "333.33").await;
    let act = second.act(b, "2025-02", "3", "3").await;
    second.terminate(b, "2025-08-31").await;
    second.pay(b, act, "999.99", "2025-09-01").await;
    // Of a year alone is known when it was signed; without a centre, in another region.
    third.active("2024", "50", "1.00").await;
    third.active("2025-06", "70", "1.00").await;
    // What a charity pays is told in its provider's own figures alone.
    private.active("2025-01-10", "20", "1.00").await;
    // What is not signed is nobody's, and counts nowhere.
    let nothing = first.draft("1000000", "1.00").await;
    first.draft("2000000", "1.00").await;
    actions::cancel(first.db, &first.funder, &ask(), first.target(nothing).await, "помилка").await.unwrap();

    let noted = |parties: &Parties<'_>, side: &Side, signed, terms: Vec<_>| Noted {
        provider: side.id.clone(),
        centre: if side.centre.is_empty() { "NONE".to_owned() } else { side.centre.clone() },
        hromada: parties.hromada,
        region: if parties.hromada == KAZANKA { MYKOLAIV_REGION } else { VOLYN_REGION },
        signed,
        terms,
        ended: None,
        payments: Vec::new(),
    };
    const YEAR: &str = "2025-12-31";
    let whole = [
        Noted {
            payments: vec![("2025-02-10", 150_000), ("2025-04-02", -150_000), ("2025-04-20", 70_000)],
            ..noted(
                &first,
                one,
                "2024-12-31",
                vec![
                    ("2025-01-01", YEAR, 10_000_000),
                    ("2025-05-15", YEAR, 12_000_000),
                    ("2025-11-01", "2026-03-31", 13_000_000),
                ],
            )
        },
        Noted {
            ended: Some("2025-08-31"),
            payments: vec![("2025-09-01", 99_999)],
            ..noted(&second, other, "2025-01-15", vec![("2025-01-01", YEAR, 333_330)])
        },
        noted(&third, &afar, "2024-12-31", vec![("2025-01-01", YEAR, 5_000)]),
        noted(&third, &afar, "2025-06-30", vec![("2025-01-01", YEAR, 7_000)]),
    ];

    let ministry = town.side(Kind::Ministry).await;
    for on in [
        "2024-12-30",
        "2024-12-31",
        "2025-01-15",
        "2025-05-14",
        "2025-05-15",
        "2025-06-29",
        "2025-06-30",
        "2025-08-31",
        "2025-09-01",
        "2025-12-31",
        "2026-01-01",
        "2026-03-31",
        "2026-04-01",
    ] {
        for by in [&[][..], &["REGION"], &["PROVIDER", "CENTRE"], &["HROMADA", "PROVIDER"]] {
            let on_day = day(on);
            let keys = |one: &Noted| by.iter().map(|by| one.key(by, "")).collect::<Vec<_>>();
            let amounts: Vec<_> = whole.iter().filter_map(|one| Some((keys(one), one.on(on_day)?))).collect();
            let counts: Vec<_> = amounts.iter().map(|(keys, _)| (keys.clone(), 1)).collect();
            let period = json!({"range": {"from": on, "to": on}});
            for (indicator, expected) in
                [("FUNDING_CONTRACTS", summed(by, &counts)), ("FUNDING_CONTRACTED", summed(by, &amounts))]
            {
                let told = figures(&town, &ministry, json!({"indicators": [indicator], "period": period, "by": by})).await;
                let written =
                    |amount: i64| if indicator == "FUNDING_CONTRACTS" { amount.to_string() } else { money::text(amount) };
                let expected: BTreeMap<_, _> = expected
                    .into_iter()
                    .map(|(keys, amount)| (keys, (Some(written(amount)), "PUBLISHED".to_owned())))
                    .collect();
                assert_eq!(told, expected, "{indicator} on {on} by {by:?}");
            }
        }
    }
    for (from, to) in
        [("2025-01-01", "2025-12-31"), ("2025-02-10", "2025-04-02"), ("2025-04-02", "2025-04-20"), ("2025-05-01", "2025-08-31")]
    {
        for by in [&[][..], &["MONTH"], &["HROMADA", "MONTH"], &["PROVIDER", "CENTRE", "MONTH"]] {
            let paid = |one: &Noted| {
                let within = one.payments.iter().filter(|(on, _)| (day(from)..=day(to)).contains(&day(on)));
                within.map(|(on, amount)| (by.iter().map(|by| one.key(by, &on[..7])).collect(), *amount)).collect::<Vec<_>>()
            };
            let period = json!({"range": {"from": from, "to": to}});
            let told = figures(&town, &town.sender, json!({"indicators": ["FUNDING_PAID"], "period": period, "by": by})).await;
            let parts: Vec<_> = whole.iter().flat_map(paid).collect();
            let expected = summed(by, &parts).into_iter();
            let expected: BTreeMap<_, _> =
                expected.map(|(keys, amount)| (keys, (Some(money::text(amount)), "PUBLISHED".to_owned()))).collect();
            assert_eq!(told, expected, "paid from {from} to {to} by {by:?}");
        }
    }
    // Narrowed to others' providers, centres and territories: it counts no people.
    let asked = |more: Value| with(json!({"indicators": ["FUNDING_CONTRACTED"], "period": {"month": "2025-06"}}), more);
    for (more, expected) in [
        (json!({"providerId": other.id}), "3333.30"),
        (json!({"centreId": one.centre}), "120000.00"),
        (json!({"territory": VOLYN_REGION}), "120.00"),
        (json!({"territory": KAZANKA}), "123333.30"),
    ] {
        let told = figures(&town, &town.sender, asked(more.clone())).await;
        assert_eq!(told[""].0.as_deref(), Some(expected), "{more}");
    }
    for (side, expected) in [(one, "120020.00"), (&ministry, "120000.00")] {
        let told = figures(&town, side, asked(json!({"providerId": one.id}))).await;
        assert_eq!(told[""].0.as_deref(), Some(expected));
    }
}
