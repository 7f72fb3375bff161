//! All SQL of the slice.

use super::model::{Event, Filter, Found, Glance, Referral};
use crate::{
    access::Permit,
    base::{
        Error, Result, id,
        page::Window,
        words::referral::{Direction, ReferralAction, ReferralOrder, ReferralStatus},
    },
    case::rules::erased,
    db::{
        Link, Tx,
        schema::{offering, referral, referral_event},
        sql::{Condition, Count, Keep, Sql, Wording, Written},
    },
    memorandum::store::NOT_DECLINED,
    offering::model::Offering,
    organization::{
        model::AsOf,
        store::{EDITION, edition},
    },
    seal::{PersonKey, Seal},
    territory::model::Territory,
};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Binary, Nullable},
};
use diesel_async::RunQueryDsl;
use futures_util::TryStreamExt;
use std::sync::Arc;
use uuid::Uuid;

/// Keys of a list: the moment of its order, and the id.
pub type Key = (DateTime<Utc>, Uuid);

/// Stands for "no answer is due" in the order of due answers; a key may not be null.
const NEVER: DateTime<Utc> = DateTime::from_timestamp(253_402_214_400, 0).expect("9999-12-31 is a day");

pub async fn find(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Referral>> {
    Ok(referral::table.filter(referral::id.eq_any(ids)).select(Referral::as_select()).load(&mut link).await?)
}

/// The referral for a change, held until the end of the transaction.
pub async fn lock(tx: &Tx, id: Uuid) -> Result<Option<Referral>> {
    let row = referral::table.find(id).select(Referral::as_select()).for_update().first(&mut tx.link()).await;
    Ok(row.optional()?)
}

/// The referrals sent under a consent, held, in the order of their ids so that two endings do not wait in a ring. Drafts are left
/// alone: who sends one holds it and waits for the consent.
pub async fn lock_under(tx: &Tx, consent_id: Uuid) -> Result<Vec<Referral>> {
    let rows = referral::table.filter(referral::consent_id.eq(consent_id)).filter(referral::sent_at.is_not_null());
    let rows = rows.order(referral::id).select(Referral::as_select());
    Ok(rows.for_update().load(&mut tx.link()).await?)
}

/// All referrals of one's own person, the oldest first.
pub async fn of_person(mut link: &Link, person_id: Uuid) -> Result<Vec<Referral>> {
    use referral::{created_at, id, person_id as person, table};
    Ok(table.filter(person.eq(person_id)).order((created_at, id)).select(Referral::as_select()).load(&mut link).await?)
}

/// All referrals of one's own person, held.
pub async fn lock_of_person(tx: &Tx, person_id: Uuid) -> Result<Vec<Referral>> {
    let rows = referral::table.filter(referral::person_id.eq(person_id)).order(referral::id).select(Referral::as_select());
    Ok(rows.for_update().load(&mut tx.link()).await?)
}

/// Referrals in some states that were sent under one of several memoranda, of one organisation if it is named, held.
pub async fn lock_agreed(tx: &Tx, memoranda: &[Uuid], states: &[ReferralStatus], of: Option<Uuid>) -> Result<Vec<Referral>> {
    let whose = match of {
        Some(party) => Sql::new("").uuid(party).then(" in (referral.sender_id, referral.receiver_id)"),
        None => Sql::new("true"),
    };
    let rows = referral::table
        .filter(referral::memorandum_id.eq_any(memoranda))
        .filter(referral::status.eq_any(states))
        .filter(Condition(whose))
        .order(referral::id)
        .select(Referral::as_select());
    Ok(rows.for_update().load(&mut tx.link()).await?)
}

/// What others offer of a service, those first that stand nearest: with whom the sender shares a memorandum, those of the
/// person's hromada, of its region, the others.
pub async fn offers(mut link: &Link, sender: Uuid, service: Uuid, hromada: &Territory, most: i64) -> Result<Vec<Offering>> {
    let which = Sql::new(
        "offering.id = any(array(select o.id from offering o join organization r on r.id = o.organization_id \
         left join territory t on t.code = r.territory_code left join centre c on c.id = o.centre_id where o.service_id = ",
    )
    .uuid(service)
    .then(" and r.id <> ")
    .uuid(sender)
    .then(
        " order by exists (select from memorandum_party a join memorandum_party b on b.memorandum_id = a.memorandum_id \
         where a.organization_id = ",
    )
    .uuid(sender)
    .then(" and b.organization_id = r.id")
    .then(NOT_DECLINED)
    .then(") desc, (r.territory_code = any(")
    .words(hromada.ancestors.clone())
    .then(") or coalesce(c.territory_code = any(")
    .words(hromada.ancestors.clone())
    .then("), false)) desc nulls last, (t.region_code = ")
    .word(hromada.region_code.clone())
    .then(") desc nulls last, o.id limit ")
    .number(most)
    .then("))");
    Ok(offering::table.filter(Condition(which)).order(offering::id).select(Offering::as_select()).load(&mut link).await?)
}

pub async fn insert(tx: &Tx, permit: &Permit<ReferralAction>, new: &Referral) -> Result<()> {
    debug_assert_eq!((permit.object_id(), permit.organization_id()), (new.id, new.sender_id));
    diesel::insert_into(referral::table).values(new).kept().execute(&mut tx.link()).await?;
    Ok(())
}

/// Writes what may change, under the permit and only if nobody was faster.
pub async fn apply(tx: &Tx, permit: &Permit<ReferralAction>, before: &Referral, after: &Referral) -> Result<Referral> {
    if permit.object_id() != before.id {
        return Err(Error::internal("a permit for another referral"));
    }
    write(tx, before, after).await
}

/// The same for the server itself, when a time had come or a consent has ended.
pub async fn end(tx: &Tx, before: &Referral, after: &Referral) -> Result<Referral> {
    write(tx, before, after).await
}

/// A new state as it will be written: what depends on it need not wait for the writing.
pub fn next(tx: &Tx, before: &Referral, after: Referral) -> Referral {
    let glance = Glance { version: before.version + 1, updated_at: tx.now(), ..after.glance };
    Referral { glance, ..after }
}

async fn write(tx: &Tx, before: &Referral, after: &Referral) -> Result<Referral> {
    use referral::*;
    let after = next(tx, before, after.clone());
    let changed = diesel::update(table.filter(id.eq(before.id)).filter(version.eq(before.version)))
        .set((
            (sender_centre_id.eq(after.sender_centre_id), receiver_centre_id.eq(after.receiver_centre_id)),
            (service_id.eq(after.service_id), territory_code.eq(&after.territory_code), urgency.eq(after.urgency)),
            (legal_basis.eq(after.terms.legal_basis), legal_ground.eq(&after.legal_ground), consent_id.eq(after.consent_id)),
            (minor.eq(after.terms.minor), safety_flag.eq(after.safety_flag), shared_groups.eq(&after.terms.shared_groups)),
            (status.eq(after.status), status_reason.eq(after.status_reason), outcome.eq(after.outcome)),
            (sent_at.eq(after.sent_at), respond_by.eq(after.respond_by), accepted_at.eq(after.accepted_at)),
            (
                ended_at.eq(after.ended_at),
                retention_until.eq(after.terms.retention_until),
                redaction_requested_at.eq(after.terms.redaction_requested_at),
            ),
            (memorandum_id.eq(after.terms.memorandum_id), redaction_acknowledged_at.eq(after.terms.redaction_acknowledged_at)),
            (updated_at.eq(after.updated_at), version.eq(after.version)),
        ))
        .kept()
        .execute(&mut tx.link())
        .await?;
    if changed == 1 { Ok(after) } else { Err(Error::conflict()) }
}

/// Writes a step of the shared history; its id is where a sealed note belongs.
pub async fn note(tx: &Tx, after: &Referral, from: Option<ReferralStatus>) -> Result<Uuid> {
    let event = Event {
        id: id::timed(),
        referral_id: after.id,
        at: tx.now(),
        from_status: from,
        to_status: after.status,
        reason: after.status_reason,
        organization_id: tx.author().organization(),
        version: after.version,
    };
    diesel::insert_into(referral_event::table).values(&event).kept().execute(&mut tx.link()).await?;
    Ok(event.id)
}

pub async fn events(mut link: &Link, referrals: &[Uuid]) -> Result<Vec<Event>> {
    let rows = referral_event::table.filter(referral_event::referral_id.eq_any(referrals));
    Ok(rows.order((referral_event::version, referral_event::id)).select(Event::as_select()).load(&mut link).await?)
}

/// Onward referrals of these, as far as the caller is a party of them.
pub async fn children(mut link: &Link, parents: &[Uuid]) -> Result<Vec<Referral>> {
    let rows = referral::table.filter(referral::parent_id.eq_any(parents)).order(referral::created_at);
    Ok(rows.select(Referral::as_select()).load(&mut link).await?)
}

#[derive(QueryableByName)]
struct Wrapped {
    #[diesel(sql_type = Nullable<Binary>)]
    wrapped: Option<Vec<u8>>,
}

/// The key under which a party seals its note.
pub async fn key_to_write(tx: &Tx, seal: &Seal, referral: &Referral) -> Result<PersonKey> {
    let asked = Sql::new("select mistok.key_to_write(").uuid(referral.id).then(") as wrapped");
    let Wrapped { wrapped } = asked.get_result(&mut tx.link()).await?;
    let wrapped = wrapped.ok_or_else(|| erased("note"))?;
    seal.unwrap(referral.terms.person_id, &wrapped)
}

/// Referrals whose days of retention are over and not yet told.
pub async fn lock_retained(tx: &Tx, today: chrono::NaiveDate, most: i64) -> Result<Vec<Referral>> {
    let due = referral::table
        .filter(referral::retention_until.lt(today))
        .filter(referral::redaction_requested_at.is_null())
        // In the order of its index: by their ids all referrals would be walked to find that nothing is due.
        .order(referral::retention_until)
        .limit(most)
        .select(Referral::as_select());
    Ok(due.for_update().skip_locked().load(&mut tx.link()).await?)
}

/// Consents whose time has come and is not yet told.
pub async fn lock_expired_consents(tx: &Tx, most: i64) -> Result<Vec<crate::case::model::Consent>> {
    use crate::{case::model::Consent, db::schema::consent};
    let due = consent::table
        .filter(consent::expires_at.le(tx.now()))
        .filter(consent::withdrawn_at.is_null())
        .filter(consent::expired_at.is_null())
        .order(consent::expires_at)
        .limit(most)
        .select(Consent::as_select());
    Ok(due.for_update().skip_locked().load(&mut tx.link()).await?)
}

/// Notes that the expiry of a consent was published.
pub async fn consent_expired(tx: &Tx, before: &crate::case::model::Consent) -> Result<i32> {
    use crate::db::schema::consent;
    let version = before.version + 1;
    let row = consent::table.filter(consent::id.eq(before.id)).filter(consent::version.eq(before.version));
    let changed = diesel::update(row)
        .set((consent::expired_at.eq(tx.now()), consent::version.eq(version)))
        .kept()
        .execute(&mut tx.link())
        .await?;
    if changed == 1 { Ok(version) } else { Err(Error::conflict()) }
}

/// One's own case that was opened from a referral, for each.
pub async fn own_cases(mut link: &Link, referrals: &[Uuid]) -> Result<Vec<crate::case::model::Case>> {
    use crate::{case::model::Case, db::schema::case};
    Ok(case::table.filter(case::referral_id.eq_any(referrals)).select(Case::as_select()).load(&mut link).await?)
}

/// A list of referrals: whose, narrowed to what, in which order, as of when.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    pub viewer: Uuid,
    pub filter: &'a Filter,
    pub order: ReferralOrder,
    pub now: DateTime<Utc>,
}

/// The moment by which an order sorts a referral, as its viewer sees it.
pub fn key(row: &Glance, viewer: Uuid, order: ReferralOrder) -> Key {
    let at = match order {
        ReferralOrder::NewestFirst => row.seen_at(viewer),
        ReferralOrder::UpdatedLast => row.updated_at,
        ReferralOrder::RespondByFirst => match row.status {
            ReferralStatus::Sent | ReferralStatus::Received => row.respond_by.unwrap_or(NEVER),
            _ => NEVER,
        },
    };
    (at, row.id)
}

/// Column, and whether the list descends by it.
const fn ordered(order: ReferralOrder) -> (&'static str, bool) {
    match order {
        ReferralOrder::NewestFirst => ("p.seen_at", true),
        ReferralOrder::UpdatedLast => ("p.updated_at", true),
        ReferralOrder::RespondByFirst => ("p.due_at", false),
    }
}

/// What the filter says, as conditions on the access table `p`.
fn narrowed(mut sql: Sql, filter: &Filter, now: DateTime<Utc>) -> Sql {
    if let Some(direction) = filter.direction {
        let role = if direction == Direction::Inbound { "RECEIVER" } else { "SENDER" };
        sql = sql.then(" and p.role = ").word(role);
    }
    if !filter.urgency.is_empty() {
        sql = sql.then(" and p.urgency = any(").words(filter.urgency.iter().map(|u| u.word().to_owned()).collect()).then(")");
    }
    match filter.overdue {
        Some(true) => sql = sql.then(" and p.due_at < ").at(now),
        Some(false) => sql = sql.then(" and p.due_at >= ").at(now),
        None => {}
    }
    if let Some(mine) = filter.turn_of_me {
        sql = sql.then(if mine { " and (" } else { " and not (" }).then(
            "p.role = 'SENDER' and p.status = 'DRAFT' or p.role = 'RECEIVER' and p.status in ('SENT', 'RECEIVED', 'ACCEPTED', 'IN_PROGRESS', 'ON_HOLD'))",
        );
    }
    if let Some(pending) = filter.redaction_pending {
        sql = sql.then(if pending { " and p.redaction_pending" } else { " and not p.redaction_pending" });
    }
    for (column, value) in [
        (" and p.service_id = ", filter.service_id),
        (" and p.counterparty_id = ", filter.counterparty_id),
        (" and p.centre_id = ", filter.centre_id),
        (" and p.case_id = ", filter.case_id),
    ] {
        if let Some(value) = value {
            sql = sql.then(column).uuid(value);
        }
    }
    if let Some(number) = &filter.number {
        sql = sql.then(" and p.referral_id = (select r.id from referral r where r.number = ").word(number).then(")");
    }
    if let Some(basis) = filter.legal_basis {
        sql = sql.then(" and p.legal_basis = ").word(basis.word());
    }
    if let Some(outcome) = filter.outcome {
        sql = sql.then(" and p.outcome = ").word(outcome.word());
    }
    for (column, value) in [
        (" and p.seen_at >= ", filter.since),
        (" and p.seen_at < ", filter.until),
        (" and p.updated_at >= ", filter.updated_from),
        (" and p.updated_at < ", filter.updated_to),
    ] {
        if let Some(value) = value {
            sql = sql.then(column).at(value);
        }
    }
    sql
}

/// Columns of a page from the access table, `p`, in order. With states the index of each is walked by itself.
fn in_order(columns: Sql, list: &List<'_>, window: &Window<Key>) -> Sql {
    let List { viewer, filter, order, now } = *list;
    let (column, descends) = ordered(order);
    let falls = descends != window.backward;
    let by_status = !filter.status.is_empty();
    let mut sql = Sql::new("select ").inner(columns);
    sql = match by_status {
        true => sql
            .then(" from unnest(")
            .words(filter.status.iter().map(|status| status.word().to_owned()).collect())
            .then("::text[]) w(status) cross join lateral (select p.* from referral_party p where p.status = w.status and p.org_id = "),
        false => sql.then(" from referral_party p where p.org_id = "),
    };
    sql = sql.uuid(viewer);
    for (bound, after) in [(window.after, true), (window.before, false)] {
        if let Some((at, id)) = bound {
            let less = if descends == after { ", p.referral_id) < (" } else { ", p.referral_id) > (" };
            sql = sql.then(" and (").then(column).then(less).at(at).then(", ").uuid(id).then(")");
        }
    }
    let cut = |sql: Sql| {
        let sql = sql.then(" order by ").then(column);
        sql.then(if falls { " desc, p.referral_id desc limit " } else { ", p.referral_id limit " }).number(window.limit())
    };
    sql = cut(narrowed(sql, filter, now));
    if by_status { cut(sql.then(") p")) } else { sql }
}

/// A glance of a referral as the access table has it, whose row a trigger writes with the referral's own.
const GLANCE: &str = "p.referral_id, p.number, case p.role when 'SENDER' then p.org_id else p.counterparty_id end, \
    case p.role when 'SENDER' then p.counterparty_id else p.org_id end, p.service_id, p.territory_code, p.urgency, p.status, p.status_reason, \
    p.outcome, p.created_at, p.sent_at, p.respond_by, p.updated_at, p.version, ";

fn glance() -> Sql {
    Sql::new(GLANCE).then(EDITION)
}

async fn glances(mut link: &Link, which: Sql) -> Result<AsOf<Arc<Found>>> {
    // The same columns, of the referrals themselves.
    let rows = Written::of(&referral::table.select((Glance::as_select(), edition())), which);
    let rows: Vec<(Glance, i64)> = rows.load(&mut link).await?;
    Ok(rows.into_iter().map(|(row, edition)| (Arc::new(Found::Glance(row)), edition)).collect())
}

/// The whole of referrals that a condition picks.
async fn wholes(mut link: &Link, which: Sql) -> Result<AsOf<Arc<Found>>> {
    static WORDING: Wording = Wording::new();
    let question = referral::table.select((Referral::as_select(), edition()));
    let written = Written::of(&question, WORDING.sql(&question)?.then(" where ").inner(which));
    // A row is large: it is put where it stays as soon as it is read.
    let rows = written.load_stream::<(Referral, i64)>(&mut link).await?;
    let rows: Vec<_> = rows.map_ok(|(row, edition)| (Found::whole(Arc::new(row)), edition)).try_collect().await?;
    Ok(rows.into_iter().collect())
}

/// One referral, as its viewer sees it.
pub async fn find_as_of(link: &Link, viewer: Uuid, id: Uuid, whole: bool) -> Result<AsOf<Arc<Found>>> {
    if whole {
        return wholes(link, Sql::new("referral.id = ").uuid(id)).await;
    }
    let sql = Sql::new("select ").inner(glance()).then(" from referral_party p where p.referral_id = ").uuid(id);
    glances(link, sql.then(" and p.org_id = ").uuid(viewer)).await
}

/// Rows of a page in reading direction, one more than asked for. Wholes are found by their keys, which come first and are few, whatever the statistics
/// say; as an array, since a generic plan takes `in (… limit $n)` for a tenth of the table and joins by hash.
pub async fn page(link: &Link, list: &List<'_>, window: &Window<Key>, whole: bool) -> Result<AsOf<Arc<Found>>> {
    let mut read = match whole {
        true => {
            let keys = Sql::new("referral.id = any(array(").inner(in_order(Sql::new("p.referral_id"), list, window)).then("))");
            wholes(link, keys).await?
        }
        false => glances(link, in_order(glance(), list, window)).await?,
    };
    read.rows.sort_by_key(|found| key(found.glance(), list.viewer, list.order));
    if ordered(list.order).1 != window.backward {
        read.rows.reverse();
    }
    Ok(read)
}

/// How many the filter leaves, counted up to `most` + 1.
pub async fn count(mut link: &Link, list: &List<'_>, most: i64) -> Result<i64> {
    let List { viewer, filter, now, .. } = *list;
    let mut sql = Sql::new("select count(*) as count from (select 1 from referral_party p where p.org_id = ").uuid(viewer);
    if !filter.status.is_empty() {
        sql = sql.then(" and p.status = any(").words(filter.status.iter().map(|s| s.word().to_owned()).collect()).then(")");
    }
    let sql = narrowed(sql, filter, now).then(" limit ").number(most + 1).then(") counted");
    Ok(sql.get_result::<Count>(&mut link).await?.count)
}
