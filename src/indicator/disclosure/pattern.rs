//! What is shown and what is hidden.

use super::bundle::BoxKey;

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Fewer people than that are not shown; at least 3.
    pub min_cell: u64,
    /// Whether the reader may be an organisation that knows its own figures.
    pub contributors: bool,
}

/// For each figure whether it is shown. One status: why one is hidden is not told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    width: usize,
    hidden: Vec<bool>,
}

impl Pattern {
    pub(in crate::indicator) fn shown(height: usize, width: usize) -> Self {
        Self { width, hidden: vec![false; height * width] }
    }

    pub fn hides(&self, key: BoxKey) -> bool {
        self.hidden[key.place * self.width + key.column]
    }

    /// Whether it was shown.
    pub(in crate::indicator) fn hide(&mut self, key: BoxKey) -> bool {
        !std::mem::replace(&mut self.hidden[key.place * self.width + key.column], true)
    }

    pub fn hidden(&self) -> impl Iterator<Item = BoxKey> {
        let each = self.hidden.iter().enumerate().filter(|(_, hidden)| **hidden);
        each.map(|(at, _)| BoxKey { place: at / self.width, column: at % self.width })
    }

    pub(in crate::indicator) fn fits(&self, height: usize, width: usize) -> bool {
        self.width == width && self.hidden.len() == height * width
    }
}
