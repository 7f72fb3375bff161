//! Looks for exchanges that change a figure: such as can be had for nothing, since all on the way is hidden, and, if these are
//! too few, the cheapest.

use super::{
    bundle::{BoxKey, Figures},
    exchange::{Exchange, Way, between, with_group},
    pattern::Pattern,
    shape::{ALL, Column},
};

#[derive(Clone, Copy)]
pub(in crate::indicator) struct Search<'a> {
    pub(in crate::indicator) figures: &'a Figures<'a>,
    pub(in crate::indicator) pattern: &'a Pattern,
    /// Only what costs nothing.
    pub(in crate::indicator) free: bool,
}

/// Hears of an exchange and its toll; says whether that is enough.
pub(in crate::indicator) type Heard<'a> = dyn FnMut(u64, Exchange) -> bool + 'a;

/// One end of a way: a reporting place or, above the country, nobody; with the toll.
type End = (u64, Option<usize>);

/// The whole toll of an end, by the toll of the way so far; none where its counts are too small.
type Price<'a> = dyn Fn(Option<usize>, u64) -> Option<u64> + 'a;

/// The cheapest ends, one of each owner.
#[derive(Default)]
struct Ends(Vec<End>);

impl Ends {
    const MOST: usize = 4;

    fn add(&mut self, search: &Search<'_>, end: End) {
        let owner = |end: End| end.1.and_then(|place| search.owner(place));
        if owner(end).is_some()
            && let Some(at) = self.0.iter().position(|other| owner(*other) == owner(end))
        {
            if self.0[at].0 <= end.0 {
                return;
            }
            self.0.remove(at);
        }
        let at = self.0.partition_point(|other| other.0 <= end.0);
        self.0.insert(at, end);
        self.0.truncate(Self::MOST);
    }

    /// Nothing better can come for this toll.
    fn full(&self, toll: u64) -> bool {
        self.0.len() == Self::MOST && self.0.last().is_some_and(|last| last.0 <= toll)
    }
}

impl Search<'_> {
    fn owner(&self, place: usize) -> Option<u32> {
        self.figures.shape.places[place].owner.filter(|_| self.figures.rule.contributors)
    }

    /// What it would cost to hide these figures of a place: how many reporting places lose them, groups and totals more than
    /// values. Nothing, if all are hidden; none, if one is 0 or nothing may be spent. Counts play no part, so that the choice tells nothing of them.
    fn toll(&self, place: usize, columns: &[Column]) -> Option<u64> {
        // What is hidden is not 0.
        if self.free {
            return columns.iter().all(|&column| self.pattern.hides(BoxKey { place, column })).then_some(0);
        }
        let (shape, mut toll) = (self.figures.shape, 0);
        for &column in columns {
            if self.figures.count(place, column) == 0 {
                return None;
            }
            if !self.pattern.hides(BoxKey { place, column }) {
                toll += shape.weight[place] * shape.worth[column];
            }
        }
        Some(toll)
    }

    /// Tells of exchanges that change a figure, until it is enough.
    pub(in crate::indicator) fn each(&self, key: BoxKey, heard: &mut Heard<'_>) -> bool {
        self.squares(key, heard) || self.transfers(key, heard)
    }

    /// Of a value, or of a value of a group, for others of its dimension.
    pub(in crate::indicator) fn squares(&self, key: BoxKey, heard: &mut Heard<'_>) -> bool {
        let shape = self.figures.shape;
        let Some(axis) = shape.axis[key.column] else { return false };
        let (gains, loses): (Vec<Column>, Vec<Column>) = shape.values[axis].iter().partition(|value| self.within(key, **value));
        gains.iter().any(|gain| loses.iter().any(|lose| self.square(key.place, *gain, *lose, heard)))
    }

    fn within(&self, key: BoxKey, value: Column) -> bool {
        value == key.column || self.figures.shape.above[value] == key.column
    }

    fn square(&self, place: usize, gain: Column, lose: Column, heard: &mut Heard<'_>) -> bool {
        let (shape, counts) = (self.figures.shape, self.figures);
        let same = shape.above[gain] == shape.above[lose];
        let pick = |value| if same { vec![value] } else { with_group(shape, value).collect() };
        let (gains, loses) = (pick(gain), pick(lose));
        let columns = [&gains[..], &loses].concat();
        if self.toll(place, &columns).is_none() {
            return false;
        }
        Way::BOTH.into_iter().any(|way| {
            let fits = |end: Option<usize>, way: Way| {
                end.is_none_or(|end| counts.count(end, gain) >= way.least().0 && counts.count(end, lose) >= way.least().1)
            };
            let below = self.below(place, &columns, &|end, toll| fits(end, way).then_some(toll));
            let price = |end: Option<usize>, toll| fits(end, way.reverse()).then_some(toll);
            let above = if below.0.is_empty() { below.0.clone() } else { self.above(place, &columns, &price).0 };
            let mut pairs = below.0.iter().flat_map(|below| above.iter().map(move |above| (below, above)));
            pairs.any(|(&(toll, here), &(more, there))| {
                let exchange = |here| Exchange { here, there, gains: gains.clone(), loses: loses.clone(), way };
                here.is_some_and(|here| heard(toll + more, exchange(here)))
            })
        })
    }

    /// Of people, in the column of totals and all dimensions.
    pub(in crate::indicator) fn transfers(&self, key: BoxKey, heard: &mut Heard<'_>) -> bool {
        Way::BOTH.into_iter().any(|way| self.transfers_one_way(key, way, heard))
    }

    fn transfers_one_way(&self, key: BoxKey, way: Way, heard: &mut Heard<'_>) -> bool {
        let mut columns = vec![ALL, self.figures.shape.above[key.column], key.column];
        columns.dedup();
        let (column, least) = (key.column, way.least().0);
        let enough = |end: Option<usize>| end.is_none_or(|end| self.figures.count(end, column) >= least);
        let below = self.below(key.place, &columns, &|end, toll| enough(end).then_some(toll));
        below.0.iter().filter_map(|(_, here)| *here).any(|here| {
            let price = |there, _| self.transfer(key, here, there, way).map(|(toll, _)| toll);
            let above = self.above(key.place, &columns, &price);
            above.0.iter().any(|&(toll, there)| {
                let gains = self.transfer(key, here, there, way).map(|(_, gains)| gains);
                gains.is_some_and(|gains| heard(toll, Exchange { here, there, gains, loses: Vec::new(), way }))
            })
        })
    }

    /// The cheapest transfer between two places that changes a figure: in each dimension one value.
    fn transfer(&self, key: BoxKey, here: usize, there: Option<usize>, way: Way) -> Option<(u64, Vec<Column>)> {
        let (shape, places) = (self.figures.shape, between(self.figures.shape, here, there));
        let along = |columns: &[Column]| places.iter().map(|place| self.toll(*place, columns)).sum::<Option<u64>>();
        let enough = |end: usize, value: Column, least: u64| self.figures.count(end, value) >= least;
        let (here_least, there_least) = (way.least().0, way.reverse().least().0);
        let (mut toll, mut gains) = (along(&[ALL])?, vec![ALL]);
        for (axis, values) in shape.values.iter().enumerate() {
            let fits = |value: &&Column| {
                (shape.axis[key.column] != Some(axis) || self.within(key, **value))
                    && enough(here, **value, here_least)
                    && there.is_none_or(|there| enough(there, **value, there_least))
            };
            let each = values.iter().filter(fits).filter_map(|&value| {
                let with_group = [value, shape.above[value]];
                let columns = if with_group[1] == ALL { &with_group[..1] } else { &with_group };
                along(columns).map(|toll| (toll, value))
            });
            let (more, value) = each.min()?;
            toll += more;
            gains.extend(with_group(shape, value));
        }
        Some((toll, gains))
    }

    /// The ends below a place, or itself, of ways that lead through it and change these columns.
    fn below(&self, place: usize, columns: &[Column], price: &Price<'_>) -> Ends {
        let mut ends = Ends::default();
        self.descend(place, columns, 0, price, &mut ends);
        ends
    }

    /// The other ends, elsewhere or nowhere, at a price that is never less than the toll of the columns.
    fn above(&self, place: usize, columns: &[Column], price: &Price<'_>) -> Ends {
        let (shape, mut ends, mut toll, mut from) = (self.figures.shape, Ends::default(), 0, place);
        while let Some(parent) = shape.places[from].parent {
            for &child in shape.children[parent].iter().filter(|child| **child != from) {
                self.descend(child, columns, toll, price, &mut ends);
            }
            let Some(more) = self.toll(parent, columns) else { return ends };
            toll += more;
            from = parent;
        }
        ends.0.extend(price(None, toll).map(|toll| (toll, None)));
        ends
    }

    fn descend(&self, place: usize, columns: &[Column], toll: u64, price: &Price<'_>, ends: &mut Ends) {
        let Some(more) = self.toll(place, columns).filter(|_| !ends.full(toll)) else { return };
        let (shape, toll) = (self.figures.shape, toll + more);
        if shape.is_reporting(place)
            && !ends.full(toll)
            && let Some(toll) = price(Some(place), toll)
        {
            ends.add(self, (toll, Some(place)));
        }
        for child in &shape.children[place] {
            self.descend(*child, columns, toll, price, ends);
        }
    }
}
