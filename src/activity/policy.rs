//! Who may do what with work done: the organisation that did it, with the right scope, and nobody else.

use crate::access::{Actor, Denied, Permit, Scope, permit};
use uuid::Uuid;

/// What one may do with deliveries, activities and groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkAct {
    Read,
    RecordServices,
    RecordActivities,
    CreateGroup,
}

impl WorkAct {
    pub const ALL: [Self; 4] = [Self::Read, Self::RecordServices, Self::RecordActivities, Self::CreateGroup];

    const fn scope(self) -> Scope {
        match self {
            Self::Read => Scope::ServicesRead,
            _ => Scope::ServicesWrite,
        }
    }
}

/// Leave for one act on work of `owner_id`; `object_id` is the group, or the call that records.
pub fn may(actor: &Actor, act: WorkAct, owner_id: Uuid, object_id: Uuid) -> Result<Permit<WorkAct>, Denied> {
    permit::scope(actor, act.scope())?;
    if !actor.is(owner_id) {
        return Err(Denied::Stranger);
    }
    Ok(Permit::grant(act, actor, object_id))
}
