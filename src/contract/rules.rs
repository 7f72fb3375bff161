//! What can be done with a contract in which state, and what it is afterwards. Pure.

use super::{model::*, terms};
use crate::{
    access::{Scope, Scopes},
    base::{
        Refusal, Result,
        error::{Refusals, UserErrorCode},
        iban, id, money,
        period::PartialDate,
        text,
        words::{change::ChangeType, contract::*, organization::OrganizationKind},
    },
    organization::model::Organization,
};
use chrono::{DateTime, Months, NaiveDate, Utc};
use uuid::Uuid;

/// Longest number of a paper, in characters.
const NUMBER: usize = 100;
/// Longest reason, note or rationale, in characters.
pub const WORDS: usize = 1000;
/// Longest term.
const YEARS: u32 = 10;

/// Where and when a step is taken.
#[derive(Clone, Copy, Debug)]
pub struct At {
    pub now: DateTime<Utc>,
    pub today: NaiveDate,
}

/// `contractCreate`: a draft, of which the provider knows nothing yet.
pub fn create(command: &Create, named: &Named, funder: &Organization, contract_id: Uuid, at: At) -> Result<Whole> {
    let mut refusals = Refusals::default();
    let number = refusals.take(text::line(&command.number, "number", NUMBER));
    refusals.take(provider(named, funder));
    refusals.take(place(command, named));
    let territory = refusals.take(territory(named, funder));
    if command.ends_on < command.starts_on {
        refusals.add(Refusal::invalid("endsOn", "The last day must not come before the first one."));
    }
    refusals.take(short_enough(command.starts_on, command.ends_on, "endsOn"));
    let lines = terms::new_lines(&command.lines, &named.services, contract_id, 0, &mut refusals);
    let tranches = terms::new_tranches(&command.tranches, contract_id, 0, &mut refusals);
    let payee_iban = command.payee_iban.as_ref().and_then(|account| refusals.take(iban::parse(account, "payeeIban")));
    let selection = command.selection.as_ref();
    let body =
        selection.and_then(|of| refusals.take(text::optional_line(of.body.as_deref(), "selection.body", WORDS)).flatten());
    let decision = selection.and_then(|of| {
        refusals.take(text::optional_line(of.decision_number.as_deref(), "selection.decisionNumber", NUMBER)).flatten()
    });
    let decided = selection.and_then(|of| of.decided_on.as_ref());
    let decided = decided.and_then(|day| refusals.take(past(day, "selection.decidedOn", at.today)));
    let noted = refusals.noted();
    let (Some(number), Some((territory_code, region_code)), true) = (number, territory, noted.is_empty()) else {
        return Err(crate::base::Error::Refused(noted));
    };
    let amount_kop = terms::sum(&lines);
    terms::within(terms::planned(&tranches), amount_kop)?;
    let row = FundingContract {
        id: contract_id,
        number,
        funder_id: funder.id,
        of_fund: is_fund(funder.kind),
        provider_id: command.provider_id,
        centre_id: command.centre_id,
        territory_code,
        region_code,
        selection_authority: selection.map(|of| of.authority),
        selection_body: body,
        selection_number: decision,
        selection_decided_on: decided,
        payee_iban,
        starts_on: command.starts_on,
        status: ContractStatus::Draft,
        signed_on: None,
        signed_at: None,
        active_from: None,
        ended_on: None,
        end_reason: None,
        ceiling_kop: amount_kop,
        accepted_kop: 0,
        paid_kop: 0,
        created_at: at.now,
        updated_at: at.now,
        version: 1,
    };
    let base = Terms {
        contract_id,
        number: 0,
        id: id::timed(),
        document: None,
        kind: None,
        rationale: None,
        effective_on: command.starts_on,
        ends_on: command.ends_on,
        amount_kop,
        lines_of: 0,
        recorded_at: at.now,
    };
    Ok(Whole { row, terms: vec![base], lines, tranches, acts: Vec::new() })
}

/// Whether a kind of organisation is the Fund, as a whole or in a region.
pub fn is_fund(kind: OrganizationKind) -> bool {
    matches!(kind, OrganizationKind::Fund | OrganizationKind::FundBranch)
}

/// Who gives the service may submit acts, is another organisation than the funder, and has not ceased its work.
fn provider(named: &Named, funder: &Organization) -> Result<(), Refusal> {
    let field = "providerId";
    let Some(provider) = &named.provider else { return Err(unknown(field)) };
    if provider.id == funder.id {
        return Err(Refusal::new(UserErrorCode::SeparationOfDuties, field, "An organisation does not fund itself."));
    }
    if !Scopes::of_kind(provider.kind).holds(Scope::ActsWrite) {
        return Err(Refusal::invalid(field, "This kind of organisation gives no services under a funding contract."));
    }
    if !provider.active {
        return Err(Refusal::new(UserErrorCode::OrganizationInactive, field, "This organisation has ceased its work."));
    }
    Ok(())
}

/// The centre is the provider's, and stands in the hromada or serves it.
fn place(command: &Create, named: &Named) -> Result<(), Refusal> {
    if command.centre_id.is_none() {
        return Ok(());
    }
    let Some(centre) = &named.centre else { return Err(unknown("centreId")) };
    if centre.provider_id != command.provider_id {
        return Err(Refusal::invalid("centreId", "Another organisation is the provider of this centre."));
    }
    if centre.territory_code != command.territory && centre.origin_territory_code.as_ref() != Some(&command.territory) {
        return Err(Refusal::invalid("territory", "The centre neither stands in this hromada nor serves it."));
    }
    Ok(())
}

/// A hromada, of its own region for a branch of the Fund; with its region.
fn territory(named: &Named, funder: &Organization) -> Result<(String, String), Refusal> {
    let field = "territory";
    let Some(territory) = &named.territory else { return Err(unknown(field)) };
    if !territory.is_hromada() {
        return Err(Refusal::invalid(field, "A contract is for a hromada (Kyiv and Sevastopol count as one)."));
    }
    if funder.kind == OrganizationKind::FundBranch && named.own_region.as_ref() != Some(&territory.region_code) {
        return Err(Refusal::invalid(field, "A branch of the Fund makes contracts in its own region."));
    }
    Ok((territory.code.clone(), territory.region_code.clone()))
}

fn short_enough(starts_on: NaiveDate, ends_on: NaiveDate, field: &str) -> Result<(), Refusal> {
    match starts_on.checked_add_months(Months::new(YEARS * 12)) {
        Some(latest) if ends_on < latest => Ok(()),
        _ => Err(Refusal::invalid(field, said!("A contract runs for at most {YEARS} years.", YEARS))),
    }
}

/// A partial date that has come, as it is written.
fn past(day: &str, field: &str, today: NaiveDate) -> Result<String, Refusal> {
    match PartialDate::parse(day, field)? {
        date if date.is_after(today) => Err(Refusal::invalid(field, "This day has not come yet.")),
        date => Ok(date.to_string()),
    }
}

/// `contractSign`: from now on the provider knows of it.
pub fn sign(row: &FundingContract, signed_on: &str, at: At) -> Result<FundingContract, Refusal> {
    from(row, &[ContractStatus::Draft])?;
    let signed_on = past(signed_on, "signedOn", at.today)?;
    Ok(FundingContract { status: ContractStatus::Signed, signed_on: Some(signed_on), signed_at: Some(at.now), ..row.clone() })
}

/// `contractActivate`: from this day on work counts.
pub fn activate(whole: &Whole, on: NaiveDate, at: At) -> Result<FundingContract, Refusal> {
    let row = &whole.row;
    from(row, &[ContractStatus::Signed])?;
    come(on, at.today)?;
    if on < row.starts_on || on > terms::ends_on(&whole.terms, row.starts_on) {
        return Err(outside("on"));
    }
    Ok(FundingContract { status: ContractStatus::Active, active_from: Some(on), ..row.clone() })
}

/// `contractSuspend`, `contractResume`.
pub fn turn(row: &FundingContract, from_status: ContractStatus, to: ContractStatus) -> Result<FundingContract, Refusal> {
    from(row, &[from_status])?;
    Ok(FundingContract { status: to, ..row.clone() })
}

/// `contractComplete`: no act waits for a decision.
pub fn complete(whole: &Whole, on: NaiveDate, at: At) -> Result<FundingContract, Refusal> {
    let row = &whole.row;
    from(row, &[ContractStatus::Active, ContractStatus::Suspended])?;
    if whole.acts.iter().any(|act| matches!(act.status, ActStatus::Submitted | ActStatus::Returned)) {
        let message = "An act waits for a decision, or to be corrected: it could not go on any more.";
        return Err(Refusal::new(UserErrorCode::TransitionNotAllowed, "id", message));
    }
    end(whole, on, at)?;
    Ok(FundingContract { status: ContractStatus::Completed, ended_on: Some(on), ..row.clone() })
}

/// `contractTerminate`: what was done by that day is still claimed and paid.
pub fn terminate(whole: &Whole, command: &Terminate, at: At) -> Result<(FundingContract, Option<String>), Refusal> {
    let row = &whole.row;
    from(row, &[ContractStatus::Signed, ContractStatus::Active, ContractStatus::Suspended])?;
    let note = text::optional_line(command.note.as_deref(), "note", WORDS)?;
    if command.end_reason == ContractEndReason::Other && note.is_none() {
        return Err(Refusal::new(UserErrorCode::ReasonRequired, "note", "Say which reason it is."));
    }
    if command.end_reason == ContractEndReason::Expired && command.on != terms::ends_on(&whole.terms, row.starts_on) {
        return Err(Refusal::invalid("on", "A contract expires on its last day."));
    }
    end(whole, command.on, at)?;
    let ended = FundingContract {
        status: ContractStatus::Terminated,
        ended_on: Some(command.on),
        end_reason: Some(command.end_reason),
        ..row.clone()
    };
    Ok((ended, note))
}

/// The last day of a contract that ends: it has come, lies within the term, and no act stands for a later month.
fn end(whole: &Whole, on: NaiveDate, at: At) -> Result<(), Refusal> {
    come(on, at.today)?;
    let row = &whole.row;
    // One that was never active may end before it has begun.
    let signed = row.signed_on.as_ref().and_then(|day| PartialDate::parse(day, "").ok()?.first_day());
    let first = row.active_from.or(signed).unwrap_or(row.starts_on.min(at.today));
    if on < first || on > terms::ends_on(&whole.terms, row.starts_on) {
        return Err(outside("on"));
    }
    match whole.acts.iter().filter(|act| act.stands()).map(|act| act.month).max() {
        // Its lines are those of its last working day: an end within it could make them others.
        Some(month) if on < terms::last_of_month(month).min(terms::ends_on(&whole.terms, row.starts_on)) => {
            Err(frozen("on", month))
        }
        _ => Ok(()),
    }
}

/// `contractCancel`.
pub fn cancel(row: &FundingContract) -> Result<FundingContract, Refusal> {
    from(row, &[ContractStatus::Draft])?;
    Ok(FundingContract { status: ContractStatus::Cancelled, ..row.clone() })
}

/// What an amendment adds to a contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Amended {
    pub row: FundingContract,
    pub terms: Terms,
    pub lines: Vec<Line>,
    /// That go with it.
    pub gone: Vec<Tranche>,
    /// That come with it.
    pub tranches: Vec<Tranche>,
}

/// `contractAmend`: the whole new set of lines and tranches from a day on; what was so before stays.
pub fn amend(whole: &Whole, command: &Amend, named: &Named, at: At) -> Result<Amended> {
    let (row, stand) = (&whole.row, &whole.terms);
    from(row, &[ContractStatus::Signed, ContractStatus::Active, ContractStatus::Suspended])?;
    let Some(last) = stand.last() else { return Err(crate::base::Error::internal("a contract without terms")) };
    let next = last.number + 1;
    let mut refusals = Refusals::default();
    let document = refusals.take(text::line(&command.number, "number", NUMBER));
    let rationale = refusals.take(text::line(&command.rationale, "rationale", WORDS));
    let lines = command.lines.as_ref().map(|told| terms::new_lines(told, &named.services, row.id, next, &mut refusals));
    let told = command.tranches.as_ref().map(|told| terms::new_tranches(told, row.id, next, &mut refusals));
    let noted = refusals.noted();
    if !noted.is_empty() {
        return Err(crate::base::Error::Refused(noted));
    }
    let ends_on = command.new_ends_on.unwrap_or(last.ends_on);
    if command.effective_on < last.effective_on {
        return Err(Refusal::invalid("effectiveOn", said!("The terms before it are of {day}.", day = last.effective_on)).into());
    }
    if command.effective_on > ends_on {
        return Err(outside(if command.new_ends_on.is_some() { "newEndsOn" } else { "effectiveOn" }).into());
    }
    let standing = whole.acts.iter().filter(|act| act.stands()).map(|act| act.month).max();
    if ends_on < row.active_from.unwrap_or(row.starts_on) || standing.is_some_and(|month| ends_on < month) {
        return Err(outside("newEndsOn").into());
    }
    short_enough(row.starts_on, ends_on, "newEndsOn")?;
    // The lines of a month are those of its last day: once they are claimed they stay.
    if let Some(month) = standing.filter(|month| lines.is_some() && command.effective_on <= terms::last_of_month(*month)) {
        return Err(frozen("effectiveOn", month).into());
    }
    // Nor may its last day move away from under it to other lines.
    if let Some(month) = standing.filter(|month| ends_on < terms::last_of_month(*month) && ends_on < last.ends_on) {
        return Err(frozen("newEndsOn", month).into());
    }
    let amount_kop = lines.as_ref().map_or(last.amount_kop, |lines| terms::sum(lines));
    terms::says_what_it_does(command.kind, lines.is_some(), amount_kop - last.amount_kop, command.new_ends_on.is_some())?;
    if amount_kop < row.paid_kop.max(row.accepted_kop) {
        let message = said!(
            "{accepted} was accepted and {paid} paid already: the amount cannot be {amount}.",
            accepted = money::text(row.accepted_kop),
            paid = money::text(row.paid_kop),
            amount = money::text(amount_kop)
        );
        return Err(Refusal::new(UserErrorCode::AmountBelowPaid, "lines", message).into());
    }
    let (gone, tranches) = match told {
        Some(told) => terms::retold(&whole.tranches, told, next)?,
        None => (Vec::new(), Vec::new()),
    };
    let stay = whole.tranches.iter().filter(|tranche| !gone.iter().any(|gone| gone.id == tranche.id));
    terms::within(terms::planned(stay.chain(&tranches)), amount_kop)?;
    let new = Terms {
        contract_id: row.id,
        number: next,
        id: id::timed(),
        document,
        kind: Some(command.kind),
        rationale,
        effective_on: command.effective_on,
        ends_on,
        amount_kop,
        lines_of: if lines.is_some() { next } else { last.lines_of },
        recorded_at: at.now,
    };
    let all: Vec<Terms> = stand.iter().cloned().chain([new.clone()]).collect();
    let row = FundingContract { ceiling_kop: terms::ceiling(&all, at.today), ..row.clone() };
    Ok(Amended { row, terms: new, lines: lines.unwrap_or_default(), gone, tranches })
}

/// A reason that must be there; never about a person.
pub fn reason(text: &str) -> Result<String, Refusal> {
    match text.trim() {
        "" => Err(Refusal::new(UserErrorCode::ReasonRequired, "reason", "This step needs a reason.")),
        _ => text::line(text, "reason", WORDS),
    }
}

/// An event of a contract; what it is about and which states it has, the caller says.
pub fn event(row: &FundingContract, change: ChangeType, subject_id: Uuid, by: Uuid, at: At) -> Event {
    Event {
        id: id::timed(),
        contract_id: row.id,
        at: at.now,
        change,
        subject_id,
        before: None,
        after: None,
        on_day: None,
        reason: None,
        amount_kop: None,
        organization_id: by,
    }
}

/// Only from these states.
fn from(row: &FundingContract, states: &[ContractStatus]) -> Result<(), Refusal> {
    if states.contains(&row.status) {
        return Ok(());
    }
    Err(Refusal::new(
        UserErrorCode::TransitionNotAllowed,
        "id",
        said!("A contract that is {status} cannot take this step.", status = row.status),
    ))
}

fn come(on: NaiveDate, today: NaiveDate) -> Result<(), Refusal> {
    if on <= today { Ok(()) } else { Err(Refusal::invalid("on", "This day has not come yet.")) }
}

pub fn unknown(field: &str) -> Refusal {
    Refusal::new(UserErrorCode::NotFound, field, "There is no such object, or none that you may know of.")
}

pub fn outside(field: &str) -> Refusal {
    Refusal::new(UserErrorCode::OutsideContractTerm, field, "This lies outside the term of the contract.")
}

fn frozen(field: &str, month: NaiveDate) -> Refusal {
    let message = said!("An act of {month} stands: its terms can no longer change.", month = month.format("%Y-%m"));
    Refusal::new(UserErrorCode::RecordFrozen, field, message)
}
