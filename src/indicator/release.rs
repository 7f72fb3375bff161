//! Publishing: what a month tells of people is counted once, decided once, and stands from then on. Late entries of a month that is
//! frozen are in one's own figures alone: so a later release changes nothing that was published, and nothing can be learnt by
//! comparing two.

use super::{
    disclosure::{ALL, Axis, BoxKey, Bundle, Column, Pattern, Place, Rule, Shape, protect},
    model::{FrozenFigure, Leaf, Level, Measure, Recipient, Release, Span},
    question::{Source, divides, source},
    store, table, tally,
};
use crate::{
    base::{
        Error, Result,
        clock::day,
        id,
        min_cell::MinCells,
        words::{
            case::TargetCategory,
            change::ChangeType,
            indicator::{Dimension, Indicator, IndicatorUnit, Protection},
        },
    },
    db::{Db, Errand, Tx},
    journal::{Audience, ObjectType, change::Entry, record},
};
use chrono::{Datelike, Months, NaiveDate};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// The day of a month on which the past one is published.
const DAY: u32 = 10;
/// Months of one round, so that a round ends.
const ROUND: usize = 120;

/// Dimensions that divide people, but for the groups of categories, which come with these.
const OF_PERSONS: [Dimension; 5] =
    [Dimension::TargetCategory, Dimension::Sex, Dimension::AgeBand, Dimension::Service, Dimension::ReferralStatus];

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
    let entry = Entry::new(ChangeType::ReleasePublished, ObjectType::Release, release.id, 1);
    record(&tx, entry, Audience::Everyone).await?;
    tx.commit().await?;
    Ok(true)
}

/// Counts and decides a month.
async fn freeze(tx: &Tx, month: NaiveDate, least: MinCells) -> Result<()> {
    let span = Span::month(month).ok_or_else(|| Error::internal("a month without an end"))?;
    let flows = tally::leaves(tx, Some(span.from), span.to).await?;
    let levels = tally::leaves(tx, None, span.to).await?;
    let recipients = tally::recipients(tx, span).await?;
    store::freeze(tx, &medians(tx, month, span, least).await?).await?;
    for indicator in Indicator::ALL.iter().copied().filter(|one| one.protection() != Protection::Free) {
        let (leaves, signs): (&[Leaf], fn(Indicator, &Leaf) -> i64) = match source(indicator) {
            Source::Flow(_) => (&flows, flow),
            Source::Level(..) => (&levels, level),
            Source::Median | Source::Stock | Source::Reported => continue,
        };
        let of: Vec<(&Leaf, u64)> = leaves
            .iter()
            .filter_map(|leaf| {
                Some((leaf, u64::try_from(leaf.amount * signs(indicator, leaf)).ok().filter(|amount| *amount > 0)?))
            })
            .collect();
        let ended: Vec<(&Leaf, u64)> = leaves
            .iter()
            .filter_map(|leaf| {
                Some((leaf, u64::try_from(-leaf.amount * signs(indicator, leaf)).ok().filter(|amount| *amount > 0)?))
            })
            .collect();
        let of = less(of, &ended);
        if of.is_empty() {
            continue;
        }
        let figures = Figures::of(indicator, &of);
        let recipients = (indicator.unit() == IndicatorUnit::Service).then_some(recipients.as_slice());
        store::freeze(tx, &figures.decide(indicator, month, &of, recipients, least)?).await?;
    }
    Ok(())
}

/// Medians stand on enough answers, or are kept back.
async fn medians(tx: &Tx, month: NaiveDate, span: Span, least: MinCells) -> Result<Vec<FrozenFigure>> {
    let row = |median: tally::Median| FrozenFigure {
        indicator: Indicator::MedianHoursToRespond,
        dimension: String::new(),
        value: String::new(),
        level: median.level,
        place: median.place,
        month,
        amount: median.hours,
        officials: median.base >= i64::from(least.official),
        everyone: median.base >= i64::from(least.public),
    };
    Ok(tally::medians(tx, span).await?.into_iter().map(row).collect())
}

/// How often an entry counts for an indicator of a period.
fn flow(indicator: Indicator, leaf: &Leaf) -> i64 {
    let Source::Flow(parts) = source(indicator) else { return 0 };
    let counts = |(measure, words): &(Measure, &[&str])| {
        *measure == leaf.measure && (words.is_empty() || leaf.word.as_deref().is_some_and(|word| words.contains(&word)))
    };
    i64::from(parts.iter().any(counts))
}

/// How often it counts for what there is on a day.
fn level(indicator: Indicator, leaf: &Leaf) -> i64 {
    let Source::Level(begun, ended) = source(indicator) else { return 0 };
    i64::from(leaf.measure == begun) - i64::from(leaf.measure == ended)
}

/// What there is, less what has ended, of the same place and people.
fn less<'a>(of: Vec<(&'a Leaf, u64)>, ended: &[(&Leaf, u64)]) -> Vec<(&'a Leaf, u64)> {
    if ended.is_empty() {
        return of;
    }
    let mut gone: HashMap<_, u64> = HashMap::new();
    ended.iter().for_each(|(leaf, amount)| *gone.entry(leaf.people()).or_default() += amount);
    let left = |(leaf, amount): (&'a Leaf, u64)| {
        let gone = gone.get_mut(&leaf.people()).map_or(0, |gone| {
            let taken = amount.min(*gone);
            *gone -= taken;
            taken
        });
        (leaf, amount - gone)
    };
    of.into_iter().map(left).filter(|(_, amount)| *amount > 0).collect()
}

/// The tree of places of a table, and the values of its dimensions.
struct Figures {
    places: Vec<Place>,
    /// What a place is published as; none for the share of one organisation, which is not published.
    names: Vec<Option<(Level, String)>>,
    by_leaf: HashMap<(Uuid, Option<Uuid>, String), usize>,
    axes: Vec<(Dimension, Vec<String>)>,
}

impl Figures {
    fn of(indicator: Indicator, leaves: &[(&Leaf, u64)]) -> Self {
        let mut all = Self {
            places: vec![Place { parent: None, owner: None }],
            names: vec![Some((Level::Country, store::COUNTRY.to_owned()))],
            by_leaf: HashMap::new(),
            axes: Vec::new(),
        };
        let mut known: BTreeMap<(usize, Level, String), usize> = BTreeMap::new();
        let mut owners: BTreeMap<Uuid, u32> = BTreeMap::new();
        for (leaf, _) in leaves {
            if all.by_leaf.contains_key(&leaf.place()) {
                continue;
            }
            let centre = leaf.centre_id.map(|id| id.to_string());
            let steps = [
                (Level::Region, Some(&leaf.region)),
                (Level::Hromada, leaf.hromada.as_ref()),
                (Level::Centre, centre.as_ref()),
            ];
            let mut at = 0;
            for (level, name) in steps {
                let Some(name) = name else { continue };
                at = *known.entry((at, level, name.clone())).or_insert_with(|| {
                    all.places.push(Place { parent: Some(at), owner: None });
                    all.names.push(Some((level, name.clone())));
                    all.places.len() - 1
                });
            }
            let next = owners.len() as u32;
            let owner = *owners.entry(leaf.organization_id).or_insert(next);
            all.places.push(Place { parent: Some(at), owner: Some(owner) });
            all.names.push(None);
            all.by_leaf.insert(leaf.place(), all.places.len() - 1);
        }
        for by in OF_PERSONS.into_iter().filter(|by| divides(indicator, *by)) {
            let values: BTreeSet<String> = leaves.iter().map(|(leaf, _)| leaf.value(by)).collect();
            all.axes.push((by, values.into_iter().collect()));
        }
        all
    }

    fn shape(&self) -> Result<Shape> {
        let axis = |(by, values): &(Dimension, Vec<String>)| match by {
            Dimension::TargetCategory => {
                let groups = groups(values);
                let of = |value: &String| groups.iter().position(|group| *group == group_of(value)).unwrap_or_default();
                Axis::Grouped(values.iter().map(of).collect())
            }
            _ => Axis::Flat(values.len()),
        };
        let axes: Vec<Axis> = self.axes.iter().map(axis).collect();
        Shape::new(self.places.clone(), &axes).map_err(fault)
    }

    /// Decides who is shown what.
    fn decide(
        &self,
        indicator: Indicator,
        month: NaiveDate,
        leaves: &[(&Leaf, u64)],
        recipients: Option<&[Recipient]>,
        least: MinCells,
    ) -> Result<Vec<FrozenFigure>> {
        let shape = self.shape()?;
        let mut bundle = Bundle::new(&shape);
        let columns = |value: &dyn Fn(Dimension) -> String| -> Vec<Column> {
            let column = |(axis, (by, values)): (usize, &(Dimension, Vec<String>))| {
                values.binary_search(&value(*by)).map_or(ALL, |number| shape.value(axis, number))
            };
            if self.axes.is_empty() { vec![ALL] } else { self.axes.iter().enumerate().map(column).collect() }
        };
        for (leaf, amount) in leaves {
            for column in columns(&|by| leaf.value(by)) {
                bundle.add(self.by_leaf[&leaf.place()], column, *amount);
            }
        }
        if let Some(recipients) = recipients {
            self.count_people(indicator, leaves, recipients, &shape, &columns, &mut bundle);
        }
        let official = Rule { min_cell: u64::from(least.official), contributors: false };
        let public = Rule { min_cell: u64::from(least.public), contributors: true };
        // Whoever is both reads no more than an official: what is hidden from officials is hidden from everyone.
        let official = protect(&bundle, official, None).map_err(fault)?;
        let public = protect(&bundle, public, Some(&official)).map_err(fault)?;
        Ok(self.frozen(indicator, month, &shape, &bundle, &official, &public))
    }

    /// Says how many people stand behind each figure: a person who came often, or to several places, is one.
    fn count_people(
        &self,
        indicator: Indicator,
        leaves: &[(&Leaf, u64)],
        recipients: &[Recipient],
        shape: &Shape,
        columns: &dyn Fn(&dyn Fn(Dimension) -> String) -> Vec<Column>,
        bundle: &mut Bundle<'_>,
    ) {
        let mut people: HashMap<BoxKey, u64> = HashMap::new();
        let boxes = |place: usize, of: Vec<Column>| -> BTreeSet<BoxKey> {
            let places: Vec<usize> = shape.upwards(place).collect();
            let columns: BTreeSet<Column> = of.into_iter().flat_map(|column| shape.outwards(column)).collect();
            places.iter().flat_map(|place| columns.iter().map(|column| BoxKey { place: *place, column: *column })).collect()
        };
        // Those who took part in group work: nobody knows more of them.
        for (leaf, amount) in leaves.iter().filter(|(leaf, _)| leaf.measure == Measure::Participant) {
            for key in boxes(self.by_leaf[&leaf.place()], columns(&|by| leaf.value(by))) {
                *people.entry(key).or_default() += amount;
            }
        }
        let mut person: (Option<Uuid>, BTreeSet<BoxKey>) = (None, BTreeSet::new());
        let counts = |one: &&Recipient| indicator != Indicator::IndividualConsultations || one.form == "INDIVIDUAL";
        // They come case by case.
        for one in recipients.iter().filter(counts) {
            let Some(place) = self.by_leaf.get(&one.place()) else { continue };
            let keys = boxes(*place, columns(&|by| one.value(by)));
            match one.case_id {
                None => keys.into_iter().for_each(|key| *people.entry(key).or_default() += one.contacts.unsigned_abs()),
                Some(_) if person.0 == one.case_id => person.1.extend(keys),
                Some(_) => {
                    person.1.into_iter().for_each(|key| *people.entry(key).or_default() += 1);
                    person = (one.case_id, keys);
                }
            }
        }
        person.1.into_iter().for_each(|key| *people.entry(key).or_default() += 1);
        people.into_iter().for_each(|(key, count)| bundle.set_recipients(key, count));
    }

    fn frozen(
        &self,
        indicator: Indicator,
        month: NaiveDate,
        shape: &Shape,
        bundle: &Bundle<'_>,
        official: &Pattern,
        public: &Pattern,
    ) -> Vec<FrozenFigure> {
        let mut columns: Vec<(Column, Option<(Dimension, String)>)> = vec![(ALL, None)];
        for (axis, (by, values)) in self.axes.iter().enumerate() {
            columns.extend(
                values.iter().enumerate().map(|(number, value)| (shape.value(axis, number), Some((*by, value.clone())))),
            );
            if *by == Dimension::TargetCategory {
                let named = groups(values).into_iter().enumerate();
                columns.extend(named.map(|(number, group)| (shape.group(axis, number), Some((Dimension::TargetGroup, group)))));
            }
        }
        let mut rows = Vec::new();
        for (place, (level, name)) in self.names.iter().enumerate().filter_map(|(place, name)| Some((place, name.as_ref()?))) {
            for (column, of) in &columns {
                let key = BoxKey { place, column: *column };
                let amount = i64::try_from(bundle.count(key)).unwrap_or(i64::MAX);
                if amount > 0 {
                    let (dimension, value) = of.as_ref().map_or(("", ""), |(by, value)| (by.word(), value));
                    let (officials, everyone) = (!official.hides(key), !public.hides(key));
                    rows.push(FrozenFigure {
                        indicator,
                        dimension: dimension.to_owned(),
                        value: value.to_owned(),
                        level: *level,
                        place: name.clone(),
                        month,
                        amount,
                        officials,
                        everyone,
                    });
                }
            }
        }
        rows
    }
}

/// The groups of these categories, each once, in order.
fn groups(categories: &[String]) -> Vec<String> {
    let all: BTreeSet<String> = categories.iter().map(|category| group_of(category)).collect();
    all.into_iter().collect()
}

fn group_of(category: &str) -> String {
    match TargetCategory::of(category) {
        Some(category) => category.group().word().to_owned(),
        None => table::untold(Dimension::TargetGroup).to_owned(),
    }
}

fn fault(fault: super::disclosure::Fault) -> Error {
    Error::internal(format!("the figures of a month do not fit together: {fault:?}"))
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
