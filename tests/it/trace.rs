//! Traces of OpenTelemetry: a real server sends them to a collector, and they tell what it did, and of nobody.

use crate::{crash::Server, town::Town};
use serde_json::json;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    process::Stdio,
    sync::mpsc,
    time::Duration,
};

/// A collector that takes everything: the path and the body of each request.
fn collector() -> (String, mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (to, got) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let to = to.clone();
            std::thread::spawn(move || {
                let mut stream = BufReader::new(stream);
                loop {
                    let (mut first, mut length, mut line) = (String::new(), 0, String::new());
                    if stream.read_line(&mut first).unwrap_or(0) == 0 {
                        return;
                    }
                    while stream.read_line(&mut line).is_ok_and(|_| line.trim() != "") {
                        if let Some((name, value)) = line.split_once(':')
                            && name.eq_ignore_ascii_case("content-length")
                        {
                            length = value.trim().parse().unwrap();
                        }
                        line.clear();
                    }
                    let mut body = vec![0; length];
                    if stream.read_exact(&mut body).is_err() {
                        return;
                    }
                    let _ = to.send((first.split(' ').nth(1).unwrap_or_default().to_owned(), body));
                    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
                    if stream.get_mut().write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, got)
}

fn holds(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_request_is_traced_without_a_word_of_anybody() {
    let (url, got) = collector();
    let town = Town::new().await;
    let (sent, ..) = town.sent(&["CONTACT"]).await;
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
        ("OTEL_SERVICE_NAME", "mistok-of-a-test"),
    ];
    let server = Server::with(&town, &settings, "warn", Stdio::inherit()).await;
    let token = server.token(&town, &town.sender).await;
    // A stranger's word in the place of a method.
    let word = reqwest::Method::from_bytes(b"STRANGERSWORD").unwrap();
    let refused = town.served.http.request(word, format!("{}/graphql", server.url)).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let trace: [u8; 16] = std::array::from_fn(|place| 0xa0 + place as u8);
    let hex = trace.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let query = "query Оксана($id: ID!) { referral(id: $id) { id subject { familyName phone } } }".replace("Оксана", "Oksana");
    let asked =
        town.served.http.post(format!("{}/graphql", server.url)).bearer_auth(&token).header("mistok-purpose", "CASE_WORK");
    let asked = asked.header("traceparent", format!("00-{hex}-00f067aa0ba902b7-01"));
    let answer = asked.json(&json!({"query": query, "variables": {"id": sent["id"]}})).send().await.unwrap();
    assert!(answer.status().is_success());
    assert!(answer.text().await.unwrap().contains("Вигадана"));

    let got = tokio::task::spawn_blocking(move || {
        let (mut all, mut found) = (Vec::new(), false);
        while !found {
            let (path, body) = got.recv_timeout(Duration::from_secs(20)).expect("a trace");
            assert_eq!(path, "/v1/traces");
            all.extend(body);
            // The request ends after its transactions, perhaps in another batch.
            found = holds(&all, &trace) && holds(&all, b"POST /graphql");
        }
        all
    });
    let all = got.await.unwrap();
    for part in
        ["mistok-of-a-test", "POST /graphql", "graphql.operation.roots", "referral", "transaction", "postgresql", "_OTHER"]
    {
        assert!(holds(&all, part.as_bytes()), "no {part}");
    }
    // Nothing that a client chooses but the id of its request, and nothing that is said of a person: no names of operations, ids, tokens, values.
    for part in ["Oksana", "Вигадана", "+380", "familyName", "STRANGERSWORD", sent["id"].as_str().unwrap(), &token, "CASE_WORK"]
    {
        assert!(!holds(&all, part.as_bytes()), "{part}");
    }
}
