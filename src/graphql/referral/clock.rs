//! How long each phase of a referral may take, and how it stands.

use crate::{
    base::words::referral::{ClockPhase, ClockState},
    graphql::{context::Session, organization::Organization, scalars::DateTime},
    referral::{clock, model},
};
use async_graphql::{Context, Object, Result};

/// A clock of a referral (строк): how long one phase may take, by urgency, in plain hours or in the working hours of Europe/Kyiv as the server is configured (EMERGENCY always in plain hours).
#[derive(Clone)]
pub struct ReferralClock(pub model::ReferralClock);

/// A clock of a referral (строк): how long one phase may take, by urgency, in plain hours or in the working hours of Europe/Kyiv as the server is configured (EMERGENCY always in plain hours).
#[Object]
impl ReferralClock {
    /// What it measures (етап).
    async fn phase(&self) -> ClockPhase {
        self.0.phase
    }

    /// Whose clock it is: the party whose turn it is while it runs (чий строк).
    async fn owner(&self, ctx: &Context<'_>) -> Result<Organization> {
        Organization::load(ctx, self.0.owner_id).await
    }

    /// When it is due; null while it is PAUSED, since the pause moves it, and if it stopped during a pause (виконати до).
    async fn due_at(&self) -> Option<DateTime> {
        clock::due(&self.0).map(DateTime)
    }

    /// When it stopped; null while it runs or waits (зупинено).
    async fn stopped_at(&self) -> Option<DateTime> {
        self.0.stopped_at.map(DateTime)
    }

    /// How it stands; MET says that it stopped in time, also by a cancellation (стан строку).
    async fn state(&self, ctx: &Context<'_>) -> ClockState {
        clock::state(&self.0, Session::of(ctx).db().clock().now())
    }
}
