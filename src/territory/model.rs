//! Rows of the slice and the command that it takes. Nothing here can refuse.

use crate::{
    base::{
        katottg,
        period::PartialDate,
        words::organization::{ParticipationStatus, TerritoryLevel},
    },
    db::schema,
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// A unit of the codifier (територіальна одиниця), as it came with a migration.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = schema::territory)]
pub struct Territory {
    /// КАТОТТГ.
    pub code: String,
    pub level: TerritoryLevel,
    pub name: String,
    pub former_names: Vec<String>,
    pub parent_code: Option<String>,
    /// Of a region or a city with a special status: its own code.
    pub region_code: String,
    /// From the region down to the unit itself: everything that covers it.
    pub ancestors: Vec<String>,
}

impl Territory {
    /// The code as the journal and global ids keep it.
    pub fn key(&self) -> Uuid {
        katottg::key(&self.code)
    }

    /// Whether it is a hromada, or a city that is one besides.
    pub fn is_hromada(&self) -> bool {
        matches!(self.level, TerritoryLevel::Hromada | TerritoryLevel::SpecialCity)
    }

    /// Whether `code` is this unit or one above it: a region or raion covers the hromadas below.
    pub fn is_within(&self, code: &str) -> bool {
        self.ancestors.iter().any(|ancestor| ancestor == code)
    }
}

/// A hromada's part in the project (участь громади в експериментальному проєкті).
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::participation)]
pub struct Participation {
    pub territory_code: String,
    pub status: ParticipationStatus,
    /// A partial date.
    pub since: String,
    pub ministry_order: Option<String>,
    pub version: i32,
    pub recorded_at: DateTime<Utc>,
}

/// Which units of a list are wanted; nothing named is no limit.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub levels: Vec<TerritoryLevel>,
    /// The unit itself and everything below it.
    pub within: Option<String>,
    pub search: Option<String>,
}

/// A unit and what came with it.
#[derive(Clone, Debug)]
pub struct Found {
    pub row: Territory,
    /// Grows with each change of its part in the project.
    pub version: i32,
    /// Its part in the project, where that was asked for.
    pub participation: Option<Option<Participation>>,
}

/// The Ministry records how far a hromada is.
#[derive(Clone, Debug)]
pub struct Record {
    pub territory: String,
    pub status: ParticipationStatus,
    pub since: PartialDate,
    pub ministry_order: Option<String>,
}
