//! Telephone numbers of Ukraine, kept in the international form E.164: `+380XXXXXXXXX`.

use crate::base::{Refusal, Result};

/// Reads a number as people write it and gives `+380XXXXXXXXX`.
///
/// Accepted are `067-000-00-01`, `0670000001`, `380670000001`, `+38 (067) 000 00 01`: ten digits from the zero, or twelve from 380,
/// between them spaces, hyphens, dots and brackets. `field` is where it stands in the input.
pub fn parse(text: &str, field: &str) -> Result<String, Refusal> {
    national(text).map(|digits| format!("+380{digits}")).ok_or_else(|| {
        Refusal::invalid(field, "This is not a Ukrainian telephone number. Write it like +380670000001 or 067-000-00-01.")
    })
}

/// The nine digits after the country code, if the text is a number and nothing else.
fn national(text: &str) -> Option<String> {
    let text = text.trim();
    let (plus, rest) = text.strip_prefix('+').map_or((false, text), |rest| (true, rest));
    if !rest.chars().all(|sign| sign.is_ascii_digit() || between(sign)) {
        return None;
    }
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let national = match digits.len() {
        12 => digits.strip_prefix("380")?,
        10 if !plus => digits.strip_prefix('0')?,
        _ => return None,
    };
    Some(national.to_owned())
}

/// What people put between the digits: spaces, hyphens of every width, dots, brackets.
pub(super) fn between(sign: char) -> bool {
    sign.is_whitespace() || matches!(sign, '-' | '.' | '(' | ')' | '\u{2010}'..='\u{2015}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_accepted_forms_are_one_number() {
        for text in [
            "067-000-00-01",
            "0670000001",
            "380670000001",
            "+38 (067) 000 00 01",
            "+380670000001",
            " 067 000 00 01 ",
            "(067) 000–00–01",
            "067.000.00.01",
            "+38\u{a0}067\u{a0}000\u{a0}00\u{a0}01",
        ] {
            assert_eq!(parse(text, "phone").as_deref(), Ok("+380670000001"), "{text}");
        }
        assert_eq!(parse("096-89-56-994", "phone").as_deref(), Ok("+380968956994"));
    }

    #[test]
    fn anything_else_is_refused_and_names_the_field() {
        for text in [
            "",
            "+",
            "67 000 00 01",
            "067000000",
            "06700000011",
            "+0670000001",
            "1670000001",
            "+48 22 000 00 00",
            "067-000-00-0x",
            "a0670000001",
            "++380670000001",
            "0670000001, 0670000002",
        ] {
            assert_eq!(parse(text, "person.phone").expect_err(text).path, ["person", "phone"]);
        }
    }

    proptest! {
        /// A stored number is read back as itself, and any text gives a stored number or a refusal, never a panic.
        #[test]
        fn stored_numbers_stand(text in r"\PC{0,20}", digits in "[0-9]{9}") {
            let stored = format!("+380{digits}");
            prop_assert_eq!(parse(&stored, "").ok(), Some(stored));
            if let Ok(number) = parse(&text, "") {
                prop_assert_eq!(parse(&number, "").ok(), Some(number));
            }
        }
    }
}
