//! All SQL of the slice.

use super::{
    model::{AsOf, Filter, Key, Organization},
    policy::OrganizationAct,
};
use crate::{
    access::Permit,
    base::{Error, Refusal, Result, error::UserErrorCode, page::Window, person_code::TaxNumber, text::search_patterns},
    db::{
        Link, Tx, fault,
        schema::{organization, organization_secret},
        sql::{Condition, Count, Keep, Literal, Sql},
    },
    seal::Seal,
};
use diesel::{prelude::*, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// Which edition of the registry one reads, beside other columns.
pub const EDITION: &str = "(select number from registry_edition)";

/// The same for typed questions.
pub const fn edition() -> Literal<BigInt> {
    Literal::new(EDITION)
}

pub async fn find(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Organization>> {
    Ok(organization::table.filter(organization::id.eq_any(ids)).select(Organization::as_select()).load(&mut link).await?)
}

/// The same with the edition, to be kept.
pub async fn find_as_of(mut link: &Link, ids: &[Uuid]) -> Result<AsOf<Organization>> {
    let rows = organization::table.filter(organization::id.eq_any(ids)).select((Organization::as_select(), edition()));
    Ok(rows.load::<(Organization, i64)>(&mut link).await?.into_iter().collect())
}

/// The organisation that a command names; the refusal names the field.
pub async fn get(link: &Link, id: Uuid, field: &str) -> Result<Organization> {
    find(link, &[id]).await?.pop().ok_or_else(|| Error::not_found(field))
}

/// The organisation for a change, held until the end of the transaction.
pub async fn lock(tx: &Tx, id: Uuid) -> Result<Option<Organization>> {
    let row = organization::table.find(id).select(Organization::as_select()).for_update().first(&mut tx.link()).await;
    Ok(row.optional()?)
}

/// Organisations that a condition picks.
async fn which(mut link: &Link, which: Sql) -> Result<Vec<Organization>> {
    Ok(organization::table.filter(Condition(which)).select(Organization::as_select()).load(&mut link).await?)
}

pub async fn find_by_edrpou(link: &Link, edrpou: &str) -> Result<Option<Organization>> {
    Ok(which(link, Sql::new("organization.edrpou = ").word(edrpou)).await?.pop())
}

/// Rows of a page in reading direction, one more than asked for. The keys come first and as an array: a generic plan takes
/// an unknown LIMIT for a tenth of the table and would read all of it, but expects few keys in an array. The list is newest first.
pub async fn page(link: &Link, filter: &Filter, window: &Window<Key>) -> Result<Vec<Organization>> {
    let keys = narrowed(Sql::new("organization.id = any(array(select l.id from organization l where true"), filter);
    let mut rows = which(link, keys.newest(window).then("))")).await?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.key()));
    if window.backward {
        rows.reverse();
    }
    Ok(rows)
}

/// How many organisations the filter leaves, counted up to `most` + 1.
pub async fn count(mut link: &Link, filter: &Filter, most: i64) -> Result<i64> {
    let sql = narrowed(Sql::new("select count(*) as count from (select 1 from organization l where true"), filter);
    Ok(sql.then(" limit ").number(most + 1).then(") counted").get_result::<Count>(&mut link).await?.count)
}

/// What the filter says, as conditions on `l`.
fn narrowed(mut sql: Sql, filter: &Filter) -> Sql {
    if !filter.kind.is_empty() {
        sql = sql.then(" and l.kind = any(").words(filter.kind.iter().map(|kind| kind.word().to_owned()).collect()).then(")");
    }
    if let Some(code) = &filter.territory {
        sql = sql
            .then(" and l.territory_code in (select t.code from territory t where t.ancestors @> array[")
            .word(code)
            .then("])");
    }
    if let Some(text) = &filter.search {
        sql = sql.then(" and l.search like all(").words(search_patterns(text)).then(")");
    }
    if filter.offers_service.is_none() && filter.serves_territory.is_none() && filter.capacity.is_empty() {
        return sql;
    }
    sql =
        sql.then(" and exists (select from offering o left join centre c on c.id = o.centre_id where o.organization_id = l.id");
    if let Some(code) = &filter.offers_service {
        sql = sql.then(" and o.service_id = (select s.id from service_type s where s.code = ").word(code).then(")");
    }
    if !filter.capacity.is_empty() {
        sql = sql
            .then(" and case when o.capacity_as_of < ")
            .at(filter.believed_since)
            .then(" then 'UNKNOWN' else o.capacity end = any(")
            .words(filter.capacity.iter().map(|word| word.word().to_owned()).collect())
            .then(")");
    }
    if let Some(code) = &filter.serves_territory {
        // The area of an offering: its own list, else the centre's hromadas, else the organisation's territory, else the country.
        // It serves what lies below a part of the area, and a region of which it serves a part.
        sql = sql
            .then(
                " and ((case when o.territories <> '{}' then o.territories \
                 when o.centre_id is not null then array[c.territory_code, c.origin_territory_code] else array[l.territory_code] end) \
                 && (select array_agg(a.code) from territory asked join territory a \
                 on a.ancestors @> array[asked.code] or asked.ancestors @> array[a.code] where asked.code = ",
            )
            .word(code)
            .then(
                ") or o.territories = '{}' and o.centre_id is null and l.territory_code is null \
                 and exists (select from territory t where t.code = ",
            )
            .word(code)
            .then("))");
    }
    sql.then(")")
}

pub async fn insert(tx: &Tx, permit: &Permit<OrganizationAct>, new: &Organization) -> Result<()> {
    debug_assert_eq!(permit.object_id(), new.id);
    let done = diesel::insert_into(organization::table).values(new).execute(&mut tx.link()).await;
    done.map_err(|broken| match fault::broken(&broken) {
        Some("organization_edrpou_is_unique") => duplicate("edrpou", "An organisation with this EDRPOU is registered already."),
        _ => Error::from(broken),
    })?;
    Ok(())
}

/// Seals a sole proprietor's tax number; nothing reads it back.
pub async fn insert_tax_number(tx: &Tx, permit: &Permit<OrganizationAct>, seal: &Seal, number: &TaxNumber) -> Result<()> {
    let id = permit.object_id();
    let key = seal.new_key(id);
    let row = (
        organization_secret::organization_id.eq(id),
        organization_secret::wrapped_key.eq(seal.wrap(&key)),
        organization_secret::tax_number_sealed.eq(key.seal(id, "TAX_NUMBER", number.expose())),
        // One register for the whole country: the hash is not an organisation's own.
        organization_secret::tax_number_hash.eq(seal.lookup(Uuid::nil(), "TAX_NUMBER", number.expose())),
    );
    let done = diesel::insert_into(organization_secret::table).values(row).execute(&mut tx.link()).await;
    done.map_err(|broken| match fault::broken(&broken) {
        Some("organization_secret_tax_number_is_unique") => {
            duplicate("taxNumber", "A sole proprietor with this tax number is registered already.")
        }
        _ => Error::from(broken),
    })?;
    Ok(())
}

fn duplicate(field: &str, message: &'static str) -> Error {
    Refusal::new(UserErrorCode::Duplicate, field, message).into()
}

/// Writes what may change, under the permit and only if nobody was faster.
pub async fn apply(
    tx: &Tx,
    permit: &Permit<OrganizationAct>,
    before: &Organization,
    after: &Organization,
) -> Result<Organization> {
    let after = Organization { version: before.version + 1, updated_at: tx.now(), ..after.clone() };
    let unchanged =
        organization::table.filter(organization::id.eq(permit.object_id())).filter(organization::version.eq(before.version));
    let changed = diesel::update(unchanged)
        .set((
            (
                organization::name.eq(&after.name),
                organization::name_en.eq(&after.name_en),
                organization::search.eq(&after.search),
            ),
            (organization::territory_code.eq(&after.territory_code), organization::registry_number.eq(&after.registry_number)),
            (organization::active.eq(after.active), organization::contacts.eq(&after.contacts)),
            (organization::version.eq(after.version), organization::updated_at.eq(after.updated_at)),
        ))
        .kept()
        .execute(&mut tx.link())
        .await?;
    if changed == 1 { Ok(after) } else { Err(Error::conflict()) }
}
