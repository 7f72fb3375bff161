//! What the two sides do with contracts, acts and payments.

use super::{act::ServiceAct, input::*, object::FundingContract, query};
use crate::{
    access::Actor,
    base::words::{change::ChangeType as Change, contract::TrancheStatus},
    contract::{actions, claiming, paying},
    db::Db,
    graphql::{
        context::Session,
        directive::{emits, scope},
        error::Outcome,
        node::Kind,
    },
    journal::idempotency::{Ask, Done},
};
use async_graphql::{Context, Object, Result};

payload!(ContractPayload, contract: FundingContract, "What became of a mutation of a funding contract (результат зміни договору).");
payload!(ActPayload, act: ServiceAct, "What became of a mutation of an act (результат зміни акта).");

/// Ask, act, read anew with today's rights.
async fn act(
    ctx: &Context<'_>,
    mutation: &'static str,
    key: Option<String>,
    act: impl AsyncFnOnce(&Db, &Actor, &Ask) -> crate::base::Result<Done>,
) -> Result<ContractPayload> {
    let session = Session::of(ctx);
    let ask = session.ask(ctx, mutation, key).await?;
    match Outcome::of(act(session.db(), session.actor(), &ask).await)? {
        Outcome::Done(done) => Ok(ContractPayload::done(query::find(ctx, done.id).await?, done.replayed)),
        Outcome::Refused(user_errors) => Ok(ContractPayload::refused(user_errors)),
    }
}

/// The same for a step of an act.
async fn claim(
    ctx: &Context<'_>,
    mutation: &'static str,
    key: Option<String>,
    act: impl AsyncFnOnce(&Db, &Actor, &Ask) -> crate::base::Result<Done>,
) -> Result<ActPayload> {
    let session = Session::of(ctx);
    let ask = session.ask(ctx, mutation, key).await?;
    match Outcome::of(act(session.db(), session.actor(), &ask).await)? {
        Outcome::Done(done) => Ok(ActPayload::done(query::act(ctx, done.id).await?, done.replayed)),
        Outcome::Refused(user_errors) => Ok(ActPayload::refused(user_errors)),
    }
}

/// What the two sides do with funding contracts.
#[derive(Default)]
pub struct ContractMutation;

#[Object]
impl ContractMutation {
    /// Writes a contract with one's own organisation as the funder: a draft of which the provider knows nothing (створити договір).
    #[graphql(
        directive = scope::apply("contracts:write".to_owned()),
        directive = emits::apply(vec![Change::ContractCreated])
    )]
    async fn contract_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The contract.")] input: ContractCreateInput,
    ) -> Result<ContractPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "contractCreate", key, async |db, actor, ask| actions::create(db, actor, ask, &input.command()?).await).await
    }

    /// Both have signed on paper: from now on the provider knows of it (підписати).
    #[graphql(
        directive = scope::apply("contracts:write".to_owned()),
        directive = emits::apply(vec![Change::ContractChanged])
    )]
    async fn contract_sign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The signature.")] input: ContractSignInput,
    ) -> Result<ContractPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "contractSign", key, async |db, actor, ask| {
            actions::sign(db, actor, ask, input.target()?, &input.signed_on.0).await
        })
        .await
    }

    /// From this day on work counts: SIGNED → ACTIVE (розпочати дію).
    #[graphql(
        directive = scope::apply("contracts:write".to_owned()),
        directive = emits::apply(vec![Change::ContractChanged])
    )]
    async fn contract_activate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ContractActivateInput,
    ) -> Result<ContractPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "contractActivate", key, async |db, actor, ask| {
            actions::activate(db, actor, ask, input.target()?, input.on.0).await
        })
        .await
    }

    /// For a time nothing is claimed, accepted or paid (призупинити).
    #[graphql(
        directive = scope::apply("contracts:write".to_owned()),
        directive = emits::apply(vec![Change::ContractChanged])
    )]
    async fn contract_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ContractSuspendInput,
    ) -> Result<ContractPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "contractSuspend", key, async |db, actor, ask| {
            actions::suspend(db, actor, ask, input.target()?, &input.reason).await
        })
        .await
    }

    /// Goes on after a suspension (відновити).
    #[graphql(
        directive = scope::apply("contracts:write".to_owned()),
        directive = emits::apply(vec![Change::ContractChanged])
    )]
    async fn contract_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ContractResumeInput,
    ) -> Result<ContractPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "contractResume", key, async |db, actor, ask| {
            actions::resume(db, actor, ask, input.target()?, input.reason.as_deref()).await
        })
        .await
    }

    /// It was carried out; no act waits for a decision, and what is owed is still paid (завершити).
    #[graphql(
        directive = scope::apply("contracts:write".to_owned()),
        directive = emits::apply(vec![Change::ContractEnded])
    )]
    async fn contract_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ContractCompleteInput,
    ) -> Result<ContractPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "contractComplete", key, async |db, actor, ask| {
            actions::complete(db, actor, ask, input.target()?, input.on.0).await
        })
        .await
    }

    /// Ends it before its time; what was done by then is still claimed and paid (розірвати).
    #[graphql(
        directive = scope::apply("contracts:write".to_owned()),
        directive = emits::apply(vec![Change::ContractEnded])
    )]
    async fn contract_terminate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ContractTerminateInput,
    ) -> Result<ContractPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "contractTerminate", key, async |db, actor, ask| {
            actions::terminate(db, actor, ask, input.target()?, &input.command()).await
        })
        .await
    }

    /// A draft comes to nothing (скасувати чернетку).
    #[graphql(
        directive = scope::apply("contracts:write".to_owned()),
        directive = emits::apply(vec![Change::ContractEnded])
    )]
    async fn contract_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ContractCancelInput,
    ) -> Result<ContractPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "contractCancel", key, async |db, actor, ask| {
            actions::cancel(db, actor, ask, input.target()?, &input.reason).await
        })
        .await
    }

    /// Changes its terms from a day on: lines and tranches are the whole new set, what was so before stays (укласти додаткову угоду).
    #[graphql(
        directive = scope::apply("contracts:write".to_owned()),
        directive = emits::apply(vec![Change::ContractAmended])
    )]
    async fn contract_amend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The amendment.")] input: ContractAmendInput,
    ) -> Result<ContractPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "contractAmend", key, async |db, actor, ask| {
            actions::amend(db, actor, ask, input.target()?, &input.command()).await
        })
        .await
    }

    /// Releases a tranche to be paid (погодити транш).
    #[graphql(
        directive = scope::apply("contracts:approve".to_owned()),
        directive = emits::apply(vec![Change::TrancheChanged])
    )]
    async fn tranche_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: TrancheApproveInput,
    ) -> Result<ContractPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "trancheApprove", key, async |db, actor, ask| {
            paying::approve(db, actor, ask, input.target()?, tranche(&input.tranche_id)?).await
        })
        .await
    }

    /// Keeps a tranche back (утримати транш).
    #[graphql(
        directive = scope::apply("contracts:approve".to_owned()),
        directive = emits::apply(vec![Change::TrancheChanged])
    )]
    async fn tranche_withhold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: TrancheWithholdInput,
    ) -> Result<ContractPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "trancheWithhold", key, async |db, actor, ask| {
            let of = tranche(&input.tranche_id)?;
            paying::keep_back(db, actor, ask, input.target()?, of, TrancheStatus::Withheld, &input.reason).await
        })
        .await
    }

    /// Cancels a tranche: it is not paid any more (скасувати транш).
    #[graphql(
        directive = scope::apply("contracts:approve".to_owned()),
        directive = emits::apply(vec![Change::TrancheChanged])
    )]
    async fn tranche_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: TrancheCancelInput,
    ) -> Result<ContractPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "trancheCancel", key, async |db, actor, ask| {
            let of = tranche(&input.tranche_id)?;
            paying::keep_back(db, actor, ask, input.target()?, of, TrancheStatus::Cancelled, &input.reason).await
        })
        .await
    }

    /// Drafts the act of a month, each line filled in with what the month's service records show (скласти акт).
    #[graphql(
        directive = scope::apply("acts:write".to_owned()),
        directive = emits::apply(vec![Change::ActDrafted])
    )]
    async fn act_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of which contract and month.")] input: ActDraftInput,
    ) -> Result<ActPayload> {
        let key = input.idempotency_key.clone();
        claim(ctx, "actDraft", key, async |db, actor, ask| {
            let contract = Kind::FundingContract.key(&input.contract_id, "contractId")?;
            claiming::draft(db, actor, ask, contract, input.month.first_day()).await
        })
        .await
    }

    /// Submits an act, for the first time or again; what the records show is frozen beside each claim (подати акт).
    #[graphql(
        directive = scope::apply("acts:write".to_owned()),
        directive = emits::apply(vec![Change::ActSubmitted])
    )]
    async fn act_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is claimed.")] input: ActSubmitInput,
    ) -> Result<ActPayload> {
        let key = input.idempotency_key.clone();
        claim(ctx, "actSubmit", key, async |db, actor, ask| {
            claiming::submit(db, actor, ask, input.target()?, &input.claims()?).await
        })
        .await
    }

    /// Accepts an act in whole, or a lower quantity of some lines (прийняти акт).
    #[graphql(
        directive = scope::apply("contracts:approve".to_owned()),
        directive = emits::apply(vec![Change::ActAccepted])
    )]
    async fn act_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: ActAcceptInput,
    ) -> Result<ActPayload> {
        let key = input.idempotency_key.clone();
        claim(ctx, "actAccept", key, async |db, actor, ask| {
            claiming::accept(db, actor, ask, input.target()?, input.lower()?.as_deref(), input.note.as_deref()).await
        })
        .await
    }

    /// Returns an act to be corrected and submitted again (повернути акт).
    #[graphql(
        directive = scope::apply("contracts:approve".to_owned()),
        directive = emits::apply(vec![Change::ActReturned])
    )]
    async fn act_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: ActReturnInput,
    ) -> Result<ActPayload> {
        let key = input.idempotency_key.clone();
        claim(ctx, "actReturn", key, async |db, actor, ask| {
            claiming::give_back(db, actor, ask, input.target()?, &input.reason).await
        })
        .await
    }

    /// Records a payment for an accepted act or an approved tranche; both become PAID by it once it is paid in full (внести оплату).
    #[graphql(
        directive = scope::apply("payments:write".to_owned()),
        directive = emits::apply(vec![Change::PaymentRecorded, Change::ActPaid, Change::TrancheChanged])
    )]
    async fn payment_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payment.")] input: PaymentRecordInput,
    ) -> Result<ContractPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "paymentRecord", key, async |db, actor, ask| {
            paying::pay(db, actor, ask, input.target()?, &input.command()?).await
        })
        .await
    }

    /// Takes a payment back by a new row; what was PAID by it is so no more (сторнувати оплату).
    #[graphql(
        directive = scope::apply("payments:write".to_owned()),
        directive = emits::apply(vec![Change::PaymentRecorded, Change::TrancheChanged])
    )]
    async fn payment_reverse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: PaymentReverseInput,
    ) -> Result<ContractPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "paymentReverse", key, async |db, actor, ask| {
            paying::reverse(db, actor, ask, input.target()?, input.on.0, &input.reason).await
        })
        .await
    }
}
