//! Public keys of others: of applications that keep no secret, and of foreign issuers. Read as a JSON Web Key (RFC 7517) or as PEM
//! (RFC 7468, `BEGIN PUBLIC KEY`), kept as a JSON Web Key of our own writing.

use super::jws::Jws;
use crate::base::Message;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jsonwebtoken::{Algorithm as Signs, DecodingKey, crypto};
use p256::pkcs8::{
    DecodePublicKey, Document, ObjectIdentifier,
    der::{Decode, Reader, SliceReader, asn1::UintRef},
    spki::SubjectPublicKeyInfoRef,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Longest text of a key.
const LONGEST: usize = 8 * 1024;
/// Longest name of a key.
const LONGEST_KID: usize = 128;
/// Bits of an RSA key: fewer are too weak, more make each check a burden.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;
/// Members that only the owner of a key may know (RFC 7518, section 6).
const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
const OF_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const OF_ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const OF_CURVES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// How others may sign. Nothing with a shared secret, and never nothing at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Es256,
    Ps256,
    Rs256,
    EdDsa,
}

impl Algorithm {
    /// As metadata tells them; the last one is a younger name (RFC 9864) of the one before.
    pub const WORDS: &'static [&'static str] = &["ES256", "PS256", "RS256", "EdDSA", "Ed25519"];

    pub fn of(word: &str) -> Option<Self> {
        match word {
            "ES256" => Some(Self::Es256),
            "PS256" => Some(Self::Ps256),
            "RS256" => Some(Self::Rs256),
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            _ => None,
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Ps256 => "PS256",
            Self::Rs256 => "RS256",
            Self::EdDsa => "EdDSA",
        }
    }

    const fn signs(self) -> Signs {
        match self {
            Self::Es256 => Signs::ES256,
            Self::Ps256 => Signs::PS256,
            Self::Rs256 => Signs::RS256,
            Self::EdDsa => Signs::EdDSA,
        }
    }
}

/// Why a key is none of use here. Nothing of the key is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    Unreadable,
    Private(&'static str),
    PrivatePem,
    Kind,
    Rsa,
    Point,
    Algorithm,
    Use,
    Kid,
}

impl From<Unusable> for Message {
    fn from(why: Unusable) -> Self {
        match why {
            Unusable::Unreadable => "This is neither a JSON Web Key nor a public key in PEM (BEGIN PUBLIC KEY).".into(),
            Unusable::Private(member) => said!(
                "It holds the private member \"{member}\". Give the public part alone, and use this key no more: it has left your hands.",
                member
            ),
            Unusable::PrivatePem => {
                "This is a private key. Give the public part alone, and use this key no more: it has left your hands.".into()
            }
            Unusable::Kind => "A key is on the curve P-256 or Ed25519, or is an RSA key.".into(),
            Unusable::Rsa => "An RSA key has 2048 to 4096 bits and an odd exponent of 3 or more.".into(),
            Unusable::Point => "This is no point of its curve.".into(),
            Unusable::Algorithm => {
                "Say as \"alg\" one of ES256, PS256, RS256, EdDSA, Ed25519, and one that this kind of key can do.".into()
            }
            Unusable::Use => {
                "The key is not for signatures: \"use\" is sig, and \"key_ops\" has verify, where they are there.".into()
            }
            Unusable::Kid => "A \"kid\" has 1 to 128 visible characters of ASCII.".into(),
        }
    }
}

/// The numbers of a key, each in one writing alone, so that a thumbprint is one of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Numbers {
    P256 { x: String, y: String },
    Rsa { n: String, e: String },
    Ed25519 { x: String },
}

/// A public key and what may be signed with it.
#[derive(Clone, Debug)]
pub struct PublicKey {
    /// Its own name, or its thumbprint.
    kid: String,
    thumbprint: String,
    algorithms: &'static [Algorithm],
    numbers: Numbers,
    verifies: DecodingKey,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
}

impl PublicKey {
    /// Reads what somebody gives: a JSON Web Key or PEM.
    pub fn read(text: &str) -> Result<Self, Unusable> {
        let text = text.trim();
        if text.len() > LONGEST {
            return Err(Unusable::Unreadable);
        }
        if text.starts_with('{') {
            let members: Map<String, Value> = serde_json::from_str(text).map_err(|_| Unusable::Unreadable)?;
            Self::of_jwk(members)
        } else {
            Self::of_pem(text)
        }
    }

    /// Reads a JSON Web Key. A private member is a fault, not something to leave out: such a key is a secret no more.
    pub fn of_jwk(members: Map<String, Value>) -> Result<Self, Unusable> {
        if let Some(private) = PRIVATE.iter().find(|name| members.contains_key(**name)) {
            return Err(Unusable::Private(private));
        }
        let jwk: Jwk = serde_json::from_value(members.into()).map_err(|_| Unusable::Unreadable)?;
        let ops = jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !ops || jwk.r#use.as_ref().is_some_and(|aim| aim != "sig") {
            return Err(Unusable::Use);
        }
        let member = |text: &Option<String>| {
            let text = text.as_deref().ok_or(Unusable::Unreadable)?;
            BASE64URL.decode(text).map_err(|_| Unusable::Unreadable)
        };
        let numbers = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("EC", Some("P-256")) => p256(&member(&jwk.x)?, &member(&jwk.y)?)?,
            ("OKP", Some("Ed25519")) => ed25519(&member(&jwk.x)?)?,
            ("RSA", _) => rsa(&member(&jwk.n)?, &member(&jwk.e)?)?,
            _ => return Err(Unusable::Kind),
        };
        let kid = match jwk.kid {
            Some(kid) if !(1..=LONGEST_KID).contains(&kid.len()) || !kid.bytes().all(|byte| byte.is_ascii_graphic()) => {
                return Err(Unusable::Kid);
            }
            kid => kid,
        };
        Self::of(numbers, kid, jwk.alg.as_deref())
    }

    fn of_pem(text: &str) -> Result<Self, Unusable> {
        let (label, document) = Document::from_pem(text).map_err(|_| Unusable::Unreadable)?;
        match label {
            "PUBLIC KEY" => {}
            private if private.ends_with("PRIVATE KEY") => return Err(Unusable::PrivatePem),
            _ => return Err(Unusable::Unreadable),
        }
        let info = SubjectPublicKeyInfoRef::try_from(document.as_bytes()).map_err(|_| Unusable::Unreadable)?;
        let bits = info.subject_public_key.as_bytes().ok_or(Unusable::Unreadable)?;
        let numbers = match info.algorithm.oid {
            OF_CURVES => {
                let key = p256::PublicKey::from_public_key_der(document.as_bytes()).map_err(|_| Unusable::Kind)?;
                let point = p256::EncodedPoint::from(key).to_bytes();
                let (x, y) = point[1..].split_at(32);
                p256(x, y)?
            }
            OF_ED25519 => ed25519(bits)?,
            OF_RSA => {
                let of = |bits| {
                    let mut reader = SliceReader::new(bits)?;
                    reader.sequence(|inner| Ok((UintRef::decode(inner)?, UintRef::decode(inner)?)))
                };
                let (n, e) = of(bits).map_err(|_: p256::pkcs8::der::Error| Unusable::Unreadable)?;
                rsa(n.as_bytes(), e.as_bytes())?
            }
            _ => return Err(Unusable::Kind),
        };
        Self::of(numbers, None, None)
    }

    fn of(numbers: Numbers, kid: Option<String>, alg: Option<&str>) -> Result<Self, Unusable> {
        let can: &'static [Algorithm] = match numbers {
            Numbers::P256 { .. } => &[Algorithm::Es256],
            Numbers::Rsa { .. } => &[Algorithm::Ps256, Algorithm::Rs256],
            Numbers::Ed25519 { .. } => &[Algorithm::EdDsa],
        };
        let algorithms = match alg {
            None => can,
            Some(word) => {
                let named = Algorithm::of(word).and_then(|named| can.iter().position(|one| *one == named));
                named.map(|place| &can[place..=place]).ok_or(Unusable::Algorithm)?
            }
        };
        // The members in the order that RFC 7638 prescribes, without white space.
        let (named, verifies) = match &numbers {
            Numbers::P256 { x, y } => {
                (format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#), DecodingKey::from_ec_components(x, y))
            }
            Numbers::Rsa { n, e } => {
                (format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#), DecodingKey::from_rsa_components(n, e))
            }
            Numbers::Ed25519 { x } => {
                (format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#), DecodingKey::from_ed_components(x))
            }
        };
        let verifies = verifies.map_err(|_| Unusable::Unreadable)?;
        // A key that cannot be used at all is told now, not with the first signature.
        crypto::verify("", &[], &verifies, algorithms[0].signs()).map_err(|_| Unusable::Point)?;
        let thumbprint = BASE64URL.encode(Sha256::digest(named));
        Ok(Self { kid: kid.unwrap_or_else(|| thumbprint.clone()), thumbprint, algorithms, numbers, verifies })
    }

    /// As it is kept: a JSON Web Key of which everybody may know.
    pub fn text(&self) -> String {
        let mut jwk = match &self.numbers {
            Numbers::P256 { x, y } => json!({"kty": "EC", "crv": "P-256", "x": x, "y": y}),
            Numbers::Rsa { n, e } => json!({"kty": "RSA", "n": n, "e": e}),
            Numbers::Ed25519 { x } => json!({"kty": "OKP", "crv": "Ed25519", "x": x}),
        };
        jwk["kid"] = self.kid.as_str().into();
        jwk["use"] = "sig".into();
        if let [only] = self.algorithms {
            jwk["alg"] = only.word().into();
        }
        jwk.to_string()
    }

    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// SHA-256 of the key by RFC 7638: the same for the same key, whatever it is called.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    pub fn algorithms(&self) -> &'static [Algorithm] {
        self.algorithms
    }

    /// Whether this key is meant by the name and can do the algorithm. Without a name every key of that algorithm may be meant.
    pub(super) fn is_meant(&self, kid: Option<&str>, algorithm: Algorithm) -> bool {
        let named = kid.is_none_or(|kid| kid == self.kid || kid == self.thumbprint);
        named && self.algorithms.contains(&algorithm)
    }

    /// Whether this key has made the signature.
    pub(super) fn has_signed(&self, jws: &Jws<'_>, algorithm: Algorithm) -> bool {
        crypto::verify(jws.signature, jws.message.as_bytes(), &self.verifies, algorithm.signs()).unwrap_or(false)
    }
}

fn p256(x: &[u8], y: &[u8]) -> Result<Numbers, Unusable> {
    if x.len() != 32 || y.len() != 32 {
        return Err(Unusable::Point);
    }
    let point = [&[4], x, y].concat();
    p256::PublicKey::from_sec1_bytes(&point).map_err(|_| Unusable::Point)?;
    Ok(Numbers::P256 { x: BASE64URL.encode(x), y: BASE64URL.encode(y) })
}

fn ed25519(x: &[u8]) -> Result<Numbers, Unusable> {
    // The length is ours to check: the library takes the first 32 bytes as they come.
    let mut bare: [u8; 32] = x.try_into().map_err(|_| Unusable::Point)?;
    bare[31] &= 0x7f;
    if weak().contains(&bare) { Err(Unusable::Point) } else { Ok(Numbers::Ed25519 { x: BASE64URL.encode(x) }) }
}

/// Points of small order, in all their writings, without the bit of the sign: for such a key everybody can sign.
fn weak() -> [[u8; 32]; 7] {
    let ends = |first: u8, between: u8, last: u8| {
        let mut point = [between; 32];
        (point[0], point[31]) = (first, last);
        point
    };
    [ends(0, 0, 0), ends(1, 0, 0), ends(0xec, 0xff, 0x7f), ends(0xed, 0xff, 0x7f), ends(0xee, 0xff, 0x7f), EIGHTH[0], EIGHTH[1]]
}

/// Those of order eight.
const EIGHTH: [[u8; 32]; 2] = [
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05,
        0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa,
        0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

fn rsa(n: &[u8], e: &[u8]) -> Result<Numbers, Unusable> {
    let bare = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
    let (n, e) = (bare(n), bare(e));
    let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
    if !RSA_BITS.contains(&bits) || !odd(&n) || !odd(&e) || e.len() > 4 || e == [1] {
        return Err(Unusable::Rsa);
    }
    Ok(Numbers::Rsa { n: BASE64URL.encode(n), e: BASE64URL.encode(e) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A; RFC 7638, section 3.1; RFC 7515, appendix A.2.
    const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    const BY_ED25519: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    const NAMED: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    const RSA: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    const BY_RSA: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    fn jwk(members: Value) -> Result<PublicKey, Unusable> {
        PublicKey::read(&members.to_string())
    }

    #[test]
    fn signatures_of_the_standards_are_genuine() {
        let (ed25519, rsa) = (PublicKey::read(ED25519).expect("a key"), jwk(json!({"kty": "RSA", "n": RSA, "e": "AQAB"})));
        let rsa = rsa.expect("a key");
        for (key, text, algorithm) in [(&ed25519, BY_ED25519, Algorithm::EdDsa), (&rsa, BY_RSA, Algorithm::Rs256)] {
            let signed = |text: &str, by| key.has_signed(&Jws::open(text, 4096).expect("a token"), by);
            assert!(signed(text, algorithm));
            // Turned in its last sign but one, cut, and by every other algorithm.
            let turned = format!("{}{}", &text[..text.len() - 2], if text.ends_with("Rw") { "Aw" } else { "BA" });
            assert!(!signed(&turned, algorithm) && !signed(&text[..text.len() - 4], algorithm));
            for other in [Algorithm::Es256, Algorithm::Ps256, Algorithm::Rs256, Algorithm::EdDsa] {
                assert_eq!(signed(text, other), other == algorithm, "{other:?}");
            }
        }
    }

    #[test]
    fn a_key_for_which_everybody_can_sign_is_none() {
        // The neutral point and a zero: a signature of every message whose hash the order of the key divides.
        let signature = BASE64URL.encode([vec![1], vec![0; 63]].concat());
        for x in weak() {
            let x = BASE64URL.encode(x);
            let key = DecodingKey::from_ed_components(&x).expect("32 bytes");
            let forged = (0..200).any(|n: u8| crypto::verify(&signature, &[n], &key, Signs::EdDSA).unwrap_or(false));
            assert!(forged, "{x} is not weak");
            assert_eq!(jwk(json!({"kty": "OKP", "crv": "Ed25519", "x": x})).err(), Some(Unusable::Point));
        }
    }

    #[test]
    fn thumbprints_are_those_of_the_standards() {
        let named = jwk(json!({"kty": "RSA", "n": NAMED, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"})).expect("a key");
        assert_eq!(named.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!((named.kid(), named.algorithms()), ("2011-04-29", &[Algorithm::Rs256][..]));
        let ed25519 = PublicKey::read(ED25519).expect("a key");
        assert_eq!(ed25519.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        // With zeros before its number it is the same key.
        let zeros = BASE64URL.encode([vec![0, 0], BASE64URL.decode(NAMED).expect("a number")].concat());
        let padded = jwk(json!({"kty": "RSA", "n": zeros, "e": "AAEAAQ"})).expect("a key");
        assert_eq!(padded.thumbprint(), named.thumbprint());
        assert!(padded.is_meant(None, Algorithm::Ps256) && !named.is_meant(None, Algorithm::Ps256));
        // What is kept is read again as the same.
        for key in [named, padded, ed25519] {
            let again = PublicKey::read(&key.text()).expect("our own writing");
            assert_eq!((again.kid(), again.algorithms(), again.text()), (key.kid(), key.algorithms(), key.text()));
        }
    }

    #[test]
    fn what_is_none_of_use_is_told_without_repeating_it() {
        let point =
            |x: &[u8], y: &[u8]| json!({"kty": "EC", "crv": "P-256", "x": BASE64URL.encode(x), "y": BASE64URL.encode(y)});
        let number = |bytes: usize, last: u8| BASE64URL.encode([vec![0xff; bytes - 1], vec![last]].concat());
        let rsa = |n: String, e: &str| json!({"kty": "RSA", "n": n, "e": e});
        for (members, said) in [
            (point(&[0; 32], &[0; 32]), Unusable::Point),
            (point(&[1; 31], &[1; 32]), Unusable::Point),
            (json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"}), Unusable::Point),
            (json!({"kty": "OKP", "crv": "X25519", "x": "AA"}), Unusable::Kind),
            (json!({"kty": "EC", "crv": "P-521"}), Unusable::Kind),
            (json!({"kty": "oct"}), Unusable::Kind),
            (rsa(number(128, 0xff), "AQAB"), Unusable::Rsa),
            (rsa(number(255, 0xff), "AQAB"), Unusable::Rsa),
            (rsa(number(513, 0xff), "AQAB"), Unusable::Rsa),
            (rsa(number(256, 0xfe), "AQAB"), Unusable::Rsa),
            (rsa(number(256, 0xff), "AQ"), Unusable::Rsa),
            (rsa(number(256, 0xff), "AQAA"), Unusable::Rsa),
            (rsa(number(256, 0xff), "AQAAAAAB"), Unusable::Rsa),
            (rsa("+".into(), "AQAB"), Unusable::Unreadable),
            (json!({"kty": "RSA"}), Unusable::Unreadable),
            (json!({}), Unusable::Unreadable),
            (json!({"kty": "RSA", "dp": "x"}), Unusable::Private("dp")),
            (json!({"kty": "oct", "k": "x"}), Unusable::Private("k")),
        ] {
            assert_eq!(jwk(members.clone()).err(), Some(said), "{members}");
        }
        let secret = p256::SecretKey::random(&mut p256::elliptic_curve::rand_core::OsRng);
        let pem = p256::pkcs8::EncodePrivateKey::to_pkcs8_pem(&secret, p256::pkcs8::LineEnding::LF).expect("a key");
        assert_eq!(PublicKey::read(&pem).err(), Some(Unusable::PrivatePem));
        for junk in
            ["", "{", "[]", "-----BEGIN PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"]
        {
            assert_eq!(PublicKey::read(junk).err(), Some(Unusable::Unreadable), "{junk}");
        }
    }
}
