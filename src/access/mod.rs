//! Who asks and what leave they hold. No database here.

pub mod actor;
pub mod bucket;
pub mod permit;
pub mod scope;
pub mod token;

pub use actor::Actor;
pub use permit::{Denied, Permit};
pub use scope::{Scope, Scopes};
