//! The row of the slice and the command that it takes. Nothing here can refuse.

use crate::{base::words::organization::Capacity, db::schema};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// How long a told capacity is believed. Places fill and empty within days: who trusts an old word sends people to a full
/// centre, or none to one that has places again.
const BELIEVED: TimeDelta = TimeDelta::days(14);

/// A capacity that was told before this moment counts as UNKNOWN; for lists, whose SQL asks the same as `capacity_at`.
pub fn believed_since(now: DateTime<Utc>) -> DateTime<Utc> {
    now - BELIEVED
}

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
    /// As it was told; what it counts as now, `capacity_at` says.
    pub capacity: Capacity,
    pub capacity_as_of: DateTime<Utc>,
    /// ISO 8601 duration.
    pub expected_wait: Option<String>,
    pub version: i32,
}

impl Offering {
    /// Whether it can take people (наявність місць), as far as that is known: what was told more than 14 days ago counts as
    /// UNKNOWN, whatever it was. Everything that answers or decides asks here; `capacity` alone is what was told.
    pub fn capacity_at(&self, now: DateTime<Utc>) -> Capacity {
        if self.capacity_as_of < believed_since(now) { Capacity::Unknown } else { self.capacity }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capacity_is_believed_for_fourteen_days() {
        let told = DateTime::UNIX_EPOCH;
        for capacity in Capacity::ALL {
            let offering = Offering {
                id: Uuid::nil(),
                organization_id: Uuid::nil(),
                service_id: Uuid::nil(),
                centre_id: None,
                territories: Vec::new(),
                capacity: *capacity,
                capacity_as_of: told,
                expected_wait: None,
                version: 1,
            };
            let last = told + TimeDelta::days(14);
            assert_eq!((offering.capacity_at(told), offering.capacity_at(last)), (*capacity, *capacity));
            assert_eq!(offering.capacity_at(last + TimeDelta::microseconds(1)), Capacity::Unknown);
        }
    }
}
