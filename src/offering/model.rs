//! The row of the slice and the command that it takes. Nothing here can refuse.

use crate::{base::words::organization::Capacity, db::schema};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// One service of one organisation, at one of its centres or anywhere in its area.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::offering)]
pub struct Offering {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub service_id: Uuid,
    pub centre_id: Option<Uuid>,
    /// КАТОТТГ; none: the whole area of the centre, or of the organisation.
    pub territories: Vec<String>,
    pub capacity: Capacity,
    pub capacity_as_of: DateTime<Utc>,
    /// ISO 8601 duration.
    pub expected_wait: Option<String>,
    pub version: i32,
}

/// An organisation tells what it offers.
#[derive(Clone, Debug)]
pub struct Update {
    pub centre_id: Option<Uuid>,
    pub service_code: String,
    pub territories: Vec<String>,
    pub capacity: Capacity,
    pub expected_wait: Option<String>,
}
