//! The verbs of the monthly act: the provider drafts and submits, the funder's side accepts or returns.

use super::{
    actions::{at, audience, of},
    claim::{self as rules, Claimed},
    model::*,
    policy::{self, ContractAct},
    rules::{At, event, reason},
    store, terms,
};
use crate::{
    access::{Actor, Permit},
    base::{Error, Result, id, words::change::ChangeType},
    db::{Db, Tx},
    journal::{
        Audience, ObjectType,
        change::Entry,
        idempotency::{Ask, Done, claim},
        record,
    },
};
use chrono::NaiveDate;
use uuid::Uuid;

/// What records show of a contract's place in a month.
async fn worked(tx: &Tx, whole: &Whole, month: NaiveDate) -> Result<Vec<Worked>> {
    match terms::working_days_of(&whole.row, &whole.terms, month) {
        Some((first, last)) => store::worked(tx.link(), &[(whole.row.id, first, last)]).await,
        None => Ok(Vec::new()),
    }
}

/// `actDraft`: filled in with what the month's records show.
pub async fn draft(db: &Db, actor: &Actor, ask: &Ask, contract_id: Uuid, month: NaiveDate) -> Result<Done> {
    let act_id = id::timed();
    let tx = db.begin(actor).await?;
    if let Some(done) = claim(&tx, ask, act_id).await? {
        return Ok(done);
    }
    let whole = of(&tx, Some(contract_id), "contractId").await?;
    let permit = policy::may(actor, ContractAct::DraftAct, &whole.row)?;
    let worked = worked(&tx, &whole, month).await?;
    let new = rules::draft(&whole, month, &worked, act_id, at(&tx))?;
    store::insert_act(&tx, &permit, &new).await?;
    let step = Step { tx, permit, whole, at: at_of(&new.act) };
    step.end(None, &new.act, ChangeType::ActDrafted, None, Some(new.act.claimed_kop)).await
}

fn at_of(act: &Act) -> At {
    At { now: act.created_at, today: crate::base::clock::day(act.created_at) }
}

/// What a step on an act of a locked contract works with.
struct Step {
    tx: Tx,
    permit: Permit<ContractAct>,
    whole: Whole,
    at: At,
}

/// The beginning of every step of an act: claim, lock its contract, ask for leave, compare the version.
async fn begin(db: &Db, actor: &Actor, ask: &Ask, act: ContractAct, target: Target) -> Result<Result<(Step, Act), Done>> {
    let tx = db.begin(actor).await?;
    if let Some(done) = claim(&tx, ask, target.id).await? {
        return Ok(Err(done));
    }
    let known = store::find_acts(tx.link(), &[target.id]).await?.pop();
    let whole = of(&tx, known.map(|act| act.contract_id), "id").await?;
    // As it stands now that nobody else moves it.
    let found = whole.acts.iter().find(|act| act.id == target.id).cloned().ok_or_else(|| Error::not_found("id"))?;
    let permit = policy::may(actor, act, &whole.row)?;
    if found.version != target.expected_version {
        return Err(Error::conflict());
    }
    let at = at(&tx);
    Ok(Ok((Step { tx, permit, whole, at }, found)))
}

impl Step {
    /// Notes what became of an act, tells of it and ends.
    async fn end(
        self,
        before: Option<&Act>,
        after: &Act,
        change: ChangeType,
        reason: Option<String>,
        amount: Option<i64>,
    ) -> Result<Done> {
        let Self { tx, permit, whole, at } = self;
        let event = Event {
            before: before.map(|act| act.status.to_string()),
            after: Some(after.status.to_string()),
            on_day: Some(after.month),
            reason,
            amount_kop: amount,
            ..event(&whole.row, change, after.id, permit.organization_id(), at)
        };
        store::note(&tx, &permit, &event).await?;
        tell(&tx, &whole.row, after, change).await?;
        tx.commit().await?;
        Ok(Done::now(after.id))
    }
}

/// Publishes a change of an act: to its provider, and once it was submitted to all who know of the contract.
pub(super) async fn tell(tx: &Tx, row: &FundingContract, act: &Act, change: ChangeType) -> Result<()> {
    let audience = match act.first_submitted_at {
        Some(_) => audience(tx, row).await?,
        None => Audience::only(act.provider_id),
    };
    let detail = serde_json::json!({ "contractId": row.id, "month": act.month });
    record(tx, Entry::new(change, ObjectType::Act, act.id, act.version).detail(detail), audience).await
}

/// `actSubmit`: what is claimed of each line; what the records show is frozen beside it.
pub async fn submit(db: &Db, actor: &Actor, ask: &Ask, target: Target, claims: &[OfLine]) -> Result<Done> {
    let (step, act) = match begin(db, actor, ask, ContractAct::SubmitAct, target).await? {
        Ok(begun) => begun,
        Err(done) => return Ok(done),
    };
    let worked = worked(&step.tx, &step.whole, act.month).await?;
    let after = rules::submit(&step.whole, &act, claims, &worked, step.at)?;
    store::move_act(&step.tx, &step.permit, &act, &after).await?;
    let claimed = Some(after.act.claimed_kop);
    step.end(Some(&act), &after.act, ChangeType::ActSubmitted, None, claimed).await
}

/// `actAccept`: as claimed, or a lower quantity of some lines.
pub async fn accept(
    db: &Db,
    actor: &Actor,
    ask: &Ask,
    target: Target,
    lower: Option<&[OfLine]>,
    note: Option<&str>,
) -> Result<Done> {
    let (step, act) = match begin(db, actor, ask, ContractAct::AcceptAct, target).await? {
        Ok(begun) => begun,
        Err(done) => return Ok(done),
    };
    let lines = store::act_lines(step.tx.link(), &[act.id]).await?;
    let claimed = Claimed { act, lines };
    let (after, row) = rules::accept(&step.whole, &claimed, lower, note, step.at)?;
    store::move_act(&step.tx, &step.permit, &claimed.act, &after).await?;
    store::apply(&step.tx, &step.permit, &step.whole.row, &row).await?;
    let note = after.act.note.clone();
    let accepted = after.act.accepted_kop;
    step.end(Some(&claimed.act), &after.act, ChangeType::ActAccepted, note, accepted).await
}

/// `actReturn`: to be corrected and submitted again.
pub async fn give_back(db: &Db, actor: &Actor, ask: &Ask, target: Target, why: &str) -> Result<Done> {
    let (step, act) = match begin(db, actor, ask, ContractAct::ReturnAct, target).await? {
        Ok(begun) => begun,
        Err(done) => return Ok(done),
    };
    let after = rules::give_back(&step.whole, &act, reason(why)?, step.at)?;
    store::move_act(&step.tx, &step.permit, &act, &Claimed { act: after.clone(), lines: Vec::new() }).await?;
    let why = after.return_reason.clone();
    step.end(Some(&act), &after, ChangeType::ActReturned, why, None).await
}
