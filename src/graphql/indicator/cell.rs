//! A figure as it is answered: made from what has passed `indicator::protected`, and from nothing else.

use crate::{
    base::{
        money,
        words::indicator::{CellStatus, Comparator, Origin},
    },
    graphql::scalars::{Decimal, Money},
    indicator::protected::Protected,
};
use async_graphql::Object;

/// A figure; null is not zero: the status says whether a value is published, kept back or not reported (значення показника).
#[derive(Clone)]
pub struct Cell(Protected);

impl From<Protected> for Cell {
    fn from(passed: Protected) -> Self {
        Self(passed)
    }
}

/// A figure; null is not zero: the status says whether a value is published, kept back or not reported (значення показника).
#[Object]
impl Cell {
    /// The number, exact; null unless it is PUBLISHED, and of money (значення).
    async fn value(&self) -> Option<Decimal> {
        self.0.value().map(|value| Decimal(value.to_string()))
    }

    /// The amount of a figure whose unit is MONEY; null unless it is PUBLISHED, and of any other (сума).
    async fn money(&self) -> Option<Money> {
        self.0.money().map(|kopiykas| Money(money::text(kopiykas)))
    }

    /// How the number stands to the true one; EQ where there is none (порівняння).
    async fn comparator(&self) -> Comparator {
        self.0.comparator()
    }

    /// Whether there is a value, and whether you may see it (стан).
    async fn status(&self) -> CellStatus {
        self.0.status()
    }

    /// Where it comes from (походження).
    async fn origin(&self) -> Origin {
        self.0.origin()
    }

    /// Where a reported one was published; null for a computed one (джерело).
    async fn source(&self) -> Option<&str> {
        self.0.source()
    }
}
