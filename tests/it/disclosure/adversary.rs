//! An adversary who knows the tree, the columns, the rule, all that is shown, that what is hidden is not 0, and perhaps the
//! figures of one organisation. He looks for worlds that agree with all this. Nothing of the protection's own logic is used.
use mistok::indicator::disclosure::*;

/// Parts of the test's own world: which reporting places a place has, and which values a column has.
pub struct World {
    pub shape: Shape,
    pub places: Vec<Place>,
    /// Of each column its axis and values, by number; `ALL` has those of the first axis.
    pub columns: Vec<(usize, Vec<usize>)>,
    pub sizes: Vec<usize>,
    /// By place (reporting ones only), axis, value.
    pub truth: Vec<Vec<Vec<u64>>>,
}

impl World {
    pub fn new(places: Vec<Place>, axes: &[Axis], truth: Vec<Vec<Vec<u64>>>) -> Self {
        let shape = Shape::new(places.clone(), axes).unwrap();
        let size = |axis: &Axis| match axis {
            Axis::Flat(size) => *size,
            Axis::Grouped(of) => of.len(),
        };
        let sizes: Vec<usize> = axes.iter().map(size).collect();
        let mut columns = vec![(0, (0..sizes[0]).collect()); shape.width()];
        for (number, axis) in axes.iter().enumerate() {
            (0..sizes[number]).for_each(|value| columns[shape.value(number, value)] = (number, vec![value]));
            if let Axis::Grouped(of) = axis {
                for group in 0..=*of.iter().max().unwrap() {
                    let values = (0..of.len()).filter(|value| of[*value] == group).collect();
                    columns[shape.group(number, group)] = (number, values);
                }
            }
        }
        Self { shape, places, columns, sizes, truth }
    }

    pub fn bundle(&self) -> Bundle<'_> {
        let mut bundle = Bundle::new(&self.shape);
        for (place, axes) in self.truth.iter().enumerate() {
            for (axis, counts) in axes.iter().enumerate() {
                counts.iter().enumerate().for_each(|(value, count)| bundle.add(place, self.shape.value(axis, value), *count));
            }
        }
        bundle
    }

    pub fn below(&self, place: usize) -> Vec<usize> {
        let is_below = |leaf: usize| std::iter::successors(Some(leaf), |at| self.places[*at].parent).any(|at| at == place);
        (0..self.places.len()).filter(|leaf| !self.truth[*leaf].is_empty() && is_below(*leaf)).collect()
    }

    pub fn keys(&self) -> impl Iterator<Item = BoxKey> + '_ {
        (0..self.places.len()).flat_map(|place| (0..self.columns.len()).map(move |column| BoxKey { place, column }))
    }

    pub fn count(&self, key: BoxKey, without: Option<u32>) -> u64 {
        let (axis, values) = &self.columns[key.column];
        let leaves = self.below(key.place).into_iter().filter(|leaf| without.is_none() || self.places[*leaf].owner != without);
        leaves.map(|leaf| values.iter().map(|value| self.truth[leaf][*axis][*value]).sum::<u64>()).sum()
    }
}

/// What a sum of variables can be: between two bounds, or 0 too where that is said.
#[derive(Clone, Debug)]
struct Sum {
    terms: Vec<(usize, i64)>,
    low: i64,
    high: i64,
    or_zero: bool,
}

pub struct Adversary<'a> {
    world: &'a World,
    start: Vec<usize>,
    truth: Vec<i64>,
    sums: Vec<Sum>,
    of: Vec<Vec<usize>>,
    low: Vec<i64>,
    high: Vec<i64>,
}

const ENDLESS: i64 = 1_000;

impl<'a> Adversary<'a> {
    pub fn new(world: &'a World, hides: impl Fn(BoxKey) -> bool, rule: Rule, reader: Option<u32>) -> Self {
        let per_leaf: usize = world.sizes.iter().sum();
        let start: Vec<usize> = (0..world.places.len()).map(|place| place * per_leaf).collect();
        let number = world.places.len() * per_leaf;
        let mut truth = vec![0; number];
        for (place, axes) in world.truth.iter().enumerate() {
            axes.iter().flatten().enumerate().for_each(|(at, count)| truth[start[place] + at] = *count as i64);
        }
        let mut me = Self { world, start, truth, sums: Vec::new(), of: vec![], low: vec![0; number], high: vec![0; number] };
        for (place, axes) in world.truth.iter().enumerate().filter(|(_, axes)| !axes.is_empty()) {
            let known = reader.is_some() && world.places[place].owner == reader;
            for at in me.start[place]..me.start[place] + per_leaf {
                (me.low[at], me.high[at]) = if known { (me.truth[at], me.truth[at]) } else { (0, ENDLESS) };
            }
            for axis in 1..axes.len() {
                let mut terms = me.terms(&[place], 0, &(0..world.sizes[0]).collect::<Vec<_>>(), 1);
                terms.extend(me.terms(&[place], axis, &(0..world.sizes[axis]).collect::<Vec<_>>(), -1));
                me.sums.push(Sum { terms, low: 0, high: 0, or_zero: false });
            }
        }
        for key in world.keys() {
            let leaves = world.below(key.place);
            let (axis, values) = &world.columns[key.column];
            let count = world.count(key, None) as i64;
            let terms = me.terms(&leaves, *axis, values, 1);
            if hides(key) {
                me.sums.push(Sum { terms, low: 1, high: i64::MAX / 4, or_zero: false });
                continue;
            }
            me.sums.push(Sum { terms, low: count, high: count, or_zero: false });
            let mut owners: Vec<u32> = leaves.iter().filter_map(|leaf| world.places[*leaf].owner).collect();
            owners.sort_unstable();
            owners.dedup();
            // He knows that this was shown because what is left to the others is none or enough, for each of the others.
            for owner in owners.into_iter().filter(|_| rule.contributors) {
                let others: Vec<usize> =
                    leaves.iter().copied().filter(|leaf| world.places[*leaf].owner != Some(owner)).collect();
                let terms = me.terms(&others, *axis, values, 1);
                me.sums.push(Sum { terms, low: rule.min_cell as i64, high: i64::MAX / 4, or_zero: true });
            }
        }
        me.of = vec![Vec::new(); number];
        for (at, sum) in me.sums.iter().enumerate() {
            sum.terms.iter().for_each(|(variable, _)| me.of[*variable].push(at));
        }
        me
    }

    fn terms(&self, leaves: &[usize], axis: usize, values: &[usize], sign: i64) -> Vec<(usize, i64)> {
        let before: usize = self.world.sizes[..axis].iter().sum();
        let each = leaves.iter().flat_map(|leaf| values.iter().map(move |value| (leaf, value)));
        each.map(|(leaf, value)| (self.start[*leaf] + before + value, sign)).collect()
    }

    /// Up to `most` different values that a figure can have, and whether it surely has no others (near the true one).
    pub fn values(&self, key: BoxKey, most: usize) -> (Vec<u64>, bool) {
        let (axis, values) = &self.world.columns[key.column];
        let terms = self.terms(&self.world.below(key.place), *axis, values, 1);
        let truth = self.world.count(key, None) as i64;
        let mut near: Vec<i64> = ((truth - 4).max(1)..=truth + 4).collect();
        near.sort_by_key(|value| (value - truth).abs());
        let (mut found, mut sure) = (Vec::new(), true);
        for value in near {
            let extra = Sum { terms: terms.clone(), low: value, high: value, or_zero: false };
            let mut attempts = (0..40).map(|seed| {
                let mut attempt =
                    Attempt { me: self, extra: extra.clone(), left: 100 + seed as usize * 5, random: seed * 7919 + 1 };
                (attempt.solve(self.low.clone(), self.high.clone()), attempt.left > 0)
            });
            match attempts.find(|(solved, ended)| *solved || *ended) {
                Some((true, _)) => found.push(value as u64),
                Some((false, _)) => {}
                None => sure = false,
            }
            if found.len() == most {
                break;
            }
        }
        (found, sure)
    }
}

struct Attempt<'a, 'b> {
    me: &'a Adversary<'b>,
    extra: Sum,
    left: usize,
    random: u64,
}

impl Attempt<'_, '_> {
    fn narrow(&self, low: &mut [i64], high: &mut [i64]) -> bool {
        let mut queue: Vec<usize> = (0..=self.me.sums.len()).collect();
        let mut queued = vec![true; self.me.sums.len() + 1];
        while let Some(at) = queue.pop() {
            queued[at] = false;
            let sum = if at == self.me.sums.len() { &self.extra } else { &self.me.sums[at] };
            let (mut least, mut greatest) = (0, 0);
            for (variable, sign) in &sum.terms {
                least += if *sign > 0 { low[*variable] } else { -high[*variable] };
                greatest += if *sign > 0 { high[*variable] } else { -low[*variable] };
            }
            let (mut from, mut to) = (sum.low, sum.high);
            if sum.or_zero && least == 0 {
                if greatest >= from {
                    continue;
                }
                (from, to) = (0, 0);
            }
            if least > to || greatest < from {
                return false;
            }
            for (variable, sign) in &sum.terms {
                let v = *variable;
                let (mine_low, mine_high) = if *sign > 0 { (low[v], high[v]) } else { (-high[v], -low[v]) };
                let (new_low, new_high) = (mine_low.max(from - (greatest - mine_high)), mine_high.min(to - (least - mine_low)));
                if new_low > new_high {
                    return false;
                }
                if (new_low, new_high) != (mine_low, mine_high) {
                    (low[v], high[v]) = if *sign > 0 { (new_low, new_high) } else { (-new_high, -new_low) };
                    for &other in self.me.of[v].iter().chain([&self.me.sums.len()]) {
                        if !std::mem::replace(&mut queued[other], true) {
                            queue.push(other);
                        }
                    }
                    least += new_low - mine_low;
                    greatest += new_high - mine_high;
                }
            }
        }
        true
    }

    fn random(&mut self, most: usize) -> usize {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as usize % most
    }

    /// The world next to the true one that his bounds allow, mended sum by sum: complete, but for the limit of attempts.
    fn solve(&mut self, mut low: Vec<i64>, mut high: Vec<i64>) -> bool {
        if self.left == 0 || !self.narrow(&mut low, &mut high) {
            return false;
        }
        self.left -= 1;
        let guess: Vec<i64> = (0..low.len()).map(|at| self.me.truth[at].clamp(low[at], high[at])).collect();
        let mut worst: Option<(usize, i64, &Sum)> = None;
        let extra = self.extra.clone();
        for sum in self.me.sums.iter().chain([&extra]) {
            let is: i64 = sum.terms.iter().map(|(variable, sign)| sign * guess[*variable]).sum();
            if (sum.low..=sum.high).contains(&is) || sum.or_zero && is == 0 {
                continue;
            }
            let open = sum.terms.iter().filter(|(variable, _)| low[*variable] < high[*variable]).count();
            let open = open * 4 + self.random(4);
            if worst.is_none_or(|worst| open < worst.0) {
                worst = Some((open, if is < sum.low { 1 } else { -1 }, sum));
            }
        }
        let Some((_, more, sum)) = worst else { return true };
        // Where it can go the wanted way.
        let fits = |(variable, sign): &&(usize, i64)| {
            if sign * more > 0 { guess[*variable] < high[*variable] } else { guess[*variable] > low[*variable] }
        };
        let fitting: Vec<&(usize, i64)> = sum.terms.iter().filter(fits).collect();
        let any = if fitting.is_empty() { 0 } else { self.random(fitting.len()) };
        let Some((variable, sign)) = fitting.get(any) else {
            // Or zero, or nothing: every other value of the first that is open.
            let Some((variable, _)) = sum.terms.iter().find(|(variable, _)| low[*variable] < high[*variable]) else {
                return false;
            };
            return (low[*variable]..=high[*variable].min(40)).any(|choice| {
                let (mut low, mut high) = (low.clone(), high.clone());
                (low[*variable], high[*variable]) = (choice, choice);
                self.solve(low, high)
            });
        };
        let (mut other_low, mut other_high) = (low.clone(), high.clone());
        if sign * more > 0 {
            low[*variable] = guess[*variable] + 1;
            other_high[*variable] = guess[*variable];
        } else {
            high[*variable] = guess[*variable] - 1;
            other_low[*variable] = guess[*variable];
        }
        self.solve(low, high) || self.solve(other_low, other_high)
    }
}
