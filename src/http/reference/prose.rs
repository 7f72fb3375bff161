//! Descriptions as they are read: the Ukrainian term apart from the English words, code as code, names as links.

use super::book::{Book, Kind, Root};
use crate::base::{error::ErrorCode, error::UserErrorCode, words::term};
use async_graphql::parser::types::{BaseType, Type as TypeRef};
use maud::{Markup, html};

/// Stands in an address for the way from a page up to where `/docs` lies: a proxy may put the server below a folder of its own.
/// Nothing in an address escapes it.
pub const UP: &str = "~up~";

/// The address of a page of the reference.
pub fn to(place: &str) -> String {
    if place.is_empty() { format!("{UP}docs") } else { format!("{UP}docs/{place}") }
}

/// A page of the reference, or a part of one.
pub fn link(place: &str, text: &str) -> Markup {
    html! { a href=(to(place)) { code { (text) } } }
}

/// A description without its term, and the term.
pub fn parts(description: &str) -> (&str, Option<&str>) {
    let Some(term) = term(description) else { return (description, None) };
    let text = description.trim_end().strip_suffix(").").and_then(|text| text.strip_suffix(term)).unwrap_or(description);
    (text.trim_end_matches('(').trim_end(), Some(term))
}

/// The term beside a name.
pub fn ukrainian(description: &str) -> Markup {
    html! { @if let Some(term) = parts(description).1 { span.term lang="uk" { (term) } } }
}

/// Where a name is explained: `Referral`, `Referral.status`, `referralAccept`, `VERSION_CONFLICT`, `@scope`.
pub fn place(book: &Book, name: &str) -> Option<String> {
    if ErrorCode::of(name).is_some() || UserErrorCode::of(name).is_some() {
        return Some(format!("error/{name}"));
    }
    if let Some(directive) = name.strip_prefix('@') {
        return book.directives.contains_key(directive).then(|| format!("directive/{directive}"));
    }
    if let Some((ty, field)) = name.split_once('.') {
        let of = book.types.get(ty)?;
        let known = of.fields.iter().any(|known| known.name == field) || of.inputs.iter().any(|known| known.name == field);
        return known.then(|| part(book, ty, field));
    }
    if book.types.contains_key(name) {
        return Some(format!("type/{name}"));
    }
    let root = Root::ALL.into_iter().find(|root| book.root(*root).iter().any(|field| field.name == name))?;
    Some(format!("{}/{name}", root.word()))
}

/// Where a field of a type is explained: those of a root have pages of their own.
pub fn part(book: &Book, ty: &str, field: &str) -> String {
    match book.as_root(ty) {
        Some(root) => format!("{}/{field}", root.word()),
        None => format!("type/{ty}#{field}"),
    }
}

/// The English words of a description.
pub fn prose(book: &Book, description: &str) -> Markup {
    let (text, term) = parts(description);
    let end = if term.is_some() && !text.ends_with(['.', ':']) { "." } else { "" };
    html! {
        @for (at, piece) in text.split('`').enumerate() {
            @if at % 2 == 1 { (code(book, piece)) } @else { (plain(piece)) }
        }
        (end)
    }
}

/// A name, with a link to where it is explained.
pub fn code(book: &Book, name: &str) -> Markup {
    match place(book, name) {
        Some(place) => link(&place, name),
        None => html! { code { (name) } },
    }
}

/// Codes of errors stand in descriptions as they are; a word of theirs alone could be any other word.
fn plain(text: &str) -> Markup {
    let is_code = |word: &str| word.contains('_') && (ErrorCode::of(word).is_some() || UserErrorCode::of(word).is_some());
    let mut pieces = Vec::new();
    let mut rest = text;
    let is_part = |sign: char| sign.is_ascii_uppercase() || sign == '_';
    while let Some(begin) = rest.find(is_part) {
        let length = rest[begin..].find(|sign| !is_part(sign)).unwrap_or(rest.len() - begin);
        let (before, word) = (&rest[..begin], &rest[begin..begin + length]);
        pieces.push(html! { (before) @if is_code(word) { (link(&format!("error/{word}"), word)) } @else { (word) } });
        rest = &rest[begin + length..];
    }
    html! { @for piece in &pieces { (piece) } (rest) }
}

/// A type as it stands in the SDL, its name as a link.
pub fn type_of(book: &Book, ty: &TypeRef) -> Markup {
    let strict = if ty.nullable { "" } else { "!" };
    match &ty.base {
        BaseType::Named(name) => html! { (named(book, name)) (strict) },
        BaseType::List(of) => html! { "[" (type_of(book, of)) "]" (strict) },
    }
}

/// A type by its name; those that every GraphQL has are explained nowhere here.
pub fn named(book: &Book, name: &str) -> Markup {
    match book.types.get(name) {
        Some(ty) => html! { a class=(class(ty.kind)) href=(to(&format!("type/{name}"))) { (name) } },
        None => html! { span.scalar { (name) } },
    }
}

const fn class(kind: Kind) -> &'static str {
    kind.word()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::schema;

    #[test]
    fn a_description_becomes_words_and_links() {
        let book = Book::of(&schema::sdl()).expect("a book");
        assert_eq!(parts("One (випадок)."), ("One", Some("випадок")));
        assert_eq!(parts("One (at most two)."), ("One (at most two).", None));
        let told = |text| prose(&book, text).into_string().replace(UP, "/");
        assert_eq!(told("A < B (так)."), "A &lt; B.");
        assert_eq!(
            told("`actDraft` & `x`"),
            "<a href=\"/docs/mutation/actDraft\"><code>actDraft</code></a> &amp; <code>x</code>"
        );
        assert_eq!(
            told("VERSION_CONFLICT if"),
            "<a href=\"/docs/error/VERSION_CONFLICT\"><code>VERSION_CONFLICT</code></a> if"
        );
        assert_eq!(told("DUPLICATE is INVALID"), "DUPLICATE is INVALID");
        for (name, wanted) in [
            ("Referral.status", Some("type/Referral#status")),
            ("Query.referral", Some("query/referral")),
            ("@scope", Some("directive/scope")),
            ("ReferralAcceptInput.id", Some("type/ReferralAcceptInput#id")),
            ("Referral.none", None),
            ("none", None),
        ] {
            assert_eq!(place(&book, name).as_deref(), wanted, "{name}");
        }
    }
}
