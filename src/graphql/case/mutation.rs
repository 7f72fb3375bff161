//! What an organisation does with its own cases.

use super::{
    input::*,
    loader::ConsentById,
    object::{Case, Consent},
};
use crate::{
    base::{error::ErrorCode, words::change::ChangeType as Change},
    case::{
        actions::{self as cases, Desk},
        model, store,
    },
    graphql::{
        context::Session,
        directive::{emits, fails, scope},
        error::{Outcome, UserError},
        loaders,
        node::Kind,
    },
    journal::idempotency::{Ask, Done},
    referral::{ending, onward},
};
use async_graphql::{Context, Object, Result, SimpleObject};

/// What became of a mutation of a case.
#[derive(SimpleObject)]
pub struct CasePayload {
    /// The case as it is now; null when refused (випадок).
    case: Option<Case>,
    /// One's own open cases that look like the same person; at caseOpen (схожі випадки).
    similar: Option<Vec<Case>>,
    /// Why it was refused; empty when done (помилки).
    user_errors: Vec<UserError>,
    /// Whether this call was answered before under the same idempotency key (повторна відповідь).
    replayed: bool,
}

/// What became of a mutation of a consent.
#[derive(SimpleObject)]
pub struct ConsentPayload {
    /// The consent as it is now; null when refused (згода).
    consent: Option<Consent>,
    /// Why it was refused; empty when done (помилки).
    user_errors: Vec<UserError>,
    /// Whether this call was answered before under the same idempotency key (повторна відповідь).
    replayed: bool,
}

impl CasePayload {
    async fn of(ctx: &Context<'_>, result: crate::base::Result<Done>) -> Result<Self> {
        match Outcome::of(result)? {
            Outcome::Done(done) => Ok(Self {
                case: Case::find(ctx, done.id).await?,
                similar: None,
                user_errors: Vec::new(),
                replayed: done.replayed,
            }),
            Outcome::Refused(user_errors) => Ok(Self { case: None, similar: None, user_errors, replayed: false }),
        }
    }

    async fn with_similar(mut self, ctx: &Context<'_>) -> Result<Self> {
        if let Some(case) = &self.case {
            let reading = Session::of(ctx).reading().await?;
            let rows: Vec<model::Case> = store::similar(reading.link(), &case.0).await?;
            self.similar = Some(rows.into_iter().map(Case).collect());
        }
        Ok(self)
    }
}

impl ConsentPayload {
    async fn of(ctx: &Context<'_>, result: crate::base::Result<Done>) -> Result<Self> {
        match Outcome::of(result)? {
            Outcome::Done(done) => {
                let row = loaders::load(ctx, ConsentById(done.id)).await?;
                Ok(Self { consent: row.map(Consent), user_errors: Vec::new(), replayed: done.replayed })
            }
            Outcome::Refused(user_errors) => Ok(Self { consent: None, user_errors, replayed: false }),
        }
    }
}

pub(in crate::graphql) fn desk<'a>(session: &'a Session) -> Desk<'a> {
    Desk {
        db: session.db(),
        seal: session.seal(),
        actor: session.actor(),
        request_id: session.request_id(),
        timetable: session.timetable(),
    }
}

/// A step on a case: ask, act, read anew.
async fn step(
    ctx: &Context<'_>,
    mutation: &'static str,
    key: Option<String>,
    act: impl AsyncFnOnce(Desk<'_>, &Ask) -> crate::base::Result<Done>,
) -> Result<CasePayload> {
    let session = Session::of(ctx);
    let ask = session.ask(ctx, mutation, key).await?;
    CasePayload::of(ctx, act(desk(session), &ask).await).await
}

/// What an organisation does with its own cases.
#[derive(Default)]
pub struct CaseMutation;

#[Object]
impl CaseMutation {
    /// Opens a case with its person; with referralId the receiver opens its own case from what it may see (відкрити випадок).
    #[graphql(
        directive = scope::apply("cases:write".to_owned()),
        directive = emits::apply(vec![Change::CaseOpened]),
        directive = fails::apply(vec![ErrorCode::PurposeRequired])
    )]
    async fn case_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new case.")] input: CaseOpenInput,
    ) -> Result<CasePayload> {
        let key = Some(input.idempotency_key.clone());
        let opened = step(ctx, "caseOpen", key, async |desk, ask| match &input.referral_id {
            Some(id) => onward::open_case(desk, ask, Kind::Referral.key(id, "referralId")?, input.clone().command()?).await,
            None => cases::open(desk, ask, input.clone().command()?).await,
        });
        opened.await?.with_similar(ctx).await
    }

    /// Changes categories, factors or the safety flag; lowering the flag needs a reason (змінити випадок).
    #[graphql(directive = scope::apply("cases:write".to_owned()), directive = emits::apply(vec![Change::CaseChanged]))]
    async fn case_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: CaseUpdateInput,
    ) -> Result<CasePayload> {
        let act = async |desk: Desk<'_>, ask: &Ask| cases::update(desk, ask, input.target()?, input.clone().command()).await;
        step(ctx, "caseUpdate", input.idempotency_key.clone(), act).await
    }

    /// Changes what is known of the person; id and expectedVersion are the case's (змінити дані особи).
    #[graphql(directive = scope::apply("persons:write".to_owned()), directive = emits::apply(vec![Change::CaseChanged]))]
    async fn person_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: PersonUpdateInput,
    ) -> Result<CasePayload> {
        let act = async |desk: Desk<'_>, ask: &Ask| {
            cases::update_person(desk, ask, input.target()?, input.person.clone().into()).await
        };
        step(ctx, "personUpdate", input.idempotency_key.clone(), act).await
    }

    /// Begins the assessment of needs: NEW → ASSESSMENT (розпочати оцінювання).
    #[graphql(directive = scope::apply("cases:write".to_owned()), directive = emits::apply(vec![Change::CaseChanged]))]
    async fn case_begin_assessment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: CaseBeginAssessmentInput,
    ) -> Result<CasePayload> {
        let act = async |desk: Desk<'_>, ask: &Ask| cases::begin_assessment(desk, ask, input.target()?).await;
        step(ctx, "caseBeginAssessment", input.idempotency_key.clone(), act).await
    }

    /// Records an assessment of needs; SOCIAL_SERVICES moves the case to DECISION_PENDING, other purposes move nothing (оцінити потреби).
    #[graphql(directive = scope::apply("cases:write".to_owned()), directive = emits::apply(vec![Change::CaseChanged]))]
    async fn case_assess(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assessment.")] input: CaseAssessInput,
    ) -> Result<CasePayload> {
        let act = async |desk: Desk<'_>, ask: &Ask| cases::assess(desk, ask, input.target()?, input.clone().command()).await;
        step(ctx, "caseAssess", input.idempotency_key.clone(), act).await
    }

    /// Decides: services are given, or refused on a ground of the law (ухвалити рішення).
    #[graphql(directive = scope::apply("cases:write".to_owned()), directive = emits::apply(vec![Change::CaseChanged]))]
    async fn case_decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: CaseDecideInput,
    ) -> Result<CasePayload> {
        let act = async |desk: Desk<'_>, ask: &Ask| {
            cases::decide(desk, ask, input.target()?, input.decision, input.refusal_ground, input.decided_on.0).await
        };
        step(ctx, "caseDecide", input.idempotency_key.clone(), act).await
    }

    /// Makes the plan, or makes it anew (скласти план).
    #[graphql(directive = scope::apply("cases:write".to_owned()), directive = emits::apply(vec![Change::CaseChanged]))]
    async fn case_plan(&self, ctx: &Context<'_>, #[graphql(desc = "The plan.")] input: CasePlanInput) -> Result<CasePayload> {
        let act = async |desk: Desk<'_>, ask: &Ask| {
            cases::plan(desk, ask, input.target()?, input.goals.iter().cloned().map(Into::into).collect()).await
        };
        step(ctx, "casePlan", input.idempotency_key.clone(), act).await
    }

    /// Begins services: PLANNING → ACTIVE, or NEW → ACTIVE in an emergency (розпочати надання послуг).
    #[graphql(directive = scope::apply("cases:write".to_owned()), directive = emits::apply(vec![Change::CaseChanged]))]
    async fn case_activate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: CaseActivateInput,
    ) -> Result<CasePayload> {
        let act = async |desk: Desk<'_>, ask: &Ask| cases::activate(desk, ask, input.target()?).await;
        step(ctx, "caseActivate", input.idempotency_key.clone(), act).await
    }

    /// Interrupts services: ACTIVE → SUSPENDED (призупинити).
    #[graphql(directive = scope::apply("cases:write".to_owned()), directive = emits::apply(vec![Change::CaseChanged]))]
    async fn case_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: CaseSuspendInput,
    ) -> Result<CasePayload> {
        let act = async |desk: Desk<'_>, ask: &Ask| cases::suspend(desk, ask, input.target()?, &input.reason).await;
        step(ctx, "caseSuspend", input.idempotency_key.clone(), act).await
    }

    /// Goes on with services: SUSPENDED → ACTIVE (відновити).
    #[graphql(directive = scope::apply("cases:write".to_owned()), directive = emits::apply(vec![Change::CaseChanged]))]
    async fn case_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: CaseResumeInput,
    ) -> Result<CasePayload> {
        let act = async |desk: Desk<'_>, ask: &Ask| cases::resume(desk, ask, input.target()?).await;
        step(ctx, "caseResume", input.idempotency_key.clone(), act).await
    }

    /// Closes the case (закрити).
    #[graphql(directive = scope::apply("cases:write".to_owned()), directive = emits::apply(vec![Change::CaseClosed]))]
    async fn case_close(&self, ctx: &Context<'_>, #[graphql(desc = "The step.")] input: CaseCloseInput) -> Result<CasePayload> {
        let act = async |desk: Desk<'_>, ask: &Ask| {
            cases::close(desk, ask, input.target()?, input.close_reason, input.closed_on.0).await
        };
        step(ctx, "caseClose", input.idempotency_key.clone(), act).await
    }

    /// Marks the case as a mistake: it is kept and left out of every figure (позначити помилковим).
    #[graphql(directive = scope::apply("cases:write".to_owned()), directive = emits::apply(vec![Change::CaseChanged]))]
    async fn case_mark_error(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: CaseMarkErrorInput,
    ) -> Result<CasePayload> {
        let act = async |desk: Desk<'_>, ask: &Ask| cases::mark_error(desk, ask, input.target()?, &input.reason).await;
        step(ctx, "caseMarkError", input.idempotency_key.clone(), act).await
    }

    /// Records a consent of the person; it expires after a year unless it says earlier (надати згоду).
    #[graphql(directive = scope::apply("cases:write".to_owned()), directive = emits::apply(vec![Change::ConsentGiven]))]
    async fn consent_give(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The consent.")] input: ConsentGiveInput,
    ) -> Result<ConsentPayload> {
        let session = Session::of(ctx);
        let ask = session.ask(ctx, "consentGive", input.idempotency_key.clone()).await?;
        let result = match input.command() {
            Ok(command) => cases::give(desk(session), &ask, command).await,
            Err(fault) => Err(fault),
        };
        ConsentPayload::of(ctx, result).await
    }

    /// Withdraws a consent: hides the person at once and cancels what is open under it (відкликати згоду).
    #[graphql(
        directive = scope::apply("cases:write".to_owned()),
        directive = emits::apply(vec![Change::ConsentWithdrawn, Change::ReferralCancelled, Change::ReferralRedacted, Change::ReferralClockBreached])
    )]
    async fn consent_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: ConsentWithdrawInput,
    ) -> Result<ConsentPayload> {
        let session = Session::of(ctx);
        let ask = session.ask(ctx, "consentWithdraw", input.idempotency_key.clone()).await?;
        let result = match input.target() {
            Ok(target) => ending::withdraw(desk(session), &ask, target).await,
            Err(fault) => Err(fault),
        };
        ConsentPayload::of(ctx, result).await
    }
}
