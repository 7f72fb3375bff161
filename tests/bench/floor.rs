//! PostgreSQL alone: the same rows by prepared statements in the name of the same organisation, under the same policies. No HTTP, no JSON,
//! nothing opened, nothing written down.

use super::{Outcome, drive::Answers, ground::connect, question::Question};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio_postgres::{Client, Statement, types::ToSql};
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

/// Connections that ask it.
pub struct Floor {
    clients: Vec<(Arc<Client>, Statement)>,
    asks: Arc<Vec<(Uuid, Uuid)>>,
    next: Arc<AtomicUsize>,
    kind: &'static str,
}

impl Floor {
    /// None where the question writes.
    pub async fn of(url: &str, question: &Question, many: usize) -> Outcome<Option<Self>> {
        let Some(sql) = statement(question.name) else { return Ok(None) };
        let mut clients = Vec::new();
        // As many connections as the server has.
        for _ in 0..many.min(16) {
            let client = connect(url).await?;
            client.batch_execute(PLANNED).await?;
            let prepared = client.prepare(sql).await?;
            clients.push((Arc::new(client), prepared));
        }
        let asks = question.asks.iter().map(|ask| (ask.organization_id, ask.referral_id)).collect();
        Ok(Some(Self { clients, asks: Arc::new(asks), next: Arc::default(), kind: question.kind() }))
    }

    /// Asks for so long, going on where it was.
    pub async fn turn(&self, span: Duration) -> Outcome<Answers> {
        let (until, kind) = (Instant::now() + span, self.kind);
        let each = self.clients.iter().cloned().map(|(client, prepared)| {
            let (asks, next) = (self.asks.clone(), self.next.clone());
            tokio::spawn(async move {
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
            })
        });
        let mut all = Answers::default();
        for one in each.collect::<Vec<_>>() {
            all.took.extend(one.await??);
        }
        Ok(all)
    }
}
