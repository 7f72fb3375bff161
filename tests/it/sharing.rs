//! What a receiver may see under a memorandum: consent ∩ memorandum ∩ what was frozen at acceptance, and never a group more.

use crate::{
    memorandum::at,
    town::{Town, target, with},
};
use chrono::{DateTime, Duration, Utc};
use mistok::{
    base::words::{
        access::{FieldGroup as Group, RedactionReason as Why},
        case::*,
        referral::{ReferralStatus as Status, *},
    },
    case::model::Grant,
    memorandum::{model::Policy, standing::Agreement},
    referral::{
        model::{Glance, Referral, Terms},
        sharing::{self, Footing, Sharing},
    },
};
use proptest::{option, prelude::*, sample::select};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A referral between two, sent at this moment.
pub fn referral(sent_at: DateTime<Utc>, status: Status, memorandum_id: Option<Uuid>) -> Referral {
    Referral {
        glance: Glance {
            id: Uuid::nil(),
            number: String::new(),
            sender_id: Uuid::from_u128(1),
            receiver_id: Uuid::from_u128(2),
            service_id: Uuid::nil(),
            territory_code: String::new(),
            urgency: Urgency::Normal,
            status,
            status_reason: None,
            outcome: None,
            created_at: sent_at,
            sent_at: Some(sent_at),
            respond_by: Some(sent_at + Duration::days(14)),
            updated_at: sent_at,
            version: 1,
        },
        terms: Terms {
            legal_basis: LegalBasis::Consent,
            case_id: None,
            person_id: Uuid::nil(),
            subject_kind: SubjectKind::Person,
            minor: None,
            shared_groups: None,
            retention_until: None,
            redaction_requested_at: None,
            redaction_acknowledged_at: None,
            memorandum_id,
            erased_at: None,
        },
        sender_centre_id: None,
        receiver_centre_id: None,
        legal_ground: None,
        consent_id: None,
        safety_flag: false,
        parent_id: None,
        replaces_id: None,
        accepted_at: None,
        ended_at: None,
    }
}

/// A consent between the same two, of the first day.
pub fn consent(field_groups: Vec<Group>, expires_at: DateTime<Utc>) -> Grant {
    Grant { field_groups, expires_at, withdrawn_at: None, expired_at: None }
}

fn groups() -> impl Strategy<Value = Vec<Group>> {
    proptest::sample::subsequence(Group::ALL.to_vec(), 0..=Group::ALL.len())
}

/// How the memorandum stands, where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bond {
    NotNeeded,
    /// The two were never bound by it.
    Never,
    InForce,
    /// So many hours ago.
    Ended(i64),
}

#[derive(Clone, Debug)]
struct Scene {
    referral: Referral,
    consent: Option<Grant>,
    bond: Bond,
    policy: Vec<Group>,
    today: u64,
}

impl Scene {
    fn now(&self) -> DateTime<Utc> {
        at(self.today, 700)
    }

    fn agreement(&self) -> Option<Agreement> {
        let policy = Policy { field_groups: self.policy.clone(), retention_days: 30, onward_referral: false };
        let ended_at = match self.bond {
            Bond::NotNeeded | Bond::Never => return None,
            Bond::InForce => None,
            Bond::Ended(hours) => Some(self.now() - Duration::hours(hours)),
        };
        Some(Agreement { memorandum_id: Uuid::from_u128(9), policy, ended_at })
    }

    fn sharing(&self, agreement: Option<&Agreement>) -> Sharing {
        let on = Footing { terms: &self.referral.terms, consent: self.consent.as_ref(), agreement };
        Sharing::of(&self.referral, Party::Receiver, on, true, self.now())
    }

    /// What both documents have in common, and acceptance has frozen.
    fn common(&self) -> BTreeSet<Group> {
        if self.referral.terms.legal_basis != LegalBasis::Consent {
            return [Group::Demographics, Group::Contact, Group::Address, Group::Caregiver, Group::Reason].into();
        }
        let named: BTreeSet<Group> = self.consent.iter().flat_map(|consent| consent.field_groups.clone()).collect();
        let agreed: BTreeSet<Group> = match self.bond {
            Bond::NotNeeded => Group::ALL.iter().copied().collect(),
            Bond::Never => BTreeSet::new(),
            _ => self.policy.iter().copied().collect(),
        };
        let frozen: BTreeSet<Group> = match &self.referral.terms.shared_groups {
            Some(frozen) => frozen.iter().copied().collect(),
            None => Group::ALL.iter().copied().collect(),
        };
        &(&named & &agreed) & &frozen
    }

    /// Whether the person stands open at all: state, consent, memorandum, retention, in this order.
    fn open(&self) -> bool {
        let by_consent = self.referral.terms.legal_basis == LegalBasis::Consent;
        if by_consent && !self.consented() {
            return false;
        }
        let hidden = self.referral.terms.redaction_requested_at.is_some();
        match self.referral.status {
            Status::Received => !by_consent,
            Status::Accepted | Status::InProgress | Status::OnHold => {
                !hidden && !matches!(self.bond, Bond::Never | Bond::Ended(720..))
            }
            Status::Completed | Status::NotCompleted => {
                !hidden && self.referral.terms.retention_until.is_some_and(|last| crate::memorandum::on(self.today) <= last)
            }
            _ => false,
        }
    }

    fn consented(&self) -> bool {
        self.consent.as_ref().is_some_and(|consent| consent.withdrawn_at.is_none() && consent.expires_at > self.now())
    }

    /// Age band, sex and target group of somebody who is not taken yet.
    fn previewed(&self) -> bool {
        let waits = matches!(self.referral.status, Status::Sent | Status::Received);
        waits
            && self.referral.terms.legal_basis == LegalBasis::Consent
            && self.consented()
            && matches!(self.bond, Bond::NotNeeded | Bond::InForce)
            && self.common().contains(&Group::Demographics)
    }
}

prop_compose! {
    fn scene()(status in select(Status::ALL), basis in select(LegalBasis::ALL), named in groups(), policy in groups(), frozen in option::of(groups()),
        // Hours around the 30 days of winding down.
        hours in prop_oneof![Just(0i64), Just(719), Just(720), Just(721), 0i64..1200], bond in 0u8..6, there in proptest::bool::weighted(0.9),
        withdrawn in proptest::bool::weighted(0.15), expires in 1u64..120, retained in option::of(0u64..80), hidden in proptest::bool::weighted(0.15), today in 0u64..80)
        -> Scene {
        let bond = match bond {
            _ if basis != LegalBasis::Consent => Bond::NotNeeded,
            0 => Bond::NotNeeded,
            1 => Bond::Never,
            2 | 3 => Bond::InForce,
            _ => Bond::Ended(hours),
        };
        let mut referral = referral(at(0, 0), status, (bond != Bond::NotNeeded).then(|| Uuid::from_u128(9)));
        referral.terms.legal_basis = basis;
        referral.terms.shared_groups = frozen;
        referral.terms.retention_until = retained.map(crate::memorandum::on);
        referral.terms.redaction_requested_at = hidden.then(|| at(0, 5));
        let mut given = consent(named, at(expires, 700));
        given.withdrawn_at = withdrawn.then(|| at(0, 9));
        let consent = (there && basis == LegalBasis::Consent).then_some(given);
        Scene { referral, consent, bond, policy, today }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn nothing_outside_of_consent_and_memorandum_is_ever_shown(scene in scene()) {
        let agreement = scene.agreement();
        let sharing = scene.sharing(agreement.as_ref());
        let shown: BTreeSet<Group> = Group::ALL.iter().copied().filter(|group| sharing.group(*group).is_ok()).collect();
        let expected = if scene.open() { scene.common() } else { BTreeSet::new() };
        prop_assert_eq!(&shown, &expected);
        prop_assert_eq!(sharing.preview().is_ok(), scene.previewed() || shown.contains(&Group::Demographics));
        let by_consent = scene.referral.terms.legal_basis == LegalBasis::Consent;
        let sensitive = if by_consent { shown.contains(&Group::Sensitive) } else { scene.open() };
        prop_assert_eq!(sharing.sensitive_factors().is_ok(), sensitive);
    }

    #[test]
    fn what_acceptance_freezes_is_what_both_documents_name(scene in scene()) {
        let scene = Scene { referral: Referral { terms: Terms { shared_groups: None, ..scene.referral.terms.clone() }, ..scene.referral.clone() }, ..scene };
        let agreement = scene.agreement();
        let on = Footing { terms: &scene.referral.terms, consent: scene.consent.as_ref(), agreement: agreement.as_ref() };
        let frozen: BTreeSet<Group> = sharing::frozen(on).into_iter().collect();
        prop_assert_eq!(&frozen, &scene.common());
        // No later policy opens more than that, whatever it names.
        let mut accepted = scene.clone();
        accepted.referral.terms.shared_groups = Some(frozen.iter().copied().collect());
        accepted.policy = Group::ALL.to_vec();
        let wider = accepted.agreement();
        let sharing = accepted.sharing(wider.as_ref());
        let shown: BTreeSet<Group> = Group::ALL.iter().copied().filter(|group| sharing.group(*group).is_ok()).collect();
        prop_assert!(shown.is_subset(&frozen), "{:?} of {:?}", shown, frozen);
    }

    #[test]
    fn why_a_group_is_hidden_follows_from_the_documents_alone(scene in scene()) {
        let agreement = scene.agreement();
        let sharing = scene.sharing(agreement.as_ref());
        if scene.open() && scene.referral.terms.legal_basis == LegalBasis::Consent {
            let named = |group| scene.consent.as_ref().is_some_and(|consent| consent.field_groups.contains(group));
            for group in Group::ALL {
                let why = sharing.group(*group).err();
                match (named(group), scene.common().contains(group)) {
                    (_, true) => prop_assert_eq!(why, None),
                    (false, _) => prop_assert_eq!(why, Some(Why::OutsideConsent)),
                    (true, false) if scene.bond == Bond::NotNeeded => prop_assert_eq!(why, Some(Why::OutsideConsent)),
                    (true, false) => prop_assert_eq!(why, Some(Why::OutsideMemorandum)),
                }
            }
        }
    }
}

#[tokio::test]
async fn a_renewal_narrows_what_is_shown_and_never_widens_it() {
    let town = Town::new().await;
    // An authority of elsewhere needs the memorandum.
    let elsewhere = "update organization set territory_code = 'UA46060250000025047' where id = ";
    let owner = town.served.stage.owner().await;
    owner.batch_execute(&format!("{elsewhere} '{}'", town.sender.partner.organization_id)).await.unwrap();
    let policy = |groups: &[&str]| json!({"sharing": {"fieldGroups": groups, "retentionDays": 5, "onwardReferral": false}});
    let made = town.agreed(&town.receiver, &[&town.sender], policy(&["CONTACT", "REASON"])).await;
    let (sent, ..) = town.sent(&["CONTACT", "REASON", "ADDRESS"]).await;
    town.step(&town.receiver, "referralAccept", &sent, json!({})).await;
    let fields = "reason memorandum { id } subject { phone address } redactions { field reason }";
    let seen = town.sees(&town.receiver, &sent["id"], fields).await;
    let hidden = |seen: &Value, field: &str| {
        let all = seen["redactions"].as_array().unwrap();
        all.iter().find(|hidden| hidden["field"] == field).map(|hidden| hidden["reason"].as_str().unwrap().to_owned())
    };
    assert_eq!((&seen["memorandum"]["id"], &seen["subject"]["phone"]), (&made["id"], &json!("+380670000001")));
    assert_eq!((&seen["reason"], &seen["subject"]["address"]), (&json!("потребує розмови з психологом"), &Value::Null));
    assert_eq!(hidden(&seen, "subject.address").as_deref(), Some("OUTSIDE_MEMORANDUM"));

    let today = json!(town.served.clock.today());
    let renewal = with(target(&made), json!({"number": "2", "effectiveFrom": today}));
    let renewal = town.done(&town.receiver, "memorandumRenew", "memorandum", "status", renewal).await;
    let wider = with(target(&renewal), policy(&["CONTACT", "ADDRESS", "SENSITIVE"]));
    let mut renewal = town.done(&town.receiver, "memorandumUpdate", "memorandum", "status", wider).await;
    assert_eq!(town.sees(&town.receiver, &sent["id"], fields).await["reason"], seen["reason"], "not signed yet");
    for side in [&town.receiver, &town.sender] {
        let signs = with(target(&renewal), json!({"signedOn": today}));
        renewal = town.done(side, "memorandumSign", "memorandum", "status", signs).await;
    }
    assert_eq!(renewal["status"], "IN_FORCE");
    let seen = town.sees(&town.receiver, &sent["id"], fields).await;
    assert_eq!((&seen["subject"]["phone"], &seen["memorandum"]["id"]), (&json!("+380670000001"), &made["id"]));
    for (field, value) in [("subject.address", &seen["subject"]["address"]), ("reason", &seen["reason"])] {
        assert_eq!((value, hidden(&seen, field).as_deref()), (&Value::Null, Some("OUTSIDE_MEMORANDUM")), "{field}");
    }
}
