//! Who may tell what an organisation offers: its own applications, with the scope for it.

use crate::access::{Actor, Denied, Permit, Scope, permit};
use uuid::Uuid;

/// What one may do with offerings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferingAct {
    Tell,
}

/// Leave to tell what one's own organisation offers; the object of the permit is that organisation.
pub fn may(actor: &Actor, act: OfferingAct) -> Result<Permit<OfferingAct>, Denied> {
    permit::scope(actor, Scope::OfferingsWrite)?;
    Ok(Permit::grant(act, actor, actor.organization_id))
}

/// The demo tells in the place of its organisations.
pub fn operator(act: OfferingAct, organization_id: Uuid) -> Permit<OfferingAct> {
    Permit::grant_errand(act, organization_id, organization_id)
}
