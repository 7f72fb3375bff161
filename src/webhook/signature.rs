//! How a delivery is signed (Standard Webhooks 1.0, `v1`: HMAC-SHA256 over id, timestamp and body).

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, Mac};
use secrecy::SecretString;
use sha2::Sha256;
use uuid::Uuid;

/// How a secret is written.
const PREFIX: &str = "whsec_";

/// A secret as its owner keeps it.
pub fn shown(secret: &[u8]) -> SecretString {
    SecretString::from(format!("{PREFIX}{}", BASE64.encode(secret)))
}

/// The id of a delivery as its receiver knows it: the same in each attempt, so that doubles can be dropped.
pub fn id(delivery: Uuid) -> String {
    format!("msg_{}", delivery.simple())
}

/// The header `webhook-signature`: one signature for each secret that is good.
pub fn header<'a>(id: &str, timestamp: i64, body: &str, secrets: impl IntoIterator<Item = &'a [u8]>) -> String {
    let one = |secret: &[u8]| {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(secret).expect("HMAC takes keys of any length");
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
    };
    secrets.into_iter().map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    /// The vector that the libraries of the standard are tested with.
    #[test]
    fn it_is_the_standard_s_signature() {
        let secret = BASE64.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
        let (id, timestamp, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        let signed = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(header(id, timestamp, body, [&secret[..]]), signed);
        assert_eq!(header(id, timestamp, body, [&secret[..], &secret[..]]), format!("{signed} {signed}"));
        assert_eq!(shown(&secret).expose_secret(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }
}
