//! Sealing: what is said about a person is unreadable without that person's own key, and each such key is wrapped by
//! a master key. Erase the key and the person is erased. Lookups go by keyed hashes, a key for each organisation,
//! so that neither a stolen dump nor a partner can join people across organisations.
//!
//! Master keys wrap other keys and nothing else, so that one is changed without a word of what they protect: [`Ring::rewrap`].
//! What must stay the same, hashes and pseudonyms, has keys of its own, which are random: [`Kept`].
//!
//! XChaCha20-Poly1305: random nonces of 24 bytes need no counter, and small machines have no AES instructions.

use crate::base::{Error, Result};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, AeadCore, OsRng, Payload, rand_core::RngCore},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::{ZeroizeOnDrop, Zeroizing};

const NONCE: usize = 24;

/// All keys of a server.
#[derive(Clone)]
pub struct Seal {
    ring: Ring,
    kept: Kept,
}

/// The master keys: the first wraps, all unwrap. An older one stays until nothing is wrapped by it any more.
#[derive(Clone)]
pub struct Ring(Vec<Master>);

/// What comes from one master key of 32 bytes.
#[derive(Clone, ZeroizeOnDrop)]
struct Master {
    person: [u8; 32],
    webhook: [u8; 32],
    kept: [u8; 32],
}

/// What a wrapped key is for; one does not open in the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapped {
    /// The key of a person, or of a sole proprietor.
    Person,
    /// The secret of a webhook endpoint.
    Webhook,
    /// The keys that stay.
    Kept,
}

/// Keys that outlive master keys: hashes are compared and pseudonyms known outside. The database holds them wrapped.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Kept {
    lookup: [u8; 32],
    pseudonym: [u8; 32],
    pepper: [u8; 32],
    replay: [u8; 32],
    place: [u8; 32],
    place_nonce: [u8; 32],
}

/// The key of one person.
#[derive(Clone, ZeroizeOnDrop)]
pub struct PersonKey {
    #[zeroize(skip)]
    person_id: Uuid,
    key: [u8; 32],
}

impl Ring {
    /// The first wraps.
    pub fn new<'a>(masters: impl IntoIterator<Item = &'a [u8; 32]>) -> Self {
        let of = |master| Master {
            person: derived(master, "wrapping"),
            webhook: derived(master, "webhook"),
            kept: derived(master, "kept"),
        };
        Self(masters.into_iter().map(of).collect())
    }

    pub fn wrap(&self, of: Wrapped, id: Uuid, key: &[u8]) -> Vec<u8> {
        close(self.0[0].of(of), id.as_bytes(), key)
    }

    pub fn unwrap(&self, of: Wrapped, id: Uuid, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let mut opened = self.0.iter().map(|master| open(master.of(of), id.as_bytes(), wrapped));
        let first = opened.next().expect("a ring holds one key at least");
        first.or_else(|broken| opened.find_map(Result::ok).ok_or(broken)).map(Zeroizing::new)
    }

    /// The same by the first key; none: it is.
    pub fn rewrap(&self, of: Wrapped, id: Uuid, wrapped: &[u8]) -> Result<Option<Vec<u8>>> {
        if open(self.0[0].of(of), id.as_bytes(), wrapped).map(Zeroizing::new).is_ok() {
            return Ok(None);
        }
        Ok(Some(self.wrap(of, id, &self.unwrap(of, id, wrapped)?)))
    }
}

impl Master {
    fn of(&self, wrapped: Wrapped) -> &[u8; 32] {
        match wrapped {
            Wrapped::Person => &self.person,
            Wrapped::Webhook => &self.webhook,
            Wrapped::Kept => &self.kept,
        }
    }
}

impl Kept {
    pub fn random() -> Self {
        Self {
            lookup: random(),
            pseudonym: random(),
            pepper: random(),
            replay: random(),
            place: random(),
            place_nonce: random(),
        }
    }

    /// As they came from the master key before they were kept.
    pub fn of(master: &[u8; 32]) -> Self {
        Self {
            lookup: derived(master, "lookup"),
            pseudonym: derived(master, "pseudonym"),
            pepper: derived(master, "pepper"),
            replay: derived(master, "replay"),
            place: derived(master, "place"),
            place_nonce: derived(master, "place nonce"),
        }
    }

    pub fn wrap(&self, ring: &Ring) -> Vec<u8> {
        let all = [self.lookup, self.pseudonym, self.pepper, self.replay, self.place, self.place_nonce];
        ring.wrap(Wrapped::Kept, Uuid::nil(), Zeroizing::new(all.concat()).as_slice())
    }

    pub fn unwrap(ring: &Ring, wrapped: &[u8]) -> Result<Self> {
        let all = ring.unwrap(Wrapped::Kept, Uuid::nil(), wrapped)?;
        let (keys, []) = all.as_chunks::<32>() else { return Err(Error::internal("kept keys of a wrong length")) };
        let &[lookup, pseudonym, pepper, replay, place, place_nonce] = keys else {
            return Err(Error::internal("kept keys of a wrong number"));
        };
        Ok(Self { lookup, pseudonym, pepper, replay, place, place_nonce })
    }
}

impl Seal {
    pub fn new(ring: Ring, kept: Kept) -> Self {
        Self { ring, kept }
    }

    /// All from one master key.
    pub fn of(master: &[u8; 32]) -> Self {
        Self::new(Ring::new([master]), Kept::of(master))
    }

    /// A new random key for a person.
    pub fn new_key(&self, person_id: Uuid) -> PersonKey {
        PersonKey { person_id, key: random() }
    }

    /// The person's key as it may be stored.
    pub fn wrap(&self, key: &PersonKey) -> Vec<u8> {
        self.ring.wrap(Wrapped::Person, key.person_id, &key.key)
    }

    pub fn unwrap(&self, person_id: Uuid, wrapped: &[u8]) -> Result<PersonKey> {
        let key = self.ring.unwrap(Wrapped::Person, person_id, wrapped)?;
        let key = key.as_slice().try_into().map_err(|_| Error::internal("a person's key of a wrong length"))?;
        Ok(PersonKey { person_id, key })
    }

    /// Keyed hash of a normalised value, to find it again within one organisation.
    pub fn lookup(&self, organization_id: Uuid, kind: &str, value: &str) -> Vec<u8> {
        hmac(&self.kept.lookup, &[organization_id.as_bytes(), kind.as_bytes(), &[0], value.as_bytes()]).to_vec()
    }

    /// The name under which one receiver knows a person: two receivers cannot join their lists.
    pub fn pseudonym(&self, receiver_id: Uuid, person_id: Uuid) -> String {
        const SIGNS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
        let own = hmac(&self.kept.pseudonym, &[receiver_id.as_bytes()]);
        let hash = hmac(&own, &[person_id.as_bytes()]);
        hash.iter().take(12).map(|byte| char::from(SIGNS[usize::from(byte & 31)])).collect()
    }

    /// Hash of a client secret. Secrets are 32 random bytes, so that a keyed hash is as strong as a slow one.
    pub fn secret_hash(&self, secret: &str) -> Vec<u8> {
        hmac(&self.kept.pepper, &[secret.as_bytes()]).to_vec()
    }

    /// Hash of a mutation's input, to tell a retry from another use of the same key.
    pub fn input_hash(&self, input: &[u8]) -> Vec<u8> {
        hmac(&self.kept.replay, &[input]).to_vec()
    }

    /// A place in an organisation's feed as the organisation may keep it: what it is made of counts what others have written. The same
    /// place is the same text, so that an entry is known again whichever way it comes; hence a nonce that follows from it.
    pub fn close_place(&self, organization_id: Uuid, place: &[u8]) -> Vec<u8> {
        let nonce = hmac(&self.kept.place_nonce, &[organization_id.as_bytes(), place]);
        close_with(&self.kept.place, organization_id.as_bytes(), place, XNonce::from_slice(&nonce[..NONCE]))
    }

    /// The place; none: it is not one of this organisation.
    pub fn open_place(&self, organization_id: Uuid, closed: &[u8]) -> Option<Vec<u8>> {
        open(&self.kept.place, organization_id.as_bytes(), closed).ok()
    }

    /// The secret of a webhook endpoint as it may be stored: the server signs with it, so that a hash would not do. It opens in its
    /// own endpoint's row alone.
    pub fn close_webhook(&self, endpoint_id: Uuid, secret: &[u8; 32]) -> Vec<u8> {
        self.ring.wrap(Wrapped::Webhook, endpoint_id, secret)
    }

    pub fn open_webhook(&self, endpoint_id: Uuid, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        self.ring.unwrap(Wrapped::Webhook, endpoint_id, sealed)
    }
}

impl PersonKey {
    pub fn person_id(&self) -> Uuid {
        self.person_id
    }

    /// Seals a text for one slot of one object, so that it cannot be moved to another.
    pub fn seal(&self, object_id: Uuid, slot: &str, text: &str) -> Vec<u8> {
        close(&self.key, &self.place(object_id, slot), text.as_bytes())
    }

    pub fn open(&self, object_id: Uuid, slot: &str, sealed: &[u8]) -> Result<String> {
        let text = open(&self.key, &self.place(object_id, slot), sealed)?;
        String::from_utf8(text).map_err(|_| Error::internal("a sealed text that is no text"))
    }

    fn place(&self, object_id: Uuid, slot: &str) -> Vec<u8> {
        [self.person_id.as_bytes(), object_id.as_bytes(), slot.as_bytes()].concat()
    }
}

/// 32 random bytes.
pub fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    bytes
}

fn derived(master: &[u8; 32], purpose: &str) -> [u8; 32] {
    hmac(master, &[b"mistok 1 ", purpose.as_bytes()])
}

fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn close(key: &[u8; 32], place: &[u8], text: &[u8]) -> Vec<u8> {
    close_with(key, place, text, &XChaCha20Poly1305::generate_nonce(&mut OsRng))
}

fn close_with(key: &[u8; 32], place: &[u8], text: &[u8], nonce: &XNonce) -> Vec<u8> {
    let cipher = XChaCha20Poly1305::new(key.into());
    let sealed = cipher.encrypt(nonce, Payload { msg: text, aad: place }).expect("texts are far below the cipher's limit");
    [nonce.as_slice(), &sealed].concat()
}

fn open(key: &[u8; 32], place: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
    let broken = || Error::internal("a seal does not open: a wrong master key, or a row that was touched");
    let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or_else(broken)?;
    let cipher = XChaCha20Poly1305::new(key.into());
    cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: place }).map_err(|_| broken())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_opens_in_its_own_place_only() {
        let (seal, person, object) = (Seal::of(&[7; 32]), Uuid::from_u128(1), Uuid::from_u128(2));
        let key = seal.new_key(person);
        let sealed = key.seal(object, "REASON", "причина");
        let again = seal.unwrap(person, &seal.wrap(&key)).expect("the key comes back");
        assert_eq!(again.open(object, "REASON", &sealed).expect("opens"), "причина");
        assert!(again.open(object, "NOTE", &sealed).is_err(), "another slot");
        assert!(again.open(person, "REASON", &sealed).is_err(), "another object");
        assert!(seal.unwrap(object, &seal.wrap(&key)).is_err(), "another person's key");
        assert!(Seal::of(&[8; 32]).unwrap(person, &seal.wrap(&key)).is_err(), "another master key");
        let mut touched = sealed.clone();
        touched[30] ^= 1;
        assert!(again.open(object, "REASON", &touched).is_err(), "a touched row");
    }

    #[test]
    fn a_master_key_is_changed() {
        let (old, new, id) = ([7; 32], [8; 32], Uuid::from_u128(1));
        let (before, meanwhile, after) = (Ring::new([&old]), Ring::new([&new, &old]), Ring::new([&new]));
        for of in [Wrapped::Person, Wrapped::Webhook, Wrapped::Kept] {
            let wrapped = before.wrap(of, id, b"a key");
            assert_eq!(meanwhile.unwrap(of, id, &wrapped).expect("the older opens").as_slice(), b"a key");
            assert!(after.unwrap(of, id, &wrapped).is_err() && after.rewrap(of, id, &wrapped).is_err());
            assert!(before.rewrap(of, id, &wrapped).expect("opens").is_none(), "nothing to do");
            let anew = meanwhile.rewrap(of, id, &wrapped).expect("opens").expect("by the older");
            assert_eq!(after.unwrap(of, id, &anew).expect("the new one alone").as_slice(), b"a key");
            assert!(before.unwrap(of, id, &anew).is_err() && meanwhile.rewrap(of, id, &anew).expect("opens").is_none());
            assert!(meanwhile.unwrap(of, Uuid::nil(), &anew).is_err(), "another's");
        }
        assert!(after.unwrap(Wrapped::Person, id, &after.wrap(Wrapped::Webhook, id, b"a key")).is_err(), "another use");
    }

    #[test]
    fn what_stays_outlives_master_keys() {
        let (old, new) = (Ring::new([&[7; 32]]), Ring::new([&[8; 32], &[7; 32]]));
        let kept = Kept::random();
        let again = Kept::unwrap(&new, &kept.wrap(&old)).expect("opens");
        let hash = |ring: &Ring, kept: &Kept| Seal::new(ring.clone(), kept.clone()).secret_hash("secret");
        assert_eq!(hash(&old, &kept), hash(&new, &again));
        assert_ne!(hash(&old, &kept), hash(&old, &Kept::random()));
        assert!(Kept::unwrap(&old, &kept.wrap(&new)).is_err());
        assert!(Kept::unwrap(&old, &old.wrap(Wrapped::Kept, Uuid::nil(), &[0; 31])).is_err());
    }

    #[test]
    fn a_place_is_its_own_organisation_s() {
        let (seal, own) = (Seal::of(&[7; 32]), Uuid::from_u128(1));
        let closed = seal.close_place(own, b"1.2.3");
        assert_eq!(seal.open_place(own, &closed).as_deref(), Some(&b"1.2.3"[..]));
        assert_eq!(seal.close_place(own, b"1.2.3"), closed, "the same entry, whichever way it comes");
        assert!(seal.open_place(Uuid::from_u128(2), &closed).is_none() && seal.open_place(own, b"").is_none());
        assert!(!closed.windows(3).any(|part| part == b"1.2"));
    }

    #[test]
    fn two_receivers_know_a_person_under_different_names() {
        let (seal, person) = (Seal::of(&[7; 32]), Uuid::from_u128(1));
        let of = |receiver| seal.pseudonym(Uuid::from_u128(receiver), person);
        assert_ne!(of(2), of(3));
        assert_eq!(of(2), of(2));
        assert_eq!(of(2).len(), 12);
    }
}
