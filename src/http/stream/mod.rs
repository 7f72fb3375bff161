//! Operations whose answer comes piece by piece. A subscription follows the feed: from a place on, in order, each entry once, seen
//! with the rights of its moment. Nothing is kept for a reader but one page of entries: what it has not taken waits in the table.

pub mod events;
pub mod frame;
pub mod message;
pub mod socket;

use super::{
    answer::{To, told},
    ask::Question,
    request::Aim,
    state::App,
};
use crate::{
    access::{Actor, token::Bearer},
    base::{Error, Result, words::change::ChangeType},
    graphql::{
        change::{Step, Wish},
        error::Faults,
        gate::{Chosen, Ready},
    },
    journal::{
        ObjectType,
        feed::{self, Place, Stretch},
        news::Waiter,
    },
};
use async_graphql::parser::types::OperationType;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long one entry, or an operation that is no subscription, may take.
const BUDGET: Duration = Duration::from_secs(10);
/// How long a piece may wait for a reader that does not take it.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Entries that are read at once.
const PAGE: usize = 100;
/// How often one looks whether the caller still may, while nothing happens.
const REVIEW: Duration = Duration::from_secs(25);
/// Before a part of the server that did not answer is asked again, and at most.
const AGAIN: Duration = Duration::from_millis(250);
const AGAIN_AT_MOST: Duration = Duration::from_secs(5);
/// How often one entry is tried: for about a minute, if each try fails at once.
const TRIES: usize = 15;

/// What one may do who reads too slowly.
pub const TOO_SLOW: &str = "You read too slowly. Begin again after the last cursor that you have.";
/// And one whose token ends.
pub const TOKEN_ENDED: &str = "The access token has ended. Take a new one, then begin again after your last cursor.";

/// What takes longer is as good as no answer.
async fn within_budget<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(BUDGET, work).await.unwrap_or_else(|_| Err(Error::unavailable("it took longer than it may")))
}

/// Who asks: a token, and what else was said when it was shown.
#[derive(Clone)]
pub struct Caller {
    bearer: Bearer,
    aim: Aim,
}

impl Caller {
    pub fn new(bearer: Bearer, aim: Aim) -> Self {
        Self { bearer, aim }
    }

    /// The caller with the rights of this moment.
    ///
    /// # Errors
    /// Unauthenticated once the token has ended or its application was revoked.
    async fn now(&self, app: &App) -> Result<Actor> {
        if app.db().clock().now() >= self.bearer.expires_at {
            return Err(Error::Unauthenticated);
        }
        Ok(self.aim.of(app.roster().actor(&self.bearer).await?))
    }

    /// How long the token lasts.
    fn rest(&self, app: &App) -> Duration {
        (self.bearer.expires_at - app.db().clock().now()).to_std().unwrap_or_default()
    }
}

/// One operation to answer.
pub struct Operation<'a> {
    pub app: &'a App,
    pub caller: Caller,
    pub request_id: String,
    /// The last entry that the client has, where its transport says so by itself.
    pub after: Option<String>,
}

/// Why no more comes.
pub enum Ended {
    Complete,
    /// Nothing came, or nothing more can: what is wrong.
    Refused(Faults),
    TokenEnded,
    TooSlow,
    /// Nobody reads any more.
    Gone,
}

impl From<Error> for Ended {
    fn from(fault: Error) -> Self {
        match fault {
            Error::Unauthenticated => Self::TokenEnded,
            other => Self::Refused(vec![told(other)]),
        }
    }
}

/// A piece of an answer as JSON, with the cursor after it if it is an entry of the feed.
pub struct Piece {
    pub text: String,
    pub cursor: Option<String>,
}

/// Where pieces go. An error ends the operation.
pub(super) trait Out {
    /// Returns once the reader has room for it.
    async fn put(&mut self, piece: Piece) -> Result<(), Ended>;
}

impl Operation<'_> {
    /// Answers it, piece by piece.
    pub(super) async fn answer(&self, question: Question, out: &mut impl Out) -> Ended {
        match self.asked(question, out).await {
            Ok(()) => Ended::Complete,
            Err(ended) => ended,
        }
    }

    async fn asked(&self, question: Question, out: &mut impl Out) -> Result<(), Ended> {
        let actor = self.caller.now(self.app).await?;
        self.app.admit(&actor)?;
        let chosen = self.app.choose(&self.caller.bearer.client_id, &actor, &question).await.map_err(Ended::Refused)?;
        self.chosen(chosen, question.variables, out).await
    }

    /// The same, once the operation is chosen from its document.
    pub(super) async fn chosen(
        &self,
        chosen: Chosen,
        variables: serde_json::Map<String, serde_json::Value>,
        out: &mut impl Out,
    ) -> Result<(), Ended> {
        let actor = self.caller.now(self.app).await?;
        let ready = self.app.gate().prepare(chosen, variables, actor.scopes).map_err(Ended::Refused)?;
        if ready.kind == OperationType::Subscription {
            self.app.charge(&actor, &ready)?;
            self.app.count(ready.deprecated(), &actor);
            return self.follow(&ready, actor, out).await;
        }
        let answer = within_budget(self.app.run(ready, actor, &self.request_id)).await?;
        out.put(Piece { text: self.to().text(answer), cursor: None }).await
    }

    async fn follow(&self, ready: &Ready<'_>, actor: Actor, out: &mut impl Out) -> Result<(), Ended> {
        let own = actor.organization_id;
        // Before the first look: what is new from here on wakes.
        let mut waiter = self.app.news().wait_for(own);
        let (mut place, types) = self.begun(ready, actor).await?;
        let mut pause = AGAIN;
        loop {
            match self.stretch(&place, types.as_deref()).await {
                Ok(stretch) => {
                    for entry in stretch.entries {
                        let cursor = entry.place.cursor(self.app.seal(), own);
                        let text = self.entry(ready, entry).await?;
                        out.put(Piece { text, cursor: Some(cursor) }).await?;
                    }
                    place = stretch.end;
                    pause = AGAIN;
                    if !stretch.more {
                        self.wait(&mut waiter).await?;
                    }
                }
                Err(Error::Unavailable(cause)) => {
                    tracing::warn!(request_id = self.request_id, cause = %cause.0, "the feed does not answer");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(AGAIN_AT_MOST);
                }
                Err(other) => return Err(other.into()),
            }
        }
    }

    /// Where it begins, and of which kinds of changes it tells.
    async fn begun(&self, ready: &Ready<'_>, actor: Actor) -> Result<(Place, Option<Vec<ChangeType>>), Ended> {
        let (own, now) = (actor.organization_id, self.app.db().clock().now());
        let session = self.app.session(actor, &self.request_id);
        let step = Arc::new(Step::Begin(Mutex::default()));
        if let Some(answer) = self.app.gate().step(ready, session.clone(), step.clone()).await {
            return Err(Ended::Refused(answer.answer.errors));
        }
        session.finish().await?;
        let Step::Begin(wish) = &*step else { return Err(Error::internal("another step than was taken").into()) };
        let Wish { after, types } = wish.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let after = match &self.after {
            Some(cursor) => Some(Place::open(cursor, self.app.seal(), own, now)?),
            None => after,
        };
        match after {
            Some(place) => Ok((place, types)),
            None => Ok((self.head().await?, types)),
        }
    }

    async fn head(&self) -> Result<Place> {
        let reading = self.app.db().read(&self.caller.now(self.app).await?).await?;
        let head = feed::head(reading.link(), reading.now()).await?;
        reading.end().await?;
        Ok(head)
    }

    /// The next entries, read with the rights of this moment; the reading has ended when they are told.
    async fn stretch(&self, after: &Place, types: Option<&[ChangeType]>) -> Result<Stretch> {
        let _leave = self.app.followed().acquire().await.map_err(Error::internal)?;
        let actor = self.caller.now(self.app).await?;
        let reading = self.app.db().read(&actor).await?;
        let objects = ObjectType::told_to(actor.scopes);
        let stretch = feed::read(reading.link(), reading.now(), Some(after.clone()), &objects, types, PAGE).await?;
        reading.end().await?;
        Ok(stretch)
    }

    /// One entry as it is told. While a part of the server does not answer it is tried again: an entry is told whole, or not yet.
    async fn entry(&self, ready: &Ready<'_>, entry: feed::Entry) -> Result<String, Ended> {
        let step = Arc::new(Step::Tell(entry));
        let mut pause = AGAIN;
        for _ in 1..TRIES {
            match self.shown(ready, step.clone()).await {
                Err(Error::Unavailable(_)) => {}
                other => return Ok(other?),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(AGAIN_AT_MOST);
        }
        Ok(self.shown(ready, step).await?)
    }

    async fn shown(&self, ready: &Ready<'_>, step: Arc<Step>) -> Result<String> {
        let work = async {
            let actor = self.caller.now(self.app).await?;
            let application_id = actor.application_id;
            let session = self.app.session(actor, &self.request_id);
            let Some(answer) = self.app.gate().step(ready, session.clone(), step).await else {
                return Err(Error::internal("an entry of the feed was not told"));
            };
            // What was read is written down before the first byte leaves, or nothing leaves.
            session.finish().await?;
            // Told at any rate: an entry that waited for points would hold up all after it.
            self.app.buckets().charge(application_id, answer.cost());
            if answer.passes() { Err(Error::unavailable("a field of an entry")) } else { Ok(self.to().text(answer)) }
        };
        within_budget(work).await
    }

    /// Until something is new. Meanwhile one looks whether the caller still may.
    async fn wait(&self, waiter: &mut Waiter) -> Result<(), Ended> {
        loop {
            let review = REVIEW.min(self.caller.rest(self.app) + Duration::from_millis(5));
            let news = tokio::time::timeout(review, waiter.news()).await;
            match self.caller.now(self.app).await {
                Ok(_) | Err(Error::Unavailable(_)) => {}
                Err(other) => return Err(other.into()),
            }
            if news.is_ok() {
                return Ok(());
            }
        }
    }

    fn to(&self) -> To<'_> {
        To { media: Default::default(), request_id: &self.request_id }
    }
}
