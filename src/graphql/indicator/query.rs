//! Questions about figures.

use super::{
    object::{Observation, ObservationConnection},
    table::{self, IndicatorTable, IndicatorsInput, Release, ReleaseConnection},
};
use crate::{
    base::{error::ErrorCode, page::Window, words::indicator::Indicator},
    graphql::{
        context::Session,
        directive::{cost, fails, scope},
        loaders::{self, keyed},
        node::Kind,
        page::{COUNTED, FAULTS, ask},
        scalars::Katottg,
        sight,
    },
    indicator::{model as row, policy, store},
    organization::model::Key,
};
use async_graphql::{Context, ID, Object, Result};
use std::sync::Arc;
use uuid::Uuid;

loader! {
    /// An observation by its id.
    ObservationById(Uuid) -> Arc<row::Observation>,
    |_loaders, reading, ids| keyed(store::find(reading.link(), &ids).await?, |row| row.id)
}

/// The observation of this id; none without the scope.
pub async fn find(ctx: &Context<'_>, id: Uuid) -> Result<Option<Observation>> {
    if policy::may_read(Session::of(ctx).actor()).is_err() {
        return Ok(None);
    }
    Ok(loaders::load(ctx, ObservationById(id)).await?.map(Observation))
}

/// What a list is narrowed to; what does not exist narrows to nothing, and tells nothing.
fn narrowed(
    indicator: Option<Indicator>,
    centre_id: Option<&ID>,
    organization_id: Option<&ID>,
    reported_by_id: Option<&ID>,
    territory: Option<Katottg>,
) -> Option<row::Filter> {
    Some(row::Filter {
        indicator,
        centre_id: Kind::Centre.maybe(centre_id, "").ok()?,
        about_id: Kind::Organization.maybe(organization_id, "").ok()?,
        reported_by: Kind::Organization.maybe(reported_by_id, "").ok()?,
        territory: territory.map(|code| code.0),
    })
}

/// Questions about figures.
#[derive(Default)]
pub struct IndicatorQuery;

#[Object]
impl IndicatorQuery {
    /// Figures as their sources reported them, newest first; a small one about people is kept back from all but whose it is (показники за повідомленнями джерел).
    #[graphql(directive = scope::apply("analytics:read".to_owned()), directive = fails::apply(FAULTS.to_vec()))]
    #[allow(clippy::too_many_arguments)]
    async fn observations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this indicator.")] indicator: Option<Indicator>,
        #[graphql(desc = "About this centre.")] centre_id: Option<ID>,
        #[graphql(desc = "About this organisation.")] organization_id: Option<ID>,
        #[graphql(desc = "Reported by this organisation.")] reported_by_id: Option<ID>,
        #[graphql(desc = "About this territory or one below it, or about a centre that stands there.")] territory: Option<
            Katottg,
        >,
        #[graphql(desc = "Items from the beginning, 1 to 100; exactly one of first and last.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor before which the page ends.")] before: Option<String>,
    ) -> Result<ObservationConnection> {
        let name = format!("observations {indicator:?} {centre_id:?} {organization_id:?} {reported_by_id:?} {territory:?}");
        let window = Window::<Key>::of(&ask(first, after, last, before), &name)?;
        let filter = narrowed(indicator, centre_id.as_ref(), organization_id.as_ref(), reported_by_id.as_ref(), territory);
        let Some(filter) = filter else { return Ok(ObservationConnection::empty()) };
        let reading = Session::of(ctx).reading().await?;
        let rows = store::page(reading.link(), &filter, &window).await?;
        let count = match sight::counted(ctx) {
            true => Some(store::count(reading.link(), &filter, COUNTED).await?),
            false => None,
        };
        Ok(ObservationConnection::of(
            window.cut(rows),
            count,
            |row| window.cursor(&row.key()),
            |row| Observation(Arc::new(row)),
        ))
    }

    /// Figures, counted or reported, never both: one's own live, those of others about people as they were published, what counts no people live (показники).
    #[graphql(
        directive = scope::apply("analytics:read".to_owned()),
        directive = fails::apply(vec![ErrorCode::BadUserInput, ErrorCode::RangeNotAllowed, ErrorCode::TooManyDimensions]),
        directive = cost::apply("5000".to_owned())
    )]
    async fn indicators(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The question.")] input: IndicatorsInput,
    ) -> Result<IndicatorTable> {
        table::answer(ctx, input).await
    }

    /// Publications of figures about people, newest first (випуски).
    #[graphql(directive = scope::apply("analytics:read".to_owned()), directive = fails::apply(FAULTS.to_vec()))]
    async fn releases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; exactly one of first and last.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor before which the page ends.")] before: Option<String>,
    ) -> Result<ReleaseConnection> {
        let window = Window::<Key>::of(&ask(first, after, last, before), "releases")?;
        let reading = Session::of(ctx).reading().await?;
        let rows = store::page_releases(reading.link(), &window).await?;
        let count = match sight::counted(ctx) {
            true => Some(store::count_releases(reading.link()).await?),
            false => None,
        };
        Ok(ReleaseConnection::of(window.cut(rows), count, |row| window.cursor(&(row.published_at, row.id)), Release))
    }
}
