//! What can be done with a case in which state. Pure: a case and a command give the case as it will be, or a refusal.

use super::{
    model::{Assess, Case, NewGoal, Open, Update},
    person::{TEXT, short},
};
use crate::base::{
    Error, Refusal, Result,
    error::{Refusals, UserErrorCode},
    period::{Calendar, add_working_days},
    person_code::without_person_code,
    words::case::*,
};
use chrono::NaiveDate;

/// Working days from intake to the assessment of needs (Law on Social Services, art. 20).
pub const ASSESSMENT_DAYS: u32 = 5;
/// Most goals of one plan.
const GOALS: usize = 50;

/// What a new case must be, beside its person. `today` is the day in Kyiv.
pub fn open(new: &Open, today: NaiveDate, refusals: &mut Refusals) {
    if new.opened_on.is_some_and(|day| day > today) {
        refusals.add(Refusal::invalid("openedOn", "A case cannot be opened in the future."));
    }
    if new.household_size.is_some_and(|size| !(1..=100).contains(&size)) {
        refusals.add(Refusal::invalid("householdSize", "A household has 1 to 100 people."));
    }
    if let Some(reference) = &new.external_reference {
        if reference.is_empty() || reference.chars().count() > 128 {
            refusals.add(Refusal::invalid("externalReference", "An external reference has 1 to 128 characters."));
        }
        refusals.take(without_person_code(reference, "externalReference"));
    }
}

/// Day by which needs are to be assessed; none for an emergency, where help comes first.
pub fn assessment_due(opened_on: NaiveDate, emergency: bool, calendar: &Calendar) -> Option<NaiveDate> {
    (!emergency).then(|| add_working_days(opened_on, ASSESSMENT_DAYS, calendar))
}

/// All categories, the primary one among them, each once.
pub fn categories(primary: TargetCategory, others: &[TargetCategory]) -> Vec<TargetCategory> {
    let mut all: Vec<_> = std::iter::once(primary).chain(others.iter().copied()).collect();
    all.sort();
    all.dedup();
    all
}

/// Whether anything may still be changed.
fn alive(case: &Case) -> Result<()> {
    match case.status {
        CaseStatus::Refused | CaseStatus::Closed | CaseStatus::EnteredInError => Err(Error::refused(
            UserErrorCode::RecordFrozen,
            "id",
            said!("The case is {status}: it can no longer be changed.", status = case.status),
        )),
        _ => Ok(()),
    }
}

fn from(case: &Case, allowed: &[CaseStatus]) -> Result<()> {
    if allowed.contains(&case.status) {
        return Ok(());
    }
    let allowed: Vec<_> = allowed.iter().map(|status| status.word()).collect();
    let message =
        said!("The case is {status}; this step needs one of: {allowed}.", status = case.status, allowed = allowed.join(", "));
    Err(Error::refused(UserErrorCode::TransitionNotAllowed, "id", message))
}

/// Lowering the safety flag needs a reason.
pub fn update(case: &Case, command: &Update) -> Result<Case> {
    alive(case)?;
    let lowers = case.safety_flag && command.safety_flag == Some(false);
    if lowers && command.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Error::refused(UserErrorCode::ReasonRequired, "reason", "Lowering the safety flag needs a reason."));
    }
    let primary = command.primary_category.unwrap_or(case.primary_category);
    Ok(Case {
        primary_category: primary,
        categories: categories(primary, command.categories.as_deref().unwrap_or(&case.categories)),
        safety_flag: command.safety_flag.unwrap_or(case.safety_flag),
        ..case.clone()
    })
}

pub fn begin_assessment(case: &Case) -> Result<Case> {
    from(case, &[CaseStatus::New])?;
    Ok(Case { status: CaseStatus::Assessment, ..case.clone() })
}

/// SOCIAL_SERVICES brings NEW or ASSESSMENT to DECISION_PENDING; other purposes, and other states, move nothing.
pub fn assess(case: &Case, command: &Assess, today: NaiveDate) -> Result<Case> {
    alive(case)?;
    let mut refusals = Refusals::default();
    if command.assessed_on > today {
        refusals.add(Refusal::invalid("assessedOn", "An assessment cannot lie in the future."));
    }
    if command.assessed_on < case.opened_on {
        refusals.add(Refusal::invalid("assessedOn", "An assessment cannot lie before the day on which the case was opened."));
    }
    if let Some(summary) = &command.summary {
        refusals.take(short(summary, "summary", TEXT));
    }
    if case.safety_flag && command.safety_flag == Some(false) {
        refusals.add(Refusal::new(
            UserErrorCode::ReasonRequired,
            "safetyFlag",
            "Lower the safety flag with caseUpdate and a reason.",
        ));
    }
    refusals.end()?;
    let social = command.purpose == AssessmentPurpose::SocialServices;
    let moves = social && matches!(case.status, CaseStatus::New | CaseStatus::Assessment);
    Ok(Case {
        status: if moves { CaseStatus::DecisionPending } else { case.status },
        assessed_on: if social { Some(case.assessed_on.unwrap_or(command.assessed_on)) } else { case.assessed_on },
        safety_flag: command.safety_flag.unwrap_or(case.safety_flag),
        ..case.clone()
    })
}

/// A refusal names its ground, and is forbidden under a safety flag (Law on Social Services, art. 21).
pub fn decide(
    case: &Case,
    decision: CaseDecision,
    ground: Option<CaseRefusalGround>,
    on: NaiveDate,
    today: NaiveDate,
) -> Result<Case> {
    if matches!(case.status, CaseStatus::New | CaseStatus::Assessment) {
        return Err(Error::refused(UserErrorCode::AssessmentRequired, "id", "Assess the needs for SOCIAL_SERVICES first."));
    }
    from(case, &[CaseStatus::DecisionPending])?;
    if on > today || on < case.opened_on {
        return Err(Error::invalid("decidedOn", "A decision lies between the opening of the case and today."));
    }
    match (decision, ground) {
        (CaseDecision::Provide, None) => Ok(Case { status: CaseStatus::Planning, ..case.clone() }),
        (CaseDecision::Provide, Some(_)) => {
            Err(Error::refused(UserErrorCode::ReasonNotAllowed, "refusalGround", "A ground belongs to a refusal alone."))
        }
        (CaseDecision::Refuse, _) if case.safety_flag => Err(Error::refused(
            UserErrorCode::RefusalForbidden,
            "decision",
            "Under a safety flag (threat to life or health, violence, abuse of a child) the law forbids to refuse.",
        )),
        (CaseDecision::Refuse, None) => {
            Err(Error::refused(UserErrorCode::ReasonRequired, "refusalGround", "A refusal names its ground in the law."))
        }
        (CaseDecision::Refuse, ground) => Ok(Case { status: CaseStatus::Refused, refusal_ground: ground, ..case.clone() }),
    }
}

/// The plan is made in PLANNING and may be made anew while services are given.
pub fn plan(case: &Case, goals: &[NewGoal], today: NaiveDate) -> Result<Case> {
    from(case, &[CaseStatus::Planning, CaseStatus::Active, CaseStatus::Suspended])?;
    let mut refusals = Refusals::default();
    if goals.is_empty() || goals.len() > GOALS {
        refusals.add(Refusal::invalid("goals", said!("A plan has 1 to {GOALS} goals.", GOALS)));
    }
    for (at, goal) in goals.iter().enumerate() {
        if goal.text.trim().is_empty() {
            refusals.add(Refusal::invalid(&format!("goals.{at}.text"), "A goal needs a text."));
        }
        refusals.take(short(&goal.text, &format!("goals.{at}.text"), TEXT));
        if goal.achieved_on.is_some_and(|day| day > today) {
            refusals.add(Refusal::invalid(&format!("goals.{at}.achievedOn"), "A goal cannot be achieved in the future."));
        }
    }
    refusals.end()?;
    Ok(case.clone())
}

/// From PLANNING, or at once in an emergency.
pub fn activate(case: &Case) -> Result<Case> {
    match case.status {
        CaseStatus::New if case.emergency => {}
        CaseStatus::New | CaseStatus::Assessment => {
            return Err(Error::refused(
                UserErrorCode::AssessmentRequired,
                "id",
                "Only an emergency case is activated before its assessment.",
            ));
        }
        _ => from(case, &[CaseStatus::Planning])?,
    }
    Ok(Case { status: CaseStatus::Active, ..case.clone() })
}

pub fn suspend(case: &Case) -> Result<Case> {
    from(case, &[CaseStatus::Active])?;
    Ok(Case { status: CaseStatus::Suspended, ..case.clone() })
}

pub fn resume(case: &Case) -> Result<Case> {
    from(case, &[CaseStatus::Suspended])?;
    Ok(Case { status: CaseStatus::Active, ..case.clone() })
}

pub fn close(case: &Case, reason: CaseCloseReason, on: NaiveDate, today: NaiveDate) -> Result<Case> {
    use CaseStatus::*;
    from(case, &[New, Assessment, DecisionPending, Planning, Active, Suspended])?;
    if on > today || on < case.opened_on {
        return Err(Error::invalid("closedOn", "A case closes between the day of its opening and today."));
    }
    Ok(Case { status: Closed, close_reason: Some(reason), closed_on: Some(on), ..case.clone() })
}

pub fn mark_error(case: &Case) -> Result<Case> {
    if case.status == CaseStatus::EnteredInError {
        from(case, &[])?;
    }
    Ok(Case { status: CaseStatus::EnteredInError, ..case.clone() })
}

/// A person may be described as long as the case is not a mistake.
pub fn update_person(case: &Case) -> Result<Case> {
    if case.status == CaseStatus::EnteredInError {
        alive(case)?;
    }
    Ok(case.clone())
}

/// Whether a person may be erased, whose cases these are: what goes on cannot go on without its person.
pub fn erase(cases: &[Case]) -> Result<()> {
    let going_on = |case: &&Case| !matches!(case.status, CaseStatus::Refused | CaseStatus::Closed | CaseStatus::EnteredInError);
    let codes: Vec<_> = cases.iter().filter(going_on).map(|case| case.code.as_str()).collect();
    if codes.is_empty() {
        return Ok(());
    }
    let message = said!("Close the cases of this person first: {codes}.", codes = codes.join(", "));
    Err(Error::refused(UserErrorCode::TransitionNotAllowed, "id", message))
}

/// What is said of an erased person.
pub fn erased(field: &str) -> Error {
    Error::refused(UserErrorCode::RecordFrozen, field, "The person was erased: nothing can be written about it any more.")
}

/// A required reason: there, and not too long.
pub fn reason(text: &str, field: &str) -> Result<String> {
    if text.trim().is_empty() {
        return Err(Error::refused(UserErrorCode::ReasonRequired, field, "This step needs a reason."));
    }
    Ok(short(text.trim(), field, TEXT)?)
}
