//! Rows of the slice and the commands that it takes. Nothing here can refuse.

use crate::{
    base::{
        period::PartialDate,
        words::organization::{CentreStatus, StaffRole},
    },
    db::schema,
    organization::model::{Key, Organization, Patch},
    territory::model::Territory,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// A resilience centre as it stands.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, QueryableByName)]
#[diesel(table_name = schema::centre)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Centre {
    pub id: Uuid,
    pub name: String,
    /// Where it stands.
    pub territory_code: String,
    /// Whom it serves, where a hromada was relocated from occupied territory.
    pub origin_territory_code: Option<String>,
    pub provider_id: Uuid,
    pub host_id: Option<Uuid>,
    pub status: CentreStatus,
    /// A partial date: the first opening.
    pub opened_on: Option<String>,
    pub address: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    pub barrier_free: Option<bool>,
    /// Key of search.
    pub search: String,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Centre {
    pub fn key(&self) -> Key {
        (self.created_at, self.id)
    }

    /// Whether the organisation provides or hosts it.
    pub fn is_of(&self, organization_id: Uuid) -> bool {
        self.provider_id == organization_id || self.host_id == Some(organization_id)
    }
}

/// One step of a centre's history.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::centre_status)]
pub struct Step {
    pub centre_id: Uuid,
    /// Of the centre after the step.
    pub version: i32,
    pub status: CentreStatus,
    /// A partial date.
    pub since: String,
    pub recorded_at: DateTime<Utc>,
}

/// Posts of a team, not people (посади).
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::centre_post)]
pub struct Post {
    pub centre_id: Uuid,
    pub place: i32,
    pub role: StaffRole,
    /// Half a post is 50.
    pub count_hundredths: i32,
    /// A partial date; none: as long as anybody knows.
    pub since: Option<String>,
    /// A partial date, inclusive; none: still there.
    pub until: Option<String>,
}

impl Post {
    /// Whether the post is there on a day. A partial date counts from the last day that it may mean.
    pub fn stands_on(&self, day: NaiveDate) -> bool {
        let last = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok()).and_then(PartialDate::last_day);
        last(&self.since).is_none_or(|since| since <= day) && last(&self.until).is_none_or(|until| day <= until)
    }

    /// The number of posts as a decimal: "1", "0.5".
    pub fn count(&self) -> String {
        let (whole, part) = (self.count_hundredths / 100, self.count_hundredths % 100);
        if part == 0 { whole.to_string() } else { format!("{whole}.{part:02}").trim_end_matches('0').to_owned() }
    }
}

/// Which centres of a list are wanted; nothing named is no limit.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub status: Vec<CentreStatus>,
    /// It stands in this territory or below.
    pub territory: Option<String>,
    pub provider_id: Option<Uuid>,
    pub search: Option<String>,
}

/// Of what a list of centres is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    Provider(Uuid),
    /// Those that stand in the territory or below.
    Territory(String),
}

impl Of {
    /// The owner as a statement takes it.
    pub fn owner(&self) -> String {
        match self {
            Self::Provider(id) => id.to_string(),
            Self::Territory(code) => code.clone(),
        }
    }
}

/// Posts as they are told.
#[derive(Clone, Debug)]
pub struct NewPost {
    pub role: StaffRole,
    /// A decimal number as a string.
    pub count: String,
    pub since: Option<PartialDate>,
    pub until: Option<PartialDate>,
}

/// A new centre as it is told.
#[derive(Clone, Debug)]
pub struct Register {
    pub name: String,
    pub territory: String,
    pub origin_territory: Option<String>,
    pub provider_id: Uuid,
    pub host_id: Option<Uuid>,
    pub status: CentreStatus,
    /// Since when it is in that state.
    pub since: PartialDate,
    pub address: Option<String>,
    pub phone: Option<String>,
    pub barrier_free: Option<bool>,
    pub posts: Vec<NewPost>,
}

/// What is to change.
#[derive(Clone, Debug, Default)]
pub struct Update {
    pub expected_version: i32,
    pub name: Patch<String>,
    pub status: Patch<CentreStatus>,
    /// Since when it is in the new state; today if it is not said.
    pub on: Option<PartialDate>,
    pub address: Patch<String>,
    pub phone: Patch<String>,
    pub barrier_free: Patch<bool>,
    /// The whole team anew.
    pub posts: Patch<Vec<NewPost>>,
}

/// What a command names, as far as it was found.
#[derive(Clone, Debug, Default)]
pub struct Named {
    pub territory: Option<Territory>,
    pub origin: Option<Territory>,
    pub provider: Option<Organization>,
    pub host: Option<Organization>,
}
