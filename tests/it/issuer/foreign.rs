//! What a token of a foreign issuer opens: what its application holds today, as far as the token says so and the operator lets it.

use super::{Key, Scene, said};
use crate::served::Served;
use chrono::Duration;
use mistok::{
    access::Scope,
    app::App,
    base::{clock::Clock, words::organization::OrganizationKind::Ngo},
    config::{Issuers, Networks, Serve},
};
use serde_json::json;
use std::collections::HashMap;

impl Scene {
    async fn opens(&self, token: &str) -> Vec<String> {
        let answer = self.asked(token).await;
        serde_json::from_value(answer.data()["viewer"]["scopes"].clone()).unwrap()
    }
}

#[tokio::test]
async fn a_token_opens_what_it_says_as_far_as_its_application_holds_it() {
    let scene = Scene::new().await;
    let token = scene.token(|_, _| ());
    let who = scene.served.ask(&token, "{viewer{application{clientId} organization{id}}}", json!({})).await;
    assert_eq!(who.data()["viewer"]["application"], json!(null), "it does not hold applications:manage");
    let id = mistok::graphql::node::Kind::Organization.id(scene.partner.organization_id).0;
    assert_eq!(who.data()["viewer"]["organization"]["id"], json!(id));
    assert_eq!(scene.opens(&token).await, ["referrals:read", "cases:read"]);
    // More than the application holds, words of nobody, a list, nothing.
    let wide = json!("referrals:write payments:write registry:write openid cases:write applications:manage");
    for (said, opens) in [
        (wide, vec!["referrals:read", "cases:read", "cases:write", "applications:manage"]),
        (json!(["cases:read", 7, "openid"]), vec!["cases:read"]),
        (json!(""), vec![]),
        (json!(null), vec![]),
        (json!({"cases:read": true}), vec![]),
    ] {
        let token = scene.token(|_, claims| claims["scope"] = said.clone());
        assert_eq!(scene.opens(&token).await, opens, "{said}");
    }
    // A token of our own goes on beside it, at the same server.
    let own = scene.own.token(&scene.partner).await;
    assert_eq!(scene.opens(&own).await.len(), 4);
    // What it may not, it may not.
    let denied = scene.served.ask(&token, "{applications{id}}", json!({})).await;
    assert_eq!((denied.status, denied.code()), (403, "FORBIDDEN"));
}

#[tokio::test]
async fn words_and_claims_are_those_that_the_operator_names() {
    let scene = Scene::with(|said| {
        said.audience = Some("mistok".into());
        said.subject_claim = "/act/sub".into();
        said.scope_claim = "/realm_access/roles".into();
        said.scope_map = Some(HashMap::from([
            ("worker".to_owned(), vec!["cases:write".to_owned(), "referrals:read".to_owned()]),
            ("clerk".to_owned(), vec!["applications:manage".to_owned()]),
        ]));
        said.scopes = Some(vec!["cases:read".into(), "referrals:read".into()]);
    })
    .await;
    let token = |roles: serde_json::Value| {
        scene.token(|_, claims| {
            claims["aud"] = json!(["account", "mistok"]);
            claims["act"] = json!({"sub": "registry"});
            claims["realm_access"] = json!({"roles": roles});
            claims["client_id"] = json!(null);
        })
    };
    // Never more than its most, whatever the map says; its own words are no words here.
    assert_eq!(scene.opens(&token(json!(["worker", "clerk", "cases:write"]))).await, ["referrals:read", "cases:read"]);
    assert!(scene.opens(&token(json!(["clerk", "cases:read"]))).await.is_empty());
    assert_eq!(scene.status(&scene.token(|_, _| ())).await, 401, "meant for another one");
}

#[tokio::test]
async fn who_is_no_application_here_or_no_more_is_out() {
    let scene = Scene::with(|said| {
        said.subjects.insert("gone".into(), "no-such-client".into());
    })
    .await;
    let (token, manager) = (scene.token(|_, _| ()), scene.own.token(&scene.partner).await);
    assert_eq!(scene.status(&token).await, 200);
    for named in
        [json!("gone"), json!("registry "), json!(scene.partner.client_id), json!(["registry"]), json!(null), json!("")]
    {
        let token = scene.token(|_, claims| claims["client_id"] = named.clone());
        assert_eq!(scene.status(&token).await, 401, "{named}");
    }
    // Revoked here, it is out for the issuer too.
    let row = scene.served.ask(&manager, "{viewer{application{id version}}}", json!({})).await;
    let row = &row.data()["viewer"]["application"];
    let input = json!({"input": {"id": row["id"], "expectedVersion": row["version"]}});
    let revoke = "mutation($input: ApplicationRevokeInput!){applicationRevoke(input: $input){userErrors{code}}}";
    let done = scene.served.ask(&manager, revoke, input).await;
    assert_eq!(done.data()["applicationRevoke"]["userErrors"], json!([]));
    assert_eq!(scene.status(&token).await, 401);
}

#[tokio::test]
async fn an_issuer_speaks_for_nobody_whom_it_was_not_given() {
    let scene = Scene::new().await;
    let another = scene.own.partner(Ngo).await;
    // Neither by the claim that counts nor by those that do not.
    let token = scene.token(|_, claims| {
        claims["client_id"] = another.client_id.as_str().into();
        claims["org"] = json!(another.organization_id);
    });
    assert_eq!(scene.status(&token).await, 401);
    let token = scene.token(|_, claims| {
        claims["azp"] = another.client_id.as_str().into();
        claims["sub"] = another.client_id.as_str().into();
        claims["org"] = json!(another.organization_id);
    });
    let who = scene.served.ask(&token, "{viewer{organization{id}}}", json!({})).await;
    let id = mistok::graphql::node::Kind::Organization.id(scene.partner.organization_id).0;
    assert_eq!(who.data()["viewer"]["organization"]["id"], json!(id));
}

#[tokio::test]
async fn what_is_told_ends_with_the_token() {
    let scene = Scene::new().await;
    let now = scene.served.clock.now().timestamp();
    let token = scene.token(|_, claims| claims["exp"] = json!(now + 3600));
    let asked = scene.served.http.post(format!("{}/graphql", scene.served.url)).bearer_auth(token);
    let asked = asked.header("accept", "text/event-stream").json(&json!({"query": "subscription{changes{cursor}}"}));
    let mut answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    scene.advance(Duration::seconds(3600 - 2));
    let mut text = String::new();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), async {
        while let Some(part) = answer.chunk().await.unwrap() {
            text.push_str(std::str::from_utf8(&part).unwrap());
        }
    });
    ended.await.expect("it ends with its token");
    assert!(text.contains("UNAUTHENTICATED") || text.contains("event: complete"), "{text}");
}

#[tokio::test]
async fn what_the_operator_says_is_checked_at_the_start() {
    let first = Served::new().await;
    let fault = async |issuer: &str, change: &dyn Fn(&mut mistok::config::Issuer)| {
        let mut said = said(issuer, "x");
        change(&mut said);
        let issuers = Issuers { all: vec![said], allow: Networks::loopback() };
        let config = Serve { issuers, ..first.config.clone() };
        App::new(&config, Clock::default()).await.err().map(|fault| fault.to_string()).unwrap_or_default()
    };
    assert_eq!(fault("https://id.example", &|_| ()).await, "");
    assert!(fault(&first.url, &|_| ()).await.contains("this server itself"));
    let no_scope = fault("https://id.example", &|said| said.scopes = Some(vec!["cases:all".into()])).await;
    assert!(no_scope.contains("MISTOK_ISSUERS") && no_scope.contains("cases:all"), "{no_scope}");
    let mapped = HashMap::from([("a".to_owned(), vec![Scope::CasesRead.word().to_owned(), "b".to_owned()])]);
    assert!(fault("https://id.example", &|said| said.scope_map = Some(mapped.clone())).await.contains("\"b\""));
}

#[tokio::test]
async fn a_name_of_an_issuer_opens_nothing_by_itself() {
    let scene = Scene::new().await;
    let strange = Key::new(&scene.key.kid);
    let (header, claims) = scene.good();
    assert_eq!(scene.status(&strange.sign(&header, &claims)).await, 401, "another key of the same name");
    // An issuer that nobody trusts, and our own name over a foreign key.
    for iss in ["https://id.example", &scene.own.url, &format!("{}/", scene.foreign.url)] {
        let token = scene.token(|_, claims| claims["iss"] = iss.into());
        assert_eq!(scene.status(&token).await, 401, "{iss}");
    }
    // A server that trusts no issuer knows this one as little.
    let token = scene.token(|_, _| ());
    let answer = scene.own.ask(&token, "{viewer{scopes}}", json!({})).await;
    assert_eq!((answer.status, answer.code()), (401, "UNAUTHENTICATED"));
}
