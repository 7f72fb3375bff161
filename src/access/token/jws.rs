//! The outer shape of a signed token (RFC 7515, compact): three parts, of which nothing is believed before its signature is.

use super::Unfit;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) typ: Option<String>,
    pub(super) kid: Option<String>,
    /// Extensions that the verifier must understand: we know none (RFC 7515, section 4.1.11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crit: Option<serde_json::Value>,
}

/// A token taken apart.
pub(super) struct Jws<'a> {
    pub(super) header: Header,
    /// What is signed.
    pub(super) message: &'a str,
    pub(super) claims: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> Jws<'a> {
    /// Takes apart what is no longer than `longest`; a longer one is not even decoded.
    pub(super) fn open(token: &'a str, longest: usize) -> Result<Self, Unfit> {
        if token.len() > longest {
            return Err(Unfit::Malformed);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Unfit::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(Unfit::Malformed)?;
        let header: Header = read(header)?;
        if header.crit.is_some() {
            return Err(Unfit::Algorithm);
        }
        Ok(Self { header, message, claims, signature })
    }

    /// Whether it names one of these types. RFC 7515, section 4.1.9: the beginning `application/` may be left out.
    pub(super) fn is_of(&self, types: &[&str]) -> bool {
        self.header.typ.as_deref().is_some_and(|typ| {
            let short = typ.get(..12).filter(|head| head.eq_ignore_ascii_case("application/")).map_or(typ, |_| &typ[12..]);
            types.iter().any(|one| one.eq_ignore_ascii_case(short))
        })
    }
}

pub(super) fn part(value: &impl Serialize) -> String {
    BASE64URL.encode(serde_json::to_vec(value).expect("strings and numbers are always JSON"))
}

pub(super) fn read<T: DeserializeOwned>(part: &str) -> Result<T, Unfit> {
    let bytes = BASE64URL.decode(part).map_err(|_| Unfit::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Unfit::Malformed)
}
