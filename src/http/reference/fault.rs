//! Pages of errors: what each means (its words in the SDL), and what to do about it.

use super::{
    Reference,
    advice::{self, Advice},
    book::Word,
    entry::{heading, line},
    field,
    frame::{Page, Section},
    prose::{link, prose, to, ukrainian},
    sample::{block, pretty},
};
use crate::base::{
    Refusal,
    error::{ErrorCode, UserErrorCode},
};
use maud::{Markup, html};
use serde_json::{Value, json};

/// One page for each code.
pub fn pages(of: &Reference) -> impl Iterator<Item = Page> {
    let tops = ErrorCode::ALL.iter().filter_map(|code| top(of, *code, known(of, "ErrorCode", code.word())?));
    let rules = UserErrorCode::ALL.iter().filter_map(|code| rule(of, *code, known(of, "UserErrorCode", code.word())?));
    tops.chain(rules)
}

/// A code as the SDL describes it.
fn known<'a>(of: &'a Reference, list: &str, code: &str) -> Option<&'a Word> {
    of.book.types.get(list)?.words.iter().find(|word| word.name == code)
}

fn top(of: &Reference, code: ErrorCode, word: &Word) -> Option<Page> {
    let advice = advice::of(code);
    let failing = field::fields(of, |marks| marks.fails.iter().any(|one| one == code.word()));
    let mut extensions = json!({"code": code.word(), "requestId": "0193…"});
    match code {
        ErrorCode::RateLimited => extensions["retryAfter"] = json!(3),
        ErrorCode::Forbidden => extensions["scope"] = json!("referrals:read"),
        ErrorCode::QueryTooComplex => (extensions["cost"], extensions["limit"]) = (json!(240_000), json!(200_000)),
        _ => {}
    }
    let shown = json!({"errors": [{"message": "…", "extensions": extensions}]});
    let status = html! {
        @if advice.status.is_empty() { "200, beside " code { "data" } ": seen while the question is executed" } @else {
            (advice.status) " with " code { "Accept: application/graphql-response+json" }
            @if !matches!(advice.status.as_bytes(), b"401" | b"421" | b"429" | b"503" | b"500") { "; 200 with " code { "application/json" } }
        }
    };
    let more = html! {
        @if !failing.is_empty() {
            h2 #fields { "Fields that can fail with it" }
            p.names { @for (name, place) in &failing { (link(place, name)) " " } }
        }
    };
    Some(page(of, word, "top-level error: extensions.code", &advice, status, &shown, more))
}

fn rule(of: &Reference, code: UserErrorCode, word: &Word) -> Option<Page> {
    let advice = advice::of_rule(code);
    let retryable = Refusal::new(code, "", "").retryable();
    let error = json!({"code": code.word(), "message": "…", "path": ["input", "…"], "retryable": retryable});
    let shown = json!({"data": {"…": {"userErrors": [error]}}});
    let status = html! { "200: it is data, in " code { "userErrors" } " of the payload; the changed object is null, and nothing was written" };
    Some(page(of, word, "broken rule: userErrors.code", &advice, status, &shown, html! {}))
}

fn page(of: &Reference, word: &Word, kind: &'static str, advice: &Advice, status: Markup, shown: &Value, more: Markup) -> Page {
    let list = if kind.starts_with("top") { "ErrorCode" } else { "UserErrorCode" };
    let body = html! {
        article {
            (heading(&word.name, kind, &word.about))
            p.lead { (prose(&of.book, &word.about)) }
            dl.facts {
                div { dt { "Status" } dd { (status) } }
                div { dt { "Again?" } dd { (advice.again.told()) } }
                div { dt { "Listed in" } dd { (link(&format!("type/{list}#{}", word.name), list)) } }
                @if let Some(since) = of.changelog.since(&format!("{list}.{}", word.name)) { div { dt { "Since" } dd { (since) } } }
            }
            h2 #todo { "What to do" }
            p { (prose(&of.book, advice.todo)) }
            h2 #shape { "How it looks" }
            (block(&pretty(shown), "json"))
            (more)
            p { "More: " a href=(to("guide/errors-and-retries")) { "errors and retries" } "." }
        }
    };
    Page {
        place: format!("error/{}", word.name),
        title: word.name.clone(),
        about: line(&word.about),
        kind: "error",
        section: Some(Section::Errors),
        language: "en",
        body,
    }
}

/// The list of them all.
pub fn list(of: &Reference) -> Markup {
    let rows = |list: &str, todo: &dyn Fn(&str) -> Option<Advice>| {
        let words = of.book.types.get(list).map(|ty| ty.words.as_slice()).unwrap_or_default();
        html! {
            dl.list {
                @for word in words {
                    div {
                        dt { (link(&format!("error/{}", word.name), &word.name)) " " (ukrainian(&word.about)) }
                        dd {
                            (prose(&of.book, &word.about))
                            @if let Some(advice) = todo(&word.name) { " " span.quiet { (advice.again.told()) } }
                        }
                    }
                }
            }
        }
    };
    html! {
        p {
            "Two kinds: a question that was not answered, and a rule that was broken. "
            a href=(to("guide/errors-and-retries")) { "Errors and retries" } " says how to treat both. New codes may come: have a default."
        }
        h2 #top { "Top-level errors: " code { "extensions.code" } }
        (rows("ErrorCode", &|word| ErrorCode::of(word).map(advice::of)))
        h2 #rules { "Broken rules: " code { "userErrors.code" } }
        (rows("UserErrorCode", &|word| UserErrorCode::of(word).map(advice::of_rule)))
    }
}
