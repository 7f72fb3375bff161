//! Figures (показники): as their sources reported them, beside what the server counts. The two are never mixed.
//!
//! An observation is a figure that an organisation reports of itself, of its own centre or of a territory: with a comparator
//! ("понад 2 тисячі" is GT 2000), a kind, partial dates, and the source where it was published. It holds no person.
//!
//! ```text
//! observationReport ─► row, its value closed to other rooms ─► protected::publish ─► Protected ─► an answer
//!                                                                    ▲
//!                                                   audience (policy) and threshold (settings)
//! ```
//!
//! The law on personal data forbids to publish what points at a person: a figure about few people is kept back from all but whose
//! figure it is. There is one place that decides, `protected`, and a figure that has not passed it has no type that could be
//! answered with.

pub mod actions;
pub mod asking;
pub mod disclosure;
mod frozen;
pub mod model;
mod month;
pub mod policy;
pub mod protected;
pub mod question;
pub mod release;
pub mod rules;
pub mod store;
pub mod table;
pub mod tally;
