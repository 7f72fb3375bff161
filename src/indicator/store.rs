//! All SQL of the slice.

use super::{model::*, policy::ObservationAct};
use crate::{
    access::Permit,
    base::{
        Result,
        page::Window,
        words::indicator::{Dimension, Indicator},
    },
    centre::{self, model::Centre},
    db::{
        Link, Tx,
        schema::{observation, release},
        sql::{Condition, Count, Sql},
    },
    organization::model::Key,
    territory::{self, model::Territory},
};
use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Date, Nullable, Text},
};
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

/// Most reported figures of one answer.
const MOST: i64 = 1000;

/// Reported figures that a question asks for, with their centre and territory. One whose source gives no year is in every period.
pub async fn reported(mut link: &Link, question: &Question) -> Result<Vec<(Observation, Option<Centre>, Option<Territory>)>> {
    let words = |words: Vec<&'static str>| words.into_iter().map(str::to_owned).collect();
    let mut keys = Sql::new(
        "observation.id = any(array(select l.id from observation l left join centre c on c.id = l.centre_id \
        left join territory h on h.code = coalesce(c.territory_code, l.territory_code) where l.indicator = any(",
    )
    .words(words(question.indicators.iter().map(|indicator| indicator.word()).collect()))
    .then(") and coalesce(mistok.last_day(l.period_to) between ")
    .day(question.span.from)
    .then(" and ")
    .day(question.span.to)
    .then(", true) and coalesce(mistok.last_day(l.period_from) >= ")
    .day(question.span.from)
    .then(", true)");
    if !question.kinds.is_empty() {
        let kinds = words(question.kinds.iter().map(|kind| kind.word()).collect());
        keys = keys.then(" and l.kind = any(").words(kinds).then(")");
    }
    if let Some(provider) = question.provider_id {
        keys = keys.then(" and coalesce(c.provider_id, l.about_id) = ").uuid(provider);
    }
    if let Some(centre) = question.centre_id {
        keys = keys.then(" and l.centre_id = ").uuid(centre);
    }
    if let Some(territory) = &question.territory {
        keys = keys.then(" and ").word(&territory.code).then(" = any(h.ancestors)");
    }
    let which = Condition(keys.then(" order by l.created_at, l.id limit ").number(MOST).then("))"));
    let rows = observation::table.filter(which).order((observation::created_at, observation::id));
    let rows: Vec<Observation> = rows.select(Observation::as_select()).load(&mut link).await?;
    let of: Vec<Uuid> = rows.iter().filter_map(|row| row.centre_id).collect();
    let centres = centre::store::find(link, &of).await?;
    let codes =
        centres.iter().map(|centre| &centre.territory_code).chain(rows.iter().filter_map(|row| row.territory_code.as_ref()));
    let territories = territory::store::find(link, &codes.cloned().collect::<Vec<_>>()).await?;
    let with = |row: Observation| {
        let centre = centres.iter().find(|centre| row.centre_id == Some(centre.id)).cloned();
        let code = centre.as_ref().map(|centre| &centre.territory_code).or(row.territory_code.as_ref());
        let territory = code.and_then(|code| territories.iter().find(|territory| territory.code == *code)).cloned();
        (row, centre, territory)
    };
    Ok(rows.into_iter().map(with).collect())
}

/// A frozen figure as the asking organisation is shown it; no amount: kept back.
#[derive(Clone, Debug, QueryableByName)]
pub struct Published {
    #[diesel(sql_type = Text)]
    pub value: String,
    #[diesel(sql_type = Text)]
    pub place: String,
    /// None where the months are added up.
    #[diesel(sql_type = Nullable<Date>)]
    pub month: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub amount: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub hromada: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub region: Option<String>,
}

/// Which frozen figures: of one level and dimension.
#[derive(Clone, Copy, Debug)]
pub struct Figures<'a> {
    pub indicator: Indicator,
    pub dimension: Option<Dimension>,
    pub level: Level,
    pub months: (NaiveDate, NaiveDate),
    /// Each month by itself; else one sum, which is kept back where a month is.
    pub by_month: bool,
    pub within: Option<&'a Territory>,
}

/// Frozen figures as they are published to the asking organisation.
pub async fn published(mut link: &Link, which: &Figures<'_>) -> Result<Vec<Published>> {
    // A month has one figure of each value and place.
    let (select, group) = match which.by_month {
        true => ("p.month, p.amount", ""),
        false => (
            "null::date as month, case when bool_and(p.amount is not null) then sum(p.amount)::bigint end as amount",
            " group by 1, 2",
        ),
    };
    let mut sql = Sql::new("with f as materialized (select p.value, p.place, ")
        .then(select)
        .then(" from mistok.published(")
        .words(vec![which.indicator.word().to_owned()])
        .then(", ")
        .word(which.dimension.map_or("", Dimension::word))
        .then(", ")
        .word(which.level.word())
        .then(", ")
        .day(which.months.0)
        .then(", ")
        .day(which.months.1)
        .then(") p")
        .then(group)
        .then(
            ") select f.value, f.place, f.month, f.amount, h.region_code as region, \
             case when h.level in ('HROMADA', 'SPECIAL_CITY') then h.code end as hromada from f left join ",
        );
    // Each place once, by its key, whatever the planner thinks of their number: figures are many times as many.
    sql = sql.then(match which.level {
        Level::Centre => {
            "(select c.id::text as place, t.* from centre c join territory t on t.code = c.territory_code \
             where c.id = any(array(select distinct f.place::uuid from f))) h on h.place = f.place"
        }
        _ => "(select t.code as place, t.* from territory t where t.code = any(array(select distinct f.place from f))) h on h.place = f.place",
    });
    sql = sql.then(" where true");
    if let Some(territory) = which.within {
        sql = sql.then(" and ").word(&territory.code).then(" = any(h.ancestors)");
    }
    Ok(sql.load(&mut link).await?)
}

pub async fn releases(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Release>> {
    Ok(release::table.filter(release::id.eq_any(ids)).select(Release::as_select()).load(&mut link).await?)
}

/// The place of the whole country.
pub const COUNTRY: &str = "UA";
/// Frozen figures of one statement.
const CHUNK: usize = 4000;

/// Writes a release, unless its month was published already.
pub async fn insert_release(tx: &Tx, new: &Release) -> Result<bool> {
    let done = diesel::insert_into(release::table).values(new).on_conflict_do_nothing().execute(&mut tx.link()).await?;
    Ok(done == 1)
}

/// Writes what was counted and decided of an indicator and a month, for good.
pub async fn freeze(
    tx: &Tx,
    indicator: Indicator,
    month: NaiveDate,
    mut figures: impl Iterator<Item = FrozenFigure>,
) -> Result<()> {
    loop {
        let some: Vec<FrozenFigure> = figures.by_ref().take(CHUNK).collect();
        if some.is_empty() {
            return Ok(());
        }
        let words = |word: fn(&FrozenFigure) -> &str| some.iter().map(|figure| word(figure).to_owned()).collect();
        let flags = |flag: fn(&FrozenFigure) -> bool| some.iter().map(flag).collect();
        // Arrays: a statement that is prepared once, whatever there is to write.
        let sql = Sql::new(
            "insert into frozen_figure (indicator, month, dimension, value, level, place, amount, officials, everyone) select ",
        )
        .word(indicator.word())
        .then(", ")
        .day(month)
        .then(", f.* from unnest(")
        .words(words(|figure| figure.dimension))
        .then(", ")
        .words(words(|figure| &figure.value))
        .then(", ")
        .words(words(|figure| figure.level.word()))
        .then(", ")
        .words(words(|figure| &figure.place))
        .then(", ")
        .numbers(some.iter().map(|figure| figure.amount).collect())
        .then(", ")
        .flags(flags(|figure| figure.officials))
        .then(", ")
        .flags(flags(|figure| figure.everyone));
        sql.then(") f").execute(&mut tx.link()).await?;
    }
}

/// Releases of a page in reading direction, one more than asked for.
pub async fn page_releases(mut link: &Link, window: &Window<Key>) -> Result<Vec<Release>> {
    let list =
        Sql::new("release.id = any(array(select l.id from (select id, published_at as created_at from release) l where true");
    let which = Condition(list.newest(window).then("))"));
    let mut rows: Vec<Release> = release::table.filter(which).select(Release::as_select()).load(&mut link).await?;
    rows.sort_by_key(|row| std::cmp::Reverse((row.published_at, row.id)));
    if window.backward {
        rows.reverse();
    }
    Ok(rows)
}

pub async fn count_releases(mut link: &Link) -> Result<i64> {
    Ok(release::table.count().get_result(&mut link).await?)
}

pub async fn latest_release(mut link: &Link) -> Result<Option<Release>> {
    let latest = release::table.order(release::last_month.desc()).select(Release::as_select());
    Ok(latest.first(&mut link).await.optional()?)
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
