//! What is sealed about a person, as PostgreSQL hands it out: every state, every basis, every end of a consent, on every
//! side of the days of retention, against the table of the rules as it is written down.

use super::{As, SLOTS, Scene};
use mistok::{
    access::Actor,
    base::words::referral::{LegalBasis, ReferralStatus as Status},
};
use std::collections::BTreeSet;
use tokio_postgres::Client;
use uuid::Uuid;

/// How the consent behind the referral stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Consent {
    /// Active, and DEMOGRAPHICS are named.
    Demographics,
    /// Active, and CONTACT alone is named.
    Contact,
    Withdrawn,
    Expired,
    /// There is none.
    Missing,
}

/// Where today stands to the last day of retention.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Retention {
    Before,
    LastDay,
    Over,
}

/// What the receiver may open.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Opens {
    Nothing,
    /// Age band, sex and target group.
    Preview,
    All,
}

/// The table of the rules: "identity readable by the receiver", and what it sees before acceptance.
fn rule(status: Status, basis: LegalBasis, consent: Consent, retention: Retention) -> Opens {
    let by_consent = basis == LegalBasis::Consent;
    if by_consent && !matches!(consent, Consent::Demographics | Consent::Contact) {
        return Opens::Nothing;
    }
    match status {
        Status::Draft | Status::Declined | Status::Cancelled | Status::EnteredInError => Opens::Nothing,
        Status::Sent | Status::Received if by_consent && consent == Consent::Demographics => Opens::Preview,
        Status::Received if !by_consent => Opens::All,
        Status::Sent | Status::Received => Opens::Nothing,
        Status::Accepted | Status::InProgress | Status::OnHold => Opens::All,
        Status::Completed | Status::NotCompleted if retention == Retention::Over => Opens::Nothing,
        Status::Completed | Status::NotCompleted => Opens::All,
    }
}

/// Brings the referral into a situation, past all walls and without a way that leads there.
async fn stage(superuser: &Client, scene: &Scene, status: Status, basis: LegalBasis, consent: Consent, retention: Retention) {
    let groups = if consent == Consent::Contact { "{CONTACT}" } else { "{DEMOGRAPHICS,CONTACT}" };
    let (withdrawn, expires) = match consent {
        Consent::Withdrawn => ("now()", "now() + interval '1 day'"),
        Consent::Expired => ("null", "now()"),
        _ => ("null", "now() + interval '1 day'"),
    };
    let consent_id = if consent == Consent::Missing { "null".to_owned() } else { format!("'{}'", scene.consent) };
    let sent_at = if status == Status::Draft { "null" } else { "now()" };
    let days = match retention {
        Retention::Before => 30,
        Retention::LastDay => 0,
        Retention::Over => -1,
    };
    let set = format!(
        "set session_replication_role = replica;
         update consent set field_groups = '{groups}', withdrawn_at = {withdrawn}, given_at = now() - interval '1 year', expires_at = {expires} where id = '{}';
         update referral set status = '{status}', legal_basis = '{basis}', consent_id = {consent_id}, sent_at = {sent_at}, outcome = 'SERVICE_PROVIDED',
           retention_until = (now() at time zone 'Europe/Kyiv')::date + {days} where id = '{}';",
        scene.consent, scene.referral,
    );
    superuser.batch_execute(&set).await.unwrap();
}

/// The slots that a party gets for the referral, and whether it learns of the case behind it.
async fn opened(app: &Client, actor: &Actor, referral: Uuid) -> (BTreeSet<String>, bool) {
    let begin = format!("begin; set local mistok.org_id = '{}'", actor.organization_id);
    app.batch_execute(&begin).await.unwrap();
    let rows = app
        .query(&format!("select slot from mistok.subjects(array['{referral}'::uuid], {SLOTS}) where slot is not null"), &[])
        .await
        .unwrap();
    let case = app.query(&format!("select 1 from mistok.shared_case(array['{referral}'::uuid])"), &[]).await.unwrap();
    app.batch_execute("rollback").await.unwrap();
    (rows.iter().map(|row| row.get(0)).collect(), !case.is_empty())
}

#[tokio::test]
async fn the_person_opens_by_the_table_of_the_rules_alone() {
    let scene = Scene::new().await;
    let (app, superuser) = (scene.app().await, scene.superuser().await);
    let (sender, receiver, stranger) = (scene.sender(), scene.receiver(), scene.stranger());
    let everything: BTreeSet<String> = ["FACTORS", "NOTE", "PERSON", "REASON", "SUMMARY"].map(str::to_owned).into();
    let preview: BTreeSet<String> = ["DEMOGRAPHICS".to_owned()].into();
    let mut seen = [0; 3];
    for status in Status::ALL.iter().copied() {
        for basis in LegalBasis::ALL.iter().copied() {
            for consent in [Consent::Demographics, Consent::Contact, Consent::Withdrawn, Consent::Expired, Consent::Missing] {
                for retention in [Retention::Before, Retention::LastDay, Retention::Over] {
                    let what = format!("{status} {basis} {consent:?} {retention:?}");
                    // Time matters to what is retained alone, and a consent to what stands on it.
                    let plain = !matches!(status, Status::Completed | Status::NotCompleted) && retention != Retention::Before;
                    let idle = basis != LegalBasis::Consent && !matches!(consent, Consent::Missing);
                    if plain || idle {
                        continue;
                    }
                    stage(&superuser, &scene, status, basis, consent, retention).await;
                    let wanted = rule(status, basis, consent, retention);
                    let (mut slots, case) = opened(&app, &receiver, scene.referral).await;
                    let (mut own, own_case) = opened(&app, &sender, scene.referral).await;
                    // As of the sending: before it is taken, alone.
                    let waits = matches!(status, Status::Sent | Status::Received);
                    for slots in [&mut slots, &mut own] {
                        assert!(waits || !slots.contains("DEMOGRAPHICS"), "{what}");
                        if slots.len() > 1 {
                            slots.remove("DEMOGRAPHICS");
                        }
                    }
                    match wanted {
                        Opens::Nothing => assert_eq!(slots, BTreeSet::new(), "{what}"),
                        Opens::Preview => assert_eq!(slots, preview, "{what}"),
                        Opens::All => assert_eq!(slots, everything, "{what}"),
                    }
                    assert_eq!(case, wanted == Opens::All, "the case behind it: {what}");
                    assert_eq!(opened(&app, &stranger, scene.referral).await, (BTreeSet::new(), false), "a stranger: {what}");
                    assert_eq!((own, own_case), (everything.clone(), true), "one's own: {what}");
                    seen[wanted as usize] += 1;
                }
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 1), "each answer was there: {seen:?}");
}

#[tokio::test]
async fn a_draft_has_no_receiver() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    let receiver = As::organization(&app, &scene.receiver());
    assert_eq!(opened(&app, &scene.receiver(), scene.draft).await, (BTreeSet::new(), false));
    assert_eq!(
        receiver.count(&format!("select count(*) from mistok.key_to_write('{}') k where k is not null", scene.draft)).await,
        0
    );
    assert_eq!(
        opened(&app, &scene.sender(), scene.draft).await.0,
        ["FACTORS", "PERSON", "REASON", "SUMMARY"].map(str::to_owned).into()
    );
    // One asks for many at once, and gets one's own.
    let sender = As::organization(&app, &scene.sender());
    let both = format!("array['{}', '{}']::uuid[], {SLOTS}", scene.draft, scene.referral);
    let both = format!("select count(distinct referral_id) from mistok.subjects({both})");
    assert_eq!((receiver.count(&both).await, sender.count(&both).await), (1, 2));
}

#[tokio::test]
async fn a_person_without_consent_opens_at_the_acknowledgement_alone() {
    // A referral without a case or a consent, as a school sends it, has the same wall.
    let scene = Scene::new().await;
    let (app, superuser) = (scene.app().await, scene.superuser().await);
    let alone = format!(
        "set session_replication_role = replica; update referral set case_id = null, consent_id = null,
        legal_basis = 'LAW_NOTIFICATION' where id = '{}'",
        scene.referral
    );
    superuser.batch_execute(&alone).await.unwrap();
    for (status, open) in [("SENT", false), ("RECEIVED", true), ("ACCEPTED", true), ("DECLINED", false), ("CANCELLED", false)] {
        superuser
            .batch_execute(&format!("update referral set status = '{status}' where id = '{}'", scene.referral))
            .await
            .unwrap();
        let (slots, case) = opened(&app, &scene.receiver(), scene.referral).await;
        assert_eq!(slots.contains("PERSON"), open, "{status}");
        assert!(!case && !slots.contains("FACTORS"), "there is no case: {status}");
    }
}
