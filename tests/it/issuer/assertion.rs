//! Clients that sign in the place of a secret (`private_key_jwt`, RFC 7523).

use super::{Key, part};
use crate::served::{Answer, Partner, Served, scopes};
use chrono::Duration;
use mistok::{
    access::{Scope, token::assertion::TYPE},
    application::operator,
    base::words::organization::OrganizationKind::Ngo,
    db::Errand,
    graphql::node::Kind,
    work,
};
use serde_json::{Value, json};
use uuid::Uuid;

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// A server with one application that has a key, beside one of the same organisation that has a secret.
struct Signing {
    served: Served,
    key: Key,
    client_id: String,
    application_id: Uuid,
    manager: Partner,
}

impl Signing {
    async fn new() -> Self {
        let served = Served::new().await;
        let manager = served.partner_with(Ngo, scopes(&[Scope::ApplicationsManage, Scope::CasesRead])).await;
        let key = Key::new("mine");
        let wish = operator::Register {
            organization_id: manager.organization_id,
            name: "Фонд".into(),
            scopes: vec!["cases:read".into()],
            public_keys: Some(vec![key.jwk().to_string()]),
            ..Default::default()
        };
        let made = operator::register(served.app.db(), served.app.seal(), Errand::Demo, wish).await.unwrap();
        Self { served, key, client_id: made.client_id, application_id: made.application_id, manager }
    }

    fn good(&self) -> (Value, Value) {
        let now = self.served.clock.now().timestamp();
        let (id, url) = (&self.client_id, &self.served.url);
        let claims = json!({"iss": id, "sub": id, "aud": url, "exp": now + 60, "iat": now, "jti": Uuid::new_v4()});
        (json!({"alg": "ES256", "kid": self.key.kid}), claims)
    }

    fn signed(&self, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let (mut header, mut claims) = self.good();
        change(&mut header, &mut claims);
        self.key.sign(&header, &claims)
    }

    async fn form(&self, form: &[(&str, &str)]) -> Answer {
        form_at(&self.served, form).await
    }

    async fn show(&self, assertion: &str) -> Answer {
        show_at(&self.served, assertion).await
    }

    async fn status(&self, assertion: &str) -> u16 {
        let answer = self.show(assertion).await;
        if answer.status == 401 {
            assert_eq!(answer.body["error"], "invalid_client");
            // The same words whatever it was.
            assert_eq!(answer.body["error_description"], "there is no such client, or what it shows is not its own");
        }
        answer.status
    }

    async fn ask(&self, mutation: &str, input: Value) -> Value {
        let token = self.served.token(&self.manager).await;
        let name = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
        let shown = if mutation.ends_with("Replace") || mutation.ends_with("Revoke") { "" } else { "clientSecret" };
        let document = format!(
            "mutation($input: {name}Input!){{{mutation}(input: $input){{application{{id version clientId publicKeys{{kid thumbprint algorithms}}}} {shown} userErrors{{code path message}}}}}}"
        );
        self.served.ask(&token, &document, json!({"input": input})).await.data()[mutation].clone()
    }

    /// One refusal: its code and its path.
    async fn refused(&self, mutation: &str, input: Value) -> (String, String) {
        let payload = self.ask(mutation, input).await;
        let error = &payload["userErrors"][0];
        assert!(error.is_object() && payload["application"].is_null(), "{payload}");
        let path: Vec<_> = error["path"].as_array().unwrap().iter().map(|part| part.as_str().unwrap().to_owned()).collect();
        (error["code"].as_str().unwrap().to_owned(), path.join(".").trim_start_matches("input.").to_owned())
    }
}

async fn form_at(served: &Served, form: &[(&str, &str)]) -> Answer {
    Answer::of(served.http.post(format!("{}/oauth/token", served.url)).form(form).send().await.unwrap()).await
}

async fn show_at(served: &Served, assertion: &str) -> Answer {
    form_at(served, &[GRANT, ("client_assertion_type", TYPE), ("client_assertion", assertion)]).await
}

#[tokio::test]
async fn who_has_signed_gets_a_token() {
    let it = Signing::new().await;
    let answer = it.show(&it.signed(|_, _| ())).await;
    assert_eq!((answer.status, &answer.body["scope"]), (200, &json!("cases:read")));
    let token = answer.body["access_token"].as_str().unwrap();
    let who = it.served.ask(token, "{viewer{organization{id}}}", json!({})).await;
    assert_eq!(who.data()["viewer"]["organization"]["id"], json!(Kind::Organization.id(it.manager.organization_id).0));
    // Both names of this server, alone or as a list of one; the names of the key and of the type.
    let (url, endpoint) = (it.served.url.clone(), format!("{}/oauth/token", it.served.url));
    let thumbprint = it.ask("applicationKeysReplace", replaced(&it, 1, &[it.key.jwk().to_string()])).await;
    let thumbprint = thumbprint["application"]["publicKeys"][0]["thumbprint"].clone();
    for (name, value) in [("aud", json!(endpoint)), ("aud", json!([url])), ("aud", json!([endpoint]))] {
        assert_eq!(it.status(&it.signed(|_, claims| claims[name] = value.clone())).await, 200, "{name}: {value}");
    }
    for (name, value) in
        [("kid", json!(null)), ("kid", thumbprint), ("typ", json!("JWT")), ("typ", json!("client-authentication+jwt"))]
    {
        assert_eq!(it.status(&it.signed(|header, _| header[name] = value.clone())).await, 200, "{name}: {value}");
    }
    // The id beside it, if it is the same one; and what the metadata promise.
    let beside = async |id: &str| {
        let text = it.signed(|_, _| ());
        it.form(&[GRANT, ("client_id", id), ("client_assertion_type", TYPE), ("client_assertion", &text)]).await.status
    };
    assert_eq!((beside(&it.client_id).await, beside(&it.manager.client_id).await), (200, 401));
    let metadata = it.served.http.get(format!("{url}/.well-known/oauth-authorization-server")).send().await.unwrap();
    let metadata: Value = metadata.json().await.unwrap();
    assert_eq!(
        metadata["token_endpoint_auth_methods_supported"],
        json!(["client_secret_basic", "client_secret_post", "private_key_jwt"])
    );
    assert_eq!(
        metadata["token_endpoint_auth_signing_alg_values_supported"],
        json!(["ES256", "PS256", "RS256", "EdDSA", "Ed25519"])
    );
}

/// Who asks too often has not used up what it has shown.
#[tokio::test]
async fn what_came_too_often_is_shown_again() {
    let it = Signing::new().await;
    let (text, refused) = loop {
        let text = it.signed(|_, _| ());
        let answer = it.show(&text).await;
        if answer.status != 200 {
            break (text, answer);
        }
    };
    assert_eq!((refused.status, &refused.body["error"]), (429, &json!("temporarily_unavailable")));
    tokio::time::sleep(std::time::Duration::from_secs(refused.header("retry-after").parse().unwrap())).await;
    assert_eq!((it.status(&text).await, it.status(&text).await), (200, 401));
}

#[tokio::test]
async fn what_was_shown_is_good_once_at_all_servers() {
    let it = Signing::new().await;
    let other = Served::beside(&it.served).await;
    let text = it.signed(|_, _| ());
    assert_eq!((it.status(&text).await, it.status(&text).await), (200, 401));
    assert_eq!(show_at(&other, &text).await.status, 401, "at another server");
    // The same name in other claims.
    let again = it.signed(|_, claims| claims["jti"] = "one".into());
    let twin = it.signed(|_, claims| {
        claims["jti"] = "one".into();
        claims["aud"] = format!("{}/oauth/token", it.served.url).into();
    });
    assert_eq!((it.status(&again).await, it.status(&twin).await), (200, 401));
    // At once, at both.
    let text = it.signed(|_, _| ());
    let all = futures_util::future::join_all((0..10).map(|n| show_at(if n % 2 == 0 { &it.served } else { &other }, &text)));
    let good = all.await.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(good, 1);
    // What failed has not used it up.
    let text = it.signed(|_, claims| claims["jti"] = "two".into());
    let wrong = it.signed(|_, claims| {
        claims["jti"] = "two".into();
        claims["aud"] = "https://other.example".into();
    });
    assert_eq!((it.status(&wrong).await, it.status(&text).await), (401, 200));
    // Remembered until nobody would take it, and no longer.
    let owner = it.served.stage.owner().await;
    let count = async || owner.query_one("select count(*) from assertion", &[]).await.unwrap().get::<_, i64>(0);
    assert_eq!(count().await, 4);
    let holder = Uuid::new_v4();
    for (later, left) in [(0, 4), (120, 4), (60, 0)] {
        it.served.clock.advance(Duration::seconds(later));
        work::round(it.served.app.db(), holder).await.unwrap();
        assert_eq!(count().await, left);
    }
    assert_eq!(it.status(&text).await, 401);
}

#[tokio::test]
async fn claims_and_header_are_compared() {
    let it = Signing::new().await;
    let now = it.served.clock.now().timestamp();
    let (url, other) = (it.served.url.clone(), it.manager.client_id.clone());
    for (name, value, status) in [
        ("exp", json!(now + 5 * 60), 200),
        ("exp", json!(now - 20), 200),
        ("nbf", json!(now + 20), 200),
        ("exp", json!(now + 6 * 60), 401),
        ("exp", json!(i64::MAX), 401),
        ("exp", json!(now - 31), 401),
        ("exp", json!(null), 401),
        ("nbf", json!(now + 60), 401),
        ("iat", json!(now + 60), 401),
        ("aud", json!(format!("{url}/")), 401),
        ("aud", json!(format!("{url}/graphql")), 401),
        ("aud", json!("https://other.example"), 401),
        ("aud", json!([url, "https://other.example"]), 401),
        ("aud", json!([]), 401),
        ("aud", json!(null), 401),
        ("iss", json!(other), 401),
        ("sub", json!(other), 401),
        ("sub", json!("no-such-client"), 401),
        ("jti", json!(null), 401),
        ("jti", json!(""), 401),
        ("jti", json!("x".repeat(256)), 401),
    ] {
        assert_eq!(it.status(&it.signed(|_, claims| claims[name] = value.clone())).await, status, "{name}: {value}");
    }
    for name in ["exp", "aud", "iss", "sub", "jti"] {
        let text = it.signed(|_, claims| drop(claims.as_object_mut().unwrap().remove(name)));
        assert_eq!(it.status(&text).await, 401, "without {name}");
    }
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("RS256")),
        ("alg", json!("EdDSA")),
        ("kid", json!("other")),
        ("typ", json!("at+jwt")),
        ("crit", json!(["exp"])),
    ] {
        assert_eq!(it.status(&it.signed(|header, _| header[name] = value.clone())).await, 401, "{name}: {value}");
    }
    let (header, claims) = it.good();
    let none = format!("{}.{}.", part(&json!({"alg": "none"})), part(&claims));
    let strange = Key::new(&it.key.kid).sign(&header, &claims);
    for text in [none.as_str(), &strange, "x", "a.b.c", "..", &"x".repeat(9000)] {
        assert_eq!(it.status(text).await, 401, "{text}");
    }
    // A clock of ours that is late does not help.
    let early = it.signed(|_, _| ());
    it.served.clock.advance(Duration::seconds(91));
    assert_eq!(it.status(&early).await, 401);
    // An access token of ours, or of anybody, is no assertion.
    let token = it.served.token(&it.manager).await;
    assert_eq!(it.status(&token).await, 401);
}

#[tokio::test]
async fn one_way_for_each_client() {
    let it = Signing::new().await;
    let (id, text) = (it.client_id.as_str(), it.signed(|_, _| ()));
    // No secret opens an application with keys, not even none; and who has a secret does not sign.
    for secret in ["x", " ", "\0", &text] {
        let answer = it.form(&[GRANT, ("client_id", id), ("client_secret", secret)]).await;
        assert_eq!((answer.status, &answer.body["error"]), (401, &json!("invalid_client")), "{secret}");
    }
    assert_eq!(it.form(&[GRANT, ("client_id", id)]).await.status, 401);
    let (header, mut claims) = it.good();
    (claims["iss"], claims["sub"]) = (it.manager.client_id.as_str().into(), it.manager.client_id.as_str().into());
    assert_eq!(it.status(&it.key.sign(&header, &claims)).await, 401);
    // Two ways at once, half a way, another way.
    let (type_, shown) = (("client_assertion_type", TYPE), ("client_assertion", text.as_str()));
    for (form, status, error) in [
        (vec![GRANT, type_, shown, ("client_secret", "x")], 400, "invalid_request"),
        (vec![GRANT, type_, shown, shown], 400, "invalid_request"),
        (vec![GRANT, shown], 400, "invalid_request"),
        (vec![GRANT, type_], 400, "invalid_request"),
        (
            vec![GRANT, ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"), shown],
            401,
            "invalid_client",
        ),
    ] {
        let answer = it.form(&form).await;
        assert_eq!((answer.status, &answer.body["error"]), (status, &json!(error)), "{form:?}");
    }
    let both = it
        .served
        .http
        .post(format!("{}/oauth/token", it.served.url))
        .basic_auth(&it.manager.client_id, Some(&it.manager.secret));
    assert_eq!(both.form(&[GRANT, type_, shown]).send().await.unwrap().status(), 400);
    // Nothing of it was used up.
    assert_eq!(it.status(&text).await, 200);
}

fn replaced(it: &Signing, version: i32, keys: &[String]) -> Value {
    json!({"id": Kind::Application.id(it.application_id).0, "expectedVersion": version, "publicKeys": keys})
}

#[tokio::test]
async fn keys_are_replaced_without_a_gap() {
    let it = Signing::new().await;
    let next = Key::new("next");
    let both = [it.key.jwk().to_string(), next.pem()];
    let payload = it.ask("applicationKeysReplace", replaced(&it, 1, &both)).await;
    let keys = payload["application"]["publicKeys"].as_array().unwrap();
    assert_eq!((payload["application"]["version"].as_i64(), keys.len()), (Some(2), 2));
    assert_eq!((&keys[0]["kid"], &keys[0]["algorithms"]), (&json!("mine"), &json!(["ES256"])));
    assert_eq!(keys[1]["kid"], keys[1]["thumbprint"], "PEM has no name of its own");
    let by_next = || {
        let (mut header, claims) = it.good();
        header["kid"] = keys[1]["kid"].clone();
        next.sign(&header, &claims)
    };
    assert_eq!((it.status(&it.signed(|_, _| ())).await, it.status(&by_next()).await), (200, 200));
    assert_eq!(it.refused("applicationKeysReplace", replaced(&it, 1, &both)).await.0, "VERSION_CONFLICT");
    it.ask("applicationKeysReplace", replaced(&it, 2, &both[1..])).await;
    assert_eq!((it.status(&it.signed(|_, _| ())).await, it.status(&by_next()).await), (401, 200));
    // A key has no secret to be rotated; an application that is revoked signs no more.
    let row = Kind::Application.id(it.application_id).0;
    let rotated = it.refused("applicationRotateSecret", json!({"id": row, "expectedVersion": 3})).await;
    assert_eq!(rotated, ("TRANSITION_NOT_ALLOWED".into(), "id".into()));
    it.ask("applicationRevoke", json!({"id": row, "expectedVersion": 3})).await;
    assert_eq!(it.status(&by_next()).await, 401);
    let ended = it.refused("applicationKeysReplace", replaced(&it, 4, &both)).await;
    assert_eq!(ended.0, "TRANSITION_NOT_ALLOWED");
    let told = it.served.stage.owner().await;
    let told = told.query(&format!("select type from change where object_id = '{}'", it.application_id), &[]).await.unwrap();
    assert_eq!(told.len(), 4, "registered, twice other keys, revoked");
}

#[tokio::test]
async fn an_application_gives_its_secret_up() {
    let it = Signing::new().await;
    let token = it.served.token(&it.manager).await;
    let row = it.served.ask(&token, "{viewer{application{id version publicKeys{kid}}}}", json!({})).await;
    let row = &row.data()["viewer"]["application"];
    assert_eq!(row["publicKeys"], json!([]));
    it.ask("applicationRotateSecret", json!({"id": row["id"], "expectedVersion": 1})).await;
    let old = it.manager.secret.clone();
    let input = json!({"id": row["id"], "expectedVersion": 2, "publicKeys": [it.key.pem()]});
    let payload = it.ask("applicationKeysReplace", input).await;
    assert_eq!(payload["userErrors"], json!([]));
    // Neither the secret nor the one before it.
    let secret = it.form(&[GRANT, ("client_id", &it.manager.client_id), ("client_secret", &old)]).await;
    assert_eq!(secret.status, 401);
    let text = it.signed(|header, claims| {
        header["kid"] = json!(null);
        (claims["iss"], claims["sub"]) = (it.manager.client_id.as_str().into(), it.manager.client_id.as_str().into());
    });
    assert_eq!(it.status(&text).await, 200);
}

#[tokio::test]
async fn keys_are_read_strictly() {
    let it = Signing::new().await;
    let (one, two) = (Key::new("a"), Key::new("b"));
    let input = |keys: Vec<String>| json!({"name": "Новий", "scopes": ["cases:read"], "publicKeys": keys});
    let made = it.ask("applicationRegister", input(vec![one.jwk().to_string(), two.pem()])).await;
    assert_eq!((&made["clientSecret"], &made["userErrors"]), (&json!(null), &json!([])));
    assert_eq!(made["application"]["publicKeys"].as_array().unwrap().len(), 2);
    let with = |name: &str, value: Value| {
        let mut jwk = one.jwk();
        jwk[name] = value;
        jwk.to_string()
    };
    let many = (0..6).map(|n| Key::new(&n.to_string()).jwk().to_string()).collect();
    for (keys, path) in [
        (vec![], "publicKeys"),
        (many, "publicKeys"),
        (vec![one.jwk().to_string(), "no key".into()], "publicKeys.1"),
        (vec![one.jwk().to_string(), one.jwk().to_string()], "publicKeys.1"),
        (vec![one.jwk().to_string(), one.pem()], "publicKeys.1"),
        (vec![one.jwk().to_string(), Key::new("a").jwk().to_string()], "publicKeys.1"),
        (vec![with("d", json!("c2VjcmV0"))], "publicKeys.0"),
        (vec![with("kid", json!("ї"))], "publicKeys.0"),
        (vec![with("alg", json!("HS256"))], "publicKeys.0"),
        (vec![json!({"kty": "oct", "k": "c2VjcmV0"}).to_string()], "publicKeys.0"),
        (vec!["x".repeat(9000)], "publicKeys.0"),
    ] {
        assert_eq!(it.refused("applicationRegister", input(keys.clone())).await, ("INVALID".into(), path.into()), "{keys:?}");
    }
    let named = it.ask("applicationRegister", input(vec![with("d", json!("a-very-secret-number"))])).await.to_string();
    assert!(named.contains("private member \\\"d\\\"") && !named.contains("a-very-secret-number"), "{named}");
    // A retry makes no second one.
    let mut retried = input(vec![Key::new("c").jwk().to_string()]);
    retried["idempotencyKey"] = "again".into();
    let (first, again) = (it.ask("applicationRegister", retried.clone()).await, it.ask("applicationRegister", retried).await);
    assert_eq!(first["application"]["id"], again["application"]["id"]);
}
