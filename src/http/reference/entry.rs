//! Pages of what the schema has: one for each field of a root, for each type, and for each directive.

use super::{
    Reference,
    book::{Directive, Field, Kind, Root, Type},
    field::{self, facts},
    frame::{Page, Section},
    prose::{self, link, named, parts, prose, to, type_of, ukrainian},
    sample::{self, number},
};
use crate::graphql::shape::innermost;
use maud::{Markup, html};

/// Most places that are named where a type is used.
const USES: usize = 40;

/// The heading of a page.
pub fn heading(name: &str, kind: &str, about: &str) -> Markup {
    html! {
        p.kind { (kind) }
        h1 { code { (name) } " " (ukrainian(about)) }
    }
}

/// A field of a root.
pub fn root(of: &Reference, root: Root, found: &Field) -> Page {
    let book = &of.book;
    let result = innermost(&found.ty);
    let owner = book.root_type(root).map_or("", |ty| ty.name.as_str());
    let place = format!("{owner}.{}", found.name);
    let examples: Vec<_> = of.examples.asking(owner, &found.name).collect();
    let is_page = result.ends_with("Connection");
    let returns = html! {
        div { dt { "Returns" } dd { span.type { (type_of(book, &found.ty)) } } }
        @if found.marks.scopes.is_empty() { div { dt { "Scope" } dd { "none: any application may ask" } } }
    };
    let more = html! {
        @if found.marks.cost.is_none() { div { dt { "Cost" } dd { (usual(root)) " " a href=(to("guide/limits")) { "Limits" } } } }
        @if let Some(since) = of.changelog.since(&place) { div { dt { "Since" } dd { (since) } } }
    };
    let body = html! {
        article {
            (heading(&found.name, root.word(), &found.about))
            p.lead { (prose(book, &found.about)) }
            (facts(of, &place, &found.marks, returns, more))
            @if !found.arguments.is_empty() {
                h2 #arguments { "Arguments" }
                (field::inputs(of, &place, &found.arguments, ""))
                @for ty in found.arguments.iter().filter_map(|one| book.types.get(innermost(&one.ty))).filter(|ty| ty.kind == Kind::Input) {
                    h3 { "Fields of " (named(book, &ty.name)) }
                    (field::inputs(of, &ty.name, &ty.inputs, &format!("{}.", ty.name)))
                }
            }
            @if is_page {
                p { "A page of a list: exactly one of " code { "first" } " and " code { "last" } ", see " a href=(to("guide/paging")) { "Paging" } "." }
            }
            h2 #example { @if examples.len() > 1 { "Examples" } @else { "Example" } }
            @for example in &examples { (sample::example(book, example)) }
            @if examples.is_empty() { (sample::example(book, &of.examples.made(book, root, found))) }
            @if let Some(ty) = book.types.get(result).filter(|ty| !ty.fields.is_empty()) {
                h2 #answer { "Answer: " (named(book, result)) }
                @if ty.name.ends_with("Payload") {
                    @for one in &ty.fields { (field::field(of, &ty.name, one)) }
                } @else {
                    p { (prose(book, &ty.about)) }
                    p.names { @for one in &ty.fields { (link(&prose::part(book, &ty.name, &one.name), &one.name)) " " } }
                }
            }
            @if root == Root::Mutation { (refusals(of, found)) }
        }
    };
    Page {
        place: format!("{}/{}", root.word(), found.name),
        title: found.name.clone(),
        about: line(&found.about),
        kind: root.word(),
        section: Some(Section::Root(root)),
        language: "en",
        body,
    }
}

/// What a field of a root costs where it says nothing else.
fn usual(root: Root) -> &'static str {
    match root {
        Root::Query => "100 points and those of its answer.",
        Root::Mutation => "1,000 points, 100 for each item of a list in its input, and those of its answer.",
        Root::Subscription => "100 points and its fields for each change that is told.",
    }
}

/// With which codes a mutation may be refused, as far as its input tells.
fn refusals(of: &Reference, found: &Field) -> Markup {
    let inputs = found.arguments.iter().filter_map(|one| of.book.types.get(innermost(&one.ty))).flat_map(|ty| &ty.inputs);
    let inputs: Vec<_> = inputs.map(|input| input.name.as_str()).collect();
    let mut codes = vec!["INVALID"];
    codes.extend(inputs.iter().any(|name| *name == "id" || name.ends_with("Id")).then_some("NOT_FOUND"));
    codes.extend(inputs.contains(&"expectedVersion").then_some("VERSION_CONFLICT"));
    codes.extend(inputs.contains(&"idempotencyKey").then_some("IDEMPOTENCY_KEY_REUSED"));
    html! {
        h2 #refusals { "When it is refused" }
        p {
            "A broken rule is data: nothing was written, and " code { "userErrors" } " says which rule. By its input: "
            @for (at, code) in codes.iter().enumerate() { @if at > 0 { ", " } (link(&format!("error/{code}"), code)) }
            ". Rules of the trade have codes of their own: " a href=(to("errors")) { "all codes" } ", "
            a href=(to("guide/errors-and-retries")) { "errors and retries" } "."
        }
    }
}

/// A type.
pub fn ty(of: &Reference, found: &Type) -> Page {
    let book = &of.book;
    let members = book.members(found);
    let names = |all: &[&str]| html! { @for (at, name) in all.iter().enumerate() { @if at > 0 { " " } (named(book, name)) } };
    let interfaces: Vec<&str> = found.interfaces.iter().map(String::as_str).collect();
    let more = html! {
        @if !interfaces.is_empty() { div { dt { "Implements" } dd { (names(&interfaces)) } } }
        @if !members.is_empty() { div { dt { "Is one of" } dd { (names(&members)) } } }
        @if let Some(since) = of.changelog.since(&found.name) { div { dt { "Since" } dd { (since) } } }
    };
    let parts: Vec<&str> =
        found.fields.iter().map(|field| field.name.as_str()).chain(found.words.iter().map(|word| word.name.as_str())).collect();
    let body = html! {
        article {
            (heading(&found.name, found.kind.word(), &found.about))
            p.lead { (prose(book, &found.about)) }
            (facts(of, &found.name, &found.marks, html! {}, more))
            @if let Some(root) = book.as_root(&found.name) {
                h2 { "Fields" }
                p.names { @for field in &found.fields { (link(&format!("{}/{}", root.word(), field.name), &field.name)) " " } }
            } @else {
                @if parts.len() > 8 {
                    p.names { @for name in &parts { a href={ "#" (name) } { code { (name) } } " " } }
                }
                @if !found.fields.is_empty() { h2 #all-fields { "Fields" } }
                @for one in &found.fields { (field::field(of, &found.name, one)) }
                @if !found.inputs.is_empty() { h2 #all-fields { "Fields" } (field::inputs(of, &found.name, &found.inputs, "")) }
                @if !found.words.is_empty() { h2 #all-values { "Values" } }
                @for one in &found.words { (field::word(of, &found.name, one)) }
                (uses(of, found))
            }
        }
    };
    Page {
        place: format!("type/{}", found.name),
        title: found.name.clone(),
        about: line(&found.about),
        kind: found.kind.word(),
        section: Some(Section::Kind(found.kind)).filter(|_| book.as_root(&found.name).is_none()),
        language: "en",
        body,
    }
}

/// Where a type is answered and taken, and the operations that ask for it.
fn uses(of: &Reference, found: &Type) -> Markup {
    let book = &of.book;
    let is_it = |ty| innermost(ty) == found.name;
    let shown = |ty: &Type, field: &Field| {
        let name = if book.as_root(&ty.name).is_some() { field.name.clone() } else { format!("{}.{}", ty.name, field.name) };
        (name, prose::part(book, &ty.name, &field.name))
    };
    let answered: Vec<_> = book.fields().filter(|(_, field)| is_it(&field.ty)).map(|(ty, field)| shown(ty, field)).collect();
    let with = book.fields().filter(|(_, field)| field.arguments.iter().any(|one| is_it(&one.ty)));
    let mut taken: Vec<_> = with.map(|(ty, field)| shown(ty, field)).collect();
    for (ty, input) in book.types.values().flat_map(|ty| ty.inputs.iter().map(move |input| (ty, input))) {
        if is_it(&input.ty) {
            taken.push((format!("{}.{}", ty.name, input.name), format!("type/{}#{}", ty.name, input.name)));
        }
    }
    let asking: Vec<_> =
        of.examples.all.iter().filter(|example| example.asks.iter().any(|(ty, _)| *ty == found.name)).collect();
    let list = |heading: &str, all: &[(String, String)]| {
        html! {
            @if !all.is_empty() {
                h3 { (heading) }
                p.names {
                    @for (name, place) in all.iter().take(USES) { (link(place, name)) " " }
                    @if all.len() > USES { "and " (all.len() - USES) " more" }
                }
            }
        }
    };
    let examples: Vec<_> = asking
        .iter()
        .filter_map(|example| {
            let (_, field) = example.asks.iter().find(|(ty, _)| book.as_root(ty) == Some(example.root))?;
            Some((example.file.clone()?, format!("{}/{field}#example", example.root.word())))
        })
        .collect();
    html! {
        @if !(answered.is_empty() && taken.is_empty()) { h2 #where-used { "Where it is used" } }
        (list("Answered by", &answered))
        (list("Taken by", &taken))
        (list("Examples that ask for it", &examples))
    }
}

/// A directive, and the number of fields that bear it.
pub fn directive(of: &Reference, found: &Directive) -> Page {
    let bears = |marks: &super::book::Marks| match found.name.as_str() {
        "scope" => !marks.scopes.is_empty(),
        "orScope" => !marks.or_scopes.is_empty(),
        "pii" => marks.group.is_some(),
        "emits" => !marks.emits.is_empty(),
        "fails" => !marks.fails.is_empty(),
        "cost" => marks.cost.is_some(),
        _ => false,
    };
    let bearing = field::fields(of, bears);
    let body = html! {
        article {
            (heading(&format!("@{}", found.name), "directive", &found.about))
            p.lead { (prose(&of.book, &found.about)) }
            @if !found.arguments.is_empty() {
                h2 #arguments { "Arguments" }
                (field::inputs(of, &found.name, &found.arguments, ""))
            }
            h2 #where-used { "Where it stands" }
            p { "On " (number(bearing.len() as u64)) " fields:" }
            p.names { @for (name, place) in &bearing { (link(place, name)) " " } }
        }
    };
    Page {
        place: format!("directive/{}", found.name),
        title: format!("@{}", found.name),
        about: line(&found.about),
        kind: "directive",
        section: Some(Section::Directives),
        language: "en",
        body,
    }
}

/// The first sentence of a description, and its term: what stands beside a name in a list.
pub fn line(about: &str) -> String {
    let (text, term) = parts(about);
    let text = text.replace('`', "");
    let first = text.split_once(". ").map_or(text.as_str(), |(first, _)| first).trim_end_matches('.');
    match term {
        Some(term) => format!("{first} ({term})"),
        None => first.to_owned(),
    }
}
