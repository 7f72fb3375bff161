//! The verbs of money: tranches are released or kept back, payments recorded and reversed.

use super::{
    actions::{Step, of, step, tell},
    claiming,
    model::*,
    payout::{self as rules, Paid, Purpose},
    policy::{self, ContractAct},
    rules::{event, reason},
    store,
};
use crate::{
    access::Actor,
    base::{
        Error, Result,
        words::{
            change::ChangeType,
            contract::{ActStatus, TrancheStatus},
        },
    },
    db::Db,
    journal::idempotency::{Ask, Done, claim},
};
use chrono::NaiveDate;
use uuid::Uuid;

/// `trancheApprove`: it may be paid.
pub async fn approve(db: &Db, actor: &Actor, ask: &Ask, target: Target, tranche_id: Uuid) -> Result<Done> {
    let step = match step(db, actor, ask, ContractAct::ApproveTranche, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let tranche = rules::approve(&step.before, tranche_id, step.at)?;
    turn(step, &tranche, None).await
}

/// `trancheWithhold` and `trancheCancel`: it is not paid.
pub async fn keep_back(
    db: &Db,
    actor: &Actor,
    ask: &Ask,
    target: Target,
    tranche_id: Uuid,
    to: TrancheStatus,
    why: &str,
) -> Result<Done> {
    let act = match to {
        TrancheStatus::Withheld => ContractAct::WithholdTranche,
        _ => ContractAct::CancelTranche,
    };
    let step = match step(db, actor, ask, act, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let tranche = rules::keep_back(&step.before, tranche_id, to)?;
    let why = reason(why)?;
    turn(step, &tranche, Some(why)).await
}

async fn turn(step: Step, tranche: &Tranche, why: Option<String>) -> Result<Done> {
    let Step { tx, permit, before, at } = step;
    store::move_tranche(&tx, &permit, tranche).await?;
    let after = store::apply(&tx, &permit, &before.row, &before.row).await?;
    let stood = before.tranches.iter().find(|of| of.id == tranche.id);
    let event = Event {
        before: stood.map(|of| of.status.to_string()),
        after: Some(tranche.status.to_string()),
        reason: why,
        amount_kop: Some(tranche.amount_kop),
        ..event(&after, ChangeType::TrancheChanged, tranche.id, permit.organization_id(), at)
    };
    store::note(&tx, &permit, &event).await?;
    tell(&tx, &after, ChangeType::TrancheChanged, serde_json::json!({ "trancheId": tranche.id })).await?;
    tx.commit().await?;
    Ok(Done::now(after.id))
}

/// `paymentRecord`: for an act or a tranche.
pub async fn pay(db: &Db, actor: &Actor, ask: &Ask, target: Target, command: &Pay) -> Result<Done> {
    let step = match step(db, actor, ask, ContractAct::RecordPayment, target).await? {
        Ok(step) => step,
        Err(done) => return Ok(done),
    };
    let paid = rules::pay(&step.before, command, step.at)?;
    end(step, paid).await
}

/// `paymentReverse`: a new row that takes a payment back.
pub async fn reverse(db: &Db, actor: &Actor, ask: &Ask, target: Target, on: NaiveDate, why: &str) -> Result<Done> {
    let tx = db.begin(actor).await?;
    let payment = store::find_payments(tx.link(), &[target.id]).await?.pop();
    let contract_id = payment.as_ref().map_or(target.id, |payment| payment.contract_id);
    if let Some(done) = claim(&tx, ask, contract_id).await? {
        return Ok(done);
    }
    let payment = payment.ok_or_else(|| Error::not_found("paymentId"))?;
    let before = of(&tx, Some(contract_id), "paymentId").await?;
    let permit = policy::may(actor, ContractAct::ReversePayment, &before.row)?;
    if before.row.version != target.expected_version {
        return Err(Error::conflict());
    }
    let at = super::actions::at(&tx);
    let reversed = store::is_reversed(&tx, payment.id).await?;
    let paid = rules::reverse(&before, &payment, reversed, on, reason(why)?, at)?;
    end(Step { tx, permit, before, at }, paid).await
}

/// Writes a payment and what follows from it: PAID, or no more.
async fn end(step: Step, paid: Paid) -> Result<Done> {
    let Step { tx, permit, before, at } = step;
    store::pay(&tx, &permit, &paid).await?;
    let after = store::apply(&tx, &permit, &before.row, &paid.row).await?;
    let payment = &paid.payment;
    let made = Event {
        on_day: Some(payment.paid_on),
        reason: payment.reason.clone(),
        amount_kop: Some(payment.amount_kop),
        ..event(&after, ChangeType::PaymentRecorded, payment.id, permit.organization_id(), at)
    };
    store::note(&tx, &permit, &made).await?;
    let detail = serde_json::json!({ "paymentId": payment.id, "reverses": payment.reverses_id, "actId": payment.act_id, "trancheId": payment.tranche_id });
    tell(&tx, &after, ChangeType::PaymentRecorded, detail).await?;
    let turned = |change, subject, was: String, is: String| Event {
        before: Some(was),
        after: Some(is),
        ..event(&after, change, subject, permit.organization_id(), at)
    };
    match &paid.purpose {
        Purpose::Act(act) => {
            let was = before.acts.iter().find(|of| of.id == act.id).map_or(act.status, |of| of.status);
            if was != act.status {
                let event = turned(ChangeType::ActPaid, act.id, was.to_string(), act.status.to_string());
                store::note(&tx, &permit, &event).await?;
            }
            // That it is paid no more, the reversal has told.
            if act.status == ActStatus::Paid {
                claiming::tell(&tx, &after, act, ChangeType::ActPaid).await?;
            }
        }
        Purpose::Tranche(tranche) => {
            let was = before.tranches.iter().find(|of| of.id == tranche.id).map_or(tranche.status, |of| of.status);
            if was != tranche.status {
                let event = turned(ChangeType::TrancheChanged, tranche.id, was.to_string(), tranche.status.to_string());
                store::note(&tx, &permit, &event).await?;
                tell(&tx, &after, ChangeType::TrancheChanged, serde_json::json!({ "trancheId": tranche.id })).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(Done::now(after.id))
}
