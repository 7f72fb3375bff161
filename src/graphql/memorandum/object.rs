//! A memorandum and what belongs to it.

use super::{
    loader::{CoverageOf, EventsOf, PartiesOf, SpansOf},
    query,
};
use crate::{
    base::{
        clock,
        words::{access::FieldGroup, change::ChangeType, memorandum::*},
    },
    graphql::{
        centre::Centre,
        context::Session,
        directive::scope,
        loaders,
        node::Kind,
        organization::Organization,
        scalars::{Date, DateTime, PartialDate},
        service::ServiceType,
        territory::Territory,
    },
    memorandum::{model as row, policy, standing},
};
use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use std::sync::Arc;

/// A memorandum of cooperation (меморандум про співпрацю): it decides to whom referrals may go, for which services, where, and what may be shared.
#[derive(Clone)]
pub struct Memorandum(pub Arc<row::Memorandum>);

connection!(
    Memorandum,
    MemorandumConnection,
    MemorandumEdge,
    "A page of memoranda, newest first (сторінка переліку меморандумів)."
);

/// A memorandum of cooperation (меморандум про співпрацю): it decides to whom referrals may go, for which services, where, and what may be shared.
#[Object(directive = scope::apply("memoranda:read".to_owned()))]
impl Memorandum {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        Kind::Memorandum.id(self.0.id)
    }

    /// Its number on the paper; unique with its provider (номер).
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// What it is called (назва).
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The centre whose provider has made it (центр життєстійкості).
    async fn centre(&self, ctx: &Context<'_>) -> Result<Centre> {
        Centre::load(ctx, self.0.centre_id).await
    }

    /// Its parties, the centre's provider first (сторони).
    async fn parties(&self, ctx: &Context<'_>) -> Result<Vec<MemorandumParty>> {
        let parties = loaders::list(ctx, PartiesOf(self.0.id)).await?;
        let parties = match self.until(ctx).await? {
            Some(left) => standing::as_of(&parties, left),
            None => parties,
        };
        Ok(parties.into_iter().map(MemorandumParty::from).collect())
    }

    /// Which services it covers, where (предмет співпраці).
    async fn coverage(&self, ctx: &Context<'_>) -> Result<Vec<MemorandumCoverage>> {
        Ok(loaders::list(ctx, CoverageOf(self.0.id)).await?.into_iter().map(MemorandumCoverage).collect())
    }

    /// What may be told of a person (умови обміну даними).
    async fn sharing(&self) -> SharingPolicy {
        let row::Policy { field_groups, retention_days, onward_referral } = standing::policy(&self.0);
        SharingPolicy { field_groups, retention_days, onward_referral }
    }

    /// Its first day (діє з).
    async fn effective_from(&self) -> Date {
        Date(self.0.effective_from)
    }

    /// Its last day, inclusive; null: without an end (діє до).
    async fn effective_to(&self) -> Option<Date> {
        self.0.effective_to.map(Date)
    }

    /// Its status on a day, computed from its dates and events, so that what was so on a past day is told the same tomorrow (стан).
    async fn status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; null: today. It counts what has happened by its end.")] on: Option<Date>,
    ) -> Result<MemorandumStatus> {
        let asked = on.map_or_else(|| Session::of(ctx).db().clock().today(), |day| day.0);
        let day = self.until(ctx).await?.map_or(asked, |left| asked.min(clock::day(left)));
        Ok(standing::among(&loaders::list(ctx, SpansOf(self.0.id)).await?, day))
    }

    /// What has happened to it, oldest first (історія).
    async fn timeline(&self, ctx: &Context<'_>) -> Result<Vec<MemorandumEvent>> {
        let own = Session::of(ctx).actor().organization_id;
        // Why a partner left it has told the provider, and nobody else.
        let told = |row: &row::Event| {
            row.kind != ChangeType::MemorandumPartyLeft || own == self.0.provider_id || row.organization_id == Some(own)
        };
        let event = |row: row::Event| row::Event { reason: row.reason.clone().filter(|_| told(&row)), ..row };
        let until = self.until(ctx).await?;
        let events = loaders::list(ctx, EventsOf(self.0.id)).await?;
        let events = events.into_iter().filter(|row| until.is_none_or(|left| row.at <= left));
        Ok(events.map(event).map(MemorandumEvent::from).collect())
    }

    /// The memorandum that it renews; null: none, or one of which the viewer was no party (продовжує дію).
    async fn supersedes(&self, ctx: &Context<'_>) -> Result<Option<Memorandum>> {
        match self.0.supersedes_id {
            Some(id) => query::find(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Grows with each change; give it back as `expectedVersion` (версія).
    async fn version(&self) -> i32 {
        self.0.version
    }
}

impl Memorandum {
    /// The moment after which the viewer, who has left then, learns of nothing more.
    async fn until(&self, ctx: &Context<'_>) -> Result<Option<chrono::DateTime<chrono::Utc>>> {
        let parties = loaders::list(ctx, PartiesOf(self.0.id)).await?;
        let memorandum = row::Standing { row: (*self.0).clone(), parties };
        Ok(policy::sees_until(Session::of(ctx).actor(), &memorandum))
    }
}

/// An organisation in a memorandum; one that was invited again after it had left or declined stands there for each time (сторона меморандуму).
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct MemorandumParty {
    /// Its part (роль).
    role: PartyRole,
    /// How far it is; WITHDRAWN has left or declined (стан).
    status: PartyStatus,
    /// The day of its signature as it stands on the paper (дата підписання).
    signed_on: Option<PartialDate>,
    /// The day on which it left (дата виходу).
    withdrawn_on: Option<Date>,
    #[graphql(skip)]
    row: row::Party,
}

impl From<row::Party> for MemorandumParty {
    fn from(row: row::Party) -> Self {
        Self {
            role: row.role,
            status: row.status,
            signed_on: row.signed_on.clone().map(PartialDate),
            withdrawn_on: row.withdrawn_at.map(clock::day).map(Date),
            row,
        }
    }
}

#[ComplexObject]
impl MemorandumParty {
    /// Who (організація).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Organization> {
        Organization::load(ctx, self.row.organization_id).await
    }
}

/// One service in one territory; a region or raion covers the hromadas below it (послуга й територія).
#[derive(Clone)]
pub struct MemorandumCoverage(row::Coverage);

/// One service in one territory; a region or raion covers the hromadas below it (послуга й територія).
#[Object]
impl MemorandumCoverage {
    /// The service (послуга).
    async fn service(&self, ctx: &Context<'_>) -> Result<ServiceType> {
        ServiceType::load(ctx, self.0.service_id).await
    }

    /// Where (територія).
    async fn territory(&self, ctx: &Context<'_>) -> Result<Territory> {
        Territory::load(ctx, &self.0.territory_code).await
    }
}

/// What may be told of a person under a memorandum; the consent of the person narrows it further (умови обміну даними).
#[derive(Clone, SimpleObject)]
pub struct SharingPolicy {
    /// Groups of fields that may be shared at all (групи полів).
    field_groups: Vec<FieldGroup>,
    /// For how many days after the end of a referral its receiver may go on reading (строк зберігання, днів).
    retention_days: i32,
    /// Whether the receiver may send the person onward (подальше скерування).
    onward_referral: bool,
}

/// What has happened to a memorandum (подія).
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct MemorandumEvent {
    /// When it took effect (коли).
    at: DateTime,
    /// What (вид зміни).
    kind: ChangeType,
    /// Why; why a partner has left, the provider and that partner alone read (причина).
    reason: Option<String>,
    #[graphql(skip)]
    row: row::Event,
}

impl From<row::Event> for MemorandumEvent {
    fn from(row: row::Event) -> Self {
        Self { at: DateTime(row.at), kind: row.kind, reason: row.reason.clone(), row }
    }
}

#[ComplexObject]
impl MemorandumEvent {
    /// Who; null: the server, when a time had come (хто).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        match self.row.organization_id {
            Some(id) => Organization::load(ctx, id).await.map(Some),
            None => Ok(None),
        }
    }
}
