//! Who may do what with a referral: each step belongs to one of the two parties, and nobody else knows of it.

use super::model::{Glance, Referral};
use crate::{
    access::{Actor, Denied, Permit, Scope, permit},
    base::words::referral::{Party, ReferralAction as Action},
};
use uuid::Uuid;

/// Leave to read: the side on which the caller stands.
pub fn may_read(actor: &Actor, referral: &Glance) -> Result<Party, Denied> {
    permit::scope(actor, Scope::ReferralsRead)?;
    referral.party(actor.organization_id).ok_or(Denied::Stranger)
}

/// Leave to write a new one, in one's own name.
pub fn may_create(actor: &Actor, referral_id: Uuid) -> Result<Permit<Action>, Denied> {
    permit::scope(actor, Scope::ReferralsWrite)?;
    Ok(Permit::grant(Action::Update, actor, referral_id))
}

/// Leave for one step. The state decides afterwards, in `rules`.
pub fn may(actor: &Actor, action: Action, referral: &Referral) -> Result<(Permit<Action>, Party), Denied> {
    permit::scope(actor, Scope::ReferralsWrite)?;
    let party = referral.party(actor.organization_id).ok_or(Denied::Stranger)?;
    if !belongs(action, party) {
        return Err(Denied::OtherParty);
    }
    Ok((Permit::grant(action, actor, referral.id), party))
}

/// Whose step it is.
pub const fn belongs(action: Action, party: Party) -> bool {
    match action {
        Action::Cancel => true,
        Action::Update | Action::Send | Action::MarkError => matches!(party, Party::Sender),
        _ => matches!(party, Party::Receiver),
    }
}
