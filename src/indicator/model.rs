//! Rows of the slice and the commands that it takes. Nothing here can refuse.

use crate::{
    base::{number::Number, period::PartialDate, words::indicator::*},
    centre::model::Centre,
    db::schema,
    organization::model::{Key, Organization},
    territory::model::Territory,
};
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid},
};
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

words! {
    /// What an entry of the roll-up counts (облік).
    Measure {
        /// Services given (послуги).
        Delivery = "DELIVERY",
        /// Group sessions and events (заходи).
        Event = "EVENT",
        /// Those who took part in them (учасники заходів).
        Participant = "PARTICIPANT",
        /// Courses that began (групи курсу).
        Course = "COURSE",
        /// Who began them (учасники курсу).
        Member = "MEMBER",
        /// Cases opened (відкриті випадки).
        CaseOpened = "CASE_OPENED",
        /// Cases closed (закриті випадки).
        CaseClosed = "CASE_CLOSED",
        /// Cases closed or refused: no longer at work (завершені випадки).
        CaseEnded = "CASE_ENDED",
        /// Assessments of needs (оцінки потреб).
        Assessment = "ASSESSMENT",
        /// Referrals sent (надіслані скерування).
        Sent = "SENT",
        /// Accepted (прийняті).
        Accepted = "ACCEPTED",
        /// Declined (відхилені).
        Declined = "DECLINED",
        /// Completed (завершені).
        Completed = "COMPLETED",
        /// Not answered in time (прострочені).
        Overdue = "OVERDUE",
    }
}

words! {
    /// How far a frozen figure reaches (рівень).
    Level {
        /// The whole country (країна).
        Country = "COUNTRY",
        /// A region or a city with a special status (область).
        Region = "REGION",
        /// A hromada (громада).
        Hromada = "HROMADA",
        /// A centre (центр).
        Centre = "CENTRE",
    }
}

/// Days from the first to the last, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// Whether it is a month, a quarter or a year.
    pub is_closed_months: bool,
}

impl Span {
    /// A month by its first day.
    pub fn month(first: NaiveDate) -> Option<Self> {
        Self::months(first, 1)
    }

    /// So many months from a first day on.
    pub fn months(first: NaiveDate, count: u32) -> Option<Self> {
        let to = first.checked_add_months(Months::new(count))?.pred_opt()?;
        Some(Self { from: first, to, is_closed_months: true })
    }

    /// Whether it begins with the first day of a month and ends with the last one.
    pub fn is_whole_months(self) -> bool {
        self.from.day() == 1 && self.to.succ_opt().is_some_and(|next| next.day() == 1)
    }
}

/// Whose figures are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// One's own organisation's: live, any range, nothing kept back.
    Own,
    /// Everybody's, as they were published.
    Others,
}

/// `indicators`.
#[derive(Clone, Debug)]
pub struct Question {
    pub indicators: Vec<Indicator>,
    pub by: Vec<Dimension>,
    pub span: Span,
    /// Or reported.
    pub computed: bool,
    pub whose: Whose,
    pub provider_id: Option<Uuid>,
    pub centre_id: Option<Uuid>,
    /// This territory and what lies below it.
    pub territory: Option<Territory>,
    /// Of reported figures, only of these kinds; empty: all.
    pub kinds: Vec<ObservationKind>,
}

/// What funding contracts tell of themselves. Amounts are kopiykas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Funding {
    /// How many are in force on the last day of a period.
    Contracts,
    /// Their amounts on that day.
    Contracted,
    /// Payments less reversals of a period.
    Paid,
    /// What the acts of the months of a period were accepted for.
    Accepted,
}

/// A sum of funding contracts, told apart by up to three keys.
#[derive(Clone, Debug, QueryableByName)]
pub struct Funded {
    #[diesel(sql_type = Nullable<Text>)]
    pub first: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub second: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub third: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
}

impl Funded {
    /// What its keys tell.
    pub fn told(&self) -> [Option<&str>; 3] {
        [self.first.as_deref(), self.second.as_deref(), self.third.as_deref()]
    }
}

/// A sum of entries of the roll-up, told apart by up to three keys.
#[derive(Clone, Debug, QueryableByName)]
pub struct Sum {
    #[diesel(sql_type = Text)]
    pub measure: Measure,
    #[diesel(sql_type = Nullable<Text>)]
    pub word: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub first: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub second: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub third: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
}

impl Sum {
    /// What its keys tell.
    pub fn told(&self) -> [Option<&str>; 3] {
        [self.first.as_deref(), self.second.as_deref(), self.third.as_deref()]
    }
}

/// A publication of frozen figures.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::release)]
pub struct Release {
    pub id: Uuid,
    /// Its first day.
    pub last_month: NaiveDate,
    pub published_at: DateTime<Utc>,
}

/// A row of an answer. Its cell has passed the one door.
#[derive(Clone, Debug)]
pub struct Row {
    pub indicator: Indicator,
    pub keys: Vec<(Dimension, String)>,
    pub cell: super::protected::Protected,
    /// Whether it sums up what the other rows divide.
    pub total: bool,
    /// The reported figure itself.
    pub observation: Option<Observation>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Table {
    /// The publication that it is from; none for one's own and for what is open.
    pub release: Option<Release>,
    pub as_of: DateTime<Utc>,
    pub rows: Vec<Row>,
}

/// Entries of the roll-up of one place and kind, as a release reads them. Work in a centre counts where the centre stands.
#[derive(Clone, Debug, QueryableByName)]
pub struct Leaf {
    #[diesel(sql_type = SqlUuid)]
    pub organization_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub centre_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    pub territory: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub hromada: Option<String>,
    #[diesel(sql_type = Text)]
    pub region: String,
    #[diesel(sql_type = Text)]
    pub measure: Measure,
    #[diesel(sql_type = Nullable<Text>)]
    pub word: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub service: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub category: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub sex: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub age_band: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
}

/// A case or a number of contacts without one that received services of one kind at one place.
#[derive(Clone, Debug, QueryableByName)]
pub struct Recipient {
    #[diesel(sql_type = SqlUuid)]
    pub organization_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub centre_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    pub territory: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub case_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    pub service: String,
    #[diesel(sql_type = Text)]
    pub form: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub category: Option<String>,
    #[diesel(sql_type = Text)]
    pub sex: String,
    #[diesel(sql_type = Text)]
    pub age_band: String,
    #[diesel(sql_type = BigInt)]
    pub contacts: i64,
}

/// A figure about people that is published, or kept back, for good.
#[derive(Clone, Debug)]
pub struct FrozenFigure {
    /// Empty: all of it.
    pub dimension: &'static str,
    pub value: String,
    pub level: Level,
    pub place: String,
    pub(super) amount: i64,
    pub officials: bool,
    pub everyone: bool,
}
