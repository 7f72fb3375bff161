//! All SQL of the slice.

use super::{
    model::{Filter, Found, Participation, Territory},
    policy::TerritoryAct,
    rules,
};
use crate::{
    access::Permit,
    base::{Result, katottg, page::Window, text::search_patterns},
    db::{
        Link, Tx,
        schema::{participation, territory},
        sql::{Condition, Count, Sql},
    },
};
use diesel::{dsl::case_when, prelude::*, sql_types::Bool, upsert::excluded};
use diesel_async::RunQueryDsl;

/// Units by their codes.
pub async fn find(mut link: &Link, codes: &[String]) -> Result<Vec<Territory>> {
    Ok(territory::table.filter(territory::code.eq_any(codes)).select(Territory::as_select()).load(&mut link).await?)
}

/// One unit.
pub async fn one(link: &Link, code: &str) -> Result<Option<Territory>> {
    Ok(find(link, &[code.to_owned()]).await?.pop())
}

/// One unit that a command names; the refusal names the field.
pub async fn get(link: &Link, code: &str, field: &str) -> Result<Territory> {
    one(link, code).await?.ok_or_else(|| rules::unknown(code, field).into())
}

/// The parts that hromadas take in the project.
pub async fn participations(mut link: &Link, codes: &[String]) -> Result<Vec<Participation>> {
    let rows = participation::table.filter(participation::territory_code.eq_any(codes)).select(Participation::as_select());
    Ok(rows.load(&mut link).await?)
}

/// How often the parts in the project of several units changed.
pub async fn versions(mut link: &Link, codes: &[String]) -> Result<Vec<(String, i32)>> {
    let rows = territory::table.filter(territory::code.eq_any(codes)).select((territory::code, territory::version));
    Ok(rows.load(&mut link).await?)
}

/// Units that a condition picks, with their part in the project if it is wanted: if not, it has no key and costs nothing.
async fn with(mut link: &Link, part_wanted: bool, which: Sql) -> Result<Vec<Found>> {
    let rows: Vec<(Territory, i32, Option<Participation>)> = territory::table
        .left_join(
            participation::table
                .on(participation::territory_code.nullable().eq(case_when(part_wanted.into_sql::<Bool>(), territory::code))),
        )
        .filter(Condition(which))
        .select((Territory::as_select(), territory::version, Option::<Participation>::as_select()))
        .load(&mut link)
        .await?;
    let found = |(row, version, part)| Found { row, version, participation: part_wanted.then_some(part) };
    Ok(rows.into_iter().map(found).collect())
}

/// One unit, with its part in the project if it is wanted.
pub async fn find_with(link: &Link, code: &str, part_wanted: bool) -> Result<Option<Found>> {
    Ok(with(link, part_wanted, Sql::new("territory.code = ").word(code)).await?.pop())
}

/// Rows of a page in reading direction, one more than asked for. The keys come first and as an array: a generic plan takes
/// an unknown LIMIT for a tenth of the table and would read all of it, but expects few keys in an array. The list has the order of the codifier.
pub async fn page(link: &Link, filter: &Filter, window: &Window<String>, part_wanted: bool) -> Result<Vec<Found>> {
    let mut keys = narrowed(Sql::new("territory.code = any(array(select t.code from territory t where true"), filter);
    if let Some(code) = &window.after {
        keys = keys.then(" and t.code > ").word(code);
    }
    if let Some(code) = &window.before {
        keys = keys.then(" and t.code < ").word(code);
    }
    keys = keys.then(if window.backward { " order by t.code desc limit " } else { " order by t.code limit " });
    let mut rows = with(link, part_wanted, keys.number(window.limit()).then("))")).await?;
    rows.sort_by(|one, other| one.row.code.cmp(&other.row.code));
    if window.backward {
        rows.reverse();
    }
    Ok(rows)
}

/// How many units the filter leaves, counted up to `most` + 1.
pub async fn count(mut link: &Link, filter: &Filter, most: i64) -> Result<i64> {
    let sql = narrowed(Sql::new("select count(*) as count from (select 1 from territory t where true"), filter);
    Ok(sql.then(" limit ").number(most + 1).then(") counted").get_result::<Count>(&mut link).await?.count)
}

/// What the filter says, as conditions on `t`.
fn narrowed(mut sql: Sql, filter: &Filter) -> Sql {
    if !filter.levels.is_empty() {
        sql = sql
            .then(" and t.level = any(")
            .words(filter.levels.iter().map(|level| level.word().to_owned()).collect())
            .then(")");
    }
    if let Some(code) = &filter.within {
        sql = sql.then(" and t.ancestors @> array[").word(code).then("]");
    }
    if let Some(text) = &filter.search {
        sql = sql.then(" and t.search like all(").words(search_patterns(text)).then(")");
    }
    sql
}

/// Records a hromada's part, over what stood before; the territory's version grows with it. Returns that version.
pub async fn record(tx: &Tx, permit: &Permit<TerritoryAct>, new: &Participation) -> Result<i32> {
    let code = katottg::of_key(permit.object_id());
    debug_assert_eq!(code, new.territory_code);
    diesel::insert_into(participation::table)
        .values(new)
        .on_conflict(participation::territory_code)
        .do_update()
        .set((
            participation::status.eq(excluded(participation::status)),
            participation::since.eq(excluded(participation::since)),
            participation::ministry_order.eq(excluded(participation::ministry_order)),
            participation::version.eq(participation::version + 1),
            participation::recorded_at.eq(excluded(participation::recorded_at)),
        ))
        .execute(&mut tx.link())
        .await?;
    let counted = diesel::update(territory::table.find(&code)).set(territory::version.eq(territory::version + 1));
    Ok(counted.returning(territory::version).get_result(&mut tx.link()).await?)
}
