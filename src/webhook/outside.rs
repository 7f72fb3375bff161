//! The world outside: what names lead to, and whether requests may go there. One look-up serves all who ask for the same name at
//! the same time, so that a slow name keeps one thread and not all of them. Whatever this server asks of others goes by a client from here.

use super::{address, rules::Target};
use crate::{base::Refusal, config::Networks};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use reqwest::{
    Client, ClientBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use std::{
    collections::HashMap,
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long a name is looked up for when an endpoint is set up: who waits is a person.
const PATIENCE: Duration = Duration::from_secs(3);

/// How a name is looked up. Tests have one of their own.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// What a look-up has found; none: the name is not known.
type Found = Option<Arc<[IpAddr]>>;

/// Why a request goes nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    #[error("the name is not known")]
    Unknown,
    #[error("the address is not allowed")]
    NotAllowed,
}

/// Addresses to which requests may go, and how they are found.
pub struct Outside {
    allow: Networks,
    lookup: Lookup,
    asked: Mutex<HashMap<String, Shared<BoxFuture<'static, Found>>>>,
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outside({})", self.allow)
    }
}

impl Outside {
    /// By the system's own names.
    pub fn new(allow: Networks) -> Self {
        Self::with(allow, Arc::new(|name| system(name).boxed()))
    }

    pub fn with(allow: Networks, lookup: Lookup) -> Self {
        Self { allow, lookup, asked: Mutex::default() }
    }

    pub fn allow(&self) -> &Networks {
        &self.allow
    }

    /// The addresses of a name to which a request may go.
    pub async fn resolve(&self, name: &str, tls: bool) -> Result<Arc<[IpAddr]>, Closed> {
        let found = self.found(name).await.ok_or(Closed::Unknown)?;
        if address::all_allowed(&found, tls, &self.allow) { Ok(found) } else { Err(Closed::NotAllowed) }
    }

    /// What stands against an address for an endpoint, as far as it can be known now: a name that is not known today may be tomorrow,
    /// and is asked for again when a request goes there.
    pub async fn check(&self, target: &Target) -> Result<(), Refusal> {
        let Some(name) = target.name() else { return Ok(()) };
        match tokio::time::timeout(PATIENCE, self.found(name)).await {
            Ok(Some(addresses)) => target.leads_to(&addresses, &self.allow),
            Ok(None) | Err(_) => Ok(()),
        }
    }

    /// What asks by names as they are known here, and goes nowhere else. An address that is a number it takes as it stands: whoever
    /// asks has read it by [`Target::parse`] before.
    pub fn client(self: &Arc<Self>, tls: bool) -> ClientBuilder {
        let client = Client::builder()
            .user_agent(concat!("mistok/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            // A proxy would look names up by itself and go wherever it likes.
            .no_proxy()
            .dns_resolver(Arc::new(Names { outside: self.clone(), tls }))
            .http1_only();
        // What never speaks TLS needs no certificates.
        if tls { client.https_only(true) } else { client.tls_certs_only([]) }
    }

    async fn found(&self, name: &str) -> Found {
        let asked = {
            let mut all = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            match all.get(name) {
                Some(asked) => asked.clone(),
                None => {
                    let looking = (self.lookup)(name.to_owned());
                    let looking = async move { looking.await.ok().filter(|found| !found.is_empty()).map(Into::into) };
                    let asked = looking.boxed().shared();
                    all.insert(name.to_owned(), asked.clone());
                    asked
                }
            }
        };
        // Who goes away in the meantime leaves it to the others, and the next one who asks drives it on.
        let found = asked.clone().await;
        let mut all = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(name).is_some_and(|kept| kept.ptr_eq(&asked)) {
            all.remove(name);
        }
        found
    }
}

/// Names as they are known here.
struct Names {
    outside: Arc<Outside>,
    tls: bool,
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let (outside, tls) = (self.outside.clone(), self.tls);
        Box::pin(async move {
            let addresses = outside.resolve(name.as_str(), tls).await?;
            let addresses: Vec<_> = addresses.iter().map(|address| SocketAddr::new(*address, 0)).collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

async fn system(name: String) -> io::Result<Vec<IpAddr>> {
    Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
}
