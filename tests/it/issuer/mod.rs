//! Those who sign for themselves: foreign issuers, whose tokens are taken for applications that the operator names, and clients that
//! show what they have signed in the place of a secret.

mod assertion;
mod foreign;
mod keys;
mod real;
mod refused;
mod server;

use crate::served::{Answer, Partner, Served, scopes};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use chrono::Duration;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use mistok::{
    access::Scope,
    base::words::organization::OrganizationKind::Ngo,
    config::{self, Networks, Serve},
};
use p256::{
    SecretKey,
    elliptic_curve::{rand_core::OsRng, sec1::ToEncodedPoint},
    pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding},
};
use serde_json::{Value, json};
use server::Foreign;
use std::collections::HashMap;

/// A key on P-256 that somebody signs with.
pub struct Key {
    secret: SecretKey,
    pub kid: String,
}

impl Key {
    pub fn new(kid: &str) -> Self {
        Self { secret: SecretKey::random(&mut OsRng), kid: kid.to_owned() }
    }

    /// What the world may know of it.
    pub fn jwk(&self) -> Value {
        let point = self.secret.public_key().to_encoded_point(false);
        let (x, y) = (BASE64URL.encode(point.x().unwrap()), BASE64URL.encode(point.y().unwrap()));
        json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": self.kid, "alg": "ES256", "use": "sig"})
    }

    pub fn pem(&self) -> String {
        self.secret.public_key().to_public_key_pem(LineEnding::LF).unwrap()
    }

    /// A token with this header and these claims.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", part(header), part(claims));
        let key = EncodingKey::from_ec_der(self.secret.to_pkcs8_der().unwrap().as_bytes());
        format!("{message}.{}", crypto::sign(message.as_bytes(), &key, Algorithm::ES256).unwrap())
    }
}

pub fn part(value: &Value) -> String {
    BASE64URL.encode(value.to_string())
}

/// A server, an issuer that it trusts, and a partner whose application the issuer calls `registry`.
pub struct Scene {
    pub own: Served,
    pub served: Served,
    pub foreign: Foreign,
    pub partner: Partner,
    pub key: Key,
}

impl Scene {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// With other words of the operator about the issuer.
    pub async fn with(change: impl FnOnce(&mut config::Issuer)) -> Self {
        let own = Served::new().await;
        let held = scopes(&[Scope::ReferralsRead, Scope::CasesWrite, Scope::ApplicationsManage]);
        let partner = own.partner_with(Ngo, held).await;
        let (foreign, key) = (Foreign::new().await, Key::new("first"));
        foreign.shows(&[&key]);
        let mut said = said(&foreign.url, &partner.client_id);
        change(&mut said);
        let issuers = config::Issuers { all: vec![said], allow: Networks::loopback() };
        let served = Served::configured(&own, Serve { issuers, ..own.config.clone() }).await;
        Self { own, served, foreign, partner, key }
    }

    /// The header and the claims of a good token.
    pub fn good(&self) -> (Value, Value) {
        let now = self.served.clock.now().timestamp();
        let header = json!({"alg": "ES256", "typ": "at+jwt", "kid": self.key.kid});
        let claims = json!({
            "iss": self.foreign.url, "aud": format!("{}/graphql", self.own.url), "sub": "somebody", "client_id": "registry",
            "iat": now, "nbf": now, "exp": now + 300, "jti": uuid::Uuid::new_v4(), "scope": "referrals:read cases:read",
        });
        (header, claims)
    }

    /// A token that differs from a good one by this.
    pub fn token(&self, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let (mut header, mut claims) = self.good();
        change(&mut header, &mut claims);
        self.key.sign(&header, &claims)
    }

    /// A good one by another key.
    pub fn token_by(&self, key: &Key) -> String {
        let (mut header, claims) = self.good();
        header["kid"] = key.kid.as_str().into();
        key.sign(&header, &claims)
    }

    pub async fn asked(&self, token: &str) -> Answer {
        self.served.ask(token, "{viewer{scopes}}", json!({})).await
    }

    /// 200, 401 or 503.
    pub async fn status(&self, token: &str) -> u16 {
        self.asked(token).await.status
    }

    pub fn advance(&self, by: Duration) {
        self.served.clock.advance(by);
    }
}

/// What an operator says of an issuer that knows one application of ours.
pub fn said(issuer: &str, client_id: &str) -> config::Issuer {
    config::Issuer {
        issuer: issuer.to_owned(),
        audience: None,
        token_types: vec!["at+jwt".into()],
        subject_claim: "client_id".into(),
        subjects: HashMap::from([("registry".to_owned(), client_id.to_owned())]),
        scope_claim: "scope".into(),
        scope_map: None,
        scopes: None,
    }
}
