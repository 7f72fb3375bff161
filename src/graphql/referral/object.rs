//! A referral and its history.

use super::{
    clock::ReferralClock,
    loader::{BehindOf, ChildrenOf, ClocksOf, EventsOf, OwnCaseOf, ReferralById},
    query,
    subject::SharedSubject,
};
use crate::{
    access::Scope,
    base::words::{
        access::{FieldGroup, RedactionReason},
        case::Slot,
        referral::*,
    },
    graphql::{
        case::{Case, Consent, consent},
        centre::Centre,
        context::Session,
        directive::{pii, scope},
        lean::Lean,
        loaders,
        memorandum::{self, Memorandum},
        node::Kind,
        organization::Organization,
        scalars::DateTime,
        service::ServiceType,
        territory::Territory,
    },
    journal::ObjectType,
    referral::{
        behind::Behind,
        model::{Event, Found, Glance, Part, Parts, Referral as Row},
        rules,
        sharing::{Sharing, fields},
    },
};
use async_graphql::{Context, ID, Object, Result, SimpleObject};
use std::sync::Arc;
use uuid::Uuid;

/// A referral (скерування): asked by the sender, fulfilled by the receiver, one status seen alike by both.
#[derive(Clone)]
pub struct Referral {
    pub found: Arc<Found>,
    /// The viewer's side.
    pub party: Party,
    /// What was brought along of what is behind it.
    pub behind: Option<Arc<Behind>>,
}

/// Fields that a glance answers, or what is behind the referral, or another table: a list that asks for nothing else is read without the rest.
pub const AT_A_GLANCE: &[&str] = &[
    "__typename",
    "id",
    "number",
    "sender",
    "receiver",
    "service",
    "territory",
    "urgency",
    "status",
    "statusReason",
    "outcome",
    "sentAt",
    "respondBy",
    "overdue",
    "turnOf",
    "clocks",
    "subject",
    "reason",
    "justification",
    "allowedActions",
    "redactions",
    "timeline",
    "children",
    "createdAt",
    "updatedAt",
    "version",
];

connection!(Referral, ReferralConnection, ReferralEdge, "A page of referrals (сторінка скерувань).");

/// A field that is hidden (приховане поле).
#[derive(Clone, Debug, SimpleObject)]
pub struct Redaction {
    /// Name of the field, with dots from the object on (поле).
    field: String,
    /// Why; by the rule alone, the same whether or not there is a value (причина).
    reason: RedactionReason,
}

impl Redaction {
    pub fn of(field: &str, reason: RedactionReason) -> Self {
        Self { field: field.to_owned(), reason }
    }
}

impl Referral {
    pub fn glance(&self) -> &Glance {
        self.found.glance()
    }

    /// All of it. The page brings it along where it sees in time that somebody will ask.
    pub async fn whole(&self, ctx: &Context<'_>) -> Result<Arc<Row>> {
        match &*self.found {
            Found::Whole(row) => Ok(row.clone()),
            Found::Glance(glance) => loaders::present(loaders::load(ctx, ReferralById(glance.id)).await?),
        }
    }

    /// What the rule lets this viewer see now.
    pub async fn sharing(&self, ctx: &Context<'_>) -> Result<Sharing> {
        Ok(self.shared(ctx, &*self.behind(ctx, Parts::NONE).await?))
    }

    /// The same, of what was brought along already.
    pub fn shared(&self, ctx: &Context<'_>, behind: &Behind) -> Sharing {
        let session = Session::of(ctx);
        let purpose_named = session.actor().purpose.is_some();
        Sharing::of(self.glance(), self.party, behind.footing(), purpose_named, session.db().clock().now())
    }

    /// What it stands on today, with some parts of what is sealed of its subject.
    pub async fn behind(&self, ctx: &Context<'_>, parts: Parts) -> Result<Arc<Behind>> {
        match &self.behind {
            Some(behind) if behind.parts.hold(parts) => Ok(behind.clone()),
            _ => loaders::present(loaders::load(ctx, BehindOf((self.glance().id, parts))).await?),
        }
    }

    /// A sealed text under the group REASON, if the rule shows it; that it was read is noted.
    async fn text(&self, ctx: &Context<'_>, object_id: Uuid, slot: Slot, field: &'static str) -> Result<Option<String>> {
        if self.sharing(ctx).await?.group(FieldGroup::Reason).is_err() {
            return Ok(None);
        }
        Session::of(ctx).saw(ObjectType::Referral, self.glance().id, field);
        let part = if slot == Slot::Note { Part::Notes } else { Part::Words };
        let behind = self.behind(ctx, part.into()).await?;
        Ok(behind.dossier.as_ref().map(|dossier| dossier.text(object_id, slot)).transpose()?.flatten())
    }
}

/// A referral (скерування): asked by the sender, fulfilled by the receiver, one status seen alike by both.
#[Object(directive = scope::apply("referrals:read".to_owned()))]
impl Referral {
    /// Global id; random.
    pub async fn id(&self) -> ID {
        Kind::Referral.id(self.glance().id)
    }

    /// Number that people read to each other; random (номер).
    async fn number(&self) -> &str {
        &self.glance().number
    }

    /// Who asks (хто скеровує).
    async fn sender(&self, ctx: &Context<'_>) -> Result<Lean<Organization>> {
        Organization::load(ctx, self.glance().sender_id).await.map(Lean)
    }

    /// Who fulfils (хто приймає).
    async fn receiver(&self, ctx: &Context<'_>) -> Result<Lean<Organization>> {
        Organization::load(ctx, self.glance().receiver_id).await.map(Lean)
    }

    /// The sender's centre (центр, що скеровує).
    async fn sender_centre(&self, ctx: &Context<'_>) -> Result<Option<Centre>> {
        Centre::maybe(ctx, self.whole(ctx).await?.sender_centre_id).await
    }

    /// The receiver's centre (центр, що приймає).
    async fn receiver_centre(&self, ctx: &Context<'_>) -> Result<Option<Centre>> {
        Centre::maybe(ctx, self.whole(ctx).await?.receiver_centre_id).await
    }

    /// What is asked for (послуга).
    async fn service(&self, ctx: &Context<'_>) -> Result<Lean<ServiceType>> {
        ServiceType::load(ctx, self.glance().service_id).await.map(Lean)
    }

    /// The person's hromada (громада).
    async fn territory(&self, ctx: &Context<'_>) -> Result<Lean<Territory>> {
        Territory::load(ctx, &self.glance().territory_code).await.map(Lean)
    }

    /// How soon help is needed (терміновість).
    async fn urgency(&self) -> Urgency {
        self.glance().urgency
    }

    /// The ground on which the person's data is passed on (правова підстава).
    async fn legal_basis(&self, ctx: &Context<'_>) -> Result<LegalBasis> {
        Ok(self.whole(ctx).await?.terms.legal_basis)
    }

    /// Act and article, where there is no consent (норма закону).
    async fn legal_ground(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.whole(ctx).await?.legal_ground.clone())
    }

    /// Why data is passed on without consent (обґрунтування).
    #[graphql(directive = pii::apply(FieldGroup::Reason))]
    async fn justification(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.text(ctx, self.glance().id, Slot::Justification, "justification").await
    }

    /// The memorandum under which it was sent, chosen then; null: none was needed, or without the scope memoranda:read (меморандум).
    async fn memorandum(&self, ctx: &Context<'_>) -> Result<Option<Memorandum>> {
        match self.whole(ctx).await?.terms.memorandum_id {
            Some(id) => memorandum::find(ctx, id).await,
            None => Ok(None),
        }
    }

    /// The consent behind it; null without the scope cases:read (згода).
    async fn consent(&self, ctx: &Context<'_>) -> Result<Option<Consent>> {
        match self.whole(ctx).await?.consent_id {
            Some(id) => consent(ctx, id).await,
            _ => Ok(None),
        }
    }

    /// The shared status (спільний стан).
    async fn status(&self) -> ReferralStatus {
        self.glance().status
    }

    /// Why it has this status (причина стану).
    async fn status_reason(&self) -> Option<ReferralReason> {
        self.glance().status_reason
    }

    /// What came of it (результат).
    async fn outcome(&self) -> Option<ReferralOutcome> {
        self.glance().outcome
    }

    /// When it was sent (надіслано).
    async fn sent_at(&self) -> Option<DateTime> {
        self.glance().sent_at.map(DateTime)
    }

    /// By when the receiver is to answer, fixed at the sending: 24 hours, 72 hours or 14 days by urgency, unless the server is configured otherwise (відповісти до).
    async fn respond_by(&self) -> Option<DateTime> {
        self.glance().respond_by.map(DateTime)
    }

    /// SENT or RECEIVED after `respondBy` (прострочено).
    async fn overdue(&self, ctx: &Context<'_>) -> bool {
        self.glance().overdue(Session::of(ctx).db().clock().now())
    }

    /// Whose turn it is, while it is somebody's (чия черга діяти).
    async fn turn_of(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        match self.glance().turn_of() {
            Some(id) => Ok(Some(Organization::load(ctx, id).await?)),
            None => Ok(None),
        }
    }

    /// The clocks that have begun so far: RESPOND from the sending, FIRST_CONTACT and COMPLETE from the acceptance (строки).
    async fn clocks(&self, ctx: &Context<'_>) -> Result<Vec<ReferralClock>> {
        let rows = loaders::list(ctx, ClocksOf(self.glance().id)).await?;
        Ok(rows.into_iter().map(ReferralClock).collect())
    }

    /// What this viewer may know of the person (особа).
    async fn subject(&self, ctx: &Context<'_>) -> Result<Lean<SharedSubject>> {
        let behind = self.behind(ctx, Parts::NONE).await?;
        let sharing = self.shared(ctx, &behind);
        Ok(Lean(SharedSubject { of: self.clone(), behind, sharing }))
    }

    /// Why help is sought (причина звернення).
    #[graphql(directive = pii::apply(FieldGroup::Reason))]
    async fn reason(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.text(ctx, self.glance().id, Slot::Reason, "reason").await
    }

    /// The viewer's own case: the one that the sender sent, or the one that the receiver opened from it; null without the scope cases:read (випадок).
    async fn case(&self, ctx: &Context<'_>) -> Result<Option<Case>> {
        if !Session::of(ctx).actor().holds(Scope::CasesRead) {
            return Ok(None);
        }
        match (self.party, self.whole(ctx).await?.terms.case_id) {
            (Party::Sender, Some(id)) => Case::find(ctx, id).await,
            (Party::Sender, None) => Ok(None),
            (Party::Receiver, _) => {
                Ok(loaders::load(ctx, OwnCaseOf(self.glance().id)).await?.and_then(|row| Case::seen(ctx, row)))
            }
        }
    }

    /// The referral that led to this onward referral; answers to its own parties only (попереднє скерування).
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Referral>> {
        query::maybe(ctx, self.whole(ctx).await?.parent_id).await
    }

    /// The earlier attempt that this one replaces; answers to its own parties only (замінює).
    async fn replaces(&self, ctx: &Context<'_>) -> Result<Option<Referral>> {
        query::maybe(ctx, self.whole(ctx).await?.replaces_id).await
    }

    /// Onward referrals; each answers to its own parties only (наступні скерування).
    async fn children(&self, ctx: &Context<'_>) -> Result<Vec<Referral>> {
        let rows = loaders::list(ctx, ChildrenOf(self.glance().id)).await?;
        Ok(rows.into_iter().filter_map(|row| query::seen(ctx, Found::whole(Arc::new(row)))).collect())
    }

    /// The shared history, oldest first; for the receiver it begins at SENT (історія).
    async fn timeline(&self, ctx: &Context<'_>) -> Result<Vec<ReferralEvent>> {
        let rows = loaders::list(ctx, EventsOf(self.glance().id)).await?;
        Ok(rows.into_iter().map(|row| ReferralEvent { row, of: self.clone() }).collect())
    }

    /// What the viewer may do now (доступні дії).
    async fn allowed_actions(&self, ctx: &Context<'_>) -> Result<Vec<ReferralAction>> {
        let session = Session::of(ctx);
        if !session.actor().holds(Scope::ReferralsWrite) {
            return Ok(Vec::new());
        }
        let behind = self.behind(ctx, Parts::NONE).await?;
        Ok(rules::allowed(self.glance().status, self.party, behind.footing(), session.db().clock().now()))
    }

    /// Which fields are hidden, and why; by the rule alone (приховані поля).
    async fn redactions(&self, ctx: &Context<'_>) -> Result<Vec<Redaction>> {
        let sharing = self.sharing(ctx).await?;
        let hidden = fields().filter_map(|(field, rule)| sharing.decide(rule).err().map(|reason| Redaction { field, reason }));
        Ok(hidden.collect())
    }

    /// Since when the receiver may no longer read a person that it could read: it must acknowledge that (дані приховано).
    async fn redaction_requested_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        Ok(self.whole(ctx).await?.terms.redaction_requested_at.map(DateTime))
    }

    /// When the receiver acknowledged that it no longer keeps what it may no longer see; null: it has not (приховання підтверджено).
    async fn redaction_acknowledged_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        Ok(self.whole(ctx).await?.terms.redaction_acknowledged_at.map(DateTime))
    }

    /// When it was written; for the sender alone (створено).
    async fn created_at(&self) -> Option<DateTime> {
        (self.party == Party::Sender).then(|| DateTime(self.glance().created_at))
    }

    /// When it last changed (змінено).
    async fn updated_at(&self) -> DateTime {
        DateTime(self.glance().updated_at)
    }

    /// Grows with each change; goes into `expectedVersion` (версія).
    async fn version(&self) -> i32 {
        self.glance().version
    }
}

/// A step of the shared history (подія).
#[derive(Clone)]
pub struct ReferralEvent {
    row: Event,
    of: Referral,
}

/// A step of the shared history (подія).
#[Object]
impl ReferralEvent {
    /// When (коли).
    async fn at(&self) -> DateTime {
        DateTime(self.row.at)
    }

    /// Status before; null where the viewer's history begins (попередній стан).
    async fn from(&self) -> Option<ReferralStatus> {
        let begins = self.of.party == Party::Receiver && self.row.to_status == ReferralStatus::Sent;
        self.row.from_status.filter(|_| !begins)
    }

    /// Status after (новий стан).
    async fn to(&self) -> ReferralStatus {
        self.row.to_status
    }

    /// Why (причина).
    async fn reason(&self) -> Option<ReferralReason> {
        self.row.reason
    }

    /// Note of the party that took the step (нотатка).
    #[graphql(directive = pii::apply(FieldGroup::Reason))]
    async fn note(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.of.text(ctx, self.row.id, Slot::Note, "timeline.note").await
    }

    /// The party that took the step; null: the server, when a time had come (організація).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        match self.row.organization_id {
            Some(id) => Ok(Some(Organization::load(ctx, id).await?)),
            None => Ok(None),
        }
    }

    /// The referral's version after the step (версія).
    async fn version(&self) -> i32 {
        self.row.version
    }
}
