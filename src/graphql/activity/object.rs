//! Deliveries, activities and groups.

use super::{
    loader::ActivitiesOf,
    query::{activity, group},
};
use crate::{
    activity::model as row,
    base::words::{activity::*, case::TargetCategory, organization::StaffRole},
    graphql::{
        case::Case,
        centre::Centre,
        directive::scope,
        loaders,
        node::Kind,
        organization::Organization,
        referral::{self, Referral},
        scalars::Date,
        service::ServiceType,
        territory::Territory,
    },
};
use async_graphql::{Context, ID, Object, Result};
use futures_util::future::try_join_all;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone)]
pub struct ServiceDelivery(pub Arc<row::ServiceDelivery>);

/// One contact: one person (or family) and one service (надана послуга). It belongs to the organisation that gave it; nobody else sees it.
#[Object(directive = scope::apply("services:read".to_owned()))]
impl ServiceDelivery {
    /// Global id.
    pub async fn id(&self) -> ID {
        Kind::ServiceDelivery.id(self.0.id)
    }

    /// Who gave it (надавач).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Organization> {
        Organization::load(ctx, self.0.organization_id).await
    }

    /// The centre where it was given; null: outside of any (центр).
    async fn centre(&self, ctx: &Context<'_>) -> Result<Option<Centre>> {
        Centre::maybe(ctx, self.0.centre_id).await
    }

    /// Where it was given (територія).
    async fn territory(&self, ctx: &Context<'_>) -> Result<Territory> {
        Territory::load(ctx, &self.0.territory_code).await
    }

    /// The case to which it belongs; null without one, and without the scope cases:read (випадок).
    async fn case(&self, ctx: &Context<'_>) -> Result<Option<Case>> {
        match self.0.case_id {
            Some(id) => Case::find(ctx, id).await,
            None => Ok(None),
        }
    }

    /// The service (послуга).
    async fn service(&self, ctx: &Context<'_>) -> Result<ServiceType> {
        ServiceType::load(ctx, self.0.service_id).await
    }

    /// How it was given (форма).
    async fn form(&self) -> DeliveryForm {
        self.0.form
    }

    /// Day (дата).
    async fn occurred_on(&self) -> Date {
        Date(self.0.occurred_on)
    }

    /// How many contacts of this kind on that day (кількість).
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// Who of the team gave it (фахівець).
    async fn specialist(&self) -> Option<StaffRole> {
        self.0.specialist
    }

    /// Category of the person on the day of recording (категорія).
    async fn target_category(&self) -> Option<TargetCategory> {
        self.0.target_category
    }

    /// The referral under which it was given; null without the scope referrals:read (скерування).
    async fn referral(&self, ctx: &Context<'_>) -> Result<Option<Referral>> {
        referral::maybe(ctx, self.0.referral_id).await
    }

    /// The activity of which this is an attendance: the activity counts it, this row does not once more (захід).
    async fn activity(&self, ctx: &Context<'_>) -> Result<Option<Activity>> {
        match self.0.activity_id {
            Some(id) => activity(ctx, id).await,
            None => Ok(None),
        }
    }

    /// The recorder's own key of the row (зовнішній ідентифікатор).
    async fn external_reference(&self) -> Option<&str> {
        self.0.external_reference.as_deref()
    }

    /// Whether it was taken out of every figure (вилучено).
    async fn voided(&self) -> bool {
        self.0.voided
    }

    /// Grows with each correction (версія).
    async fn version(&self) -> i32 {
        self.0.version
    }
}

#[derive(Clone)]
pub struct Activity(pub Arc<row::Activity>);

/// A group session or an event (захід).
#[Object(directive = scope::apply("services:read".to_owned()))]
impl Activity {
    /// Global id.
    pub async fn id(&self) -> ID {
        Kind::Activity.id(self.0.id)
    }

    /// Who held it (організатор).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Organization> {
        Organization::load(ctx, self.0.organization_id).await
    }

    /// The centre that held it; null: outside of any (центр).
    async fn centre(&self, ctx: &Context<'_>) -> Result<Option<Centre>> {
        Centre::maybe(ctx, self.0.centre_id).await
    }

    /// Where (територія).
    async fn territory(&self, ctx: &Context<'_>) -> Result<Territory> {
        Territory::load(ctx, &self.0.territory_code).await
    }

    /// The group of which it is a session (група).
    async fn group(&self, ctx: &Context<'_>) -> Result<Option<Group>> {
        match self.0.group_id {
            Some(id) => group(ctx, id).await,
            None => Ok(None),
        }
    }

    /// What it was (вид).
    async fn kind(&self) -> ActivityKind {
        self.0.kind
    }

    /// Title (назва).
    async fn title(&self) -> Option<&str> {
        self.0.title.as_deref()
    }

    /// Day (дата).
    async fn occurred_on(&self) -> Date {
        Date(self.0.occurred_on)
    }

    /// Place in words (місце).
    async fn place(&self) -> Option<&str> {
        self.0.place.as_deref()
    }

    /// How many took part: attendances, not distinct people; null: the source does not say, which is not zero (учасники).
    async fn participants(&self) -> Option<i32> {
        self.0.participants
    }

    /// For whom it was (категорія).
    async fn target_category(&self) -> Option<TargetCategory> {
        self.0.target_category
    }

    /// Organisations that held it together (партнери).
    async fn partners(&self, ctx: &Context<'_>) -> Result<Vec<Organization>> {
        organizations(ctx, &self.0.partner_ids).await
    }

    /// Organisations that paid or helped (за підтримки).
    async fn supported_by(&self, ctx: &Context<'_>) -> Result<Vec<Organization>> {
        organizations(ctx, &self.0.supported_by_ids).await
    }

    /// The recorder's own key of the row (зовнішній ідентифікатор).
    async fn external_reference(&self) -> Option<&str> {
        self.0.external_reference.as_deref()
    }

    /// Whether it was taken out of every figure (вилучено).
    async fn voided(&self) -> bool {
        self.0.voided
    }

    /// Grows with each correction (версія).
    async fn version(&self) -> i32 {
        self.0.version
    }
}

async fn organizations(ctx: &Context<'_>, ids: &[Uuid]) -> Result<Vec<Organization>> {
    try_join_all(ids.iter().map(|id| Organization::load(ctx, *id))).await
}

#[derive(Clone)]
pub struct Group(pub Arc<row::Group>);

/// A course with a fixed membership, such as Self-Help Plus: five sessions for a group (група).
#[Object(directive = scope::apply("services:read".to_owned()))]
impl Group {
    /// Global id.
    pub async fn id(&self) -> ID {
        Kind::Group.id(self.0.id)
    }

    /// The centre that holds the course (центр).
    async fn centre(&self, ctx: &Context<'_>) -> Result<Centre> {
        Centre::load(ctx, self.0.centre_id).await
    }

    /// Course (програма).
    async fn programme(&self) -> Programme {
        self.0.programme
    }

    /// How many began (учасники).
    async fn members(&self) -> i32 {
        self.0.members
    }

    /// First day (початок).
    async fn started_on(&self) -> Date {
        Date(self.0.started_on)
    }

    /// Its sessions, in the order of their days (заняття).
    async fn activities(&self, ctx: &Context<'_>) -> Result<Vec<Activity>> {
        let rows = loaders::list(ctx, ActivitiesOf(self.0.id)).await?;
        Ok(rows.into_iter().map(|row| Activity(Arc::new(row))).collect())
    }

    /// The creator's own key of the group (зовнішній ідентифікатор).
    async fn external_reference(&self) -> Option<&str> {
        self.0.external_reference.as_deref()
    }

    /// Version (версія).
    async fn version(&self) -> i32 {
        self.0.version
    }
}

connection!(ServiceDelivery, ServiceDeliveryConnection, ServiceDeliveryEdge, "Deliveries, newest first (надані послуги).");
connection!(Activity, ActivityConnection, ActivityEdge, "Activities, newest first (заходи).");
connection!(Group, GroupConnection, GroupEdge, "Groups, newest first (групи).");
