//! The state machine: state × action × party → state, with its reasons. Pure.

use super::model::Referral;
use crate::base::{
    Error, Result,
    error::UserErrorCode,
    words::referral::{Party, ReferralAction as Action, ReferralOutcome, ReferralReason as Reason, ReferralStatus as Status},
};
use chrono::{DateTime, Days, NaiveDate, Utc};

/// Days after the end during which the receiver may still read the person, where no memorandum says otherwise.
pub const RETENTION_DAYS: u64 = 30;

/// Where an action leads, if this party may take it in this state.
pub fn target(from: Status, action: Action, party: Party) -> Option<Status> {
    use Party::{Receiver, Sender};
    use Status::*;
    let worked_on = matches!(from, Accepted | InProgress | OnHold);
    match (action, party, from) {
        (Action::Update, Sender, Draft) => Some(Draft),
        (Action::Send, Sender, Draft) => Some(Sent),
        (Action::Acknowledge, Receiver, Sent) => Some(Received),
        (Action::Accept, Receiver, Sent | Received) => Some(Accepted),
        (Action::Decline, Receiver, Sent | Received) => Some(Declined),
        (Action::Start, Receiver, Accepted) => Some(InProgress),
        (Action::Hold, Receiver, Accepted | InProgress) => Some(OnHold),
        (Action::Resume, Receiver, OnHold) => Some(InProgress),
        (Action::Complete | Action::ReferOnward, Receiver, _) if worked_on => Some(Completed),
        (Action::NotComplete, Receiver, _) if worked_on => Some(NotCompleted),
        (Action::Cancel, Sender, Draft | Sent | Received) => Some(Cancelled),
        (Action::Cancel, _, _) if worked_on => Some(Cancelled),
        (Action::MarkError, Sender, from) if from != EnteredInError => Some(EnteredInError),
        _ => None,
    }
}

/// What a party may do now, for its buttons.
pub fn allowed(from: Status, party: Party) -> Vec<Action> {
    Action::ALL.iter().copied().filter(|action| target(from, *action, party).is_some()).collect()
}

/// The reasons that belong to an action.
pub fn reasons(action: Action) -> &'static [Reason] {
    match action {
        Action::Decline => &[
            Reason::NotEligible,
            Reason::NoCapacity,
            Reason::OutOfArea,
            Reason::ServiceNotProvided,
            Reason::Duplicate,
            Reason::InsufficientInformation,
            Reason::Other,
        ],
        Action::Hold => &[Reason::WaitingList, Reason::ClientUnavailable, Reason::AwaitingDocuments, Reason::SecuritySituation],
        Action::NotComplete => {
            &[Reason::NoShow, Reason::Unreachable, Reason::ClientDeclined, Reason::Moved, Reason::Deceased, Reason::Other]
        }
        Action::Cancel => &[
            Reason::ConsentWithdrawn,
            Reason::ConsentExpired,
            Reason::NeedCeased,
            Reason::SentByMistake,
            Reason::ProviderClosed,
            Reason::Other,
        ],
        Action::MarkError => &[Reason::SentByMistake, Reason::Duplicate, Reason::Other],
        _ => &[],
    }
}

/// Whether a state is an end.
pub fn ended(status: Status) -> bool {
    use Status::*;
    matches!(status, Declined | Completed | NotCompleted | Cancelled | EnteredInError)
}

/// One step: the referral as it will be.
pub fn step(
    before: &Referral,
    action: Action,
    party: Party,
    reason: Option<Reason>,
    outcome: Option<ReferralOutcome>,
    now: DateTime<Utc>,
) -> Result<Referral> {
    let Some(status) = target(before.status, action, party) else {
        let message = format!("The referral is {}: {action} is not possible now.", before.status);
        return Err(Error::refused(UserErrorCode::TransitionNotAllowed, "id", message));
    };
    if let Some(reason) = reason
        && !reasons(action).contains(&reason)
    {
        let words: Vec<_> = reasons(action).iter().map(|reason| reason.word()).collect();
        let message = format!("{reason} is no reason for this step; these are: {}.", words.join(", "));
        return Err(Error::refused(UserErrorCode::ReasonNotAllowed, "reason", message));
    }
    if reason.is_none() && !reasons(action).is_empty() {
        return Err(Error::refused(UserErrorCode::ReasonRequired, "reason", "This step needs a reason."));
    }
    let retained = matches!(status, Status::Completed | Status::NotCompleted);
    Ok(Referral {
        status,
        status_reason: reason,
        outcome: outcome.or(before.outcome),
        accepted_at: if action == Action::Accept { Some(now) } else { before.accepted_at },
        ended_at: if ended(status) { before.ended_at.or(Some(now)) } else { None },
        retention_until: if retained { Some(retention(crate::base::clock::day(now))) } else { before.retention_until },
        ..before.clone()
    })
}

fn retention(from: NaiveDate) -> NaiveDate {
    from.checked_add_days(Days::new(RETENTION_DAYS)).unwrap_or(NaiveDate::MAX)
}

/// The end of a consent cancels whatever is still open under it; None where nothing is.
pub fn consent_ended(before: &Referral, reason: Reason, now: DateTime<Utc>) -> Option<Referral> {
    let open = before.status != Status::Draft && !ended(before.status);
    open.then(|| Referral { status: Status::Cancelled, status_reason: Some(reason), ended_at: Some(now), ..before.clone() })
}
