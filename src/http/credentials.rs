//! How a client of the token endpoint says who it is: its form, the header, what it has signed (RFC 6749, section 2.3; RFC 7523).

use crate::access::token::assertion;
use actix_web::{
    http::header::{self, HeaderMap},
    web,
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use secrecy::SecretString;

/// Errors of RFC 6749, section 5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    InvalidRequest(&'static str),
    InvalidClient,
    UnauthorizedClient,
    UnsupportedGrantType,
    InvalidScope,
    /// 429: of tokens, or of failures; when to come again, in seconds.
    TooOften {
        retry_after: u64,
    },
    /// 421: a replica notes nothing down, and so gives no tokens.
    ReadOnly,
    /// 503
    Unavailable,
}

/// How a client says who it is.
pub enum Credentials {
    Secret(Secret),
    /// What it has signed, and the id that stands beside it, if one does.
    Signed {
        text: String,
        id: Option<String>,
    },
}

impl Credentials {
    /// The client that is named, which nobody has to believe yet.
    pub fn named(&self) -> Option<String> {
        match self {
            Self::Secret(shown) => Some(shown.id.clone()),
            Self::Signed { text, id } => id.clone().or_else(|| assertion::claimant(text).ok()),
        }
    }
}

/// An id and what proves it.
pub struct Secret {
    pub id: String,
    pub secret: SecretString,
}

/// The parameters of a form, in their order.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads application/x-www-form-urlencoded.
    pub fn read(bytes: Vec<u8>) -> Result<Self, Refused> {
        let text = String::from_utf8(bytes).map_err(|_| Refused::InvalidRequest("the form is not UTF-8"))?;
        let pairs = web::Query::<Vec<(String, String)>>::from_query(&text)
            .map_err(|_| Refused::InvalidRequest("the form cannot be read"))?;
        Ok(Self(pairs.into_inner()))
    }

    /// RFC 6749, section 3.2: an empty parameter counts as none, and none may be given twice.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Refused> {
        let mut given = self.0.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str());
        match (given.next(), given.next()) {
            (_, Some(_)) => Err(Refused::InvalidRequest("a parameter is given twice")),
            (value, None) => Ok(value.filter(|value| !value.is_empty())),
        }
    }
}

/// By the header, in the form or by an assertion, never two of them (section 2.3).
pub fn shown(headers: &HeaderMap, form: &Form) -> Result<Credentials, Refused> {
    let (id, secret) = (form.one("client_id")?, form.one("client_secret")?);
    match (form.one("client_assertion_type")?, form.one("client_assertion")?) {
        (None, None) => {}
        (Some(_), Some(_)) if secret.is_some() || headers.contains_key(header::AUTHORIZATION) => {
            return Err(Refused::InvalidRequest("the client shows a secret and an assertion"));
        }
        (Some(assertion::TYPE), Some(text)) => {
            return Ok(Credentials::Signed { text: text.to_owned(), id: id.map(str::to_owned) });
        }
        (Some(_), Some(_)) => return Err(Refused::InvalidClient),
        _ => return Err(Refused::InvalidRequest("client_assertion and client_assertion_type come together")),
    }
    if headers.contains_key(header::AUTHORIZATION) {
        let basic = basic(headers).ok_or(Refused::InvalidClient)?;
        if secret.is_some() || id.is_some_and(|id| id != basic.id) {
            return Err(Refused::InvalidRequest("the client names itself twice: by the header and in the form"));
        }
        return Ok(Credentials::Secret(basic));
    }
    match (id, secret) {
        (Some(id), Some(secret)) => Ok(Credentials::Secret(Secret { id: id.to_owned(), secret: secret.to_owned().into() })),
        _ => Err(Refused::InvalidClient),
    }
}

/// `Authorization: Basic`, both parts form-encoded before they were joined (section 2.3.1).
pub fn basic(headers: &HeaderMap) -> Option<Secret> {
    let mut given = headers.get_all(header::AUTHORIZATION);
    let (Some(value), None) = (given.next(), given.next()) else { return None };
    let (scheme, coded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let joined = String::from_utf8(BASE64.decode(coded.trim()).ok()?).ok()?;
    let (id, secret) = joined.split_once(':')?;
    Some(Secret { id: decoded(id)?, secret: decoded(secret)?.into() })
}

/// One value of application/x-www-form-urlencoded.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn both_parts_of_basic_are_decoded() {
        for (text, plain) in
            [("a", Some("a")), ("a%3Ab+c%C3%AF", Some("a:b cï")), ("%", None), ("%4", None), ("%zz", None), ("%ff", None)]
        {
            assert_eq!(decoded(text).as_deref(), plain, "{text}");
        }
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().expect("a header"));
            basic(&headers).map(|given| (given.id, given.secret.expose_secret().to_owned()))
        };
        assert_eq!(of(&format!("basic {}", BASE64.encode("kaz%20:s%3A"))), Some(("kaz ".into(), "s:".into())));
        for wrong in ["Basic", "Basic !", "Bearer abc", &format!("Basic {}", BASE64.encode("no colon"))] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
