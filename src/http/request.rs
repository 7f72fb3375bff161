//! What stands in the headers of a request: its id, its token, its purpose.

use crate::{
    access::Actor,
    base::{Error, error::ErrorCode, message::Language, words::access::AccessPurpose},
};
use actix_web::{
    HttpMessage, HttpRequest,
    http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, AcceptLanguage, HeaderMap, HeaderName, HeaderValue},
};
use uuid::Uuid;

/// Name of a request in answers and logs.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Why personal data is read.
const PURPOSE: &str = "mistok-purpose";
/// For whom of the partner's people.
const ACTING_FOR: &str = "mistok-acting-for";
/// Longest id of a request or of a partner's worker.
const LONGEST_ID: usize = 64;
const LONGEST_ACTING_FOR: usize = 128;

/// The id of a request: the client's own if it is a plain token, else a new one.
pub fn id(headers: &HeaderMap) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(plain))
        .map_or_else(|| Uuid::now_v7().simple().to_string(), str::to_owned)
}

/// The id that a request has got, see [`crate::app`].
#[derive(Clone)]
pub struct RequestId(pub String);

/// The id of a request on its way.
pub fn id_of(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map_or_else(|| id(request.headers()), |RequestId(id)| id.clone())
}

/// How a request says who asks.
#[derive(Debug, PartialEq, Eq)]
pub enum Credentials<'a> {
    None,
    Bearer(&'a str),
    /// Some, but no bearer token that could be one.
    Unreadable,
}

/// The bearer token (RFC 6750, section 2.1): in the header alone, never in the address or the body.
pub fn bearer(headers: &HeaderMap) -> Credentials<'_> {
    let mut given = headers.get_all(AUTHORIZATION);
    let (Some(value), None) = (given.next(), given.next()) else {
        return if headers.contains_key(AUTHORIZATION) { Credentials::Unreadable } else { Credentials::None };
    };
    let Some((scheme, token)) = value.to_str().ok().and_then(|value| value.split_once(' ')) else {
        return Credentials::Unreadable;
    };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Credentials::None;
    }
    let token = token.trim();
    if token.is_empty() { Credentials::Unreadable } else { Credentials::Bearer(token) }
}

/// What a request says beside its question: why and for whom it asks, and in which language it wants to hear what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aim {
    pub purpose: Option<AccessPurpose>,
    pub acting_for: Option<String>,
    pub language: Language,
}

impl Aim {
    /// The actor who asks so.
    pub fn of(&self, actor: Actor) -> Actor {
        let Self { purpose, acting_for, language } = self.clone();
        Actor { purpose, acting_for, language, ..actor }
    }
}

/// The first of the languages that a client takes, as it orders them (RFC 9110, section 12.5.4), which is one of ours.
fn language(headers: &HeaderMap) -> Language {
    let values = headers.get_all(ACCEPT_LANGUAGE).filter_map(|value| value.to_str().ok());
    let taken = values.flat_map(|value| value.split(',')).filter_map(|one| one.trim().parse().ok()).collect();
    let ranked = AcceptLanguage(taken).ranked();
    ranked.iter().find_map(|taken| Language::of(taken.item()?.as_str())).unwrap_or_default()
}

/// Purpose, worker and language, as the request names them.
pub fn aim(headers: &HeaderMap) -> Result<Aim, Error> {
    let purpose = match one(headers, PURPOSE)? {
        None => None,
        Some(value) => Some(value.to_str().ok().and_then(AccessPurpose::of).ok_or_else(|| {
            let words: Vec<_> = AccessPurpose::ALL.iter().map(|purpose| purpose.word()).collect();
            wrong(format!("The header Mistok-Purpose is one of {}.", words.join(", ")))
        })?),
    };
    let acting_for = match one(headers, ACTING_FOR)? {
        None => None,
        Some(value) => {
            let visible = |value: &&str| {
                (1..=LONGEST_ACTING_FOR).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic())
            };
            let value = value.to_str().ok().filter(visible);
            Some(value.map(str::to_owned).ok_or_else(|| {
                wrong(format!("The header Mistok-Acting-For has 1 to {LONGEST_ACTING_FOR} visible characters of ASCII."))
            })?)
        }
    };
    Ok(Aim { purpose, acting_for, language: language(headers) })
}

fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a HeaderValue>, Error> {
    let mut given = headers.get_all(name);
    match (given.next(), given.next()) {
        (value, None) => Ok(value),
        _ => Err(wrong(format!("The header {name} is given twice."))),
    }
}

fn wrong(message: String) -> Error {
    Error::question(ErrorCode::BadUserInput, "headers", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(given: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).expect("a header"));
        }
        headers
    }

    #[test]
    fn a_plain_id_is_kept() {
        assert_eq!(id(&headers(&[("x-request-id", "a-1_b.C")])), "a-1_b.C");
        for odd in ["", "a b", "a\"b", "ї", &"x".repeat(65)] {
            assert_eq!(id(&headers(&[("x-request-id", odd)])).len(), 32, "{odd}");
        }
        assert_eq!(id(&headers(&[])).len(), 32);
    }

    #[test]
    fn the_token_is_read_from_the_header() {
        let of = |value: &'static str| headers(&[("authorization", value)]);
        assert_eq!(bearer(&of("Bearer abc")), Credentials::Bearer("abc"));
        assert_eq!(bearer(&of("bearer  abc ")), Credentials::Bearer("abc"));
        assert_eq!(bearer(&of("Basic abc")), Credentials::None);
        assert_eq!(bearer(&of("Bearer")), Credentials::Unreadable);
        assert_eq!(bearer(&of("Bearer ")), Credentials::Unreadable);
        assert_eq!(bearer(&headers(&[])), Credentials::None);
        let two = headers(&[("authorization", "Bearer a"), ("authorization", "Bearer b")]);
        assert_eq!(bearer(&two), Credentials::Unreadable);
    }

    #[test]
    fn purpose_and_worker_are_checked() {
        assert_eq!(aim(&headers(&[])).expect("read"), Aim::default());
        let given = headers(&[("mistok-purpose", "CASE_WORK"), ("mistok-acting-for", "worker:7")]);
        let (purpose, acting_for) = (Some(AccessPurpose::CaseWork), Some("worker:7".into()));
        assert_eq!(aim(&given).expect("read"), Aim { purpose, acting_for, ..Aim::default() });
        for (name, value) in [
            ("mistok-purpose", "case_work"),
            ("mistok-purpose", ""),
            ("mistok-acting-for", ""),
            ("mistok-acting-for", "a b"),
            ("mistok-acting-for", "ї"),
            ("mistok-acting-for", &"x".repeat(129)),
        ] {
            let said = aim(&headers(&[(name, value)]));
            assert!(matches!(said, Err(Error::Question { code: ErrorCode::BadUserInput, .. })), "{name}: {value}");
        }
        assert!(aim(&headers(&[("mistok-purpose", "AUDIT"), ("mistok-purpose", "AUDIT")])).is_err());
    }

    #[test]
    fn the_first_of_our_languages_is_taken() {
        let of = |given: &str| language(&headers(&[("accept-language", given)]));
        for ukrainian in ["uk", "uk-UA,uk;q=0.9,en;q=0.8", "de, en;q=0.5, uk;q=0.7", "UK"] {
            assert_eq!(of(ukrainian), Language::Ukrainian, "{ukrainian}");
        }
        for english in ["en-GB", "en, uk;q=0.9", "de", "*", "", "uk;q=x", ";;,", "ї"] {
            assert_eq!(of(english), Language::English, "{english}");
        }
        assert_eq!(language(&headers(&[])), Language::English);
    }
}
