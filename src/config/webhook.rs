//! The setting of webhooks: to which networks their requests may go although these are nobody's business outside.

use super::Faults;
use ipnet::IpNet;
use std::{fmt, net::IpAddr};

/// Where webhooks may go beside the public internet.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct WebhookOptions {
    /// Networks such as 10.1.0.0/16,fd00::/8, with commas: webhooks may go there although they are private, and by plain http
    /// [default: none]
    #[arg(long, env = "MISTOK_WEBHOOK_ALLOW", value_name = "NETWORKS", help_heading = "Webhooks")]
    pub webhook_allow: Option<String>,
}

impl WebhookOptions {
    /// Everything checked, or every fault.
    pub fn check(&self) -> Result<Networks, Faults> {
        let mut faults = Faults::default();
        let networks = self.read(&mut faults);
        faults.end(Some(networks))
    }

    /// An empty variable is one that is not there.
    pub(super) fn read(&self, faults: &mut Faults) -> Networks {
        let text = self.webhook_allow.as_deref().unwrap_or_default();
        Networks::parse(text).unwrap_or_else(|wrong| {
            faults.add(format!(
                "MISTOK_WEBHOOK_ALLOW (--webhook-allow): {wrong:?} is no network such as 10.1.0.0/16 or fd00::/8"
            ));
            Networks::default()
        })
    }
}

/// Networks of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Networks with commas between them; the first part that is none is the error. A single address is a network of one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let network = |part: &str| {
            let one = || part.parse::<IpAddr>().ok().map(IpNet::from);
            part.parse().ok().or_else(one).ok_or_else(|| part.to_owned())
        };
        parts.map(network).collect::<Result<_, _>>().map(Self)
    }

    /// This machine alone: for the demonstration.
    pub fn loopback() -> Self {
        Self::parse("127.0.0.0/8,::1/128").expect("both are networks")
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// These and those.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&all.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read() {
        let read =
            |text: &str| WebhookOptions { webhook_allow: Some(text.into()) }.check().map_err(|faults| faults.to_string());
        assert_eq!(read("").expect("none"), Networks::default());
        let two = read(" 10.1.0.0/16, fd00::/8 ,192.0.2.7").expect("three");
        assert_eq!(two.to_string(), "10.1.0.0/16,fd00::/8,192.0.2.7/32");
        let inside = |text: &str| two.contains(text.parse().expect("an address"));
        assert!(inside("10.1.255.1") && inside("fd00::1") && inside("192.0.2.7") && !inside("10.2.0.1") && !inside("::1"));
        for wrong in ["10.1.0.0/33", "mistok.example", "10.1.0.0/16;10.2.0.0/16"] {
            assert!(read(wrong).expect_err("a fault").contains("MISTOK_WEBHOOK_ALLOW"), "{wrong}");
        }
    }
}
