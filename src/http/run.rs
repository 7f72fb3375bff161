//! Runs an operation for its points: they are taken before it begins, and what it did not use comes back.

use super::{
    answer::told,
    ask::{Document, Question},
    state::App,
};
use crate::{
    access::Actor,
    application::shelf,
    base::{Error, Result, error::ErrorCode},
    db::standby,
    graphql::{
        cost,
        deprecation::Coordinates,
        error::Faults,
        gate::{Chosen, Executed, Ready},
        rate::Charge,
    },
    telemetry::{metrics, trace},
};
use async_graphql::parser::types::OperationType;
use std::{borrow::Cow, time::Instant};
use uuid::Uuid;

impl App {
    /// Takes the points of any request, before it is known what it asks for.
    ///
    /// # Errors
    /// RATE_LIMITED once the application's bucket is empty, as below.
    pub fn admit(&self, actor: &Actor) -> Result<()> {
        self.buckets().take(actor.application_id, cost::REQUEST).map(drop)
    }

    /// The same for what is asked beside GraphQL. Who may ask its registered documents alone may not ask this.
    pub async fn admit_beside(&self, client_id: &str, actor: &Actor) -> Result<()> {
        self.admit(actor)?;
        match self.roster().trusts_documents_alone(client_id).await? {
            true => Err(unknown(ErrorCode::DocumentNotTrusted, "", NOT_TRUSTED)),
            false => Ok(()),
        }
    }

    /// Takes what an operation costs beside.
    pub fn charge(&self, actor: &Actor, ready: &Ready<'_>) -> Result<Charge> {
        let bucket = self.buckets().take(actor.application_id, ready.cost.saturating_sub(cost::REQUEST))?;
        Ok(Charge { cost: ready.cost, bucket })
    }

    /// Chooses the operation that a client asks for: by its text, or by the hash of a document that its application has registered.
    pub async fn choose(&self, client_id: &str, actor: &Actor, question: &Question) -> Result<Chosen, Faults> {
        let text = self.text(client_id, actor.application_id, &question.document).await.map_err(|fault| vec![told(fault)])?;
        let chosen = self.gate().choose(&text, question.operation.as_deref()).await;
        match &chosen {
            Err(_) => self.charge_refused(actor, &text),
            Ok(chosen) => self.answers(chosen.kind).map_err(|fault| vec![told(fault)])?,
        }
        chosen
    }

    /// A replica answers queries alone. The doors of the database say so too; here nothing has begun.
    fn answers(&self, kind: OperationType) -> Result<()> {
        match kind {
            OperationType::Query => Ok(()),
            _ if !self.db().is_standby() => Ok(()),
            OperationType::Mutation => Err(standby::refused("send mutations to the primary.")),
            OperationType::Subscription => Err(standby::refused("changes are followed at the primary.")),
        }
    }

    async fn text<'q>(&self, client_id: &str, application_id: Uuid, asked: &'q Document) -> Result<Cow<'q, str>> {
        let registered = async |hash| self.shelf().text(application_id, hash).await;
        match asked {
            Document::Hash(hash) => match registered(hash).await? {
                Some(text) => Ok(Cow::Owned(text.to_string())),
                None => Err(unknown(ErrorCode::PersistedQueryNotFound, "documentId", NOT_FOUND)),
            },
            Document::Text(text) => {
                let alone = self.roster().trusts_documents_alone(client_id).await?;
                if alone && registered(&shelf::hash(text)).await?.is_none() {
                    return Err(unknown(ErrorCode::DocumentNotTrusted, "query", NOT_TRUSTED));
                }
                Ok(Cow::Borrowed(text))
            }
        }
    }

    /// What a document took that was refused: it was read and held against the schema.
    fn charge_refused(&self, actor: &Actor, document: &str) {
        let points = u64::try_from(document.len() / BYTES_OF_A_POINT).unwrap_or(u64::MAX);
        self.buckets().charge(actor.application_id, points);
    }

    /// Counts what an operation asks for although it is deprecated. A replica writes nothing, and counts for its metrics alone.
    pub fn count(&self, used: &Coordinates, actor: &Actor) {
        used.iter().for_each(|coordinate| metrics::deprecated(coordinate));
        if !self.db().is_standby() {
            self.usage().note(actor, used, self.db().clock().now());
        }
    }

    /// The answer of an operation that is no subscription. What was read is written down before it is given out, or it is not given out.
    pub async fn run<'a>(&'a self, ready: Ready<'a>, actor: Actor, request_id: &str) -> Result<Executed<'a>> {
        if actor.purpose.is_some() && self.db().is_standby() {
            return Err(standby::refused(
                "ask the primary, or without Mistok-Purpose: that personal data was read is noted there.",
            ));
        }
        let (application_id, charge) = (actor.application_id, self.charge(&actor, &ready)?);
        let (session, kind, begun) = (self.session(actor, request_id), ready.kind, Instant::now());
        let deprecated = ready.deprecated().clone();
        let mut executed = self.gate().execute(ready, session.clone(), charge).await;
        session.finish().await?;
        self.count(&deprecated, session.actor());
        executed.warn(self.gate().shape(), &deprecated);
        metrics::executed(&kind.to_string(), executed.roots(), begun.elapsed());
        trace::operation(&kind, executed.roots());
        let actual = executed.cost();
        let bucket = match charge.cost.checked_sub(actual) {
            Some(unused) => self.buckets().give_back(application_id, unused),
            None => self.buckets().charge(application_id, actual - charge.cost),
        };
        executed.tell(charge.cost, bucket);
        Ok(executed)
    }
}

const NOT_FOUND: &str = "Your application has registered no document under this hash: send its text.";
const NOT_TRUSTED: &str = "Your application asks registered documents alone, and this is none of them.";

fn unknown(code: ErrorCode, field: &'static str, message: &str) -> Error {
    Error::question(code, field, message)
}

/// Bytes of a document that are validated for one point.
const BYTES_OF_A_POINT: usize = 10;
