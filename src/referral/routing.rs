//! To whom a person may be sent: the one place that decides, asked for candidates, when a referral is sent, and inside that
//! transaction. Pure.
//!
//! Between sender and receiver one is the provider of a centre X, and (a) both have signed one memorandum of X in force today that
//! covers the service in the person's hromada, or (b) the other is an authority whose territory covers the hromada of X or of the
//! person. Two partners of X do not route to each other through it. What the law demands without consent needs no memorandum.

use crate::{
    base::{
        Refusal,
        clock::day,
        error::UserErrorCode,
        words::{
            memorandum::{MemorandumStatus, PartyStatus},
            organization::{Capacity, CentreStatus, OrganizationKind},
            referral::{LegalBasis, RoutingBlock, Urgency},
        },
    },
    centre::model::Centre,
    memorandum::{
        model::{Sight, Whole},
        standing::{self, covers},
    },
    offering::model::Offering,
    organization::model::Organization,
    territory::model::Territory,
};
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use uuid::Uuid;

/// A way that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Route<'a> {
    pub sender: &'a Organization,
    pub receiver: &'a Organization,
    pub service_id: Uuid,
    /// Of the person.
    pub hromada: &'a Territory,
    pub urgency: Urgency,
    pub basis: LegalBasis,
    /// Where the sender or the receiver names one of its centres, the way leads through that one.
    pub sender_centre_id: Option<Uuid>,
    pub receiver_centre_id: Option<Uuid>,
}

/// A centre and the units that its hromadas lie in, those themselves included: where it stands, and whom it serves.
#[derive(Clone, Debug)]
pub struct Place {
    pub centre: Centre,
    pub within: Vec<String>,
}

/// What decides about ways: of all receivers that are asked about.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Centres that senders or receivers provide.
    pub places: Vec<Place>,
    /// Memoranda that the sender has with receivers.
    pub memoranda: Vec<Whole>,
    /// What receivers say of the service.
    pub offerings: Vec<Offering>,
}

/// The memorandum under which a person may go this way, if one is needed; or everything that stands against it.
pub fn decide(route: &Route<'_>, facts: &Facts, now: DateTime<Utc>) -> Result<Option<Uuid>, Vec<RoutingBlock>> {
    let mut blocks = Vec::new();
    let memorandum = match bond(route, facts, now) {
        Ok(memorandum) => memorandum,
        Err(why) => {
            blocks.extend(why);
            None
        }
    };
    blocks.extend(receiver(route, facts, now));
    if blocks.is_empty() { Ok(memorandum) } else { Err(blocks) }
}

/// What binds the two: nothing is needed, or this memorandum.
pub fn bond(route: &Route<'_>, facts: &Facts, now: DateTime<Utc>) -> Result<Option<Uuid>, Vec<RoutingBlock>> {
    if route.basis != LegalBasis::Consent {
        return Ok(None);
    }
    let places: Vec<&Place> = facts.places.iter().filter(|place| leads(route, &place.centre)).collect();
    if places.iter().any(|place| authority(other(route, &place.centre), &place.within, route.hromada)) {
        return Ok(None);
    }
    let of = |whole: &&Whole| {
        let row = &whole.standing.row;
        let centre = places.iter().any(|place| (place.centre.id, place.centre.provider_id) == (row.centre_id, row.provider_id));
        let asked = |id| whole.standing.party(id).is_some() && !whole.standing.has_declined(id);
        centre && asked(route.sender.id) && asked(route.receiver.id)
    };
    let mut tried: Vec<(Vec<RoutingBlock>, &Whole)> =
        facts.memoranda.iter().filter(of).map(|whole| (against(route, whole, now), whole)).collect();
    // Of several the one that fits, the latest first; or the one that comes nearest.
    tried.sort_by_key(|(blocks, whole)| (blocks.len(), Reverse((whole.standing.row.effective_from, whole.standing.row.id))));
    match tried.into_iter().next() {
        None => Err(vec![RoutingBlock::NoMemorandum]),
        Some((blocks, whole)) if blocks.is_empty() => Ok(Some(whole.standing.row.id)),
        Some((blocks, _)) => Err(blocks),
    }
}

/// Whether a way between the two can lead through a centre: one of them provides it, and names no other one.
fn leads(route: &Route<'_>, centre: &Centre) -> bool {
    let named =
        |provider: Uuid, named: Option<Uuid>| centre.provider_id == provider && named.is_none_or(|named| named == centre.id);
    let provided = named(route.sender.id, route.sender_centre_id) || named(route.receiver.id, route.receiver_centre_id);
    provided && centre.status != CentreStatus::Closed
}

fn other<'a>(route: &Route<'a>, centre: &Centre) -> &'a Organization {
    if centre.provider_id == route.sender.id { route.receiver } else { route.sender }
}

/// Whether an organisation is an authority of the centre's hromada or of the person's.
fn authority(organization: &Organization, centre_within: &[String], hromada: &Territory) -> bool {
    use OrganizationKind::{LocalAuthority, MunicipalInstitution, StateBody};
    let covers = |code: &String| centre_within.contains(code) || hromada.ancestors.contains(code);
    matches!(organization.kind, StateBody | LocalAuthority | MunicipalInstitution)
        && organization.territory_code.as_ref().is_some_and(covers)
}

/// Everything that stands against one memorandum. What is recorded of its end counts, even if this moment was taken before.
fn against(route: &Route<'_>, whole: &Whole, now: DateTime<Utc>) -> Vec<RoutingBlock> {
    let mut blocks = Vec::new();
    let row = &whole.standing.row;
    let signed = |id| whole.standing.party(id).is_some_and(|party| party.status == PartyStatus::Signed);
    if !signed(route.sender.id) || !signed(route.receiver.id) {
        blocks.push(RoutingBlock::NotASignedParty);
    }
    match standing::status_on(&whole.standing, &whole.events, day(now)) {
        // Who has left learns of nothing that came later.
        _ if matches!(whole.standing.sight(route.sender.id), Sight::Until(_)) => {}
        _ if row.terminated_at.or(row.ended_told_at).is_some() => blocks.push(RoutingBlock::MemorandumNotInForce),
        MemorandumStatus::Suspended => blocks.push(RoutingBlock::MemorandumSuspended),
        MemorandumStatus::InForce if row.suspended_at.is_some() => blocks.push(RoutingBlock::MemorandumSuspended),
        MemorandumStatus::InForce => {}
        _ => blocks.push(RoutingBlock::MemorandumNotInForce),
    }
    if !whole.coverage.iter().any(|line| line.service_id == route.service_id) {
        blocks.push(RoutingBlock::ServiceNotCovered);
    } else if !covers(&whole.coverage, route.service_id, &route.hromada.ancestors) {
        blocks.push(RoutingBlock::TerritoryNotCovered);
    }
    blocks
}

/// What the receiver says of the service where the person is, at the centre that is named or anywhere.
pub fn offered<'a>(route: &'a Route<'_>, facts: &'a Facts) -> impl Iterator<Item = &'a Offering> {
    facts.offerings.iter().filter(move |offering| {
        let at = |centre_id: Option<Uuid>| centre_id.is_none_or(|at| offering.centre_id.is_none_or(|centre| centre == at));
        let here =
            offering.territories.is_empty() || offering.territories.iter().any(|code| route.hromada.ancestors.contains(code));
        offering.organization_id == route.receiver.id
            && offering.service_id == route.service_id
            && at(route.receiver_centre_id)
            && here
    })
}

fn receiver(route: &Route<'_>, facts: &Facts, now: DateTime<Utc>) -> Vec<RoutingBlock> {
    let mut blocks = Vec::new();
    let capacities: Vec<Capacity> = offered(route, facts).map(|offering| offering.capacity_at(now)).collect();
    if !route.receiver.active {
        blocks.push(RoutingBlock::OrganizationInactive);
    }
    if capacities.is_empty() {
        blocks.push(RoutingBlock::ServiceNotOffered);
    } else if route.urgency != Urgency::Emergency && capacities.iter().all(|capacity| *capacity == Capacity::None) {
        blocks.push(RoutingBlock::NoCapacity);
    }
    blocks
}

/// A block as a refused send tells it.
pub fn refusal(block: RoutingBlock) -> Refusal {
    use UserErrorCode as Code;
    let (code, field, message) = match block {
        RoutingBlock::NoMemorandum => (
            Code::NoMemorandum,
            "receiverId",
            "Between you and the receiver there is no memorandum of a centre, and none of you is an authority that needs none.",
        ),
        RoutingBlock::MemorandumNotInForce => {
            (Code::MemorandumNotInForce, "receiverId", "The memorandum with the receiver is not in force today.")
        }
        RoutingBlock::MemorandumSuspended => {
            (Code::MemorandumNotInForce, "receiverId", "The memorandum with the receiver is suspended.")
        }
        RoutingBlock::NotASignedParty => {
            (Code::NotASignedParty, "receiverId", "One of you has not signed the memorandum, or has left it.")
        }
        RoutingBlock::ServiceNotCovered => {
            (Code::ServiceNotCovered, "serviceCode", "The memorandum with the receiver does not cover this service.")
        }
        RoutingBlock::TerritoryNotCovered => {
            (Code::TerritoryNotCovered, "territory", "The memorandum covers this service, but not in the person's hromada.")
        }
        RoutingBlock::ServiceNotOffered => {
            (Code::ServiceNotOffered, "serviceCode", "The receiver does not offer this service there.")
        }
        RoutingBlock::NoCapacity => (Code::NoCapacity, "receiverId", "The receiver takes nobody for this service now."),
        RoutingBlock::OrganizationInactive => (Code::OrganizationInactive, "receiverId", "The receiver has ceased its work."),
    };
    Refusal::new(code, field, message)
}

/// Whether a refusal is one of routing: then others might take the person instead.
pub fn is_routing(code: UserErrorCode) -> bool {
    RoutingBlock::ALL.iter().any(|block| refusal(*block).code == code)
}
