//! What is in force on which day: the contract itself and the amendments until then. And how lines and tranches come to be. Pure.

use super::model::*;
use crate::{
    base::{
        Refusal,
        error::{Refusals, UserErrorCode},
        id, money,
        number::Number,
        text,
        words::contract::{AmendmentKind, TrancheStatus},
    },
    service::model::ServiceType,
};
use chrono::{Datelike, Months, NaiveDate};
use std::collections::HashSet;
use uuid::Uuid;

/// Lines of one set of terms.
const LINES: usize = 200;
/// Tranches of one set of terms.
const TRANCHES: usize = 60;
/// Longest unit, in characters.
const UNIT: usize = 50;

/// The first day of the month of a day.
pub fn month_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// The first day of the next month.
pub fn next_month(day: NaiveDate) -> NaiveDate {
    month_of(day).checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX)
}

/// The last day of the month of a day.
pub fn last_of_month(day: NaiveDate) -> NaiveDate {
    next_month(day).pred_opt().unwrap_or(NaiveDate::MAX)
}

/// The terms in force on a day: those of the last amendment until then, before all of them the contract's own.
pub fn on(terms: &[Terms], day: NaiveDate) -> Option<&Terms> {
    terms.iter().rev().find(|terms| terms.effective_on <= day).or_else(|| terms.first())
}

/// The amount in force on a day, in kopiykas.
pub fn amount_on(terms: &[Terms], day: NaiveDate) -> i64 {
    on(terms, day).map_or(0, |terms| terms.amount_kop)
}

/// The smallest amount in force on a day or later: what is accepted or paid today must not be too much tomorrow.
pub fn ceiling(terms: &[Terms], today: NaiveDate) -> i64 {
    // What another amendment replaces on its own day is never in force.
    let later = terms.iter().filter(|of| of.effective_on > today);
    let later = later.filter_map(|of| on(terms, of.effective_on)).map(|terms| terms.amount_kop);
    later.chain([amount_on(terms, today)]).min().unwrap_or(0)
}

/// The lines in force under some terms, in their order.
pub fn lines<'a>(lines: &'a [Line], terms: &Terms) -> impl Iterator<Item = &'a Line> {
    let of = terms.lines_of;
    lines.iter().filter(move |line| line.terms == of)
}

/// The tranches in force on a day.
pub fn tranches<'a>(tranches: &'a [Tranche], terms: &[Terms], day: NaiveDate) -> impl Iterator<Item = &'a Tranche> {
    let number = on(terms, day).map_or(0, |terms| terms.number);
    tranches.iter().filter(move |tranche| tranche.terms <= number && tranche.until_terms.is_none_or(|until| until > number))
}

/// The last day, as the last amendment has it.
pub fn ends_on(terms: &[Terms], starts_on: NaiveDate) -> NaiveDate {
    terms.last().map_or(starts_on, |terms| terms.ends_on)
}

/// The days on which work of a contract counts: from its start or its activation on, until its last day or its end.
pub fn working_days(row: &FundingContract, terms: &[Terms]) -> (NaiveDate, NaiveDate) {
    let first = row.active_from.map_or(row.starts_on, |day| day.max(row.starts_on));
    let last = ends_on(terms, row.starts_on);
    (first, row.ended_on.map_or(last, |day| day.min(last)))
}

/// The days of a month on which work of a contract counts; none: the month lies outside.
pub fn working_days_of(row: &FundingContract, terms: &[Terms], month: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let (first, last) = working_days(row, terms);
    let (first, last) = (first.max(month), last.min(last_of_month(month)));
    (first <= last).then_some((first, last))
}

/// The lines by which a month is claimed: those in force on its last working day.
pub fn lines_of_month(whole: &Whole, month: NaiveDate) -> Vec<&Line> {
    let day = working_days_of(&whole.row, &whole.terms, month).map_or(month, |(_, last)| last);
    on(&whole.terms, day).map(|terms| lines(&whole.lines, terms).collect()).unwrap_or_default()
}

/// Lines as they are told become rows. What they add up to is the amount; a refusal names the line.
pub fn new_lines(
    told: &[NewLine],
    services: &[ServiceType],
    contract_id: Uuid,
    terms: i16,
    refusals: &mut Refusals,
) -> Vec<Line> {
    if told.is_empty() || told.len() > LINES {
        let message = said!("A contract has 1 to {LINES} lines.", LINES);
        let code = if told.is_empty() { UserErrorCode::Invalid } else { UserErrorCode::LimitExceeded };
        refusals.add(Refusal::new(code, "lines", message));
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let mut rows = Vec::new();
    for (place, line) in told.iter().enumerate() {
        let at = |field: &str| format!("lines.{place}.{field}");
        let unit = refusals.take(text::line(&line.unit, &at("unit"), UNIT));
        let planned = refusals.take(above_zero(&line.planned_quantity, &at("plannedQuantity")));
        let price = refusals.take(money::parse(&line.unit_price, &at("unitPrice")));
        let service = line.service_code.as_ref().map(|code| {
            let found = services.iter().find(|service| service.code == *code);
            let found =
                found.ok_or_else(|| Refusal::new(UserErrorCode::NotFound, &at("serviceCode"), "There is no such service."));
            let row = refusals.take(found)?;
            if !seen.insert(row.id) {
                let message = "Another line pays for this service: records could not tell whose work it is.";
                refusals.add(Refusal::new(UserErrorCode::Duplicate, &at("serviceCode"), message));
            }
            Some(row.id)
        });
        let amount = planned.zip(price).and_then(|(planned, price)| {
            let cost = money::cost(planned, price).filter(|cost| *cost > 0);
            let message = "Quantity times price is less than a kopiyka, or more than any contract may have.";
            refusals.take(cost.ok_or_else(|| Refusal::invalid(&at("unitPrice"), message)))
        });
        if let (Some(unit), Some(planned), Some(price), Some(amount)) = (unit, planned, price, amount) {
            rows.push(Line {
                id: id::timed(),
                contract_id,
                terms,
                place: i16::try_from(place).unwrap_or(i16::MAX),
                service_id: service.flatten(),
                budget_line: line.budget_line,
                unit,
                planned_parts: planned.parts(),
                unit_price_kop: price,
                amount_kop: amount,
            });
        }
    }
    if sum(&rows) > money::MOST {
        refusals.add(Refusal::invalid("lines", "Together the lines are more than any contract may have."));
    }
    rows
}

fn above_zero(text: &str, field: &str) -> Result<Number, Refusal> {
    match Number::parse(text, field)? {
        number if number.is_zero() => Err(Refusal::invalid(field, "The quantity must be above zero.")),
        number => Ok(number),
    }
}

/// What lines add up to.
pub fn sum(lines: &[Line]) -> i64 {
    // Two hundred times the largest amount stays far below the largest number.
    lines.iter().map(|line| line.amount_kop).sum()
}

/// Tranches as they are told become rows.
pub fn new_tranches(told: &[NewTranche], contract_id: Uuid, terms: i16, refusals: &mut Refusals) -> Vec<Tranche> {
    if told.len() > TRANCHES {
        refusals.add(Refusal::new(
            UserErrorCode::LimitExceeded,
            "tranches",
            said!("A contract has at most {TRANCHES} tranches.", TRANCHES),
        ));
        return Vec::new();
    }
    let row = |(place, tranche): (usize, &NewTranche)| {
        let amount_kop = refusals.take(money::parse(&tranche.amount, &format!("tranches.{place}.amount")))?;
        Some(Tranche {
            id: id::timed(),
            contract_id,
            terms,
            until_terms: None,
            kind: tranche.kind,
            amount_kop,
            due_on: tranche.due_on,
            status: TrancheStatus::Planned,
            paid_kop: 0,
        })
    };
    told.iter().enumerate().filter_map(row).collect()
}

/// What tranches of the last terms add up to, without those that are paid no more.
pub fn planned<'a>(tranches: impl IntoIterator<Item = &'a Tranche>) -> i64 {
    let live = |tranche: &&Tranche| {
        tranche.until_terms.is_none() && !matches!(tranche.status, TrancheStatus::Withheld | TrancheStatus::Cancelled)
    };
    tranches.into_iter().filter(live).map(|tranche| tranche.amount_kop).sum()
}

/// Tranches are parts of the amount.
pub fn within(tranches: i64, amount: i64) -> Result<(), Refusal> {
    if tranches <= amount {
        return Ok(());
    }
    let message = said!(
        "The tranches add up to {tranches}, the contract has {amount}.",
        tranches = money::text(tranches),
        amount = money::text(amount)
    );
    Err(Refusal::new(UserErrorCode::AmountExceedsContract, "tranches", message))
}

/// A new set of tranches beside the one that stands: what is told again stays with its state, what is approved or paid must be told
/// again, and what was only planned goes. Returns those that go, as they are then, and those that come.
pub fn retold(stand: &[Tranche], told: Vec<Tranche>, terms: i16) -> Result<(Vec<Tranche>, Vec<Tranche>), Refusal> {
    let mut come = told;
    let mut go = Vec::new();
    // Of two that are alike the one that cannot go is met first.
    let mut last: Vec<&Tranche> = stand.iter().filter(|tranche| tranche.until_terms.is_none()).collect();
    last.sort_by_key(|tranche| tranche.status == TrancheStatus::Planned);
    for tranche in last {
        let same = |new: &Tranche| (new.kind, new.amount_kop, new.due_on) == (tranche.kind, tranche.amount_kop, tranche.due_on);
        match (come.iter().position(same), tranche.status) {
            (_, TrancheStatus::Withheld | TrancheStatus::Cancelled) => {}
            (Some(place), _) => drop(come.remove(place)),
            (None, TrancheStatus::Planned) => go.push(Tranche { until_terms: Some(terms), ..tranche.clone() }),
            (None, TrancheStatus::Approved | TrancheStatus::Paid) => {
                let message = said!(
                    "The tranche of {amount} due on {day} is approved or paid: the new set must have it as it is.",
                    amount = money::text(tranche.amount_kop),
                    day = tranche.due_on
                );
                return Err(Refusal::new(UserErrorCode::AmountBelowPaid, "tranches", message));
            }
        }
    }
    Ok((go, come))
}

/// Whether what an amendment changes is what it says.
pub fn says_what_it_does(kind: AmendmentKind, lines: bool, delta: i64, new_end: bool) -> Result<(), Refusal> {
    match kind {
        AmendmentKind::Amount if delta == 0 => {
            Err(Refusal::invalid("lines", "An amendment of the amount needs lines that add up to another one."))
        }
        AmendmentKind::Term if !new_end => {
            Err(Refusal::invalid("newEndsOn", "An amendment of the term needs the new last day."))
        }
        AmendmentKind::BudgetLines if !lines => {
            Err(Refusal::invalid("lines", "An amendment of the budget lines needs the new lines."))
        }
        AmendmentKind::BudgetLines if delta != 0 => {
            let message = said!("The lines must add up to the same amount; they differ by {by}.", by = money::text(delta));
            Err(Refusal::new(UserErrorCode::LinesDoNotAddUp, "lines", message))
        }
        _ => Ok(()),
    }
}
