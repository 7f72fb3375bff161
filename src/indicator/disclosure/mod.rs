//! Disclosure control for figures about people: what of one month of one indicator is shown to an audience, and what is hidden.
//!
//! A [`Bundle`] is a tree of places and, for each reporting place, counts by the values of several dimensions. A figure
//! ([`BoxKey`]) is a place and a column (`all`, a group, a value). What is shown is exact, zeros are shown, and there is one
//! status, so that a hidden figure says no more than that it is not 0. [`protect`] decides once, when the month is frozen, for
//! all readers of an audience together.
//!
//! First what is sensitive is hidden: fewer people than the threshold, or fewer without those whom a contributor knows. Then
//! each line asks for more ([`mod@line`]). Then each hidden figure is proven, or more is hidden for it.
//!
//! **Why it is sound.** A reader knows sums of counts, and may know one organisation's counts too. To him two worlds look alike
//! if they agree in every figure that is shown, in what is 0 and in what he knows himself. An exchange between two reporting
//! places (or one and nobody) leaves all figures outside its way alone, in all dimensions at once, since what one place gains in
//! a column the other loses; on its way all that it changes is hidden, it makes no count 0, and it lets every figure that is
//! shown be one that may be shown. So the world after it looks like the true one to all but the owners of the two places. A
//! figure is proven by exchanges that make two values of it beside the true one, and for each owner whom they touch by others
//! that do not touch him: three values remain for everybody, whatever sums he adds or subtracts. Hiding more never undoes a
//! proof, as the figures on the ways stay hidden and the counts stay what they are. It ends: nothing is shown again, and where
//! all is hidden up to the country, people may come from nowhere.
//!
//! **What time adds:** nothing. A quarter or a year of a figure is answered only if each of its months is shown; it is then their
//! sum, which everybody could have made himself. So each month is proven alone.
//!
//! **Two audiences.** The pattern for officials is made first, and given `within` to that for the public, which begins with it:
//! what officials are not shown nobody is shown, and who has both knows no more figures than an official.
//!
//! **What is not proven.** That a reader who applies this whole rule to every world that looks alike is left with three: of these
//! worlds some would have had other figures hidden, and he can strike them out. For a line that stands alone this is counted in
//! the rule itself and proven by test; for lines that cross or nest it is measured by test (`tests/inversion.rs`). Nor that
//! several contributors who put their figures together learn nothing.

mod bundle;
mod exchange;
mod hiding;
pub mod line;
mod pattern;
mod proof;
mod search;
mod shape;

pub use bundle::{BoxKey, Bundle};
pub use pattern::{Pattern, Rule};
pub use shape::{ALL, Axis, Column, Fault, Place, Shape};

use bundle::Figures;
use hiding::Hiding;

/// What is hidden from an audience; at least all that is hidden `within` another. The same bundle has the same pattern.
pub fn protect(bundle: &Bundle<'_>, rule: Rule, within: Option<&Pattern>) -> Result<Pattern, Fault> {
    let figures = bundle.figures(&rule)?;
    if within.is_some_and(|pattern| !pattern.fits(bundle.shape.height(), bundle.shape.width())) {
        return Err(Fault::Pattern);
    }
    let mut hiding = begin(&figures);
    within.into_iter().flat_map(Pattern::hidden).for_each(|key| hiding.hide(key));
    hiding.settle();
    Ok(hiding.prove())
}

/// The rule without its proofs: lines alone. The tests show with it that their adversary finds what lines let through.
#[doc(hidden)]
pub fn protect_by_lines_alone(bundle: &Bundle<'_>, rule: Rule) -> Result<Pattern, Fault> {
    let figures = bundle.figures(&rule)?;
    let mut hiding = begin(&figures);
    hiding.settle();
    Ok(hiding.pattern)
}

/// With what is sensitive by itself.
fn begin<'a>(figures: &'a Figures<'a>) -> Hiding<'a> {
    let mut hiding = Hiding::new(figures);
    let keys =
        (0..figures.shape.height()).flat_map(|place| (0..figures.shape.width()).map(move |column| BoxKey { place, column }));
    keys.filter(|key| figures.sensitive(*key)).for_each(|key| hiding.hide(key));
    hiding
}
