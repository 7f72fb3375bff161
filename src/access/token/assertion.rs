//! What a client shows in the place of a secret: a token signed by a key of its own (RFC 7521, RFC 7523; OpenID Connect Core,
//! section 9, `private_key_jwt`). Good for minutes and for one use; that it was used before, the database knows.

use super::{
    Unfit,
    jws::{Jws, read},
    public_key::{Algorithm, PublicKey},
};
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// What the form of a request calls it.
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far its end may be ahead.
pub const LIFETIME: Duration = Duration::minutes(5);
/// How far the clock of a partner may be off.
const LEEWAY: Duration = Duration::seconds(30);
/// How long it is remembered after nobody would take it: clocks of servers differ, and one that is late takes it a little longer.
const REMEMBERED: Duration = Duration::minutes(1);
const LONGEST: usize = 8 * 1024;
/// Longest name of one.
const LONGEST_ID: usize = 255;
/// The second one is the name that the revision of RFC 7523 gives them; without a name it may be either.
const TYPES: &[&str] = &["JWT", "client-authentication+jwt"];

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    jti: String,
    nbf: Option<i64>,
    iat: Option<i64>,
}

/// One alone: what is meant for several servers, one of them could show to another.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    List([String; 1]),
}

impl Audience {
    fn is(&self, wanted: &[String]) -> bool {
        let (Self::One(named) | Self::List([named])) = self;
        wanted.contains(named)
    }
}

/// One that is genuine and in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// Hash of its name (`jti`), which may be used once.
    pub id: [u8; 32],
    /// Until then it must be remembered that it was used.
    pub until: DateTime<Utc>,
}

/// Whose it says that it is; to be believed once [`check`] has said so.
pub fn claimant(text: &str) -> Result<String, Unfit> {
    let claims: Claims = read(Jws::open(text, LONGEST)?.claims)?;
    Ok(claims.sub)
}

/// Checks what a client has shown by the keys that it has registered. `audiences` are the names of this server.
pub fn check(
    text: &str,
    client_id: &str,
    keys: &[PublicKey],
    audiences: &[String],
    now: DateTime<Utc>,
) -> Result<Assertion, Unfit> {
    let jws = Jws::open(text, LONGEST)?;
    let algorithm = Algorithm::of(&jws.header.alg).ok_or(Unfit::Algorithm)?;
    if jws.header.typ.is_some() && !jws.is_of(TYPES) {
        return Err(Unfit::Type);
    }
    let kid = jws.header.kid.as_deref();
    let mut meant = keys.iter().filter(|key| key.is_meant(kid, algorithm)).peekable();
    meant.peek().ok_or(Unfit::UnknownKey)?;
    if !meant.any(|key| key.has_signed(&jws, algorithm)) {
        return Err(Unfit::Signature);
    }
    let claims: Claims = read(jws.claims)?;
    if claims.iss != client_id || claims.sub != client_id {
        return Err(Unfit::Issuer);
    }
    if !claims.aud.is(audiences) {
        return Err(Unfit::Audience);
    }
    let (now, leeway) = (now.timestamp(), LEEWAY.num_seconds());
    if now >= claims.exp.saturating_add(leeway) {
        return Err(Unfit::Expired);
    }
    if claims.exp > now + LIFETIME.num_seconds() + leeway {
        return Err(Unfit::TooLong);
    }
    if [claims.nbf, claims.iat].into_iter().flatten().any(|at| now < at.saturating_sub(leeway)) {
        return Err(Unfit::NotYetValid);
    }
    if claims.jti.is_empty() || claims.jti.len() > LONGEST_ID {
        return Err(Unfit::Malformed);
    }
    let until = DateTime::from_timestamp(claims.exp + leeway, 0).ok_or(Unfit::Malformed)? + REMEMBERED;
    Ok(Assertion { id: Sha256::digest(&claims.jti).into(), until })
}
