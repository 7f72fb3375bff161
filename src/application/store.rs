//! All SQL of applications.

use super::{
    model::{Application, ChangeApplication, DeprecatedUse, Login, NewApplication},
    policy::Act,
    shelf,
    usage::{Count, Place},
};
use crate::{
    access::{Permit, token::assertion::Assertion},
    base::{Error, Result, error::UserErrorCode, words::access::ApplicationStatus},
    db::{
        Link, Tx, fault,
        schema::{application, assertion},
        sql::{Keep, Sql},
    },
};
use chrono::{DateTime, Duration, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, QueryableByName,
    SelectableHelper, sql_types::Bool,
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// Most applications that a list shows, the newest first.
const SHOWN: i64 = 500;

/// Those of the named applications that the caller may see.
pub async fn find(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Application>> {
    Ok(application::table.filter(application::id.eq_any(ids)).select(Application::as_select()).load(&mut link).await?)
}

/// The applications of one organisation, the newest first.
pub async fn list(mut link: &Link, organization_id: Uuid) -> Result<Vec<Application>> {
    let rows = application::table
        .filter(application::organization_id.eq(organization_id))
        .order((application::created_at.desc(), application::id.desc()))
        .limit(SHOWN)
        .select(Application::as_select());
    Ok(rows.load(&mut link).await?)
}

/// Takes one application for a change; no one else changes it until the end of the transaction.
pub async fn lock(tx: &Tx, id: Uuid) -> Result<Option<Application>> {
    let mut link = tx.link();
    let row = application::table.find(id).select(Application::as_select()).for_update().first(&mut link).await;
    Ok(row.optional()?)
}

/// Whether an organisation has any application; seen past the wall, as yes or no alone.
pub async fn has_application(mut link: &Link, organization_id: Uuid) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Has {
        #[diesel(sql_type = Bool)]
        has: bool,
    }
    let ask = Sql::new("select mistok.has_application(").uuid(organization_id).then(") as has");
    let row: Has = ask.get_result(&mut link).await?;
    Ok(row.has)
}

/// How many applications of an organisation are active.
pub async fn count_active(mut link: &Link, organization_id: Uuid) -> Result<i64> {
    let count = application::table
        .filter(application::organization_id.eq(organization_id))
        .filter(application::status.eq(ApplicationStatus::Active))
        .count();
    Ok(count.get_result(&mut link).await?)
}

/// Writes a new application under the permit's id.
pub async fn insert(tx: &Tx, permit: &Permit<Act>, new: NewApplication) -> Result<()> {
    let mut link = tx.link();
    let new = NewApplication { id: permit.object_id(), ..new };
    match diesel::insert_into(application::table).values(&new).execute(&mut link).await {
        Ok(_) => Ok(()),
        Err(broken) if fault::broken(&broken) == Some("application_stranger_makes_only_the_first") => Err(taken()),
        // Somebody made the first one since it was looked: the wall sees it before the constraint does.
        Err(broken) if new.seeded_by.is_some() && fault::walled(&broken) => Err(taken()),
        Err(other) => Err(other.into()),
    }
}

/// Another organisation's first application exists already.
pub fn taken() -> Error {
    let why = "The organisation has an application already. It registers others itself.";
    Error::refused(UserErrorCode::Duplicate, "organizationId", why)
}

/// Applies a change to the version that was read; the new version, or none where somebody else was faster.
pub async fn apply(tx: &Tx, permit: &Permit<Act>, version: i32, change: &ChangeApplication) -> Result<Option<i32>> {
    let mut link = tx.link();
    let mine = application::table
        .find(permit.object_id())
        .filter(application::organization_id.eq(permit.organization_id()))
        .filter(application::version.eq(version));
    let grown = application::version.eq(application::version + 1);
    let row = match change {
        ChangeApplication::Rotate { secret_hash, previous_until } => {
            diesel::update(mine)
                .set((
                    grown,
                    // The right side sees the row as it was.
                    application::previous_secret_hash.eq(application::secret_hash.nullable()),
                    application::secret_hash.eq(secret_hash),
                    application::previous_secret_until.eq(Some(*previous_until)),
                ))
                .returning(application::version)
                .get_result(&mut link)
                .await
        }
        ChangeApplication::ReplaceKeys { public_keys } => {
            diesel::update(mine)
                .set((
                    grown,
                    application::public_keys.eq(Some(public_keys)),
                    application::secret_hash.eq(Vec::new()),
                    application::previous_secret_hash.eq(None::<Vec<u8>>),
                    application::previous_secret_until.eq(None::<DateTime<Utc>>),
                ))
                .returning(application::version)
                .get_result(&mut link)
                .await
        }
        ChangeApplication::Trust { documents_only } => {
            diesel::update(mine)
                .set((grown, application::trusted_documents_only.eq(documents_only)))
                .returning(application::version)
                .get_result(&mut link)
                .await
        }
        ChangeApplication::Revoke => {
            diesel::update(mine)
                .set((grown, application::status.eq(ApplicationStatus::Revoked)))
                .returning(application::version)
                .get_result(&mut link)
                .await
        }
    };
    Ok(row.optional()?)
}

/// Puts documents on an application's shelf, in the place of all others if so wished; how many there are then.
pub async fn put_documents(tx: &Tx, permit: &Permit<Act>, texts: &[String], replace: bool) -> Result<i64> {
    use crate::db::schema::trusted_document as d;
    let mut link = tx.link();
    let mine = d::table.filter(d::application_id.eq(permit.object_id()));
    if replace {
        diesel::delete(mine).execute(&mut link).await?;
    }
    let rows: Vec<_> = texts
        .iter()
        .map(|text| {
            let (id, own) = (permit.object_id(), permit.organization_id());
            let hash = d::hash.eq(shelf::hash(text).to_vec());
            (d::application_id.eq(id), hash, d::organization_id.eq(own), d::text.eq(text), d::created_at.eq(tx.now()))
        })
        .collect();
    diesel::insert_into(d::table).values(rows).on_conflict_do_nothing().execute(&mut link).await?;
    Ok(mine.count().get_result(&mut link).await?)
}

/// A document of an application by its hash, looked up before a request begins.
pub async fn document(mut link: &Link, application_id: Uuid, hash: &shelf::Hash) -> Result<Option<String>> {
    #[derive(QueryableByName)]
    struct Document {
        #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
        text: Option<String>,
    }
    let ask =
        Sql::new("select mistok.trusted_document(").uuid(application_id).then(", ").bytes(hash.to_vec()).then(") as text");
    let row: Document = ask.get_result(&mut link).await?;
    Ok(row.text)
}

/// Who a client is, looked up before anyone is known.
pub async fn login(mut link: &Link, client_id: &str) -> Result<Option<Login>> {
    let ask = Sql::new("select * from mistok.login(").word(client_id).then(")");
    let row = ask.get_result(&mut link).await;
    Ok(row.optional()?)
}

/// Notes that a client has shown this; false: it did so before.
pub async fn spend(tx: &Tx, application_id: Uuid, shown: &Assertion) -> Result<bool> {
    let mut link = tx.link();
    let row =
        (assertion::application_id.eq(application_id), assertion::id.eq(shown.id.as_slice()), assertion::until.eq(shown.until));
    let new = diesel::insert_into(assertion::table).values(row).on_conflict_do_nothing().execute(&mut link).await?;
    Ok(new == 1)
}

/// Notes that an application has got a token; once a minute is enough.
pub async fn used(tx: &Tx, id: Uuid) -> Result<()> {
    let mut link = tx.link();
    let long_ago = tx.now() - Duration::minutes(1);
    diesel::update(application::table.find(id))
        .filter(application::last_used_at.is_null().or(application::last_used_at.lt(long_ago)))
        .set(application::last_used_at.eq(tx.now()))
        .kept()
        .execute(&mut link)
        .await?;
    Ok(())
}

/// Adds to what an application has asked for although it is deprecated.
pub async fn count_use(tx: &Tx, of: &Place, more: &Count) -> Result<()> {
    let mut link = tx.link();
    Sql::new(
        "insert into deprecated_use (application_id, coordinate, organization_id, count, first_used_at, last_used_at) values (",
    )
    .uuid(of.application_id)
    .then(", ")
    .word(of.coordinate.clone())
    .then(", ")
    .uuid(of.organization_id)
    .then(", ")
    .number(more.count)
    .then(", ")
    .at(more.first)
    .then(", ")
    .at(more.last)
    .then(
        ") on conflict (application_id, organization_id, coordinate) do update set count = deprecated_use.count + excluded.count, \
             last_used_at = greatest(deprecated_use.last_used_at, excluded.last_used_at)",
    )
    .execute(&mut link)
    .await?;
    Ok(())
}

/// What applications have asked for although it is deprecated, as far as the caller may see it.
pub async fn deprecated_uses(mut link: &Link, ids: &[Uuid]) -> Result<Vec<DeprecatedUse>> {
    use crate::db::schema::deprecated_use as u;
    let rows = u::table.filter(u::application_id.eq_any(ids)).order((u::application_id, u::coordinate));
    Ok(rows.select(DeprecatedUse::as_select()).load(&mut link).await?)
}
