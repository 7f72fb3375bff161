//! Against a server that does what it is told, since a good one seldom fails; and the vectors of signatures.

use mistok_client::{
    client::{Client, Error, on_current},
    feed::{Feed, lost},
    operations::*,
    webhook::signed,
};
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Value, json};
use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What was asked at /graphql: the token and the body.
type Asked = Arc<Mutex<Vec<(String, Value)>>>;
/// Status and body; none breaks the connection. Whatever says "later" says after how long.
type Replies = Vec<Option<(u16, Value)>>;

async fn served(lasts: u64, replies: Replies) -> (Client, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::new(&format!("http://{}", listener.local_addr().unwrap()), "id", "secret", Some("CASE_WORK")).unwrap();
    let asked = Asked::default();
    let (told, mut replies, mut tokens) = (asked.clone(), VecDeque::from(replies), 0);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (head, body) = request(&mut stream).await;
            let reply = if head.starts_with("POST /oauth/token") {
                tokens += 1;
                Some((200, json!({"access_token": format!("t{tokens}"), "expires_in": lasts})))
            } else {
                let token = head.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap().to_owned();
                told.lock().unwrap().push((token, serde_json::from_str(&body).unwrap()));
                replies.pop_front().expect("asked too often")
            };
            let Some((status, body)) = reply else { continue };
            let (body, after) = (body.to_string(), if matches!(status, 429 | 503) { "retry-after: 1\r\n" } else { "" });
            let head = format!("HTTP/1.1 {status} x\r\nconnection: close\r\n{after}content-length: {}\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).await.unwrap();
        }
    });
    (client, asked)
}

async fn request(stream: &mut TcpStream) -> (String, String) {
    let mut text = String::new();
    loop {
        let mut part = [0; 4096];
        let length = stream.read(&mut part).await.unwrap();
        text.push_str(std::str::from_utf8(&part[..length]).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse::<usize>().unwrap();
        if body.len() == length {
            return (head.to_owned(), body.to_owned());
        }
    }
}

fn error(status: u16, code: &str) -> Option<(u16, Value)> {
    Some((status, json!({"errors": [{"message": code, "extensions": {"code": code, "requestId": "r1"}}]})))
}

fn started(referral: Value, user_errors: Value) -> Option<(u16, Value)> {
    Some((200, json!({"data": {"referralStart": {"referral": referral, "userErrors": user_errors}}})))
}

fn good() -> Option<(u16, Value)> {
    started(json!({"id": "r", "status": "IN_PROGRESS", "version": 5}), json!([]))
}

fn conflict() -> Option<(u16, Value)> {
    started(Value::Null, json!([{"code": "VERSION_CONFLICT", "message": "", "path": []}]))
}

fn head() -> Option<(u16, Value)> {
    Some((200, json!({"data": {"changesHead": "c"}})))
}

async fn start(client: &Client) -> Result<referral_start::ResponseData, Error> {
    let input = referral_start::ReferralStartInput { id: "r".into(), expected_version: 4, ..Default::default() };
    client.ask::<ReferralStart>(referral_start::Variables { input }).await
}

fn tokens(asked: &Asked) -> Vec<String> {
    asked.lock().unwrap().iter().map(|(token, _)| token.clone()).collect()
}

#[tokio::test]
async fn whatever_happens_on_the_way_one_key() {
    let replies = vec![None, error(200, "TIMEOUT"), error(503, "UNAVAILABLE"), error(429, "RATE_LIMITED"), good()];
    let ((client, asked), begun) = (served(900, replies).await, Instant::now());
    assert_eq!(start(&client).await.unwrap().referral_start.referral.unwrap().version, 5);
    assert!(begun.elapsed() >= Duration::from_secs(2), "it waits as long as it is told");
    let asked = asked.lock().unwrap();
    let keys: BTreeSet<_> =
        asked.iter().map(|(_, body)| body["variables"]["input"]["idempotencyKey"].as_str().unwrap()).collect();
    assert_eq!((asked.len(), keys.len(), keys.first().unwrap().len()), (5, 1, 36));
}

#[tokio::test]
async fn a_fault_is_asked_about_once_more_a_refusal_never() {
    for (replies, expected) in
        [(vec![error(500, "INTERNAL"), error(500, "INTERNAL")], "INTERNAL"), (vec![error(403, "FORBIDDEN")], "FORBIDDEN")]
    {
        let times = replies.len();
        let (client, asked) = served(900, replies).await;
        let Err(Error::Failed { code, request_id, .. }) = start(&client).await else { panic!("{expected}") };
        assert_eq!((code.as_str(), request_id.as_deref(), asked.lock().unwrap().len()), (expected, Some("r1"), times));
    }
}

#[tokio::test]
async fn a_token_is_taken_once_anew_before_it_ends_and_anew_when_it_is_refused() {
    for (lasts, replies, expected) in [
        (900, vec![head(), head()], vec!["Bearer t1", "Bearer t1"]),
        (60, vec![head(), head()], vec!["Bearer t1", "Bearer t2"]),
        (900, vec![error(401, "UNAUTHENTICATED"), head(), head()], vec!["Bearer t1", "Bearer t2", "Bearer t2"]),
    ] {
        let (client, asked) = served(lasts, replies).await;
        for _ in 0..2 {
            client.ask::<ChangesHead>(changes_head::Variables).await.unwrap();
        }
        assert_eq!(tokens(&asked), expected);
    }
}

#[tokio::test]
async fn who_was_slower_reads_again_and_decides_anew() {
    let ((client, _), mut versions) = (served(900, vec![conflict(), good()]).await, Vec::new());
    let step = async |version: i64| {
        versions.push(version);
        start(&client).await
    };
    on_current(3, async || Ok(4), step).await.unwrap();
    assert_eq!(versions, [3, 4]);
}

#[tokio::test]
async fn a_broken_rule_is_another_error_than_a_fault() {
    let (client, _) = served(900, vec![conflict()]).await;
    assert!(matches!(start(&client).await, Err(Error::Refused(errors)) if errors[0].code == "VERSION_CONFLICT"));
}

#[tokio::test]
async fn the_feed_goes_on_page_by_page_and_says_when_it_is_lost() {
    // A type that came after this client was made.
    let entry = |cursor: &str| json!({"cursor": cursor, "type": "NEW_WORD", "objectId": "r", "objectVersion": 1, "occurredAt": "", "tombstone": true, "node": null});
    let page = |cursor: &str, more: bool| {
        Some((200, json!({"data": {"changes": {"entries": [entry(cursor)], "endCursor": cursor, "hasMore": more}}})))
    };
    let (client, _) = served(900, vec![head(), page("1", true), page("2", false), error(400, "CURSOR_EXPIRED")]).await;
    let (kept, mut seen) = (Mutex::new(Vec::new()), Vec::new());
    let mut feed = Feed::begin(&client, |cursor: &str| kept.lock().unwrap().push(cursor.to_owned())).await.unwrap();
    while let Some(change) = feed.next().await.unwrap() {
        seen.push(change.cursor);
    }
    assert_eq!(
        (kept.lock().unwrap().as_slice(), seen.as_slice()),
        (&["c", "1", "2"].map(str::to_owned)[..], &["1", "2"].map(str::to_owned)[..])
    );
    assert!(lost(&feed.next().await.unwrap_err()));
}

#[test]
fn signatures_are_those_of_the_vectors() {
    let file: Value = serde_json::from_str(include_str!("../../../../schema/webhook-vectors.json")).unwrap();
    for vector in file["vectors"].as_array().unwrap() {
        let headers = vector["headers"].as_object().unwrap().iter();
        let headers: HeaderMap = headers
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.as_str().unwrap().parse().unwrap()))
            .collect();
        let body = vector["body"].as_str().unwrap().as_bytes();
        let verifies = signed(vector["secret"].as_str().unwrap(), &headers, body, vector["now"].as_u64().unwrap()).is_some();
        assert_eq!(verifies, vector["verifies"], "{}", vector["name"]);
    }
}
