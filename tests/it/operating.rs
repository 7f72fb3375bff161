//! What an operator does while people work, as the README tells it: backup and restore, and an upgrade without a pause.

use crate::{
    served::{Answer, Served},
    stage::{CLUSTER, Stage, place},
    town::{Side, Town, target, with},
};
use mistok::db::{embedded::SUPERUSER, migrate};
use serde_json::{Value, json};
use std::{
    collections::HashSet,
    fs,
    path::Path,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// A program of PostgreSQL, past all walls.
fn run(program: &str, database: &str, arguments: &[&str]) {
    let mut command = Command::new(CLUSTER.program(program).unwrap());
    let done = command.arg("--dbname").arg(CLUSTER.url(SUPERUSER, database)).args(arguments).output().unwrap();
    assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
}

fn saved(database: &str, to: &Path, what: &str) {
    run("pg_dump", database, &["--format=custom", what, "--file", to.to_str().unwrap()]);
}

/// What the database is made of, in an order of its own; how many brackets stand around a condition changes with each copy.
fn shape(database: &str) -> Vec<String> {
    let mut command = Command::new(CLUSTER.program("pg_dump").unwrap());
    let dump = command.args(["--schema-only", "--dbname"]).arg(CLUSTER.url(SUPERUSER, database)).output().unwrap();
    let dump = String::from_utf8(dump.stdout).unwrap();
    let mut lines: Vec<_> = dump
        .lines()
        .filter(|line| !line.starts_with("--") && !line.starts_with('\\'))
        .map(|line| line.replace(['(', ')'], ""))
        .collect();
    lines.sort_unstable();
    lines
}

const SUBJECT: &str = "query($id: ID!) { referral(id: $id) { status version subject { familyName phone } } }";

#[tokio::test]
async fn what_was_saved_comes_back_and_who_was_erased_does_not() {
    let town = Town::new().await;
    let (sent, ..) = town.sent(&["CONTACT", "DEMOGRAPHICS"]).await;
    let accepted = town.step(&town.receiver, "referralAccept", &sent, json!({})).await;
    let (gone, case, _) = town.sent(&["CONTACT"]).await;
    let gone = town.step(&town.receiver, "referralAccept", &gone, json!({})).await;
    let before = town.ask(&town.receiver, SUBJECT, json!({"id": sent["id"]})).await.data().clone();
    assert_eq!(before["referral"]["subject"]["familyName"], "Вигадана");
    crate::feed::settled(&town).await;
    let head = town.ask(&town.receiver, "{ changesHead }", json!({})).await.data()["changesHead"].clone();

    let dir = place("backup");
    fs::create_dir_all(&dir).unwrap();
    let (first, keys) = (dir.join("mistok.dump"), dir.join("keys.dump"));
    let old = town.served.stage.database();
    saved(&old, &first, "--exclude-schema=vault");
    // Between the two copies somebody is erased: the keys are younger, and the person is gone from the older copy, too.
    let close = json!({"closeReason": "RECIPIENT_REFUSED", "closedOn": town.served.clock.today()});
    let closed = town.done(&town.sender, "caseClose", "case", "status", with(target(&case), close)).await;
    let erase = with(target(&closed), json!({"ground": "SUBJECT_REQUEST"}));
    town.done(&town.sender, "personErase", "case", "id", erase).await;
    saved(&old, &keys, "--schema=vault");

    let stage = Stage::bare().await;
    let new = stage.database();
    for dump in [&first, &keys] {
        run("pg_restore", &new, &["--exit-on-error", dump.to_str().unwrap()]);
    }
    // Walls, grants and triggers come back, too.
    let (before_it, after_it) = (shape(&old), shape(&new));
    let lacks = before_it.iter().filter(|line| !after_it.contains(line)).collect::<Vec<_>>();
    let invents = after_it.iter().filter(|line| !before_it.contains(line)).collect::<Vec<_>>();
    assert_eq!((lacks, invents), (Vec::new(), Vec::new()));
    assert_eq!(after_it.len(), before_it.len());

    let mut config = town.served.config.clone();
    config.database.url = stage.app_url().into();
    config.database.direct_url = stage.app_url().into();
    let served = Served::configured(&town.served, config).await;
    let Town { sender, receiver, stranger, .. } = town;
    let town = Town { served, sender, receiver, stranger };
    let after = town.ask(&town.receiver, SUBJECT, json!({"id": sent["id"]})).await;
    assert_eq!(after.data(), &before, "with the same token, the same person");
    let erased = town.ask(&town.receiver, SUBJECT, json!({"id": gone["id"]})).await.data()["referral"].clone();
    assert_eq!(
        erased,
        json!({"status": "ACCEPTED", "version": gone["version"], "subject": {"familyName": null, "phone": null}})
    );
    let fresh = town.served.token(&town.receiver.partner).await;
    assert!(!fresh.is_empty(), "secrets hold");
    // The feed goes on from the cursor of before, and work goes on.
    let next = town.step(&town.receiver, "referralStart", &accepted, json!({})).await;
    assert_eq!(next["status"], "IN_PROGRESS");
    let told = async || {
        let page = "query($after: String) { changes(after: $after) { entries { type objectId } } }";
        town.ask(&town.receiver, page, json!({"after": head})).await.data()["changes"]["entries"].clone()
    };
    let mut entries = told().await;
    for _ in 0..100 {
        if entries != json!([]) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        entries = told().await;
    }
    assert_eq!(entries[0]["objectId"], sent["id"], "{entries}");
    fs::remove_dir_all(&dir).unwrap();
}

/// What the next version expands, and what the one after it drops: columns and tables that the running server does not know.
const EXPAND: &str = "set lock_timeout = '500ms';
    alter table referral add column later text; alter table \"case\" add column later int not null default 7;
    alter table organization add column later text; alter table change add column later text;
    create table later (id uuid primary key, organization_id uuid not null references organization);
    alter table later enable row level security; alter table later force row level security;";
const CONTRACT: &str = "set lock_timeout = '500ms'; drop table later; alter table change drop column later;
    alter table organization drop column later; alter table \"case\" drop column later; alter table referral drop column later;";

/// Where partners find the server: what stands before it.
struct Door {
    url: Mutex<String>,
    http: reqwest::Client,
}

impl Door {
    /// Asks until there is an answer, as a partner's client does: again with the same body where nobody answered, or 503.
    async fn ask(&self, token: &str, body: &Value) -> (Answer, usize) {
        for again in 0..200 {
            let url = self.url.lock().unwrap().clone();
            let asked =
                self.http.post(format!("{url}/graphql")).bearer_auth(token).header("mistok-purpose", "CASE_WORK").json(body);
            if let Ok(answer) = asked.send().await
                && answer.status() != 503
            {
                return (Answer::of(answer).await, again);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nobody answers");
    }
}

/// Runs what the owner does while others work; a lock that does not come in time is asked for again, as `mistok migrate` does.
async fn migrated(stage: &Stage, sql: &str) {
    let client = stage.owner().await;
    for _ in 0..50 {
        match client.batch_execute(&format!("begin; {sql} commit")).await {
            Ok(()) => return,
            Err(fault) => assert!(
                fault.to_string().contains("lock") || fault.as_db_error().is_some_and(|fault| fault.code().code() == "55P03"),
                "{fault:?}"
            ),
        }
        client.batch_execute("rollback").await.unwrap();
    }
    panic!("no lock");
}

#[tokio::test]
async fn an_upgrade_while_partners_work_loses_nothing() {
    const REFERRALS: usize = 40;
    let town = Arc::new(Town::new().await);
    let case = town.case(&town.sender).await;
    let mut sent = Vec::new();
    for _ in 0..REFERRALS {
        let consent = town.consent(&town.sender, &case, &town.receiver, &["CONTACT"]).await;
        let input = town.referral_input(&case, &consent, &town.receiver).await;
        sent.push(town.done(&town.sender, "referralCreate", "referral", "status", input).await);
    }
    let door = Arc::new(Door { url: Mutex::new(town.served.url.clone()), http: reqwest::Client::new() });
    let (left, over) = (Arc::new(Mutex::new(sent)), Arc::new(AtomicBool::new(false)));
    let accept = "mutation($input: ReferralAcceptInput!) { referralAccept(input: $input) { referral { id status version } userErrors { code message } } }";
    let page =
        "{ referrals(filter: {direction: INBOUND}, first: 50) { nodes { id status sender { name } subject { familyName } } } }";
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let (door, left, token) = (door.clone(), left.clone(), town.receiver.token.clone());
            tokio::spawn(async move {
                loop {
                    let Some(referral) = left.lock().unwrap().pop() else { return };
                    let input = with(target(&referral), json!({"idempotencyKey": format!("accept-{}", referral["id"])}));
                    let (answer, _) = door.ask(&token, &json!({"query": accept, "variables": {"input": input}})).await;
                    assert_eq!(answer.data()["referralAccept"]["referral"]["status"], "ACCEPTED", "{answer:?}");
                    tokio::time::sleep(Duration::from_millis(30)).await;
                }
            })
        })
        .collect();
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (door, over, token) = (door.clone(), over.clone(), town.receiver.token.clone());
            tokio::spawn(async move {
                let mut pages = 0;
                while !over.load(Ordering::Relaxed) {
                    let (answer, _) = door.ask(&token, &json!({ "query": page })).await;
                    assert_eq!(answer.data()["referrals"]["nodes"].as_array().map(Vec::len), Some(REFERRALS));
                    pages += 1;
                }
                pages
            })
        })
        .collect();
    let waits = async |rest: usize| {
        while left.lock().unwrap().len() > rest {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };

    waits(REFERRALS * 3 / 4).await;
    migrated(&town.served.stage, EXPAND).await;
    waits(REFERRALS / 2).await;
    // The new server takes what comes now; the old one ends what it has begun.
    let next = Served::beside(&town.served).await;
    *door.url.lock().unwrap() = next.url.clone();
    town.served.stop().await;
    waits(REFERRALS / 4).await;
    migrated(&next.stage, CONTRACT).await;
    for worker in workers {
        worker.await.unwrap();
    }
    over.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.await.unwrap() > 5, "pages were read all the time");
    }

    let accepted = town.count("select count(*) from referral where status = 'ACCEPTED' and version = 3").await;
    let told = town.count("select count(*) from change where type = 'REFERRAL_ACCEPTED'").await;
    assert_eq!((accepted, told), (REFERRALS as i64, REFERRALS as i64), "each once");
    let feed = feed_of(&next, &town.receiver).await;
    assert_eq!(feed.len(), REFERRALS, "each is told once");
}

/// Referrals that were accepted, by the receiver's feed from its beginning, once it tells all of them.
async fn feed_of(served: &Served, side: &Side) -> HashSet<String> {
    let query = "query($after: String) { changes(after: $after, first: 100, types: [REFERRAL_ACCEPTED]) { entries { objectId } endCursor hasMore } }";
    for _ in 0..100 {
        let (mut after, mut found, mut entries) = (Value::Null, HashSet::new(), 0);
        loop {
            let page = served.ask(&side.token, query, json!({"after": after})).await.data()["changes"].clone();
            let page_entries = page["entries"].as_array().unwrap();
            entries += page_entries.len();
            found.extend(page_entries.iter().map(|entry| entry["objectId"].to_string()));
            after = page["endCursor"].clone();
            if page["hasMore"] != true {
                break;
            }
        }
        assert_eq!(entries, found.len(), "no entry comes twice");
        if entries >= 40 {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the feed does not tell all");
}

#[tokio::test]
async fn a_migration_that_waits_for_a_table_lets_others_at_it() {
    let stage = Stage::new().await;
    // Back to before a migration that needs the whole table of referrals.
    while migrate::down(&stage.owner_url()).await.unwrap().is_some_and(|name| name != "0032_asked") {}
    let (long, other) = (stage.owner().await, stage.owner().await);
    long.batch_execute("begin; lock table referral in access share mode").await.unwrap();
    let url = stage.owner_url();
    let migrating = tokio::spawn(async move { migrate::up(&url).await });
    // Within each second and a half somebody comes through, whom the waiting lock would have kept out for ever.
    other.batch_execute("set lock_timeout = '4s'").await.unwrap();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        other.query_one("select count(*) from referral", &[]).await.unwrap();
    }
    assert!(!migrating.is_finished());
    long.batch_execute("commit").await.unwrap();
    assert_eq!(
        migrating.await.unwrap().unwrap(),
        [
            "0032_asked",
            "0033_measured",
            "0034_deprecated",
            "0035_joined",
            "0036_behind",
            "0037_glance",
            "0038_glanced",
            "0039_subjects",
            "0040_lighter",
            "0041_words"
        ]
    );
}
