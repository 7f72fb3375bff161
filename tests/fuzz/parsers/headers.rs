//! What stands in headers, forms and addresses of requests, and in headers of answers to webhooks.

use super::{Parser, Seeds, asked_wrong, text};
use actix_web::http::header::{ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use chrono::{DateTime, Duration};
use mistok::{
    base::{error::ErrorCode, period},
    http::{
        accept::Media,
        credentials::{self, Credentials, Form},
        export, request,
        stream::events,
    },
    webhook::schedule,
};
use secrecy::ExposeSecret;
use url::form_urlencoded::byte_serialize;

pub(super) const ALL: &[Parser] = &[
    Parser { name: "Accept", read: accept, seeds: accepts, times: 4_000 },
    Parser { name: "Accept of events", read: accept_events, seeds: accepts_of_events, times: 4_000 },
    Parser { name: "Authorization: Basic", read: basic, seeds: basics, times: 2_000 },
    Parser { name: "parts of Basic", read: basic_parts, seeds: parts_of_basic, times: 2_000 },
    Parser { name: "Authorization: Bearer", read: bearer, seeds: bearers, times: 2_000 },
    Parser { name: "purpose and worker", read: aim, seeds: aims, times: 2_000 },
    Parser { name: "X-Request-Id", read: request_id, seeds: request_ids, times: 2_000 },
    Parser { name: "Last-Event-ID", read: last_event, seeds: last_events, times: 2_000 },
    Parser { name: "form of a token", read: form, seeds: forms, times: 2_000 },
    Parser { name: "address of an export", read: wish, seeds: wishes, times: 2_000 },
    Parser { name: "Retry-After", read: retry_after, seeds: retries, times: 2_000 },
];

/// One header for each line; none: they could not be sent.
fn headers(name: &HeaderName, bytes: &[u8]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        headers.append(name.clone(), HeaderValue::from_bytes(line).ok()?);
    }
    Some(headers)
}

fn accepts() -> Seeds {
    Seeds::of(
        &[
            "application/graphql-response+json, application/json;q=0.9",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/json; charset=utf-8",
            "application/graphql-response+json\napplication/*;q=0.1",
        ],
        &["text/html", "application/json;q=0", "application/json;q=x", "application/json;q=NaN", ""],
    )
}

/// Several headers are one with commas (RFC 9110, section 5.3).
fn joined(bytes: &[u8]) -> Vec<u8> {
    bytes.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(&b',')
}

fn accept(bytes: &[u8]) -> bool {
    let Some(headers_) = headers(&ACCEPT, bytes) else { return false };
    let media = Media::of(&headers_);
    assert_eq!(headers(&ACCEPT, &joined(bytes)).map(|headers| Media::of(&headers)), Some(media));
    // Who takes everything besides takes something.
    let more = headers(&ACCEPT, &[bytes, b"\n*/*;q=0.001"].concat()).and_then(|headers| Media::of(&headers));
    let refuses = |name: &str| text(bytes).to_ascii_lowercase().contains(name);
    assert!(more.is_some() || refuses("application/") || refuses("*/*") || !bytes.is_ascii(), "{more:?}");
    media.is_some()
}

fn accepts_of_events() -> Seeds {
    Seeds::of(
        &["text/event-stream", "application/json, Text/Event-Stream;q=0.5", "text/event-stream; charset=utf-8"],
        &["*/*", "text/event-stream;q=0", "text/event-stream; Q=0.", "text/event-stream;q=x", "text/event-stream\nї"],
    )
}

fn accept_events(bytes: &[u8]) -> bool {
    let taken = |bytes: &[u8]| headers(&ACCEPT, bytes).map(|headers| events::are_taken(&headers));
    let Some(taken_here) = taken(bytes) else { return false };
    assert_eq!(taken(&joined(bytes)), Some(taken_here));
    taken_here
}

fn basics() -> Seeds {
    let of = |plain: &str| format!("Basic {}", BASE64.encode(plain));
    Seeds::of(
        &[&of("kazanka:secret"), &of("kaz%20+:s%3A%D1%97"), &of(":")],
        &["Basic", "Basic !", "Bearer abc", &of("no colon")],
    )
}

fn basic(bytes: &[u8]) -> bool {
    let Some(given) = headers(&AUTHORIZATION, bytes) else { return false };
    let Some(shown) = credentials::basic(&given) else { return false };
    let coded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let again = format!("basic {}", BASE64.encode(format!("{}:{}", coded(&shown.id), coded(shown.secret.expose_secret()))));
    let again = headers(&AUTHORIZATION, again.as_bytes()).and_then(|headers| credentials::basic(&headers)).expect("the same");
    assert_eq!((again.id, again.secret.expose_secret()), (shown.id, shown.secret.expose_secret()));
    true
}

fn parts_of_basic() -> Seeds {
    Seeds::of(&["kazanka:secret", "a%3Ab+c%C3%AF:", "ї:ї:ї"], &["no colon", "%:x", "%4:x", "%ff:x"])
}

fn basic_parts(bytes: &[u8]) -> bool {
    basic(format!("Basic {}", BASE64.encode(bytes)).as_bytes())
}

fn bearers() -> Seeds {
    Seeds::of(&["Bearer abc", "bearer  abc "], &["Basic abc", "Bearer ", "Bearer", "Bearer a\nBearer b"])
}

fn bearer(bytes: &[u8]) -> bool {
    let Some(headers) = headers(&AUTHORIZATION, bytes) else { return false };
    match request::bearer(&headers) {
        request::Credentials::Bearer(token) => {
            assert!(!token.is_empty() && token.trim() == token && text(bytes).contains(token));
            true
        }
        request::Credentials::None | request::Credentials::Unreadable => false,
    }
}

fn aims() -> Seeds {
    Seeds::of(&["CASE_WORK", "AUDIT", "worker:7"], &["a b", "ї", "", "AUDIT\nAUDIT"])
}

fn aim(bytes: &[u8]) -> bool {
    let (purpose, worker) = (HeaderName::from_static("mistok-purpose"), HeaderName::from_static("mistok-acting-for"));
    let read = |name| headers(name, bytes).map(|headers| request::aim(&headers));
    let mut taken = false;
    // No language is wrong: one that is none of ours is English.
    assert!(read(&ACCEPT_LANGUAGE).is_none_or(|read| read.is_ok()));
    for read in [read(&purpose), read(&worker)].into_iter().flatten() {
        match read {
            Ok(request::Aim { purpose, acting_for: worker, .. }) => {
                assert!(purpose.is_none_or(|purpose| purpose.word().as_bytes() == bytes));
                assert!(worker.is_none_or(|worker| worker.as_bytes() == bytes && worker.len() <= 128));
                taken = true;
            }
            Err(fault) => asked_wrong(&fault, &[ErrorCode::BadUserInput]),
        }
    }
    taken
}

fn request_ids() -> Seeds {
    Seeds::of(&["a-1_b.C", "0"], &["", "a b", "a\"b", "ї"])
}

fn request_id(bytes: &[u8]) -> bool {
    let Some(headers) = headers(&request::REQUEST_ID, bytes) else { return false };
    let id = request::id(&headers);
    // It stands in the log and in a header.
    assert!(
        (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)),
        "{id}"
    );
    id.as_bytes() == bytes
}

fn last_events() -> Seeds {
    Seeds::of(&["abc", "AAAA-_"], &["", "ї"])
}

fn last_event(bytes: &[u8]) -> bool {
    let Some(headers) = headers(&HeaderName::from_static("last-event-id"), bytes) else { return false };
    let last = events::last(&headers);
    assert!(last.as_ref().is_none_or(|last| !last.is_empty() && text(bytes).starts_with(last.as_str())));
    last.is_some()
}

fn forms() -> Seeds {
    Seeds::of(
        &[
            "grant_type=client_credentials&client_id=a&client_secret=b%20c&scope=cases%3Aread",
            "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=a.b.c",
        ],
        &["client_id=a&client_id=b", "client_id=&client_secret=x", "client_assertion=x", "%", "=&=&="],
    )
}

fn form(bytes: &[u8]) -> bool {
    let Ok(form) = Form::read(bytes.to_vec()) else { return false };
    for name in ["grant_type", "scope", ""] {
        assert!(form.one(name).is_ok() || text(bytes).matches('&').count() > 0, "one parameter is given twice");
    }
    match credentials::shown(&HeaderMap::new(), &form) {
        Ok(Credentials::Secret(shown)) => !shown.id.is_empty() && !shown.secret.expose_secret().is_empty(),
        Ok(Credentials::Signed { text, id }) => !text.is_empty() && id.is_none_or(|id| !id.is_empty()),
        Err(_) => false,
    }
}

fn wishes() -> Seeds {
    Seeds::of(
        &["", "from=2025-01-01&to=2025-01-01&lang=uk&bom=1&delimiter=semicolon", "delimiter=tab&lang=en"],
        &["from=-99999-1-1", "to=%2B99999-1-1", "from=2025-01-02&to=2025-01-01", "bom=1&bom=1", "x=1"],
    )
}

fn wish(bytes: &[u8]) -> bool {
    let query = text(bytes);
    assert!(export::wish(&query, "").is_ok(), "a name names an export or none");
    let read = |name| export::wish(name, &query).ok().map(|wish| wish.expect("there is such an export"));
    let (table, lines) = (read("services.csv"), read("referrals.ndjson"));
    for wish in table.iter().chain(&lines) {
        let days = [wish.from, wish.to].into_iter().flatten();
        assert!(days.into_iter().all(|day| period::day(&day.to_string()).is_some()), "{wish:?}");
        assert!(wish.from.zip(wish.to).is_none_or(|(from, to)| from <= to));
    }
    table.is_some()
}

fn retries() -> Seeds {
    Seeds::of(
        &["120", "0", "99999999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT", " 7 "],
        &["-1", "soon", "1.5", "", "2026-11-22T09:30:00Z"],
    )
}

fn retry_after(bytes: &[u8]) -> bool {
    let now = DateTime::from_timestamp(1_795_339_800, 0).expect("a moment");
    let text = text(bytes);
    assert_eq!(schedule::silence(500, Some(&text), now), None);
    let silence = schedule::silence(503, Some(&text), now);
    assert!(silence.is_none_or(|silence| silence >= Duration::zero() && silence <= Duration::hours(24)), "{silence:?}");
    silence.is_some()
}
