//! All SQL of the slice.

use super::{
    model::{Centre, Filter, Of, Post, Step},
    policy::CentreAct,
};
use crate::{
    access::Permit,
    base::{Error, Result, page::Window, text::search_patterns},
    db::{
        Link, Tx,
        schema::{centre, centre_post, centre_status},
        sql::{Condition, Count, Keep, Sql},
    },
    organization::{
        self,
        model::{AsOf, Key},
    },
};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

pub async fn find(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Centre>> {
    Ok(centre::table.filter(centre::id.eq_any(ids)).select(Centre::as_select()).load(&mut link).await?)
}

/// The centre that a command names; the refusal names the field.
pub async fn get(link: &Link, id: Uuid, field: &str) -> Result<Centre> {
    find(link, &[id]).await?.pop().ok_or_else(|| Error::not_found(field))
}

/// The centre for a change, held until the end of the transaction.
pub async fn lock(tx: &Tx, id: Uuid) -> Result<Option<Centre>> {
    let row = centre::table.find(id).select(Centre::as_select()).for_update().first(&mut tx.link()).await;
    Ok(row.optional()?)
}

/// The centres that several organisations provide.
pub async fn of_providers(mut link: &Link, providers: &[Uuid]) -> Result<Vec<Centre>> {
    let rows = centre::table.filter(centre::provider_id.eq_any(providers)).order(centre::id);
    Ok(rows.select(Centre::as_select()).load(&mut link).await?)
}

/// The latest step of a centre's history.
pub async fn last_step(mut link: &Link, id: Uuid) -> Result<Option<Step>> {
    let steps = centre_status::table.filter(centre_status::centre_id.eq(id)).order(centre_status::version.desc());
    Ok(steps.select(Step::as_select()).first(&mut link).await.optional()?)
}

/// Posts of several centres, as they were told.
pub async fn posts(mut link: &Link, centres: &[Uuid]) -> Result<Vec<Post>> {
    let rows =
        centre_post::table.filter(centre_post::centre_id.eq_any(centres)).order((centre_post::centre_id, centre_post::place));
    Ok(rows.select(Post::as_select()).load(&mut link).await?)
}

/// Centres that a condition picks.
async fn which(mut link: &Link, which: Sql) -> Result<AsOf<Centre>> {
    let rows = centre::table.filter(Condition(which)).select((Centre::as_select(), organization::store::edition()));
    Ok(rows.load::<(Centre, i64)>(&mut link).await?.into_iter().collect())
}

pub async fn find_as_of(link: &Link, id: Uuid) -> Result<AsOf<Centre>> {
    which(link, Sql::new("centre.id = ").uuid(id)).await
}

/// Rows of a page in reading direction, one more than asked for. The keys come first and as an array: a generic plan takes
/// an unknown LIMIT for a tenth of the table and would read all of it, but expects few keys in an array. The list is newest first.
pub async fn page(link: &Link, filter: &Filter, window: &Window<Key>) -> Result<AsOf<Centre>> {
    let keys = narrowed(Sql::new("centre.id = any(array(select l.id from centre l where true"), filter);
    let mut read = which(link, keys.newest(window).then("))")).await?;
    read.rows.sort_by_key(|row| std::cmp::Reverse(row.key()));
    if window.backward {
        read.rows.reverse();
    }
    Ok(read)
}

/// How many centres the filter leaves, counted up to `most` + 1.
pub async fn count(mut link: &Link, filter: &Filter, most: i64) -> Result<i64> {
    let sql = narrowed(Sql::new("select count(*) as count from (select 1 from centre l where true"), filter);
    Ok(sql.then(" limit ").number(most + 1).then(") counted").get_result::<Count>(&mut link).await?.count)
}

/// What the filter says, as conditions on `l`.
fn narrowed(mut sql: Sql, filter: &Filter) -> Sql {
    if !filter.status.is_empty() {
        sql =
            sql.then(" and l.status = any(").words(filter.status.iter().map(|word| word.word().to_owned()).collect()).then(")");
    }
    if let Some(code) = &filter.territory {
        sql = sql
            .then(" and l.territory_code in (select t.code from territory t where t.ancestors @> array[")
            .word(code)
            .then("])");
    }
    if let Some(id) = filter.provider_id {
        sql = sql.then(" and l.provider_id = ").uuid(id);
    }
    if let Some(text) = &filter.search {
        sql = sql.then(" and l.search like all(").words(search_patterns(text)).then(")");
    }
    sql
}

/// A centre in the list of one of several owners.
#[derive(QueryableByName)]
pub struct Listed {
    #[diesel(sql_type = Text)]
    pub owner: String,
    #[diesel(embed)]
    pub row: Centre,
}

/// How many centres one of several owners has.
#[derive(QueryableByName)]
pub struct Counted {
    #[diesel(sql_type = Text)]
    pub owner: String,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// Whether a centre `l` is in the list of `asked.owner`.
fn belongs(of: &Of) -> &'static str {
    match of {
        Of::Provider(_) => " l.provider_id = asked.owner::uuid",
        Of::Territory(_) => " l.territory_code in (select t.code from territory t where t.ancestors @> array[asked.owner])",
    }
}

/// The same page of the lists of several owners of one sort, in reading direction, one row more than asked for each.
pub async fn pages(mut link: &Link, of: &Of, owners: Vec<String>, window: &Window<Key>) -> Result<Vec<Listed>> {
    let sql = Sql::new("select asked.owner, found.* from unnest(")
        .words(owners)
        .then("::text[]) asked(owner) cross join lateral (select l.* from centre l where")
        .then(belongs(of))
        .newest(window)
        .then(") found");
    let mut rows: Vec<Listed> = sql.load(&mut link).await?;
    rows.sort_by_key(|listed| std::cmp::Reverse(listed.row.key()));
    if window.backward {
        rows.reverse();
    }
    Ok(rows)
}

/// How many centres each of several owners of one sort has.
pub async fn counts(mut link: &Link, of: &Of, owners: Vec<String>) -> Result<Vec<Counted>> {
    let sql = Sql::new("select asked.owner, (select count(*) from centre l where")
        .then(belongs(of))
        .then(") as count from unnest(")
        .words(owners)
        .then("::text[]) asked(owner)");
    Ok(sql.load(&mut link).await?)
}

pub async fn insert(tx: &Tx, permit: &Permit<CentreAct>, new: &Centre) -> Result<()> {
    debug_assert_eq!(permit.object_id(), new.id);
    diesel::insert_into(centre::table).values(new).execute(&mut tx.link()).await?;
    Ok(())
}

/// Writes a step of the history.
pub async fn note(tx: &Tx, permit: &Permit<CentreAct>, step: &Step) -> Result<()> {
    debug_assert_eq!(permit.object_id(), step.centre_id);
    diesel::insert_into(centre_status::table).values(step).execute(&mut tx.link()).await?;
    Ok(())
}

/// Puts a team in the place of the one before.
pub async fn replace_posts(tx: &Tx, permit: &Permit<CentreAct>, posts: &[Post]) -> Result<()> {
    let old = centre_post::table.filter(centre_post::centre_id.eq(permit.object_id()));
    diesel::delete(old).execute(&mut tx.link()).await?;
    diesel::insert_into(centre_post::table).values(posts).execute(&mut tx.link()).await?;
    Ok(())
}

/// Writes what may change, under the permit and only if nobody was faster.
pub async fn apply(tx: &Tx, permit: &Permit<CentreAct>, before: &Centre, after: &Centre) -> Result<Centre> {
    let after = Centre { version: before.version + 1, updated_at: tx.now(), ..after.clone() };
    let unchanged = centre::table.filter(centre::id.eq(permit.object_id())).filter(centre::version.eq(before.version));
    let changed = diesel::update(unchanged)
        .set((
            (centre::name.eq(&after.name), centre::search.eq(&after.search), centre::status.eq(after.status)),
            (centre::opened_on.eq(&after.opened_on), centre::address.eq(&after.address), centre::phone.eq(&after.phone)),
            (
                centre::barrier_free.eq(after.barrier_free),
                centre::version.eq(after.version),
                centre::updated_at.eq(after.updated_at),
            ),
        ))
        .kept()
        .execute(&mut tx.link())
        .await?;
    if changed == 1 { Ok(after) } else { Err(Error::conflict()) }
}
