//! graphql-transport-ws: the messages of a client, the codes with which a connection is closed, and what is sent.

use crate::http::ask::{self, Question};
use serde_json::{Map, Value};

/// The name of the protocol in the handshake.
pub const PROTOCOL: &str = "graphql-transport-ws";

/// Why a connection is closed (the protocol's own codes, and those of RFC 6455).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// 1002
    Protocol,
    /// 1007
    NoText,
    /// 1009
    TooLarge,
    /// 1012: the server stops or begins anew.
    Restart,
    /// 1013: there is no room, or the reader is too slow.
    Later,
    /// 4400
    BadRequest,
    /// 4401: a subscription before the connection was acknowledged.
    Unauthorized,
    /// 4403: no token, or none that is good, or no longer.
    Forbidden,
    /// 4406
    Subprotocol,
    /// 4408
    InitTimeout,
    /// 4409
    Taken,
    /// 4429
    InitTwice,
}

impl Close {
    pub const fn code(self) -> u16 {
        match self {
            Self::Protocol => 1002,
            Self::NoText => 1007,
            Self::TooLarge => 1009,
            Self::Restart => 1012,
            Self::Later => 1013,
            Self::BadRequest => 4400,
            Self::Unauthorized => 4401,
            Self::Forbidden => 4403,
            Self::Subprotocol => 4406,
            Self::InitTimeout => 4408,
            Self::Taken => 4409,
            Self::InitTwice => 4429,
        }
    }
}

/// What a client says.
#[derive(Debug, PartialEq)]
pub enum Said {
    Init(Map<String, Value>),
    Ping(Option<Value>),
    Pong,
    Subscribe { id: String, question: Question },
    Complete { id: String },
}

impl Said {
    /// Reads one message.
    ///
    /// # Errors
    /// Why it is none, for the reason of the close frame: never a part of it.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            return Err("A message is a JSON object.");
        };
        let kind = match message.remove("type") {
            Some(Value::String(kind)) => kind,
            _ => return Err("A message has a member \"type\", a string."),
        };
        match kind.as_str() {
            "connection_init" => Ok(Self::Init(payload(&mut message)?.unwrap_or_default())),
            // It comes back, and whoever does not read it must not fill the server with it.
            "ping" if text.len() > LONGEST_PING => Err("A ping has at most 1 KiB."),
            "ping" => Ok(Self::Ping(payload(&mut message)?.map(Value::Object))),
            "pong" => payload(&mut message).map(|_| Self::Pong),
            "complete" => Ok(Self::Complete { id: id(&mut message)? }),
            "subscribe" => {
                let id = id(&mut message)?;
                let asked = payload(&mut message)?.ok_or("subscribe has a member \"payload\", an object.")?;
                let question = ask::question(asked).map_err(|_| "The payload of subscribe is no question.")?;
                Ok(Self::Subscribe { id, question })
            }
            _ => Err("This type of message does not exist."),
        }
    }
}

fn payload(message: &mut Map<String, Value>) -> Result<Option<Map<String, Value>>, &'static str> {
    match message.remove("payload") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(payload)) => Ok(Some(payload)),
        Some(_) => Err("\"payload\" is an object."),
    }
}

fn id(message: &mut Map<String, Value>) -> Result<String, &'static str> {
    match message.remove("id") {
        Some(Value::String(id)) if (1..=LONGEST_ID).contains(&id.len()) => Ok(id),
        _ => Err("\"id\" is a string of 1 to 128 bytes."),
    }
}

/// Longest ping, in bytes.
const LONGEST_PING: usize = 1024;
/// Longest id of an operation, in bytes.
const LONGEST_ID: usize = 128;

pub fn ack() -> String {
    r#"{"type":"connection_ack"}"#.to_owned()
}

pub fn pong(payload: Option<Value>) -> String {
    match payload {
        Some(payload) => format!(r#"{{"type":"pong","payload":{payload}}}"#),
        None => r#"{"type":"pong"}"#.to_owned(),
    }
}

/// A piece of an answer; `payload` is JSON.
pub fn next(id: &str, payload: &str) -> String {
    format!(r#"{{"id":{},"type":"next","payload":{payload}}}"#, quoted(id))
}

/// Nothing comes, or nothing more; `errors` is a list in JSON.
pub fn error(id: &str, errors: &str) -> String {
    format!(r#"{{"id":{},"type":"error","payload":{errors}}}"#, quoted(id))
}

pub fn complete(id: &str) -> String {
    format!(r#"{{"id":{},"type":"complete"}}"#, quoted(id))
}

fn quoted(text: &str) -> Value {
    Value::String(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn messages_are_read() {
        let read = |value: Value| Said::read(&value.to_string());
        assert_eq!(read(json!({"type": "connection_init"})), Ok(Said::Init(Map::new())));
        assert_eq!(read(json!({"type": "connection_init", "payload": null})), Ok(Said::Init(Map::new())));
        assert_eq!(read(json!({"type": "ping", "payload": {"a": 1}})), Ok(Said::Ping(Some(json!({"a": 1})))));
        assert_eq!(read(json!({"type": "pong"})), Ok(Said::Pong));
        assert_eq!(read(json!({"type": "complete", "id": "1"})), Ok(Said::Complete { id: "1".into() }));
        let asked = json!({"query": "{a}", "operationName": "A", "variables": {"x": 1}, "extensions": {}});
        let Ok(Said::Subscribe { id, question }) = read(json!({"type": "subscribe", "id": "ї", "payload": asked})) else {
            panic!("a subscription");
        };
        let document = ask::Document::Text("{a}".into());
        assert_eq!((id.as_str(), question.document, question.operation.as_deref()), ("ї", document, Some("A")));
    }

    #[test]
    fn what_is_no_message_is_told_without_its_words() {
        for wrong in [
            "",
            "nonsense",
            "[]",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"frobnicate"}"#,
            r#"{"type":"connection_ack"}"#,
            r#"{"type":"ping","payload":[]}"#,
            r#"{"type":"connection_init","payload":"x"}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"complete","id":""}"#,
            r#"{"type":"complete","id":7}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":7}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
        ] {
            let said = Said::read(wrong).expect_err(wrong);
            // It fits into a close frame.
            assert!(said.len() <= 123 && !said.contains("frobnicate"), "{wrong}: {said}");
        }
    }

    #[test]
    fn ids_are_quoted() {
        assert_eq!(next("a\"b", "{}"), r#"{"id":"a\"b","type":"next","payload":{}}"#);
        assert_eq!(error("1", "[]"), r#"{"id":"1","type":"error","payload":[]}"#);
        assert_eq!((complete("1"), pong(None)), (r#"{"id":"1","type":"complete"}"#.into(), r#"{"type":"pong"}"#.into()));
    }
}
