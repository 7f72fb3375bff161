//! A centre, and what it points to.

use crate::{
    base::{
        clock,
        words::organization::{CentreStatus, StaffRole},
    },
    centre::{model as row, store},
    graphql::{
        context::Session,
        contract::{self, FundingContractConnection},
        directive::fails,
        loaders::{grouped, keyed, list, load, present},
        memorandum::{self, MemorandumConnection, PartnersOf},
        node::Kind,
        organization::Organization,
        page::{FAULTS, ask},
        scalars::{Date, Decimal, PartialDate},
        territory::Territory,
    },
    memorandum::model::Of,
};
use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use std::sync::Arc;
use uuid::Uuid;

/// A resilience centre: a barrier-free space of a hromada where a provider gives the resilience service (Центр життєстійкості).
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Centre {
    /// Opaque id.
    #[graphql(owned)]
    pub id: ID,
    /// Its name (назва).
    name: String,
    /// Its state (стан).
    status: CentreStatus,
    /// When it first opened, as well as the source knows it; null for one that never did (дата відкриття).
    opened_on: Option<PartialDate>,
    /// Where to find it (адреса).
    address: Option<String>,
    /// Its telephone number, as +380XXXXXXXXX (телефон).
    phone: Option<String>,
    /// Whether it is barrier-free; null: nobody has said (безбар'єрність).
    barrier_free: Option<bool>,
    /// Grows with each change; give it back as `expectedVersion` (версія).
    version: i32,
    #[graphql(skip)]
    key: Uuid,
    #[graphql(skip)]
    keys: Keys,
}

/// What a centre points to.
#[derive(Clone)]
struct Keys {
    territory: String,
    origin: Option<String>,
    provider: Uuid,
    host: Option<Uuid>,
}

impl From<&row::Centre> for Centre {
    fn from(row: &row::Centre) -> Self {
        Self {
            id: Kind::Centre.id(row.id),
            name: row.name.clone(),
            status: row.status,
            opened_on: row.opened_on.clone().map(PartialDate),
            address: row.address.clone(),
            phone: row.phone.clone(),
            barrier_free: row.barrier_free,
            version: row.version,
            key: row.id,
            keys: Keys {
                territory: row.territory_code.clone(),
                origin: row.origin_territory_code.clone(),
                provider: row.provider_id,
                host: row.host_id,
            },
        }
    }
}

impl Centre {
    /// By the id to which another row points.
    pub async fn load(ctx: &Context<'_>, id: Uuid) -> Result<Self> {
        Ok(Self::from(&*present(load(ctx, CentreById(id)).await?)?))
    }

    /// The same where there may be none.
    pub async fn maybe(ctx: &Context<'_>, id: Option<Uuid>) -> Result<Option<Self>> {
        match id {
            Some(id) => Self::load(ctx, id).await.map(Some),
            None => Ok(None),
        }
    }
}

/// The centre of a global id, for `node`.
pub async fn node(ctx: &Context<'_>, key: Uuid) -> Result<Option<Centre>> {
    Ok(load(ctx, CentreById(key)).await?.as_deref().map(Centre::from))
}

/// The row of a centre, for who asks whose it is.
pub async fn row(ctx: &Context<'_>, id: Uuid) -> Result<Option<Arc<row::Centre>>> {
    load(ctx, CentreById(id)).await
}

loader! {
    /// A centre by its id.
    CentreById(Uuid) -> Arc<row::Centre>,
    |_loaders, reading, ids| keyed(store::find(reading.link(), &ids).await?, |row| row.id)
}
loader! {
    /// The posts of a centre's team, of all times.
    PostsOf(Uuid) -> Vec<row::Post>,
    |_loaders, reading, ids| grouped(store::posts(reading.link(), &ids).await?, |row| row.centre_id)
}

#[ComplexObject]
impl Centre {
    /// The hromada where it stands (громада розташування).
    async fn territory(&self, ctx: &Context<'_>) -> Result<Territory> {
        Territory::load(ctx, &self.keys.territory).await
    }

    /// The hromada that it serves, where that was relocated from occupied territory (релокована громада).
    async fn origin_territory(&self, ctx: &Context<'_>) -> Result<Option<Territory>> {
        match &self.keys.origin {
            Some(code) => Territory::load(ctx, code).await.map(Some),
            None => Ok(None),
        }
    }

    /// The organisation that gives the service there (надавач).
    async fn provider(&self, ctx: &Context<'_>) -> Result<Organization> {
        Organization::load(ctx, self.keys.provider).await
    }

    /// The institution in whose rooms it works, if that is another one (установа, на базі якої діє центр).
    async fn host(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        match self.keys.host {
            Some(id) => Organization::load(ctx, id).await.map(Some),
            None => Ok(None),
        }
    }

    /// How many distinct partner organisations it has on a day under memoranda in force; its provider and those who were only invited do not count (кількість партнерів).
    async fn partner_count(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; null: today.")] on: Option<Date>,
    ) -> Result<i32> {
        let day = on.map_or_else(|| Session::of(ctx).db().clock().today(), |day| day.0);
        let count = load(ctx, PartnersOf(self.key, day)).await?.unwrap_or_default();
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }

    /// Its memoranda of cooperation, as far as the viewer is their party or oversees them, newest first; null without the scope memoranda:read (меморандуми).
    #[graphql(directive = fails::apply(FAULTS.to_vec()))]
    #[allow(clippy::too_many_arguments)]
    async fn memoranda(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "From after this cursor on.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Up to before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those in force on this day.")] in_force_on: Option<Date>,
    ) -> Result<Option<MemorandumConnection>> {
        let day = in_force_on.map(|day| day.0);
        memorandum::of_owner(ctx, Of::Centre(self.key), day, &ask(first, after, last, before)).await
    }

    /// Funding contracts for it, as far as the viewer may see them, newest first; null without the scope contracts:read (договори).
    #[graphql(directive = fails::apply(FAULTS.to_vec()))]
    async fn contracts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "From after this cursor on.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Up to before this cursor.")] before: Option<String>,
    ) -> Result<Option<FundingContractConnection>> {
        contract::of_centre(ctx, self.key, &ask(first, after, last, before)).await
    }

    /// The posts of its team on a day (посади).
    async fn posts(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The day; null: today. A date of which only a part is known counts from the last day that it may mean."
        )]
        on: Option<Date>,
    ) -> Result<Vec<StaffPost>> {
        let day = match on {
            Some(day) => day.0,
            None => clock::day(Session::of(ctx).reading().await?.now()),
        };
        let posts = list(ctx, PostsOf(self.key)).await?;
        Ok(posts.iter().filter(|post| post.stands_on(day)).map(StaffPost::from).collect())
    }
}

/// Posts of a team, not people (посади).
#[derive(Clone, SimpleObject)]
pub struct StaffPost {
    /// Which (посада).
    role: StaffRole,
    /// How many; half a post is "0.5" (кількість).
    count: Decimal,
    /// Since when; null: as long as anybody knows (відколи).
    since: Option<PartialDate>,
    /// Until when, inclusive; null: still there (доки).
    until: Option<PartialDate>,
}

impl From<&row::Post> for StaffPost {
    fn from(row: &row::Post) -> Self {
        Self {
            role: row.role,
            count: Decimal(row.count()),
            since: row.since.clone().map(PartialDate),
            until: row.until.clone().map(PartialDate),
        }
    }
}

connection!(Centre, CentreConnection, CentreEdge, "A page of resilience centres, newest first (сторінка переліку центрів).");
