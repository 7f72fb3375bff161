//! What PostgreSQL says, as an [`Error`]. Names of constraints become refusals in the slice's own store, by [`broken`].

use crate::base::{Error, error::ErrorCode};
use diesel::result::{DatabaseErrorKind, Error as Diesel};

impl From<Diesel> for Error {
    fn from(fault: Diesel) -> Self {
        match fault {
            // The second: it was closed while the statement was on its way.
            Diesel::DatabaseError(DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand, _) => {
                Self::unavailable(fault)
            }
            // Somebody else moved the same row in the same moment.
            Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Self::conflict(),
            // A timeout of a lock or a statement, a ring of waiters that PostgreSQL has cut, a server that stops or begins:
            // trying again may help.
            Diesel::DatabaseError(DatabaseErrorKind::Unknown, ref about)
                if ["canceling statement", "deadlock detected", "terminating connection", "the database system is"]
                    .iter()
                    .any(|passing| about.message().starts_with(passing)) =>
            {
                Self::unavailable(fault)
            }
            // U+0000, which JSON can say and no text of PostgreSQL can hold: the question is at fault, not the server.
            Diesel::DatabaseError(DatabaseErrorKind::Unknown, ref about)
                if about.message().starts_with("invalid byte sequence") =>
            {
                Self::question(
                    ErrorCode::BadUserInput,
                    "",
                    "A text holds the character U+0000, which stands in no name and no code.",
                )
            }
            other => Self::internal(other),
        }
    }
}

impl From<diesel_async::pooled_connection::deadpool::PoolError> for Error {
    fn from(fault: diesel_async::pooled_connection::deadpool::PoolError) -> Self {
        Self::unavailable(fault)
    }
}

/// Whether PostgreSQL has cut a ring of waiters here: nothing of the transaction was done.
pub fn is_ring(fault: &Error) -> bool {
    let Error::Unavailable(cause) = fault else { return false };
    matches!(cause.0.downcast_ref(), Some(Diesel::DatabaseError(_, about)) if about.message().starts_with("deadlock detected"))
}

/// The name of the constraint that a statement broke, if it was one.
pub fn broken(fault: &Diesel) -> Option<&str> {
    match fault {
        Diesel::DatabaseError(_, about) => about.constraint_name(),
        _ => None,
    }
}

/// Whether the second wall itself has refused a new row.
pub fn walled(fault: &Diesel) -> bool {
    let said = "new row violates row-level security policy";
    matches!(fault, Diesel::DatabaseError(_, about) if about.message().starts_with(said))
}
