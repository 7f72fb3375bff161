//! Random small countries under attack.
use super::adversary::{Adversary, World};
use mistok::indicator::disclosure::*;

pub struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % most
    }
}

fn world(random: &mut Random) -> World {
    let mut places = vec![Place { parent: None, owner: None }];
    let organisations = 1 + random.below(5);
    for _ in 0..1 + random.below(3) {
        let region = places.len();
        places.push(Place { parent: Some(0), owner: None });
        for _ in 0..1 + random.below(3) {
            let hromada = places.len();
            places.push(Place { parent: Some(region), owner: None });
            for _ in 0..1 + random.below(2) {
                places.push(Place { parent: Some(hromada), owner: Some(random.below(organisations) as u32) });
            }
        }
    }
    let axes: Vec<Axis> = (0..1 + random.below(3))
        .map(|_| match random.below(3) {
            0 => Axis::Grouped([vec![0, 0, 1], vec![0, 1, 1, 0], vec![0, 0, 1, 1, 2]][random.below(3) as usize].clone()),
            _ => Axis::Flat(2 + random.below(3) as usize),
        })
        .collect();
    let size = [3, 8, 20, 60][random.below(4) as usize];
    let truth = places
        .iter()
        .map(|place| {
            if place.owner.is_none() {
                return Vec::new();
            }
            let people = random.below(size);
            let of = |axis: &Axis| {
                let number = match axis {
                    Axis::Flat(size) => *size,
                    Axis::Grouped(of) => of.len(),
                };
                let mut counts = vec![0; number];
                let few = 1 + random.below(number as u64);
                (0..people).for_each(|_| counts[random.below(few) as usize] += 1);
                counts
            };
            axes.iter().map(of).collect()
        })
        .collect();
    World::new(places, &axes, truth)
}

fn readers(world: &World, rule: Rule) -> Vec<Option<u32>> {
    let mut owners: Vec<u32> = world.places.iter().filter_map(|place| place.owner).filter(|_| rule.contributors).collect();
    owners.sort_unstable();
    owners.dedup();
    std::iter::once(None).chain(owners.into_iter().map(Some)).collect()
}

/// How many hidden figures have fewer than three values for somebody, and one alone.
fn found(world: &World, pattern: &Pattern, rule: Rule, stop: bool) -> (usize, usize, usize) {
    let (mut few, mut pinned, mut all) = (0, 0, 0);
    for reader in readers(world, rule) {
        let adversary = Adversary::new(world, |key| pattern.hides(key), rule, reader);
        for key in world.keys().filter(|key| pattern.hides(*key)) {
            // One's own is known to oneself.
            if world.count(key, reader) == 0 {
                continue;
            }
            let (values, sure) = adversary.values(key, 3);
            assert!(
                !stop || values.len() == 3,
                "{key:?} {reader:?} {values:?} sure {sure} {:?} {:?}",
                world.places,
                world.truth
            );
            few += usize::from(sure && values.len() < 3);
            pinned += usize::from(sure && values.len() < 2);
            all += 1;
        }
    }
    (few, pinned, all)
}

const RULES: [Rule; 4] = [
    Rule { min_cell: 5, contributors: false },
    Rule { min_cell: 10, contributors: true },
    Rule { min_cell: 3, contributors: true },
    Rule { min_cell: 10, contributors: false },
];

/// As many worlds as the environment asks for.
fn rounds(usual: usize) -> usize {
    std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(usual)
}

#[test]
fn three_values_remain_for_everybody() {
    let mut random = Random(1);
    let mut attacked = 0;
    for round in 0..rounds(24) {
        let world = world(&mut random);
        let rule = RULES[round % RULES.len()];
        let pattern = protect(&world.bundle(), rule, None).unwrap();
        let hides_what_is_small = world.keys().all(|key| {
            let small = readers(&world, rule).into_iter().any(|reader| (1..rule.min_cell).contains(&world.count(key, reader)));
            !small || pattern.hides(key)
        });
        assert!(hides_what_is_small);
        assert!(world.keys().all(|key| world.count(key, None) > 0 || !pattern.hides(key)));
        attacked += found(&world, &pattern, rule, true).2;
    }
    println!("{attacked} attacks");
}

#[test]
fn the_adversary_finds_what_lines_alone_let_through() {
    let mut random = Random(1);
    let mut sum = (0, 0, 0);
    for round in 0..rounds(6) {
        let world = world(&mut random);
        let rule = RULES[round % RULES.len()];
        let pattern = protect_by_lines_alone(&world.bundle(), rule).unwrap();
        let (few, pinned, all) = found(&world, &pattern, rule, false);
        sum = (sum.0 + few, sum.1 + pinned, sum.2 + all);
    }
    println!("fewer than three {}, one {}, of {}", sum.0, sum.1, sum.2);
    assert!(sum.1 > 20);
}
