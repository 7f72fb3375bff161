//! Asks over connections that stay open, each its next question when the last is answered, for a span of time.

use super::Outcome;
use http_body_util::{BodyExt, Full};
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::net::TcpStream;

/// What was measured.
#[derive(Default)]
pub struct Run {
    /// How long each took.
    pub took: Vec<Duration>,
    pub span: Duration,
    /// Processor time of the server and of PostgreSQL.
    pub server: Duration,
    pub postgres: Duration,
    /// Bytes of all answers.
    pub bytes: usize,
}

impl Run {
    /// What is asked for a while, with what it took.
    pub async fn of(spent: impl Fn() -> (Duration, Duration), asked: impl Future<Output = Outcome<Answers>>) -> Outcome<Self> {
        let (before, begun) = (spent(), Instant::now());
        let Answers { took, bytes } = asked.await?;
        let (span, after) = (begun.elapsed(), spent());
        // What a process has used is missing for a moment between its end and the end's being seen.
        let (server, postgres) = (after.0.saturating_sub(before.0), after.1.saturating_sub(before.1));
        Ok(Self { took, span, server, postgres, bytes })
    }

    /// With what another turn has measured.
    pub fn add(&mut self, turn: Self) {
        self.took.extend(turn.took);
        self.span += turn.span;
        self.server += turn.server;
        self.postgres += turn.postgres;
        self.bytes += turn.bytes;
    }
}

/// How long each answer took, and the bytes of all.
#[derive(Default)]
pub struct Answers {
    pub took: Vec<Duration>,
    pub bytes: usize,
}

/// A question as it goes over the wire.
#[derive(Clone)]
pub struct Asked {
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

/// Questions in their order.
pub struct Askings {
    pub asked: Vec<Asked>,
    /// From the beginning again, after the last.
    pub repeats: bool,
}

impl Askings {
    fn at(&self, place: usize) -> Option<&Asked> {
        self.asked.get(if self.repeats { place % self.asked.len() } else { place })
    }
}

/// Somebody who answers over HTTP, and what it is asked.
pub struct Asking {
    host: String,
    asked: Arc<Askings>,
    next: Arc<AtomicUsize>,
    many: usize,
}

impl Asking {
    pub fn new(url: &str, asked: Askings, many: usize) -> Self {
        Self { host: url.trim_start_matches("http://").to_owned(), asked: Arc::new(asked), next: Arc::default(), many }
    }

    /// Asks for so long, going on where it was. Questions that run out end it sooner; a wrong answer ends everything.
    pub async fn turn(&self, span: Duration) -> Outcome<Answers> {
        let until = Instant::now() + span;
        let each = (0..self.many).map(|_| tokio::spawn(one(self.host.clone(), self.asked.clone(), self.next.clone(), until)));
        let mut all = Answers::default();
        for one in each.collect::<Vec<_>>() {
            let (took, read) = one.await?.map_err(|fault| fault.to_string())?;
            all.took.extend(took);
            all.bytes += read;
        }
        Ok(all)
    }
}

async fn one(
    host: String,
    asked: Arc<Askings>,
    next: Arc<AtomicUsize>,
    until: Instant,
) -> Result<(Vec<Duration>, usize), Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(&host).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (mut took, mut bytes) = (Vec::new(), 0);
    while Instant::now() < until {
        let Some(Asked { path, headers, body }) = asked.at(next.fetch_add(1, Ordering::Relaxed)) else { break };
        let mut request = Request::post(path).header("host", &host).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(body.clone()))?;
        let begun = Instant::now();
        sender.ready().await?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        took.push(begun.elapsed());
        bytes += body.len();
        if !status.is_success() || !body.starts_with(b"{\"data\":{") || WRONG.iter().any(|wrong| contains(&body, wrong)) {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
        }
    }
    Ok((took, bytes))
}

/// What stands in no answer to a question of ours.
const WRONG: [&[u8]; 3] = [b"\"errors\":[", b"userErrors\":[{", b"\"referral\":null"];

fn contains(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}
