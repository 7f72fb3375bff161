//! Identifiers. Ids of what concerns people are random (v4): they tell no time and no order. The others grow with time (v7).

use uuid::Uuid;

/// For organisations, centres, applications, journal entries: sorted by time, kind to indexes.
pub fn timed() -> Uuid {
    Uuid::now_v7()
}

/// For persons, cases, consents and referrals.
pub fn random() -> Uuid {
    Uuid::new_v4()
}

/// A number that people read to each other: eight signs without those that look alike, about 10¹² values.
pub fn number() -> String {
    const SIGNS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let bits = Uuid::new_v4().as_u128();
    let sign = |i: u32| char::from(SIGNS[(bits >> (5 * i) & 31) as usize]);
    (0..4).map(sign).chain(['-']).chain((4..8).map(sign)).collect()
}
