//! The figures of one month and one indicator, in all its dimensions at once: they share their totals, and are protected together.

use super::{
    line::small,
    pattern::Rule,
    shape::{ALL, Column, Fault, Shape},
};

/// One figure: a place and a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoxKey {
    pub place: usize,
    pub column: Column,
}

/// Counts of reporting places by the values of each dimension, and what they add up to.
#[derive(Clone, Debug)]
pub struct Bundle<'a> {
    pub(in crate::indicator) shape: &'a Shape,
    counts: Vec<u64>,
    /// Distinct people behind each figure, where these are not the count itself.
    recipients: Option<Vec<u64>>,
}

impl<'a> Bundle<'a> {
    pub fn new(shape: &'a Shape) -> Self {
        Self { shape, counts: vec![0; shape.width() * shape.height()], recipients: None }
    }

    /// Adds to a reporting place, in the column of a value, and to all that it is a part of. Where there are no dimensions, the
    /// column is `ALL`. Each dimension must be filled to the same total.
    pub fn add(&mut self, place: usize, column: Column, count: u64) {
        let shape = self.shape;
        for at in shape.upwards(place) {
            let mut column = column;
            while column != ALL {
                self.counts[at * shape.width() + column] += count;
                column = shape.above[column];
            }
            if shape.values.is_empty() {
                self.counts[at * shape.width()] += count;
            }
        }
    }

    /// What was added, but for `ALL` where there are dimensions: that is the sum of any of them.
    pub fn count(&self, key: BoxKey) -> u64 {
        let row = &self.counts[key.place * self.shape.width()..];
        match self.shape.values.first() {
            Some(values) if key.column == ALL => values.iter().map(|value| row[*value]).sum(),
            _ => row[key.column],
        }
    }

    /// Says how many distinct people stand behind a figure of units that are not people. What is not said is 0.
    pub fn set_recipients(&mut self, key: BoxKey, people: u64) {
        let size = self.counts.len();
        self.recipients.get_or_insert_with(|| vec![0; size])[key.place * self.shape.width() + key.column] = people;
    }

    /// The totals by the first dimension, which all others must confirm.
    pub(in crate::indicator) fn figures(&self, rule: &Rule) -> Result<Figures<'a>, Fault> {
        let (shape, width) = (self.shape, self.shape.width());
        let mut counts = self.counts.clone();
        for place in 0..shape.height() {
            let row = &mut counts[place * width..(place + 1) * width];
            for (axis, values) in shape.values.iter().enumerate() {
                let total = values.iter().map(|value| row[*value]).sum();
                if axis == 0 {
                    row[ALL] = total;
                } else if row[ALL] != total {
                    return Err(Fault::Uneven { place, axis });
                }
            }
        }
        let mut figures = Figures { shape, rule: *rule, counts, recipients: self.recipients.clone(), shares: Vec::new() };
        if rule.contributors {
            figures.share();
        }
        Ok(figures)
    }
}

/// What each organisation has of the figures of a place, by organisation: a row of counts, a row of recipients.
type Share = (u32, Vec<u64>, Vec<u64>);

/// All figures with what the rule asks of them.
pub(in crate::indicator) struct Figures<'a> {
    pub(in crate::indicator) shape: &'a Shape,
    pub(in crate::indicator) rule: Rule,
    counts: Vec<u64>,
    recipients: Option<Vec<u64>>,
    /// By place, in the order of the organisations; empty where contributors do not look.
    shares: Vec<Vec<Share>>,
}

impl Figures<'_> {
    fn index(&self, key: BoxKey) -> usize {
        key.place * self.shape.width() + key.column
    }

    pub(in crate::indicator) fn count(&self, place: usize, column: Column) -> u64 {
        self.counts[self.index(BoxKey { place, column })]
    }

    fn people(&self) -> &[u64] {
        self.recipients.as_deref().unwrap_or(&self.counts)
    }

    fn share(&mut self) {
        let width = self.shape.width();
        let mut shares: Vec<Vec<Share>> = vec![Vec::new(); self.shape.height()];
        for place in (0..self.shape.height()).filter(|place| self.shape.is_reporting(*place)) {
            let row = place * width..(place + 1) * width;
            let Some(owner) = self.shape.places[place].owner.filter(|_| self.counts[row.start] > 0) else { continue };
            for at in self.shape.upwards(place) {
                let of = &mut shares[at];
                let found = of.binary_search_by_key(&owner, |share| share.0).unwrap_or_else(|new| {
                    of.insert(new, (owner, vec![0; width], vec![0; width]));
                    new
                });
                let (_, counts, people) = &mut of[found];
                counts.iter_mut().zip(&self.counts[row.clone()]).for_each(|(sum, count)| *sum += count);
                people.iter_mut().zip(&self.people()[row.clone()]).for_each(|(sum, count)| *sum += count);
            }
        }
        self.shares = shares;
    }

    /// What the others have of a figure, for an organisation.
    pub(in crate::indicator) fn others(&self, key: BoxKey, owner: u32) -> u64 {
        let total = self.counts[self.index(key)];
        let Some(of) = self.shares.get(key.place) else { return total };
        let own = of.binary_search_by_key(&owner, |share| share.0).map_or(0, |found| of[found].1[key.column]);
        total - own
    }

    /// Whether what is left to others is counted as the figures are.
    pub(in crate::indicator) fn others_are_counts(&self) -> bool {
        self.rule.contributors && self.recipients.is_none()
    }

    /// How many the others are above the threshold.
    pub(in crate::indicator) fn spare(&self, key: BoxKey, owner: u32) -> u64 {
        self.others(key, owner).saturating_sub(self.rule.min_cell)
    }

    /// Below the threshold by itself, or for somebody who takes away what is his own. Of the people who stand behind the work
    /// of several organisations nobody knows how many are whose; the least is taken that is left to the others.
    pub(in crate::indicator) fn sensitive(&self, key: BoxKey) -> bool {
        let at = self.index(key);
        let (count, people, least) = (self.counts[at], self.people()[at], self.rule.min_cell);
        let close =
            |(_, own, own_people): &Share| own[key.column] < count && people.saturating_sub(own_people[key.column]) < least;
        // A count without people said is one of nobody knows how many.
        count > 0 && (people == 0 || small(people, least) || self.shares.get(key.place).is_some_and(|of| of.iter().any(close)))
    }
}
