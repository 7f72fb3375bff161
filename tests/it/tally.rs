//! The roll-up against the plain count over the rows themselves, after random histories, folded at random and counted anew.

use crate::{
    stage::connect,
    town::{KAZANKA, Town, key, target, with},
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Value, json};

/// Counts of each measure, written without the functions that the roll-up uses.
const PLAIN: &str = "
    select 'DELIVERY', service_id::text || form || coalesce(target_category, '-') || sex || age_band, occurred_on, sum(quantity)::bigint
      from service_delivery where not voided and activity_id is null group by 1, 2, 3
    union all select 'EVENT', kind, occurred_on, count(*) from activity where not voided group by 1, 2, 3
    union all select 'PARTICIPANT', kind, occurred_on, sum(participants) from activity where not voided and participants > 0 group by 1, 2, 3
    union all select 'COURSE', programme, started_on, count(*) from \"group\" group by 1, 2, 3
    union all select 'MEMBER', programme, started_on, sum(members) from \"group\" group by 1, 2, 3
    union all select 'CASE_OPENED', primary_category || sex || age_band, opened_on, count(*) from \"case\" where status <> 'ENTERED_IN_ERROR' group by 1, 2, 3
    union all select 'CASE_CLOSED', primary_category || sex || age_band, closed_on, count(*) from \"case\" where status = 'CLOSED' group by 1, 2, 3
    union all select 'CASE_ENDED', primary_category || sex || age_band, closed_on, count(*) from \"case\" where status = 'CLOSED' group by 1, 2, 3
    union all select 'ASSESSMENT', a.purpose, a.assessed_on, count(*) from assessment a join \"case\" c on c.id = a.case_id
      where c.status <> 'ENTERED_IN_ERROR' group by 1, 2, 3
    union all select 'SENT', status, (sent_at at time zone 'Europe/Kyiv')::date, count(*) from referral
      where sent_at is not null and status <> 'ENTERED_IN_ERROR' group by 1, 2, 3
    union all select 'ACCEPTED', status, (accepted_at at time zone 'Europe/Kyiv')::date, count(*) from referral
      where accepted_at is not null and status <> 'ENTERED_IN_ERROR' group by 1, 2, 3
    union all select 'DECLINED', status, (ended_at at time zone 'Europe/Kyiv')::date, count(*) from referral where status = 'DECLINED' group by 1, 2, 3
    union all select 'COMPLETED', status, (ended_at at time zone 'Europe/Kyiv')::date, count(*) from referral where status = 'COMPLETED' group by 1, 2, 3";
const ROLLED: &str = "select measure, coalesce(service_id::text, '') || coalesce(word, '') || coalesce(category, '') || coalesce(sex, '') || coalesce(age_band, ''), day, sum(amount)::bigint from (
      select measure, case when measure = 'DELIVERY' then service_id end as service_id, word, case measure when 'DELIVERY' then coalesce(category, '-')
        when 'EVENT' then '' when 'PARTICIPANT' then '' else category end as category, sex, age_band, day, amount from tally) t
    group by 1, 2, 3 having sum(amount) <> 0";

/// How a figure is told: measure, what it is told apart by, day, amount.
const AS_TEXT: &str = "select format('%s %s %s %s', a, b, c, d) from";

async fn told(client: &tokio_postgres::Client, sql: &str) -> Vec<String> {
    let sql = format!("{AS_TEXT} ({sql}) t (a, b, c, d) order by 1");
    client.query(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn agrees(town: &Town, client: &tokio_postgres::Client) {
    let (rolled, plain) = (told(client, ROLLED).await, told(client, PLAIN).await);
    assert_eq!(rolled, plain);
    assert!(!plain.is_empty() && town.count("select count(*) from tally").await > 0, "something was counted");
    // What is open is the same by month, of territories and of regions.
    let by_month = "select measure, word, date_trunc('month', day)::date, sum(amount)::bigint from tally where measure in ('EVENT', 'COURSE') group by 1, 2, 3 having sum(amount) <> 0";
    let expected = told(client, by_month).await;
    for of_region in [false, true] {
        let open = format!(
            "select measure, word, month, sum(amount)::bigint from mistok.open_months({of_region}, array['EVENT', 'COURSE'],
             (select array_agg(distinct word) from tally where word is not null), '1900-01-01', '2100-01-01') group by 1, 2, 3 having sum(amount) <> 0"
        );
        assert_eq!(told(client, &open).await, expected, "by region: {of_region}");
    }
}

fn pick<T: std::fmt::Debug>(runner: &mut TestRunner, from: impl Strategy<Value = T>) -> T {
    from.new_tree(runner).unwrap().current()
}

async fn record(town: &Town, name: &str, rows: Vec<Value>) {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let query = format!("mutation($input: {kind}!){{ {name}(input: $input){{ recorded }} }}");
    let input = json!({"idempotencyKey": key(), "onExisting": "CORRECT", "errorPolicy": "REJECT_FAILED_ROWS", "rows": rows});
    town.ask(&town.receiver, &query, json!({"input": input})).await.data();
}

#[tokio::test]
async fn the_roll_up_is_the_plain_count_after_any_history() {
    let town = Town::new().await;
    let client = connect(&town.served.stage.superuser_url()).await;
    let mut runner = TestRunner::deterministic();
    let side = &town.receiver;
    let (mut cases, mut referrals) = (Vec::<Value>::new(), Vec::<Value>::new());
    for round in 0..25 {
        let rows = pick(&mut runner, prop::collection::vec((0..12, 1..4, 1..28_u32, 0..5, 0..3), 1..9));
        let services = rows.iter().map(|(reference, quantity, day, form, case)| {
            let case = cases.get(*case as usize).map(|case| case["id"].clone());
            let service = ["M-002", "M-004"][*quantity as usize % 2];
            let given = ["INDIVIDUAL", "FAMILY", "ONLINE", "PHONE", "MOBILE"][*form as usize];
            json!({"externalReference": format!("s{reference}"), "serviceCode": service, "quantity": quantity, "form": given, "occurredOn": format!("2025-03-{day:02}"),
                "caseId": case, "void": *form == 4})
        });
        record(&town, "servicesRecord", services.collect()).await;
        let sessions = rows.iter().map(|(reference, participants, day, kind, case)| {
            let named: Vec<_> = cases.get(*case as usize).map(|case| case["id"].clone()).into_iter().collect();
            let held = ["GROUP_SESSION", "ART_THERAPY"][*kind as usize % 2];
            json!({"externalReference": format!("a{reference}"), "kind": held,
                "participants": if *kind == 3 { Value::Null } else { json!(participants) }, "caseIds": named,
                "occurredOn": format!("2025-03-{day:02}"), "void": *kind == 4})
        });
        record(&town, "activitiesRecord", sessions.collect()).await;
        match pick(&mut runner, 0..9) {
            0 | 1 => cases.push(town.case(side).await),
            2 if !cases.is_empty() => {
                let case = cases.swap_remove(0);
                let assess = json!({"purpose": "SOCIAL_SERVICES", "assessedOn": "2025-03-01", "complexity": "SIMPLE"});
                let kept = town.act(side, "caseAssess", "case", "openedOn", with(target(&case), assess)).await["case"].clone();
                cases.push(if kept.is_null() { case } else { kept });
            }
            3 if !cases.is_empty() => {
                let case = cases.swap_remove(0);
                let close = json!({"closeReason": "MOVED", "closedOn": mistok::base::clock::day(town.served.clock.now())});
                let closed = town.act(side, "caseClose", "case", "", with(target(&case), close)).await["case"].clone();
                if round % 2 == 0 && !closed.is_null() {
                    town.act(side, "caseMarkError", "case", "", with(target(&closed), json!({"reason": "помилка"}))).await;
                }
            }
            4 if !cases.is_empty() => {
                let who = with(target(&cases[0]), json!({"person": {"sex": "MALE", "birthDate": "2010-01-01"}}));
                cases[0] = town.done(side, "personUpdate", "case", "", who).await;
            }
            5 => referrals.push(town.sent(&["CONTACT"]).await.0),
            6 if !referrals.is_empty() => {
                let now = town.step(side, "referralAccept", &referrals.swap_remove(0), json!({})).await;
                let done = town.step(side, "referralComplete", &now, json!({"outcome": "SERVICE_PROVIDED"})).await;
                if round % 2 == 0 {
                    town.step(&town.sender, "referralMarkError", &done, json!({"reason": "OTHER"})).await;
                }
            }
            7 if !referrals.is_empty() => {
                town.step(side, "referralDecline", &referrals.swap_remove(0), json!({"reason": "NO_CAPACITY"})).await;
            }
            _ => {
                let group = json!({"centreId": side.centre, "programme": "OTHER", "members": 4, "startedOn": "2025-03-01"});
                town.done(side, "groupCreate", "group", "", group).await;
            }
        }
        if round % 3 == 0 {
            client.batch_execute("select mistok.fold_tally(7)").await.unwrap();
        }
        agrees(&town, &client).await;
    }
    client.batch_execute("select mistok.fold_tally(100000)").await.unwrap();
    agrees(&town, &client).await;
    assert_eq!(town.count("select count(*) from tally where fresh").await, 0);
    let folded = town.count("select count(*) from tally").await;
    client.batch_execute("update tally set amount = amount + 1; select mistok.rebuild_tally()").await.unwrap();
    agrees(&town, &client).await;
    assert_eq!(town.count("select count(*) from tally").await, folded, "as folded as can be");
}

#[tokio::test]
async fn what_is_fresh_is_found_without_the_rest() {
    let town = Town::new().await;
    let client = connect(&town.served.stage.superuser_url()).await;
    // Fresh entries lie at the end, and many enough that a planner who thinks them anywhere would begin at the beginning.
    let load = format!(
        "insert into tally select md5(n::text)::uuid, null, '{KAZANKA}', '2025-01-01'::date + n % 300, 'SENT', null, 'SENT', null, null, null, 1, n > 60000
         from generate_series(1, 80000) n order by n; analyze tally"
    );
    client.batch_execute(&load).await.unwrap();
    let walks = async || -> i64 {
        client.batch_execute("select pg_stat_force_next_flush()").await.unwrap();
        client.query_one("select pg_stat_get_numscans('tally'::regclass)", &[]).await.unwrap().get(0)
    };
    let before = walks().await;
    for _ in 0..3 {
        let folded: i64 = client.query_one("select mistok.fold_tally(1000)", &[]).await.unwrap().get(0);
        assert_eq!(folded, 1000);
    }
    assert_eq!(walks().await, before, "the roll-up was walked through");
}

#[tokio::test]
async fn a_late_answer_is_counted_once_and_not_at_all_when_it_was_an_error() {
    let town = Town::new().await;
    let (sent, ..) = town.sent(&["CONTACT"]).await;
    town.served.clock.advance(chrono::Duration::days(30));
    let town = town.again().await;
    let overdue = "select coalesce(sum(amount), 0)::bigint from tally where measure = 'OVERDUE'";
    mistok::work::round(town.served.app.db(), uuid::Uuid::from_u128(5)).await.unwrap();
    assert_eq!(town.count(overdue).await, 1);
    let now = town.sees(&town.sender, &sent["id"], "id version").await;
    town.step(&town.sender, "referralMarkError", &now, json!({"reason": "OTHER"})).await;
    assert_eq!(town.count(overdue).await, 0);
}
