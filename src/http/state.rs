//! What every answer is made from.

use super::export::Turns;
use crate::{
    access::token::{KeyFault, Keys, Tokens},
    application::Roster,
    base::{Error, clock::Clock, min_cell::MinCells, timetable::Timetable},
    config::{Prefixes, Serve},
    db::Db,
    graphql::{schema, shape},
    journal::news::News,
    seal::Seal,
};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// All that a server is made of.
pub struct App {
    db: Db,
    seal: Arc<Seal>,
    tokens: Tokens,
    roster: Arc<Roster>,
    gate: schema::Gate,
    timetable: Arc<Timetable>,
    min_cells: MinCells,
    prefixes: Prefixes,
    turns: Turns,
    news: Arc<News>,
    direct_url: SecretString,
}

/// Why a server cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("MISTOK_SIGNING_KEYS: {0}")]
    Keys(#[from] KeyFault),
    #[error("the schema: {0}")]
    Schema(#[from] shape::Fault),
    #[error("the database: {0}")]
    Database(String),
}

impl App {
    /// Joins the parts; connects to nothing yet.
    pub fn new(config: &Serve, clock: Clock) -> Result<Arc<Self>, Fault> {
        // What TLS of requests that go out is made of. An error says that this was done before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let db = Db::new(config.database.url.expose_secret(), config.database.pool, clock)
            .map_err(|fault| Fault::Database(explained(&fault)))?;
        let tokens = Tokens::new(Keys::load(&config.signing_keys)?, &config.issuer, config.audience());
        let roster = Arc::new(Roster::new(db.clone()));
        let gate = schema::Gate::new(|| schema::builder().data(roster.clone()))?;
        let (seal, timetable) = (Arc::new(Seal::new(config.master_key.bytes())), Arc::new(config.timetable.clone()));
        let (min_cells, prefixes, turns) = (config.min_cells, config.prefixes.clone(), Turns::default());
        let (news, direct_url) = (Arc::default(), config.database.direct_url.clone());
        Ok(Arc::new(Self { db, seal, tokens, roster, gate, timetable, min_cells, prefixes, turns, news, direct_url }))
    }

    pub fn db(&self) -> &Db {
        &self.db
    }

    pub fn seal(&self) -> &Arc<Seal> {
        &self.seal
    }

    pub fn timetable(&self) -> &Arc<Timetable> {
        &self.timetable
    }

    pub fn min_cells(&self) -> MinCells {
        self.min_cells
    }

    /// What makes ids in documents of open standards the publisher's own.
    pub fn prefixes(&self) -> &Prefixes {
        &self.prefixes
    }

    /// Exports that go on.
    pub fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Who waits for news of the feed.
    pub fn news(&self) -> &Arc<News> {
        &self.news
    }

    /// Where PostgreSQL itself is.
    pub fn direct_url(&self) -> &SecretString {
        &self.direct_url
    }

    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    pub fn gate(&self) -> &schema::Gate {
        &self.gate
    }
}

fn explained(fault: &Error) -> String {
    match fault {
        Error::Internal(cause) | Error::Unavailable(cause) => cause.0.to_string(),
        other => format!("{other:?}"),
    }
}
