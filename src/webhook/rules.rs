//! What an endpoint may be, and which changes are for it. Pure.

use super::{
    address,
    model::{ChangeEndpoint, Endpoint, Listener},
};
use crate::{
    base::{
        Error, Message, Refusal, Result,
        error::{Refusals, UserErrorCode},
        words::{
            change::ChangeType,
            webhook::{DisabledReason, EndpointStatus},
        },
    },
    config::Networks,
    journal::feed::Entry,
};
use chrono::{DateTime, Duration, Utc};
use std::{collections::BTreeSet, net::IpAddr};
use url::{Host, Url};
use uuid::Uuid;

/// Most endpoints of one organisation.
pub const MOST: i64 = 20;
/// Most changes of one replay.
pub const MOST_REPLAYED: usize = 10_000;
/// Between two replays of one organisation.
pub const REPLAY_EACH: Duration = Duration::minutes(1);
/// Longest address, in characters.
const LONGEST: usize = 2_000;
/// How long the secret before the last rotation signs too.
const OVERLAP: Duration = Duration::hours(24);

/// What an address must be; the same words for every one that is refused, so that nobody learns what stands where.
const ADDRESS: &str = "Requests go to public addresses alone. Give the https address of a server that everybody can reach.";

/// A checked address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Url);

impl Target {
    /// What can be said of an address by its text alone.
    pub fn parse(text: &str, allow: &Networks) -> Result<Self, Refusal> {
        let wrong = |message: Message| Refusal::invalid("url", message);
        let too_long = || wrong(said!("An address has at most {LONGEST} characters.", LONGEST));
        if text.chars().count() > LONGEST {
            return Err(too_long());
        }
        let url = Url::parse(text)
            .map_err(|_| wrong("This is no address. Give one such as https://partner.example/mistok.".into()))?;
        match url.scheme() {
            "https" => {}
            "http" if !allow.is_empty() => {}
            _ => return Err(wrong("Give an address that begins with https://.".into())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("An address holds no name and no password: the signature says who asks.".into()));
        }
        if url.fragment().is_some() {
            return Err(wrong("An address holds no fragment (#…): it is never sent.".into()));
        }
        if url.as_str().len() > LONGEST {
            return Err(too_long());
        }
        let target = Self(url);
        let literal = match target.0.host() {
            None => return Err(wrong("An address names a host.".into())),
            Some(Host::Domain("")) => return Err(wrong("An address names a host.".into())),
            Some(Host::Domain(_)) => return Ok(target),
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
        };
        target.leads_to(&[literal], allow)?;
        Ok(target)
    }

    /// The name that must be looked up; none: the address is a number already.
    pub fn name(&self) -> Option<&str> {
        self.0.domain()
    }

    pub fn tls(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether requests may go where the name leads.
    pub fn leads_to(&self, addresses: &[IpAddr], allow: &Networks) -> Result<(), Refusal> {
        match address::all_allowed(addresses, self.tls(), allow) {
            true => Ok(()),
            false => Err(Refusal::invalid("url", ADDRESS)),
        }
    }

    pub fn url(&self) -> &Url {
        &self.0
    }
}

/// Kinds of changes for which somebody listens.
pub fn types(types: &[ChangeType]) -> Result<Vec<ChangeType>, Refusal> {
    if types.is_empty() {
        return Err(Refusal::invalid("types", "Name at least one kind of change."));
    }
    let once: BTreeSet<_> = types.iter().collect();
    if once.len() < types.len() {
        return Err(Refusal::invalid("types", "Name each kind of change once."));
    }
    Ok(types.to_vec())
}

/// The wish for a change; what is not named stays.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub url: Option<Target>,
    pub types: Option<Vec<ChangeType>>,
    pub status: Option<EndpointStatus>,
}

/// How an endpoint is from now on. The application that changes it answers for it: an endpoint sends nobody what that one may not know.
pub fn update(row: &Endpoint, wish: &Wish, application_id: Uuid) -> Result<ChangeEndpoint> {
    let mut refusals = Refusals::default();
    let types = wish.types.as_deref().map(types).transpose();
    let types = refusals.take(types).flatten();
    refusals.end()?;
    let status = wish.status.unwrap_or(row.status);
    let reason = match (status, row.disabled_reason) {
        (EndpointStatus::Enabled, _) => None,
        (EndpointStatus::Disabled, Some(reason)) => Some(reason),
        (EndpointStatus::Disabled, None) => Some(DisabledReason::ByOwner),
    };
    // Another address, or one that was mended, begins without the faults of the one before.
    let anew = wish.url.is_some() || wish.status == Some(EndpointStatus::Enabled);
    Ok(ChangeEndpoint::Set {
        application_id,
        url: wish.url.as_ref().map_or_else(|| row.url.clone(), |target| target.url().to_string()),
        types: types.unwrap_or_else(|| row.types.clone()),
        status,
        reason,
        anew,
    })
}

/// A new secret beside the one before.
pub fn rotate(secret: Vec<u8>, now: DateTime<Utc>) -> ChangeEndpoint {
    ChangeEndpoint::Rotate { secret, previous_until: now + OVERLAP }
}

/// Whether anything can be sent to it.
pub fn sends(row: &Endpoint) -> Result<()> {
    match row.status {
        EndpointStatus::Enabled => Ok(()),
        EndpointStatus::Disabled => Err(Error::refused(
            UserErrorCode::TransitionNotAllowed,
            "endpointId",
            "The endpoint is disabled. Enable it with webhookEndpointUpdate first.",
        )),
    }
}

/// A stretch of the feed, by time.
pub fn stretch(from: DateTime<Utc>, to: DateTime<Utc>, kept_since: DateTime<Utc>) -> Result<()> {
    if from >= to {
        return Err(Error::invalid("to", "The stretch ends after it has begun."));
    }
    if from < kept_since {
        return Err(Error::invalid("from", "The feed keeps 13 months. List what you need instead."));
    }
    Ok(())
}

/// More than one replay takes.
pub fn too_much() -> Error {
    let message = said!(
        "There are more than {MOST_REPLAYED} changes from this moment to that one. Ask for a shorter stretch.",
        MOST_REPLAYED
    );
    Error::refused(UserErrorCode::LimitExceeded, "to", message)
}

/// In how many seconds the next replay may be asked for; none: now.
pub fn until_next_replay(before: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<u64> {
    let rest = before? + REPLAY_EACH - now;
    (rest > Duration::zero()).then(|| rest.num_seconds().unsigned_abs().max(1))
}

/// Whether a change, of which its organisation may learn, is for this endpoint. TEST is not: the verb that writes it makes its delivery.
pub fn wants(listener: &Listener, scopes: crate::access::Scopes, entry: &Entry) -> bool {
    entry.change != ChangeType::Test && listener.types.contains(&entry.change) && entry.object.is_told_to(scopes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::message::Language;

    fn said(url: &str, allow: &Networks) -> Result<Target, String> {
        Target::parse(url, allow).map_err(|refusal| {
            assert_eq!((refusal.code, refusal.path.join(".")), (UserErrorCode::Invalid, "url".to_owned()), "{url}");
            refusal.message.told(Language::English)
        })
    }

    #[test]
    fn an_address_is_checked_by_its_text() {
        let none = Networks::default();
        for good in [
            "https://partner.example/mistok",
            "https://partner.example:8443/a?token=1",
            "https://8.8.8.8/",
            "https://приклад.укр/",
        ] {
            said(good, &none).unwrap_or_else(|message| panic!("{good}: {message}"));
        }
        for (wrong, hint) in [
            ("", "no address"),
            ("partner.example", "no address"),
            ("https://", "no address"),
            ("http://partner.example/", "https://"),
            ("ftp://partner.example/", "https://"),
            ("file:///etc/passwd", "https://"),
            ("https://user@partner.example/", "password"),
            ("https://:secret@partner.example/", "password"),
            ("https://partner.example/#top", "fragment"),
        ] {
            let message = said(wrong, &none).expect_err(wrong);
            assert!(message.contains(hint), "{wrong}: {message}");
        }
        let long = format!("https://partner.example/{}", "x".repeat(10_000));
        assert!(said(&long, &none).expect_err("long").contains("2000"));
        // 700 letters that become 2,100 signs of percent-encoding and more.
        assert!(said(&format!("https://partner.example/{}", "ї".repeat(700)), &none).expect_err("long").contains("2000"));
        // However it is written, it is the same address, and all are refused by the same words.
        for inside in [
            "https://127.0.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]:8443/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://10.0.0.1./",
            "https://１２７.0.0.1/",
        ] {
            assert_eq!(said(inside, &none).expect_err(inside), ADDRESS, "{inside}");
        }
        let allow = Networks::loopback();
        assert!(said("http://127.0.0.1:9/", &allow).is_ok() && said("http://8.8.8.8/", &allow).is_err());
        let name = said("http://partner.example/", &allow).expect("judged when it is looked up");
        assert!(name.leads_to(&["8.8.8.8".parse().expect("an address")], &allow).is_err(), "plain http to the internet");
    }

    #[test]
    fn kinds_are_named_once() {
        let wrong = |of: &[ChangeType]| types(of).expect_err("wrong").path.join(".");
        assert_eq!(wrong(&[]), "types");
        assert_eq!(wrong(&[ChangeType::Test, ChangeType::CaseOpened, ChangeType::Test]), "types");
        assert_eq!(types(&[ChangeType::Test]), Ok(vec![ChangeType::Test]));
    }
}
