//! Publishing: what a month tells of people is counted once, decided once, and stands from then on. Late entries of a month that is
//! frozen are in one's own figures alone: so a later release changes nothing that was published, and nothing can be learnt by
//! comparing two.

use super::{
    frozen::Figures,
    model::{FrozenFigure, Release, Span},
    month::{Entry, Month},
    question::{Source, source},
    store, tally,
};
use crate::{
    base::{
        Error, Result,
        clock::day,
        id,
        min_cell::MinCells,
        words::{
            change::ChangeType,
            indicator::{Indicator, Protection},
        },
    },
    db::{Db, Errand, Tx},
    journal::{Audience, ObjectType, change::Entry as Written, record},
};
use chrono::{Datelike, Months, NaiveDate};
use std::collections::HashMap;

/// The day of a month on which the past one is published.
const DAY: u32 = 10;
/// Months of one round, so that a round ends.
const ROUND: usize = 120;

/// Publishes every month whose time has come, from the first of which anything is recorded. Returns how many.
pub async fn publish_due(db: &Db, least: MinCells) -> Result<usize> {
    let mut published = 0;
    while published < ROUND && publish_next(db, least).await? {
        published += 1;
    }
    Ok(published)
}

/// The last month that may be published on a day, by its first day.
fn due(today: NaiveDate) -> Option<NaiveDate> {
    let back = if today.day() >= DAY { 1 } else { 2 };
    today.with_day(1)?.checked_sub_months(Months::new(back))
}

async fn publish_next(db: &Db, least: MinCells) -> Result<bool> {
    let tx = db.errand(Errand::Release).await?;
    let next = match store::latest_release(tx.link()).await? {
        Some(release) => release.last_month.checked_add_months(Months::new(1)),
        None => tally::first_day(&tx).await?.and_then(|first| first.with_day(1)),
    };
    let Some(month) = next.filter(|month| due(day(tx.now())).is_some_and(|due| *month <= due)) else { return Ok(false) };
    let release = Release { id: id::timed(), last_month: month, published_at: tx.now() };
    // Another server may be faster: then it is done.
    if !store::insert_release(&tx, &release).await? {
        return Ok(false);
    }
    freeze(&tx, month, least).await?;
    let entry = Written::new(ChangeType::ReleasePublished, ObjectType::Release, release.id, 1);
    record(&tx, entry, Audience::Everyone).await?;
    tx.commit().await?;
    Ok(true)
}

/// Counts and decides a month.
async fn freeze(tx: &Tx, first: NaiveDate, least: MinCells) -> Result<()> {
    let span = Span::month(first).ok_or_else(|| Error::internal("a month without an end"))?;
    let mut month = Month::default();
    tally::leaves(tx, Some(span.from), span.to, |leaf| month.add_flow(leaf)).await?;
    tally::leaves(tx, None, span.to, |leaf| month.add_level(leaf)).await?;
    tally::recipients(tx, span, |one| month.add_contact(&one)).await?;
    let medians = medians(tx, span, least).await?;
    store::freeze(tx, Indicator::MedianHoursToRespond, first, medians.into_iter()).await?;
    for indicator in Indicator::ALL.iter().copied().filter(|one| one.protection() != Protection::Free) {
        let counted = counted(&month, indicator);
        if counted.is_empty() {
            continue;
        }
        let figures = Figures::of(&month, indicator, &counted);
        let shape = figures.shape()?;
        let bundle = figures.bundle(&shape);
        let patterns = figures.decide(&bundle, least)?;
        store::freeze(tx, indicator, first, figures.frozen(&shape, &bundle, &patterns)).await?;
    }
    Ok(())
}

/// Medians stand on enough answers, or are kept back.
async fn medians(tx: &Tx, span: Span, least: MinCells) -> Result<Vec<FrozenFigure>> {
    let row = |median: tally::Median| FrozenFigure {
        dimension: "",
        value: String::new(),
        level: median.level,
        place: median.place,
        amount: median.hours,
        officials: median.base >= i64::from(least.official),
        everyone: median.base >= i64::from(least.public),
    };
    Ok(tally::medians(tx, span).await?.into_iter().map(row).collect())
}

/// How often an entry counts.
type Sign<'a> = &'a dyn Fn(&Entry) -> i64;

/// Of a month, what an indicator counts; what has ended is taken from what has begun, of the same place and people.
fn counted(month: &Month, indicator: Indicator) -> Vec<(&Entry, u64)> {
    let (entries, sign): (&[Entry], Sign<'_>) = match source(indicator) {
        Source::Flow(parts) => (&month.flows, &move |entry| {
            let counts = |(measure, words): &(_, &[&str])| {
                *measure == entry.measure && (words.is_empty() || words.contains(&month.word(entry)))
            };
            i64::from(parts.iter().any(counts))
        }),
        Source::Level(begun, ended) => {
            (&month.levels, &move |entry| i64::from(entry.measure == begun) - i64::from(entry.measure == ended))
        }
        // What a service has cost follows from what is published, and is not frozen itself.
        Source::Median | Source::Stock | Source::Funding(_) | Source::Cost | Source::Reported => return Vec::new(),
    };
    let positive = |entry: &Entry, sign: i64| u64::try_from(entry.amount * sign).ok().filter(|amount| *amount > 0);
    let mut gone: HashMap<_, u64> = HashMap::new();
    for entry in entries {
        if let Some(amount) = positive(entry, -sign(entry)) {
            *gone.entry(entry.people()).or_default() += amount;
        }
    }
    let left = |entry| {
        let amount = positive(entry, sign(entry))?;
        let taken = gone.get_mut(&entry.people()).map_or(0, |gone| {
            let taken = amount.min(*gone);
            *gone -= taken;
            taken
        });
        Some((entry, amount - taken)).filter(|(_, amount)| *amount > 0)
    };
    entries.iter().filter_map(left).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_the_tenth_the_past_month_is_due() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        assert_eq!(due(day("2026-11-10")), Some(day("2026-10-01")));
        assert_eq!(due(day("2026-11-09")), Some(day("2026-09-01")));
        assert_eq!(due(day("2026-01-31")), Some(day("2025-12-01")));
    }
}
