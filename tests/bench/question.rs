//! The questions, as a partner's application and an analyst ask them.

use super::{
    Outcome,
    drive::{Asked, Askings},
    ground::Ground,
};
use mistok::graphql::node::Kind;
use serde_json::{Value, json};
use std::cell::Cell;
use uuid::Uuid;

/// Whom it is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum To {
    Mistok,
    Peer,
}

/// One asking of a question: who, and about what.
#[derive(Clone)]
pub struct Ask {
    pub organization_id: Uuid,
    pub token: String,
    /// Of the referral; nil where it is about none.
    pub referral_id: Uuid,
}

pub struct Question {
    pub name: &'static str,
    pub about: &'static str,
    pub document: &'static str,
    /// The same for the peer, but for the person: it cannot open what is sealed.
    peer: &'static str,
    pub asks: Vec<Ask>,
    /// Whether an ask may come a second time.
    repeats: bool,
    used: Cell<usize>,
}

/// Different askings of one measurement.
const DIFFERENT: usize = 20_000;
/// Measurements of a question that cannot be asked twice about the same: two sorts of server, once alone and once many, and what is left over.
const MEASUREMENTS: usize = 6;

pub async fn all(ground: &Ground, url: &str) -> Outcome<Vec<Question>> {
    let client = ground.superuser().await?;
    let (mut known, mut sent, mut pages) = (Vec::new(), Vec::new(), Vec::new());
    for organization_id in &ground.receivers {
        let token = token(url, *organization_id).await?;
        let ask = |referral_id: Uuid| Ask { organization_id: *organization_id, token: token.clone(), referral_id };
        let ids = async |condition: &str| {
            let sql =
                format!("select id from referral where receiver_id = $1 and sent_at is not null and {condition} order by id");
            client.query(&sql, &[organization_id]).await.map(|rows| rows.iter().map(|row| row.get(0)).collect::<Vec<Uuid>>())
        };
        known.extend(ids("status <> 'SENT'").await?.into_iter().map(ask));
        sent.extend(ids("status = 'SENT'").await?.into_iter().map(ask));
        pages.push(ask(Uuid::nil()));
    }
    // As they come: of all organisations in turn.
    known.sort_by_key(|ask| ask.referral_id);
    sent.sort_by_key(|ask| ask.referral_id);
    let figures =
        vec![Ask { organization_id: ground.ministry, token: token(url, ground.ministry).await?, referral_id: Uuid::nil() }];
    let question = |name, about, document, peer, asks, repeats| Question {
        name,
        about,
        document,
        peer,
        asks,
        repeats,
        used: Cell::default(),
    };
    Ok(vec![
        question(
            "Q1",
            "a referral by id with sender, receiver, territory",
            include_str!("asked/Q1.graphql"),
            include_str!("postgraphile/Q1.graphql"),
            known,
            true,
        ),
        question(
            "Q2",
            "a page of 50 inbound referrals with service, sender, territory and the person",
            include_str!("asked/Q2.graphql"),
            include_str!("postgraphile/Q2.graphql"),
            pages.clone(),
            true,
        ),
        question(
            "Q2b",
            "the same page without the persons",
            include_str!("asked/Q2b.graphql"),
            include_str!("postgraphile/Q2.graphql"),
            pages,
            true,
        ),
        question(
            "Q3",
            "figures by region and month of a year",
            include_str!("asked/Q3.graphql"),
            include_str!("postgraphile/Q3.graphql"),
            figures,
            true,
        ),
        question(
            "Q4",
            "accept a referral",
            include_str!("asked/Q4.graphql"),
            include_str!("postgraphile/Q4.graphql"),
            sent,
            false,
        ),
    ])
}

impl Question {
    /// Whose figures and rows are seen: the Ministry's or a charity's.
    pub fn kind(&self) -> &'static str {
        if self.name == "Q3" { "MINISTRY" } else { "CHARITY" }
    }

    /// Requests of one measurement.
    pub fn askings(&self, to: To) -> Askings {
        let from = self.used.get();
        let count = if self.repeats { DIFFERENT } else { self.asks.len() / MEASUREMENTS };
        if !self.repeats {
            self.used.set(from + count);
        }
        let asked = self.asks.iter().skip(from).take(count).map(|ask| self.request(ask, to));
        Askings { asked: asked.collect(), repeats: self.repeats }
    }

    fn request(&self, ask: &Ask, to: To) -> Asked {
        let id = ask.referral_id;
        let (document, variables): (_, Value) = match (to, self.name) {
            (To::Mistok, "Q1") => (self.document, json!({"id": Kind::Referral.id(id)})),
            (To::Mistok, "Q4") => (
                self.document,
                json!({"input": {"id": Kind::Referral.id(id), "expectedVersion": 2, "idempotencyKey": format!("bench-{id}")}}),
            ),
            (To::Mistok, _) => (self.document, json!({})),
            (To::Peer, "Q1" | "Q4") => (self.peer, json!({"id": id})),
            (To::Peer, "Q2" | "Q2b") => (self.peer, json!({"id": ask.organization_id})),
            (To::Peer, _) => (self.peer, json!({})),
        };
        let body = json!({"query": document, "variables": variables}).to_string().into();
        let headers = match to {
            To::Mistok => vec![
                ("authorization", format!("Bearer {}", ask.token)),
                ("accept", "application/graphql-response+json".into()),
                ("mistok-purpose", "CASE_WORK".into()),
            ],
            // It takes the organisation's word for it.
            To::Peer => vec![
                ("accept", "application/graphql-response+json".into()),
                ("x-organization", ask.organization_id.to_string()),
                ("x-kind", self.kind().into()),
            ],
        };
        Asked { path: "/graphql".into(), headers, body }
    }
}

async fn token(url: &str, organization_id: Uuid) -> Outcome<String> {
    let (client_id, secret) = Ground::client(organization_id);
    let asked = reqwest::Client::new().post(format!("{url}/oauth/token")).basic_auth(client_id, Some(secret));
    let given: Value = asked.form(&[("grant_type", "client_credentials")]).send().await?.json().await?;
    Ok(given["access_token"].as_str().ok_or_else(|| given.to_string())?.to_owned())
}
