//! Changes as they happen: the protocols that carry them, and what they carry. Other tests write into other databases of the same
//! cluster, and the feed reads below the oldest transaction of all of them: what is expected is waited for, not timed.

mod blackout;
mod events;
mod several;
mod socket;

use crate::town::{Side, Town};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

pub const TELL: &str = "subscription($after: String, $types: [ChangeType!]) { changes(after: $after, types: $types) {
    cursor type objectId objectVersion tombstone node { __typename id } } }";

/// Longest wait for what has to come.
const LONG: Duration = Duration::from_secs(30);

/// One connection over WebSocket.
pub struct Wire(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// How a connection was closed: code and reason.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed(pub u16, pub String);

impl Wire {
    /// Opened, not yet introduced.
    pub async fn open(url: &str, protocol: &str) -> Self {
        Self::open_with(url, protocol, &[]).await
    }

    pub async fn open_with(url: &str, protocol: &str, headers: &[(&'static str, &str)]) -> Self {
        let mut request = format!("{}/graphql", url.replace("http", "ws")).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_str(protocol).unwrap());
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let socket = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
        // The library refuses a handshake without the protocol that it asked for: what then comes is asked of the bytes alone.
        let (wire, _) = tokio_tungstenite::client_async(request, MaybeTlsStream::Plain(socket)).await.unwrap();
        Self(wire)
    }

    /// Introduced with a token, and acknowledged.
    pub async fn of(url: &str, token: &str) -> Self {
        let mut wire = Self::open(url, "graphql-transport-ws").await;
        wire.say(json!({"type": "connection_init", "payload": {"Authorization": format!("Bearer {token}")}})).await;
        assert_eq!(wire.hear().await, json!({"type": "connection_ack"}));
        wire
    }

    /// The same of a server that may not be there.
    pub async fn try_of(url: &str, token: &str) -> Option<Self> {
        let mut request = format!("{}/graphql", url.replace("http", "ws")).into_client_request().ok()?;
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
        let socket = TcpStream::connect(url.trim_start_matches("http://")).await.ok()?;
        let (wire, _) = tokio_tungstenite::client_async(request, MaybeTlsStream::Plain(socket)).await.ok()?;
        let mut wire = Self(wire);
        let init = json!({"type": "connection_init", "payload": {"Authorization": format!("Bearer {token}")}});
        wire.0.send(Message::text(init.to_string())).await.ok()?;
        wire.some().await.filter(|said| said["type"] == "connection_ack")?;
        Some(wire)
    }

    /// The next message; none: it has broken off.
    pub async fn some(&mut self) -> Option<Value> {
        loop {
            match self.0.next().await?.ok()? {
                Message::Text(text) => return serde_json::from_str(&text).ok(),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    pub async fn send(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        self.say(json!({"id": id, "type": "subscribe", "payload": {"query": query, "variables": variables}})).await;
    }

    /// The next message, or how the server closes it.
    pub async fn next(&mut self) -> Result<Value, Closed> {
        loop {
            match tokio::time::timeout(LONG, self.0.next()).await.expect("nothing came").expect("closed").unwrap() {
                Message::Text(text) => return Ok(serde_json::from_str(&text).unwrap()),
                Message::Close(Some(frame)) => return Err(Closed(frame.code.into(), frame.reason.to_string())),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next message.
    pub async fn hear(&mut self) -> Value {
        self.next().await.unwrap()
    }

    /// The next entry that an operation tells.
    pub async fn told(&mut self, id: &str) -> Value {
        let said = self.hear().await;
        assert_eq!((&said["id"], &said["type"], said["payload"].get("errors")), (&json!(id), &json!("next"), None), "{said}");
        said["payload"]["data"]["changes"].clone()
    }

    /// What is said within a while; none: nothing.
    pub async fn silent(&mut self, millis: u64) -> Option<Value> {
        tokio::time::timeout(Duration::from_millis(millis), self.hear()).await.ok()
    }

    /// How the server closes it; what it said before is left aside.
    pub async fn closed(&mut self) -> Closed {
        loop {
            if let Err(closed) = self.next().await {
                return closed;
            }
        }
    }
}

/// Makes changes that the side itself is told of, `OFFERING_CHANGED` each.
pub async fn change(town: &Town, side: &Side, times: usize) {
    for time in 0..times {
        town.offers(side, if time % 2 == 0 { "WAITLIST" } else { "AVAILABLE" }).await;
    }
}
