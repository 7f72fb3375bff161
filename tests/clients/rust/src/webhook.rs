//! Webhooks are signed after Standard Webhooks 1.0. By hand: the standard's own crate cannot be told the time, and so not be held
//! against the vectors.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, Mac};
use reqwest::header::HeaderMap;
use serde::Deserialize;
use sha2::Sha256;
use std::time::{SystemTime, UNIX_EPOCH};

const TOLERANCE: u64 = 300;

#[derive(Debug, Deserialize)]
pub struct Told {
    /// A word that is not known is a new one.
    pub r#type: String,
    pub timestamp: String,
    pub data: Changed,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    pub cursor: String,
    pub object_id: String,
    pub object_version: i64,
}

/// What a request tells; nothing unless it is ours, untouched and at most five minutes old. `body`: the bytes as they came.
pub fn verified(secret: &str, headers: &HeaderMap, body: &[u8]) -> Option<Told> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    serde_json::from_slice(signed(secret, headers, body, now)?).ok()
}

/// The body, if it is signed at this second.
pub fn signed<'a>(secret: &str, headers: &HeaderMap, body: &'a [u8], now: u64) -> Option<&'a [u8]> {
    let header = |name| headers.get(name)?.to_str().ok();
    let (id, timestamp) = (header("webhook-id")?, header("webhook-timestamp")?);
    if now.abs_diff(timestamp.parse().ok()?) > TOLERANCE {
        return None;
    }
    let key = BASE64.decode(secret.strip_prefix("whsec_")?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    // While a secret is rotated there are two. They are compared in constant time.
    let good = |one: &str| {
        one.strip_prefix("v1,")
            .and_then(|text| BASE64.decode(text).ok())
            .is_some_and(|it| mac.clone().verify_slice(&it).is_ok())
    };
    header("webhook-signature")?.split(' ').any(good).then_some(body)
}
