//! A referral (скерування): asked by the sender, fulfilled by the receiver, one status seen alike by both.
//!
//! ```text
//! DRAFT ─► SENT ─► RECEIVED ─► ACCEPTED ─► IN_PROGRESS ◄─► ON_HOLD       sender: send, cancel, mark as error
//!           │ └───────┬──────────▲ │           │              │           receiver: everything else
//!           ▼         ▼            ▼           ▼              ▼
//!         CANCELLED  DECLINED    COMPLETED · NOT_COMPLETED · CANCELLED    any ─► ENTERED_IN_ERROR (sender)
//! ```
//!
//! Four questions have one place each: to whom a person may be sent (`routing`), whether the law lets the data go (`lawful`), what
//! may be told (`sharing`), and how long a step may take (`clock`, with `timing` and the timetable of `base`).
//! How a receiver works, as far as everyone may know it, the database counts by itself and `figure` reads; what of the other side's person may be
//! opened it decides by itself, and `behind` reads that with the facts by which `sharing` decides; `sheet` reads what an export tells.

pub mod actions;
pub mod behind;
pub mod candidate;
pub mod clock;
pub mod clock_store;
pub mod ending;
pub mod erasing;
pub mod figure;
pub mod lawful;
pub mod model;
pub mod onward;
pub mod parting;
pub mod policy;
pub mod routing;
pub mod rules;
pub mod sending;
pub mod sharing;
pub mod sheet;
pub mod store;
pub mod timing;
