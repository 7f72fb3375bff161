//! Who asks: an application in the name of its organisation, known from a verified token.

use super::scope::{Scope, Scopes};
use crate::base::{
    message::Language,
    words::{access::AccessPurpose, organization::OrganizationKind},
};
use uuid::Uuid;

/// The caller of one request.
#[derive(Clone, Debug)]
pub struct Actor {
    pub application_id: Uuid,
    pub organization_id: Uuid,
    pub kind: OrganizationKind,
    pub scopes: Scopes,
    /// Header `Mistok-Purpose`: without it personal fields stay hidden.
    pub purpose: Option<AccessPurpose>,
    /// Header `Mistok-Acting-For`: opaque id of the partner's worker, for the audit alone.
    pub acting_for: Option<String>,
    /// Header `Accept-Language`: how the caller is told what is wrong.
    pub language: Language,
}

impl Actor {
    pub fn holds(&self, scope: Scope) -> bool {
        self.scopes.holds(scope)
    }

    /// Whether this organisation is the caller's own.
    pub fn is(&self, organization_id: Uuid) -> bool {
        self.organization_id == organization_id
    }
}
