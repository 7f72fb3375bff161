//! Rows of the slice and the commands that it takes. Nothing here can refuse.

use crate::{
    base::{number::Number, period::PartialDate, words::indicator::*},
    centre::model::Centre,
    db::schema,
    organization::model::{Key, Organization},
    territory::model::Territory,
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// A figure as it was reported.
#[derive(Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::observation)]
pub struct Observation {
    pub id: Uuid,
    /// Who reported it.
    pub organization_id: Uuid,
    /// The organisation whose figure it is.
    pub about_id: Option<Uuid>,
    pub centre_id: Option<Uuid>,
    pub territory_code: Option<String>,
    pub indicator: Indicator,
    pub title: Option<String>,
    /// In ten-thousandths; none: the source gives no value. Closed to all but this slice: outside, `protected` says what is shown.
    pub(super) value_parts: Option<i64>,
    pub comparator: Comparator,
    pub kind: ObservationKind,
    /// A partial date.
    pub period_from: Option<String>,
    /// A partial date, inclusive.
    pub period_to: Option<String>,
    pub source: String,
    /// It may repeat the value: closed like it.
    pub(super) note: Option<String>,
    pub supported_by: Vec<Uuid>,
    pub external_reference: Option<String>,
    pub created_at: DateTime<Utc>,
    pub version: i32,
}

impl Observation {
    pub fn key(&self) -> Key {
        (self.created_at, self.id)
    }

    /// Whether it is the organisation's own: it reported it, or it is about it, or about a centre that it provides or hosts.
    /// `centre` is the one that it is about.
    pub fn is_of(&self, organization_id: Uuid, centre: Option<&Centre>) -> bool {
        let centre = centre.filter(|centre| self.centre_id == Some(centre.id));
        self.organization_id == organization_id
            || self.about_id == Some(organization_id)
            || centre.is_some_and(|centre| centre.is_of(organization_id))
    }

    /// The value; for the one who decides whether it is shown.
    pub(super) fn value(&self) -> Option<Number> {
        self.value_parts.map(Number::of_parts)
    }
}

/// What a log may say of it.
impl std::fmt::Debug for Observation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Observation").field("id", &self.id).field("indicator", &self.indicator).finish_non_exhaustive()
    }
}

/// `observationReport`: a figure as it is told.
#[derive(Clone, Debug)]
pub struct Report {
    pub indicator: Indicator,
    pub title: Option<String>,
    /// A decimal; none: the source gives no value.
    pub value: Option<String>,
    pub comparator: Comparator,
    pub kind: ObservationKind,
    pub about_id: Option<Uuid>,
    pub centre_id: Option<Uuid>,
    pub territory: Option<String>,
    pub period_from: Option<PartialDate>,
    pub period_to: Option<PartialDate>,
    pub source: String,
    pub note: Option<String>,
    pub supported_by: Vec<Uuid>,
    pub external_reference: Option<String>,
}

/// What a report names, as far as it was found.
#[derive(Clone, Debug, Default)]
pub struct Named {
    pub centre: Option<Centre>,
    pub territory: Option<Territory>,
    /// The organisation that it is about, and those that supported it.
    pub organizations: Vec<Organization>,
}

/// In whose name a report comes, and how far that reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reporter {
    pub organization_id: Uuid,
    /// Whether it may report of others too.
    pub about_others: bool,
}

/// What became of a row that was to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    New,
    /// One of the same reference, and thus of the same id, is there already.
    There(Box<Observation>),
    /// One of the same subject, indicator, kind, period and title is there already.
    ToldOnce,
}

/// Which observations of a list are wanted; nothing named is no limit.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub indicator: Option<Indicator>,
    pub centre_id: Option<Uuid>,
    /// The organisation whose figures they are.
    pub about_id: Option<Uuid>,
    pub reported_by: Option<Uuid>,
    /// About this territory or one below it, or a centre that stands there.
    pub territory: Option<String>,
}
