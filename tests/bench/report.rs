//! What was measured, as a table for people.

use super::{Outcome, drive::Run, ground::Ground, overhead::Overhead, server::Server};
use std::time::Duration;

pub struct Report {
    about: String,
    rows: Vec<String>,
    server: String,
}

impl Report {
    pub async fn new(ground: &Ground) -> Outcome<Self> {
        let sql = "select split_part(version(), ' ', 2), (select count(*) from referral), (select count(*) from \"case\"), \
                   (select count(*) from organization), (select count(*) from service_delivery), pg_size_pretty(pg_database_size(current_database()))";
        let row = ground.superuser().await?.query_one(sql, &[]).await?;
        let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cpu = cpu
            .lines()
            .find_map(|line| line.strip_prefix("model name"))
            .map_or("", |name| name.trim_start_matches(['\t', ' ', ':']));
        let about = format!(
            "PostgreSQL {}, {} referrals, {} cases, {} organisations, {} services ({}); {} × {cpu}",
            row.get::<_, &str>(0),
            row.get::<_, i64>(1),
            row.get::<_, i64>(2),
            row.get::<_, i64>(3),
            row.get::<_, i64>(4),
            row.get::<_, &str>(5),
            std::thread::available_parallelism().map_or(0, Into::into)
        );
        Ok(Self { about, rows: Vec::new(), server: String::new() })
    }

    pub fn started(&mut self, server: &Server) {
        let Server { ready_in, idle, .. } = server;
        self.server =
            format!("Ready after {} ms; {} MiB idle", ready_in.as_millis(), idle.map_or("?".into(), |mib| format!("{mib:.0}")));
    }

    pub fn loaded(&mut self, server: &Server) {
        if let Some(most) = server.memory("VmHWM") {
            self.server.push_str(&format!(", {most:.0} MiB at the most under load"));
        }
    }

    pub fn row(&mut self, question: &str, of: &str, many: usize, mut run: Run) {
        if run.took.is_empty() {
            return;
        }
        run.took.sort_unstable();
        let count = run.took.len();
        let each = |spent: Duration| spent.as_secs_f64() * 1e6 / count as f64;
        let at = |part: f64| run.took[((count as f64 * part) as usize).min(count - 1)].as_secs_f64() * 1e3;
        let row = format!(
            "| {question} | {of} | {many} | {:.0} | {:.2} | {:.2} | {:.0} | {:.0} | {} |",
            count as f64 / run.span.as_secs_f64(),
            at(0.5),
            at(0.99),
            each(run.server),
            each(run.postgres),
            run.bytes / count
        );
        eprintln!("{row}");
        self.rows.push(row);
    }

    pub fn overhead(&self, Overhead { of, server, postgres }: &Overhead) {
        println!("| {of} | {server} µs | {postgres} µs |");
    }

    pub fn print(&self) {
        println!("\n{}\n{}\n", self.about, self.server);
        println!("| | who answers | at once | a second | p50, ms | p99, ms | its CPU, µs | PostgreSQL's CPU, µs | bytes |");
        println!("|---|---|---|---|---|---|---|---|---|");
        self.rows.iter().for_each(|row| println!("{row}"));
    }
}
