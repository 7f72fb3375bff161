//! What may be recorded of a hromada. Pure.

use super::model::{Record, Territory};
use crate::base::{Refusal, Result, error::Refusals, error::UserErrorCode, text};
use chrono::NaiveDate;

/// Longest number and date of an order, in characters.
const ORDER: usize = 200;

/// The refusal of a code that the codifier does not know; `field` is where it stands in the input.
pub fn unknown(code: &str, field: &str) -> Refusal {
    Refusal::new(UserErrorCode::NotFound, field, said!("The codifier (КАТОТТГ) has no unit {code}.", code))
}

/// Refuses what is no hromada: a part in the project, a centre and a case belong to one.
pub fn hromada(territory: &Territory, field: &str) -> Result<(), Refusal> {
    if territory.is_hromada() {
        return Ok(());
    }
    let message =
        said!("{name} is a {level}. Name a hromada (HROMADA or SPECIAL_CITY).", name = territory.name, level = territory.level);
    Err(Refusal::invalid(field, message))
}

/// What will stand of the hromada's part: the order, tidied. States may come in any order: a source often knows the present one only.
pub fn record(territory: Option<&Territory>, command: &Record, today: NaiveDate) -> Result<Option<String>> {
    let mut refusals = Refusals::default();
    match territory {
        Some(territory) => drop(refusals.take(hromada(territory, "territory"))),
        None => refusals.add(unknown(&command.territory, "territory")),
    }
    if command.since.is_after(today) {
        refusals.add(Refusal::invalid("since", "This day has not come yet."));
    }
    let order = refusals.take(text::optional_line(command.ministry_order.as_deref(), "ministryOrder", ORDER));
    refusals.end()?;
    Ok(order.flatten())
}
