//! What can be looked for: every page, field, input and value by its name, its words and its Ukrainian term. Scripts take the
//! index and look by themselves; who has none is answered with a page.

use super::{
    Reference,
    entry::line,
    frame::Page,
    prose::{link, part, to},
};
use maud::{Markup, html};
use serde_json::{Value, json};

/// Most that is shown.
const SHOWN: usize = 50;
/// Where the answer stands in the page.
pub const ANSWER: char = '\u{e001}';

/// The index: name, address, kind and words of each.
pub fn index(of: &Reference, pages: impl Iterator<Item = Page>) -> Value {
    let mut all: Vec<[String; 4]> = pages
        .filter(|page| !page.place.is_empty() && page.kind != "list")
        .map(|page| [page.title, page.place, page.kind.to_owned(), page.about])
        .collect();
    for ty in of.book.types.values().filter(|ty| of.book.as_root(&ty.name).is_none()) {
        let fields = ty.fields.iter().map(|field| (&field.name, &field.about, "field"));
        let inputs = ty.inputs.iter().map(|input| (&input.name, &input.about, "input field"));
        let words = ty.words.iter().map(|word| (&word.name, &word.about, "value"));
        for (name, about, kind) in fields.chain(inputs).chain(words) {
            all.push([format!("{}.{name}", ty.name), part(&of.book, &ty.name, name), kind.into(), line(about)]);
        }
    }
    json!(all)
}

/// The page into which answers are put.
pub fn page() -> Page {
    Page {
        place: "search".into(),
        title: "Search".into(),
        about: String::new(),
        kind: "list",
        section: None,
        language: "en",
        body: html! { article { h1 { "Search" } (ANSWER) } },
    }
}

/// What was found, best first. The script beside it orders alike.
pub fn answer(index: &[[String; 4]], wanted: &str) -> Markup {
    let wanted = wanted.trim().to_lowercase();
    let words: Vec<&str> = wanted.split_whitespace().map(stem).collect();
    let mut found: Vec<(usize, &[String; 4])> =
        index.iter().filter_map(|one| Some((rank(one, &wanted, &words)?, one))).collect();
    found.sort_by_key(|(rank, [name, ..])| (*rank, name.len()));
    html! {
        @if words.is_empty() {
            p { "Type a name, a word, a code or a Ukrainian term: " span lang="uk" { "скерування" } ", " code { "expectedVersion" } ", " code { "NO_CAPACITY" } "." }
        } @else {
            p role="status" {
                @match found.len() {
                    0 => { "Nothing is called " strong { (wanted) } ". Try a part of the word, or look into the lists beside." }
                    1 => { "One place for " strong { (wanted) } "." }
                    count => { (count) " places for " strong { (wanted) } @if count > SHOWN { ", of which " (SHOWN) " are shown" } "." }
                }
            }
            dl.list {
                @for (_, [name, place, kind, about]) in found.iter().take(SHOWN) {
                    div { dt { (shown(name, place, kind)) " " span.quiet { (kind) } } dd { (about) } }
                }
            }
        }
    }
}

fn shown(name: &str, place: &str, kind: &str) -> Markup {
    if kind == "guide" {
        html! { a href=(to(place)) { (name) } }
    } else {
        link(place, name)
    }
}

/// A Ukrainian word without its ending: `згода` finds `згоди`.
fn stem(word: &str) -> &str {
    let length = word.chars().count();
    let is_ukrainian = word.chars().all(|sign| ('а'..='ґ').contains(&sign) || sign == '\'');
    let kept = if is_ukrainian && length > 4 { length - if length > 6 { 2 } else { 1 } } else { length };
    word.char_indices().nth(kept).map_or(word, |(end, _)| &word[..end])
}

/// The smaller the better, pages before their parts; none where a word is missing.
fn rank([name, _, kind, about]: &[String; 4], wanted: &str, words: &[&str]) -> Option<usize> {
    let (name, about) = (name.to_lowercase(), about.to_lowercase());
    if words.is_empty() || !words.iter().all(|word| name.contains(word) || about.contains(word)) {
        return None;
    }
    let inner = matches!(kind.as_str(), "field" | "input field" | "value");
    let own = name.rsplit('.').next().unwrap_or_default();
    let is_first = |word: &str| word.starts_with(wanted);
    Some(match inner {
        false if own == wanted => 0,
        false if is_first(&name) => 1,
        true if own == wanted => 2,
        _ if is_first(&name) || is_first(own) => 3,
        _ if words.iter().all(|word| name.contains(word)) => 4,
        _ => 5,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_come_before_their_parts() {
        let entry = |name: &str, kind: &str, about: &str| [name.into(), String::new(), kind.into(), about.into()];
        let at = |entry: &[String; 4], wanted: &str| {
            let words: Vec<&str> = wanted.split_whitespace().map(stem).collect();
            rank(entry, wanted, &words)
        };
        let ranks = [
            (entry("Referral", "object", "one"), Some(0)),
            (entry("referralAccept", "mutation", ""), Some(1)),
            (entry("Case.referral", "field", ""), Some(2)),
            (entry("Referral.status", "field", ""), Some(3)),
            (entry("onReferral", "mutation", ""), Some(4)),
            (entry("Case", "object", "of a referral"), Some(5)),
            (entry("Case", "object", "of a person"), None),
        ];
        for (entry, wanted) in ranks {
            assert_eq!(at(&entry, "referral"), wanted, "{entry:?}");
        }
        assert_eq!(at(&entry("consentGive", "mutation", "Records a consent (внесення згоди)"), "згода"), Some(5));
        assert_eq!(["згода", "скерування", "дата", "conflict"].map(stem), ["згод", "скеруван", "дата", "conflict"]);
    }
}
