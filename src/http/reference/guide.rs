//! The guides: Markdown as it lies in `guides/`, and what it becomes. Links between them are those of files, so that they can be
//! read where they lie; `/docs/…` leads into the reference. A block of the language `operation` names a file of
//! `schema/operations`, and shows it with its variables: no guide carries a document of its own that could grow old.

use super::{
    book::Book,
    changelog,
    example::Examples,
    frame::Page,
    prose::{self, UP, to},
    sample,
};
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html as written};

/// One guide.
pub struct Guide {
    /// Its file and its address.
    pub slug: &'static str,
    pub name: &'static str,
    pub about: &'static str,
    pub language: &'static str,
    pub text: &'static str,
}

macro_rules! guides {
    ($($slug:literal $language:literal $name:literal: $about:literal;)+) => {
        &[$(Guide {
            slug: $slug,
            name: $name,
            about: $about,
            language: $language,
            text: include_str!(concat!("guides/", $slug, ".md")),
        }),+]
    };
}

/// In the order of the contents.
pub const ALL: &[Guide] = guides! {
    "partner" "en" "For a partner's developer": "From credentials to the first referral in five minutes, then what to build next.";
    "partner-uk" "uk" "Посібник для партнерів": "Від облікових даних до першого скерування за п'ять хвилин: помилки, стрічка змін, вебхуки, межі, персональні дані.";
    "analyst" "en" "For an analyst": "Figures, how they are protected, and how to take them as tables.";
    "operator" "en" "For an operator": "Start a server, register partners, watch it, keep it.";
    "personal-data" "en" "Personal data and purposes": "Who sees what of a person, by which consent and memorandum, and for which purpose.";
    "errors-and-retries" "en" "Errors and retries": "Two kinds of errors, what to do about each, and when to try again.";
    "idempotency" "en" "Idempotency and versions": "How a call can be repeated, and how two who change one object do not overwrite each other.";
    "paging" "en" "Paging": "Lists by cursors, forwards and backwards.";
    "changes" "en" "The feed of changes": "How to keep a copy up to date without listing everything again.";
    "webhooks" "en" "Webhooks": "Changes brought to you, signed.";
    "limits" "en" "Limits": "What a question costs, and how much may be asked.";
    "deprecations" "en" "Changes and deprecations": "How the schema grows, and how long what goes is kept.";
};

/// A guide as a page.
pub fn page(book: &Book, examples: &Examples, guide: &Guide) -> Page {
    Page {
        place: format!("guide/{}", guide.slug),
        title: guide.name.to_owned(),
        about: guide.about.to_owned(),
        kind: "guide",
        section: None,
        language: guide.language,
        body: html! { article.guide { (text(book, examples, guide.text)) } },
    }
}

/// The changes of the schema, release by release.
pub fn changes(book: &Book, examples: &Examples) -> Page {
    Page {
        place: "changelog".into(),
        title: "Changes of the schema".into(),
        about: "What a client may notice, release by release.".into(),
        kind: "guide",
        section: None,
        language: "en",
        body: html! { article.guide { (text(book, examples, changelog::TEXT)) } },
    }
}

/// Markdown of ours as HTML. What looks like HTML in it is text.
fn text(book: &Book, examples: &Examples, markdown: &str) -> Markup {
    let mut events = Vec::new();
    let mut given = Parser::new_ext(markdown, Options::ENABLE_TABLES).peekable();
    while let Some(event) = given.next() {
        let raw = |markup: Markup| Event::InlineHtml(markup.into_string().into());
        let shown = match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let mut within = Vec::new();
                while let Some(event) = given.next_if(|event| !matches!(event, Event::End(TagEnd::Heading(_)))) {
                    within.push(event);
                }
                let words: String = within.iter().filter_map(said).collect();
                let id = Some(CowStr::from(slug(&words)));
                events.push(Event::Start(Tag::Heading { level, id, classes: Vec::new(), attrs: Vec::new() }));
                events.extend(within);
                continue;
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let mut code = String::new();
                while let Some(event) = given.next_if(|event| !matches!(event, Event::End(TagEnd::CodeBlock))) {
                    code.extend(said(&event));
                }
                given.next();
                let language = match &kind {
                    CodeBlockKind::Fenced(language) => language.as_ref(),
                    CodeBlockKind::Indented => "",
                };
                if language == "operation" {
                    let known = examples.named(code.trim());
                    let example = known.unwrap_or_else(|| panic!("a guide names {}, which is no operation", code.trim()));
                    raw(sample::example(book, example))
                } else {
                    raw(sample::block(code.trim_end(), language))
                }
            }
            Event::Start(Tag::Table(columns)) => {
                events.push(raw(
                    html! { (PreEscaped("<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"Table\">")) },
                ));
                Event::Start(Tag::Table(columns))
            }
            Event::End(TagEnd::Table) => {
                events.push(event);
                raw(html! { (PreEscaped("</div>")) })
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                Event::Start(Tag::Link { link_type, dest_url: address(&dest_url).into(), title, id })
            }
            Event::Code(code) => raw(prose::code(book, &code)),
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            other => other,
        };
        events.push(shown);
    }
    let mut html = String::new();
    written::push_html(&mut html, events.into_iter());
    PreEscaped(html)
}

/// The text of a piece.
fn said(event: &Event<'_>) -> Option<String> {
    match event {
        Event::Text(text) | Event::Code(text) => Some(text.to_string()),
        Event::SoftBreak | Event::HardBreak => Some(" ".into()),
        _ => None,
    }
}

/// Where a link of a guide leads: to another guide by its file, into the reference, to a page beside it, or elsewhere.
fn address(link: &str) -> String {
    if let Some((slug, part)) = link.split_once(".md").filter(|_| !link.contains("//")) {
        return to(&format!("guide/{slug}{part}"));
    }
    match link.strip_prefix('/') {
        Some(place) => format!("{UP}{place}"),
        None => link.to_owned(),
    }
}

/// The name of a heading's place.
fn slug(words: &str) -> String {
    let sign = |sign: char| if sign.is_alphanumeric() { Some(sign) } else { (sign == ' ' || sign == '-').then_some('-') };
    words.to_lowercase().chars().filter_map(sign).collect()
}
