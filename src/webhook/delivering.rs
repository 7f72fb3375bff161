//! The server's own part: changes become deliveries, deliveries are claimed by whoever sends them, and results are written down.

use super::{
    model::{ChangeEndpoint, Job, NewDelivery},
    policy,
    queue::{self, Tried},
    rules, schedule, store,
};
use crate::{
    base::{
        Result, id,
        words::{
            change::ChangeType,
            webhook::{DeliveryError, DeliveryStatus, DisabledReason, EndpointStatus},
        },
    },
    db::{Db, Errand, Tx},
    journal::{
        Audience, ObjectType,
        change::{self, Entry},
        feed::{self, Place},
    },
    telemetry::metrics,
};
use chrono::{DateTime, Duration, Utc};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Changes that are read at a time, and deliveries that are written at a time: what everyone may learn of has as many as there are
/// endpoints.
const CHANGES: usize = 500;
const DELIVERIES: usize = 5_000;
/// How long deliveries are kept after their end.
const KEPT: Duration = Duration::days(30);
/// Deliveries that are forgotten at a time, and endpoints that are disabled at a time.
const FORGOTTEN: i64 = 2_000;
const ORPHANS: i64 = 50;

/// What reading on has brought.
#[derive(Debug, Default)]
pub struct Fanned {
    /// Endpoints that have something due now.
    pub due: Vec<Uuid>,
    /// Ask again at once.
    pub more: bool,
    /// Something is written that an older transaction still keeps back: ask again soon.
    pub waiting: bool,
    /// An application or an organisation has changed: whoever answers for an endpoint may do so no more.
    pub answers_changed: bool,
}

/// Reads on in the feed and makes deliveries of what is new; one server at a time. The first time it begins at the end: what was
/// before comes by a replay.
pub async fn fan_out(db: &Db) -> Result<Fanned> {
    let tx = db.errand(Errand::Line).await?;
    let permit = policy::deliver();
    let place: Place = match queue::place(&tx, &permit).await? {
        queue::Standing::Taken => return tx.commit().await.map(|()| Fanned::default()),
        queue::Standing::New => {
            queue::keep_place(&tx, &permit, &feed::head(tx.link(), tx.now()).await?).await?;
            return tx.commit().await.map(|()| Fanned { more: true, ..Fanned::default() });
        }
        queue::Standing::At(text) => serde_json::from_value(text).map_err(crate::base::Error::internal)?,
    };
    let read = feed::across(tx.link(), &place, CHANGES).await?;
    if read.end == place {
        tx.commit().await?;
        return Ok(Fanned { more: read.more, waiting: read.waiting, ..Fanned::default() });
    }
    let answers = [ObjectType::Application, ObjectType::Organization];
    let answers_changed = read.told.iter().any(|told| answers.contains(&told.entry.object));
    let of: Option<BTreeSet<Uuid>> = read.told.iter().map(|told| told.organization).collect();
    let of: Option<Vec<Uuid>> = of.map(|of| of.into_iter().collect());
    let listeners = match &of {
        Some(none) if none.is_empty() => Vec::new(),
        of => queue::listeners(tx.link(), of.as_deref()).await?,
    };
    let with_scopes: Vec<_> =
        listeners.iter().filter(|listener| listener.alive()).map(|listener| (listener, listener.scopes())).collect();
    let endpoints = read.told.iter().filter(|told| told.entry.object == ObjectType::WebhookEndpoint);
    let touched: Vec<Uuid> = endpoints.map(|told| told.entry.object_id).collect();
    let (mut new, mut end, mut cut) = (Vec::new(), place, false);
    for told in read.told {
        if new.len() >= DELIVERIES && told.entry.place != end {
            // The rest next time, from here: all audiences of the last entry were looked at.
            cut = true;
            break;
        }
        for (listener, scopes) in &with_scopes {
            let may_know = told.organization.is_none_or(|organization| organization == listener.organization_id);
            if may_know && rules::wants(listener, *scopes, &told.entry) {
                let entry = told.entry.clone();
                new.push(NewDelivery {
                    id: id::timed(),
                    endpoint_id: listener.id,
                    organization_id: listener.organization_id,
                    entry,
                });
            }
        }
        end = told.entry.place;
    }
    if !cut {
        end = read.end;
    }
    let mut due = make(&tx, new).await?;
    // Its owner may have put something in line by himself: a test, a replay.
    due.extend(touched);
    queue::keep_place(&tx, &permit, &end).await?;
    tx.commit().await?;
    Ok(Fanned { due, more: read.more || cut, waiting: read.waiting, answers_changed })
}

/// Writes deliveries for those endpoints that are still sent something.
async fn make(tx: &Tx, mut new: Vec<NewDelivery>) -> Result<Vec<Uuid>> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let permit = policy::deliver();
    let endpoints: BTreeSet<Uuid> = new.iter().map(|row| row.endpoint_id).collect();
    let held: BTreeSet<Uuid> = queue::hold(tx, &permit, endpoints.into_iter().collect()).await?.into_iter().collect();
    new.retain(|row| held.contains(&row.endpoint_id));
    let (waiting, mut due) = queue::insert(tx, &permit, &new).await?;
    due.extend(queue::release(tx, &permit, &waiting).await?);
    Ok(due)
}

/// Deliveries for this server to send now, of these endpoints or of all; nobody else sends them for a minute.
pub async fn claim(db: &Db, among: Option<&[Uuid]>, room: schedule::Room) -> Result<Vec<Job>> {
    let tx = db.errand(Errand::Deliver).await?;
    let permit = policy::deliver();
    let hungry = queue::hungry(&tx, &permit, among).await?;
    let jobs = match hungry.is_empty() {
        true => Vec::new(),
        // A statement of its own: it sees what others had claimed before the endpoints were taken.
        false => queue::claim(&tx, &permit, hungry, tx.now() + schedule::CLAIM, room).await?,
    };
    tx.commit().await?;
    Ok(jobs)
}

/// Takes back what a server has claimed that is gone; gives the endpoints.
pub async fn reclaim(db: &Db) -> Result<Vec<Uuid>> {
    let tx = db.errand(Errand::Deliver).await?;
    let endpoints = queue::reclaim(&tx, &policy::deliver()).await?;
    tx.commit().await?;
    Ok(endpoints)
}

/// Gives deliveries back that this server has claimed and will not send to their end: by their ids and claims.
pub async fn let_go(db: &Db, claims: impl IntoIterator<Item = (Uuid, Uuid)>) -> Result<()> {
    let (ids, claims) = claims.into_iter().unzip();
    let tx = db.errand(Errand::Deliver).await?;
    queue::let_go(&tx, &policy::deliver(), ids, claims).await?;
    tx.commit().await
}

/// One delivery that was sent, and what came of it.
#[derive(Clone, Debug)]
pub struct Sent {
    pub job: Job,
    pub at: DateTime<Utc>,
    pub answer: schedule::Answer,
    /// From 0 to 1.
    pub jitter: f64,
}

/// Writes down what came of requests, all in one transaction: attempts, what becomes of each delivery, how each endpoint stands.
/// What another server has claimed meanwhile is its business.
pub async fn settle(db: &Db, sent: &[Sent]) -> Result<()> {
    let tx = db.errand(Errand::Deliver).await?;
    let permit = policy::deliver();
    // A success of an endpoint that works changes nothing about it, and takes no lock.
    let touched: BTreeSet<Uuid> =
        sent.iter().filter(|one| one.answer.error.is_some() || one.job.troubled).map(|one| one.job.endpoint_id).collect();
    let rows = queue::lock_endpoints(&tx, &permit, &touched.into_iter().collect::<Vec<_>>()).await?;
    let mut endpoints: BTreeMap<Uuid, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut claimed: Vec<&Job> = sent.iter().map(|one| &one.job).collect();
    claimed.sort_by_key(|job| (job.endpoint_id, job.object_id, job.id));
    let (ids, claims) = claimed.into_iter().map(|job| (job.id, job.claim)).unzip();
    let held: BTreeSet<Uuid> = queue::lock_claimed(&tx, &permit, ids, claims).await?.into_iter().collect();
    let mut held: Vec<&Sent> = sent.iter().filter(|one| held.contains(&one.job.id)).collect();
    held.sort_by_key(|one| one.at);

    let (mut succeeded, mut failed, mut again, mut dues) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut standings, mut ends) = (BTreeMap::new(), BTreeMap::new());
    for one in &held {
        metrics::sent(one.answer.error.map_or(DeliveryStatus::Succeeded.word(), DeliveryError::word));
        let row = endpoints.get(&one.job.endpoint_id);
        let standing: &mut schedule::Standing = standings.entry(one.job.endpoint_id).or_insert_with(|| {
            row.map(|row| schedule::Standing { failing_since: row.failing_since, paused_until: row.paused_until })
                .unwrap_or_default()
        });
        let attempt = usize::try_from(one.job.attempts).unwrap_or(0) + 1;
        match schedule::follow(standing, attempt, &one.answer, one.at, one.jitter) {
            schedule::Fate::Succeeded => succeeded.push(one.job.id),
            schedule::Fate::GivenUp => failed.push(one.job.id),
            // There is nobody to try again.
            schedule::Fate::Again(_) if one.answer.status == Some(410) => failed.push(one.job.id),
            schedule::Fate::Again(due) => {
                again.push(one.job.id);
                dues.push(due);
            }
        }
        if let Some(reason) = schedule::end(standing, &one.answer, one.at).filter(|_| one.answer.error.is_some()) {
            ends.insert(one.job.endpoint_id, reason);
        }
    }
    let tried: Vec<Tried> = held.iter().map(|one| tried(one)).collect();
    queue::record(&tx, &permit, &tried).await?;
    let mut pairs = queue::end(&tx, &permit, succeeded, DeliveryStatus::Succeeded.word()).await?;
    pairs.extend(queue::end(&tx, &permit, failed, DeliveryStatus::Failed.word()).await?);
    queue::postpone(&tx, &permit, again, dues).await?;
    for (id, standing) in &standings {
        let Some(row) = endpoints.get(id) else { continue };
        if (row.failing_since, row.paused_until) != (standing.failing_since, standing.paused_until) {
            queue::stand(&tx, &policy::server(row), standing.failing_since, standing.paused_until).await?;
        }
    }
    queue::release(&tx, &permit, &pairs).await?;
    for (id, reason) in ends {
        if let Some(row) = endpoints.remove(&id).filter(|row| row.status == EndpointStatus::Enabled) {
            disable(&tx, &row, reason).await?;
        }
    }
    tx.commit().await
}

fn tried(one: &Sent) -> Tried {
    Tried {
        delivery_id: one.job.id,
        organization_id: one.job.organization_id,
        at: one.at,
        status: one.answer.status,
        error: one.answer.error,
    }
}

/// The server disables an endpoint, and its organisation learns of it.
async fn disable(tx: &Tx, row: &super::model::Endpoint, reason: DisabledReason) -> Result<()> {
    let permit = policy::server(row);
    let Some(version) = store::apply(tx, &permit, row.version, &ChangeEndpoint::Disable(reason)).await? else { return Ok(()) };
    queue::give_up(tx, &permit).await?;
    let entry = Entry::new(ChangeType::WebhookEndpointDisabled, ObjectType::WebhookEndpoint, row.id, version)
        .detail(serde_json::json!({"reason": reason.word()}));
    change::record(tx, entry, Audience::only(row.organization_id)).await
}

/// Disables endpoints for which nobody answers any more: their application is revoked, or their organisation has ceased its work.
pub async fn disable_orphans(db: &Db) -> Result<usize> {
    let tx = db.errand(Errand::Deliver).await?;
    let ids = queue::orphans(tx.link(), ORPHANS).await?;
    let rows = queue::lock_endpoints(&tx, &policy::deliver(), &ids).await?;
    let live: Vec<_> = rows.into_iter().filter(|row| row.status == EndpointStatus::Enabled).collect();
    for row in &live {
        disable(&tx, row, DisabledReason::ApplicationRevoked).await?;
    }
    tx.commit().await?;
    Ok(live.len())
}

/// Forgets what ended long ago.
pub async fn forget(db: &Db) -> Result<usize> {
    let tx = db.errand(Errand::Deliver).await?;
    let gone = queue::forget(&tx, &policy::deliver(), tx.now() - KEPT, FORGOTTEN).await?;
    tx.commit().await?;
    Ok(gone)
}
