//! What the parties do with a memorandum.

use super::{input::*, object::Memorandum, query};
use crate::{
    access::Actor,
    base::{period::PartialDate, words::change::ChangeType as Change},
    db::Db,
    graphql::{
        context::Session,
        directive::{emits, scope},
        error::Outcome,
    },
    journal::idempotency::{Ask, Done},
    memorandum::actions,
    referral::parting,
};
use async_graphql::{Context, Object, Result};

payload!(MemorandumPayload, memorandum: Memorandum, "What became of a mutation of a memorandum (результат зміни меморандуму).");

/// Ask, act, read anew with today's rights.
async fn act(
    ctx: &Context<'_>,
    mutation: &'static str,
    key: Option<String>,
    act: impl AsyncFnOnce(&Db, &Actor, &Ask) -> crate::base::Result<Done>,
) -> Result<MemorandumPayload> {
    let session = Session::of(ctx);
    let ask = session.ask(ctx, mutation, key).await?;
    match Outcome::of(act(session.db(), session.actor(), &ask).await)? {
        Outcome::Done(done) => Ok(MemorandumPayload::done(query::find(ctx, done.id).await?, done.replayed)),
        Outcome::Refused(user_errors) => Ok(MemorandumPayload::refused(user_errors)),
    }
}

/// What the parties do with a memorandum.
#[derive(Default)]
pub struct MemorandumMutation;

#[Object]
impl MemorandumMutation {
    /// Writes a memorandum of one's own centre: a draft that nobody else sees, or a paper one with its history (створити меморандум).
    #[graphql(
        directive = scope::apply("memoranda:write".to_owned()),
        directive = emits::apply(vec![Change::MemorandumCreated, Change::MemorandumSigned, Change::MemorandumInForce, Change::MemorandumEnded])
    )]
    async fn memorandum_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The memorandum.")] input: MemorandumCreateInput,
    ) -> Result<MemorandumPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "memorandumCreate", key, async |db, actor, ask| actions::create(db, actor, ask, &input.command()?).await).await
    }

    /// Changes its terms, until the first signature (змінити).
    #[graphql(
        directive = scope::apply("memoranda:write".to_owned()),
        directive = emits::apply(vec![Change::MemorandumUpdated])
    )]
    async fn memorandum_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: MemorandumUpdateInput,
    ) -> Result<MemorandumPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "memorandumUpdate", key, async |db, actor, ask| {
            actions::update(db, actor, ask, input.target()?, &input.command()).await
        })
        .await
    }

    /// Invites its partners to sign: DRAFT → NEGOTIATION; later it adds partners (запросити).
    #[graphql(
        directive = scope::apply("memoranda:write".to_owned()),
        directive = emits::apply(vec![Change::MemorandumInvited])
    )]
    async fn memorandum_invite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: MemorandumInviteInput,
    ) -> Result<MemorandumPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "memorandumInvite", key, async |db, actor, ask| {
            actions::invite(db, actor, ask, input.target()?, &input.partners()?).await
        })
        .await
    }

    /// Signs it for one's own organisation. In force, from its first day on, for those who have signed (підписати).
    #[graphql(
        directive = scope::apply("memoranda:write".to_owned()),
        directive = emits::apply(vec![Change::MemorandumSigned, Change::MemorandumInForce])
    )]
    async fn memorandum_sign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The signature.")] input: MemorandumSignInput,
    ) -> Result<MemorandumPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "memorandumSign", key, async |db, actor, ask| {
            let signed_on = PartialDate::parse(&input.signed_on.0, "signedOn")?;
            actions::sign(db, actor, ask, input.target()?, signed_on).await
        })
        .await
    }

    /// A partner leaves, or declines the invitation; the others stay. What was sent between it and the centre and not taken is cancelled (вийти).
    #[graphql(
        directive = scope::apply("memoranda:write".to_owned()),
        directive = emits::apply(vec![Change::MemorandumPartyLeft, Change::ReferralCancelled, Change::ReferralRedacted, Change::ReferralClockBreached])
    )]
    async fn memorandum_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: MemorandumWithdrawInput,
    ) -> Result<MemorandumPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "memorandumWithdraw", key, async |db, actor, ask| {
            parting::withdraw(db, actor, ask, input.target()?, &input.reason).await
        })
        .await
    }

    /// The centre's provider suspends it: IN_FORCE → SUSPENDED. Nobody is sent under it; what was sent goes on (призупинити).
    #[graphql(
        directive = scope::apply("memoranda:write".to_owned()),
        directive = emits::apply(vec![Change::MemorandumSuspended])
    )]
    async fn memorandum_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: MemorandumSuspendInput,
    ) -> Result<MemorandumPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "memorandumSuspend", key, async |db, actor, ask| {
            actions::suspend(db, actor, ask, input.target()?, &input.reason).await
        })
        .await
    }

    /// The centre's provider resumes it: SUSPENDED → IN_FORCE (відновити).
    #[graphql(
        directive = scope::apply("memoranda:write".to_owned()),
        directive = emits::apply(vec![Change::MemorandumResumed])
    )]
    async fn memorandum_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: MemorandumResumeInput,
    ) -> Result<MemorandumPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "memorandumResume", key, async |db, actor, ask| {
            actions::resume(db, actor, ask, input.target()?, input.reason.as_deref()).await
        })
        .await
    }

    /// The centre's provider ends the whole: → TERMINATED. What was sent under it and not taken is cancelled; what was accepted may be finished within 30 days (припинити).
    #[graphql(
        directive = scope::apply("memoranda:write".to_owned()),
        directive = emits::apply(vec![Change::MemorandumEnded, Change::ReferralCancelled, Change::ReferralRedacted, Change::ReferralClockBreached])
    )]
    async fn memorandum_terminate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: MemorandumTerminateInput,
    ) -> Result<MemorandumPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "memorandumTerminate", key, async |db, actor, ask| {
            parting::terminate(db, actor, ask, input.target()?, &input.reason).await
        })
        .await
    }

    /// Writes another memorandum that goes on from this one under the same terms, and invites its partners to sign; answers with the new one (продовжити).
    #[graphql(
        directive = scope::apply("memoranda:write".to_owned()),
        directive = emits::apply(vec![Change::MemorandumCreated, Change::MemorandumInvited])
    )]
    async fn memorandum_renew(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The renewal.")] input: MemorandumRenewInput,
    ) -> Result<MemorandumPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "memorandumRenew", key, async |db, actor, ask| {
            let target = input.target()?;
            actions::renew(db, actor, ask, target, &input.command()).await
        })
        .await
    }
}
