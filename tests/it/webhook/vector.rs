//! The vectors that partners verify their receivers with: what the server signs is what stands there.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, Mac};
use mistok::webhook::signature;
use secrecy::ExposeSecret;
use serde::Deserialize;
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
struct File {
    about: Vec<String>,
    tolerance: u64,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    verifies: bool,
    secret: String,
    now: u64,
    headers: BTreeMap<String, String>,
    body: String,
    /// Not there where no server signs like this.
    signed: Option<Signed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    secrets: Vec<String>,
    id: String,
    timestamp: i64,
    body: String,
}

fn bytes(secret: &str) -> Vec<u8> {
    BASE64.decode(secret.strip_prefix("whsec_").unwrap()).unwrap()
}

/// As the standard says, and as the README's few lines do.
fn verifies(vector: &Vector, tolerance: u64) -> bool {
    let header = |name: &str| vector.headers[name].as_str();
    let Ok(timestamp) = header("webhook-timestamp").parse() else { return false };
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&bytes(&vector.secret)).unwrap();
    mac.update(format!("{}.{timestamp}.{}", header("webhook-id"), vector.body).as_bytes());
    let good = format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()));
    vector.now.abs_diff(timestamp) <= tolerance && header("webhook-signature").split(' ').any(|one| one == good)
}

#[test]
fn they_are_what_the_server_signs() {
    let file: File = serde_json::from_str(include_str!("../../../schema/webhook-vectors.json")).unwrap();
    assert!(!file.about.is_empty());
    let (mut names, mut good) = (BTreeSet::new(), 0);
    for vector in &file.vectors {
        let name = &vector.name;
        assert!(names.insert(name), "{name} is there twice");
        assert_eq!(verifies(vector, file.tolerance), vector.verifies, "{name}");
        good += usize::from(vector.verifies);
        let Some(signed) = &vector.signed else { continue };
        let secrets: Vec<_> = signed.secrets.iter().map(|secret| bytes(secret)).collect();
        let header = signature::header(&signed.id, signed.timestamp, &signed.body, secrets.iter().map(Vec::as_slice));
        assert_eq!(header, vector.headers["webhook-signature"], "{name}");
        for (secret, written) in secrets.iter().zip(&signed.secrets) {
            assert_eq!(signature::shown(secret).expose_secret(), written, "{name}");
        }
    }
    assert!(good >= 5 && file.vectors.len() - good >= 15, "{good} of {} verify", file.vectors.len());
}
