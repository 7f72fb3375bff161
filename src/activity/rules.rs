//! Rules of recording: what a row must say, and what becomes of it beside the one that is known. Pure.

use super::model::*;
use crate::{
    base::{
        Refusal,
        error::{Refusals, UserErrorCode},
        id,
        person_code::without_person_code,
        words::activity::*,
    },
    case::person::short,
};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};
use uuid::Uuid;

/// Rows of one call.
pub const MOST: usize = 1000;
/// Longest title or place, in characters.
const TEXT: usize = 300;
/// Organisations or cases that one row names.
const NAMED: usize = 1000;

/// What the rows of a call name, as far as it exists and is the caller's to name.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub organization_id: Uuid,
    /// Where the organisation itself is at home.
    pub territory_code: Option<String>,
    /// Centres that it runs or hosts, with their territory.
    pub centres: HashMap<Uuid, String>,
    pub cases: HashMap<CaseName, CaseFacts>,
    pub groups: HashMap<Uuid, Group>,
    pub services: HashMap<String, Uuid>,
    pub territories: HashSet<String>,
    pub referrals: HashSet<Uuid>,
    pub organizations: HashSet<Uuid>,
}

/// When a call is made.
#[derive(Clone, Copy, Debug)]
pub struct At {
    pub now: DateTime<Utc>,
    pub today: NaiveDate,
}

/// What is done with a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision<W> {
    Record(W),
    Correct(W),
    Void(W),
    Unchanged(Uuid),
}

/// A call has rows, and not too many.
pub fn count(rows: usize) -> Result<(), Refusal> {
    match rows {
        0 => Err(Refusal::invalid("rows", "Give at least one row.")),
        1..=MOST => Ok(()),
        _ => Err(Refusal::new(UserErrorCode::LimitExceeded, "rows", said!("At most {MOST} rows in one call.", MOST))),
    }
}

/// References that stand in the call once more after they have stood there.
pub fn repeated<Name: Eq + Hash>(names: impl Iterator<Item = Option<Name>>) -> HashSet<usize> {
    let mut seen = HashSet::new();
    names.enumerate().filter_map(|(i, name)| (!seen.insert(name?)).then_some(i)).collect()
}

/// Known rows of which the rows of a call may be the next versions.
#[derive(Debug)]
pub struct Before<W> {
    by_id: HashMap<Uuid, W>,
    ids: HashMap<String, Uuid>,
}

impl<W: Work> Before<W> {
    pub fn of(known: Vec<W>) -> Self {
        let ids = known.iter().filter_map(|row| Some((row.reference()?.to_owned(), row.id()))).collect();
        Self { by_id: known.into_iter().map(|row| (row.id(), row)).collect(), ids }
    }

    pub fn rows(&self) -> impl Iterator<Item = &W> {
        self.by_id.values()
    }

    /// The one that a row is about: by its id, where it tells one, else by its reference.
    pub fn find(&self, id: Option<Uuid>, reference: Option<&str>) -> Result<Option<&W>, Refusal> {
        let Some(id) = id else { return Ok(reference.and_then(|reference| self.by_id.get(self.ids.get(reference)?))) };
        let Some(row) = self.by_id.get(&id) else {
            let message = "There is no row of your own with this id. Leave the cell empty to record the row anew.";
            return Err(Refusal::new(UserErrorCode::NotFound, "id", message));
        };
        if row.reference() != reference {
            return Err(Refusal::invalid("externalReference", "The external reference of a known row does not change."));
        }
        Ok(Some(row))
    }
}

/// What becomes of a row beside the one that is known under its reference.
pub fn decide<W: Work>(before: Option<&W>, new: W, on_existing: ExistingRow) -> Result<Decision<W>, Refusal> {
    match before {
        None => Ok(Decision::Record(new)),
        Some(before) if !before.voided() && before.same(&new) => Ok(Decision::Unchanged(before.id())),
        Some(before) if before.follows() => Err(attended()),
        Some(before) if on_existing == ExistingRow::Correct => Ok(Decision::Correct(new.after(before))),
        Some(_) => Err(Refusal::new(
            UserErrorCode::Duplicate,
            "externalReference",
            "A row with this external reference exists with other content. Say onExisting: CORRECT to make this its next version.",
        )),
    }
}

/// What becomes of a row that takes the known one out: what else it says is not looked at.
pub fn void<W: Work>(before: Option<&W>, reference: Option<&str>, now: DateTime<Utc>) -> Result<Decision<W>, Refusal> {
    if before.is_none() && reference.is_none() {
        return Err(Refusal::invalid("externalReference", "Say which row is to be taken out."));
    }
    match before {
        None => {
            Err(Refusal::new(UserErrorCode::NotFound, "externalReference", "There is no row with this external reference."))
        }
        Some(before) if before.voided() => Ok(Decision::Unchanged(before.id())),
        Some(before) if before.follows() => Err(attended()),
        Some(before) => Ok(Decision::Void(before.void(now))),
    }
}

/// The delivery that a row tells of, or everything that is wrong with it.
pub fn delivery(
    row: &DeliveryRow,
    known: &Known,
    before: Option<&ServiceDelivery>,
    at: At,
) -> Result<ServiceDelivery, Vec<Refusal>> {
    let mut refusals = Refusals::default();
    refusals.take(reference(row.external_reference.as_deref()));
    refusals.take(day(row.occurred_on, "occurredOn", at.today));
    if !(1..=1000).contains(&row.quantity) {
        refusals.add(Refusal::invalid("quantity", "A quantity lies between 1 and 1000."));
    }
    let named = match &row.case {
        Some(CaseName::Id(_)) => "caseId",
        _ => "caseReference",
    };
    let case = row.case.as_ref().and_then(|name| refusals.take(known.cases.get(name).ok_or_else(|| unknown(named))));
    let centre_id = row.centre_id.or(case.and_then(|case| case.centre_id));
    let place = place(row.centre_id, row.territory.as_deref(), case, known, &mut refusals);
    let service = known.services.get(&row.service_code).copied().ok_or_else(|| {
        let message = "There is no service type with this code. The query serviceTypes lists them.";
        Refusal::new(UserErrorCode::NotFound, "serviceCode", message)
    });
    let service_id = refusals.take(service);
    if row.referral_id.is_some_and(|id| !known.referrals.contains(&id)) {
        refusals.add(unknown("referralId"));
    }
    let (Some(territory_code), Some(service_id)) = (place, service_id) else { return Err(refusals.noted()) };
    let case_id = case.map(|case| case.id);
    // A category that the row does not tell is the case's on the day of writing, and stays when the row comes again.
    let kept = before.filter(|before| before.case_id == case_id).and_then(|before| before.target_category);
    let delivery = ServiceDelivery {
        id: id::random(),
        organization_id: known.organization_id,
        centre_id,
        territory_code,
        case_id,
        activity_id: before.and_then(|before| before.activity_id),
        service_id,
        form: row.form,
        occurred_on: row.occurred_on,
        quantity: row.quantity,
        specialist: row.specialist,
        target_category: row.target_category.or(kept).or(case.map(|case| case.primary_category)),
        sex: case.map_or(crate::base::words::case::Sex::Unspecified, |case| case.sex),
        age_band: case.map_or(crate::base::words::case::AgeBand::Unknown, |case| case.age_band),
        referral_id: row.referral_id,
        external_reference: row.external_reference.clone(),
        voided: false,
        created_at: at.now,
        updated_at: at.now,
        version: 1,
    };
    ended(refusals, delivery)
}

/// The activity that a row tells of, or everything that is wrong with it.
pub fn activity(row: &ActivityRow, known: &Known, at: At) -> Result<Activity, Vec<Refusal>> {
    let mut refusals = Refusals::default();
    refusals.take(reference(row.external_reference.as_deref()));
    refusals.take(day(row.occurred_on, "occurredOn", at.today));
    let title = text(row.title.as_deref(), "title", &mut refusals);
    let where_ = text(row.place.as_deref(), "place", &mut refusals);
    let case_ids = once(&row.case_ids, "caseIds", &mut refusals, |id| known.cases.contains_key(&CaseName::Id(id)));
    let partner_ids = once(&row.partner_ids, "partnerIds", &mut refusals, |id| known.organizations.contains(&id));
    let supported_by_ids = once(&row.supported_by_ids, "supportedByIds", &mut refusals, |id| known.organizations.contains(&id));
    // Who is named was there: at least as many have taken part.
    let participants = row.participants.or((!case_ids.is_empty()).then_some(case_ids.len() as i32));
    match participants {
        Some(number) if !(0..=100_000).contains(&number) => {
            refusals.add(Refusal::invalid("participants", "Participants are 0 to 100000; null where the source does not say."));
        }
        Some(number) if (number as usize) < case_ids.len() => {
            refusals.add(Refusal::invalid("participants", "There are fewer participants than cases named."));
        }
        _ => {}
    }
    let group = row.group_id.and_then(|id| refusals.take(known.groups.get(&id).ok_or_else(|| unknown("groupId"))));
    if group.is_some_and(|group| row.centre_id.is_some_and(|centre| centre != group.centre_id)) {
        refusals.add(Refusal::invalid("centreId", "The group belongs to another centre."));
    }
    if group.is_some_and(|group| row.occurred_on < group.started_on) {
        refusals.add(Refusal::invalid("occurredOn", "The group began later."));
    }
    let centre_id = row.centre_id.or(group.map(|group| group.centre_id));
    let Some(territory_code) = place(centre_id, row.territory.as_deref(), None, known, &mut refusals) else {
        return Err(refusals.noted());
    };
    let activity = Activity {
        id: id::timed(),
        organization_id: known.organization_id,
        centre_id,
        territory_code,
        group_id: row.group_id,
        kind: row.kind,
        title,
        occurred_on: row.occurred_on,
        place: where_,
        participants,
        case_ids,
        target_category: row.target_category,
        partner_ids,
        supported_by_ids,
        external_reference: row.external_reference.clone(),
        voided: false,
        created_at: at.now,
        updated_at: at.now,
        version: 1,
    };
    ended(refusals, activity)
}

/// The group that is to be created, or everything that is wrong with it.
pub fn group(new: &NewGroup, known: &Known, at: At) -> Result<Group, Vec<Refusal>> {
    let mut refusals = Refusals::default();
    refusals.take(reference(new.external_reference.as_deref()));
    refusals.take(day(new.started_on, "startedOn", at.today));
    if !known.centres.contains_key(&new.centre_id) {
        refusals.add(unknown("centreId"));
    }
    let cases = once(&new.case_ids, "caseIds", &mut refusals, |id| known.cases.contains_key(&CaseName::Id(id)));
    if !(1..=1000).contains(&new.members) || (new.members as usize) < cases.len() {
        refusals.add(Refusal::invalid("members", "A group has 1 to 1000 members, and at least as many as cases are named."));
    }
    let group = Group {
        id: id::random(),
        organization_id: known.organization_id,
        centre_id: new.centre_id,
        programme: new.programme,
        members: new.members,
        started_on: new.started_on,
        external_reference: new.external_reference.clone(),
        created_at: at.now,
        version: 1,
    };
    ended(refusals, group)
}

/// The attendance of a case at an activity: it stands in the history of the case, and the activity counts it.
pub fn attendance(of: &Activity, case: &CaseFacts, service_id: Uuid) -> ServiceDelivery {
    ServiceDelivery {
        id: id::random(),
        organization_id: of.organization_id,
        centre_id: of.centre_id,
        territory_code: of.territory_code.clone(),
        case_id: Some(case.id),
        activity_id: Some(of.id),
        service_id,
        form: DeliveryForm::Group,
        occurred_on: of.occurred_on,
        quantity: 1,
        specialist: None,
        target_category: of.target_category.or(Some(case.primary_category)),
        sex: case.sex,
        age_band: case.age_band,
        referral_id: None,
        external_reference: None,
        voided: of.voided,
        created_at: of.updated_at,
        updated_at: of.updated_at,
        version: 1,
    }
}

/// Kinds of group work whose participants are counted as services (the project's own rule).
pub const GROUP_WORK: &[&str] = &["GROUP_SESSION", "GROUP_CONSULTATION", "MENTAL_HEALTH_TRAINING", "SOCIAL_COHESION_EVENT"];

/// Code of the service that taking part in an activity is, by the classifier.
pub const fn service_of(kind: ActivityKind, programme: Option<Programme>) -> &'static str {
    match (kind, programme) {
        (_, Some(Programme::SelfHelpPlus)) => "M-014",
        (_, Some(Programme::SupportGroup)) => "M-006",
        (ActivityKind::GroupConsultation, _) => "M-005",
        (ActivityKind::MobileTeamVisit, _) => "M-013",
        (ActivityKind::AwarenessEvent, _) => "001.0",
        _ => "M-001",
    }
}

fn ended<T>(refusals: Refusals, row: T) -> Result<T, Vec<Refusal>> {
    let noted = refusals.noted();
    if noted.is_empty() { Ok(row) } else { Err(noted) }
}

fn attended() -> Refusal {
    Refusal::new(UserErrorCode::RecordFrozen, "id", "This attendance follows from its activity. Correct the activity.")
}

fn unknown(field: &str) -> Refusal {
    Refusal::new(UserErrorCode::NotFound, field, "There is no such object, or none of your own.")
}

/// Where the work was done: as said, else where the centre stands, the case belongs or the organisation is at home.
fn place(
    centre_id: Option<Uuid>,
    territory: Option<&str>,
    case: Option<&CaseFacts>,
    known: &Known,
    refusals: &mut Refusals,
) -> Option<String> {
    let centre = centre_id.map(|id| known.centres.get(&id));
    if centre == Some(None) {
        refusals.add(unknown("centreId"));
    }
    match territory {
        Some(code) if !known.territories.contains(code) => {
            refusals.add(Refusal::new(UserErrorCode::NotFound, "territory", "There is no territory with this code."));
            None
        }
        Some(code) => Some(code.to_owned()),
        None => {
            let by_case = || case.map(|case| &case.territory_code);
            let code = centre.flatten().or_else(by_case).or(known.territory_code.as_ref()).cloned();
            refusals.take(code.ok_or_else(|| Refusal::invalid("territory", "Say in which territory the work was done.")))
        }
    }
}

fn reference(reference: Option<&str>) -> Result<(), Refusal> {
    let Some(reference) = reference else { return Ok(()) };
    if reference.is_empty() || reference.chars().count() > 128 {
        return Err(Refusal::invalid("externalReference", "An external reference has 1 to 128 characters."));
    }
    without_person_code(reference, "externalReference")
}

fn day(day: NaiveDate, field: &str, today: NaiveDate) -> Result<(), Refusal> {
    if day > today {
        return Err(Refusal::invalid(field, "This day lies in the future."));
    }
    if day.year() < 1990 {
        return Err(Refusal::invalid(field, "A day of work lies in 1990 or later."));
    }
    Ok(())
}

fn text(text: Option<&str>, field: &str, refusals: &mut Refusals) -> Option<String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    refusals.take(without_person_code(text, field));
    refusals.take(short(text, field, TEXT))
}

/// Ids that are known, each once, in order.
fn once(ids: &[Uuid], field: &str, refusals: &mut Refusals, known: impl Fn(Uuid) -> bool) -> Vec<Uuid> {
    if ids.len() > NAMED {
        refusals.add(Refusal::new(UserErrorCode::LimitExceeded, field, said!("At most {NAMED}.", NAMED)));
        return Vec::new();
    }
    for (i, id) in ids.iter().enumerate() {
        if !known(*id) {
            refusals.add(unknown(&format!("{field}.{i}")));
        }
    }
    let mut all = ids.to_vec();
    all.sort();
    all.dedup();
    if all.len() < ids.len() {
        refusals.add(Refusal::new(UserErrorCode::Duplicate, field, "One stands here twice."));
    }
    all
}
