//! The same adversary before the API: he asks every combination of dimensions, places, periods and releases, by aliases and by
//! several requests, puts the answers together, and solves them. Some askers contribute and know their own figures.

use super::adversary::{Adversary, World};
use crate::{
    stage::connect,
    town::{Side, Town},
};
use mistok::{
    base::{min_cell::MinCells, words::organization::OrganizationKind as Kind},
    indicator::{
        disclosure::{ALL, Axis, BoxKey, Place, Rule},
        release,
    },
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Hromadas of two regions.
const REGIONS: [(&str, &[&str]); 2] = [
    ("UA48000000000039575", &["UA48020130000080862", "UA48060150000071713"]),
    ("UA07000000000024379", &["UA07020130000036300", "UA07020010000096841"]),
];
const CATEGORIES: [&str; 4] = ["MILITARY", "VETERAN", "IDP", "OLDER_PERSON"];
const GROUPS: [&str; 3] = ["MILITARY_AND_FAMILIES", "IDP", "OTHER"];
const GROUP_OF: [usize; 4] = [0, 0, 1, 2];
const SEXES: [&str; 2] = ["FEMALE", "MALE"];

struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// A small country in a real database: places by number, with their level and key.
struct Country<'a> {
    town: &'a Town,
    names: Vec<(&'static str, String)>,
    world: World,
}

async fn country<'a>(town: &'a Town, sides: &[&Side], random: &mut Random) -> Country<'a> {
    let client = connect(&town.served.stage.superuser_url()).await;
    let (mut places, mut names, mut truth) =
        (vec![Place { parent: None, owner: None }], vec![("COUNTRY", "UA".to_owned())], vec![vec![]]);
    for (region, hromadas) in REGIONS {
        places.push(Place { parent: Some(0), owner: None });
        names.push(("REGION", region.to_owned()));
        truth.push(vec![]);
        let of_region = places.len() - 1;
        for hromada in hromadas {
            places.push(Place { parent: Some(of_region), owner: None });
            names.push(("HROMADA", (*hromada).to_owned()));
            truth.push(vec![]);
            let of_hromada = places.len() - 1;
            for _ in 0..1 + random.below(2) {
                let owner = random.below(sides.len() as u64) as usize;
                let organization = sides[owner].partner.organization_id;
                let row = client
                    .query_one(
                        &format!(
                            "insert into centre (id, name, territory_code, provider_id, status, opened_on, search, created_at, updated_at)
                             values (gen_random_uuid(), 'Центр', '{hromada}', '{organization}', 'OPEN', '2024', 'центр', now(), now()) returning id::text"
                        ),
                        &[],
                    )
                    .await
                    .unwrap();
                let centre: String = row.get(0);
                let size = [4, 12, 40][random.below(3) as usize];
                let (mut by_category, mut by_sex) = (vec![0; CATEGORIES.len()], vec![0; SEXES.len()]);
                let few = 1 + random.below(CATEGORIES.len() as u64);
                for _ in 0..random.below(size) {
                    let (category, sex) = (random.below(few) as usize, random.below(2) as usize);
                    by_category[category] += 1;
                    by_sex[sex] += 1;
                    let sql = format!(
                        "insert into tally values ('{organization}', '{centre}', '{hromada}', '2025-03-05', 'CASE_OPENED', null, null, '{}', '{}', 'UNKNOWN', 1, true)",
                        CATEGORIES[category], SEXES[sex]
                    );
                    client.batch_execute(&sql).await.unwrap();
                }
                places.push(Place { parent: Some(of_hromada), owner: Some(owner as u32) });
                names.push(("CENTRE", mistok::graphql::node::Kind::Centre.id(centre.parse().unwrap()).to_string()));
                truth.push(vec![by_category, by_sex]);
            }
        }
    }
    let axes = [Axis::Grouped(GROUP_OF.to_vec()), Axis::Flat(SEXES.len())];
    Country { town, names, world: World::new(places, &axes, truth) }
}

impl Country<'_> {
    /// The column of a dimension's value.
    fn column(&self, dimension: &str, value: &str) -> usize {
        let at = |all: &[&str]| all.iter().position(|one| *one == value).unwrap_or_else(|| panic!("{dimension} {value}"));
        match dimension {
            "TARGET_CATEGORY" => self.world.shape.value(0, at(&CATEGORIES)),
            "TARGET_GROUP" => self.world.shape.group(0, at(&GROUPS)),
            _ => self.world.shape.value(1, at(&SEXES)),
        }
    }

    fn place(&self, level: &str, key: &str) -> usize {
        self.names.iter().position(|name| name.0 == level && name.1 == key).unwrap_or_else(|| panic!("{level} {key}"))
    }

    /// Everything that a reader is told of each figure, in whichever way it is asked: always the same.
    async fn told(&self, side: &Side) -> BTreeMap<BoxKey, Option<u64>> {
        let geographies: [&[&str]; 6] =
            [&[], &["REGION"], &["HROMADA"], &["CENTRE"], &["REGION", "HROMADA"], &["HROMADA", "CENTRE"]];
        let persons = [None, Some("TARGET_CATEGORY"), Some("TARGET_GROUP"), Some("SEX")];
        let periods = ["{month: \"2025-03\"}", "{quarter: {year: 2025, quarter: 1}}", "{year: 2025}"];
        let release = self.town.ask(side, "{ releases(first: 1) { nodes { id } } }", json!({})).await;
        let newest = release.data()["releases"]["nodes"][0]["id"].clone();
        let mut known: BTreeMap<BoxKey, Option<u64>> = BTreeMap::new();
        let territories: Vec<Option<usize>> = std::iter::once(None)
            .chain((0..self.names.len()).filter(|at| ["REGION", "HROMADA"].contains(&self.names[*at].0)).map(Some))
            .collect();
        for within in territories {
            let mut asked = String::new();
            let mut meant = Vec::new();
            for geography in geographies {
                for person in persons {
                    for (n, period) in periods.iter().enumerate() {
                        for by_month in [false, true] {
                            let by: Vec<&str> =
                                geography.iter().copied().chain(person).chain(by_month.then_some("MONTH")).collect();
                            if by.len() > 3 {
                                continue;
                            }
                            let territory = within.map_or(String::new(), |at| format!(", territory: \"{}\"", self.names[at].1));
                            let release = if n == 0 { format!(", release: {newest}") } else { String::new() };
                            let name = format!("a{}", meant.len());
                            asked += &format!(
                                " {name}: indicators(input: {{indicators: [CASES_OPENED], period: {period}, by: [{}]{territory}{release}}}) {{ rows {{ dimensions {{ dimension key }} cell {{ value }} }} }}",
                                by.join(", ")
                            );
                            meant.push(name);
                        }
                    }
                }
            }
            // By aliases, and in several requests: a document may ask for so much and no more.
            let parts: Vec<&str> = asked.split_inclusive("} } }").collect();
            for some in parts.chunks(12) {
                let answer = self.town.ask(side, &format!("{{ {} }}", some.concat()), json!({})).await;
                for table in answer.data().as_object().unwrap().values() {
                    for row in table["rows"].as_array().unwrap() {
                        let (key, told) = self.read(row, within);
                        let before = known.insert(key, told);
                        assert!(
                            before.is_none_or(|before| before == told),
                            "{key:?} is told otherwise: {before:?} and {told:?}: {row}"
                        );
                    }
                }
            }
        }
        known
    }

    /// Which figure a row tells of, and what.
    fn read(&self, row: &Value, within: Option<usize>) -> (BoxKey, Option<u64>) {
        let (mut place, mut column) = (within.unwrap_or(0), ALL);
        for by in row["dimensions"].as_array().unwrap() {
            let (dimension, key) = (by["dimension"].as_str().unwrap(), by["key"].as_str().unwrap());
            match dimension {
                "REGION" | "HROMADA" | "CENTRE" => {
                    let named = self.place(dimension, key);
                    // The finest tells, whichever stands first.
                    let depth = |at: usize| std::iter::successors(Some(at), |at| self.world.places[*at].parent).count();
                    place = if depth(named) > depth(place) { named } else { place };
                }
                "MONTH" => assert_eq!(key, "2025-03"),
                _ => column = self.column(dimension, key),
            }
        }
        (BoxKey { place, column }, row["cell"]["value"].as_str().map(|value| value.parse().unwrap()))
    }
}

#[tokio::test]
async fn nobody_finds_a_person_by_asking() {
    let mut random = Random(0x5eed_1234_9876);
    let (mut attacked, mut shown) = (0, 0);
    for _ in 0..2 {
        let town = Town::new().await;
        let ministry = town.side(Kind::Ministry).await;
        let (third, outsider) = (town.side(Kind::Ngo).await, town.side(Kind::Charity).await);
        let contributors = [&town.receiver, &town.stranger, &third];
        let country = country(&town, &contributors, &mut random).await;
        release::publish_due(town.served.app.db(), MinCells::default()).await.unwrap();
        let (official, public) = (Rule { min_cell: 5, contributors: false }, Rule { min_cell: 10, contributors: true });
        let mut readers = vec![(&ministry, official, None), (&outsider, public, None)];
        readers.extend(contributors.iter().enumerate().map(|(owner, side)| (*side, public, Some(owner as u32))));
        for (side, rule, owner) in readers {
            let told = country.told(side).await;
            let world = &country.world;
            for key in world.keys() {
                let count = world.count(key, None);
                match told.get(&key) {
                    Some(Some(value)) => assert_eq!(*value, count, "{key:?}: what is shown is exact"),
                    Some(None) => assert!(count > 0, "{key:?}: what is kept back is not zero"),
                    None => assert_eq!(count, 0, "{key:?}: what has no row is zero"),
                }
                shown += usize::from(told.get(&key).is_some_and(Option::is_some));
            }
            let adversary = Adversary::new(world, |key| told.get(&key) == Some(&None), rule, owner);
            for key in world.keys().filter(|key| told.get(key) == Some(&None)) {
                // One's own is known to oneself.
                if world.count(key, owner) > 0 {
                    let (values, _) = adversary.values(key, 3);
                    assert_eq!(values.len(), 3, "{owner:?} knows too much of {key:?}: {values:?}");
                    attacked += 1;
                }
            }
        }
    }
    assert!(attacked > 50 && shown > 50, "{attacked} attacked, {shown} shown");
}
