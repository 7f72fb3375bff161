//! The work of the demonstration's centres, so that the figures of the published reports come out of the system as they went in: as
//! many cases, services, groups and events in the same time. The reports give the sums alone; days, people and categories are
//! invented, and no person of this exists.

use super::{
    caller,
    registry::{centre, organization},
};
use crate::{
    access::Actor,
    activity::{
        actions,
        model::{ActivityRow, Call, CaseName, DeliveryRow, Filter, NewGroup},
        store,
    },
    base::{
        Error, Result,
        error::UserErrorCode,
        page::{Ask as Page, Window},
        timetable::Timetable,
        words::{
            activity::*,
            case::{HardshipFactor, IntakeChannel, Sex, SubjectKind, TargetCategory},
        },
    },
    case::{
        actions::{self as cases, Desk},
        model::Open,
        person::Draft,
    },
    db::Db,
    journal::idempotency::Ask,
    seal::Seal,
};
use chrono::{Days, NaiveDate};
use std::collections::HashMap;
use uuid::Uuid;

/// Events of one kind: how many with how many participants, where the report says it.
type Events = (ActivityKind, &'static str, &'static [(u32, Option<i32>)]);

/// Group work of the centre in Kazanka from January to the day of its report.
const KAZANKA_EVENTS: &[Events] = &[
    (ActivityKind::ArtTherapy, "арттерапія", &[(8, None)]),
    (ActivityKind::GroupConsultation, "консультація", &[(7, Some(6)), (18, Some(5))]),
    (ActivityKind::MentalHealthTraining, "тренінг", &[(8, Some(6)), (4, Some(5))]),
    (ActivityKind::SocialCohesionEvent, "згуртованість", &[(5, Some(9)), (1, Some(8))]),
];
/// Cases and services there; with 403 attendances of group work the services are 2,682.
const KAZANKA_CASES: u32 = 275;
const KAZANKA_SERVICES: u32 = 2279;
const COURSES: u32 = 5;
const SESSIONS: u32 = 5;
const MEMBERS: i32 = 6;

/// The centre in Novovolynsk in its first two months: by group of categories, consultations and group sessions.
const NOVOVOLYNSK: &[(TargetCategory, u32, u32)] =
    &[(TargetCategory::MilitaryFamily, 326, 434), (TargetCategory::Idp, 318, 425), (TargetCategory::OlderPerson, 311, 414)];

/// Those who come most, in turn.
const CATEGORIES: [TargetCategory; 8] = [
    TargetCategory::Idp,
    TargetCategory::FamilyWithChildren,
    TargetCategory::Idp,
    TargetCategory::OlderPerson,
    TargetCategory::Veteran,
    TargetCategory::FamilyWithChildren,
    TargetCategory::PersonWithDisability,
    TargetCategory::MilitaryFamily,
];

/// Does what is not done yet.
pub async fn work(db: &Db, seal: &Seal, timetable: &Timetable) -> Result<()> {
    if let Some(actor) = caller::active(db, 3).await? {
        let desk = Desk { db, seal, actor: &actor, request_id: "demo", timetable };
        kazanka(desk, Place { centre: centre(1), from: day(2025, 1, 2), days: 144 }).await?;
    }
    if let Some(actor) = caller::active(db, 6).await? {
        novovolynsk(db, &actor, Place { centre: centre(2), from: day(2024, 2, 1), days: 62 }).await?;
    }
    Ok(())
}

/// Where and when.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub centre: Uuid,
    pub from: NaiveDate,
    pub days: u32,
}

impl Place {
    /// A day for the n-th of so many, spread over the time.
    fn day(self, n: u32, of: u32) -> NaiveDate {
        self.from + Days::new(u64::from(n) * u64::from(self.days) / u64::from(of.max(1)))
    }
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

fn ask() -> Ask {
    Ask { mutation: "demo", key: None, input_hash: Vec::new() }
}

async fn kazanka(desk: Desk<'_>, place: Place) -> Result<()> {
    if recorded(desk.db, desk.actor, "демо-подія-громади").await? {
        return Ok(());
    }
    for n in 0..KAZANKA_CASES {
        known(cases::open(desk, &ask(), person(n, place)).await)?;
    }
    let services = (0..KAZANKA_SERVICES).map(|n| {
        let (code, form) = match n % 5 {
            0 => ("M-002", DeliveryForm::Individual),
            1 | 2 => ("M-004", DeliveryForm::Individual),
            3 => ("M-003", DeliveryForm::Phone),
            _ => ("M-007", DeliveryForm::Family),
        };
        let case = CaseName::Reference(reference(n * 7 % KAZANKA_CASES));
        service(format!("демо-послуга-{n}"), place, Some(case), code, form, None, place.day(n, KAZANKA_SERVICES))
    });
    record_services(desk.db, desk.actor, services.collect()).await?;
    let courses = courses(desk.db, desk.actor, place).await?;
    let mut events = Vec::new();
    for (n, group) in courses.into_iter().enumerate() {
        for session in 0..SESSIONS {
            let on = place.day(n as u32, COURSES) + Days::new(7 * u64::from(session) + 1);
            let of = ActivityRow {
                group_id: Some(group),
                ..event(format!("демо-курс-{n}-{session}"), place, ActivityKind::GroupSession, on)
            };
            events.push(ActivityRow { participants: Some(MEMBERS), ..of });
        }
    }
    for (kind, name, parts) in KAZANKA_EVENTS {
        let all: u32 = parts.iter().map(|(count, _)| count).sum();
        let participants = parts.iter().flat_map(|(count, participants)| (0..*count).map(|_| *participants));
        for (n, participants) in (0..).zip(participants) {
            let of = event(format!("демо-{name}-{n}"), place, *kind, place.day(n, all));
            events.push(ActivityRow { participants, ..of });
        }
    }
    let last = event("демо-подія-громади".to_owned(), place, ActivityKind::CommunityEvent, day(2025, 5, 27));
    let title = Some("Свято для дітей з інвалідністю".to_owned());
    events.push(ActivityRow { title, target_category: Some(TargetCategory::ChildWithDisability), ..last });
    record_activities(desk.db, desk.actor, events).await
}

async fn novovolynsk(db: &Db, actor: &Actor, place: Place) -> Result<()> {
    let (mut services, mut events) = (Vec::new(), Vec::new());
    for (category, consultations, sessions) in NOVOVOLYNSK {
        for n in 0..*consultations {
            let (name, on) = (format!("демо-консультація-{category}-{n}"), place.day(n, *consultations));
            services.push(service(name, place, None, "M-004", DeliveryForm::Individual, Some(*category), on));
        }
        for n in 0..*sessions {
            let of = event(format!("демо-заняття-{category}-{n}"), place, ActivityKind::GroupSession, place.day(n, *sessions));
            events.push(ActivityRow { target_category: Some(*category), ..of });
        }
    }
    let last = events.last().and_then(|row| row.external_reference.clone()).unwrap_or_default();
    if recorded(db, actor, &last).await? {
        return Ok(());
    }
    record_services(db, actor, services).await?;
    record_activities(db, actor, events).await
}

/// Consultations of one person each, so many at each place and time.
pub(super) async fn record_singly(db: &Db, actor: &Actor, times: &[(Place, u32)]) -> Result<()> {
    let mut rows = Vec::new();
    for (place, count) in times {
        for n in 0..*count {
            let name = format!("демо-договір-{}-{n}", place.from.format("%Y-%m"));
            let category = Some(CATEGORIES[n as usize % CATEGORIES.len()]);
            rows.push(service(name, *place, None, "M-004", DeliveryForm::Individual, category, place.day(n, *count)));
        }
    }
    let names: Vec<&str> = rows.iter().filter_map(|row| row.external_reference.as_deref()).collect();
    let reading = db.read(actor).await?;
    let there = store::deliveries(reading.link(), actor.organization_id, &names, &[]).await?;
    reading.end().await?;
    let is_there = |row: &DeliveryRow| there.iter().any(|of| of.external_reference == row.external_reference);
    let rows = rows.iter().filter(|row| !is_there(row)).cloned().collect();
    record_services(db, actor, rows).await
}

/// Group consultations, so many at each place and time.
pub(super) async fn record_groups(db: &Db, actor: &Actor, times: &[(Place, u32)], participants: i32) -> Result<()> {
    let mut rows = Vec::new();
    for (place, count) in times {
        for n in 0..*count {
            let name = format!("демо-договір-група-{}-{n}", place.from.format("%Y-%m"));
            let of = event(name, *place, ActivityKind::GroupConsultation, place.day(n, *count));
            rows.push(ActivityRow { participants: Some(participants), ..of });
        }
    }
    let last = rows.last().and_then(|row| row.external_reference.clone()).unwrap_or_default();
    if recorded(db, actor, &last).await? { Ok(()) } else { record_activities(db, actor, rows).await }
}

/// Whether the last row of a centre's work is there.
async fn recorded(db: &Db, actor: &Actor, reference: &str) -> Result<bool> {
    let reading = db.read(actor).await?;
    let found = store::activities(reading.link(), actor.organization_id, &[reference], &[]).await?;
    reading.end().await?;
    Ok(!found.is_empty())
}

/// What is there already is left alone.
fn known<T>(done: Result<T>) -> Result<()> {
    match done {
        Err(Error::Refused(refusals)) if refusals.iter().all(|refusal| refusal.code == UserErrorCode::Duplicate) => Ok(()),
        done => done.map(drop),
    }
}

fn reference(n: u32) -> String {
    format!("демо-випадок-{n}")
}

fn person(n: u32, place: Place) -> Open {
    let born = day(1945 + (n * 7 % 70) as i32, 1 + n % 12, 1 + n % 28);
    let sex = if n.is_multiple_of(3) { Sex::Male } else { Sex::Female };
    let person = Draft {
        family_name: Some(Some("Вигадана".to_owned())),
        given_name: Some(Some(format!("Особа № {n} (демо)"))),
        birth_date: Some(Some(born)),
        sex: Some(Some(sex)),
        ..Draft::default()
    };
    Open {
        centre_id: Some(place.centre),
        territory: None,
        subject_kind: SubjectKind::Person,
        person,
        household_size: None,
        primary_category: CATEGORIES[n as usize % CATEGORIES.len()],
        categories: vec![],
        factors: vec![HardshipFactor::LossOfSocialTies],
        intake_channel: IntakeChannel::SelfInPerson,
        emergency: false,
        safety_flag: false,
        opened_on: Some(place.day(n, KAZANKA_CASES)),
        external_reference: Some(reference(n)),
    }
}

fn service(
    name: String,
    place: Place,
    case: Option<CaseName>,
    code: &str,
    form: DeliveryForm,
    target_category: Option<TargetCategory>,
    on: NaiveDate,
) -> DeliveryRow {
    DeliveryRow {
        id: None,
        external_reference: Some(name),
        centre_id: Some(place.centre),
        case,
        service_code: code.to_owned(),
        form,
        occurred_on: on,
        quantity: 1,
        specialist: None,
        target_category,
        referral_id: None,
        territory: None,
        void: false,
    }
}

fn event(name: String, place: Place, kind: ActivityKind, on: NaiveDate) -> ActivityRow {
    ActivityRow {
        id: None,
        external_reference: Some(name),
        centre_id: Some(place.centre),
        group_id: None,
        kind,
        title: None,
        occurred_on: on,
        place: None,
        participants: None,
        case_ids: vec![],
        target_category: None,
        partner_ids: vec![],
        supported_by_ids: vec![],
        territory: None,
        void: false,
    }
}

fn call<Row>(rows: &mut Vec<Row>) -> Call<Row> {
    let some = rows.drain(..rows.len().min(1000)).map(Ok).collect();
    Call { error_policy: ErrorPolicy::RejectEverything, on_existing: ExistingRow::Refuse, rows: some }
}

async fn record_services(db: &Db, actor: &Actor, mut rows: Vec<DeliveryRow>) -> Result<()> {
    while !rows.is_empty() {
        let done = actions::record_services(db, actor, &ask(), call(&mut rows)).await?;
        whole(done.results.into_iter().flat_map(|row| row.refusals).collect())?;
    }
    Ok(())
}

async fn record_activities(db: &Db, actor: &Actor, mut rows: Vec<ActivityRow>) -> Result<()> {
    while !rows.is_empty() {
        let done = actions::record_activities(db, actor, &ask(), call(&mut rows)).await?;
        whole(done.results.into_iter().flat_map(|row| row.refusals).collect())?;
    }
    Ok(())
}

fn whole(refusals: Vec<crate::base::Refusal>) -> Result<()> {
    if refusals.is_empty() { Ok(()) } else { Err(Error::Refused(refusals)) }
}

/// The groups of the course, in order.
async fn courses(db: &Db, actor: &Actor, place: Place) -> Result<Vec<Uuid>> {
    for n in 0..COURSES {
        let new = NewGroup {
            centre_id: place.centre,
            programme: Programme::SelfHelpPlus,
            members: MEMBERS,
            started_on: place.day(n, COURSES),
            case_ids: vec![],
            external_reference: Some(format!("демо-курс-{n}")),
        };
        known(actions::create_group(db, actor, &ask(), new).await)?;
    }
    let reading = db.read(actor).await?;
    let filter = Filter { centre_id: Some(place.centre), ..Filter::default() };
    let window = Window::of(&Page { first: Some(100), ..Page::default() }, "demo")?;
    let groups = store::page_groups(reading.link(), organization(3), &filter, &window).await?;
    reading.end().await?;
    let by_name: HashMap<_, _> = groups.into_iter().filter_map(|group| Some((group.external_reference?, group.id))).collect();
    Ok((0..COURSES).filter_map(|n| by_name.get(&format!("демо-курс-{n}")).copied()).collect())
}
