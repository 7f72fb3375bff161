//! The settings of limits: how many points an application may ask for at once, and how fast they come back.

use super::Faults;

/// The bucket of each application.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct RateOptions {
    /// Points that one application may ask for at once; not below 200000, which one question may cost [default: 1000000]
    #[arg(long, env = "MISTOK_RATE_BUCKET", value_name = "POINTS", help_heading = "Limits")]
    pub rate_bucket: Option<String>,
    /// Points that come back in each second; a point is about a microsecond of a processor [default: 50000]
    #[arg(long, env = "MISTOK_RATE_REFILL", value_name = "POINTS", help_heading = "Limits")]
    pub rate_refill: Option<String>,
}

/// Of each application's bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Points of a full bucket.
    pub most: u64,
    /// Points that come back in each second.
    pub refill: u64,
}

impl Default for Rate {
    fn default() -> Self {
        Self { most: 1_000_000, refill: 50_000 }
    }
}

/// What one question may cost: a bucket that is smaller would never let it pass.
pub const LEAST: u64 = 200_000;
/// What numbers of GraphQL can tell.
const MOST: u64 = 1_000_000_000;

impl RateOptions {
    /// Everything checked, or every fault.
    pub fn check(&self) -> Result<Rate, Faults> {
        let mut faults = Faults::default();
        let rate = self.read(&mut faults);
        faults.end(Some(rate))
    }

    /// An empty variable is one that is not there.
    pub(super) fn read(&self, faults: &mut Faults) -> Rate {
        let mut number = |text: &Option<String>, name: &str, least: u64, usual: u64| {
            let Some(text) = text.as_deref().map(str::trim).filter(|text| !text.is_empty()) else { return usual };
            text.parse().ok().filter(|points| (least..=MOST).contains(points)).unwrap_or_else(|| {
                faults.add(format!("{name}: {text:?} is no number of points from {least} to {MOST}"));
                usual
            })
        };
        let Rate { most, refill } = Rate::default();
        Rate {
            most: number(&self.rate_bucket, "MISTOK_RATE_BUCKET (--rate-bucket)", LEAST, most),
            refill: number(&self.rate_refill, "MISTOK_RATE_REFILL (--rate-refill)", 1, refill),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read() {
        let read = |bucket: &str, refill: &str| {
            RateOptions { rate_bucket: Some(bucket.into()), rate_refill: Some(refill.into()) }.check()
        };
        assert_eq!(read("", "").expect("usual"), Rate::default());
        assert_eq!(read("200000", " 7 ").expect("numbers"), Rate { most: 200_000, refill: 7 });
        for (bucket, refill) in [("199999", "0"), ("many", "-1"), ("1e6", "5000000000")] {
            let said = read(bucket, refill).expect_err("faults").to_string();
            assert!(said.contains("MISTOK_RATE_BUCKET") && said.contains("MISTOK_RATE_REFILL"), "{said}");
        }
    }
}
