//! What is written: only in one's own name, only about one's own, and a party only what is its part.

use super::{As, Scene, one, policy};
use crate::town::key;
use mistok::{
    case::{self, policy::CaseAct},
    referral,
};
use uuid::Uuid;

/// A referral in a row of its own: columns that matter, the rest from the sender's.
fn referral_of(sender: Uuid, receiver: Uuid, person: Uuid, case: Option<Uuid>, consent: Option<Uuid>) -> String {
    let id = |id: Option<Uuid>| id.map_or("null".to_owned(), |id| format!("'{id}'"));
    format!(
        "insert into referral (id, number, sender_id, receiver_id, service_id, territory_code, urgency, legal_basis, case_id, person_id, consent_id,
           subject_kind, safety_flag, status, created_at, updated_at, version)
         select gen_random_uuid(), '{}', '{sender}', '{receiver}', (select id from service_type limit 1), '{}', 'NORMAL', 'CONSENT', {}, '{person}', {},
           'PERSON', false, 'DRAFT', now(), now(), 1",
        key(), crate::town::KAZANKA, id(case), id(consent),
    )
}

/// What PostgreSQL says to a consent of others behind a referral.
fn foreign_consent() -> Result<u64, String> {
    let law = "referral_consent_is_the_sender_s_of_this_person";
    Err(format!("insert or update on table \"referral\" violates foreign key constraint \"{law}\""))
}

/// The key of the case that the receiver has opened, and its person.
async fn own_case(scene: &Scene) -> (Uuid, Uuid) {
    let receiver = scene.receiver().organization_id;
    let client = scene.superuser().await;
    let own = async |column| {
        let sql = format!("select {column}::text from \"case\" where organization_id = '{receiver}'");
        one(&client, &sql).await.parse().unwrap()
    };
    (own("id").await, own("person_id").await)
}

#[tokio::test]
async fn a_referral_is_one_s_own_with_one_s_own_person() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    let (sender, receiver, stranger) =
        (scene.sender().organization_id, scene.receiver().organization_id, scene.stranger().organization_id);
    let (own_case, own_person) = own_case(&scene).await;
    let as_receiver = As::organization(&app, &scene.receiver());
    let make = |from, to, person, case, consent| referral_of(from, to, person, case, consent);

    // What is allowed: one's own person to somebody else, from one's own case or from none.
    assert_eq!(as_receiver.try_to(&make(receiver, stranger, own_person, Some(own_case), None)).await, Ok(1));
    assert_eq!(as_receiver.try_to(&make(receiver, stranger, own_person, None, None)).await, Ok(1));
    for (why, sql) in [
        ("another's name", make(sender, receiver, scene.person, Some(scene.case), None)),
        ("another's name, one's own person", make(sender, stranger, own_person, Some(own_case), None)),
        ("another's person", make(receiver, stranger, scene.person, None, None)),
        ("another's case", make(receiver, stranger, own_person, Some(scene.case), None)),
        ("another's person of another's case", make(receiver, stranger, scene.person, Some(scene.case), None)),
    ] {
        assert_eq!(as_receiver.try_to(&sql).await, policy("referral"), "{why}");
    }
    // It names this organisation as its receiver; it is the sender's all the same.
    assert_eq!(
        as_receiver.try_to(&make(receiver, stranger, own_person, Some(own_case), Some(scene.consent))).await,
        foreign_consent()
    );
    let as_stranger = As::organization(&app, &scene.stranger());
    assert_eq!(as_stranger.try_to(&make(stranger, receiver, scene.person, Some(scene.case), None)).await, policy("referral"));
    let nobody = As::nobody(&app);
    assert_eq!(nobody.try_to(&make(sender, receiver, scene.person, Some(scene.case), None)).await, policy("referral"));
}

#[tokio::test]
async fn parties_and_terms_stay_and_a_draft_is_the_sender_s() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    let (receiver, stranger) = (As::organization(&app, &scene.receiver()), As::organization(&app, &scene.stranger()));
    let sender = As::organization(&app, &scene.sender());
    let set = |what: &str, id| format!("update referral set {what} where id = '{id}'");

    // Nobody, not even the sender, ever changes who and about whom.
    for column in ["sender_id", "receiver_id", "person_id", "case_id", "number", "id", "created_at", "parent_id", "replaces_id"]
    {
        for party in [&sender, &receiver] {
            let said = party.try_to(&set(&format!("{column} = {column}"), scene.draft)).await.unwrap_err();
            assert!(said.starts_with("permission denied"), "{column}: {said}");
        }
    }
    assert_eq!(sender.try_to(&set("urgency = 'URGENT'", scene.draft)).await, Ok(1));
    assert_eq!(receiver.try_to(&set("urgency = 'URGENT'", scene.draft)).await, Ok(0), "a draft is the sender's");
    assert_eq!(receiver.try_to("delete from referral").await.unwrap_err(), "permission denied for table referral");

    // Its consent is of one's own person, even where it is sent at once.
    let receiver_id = scene.receiver().organization_id;
    let foreign =
        one(&scene.superuser().await, &format!("select id::text from consent where organization_id = '{receiver_id}'")).await;
    for more in ["", ", status = 'SENT', sent_at = now(), respond_by = now()"] {
        let said = sender.try_to(&set(&format!("consent_id = '{foreign}'{more}"), scene.draft)).await;
        assert_eq!(said, foreign_consent(), "another's consent{more}");
        let same = format!("consent_id = '{}'{more}", scene.consent);
        assert_eq!(sender.try_to(&set(&same, scene.draft)).await, Ok(1));
    }

    // Sent, its terms are fixed: whoever could change the basis or the consent would open the person.
    let fixed = Err("the terms of a referral that was sent are fixed".to_owned());
    for what in [
        "legal_basis = 'LAW_NOTIFICATION'",
        "consent_id = null",
        "urgency = 'EMERGENCY'",
        "respond_by = now()",
        "sent_at = now()",
        "shared_groups = '{SENSITIVE}'",
        "accepted_at = null",
        "safety_flag = true",
        "minor = true",
        "legal_ground = 'x'",
        "sent_at = null",
    ] {
        for party in [&sender, &receiver] {
            assert_eq!(party.try_to(&set(what, scene.referral)).await, fixed, "{what}");
        }
    }
    assert_eq!(receiver.try_to(&set("status = 'IN_PROGRESS'", scene.referral)).await, Ok(1));
    assert_eq!(stranger.try_to(&set("status = 'IN_PROGRESS'", scene.referral)).await, Ok(0));

    // What was hidden stays hidden, and its receiver alone acknowledges it.
    let hide = set("redaction_requested_at = '2026-01-01'", scene.referral);
    scene.superuser().await.batch_execute(&hide).await.unwrap();
    let hidden = Err("what was hidden stays hidden, and its receiver acknowledges it once".to_owned());
    for what in ["redaction_requested_at = null", "redaction_requested_at = '2999-01-01'"] {
        for party in [&sender, &receiver] {
            assert_eq!(party.try_to(&set(what, scene.referral)).await, hidden, "{what}");
        }
    }
    assert_eq!(
        sender.try_to(&set("redaction_acknowledged_at = now()", scene.referral)).await,
        hidden,
        "not the sender's to say"
    );
    assert_eq!(receiver.try_to(&set("redaction_acknowledged_at = now()", scene.referral)).await, Ok(1));

    // What has ended does not come back: it would open the person anew.
    let ended = format!("{}; {}", set("status = 'CANCELLED', ended_at = now()", scene.referral), "select 1");
    scene.superuser().await.batch_execute(&ended).await.unwrap();
    for what in [
        "status = 'ACCEPTED'",
        "status = 'ACCEPTED', ended_at = null",
        "status = 'COMPLETED', outcome = 'SERVICE_PROVIDED'",
        "retention_until = '2999-01-01'",
    ] {
        let back = Err("a referral that has ended stays as it is".to_owned());
        assert_eq!(receiver.try_to(&set(what, scene.referral)).await, back, "{what}");
    }
    assert_eq!(sender.try_to(&set("status = 'ENTERED_IN_ERROR'", scene.referral)).await, Ok(1), "but it may prove a mistake");
}

#[tokio::test]
async fn nobody_writes_into_another_s_records() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    let (sender, me) = (scene.sender().organization_id, scene.stranger().organization_id);
    let stranger = As::organization(&app, &scene.stranger());
    let (case, person, consent, referral) = (scene.case, scene.person, scene.consent, scene.referral);
    let word = "gen_random_uuid()";
    // In another's name; in one's own name into another's record: both would be read there as true.
    let foreign = [
        ("person", format!("insert into person values ({word}, '{sender}', now())")),
        ("sealed", format!("insert into sealed values ('{case}', 'NOTE', '{person}', '{sender}', 'x')")),
        ("sealed", format!("insert into sealed values ('{referral}', 'JUSTIFICATION', '{person}', '{me}', 'x')")),
        ("sealed", format!("insert into sealed values ({word}, 'NOTE', '{person}', '{me}', 'x')")),
        ("person_lookup", format!("insert into person_lookup values ('{sender}', 'PHONE', 'x', '{person}')")),
        ("person_lookup", format!("insert into person_lookup values ('{me}', 'PHONE', 'x', '{person}')")),
        ("person_key", format!("insert into vault.person_key values ('{person}', '{sender}', 'x')")),
        ("person_key", format!("insert into vault.person_key values ('{person}', '{me}', 'x')")),
        ("case_event", format!("insert into case_event values ({word}, '{case}', '{sender}', now(), null, 'NEW', 'APPLICATION', {word})")),
        ("case_event", format!("insert into case_event values ({word}, '{case}', '{me}', now(), null, 'NEW', 'APPLICATION', {word})")),
        ("assessment", format!("insert into assessment values ({word}, '{case}', '{sender}', 'SOCIAL_SERVICES', '2020-01-01', 'SIMPLE', now())")),
        ("assessment", format!("insert into assessment values ({word}, '{case}', '{me}', 'SOCIAL_SERVICES', '2999-01-01', 'SIMPLE', now())")),
        ("plan_goal", format!("insert into plan_goal values ({word}, '{case}', '{me}', 0, null, null, null, now())")),
        ("consent", format!("insert into consent select {word}, case_id, person_id, organization_id, '{me}', purpose, field_groups, given_by, method, now(),
            now() + interval '1 day', null, null, 1 from (values ('{case}'::uuid, '{person}'::uuid, '{sender}'::uuid, 'CASE_WORK', '{{CONTACT}}'::text[], 'CLIENT', 'WRITTEN'))
            v(case_id, person_id, organization_id, purpose, field_groups, given_by, method)")),
        ("consent", format!("insert into consent select {word}, case_id, person_id, '{me}', receiver_id, purpose, field_groups, given_by, method, now(),
            now() + interval '1 day', null, null, 1 from (values ('{case}'::uuid, '{person}'::uuid, '{sender}'::uuid, 'CASE_WORK', '{{CONTACT}}'::text[], 'CLIENT', 'WRITTEN'))
            v(case_id, person_id, receiver_id, purpose, field_groups, given_by, method)")),
        ("case", a_case(sender, person, None)),
        ("case", a_case(me, person, None)),
        ("referral_event", format!("insert into referral_event values ({word}, '{referral}', now(), 'ACCEPTED', 'COMPLETED', null, '{sender}', 9)")),
        ("referral_event", format!("insert into referral_event values ({word}, '{referral}', now(), 'ACCEPTED', 'COMPLETED', null, '{me}', 9)")),
        ("referral_event", format!("insert into referral_event values ({word}, '{referral}', now(), 'ACCEPTED', 'COMPLETED', null, null, 9)")),
        ("referral_clock", format!("insert into referral_clock values ('{referral}', 'RESPOND', '{sender}', now(), now())")),
        ("referral_clock", format!("insert into referral_clock values ('{referral}', 'RESPOND', '{me}', now(), now())")),
        ("idempotency", format!("insert into idempotency values ({word}, 'caseOpen', 'x', '{sender}', 'x', {word}, now())")),
        ("access", format!("insert into access values ({word}, now(), '{sender}', {word}, null, 'AUDIT', 'CASE', '{{}}', '{{}}', 'x')")),
        ("change", format!("insert into change (seq, at, type, object_type, object_id, object_version, actor_kind, organization_id, application_id)
            values (nextval('change_seq'), now(), 'CASE_CLOSED', 'CASE', '{case}', 1, 'APPLICATION', '{sender}', {word})")),
        ("change", format!("insert into change (seq, at, type, object_type, object_id, object_version, actor_kind)
            values (nextval('change_seq'), now(), 'CASE_CLOSED', 'CASE', '{case}', 1, 'SYSTEM')")),
        ("application", format!("insert into application (id, organization_id, name, client_id, scopes, status, secret_hash, created_at)
            values ({word}, '{sender}', 'x', 'x', '{{cases:read}}', 'ACTIVE', 'x', now())")),
        ("lease", "insert into lease values ('expiry', gen_random_uuid(), now())".to_owned()),
        ("assertion", format!("insert into assertion values ({word}, sha256('x'), now())")),
        ("trusted_document", format!("insert into trusted_document values ({word}, sha256('x'), '{sender}', 'x', now())")),
        ("trusted_document", format!("insert into trusted_document select id, sha256('x'), '{me}'::uuid, 'x', now() from application where organization_id = '{sender}'
            union all select {word}, sha256('x'), '{me}'::uuid, 'x', now()")),
        ("deprecated_use", format!("insert into deprecated_use values ({word}, 'Type.field', '{me}', 1, now(), now())")),
        ("audit_key", "insert into audit_key values ('a key', 'PEM', now())".to_owned()),
        ("audit_root", "insert into audit_root select 1, now(), '0', '1', '', sha256(''), sha256(''), null, '', 'a key'".to_owned()),
    ];
    for (table, sql) in &foreign {
        assert_eq!(stranger.try_to(sql).await, policy(table), "{sql}");
    }
    // A receiver has its part of a referral: its steps and its notes, and nothing else.
    let receiver = As::organization(&app, &scene.receiver());
    let its = scene.receiver().organization_id;
    let step =
        format!("insert into referral_event values ({word}, '{referral}', now(), 'ACCEPTED', 'IN_PROGRESS', null, '{its}', 9)");
    assert_eq!(receiver.try_to(&step).await, Ok(1));
    for object in [referral, case, consent] {
        let sql = format!("insert into sealed values ('{object}', 'JUSTIFICATION', '{person}', '{its}', 'x')");
        assert_eq!(receiver.try_to(&sql).await, policy("sealed"));
    }
    let draft = format!("insert into referral_event values ({word}, '{}', now(), null, 'SENT', null, '{its}', 9)", scene.draft);
    assert_eq!(receiver.try_to(&draft).await, policy("referral_event"));
    for (id, owner) in [(scene.draft, its), (scene.draft, sender), (referral, sender), (referral, me)] {
        let clock = format!("insert into referral_clock values ('{id}', 'RESPOND', '{owner}', now(), now())");
        assert_eq!(receiver.try_to(&clock).await, policy("referral_clock"));
    }
    // What is there already does not move.
    for party in [&stranger, &receiver] {
        for sql in [
            format!("update sealed set content = 'x' where person_id = '{person}' and organization_id = '{sender}'"),
            format!("delete from sealed where person_id = '{person}' and organization_id = '{sender}'"),
            format!("delete from person_lookup where person_id = '{person}'"),
            format!("update \"case\" set status = 'CLOSED' where id = '{case}'"),
            format!("update consent set withdrawn_at = now() where id = '{consent}'"),
            format!("update plan_goal set replaced_at = now() where case_id = '{case}'"),
            format!("update application set status = 'REVOKED' where organization_id = '{sender}'"),
            format!("update application set public_keys = '{{x}}', secret_hash = '' where organization_id = '{sender}'"),
            format!("delete from idempotency where organization_id = '{sender}'"),
        ] {
            assert_eq!(party.try_to(&sql).await, Ok(0), "{sql}");
        }
    }
    // Nor where nothing is asked for by which it is found: such a statement needs no leave to read.
    for (sql, own) in [
        ("update referral set urgency = 'URGENT'", 0),
        ("update sealed set content = 'x'", 0),
        ("delete from sealed", 0),
        ("delete from person_lookup", 0),
        ("update \"case\" set status = 'CLOSED', close_reason = 'MOVED', closed_on = '2999-01-01'", 0),
        ("update consent set withdrawn_at = now()", 0),
        ("update plan_goal set replaced_at = now()", 0),
        ("update referral_clock set due_at = '2999-01-01'", 0),
        ("update application set status = 'REVOKED'", 1),
        ("delete from idempotency", 0),
        ("delete from assertion", 0),
        ("update vault.kept set wrapped = 'x'", 0),
        ("update lease set until = now()", 0),
        ("update deprecated_use set count = 7", 0),
    ] {
        assert_eq!(stranger.try_to(sql).await, Ok(own), "{sql}");
    }
    // What was written once is not changed by its own author either.
    let sender = As::organization(&app, &scene.sender());
    for sql in [
        "update referral_clock set owner_id = owner_id",
        "update referral_clock set started_at = started_at",
        "delete from referral_clock",
        "update referral_event set at = now()",
        "delete from referral_event",
        "update referral_party set org_id = org_id",
        "insert into referral_party select * from referral_party",
        "update change set at = at",
        "delete from change",
        "update change_audience set at = at",
        "delete from access",
        "update access set purpose = 'AUDIT'",
        "update person set organization_id = organization_id",
        "update vault.person_key set wrapped = 'x'",
        "delete from vault.person_key",
        "delete from vault.kept",
        "delete from consent",
        "delete from \"case\"",
        "update consent set field_groups = '{SENSITIVE}'",
        "update consent set receiver_id = receiver_id",
        "update sealed set person_id = person_id",
        "update \"case\" set organization_id = organization_id",
        "update \"case\" set person_id = person_id",
        "delete from case_event",
        "update assessment set assessed_on = now()",
        "truncate referral",
        "update idempotency set object_id = object_id",
        "update application set scopes = '{registry:write}'",
        "update assertion set until = now()",
        "update deprecated_use set application_id = application_id",
        "delete from deprecated_use",
        "update application set organization_id = organization_id",
    ] {
        let said = sender.try_to(sql).await.unwrap_err();
        assert!(said.starts_with("permission denied"), "{sql}: {said}");
    }
}

fn a_case(owner: Uuid, person: Uuid, referral: Option<Uuid>) -> String {
    let referral = referral.map_or("null".to_owned(), |id| format!("'{id}'"));
    format!(
        "insert into \"case\" (id, code, organization_id, territory_code, person_id, referral_id, subject_kind, primary_category, categories,
           intake_channel, emergency, safety_flag, opened_on, status, created_at, updated_at, version)
         values (gen_random_uuid(), '{}', '{owner}', '{}', '{person}', {referral}, 'PERSON', 'IDP', '{{IDP}}', 'REFERRAL', false, false, now(), 'NEW', now(), now(), 1)",
        key(), crate::town::KAZANKA,
    )
}

#[tokio::test]
async fn a_case_is_opened_from_a_referral_that_came_to_oneself() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    let person = Uuid::new_v4();
    let with_person = |me: Uuid| format!("insert into person values ('{person}', '{me}', now())");
    for (actor, referral, goes) in [
        (scene.stranger(), None, true),
        (scene.stranger(), Some(scene.referral), false),
        (scene.sender(), Some(scene.referral), false),
        (scene.receiver(), Some(scene.draft), false),
    ] {
        let me = actor.organization_id;
        let begin = format!("begin; set local mistok.org_id = '{me}'; {}", with_person(me));
        app.batch_execute(&begin).await.unwrap();
        let done = app.execute(&a_case(me, person, referral), &[]).await;
        let done = done.map_err(|fault| fault.as_db_error().unwrap().message().to_owned());
        app.batch_execute("rollback").await.unwrap();
        let refused = Err("new row violates row-level security policy \"from_referral\" for table \"case\"".to_owned());
        assert_eq!(done, if goes { Ok(1) } else { refused }, "{referral:?}");
    }
}

#[tokio::test]
async fn a_forged_audience_shows_nothing() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    let stranger = scene.stranger();
    let me = stranger.organization_id;
    // Whoever could name himself as the audience of what others did would read the whole journal.
    let real = "select string_agg(format('(%s, ''%s''::xid8, ''%s''::timestamptz)', seq, tx, at), ', ') from change where object_type in ('CASE', 'REFERRAL', 'CONSENT')";
    let real = one(&scene.superuser().await, real).await;
    let forged = [
        format!(
            "insert into change_audience (organization_id, seq, at) select '{me}', seq, at from (values {real}) v(seq, tx, at)"
        ),
        format!(
            "insert into change_audience (organization_id, seq, at, tx) select '{me}', seq, at, tx from (values {real}) v(seq, tx, at)"
        ),
    ];
    let party = As::organization(&app, &stranger);
    let before = party.count("select count(*) from change").await;
    for sql in forged {
        app.batch_execute(&format!("begin; set local mistok.org_id = '{me}'")).await.unwrap();
        let written = app.execute(&sql, &[]).await;
        let seen: i64 = match written {
            Ok(_) => app.query_one("select count(*) from change", &[]).await.unwrap().get(0),
            Err(_) => before,
        };
        app.batch_execute("rollback").await.unwrap();
        assert_eq!(seen, before, "{sql}");
    }
    let dated = format!("insert into change (tx, seq, at, type, object_type, object_id, object_version, actor_kind, organization_id, application_id)
        values ('1', nextval('change_seq'), now(), 'CASE_CLOSED', 'CASE', '{}', 1, 'APPLICATION', '{me}', gen_random_uuid())", scene.case);
    assert_eq!(party.try_to(&dated).await, policy("change"), "an entry stands in its own transaction");
    // Nothing is dated into what is signed already.
    let dated = dated.replace("(tx, seq", "(epoch, seq").replace("('1', nextval", "(0, nextval");
    assert_eq!(party.try_to(&dated).await, policy("change"), "and in its own epoch");
    for (column, value) in [("tx", "'1'"), ("epoch", "0")] {
        let read = format!("insert into access (id, at, organization_id, application_id, purpose, object_type, object_ids, fields, request_id, {column})
            values (gen_random_uuid(), now(), '{me}', gen_random_uuid(), 'AUDIT', 'CASE', '{{}}', '{{}}', 'x', {value})");
        assert_eq!(party.try_to(&read).await, policy("access"), "{column}");
    }
}

#[tokio::test]
async fn a_stranger_cannot_use_up_another_s_keys() {
    let scene = Scene::new().await;
    let (town, me) = (&scene.town, scene.stranger().organization_id);
    let sender = scene.sender().organization_id;
    let application =
        one(&scene.superuser().await, &format!("select id::text from application where organization_id = '{sender}'")).await;
    let taken = format!(
        "begin; set local mistok.org_id = '{me}'; insert into idempotency
        values ('{application}', 'caseOpen', 'a key', '{me}', 'x', gen_random_uuid(), now()); commit"
    );
    // Where it is written at all it is another key: the same words of two organisations never meet.
    let _ = scene.app().await.batch_execute(&taken).await;
    let open = serde_json::json!({"idempotencyKey": "a key", "primaryCategory": "IDP", "intakeChannel": "SELF_PHONE"});
    town.done(&town.sender, "caseOpen", "case", "", open).await;
}

#[tokio::test]
async fn the_stores_write_nothing_for_a_stranger() {
    let scene = Scene::new().await;
    let db = scene.town.served.app.db();
    // The rows as their owner read them, and leave for the stranger's own: as if the program had taken one for the other.
    let own = db.read(&scene.sender()).await.unwrap();
    let before = case::store::find(own.link(), &[scene.case]).await.unwrap().remove(0);
    let consent = case::store::find_consents(own.link(), &[scene.consent]).await.unwrap().remove(0);
    let referral_before = referral::store::find(own.link(), &[scene.referral]).await.unwrap().remove(0);
    own.end().await.unwrap();
    let stranger = scene.stranger();
    let permit = case::policy::may(&stranger, CaseAct::Update, stranger.organization_id, scene.case).unwrap();
    let conflict = |what: &str, fault: mistok::base::Error| {
        let mistok::base::Error::Refused(refusals) = fault else { panic!("{what}: {fault:?}") };
        assert_eq!(refusals[0].code.word(), "VERSION_CONFLICT", "{what}");
    };

    let tx = db.begin(&stranger).await.unwrap();
    conflict("apply", case::store::apply(&tx, &permit, &before, &before).await.unwrap_err());
    conflict("apply_consent", case::store::apply_consent(&tx, &permit, &consent, &consent).await.unwrap_err());
    conflict("consent_expired", referral::store::consent_expired(&tx, &consent).await.unwrap_err());
    conflict("end", referral::store::end(&tx, &referral_before, &referral_before).await.unwrap_err());
    // These end their transaction: each has one of its own.
    drop(tx);
    let tx = db.begin(&stranger).await.unwrap();
    assert!(case::store::insert(&tx, &permit_of(&scene), &before).await.is_err(), "another's case");
    drop(tx);
    let tx = db.begin(&stranger).await.unwrap();
    assert!(referral::store::note(&tx, &referral_before, None).await.is_err(), "a step of another's referral");
    drop(tx);
    let tx = db.begin(&stranger).await.unwrap();
    assert!(case::store::note(&tx, &permit, &before, None).await.is_err(), "a step of another's case");
    drop(tx);

    // And what the parties may: the same calls, in the right name.
    let tx = db.begin(&scene.sender()).await.unwrap();
    case::store::apply(&tx, &permit_of(&scene), &before, &before).await.unwrap();
    referral::store::end(&tx, &referral_before, &referral_before).await.unwrap();
    referral::store::note(&tx, &referral_before, None).await.unwrap();
}

/// The sender's own leave.
fn permit_of(scene: &Scene) -> mistok::access::Permit<CaseAct> {
    case::policy::may(&scene.sender(), CaseAct::Update, scene.sender().organization_id, scene.case).unwrap()
}
