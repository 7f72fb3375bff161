//! РНОКПП, the personal tax number, and where such numbers must not stand.
//!
//! Some citizens have none (a refusal for reasons of faith). It is personal data: it never leaves the server, and it is
//! refused, like a telephone number, where a partner writes references of its own.

use super::phone;
use crate::base::{Refusal, Result};

/// A tax number whose check digit is right. Its `Debug` keeps silent.
#[derive(Clone, PartialEq, Eq)]
pub struct TaxNumber(String);

impl TaxNumber {
    /// Reads a number; `field` is where it stands in the input. The message does not repeat the number.
    pub fn parse(text: &str, field: &str) -> Result<Self, Refusal> {
        if is_right(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::invalid(field, "This is not a tax number (РНОКПП): ten digits, the last one a check digit."))
    }

    /// The ten digits: for encryption and for the keyed hash alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for TaxNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TaxNumber(…)")
    }
}

/// Ten digits, weights −1 5 7 9 4 6 10 5 7, the sum modulo 11 modulo 10.
fn is_right(text: &str) -> bool {
    const WEIGHTS: [i32; 9] = [-1, 5, 7, 9, 4, 6, 10, 5, 7];
    if text.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let digits: Vec<i32> = text.bytes().map(|byte| i32::from(byte - b'0')).collect();
    let sum: i32 = WEIGHTS.iter().zip(&digits).map(|(weight, digit)| weight * digit).sum();
    sum.rem_euclid(11) % 10 == digits[9]
}

/// Refuses a free reference of a partner (`externalReference`, a case code) that holds a personal tax number or a telephone number.
pub fn without_person_code(text: &str, field: &str) -> Result<(), Refusal> {
    if looks_like_person_code(text) {
        return Err(Refusal::invalid(
            field,
            "This looks like a tax number or a telephone number of a person. Use a number of your own that tells nothing about the person.",
        ));
    }
    Ok(())
}

/// Whether a tax number or a telephone number stands anywhere in the text.
///
/// A tax number: a run of exactly ten digits with a right check digit. A telephone number: a run of ten digits from a zero and a digit
/// above two (every code of the national plan), a run of twelve from 380, or such digits in groups of which the first is the
/// code as people write it: `067`, `(067)`, `+38 067`, `+380 67`. Numbers such as `2024-0301-000123` are none.
pub fn looks_like_person_code(text: &str) -> bool {
    let runs = runs(text);
    let single = runs.iter().flatten().any(|digits| is_right(digits) || is_phone(digits));
    single || runs.iter().any(|groups| (0..groups.len()).any(|from| begins_phone(&groups[from..])))
}

/// The groups of digits, neighbours together where only phone-like signs stand between them.
fn runs(text: &str) -> Vec<Vec<String>> {
    let mut runs: Vec<Vec<String>> = vec![vec![]];
    let mut open = false;
    for sign in text.chars() {
        if sign.is_ascii_digit() {
            let run = runs.last_mut().expect("there is always a last run");
            if !open {
                run.push(String::new());
            }
            run.last_mut().expect("a group was opened").push(sign);
            open = true;
        } else {
            open = false;
            if !phone::between(sign) {
                runs.push(vec![]);
            }
        }
    }
    runs
}

/// Digits of a telephone number at the most.
const LONGEST: usize = 12;

fn is_phone(digits: &str) -> bool {
    let code = match digits.len() {
        10 => digits.strip_prefix('0'),
        12 => digits.strip_prefix("380"),
        _ => None,
    };
    code.is_some_and(|code| code >= "3")
}

/// Whether a telephone number in groups begins with the first of these.
fn begins_phone(groups: &[String]) -> bool {
    let first = groups.first().map_or("", String::as_str);
    let second = groups.get(1).map_or("", String::as_str);
    let written = matches!((first, second.len()), ("380", 2) | ("38", 3)) || first.len() == 3 && first.starts_with('0');
    let mut joined = String::new();
    // Behind twelve digits there is no number any more: else a long text would be read once for each of its groups.
    let mut within = groups.iter().map_while(|group| {
        joined.push_str(group);
        (joined.len() <= LONGEST).then(|| is_phone(&joined))
    });
    written && within.any(|found| found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tax_numbers_carry_their_check_digit() {
        for number in ["0000100010", "0000100027", "9999900013", "1000000000"] {
            assert!(TaxNumber::parse(number, "taxNumber").is_ok(), "{number}");
        }
        for number in ["0000100011", "000010001", "00001000100", "000010001x", ""] {
            assert_eq!(TaxNumber::parse(number, "person.taxNumber").expect_err(number).path, ["person", "taxNumber"]);
        }
    }

    #[test]
    fn a_tax_number_is_never_printed() {
        let number = TaxNumber::parse("0000100010", "").expect("it is right");
        assert!(!format!("{number:?}").contains('1'));
    }

    #[test]
    fn references_tell_no_person() {
        for text in [
            "0000100010",
            "ІПН 0000100010",
            "case0000100010a",
            "0670000001",
            "справа 067-000-00-01",
            "+38 (067) 000 00 01",
            "+380 67 000 00 01",
            "380670000001",
            "№380670000001/2",
            "2024-067-0000001",
            "096-89-56-994",
        ] {
            assert!(without_person_code(text, "externalReference").is_err(), "{text}");
        }
        for text in [
            "",
            "KZ-2025-0042",
            "2024-0301-000123",
            "17/05-2025",
            "0000100011",
            "1234567890123456",
            "UA48020130000080862",
            "32855961",
            "550e8400-e29b-41d4-a716-446655440000",
            "2025-05-27 12:30",
            "380-0001",
        ] {
            assert!(without_person_code(text, "externalReference").is_ok(), "{text}");
        }
    }

    /// A megabyte of numbers that begin and do not end: read once for each of its groups it would take minutes.
    #[test]
    fn a_long_text_is_read_once() {
        assert!(!looks_like_person_code(&"067 ".repeat(250_000)));
    }

    proptest! {
        /// Whatever stands around it, a tax number and a telephone number in an accepted form are found.
        #[test]
        fn they_are_found_anywhere(before in "[а-яa-z/_# ]{0,8}", after in "[а-яa-z/_#]{0,8}", code in 30u32..100, rest in 0u32..10_000_000) {
            let (a, b, c) = (rest / 10_000, rest / 100 % 100, rest % 100);
            for phone in [format!("0{code}{rest:07}"), format!("+38 (0{code}) {a:03} {b:02} {c:02}"), format!("0{code}-{a:03}-{b:02}-{c:02}")] {
                let text = format!("{before}{phone}{after}");
                prop_assert!(looks_like_person_code(&text), "{}", text);
            }
            let text = format!("{before}0000100010{after}");
            prop_assert!(looks_like_person_code(&text));
        }

        #[test]
        fn any_text_is_survived(text in r"\PC*") {
            let _ = looks_like_person_code(&text);
        }
    }
}
