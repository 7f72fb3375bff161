//! The whole policy as a table that a reader understands, kept as a snapshot: who may do what with whose.

use crate::sharing;
use mistok::{
    access::{Actor, Denied, Scopes},
    activity::policy::{self as work_policy, WorkAct},
    base::words::{contract::ContractStatus, memorandum::*, organization::OrganizationKind as Kind, referral::*},
    case::policy::{self as case_policy, CaseAct},
    centre::policy::{self as centre_policy, CentreAct},
    contract::model::FundingContract,
    contract::policy::{self as contract_policy, ContractAct},
    indicator::policy as indicator_policy,
    memorandum::{
        model::{Memorandum, Party as Signatory, Standing},
        policy::{self as memorandum_policy, MemorandumAct},
    },
    offering::policy::{self as offering_policy, OfferingAct},
    organization::policy::{self as organization_policy, OrganizationAct},
    referral::{model::Referral, policy as referral_policy},
    territory::policy::{self as territory_policy, TerritoryAct},
    webhook::policy::{self as webhook_policy, WebhookAct},
};
use std::collections::BTreeMap;
use uuid::Uuid;

const ME: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);
const THIRD: Uuid = Uuid::from_u128(3);

fn actor(kind: Kind) -> Actor {
    let scopes = Scopes::of_kind(kind);
    Actor {
        application_id: Uuid::from_u128(9),
        organization_id: ME,
        kind,
        scopes,
        purpose: None,
        acting_for: None,
        language: Default::default(),
    }
}

fn referral(sender_id: Uuid, receiver_id: Uuid, sent: bool) -> Referral {
    let at = chrono::DateTime::UNIX_EPOCH;
    let mut row = sharing::referral(at, if sent { ReferralStatus::Sent } else { ReferralStatus::Draft }, None);
    (row.id, row.sent_at) = (Uuid::from_u128(7), sent.then_some(at));
    (row.sender_id, row.receiver_id) = (sender_id, receiver_id);
    row
}

/// A memorandum of a provider and a partner, so far as the partner is with it.
fn memorandum(provider_id: Uuid, partner_id: Uuid, partner: PartyStatus) -> Standing {
    let at = chrono::DateTime::UNIX_EPOCH;
    let party = |organization_id, role, status| Signatory {
        memorandum_id: Uuid::from_u128(7),
        organization_id,
        role,
        status,
        invited_at: None,
        signed_on: None,
        signed_at: None,
        withdrawn_at: None,
        bound_from: None,
        bound_until: None,
        wound_down_at: None,
        entry: 1,
    };
    let row = Memorandum {
        id: Uuid::from_u128(7),
        number: String::new(),
        title: String::new(),
        centre_id: Uuid::nil(),
        provider_id,
        region_code: String::new(),
        effective_from: at.date_naive(),
        effective_to: None,
        field_groups: Vec::new(),
        retention_days: 30,
        onward_referral: false,
        supersedes_id: None,
        invited_at: (partner != PartyStatus::Drafted).then_some(at),
        suspended_at: None,
        terminated_at: None,
        in_force_told_at: None,
        ended_told_at: None,
        warned_days: None,
        created_at: at,
        updated_at: at,
        version: 1,
    };
    let parties = vec![
        party(provider_id, PartyRole::CentreProvider, PartyStatus::Signed),
        party(partner_id, PartyRole::Partner, partner),
    ];
    Standing { row, parties }
}

/// A contract; `of_fund`: its funder is the Fund or a branch.
fn contract(funder_id: Uuid, of_fund: bool, provider_id: Uuid, status: ContractStatus) -> FundingContract {
    let day = chrono::NaiveDate::default();
    let at = chrono::DateTime::UNIX_EPOCH;
    FundingContract {
        of_fund,
        status,
        signed_at: (status != ContractStatus::Draft).then_some(at),
        ..crate::contract::row(Uuid::from_u128(7), funder_id, provider_id, day)
    }
}

/// The same memorandum, after the partner had signed and has left.
fn parted(provider_id: Uuid, partner_id: Uuid) -> Standing {
    let mut memorandum = memorandum(provider_id, partner_id, PartyStatus::Withdrawn);
    let at = Some(chrono::DateTime::UNIX_EPOCH);
    (memorandum.parties[1].signed_at, memorandum.parties[1].withdrawn_at) = (at, at);
    memorandum
}

fn said<T>(answer: Result<T, Denied>) -> String {
    match answer {
        Ok(_) => "yes".into(),
        Err(Denied::Scope(scope)) => format!("lacks {}", scope.word()),
        Err(Denied::Stranger) => "does not exist".into(),
        Err(Denied::OtherParty) => "the other party's".into(),
        Err(Denied::OwnWork) => "its own work".into(),
    }
}

/// All lines for one kind of organisation.
fn lines(kind: Kind) -> Vec<String> {
    let actor = actor(kind);
    let mut all = Vec::new();
    let mut line = |what: String, answers: Vec<(&str, String)>| {
        let same = answers.iter().all(|(_, answer)| *answer == answers[0].1);
        let answers: Vec<_> = match same {
            true => vec![answers[0].1.clone()],
            false => answers.into_iter().map(|(whose, answer)| format!("{whose}: {answer}")).collect(),
        };
        all.push(format!("  {what:<34} {}", answers.join(" · ")));
    };
    for act in CaseAct::ALL {
        let of = |owner| said(case_policy::may(&actor, act, owner, THIRD));
        line(format!("case {act:?}"), vec![("own", of(ME)), ("another's", of(OTHER))]);
    }
    let read = |row: Referral| said(referral_policy::may_read(&actor, &row));
    let sides = |of: &dyn Fn(Referral) -> String| {
        vec![
            ("as sender", of(referral(ME, OTHER, true))),
            ("as receiver", of(referral(OTHER, ME, true))),
            ("as receiver of a draft", of(referral(OTHER, ME, false))),
            ("as stranger", of(referral(OTHER, THIRD, true))),
        ]
    };
    line("referral Read".into(), sides(&read));
    for action in ReferralAction::ALL {
        line(format!("referral {action}"), sides(&|row| said(referral_policy::may(&actor, *action, &row))));
    }
    for act in MemorandumAct::ALL.into_iter().filter(|act| *act != MemorandumAct::Create) {
        let may = |row: Standing| said(memorandum_policy::may(&actor, act, &row));
        let answers = vec![
            ("as provider", may(memorandum(ME, OTHER, PartyStatus::Signed))),
            ("as partner", may(memorandum(OTHER, ME, PartyStatus::Invited))),
            ("as partner of a draft", may(memorandum(OTHER, ME, PartyStatus::Drafted))),
            ("as one who has left", may(parted(OTHER, ME))),
            ("as one who has declined", may(memorandum(OTHER, ME, PartyStatus::Withdrawn))),
            ("as stranger", may(memorandum(OTHER, THIRD, PartyStatus::Signed))),
            ("as stranger of a draft", may(memorandum(OTHER, THIRD, PartyStatus::Drafted))),
        ];
        line(format!("memorandum {act:?}"), answers);
    }
    for act in ContractAct::ALL.into_iter().filter(|act| *act != ContractAct::Create) {
        let may = |funder, of_fund, provider, status| {
            said(contract_policy::may(&actor, act, &contract(funder, of_fund, provider, status)))
        };
        let answers = vec![
            ("as funder", may(ME, false, OTHER, ContractStatus::Draft)),
            ("as provider", may(OTHER, true, ME, ContractStatus::Signed)),
            ("as provider of a draft", may(OTHER, true, ME, ContractStatus::Draft)),
            ("of the Fund", may(OTHER, true, THIRD, ContractStatus::Draft)),
            ("of another funder", may(OTHER, false, THIRD, ContractStatus::Signed)),
        ];
        line(format!("contract {act:?}"), answers);
    }
    line("contract Create".into(), vec![("", said(contract_policy::may_create(&actor, THIRD)))]);
    for act in WorkAct::ALL {
        let may = |owner| said(work_policy::may(&actor, act, owner, THIRD));
        line(format!("work {act:?}"), vec![("own", may(ME)), ("another's", may(OTHER))]);
    }
    line("memorandum Create".into(), vec![("", said(memorandum_policy::may_create(&actor, THIRD)))]);
    let gaps = |provider| said(memorandum_policy::may_see_gaps(&actor, provider));
    line("gaps of a centre".into(), vec![("own", gaps(ME)), ("another's", gaps(OTHER))]);
    line("referral create".into(), vec![("", said(referral_policy::may_create(&actor, THIRD)))]);
    for act in [OrganizationAct::Register, OrganizationAct::Update] {
        line(format!("organization {act:?}"), vec![("", said(organization_policy::may(&actor, act, THIRD)))]);
    }
    for act in [CentreAct::Register, CentreAct::Update] {
        line(format!("centre {act:?}"), vec![("", said(centre_policy::may(&actor, act, THIRD)))]);
    }
    let participation = territory_policy::may(&actor, TerritoryAct::RecordParticipation, "UA48020130000080862");
    line("participation record".into(), vec![("", said(participation))]);
    line("offering of one's own".into(), vec![("", said(offering_policy::may(&actor, OfferingAct::Tell)))]);
    line("webhook Create".into(), vec![("", said(webhook_policy::may_create(&actor, THIRD)))]);
    for act in WebhookAct::ASKED {
        let may = |owner| said(webhook_policy::may(&actor, act, owner, THIRD));
        line(format!("webhook {act:?}"), vec![("own", may(ME)), ("another's", may(OTHER))]);
    }
    line("observation report".into(), vec![("", said(indicator_policy::may_report(&actor, THIRD)))]);
    let of_others = |others| if others { "yes" } else { "no" }.to_owned();
    line("observation of others".into(), vec![("", of_others(indicator_policy::reporter(&actor).about_others))]);
    line("observation read".into(), vec![("", said(indicator_policy::may_read(&actor)))]);
    all
}

#[test]
fn the_whole_policy() {
    let mut tables: BTreeMap<Vec<String>, Vec<&str>> = BTreeMap::new();
    for kind in Kind::ALL {
        tables.entry(lines(*kind)).or_default().push(kind.word());
    }
    let mut tables: Vec<_> =
        tables.into_iter().map(|(lines, kinds)| format!("{}\n{}", kinds.join(" "), lines.join("\n"))).collect();
    tables.sort();
    insta::assert_snapshot!(tables.join("\n\n"));
}
