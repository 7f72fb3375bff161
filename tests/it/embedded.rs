//! The private PostgreSQL: it starts anew after every kind of end, and keeps others out.

use crate::stage::{Stage, connect, place};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use mistok::db::{
    embedded::{Cluster, Durability, Fault, SUPERUSER, erase},
    migrate, roles,
};

#[tokio::test]
async fn a_stage_is_a_database_of_its_own() {
    let (one, other) = (Stage::new().await, Stage::new().await);
    one.owner().await.batch_execute("create table mine (id int)").await.unwrap();
    let client = other.owner().await;
    assert!(client.query_one("select to_regclass('mine') is null", &[]).await.unwrap().get::<_, bool>(0));
    // diesel-async understands the same address.
    let mut link = AsyncPgConnection::establish(&one.app_url()).await.unwrap();
    assert!(link.batch_execute("create table yours (id int)").await.is_err(), "the serving login makes no tables");
    let client = connect(&one.app_url()).await;
    let row = client.query_one("select current_setting('plan_cache_mode'), current_setting('jit')", &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), ("force_generic_plan", "off"));
}

#[tokio::test]
async fn serve_asks_for_the_right_login_and_all_migrations() {
    let stage = Stage::new().await;
    migrate::check(&stage.app_url()).await.unwrap();
    for (url, word) in [(stage.owner_url(), "owns the tables and owns the database"), (stage.superuser_url(), "is a superuser")]
    {
        let said = migrate::check(&url).await.unwrap_err().to_string();
        assert!(said.contains(word) && said.contains("--print-roles"), "{said}");
    }
    roles::make(&stage.superuser_url(), &roles::Passwords::default()).await.expect("twice is as good as once");
    if !migrate::NAMES.is_empty() {
        let bare = Stage::bare().await;
        let said = migrate::check(&bare.app_url()).await.unwrap_err().to_string();
        assert!(said.contains(migrate::NAMES[0]) && said.contains("mistok migrate"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_keeps_its_data_and_one_owner() {
    let dir = place("kept");
    let cluster = Cluster::start(&dir, Durability::Kept).unwrap();
    roles::make(&cluster.url(SUPERUSER, "postgres"), &roles::Passwords::default()).await.unwrap();
    roles::make_database(&cluster.url(SUPERUSER, "postgres"), "mistok").await.unwrap();
    let client = connect(&cluster.url(roles::OWNER, "mistok")).await;
    client.batch_execute("create table kept (id int); insert into kept values (7)").await.unwrap();

    let second = Cluster::start(&dir, Durability::Kept).unwrap_err();
    assert!(matches!(&second, Fault::Busy { pid, .. } if *pid == std::process::id().to_string()), "{second}");
    assert!(matches!(erase(&dir), Err(Fault::Busy { .. })));

    cluster.stop();
    let cluster = Cluster::start(&dir, Durability::Kept).unwrap();
    let client = connect(&cluster.url(roles::OWNER, "mistok")).await;
    assert_eq!(client.query_one("select id from kept", &[]).await.unwrap().get::<_, i32>(0), 7);
    drop(cluster);
    erase(&dir).unwrap();
    assert!(!dir.join("cluster").exists());
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_long_path_and_strange_signs_are_no_trouble() {
    let dir = place(&format!("довга тека % {}", "x".repeat(90)));
    let cluster = Cluster::start(&dir, Durability::ThrownAway).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = connect(&cluster.url(SUPERUSER, "postgres")).await;
        let lower = client.query_one("select lower('ЇЖАК')", &[]).await.unwrap();
        assert_eq!(lower.get::<_, &str>(0), "їжак");
    });
    cluster.stop();
    assert!(!dir.exists());
}

#[test]
fn a_directory_of_others_is_left_alone() {
    let dir = place("foreign");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("letter.txt"), "dear").unwrap();
    assert!(matches!(Cluster::start(&dir, Durability::Kept), Err(Fault::Foreign(_))));
    assert!(matches!(erase(&dir), Err(Fault::Foreign(_))));
    assert_eq!(std::fs::read_to_string(dir.join("letter.txt")).unwrap(), "dear");
    std::fs::remove_dir_all(&dir).unwrap();
}
