//! Service types (види послуг): rows of a classifier that come with migrations, never an enum. Codes of the state classifier
//! of social services where they are confirmed, codes of our own (M-000) otherwise.

pub mod model;
pub mod store;
