//! The demonstration's registry: the organisations, centres and hromadas of five published reports, under their real names
//! with "(демо)", without the officials that the reports name. EDRPOU are of a fictitious range; contacts, offerings and what
//! else the reports do not say are invented, plainly so.

mod agreements;
mod caller;
pub mod country;
mod dice;
mod figures;
mod funding;
mod registry;
mod story;
mod work;

use crate::{
    base::{Result, min_cell::MinCells, period::PartialDate, timetable::Timetable},
    centre::{self, policy::CentreAct},
    db::{Db, Errand, Tx},
    indicator::release,
    offering::{self, policy::OfferingAct},
    organization::{self, model::Contact, policy::OrganizationAct},
    seal::Seal,
    service,
    territory::{self, policy::TerritoryAct},
};
use registry::{CENTRES, HROMADAS, OFFERINGS, ORGANIZATIONS};
use std::collections::BTreeSet;
use uuid::Uuid;

pub use registry::{APPLICATIONS, App, centre as centre_id, organization as organization_id};

/// The name of one of its organisations.
pub fn organization_name(id: Uuid) -> &'static str {
    ORGANIZATIONS.iter().find(|one| organization_id(one.number) == id).map_or("", |one| one.name)
}

/// Loads what is not there yet, all or nothing: a second run changes nothing.
pub async fn load(db: &Db, seal: &Seal) -> Result<()> {
    let tx = db.errand(Errand::Demo).await?;
    organizations(&tx, seal).await?;
    centres(&tx).await?;
    hromadas(&tx).await?;
    offerings(&tx).await?;
    figures::report(&tx).await?;
    tx.commit().await
}

/// Tells what has happened there: the memoranda, the story of a few people, the centres' work, two contracts, and what was published of
/// it. A second run changes nothing. The organisations' applications must be there: it is they who have done it.
pub async fn tell(db: &Db, seal: &Seal, timetable: &Timetable) -> Result<()> {
    agreements::enter(db).await?;
    story::tell(db, seal, timetable).await?;
    work::work(db, seal, timetable).await?;
    funding::fund(db).await?;
    release::publish_due(db, MinCells::default()).await.map(drop)
}

async fn organizations(tx: &Tx, seal: &Seal) -> Result<()> {
    let ids: Vec<Uuid> = ORGANIZATIONS.iter().map(|new| organization_id(new.number)).collect();
    let there: BTreeSet<Uuid> = organization::store::find(tx.link(), &ids).await?.iter().map(|row| row.id).collect();
    for (new, id) in ORGANIZATIONS.iter().zip(ids).filter(|(_, id)| !there.contains(id)) {
        let contact = |(channel, value): &(_, &str)| Contact { channel: *channel, value: (*value).to_owned(), hours: None };
        let command = organization::model::Register {
            kind: new.kind,
            name: new.name.to_owned(),
            name_en: new.name_en.map(str::to_owned),
            edrpou: new.edrpou.map(str::to_owned),
            tax_number: new.tax_number.map(str::to_owned),
            territory: Some(new.territory.to_owned()),
            registry_number: None,
            contacts: new.contacts.iter().map(contact).collect(),
        };
        let permit = organization::policy::operator(OrganizationAct::Register, id);
        organization::actions::register_in(tx, seal, &permit, &command).await?;
    }
    Ok(())
}

async fn centres(tx: &Tx) -> Result<()> {
    let ids: Vec<Uuid> = CENTRES.iter().map(|new| centre_id(new.number)).collect();
    let there: BTreeSet<Uuid> = centre::store::find(tx.link(), &ids).await?.iter().map(|row| row.id).collect();
    for (new, id) in CENTRES.iter().zip(ids).filter(|(_, id)| !there.contains(id)) {
        let post = |(role, count): &(_, &str)| centre::model::NewPost {
            role: *role,
            count: (*count).to_owned(),
            since: None,
            until: None,
        };
        let command = centre::model::Register {
            name: new.name.to_owned(),
            territory: new.territory.to_owned(),
            origin_territory: None,
            provider_id: organization_id(new.provider),
            host_id: new.host.map(organization_id),
            status: new.status,
            since: PartialDate::parse(new.since, "since")?,
            address: new.address.map(str::to_owned),
            phone: None,
            barrier_free: new.barrier_free,
            posts: new.posts.iter().map(post).collect(),
        };
        let permit = centre::policy::operator(CentreAct::Register, id);
        centre::actions::register_in(tx, &permit, &command).await?;
    }
    Ok(())
}

async fn hromadas(tx: &Tx) -> Result<()> {
    let codes: Vec<String> = HROMADAS.iter().map(|(code, ..)| (*code).to_owned()).collect();
    let there = territory::store::participations(tx.link(), &codes).await?;
    for (code, status, since) in HROMADAS.iter().filter(|(code, ..)| !there.iter().any(|row| row.territory_code == *code)) {
        let since = PartialDate::parse(since, "since")?;
        let command = territory::model::Record { territory: (*code).to_owned(), status: *status, since, ministry_order: None };
        let permit = territory::policy::operator(TerritoryAct::RecordParticipation, code);
        territory::actions::record_in(tx, &permit, &command).await?;
    }
    Ok(())
}

async fn offerings(tx: &Tx) -> Result<()> {
    let services = service::store::list(tx.link()).await?;
    let ids: Vec<Uuid> = ORGANIZATIONS.iter().map(|new| organization_id(new.number)).collect();
    let there = offering::store::of_organizations(tx.link(), &ids).await?;
    for new in OFFERINGS {
        let (organization_id, centre_id) = (organization_id(new.organization), new.centre.map(centre_id));
        for code in new.services {
            let service = services.iter().find(|service| service.code == *code).map(|service| service.id);
            let told = |row: &&offering::model::Offering| {
                row.organization_id == organization_id && row.centre_id == centre_id && Some(row.service_id) == service
            };
            if there.iter().any(|row| told(&row)) {
                continue;
            }
            let command = offering::model::Update {
                centre_id,
                service_code: (*code).to_owned(),
                territories: vec![],
                capacity: new.capacity,
                expected_wait: new.expected_wait.map(str::to_owned),
            };
            let permit = offering::policy::operator(OfferingAct::Tell, organization_id);
            offering::actions::update_in(tx, &permit, &command).await?;
        }
    }
    Ok(())
}
