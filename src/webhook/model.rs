//! Rows of webhooks. Secrets are sealed in all of them.

use crate::{
    access::Scopes,
    base::words::{
        access::ApplicationStatus,
        change::ChangeType,
        organization::OrganizationKind,
        webhook::{DeliveryError, DeliveryStatus, DisabledReason, EndpointStatus},
    },
    db::schema::{webhook_attempt, webhook_delivery, webhook_endpoint},
    journal::{ObjectType, feed::Place},
};
use chrono::{DateTime, Utc};
use diesel::{
    Insertable, Queryable, QueryableByName, Selectable,
    sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid},
};
use std::fmt;
use uuid::Uuid;

/// Place in a list that is ordered newest first.
pub type Key = (DateTime<Utc>, Uuid);

/// An endpoint, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = webhook_endpoint)]
pub struct Endpoint {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub application_id: Uuid,
    pub url: String,
    pub types: Vec<ChangeType>,
    pub status: EndpointStatus,
    pub disabled_reason: Option<DisabledReason>,
    pub failing_since: Option<DateTime<Utc>>,
    pub paused_until: Option<DateTime<Utc>>,
    pub previous_secret_until: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub version: i32,
}

/// A new endpoint.
#[derive(Insertable)]
#[diesel(table_name = webhook_endpoint)]
pub struct NewEndpoint {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub application_id: Uuid,
    pub url: String,
    pub types: Vec<ChangeType>,
    pub status: EndpointStatus,
    pub secret: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What a change does to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeEndpoint {
    /// How it is from now on; the application that changes it answers for it.
    Set {
        application_id: Uuid,
        url: String,
        types: Vec<ChangeType>,
        status: EndpointStatus,
        reason: Option<DisabledReason>,
        anew: bool,
    },
    /// A new secret; the one before signs too until then.
    Rotate {
        secret: Vec<u8>,
        previous_until: DateTime<Utc>,
    },
    /// The server disables it.
    Disable(DisabledReason),
    Delete,
}

/// A change on its way to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = webhook_delivery)]
pub struct Delivery {
    pub id: Uuid,
    pub endpoint_id: Uuid,
    pub organization_id: Uuid,
    pub epoch: i32,
    pub tx: i64,
    pub seq: i64,
    #[diesel(column_name = type_)]
    pub change: ChangeType,
    pub object_type: ObjectType,
    pub object_id: Uuid,
    pub object_version: i32,
    pub occurred_at: DateTime<Utc>,
    pub status: DeliveryStatus,
    pub due_at: Option<DateTime<Utc>>,
    pub claimed_until: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

impl Delivery {
    /// The place of its change in the feed.
    pub fn place(&self) -> Place {
        Place::of(self.epoch, self.tx, self.seq, self.occurred_at)
    }

    /// When it will be tried, if that is known: not while an earlier change of its object is on the way, nor while it is tried.
    pub fn next_attempt_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.due_at.filter(|_| self.claimed_until.is_none_or(|until| until <= now))
    }
}

/// One request.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = webhook_attempt)]
pub struct Attempt {
    pub delivery_id: Uuid,
    pub at: DateTime<Utc>,
    pub response_status: Option<i16>,
    pub error: Option<DeliveryError>,
}

/// A delivery to be made.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    pub id: Uuid,
    pub endpoint_id: Uuid,
    pub organization_id: Uuid,
    pub entry: crate::journal::feed::Entry,
}

/// Which endpoints and objects of theirs.
pub type Pair = (Uuid, Uuid);

/// An endpoint as the fan-out asks: what it wants, and what its application may be told of today.
#[derive(Clone, Debug, QueryableByName)]
pub struct Listener {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub organization_id: Uuid,
    #[diesel(sql_type = Array<Text>)]
    pub types: Vec<ChangeType>,
    #[diesel(sql_type = Array<Text>)]
    pub granted: Vec<String>,
    #[diesel(sql_type = Text)]
    pub kind: OrganizationKind,
    #[diesel(sql_type = Text)]
    pub application_status: ApplicationStatus,
    #[diesel(sql_type = Bool)]
    pub organization_active: bool,
}

impl Listener {
    /// Whether somebody stands behind it.
    pub fn alive(&self) -> bool {
        self.application_status == ApplicationStatus::Active && self.organization_active
    }

    /// Its rights of today: what its application was granted, as far as its organisation's kind may still hold it.
    pub fn scopes(&self) -> Scopes {
        let granted: Scopes = self.granted.iter().filter_map(|word| crate::access::Scope::of(word)).collect();
        granted.and(Scopes::of_kind(self.kind))
    }
}

/// A delivery that this server sends now, with all that the request needs.
#[derive(Clone, QueryableByName)]
pub struct Job {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub claim: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub endpoint_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub organization_id: Uuid,
    #[diesel(sql_type = Integer)]
    pub epoch: i32,
    #[diesel(sql_type = BigInt)]
    pub tx: i64,
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    #[diesel(sql_type = Text)]
    pub change: ChangeType,
    #[diesel(sql_type = Text)]
    pub object_type: ObjectType,
    #[diesel(sql_type = SqlUuid)]
    pub object_id: Uuid,
    #[diesel(sql_type = Integer)]
    pub object_version: i32,
    #[diesel(sql_type = Timestamptz)]
    pub occurred_at: DateTime<Utc>,
    #[diesel(sql_type = SmallInt)]
    pub attempts: i16,
    #[diesel(sql_type = Text)]
    pub url: String,
    #[diesel(sql_type = Binary)]
    pub secret: Vec<u8>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub previous_secret: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub previous_secret_until: Option<DateTime<Utc>>,
    /// Whether its endpoint was in trouble when it was claimed.
    #[diesel(sql_type = Bool)]
    pub troubled: bool,
}

impl Job {
    pub fn place(&self) -> Place {
        Place::of(self.epoch, self.tx, self.seq, self.occurred_at)
    }
}

/// Neither its address, which may hold a token of the partner's, nor a secret.
impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Job({} to {})", self.id, self.endpoint_id)
    }
}
