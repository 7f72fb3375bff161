//! Lists of memoranda, as far as the viewer may see them.

use super::{
    object::{Memorandum, MemorandumConnection},
    query,
};
use crate::{
    access::Scope,
    base::page::{Ask, Page, Window},
    graphql::{context::Session, page::COUNTED, sight},
    memorandum::{
        model::{Filter, Of},
        policy, store,
    },
    organization::model::Key,
};
use async_graphql::{Context, Result};
use chrono::NaiveDate;
use futures_util::future::try_join_all;
use std::sync::Arc;

/// A page of a list; `name` is what its cursors are bound to. None: what it is narrowed to does not exist.
pub async fn page(ctx: &Context<'_>, filter: Option<Filter>, name: &str, ask: &Ask) -> Result<MemorandumConnection> {
    let window = Window::<Key>::of(ask, name)?;
    let Some(filter) = filter else {
        return Ok(MemorandumConnection::empty());
    };
    let session = Session::of(ctx);
    let viewer = (!policy::is_overseer(session.actor())).then_some(session.actor().organization_id);
    let filter = Filter { viewer, ..filter };
    let today = session.db().clock().today();
    let reading = session.reading().await?;
    let rows = store::page(reading.link(), &filter, &window, today).await?;
    let total = match sight::counted(ctx) {
        true => Some(store::count(reading.link(), &filter, today, COUNTED).await?),
        false => None,
    };
    let Page { rows, has_next, has_previous } = window.cut(rows);
    // What the second wall shows, the first one is asked about too.
    let seen = try_join_all(rows.into_iter().map(|row| query::seen(ctx, Arc::new(row)))).await?;
    let page = Page { rows: seen.into_iter().flatten().collect(), has_next, has_previous };
    Ok(MemorandumConnection::of(page, total, |row: &Memorandum| window.cursor(&row.0.key()), |row| row))
}

/// A page of the memoranda of a centre or an organisation; null without the scope.
pub async fn of_owner(
    ctx: &Context<'_>,
    of: Of,
    in_force_on: Option<NaiveDate>,
    ask: &Ask,
) -> Result<Option<MemorandumConnection>> {
    if !Session::of(ctx).actor().holds(Scope::MemorandaRead) {
        return Ok(None);
    }
    let (centre_id, organization_id) = match of {
        Of::Centre(id) => (Some(id), None),
        Of::Organization(id) => (None, Some(id)),
    };
    let filter = Filter { centre_id, organization_id, in_force_on, ..Filter::default() };
    // In a place of its own: what it takes would stand in the future of each field of the owner.
    Box::pin(page(ctx, Some(filter), &format!("memoranda of {of:?} {in_force_on:?}"), ask)).await.map(Some)
}
