//! What is shown of small bundles, by example and by law.
use mistok::indicator::disclosure::*;
use proptest::prelude::*;

const OFFICIAL: Rule = Rule { min_cell: 5, contributors: false };
const PUBLIC: Rule = Rule { min_cell: 10, contributors: true };

fn place(parent: Option<usize>, owner: Option<u32>) -> Place {
    Place { parent, owner }
}

/// One dimension, one row of counts for each reporting place.
fn fill<'a>(shape: &'a Shape, rows: &[(usize, &[u64])]) -> Bundle<'a> {
    let mut bundle = Bundle::new(shape);
    for (place, counts) in rows {
        counts.iter().enumerate().for_each(|(value, count)| bundle.add(*place, shape.value(0, value), *count));
    }
    bundle
}

fn row(bundle: &Bundle<'_>, pattern: &Pattern, place: usize, columns: impl Iterator<Item = Column>) -> Vec<Option<u64>> {
    columns.map(|column| BoxKey { place, column }).map(|key| (!pattern.hides(key)).then(|| bundle.count(key))).collect()
}

#[test]
fn the_cases_of_the_domain_as_one_place_with_one_dimension() {
    let five = |counts: &[u64]| {
        let shape = Shape::new(vec![place(None, Some(1))], &[Axis::Flat(counts.len())]).unwrap();
        let bundle = fill(&shape, &[(0, counts)]);
        let pattern = protect(&bundle, OFFICIAL, None).unwrap();
        row(&bundle, &pattern, 0, (1..=counts.len()).chain([ALL]))
    };
    assert_eq!(five(&[12, 3, 40]), [None, None, Some(40), Some(55)]);
    assert_eq!(five(&[3, 1, 0, 0]), [None, None, Some(0), Some(0), None]);
    assert_eq!(five(&[3, 1, 40]), [None, None, None, Some(44)]);
    assert_eq!(five(&[2, 0, 0]), [None, Some(0), Some(0), None]);
    assert_eq!(five(&[760, 743, 725]), [Some(760), Some(743), Some(725), Some(2228)]);
    assert_eq!(five(&[4, 4, 90]), [None, None, Some(90), Some(98)]);
}

#[test]
fn the_cases_of_the_domain_as_places() {
    let five = |counts: &[u64]| {
        let mut places = vec![place(None, None)];
        places.extend((0..counts.len()).map(|owner| place(Some(0), Some(owner as u32))));
        let shape = Shape::new(places, &[]).unwrap();
        let mut bundle = Bundle::new(&shape);
        counts.iter().enumerate().for_each(|(at, count)| bundle.add(at + 1, ALL, *count));
        let pattern = protect(&bundle, OFFICIAL, None).unwrap();
        let key = |place| BoxKey { place, column: ALL };
        (1..=counts.len()).chain([0]).map(|at| (!pattern.hides(key(at))).then(|| bundle.count(key(at)))).collect::<Vec<_>>()
    };
    assert_eq!(five(&[12, 3, 40]), [None, None, Some(40), Some(55)]);
    assert_eq!(five(&[3, 1, 0, 0]), [None, None, Some(0), Some(0), None]);
    assert_eq!(five(&[3, 1, 40]), [None, None, None, Some(44)]);
    assert_eq!(five(&[4, 5, 5]), [None, None, None, Some(14)]);
    assert_eq!(five(&[760, 743, 725]), [Some(760), Some(743), Some(725), Some(2228)]);
}

#[test]
fn a_total_is_hidden_from_a_contributor_who_has_nearly_all_of_it() {
    let places = vec![place(None, None), place(Some(0), Some(1)), place(Some(0), Some(2)), place(Some(0), Some(3))];
    let shape = Shape::new(places, &[Axis::Flat(1)]).unwrap();
    let bundle = fill(&shape, &[(1, &[50]), (2, &[4]), (3, &[3])]);
    let open = protect(&bundle, Rule { min_cell: 5, contributors: false }, None).unwrap();
    let closed = protect(&bundle, Rule { min_cell: 10, contributors: true }, None).unwrap();
    // 57 - 50 = 7 would be told to the first.
    assert!(!open.hides(BoxKey { place: 0, column: ALL }));
    assert!(closed.hides(BoxKey { place: 0, column: ALL }));
}

#[test]
fn services_to_few_people_are_hidden_however_many_they_are() {
    let shape =
        Shape::new(vec![place(None, None), place(Some(0), Some(1)), place(Some(0), Some(2))], &[Axis::Flat(2)]).unwrap();
    let mut bundle = fill(&shape, &[(1, &[90, 80]), (2, &[70, 60])]);
    for (place, people) in [(0, [60, 40, 35]), (1, [30, 3, 28]), (2, [30, 20, 25])] {
        people.into_iter().enumerate().for_each(|(column, people)| bundle.set_recipients(BoxKey { place, column }, people));
    }
    let pattern = protect(&bundle, OFFICIAL, None).unwrap();
    assert_eq!(row(&bundle, &pattern, 1, 0..3), [Some(170), None, None]);
    assert_eq!(row(&bundle, &pattern, 2, 0..3), [Some(130), None, None]);
    assert_eq!(row(&bundle, &pattern, 0, 0..3), [Some(300), Some(160), Some(140)]);
}

#[test]
fn what_is_no_bundle_is_refused() {
    let late = Shape::new(vec![place(None, None), place(Some(2), None), place(Some(0), None)], &[]);
    assert_eq!(late, Err(Fault::Parent { place: 1 }));
    let shape = Shape::new(vec![place(None, Some(1))], &[Axis::Flat(2), Axis::Flat(2)]).unwrap();
    let mut bundle = Bundle::new(&shape);
    bundle.add(0, shape.value(0, 0), 3);
    bundle.add(0, shape.value(1, 1), 2);
    assert_eq!(protect(&bundle, OFFICIAL, None), Err(Fault::Uneven { place: 0, axis: 1 }));
    bundle.add(0, shape.value(1, 1), 1);
    let pattern = protect(&bundle, OFFICIAL, None).unwrap();
    let other = Shape::new(vec![place(None, Some(1))], &[Axis::Flat(2)]).unwrap();
    assert_eq!(protect(&Bundle::new(&other), OFFICIAL, Some(&pattern)), Err(Fault::Pattern));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn laws(counts in prop::collection::vec(0u64..15, 40), owners in prop::collection::vec(0u32..4, 10), grow in 1u64..6) {
        let mut places = vec![place(None, None), place(Some(0), None), place(Some(0), None)];
        places.extend((0..8).map(|at| place(Some(1 + at % 2), None)));
        places.extend((3..11).map(|hromada| place(Some(hromada), Some(owners[hromada - 3]))));
        let shape = Shape::new(places, &[Axis::Grouped(vec![0, 0, 1, 1, 1])]).unwrap();
        let rows: Vec<(usize, Vec<u64>)> = (0..8).map(|at| (11 + at, counts[at * 5..at * 5 + 5].iter().map(|count| count * grow).collect())).collect();
        let rows: Vec<(usize, &[u64])> = rows.iter().map(|(at, row)| (*at, &row[..])).collect();
        let bundle = fill(&shape, &rows);
        let official = protect(&bundle, OFFICIAL, None).unwrap();
        let public = protect(&bundle, PUBLIC, Some(&official)).unwrap();
        prop_assert_eq!(&official, &protect(&bundle, OFFICIAL, None).unwrap());
        for (pattern, rule) in [(&official, OFFICIAL), (&public, PUBLIC)] {
            for key in (0..shape.height()).flat_map(|place| (0..shape.width()).map(move |column| BoxKey { place, column })) {
                let count = bundle.count(key);
                prop_assert!(count > 0 || !pattern.hides(key), "0 is shown");
                prop_assert!(count == 0 || count >= rule.min_cell || pattern.hides(key), "few are hidden");
                prop_assert!(!official.hides(key) || public.hides(key), "what officials are not shown nobody is shown");
            }
            // No line has one hidden figure alone.
            for place in 0..shape.height() {
                for line in [vec![0, 1, 2], vec![1, 3, 4], vec![2, 5, 6, 7]] {
                    prop_assert_ne!(line.iter().filter(|column| pattern.hides(BoxKey { place, column: **column })).count(), 1);
                }
            }
        }
    }
}
