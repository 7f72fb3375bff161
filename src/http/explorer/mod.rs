//! `/graphiql`: a page on which people try the API: GraphiQL with our sign-in and our operations. It is made of `source/` by
//! `npm ci --ignore-scripts && npm run build` in this folder; what that makes, `built/`, is part of the program, so that neither its
//! reader nor who builds the program needs anything from elsewhere. Anybody may look at the schema and write a question there; it
//! asks the public API with a token of its reader's, as any client does: whoever serves it needs to trust it with nothing.
//!
//! ```text
//! GET /graphiql                       index.html, each time with another nonce
//!      └─► /graphiql/PRINT/…          scripts, styles, operations, the schema: kept for ever, for PRINT is their hash
//! ```

pub mod operations;

use super::{page, sandbox, state::App};
use crate::graphql::schema;
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use std::sync::LazyLock;
use uuid::Uuid;

/// One file of the page, compressed as it was built.
struct File {
    name: &'static str,
    media: &'static str,
    packed: &'static [u8],
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const FONT: &str = "font/ttf";
const TEXT: &str = "text/plain; charset=utf-8";

macro_rules! files {
    ($($media:ident $name:literal),+ $(,)?) => {
        &[$(File { name: $name, media: $media, packed: include_bytes!(concat!("built/", $name, ".gz")) }),+]
    };
}

const FILES: &[File] = files![
    SCRIPT "explorer.js",
    SCRIPT "editor.worker.js",
    SCRIPT "graphql.worker.js",
    SCRIPT "json.worker.js",
    STYLE "explorer.css",
    FONT "codicon.ttf",
    TEXT "licences.txt",
];

/// What is not built: the picture of the other page, the operations as they lie in `schema/operations`, and the schema, which the
/// page would else have to ask the API for, with a token that it has not yet.
const ICON: (&str, &str) = ("icon.svg", include_str!("../indicators/icon.svg"));
const OPERATIONS: &str = "operations.json";
const SCHEMA: &str = "schema.graphql";

/// What the page may do: run its own scripts, ask its own server, show its own picture. No other address, no text that becomes
/// script, no frame around it, no form that leaves. Style elements, which the editor makes while it runs, bear the nonce of the
/// answer; style attributes are free, since the editor writes each line's place into its markup (`style="top:38px"`), and no nonce
/// or hash covers an attribute. Its few pictures lie in its styles.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; font-src 'self'; img-src 'self' data:; \
         style-src-elem 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

/// The page, ready to be served.
struct Page {
    html: String,
    operations: String,
    /// Compressed.
    schema: Vec<u8>,
    print: String,
}

static PAGE: LazyLock<Page> = LazyLock::new(|| {
    let (html, operations, schema) = (include_str!("index.html"), operations::all(), page::compressed(&schema::sdl()));
    let told = [("index.html", html), ICON, (OPERATIONS, &operations)].map(|(name, text)| (name, text.as_bytes()));
    let files = FILES.iter().map(|file| (file.name, file.packed));
    let print = page::print(files.chain(told).chain([(SCHEMA, schema.as_slice())]));
    Page { html: html.replace("{print}", &print), operations, schema, print }
});

/// Made when it is first asked for, beside the threads that answer.
async fn made() -> &'static Page {
    web::block(|| &*PAGE).await.expect("it is made of what is part of the program")
}

/// The page itself.
pub async fn page(request: HttpRequest, app: web::Data<App>) -> HttpResponse {
    let nonce = Uuid::new_v4().simple().to_string();
    page::document(StatusCode::OK, policy(&nonce))
        // Another reader of the same bytes would know the nonce.
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(made().await.html.replace("{nonce}", &nonce).replace("{sandbox}", &sandbox::told(&app, &request)))
}

/// A file of the page; those of another program's page are not here.
pub async fn file(request: HttpRequest, path: web::Path<(String, String)>) -> HttpResponse {
    let (made, (print, name)) = (made().await, path.into_inner());
    if print != made.print {
        return super::nothing_here().await;
    }
    match name.as_str() {
        OPERATIONS => page::file("application/json").body(made.operations.as_str()),
        SCHEMA => page::packed(&request, page::file(TEXT), &made.schema),
        name if name == ICON.0 => page::file("image/svg+xml").body(ICON.1),
        name => match FILES.iter().find(|file| file.name == name) {
            Some(File { media, packed, .. }) => page::packed(&request, page::file(media), packed),
            None => super::nothing_here().await,
        },
    }
}
