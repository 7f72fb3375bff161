//! Resilience centres and their teams.

mod list;
mod mutation;
mod object;
mod query;

pub use list::of_owner;
pub use mutation::CentreMutation;
pub use object::{Centre, CentreConnection, CentreEdge, StaffPost, node, row};
pub use query::CentreQuery;
