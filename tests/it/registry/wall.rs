//! The second wall alone: what a partner's connection may do where the program forgot to ask.

use super::Desk;
use mistok::demo;
use uuid::Uuid;

#[tokio::test]
async fn the_database_itself_keeps_strangers_out() {
    let desk = Desk::new().await;
    let client = crate::stage::connect(&desk.stage.app_url()).await;
    let own = demo::organization_id(3);
    let other = demo::organization_id(4);
    let try_as = async |kind: &str, sql: String| -> Result<u64, String> {
        let set = format!("begin; set local mistok.org_id = '{own}'; set local mistok.kind = '{kind}'");
        client.batch_execute(&set).await.unwrap();
        let done = client.execute(&sql, &[]).await.map_err(|fault| fault.as_db_error().unwrap().message().to_owned());
        client.batch_execute("rollback").await.unwrap();
        done
    };
    let new = |kind: &str| {
        format!(
            "insert into organization (id, kind, name, search, created_at, updated_at) values (gen_random_uuid(), '{kind}', 'x', 'x', now(), now())"
        )
    };
    let policy = |table: &str| Err(format!("new row violates row-level security policy for table \"{table}\""));
    assert_eq!(try_as("NGO", new("MINISTRY")).await, policy("organization"), "nobody makes himself a state body");
    assert_eq!(try_as("MINISTRY", new("NGO")).await, Ok(1));
    assert_eq!(try_as("NGO", "update organization set name = 'x'".into()).await, Ok(0));
    assert_eq!(try_as("NGO", "update centre set name = 'x'".into()).await, Ok(0));
    assert_eq!(try_as("NGO", "delete from centre_post".into()).await, Ok(0));
    assert_eq!(
        try_as(
            "NGO",
            format!("insert into participation values ('{}', 'OPEN', '2024', null, 1, now())", "UA80000000000093317")
        )
        .await,
        policy("participation")
    );
    let offer = |of: Uuid| {
        format!(
            "insert into offering (id, organization_id, service_id, capacity, capacity_as_of) select gen_random_uuid(), '{of}', id, 'NONE', now() from service_type where code = 'M-016'"
        )
    };
    assert_eq!(try_as("NGO", offer(own)).await, Ok(1));
    assert_eq!(try_as("NGO", offer(other)).await, policy("offering"));
    assert_eq!(try_as("MINISTRY", offer(other)).await, policy("offering"), "not even the Ministry speaks for others");
    assert_eq!(try_as("NGO", format!("update offering set capacity = 'NONE' where organization_id = '{other}'")).await, Ok(0));
    for sql in [
        "select * from organization_secret",
        "update organization set kind = 'MINISTRY'",
        "update centre set provider_id = host_id",
        "delete from organization",
        "update territory set name = 'x'",
        "insert into service_type (id, code, name) values (gen_random_uuid(), 'x', 'x')",
    ] {
        let said = try_as("MINISTRY", sql.into()).await.unwrap_err();
        assert!(said.starts_with("permission denied"), "{sql}: {said}");
    }
}
