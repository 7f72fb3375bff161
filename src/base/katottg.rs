//! КАТОТТГ: the codifier of administrative units and territories of territorial communities.

pub use super::text::{search_key, search_patterns};
use crate::base::{Refusal, Result};
use uuid::Uuid;

/// A code of a territorial unit, right in its shape. Whether the unit exists, the registry knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Katottg(String);

/// Whether the text looks like a code: `UA` and 17 digits.
pub fn shaped(text: &str) -> bool {
    text.strip_prefix("UA").is_some_and(|digits| digits.len() == 17 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

impl Katottg {
    /// Reads a code; `field` is where it stands in the input.
    pub fn parse(text: &str, field: &str) -> Result<Self, Refusal> {
        if !shaped(text) {
            return Err(Refusal::invalid(
                field,
                "A code of the codifier (КАТОТТГ) is UA and 17 digits, such as UA48020130000080862.",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The code as a UUID, for the journal and for ids that partners keep: its 17 digits in the lower half.
pub fn key(code: &str) -> Uuid {
    let digits = code.strip_prefix("UA").and_then(|digits| digits.parse::<u64>().ok());
    Uuid::from_u128(u128::from(digits.unwrap_or_default()))
}

/// The code that a key was made of.
pub fn of_key(key: Uuid) -> String {
    format!("UA{:017}", key.as_u128())
}

impl std::fmt::Display for Katottg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_ua_and_17_digits() {
        assert!(Katottg::parse("UA48020130000080862", "territory").is_ok());
        for code in [
            "",
            "UA",
            "ua48020130000080862",
            "UA4802013000008086",
            "UA480201300000808620",
            "UA4802013000008086X",
            "48020130000080862",
        ] {
            assert_eq!(Katottg::parse(code, "territory").expect_err(code).path, ["territory"]);
        }
    }

    #[test]
    fn a_code_comes_back_from_its_key() {
        for code in ["UA48020130000080862", "UA01000000000013043", "UA00000000000000000"] {
            assert_eq!(of_key(key(code)), code);
        }
    }
}
