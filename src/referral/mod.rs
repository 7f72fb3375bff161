//! A referral (скерування): asked by the sender, fulfilled by the receiver, one status seen alike by both.
//!
//! ```text
//! DRAFT ─► SENT ─► RECEIVED ─► ACCEPTED ─► IN_PROGRESS ◄─► ON_HOLD       sender: send, cancel, mark as error
//!           │ └───────┬──────────▲ │           │              │           receiver: everything else
//!           ▼         ▼            ▼           ▼              ▼
//!         CANCELLED  DECLINED    COMPLETED · NOT_COMPLETED · CANCELLED    any ─► ENTERED_IN_ERROR (sender)
//! ```
//!
//! Three questions have one place each: to whom a person may be sent (`routing`), whether the law lets the data go (`lawful`),
//! and what may be told (`sharing`).

pub mod actions;
pub mod candidate;
pub mod ending;
pub mod lawful;
pub mod model;
pub mod onward;
pub mod parting;
pub mod policy;
pub mod routing;
pub mod rules;
pub mod sending;
pub mod sharing;
pub mod store;
