//! Referrals as their two parties see them.

mod candidate;
mod clock;
mod explain;
mod input;
mod loader;
mod mutation;
mod object;
mod query;
mod subject;

pub use mutation::ReferralMutation;
pub use object::{AT_A_GLANCE, Redaction, Referral, ReferralConnection, ReferralEdge};
pub use query::{ReferralQuery, find, maybe, of_case};
