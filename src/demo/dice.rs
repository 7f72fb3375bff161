//! Chance that repeats itself, and the words among which it chooses.

use uuid::{Builder, Uuid};

/// Words with how many of a thousand there are.
pub(super) type Words = &'static [(&'static str, u64)];
pub(super) const CATEGORIES: Words = &[
    ("IDP", 260),
    ("FAMILY_WITH_CHILDREN", 130),
    ("OLDER_PERSON", 120),
    ("MILITARY_FAMILY", 100),
    ("VETERAN", 70),
    ("PERSON_WITH_DISABILITY", 70),
    ("CHILD", 60),
    ("FAMILY_IN_HARDSHIP", 50),
    ("FAMILY_OF_FALLEN", 40),
    ("FAMILY_OF_MISSING_OR_CAPTIVE", 30),
    ("CHILD_WITH_DISABILITY", 20),
    ("MILITARY", 15),
    ("FOSTER_FAMILY", 12),
    ("BEREAVED", 8),
    ("CARE_LEAVER", 5),
    ("GENERAL_POPULATION", 10),
];
pub(super) const SEXES: Words = &[("FEMALE", 700), ("MALE", 280), ("UNSPECIFIED", 20)];
pub(super) const AGES: Words = &[
    ("AGE_35_59", 350),
    ("AGE_60_PLUS", 240),
    ("AGE_18_34", 200),
    ("AGE_6_13", 90),
    ("AGE_14_17", 60),
    ("AGE_0_5", 30),
    ("UNKNOWN", 30),
];
pub(super) const FORMS: Words = &[("INDIVIDUAL", 680), ("FAMILY", 120), ("PHONE", 100), ("ONLINE", 60), ("MOBILE", 40)];
pub(super) const SPECIALISTS: Words = &[("SOCIAL_WORK_SPECIALIST", 500), ("PSYCHOLOGIST", 350), ("SOCIAL_MANAGER", 150)];
pub(super) const KINDS: Words = &[
    ("GROUP_SESSION", 400),
    ("GROUP_CONSULTATION", 150),
    ("SOCIAL_COHESION_EVENT", 100),
    ("ART_THERAPY", 100),
    ("MENTAL_HEALTH_TRAINING", 80),
    ("PHYSICAL_ACTIVITY", 60),
    ("AWARENESS_EVENT", 50),
    ("COMMUNITY_EVENT", 30),
    ("MOBILE_TEAM_VISIT", 30),
];
pub(super) const CHANNELS: Words =
    &[("SELF_IN_PERSON", 550), ("OUTREACH", 180), ("SELF_PHONE", 150), ("REFERRAL", 80), ("SELF_ONLINE", 40)];
/// A whole divided by weights, to the last one.
pub(super) fn shared(whole: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    let (mut before, mut given) = (0_u128, 0_u64);
    let part = |weight: &u64| {
        before += u128::from(*weight);
        let until = u64::try_from(u128::from(whole) * before / sum).unwrap_or(whole);
        let part = until - given;
        given = until;
        part
    };
    weights.iter().map(part).collect()
}

/// Eight signs, another for each number below 2⁴⁰, without an order that can be seen.
pub(super) fn code(number: u64) -> String {
    const SIGNS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) & 0xff_ffff_ffff;
    let sign = |i: u32| char::from(SIGNS[(mixed >> (5 * i) & 31) as usize]);
    (0..4).map(sign).chain(['-']).chain((4..8).map(sign)).collect()
}

/// SplitMix64: a few lines, the same on every machine and for ever.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn of(seed: u64, stream: u64, number: u64) -> Self {
        let mut dice = Self(seed);
        for part in [stream, number] {
            dice.0 = dice.next() ^ part;
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    pub(super) fn id(&mut self) -> Uuid {
        Builder::from_random_bytes((u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes()).into_uuid()
    }

    pub(super) fn word(&mut self, words: Words) -> &'static str {
        let mut left = self.below(words.iter().map(|(_, parts)| parts).sum());
        for (word, parts) in words {
            match left.checked_sub(*parts) {
                Some(rest) => left = rest,
                None => return word,
            }
        }
        words[0].0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_cases_have_one_code() {
        let codes: std::collections::BTreeSet<String> = (0..100_000).map(code).collect();
        assert_eq!(codes.len(), 100_000);
    }
}
