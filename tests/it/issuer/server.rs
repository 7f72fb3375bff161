//! An issuer in this process, as good or as bad as a test wants it.

use super::Key;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// How it answers from now on.
#[derive(Clone, Debug)]
pub enum Manner {
    Works,
    /// Closes every connection.
    Down,
    /// Sends whoever asks for keys elsewhere.
    Redirects(String),
    /// Keys that never end.
    Huge,
    /// This, whatever it is, in the place of keys.
    Says(String),
}

#[derive(Debug)]
struct Inner {
    keys: Value,
    description: Value,
    manner: Manner,
    asked: Vec<String>,
}

pub struct Foreign {
    pub url: String,
    inner: Arc<Mutex<Inner>>,
}

impl Foreign {
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let description = json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
        let inner = Arc::new(Mutex::new(Inner { keys: json!([]), description, manner: Manner::Works, asked: Vec::new() }));
        let own = inner.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, own.clone()));
            }
        });
        Self { url, inner }
    }

    /// From now on it has these keys.
    pub fn shows(&self, keys: &[&Key]) {
        self.shows_as(json!(keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()));
    }

    pub fn shows_as(&self, keys: Value) {
        self.inner.lock().unwrap().keys = keys;
    }

    pub fn is(&self, manner: Manner) {
        self.inner.lock().unwrap().manner = manner;
    }

    /// A part of its description that is another one from now on.
    pub fn describes(&self, name: &str, value: &str) {
        self.inner.lock().unwrap().description[name] = value.into();
    }

    /// How often it was asked for a path.
    pub fn count(&self, path: &str) -> usize {
        self.inner.lock().unwrap().asked.iter().filter(|asked| *asked == path).count()
    }

    pub fn keys_asked(&self) -> usize {
        self.count("/keys")
    }
}

async fn answer(mut stream: TcpStream, inner: Arc<Mutex<Inner>>) {
    let mut read = Vec::new();
    let mut part = vec![0; 4096];
    while !read.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut part).await {
            Ok(size) if size > 0 => read.extend_from_slice(&part[..size]),
            _ => return,
        }
    }
    let path = String::from_utf8_lossy(&read).split(' ').nth(1).unwrap_or_default().to_owned();
    let said = {
        let mut inner = inner.lock().unwrap();
        inner.asked.push(path.clone());
        match (path.as_str(), inner.manner.clone()) {
            (_, Manner::Down) => return,
            ("/.well-known/openid-configuration", _) => ok(&inner.description.to_string()),
            ("/keys", Manner::Works) => ok(&json!({"keys": inner.keys}).to_string()),
            ("/keys", Manner::Redirects(to)) => {
                format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            }
            ("/keys", Manner::Huge) => {
                let keys = inner.keys.to_string();
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{{\"keys\":{keys},\"x\":\"{}\"}}", "x".repeat(1 << 20))
            }
            ("/keys", Manner::Says(text)) => ok(&text),
            ("/elsewhere", _) => ok(&json!({"keys": inner.keys}).to_string()),
            _ => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(),
        }
    };
    let _ = stream.write_all(said.as_bytes()).await;
}

fn ok(body: &str) -> String {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}
