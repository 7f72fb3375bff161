//! Figures of money: contracts that are amended, terminated, paid and paid back, against a model of them that is as plain as a list;
//! and what a service has cost, which others are shown exactly where they are shown the services.

use crate::town::{KAZANKA, Side, Town, key, with};
use chrono::NaiveDate;
use mistok::{
    access::{Actor, Scopes},
    base::{
        min_cell::MinCells,
        money,
        words::{
            access::AccessPurpose,
            contract::{AmendmentKind, BudgetLine, ContractEndReason, TrancheKind},
            organization::OrganizationKind as Kind,
        },
    },
    contract::{
        actions, claiming,
        model::{Amend, Create, NewLine, NewTranche, OfLine, Pay, Target, Terminate, Whole},
        paying, store, terms,
    },
    db::Db,
    graphql::node,
    indicator::release,
    journal::idempotency::Ask,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

const NOVOVOLYNSK: &str = "UA07020130000036300";
const MYKOLAIV_REGION: &str = "UA48000000000039575";
const VOLYN_REGION: &str = "UA07000000000024379";

/// The two sides of funding contracts, as the program knows them.
pub struct Parties<'a> {
    db: &'a Db,
    pub funder: Actor,
    pub provider: Actor,
    centre: Option<Uuid>,
    hromada: &'static str,
}

fn actor(side: &Side, kind: Kind) -> Actor {
    Actor {
        application_id: Uuid::now_v7(),
        organization_id: side.partner.organization_id,
        kind,
        scopes: Scopes::of_kind(kind),
        purpose: Some(AccessPurpose::CaseWork),
        acting_for: None,
    }
}

fn ask() -> Ask {
    Ask { mutation: "test", key: None, input_hash: Vec::new() }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap_or_else(|_| panic!("{text} is no day"))
}

/// One line of a service: so many at a price.
fn line(quantity: &str, price: &str) -> NewLine {
    NewLine {
        service_code: Some("M-004".to_owned()),
        budget_line: BudgetLine::Other,
        unit: "послуга".to_owned(),
        planned_quantity: quantity.to_owned(),
        unit_price: price.to_owned(),
    }
}

impl<'a> Parties<'a> {
    /// For the provider's centre in Kazanka, where it has one.
    pub fn new(town: &'a Town, funder: (&Side, Kind), provider: (&Side, Kind)) -> Self {
        let centre = Some(&provider.0.centre).filter(|id| !id.is_empty());
        Self {
            db: town.served.app.db(),
            funder: actor(funder.0, funder.1),
            provider: actor(provider.0, provider.1),
            centre: centre.map(|id| node::open(&id.as_str().into()).unwrap().1),
            hromada: KAZANKA,
        }
    }

    /// A draft that runs for the year 2025.
    pub async fn draft(&self, quantity: &str, price: &str) -> Uuid {
        let command = Create {
            number: key(),
            provider_id: self.provider.organization_id,
            centre_id: self.centre,
            territory: self.hromada.to_owned(),
            starts_on: day("2025-01-01"),
            ends_on: day("2025-12-31"),
            lines: vec![line(quantity, price)],
            tranches: vec![NewTranche { kind: TrancheKind::Advance, amount: "10.00".to_owned(), due_on: day("2025-01-10") }],
            selection: None,
            payee_iban: None,
        };
        actions::create(self.db, &self.funder, &ask(), &command).await.unwrap().id
    }

    /// Signed on a date of which a part may be known, and active from the first day on.
    pub async fn active(&self, signed_on: &str, quantity: &str, price: &str) -> Uuid {
        let id = self.draft(quantity, price).await;
        actions::sign(self.db, &self.funder, &ask(), self.target(id).await, signed_on).await.unwrap();
        actions::activate(self.db, &self.funder, &ask(), self.target(id).await, day("2025-01-01")).await.unwrap();
        id
    }

    async fn whole(&self, id: Uuid) -> Whole {
        let reading = self.db.read(&self.funder).await.unwrap();
        let whole = store::wholes(reading.link(), &[id]).await.unwrap().remove(0);
        reading.end().await.unwrap();
        whole
    }

    async fn target(&self, id: Uuid) -> Target {
        Target { id, expected_version: self.whole(id).await.row.version }
    }

    async fn amend(&self, id: Uuid, from: &str, quantity: &str, price: &str, ends_on: Option<&str>) {
        let command = Amend {
            number: key(),
            kind: AmendmentKind::Other,
            effective_on: day(from),
            lines: Some(vec![line(quantity, price)]),
            tranches: None,
            new_ends_on: ends_on.map(day),
            rationale: "вигадано для перевірки".to_owned(),
        };
        actions::amend(self.db, &self.funder, &ask(), self.target(id).await, &command).await.unwrap();
    }

    async fn terminate(&self, id: Uuid, on: &str) {
        let command = Terminate { on: day(on), end_reason: ContractEndReason::Mutual, note: None };
        actions::terminate(self.db, &self.funder, &ask(), self.target(id).await, &command).await.unwrap();
    }

    /// An act of a month, accepted for a quantity that may be lower than what was claimed.
    pub async fn act(&self, id: Uuid, month: &str, claimed: &str, accepted: &str) -> Uuid {
        let month = day(&format!("{month}-01"));
        let act = claiming::draft(self.db, &self.provider, &ask(), id, month).await.unwrap().id;
        let line_id = terms::lines_of_month(&self.whole(id).await, month)[0].id;
        let of = |quantity: &str| [OfLine { line_id, quantity: quantity.to_owned() }];
        let target = |expected_version| Target { id: act, expected_version };
        claiming::submit(self.db, &self.provider, &ask(), target(1), &of(claimed)).await.unwrap();
        claiming::accept(self.db, &self.funder, &ask(), target(2), Some(&of(accepted)), None).await.unwrap();
        act
    }

    /// Pays for an act; the payment's id.
    pub async fn pay(&self, id: Uuid, act: Uuid, amount: &str, on: &str) -> Uuid {
        let reference = key();
        let (amount, paid_on) = (amount.to_owned(), day(on));
        let command = Pay { amount, paid_on, reference: reference.clone(), act_id: Some(act), tranche_id: None };
        paying::pay(self.db, &self.funder, &ask(), self.target(id).await, &command).await.unwrap();
        let reading = self.db.read(&self.funder).await.unwrap();
        let payments = store::payments(reading.link(), &[id]).await.unwrap();
        reading.end().await.unwrap();
        payments.iter().find(|payment| payment.reference == reference).unwrap().id
    }

    async fn reverse(&self, id: Uuid, payment: Uuid, on: &str) {
        let target = Target { id: payment, ..self.target(id).await };
        paying::reverse(self.db, &self.funder, &ask(), target, day(on), "помилковий рахунок").await.unwrap();
    }
}

const QUESTION: &str = "query($input: IndicatorsInput!){ indicators(input: $input) { minCell release { lastMonth }
    rows { indicator unit total dimensions { dimension key } cell { value money status origin } } } }";

/// Each row of an answer by its keys: value or money, and the status.
async fn figures(town: &Town, side: &Side, input: Value) -> BTreeMap<String, (Option<String>, String)> {
    let answer = town.ask(side, QUESTION, json!({"input": input})).await;
    let rows = answer.data()["indicators"]["rows"].as_array().unwrap().clone();
    let told = |row: &Value| {
        let keys: Vec<_> = row["dimensions"].as_array().unwrap().iter().map(|by| by["key"].as_str().unwrap()).collect();
        let (told, other) = if row["unit"] == "MONEY" { ("money", "value") } else { ("value", "money") };
        assert_eq!(row["cell"][other], Value::Null, "{row}");
        let amount = row["cell"][told].as_str().map(str::to_owned);
        (keys.join("/"), (amount, row["cell"]["status"].as_str().unwrap().to_owned()))
    };
    rows.iter().map(told).collect()
}

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

/// Sums by the keys of a question, with every total; a part without anything has no row.
fn summed(by: &[&str], parts: &[(Vec<String>, i64)]) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::from([(String::new(), 0)]);
    for chosen in 0..1_usize << by.len() {
        let mut of: BTreeMap<String, i64> = BTreeMap::new();
        for (keys, amount) in parts {
            let some: Vec<_> =
                keys.iter().enumerate().filter(|(at, _)| (chosen >> at) & 1 == 1).map(|(_, key)| key.as_str()).collect();
            *of.entry(some.join("/")).or_default() += amount;
        }
        sums.extend(of);
    }
    sums
}

#[tokio::test]
async fn contracts_amounts_and_payments_are_those_of_a_plain_list() {
    let town = Town::new().await;
    let (fund, charity) = (town.side(Kind::Fund).await, town.side(Kind::Charity).await);
    let afar = town.side(Kind::Ngo).await;
    let (one, other) = (&town.receiver, &town.stranger);
    let first = Parties::new(&town, (&fund, Kind::Fund), (one, Kind::Ngo));
    let second = Parties::new(&town, (&charity, Kind::Charity), (other, Kind::Charity));
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
    let whole = vec![
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
}

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
