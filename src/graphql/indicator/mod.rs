//! Figures: as their sources reported them.

mod cell;
mod input;
mod mutation;
mod object;
mod query;
mod table;

pub use cell::Cell;
pub use mutation::IndicatorMutation;
pub use object::{Observation, ObservationConnection, ObservationEdge};
pub use query::{IndicatorQuery, find};
pub use table::{Release, release};
