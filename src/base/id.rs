//! Identifiers. Ids of what concerns people are random (v4): they tell no time and no order. The others grow with time (v7).

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// For organisations, centres, applications, journal entries: sorted by time, kind to indexes.
pub fn timed() -> Uuid {
    Uuid::now_v7()
}

/// For persons, cases, consents and referrals.
pub fn random() -> Uuid {
    Uuid::new_v4()
}

/// For what an organisation names by a reference of its own, where the object tells of no person: the same reference gives the
/// same id, so that a repetition meets itself, whichever way it comes.
pub fn named(organization_id: Uuid, object: &str, reference: &str) -> Uuid {
    let digest = Sha256::new().chain_update(organization_id).chain_update(object).chain_update([0]).chain_update(reference);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// A number that people read to each other: eight signs without those that look alike, about 10¹² values.
pub fn number() -> String {
    const SIGNS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let bits = Uuid::new_v4().as_u128();
    let sign = |i: u32| char::from(SIGNS[(bits >> (5 * i) & 31) as usize]);
    (0..4).map(sign).chain(['-']).chain((4..8).map(sign)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reference_of_one_organisation_is_one_id() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(named(one, "observation", "a"), named(one, "observation", "a"));
        for different in [named(other, "observation", "a"), named(one, "observation", "b"), named(one, "activity", "a")] {
            assert_ne!(named(one, "observation", "a"), different);
        }
    }
}
