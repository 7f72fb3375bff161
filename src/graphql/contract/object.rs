//! A funding contract and what belongs to it.

use super::{
    act::ServiceAct,
    loader::{ActsOf, EventsOf, LinesOf, PaymentById, PaymentsOf, TermsOf, TrancheById, TranchesOf},
    query, reconciliation,
    reconciliation::Reconciliation,
};
use crate::base::error::ErrorCode;
use crate::{
    base::words::contract::*,
    contract::{model as row, policy, terms},
    graphql::{
        centre::Centre,
        context::Session,
        directive::{fails, scope},
        loaders,
        node::Kind,
        organization::Organization,
        scalars::{Date, DateTime, Decimal, Money, PartialDate, YearMonth},
        service::ServiceType,
        territory::Territory,
    },
};
use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use chrono::NaiveDate;
use std::sync::Arc;

/// A funding contract (договір про фінансування): a funder pays a provider for services rendered.
#[derive(Clone)]
pub struct FundingContract(pub Arc<row::FundingContract>);

connection!(
    FundingContract,
    FundingContractConnection,
    FundingContractEdge,
    "A page of funding contracts, newest first (сторінка переліку договорів)."
);

/// A funding contract (договір про фінансування): the Fund, a charity or an international organisation pays a provider for services rendered. The contract in force on a day is its base and the amendments until then; nothing is overwritten.
#[Object(directive = scope::apply("contracts:read".to_owned()))]
impl FundingContract {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        Kind::FundingContract.id(self.0.id)
    }

    /// Its number on the paper; unique with its funder (номер).
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// Who pays. Of the Fund's contracts the branch of the region and the central body act alike (хто фінансує).
    async fn funder(&self, ctx: &Context<'_>) -> Result<Organization> {
        Organization::load(ctx, self.0.funder_id).await
    }

    /// Who gives the services (надавач послуг).
    async fn provider(&self, ctx: &Context<'_>) -> Result<Organization> {
        Organization::load(ctx, self.0.provider_id).await
    }

    /// The centre in which they are given; null: in the hromada, with or without a centre (центр життєстійкості).
    async fn centre(&self, ctx: &Context<'_>) -> Result<Option<Centre>> {
        match self.0.centre_id {
            Some(id) => Centre::load(ctx, id).await.map(Some),
            None => Ok(None),
        }
    }

    /// The hromada (громада).
    async fn territory(&self, ctx: &Context<'_>) -> Result<Territory> {
        Territory::load(ctx, &self.0.territory_code).await
    }

    /// How the provider was chosen; null: it is not told (обрання надавача).
    async fn selection(&self) -> Option<ProviderSelection> {
        let row = &self.0;
        row.selection_authority.map(|authority| ProviderSelection {
            authority,
            body: row.selection_body.clone(),
            decision_number: row.selection_number.clone(),
            decided_on: row.selection_decided_on.clone().map(PartialDate),
        })
    }

    /// The provider's account, for the two sides alone; null to others (рахунок отримувача).
    async fn payee_iban(&self, ctx: &Context<'_>) -> Option<String> {
        self.0.payee_iban.clone().filter(|_| policy::is_between_them(Session::of(ctx).actor(), &*self.0))
    }

    /// The day of its signature as it stands on the paper, as far as the source knows it (дата підписання).
    async fn signed_on(&self) -> Option<PartialDate> {
        self.0.signed_on.clone().map(PartialDate)
    }

    /// Its first day (початок дії).
    async fn starts_on(&self) -> Date {
        Date(self.0.starts_on)
    }

    /// Its last day, inclusive, as the last amendment has it (останній день).
    async fn ends_on(&self, ctx: &Context<'_>) -> Result<Date> {
        Ok(Date(terms::ends_on(&self.terms(ctx).await?, self.0.starts_on)))
    }

    /// The day from which on work counts; null: it was not activated (діє з).
    async fn active_from(&self) -> Option<Date> {
        self.0.active_from.map(Date)
    }

    /// How far it is (стан).
    async fn status(&self) -> ContractStatus {
        self.0.status
    }

    /// Why it was terminated (підстава припинення).
    async fn end_reason(&self) -> Option<ContractEndReason> {
        self.0.end_reason
    }

    /// The last day on which work counted, of a contract that was completed or terminated (день закінчення).
    async fn ended_on(&self) -> Option<Date> {
        self.0.ended_on.map(Date)
    }

    /// Its steps, oldest first (історія).
    async fn timeline(&self, ctx: &Context<'_>) -> Result<Vec<ContractEvent>> {
        let events = loaders::list(ctx, EventsOf(self.0.id)).await?;
        let own = events.into_iter().filter(|event| event.subject_id == self.0.id);
        Ok(own.filter_map(ContractEvent::of).collect())
    }

    /// The amount in force on a day: what its lines add up to (сума).
    async fn amount(&self, ctx: &Context<'_>, #[graphql(desc = "The day; null: today.")] on: Option<Date>) -> Result<Money> {
        Ok(Money::of(terms::amount_on(&self.terms(ctx).await?, day(ctx, on))))
    }

    /// The amount before any amendment (початкова сума).
    async fn original_amount(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(Money::of(self.terms(ctx).await?.first().map_or(0, |terms| terms.amount_kop)))
    }

    /// What acts were accepted for; never above the amount (прийнято за актами).
    async fn accepted(&self) -> Money {
        Money::of(self.0.accepted_kop)
    }

    /// Payments less reversals; never above the amount (сплачено).
    async fn paid(&self) -> Money {
        Money::of(self.0.paid_kop)
    }

    /// Today's amount less what is paid (залишок).
    async fn remaining(&self, ctx: &Context<'_>) -> Result<Money> {
        let amount = terms::amount_on(&self.terms(ctx).await?, day(ctx, None));
        Ok(Money::of(amount - self.0.paid_kop))
    }

    /// The lines in force on a day, in their order; they add up to its amount (рядки кошторису).
    async fn lines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; null: today.")] on: Option<Date>,
    ) -> Result<Vec<ContractLine>> {
        let lines = loaders::list(ctx, LinesOf(self.0.id)).await?;
        let all = self.terms(ctx).await?;
        let in_force =
            terms::on(&all, day(ctx, on)).map(|of| terms::lines(&lines, of).cloned().map(ContractLine::from).collect());
        Ok(in_force.unwrap_or_default())
    }

    /// The tranches in force on a day, by the day on which they are due, with their state of today (транші).
    async fn tranches(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; null: today.")] on: Option<Date>,
    ) -> Result<Vec<Tranche>> {
        let tranches = loaders::list(ctx, TranchesOf(self.0.id)).await?;
        let all = self.terms(ctx).await?;
        Ok(terms::tranches(&tranches, &all, day(ctx, on)).cloned().map(Tranche::from).collect())
    }

    /// Its amendments in their order, those to come too (додаткові угоди).
    async fn amendments(&self, ctx: &Context<'_>) -> Result<Vec<Amendment>> {
        let all = self.terms(ctx).await?;
        Ok(all.windows(2).filter_map(|pair| Amendment::of(&pair[0], &pair[1])).collect())
    }

    /// Its monthly acts, month after month; a draft is its provider's alone (акти).
    async fn acts(&self, ctx: &Context<'_>) -> Result<Vec<ServiceAct>> {
        let acts = loaders::list(ctx, ActsOf(self.0.id)).await?;
        Ok(acts.into_iter().filter_map(|act| query::seen_act(ctx, Arc::new(act))).collect())
    }

    /// Payments and reversals, as they were recorded (оплати).
    async fn payments(&self, ctx: &Context<'_>) -> Result<Vec<Payment>> {
        Ok(loaders::list(ctx, PaymentsOf(self.0.id)).await?.into_iter().map(Payment::from).collect())
    }

    /// Money against work, of all its months until today or of those asked for, to the kopiyka (звірка).
    #[graphql(directive = fails::apply(vec![ErrorCode::BadUserInput]))]
    async fn reconciliation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first month; null: its beginning.")] from: Option<YearMonth>,
        #[graphql(desc = "The last month, inclusive; null: this month.")] to: Option<YearMonth>,
    ) -> Result<Reconciliation> {
        reconciliation::of(ctx, self.0.id, from, to).await
    }

    /// Grows with each change of the contract, its tranches and payments, and with each act that is accepted; give it back as `expectedVersion` (версія).
    async fn version(&self) -> i32 {
        self.0.version
    }
}

impl FundingContract {
    async fn terms(&self, ctx: &Context<'_>) -> Result<Vec<row::Terms>> {
        loaders::list(ctx, TermsOf(self.0.id)).await
    }
}

fn day(ctx: &Context<'_>, on: Option<Date>) -> NaiveDate {
    on.map_or_else(|| Session::of(ctx).db().clock().today(), |day| day.0)
}

/// How the provider of a contract was chosen (обрання надавача).
#[derive(Clone, SimpleObject)]
pub struct ProviderSelection {
    /// Who chose it (хто обрав).
    authority: SelectionAuthority,
    /// The body that decided, such as a commission; never a person (орган).
    body: Option<String>,
    /// Number of the decision (номер рішення).
    decision_number: Option<String>,
    /// Its day, as far as the source knows it (дата рішення).
    decided_on: Option<PartialDate>,
}

/// A step of a contract (подія).
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct ContractEvent {
    /// When it was recorded (коли).
    at: DateTime,
    /// The state before; null at the beginning (попередній стан).
    from: Option<ContractStatus>,
    /// The state after it (новий стан).
    to: ContractStatus,
    /// The day from which it counts, where one was told (дата).
    on: Option<Date>,
    /// Why, as the funder has told it (причина).
    reason: Option<String>,
    #[graphql(skip)]
    row: row::Event,
}

impl ContractEvent {
    fn of(row: row::Event) -> Option<Self> {
        let state = |word: &Option<String>| word.as_deref().and_then(ContractStatus::of);
        let (at, on) = (DateTime(row.at), row.on_day.map(Date));
        Some(Self { at, from: state(&row.before), to: state(&row.after)?, on, reason: row.reason.clone(), row })
    }
}

#[ComplexObject]
impl ContractEvent {
    /// Who (хто).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Organization> {
        Organization::load(ctx, self.row.organization_id).await
    }
}

/// What a contract pays for (рядок кошторису): quantity times price, to the nearest kopiyka.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct ContractLine {
    /// Opaque id; another one in each set of lines.
    id: ID,
    /// What the money is for (стаття витрат).
    budget_line: BudgetLine,
    /// What the quantity counts, such as "консультація" or "місяць" (одиниця).
    unit: String,
    /// For the whole term, with at most four decimals (запланована кількість).
    planned_quantity: Decimal,
    /// Of one unit (ціна).
    unit_price: Money,
    /// Quantity times price (сума).
    amount: Money,
    #[graphql(skip)]
    row: row::Line,
}

impl From<row::Line> for ContractLine {
    fn from(row: row::Line) -> Self {
        Self {
            id: Kind::ContractLine.id(row.id),
            budget_line: row.budget_line,
            unit: row.unit.clone(),
            planned_quantity: Decimal(row.planned().to_string()),
            unit_price: Money::of(row.unit_price_kop),
            amount: Money::of(row.amount_kop),
            row,
        }
    }
}

#[ComplexObject]
impl ContractLine {
    /// The service whose records show the quantity; null: no records of services show it (послуга).
    async fn service(&self, ctx: &Context<'_>) -> Result<Option<ServiceType>> {
        match self.row.service_id {
            Some(id) => ServiceType::load(ctx, id).await.map(Some),
            None => Ok(None),
        }
    }
}

/// A part of the amount that is paid by a day and not by an act; one in advance is settled by later acts (транш).
#[derive(Clone, SimpleObject)]
pub struct Tranche {
    /// Opaque id.
    id: ID,
    /// When in the work it is paid (вид).
    kind: TrancheKind,
    /// How much (сума).
    amount: Money,
    /// The day on which it is due (строк сплати).
    due_on: Date,
    /// How far it is; PAID follows from payments alone (стан).
    status: TrancheStatus,
    /// Payments for it less reversals (сплачено).
    paid: Money,
}

impl From<row::Tranche> for Tranche {
    fn from(row: row::Tranche) -> Self {
        Self {
            id: Kind::Tranche.id(row.id),
            kind: row.kind,
            amount: Money::of(row.amount_kop),
            due_on: Date(row.due_on),
            status: row.status,
            paid: Money::of(row.paid_kop),
        }
    }
}

/// A change of a contract's terms from a day on (додаткова угода).
#[derive(Clone, SimpleObject)]
pub struct Amendment {
    /// Opaque id.
    id: ID,
    /// Its number on the paper (номер).
    number: String,
    /// What it changes above all (предмет).
    kind: AmendmentKind,
    /// Its first day (діє з).
    effective_on: Date,
    /// By how much the amount grows; below zero where it shrinks (зміна суми).
    amount_delta: Money,
    /// The new last day of the contract; null: it stays (новий останній день).
    new_ends_on: Option<Date>,
    /// Why (обґрунтування).
    rationale: String,
}

impl Amendment {
    fn of(before: &row::Terms, row: &row::Terms) -> Option<Self> {
        Some(Self {
            id: Kind::Amendment.id(row.id),
            number: row.document.clone()?,
            kind: row.kind?,
            effective_on: Date(row.effective_on),
            amount_delta: Money::of(row.amount_kop - before.amount_kop),
            new_ends_on: Some(row.ends_on).filter(|day| *day != before.ends_on).map(Date),
            rationale: row.rationale.clone()?,
        })
    }
}

/// Money that was paid, or a reversal of it (оплата).
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Payment {
    /// Opaque id.
    id: ID,
    /// How much; a reversal is below zero (сума).
    amount: Money,
    /// The day of the payment or of its reversal (дата).
    paid_on: Date,
    /// Number of the payment order; a reversal has that of its payment (номер платіжної інструкції).
    reference: String,
    /// Why it was reversed (причина сторнування).
    reason: Option<String>,
    #[graphql(skip)]
    row: row::Payment,
}

impl From<row::Payment> for Payment {
    fn from(row: row::Payment) -> Self {
        Self {
            id: Kind::Payment.id(row.id),
            amount: Money::of(row.amount_kop),
            paid_on: Date(row.paid_on),
            reference: row.reference.clone(),
            reason: row.reason.clone(),
            row,
        }
    }
}

#[ComplexObject]
impl Payment {
    /// The act for which it was paid (акт).
    async fn act(&self, ctx: &Context<'_>) -> Result<Option<ServiceAct>> {
        match self.row.act_id {
            Some(id) => query::act(ctx, id).await,
            None => Ok(None),
        }
    }

    /// The tranche for which it was paid (транш).
    async fn tranche(&self, ctx: &Context<'_>) -> Result<Option<Tranche>> {
        match self.row.tranche_id {
            Some(id) => Ok(loaders::load(ctx, TrancheById(id)).await?.map(|row| Tranche::from((*row).clone()))),
            None => Ok(None),
        }
    }

    /// The payment that it takes back (сторнована оплата).
    async fn reverses(&self, ctx: &Context<'_>) -> Result<Option<Payment>> {
        match self.row.reverses_id {
            Some(id) => Ok(loaders::load(ctx, PaymentById(id)).await?.map(|row| Payment::from((*row).clone()))),
            None => Ok(None),
        }
    }
}
