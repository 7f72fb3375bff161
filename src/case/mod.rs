//! A case (випадок, справа): one managed need of a person, a family or a group. It belongs to one organisation;
//! partners never see it, they see the referral and what it shares. The law: Law on Social Services, articles 19 to 23.
//!
//! ```text
//! NEW ──► ASSESSMENT ──► DECISION_PENDING ──► PLANNING ──► ACTIVE ◄──► SUSPENDED
//!  │ emergency                  │                            ▲
//!  └────────────────────────────┼────────────────────────────┘      all but REFUSED ──► CLOSED
//!                               └──► REFUSED                        all ──► ENTERED_IN_ERROR
//! ```
//!
//! With it live the person (a record of this organisation, under a key of its own) and the consents.

pub mod actions;
pub mod consent;
pub mod model;
pub mod person;
pub mod policy;
pub mod rules;
pub mod sealed;
pub mod store;
