//! PostgreSQL alone: the same rows by prepared statements in the name of the same organisation, under the same policies. No HTTP, no JSON,
//! nothing opened, nothing written down.

use super::{
    Outcome,
    drive::Run,
    ground::{Ground, connect},
    question::Question,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

fn statement(name: &str) -> Option<&'static str> {
    match name {
        "Q1" => Some(include_str!("floor/referral.sql")),
        "Q2" => Some(include_str!("floor/page.sql")),
        "Q2b" => Some(include_str!("floor/plain.sql")),
        "Q3" => Some(include_str!("floor/figures.sql")),
        _ => None,
    }
}

/// As the login that serves is set up: any other one would plan each time anew.
const PLANNED: &str = "set plan_cache_mode = force_generic_plan; set jit = off";

/// None where the question writes.
pub async fn run(ground: &Ground, question: &Question, many: usize, span: Duration) -> Outcome<Option<Run>> {
    run_as(&ground.app_url(), ground, question, many, span).await
}

/// The same by another login.
pub async fn run_as(url: &str, ground: &Ground, question: &Question, many: usize, span: Duration) -> Outcome<Option<Run>> {
    let Some(sql) = statement(question.name) else { return Ok(None) };
    let kind = question.kind();
    let asks: Arc<Vec<(Uuid, Uuid)>> =
        Arc::new(question.asks.iter().map(|ask| (ask.organization_id, ask.referral_id)).collect());
    let next = Arc::new(AtomicUsize::new(0));
    let (mut before, mut begun) = (Duration::ZERO, Instant::now());
    let mut took = Vec::new();
    // The first second warms up.
    for span in [Duration::from_secs(1), span] {
        (before, begun) = (ground.spent(), Instant::now());
        let until = begun + span;
        let mut each = Vec::new();
        // As many connections as the server has.
        for _ in 0..many.min(16) {
            let client = connect(url).await?;
            client.batch_execute(PLANNED).await?;
            let (asks, next) = (asks.clone(), next.clone());
            each.push(tokio::spawn(async move {
                let prepared = client.prepare(sql).await?;
                let mut took = Vec::new();
                while Instant::now() < until {
                    let (organization, referral) = asks[next.fetch_add(1, Ordering::Relaxed) % asks.len()];
                    let begin = format!(
                        "begin isolation level repeatable read read only; set local mistok.org_id = '{organization}'; \
                         set local mistok.kind = '{kind}'; set local mistok.now = '{}'",
                        chrono::Utc::now().to_rfc3339()
                    );
                    let values: &[&(dyn ToSql + Sync)] = if prepared.params().is_empty() { &[] } else { &[&referral] };
                    let asked = Instant::now();
                    client.batch_execute(&begin).await?;
                    let rows = client.query(&prepared, values).await?;
                    client.batch_execute("commit").await?;
                    took.push(asked.elapsed());
                    assert!(!rows.is_empty());
                }
                Ok::<_, tokio_postgres::Error>(took)
            }));
        }
        took.clear();
        for one in each {
            took.extend(one.await??);
        }
    }
    let span = begun.elapsed();
    took.sort_unstable();
    Ok(Some(Run { took, span, server: Duration::ZERO, postgres: ground.spent() - before, bytes: 0 }))
}
