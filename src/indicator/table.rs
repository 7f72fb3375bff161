//! How sums become the rows of an answer: divided as asked, with a total for everything that the rows divide. Pure.

use super::{
    model::{Question, Sum},
    question::{Source, source},
};
use crate::base::words::{
    case::TargetCategory,
    indicator::{Dimension, Indicator},
};
use std::collections::BTreeMap;

/// The keys by which a figure is divided, in the order of the question.
pub type Keys = Vec<(Dimension, String)>;

/// The key of what a dimension does not tell.
pub const fn untold(by: Dimension) -> &'static str {
    match by {
        Dimension::Sex => "UNSPECIFIED",
        Dimension::Centre => "NONE",
        _ => "UNKNOWN",
    }
}

/// Of the sums, those that an indicator is counted from, by the keys of the question.
pub fn divided(question: &Question, indicator: Indicator, sums: &[Sum]) -> BTreeMap<Keys, i64> {
    let mut figures = BTreeMap::new();
    for sum in sums {
        let sign = match source(indicator) {
            Source::Flow(parts) => {
                let counts = |(measure, words): &(_, &[&str])| {
                    *measure == sum.measure
                        && (words.is_empty() || sum.word.as_deref().is_some_and(|word| words.contains(&word)))
                };
                i64::from(parts.iter().any(counts))
            }
            Source::Level(begun, ended) => i64::from(sum.measure == begun) - i64::from(sum.measure == ended),
            Source::Median | Source::Stock | Source::Funding(_) | Source::Cost | Source::Reported => 0,
        };
        if sign != 0 {
            *figures.entry(keys(&question.by, sum.told())).or_insert(0) += sign * sum.amount;
        }
    }
    figures.retain(|_, amount| *amount != 0);
    figures
}

/// The keys of a sum by what they tell, in the order of the dimensions.
pub fn keys(by: &[Dimension], told: [Option<&str>; 3]) -> Keys {
    let key = |(by, told): (&Dimension, Option<&str>)| (*by, told.map_or(untold(*by).to_owned(), |key| shown(*by, key)));
    by.iter().zip(told).map(key).collect()
}

/// A key as it is shown: categories stand together under their group where groups are asked for.
pub fn shown(by: Dimension, key: &str) -> String {
    match (by, TargetCategory::of(key)) {
        (Dimension::TargetGroup, Some(category)) => category.group().word().to_owned(),
        _ => key.to_owned(),
    }
}

/// Every choice of some of the dimensions, all of them first and none last.
pub fn choices(by: &[Dimension]) -> Vec<Vec<Dimension>> {
    let mut all: Vec<Vec<Dimension>> = (0..1_usize << by.len())
        .map(|choice| by.iter().enumerate().filter(|(place, _)| (choice >> place) & 1 == 1).map(|(_, by)| *by).collect())
        .collect();
    all.sort_by_key(|chosen| std::cmp::Reverse(chosen.len()));
    all
}

/// The figures with their totals: a row for each key that has something, and the sum of everything, be it zero.
pub fn totalled(by: &[Dimension], figures: &BTreeMap<Keys, i64>) -> Vec<(Keys, i64)> {
    let mut rows = Vec::new();
    for chosen in choices(by) {
        let mut sums: BTreeMap<Keys, i64> = BTreeMap::new();
        for (keys, amount) in figures {
            let keys = keys.iter().filter(|(by, _)| chosen.contains(by)).cloned().collect();
            let sum = sums.entry(keys).or_insert(0);
            *sum = sum.saturating_add(*amount);
        }
        if chosen.is_empty() {
            sums.entry(Vec::new()).or_insert(0);
        }
        rows.extend(sums);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_stands_for_everything_that_rows_divide() {
        let by = [Dimension::Sex, Dimension::Month];
        let key = |sex: &str, month: &str| vec![(by[0], sex.to_owned()), (by[1], month.to_owned())];
        let figures = BTreeMap::from([(key("MALE", "2025-01"), 2), (key("MALE", "2025-02"), 3), (key("FEMALE", "2025-02"), 4)]);
        let rows = totalled(&by, &figures);
        assert_eq!(rows.len(), 3 + 2 + 2 + 1);
        assert_eq!(rows.last(), Some(&(Vec::new(), 9)));
        assert!(
            rows.contains(&(vec![(by[0], "MALE".to_owned())], 5)) && rows.contains(&(vec![(by[1], "2025-02".to_owned())], 7))
        );
        assert_eq!(totalled(&by, &BTreeMap::new()), [(Vec::new(), 0)], "nothing is zero, and is said");
    }
}
