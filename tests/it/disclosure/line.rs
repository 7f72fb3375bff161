//! The rule of one line, inverted: all small tables are put side by side that look the same.
use mistok::indicator::disclosure::line::line;
use std::collections::{BTreeMap, BTreeSet};

fn told(components: &[u64], min_cell: u64) -> (Vec<Option<u64>>, Option<u64>) {
    let out = line(components, min_cell);
    let shown = components.iter().zip(&out.components).map(|(count, hidden)| (!hidden).then_some(*count)).collect();
    (shown, (!out.total).then(|| components.iter().sum()))
}

#[test]
fn the_cases_of_the_domain() {
    let five = |components: &[u64]| told(components, 5);
    assert_eq!(five(&[12, 3, 40]), (vec![None, None, Some(40)], Some(55)));
    assert_eq!(five(&[3, 1, 0, 0]), (vec![None, None, Some(0), Some(0)], None));
    assert_eq!(five(&[3, 1, 40]), (vec![None, None, None], Some(44)));
    assert_eq!(five(&[2, 0, 0]), (vec![None, Some(0), Some(0)], None));
    assert_eq!(five(&[760, 743, 725]), (vec![Some(760), Some(743), Some(725)], Some(2228)));
    assert_eq!(five(&[4, 5, 5]), (vec![None, None, None], Some(14)));
    assert_eq!(five(&[4, 4, 90]), (vec![None, None, Some(90)], Some(98)));
    assert_eq!(five(&[0, 0]), (vec![Some(0), Some(0)], Some(0)));
}

fn tables(size: usize, most: u64) -> impl Iterator<Item = Vec<u64>> {
    let base = most + 1;
    (0..base.pow(size as u32)).map(move |code| (0..size).map(|at| code / base.pow(at as u32) % base).collect())
}

#[test]
fn three_values_remain_in_every_small_table() {
    for (size, most) in [(1, 40), (2, 40), (3, 24), (4, 13), (5, 8), (6, 5)] {
        for min_cell in [3, 4, 5, 10] {
            type Group = (u64, Vec<BTreeSet<u64>>, BTreeSet<u64>);
            let mut groups: BTreeMap<_, Group> = BTreeMap::new();
            for table in tables(size, most) {
                let group =
                    groups.entry(told(&table, min_cell)).or_insert_with(|| (0, vec![BTreeSet::new(); size], BTreeSet::new()));
                group.0 += 1;
                group.1.iter_mut().zip(&table).for_each(|(values, count)| _ = values.insert(*count));
                group.2.insert(table.iter().sum());
            }
            for ((shown, total), (_, values, totals)) in groups {
                // With all hidden, a component may be greater than this test counts.
                let all_hidden = shown.iter().all(|count| count.is_none_or(|count| count == 0));
                if all_hidden && total.is_some_and(|total| total > most) {
                    continue;
                }
                let nonzero = shown.iter().filter(|count| **count != Some(0)).count();
                // A single component is its total: below a threshold of 3 there is 1 and 2.
                let least = if nonzero == 1 { (min_cell as usize - 1).min(3) } else { 3 };
                for (count, values) in shown.iter().zip(&values) {
                    assert!(count.is_some() || values.len() >= least, "min {min_cell} {shown:?} | {total:?}: {values:?}");
                }
                assert!(total.is_some() || totals.len() >= least, "min {min_cell} {shown:?} | {total:?}: {totals:?}");
                let hidden: u64 = total.unwrap_or(0) - if total.is_some() { shown.iter().flatten().sum() } else { 0 };
                assert!(total.is_none() || hidden == 0 || hidden >= min_cell, "min {min_cell} {shown:?} | {total:?}");
            }
        }
    }
}

#[test]
fn long_lines_of_big_counts_are_quick() {
    let start = std::time::Instant::now();
    let mut hidden = 0;
    for seed in 0..10_000u64 {
        let components: Vec<u64> = (0..60).map(|at| (seed * 7919 + at * at * 104_729) % 900 / (1 + seed % 40)).collect();
        hidden += line(&components, 10).components.iter().filter(|hidden| **hidden).count();
    }
    let each = start.elapsed().as_secs_f64() * 1e6 / 10_000.0;
    println!("{each:.2} µs a line of 60, {hidden} hidden");
    assert!(each < 200.0);
}
