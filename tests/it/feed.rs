//! The feed: each organisation learns of exactly what it may know of, in order, once, and without a gap, however many write at once.

use crate::{
    plan::touched,
    stage::connect,
    town::{Side, Town, key},
};
use chrono::{Days, Duration};
use mistok::{
    access::{Actor, Scopes},
    base::words::{change::ChangeType, organization::OrganizationKind as Kind},
    db::{Db, Errand},
    journal::{
        Audience, ObjectType,
        change::{self, Entry},
        feed::{self, Place},
    },
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

const ASK: &str =
    "query($after: String, $types: [ChangeType!], $first: Int! = 100) { changes(after: $after, types: $types, first: $first) {
    entries { cursor type objectId objectVersion tombstone node { __typename id } } endCursor hasMore } }";

/// Waits until everything that was written by now is told: other tests write into other databases of the same cluster, and the feed
/// reads below the oldest transaction that runs in any of them.
pub async fn settled(town: &Town) {
    settled_on(&town.served.stage).await;
}

/// The same of a database.
pub async fn settled_on(stage: &crate::stage::Stage) {
    let client = connect(&stage.superuser_url()).await;
    let written: String = client.query_one("select pg_current_xact_id()::text", &[]).await.unwrap().get(0);
    let told = format!("select pg_snapshot_xmin(pg_current_snapshot()) > '{written}'::text::xid8");
    while !client.query_one(&told, &[]).await.unwrap().get::<_, bool>(0) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Everything after a cursor, page by page.
async fn followed(town: &Town, side: &Side, after: Value, first: usize) -> (Vec<Value>, Value) {
    settled(town).await;
    let (mut all, mut after) = (Vec::new(), after);
    loop {
        let answer = town.ask(side, ASK, json!({"after": after, "first": first})).await;
        let page = &answer.data()["changes"];
        all.extend(page["entries"].as_array().unwrap().clone());
        after = page["endCursor"].clone();
        if page["hasMore"] == false {
            return (all, after);
        }
    }
}

async fn head(town: &Town, side: &Side) -> Value {
    settled(town).await;
    town.ask(side, "{ changesHead }", json!({})).await.data()["changesHead"].clone()
}

fn kinds(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_learns_of_what_it_may_know_of() {
    let town = Town::new().await;
    let sides = [&town.sender, &town.receiver, &town.stranger];
    let mut heads = Vec::new();
    for side in sides {
        heads.push(head(&town, side).await);
        assert!(followed(&town, side, heads.last().unwrap().clone(), 100).await.0.is_empty());
    }
    let (sent, case, _) = town.sent(&["CONTACT"]).await;
    town.step(&town.receiver, "referralAccept", &sent, json!({})).await;
    let own = ["CASE_OPENED", "CONSENT_GIVEN", "REFERRAL_CREATED", "REFERRAL_SENT", "REFERRAL_ACCEPTED"];
    let (all, end) = followed(&town, &town.sender, heads[0].clone(), 2).await;
    assert_eq!(kinds(&all), own);
    assert_eq!(all[0]["objectId"], case["id"]);
    assert_eq!(all[0]["node"], json!({"__typename": "Case", "id": case["id"]}));
    assert_eq!((&all[3]["objectId"], &all[3]["tombstone"]), (&sent["id"], &json!(false)));
    assert!(followed(&town, &town.sender, end, 2).await.0.is_empty(), "the end is the end");
    // The receiver from the sending on; the stranger nothing at all.
    let (all, _) = followed(&town, &town.receiver, heads[1].clone(), 100).await;
    assert_eq!(kinds(&all), ["REFERRAL_SENT", "REFERRAL_ACCEPTED"]);
    assert!(followed(&town, &town.stranger, heads[2].clone(), 100).await.0.is_empty());
    // Kinds that are asked for, from any entry on.
    let after = json!({"after": heads[0], "types": ["REFERRAL_SENT", "CASE_OPENED"]});
    let some = town.ask(&town.sender, ASK, after).await;
    assert_eq!(kinds(some.data()["changes"]["entries"].as_array().unwrap()), ["CASE_OPENED", "REFERRAL_SENT"]);
    let (rest, _) = followed(&town, &town.receiver, all[0]["cursor"].clone(), 1).await;
    assert_eq!(kinds(&rest), ["REFERRAL_ACCEPTED"]);
    // From the beginning: what everybody may know, and one's own.
    let (whole, _) = followed(&town, &town.stranger, Value::Null, 7).await;
    assert!(kinds(&whole).contains(&"OFFERING_CHANGED") && !kinds(&whole).iter().any(|kind| kind.starts_with("REFERRAL")));
    assert_eq!(whole.iter().map(|entry| entry["cursor"].as_str().unwrap()).collect::<BTreeSet<_>>().len(), whole.len());
}

#[tokio::test]
async fn what_cannot_be_read_any_more_is_a_tombstone() {
    let town = Town::new().await;
    let start = head(&town, &town.stranger).await;
    let partner = &town.stranger;
    let input = town.memorandum_input(&town.receiver, &[partner], json!({})).await;
    let made = town.done(&town.receiver, "memorandumCreate", "memorandum", "status", input).await;
    let step = |of: &Value, more: Value| {
        crate::town::with(json!({"id": of["id"], "expectedVersion": of["version"], "idempotencyKey": key()}), more)
    };
    let invited = step(&made, json!({"partnerIds": []}));
    let invited = town.done(&town.receiver, "memorandumInvite", "memorandum", "status", invited).await;
    let (all, _) = followed(&town, partner, start.clone(), 100).await;
    assert_eq!(kinds(&all), ["MEMORANDUM_INVITED"]);
    assert_eq!((&all[0]["tombstone"], &all[0]["node"]["id"]), (&json!(false), &made["id"]));
    // Who declines sees it no more: what was told stays in its place, and says so.
    town.act(partner, "memorandumWithdraw", "memorandum", "", step(&invited, json!({"reason": "ні"}))).await;
    let (all, _) = followed(&town, partner, start, 100).await;
    assert_eq!(kinds(&all), ["MEMORANDUM_INVITED", "MEMORANDUM_PARTY_LEFT"]);
    for entry in &all {
        assert_eq!((&entry["tombstone"], &entry["node"]), (&json!(true), &Value::Null));
    }
}

#[tokio::test]
async fn an_application_is_told_of_what_it_may_read() {
    let town = Town::new().await;
    let start = head(&town, &town.sender).await;
    let words = ["referrals:read"];
    let input = json!({"idempotencyKey": key(), "name": "Стрічка", "scopes": words});
    let query = "mutation($input: ApplicationRegisterInput!){ applicationRegister(input: $input){ application { clientId } clientSecret userErrors { code } } }";
    let made = town.ask(&town.sender, query, json!({"input": input})).await.data()["applicationRegister"].clone();
    let partner = crate::served::Partner {
        organization_id: town.sender.partner.organization_id,
        client_id: made["application"]["clientId"].as_str().unwrap().to_owned(),
        secret: made["clientSecret"].as_str().unwrap().to_owned(),
    };
    let token = town.served.token(&partner).await;
    town.sent(&["CONTACT"]).await;
    settled(&town).await;
    let answer = town.served.ask(&token, ASK, json!({"after": start})).await;
    let told = answer.data()["changes"]["entries"].as_array().unwrap().clone();
    assert_eq!(kinds(&told), ["REFERRAL_CREATED", "REFERRAL_SENT"]);
}

#[tokio::test]
async fn a_cursor_is_of_its_own_feed_and_ages() {
    let mut town = Town::new().await;
    let (own, other) = (head(&town, &town.sender).await, head(&town, &town.receiver).await);
    for cursor in [json!(other), json!("eA"), json!("!"), json!("")] {
        assert_eq!(town.ask(&town.sender, ASK, json!({"after": cursor})).await.code(), "INVALID_CURSOR");
    }
    for first in [0, -1, 101] {
        assert_eq!(town.ask(&town.sender, ASK, json!({"first": first})).await.code(), "BAD_USER_INPUT");
    }
    // A backup that is older than the cursor: the database has not come so far.
    let db = town.served.app.db().clone();
    let place =
        Place::open(own.as_str().unwrap(), town.served.app.seal(), town.sender.partner.organization_id, db.clock().now())
            .unwrap();
    let mut text = serde_json::to_value(&place).unwrap();
    text["tx"] = json!("99999999999");
    let far: Place = serde_json::from_value(text).unwrap();
    let far = far.cursor(town.served.app.seal(), town.sender.partner.organization_id);
    assert_eq!(town.ask(&town.sender, ASK, json!({"after": far})).await.code(), "INVALID_CURSOR");
    // Thirteen months later it is told what to do.
    db.clock().advance(Duration::days(380));
    town = town.again().await;
    assert!(town.ask(&town.sender, ASK, json!({"after": own})).await.data()["changes"]["entries"].is_array());
    db.clock().advance(Duration::days(30));
    town = town.again().await;
    let late = town.ask(&town.sender, ASK, json!({"after": own})).await;
    assert_eq!(late.code(), "CURSOR_EXPIRED");
    assert!(late.text.contains("changesHead"));
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

/// One entry for an organisation, or for everyone, in a transaction that stays open for a while after it was written.
async fn write(db: &Db, own: Uuid, number: u128, everyone: bool, open_for: u64) {
    let tx = db.begin(&actor(own)).await.unwrap();
    let entry = Entry::new(ChangeType::CentreChanged, ObjectType::Centre, Uuid::from_u128(number), 1);
    change::record(&tx, entry, if everyone { Audience::Everyone } else { Audience::only(own) }).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(open_for)).await;
    tx.commit().await.unwrap();
}

/// What an organisation reads from a place on, in pages, and where it then stands.
async fn read(db: &Db, own: Uuid, mut after: Option<Place>, most: usize) -> (Vec<feed::Entry>, Option<Place>) {
    let mut all = Vec::new();
    loop {
        let reading = db.read(&actor(own)).await.unwrap();
        let stretch = feed::read(reading.link(), reading.now(), after, ObjectType::ALL, None, most).await.unwrap();
        reading.end().await.unwrap();
        all.extend(stretch.entries);
        after = Some(stretch.end);
        if !stretch.more {
            return (all, after);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_missed_while_many_write() {
    const WRITERS: u128 = 6;
    const EACH: u128 = 25;
    let town = Town::new().await;
    let own = town.sender.partner.organization_id;
    let db = Db::new(&town.served.stage.app_url(), 12, town.served.app.db().clock().clone()).unwrap();
    settled(&town).await;
    let (_, start) = read(&db, own, None, 100).await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let db = db.clone();
            tokio::spawn(async move {
                for n in 0..EACH {
                    // Some stay open long after others, which have begun later, were committed.
                    let open_for = u64::try_from((writer * 31 + n * 17) % 23).unwrap();
                    write(&db, own, writer * 1000 + n, n % 3 == 0, open_for).await;
                }
            })
        })
        .collect();
    // A follower who asks all the time, in small pages.
    let (mut seen, mut after) = (Vec::new(), start.clone());
    loop {
        let over = writers.iter().all(tokio::task::JoinHandle::is_finished);
        if over {
            settled(&town).await;
        }
        let (entries, end) = read(&db, own, after, 3).await;
        seen.extend(entries);
        after = end;
        if over {
            break;
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let ids: Vec<Uuid> = seen.iter().map(|entry| entry.object_id).collect();
    assert_eq!(ids.len(), usize::try_from(WRITERS * EACH).unwrap(), "each once");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    // And whoever reads it later reads the same in the same order.
    let (again, _) = read(&db, own, start, 100).await;
    assert_eq!(again, seen);
    // A plain sequence would have lost some: later numbers were committed before earlier ones.
    let disorder = "select count(*) from change a join change b on a.seq < b.seq and a.tx > b.tx where a.object_type = 'CENTRE' and b.object_type = 'CENTRE'";
    println!("{} pairs out of the order of their numbers", town.count(disorder).await);
}

#[tokio::test]
async fn a_restore_begins_a_new_epoch() {
    let town = Town::new().await;
    let own = town.sender.partner.organization_id;
    let db = town.served.app.db();
    settled(&town).await;
    let (_, start) = read(db, own, None, 100).await;
    write(db, own, 1, false, 0).await;
    let superuser = connect(&town.served.stage.superuser_url()).await;
    // As a dump brings it into a fresh cluster: transaction ids of the old one, far ahead, and its identifier.
    let restored = "set session_replication_role = replica;
        update change set tx = '4000000000'::text::xid8 where object_id = '00000000-0000-0000-0000-000000000001';
        update change_audience a set tx = '4000000000'::text::xid8 from change c where c.seq = a.seq and c.object_id = '00000000-0000-0000-0000-000000000001';
        update feed_epoch set system_identifier = 7";
    superuser.batch_execute(restored).await.unwrap();
    mistok::db::migrate::check(&town.served.stage.app_url()).await.unwrap();
    write(db, own, 2, false, 0).await;
    settled(&town).await;
    let (all, end) = read(db, own, start, 1).await;
    let ids: Vec<u128> = all.iter().map(|entry| entry.object_id.as_u128()).collect();
    assert_eq!(ids, [1, 2], "what is new comes after what was, though its transaction has a lower number");
    write(db, own, 3, false, 0).await;
    settled(&town).await;
    assert_eq!(read(db, own, end, 10).await.0.len(), 1);
    // The same cluster once more: the epoch stays.
    mistok::db::migrate::check(&town.served.stage.app_url()).await.unwrap();
    assert_eq!(town.count("select count(*) from feed_epoch").await, 2);
}

/// An organisation with a long past reads its next page at the cost of that page.
#[tokio::test]
async fn a_page_costs_a_page() {
    let town = Town::new().await;
    let own = town.sender.partner.organization_id;
    let superuser = connect(&town.served.stage.superuser_url()).await;
    let load = format!(
        "set session_replication_role = replica;
         insert into change (tx, seq, at, type, object_type, object_id, object_version, actor_kind, hash)
           select ((3 + g / 400)::text)::xid8, 1000000 + g, now() - interval '300 days' + g * interval '2 minutes', 'CENTRE_CHANGED', 'CENTRE', gen_random_uuid(), 1, 'SYSTEM', '' from generate_series(1, 200000) g;
         insert into change_audience (organization_id, tx, seq, at)
           select case when g % 2 = 0 then '{own}'::uuid else gen_random_uuid() end, ((3 + g / 400)::text)::xid8, 1000000 + g, now() - interval '300 days' + g * interval '2 minutes' from generate_series(1, 200000) g;
         analyze change; analyze change_audience;"
    );
    superuser.batch_execute(&load).await.unwrap();
    let db = town.served.app.db();
    let reading = db.read(&actor(own)).await.unwrap();
    let middle =
        json!({"epoch": 1, "tx": "253", "seq": 1_100_000, "at": reading.now().checked_sub_days(Days::new(160)).unwrap()});
    let middle: Place = serde_json::from_value(middle).unwrap();
    let before = touched(&reading).await;
    let stretch = feed::read(reading.link(), reading.now(), Some(middle), ObjectType::ALL, None, 100).await.unwrap();
    assert_eq!((stretch.entries.len(), stretch.more), (100, true));
    let rows = touched(&reading).await - before;
    reading.end().await.unwrap();
    // A thousand entries, their changes and the policies of these; not the fifty thousand that are still to come.
    assert!(rows < 6_000, "{rows} rows");
}

/// The server reads across organisations, each entry with all who are told of it, and asks nobody else.
#[tokio::test]
async fn the_server_sees_whom_each_entry_is_for() {
    let town = Town::new().await;
    let db = town.served.app.db();
    let (own, other) = (town.sender.partner.organization_id, town.receiver.partner.organization_id);
    settled(&town).await;
    let across = async |after: &Place, most| {
        let tx = db.errand(Errand::Deliver).await.unwrap();
        let across = feed::across(tx.link(), after, most).await.unwrap();
        tx.commit().await.unwrap();
        across
    };
    let tx = db.errand(Errand::Follow).await.unwrap();
    let start = feed::head(tx.link(), tx.now()).await.unwrap();
    tx.commit().await.unwrap();
    let tx = db.begin(&actor(own)).await.unwrap();
    for number in 1..=3 {
        let entry = Entry::new(ChangeType::CentreChanged, ObjectType::Centre, Uuid::from_u128(number), 1);
        change::record(&tx, entry, Audience::Of(vec![own, other])).await.unwrap();
    }
    assert!(!across(&start, 10).await.waiting, "what is not committed is not there");
    // An older transaction keeps back what a younger one has committed.
    write(db, other, 4, true, 0).await;
    assert!(across(&start, 10).await.waiting);
    tx.commit().await.unwrap();
    settled(&town).await;
    let (mut after, mut told) = (start, Vec::new());
    loop {
        let next = across(&after, 2).await;
        told.extend(next.told.iter().map(|told| (told.entry.object_id.as_u128(), told.organization)));
        after = next.end;
        if !next.more {
            assert!(!next.waiting);
            break;
        }
    }
    let mut both = [Some(own), Some(other)];
    both.sort();
    let expected: Vec<_> = (1..=3).flat_map(|number| both.map(|id| (number, id))).chain([(4, None)]).collect();
    assert_eq!(told, expected);
    // Nobody reads so by asking for it.
    let as_stranger = format!("begin; set local mistok.org_id = '{own}'");
    let client = connect(&town.served.stage.app_url()).await;
    client.batch_execute(&as_stranger).await.unwrap();
    let all = "select count(*) from mistok.told_to_any_after(0, '0', 0, 99, '99999999999', 100)";
    assert_eq!(client.query_one(all, &[]).await.unwrap().get::<_, i64>(0), 0);
}
