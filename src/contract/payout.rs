//! Rules of tranches and payments: money goes out for what was accepted or approved, and PAID follows from payments alone. Pure.

use super::{
    model::*,
    rules::{At, WORDS, outside, unknown},
    terms,
};
use crate::base::{
    Message, Refusal, Result,
    error::UserErrorCode,
    id, money, text,
    words::contract::{ActStatus, ContractStatus, TrancheStatus},
};
use chrono::NaiveDate;
use uuid::Uuid;

/// Longest reference of a payment, in characters.
const REFERENCE: usize = 100;

/// What a payment is for, as it is before or after.
#[derive(Clone, Debug, PartialEq)]
pub enum Purpose {
    Act(Act),
    Tranche(Tranche),
}

/// What a payment changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Paid {
    pub row: FundingContract,
    pub payment: Payment,
    pub purpose: Purpose,
}

fn tranche(whole: &Whole, id: Uuid, field: &str) -> Result<Tranche, Refusal> {
    let found = whole.tranches.iter().find(|tranche| tranche.id == id);
    found.cloned().ok_or_else(|| unknown(field))
}

/// `trancheApprove`: it may be paid. It is one of the last terms, and those are in force.
pub fn approve(whole: &Whole, tranche_id: Uuid, at: At) -> Result<Tranche, Refusal> {
    let tranche = tranche(whole, tranche_id, "trancheId")?;
    if whole.row.status != ContractStatus::Active {
        let message = said!("The contract is {status}.", status = whole.row.status);
        return Err(Refusal::new(UserErrorCode::ContractNotActive, "id", message));
    }
    let stands = terms::tranches(&whole.tranches, &whole.terms, at.today).any(|of| of.id == tranche_id);
    if !stands || tranche.until_terms.is_some() {
        let message = "The contract in force has no such tranche, today or soon.";
        return Err(Refusal::new(UserErrorCode::TransitionNotAllowed, "trancheId", message));
    }
    step(tranche, &[TrancheStatus::Planned], TrancheStatus::Approved)
}

/// `trancheWithhold` and `trancheCancel`: it is not paid. What was paid already is reversed first.
pub fn keep_back(whole: &Whole, tranche_id: Uuid, to: TrancheStatus) -> Result<Tranche, Refusal> {
    let tranche = tranche(whole, tranche_id, "trancheId")?;
    if tranche.paid_kop > 0 {
        let message = "A part of it is paid: reverse the payment first.";
        return Err(Refusal::new(UserErrorCode::TransitionNotAllowed, "trancheId", message));
    }
    step(tranche, &[TrancheStatus::Planned, TrancheStatus::Approved], to)
}

fn step(tranche: Tranche, from: &[TrancheStatus], to: TrancheStatus) -> Result<Tranche, Refusal> {
    if from.contains(&tranche.status) {
        return Ok(Tranche { status: to, ..tranche });
    }
    let message = said!("A tranche that is {status} cannot become {to}.", status = tranche.status, to);
    Err(Refusal::new(UserErrorCode::TransitionNotAllowed, "trancheId", message))
}

/// `paymentRecord`: at most what is left of the act or tranche, and of the contract.
pub fn pay(whole: &Whole, command: &Pay, at: At) -> Result<Paid, Refusal> {
    let row = &whole.row;
    if !matches!(row.status, ContractStatus::Active | ContractStatus::Completed | ContractStatus::Terminated)
        || row.active_from.is_none()
    {
        return Err(Refusal::new(
            UserErrorCode::ContractNotActive,
            "contractId",
            said!("The contract is {status}.", status = row.status),
        ));
    }
    let amount = money::parse(&command.amount, "amount")?;
    let reference = text::line(&command.reference, "reference", REFERENCE)?;
    if command.paid_on > at.today {
        return Err(Refusal::invalid("paidOn", "This day has not come yet."));
    }
    if command.paid_on < row.starts_on {
        return Err(outside("paidOn"));
    }
    let purpose = match (command.act_id, command.tranche_id) {
        (Some(id), None) => {
            let act = whole.acts.iter().find(|act| act.id == id && act.first_submitted_at.is_some());
            let act = act.ok_or_else(|| unknown("actId"))?;
            if act.status != ActStatus::Accepted {
                let message = said!("The act is {status}: only what was accepted is paid.", status = act.status);
                return Err(Refusal::new(UserErrorCode::TransitionNotAllowed, "actId", message));
            }
            left(act.accepted_kop.unwrap_or_default() - act.paid_kop, amount, |left| {
                said!("{left} of the act is left to be paid.", left)
            })?;
            Purpose::Act(act.clone())
        }
        (None, Some(id)) => {
            let tranche = tranche(whole, id, "trancheId")?;
            if tranche.status != TrancheStatus::Approved {
                let message = said!("The tranche is {status}: only one that is approved is paid.", status = tranche.status);
                return Err(Refusal::new(UserErrorCode::TransitionNotAllowed, "trancheId", message));
            }
            left(tranche.amount_kop - tranche.paid_kop, amount, |left| {
                said!("{left} of the tranche is left to be paid.", left)
            })?;
            Purpose::Tranche(tranche)
        }
        _ => return Err(Refusal::invalid("actId", "A payment is for an act or for a tranche: name one of the two.")),
    };
    let ceiling_kop = terms::ceiling(&whole.terms, at.today);
    left(ceiling_kop - row.paid_kop, amount, |left| said!("{left} of the contract is left to be paid.", left))?;
    let payment = Payment {
        id: id::timed(),
        contract_id: row.id,
        act_id: command.act_id,
        tranche_id: command.tranche_id,
        reverses_id: None,
        amount_kop: amount,
        paid_on: command.paid_on,
        reference,
        reason: None,
        recorded_at: at.now,
    };
    let row = FundingContract { ceiling_kop, ..row.clone() };
    Ok(after(row, payment, purpose, at))
}

/// `paymentReverse`: a new row that takes back the whole payment.
pub fn reverse(
    whole: &Whole,
    payment: &Payment,
    reversed: bool,
    on: NaiveDate,
    reason: String,
    at: At,
) -> Result<Paid, Refusal> {
    if payment.reverses_id.is_some() {
        let message = "This is a reversal: record the payment anew instead.";
        return Err(Refusal::new(UserErrorCode::TransitionNotAllowed, "paymentId", message));
    }
    if reversed {
        return Err(already_reversed());
    }
    if on > at.today || on < payment.paid_on {
        return Err(Refusal::invalid("on", "A payment is taken back on a day from its own until today."));
    }
    debug_assert!(reason.chars().count() <= WORDS);
    let purpose = match (payment.act_id, payment.tranche_id) {
        (Some(id), _) => Purpose::Act(whole.acts.iter().find(|act| act.id == id).cloned().ok_or_else(|| unknown("paymentId"))?),
        (None, Some(id)) => Purpose::Tranche(tranche(whole, id, "paymentId")?),
        (None, None) => return Err(unknown("paymentId")),
    };
    let reversal = Payment {
        id: id::timed(),
        reverses_id: Some(payment.id),
        amount_kop: -payment.amount_kop,
        paid_on: on,
        reason: Some(reason),
        recorded_at: at.now,
        ..payment.clone()
    };
    let row = FundingContract { ceiling_kop: terms::ceiling(&whole.terms, at.today), ..whole.row.clone() };
    Ok(after(row, reversal, purpose, at))
}

pub fn already_reversed() -> Refusal {
    Refusal::new(UserErrorCode::Duplicate, "paymentId", "This payment was reversed already.")
}

fn left(left: i64, amount: i64, told: impl Fn(String) -> Message) -> Result<(), Refusal> {
    if amount <= left {
        return Ok(());
    }
    Err(Refusal::new(UserErrorCode::AmountExceedsContract, "amount", told(money::text(left.max(0)))))
}

/// How things stand after a payment or its reversal.
fn after(row: FundingContract, payment: Payment, purpose: Purpose, at: At) -> Paid {
    let purpose = match purpose {
        Purpose::Act(act) => {
            let paid_kop = act.paid_kop + payment.amount_kop;
            let full = act.accepted_kop == Some(paid_kop);
            let status = if full { ActStatus::Paid } else { ActStatus::Accepted };
            Purpose::Act(Act { paid_kop, status, updated_at: at.now, version: act.version + 1, ..act })
        }
        Purpose::Tranche(tranche) => {
            let paid_kop = tranche.paid_kop + payment.amount_kop;
            let status = if tranche.amount_kop == paid_kop { TrancheStatus::Paid } else { TrancheStatus::Approved };
            Purpose::Tranche(Tranche { paid_kop, status, ..tranche })
        }
    };
    let row = FundingContract { paid_kop: row.paid_kop + payment.amount_kop, ..row };
    Paid { row, payment, purpose }
}
