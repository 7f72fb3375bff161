//! A page costs the same whether an organisation has a hundred rows or a hundred thousand: counted in rows that
//! PostgreSQL touches for the store's own statements, under row-level security, with generic plans and with statistics
//! that mislead. A fresh database would hide all of this.

use crate::{stage::connect, town::Town};
use diesel_async::RunQueryDsl;
use mistok::{
    access::Actor,
    base::{
        page::{Ask, Window},
        words::{
            case::CaseStatus,
            memorandum::MemorandumStatus,
            organization::OrganizationKind,
            referral::{ReferralOrder, ReferralStatus, Urgency},
        },
    },
    case,
    db::{Errand, Link, Reading},
    journal::feed,
    memorandum,
    referral::{
        model::Filter,
        store::{self, List},
    },
};
use uuid::Uuid;

const SMALL: i64 = 100;
const LARGE: i64 = 100_000;
/// 51 keys, 51 rows, four edges of each, and their policies.
const MOST: i64 = 1_000;

/// Referrals and cases of one organisation. Past triggers and keys: it is the reading that is tested.
pub fn load(organization: Uuid, counterparty: Uuid, rows: i64) -> String {
    format!(
        "set session_replication_role = replica;
         insert into referral (id, number, sender_id, receiver_id, service_id, territory_code, urgency, legal_basis, person_id, subject_kind, safety_flag,
             status, outcome, case_id, created_at, sent_at, respond_by, updated_at, version)
           select gen_random_uuid(), '{organization}' || g, case when g % 2 = 0 then '{organization}'::uuid else '{counterparty}' end,
             case when g % 2 = 0 then '{counterparty}'::uuid else '{organization}' end, (select id from service_type order by code limit 1),
             'UA48020130000080862', (array['NORMAL', 'URGENT', 'EMERGENCY'])[1 + g % 3], 'LAW_NOTIFICATION', '{counterparty}', 'PERSON', false,
             case when g % 1000 = 7 then 'SENT' else 'COMPLETED' end, case when g % 1000 = 7 then null else 'SERVICE_PROVIDED' end,
             case when g % 5000 = 2 then '{organization}'::uuid end,
             timestamptz '2025-01-01' + g * interval '1 minute', timestamptz '2025-01-01' + g * interval '1 minute',
             timestamptz '2025-02-01' + g * interval '1 minute', timestamptz '2025-01-05' + (g * 7919 % {rows}) * interval '1 minute', 1
           from generate_series(1, {rows}) g;
         insert into referral_party (org_id, referral_id, role, status, seen_at, updated_at, due_at, number, urgency, legal_basis, outcome, service_id, counterparty_id, case_id,
             territory_code, created_at, sent_at, respond_by, version)
           select '{organization}', id, case when sender_id = '{organization}' then 'SENDER' else 'RECEIVER' end, status, sent_at, updated_at,
             case when status = 'SENT' then respond_by else '9999-12-31' end, number, urgency, legal_basis, outcome, service_id, '{counterparty}', case_id,
             territory_code, created_at, sent_at, respond_by, version
           from referral where '{organization}' in (sender_id, receiver_id);
         insert into \"case\" (id, code, organization_id, territory_code, person_id, subject_kind, primary_category, categories, intake_channel, emergency, safety_flag,
             opened_on, status, created_at, updated_at, version)
           select gen_random_uuid(), '{organization}' || g, '{organization}', 'UA48020130000080862', '{counterparty}', 'PERSON', 'IDP', array['IDP'], 'OUTREACH', false, false,
             '2025-01-01', case when g % 1000 = 7 then 'NEW' else 'ACTIVE' end, timestamptz '2025-01-01' + g * interval '1 minute', '2025-01-01', 1
           from generate_series(1, {rows}) g;
         set session_replication_role = origin;"
    )
}

/// Statistics that mislead: what was gathered before the load, a wrong number of organisations, no page known to be visible.
const HOSTILE: &str = "
    alter table referral_party alter column org_id set (n_distinct = 20);
    analyze referral_party; analyze referral; analyze \"case\";
    update pg_class set relallvisible = 0 where relname in ('referral_party', 'referral', 'case');";

#[derive(diesel::QueryableByName)]
struct Touched {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    rows: i64,
}

/// Rows that this connection has touched so far.
pub async fn touched(reading: &Reading) -> i64 {
    touched_by(reading.link()).await
}

async fn touched_by(mut link: &Link) -> i64 {
    let sum =
        "select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint as rows from pg_stat_xact_user_tables";
    let found: Touched = diesel::sql_query(sum).get_result(&mut link).await.unwrap();
    found.rows
}

/// Pages of the feed's tables and indexes that this connection has looked at so far.
async fn looked_at(mut link: &Link) -> i64 {
    let sum = "select coalesce(sum(pg_stat_get_xact_blocks_fetched(oid)), 0)::bigint as rows from pg_class where relname like 'change%'";
    let found: Touched = diesel::sql_query(sum).get_result(&mut link).await.unwrap();
    found.rows
}

/// Entries of the feed, all for one organisation. Past triggers, and nobody has told the planner.
fn entries(organization: Uuid, many: i64) -> String {
    format!(
        "set session_replication_role = replica;
         insert into change (epoch, tx, seq, at, type, object_type, object_id, object_version, actor_kind, previous_hash, hash)
           select 1, '5', n, now(), 'REFERRAL_SENT', 'REFERRAL', gen_random_uuid(), 1, 'SYSTEM', '', '' from generate_series(1, {many}) n;
         insert into change_audience (organization_id, epoch, tx, seq, at) select '{organization}', epoch, tx, seq, at from change;
         set session_replication_role = origin;"
    )
}

/// A month begins empty, and its first plans know nothing of what comes.
#[tokio::test]
async fn the_feed_is_read_from_its_place_on() {
    let town = Town::new().await;
    let client = connect(&town.served.stage.superuser_url()).await;
    let organization_id = town.sender.partner.organization_id;
    client.batch_execute("truncate change, change_audience; analyze change; analyze change_audience").await.unwrap();
    let start = |seq| feed::Place::of(1, 5, seq, town.served.clock.now());
    let db = town.served.stage.db(town.served.clock.clone());

    let tx = db.errand(Errand::Follow).await.unwrap();
    assert!(feed::across(tx.link(), &start(0), 100).await.unwrap().told.is_empty());
    client.batch_execute(&entries(organization_id, 20_000)).await.unwrap();
    for (from, told) in [(19_900, 100), (20_000, 0)] {
        let before = looked_at(tx.link()).await;
        let across = feed::across(tx.link(), &start(from), 1_000).await.unwrap();
        assert_eq!((across.told.len(), across.more, across.waiting), (told, false, false));
        let dear = looked_at(tx.link()).await - before;
        assert!(dear <= 20 * told as i64 + 100, "{dear} pages for {told} entries");
    }
}

/// At three million referrals to look at all of them takes longer than a statement may: no day of retention would ever end.
#[tokio::test]
async fn days_of_retention_end_without_a_look_at_all_referrals() {
    let town = Town::new().await;
    let client = connect(&town.served.stage.superuser_url()).await;
    client
        .batch_execute(&load(town.sender.partner.organization_id, town.stranger.partner.organization_id, 20_000))
        .await
        .unwrap();
    let kept =
        "set session_replication_role = replica; update referral set retention_until = '2099-01-01' where status = 'COMPLETED';
        set session_replication_role = origin; vacuum analyze referral";
    for statement in kept.split(';') {
        client.batch_execute(statement).await.unwrap();
    }
    let tx = town.served.app.db().errand(Errand::Expiry).await.unwrap();
    for day in ["2026-11-28", "2099-01-02"] {
        let before = touched_by(tx.link()).await;
        let due = store::lock_retained(&tx, day.parse().unwrap(), 100).await.unwrap().len() as i64;
        let dear = touched_by(tx.link()).await - before;
        assert_eq!(due, if day < "2099" { 0 } else { 100 });
        assert!(dear <= 2 * due + 50, "{day}: {dear} rows touched for {due}");
    }
}

/// Rows touched by one page of 50, of whole referrals and at a glance, for each list that people ask for.
async fn pages(town: &Town, actor: &Actor, counterparty: Uuid) -> Vec<(&'static str, i64, usize)> {
    let db = town.served.app.db();
    let newest = ReferralOrder::NewestFirst;
    let status = |status| Filter { status: vec![status], ..Filter::default() };
    let lists = [
        ("newest", Filter::default(), newest, false),
        ("from the end", Filter::default(), newest, true),
        ("last changed", Filter::default(), ReferralOrder::UpdatedLast, false),
        ("by due answer", Filter::default(), ReferralOrder::RespondByFirst, false),
        ("a common status", status(ReferralStatus::Completed), newest, false),
        ("a rare status", status(ReferralStatus::Sent), newest, false),
        ("a status that nothing has", status(ReferralStatus::OnHold), newest, false),
        (
            "two states",
            Filter { status: vec![ReferralStatus::Sent, ReferralStatus::Completed], ..Filter::default() },
            ReferralOrder::UpdatedLast,
            false,
        ),
        ("a counterparty", Filter { counterparty_id: Some(counterparty), ..Filter::default() }, newest, false),
        ("a case", Filter { case_id: Some(actor.organization_id), ..Filter::default() }, newest, false),
        ("a number that nothing has", Filter { number: Some("x".into()), ..Filter::default() }, newest, false),
        ("an urgency", Filter { urgency: vec![Urgency::Urgent], ..Filter::default() }, newest, false),
    ];
    let mut all = Vec::new();
    let lists = lists
        .into_iter()
        .flat_map(|(name, filter, order, backward)| [true, false].map(|whole| (name, filter.clone(), order, backward, whole)));
    for (name, filter, order, backward, whole) in lists {
        let ask = if backward { Ask { last: Some(50), ..Ask::default() } } else { Ask { first: Some(50), ..Ask::default() } };
        let window = Window::of(&ask, name).unwrap();
        let reading = db.read(actor).await.unwrap();
        let list = List { viewer: actor.organization_id, filter: &filter, order, now: reading.now() };
        let before = touched(&reading).await;
        let rows = store::page(reading.link(), &list, &window, whole).await.unwrap().rows.len();
        all.push((name, touched(&reading).await - before, rows));
        reading.end().await.unwrap();
    }
    for (name, status) in
        [("cases", vec![]), ("cases of a rare status", vec![CaseStatus::New]), ("cases of none", vec![CaseStatus::Refused])]
    {
        let filter = case::model::Filter { status, ..Default::default() };
        let window = Window::of(&Ask { first: Some(50), ..Ask::default() }, name).unwrap();
        let reading = db.read(actor).await.unwrap();
        let before = touched(&reading).await;
        let today = town.served.clock.today();
        let rows = case::store::page(reading.link(), actor.organization_id, &filter, &window, today).await.unwrap().len();
        all.push((name, touched(&reading).await - before, rows));
        reading.end().await.unwrap();
    }
    all
}

pub fn actor(organization_id: Uuid) -> Actor {
    let kind = OrganizationKind::Ngo;
    let scopes = mistok::access::Scopes::of_kind(kind);
    Actor {
        application_id: Uuid::nil(),
        organization_id,
        kind,
        scopes,
        purpose: None,
        acting_for: None,
        language: Default::default(),
    }
}

#[tokio::test]
async fn a_page_touches_as_many_rows_of_a_large_organization_as_of_a_small_one() {
    let town = Town::new().await;
    let (small, large) = (town.sender.partner.organization_id, town.receiver.partner.organization_id);
    let other = town.stranger.partner.organization_id;
    let client = connect(&town.served.stage.superuser_url()).await;
    for table in ["referral", "referral_party", "\"case\""] {
        client.batch_execute(&format!("alter table {table} set (autovacuum_enabled = false)")).await.unwrap();
    }
    client.batch_execute(&load(small, other, SMALL)).await.unwrap();
    client.batch_execute(&load(large, other, LARGE)).await.unwrap();
    // Never analysed at first, then analysed into error.
    for statistics in ["none", "hostile"] {
        if statistics == "hostile" {
            client.batch_execute(HOSTILE).await.unwrap();
        }
        let few = pages(&town, &actor(small), other).await;
        let many = pages(&town, &actor(large), other).await;
        for ((name, cheap, some), (_, dear, rows)) in few.into_iter().zip(many) {
            println!("{statistics:>8} {name:<26} {some:>3} rows touch {cheap:>5}; {rows:>3} rows touch {dear:>5}");
            assert!(dear <= MOST, "{name} with statistics {statistics}: {dear} rows touched of {LARGE}");
            assert!(rows > 0 || name.contains("nothing") || name.contains("none"), "{name} found nothing");
        }
    }
}

/// As many memoranda as the whole country will have, each with the days of its status. Three of a hundred end otherwise.
const MEMORANDA: &str = "
    set session_replication_role = replica;
    create temp table paper as select g, gen_random_uuid() as id, date '2026-01-01' - g % 1000 as born,
        case g % 100 when 1 then 'SUSPENDED' when 2 then 'TERMINATED' when 3 then 'NEGOTIATION' else 'IN_FORCE' end as stands
      from generate_series(1, 22000) g;
    insert into memorandum (id, number, title, centre_id, provider_id, region_code, effective_from, field_groups, retention_days, onward_referral,
        invited_at, created_at, updated_at, version)
      select id, g, '', id, id, 'UA48000000000039575', born + 2, '{CONTACT}', 30, true, born, born + g * interval '1 second', born, 1 from paper;
    insert into memorandum_span (memorandum_id, since, until, status, created_at)
      select id, s.since, lead(s.since, 1, date '9999-12-31') over (partition by id order by s.since), s.status, born + g * interval '1 second'
      from paper cross join lateral (
        select date '0001-01-01' as since, 'DRAFT' as status union all select born, 'NEGOTIATION'
        union all select born + 2, 'IN_FORCE' where stands <> 'NEGOTIATION'
        union all select date '2026-02-01', stands where stands in ('SUSPENDED', 'TERMINATED')) s;
    set session_replication_role = origin;";

#[tokio::test]
async fn the_ministry_s_lists_of_memoranda_touch_what_they_show() {
    let town = Town::new().await;
    let client = connect(&town.served.stage.superuser_url()).await;
    client.batch_execute(MEMORANDA).await.unwrap();
    // Another test's transaction may hold the horizon back for a moment: an index is enough only where all rows are visible to all.
    for _ in 0..100 {
        client.batch_execute("vacuum analyze memorandum").await.unwrap();
        client.batch_execute("vacuum analyze memorandum_span").await.unwrap();
        let seen =
            "select bool_and(relallvisible >= relpages) from pg_class where relname in ('memorandum', 'memorandum_span')";
        if client.query_one(seen, &[]).await.unwrap().get(0) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let ministry = Actor { kind: OrganizationKind::Ministry, ..actor(Uuid::from_u128(7)) };
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
    let of = |status: &[MemorandumStatus]| memorandum::model::Filter { status: status.to_vec(), ..Default::default() };
    let on = |text: &str| memorandum::model::Filter { in_force_on: Some(day(text)), ..Default::default() };
    for (name, filter) in [
        ("all", of(&[])),
        ("in force", of(&[MemorandumStatus::InForce])),
        ("suspended or terminated", of(&[MemorandumStatus::Suspended, MemorandumStatus::Terminated])),
        ("none", of(&[MemorandumStatus::Expired])),
        ("in force on a past day", on("2023-06-01")),
        ("in force on a day with none", on("2020-01-01")),
    ] {
        let window = Window::of(&Ask { first: Some(50), ..Ask::default() }, name).unwrap();
        let reading = town.served.app.db().read(&ministry).await.unwrap();
        let before = touched(&reading).await;
        let rows = memorandum::store::page(reading.link(), &filter, &window, day("2026-03-01")).await.unwrap().len();
        let dear = touched(&reading).await - before;
        reading.end().await.unwrap();
        println!("{name:<28} {rows:>3} rows touch {dear:>5}");
        assert!(dear <= MOST, "{name}: {dear} rows touched of 22,000");
        assert_eq!(rows, if name.contains("none") { 0 } else { 51 }, "{name}");
    }
}
