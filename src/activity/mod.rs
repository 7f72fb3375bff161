//! Work done: services given to people, group sessions and events, groups of a course (послуги, заходи, групи).
//!
//! Any organisation records its own work, with or without a centre, and nobody else sees its rows. Rows come in calls of up
//! to a thousand, and again: organisations retry and import anew, hence `external_reference`, unique for each organisation.
//!
//! ```text
//!            same content            other content, CORRECT
//! (new) ──▶ RECORDED ──▶ UNCHANGED ──▶ CORRECTED (the next version; the former one is kept)
//!               └─ void ─▶ VOIDED: out of every figure; recorded again with CORRECT it counts again
//! ```
//!
//! Services provided are the quantities of deliveries and the participants of group work. An attendance that is linked to a
//! case is a delivery too, of the activity: it stands in the history of the case and is not counted once more.
//! `sheet` reads what an export tells.

pub mod actions;
pub mod model;
pub mod policy;
pub mod rules;
pub mod sheet;
pub mod store;
