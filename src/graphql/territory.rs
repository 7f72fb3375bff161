//! Territories and their part in the project.

use super::{
    centre::{self, CentreConnection},
    context::Session,
    directive::{emits, fails, scope},
    error::Outcome,
    loaders::{keyed, load, present},
    node,
    page::{COUNTED, FAULTS, ask},
    scalars::{Katottg, PartialDate},
    sight,
};
use crate::{
    base::{
        self,
        page::Window,
        words::{
            change::ChangeType,
            organization::{ParticipationStatus, TerritoryLevel},
        },
    },
    centre::model::Of,
    territory::{actions, model as row, store},
};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use std::sync::Arc;
use uuid::Uuid;

/// A unit of the codifier of administrative units and territories of territorial communities (територіальна одиниця, КАТОТТГ).
#[derive(Clone)]
pub struct Territory {
    row: Arc<row::Territory>,
    /// None: nobody has looked yet.
    version: Option<i32>,
    /// None: nobody has looked yet.
    participation: Option<Option<row::Participation>>,
}

impl From<Arc<row::Territory>> for Territory {
    fn from(row: Arc<row::Territory>) -> Self {
        Self { row, version: None, participation: None }
    }
}

impl From<row::Found> for Territory {
    fn from(found: row::Found) -> Self {
        Self { row: Arc::new(found.row), version: Some(found.version), participation: found.participation }
    }
}

impl Territory {
    /// By the code to which another row points.
    pub async fn load(ctx: &Context<'_>, code: &str) -> Result<Self> {
        Ok(present(load(ctx, TerritoryByCode(code.to_owned())).await?)?.into())
    }
}

/// The territory of a global id, for `node`.
pub async fn node(ctx: &Context<'_>, key: Uuid) -> Result<Option<Territory>> {
    Ok(load(ctx, TerritoryByCode(node::katottg(key))).await?.map(Territory::from))
}

/// A unit of the codifier of administrative units and territories of territorial communities (територіальна одиниця, КАТОТТГ).
#[Object]
impl Territory {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        node::territory_id(&self.row.code)
    }

    /// Its code in the codifier (КАТОТТГ).
    async fn katottg(&self) -> Katottg {
        Katottg(self.row.code.clone())
    }

    /// Its level: region, city with a special status, raion or hromada (рівень).
    async fn level(&self) -> TerritoryLevel {
        self.row.level
    }

    /// Its name as the codifier has it, an adjective for all but cities with a special status: "Казанківська" (назва).
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// Names that it has had and that people still use: "Володимир-Волинська" (колишні назви).
    async fn former_names(&self) -> &[String] {
        &self.row.former_names
    }

    /// Grows with each change of its part in the project (версія).
    async fn version(&self, ctx: &Context<'_>) -> Result<i32> {
        match self.version {
            Some(version) => Ok(version),
            None => present(load(ctx, VersionOf(self.row.code.clone())).await?),
        }
    }

    /// The unit directly above; null for a region and a city with a special status (вищий рівень).
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Territory>> {
        match &self.row.parent_code {
            Some(code) => Self::load(ctx, code).await.map(Some),
            None => Ok(None),
        }
    }

    /// Its region or city with a special status; of such a unit: itself (область).
    async fn region(&self, ctx: &Context<'_>) -> Result<Territory> {
        Self::load(ctx, &self.row.region_code).await
    }

    /// How far the hromada is in the experimental project; null if it takes no part that is known (участь у проєкті).
    async fn participation(&self, ctx: &Context<'_>) -> Result<Option<Participation>> {
        match &self.participation {
            Some(found) => Ok(found.as_ref().map(Participation::from)),
            None => Ok(load(ctx, ParticipationOf(self.row.code.clone())).await?.as_deref().map(Participation::from)),
        }
    }

    /// Centres that stand in this territory or below it, newest first (центри життєстійкості).
    #[graphql(directive = fails::apply(FAULTS.to_vec()))]
    async fn centres(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "From after this cursor on.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Up to before this cursor.")] before: Option<String>,
    ) -> Result<CentreConnection> {
        centre::of_owner(ctx, Of::Territory(self.row.code.clone()), &ask(first, after, last, before)).await
    }
}

/// How far a hromada is in the experimental project (участь громади в експериментальному проєкті).
#[derive(Clone, SimpleObject)]
pub struct Participation {
    /// The state (стан участі).
    status: ParticipationStatus,
    /// Since when, as well as the source knows it (відколи).
    since: PartialDate,
    /// Number and date of the Ministry's order (наказ міністерства).
    ministry_order: Option<String>,
}

impl From<&row::Participation> for Participation {
    fn from(row: &row::Participation) -> Self {
        Self { status: row.status, since: PartialDate(row.since.clone()), ministry_order: row.ministry_order.clone() }
    }
}

connection!(
    Territory,
    TerritoryConnection,
    TerritoryEdge,
    "A page of territories, in the order of the codifier (сторінка переліку територій)."
);
payload!(TerritoryPayload, territory: Territory, "What became of a change of a territory (результат зміни території).");

loader! {
    /// A territory by its code.
    TerritoryByCode(String) -> Arc<row::Territory>, kept in territories,
    |_loaders, reading, codes| keyed(store::find(reading.link(), &codes).await?, |row| row.code.clone())
}
loader! {
    /// How often the part in the project of the unit with this code changed.
    VersionOf(String) -> i32,
    |_loaders, reading, codes| store::versions(reading.link(), &codes).await?.into_iter().collect()
}
loader! {
    /// The part in the project that the hromada with this code takes.
    ParticipationOf(String) -> Arc<row::Participation>,
    |_loaders, reading, codes| keyed(store::participations(reading.link(), &codes).await?, |row| row.territory_code.clone())
}

/// Queries about territories.
#[derive(Default)]
pub struct TerritoryQuery;

#[Object]
impl TerritoryQuery {
    /// One unit of the codifier; null if there is none with this code (територія за КАТОТТГ).
    async fn territory(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its code (КАТОТТГ).")] katottg: Katottg,
    ) -> Result<Option<Territory>> {
        let reading = Session::of(ctx).reading().await?;
        Ok(store::find_with(reading.link(), &katottg.0, sight::wants(ctx, "participation")).await?.map(Territory::from))
    }

    /// Units of the codifier, in its order: a region, its raions, each with its hromadas (перелік територій).
    #[allow(clippy::too_many_arguments)]
    #[graphql(directive = fails::apply(FAULTS.to_vec()))]
    async fn territories(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Levels; null or empty: all. HROMADA includes SPECIAL_CITY, since Kyiv and Sevastopol are hromadas besides."
        )]
        levels: Option<Vec<TerritoryLevel>>,
        #[graphql(desc = "The unit with this code and all below it.")] within: Option<Katottg>,
        #[graphql(desc = "Words of the name or of a former name, in any order; case, apostrophes and hyphens do not matter.")]
        search: Option<String>,
        #[graphql(desc = "So many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "From after this cursor on.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Up to before this cursor.")] before: Option<String>,
    ) -> Result<TerritoryConnection> {
        let mut levels = levels.unwrap_or_default();
        if levels.contains(&TerritoryLevel::Hromada) {
            levels.push(TerritoryLevel::SpecialCity);
        }
        levels.sort();
        levels.dedup();
        let filter = row::Filter { levels, within: within.map(|code| code.0), search };
        let window = Window::<String>::of(&ask(first, after, last, before), &format!("territories {filter:?}"))?;
        let reading = Session::of(ctx).reading().await?;
        let rows = store::page(reading.link(), &filter, &window, sight::nodes_want(ctx, "participation")).await?;
        let count = match sight::counted(ctx) {
            true => Some(store::count(reading.link(), &filter, COUNTED).await?),
            false => None,
        };
        Ok(TerritoryConnection::of(window.cut(rows), count, |found| window.cursor(&found.row.code), Territory::from))
    }
}

/// How far a hromada is in the project, as the Ministry records it.
#[derive(Clone, Debug, InputObject)]
pub struct ParticipationRecordInput {
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same.
    pub idempotency_key: Option<String>,
    /// The hromada or city with a special status (громада).
    pub territory: Katottg,
    /// The state (стан участі).
    pub status: ParticipationStatus,
    /// Since when, as well as the source knows it (відколи).
    pub since: PartialDate,
    /// Number and date of the Ministry's order (наказ міністерства).
    pub ministry_order: Option<String>,
}

impl ParticipationRecordInput {
    fn command(self) -> Result<row::Record, base::Error> {
        let since = base::period::PartialDate::parse(&self.since.0, "since")?;
        Ok(row::Record { territory: self.territory.0, status: self.status, since, ministry_order: self.ministry_order })
    }
}

/// Changes of territories.
#[derive(Default)]
pub struct TerritoryMutation;

#[Object]
impl TerritoryMutation {
    /// Records how far a hromada is in the project, over what stood before (участь громади).
    #[graphql(
        directive = scope::apply("registry:write".to_owned()),
        directive = emits::apply(vec![ChangeType::ParticipationRecorded])
    )]
    async fn participation_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is recorded.")] input: ParticipationRecordInput,
    ) -> Result<TerritoryPayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "participationRecord", input.idempotency_key.clone()).await?;
        let done = match input.command() {
            Ok(command) => actions::record(session.db(), session.actor(), &asked, &command).await,
            Err(refused) => Err(refused),
        };
        match Outcome::of(done)? {
            Outcome::Done(done) => {
                let territory = Territory::load(ctx, &node::katottg(done.id)).await?;
                Ok(TerritoryPayload::done(Some(territory), done.replayed))
            }
            Outcome::Refused(errors) => Ok(TerritoryPayload::refused(errors)),
        }
    }
}
