//! Who may register and change centres: the Ministry, with the scope that only it may hold.

use crate::access::{Actor, Denied, Permit, Scope, permit};
use uuid::Uuid;

/// What one may do with a centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CentreAct {
    Register,
    Update,
}

/// Leave for one act on a centre.
pub fn may(actor: &Actor, act: CentreAct, id: Uuid) -> Result<Permit<CentreAct>, Denied> {
    permit::scope(actor, Scope::RegistryWrite)?;
    Ok(Permit::grant(act, actor, id))
}

/// The operator and the demo, on the server's own machine, may do all of it.
pub fn operator(act: CentreAct, id: Uuid) -> Permit<CentreAct> {
    Permit::grant_errand(act, Uuid::nil(), id)
}
