//! What the database hashes is what the program hashes; every entry stands under exactly one root, whoever writes and signs at once.

use super::{check, exported, sign, verified};
use crate::{
    feed::settled,
    stage::{Stage, connect},
    town::Town,
};
use chrono::Duration;
use mistok::{
    access::{Actor, Scopes},
    base::words::{change::ChangeType, organization::OrganizationKind as Kind},
    db::{Db, Errand, migrate},
    journal::{
        Audience, ObjectType,
        change::{self, Entry as Written},
        proof::{Entry, Hash, root::BEGINNING, store, tree},
    },
    work::sign as signing,
};
use std::collections::BTreeSet;
use uuid::Uuid;

const END: &str = "2147483647.18446744073709551615.1.ffffffffffffffffffffffffffffffff";

async fn entries(db: &Db) -> Vec<Entry> {
    let tx = db.errand(Errand::Audit).await.unwrap();
    store::entries(tx.link(), BEGINNING, END).await.unwrap()
}

#[tokio::test]
async fn the_hash_of_the_database_is_that_of_the_program() {
    let town = Town::new().await;
    let superuser = connect(&town.served.stage.superuser_url()).await;
    let texts = ["''", "null", "'ї'", "'\"\\ '' , {} : - \n'", "'👪 0:,'", "repeat('ж', 70000)"];
    for (number, text) in texts.iter().enumerate() {
        for detail in ["{}", "[]", "null", r#"{"b": [1, 1.50, 1e3, -0.0, "ї \" \\ \u2028"], "a": null, "  ": {"": true}}"#] {
            let sql = format!(
                "insert into change (seq, at, type, object_type, object_id, object_version, actor_kind, acting_for, detail, hash, previous_hash)
                 values (nextval('change_seq'), '2024-02-29 23:59:59.999999+02:30'::timestamptz + {number} * interval '1 microsecond', 'X', 'ї',
                 '00000000-0000-0000-0000-000000000000', -2147483648, 'OPERATOR', {text}, $1::text::jsonb, 'chosen', 'chosen')"
            );
            superuser.execute(&sql, &[&detail]).await.unwrap();
        }
    }
    for (ids, fields, at) in [
        ("'{}'", "'{}'", "now()"),
        ("array[gen_random_uuid()]", "array['']", "'1969-12-31 23:59:59.000001+00'"),
        ("array[gen_random_uuid(), gen_random_uuid()]", r#"array['a,b', '{}', 'ї"\', '3:abc,']"#, "'2199-01-01'"),
    ] {
        for text in &texts[..5] {
            let sql = format!(
                "insert into access (id, at, organization_id, application_id, acting_for, purpose, object_type, object_ids, fields, request_id, hash)
                 values (gen_random_uuid(), {at}, gen_random_uuid(), gen_random_uuid(), {text}, 'AUDIT', 'CASE', {ids}, {fields}, coalesce({text}, 'x'), 'chosen')"
            );
            superuser.batch_execute(&sql).await.unwrap_or_else(|fault| panic!("{sql}: {fault:?}"));
        }
    }
    settled(&town).await;
    let all = entries(town.served.app.db()).await;
    assert!(all.len() > 24 + 15);
    for entry in &all {
        assert!(entry.is_sound(), "{entry:?}");
    }
    // The same after a journey through a file.
    sign(&town).await;
    assert!(verified(&exported(&town).await, &[]).faults.is_empty());
    // No two hash alike, and each follows the one before it.
    assert_eq!(all.iter().map(Entry::hash).collect::<BTreeSet<_>>().len(), all.len());
    // Settings of a connection change nothing.
    let again =
        "set timezone = 'Asia/Kathmandu'; set datestyle = 'German'; set extra_float_digits = 0; set bytea_output = 'escape'";
    superuser.batch_execute(again).await.unwrap();
    let differs = "select count(*) from change c where hash <> mistok.change_hash(c, c.previous_hash)";
    assert_eq!(superuser.query_one(differs, &[]).await.unwrap().get::<_, i64>(0), 0);
}

fn actor(organization_id: Uuid) -> Actor {
    let scopes = Scopes::of_kind(Kind::LocalAuthority);
    Actor {
        application_id: Uuid::nil(),
        organization_id,
        kind: Kind::LocalAuthority,
        scopes,
        purpose: None,
        acting_for: None,
        language: Default::default(),
    }
}

/// One change of an object, in a transaction that stays open for a while.
async fn write(db: &Db, own: Uuid, object: u128, open_for: u64) {
    let tx = db.begin(&actor(own)).await.unwrap();
    let entry = Written::new(ChangeType::CentreChanged, ObjectType::Centre, Uuid::from_u128(object), 1);
    change::record(&tx, entry, Audience::only(own)).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(open_for)).await;
    tx.commit().await.unwrap();
}

/// Writers of the same objects wait for each other, those of others do not; roots are made all the while, by two at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_entry_stands_in_one_chain_and_under_one_root() {
    const WRITERS: u128 = 6;
    const EACH: u128 = 25;
    let town = Town::new().await;
    let own = town.sender.partner.organization_id;
    let db = Db::new(&town.served.stage.app_url(), 12, town.served.app.db().clock().clone()).unwrap();
    let keys = town.served.app.audit_keys().clone();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let db = db.clone();
            tokio::spawn(async move {
                for n in 0..EACH {
                    let object = if n % 2 == 0 { 1 } else { 100 + writer };
                    write(&db, own, object, u64::try_from((writer * 31 + n * 17) % 23).unwrap()).await;
                }
            })
        })
        .collect();
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        let (one, two) = tokio::join!(store::make(&db, &keys), store::make(&db, &keys));
        assert!(one.unwrap() + two.unwrap() >= 1);
    }
    for writer in writers {
        writer.await.unwrap();
    }
    sign(&town).await;
    let report = check(&town).await;
    assert!(report.faults.is_empty(), "{:#?}", report.faults);
    let all = entries(&db).await;
    assert_eq!(report.told.changes + report.told.reads, all.len() as u64, "all are under roots, each once");
    let of_one = "select count(*) from change where object_id = '00000000-0000-0000-0000-000000000001'";
    assert_eq!(town.count(of_one).await, i64::try_from(WRITERS * EACH.div_ceil(2)).unwrap());
    let chains = "select count(*) from change where object_type = 'CENTRE' and previous_hash is null and object_id::text like '00000000-0000-0000-0000-%'";
    assert_eq!(town.count(chains).await, 1 + i64::try_from(WRITERS).unwrap());
    println!("{} roots", report.told.roots);
}

/// A transaction that began to write before a root was made, and is committed after it, stands under the next.
#[tokio::test]
async fn who_comes_late_is_under_the_next_root() {
    let town = Town::new().await;
    let own = town.sender.partner.organization_id;
    let db = Db::new(&town.served.stage.app_url(), 6, town.served.app.db().clock().clone()).unwrap();
    sign(&town).await;
    let late = db.begin(&actor(own)).await.unwrap();
    let entry = Written::new(ChangeType::CentreChanged, ObjectType::Centre, Uuid::from_u128(1), 1);
    change::record(&late, entry, Audience::only(own)).await.unwrap();
    write(&db, own, 2, 0).await;
    store::make(&db, town.served.app.audit_keys()).await.unwrap();
    let before = check(&town).await.told.changes;
    late.commit().await.unwrap();
    sign(&town).await;
    let after = check(&town).await;
    assert!(after.faults.is_empty(), "{:#?}", after.faults);
    assert_eq!(after.told.changes, before + 2, "neither was under the root while the first was open");
}

#[tokio::test]
async fn a_long_backlog_comes_under_several_roots() {
    let town = Town::new().await;
    let many = tree::SIZE * 2 + 7;
    let superuser = connect(&town.served.stage.superuser_url()).await;
    let load = format!(
        "insert into change (seq, at, type, object_type, object_id, object_version, actor_kind)
         select nextval('change_seq'), now(), 'CENTRE_CHANGED', 'CENTRE', gen_random_uuid(), 1, 'SYSTEM' from generate_series(1, {many});
         insert into access (id, at, organization_id, application_id, purpose, object_type, object_ids, fields, request_id)
         select gen_random_uuid(), now(), gen_random_uuid(), gen_random_uuid(), 'AUDIT', 'CASE', '{{}}', '{{}}', 'x' from generate_series(1, 300)"
    );
    superuser.batch_execute(&load).await.unwrap();
    assert_eq!(sign(&town).await, 3);
    let report = check(&town).await;
    assert!(report.faults.is_empty(), "{:#?}", report.faults);
    assert!(report.told.changes as usize >= many && report.told.reads >= 300);
}

#[tokio::test]
async fn roots_are_made_by_the_hour_and_by_one_server() {
    let town = Town::new().await;
    let (db, keys, clock) = (town.served.app.db(), town.served.app.audit_keys(), &town.served.clock);
    let (one, two) = (Uuid::new_v4(), Uuid::new_v4());
    assert_eq!(signing::turn(db, keys, one).await.unwrap(), 1, "the first at once");
    assert_eq!(signing::turn(db, keys, one).await.unwrap(), 0);
    assert_eq!(signing::turn(db, keys, two).await.unwrap(), 0, "the lease is the other's");
    clock.advance(Duration::minutes(60));
    assert_eq!(signing::turn(db, keys, two).await.unwrap(), 1, "the first server is gone");
    assert_eq!(signing::turn(db, keys, one).await.unwrap(), 0);
    assert_eq!(town.count("select count(*) from audit_root").await, 2, "one for each hour, though nothing has happened");
    // Without any lease one of two that sign at once finds the place taken.
    let (first, second) = tokio::join!(store::make(db, keys), store::make(db, keys));
    assert!((1..=2).contains(&(first.unwrap() + second.unwrap())));
    assert!(check(&town).await.faults.is_empty());
}

/// The server's login adds, and can neither change nor choose.
#[tokio::test]
async fn the_audit_is_written_and_never_changed() {
    let town = super::signed_town().await;
    let app = connect(&town.served.stage.app_url()).await;
    for errand in ["audit", "expiry", "operator"] {
        for table in ["change", "access", "audit_root", "audit_key", "change_head", "change_audience"] {
            for sql in [
                format!("update {table} set ctid = ctid"),
                format!("delete from {table}"),
                format!("truncate {table}"),
                format!("alter table {table} disable trigger all"),
                format!("insert into {table} select * from {table} on conflict do nothing"),
            ] {
                app.batch_execute(&format!("begin; set local mistok.errand = '{errand}'")).await.unwrap();
                let done = app.execute(&sql, &[]).await;
                app.batch_execute("rollback").await.unwrap();
                assert!(done.is_err() || matches!(done, Ok(0)) && sql.starts_with("insert"), "{errand}: {sql}");
            }
        }
    }
    // What it says of the hashes is not heard.
    let own = town.sender.partner.organization_id;
    let chosen = format!(
        "begin; set local mistok.org_id = '{own}';
         insert into change (seq, at, type, object_type, object_id, object_version, actor_kind, organization_id, application_id, hash, previous_hash)
         values (nextval('change_seq'), now(), 'CENTRE_CHANGED', 'CENTRE', '{own}', 1, 'APPLICATION', '{own}', '{own}', 'x', 'y'); commit"
    );
    app.batch_execute(&chosen).await.unwrap();
    settled(&town).await;
    assert!(entries(town.served.app.db()).await.iter().all(Entry::is_sound));
    // A root in another place than the next is none.
    let keys = town.served.app.audit_keys();
    assert_eq!(store::make(town.served.app.db(), keys).await.unwrap(), 1);
    let forged = "begin; set local mistok.errand = 'audit';
        insert into audit_root select 9, at, from_place, until_place, leaves, filling, tree, tree, signature, key_id from audit_root where number = 1";
    let fault = app.batch_execute(forged).await.unwrap_err();
    assert!(fault.as_db_error().unwrap().message().contains("a root begins where the one before it ends"), "{fault:?}");
}

/// A database that was there before: its entries are chained by the migration, in whichever month they stand.
#[tokio::test]
async fn what_was_there_before_is_chained() {
    let stage = Stage::bare().await;
    while migrate::up_one(&stage.owner_url()).await.unwrap().is_some_and(|name| name != "0025_audit") {}
    let superuser = connect(&stage.superuser_url()).await;
    let old = "insert into change (seq, at, type, object_type, object_id, object_version, actor_kind, acting_for)
         select nextval('change_seq'), case when g % 2 = 0 then now() else '2021-05-05' end, 'CENTRE_CHANGED', 'CENTRE', ('00000000-0000-0000-0000-00000000000' || g % 4)::uuid, g, 'SYSTEM', 'ї'
         from generate_series(1, 20) g;
         insert into access (id, at, organization_id, application_id, purpose, object_type, object_ids, fields, request_id)
         select gen_random_uuid(), '2021-05-05', gen_random_uuid(), gen_random_uuid(), 'AUDIT', 'CASE', '{}', '{a}', 'x' from generate_series(1, 5)";
    superuser.batch_execute(old).await.unwrap();
    migrate::up(&stage.owner_url()).await.unwrap();
    let all = entries(&stage.db(Default::default())).await;
    assert_eq!(all.len(), 25);
    let mut heads: std::collections::BTreeMap<Uuid, Hash> = Default::default();
    for entry in &all {
        assert!(entry.is_sound(), "{entry:?}");
        if let Entry::Change(change) = entry {
            assert_eq!(heads.insert(change.object_id, change.hash), change.previous_hash);
        }
    }
    assert_eq!(heads.len(), 4);
}
