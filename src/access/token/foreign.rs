//! Tokens of foreign issuers. An issuer says who it is that asks; that this one is an application of ours, and which of its rights such
//! a token may use, the operator has said. An issuer can name nobody whom the operator has not given to it, and a token never
//! opens more than the application holds today.

use super::{
    Bearer, KeySet, Unfit,
    jws::{Jws, read},
    public_key::Algorithm,
};
use crate::{access::scope::Scopes, config::Issuer};
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// How far an issuer's clock may be off.
const LEEWAY: Duration = Duration::seconds(30);
/// How far the end of a token may be ahead: what is told over an open connection ends with its token, and nothing ends before.
const LIFETIME: Duration = Duration::hours(24);
const LONGEST: usize = 8 * 1024;
/// Claims of tokens of another purpose, for issuers that do not say it by the type: ID tokens (OpenID Connect Core, sections 2 and 3),
/// tokens of events and of signing out (RFC 8417).
const OF_OTHERS: &[&str] = &["nonce", "at_hash", "c_hash", "s_hash", "events"];

/// What the operator has said of an issuer.
#[derive(Debug)]
pub struct Trust {
    issuer: String,
    audience: String,
    /// Types of tokens, in lower case.
    types: Vec<String>,
    subject_claim: String,
    /// Client ids by what the issuer calls them.
    subjects: HashMap<String, String>,
    scope_claim: String,
    /// Ours by theirs; none: they use our words.
    scope_map: Option<HashMap<String, Scopes>>,
    /// What any token of this issuer may open.
    most: Option<Scopes>,
}

/// A token whose claims are in order; not yet known to be genuine.
pub struct Shown<'a> {
    token: &'a str,
    jws: Jws<'a>,
    algorithm: Algorithm,
    bearer: Bearer,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    exp: Moment,
    nbf: Option<Moment>,
    iat: Option<Moment>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// Seconds since 1970; RFC 7519 allows parts of one.
#[derive(Clone, Copy, Deserialize)]
#[serde(from = "f64")]
struct Moment(i64);

impl From<f64> for Moment {
    fn from(seconds: f64) -> Self {
        // Beyond what an integer holds it ends at its greatest.
        Self(seconds as i64)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    List(Vec<String>),
}

impl Audience {
    fn has(&self, wanted: &str) -> bool {
        match self {
            Self::One(named) => named == wanted,
            Self::List(named) => named.iter().any(|named| named == wanted),
        }
    }
}

/// Who says to have issued a token; to be believed once it is verified.
pub fn issuer_of(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        iss: String,
    }
    let jws = Jws::open(token, LONGEST).ok()?;
    read::<Named>(jws.claims).ok().map(|named| named.iss)
}

impl Trust {
    /// By the configuration. `audience` is the address of our API. A word that is no scope of ours is the error.
    pub fn new(said: &Issuer, audience: &str) -> Result<Self, String> {
        let scopes = |words: &[String]| Scopes::of(words.iter().map(String::as_str)).map_err(str::to_owned);
        let map = |map: &HashMap<String, Vec<String>>| {
            map.iter().map(|(theirs, ours)| Ok((theirs.clone(), scopes(ours)?))).collect::<Result<_, String>>()
        };
        Ok(Self {
            issuer: said.issuer.clone(),
            audience: said.audience.clone().unwrap_or_else(|| audience.to_owned()),
            types: said.token_types.iter().map(|typ| typ.to_lowercase()).collect(),
            subject_claim: said.subject_claim.clone(),
            subjects: said.subjects.clone(),
            scope_claim: said.scope_claim.clone(),
            scope_map: said.scope_map.as_ref().map(map).transpose()?,
            most: said.scopes.as_deref().map(scopes).transpose()?,
        })
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Looks at a token without believing it: what is wrong with its claims needs no key.
    pub fn look<'a>(&self, token: &'a str, now: DateTime<Utc>) -> Result<Shown<'a>, Unfit> {
        let jws = Jws::open(token, LONGEST)?;
        let algorithm = Algorithm::of(&jws.header.alg).ok_or(Unfit::Algorithm)?;
        if !jws.is_of(&self.types.iter().map(String::as_str).collect::<Vec<_>>()) {
            return Err(Unfit::Type);
        }
        let claims: Claims = read(jws.claims)?;
        if claims.iss != self.issuer {
            return Err(Unfit::Issuer);
        }
        if !claims.aud.has(&self.audience) {
            return Err(Unfit::Audience);
        }
        let (now, leeway) = (now.timestamp(), LEEWAY.num_seconds());
        if now >= claims.exp.0.saturating_add(leeway) {
            return Err(Unfit::Expired);
        }
        if claims.exp.0 > now + LIFETIME.num_seconds() + leeway {
            return Err(Unfit::TooLong);
        }
        if [claims.nbf, claims.iat].into_iter().flatten().any(|at| now < at.0.saturating_sub(leeway)) {
            return Err(Unfit::NotYetValid);
        }
        if is_of_another_purpose(&claims.others) {
            return Err(Unfit::Purpose);
        }
        let named = claim(&claims.others, &self.subject_claim).and_then(Value::as_str).ok_or(Unfit::Subject)?;
        let bearer = Bearer {
            client_id: self.subjects.get(named).ok_or(Unfit::Subject)?.clone(),
            organization_id: None,
            scopes: self.scopes(claim(&claims.others, &self.scope_claim)),
            expires_at: DateTime::from_timestamp(claims.exp.0, 0).ok_or(Unfit::Malformed)?,
        };
        Ok(Shown { token, jws, algorithm, bearer })
    }

    /// Words with spaces between them (RFC 8693, section 4.2), or a list of words. What is none of ours gives no right.
    fn scopes(&self, said: Option<&Value>) -> Scopes {
        let words: Vec<&str> = match said {
            Some(Value::String(words)) => words.split(' ').collect(),
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let of = |word: &&str| match &self.scope_map {
            Some(map) => map.get(*word).copied(),
            None => Scopes::of([*word]).ok(),
        };
        let said: Scopes = words.iter().filter_map(of).flat_map(Scopes::iter).collect();
        self.most.map_or(said, |most| said.and(most))
    }
}

impl Shown<'_> {
    /// Whose it is, if one of these keys has signed it.
    pub fn prove(&self, keys: &KeySet) -> Result<Bearer, Unfit> {
        keys.prove(self.token, &self.jws, self.algorithm)?;
        Ok(self.bearer.clone())
    }
}

/// A claim by its name, or by its place (RFC 6901): `/realm_access/roles`.
fn claim<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let Some(place) = name.strip_prefix('/') else { return claims.get(name) };
    let plain = |part: &str| part.replace("~1", "/").replace("~0", "~");
    let mut parts = place.split('/').map(plain);
    let first = claims.get(&parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(&part))
}

/// Keycloak and Cognito name the purpose in a claim.
fn is_of_another_purpose(claims: &Map<String, Value>) -> bool {
    let says = |name: &str, word: &str| claims.get(name).and_then(Value::as_str).is_some_and(|said| said != word);
    OF_OTHERS.iter().any(|name| claims.contains_key(*name)) || says("typ", "Bearer") || says("token_use", "access")
}
