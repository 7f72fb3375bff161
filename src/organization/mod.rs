//! Organisations (організації): providers of social services, authorities, the Fund, the Ministry and everybody who sends
//! or takes referrals. The kind decides which scopes their applications may hold. Public to each other; the Ministry or the
//! operator registers them, so that nobody makes himself a state body.
//!
//! A sole proprietor (ФОП) has no EDRPOU; the tax number is personal: it is sealed when it comes in and never leaves.

pub mod actions;
pub mod model;
pub mod operator;
pub mod policy;
pub mod rules;
pub mod store;
