//! A memorandum of cooperation (меморандум про співпрацю): between the provider of a centre and its partners. It decides to whom
//! people may be sent, for which services, where, and what may be told of them.
//!
//! ```text
//! DRAFT ─► NEGOTIATION ─► SIGNED ─► IN_FORCE ─► EXPIRED         provider: update, invite, suspend, resume, terminate, renew
//!            (invited)   (provider     │ ▲                      each party: sign
//!                         and one    ▼ │                      a partner: withdraw
//!                         partner)  SUSPENDED                   any of these ─► TERMINATED
//! ```
//!
//! The status is not kept: it is computed for a day from the dates and events (`standing`), so that what was in force on a past
//! day can be told tomorrow. It is in force for those who have signed, each from its own signing; a silent invitee blocks nobody.
//! Once signed it never goes back: if the last partner leaves, it binds nobody but its provider, and others may be invited. Who has
//! left may be invited again and is a party anew; until then it sees the memorandum as it was when it left. Who declined sees nothing.
//! What its end does to referrals stands in `referral/parting`.

pub mod actions;
pub mod model;
pub mod policy;
pub mod rules;
pub mod standing;
pub mod store;
