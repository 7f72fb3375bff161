//! Hides until nothing is left to say against it. It only ever adds, hence it ends.

use super::{
    bundle::{BoxKey, Figures},
    exchange::Exchange,
    line::{Next, next},
    pattern::Pattern,
    proof::Proof,
    search::Search,
    shape::{ALL, Column},
};
use std::collections::{BTreeSet, VecDeque};

/// The kinds of lines, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// A place and the places below, in the column of totals.
    Totals,
    /// The same in another column.
    Down,
    /// A column and those of which it is the sum, in one place.
    Across,
}

/// A total and its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    kind: Kind,
    /// How far below the country.
    depth: usize,
    place: usize,
    /// The column, or the family of columns.
    number: usize,
}

impl Line {
    const fn turn(&self) -> (Kind, usize) {
        (self.kind, self.depth)
    }
}

pub(in crate::indicator) struct Hiding<'a> {
    figures: &'a Figures<'a>,
    pub(in crate::indicator) pattern: Pattern,
    /// Hidden, but their lines were not looked at since.
    fresh: Vec<BoxKey>,
    /// Hidden, but no exchange was found yet.
    unproven: VecDeque<BoxKey>,
}

impl<'a> Hiding<'a> {
    pub(in crate::indicator) fn new(figures: &'a Figures<'a>) -> Self {
        let pattern = Pattern::shown(figures.shape.height(), figures.shape.width());
        Self { figures, pattern, fresh: Vec::new(), unproven: VecDeque::new() }
    }

    /// A figure of 0 is shown, always.
    pub(in crate::indicator) fn hide(&mut self, key: BoxKey) {
        if self.figures.count(key.place, key.column) > 0 && self.pattern.hide(key) {
            self.fresh.push(key);
            self.unproven.push_back(key);
        }
    }

    /// The lines, until each is content: those of totals first, then those of places, then those of values; from the country
    /// down, since what is hidden above may already be enough below; and all of a turn at once, so that the order of places and
    /// values plays no part.
    pub(in crate::indicator) fn settle(&mut self) {
        let shape = self.figures.shape;
        let mut asking: BTreeSet<Line> = BTreeSet::new();
        loop {
            for key in std::mem::take(&mut self.fresh) {
                asking.extend(shape.places[key.place].parent.map(|parent| self.down(parent, key.column)));
                asking.insert(self.down(key.place, key.column));
                let families = shape.families.iter().enumerate();
                let with_it = families.filter(|(_, family)| family.total == key.column || family.parts.contains(&key.column));
                asking.extend(with_it.map(|(family, _)| Line {
                    kind: Kind::Across,
                    place: key.place,
                    number: family,
                    depth: 0,
                }));
            }
            let Some(first) = asking.first().copied() else { return };
            let hidden: Vec<BoxKey> =
                asking.iter().take_while(|line| line.turn() == first.turn()).flat_map(|line| self.ask(*line)).collect();
            asking.retain(|line| line.turn() != first.turn());
            hidden.into_iter().for_each(|key| self.hide(key));
        }
    }

    fn down(&self, place: usize, column: Column) -> Line {
        let kind = if column == ALL { Kind::Totals } else { Kind::Down };
        Line { kind, depth: self.figures.shape.upwards(place).count(), place, number: column }
    }

    /// What a line wants to hide.
    fn ask(&self, line: Line) -> Vec<BoxKey> {
        let shape = self.figures.shape;
        let (total, parts): (Column, Vec<BoxKey>) = if line.kind == Kind::Across {
            let family = &shape.families[line.number];
            (family.total, family.parts.iter().map(|&column| BoxKey { place: line.place, column }).collect())
        } else {
            let column = line.number;
            (column, shape.children[line.place].iter().map(|&place| BoxKey { place, column }).collect())
        };
        let total = BoxKey { place: line.place, column: total };
        let components: Vec<u64> = parts.iter().map(|key| self.figures.count(key.place, key.column)).collect();
        let hidden: Vec<bool> = parts.iter().map(|key| self.pattern.hides(*key)).collect();
        match next(&components, &hidden, self.pattern.hides(total), self.figures.rule.min_cell) {
            None => Vec::new(),
            Some(Next::Total) => vec![total],
            Some(Next::UpTo(count)) => {
                let up_to = parts.into_iter().zip(&components).filter(|(_, component)| **component <= count);
                up_to.map(|(key, _)| key).collect()
            }
        }
    }

    /// An exchange for each hidden figure, or more is hidden until there is one. What was proven stays so: nothing is shown again.
    pub(in crate::indicator) fn prove(mut self) -> Pattern {
        while let Some(key) = self.unproven.pop_front() {
            if self.is_proven(key) {
                continue;
            }
            let keys: Vec<BoxKey> = self.cheapest(key).iter().flat_map(|exchange| exchange.keys(self.figures.shape)).collect();
            keys.into_iter().for_each(|key| self.hide(key));
            self.settle();
        }
        self.pattern
    }

    fn is_proven(&self, key: BoxKey) -> bool {
        let mut proof = Proof::new(self.figures, key);
        self.search(true).each(key, &mut |_, exchange| {
            exchange.is_likely(self.figures, &self.pattern) && proof.add(&exchange) && proof.holds()
        })
    }

    const fn search(&self, free: bool) -> Search<'_> {
        Search { figures: self.figures, pattern: &self.pattern, free }
    }

    /// Exchanges that would prove a figure if all on their ways were hidden: the cheapest first, then without those that turned
    /// out to be needless. There always are: people who come from nowhere.
    fn cheapest(&self, key: BoxKey) -> Vec<Exchange> {
        let (search, mut found) = (self.search(false), Vec::new());
        let mut hear = |toll, exchange: Exchange| {
            if exchange.is_likely(self.figures, &self.pattern) {
                found.push((toll, exchange));
            }
            false
        };
        search.squares(key, &mut hear);
        search.transfers(key, &mut hear);
        found.sort_by_key(|(toll, _)| *toll);
        let mut proof = Proof::new(self.figures, key);
        let mut news = true;
        while news && !proof.holds() {
            news = false;
            for (_, exchange) in &found {
                news |= proof.add(exchange) && !proof.holds();
            }
        }
        debug_assert!(proof.holds(), "nobody can come from nowhere to {key:?}");
        for at in (0..proof.exchanges.len()).rev() {
            let needless = proof.exchanges.remove(at);
            if !proof.holds() {
                proof.exchanges.insert(at, needless);
            }
        }
        proof.exchanges
    }
}
