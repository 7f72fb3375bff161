//! Whoever has the database changes it, and is found out: by an export alone, without the database.

use super::{check, exported, intruder, sign, signed_town, verified};
use crate::town::Town;
use mistok::journal::proof::{Keys, store};
use serde_json::json;

const TABLES: [&str; 3] = ["change", "access", "audit_root"];

/// A copy of a row of `change` or `access`, hashed as the database would have.
const COPY_CHANGE: &str = "insert into change (epoch, tx, seq, at, type, object_type, object_id, object_version, actor_kind, organization_id, application_id, acting_for, detail, previous_hash, hash)
    select epoch, tx, seq + 1000000, at, type, object_type, object_id, object_version, actor_kind, organization_id, application_id, acting_for, detail, hash, '' from change where type = 'REFERRAL_SENT';
    update change c set hash = mistok.change_hash(c, c.previous_hash) where seq > 1000000";
const COPY_READ: &str = "insert into access select 'ffffffff-ffff-4fff-bfff-ffffffffffff', at, organization_id, application_id, acting_for, purpose, object_type, object_ids, fields, request_id, epoch, tx, ''
    from access order by tx limit 1;
    update access a set hash = mistok.access_hash(a) where hash = ''";
const REHASH_SENT: &str = "update change set object_version = 7 where type = 'REFERRAL_SENT';
    update change c set hash = mistok.change_hash(c, c.previous_hash) where type = 'REFERRAL_SENT'";
/// The whole rest of the chain too.
const REHASH_CHAIN: &str = "update change set object_version = 7 where type = 'REFERRAL_SENT';
    do $$ declare r change; before bytea; begin
      for r in select * from change where object_type = 'REFERRAL' order by seq loop
        update change c set previous_hash = before, hash = mistok.change_hash(r, before) where c.seq = r.seq returning hash into before;
      end loop;
    end $$";
const REHASH_READ: &str =
    "update access set purpose = 'AUDIT' where tx = (select min(tx::text::bigint)::text::xid8 from access);
    update access a set hash = mistok.access_hash(a)";

/// What is done, what the first fault says of it, and which row it names.
const TOUCHES: &[(&str, &str, &str)] = &[
    // Rows of changes.
    ("update change set object_version = 7 where type = 'REFERRAL_SENT'", "it was changed", "(REFERRAL_SENT of REFERRAL"),
    ("update change set detail = '{\"x\": 1}' where type = 'REFERRAL_STARTED'", "it was changed", "(REFERRAL_STARTED of"),
    ("update change set at = at - interval '1 microsecond' where type = 'CASE_OPENED'", "it was changed", "(CASE_OPENED of CASE"),
    ("update change set acting_for = '' where type = 'CASE_OPENED'", "it was changed", "(CASE_OPENED of CASE"),
    ("update change set hash = sha256('') where type = 'REFERRAL_ACCEPTED'", "it was changed", "(REFERRAL_ACCEPTED of"),
    ("update change set previous_hash = null where type = 'REFERRAL_ACCEPTED'", "it was changed", "(REFERRAL_ACCEPTED of"),
    ("delete from change where type = 'REFERRAL_SENT'", "before it was taken out", "(REFERRAL_ACCEPTED of"),
    ("delete from change where type = 'REFERRAL_STARTED'", "entries that it covers were taken out", "root 2"),
    (COPY_CHANGE, "it was put in", "(REFERRAL_SENT of"),
    (REHASH_SENT, "hashed anew", "(REFERRAL_SENT of"),
    (REHASH_CHAIN, "hashed anew", "(REFERRAL_SENT of"),
    // Two exchange their places.
    (
        "update change c set seq = -o.seq, tx = o.tx from change o where (c.type, o.type) in (('REFERRAL_SENT', 'REFERRAL_ACCEPTED'), ('REFERRAL_ACCEPTED', 'REFERRAL_SENT'));
         update change set seq = -seq where seq < 0",
        "it was changed",
        "of REFERRAL",
    ),
    // Rows of reads.
    ("update access set purpose = 'AUDIT' where tx = (select min(tx::text::bigint)::text::xid8 from access)", "it was changed", "read "),
    ("update access set object_ids = array_append(object_ids, gen_random_uuid())", "it was changed", "read "),
    ("update access set fields = '{}'", "it was changed", "read "),
    ("delete from access where tx = (select min(tx::text::bigint)::text::xid8 from access)", "1 of the", "root 1"),
    (COPY_READ, "it was put in", "read ffffffff"),
    (REHASH_READ, "hashed anew", "read "),
    // Roots.
    ("update audit_root set at = at + interval '1 microsecond' where number = 1", "signature is not over", "root 1"),
    ("update audit_root set leaves = substr(leaves, 33) where number = 2", "signature is not over", "root 2"),
    ("update audit_root set filling = sha256('') where number = 2", "signature is not over", "root 2"),
    ("update audit_root set tree = sha256('') where number = 2", "signature is not over", "root 2"),
    ("update audit_root set signature = (select signature from audit_root where number = 2) where number = 1", "signature is not over", "root 1"),
    ("update audit_root set from_place = until_place where number = 2", "does not begin where", "root 2"),
    ("delete from audit_root where number = 1", "taken out", "root 2"),
    (
        "alter table audit_root drop constraint audit_root_begins_the_chain; update audit_root set number = number + 10; update audit_root set number = 13 - number",
        "it was changed",
        "root 1",
    ),
];

async fn keep(client: &tokio_postgres::Client) {
    for table in TABLES {
        client.batch_execute(&format!("create table if not exists kept_{table} as table {table}")).await.unwrap();
    }
}

async fn restore(client: &tokio_postgres::Client) {
    for table in TABLES {
        client.batch_execute(&format!("delete from {table}; insert into {table} select * from kept_{table}")).await.unwrap();
    }
}

#[tokio::test]
async fn whoever_touches_a_row_is_named() {
    let town = signed_town().await;
    let sound = check(&town).await;
    assert!(sound.faults.is_empty(), "{:#?}", sound.faults);
    assert!(sound.told.changes > 6 && sound.told.reads == 3 && sound.told.roots == 2, "{:?}", sound.told);
    let client = intruder(&town).await;
    keep(&client).await;
    for (sql, what, named) in TOUCHES {
        client.batch_execute(sql).await.unwrap_or_else(|fault| panic!("{sql}: {fault:?}"));
        let text = exported(&town).await;
        let faults = verified(&text, &[]).faults;
        let first = faults.first().unwrap_or_else(|| panic!("{sql}: nobody noticed"));
        assert!(first.what.contains(what) && first.what.contains(named), "{sql}: {faults:#?}");
        assert!(text.lines().nth(first.line - 1).is_some(), "{sql}: {first}");
        restore(&client).await;
    }
    assert!(check(&town).await.faults.is_empty(), "as it was");
    // The newest root alone is missed by nobody who has not kept it: so it is told, to be held against proofs.
    client.batch_execute("delete from audit_root where number = 2").await.unwrap();
    let shorter = check(&town).await;
    assert!(shorter.faults.is_empty() && shorter.newest.unwrap().0 == 1 && sound.newest.unwrap().0 == 2);
}

/// Between two roots it is the chain that tells.
#[tokio::test]
async fn what_is_touched_before_it_is_signed_breaks_its_chain() {
    let town = Town::new().await;
    let (sent, _, _) = town.sent(&["CONTACT"]).await;
    town.step(&town.receiver, "referralAccept", &sent, json!({})).await;
    let client = intruder(&town).await;
    keep(&client).await;
    for (sql, named, what) in [
        (REHASH_SENT, "(REFERRAL_SENT of", "hashed anew"),
        ("delete from change where type = 'REFERRAL_SENT'", "(REFERRAL_ACCEPTED of", "taken out"),
        ("delete from change where type = 'REFERRAL_CREATED'", "(REFERRAL_SENT of", "taken out"),
        (COPY_CHANGE, "(REFERRAL_SENT of", ""),
    ] {
        client.batch_execute(sql).await.unwrap();
        sign(&town).await;
        let faults = check(&town).await.faults;
        assert!(
            faults.first().is_some_and(|first| first.what.contains(named) && first.what.contains(what)),
            "{sql}: {faults:#?}"
        );
        restore(&client).await;
    }
}

/// Lines of the file itself.
#[tokio::test]
async fn a_file_that_was_touched_is_named_by_its_line() {
    let town = signed_town().await;
    let text = exported(&town).await;
    let lines: Vec<&str> = text.lines().collect();
    let line = |word: &str| lines.iter().position(|line| line.contains(word)).unwrap();
    let without =
        |place: usize| lines.iter().enumerate().filter(|(n, _)| *n != place).map(|(_, line)| *line).collect::<Vec<_>>();
    let first = |lines: &[&str]| verified(&lines.join("\n"), &[]).faults.into_iter().next().expect("a fault");

    let sent = line("REFERRAL_SENT");
    let mut twice = lines.clone();
    twice.insert(sent, lines[sent]);
    assert_eq!(first(&twice).line, sent + 2);
    let mut exchanged = lines.clone();
    exchanged.swap(sent, sent - 1);
    assert_eq!(first(&exchanged).line, sent + 1, "{}", first(&exchanged));
    let (mut late, root) = (lines.clone(), line("\"root\""));
    late.swap(root, root - 1);
    assert!(first(&late).what.contains("were taken out") || first(&late).what.contains("put in"), "{}", first(&late));
    assert!(first(&without(line("\"root\""))).what.contains("roots before it were taken out"));
    assert!(first(&without(0)).what.contains("not the first line"));
    assert!(first(&without(lines.len() - 1)).what.contains("cut off"));
    assert!(first(&lines[..root - 1]).what.contains("cut off") || first(&lines[..root - 1]).line < root);
    let mut noise = lines.clone();
    noise.insert(3, "{\"noise\": 1}");
    assert_eq!(first(&noise).line, 4);
    let more = [&lines[..], &[lines[sent]]].concat();
    assert!(first(&more).what.contains("after the end"));
}

/// Signing anew with a key of one's own convinces only who believes the export's word.
#[tokio::test]
async fn another_key_is_not_the_server_s() {
    let town = signed_town().await;
    let believed = verified(&exported(&town).await, &[]).keys;
    let client = intruder(&town).await;
    client.batch_execute(&format!("{REHASH_CHAIN}; delete from audit_root; delete from audit_key")).await.unwrap();
    let own = Keys::load(&[Keys::generate()]).unwrap();
    store::make(town.served.app.db(), &own).await.unwrap();
    let text = exported(&town).await;
    assert!(verified(&text, &[]).faults.is_empty());
    let trust: Vec<_> = believed.into_iter().map(mistok::journal::proof::verify::Trust::Id).collect();
    let faults = verified(&text, &trust).faults;
    assert!(faults[0].what.contains("a key that you have not named"), "{faults:#?}");
}
