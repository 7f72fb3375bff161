//! What an organisation may tell of its services. Pure.

use super::model::Update;
use crate::{
    base::{
        Refusal, Result,
        error::{Refusals, UserErrorCode},
        period,
    },
    centre::model::Centre,
    organization::model::Organization,
    territory::{model::Territory, rules::unknown},
};
use std::collections::BTreeSet;

/// Most territories of one offering: every hromada of two regions, or all regions of the country.
const TERRITORIES: usize = 200;

/// The territories of an offering, each once. `known` are those that the codifier has, `centre` the one that is named, if there is one.
pub fn update(command: &Update, own: &Organization, centre: Option<&Centre>, known: &[Territory]) -> Result<Vec<String>> {
    let mut refusals = Refusals::default();
    if !own.active {
        refusals.add(Refusal::new(UserErrorCode::OrganizationInactive, "", "Your organisation is registered as inactive."));
    }
    // A centre of others is public: to say that it is not one's own tells nothing.
    if command.centre_id.is_some() && !centre.is_some_and(|centre| centre.is_of(own.id)) {
        let message = "There is no such centre, or your organisation neither provides nor hosts it.";
        refusals.add(Refusal::new(UserErrorCode::NotFound, "centreId", message));
    }
    if command.territories.len() > TERRITORIES {
        let message =
            said!("At most {TERRITORIES} territories: name a raion or a region instead of its hromadas.", TERRITORIES);
        refusals.add(Refusal::new(UserErrorCode::LimitExceeded, "territories", message));
    }
    let codes: BTreeSet<&str> = known.iter().map(|territory| territory.code.as_str()).collect();
    for (place, code) in command.territories.iter().enumerate() {
        if !codes.contains(code.as_str()) {
            refusals.add(unknown(code, &format!("territories.{place}")));
        }
    }
    if let Some(wait) = &command.expected_wait {
        refusals.take(period::duration(wait, "expectedWait"));
    }
    refusals.end()?;
    let territories: BTreeSet<&String> = command.territories.iter().collect();
    Ok(territories.into_iter().cloned().collect())
}
