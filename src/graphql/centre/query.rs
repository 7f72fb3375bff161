//! Questions about centres.

use super::object::{Centre, CentreConnection};
use crate::{
    base::{self, page::Window, words::organization::CentreStatus},
    centre::{model as row, store},
    graphql::{
        context::Session,
        directive::fails,
        node::Kind,
        page::{COUNTED, FAULTS, ask},
        scalars::Katottg,
        sight,
    },
    organization::model::Key,
};
use async_graphql::{Context, ID, InputObject, Object, Result};

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
        let session = Session::of(ctx);
        let read = store::find_as_of(session.reading().await?.link(), key).await?;
        Ok(session.rows(read).first().map(Centre::from))
    }

    /// Resilience centres, newest first (перелік центрів).
    #[graphql(directive = fails::apply(FAULTS.to_vec()))]
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
        let session = Session::of(ctx);
        let reading = session.reading().await?;
        let rows = session.rows(store::page(reading.link(), &filter, &window).await?);
        let count = match sight::counted(ctx) {
            true => Some(store::count(reading.link(), &filter, COUNTED).await?),
            false => None,
        };
        Ok(CentreConnection::of(window.cut(rows), count, |row| window.cursor(&row.key()), |row| Centre::from(&row)))
    }
}
