//! The audit proves itself. Every entry has a hash, set by the database; the changes of one object form a chain; once an hour everything
//! that is settled is put under one root, which is signed. Whoever keeps an entry's hash and a proof notices whatever becomes of it.
//!
//! | file | what it is |
//! |---|---|
//! | [`entry`] | a change, a read, and what of them is hashed |
//! | [`tree`] | Merkle trees by RFC 9162, filled up to one size |
//! | [`root`] | what a root says, and how it follows the one before it |
//! | [`key`] | the keys that sign |
//! | [`store`] | the same in the database |
//! | [`export`] | all of it as lines of a file |
//! | [`verify`] | such a file, checked without database and network |

pub mod entry;
pub mod export;
pub mod key;
pub mod root;
pub mod store;
pub mod tree;
pub mod verify;

pub use entry::Entry;
pub use key::{KeyFault, Keys};
pub use root::Root;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};
use std::fmt;

/// A SHA-256. As text in hexadecimal, as `sha256sum` writes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Of parts one after the other.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        parts.iter().for_each(|part| hash.update(part));
        Self(hash.finalize().into())
    }

    pub fn read(text: &str) -> Option<Self> {
        Some(Self(bytes(text)?.try_into().ok()?))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<Vec<u8>> for Hash {
    type Error = Vec<u8>;

    fn try_from(bytes: Vec<u8>) -> Result<Self, Vec<u8>> {
        bytes.try_into().map(Self)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::read(&text).ok_or_else(|| D::Error::custom("no SHA-256 in hexadecimal"))
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    digits.map(char::from).collect()
}

/// Bytes of a text in hexadecimal, of small letters alone.
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |sign: &u8| match sign {
        b'0'..=b'9' => Some(sign - b'0'),
        b'a'..=b'f' => Some(sign - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let read = || pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect();
    if rest.is_empty() { read() } else { None }
}

/// Bytes as hexadecimal in JSON.
mod in_hex {
    use super::{Deserialize, Deserializer, Serializer};
    use serde::de::Error as _;

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::hex(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        super::bytes(&text).ok_or_else(|| D::Error::custom("no bytes in hexadecimal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_they_are_written() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(bytes(&hex(&all)), Some(all));
        for wrong in ["0", "0g", "0A", "é"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
        assert_eq!(Hash::of(&[b"a", b"bc"]).to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
