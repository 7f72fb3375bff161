//! One line: a published total and its components. The rule and the audit of it in one place, with nothing else to read.
//!
//! What is below the threshold is hidden, and then the next smallest, until a reader who knows all of this is left with at
//! least three values for each hidden component. Equal components are hidden together: which of two was taken would tell that
//! it came first. So all hidden components are smaller than all shown ones, and the reader sees three numbers: how many are
//! hidden, their sum, and the smallest that is shown. **The audit looks at these three alone**, so that it says the same of
//! every table that looks the same, and its going on tells nothing that it has not counted itself.
//!
//! It counts tables that surely come to this very picture:
//! - all hidden ones are below the threshold: these are hidden in the first step, before any audit;
//! - some below the threshold, too few to stop there (their sum is below the threshold, or they are as good as all ones), and
//!   all others equal: these are the second step.
//!
//! Tables that come here by more steps are not counted. That can only hide more.

/// What of a line is hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub components: Vec<bool>,
    pub total: bool,
}

/// The rule for one line that stands alone. A component of 0 is shown. Where the total is hidden too, all that is not 0 is
/// hidden, and the reader sees nothing but how many that are: three values remain for each of them (two for a single
/// component under a threshold of 3, there are no more).
pub fn line(components: &[u64], min_cell: u64) -> Line {
    let total: u64 = components.iter().sum();
    let mut hidden: Vec<bool> = components.iter().map(|&count| small(count, min_cell)).collect();
    let mut hide_total = small(total, min_cell);
    while let Some(next) = next(components, &hidden, hide_total, min_cell) {
        match next {
            Next::UpTo(count) => hide_up_to(components, &mut hidden, count),
            Next::Total => hide_total = true,
        }
    }
    Line { components: hidden, total: hide_total }
}

/// Told by itself, whatever stands around it.
pub const fn small(count: u64, min_cell: u64) -> bool {
    0 < count && count < min_cell
}

/// What a line asks to hide next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// All components up to this count: the next smallest, and those equal to it.
    UpTo(u64),
    Total,
}

/// The next step of a line in which some are hidden, be it for its own sake or for other lines that cross it.
pub fn next(components: &[u64], hidden: &[bool], hide_total: bool, min_cell: u64) -> Option<Next> {
    let counts = || components.iter().copied().zip(hidden.iter().copied()).filter(|(count, _)| *count > 0);
    let smallest_shown = counts().filter(|(_, hidden)| !hidden).map(|(count, _)| count).min();
    let of_hidden = || counts().filter(|(_, hidden)| *hidden).map(|(count, _)| count);
    let (number, sum) = (of_hidden().count() as u64, of_hidden().sum());
    let stands = match (number, hide_total, smallest_shown) {
        (0, false, _) | (1.., true, _) => true,
        (0, true, _) => smallest_shown.is_none(),
        (_, false, None) => sum >= number + 3 && ambiguous(number, sum, u64::MAX, min_cell),
        // Hidden for other lines alone, none for this one: two are enough.
        (2.., false, Some(_)) if of_hidden().all(|count| count >= min_cell) => true,
        // Hidden for another line: then the order tells nothing of this one.
        (_, false, Some(shown)) if of_hidden().any(|count| count >= shown) => ambiguous(number, sum, u64::MAX, min_cell),
        (_, false, Some(shown)) => ambiguous(number, sum, shown, min_cell),
    };
    if stands { None } else { Some(smallest_shown.map_or(Next::Total, Next::UpTo)) }
}

pub fn hide_up_to(components: &[u64], hidden: &mut [bool], count: u64) {
    for (component, hidden) in components.iter().zip(hidden) {
        *hidden |= (1..=count).contains(component);
    }
}

/// The audit: whether `number` hidden components with this sum, all of them below the smallest shown one, could each take
/// three values. Hidden components can stand for each other, so that what one may be, each may be.
pub fn ambiguous(number: u64, sum: u64, smallest_shown: u64, min_cell: u64) -> bool {
    if sum < min_cell {
        return false;
    }
    let mut seen = Seen::default();
    if seen.small(number, sum, min_cell) {
        return true;
    }
    for few in 1..number {
        for part in (few..min_cell.max(few + 2)).take_while(|part| *part < sum) {
            let stops_there = part >= min_cell && part > few + 1 && few > 1;
            let (equal, rest) = (number - few, sum - part);
            let count = rest / equal;
            let comes_here = rest.is_multiple_of(equal) && (min_cell..smallest_shown).contains(&count);
            let can_be = comes_here && !stops_there && seen.possible(few, part, min_cell);
            if can_be && (seen.see(count) || seen.small(few, part, min_cell)) {
                return true;
            }
        }
    }
    false
}

/// Up to three different values that a hidden component may have.
#[derive(Default)]
struct Seen {
    values: [u64; 3],
    number: usize,
}

impl Seen {
    /// Whether that makes three.
    fn see(&mut self, value: u64) -> bool {
        if self.number < 3 && !self.values[..self.number].contains(&value) {
            self.values[self.number] = value;
            self.number += 1;
        }
        self.number == 3
    }

    /// Whether so many components, each below the threshold and none 0, can have this sum.
    fn possible(&self, number: u64, sum: u64, min_cell: u64) -> bool {
        (number..=number * min_cell.saturating_sub(1)).contains(&sum)
    }

    /// All that one of so many components below the threshold can be, if they have this sum.
    fn small(&mut self, number: u64, sum: u64, min_cell: u64) -> bool {
        let most = min_cell.saturating_sub(1);
        if !self.possible(number, sum, min_cell) {
            return false;
        }
        let (lowest, highest) = (sum.saturating_sub((number - 1) * most).max(1), (sum - (number - 1)).min(most));
        (lowest..=highest).take(3).any(|value| self.see(value))
    }
}
