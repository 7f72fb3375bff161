//! Cases, persons and consents as their owner sees them.

mod input;
mod loader;
mod mutation;
mod object;
mod person;
mod query;

pub use input::PersonInput;
pub(super) use input::{patch, step_input};
pub use loader::ConsentById;
pub use mutation::CaseMutation;
pub(super) use mutation::desk;
pub use object::{Case, CaseConnection, CaseEdge, Consent};
pub use query::{CaseQuery, consent};
