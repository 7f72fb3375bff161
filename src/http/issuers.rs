//! Foreign issuers: their keys are fetched, kept and fetched anew, and their tokens verified by them.
//!
//! Keys come by the issuer's own description (OpenID Connect Discovery), every ten minutes, and at once when a token names a key that
//! is not there, but not more often than twice a minute: whoever invents names of keys makes nobody ask faster. While an issuer does
//! not answer, its last keys hold. They are not written down: a server that starts while an issuer is away does not know that one yet.

use crate::{
    access::token::{
        Bearer, KeySet, NoKeySet, Unfit,
        foreign::{self, Trust},
    },
    base::clock::Clock,
    config,
    webhook::{Outside, rules::Target},
};
use chrono::{DateTime, Duration, Utc};
use reqwest::{Client, header::ACCEPT};
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration as Span,
};

/// Keys older than this are fetched anew.
pub const EACH: Duration = Duration::minutes(10);
/// Before an issuer is asked once more, for whatever reason.
pub const AGAIN: Duration = Duration::seconds(30);
/// How long the last keys hold when the issuer is not heard of: longer than any token of it.
const KEPT: Duration = Duration::days(7);
/// How long one answer may take, and all of it: shorter than a request may, which waits for it.
const CONNECT: Span = Span::from_secs(2);
const WHOLE: Span = Span::from_secs(3);
/// The longest answer that is read.
const LONGEST: usize = 128 << 10;
/// Where an issuer describes itself (OpenID Connect Discovery 1.0, section 4).
const DESCRIPTION: &str = "/.well-known/openid-configuration";

/// Why a token of a foreign issuer is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Unfit(Unfit),
    /// Its issuer's keys were never heard of: nobody can tell whether it is genuine.
    Unheard,
}

impl From<Unfit> for Refused {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

/// Why keys could not be fetched.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("no request may go to this address")]
    Address,
    #[error("this machine has no certificates")]
    Client,
    #[error(transparent)]
    Request(#[from] reqwest::Error),
    #[error("it answered {0}")]
    Status(u16),
    #[error("its answer is longer than {LONGEST} bytes")]
    TooLong,
    #[error("its description cannot be read")]
    Description,
    #[error("it describes another issuer")]
    Other,
    #[error(transparent)]
    Keys(#[from] NoKeySet),
}

/// Keys and when they were fetched.
#[derive(Clone)]
struct Known {
    keys: Arc<KeySet>,
    at: DateTime<Utc>,
}

/// One issuer.
pub struct Issuer {
    trust: Trust,
    known: Mutex<Option<Known>>,
    /// When it was asked last. Who asks holds it: one at a time.
    asked: tokio::sync::Mutex<Option<DateTime<Utc>>>,
}

/// All issuers that the operator trusts.
pub struct Issuers {
    all: Vec<Arc<Issuer>>,
    web: Arc<Web>,
    clock: Clock,
}

impl Issuers {
    /// By the configuration; `audience` is the address of our API, `own` the name of our own issuer. Fetches nothing yet.
    pub fn new(said: &config::Issuers, own: &str, audience: &str, clock: Clock) -> Result<Arc<Self>, String> {
        let issuer = |one: &config::Issuer| {
            if one.issuer == own {
                return Err(format!("{own:?} is this server itself"));
            }
            let trust = Trust::new(one, audience).map_err(|word| format!("{:?}: there is no scope {word:?}", one.issuer))?;
            Ok(Arc::new(Issuer { trust, known: Mutex::default(), asked: tokio::sync::Mutex::default() }))
        };
        let all = said.all.iter().map(issuer).collect::<Result<Vec<_>, _>>()?;
        let web = Arc::new(Web::new(said.allow.clone(), all.is_empty()));
        Ok(Arc::new(Self { all, web, clock }))
    }

    /// The issuer that a token names, if it is one of these. Nothing of the token is believed by that.
    pub fn of(&self, token: &str) -> Option<&Arc<Issuer>> {
        if self.all.is_empty() {
            return None;
        }
        let named = foreign::issuer_of(token)?;
        self.all.iter().find(|issuer| issuer.trust.issuer() == named)
    }

    /// Who holds a token of this issuer.
    pub async fn verify(&self, issuer: &Arc<Issuer>, token: &str) -> Result<Bearer, Refused> {
        let shown = issuer.trust.look(token, self.clock.now())?;
        if let Some(keys) = issuer.keys(self.clock.now()) {
            match shown.prove(&keys) {
                Err(Unfit::UnknownKey) => {}
                known => return Ok(known?),
            }
        }
        // Perhaps it has new ones. Whoever asks may go away meanwhile, and the asking goes on for the others.
        let (issuer, web, clock) = (issuer.clone(), self.web.clone(), self.clock.clone());
        let asking = tokio::spawn(async move {
            issuer.refresh(&web, &clock).await;
            issuer.keys(clock.now())
        });
        let keys = asking.await.ok().flatten().ok_or(Refused::Unheard)?;
        Ok(shown.prove(&keys)?)
    }

    /// Fetches the keys that have become old. Issuers do not wait for each other.
    pub async fn refresh(&self) {
        let now = self.clock.now();
        let old = self.all.iter().filter(|issuer| issuer.is_old(now));
        futures_util::future::join_all(old.map(|issuer| issuer.refresh(&self.web, &self.clock))).await;
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

impl Issuer {
    fn known(&self) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keys(&self, now: DateTime<Utc>) -> Option<Arc<KeySet>> {
        self.known().filter(|known| now < known.at + KEPT).map(|known| known.keys)
    }

    fn is_old(&self, now: DateTime<Utc>) -> bool {
        self.known().is_none_or(|known| now >= known.at + EACH)
    }

    /// Asks for its keys, unless somebody did a moment ago.
    async fn refresh(&self, web: &Web, clock: &Clock) {
        let mut asked = self.asked.lock().await;
        let now = clock.now();
        if asked.is_some_and(|at| now < at + AGAIN) {
            return;
        }
        *asked = Some(now);
        let issuer = self.trust.issuer();
        match web.keys(issuer).await {
            Ok(keys) => self.keep(keys, now),
            Err(fault) => {
                let since = self.known().map(|known| known.at);
                tracing::warn!(issuer, ?fault, ?since, "the keys of an issuer could not be fetched; its last ones hold");
            }
        }
    }

    /// Keys that are still the same stay, with what was found out by them.
    fn keep(&self, keys: KeySet, at: DateTime<Utc>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = match known.take() {
            Some(before) if before.keys.is_as(&keys) => before.keys,
            _ => {
                tracing::info!(issuer = self.trust.issuer(), ?keys, "an issuer has these keys now");
                Arc::new(keys)
            }
        };
        *known = Some(Known { keys, at });
    }
}

/// What asks issuers: no redirects, no proxies, bounded answers, and only where requests may go.
struct Web {
    outside: Arc<Outside>,
    secure: Option<Client>,
    plain: Option<Client>,
}

impl Web {
    fn new(allow: config::Networks, idle: bool) -> Self {
        let outside = Arc::new(Outside::new(allow));
        let made = |tls| {
            let client = outside.client(tls).connect_timeout(CONNECT).timeout(WHOLE).pool_max_idle_per_host(1).build();
            client
                .inspect_err(|fault| tracing::error!(?fault, "issuers cannot be asked: does this machine have certificates?"))
                .ok()
        };
        let (secure, plain) = if idle { (None, None) } else { (made(true), made(false)) };
        Self { outside, secure, plain }
    }

    /// The keys that an issuer has now.
    async fn keys(&self, issuer: &str) -> Result<KeySet, Fault> {
        #[derive(Deserialize)]
        struct Description {
            issuer: String,
            jwks_uri: String,
        }
        let at = format!("{}{DESCRIPTION}", issuer.trim_end_matches('/'));
        let described: Description = read(&self.got(&at).await?)?;
        if described.issuer != issuer {
            return Err(Fault::Other);
        }
        Ok(KeySet::read(&self.got(&described.jwks_uri).await?)?)
    }

    async fn got(&self, address: &str) -> Result<Vec<u8>, Fault> {
        let target = Target::parse(address, self.outside.allow()).map_err(|_| Fault::Address)?;
        let client = if target.tls() { &self.secure } else { &self.plain };
        let asked = client.as_ref().ok_or(Fault::Client)?.get(target.url().clone()).header(ACCEPT, "application/json");
        let mut answer = asked.send().await?;
        if answer.status().as_u16() != 200 {
            return Err(Fault::Status(answer.status().as_u16()));
        }
        let mut bytes = Vec::new();
        while let Some(part) = answer.chunk().await? {
            if bytes.len() + part.len() > LONGEST {
                return Err(Fault::TooLong);
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|_| Fault::Description)
}
