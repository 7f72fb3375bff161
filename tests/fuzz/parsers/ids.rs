//! What clients keep and bring back: global ids, cursors of pages, places of the feed.

use super::{Parser, Seeds, asked_wrong, text};
use async_graphql::ID;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use chrono::{DateTime, Utc};
use mistok::{
    base::{
        error::ErrorCode,
        katottg::Katottg,
        page::{Ask, Key, Window},
    },
    graphql::node::{self, Kind},
    journal::feed::Place,
    seal::Seal,
};
use std::sync::LazyLock;
use uuid::Uuid;

pub(super) const ALL: &[Parser] = &[
    Parser { name: "global id", read: global_id, seeds: global_ids, times: 4_000 },
    Parser { name: "cursor", read: cursor, seeds: cursors, times: 2_000 },
    Parser { name: "key in a cursor", read: key, seeds: keys, times: 2_000 },
    Parser { name: "cursor of the feed", read: feed, seeds: places, times: 1_000 },
    Parser { name: "place in a cursor", read: place, seeds: places_within, times: 1_000 },
];

fn global_ids() -> Seeds {
    let taken: Vec<_> =
        [Kind::Territory, Kind::Case, Kind::WebhookDelivery].iter().map(|kind| kind.id(Uuid::from_u128(7)).0).collect();
    let code = node::territory_id("UA48020130000080862").0;
    let taken: Vec<&str> = taken.iter().chain([&code]).map(String::as_str).collect();
    // Of the audit, of no kind, cut, padded.
    Seeds::of(&taken, &["HQ", "AAAAAAAAAAAAAAAAAAAAAAc", "AQ", &format!("{code}=")])
}

fn global_id(bytes: &[u8]) -> bool {
    let id = ID(text(bytes).into_owned());
    let Some((kind, key)) = node::open(&id) else { return false };
    assert_eq!(kind.id(key), id, "one object has one id");
    assert_eq!(kind.key(&id, "id").ok(), Some(key));
    let other = if kind == Kind::Case { Kind::Consent } else { Kind::Case };
    assert!(other.key(&id, "id").is_err() && kind.maybe(None, "id").is_ok_and(|key| key.is_none()));
    let code = node::katottg(key);
    if kind == Kind::Territory && Katottg::parse(&code, "").is_ok() {
        assert_eq!(node::territory_id(&code), id);
    }
    true
}

type Moment = (DateTime<Utc>, Uuid);

const LIST: &str = "things";

fn first(after: Option<String>) -> Ask {
    Ask { first: Some(1), after, ..Ask::default() }
}

fn closed<K: Key>(key: &K) -> String {
    Window::<K>::of(&first(None), LIST).expect("a window").cursor(key).to_string()
}

fn opened<K: Key + PartialEq + std::fmt::Debug>(cursor: &str) -> bool {
    match Window::<K>::of(&first(Some(cursor.to_owned())), LIST) {
        Ok(window) => {
            let key = window.after.as_ref().expect("a key");
            assert!(key.can_stand(), "the database cannot be asked for {key:?}");
            let before = Some(window.cursor(key).to_string());
            let again = Window::<K>::of(&Ask { last: Some(1), before, ..Ask::default() }, LIST);
            assert_eq!(again.expect("its own cursor").before.as_ref(), Some(key));
            assert!(Window::<K>::of(&first(Some(cursor.to_owned())), "other things").is_err());
            true
        }
        Err(fault) => {
            asked_wrong(&fault, &[ErrorCode::InvalidCursor]);
            false
        }
    }
}

fn a_moment() -> Moment {
    (DateTime::from_timestamp_micros(1_795_339_800_000_001).expect("a moment"), Uuid::from_u128(7))
}

fn cursors() -> Seeds {
    Seeds::of(&[&closed(&a_moment()), &closed(&"UA48020130000080862".to_owned())], &["", "eA", "W10", "!"])
}

fn cursor(bytes: &[u8]) -> bool {
    let text = text(bytes);
    opened::<Moment>(&text) | opened::<String>(&text)
}

/// How every cursor of the list begins.
static NAME: LazyLock<String> = LazyLock::new(|| {
    let whole = BASE64URL.decode(closed(&String::new())).expect("base64url");
    String::from_utf8(whole).expect("JSON").trim_end_matches("\"\"]").to_owned()
});

fn keys() -> Seeds {
    let moment = |at: &str| format!("[\"{at}\",\"00000000-0000-0000-0000-000000000007\"]");
    let far = ["+262142-01-01T00:00:00Z", "-4800-01-01T00:00:00Z", "0000-12-31T23:59:59Z"].map(moment);
    let far: Vec<&str> = far.iter().map(String::as_str).chain(["\"UA\\u0000\"", "7", "[]"]).collect();
    Seeds::of(&[&moment("2026-11-22T09:30:00.000001Z"), &moment("2016-12-31T23:59:60+02:00"), "\"UA48\"", "\"\""], &far)
}

/// Whoever knows how a cursor is made makes one with any key in it.
fn key(bytes: &[u8]) -> bool {
    let cursor = BASE64URL.encode([NAME.as_bytes(), bytes, b"]"].concat());
    opened::<Moment>(&cursor) | opened::<String>(&cursor)
}

static SEAL: LazyLock<Seal> = LazyLock::new(|| Seal::of(&[7; 32]));
const OWN: Uuid = Uuid::from_u128(1);

fn entered(cursor: &str) -> bool {
    let now = DateTime::from_timestamp(1_795_339_800, 0).expect("a moment");
    match Place::open(cursor, &SEAL, OWN, now) {
        Ok(place) => {
            let again = place.cursor(&SEAL, OWN);
            assert_eq!(Place::open(&again, &SEAL, OWN, now).ok().as_ref(), Some(&place));
            assert!(Place::open(&again, &SEAL, Uuid::nil(), now).is_err(), "another's");
            place.parts();
            true
        }
        Err(fault) => {
            asked_wrong(&fault, &[ErrorCode::InvalidCursor, ErrorCode::CursorExpired]);
            false
        }
    }
}

fn places() -> Seeds {
    let at = DateTime::from_timestamp(1_795_000_000, 0).expect("a moment");
    let old = DateTime::from_timestamp(1_695_000_000, 0).expect("a moment");
    let cursor = |at| Place::of(1, 700, 12, at).cursor(&SEAL, OWN);
    Seeds::of(&[&cursor(at)], &[&cursor(old), &Place::of(1, 700, 12, at).cursor(&SEAL, Uuid::nil()), "", "AAAA"])
}

fn feed(bytes: &[u8]) -> bool {
    entered(&text(bytes))
}

fn places_within() -> Seeds {
    Seeds::of(
        &[
            r#"{"epoch":1,"tx":"700","seq":12,"at":"2026-11-01T00:00:00Z"}"#,
            r#"{"epoch":-1,"tx":"","seq":-9223372036854775808,"at":"+262142-01-01T00:00:00Z"}"#,
        ],
        &[r#"{"epoch":1,"tx":"700","seq":12,"at":"2020-11-01T00:00:00Z"}"#, r#"{"epoch":1}"#, "[]"],
    )
}

/// What is sealed is our own, from this version or another.
fn place(bytes: &[u8]) -> bool {
    entered(&BASE64URL.encode(SEAL.close_place(OWN, bytes)))
}
