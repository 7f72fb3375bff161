//! `routing::decide` against a model that is written down in the words of the domain, for random towns.

use crate::memorandum::{at, on, party, row};
use chrono::{DateTime, Duration, Utc};
use mistok::{
    base::words::{
        change::ChangeType,
        memorandum::PartyStatus,
        organization::{Capacity, CentreStatus, OrganizationKind as Kind, TerritoryLevel},
        referral::{LegalBasis, RoutingBlock as Block, Urgency},
    },
    centre::model::Centre,
    memorandum::model::{Coverage, Event, Standing, Whole},
    offering::model::Offering,
    organization::model::{Contacts, Organization},
    referral::routing::{self, Facts, Place, Route},
    territory::model::Territory,
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use uuid::Uuid;

const SENDER: Uuid = Uuid::from_u128(1);
const RECEIVER: Uuid = Uuid::from_u128(2);
const THIRD: Uuid = Uuid::from_u128(3);
const TODAY: u64 = 30;

fn now() -> DateTime<Utc> {
    at(TODAY, 600)
}

/// Two regions, the first with two raions, and their hromadas; each with what lies above it.
const TREE: [(&str, &[&str]); 9] = [
    ("R1", &[]),
    ("R2", &[]),
    ("R1-A", &["R1"]),
    ("R1-B", &["R1"]),
    ("R2-C", &["R2"]),
    ("R1-A-1", &["R1", "R1-A"]),
    ("R1-A-2", &["R1", "R1-A"]),
    ("R1-B-1", &["R1", "R1-B"]),
    ("R2-C-1", &["R2", "R2-C"]),
];

/// Whether a unit is another one, or lies below it.
fn lies_in(unit: &str, within: &str) -> bool {
    unit == within || TREE.iter().any(|(code, above)| *code == unit && above.contains(&within))
}

fn unit() -> impl Strategy<Value = &'static str> {
    select(TREE.map(|(code, _)| code).to_vec())
}

fn hromada() -> impl Strategy<Value = &'static str> {
    select(vec!["R1-A-1", "R1-A-2", "R1-B-1", "R2-C-1"])
}

fn service(number: u8) -> Uuid {
    Uuid::from_u128(50 + u128::from(number))
}

fn who() -> impl Strategy<Value = Uuid> {
    prop_oneof![3 => Just(SENDER), 4 => Just(RECEIVER), 1 => Just(THIRD)]
}

#[derive(Clone, Debug)]
struct Spot {
    provider: Uuid,
    status: CentreStatus,
    at: &'static str,
    origin: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct Paper {
    /// Its centre, and whether the centre has had another provider since.
    centre: usize,
    handed_on: bool,
    /// Of sender, receiver and a third: none is no party; signed; has left.
    parties: [Option<(bool, bool)>; 3],
    from: u64,
    length: Option<u64>,
    suspended: bool,
    terminated: bool,
    /// Its end was published already.
    told: bool,
    covers: Vec<(u8, &'static str)>,
}

#[derive(Clone, Debug)]
struct Offer {
    by: Uuid,
    service: u8,
    centre: Option<usize>,
    territories: Vec<&'static str>,
    capacity: Capacity,
    days_old: i64,
}

#[derive(Clone, Debug)]
struct Scene {
    kinds: [(Kind, Option<&'static str>, bool); 2],
    spots: Vec<Spot>,
    papers: Vec<Paper>,
    offers: Vec<Offer>,
    hromada: &'static str,
    urgency: Urgency,
    basis: LegalBasis,
    named: [Option<usize>; 2],
}

fn spot() -> impl Strategy<Value = Spot> {
    let status = prop_oneof![4 => Just(CentreStatus::Open), 1 => Just(CentreStatus::Closed), 1 => Just(CentreStatus::Planned)];
    (who(), status, hromada(), option::weighted(0.2, hromada())).prop_map(|(provider, status, at, origin)| Spot {
        provider,
        status,
        at,
        origin,
    })
}

fn paper() -> impl Strategy<Value = Paper> {
    let one = || option::weighted(0.85, (proptest::bool::weighted(0.8), proptest::bool::weighted(0.15)));
    (
        (0usize..3, proptest::bool::weighted(0.1), [one(), one(), one()]),
        (0u64..TODAY + 8, option::of(0u64..40)),
        (proptest::bool::weighted(0.15), proptest::bool::weighted(0.15), proptest::bool::weighted(0.1)),
        vec((0u8..2, unit()), 0..4),
    )
        .prop_map(|((centre, handed_on, parties), (from, length), (suspended, terminated, told), covers)| Paper {
            centre,
            handed_on,
            parties,
            from,
            length,
            suspended,
            terminated,
            told,
            covers,
        })
}

fn offer() -> impl Strategy<Value = Offer> {
    (who(), 0u8..2, option::weighted(0.4, 0usize..3), vec(unit(), 0..2), select(Capacity::ALL.to_vec()), 0i64..28).prop_map(
        |(by, service, centre, territories, capacity, days_old)| Offer { by, service, centre, territories, capacity, days_old },
    )
}

fn scene() -> impl Strategy<Value = Scene> {
    let kind = prop_oneof![
        2 => Just(Kind::Ngo), 1 => Just(Kind::Charity), 1 => Just(Kind::StateBody), 1 => Just(Kind::LocalAuthority),
        1 => Just(Kind::MunicipalInstitution)
    ];
    let one = (kind, option::weighted(0.8, unit()), proptest::bool::weighted(0.9)).boxed();
    let basis = prop_oneof![6 => Just(LegalBasis::Consent), 1 => Just(LegalBasis::LawNotification), 1 => Just(LegalBasis::VitalInterest)];
    (
        ([one.clone(), one], vec(spot(), 0..4), vec(paper(), 0..4), vec(offer(), 0..4)),
        (hromada(), select(Urgency::ALL.to_vec()), basis, [option::weighted(0.3, 0usize..3), option::weighted(0.3, 0usize..3)]),
    )
        .prop_map(|((kinds, spots, papers, offers), (hromada, urgency, basis, named))| Scene {
            kinds,
            spots,
            papers,
            offers,
            hromada,
            urgency,
            basis,
            named,
        })
}

fn centre_id(number: usize) -> Uuid {
    Uuid::from_u128(20 + number as u128)
}

fn organization(id: Uuid, (kind, territory, active): (Kind, Option<&str>, bool)) -> Organization {
    Organization {
        id,
        kind,
        name: String::new(),
        name_en: None,
        edrpou: None,
        territory_code: territory.map(str::to_owned),
        registry_number: None,
        active,
        contacts: Contacts::of(&[]),
        search: String::new(),
        version: 1,
        created_at: at(0, 0),
        updated_at: at(0, 0),
    }
}

fn with_above(code: &str) -> Vec<String> {
    let above = TREE.iter().find(|(unit, _)| *unit == code).unwrap().1;
    above.iter().chain([&code]).map(|code| (*code).to_owned()).collect()
}

fn territory(code: &str) -> Territory {
    Territory {
        code: code.into(),
        level: TerritoryLevel::Hromada,
        name: String::new(),
        former_names: Vec::new(),
        parent_code: None,
        region_code: with_above(code)[0].clone(),
        ancestors: with_above(code),
    }
}

fn place((number, spot): (usize, &Spot)) -> Place {
    let centre = Centre {
        id: centre_id(number),
        name: String::new(),
        territory_code: spot.at.into(),
        origin_territory_code: spot.origin.map(str::to_owned),
        provider_id: spot.provider,
        host_id: None,
        status: spot.status,
        opened_on: None,
        address: None,
        phone: None,
        barrier_free: None,
        search: String::new(),
        version: 1,
        created_at: at(0, 0),
        updated_at: at(0, 0),
    };
    Place { within: [Some(spot.at), spot.origin].into_iter().flatten().flat_map(with_above).collect(), centre }
}

/// By whom a paper was made: the centre's provider, or the one before it.
fn maker(scene: &Scene, paper: &Paper) -> Uuid {
    let provider = scene.spots.get(paper.centre).map_or(THIRD, |spot| spot.provider);
    if paper.handed_on { if provider == RECEIVER { SENDER } else { RECEIVER } } else { provider }
}

fn whole(scene: &Scene, number: usize, paper: &Paper) -> Whole {
    let id = Uuid::from_u128(70 + number as u128);
    let mut memorandum = row(id, maker(scene, paper), on(paper.from), paper.length.map(|length| on(paper.from + length)));
    memorandum.centre_id = centre_id(paper.centre);
    memorandum.suspended_at = paper.suspended.then(|| at(TODAY, 60));
    memorandum.terminated_at = paper.terminated.then(|| at(TODAY, 599));
    memorandum.ended_told_at = paper.told.then(|| at(TODAY, 599));
    memorandum.invited_at = Some(at(0, 0));
    let parties = [SENDER, RECEIVER, THIRD].into_iter().zip(paper.parties).filter_map(|(id, side)| {
        let (signed, left) = side?;
        // A provider does not leave its own memorandum.
        let left = left && id != memorandum.provider_id;
        Some(party(&memorandum, id, signed.then(|| at(0, 1)), left.then(|| at(1, 0))))
    });
    let parties = parties.collect();
    let coverage = paper.covers.iter().map(|(number, code)| Coverage {
        memorandum_id: id,
        service_id: service(*number),
        territory_code: (*code).into(),
    });
    let events = paper.suspended.then(|| Event {
        id: Uuid::nil(),
        memorandum_id: id,
        at: at(TODAY, 60),
        kind: ChangeType::MemorandumSuspended,
        organization_id: None,
        reason: None,
    });
    Whole {
        coverage: coverage.collect(),
        events: events.into_iter().collect(),
        standing: Standing { row: memorandum, parties },
    }
}

/// What stands against one paper, told from the paper alone.
fn objections(scene: &Scene, paper: &Paper) -> Vec<Block> {
    let maker = maker(scene, paper);
    let bound = |number: usize, id: Uuid| paper.parties[number].is_some_and(|(signed, left)| signed && (!left || id == maker));
    let sides = [(0, SENDER), (1, RECEIVER), (2, THIRD)];
    let mut blocks = Vec::new();
    if !bound(0, SENDER) || !bound(1, RECEIVER) {
        blocks.push(Block::NotASignedParty);
    }
    let provider = sides.iter().any(|(number, id)| *id == maker && bound(*number, *id));
    // A partner that signed and has left since takes nothing back.
    let partner = sides.iter().any(|(number, id)| *id != maker && paper.parties[*number].is_some_and(|(signed, _)| signed));
    let last = paper.length.map(|length| paper.from + length);
    let within = paper.from <= TODAY && last.is_none_or(|last| TODAY <= last);
    // A sender that has left learns of nothing that came later.
    let has_left = SENDER != maker && paper.parties[0] == Some((true, true));
    if has_left {
    } else if paper.terminated || paper.told || !within || !provider || !partner {
        blocks.push(Block::MemorandumNotInForce);
    } else if paper.suspended {
        blocks.push(Block::MemorandumSuspended);
    }
    if paper.covers.iter().all(|(number, _)| *number != 0) {
        blocks.push(Block::ServiceNotCovered);
    } else if !paper.covers.iter().any(|(number, code)| *number == 0 && lies_in(scene.hromada, code)) {
        blocks.push(Block::TerritoryNotCovered);
    }
    blocks
}

/// Under which memorandum, or what stands against it: the domain's sentences, one after the other.
fn model(scene: &Scene) -> Result<Option<Uuid>, Vec<Block>> {
    let mut blocks = Vec::new();
    let mut under = None;
    if scene.basis == LegalBasis::Consent {
        // Between sender and receiver one is the provider of a centre X that is not closed; where it names a centre, that is X.
        let mut ways = Vec::new();
        for (number, spot) in scene.spots.iter().enumerate() {
            let (provides, other) = match spot.provider {
                SENDER => (scene.named[0], scene.kinds[1]),
                RECEIVER => (scene.named[1], scene.kinds[0]),
                _ => continue,
            };
            if spot.status != CentreStatus::Closed && provides.is_none_or(|named| named == number) {
                ways.push((number, spot, other));
            }
        }
        let authority = ways.iter().any(|(_, spot, (kind, territory, _))| {
            matches!(kind, Kind::StateBody | Kind::LocalAuthority | Kind::MunicipalInstitution)
                && territory.is_some_and(|area| {
                    lies_in(spot.at, area)
                        || spot.origin.is_some_and(|origin| lies_in(origin, area))
                        || lies_in(scene.hromada, area)
                })
        });
        let mut papers: Vec<_> = (0..).zip(&scene.papers).collect();
        papers.retain(|(_, paper)| {
            let of_way = ways.iter().any(|(number, spot, _)| *number == paper.centre && spot.provider == maker(scene, paper));
            // Who has declined is as if it had never been asked.
            let asked = |number: usize, id: Uuid| {
                paper.parties[number].is_some_and(|side| side != (false, true) || id == maker(scene, paper))
            };
            of_way && asked(0, SENDER) && asked(1, RECEIVER)
        });
        // The nearest, the latest of these; of two from one day the later one.
        papers.sort_by_key(|(number, paper)| (objections(scene, paper).len(), std::cmp::Reverse((paper.from, *number))));
        match papers.first() {
            _ if authority => {}
            None => blocks.push(Block::NoMemorandum),
            Some((number, paper)) => match objections(scene, paper) {
                none if none.is_empty() => under = Some(Uuid::from_u128(70 + *number)),
                some => blocks.extend(some),
            },
        }
    }
    if !scene.kinds[1].2 {
        blocks.push(Block::OrganizationInactive);
    }
    let mut offered = scene.offers.iter().filter(|offer| {
        let there = offer.territories.is_empty() || offer.territories.iter().any(|code| lies_in(scene.hromada, code));
        let fits = scene.named[1].is_none() || offer.centre.is_none() || offer.centre == scene.named[1];
        offer.by == RECEIVER && offer.service == 0 && there && fits
    });
    match offered.clone().count() {
        0 => blocks.push(Block::ServiceNotOffered),
        // A word that is two weeks old is not believed.
        _ if scene.urgency != Urgency::Emergency
            && offered.all(|offer| offer.capacity == Capacity::None && offer.days_old <= 14) =>
        {
            blocks.push(Block::NoCapacity);
        }
        _ => {}
    }
    if blocks.is_empty() { Ok(under) } else { Err(blocks) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_way_is_open_exactly_where_the_domain_opens_one(scene in scene()) {
        let (sender, receiver) = (organization(SENDER, scene.kinds[0]), organization(RECEIVER, scene.kinds[1]));
        let hromada = territory(scene.hromada);
        let route = Route {
            sender: &sender,
            receiver: &receiver,
            service_id: service(0),
            hromada: &hromada,
            urgency: scene.urgency,
            basis: scene.basis,
            sender_centre_id: scene.named[0].map(centre_id),
            receiver_centre_id: scene.named[1].map(centre_id),
        };
        let offering = |offer: &Offer| Offering {
            id: Uuid::nil(),
            organization_id: offer.by,
            service_id: service(offer.service),
            centre_id: offer.centre.map(centre_id),
            territories: offer.territories.iter().map(|code| (*code).to_owned()).collect(),
            capacity: offer.capacity,
            capacity_as_of: now() - Duration::days(offer.days_old),
            expected_wait: None,
            version: 1,
        };
        let facts = Facts {
            places: scene.spots.iter().enumerate().map(place).collect(),
            memoranda: scene.papers.iter().enumerate().map(|(number, paper)| whole(&scene, number, paper)).collect(),
            offerings: scene.offers.iter().map(offering).collect(),
        };
        let decided = routing::decide(&route, &facts, now());
        prop_assert_eq!(&decided, &model(&scene));
        // What is promised in one sentence each, whatever the model says.
        if let Ok(Some(id)) = decided {
            let whole = facts.memoranda.iter().find(|whole| whole.standing.row.id == id).unwrap();
            for side in [SENDER, RECEIVER] {
                prop_assert_eq!(whole.standing.party(side).unwrap().status, PartyStatus::Signed);
            }
            prop_assert!([SENDER, RECEIVER].contains(&whole.standing.row.provider_id), "two partners do not route to each other");
        }
        if scene.basis != LegalBasis::Consent {
            prop_assert!(!matches!(decided, Ok(Some(_))), "what the law demands needs no memorandum");
        }
    }
}
