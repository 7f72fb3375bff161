//! The whole schema: the roots of all slices, and the one interface that all objects with a global id share.

use super::{
    activity::{self, Activity, ActivityMutation, ActivityQuery, Group, ServiceDelivery},
    application::{self, Application, ApplicationMutation, ApplicationQuery},
    audit::{self, AuditEntry, AuditQuery},
    case::{Case, CaseMutation, CaseQuery, Consent, consent},
    centre::{self, Centre, CentreMutation, CentreQuery},
    change::{ChangeQuery, Subscription},
    codelist::CodelistQuery,
    context::Session,
    contract::{self, ContractMutation, ContractQuery, FundingContract, ServiceAct},
    directive::fails,
    gate,
    indicator::{self, IndicatorMutation, IndicatorQuery, Observation, Release},
    memorandum::{self, Memorandum, MemorandumMutation, MemorandumQuery},
    node::{self, Kind},
    offering::OfferingMutation,
    organization::{self, Organization, OrganizationMutation, OrganizationQuery},
    proof::ProofQuery,
    rate::RateQuery,
    referral::{self, Referral, ReferralMutation, ReferralQuery},
    service::{self, ServiceQuery, ServiceType},
    subject::{ErasureMutation, SubjectQuery},
    territory::{self, Territory, TerritoryMutation, TerritoryQuery},
    webhook::{self, WebhookDelivery, WebhookEndpoint, WebhookMutation, WebhookQuery},
};
use crate::{
    access::Scope,
    base::{Error, error::ErrorCode},
};
use async_graphql::{Context, ID, Interface, MergedObject, Object, Result, SDLExportOptions, SchemaBuilder};
use futures_util::future::try_join_all;

/// Anything with a global id (об'єкт).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global id: opaque and stable."))]
#[allow(clippy::large_enum_variant)]
pub enum Node {
    Activity(Activity),
    Application(Application),
    AuditEntry(AuditEntry),
    Case(Case),
    Centre(Centre),
    Consent(Consent),
    FundingContract(FundingContract),
    Group(Group),
    Memorandum(Memorandum),
    Observation(Observation),
    Organization(Organization),
    Referral(Referral),
    Release(Release),
    ServiceAct(ServiceAct),
    ServiceDelivery(ServiceDelivery),
    ServiceType(ServiceType),
    Territory(Territory),
    WebhookDelivery(WebhookDelivery),
    WebhookEndpoint(WebhookEndpoint),
}

/// Most objects of one `nodes`.
const MOST: usize = 100;

/// Questions by global id.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Any object by its global id; null where there is none that the caller may know of (об'єкт за ідентифікатором).
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "Global id.")] id: ID) -> Result<Option<Node>> {
        find(ctx, &id).await
    }

    /// Objects by their global ids, in this order, null where there is none; at most 100 (об'єкти за ідентифікаторами).
    #[graphql(directive = fails::apply(vec![ErrorCode::BadUserInput]))]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > MOST {
            let message = format!("ids has {} entries; at most {MOST} are answered.", ids.len());
            return Err(Error::question(ErrorCode::BadUserInput, "ids", message).into());
        }
        try_join_all(ids.iter().map(|id| find(ctx, id))).await
    }
}

/// The concrete type decides which scope is needed; without it there is nothing.
pub(super) async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>> {
    let Some((kind, key)) = node::open(id) else { return Ok(audit::find(ctx, id).await?.map(Node::AuditEntry)) };
    let holds = |scope| Session::of(ctx).actor().holds(scope);
    Ok(match kind {
        Kind::Territory => territory::node(ctx, key).await?.map(Node::Territory),
        Kind::Organization => organization::node(ctx, key).await?.map(Node::Organization),
        Kind::ServiceType => service::node(ctx, key).await?.map(Node::ServiceType),
        Kind::Centre => centre::node(ctx, key).await?.map(Node::Centre),
        Kind::Application => application::node(ctx, key).await?.map(Node::Application),
        Kind::ServiceDelivery => activity::delivery(ctx, key).await?.map(Node::ServiceDelivery),
        Kind::Activity => activity::activity(ctx, key).await?.map(Node::Activity),
        Kind::Group => activity::group(ctx, key).await?.map(Node::Group),
        Kind::Memorandum => memorandum::find(ctx, key).await?.map(Node::Memorandum),
        Kind::FundingContract => contract::find(ctx, key).await?.map(Node::FundingContract),
        Kind::ServiceAct => contract::act(ctx, key).await?.map(Node::ServiceAct),
        Kind::Release => indicator::release(ctx, key).await?.map(Node::Release),
        Kind::Observation => indicator::find(ctx, key).await?.map(Node::Observation),
        Kind::WebhookEndpoint => webhook::endpoint(ctx, key).await?.map(Node::WebhookEndpoint),
        Kind::WebhookDelivery => webhook::delivery(ctx, key).await?.map(Node::WebhookDelivery),
        Kind::Case if holds(Scope::CasesRead) => Case::find(ctx, key).await?.map(Node::Case),
        Kind::Consent if holds(Scope::CasesRead) => consent(ctx, key).await?.map(Node::Consent),
        Kind::Referral if holds(Scope::ReferralsRead) => referral::find(ctx, key).await?.map(Node::Referral),
        Kind::Case | Kind::Consent | Kind::Referral | Kind::Assessment | Kind::PlanGoal => None,
        Kind::Tranche | Kind::ContractLine | Kind::Payment | Kind::Amendment => None,
        Kind::Offering | Kind::Person | Kind::Recording | Kind::AuditEntry => None,
    })
}

/// What can be asked.
#[derive(MergedObject, Default)]
pub struct Query(
    NodeQuery,
    RateQuery,
    SubjectQuery,
    ApplicationQuery,
    TerritoryQuery,
    ServiceQuery,
    CodelistQuery,
    OrganizationQuery,
    CentreQuery,
    MemorandumQuery,
    CaseQuery,
    ReferralQuery,
    ActivityQuery,
    ContractQuery,
    IndicatorQuery,
    ChangeQuery,
    AuditQuery,
    ProofQuery,
    WebhookQuery,
);

/// What can be changed. A broken business rule is data, in `userErrors`; nothing was written then.
#[derive(MergedObject, Default)]
pub struct Mutation(
    ApplicationMutation,
    TerritoryMutation,
    OrganizationMutation,
    CentreMutation,
    OfferingMutation,
    MemorandumMutation,
    CaseMutation,
    ErasureMutation,
    ReferralMutation,
    ActivityMutation,
    ContractMutation,
    IndicatorMutation,
    WebhookMutation,
);

/// The schema behind its bounds.
pub type Gate = gate::Gate<Query, Mutation, Subscription>;

/// What holds documents against it.
pub type Checker = gate::Checker<Query, Mutation, Subscription>;

/// A fresh schema, not yet finished.
pub fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    async_graphql::Schema::build(Query::default(), Mutation::default(), Subscription)
}

const QUOTES: &str = "\"\"\"";

/// The schema as it is published.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().sorted_fields().sorted_arguments().use_space_ident().include_specified_by();
    let text = builder().finish().sdl_with_options(options);
    // Built-in directives are every tool's own. `@oneOf` stays out too: the introspection query that tools send by default
    // does not ask for it, so that the text would differ from what they see; the inputs say "exactly one" in words.
    let built_in =
        ["directive @include(", "directive @skip(", "directive @deprecated(", "directive @oneOf ", "directive @specifiedBy("];
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if built_in.iter().any(|directive| line.starts_with(directive)) {
            // With the description above it.
            if lines.last().is_some_and(|above| above == QUOTES) {
                lines.pop();
                while lines.pop().is_some_and(|above| above != QUOTES) {}
            }
            continue;
        }
        lines.push(line.replace(" @oneOf {", " {"));
    }
    let mut text = lines.join("\n");
    while text.contains("\n\n\n") {
        text = text.replace("\n\n\n", "\n\n");
    }
    format!("{}\n", text.trim())
}
