//! Contracts in the words of open standards: valid, to the kopiyka, and for who may read them.

mod document;
mod route;
mod valid;

use crate::{
    served::Answer,
    town::{KAZANKA, Side, Town},
};
use chrono::NaiveDate;
use mistok::{
    access::Actor,
    base::words::{
        contract::{AmendmentKind, BudgetLine, ContractEndReason, SelectionAuthority, TrancheKind},
        organization::OrganizationKind as Kind,
    },
    contract::{
        actions, claiming,
        model::{Amend, Create, NewLine, NewTranche, OfLine, Pay, Selection, Target, Terminate, Whole},
        paying, store,
    },
    graphql::node,
    journal::idempotency::Ask,
};
use serde_json::Value;
use uuid::Uuid;

/// Where the provider wants the money.
const ACCOUNT: &str = "UA599999990000000000000000001";

/// A contract between the Fund's branch and the provider of a centre, in Kazanka.
struct Paper {
    town: Town,
    funder: Side,
    id: Uuid,
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn ask() -> Ask {
    Ask { mutation: "test", key: None, input_hash: Vec::new() }
}

fn line(service_code: Option<String>, budget_line: BudgetLine, planned: &str, price: &str) -> NewLine {
    let unit = if service_code.is_some() { "послуга" } else { "набір" };
    NewLine { service_code, budget_line, unit: unit.into(), planned_quantity: planned.into(), unit_price: price.into() }
}

impl Paper {
    /// A draft for 2025 of 33 333.00 for services and 1 049.90 for food, with an advance of 5 000.01.
    async fn draft() -> Self {
        let town = Town::new().await;
        let provider = town.receiver.partner.organization_id;
        Self::draft_for(town, provider).await
    }

    async fn draft_for(town: Town, provider_id: Uuid) -> Self {
        let funder = town.side(Kind::FundBranch).await;
        let own = provider_id == town.receiver.partner.organization_id;
        let centre = node::open(&async_graphql::ID(town.receiver.centre.clone())).unwrap().1;
        let create = Create {
            number: "17/25".into(),
            provider_id,
            centre_id: own.then_some(centre),
            territory: KAZANKA.into(),
            starts_on: day("2025-01-01"),
            ends_on: day("2025-12-31"),
            lines: vec![
                line(Some(town.service().await), BudgetLine::TeamPay, "100", "333.33"),
                line(None, BudgetLine::Food, "10.5", "99.99"),
            ],
            tranches: vec![NewTranche { kind: TrancheKind::Advance, amount: "5000.01".into(), due_on: day("2025-01-15") }],
            selection: Some(Selection {
                authority: SelectionAuthority::CompetitionCommission,
                body: Some("Конкурсна комісія громади".into()),
                decision_number: Some("4".into()),
                decided_on: Some("2024-12-10".into()),
            }),
            payee_iban: Some(ACCOUNT.into()),
        };
        let paper = Self { town, funder, id: Uuid::nil() };
        let actor = paper.actor(&paper.funder).await;
        let id = actions::create(paper.town.served.app.db(), &actor, &ask(), &create).await.unwrap().id;
        Self { id, ..paper }
    }

    async fn actor(&self, side: &Side) -> Actor {
        let app = &self.town.served.app;
        let bearer = app.tokens().verify(&side.token, app.db().clock().now()).unwrap();
        app.roster().actor(&bearer).await.unwrap()
    }

    async fn whole(&self, side: &Side) -> Whole {
        let reading = self.town.served.app.db().read(&self.actor(side).await).await.unwrap();
        store::wholes(reading.link(), &[self.id]).await.unwrap().pop().unwrap()
    }

    /// The contract as it stands.
    async fn target(&self) -> Target {
        Target { id: self.id, expected_version: self.whole(&self.funder).await.row.version }
    }

    /// The act of a month as its provider knows it.
    async fn act(&self, month: &str) -> Target {
        let acts = self.whole(&self.town.receiver).await.acts;
        let act = acts.into_iter().find(|act| act.month == day(month)).unwrap();
        Target { id: act.id, expected_version: act.version }
    }

    async fn sign(&self, on: &str) {
        let (actor, target) = (self.actor(&self.funder).await, self.target().await);
        actions::sign(self.town.served.app.db(), &actor, &ask(), target, on).await.unwrap();
    }

    async fn activate(&self) {
        let (actor, target) = (self.actor(&self.funder).await, self.target().await);
        actions::activate(self.town.served.app.db(), &actor, &ask(), target, day("2025-01-01")).await.unwrap();
    }

    /// Drafts the act of a month.
    async fn drafts(&self, month: &str) {
        let actor = self.actor(&self.town.receiver).await;
        claiming::draft(self.town.served.app.db(), &actor, &ask(), self.id, day(month)).await.unwrap();
    }

    /// Claims so much of the first line and of the second.
    async fn submits(&self, month: &str, claims: [&str; 2]) {
        let (actor, act) = (self.actor(&self.town.receiver).await, self.act(month).await);
        let lines = self.whole(&self.funder).await.lines;
        let of = |(place, quantity): (usize, &str)| OfLine { line_id: lines[place].id, quantity: quantity.into() };
        let claims: Vec<_> = claims.into_iter().enumerate().map(of).collect();
        claiming::submit(self.town.served.app.db(), &actor, &ask(), act, &claims).await.unwrap();
    }

    /// Accepts an act; where a quantity is named, so much of the first line.
    async fn accepts(&self, month: &str, lower: Option<&str>) {
        let (actor, act) = (self.actor(&self.funder).await, self.act(month).await);
        let line_id = self.whole(&self.funder).await.lines[0].id;
        let lower = lower.map(|quantity| vec![OfLine { line_id, quantity: quantity.into() }]);
        claiming::accept(self.town.served.app.db(), &actor, &ask(), act, lower.as_deref(), None).await.unwrap();
    }

    /// Pays for an act or a tranche. Returns the id of the payment.
    async fn pays(&self, amount: &str, on: &str, reference: &str, act_id: Option<Uuid>, tranche_id: Option<Uuid>) -> Uuid {
        let (actor, target) = (self.actor(&self.funder).await, self.target().await);
        let pay = Pay { amount: amount.into(), paid_on: day(on), reference: reference.into(), act_id, tranche_id };
        let db = self.town.served.app.db();
        paying::pay(db, &actor, &ask(), target, &pay).await.unwrap();
        let reading = db.read(&actor).await.unwrap();
        store::payments(reading.link(), &[self.id]).await.unwrap().pop().unwrap().id
    }

    /// A life with everything in it: an amendment, a tranche, an act that was returned and accepted lower, one that was paid, unpaid
    /// and paid again, one that waits, one that is a draft, and a termination.
    async fn lived() -> Self {
        let paper = Self::draft().await;
        paper.sign("2024-12-20").await;
        paper.activate().await;
        let (funder, db) = (paper.actor(&paper.funder).await, paper.town.served.app.db().clone());
        let amend = Amend {
            number: "1".into(),
            kind: AmendmentKind::Amount,
            effective_on: day("2025-05-01"),
            lines: Some(vec![line(Some(paper.town.service().await), BudgetLine::TeamPay, "120", "333.33")]),
            tranches: None,
            new_ends_on: Some(day("2025-11-30")),
            rationale: "Більше звернень".into(),
        };
        actions::amend(&db, &funder, &ask(), paper.target().await, &amend).await.unwrap();
        let tranche = paper.whole(&paper.funder).await.tranches[0].id;
        paying::approve(&db, &funder, &ask(), paper.target().await, tranche).await.unwrap();
        paper.pays("5000.01", "2025-01-14", "100", None, Some(tranche)).await;

        paper.drafts("2025-01-01").await;
        paper.submits("2025-01-01", ["12", "1"]).await;
        let act = paper.act("2025-01-01").await;
        claiming::give_back(&db, &funder, &ask(), act, "Немає списку присутніх Іваненко").await.unwrap();
        paper.submits("2025-01-01", ["10", "1"]).await;
        paper.accepts("2025-01-01", Some("9")).await;
        // 9 × 333.33 and 99.99.
        paper.pays("3099.96", "2025-02-10", "101", Some(act.id), None).await;

        paper.drafts("2025-02-01").await;
        paper.submits("2025-02-01", ["1", "0"]).await;
        paper.accepts("2025-02-01", None).await;
        let act = paper.act("2025-02-01").await.id;
        let payment = paper.pays("333.33", "2025-03-10", "102", Some(act), None).await;
        let target = Target { id: payment, ..paper.target().await };
        paying::reverse(&db, &funder, &ask(), target, day("2025-03-12"), "Не той рахунок").await.unwrap();
        paper.pays("333.30", "2025-03-13", "103", Some(act), None).await;

        paper.drafts("2025-03-01").await;
        paper.submits("2025-03-01", ["2", "0"]).await;
        paper.drafts("2025-04-01").await;
        let end = Terminate { on: day("2025-06-30"), end_reason: ContractEndReason::Mutual, note: None };
        actions::terminate(&db, &funder, &ask(), paper.target().await, &end).await.unwrap();
        paper
    }

    fn url(&self, ending: &str) -> String {
        let id = node::Kind::FundingContract.id(self.id);
        format!("{}/contracts/{}{ending}", self.town.served.url, *id)
    }

    /// What somebody gets at a document's address.
    async fn gets(&self, side: &Side, ending: &str) -> Answer {
        Answer::of(self.town.served.http.get(self.url(ending)).bearer_auth(&side.token).send().await.unwrap()).await
    }

    /// A document that must be there.
    async fn document(&self, side: &Side, ending: &str) -> Value {
        let answer = self.gets(side, ending).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.body
    }
}
