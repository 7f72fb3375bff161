//! Who may report figures, and as whose reader somebody sees one.

use super::model::{Observation, Reporter};
use crate::{
    access::{Actor, Denied, Permit, Scope, permit},
    base::min_cell::Audience,
    centre::model::Centre,
};
use uuid::Uuid;

/// What one may do with figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObservationAct {
    Report,
}

/// Leave to report in one's own name: who records its work, and the Ministry, which holds no such scope and keeps the registry.
pub fn may_report(actor: &Actor, observation_id: Uuid) -> Result<Permit<ObservationAct>, Denied> {
    if !actor.holds(Scope::RegistryWrite) {
        permit::scope(actor, Scope::ServicesWrite)?;
    }
    Ok(Permit::grant(ObservationAct::Report, actor, observation_id))
}

/// How far a report reaches: of others reports who keeps the registry alone.
pub fn reporter(actor: &Actor) -> Reporter {
    Reporter { organization_id: actor.organization_id, about_others: actor.holds(Scope::RegistryWrite) }
}

/// The demo tells in the place of its organisations.
pub fn operator(organization_id: Uuid, observation_id: Uuid) -> Permit<ObservationAct> {
    Permit::grant_errand(ObservationAct::Report, organization_id, observation_id)
}

/// Leave to read figures at all: they are published. What of one is shown, its audience decides.
pub fn may_read(actor: &Actor) -> Result<(), Denied> {
    permit::scope(actor, Scope::AnalyticsRead)
}

/// As whose reader somebody sees a figure. `centre` is the one that it is about.
pub fn audience(actor: &Actor, observation: &Observation, centre: Option<&Centre>) -> Audience {
    if observation.is_of(actor.organization_id, centre) { Audience::Own } else { Audience::of(actor.kind) }
}

/// As whose reader somebody sees figures of others.
pub fn reader(actor: &Actor) -> Audience {
    Audience::of(actor.kind)
}
