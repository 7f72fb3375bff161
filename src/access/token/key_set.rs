//! The public keys of an issuer at one time (RFC 7517, section 5).

use super::{
    Unfit,
    jws::Jws,
    public_key::{Algorithm, PublicKey},
};
use crate::base::recent::Recent;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

/// Most keys of one issuer.
const MOST: usize = 50;
/// Bytes of tokens in one generation of those whose signature was found good.
const REMEMBERED: usize = 1024 * 1024;

/// What an issuer gave is no set of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoKeySet {
    #[error("this is no JSON Web Key Set")]
    Unreadable,
    #[error("there are more than {MOST} keys")]
    TooMany,
}

/// Keys, and the tokens that they were seen to have signed: with the set that memory goes too.
pub struct KeySet {
    keys: Vec<PublicKey>,
    authentic: Mutex<Recent<()>>,
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(PublicKey::kid)).finish()
    }
}

impl KeySet {
    /// Reads a set. Keys of kinds and for uses that are not ours are left out, as the standard wants; so is one that would be a secret.
    pub fn read(bytes: &[u8]) -> Result<Self, NoKeySet> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Map<String, Value>>,
        }
        let set: Set = serde_json::from_slice(bytes).map_err(|_| NoKeySet::Unreadable)?;
        if set.keys.len() > MOST {
            return Err(NoKeySet::TooMany);
        }
        let keys = set.keys.into_iter().filter_map(|members| PublicKey::of_jwk(members).ok()).collect();
        Ok(Self { keys, authentic: Mutex::new(Recent::new(REMEMBERED)) })
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether these are the same keys, so that what was found out by them stays true.
    #[must_use]
    pub fn is_as(&self, other: &Self) -> bool {
        self.keys.len() == other.keys.len() && self.keys.iter().zip(&other.keys).all(|(one, two)| one.text() == two.text())
    }

    /// Whether one of these keys has signed the token.
    pub(super) fn prove(&self, token: &str, jws: &Jws<'_>, algorithm: Algorithm) -> Result<(), Unfit> {
        let remembered = || self.authentic.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered().get(token).is_some() {
            return Ok(());
        }
        let kid = jws.header.kid.as_deref();
        let mut meant = self.keys.iter().filter(|key| key.is_meant(kid, algorithm));
        let first = meant.next().ok_or(Unfit::UnknownKey)?;
        // Without a name there is one to mean, or it is not said which.
        if kid.is_none() && meant.clone().next().is_some() {
            return Err(Unfit::UnknownKey);
        }
        if !std::iter::once(first).chain(meant).any(|key| key.has_signed(jws, algorithm)) {
            return Err(Unfit::Signature);
        }
        remembered().keep(token, ());
        Ok(())
    }
}
