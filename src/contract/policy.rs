//! Who may do what with funding contracts: the funder's side moves them, decides on acts and pays; the provider drafts and submits
//! acts; the Ministry and oversight read. Nobody else knows of one, and the provider not before it is signed.

use super::model::FundingContract;
use crate::{
    access::{Actor, Denied, Permit, Scope, permit},
    base::words::organization::OrganizationKind as Kind,
};
use uuid::Uuid;

/// What one may do with a contract and what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractAct {
    Read,
    Create,
    Sign,
    Activate,
    Suspend,
    Resume,
    Complete,
    Terminate,
    Cancel,
    Amend,
    ApproveTranche,
    WithholdTranche,
    CancelTranche,
    DraftAct,
    SubmitAct,
    AcceptAct,
    ReturnAct,
    RecordPayment,
    ReversePayment,
}

impl ContractAct {
    pub const ALL: [Self; 19] = [
        Self::Read,
        Self::Create,
        Self::Sign,
        Self::Activate,
        Self::Suspend,
        Self::Resume,
        Self::Complete,
        Self::Terminate,
        Self::Cancel,
        Self::Amend,
        Self::ApproveTranche,
        Self::WithholdTranche,
        Self::CancelTranche,
        Self::DraftAct,
        Self::SubmitAct,
        Self::AcceptAct,
        Self::ReturnAct,
        Self::RecordPayment,
        Self::ReversePayment,
    ];

    const fn scope(self) -> Scope {
        match self {
            Self::Read => Scope::ContractsRead,
            Self::DraftAct | Self::SubmitAct => Scope::ActsWrite,
            Self::ApproveTranche | Self::WithholdTranche | Self::CancelTranche | Self::AcceptAct | Self::ReturnAct => {
                Scope::ContractsApprove
            }
            Self::RecordPayment | Self::ReversePayment => Scope::PaymentsWrite,
            _ => Scope::ContractsWrite,
        }
    }
}

/// On which side of a contract somebody stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Funder,
    Provider,
    /// Reads, and is told no figures about people beyond what is published.
    Overseer,
}

/// Where an organisation stands; none: it knows of no such contract. For a branch of the Fund the database adds: of its own region.
pub fn side(actor: &Actor, contract: &FundingContract) -> Option<Side> {
    match actor.kind {
        _ if actor.is(contract.funder_id) => Some(Side::Funder),
        _ if actor.is(contract.provider_id) => contract.signed_at.map(|_| Side::Provider),
        Kind::Fund | Kind::FundBranch => contract.of_fund.then_some(Side::Funder),
        Kind::Ministry | Kind::OversightBody => Some(Side::Overseer),
        _ => None,
    }
}

/// Leave to write a new one as its funder.
pub fn may_create(actor: &Actor, contract_id: Uuid) -> Result<Permit<ContractAct>, Denied> {
    permit::scope(actor, ContractAct::Create.scope())?;
    Ok(Permit::grant(ContractAct::Create, actor, contract_id))
}

/// Leave for one act on a contract; `object_id` is the contract, or the act of services that the step is about.
pub fn may(
    actor: &Actor,
    act: ContractAct,
    contract: &FundingContract,
    object_id: Uuid,
) -> Result<Permit<ContractAct>, Denied> {
    use ContractAct as A;
    permit::scope(actor, act.scope())?;
    let own_work = matches!(act, A::AcceptAct | A::ReturnAct | A::RecordPayment | A::ReversePayment);
    match (act, side(actor, contract)) {
        (_, None) => Err(Denied::Stranger),
        (A::Read, Some(_)) | (A::DraftAct | A::SubmitAct, Some(Side::Provider)) => Ok(Permit::grant(act, actor, object_id)),
        (A::DraftAct | A::SubmitAct, Some(Side::Funder)) | (_, Some(Side::Overseer)) => Err(Denied::OtherParty),
        (_, Some(Side::Funder)) => Ok(Permit::grant(act, actor, object_id)),
        (_, Some(Side::Provider)) if own_work => Err(Denied::OwnWork),
        (_, Some(Side::Provider)) => Err(Denied::OtherParty),
    }
}

/// Whether figures of records may be told: to the two sides of the contract, as its acts demand. Others learn of work by the published
/// indicators alone.
pub fn sees_records(actor: &Actor, contract: &FundingContract) -> bool {
    matches!(side(actor, contract), Some(Side::Funder | Side::Provider))
}
