//! Who may do what with a memorandum: the provider moves the whole, each party signs for itself, a partner leaves by itself,
//! who oversees reads. Nobody else knows of it.

use super::model::{Sight, Standing};
use crate::{
    access::{Actor, Denied, Permit, Scope, permit},
    base::words::{memorandum::PartyRole, organization::OrganizationKind},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What one may do with a memorandum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemorandumAct {
    Read,
    Create,
    Update,
    Invite,
    Sign,
    Withdraw,
    Suspend,
    Resume,
    Terminate,
    Renew,
    /// What the server does by itself when a time has come; nobody asks for it.
    Keep,
}

impl MemorandumAct {
    pub const ALL: [Self; 10] = [
        Self::Read,
        Self::Create,
        Self::Update,
        Self::Invite,
        Self::Sign,
        Self::Withdraw,
        Self::Suspend,
        Self::Resume,
        Self::Terminate,
        Self::Renew,
    ];
}

/// On which side somebody stands. A partner stands nowhere before it is invited, nor after it has declined.
fn role(actor: &Actor, memorandum: &Standing) -> Option<PartyRole> {
    let party = memorandum.party(actor.organization_id)?;
    (memorandum.sight(actor.organization_id) != Sight::Nothing).then_some(party.role)
}

/// The moment after which one who has left learns of nothing more; none: it sees the memorandum as it is.
pub fn sees_until(actor: &Actor, memorandum: &Standing) -> Option<DateTime<Utc>> {
    match memorandum.sight(actor.organization_id) {
        Sight::Until(left) => Some(left),
        Sight::All | Sight::Nothing => None,
    }
}

/// Whether this kind of organisation reads memoranda of others.
pub fn is_overseer(actor: &Actor) -> bool {
    use OrganizationKind::{Fund, FundBranch, Ministry, OversightBody};
    matches!(actor.kind, Ministry | OversightBody | Fund | FundBranch)
}

/// Whether somebody reads a memorandum without being its party. For a branch of the Fund the database adds: of its own region.
fn oversees(actor: &Actor, memorandum: &Standing) -> bool {
    is_overseer(actor) && memorandum.row.invited_at.is_some()
}

/// Leave to write a new one of one's own centre. Whose the centre is, the rules ask.
pub fn may_create(actor: &Actor, memorandum_id: Uuid) -> Result<Permit<MemorandumAct>, Denied> {
    permit::scope(actor, Scope::MemorandaWrite)?;
    Ok(Permit::grant(MemorandumAct::Create, actor, memorandum_id))
}

/// Leave for one act on a memorandum.
pub fn may(actor: &Actor, act: MemorandumAct, memorandum: &Standing) -> Result<Permit<MemorandumAct>, Denied> {
    let reads = act == MemorandumAct::Read;
    permit::scope(actor, if reads { Scope::MemorandaRead } else { Scope::MemorandaWrite })?;
    let allowed = match (act, role(actor, memorandum)) {
        (MemorandumAct::Read, None) => oversees(actor, memorandum),
        (MemorandumAct::Keep, _) | (_, None) => return Err(Denied::Stranger),
        (MemorandumAct::Read | MemorandumAct::Sign, Some(_)) => true,
        (MemorandumAct::Withdraw, Some(role)) => role == PartyRole::Partner,
        (_, Some(role)) => role == PartyRole::CentreProvider,
    };
    match allowed {
        true => Ok(Permit::grant(act, actor, memorandum.row.id)),
        false if reads => Err(Denied::Stranger),
        false => Err(Denied::OtherParty),
    }
}

/// Leave of the server itself, when a time had come.
pub fn errand(memorandum_id: Uuid) -> Permit<MemorandumAct> {
    Permit::grant_errand(MemorandumAct::Keep, Uuid::nil(), memorandum_id)
}

/// Whether one who oversees looks after a region: a branch of the Fund after its own alone, as the database has it.
pub fn looks_after(actor: &Actor, own_region: Option<&str>, region: &str) -> bool {
    actor.kind != OrganizationKind::FundBranch || own_region == Some(region)
}

/// Who may ask what no memorandum of a centre covers: its provider and who oversees; others know of too few to say.
pub fn may_see_gaps(actor: &Actor, provider_id: Uuid) -> Result<(), Denied> {
    permit::scope(actor, Scope::MemorandaRead)?;
    if actor.is(provider_id) || is_overseer(actor) { Ok(()) } else { Err(Denied::Stranger) }
}
