//! Too much, too deep, too slow: refused soon, in little memory, while others are answered.

use crate::{
    crash::Server,
    served::{Answer, Served},
    town::Town,
};
use futures_util::future::join_all;
use mistok::base::words::organization::OrganizationKind::Ngo;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// So long a test waits for an end that comes within seconds: it is about whether it comes.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn what_is_too_much_is_refused_soon() {
    let served = Served::new().await;
    let token = served.token(&served.partner(Ngo).await).await;
    let many = |field: &str| (0..500).map(|n| format!("a{n}: {field}")).collect::<Vec<_>>().join(" ");
    let asked = async |body: String| {
        let asked = served.http.post(format!("{}/graphql", served.url)).bearer_auth(&token).body(body);
        let asked = asked.header("content-type", "application/json").header("accept", "application/graphql-response+json");
        let answer = Answer::of(asked.send().await.unwrap()).await;
        (answer.status, answer.code().to_owned())
    };
    let document = |text: &str| json!({"query": text}).to_string();
    let variables = |query: &str, variables: &str| format!(r#"{{"query":{},"variables":{{"v":{variables}}}}}"#, json!(query));
    let complex = (400, "QUERY_TOO_COMPLEX".to_owned());
    for field in [
        "auditTrail(objectId: \"x\", first: 100) { nodes { id } }",
        "__schema { types { name } }",
        "indicators(input: {indicators: [REFERRALS], period: {year: 2025}}) { rows { __typename } }",
        "node(id: \"x\") { id }",
    ] {
        let (status, code) = asked(document(&format!("{{ {} }}", many(field)))).await;
        assert!(status == 400 && ["QUERY_TOO_COMPLEX", "VALIDATION_FAILED"].contains(&&*code), "{field}: {code}");
    }
    let close = "referralCancel(input: {id: \"x\", expectedVersion: 1, reason: OTHER}) { replayed }";
    assert_eq!(asked(document(&format!("mutation {{ {} }}", many(close)))).await, complex, "a mutation");

    // Variables: a list without end, and one list within the other.
    let nodes = "query($v: [ID!]!) { nodes(ids: $v) { id } }";
    let long = format!("[{}]", vec!["\"\""; 300_000].join(","));
    assert_eq!(asked(variables(nodes, &long)).await.0, 400);
    let longest = format!("[{}]", vec!["0"; 1_000_000].join(","));
    assert_eq!(asked(variables(nodes, &longest)).await.0, 413);
    for deep in [("[", "]"), ("{\"a\":", "}")] {
        let inner = if deep.0 == "[" { "" } else { "1" };
        let nested = format!("{}{inner}{}", deep.0.repeat(10_000), deep.1.repeat(10_000));
        assert_eq!(asked(variables(nodes, &nested)).await, (400, "BAD_USER_INPUT".into()));
        assert_eq!(asked(nested).await, (400, "BAD_USER_INPUT".into()), "the body itself");
    }
    // The same as literals of the document.
    for (open, shut) in [("[", "]"), ("{a:", "}")] {
        let nested = format!("{}1{}", open.repeat(10_000), shut.repeat(10_000));
        let (status, _) = asked(document(&format!("{{ nodes(ids: {nested}) {{ id }} }}"))).await;
        assert_eq!(status, 400);
    }
    for deep in [format!("{{ {}", "a { ".repeat(10_000)), format!("query($v: {}Int) {{ a }}", "[".repeat(10_000))] {
        assert_eq!(asked(document(&deep)).await.0, 400);
    }
    assert_eq!(served.ask(&token, "{ viewer { scopes } }", Value::Null).await.status, 200);
}

/// Writes, then so often the same again; all that came back until the server hung up.
async fn until_hung_up(served: &Served, first: Vec<u8>, again: &[u8], every: Duration) -> String {
    let mut wire = TcpStream::connect(served.url.trim_start_matches("http://")).await.unwrap();
    let (mut read, mut write) = wire.split();
    let mut said = Vec::new();
    let writes = async {
        if write.write_all(&first).await.is_err() {
            return;
        }
        loop {
            tokio::time::sleep(every).await;
            if write.write_all(again).await.is_err() {
                return;
            }
        }
    };
    let hears = async {
        // A reset is an end, too.
        let _ = read.read_to_end(&mut said).await;
    };
    let ends = async {
        tokio::select! { () = hears => {}, () = async { writes.await; std::future::pending::<()>().await } => {} }
    };
    let ended = tokio::time::timeout(PATIENCE, ends).await;
    let said = String::from_utf8_lossy(&said).into_owned();
    let asked = String::from_utf8_lossy(&first[..first.len().min(60)]).into_owned();
    assert!(ended.is_ok(), "not hung up: {asked:?}: {said}");
    said
}

#[tokio::test]
#[allow(clippy::type_complexity)] // A table.
async fn who_is_slow_or_never_ends_is_hung_up_on() {
    let served = &Served::new().await;
    let token = &served.token(&served.partner(Ngo).await).await;
    let head = |path: &str, more: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n{more}\r\n"
        )
        .into_bytes()
    };
    let stranger =
        |more: &str| format!("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{more}\r\n").into_bytes();
    let (slow, fast) = (Duration::from_millis(500), Duration::ZERO);
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    let announced = "Content-Length: 1000\r\n";
    // What is sent, what comes again and how often, and what is answered before the end.
    let cases: Vec<(Vec<u8>, &[u8], Duration, &str)> = vec![
        (b"POST /graphql HTTP/1.1\r\n".to_vec(), b"x: y\r\n", slow, "408"),
        (Vec::new(), b"", slow, ""),
        (head("/graphql", announced), b" ", slow, "TIMEOUT"),
        (head("/oauth/token", announced).to_vec(), b" ", slow, "HTTP/1.1 "),
        (stranger(announced), b" ", slow, "401"),
        (head("/health/live", announced), b" ", slow, "HTTP/1.1 "),
        (head("/graphql", "Transfer-Encoding: chunked\r\n"), &chunk, fast, "413"),
        (stranger("Transfer-Encoding: chunked\r\n"), &chunk, fast, ""),
        (head("/nothing", "Transfer-Encoding: chunked\r\n"), &chunk, fast, ""),
        (head("/graphql", "Content-Length: 10000000\r\n"), &chunk, fast, "413"),
        // One request that two programs read differently.
        (head("/graphql", "Content-Length: 2\r\nContent-Length: 3\r\n"), b"", slow, "400"),
        (head("/graphql", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"), b"", slow, "400"),
        (head("/graphql", "Content-Length: +2\r\n"), b"", slow, "400"),
        (head("/graphql", "Transfer-Encoding: chunked, identity\r\n"), b"", slow, "400"),
        (head("/graphql", "a b: c\r\n"), b"", slow, "400"),
    ];
    let all = cases.into_iter().map(|(first, again, every, expected)| async move {
        let said = until_hung_up(served, first, again, every).await;
        assert!(said.contains(expected), "{expected}: {said}");
    });
    join_all(all).await;
    // No body is unpacked, so that nothing small becomes large: a question that would be answered, were it, is none.
    let question = json!({"query": "{__typename}"}).to_string();
    let packed = PACKED.as_bytes().chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap());
    for (body, encoding, expected) in [(question.into_bytes(), "identity", 200), (packed.collect(), "gzip", 415)] {
        let asked = served.http.post(format!("{}/graphql", served.url)).bearer_auth(token);
        let asked = asked.header("content-type", "application/json").header("content-encoding", encoding);
        assert_eq!(asked.body(body).send().await.unwrap().status(), expected, "{encoding}");
    }
}

/// `{"query":"{__typename}"}` by gzip.
const PACKED: &str = "1f8b0800000000000203ab562a2c4d2daa54b252aa8e8f2fa92c48cd4bcc4dad55aa05005de2d19718000000";

/// What a process has in memory, in megabytes.
fn memory(pid: u32) -> u64 {
    let told = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap();
    told.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096 / 1_000_000
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_thousand_slow_clients_keep_nobody_out() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let town = Town::new().await;
    let server = Server::start(&town).await;
    let token = server.token(&town, &town.sender).await;
    let honest = async || {
        let asked = town.served.http.post(format!("{}/graphql", server.url)).bearer_auth(&token);
        asked.json(&json!({"query": "{ viewer { scopes } }"})).send().await.unwrap().status().as_u16()
    };
    assert_eq!(honest().await, 200);
    let before = memory(server.child.id());
    let mut wires = Vec::new();
    for n in 0..1_000 {
        let mut wire = TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
        let body =
            format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{{");
        let begun = format!("POST /graphql HTTP/1.1\r\nHost: x\r\n{}", if n % 2 == 0 { &body } else { "" });
        wire.write_all(begun.as_bytes()).await.unwrap();
        wires.push(wire);
    }
    assert_eq!(tokio::time::timeout(PATIENCE, honest()).await, Ok(200));
    let after = memory(server.child.id());
    assert!(after < before + 100, "{before} MB, then {after} MB");
}
