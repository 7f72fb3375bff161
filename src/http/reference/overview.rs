//! The first page, and the lists of what there is.

use super::{
    Reference,
    book::{Directive, Field, Root, Type},
    fault, field,
    frame::{Page, Section},
    guide::{self, Guide},
    prose::{UP, link, named, parts, prose, to, ukrainian},
    sample::number,
};
use crate::{
    access::{Scope, Scopes},
    base::words::organization::OrganizationKind,
};
use maud::{Markup, html};

/// The guide with which each kind of user begins, and where each goes on.
const READERS: &[(&str, &str, &[&str])] = &[
    ("partner", "I build a partner's system", &["personal-data", "errors-and-retries", "changes", "webhooks"]),
    ("analyst", "I need figures", &["paging", "limits"]),
    ("operator", "I run a server", &["limits", "errors-and-retries"]),
];

/// The first page.
pub fn first(of: &Reference) -> Page {
    let count = |section: Section| names(of, section).len() as u64;
    let guide = |slug: &str| guide::ALL.iter().find(|guide| guide.slug == slug);
    let short = |guide: &Guide| html! { a href=(to(&format!("guide/{}", guide.slug))) { (guide.name) } };
    let body = html! {
        article.first {
            h1 { "The API of " span lang="uk" { "Місток" } }
            p.lead {
                "One GraphQL API through which resilience centres (" span lang="uk" { "центри життєстійкості" }
                ") and their partners share the status of a referral (" span lang="uk" { "скерування" }
                "), and analysts take figures. One sends a person, the other answers, both see one status, and nobody else sees anything."
            }
            ul.cards {
                @for (slug, says, more) in READERS {
                    @if let Some(guide) = guide(slug) {
                        li.card {
                            h2 { a href=(to(&format!("guide/{slug}"))) { (says) } }
                            p { (guide.about) }
                            p.quiet { "Then: " @for (at, one) in more.iter().filter_map(|slug| guide::ALL.iter().find(|guide| guide.slug == *slug)).enumerate() { @if at > 0 { " · " } (short(one)) } }
                        }
                    }
                }
                @if let Some(uk) = guide("partner-uk") {
                    li.card lang="uk" { h2 { a href=(to("guide/partner-uk")) { (uk.name) } } p { (uk.about) } }
                }
            }
            h2 #reference { "Reference" }
            ul.counts {
                @for (section, _) in &of.lists {
                    @let (name, term) = section.name();
                    li { a href=(to(section.place())) { (name) } " " span.count { (number(count(*section))) } " " span.term lang="uk" { (term) } }
                }
            }
            h2 #more { "Beside it" }
            ul {
                li { a href={ (UP) "graphiql" } { "The explorer" } ": sign in with a client id and secret, and try every operation of these pages." }
                li { a href={ (UP) "indicators" } { "Indicators" } ": figures as charts and tables, with a token for " (link("scopes#analytics:read", "analytics:read")) "." }
                li { a href=(to("schema.graphql")) { code { "schema.graphql" } } ": the schema as a file, for generators of code and checks in your build." }
                li { a href=(to("changelog")) { "Changes of the schema" } ", release by release." }
            }
        }
    };
    page("", "Reference", "Guides and reference of the API.", None, body)
}

fn page(place: &str, title: &str, about: &str, section: Option<Section>, body: Markup) -> Page {
    Page { place: place.into(), title: title.into(), about: about.into(), kind: "list", section, language: "en", body }
}

/// A list as a page.
pub fn list(of: &Reference, section: Section) -> Page {
    let (name, term) = section.name();
    let body = html! {
        article {
            h1 { (name) " " span.term lang="uk" { (term) } }
            @match section {
                Section::Errors => (fault::list(of)),
                Section::Scopes => (scopes(of)),
                Section::Root(root) => (fields(of, root)),
                Section::Kind(kind) => (entries(of.book.of_kind(kind).map(|ty: &Type| (format!("type/{}", ty.name), ty.name.clone(), ty.about.as_str())), of)),
                Section::Directives => (entries(of.book.directives.values().map(|one: &Directive| (format!("directive/{}", one.name), format!("@{}", one.name), one.about.as_str())), of)),
            }
        }
    };
    page(section.place(), name, &format!("All {}.", name.to_lowercase()), Some(section), body)
}

/// The names of a list, with their addresses.
pub fn names(of: &Reference, section: Section) -> Vec<(String, String)> {
    match section {
        Section::Root(root) => {
            of.book.root(root).iter().map(|field| (field.name.clone(), format!("{}/{}", root.word(), field.name))).collect()
        }
        Section::Kind(kind) => of.book.of_kind(kind).map(|ty| (ty.name.clone(), format!("type/{}", ty.name))).collect(),
        Section::Directives => {
            of.book.directives.keys().map(|name| (format!("@{name}"), format!("directive/{name}"))).collect()
        }
        Section::Scopes => Scope::ALL.iter().map(|scope| (scope.word().into(), format!("scopes#{}", scope.word()))).collect(),
        Section::Errors => ["ErrorCode", "UserErrorCode"]
            .iter()
            .filter_map(|list| of.book.types.get(*list))
            .flat_map(|ty| ty.words.iter().map(|word| (word.name.clone(), format!("error/{}", word.name))))
            .collect(),
    }
}

fn entries<'a>(all: impl Iterator<Item = (String, String, &'a str)>, of: &Reference) -> Markup {
    html! {
        dl.list {
            @for (place, name, about) in all {
                div { dt { (link(&place, &name)) " " (ukrainian(about)) } dd { (prose(&of.book, short(about))) } }
            }
        }
    }
}

/// Its first sentence.
fn short(about: &str) -> &str {
    let text = parts(about).0;
    text.find(". ").map_or(text, |end| &text[..=end])
}

/// Fields of a root; those of mutations stand under the object that they change.
fn fields(of: &Reference, root: Root) -> Markup {
    let all = of.book.root(root);
    let object = |field: &Field| field.name.chars().take_while(char::is_ascii_lowercase).collect::<String>();
    let groups: Vec<&[Field]> = match root {
        Root::Mutation => all.chunk_by(|one, next| object(one) == object(next)).collect(),
        _ => vec![all],
    };
    let place = |field: &Field| format!("{}/{}", root.word(), field.name);
    html! {
        @if let Some(ty) = of.book.root_type(root) { p { "The fields of " (named(&of.book, &ty.name)) ". " (prose(&of.book, &ty.about)) } }
        @for group in groups {
            @if let (Root::Mutation, Some(field)) = (root, group.first()) { h2 id=(object(field)) { (object(field)) } }
            (entries(group.iter().map(|field| (place(field), field.name.clone(), field.about.as_str())), of))
        }
    }
}

fn scopes(of: &Reference) -> Markup {
    let kinds = |scope: Scope| OrganizationKind::ALL.iter().filter(move |kind| Scopes::of_kind(**kind).holds(scope));
    let opened = |word: &str| field::fields(of, |marks| marks.scopes.iter().chain(&marks.or_scopes).any(|one| one == word));
    let types =
        |word: &str| of.book.types.values().filter(|ty| ty.marks.scopes.iter().any(|one| one == word)).collect::<Vec<_>>();
    html! {
        p {
            "A right of an application (" span lang="uk" { "право застосунку" } "), as it stands in its token. A write scope includes its read scope. "
            "What a token lacks is answered with " (link("error/FORBIDDEN", "FORBIDDEN")) ", and a nested object that needs it is null. "
            "Beside the scope, each object decides who sees it: see " a href=(to("guide/personal-data")) { "personal data" } "."
        }
        @for scope in Scope::ALL {
            @let word = scope.word();
            @let includes = Scopes::from_iter([*scope]).words().into_iter().filter(|one| one != word).collect::<Vec<_>>();
            section.field id=(word) {
                h2 { a.self href={ "#" (word) } { code { (word) } } }
                dl.facts {
                    @if !includes.is_empty() {
                        div { dt { "Includes" } dd { @for one in &includes { (link(&format!("scopes#{one}"), one)) " " } } }
                    }
                    @if !opened(word).is_empty() {
                        div { dt { "Opens" } dd { @for (name, place) in opened(word) { (link(&place, &name)) " " } } }
                    }
                    @if !types(word).is_empty() {
                        div { dt { "Objects" } dd { @for ty in types(word) { (named(&of.book, &ty.name)) " " } } }
                    }
                    div { dt { "May be held by" } dd {
                        @if kinds(*scope).count() == OrganizationKind::ALL.len() { "every kind of organisation" } @else {
                            @for kind in kinds(*scope) { (link(&format!("type/OrganizationKind#{}", kind.word()), kind.word())) " " }
                        }
                    } }
                }
            }
        }
    }
}
