//! All SQL of the slice.

use super::{model::*, policy::ObservationAct};
use crate::{
    access::Permit,
    base::{Result, page::Window},
    db::{
        Link, Tx,
        schema::observation,
        sql::{Condition, Count, Sql},
    },
    organization::model::Key,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

pub async fn find(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Observation>> {
    Ok(observation::table.filter(observation::id.eq_any(ids)).select(Observation::as_select()).load(&mut link).await?)
}

/// Rows of a page in reading direction, one more than asked for: keys first, as an array (see `centre::store::page`).
pub async fn page(mut link: &Link, filter: &Filter, window: &Window<Key>) -> Result<Vec<Observation>> {
    let keys = narrowed(Sql::new("observation.id = any(array(select l.id from observation l where true"), filter);
    let which = Condition(keys.newest(window).then("))"));
    let mut rows: Vec<Observation> = observation::table.filter(which).select(Observation::as_select()).load(&mut link).await?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.key()));
    if window.backward {
        rows.reverse();
    }
    Ok(rows)
}

/// How many observations the filter leaves, counted up to `most` + 1.
pub async fn count(mut link: &Link, filter: &Filter, most: i64) -> Result<i64> {
    let sql = narrowed(Sql::new("select count(*) as count from (select 1 from observation l where true"), filter);
    Ok(sql.then(" limit ").number(most + 1).then(") counted").get_result::<Count>(&mut link).await?.count)
}

/// What the filter says, as conditions on `l`.
fn narrowed(mut sql: Sql, filter: &Filter) -> Sql {
    if let Some(indicator) = filter.indicator {
        sql = sql.then(" and l.indicator = ").word(indicator.word());
    }
    if let Some(id) = filter.centre_id {
        sql = sql.then(" and l.centre_id = ").uuid(id);
    }
    if let Some(id) = filter.about_id {
        sql = sql.then(" and l.about_id = ").uuid(id);
    }
    if let Some(id) = filter.reported_by {
        sql = sql.then(" and l.organization_id = ").uuid(id);
    }
    if let Some(code) = &filter.territory {
        sql = sql
            .then(" and (l.territory_code in (select t.code from territory t where t.ancestors @> array[")
            .word(code)
            .then("]) or l.centre_id in (select c.id from centre c join territory t on t.code = c.territory_code where t.ancestors @> array[")
            .word(code)
            .then("]))");
    }
    sql
}

/// Writes a new row, or tells what is there in its place. Whoever writes the same at the same time is waited for.
pub async fn insert(tx: &Tx, permit: &Permit<ObservationAct>, new: &Observation) -> Result<Written> {
    debug_assert_eq!((permit.object_id(), permit.organization_id()), (new.id, new.organization_id));
    let written = diesel::insert_into(observation::table).values(new).on_conflict_do_nothing().execute(&mut tx.link()).await?;
    if written == 1 {
        return Ok(Written::New);
    }
    let there = find(tx.link(), &[permit.object_id()]).await?.pop();
    Ok(there.map_or(Written::ToldOnce, |row| Written::There(Box::new(row))))
}
