//! What the two parties do with a referral.

use super::{
    candidate::{self, ReferralCandidate, Search},
    input::*,
    object::Referral,
    query,
};
use crate::{
    base::words::{change::ChangeType as Change, referral::ReferralAction as Action},
    case::actions::{Desk, Target},
    graphql::{
        case::desk,
        context::Session,
        directive::{emits, scope},
        error::{Outcome, UserError},
        node::Kind,
    },
    journal::idempotency::Ask,
    referral::{
        actions::{self, Became, Move},
        model::Found,
        onward, sending as send,
    },
};
use async_graphql::{Context, Object, Result, SimpleObject};
use std::sync::Arc;

/// What became of a mutation of a referral (результат зміни скерування).
#[derive(SimpleObject)]
pub struct ReferralPayload {
    /// The referral as it is now; null when refused (скерування).
    referral: Option<Referral>,
    /// The rules that the input breaks; empty when the change was made (порушені правила).
    user_errors: Vec<UserError>,
    /// Whether an earlier call with the same idempotency key made the change (повторний запит).
    replayed: bool,
    /// Who could take the person instead, where routing refused the sending; null otherwise (хто може прийняти замість).
    candidates: Option<Vec<ReferralCandidate>>,
}

/// Ask, act, show what was written with today's rights.
async fn act(
    ctx: &Context<'_>,
    mutation: &'static str,
    key: Option<String>,
    act: impl AsyncFnOnce(Desk<'_>, &Ask) -> crate::base::Result<Became>,
) -> Result<ReferralPayload> {
    sending(ctx, mutation, key, act, async || Ok(None)).await
}

/// The same where a person is sent: whom `search` finds is told, if routing refuses.
async fn sending(
    ctx: &Context<'_>,
    mutation: &'static str,
    key: Option<String>,
    act: impl AsyncFnOnce(Desk<'_>, &Ask) -> crate::base::Result<Became>,
    search: impl AsyncFnOnce() -> Result<Option<Search>>,
) -> Result<ReferralPayload> {
    let session = Session::of(ctx);
    let ask = session.ask(ctx, mutation, key).await?;
    match Outcome::of(act(desk(session), &ask).await)? {
        Outcome::Done(written) => {
            let (referral, replayed) = match written {
                Became::Now(row) => (query::seen(ctx, Found::whole(Arc::new(*row))), false),
                Became::Before(done) => (query::find(ctx, done.id).await?, done.replayed),
            };
            Ok(ReferralPayload { referral, user_errors: Vec::new(), replayed, candidates: None })
        }
        Outcome::Refused(user_errors) => {
            let candidates = candidate::instead(ctx, &user_errors, search).await?;
            Ok(ReferralPayload { referral: None, user_errors, replayed: false, candidates })
        }
    }
}

/// A plain step of the machine.
async fn advance(
    ctx: &Context<'_>,
    mutation: &'static str,
    key: Option<String>,
    target: crate::base::Result<Target>,
    action: Action,
    with: Move,
) -> Result<ReferralPayload> {
    act(ctx, mutation, key, async |desk, ask| actions::advance(desk, ask, action, target?, with).await).await
}

/// What the two parties do with a referral.
#[derive(Default)]
pub struct ReferralMutation;

#[Object]
impl ReferralMutation {
    /// Writes a draft; `send: true` sends at once. Without consent it demands legalGround and justification (створити скерування).
    #[graphql(
        directive = scope::apply("referrals:write".to_owned()),
        directive = emits::apply(vec![Change::ReferralCreated, Change::ReferralSent])
    )]
    async fn referral_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new referral.")] input: ReferralCreateInput,
    ) -> Result<ReferralPayload> {
        let key = Some(input.idempotency_key.clone());
        let search = input.search();
        let create = async |desk: Desk<'_>, ask: &Ask| send::create(desk, ask, input.command()?).await;
        sending(ctx, "referralCreate", key, create, async || Ok(search)).await
    }

    /// Changes a draft; another receiver is another draft (змінити чернетку).
    #[graphql(directive = scope::apply("referrals:write".to_owned()), directive = emits::apply(vec![Change::ReferralUpdated]))]
    async fn referral_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: ReferralUpdateInput,
    ) -> Result<ReferralPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "referralUpdate", key, async |desk, ask| send::update(desk, ask, input.target()?, input.command()?).await)
            .await
    }

    /// Sends a draft: DRAFT → SENT. Routing and the legal basis are asked again, inside the transaction that sends (надіслати).
    #[graphql(directive = scope::apply("referrals:write".to_owned()), directive = emits::apply(vec![Change::ReferralSent]))]
    async fn referral_send(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ReferralSendInput,
    ) -> Result<ReferralPayload> {
        let key = input.idempotency_key.clone();
        let send = async |desk: Desk<'_>, ask: &Ask| send::send(desk, ask, input.target()?).await;
        let draft = Kind::Referral.key(&input.id, "id").ok();
        sending(ctx, "referralSend", key, send, async || match draft {
            Some(id) => candidate::of_draft(ctx, id).await,
            None => Ok(None),
        })
        .await
    }

    /// Acknowledges the arrival: SENT → RECEIVED. Under LAW_NOTIFICATION and VITAL_INTEREST this opens the person's data (підтвердити отримання).
    #[graphql(directive = scope::apply("referrals:write".to_owned()), directive = emits::apply(vec![Change::ReferralReceived]))]
    async fn referral_acknowledge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ReferralAcknowledgeInput,
    ) -> Result<ReferralPayload> {
        advance(ctx, "referralAcknowledge", input.idempotency_key.clone(), input.target(), Action::Acknowledge, Move::default())
            .await
    }

    /// Takes the person: SENT or RECEIVED → ACCEPTED. This opens what the consent names (прийняти).
    #[graphql(
        directive = scope::apply("referrals:write".to_owned()),
        directive = emits::apply(vec![Change::ReferralAccepted, Change::ReferralClockBreached])
    )]
    async fn referral_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ReferralAcceptInput,
    ) -> Result<ReferralPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "referralAccept", key, async |desk, ask| {
            let receiver_centre_id = Kind::Centre.maybe(input.receiver_centre_id.as_ref(), "receiverCentreId")?;
            let with = Move { receiver_centre_id, note: input.note.clone(), ..Move::default() };
            actions::advance(desk, ask, Action::Accept, input.target()?, with).await
        })
        .await
    }

    /// Does not take the person: SENT or RECEIVED → DECLINED (відхилити).
    #[graphql(
        directive = scope::apply("referrals:write".to_owned()),
        directive = emits::apply(vec![Change::ReferralDeclined, Change::ReferralClockBreached])
    )]
    async fn referral_decline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ReferralDeclineInput,
    ) -> Result<ReferralPayload> {
        let with = Move { reason: Some(input.reason), note: input.note.clone(), ..Move::default() };
        advance(ctx, "referralDecline", input.idempotency_key.clone(), input.target(), Action::Decline, with).await
    }

    /// Notes the first contact: ACCEPTED → IN_PROGRESS (розпочати).
    #[graphql(
        directive = scope::apply("referrals:write".to_owned()),
        directive = emits::apply(vec![Change::ReferralStarted, Change::ReferralClockBreached])
    )]
    async fn referral_start(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ReferralStartInput,
    ) -> Result<ReferralPayload> {
        let with = Move { note: input.note.clone(), ..Move::default() };
        advance(ctx, "referralStart", input.idempotency_key.clone(), input.target(), Action::Start, with).await
    }

    /// Interrupts: ACCEPTED or IN_PROGRESS → ON_HOLD (призупинити).
    #[graphql(
        directive = scope::apply("referrals:write".to_owned()),
        directive = emits::apply(vec![Change::ReferralHeld, Change::ReferralClockBreached])
    )]
    async fn referral_hold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ReferralHoldInput,
    ) -> Result<ReferralPayload> {
        let with = Move { reason: Some(input.reason), note: input.note.clone(), ..Move::default() };
        advance(ctx, "referralHold", input.idempotency_key.clone(), input.target(), Action::Hold, with).await
    }

    /// Goes on: ON_HOLD → IN_PROGRESS (відновити).
    #[graphql(directive = scope::apply("referrals:write".to_owned()), directive = emits::apply(vec![Change::ReferralResumed]))]
    async fn referral_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ReferralResumeInput,
    ) -> Result<ReferralPayload> {
        let with = Move { note: input.note.clone(), ..Move::default() };
        advance(ctx, "referralResume", input.idempotency_key.clone(), input.target(), Action::Resume, with).await
    }

    /// Ends with an outcome: → COMPLETED. The person stays readable for the days of retention (завершити).
    #[graphql(
        directive = scope::apply("referrals:write".to_owned()),
        directive = emits::apply(vec![Change::ReferralCompleted, Change::ReferralClockBreached])
    )]
    async fn referral_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ReferralCompleteInput,
    ) -> Result<ReferralPayload> {
        let with = Move { outcome: Some(input.outcome), note: input.note.clone(), ..Move::default() };
        advance(ctx, "referralComplete", input.idempotency_key.clone(), input.target(), Action::Complete, with).await
    }

    /// Ends without the service: → NOT_COMPLETED (завершити без надання).
    #[graphql(
        directive = scope::apply("referrals:write".to_owned()),
        directive = emits::apply(vec![Change::ReferralNotCompleted, Change::ReferralClockBreached])
    )]
    async fn referral_not_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ReferralNotCompleteInput,
    ) -> Result<ReferralPayload> {
        let with = Move { reason: Some(input.reason), note: input.note.clone(), ..Move::default() };
        advance(ctx, "referralNotComplete", input.idempotency_key.clone(), input.target(), Action::NotComplete, with).await
    }

    /// Takes it back: → CANCELLED; the receiver only after ACCEPTED (скасувати).
    #[graphql(
        directive = scope::apply("referrals:write".to_owned()),
        directive = emits::apply(vec![Change::ReferralCancelled, Change::ReferralClockBreached])
    )]
    async fn referral_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ReferralCancelInput,
    ) -> Result<ReferralPayload> {
        let with = Move { reason: Some(input.reason), note: input.note.clone(), ..Move::default() };
        advance(ctx, "referralCancel", input.idempotency_key.clone(), input.target(), Action::Cancel, with).await
    }

    /// Marks it as a mistake: → ENTERED_IN_ERROR; it is kept and left out of every figure (позначити помилковим).
    #[graphql(
        directive = scope::apply("referrals:write".to_owned()),
        directive = emits::apply(vec![Change::ReferralEnteredInError, Change::ReferralClockBreached])
    )]
    async fn referral_mark_error(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ReferralMarkErrorInput,
    ) -> Result<ReferralPayload> {
        let with = Move { reason: Some(input.reason), ..Move::default() };
        advance(ctx, "referralMarkError", input.idempotency_key.clone(), input.target(), Action::MarkError, with).await
    }

    /// Completes this referral with REFERRED_ONWARD and sends a child of one's own case, with a consent of its own (скерувати далі).
    #[graphql(
        directive = scope::apply("referrals:write".to_owned()),
        directive = emits::apply(vec![Change::ReferralCompleted, Change::ReferralCreated, Change::ReferralSent, Change::ReferralClockBreached])
    )]
    async fn referral_refer_onward(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ReferralReferOnwardInput,
    ) -> Result<ReferralPayload> {
        let key = input.idempotency_key.clone();
        let search = input.search();
        let refer = async |desk: Desk<'_>, ask: &Ask| onward::refer(desk, ask, input.target()?, input.command()?).await;
        sending(ctx, "referralReferOnward", key, refer, async || Ok(search)).await
    }

    /// The receiver acknowledges that it no longer keeps what it may no longer see; the shared status stays (підтвердити приховання).
    #[graphql(
        directive = scope::apply("referrals:write".to_owned()),
        directive = emits::apply(vec![Change::ReferralRedactionAcknowledged])
    )]
    async fn referral_redaction_acknowledge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ReferralRedactionAcknowledgeInput,
    ) -> Result<ReferralPayload> {
        let key = input.idempotency_key.clone();
        act(ctx, "referralRedactionAcknowledge", key, async |desk, ask| {
            actions::acknowledge_redaction(desk, ask, input.target()?).await
        })
        .await
    }
}
