//! Questions as they come: a body, an address, a message of WebSocket, and the frames that carry one.

use super::{Parser, Seeds, text};
use mistok::{
    application::shelf,
    http::{
        ask::{self, Document, Question, Unasked},
        stream::{
            frame::Frames,
            message::{self, Close, Said},
        },
    },
    journal::proof::hex,
};
use serde_json::{Map, Value, json};
use url::form_urlencoded::Serializer;

pub(super) const ALL: &[Parser] = &[
    Parser { name: "body of a question", read: posted, seeds: bodies, times: 2_000 },
    Parser { name: "address of a question", read: got, seeds: addresses, times: 2_000 },
    Parser { name: "message", read: message, seeds: messages, times: 2_000 },
    Parser { name: "frames", read: frames, seeds: connections, times: 2_000 },
];

fn named(text: &str) -> String {
    format!("sha256:{}", hex(&shelf::hash(text)))
}

fn bodies() -> Seeds {
    let id = named("{a}");
    let persisted =
        format!(r#"{{"query":"{{a}}","extensions":{{"persistedQuery":{{"version":1,"sha256Hash":"{}"}}}}}}"#, &id[7..]);
    Seeds::of(
        &[
            r#"{"query":"query A($a: Int) {a}","operationName":"A","variables":{"a":1,"b":[null,{"ї":"\u0000"}]},"extensions":{}}"#,
            &format!(r#"{{"documentId":"{id}","variables":null}}"#),
            &persisted,
        ],
        &[
            &persisted.replace("{a}", "{b}"),
            &format!(r#"{{"documentId":"{id}0"}}"#),
            &format!(r#"{{"documentId":"{}ї"}}"#, &id[..id.len() - 2]),
            r#"{"query":7}"#,
            r#"{"query":"{a}","extensions":[]}"#,
            "[]",
        ],
    )
}

/// The same question once more.
fn again(question: &Question) -> Map<String, Value> {
    let Question { document, operation, variables } = question;
    let mut members = match document {
        Document::Text(text) => json!({"query": text, "documentId": named(text)}),
        Document::Hash(hash) => json!({"documentId": format!("sha256:{}", hex(hash))}),
    };
    members["operationName"] = operation.clone().into();
    members["variables"] = Value::Object(variables.clone());
    let Value::Object(members) = members else { panic!("an object") };
    members
}

fn told(unasked: &Unasked) {
    if let Unasked::Malformed(why) = unasked {
        assert!(!why.is_empty() && why.len() < 200, "{why}");
    }
}

fn posted(bytes: &[u8]) -> bool {
    let Ok(Value::Object(members)) = serde_json::from_slice(bytes) else { return false };
    match ask::question(members) {
        Ok(question) => {
            assert_eq!(ask::question(again(&question)).as_ref(), Ok(&question));
            true
        }
        Err(unasked) => {
            told(&unasked);
            false
        }
    }
}

fn addresses() -> Seeds {
    let id = named("{a}").replace(':', "%3A");
    Seeds::of(
        &[
            "query=query+A(%24a%3AInt)%7Ba%7D&operationName=A&variables=%7B%22a%22%3A1%7D&extensions=&x=1",
            &format!("documentId={id}"),
            "query=%",
        ],
        &["", "query=a&query=b", "query=a&variables=1", "query=a&extensions=%5B%5D"],
    )
}

fn got(bytes: &[u8]) -> bool {
    let question = match ask::got(&text(bytes)) {
        Ok(question) => question,
        Err(unasked) => {
            told(&unasked);
            return false;
        }
    };
    let mut address = Serializer::new(String::new());
    for (name, value) in again(&question) {
        match value {
            Value::String(text) => address.append_pair(&name, &text),
            Value::Null => continue,
            other => address.append_pair(&name, &other.to_string()),
        };
    }
    let read = ask::got(&address.finish()).expect("the same question");
    // A float may lose its last bit each time that it is written; no variable of ours is one.
    assert_eq!((read.document, read.operation), (question.document, question.operation));
    assert!(read.variables.keys().eq(question.variables.keys()));
    true
}

fn messages() -> Seeds {
    Seeds::of(
        &[
            r#"{"type":"connection_init","payload":{"Authorization":"Bearer abc"}}"#,
            r#"{"type":"ping","payload":{"a":[1,{"b":null}]}}"#,
            r#"{"type":"pong"}"#,
            r#"{"type":"complete","id":"\"\\ї\u0000"}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":"A","variables":{"x":1}}}"#,
        ],
        &[
            "[]",
            r#"{"type":"frobnicate"}"#,
            r#"{"type":"complete","id":""}"#,
            r#"{"type":"ping","payload":[]}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
        ],
    )
}

fn message(bytes: &[u8]) -> bool {
    let json = |text: String| serde_json::from_str::<Value>(&text).expect("JSON");
    let said = match Said::read(&text(bytes)) {
        Ok(said) => said,
        Err(why) => {
            // It fits into a close frame (RFC 6455, section 5.5).
            assert!((1..=123).contains(&why.len()), "{why}");
            return false;
        }
    };
    match said {
        Said::Ping(payload) => {
            let pong = message::pong(payload);
            assert!(pong.len() < 2_048 && Said::read(&pong) == Ok(Said::Pong), "{pong}");
        }
        Said::Subscribe { id, .. } | Said::Complete { id } => {
            let told = [message::next(&id, "{}"), message::error(&id, "[]"), message::complete(&id)];
            told.into_iter().for_each(|told| assert_eq!(json(told)["id"], id));
        }
        Said::Init(_) | Said::Pong => {}
    }
    true
}

fn connections() -> Seeds {
    let frame = |head: &[u8], length: usize| [head, &[1, 2, 3, 4], &vec![0xff; length]].concat();
    let taken = vec![
        frame(&[0x81, 0x85], 5),
        [frame(&[0x01, 0x80], 0), frame(&[0x89, 0x81], 1), frame(&[0x80, 0xfe, 0, 200], 200)].concat(),
        frame(&[0x82, 0xff, 0, 0, 0, 0, 0, 0, 3, 232], 1_000),
    ];
    let refused = vec![
        vec![0xc1, 0x80],
        vec![0x09, 0x81],
        vec![0x81, 0x01],
        frame(&[0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 3),
        frame(&[0x82, 0xfe, 4, 1], 3),
    ];
    Seeds { taken, refused }
}

/// However the bytes are cut, the answer is the same.
fn frames(bytes: &[u8]) -> bool {
    const MOST: u64 = 1_024;
    let whole = Frames::default().pass(bytes, MOST);
    for size in [1, 3, 7] {
        let mut frames = Frames::default();
        let cut = bytes.chunks(size).try_for_each(|part| frames.pass(part, MOST));
        assert_eq!(cut, whole, "in pieces of {size}");
    }
    assert!(matches!(whole, Ok(()) | Err(Close::Protocol | Close::TooLarge)));
    whole.is_ok() && !bytes.is_empty()
}
