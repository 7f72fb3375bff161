//! The server's login: it cannot take the wall down, nor step around it.

use super::{As, Scene};

#[tokio::test]
async fn the_server_s_login_cannot_touch_the_wall() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    let sender = As::organization(&app, &scene.sender());
    let denied = [
        "alter table referral disable row level security",
        "alter table referral no force row level security",
        "alter table vault.person_key disable row level security",
        "alter table referral disable trigger all",
        "alter table referral add column x text",
        "drop policy seen on referral",
        "create policy open on referral for select using (true)",
        "alter policy seen on referral using (true)",
        "drop table referral cascade",
        "drop function mistok.opened(uuid[])",
        "create or replace function mistok.current_org() returns uuid language sql as 'select null::uuid'",
        "alter function mistok.now() owner to mistok_app",
        "create function mistok.mine() returns void language sql as ''",
        "create table public.mine (id uuid)",
        "create function public.mine() returns void language sql as ''",
        "create schema mine",
        "grant mistok_owner to mistok_app",
        "set local role mistok_owner",
        "set local role postgres",
        "set local session authorization mistok_owner",
        "alter role mistok_app bypassrls",
        "alter role mistok_app superuser",
        "set local session_replication_role = replica",
        "alter database postgres set mistok.org_id = 'x'",
        "copy referral to program 'cat'",
        "copy referral to '/tmp/mistok-stolen'",
        "select pg_read_file('/etc/passwd')",
        "select pg_read_server_files()",
        "select lo_export(1, '/tmp/mistok-stolen')",
        "create extension pg_stat_statements",
        "load 'auto_explain'",
        "alter system set row_security = off",
        "select * from pg_authid",
        "select mistok.opened(array[r.id]) from referral r",
        "create trigger mine before insert on referral for each row execute function mistok.keep_referral_party()",
        "refresh materialized view mine",
        "truncate referral, sealed",
        "lock table referral in access exclusive mode",
        "comment on table referral is 'x'",
        "reindex table referral",
    ];
    let mut done = Vec::new();
    for sql in denied {
        if let Ok(rows) = sender.try_to(sql).await {
            done.push(format!("{sql}: {rows}"));
        }
    }
    assert_eq!(done, [""; 0]);

    // To switch row-level security off for a session is to be refused, not to see everything.
    let said = sender.try_to("select set_config('row_security', 'off', true) from (select 1) x").await;
    assert_eq!(said, Ok(1));
    app.batch_execute("begin; set local row_security = off").await.unwrap();
    let fault = app.query("select 1 from referral", &[]).await.unwrap_err();
    assert!(fault.as_db_error().unwrap().message().contains("would be affected by row-level security"), "{fault:?}");
    app.batch_execute("rollback").await.unwrap();
}

#[tokio::test]
async fn it_may_call_the_owner_s_functions_by_name_alone() {
    let scene = Scene::new().await;
    let rows = scene
        .superuser()
        .await
        .query(
            "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
             where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema')
             and has_function_privilege('mistok_app', p.oid, 'execute') order by 1",
            &[],
        )
        .await
        .unwrap();
    let open: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    // Each runs with the owner's eyes: what it tells to whom is tested in this folder, or it tells nothing.
    let known = [
        "mistok.acts_accepted(date,date,boolean)",
        "mistok.audit_keys()",
        "mistok.audited(text,text,bigint)",
        "mistok.begin_epoch()",
        "mistok.clocks_breached()",
        "mistok.contract_work(uuid[],date[],date[])",
        "mistok.contracts_in_force(date,boolean)",
        "mistok.current_epoch()",
        "mistok.erase_person(uuid)",
        "mistok.fold_tally(integer)",
        "mistok.forget_receiver_days()",
        "mistok.has_application(uuid)",
        "mistok.keep_partitions()",
        "mistok.key_to_write(uuid)",
        "mistok.login(text)",
        "mistok.measured()",
        "mistok.median_hours(date,date)",
        "mistok.open_months(boolean,text[],text[],date,date)",
        "mistok.open_tally(text[],text[],date,date,boolean,boolean,boolean,boolean,boolean)",
        "mistok.own_tally(text[],date,date,boolean,boolean,boolean,boolean,boolean,boolean,boolean)",
        "mistok.partner_counts(uuid[],date)",
        "mistok.partner_figures(date)",
        "mistok.payments_made(date,date,boolean)",
        "mistok.published(text[],text,text,date,date)",
        "mistok.reads_of(uuid)",
        "mistok.receiver_figures(uuid[])",
        "mistok.recipients(date,date)",
        "mistok.root_over(bytea,text)",
        "mistok.shared_case(uuid[])",
        "mistok.shared_services(uuid[])",
        "mistok.subjects(uuid[],text[])",
        "mistok.told_is_kept_back(integer,text)",
        "mistok.told_to_any_after(integer,text,bigint,integer,text,bigint)",
        "mistok.trusted_document(uuid,bytea)",
    ];
    assert_eq!(open, known);
}

#[tokio::test]
async fn what_the_owner_s_functions_tell_is_little() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    let (receiver, stranger) = (As::organization(&app, &scene.receiver()), As::organization(&app, &scene.stranger()));
    // A key alone, still wrapped by the master key, and for a party alone.
    let key = format!("select count(*) from mistok.key_to_write('{}') k where k is not null", scene.referral);
    assert_eq!((receiver.count(&key).await, stranger.count(&key).await), (1, 0));
    // Whoever knows a random client id learns who it is; by an organisation one learns yes or no.
    let sender = scene.sender().organization_id;
    assert_eq!(stranger.count(&format!("select mistok.has_application('{sender}')::int::bigint")).await, 1);
    assert_eq!(stranger.count("select count(*) from mistok.login('%')").await, 0);
    // What is old the server alone forgets, and nothing younger.
    assert_eq!(stranger.count("select mistok.forget_receiver_days()").await, 0);
    // Of how an organisation works: of one referral nothing, whoever asks, the organisation itself included.
    let figures = format!(
        "select count(*) from mistok.receiver_figures(array['{}'::uuid]) where workload = 'UNKNOWN' and median_hours is null",
        scene.receiver().organization_id
    );
    assert_eq!((receiver.count(&figures).await, stranger.count(&figures).await), (1, 1));
}
