//! The setting of figures about the server: where Prometheus asks for them.

use super::Faults;
use std::net::SocketAddr;

/// Where figures about the server are told.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct MetricsOptions {
    /// Address and port on which Prometheus asks for /metrics; an address that partners cannot reach [default: none]
    #[arg(long, env = "MISTOK_METRICS_LISTEN", value_name = "ADDRESS:PORT", help_heading = "HTTP")]
    pub metrics_listen: Option<String>,
}

impl MetricsOptions {
    /// Everything checked, or every fault.
    pub fn check(&self) -> Result<Option<SocketAddr>, Faults> {
        let mut faults = Faults::default();
        let address = self.read(&mut faults);
        faults.end(Some(address))
    }

    /// An empty variable is one that is not there.
    pub(super) fn read(&self, faults: &mut Faults) -> Option<SocketAddr> {
        let text = self.metrics_listen.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
        let address = text.parse().ok();
        if address.is_none() {
            let example = "such as 127.0.0.1:9464";
            faults.add(format!("MISTOK_METRICS_LISTEN (--metrics-listen): {text:?} is no address with a port, {example}"));
        }
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read() {
        let read =
            |text: &str| MetricsOptions { metrics_listen: Some(text.into()) }.check().map_err(|faults| faults.to_string());
        assert_eq!(read(""), Ok(None));
        assert_eq!(read(" 127.0.0.1:9464 "), Ok(Some(SocketAddr::from(([127, 0, 0, 1], 9464)))));
        for wrong in ["9464", "localhost:9464", "127.0.0.1", "http://127.0.0.1:9464"] {
            assert!(read(wrong).expect_err("a fault").contains("MISTOK_METRICS_LISTEN"), "{wrong}");
        }
    }
}
