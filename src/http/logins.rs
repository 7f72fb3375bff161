//! How often the token endpoint is asked. Who has shown who it is takes from a bucket of its own client; who has not, from one of the name
//! that it gave and one of the address that it came from.
//!
//! Whatever others do under its name, a client with the right secret gets its token: names and addresses are nobody's own before the
//! secret is compared (behind a proxy all have one address, and no header that tells another is believed). So nothing is refused before
//! the database was asked, and what it costs is bounded in another way: few are asked about at once, in the order in which they came.

use crate::{
    access::bucket::Buckets,
    base::{Error, Result, id},
    config::Rate,
};
use std::net::IpAddr;
use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

/// Connections to the database that are asked who somebody is, at one moment.
const AT_ONCE: usize = 4;
/// 30 tokens at once, one more every two seconds: an honest client needs four in an hour.
const TOKENS: Rate = Rate { most: 30 * TOKEN, refill: 1 };
/// Points of one token, or of one failure under a name.
const TOKEN: u64 = 2;
/// 300 failures at once, five more in each second: behind a proxy these are everybody's.
const FROM_ONE_ADDRESS: Rate = Rate { most: 300, refill: 5 };
/// Names, or addresses, that are remembered.
const REMEMBERED: usize = 10_000;

/// What is known of those who ask for tokens.
pub struct Logins {
    places: Semaphore,
    tokens: Buckets,
    failed: Buckets,
    failed_from: Buckets,
}

impl Default for Logins {
    fn default() -> Self {
        Self {
            places: Semaphore::new(AT_ONCE),
            tokens: Buckets::new(TOKENS),
            failed: Buckets::bounded(TOKENS, REMEMBERED),
            failed_from: Buckets::bounded(FROM_ONE_ADDRESS, REMEMBERED),
        }
    }
}

impl Logins {
    /// A place before the database, in one's turn.
    ///
    /// # Errors
    /// Never, as long as places are not closed.
    pub async fn place(&self) -> Result<SemaphorePermit<'_>> {
        self.places.acquire().await.map_err(Error::internal)
    }

    /// Takes the points of a token for a client that has shown who it is.
    ///
    /// # Errors
    /// RATE_LIMITED with the seconds after which there is one again.
    pub fn admit(&self, application_id: Uuid) -> Result<()> {
        self.tokens.take(application_id, TOKEN).map(drop)
    }

    /// Notes a failure under a name and from an address.
    ///
    /// # Errors
    /// RATE_LIMITED once either has failed too often.
    pub fn failed(&self, client_id: Option<&str>, from: Option<IpAddr>) -> Result<()> {
        let key = |of: &str, text: &str| id::named(Uuid::nil(), of, text);
        let of_name = client_id.map_or(Ok(()), |name| self.failed.take(key("client", name), TOKEN).map(drop));
        let of_address = from.map_or(Ok(()), |from| self.failed_from.take(key("address", &network(from)), 1).map(drop));
        of_name.and(of_address)
    }
}

/// One who has an IPv6 address has as many as a network of 64 bits holds.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x?}", &address.segments()[..4]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect(text))
    }

    #[test]
    fn failures_are_counted_by_name_and_by_address() {
        let logins = Logins::default();
        let failed = |name: &str, from| logins.failed(Some(name), ip(from));
        assert!((0..30).all(|_| failed("kazanka", "192.0.2.1").is_ok()));
        assert!(matches!(failed("kazanka", "192.0.2.2"), Err(Error::Limited { retry_after: 1..=2 })), "under one name");
        assert!(logins.admit(Uuid::from_u128(1)).is_ok(), "and with the right secret as ever");
        // One was taken under the name that had none.
        assert!((31..300).all(|n| failed(&n.to_string(), "192.0.2.1").is_ok()));
        assert!((0..10).any(|n| failed(&format!("more {n}"), "192.0.2.1").is_err()), "from one address");
        assert!(failed("another", "2001:db8::1").is_ok());
        assert_eq!(network(ip("2001:db8::1").expect("one")), network(ip("2001:db8::ffff:1").expect("one")));
        assert_ne!(network(ip("2001:db8::1").expect("one")), network(ip("2001:db8:0:1::1").expect("one")));
        assert_eq!(network(ip("::ffff:192.0.2.1").expect("one")), "192.0.2.1");
    }

    #[test]
    fn a_client_takes_thirty_tokens_at_once() {
        let (logins, own) = (Logins::default(), Uuid::from_u128(1));
        assert!((0..30).all(|_| logins.admit(own).is_ok()));
        assert!(matches!(logins.admit(own), Err(Error::Limited { retry_after: 1..=2 })));
        assert!(logins.admit(Uuid::from_u128(2)).is_ok());
    }
}
