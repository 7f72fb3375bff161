//! An observation and what it points to.

use super::cell::Cell;
use crate::{
    base::words::indicator::{Indicator, ObservationKind},
    graphql::{
        centre::{self, Centre},
        context::Session,
        directive::scope,
        node::Kind,
        organization::Organization,
        scalars::PartialDate,
        territory::Territory,
    },
    indicator::{model as row, protected},
};
use async_graphql::{Context, ID, Object, Result};
use futures_util::future::try_join_all;
use std::sync::Arc;

/// A figure as its source reported it: never mixed with computed ones (показник за повідомленням джерела).
#[derive(Clone)]
pub struct Observation(pub Arc<row::Observation>);

connection!(
    Observation,
    ObservationConnection,
    ObservationEdge,
    "A page of reported figures, newest first (сторінка переліку показників)."
);

impl Observation {
    /// What the viewer is shown of it.
    async fn protected(&self, ctx: &Context<'_>) -> Result<protected::Protected> {
        let session = Session::of(ctx);
        let centre = match self.0.centre_id {
            Some(id) => centre::row(ctx, id).await?,
            None => None,
        };
        Ok(protected::reported(session.actor(), &self.0, centre.as_deref(), session.min_cells()))
    }
}

/// A figure as its source reported it: never mixed with computed ones (показник за повідомленням джерела).
#[Object(directive = scope::apply("analytics:read".to_owned()))]
impl Observation {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        Kind::Observation.id(self.0.id)
    }

    /// What is counted (показник).
    async fn indicator(&self) -> Indicator {
        self.0.indicator
    }

    /// What is meant, where one subject reports several (назва).
    async fn title(&self) -> Option<&str> {
        self.0.title.as_deref()
    }

    /// The figure, as far as you may see it (значення).
    async fn cell(&self, ctx: &Context<'_>) -> Result<Cell> {
        Ok(self.protected(ctx).await?.into())
    }

    /// The organisation whose figure it is; the Ministry's are the whole country's (організація).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        match self.0.about_id {
            Some(id) => Organization::load(ctx, id).await.map(Some),
            None => Ok(None),
        }
    }

    /// The centre whose figure it is (центр).
    async fn centre(&self, ctx: &Context<'_>) -> Result<Option<Centre>> {
        Centre::maybe(ctx, self.0.centre_id).await
    }

    /// The territory whose figure it is (територія).
    async fn territory(&self, ctx: &Context<'_>) -> Result<Option<Territory>> {
        match &self.0.territory_code {
            Some(code) => Territory::load(ctx, code).await.map(Some),
            None => Ok(None),
        }
    }

    /// Who reported it (хто повідомив).
    async fn reported_by(&self, ctx: &Context<'_>) -> Result<Organization> {
        Organization::load(ctx, self.0.organization_id).await
    }

    /// First day of its period, as well as the source knows it (період з).
    async fn period_from(&self) -> Option<PartialDate> {
        self.0.period_from.clone().map(PartialDate)
    }

    /// Last day of its period, inclusive; of a STOCK its day (період до).
    async fn period_to(&self) -> Option<PartialDate> {
        self.0.period_to.clone().map(PartialDate)
    }

    /// What it says of its time (вид показника).
    async fn kind(&self) -> ObservationKind {
        self.0.kind
    }

    /// Where it was published (джерело).
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// What the source says besides; it may repeat the value, and is null where that is SUPPRESSED (примітка).
    async fn note(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.protected(ctx).await?.note().map(str::to_owned))
    }

    /// Organisations that paid for it or helped (за підтримки).
    async fn supported_by(&self, ctx: &Context<'_>) -> Result<Vec<Organization>> {
        try_join_all(self.0.supported_by.iter().map(|id| Organization::load(ctx, *id))).await
    }

    /// Grows with each change (версія).
    async fn version(&self) -> i32 {
        self.0.version
    }
}
