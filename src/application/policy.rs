//! Who may register and change applications. Pure; the only place that grants permits of this slice.

use super::model::{Application, Holder};
use crate::access::{Actor, Denied, Permit, Scope, Scopes, permit};
use uuid::Uuid;

/// Verbs of this slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Register,
    RotateSecret,
    ReplaceKeys,
    RegisterDocuments,
    Revoke,
}

/// What a caller may pass on to a new application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granting {
    /// Within its own organisation: what it holds itself.
    Own(Scopes),
    /// The first application of another organisation: all that the kind may hold.
    First,
}

impl Granting {
    /// The bound that the caller's own rights set.
    pub fn held(self) -> Option<Scopes> {
        match self {
            Self::Own(scopes) => Some(scopes),
            Self::First => None,
        }
    }
}

/// `has_application`: whether the organisation has one already. A stranger that it has one looks like no organisation
/// of which the caller could make one: DUPLICATE is said by the action, since organisations are public.
pub fn may_register(actor: &Actor, holder: Holder, id: Uuid) -> Result<(Permit<Act>, Granting), Denied> {
    permit::scope(actor, Scope::ApplicationsManage)?;
    let granting = if actor.is(holder.organization_id) {
        Granting::Own(actor.scopes)
    } else {
        permit::scope(actor, Scope::RegistryWrite)?;
        Granting::First
    };
    Ok((Permit::grant(Act::Register, actor, id), granting))
}

pub fn may_rotate(actor: &Actor, row: &Application) -> Result<Permit<Act>, Denied> {
    own(actor, row, Act::RotateSecret)
}

pub fn may_replace_keys(actor: &Actor, row: &Application) -> Result<Permit<Act>, Denied> {
    own(actor, row, Act::ReplaceKeys)
}

pub fn may_register_documents(actor: &Actor, row: &Application) -> Result<Permit<Act>, Denied> {
    own(actor, row, Act::RegisterDocuments)
}

pub fn may_revoke(actor: &Actor, row: &Application) -> Result<Permit<Act>, Denied> {
    own(actor, row, Act::Revoke)
}

/// One's own organisation alone, even where another one made the application.
fn own(actor: &Actor, row: &Application, act: Act) -> Result<Permit<Act>, Denied> {
    permit::scope(actor, Scope::ApplicationsManage)?;
    if actor.is(row.organization_id) { Ok(Permit::grant(act, actor, row.id)) } else { Err(Denied::Stranger) }
}

/// The operator, on the server's own machine, may do all of it.
pub fn operator(act: Act, organization_id: Uuid, id: Uuid) -> Permit<Act> {
    Permit::grant_errand(act, organization_id, id)
}
