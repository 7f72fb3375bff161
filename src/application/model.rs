//! Rows of applications.

use crate::{
    access::{Scopes, token::PublicKey},
    base::words::{access::ApplicationStatus, organization::OrganizationKind},
    db::schema::{application, deprecated_use},
    organization::model::Organization,
};
use chrono::{DateTime, Utc};
use diesel::{Insertable, Queryable, Selectable};
use uuid::Uuid;

/// An application, without its secrets.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = application)]
pub struct Application {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub name: String,
    pub client_id: String,
    pub scopes: Vec<String>,
    pub status: ApplicationStatus,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub previous_secret_until: Option<DateTime<Utc>>,
    /// JSON Web Keys; none: it shows a secret.
    pub public_keys: Option<Vec<String>>,
    pub trusted_documents_only: bool,
    pub version: i32,
}

/// What an application has asked for although it is deprecated.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = deprecated_use)]
pub struct DeprecatedUse {
    pub application_id: Uuid,
    /// Of the schema.
    pub coordinate: String,
    pub count: i64,
    pub first_used_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
}

/// A new application.
#[derive(Debug, Insertable)]
#[diesel(table_name = application)]
pub struct NewApplication {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub name: String,
    pub client_id: String,
    pub scopes: Vec<String>,
    pub status: ApplicationStatus,
    /// Without bytes where there are keys.
    pub secret_hash: Vec<u8>,
    pub public_keys: Option<Vec<String>>,
    pub seeded_by: Option<Uuid>,
    pub created_at: DateTime<Utc>,
}

/// What a change does to an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeApplication {
    /// A new secret; the one before is good until then.
    Rotate {
        secret_hash: Vec<u8>,
        previous_until: DateTime<Utc>,
    },
    /// These keys in the place of those before, or of the secret.
    ReplaceKeys {
        public_keys: Vec<String>,
    },
    /// Whether it may ask registered documents alone.
    Trust {
        documents_only: bool,
    },
    Revoke,
}

/// Documents that an application registers.
#[derive(Clone, Debug)]
pub struct Documents {
    pub texts: Vec<String>,
    /// Whether all others go.
    pub replace: bool,
    /// Whether it may ask no others from then on; none: as before.
    pub only: Option<bool>,
}

/// What the token endpoint and the roster know of a client.
#[derive(Clone, Debug, diesel::QueryableByName)]
pub struct Login {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub application_id: Uuid,
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub organization_id: Uuid,
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub kind: OrganizationKind,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    pub organization_active: bool,
    #[diesel(sql_type = diesel::sql_types::Array<diesel::sql_types::Text>)]
    pub scopes: Vec<String>,
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub status: ApplicationStatus,
    #[diesel(sql_type = diesel::sql_types::Binary)]
    pub secret_hash: Vec<u8>,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Binary>)]
    pub previous_secret_hash: Option<Vec<u8>>,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Timestamptz>)]
    pub previous_secret_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Array<diesel::sql_types::Text>>)]
    pub public_keys: Option<Vec<String>>,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    pub trusted_documents_only: bool,
}

impl Login {
    /// Whether it may work at all.
    pub fn active(&self) -> bool {
        self.status == ApplicationStatus::Active && self.organization_active
    }

    /// The keys with which it signs; none where it shows a secret.
    pub fn keys(&self) -> Vec<PublicKey> {
        keys(self.public_keys.as_deref())
    }

    /// Its rights of today: what it was granted, as far as its organisation's kind may still hold it.
    pub fn scopes(&self) -> Scopes {
        let granted: Scopes = self.scopes.iter().filter_map(|word| crate::access::Scope::of(word)).collect();
        granted.and(Scopes::of_kind(self.kind))
    }
}

impl Application {
    /// The keys with which it signs; none where it shows a secret.
    pub fn keys(&self) -> Vec<PublicKey> {
        keys(self.public_keys.as_deref())
    }
}

/// Texts are of our own writing: what cannot be read any more is a key that a later version has dropped.
fn keys(texts: Option<&[String]>) -> Vec<PublicKey> {
    texts.unwrap_or_default().iter().filter_map(|text| PublicKey::read(text).ok()).collect()
}

/// An organisation, as far as granting asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    pub organization_id: Uuid,
    pub kind: OrganizationKind,
    pub active: bool,
}

impl From<Organization> for Holder {
    fn from(row: Organization) -> Self {
        Self { organization_id: row.id, kind: row.kind, active: row.active }
    }
}
