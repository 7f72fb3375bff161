//! Inputs about contracts, and the commands that they become.

use crate::{
    base::{self, words::contract::*},
    contract::model::{self as row, Target},
    graphql::{
        case::step_input,
        node::Kind,
        scalars::{Date, Decimal, Katottg, Money, PartialDate, YearMonth},
    },
};
use async_graphql::{ID, InputObject};
use uuid::Uuid;

/// What a contract pays for (рядок кошторису). Quantity times price is its amount.
#[derive(Clone, Debug, InputObject)]
pub struct ContractLineInput {
    /// Code of the service whose records show the quantity, each in one line; null: no records show it (код послуги).
    service_code: Option<String>,
    /// What the money is for (стаття витрат).
    budget_line: BudgetLine,
    /// What the quantity counts, such as "консультація" or "місяць" (одиниця).
    unit: String,
    /// For the whole term: above zero, at most four decimals (запланована кількість).
    planned_quantity: Decimal,
    /// Of one unit, above zero (ціна).
    unit_price: Money,
}

/// A part of the amount that is paid by a day and not by an act (транш).
#[derive(Clone, Debug, InputObject)]
pub struct TrancheInput {
    /// When in the work it is paid (вид).
    kind: TrancheKind,
    /// How much, above zero (сума).
    amount: Money,
    /// The day on which it is due (строк сплати).
    due_on: Date,
}

/// How the provider was chosen (обрання надавача).
#[derive(Clone, Debug, InputObject)]
pub struct ProviderSelectionInput {
    /// Who chose it (хто обрав).
    authority: SelectionAuthority,
    /// The body that decided; never a person (орган).
    body: Option<String>,
    /// Number of the decision (номер рішення).
    decision_number: Option<String>,
    /// Its day, as far as the source knows it (дата рішення).
    decided_on: Option<PartialDate>,
}

fn lines(told: Vec<ContractLineInput>) -> Vec<row::NewLine> {
    let line = |line: ContractLineInput| row::NewLine {
        service_code: line.service_code,
        budget_line: line.budget_line,
        unit: line.unit,
        planned_quantity: line.planned_quantity.0,
        unit_price: line.unit_price.0,
    };
    told.into_iter().map(line).collect()
}

fn tranches(told: Vec<TrancheInput>) -> Vec<row::NewTranche> {
    let tranche =
        |tranche: TrancheInput| row::NewTranche { kind: tranche.kind, amount: tranche.amount.0, due_on: tranche.due_on.0 };
    told.into_iter().map(tranche).collect()
}

/// `contractCreate`: a draft of your own organisation as the funder, of which the provider knows nothing before it is signed.
#[derive(Clone, Debug, InputObject)]
pub struct ContractCreateInput {
    /// Key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same (ключ ідемпотентності).
    pub idempotency_key: Option<String>,
    /// Its number on the paper; unique among your contracts that were not cancelled (номер).
    number: String,
    /// Who gives the services; another organisation than yours (надавач).
    provider_id: ID,
    /// The provider's centre in which they are given; null: anywhere in the hromada (центр).
    centre_id: Option<ID>,
    /// The hromada; of its own region for a branch of the Fund (громада).
    territory: Katottg,
    /// Its first day (початок).
    starts_on: Date,
    /// Its last day, inclusive; at most ten years (кінець).
    ends_on: Date,
    /// What it pays for, 1 to 200 lines; they add up to its amount (рядки кошторису).
    lines: Vec<ContractLineInput>,
    /// Parts that are paid by a day, at most 60; together at most the amount (транші).
    tranches: Option<Vec<TrancheInput>>,
    /// How the provider was chosen (обрання надавача).
    selection: Option<ProviderSelectionInput>,
    /// The provider's account (рахунок отримувача).
    payee_iban: Option<String>,
}

impl ContractCreateInput {
    pub fn command(self) -> Result<row::Create, base::Error> {
        let selection = |of: ProviderSelectionInput| row::Selection {
            authority: of.authority,
            body: of.body,
            decision_number: of.decision_number,
            decided_on: of.decided_on.map(|day| day.0),
        };
        Ok(row::Create {
            number: self.number,
            provider_id: Kind::Organization.key(&self.provider_id, "providerId")?,
            centre_id: Kind::Centre.maybe(self.centre_id.as_ref(), "centreId")?,
            territory: self.territory.0,
            starts_on: self.starts_on.0,
            ends_on: self.ends_on.0,
            lines: lines(self.lines),
            tranches: tranches(self.tranches.unwrap_or_default()),
            selection: self.selection.map(selection),
            payee_iban: self.payee_iban,
        })
    }
}

step_input! {
    /// `contractSign`: both have signed on paper.
    ContractSignInput(FundingContract) {
        /// The day that stands on the paper, as far as it is known (дата підписання).
        signed_on: PartialDate,
    }
}
step_input! {
    /// `contractActivate`.
    ContractActivateInput(FundingContract) {
        /// The day from which on work counts: within the term, not in the future (діє з).
        on: Date,
    }
}
step_input! {
    /// `contractSuspend`.
    ContractSuspendInput(FundingContract) {
        /// Why, for the provider and those who oversee; never about a person (причина).
        reason: String,
    }
}
step_input! {
    /// `contractResume`.
    ContractResumeInput(FundingContract) {
        /// Why (причина).
        reason: Option<String>,
    }
}
step_input! {
    /// `contractComplete`.
    ContractCompleteInput(FundingContract) {
        /// The last day on which work counted: within the term, not in the future (день закінчення).
        on: Date,
    }
}
step_input! {
    /// `contractTerminate`.
    ContractTerminateInput(FundingContract) {
        /// The last day on which work counted; not in the future, and not before a month whose act stands (день припинення).
        on: Date,
        /// Why (підстава).
        end_reason: ContractEndReason,
        /// More about it; required for OTHER (примітка).
        note: Option<String>,
    }
}

impl ContractTerminateInput {
    pub fn command(self) -> row::Terminate {
        row::Terminate { on: self.on.0, end_reason: self.end_reason, note: self.note }
    }
}

step_input! {
    /// `contractCancel`: drafts only.
    ContractCancelInput(FundingContract) {
        /// Why (причина).
        reason: String,
    }
}
step_input! {
    /// `contractAmend`: what is absent stays as it is in force.
    ContractAmendInput(FundingContract) {
        /// Its number on the paper; unique in the contract (номер).
        number: String,
        /// What it changes above all: AMOUNT needs lines of another amount, TERM the new last day, BUDGET_LINES lines of the same amount (предмет).
        kind: AmendmentKind,
        /// From which day on; not before the amendment before it, and after each month whose act stands if the lines change (діє з).
        effective_on: Date,
        /// The whole new set of lines (рядки кошторису).
        lines: Option<Vec<ContractLineInput>>,
        /// The whole new set of tranches: those that are approved or paid must stand in it as they are (транші).
        tranches: Option<Vec<TrancheInput>>,
        /// The new last day, inclusive (новий останній день).
        new_ends_on: Option<Date>,
        /// Why; never about a person (обґрунтування).
        rationale: String,
    }
}

impl ContractAmendInput {
    pub fn command(self) -> row::Amend {
        row::Amend {
            number: self.number,
            kind: self.kind,
            effective_on: self.effective_on.0,
            lines: self.lines.map(lines),
            tranches: self.tranches.map(tranches),
            new_ends_on: self.new_ends_on.map(|day| day.0),
            rationale: self.rationale,
        }
    }
}

step_input! {
    /// `trancheApprove`; id and version are the contract's.
    TrancheApproveInput(FundingContract) {
        /// The tranche (транш).
        tranche_id: ID,
    }
}
step_input! {
    /// `trancheWithhold`; id and version are the contract's.
    TrancheWithholdInput(FundingContract) {
        /// The tranche (транш).
        tranche_id: ID,
        /// Why (причина).
        reason: String,
    }
}
step_input! {
    /// `trancheCancel`; id and version are the contract's.
    TrancheCancelInput(FundingContract) {
        /// The tranche (транш).
        tranche_id: ID,
        /// Why (причина).
        reason: String,
    }
}

/// The tranche that is meant.
pub fn tranche(id: &ID) -> Result<Uuid, base::Error> {
    Kind::Tranche.key(id, "trancheId")
}

/// `actDraft`: one for each contract and month.
#[derive(Clone, Debug, InputObject)]
pub struct ActDraftInput {
    /// Key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same (ключ ідемпотентності).
    pub idempotency_key: Option<String>,
    /// The contract; your organisation is its provider (договір).
    pub contract_id: ID,
    /// The month: within the term, begun (місяць).
    pub month: YearMonth,
}

/// What is claimed of a line (заявлено за рядком).
#[derive(Clone, Debug, InputObject)]
pub struct ActLineInput {
    /// A line of the contract that is in force on the month's last day (рядок).
    line_id: ID,
    /// How much: not below zero, at most four decimals (кількість).
    claimed_quantity: Decimal,
}

/// What is accepted of a line (прийнято за рядком).
#[derive(Clone, Debug, InputObject)]
pub struct ActAcceptLineInput {
    /// The line (рядок).
    line_id: ID,
    /// How much: not above what is claimed (кількість).
    accepted_quantity: Decimal,
}

fn of_line(place: usize, id: &ID, quantity: &Decimal) -> Result<row::OfLine, base::Error> {
    let line_id = Kind::ContractLine.key(id, &format!("lines.{place}.lineId"))?;
    Ok(row::OfLine { line_id, quantity: quantity.0.clone() })
}

step_input! {
    /// `actSubmit`: a draft, or an act that was returned.
    ActSubmitInput(ServiceAct) {
        /// What is claimed; a line that is not named is not claimed (рядки).
        lines: Vec<ActLineInput>,
    }
}

impl ActSubmitInput {
    pub fn claims(&self) -> Result<Vec<row::OfLine>, base::Error> {
        let of = |(place, line): (usize, &ActLineInput)| of_line(place, &line.line_id, &line.claimed_quantity);
        self.lines.iter().enumerate().map(of).collect()
    }
}

step_input! {
    /// `actAccept`: as claimed, or less.
    ActAcceptInput(ServiceAct) {
        /// Lines of which less is accepted than claimed; those that are not named are accepted as claimed (рядки).
        lines: Option<Vec<ActAcceptLineInput>>,
        /// What the provider should know (примітка).
        note: Option<String>,
    }
}

impl ActAcceptInput {
    pub fn lower(&self) -> Result<Option<Vec<row::OfLine>>, base::Error> {
        let of = |(place, line): (usize, &ActAcceptLineInput)| of_line(place, &line.line_id, &line.accepted_quantity);
        self.lines.as_ref().map(|lines| lines.iter().enumerate().map(of).collect()).transpose()
    }
}

step_input! {
    /// `actReturn`: to be corrected and submitted again.
    ActReturnInput(ServiceAct) {
        /// Why, for the provider (причина).
        reason: String,
    }
}

/// `paymentRecord`: money that was paid for an act or a tranche, exactly one of them.
#[derive(Clone, Debug, InputObject)]
pub struct PaymentRecordInput {
    /// Key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same (ключ ідемпотентності).
    pub idempotency_key: Option<String>,
    /// The contract (договір).
    contract_id: ID,
    /// The version of the contract that you have read (очікувана версія).
    expected_version: i32,
    /// How much: above zero, at most what is left of the act or tranche (сума).
    amount: Money,
    /// The day of the payment; not in the future (дата).
    paid_on: Date,
    /// Number of the payment order; unique in the contract (номер платіжної інструкції).
    reference: String,
    /// The accepted act for which it was paid (акт).
    act_id: Option<ID>,
    /// The approved tranche for which it was paid (транш).
    tranche_id: Option<ID>,
}

impl PaymentRecordInput {
    pub fn target(&self) -> Result<Target, base::Error> {
        Ok(Target { id: Kind::FundingContract.key(&self.contract_id, "contractId")?, expected_version: self.expected_version })
    }

    pub fn command(self) -> Result<row::Pay, base::Error> {
        Ok(row::Pay {
            amount: self.amount.0,
            paid_on: self.paid_on.0,
            reference: self.reference,
            act_id: Kind::ServiceAct.maybe(self.act_id.as_ref(), "actId")?,
            tranche_id: Kind::Tranche.maybe(self.tranche_id.as_ref(), "trancheId")?,
        })
    }
}

/// `paymentReverse`: a new row that takes a payment back as a whole.
#[derive(Clone, Debug, InputObject)]
pub struct PaymentReverseInput {
    /// Key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same (ключ ідемпотентності).
    pub idempotency_key: Option<String>,
    /// The payment (оплата).
    payment_id: ID,
    /// The version of the contract that you have read (очікувана версія).
    expected_version: i32,
    /// The day of the reversal: from the payment's own until today (дата).
    pub on: Date,
    /// Why (причина).
    pub reason: String,
}

impl PaymentReverseInput {
    pub fn target(&self) -> Result<Target, base::Error> {
        Ok(Target { id: Kind::Payment.key(&self.payment_id, "paymentId")?, expected_version: self.expected_version })
    }
}
