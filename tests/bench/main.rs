//! `cargo bench`: what a question costs, with a real token, row-level security, limits and audit on, of the release server on a country's
//! data; beside it PostgreSQL alone with the same rows and, with `--peer`, PostGraphile on the same database. Ratios are of one run: compare
//! no number with one of another run or machine.

mod account;
mod drive;
mod floor;
mod ground;
mod overhead;
mod peer;
mod question;
mod report;
mod server;
mod town;
mod turns;

use clap::Parser;
use std::{path::PathBuf, time::Duration};
use turns::Answerer;

pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Measures questions against the release server.
#[derive(Parser)]
struct Options {
    /// Seconds for each measurement, in turns of one
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Referrals; a third as many cases
    #[arg(long, default_value_t = 300_000)]
    referrals: u64,
    /// Services of the year
    #[arg(long, default_value_t = 9_800_000)]
    services: u64,
    /// Where the database stays for the next run of the same size; made anew for another one
    #[arg(long, default_value_os_t = std::env::temp_dir().join("mistok-bench"))]
    data: PathBuf,
    /// Ask PostGraphile the same (needs node and npm)
    #[arg(long)]
    peer: bool,
    /// What each guard takes of a page with persons, and nothing else
    #[arg(long)]
    overheads: bool,
    /// Only questions whose name begins so
    #[arg(long, default_value = "Q")]
    only: String,
    /// Concurrent questions of the second measurement
    #[arg(long, default_value_t = 32)]
    many: usize,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Outcome {
    let options = Options::parse();
    let plan = town::Plan {
        cases: options.referrals / 3,
        referrals: options.referrals,
        organizations: 5_000,
        services: options.services,
    };
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "cryptography was chosen already")?;
    // The driver has one thread: what it takes it takes from all that are measured alike.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let ground = ground::Ground::prepare(&options.data, plan).await?;
        let span = Duration::from_secs(options.seconds);
        let mut report = report::Report::new(&ground).await?;
        if options.overheads {
            for overhead in overhead::all(&ground, options.many, span).await? {
                report.overhead(&overhead);
            }
            return Ok(());
        }
        let server = server::Server::start(&ground).await?;
        let questions = question::all(&ground, &server.url).await?;
        report.started(&server);
        let peer = if options.peer { Some(peer::Peer::start(&ground).await?) } else { None };
        for question in questions.iter().filter(|question| question.name.starts_with(&options.only)) {
            eprintln!("{}: {}", question.name, question.about);
            for many in [1, options.many] {
                let mut all = Answerer::all(&ground, &server, peer.as_ref(), question, many).await?;
                Answerer::take_turns(&mut all, &ground, span).await?;
                for (name, run) in all.into_iter().map(Answerer::measured) {
                    report.row(question.name, name, many, run);
                }
            }
        }
        report.loaded(&server);
        report.print();
        Ok(())
    })
}
