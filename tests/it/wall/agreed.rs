//! What a memorandum decides, as PostgreSQL decides it alone: until when two are bound over random chains of renewals, and
//! what is handed out when a memorandum has ended, has lapsed or was never signed. Both against the program's own rules.

use super::{SLOTS, Scene, one};
use crate::{
    memorandum::{
        at,
        model::{self, PARTNER, PROVIDER},
    },
    sharing,
};
use chrono::{DateTime, Duration, Utc};
use mistok::{
    base::words::{
        access::FieldGroup,
        referral::{Party, ReferralStatus as Status},
    },
    memorandum::{
        model::{Party as Signatory, Standing},
        standing::Agreement,
    },
    referral::sharing::{Footing, Sharing},
};
use proptest::{collection::vec, option, strategy::Strategy, strategy::ValueTree, test_runner::TestRunner};
use std::collections::BTreeSet;
use tokio_postgres::Client;
use uuid::Uuid;

fn text(at: Option<DateTime<Utc>>) -> String {
    at.map_or("null".to_owned(), |at| format!("'{}'", at.to_rfc3339()))
}

/// Puts memoranda into the database as they are, past all walls and laws. Those that were there are gone.
async fn write(superuser: &Client, chain: &[Standing]) {
    let mut sql = "set session_replication_role = replica; delete from memorandum_party; delete from memorandum;".to_owned();
    for Standing { row, parties } in chain {
        let supersedes = row.supersedes_id.map_or("null".to_owned(), |id| format!("'{id}'"));
        sql += &format!(
            "insert into memorandum (id, number, title, centre_id, provider_id, region_code, effective_from, field_groups, retention_days,
               onward_referral, supersedes_id, created_at, updated_at, version)
             values ('{0}', '{0}', '', '{0}', '{1}', '', '{2}', '{{}}', 30, true, {supersedes}, now(), now(), 1);",
            row.id, row.provider_id, row.effective_from,
        );
        for party in parties {
            sql += &format!(
                "insert into memorandum_party (memorandum_id, organization_id, entry, role, status, signed_at, bound_from, bound_until)
                 values ('{}', '{}', {}, '{}', '{}', {}, {}, {});",
                row.id,
                party.organization_id,
                party.entry,
                party.role,
                party.status,
                text(party.signed_at),
                text(party.bound_from),
                text(party.bound_until),
            );
        }
    }
    superuser.batch_execute(&sql).await.unwrap();
}

#[tokio::test]
async fn postgresql_binds_two_until_the_same_moment_as_the_rules() {
    let stage = crate::stage::Stage::new().await;
    let superuser = crate::stage::connect(&stage.superuser_url()).await;
    let mut runner = TestRunner::deterministic();
    let strategy = (model::chain(), 0i64..150 * 24, vec(option::weighted(0.5, 0i64..90 * 24), 4));
    let (mut seen, mut back, mut renewed) = ([0; 3], 0, 0);
    for _ in 0..300 {
        let (links, hours, again) = strategy.new_tree(&mut runner).unwrap().current();
        let mut chain: Vec<Standing> = links.iter().enumerate().map(|(id, link)| link.standing(id as u128)).collect();
        // A partner that has left comes back, some hours later.
        for (standing, again) in chain.iter_mut().zip(again) {
            let left = standing.party(PARTNER).and_then(|party| party.withdrawn_at.filter(|_| party.signed_at.is_some()));
            if let (Some(left), Some(hours)) = (left, again) {
                let party = crate::memorandum::party(&standing.row, PARTNER, Some(left + Duration::hours(hours)), None);
                standing.parties.push(Signatory { entry: 2, ..party });
                back += 1;
            }
        }
        write(&superuser, &chain).await;
        let now = at(0, 0) + Duration::hours(hours);
        superuser.batch_execute(&format!("begin; set local mistok.now = '{}'", now.to_rfc3339())).await.unwrap();
        for (first, _) in chain.iter().enumerate() {
            let asked = format!(
                "select until, holds from mistok.agreed_until(array['{}']::uuid[], array['{PARTNER}']::uuid[], array['{PROVIDER}']::uuid[])",
                chain[first].row.id
            );
            let told = format!(
                "select coalesce((select holds || case when until > mistok.now() then ' in force' else ' ' || extract(epoch from until)::bigint end from ({asked}) t), 'never')"
            );
            let expected = match Agreement::of(&crate::memorandum::bindings(&chain[first..]), PARTNER, PROVIDER, now) {
                None => "never".to_owned(),
                Some(agreement) => {
                    renewed += usize::from(agreement.memorandum_id != chain[first].row.id);
                    let until = agreement.ended_at.map_or("in force".to_owned(), |ended| ended.timestamp().to_string());
                    format!("{} {until}", agreement.memorandum_id)
                }
            };
            seen[if expected == "never" { 0 } else { 1 + usize::from(expected.ends_with("in force")) }] += 1;
            assert_eq!(one(&superuser, &told).await, expected, "at {now} from the {first} of {links:?}");
        }
        superuser.batch_execute("rollback").await.unwrap();
    }
    assert!(seen.iter().all(|count| *count > 20) && back > 20, "each answer was there: {seen:?}, {back} came back");
    assert!(renewed > 20, "a renewal held in {renewed}");
}

/// How the two stand, as the moments in which the memorandum and its renewal bind them, in days from now.
type Bonds = (&'static str, [(f64, Option<f64>, bool); 2]);

/// The first memorandum and its renewal: from, until, whether the receiver has signed.
const BONDS: [Bonds; 12] = [
    ("never signed", [(-40.0, None, false), (-40.0, None, false)]),
    ("in force", [(-40.0, None, true), (1.0, None, false)]),
    ("ends in a day", [(-40.0, Some(1.0), true), (1.0, None, false)]),
    ("ended this moment", [(-40.0, Some(0.0), true), (1.0, None, false)]),
    ("ended", [(-90.0, Some(-29.0), true), (1.0, None, false)]),
    ("lapsed this moment", [(-90.0, Some(-30.0), true), (1.0, None, false)]),
    ("lapsed", [(-90.0, Some(-31.0), true), (1.0, None, true)]),
    ("renewed in time", [(-90.0, Some(-40.0), true), (-10.0, None, true)]),
    ("renewed too late", [(-90.0, Some(-40.0), true), (-9.0, None, true)]),
    ("renewed for a time", [(-90.0, Some(-60.0), true), (-60.0, Some(-5.0), true)]),
    ("a renewal that one of the two has not signed", [(-90.0, Some(-31.0), true), (-31.0, None, false)]),
    ("a renewal that ended before it began", [(-90.0, Some(-35.0), true), (-10.0, Some(-20.0), true)]),
];

#[tokio::test]
async fn nothing_is_handed_out_that_the_rule_does_not_open_under_a_memorandum() {
    let scene = Scene::new().await;
    let (app, superuser) = (scene.app().await, scene.superuser().await);
    let (sender, receiver) = (scene.sender().organization_id, scene.receiver().organization_id);
    let now: DateTime<Utc> = (scene.town.served.clock.now() + Duration::hours(1)).max(at(0, 0));
    let moment = |days: f64| now + Duration::seconds((days * 86_400.0) as i64);
    let mut seen = BTreeSet::new();
    for (what, bonds) in BONDS {
        let standing = |(number, (from, until, signed)): (u128, (f64, Option<f64>, bool))| {
            let mut row = crate::memorandum::row(Uuid::from_u128(100 + number), receiver, at(0, 0).date_naive(), None);
            row.supersedes_id = (number > 0).then(|| Uuid::from_u128(99 + number));
            let mut parties = [sender, receiver].map(|id| {
                let signed_at = (signed || id == sender).then(|| moment(from));
                crate::memorandum::party(&row, id, signed_at, None)
            });
            for party in &mut parties {
                party.bound_from = party.signed_at;
                party.bound_until = until.map(moment).filter(|_| party.signed_at.is_some());
            }
            Standing { row, parties: parties.into() }
        };
        let chain: Vec<Standing> = (0..).zip(bonds).map(standing).collect();
        write(&superuser, &chain).await;
        let agreement = Agreement::of(&crate::memorandum::bindings(&chain), sender, receiver, now);
        for (status, hidden) in Status::ALL.iter().flat_map(|status| [(*status, false), (*status, true)]) {
            let mut referral = sharing::referral(at(0, 0), status, Some(chain[0].row.id));
            referral.terms.retention_until = Some(mistok::base::clock::day(now));
            referral.terms.redaction_requested_at = hidden.then_some(now);
            let consent = sharing::consent(FieldGroup::ALL.to_vec(), moment(1.0));
            let on = Footing { terms: &referral.terms, consent: Some(&consent), agreement: agreement.as_ref() };
            let rule = Sharing::of(&referral, Party::Receiver, on, true, now);
            let set = format!(
                "update consent set field_groups = '{{DEMOGRAPHICS,CONTACT}}', withdrawn_at = null, expires_at = '{}' where id = '{}';
                 update referral set status = '{status}', legal_basis = 'CONSENT', memorandum_id = '{}', retention_until = '{}', redaction_requested_at = {},
                   outcome = 'SERVICE_PROVIDED' where id = '{}'",
                moment(1.0).to_rfc3339(),
                scene.consent,
                chain[0].row.id,
                mistok::base::clock::day(now),
                text(referral.terms.redaction_requested_at),
                scene.referral,
            );
            superuser.batch_execute(&set).await.unwrap();
            let (slots, told) = handed_out(&app, receiver, now, scene.referral).await;
            let label = format!("{what}, {status}, hidden: {hidden}: {slots:?}");
            let facts = agreement
                .as_ref()
                .map(|agreement| (agreement.memorandum_id, agreement.ended_at.map(|ended| ended.timestamp_micros())));
            assert_eq!(told, (facts, Some(moment(1.0).timestamp_micros())), "what the first wall decides by: {label}");
            let open = rule.group(FieldGroup::Contact).is_ok();
            assert_eq!(slots.contains("PERSON"), open, "{label}");
            assert_eq!(slots.contains("REASON"), open, "{label}");
            let preview = rule.preview().is_ok();
            assert_eq!(
                slots.contains("DEMOGRAPHICS"),
                preview && !open,
                "as of the sending before it is taken, alone: {label}"
            );
            assert!(open || slots.is_subset(&["DEMOGRAPHICS".to_owned()].into()), "{label}");
            // The summary of the assessment was written an hour before: nothing new after the end.
            let known = agreement.as_ref().is_some_and(|agreement| agreement.ended_at.is_none_or(|ended| ended == now));
            assert_eq!(slots.contains("SUMMARY"), open && known, "{label}");
            let (own, _) = handed_out(&app, sender, now, scene.referral).await;
            let waits = matches!(status, Status::Sent | Status::Received);
            assert_eq!(own.len(), 5 + usize::from(waits), "one's own: {label}");
            seen.insert((what, open));
        }
    }
    assert_eq!(seen.len(), BONDS.len() * 2 - 1, "each opens something in some state, but for the one that was never signed");
}

/// What the first wall decides by: the memorandum that holds with its end, and the end of the consent; in microseconds.
type Facts = (Option<(Uuid, Option<i64>)>, Option<i64>);

/// The slots that an organisation gets for a referral at a moment, and what it stands on.
async fn handed_out(app: &Client, organization: Uuid, now: DateTime<Utc>, referral: Uuid) -> (BTreeSet<String>, Facts) {
    let begin = format!("begin; set local mistok.org_id = '{organization}'; set local mistok.now = '{}'", now.to_rfc3339());
    app.batch_execute(&begin).await.unwrap();
    let asked = format!(
        "select slot, memorandum_id, (extract(epoch from ended_at) * 1000000)::bigint, (extract(epoch from consent_expires_at) * 1000000)::bigint
         from mistok.subjects(array['{referral}'::uuid], {SLOTS})"
    );
    let rows = app.query(&asked, &[]).await.unwrap();
    app.batch_execute("rollback").await.unwrap();
    let agreed = rows[0].get::<_, Option<Uuid>>(1).map(|id| (id, rows[0].get(2)));
    (rows.iter().filter_map(|row| row.get(0)).collect(), (agreed, rows[0].get(3)))
}
