//! How a question of figures is answered: one's own from the roll-up, others' as they were published, what counts no people (events,
//! posts, money) live.

use super::{
    funding,
    model::*,
    protected::{self, Protected},
    question::{self, Source, source},
    store::{self, Figures},
    table::{self, Keys},
    tally,
};
use crate::{
    access::Actor,
    base::{
        Error, Result,
        error::ErrorCode,
        min_cell::MinCells,
        number::Number,
        words::{
            indicator::{Dimension, Indicator, IndicatorUnit, Protection},
            organization::TerritoryLevel,
        },
    },
    db::Reading,
};
use chrono::{Datelike, NaiveDate};
use std::collections::{BTreeMap, btree_map::Entry};
use uuid::Uuid;

/// Answers a question that may be asked.
pub async fn answer(
    reading: &Reading,
    actor: &Actor,
    question: &Question,
    release: Option<Uuid>,
    least: MinCells,
) -> Result<Table> {
    question::check(question)?;
    let mut table = Table { release: None, as_of: reading.as_of(), rows: Vec::new() };
    if !question.computed {
        table.rows = reported(reading, actor, question, least).await?;
        return Ok(table);
    }
    let about_people = |indicator: &&Indicator| indicator.protection() != Protection::Free;
    if question.whose == Whose::Others && question.indicators.iter().any(|indicator| about_people(&indicator)) {
        table.release = Some(publication(reading, question, release).await?);
        table.as_of = table.release.as_ref().map_or(table.as_of, |release| release.published_at);
    } else if release.is_some() {
        let message = "One's own figures, and those that count no people, are live: they are in no release.";
        return Err(Error::question(ErrorCode::BadUserInput, "input.release", message));
    }
    for indicator in &question.indicators {
        let rows = rows(reading, actor, question, *indicator).await?;
        let row = |(keys, cell): (Keys, Protected)| Row {
            indicator: *indicator,
            total: keys.len() < question.by.len() || question.by.is_empty(),
            keys,
            cell,
            observation: None,
        };
        table.rows.extend(rows.into_iter().map(row));
    }
    Ok(table)
}

/// The figures of one indicator, from wherever they come.
async fn rows(reading: &Reading, actor: &Actor, question: &Question, indicator: Indicator) -> Result<Vec<(Keys, Protected)>> {
    let is_free = indicator.protection() == Protection::Free;
    match (source(indicator), question.whose) {
        (Source::Stock, _) => stocks(reading, question, indicator).await,
        (Source::Funding(figure), _) => funded(reading, actor, question, indicator, figure).await,
        (Source::Cost, _) => costs(reading, actor, question).await,
        (_, Whose::Others) if !is_free => published(reading, question, indicator).await,
        (Source::Median, _) => medians(reading, actor, question).await,
        (Source::Level(begun, ended), _) => {
            counted(reading, question, indicator, &[(begun, &[]), (ended, &[])], BEGINNING).await
        }
        (Source::Flow(parts), _) => counted(reading, question, indicator, parts, question.span.from).await,
        (Source::Reported, _) => Ok(Vec::new()),
    }
}

/// Figures of the roll-up: one's own, or of everybody where they count no people.
async fn counted(
    reading: &Reading,
    question: &Question,
    indicator: Indicator,
    parts: &[(Measure, &[&str])],
    from: NaiveDate,
) -> Result<Vec<(Keys, Protected)>> {
    let sums = tally::sums(reading.link(), question.whose, question, parts, from).await?;
    let figures = table::divided(question, indicator, &sums);
    let cell = |amount| match question.whose {
        Whose::Own => protected::own(Number::count(amount)),
        Whose::Others => protected::open(indicator, Number::count(amount)),
    };
    Ok(table::totalled(&question.by, &figures).into_iter().map(|(keys, amount)| (keys, cell(amount))).collect())
}

/// Whose figures are asked for, if they are the reader's own.
fn own(actor: &Actor, question: &Question) -> Option<Uuid> {
    (question.whose == Whose::Own).then_some(actor.organization_id)
}

/// Sums of funding contracts by the keys of the question.
async fn sums_of(reading: &Reading, question: &Question, figure: Funding, own: Option<Uuid>) -> Result<BTreeMap<Keys, i64>> {
    let sums = funding::sums(reading.link(), question, figure, own).await?;
    Ok(sums.iter().map(|sum| (table::keys(&question.by, sum.told()), sum.amount)).collect())
}

/// What funding contracts tell of themselves: it counts no people, and is live for everybody.
async fn funded(
    reading: &Reading,
    actor: &Actor,
    question: &Question,
    indicator: Indicator,
    figure: Funding,
) -> Result<Vec<(Keys, Protected)>> {
    let figures = sums_of(reading, question, figure, own(actor, question)).await?;
    let cell = |amount| match indicator.unit() {
        IndicatorUnit::Money => protected::open_money(indicator, amount),
        _ => protected::open(indicator, Number::count(amount)),
    };
    Ok(table::totalled(&question.by, &figures).into_iter().map(|(keys, amount)| (keys, cell(amount))).collect())
}

/// What a service has cost: what acts were accepted for, divided by the services of the same part, as the reader is shown those. Where
/// nothing was accepted there is no cost, and of no services neither.
async fn costs(reading: &Reading, actor: &Actor, question: &Question) -> Result<Vec<(Keys, Protected)>> {
    let services = Indicator::ServicesProvided;
    let shown = match (question.whose, source(services)) {
        (Whose::Own, Source::Flow(parts)) => counted(reading, question, services, parts, question.span.from).await?,
        _ => published(reading, question, services).await?,
    };
    let shown: BTreeMap<Keys, Protected> = shown.into_iter().collect();
    let accepted = sums_of(reading, question, Funding::Accepted, own(actor, question)).await?;
    let cost = |(keys, money): (Keys, i64)| {
        let cell = protected::cost(money, shown.get(&keys)?)?;
        Some((keys, cell))
    };
    Ok(table::totalled(&question.by, &accepted).into_iter().filter(|(_, money)| *money > 0).filter_map(cost).collect())
}

/// Before all work that could be recorded.
const BEGINNING: NaiveDate = NaiveDate::from_yo_opt(1900, 1).expect("a day");

/// The release that answers, which must reach to the end of the period.
async fn publication(reading: &Reading, question: &Question, id: Option<Uuid>) -> Result<Release> {
    let found = match id {
        Some(id) => store::releases(reading.link(), &[id]).await?.pop(),
        None => store::latest_release(reading.link()).await?,
    };
    let until = found.as_ref().and_then(|release| Span::month(release.last_month)).map(|month| month.to);
    match (found, until) {
        (Some(release), Some(until)) if question.span.to <= until => Ok(release),
        (Some(release), _) => {
            let message = format!("Figures about people are published up to {}.", release.last_month.format("%Y-%m"));
            Err(Error::question(ErrorCode::BadUserInput, "input.period", message))
        }
        (None, _) if id.is_some() => {
            Err(Error::question(ErrorCode::BadUserInput, "input.release", "There is no such release."))
        }
        (None, _) => Err(Error::question(ErrorCode::BadUserInput, "input.period", "Nothing is published yet.")),
    }
}

/// Figures about people as they were frozen. A time of several months is shown where each of its months is: it adds nothing to what the
/// months tell.
async fn published(reading: &Reading, question: &Question, indicator: Indicator) -> Result<Vec<(Keys, Protected)>> {
    let from = match source(indicator) {
        Source::Level(..) => question.span.to.with_day(1).unwrap_or(question.span.to),
        _ => question.span.from,
    };
    let by_month = question.by.contains(&Dimension::Month);
    let (mut rows, mut asked) = (Vec::new(), BTreeMap::new());
    for chosen in table::choices(&question.by) {
        // What the months tell tells of the time, too: it is asked once.
        let divided: Vec<Dimension> = chosen.iter().copied().filter(|by| *by != Dimension::Month).collect();
        let found = match asked.entry(divided) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let which = Figures {
                    indicator,
                    dimension: new.key().iter().copied().find(|by| by.is_of_persons()),
                    level: level(question, new.key())?,
                    months: (from, question.span.to),
                    by_month,
                    within: question.territory.as_ref(),
                };
                let found = store::published(reading.link(), &which).await?;
                new.insert(found)
            }
        };
        let mut figures: BTreeMap<Keys, Option<i64>> = BTreeMap::new();
        for figure in found.iter() {
            let key = |by: &Dimension| {
                let key = match by {
                    Dimension::Region => figure.region.clone(),
                    Dimension::Hromada => figure.hromada.clone(),
                    Dimension::Centre => Some(figure.place.clone()),
                    Dimension::Month => figure.month.map(|month| format!("{}-{:02}", month.year(), month.month())),
                    _ => Some(figure.value.clone()),
                };
                (*by, key.unwrap_or_else(|| table::untold(*by).to_owned()))
            };
            let sum = figures.entry(chosen.iter().map(key).collect()).or_insert(Some(0));
            *sum = sum.zip(figure.amount).map(|(sum, more)| sum + more);
        }
        // Of nothing there is no median; and of several months none either.
        let median = source(indicator) == Source::Median;
        if median && by_month && !chosen.contains(&Dimension::Month) {
            continue;
        }
        if chosen.is_empty() && !median {
            figures.entry(Vec::new()).or_insert(Some(0));
        }
        rows.extend(figures.into_iter().map(|(keys, amount)| (keys, protected::frozen(amount))));
    }
    Ok(rows)
}

/// Medians of one's own answers: each is taken anew, never from others.
async fn medians(reading: &Reading, actor: &Actor, question: &Question) -> Result<Vec<(Keys, Protected)>> {
    let mut rows = Vec::new();
    for chosen in table::choices(&question.by) {
        for sum in tally::own_medians(reading.link(), actor.organization_id, question, &chosen).await? {
            rows.push((table::keys(&chosen, sum.told()), protected::own(Number::tenths(sum.amount))));
        }
    }
    Ok(rows)
}

/// The finest level that the dimensions and the territory of a question name.
fn level(question: &Question, by: &[Dimension]) -> Result<Level> {
    let asked = by.iter().map(|by| match by {
        Dimension::Region => Level::Region,
        Dimension::Hromada => Level::Hromada,
        Dimension::Centre => Level::Centre,
        _ => Level::Country,
    });
    let within = match question.territory.as_ref().map(|territory| territory.level) {
        None => Level::Country,
        Some(TerritoryLevel::Region | TerritoryLevel::SpecialCity) => Level::Region,
        Some(TerritoryLevel::Hromada) => Level::Hromada,
        Some(TerritoryLevel::Raion) => {
            let message = "Figures about people of others come by region, hromada and centre, not by raion.";
            return Err(Error::question(ErrorCode::BadUserInput, "input.territory", message));
        }
    };
    Ok(asked.max().unwrap_or(Level::Country).max(within))
}

/// What there was on the last day of the period.
async fn stocks(reading: &Reading, question: &Question, indicator: Indicator) -> Result<Vec<(Keys, Protected)>> {
    if indicator == Indicator::MemorandumPartners {
        return partners(reading, question).await;
    }
    let mut figures = BTreeMap::new();
    for stock in tally::stocks(reading.link(), question).await? {
        if stock.indicator != indicator.word() {
            continue;
        }
        let key = |by: &Dimension| {
            let key = match by {
                Dimension::Region => Some(&stock.region),
                Dimension::Hromada => Some(&stock.hromada),
                Dimension::Centre => stock.centre.as_ref(),
                _ => stock.provider.as_ref(),
            };
            (*by, key.map_or(table::untold(*by).to_owned(), Clone::clone))
        };
        *figures.entry(question.by.iter().map(key).collect()).or_insert(0) += stock.parts;
    }
    let cell = |parts| protected::open(indicator, Number::of_parts(parts));
    Ok(table::totalled(&question.by, &figures).into_iter().map(|(keys, parts)| (keys, cell(parts))).collect())
}

/// Distinct partners: counted at each level, never added.
async fn partners(reading: &Reading, question: &Question) -> Result<Vec<(Keys, Protected)>> {
    let level = |by: &Dimension| match by {
        Dimension::Region => "REGION",
        Dimension::Hromada => "HROMADA",
        Dimension::Centre => "CENTRE",
        _ => "PROVIDER",
    };
    if question.by.len() > 1 {
        let message = "Distinct partners are counted by one dimension at a time.";
        return Err(Error::question(ErrorCode::TooManyDimensions, "input.by", message));
    }
    let found = tally::partners(reading.link(), question.span.to).await?;
    let cell = |count| protected::open(Indicator::MemorandumPartners, Number::count(count));
    let whole = match (question.centre_id, question.provider_id, &question.territory) {
        (Some(centre), ..) => ("CENTRE", centre.to_string()),
        (None, Some(provider), _) => ("PROVIDER", provider.to_string()),
        (None, None, Some(territory)) if territory.level == TerritoryLevel::Hromada => ("HROMADA", territory.code.clone()),
        (None, None, Some(territory)) => ("REGION", territory.code.clone()),
        (None, None, None) => ("COUNTRY", "UA".to_owned()),
    };
    let total = found.iter().find(|row| (row.level.as_str(), &row.place) == (whole.0, &whole.1)).map_or(0, |row| row.count);
    let mut rows = Vec::new();
    if let Some(by) = question.by.first() {
        let of_level = found.iter().filter(|row| row.level == level(by));
        rows.extend(of_level.map(|row| (vec![(*by, row.place.clone())], cell(row.count))));
    }
    rows.push((Vec::new(), cell(total)));
    Ok(rows)
}

/// Figures as their sources reported them, one row each: they are never added.
async fn reported(reading: &Reading, actor: &Actor, question: &Question, least: MinCells) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (observation, centre, territory) in store::reported(reading.link(), question).await? {
        let cell = protected::reported(actor, &observation, centre.as_ref(), least);
        let provider = centre.as_ref().map(|centre| centre.provider_id).or(observation.about_id);
        let key = |by: &Dimension| {
            let key = match by {
                Dimension::Region => territory.as_ref().map(|territory| territory.region_code.clone()),
                Dimension::Hromada => territory
                    .as_ref()
                    .filter(|territory| territory.level == TerritoryLevel::Hromada)
                    .map(|territory| territory.code.clone()),
                Dimension::Centre => centre.as_ref().map(|centre| centre.id.to_string()),
                _ => provider.map(|id| id.to_string()),
            };
            (*by, key.unwrap_or_else(|| table::untold(*by).to_owned()))
        };
        let keys = question.by.iter().map(key).collect();
        rows.push(Row { indicator: observation.indicator, keys, cell, total: false, observation: Some(observation) });
    }
    Ok(rows)
}
