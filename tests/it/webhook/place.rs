//! Where no request may go, however it is asked for.

use super::{Stage, says};
use crate::{served::Served, town::Town};
use mistok::{
    base::timetable::Timetable,
    config::Networks,
    webhook::{Outside, outside::Lookup},
};
use serde_json::json;
use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
};

/// Names of a test's own, which can be led elsewhere.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<HashMap<String, Vec<IpAddr>>>>);

impl Names {
    fn lead(&self, name: &str, to: &[&str]) {
        let to = to.iter().map(|address| address.parse().unwrap()).collect();
        self.0.lock().unwrap().insert(name.to_owned(), to);
    }

    fn lookup(&self) -> Lookup {
        let names = self.clone();
        Arc::new(move |name| {
            let found = names.0.lock().unwrap().get(&name).cloned();
            Box::pin(async move { found.ok_or_else(|| io::Error::other("no such name")) })
        })
    }
}

async fn stage(allow: Networks, names: &Names) -> Stage {
    let served = Served::within(Timetable::default(), Outside::with(allow, names.lookup())).await;
    Stage::of(Town::of(served).await).await
}

#[tokio::test]
async fn an_address_inside_is_refused_at_its_field() {
    let names = Names::default();
    names.lead("public.example", &["203.0.114.1", "2606:4700::1111"]);
    names.lead("private.example", &["10.0.0.1"]);
    names.lead("mixed.example", &["203.0.114.1", "192.168.1.1"]);
    names.lead("metadata.example", &["169.254.169.254"]);
    names.lead("mapped.example", &["::ffff:127.0.0.1"]);
    names.lead("localhost", &["127.0.0.1", "::1"]);
    let stage = stage(Networks::default(), &names).await;
    let side = &stage.town.receiver;
    let mut inside = Vec::new();
    for url in [
        "https://127.0.0.1/",
        "https://127.0.0.1:5432/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://2130706433/",
        "https://localhost/",
        "https://private.example/",
        "https://mixed.example/",
        "https://metadata.example/",
        "https://mapped.example/",
    ] {
        let made = stage.made(side, url, &["TEST"]).await;
        let errors = made["userErrors"].as_array().unwrap();
        assert_eq!(
            (errors.len(), &errors[0]["code"], &errors[0]["path"]),
            (1, &json!("INVALID"), &json!(["input", "url"])),
            "{url}"
        );
        inside.push(errors[0]["message"].as_str().unwrap().to_owned());
    }
    inside.dedup();
    assert_eq!(inside.len(), 1, "no address is told from another: {inside:?}");
    let long = format!("https://public.example/{}", "x".repeat(10_000));
    for (url, hint) in [
        ("http://public.example/", "https"),
        (long.as_str(), "2000"),
        ("https://me:secret@public.example/", "password"),
        ("https://public.example/#x", "fragment"),
        ("gopher://public.example/", "https"),
        ("public.example", "no address"),
    ] {
        let made = stage.made(side, url, &["TEST"]).await;
        let error = &made["userErrors"][0];
        assert_eq!((&error["code"], &error["path"]), (&json!("INVALID"), &json!(["input", "url"])), "{hint}");
        assert!(error["message"].as_str().unwrap().contains(hint), "{error}");
        assert!(!error["message"].as_str().unwrap().contains("secret"), "{error}");
    }
    // Several faults at once; unknown kinds never come so far.
    let made = stage.made(side, "https://[::1]/", &[]).await;
    let paths: Vec<_> = made["userErrors"].as_array().unwrap().iter().map(|error| error["path"][1].clone()).collect();
    assert_eq!(paths, ["url", "types"]);
    let query = "mutation($input: WebhookEndpointCreateInput!){ webhookEndpointCreate(input: $input){ userErrors { code } } }";
    let unknown = stage.town.ask(side, query, json!({"input": {"url": "https://public.example/", "types": ["NO_SUCH"]}})).await;
    assert!(unknown.code() == "BAD_USER_INPUT" && unknown.text.contains("types"), "{}", unknown.text);
    // A public name is taken, and so is one that leads nowhere yet; not to another address, though.
    let good = stage.made(side, "https://public.example/hook", &["TEST"]).await;
    assert_eq!(good["userErrors"], json!([]));
    assert_eq!(stage.made(side, "https://not-yet.example/", &["TEST"]).await["userErrors"], json!([]));
    let input = json!({"id": good["endpoint"]["id"], "expectedVersion": 1, "url": "https://private.example/"});
    let refused = stage.town.refused(side, "webhookEndpointUpdate", "endpoint", input).await;
    assert_eq!(refused, ("INVALID".to_owned(), "input.url".to_owned()));
}

#[tokio::test]
async fn a_name_that_is_led_elsewhere_leads_nowhere() {
    let names = Names::default();
    let here = Networks::parse("127.0.0.1").unwrap();
    names.lead("good.example", &["127.0.0.1"]);
    names.lead("later.example", &["203.0.114.1"]);
    names.lead("plain.example", &["127.0.0.1"]);
    let stage = stage(here, &names).await;
    let side = &stage.town.receiver;
    let port = stage.receiver.port;
    let mut endpoints = Vec::new();
    for url in [
        format!("http://good.example:{port}/good"),
        format!("https://later.example:{port}/later"),
        format!("http://plain.example:{port}/plain"),
    ] {
        let made = stage.made(side, &url, &["CENTRE_CHANGED"]).await;
        assert_eq!(made["userErrors"], json!([]), "{url}");
        endpoints.push(made["endpoint"].clone());
    }
    // After they were looked at: to the machine itself, to its network, and by plain http to the internet.
    names.lead("later.example", &["127.0.0.2"]);
    names.lead("plain.example", &["203.0.114.1"]);
    stage.changes(side, 1, 1).await;
    assert_eq!(stage.round().await, 3);
    for (endpoint, error) in endpoints.iter().zip(["-", "ADDRESS_NOT_ALLOWED", "ADDRESS_NOT_ALLOWED"]) {
        assert_eq!(stage.errors(side, endpoint).await, [error], "{}", endpoint["url"]);
    }
    assert_eq!(stage.receiver.got().iter().map(|got| got.path.clone()).collect::<Vec<_>>(), ["/good"]);
    // What one refused address is, is not told from another: no code of an answer, no other word.
    names.lead("later.example", &["127.0.0.1", "10.0.0.1"]);
    stage.receiver.treats("/later", [says(200)]);
    stage.town.served.clock.advance(chrono::Duration::seconds(6));
    stage.round().await;
    assert_eq!(stage.errors(side, &endpoints[1]).await, ["ADDRESS_NOT_ALLOWED", "ADDRESS_NOT_ALLOWED"]);
}

#[tokio::test]
async fn what_was_allowed_once_is_asked_again() {
    let names = Names::default();
    let stage = stage(Networks::loopback(), &names).await;
    let side = &stage.town.receiver;
    let (endpoint, _) = stage.endpoint(side, "/in", &["CENTRE_CHANGED"]).await;
    // The operator has taken the network out of the setting since.
    let app = &stage.town.served.app;
    let outside = Arc::new(Outside::with(Networks::default(), names.lookup()));
    let post = mistok::work::post::Post::new(outside, app.seal().clone(), stage.town.served.clock.clone());
    let stage = Stage { post: Arc::new(post), ..stage };
    stage.changes(&stage.town.receiver, 1, 1).await;
    assert_eq!(stage.round().await, 1);
    assert_eq!(stage.errors(&stage.town.receiver, &endpoint).await, ["ADDRESS_NOT_ALLOWED"]);
    assert!(stage.receiver.got().is_empty());
}
