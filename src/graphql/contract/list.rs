//! Lists of contracts and acts, as far as the viewer may see them.

use super::{
    act::{ServiceAct, ServiceActConnection},
    object::{FundingContract, FundingContractConnection},
    query,
};
use crate::{
    access::Scope,
    base::page::{Ask, Page, Window},
    contract::{
        list,
        model::{ActFilter, Filter, Viewer},
    },
    graphql::{context::Session, page::COUNTED, sight},
    organization::model::Key,
};
use async_graphql::{Context, Result};
use std::sync::Arc;
use uuid::Uuid;

fn viewer(session: &Session) -> Viewer {
    Viewer { organization_id: session.actor().organization_id, kind: session.actor().kind }
}

/// A page of contracts; `name` is what its cursors are bound to. None: what it is narrowed to does not exist.
pub async fn page(ctx: &Context<'_>, filter: Option<Filter>, name: &str, ask: &Ask) -> Result<FundingContractConnection> {
    let window = Window::<Key>::of(ask, name)?;
    let Some(filter) = filter else {
        return Ok(FundingContractConnection::empty());
    };
    let session = Session::of(ctx);
    let viewer = viewer(session);
    let reading = session.reading().await?;
    let rows = list::page(reading.link(), viewer, &filter, &window).await?;
    let total = match sight::counted(ctx) {
        true => Some(list::count(reading.link(), viewer, &filter, COUNTED).await?),
        false => None,
    };
    let Page { rows, has_next, has_previous } = window.cut(rows);
    // What the second wall shows, the first one is asked about too.
    let rows = rows.into_iter().filter_map(|row| query::seen(ctx, Arc::new(row))).collect();
    let page = Page { rows, has_next, has_previous };
    let cursor = |row: &FundingContract| window.cursor(&row.0.key(viewer.organization_id));
    Ok(FundingContractConnection::of(page, total, cursor, |row| row))
}

/// A page of acts.
pub async fn acts(ctx: &Context<'_>, filter: Option<ActFilter>, name: &str, ask: &Ask) -> Result<ServiceActConnection> {
    let window = Window::<Key>::of(ask, name)?;
    let Some(filter) = filter else {
        return Ok(ServiceActConnection::empty());
    };
    let session = Session::of(ctx);
    let viewer = viewer(session);
    let reading = session.reading().await?;
    let rows = list::act_page(reading.link(), viewer, &filter, &window).await?;
    let total = match sight::counted(ctx) {
        true => Some(list::act_count(reading.link(), viewer, &filter, COUNTED).await?),
        false => None,
    };
    let Page { rows, has_next, has_previous } = window.cut(rows);
    let rows = rows.into_iter().filter_map(|row| query::seen_act(ctx, Arc::new(row))).collect();
    let page = Page { rows, has_next, has_previous };
    Ok(ServiceActConnection::of(page, total, |row: &ServiceAct| window.cursor(&row.0.key(viewer.organization_id)), |row| row))
}

/// A page of the contracts of a centre; null without the scope.
pub async fn of_centre(ctx: &Context<'_>, centre_id: Uuid, ask: &Ask) -> Result<Option<FundingContractConnection>> {
    if !Session::of(ctx).actor().holds(Scope::ContractsRead) {
        return Ok(None);
    }
    let filter = Filter { centre_id: Some(centre_id), ..Filter::default() };
    // In a place of its own: what it takes would stand in the future of each field of the centre.
    Box::pin(page(ctx, Some(filter), &format!("contracts of {centre_id}"), ask)).await.map(Some)
}
