//! Who may record a hromada's part in the project: the Ministry, with the scope that only it may hold.

use crate::{
    access::{Actor, Denied, Permit, Scope, permit},
    base::katottg,
};
use uuid::Uuid;

/// What one may do with a territory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerritoryAct {
    RecordParticipation,
}

/// Leave for one act on a territory.
pub fn may(actor: &Actor, act: TerritoryAct, code: &str) -> Result<Permit<TerritoryAct>, Denied> {
    permit::scope(actor, Scope::RegistryWrite)?;
    Ok(Permit::grant(act, actor, katottg::key(code)))
}

/// The operator and the demo, on the server's own machine, may do all of it.
pub fn operator(act: TerritoryAct, code: &str) -> Permit<TerritoryAct> {
    Permit::grant_errand(act, Uuid::nil(), katottg::key(code))
}
