//! Figures of money: funding contracts are made as the program makes them, and asked for as a partner asks.

mod cost;
mod demonstration;
mod sums;

use crate::town::{KAZANKA, Side, Town, key};
use chrono::NaiveDate;
use mistok::{
    access::{Actor, Scopes},
    base::words::{
        access::AccessPurpose,
        contract::{AmendmentKind, BudgetLine, ContractEndReason, TrancheKind},
        organization::OrganizationKind as Kind,
    },
    contract::{
        actions, claiming,
        model::{Amend, Create, NewLine, NewTranche, OfLine, Pay, Target, Terminate, Whole},
        paying, store, terms,
    },
    db::Db,
    graphql::node,
    journal::idempotency::Ask,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

const MYKOLAIV_REGION: &str = "UA48000000000039575";

/// The two sides of funding contracts, as the program knows them.
pub struct Parties<'a> {
    db: &'a Db,
    pub funder: Actor,
    pub provider: Actor,
    centre: Option<Uuid>,
    hromada: &'static str,
}

/// An organisation as the program would know it, with every right that its kind may hold.
fn actor(organization_id: Uuid, kind: Kind) -> Actor {
    Actor {
        application_id: Uuid::now_v7(),
        organization_id,
        kind,
        scopes: Scopes::of_kind(kind),
        purpose: Some(AccessPurpose::CaseWork),
        acting_for: None,
        language: Default::default(),
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
            funder: actor(funder.0.partner.organization_id, funder.1),
            provider: actor(provider.0.partner.organization_id, provider.1),
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
