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
pub struct Run {
    /// How long each took, in order of length.
    pub took: Vec<Duration>,
    pub span: Duration,
    /// Processor time of the server and of PostgreSQL.
    pub server: Duration,
    pub postgres: Duration,
    /// Bytes of all answers.
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

/// Asks for a second, then measures. Questions that run out end the run; a wrong answer ends everything.
pub async fn run(
    url: &str,
    asked: Askings,
    many: usize,
    span: Duration,
    spent: &dyn Fn() -> (Duration, Duration),
) -> Outcome<Run> {
    let asked = Arc::new(asked);
    let next = Arc::new(AtomicUsize::new(0));
    together(url, &asked, &next, many, Duration::from_secs(1)).await?;
    let before = spent();
    let begun = Instant::now();
    let (mut took, bytes) = together(url, &asked, &next, many, span).await?;
    let span = begun.elapsed();
    let after = spent();
    took.sort_unstable();
    Ok(Run { took, span, server: after.0 - before.0, postgres: after.1 - before.1, bytes })
}

async fn together(
    url: &str,
    asked: &Arc<Askings>,
    next: &Arc<AtomicUsize>,
    many: usize,
    span: Duration,
) -> Outcome<(Vec<Duration>, usize)> {
    let until = Instant::now() + span;
    let host = url.trim_start_matches("http://").to_owned();
    let each = (0..many).map(|_| tokio::spawn(one(host.clone(), asked.clone(), next.clone(), until)));
    let (mut all, mut bytes) = (Vec::new(), 0);
    for one in each.collect::<Vec<_>>() {
        let (took, read) = one.await?.map_err(|fault| fault.to_string())?;
        all.extend(took);
        bytes += read;
    }
    Ok((all, bytes))
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
