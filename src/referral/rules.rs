//! The state machine: state × action × party → state, with its reasons. Pure.

use super::{
    model::{Glance, Referral, Terms},
    sharing::Footing,
};
use crate::{
    base::{
        Error, Result,
        clock::day,
        error::UserErrorCode,
        words::referral::{
            LegalBasis, Party, ReferralAction as Action, ReferralOutcome, ReferralReason as Reason, ReferralStatus as Status,
        },
    },
    case::consent::Standing,
};
use chrono::{DateTime, Days, NaiveDate, Utc};

/// Days after the end during which the receiver may still read the person, where no memorandum says otherwise.
pub const RETENTION_DAYS: i32 = 30;

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

/// Whether the consent behind a referral still stands, if it needs one: without it nobody is accepted.
pub fn consented(on: Footing<'_>, now: DateTime<Utc>) -> bool {
    on.terms.legal_basis != LegalBasis::Consent || on.consent.is_some_and(|consent| consent.standing(now) == Standing::Active)
}

/// What a party may do now, for its buttons.
pub fn allowed(status: Status, party: Party, on: Footing<'_>, now: DateTime<Utc>) -> Vec<Action> {
    let may = |action: &Action| match action {
        Action::RedactionAcknowledge => party == Party::Receiver && on.terms.redaction_pending(),
        Action::Accept if !consented(on, now) => false,
        action => target(status, *action, party).is_some() && agreed(*action, on, now).is_ok(),
    };
    Action::ALL.iter().copied().filter(may).collect()
}

/// Whether what binds the two parties allows a step. After the end of the memorandum nothing new is taken; what was accepted
/// may be worked on for 30 days, then only ended.
pub fn agreed(action: Action, on: Footing<'_>, now: DateTime<Utc>) -> Result<()> {
    let forbidden = |code, message: &'static str| Err(Error::refused(code, "id", message));
    let over = |message| forbidden(UserErrorCode::MemorandumNotInForce, message);
    match (on.terms.memorandum_id, on.agreement) {
        (None, _) => Ok(()),
        (Some(_), Some(agreement)) if agreement.in_force() => match action {
            Action::ReferOnward if !agreement.policy.onward_referral => forbidden(
                UserErrorCode::OnwardNotAllowed,
                "The memorandum under which the person came does not allow to send the person onward.",
            ),
            _ => Ok(()),
        },
        (Some(_), agreement) => match action {
            Action::Complete | Action::NotComplete | Action::Cancel | Action::MarkError | Action::Decline => Ok(()),
            Action::Start | Action::Hold | Action::Resume if agreement.is_some_and(|agreement| !agreement.lapsed(now)) => {
                Ok(())
            }
            Action::Start | Action::Hold | Action::Resume => {
                over("The memorandum ended more than 30 days ago: complete the referral, or end it otherwise.")
            }
            _ => over("The memorandum between the two parties has ended."),
        },
    }
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
            Reason::MemorandumEnded,
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

/// What a step carries beside its action.
#[derive(Clone, Copy, Debug, Default)]
pub struct With {
    pub reason: Option<Reason>,
    pub outcome: Option<ReferralOutcome>,
    /// Of the memorandum that holds; none: there is none.
    pub retention_days: Option<i32>,
}

/// One step: the referral as it will be.
pub fn step(before: &Referral, action: Action, party: Party, with: With, now: DateTime<Utc>) -> Result<Referral> {
    let With { reason, outcome, retention_days } = with;
    let Some(status) = target(before.status, action, party) else {
        let message = said!("The referral is {status}: {action} is not possible now.", status = before.status, action);
        return Err(Error::refused(UserErrorCode::TransitionNotAllowed, "id", message));
    };
    if let Some(reason) = reason
        && !reasons(action).contains(&reason)
    {
        let words: Vec<_> = reasons(action).iter().map(|reason| reason.word()).collect();
        let message = said!("{reason} is no reason for this step; these are: {words}.", reason, words = words.join(", "));
        return Err(Error::refused(UserErrorCode::ReasonNotAllowed, "reason", message));
    }
    if reason.is_none() && !reasons(action).is_empty() {
        return Err(Error::refused(UserErrorCode::ReasonRequired, "reason", "This step needs a reason."));
    }
    let retained = matches!(status, Status::Completed | Status::NotCompleted);
    Ok(Referral {
        glance: Glance { status, status_reason: reason, outcome: outcome.or(before.outcome), ..before.glance.clone() },
        terms: Terms {
            retention_until: if retained { Some(retention(day(now), retention_days)) } else { before.terms.retention_until },
            ..before.terms.clone()
        },
        accepted_at: if action == Action::Accept { Some(now) } else { before.accepted_at },
        ended_at: if ended(status) { before.ended_at.or(Some(now)) } else { None },
        ..before.clone()
    })
}

fn retention(from: NaiveDate, days: Option<i32>) -> NaiveDate {
    let days = days.unwrap_or(RETENTION_DAYS).unsigned_abs();
    from.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX)
}

/// The end of a consent cancels whatever is still open under it; None where nothing is.
pub fn consent_ended(before: &Referral, reason: Reason, now: DateTime<Utc>) -> Option<Referral> {
    let open = before.status != Status::Draft && !ended(before.status);
    open.then(|| cancelled(before, reason, now))
}

/// Nothing goes on without its person; None where nothing does.
pub fn person_erased(before: &Referral, now: DateTime<Utc>) -> Option<Referral> {
    (!ended(before.status)).then(|| cancelled(before, Reason::PersonErased, now))
}

/// The end of a memorandum cancels what was sent under it and not taken; None where that is not so.
pub fn memorandum_ended(before: &Referral, now: DateTime<Utc>) -> Option<Referral> {
    let waits = matches!(before.status, Status::Sent | Status::Received);
    waits.then(|| cancelled(before, Reason::MemorandumEnded, now))
}

fn cancelled(before: &Referral, reason: Reason, now: DateTime<Utc>) -> Referral {
    let glance = Glance { status: Status::Cancelled, status_reason: Some(reason), ..before.glance.clone() };
    Referral { glance, ended_at: Some(now), ..before.clone() }
}

/// Where the receiver could read the person and no longer can, it is asked to acknowledge that: the referral as it will be.
pub fn vanished(before: &Referral, after: Referral, now: DateTime<Utc>) -> Referral {
    let vanishes = before.opens() && !after.opens() && before.terms.redaction_requested_at.is_none();
    if vanishes { hidden(&after, now) } else { after }
}

/// The person vanishes although the state stays: a consent has ended, the days of retention or of winding down are over.
pub fn hidden(before: &Referral, now: DateTime<Utc>) -> Referral {
    let terms = Terms { redaction_requested_at: before.terms.redaction_requested_at.or(Some(now)), ..before.terms.clone() };
    Referral { terms, ..before.clone() }
}

/// The receiver acknowledges that it no longer keeps what it may no longer see.
pub fn acknowledge_redaction(before: &Referral, now: DateTime<Utc>) -> Result<Referral> {
    let terms = Terms { redaction_acknowledged_at: Some(now), ..before.terms.clone() };
    match (before.terms.redaction_requested_at, before.terms.redaction_acknowledged_at) {
        (Some(_), None) => Ok(Referral { terms, ..before.clone() }),
        (None, _) => {
            let message = "Nothing of this referral was hidden: there is nothing to acknowledge.";
            Err(Error::refused(UserErrorCode::TransitionNotAllowed, "id", message))
        }
        (Some(_), Some(_)) => Err(Error::refused(UserErrorCode::TransitionNotAllowed, "id", "This was acknowledged before.")),
    }
}
