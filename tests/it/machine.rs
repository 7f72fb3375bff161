//! The machines against small models: every transition of the law's tables and no other; what is shown against what may be.

use crate::{
    sharing,
    town::{Town, key, target, with},
};
use mistok::{
    base::words::{
        access::FieldGroup,
        referral::{ReferralAction as Action, ReferralStatus as Status, *},
    },
    case::model::Grant,
    referral::{
        model::Referral,
        rules,
        sharing::{Footing, Sharing},
    },
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// From, by whom, to: the table of the domain, written out by hand.
const TABLE: [(Status, Party, &[Status]); 14] = {
    use Party::*;
    use Status::*;
    [
        (Draft, Sender, &[Draft, Sent, Cancelled, EnteredInError]),
        (Sent, Sender, &[Cancelled, EnteredInError]),
        (Sent, Receiver, &[Received, Accepted, Declined]),
        (Received, Sender, &[Cancelled, EnteredInError]),
        (Received, Receiver, &[Accepted, Declined]),
        (Accepted, Sender, &[Cancelled, EnteredInError]),
        (Accepted, Receiver, &[InProgress, OnHold, Completed, NotCompleted, Cancelled]),
        (InProgress, Sender, &[Cancelled, EnteredInError]),
        (InProgress, Receiver, &[OnHold, Completed, NotCompleted, Cancelled]),
        (OnHold, Sender, &[Cancelled, EnteredInError]),
        (OnHold, Receiver, &[InProgress, Completed, NotCompleted, Cancelled]),
        (Declined, Sender, &[EnteredInError]),
        (Completed, Sender, &[EnteredInError]),
        (Cancelled, Sender, &[EnteredInError]),
    ]
};

fn lawful(from: Status, party: Party) -> BTreeSet<Status> {
    // NOT_COMPLETED ends like COMPLETED.
    let from = if from == Status::NotCompleted { Status::Completed } else { from };
    TABLE.iter().filter(|(at, by, _)| (*at, *by) == (from, party)).flat_map(|(.., to)| to.iter().copied()).collect()
}

#[test]
fn exactly_the_transitions_of_the_table() {
    for from in Status::ALL {
        for party in Party::ALL {
            let reached: BTreeSet<_> = Action::ALL.iter().filter_map(|action| rules::target(*from, *action, *party)).collect();
            assert_eq!(reached, lawful(*from, *party), "{from} by {party}");
        }
    }
}

fn at(day: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::UNIX_EPOCH + chrono::Duration::days(20_000 + day)
}

fn groups() -> impl Strategy<Value = Vec<FieldGroup>> {
    proptest::sample::subsequence(FieldGroup::ALL.to_vec(), 0..=FieldGroup::ALL.len())
}

prop_compose! {
    fn scene()(status in proptest::sample::select(Status::ALL), basis in proptest::sample::select(LegalBasis::ALL), named in groups(),
        frozen in proptest::option::of(groups()), withdrawn in proptest::option::of(0i64..100), expires in 1i64..200, ended in 0i64..100, now in 0i64..200)
        -> (Referral, Grant, i64) {
        let mut referral = Referral { ended_at: Some(at(ended)), ..sharing::referral(at(0), status, None) };
        referral.terms.legal_basis = basis;
        referral.terms.shared_groups = frozen;
        referral.terms.retention_until = Some(mistok::base::clock::day(at(ended + 30)));
        let consent = Grant { field_groups: named, expires_at: at(expires), withdrawn_at: withdrawn.map(at), expired_at: None };
        (referral, consent, now)
    }
}

proptest! {
    #[test]
    fn a_receiver_sees_no_group_that_the_law_does_not_open((referral, consent, now) in scene()) {
        use Status::*;
        let by_consent = referral.terms.legal_basis == LegalBasis::Consent;
        let on = Footing { terms: &referral.terms, consent: by_consent.then_some(&consent), agreement: None };
        let sharing = Sharing::of(&referral, Party::Receiver, on, true, at(now));
        let stage = match referral.status {
            Accepted | InProgress | OnHold => true,
            Received => !by_consent,
            Completed | NotCompleted => mistok::base::clock::day(at(now)) <= referral.terms.retention_until.unwrap(),
            _ => false,
        };
        let standing = !by_consent || (consent.withdrawn_at.is_none() && consent.expires_at > at(now));
        for group in FieldGroup::ALL {
            let named = match by_consent {
                true => consent.field_groups.contains(group) && referral.terms.shared_groups.as_ref().is_none_or(|frozen| frozen.contains(group)),
                false => matches!(group, FieldGroup::Demographics | FieldGroup::Contact | FieldGroup::Address | FieldGroup::Caregiver | FieldGroup::Reason),
            };
            prop_assert_eq!(sharing.group(*group).is_ok(), stage && standing && named, "{} in {}", group, referral.status);
        }
        let blind = Sharing::of(&referral, Party::Receiver, on, false, at(now));
        prop_assert!(FieldGroup::ALL.iter().all(|group| blind.group(*group).is_err()) && blind.preview().is_err());
        // Time alone opens nothing.
        let later = Sharing::of(&referral, Party::Receiver, on, true, at(now + 50));
        prop_assert!(FieldGroup::ALL.iter().all(|group| later.group(*group).is_err() || sharing.group(*group).is_ok()));
    }
}

/// One try of a history.
#[derive(Clone, Copy, Debug)]
struct Try {
    by: Party,
    action: Action,
    stale: bool,
}

fn histories(count: usize) -> Vec<Vec<Try>> {
    let actions: Vec<_> = Action::ALL
        .iter()
        .copied()
        .filter(|action| !matches!(action, Action::Update | Action::ReferOnward | Action::RedactionAcknowledge))
        .collect();
    let step = (proptest::sample::select(Party::ALL), proptest::sample::select(actions), proptest::bool::weighted(0.1));
    let step = step.prop_map(|(by, action, stale)| Try { by, action, stale });
    let mut runner = TestRunner::deterministic();
    let strategy = proptest::collection::vec(step, 14);
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

fn named(action: Action) -> (&'static str, Value) {
    match action {
        Action::Send => ("referralSend", json!({})),
        Action::Acknowledge => ("referralAcknowledge", json!({})),
        Action::Accept => ("referralAccept", json!({})),
        Action::Decline => ("referralDecline", json!({"reason": "OUT_OF_AREA"})),
        Action::Start => ("referralStart", json!({})),
        Action::Hold => ("referralHold", json!({"reason": "WAITING_LIST"})),
        Action::Resume => ("referralResume", json!({})),
        Action::Complete => ("referralComplete", json!({"outcome": "PARTIALLY_PROVIDED"})),
        Action::NotComplete => ("referralNotComplete", json!({"reason": "NO_SHOW"})),
        Action::Cancel => ("referralCancel", json!({"reason": "NEED_CEASED"})),
        Action::MarkError => ("referralMarkError", json!({"reason": "DUPLICATE"})),
        Action::Update | Action::ReferOnward | Action::RedactionAcknowledge => unreachable!("not in these histories"),
    }
}

/// What the model says of a try: the state after it, or the code of the refusal.
fn expected(status: Status, sent: bool, Try { by, action, stale }: Try) -> Result<Status, &'static str> {
    if by == Party::Receiver && !sent {
        return Err("NOT_FOUND");
    }
    let own = match action {
        Action::Cancel => true,
        Action::Send | Action::MarkError => by == Party::Sender,
        _ => by == Party::Receiver,
    };
    let to = match action {
        Action::Send => Status::Sent,
        Action::Acknowledge => Status::Received,
        Action::Accept => Status::Accepted,
        Action::Decline => Status::Declined,
        Action::Start | Action::Resume => Status::InProgress,
        Action::Hold => Status::OnHold,
        Action::Complete => Status::Completed,
        Action::NotComplete => Status::NotCompleted,
        Action::Cancel => Status::Cancelled,
        _ => Status::EnteredInError,
    };
    let kept =
        (action == Action::Start) <= (status == Status::Accepted) && (action == Action::Resume) <= (status == Status::OnHold);
    match (own, stale, lawful(status, by).contains(&to) && kept) {
        (false, ..) => Err("TRANSITION_NOT_ALLOWED"),
        (true, true, _) => Err("VERSION_CONFLICT"),
        (true, false, true) => Ok(to),
        (true, false, false) => Err("TRANSITION_NOT_ALLOWED"),
    }
}

#[tokio::test]
async fn random_histories_of_two_parties_follow_the_model() {
    let town = Town::new().await;
    let case = town.case(&town.sender).await;
    let consent = town.consent(&town.sender, &case, &town.receiver, &["CONTACT"]).await;
    let mut steps = 0;
    for (number, history) in histories(24).into_iter().enumerate() {
        let draft = with(town.referral_input(&case, &consent, &town.receiver).await, json!({"send": false}));
        let mut now = town.done(&town.sender, "referralCreate", "referral", "status", draft).await;
        let (mut status, mut sent, mut entries) = (Status::Draft, false, 1);
        for (place, tried) in history.into_iter().enumerate() {
            // Most histories begin in the usual way, so that they get somewhere.
            let tried = match (place, number % 3) {
                (0, _) => Try { by: Party::Sender, action: Action::Send, stale: false },
                (1, 1..) => Try { by: Party::Receiver, action: Action::Accept, stale: false },
                _ => tried,
            };
            let (name, more) = named(tried.action);
            let side = if tried.by == Party::Sender { &town.sender } else { &town.receiver };
            let version = now["version"].as_i64().unwrap() - i64::from(tried.stale);
            let input = with(with(target(&now), json!({"expectedVersion": version, "idempotencyKey": key()})), more);
            let payload = town.act(side, name, "referral", "status", input).await;
            match expected(status, sent, tried) {
                Ok(after) => {
                    assert_eq!(payload["referral"]["status"], after.word(), "{tried:?} from {status}: {payload}");
                    (status, now, entries, steps) = (after, payload["referral"].clone(), entries + 1, steps + 1);
                    sent |= after == Status::Sent;
                }
                Err(code) => assert_eq!(payload["userErrors"][0]["code"], code, "{tried:?} from {status}: {payload}"),
            }
        }
        assert_eq!(now["version"], entries, "one version for each step and none for a refused one");
    }
    assert!(steps > 65, "the histories got nowhere: {steps} steps");
    assert_eq!(town.count("select count(*) from referral_event").await, 24 + steps);
    assert_eq!(
        town.count("select count(*) from change where object_type = 'REFERRAL' and type <> 'REFERRAL_REDACTED'").await,
        24 + steps
    );
}
