//! Rows of the slice and the commands that it takes. Nothing here can refuse.

use crate::{
    base::words::organization::{Capacity, ContactChannel, OrganizationKind},
    db::schema,
    territory::model::Territory,
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An absent field stays, `None` inside clears.
pub type Patch<T> = Option<Option<T>>;

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
    /// A list of [`Contact`].
    pub contacts: serde_json::Value,
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

impl Organization {
    pub fn contacts(&self) -> Vec<Contact> {
        serde_json::from_value(self.contacts.clone()).unwrap_or_default()
    }

    pub fn key(&self) -> Key {
        (self.created_at, self.id)
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

/// An organisation and what came with it. `territory` was asked for where the flag says so.
#[derive(Clone, Debug)]
pub struct Found {
    pub row: Organization,
    pub territory: Option<Territory>,
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
