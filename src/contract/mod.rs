//! A funding contract (договір про фінансування): the Fund, a charity or an international organisation pays a provider for services
//! rendered. What was planned, done, claimed, accepted and paid stands side by side, to the kopiyka.
//!
//! ```text
//! contract  DRAFT ─► SIGNED ─► ACTIVE ⇄ SUSPENDED ─► COMPLETED          the funder moves it
//!             │         └──────┴───────────┴───────► TERMINATED         for a reason; what was done by then is still claimed
//!             └─► CANCELLED
//! tranche   PLANNED ─► APPROVED ─► PAID         PLANNED, APPROVED ─► WITHHELD, CANCELLED
//! act       DRAFT ─► SUBMITTED ─► ACCEPTED ─► PAID        one for each month; the provider drafts and submits,
//!                     │  ▲                                the funder decides: nobody on what the same organisation has submitted
//!                     ▼  │
//!                    RETURNED
//! ```
//!
//! PAID follows from payments alone, and a reversal takes it back. An amendment (додаткова угода) carries the whole new set of lines
//! and tranches from its day: the contract in force on any day is the base and the amendments until then (`terms`). The contract finds
//! its deliveries by provider, centre, service and day; a delivery knows no contract. Why money and work differ, `reconciliation` says.
//!
//! Law: acts of services rendered are the ground for payment (Law on Social Services, article 13; the resolution on the experimental
//! project). Tariffs and terms are attributes of the contract, never constants here.

pub mod actions;
pub mod claim;
pub mod claiming;
pub mod list;
pub mod model;
pub mod paying;
pub mod payout;
pub mod policy;
pub mod publishing;
pub mod reconciliation;
pub mod rules;
pub mod standard;
pub mod store;
pub mod terms;
