//! How many people a figure of others must at least be about, to be shown.

use crate::base::{number::Number, words::organization::OrganizationKind};

/// Who reads a figure, as far as disclosure asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Whose figure it is: who reported it, or about whom it is.
    Own,
    /// Who coordinates, oversees or pays: the Ministry, oversight, the Fund and its branches.
    Official,
    /// Every other organisation.
    Public,
}

impl Audience {
    /// Of a figure of others.
    pub const fn of(kind: OrganizationKind) -> Self {
        use OrganizationKind::{Fund, FundBranch, Ministry, OversightBody};
        match kind {
            Ministry | OversightBody | Fund | FundBranch => Self::Official,
            _ => Self::Public,
        }
    }
}

/// The smallest figures about people that are shown, by audience (`minCell`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinCells {
    pub official: u32,
    pub public: u32,
}

impl Default for MinCells {
    fn default() -> Self {
        Self { official: 5, public: 10 }
    }
}

impl MinCells {
    /// With less, a figure that is kept back would be no secret: of 1 and 2 it is one or the other.
    pub const LEAST: u32 = 3;
    /// With more, little would be left to read.
    pub const MOST: u32 = 1000;

    /// The threshold for an audience; none: its own data, all of which it sees.
    pub const fn of(self, audience: Audience) -> Option<u32> {
        match audience {
            Audience::Own => None,
            Audience::Official => Some(self.official),
            Audience::Public => Some(self.public),
        }
    }

    /// Whether a number about people is too small for a threshold: not zero, and below it.
    pub fn hides(threshold: Option<u32>, value: Number) -> bool {
        threshold.is_some_and(|least| !value.is_zero() && value < Number::whole(least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_shown_and_less_than_the_threshold_is_not() {
        let number = |text| Number::parse(text, "").expect("a number");
        let shown = |audience, text| !MinCells::hides(MinCells::default().of(audience), number(text));
        for (text, own, official, public) in [
            ("0", true, true, true),
            ("0.5", true, false, false),
            ("4.9999", true, false, false),
            ("5", true, true, false),
            ("9", true, true, false),
            ("10", true, true, true),
        ] {
            let answers = [Audience::Own, Audience::Official, Audience::Public].map(|audience| shown(audience, text));
            assert_eq!(answers, [own, official, public], "{text}");
        }
    }

    #[test]
    fn who_oversees_is_official() {
        let official = OrganizationKind::ALL.iter().filter(|kind| Audience::of(**kind) == Audience::Official);
        assert_eq!(official.count(), 4);
    }
}
