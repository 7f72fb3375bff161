//! All SQL of the slice.

use super::{model::*, policy::WorkAct, rules::Known};
use crate::{
    access::Permit,
    base::{Error, Refusal, Result, error::UserErrorCode, page::Window},
    db::{
        Link, Tx, fault,
        schema::{
            activity, case, centre, group, group_member, organization, recording, referral, service_delivery, service_type,
            territory,
        },
        sql::{Condition, Count, Sql},
    },
};
use diesel::{prelude::*, upsert::excluded};
use diesel_async::RunQueryDsl;
use std::collections::HashMap;
use uuid::Uuid;

/// What the rows of a call name.
#[derive(Debug, Default)]
pub struct Named {
    pub centres: Vec<Uuid>,
    pub cases: Vec<Uuid>,
    pub case_references: Vec<String>,
    pub groups: Vec<Uuid>,
    pub services: Vec<String>,
    pub territories: Vec<String>,
    pub referrals: Vec<Uuid>,
    pub organizations: Vec<Uuid>,
}

/// Lets one call of an organisation record at a time: two that bring the same rows find each other's.
pub async fn alone(tx: &Tx, organization_id: Uuid, table: &'static str) -> Result<()> {
    let alone = Sql::new("select pg_advisory_xact_lock(hashtextextended(")
        .word(organization_id.to_string())
        .then(" || ")
        .word(table)
        .then(", 0))");
    alone.execute(&mut tx.link()).await?;
    Ok(())
}

/// Of what is named, that which exists and which the organisation may name.
pub async fn known(mut link: &Link, organization_id: Uuid, named: &Named) -> Result<Known> {
    let own = centre::provider_id.eq(organization_id).or(centre::host_id.eq(organization_id));
    let centres = centre::table.filter(own).select((centre::id, centre::territory_code));
    let centres = centres.load::<(Uuid, String)>(&mut link).await?.into_iter().collect();
    let home = organization::table.find(organization_id).select(organization::territory_code);
    let territory_code = home.first::<Option<String>>(&mut link).await.optional()?.flatten();
    let services = service_type::table.filter(service_type::code.eq_any(&named.services));
    let services = services.select((service_type::code, service_type::id)).load::<(String, Uuid)>(&mut link).await?;
    let mut known = Known {
        organization_id,
        territory_code,
        centres,
        services: services.into_iter().collect(),
        cases: cases(link, organization_id, named).await?,
        ..Known::default()
    };
    if !named.groups.is_empty() {
        let groups = group::table.filter(group::id.eq_any(&named.groups)).filter(group::organization_id.eq(organization_id));
        let groups = groups.select(Group::as_select()).load(&mut link).await?;
        known.groups = groups.into_iter().map(|row| (row.id, row)).collect();
    }
    if !named.territories.is_empty() {
        let codes = territory::table.filter(territory::code.eq_any(&named.territories)).select(territory::code);
        known.territories = codes.load::<String>(&mut link).await?.into_iter().collect();
    }
    if !named.referrals.is_empty() {
        let ids = referral::table.filter(referral::id.eq_any(&named.referrals)).select(referral::id);
        known.referrals = ids.load::<Uuid>(&mut link).await?.into_iter().collect();
    }
    if !named.organizations.is_empty() {
        let ids = organization::table.filter(organization::id.eq_any(&named.organizations)).select(organization::id);
        known.organizations = ids.load::<Uuid>(&mut link).await?.into_iter().collect();
    }
    Ok(known)
}

async fn cases(mut link: &Link, organization_id: Uuid, named: &Named) -> Result<HashMap<CaseName, CaseFacts>> {
    let mut cases = HashMap::new();
    if named.cases.is_empty() && named.case_references.is_empty() {
        return Ok(cases);
    }
    let (ids, references) = (&named.cases, &named.case_references);
    let rows = case::table
        .filter(case::organization_id.eq(organization_id))
        .filter(case::id.eq_any(ids).or(case::code.eq_any(references)).or(case::external_reference.eq_any(references)));
    for row in rows.select(CaseFacts::as_select()).load::<CaseFacts>(&mut link).await? {
        for reference in [Some(&row.code), row.external_reference.as_ref()].into_iter().flatten() {
            cases.insert(CaseName::Reference(reference.clone()), row.clone());
        }
        cases.insert(CaseName::Id(row.id), row);
    }
    Ok(cases)
}

/// Deliveries under these references or ids of an organisation.
pub async fn deliveries(
    mut link: &Link,
    organization_id: Uuid,
    references: &[&str],
    ids: &[Uuid],
) -> Result<Vec<ServiceDelivery>> {
    let rows = service_delivery::table
        .filter(service_delivery::organization_id.eq(organization_id))
        .filter(service_delivery::external_reference.eq_any(references).or(service_delivery::id.eq_any(ids)));
    Ok(rows.select(ServiceDelivery::as_select()).load(&mut link).await?)
}

/// Activities under these references or ids of an organisation.
pub async fn activities(mut link: &Link, organization_id: Uuid, references: &[&str], ids: &[Uuid]) -> Result<Vec<Activity>> {
    let rows = activity::table
        .filter(activity::organization_id.eq(organization_id))
        .filter(activity::external_reference.eq_any(references).or(activity::id.eq_any(ids)));
    Ok(rows.select(Activity::as_select()).load(&mut link).await?)
}

/// The attendances that are linked to these activities.
pub async fn attendances(mut link: &Link, activities: &[Uuid]) -> Result<Vec<ServiceDelivery>> {
    let rows = service_delivery::table.filter(service_delivery::activity_id.eq_any(activities));
    Ok(rows.select(ServiceDelivery::as_select()).load(&mut link).await?)
}

/// Writes rows, new ones and next versions of known ones, in one statement.
pub async fn put_deliveries(tx: &Tx, permit: &Permit<WorkAct>, rows: &[ServiceDelivery]) -> Result<()> {
    use service_delivery::dsl as d;
    let own = rows.iter().all(|row| row.organization_id == permit.organization_id());
    if rows.is_empty() || !own {
        return whole(0, rows.len());
    }
    let put = diesel::insert_into(d::service_delivery)
        .values(rows)
        .on_conflict(d::id)
        .do_update()
        .set((
            (
                d::centre_id.eq(excluded(d::centre_id)),
                d::territory_code.eq(excluded(d::territory_code)),
                d::case_id.eq(excluded(d::case_id)),
                d::service_id.eq(excluded(d::service_id)),
                d::form.eq(excluded(d::form)),
                d::occurred_on.eq(excluded(d::occurred_on)),
                d::quantity.eq(excluded(d::quantity)),
            ),
            (
                d::specialist.eq(excluded(d::specialist)),
                d::target_category.eq(excluded(d::target_category)),
                d::sex.eq(excluded(d::sex)),
                d::age_band.eq(excluded(d::age_band)),
                d::referral_id.eq(excluded(d::referral_id)),
                d::voided.eq(excluded(d::voided)),
                d::updated_at.eq(excluded(d::updated_at)),
                d::version.eq(excluded(d::version)),
            ),
        ))
        .execute(&mut tx.link())
        .await?;
    whole(put, rows.len())
}

/// The same for activities.
pub async fn put_activities(tx: &Tx, permit: &Permit<WorkAct>, rows: &[Activity]) -> Result<()> {
    use activity::dsl as a;
    let own = rows.iter().all(|row| row.organization_id == permit.organization_id());
    if rows.is_empty() || !own {
        return whole(0, rows.len());
    }
    let put = diesel::insert_into(a::activity)
        .values(rows)
        .on_conflict(a::id)
        .do_update()
        .set((
            (
                a::centre_id.eq(excluded(a::centre_id)),
                a::territory_code.eq(excluded(a::territory_code)),
                a::group_id.eq(excluded(a::group_id)),
                a::kind.eq(excluded(a::kind)),
                a::title.eq(excluded(a::title)),
                a::occurred_on.eq(excluded(a::occurred_on)),
                a::place.eq(excluded(a::place)),
            ),
            (
                a::participants.eq(excluded(a::participants)),
                a::case_ids.eq(excluded(a::case_ids)),
                a::target_category.eq(excluded(a::target_category)),
                a::partner_ids.eq(excluded(a::partner_ids)),
                a::supported_by_ids.eq(excluded(a::supported_by_ids)),
                a::voided.eq(excluded(a::voided)),
                a::updated_at.eq(excluded(a::updated_at)),
                a::version.eq(excluded(a::version)),
            ),
        ))
        .execute(&mut tx.link())
        .await?;
    whole(put, rows.len())
}

fn whole(put: usize, rows: usize) -> Result<()> {
    if put == rows { Ok(()) } else { Err(Error::conflict()) }
}

pub async fn insert_group(tx: &Tx, permit: &Permit<WorkAct>, new: &Group, members: &[Uuid]) -> Result<()> {
    debug_assert_eq!((permit.object_id(), permit.organization_id()), (new.id, new.organization_id));
    let done = diesel::insert_into(group::table).values(new).execute(&mut tx.link()).await;
    done.map_err(|broken| match fault::broken(&broken) {
        Some("group_external_reference_is_unique") => {
            Refusal::new(UserErrorCode::Duplicate, "externalReference", "A group with this external reference exists already.")
                .into()
        }
        _ => Error::from(broken),
    })?;
    let member = |case: &Uuid| {
        let of = (group_member::group_id.eq(new.id), group_member::case_id.eq(*case));
        (of, group_member::organization_id.eq(new.organization_id))
    };
    let members: Vec<_> = members.iter().map(member).collect();
    diesel::insert_into(group_member::table).values(members).execute(&mut tx.link()).await?;
    Ok(())
}

/// Keeps what became of a call, for a retry.
pub async fn answer(tx: &Tx, permit: &Permit<WorkAct>, results: &[RowResult]) -> Result<()> {
    let results = serde_json::to_value(results).map_err(Error::internal)?;
    let row = (
        recording::id.eq(permit.object_id()),
        recording::organization_id.eq(permit.organization_id()),
        recording::at.eq(tx.now()),
        recording::results.eq(results),
    );
    diesel::insert_into(recording::table).values(row).execute(&mut tx.link()).await?;
    Ok(())
}

/// What became of an earlier call.
pub async fn answered(tx: &Tx, id: Uuid) -> Result<Vec<RowResult>> {
    let results = recording::table.find(id).select(recording::results).first::<serde_json::Value>(&mut tx.link()).await?;
    serde_json::from_value(results).map_err(Error::internal)
}

pub async fn find_deliveries(mut link: &Link, ids: &[Uuid]) -> Result<Vec<ServiceDelivery>> {
    Ok(service_delivery::table
        .filter(service_delivery::id.eq_any(ids))
        .select(ServiceDelivery::as_select())
        .load(&mut link)
        .await?)
}

pub async fn find_activities(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Activity>> {
    Ok(activity::table.filter(activity::id.eq_any(ids)).select(Activity::as_select()).load(&mut link).await?)
}

pub async fn find_groups(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Group>> {
    Ok(group::table.filter(group::id.eq_any(ids)).select(Group::as_select()).load(&mut link).await?)
}

/// The activities of these groups, in the order of their days.
pub async fn of_groups(mut link: &Link, groups: &[Uuid]) -> Result<Vec<Activity>> {
    let rows = activity::table.filter(activity::group_id.eq_any(groups)).filter(activity::voided.eq(false));
    Ok(rows.order((activity::occurred_on, activity::id)).select(Activity::as_select()).load(&mut link).await?)
}

/// A list of one's own work: its table, and which of the filter's conditions it knows.
macro_rules! list {
    ($page:ident, $count:ident, $row:ident, $table:ident, $from:literal, $narrow:ident) => {
        /// Rows of a page in reading direction, one more than asked for.
        pub async fn $page(mut link: &Link, own: Uuid, filter: &Filter, window: &Window<Key>) -> Result<Vec<$row>> {
            let keys = Sql::new(concat!("id = any(array(select l.id from ", $from, " l where l.organization_id = ")).uuid(own);
            let keys = $narrow(keys, filter).newest(window).then("))");
            let mut rows = $table::table.filter(Condition(keys)).select($row::as_select()).load::<$row>(&mut link).await?;
            rows.sort_by_key(|row| (row.created_at, row.id));
            if !window.backward {
                rows.reverse();
            }
            Ok(rows)
        }

        /// How many there are, as far as `most`.
        pub async fn $count(mut link: &Link, own: Uuid, filter: &Filter, most: i64) -> Result<i64> {
            let sql =
                Sql::new(concat!("select count(*) as count from (select 1 from ", $from, " l where l.organization_id = "));
            let sql = $narrow(sql.uuid(own), filter).then(" limit ").number(most + 1).then(") counted");
            Ok(sql.get_result::<Count>(&mut link).await?.count)
        }
    };
}
list!(page_deliveries, count_deliveries, ServiceDelivery, service_delivery, "service_delivery", narrow_deliveries);
list!(page_activities, count_activities, Activity, activity, "activity", narrow_activities);
list!(page_groups, count_groups, Group, group, "\"group\"", narrow_groups);

fn narrow_deliveries(mut sql: Sql, filter: &Filter) -> Sql {
    if let Some(case) = filter.case_id {
        sql = sql.then(" and l.case_id = ").uuid(case);
    }
    if let Some(service) = filter.service_id {
        sql = sql.then(" and l.service_id = ").uuid(service);
    }
    narrow(sql, filter)
}

fn narrow_activities(mut sql: Sql, filter: &Filter) -> Sql {
    if let Some(case) = filter.case_id {
        sql = sql.then(" and ").uuid(case).then(" = any(l.case_ids)");
    }
    if let Some(group) = filter.group_id {
        sql = sql.then(" and l.group_id = ").uuid(group);
    }
    if !filter.kind.is_empty() {
        sql = sql.then(" and l.kind = any(").words(filter.kind.iter().map(|kind| kind.word().to_owned()).collect()).then(")");
    }
    narrow(sql, filter)
}

fn narrow(mut sql: Sql, filter: &Filter) -> Sql {
    if let Some(centre) = filter.centre_id {
        sql = sql.then(" and l.centre_id = ").uuid(centre);
    }
    if let Some(from) = filter.from {
        sql = sql.then(" and l.occurred_on >= ").day(from);
    }
    if let Some(to) = filter.to {
        sql = sql.then(" and l.occurred_on <= ").day(to);
    }
    if let Some(reference) = &filter.external_reference {
        sql = sql.then(" and l.external_reference = ").word(reference);
    }
    match filter.voided {
        Some(true) => sql.then(" and l.voided"),
        Some(false) => sql.then(" and not l.voided"),
        None => sql,
    }
}

fn narrow_groups(mut sql: Sql, filter: &Filter) -> Sql {
    if let Some(centre) = filter.centre_id {
        sql = sql.then(" and l.centre_id = ").uuid(centre);
    }
    if let Some(programme) = filter.programme {
        sql = sql.then(" and l.programme = ").word(programme.word());
    }
    sql
}
