//! The keys that sign roots. Who signs is the server; who checks needs the public key alone, kept apart from the server and its backups.

use super::Hash;
use crate::seal;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ed25519_dalek::{
    Signature, Signer, SigningKey, VerifyingKey,
    pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes, spki::der::pem::LineEnding},
};
use secrecy::{ExposeSecret, SecretString};

/// Why a set of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    #[error("at least one key is needed to sign the audit")]
    None,
    /// Counted from one, as an operator counts.
    #[error("key {0} is no Ed25519 private key in PKCS#8 PEM; `openssl genpkey -algorithm ed25519` makes one")]
    Unreadable(usize),
    #[error("key {0} is the same as an earlier one")]
    Twice(usize),
}

/// The server's keys: the first signs, all are published, so that who checks has the next one before it signs.
pub struct Keys(Vec<(SigningKey, PublicKey)>);

impl Keys {
    /// Reads private keys: Ed25519, PKCS#8, PEM.
    pub fn load(pems: &[SecretString]) -> Result<Self, KeyFault> {
        let mut keys: Vec<(SigningKey, PublicKey)> = Vec::with_capacity(pems.len());
        for (place, pem) in (1..).zip(pems) {
            let key = SigningKey::from_pkcs8_pem(pem.expose_secret().trim()).map_err(|_| KeyFault::Unreadable(place))?;
            let public = PublicKey(key.verifying_key());
            if keys.iter().any(|(_, known)| *known == public) {
                return Err(KeyFault::Twice(place));
            }
            keys.push((key, public));
        }
        if keys.is_empty() { Err(KeyFault::None) } else { Ok(Self(keys)) }
    }

    /// A new private key as PEM, without the public one beside it: every OpenSSL reads that.
    pub fn generate() -> SecretString {
        let bytes = KeypairBytes { secret_key: seal::random(), public_key: None };
        let pem = bytes.to_pkcs8_pem(LineEnding::LF).expect("32 bytes always have a PKCS#8 form");
        SecretString::from(pem.as_str())
    }

    pub fn public(&self) -> impl Iterator<Item = &PublicKey> {
        self.0.iter().map(|(_, public)| public)
    }

    /// The id of the one that signs, and what it says to a text.
    pub fn sign(&self, text: &str) -> (String, [u8; 64]) {
        let (key, public) = &self.0[0];
        (public.id(), key.sign(text.as_bytes()).to_bytes())
    }
}

/// What the world may know of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads PEM: a public key, or a private one, of which the public part is taken.
    pub fn read(pem: &str) -> Option<Self> {
        let private = || SigningKey::from_pkcs8_pem(pem.trim()).ok().map(|key| key.verifying_key());
        VerifyingKey::from_public_key_pem(pem.trim()).ok().or_else(private).map(Self)
    }

    /// As OpenSSL reads it.
    pub fn pem(&self) -> String {
        self.0.to_public_key_pem(LineEnding::LF).expect("an Ed25519 key always has a PEM form")
    }

    /// Thumbprint (RFC 7638) of its JWK (RFC 8037).
    pub fn id(&self) -> String {
        let named = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, BASE64URL.encode(self.0.as_bytes()));
        BASE64URL.encode(Hash::of(&[named.as_bytes()]).0)
    }

    /// Whether it has signed a text.
    pub fn has_signed(&self, text: &str, signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(text.as_bytes(), &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_known_by_the_public_key() {
        let pem = Keys::generate();
        let keys = Keys::load(std::slice::from_ref(&pem)).expect("a key of its own making");
        let (id, signature) = keys.sign("текст");
        let public = keys.public().next().expect("one");
        assert_eq!(public.id(), id);
        assert!(public.has_signed("текст", &signature) && !public.has_signed("тексt", &signature));
        assert!(!public.has_signed("текст", &signature[1..]));
        for text in [public.pem(), pem.expose_secret().to_owned()] {
            assert_eq!(PublicKey::read(&text).as_ref(), Some(public));
        }
        assert!(matches!(Keys::load(&[]), Err(KeyFault::None)));
        assert!(matches!(Keys::load(&[pem.clone(), "x".into()]), Err(KeyFault::Unreadable(2))));
        assert!(matches!(Keys::load(&[pem.clone(), pem]), Err(KeyFault::Twice(2))));
    }

    /// RFC 8037, appendix A.3.
    #[test]
    fn an_id_is_the_thumbprint_of_the_standard() {
        let x = BASE64URL.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").expect("base64url");
        let key = PublicKey(VerifyingKey::try_from(x.as_slice()).expect("a key"));
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
