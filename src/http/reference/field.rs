//! Fields, arguments and values as they are shown: a part of a page each, with a place of its own.

use super::{
    Reference,
    book::{Field, Input, Marks, Word},
    prose::{self, link, prose, type_of, ukrainian},
    sample::number,
};
use maud::{Markup, html};

/// What directives and the changelog say of a field or type. `place` is its name there: `Referral.status`.
pub fn facts(of: &Reference, place: &str, marks: &Marks, first: Markup, last: Markup) -> Markup {
    let all = |places: &[String], page: &str| {
        html! { @for (at, word) in places.iter().enumerate() { @if at > 0 { " " } (link(&format!("{page}{word}"), word)) } }
    };
    html! {
        dl.facts {
            (first)
            @if !marks.scopes.is_empty() {
                div { dt { "Scope" } dd {
                    (all(&marks.scopes, "scopes#"))
                    @if !marks.or_scopes.is_empty() { " or " (all(&marks.or_scopes, "scopes#")) }
                } }
            }
            @if let Some(group) = &marks.group {
                div.personal { dt { "Personal data" } dd { (link(&format!("type/FieldGroup#{group}"), group)) } }
            }
            @if let Some(cost) = &marks.cost {
                div { dt { "Cost" } dd { (cost.parse().map_or_else(|_| cost.clone(), number)) " points beside those of its answer" } }
            }
            @if !marks.emits.is_empty() {
                div { dt { "Writes" } dd { (all(&marks.emits, "type/ChangeType#")) } }
            }
            @if !marks.fails.is_empty() {
                div { dt { "Fails with" } dd { (all(&marks.fails, "error/")) } }
            }
            (last)
            @for change in of.changelog.at(place) {
                div { dt { (change.release) } dd { (change.grade) ": " (prose(&of.book, change.why)) } }
            }
        }
        (deprecation(of, marks.deprecated.as_deref()))
    }
}

/// That it goes, when, and what to take instead.
fn deprecation(of: &Reference, reason: Option<&str>) -> Markup {
    html! {
        @if let Some(reason) = reason {
            p.notice.gone { strong { "Deprecated" } span { (prose(&of.book, reason)) } }
        }
    }
}

/// A field of an object or interface.
pub fn field(of: &Reference, ty: &str, field: &Field) -> Markup {
    html! {
        section.field id=(field.name) {
            h3 {
                a.self href={ "#" (field.name) } { code { (field.name) } }
                " " span.type { (type_of(&of.book, &field.ty)) }
                " " (ukrainian(&field.about))
            }
            p { (prose(&of.book, &field.about)) }
            (facts(of, &format!("{ty}.{}", field.name), &field.marks, html! {}, html! {}))
            @if !field.arguments.is_empty() { (inputs(of, &format!("{ty}.{}", field.name), &field.arguments, &format!("{}.", field.name))) }
        }
    }
}

/// Arguments, or fields of an input; `before` begins their places.
pub fn inputs(of: &Reference, owner: &str, all: &[Input], before: &str) -> Markup {
    html! {
        ul.inputs {
            @for input in all {
                @let place = format!("{before}{}", input.name);
                li id=(place) {
                    p {
                        a.self href={ "#" (place) } { code { (input.name) } }
                        " " span.type { (type_of(&of.book, &input.ty)) }
                        @if let Some(default) = &input.default { " = " code { (default) } }
                        @if !input.ty.nullable && input.default.is_none() { " " span.needed { "required" } }
                        " " (ukrainian(&input.about))
                    }
                    p { (prose(&of.book, &input.about)) }
                    @for change in of.changelog.at(&format!("{owner}.{}", input.name)) {
                        p.quiet { (change.release) ": " (prose(&of.book, change.why)) }
                    }
                    (deprecation(of, input.deprecated.as_deref()))
                }
            }
        }
    }
}

/// A value of an enum, and what in the schema names it.
pub fn word(of: &Reference, ty: &str, word: &Word) -> Markup {
    let name = word.name.as_str();
    let has = |all: &[String]| all.iter().any(|one| one == name);
    let named: Vec<(String, String)> = match ty {
        "ChangeType" => fields(of, |marks| has(&marks.emits)),
        "FieldGroup" => fields(of, |marks| marks.group.as_deref() == Some(name)),
        "ErrorCode" | "UserErrorCode" => vec![("What to do".into(), format!("error/{name}"))],
        _ => Vec::new(),
    };
    let label = match ty {
        "ChangeType" => "Written by",
        "FieldGroup" => "Fields",
        _ => "More",
    };
    html! {
        section.field.word id=(name) {
            h3 { a.self href={ "#" (name) } { code { (name) } } " " (ukrainian(&word.about)) }
            p { (prose(&of.book, &word.about)) }
            @if !named.is_empty() {
                dl.facts { div { dt { (label) } dd {
                    @for (at, (text, place)) in named.iter().enumerate() { @if at > 0 { " " } (link(place, text)) }
                } } }
            }
            @for change in of.changelog.at(&format!("{ty}.{name}")) {
                p.quiet { (change.release) ": " (prose(&of.book, change.why)) }
            }
            (deprecation(of, word.deprecated.as_deref()))
        }
    }
}

/// Fields with such marks: their names and places.
pub fn fields(of: &Reference, wanted: impl Fn(&Marks) -> bool) -> Vec<(String, String)> {
    let found = of.book.fields().filter(|(_, field)| wanted(&field.marks));
    let shown = found.map(|(ty, field)| {
        let name = match of.book.as_root(&ty.name) {
            Some(_) => field.name.clone(),
            None => format!("{}.{}", ty.name, field.name),
        };
        (name, prose::part(&of.book, &ty.name, &field.name))
    });
    shown.collect()
}
