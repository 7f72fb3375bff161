//! Who may do what with a case: its owner, with the right scope, and nobody else.

use super::model::Consent;
use crate::access::{Actor, Denied, Permit, Scope, permit};
use uuid::Uuid;

/// What one may do with a case, its person and its consents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseAct {
    Read,
    ReadPerson,
    Open,
    Update,
    BeginAssessment,
    Assess,
    Decide,
    Plan,
    Activate,
    Suspend,
    Resume,
    Close,
    MarkError,
    UpdatePerson,
    ErasePerson,
    GiveConsent,
    WithdrawConsent,
}

impl CaseAct {
    pub const ALL: [Self; 17] = [
        Self::Read,
        Self::ReadPerson,
        Self::Open,
        Self::Update,
        Self::BeginAssessment,
        Self::Assess,
        Self::Decide,
        Self::Plan,
        Self::Activate,
        Self::Suspend,
        Self::Resume,
        Self::Close,
        Self::MarkError,
        Self::UpdatePerson,
        Self::ErasePerson,
        Self::GiveConsent,
        Self::WithdrawConsent,
    ];

    const fn scope(self) -> Scope {
        match self {
            Self::Read => Scope::CasesRead,
            Self::ReadPerson => Scope::PersonsRead,
            Self::UpdatePerson => Scope::PersonsWrite,
            Self::ErasePerson => Scope::PersonsErase,
            _ => Scope::CasesWrite,
        }
    }
}

/// Leave for one act on the case `case_id` that belongs to `owner_id`.
pub fn may(actor: &Actor, act: CaseAct, owner_id: Uuid, case_id: Uuid) -> Result<Permit<CaseAct>, Denied> {
    permit::scope(actor, act.scope())?;
    if !actor.is(owner_id) {
        return Err(Denied::Stranger);
    }
    Ok(Permit::grant(act, actor, case_id))
}

/// Leave to read a consent: of one's own case, or as the receiver that it names (the database adds: once a referral under it was sent).
pub fn may_read_consent(actor: &Actor, consent: &Consent) -> Result<(), Denied> {
    permit::scope(actor, Scope::CasesRead)?;
    if actor.is(consent.organization_id) || actor.is(consent.receiver_id) { Ok(()) } else { Err(Denied::Stranger) }
}
