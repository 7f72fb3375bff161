//! Resilience centres and their teams.

use super::{
    context::Session,
    directive::{emits, scope},
    error::Outcome,
    loaders::{Loaders, grouped, keyed, list, load, present},
    node::Kind,
    organization::Organization,
    page::{COUNTED, ask},
    scalars::{Date, Decimal, Katottg, PartialDate},
    sight,
    territory::Territory,
};
use crate::{
    base::{
        self,
        clock,
        page::{Ask, Window},
        period,
        words::{change::ChangeType, organization::{CentreStatus, StaffRole}},
    },
    centre::{actions, model as row, store},
    organization::model::{Key, Organization as OrganizationRow, Patch},
    territory::model::Territory as TerritoryRow,
};
use async_graphql::{ComplexObject, Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject, dataloader::Loader};
use std::{collections::HashMap, mem::discriminant, sync::Arc};
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
    #[graphql(skip)]
    came: Came,
}

/// What a centre points to.
#[derive(Clone)]
struct Keys {
    territory: String,
    origin: Option<String>,
    provider: Uuid,
    host: Option<Uuid>,
}

/// What came along with it.
#[derive(Clone, Default)]
struct Came {
    territory: Option<Box<TerritoryRow>>,
    origin: Option<Box<TerritoryRow>>,
    provider: Option<Box<OrganizationRow>>,
    host: Option<Box<OrganizationRow>>,
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
            came: Came::default(),
        }
    }
}

impl From<row::Found> for Centre {
    fn from(found: row::Found) -> Self {
        let came = Came {
            territory: found.territory.map(Box::new),
            origin: found.origin.map(Box::new),
            provider: found.provider.map(Box::new),
            host: found.host.map(Box::new),
        };
        Self { came, ..Self::from(&found.row) }
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
        match &self.came.territory {
            Some(row) => Ok(Territory::from(&**row)),
            None => Territory::load(ctx, &self.keys.territory).await,
        }
    }

    /// The hromada that it serves, where that was relocated from occupied territory (релокована громада).
    async fn origin_territory(&self, ctx: &Context<'_>) -> Result<Option<Territory>> {
        match (&self.came.origin, &self.keys.origin) {
            (Some(row), _) => Ok(Some(Territory::from(&**row))),
            (None, Some(code)) => Territory::load(ctx, code).await.map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The organisation that gives the service there (надавач).
    async fn provider(&self, ctx: &Context<'_>) -> Result<Organization> {
        match &self.came.provider {
            Some(row) => Ok(Organization::from(&**row)),
            None => Organization::load(ctx, self.keys.provider).await,
        }
    }

    /// The institution in whose rooms it works, if that is another one (установа, на базі якої діє центр).
    async fn host(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        match (&self.came.host, self.keys.host) {
            (Some(row), _) => Ok(Some(Organization::from(&**row))),
            (None, Some(id)) => Organization::load(ctx, id).await.map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The posts of its team on a day (посади).
    async fn posts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; null: today. A date of which only a part is known counts from the last day that it may mean.")] on: Option<Date>,
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
payload!(CentrePayload, centre: Centre, "What became of a change of a centre (результат зміни центру).");

impl CentrePayload {
    async fn of(ctx: &Context<'_>, outcome: Outcome) -> Result<Self> {
        Ok(match outcome {
            Outcome::Done(done) => Self::done(Some(Centre::load(ctx, done.id).await?), done.replayed),
            Outcome::Refused(errors) => Self::refused(errors),
        })
    }
}

/// A page of the centres of an owner; the pages of all owners of one answer are read together.
pub async fn of_owner(ctx: &Context<'_>, of: row::Of, ask: &Ask) -> Result<CentreConnection> {
    let window = Window::<Key>::of(ask, &format!("centres of {of:?}"))?;
    let rows = list(ctx, CentresOf(of.clone(), window.clone().over_any())).await?;
    let count = match sight::counted(ctx) {
        true => load(ctx, CountOf(of)).await?,
        false => None,
    };
    Ok(CentreConnection::of(window.cut(rows), count, |row| window.cursor(&row.key()), |row| Centre::from(&row)))
}

/// A page of the centres of an owner: rows in reading direction, one more than asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CentresOf(row::Of, Window<Key>);

impl Loader<CentresOf> for Loaders {
    type Value = Vec<row::Centre>;
    type Error = async_graphql::Error;

    /// One statement for all owners of one sort whose windows are the same.
    async fn load(&self, keys: &[CentresOf]) -> Result<HashMap<CentresOf, Vec<row::Centre>>> {
        let reading = self.session.reading().await?;
        let mut pages = HashMap::new();
        for alike in grouped(keys.to_vec(), |key| (discriminant(&key.0), key.1.clone())).into_values() {
            let CentresOf(of, window) = alike[0].clone();
            let owners: HashMap<String, &CentresOf> = alike.iter().map(|key| (key.0.owner(), key)).collect();
            let listed = store::pages(reading.link(), &of, owners.keys().cloned().collect(), &window).await?;
            for (owner, rows) in grouped(listed, |listed| listed.owner.clone()) {
                if let Some(key) = owners.get(&owner) {
                    pages.insert((*key).clone(), rows.into_iter().map(|listed| listed.row).collect());
                }
            }
        }
        Ok(pages)
    }
}

/// How many centres an owner has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CountOf(row::Of);

impl Loader<CountOf> for Loaders {
    type Value = i64;
    type Error = async_graphql::Error;

    async fn load(&self, keys: &[CountOf]) -> Result<HashMap<CountOf, i64>> {
        let reading = self.session.reading().await?;
        let mut counts = HashMap::new();
        for alike in grouped(keys.to_vec(), |key| discriminant(&key.0)).into_values() {
            let owners: HashMap<String, &CountOf> = alike.iter().map(|key| (key.0.owner(), key)).collect();
            let counted = store::counts(reading.link(), &alike[0].0, owners.keys().cloned().collect()).await?;
            counts.extend(counted.into_iter().filter_map(|row| Some(((*owners.get(&row.owner)?).clone(), row.count))));
        }
        Ok(counts)
    }
}

/// Which centres are wanted; what is not named does not matter (відбір центрів).
#[derive(Clone, Debug, Default, InputObject)]
pub struct CentreFilter {
    /// States; null or empty: all (стани).
    pub status: Option<Vec<CentreStatus>>,
    /// It stands in this territory or below (територія).
    pub territory: Option<Katottg>,
    /// Of this provider (надавач).
    pub provider_id: Option<ID>,
    /// Words of the name, in any order; case, apostrophes and hyphens do not matter (пошук).
    pub search: Option<String>,
}

impl CentreFilter {
    fn read(self) -> Result<row::Filter, base::Error> {
        Ok(row::Filter {
            status: self.status.unwrap_or_default(),
            territory: self.territory.map(|code| code.0),
            provider_id: Kind::Organization.maybe(self.provider_id.as_ref(), "filter.providerId")?,
            search: self.search,
        })
    }
}

/// Queries about centres.
#[derive(Default)]
pub struct CentreQuery;

#[Object]
impl CentreQuery {
    /// One centre; null if there is none with this id (центр життєстійкості).
    async fn centre(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Centre>> {
        let Ok(key) = Kind::Centre.key(&id, "id") else { return Ok(None) };
        let wanted = row::Wanted {
            territory: sight::wants(ctx, "territory"),
            origin: sight::wants(ctx, "originTerritory"),
            provider: sight::wants(ctx, "provider"),
            host: sight::wants(ctx, "host"),
        };
        let reading = Session::of(ctx).reading().await?;
        Ok(store::find_with(reading.link(), key, wanted).await?.map(Centre::from))
    }

    /// Resilience centres, newest first (перелік центрів).
    async fn centres(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; null: all.")] filter: Option<CentreFilter>,
        #[graphql(desc = "So many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "From after this cursor on.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Up to before this cursor.")] before: Option<String>,
    ) -> Result<CentreConnection> {
        let filter = filter.unwrap_or_default().read()?;
        let window = Window::<Key>::of(&ask(first, after, last, before), &format!("centres {filter:?}"))?;
        let wanted = row::Wanted {
            territory: sight::nodes_want(ctx, "territory"),
            origin: sight::nodes_want(ctx, "originTerritory"),
            provider: sight::nodes_want(ctx, "provider"),
            host: sight::nodes_want(ctx, "host"),
        };
        let reading = Session::of(ctx).reading().await?;
        let rows = store::page(reading.link(), &filter, &window, wanted).await?;
        let count = match sight::counted(ctx) {
            true => Some(store::count(reading.link(), &filter, COUNTED).await?),
            false => None,
        };
        Ok(CentreConnection::of(window.cut(rows), count, |found| window.cursor(&found.row.key()), Centre::from))
    }
}

/// Posts of a team, not people (посади).
#[derive(Clone, Debug, InputObject)]
pub struct StaffPostInput {
    /// Which (посада).
    pub role: StaffRole,
    /// How many, with at most two decimals; half a post is "0.5" (кількість).
    pub count: Decimal,
    /// Since when; null: as long as anybody knows (відколи).
    pub since: Option<PartialDate>,
    /// Until when, inclusive; null: still there (доки).
    pub until: Option<PartialDate>,
}

fn partial(date: Option<PartialDate>, field: &str) -> Result<Option<period::PartialDate>, base::Error> {
    Ok(date.map(|date| period::PartialDate::parse(&date.0, field)).transpose()?)
}

fn posts(list: Vec<StaffPostInput>) -> Result<Vec<row::NewPost>, base::Error> {
    let post = |(place, input): (usize, StaffPostInput)| {
        Ok(row::NewPost {
            role: input.role,
            count: input.count.0,
            since: partial(input.since, &format!("posts.{place}.since"))?,
            until: partial(input.until, &format!("posts.{place}.until"))?,
        })
    };
    list.into_iter().enumerate().map(post).collect()
}

/// A new centre (новий центр).
#[derive(Clone, Debug, InputObject)]
pub struct CentreRegisterInput {
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same.
    pub idempotency_key: Option<String>,
    /// Its name (назва).
    pub name: String,
    /// The hromada where it stands (громада розташування).
    pub territory: Katottg,
    /// The hromada that it serves, where that was relocated from occupied territory (релокована громада).
    pub origin_territory: Option<Katottg>,
    /// The organisation that gives the service there (надавач).
    pub provider_id: ID,
    /// The institution in whose rooms it works, if that is another one (установа, на базі якої діє центр).
    pub host_id: Option<ID>,
    /// PLANNED, OPEN or CLOSED (стан).
    pub status: CentreStatus,
    /// Since when it is in that state, as well as the source knows it; of one that is OPEN: when it opened (відколи).
    pub since: PartialDate,
    /// Where to find it (адреса).
    pub address: Option<String>,
    /// Its telephone number, such as +380670000001 or 067-000-00-01 (телефон).
    pub phone: Option<String>,
    /// Whether it is barrier-free; null: nobody has said (безбар'єрність).
    pub barrier_free: Option<bool>,
    /// The posts of its team (посади).
    pub posts: Option<Vec<StaffPostInput>>,
}

impl CentreRegisterInput {
    fn command(self) -> Result<row::Register, base::Error> {
        Ok(row::Register {
            name: self.name,
            territory: self.territory.0,
            origin_territory: self.origin_territory.map(|code| code.0),
            provider_id: Kind::Organization.key(&self.provider_id, "providerId")?,
            host_id: Kind::Organization.maybe(self.host_id.as_ref(), "hostId")?,
            status: self.status,
            since: period::PartialDate::parse(&self.since.0, "since")?,
            address: self.address,
            phone: self.phone,
            barrier_free: self.barrier_free,
            posts: posts(self.posts.unwrap_or_default())?,
        })
    }
}

/// A change of a centre: an absent field stays, null clears (зміна центру).
#[derive(Clone, Debug, InputObject)]
pub struct CentreUpdateInput {
    /// The centre.
    pub id: ID,
    /// The version that you have read; another one is VERSION_CONFLICT (очікувана версія).
    pub expected_version: i32,
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same.
    pub idempotency_key: Option<String>,
    /// Its name (назва).
    pub name: MaybeUndefined<String>,
    /// The state into which it came: it opens, is suspended, opens again, closes for good (стан).
    pub status: MaybeUndefined<CentreStatus>,
    /// Since when it is in that state; null: today (відколи).
    pub on: Option<PartialDate>,
    /// Where to find it (адреса).
    pub address: MaybeUndefined<String>,
    /// Its telephone number (телефон).
    pub phone: MaybeUndefined<String>,
    /// Whether it is barrier-free (безбар'єрність).
    pub barrier_free: MaybeUndefined<bool>,
    /// All posts of its team anew, the past ones with their `until` (посади).
    pub posts: MaybeUndefined<Vec<StaffPostInput>>,
}

impl CentreUpdateInput {
    fn command(self) -> Result<row::Update, base::Error> {
        let team: Patch<Vec<StaffPostInput>> = self.posts.into();
        let posts = team.map(|list| list.map(posts).transpose()).transpose()?;
        Ok(row::Update {
            expected_version: self.expected_version,
            name: self.name.into(),
            status: self.status.into(),
            on: partial(self.on, "on")?,
            address: self.address.into(),
            phone: self.phone.into(),
            barrier_free: self.barrier_free.into(),
            posts,
        })
    }
}

/// Changes of centres.
#[derive(Default)]
pub struct CentreMutation;

#[Object]
impl CentreMutation {
    /// Registers a centre (реєстрація центру).
    #[graphql(
        directive = scope::apply("registry:write".to_owned()),
        directive = emits::apply(vec![ChangeType::CentreChanged])
    )]
    async fn centre_register(&self, ctx: &Context<'_>, #[graphql(desc = "The centre.")] input: CentreRegisterInput) -> Result<CentrePayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "centreRegister", input.idempotency_key.clone()).await?;
        let done = match input.command() {
            Ok(command) => actions::register(session.db(), session.actor(), &asked, &command).await,
            Err(refused) => Err(refused),
        };
        CentrePayload::of(ctx, Outcome::of(done)?).await
    }

    /// Changes a centre (зміна центру).
    #[graphql(
        directive = scope::apply("registry:write".to_owned()),
        directive = emits::apply(vec![ChangeType::CentreChanged])
    )]
    async fn centre_update(&self, ctx: &Context<'_>, #[graphql(desc = "The change.")] input: CentreUpdateInput) -> Result<CentrePayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "centreUpdate", input.idempotency_key.clone()).await?;
        let read = Kind::Centre.key(&input.id, "id").and_then(|id| Ok((id, input.command()?)));
        let done = match read {
            Ok((id, command)) => actions::update(session.db(), session.actor(), &asked, id, &command).await,
            Err(refused) => Err(refused),
        };
        CentrePayload::of(ctx, Outcome::of(done)?).await
    }
}
