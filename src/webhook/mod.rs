//! Webhooks (вебхуки): the feed of changes brought to a partner by requests, after Standard Webhooks 1.0
//! (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
//!
//! ```text
//!  endpoint:  create ──▶ ENABLED ──owner · 410 · five days of failure · application revoked──▶ DISABLED ──┐
//!                           ▲──────────────────────────────── update ─────────────────────────────────────┘
//!
//!  delivery:  PENDING, behind an earlier one of the same object
//!                │ that one has ended
//!                ▼
//!             PENDING, due ──claim──▶ under way ──2xx──▶ SUCCEEDED ──┐
//!                ▲                        │ anything else            │ replay
//!                └── wait (ten attempts) ─┴──────────▶ FAILED ───────┴──▶ PENDING
//! ```
//!
//! A change becomes a delivery for each endpoint that may know of it (`delivering::fan_out`, one server at a time, by its own place
//! in the feed). Within one endpoint and object at most one delivery is due or under way, whichever server works: hence the order.
//! A claim ends by the clock, so that a dead server's deliveries go out from another one: a change arrives at least once, and the
//! `webhook-id` tells a receiver that it has it already.
//!
//! A request may go to public addresses alone (`address`), checked when the endpoint is made and again when it connects.

pub mod actions;
pub mod address;
pub mod delivering;
pub mod model;
pub mod outside;
pub mod policy;
pub mod queue;
pub mod rules;
pub mod schedule;
pub mod signature;
pub mod store;

pub use outside::Outside;
