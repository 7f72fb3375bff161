//! Rules of the monthly act: what may be claimed, how a claim is decided, and what the records show beside it. Pure.

use super::{
    model::*,
    rules::{At, WORDS, outside, unknown},
    terms,
};
use crate::base::{
    Error, Refusal, Result,
    error::{Refusals, UserErrorCode},
    money,
    number::Number,
    text,
    words::contract::{ActStatus, ContractStatus},
};
use chrono::NaiveDate;
use uuid::Uuid;

/// An act with the lines of its round.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    pub act: Act,
    pub lines: Vec<ActLine>,
}

/// What records show of a service in a month.
fn recorded(line: &Line, month: NaiveDate, worked: &[Worked]) -> Option<Number> {
    let service = line.service_id?;
    let of = worked.iter().filter(|row| row.contract_id == line.contract_id && row.month == month && row.service_id == service);
    Some(Number::count(of.map(|row| row.quantity).sum()))
}

/// `actDraft`: each line with what the month's records show; what they cannot show the provider writes when it submits.
pub fn draft(whole: &Whole, month: NaiveDate, worked: &[Worked], act_id: Uuid, at: At) -> Result<Claimed, Refusal> {
    open(&whole.row, "contractId")?;
    within(whole, month, at, "month")?;
    if whole.acts.iter().any(|act| act.month == month) {
        return Err(exists());
    }
    let lines = terms::lines_of_month(whole, month).into_iter().map(|line| {
        let shown = recorded(line, month, worked);
        of_line(line, act_id, 0, shown.unwrap_or(Number::count(0)), shown)
    });
    let lines: Vec<ActLine> = lines.collect::<Option<_>>().ok_or_else(too_much)?;
    let row = &whole.row;
    let act = Act {
        id: act_id,
        contract_id: row.id,
        provider_id: row.provider_id,
        funder_id: row.funder_id,
        of_fund: row.of_fund,
        region_code: row.region_code.clone(),
        month,
        status: ActStatus::Draft,
        round: 0,
        claimed_kop: total(&lines)?,
        accepted_kop: None,
        paid_kop: 0,
        created_at: at.now,
        first_submitted_at: None,
        submitted_at: None,
        decided_at: None,
        return_reason: None,
        note: None,
        updated_at: at.now,
        version: 1,
    };
    Ok(Claimed { act, lines })
}

/// `actSubmit`: what is claimed of each line; a line that is not named is not claimed. What the records show is kept beside it.
pub fn submit(whole: &Whole, act: &Act, claims: &[OfLine], worked: &[Worked], at: At) -> Result<Claimed> {
    stands(act, &[ActStatus::Draft, ActStatus::Returned])?;
    open(&whole.row, "id")?;
    within(whole, act.month, at, "id")?;
    let round = act.round + 1;
    let (mut refusals, mut lines) = (Refusals::default(), Vec::new());
    let of_month = terms::lines_of_month(whole, act.month);
    let named = quantities(claims, "claimedQuantity", |id| of_month.iter().any(|line| line.id == id), &mut refusals);
    for line in of_month {
        let found = named.iter().find(|(id, _, _)| *id == line.id);
        let (place, quantity) = found.map_or((0, Number::count(0)), |(_, place, quantity)| (*place, *quantity));
        match of_line(line, act.id, round, quantity, recorded(line, act.month, worked)) {
            Some(row) => lines.push(row),
            None => refusals.add(Refusal::invalid(&format!("lines.{place}.claimedQuantity"), TOO_MUCH)),
        }
    }
    refusals.end()?;
    let claimed_kop = total(&lines)?;
    if claimed_kop == 0 {
        return Err(Refusal::invalid("lines", "An act claims something.").into());
    }
    let act = Act {
        status: ActStatus::Submitted,
        round,
        claimed_kop,
        first_submitted_at: act.first_submitted_at.or(Some(at.now)),
        submitted_at: Some(at.now),
        updated_at: at.now,
        version: act.version + 1,
        ..act.clone()
    };
    Ok(Claimed { act, lines })
}

/// `actAccept`: as claimed, or a lower quantity of some lines. Returns the act with its lines, and the contract that has accepted so much more.
pub fn accept(
    whole: &Whole,
    claimed: &Claimed,
    lower: Option<&[OfLine]>,
    note: Option<&str>,
    at: At,
) -> Result<(Claimed, FundingContract)> {
    let act = &claimed.act;
    stands(act, &[ActStatus::Submitted])?;
    open(&whole.row, "id")?;
    let note = text::optional_line(note, "note", WORDS)?;
    let mut refusals = Refusals::default();
    let known = |id| claimed.lines.iter().any(|line| line.line_id == id);
    let named = quantities(lower.unwrap_or_default(), "acceptedQuantity", known, &mut refusals);
    let mut lines = claimed.lines.clone();
    for line in &mut lines {
        let named = named.iter().find(|(id, _, _)| *id == line.line_id);
        let accepted = named.map_or(line.claimed_parts, |(_, _, quantity)| quantity.parts());
        if let Some((_, place, _)) = named.filter(|_| accepted > line.claimed_parts) {
            let message =
                said!("{claimed} was claimed: no more can be accepted.", claimed = Number::of_parts(line.claimed_parts));
            refusals.add(Refusal::invalid(&format!("lines.{place}.acceptedQuantity"), message));
            continue;
        }
        let price = whole.lines.iter().find(|of| of.id == line.line_id).map(|of| of.unit_price_kop);
        let cost = price.and_then(|price| money::cost(Number::of_parts(accepted), price));
        let cost = cost.ok_or_else(|| Error::internal("a claim of a line that its contract lacks"))?;
        (line.accepted_parts, line.accepted_kop) = (Some(accepted), Some(cost));
    }
    refusals.end()?;
    let accepted: i64 = lines.iter().filter_map(|line| line.accepted_kop).sum();
    if accepted == 0 {
        return Err(Refusal::invalid("lines", "An act of which nothing is accepted is returned instead.").into());
    }
    let row = &whole.row;
    let (after, ceiling) = (row.accepted_kop + accepted, terms::ceiling(&whole.terms, at.today));
    if after > ceiling {
        let message = said!(
            "With it {accepted} would be accepted, the contract has {amount}.",
            accepted = money::text(after),
            amount = money::text(ceiling)
        );
        return Err(Refusal::new(UserErrorCode::AmountExceedsContract, "lines", message).into());
    }
    let act = Act {
        status: ActStatus::Accepted,
        accepted_kop: Some(accepted),
        decided_at: Some(at.now),
        return_reason: None,
        note,
        updated_at: at.now,
        version: act.version + 1,
        ..act.clone()
    };
    let row = FundingContract { accepted_kop: after, ceiling_kop: ceiling, ..row.clone() };
    Ok((Claimed { act, lines }, row))
}

/// `actReturn`: to be corrected and submitted again.
pub fn give_back(whole: &Whole, act: &Act, reason: String, at: At) -> Result<Act, Refusal> {
    stands(act, &[ActStatus::Submitted])?;
    open(&whole.row, "id")?;
    Ok(Act {
        status: ActStatus::Returned,
        decided_at: Some(at.now),
        return_reason: Some(reason),
        updated_at: at.now,
        version: act.version + 1,
        ..act.clone()
    })
}

/// Quantities of lines as they are written: the line, its place in the input, how much.
fn quantities(
    told: &[OfLine],
    field: &str,
    known: impl Fn(Uuid) -> bool,
    refusals: &mut Refusals,
) -> Vec<(Uuid, usize, Number)> {
    let mut named: Vec<(Uuid, usize, Number)> = Vec::new();
    for (place, of) in told.iter().enumerate() {
        let at = |field: &str| format!("lines.{place}.{field}");
        if !known(of.line_id) {
            refusals.add(unknown(&at("lineId")));
        } else if named.iter().any(|(id, _, _)| *id == of.line_id) {
            refusals.add(Refusal::new(UserErrorCode::Duplicate, &at("lineId"), "This line stands here twice."));
        }
        if let Some(quantity) = refusals.take(Number::parse(&of.quantity, &at(field))) {
            named.push((of.line_id, place, quantity));
        }
    }
    named
}

fn of_line(line: &Line, act_id: Uuid, round: i16, claimed: Number, shown: Option<Number>) -> Option<ActLine> {
    Some(ActLine {
        act_id,
        round,
        line_id: line.id,
        claimed_parts: claimed.parts(),
        recorded_parts: shown.map(Number::parts),
        accepted_parts: None,
        claimed_kop: money::cost(claimed, line.unit_price_kop)?,
        accepted_kop: None,
    })
}

fn total(lines: &[ActLine]) -> Result<i64, Refusal> {
    Some(lines.iter().map(|line| line.claimed_kop).sum()).filter(|sum| *sum <= money::MOST).ok_or_else(too_much)
}

const TOO_MUCH: &str = "This is more than any contract may have.";

fn too_much() -> Refusal {
    Refusal::invalid("lines", TOO_MUCH)
}

pub fn exists() -> Refusal {
    Refusal::new(UserErrorCode::ActExistsForMonth, "month", "There is an act for this month already.")
}

/// Acts go on while a contract is active, and after a termination for what was done by then.
fn open(row: &FundingContract, field: &str) -> Result<(), Refusal> {
    match row.status {
        ContractStatus::Active => Ok(()),
        // One that was never active has no work.
        ContractStatus::Terminated if row.active_from.is_some() => Ok(()),
        other => Err(Refusal::new(UserErrorCode::ContractNotActive, field, said!("The contract is {status}.", status = other))),
    }
}

/// The month has begun and lies within the term, until the day on which the contract ended.
fn within(whole: &Whole, month: NaiveDate, at: At, field: &str) -> Result<(), Refusal> {
    if month > at.today {
        return Err(Refusal::new(UserErrorCode::OutsideContractTerm, field, "This month has not begun yet."));
    }
    terms::working_days_of(&whole.row, &whole.terms, month).map(drop).ok_or_else(|| outside(field))
}

fn stands(act: &Act, states: &[ActStatus]) -> Result<(), Refusal> {
    if states.contains(&act.status) {
        return Ok(());
    }
    Err(Refusal::new(
        UserErrorCode::TransitionNotAllowed,
        "id",
        said!("An act that is {status} cannot take this step.", status = act.status),
    ))
}
