//! Tables of figures: the question, and the rows that answer it.

use super::{cell::Cell, object::Observation};
use crate::{
    base::{Error, error::ErrorCode, words::indicator::*},
    centre,
    graphql::{
        context::Session,
        lean::{Lean, LeanList},
        node::Kind,
        scalars::{Date, DateTime, Katottg, YearMonth},
    },
    indicator::{
        asking,
        model::{self as row, Question, Span, Whose},
        policy, store,
    },
    organization, service, territory,
};
use async_graphql::{Context, ID, InputObject, Object, OneofObject, Result, SimpleObject};
use chrono::NaiveDate;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// A quarter of a year (квартал).
#[derive(Clone, Copy, Debug, InputObject)]
pub struct QuarterInput {
    /// Year (рік).
    year: i32,
    /// 1 to 4 (квартал).
    quarter: i32,
}

/// Days, both inclusive (період).
#[derive(Clone, Copy, Debug, InputObject)]
pub struct DateRangeInput {
    /// First day (перший день).
    from: Date,
    /// Last day (останній день).
    to: Date,
}

/// A time; give exactly one member (@oneOf). Figures about people of others exist for months, quarters and years alone (період).
#[derive(Clone, Debug, OneofObject)]
pub enum PeriodInput {
    /// A calendar year (рік).
    Year(i32),
    /// A quarter (квартал).
    Quarter(QuarterInput),
    /// A month (місяць).
    Month(YearMonth),
    /// Any days (довільні дні).
    Range(DateRangeInput),
}

/// Which figures are wanted. One's own are those with providerId or centreId of one's own: live, of any days, by two dimensions that divide people. All other figures about people are the published ones (запит показників).
#[derive(Clone, Debug, InputObject)]
pub struct IndicatorsInput {
    /// What is counted, 1 to 20, each once (показники).
    indicators: Vec<Indicator>,
    /// When. A stock is its value on the period's last day (період).
    period: PeriodInput,
    /// By what the figures are divided, at most three; of those that divide people one, and two of one's own (розрізи).
    #[graphql(default)]
    by: Vec<Dimension>,
    /// Counted by the server or reported by sources; never both (походження).
    #[graphql(default_with = "Origin::Computed")]
    origin: Origin,
    /// Of reported figures only these kinds (види).
    kinds: Option<Vec<ObservationKind>>,
    /// This territory and what lies below it (територія).
    territory: Option<Katottg>,
    /// Of one centre; about people only of one's own (центр).
    centre_id: Option<ID>,
    /// Of one provider; about people only of oneself (надавач).
    provider_id: Option<ID>,
    /// A frozen publication; null is the latest for figures of others, and one's own are live (випуск).
    release: Option<ID>,
}

/// A publication of figures about people: on the 10th the past month is frozen, and never changes afterwards (випуск).
#[derive(Clone)]
pub struct Release(pub row::Release);

/// A publication of figures about people: on the 10th the past month is frozen, and never changes afterwards (випуск).
#[Object(directive = crate::graphql::directive::scope::apply("analytics:read".to_owned()))]
impl Release {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        Kind::Release.id(self.0.id)
    }

    /// When it was published (опубліковано).
    async fn published_at(&self) -> DateTime {
        DateTime(self.0.published_at)
    }

    /// The last month that it tells of; all earlier ones are in it too (останній місяць).
    async fn last_month(&self) -> YearMonth {
        YearMonth::of(self.0.last_month)
    }
}

connection!(Release, ReleaseConnection, ReleaseEdge, "A page of publications, newest first (перелік випусків).");

/// By what a figure is divided, and which part it is (розріз).
#[derive(Clone, Debug, SimpleObject)]
pub struct DimensionValue {
    /// By what (розріз).
    dimension: Dimension,
    /// Which part: a code of the codifier, a global id, a month, a word; UNKNOWN where it was not told, NONE outside of any centre (ключ).
    key: String,
    /// The same for people to read (назва).
    label: String,
}

/// A figure of a table (рядок).
#[derive(Clone, SimpleObject)]
pub struct IndicatorRow {
    /// What is counted (показник).
    indicator: Indicator,
    /// What one of it is (одиниця).
    unit: IndicatorUnit,
    /// Which part of it, in the order of the question; a total leaves out what it sums up (розрізи).
    dimensions: LeanList<Lean<DimensionValue>>,
    /// The figure, as far as you may see it (значення).
    cell: Lean<Cell>,
    /// Of a reported figure, what it says of its time; null: computed (вид).
    kind: Option<ObservationKind>,
    /// Of a reported figure, what is meant where one subject reports several (назва).
    title: Option<String>,
    /// Whether it sums up what other rows divide (підсумок).
    total: bool,
    /// The reported figure itself; null: computed (повідомлений показник).
    observation: Option<Observation>,
}

/// Figures. What has no row is zero, and each question is answered with its total, be it zero. A median and a cost per service have no row where there is nothing to divide by (таблиця показників).
#[derive(Clone, SimpleObject)]
pub struct IndicatorTable {
    /// The publication that it is from; null for one's own and for what counts no people (випуск).
    release: Option<Release>,
    /// As of when the figures are: what is live is of now, at a read replica of the last commit that it has heard of, some seconds ago (станом на).
    as_of: DateTime,
    /// Fewer people than that are not shown; null where nothing is kept back (поріг).
    min_cell: Option<i32>,
    /// How many of the rows are SUPPRESSED (приховано рядків).
    suppressed_cells: i32,
    /// The figures: those divided as asked first, then the totals of each indicator (рядки).
    rows: LeanList<Lean<IndicatorRow>>,
}

/// The release of this id; none without the scope.
pub async fn release(ctx: &Context<'_>, id: Uuid) -> Result<Option<Release>> {
    let session = Session::of(ctx);
    if policy::may_read(session.actor()).is_err() {
        return Ok(None);
    }
    let reading = session.reading().await?;
    Ok(store::releases(reading.link(), &[id]).await?.pop().map(Release))
}

fn span(period: &PeriodInput) -> crate::base::Result<Span> {
    let wrong = |message| Error::question(ErrorCode::BadUserInput, "input.period", message);
    let first = |year: i32, month: u32| {
        let first = NaiveDate::from_ymd_opt(year, month, 1).filter(|_| (1990..=2100).contains(&year));
        first.ok_or_else(|| wrong("A year lies between 1990 and 2100, a quarter between 1 and 4."))
    };
    let months = |first, count| Span::months(first, count).ok_or_else(|| wrong("There is no such time."));
    match period {
        PeriodInput::Year(year) => months(first(*year, 1)?, 12),
        PeriodInput::Quarter(QuarterInput { year, quarter }) => {
            let month = u32::try_from(*quarter).ok().filter(|quarter| (1..=4).contains(quarter)).map(|quarter| quarter * 3 - 2);
            months(first(*year, month.unwrap_or(0))?, 3)
        }
        PeriodInput::Month(month) => {
            let (year, month) = month.0.split_once('-').unwrap_or_default();
            months(first(year.parse().unwrap_or_default(), month.parse().unwrap_or_default())?, 1)
        }
        PeriodInput::Range(DateRangeInput { from, to }) if from.0 > to.0 => Err(wrong("The period ends before it begins.")),
        PeriodInput::Range(DateRangeInput { from, to }) => Ok(Span { from: from.0, to: to.0, is_closed_months: false }),
    }
}

/// Answers a question of figures.
pub(super) async fn answer(ctx: &Context<'_>, input: IndicatorsInput) -> Result<IndicatorTable> {
    let session = Session::of(ctx);
    let (actor, reading) = (session.actor(), session.reading().await?);
    policy::may_read(actor).map_err(Error::from)?;
    let centre_id = Kind::Centre.maybe(input.centre_id.as_ref(), "input.centreId")?;
    let centre = match centre_id {
        Some(id) => Some(centre::store::get(reading.link(), id, "input.centreId").await?),
        None => None,
    };
    let provider_id = Kind::Organization.maybe(input.provider_id.as_ref(), "input.providerId")?;
    let own = actor.organization_id;
    let is_own = provider_id.is_none_or(|id| id == own) && centre.as_ref().is_none_or(|centre| centre.is_of(own));
    let whose = if is_own && (provider_id.is_some() || centre_id.is_some()) { Whose::Own } else { Whose::Others };
    let territory = match &input.territory {
        Some(code) => Some(territory::store::get(reading.link(), &code.0, "input.territory").await?),
        None => None,
    };
    let question = Question {
        indicators: input.indicators,
        by: input.by,
        span: span(&input.period)?,
        computed: input.origin == Origin::Computed,
        whose,
        provider_id,
        centre_id,
        territory,
        kinds: input.kinds.unwrap_or_default(),
    };
    let release = Kind::Release.maybe(input.release.as_ref(), "input.release")?;
    let table = asking::answer(&reading, actor, &question, release, session.min_cells()).await?;
    let about_people = question.indicators.iter().any(|indicator| indicator.protection() != Protection::Free);
    let min_cell = (whose == Whose::Others && about_people).then(|| session.min_cells().of(policy::reader(actor))).flatten();
    let labels = Labels::of(&reading, &table.rows).await?;
    let row = |row: row::Row| {
        Lean(IndicatorRow {
            indicator: row.indicator,
            unit: row.indicator.unit(),
            dimensions: row.keys.into_iter().map(|(by, key)| Lean(labels.value(by, key))).collect(),
            cell: Lean(row.cell.into()),
            kind: row.observation.as_ref().map(|observation| observation.kind),
            title: row.observation.as_ref().and_then(|observation| observation.title.clone()),
            total: row.total,
            observation: row.observation.map(|observation| Observation(Arc::new(observation))),
        })
    };
    let suppressed = table.rows.iter().filter(|row| row.cell.status() == CellStatus::Suppressed).count();
    Ok(IndicatorTable {
        release: table.release.map(Release),
        as_of: DateTime(table.as_of),
        min_cell: min_cell.map(|least| i32::try_from(least).unwrap_or(i32::MAX)),
        suppressed_cells: i32::try_from(suppressed).unwrap_or(i32::MAX),
        rows: table.rows.into_iter().map(row).collect(),
    })
}

/// Names of what keys stand for, asked for once for the whole table.
struct Labels(HashMap<(Dimension, String), String>);

impl Labels {
    async fn of(reading: &crate::db::Reading, rows: &[row::Row]) -> crate::base::Result<Self> {
        let link = reading.link();
        let mut keys: Vec<&(Dimension, String)> = rows.iter().flat_map(|row| &row.keys).collect();
        keys.sort();
        keys.dedup();
        let of = |wanted: &[Dimension]| {
            let keys: Vec<_> = keys.iter().filter(|(by, _)| wanted.contains(by)).map(|(_, key)| key.clone()).collect();
            Some(keys).filter(|keys| !keys.is_empty())
        };
        let ids = |wanted| of(&[wanted]).map(|keys| keys.iter().filter_map(|key| key.parse().ok()).collect::<Vec<Uuid>>());
        let mut names = HashMap::new();
        if let Some(codes) = of(&[Dimension::Region, Dimension::Hromada]) {
            for place in territory::store::find(link, &codes).await? {
                for by in [Dimension::Region, Dimension::Hromada] {
                    names.insert((by, place.code.clone()), place.name.clone());
                }
            }
        }
        if let Some(ids) = ids(Dimension::Centre) {
            for centre in centre::store::find(link, &ids).await? {
                names.insert((Dimension::Centre, centre.id.to_string()), centre.name);
            }
        }
        if let Some(ids) = ids(Dimension::Provider) {
            for provider in organization::store::find(link, &ids).await? {
                names.insert((Dimension::Provider, provider.id.to_string()), provider.name);
            }
        }
        if keys.iter().any(|(by, _)| *by == Dimension::Service) {
            for service in service::store::list(link).await? {
                names.insert((Dimension::Service, service.code), service.name);
            }
        }
        Ok(Self(names))
    }

    fn value(&self, dimension: Dimension, key: String) -> DimensionValue {
        let label = self.0.get(&(dimension, key.clone())).cloned();
        // Outside, centres and providers go by their global ids.
        let kind = match dimension {
            Dimension::Centre => Some(Kind::Centre),
            Dimension::Provider => Some(Kind::Organization),
            _ => None,
        };
        let id = kind.zip(key.parse::<Uuid>().ok()).map(|(kind, key)| kind.id(key).to_string());
        let key = id.unwrap_or(key);
        DimensionValue { dimension, label: label.unwrap_or_else(|| key.clone()), key }
    }
}
