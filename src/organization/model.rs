//! Rows of the slice and the commands that it takes. Nothing here can refuse.

use crate::{
    base::words::organization::{Capacity, ContactChannel, OrganizationKind},
    db::schema,
};
use chrono::{DateTime, Utc};
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue},
    prelude::*,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::Jsonb,
};
use serde::{Deserialize, Serialize};
use std::io::Write;
use uuid::Uuid;

/// An absent field stays, `None` inside clears.
pub type Patch<T> = Option<Option<T>>;

/// With which PostgreSQL begins a binary jsonb, beside its text.
const JSONB: u8 = 1;

/// Place in a list that is ordered newest first.
pub type Key = (DateTime<Utc>, Uuid);

/// An organisation as it stands.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::organization)]
pub struct Organization {
    pub id: Uuid,
    pub kind: OrganizationKind,
    pub name: String,
    pub name_en: Option<String>,
    pub edrpou: Option<String>,
    /// Where it stands, and the area that it serves where an offering names none.
    pub territory_code: Option<String>,
    /// In the register of providers and recipients of social services.
    pub registry_number: Option<String>,
    pub active: bool,
    pub contacts: Contacts,
    /// Key of search.
    pub search: String,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A way to reach an institution, never a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub channel: ContactChannel,
    pub value: String,
    pub hours: Option<String>,
}

/// Contacts as they are kept (JSON), read when somebody asks for them: most who read an organisation want its name.
#[derive(Clone, Debug, FromSqlRow, AsExpression)]
#[diesel(sql_type = Jsonb)]
pub struct Contacts(String);

impl Contacts {
    pub fn of(list: &[Contact]) -> Self {
        Self(serde_json::json!(list).to_string())
    }

    pub fn list(&self) -> Vec<Contact> {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

/// PostgreSQL writes what it keeps in its own way.
impl PartialEq for Contacts {
    fn eq(&self, other: &Self) -> bool {
        self.list() == other.list()
    }
}

impl FromSql<Jsonb, Pg> for Contacts {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes() {
            [JSONB, text @ ..] => Ok(Self(std::str::from_utf8(text)?.to_owned())),
            _ => Err("another version of jsonb".into()),
        }
    }
}

impl ToSql<Jsonb, Pg> for Contacts {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&[JSONB])?;
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl Organization {
    pub fn key(&self) -> Key {
        (self.created_at, self.id)
    }
}

/// What was read, and which edition of the registry of organisations that was. As long as it is the same one, every organisation that was read
/// before is as it was.
#[derive(Clone, Debug)]
pub struct AsOf<T> {
    pub rows: Vec<T>,
    /// None where nothing was read.
    pub edition: Option<i64>,
}

impl<T> FromIterator<(T, i64)> for AsOf<T> {
    fn from_iter<I: IntoIterator<Item = (T, i64)>>(read: I) -> Self {
        let mut edition = None;
        let rows = read.into_iter().map(|(row, of)| {
            edition = Some(of);
            row
        });
        Self { rows: rows.collect(), edition }
    }
}

/// Which organisations of a list are wanted; nothing named is no limit.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kind: Vec<OrganizationKind>,
    /// It stands in this territory or below.
    pub territory: Option<String>,
    pub search: Option<String>,
    /// Code of a service type. With the next two: one offering must fit all that is named.
    pub offers_service: Option<String>,
    pub serves_territory: Option<String>,
    pub capacity: Vec<Capacity>,
    /// A capacity that was told before counts as UNKNOWN.
    pub believed_since: DateTime<Utc>,
}

/// A new organisation as it is told.
#[derive(Clone, Debug)]
pub struct Register {
    pub kind: OrganizationKind,
    pub name: String,
    pub name_en: Option<String>,
    pub edrpou: Option<String>,
    pub tax_number: Option<String>,
    pub territory: Option<String>,
    pub registry_number: Option<String>,
    pub contacts: Vec<Contact>,
}

/// What is to change.
#[derive(Clone, Debug, Default)]
pub struct Update {
    pub expected_version: i32,
    pub name: Patch<String>,
    pub name_en: Patch<String>,
    pub territory: Patch<String>,
    pub registry_number: Patch<String>,
    pub active: Patch<bool>,
    pub contacts: Patch<Vec<Contact>>,
}
