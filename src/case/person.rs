//! A person: a record of one organisation. All of it is sealed; what is known is checked here, purely.

use crate::{
    base::{
        Refusal,
        error::Refusals,
        person_code::TaxNumber,
        phone,
        text::search_key,
        words::{
            case::{AgeBand, LookupKind, Sex},
            organization::ContactChannel,
        },
    },
    seal::Seal,
};
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest name, in characters.
const NAME: usize = 100;
/// Longest free text about a person, in characters.
pub const TEXT: usize = 4000;

/// An absent field stays, `None` inside clears.
pub type Patch<T> = Option<Option<T>>;

/// What a caller tells of a person.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub family_name: Patch<String>,
    pub given_name: Patch<String>,
    pub patronymic: Patch<String>,
    pub birth_date: Patch<NaiveDate>,
    pub sex: Patch<Sex>,
    pub phone: Patch<String>,
    pub address: Patch<String>,
    pub caregiver: Patch<String>,
    pub tax_number: Patch<String>,
    pub safe_to_contact: Patch<Vec<ContactChannel>>,
    pub contact_restrictions: Patch<String>,
}

/// What is known of a person, as it is sealed. Every part is optional: an unknown child has no name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    pub family_name: Option<String>,
    pub given_name: Option<String>,
    pub patronymic: Option<String>,
    pub birth_date: Option<NaiveDate>,
    pub sex: Option<Sex>,
    /// E.164.
    pub phone: Option<String>,
    pub address: Option<String>,
    pub caregiver: Option<String>,
    /// РНОКПП; never leaves the server.
    pub tax_number: Option<String>,
    pub safe_to_contact: Option<Vec<ContactChannel>>,
    pub contact_restrictions: Option<String>,
}

/// A keyed hash by which a person is found again within one organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    pub kind: LookupKind,
    pub hash: Vec<u8>,
}

impl Details {
    /// What is known after a draft. `field` is where the draft stands in the input, for messages.
    pub fn with(&self, draft: &Draft, field: &str, today: NaiveDate, refusals: &mut Refusals) -> Self {
        let mut known = self.clone();
        let at = |name: &str| if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
        let mut put = |slot: &mut Option<String>, given: &Patch<String>, name: &str, longest: usize| {
            if let Some(value) = given {
                let value = value.as_deref().map(str::trim).filter(|value| !value.is_empty());
                *slot = value.and_then(|value| refusals.take(short(value, &at(name), longest)));
            }
        };
        put(&mut known.family_name, &draft.family_name, "familyName", NAME);
        put(&mut known.given_name, &draft.given_name, "givenName", NAME);
        put(&mut known.patronymic, &draft.patronymic, "patronymic", NAME);
        put(&mut known.address, &draft.address, "address", TEXT);
        put(&mut known.caregiver, &draft.caregiver, "caregiver", TEXT);
        put(&mut known.contact_restrictions, &draft.contact_restrictions, "contactRestrictions", TEXT);
        if let Some(given) = draft.birth_date {
            known.birth_date = given.and_then(|day| refusals.take(born(day, &at("birthDate"), today)));
        }
        if let Some(given) = &draft.phone {
            known.phone = given.as_deref().and_then(|text| refusals.take(phone::parse(text, &at("phone"))));
        }
        if let Some(given) = &draft.tax_number {
            let number = given.as_deref().and_then(|text| refusals.take(TaxNumber::parse(text, &at("taxNumber"))));
            known.tax_number = number.map(|number| number.expose().to_owned());
        }
        if let Some(given) = draft.sex {
            known.sex = given;
        }
        if let Some(given) = &draft.safe_to_contact {
            known.safe_to_contact = given.clone();
        }
        known
    }

    /// The hashes under which this person is found again.
    pub fn lookups(&self, seal: &Seal, organization_id: Uuid) -> Vec<Lookup> {
        let named = self.family_name.as_deref().zip(self.given_name.as_deref()).zip(self.birth_date);
        let named = named.map(|((family, given), born)| by_name(seal, organization_id, family, given, born));
        let tax = self.tax_number.as_deref().map(|number| by_tax_number(seal, organization_id, number));
        let phone = self.phone.as_deref().map(|phone| by_phone(seal, organization_id, phone));
        [tax, phone, named].into_iter().flatten().collect()
    }

    pub fn minor(&self, today: NaiveDate) -> Option<bool> {
        self.birth_date.map(|born| age(born, today) < 18)
    }

    pub fn age_band(&self, today: NaiveDate) -> AgeBand {
        match self.birth_date.map(|born| age(born, today)) {
            None => AgeBand::Unknown,
            Some(..=5) => AgeBand::Upto5,
            Some(6..=13) => AgeBand::Upto13,
            Some(14..=17) => AgeBand::Upto17,
            Some(18..=34) => AgeBand::Upto34,
            Some(35..=59) => AgeBand::Upto59,
            Some(60..) => AgeBand::From60,
        }
    }
}

pub fn by_tax_number(seal: &Seal, organization_id: Uuid, number: &str) -> Lookup {
    lookup(seal, organization_id, LookupKind::TaxNumber, number)
}

/// `phone` in E.164.
pub fn by_phone(seal: &Seal, organization_id: Uuid, phone: &str) -> Lookup {
    lookup(seal, organization_id, LookupKind::Phone, phone)
}

pub fn by_name(seal: &Seal, organization_id: Uuid, family: &str, given: &str, born: NaiveDate) -> Lookup {
    let value = format!("{} {} {born}", search_key(family), search_key(given));
    lookup(seal, organization_id, LookupKind::NameAndBirthDate, &value)
}

fn lookup(seal: &Seal, organization_id: Uuid, kind: LookupKind, value: &str) -> Lookup {
    Lookup { kind, hash: seal.lookup(organization_id, kind.word(), value) }
}

/// Full years of age on a day.
pub fn age(born: NaiveDate, on: NaiveDate) -> i32 {
    let had_birthday = (on.month(), on.day()) >= (born.month(), born.day());
    on.year() - born.year() - i32::from(!had_birthday)
}

/// A free text that is not too long.
pub fn short(text: &str, field: &str, longest: usize) -> Result<String, Refusal> {
    if text.chars().count() > longest {
        return Err(Refusal::invalid(field, said!("At most {longest} characters.", longest)));
    }
    Ok(text.to_owned())
}

fn born(day: NaiveDate, field: &str, today: NaiveDate) -> Result<NaiveDate, Refusal> {
    if day > today {
        return Err(Refusal::invalid(field, "A birth date cannot lie in the future."));
    }
    if age(day, today) > 125 {
        return Err(Refusal::invalid(field, "A birth date lies at most 125 years back."));
    }
    Ok(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn age_counts_full_years() {
        assert_eq!(age(day("2010-11-22"), day("2026-11-21")), 15);
        assert_eq!(age(day("2010-11-22"), day("2026-11-22")), 16);
        assert_eq!(age(day("2012-02-29"), day("2026-02-28")), 13);
    }

    #[test]
    fn a_draft_changes_what_it_names_and_tells_of_all_faults() {
        let today = day("2026-11-22");
        let known =
            Details { given_name: Some("Оксана".into()), phone: Some("+380670000001".into()), ..Details::default() };
        let mut refusals = Refusals::default();
        let draft = Draft { phone: Some(None), family_name: Some(Some(" Вигадана ".into())), ..Draft::default() };
        let after = known.with(&draft, "person", today, &mut refusals);
        assert_eq!(
            (after.given_name.as_deref(), after.family_name.as_deref(), after.phone),
            (Some("Оксана"), Some("Вигадана"), None)
        );
        let draft = Draft {
            phone: Some(Some("12".into())),
            birth_date: Some(Some(day("2027-01-01"))),
            tax_number: Some(Some("0000100011".into())),
            ..Draft::default()
        };
        known.with(&draft, "person", today, &mut refusals);
        let Err(crate::base::Error::Refused(all)) = refusals.end() else { panic!("refused") };
        let paths: Vec<_> = all.iter().map(|refusal| refusal.path.join(".")).collect();
        assert_eq!(paths, ["person.birthDate", "person.phone", "person.taxNumber"]);
    }
}
