//! КАТОТТГ: the codifier of administrative units and territories of territorial communities, and names that people search.

use crate::base::{Refusal, Result};

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

impl std::fmt::Display for Katottg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key by which a name is found: lower case, one space for every hyphen and gap, no apostrophes and quotation marks of any kind,
/// and `ґ` as `г`. So `Кам’янець-Подільська` is found by `кам'янець`, `КАМЯНЕЦЬ ПОДІЛЬСЬКА` and `Кам`янець`.
pub fn search_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for sign in name.chars().flat_map(char::to_lowercase) {
        match sign {
            '\'' | '`' | '´' | '"' | '«' | '»' | '„' | 'ʼ' | 'ʹ' | '′' | '\u{2018}'..='\u{201f}' => {}
            'ґ' => key.push('г'),
            sign if sign.is_whitespace()
                || matches!(sign, '-' | '_' | '/' | ',' | '.' | '\u{2010}'..='\u{2015}' | '\u{2212}') =>
            {
                if !key.is_empty() && !key.ends_with(' ') {
                    key.push(' ');
                }
            }
            sign => key.push(sign),
        }
    }
    key.truncate(key.trim_end().len());
    key
}

/// The words of a search as patterns of LIKE: a row is found when its key matches all of them, in any order.
/// An empty search has no pattern and finds every row.
pub fn search_patterns(text: &str) -> Vec<String> {
    let escaped = search_key(text).replace('\\', r"\\").replace('%', r"\%");
    escaped.split(' ').filter(|word| !word.is_empty()).map(|word| format!("%{word}%")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    fn names_are_found_however_they_are_typed() {
        let key = "камянець подільська";
        for name in [
            "Кам’янець-Подільська",
            "КАМ'ЯНЕЦЬ ПОДІЛЬСЬКА",
            "камʼянець  подільська",
            "Кам`янець–Подільська ",
            "  «Камянець - Подільська»",
        ] {
            assert_eq!(search_key(name), key, "{name}");
        }
        assert_eq!(search_key("Ґрунт"), "грунт");
    }

    #[test]
    fn signs_of_patterns_are_only_themselves() {
        assert_eq!(search_patterns(r"100% \ а_б"), [r"%100\%%", r"%\\%", "%а%", "%б%"]);
        assert!(search_patterns(" - ’ ").is_empty());
    }

    proptest! {
        /// A key is its own key: what is stored can be searched for.
        #[test]
        fn a_key_stays(name in r"\PC{0,30}") {
            let key = search_key(&name);
            prop_assert_eq!(search_key(&key), key);
        }
    }
}
