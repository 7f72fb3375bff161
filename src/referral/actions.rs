//! The steps of the machine: the order of each, and nothing else. How a referral is written and sent is in `sending`, what ends
//! with a consent in `ending`, with a memorandum in `parting`, what goes onward in `onward`.

use super::{behind, clock, clock_store, model::*, policy, rules, sending, sharing, store, timing};
use crate::{
    access::Permit,
    base::{
        Error, Result,
        error::UserErrorCode,
        timetable::Timetable,
        words::{case::*, change::ChangeType, referral::*},
    },
    case::{
        actions::{Desk, Target, own_centre},
        person::{TEXT, short},
        sealed,
    },
    db::Tx,
    journal::{
        Audience, ObjectType,
        change::Entry,
        idempotency::{Ask, Done, claim},
        record,
    },
};
use futures_util::try_join;
use uuid::Uuid;

pub(super) async fn tell(tx: &Tx, referral: &Referral, change: ChangeType, audience: Audience) -> Result<()> {
    let detail = serde_json::json!({ "status": referral.status, "reason": referral.status_reason });
    record(tx, Entry::new(change, ObjectType::Referral, referral.id, referral.version).detail(detail), audience).await
}

/// Both sides, once the receiver knows of it.
pub(super) fn parties(referral: &Referral) -> Audience {
    match referral.sent_at {
        Some(_) => Audience::Of(vec![referral.sender_id, referral.receiver_id]),
        None => Audience::only(referral.sender_id),
    }
}

/// What became of a referral.
pub enum Became {
    /// As it was just written.
    Now(Box<Referral>),
    /// An earlier call with the same idempotency key has done it.
    Before(Done),
}

impl Became {
    pub fn id(&self) -> Uuid {
        match self {
            Self::Now(referral) => referral.id,
            Self::Before(done) => done.id,
        }
    }
}

impl From<Referral> for Became {
    fn from(referral: Referral) -> Self {
        Self::Now(Box::new(referral))
    }
}

/// What a step on a locked referral works with.
pub(super) struct Step {
    pub tx: Tx,
    pub permit: Permit<ReferralAction>,
    pub party: Party,
    pub before: Referral,
}

/// The beginning of every step: claim, lock, ask for leave, compare the version.
pub(super) async fn step(desk: Desk<'_>, ask: &Ask, action: ReferralAction, target: Target) -> Result<Result<Step, Done>> {
    let tx = desk.db.begin(desk.actor).await?;
    if let Some(done) = claim(&tx, ask, target.id).await? {
        return Ok(Err(done));
    }
    let before = store::lock(&tx, target.id).await?.ok_or_else(|| Error::not_found("id"))?;
    let (permit, party) = policy::may(desk.actor, action, &before)?;
    if before.version != target.expected_version {
        return Err(Error::conflict());
    }
    Ok(Ok(Step { tx, permit, party, before }))
}

/// What a step may carry.
#[derive(Clone, Debug, Default)]
pub struct Move {
    pub reason: Option<ReferralReason>,
    pub outcome: Option<ReferralOutcome>,
    pub note: Option<String>,
    /// The receiver's centre that takes the person.
    pub receiver_centre_id: Option<Uuid>,
}

/// Every other step of the machine: acknowledge, accept, decline, start, hold, resume, complete, not complete, cancel,
/// mark as an error. The table of `rules` is the difference between them.
pub async fn advance(desk: Desk<'_>, ask: &Ask, action: ReferralAction, target: Target, with: Move) -> Result<Became> {
    let step = match step(desk, ask, action, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(Became::Before(done)),
    };
    let (tx, after) = carry(desk, step, action, with).await?;
    tx.commit().await?;
    Ok(after.into())
}

/// One step within an open transaction.
pub(super) async fn carry(desk: Desk<'_>, step: Step, action: ReferralAction, with: Move) -> Result<(Tx, Referral)> {
    let Step { tx, permit, party, before } = step;
    if let Some(note) = &with.note {
        short(note, "note", TEXT)?;
    }
    if with.outcome == Some(ReferralOutcome::ReferredOnward) && action != ReferralAction::ReferOnward {
        return Err(Error::invalid("outcome", "REFERRED_ONWARD is what referralReferOnward sets."));
    }
    let (behind, clocks) =
        try_join!(behind::of(tx.link(), desk.seal, before.id, Parts::NONE), clock_store::lock(&tx, before.id))?;
    let on = behind.footing();
    rules::agreed(action, on, tx.now())?;
    let retention_days = on.agreement.map(|agreement| agreement.policy.retention_days);
    let carried = rules::With { reason: with.reason, outcome: with.outcome, retention_days };
    let mut after = rules::step(&before, action, party, carried, tx.now())?;
    if action == ReferralAction::Accept {
        if !rules::consented(on, tx.now()) {
            return Err(Error::refused(UserErrorCode::ConsentExpired, "id", "The consent behind this referral has ended."));
        }
        after.terms.shared_groups = Some(sharing::frozen(on));
        if let Some(centre_id) = with.receiver_centre_id.filter(|id| before.receiver_centre_id != Some(*id)) {
            centres(&tx, before.receiver_id, Some(centre_id), "receiverCentreId").await?;
            sending::leads_to(&tx, &before, centre_id).await?;
            after.receiver_centre_id = Some(centre_id);
        }
    }
    let by = By::Party(&permit, desk.timetable);
    let (after, event_id) = moved_with(&tx, by, &before, &clocks, after, published(action)).await?;
    if let Some(note) = with.note.as_deref().map(str::trim).filter(|note| !note.is_empty()) {
        let key = store::key_to_write(&tx, desk.seal, &after).await?;
        sealed::put(&tx, desk.actor.organization_id, &key, event_id, Slot::Note, note).await?;
    }
    Ok((tx, after))
}

/// Who moves a referral.
#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    /// A party, with leave for this step; clocks go on by the timetable.
    Party(&'a Permit<ReferralAction>, &'a Timetable),
    /// A rule that ends it: a consent or a memorandum has ended.
    Rule,
}

/// Writes a new state with its place in the history, its clocks and what vanishes with it, and tells of it: every step ends here,
/// the parties' and the server's own. Returns the id of the entry in the history, to which a note belongs.
pub(super) async fn moved(
    tx: &Tx,
    by: By<'_>,
    before: &Referral,
    after: Referral,
    change: ChangeType,
) -> Result<(Referral, Uuid)> {
    let clocks = clock_store::lock(tx, before.id).await?;
    moved_with(tx, by, before, &clocks, after, change).await
}

/// The same with the clocks that are held already.
async fn moved_with(
    tx: &Tx,
    by: By<'_>,
    before: &Referral,
    clocks: &[ReferralClock],
    after: Referral,
    change: ChangeType,
) -> Result<(Referral, Uuid)> {
    let after = store::next(tx, before, rules::vanished(before, after, tx.now()));
    let run = match by {
        By::Party(_, timetable) => clock::follow(&after, clocks, timetable, tx.now()),
        By::Rule => clock::end(clocks, tx.now()),
    };
    let write = async {
        match by {
            By::Party(permit, _) => store::apply(tx, permit, before, &after).await,
            By::Rule => store::end(tx, before, &after).await,
        }
    };
    let news = async {
        timing::missed(tx, &after, clocks, &run).await?;
        tell(tx, &after, change, parties(&after)).await?;
        if before.terms.redaction_requested_at != after.terms.redaction_requested_at {
            tell(tx, &after, ChangeType::ReferralRedacted, parties(&after)).await?;
        }
        Ok(())
    };
    // Nothing of this waits for another: it goes to the database at once.
    let (_, event_id, (), ()) =
        try_join!(write, store::note(tx, &after, Some(before.status)), clock_store::write(tx, clocks, &run), news)?;
    Ok((after, event_id))
}

/// `referralRedactionAcknowledge`: the receiver no longer keeps what it may no longer see. The shared status stays.
pub async fn acknowledge_redaction(desk: Desk<'_>, ask: &Ask, target: Target) -> Result<Became> {
    let Step { tx, permit, before, .. } = match step(desk, ask, ReferralAction::RedactionAcknowledge, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(Became::Before(done)),
    };
    let after = rules::acknowledge_redaction(&before, tx.now())?;
    let after = store::apply(&tx, &permit, &before, &after).await?;
    tell(&tx, &after, ChangeType::ReferralRedactionAcknowledged, parties(&after)).await?;
    tx.commit().await?;
    Ok(after.into())
}

/// A centre that a party names as its own.
pub(super) async fn centres(tx: &Tx, organization_id: Uuid, centre_id: Option<Uuid>, field: &str) -> Result<()> {
    match centre_id {
        Some(id) => own_centre(tx, organization_id, id, field).await.map(drop),
        None => Ok(()),
    }
}

/// What a step publishes.
const fn published(action: ReferralAction) -> ChangeType {
    use ReferralAction::*;
    match action {
        Update => ChangeType::ReferralUpdated,
        Send => ChangeType::ReferralSent,
        Acknowledge => ChangeType::ReferralReceived,
        Accept => ChangeType::ReferralAccepted,
        Decline => ChangeType::ReferralDeclined,
        Start => ChangeType::ReferralStarted,
        Hold => ChangeType::ReferralHeld,
        Resume => ChangeType::ReferralResumed,
        Complete | ReferOnward => ChangeType::ReferralCompleted,
        NotComplete => ChangeType::ReferralNotCompleted,
        Cancel => ChangeType::ReferralCancelled,
        MarkError => ChangeType::ReferralEnteredInError,
        RedactionAcknowledge => ChangeType::ReferralRedactionAcknowledged,
    }
}
