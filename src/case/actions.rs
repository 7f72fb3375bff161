//! One function per verb: the order of steps, and nothing else.

use super::{
    consent as consents,
    model::*,
    person::{self, Details, Draft},
    policy::{self, CaseAct},
    rules, sealed, store,
};
use crate::{
    access::{Actor, Permit},
    base::{
        Error, Result,
        error::Refusals,
        id,
        timetable::Timetable,
        words::{case::*, change::ChangeType},
    },
    centre,
    db::{Db, Tx},
    journal::{
        Audience, ObjectType,
        change::Entry,
        idempotency::{Ask, Done, claim},
        record,
    },
    organization,
    seal::{PersonKey, Seal},
    service, territory,
};
use chrono::NaiveDate;
use uuid::Uuid;

/// What every verb works with: the doors, the keys and who asks.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    pub db: &'a Db,
    pub seal: &'a Seal,
    pub actor: &'a Actor,
    /// For the audit of reads that an action does by itself.
    pub request_id: &'a str,
    /// Working days and the lengths of clocks, as configured.
    pub timetable: &'a Timetable,
}

/// `caseOpen`: a new case with its person.
pub async fn open(desk: Desk<'_>, ask: &Ask, new: Open) -> Result<Done> {
    let case_id = id::random();
    let tx = desk.db.begin(desk.actor).await?;
    if let Some(done) = claim(&tx, ask, case_id).await? {
        return Ok(done);
    }
    begin(&tx, desk, case_id, new, None).await?;
    tx.commit().await?;
    Ok(Done::now(case_id))
}

/// Opens a case within a transaction: for `open`, and for a receiver that opens its own from a referral.
pub async fn begin(tx: &Tx, desk: Desk<'_>, case_id: Uuid, new: Open, referral_id: Option<Uuid>) -> Result<Case> {
    let (organization_id, today) = (desk.actor.organization_id, crate::base::clock::day(tx.now()));
    let permit = policy::may(desk.actor, CaseAct::Open, organization_id, case_id)?;
    let mut refusals = Refusals::default();
    rules::open(&new, today, &mut refusals);
    let details = Details::default().with(&new.person, "person", today, &mut refusals);
    refusals.end()?;
    let territory_code = place(tx, organization_id, &new).await?;
    let (key, details) = person_for(tx, desk, details, &new.person, today).await?;
    let opened_on = new.opened_on.unwrap_or(today);
    let case = Case {
        id: case_id,
        code: id::number(),
        organization_id,
        centre_id: new.centre_id,
        territory_code,
        person_id: key.person_id(),
        referral_id,
        subject_kind: new.subject_kind,
        household_size: new.household_size,
        primary_category: new.primary_category,
        categories: rules::categories(new.primary_category, &new.categories),
        intake_channel: new.intake_channel,
        emergency: new.emergency,
        safety_flag: new.safety_flag,
        opened_on,
        closed_on: None,
        assessment_due_on: rules::assessment_due(opened_on, new.emergency, &desk.timetable.calendar),
        assessed_on: None,
        status: CaseStatus::New,
        refusal_ground: None,
        close_reason: None,
        external_reference: new.external_reference,
        created_at: tx.now(),
        updated_at: tx.now(),
        version: 1,
        erased_at: None,
    };
    store::insert(tx, &permit, &case).await?;
    sealed::put_value(tx, organization_id, &key, case_id, Slot::Factors, &factors(new.factors)).await?;
    keep_person(tx, desk, &key, &details).await?;
    store::note(tx, &permit, &case, None).await?;
    tell(tx, &case, ChangeType::CaseOpened).await?;
    Ok(case)
}

/// Where the case belongs: as said, else where its centre stands, else where the organisation does.
async fn place(tx: &Tx, organization_id: Uuid, new: &Open) -> Result<String> {
    let centre = match new.centre_id {
        Some(centre_id) => Some(own_centre(tx, organization_id, centre_id, "centreId").await?),
        None => None,
    };
    let code = match (&new.territory, centre) {
        (Some(code), _) => Some(code.clone()),
        (None, Some(centre)) => Some(centre.territory_code),
        (None, None) => organization::store::get(tx.link(), organization_id, "id").await?.territory_code,
    };
    let code = code.ok_or_else(|| Error::invalid("territory", "Say in which territory the case belongs."))?;
    Ok(territory::store::get(tx.link(), &code, "territory").await?.code)
}

/// A centre that the organisation runs or hosts.
pub async fn own_centre(tx: &Tx, organization_id: Uuid, centre_id: Uuid, field: &str) -> Result<centre::model::Centre> {
    let centre = centre::store::get(tx.link(), centre_id, field).await?;
    let own = centre.provider_id == organization_id || centre.host_id == Some(organization_id);
    if own { Ok(centre) } else { Err(Error::not_found(field)) }
}

/// The record of the person: the one known under the same tax number, completed by what is told now, or a new one.
async fn person_for(
    tx: &Tx,
    desk: Desk<'_>,
    details: Details,
    draft: &Draft,
    today: NaiveDate,
) -> Result<(PersonKey, Details)> {
    let organization_id = desk.actor.organization_id;
    if let Some(number) = &details.tax_number {
        let lookup = person::by_tax_number(desk.seal, organization_id, number);
        if let Some(known) = store::person_by(tx, organization_id, &lookup).await? {
            let (key, before) = recall(tx, desk, known).await?;
            return Ok((key, before.with(draft, "person", today, &mut Refusals::default())));
        }
    }
    Ok((sealed::new_person(tx, desk.seal, organization_id).await?, details))
}

/// The key of one's own person and what is known.
async fn recall(tx: &Tx, desk: Desk<'_>, person_id: Uuid) -> Result<(PersonKey, Details)> {
    let mut found = sealed::of_persons(tx.link(), desk.seal, &[person_id]).await?;
    match found.remove(&person_id) {
        Some(dossier) => {
            let details = dossier.person()?.cloned().unwrap_or_default();
            Ok((dossier.key().clone(), details))
        }
        None => Ok((sealed::key_of(tx, desk.seal, person_id).await?, Details::default())),
    }
}

/// Seals what is known of a person, and renews the hashes under which it is found and what figures tell apart.
pub async fn keep_person(tx: &Tx, desk: Desk<'_>, key: &PersonKey, details: &Details) -> Result<()> {
    let (organization_id, person_id) = (desk.actor.organization_id, key.person_id());
    sealed::put_value(tx, organization_id, key, person_id, Slot::Person, details).await?;
    store::index_person(tx, organization_id, person_id, &details.lookups(desk.seal, organization_id)).await?;
    for (case, opened_on) in store::intakes(tx, organization_id, person_id).await? {
        store::mark(tx, case, details.sex.unwrap_or(Sex::Unspecified), details.age_band(opened_on)).await?;
    }
    Ok(())
}

fn factors(mut all: Vec<HardshipFactor>) -> Vec<HardshipFactor> {
    all.sort();
    all.dedup();
    all
}

async fn tell(tx: &Tx, case: &Case, change: ChangeType) -> Result<()> {
    let detail = serde_json::json!({ "status": case.status });
    let entry = Entry::new(change, ObjectType::Case, case.id, case.version).detail(detail);
    record(tx, entry, Audience::only(case.organization_id)).await
}

/// What a step on a locked case leaves behind.
struct Step {
    tx: Tx,
    permit: Permit<CaseAct>,
    before: Case,
}

/// The beginning of every step: claim, lock, ask for leave, compare the version.
async fn step(desk: Desk<'_>, ask: &Ask, act: CaseAct, case_id: Uuid, expected: i32) -> Result<Result<Step, Done>> {
    let tx = desk.db.begin(desk.actor).await?;
    if let Some(done) = claim(&tx, ask, case_id).await? {
        return Ok(Err(done));
    }
    let before = store::lock(&tx, case_id).await?.ok_or_else(|| Error::not_found("id"))?;
    let permit = policy::may(desk.actor, act, before.organization_id, case_id)?;
    if before.version != expected {
        return Err(Error::conflict());
    }
    Ok(Ok(Step { tx, permit, before }))
}

impl Step {
    /// The end of every step: write, note the history if there is something to note, tell, commit.
    async fn end(self, desk: Desk<'_>, after: Case, reason: Option<String>, change: ChangeType) -> Result<Done> {
        let Self { tx, permit, before } = self;
        let after = store::apply(&tx, &permit, &before, &after).await?;
        if after.status != before.status || reason.is_some() {
            let event_id = store::note(&tx, &permit, &after, Some(before.status)).await?;
            if let Some(reason) = reason {
                let key = sealed::key_of(&tx, desk.seal, after.person_id).await?;
                sealed::put(&tx, after.organization_id, &key, event_id, Slot::Reason, &reason).await?;
            }
        }
        tell(&tx, &after, change).await?;
        tx.commit().await?;
        Ok(Done::now(after.id))
    }

    async fn put_factors(&self, desk: Desk<'_>, all: Vec<HardshipFactor>) -> Result<()> {
        let key = sealed::key_of(&self.tx, desk.seal, self.before.person_id).await?;
        sealed::put_value(&self.tx, self.before.organization_id, &key, self.before.id, Slot::Factors, &factors(all)).await
    }

    fn today(&self) -> NaiveDate {
        crate::base::clock::day(self.tx.now())
    }
}

/// Names the object and the version that a step expects.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub id: Uuid,
    pub expected_version: i32,
}

macro_rules! begin {
    ($desk:expr, $ask:expr, $act:ident, $target:expr) => {
        match step($desk, $ask, CaseAct::$act, $target.id, $target.expected_version).await? {
            Ok(step) => step,
            Err(done) => return Ok(done),
        }
    };
}

pub async fn update(desk: Desk<'_>, ask: &Ask, target: Target, command: Update) -> Result<Done> {
    let step = begin!(desk, ask, Update, target);
    let after = rules::update(&step.before, &command)?;
    if let Some(all) = command.factors {
        step.put_factors(desk, all).await?;
    }
    let reason = command.reason.filter(|reason| !reason.trim().is_empty());
    let reason = reason.map(|reason| rules::reason(&reason, "reason")).transpose()?;
    step.end(desk, after, reason, ChangeType::CaseChanged).await
}

pub async fn update_person(desk: Desk<'_>, ask: &Ask, target: Target, draft: Draft) -> Result<Done> {
    let step = begin!(desk, ask, UpdatePerson, target);
    let after = rules::update_person(&step.before)?;
    let (key, known) = recall(&step.tx, desk, step.before.person_id).await?;
    let mut refusals = Refusals::default();
    let details = known.with(&draft, "person", step.today(), &mut refusals);
    refusals.end()?;
    keep_person(&step.tx, desk, &key, &details).await?;
    step.end(desk, after, None, ChangeType::CaseChanged).await
}

pub async fn begin_assessment(desk: Desk<'_>, ask: &Ask, target: Target) -> Result<Done> {
    let step = begin!(desk, ask, BeginAssessment, target);
    let after = rules::begin_assessment(&step.before)?;
    step.end(desk, after, None, ChangeType::CaseChanged).await
}

pub async fn assess(desk: Desk<'_>, ask: &Ask, target: Target, command: Assess) -> Result<Done> {
    let step = begin!(desk, ask, Assess, target);
    let after = rules::assess(&step.before, &command, step.today())?;
    let assessment = Assessment {
        id: id::random(),
        case_id: after.id,
        organization_id: after.organization_id,
        purpose: command.purpose,
        assessed_on: command.assessed_on,
        complexity: command.complexity,
        at: step.tx.now(),
    };
    store::insert_assessment(&step.tx, &step.permit, &assessment).await?;
    if let Some(summary) = &command.summary {
        let key = sealed::key_of(&step.tx, desk.seal, after.person_id).await?;
        sealed::put(&step.tx, after.organization_id, &key, assessment.id, Slot::Summary, summary).await?;
    }
    if let Some(all) = command.factors {
        step.put_factors(desk, all).await?;
    }
    step.end(desk, after, None, ChangeType::CaseChanged).await
}

pub async fn decide(
    desk: Desk<'_>,
    ask: &Ask,
    target: Target,
    decision: CaseDecision,
    ground: Option<CaseRefusalGround>,
    on: NaiveDate,
) -> Result<Done> {
    let step = begin!(desk, ask, Decide, target);
    let after = rules::decide(&step.before, decision, ground, on, step.today())?;
    step.end(desk, after, None, ChangeType::CaseChanged).await
}

pub async fn plan(desk: Desk<'_>, ask: &Ask, target: Target, goals: Vec<NewGoal>) -> Result<Done> {
    let step = begin!(desk, ask, Plan, target);
    let after = rules::plan(&step.before, &goals, step.today())?;
    let key = sealed::key_of(&step.tx, desk.seal, after.person_id).await?;
    let mut rows = Vec::with_capacity(goals.len());
    for (position, goal) in goals.into_iter().enumerate() {
        let service_id = match &goal.service_code {
            Some(code) => {
                let field = format!("goals.{position}.serviceCode");
                Some(service::store::get(step.tx.link(), code, &field).await?.id)
            }
            None => None,
        };
        let row = Goal {
            id: id::random(),
            case_id: after.id,
            organization_id: after.organization_id,
            position: position as i32,
            service_id,
            due_on: goal.due_on,
            achieved_on: goal.achieved_on,
            at: step.tx.now(),
            replaced_at: None,
        };
        sealed::put(&step.tx, after.organization_id, &key, row.id, Slot::Goal, goal.text.trim()).await?;
        rows.push(row);
    }
    store::replace_goals(&step.tx, &step.permit, &rows).await?;
    step.end(desk, after, None, ChangeType::CaseChanged).await
}

pub async fn activate(desk: Desk<'_>, ask: &Ask, target: Target) -> Result<Done> {
    let step = begin!(desk, ask, Activate, target);
    let after = rules::activate(&step.before)?;
    step.end(desk, after, None, ChangeType::CaseChanged).await
}

pub async fn suspend(desk: Desk<'_>, ask: &Ask, target: Target, reason: &str) -> Result<Done> {
    let step = begin!(desk, ask, Suspend, target);
    let after = rules::suspend(&step.before)?;
    step.end(desk, after, Some(rules::reason(reason, "reason")?), ChangeType::CaseChanged).await
}

pub async fn resume(desk: Desk<'_>, ask: &Ask, target: Target) -> Result<Done> {
    let step = begin!(desk, ask, Resume, target);
    let after = rules::resume(&step.before)?;
    step.end(desk, after, None, ChangeType::CaseChanged).await
}

pub async fn close(desk: Desk<'_>, ask: &Ask, target: Target, reason: CaseCloseReason, on: NaiveDate) -> Result<Done> {
    let step = begin!(desk, ask, Close, target);
    let after = rules::close(&step.before, reason, on, step.today())?;
    step.end(desk, after, None, ChangeType::CaseClosed).await
}

pub async fn mark_error(desk: Desk<'_>, ask: &Ask, target: Target, reason: &str) -> Result<Done> {
    let step = begin!(desk, ask, MarkError, target);
    let after = rules::mark_error(&step.before)?;
    step.end(desk, after, Some(rules::reason(reason, "reason")?), ChangeType::CaseChanged).await
}

/// `consentGive`. Its withdrawal changes referrals too and lives in that slice.
pub async fn give(desk: Desk<'_>, ask: &Ask, command: Give) -> Result<Done> {
    let consent_id = id::random();
    let tx = desk.db.begin(desk.actor).await?;
    if let Some(done) = claim(&tx, ask, consent_id).await? {
        return Ok(done);
    }
    let case = store::lock(&tx, command.case_id).await?.ok_or_else(|| Error::not_found("caseId"))?;
    let permit = policy::may(desk.actor, CaseAct::GiveConsent, case.organization_id, case.id)?;
    organization::store::get(tx.link(), command.receiver_id, "receiverId").await?;
    let (key, person) = recall(&tx, desk, case.person_id).await?;
    let term = consents::give(&case, &person, &command, tx.now())?;
    let consent = Consent {
        id: consent_id,
        case_id: case.id,
        person_id: case.person_id,
        organization_id: case.organization_id,
        receiver_id: command.receiver_id,
        purpose: command.purpose,
        given_by: command.given_by,
        method: command.method,
        given_at: term.given_at,
        grant: Grant { field_groups: term.field_groups, expires_at: term.expires_at, withdrawn_at: None, expired_at: None },
        version: 1,
    };
    store::insert_consent(&tx, &permit, &consent).await?;
    if let Some(evidence) = command.evidence.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        sealed::put(&tx, case.organization_id, &key, consent_id, Slot::Evidence, evidence).await?;
    }
    let entry = Entry::new(ChangeType::ConsentGiven, ObjectType::Consent, consent_id, 1);
    record(&tx, entry, Audience::only(case.organization_id)).await?;
    tx.commit().await?;
    Ok(Done::now(consent_id))
}
