//! What every page has: its head, the bar with the search, and the contents at its side.

use super::{
    book::{Book, Kind, Root},
    guide::{self, Guide},
    prose::{UP, to},
};
use maud::{DOCTYPE, Markup, html};

/// A list of pages of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Root(Root),
    Kind(Kind),
    Directives,
    Scopes,
    Errors,
}

impl Section {
    /// In the order of the contents; a schema without unions has no page of them.
    pub fn all(book: &Book) -> Vec<Self> {
        let roots = Root::ALL.into_iter().map(Self::Root);
        let kinds = Kind::ALL.into_iter().filter(|kind| book.of_kind(*kind).next().is_some()).map(Self::Kind);
        roots.chain(kinds).chain([Self::Directives, Self::Scopes, Self::Errors]).collect()
    }

    /// The address of the list.
    pub const fn place(self) -> &'static str {
        match self {
            Self::Root(Root::Query) => "queries",
            Self::Root(Root::Mutation) => "mutations",
            Self::Root(Root::Subscription) => "subscriptions",
            Self::Kind(Kind::Object) => "objects",
            Self::Kind(Kind::Interface) => "interfaces",
            Self::Kind(Kind::Union) => "unions",
            Self::Kind(Kind::Input) => "inputs",
            Self::Kind(Kind::Enum) => "enums",
            Self::Kind(Kind::Scalar) => "scalars",
            Self::Directives => "directives",
            Self::Scopes => "scopes",
            Self::Errors => "errors",
        }
    }

    /// Its name, and that in Ukrainian.
    pub const fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Root(Root::Query) => ("Queries", "запити"),
            Self::Root(Root::Mutation) => ("Mutations", "зміни"),
            Self::Root(Root::Subscription) => ("Subscriptions", "підписки"),
            Self::Kind(Kind::Object) => ("Objects", "об'єкти"),
            Self::Kind(Kind::Interface) => ("Interfaces", "інтерфейси"),
            Self::Kind(Kind::Union) => ("Unions", "об'єднання"),
            Self::Kind(Kind::Input) => ("Inputs", "вхідні дані"),
            Self::Kind(Kind::Enum) => ("Enums", "переліки"),
            Self::Kind(Kind::Scalar) => ("Scalars", "скаляри"),
            Self::Directives => ("Directives", "директиви"),
            Self::Scopes => ("Scopes", "права"),
            Self::Errors => ("Errors", "помилки"),
        }
    }
}

/// One page, before it is put into its frame.
pub struct Page {
    /// Its address below `/docs`; empty for the first one.
    pub place: String,
    pub title: String,
    /// What it is in one line, for whoever looks for it.
    pub about: String,
    /// `mutation`, `guide` …: beside its name among what was found.
    pub kind: &'static str,
    /// The list to which it belongs.
    pub section: Option<Section>,
    /// The language of what stands in it.
    pub language: &'static str,
    pub body: Markup,
}

/// What frames are made from.
pub struct Frame<'a> {
    pub book: &'a Book,
    /// Where the files lie.
    pub print: &'a str,
    /// The pages of each list, by name and address.
    pub lists: &'a [(Section, Vec<(String, String)>)],
}

impl Frame<'_> {
    /// The whole page, as it is served at its address.
    pub fn around(&self, page: &Page) -> String {
        let up = "../".repeat(if page.place.is_empty() { 0 } else { 1 + page.place.matches('/').count() });
        self.anywhere(page).replace(UP, &up)
    }

    /// The same with [`UP`] in its addresses: for one that is shown anywhere.
    pub fn anywhere(&self, page: &Page) -> String {
        self.whole(page).into_string()
    }

    fn whole(&self, page: &Page) -> Markup {
        let file = |name: &str| to(&format!("files/{}/{name}", self.print));
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="robots" content="noindex";
                    @if !page.about.is_empty() { meta name="description" content=(page.about); }
                    title { (page.title) " — Місток" }
                    link rel="icon" type="image/svg+xml" href=(file("icon.svg"));
                    link rel="stylesheet" href=(file("page.css"));
                    link rel="stylesheet" href=(file("reference.css"));
                    script type="module" src=(file("search.js")) {}
                }
                body {
                    a.skip href="#main" { "Skip to content" }
                    header.bar {
                        p.brand {
                            img src=(file("icon.svg")) alt="" width="28" height="28";
                            " " a href=(to("")) { span lang="uk" { "Місток" } " · reference" }
                        }
                        form.find role="search" action=(to("search")) method="get" {
                            label.unseen for="find" { "Search the reference" }
                            input #find type="search" name="q" maxlength="100" autocomplete="off" spellcheck="false"
                                placeholder="Search: referral, згода, CONFLICT";
                            button type="submit" { "Search" }
                        }
                        nav.others aria-label="Other pages" {
                            a.below href="#contents" { "Contents" } " "
                            a href={ (UP) "graphiql" } { "Explorer" }
                            " " a href={ (UP) "indicators" } { "Indicators" }
                        }
                    }
                    div.columns {
                        main #main tabindex="-1" lang=[Some(page.language).filter(|language| *language != "en")] { (page.body) }
                        // After what is read; where there is room it stands beside it.
                        nav.side #contents aria-label="Contents" tabindex="-1" { (self.contents(page)) }
                    }
                }
            }
        }
    }

    fn contents(&self, page: &Page) -> Markup {
        let item = |place: &str, name: &str, language: Option<&str>| {
            let here = (place == page.place).then_some("page");
            html! { li { a href=(to(place)) aria-current=[here] lang=[language] { (name) } } }
        };
        html! {
            h2 { "Guides" }
            ul {
                @for Guide { slug, name, language, .. } in guide::ALL {
                    (item(&format!("guide/{slug}"), name, Some(*language).filter(|language| *language != "en")))
                }
            }
            h2 { "Reference" }
            ul {
                @for (section, pages) in self.lists {
                    @let (name, term) = section.name();
                    li {
                        a href=(to(section.place())) aria-current=[(section.place() == page.place).then_some("page")] {
                            (name) " " span.term lang="uk" { (term) }
                        }
                        @if page.section == Some(*section) && !pages.is_empty() {
                            ul.names { @for (name, place) in pages { (item(place, name, None)) } }
                        }
                    }
                }
            }
        }
    }
}
