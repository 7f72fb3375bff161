//! Server-sent events (graphql-sse, distinct connections mode): one operation, one answer of type text/event-stream. Each entry of
//! the feed carries its cursor as the event's id, so that a client which connects again with `Last-Event-ID` goes on after it.

use super::{Caller, Ended, Operation, Out, PATIENCE, Piece, TOKEN_ENDED, TOO_SLOW};
use crate::{
    base::error::ErrorCode,
    graphql::{
        error::{Faults, refusal},
        gate::Chosen,
    },
    http::{accept::weight, answer::To, state::App, turn::Turn},
};
use actix_web::{
    HttpResponse,
    http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue},
    rt,
    web::Bytes,
};
use futures_util::{StreamExt, stream};
use serde_json::{Map, Value};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc::{self, Sender},
    time::timeout,
};

/// The media type.
pub const MEDIA: &str = "text/event-stream";
/// How often something is written while nothing happens: what lies between notices then whether the line is dead.
const BEAT: Duration = Duration::from_secs(15);
/// How long the last word waits for one who does not read.
const FAREWELL: Duration = Duration::from_secs(60);
/// A comment, which no client looks at.
const NOTHING: Bytes = Bytes::from_static(b":\n\n");
/// Pieces on their way.
const ROOM: usize = 4;

/// Whether the client takes events: it names their type.
pub fn are_taken(headers: &HeaderMap) -> bool {
    // A line that is no text spoils all, as it would if they had come as one.
    let Ok(lines) = headers.get_all(ACCEPT).map(HeaderValue::to_str).collect::<Result<Vec<_>, _>>() else { return false };
    lines
        .iter()
        .flat_map(|line| line.split(','))
        .map(|range| range.split(';').map(str::trim))
        .any(|mut parts| parts.next().is_some_and(|name| name.eq_ignore_ascii_case(MEDIA)) && weight(parts) > 0.0)
}

/// The last entry that a client has, as it says by itself.
pub fn last(headers: &HeaderMap) -> Option<String> {
    let last = headers.get("last-event-id")?.to_str().ok()?;
    Some(last.to_owned()).filter(|last| !last.is_empty())
}

/// One operation as it was asked.
pub struct Asked {
    pub caller: Caller,
    pub request_id: String,
    pub after: Option<String>,
    /// What was wrong with the document is told as an event: the request itself was taken.
    pub chosen: Result<Chosen, Faults>,
    pub variables: Map<String, Value>,
    /// The place that the stream takes.
    pub turn: Turn,
}

/// Begins the stream.
pub fn begin(app: Arc<App>, asked: Asked) -> HttpResponse {
    let (to, from) = mpsc::channel(ROOM);
    rt::spawn(answered(app, asked, to));
    // At once, so that the head of the answer leaves too.
    let begun = stream::iter([Ok::<_, Infallible>(NOTHING)]);
    let rest = stream::unfold(from, |mut from| async move {
        match timeout(BEAT, from.recv()).await {
            Ok(bytes) => Some((Ok(bytes?), from)),
            Err(_) => Some((Ok(NOTHING), from)),
        }
    });
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        // An event that waits in a buffer of compression, or of a proxy, is none.
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(begun.chain(rest))
}

async fn answered(app: Arc<App>, asked: Asked, to: Sender<Bytes>) {
    let Asked { caller, request_id, after, chosen, variables, turn: _turn } = asked;
    let operation = Operation { app: &app, caller, request_id, after };
    let mut out = Events(to.clone());
    let work = async {
        match chosen {
            Ok(chosen) => operation.chosen(chosen, variables, &mut out).await,
            Err(faults) => Err(Ended::Refused(faults)),
        }
    };
    let mut stopping = app.closing();
    let ended = tokio::select! {
        ended = work => ended.err().unwrap_or(Ended::Complete),
        () = to.closed() => Ended::Gone,
        // The stream ends without its last word: the client begins again after its last entry.
        _ = stopping.wait_for(|stops| *stops) => Ended::Gone,
    };
    let faults = match ended {
        Ended::Gone => return,
        Ended::Complete => Faults::new(),
        Ended::Refused(faults) => faults,
        Ended::TokenEnded => vec![refusal(ErrorCode::Unauthenticated, TOKEN_ENDED, None)],
        Ended::TooSlow => vec![refusal(ErrorCode::Timeout, TOO_SLOW, None)],
    };
    let mut last = Vec::new();
    if !faults.is_empty() {
        let errors = To { media: Default::default(), request_id: &operation.request_id }.errors(faults);
        last.push(event(&Piece { text: format!("{{\"errors\":{errors}}}"), cursor: None }));
    }
    last.push(Bytes::from_static(b"event: complete\ndata:\n\n"));
    for bytes in last {
        if !matches!(timeout(FAREWELL, to.send(bytes)).await, Ok(Ok(()))) {
            return;
        }
    }
}

fn event(piece: &Piece) -> Bytes {
    let id = piece.cursor.as_ref().map_or_else(String::new, |cursor| format!("id: {cursor}\n"));
    // JSON of one line.
    Bytes::from(format!("event: next\n{id}data: {}\n\n", piece.text))
}

struct Events(Sender<Bytes>);

impl Out for Events {
    async fn put(&mut self, piece: Piece) -> Result<(), Ended> {
        match timeout(PATIENCE, self.0.send(event(&piece))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ended::Gone),
            Err(_) => Err(Ended::TooSlow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_for_those_who_name_them() {
        let taken = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_str(accept).expect("a header"));
            are_taken(&headers)
        };
        for accept in ["text/event-stream", "application/json, Text/Event-Stream;q=0.5", "text/event-stream; charset=utf-8"] {
            assert!(taken(accept), "{accept}");
        }
        for accept in [
            "*/*",
            "text/*",
            "application/json",
            "text/event-stream;q=0",
            "text/event-stream; Q=0.",
            "text/event-stream;q=x",
            "",
        ] {
            assert!(!taken(accept), "{accept}");
        }
        assert!(!are_taken(&HeaderMap::new()));
    }

    #[test]
    fn an_event_is_of_one_line_each() {
        let piece = Piece { text: r#"{"data":{"a":"x\ny"}}"#.into(), cursor: Some("abc".into()) };
        assert_eq!(event(&piece), "event: next\nid: abc\ndata: {\"data\":{\"a\":\"x\\ny\"}}\n\n");
    }
}
