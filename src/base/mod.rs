//! The ground floor: plain values and words that know no transport, no database and no actor.

#[macro_use]
pub mod message;
#[macro_use]
pub mod words;

pub mod clock;
pub mod edrpou;
pub mod error;
pub mod iban;
pub mod id;
pub mod katottg;
pub mod min_cell;
pub mod money;
pub mod number;
pub mod page;
pub mod period;
pub mod person_code;
pub mod phone;
pub mod recent;
pub mod text;
pub mod timetable;

pub use error::{Error, Refusal, Result};
pub use message::Message;
