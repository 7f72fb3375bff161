//! GraphQL over HTTP, OAuth and what every answer carries, asked of a real server. The public conformance suite
//! (graphql-http, 61 audits) was run against it too; this holds what it found.

use crate::served::{Answer, Served, scopes};
use chrono::Duration;
use mistok::{
    access::Scope,
    base::words::organization::OrganizationKind::{Ministry, Ngo},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Instant;

const RESPONSE: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

impl Served {
    /// A POST with these headers and this body.
    async fn post(&self, token: &str, headers: &[(&str, &str)], body: impl Into<reqwest::Body>) -> Answer {
        let mut asked = self.http.post(format!("{}/graphql", self.url)).body(body);
        if !token.is_empty() {
            asked = asked.bearer_auth(token);
        }
        for (name, value) in headers {
            asked = asked.header(*name, *value);
        }
        Answer::of(asked.send().await.unwrap()).await
    }

    async fn get(&self, token: &str, parameters: &[(&str, &str)]) -> Answer {
        let address = reqwest::Url::parse_with_params(&format!("{}/graphql", self.url), parameters).unwrap();
        let asked = self.http.get(address).bearer_auth(token).header("accept", RESPONSE);
        Answer::of(asked.send().await.unwrap()).await
    }

    async fn form(&self, authorization: Option<&str>, form: &[(&str, &str)]) -> Answer {
        let mut asked = self.http.post(format!("{}/oauth/token", self.url)).form(form);
        if let Some(value) = authorization {
            asked = asked.header("authorization", value);
        }
        Answer::of(asked.send().await.unwrap()).await
    }
}

#[tokio::test]
async fn nobody_is_answered_before_a_token_is_shown() {
    let served = Served::new().await;
    let partner = served.partner(Ngo).await;
    let token = served.token(&partner).await;
    let ask = r#"{"query":"{viewer{scopes}}"}"#;
    let json = [("content-type", JSON)];
    let none = served.post("", &json, ask).await;
    assert_eq!(
        (none.status, none.code(), none.header("www-authenticate")),
        (401, "UNAUTHENTICATED", "Bearer realm=\"mistok\"")
    );
    assert!(none.body.get("data").is_none());
    for bad in ["x", &format!("{token}x"), &token.replace('.', "")] {
        let refused = served.post(bad, &json, ask).await;
        assert_eq!(refused.status, 401);
        assert!(refused.header("www-authenticate").contains("error=\"invalid_token\""), "{refused:?}");
    }
    // Before the body, the method and the media type are looked at.
    for answer in [served.post("", &[], "not json").await, served.post("", &[("accept", "text/html")], "").await] {
        assert_eq!(answer.status, 401);
    }
    served.clock.advance(Duration::minutes(16));
    assert_eq!(served.ask(&token, "{viewer{scopes}}", json!({})).await.status, 401, "expired");
    let fresh = served.token(&partner).await;
    assert_eq!(served.ask(&fresh, "{viewer{scopes}}", json!({})).await.status, 200);
}

#[tokio::test]
async fn a_revoked_application_is_out_at_once() {
    let served = Served::new().await;
    let partner = served.partner(Ngo).await;
    let token = served.token(&partner).await;
    let viewer = served.ask(&token, "{viewer{application{id version status}}}", json!({})).await;
    let own = &viewer.data()["viewer"]["application"];
    let revoke =
        "mutation($i:ApplicationRevokeInput!){applicationRevoke(input:$i){application{status version} userErrors{code path}}}";
    let stale = served.ask(&token, revoke, json!({"i": {"id": own["id"], "expectedVersion": 7}})).await;
    let expected = json!([{"code": "VERSION_CONFLICT", "path": ["input", "expectedVersion"]}]);
    assert_eq!(stale.data()["applicationRevoke"], json!({"application": null, "userErrors": expected}));
    let done = served.ask(&token, revoke, json!({"i": {"id": own["id"], "expectedVersion": own["version"]}})).await;
    assert_eq!(done.data()["applicationRevoke"]["application"], json!({"status": "REVOKED", "version": 2}));
    assert_eq!(served.ask(&token, "{viewer{scopes}}", json!({})).await.status, 401);
    let refused = served
        .form(
            None,
            &[("grant_type", "client_credentials"), ("client_id", &partner.client_id), ("client_secret", &partner.secret)],
        )
        .await;
    assert_eq!((refused.status, &refused.body["error"]), (401, &json!("invalid_client")));
}

#[tokio::test]
async fn media_types_and_status_follow_the_specification() {
    let served = Served::new().await;
    let token = served.token(&served.partner_with(Ngo, scopes(&[Scope::CasesRead])).await).await;
    let ask = async |accept: &str, query: &str| {
        let body = json!({"query": query}).to_string();
        served.post(&token, &[("content-type", JSON), ("accept", accept)], body).await
    };
    let both = "application/graphql-response+json, application/json;q=0.9";
    for (accept, query, status, code, media) in [
        (RESPONSE, "{__typename}", 200, "", RESPONSE),
        (JSON, "{__typename}", 200, "", JSON),
        ("*/*", "{__typename}", 200, "", JSON),
        (both, "{__typename}", 200, "", RESPONSE),
        (RESPONSE, "{", 400, "SYNTAX_ERROR", RESPONSE),
        (JSON, "{", 200, "SYNTAX_ERROR", JSON),
        (RESPONSE, "{nope}", 400, "VALIDATION_FAILED", RESPONSE),
        (JSON, "{nope}", 200, "VALIDATION_FAILED", JSON),
        (RESPONSE, "query($i:ID!){node(id:$i){id}}", 400, "", RESPONSE),
        (RESPONSE, "{applications{id}}", 403, "FORBIDDEN", RESPONSE),
        (JSON, "{applications{id}}", 200, "FORBIDDEN", JSON),
        ("text/html", "{__typename}", 406, "BAD_USER_INPUT", JSON),
    ] {
        let answer = ask(accept, query).await;
        assert_eq!(answer.status, status, "{accept} {query} {answer:?}");
        assert_eq!(answer.header("content-type"), format!("{media}; charset=utf-8"), "{query}");
        if status != 200 || !code.is_empty() {
            assert!(answer.body.get("data").is_none(), "nothing was executed: {answer:?}");
            assert!(code.is_empty() || answer.code() == code, "{answer:?}");
        }
    }
    let forbidden = ask(RESPONSE, "{a:applications{id}}").await;
    assert_eq!(forbidden.body["errors"][0]["path"], json!(["a"]));
    assert_eq!(forbidden.body["errors"][0]["extensions"]["scope"], "applications:manage");
    assert!(forbidden.header("www-authenticate").contains("insufficient_scope"));
}

#[tokio::test]
async fn a_request_that_holds_no_question_is_refused() {
    let served = Served::new().await;
    let token = served.token(&served.partner(Ngo).await).await;
    let json = ("content-type", JSON);
    let question = r#"{"query":"{__typename}"}"#;
    for (headers, body, status) in [
        (vec![json], "", 400),
        (vec![json], "{", 400),
        (vec![json], "[]", 400),
        (vec![json], r#"[{"query":"{__typename}"}]"#, 400),
        (vec![json], r#"{"query":1}"#, 400),
        (vec![json], "\"{__typename}\"", 400),
        (vec![], question, 415),
        (vec![("content-type", "text/plain")], question, 415),
        (vec![("content-type", "application/x-www-form-urlencoded")], "query={__typename}", 415),
        (vec![("content-type", "multipart/form-data; boundary=x")], question, 415),
        (vec![("content-type", "application/json; charset=latin1")], question, 415),
        (vec![json, ("content-encoding", "gzip")], question, 415),
        (vec![json, ("mistok-purpose", "curiosity")], question, 400),
        (vec![json, ("mistok-acting-for", "a b")], question, 400),
        (vec![json, ("mistok-purpose", "AUDIT"), ("mistok-acting-for", "w-7")], question, 200),
    ] {
        for accept in [JSON, RESPONSE] {
            let mut headers = headers.clone();
            headers.push(("accept", accept));
            let answer = served.post(&token, &headers, body).await;
            assert_eq!(answer.status, status, "{headers:?} {body} {answer:?}");
            assert!(status == 200 || answer.code() == "BAD_USER_INPUT", "{answer:?}");
        }
    }
    let large = format!("{{\"query\":\"#{}\\n{{__typename}}\"}}", "x".repeat(1024 * 1024));
    let refused = served.post(&token, &[json], large).await;
    assert_eq!((refused.status, refused.code()), (413, "QUERY_TOO_COMPLEX"));
}

#[tokio::test]
async fn get_answers_queries_alone() {
    let served = Served::new().await;
    let token = served.token(&served.partner(Ngo).await).await;
    let asked = [
        ("query", "query A($n:String!){__type(name:$n){name}} mutation B{__typename}"),
        ("variables", r#"{"n":"Query"}"#),
        ("operationName", "A"),
    ];
    let answer = served.get(&token, &asked).await;
    assert_eq!(answer.data(), &json!({"__type": {"name": "Query"}}));
    let refused = served.get(&token, &[("query", "mutation{__typename}")]).await;
    assert_eq!((refused.status, refused.header("allow")), (405, "POST"));
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let asked = served.http.request(method, format!("{}/graphql", served.url)).bearer_auth(&token);
        let refused = Answer::of(asked.send().await.unwrap()).await;
        assert_eq!((refused.status, refused.header("allow")), (405, "GET, POST"));
    }
}

#[tokio::test]
async fn every_answer_carries_its_id_and_is_not_kept() {
    let served = Served::new().await;
    let token = served.token(&served.partner(Ngo).await).await;
    let own = served.post(&token, &[("content-type", JSON), ("x-request-id", "mine-1")], r#"{"query":"{nope}"}"#).await;
    assert_eq!(own.header("x-request-id"), "mine-1");
    assert_eq!(own.body["errors"][0]["extensions"]["requestId"], "mine-1");
    let odd = served.post("", &[("x-request-id", "no good")], "").await;
    assert_eq!(odd.header("x-request-id").len(), 32);
    for path in [
        "/graphql",
        "/oauth/token",
        "/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server",
        "/health/live",
        "/health/ready",
        "/nothing",
    ] {
        let answer = Answer::of(served.http.get(format!("{}{path}", served.url)).send().await.unwrap()).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'", "{path}");
        assert!(answer.header("strict-transport-security").is_empty(), "without TLS it would lock people out: {path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        assert!(answer.body.is_object(), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn an_error_tells_nothing_of_the_inside() {
    let served = Served::new().await;
    let token = served.token(&served.partner(Ngo).await).await;
    for query in [
        "{__typenam __schem{x}}",
        "{__type(name:1){name}}",
        "{territories{x}}",
        "{organization(id:{a:1}){id}}",
        "{__typename @nope}",
        "{a(",
        "subscription{a}",
    ] {
        let answer = served.ask(&token, query, json!({})).await;
        let text = answer.text.to_lowercase();
        for word in ["did you mean", ".rs", "diesel", "::", "panick", "executable_definition", "-->"] {
            assert!(!text.contains(word), "{query}: {word}: {text}");
        }
        assert!(answer.status == 400, "{answer:?}");
    }
}

#[tokio::test]
async fn variables_are_refused_by_their_path() {
    let served = Served::new().await;
    let token = served.token(&served.partner(Ngo).await).await;
    let register = "mutation($i:ApplicationRegisterInput!){applicationRegister(input:$i){application{name} clientSecret userErrors{code path}}}";
    let refused = served.ask(&token, register, json!({"i": {"name": 1, "scopes": [null], "scope": "x"}, "more": 1})).await;
    let said: Vec<_> =
        refused.body["errors"].as_array().unwrap().iter().map(|error| error["message"].as_str().unwrap()).collect();
    assert_eq!(
        said,
        [
            "Variable \"$i.name\" is a number, expected String.",
            "Variable \"$i.scopes.0\" must not be null: String!.",
            "Variable \"$i.scope\" is no field of ApplicationRegisterInput.",
            "Variable \"$more\" is not declared by the operation.",
        ]
    );
    let input = json!({"i": {"name": "Звіти", "scopes": ["analytics:read"], "idempotencyKey": "k"}});
    let done = served.ask(&token, register, input.clone()).await;
    assert_eq!(done.data()["applicationRegister"]["application"], json!({"name": "Звіти"}));
    assert_eq!(done.data()["applicationRegister"]["clientSecret"].as_str().unwrap().len(), 43);
    let again = served.ask(&token, register, input).await;
    assert_eq!(again.data()["applicationRegister"]["clientSecret"], Value::Null, "shown once");
    let listed = served.ask(&token, "{applications{name organization{id} scopes}}", json!({})).await;
    assert_eq!(listed.data()["applications"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_token_endpoint_follows_rfc_6749() {
    let served = Served::new().await;
    let partner = served.partner(Ministry).await;
    let (id, secret) = (partner.client_id.as_str(), partner.secret.as_str());
    let grant = ("grant_type", "client_credentials");
    let basic = |id: &str, secret: &str| {
        use base64::Engine;
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}")))
    };
    let good = basic(id, secret);
    let taken = served.form(Some(&good), &[grant]).await;
    assert_eq!((taken.status, &taken.body["token_type"], &taken.body["expires_in"]), (200, &json!("Bearer"), &json!(900)));
    let encoded = basic(&id.replacen(&id[..1], &format!("%{:02X}", id.as_bytes()[0]), 1), secret);
    assert_eq!(served.form(Some(&encoded), &[grant]).await.status, 200, "both parts are percent-decoded");
    let narrowed = served.form(None, &[grant, ("client_id", id), ("client_secret", secret), ("scope", "registry:write")]).await;
    assert_eq!(narrowed.body["scope"], "registry:write");
    let token = narrowed.body["access_token"].as_str().unwrap();
    assert_eq!(served.ask(token, "{viewer{scopes}}", json!({})).await.data()["viewer"]["scopes"], json!(["registry:write"]));
    let wrong = basic(id, "wrong");
    for (authorization, form, status, error) in [
        (Some(&good), vec![], 400, "invalid_request"),
        (Some(&good), vec![("grant_type", "password")], 400, "unsupported_grant_type"),
        (Some(&good), vec![grant, grant], 400, "invalid_request"),
        (Some(&good), vec![grant, ("client_id", id), ("client_secret", secret)], 400, "invalid_request"),
        (Some(&good), vec![grant, ("client_id", "other")], 400, "invalid_request"),
        (Some(&good), vec![grant, ("scope", "cases:read")], 400, "invalid_scope"),
        (Some(&good), vec![grant, ("scope", "no:such")], 400, "invalid_scope"),
        (Some(&wrong), vec![grant], 401, "invalid_client"),
        (None, vec![grant], 401, "invalid_client"),
        (None, vec![grant, ("client_id", "nobody"), ("client_secret", "x")], 401, "invalid_client"),
    ] {
        let refused = served.form(authorization.map(String::as_str), &form).await;
        assert_eq!((refused.status, &refused.body["error"]), (status, &json!(error)), "{form:?}");
        assert_eq!(refused.header("www-authenticate").starts_with("Basic "), status == 401, "{form:?}");
    }
    let unknown = served.form(Some(&basic("nobody", secret)), &[grant]).await;
    assert_eq!(unknown.text, served.form(Some(&wrong), &[grant]).await.text, "an unknown client looks like a wrong secret");
    let metadata = served.http.get(format!("{}/.well-known/oauth-authorization-server", served.url)).send().await.unwrap();
    let metadata: Value = metadata.json().await.unwrap();
    assert_eq!(
        (&metadata["issuer"], &metadata["token_endpoint"]),
        (&json!(served.url), &json!(format!("{}/oauth/token", served.url)))
    );
}

#[tokio::test]
async fn without_its_database_a_server_lives_and_says_so() {
    let served = Served::new().await;
    let partner = served.partner(Ngo).await;
    let token = served.token(&partner).await;
    // Nobody may connect any more, and who is connected is out.
    let database = served.stage.database();
    let owner = crate::stage::connect(&crate::stage::superuser("postgres")).await;
    let out = format!(
        "alter database {database} allow_connections false; select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database}'"
    );
    owner.batch_execute(&out).await.unwrap();
    let get = async |path: &str| Answer::of(served.http.get(format!("{}{path}", served.url)).send().await.unwrap()).await;
    assert_eq!(get("/health/live").await.status, 200);
    let unready = get("/health/ready").await;
    assert_eq!((unready.status, unready.header("retry-after")), (503, "5"));
    served.clock.advance(Duration::seconds(31));
    for _ in 0..2 {
        let answer = served.ask(&token, "{viewer{application{id}}}", json!({})).await;
        assert_eq!((answer.status, answer.code()), (503, "UNAVAILABLE"), "{answer:?}");
        assert!(!answer.text.contains(&database), "{answer:?}");
    }
    let refused = served
        .form(
            None,
            &[("grant_type", "client_credentials"), ("client_id", &partner.client_id), ("client_secret", &partner.secret)],
        )
        .await;
    assert_eq!(refused.status, 503);
}

#[tokio::test]
async fn a_request_has_ten_seconds() {
    let served = Served::new().await;
    let token = served.token(&served.partner(Ngo).await).await;
    let owner = served.stage.owner().await;
    // Each of the three waits for the lock for five seconds.
    owner.batch_execute("begin; lock table service_type in access exclusive mode").await.unwrap();
    let one = "offeringUpdate(input:{serviceCode:\"001.0\",territories:[],capacity:NONE}){userErrors{code}}";
    let start = Instant::now();
    let late = served.ask(&token, &format!("mutation{{a:{one} b:{one} c:{one}}}"), json!({})).await;
    assert_eq!((late.status, late.code()), (503, "TIMEOUT"), "{late:?}");
    assert!((10..12).contains(&start.elapsed().as_secs()));
    // Nothing is left behind: neither a lock nor a connection in the middle of something.
    owner.batch_execute("rollback").await.unwrap();
    let done = served.ask(&token, &format!("mutation{{a:{one}}}"), json!({})).await;
    assert_eq!(done.data()["a"]["userErrors"], json!([]));
}

/// A page asks with its token; only those that the operator has named may read the answer.
#[tokio::test]
async fn pages_of_named_origins_alone_may_ask() {
    let served = Served::new().await;
    let token = served.token(&served.partner(Ngo).await).await;
    for (origin, allowed) in
        [("https://app.example", true), ("https://evil.example", false), ("null", false), ("https://app.example.evil", false)]
    {
        let body = r#"{"query":"{__typename}"}"#;
        let answer = served.post(&token, &[("content-type", JSON), ("origin", origin)], body).await;
        let leave = if allowed { origin } else { "" };
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, leave), "{origin}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{origin}");
        let asked = served.http.request(Method::OPTIONS, format!("{}/graphql", served.url)).header("origin", origin);
        let asked = asked.header("access-control-request-method", "POST");
        let asked = asked.header("access-control-request-headers", "authorization,content-type,mistok-purpose");
        let preflight = asked.send().await.unwrap();
        assert_eq!(preflight.headers().contains_key("access-control-allow-origin"), allowed, "{origin}");
    }
}
