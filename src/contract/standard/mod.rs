//! A contract in the words of two open standards, so that tools of others read it: as open contracting data ([`ocds`]) and as a
//! grant ([`giving`]). Pure.
//!
//! Both documents tell the same to everybody who may read the contract: no drafts of acts, no account of the provider, nothing that
//! records of services show. Of a sole proprietor (ФОП) no number leaves: its identifier is a person's.

pub mod giving;
pub mod ocds;

use super::{
    model::{Act, FundingContract, Payment, Terms, Whole},
    terms,
};
use crate::{
    base::{
        clock, money,
        number::Number,
        period::PartialDate,
        words::{Word, contract::ActStatus, organization::OrganizationKind},
    },
    centre::model::Centre,
    organization::model::Organization,
    service::model::ServiceType,
    territory::model::Territory,
};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

/// The register of legal entities of Ukraine (ЄДР), as the list of such registers names it.
pub const REGISTER: &str = "UA-EDR";
/// The only currency (ISO 4217).
pub const CURRENCY: &str = "UAH";
/// Who publishes: the platform. The address of the server stands beside it.
pub const PUBLISHER: &str = "Місток";

/// A signed contract with everything that its documents name, as the caller may see it.
#[derive(Clone, Debug)]
pub struct Published {
    pub whole: Whole,
    /// Payments and reversals, as they were recorded.
    pub payments: Vec<Payment>,
    pub funder: Organization,
    pub provider: Organization,
    /// The hromada.
    pub territory: Territory,
    pub centre: Option<Centre>,
    /// Those that lines of any terms name.
    pub services: Vec<ServiceType>,
    /// What is in force is what is in force on this day.
    pub today: NaiveDate,
}

/// What an id in a document is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Contract,
    Organization,
    Line,
    Amendment,
    Tranche,
    Act,
    Payment,
}

/// How a document speaks of itself and of the server.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// The public address of the server.
    pub server: &'a str,
    /// The address of this document.
    pub uri: &'a str,
    /// What makes ids of the publisher its own: `ocds-213czf` of the one standard, `360G-mistok` of the other.
    pub prefix: &'a str,
    /// Ids as the API tells them.
    pub id: &'a dyn Fn(Subject, Uuid) -> String,
}

impl Published {
    fn row(&self) -> &FundingContract {
        &self.whole.row
    }

    /// What is in force today: before the first day what will be.
    fn terms(&self) -> Option<&Terms> {
        terms::on(&self.whole.terms, self.today)
    }

    /// What was signed first.
    fn base(&self) -> Option<&Terms> {
        self.whole.terms.first()
    }

    fn amendments(&self) -> impl Iterator<Item = &Terms> {
        self.whole.terms.iter().filter(|terms| terms.number > 0)
    }

    /// Acts that were claimed. A draft is nobody's claim yet, and its provider does not publish it to itself either: the document is
    /// one, whoever reads it.
    fn acts(&self) -> impl Iterator<Item = &Act> {
        self.whole.acts.iter().filter(|act| act.status != ActStatus::Draft)
    }

    fn service(&self, id: Option<Uuid>) -> Option<&ServiceType> {
        self.services.iter().find(|service| Some(service.id) == id)
    }

    /// The last change of anything that the documents tell. An amendment changes them on the day from which it counts.
    pub fn changed_at(&self) -> DateTime<Utc> {
        let terms = self.whole.terms.iter();
        let begun = terms.clone().filter(|terms| terms.number > 0 && terms.effective_on <= self.today);
        [self.row().updated_at, self.funder.updated_at, self.provider.updated_at]
            .into_iter()
            .chain(self.centre.iter().map(|centre| centre.updated_at))
            .chain(self.acts().map(|act| act.updated_at))
            .chain(self.payments.iter().map(|payment| payment.recorded_at))
            .chain(terms.map(|terms| terms.recorded_at))
            .chain(begun.map(|terms| clock::midnight(terms.effective_on)))
            .max()
            .unwrap_or(self.row().updated_at)
    }

    fn title(&self) -> String {
        format!("Договір про фінансування № {}", self.row().number)
    }

    /// What is paid for and where; of a signature of which the paper gives only a part, that part.
    fn description(&self) -> String {
        let (name, code) = (&self.territory.name, &self.territory.code);
        let place = match &self.centre {
            Some(centre) => format!("{}, громада {name} ({code})", centre.name),
            None => format!("громада {name} ({code})"),
        };
        let signed = match (self.signed(), &self.row().signed_on) {
            (None | Some(PartialDate::Day(_)), _) | (_, None) => String::new(),
            (Some(_), Some(part)) => format!(" Дата підписання відома частково: {part}."),
        };
        format!("Соціальні послуги центру життєстійкості: {place}.{signed}")
    }

    fn signed(&self) -> Option<PartialDate> {
        partial(self.row().signed_on.as_deref())
    }

    /// The last day as it stands: of its term, or the one on which it ended. One that ended before it had begun keeps its term.
    fn last_day(&self) -> Option<NaiveDate> {
        let row = self.row();
        let of_term = self.terms().map(|terms| terms.ends_on);
        match row.ended_on.filter(|ended| *ended >= row.starts_on) {
            Some(ended) => Some(of_term.map_or(ended, |last| last.min(ended))),
            None => of_term,
        }
    }
}

/// The number of an organisation in the register of legal entities. A sole proprietor is a person, and has none there.
pub fn edrpou(party: &Organization) -> Option<&str> {
    party.edrpou.as_deref().filter(|_| party.kind != OrganizationKind::SoleProprietor)
}

fn partial(text: Option<&str>) -> Option<PartialDate> {
    text?.parse().ok()
}

/// Hryvnias as a number of JSON. Every amount has at most fifteen digits, so that its nearest double is written as the amount itself.
fn amount(kopiykas: i64) -> Value {
    match kopiykas % 100 {
        0 => json!(kopiykas / 100),
        _ => json!(kopiykas as f64 / 100.0),
    }
}

/// A quantity as a number of JSON.
fn quantity(parts: i64) -> Value {
    let text = Number::of_parts(parts).to_string();
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// An amount as people read it.
fn hryvnias(kopiykas: i64) -> String {
    format!("{} грн", money::text(kopiykas))
}

/// The moment at which a day begins.
fn begins(day: NaiveDate) -> String {
    clock::kyiv(clock::midnight(day))
}

/// The last second of a day.
fn ends(day: NaiveDate) -> String {
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    clock::kyiv(clock::midnight(next) - TimeDelta::seconds(1))
}

/// A word as a Ukrainian reader knows it.
fn in_words<W: Word>(word: W) -> &'static str {
    word.ukrainian().unwrap_or(word.word())
}

/// Without members that hold nothing: both standards leave out what is not known.
fn bare(value: Value) -> Value {
    let empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    match value {
        Value::Object(members) => {
            members.into_iter().filter(|(_, value)| !empty(value)).map(|(name, value)| (name, bare(value))).collect()
        }
        Value::Array(values) => values.into_iter().map(bare).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::model::Contacts;
    use proptest::prelude::*;

    #[test]
    fn days_are_those_of_kyiv() {
        let day = |text: &str| text.parse().expect(text);
        assert_eq!(begins(day("2024-05-27")), "2024-05-27T00:00:00+03:00");
        assert_eq!(ends(day("2024-12-31")), "2024-12-31T23:59:59+02:00");
        // The night in which clocks are moved.
        assert_eq!(
            (begins(day("2024-10-27")), ends(day("2024-10-27"))),
            ("2024-10-27T00:00:00+03:00".into(), "2024-10-27T23:59:59+02:00".into())
        );
    }

    #[test]
    fn a_number_of_a_person_is_none_of_the_register() {
        let at = DateTime::UNIX_EPOCH;
        let mut party = Organization {
            id: Uuid::nil(),
            kind: OrganizationKind::Ngo,
            name: "Вигадана".into(),
            name_en: None,
            edrpou: Some("99000011".into()),
            territory_code: None,
            registry_number: None,
            active: true,
            contacts: Contacts::of(&[]),
            search: String::new(),
            version: 1,
            created_at: at,
            updated_at: at,
        };
        assert_eq!(edrpou(&party), Some("99000011"));
        // No such row can be written; were there one, its number would still stay.
        party.kind = OrganizationKind::SoleProprietor;
        assert_eq!(edrpou(&party), None);
    }

    #[test]
    fn what_holds_nothing_is_left_out() {
        let told = bare(json!({"a": null, "b": [], "c": {"d": null, "e": 0}, "f": [{"g": null, "h": ""}]}));
        assert_eq!(told, json!({"c": {"e": 0}, "f": [{"h": ""}]}));
    }

    proptest! {
        /// The bytes of a document say the amount itself, not a neighbour.
        #[test]
        fn an_amount_is_written_to_the_kopiyka(kopiykas in -money::MOST..=money::MOST) {
            let written = amount(kopiykas).to_string();
            let (whole, part) = written.split_once('.').unwrap_or((&written, ""));
            prop_assert!(part.len() <= 2 && written.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.')));
            prop_assert_eq!(format!("{whole}.{part:0<2}"), money::text(kopiykas));
        }

        #[test]
        fn a_quantity_is_written_as_it_is(parts in 0..10_000_000_000_i64) {
            let written = quantity(parts);
            let exact = written.as_f64().map(|number| (number * 10_000.0).round());
            prop_assert_eq!(exact, Some(parts as f64));
        }
    }
}
