//! Funding contracts, their acts and payments, as their two sides and those who oversee see them.

mod act;
mod input;
mod list;
mod loader;
mod mutation;
mod object;
mod query;
mod reconciliation;

pub use act::{ServiceAct, ServiceActConnection, ServiceActEdge};
pub use list::of_centre;
pub use mutation::ContractMutation;
pub use object::{FundingContract, FundingContractConnection, FundingContractEdge};
pub use query::{ContractQuery, act, find};
