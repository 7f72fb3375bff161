//! All SQL of the slice.

use super::{
    model::{Assessment, Case, Consent, Event, Filter, Goal},
    person::Lookup,
    policy::CaseAct,
};
use crate::{
    access::Permit,
    base::{
        Error, Refusal, Result,
        error::UserErrorCode,
        page::Window,
        words::{
            access::ActorKind,
            case::{AgeBand, Sex},
        },
    },
    db::{
        Link, Tx,
        door::Author,
        fault,
        schema::{assessment, case, case_event, consent, plan_goal},
        sql::{Condition, Count, Keep, Sql},
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{prelude::*, sql_types::Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// Keys of the order "newest first".
pub type Key = (DateTime<Utc>, Uuid);

pub async fn find(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Case>> {
    Ok(case::table.filter(case::id.eq_any(ids)).select(Case::as_select()).load(&mut link).await?)
}

/// The case for a change, held until the end of the transaction.
pub async fn lock(tx: &Tx, id: Uuid) -> Result<Option<Case>> {
    let row = case::table.find(id).select(Case::as_select()).for_update().first(&mut tx.link()).await;
    Ok(row.optional()?)
}

/// All cases of one's own person, the oldest first.
pub async fn of_person(mut link: &Link, person_id: Uuid) -> Result<Vec<Case>> {
    let rows = case::table.filter(case::person_id.eq(person_id)).order((case::created_at, case::id)).select(Case::as_select());
    Ok(rows.load(&mut link).await?)
}

/// All cases of one's own person, held.
pub async fn lock_of_person(tx: &Tx, person_id: Uuid) -> Result<Vec<Case>> {
    let rows = case::table.filter(case::person_id.eq(person_id)).order(case::id).select(Case::as_select());
    Ok(rows.for_update().load(&mut tx.link()).await?)
}

pub async fn insert(tx: &Tx, permit: &Permit<CaseAct>, new: &Case) -> Result<()> {
    debug_assert_eq!((permit.object_id(), permit.organization_id()), (new.id, new.organization_id));
    let done = diesel::insert_into(case::table).values(new).kept().execute(&mut tx.link()).await;
    done.map_err(|broken| match fault::broken(&broken) {
        Some("case_external_reference_is_unique") => {
            Refusal::new(UserErrorCode::Duplicate, "externalReference", "A case with this external reference exists already.")
                .into()
        }
        Some("case_one_for_a_referral") => {
            Refusal::new(UserErrorCode::Duplicate, "referralId", "A case was opened from this referral already.").into()
        }
        _ => Error::from(broken),
    })?;
    Ok(())
}

/// Writes what may change, under the permit and only if nobody was faster.
pub async fn apply(tx: &Tx, permit: &Permit<CaseAct>, before: &Case, after: &Case) -> Result<Case> {
    let after = Case { version: before.version + 1, updated_at: tx.now(), ..after.clone() };
    let owned = case::table
        .filter(case::id.eq(permit.object_id()))
        .filter(case::organization_id.eq(permit.organization_id()))
        .filter(case::version.eq(before.version));
    let changed = diesel::update(owned)
        .set((
            (
                case::primary_category.eq(after.primary_category),
                case::categories.eq(&after.categories),
                case::household_size.eq(after.household_size),
            ),
            (
                case::safety_flag.eq(after.safety_flag),
                case::closed_on.eq(after.closed_on),
                case::assessed_on.eq(after.assessed_on),
            ),
            (
                case::status.eq(after.status),
                case::refusal_ground.eq(after.refusal_ground),
                case::close_reason.eq(after.close_reason),
            ),
            (case::updated_at.eq(after.updated_at), case::version.eq(after.version)),
        ))
        .kept()
        .execute(&mut tx.link())
        .await?;
    if changed == 1 { Ok(after) } else { Err(Error::conflict()) }
}

/// The cases of one's own person with the days of their intake.
pub async fn intakes(tx: &Tx, organization_id: Uuid, person_id: Uuid) -> Result<Vec<(Uuid, NaiveDate)>> {
    let rows = case::table.filter(case::organization_id.eq(organization_id)).filter(case::person_id.eq(person_id));
    Ok(rows.select((case::id, case::opened_on)).load(&mut tx.link()).await?)
}

/// Marks a case with what figures tell apart; coarse, and no new version of the case.
pub async fn mark(tx: &Tx, case_id: Uuid, sex: Sex, age_band: AgeBand) -> Result<()> {
    let marked = (case::sex.eq(sex), case::age_band.eq(age_band));
    diesel::update(case::table.find(case_id)).set(marked).kept().execute(&mut tx.link()).await?;
    Ok(())
}

/// Writes a step of the history; its id is where a sealed reason belongs.
pub async fn note(
    tx: &Tx,
    permit: &Permit<CaseAct>,
    case: &Case,
    from: Option<crate::base::words::case::CaseStatus>,
) -> Result<Uuid> {
    let (actor_kind, application_id) = match tx.author() {
        Author::Application { application_id, .. } => (ActorKind::Application, Some(*application_id)),
        Author::System => (ActorKind::System, None),
        Author::Operator => (ActorKind::Operator, None),
    };
    let id = crate::base::id::timed();
    let event = Event {
        id,
        case_id: permit.object_id(),
        organization_id: permit.organization_id(),
        at: tx.now(),
        from_status: from,
        to_status: case.status,
        actor_kind,
        application_id,
    };
    diesel::insert_into(case_event::table).values(event).kept().execute(&mut tx.link()).await?;
    Ok(id)
}

pub async fn insert_assessment(tx: &Tx, _permit: &Permit<CaseAct>, new: &Assessment) -> Result<()> {
    diesel::insert_into(assessment::table).values(new).kept().execute(&mut tx.link()).await?;
    Ok(())
}

/// A new plan replaces the one before, which is kept.
pub async fn replace_goals(tx: &Tx, permit: &Permit<CaseAct>, goals: &[Goal]) -> Result<()> {
    let current = plan_goal::table.filter(plan_goal::case_id.eq(permit.object_id())).filter(plan_goal::replaced_at.is_null());
    diesel::update(current).set(plan_goal::replaced_at.eq(tx.now())).kept().execute(&mut tx.link()).await?;
    diesel::insert_into(plan_goal::table).values(goals).execute(&mut tx.link()).await?;
    Ok(())
}

pub async fn insert_consent(tx: &Tx, _permit: &Permit<CaseAct>, new: &Consent) -> Result<()> {
    diesel::insert_into(consent::table).values(new).kept().execute(&mut tx.link()).await?;
    Ok(())
}

pub async fn lock_consent(tx: &Tx, id: Uuid) -> Result<Option<Consent>> {
    let row = consent::table.find(id).select(Consent::as_select()).for_update().first(&mut tx.link()).await;
    Ok(row.optional()?)
}

/// The consents of one's own person that still open something, held.
pub async fn lock_consents_of(tx: &Tx, person_id: Uuid) -> Result<Vec<Consent>> {
    let open = consent::table
        .filter(consent::person_id.eq(person_id))
        .filter(consent::withdrawn_at.is_null())
        .filter(consent::expired_at.is_null())
        .filter(consent::expires_at.gt(tx.now()));
    Ok(open.order(consent::id).select(Consent::as_select()).for_update().load(&mut tx.link()).await?)
}

/// Erases the person of a permit's case or referral: the key, all that is sealed, the hashes under which it was found. False: it was
/// erased before.
pub async fn erase_person(tx: &Tx, _permit: &Permit<CaseAct>, person_id: Uuid) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Erased {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        erased: bool,
    }
    let erase = Sql::new("select mistok.erase_person(").uuid(person_id).then(") as erased");
    Ok(erase.get_result::<Erased>(&mut tx.link()).await?.erased)
}

pub async fn apply_consent(tx: &Tx, permit: &Permit<CaseAct>, before: &Consent, after: &Consent) -> Result<Consent> {
    let after = Consent { version: before.version + 1, ..after.clone() };
    let owned = consent::table
        .filter(consent::id.eq(before.id))
        .filter(consent::case_id.eq(permit.object_id()))
        .filter(consent::version.eq(before.version));
    let changed = diesel::update(owned)
        .set((consent::withdrawn_at.eq(after.grant.withdrawn_at), consent::version.eq(after.version)))
        .kept()
        .execute(&mut tx.link())
        .await?;
    if changed == 1 { Ok(after) } else { Err(Error::conflict()) }
}

/// Replaces the hashes under which a person is found.
pub async fn index_person(tx: &Tx, organization_id: Uuid, person_id: Uuid, lookups: &[Lookup]) -> Result<()> {
    let old = Sql::new("delete from person_lookup where person_id = ").uuid(person_id);
    old.execute(&mut tx.link()).await?;
    for lookup in lookups {
        let new = Sql::new("insert into person_lookup (organization_id, kind, hash, person_id) values (")
            .uuid(organization_id)
            .then(", ")
            .word(lookup.kind.word())
            .then(", ")
            .bytes(lookup.hash.clone())
            .then(", ")
            .uuid(person_id)
            .then(")");
        new.execute(&mut tx.link()).await?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// One's own person with this tax number.
pub async fn person_by(tx: &Tx, organization_id: Uuid, lookup: &Lookup) -> Result<Option<Uuid>> {
    let found = Sql::new("select person_id as id from person_lookup where organization_id = ")
        .uuid(organization_id)
        .then(" and kind = ")
        .word(lookup.kind.word())
        .then(" and hash = ")
        .bytes(lookup.hash.clone())
        .then(" order by person_id limit 1");
    let ids: Vec<Id> = found.load(&mut tx.link()).await?;
    Ok(ids.into_iter().next().map(|row| row.id))
}

/// One's own open cases whose person looks like the one of `of`.
pub async fn similar(mut link: &Link, of: &Case) -> Result<Vec<Case>> {
    let alike = Sql::new(
        "\"case\".person_id in (select other.person_id from person_lookup mine join person_lookup other \
         on other.organization_id = mine.organization_id and other.kind = mine.kind and other.hash = mine.hash where mine.person_id = ",
    )
    .uuid(of.person_id)
    .then(") and \"case\".id <> ").uuid(of.id)
    .then(" and \"case\".status not in ('CLOSED', 'REFUSED', 'ENTERED_IN_ERROR')");
    let found = case::table
        .filter(case::organization_id.eq(of.organization_id))
        .filter(Condition(alike))
        .order((case::created_at.desc(), case::id.desc()))
        .limit(20)
        .select(Case::as_select());
    Ok(found.load(&mut link).await?)
}

/// What the filter says, as conditions on `c`.
fn narrowed(mut sql: Sql, filter: &Filter, today: NaiveDate) -> Sql {
    if let Some(id) = filter.centre_id {
        sql = sql.then(" and c.centre_id = ").uuid(id);
    }
    if let Some(code) = &filter.territory {
        sql = sql
            .then(" and c.territory_code in (select t.code from territory t where t.ancestors @> array[")
            .word(code)
            .then("])");
    }
    if let Some(category) = filter.category {
        sql = sql.then(" and ").word(category.word()).then(" = any(c.categories)");
    }
    if let Some(day) = filter.opened_from {
        sql = sql.then(" and c.opened_on >= ").day(day);
    }
    if let Some(day) = filter.opened_to {
        sql = sql.then(" and c.opened_on <= ").day(day);
    }
    if let Some(code) = &filter.code {
        sql = sql.then(" and c.code = ").word(code);
    }
    if let Some(reference) = &filter.external_reference {
        sql = sql.then(" and c.external_reference = ").word(reference);
    }
    match filter.assessment_overdue {
        Some(true) => sql = sql.then(" and c.assessed_by < ").day(today),
        Some(false) => sql = sql.then(" and coalesce(c.assessed_by >= ").day(today).then(", true)"),
        None => {}
    }
    if let Some(lookup) = &filter.person {
        sql = sql.then(" and c.person_id in (select l.person_id from person_lookup l where l.organization_id = c.organization_id and l.kind = ")
            .word(lookup.kind.word()).then(" and l.hash = ").bytes(lookup.hash.clone()).then(")");
    }
    sql
}

/// Keys of a page. With states the index of each is walked by itself: `= any` would walk the whole organisation.
fn keys(organization_id: Uuid, filter: &Filter, window: &Window<Key>, today: NaiveDate) -> Sql {
    let turned = window.backward;
    let mut sql = if filter.status.is_empty() {
        Sql::new("select c.id, c.created_at from \"case\" c where c.organization_id = ").uuid(organization_id)
    } else {
        Sql::new("select k.id, k.created_at from unnest(").words(filter.status.iter().map(|s| s.word().to_owned()).collect())
            .then("::text[]) w(status) cross join lateral (select c.id, c.created_at from \"case\" c where c.status = w.status and c.organization_id = ")
            .uuid(organization_id)
    };
    if let Some((at, id)) = window.after {
        sql = sql.then(" and (c.created_at, c.id) < (").at(at).then(", ").uuid(id).then(")");
    }
    if let Some((at, id)) = window.before {
        sql = sql.then(" and (c.created_at, c.id) > (").at(at).then(", ").uuid(id).then(")");
    }
    sql = narrowed(sql, filter, today);
    let order = |alias_c: bool| match (alias_c, turned) {
        (true, false) => " order by c.created_at desc, c.id desc limit ",
        (true, true) => " order by c.created_at, c.id limit ",
        (false, false) => ") k order by k.created_at desc, k.id desc limit ",
        (false, true) => ") k order by k.created_at, k.id limit ",
    };
    sql = sql.then(order(true)).number(window.limit());
    if filter.status.is_empty() { sql } else { sql.then(order(false)).number(window.limit()) }
}

/// Rows of a page in reading direction, one more than asked for.
pub async fn page(
    mut link: &Link,
    organization_id: Uuid,
    filter: &Filter,
    window: &Window<Key>,
    today: NaiveDate,
) -> Result<Vec<Case>> {
    let within = Sql::new("\"case\".id = any(array(select page.id from (")
        .inner(keys(organization_id, filter, window, today))
        .then(") page))");
    let mut rows: Vec<Case> = case::table.filter(Condition(within)).select(Case::as_select()).load(&mut link).await?;
    rows.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.id)));
    if window.backward {
        rows.reverse();
    }
    Ok(rows)
}

/// How many cases the filter leaves, counted up to `most` + 1.
pub async fn count(mut link: &Link, organization_id: Uuid, filter: &Filter, today: NaiveDate, most: i64) -> Result<i64> {
    let mut sql =
        Sql::new("select count(*) as count from (select 1 from \"case\" c where c.organization_id = ").uuid(organization_id);
    if !filter.status.is_empty() {
        sql = sql.then(" and c.status = any(").words(filter.status.iter().map(|s| s.word().to_owned()).collect()).then(")");
    }
    let sql = narrowed(sql, filter, today).then(" limit ").number(most + 1).then(") counted");
    Ok(sql.get_result::<Count>(&mut link).await?.count)
}

pub async fn events(mut link: &Link, cases: &[Uuid]) -> Result<Vec<Event>> {
    let rows = case_event::table.filter(case_event::case_id.eq_any(cases)).order(case_event::id).select(Event::as_select());
    Ok(rows.load(&mut link).await?)
}

pub async fn assessments(mut link: &Link, cases: &[Uuid]) -> Result<Vec<Assessment>> {
    let rows = assessment::table.filter(assessment::case_id.eq_any(cases)).order((assessment::assessed_on, assessment::at));
    Ok(rows.select(Assessment::as_select()).load(&mut link).await?)
}

/// The goals of the plans in force.
pub async fn goals(mut link: &Link, cases: &[Uuid]) -> Result<Vec<Goal>> {
    let rows = plan_goal::table.filter(plan_goal::case_id.eq_any(cases)).filter(plan_goal::replaced_at.is_null());
    Ok(rows.order(plan_goal::position).select(Goal::as_select()).load(&mut link).await?)
}

pub async fn consents(mut link: &Link, cases: &[Uuid]) -> Result<Vec<Consent>> {
    let rows = consent::table.filter(consent::case_id.eq_any(cases)).order((consent::given_at, consent::id));
    Ok(rows.select(Consent::as_select()).load(&mut link).await?)
}

pub async fn find_consents(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Consent>> {
    Ok(consent::table.filter(consent::id.eq_any(ids)).select(Consent::as_select()).load(&mut link).await?)
}
