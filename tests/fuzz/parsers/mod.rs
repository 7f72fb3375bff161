//! Each parser of ours under its laws, whatever it is given: it never panics, what it takes it reads again as the same, what it refuses
//! it refuses in few words. `cargo test` gives it examples, mangled ones and noise (`tests/it/fuzz.rs`); libFuzzer searches on
//! (`tests/fuzz/Cargo.toml`). Both share this folder, and neither sees more than the library shows everybody.

mod addresses;
mod documents;
mod headers;
mod ids;
mod keys;
mod proofs;
mod questions;
mod settings;
mod sheets;
mod tokens;
mod values;

use mistok::base::{Error, Refusal, error::ErrorCode, message::Language};
use std::borrow::Cow;

/// A parser and what is asked of it.
pub struct Parser {
    pub name: &'static str,
    /// Reads bytes, panics where a law is broken, and says whether they were taken.
    pub read: fn(&[u8]) -> bool,
    /// What is taken, and what once broke a law.
    pub seeds: fn() -> Seeds,
    /// How often `cargo test` asks, which a debug build must bear.
    pub times: u32,
}

/// Examples to begin with.
pub struct Seeds {
    pub taken: Vec<Vec<u8>>,
    /// These were faults, or nearly.
    pub refused: Vec<Vec<u8>>,
}

impl Seeds {
    fn of(taken: &[&str], refused: &[&str]) -> Self {
        let bytes = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
        Self { taken: bytes(taken), refused: bytes(refused) }
    }
}

/// All of them, by the target that fuzzes them together: what they read is alike.
pub const ALL: &[(&str, &[Parser])] = &[
    ("addresses", addresses::ALL),
    ("documents", documents::ALL),
    ("headers", headers::ALL),
    ("ids", ids::ALL),
    ("keys", keys::ALL),
    ("proofs", proofs::ALL),
    ("questions", questions::ALL),
    ("settings", settings::ALL),
    ("sheets", sheets::ALL),
    ("tokens", tokens::ALL),
    ("values", values::ALL),
];

/// The parsers of a target.
pub fn of(target: &str) -> &'static [Parser] {
    ALL.iter().find(|(name, _)| *name == target).unwrap_or_else(|| panic!("there is no target {target}")).1
}

/// Text of any bytes: what is no UTF-8 never comes as far as a parser of text.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// A refusal in few words, at the place that was asked about.
fn refused(refusal: &Refusal, field: &str) {
    assert_eq!(refusal.path.join("."), field);
    for language in [Language::English, Language::Ukrainian] {
        let told = refusal.message.told(language);
        assert!(!told.is_empty() && told.len() < 600, "{refusal:?}");
    }
}

/// A question that is refused by one of these codes, in few words.
fn asked_wrong(fault: &Error, codes: &[ErrorCode]) {
    let Error::Question { code, message, .. } = fault else { panic!("{fault:?}") };
    assert!(codes.contains(code) && !message.is_empty() && message.len() < 400, "{fault:?}");
}
