//! All SQL of the slice.

use super::{
    model::*,
    policy::MemorandumAct,
    standing::{self, Agreement, Binding, Pair},
};
use crate::{
    access::Permit,
    base::{
        Error, Refusal, Result,
        error::UserErrorCode,
        page::Window,
        words::{access::FieldGroup, memorandum::MemorandumStatus},
    },
    db::{
        Link, Tx, fault,
        schema::{memorandum, memorandum_coverage, memorandum_event, memorandum_party, memorandum_span},
        sql::{Condition, Count, Keep, Sql},
    },
    organization::model::Key,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use std::collections::HashMap;
use uuid::Uuid;

pub async fn find(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Memorandum>> {
    Ok(memorandum::table.filter(memorandum::id.eq_any(ids)).select(Memorandum::as_select()).load(&mut link).await?)
}

/// The parties of several memoranda, the provider first, then as they were named.
pub async fn parties(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Party>> {
    use memorandum_party::*;
    let rows = table.filter(memorandum_id.eq_any(ids));
    let order = (role, invited_at, organization_id, entry);
    Ok(rows.order(order).select(Party::as_select()).load(&mut link).await?)
}

pub async fn coverage(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Coverage>> {
    let rows = memorandum_coverage::table.filter(memorandum_coverage::memorandum_id.eq_any(ids));
    let order = (memorandum_coverage::memorandum_id, memorandum_coverage::territory_code, memorandum_coverage::service_id);
    Ok(rows.order(order).select(Coverage::as_select()).load(&mut link).await?)
}

/// What has happened to several memoranda, oldest first.
pub async fn events(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Event>> {
    let rows = memorandum_event::table.filter(memorandum_event::memorandum_id.eq_any(ids));
    let order = (memorandum_event::memorandum_id, memorandum_event::at, memorandum_event::id);
    Ok(rows.order(order).select(Event::as_select()).load(&mut link).await?)
}

pub async fn spans(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Span>> {
    let rows = memorandum_span::table.filter(memorandum_span::memorandum_id.eq_any(ids));
    Ok(rows.order((memorandum_span::memorandum_id, memorandum_span::since)).select(Span::as_select()).load(&mut link).await?)
}

/// Several memoranda with all that decides about them.
pub async fn wholes(link: &Link, ids: &[Uuid]) -> Result<Vec<Whole>> {
    let rows = find(link, ids).await?;
    let mut parties = of_each(parties(link, ids).await?, |party| party.memorandum_id);
    let mut coverage = of_each(coverage(link, ids).await?, |line| line.memorandum_id);
    let mut events = of_each(events(link, ids).await?, |event| event.memorandum_id);
    let whole = |row: Memorandum| {
        let id = row.id;
        Whole {
            standing: Standing { parties: parties.remove(&id).unwrap_or_default(), row },
            coverage: coverage.remove(&id).unwrap_or_default(),
            events: events.remove(&id).unwrap_or_default(),
        }
    };
    Ok(rows.into_iter().map(whole).collect())
}

/// Rows by the memorandum to which they belong, in their order.
fn of_each<T>(rows: Vec<T>, memorandum: impl Fn(&T) -> Uuid) -> HashMap<Uuid, Vec<T>> {
    let mut of: HashMap<Uuid, Vec<T>> = HashMap::new();
    for row in rows {
        of.entry(memorandum(&row)).or_default().push(row);
    }
    of
}

/// The memorandum for a change, held until the end of the transaction, with all that decides about it.
pub async fn lock(tx: &Tx, id: Uuid) -> Result<Option<Whole>> {
    let held = memorandum::table.find(id).select(memorandum::id).for_update().first::<Uuid>(&mut tx.link()).await;
    match held.optional()? {
        Some(id) => Ok(wholes(tx.link(), &[id]).await?.pop()),
        None => Ok(None),
    }
}

#[derive(QueryableByName)]
struct Shared {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Of a party `b`: not one that was invited and has declined. For routing it is as if it had never been asked.
pub const NOT_DECLINED: &str = " and (b.status <> 'WITHDRAWN' or b.signed_at is not null)";

/// Which memoranda an organisation has with several others, as far as both know of them.
pub async fn between(mut link: &Link, own: Uuid, others: &[Uuid]) -> Result<Vec<Uuid>> {
    let shared = Sql::new(
        "select distinct a.memorandum_id as id from memorandum_party a join memorandum_party b on b.memorandum_id = a.memorandum_id where a.organization_id = ",
    )
    .uuid(own)
    .then(" and b.organization_id = any(")
    .uuids(others.to_vec())
    .then(")")
    .then(NOT_DECLINED)
    .then(" order by 1");
    Ok(shared.load::<Shared>(&mut link).await?.into_iter().map(|row| row.id).collect())
}

/// Organisations with which one has a memorandum that covers a service, whatever has become of it.
pub async fn partners_for(mut link: &Link, own: Uuid, service_id: Uuid, most: i64) -> Result<Vec<Uuid>> {
    let others = Sql::new(
        "select distinct b.organization_id as id from memorandum_party a join memorandum_party b on b.memorandum_id = a.memorandum_id \
         join memorandum_coverage c on c.memorandum_id = a.memorandum_id where a.organization_id = ",
    )
    .uuid(own)
    .then(" and b.organization_id <> a.organization_id and c.service_id = ")
    .uuid(service_id)
    .then(NOT_DECLINED)
    // Two partners of a centre do not route to each other through it.
    .then(" and 'CENTRE_PROVIDER' in (a.role, b.role) order by 1 limit ")
    .number(most);
    Ok(others.load::<Shared>(&mut link).await?.into_iter().map(|row| row.id).collect())
}

/// Holds memoranda as they are until the end of the transaction: whoever would end one waits, whoever has ended one is seen.
pub async fn hold(tx: &Tx, ids: &[Uuid]) -> Result<()> {
    let rows = memorandum::table.filter(memorandum::id.eq_any(ids)).order(memorandum::id).select(memorandum::id);
    rows.for_share().load::<Uuid>(&mut tx.link()).await?;
    Ok(())
}

/// A memorandum in the chain of a pair, with the bond of one of the two.
#[derive(QueryableByName)]
struct InChain {
    #[diesel(sql_type = SqlUuid)]
    first: Uuid,
    #[diesel(sql_type = SqlUuid)]
    one: Uuid,
    #[diesel(sql_type = SqlUuid)]
    other: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Array<Text>)]
    field_groups: Vec<FieldGroup>,
    #[diesel(sql_type = Integer)]
    retention_days: i32,
    #[diesel(sql_type = Bool)]
    onward_referral: bool,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    organization_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    bound_from: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    bound_until: Option<DateTime<Utc>>,
}

/// What binds each pair at a moment; one that was never bound has nothing.
pub async fn agreements(mut link: &Link, pairs: &[Pair], now: DateTime<Utc>) -> Result<HashMap<Pair, Agreement>> {
    let each = |id: fn(&Pair) -> Uuid| pairs.iter().map(id).collect();
    // OFFSET 0: each row by its key, whatever the planner thinks of their number.
    let links = Sql::new(
        "with recursive chain as (\
         select p.first, p.one, p.other, 0 as place, m.* from (select distinct * from unnest(",
    )
    .uuids(each(|pair| pair.memorandum_id))
    .then(", ")
    .uuids(each(|pair| pair.one))
    .then(", ")
    .uuids(each(|pair| pair.other))
    .then(
        ") asked (first, one, other)) p cross join lateral \
         (select id, field_groups, retention_days, onward_referral from memorandum where id = p.first offset 0) m \
         union all select c.first, c.one, c.other, c.place + 1, m.* from chain c cross join lateral \
         (select id, field_groups, retention_days, onward_referral from memorandum \
          where supersedes_id = c.id and not ended_unsigned offset 0) m) \
         select c.*, p.organization_id, p.bound_from, p.bound_until from chain c \
         left join memorandum_party p on p.memorandum_id = c.id and p.organization_id = any(array[c.one, c.other]) \
         and p.bound_from is not null order by c.first, c.one, c.other, c.place",
    );
    let mut chains: HashMap<Pair, Vec<Binding>> = HashMap::new();
    for link in links.load::<InChain>(&mut link).await? {
        let InChain { first, one, other, field_groups, retention_days, onward_referral, .. } = link;
        let chain = chains.entry(Pair { memorandum_id: first, one, other }).or_default();
        if chain.last().is_none_or(|last| last.memorandum_id != link.id) {
            let policy = Policy { field_groups, retention_days, onward_referral };
            chain.push(Binding { memorandum_id: link.id, policy, bound: Vec::new() });
        }
        if let (Some(last), Some(party), Some(from)) = (chain.last_mut(), link.organization_id, link.bound_from) {
            last.bound.push((party, from, link.bound_until));
        }
    }
    let agreed = |(pair, chain): (Pair, Vec<Binding>)| Some((pair, Agreement::of(&chain, pair.one, pair.other, now)?));
    Ok(chains.into_iter().filter_map(agreed).collect())
}

/// The memorandum and all that it renews, the latest first: what was sent under any of them goes on under it.
pub async fn renewed_by(mut link: &Link, id: Uuid) -> Result<Vec<Uuid>> {
    let chain = Sql::new("with recursive chain as (select m.id, m.supersedes_id from memorandum m where m.id = ").uuid(id).then(
        " union all select m.id, m.supersedes_id from chain c join memorandum m on m.id = c.supersedes_id) select id from chain",
    );
    Ok(chain.load::<Shared>(&mut link).await?.into_iter().map(|row| row.id).collect())
}

/// The memoranda that a filter leaves, as `l` after what is selected of it. Of one's own, or of one owner, there are few: each is asked
/// how it stands. Of the whole country the days are walked that stand so, newest first: all memoranda would be too many to ask.
fn narrowed(select: &'static str, filter: &Filter, today: NaiveDate) -> Sql {
    let few = filter.viewer.or(filter.centre_id).or(filter.organization_id).is_some();
    let stands = Some((filter.status.as_slice(), today)).filter(|(statuses, _)| !statuses.is_empty());
    let in_force = filter.in_force_on.map(|day| (&[MemorandumStatus::InForce][..], day));
    let ending = filter.expiring_within_days.map(|_| (&[MemorandumStatus::InForce, MemorandumStatus::Suspended][..], today));
    let mut asked: Vec<(&[MemorandumStatus], NaiveDate)> = [stands, in_force, ending].into_iter().flatten().collect();
    let words = |statuses: &[MemorandumStatus]| statuses.iter().map(|status| status.word().to_owned()).collect();
    let mut sql = Sql::new(select);
    if few || ending.is_some() || asked.is_empty() {
        sql = sql.then(" from memorandum l where true");
    } else {
        let (statuses, day) = asked.remove(0);
        sql = sql
            .then(" from (select memorandum_id as id, created_at from memorandum_span where status = any(")
            .words(words(statuses))
            .then(") and since <= ")
            .day(day)
            .then(" and until > ")
            .day(day)
            .then(") l where true");
    }
    if let Some(id) = filter.viewer {
        sql = sql
            .then(" and l.id = any(array(select p.memorandum_id from memorandum_party p where p.organization_id = ")
            .uuid(id)
            .then("))");
    }
    if let Some(id) = filter.centre_id {
        sql = sql.then(" and l.centre_id = ").uuid(id);
    }
    if let Some(id) = filter.organization_id {
        sql = sql
            .then(" and exists (select from memorandum_party p where p.memorandum_id = l.id and p.organization_id = ")
            .uuid(id)
            .then(")");
    }
    if let Some(days) = filter.expiring_within_days {
        let last = today.checked_add_days(chrono::Days::new(days.max(0).unsigned_abs().into())).unwrap_or(NaiveDate::MAX);
        sql = sql.then(" and l.effective_to between ").day(today).then(" and ").day(last);
    }
    for (statuses, day) in asked {
        sql = sql
            .then(" and (select s.status from memorandum_span s where s.memorandum_id = l.id and s.since <= ")
            .day(day)
            .then(" order by s.since desc limit 1) = any(")
            .words(words(statuses))
            .then(")");
    }
    sql
}

/// Rows of a page in reading direction, one more than asked for: keys first, as an array (see `centre::store::page`).
pub async fn page(mut link: &Link, filter: &Filter, window: &Window<Key>, today: NaiveDate) -> Result<Vec<Memorandum>> {
    let keys = narrowed("memorandum.id = any(array(select l.id", filter, today);
    let which = Condition(keys.newest(window).then("))"));
    let mut rows: Vec<Memorandum> = memorandum::table.filter(which).select(Memorandum::as_select()).load(&mut link).await?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.key()));
    if window.backward {
        rows.reverse();
    }
    Ok(rows)
}

/// How many memoranda the filter leaves, counted up to `most` + 1.
pub async fn count(mut link: &Link, filter: &Filter, today: NaiveDate, most: i64) -> Result<i64> {
    let sql = narrowed("select count(*) as count from (select 1", filter, today);
    Ok(sql.then(" limit ").number(most + 1).then(") counted").get_result::<Count>(&mut link).await?.count)
}

/// All memoranda of a centre that the caller may see.
pub async fn of_centre(mut link: &Link, centre_id: Uuid) -> Result<Vec<Whole>> {
    let ids = memorandum::table.filter(memorandum::centre_id.eq(centre_id)).select(memorandum::id);
    let ids: Vec<Uuid> = ids.load(&mut link).await?;
    wholes(link, &ids).await
}

/// How many partners a centre has on a day.
#[derive(QueryableByName)]
pub struct Partners {
    #[diesel(sql_type = SqlUuid)]
    pub centre_id: Uuid,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// The figure that people quote; public, past the wall around memoranda.
pub async fn partner_counts(mut link: &Link, centres: &[Uuid], on: NaiveDate) -> Result<Vec<Partners>> {
    let counted = Sql::new("select centre_id, count from mistok.partner_counts(").uuids(centres.to_vec()).then(", ");
    Ok(counted.day(on).then(")").load(&mut link).await?)
}

pub async fn insert(tx: &Tx, permit: &Permit<MemorandumAct>, new: &Whole) -> Result<()> {
    debug_assert!(permit.organization_id() == new.standing.row.provider_id);
    let done = diesel::insert_into(memorandum::table).values(&new.standing.row).execute(&mut tx.link()).await;
    done.map_err(|broken| match fault::broken(&broken) {
        Some("memorandum_number_is_unique") => {
            duplicate("number", "Your organisation has a memorandum with this number already.")
        }
        Some("memorandum_is_renewed_once") => duplicate("id", "This memorandum was renewed already."),
        _ => Error::from(broken),
    })?;
    diesel::insert_into(memorandum_party::table).values(&new.standing.parties).execute(&mut tx.link()).await?;
    diesel::insert_into(memorandum_coverage::table).values(&new.coverage).execute(&mut tx.link()).await?;
    diesel::insert_into(memorandum_event::table).values(&new.events).execute(&mut tx.link()).await?;
    diesel::insert_into(memorandum_span::table)
        .values(standing::spans(&new.standing, &new.events))
        .execute(&mut tx.link())
        .await?;
    Ok(())
}

fn duplicate(field: &str, message: &'static str) -> Error {
    Refusal::new(UserErrorCode::Duplicate, field, message).into()
}

/// What an act changes of a memorandum.
#[derive(Clone, Debug, Default)]
pub struct Changed {
    pub row: Option<Memorandum>,
    /// Parties that have moved.
    pub parties: Vec<Party>,
    /// Parties that have joined.
    pub joined: Vec<Party>,
    /// The whole coverage anew.
    pub coverage: Option<Vec<Coverage>>,
    pub events: Vec<Event>,
}

/// Writes a change of the whole under the permit: its version grows, and what follows from dates and events is computed anew.
pub async fn apply(tx: &Tx, permit: &Permit<MemorandumAct>, before: &Whole, changed: Changed) -> Result<Whole> {
    use memorandum::*;
    let old = &before.standing.row;
    let row = Memorandum { version: old.version + 1, updated_at: tx.now(), ..changed.row.unwrap_or_else(|| old.clone()) };
    let unchanged = table.filter(id.eq(permit.object_id())).filter(version.eq(old.version));
    let terms = (
        (title.eq(&row.title), effective_from.eq(row.effective_from), effective_to.eq(row.effective_to)),
        (field_groups.eq(&row.field_groups), retention_days.eq(row.retention_days), onward_referral.eq(row.onward_referral)),
        (invited_at.eq(row.invited_at), suspended_at.eq(row.suspended_at), terminated_at.eq(row.terminated_at)),
        (in_force_told_at.eq(row.in_force_told_at), ended_told_at.eq(row.ended_told_at), warned_days.eq(row.warned_days)),
        (updated_at.eq(row.updated_at), version.eq(row.version)),
    );
    if diesel::update(unchanged).set(terms).kept().execute(&mut tx.link()).await? != 1 {
        return Err(Error::conflict());
    }
    // Who declines no longer sees the memorandum by the next lines: its event comes first.
    diesel::insert_into(memorandum_event::table).values(&changed.events).execute(&mut tx.link()).await?;
    let mut parties = before.standing.parties.clone();
    for party in changed.parties {
        move_party(tx, &party).await?;
        let same = |old: &&mut Party| (old.organization_id, old.entry) == (party.organization_id, party.entry);
        parties.iter_mut().filter(same).for_each(|old| *old = party.clone());
    }
    diesel::insert_into(memorandum_party::table).values(&changed.joined).execute(&mut tx.link()).await?;
    parties.extend(changed.joined);
    let mut coverage = before.coverage.clone();
    if let Some(lines) = changed.coverage {
        let former = memorandum_coverage::table.filter(memorandum_coverage::memorandum_id.eq(row.id));
        diesel::delete(former).execute(&mut tx.link()).await?;
        diesel::insert_into(memorandum_coverage::table).values(&lines).execute(&mut tx.link()).await?;
        coverage = lines;
    }
    let events = before.events.iter().cloned().chain(changed.events).collect();
    let after = Whole { standing: Standing { row, parties }, coverage, events };
    let spans = standing::spans(&after.standing, &after.events);
    if spans != standing::spans(&before.standing, &before.events) {
        let former = memorandum_span::table.filter(memorandum_span::memorandum_id.eq(after.standing.row.id));
        diesel::delete(former).execute(&mut tx.link()).await?;
        diesel::insert_into(memorandum_span::table).values(&spans).execute(&mut tx.link()).await?;
    }
    Ok(after)
}

async fn move_party(tx: &Tx, party: &Party) -> Result<()> {
    use memorandum_party::*;
    let row = table.find((party.memorandum_id, party.organization_id, party.entry));
    let moved = (
        (status.eq(party.status), invited_at.eq(party.invited_at), signed_on.eq(&party.signed_on)),
        (signed_at.eq(party.signed_at), withdrawn_at.eq(party.withdrawn_at)),
        (bound_from.eq(party.bound_from), bound_until.eq(party.bound_until), wound_down_at.eq(party.wound_down_at)),
    );
    match diesel::update(row).set(moved).kept().execute(&mut tx.link()).await? {
        1 => Ok(()),
        _ => Err(Error::conflict()),
    }
}

/// Memoranda whose first day has come and was not told of, held.
pub async fn lock_beginning(tx: &Tx, today: NaiveDate, most: i64) -> Result<Vec<Uuid>> {
    let due = Sql::new(
        "select l.id from memorandum l where l.in_force_told_at is null and l.terminated_at is null and l.effective_from <= ",
    )
    .day(today)
    .then(" and (select s.status from memorandum_span s where s.memorandum_id = l.id and s.since <= ")
    .day(today)
    .then(" order by s.since desc limit 1) = 'IN_FORCE' order by l.id limit ")
    .number(most)
    .then(" for update of l skip locked");
    Ok(due.load::<Shared>(&mut tx.link()).await?.into_iter().map(|row| row.id).collect())
}

/// Memoranda that were in force, whose last day has passed and was not told of, held.
pub async fn lock_expired(tx: &Tx, today: NaiveDate, most: i64) -> Result<Vec<Uuid>> {
    let due = Sql::new("select l.id from memorandum l where l.ended_told_at is null and l.terminated_at is null and l.effective_to < ")
        .day(today)
        .then(" and exists (select from memorandum_span s where s.memorandum_id = l.id and s.status = 'EXPIRED') order by l.id limit ")
        .number(most)
        .then(" for update of l skip locked");
    Ok(due.load::<Shared>(&mut tx.link()).await?.into_iter().map(|row| row.id).collect())
}

/// Memoranda in force that end before a day, held; which warning is due, the rules say.
pub async fn lock_ending(tx: &Tx, today: NaiveDate, before: NaiveDate, most: i64) -> Result<Vec<Uuid>> {
    let due = Sql::new("select l.id from memorandum l where l.ended_told_at is null and l.terminated_at is null and l.effective_to between ")
        .day(today)
        .then(" and ")
        .day(before)
        .then(" and (l.warned_days is null or l.warned_days > (select min(w) from unnest(array[90, 60, 30, 7]) w where l.effective_to - ")
        .day(today)
        .then(" <= w)) and (select s.status from memorandum_span s where s.memorandum_id = l.id and s.since <= ")
        .day(today)
        .then(" order by s.since desc limit 1) in ('IN_FORCE', 'SUSPENDED') order by l.id limit ")
        .number(most)
        .then(" for update of l skip locked");
    Ok(due.load::<Shared>(&mut tx.link()).await?.into_iter().map(|row| row.id).collect())
}

/// Parties that have been unbound since a moment and whose referrals were not looked after, held.
pub async fn lock_to_wind_down(tx: &Tx, since: DateTime<Utc>, most: i64) -> Result<Vec<Party>> {
    let due = memorandum_party::table
        .filter(memorandum_party::bound_until.le(since))
        .filter(memorandum_party::wound_down_at.is_null())
        .order((memorandum_party::memorandum_id, memorandum_party::organization_id, memorandum_party::entry))
        .limit(most)
        .select(Party::as_select());
    Ok(due.for_update().skip_locked().load(&mut tx.link()).await?)
}

/// Notes that a party's referrals were looked after.
pub async fn wound_down(tx: &Tx, party: &Party) -> Result<()> {
    move_party(tx, party).await
}
