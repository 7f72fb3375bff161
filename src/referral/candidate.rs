//! Who could take a person, and why the others cannot: asked by people, and by a send that was refused.

use super::{
    routing::{self, Facts, Place, Route},
    store,
};
use crate::{
    base::{
        Result,
        words::{
            organization::Capacity,
            referral::{LegalBasis, RoutingBlock, Urgency},
        },
    },
    centre,
    db::Link,
    memorandum, offering,
    organization::{self, model::Organization},
    territory::{self, model::Territory},
};
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use uuid::Uuid;

/// Most ways that are looked at for one question.
const LOOKED_AT: i64 = 200;

/// What is asked: who could take a person of this hromada for this service.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    pub sender: &'a Organization,
    pub service_id: Uuid,
    pub hromada: &'a Territory,
    pub urgency: Urgency,
    pub sender_centre_id: Option<Uuid>,
}

/// One who could, or cannot.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub organization: Arc<Organization>,
    /// Where the service is given; none: not bound to a centre.
    pub centre_id: Option<Uuid>,
    /// Under which the person would go; none: none is needed, or there is no way.
    pub memorandum_id: Option<Uuid>,
    pub blocks: Vec<RoutingBlock>,
    pub capacity: Capacity,
    pub capacity_as_of: Option<DateTime<Utc>>,
    /// ISO 8601 duration.
    pub expected_wait: Option<String>,
}

impl Candidate {
    pub fn eligible(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Who can, first; of these who takes people now; of the others who comes nearest.
    fn rank(&self) -> (usize, u8) {
        let capacity = match self.capacity {
            Capacity::Available => 0,
            Capacity::AdditionalAssessmentRequired => 1,
            Capacity::Waitlist => 2,
            Capacity::Unknown => 3,
            Capacity::None => 4,
        };
        (self.blocks.len(), capacity)
    }
}

/// What decides about the ways from a sender to several receivers. `memoranda` are those that the sender has with them.
pub async fn facts(link: &Link, route: &Route<'_>, receivers: &[Uuid], memoranda: &[Uuid]) -> Result<Facts> {
    let providers: Vec<Uuid> = receivers.iter().copied().chain([route.sender.id]).collect();
    let centres = centre::store::of_providers(link, &providers).await?;
    let codes = centres.iter().flat_map(|row| [Some(&row.territory_code), row.origin_territory_code.as_ref()]);
    let codes: BTreeSet<String> = codes.flatten().cloned().collect();
    let codes: Vec<String> = codes.into_iter().collect();
    let territories: BTreeMap<String, Territory> =
        territory::store::find(link, &codes).await?.into_iter().map(|row| (row.code.clone(), row)).collect();
    let within = |code: &String| territories.get(code).map(|row| row.ancestors.clone()).unwrap_or_default();
    let place = |centre: centre::model::Centre| Place {
        within: [Some(&centre.territory_code), centre.origin_territory_code.as_ref()]
            .into_iter()
            .flatten()
            .flat_map(within)
            .collect(),
        centre,
    };
    Ok(Facts {
        places: centres.into_iter().map(place).collect(),
        memoranda: memorandum::store::wholes(link, memoranda).await?,
        offerings: offering::store::of_several(link, receivers, route.service_id).await?,
    })
}

/// The candidates for a wish: those who could first, then the others, each with everything that stands against it.
pub async fn list(link: &Link, wish: &Wish<'_>, now: DateTime<Utc>, most: usize) -> Result<Vec<Candidate>> {
    let offers = store::offers(link, wish.sender.id, wish.service_id, wish.hromada, LOOKED_AT).await?;
    let partners = memorandum::store::partners_for(link, wish.sender.id, wish.service_id, LOOKED_AT).await?;
    // A way to each place where the service is offered, and to each partner that should offer it and does not.
    let mut ways: BTreeSet<(Uuid, Option<Uuid>)> =
        offers.iter().map(|offer| (offer.organization_id, offer.centre_id)).collect();
    let offering: BTreeSet<Uuid> = ways.iter().map(|(id, _)| *id).collect();
    ways.extend(partners.into_iter().filter(|id| !offering.contains(id)).map(|id| (id, None)));
    let ids: BTreeSet<Uuid> = ways.iter().map(|(id, _)| *id).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let receivers: BTreeMap<Uuid, Arc<Organization>> =
        organization::store::find(link, &ids).await?.into_iter().map(|row| (row.id, Arc::new(row))).collect();
    let memoranda = memorandum::store::between(link, wish.sender.id, &ids).await?;
    let route = |receiver, receiver_centre_id| Route {
        sender: wish.sender,
        receiver,
        service_id: wish.service_id,
        hromada: wish.hromada,
        urgency: wish.urgency,
        basis: LegalBasis::Consent,
        sender_centre_id: wish.sender_centre_id,
        receiver_centre_id,
    };
    let facts = facts(link, &route(wish.sender, None), &ids, &memoranda).await?;
    let mut candidates: Vec<Candidate> = ways
        .into_iter()
        .filter_map(|(id, centre_id)| {
            let organization = receivers.get(&id)?;
            let route = route(organization, centre_id);
            let (memorandum_id, blocks) = match routing::decide(&route, &facts, now) {
                Ok(memorandum_id) => (memorandum_id, Vec::new()),
                Err(blocks) => (None, blocks),
            };
            let offer = routing::offered(&route, &facts).min_by_key(|offer| offer.centre_id != centre_id);
            Some(Candidate {
                organization: organization.clone(),
                centre_id,
                memorandum_id,
                blocks,
                capacity: offer.map_or(Capacity::Unknown, |offer| offer.capacity_at(now)),
                capacity_as_of: offer.map(|offer| offer.capacity_as_of),
                expected_wait: offer.and_then(|offer| offer.expected_wait.clone()),
            })
        })
        .collect();
    candidates
        .sort_by(|one, other| one.rank().cmp(&other.rank()).then_with(|| one.organization.name.cmp(&other.organization.name)));
    candidates.truncate(most);
    Ok(candidates)
}
