//! Client secrets: made, hashed, compared.

use crate::seal::{self, Seal};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use subtle::ConstantTimeEq;

/// A new secret: 32 random bytes as base64url.
pub fn fresh() -> SecretString {
    URL_SAFE_NO_PAD.encode(seal::random()).into()
}

/// A new client id: 20 signs of 32 (100 random bits), lower case, without those that look alike.
pub fn client_id() -> String {
    const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    seal::random().iter().take(20).map(|byte| char::from(SIGNS[usize::from(byte & 31)])).collect()
}

/// The hashes that a client may match now.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub current: Vec<u8>,
    /// With the moment until which it is good.
    pub previous: Option<(Vec<u8>, DateTime<Utc>)>,
}

/// Whether a secret is the client's. The same work for a wrong secret and for a client that does not exist:
/// one hash and two comparisons in constant time.
pub fn is_of(seal: &Seal, secret: &str, known: Option<&Known>, now: DateTime<Utc>) -> bool {
    let given = seal.secret_hash(secret);
    let nobody = Known::default();
    let exists = known.is_some();
    let known = known.unwrap_or(&nobody);
    let (previous, good) = match &known.previous {
        Some((hash, until)) => (hash.as_slice(), now < *until),
        None => (&[][..], false),
    };
    let same = |hash: &[u8]| padded(hash).ct_eq(&padded(&given));
    let (current, previous) = (bool::from(same(&known.current)), bool::from(same(previous)));
    exists & (current | (previous & good))
}

/// Hashes are of 32 bytes; what is none compares as zeros, which no hash is.
fn padded(hash: &[u8]) -> [u8; 32] {
    hash.try_into().unwrap_or([0; 32])
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_secret_is_good_for_its_client_and_its_time_alone() {
        let seal = Seal::of(&[7; 32]);
        let (now, soon) = (DateTime::from_timestamp(1000, 0).unwrap(), DateTime::from_timestamp(1001, 0).unwrap());
        let (old, current) = (fresh(), fresh());
        let known = Known {
            current: seal.secret_hash(current.expose_secret()),
            previous: Some((seal.secret_hash(old.expose_secret()), soon)),
        };
        assert!(is_of(&seal, current.expose_secret(), Some(&known), now));
        assert!(is_of(&seal, old.expose_secret(), Some(&known), now));
        assert!(!is_of(&seal, old.expose_secret(), Some(&known), soon), "its hours are over");
        assert!(!is_of(&seal, "", Some(&known), now));
        assert!(!is_of(&seal, current.expose_secret(), None, now), "nobody");
        assert!(!is_of(&Seal::of(&[8; 32]), current.expose_secret(), Some(&known), now), "another pepper");
        assert_eq!(current.expose_secret().len(), 43);
        assert!(client_id().len() == 20 && client_id() != client_id());
    }
}
