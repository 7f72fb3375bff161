//! The lists of words of this schema, for forms and filters of people: which values there are, and what each is called.

use super::{
    context::Session,
    schema::Checker,
    shape::{Choice, Kind},
};
use crate::base::{message::Language, words};
use async_graphql::{Context, Object, Result, SimpleObject};
use std::sync::Arc;

/// A value of an enum of this schema, with its name in the language of `Accept-Language` (значення переліку).
#[derive(SimpleObject)]
pub struct CodelistEntry {
    /// The value as it stands in questions and answers (код).
    value: String,
    /// What people call it, in Ukrainian or English (назва).
    label: String,
    /// What it means, in English, with the Ukrainian term in brackets (пояснення).
    description: String,
    /// Whether it is going to be dropped: the description says when and for what (застаріле).
    deprecated: bool,
}

impl CodelistEntry {
    fn of(choice: &Choice, language: Language) -> Self {
        let Choice { value, about, deprecated } = choice;
        let label = match language {
            Language::Ukrainian => words::term(about),
            Language::English => None,
        };
        let label = label.unwrap_or_else(|| english(about)).to_owned();
        Self { value: value.clone(), label, description: about.clone(), deprecated: *deprecated }
    }
}

/// What a description says first, without its term and what follows a semicolon or a colon.
fn english(about: &str) -> &str {
    let first = about.find(['(', ';', ':']).map_or(about, |end| &about[..end]);
    first.trim_end().trim_end_matches('.')
}

/// Questions about the schema's own words.
#[derive(Default)]
pub struct CodelistQuery;

#[Object]
impl CodelistQuery {
    /// The values of an enum of this schema with labels in the caller's language; null where no enum has this name (перелік значень).
    async fn codelist(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Name of the enum, such as ReferralStatus (назва переліку).")] name: String,
    ) -> Result<Option<Vec<CodelistEntry>>> {
        let language = Session::of(ctx).actor().language;
        Ok(match ctx.data::<Arc<Checker>>()?.shape().kind(&name) {
            Some(Kind::Enum(choices)) => Some(choices.iter().map(|choice| CodelistEntry::of(choice, language)).collect()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::{schema, shape::Shape};
    use std::collections::HashSet;

    #[test]
    fn every_value_is_named_in_both_languages() {
        let shape = Shape::of(&schema::builder().finish().sdl()).expect("a shape");
        let (mut lists, mut values) = (0, 0);
        for (list, kind) in shape.kinds() {
            let Kind::Enum(choices) = kind else { continue };
            lists += 1;
            values += choices.len();
            for choice in choices {
                assert!(words::term(&choice.about).is_some(), "{list}.{} has no Ukrainian term", choice.value);
                assert!(!english(&choice.about).is_empty(), "{list}.{} has no English name", choice.value);
            }
            for language in [Language::English, Language::Ukrainian] {
                let labels: HashSet<_> = choices.iter().map(|choice| CodelistEntry::of(choice, language).label).collect();
                assert_eq!(labels.len(), choices.len(), "{list}: two values have one name in {language:?}");
            }
        }
        assert!(lists > 50 && values > 500, "{lists} lists, {values} values");
    }
}
