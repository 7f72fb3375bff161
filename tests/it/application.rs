//! Applications against a real PostgreSQL: who may make and see them, their secrets, and the roster.

use crate::stage::Stage;
use chrono::Duration;
use mistok::{
    access::{Actor, Scope, Scopes, token::Bearer},
    application::{
        Roster,
        actions::{self, Register},
        operator, store,
    },
    base::{Error, clock::Clock, error::UserErrorCode, words::organization::OrganizationKind},
    db::{Db, Errand},
    journal::idempotency::Ask,
    seal::Seal,
};
use secrecy::ExposeSecret;
use uuid::Uuid;

struct World {
    stage: Stage,
    db: Db,
    clock: Clock,
    seal: Seal,
}

impl World {
    async fn new() -> Self {
        let (stage, clock) = (Stage::new().await, Clock::default());
        let db = stage.db(clock.clone());
        Self { stage, db, clock, seal: Seal::of(&[7; 32]) }
    }

    async fn organization(&self, kind: OrganizationKind) -> Uuid {
        let id = Uuid::now_v7();
        let values = format!("'{id}', '{kind}', 'Назва', 'назва', now(), now()");
        self.owner(&format!("insert into organization (id, kind, name, search, created_at, updated_at) values ({values})"))
            .await;
        id
    }

    /// A statement past the walls.
    async fn owner(&self, sql: &str) -> usize {
        let answer = self.stage.owner().await.simple_query(sql).await.unwrap();
        answer.iter().filter(|message| matches!(message, tokio_postgres::SimpleQueryMessage::Row(_))).count()
    }

    /// An application of the operator's making, as an actor with its secret.
    async fn application(&self, organization_id: Uuid, kind: OrganizationKind, scopes: &[Scope]) -> (Actor, operator::Client) {
        let scopes_of = scopes.iter().map(|scope| scope.word().to_owned()).collect();
        let wish = operator::Register { organization_id, name: "Журнал".into(), scopes: scopes_of, ..Default::default() };
        let made = operator::register(&self.db, &self.seal, Errand::Demo, wish).await.unwrap();
        let actor = Actor {
            application_id: made.application_id,
            organization_id,
            kind,
            scopes: scopes.iter().copied().collect(),
            purpose: None,
            acting_for: None,
            language: Default::default(),
        };
        (actor, made)
    }

    async fn login(&self, client_id: &str, secret: &str) -> bool {
        actions::login(&self.db, &self.seal, client_id, secret).await.unwrap().is_some()
    }

    async fn client_id(&self, actor: &Actor, id: Uuid) -> String {
        let reading = self.db.read(actor).await.unwrap();
        let row = store::find(reading.link(), &[id]).await.unwrap().pop().expect("visible");
        reading.end().await.unwrap();
        row.client_id
    }
}

fn ask(key: Option<&str>, input: u8) -> Ask {
    Ask { mutation: "applicationRegister", key: key.map(str::to_owned), input_hash: vec![input] }
}

fn wish(organization_id: Option<Uuid>, scopes: &[&str]) -> Register {
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    Register { organization_id, name: "Другий".into(), scopes, public_keys: None }
}

fn code<T>(result: Result<T, Error>) -> UserErrorCode {
    match result {
        Err(Error::Refused(refusals)) => refusals[0].code,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("not refused"),
    }
}

const MANAGE: &[Scope] = &[Scope::ApplicationsManage, Scope::CasesRead];

#[tokio::test]
async fn secrets_rotate_with_an_overlap_and_end_with_the_application() {
    let world = World::new().await;
    let ngo = world.organization(OrganizationKind::Ngo).await;
    let (actor, made) = world.application(ngo, OrganizationKind::Ngo, MANAGE).await;
    let old = made.secret.expose_secret();
    assert!(world.login(&made.client_id, old).await);
    assert!(!world.login(&made.client_id, "wrong").await);
    assert!(!world.login("no-such-client", old).await);

    let issued =
        actions::rotate_secret(&world.db, &world.seal, &actor, &ask(None, 1), actor.application_id, 1, 2).await.unwrap();
    let new = issued.secret.expect("shown once");
    assert!(world.login(&made.client_id, old).await && world.login(&made.client_id, new.expose_secret()).await);
    world.clock.advance(Duration::hours(2));
    assert!(!world.login(&made.client_id, old).await, "its hours are over");
    assert!(world.login(&made.client_id, new.expose_secret()).await);

    let roster = Roster::new(world.db.clone());
    let stale = actions::revoke(&world.db, &roster, &actor, &ask(None, 1), actor.application_id, 1).await;
    assert_eq!(code(stale), UserErrorCode::VersionConflict);
    actions::revoke(&world.db, &roster, &actor, &ask(None, 1), actor.application_id, 2).await.unwrap();
    assert!(!world.login(&made.client_id, new.expose_secret()).await);
    let again = actions::revoke(&world.db, &roster, &actor, &ask(None, 1), actor.application_id, 3).await;
    assert_eq!(code(again), UserErrorCode::TransitionNotAllowed);
    let changes = world.owner(&format!("select type from change where object_id = '{}'", made.application_id)).await;
    assert_eq!(changes, 3, "registered, rotated, revoked");
}

#[tokio::test]
async fn a_revoked_application_is_out_at_once_here_and_within_a_minute_elsewhere() {
    let world = World::new().await;
    let ngo = world.organization(OrganizationKind::Ngo).await;
    let (actor, made) = world.application(ngo, OrganizationKind::Ngo, MANAGE).await;
    let (here, elsewhere) = (Roster::new(world.db.clone()), Roster::new(world.db.clone()));
    let bearer = Bearer {
        client_id: made.client_id.clone(),
        organization_id: Some(ngo),
        scopes: Scopes::from_iter([Scope::CasesRead, Scope::CasesWrite]),
        expires_at: world.clock.now(),
    };
    for roster in [&here, &elsewhere] {
        let known = roster.actor(&bearer).await.unwrap();
        assert_eq!(known.scopes.words(), ["cases:read"], "what token and database agree on");
    }
    actions::revoke(&world.db, &here, &actor, &ask(None, 1), actor.application_id, 1).await.unwrap();
    assert!(matches!(here.actor(&bearer).await, Err(Error::Unauthenticated)));
    world.clock.advance(Duration::seconds(31));
    assert!(matches!(elsewhere.actor(&bearer).await, Err(Error::Unauthenticated)));
    let foreign = Bearer { organization_id: Some(Uuid::nil()), ..bearer };
    assert!(matches!(here.actor(&foreign).await, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn an_organisation_that_has_ceased_its_work_is_out_too() {
    let world = World::new().await;
    let ngo = world.organization(OrganizationKind::Ngo).await;
    let (_, made) = world.application(ngo, OrganizationKind::Ngo, MANAGE).await;
    world.owner(&format!("update organization set active = false where id = '{ngo}'")).await;
    assert!(!world.login(&made.client_id, made.secret.expose_secret()).await);
}

#[tokio::test]
async fn a_retry_makes_no_second_application_and_shows_no_secret() {
    let world = World::new().await;
    let ngo = world.organization(OrganizationKind::Ngo).await;
    let (actor, _) = world.application(ngo, OrganizationKind::Ngo, MANAGE).await;
    let wish = wish(None, &["cases:read"]);
    let first = actions::register(&world.db, &world.seal, &actor, &ask(Some("k"), 1), &wish).await.unwrap();
    let retry = actions::register(&world.db, &world.seal, &actor, &ask(Some("k"), 1), &wish).await.unwrap();
    assert!(first.secret.is_some() && retry.secret.is_none() && retry.done.replayed);
    assert_eq!(first.done.id, retry.done.id);
    let other = actions::register(&world.db, &world.seal, &actor, &ask(Some("k"), 2), &wish).await;
    assert_eq!(code(other), UserErrorCode::IdempotencyKeyReused);
    let client_id = world.client_id(&actor, first.done.id).await;
    assert!(world.login(&client_id, first.secret.unwrap().expose_secret()).await);
}

#[tokio::test]
async fn an_application_passes_on_what_it_holds_within_its_own_organisation() {
    let world = World::new().await;
    let (ngo, other) = (world.organization(OrganizationKind::Ngo).await, world.organization(OrganizationKind::Ngo).await);
    let (actor, _) = world.application(ngo, OrganizationKind::Ngo, MANAGE).await;
    let (stranger, _) = world.application(other, OrganizationKind::Ngo, MANAGE).await;
    let tried = async |actor: &Actor, wish: Register| {
        actions::register(&world.db, &world.seal, actor, &ask(None, 1), &wish).await.map(drop)
    };
    assert_eq!(code(tried(&actor, wish(None, &["cases:write"])).await), UserErrorCode::ScopeNotAllowed);
    assert_eq!(code(tried(&actor, wish(Some(Uuid::nil()), &["cases:read"])).await), UserErrorCode::NotFound);
    let denied = tried(&actor, wish(Some(other), &["cases:read"])).await;
    assert!(matches!(denied, Err(Error::Denied { scope: "registry:write" })), "{denied:?}");
    let poor = Actor { scopes: Scopes::from_iter([Scope::CasesRead]), ..actor.clone() };
    assert!(matches!(tried(&poor, wish(None, &["cases:read"])).await, Err(Error::Denied { .. })));

    // A stranger's application does not exist.
    let id = actor.application_id;
    let rotated = actions::rotate_secret(&world.db, &world.seal, &stranger, &ask(None, 1), id, 1, 0).await;
    assert_eq!(code(rotated.map(drop)), UserErrorCode::NotFound);
    let reading = world.db.read(&stranger).await.unwrap();
    assert!(store::find(reading.link(), &[id]).await.unwrap().is_empty());
    assert!(store::list(reading.link(), ngo).await.unwrap().is_empty());
    reading.end().await.unwrap();
}

#[tokio::test]
async fn the_ministry_makes_the_first_application_of_another_and_no_other() {
    let world = World::new().await;
    let ministry = world.organization(OrganizationKind::Ministry).await;
    let ngo = world.organization(OrganizationKind::Ngo).await;
    let scopes = &[Scope::ApplicationsManage, Scope::RegistryWrite];
    let (actor, _) = world.application(ministry, OrganizationKind::Ministry, scopes).await;
    let first = wish(Some(ngo), &["cases:write", "applications:manage"]);
    let two = [ask(None, 1), ask(None, 2)];
    let (one, another) = tokio::join!(
        actions::register(&world.db, &world.seal, &actor, &two[0], &first),
        actions::register(&world.db, &world.seal, &actor, &two[1], &first),
    );
    // Both at once: exactly one wins.
    let (made, refused) = match (one, another) {
        (Ok(made), refused) | (refused, Ok(made)) => (made, refused),
        (Err(one), Err(another)) => panic!("{one:?} {another:?}"),
    };
    assert_eq!(code(refused.map(drop)), UserErrorCode::Duplicate);
    let client_id = world.client_id(&actor, made.done.id).await;
    assert!(world.login(&client_id, made.secret.unwrap().expose_secret()).await);
    // It has made it and sees it, but does not manage it.
    let rotated = actions::rotate_secret(&world.db, &world.seal, &actor, &ask(None, 1), made.done.id, 1, 0).await;
    assert_eq!(code(rotated.map(drop)), UserErrorCode::NotFound);
    let again = actions::register(&world.db, &world.seal, &actor, &ask(None, 3), &first).await;
    assert_eq!(code(again.map(drop)), UserErrorCode::Duplicate);
    let wrong = wish(Some(world.organization(OrganizationKind::Fund).await), &["cases:read"]);
    let wrong = actions::register(&world.db, &world.seal, &actor, &ask(None, 4), &wrong).await;
    assert_eq!(code(wrong.map(drop)), UserErrorCode::ScopeNotAllowed);
}

#[tokio::test]
async fn the_second_wall_holds_without_the_first() {
    let world = World::new().await;
    let (ngo, other) = (world.organization(OrganizationKind::Ngo).await, world.organization(OrganizationKind::Ngo).await);
    world.application(ngo, OrganizationKind::Ngo, MANAGE).await;
    let client = crate::stage::connect(&world.stage.app_url()).await;
    let begin = format!("begin; set local mistok.org_id = '{other}'; set local mistok.kind = 'NGO'");
    let forged = |seeded: &str| {
        format!(
            "insert into application (id, organization_id, name, client_id, scopes, status, secret_hash, seeded_by, created_at) \
             values (gen_random_uuid(), '{ngo}', 'x', 'x', '{{cases:read}}', 'ACTIVE', '\\x00', {seeded}, now())"
        )
    };
    for (sql, said) in [
        ("select count(*) from application".to_owned(), "0 rows"),
        (
            "with changed as (update application set status = 'REVOKED' returning 1) select count(*) from changed".to_owned(),
            "0 rows",
        ),
        (forged("null"), "row-level security"),
        (forged(&format!("'{other}'")), "row-level security"),
        ("update application set organization_id = organization_id".to_owned(), "permission denied"),
        ("delete from application".to_owned(), "permission denied"),
    ] {
        client.batch_execute(&begin).await.unwrap();
        match client.query(&sql, &[]).await {
            Ok(rows) => assert_eq!((rows[0].get::<_, i64>(0), said), (0, "0 rows"), "{sql}"),
            Err(fault) => assert!(fault.as_db_error().unwrap().message().contains(said), "{sql}: {fault:?}"),
        }
        client.batch_execute("rollback").await.unwrap();
    }
}
