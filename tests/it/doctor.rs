//! `mistok doctor`: a deployment that is as it should be, and each way in which it is not.

use crate::{
    command::mistok,
    stage::{Stage, place},
};
use mistok::{
    base::clock::Clock,
    db::{Db, vault},
};
use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

struct Deployment {
    stage: Stage,
    keys: PathBuf,
}

impl Deployment {
    async fn new() -> Self {
        let (stage, keys) = (Stage::new().await, place(&format!("doctor-{}", uuid::Uuid::new_v4())));
        assert!(mistok(&["keys", keys.to_str().unwrap()]).output().unwrap().status.success());
        Self { stage, keys }
    }

    fn key(&self, name: &str) -> String {
        self.keys.join(name).display().to_string()
    }

    /// What the doctor says, and whether it is content.
    fn look(&self, more: &[(&str, &str)]) -> (String, bool) {
        let mut command = mistok(&["doctor"]);
        command
            .env("MISTOK_DATABASE_URL", self.stage.app_url())
            .env("MISTOK_SIGNING_KEYS", self.key("signing-key.pem"))
            .env("MISTOK_AUDIT_KEYS", self.key("audit-key.pem"))
            .env("MISTOK_MASTER_KEY_FILE", self.key("master-key"))
            // Nobody listens there.
            .env("MISTOK_LISTEN", "127.0.0.1:1");
        for (name, value) in more {
            command.env(name, value);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("PRIVATE KEY") && !said.contains(&fs::read_to_string(self.key("master-key")).unwrap()));
        (said, output.status.success())
    }
}

#[tokio::test]
async fn what_is_as_it_should_be_is_said_and_nothing_is_changed() {
    let deployment = Deployment::new().await;
    let (said, content) = deployment.look(&[]);
    // PostgreSQL of the tests is one that is thrown away, and told so.
    let bad: Vec<_> = said.lines().filter(|line| line.starts_with("BAD")).collect();
    let fleeting = ["fsync", "full_page_writes", "synchronous_commit", "autovacuum"];
    assert!(bad.iter().all(|line| fleeting.iter().any(|name| line.contains(&format!("{name} is off")))), "{said}");
    assert_eq!(content, bad.is_empty());
    for line in [
        "ok   settings  all settings can be read",
        "ok   settings  files of keys are closed to others",
        "behind row-level security; no migration is pending",
        "row-level security is on, and forced",
        "ok   database  the clocks of this machine and of the database agree",
        "ok   database  the database keeps no keys yet",
        "ok   database  prepared statements outlive a transaction",
        "odd  address   http://127.0.0.1:1 does not answer",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let owner = deployment.stage.owner().await;
    let kept: i64 = owner.query_one("select count(*) from vault.kept", &[]).await.unwrap().get(0);
    assert_eq!(kept, 0, "a look makes nothing");
}

#[tokio::test]
async fn each_thing_that_is_wrong_is_named_with_its_cure() {
    let deployment = Deployment::new().await;
    let bad = |more: &[(&str, &str)], words: &str| {
        let (said, content) = deployment.look(more);
        let line = said.lines().find(|line| line.starts_with("BAD") && line.contains(words));
        assert!(!content && line.is_some(), "{words}: {said}");
    };
    bad(&[("MISTOK_POOL", "1000")], "max_connections");
    bad(&[("MISTOK_DATABASE_URL", &deployment.stage.superuser_url())], "is a superuser");
    bad(&[("MISTOK_DATABASE_URL", "postgresql://mistok_app@127.0.0.1:1/mistok")], "the database does not answer");
    bad(&[("MISTOK_SIGNING_KEYS", "/nowhere.pem"), ("MISTOK_POOL", "0")], "MISTOK_POOL");
    bad(&[("MISTOK_ISSUER", "http://mistok.example")], "is not https");

    let owner = deployment.stage.owner().await;
    owner.batch_execute("alter table sealed no force row level security").await.unwrap();
    bad(&[], "row-level security is off on sealed");
    owner.batch_execute("alter table sealed force row level security").await.unwrap();

    fs::set_permissions(deployment.key("master-key"), fs::Permissions::from_mode(0o644)).unwrap();
    bad(&[], "other users can read");
    fs::set_permissions(deployment.key("master-key"), fs::Permissions::from_mode(0o600)).unwrap();

    let db = Db::new(&deployment.stage.app_url(), 1, Clock::default()).unwrap();
    vault::open(&db, &[[9; 32]]).await.unwrap();
    bad(&[], "the master key is another one");

    owner
        .batch_execute(
            "delete from __diesel_schema_migrations where version = (select max(version) from __diesel_schema_migrations)",
        )
        .await
        .unwrap();
    bad(&[], "run `mistok migrate`");
}
