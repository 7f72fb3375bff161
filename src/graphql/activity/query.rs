//! Questions about one's own work.

use super::{
    loader::{ActivityById, DeliveryById, GroupById},
    object::*,
};
use crate::{
    activity::{model as row, policy, policy::WorkAct, store},
    base::{page::Window, words::activity::*},
    graphql::{
        context::Session,
        directive::{fails, scope},
        loaders,
        node::Kind,
        page::{self, FAULTS},
        scalars::Date,
    },
    service,
};
use async_graphql::{Context, ID, InputObject, Object, Result};
use std::sync::Arc;
use uuid::Uuid;

fn may_read(ctx: &Context<'_>, owner: Uuid, id: Uuid) -> bool {
    policy::may(Session::of(ctx).actor(), WorkAct::Read, owner, id).is_ok()
}

/// One's own delivery of this id.
pub async fn delivery(ctx: &Context<'_>, id: Uuid) -> Result<Option<ServiceDelivery>> {
    let row = loaders::load(ctx, DeliveryById(id)).await?;
    Ok(row.filter(|row| may_read(ctx, row.organization_id, row.id)).map(ServiceDelivery))
}

/// One's own activity of this id.
pub async fn activity(ctx: &Context<'_>, id: Uuid) -> Result<Option<Activity>> {
    let row = loaders::load(ctx, ActivityById(id)).await?;
    Ok(row.filter(|row| may_read(ctx, row.organization_id, row.id)).map(Activity))
}

/// One's own group of this id.
pub async fn group(ctx: &Context<'_>, id: Uuid) -> Result<Option<Group>> {
    let row = loaders::load(ctx, GroupById(id)).await?;
    Ok(row.filter(|row| may_read(ctx, row.organization_id, row.id)).map(Group))
}

/// Which of one's own work is wanted; conditions are joined by "and" (відбір).
#[derive(Clone, Debug, Default, InputObject)]
pub struct WorkFilter {
    /// Done in this centre (центр).
    centre_id: Option<ID>,
    /// For this case (випадок).
    case_id: Option<ID>,
    /// Of this service; for deliveries alone (код послуги).
    service_code: Option<String>,
    /// Of one of these kinds; for activities alone (вид заходу).
    kind: Option<Vec<ActivityKind>>,
    /// On this day or later (від дати).
    from: Option<Date>,
    /// On this day or earlier (до дати).
    to: Option<Date>,
    /// With this external reference (зовнішній ідентифікатор).
    external_reference: Option<String>,
    /// Whether it was taken out of every figure; null: both (вилучено).
    voided: Option<bool>,
}

impl WorkFilter {
    /// What does not exist narrows to nothing, and tells nothing.
    async fn plain(self, ctx: &Context<'_>) -> Result<Option<row::Filter>> {
        let (Ok(centre_id), Ok(case_id)) =
            (Kind::Centre.maybe(self.centre_id.as_ref(), ""), Kind::Case.maybe(self.case_id.as_ref(), ""))
        else {
            return Ok(None);
        };
        let service_id = match self.service_code {
            Some(code) => {
                let reading = Session::of(ctx).reading().await?;
                match service::store::get(reading.link(), &code, "").await {
                    Ok(service) => Some(service.id),
                    Err(_) => return Ok(None),
                }
            }
            None => None,
        };
        Ok(Some(row::Filter {
            centre_id,
            case_id,
            service_id,
            group_id: None,
            kind: self.kind.unwrap_or_default(),
            from: self.from.map(|day| day.0),
            to: self.to.map(|day| day.0),
            external_reference: self.external_reference,
            voided: self.voided,
            programme: None,
        }))
    }
}

/// A list of one's own work: a page of rows, and their number where it is asked for.
macro_rules! list {
    ($ctx:ident, $named:expr, $ask:expr, $filter:expr, $page:ident, $count:ident, $row:ty, $connection:ident, $node:ident) => {{
        let session = Session::of($ctx);
        let window = Window::<row::Key>::of(&$ask, &$named)?;
        let own = session.actor().organization_id;
        let Some(filter) = $filter else { return Ok($connection::empty()) };
        let reading = session.reading().await?;
        let rows = store::$page(reading.link(), own, &filter, &window).await?;
        let total = match $ctx.look_ahead().field("totalCount").exists() {
            true => Some(store::$count(reading.link(), own, &filter, page::COUNTED).await?),
            false => None,
        };
        let cursor = |row: &$row| window.cursor(&(row.created_at, row.id));
        Ok($connection::of(window.cut(rows), total, cursor, |row| $node(Arc::new(row))))
    }};
}

/// Questions about one's own work.
#[derive(Default)]
pub struct ActivityQuery;

#[Object]
impl ActivityQuery {
    /// Services that one's own organisation has given, newest first (надані послуги).
    #[graphql(directive = scope::apply("services:read".to_owned()), directive = fails::apply(FAULTS.to_vec()))]
    async fn service_deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<WorkFilter>,
        #[graphql(desc = "Items from the beginning, 1 to 100; exactly one of first and last.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor before which the page ends.")] before: Option<String>,
    ) -> Result<ServiceDeliveryConnection> {
        let (named, ask) = (format!("serviceDeliveries {filter:?}"), page::ask(first, after, last, before));
        let filter = filter.unwrap_or_default().plain(ctx).await?;
        list!(
            ctx,
            named,
            ask,
            filter,
            page_deliveries,
            count_deliveries,
            row::ServiceDelivery,
            ServiceDeliveryConnection,
            ServiceDelivery
        )
    }

    /// Group sessions and events of one's own organisation, newest first (заходи).
    #[graphql(directive = scope::apply("services:read".to_owned()), directive = fails::apply(FAULTS.to_vec()))]
    async fn activities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<WorkFilter>,
        #[graphql(desc = "Items from the beginning, 1 to 100; exactly one of first and last.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor before which the page ends.")] before: Option<String>,
    ) -> Result<ActivityConnection> {
        let (named, ask) = (format!("activities {filter:?}"), page::ask(first, after, last, before));
        let filter = filter.unwrap_or_default().plain(ctx).await?;
        list!(ctx, named, ask, filter, page_activities, count_activities, row::Activity, ActivityConnection, Activity)
    }

    /// Groups of one's own organisation, newest first (групи).
    #[graphql(directive = scope::apply("services:read".to_owned()), directive = fails::apply(FAULTS.to_vec()))]
    #[allow(clippy::too_many_arguments)]
    async fn groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this centre.")] centre_id: Option<ID>,
        #[graphql(desc = "Of this course.")] programme: Option<Programme>,
        #[graphql(desc = "Items from the beginning, 1 to 100; exactly one of first and last.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor before which the page ends.")] before: Option<String>,
    ) -> Result<GroupConnection> {
        let (named, ask) = (format!("groups {centre_id:?} {programme:?}"), page::ask(first, after, last, before));
        let centre = Kind::Centre.maybe(centre_id.as_ref(), "").ok();
        let filter = centre.map(|centre_id| row::Filter { centre_id, programme, ..row::Filter::default() });
        list!(ctx, named, ask, filter, page_groups, count_groups, row::Group, GroupConnection, Group)
    }
}
