//! The settings of open standards: what makes the publisher's ids its own in the whole world.

use super::Faults;

/// The prefix of the standard's own documentation: for trials, never for data that others collect.
const OCID_PREFIX: &str = "ocds-213czf";
const GRANT_PREFIX: &str = "360G-mistok";

/// Prefixes of ids in documents that leave.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct StandardOptions {
    /// The publisher's prefix of open contracting ids, as the Open Contracting Partnership registers it; the default is that of its
    /// documentation, for trials [default: ocds-213czf]
    #[arg(long, env = "MISTOK_OCID_PREFIX", value_name = "PREFIX", help_heading = "Open standards")]
    pub ocid_prefix: Option<String>,
    /// The publisher's prefix of grant ids, as 360Giving registers it [default: 360G-mistok]
    #[arg(long, env = "MISTOK_GRANT_PREFIX", value_name = "PREFIX", help_heading = "Open standards")]
    pub grant_prefix: Option<String>,
}

/// The same, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefixes {
    /// Such as `ocds-213czf`, without a sign at its end.
    pub ocid: String,
    /// Such as `360G-mistok`.
    pub grant: String,
}

impl Default for Prefixes {
    fn default() -> Self {
        Self { ocid: OCID_PREFIX.into(), grant: GRANT_PREFIX.into() }
    }
}

impl StandardOptions {
    /// Everything checked, or every fault.
    pub fn check(&self) -> Result<Prefixes, Faults> {
        let mut faults = Faults::default();
        let prefixes = self.read(&mut faults);
        faults.end(Some(prefixes))
    }

    pub(super) fn read(&self, faults: &mut Faults) -> Prefixes {
        let usual = Prefixes::default();
        // The standard gives out prefixes of six signs.
        let ocid = own(self.ocid_prefix.as_ref(), |text| {
            let sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            text.strip_prefix("ocds-").is_some_and(|own| own.len() == 6 && own.bytes().all(sign))
        });
        let grant = own(self.grant_prefix.as_ref(), |text| {
            let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            text.strip_prefix("360G-").is_some_and(|own| (1..=40).contains(&own.len()) && own.bytes().all(sign))
        });
        let mut told = |read: Result<Option<String>, String>, usual: String, name: &str, such: &str| match read {
            Ok(own) => own.unwrap_or(usual),
            Err(text) => {
                faults.add(format!("{name}: {text:?} is no prefix such as {such}"));
                usual
            }
        };
        Prefixes {
            ocid: told(ocid, usual.ocid, "MISTOK_OCID_PREFIX (--ocid-prefix)", OCID_PREFIX),
            grant: told(grant, usual.grant, "MISTOK_GRANT_PREFIX (--grant-prefix)", GRANT_PREFIX),
        }
    }
}

/// An empty variable is one that is not there.
fn own(text: Option<&String>, fits: impl Fn(&str) -> bool) -> Result<Option<String>, String> {
    match text.map(|text| text.trim()).filter(|text| !text.is_empty()) {
        Some(text) if !fits(text) => Err(text.to_owned()),
        text => Ok(text.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(ocid: Option<&str>, grant: Option<&str>) -> Result<Prefixes, String> {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let options = StandardOptions { ocid_prefix: own(ocid), grant_prefix: own(grant) };
        options.check().map_err(|faults| faults.to_string())
    }

    #[test]
    fn prefixes_are_read() {
        assert_eq!(read(None, Some("")), Ok(Prefixes::default()));
        let own = Prefixes { ocid: "ocds-abc123".into(), grant: "360G-Fund-1".into() };
        assert_eq!(read(Some(" ocds-abc123 "), Some("360G-Fund-1")), Ok(own));
        for (ocid, grant, faults) in [
            (Some("ocds-"), Some("360G-"), 2),
            (Some("213czf"), None, 1),
            (Some("ocds-213CZF"), None, 1),
            (Some("ocds-213czf-"), None, 1),
            (None, Some("GB-1"), 1),
            (None, Some("360G-Ї"), 1),
        ] {
            let said = read(ocid, grant).expect_err("a fault");
            assert_eq!(said.matches("_PREFIX").count(), faults, "{said}");
        }
    }
}
