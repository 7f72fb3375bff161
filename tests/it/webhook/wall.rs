//! The second wall with the first one off: SQL in the name of a stranger.

use super::Stage;
use crate::stage::connect;
use serde_json::json;

#[tokio::test]
async fn the_second_wall_holds_without_the_first() {
    let stage = Stage::new().await;
    let side = &stage.town.receiver;
    let (endpoint, _) = stage.endpoint(side, "/in", &["CENTRE_CHANGED"]).await;
    stage.changes(side, 1, 1).await;
    stage.round().await;
    assert_eq!(stage.seen(side, &endpoint).await["status"], json!("ENABLED"));
    let owner = connect(&stage.town.served.stage.superuser_url()).await;
    let one = async |sql: &str| owner.query_one(sql, &[]).await.unwrap().get::<_, String>(0);
    let id = one("select id::text from webhook_endpoint").await;
    let delivery = one("select id::text from webhook_delivery").await;
    let (own, theirs) = (side.partner.organization_id, stage.town.stranger.partner.organization_id);
    let application = async |of| one(&format!("select id::text from application where organization_id = '{of}'")).await;
    let (own_application, their_application) = (application(own).await, application(theirs).await);
    let made = |of, application: &str| {
        format!(
            "insert into webhook_endpoint (id, organization_id, application_id, url, types, status, secret, created_at, updated_at)
             values (gen_random_uuid(), '{of}', '{application}', 'https://x/', '{{TEST}}', 'ENABLED', '', now(), now())"
        )
    };
    let forged = format!(
        "insert into webhook_delivery (id, endpoint_id, organization_id, epoch, tx, seq, type, object_type, object_id, object_version, occurred_at, created_at)
         values (gen_random_uuid(), '{id}', '{theirs}', 1, 1, 1, 'TEST', 'CENTRE', gen_random_uuid(), 1, now(), now())"
    );
    let tried = format!("insert into webhook_attempt values (gen_random_uuid(), '{delivery}', '{theirs}', now(), 200, null)");
    let client = connect(&stage.town.served.stage.app_url()).await;
    let begin = format!("begin; set local mistok.org_id = '{theirs}'; set local mistok.kind = 'CHARITY'");
    let cases: Vec<(String, Result<u64, &str>)> = vec![
        (made(theirs, &their_application), Ok(1)),
        (made(own, &own_application), Err("row-level security")),
        (made(theirs, &own_application), Err("row-level security")),
        (forged, Err("webhook_delivery_endpoint_exists")),
        (tried, Err("row-level security")),
        ("insert into webhook_place (place) values ('{}')".into(), Err("row-level security")),
        ("update webhook_place set place = '{}'".into(), Ok(0)),
        ("update webhook_endpoint set url = 'https://x/'".into(), Ok(0)),
        ("update webhook_endpoint set organization_id = organization_id".into(), Err("permission denied")),
        ("delete from webhook_endpoint".into(), Err("permission denied")),
        ("update webhook_delivery set status = 'PENDING', ended_at = null".into(), Ok(0)),
        ("update webhook_delivery set object_id = gen_random_uuid()".into(), Err("permission denied")),
        ("delete from webhook_delivery".into(), Ok(0)),
        ("update webhook_attempt set error = 'DNS'".into(), Err("permission denied")),
        ("delete from webhook_attempt".into(), Err("permission denied")),
    ];
    for (sql, said) in cases {
        client.batch_execute(&begin).await.unwrap();
        let done = client.execute(&sql, &[]).await;
        match (done, said) {
            (Ok(rows), Ok(expected)) => assert_eq!(rows, expected, "{sql}"),
            (Err(fault), Err(word)) => assert!(fault.as_db_error().unwrap().message().contains(word), "{sql}: {fault:?}"),
            (done, said) => panic!("{sql}: {done:?}, not {said:?}"),
        }
        client.batch_execute("rollback").await.unwrap();
    }
}
