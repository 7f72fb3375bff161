//! A partner's server, as good or as bad as a test wants it.

use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What it does with a request.
#[derive(Clone, Debug)]
pub enum Manner {
    /// Answers with this code and these headers.
    Says(u16, Vec<(&'static str, String)>),
    /// Answers a good code after a while.
    Late(Duration),
    /// Says nothing for good.
    Hangs,
    /// Closes the connection.
    Closes,
    /// A good code and so many bytes.
    Huge(usize),
}

/// One request.
#[derive(Clone, Debug)]
pub struct Got {
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub text: String,
    pub at: Instant,
}

impl Got {
    pub fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn object(&self) -> String {
        self.body()["data"]["objectId"].as_str().unwrap().to_owned()
    }

    pub fn version(&self) -> i64 {
        self.body()["data"]["objectVersion"].as_i64().unwrap()
    }

    pub fn message(&self) -> &str {
        &self.headers["webhook-id"]
    }
}

/// How it treats a path: each manner once, the last one for good.
type Manners = HashMap<String, VecDeque<Manner>>;
/// How it treats an object, whatever the path.
type Grudges = HashMap<String, VecDeque<Manner>>;

#[derive(Default)]
struct Inner {
    got: Mutex<Vec<Got>>,
    manners: Mutex<Manners>,
    grudges: Mutex<Grudges>,
}

#[derive(Clone)]
pub struct Receiver {
    pub port: u16,
    inner: Arc<Inner>,
}

impl Receiver {
    pub async fn new() -> Self {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let (port, inner) = (listener.local_addr().unwrap().port(), Arc::<Inner>::default());
        let own = inner.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let inner = own.clone();
                tokio::spawn(async move { serve(stream, &inner).await });
            }
        });
        Self { port, inner }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// From now on a path is treated like this: each manner once, the last one for good.
    pub fn treats(&self, path: &str, manners: impl IntoIterator<Item = Manner>) {
        self.inner.manners.lock().unwrap().insert(path.to_owned(), manners.into_iter().collect());
    }

    /// The same for an object.
    pub fn bears(&self, object: &str, manners: impl IntoIterator<Item = Manner>) {
        self.inner.grudges.lock().unwrap().insert(object.to_owned(), manners.into_iter().collect());
    }

    /// What has come by now.
    pub fn got(&self) -> Vec<Got> {
        self.inner.got.lock().unwrap().clone()
    }

    /// How many have come that are such.
    pub fn count(&self, such: impl Fn(&Got) -> bool) -> usize {
        self.inner.got.lock().unwrap().iter().filter(|got| such(got)).count()
    }

    /// What has come to a path.
    pub fn at(&self, path: &str) -> Vec<Got> {
        self.got().into_iter().filter(|got| got.path == path).collect()
    }

    /// Takes what has come.
    pub fn take(&self) -> Vec<Got> {
        std::mem::take(&mut *self.inner.got.lock().unwrap())
    }

    /// Waits until so many requests have come.
    pub async fn until(&self, count: usize, within: Duration) {
        let begun = Instant::now();
        while self.inner.got.lock().unwrap().len() < count {
            assert!(begun.elapsed() < within, "{} of {count} within {within:?}", self.got().len());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn next(queue: Option<&mut VecDeque<Manner>>) -> Option<Manner> {
    let queue = queue?;
    if queue.len() > 1 { queue.pop_front() } else { queue.front().cloned() }
}

/// One connection, which is kept open for the next request.
async fn serve(mut stream: TcpStream, inner: &Inner) {
    let mut read = Vec::new();
    let mut part = vec![0; 8 << 10];
    loop {
        let end = loop {
            if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            match stream.read(&mut part).await {
                Ok(size) if size > 0 => read.extend_from_slice(&part[..size]),
                _ => return,
            }
            // The beginning of TLS, of which it knows nothing.
            if read.first() == Some(&0x16) {
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
                return;
            }
        };
        let Ok(head) = String::from_utf8(read[..end].to_vec()) else { return };
        let mut lines = head.split("\r\n");
        let Some(path) = lines.next().and_then(|line| line.split(' ').nth(1)).map(str::to_owned) else { return };
        let headers: BTreeMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let length: usize = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        while read.len() < end + length {
            match stream.read(&mut part).await {
                Ok(size) if size > 0 => read.extend_from_slice(&part[..size]),
                _ => return,
            }
        }
        let text = String::from_utf8(read[end..end + length].to_vec()).unwrap();
        read.drain(..end + length);
        let got = Got { path: path.clone(), headers, text, at: Instant::now() };
        let grudge = next(inner.grudges.lock().unwrap().get_mut(&got.object()));
        inner.got.lock().unwrap().push(got);
        let manner = grudge.or_else(|| next(inner.manners.lock().unwrap().get_mut(&path)));
        let answer = match manner.unwrap_or(Manner::Says(204, Vec::new())) {
            Manner::Says(code, headers) => {
                let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
                let length = if code == 204 { "" } else { "content-length: 0\r\n" };
                format!("HTTP/1.1 {code} Said\r\n{headers}{length}\r\n")
            }
            Manner::Late(after) => {
                tokio::time::sleep(after).await;
                "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned()
            }
            Manner::Hangs => return std::future::pending().await,
            Manner::Closes => return,
            Manner::Huge(size) => format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n{}", "x".repeat(size)),
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
