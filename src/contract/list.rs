//! The SQL of lists of contracts and acts: each viewer comes to them by a way of its own.

use super::model::*;
use crate::{
    access::{Scope, Scopes},
    base::{Error, Result, page::Window, words::organization::OrganizationKind as Kind},
    db::{
        Link,
        schema::{funding_contract, service_act},
        sql::{Condition, Count, Sql},
    },
    organization::model::Key,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// Ways by which a viewer comes to a list: each walks one index, newest first, by the day on which the viewer has seen a row first.
type Way = Sql;

/// Columns of contracts that filters ask.
macro_rules! contracts_by {
    ($seen:literal) => {
        concat!(
            "select l.id, l.created_at from (select c.id, c.",
            $seen,
            " as created_at, c.status, c.provider_id, c.funder_id, c.centre_id, c.territory_code, c.active_from, c.ended_on from funding_contract c where "
        )
    };
}

/// Columns of acts that filters ask.
macro_rules! acts_by {
    ($seen:literal) => {
        concat!(
            "select l.id, l.created_at from (select a.id, a.",
            $seen,
            " as created_at, a.status, a.month, a.contract_id, a.provider_id, a.region_code from service_act a where "
        )
    };
}

/// Who is asked about what it funds: others fund nothing, and what is not there is found last.
fn may_fund(kind: Kind) -> bool {
    Scopes::of_kind(kind).holds(Scope::ContractsWrite)
}

/// Of contracts: what one funds and what one is funded by, or what one oversees.
fn ways(viewer: Viewer) -> Vec<Way> {
    let own = viewer.organization_id;
    let all = match viewer.kind {
        Kind::Ministry | Kind::OversightBody => vec![Sql::new(contracts_by!("created_at")).then("true")],
        Kind::Fund => vec![Sql::new(contracts_by!("created_at")).then("c.of_fund")],
        Kind::FundBranch => {
            vec![Sql::new(contracts_by!("created_at")).then("c.of_fund and c.region_code = (select mistok.current_region())")]
        }
        kind => {
            let mut own_ways =
                vec![Sql::new(contracts_by!("signed_at")).then("c.signed_at is not null and c.provider_id = ").uuid(own)];
            if may_fund(kind) {
                own_ways.push(Sql::new(contracts_by!("created_at")).then("c.funder_id = ").uuid(own));
            }
            own_ways
        }
    };
    all.into_iter().map(|sql| sql.then(") l where true")).collect()
}

/// The same of acts.
fn ways_of_acts(viewer: Viewer) -> Vec<Way> {
    let own = viewer.organization_id;
    let seen = || Sql::new(acts_by!("first_submitted_at")).then("a.first_submitted_at is not null and ");
    let all = match viewer.kind {
        Kind::Ministry | Kind::OversightBody => vec![seen().then("true")],
        Kind::Fund => vec![seen().then("a.of_fund")],
        Kind::FundBranch => vec![seen().then("a.of_fund and a.region_code = (select mistok.current_region())")],
        kind => {
            let mut own_ways = vec![Sql::new(acts_by!("created_at")).then("a.provider_id = ").uuid(own)];
            if may_fund(kind) {
                own_ways.push(seen().then("a.funder_id = ").uuid(own));
            }
            own_ways
        }
    };
    all.into_iter().map(|sql| sql.then(") l where true")).collect()
}

fn narrowed(mut sql: Sql, filter: &Filter) -> Sql {
    if !filter.status.is_empty() {
        sql = sql
            .then(" and l.status = any(")
            .words(filter.status.iter().map(|status| status.word().to_owned()).collect())
            .then(")");
    }
    if let Some(id) = filter.provider_id {
        sql = sql.then(" and l.provider_id = ").uuid(id);
    }
    if let Some(id) = filter.funder_id {
        sql = sql.then(" and l.funder_id = ").uuid(id);
    }
    if let Some(id) = filter.centre_id {
        sql = sql.then(" and l.centre_id = ").uuid(id);
    }
    if let Some(code) = &filter.territory {
        sql = sql
            .then(" and l.territory_code in (select t.code from territory t where t.ancestors @> array[")
            .word(code)
            .then("])");
    }
    if let Some(day) = filter.active_on {
        // Active until the last day that the last amendment has, unless the last step before the day's end was another.
        sql = sql
            .then(" and l.active_from <= ")
            .day(day)
            .then(" and coalesce(l.ended_on >= ")
            .day(day)
            .then(", true) and (select t.ends_on from contract_terms t where t.contract_id = l.id order by t.number desc limit 1) >= ")
            .day(day)
            .then(
                " and (select e.after from contract_event e where e.contract_id = l.id and e.subject_id = l.id \
                 and e.after in ('ACTIVE', 'SUSPENDED') and coalesce(e.on_day, (e.at at time zone 'Europe/Kyiv')::date) <= ",
            )
            .day(day)
            .then(" order by e.at desc, e.id desc limit 1) = 'ACTIVE'");
    }
    sql
}

/// Ways narrowed by a filter, one for each state that is asked for: a few acts that wait stand in an index among the many that are paid.
fn narrowed_acts(ways: Vec<Way>, filter: &ActFilter) -> Vec<Sql> {
    let states = |way: Way| match filter.status.is_empty() {
        true => vec![way],
        false => filter.status.iter().map(|status| way.clone().then(" and l.status = ").word(status.word())).collect(),
    };
    ways.into_iter().flat_map(states).map(|way| of_what_else(way, filter)).collect()
}

fn of_what_else(mut sql: Sql, filter: &ActFilter) -> Sql {
    if let Some(month) = filter.month {
        sql = sql.then(" and l.month = ").day(month);
    }
    if let Some(id) = filter.contract_id {
        sql = sql.then(" and l.contract_id = ").uuid(id);
    }
    if let Some(id) = filter.provider_id {
        sql = sql.then(" and l.provider_id = ").uuid(id);
    }
    if let Some(code) = &filter.territory {
        sql = sql
            .then(" and (select c.territory_code from funding_contract c where c.id = l.contract_id) in (select t.code from territory t where t.ancestors @> array[")
            .word(code)
            .then("])");
    }
    sql
}

/// The ways of a list together, cut to a window: as `k`, keys first and as an array (see `centre::store::page`).
fn together(select: &'static str, ways: Vec<Sql>, window: &Window<Key>) -> Sql {
    let mut all = Sql::new(select);
    for (place, way) in ways.into_iter().enumerate() {
        all = all.then(if place == 0 { "(" } else { " union all (" }).inner(way.newest(window)).then(")");
    }
    let order = if window.backward {
        ") k order by k.created_at, k.id limit "
    } else {
        ") k order by k.created_at desc, k.id desc limit "
    };
    all.then(order).number(window.limit()).then("))")
}

/// Rows of a page in reading direction, one more than asked for.
pub async fn page(mut link: &Link, viewer: Viewer, filter: &Filter, window: &Window<Key>) -> Result<Vec<FundingContract>> {
    let ways = ways(viewer).into_iter().map(|way| narrowed(way, filter)).collect();
    let which = Condition(together("funding_contract.id = any(array(select k.id from (", ways, window));
    let mut rows: Vec<FundingContract> =
        funding_contract::table.filter(which).select(FundingContract::as_select()).load(&mut link).await?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.key(viewer.organization_id)));
    if window.backward {
        rows.reverse();
    }
    Ok(rows)
}

/// How many contracts the filter leaves, counted up to `most` + 1.
pub async fn count(mut link: &Link, viewer: Viewer, filter: &Filter, most: i64) -> Result<i64> {
    counted(ways(viewer).into_iter().map(|way| narrowed(way, filter)).collect(), most)
        .get_result::<Count>(&mut link)
        .await
        .map(|of| of.count)
        .map_err(Error::from)
}

fn counted(ways: Vec<Sql>, most: i64) -> Sql {
    let mut all = Sql::new("select count(*) as count from (select 1 from (");
    for (place, way) in ways.into_iter().enumerate() {
        all = all.then(if place == 0 { "(" } else { " union all (" }).inner(way).then(")");
    }
    all.then(") k limit ").number(most + 1).then(") counted")
}

pub async fn act_page(mut link: &Link, viewer: Viewer, filter: &ActFilter, window: &Window<Key>) -> Result<Vec<Act>> {
    let ways = narrowed_acts(ways_of_acts(viewer), filter);
    let which = Condition(together("service_act.id = any(array(select k.id from (", ways, window));
    let mut rows: Vec<Act> = service_act::table.filter(which).select(Act::as_select()).load(&mut link).await?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.key(viewer.organization_id)));
    if window.backward {
        rows.reverse();
    }
    Ok(rows)
}

pub async fn act_count(mut link: &Link, viewer: Viewer, filter: &ActFilter, most: i64) -> Result<i64> {
    counted(narrowed_acts(ways_of_acts(viewer), filter), most)
        .get_result::<Count>(&mut link)
        .await
        .map(|of| of.count)
        .map_err(Error::from)
}
