//! Access tokens after RFC 9068: made and verified here, signed by ES256 alone. Beside them what others sign: tokens of foreign
//! issuers ([`foreign`]) and what clients show in the place of a secret ([`assertion`]).
//!
//! Verification is strict. The algorithm belongs to the key, never to the token; the key is one of ours by its `kid`;
//! type, issuer and audience are compared; time is our own clock's, which tests move.

pub mod assertion;
pub mod foreign;
mod jws;
mod key;
mod key_set;
mod public_key;

pub use key::{KeyFault, Keys};
pub use key_set::{KeySet, NoKeySet};
pub use public_key::{Algorithm, PublicKey, Unusable};

use super::scope::Scopes;
use crate::base::recent::Recent;
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm as Signs, crypto};
use jws::{Header, Jws, part, read};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// How long a token is valid.
pub const LIFETIME: Duration = Duration::minutes(15);
/// How far the clocks of two servers of ours may differ.
const LEEWAY: Duration = Duration::seconds(5);
/// No token of ours is longer; a longer one is not even decoded.
const LONGEST: usize = 4096;
/// RFC 9068, section 2.1.
const TYPE: &str = "at+jwt";
/// Bytes of tokens in one generation of those whose signature was found good.
const REMEMBERED: usize = 4 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    client_id: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: Uuid,
    scope: String,
    org: Uuid,
}

/// What a token says about its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    pub client_id: String,
    /// None: a foreign issuer knows none of our organisations; it is the one of the application.
    pub organization_id: Option<Uuid>,
    /// The rights that the client asked for; today's rights may be fewer.
    pub scopes: Scopes,
    /// When the token ends, and with it whatever was begun with it.
    pub expires_at: DateTime<Utc>,
}

/// Why a token is refused: for the log, a caller hears `invalid_token` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    Malformed,
    Algorithm,
    UnknownKey,
    Type,
    Signature,
    Issuer,
    Audience,
    Expired,
    NotYetValid,
    /// It would be valid for longer than is taken.
    TooLong,
    /// A foreign issuer names somebody who is no application here.
    Subject,
    /// A token of another purpose, such as one that tells an app who has signed in.
    Purpose,
}

/// Makes and verifies the tokens of one server.
pub struct Tokens {
    keys: Keys,
    issuer: String,
    audience: String,
    /// Claims of tokens with a good signature: checking one costs more than answering a small question.
    authentic: Mutex<Recent<Arc<Claims>>>,
}

impl Tokens {
    /// `issuer` is the server's public address without a slash at its end, `audience` the address of its API.
    pub fn new(keys: Keys, issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        let authentic = Mutex::new(Recent::new(REMEMBERED));
        Self { keys, issuer: issuer.into(), audience: audience.into(), authentic }
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// A token for [`LIFETIME`] from now.
    pub fn issue(&self, client_id: &str, organization_id: Uuid, scopes: Scopes, now: DateTime<Utc>) -> String {
        let key = self.keys.first();
        let header = Header { alg: "ES256".into(), typ: Some(TYPE.into()), kid: Some(key.kid.clone()), crit: None };
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: client_id.into(),
            client_id: client_id.into(),
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + LIFETIME).timestamp(),
            jti: Uuid::new_v4(),
            scope: scopes.words().join(" "),
            org: organization_id,
        };
        let message = format!("{}.{}", part(&header), part(&claims));
        let signature = crypto::sign(message.as_bytes(), &key.signs, Signs::ES256).expect("the key was read as a P-256 key");
        format!("{message}.{signature}")
    }

    /// Who holds this token, if it is one of ours and valid now.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Bearer, Unfit> {
        if token.len() > LONGEST {
            return Err(Unfit::Malformed);
        }
        let remembered = || self.authentic.lock().unwrap_or_else(PoisonError::into_inner);
        let known = remembered().get(token);
        let claims = match known {
            Some(claims) => claims,
            None => {
                let claims = Arc::new(self.open(token)?);
                remembered().keep(token, claims.clone());
                claims
            }
        };
        self.current(&claims, now)
    }

    /// The claims of a token that bears a signature of ours.
    fn open(&self, token: &str) -> Result<Claims, Unfit> {
        let jws = Jws::open(token, LONGEST)?;
        if jws.header.alg != "ES256" {
            return Err(Unfit::Algorithm);
        }
        if !jws.is_of(&[TYPE]) {
            return Err(Unfit::Type);
        }
        let key = jws.header.kid.as_deref().and_then(|kid| self.keys.find(kid)).ok_or(Unfit::UnknownKey)?;
        if !crypto::verify(jws.signature, jws.message.as_bytes(), &key.verifies, Signs::ES256).unwrap_or(false) {
            return Err(Unfit::Signature);
        }
        read(jws.claims)
    }

    /// What the claims say now.
    fn current(&self, claims: &Claims, now: DateTime<Utc>) -> Result<Bearer, Unfit> {
        if claims.iss != self.issuer {
            return Err(Unfit::Issuer);
        }
        if claims.aud != self.audience {
            return Err(Unfit::Audience);
        }
        if now.timestamp() >= claims.exp.saturating_add(LEEWAY.num_seconds()) {
            return Err(Unfit::Expired);
        }
        if now.timestamp() < claims.nbf.saturating_sub(LEEWAY.num_seconds()) {
            return Err(Unfit::NotYetValid);
        }
        if claims.sub != claims.client_id {
            return Err(Unfit::Malformed);
        }
        // A scope that a later version has dropped gives no right and spoils no token.
        let scopes = claims.scope.split(' ').filter_map(super::scope::Scope::of).collect();
        let expires_at = DateTime::from_timestamp(claims.exp, 0).ok_or(Unfit::Malformed)?;
        Ok(Bearer { client_id: claims.client_id.clone(), organization_id: Some(claims.org), scopes, expires_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Scope;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
    use hmac::{Hmac, Mac};
    use secrecy::SecretString;
    use serde_json::json;
    use sha2::Sha256;

    const ISSUER: &str = "https://mistok.example";

    fn server(pems: &[SecretString]) -> Tokens {
        Tokens::new(Keys::load(pems).expect("keys"), ISSUER, "https://mistok.example/graphql")
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a time")
    }

    fn token(of: &Tokens) -> String {
        of.issue("kazanka", Uuid::nil(), Scopes::from_iter([Scope::CasesWrite]), now())
    }

    /// The same claims under another header or with changed claims, signed by the server's own key.
    fn resigned(of: &Tokens, change: impl Fn(&mut serde_json::Value, &mut serde_json::Value)) -> String {
        let token = token(of);
        let mut parts = token.split('.').map(|part| BASE64URL.decode(part).expect("base64url"));
        let mut next = || serde_json::from_slice::<serde_json::Value>(&parts.next().expect("a part")).expect("JSON");
        let (mut header, mut claims) = (next(), next());
        change(&mut header, &mut claims);
        let message = format!("{}.{}", part(&header), part(&claims));
        let signature = crypto::sign(message.as_bytes(), &of.keys.first().signs, Signs::ES256).expect("signed");
        format!("{message}.{signature}")
    }

    #[test]
    fn a_token_comes_back_with_what_it_was_given() {
        let server = server(&[Keys::generate()]);
        let bearer = server.verify(&token(&server), now()).expect("valid");
        assert_eq!((bearer.client_id.as_str(), bearer.organization_id), ("kazanka", Some(Uuid::nil())));
        assert_eq!(bearer.scopes.words(), ["cases:read", "cases:write"]);
    }

    #[test]
    fn it_is_valid_for_fifteen_minutes_by_our_clock() {
        let server = server(&[Keys::generate()]);
        let token = token(&server);
        let at = |seconds| server.verify(&token, now() + Duration::seconds(seconds)).map(|_| ());
        assert_eq!(at(15 * 60 + 4), Ok(()));
        assert_eq!(at(15 * 60 + 5), Err(Unfit::Expired));
        assert_eq!(at(-5), Ok(()));
        assert_eq!(at(-6), Err(Unfit::NotYetValid));
    }

    #[test]
    fn the_header_cannot_choose_the_algorithm() {
        let server = server(&[Keys::generate()]);
        let (_, claims, _) = split(&token(&server));
        let kid = server.keys.first().kid.clone();
        let none = part(&json!({"alg": "none", "typ": "at+jwt", "kid": kid}));
        assert_eq!(server.verify(&format!("{none}.{claims}."), now()), Err(Unfit::Algorithm));
        // The classic confusion: the public key, known to all, used as the secret of an HMAC.
        let public = BASE64URL.decode(&server.keys.first().x).expect("base64url");
        let message = format!("{}.{claims}", part(&json!({"alg": "HS256", "typ": "at+jwt", "kid": kid})));
        let mut mac = Hmac::<Sha256>::new_from_slice(&public).expect("any length");
        mac.update(message.as_bytes());
        let forged = format!("{message}.{}", BASE64URL.encode(mac.finalize().into_bytes()));
        assert_eq!(server.verify(&forged, now()), Err(Unfit::Algorithm));
    }

    #[test]
    fn what_differs_in_header_or_claims_is_refused() {
        let server = server(&[Keys::generate()]);
        let refused = |change: &dyn Fn(&mut serde_json::Value, &mut serde_json::Value)| {
            server.verify(&resigned(&server, change), now()).err()
        };
        assert_eq!(refused(&|_, _| ()), None);
        assert_eq!(refused(&|header, _| header["typ"] = "application/AT+JWT".into()), None);
        assert_eq!(refused(&|header, _| header["typ"] = "JWT".into()), Some(Unfit::Type));
        assert_eq!(refused(&|header, _| header["typ"] = json!(null)), Some(Unfit::Type));
        assert_eq!(refused(&|header, _| header["kid"] = json!(null)), Some(Unfit::UnknownKey));
        assert_eq!(refused(&|header, _| header["crit"] = json!(["exp"])), Some(Unfit::Algorithm));
        assert_eq!(refused(&|_, claims| claims["iss"] = "https://mistok.example/".into()), Some(Unfit::Issuer));
        assert_eq!(refused(&|_, claims| claims["aud"] = "https://other.example".into()), Some(Unfit::Audience));
        assert_eq!(refused(&|_, claims| claims["aud"] = json!(null)), Some(Unfit::Malformed));
        assert_eq!(refused(&|_, claims| claims["sub"] = "caritas".into()), Some(Unfit::Malformed));
        assert_eq!(refused(&|_, claims| claims["exp"] = json!(i64::MIN)), Some(Unfit::Expired));
        assert_eq!(refused(&|_, claims| claims["nbf"] = json!(i64::MAX)), Some(Unfit::NotYetValid));
    }

    #[test]
    fn a_foreign_or_tampered_token_is_refused() {
        let (ours, theirs) = (server(&[Keys::generate()]), server(&[Keys::generate()]));
        assert_eq!(ours.verify(&token(&theirs), now()), Err(Unfit::UnknownKey));
        // Their signature under our key's name.
        let kid = ours.keys.first().kid.clone();
        let forged = resigned(&theirs, |header, _| header["kid"] = kid.clone().into());
        assert_eq!(ours.verify(&forged, now()), Err(Unfit::Signature));
        let (header, claims, signature) = split(&token(&ours));
        let other = part(&json!({"scope": "registry:write"}));
        assert_eq!(ours.verify(&format!("{header}.{other}.{signature}"), now()), Err(Unfit::Signature));
        assert_eq!(ours.verify(&format!("{header}.{claims}."), now()), Err(Unfit::Signature));
        for junk in ["", ".", "..", "a.b.c", "а.б.в", &"x".repeat(5000)] {
            assert_eq!(ours.verify(junk, now()), Err(Unfit::Malformed), "{junk}");
        }
    }

    #[test]
    fn every_sign_of_a_token_counts() {
        let server = server(&[Keys::generate()]);
        let token = token(&server);
        let refused = |text: &str| server.verify(text, now()).is_err();
        for length in 0..token.len() {
            assert!(refused(&token[..length]), "cut after {length}");
        }
        for place in 0..token.len() {
            for bit in 0..7 {
                let mut bytes = token.clone().into_bytes();
                bytes[place] ^= 1 << bit;
                let text = String::from_utf8(bytes).expect("ASCII");
                assert!(refused(&text), "bit {bit} of sign {place}: {text}");
            }
        }
        let (header, claims, signature) = split(&token);
        for text in [
            format!(" {token}"),
            format!("{token} "),
            format!("{token}\n"),
            format!("{token}="),
            format!("{token}.{signature}"),
            format!("{header}.{claims}=.{signature}"),
            format!("{header}..{claims}.{signature}"),
            token.replace('_', "/").replace('-', "+") + "+",
            token.to_uppercase(),
        ] {
            assert!(refused(&text), "{text}");
        }
        assert!(!refused(&token));
    }

    #[test]
    fn a_header_brings_no_key_of_its_own() {
        let (ours, theirs) = (server(&[Keys::generate()]), server(&[Keys::generate()]));
        let refused = |change: &dyn Fn(&mut serde_json::Value)| {
            let forged = resigned(&theirs, |header, _| {
                header["kid"] = ours.keys.first().kid.clone().into();
                change(header);
            });
            ours.verify(&forged, now()).err()
        };
        let jwk = theirs.keys.jwks()["keys"][0].clone();
        for (name, value) in [
            ("jwk", jwk),
            ("jku", json!("https://evil.example/jwks.json")),
            ("x5u", json!("https://evil.example/chain.pem")),
            ("x5c", json!(["AAAA"])),
        ] {
            assert_eq!(refused(&|header| header[name] = value.clone()), Some(Unfit::Signature), "{name}");
        }
        for alg in ["none", "None", "RS256", "ES384", "HS256", "EdDSA", "es256", ""] {
            assert!(refused(&|header| header["alg"] = alg.into()).is_some(), "{alg}");
            assert!(ours.verify(&resigned(&ours, |header, _| header["alg"] = alg.into()), now()).is_err(), "{alg}");
        }
        let odd =
            |change: &dyn Fn(&mut serde_json::Value)| ours.verify(&resigned(&ours, |_, claims| change(claims)), now()).err();
        for value in [json!("1800000900"), json!(1.8e9 + 900.5), json!(1e300), json!(null), json!([1_800_000_900]), json!(true)]
        {
            assert_eq!(odd(&|claims| claims["exp"] = value.clone()), Some(Unfit::Malformed), "exp {value}");
            assert_eq!(odd(&|claims| claims["nbf"] = value.clone()), Some(Unfit::Malformed), "nbf {value}");
        }
        assert!(odd(&|claims| claims["exp"] = json!(i64::MAX)).is_none_or(|unfit| unfit == Unfit::Malformed), "no overflow");
        let audience = claims_audience(&ours);
        assert!(odd(&|claims| claims["aud"] = json!([audience, "https://other.example"])).is_some(), "several audiences");
        // The same claim twice: two readers might take two of them.
        let (header, claims, _) = split(&token(&ours));
        let text = String::from_utf8(BASE64URL.decode(claims).expect("base64url")).expect("UTF-8");
        let twice = BASE64URL.encode(text.replacen('{', "{\"scope\":\"registry:write\",", 1));
        let message = format!("{header}.{twice}");
        let signature = crypto::sign(message.as_bytes(), &ours.keys.first().signs, Signs::ES256).expect("signed");
        assert_eq!(ours.verify(&format!("{message}.{signature}"), now()), Err(Unfit::Malformed));
    }

    fn claims_audience(of: &Tokens) -> String {
        let (_, claims, _) = split(&token(of));
        let claims: serde_json::Value = serde_json::from_slice(&BASE64URL.decode(claims).expect("base64url")).expect("JSON");
        claims["aud"].as_str().expect("an audience").to_owned()
    }

    #[test]
    fn keys_rotate_without_an_outage() {
        let (old, new) = (Keys::generate(), Keys::generate());
        let (before, during) = (server(std::slice::from_ref(&old)), server(&[new.clone(), old.clone()]));
        let after = server(std::slice::from_ref(&new));
        assert!(during.verify(&token(&before), now()).is_ok());
        assert!(after.verify(&token(&during), now()).is_ok());
        assert_eq!(after.verify(&token(&before), now()), Err(Unfit::UnknownKey));
        assert!(matches!(Keys::load(&[old.clone(), old]), Err(KeyFault::Twice(2))));
        assert!(matches!(Keys::load(&[new, "no key".into()]), Err(KeyFault::Unreadable(2))));
        assert!(matches!(Keys::load(&[]), Err(KeyFault::None)));
    }

    #[test]
    fn the_key_set_is_public_and_names_keys_by_their_thumbprint() {
        let jwks = Keys::load(&[Keys::generate(), Keys::generate()]).expect("keys").jwks();
        let keys = jwks["keys"].as_array().expect("keys");
        assert_eq!(keys.len(), 2);
        for key in keys {
            let members: Vec<_> = key.as_object().expect("a key").keys().cloned().collect();
            assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
            let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.clone()).expect("a JWK");
            assert_eq!(jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).expect("a print"), key["kid"]);
        }
    }

    fn split(token: &str) -> (String, String, String) {
        let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        (parts[0].clone(), parts[1].clone(), parts[2].clone())
    }
}
