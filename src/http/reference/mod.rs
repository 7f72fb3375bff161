//! `/docs`: the reference of the API, made from the SDL, the ready operations and the changelog, and the guides. All pages are
//! made when the first of them is asked for and kept compressed; they are plain HTML, and need no script.
//!
//! ```text
//! GET /docs/query/referral            a page: asked again each time, answered by its ETag
//!      ├─► /docs/files/PRINT/…        styles, the script of the search and its index: kept for ever, PRINT is their hash
//!      └─► /docs/search?q=…           for whoever has no script
//! ```

pub mod advice;
pub mod book;
pub mod changelog;
pub mod entry;
pub mod example;
pub mod fault;
pub mod field;
pub mod frame;
pub mod guide;
pub mod overview;
pub mod prose;
pub mod sample;
pub mod search;

use super::page;
use crate::graphql::schema;
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use book::{Book, Root};
use changelog::Changelog;
use example::Examples;
use flate2::read::GzDecoder;
use frame::{Frame, Page, Section};
use maud::html;
use prose::{UP, to};
use serde::Deserialize;
use std::{collections::BTreeMap, io::Read, ops::Range, sync::OnceLock, thread};

/// What the pages may do: show their own styles and picture, run the one script, ask for its index, send the search's form. No
/// other address, no script or style in the document, no text that becomes script, no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Files as they lie; the look is that of the page of indicators.
const FILES: &[(&str, &str, &str)] = &[
    ("icon.svg", "image/svg+xml", include_str!("../indicators/icon.svg")),
    ("page.css", "text/css; charset=utf-8", include_str!("../indicators/page.css")),
    ("reference.css", "text/css; charset=utf-8", include_str!("reference.css")),
    ("search.js", "text/javascript; charset=utf-8", include_str!("search.js")),
];
const INDEX: &str = "index.json";

/// What pages are made from.
pub struct Reference {
    pub book: Book,
    pub examples: Examples,
    pub changelog: Changelog<'static>,
    /// The lists, with the names in each.
    pub lists: Vec<(Section, Vec<(String, String)>)>,
}

impl Reference {
    /// From a printed schema of ours.
    pub fn new(sdl: &str) -> Self {
        let book = Book::of(sdl).expect("the server starts with this schema");
        let changelog = Changelog::of(changelog::TEXT);
        let mut reference = Self { book, examples: Examples::default(), changelog, lists: Vec::new() };
        reference.lists =
            Section::all(&reference.book).into_iter().map(|section| (section, overview::names(&reference, section))).collect();
        reference
    }

    /// All pages, one after the other: together they are many times what is kept of them.
    fn pages(&self) -> impl Iterator<Item = Page> {
        let roots = Root::ALL.into_iter().flat_map(|root| self.book.root(root).iter().map(move |field| (root, field)));
        std::iter::once_with(|| overview::first(self))
            .chain(std::iter::once_with(|| guide::changes(&self.book, &self.examples)))
            .chain(guide::ALL.iter().map(|guide| guide::page(&self.book, &self.examples, guide)))
            .chain(self.lists.iter().map(|(section, _)| overview::list(self, *section)))
            .chain(roots.map(|(root, field)| entry::root(self, root, field)))
            .chain(self.book.types.values().map(|ty| entry::ty(self, ty)))
            .chain(self.book.directives.values().map(|directive| entry::directive(self, directive)))
            .chain(fault::pages(self))
    }
}

/// All that is served, compressed.
struct Shelf {
    /// One page after the other in one piece: what was made on the way leaves nothing between them in memory.
    pages: Vec<u8>,
    places: BTreeMap<String, Range<usize>>,
    index: Vec<u8>,
    /// The index, once somebody without a script has looked for something.
    read: OnceLock<Vec<[String; 4]>>,
    sdl: Vec<u8>,
    /// The page of the search, without its answer.
    search: Vec<u8>,
    /// Where there is no page.
    absent: Vec<u8>,
    print: String,
    /// Of all pages: another one as soon as a byte of them is another.
    tag: String,
}

impl Shelf {
    fn new() -> Self {
        let sdl = schema::sdl();
        let reference = Reference::new(&sdl);
        let index = search::index(&reference, reference.pages()).to_string();
        let told = [(INDEX, index.as_bytes())];
        let print = page::print(FILES.iter().map(|(name, _, text)| (*name, text.as_bytes())).chain(told));
        let frame = Frame { book: &reference.book, print: &print, lists: &reference.lists };
        let (mut pages, mut places) = (Vec::new(), BTreeMap::new());
        for made in reference.pages() {
            let begin = pages.len();
            pages.extend(page::compressed(&frame.around(&made)));
            places.insert(made.place, begin..pages.len());
        }
        pages.shrink_to_fit();
        let tag = page::print([("", pages.as_slice())].into_iter());
        Self {
            index: page::compressed(&index),
            read: OnceLock::new(),
            sdl: page::compressed(&sdl),
            search: page::compressed(&frame.around(&search::page())),
            absent: page::compressed(&frame.anywhere(&absent())),
            tag: format!("W/\"{tag}\""),
            pages,
            places,
            print,
        }
    }

    fn page(&self, place: &str) -> Option<&[u8]> {
        Some(&self.pages[self.places.get(place)?.clone()])
    }
}

fn absent() -> Page {
    let body = html! {
        article {
            h1 { "There is no such page" }
            p { "The schema has no such name, or has it no more: " a href=(to("changelog")) { "changes of the schema" } ". Look for it above, or " a href=(to("")) { "begin at the first page" } "." }
        }
    };
    Page {
        place: String::new(),
        title: "No such page".into(),
        about: String::new(),
        kind: "list",
        section: None,
        language: "en",
        body,
    }
}

fn unpacked(packed: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text).expect("it was packed here");
    text
}

static SHELF: OnceLock<Shelf> = OnceLock::new();

/// Made when it is first asked for, beside the threads that answer; with the thread that makes it goes all that it took.
async fn shelf() -> &'static Shelf {
    let make = || thread::spawn(Shelf::new).join().expect("a schema that is served can be described: a test does");
    match SHELF.get() {
        Some(shelf) => shelf,
        None => web::block(move || SHELF.get_or_init(make)).await.expect("it is waited for"),
    }
}

/// How deep an address may lie that is answered with a page: each of its links would be as long as the way up.
const DEEPEST: usize = 8;

/// A page.
pub async fn page(request: HttpRequest) -> HttpResponse {
    let shelf = shelf().await;
    let place = request.match_info().get("place").unwrap_or_default();
    let Some(found) = shelf.page(place) else {
        let depth = request.path().matches('/').count().saturating_sub(1);
        if depth > DEEPEST {
            return super::nothing_here().await;
        }
        let up = "../".repeat(depth);
        return page::document(StatusCode::NOT_FOUND, POLICY.into()).body(unpacked(&shelf.absent).replace(UP, &up));
    };
    let known = page::is_known(request.headers(), &shelf.tag);
    let mut answer = page::document(if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK }, POLICY.into());
    answer.insert_header((header::ETAG, shelf.tag.as_str()));
    if known { answer.finish() } else { page::packed(&request, answer, found) }
}

/// A file of the pages; those of another program's pages are not here.
pub async fn file(request: HttpRequest, path: web::Path<(String, String)>) -> HttpResponse {
    let (shelf, (print, name)) = (shelf().await, path.into_inner());
    if print != shelf.print {
        return super::nothing_here().await;
    }
    if name == INDEX {
        return page::packed(&request, page::file("application/json"), &shelf.index);
    }
    match FILES.iter().find(|(known, ..)| *known == name) {
        Some((_, media, text)) => page::file(media).body(*text),
        None => super::nothing_here().await,
    }
}

/// What is looked for.
#[derive(Deserialize)]
pub struct Sought {
    #[serde(default)]
    q: String,
}

/// Longest text that is looked for, in characters: that of the form.
const LONGEST: usize = 100;

/// The search, for whoever has no script.
pub async fn search(sought: web::Query<Sought>) -> HttpResponse {
    let shelf = shelf().await;
    let wanted: String = sought.q.chars().take(LONGEST).collect();
    // Kept: anybody may look for something, and to read the index takes longer than to look.
    let index = shelf.read.get_or_init(|| serde_json::from_str(&unpacked(&shelf.index)).expect("it was written here"));
    let answer = search::answer(index, &wanted).into_string().replace(UP, "../");
    page::document(StatusCode::OK, POLICY.into()).body(unpacked(&shelf.search).replacen(search::ANSWER, &answer, 1))
}

/// The schema as a file.
pub async fn sdl(request: HttpRequest) -> HttpResponse {
    let shelf = shelf().await;
    let mut answer = page::file("text/plain; charset=utf-8");
    answer.insert_header((header::CACHE_CONTROL, "no-cache")).insert_header((header::ETAG, shelf.tag.as_str()));
    page::packed(&request, answer, &shelf.sdl)
}
