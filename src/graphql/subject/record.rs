//! All that an organisation keeps of one person, gathered within one reading: what is sealed is opened, and who has seen it is told.

use crate::{
    activity,
    base::{
        Result,
        page::{self, Window},
        words::{
            access::{AccessPurpose, FieldGroup},
            case::{self as case_words, Slot},
            organization::ContactChannel,
            referral as referral_words,
        },
    },
    case::{self, model::Case, person::Details, sealed::Dossier},
    db::Reading,
    journal::{ObjectType, audit},
    organization,
    referral::{
        self,
        model::{Part, Referral},
    },
    seal::Seal,
    service,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;
use uuid::Uuid;

/// Most rows of one list; a record with more says so.
const MOST: usize = 2_000;

/// The record of one person at one organisation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// When it was gathered.
    pub at: DateTime<Utc>,
    /// Who keeps it: in the words of the law the owner of the personal data (володілець).
    pub kept_by: Keeper,
    /// None: it was erased.
    pub person: Option<Person>,
    pub cases: Vec<CaseRecord>,
    pub referrals: Vec<ReferralRecord>,
    pub services: Vec<Service>,
    /// Who has read it, newest first.
    pub readings: Vec<Seen>,
    /// Whether there is more than is listed.
    pub cut: bool,
}

/// What is known of the person.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    pub family_name: Option<String>,
    pub given_name: Option<String>,
    pub patronymic: Option<String>,
    pub birth_date: Option<NaiveDate>,
    pub sex: Option<case_words::Sex>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub caregiver: Option<String>,
    pub tax_number: Option<String>,
    pub safe_to_contact: Option<Vec<ContactChannel>>,
    pub contact_restrictions: Option<String>,
}

impl From<Details> for Person {
    fn from(known: Details) -> Self {
        Self {
            family_name: known.family_name,
            given_name: known.given_name,
            patronymic: known.patronymic,
            birth_date: known.birth_date,
            sex: known.sex,
            phone: known.phone,
            address: known.address,
            caregiver: known.caregiver,
            tax_number: known.tax_number,
            safe_to_contact: known.safe_to_contact,
            contact_restrictions: known.contact_restrictions,
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Keeper {
    pub name: String,
    pub edrpou: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseRecord {
    pub code: String,
    pub status: case_words::CaseStatus,
    pub opened_on: NaiveDate,
    pub closed_on: Option<NaiveDate>,
    pub categories: Vec<case_words::TargetCategory>,
    pub hardship_factors: Vec<case_words::HardshipFactor>,
    pub household_size: Option<i32>,
    pub erased_at: Option<DateTime<Utc>>,
    pub steps: Vec<Step>,
    pub assessments: Vec<Assessment>,
    pub plan: Vec<Goal>,
    pub consents: Vec<Consent>,
}

/// One step of a history.
#[derive(Debug, Serialize)]
pub struct Step {
    pub at: DateTime<Utc>,
    /// The state after it, as a word.
    pub status: &'static str,
    /// The same in Ukrainian.
    pub stan: Option<&'static str>,
    pub text: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Assessment {
    pub assessed_on: NaiveDate,
    pub complexity: case_words::CaseComplexity,
    pub summary: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Goal {
    pub text: Option<String>,
    pub due_on: Option<NaiveDate>,
    pub achieved_on: Option<NaiveDate>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Consent {
    pub to: String,
    pub field_groups: Vec<FieldGroup>,
    pub given_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub withdrawn_at: Option<DateTime<Utc>>,
    pub evidence: Option<String>,
}

/// A referral of the person, by whichever side.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReferralRecord {
    pub number: String,
    pub from: String,
    pub to: String,
    pub service: String,
    pub status: referral_words::ReferralStatus,
    pub legal_basis: referral_words::LegalBasis,
    pub sent_at: Option<DateTime<Utc>>,
    /// Until when its receiver may read the person after the end.
    pub retention_until: Option<NaiveDate>,
    pub reason: Option<String>,
    pub justification: Option<String>,
    pub steps: Vec<Step>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    pub on: NaiveDate,
    pub service: String,
    pub quantity: i32,
}

/// One reading of personal data.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    pub at: DateTime<Utc>,
    pub by: String,
    /// The keeper's own name of its worker.
    pub on_behalf_of: Option<String>,
    pub purpose: Option<AccessPurpose>,
    pub fields: Vec<String>,
}

/// Gathers the record of the person of a case.
pub async fn gather(reading: &Reading, seal: &Seal, case: &Case) -> Result<Record> {
    let link = reading.link();
    let (own, person_id) = (case.organization_id, case.person_id);
    let cases = case::store::of_person(link, person_id).await?;
    let mut referrals = referral::store::of_person(link, person_id).await?;
    let received: Vec<_> = cases.iter().filter_map(|case| case.referral_id).collect();
    referrals.extend(referral::store::find(link, &received).await?);
    let mut source = Source { reading, own, cut: false };
    let (services, readings) = (source.services(&cases).await?, source.readings(&cases, &referrals).await?);
    let dossier = case::sealed::of_persons(link, seal, &[person_id]).await?.remove(&person_id);
    let names = Names::of(reading, &cases, &referrals, &services, &readings, own).await?;
    let person = dossier.as_ref().map(Dossier::person).transpose()?.flatten().cloned().map(Person::from);
    let cut = source.cut;
    Ok(Record {
        at: reading.now(),
        kept_by: names.keeper(own),
        person,
        cases: of_cases(reading, dossier.as_ref(), &cases, &names).await?,
        referrals: of_referrals(reading, seal, &referrals, &names, own).await?,
        services: services
            .iter()
            .map(|row| Service { on: row.occurred_on, service: names.service(row.service_id), quantity: row.quantity })
            .collect(),
        readings: readings
            .into_iter()
            .map(|row| Seen {
                at: row.created_at,
                by: row.organization_id.map(|id| names.organization(id)).unwrap_or_default(),
                on_behalf_of: row.acting_for,
                purpose: row.purpose,
                fields: row.fields,
            })
            .collect(),
        cut,
    })
}

fn opened<T: DeserializeOwned>(dossier: Option<&Dossier>, object_id: Uuid, slot: Slot) -> Result<Option<T>> {
    dossier.map_or(Ok(None), |dossier| dossier.value(object_id, slot))
}

fn text(dossier: Option<&Dossier>, object_id: Uuid, slot: Slot) -> Result<Option<String>> {
    dossier.map_or(Ok(None), |dossier| dossier.text(object_id, slot))
}

async fn of_cases(reading: &Reading, dossier: Option<&Dossier>, cases: &[Case], names: &Names) -> Result<Vec<CaseRecord>> {
    let (link, ids): (_, Vec<_>) = (reading.link(), cases.iter().map(|case| case.id).collect());
    let events = case::store::events(link, &ids).await?;
    let assessments = case::store::assessments(link, &ids).await?;
    let goals = case::store::goals(link, &ids).await?;
    let consents = case::store::consents(link, &ids).await?;
    let record = |case: &Case| -> Result<CaseRecord> {
        let steps = events
            .iter()
            .filter(|row| row.case_id == case.id)
            .map(|row| step(row.at, row.to_status, text(dossier, row.id, Slot::Reason)));
        let assessments = assessments.iter().filter(|row| row.case_id == case.id).map(|row| {
            let summary = text(dossier, row.id, Slot::Summary)?;
            Ok(Assessment { assessed_on: row.assessed_on, complexity: row.complexity, summary })
        });
        let plan = goals
            .iter()
            .filter(|row| row.case_id == case.id)
            .map(|row| Ok(Goal { text: text(dossier, row.id, Slot::Goal)?, due_on: row.due_on, achieved_on: row.achieved_on }));
        let consents = consents.iter().filter(|row| row.case_id == case.id).map(|row| {
            Ok(Consent {
                to: names.organization(row.receiver_id),
                field_groups: row.grant.field_groups.clone(),
                given_at: row.given_at,
                expires_at: row.grant.expires_at,
                withdrawn_at: row.grant.withdrawn_at,
                evidence: text(dossier, row.id, Slot::Evidence)?,
            })
        });
        Ok(CaseRecord {
            code: case.code.clone(),
            status: case.status,
            opened_on: case.opened_on,
            closed_on: case.closed_on,
            categories: case.categories.clone(),
            hardship_factors: opened(dossier, case.id, Slot::Factors)?.unwrap_or_default(),
            household_size: case.household_size,
            erased_at: case.erased_at,
            steps: steps.collect::<Result<_>>()?,
            assessments: assessments.collect::<Result<_>>()?,
            plan: plan.collect::<Result<_>>()?,
            consents: consents.collect::<Result<_>>()?,
        })
    };
    cases.iter().map(record).collect()
}

async fn of_referrals(
    reading: &Reading,
    seal: &Seal,
    referrals: &[Referral],
    names: &Names,
    own: Uuid,
) -> Result<Vec<ReferralRecord>> {
    let (link, ids): (_, Vec<_>) = (reading.link(), referrals.iter().map(|row| row.id).collect());
    let events = referral::store::events(link, &ids).await?;
    let behind = referral::behind::find(link, seal, &ids, [Part::Words, Part::Notes].into_iter().collect()).await?;
    let record = |row: &Referral| -> Result<ReferralRecord> {
        // What another one has written is its own to tell: a receiver reads it as far as the consent goes, by the referral.
        let dossier = behind.get(&row.id).filter(|_| row.sender_id == own).and_then(|behind| behind.dossier.as_deref());
        let steps = events
            .iter()
            .filter(|event| event.referral_id == row.id)
            .map(|event| step(event.at, event.to_status, text(dossier, event.id, Slot::Note)));
        Ok(ReferralRecord {
            number: row.number.clone(),
            from: names.organization(row.sender_id),
            to: names.organization(row.receiver_id),
            service: names.service(row.service_id),
            status: row.status,
            legal_basis: row.terms.legal_basis,
            sent_at: row.sent_at,
            retention_until: row.terms.retention_until,
            reason: text(dossier, row.id, Slot::Reason)?,
            justification: text(dossier, row.id, Slot::Justification)?,
            steps: steps.collect::<Result<_>>()?,
        })
    };
    referrals.iter().map(record).collect()
}

fn step<W: crate::base::words::Word>(at: DateTime<Utc>, status: W, text: Result<Option<String>>) -> Result<Step> {
    Ok(Step { at, status: status.word(), stan: status.ukrainian(), text: text? })
}

/// Where lists of any length are read from.
struct Source<'a> {
    reading: &'a Reading,
    own: Uuid,
    cut: bool,
}

impl Source<'_> {
    async fn services(&mut self, cases: &[Case]) -> Result<Vec<activity::model::ServiceDelivery>> {
        let mut all = Vec::new();
        for case in cases {
            let filter = activity::model::Filter { case_id: Some(case.id), voided: Some(false), ..Default::default() };
            let mut pages = Pages::default();
            while let Some(window) = pages.next()? {
                let rows = activity::store::page_deliveries(self.reading.link(), self.own, &filter, &window).await?;
                all.extend(pages.took(rows, |row| (row.created_at, row.id)));
            }
            self.cut |= pages.cut;
        }
        all.sort_by_key(|row| (row.occurred_on, row.id));
        Ok(all)
    }

    /// Readings of the person, of its cases and of its referrals; each once.
    async fn readings(&mut self, cases: &[Case], referrals: &[Referral]) -> Result<Vec<audit::Entry>> {
        let objects = cases.iter().map(|case| (ObjectType::Case, case.id));
        let objects: Vec<_> = objects.chain(referrals.iter().map(|row| (ObjectType::Referral, row.id))).collect();
        let mut all: HashMap<Uuid, audit::Entry> = HashMap::new();
        for object in objects {
            let mut pages = Pages::default();
            while let Some(window) = pages.next()? {
                let rows = pages.took(audit::page(self.reading.link(), object, &window).await?, audit::Entry::key);
                all.extend(rows.into_iter().filter(|row| row.purpose.is_some()).map(|row| (row.entry, row)));
            }
            self.cut |= pages.cut;
        }
        let mut all: Vec<_> = all.into_values().collect();
        all.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.entry)));
        Ok(all)
    }
}

/// Where a row stands in a list.
type Key = (DateTime<Utc>, Uuid);

/// A list, page by page.
#[derive(Default)]
struct Pages {
    after: Option<Key>,
    taken: usize,
    ended: bool,
    cut: bool,
}

impl Pages {
    /// The next page to read; none: that was all of it, or all that is listed.
    fn next(&self) -> Result<Option<Window<Key>>> {
        if self.ended {
            return Ok(None);
        }
        let ask = page::Ask { first: Some(page::MOST), ..Default::default() };
        let mut window = Window::of(&ask, "")?;
        window.after = self.after;
        Ok(Some(window))
    }

    /// Takes what was read: one row more than the page, if there are others.
    fn took<T>(&mut self, mut rows: Vec<T>, key: impl Fn(&T) -> Key) -> Vec<T> {
        let size = usize::try_from(page::MOST).unwrap_or_default();
        let more = rows.len() > size;
        rows.truncate(size);
        self.taken += rows.len();
        self.after = rows.last().map(key);
        self.cut = more && self.taken >= MOST;
        self.ended = !more || self.cut;
        rows
    }
}

/// Names of organisations and services.
struct Names {
    organizations: HashMap<Uuid, organization::model::Organization>,
    services: HashMap<Uuid, String>,
}

impl Names {
    async fn of(
        reading: &Reading,
        cases: &[Case],
        referrals: &[Referral],
        given: &[activity::model::ServiceDelivery],
        readings: &[audit::Entry],
        own: Uuid,
    ) -> Result<Self> {
        let link = reading.link();
        let ids: Vec<_> = cases.iter().map(|case| case.id).collect();
        let receivers = case::store::consents(link, &ids).await?.into_iter().map(|row| row.receiver_id);
        let parties = referrals.iter().flat_map(|row| [row.sender_id, row.receiver_id]);
        let readers = readings.iter().filter_map(|row| row.organization_id);
        let mut all: Vec<_> = receivers.chain(parties).chain(readers).chain([own]).collect();
        all.sort_unstable();
        all.dedup();
        let organizations = organization::store::find(link, &all).await?.into_iter().map(|row| (row.id, row)).collect();
        let mut used: Vec<_> =
            referrals.iter().map(|row| row.service_id).chain(given.iter().map(|row| row.service_id)).collect();
        used.sort_unstable();
        used.dedup();
        let services = service::store::find(link, &used).await?.into_iter().map(|row| (row.id, row.name)).collect();
        Ok(Self { organizations, services })
    }

    fn organization(&self, id: Uuid) -> String {
        self.organizations.get(&id).map(|row| row.name.clone()).unwrap_or_default()
    }

    fn service(&self, id: Uuid) -> String {
        self.services.get(&id).cloned().unwrap_or_default()
    }

    fn keeper(&self, id: Uuid) -> Keeper {
        Keeper { name: self.organization(id), edrpou: self.organizations.get(&id).and_then(|row| row.edrpou.clone()) }
    }
}
