//! Work done, as the organisation that did it sees it.

mod input;
mod loader;
mod mutation;
mod object;
mod query;

pub use mutation::ActivityMutation;
pub use object::{Activity, Group, ServiceDelivery};
pub use query::{ActivityQuery, activity, delivery, group};
