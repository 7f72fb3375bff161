//! The monthly act and its lines.

use super::{
    loader::{ActLinesOf, ContractById, LineById},
    object::{ContractLine, FundingContract},
};
use crate::{
    base::{number::Number, words::contract::ActStatus},
    contract::{model as row, policy},
    graphql::{
        context::Session,
        directive::scope,
        loaders,
        node::Kind,
        scalars::{DateTime, Decimal, Money, YearMonth},
    },
};
use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use std::sync::Arc;

/// The monthly act of services rendered (акт наданих послуг).
#[derive(Clone)]
pub struct ServiceAct(pub Arc<row::Act>);

connection!(
    ServiceAct,
    ServiceActConnection,
    ServiceActEdge,
    "A page of acts of services, newest first (сторінка переліку актів)."
);

/// The monthly act of services rendered (акт наданих послуг), the ground for payment: one for each contract and month. What was claimed each time it was submitted is kept.
#[Object(directive = scope::apply("contracts:read".to_owned()))]
impl ServiceAct {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        Kind::ServiceAct.id(self.0.id)
    }

    /// The contract under which the services were given (договір).
    async fn contract(&self, ctx: &Context<'_>) -> Result<FundingContract> {
        loaders::present(loaders::load(ctx, ContractById(self.0.contract_id)).await?).map(FundingContract)
    }

    /// The month in which they were given (місяць).
    async fn month(&self) -> YearMonth {
        YearMonth::of(self.0.month)
    }

    /// How far it is; PAID follows from payments alone (стан).
    async fn status(&self) -> ActStatus {
        self.0.status
    }

    /// What its lines claim together (заявлено).
    async fn claimed(&self) -> Money {
        Money::of(self.0.claimed_kop)
    }

    /// What was accepted of it; null: nothing was decided, or it was returned (прийнято).
    async fn accepted(&self) -> Option<Money> {
        self.0.accepted_kop.map(Money::of)
    }

    /// Payments for it less reversals (сплачено).
    async fn paid(&self) -> Money {
        Money::of(self.0.paid_kop)
    }

    /// Its lines as it was submitted last; of a draft as the records filled them in (рядки).
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<ServiceActLine>> {
        let between_them = policy::is_between_them(Session::of(ctx).actor(), &*self.0);
        let lines = loaders::list(ctx, ActLinesOf(self.0.id)).await?;
        Ok(lines.into_iter().map(|line| ServiceActLine::of(line, between_them)).collect())
    }

    /// When it was submitted last (подано).
    async fn submitted_at(&self) -> Option<DateTime> {
        self.0.submitted_at.map(DateTime)
    }

    /// When the funder has decided on it last (вирішено).
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }

    /// Why it was returned last; null once it is accepted (причина повернення).
    async fn return_reason(&self) -> Option<&str> {
        self.0.return_reason.as_deref()
    }

    /// What the funder has noted when it accepted (примітка).
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// Grows with each change; give it back as `expectedVersion` (версія).
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// What is claimed of a line of the contract in a month, beside what the records show: a claim above them is visible to both sides before anyone pays (рядок акта).
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct ServiceActLine {
    /// What the provider claims (заявлена кількість).
    claimed_quantity: Decimal,
    /// What the month's records showed when it was submitted, or drafted. For the two sides alone; null to others, and of a line without a service (кількість за обліком).
    recorded_quantity: Option<Decimal>,
    /// What the funder has accepted (прийнята кількість).
    accepted_quantity: Option<Decimal>,
    /// Claimed quantity times price (заявлено).
    claimed: Money,
    /// Accepted quantity times price (прийнято).
    accepted: Option<Money>,
    #[graphql(skip)]
    row: row::ActLine,
}

impl ServiceActLine {
    fn of(row: row::ActLine, between_them: bool) -> Self {
        let quantity = |parts| Decimal(Number::of_parts(parts).to_string());
        Self {
            claimed_quantity: quantity(row.claimed_parts),
            recorded_quantity: row.recorded_parts.filter(|_| between_them).map(quantity),
            accepted_quantity: row.accepted_parts.map(quantity),
            claimed: Money::of(row.claimed_kop),
            accepted: row.accepted_kop.map(Money::of),
            row,
        }
    }
}

#[ComplexObject]
impl ServiceActLine {
    /// The line of the contract (рядок договору).
    async fn line(&self, ctx: &Context<'_>) -> Result<ContractLine> {
        let row = loaders::present(loaders::load(ctx, LineById(self.row.line_id)).await?)?;
        Ok(ContractLine::from((*row).clone()))
    }
}
