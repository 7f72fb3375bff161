//! Since when something is there: `schema/CHANGELOG.md`, which a test holds complete, has a line for each change.

/// The changelog as it is written.
pub const TEXT: &str = include_str!("../../../schema/CHANGELOG.md");

/// One change.
#[derive(Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// `Unreleased`, `0.2.0`.
    pub release: &'a str,
    /// SAFE, DANGEROUS or BREAKING.
    pub grade: &'a str,
    /// `Query.referral`, `Referral.status`, `ChangeType.CASE_OPENED`.
    pub place: &'a str,
    pub why: &'a str,
}

/// What it says.
pub struct Changelog<'a> {
    changes: Vec<Change<'a>>,
    /// The first release.
    first: &'a str,
}

impl<'a> Changelog<'a> {
    pub fn of(text: &'a str) -> Self {
        let (mut changes, mut release) = (Vec::new(), "");
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("## ") {
                release = name.trim();
            } else if let Some((grade, rest)) = line.strip_prefix("- ").and_then(|line| line.split_once(" `")) {
                let (place, why) = rest.split_once('`').unwrap_or((rest, ""));
                changes.push(Change { release, grade, place, why: why.trim_start_matches([' ', ':']) });
            }
        }
        Self { changes, first: release }
    }

    /// Changes of one place, the newest first.
    pub fn at(&self, place: &str) -> impl Iterator<Item = &Change<'a>> {
        self.changes.iter().filter(move |change| {
            change.place == place
                || change.place.strip_prefix(place).is_some_and(|rest| place.contains('.') && rest.starts_with('.'))
        })
    }

    /// The release that had it first, where no line tells otherwise.
    pub fn since(&self, place: &str) -> Option<&'a str> {
        let is_told =
            self.at(place).next().is_some() || place.split_once('.').is_some_and(|(ty, _)| self.at(ty).next().is_some());
        (!is_told).then_some(self.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_since_when_something_is_there() {
        let text = "# Changes\n\n## Unreleased\n\n- SAFE `Query.new` asks for more\n- DANGEROUS `Query.old.arg` was put in\n- SAFE `Fresh` is a type\n\n## 0.1.0\n\nThe first.\n";
        let log = Changelog::of(text);
        let told: Vec<_> = log.at("Query.old").map(|change| (change.release, change.grade, change.why)).collect();
        assert_eq!(told, [("Unreleased", "DANGEROUS", "was put in")]);
        assert_eq!((log.since("Query.new"), log.since("Query.old"), log.since("Fresh.id")), (None, None, None));
        assert_eq!((log.since("Query.other"), log.since("Query")), (Some("0.1.0"), Some("0.1.0")));
        assert_eq!(Changelog::of(TEXT).since("Query.viewer"), Some("0.1.0"));
    }
}
