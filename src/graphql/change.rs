//! The feed of changes: what has happened that the caller may know of, in order and without a gap.

use super::{
    context::Session,
    directive::fails,
    node::{Kind, territory_id},
    scalars::DateTime,
    schema::{self, Node},
};
use crate::{
    base::{Error, error::ErrorCode, page, words::change::ChangeType},
    journal::{
        ObjectType,
        feed::{self, Place},
    },
};
use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use futures_util::{Stream, stream};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// One entry of the gap-free feed (зміна): ids and words, never personal data.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Change {
    /// The place after this entry: give it back as `after`. It lives 13 months (курсор).
    cursor: String,
    /// What has changed (вид зміни).
    #[graphql(name = "type")]
    change: ChangeType,
    /// Global id of the object (об'єкт).
    object_id: ID,
    /// Its version after the change: what you have read with this version or a later one has it already (версія).
    object_version: i32,
    /// When (коли).
    occurred_at: DateTime,
    #[graphql(skip)]
    resolves: bool,
}

#[ComplexObject]
impl Change {
    /// Whether you should forget what you keep of the object: it cannot be read any more with today's rights (надгробок).
    async fn tombstone(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.resolves && self.node(ctx).await?.is_none())
    }

    /// The object as it is now, with today's rights; null where there are none, and for what is no object of its own: offerings, and calls that recorded work (об'єкт).
    async fn node(&self, ctx: &Context<'_>) -> Result<Option<Node>> {
        schema::find(ctx, &self.object_id).await
    }
}

/// Entries of the feed, oldest first (сторінка змін).
#[derive(Clone, SimpleObject)]
pub struct ChangePage {
    /// What has happened after the cursor (зміни).
    entries: Vec<Change>,
    /// From here it goes on; keep it, also when there was nothing (курсор кінця).
    end_cursor: String,
    /// Whether there may be more right now: ask again at once. Otherwise ask again after a while (є ще).
    has_more: bool,
}

impl Change {
    /// As the organisation of a session reads it.
    pub fn of(entry: &feed::Entry, session: &Session) -> Self {
        let (object_id, resolves) = global(entry.object, entry.object_id);
        Self {
            cursor: entry.place.cursor(session.seal(), session.actor().organization_id),
            change: entry.change,
            object_id,
            object_version: entry.object_version,
            occurred_at: DateTime(entry.at),
            resolves,
        }
    }
}

/// The global id of an object of the journal, and whether it is one that `node` gives.
pub fn global(object: ObjectType, id: Uuid) -> (ID, bool) {
    let kind = match object {
        ObjectType::Territory => return (territory_id(&crate::base::katottg::of_key(id)), true),
        ObjectType::Organization => Kind::Organization,
        ObjectType::Centre => Kind::Centre,
        ObjectType::Application => Kind::Application,
        ObjectType::Memorandum => Kind::Memorandum,
        ObjectType::Case => Kind::Case,
        ObjectType::Consent => Kind::Consent,
        ObjectType::Referral => Kind::Referral,
        ObjectType::Release => Kind::Release,
        ObjectType::Group => Kind::Group,
        ObjectType::Observation => Kind::Observation,
        ObjectType::Contract => Kind::FundingContract,
        ObjectType::Act => Kind::ServiceAct,
        ObjectType::WebhookEndpoint => Kind::WebhookEndpoint,
        ObjectType::Offering => return (Kind::Offering.id(id), false),
        ObjectType::Person => return (Kind::Person.id(id), false),
        ObjectType::Recording => return (Kind::Recording.id(id), false),
    };
    (kind.id(id), true)
}

/// Questions about what has changed.
#[derive(Default)]
pub struct ChangeQuery;

#[Object]
impl ChangeQuery {
    /// What has happened that the caller may know of, oldest first, without a gap however many write at once: of objects whose read scope it holds (зміни).
    #[graphql(directive = fails::apply(vec![ErrorCode::BadUserInput, ErrorCode::InvalidCursor, ErrorCode::CursorExpired]))]
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor of the last entry that you have, or of changesHead; null: the oldest entry that is kept."
        )]
        after: Option<String>,
        #[graphql(desc = "Only these kinds of changes; null: all.")] types: Option<Vec<ChangeType>>,
        #[graphql(desc = "Entries at the most, 1 to 100.", default = 100)] first: i32,
    ) -> Result<ChangePage> {
        let most = usize::try_from(first).ok().filter(|_| (1..=page::MOST).contains(&first));
        let most = most.ok_or_else(|| {
            Error::question(ErrorCode::BadUserInput, "first", format!("first must be 1 to {}, not {first}.", page::MOST))
        })?;
        let session = Session::of(ctx);
        let (actor, now) = (session.actor(), session.db().clock().now());
        let own = actor.organization_id;
        let after = after.map(|cursor| Place::open(&cursor, session.seal(), own, now)).transpose()?;
        let reading = session.reading().await?;
        let stretch =
            feed::read(reading.link(), now, after, &ObjectType::told_to(actor.scopes), types.as_deref(), most).await?;
        Ok(ChangePage {
            entries: stretch.entries.iter().map(|entry| Change::of(entry, session)).collect(),
            end_cursor: stretch.end.cursor(session.seal(), own),
            has_more: stretch.more,
        })
    }

    /// The end of the feed now: read it first, then list what you need, then follow `changes` from it (кінець стрічки).
    async fn changes_head(&self, ctx: &Context<'_>) -> Result<String> {
        let session = Session::of(ctx);
        let reading = session.reading().await?;
        let head = feed::head(reading.link(), session.db().clock().now()).await?;
        Ok(head.cursor(session.seal(), session.actor().organization_id))
    }
}

/// What was asked of a subscription.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub after: Option<Place>,
    pub types: Option<Vec<ChangeType>>,
}

/// A subscription is executed once to hear what is wished, and once for each entry that is told, each time in a session of its own:
/// so every entry is seen with the rights of its moment, and nothing is remembered from one to the next.
pub enum Step {
    Begin(Mutex<Wish>),
    Tell(feed::Entry),
}

/// What is told as it happens, over WebSocket (graphql-transport-ws) and as server-sent events (graphql-sse).
#[derive(Default)]
pub struct Subscription;

/// What is told as it happens, over WebSocket (graphql-transport-ws) and as server-sent events (graphql-sse).
#[async_graphql::Subscription]
impl Subscription {
    /// What has happened that the caller may know of, as it happens: the entries of the query `changes`, in their order, each once. It ends with the access token; begin again after the last cursor that you have (зміни).
    #[graphql(directive = fails::apply(vec![ErrorCode::InvalidCursor, ErrorCode::CursorExpired]))]
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor of the last entry that you have, or of changesHead: everything after it comes first, without a gap. Null: from now on."
        )]
        after: Option<String>,
        #[graphql(desc = "Only these kinds of changes; null: all.")] types: Option<Vec<ChangeType>>,
    ) -> Result<impl Stream<Item = Change>> {
        let session = Session::of(ctx);
        let told = match &**ctx.data_unchecked::<Arc<Step>>() {
            Step::Begin(wish) => {
                let (own, now) = (session.actor().organization_id, session.db().clock().now());
                let after = after.map(|cursor| Place::open(&cursor, session.seal(), own, now)).transpose()?;
                *wish.lock().unwrap_or_else(PoisonError::into_inner) = Wish { after, types };
                None
            }
            Step::Tell(entry) => Some(Change::of(entry, session)),
        };
        Ok(stream::iter(told))
    }
}
