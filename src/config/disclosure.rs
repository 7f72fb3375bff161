//! The settings of disclosure: how many people a figure of others must at least be about, to be shown.

use super::Faults;
use crate::base::min_cell::MinCells;

/// From how many people on a figure of others is shown.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct DisclosureOptions {
    /// The smallest figure about people of others that the Ministry, oversight and the Fund see [default: 5]
    #[arg(long, env = "MISTOK_MIN_CELL_OFFICIAL", value_name = "NUMBER", help_heading = "Disclosure")]
    pub min_cell_official: Option<String>,
    /// The same for every other organisation; not below the official one [default: 10]
    #[arg(long, env = "MISTOK_MIN_CELL_PUBLIC", value_name = "NUMBER", help_heading = "Disclosure")]
    pub min_cell_public: Option<String>,
}

impl DisclosureOptions {
    /// Everything checked, or every fault.
    pub fn check(&self) -> Result<MinCells, Faults> {
        let mut faults = Faults::default();
        let least = self.read(&mut faults);
        faults.end(Some(least))
    }

    pub(super) fn read(&self, faults: &mut Faults) -> MinCells {
        let usual = MinCells::default();
        let official = threshold(self.min_cell_official.as_ref(), "OFFICIAL", faults);
        let public = threshold(self.min_cell_public.as_ref(), "PUBLIC", faults);
        let least = MinCells { official: official.unwrap_or(usual.official), public: public.unwrap_or(usual.public) };
        if least.official > least.public {
            faults.add(format!(
                "MISTOK_MIN_CELL_PUBLIC (--min-cell-public): {} is below MISTOK_MIN_CELL_OFFICIAL, which is {}",
                least.public, least.official
            ));
        }
        least
    }
}

/// An empty variable is one that is not there.
fn threshold(text: Option<&String>, name: &str, faults: &mut Faults) -> Option<u32> {
    let text = text.map(|text| text.trim()).filter(|text| !text.is_empty())?;
    let (from, to) = (MinCells::LEAST, MinCells::MOST);
    let number = text.parse().ok().filter(|number| (from..=to).contains(number));
    if number.is_none() {
        let option = name.to_lowercase();
        faults.add(format!("MISTOK_MIN_CELL_{name} (--min-cell-{option}): {text:?} is no number from {from} to {to}"));
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(official: Option<&str>, public: Option<&str>) -> Result<MinCells, String> {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let options = DisclosureOptions { min_cell_official: own(official), min_cell_public: own(public) };
        options.check().map_err(|faults| faults.to_string())
    }

    #[test]
    fn a_pair_is_read() {
        assert_eq!(read(None, Some("")), Ok(MinCells { official: 5, public: 10 }));
        assert_eq!(read(Some("3"), Some(" 3 ")), Ok(MinCells { official: 3, public: 3 }));
        for (official, public, names) in [
            (Some("2"), None, vec!["OFFICIAL"]),
            (Some("-5"), Some("1001"), vec!["OFFICIAL", "PUBLIC"]),
            (Some("11"), None, vec!["PUBLIC"]),
            (None, Some("4"), vec!["PUBLIC"]),
        ] {
            let said = read(official, public).expect_err("a fault");
            let told: Vec<_> =
                ["OFFICIAL", "PUBLIC"].into_iter().filter(|name| said.contains(&format!("MISTOK_MIN_CELL_{name} ("))).collect();
            assert_eq!(told, names, "{said}");
        }
    }
}
