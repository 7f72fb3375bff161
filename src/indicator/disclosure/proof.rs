//! Whether a hidden figure is safe from everybody who may look.

use super::{
    bundle::{BoxKey, Figures},
    exchange::{ENOUGH, Exchange, Way},
};
use std::collections::BTreeSet;

/// Exchanges, and whether they leave three values of a figure: the true one and two more, two fewer, or one of each.
pub(in crate::indicator) struct Proof<'a> {
    figures: &'a Figures<'a>,
    key: BoxKey,
    pub(in crate::indicator) exchanges: Vec<Exchange>,
}

impl<'a> Proof<'a> {
    pub(in crate::indicator) const fn new(figures: &'a Figures<'a>, key: BoxKey) -> Self {
        Self { figures, key, exchanges: Vec::new() }
    }

    /// Takes it, if it says something new to somebody who needs it.
    pub(in crate::indicator) fn add(&mut self, exchange: &Exchange) -> bool {
        let lacking: Vec<(Option<u32>, u64)> =
            self.readers().map(|reader| (reader, self.steps(reader))).filter(|(_, steps)| *steps < ENOUGH).collect();
        let owners = self.owners(exchange);
        if lacking.iter().all(|(reader, _)| reader.is_some() && owners.contains(reader)) {
            return false;
        }
        self.exchanges.push(exchange.clone());
        let new = lacking.into_iter().any(|(reader, steps)| self.steps(reader) > steps);
        if !new {
            self.exchanges.pop();
        }
        new
    }

    /// Nobody, and each owner whose figures are touched.
    fn readers(&self) -> impl Iterator<Item = Option<u32>> {
        let owners: BTreeSet<u32> = self.exchanges.iter().flat_map(|exchange| self.owners(exchange)).flatten().collect();
        std::iter::once(None).chain(owners.into_iter().map(Some))
    }

    /// The owner of a place, unless the whole figure is his: he knows it anyway.
    fn owner(&self, place: usize) -> Option<u32> {
        let owner = self.figures.shape.places[place].owner.filter(|_| self.figures.rule.contributors);
        owner.filter(|owner| self.figures.others(self.key, *owner) > 0)
    }

    fn owners(&self, exchange: &Exchange) -> [Option<u32>; 2] {
        [self.owner(exchange.here), exchange.there.and_then(|there| self.owner(there))]
    }

    /// For a reader who is nobody, and for each owner by what leaves his own figures alone.
    pub(in crate::indicator) fn holds(&self) -> bool {
        self.readers().all(|reader| self.steps(reader) >= ENOUGH)
    }

    /// How many other values they make, one after the other in each direction, as long as no count becomes 0.
    fn steps(&self, reader: Option<u32>) -> u64 {
        let unseen = |exchange: &&Exchange| reader.is_none() || !self.owners(exchange).contains(&reader);
        let along = |way: Way| {
            let (mut steps, mut taken): (u64, Vec<BoxKey>) = (0, Vec::new());
            for exchange in self.exchanges.iter().filter(|exchange| exchange.way == way).filter(unseen) {
                let donors: Vec<BoxKey> = exchange.donors().collect();
                while steps < ENOUGH
                    && donors.iter().all(|donor| {
                        let gone = taken.iter().filter(|other| *other == donor).count() as u64;
                        self.figures.count(donor.place, donor.column) > gone + 1
                    })
                {
                    taken.extend(&donors);
                    steps += 1;
                }
            }
            steps
        };
        Way::BOTH.into_iter().map(along).sum()
    }
}
