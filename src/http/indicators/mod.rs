//! `/indicators`: a page on which people look at figures. Its files are part of the program, as they lie here; nothing is built
//! and nothing comes from elsewhere. It asks the public API with a token of its reader's, as any client does: whoever serves it
//! needs to trust it with nothing.
//!
//! ```text
//! GET /indicators                     index.html: asked again each time, answered by its ETag
//!      └─► /indicators/PRINT/…        scripts, words, styles: kept for ever, for PRINT is the hash of them all
//! ```

use super::{page, sandbox, state::App};
use crate::{
    base::words::indicator::{Dimension, Indicator},
    indicator::question::{self, Source},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use serde_json::json;
use std::sync::LazyLock;

/// One file of the page.
struct File {
    name: &'static str,
    media: &'static str,
    text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const PICTURE: &str = "image/svg+xml";
const TEXT: &str = "text/plain; charset=utf-8";

macro_rules! files {
    ($($media:ident $name:literal),+ $(,)?) => {
        &[$(File { name: $name, media: $media, text: include_str!($name) }),+]
    };
}

const FILES: &[File] = files![
    SCRIPT "api.js",
    SCRIPT "chart.js",
    SCRIPT "csv.js",
    SCRIPT "element.js",
    SCRIPT "form.js",
    SCRIPT "page.js",
    SCRIPT "panel.js",
    SCRIPT "question.js",
    SCRIPT "table.js",
    SCRIPT "words.js",
    SCRIPT "words/en.js",
    SCRIPT "words/uk.js",
    STYLE "page.css",
    PICTURE "icon.svg",
    SCRIPT "vendor/chart.umd.min.js",
    TEXT "vendor/LICENSE.txt",
];

/// Made from the program's own words, so that the page never knows others.
const FACTS: &str = "facts.js";

/// What the page may do: run its own scripts, ask its own server, show its own picture. No other address, no script or style in
/// the document, no text that becomes script, no frame around it, no form that leaves.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Where the document says what is said in a sandbox.
const SANDBOX: &str = "{sandbox}";

/// The page, ready to be served.
struct Page {
    html: String,
    facts: String,
    print: String,
}

static PAGE: LazyLock<Page> = LazyLock::new(|| {
    let facts = facts();
    let html = include_str!("index.html");
    let all = FILES.iter().map(|file| (file.name, file.text)).chain([(FACTS, facts.as_str()), ("index.html", html)]);
    let print = page::print(all.map(|(name, text)| (name, text.as_bytes())));
    Page { html: html.replace("{print}", &print), facts, print }
});

/// What the page has to know of indicators: their words, units, and by what they are divided.
fn facts() -> String {
    let fact = |indicator: &Indicator| {
        let source = question::source(*indicator);
        let by: Vec<_> = Dimension::ALL.iter().filter(|by| question::divides(*indicator, **by)).map(|by| by.word()).collect();
        json!({
            "word": indicator.word(),
            "unit": indicator.unit().word(),
            "computed": source != Source::Reported,
            "reportable": indicator.is_reportable(),
            // Without a row it is not zero: there was nothing to divide by.
            "ratio": matches!(source, Source::Median | Source::Cost),
            "by": by,
        })
    };
    let facts = json!({"indicators": Indicator::ALL.iter().map(fact).collect::<Vec<_>>()});
    format!("// Told by the server.\nexport default {facts};\n")
}

/// The page itself.
pub async fn page(request: HttpRequest, app: web::Data<App>) -> HttpResponse {
    let told = sandbox::told(&app, &request);
    if !told.is_empty() {
        // As whom one may ask is of this moment and of who asks.
        let mut answer = page::document(StatusCode::OK, POLICY.into());
        return answer.insert_header((header::CACHE_CONTROL, "no-store")).body(PAGE.html.replace(SANDBOX, &told));
    }
    let tag = format!("W/\"{}\"", PAGE.print);
    let known = page::is_known(request.headers(), &tag);
    let mut answer = page::document(if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK }, POLICY.into());
    answer.insert_header((header::ETAG, tag));
    if known { answer.finish() } else { answer.body(PAGE.html.replace(SANDBOX, "")) }
}

/// A file of the page; those of another program's page are not here.
pub async fn file(path: web::Path<(String, String)>) -> HttpResponse {
    let (print, name) = path.into_inner();
    let found = match FILES.iter().find(|file| file.name == name) {
        Some(file) => Some((file.media, file.text)),
        None => (name == FACTS).then(|| (SCRIPT, PAGE.facts.as_str())),
    };
    let Some((media, text)) = found.filter(|_| print == PAGE.print) else { return super::nothing_here().await };
    page::file(media).body(text)
}
