//! Who acted, as the audit tells it.

use super::{
    application::{self, Application},
    context::Session,
    organization::Organization,
};
use crate::base::words::access::ActorKind;
use async_graphql::{Context, Object, Result};
use uuid::Uuid;

/// Who acted (хто діяв).
#[derive(Clone)]
pub struct AuditActor {
    pub kind: ActorKind,
    pub organization_id: Option<Uuid>,
    pub application_id: Option<Uuid>,
}

/// Who acted (хто діяв).
#[Object]
impl AuditActor {
    /// An application, the server itself or its operator (вид).
    async fn kind(&self) -> ActorKind {
        self.kind
    }

    /// The organisation; null for the server and its operator (організація).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        match self.organization_id {
            Some(id) => Ok(Some(Organization::load(ctx, id).await?)),
            None => Ok(None),
        }
    }

    /// The application; only of one's own organisation, and with the scope applications:manage (застосунок).
    async fn application(&self, ctx: &Context<'_>) -> Result<Option<Application>> {
        let own = self.organization_id.is_some_and(|id| Session::of(ctx).actor().is(id));
        match self.application_id.filter(|_| own) {
            Some(id) => application::node(ctx, id).await,
            None => Ok(None),
        }
    }
}
