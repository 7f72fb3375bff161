//! What the whole country asks for, measured: 1,500 endpoints of which 5 % are dead and 5 % hang, and a burst of 10,000 changes.
//! `cargo test --release --test it -- --ignored webhook_load --nocapture`

use super::{Manner, Stage, actor, running};
use mistok::{
    base::words::change::ChangeType,
    db::Db,
    graphql::node::Kind,
    journal::{
        Audience, ObjectType,
        change::{self, Entry},
    },
    work::{deliver, post::Post},
};
use std::{
    collections::HashMap,
    fs,
    time::{Duration, Instant},
};
use uuid::Uuid;

const ENDPOINTS: usize = 1_500;
const CHANGES: usize = 10_000;
/// Changes of one transaction of the burst.
const TOGETHER: usize = 100;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Works,
    Dead,
    Hangs,
}

fn health(n: usize) -> Health {
    match n % 20 {
        7 => Health::Dead,
        13 => Health::Hangs,
        _ => Health::Works,
    }
}

/// Seconds of processor that this program (server and receiver), and its PostgreSQL, have taken.
fn worked() -> (f64, f64) {
    let own = std::process::id();
    let stat = |pid: u32| {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parts: Vec<f64> =
            text.rsplit(')').next().unwrap().split_whitespace().map(|part| part.parse().unwrap_or(0.0)).collect();
        parts.get(1).map(|parent| (*parent as u32, parts[11] + parts[12], parts[13] + parts[14]))
    };
    let all: Vec<u32> =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    let place = format!("mistok-test-{own}");
    let is_postmaster = |pid: &&u32| {
        let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        command.split('\0').next().is_some_and(|program| program.ends_with("postgres")) && command.contains(&place)
    };
    let postmaster = all.iter().find(is_postmaster).copied().unwrap_or(0);
    let ticks = all.iter().filter_map(|pid| stat(*pid).map(|stat| (*pid, stat)));
    ticks.fold((0.0, 0.0), |(server, postgres), (pid, (parent, itself, children))| match pid {
        _ if pid == own => (server + itself / 100.0, postgres),
        // What has ended counts with those who waited for it.
        _ if pid == postmaster => (server, postgres + (itself + children) / 100.0),
        _ if parent == postmaster => (server, postgres + itself / 100.0),
        _ => (server, postgres),
    })
}

/// Organisations with an endpoint each; every one is a host of its own.
async fn endpoints(stage: &Stage, closed: u16) -> Vec<Uuid> {
    let seal = stage.town.served.app.seal();
    let (mut organizations, mut sql) = (Vec::new(), String::new());
    for n in 0..ENDPOINTS {
        let (organization, application, endpoint) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
        let port = if health(n) == Health::Dead { closed } else { stage.receiver.port };
        let url = format!("http://127.1.{}.{}:{port}/e{n}", n / 250, n % 250 + 1);
        if health(n) == Health::Hangs {
            stage.receiver.treats(&format!("/e{n}"), [Manner::Hangs]);
        }
        let secret: String = seal.close_webhook(endpoint, &[7; 32]).iter().map(|byte| format!("{byte:02x}")).collect();
        sql.push_str(&format!(
            "insert into organization (id, kind, name, search, created_at, updated_at) values ('{organization}', 'NGO', 'Партнер {n}', 'партнер', now(), now());
             insert into application (id, organization_id, name, client_id, scopes, status, secret_hash, created_at) values ('{application}', '{organization}', 'x', 'load-{n}', '{{cases:read,webhooks:manage}}', 'ACTIVE', '\\x00', now());
             insert into webhook_endpoint (id, organization_id, application_id, url, types, status, secret, created_at, updated_at) values ('{endpoint}', '{organization}', '{application}', '{url}', '{{CENTRE_CHANGED,CASE_OPENED}}', 'ENABLED', '\\x{secret}', now(), now());\n"
        ));
        organizations.push(organization);
    }
    crate::stage::connect(&stage.town.served.stage.superuser_url()).await.batch_execute(&sql).await.unwrap();
    organizations
}

/// Writes changes, some together in one transaction; when each was committed.
async fn burst(db: &Db, changes: Vec<(Uuid, Option<Uuid>)>) -> HashMap<String, Instant> {
    let mut writers = tokio::task::JoinSet::new();
    for part in changes.chunks(changes.len().div_ceil(4)).map(<[_]>::to_vec) {
        let db = db.clone();
        writers.spawn(async move {
            let mut written = Vec::new();
            for together in part.chunks(TOGETHER) {
                let tx = db.begin(&actor(Uuid::from_u128(1))).await.unwrap();
                for (object, organization) in together {
                    let audience = organization.map_or(Audience::Everyone, Audience::only);
                    let entry = Entry::new(ChangeType::CentreChanged, ObjectType::Centre, *object, 1);
                    change::record(&tx, entry, audience).await.unwrap();
                }
                tx.commit().await.unwrap();
                let now = Instant::now();
                written.extend(together.iter().map(|(object, _)| (Kind::Centre.id(*object).0, now)));
            }
            written
        });
    }
    let mut committed = HashMap::new();
    while let Some(written) = writers.join_next().await {
        committed.extend(written.unwrap());
    }
    committed
}

async fn measure(stage: &Stage, db: &Db, name: &str, changes: Vec<(Uuid, Option<Uuid>)>, expected: usize) {
    stage.receiver.take();
    let (begun, before) = (Instant::now(), worked());
    let count = changes.len();
    let committed = burst(db, changes).await;
    let written = begun.elapsed();
    let healthy = |path: &str| path.trim_start_matches("/e").parse().is_ok_and(|n| health(n) == Health::Works);
    let came = || stage.receiver.count(|got| healthy(&got.path));
    while came() < expected {
        assert!(begun.elapsed() < Duration::from_secs(300), "{} of {expected} came", came());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (all, after) = (begun.elapsed(), worked());
    let got: Vec<_> = stage.receiver.take().into_iter().filter(|got| healthy(&got.path)).collect();
    assert_eq!(got.len(), expected, "none twice");
    let mut took: Vec<u128> =
        got.iter().map(|got| got.at.saturating_duration_since(committed[&got.object()]).as_millis()).collect();
    took.sort_unstable();
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
    println!(
        "{name}: {count} changes written in {written:.1?}, {expected} healthy deliveries in {all:.1?}; commit to receipt p50 {} ms, p95 {} ms, p99 {} ms, max {} ms; processor: server and receiver {:.1} s, PostgreSQL {:.1} s",
        at(0.5),
        at(0.95),
        at(0.99),
        took[took.len() - 1],
        after.0 - before.0,
        after.1 - before.1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: two minutes, alone on the machine, in a release build"]
async fn webhook_load() {
    let stage = Stage::new().await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let organizations = endpoints(&stage, closed).await;
    let db = Db::new(&stage.town.served.stage.app_url(), 8, stage.town.served.clock.clone()).unwrap();
    let app = &stage.town.served.app;
    let post = Post::new(app.outside().clone(), app.seal().clone(), stage.town.served.clock.clone());
    let work = tokio::spawn(deliver::run(db.clone(), post, running()));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let healthy = |n: usize| health(n % ENDPOINTS) == Health::Works;
    let own = |from: usize, count: usize| {
        (from..from + count).map(|n| (Uuid::new_v4(), Some(organizations[n % ENDPOINTS]))).collect()
    };
    let few = |from: usize, count: usize| (from..from + count).filter(|n| healthy(*n)).count();
    measure(&stage, &db, "first, when nobody knows yet who hangs", own(0, CHANGES), few(0, CHANGES)).await;
    measure(&stage, &db, "again, while those hang", own(3, CHANGES), few(3, CHANGES)).await;
    let one = few(0, ENDPOINTS);
    measure(&stage, &db, "seven changes for everyone", (0..7).map(|_| (Uuid::new_v4(), None)).collect(), 7 * one).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    measure(&stage, &db, "later, when they have failed", own(0, CHANGES), few(0, CHANGES)).await;
    // What it costs while nothing happens.
    let before = worked();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let after = worked();
    println!("ten seconds of nothing: server {:.2} s, PostgreSQL {:.2} s", after.0 - before.0, after.1 - before.1);
    work.abort();
}
