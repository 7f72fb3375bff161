//! The one place where a figure becomes fit to be answered. What has not passed here cannot leave: a [`Protected`] has private
//! fields and no other maker, the value of a row is closed to every other floor, and the `Cell` of GraphQL is made from a
//! [`Protected`] alone. What is written elsewhere does not compile:
//!
//! ```compile_fail,E0451
//! use mistok::{base::words::indicator::*, indicator::protected::Protected};
//! let forged = Protected {
//!     value: None, comparator: Comparator::Eq, status: CellStatus::Published, origin: Origin::Reported, source: None, note: None,
//! };
//! ```
//!
//! What a service has cost passes where the services have: it is made from their [`Protected`], never from their number.
//!
//! Of a single figure about people: 0 is shown, 1 to the threshold less one is kept back, whatever its comparator; where the source
//! gives no value there is nothing to keep back. Whose figure it is sees all of it.

use super::{model::Observation, policy};
use crate::{
    access::Actor,
    base::{
        min_cell::{Audience, MinCells},
        money,
        number::Number,
        words::indicator::*,
    },
    centre::model::Centre,
};

/// How much a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Amount {
    Number(Number),
    /// Kopiykas.
    Money(i64),
}

/// A figure that has passed: it may be answered to the reader for whom it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protected {
    value: Option<Amount>,
    comparator: Comparator,
    status: CellStatus,
    origin: Origin,
    source: Option<String>,
    note: Option<String>,
}

impl Protected {
    /// None unless it is published, and of money.
    pub fn value(&self) -> Option<Number> {
        match self.value {
            Some(Amount::Number(number)) => Some(number),
            _ => None,
        }
    }

    /// Kopiykas; none unless it is published, and of what is no money.
    pub fn money(&self) -> Option<i64> {
        match self.value {
            Some(Amount::Money(kopiykas)) => Some(kopiykas),
            _ => None,
        }
    }

    /// EQ where there is no value.
    pub fn comparator(&self) -> Comparator {
        self.comparator
    }

    pub fn status(&self) -> CellStatus {
        self.status
    }

    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Where a reported one was published.
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// What its source says besides; it may repeat the value, and is kept back with it.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

/// A figure as it is, before anybody has asked who reads it.
struct Figure<'a> {
    indicator: Indicator,
    value: Option<Number>,
    comparator: Comparator,
    origin: Origin,
    source: Option<&'a str>,
    note: Option<&'a str>,
}

/// What a reader is shown of a reported figure. `centre` is the one that it is about; without it nobody is its provider.
pub fn reported(actor: &Actor, observation: &Observation, centre: Option<&Centre>, least: MinCells) -> Protected {
    let figure = Figure {
        indicator: observation.indicator,
        value: observation.value(),
        comparator: observation.comparator,
        origin: Origin::Reported,
        source: Some(&observation.source),
        note: observation.note.as_deref(),
    };
    publish(&figure, policy::audience(actor, observation, centre), least)
}

/// One's own computed figure: all of it.
pub(super) fn own(value: Number) -> Protected {
    computed(Some(Amount::Number(value)))
}

/// A computed figure that counts no people; of one that does, nothing is shown by this way.
pub(super) fn open(indicator: Indicator, value: Number) -> Protected {
    computed(Some(Amount::Number(value)).filter(|_| indicator.protection() == Protection::Free))
}

/// Money in kopiykas that stands on no people; of what does, nothing is shown by this way.
pub(super) fn open_money(indicator: Indicator, kopiykas: i64) -> Protected {
    computed(Some(Amount::Money(kopiykas)).filter(|_| indicator.protection() == Protection::Free))
}

/// A frozen figure about people, as its release has decided; none: kept back.
pub(super) fn frozen(amount: Option<i64>) -> Protected {
    computed(amount.map(|amount| Amount::Number(Number::count(amount))))
}

/// What each of some services has cost, to the nearest kopiyka. The services have passed to the same reader before, and money is free:
/// it tells nothing that the two do not, and is kept back where they are. None where there was no service.
pub(super) fn cost(accepted_kop: i64, services: &Protected) -> Option<Protected> {
    if services.status != CellStatus::Published {
        return Some(computed(None));
    }
    let count = services.value()?.parts() / Number::whole(1).parts();
    Some(computed(Some(Amount::Money(money::each(accepted_kop, count)?))))
}

fn computed(value: Option<Amount>) -> Protected {
    let status = if value.is_some() { CellStatus::Published } else { CellStatus::Suppressed };
    Protected { value, comparator: Comparator::Eq, status, origin: Origin::Computed, source: None, note: None }
}

/// Decides: shown, kept back, or not there.
fn publish(figure: &Figure<'_>, audience: Audience, least: MinCells) -> Protected {
    let status = match figure.value {
        None => CellStatus::NotReported,
        Some(value) if is_small(figure, value, least.of(audience)) => CellStatus::Suppressed,
        Some(_) => CellStatus::Published,
    };
    let shown = status == CellStatus::Published;
    Protected {
        value: figure.value.filter(|_| shown).map(Amount::Number),
        comparator: if shown { figure.comparator } else { Comparator::Eq },
        status,
        origin: figure.origin,
        source: figure.source.map(str::to_owned),
        note: figure.note.filter(|_| status != CellStatus::Suppressed).map(str::to_owned),
    }
}

/// Whether it may point at somebody. Of services, as a source reports them, nobody knows how many people stand behind them: at the
/// most as many. A zero that is not exact ("more than 0") says that there are some, and not how few.
fn is_small(figure: &Figure<'_>, value: Number, threshold: Option<u32>) -> bool {
    let inexact_zero = threshold.is_some() && value.is_zero() && figure.comparator != Comparator::Eq;
    match figure.indicator.protection() {
        Protection::People | Protection::Recipients | Protection::Base => MinCells::hides(threshold, value) || inexact_zero,
        Protection::Free => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(indicator: Indicator, value: Option<&str>, comparator: Comparator) -> Figure<'static> {
        let value = value.map(|text| Number::parse(text, "").expect("a number"));
        Figure { indicator, value, comparator, origin: Origin::Reported, source: Some("сайт"), note: Some("троє") }
    }

    fn status(indicator: Indicator, value: Option<&str>, comparator: Comparator, audience: Audience) -> CellStatus {
        let made = publish(&figure(indicator, value, comparator), audience, MinCells::default());
        let published = made.status == CellStatus::Published;
        assert_eq!(made.value.is_some(), published);
        assert_eq!(made.comparator, if published { comparator } else { Comparator::Eq });
        assert_eq!(made.note.is_none(), made.status == CellStatus::Suppressed, "a note may repeat the value");
        assert_eq!((made.source.as_deref(), made.origin), (Some("сайт"), Origin::Reported));
        made.status
    }

    #[test]
    fn a_small_figure_about_people_is_kept_back() {
        use Audience::{Official, Own, Public};
        use CellStatus::{NotReported, Published, Suppressed};
        let people = |value, comparator| {
            [Own, Official, Public].map(|audience| status(Indicator::PersonsApplied, value, comparator, audience))
        };
        for comparator in Comparator::ALL.iter().copied() {
            assert_eq!(people(Some("3"), comparator), [Published, Suppressed, Suppressed], "{comparator}");
            assert_eq!(people(Some("7"), comparator), [Published, Published, Suppressed], "{comparator}");
            assert_eq!(people(Some("10"), comparator), [Published; 3], "{comparator}");
            let zero = if comparator == Comparator::Eq { Published } else { Suppressed };
            assert_eq!(people(Some("0"), comparator), [Published, zero, zero], "{comparator}");
        }
        assert_eq!(people(None, Comparator::Eq), [NotReported; 3]);
    }

    #[test]
    fn a_cost_passes_where_its_services_have() {
        let shown = cost(100_000, &frozen(Some(3))).expect("a cost");
        assert_eq!((shown.money(), shown.value(), shown.status()), (Some(33_333), None, CellStatus::Published));
        assert_eq!(
            cost(100_001, &own(Number::count(2))).and_then(|shown| shown.money()),
            Some(50_001),
            "half a kopiyka goes up"
        );
        let hidden = cost(100_000, &frozen(None)).expect("a cost that is kept back");
        assert_eq!((hidden.money(), hidden.status()), (None, CellStatus::Suppressed));
        assert_eq!(cost(100_000, &own(Number::count(0))), None, "of nothing there is no cost");
    }

    #[test]
    fn money_that_stands_on_people_is_not_open() {
        for indicator in Indicator::ALL.iter().copied() {
            let is_free = indicator.protection() == Protection::Free;
            assert_eq!(open_money(indicator, 1).money(), is_free.then_some(1), "{indicator}");
        }
    }

    #[test]
    fn what_counts_no_people_is_free() {
        for indicator in Indicator::ALL.iter().copied() {
            let free = indicator.protection() == Protection::Free;
            let told = status(indicator, Some("1"), Comparator::Eq, Audience::Public);
            assert_eq!(told == CellStatus::Published, free, "{indicator}");
        }
    }
}
