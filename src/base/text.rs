//! Texts that people type: names and lines, and the keys by which names are found again.

use crate::base::{Refusal, Result, error::UserErrorCode};

/// One line: trimmed, neither empty nor longer than `most` characters, without control characters. `field` is where it stands in the input.
pub fn line(text: &str, field: &str, most: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::invalid(field, "This must not be empty."));
    }
    if text.chars().count() > most {
        return Err(Refusal::new(UserErrorCode::LimitExceeded, field, said!("This is longer than {most} characters.", most)));
    }
    if text.chars().any(char::is_control) {
        return Err(Refusal::invalid(field, "This must be one line without control characters."));
    }
    Ok(text.to_owned())
}

/// The same where nothing may stand; nothing and only spaces are the same.
pub fn optional_line(text: Option<&str>, field: &str, most: usize) -> Result<Option<String>, Refusal> {
    text.filter(|text| !text.trim().is_empty()).map(|text| line(text, field, most)).transpose()
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

/// Words of a search that count: nobody types more, and each is a comparison for each row.
const WORDS: usize = 30;

/// The words of a search as patterns of LIKE: a row is found when its key matches all of them, in any order.
/// A blank search has no pattern and finds every row; one of signs that no key has finds none.
pub fn search_patterns(text: &str) -> Vec<String> {
    let key = search_key(text);
    if key.is_empty() && !text.trim().is_empty() {
        // Matches the empty key alone.
        return vec![String::new()];
    }
    let escaped = key.replace('\\', r"\\").replace('%', r"\%");
    escaped.split(' ').filter(|word| !word.is_empty()).take(WORDS).map(|word| format!("%{word}%")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_trimmed_and_short() {
        assert_eq!(line("  Центр ", "name", 5).as_deref(), Ok("Центр"));
        for text in ["", " \n ", "Центри", "a\u{0}b", "a\nb"] {
            assert_eq!(line(text, "name", 5).expect_err(text).path, ["name"]);
        }
        assert_eq!(optional_line(Some("  "), "name", 5), Ok(None));
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
        assert!(search_patterns("  ").is_empty());
        assert_eq!(search_patterns(" - ’ "), [""]);
        assert_eq!(search_patterns(&"а ".repeat(1_000)).len(), WORDS);
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
