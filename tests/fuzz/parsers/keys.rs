//! Keys of others: of clients, of issuers, of those who check the audit.

use super::{Parser, Seeds, text, tokens::signing};
use mistok::{
    access::token::{KeySet, Keys, NoKeySet, PublicKey},
    base::{Message, message::Language},
    journal::proof::{self, Hash, key},
};
use p256::pkcs8::{EncodePublicKey, LineEnding};
use serde_json::{Value, json};

pub(super) const ALL: &[Parser] = &[
    Parser { name: "public key", read: public_key, seeds: public_keys, times: 1_000 },
    Parser { name: "set of keys", read: key_set, seeds: key_sets, times: 300 },
    Parser { name: "key of the audit", read: audit_key, seeds: audit_keys, times: 1_000 },
    Parser { name: "hash", read: hash, seeds: hashes, times: 2_000 },
];

/// RFC 8037, appendix A.2; RFC 7638, section 3.1.
const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const RSA: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29","use":"sig","key_ops":["verify"]}"#;

fn p256() -> String {
    Keys::load(&[signing().1]).expect("a key").jwks()["keys"][0].to_string()
}

fn public_keys() -> Seeds {
    let pem = signing().0.public_key().to_public_key_pem(LineEnding::LF).expect("PEM");
    Seeds::of(
        &[ED25519, RSA, &p256(), &pem, &key::PublicKey::read(AUDIT).expect("a key").pem()],
        &[r#"{"kty":"oct","k":"x"}"#, r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#, "-----BEGIN PUBLIC KEY-----", "{"],
    )
}

fn public_key(bytes: &[u8]) -> bool {
    match PublicKey::read(&text(bytes)) {
        Ok(key) => {
            let again = PublicKey::read(&key.text()).expect("our own writing");
            assert_eq!((again.text(), again.kid(), again.thumbprint()), (key.text(), key.kid(), key.thumbprint()));
            assert!(!key.algorithms().is_empty() && key.kid().len() <= 128 && key.thumbprint().len() == 43);
            let known: Value = serde_json::from_str(&key.text()).expect("JSON");
            assert!(["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().all(|secret| known.get(secret).is_none()));
            true
        }
        Err(unusable) => {
            assert!((1..200).contains(&Message::from(unusable).told(Language::English).len()));
            false
        }
    }
}

fn key_sets() -> Seeds {
    let set = |keys: &[&str]| format!("{{\"keys\":[{}]}}", keys.join(","));
    Seeds::of(
        &[&set(&[ED25519, RSA, &p256()]), &set(&[r#"{"kty":"oct","k":"x"}"#, ED25519, r#"{"kty":"EC","crv":"P-521"}"#])],
        &[&set(&[]), &set(&["{}"; 51]), &set(&[RSA; 51]), "[]", "{\"keys\":{}}"],
    )
}

fn key_set(bytes: &[u8]) -> bool {
    match KeySet::read(bytes) {
        Ok(set) => {
            assert!(set.is_as(&KeySet::read(bytes).expect("the same")));
            !set.is_empty()
        }
        Err(NoKeySet::Unreadable | NoKeySet::TooMany) => false,
    }
}

/// RFC 8037, appendix A.2, as PEM.
const AUDIT: &str =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

fn audit_keys() -> Seeds {
    Seeds::of(&[AUDIT], &["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
}

fn audit_key(bytes: &[u8]) -> bool {
    let Some(key) = key::PublicKey::read(&text(bytes)) else { return false };
    assert_eq!(key::PublicKey::read(&key.pem()).as_ref(), Some(&key));
    assert!(key.id().len() == 43 && !key.has_signed("", bytes));
    true
}

fn hashes() -> Seeds {
    let hash = Hash::of(&[b"abc"]).to_string();
    Seeds::of(&[&hash], &[&hash.to_uppercase(), &hash[1..], "é", ""])
}

fn hash(bytes: &[u8]) -> bool {
    let text = text(bytes);
    assert!(proof::bytes(&text).is_none_or(|bytes| proof::hex(&bytes) == text));
    let Some(hash) = Hash::read(&text) else { return false };
    assert_eq!((hash.to_string().as_str(), serde_json::from_value::<Hash>(json!(&*text)).ok()), (&*text, Some(hash)));
    true
}
