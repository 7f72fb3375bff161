//! What is seen: of another's records not a row, whichever way one looks.

use super::{As, SLOTS, Scene, TAX_NUMBER};
use chrono::Duration;
use mistok::{
    access::Actor,
    application,
    base::{
        page::{Ask, Window},
        words::referral::ReferralOrder,
    },
    case::{self, person},
    memorandum::{self, standing::Pair},
    referral::{self, model::Filter, store::List},
    webhook,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Rows that each read of each store gives to an actor that asks for the sender's own.
async fn by_the_stores(scene: &Scene, actor: &Actor) -> BTreeMap<&'static str, usize> {
    let (db, seal) = (scene.town.served.app.db(), scene.town.served.app.seal());
    let (sender, cases, referrals) = (scene.sender().organization_id, [scene.case], [scene.referral]);
    let reading = db.read(actor).await.unwrap();
    let (link, today) = (reading.link(), db.clock().today());
    let row = {
        let own = db.read(&scene.sender()).await.unwrap();
        let found = case::store::find(own.link(), &cases).await.unwrap().remove(0);
        own.end().await.unwrap();
        found
    };
    let window = Window::of(&Ask { first: Some(50), ..Ask::default() }, "").unwrap();
    let (narrow, of_cases) = (Filter::default(), case::model::Filter::default());
    let by_number = Filter { case_id: Some(scene.case), ..Filter::default() };
    let order = ReferralOrder::NewestFirst;
    let list = |filter| List { viewer: sender, filter, order, now: reading.now() };
    let (memoranda, provider) = ([scene.memorandum], scene.receiver().organization_id);
    let pair = Pair { memorandum_id: scene.memorandum, one: sender, other: provider };
    let of_provider = memorandum::model::Filter { organization_id: Some(provider), ..Default::default() };
    let applications = application::store::list(link, sender).await.unwrap();
    let (endpoints, deliveries) = scene.hooks().await;
    let mut rows = BTreeMap::from([
        ("case::find", case::store::find(link, &cases).await.unwrap().len()),
        ("case::similar", case::store::similar(link, &row).await.unwrap().len()),
        ("case::page", case::store::page(link, sender, &of_cases, &window, today).await.unwrap().len()),
        ("case::count", case::store::count(link, sender, &of_cases, today, 9).await.unwrap() as usize),
        ("case::events", case::store::events(link, &cases).await.unwrap().len()),
        ("case::assessments", case::store::assessments(link, &cases).await.unwrap().len()),
        ("case::goals", case::store::goals(link, &cases).await.unwrap().len()),
        ("case::consents", case::store::consents(link, &cases).await.unwrap().len()),
        ("case::find_consents", case::store::find_consents(link, &[scene.consent]).await.unwrap().len()),
        ("sealed::of_persons", case::sealed::of_persons(link, seal, &[scene.person]).await.unwrap().len()),
        ("referral::find", referral::store::find(link, &referrals).await.unwrap().len()),
        ("referral::draft", referral::store::find(link, &[scene.draft]).await.unwrap().len()),
        ("referral::find_as_of", referral::store::find_as_of(link, sender, scene.referral, true).await.unwrap().rows.len()),
        (
            "referral::find_as_of at a glance",
            referral::store::find_as_of(link, sender, scene.referral, false).await.unwrap().rows.len(),
        ),
        ("referral::clocks", referral::clock_store::find(link, &referrals).await.unwrap().len()),
        ("referral::events", referral::store::events(link, &referrals).await.unwrap().len()),
        ("referral::children", referral::store::children(link, &referrals).await.unwrap().len()),
        ("referral::page", referral::store::page(link, &list(&narrow), &window, true).await.unwrap().rows.len()),
        ("referral::page at a glance", referral::store::page(link, &list(&narrow), &window, false).await.unwrap().rows.len()),
        ("referral::page of a case", referral::store::page(link, &list(&by_number), &window, true).await.unwrap().rows.len()),
        ("referral::count", referral::store::count(link, &list(&narrow), 9).await.unwrap() as usize),
        (
            "referral::behind",
            referral::behind::find(link, seal, &referrals, referral::model::Part::ALL.into_iter().collect())
                .await
                .unwrap()
                .len(),
        ),
        ("referral::behind::cases", referral::behind::cases(link, &referrals).await.unwrap().len()),
        ("referral::own_cases", referral::store::own_cases(link, &referrals).await.unwrap().len()),
        ("memorandum::find", memorandum::store::find(link, &memoranda).await.unwrap().len()),
        ("memorandum::parties", memorandum::store::parties(link, &memoranda).await.unwrap().len()),
        ("memorandum::coverage", memorandum::store::coverage(link, &memoranda).await.unwrap().len()),
        ("memorandum::events", memorandum::store::events(link, &memoranda).await.unwrap().len()),
        ("memorandum::spans", memorandum::store::spans(link, &memoranda).await.unwrap().len()),
        ("memorandum::agreements", memorandum::store::agreements(link, &[pair], reading.now()).await.unwrap().len()),
        ("memorandum::between", memorandum::store::between(link, sender, &[provider]).await.unwrap().len()),
        ("memorandum::page", memorandum::store::page(link, &of_provider, &window, today).await.unwrap().len()),
        ("memorandum::count", memorandum::store::count(link, &of_provider, today, 9).await.unwrap() as usize),
        ("application::list", applications.len()),
        ("webhook::list", webhook::store::list(link, sender).await.unwrap().len()),
        ("webhook::count", webhook::store::count(link, sender).await.unwrap() as usize),
        ("webhook::find", webhook::store::find(link, &endpoints).await.unwrap().len()),
        ("webhook::page", webhook::store::page(link, endpoints[0], None, &window).await.unwrap().len()),
        ("webhook::count_deliveries", webhook::store::count_deliveries(link, endpoints[0], None, 9).await.unwrap() as usize),
        ("webhook::deliveries", webhook::store::deliveries(link, &deliveries).await.unwrap().len()),
        ("webhook::attempts", webhook::store::attempts(link, &deliveries).await.unwrap().len()),
        ("webhook::listeners", webhook::queue::listeners(link, Some(&[sender])).await.unwrap().len()),
        ("application::count_active", application::store::count_active(link, sender).await.unwrap() as usize),
    ]);
    reading.end().await.unwrap();

    let lookup = person::by_tax_number(seal, sender, TAX_NUMBER);
    let application_id = {
        let own = db.read(&scene.sender()).await.unwrap();
        application::store::list(own.link(), sender).await.unwrap()[0].id
    };
    let tx = db.begin(actor).await.unwrap();
    let before = referral_of_the_sender(scene).await;
    rows.extend([
        ("memorandum::lock", usize::from(memorandum::store::lock(&tx, scene.memorandum).await.unwrap().is_some())),
        ("case::lock", usize::from(case::store::lock(&tx, scene.case).await.unwrap().is_some())),
        ("case::lock_consent", usize::from(case::store::lock_consent(&tx, scene.consent).await.unwrap().is_some())),
        ("case::person_by", usize::from(case::store::person_by(&tx, sender, &lookup).await.unwrap().is_some())),
        ("sealed::key_of", usize::from(case::sealed::key_of(&tx, seal, scene.person).await.is_ok())),
        ("referral::lock", usize::from(referral::store::lock(&tx, scene.referral).await.unwrap().is_some())),
        ("referral::lock_under", referral::store::lock_under(&tx, scene.consent).await.unwrap().len()),
        ("referral::key_to_write", usize::from(referral::store::key_to_write(&tx, seal, &before).await.is_ok())),
        ("webhook::lock", usize::from(webhook::store::lock(&tx, endpoints[0]).await.unwrap().is_some())),
        ("application::find", application::store::find(tx.link(), &[application_id]).await.unwrap().len()),
        ("application::lock", usize::from(application::store::lock(&tx, application_id).await.unwrap().is_some())),
    ]);
    rows
}

async fn referral_of_the_sender(scene: &Scene) -> referral::model::Referral {
    let own = scene.town.served.app.db().read(&scene.sender()).await.unwrap();
    referral::store::find(own.link(), &[scene.referral]).await.unwrap().remove(0)
}

#[tokio::test]
async fn the_stores_give_a_stranger_nothing() {
    let scene = Scene::new().await;
    let sender = by_the_stores(&scene, &scene.sender()).await;
    // Each look is a real one: the sender itself sees something by it. Of those without: nobody has a child or a twin here,
    // and the case that was opened from the referral is the receiver's.
    let empty: Vec<_> = sender.iter().filter(|(_, rows)| **rows == 0).map(|(name, _)| *name).collect();
    assert_eq!(empty, ["case::similar", "referral::children", "referral::own_cases"], "{sender:#?}");

    let stranger = by_the_stores(&scene, &scene.stranger()).await;
    let seen: Vec<_> = stranger.iter().filter(|(_, rows)| **rows > 0).collect();
    assert_eq!(seen, [], "a stranger");

    // A receiver sees what was sent to it: neither the draft nor anything of the case behind it.
    let receiver = by_the_stores(&scene, &scene.receiver()).await;
    let seen: Vec<_> = receiver.iter().filter(|(_, rows)| **rows > 0).map(|(name, _)| *name).collect();
    let shown = [
        "case::consents",
        "case::find_consents",
        "memorandum::agreements",
        "memorandum::between",
        "memorandum::count",
        "memorandum::coverage",
        "memorandum::events",
        "memorandum::find",
        "memorandum::lock",
        "memorandum::page",
        "memorandum::parties",
        "memorandum::spans",
        "referral::behind",
        "referral::behind::cases",
        "referral::clocks",
        "referral::events",
        "referral::find",
        "referral::find_as_of",
        "referral::key_to_write",
        "referral::lock",
        "referral::lock_under",
        "referral::own_cases",
    ];
    assert_eq!(seen, shown, "the receiver");
    assert_eq!(receiver["referral::events"], sender["referral::events"] - 1, "not the writing of the draft");
    assert_eq!(receiver["referral::lock_under"], 1, "not the draft under the same consent");
}

#[tokio::test]
async fn the_server_own_eyes_are_not_a_party_s() {
    let scene = Scene::new().await;
    scene.town.served.clock.advance(Duration::days(400));
    let db = scene.town.served.app.db();
    for actor in [scene.sender(), scene.receiver(), scene.stranger()] {
        let tx = db.begin(&actor).await.unwrap();
        let due = referral::store::lock_expired_consents(&tx, 9).await.unwrap();
        let foreign = due.iter().filter(|consent| consent.organization_id != actor.organization_id);
        let foreign: Vec<_> = foreign.map(|consent| consent.receiver_id).collect();
        assert!(foreign.iter().all(|receiver| *receiver == actor.organization_id), "a consent of others");
        let retained = referral::store::lock_retained(&tx, db.clock().today(), 9).await.unwrap();
        assert!(retained.iter().all(|row| row.party(actor.organization_id).is_some()), "a referral of others");
    }
}

/// Tables that everyone may read: the registry, and figures as they were published.
const PUBLIC: &[&str] = &[
    "audit_key",
    "centre",
    "centre_post",
    "centre_status",
    "feed_epoch",
    "observation",
    "offering",
    "organization",
    "participation",
    "registry_edition",
    "release",
    "service_type",
    "territory",
];

/// Tables that no partner can read at all, and tables whose rows belong to the server.
const CLOSED: &[&str] = &[
    "assertion",
    "organization_secret",
    "audit_root",
    "change_head",
    "lease",
    "receiver_day",
    "receiver_load",
    "referral_kept",
    "vault.kept",
    "frozen_figure",
    "open_month",
    "webhook_place",
];

/// Of these the server may read rows, when it does its own work.
const OF_ERRANDS: &[&str] = &["assertion", "audit_root", "lease", "vault.kept", "webhook_place"];

/// What of each table is a party's own, and nobody else's to see; `$me` is the organisation that looks.
const OWN: &[(&str, &str)] = &[
    ("access", "organization_id = $me"),
    ("activity", "organization_id = $me"),
    ("application", "$me in (organization_id, seeded_by)"),
    ("assessment", "organization_id = $me"),
    ("case", "organization_id = $me"),
    ("case_event", "organization_id = $me"),
    // What everyone may learn is of the registry alone; what a draft was is the sender's alone.
    (
        "change",
        "organization_id = $me or object_type in ('OFFERING', 'ORGANIZATION', 'CENTRE', 'TERRITORY')
        or object_type = 'APPLICATION' and object_id in (select id from application where organization_id = $me)
        or object_type = 'MEMORANDUM' and object_id in (select memorandum_id from memorandum_party where organization_id = $me and status <> 'DRAFTED')
        or object_type = 'CONTRACT' and object_id in (select id from funding_contract where provider_id = $me and signed_at is not null)
        or object_type = 'ACT' and object_id in (select id from service_act where provider_id = $me)
        or object_type = 'REFERRAL' and object_id in (select id from referral where $me = sender_id or $me = receiver_id
            and type not in ('REFERRAL_CREATED', 'REFERRAL_UPDATED'))",
    ),
    ("change_audience", "organization_id in ($me, '00000000-0000-0000-0000-000000000000')"),
    (
        "consent",
        "organization_id = $me or receiver_id = $me
        and id in (select consent_id from referral where receiver_id = $me and sent_at is not null)",
    ),
    ("contract_event", "contract_id in (select id from funding_contract where funder_id = $me or provider_id = $me and signed_at is not null)"),
    ("contract_line", "contract_id in (select id from funding_contract where funder_id = $me or provider_id = $me and signed_at is not null)"),
    ("contract_terms", "contract_id in (select id from funding_contract where funder_id = $me or provider_id = $me and signed_at is not null)"),
    ("funding_contract", "funder_id = $me or provider_id = $me and signed_at is not null"),
    ("idempotency", "organization_id = $me"),
    ("memorandum", "id in (select memorandum_id from memorandum_party where organization_id = $me and (role = 'CENTRE_PROVIDER' or status <> 'DRAFTED'))"),
    ("memorandum_coverage", "memorandum_id in (select memorandum_id from memorandum_party where organization_id = $me and (role = 'CENTRE_PROVIDER' or status <> 'DRAFTED'))"),
    ("memorandum_event", "memorandum_id in (select memorandum_id from memorandum_party where organization_id = $me and (role = 'CENTRE_PROVIDER' or status <> 'DRAFTED'))"),
    ("memorandum_party", "memorandum_id in (select memorandum_id from memorandum_party where organization_id = $me and (role = 'CENTRE_PROVIDER' or status <> 'DRAFTED'))"),
    ("memorandum_span", "memorandum_id in (select memorandum_id from memorandum_party where organization_id = $me and (role = 'CENTRE_PROVIDER' or status <> 'DRAFTED'))"),
    ("payment", "contract_id in (select id from funding_contract where funder_id = $me or provider_id = $me and signed_at is not null)"),
    ("person", "organization_id = $me"),
    ("person_lookup", "organization_id = $me"),
    ("plan_goal", "organization_id = $me"),
    ("referral", "$me = sender_id or $me = receiver_id and sent_at is not null"),
    (
        "referral_clock",
        "referral_id in (select id from referral where $me = sender_id or $me = receiver_id and sent_at is not null)",
    ),
    (
        "referral_event",
        "referral_id in (select id from referral where $me = sender_id or $me = receiver_id and sent_at is not null)
        and (to_status <> 'DRAFT' or organization_id = $me)",
    ),
    ("referral_party", "org_id = $me"),
    ("sealed", "organization_id = $me"),
    ("service_act", "provider_id = $me or funder_id = $me and first_submitted_at is not null"),
    ("service_act_line", "act_id in (select id from service_act where provider_id = $me or funder_id = $me and first_submitted_at is not null)"),
    ("tranche", "contract_id in (select id from funding_contract where funder_id = $me or provider_id = $me and signed_at is not null)"),
    ("vault.person_key", "organization_id = $me"),
    ("former_version", "organization_id = $me"),
    ("group", "organization_id = $me"),
    ("group_member", "organization_id = $me"),
    ("recording", "organization_id = $me"),
    ("service_delivery", "organization_id = $me"),
    ("tally", "organization_id = $me"),
    ("deprecated_use", "organization_id = $me"),
    ("trusted_document", "organization_id = $me"),
    ("webhook_attempt", "organization_id = $me"),
    ("webhook_delivery", "organization_id = $me"),
    ("webhook_endpoint", "organization_id = $me"),
];

#[tokio::test]
async fn no_table_shows_another_s_row() {
    let scene = Scene::new().await;
    let superuser = scene.superuser().await;
    superuser
        .batch_execute(
            "insert into webhook_place (place) values ('{}'); insert into lease values ('expiry', gen_random_uuid(), now());
             insert into assertion select id, sha256('x'), now() from application;
             insert into trusted_document select id, sha256('x'), organization_id, 'x', now() from application;
             insert into deprecated_use select id, 'Type.field', organization_id, 1, now(), now() from application;
             insert into audit_key values ('a key', 'PEM', now());
             insert into audit_root select 1, now(), '0', '1', '', sha256(''), sha256(''), null, '', 'a key'",
        )
        .await
        .unwrap();
    let all = superuser
        .query(
            "select case n.nspname when 'public' then c.relname::text else n.nspname || '.' || c.relname end
             from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('public', 'mistok', 'vault')
             and c.relname <> '__diesel_schema_migrations' order by 1",
            &[],
        )
        .await
        .unwrap();
    let all: Vec<String> = all.iter().map(|row| row.get(0)).collect();
    let mut known: Vec<&str> =
        OWN.iter().map(|(table, _)| *table).chain(PUBLIC.iter().copied()).chain(CLOSED.iter().copied()).collect();
    known.sort_unstable();
    assert_eq!(all, known, "each table says here whose its rows are");

    // A clock on each draft, where the program makes none: the wall hides it like the draft.
    let forged =
        "insert into referral_clock select id, 'RESPOND', receiver_id, now(), now() from referral where sent_at is null";
    superuser.batch_execute(forged).await.unwrap();

    let app = scene.app().await;
    for actor in [scene.sender(), scene.receiver(), scene.stranger()] {
        let me = format!("'{}'::uuid", actor.organization_id);
        let party = As::organization(&app, &actor);
        for (table, own) in OWN {
            let (name, own) = (quoted(table), own.replace("$me", &me));
            let past: i64 = superuser
                .query_one(&format!("select count(*) from {name} where not coalesce({own}, false)"), &[])
                .await
                .unwrap()
                .get(0);
            // The test sees nothing where there is nothing to see.
            assert!(past > 0, "{table}: there is no row of others");
            let seen = party.count(&format!("select count(*) from {name} where not coalesce({own}, false)")).await;
            assert_eq!(seen, 0, "{table} shows rows of others to {me}");
        }
        for table in OF_ERRANDS {
            assert_eq!(party.count(&format!("select count(*) from {table}")).await, 0, "{table}");
        }
        for table in CLOSED.iter().filter(|table| !OF_ERRANDS.contains(table)) {
            let said = party.try_to(&format!("select * from {table}")).await.unwrap_err();
            assert!(said.starts_with("permission denied"), "{table}: {said}");
        }
    }
    // The stranger has no part in anything that was done: of the tables about people it sees no row at all.
    let stranger = As::organization(&app, &scene.stranger());
    for (table, _) in OWN.iter().filter(|(table, _)| {
        !["application", "change", "change_audience", "deprecated_use", "idempotency", "trusted_document"].contains(table)
    }) {
        assert_eq!(stranger.count(&format!("select count(*) from {}", quoted(table))).await, 0, "{table}");
    }
}

#[tokio::test]
async fn nobody_sees_nothing() {
    let scene = Scene::new().await;
    let (app, superuser) = (scene.app().await, scene.superuser().await);
    let registered = "insert into trusted_document select id, sha256('x'), organization_id, 'x', now() from application";
    superuser.batch_execute(registered).await.unwrap();
    let used = "insert into deprecated_use select id, 'Type.field', organization_id, 1, now(), now() from application";
    superuser.batch_execute(used).await.unwrap();
    let nobody = As::nobody(&app);
    let public = "object_type in ('OFFERING', 'ORGANIZATION', 'CENTRE', 'TERRITORY')";
    for (table, _) in OWN {
        let sql = match *table {
            "change" => format!("select count(*) from change where not {public}"),
            "change_audience" => format!("select count(*) from change_audience where organization_id <> '{}'", Uuid::nil()),
            other => format!("select count(*) from {}", quoted(other)),
        };
        assert_eq!(nobody.count(&sql).await, 0, "{table}");
        assert!(superuser.query_one(&sql, &[]).await.unwrap().get::<_, i64>(0) > 0, "{table}: there is nothing to see");
    }
    let ids = format!("array['{}'::uuid]", scene.referral);
    assert_eq!(nobody.count(&format!("select count(*) from mistok.subjects({ids}, {SLOTS})")).await, 0);
    assert_eq!(nobody.count(&format!("select count(*) from mistok.shared_case({ids})")).await, 0);
    assert_eq!(
        nobody.count(&format!("select count(*) from mistok.key_to_write('{}') k where k is not null", scene.referral)).await,
        0
    );
    let receiver = scene.receiver().organization_id;
    assert_eq!(nobody.count(&format!("select count(*) from mistok.receiver_figures(array['{receiver}'::uuid])")).await, 0);
    // A connection that comes back to the pool has settings that are empty, not absent.
    app.batch_execute("begin; set local mistok.org_id = ''; select 1; commit").await.unwrap();
    assert_eq!(nobody.count("select count(*) from referral").await, 0);
    app.batch_execute(&format!("begin; set local mistok.org_id = '{}'; select 1; commit", scene.sender().organization_id))
        .await
        .unwrap();
    assert_eq!(nobody.count("select count(*) from referral").await, 0, "settings end with their transaction");
}

fn quoted(table: &str) -> String {
    if ["case", "group"].contains(&table) { format!("\"{table}\"") } else { table.to_owned() }
}
