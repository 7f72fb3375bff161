//! What a receiver may know of a person: every field in every state on every ground, as a table that a lawyer can read, kept as
//! a snapshot; and the same asked of the running server, field by field.

use crate::{
    sharing,
    town::{Town, target, with},
};
use chrono::{DateTime, Duration, Utc};
use mistok::{
    base::words::{
        access::{FieldGroup as Group, RedactionReason as Why},
        referral::{ReferralStatus as Status, *},
    },
    case::model::Grant,
    memorandum::{model::Policy, standing::Agreement},
    referral::{
        model::Referral,
        sharing::{Footing, Sharing, fields, frozen},
    },
};
use serde_json::{Value, json};
use std::fmt::Write;
use uuid::Uuid;

const NOTE: &str = "\
+ shown   · not before acceptance   c outside the consent   m outside the memorandum   l outside what the law opens
W consent withdrawn or expired   M memorandum ended   E declined or cancelled   R retention over   X entered in error

Everything that is shown is shown with a purpose alone, and each reading is written down. Before SENT the receiver knows of nothing.
The sender sees its own person, in every state.
";

/// The columns: a state, and what has happened besides.
const COLUMNS: [(&str, Status, Besides); 15] = {
    use Besides::*;
    use Status::*;
    [
        ("SENT", Sent, Nothing),
        ("RECEIVED", Received, Nothing),
        ("ACCEPTED", Accepted, Nothing),
        ("IN_PROGRESS", InProgress, Nothing),
        ("ON_HOLD", OnHold, Nothing),
        ("COMPLETED, up to the last day of retention", Completed, Nothing),
        ("COMPLETED, after it", Completed, RetentionOver),
        ("DECLINED", Declined, Nothing),
        ("CANCELLED", Cancelled, Nothing),
        ("ENTERED_IN_ERROR", EnteredInError, Nothing),
        ("ACCEPTED, then the consent withdrawn", Accepted, ConsentWithdrawn),
        ("SENT, the memorandum ended", Sent, MemorandumEnded),
        ("ACCEPTED, the memorandum ended, within 30 days", Accepted, MemorandumEnded),
        ("ACCEPTED, the memorandum ended, after 30 days", Accepted, MemorandumLapsed),
        ("COMPLETED, then the memorandum ended", Completed, MemorandumLapsed),
    ]
};

#[derive(Clone, Copy, PartialEq)]
enum Besides {
    Nothing,
    RetentionOver,
    ConsentWithdrawn,
    MemorandumEnded,
    MemorandumLapsed,
}

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::days(20_000)
}

fn referral(basis: LegalBasis, status: Status, under: bool, besides: Besides) -> Referral {
    let days = if besides == Besides::RetentionOver { -1 } else { 30 };
    let mut row = sharing::referral(now(), status, under.then(Uuid::nil));
    row.terms.legal_basis = basis;
    row.terms.retention_until = Some(mistok::base::clock::day(now() + Duration::days(days)));
    row
}

fn consent(field_groups: Vec<Group>, withdrawn: bool) -> Grant {
    Grant { field_groups, expires_at: now() + Duration::days(365), withdrawn_at: withdrawn.then(now), expired_at: None }
}

fn agreement(field_groups: Vec<Group>, besides: Besides) -> Agreement {
    let ended = match besides {
        Besides::MemorandumEnded => Some(now() - Duration::days(29)),
        Besides::MemorandumLapsed => Some(now() - Duration::days(30)),
        _ => None,
    };
    let policy = Policy { field_groups, retention_days: 30, onward_referral: false };
    Agreement { memorandum_id: Uuid::nil(), policy, ended_at: ended }
}

const fn sign(answer: Result<(), Why>) -> char {
    match answer {
        Ok(()) => '+',
        Err(Why::BeforeAcceptance) => '·',
        Err(Why::OutsideConsent) => 'c',
        Err(Why::OutsideMemorandum) => 'm',
        Err(Why::OutsideLegalBasis) => 'l',
        Err(Why::ConsentWithdrawn) => 'W',
        Err(Why::MemorandumEnded) => 'M',
        Err(Why::AfterEnd) => 'E',
        Err(Why::RetentionEnded) => 'R',
        Err(Why::EnteredInError) => 'X',
        Err(Why::Erased) => 'Z',
        Err(Why::NotOwner | Why::PurposeMissing) => '?',
    }
}

/// One ground: what consent and memorandum name.
fn table(heading: &str, basis: LegalBasis, named: Option<&[Group]>, shared: Option<&[Group]>) -> String {
    let mut text = format!("## {heading}\n\n");
    let columns: Vec<_> = COLUMNS
        .iter()
        // What cannot happen on this ground is no column of it.
        .filter(|(.., besides)| match besides {
            Besides::ConsentWithdrawn => named.is_some(),
            Besides::MemorandumEnded | Besides::MemorandumLapsed => shared.is_some(),
            Besides::Nothing | Besides::RetentionOver => true,
        })
        .collect();
    for (place, (name, ..)) in columns.iter().enumerate() {
        writeln!(text, "{:>3}  {name}", place + 1).unwrap();
    }
    let numbers: String = (1..=columns.len()).map(|number| format!("{number:>3}")).collect();
    writeln!(text, "\n{:<30}{:<20}{numbers}", "field", "group").unwrap();
    for (field, rule) in fields() {
        let mut line = format!("{field:<30}{:<20}", rule.group().word());
        for (_, status, besides) in &columns {
            let consent = named.map(|named| consent(named.to_vec(), *besides == Besides::ConsentWithdrawn));
            let agreement = shared.map(|shared| agreement(shared.to_vec(), *besides));
            let mut row = referral(basis, *status, shared.is_some(), *besides);
            let (consent, agreement) = (consent.as_ref(), agreement.as_ref());
            if !matches!(status, Status::Sent | Status::Received | Status::Declined) {
                row.terms.shared_groups = Some(frozen(Footing { terms: &row.terms, consent, agreement }));
            }
            let on = Footing { terms: &row.terms, consent, agreement };
            let sharing = Sharing::of(&row, Party::Receiver, on, true, now());
            write!(line, "{:>3}", sign(sharing.decide(rule))).unwrap();
        }
        writeln!(text, "{line}").unwrap();
    }
    text
}

#[test]
fn what_a_receiver_may_know() {
    use Group::*;
    let all = Group::ALL;
    let tables = [
        table("CONSENT that names everything, no memorandum needed", LegalBasis::Consent, Some(all), None),
        table("CONSENT for CONTACT and REASON, no memorandum needed", LegalBasis::Consent, Some(&[Contact, Reason]), None),
        table(
            "CONSENT for DEMOGRAPHICS, CONTACT and REASON under a memorandum that shares DEMOGRAPHICS, CONTACT and SENSITIVE",
            LegalBasis::Consent,
            Some(&[Demographics, Contact, Reason]),
            Some(&[Demographics, Contact, Sensitive]),
        ),
        table(
            "CONSENT that names everything under a memorandum that shares REASON alone",
            LegalBasis::Consent,
            Some(all),
            Some(&[Reason]),
        ),
        table("LAW_NOTIFICATION", LegalBasis::LawNotification, None, None),
        table("VITAL_INTEREST", LegalBasis::VitalInterest, None, None),
    ];
    insta::assert_snapshot!(format!("{NOTE}\n{}", tables.join("\n")));
}

/// All fields that hold personal data, as one selection; each has a value in the town's person.
const EVERYTHING: &str = "status reason justification timeline { note } subject { ageBand birthDate sex targetGroup primaryCategory householdSize \
    familyName givenName patronymic phone safeToContact contactRestrictions address caregiver assessmentSummary servicesHistory { quantity } hardshipFactors sensitiveFactors }";

/// Asks for everything and for the explanation at once, and holds one against the other.
async fn answered_as_explained(town: &Town, referral: &Value) -> Vec<String> {
    let query = format!(
        "query($id: ID!){{ referral(id: $id){{ {EVERYTHING} redactions {{ field reason }} }}
           accessExplain(referralId: $id){{ field group visible reason consent {{ id }} memorandum {{ id }} }} }}"
    );
    let answer = town.ask(&town.receiver, &query, json!({"id": referral["id"]})).await;
    let (seen, explained) = (&answer.data()["referral"], answer.data()["accessExplain"].as_array().unwrap());
    let mut visible = Vec::new();
    for access in explained {
        let field = access["field"].as_str().unwrap();
        let value = match field.split_once('.') {
            Some(("timeline", _)) => {
                let notes = seen["timeline"].as_array().unwrap().iter();
                notes.map(|event| &event["note"]).find(|note| !note.is_null()).unwrap_or(&Value::Null)
            }
            Some((parent, name)) => &seen[parent][name],
            None => &seen[field],
        };
        let shown = access["visible"].as_bool().unwrap();
        let hidden = json!({"field": field, "reason": access["reason"]});
        let redacted = seen["redactions"].as_array().unwrap().contains(&hidden);
        assert_eq!(shown, access["reason"].is_null(), "{field}");
        assert_eq!(shown, !redacted, "{field} in {}: {hidden}", seen["status"]);
        assert!(shown || value.is_null(), "{field} in {} is shown and explained as hidden: {value}", seen["status"]);
        if shown && !value.is_null() {
            visible.push(field.to_owned());
        }
    }
    visible
}

#[tokio::test]
async fn the_server_answers_as_it_explains() {
    let town = Town::new().await;
    let case = town.case(&town.sender).await;
    let consent = town.consent(&town.sender, &case, &town.receiver, &["DEMOGRAPHICS", "CONTACT", "REASON"]).await;
    let input = town.referral_input(&case, &consent, &town.receiver).await;
    let mut referral = town.done(&town.sender, "referralCreate", "referral", "status", input).await;
    let preview = ["subject.ageBand", "subject.sex", "subject.targetGroup"];
    assert_eq!(answered_as_explained(&town, &referral).await, preview);
    let open = [
        "subject.ageBand",
        "subject.birthDate",
        "subject.sex",
        "subject.targetGroup",
        "subject.householdSize",
        "subject.familyName",
        "subject.givenName",
        "subject.phone",
        "subject.safeToContact",
        "subject.contactRestrictions",
        "subject.hardshipFactors",
        "reason",
    ];
    for (name, more, seen) in [
        ("referralAcknowledge", json!({}), &preview[..]),
        ("referralAccept", json!({}), &open),
        ("referralHold", json!({"reason": "WAITING_LIST"}), &open),
        ("referralResume", json!({}), &open),
        ("referralNotComplete", json!({"reason": "MOVED"}), &open),
    ] {
        referral = town.step(&town.receiver, name, &referral, more).await;
        assert_eq!(answered_as_explained(&town, &referral).await, seen, "after {name}");
    }
    let mistake = with(target(&referral), json!({"reason": "OTHER"}));
    town.done(&town.sender, "referralMarkError", "referral", "status", mistake).await;
    assert_eq!(answered_as_explained(&town, &referral).await, [""; 0]);
    let stranger = "query($id: ID!){ accessExplain(referralId: $id){ field } }";
    let answer = town.ask(&town.stranger, stranger, json!({"id": referral["id"]})).await;
    assert_eq!(answer.data()["accessExplain"], Value::Null);
}

/// The memorandum narrows what the consent names, and the explanation names both.
#[tokio::test]
async fn a_memorandum_narrows_a_consent() {
    let town = Town::new().await;
    let sharing = json!({"fieldGroups": ["DEMOGRAPHICS", "CONTACT", "ADDRESS"], "retentionDays": 7, "onwardReferral": false});
    let made = town.agreed(&town.receiver, &[&town.stranger], json!({"sharing": sharing})).await;
    let case = town.case(&town.stranger).await;
    let consent = town.consent(&town.stranger, &case, &town.receiver, &["CONTACT", "REASON"]).await;
    let input = town.referral_input(&case, &consent, &town.receiver).await;
    let sent = town.done(&town.stranger, "referralCreate", "referral", "status memorandum { id }", input).await;
    assert_eq!(sent["memorandum"]["id"], made["id"]);
    town.step(&town.receiver, "referralAccept", &sent, json!({})).await;
    let seen = answered_as_explained(&town, &sent).await;
    assert!(seen.contains(&"subject.phone".to_owned()) && !seen.contains(&"reason".to_owned()), "{seen:?}");
    let query = "query($id: ID!){ accessExplain(referralId: $id){ field reason consent { id } memorandum { id } } }";
    let answer = town.ask(&town.receiver, query, json!({"id": sent["id"]})).await;
    let of = |name: &str| {
        answer.data()["accessExplain"].as_array().unwrap().iter().find(|one| one["field"] == name).unwrap().clone()
    };
    assert_eq!(of("reason")["reason"], "OUTSIDE_MEMORANDUM", "the consent names it, the memorandum does not");
    assert_eq!(of("subject.address")["reason"], "OUTSIDE_CONSENT", "the memorandum shares it, the consent does not name it");
    assert_eq!((&of("reason")["consent"]["id"], &of("reason")["memorandum"]["id"]), (&consent["id"], &made["id"]));
}
