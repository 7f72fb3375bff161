//! The figures of a month as they stand for good: the tree of places, what is added up where, who is shown what. Pure.

use super::{
    disclosure::{ALL, Axis, BoxKey, Bundle, Column, Fault, Pattern, Place, Rule, Shape, protect},
    model::{FrozenFigure, Level, Measure},
    month::{Entry, Month, Name, PlaceNumber, Told},
    question::divides,
    store, table,
};
use crate::base::{
    Error, Result,
    min_cell::MinCells,
    words::{
        case::TargetCategory,
        indicator::{Dimension, Indicator, IndicatorUnit},
    },
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// Dimensions that divide people, but for the groups of categories, which come with these.
const OF_PERSONS: [Dimension; 5] =
    [Dimension::TargetCategory, Dimension::Sex, Dimension::AgeBand, Dimension::Service, Dimension::ReferralStatus];

/// What is counted, and how much of it.
pub(super) type Counted<'a> = [(&'a Entry, u64)];

/// The tree of places of a table, and the values of its dimensions.
pub(super) struct Figures<'a> {
    month: &'a Month,
    indicator: Indicator,
    counted: &'a Counted<'a>,
    places: Vec<Place>,
    /// What a place is published as; none for the share of one organisation, which is not published.
    names: Vec<Option<(Level, String)>>,
    /// The reporting place of each spot that has something.
    reporting: HashMap<PlaceNumber, usize>,
    axes: Vec<(Dimension, Vec<Name>)>,
}

impl<'a> Figures<'a> {
    pub(super) fn of(month: &'a Month, indicator: Indicator, counted: &'a Counted<'a>) -> Self {
        let mut all = Self {
            month,
            indicator,
            counted,
            places: vec![Place { parent: None, owner: None }],
            names: vec![Some((Level::Country, store::COUNTRY.to_owned()))],
            reporting: HashMap::new(),
            axes: Vec::new(),
        };
        let spots: BTreeSet<PlaceNumber> = counted.iter().map(|(entry, _)| entry.place).collect();
        let mut spots: Vec<PlaceNumber> = spots.into_iter().collect();
        let spot = |number: PlaceNumber| &month.spots[number as usize];
        spots.sort_unstable_by_key(|number| (&spot(*number).territory, spot(*number).centre_id, spot(*number).organization_id));
        let mut known: BTreeMap<(usize, Level, String), usize> = BTreeMap::new();
        let mut owners: BTreeMap<Uuid, u32> = BTreeMap::new();
        for number in spots {
            let spot = spot(number);
            let centre = spot.centre_id.map(|id| id.to_string());
            let steps = [
                (Level::Region, Some(&spot.region)),
                (Level::Hromada, spot.hromada.as_ref()),
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
            let owner = *owners.entry(spot.organization_id).or_insert(next);
            all.places.push(Place { parent: Some(at), owner: Some(owner) });
            all.names.push(None);
            all.reporting.insert(number, all.places.len() - 1);
        }
        for by in OF_PERSONS.into_iter().filter(|by| divides(indicator, *by)) {
            let values: BTreeSet<Name> = counted.iter().map(|(entry, _)| entry.told.value(by)).collect();
            let mut values: Vec<Name> = values.into_iter().collect();
            values.sort_unstable_by_key(|value| month.name(*value));
            all.axes.push((by, values));
        }
        all
    }

    pub(super) fn shape(&self) -> Result<Shape> {
        let axis = |(by, values): &(Dimension, Vec<Name>)| match by {
            Dimension::TargetCategory => {
                let groups = self.groups(values);
                let of = |value: &Name| groups.iter().position(|group| *group == group_of(self.month.name(*value)));
                Axis::Grouped(values.iter().map(|value| of(value).unwrap_or_default()).collect())
            }
            _ => Axis::Flat(values.len()),
        };
        let axes: Vec<Axis> = self.axes.iter().map(axis).collect();
        Shape::new(self.places.clone(), &axes).map_err(fault)
    }

    /// Adds everything up.
    pub(super) fn bundle<'b>(&self, shape: &'b Shape) -> Bundle<'b> {
        let mut bundle = Bundle::new(shape);
        let columns = self.columns(shape);
        for (entry, amount) in self.counted {
            for column in columns.of(&entry.told) {
                bundle.add(self.reporting[&entry.place], column, *amount);
            }
        }
        if self.indicator.unit() == IndicatorUnit::Service {
            self.count_people(shape, &columns, &mut bundle);
        }
        bundle
    }

    /// Decides who is shown what.
    pub(super) fn decide(&self, bundle: &Bundle<'_>, least: MinCells) -> Result<[Pattern; 2]> {
        let official = Rule { min_cell: u64::from(least.official), contributors: false };
        let public = Rule { min_cell: u64::from(least.public), contributors: true };
        // Whoever is both reads no more than an official: what is hidden from officials is hidden from everyone.
        let official = protect(bundle, official, None).map_err(fault)?;
        let public = protect(bundle, public, Some(&official)).map_err(fault)?;
        Ok([official, public])
    }

    fn columns(&self, shape: &Shape) -> Columns {
        let axis = |(axis, (by, values)): (usize, &(Dimension, Vec<Name>))| {
            let of = values.iter().enumerate().map(|(number, value)| (*value, shape.value(axis, number)));
            (*by, of.collect())
        };
        Columns(self.axes.iter().enumerate().map(axis).collect())
    }

    /// Says how many people stand behind each figure: a person who came often, or to several places, is one.
    fn count_people(&self, shape: &Shape, columns: &Columns, bundle: &mut Bundle<'_>) {
        let mut people = People::new(shape);
        // Those who took part in group work: nobody knows more of them.
        for (entry, amount) in self.counted.iter().filter(|(entry, _)| entry.measure == Measure::Participant) {
            people.add(None, self.reporting[&entry.place], columns.of(&entry.told), *amount);
        }
        let individual = self.indicator == Indicator::IndividualConsultations;
        for one in &self.month.contacts {
            let counts = !individual || self.month.name(one.told.value(Dimension::ActivityKind)) == "INDIVIDUAL";
            let Some(place) = self.reporting.get(&one.place).filter(|_| counts) else { continue };
            let case = Some(one.case).filter(|case| *case > 0);
            people.add(case, *place, columns.of(&one.told), case.map_or(u64::from(one.contacts), |_| 1));
        }
        let width = shape.width();
        let told = people.counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
        told.for_each(|(at, count)| bundle.set_recipients(BoxKey { place: at / width, column: at % width }, count));
    }

    /// All that is more than zero, in the order of the table's key: what is asked for together stands together.
    pub(super) fn frozen(
        &self,
        shape: &Shape,
        bundle: &Bundle<'_>,
        [official, public]: &[Pattern; 2],
    ) -> impl Iterator<Item = FrozenFigure> {
        let mut parts: Vec<(&'static str, Vec<(Column, String)>)> = vec![("", vec![(ALL, String::new())])];
        for (axis, (by, values)) in self.axes.iter().enumerate() {
            let named = values.iter().enumerate();
            let named = named.map(|(number, value)| (shape.value(axis, number), self.month.name(*value).to_owned()));
            parts.push((by.word(), named.collect()));
            if *by == Dimension::TargetCategory {
                let named = self.groups(values).into_iter().enumerate();
                let named = named.map(|(number, group)| (shape.group(axis, number), group));
                parts.push((Dimension::TargetGroup.word(), named.collect()));
            }
        }
        let mut places: Vec<(usize, Level, &String)> = Vec::new();
        places.extend(
            self.names.iter().enumerate().filter_map(|(place, name)| name.as_ref().map(|(level, name)| (place, *level, name))),
        );
        places.sort_by_key(|(_, level, name)| (level.word(), *name));
        let ordered = parts.into_iter().flat_map(move |(dimension, columns)| {
            let row = move |(place, level, name): (usize, Level, &String)| {
                let name = name.clone();
                columns
                    .clone()
                    .into_iter()
                    .map(move |(column, value)| (dimension, value, level, name.clone(), BoxKey { place, column }))
            };
            places.clone().into_iter().flat_map(row)
        });
        ordered.filter_map(|(dimension, value, level, place, key)| {
            let amount = i64::try_from(bundle.count(key)).unwrap_or(i64::MAX);
            let (officials, everyone) = (!official.hides(key), !public.hides(key));
            (amount > 0).then_some(FrozenFigure { dimension, value, level, place, amount, officials, everyone })
        })
    }

    /// The groups of these categories, each once, in order.
    fn groups(&self, categories: &[Name]) -> Vec<String> {
        let all: BTreeSet<String> = categories.iter().map(|category| group_of(self.month.name(*category))).collect();
        all.into_iter().collect()
    }
}

/// In which column each name of a dimension stands.
struct Columns(Vec<(Dimension, HashMap<Name, Column>)>);

impl Columns {
    /// One column of each dimension; where there is none, everybody's.
    fn of<'c>(&'c self, told: &'c Told) -> impl Iterator<Item = Column> + 'c {
        let of = |(by, columns): &(Dimension, HashMap<Name, Column>)| columns.get(&told.value(*by)).copied().unwrap_or(ALL);
        self.0.iter().map(of).chain(self.0.is_empty().then_some(ALL))
    }
}

/// How many people stand behind each figure, while they are counted one after the other.
struct People<'a> {
    shape: &'a Shape,
    counts: Vec<u64>,
    /// Who was counted last: a person is counted once.
    last: Vec<u32>,
    unknown: u32,
}

impl<'a> People<'a> {
    fn new(shape: &'a Shape) -> Self {
        let size = shape.width() * shape.height();
        Self { shape, counts: vec![0; size], last: vec![0; size], unknown: u32::MAX }
    }

    /// What comes of one person must come together.
    fn add(&mut self, person: Option<u32>, place: usize, columns: impl Iterator<Item = Column>, count: u64) {
        let person = person.unwrap_or(self.unknown);
        // Nobody known is nobody who came before.
        self.unknown -= 1;
        let columns: Vec<Column> = columns.flat_map(|column| self.shape.outwards(column)).collect();
        for place in self.shape.upwards(place) {
            for column in &columns {
                let at = place * self.shape.width() + column;
                if self.last[at] != person {
                    self.last[at] = person;
                    self.counts[at] += count;
                }
            }
        }
    }
}

fn group_of(category: &str) -> String {
    match TargetCategory::of(category) {
        Some(category) => category.group().word().to_owned(),
        None => table::untold(Dimension::TargetGroup).to_owned(),
    }
}

fn fault(fault: Fault) -> Error {
    Error::internal(format!("the figures of a month do not fit together: {fault:?}"))
}
