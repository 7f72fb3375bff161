//! Signed tokens: our own, those of clients in the place of a secret, those of foreign issuers. Of a text that was changed hardly
//! anything comes behind the signature: so claims and headers are changed before they are signed, too.

use super::{Parser, Seeds, text};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use mistok::{
    access::{
        Scope, Scopes,
        token::{KeySet, Keys, PublicKey, Tokens, assertion, foreign},
    },
    config,
};
use p256::{
    SecretKey,
    pkcs8::{EncodePrivateKey, LineEnding},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::LazyLock};
use uuid::Uuid;

pub(super) const ALL: &[Parser] = &[
    Parser { name: "token", read: token, seeds: all_tokens, times: 1_000 },
    Parser { name: "header of a token", read: header, seeds: headers, times: 300 },
    Parser { name: "claims of our own", read: own, seeds: own_claims, times: 300 },
    Parser { name: "claims of a client", read: client, seeds: clients_claims, times: 300 },
    Parser { name: "claims of an issuer", read: issued, seeds: issuers_claims, times: 300 },
];

/// A key that is the same at every start, so that what was found is found again. It signs nothing but these examples.
pub(super) fn signing() -> (SecretKey, SecretString) {
    let key = SecretKey::from_slice(&[7; 32]).expect("a number below the order of the curve");
    let pem = key.to_pkcs8_pem(LineEnding::LF).expect("PEM").as_str().to_owned();
    (key, pem.into())
}

const ISSUER: &str = "https://mistok.example";
const CLIENT: &str = "kazanka";
const FOREIGN: &str = "https://id.example";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).expect("a moment")
}

struct World {
    tokens: Tokens,
    signs: EncodingKey,
    kid: String,
    client: PublicKey,
    set: KeySet,
    trust: foreign::Trust,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let pem = signing().1;
    let tokens = Tokens::new(Keys::load(std::slice::from_ref(&pem)).expect("a key"), ISSUER, format!("{ISSUER}/graphql"));
    let jwks = tokens.keys().jwks();
    let kid = jwks["keys"][0]["kid"].as_str().expect("a name").to_owned();
    let said = config::Issuer {
        issuer: FOREIGN.into(),
        audience: None,
        token_types: vec!["at+jwt".into(), "JWT".into()],
        subject_claim: "/client/0/~1id".into(),
        subjects: HashMap::from([("theirs".into(), CLIENT.into())]),
        scope_claim: "scope".into(),
        scope_map: None,
        scopes: Some(vec!["cases:read".into()]),
    };
    World {
        signs: EncodingKey::from_ec_pem(pem.expose_secret().as_bytes()).expect("a key"),
        client: PublicKey::read(&jwks["keys"][0].to_string()).expect("a key"),
        set: KeySet::read(jwks.to_string().as_bytes()).expect("a set"),
        trust: foreign::Trust::new(&said, &format!("{ISSUER}/graphql")).expect("scopes of ours"),
        tokens,
        kid,
    }
});

/// Whether it is worth a signature, which takes its time: what is no JSON ends right behind it, as some of the whole tokens show.
fn is_object(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Map<String, Value>>(bytes).is_ok()
}

/// Signs whatever stands there.
fn signed(header: &[u8], claims: &[u8]) -> String {
    let message = format!("{}.{}", BASE64URL.encode(header), BASE64URL.encode(claims));
    let signature = crypto::sign(message.as_bytes(), &WORLD.signs, Algorithm::ES256).expect("signed");
    format!("{message}.{signature}")
}

fn usual(claims: &[u8]) -> String {
    signed(json!({"alg": "ES256", "typ": "at+jwt", "kid": WORLD.kid}).to_string().as_bytes(), claims)
}

fn own_good() -> Value {
    let now = now().timestamp();
    json!({"iss": ISSUER, "aud": format!("{ISSUER}/graphql"), "sub": CLIENT, "client_id": CLIENT, "iat": now, "nbf": now,
        "exp": now + 900, "jti": Uuid::nil(), "scope": "cases:read cases:write", "org": Uuid::nil()})
}

fn clients_good() -> Value {
    let now = now().timestamp();
    json!({"iss": CLIENT, "sub": CLIENT, "aud": [ISSUER], "exp": now + 60, "iat": now, "nbf": now, "jti": "one"})
}

fn issuers_good() -> Value {
    let now = now().timestamp() as f64;
    json!({"iss": FOREIGN, "aud": [format!("{ISSUER}/graphql")], "exp": now + 600.5, "iat": now, "scope": "cases:read persons:read",
        "client": {"0": {"/id": "theirs"}}})
}

/// Takes the text in each of its meanings; whether one holds.
fn anywhere(text: &str) -> bool {
    own_holds(text) | client_holds(text) | issued_holds(text)
}

fn own_holds(text: &str) -> bool {
    let Ok(bearer) = WORLD.tokens.verify(text, now()) else { return false };
    assert!(bearer.expires_at > now() - Duration::seconds(6) && bearer.organization_id.is_some());
    // What is remembered says the same, and it ends.
    assert_eq!(WORLD.tokens.verify(text, now()).as_ref(), Ok(&bearer));
    assert!(WORLD.tokens.verify(text, bearer.expires_at + Duration::seconds(6)).is_err());
    true
}

fn client_holds(text: &str) -> bool {
    let keys = std::slice::from_ref(&WORLD.client);
    let named = assertion::claimant(text);
    let check = |audience: &str| assertion::check(text, CLIENT, keys, &[audience.to_owned()], now());
    let Ok(shown) = check(ISSUER) else { return false };
    assert_eq!(named.as_deref(), Ok(CLIENT));
    // It is remembered for longer than it is good, and not for ever.
    assert!(shown.until > now() && shown.until <= now() + assertion::LIFETIME + Duration::minutes(2), "{shown:?}");
    assert!(check("https://other.example").is_err() && assertion::check(text, "other", keys, &[ISSUER.into()], now()).is_err());
    assert!(assertion::check(text, CLIENT, keys, &[ISSUER.into()], shown.until).is_err());
    true
}

fn issued_holds(text: &str) -> bool {
    let named = foreign::issuer_of(text);
    let Ok(shown) = WORLD.trust.look(text, now()) else { return false };
    assert_eq!(named.as_deref(), Some(FOREIGN));
    let Ok(bearer) = shown.prove(&WORLD.set) else { return false };
    assert_eq!((bearer.client_id.as_str(), bearer.organization_id), (CLIENT, None));
    assert!(Scopes::from_iter([Scope::CasesRead]).contains(bearer.scopes), "no more than the operator gives");
    assert!(bearer.expires_at <= now() + Duration::hours(25));
    true
}

fn all_tokens() -> Seeds {
    let of = |claims: Value| usual(claims.to_string().as_bytes());
    let own = WORLD.tokens.issue(CLIENT, Uuid::nil(), Scopes::from_iter([Scope::CasesRead]), now());
    let client = signed(br#"{"alg":"ES256"}"#, clients_good().to_string().as_bytes());
    let none = format!("{}.{}.", BASE64URL.encode(r#"{"alg":"none"}"#), BASE64URL.encode("{}"));
    Seeds::of(
        &[&own, &of(own_good()), &client, &of(issuers_good())],
        &["", "..", "a.b.c", &none, &own[..own.len() - 1], &usual(b"{"), &usual(b"\xff")],
    )
}

fn token(bytes: &[u8]) -> bool {
    anywhere(&text(bytes))
}

fn headers() -> Seeds {
    let kid = &WORLD.kid;
    let named = |members: &str| format!(r#"{{"kid":"{kid}",{members}}}"#);
    Seeds::of(
        &[
            &named(r#""alg":"ES256","typ":"application/AT+JWT""#),
            &named(r#""alg":"ES256","typ":"at+jwt","jwk":{},"x5c":["AAAA"]"#),
            r#"{"alg":"ES256","typ":"client-authentication+jwt"}"#,
            r#"{"alg":"ES256"}"#,
        ],
        &[
            &named(r#""alg":"none""#),
            &named(r#""alg":"ES256","typ":"at+jwt","crit":["exp"]"#),
            &named(r#""alg":"HS256","typ":"at+jwt""#),
            &named(r#""alg":"ES256","typ":"applicationї""#),
        ],
    )
}

fn header(bytes: &[u8]) -> bool {
    let with = |claims: Value| signed(bytes, claims.to_string().as_bytes());
    if !is_object(bytes) {
        return false;
    }
    own_holds(&with(own_good())) | client_holds(&with(clients_good())) | issued_holds(&with(issuers_good()))
}

/// Claims, and what once was odd in them.
fn claims(good: Value) -> Seeds {
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims.to_string()
    };
    let text = good.to_string();
    let refused = [
        with("exp", json!(i64::MAX)),
        with("exp", json!(i64::MIN)),
        with("nbf", json!(i64::MAX)),
        with("exp", json!(1e300)),
        with("aud", json!([ISSUER, FOREIGN])),
        with("iss", json!("")),
        "{}".into(),
    ];
    let refused: Vec<&str> = refused.iter().map(String::as_str).collect();
    Seeds::of(&[&text], &refused)
}

fn own_claims() -> Seeds {
    claims(own_good())
}

fn own(bytes: &[u8]) -> bool {
    is_object(bytes) && own_holds(&usual(bytes))
}

fn clients_claims() -> Seeds {
    claims(clients_good())
}

fn client(bytes: &[u8]) -> bool {
    is_object(bytes) && client_holds(&signed(br#"{"alg":"ES256","typ":"JWT"}"#, bytes))
}

fn issuers_claims() -> Seeds {
    claims(issuers_good())
}

fn issued(bytes: &[u8]) -> bool {
    is_object(bytes) && issued_holds(&usual(bytes))
}
