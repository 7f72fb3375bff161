//! What organisations offer.

use super::{
    centre::Centre,
    context::Session,
    directive::{emits, scope},
    error::Outcome,
    loaders::{grouped, load},
    node::Kind,
    organization::OrganizationPayload,
    scalars::{DateTime, Duration, Katottg},
    service::ServiceType,
    territory::{Territory, TerritoryByCode},
};
use crate::{
    base::{
        self,
        words::{change::ChangeType, organization::Capacity},
    },
    offering::{actions, model as row, store},
};
use async_graphql::{ComplexObject, Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::Utc;
use uuid::Uuid;

/// What a partner offers where, and whether it can take people now (пропозиція послуги).
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct ServiceOffering {
    /// Whether it can take people now; UNKNOWN where the partner said so more than 14 days ago (наявність місць).
    capacity: Capacity,
    /// When the partner last said so, however long ago (станом на).
    capacity_as_of: Option<DateTime>,
    /// How long people wait (очікуваний строк).
    expected_wait: Option<Duration>,
    #[graphql(skip)]
    row: row::Offering,
}

impl ServiceOffering {
    /// As it counts at a moment: the one of the reading.
    pub fn at(row: row::Offering, now: chrono::DateTime<Utc>) -> Self {
        Self {
            capacity: row.capacity_at(now),
            capacity_as_of: Some(row.capacity_as_of.into()),
            expected_wait: row.expected_wait.clone().map(Duration),
            row,
        }
    }
}

loader! {
    /// What an organisation offers.
    OfferingsOf(Uuid) -> Vec<row::Offering>,
    |_loaders, reading, ids| grouped(store::of_organizations(reading.link(), &ids).await?, |row| row.organization_id)
}

#[ComplexObject]
impl ServiceOffering {
    /// The service (послуга).
    async fn service(&self, ctx: &Context<'_>) -> Result<ServiceType> {
        ServiceType::load(ctx, self.row.service_id).await
    }

    /// The centre where it is given; null: anywhere in the area (центр).
    async fn centre(&self, ctx: &Context<'_>) -> Result<Option<Centre>> {
        Centre::maybe(ctx, self.row.centre_id).await
    }

    /// Where it is given; a region or raion covers the hromadas below. Empty: the whole area of the centre, or of the organisation (територія надання).
    async fn territories(&self, ctx: &Context<'_>) -> Result<Vec<Territory>> {
        let found = self.row.territories.iter().map(|code| load(ctx, TerritoryByCode(code.clone())));
        let found = futures_util::future::try_join_all(found).await?;
        Ok(found.into_iter().flatten().map(Territory::from).collect())
    }
}

/// What your organisation offers, over what it said before of the same service and centre (пропозиція послуги).
#[derive(Clone, Debug, InputObject)]
pub struct OfferingUpdateInput {
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same.
    pub idempotency_key: Option<String>,
    /// A centre that your organisation provides or hosts; null: not bound to one (центр).
    pub centre_id: Option<ID>,
    /// Code of the service type (код послуги).
    pub service_code: String,
    /// Where it is given, at most 200; a region or raion covers the hromadas below. Empty: the whole area of the centre, or of your organisation (територія надання).
    pub territories: Vec<Katottg>,
    /// Whether you can take people now (наявність місць).
    pub capacity: Capacity,
    /// How long people wait (очікуваний строк).
    pub expected_wait: Option<Duration>,
}

impl OfferingUpdateInput {
    fn command(self) -> Result<row::Update, base::Error> {
        Ok(row::Update {
            centre_id: Kind::Centre.maybe(self.centre_id.as_ref(), "centreId")?,
            service_code: self.service_code,
            territories: self.territories.into_iter().map(|code| code.0).collect(),
            capacity: self.capacity,
            expected_wait: self.expected_wait.map(|wait| wait.0),
        })
    }
}

/// Changes of offerings.
#[derive(Default)]
pub struct OfferingMutation;

#[Object]
impl OfferingMutation {
    /// Tells what your organisation offers, and whether it can take people now (оновлення пропозиції послуги).
    #[graphql(
        directive = scope::apply("offerings:write".to_owned()),
        directive = emits::apply(vec![ChangeType::OfferingChanged])
    )]
    async fn offering_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The offering.")] input: OfferingUpdateInput,
    ) -> Result<OrganizationPayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "offeringUpdate", input.idempotency_key.clone()).await?;
        let done = match input.command() {
            Ok(command) => actions::update(session.db(), session.actor(), &asked, &command).await,
            Err(refused) => Err(refused),
        };
        OrganizationPayload::of(ctx, Outcome::of(done)?).await
    }
}
