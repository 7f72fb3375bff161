//! One function per verb: the order of steps, and nothing else.

use super::{
    model::*,
    policy::{self, WorkAct},
    rules::{self, At, Before, Decision, Known},
    store::{self, Named},
};
use crate::{
    access::{Actor, Permit},
    base::{
        Error, Refusal, Result,
        clock::day,
        error::UserErrorCode,
        id,
        words::{activity::*, change::ChangeType},
    },
    db::{Db, Tx},
    journal::{
        Audience, ObjectType,
        change::Entry,
        idempotency::{Ask, Done, claim},
        record,
    },
};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// `servicesRecord`: services given, a row each.
pub async fn record_services(db: &Db, actor: &Actor, ask: &Ask, call: Call<DeliveryRow>) -> Result<Recorded> {
    let (tx, permit) = match begin(db, actor, ask, WorkAct::RecordServices, call.rows.len()).await? {
        Begun::Now(tx, permit) => (*tx, permit),
        Begun::Before(recorded) => return Ok(recorded),
    };
    let own = actor.organization_id;
    store::alone(&tx, own, "service_delivery").await?;
    let mut named = Named::default();
    for row in call.rows.iter().flatten().filter(|row| !row.void) {
        named.services.push(row.service_code.clone());
        named.referrals.extend(row.referral_id);
        named.territories.extend(row.territory.clone());
        match &row.case {
            Some(CaseName::Id(id)) => named.cases.push(*id),
            Some(CaseName::Reference(reference)) => named.case_references.push(reference.clone()),
            None => {}
        }
    }
    let known = store::known(tx.link(), own, &named).await?;
    let names: Vec<_> = call.rows.iter().map(|row| named_by(row, |row| (row.id, row.external_reference.as_deref()))).collect();
    let found = Before::of(store::deliveries(tx.link(), own, &references(&names), &ids(&names)).await?);
    let twice = twice(&names, &found);
    let at = At { now: tx.now(), today: day(tx.now()) };
    let one = |row: &DeliveryRow| {
        let before = found.find(row.id, row.external_reference.as_deref()).map_err(|refusal| vec![refusal])?;
        if row.void {
            return rules::void(before, row.external_reference.as_deref(), at.now).map_err(|refusal| vec![refusal]);
        }
        let new = rules::delivery(row, &known, before, at)?;
        rules::decide(before, new, call.on_existing).map_err(|refusal| vec![refusal])
    };
    let (results, changed) = settle(&call, &twice, one);
    if !writes(&call, &results) {
        return Ok(Recorded { results, replayed: false });
    }
    store::put_deliveries(&tx, &permit, &changed).await?;
    end(tx, &permit, ChangeType::ServicesRecorded, results, changed.iter().map(|row| row.id).collect()).await
}

/// `activitiesRecord`: group sessions and events, a row each, with the attendances of known cases.
pub async fn record_activities(db: &Db, actor: &Actor, ask: &Ask, call: Call<ActivityRow>) -> Result<Recorded> {
    let (tx, permit) = match begin(db, actor, ask, WorkAct::RecordActivities, call.rows.len()).await? {
        Begun::Now(tx, permit) => (*tx, permit),
        Begun::Before(recorded) => return Ok(recorded),
    };
    let own = actor.organization_id;
    store::alone(&tx, own, "activity").await?;
    let mut named = Named::default();
    for row in call.rows.iter().flatten().filter(|row| !row.void) {
        named.cases.extend(&row.case_ids);
        named.groups.extend(row.group_id);
        named.territories.extend(row.territory.clone());
        named.organizations.extend(row.partner_ids.iter().chain(&row.supported_by_ids));
    }
    let names: Vec<_> = call.rows.iter().map(|row| named_by(row, |row| (row.id, row.external_reference.as_deref()))).collect();
    let found = Before::of(store::activities(tx.link(), own, &references(&names), &ids(&names)).await?);
    let twice = twice(&names, &found);
    // One that is taken out takes the attendances of its cases along.
    named.cases.extend(found.rows().flat_map(|row| &row.case_ids));
    named.groups.extend(found.rows().filter_map(|row| row.group_id));
    named.services = ActivityKind::ALL.iter().map(|kind| rules::service_of(*kind, None).to_owned()).collect();
    named
        .services
        .extend(Programme::ALL.iter().map(|course| rules::service_of(ActivityKind::GroupSession, Some(*course)).to_owned()));
    let known = store::known(tx.link(), own, &named).await?;
    let at = At { now: tx.now(), today: day(tx.now()) };
    let one = |row: &ActivityRow| {
        let before = found.find(row.id, row.external_reference.as_deref()).map_err(|refusal| vec![refusal])?;
        if row.void {
            return rules::void(before, row.external_reference.as_deref(), at.now).map_err(|refusal| vec![refusal]);
        }
        let new = rules::activity(row, &known, at)?;
        rules::decide(before, new, call.on_existing).map_err(|refusal| vec![refusal])
    };
    let (results, changed) = settle(&call, &twice, one);
    if !writes(&call, &results) {
        return Ok(Recorded { results, replayed: false });
    }
    store::put_activities(&tx, &permit, &changed).await?;
    let attended = attended(&tx, &known, &changed).await?;
    store::put_deliveries(&tx, &permit, &attended).await?;
    end(tx, &permit, ChangeType::ActivitiesRecorded, results, changed.iter().map(|row| row.id).collect()).await
}

/// `groupCreate`: a course with a fixed membership.
pub async fn create_group(db: &Db, actor: &Actor, ask: &Ask, new: NewGroup) -> Result<Done> {
    let tx = db.begin(actor).await?;
    let own = actor.organization_id;
    let named = Named { cases: new.case_ids.clone(), ..Named::default() };
    let known = store::known(tx.link(), own, &named).await?;
    let group = rules::group(&new, &known, At { now: tx.now(), today: day(tx.now()) });
    let id = group.as_ref().map_or_else(|_| id::random(), |group| group.id);
    if let Some(done) = claim(&tx, ask, id).await? {
        return Ok(done);
    }
    let permit = policy::may(actor, WorkAct::CreateGroup, own, id)?;
    let group = group.map_err(Error::Refused)?;
    store::insert_group(&tx, &permit, &group, &new.case_ids).await?;
    let entry = Entry::new(ChangeType::GroupCreated, ObjectType::Group, group.id, group.version);
    record(&tx, entry, Audience::only(own)).await?;
    tx.commit().await?;
    Ok(Done::now(group.id))
}

enum Begun {
    Now(Box<Tx>, Permit<WorkAct>),
    Before(Recorded),
}

async fn begin(db: &Db, actor: &Actor, ask: &Ask, act: WorkAct, rows: usize) -> Result<Begun> {
    rules::count(rows)?;
    let recording = id::random();
    let permit = policy::may(actor, act, actor.organization_id, recording)?;
    let tx = db.begin(actor).await?;
    match claim(&tx, ask, recording).await? {
        Some(done) => Ok(Begun::Before(Recorded { results: store::answered(&tx, done.id).await?, replayed: true })),
        None => Ok(Begun::Now(Box::new(tx), permit)),
    }
}

/// How a row names the known one that it is about.
type Name<'a> = (Option<Uuid>, Option<&'a str>);

fn named_by<'a, Row>(row: &'a Result<Row, Vec<Refusal>>, name: impl Fn(&'a Row) -> Name<'a>) -> Name<'a> {
    row.as_ref().map_or((None, None), name)
}

fn references<'a>(names: &[Name<'a>]) -> Vec<&'a str> {
    names.iter().filter_map(|(_, reference)| *reference).collect()
}

fn ids(names: &[Name<'_>]) -> Vec<Uuid> {
    names.iter().filter_map(|(id, _)| *id).collect()
}

/// Rows about which another row of the call was before, whether new or known.
fn twice<W: Work>(names: &[Name<'_>], found: &Before<W>) -> HashSet<usize> {
    let known = |(id, reference): &Name<'_>| found.find(*id, *reference).ok().flatten().map(Work::id);
    let mut twice = rules::repeated(names.iter().map(|(_, reference)| *reference));
    twice.extend(rules::repeated(names.iter().map(known)));
    twice
}

/// What becomes of each row, and the rows that are to be written.
fn settle<Row, W: Work>(
    call: &Call<Row>,
    twice: &HashSet<usize>,
    decide: impl Fn(&Row) -> Result<Decision<W>, Vec<Refusal>>,
) -> (Vec<RowResult>, Vec<W>) {
    let mut changed = Vec::new();
    let mut write = |row: W, outcome| {
        let id = Some(row.id());
        changed.push(row);
        RowResult { outcome, id, refusals: Vec::new() }
    };
    let results = call.rows.iter().enumerate().map(|(i, row)| {
        let decided = match row {
            Ok(_) if twice.contains(&i) => {
                let message = "Another row of this call has the same external reference.";
                Err(vec![Refusal::new(UserErrorCode::Duplicate, "externalReference", message)])
            }
            Ok(row) => decide(row),
            Err(refusals) => Err(refusals.clone()),
        };
        match decided {
            Ok(Decision::Record(row)) => write(row, RowOutcome::Recorded),
            Ok(Decision::Correct(row)) => write(row, RowOutcome::Corrected),
            Ok(Decision::Void(row)) => write(row, RowOutcome::Voided),
            Ok(Decision::Unchanged(id)) => RowResult { outcome: RowOutcome::Unchanged, id: Some(id), refusals: Vec::new() },
            Err(refusals) => {
                let refusals = refusals.into_iter().map(|refusal| refusal.within(&format!("rows.{i}"))).collect();
                RowResult { outcome: RowOutcome::Refused, id: None, refusals }
            }
        }
    });
    let mut results: Vec<_> = results.collect();
    if call.error_policy == ErrorPolicy::RejectEverything && results.iter().any(|row| row.outcome == RowOutcome::Refused) {
        for row in &mut results {
            (row.outcome, row.id) = (RowOutcome::Refused, None);
        }
        changed.clear();
    }
    (results, changed)
}

/// Whether anything is left to be done. A call that was refused as a whole leaves no trace: trying again may succeed.
fn writes<Row>(call: &Call<Row>, results: &[RowResult]) -> bool {
    debug_assert_eq!(call.rows.len(), results.len());
    results.iter().any(|row| row.outcome != RowOutcome::Refused)
}

async fn end(
    tx: Tx,
    permit: &Permit<WorkAct>,
    change: ChangeType,
    results: Vec<RowResult>,
    ids: Vec<Uuid>,
) -> Result<Recorded> {
    store::answer(&tx, permit, &results).await?;
    if !ids.is_empty() {
        let entry = Entry::new(change, ObjectType::Recording, permit.object_id(), 1);
        let entry = entry.detail(serde_json::json!({ "ids": ids }));
        record(&tx, entry, Audience::only(permit.organization_id())).await?;
    }
    tx.commit().await?;
    Ok(Recorded { results, replayed: false })
}

/// The attendances that follow from activities as they are now: new ones, changed ones, and those that are no more.
async fn attended(tx: &Tx, known: &Known, activities: &[Activity]) -> Result<Vec<ServiceDelivery>> {
    let ids: Vec<_> = activities.iter().map(|row| row.id).collect();
    let stand = store::attendances(tx.link(), &ids).await?;
    let stand: HashMap<_, _> = stand.into_iter().map(|row| ((row.activity_id, row.case_id), row)).collect();
    let mut rows = Vec::new();
    for of in activities {
        let programme = of.group_id.and_then(|id| known.groups.get(&id)).map(|group| group.programme);
        let service = known.services.get(rules::service_of(of.kind, programme)).copied();
        let service = service.ok_or_else(|| Error::internal("a service of the classifier is missing"))?;
        for case_id in &of.case_ids {
            let case = known.cases.get(&CaseName::Id(*case_id)).ok_or_else(|| Error::internal("a case has vanished"))?;
            let new = rules::attendance(of, case, service);
            match stand.get(&(Some(of.id), Some(*case_id))) {
                Some(before) if before.voided == new.voided && before.same(&new) => {}
                Some(before) => rows.push(new.after(before)),
                None => rows.push(new),
            }
        }
        let gone = stand.values().filter(|row| row.activity_id == Some(of.id) && !row.voided);
        rows.extend(gone.filter(|row| row.case_id.is_none_or(|id| !of.case_ids.contains(&id))).map(|row| row.void(tx.now())));
    }
    Ok(rows)
}
