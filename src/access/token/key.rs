//! The server's signing keys, and what the world may know of them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jsonwebtoken::{DecodingKey, EncodingKey};
use p256::{
    SecretKey,
    elliptic_curve::{rand_core::OsRng, sec1::ToEncodedPoint},
    pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};

/// Why a set of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    #[error("at least one signing key is needed")]
    None,
    /// Counted from one, as an operator counts.
    #[error(
        "signing key {0} is no P-256 private key in PKCS#8 PEM; \
             `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` makes one"
    )]
    Unreadable(usize),
    #[error("signing key {0} is the same as an earlier one")]
    Twice(usize),
}

/// A signing key and what the world may know of it.
pub(super) struct Key {
    /// Thumbprint of the public key (RFC 7638).
    pub(super) kid: String,
    pub(super) x: String,
    y: String,
    pub(super) signs: EncodingKey,
    pub(super) verifies: DecodingKey,
}

impl Key {
    fn read(pem: &str) -> Option<Self> {
        let secret = SecretKey::from_pkcs8_pem(pem.trim()).ok()?;
        let signs = EncodingKey::from_ec_der(secret.to_pkcs8_der().ok()?.as_bytes());
        let point = secret.public_key().to_encoded_point(false);
        let (x, y) = (BASE64URL.encode(point.x()?), BASE64URL.encode(point.y()?));
        let verifies = DecodingKey::from_ec_components(&x, &y).ok()?;
        // The members in the order that RFC 7638 prescribes, without white space.
        let named = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Some(Self { kid: BASE64URL.encode(Sha256::digest(named)), x, y, signs, verifies })
    }
}

/// The server's signing keys: the first signs, all verify, so that a key is changed without an outage
/// (add the new one as second, then put it first, then drop the old one after [`super::LIFETIME`]).
pub struct Keys(Vec<Key>);

impl Keys {
    /// Reads private keys: P-256, PKCS#8, PEM.
    pub fn load(pems: &[SecretString]) -> Result<Self, KeyFault> {
        let mut keys: Vec<Key> = Vec::with_capacity(pems.len());
        for (place, pem) in (1..).zip(pems) {
            let key = Key::read(pem.expose_secret()).ok_or(KeyFault::Unreadable(place))?;
            if keys.iter().any(|known| known.kid == key.kid) {
                return Err(KeyFault::Twice(place));
            }
            keys.push(key);
        }
        if keys.is_empty() { Err(KeyFault::None) } else { Ok(Self(keys)) }
    }

    /// A new private key as PEM.
    pub fn generate() -> SecretString {
        let pem = SecretKey::random(&mut OsRng).to_pkcs8_pem(LineEnding::LF).expect("a P-256 key always has a PKCS#8 form");
        SecretString::from(pem.as_str())
    }

    /// The JSON Web Key Set (RFC 7517): public members only.
    pub fn jwks(&self) -> serde_json::Value {
        let public = |key: &Key| json!({"kty": "EC", "crv": "P-256", "x": key.x, "y": key.y, "kid": key.kid, "alg": "ES256", "use": "sig"});
        json!({"keys": self.0.iter().map(public).collect::<Vec<_>>()})
    }

    /// The one that signs.
    pub(super) fn first(&self) -> &Key {
        &self.0[0]
    }

    pub(super) fn find(&self, kid: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.kid == kid)
    }
}
