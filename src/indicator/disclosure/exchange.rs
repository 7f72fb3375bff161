//! Exchanges: other figures that look the same.
//!
//! Two reporting places, `here` and `there`, exchange people of some columns: what `here` gains `there` loses, and the other
//! way round. Then only the figures on the way between the two change, in these columns: where all of them are hidden, nobody
//! can tell. With nobody `there`, the way leads to the country and out of it.

use super::{
    bundle::{BoxKey, Figures},
    pattern::Pattern,
    shape::{ALL, Column, Shape},
};

/// Which way: one more of the figure in question, or one fewer. No count may become 0, since zeros are shown: hence the least
/// counts that it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::indicator) enum Way {
    More,
    Fewer,
}

impl Way {
    pub(in crate::indicator) const BOTH: [Self; 2] = [Self::More, Self::Fewer];

    /// The least that there must be of what is gained, and of what is lost.
    pub(in crate::indicator) const fn least(self) -> (u64, u64) {
        match self {
            Self::More => (1, 2),
            Self::Fewer => (2, 1),
        }
    }

    /// As it looks from the other end.
    pub(in crate::indicator) const fn reverse(self) -> Self {
        match self {
            Self::More => Self::Fewer,
            Self::Fewer => Self::More,
        }
    }
}

/// A square exchanges a value for another; a transfer moves people as such, of one value in each dimension. Groups and `all`
/// are named with the values, where they change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::indicator) struct Exchange {
    pub(in crate::indicator) here: usize,
    pub(in crate::indicator) there: Option<usize>,
    pub(in crate::indicator) gains: Vec<Column>,
    pub(in crate::indicator) loses: Vec<Column>,
    pub(in crate::indicator) way: Way,
}

impl Exchange {
    /// What it changes.
    pub(in crate::indicator) fn keys(&self, shape: &Shape) -> impl Iterator<Item = BoxKey> {
        let columns = || self.gains.iter().chain(&self.loses).copied();
        between(shape, self.here, self.there)
            .into_iter()
            .flat_map(move |place| columns().map(move |column| BoxKey { place, column }))
    }

    /// What becomes fewer by it in reporting places.
    pub(in crate::indicator) fn donors(&self) -> impl Iterator<Item = BoxKey> {
        let (here, there) = if self.way == Way::More { (&self.loses, &self.gains) } else { (&self.gains, &self.loses) };
        let of = |place: usize, columns: &[Column]| -> Vec<BoxKey> {
            columns.iter().map(|&column| BoxKey { place, column }).collect()
        };
        of(self.here, here).into_iter().chain(self.there.into_iter().flat_map(move |place| of(place, there)))
    }

    /// Whether all figures that are shown would be shown after it, done twice: a contributor who gains of one leaves less to the
    /// others, who must stay as many as the threshold says.
    pub(in crate::indicator) fn is_likely(&self, figures: &Figures<'_>, pattern: &Pattern) -> bool {
        let shape = figures.shape;
        let Some(there) = self.there.filter(|_| figures.others_are_counts()) else { return true };
        let owner = |place: usize| shape.places[place].owner;
        let (one, other) = (owner(self.here), owner(there));
        let (gainer, loser) = if self.way == Way::More { (one, other) } else { (other, one) };
        let mut meeting = shape.upwards(self.here).filter(|place| shape.upwards(there).any(|above| above == *place));
        let stays = |owner: Option<u32>, place: usize, columns: &[Column]| {
            let mut shown = columns.iter().map(|&column| BoxKey { place, column }).filter(|key| !pattern.hides(*key));
            owner.is_none_or(|owner| shown.all(|key| figures.spare(key, owner) >= ENOUGH))
        };
        one == other || meeting.all(|place| stays(gainer, place, &self.gains) && stays(loser, place, &self.loses))
    }
}

/// Two values beside the true one.
pub(in crate::indicator) const ENOUGH: u64 = 2;

/// A value with its group.
pub(in crate::indicator) fn with_group(shape: &Shape, value: Column) -> impl Iterator<Item = Column> + Clone + use<> {
    std::iter::once(value).chain(Some(shape.above[value]).filter(|above| *above != ALL))
}

/// The places between two reporting places, below the place in which they meet; or from one up to the country.
pub(in crate::indicator) fn between(shape: &Shape, here: usize, there: Option<usize>) -> Vec<usize> {
    let Some(there) = there else { return shape.upwards(here).collect() };
    let (mut one, mut other, mut places) = (here, there, Vec::new());
    // A parent comes before its children: the later of two is not above the other.
    while one != other {
        let later = if one > other { &mut one } else { &mut other };
        places.push(*later);
        *later = shape.places[*later].parent.unwrap_or(0);
    }
    places
}
