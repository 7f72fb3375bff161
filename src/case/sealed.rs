//! Sealed pieces about persons: where they are put, and how they come out together.

use super::{person::Details, rules::erased};
use crate::{
    base::{Result, id, words::case::Slot},
    db::{Link, Tx, sql::Sql},
    seal::{PersonKey, Seal},
};
use diesel::{
    OptionalExtension, QueryableByName,
    sql_types::{Binary, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::HashMap, sync::OnceLock};
use uuid::Uuid;

/// One sealed row with its person's wrapped key. `of` is what was asked for: a person, or a referral.
#[derive(Clone, Debug, QueryableByName)]
pub struct Piece {
    #[diesel(sql_type = SqlUuid)]
    pub of: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub person_id: Uuid,
    #[diesel(sql_type = Binary)]
    pub wrapped: Vec<u8>,
    #[diesel(sql_type = SqlUuid)]
    pub object_id: Uuid,
    #[diesel(sql_type = Text)]
    pub slot: Slot,
    #[diesel(sql_type = Binary)]
    pub content: Vec<u8>,
}

/// What is sealed about one person, opened piece by piece.
#[derive(Clone)]
pub struct Dossier {
    key: PersonKey,
    /// Few, in no order.
    pieces: Vec<(Uuid, Slot, Vec<u8>)>,
    /// Opened at the first need.
    person: OnceLock<Option<Details>>,
}

impl Dossier {
    pub fn key(&self) -> &PersonKey {
        &self.key
    }

    pub fn text(&self, object_id: Uuid, slot: Slot) -> Result<Option<String>> {
        self.open(|of, kind| (of, kind) == (object_id, slot))
    }

    /// The text of the one piece of a kind.
    pub fn only(&self, slot: Slot) -> Result<Option<String>> {
        self.open(|_, kind| kind == slot)
    }

    fn open(&self, wanted: impl Fn(Uuid, Slot) -> bool) -> Result<Option<String>> {
        let piece = self.pieces.iter().find(|(object_id, slot, _)| wanted(*object_id, *slot));
        piece.map(|(object_id, slot, sealed)| self.key.open(*object_id, slot.word(), sealed)).transpose()
    }

    pub fn value<T: DeserializeOwned>(&self, object_id: Uuid, slot: Slot) -> Result<Option<T>> {
        let text = self.text(object_id, slot)?;
        text.map(|text| serde_json::from_str(&text).map_err(crate::base::Error::internal)).transpose()
    }

    /// What is known of the person: opened once, however many of its fields are asked for.
    pub fn person(&self) -> Result<Option<&Details>> {
        if let Some(known) = self.person.get() {
            return Ok(known.as_ref());
        }
        let opened = self.value(self.key.person_id(), Slot::Person)?;
        Ok(self.person.get_or_init(|| opened).as_ref())
    }

    /// Groups pieces by what they were asked for.
    pub fn gather(seal: &Seal, pieces: Vec<Piece>) -> Result<HashMap<Uuid, Self>> {
        let mut all: HashMap<Uuid, Self> = HashMap::new();
        for piece in pieces {
            let dossier = match all.entry(piece.of) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(new) => {
                    let key = seal.unwrap(piece.person_id, &piece.wrapped)?;
                    new.insert(Self { key, pieces: Vec::new(), person: OnceLock::new() })
                }
            };
            dossier.pieces.push((piece.object_id, piece.slot, piece.content));
        }
        Ok(all)
    }
}

/// The dossiers of one's own persons.
pub async fn of_persons(mut link: &Link, seal: &Seal, persons: &[Uuid]) -> Result<HashMap<Uuid, Dossier>> {
    let pieces = Sql::new(
        "select s.person_id as of, s.person_id, k.wrapped, s.object_id, s.slot, s.content \
         from sealed s join vault.person_key k on k.person_id = s.person_id where s.person_id = any(",
    )
    .uuids(persons.to_vec())
    .then(")");
    Dossier::gather(seal, pieces.load::<Piece>(&mut link).await?)
}

/// Makes a person: the record and its wrapped key.
pub async fn new_person(tx: &Tx, seal: &Seal, organization_id: Uuid) -> Result<PersonKey> {
    let key = seal.new_key(id::random());
    let person = key.person_id();
    let record = Sql::new("insert into person (id, organization_id, created_at) values (")
        .uuid(person)
        .then(", ")
        .uuid(organization_id)
        .then(", ")
        .at(tx.now())
        .then(")");
    record.execute(&mut tx.link()).await?;
    let wrapped = Sql::new("insert into vault.person_key (person_id, organization_id, wrapped) values (")
        .uuid(person)
        .then(", ")
        .uuid(organization_id)
        .then(", ")
        .bytes(seal.wrap(&key))
        .then(")");
    wrapped.execute(&mut tx.link()).await?;
    Ok(key)
}

#[derive(QueryableByName)]
struct Wrapped {
    #[diesel(sql_type = Binary)]
    wrapped: Vec<u8>,
}

/// The key of one's own person; an erased one has none.
pub async fn key_of(tx: &Tx, seal: &Seal, person_id: Uuid) -> Result<PersonKey> {
    let found = Sql::new("select wrapped from vault.person_key where person_id = ").uuid(person_id);
    let found: Option<Wrapped> = found.get_result(&mut tx.link()).await.optional()?;
    seal.unwrap(person_id, &found.ok_or_else(|| erased("id"))?.wrapped)
}

/// Puts a text into its slot, in the name of `author_id`; an older one in the same slot is replaced.
pub async fn put(tx: &Tx, author_id: Uuid, key: &PersonKey, object_id: Uuid, slot: Slot, text: &str) -> Result<()> {
    let sealed = key.seal(object_id, slot.word(), text);
    let put = Sql::new("insert into sealed (object_id, slot, person_id, organization_id, content) values (")
        .uuid(object_id)
        .then(", ")
        .word(slot.word())
        .then(", ")
        .uuid(key.person_id())
        .then(", ")
        .uuid(author_id)
        .then(", ")
        .bytes(sealed)
        .then(") on conflict (object_id, slot) do update set content = excluded.content");
    put.execute(&mut tx.link()).await?;
    Ok(())
}

/// The same for a value that is more than a text.
pub async fn put_value<T: Serialize>(
    tx: &Tx,
    author_id: Uuid,
    key: &PersonKey,
    object_id: Uuid,
    slot: Slot,
    value: &T,
) -> Result<()> {
    let text = serde_json::to_string(value).map_err(crate::base::Error::internal)?;
    put(tx, author_id, key, object_id, slot, &text).await
}

/// Empties a slot.
pub async fn remove(tx: &Tx, object_id: Uuid, slot: Slot) -> Result<()> {
    let old = Sql::new("delete from sealed where object_id = ").uuid(object_id).then(" and slot = ").word(slot.word());
    old.execute(&mut tx.link()).await?;
    Ok(())
}
