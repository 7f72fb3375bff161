//! What is said to a person, in the language that the person reads: Ukrainian or English. The English sentence is written where its rule
//! stands, and is the name by which `uk.json` knows the Ukrainian one, as in gettext.

use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::HashMap, fmt::Display, sync::LazyLock};

/// In which language somebody is told what is wrong (мова).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    Ukrainian,
}

impl Language {
    /// The tag of BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Ukrainian => "uk",
        }
    }

    /// That of a tag such as `uk-UA`.
    pub fn of(tag: &str) -> Option<Self> {
        let language = tag.split('-').next().unwrap_or_default();
        [Self::English, Self::Ukrainian].into_iter().find(|known| known.tag().eq_ignore_ascii_case(language))
    }
}

/// A sentence with its values, made by [`crate::said`] or from a text without any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Message {
    /// In English, with `{name}` for each value.
    sentence: Cow<'static, str>,
    values: Vec<(Cow<'static, str>, Value)>,
}

/// As it is kept with what became of a call.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Kept {
    Sentence(Cow<'static, str>),
    Whole { sentence: Cow<'static, str>, values: Vec<(Cow<'static, str>, Value)> },
}

impl From<Kept> for Message {
    fn from(kept: Kept) -> Self {
        let (sentence, values) = match kept {
            Kept::Sentence(sentence) => (sentence, Vec::new()),
            Kept::Whole { sentence, values } => (sentence, values),
        };
        Self { sentence, values }
    }
}

impl From<Message> for Kept {
    fn from(Message { sentence, values }: Message) -> Self {
        if values.is_empty() { Self::Sentence(sentence) } else { Self::Whole { sentence, values } }
    }
}

/// What stands in the place of a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// The same in both languages: a number, a day, a word of the API.
    Text(String),
    /// A part of the sentence with a translation of its own.
    Said(Message),
}

impl<T: Display> From<&T> for Value {
    fn from(value: &T) -> Self {
        Self::Text(value.to_string())
    }
}

impl From<&Message> for Value {
    fn from(value: &Message) -> Self {
        Self::Said(value.clone())
    }
}

impl From<&'static str> for Message {
    fn from(sentence: &'static str) -> Self {
        Self { sentence: sentence.into(), values: Vec::new() }
    }
}

/// A sentence with values: `said!("At most {MOST} lines, not {count}.", MOST, count = lines.len())`.
#[macro_export]
macro_rules! said {
    ($sentence:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::base::message::Message::new($sentence, vec![$((stringify!($name), $crate::said!(@value $name $($value)?).into())),*])
    };
    (@value $name:ident) => { &$name };
    (@value $name:ident $value:expr) => { &$value };
}

/// Ukrainian sentences by their English ones.
static UKRAINIAN: LazyLock<HashMap<String, String>> =
    LazyLock::new(|| serde_json::from_str(include_str!("uk.json")).expect("a test reads it"));

impl Message {
    pub fn new(sentence: &'static str, values: Vec<(&'static str, Value)>) -> Self {
        Self { sentence: sentence.into(), values: values.into_iter().map(|(name, value)| (name.into(), value)).collect() }
    }

    /// As it is told; in English where there is no other sentence.
    pub fn told(&self, language: Language) -> String {
        let translated = match language {
            Language::English => None,
            Language::Ukrainian => UKRAINIAN.get(&*self.sentence).map(String::as_str),
        };
        // Whatever a test or a trial meets is seen. What was kept may be of another version.
        let own = matches!(self.sentence, Cow::Borrowed(_));
        debug_assert!(!own || UKRAINIAN.contains_key(&*self.sentence), "not in uk.json: {}", self.sentence);
        let mut left = translated.unwrap_or(&self.sentence);
        let mut told = String::with_capacity(left.len());
        // In one pass: a value that looks like a name is none.
        while let Some((before, after)) = left.split_once('{') {
            let Some((name, rest)) = after.split_once('}') else { break };
            told.push_str(before);
            match self.values.iter().find(|(known, _)| known == name) {
                Some((_, Value::Text(text))) => told.push_str(text),
                Some((_, Value::Said(message))) => told.push_str(&message.told(language)),
                None => told.extend(["{", name, "}"]),
            }
            left = rest;
        }
        told + left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_their_places() {
        const MOST: usize = 3;
        let part = said!("a part");
        let message = said!("At most {MOST} of {what}, not {count}; {MOST}.", MOST, what = part, count = "{MOST}");
        // As it comes back from where it was kept; these sentences are in no list.
        let kept: Message = serde_json::from_str(&serde_json::to_string(&message).expect("JSON")).expect("a message");
        assert_eq!(kept, message);
        assert_eq!(kept.told(Language::English), "At most 3 of a part, not {MOST}; 3.");
        assert_eq!(kept.told(Language::Ukrainian), kept.told(Language::English));
    }

    #[test]
    fn a_language_is_known_by_its_tag() {
        assert_eq!(Language::of("uk-UA"), Some(Language::Ukrainian));
        assert_eq!(Language::of("EN"), Some(Language::English));
        assert_eq!(Language::of("ukr").or(Language::of("*")), None);
    }

    /// The names of a sentence.
    fn names(sentence: &str) -> Vec<&str> {
        let mut names: Vec<_> = sentence.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn translations_have_the_same_values() {
        for (english, ukrainian) in UKRAINIAN.iter() {
            assert_eq!(names(english), names(ukrainian), "{english}");
            let ends = |sentence: &str| sentence.chars().last().filter(|last| ".:?…".contains(*last));
            assert_eq!(ends(english), ends(ukrainian), "{english}");
        }
    }
}
