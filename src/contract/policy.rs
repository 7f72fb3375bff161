//! Who may do what with funding contracts: the funder's side moves them, decides on acts and pays; the provider drafts and submits
//! acts; the Ministry and oversight read. Nobody else knows of one, and the provider not before it is signed.

use super::model::{Act, FundingContract};
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

/// Whose a contract or an act is.
#[derive(Clone, Copy, Debug)]
pub struct Parties {
    pub funder_id: Uuid,
    pub of_fund: bool,
    pub provider_id: Uuid,
    /// A contract from its signature on.
    pub provider_knows: bool,
    /// An act from its first submission on.
    pub others_know: bool,
}

impl From<&FundingContract> for Parties {
    fn from(row: &FundingContract) -> Self {
        let (funder_id, of_fund, provider_id) = (row.funder_id, row.of_fund, row.provider_id);
        Self { funder_id, of_fund, provider_id, provider_knows: row.signed_at.is_some(), others_know: true }
    }
}

impl From<&Act> for Parties {
    fn from(row: &Act) -> Self {
        let (funder_id, of_fund, provider_id) = (row.funder_id, row.of_fund, row.provider_id);
        Self { funder_id, of_fund, provider_id, provider_knows: true, others_know: row.first_submitted_at.is_some() }
    }
}

/// Where an organisation stands; none: it knows of no such thing. For a branch of the Fund the database adds: of its own region.
pub fn side(actor: &Actor, of: impl Into<Parties>) -> Option<Side> {
    let of = of.into();
    if actor.is(of.provider_id) {
        return of.provider_knows.then_some(Side::Provider);
    }
    let side = match actor.kind {
        _ if actor.is(of.funder_id) => Side::Funder,
        Kind::Fund | Kind::FundBranch if of.of_fund => Side::Funder,
        Kind::Ministry | Kind::OversightBody => Side::Overseer,
        _ => return None,
    };
    of.others_know.then_some(side)
}

/// Leave to write a new one as its funder.
pub fn may_create(actor: &Actor, contract_id: Uuid) -> Result<Permit<ContractAct>, Denied> {
    permit::scope(actor, ContractAct::Create.scope())?;
    Ok(Permit::grant(ContractAct::Create, actor, contract_id))
}

/// Whether an application may read contracts at all. Where one is looked for by its address, this is asked first: whoever lacks the
/// scope learns nothing of what is there.
pub fn may_look(actor: &Actor) -> Result<(), Denied> {
    permit::scope(actor, ContractAct::Read.scope())
}

/// Leave for one act on a contract, its tranches, acts and payments.
pub fn may(actor: &Actor, act: ContractAct, contract: &FundingContract) -> Result<Permit<ContractAct>, Denied> {
    use ContractAct as A;
    permit::scope(actor, act.scope())?;
    let own_work = matches!(act, A::AcceptAct | A::ReturnAct | A::RecordPayment | A::ReversePayment);
    match (act, side(actor, contract)) {
        (_, None) => Err(Denied::Stranger),
        (A::Read, Some(_)) | (A::DraftAct | A::SubmitAct, Some(Side::Provider)) => Ok(Permit::grant(act, actor, contract.id)),
        (A::DraftAct | A::SubmitAct, Some(Side::Funder)) | (_, Some(Side::Overseer)) => Err(Denied::OtherParty),
        (_, Some(Side::Funder)) => Ok(Permit::grant(act, actor, contract.id)),
        (_, Some(Side::Provider)) if own_work => Err(Denied::OwnWork),
        (_, Some(Side::Provider)) => Err(Denied::OtherParty),
    }
}

/// Whether an act may be read.
pub fn may_read_act(actor: &Actor, act: &Act) -> bool {
    actor.holds(Scope::ContractsRead) && side(actor, act).is_some()
}

/// Whether figures of records may be told, and the account: to the two sides, as their acts demand. Others learn of work by the
/// published indicators alone.
pub fn is_between_them(actor: &Actor, of: impl Into<Parties>) -> bool {
    matches!(side(actor, of), Some(Side::Funder | Side::Provider))
}

/// Whether a contract's reconciliation shows what records tell. Anybody may write a contract with anybody's name in it: to a funder
/// other than the Fund it is shown once the provider has acted under it.
pub fn sees_work(actor: &Actor, contract: &FundingContract, acts: &[Act]) -> bool {
    let acted = acts.iter().any(|act| act.first_submitted_at.is_some());
    contract.signed_at.is_some()
        && match side(actor, contract) {
            Some(Side::Provider) => true,
            Some(Side::Funder) => contract.of_fund || acted,
            Some(Side::Overseer) | None => false,
        }
}
