//! ЄДРПОУ: the code of an organisation in the Unified State Register of Enterprises and Organisations of Ukraine.
//!
//! Eight digits, kept as text because leading zeros count; the last one is a check digit. Sole proprietors have none.

use crate::base::{Refusal, Result};

/// A code whose check digit is right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edrpou(String);

/// Whether the text looks like a code: eight digits. The check digit is another question, for [`Edrpou::parse`].
pub fn shaped(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Edrpou {
    /// Reads a code; `field` is where it stands in the input.
    pub fn parse(text: &str, field: &str) -> Result<Self, Refusal> {
        if !shaped(text) {
            return Err(Refusal::invalid(
                field,
                "A code of the register (ЄДРПОУ) has exactly eight digits; leading zeros count.",
            ));
        }
        if check_digit(text) != text.bytes().last().map(|last| last - b'0') {
            return Err(Refusal::invalid(
                field,
                "The check digit of this code (ЄДРПОУ) is wrong: please compare it with the extract from the register.",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Edrpou {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The check digit that belongs to the first seven of eight digits. None for what is not shaped like a code.
///
/// Weights 1..7, or 7 and 1..6 for codes between 30000000 and 60000000; the sum modulo 11. Where that is ten,
/// each weight grows by two; where it is ten again, the digit is zero.
fn check_digit(text: &str) -> Option<u8> {
    let code: u32 = text.parse().ok()?;
    let weights: [u32; 7] = if 30_000_000 < code && code < 60_000_000 { [7, 1, 2, 3, 4, 5, 6] } else { [1, 2, 3, 4, 5, 6, 7] };
    let rest = |added: u32| {
        let digits = text.bytes().map(|byte| u32::from(byte - b'0'));
        weights.iter().zip(digits).map(|(weight, digit)| (weight + added) * digit).sum::<u32>() % 11
    };
    let found = [rest(0), rest(2), 0].into_iter().find(|rest| *rest < 10)?;
    u8::try_from(found).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_of_the_register_are_right() {
        let known = ["32855961", "37567866", "00032129", "30000005", "99000075", "99000130"];
        let invented =
            ["99000011", "99000028", "99000034", "99000040", "99000057", "99000063", "99000086", "99000092", "99000100"];
        for code in known.into_iter().chain(invented) {
            assert_eq!(Edrpou::parse(code, "edrpou").map(|edrpou| edrpou.to_string()), Ok(code.to_owned()));
        }
    }

    #[test]
    fn wrong_digits_and_wrong_shapes_name_the_field() {
        for code in ["32855968", "1234567", "3285596A", "", "328559610", "３２８５５９６１", " 32855961"] {
            let refusal = Edrpou::parse(code, "organization.edrpou").expect_err(code);
            assert_eq!(refusal.path, ["organization", "edrpou"]);
        }
    }

    proptest! {
        /// Of the ten codes that share seven digits exactly one is right: no typing error in the last digit passes.
        #[test]
        fn one_check_digit_of_ten(first in 0u32..10_000_000) {
            let right = (0..10).filter(|last| Edrpou::parse(&format!("{first:07}{last}"), "").is_ok()).count();
            // At the two borders of the weights' range the ten codes do not share their weights.
            prop_assert!(right == 1 || first == 3_000_000 || first == 6_000_000);
        }
    }
}
