//! Questions about referrals.

use super::{
    candidate::{self, ReferralCandidate, ReferralCandidatesInput},
    explain::{self, FieldAccess},
    loader::ReferralById,
    object::{AT_A_GLANCE, Referral, ReferralConnection},
    subject,
};
use crate::{
    access::Scope,
    base::{
        page::{Ask, Page, Window},
        words::referral::*,
    },
    graphql::{
        context::Session,
        directive::{cost, fails, scope},
        loaders,
        node::{self, Kind},
        page,
        scalars::DateTime,
        sight,
    },
    referral::{
        model::{Filter, Found},
        policy,
        store::{self, List},
    },
    service,
};
use async_graphql::{Context, ID, InputObject, Object, Result};
use std::sync::Arc;
use uuid::Uuid;

/// What a list of referrals is narrowed to; conditions are joined by "and".
#[derive(Clone, Debug, Default, InputObject)]
pub struct ReferralFilter {
    /// Received or sent by the viewer (напрям).
    direction: Option<Direction>,
    /// In one of these states (стан).
    status: Option<Vec<ReferralStatus>>,
    /// With one of these urgencies (терміновість).
    urgency: Option<Vec<Urgency>>,
    /// Whether the answer is late (прострочено).
    overdue: Option<bool>,
    /// Whether it is the viewer's turn (моя черга діяти).
    turn_of_me: Option<bool>,
    /// Whether the receiver still has to acknowledge that a person vanished: for the sender, who has not (очікує підтвердження приховання).
    redaction_pending: Option<bool>,
    /// For this service (код послуги).
    service_code: Option<String>,
    /// With this organisation on the other side (інша сторона).
    counterparty_id: Option<ID>,
    /// Through this centre of the viewer (центр).
    centre_id: Option<ID>,
    /// Of one's own case; a foreign one gives an empty page (випадок).
    case_id: Option<ID>,
    /// With this number (номер).
    number: Option<String>,
    /// On this legal basis (правова підстава).
    legal_basis: Option<LegalBasis>,
    /// With this outcome (результат).
    outcome: Option<ReferralOutcome>,
    /// First seen by the viewer at this moment or later (від).
    since: Option<DateTime>,
    /// First seen by the viewer before this moment (до).
    until: Option<DateTime>,
    /// Changed at this moment or later (змінено від).
    updated_from: Option<DateTime>,
    /// Changed before this moment (змінено до).
    updated_to: Option<DateTime>,
}

impl ReferralFilter {
    /// What does not exist narrows to nothing, and tells nothing.
    async fn plain(self, session: &Session) -> Result<Option<Filter>> {
        let keys = (
            Kind::Organization.maybe(self.counterparty_id.as_ref(), ""),
            Kind::Centre.maybe(self.centre_id.as_ref(), ""),
            Kind::Case.maybe(self.case_id.as_ref(), ""),
        );
        let (Ok(counterparty_id), Ok(centre_id), Ok(case_id)) = keys else { return Ok(None) };
        let service_id = match &self.service_code {
            Some(code) => match service::store::get(session.reading().await?.link(), code, "serviceCode").await {
                Ok(service) => Some(service.id),
                Err(crate::base::Error::Refused(_)) => return Ok(None),
                Err(fault) => return Err(fault.into()),
            },
            None => None,
        };
        Ok(Some(Filter {
            direction: self.direction,
            status: self.status.unwrap_or_default(),
            urgency: self.urgency.unwrap_or_default(),
            overdue: self.overdue,
            turn_of_me: self.turn_of_me,
            redaction_pending: self.redaction_pending,
            service_id,
            counterparty_id,
            centre_id,
            case_id,
            number: self.number,
            legal_basis: self.legal_basis,
            outcome: self.outcome,
            since: self.since.map(|at| at.0),
            until: self.until.map(|at| at.0),
            updated_from: self.updated_from.map(|at| at.0),
            updated_to: self.updated_to.map(|at| at.0),
        }))
    }
}

/// A row as this viewer sees it, if at all.
pub fn seen(ctx: &Context<'_>, found: Arc<Found>) -> Option<Referral> {
    let party = policy::may_read(Session::of(ctx).actor(), found.glance()).ok()?;
    Some(Referral { found, party, behind: None })
}

/// The referral of this id, as far as the caller is a party of it.
pub async fn find(ctx: &Context<'_>, id: Uuid) -> Result<Option<Referral>> {
    Ok(loaders::load(ctx, ReferralById(id)).await?.and_then(|row| seen(ctx, Found::whole(row))))
}

/// The same where there may be none; null without the scope.
pub async fn maybe(ctx: &Context<'_>, id: Option<Uuid>) -> Result<Option<Referral>> {
    match id {
        Some(id) if Session::of(ctx).actor().holds(Scope::ReferralsRead) => find(ctx, id).await,
        _ => Ok(None),
    }
}

/// Referrals of one's own case; null without the scope.
pub async fn of_case(ctx: &Context<'_>, case_id: Uuid, ask: Ask) -> Result<Option<ReferralConnection>> {
    if !Session::of(ctx).actor().holds(Scope::ReferralsRead) {
        return Ok(None);
    }
    let filter = Filter { case_id: Some(case_id), ..Filter::default() };
    list(ctx, filter, ReferralOrder::NewestFirst, &ask, &format!("referrals of case {case_id}")).await.map(Some)
}

async fn list(ctx: &Context<'_>, filter: Filter, order: ReferralOrder, ask: &Ask, name: &str) -> Result<ReferralConnection> {
    let window = Window::<store::Key>::of(ask, name)?;
    let session = Session::of(ctx);
    let reading = session.reading().await?;
    let viewer = session.actor().organization_id;
    let list = List { viewer, filter: &filter, order, now: reading.now() };
    let whole = !sight::nodes_want_only(ctx, AT_A_GLANCE);
    let rows = session.rows(store::page(reading.link(), &list, &window, whole).await?);
    let total = match sight::counted(ctx) {
        true => Some(store::count(reading.link(), &list, page::COUNTED).await?),
        false => None,
    };
    let page = window.cut(rows);
    let Page { rows, has_next, has_previous } = page;
    let rows = rows.into_iter().filter_map(|found| seen(ctx, found)).collect();
    let rows = subject::fetched(ctx, rows, sight::nodes_want).await?;
    let cursor = |row: &Referral| window.cursor(&store::key(row.found.glance(), viewer, order));
    Ok(ReferralConnection::of(Page { rows, has_next, has_previous }, total, cursor, |row| row))
}

/// Questions about referrals.
#[derive(Default)]
pub struct ReferralQuery;

#[Object]
impl ReferralQuery {
    /// A referral by its id; null where the caller is no party of it (скерування).
    #[graphql(directive = scope::apply("referrals:read".to_owned()))]
    async fn referral(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the referral.")] id: ID,
    ) -> Result<Option<Referral>> {
        let Some((Kind::Referral, key)) = node::open(&id) else { return Ok(None) };
        let session = Session::of(ctx);
        let (viewer, whole) = (session.actor().organization_id, !sight::wants_only(ctx, AT_A_GLANCE));
        let read = store::find_as_of(session.reading().await?.link(), viewer, key, whole).await?;
        let found = session.rows(read).into_iter().filter_map(|found| seen(ctx, found)).collect();
        Ok(subject::fetched(ctx, found, sight::wants).await?.pop())
    }

    /// Referrals of which the viewer is a party (скерування).
    #[graphql(directive = scope::apply("referrals:read".to_owned()), directive = fails::apply(page::FAULTS.to_vec()))]
    #[allow(clippy::too_many_arguments)]
    async fn referrals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<ReferralFilter>,
        #[graphql(desc = "Order of the list.", default_with = "ReferralOrder::NewestFirst")] order_by: ReferralOrder,
        #[graphql(desc = "Items from the beginning, 1 to 100; exactly one of first and last.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor before which the page ends.")] before: Option<String>,
    ) -> Result<ReferralConnection> {
        let name = format!("referrals {filter:?} {order_by}");
        let ask = page::ask(first, after, last, before);
        match filter.unwrap_or_default().plain(Session::of(ctx)).await? {
            Some(filter) => list(ctx, filter, order_by, &ask, &name).await,
            None => {
                Window::<store::Key>::of(&ask, &name)?;
                Ok(ReferralConnection::empty())
            }
        }
    }

    /// Who could take a person now: those first who could, then the others with every reason against them (хто може прийняти).
    #[graphql(
        directive = scope::apply("referrals:read".to_owned()),
        directive = fails::apply(vec![crate::base::error::ErrorCode::BadUserInput]),
        directive = cost::apply("5000".to_owned())
    )]
    async fn referral_candidates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For whom somebody is looked for.")] input: ReferralCandidatesInput,
    ) -> Result<Vec<ReferralCandidate>> {
        candidate::list(ctx, input.search()?).await
    }

    /// For each field of a referral that holds personal data: whether the caller sees it, and because of what; null where it is no party (пояснення доступу).
    #[graphql(directive = scope::apply("referrals:read".to_owned()))]
    async fn access_explain(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the referral.")] referral_id: ID,
    ) -> Result<Option<Vec<FieldAccess>>> {
        match node::open(&referral_id) {
            Some((Kind::Referral, key)) => explain::explain(ctx, key).await,
            _ => Ok(None),
        }
    }
}
