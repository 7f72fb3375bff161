//! Who may register and change organisations: the Ministry, with the scope that only it may hold, and the operator.

use crate::access::{Actor, Denied, Permit, Scope, permit};
use uuid::Uuid;

/// What one may do with an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganizationAct {
    Register,
    Update,
}

/// Leave for one act on an organisation.
pub fn may(actor: &Actor, act: OrganizationAct, id: Uuid) -> Result<Permit<OrganizationAct>, Denied> {
    permit::scope(actor, Scope::RegistryWrite)?;
    Ok(Permit::grant(act, actor, id))
}

/// The operator and the demo, on the server's own machine, may do all of it.
pub fn operator(act: OrganizationAct, id: Uuid) -> Permit<OrganizationAct> {
    Permit::grant_errand(act, Uuid::nil(), id)
}
