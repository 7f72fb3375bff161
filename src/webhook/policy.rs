//! Who may set up and use endpoints: their own organisation alone. Pure; the only place that grants permits of this slice.

use super::model::Endpoint;
use crate::access::{Actor, Denied, Permit, Scope, permit};
use uuid::Uuid;

/// Verbs of this slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookAct {
    Create,
    Update,
    Delete,
    RotateSecret,
    Test,
    Replay,
    /// The server's own work: to bring changes to endpoints, and to disable those that nobody answers for.
    Deliver,
}

impl WebhookAct {
    /// What a caller can ask for with an endpoint that is there.
    pub const ASKED: [Self; 5] = [Self::Update, Self::Delete, Self::RotateSecret, Self::Test, Self::Replay];
}

pub fn may_create(actor: &Actor, id: Uuid) -> Result<Permit<WebhookAct>, Denied> {
    permit::scope(actor, Scope::WebhooksManage)?;
    Ok(Permit::grant(WebhookAct::Create, actor, id))
}

pub fn may(actor: &Actor, act: WebhookAct, organization_id: Uuid, id: Uuid) -> Result<Permit<WebhookAct>, Denied> {
    permit::scope(actor, Scope::WebhooksManage)?;
    if actor.is(organization_id) { Ok(Permit::grant(act, actor, id)) } else { Err(Denied::Stranger) }
}

/// The server itself, with one endpoint.
pub fn server(row: &Endpoint) -> Permit<WebhookAct> {
    Permit::grant_errand(WebhookAct::Deliver, row.organization_id, row.id)
}

/// The server itself, with whatever is due, whosever it is.
pub fn deliver() -> Permit<WebhookAct> {
    Permit::grant_errand(WebhookAct::Deliver, Uuid::nil(), Uuid::nil())
}
