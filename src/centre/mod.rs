//! Resilience centres (Центр життєстійкості): a barrier-free space of a hromada where a provider gives the comprehensive
//! service of forming resilience, maybe in the rooms of another institution. Public to every organisation; the Ministry
//! registers them. A municipal centre of social services is not one of them.
//!
//! ```text
//! PLANNED ──► OPEN ◄──► SUSPENDED
//!    │          │           │
//!    └──────────┴───────────┴──► CLOSED
//! ```

pub mod actions;
pub mod model;
pub mod policy;
pub mod rules;
pub mod store;
