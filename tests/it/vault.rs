//! The master key is changed while servers work, and nothing that it protects notices.

use crate::{
    command::mistok,
    feed::settled,
    served::Served,
    stage::{Stage, connect, place},
    town::{Side, Town, key},
};
use mistok::{
    app::App,
    application::operator,
    base::words::organization::OrganizationKind as Kind,
    config::{MasterKeys, Serve},
    db::{Errand, vault},
    seal::{Ring, Seal},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::fs;
use uuid::Uuid;

const OLD: [u8; 32] = [7; 32];

/// Columns of bytes that no master key wraps, and what they hold instead.
const OTHERS: &[(&str, &str)] = &[
    ("access.hash", "a hash of the audit"),
    ("application.previous_secret_hash", "a keyed hash, by a key that stays"),
    ("application.secret_hash", "a keyed hash, by a key that stays"),
    ("assertion.id", "a hash"),
    ("audit_root.filling", "random"),
    ("audit_root.leaves", "hashes of the audit"),
    ("audit_root.previous_hash", "a hash of the audit"),
    ("audit_root.signature", "a signature"),
    ("audit_root.tree", "a hash of the audit"),
    ("change.hash", "a hash of the audit"),
    ("change.previous_hash", "a hash of the audit"),
    ("change_head.hash", "a hash of the audit"),
    ("change_head.previous_hash", "a hash of the audit"),
    ("idempotency.input_hash", "a keyed hash, by a key that stays"),
    ("organization_secret.tax_number_hash", "a keyed hash, by a key that stays"),
    ("organization_secret.tax_number_sealed", "sealed by the organisation's own key"),
    ("person_lookup.hash", "a keyed hash, by a key that stays"),
    ("referral_kept.factors", "sealed by the person's own key"),
    ("referral_kept.person", "sealed by the person's own key"),
    ("sealed.content", "sealed by the person's own key"),
    ("trusted_document.hash", "a hash"),
];

#[tokio::test]
async fn each_column_of_bytes_is_known() {
    let stage = Stage::new().await;
    let client = connect(&stage.superuser_url()).await;
    let rows = client
        .query(
            "select case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname || '.' || a.attname
             from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
             where a.atttypid = 'bytea'::regtype and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p') and not c.relispartition
             and n.nspname in ('public', 'mistok', 'vault')",
            &[],
        )
        .await
        .unwrap();
    let mut there: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let wrapped = vault::COLUMNS.iter().map(|(table, _, column, _)| format!("{table}.{column}"));
    let mut known: Vec<String> = OTHERS.iter().map(|(column, _)| (*column).to_owned()).chain(wrapped).collect();
    there.sort_unstable();
    known.sort_unstable();
    assert_eq!(there, known, "a column of keys stands in db/vault.rs, and is wrapped anew with a new master key");
}

/// What must be the same whichever master key wraps.
async fn seen(town: &Town, at: &Served, case: &Value, referral: &Value, cursor: &Value) -> Vec<Value> {
    settled(town).await;
    let ask = async |side: &Side, query: &str, variables: Value| {
        // The secret is good, and the token of each server at each.
        let token = at.token(&side.partner).await;
        let asked = at.http.post(format!("{}/graphql", at.url)).bearer_auth(token).header("Mistok-Purpose", "CASE_WORK");
        let answer: Value =
            asked.json(&json!({"query": query, "variables": variables})).send().await.unwrap().json().await.unwrap();
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"].clone()
    };
    let by_phone =
        "{ cases(first: 10, filter: {person: {phone: \"0670000001\"}}) { nodes { id person { familyName phone } } } }";
    let subject = "query($id: ID!) { referral(id: $id) { reason subject { pseudonym familyName phone } } }";
    let changes = "query($after: String) { changes(after: $after, first: 100) { entries { cursor } } }";
    vec![
        ask(&town.sender, "query($id: ID!) { case(id: $id) { person { familyName address } } }", json!({"id": case["id"]}))
            .await,
        ask(&town.sender, by_phone, json!({})).await,
        ask(&town.receiver, subject, json!({"id": referral["id"]})).await,
        ask(&town.receiver, changes, json!({"after": cursor})).await,
    ]
}

#[tokio::test]
async fn a_master_key_is_changed_while_servers_work() {
    let town = Town::new().await;
    let first = &town.served;
    let (referral, case, _) = town.sent(&["CONTACT"]).await;
    town.step(&town.receiver, "referralAccept", &referral, json!({})).await;
    let cursor = town.ask(&town.receiver, "{ changesHead }", json!({})).await.data()["changesHead"].clone();
    let hook = json!({"idempotencyKey": key(), "url": "http://127.0.0.1:9/", "types": ["OFFERING_CHANGED"]});
    town.done(&town.receiver, "webhookEndpointCreate", "endpoint", "", hook).await;
    let before = seen(&town, first, &case, &referral, &cursor).await;

    // The operator adds a key and starts a server with it beside the older one; what that writes is wrapped by the new one.
    let dir = place("vault");
    assert!(mistok(&["keys", dir.to_str().unwrap()]).output().unwrap().status.success());
    let file = dir.join("master-key");
    fs::write(&file, MasterKeys::new(OLD).write().expose_secret()).unwrap();
    let keys = |more: &[&str]| {
        let mut command = mistok(&[&["keys"], more].concat());
        let done =
            command.env("MISTOK_OWNER_URL", first.stage.owner_url()).env("MISTOK_MASTER_KEY_FILE", &file).output().unwrap();
        (done.status.success(), String::from_utf8(done.stdout).unwrap() + &String::from_utf8(done.stderr).unwrap())
    };
    let (done, said) = keys(&["rotate"]);
    assert!(done && said.contains("anew: 0;"), "nothing to do: {said}");
    let (done, said) = keys(&["rotate", "--owner-url", &first.stage.app_url()]);
    assert!(!done && said.contains("permission denied"), "the login that serves may not: {said}");
    let (done, said) = keys(&["add"]);
    assert!(done && said.contains("2 master keys"), "{said}");
    let both = MasterKeys::read(&fs::read_to_string(&file).unwrap().into()).unwrap();
    assert_eq!((both.all().len(), both.all()[1]), (2, OLD));
    let second = Served::configured(first, Serve { master_keys: both.clone(), ..first.config.clone() }).await;
    assert_eq!(seen(&town, &second, &case, &referral, &cursor).await, before);
    let old = Ring::new([&OLD]);
    let under = async |ring: &Ring| {
        let client = connect(&first.stage.superuser_url()).await;
        let rows = client.query("select person_id, wrapped from vault.person_key", &[]).await.unwrap();
        rows.iter().filter(|row| ring.unwrap(mistok::seal::Wrapped::Person, row.get(0), row.get(1)).is_ok()).count()
    };
    let persons = under(&Ring::new(both.all())).await;
    let opened = json!({"input": {"idempotencyKey": key(), "territory": crate::town::KAZANKA, "primaryCategory": "IDP", "intakeChannel": "SELF_IN_PERSON",
        "householdSize": 1, "person": {"familyName": "Вигаданий", "givenName": "Петро"}}});
    let open = "mutation($input: CaseOpenInput!) { caseOpen(input: $input) { case { id } userErrors { message } } }";
    let opened = second.ask(&second.token(&town.sender.partner).await, open, opened).await;
    assert!(opened.data()["caseOpen"]["case"]["id"].is_string(), "{}", opened.body);
    assert_eq!((under(&old).await, under(&Ring::new(both.all())).await), (persons, persons + 1));

    let (done, said) = keys(&["rotate"]);
    assert!(done && said.contains("before: 1\n") && said.contains("nothing in this database needs an older"), "{said}");
    assert_eq!(under(&old).await, 0);
    let (done, said) = keys(&["rotate"]);
    assert!(done && said.contains("anew: 0;"), "{said}");

    // The new one alone is enough, and the older one alone opens nothing any more.
    let new = Serve { master_keys: MasterKeys::new(both.all()[0]), ..first.config.clone() };
    let third = Served::configured(first, new).await;
    assert_eq!(seen(&town, &third, &case, &referral, &cursor).await, before);
    assert!(seen(&town, &second, &case, &referral, &cursor).await == before, "nor did the one that knows both notice");
    let fault = async |config: &Serve| {
        App::new(config, first.clock.clone()).await.err().map(|fault| fault.to_string()).unwrap_or_default()
    };
    let said = fault(&first.config).await;
    assert!(said.contains("MISTOK_MASTER_KEY_FILE holds another master key"), "{said}");
    // Under a key that was never there nothing is wrapped, and nothing is lost.
    fs::write(&file, MasterKeys::new([9; 32]).write().expose_secret()).unwrap();
    let (done, said) = keys(&["rotate"]);
    assert!(
        !done && said.contains("anew: 0;") && said.contains("open by none") && said.contains("vault.person_key "),
        "{said}"
    );
    assert_eq!(seen(&town, &third, &case, &referral, &cursor).await, before);
    fs::remove_dir_all(dir).unwrap();
}

#[tokio::test]
async fn a_database_of_before_goes_on_with_its_keys() {
    let served = Served::new().await;
    let owner = served.stage.owner().await;
    // As the migration leaves a database that has worked with one master key.
    let organization_id = Uuid::now_v7();
    let sql = format!(
        "update vault.kept set wrapped = null;
         insert into organization (id, kind, name, search, created_at, updated_at) values ('{organization_id}', 'NGO', 'Партнер', 'партнер', now(), now())"
    );
    owner.batch_execute(&sql).await.unwrap();
    let scopes = mistok::access::Scopes::of_kind(Kind::Ngo).words();
    let wish = operator::Register { organization_id, name: "Журнал".into(), scopes, ..Default::default() };
    let made = operator::register(served.app.db(), &Seal::of(&OLD), Errand::Demo, wish).await.unwrap();

    let two = Serve { master_keys: MasterKeys::new(OLD).with([8; 32], true), ..served.config.clone() };
    let said = App::new(&two, served.clock.clone()).await.err().unwrap().to_string();
    assert!(said.contains("start once with the one master key"), "{said}");
    let partner =
        crate::served::Partner { organization_id, client_id: made.client_id, secret: made.secret.expose_secret().to_owned() };
    for _ in 0..2 {
        assert!(!Served::beside(&served).await.token(&partner).await.is_empty());
    }
    assert!(!Served::configured(&served, two).await.token(&partner).await.is_empty(), "from then on there may be two");
}
