//! Runs an operation for its points: they are taken before it begins, and what it did not use comes back.

use super::state::App;
use crate::{
    access::Actor,
    base::Result,
    graphql::{
        cost,
        gate::{Executed, Ready},
        rate::Charge,
    },
};

impl App {
    /// Takes the points of any request, before it is known what it asks for.
    ///
    /// # Errors
    /// RATE_LIMITED once the application's bucket is empty, as below.
    pub fn admit(&self, actor: &Actor) -> Result<()> {
        self.buckets().take(actor.application_id, cost::REQUEST).map(drop)
    }

    /// Takes what an operation costs beside.
    pub fn charge(&self, actor: &Actor, ready: &Ready<'_>) -> Result<Charge> {
        let bucket = self.buckets().take(actor.application_id, ready.cost.saturating_sub(cost::REQUEST))?;
        Ok(Charge { cost: ready.cost, bucket })
    }

    /// What a document took that was refused: it was read and held against the schema.
    pub fn charge_refused(&self, actor: &Actor, document: &str) {
        let points = u64::try_from(document.len() / BYTES_OF_A_POINT).unwrap_or(u64::MAX);
        self.buckets().charge(actor.application_id, points);
    }

    /// The answer of an operation that is no subscription. What was read is written down before it is given out, or it is not given out.
    pub async fn run<'a>(&'a self, ready: Ready<'a>, actor: Actor, request_id: &str) -> Result<Executed<'a>> {
        let (application_id, charge) = (actor.application_id, self.charge(&actor, &ready)?);
        let session = self.session(actor, request_id);
        let mut executed = self.gate().execute(ready, session.clone(), charge).await;
        session.finish().await?;
        let actual = executed.cost();
        let bucket = match charge.cost.checked_sub(actual) {
            Some(unused) => self.buckets().give_back(application_id, unused),
            None => self.buckets().charge(application_id, actual - charge.cost),
        };
        executed.tell(charge.cost, bucket);
        Ok(executed)
    }
}

/// Bytes of a document that are validated for one point.
const BYTES_OF_A_POINT: usize = 10;
