//! Questions about memoranda, and about what none of them covers.

use super::{
    list,
    loader::{MemorandumById, PartiesOf},
    object::{Memorandum, MemorandumConnection},
};
use crate::{
    access::Scope,
    base::words::memorandum::MemorandumStatus,
    centre,
    graphql::{
        context::Session,
        directive::{cost, fails, scope},
        loaders,
        node::{self, Kind},
        page::{self, FAULTS},
        scalars::Date,
        service::ServiceType,
        territory::Territory,
    },
    memorandum::{
        model as row,
        policy::{self, MemorandumAct},
        standing, store,
    },
    organization, service, territory,
};
use async_graphql::{ComplexObject, Context, ID, InputObject, Object, Result, SimpleObject};
use std::sync::Arc;
use uuid::Uuid;

/// The memorandum of this id, as far as the caller may read it.
pub async fn find(ctx: &Context<'_>, id: Uuid) -> Result<Option<Memorandum>> {
    if !Session::of(ctx).actor().holds(Scope::MemorandaRead) {
        return Ok(None);
    }
    match loaders::load(ctx, MemorandumById(id)).await? {
        Some(row) => seen(ctx, row).await,
        None => Ok(None),
    }
}

/// A row, if the caller may read it.
pub async fn seen(ctx: &Context<'_>, row: Arc<row::Memorandum>) -> Result<Option<Memorandum>> {
    let parties = loaders::list(ctx, PartiesOf(row.id)).await?;
    let standing = row::Standing { row: (*row).clone(), parties };
    let may = policy::may(Session::of(ctx).actor(), MemorandumAct::Read, &standing).is_ok();
    Ok(may.then_some(Memorandum(row)))
}

/// Which memoranda are wanted; what is not named does not matter (відбір меморандумів).
#[derive(Clone, Debug, Default, InputObject)]
pub struct MemorandumFilter {
    /// Of this centre (центр).
    centre_id: Option<ID>,
    /// With this organisation as a party (сторона).
    organization_id: Option<ID>,
    /// With one of these states today (стан).
    status: Option<Vec<MemorandumStatus>>,
    /// In force on this day (чинні на дату).
    in_force_on: Option<Date>,
    /// In force today, with at most so many days left (добігають кінця).
    expiring_within_days: Option<i32>,
}

impl MemorandumFilter {
    /// What does not exist narrows to nothing, and tells nothing.
    fn plain(self) -> Option<row::Filter> {
        Some(row::Filter {
            viewer: None,
            centre_id: Kind::Centre.maybe(self.centre_id.as_ref(), "").ok()?,
            organization_id: Kind::Organization.maybe(self.organization_id.as_ref(), "").ok()?,
            status: self.status.unwrap_or_default(),
            in_force_on: self.in_force_on.map(|day| day.0),
            expiring_within_days: self.expiring_within_days,
        })
    }
}

/// A service that no memorandum in force covers (послуга без меморандуму).
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct CoverageGap {
    /// The last day on which a memorandum in force covered it; null: none ever did (востаннє охоплено).
    last_covered_until: Option<Date>,
    #[graphql(skip)]
    gap: row::Gap,
}

#[ComplexObject]
impl CoverageGap {
    /// The service (послуга).
    async fn service(&self, ctx: &Context<'_>) -> Result<ServiceType> {
        ServiceType::load(ctx, self.gap.service_id).await
    }

    /// The hromada in which nobody can be referred to for it (громада).
    async fn territory(&self, ctx: &Context<'_>) -> Result<Territory> {
        Territory::load(ctx, &self.gap.territory_code).await
    }
}

/// Questions about memoranda.
#[derive(Default)]
pub struct MemorandumQuery;

#[Object]
impl MemorandumQuery {
    /// A memorandum by its id; null where the caller neither is its party nor oversees it (меморандум).
    #[graphql(directive = scope::apply("memoranda:read".to_owned()))]
    async fn memorandum(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the memorandum.")] id: ID,
    ) -> Result<Option<Memorandum>> {
        match node::open(&id) {
            Some((Kind::Memorandum, key)) => find(ctx, key).await,
            _ => Ok(None),
        }
    }

    /// Memoranda of which the caller is a party, or that it oversees; newest first (меморандуми).
    #[graphql(directive = scope::apply("memoranda:read".to_owned()), directive = fails::apply(FAULTS.to_vec()))]
    async fn memoranda(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<MemorandumFilter>,
        #[graphql(desc = "Items from the beginning, 1 to 100; exactly one of first and last.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor before which the page ends.")] before: Option<String>,
    ) -> Result<MemorandumConnection> {
        let name = format!("memoranda {filter:?}");
        list::page(ctx, filter.unwrap_or_default().plain(), &name, &page::ask(first, after, last, before)).await
    }

    /// The services that no memorandum in force covers in the hromadas of a centre; for its provider and those who oversee, others get an empty list (прогалини охоплення).
    #[graphql(directive = scope::apply("memoranda:read".to_owned()), directive = cost::apply("5000".to_owned()))]
    async fn coverage_gaps(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The centre.")] centre_id: ID,
        #[graphql(desc = "The day; null: today.")] on: Option<Date>,
    ) -> Result<Vec<CoverageGap>> {
        let session = Session::of(ctx);
        let Ok(key) = Kind::Centre.key(&centre_id, "centreId") else { return Ok(Vec::new()) };
        let reading = session.reading().await?;
        let Some(centre) = centre::store::find(reading.link(), &[key]).await?.pop() else { return Ok(Vec::new()) };
        if policy::may_see_gaps(session.actor(), centre.provider_id).is_err() {
            return Ok(Vec::new());
        }
        let day = on.map_or_else(|| session.db().clock().today(), |day| day.0);
        let own = organization::store::get(reading.link(), session.actor().organization_id, "").await?.territory_code;
        let codes = [Some(&centre.territory_code), centre.origin_territory_code.as_ref(), own.as_ref()];
        let codes: Vec<String> = codes.into_iter().flatten().cloned().collect();
        let mut hromadas = territory::store::find(reading.link(), &codes).await?;
        let region = |code: &String| hromadas.iter().find(|row| row.code == *code).map(|row| row.region_code.as_str());
        let (of_centre, of_own) = (region(&centre.territory_code), own.as_ref().and_then(region));
        // Of another region it sees no memorandum: everything would seem to be a gap.
        if !of_centre.is_some_and(|of_centre| policy::looks_after(session.actor(), of_own, of_centre)) {
            return Ok(Vec::new());
        }
        hromadas.retain(|row| row.code == centre.territory_code || Some(&row.code) == centre.origin_territory_code.as_ref());
        let services = service::store::list(reading.link()).await?;
        let memoranda = store::of_centre(reading.link(), key).await?;
        let gaps = standing::gaps(&memoranda, &services, &hromadas, day);
        Ok(gaps.into_iter().map(|gap| CoverageGap { last_covered_until: gap.last_covered_until.map(Date), gap }).collect())
    }
}
