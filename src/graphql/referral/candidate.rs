//! Who could take a person now, and why the others cannot.

use crate::{
    base::{
        self, Error,
        error::ErrorCode,
        page::MOST,
        words::{
            organization::{Capacity, Workload},
            referral::{RoutingBlock, Urgency},
        },
    },
    case,
    graphql::{
        centre::Centre,
        context::Session,
        error::UserError,
        memorandum::{self, Memorandum},
        node::Kind,
        organization::Organization,
        scalars::{DateTime, Duration, Katottg},
    },
    organization,
    referral::{
        candidate::{self, Candidate, Wish},
        figure,
        model::Figures,
        routing, store,
    },
    service, territory,
};
use async_graphql::{ComplexObject, Context, ID, InputObject, Result, SimpleObject};
use uuid::Uuid;

/// For whom somebody is looked for; the territory is the case's by default, else your organisation's (пошук отримувача).
#[derive(Clone, Debug, InputObject)]
pub struct ReferralCandidatesInput {
    /// One's own case (випадок).
    case_id: Option<ID>,
    /// Code of the service that is asked for (код послуги).
    service_code: String,
    /// The person's hromada (громада).
    territory: Option<Katottg>,
    /// How soon help is needed; EMERGENCY overrides capacity (терміновість).
    #[graphql(default_with = "Urgency::Normal")]
    urgency: Urgency,
    /// One's own centre through which the person is sent: its memoranda decide then (центр).
    sender_centre_id: Option<ID>,
    /// How many at the most, 1 to 100 (кількість).
    #[graphql(default = 20)]
    first: i32,
}

/// Who could take this person now, or why it cannot (можливий отримувач).
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct ReferralCandidate {
    /// Whether a referral by consent would pass now (може прийняти).
    eligible: bool,
    /// Everything that stands against it; empty where it is eligible (чому ні).
    blocked_because: Vec<RoutingBlock>,
    /// Whether it says that it can take people; UNKNOWN after 14 days (наявність місць).
    capacity: Capacity,
    /// When it said so (станом на).
    capacity_as_of: Option<DateTime>,
    /// How long people wait (очікуваний строк).
    expected_wait: Option<Duration>,
    /// How much it has to do: what waited or was worked on yesterday evening, by tens, against what it ends in a month; UNKNOWN under ten answered or ten ended referrals (завантаженість).
    workload: Workload,
    /// Half of the referrals of the last 180 days up to yesterday were answered within so many hours, as a step of 1, 2, 4, 8, 12, 24, 48, 72 and on; null under ten answered referrals (медіана годин до відповіді).
    median_hours_to_respond: Option<f64>,
    #[graphql(skip)]
    found: Candidate,
}

impl ReferralCandidate {
    fn of(found: Candidate, figures: Option<&Figures>) -> Self {
        Self {
            eligible: found.eligible(),
            blocked_because: found.blocks.clone(),
            capacity: found.capacity,
            capacity_as_of: found.capacity_as_of.map(DateTime),
            expected_wait: found.expected_wait.clone().map(Duration),
            workload: figures.map_or(Workload::Unknown, |figures| figures.workload),
            median_hours_to_respond: figures.and_then(|figures| figures.median_hours_to_respond),
            found,
        }
    }
}

#[ComplexObject]
impl ReferralCandidate {
    /// Who (організація).
    async fn organization(&self) -> Organization {
        self.found.organization.clone().into()
    }

    /// The centre where it gives the service; null: not bound to one (центр).
    async fn centre(&self, ctx: &Context<'_>) -> Result<Option<Centre>> {
        Centre::maybe(ctx, self.found.centre_id).await
    }

    /// The memorandum under which the person would go; null: none is needed, there is no way, or without the scope memoranda:read (меморандум).
    async fn memorandum(&self, ctx: &Context<'_>) -> Result<Option<Memorandum>> {
        match self.found.memorandum_id {
            Some(id) => memorandum::find(ctx, id).await,
            None => Ok(None),
        }
    }
}

/// What is looked for, as plain keys.
#[derive(Clone, Debug)]
pub struct Search {
    pub case_id: Option<Uuid>,
    pub service: Service,
    pub territory: Option<String>,
    pub urgency: Urgency,
    pub sender_centre_id: Option<Uuid>,
    pub first: usize,
    /// Those alone who could.
    pub eligible_only: bool,
}

/// A service by its code, or by its key.
#[derive(Clone, Debug)]
pub enum Service {
    Code(String),
    Key(Uuid),
}

/// Most candidates that a refused send names.
const INSTEAD: usize = 5;

impl Search {
    /// What a refused send was for.
    pub fn instead(case_id: Option<Uuid>, service: Service, urgency: Urgency) -> Self {
        Self { case_id, service, territory: None, urgency, sender_centre_id: None, first: INSTEAD, eligible_only: true }
    }
}

impl ReferralCandidatesInput {
    pub fn search(self) -> base::Result<Search> {
        let first = usize::try_from(self.first).ok().filter(|first| (1..=MOST as usize).contains(first));
        let message = format!("first must be 1 to {MOST}, not {}.", self.first);
        Ok(Search {
            case_id: Kind::Case.maybe(self.case_id.as_ref(), "input.caseId")?,
            service: Service::Code(self.service_code),
            territory: self.territory.map(|code| code.0),
            urgency: self.urgency,
            sender_centre_id: Kind::Centre.maybe(self.sender_centre_id.as_ref(), "input.senderCentreId")?,
            first: first.ok_or_else(|| Error::question(ErrorCode::BadUserInput, "input.first", message))?,
            eligible_only: false,
        })
    }
}

/// The candidates of a search, those first who could.
pub async fn list(ctx: &Context<'_>, search: Search) -> Result<Vec<ReferralCandidate>> {
    let session = Session::of(ctx);
    let (own, reading) = (session.actor().organization_id, session.reading().await?);
    let link = reading.link();
    let sender = organization::store::get(link, own, "").await?;
    let service_id = match &search.service {
        Service::Code(code) => service::store::get(link, code, "input.serviceCode").await?.id,
        Service::Key(id) => *id,
    };
    let case = match search.case_id {
        Some(id) => {
            let found = case::store::find(link, &[id]).await?.pop().filter(|row| row.organization_id == own);
            Some(found.ok_or_else(|| Error::not_found("input.caseId"))?)
        }
        None => None,
    };
    let code = search.territory.or(case.map(|case| case.territory_code)).or(sender.territory_code.clone());
    let code = code.ok_or_else(|| Error::invalid("input.territory", "Say in which hromada the person is."))?;
    let hromada = territory::store::get(link, &code, "input.territory").await?;
    let wish = Wish {
        sender: &sender,
        service_id,
        hromada: &hromada,
        urgency: search.urgency,
        sender_centre_id: search.sender_centre_id,
    };
    let mut found = candidate::list(link, &wish, reading.now(), search.first).await?;
    if search.eligible_only {
        found.retain(Candidate::eligible);
    }
    let ids: Vec<Uuid> = found.iter().map(|candidate| candidate.organization.id).collect();
    let figures = figure::of_receivers(link, &ids).await?;
    let of = |found: Candidate| {
        let figures = figures.get(&found.organization.id);
        ReferralCandidate::of(found, figures)
    };
    Ok(found.into_iter().map(of).collect())
}

/// Who could take the person instead, where routing has refused a send; none where something else was refused.
pub async fn instead(
    ctx: &Context<'_>,
    refused: &[UserError],
    search: impl AsyncFnOnce() -> Result<Option<Search>>,
) -> Result<Option<Vec<ReferralCandidate>>> {
    if !refused.iter().any(|error| routing::is_routing(error.rule())) {
        return Ok(None);
    }
    match search().await? {
        Some(search) => list(ctx, search).await.map(Some),
        None => Ok(None),
    }
}

/// What a draft of one's own is for.
pub async fn of_draft(ctx: &Context<'_>, id: Uuid) -> Result<Option<Search>> {
    let session = Session::of(ctx);
    let reading = session.reading().await?;
    let draft = store::find(reading.link(), &[id]).await?.pop();
    let draft = draft.filter(|row| session.actor().is(row.sender_id));
    Ok(draft.map(|row| Search {
        territory: Some(row.territory_code.clone()),
        sender_centre_id: row.sender_centre_id,
        ..Search::instead(row.terms.case_id, Service::Key(row.service_id), row.urgency)
    }))
}
