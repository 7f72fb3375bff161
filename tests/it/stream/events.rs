//! Server-sent events, as graphql-sse defines them.

use super::{TELL, change};
use crate::{
    feed::settled,
    town::{Side, Town},
};
use chrono::Duration;
use serde_json::{Value, json};

/// What comes as events: kind, id, data.
struct Events {
    answer: reqwest::Response,
    read: String,
}

#[derive(Debug, PartialEq)]
struct Event {
    kind: String,
    id: Option<String>,
    data: Value,
}

impl Events {
    async fn of(town: &Town, side: &Side, query: &str, variables: Value, headers: &[(&str, &str)]) -> Self {
        let mut asked = town.served.http.post(format!("{}/graphql", town.served.url)).bearer_auth(&side.token);
        asked = asked.header("accept", "text/event-stream");
        for (name, value) in headers {
            asked = asked.header(*name, *value);
        }
        let answer = asked.json(&json!({"query": query, "variables": variables})).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream; charset=utf-8");
        Self { answer, read: String::new() }
    }

    /// The next event; none: the stream has ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.read = rest;
                let field =
                    |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim_start);
                let Some(kind) = field("event") else { continue };
                let data = field("data").map_or(Value::Null, |data| serde_json::from_str(data).unwrap_or_default());
                return Some(Event { kind: kind.to_owned(), id: field("id").map(str::to_owned), data });
            }
            let chunk = tokio::time::timeout(super::LONG, self.answer.chunk()).await.expect("nothing came").unwrap()?;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn told(&mut self) -> Value {
        let event = self.next().await.expect("an event");
        assert_eq!((event.kind.as_str(), &event.data["data"]["changes"]["cursor"]), ("next", &json!(event.id)), "{event:?}");
        event.data["data"]["changes"].clone()
    }
}

#[tokio::test]
async fn changes_come_as_events_and_a_client_goes_on_by_itself() {
    let town = Town::new().await;
    settled(&town).await;
    let mut events = Events::of(&town, &town.stranger, TELL, json!({}), &[("accept-encoding", "gzip")]).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    change(&town, &town.stranger, 3).await;
    let all = [events.told().await, events.told().await, events.told().await];
    assert!(all.iter().all(|told| told["type"] == "OFFERING_CHANGED"));
    // As a browser connects again.
    let last = all[0]["cursor"].as_str().unwrap();
    let mut again = Events::of(&town, &town.stranger, TELL, json!({}), &[("last-event-id", last)]).await;
    assert_eq!([again.told().await, again.told().await], all[1..]);
    let mut from = Events::of(&town, &town.stranger, TELL, json!({"after": last, "types": ["OFFERING_CHANGED"]}), &[]).await;
    assert_eq!(from.told().await, all[1]);
}

#[tokio::test]
async fn everything_may_be_asked_for_as_events() {
    let town = Town::new().await;
    let whole = async |query: &str, variables: Value| {
        let mut events = Events::of(&town, &town.sender, query, variables, &[]).await;
        let (first, last) = (events.next().await.unwrap(), events.next().await.unwrap());
        assert_eq!((last.kind.as_str(), last.data), ("complete", Value::Null));
        assert_eq!(events.next().await, None, "the stream ends");
        assert_eq!(first.kind, "next");
        first.data
    };
    assert_eq!(
        whole("{ viewer { organization { id } } }", json!({})).await["data"]["viewer"]["organization"]["id"],
        town.sender.id.as_str()
    );
    for (query, code) in
        [("{ nope }", "VALIDATION_FAILED"), ("{", "SYNTAX_ERROR"), ("subscription { nope }", "VALIDATION_FAILED")]
    {
        assert_eq!(whole(query, json!({})).await["errors"][0]["extensions"]["code"], code, "{query}");
    }
    assert_eq!(whole(TELL, json!({"after": "x"})).await["errors"][0]["extensions"]["code"], "INVALID_CURSOR");
    // Who takes JSON too gets JSON, but for what cannot come so.
    let both = "application/json, text/event-stream";
    let ask = async |accept: &str, query: &str, token: &str| {
        let asked = town.served.http.post(format!("{}/graphql", town.served.url)).bearer_auth(token).header("accept", accept);
        let answer = asked.json(&json!({"query": query})).send().await.unwrap();
        (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap().split(';').next().unwrap().to_owned())
    };
    let token = town.sender.token.as_str();
    assert_eq!(ask(both, "{ viewer { scopes } }", token).await, (200, "application/json".into()));
    assert_eq!(ask(both, "subscription { changes { type } }", token).await, (200, "text/event-stream".into()));
    assert_eq!(ask("application/json", "subscription { changes { type } }", token).await.0, 406);
    assert_eq!(ask("text/event-stream", "subscription { changes { type } }", "x").await.0, 401);
    assert_eq!(ask("text/html", "{ viewer { scopes } }", token).await.0, 406);
    // By GET too, but for changes of state.
    let get = async |query: &str| {
        let address = format!("{}/graphql?query={}", town.served.url, query.replace(' ', "+").replace('"', "%22"));
        let asked = town.served.http.get(address).bearer_auth(token).header("accept", "text/event-stream");
        asked.send().await.unwrap().status().as_u16()
    };
    assert_eq!(get("subscription { changes { type } }").await, 200);
    assert_eq!(get("mutation { referralAccept(input: {id: \"x\", expectedVersion: 1}) { replayed } }").await, 405);
}

#[tokio::test]
async fn it_ends_with_the_token() {
    let town = Town::new().await;
    settled(&town).await;
    town.served.clock.advance(Duration::seconds(15 * 60 - 2));
    let mut events = Events::of(&town, &town.sender, TELL, json!({}), &[]).await;
    let event = events.next().await.unwrap();
    assert_eq!((event.kind.as_str(), &event.data["errors"][0]["extensions"]["code"]), ("next", &json!("UNAUTHENTICATED")));
    assert_eq!(events.next().await.unwrap().kind, "complete");
}

#[tokio::test]
async fn a_server_that_stops_ends_it_without_the_last_word() {
    let town = Town::new().await;
    settled(&town).await;
    let mut events = Events::of(&town, &town.sender, TELL, json!({}), &[]).await;
    town.served.app.close();
    assert_eq!(events.next().await, None);
}
