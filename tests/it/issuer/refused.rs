//! Tokens of a trusted issuer that are refused all the same.

use super::{Key, Scene, part};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

#[tokio::test]
async fn claims_are_compared() {
    let scene = Scene::new().await;
    let now = scene.served.clock.now().timestamp();
    let ours = format!("{}/graphql", scene.own.url);
    let refused: Vec<(&str, Value)> = vec![
        ("aud", json!("https://other.example")),
        ("aud", json!(format!("{ours}/"))),
        ("aud", json!([])),
        ("aud", json!(null)),
        ("exp", json!(now - 31)),
        ("exp", json!(null)),
        ("exp", json!("soon")),
        ("exp", json!(-1)),
        ("exp", json!(i64::MIN)),
        ("exp", json!(1e300)),
        ("exp", json!(now + 25 * 3600)),
        ("nbf", json!(now + 60)),
        ("nbf", json!(u64::MAX)),
        ("iat", json!(now + 60)),
    ];
    for (name, value) in refused {
        let token = scene.token(|_, claims| claims[name] = value.clone());
        assert_eq!(scene.status(&token).await, 401, "{name}: {value}");
    }
    let taken: Vec<(&str, Value)> = vec![
        ("aud", json!(["https://other.example", ours])),
        ("exp", json!(now - 20)),
        ("exp", json!(now as f64 + 60.5)),
        ("nbf", json!(now + 20)),
        ("nbf", json!(null)),
        ("iat", json!(null)),
        ("jti", json!(null)),
    ];
    for (name, value) in taken {
        let token = scene.token(|_, claims| claims[name] = value.clone());
        assert_eq!(scene.status(&token).await, 200, "{name}: {value}");
    }
    for (name, taken) in [("exp", 401), ("aud", 401), ("nbf", 200), ("iat", 200)] {
        let token = scene.token(|_, claims| drop(claims.as_object_mut().unwrap().remove(name)));
        assert_eq!(scene.status(&token).await, taken, "without {name}");
    }
    // One that was good is so until its end, though its signature is remembered.
    let token = scene.token(|_, _| ());
    assert_eq!(scene.status(&token).await, 200);
    scene.advance(chrono::Duration::seconds(329));
    assert_eq!(scene.status(&token).await, 200);
    scene.advance(chrono::Duration::seconds(2));
    assert_eq!(scene.status(&token).await, 401);
}

#[tokio::test]
async fn the_header_cannot_choose_how_it_is_verified() {
    let scene = Scene::new().await;
    assert_eq!(scene.status(&scene.token(|_, _| ())).await, 200, "the issuer is known");
    let (header, claims) = scene.good();
    let none = part(&json!({"alg": "none", "typ": "at+jwt", "kid": scene.key.kid}));
    for token in [format!("{none}.{}.", part(&claims)), format!("{none}.{}.AAAA", part(&claims))] {
        assert_eq!(scene.status(&token).await, 401, "{token}");
    }
    // What everybody knows, as the secret of an HMAC: the point, the PEM, the whole key set.
    let point = BASE64URL.decode(scene.key.jwk()["x"].as_str().unwrap()).unwrap();
    let set = json!({"keys": [scene.key.jwk()]}).to_string();
    for secret in [point.as_slice(), scene.key.pem().as_bytes(), set.as_bytes(), b""] {
        let message = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "at+jwt", "kid": scene.key.kid})), part(&claims));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(message.as_bytes());
        let token = format!("{message}.{}", BASE64URL.encode(mac.finalize().into_bytes()));
        assert_eq!(scene.status(&token).await, 401, "HS256 by {} bytes", secret.len());
    }
    // Other words for the same key, keys that the token brings with it, extensions that must be understood.
    let strange = Key::new(&scene.key.kid);
    for (name, value) in [
        ("alg", json!("ES384")),
        ("alg", json!("RS256")),
        ("alg", json!("EdDSA")),
        ("alg", json!("es256")),
        ("alg", json!(null)),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("kid", json!("second")),
        ("kid", json!(7)),
    ] {
        let token = scene.token(|header, _| header[name] = value.clone());
        assert_eq!(scene.status(&token).await, 401, "{name}: {value}");
    }
    for (name, value) in [("jwk", strange.jwk()), ("jku", json!(format!("{}/elsewhere", scene.foreign.url)))] {
        let mut header = header.clone();
        header[name] = value;
        assert_eq!(scene.status(&strange.sign(&header, &claims)).await, 401, "{name}");
    }
    assert_eq!(scene.foreign.count("/elsewhere"), 0, "nobody asks where a token says");
    // Without a name there is one key to mean.
    let unnamed = scene.token(|header, _| drop(header.as_object_mut().unwrap().remove("kid")));
    assert_eq!(scene.status(&unnamed).await, 200);
    // Nothing that is cut, turned or longer than tokens are.
    let good = scene.token(|_, _| ());
    let (head, signature) = good.rsplit_once('.').unwrap();
    for token in [format!("{head}."), head.to_owned(), format!("{good}."), format!("{good}x"), format!("{signature}.{head}")] {
        assert_eq!(scene.status(&token).await, 401, "{token}");
    }
    let long = scene.token(|_, claims| claims["more"] = "x".repeat(7000).into());
    assert_eq!(scene.status(&long).await, 401, "it is too long");
}

#[tokio::test]
async fn tokens_of_another_purpose_are_refused() {
    let strict = Scene::new().await;
    for typ in
        [json!("JWT"), json!("id+jwt"), json!("logout+jwt"), json!("secevent+jwt"), json!("dpop+jwt"), json!(""), json!(null)]
    {
        let token = strict.token(|header, _| header["typ"] = typ.clone());
        assert_eq!(strict.status(&token).await, 401, "{typ}");
    }
    for typ in ["AT+JWT", "application/at+jwt", "Application/AT+JWT"] {
        let token = strict.token(|header, _| header["typ"] = typ.into());
        assert_eq!(strict.status(&token).await, 200, "{typ}");
    }
    // An issuer that does not know RFC 9068: what only an ID token or a token of events says, gives it away.
    let loose = Scene::with(|said| said.token_types = vec!["JWT".into()]).await;
    let token = |name: &str, value: Value| {
        loose.token(|header, claims| {
            header["typ"] = "JWT".into();
            claims[name] = value;
        })
    };
    assert_eq!(loose.status(&token("sub", json!("x"))).await, 200);
    assert_eq!(loose.status(&loose.token(|_, _| ())).await, 401, "at+jwt is none of its types");
    for (name, value) in [
        ("nonce", json!("n")),
        ("at_hash", json!("h")),
        ("c_hash", json!("h")),
        ("s_hash", json!("h")),
        ("events", json!({})),
        ("typ", json!("ID")),
        ("typ", json!("Refresh")),
        ("token_use", json!("id")),
    ] {
        assert_eq!(loose.status(&token(name, value)).await, 401, "{name}");
    }
    assert_eq!(loose.status(&token("typ", json!("Bearer"))).await, 200);
    assert_eq!(loose.status(&token("token_use", json!("access"))).await, 200);
    // An ID token is for the client, not for this server.
    let id_token = loose.token(|header, claims| {
        header["typ"] = "JWT".into();
        claims["aud"] = "registry".into();
    });
    assert_eq!(loose.status(&id_token).await, 401);
}

#[tokio::test]
async fn keys_are_used_for_what_they_are() {
    let scene = Scene::new().await;
    let plain = scene.key.jwk();
    let with = |name: &str, value: Value| {
        let mut key = plain.clone();
        key[name] = value;
        key
    };
    let without = |name: &str| {
        let mut key = plain.clone();
        key.as_object_mut().unwrap().remove(name);
        key
    };
    let other = Key::new("first").jwk();
    for (keys, taken) in [
        (json!([with("use", json!("enc"))]), 401),
        (json!([with("key_ops", json!(["sign"]))]), 401),
        (json!([with("alg", json!("ES384"))]), 401),
        (json!([with("alg", json!("RS256"))]), 401),
        (json!([with("kty", json!("oct"))]), 401),
        (json!([with("crv", json!("P-384"))]), 401),
        (json!([with("d", json!("c2VjcmV0"))]), 401),
        (json!([with("x", json!(BASE64URL.encode([7; 32])))]), 401),
        (json!([{"kty": "oct", "k": "c2VjcmV0", "kid": "first", "alg": "HS256"}]), 401),
        (json!([]), 401),
        (json!([without("kid")]), 401),
        (json!([without("use")]), 200),
        (json!([without("alg")]), 200),
        (json!([with("key_ops", json!(["verify"]))]), 200),
        // Beside keys of which nobody knows anything, and another one of the same name.
        (json!([{"kty": "moon"}, {}, plain]), 200),
        (json!([other, plain]), 200),
        (json!([plain, other]), 200),
    ] {
        scene.foreign.shows_as(keys.clone());
        scene.advance(chrono::Duration::minutes(11));
        scene.served.app.issuers().refresh().await;
        assert_eq!(scene.status(&scene.token(|_, _| ())).await, taken, "{keys}");
    }
    // Without a name, and with two keys to mean, it is not said which.
    let unnamed = scene.token(|header, _| drop(header.as_object_mut().unwrap().remove("kid")));
    assert_eq!(scene.status(&unnamed).await, 401);
}
