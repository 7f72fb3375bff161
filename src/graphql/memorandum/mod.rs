//! Memoranda as their parties and those who oversee see them.

mod input;
mod list;
mod loader;
mod mutation;
mod object;
mod query;

pub use list::of_owner;
pub use loader::PartnersOf;
pub use mutation::MemorandumMutation;
pub use object::{Memorandum, MemorandumConnection, MemorandumEdge};
pub use query::{MemorandumQuery, find};
