//! Pages of ours, which are part of the program: what each of them and each of its files is answered with.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{self, AcceptEncoding, Encoding, Header, HeaderMap},
    },
};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::{
    fmt::Write,
    io::{Read, Write as _},
};

/// The page itself: asked again each time, within its policy, and never in a frame.
pub fn document(status: StatusCode, policy: String) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header(("Cross-Origin-Opener-Policy", "same-origin"))
        .insert_header(("Cross-Origin-Resource-Policy", "same-origin"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"));
    answer
}

/// A file of it: kept for ever, for its address holds the print of them all.
pub fn file(media: &'static str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .insert_header(("Cross-Origin-Resource-Policy", "same-origin"))
        .insert_header((header::CONTENT_TYPE, media));
    answer
}

/// A text as [`packed`] takes it.
pub fn compressed(text: &str) -> Vec<u8> {
    let mut to = GzEncoder::new(Vec::new(), Compression::default());
    to.write_all(text.as_bytes()).and_then(|()| to.finish()).expect("memory takes what is written into it")
}

/// What is kept compressed, as it is kept for whoever can unpack it, which is nearly everybody.
pub fn packed(request: &HttpRequest, mut answer: HttpResponseBuilder, packed: &'static [u8]) -> HttpResponse {
    answer.insert_header((header::VARY, "Accept-Encoding"));
    let taken = AcceptEncoding::parse(request).ok();
    if taken.and_then(|taken| taken.negotiate([Encoding::gzip(), Encoding::identity()].iter())) == Some(Encoding::gzip()) {
        return answer.insert_header((header::CONTENT_ENCODING, "gzip")).body(packed);
    }
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).expect("what is part of the program is whole: a test reads it");
    answer.body(bytes)
}

/// Whether the reader has this very page.
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    headers
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|given| given.trim() == "*" || bare(given) == bare(tag))
}

/// The print of files by their names: another one as soon as a byte of them is another.
pub fn print<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut hash = Sha256::new();
    for (name, bytes) in files {
        // With their lengths: no two sets of files are one text.
        for part in [name.as_bytes(), bytes] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
    }
    hash.finalize().iter().take(10).fold(String::new(), |mut print, byte| {
        let _ = write!(print, "{byte:02x}");
        print
    })
}
