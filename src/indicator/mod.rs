//! Figures (показники): as their sources reported them, and as the server counts them. The two are never mixed.
//!
//! An observation is a figure that an organisation reports of itself, of its own centre or of a territory: with a comparator
//! ("понад 2 тисячі" is GT 2000), a kind, partial dates, and the source where it was published. It holds no person.
//!
//! What is counted comes from a roll-up that the database keeps while people work: no question reads the country's rows. One's own
//! figures are sums of it, live. Those of others about people are published month by month, decided once and for good.
//!
//! ```text
//! work, cases, referrals ─▶ tally ─┬─▶ one's own, live ─────────────────────────────┐
//!                                  └─▶ release (disclosure) ─▶ frozen figures ──────┤
//! contracts, acts, payments ─▶ their sums, live; what a service has cost ◀─ services ┤
//! observationReport ─▶ row, its value closed to other rooms ────────────────────────┼─▶ protected ─▶ Protected ─▶ an answer
//!                                        audience (policy) and threshold (settings) ┘
//! ```
//!
//! The law on personal data forbids to publish what points at a person: a figure about few people is kept back from all but whose
//! figure it is, and with it others from which it could be worked out. There is one place that lets a figure out, `protected`, and
//! a figure that has not passed it has no type that could be answered with.

pub mod actions;
pub mod asking;
pub mod disclosure;
mod frozen;
pub mod funding;
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
