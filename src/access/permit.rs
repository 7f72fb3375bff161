//! Leave to do one thing with one object. A store's write demands a permit, and only a slice's `policy` grants one
//! (a test of the architecture): what did not ask does not compile.

use super::{actor::Actor, scope::Scope};
use crate::base::Error;
use uuid::Uuid;

/// Leave of one organisation for one act on one object. `Act` is the slice's enum of verbs.
#[derive(Debug)]
pub struct Permit<Act> {
    act: Act,
    organization_id: Uuid,
    object_id: Uuid,
}

impl<Act: Copy> Permit<Act> {
    /// For `policy` alone.
    pub(crate) fn grant(act: Act, actor: &Actor, object_id: Uuid) -> Self {
        Self { act, organization_id: actor.organization_id, object_id }
    }

    /// For `policy` alone: leave of the server itself or its operator, in the place of an organisation.
    pub(crate) fn grant_errand(act: Act, organization_id: Uuid, object_id: Uuid) -> Self {
        Self { act, organization_id, object_id }
    }

    pub fn act(&self) -> Act {
        self.act
    }

    /// Whose leave it is.
    pub fn organization_id(&self) -> Uuid {
        self.organization_id
    }

    /// The object that it is for: a store uses it in WHERE.
    pub fn object_id(&self) -> Uuid {
        self.object_id
    }
}

/// Why there is no leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// The application lacks this scope.
    Scope(Scope),
    /// The object is a stranger's: it does not exist for this caller.
    Stranger,
    /// The caller is a party, but this step is the other party's.
    OtherParty,
    /// The caller's own organisation has made what is to be decided on.
    OwnWork,
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        use crate::base::error::UserErrorCode;
        match denied {
            Denied::Scope(scope) => Self::Denied { scope: scope.word() },
            Denied::Stranger => Self::not_found("id"),
            Denied::OtherParty => {
                Self::refused(UserErrorCode::TransitionNotAllowed, "id", "This step belongs to another party.")
            }
            Denied::OwnWork => Self::refused(
                UserErrorCode::SeparationOfDuties,
                "id",
                "Nobody decides on what the same organisation has submitted, nor pays itself.",
            ),
        }
    }
}

/// Demands a scope: the first line of every policy.
pub fn scope(actor: &Actor, scope: Scope) -> Result<(), Denied> {
    if actor.holds(scope) { Ok(()) } else { Err(Denied::Scope(scope)) }
}
