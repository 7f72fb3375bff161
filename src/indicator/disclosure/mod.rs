//! Disclosure control for figures about people.

mod bundle;
mod exchange;
mod hiding;
pub mod line;
mod pattern;
mod search;
mod shape;

pub use bundle::{BoxKey, Bundle};
pub use pattern::{Pattern, Rule};
pub use shape::{ALL, Axis, Column, Fault, Place, Shape};

/// What of a bundle is hidden from an audience.
pub fn protect(bundle: &Bundle<'_>, rule: Rule, within: Option<&Pattern>) -> Result<Pattern, Fault> {
    let figures = bundle.figures(&rule)?;
    let (height, width) = (bundle.shape.height(), bundle.shape.width());
    if within.is_some_and(|pattern| !pattern.fits(height, width)) {
        return Err(Fault::Pattern);
    }
    let mut hiding = hiding::Hiding::new(&figures);
    for place in 0..height {
        for column in 0..width {
            let key = BoxKey { place, column };
            if figures.sensitive(key) || within.is_some_and(|pattern| pattern.hides(key)) {
                hiding.hide(key);
            }
        }
    }
    hiding.settle();
    Ok(hiding.prove())
}

/// The rule without its proofs: lines alone. The tests show with it that their adversary finds what lines let through.
#[doc(hidden)]
pub fn protect_by_lines_alone(bundle: &Bundle<'_>, rule: Rule) -> Result<Pattern, Fault> {
    let figures = bundle.figures(&rule)?;
    let mut hiding = hiding::Hiding::new(&figures);
    for place in 0..bundle.shape.height() {
        for column in (0..bundle.shape.width()).filter(|column| figures.sensitive(BoxKey { place, column: *column })) {
            hiding.hide(BoxKey { place, column });
        }
    }
    hiding.settle();
    Ok(hiding.pattern)
}
