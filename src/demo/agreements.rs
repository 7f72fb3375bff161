//! The memoranda of the demonstration, entered as papers of the past by the providers of the centres. That the centre of Kazanka
//! has one with 15 organisations is reported; who they are beyond the few that are named, and all dates and terms, is invented.

use super::{
    caller,
    registry::{KAZANKA, NOVOVOLYNSK, RESILIENCE, VINNYTSIA, centre, organization},
};
use crate::{
    access::Actor,
    base::{Result, period::PartialDate, words::access::FieldGroup},
    db::Db,
    journal::idempotency::Ask,
    memorandum::{
        actions,
        model::{Create, History, NewCoverage, Policy},
        store,
    },
};
use chrono::NaiveDate;

/// A memorandum of one centre.
struct Agreement {
    /// What is there already is left alone.
    number: &'static str,
    title: &'static str,
    centre: u16,
    provider: u16,
    partners: &'static [u16],
    /// Beside what the centre itself does.
    services: &'static [&'static str],
    territory: &'static str,
    groups: &'static [FieldGroup],
    onward: bool,
    signed: &'static str,
    from: NaiveDate,
    to: NaiveDate,
}

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day")
}

use FieldGroup::{Contact, Demographics, Reason};

const AGREEMENTS: [Agreement; 4] = [
    // Without REASON: what a consent opens besides, this memorandum does not.
    Agreement {
        number: "К-15/2025",
        title: "Меморандум про співпрацю Центру життєстійкості Казанківської громади (демо)",
        centre: 1,
        provider: 3,
        partners: &[4, 5, 12, 13, 14, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27],
        services: &["001.0", "002.0", "015.1", "M-007", "M-008", "M-009", "M-012", "M-015", "M-016", "M-017"],
        territory: KAZANKA,
        groups: &[Demographics, Contact],
        onward: false,
        signed: "2025-01",
        from: day(2025, 2, 1),
        to: day(2034, 12, 31),
    },
    Agreement {
        number: "Н-1/2024",
        title: "Меморандум про співпрацю Нововолинського Центру життєстійкості (демо)",
        centre: 2,
        provider: 6,
        partners: &[28, 29],
        services: &["M-007"],
        territory: NOVOVOLYNSK,
        groups: &[Demographics, Contact, Reason],
        onward: true,
        signed: "2024-02-26",
        from: day(2024, 3, 1),
        to: day(2024, 12, 31),
    },
    Agreement {
        number: "Н-2/2025",
        title: "Меморандум про співпрацю Нововолинського Центру життєстійкості (демо)",
        centre: 2,
        provider: 6,
        partners: &[28, 29, 30],
        services: &["M-007", "M-012", "M-017"],
        territory: NOVOVOLYNSK,
        groups: &[Demographics, Contact, Reason],
        onward: true,
        signed: "2024-12-20",
        from: day(2025, 1, 1),
        to: day(2034, 12, 31),
    },
    Agreement {
        number: "В-1/2024",
        title: "Меморандум про співпрацю Вінницького Центру життєстійкості (демо)",
        centre: 6,
        provider: 7,
        partners: &[8, 31, 32, 33],
        services: &["002.0", "M-007", "M-012", "M-016"],
        territory: VINNYTSIA,
        groups: &[Demographics, Contact, Reason],
        onward: true,
        signed: "2024-02",
        from: day(2024, 3, 1),
        to: day(2034, 12, 31),
    },
];

/// Enters what is not there yet. The providers' applications must be there: it is they who have done it.
pub async fn enter(db: &Db) -> Result<()> {
    for one in &AGREEMENTS {
        let Some(provider) = caller::active(db, one.provider).await? else { continue };
        if !is_there(db, &provider, one).await? {
            let ask = Ask { mutation: "demo", key: None, input_hash: Vec::new() };
            actions::create(db, &provider, &ask, &create(one)?).await?;
        }
    }
    Ok(())
}

async fn is_there(db: &Db, provider: &Actor, one: &Agreement) -> Result<bool> {
    let reading = db.read(provider).await?;
    let all = store::of_centre(reading.link(), centre(one.centre)).await?;
    reading.end().await?;
    Ok(all.iter().any(|whole| whole.standing.row.number == one.number))
}

fn create(one: &Agreement) -> Result<Create> {
    let services = RESILIENCE.iter().chain(one.services);
    let line = |code: &&str| NewCoverage { service_code: (*code).to_owned(), territory: one.territory.to_owned() };
    Ok(Create {
        number: one.number.to_owned(),
        title: one.title.to_owned(),
        centre_id: centre(one.centre),
        partner_ids: one.partners.iter().copied().map(organization).collect(),
        coverage: services.map(line).collect(),
        sharing: Policy { field_groups: one.groups.to_vec(), retention_days: 30, onward_referral: one.onward },
        effective_from: one.from,
        effective_to: Some(one.to),
        history: Some(History { signed_on: PartialDate::parse(one.signed, "signedOn")?, terminated_on: None, reason: None }),
    })
}
