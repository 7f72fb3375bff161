//! A contract as a grant: a package of the 360Giving Data Standard with one grant. Pure.
//!
//! | here | there |
//! |---|---|
//! | funder, provider | `fundingOrganization`, `recipientOrganization`: by their number in the register, else by an id of the publisher's own |
//! | amount in force today | `amountAwarded` |
//! | payments less reversals | `amountDisbursed`, which is the sum of `disbursementTransaction` |
//! | signature | `awardDate`, which the standard demands as a whole day: of a partial one the last day that it may mean, but not one after the day on which the signature was recorded. `description` then says what the paper says |
//! | term as it was signed | `plannedDates` |
//! | first and last day of work | `actualDates`, once it has begun |
//! | hromada | `beneficiaryLocation` by its code (КАТОТТГ) |

use super::{CURRENCY, PUBLISHER, Published, REGISTER, Subject, Told, amount, bare, edrpou};
use crate::{
    base::{clock, period::PartialDate},
    contract::model::Payment,
    organization::model::Organization,
};
use chrono::NaiveDate;
use serde_json::{Value, json};

/// Of the standard: the first one with all members that are used here, and later ones read it.
const VERSION: &str = "1.1";
/// What all contracts pay for.
const PROGRAMME: (&str, &str) = ("resilience-centres", "Центри життєстійкості");

/// The document.
pub fn package(of: &Published, told: &Told<'_>) -> Value {
    let changed = clock::kyiv(of.changed_at());
    bare(json!({
        "version": VERSION,
        "identifier": told.uri,
        "title": of.title(),
        "modified": changed,
        "publisher": {"name": PUBLISHER, "website": told.server},
        "downloadURL": told.uri,
        "grants": [grant(of, told, &changed)],
    }))
}

fn grant(of: &Published, told: &Told<'_>, changed: &str) -> Value {
    let row = of.row();
    let planned = of.base().map(|base| json!({"startDate": row.starts_on, "endDate": base.ends_on}));
    let actual = row.active_from.map(|first| json!({"startDate": first, "endDate": row.ended_on}));
    json!({
        "id": format!("{}-{}", told.prefix, (told.id)(Subject::Contract, row.id)),
        "title": of.title(),
        "description": of.description(),
        "currency": CURRENCY,
        "amountAwarded": of.terms().map(|terms| amount(terms.amount_kop)),
        "amountDisbursed": amount(row.paid_kop),
        "awardDate": awarded_on(of),
        "plannedDates": planned.into_iter().collect::<Vec<_>>(),
        "actualDates": actual.into_iter().collect::<Vec<_>>(),
        "recipientOrganization": [party(&of.provider, told)],
        "fundingOrganization": [party(&of.funder, told)],
        "beneficiaryLocation": [{
            "name": of.territory.name,
            "countryCode": "UA",
            "geoCode": of.territory.code,
            "geoCodeType": "KATOTTG",
        }],
        "grantProgramme": [{"code": PROGRAMME.0, "title": PROGRAMME.1}],
        "disbursementTransaction": of.payments.iter().map(|payment| transaction(of, payment, told)).collect::<Vec<_>>(),
        "dateModified": changed,
        "dataSource": told.uri,
    })
}

/// See the table above. A signature without a year counts from the day on which it was recorded.
fn awarded_on(of: &Published) -> Option<NaiveDate> {
    let recorded = clock::day(of.row().signed_at?);
    Some(of.signed().and_then(PartialDate::last_day).map_or(recorded, |last| last.min(recorded)))
}

fn party_id(party: &Organization, told: &Told<'_>) -> String {
    match edrpou(party) {
        Some(number) => format!("{REGISTER}-{number}"),
        None => format!("{}-ORG:{}", told.prefix, (told.id)(Subject::Organization, party.id)),
    }
}

fn party(party: &Organization, told: &Told<'_>) -> Value {
    json!({"id": party_id(party, told), "name": party.name, "addressCountry": "Україна"})
}

fn transaction(of: &Published, payment: &Payment, told: &Told<'_>) -> Value {
    json!({
        "id": (told.id)(Subject::Payment, payment.id),
        "transactionDate": payment.paid_on,
        "currency": CURRENCY,
        "value": amount(payment.amount_kop),
        "provider": party_id(&of.funder, told),
        "recipient": party_id(&of.provider, told),
    })
}
