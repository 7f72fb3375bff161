//! A country made for measuring: it leaves the database as it should be, and questions of figures touch as many rows as their
//! answers have parts, however many were recorded. Counted in rows, not in time.

use crate::{
    command::mistok,
    plan::touched,
    stage::{Stage, connect},
};
use mistok::{
    access::{Actor, Scopes},
    base::{
        clock::Clock,
        words::{
            indicator::{Dimension as By, Indicator},
            organization::OrganizationKind,
        },
    },
    indicator::{
        model::{Level, Measure, Question, Span, Whose},
        store::{self, Figures},
        tally,
    },
};
use std::process::Output;
use uuid::Uuid;

/// What is known of keys, indexes, triggers and walls.
const SCHEMA: &str = "
    select coalesce(string_agg(line, E'\\n' order by line), '') from (
      select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) as line from pg_constraint where connamespace = 'public'::regnamespace
      union all select indexdef from pg_indexes where schemaname = 'public'
      union all select tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text from pg_trigger where not tgisinternal
      union all select relname || ' ' || relrowsecurity || ' ' || relforcerowsecurity from pg_class where relnamespace = 'public'::regnamespace
    ) l";

fn sample(stage: &Stage) -> Output {
    let plan = ["figures", "sample", "--hromadas", "300", "--cases", "3000", "--services", "60000"];
    mistok(&plan).env("MISTOK_OWNER_URL", stage.owner_url()).output().unwrap()
}

fn actor(organization_id: Uuid, kind: OrganizationKind) -> Actor {
    let scopes = Scopes::of_kind(kind);
    Actor {
        application_id: Uuid::nil(),
        organization_id,
        kind,
        scopes,
        purpose: None,
        acting_for: None,
        language: Default::default(),
    }
}

fn question(by: &[By], whose: Whose) -> Question {
    let span = Span::months("2025-01-01".parse().unwrap(), 12).unwrap();
    Question {
        indicators: vec![Indicator::GroupSessions],
        by: by.to_vec(),
        span,
        computed: true,
        whose,
        provider_id: None,
        centre_id: None,
        territory: None,
        kinds: Vec::new(),
    }
}

/// Figures as a release freezes them, of every hromada and month, in its order.
const FROZEN: &str = "
    insert into frozen_figure
    select i.word, d.dimension, d.value, p.level, p.place, m::date, 10, true, true
    from unnest(array['CASES_OPENED', 'SERVICES_PROVIDED', 'CASES_CLOSED']) i (word)
      cross join generate_series(timestamp '2025-01-01', '2025-12-01', '1 month') m
      cross join (select '' as dimension, '' as value union all select 'TARGET_CATEGORY', g::text from generate_series(1, 8) g) d
      cross join (select 'HROMADA' as level, territory_code as place from centre union all select 'CENTRE', id::text from centre
        union all select distinct 'REGION', region_code from territory) p
    order by 1, 2, 4, 6, 5, 3;";

#[tokio::test]
async fn figures_of_a_country_touch_as_many_rows_as_they_have_parts() {
    let stage = Stage::new().await;
    let client = connect(&stage.superuser_url()).await;
    let schema = |row: tokio_postgres::Row| row.get::<_, String>(0);
    let before = schema(client.query_one(SCHEMA, &[]).await.unwrap());
    let done = sample(&stage);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(schema(client.query_one(SCHEMA, &[]).await.unwrap()), before, "what was laid aside stands again");
    let again = sample(&stage);
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("holds organisations"), "once");
    let count = async |sql: &str| client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0);
    assert_eq!(
        count("select sum(quantity) from service_delivery").await,
        count("select sum(amount)::bigint from tally where measure = 'DELIVERY'").await
    );
    assert_eq!(
        count("select count(*) from activity").await,
        count("select sum(amount)::bigint from open_month where measure = 'EVENT' and of_region").await
    );

    client.batch_execute(FROZEN).await.unwrap();
    client.batch_execute("vacuum analyze frozen_figure").await.unwrap();
    let largest = "select organization_id, count(*) from tally group by 1 order by 2 desc limit 1";
    let entries = count(&format!("select count from ({largest}) t")).await;
    let largest: Uuid = client
        .query_one(&format!("select organization_id::text from ({largest}) t"), &[])
        .await
        .unwrap()
        .get::<_, &str>(0)
        .parse()
        .unwrap();
    let db = stage.db(Clock::default());
    let own = actor(largest, OrganizationKind::Ngo);
    let ministry = actor(Uuid::from_u128(7), OrganizationKind::Ministry);
    let all = count("select count(*) from tally").await;
    assert!(all > 60_000);

    // Of the roll-up no entry of others, and of the registry each once.
    let deliveries: &[(Measure, &[&str])] = &[(Measure::Delivery, &[])];
    let sessions: &[(Measure, &[&str])] = &[(Measure::Event, &["GROUP_SESSION"])];
    for (name, actor, by, whose, parts, most) in [
        ("own by category and month", &own, &[By::TargetCategory, By::Month][..], Whose::Own, deliveries, entries),
        (
            "own by sex, age band and hromada",
            &own,
            &[By::Sex, By::AgeBand, By::Hromada],
            Whose::Own,
            deliveries,
            entries + 4_000,
        ),
        ("open by region and month", &ministry, &[By::Region, By::Month], Whose::Others, sessions, 8_000),
        ("open by hromada", &ministry, &[By::Hromada], Whose::Others, sessions, 8_000),
        ("open by centre", &ministry, &[By::Centre], Whose::Others, sessions, 2_000),
    ] {
        let reading = db.read(actor).await.unwrap();
        let before = touched(&reading).await;
        let question = question(by, whose);
        let rows = tally::sums(reading.link(), whose, &question, parts, question.span.from).await.unwrap();
        let dear = touched(&reading).await - before;
        reading.end().await.unwrap();
        println!("{name:<34} {:>5} rows touch {dear:>6} of {all}", rows.len());
        assert!(!rows.is_empty() && dear <= most, "{name}: {dear} rows touched");
    }

    let months = ("2025-01-01".parse().unwrap(), "2025-12-31".parse().unwrap());
    for (name, level, dimension, by_month, parts, most) in [
        ("published by region and month", Level::Region, None, true, 27 * 12, 4_000),
        ("published by hromada", Level::Hromada, None, false, 300, 8_000),
        ("published by centre", Level::Centre, None, false, 300, 8_000),
        ("published by hromada and category", Level::Hromada, Some(By::TargetCategory), false, 300 * 8, 40_000),
    ] {
        let reading = db.read(&ministry).await.unwrap();
        let before = touched(&reading).await;
        let which = Figures { indicator: Indicator::CasesOpened, dimension, level, months, by_month, within: None };
        let rows = store::published(reading.link(), &which).await.unwrap().len();
        let dear = touched(&reading).await - before;
        reading.end().await.unwrap();
        println!("{name:<34} {rows:>5} rows touch {dear:>6}");
        assert_eq!(rows, parts, "{name}");
        assert!(dear <= most, "{name}: {dear} rows touched");
    }
}
