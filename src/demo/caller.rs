//! In whose name the demonstration acts: the organisations' own applications.

use super::registry::{ORGANIZATIONS, organization};
use crate::{
    access::{Actor, Scopes},
    application::operator,
    base::{
        Result,
        words::access::{AccessPurpose, ApplicationStatus},
    },
    db::Db,
};

/// The active application of an organisation, as the one who asks.
pub async fn active(db: &Db, number: u16) -> Result<Option<Actor>> {
    let organization_id = organization(number);
    let Some(kind) = ORGANIZATIONS.iter().find(|one| one.number == number).map(|one| one.kind) else { return Ok(None) };
    let all = operator::list(db, organization_id).await?;
    let active = all.into_iter().find(|application| application.status == ApplicationStatus::Active);
    Ok(active.map(|application| Actor {
        application_id: application.id,
        organization_id,
        kind,
        scopes: Scopes::of_kind(kind),
        purpose: Some(AccessPurpose::CaseWork),
        acting_for: None,
        language: Default::default(),
    }))
}
