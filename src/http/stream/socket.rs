//! GET /graphql with an upgrade to WebSocket: graphql-transport-ws. A connection is one task; each of its operations is a future of
//! it, which ends with it.

use super::{
    Caller, Ended, Operation, Out, PATIENCE, Piece, TOKEN_ENDED, TOO_SLOW,
    frame::Bounds,
    message::{self, Close, PROTOCOL, Said},
};
use crate::{
    base::error::ErrorCode,
    graphql::error::{Faults, refusal},
    http::{
        answer::To,
        ask,
        graphql::{Stop, bearer_of, stopped},
        request,
        state::App,
        turn::Turn,
    },
};
use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
    rt, web,
};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, ProtocolError, Session};
use futures_util::{
    StreamExt,
    future::{AbortHandle, Abortable, Aborted, LocalBoxFuture},
    stream::FuturesUnordered,
};
use serde_json::{Map, Value};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::{MissedTickBehavior, interval, sleep_until, timeout, timeout_at};

/// How long a client has for its first message.
const INIT: Duration = Duration::from_secs(3);
/// Between two pings, and how long a client may be silent: it answers each of them.
const BEAT: Duration = Duration::from_secs(25);
const SILENCE: Duration = Duration::from_secs(80);
/// How long a close frame waits for one who does not read.
const FAREWELL: Duration = Duration::from_secs(60);
/// Bytes of a message before it is known who speaks.
const FIRST: u64 = 16 * 1024;
const INIT_LATE: &str = "Connection initialisation timeout";
/// Operations of one connection at once.
const OPERATIONS: usize = 20;
/// The protocol is agreed to by a header whose name gql, the client for Python (4.0), compares letter by letter with that of RFC 6455.
/// Here all names are written in small letters, and the line before them as it stands.
const AGREED: &str = "Switching Protocols\r\nSec-WebSocket-Protocol: graphql-transport-ws";
/// What the first message may say of what headers say elsewhere.
const SAID: [&str; 4] = ["authorization", "mistok-purpose", "mistok-acting-for", "accept-language"];

/// Whether a request wants to speak WebSocket.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// The handshake. Who asks is said in the first message, since a page cannot set headers here.
pub async fn open(request: &HttpRequest, payload: web::Payload, app: Arc<App>) -> HttpResponse {
    let request_id = request::id_of(request);
    let bounds = Bounds::new(FIRST);
    let kept = web::Payload::from_request(request, &mut bounds.keep(payload.into_inner())).await;
    let begun = kept.and_then(|kept| actix_ws::handle_with_protocols(request, kept, &[PROTOCOL]));
    let (mut answer, session, messages) = match begun {
        Ok(begun) => begun,
        Err(_) => {
            let why = "This is no handshake of WebSocket version 13 (RFC 6455, section 4.2).".to_owned();
            let to = To { media: Default::default(), request_id: &request_id };
            return stopped(to, Stop::Unasked(ask::Unasked::Malformed(why)));
        }
    };
    let messages = messages.max_frame_size(ask::MOST_BYTES).aggregate_continuations().max_continuation_size(ask::MOST_BYTES);
    let said = SAID.iter().filter_map(|name| Some((HeaderName::from_static(name), request.headers().get(*name)?.clone())));
    let connection = Connection {
        app,
        session,
        request_id,
        bounds,
        headers: said.collect(),
        known: None,
        operations: FuturesUnordered::new(),
        running: HashMap::new(),
    };
    let speaks = answer.headers_mut().remove(header::SEC_WEBSOCKET_PROTOCOL).next().is_some();
    if speaks {
        answer.head_mut().reason = Some(AGREED);
    }
    rt::spawn(connection.serve(messages, speaks));
    answer
}

/// Why a connection is closed, in words for its developer.
struct Closing(Close, &'static str);

type Running = LocalBoxFuture<'static, Result<(String, Ended), Aborted>>;

struct Connection {
    app: Arc<App>,
    session: Session,
    request_id: String,
    bounds: Bounds,
    /// What the handshake said; the first message may say it anew.
    headers: HeaderMap,
    /// Who asks, and the place that the connection takes.
    known: Option<(Caller, Turn)>,
    operations: FuturesUnordered<Running>,
    running: HashMap<String, AbortHandle>,
}

impl Connection {
    async fn serve(mut self, mut messages: AggregatedMessageStream, speaks: bool) {
        let closing = match speaks {
            true => self.talk(&mut messages).await,
            false => Err(Closing(Close::Subprotocol, "Speak graphql-transport-ws.")),
        };
        let Self { session, .. } = self;
        if let Err(Closing(close, why)) = closing {
            let reason = CloseReason { code: CloseCode::from(close.code()), description: Some(why.to_owned()) };
            // One who reads too slowly hears it when it reads again.
            let _ = timeout(FAREWELL, session.close(Some(reason))).await;
        }
    }

    /// Until the client goes, or is to go.
    async fn talk(&mut self, messages: &mut AggregatedMessageStream) -> Result<(), Closing> {
        let begin_by = tokio::time::Instant::now() + INIT;
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.reset();
        let (mut heard, mut stopping) = (Instant::now(), self.app.closing());
        loop {
            tokio::select! {
                message = messages.recv() => {
                    heard = Instant::now();
                    match message {
                        Some(Ok(AggregatedMessage::Text(text))) if self.known.is_some() => self.hear(&text).await?,
                        // The time for the first message is the time for all that comes before it is answered.
                        Some(Ok(AggregatedMessage::Text(text))) => match timeout_at(begin_by, self.hear(&text)).await {
                            Ok(heard) => heard?,
                            Err(_) => return Err(Closing(Close::InitTimeout, INIT_LATE)),
                        },
                        Some(Ok(AggregatedMessage::Binary(_))) => return Err(Closing(Close::BadRequest, "A message is text.")),
                        Some(Ok(AggregatedMessage::Ping(bytes))) => {
                            if !matches!(timeout(PATIENCE, self.session.pong(&bytes)).await, Ok(Ok(()))) {
                                return Err(Closing(Close::Later, TOO_SLOW));
                            }
                        }
                        Some(Ok(AggregatedMessage::Pong(_))) => {}
                        // Its own close is answered with the same.
                        Some(Ok(AggregatedMessage::Close(reason))) => {
                            let _ = timeout(PATIENCE, self.session.clone().close(reason)).await;
                            return Ok(());
                        }
                        Some(Err(fault)) => return Err(self.broken(&fault)),
                        None => return Ok(()),
                    }
                }
                Some(ended) = self.operations.next() => {
                    if let Ok((id, ended)) = ended {
                        self.running.remove(&id);
                        self.end(&id, ended).await?;
                    }
                }
                () = sleep_until(begin_by), if self.known.is_none() => {
                    return Err(Closing(Close::InitTimeout, INIT_LATE));
                }
                _ = beat.tick() => {
                    if heard.elapsed() > SILENCE {
                        return Ok(());
                    }
                    if self.known.as_ref().is_some_and(|(caller, _)| caller.rest(&self.app).is_zero()) {
                        return Err(Closing(Close::Forbidden, TOKEN_ENDED));
                    }
                    if timeout(PATIENCE, self.session.ping(b"")).await.is_err() {
                        return Err(Closing(Close::Later, TOO_SLOW));
                    }
                }
                _ = stopping.wait_for(|stops| *stops) => {
                    return Err(Closing(Close::Restart, "The server begins anew. Begin again after your last cursor."));
                }
            }
        }
    }

    fn broken(&self, fault: &ProtocolError) -> Closing {
        let too_large = "A message has at most 1 MiB, and 16 KiB before connection_ack.";
        match (self.bounds.broken(), fault) {
            (Some(Close::TooLarge), _) | (None, ProtocolError::Overflow) => Closing(Close::TooLarge, too_large),
            (None, ProtocolError::Io(fault)) if fault.to_string().contains("continuation") => {
                Closing(Close::TooLarge, too_large)
            }
            (None, ProtocolError::Io(fault)) if fault.kind() == std::io::ErrorKind::InvalidData => {
                Closing(Close::NoText, "A message is text in UTF-8.")
            }
            _ => Closing(Close::Protocol, "This is no frame of WebSocket."),
        }
    }

    async fn hear(&mut self, text: &str) -> Result<(), Closing> {
        match Said::read(text).map_err(|why| Closing(Close::BadRequest, why))? {
            Said::Init(payload) => self.init(payload).await,
            Said::Ping(payload) => self.say(message::pong(payload)).await,
            Said::Pong => Ok(()),
            Said::Complete { id } => {
                if let Some(running) = self.running.remove(&id) {
                    running.abort();
                }
                Ok(())
            }
            Said::Subscribe { id, question } => self.subscribe(id, question).await,
        }
    }

    async fn init(&mut self, payload: Map<String, Value>) -> Result<(), Closing> {
        if self.known.is_some() {
            return Err(Closing(Close::InitTwice, "Too many initialisation requests"));
        }
        for (name, value) in payload {
            let Some(name) = SAID.iter().find(|known| name.eq_ignore_ascii_case(known)) else { continue };
            let value = value.as_str().and_then(|value| HeaderValue::from_str(value).ok());
            let value = value.ok_or(Closing(Close::BadRequest, "What connection_init says of headers is a line of ASCII."))?;
            self.headers.insert(HeaderName::from_static(name), value);
        }
        let (bearer, actor) = bearer_of(&self.app, &self.headers).await.map_err(|stop| match stop {
            Stop::Unauthenticated { .. } => {
                Closing(Close::Forbidden, "Say a valid access token in connection_init: {\"Authorization\": \"Bearer …\"}")
            }
            _ => Closing(Close::Later, "The server cannot look up who you are just now. Try again."),
        })?;
        let aim = request::aim(&self.headers).map_err(|_| {
            Closing(Close::BadRequest, "Mistok-Purpose is a purpose, Mistok-Acting-For 1 to 128 signs of ASCII.")
        })?;
        let turn = self.app.streams().take(actor.organization_id);
        let turn = turn.map_err(|_| Closing(Close::Later, "Too many connections are open. Try again later."))?;
        self.known = Some((Caller::new(bearer, aim), turn));
        self.bounds.widen(ask::MOST_BYTES as u64);
        self.say(message::ack()).await
    }

    async fn subscribe(&mut self, id: String, question: ask::Question) -> Result<(), Closing> {
        let Some((caller, _)) = &self.known else { return Err(Closing(Close::Unauthorized, "Unauthorized")) };
        if self.running.contains_key(&id) {
            return Err(Closing(Close::Taken, "Subscriber for this id already exists"));
        }
        if self.running.len() >= OPERATIONS {
            let why = format!("At most {OPERATIONS} operations run over one connection at once.");
            return self.refuse(&id, vec![refusal(ErrorCode::RateLimited, why, None)]).await;
        }
        let (app, caller, request_id) = (self.app.clone(), caller.clone(), self.request_id.clone());
        let mut out = Subscriber { session: self.session.clone(), id: id.clone() };
        let own = id.clone();
        let work = async move {
            let operation = Operation { app: &app, caller, request_id, after: None };
            let ended = operation.answer(question, &mut out).await;
            (own, ended)
        };
        let (handle, registration) = AbortHandle::new_pair();
        self.operations.push(Box::pin(Abortable::new(work, registration)));
        self.running.insert(id, handle);
        Ok(())
    }

    async fn end(&mut self, id: &str, ended: Ended) -> Result<(), Closing> {
        match ended {
            Ended::Complete => self.say(message::complete(id)).await,
            Ended::Refused(faults) => self.refuse(id, faults).await,
            Ended::TokenEnded => Err(Closing(Close::Forbidden, TOKEN_ENDED)),
            Ended::TooSlow => Err(Closing(Close::Later, TOO_SLOW)),
            Ended::Gone => Ok(()),
        }
    }

    async fn refuse(&mut self, id: &str, faults: Faults) -> Result<(), Closing> {
        let to = To { media: Default::default(), request_id: &self.request_id };
        let text = message::error(id, &to.errors(faults));
        self.say(text).await
    }

    async fn say(&mut self, text: String) -> Result<(), Closing> {
        match timeout(PATIENCE, self.session.text(text)).await {
            // One who has gone is noticed at the next message.
            Ok(_) => Ok(()),
            Err(_) => Err(Closing(Close::Later, TOO_SLOW)),
        }
    }
}

/// Where the pieces of one operation go.
struct Subscriber {
    session: Session,
    id: String,
}

impl Out for Subscriber {
    async fn put(&mut self, piece: Piece) -> Result<(), Ended> {
        match timeout(PATIENCE, self.session.text(message::next(&self.id, &piece.text))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ended::Gone),
            Err(_) => Err(Ended::TooSlow),
        }
    }
}
