//! Decimal numbers of figures, exact: kept as whole ten-thousandths, told as a decimal string. Never a float.

use crate::base::{Refusal, Result};
use std::fmt;

/// Parts of one.
const PARTS: i64 = 10_000;

/// Most decimals.
const PLACES: usize = 4;

/// The largest number that a figure may have: a million million.
const MOST: i64 = 1_000_000_000_000 * PARTS;

/// A number that is not negative, with at most four decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(i64);

impl Number {
    /// Reads a decimal; `field` is where it stands in the input.
    pub fn parse(text: &str, field: &str) -> Result<Self, Refusal> {
        if text.starts_with('-') {
            return Err(Refusal::invalid(field, "A figure is not negative."));
        }
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let part = part.trim_end_matches('0');
        if part.len() > PLACES {
            return Err(Refusal::invalid(field, said!("A figure has at most {PLACES} decimals.", PLACES)));
        }
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let parts = (!whole.is_empty() && digits(whole) && digits(part))
            .then(|| format!("{whole}{part:0<PLACES$}").parse::<i64>().ok())
            .flatten();
        match parts {
            Some(parts) if parts <= MOST => Ok(Self(parts)),
            _ => Err(Refusal::invalid(field, said!("A figure is a decimal number of at most {most}.", most = Self(MOST)))),
        }
    }

    /// From whole ten-thousandths, as they are stored.
    pub const fn of_parts(parts: i64) -> Self {
        Self(parts)
    }

    /// Whole ten-thousandths, as they are stored.
    pub const fn parts(self) -> i64 {
        self.0
    }

    /// A count.
    pub const fn whole(count: u32) -> Self {
        Self(count as i64 * PARTS)
    }

    /// A sum that is counted; below zero there is nothing.
    pub const fn count(sum: i64) -> Self {
        Self(if sum > 0 { sum * PARTS } else { 0 })
    }

    /// So many tenths; below zero there is nothing.
    pub const fn tenths(tenths: i64) -> Self {
        Self(if tenths > 0 { tenths * (PARTS / 10) } else { 0 })
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / PARTS, self.0 % PARTS);
        if part == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{part:04}").trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_is_read_exactly() {
        for (text, parts, told) in [
            ("0", 0, "0"),
            ("2682", 26_820_000, "2682"),
            ("0.3333", 3_333, "0.3333"),
            ("0.5", 5_000, "0.5"),
            ("007.2500", 72_500, "7.25"),
            ("1.00000000", 10_000, "1"),
            ("1000000000000", MOST, "1000000000000"),
        ] {
            let number = Number::parse(text, "value").expect(text);
            assert_eq!((number.parts(), number.to_string().as_str()), (parts, told));
        }
        for text in ["-1", "-0.5", "0.33333", "1000000000000.0001", "999999999999999999", "", ".", ".5", "1e3", "٣"] {
            assert_eq!(Number::parse(text, "value").expect_err(text).path, ["value"]);
        }
    }

    proptest! {
        #[test]
        fn what_is_told_is_read_again(parts in 0..=MOST) {
            let number = Number::of_parts(parts);
            prop_assert_eq!(Number::parse(&number.to_string(), ""), Ok(number));
        }
    }
}
