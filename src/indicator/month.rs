//! What a month holds, as a release counts it: the whole country in a few tens of megabytes, since each name stands once and is
//! a number from then on. Pure.

use super::{
    model::{Leaf, Measure, Recipient},
    table,
};
use crate::base::words::indicator::Dimension;
use std::collections::HashMap;
use uuid::Uuid;

/// The number of a place, in the order in which they came.
pub(super) type PlaceNumber = u32;
/// The number of a name: what a dimension tells.
pub(super) type Name = u16;

/// A place at which one organisation works.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub organization_id: Uuid,
    pub centre_id: Option<Uuid>,
    pub territory: String,
    pub hromada: Option<String>,
    pub region: String,
}

/// What the dimensions of persons tell of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Told {
    category: Name,
    sex: Name,
    age_band: Name,
    service: Name,
    word: Name,
}

impl Told {
    pub(super) const fn value(&self, by: Dimension) -> Name {
        match by {
            Dimension::TargetCategory => self.category,
            Dimension::Sex => self.sex,
            Dimension::AgeBand => self.age_band,
            Dimension::Service => self.service,
            _ => self.word,
        }
    }
}

/// So many at a place, of whom this is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub place: PlaceNumber,
    pub measure: Measure,
    pub told: Told,
    pub amount: i64,
}

impl Entry {
    /// Of whom it is, as far as it is told.
    pub(super) const fn people(&self) -> (PlaceNumber, Name, Name, Name) {
        (self.place, self.told.category, self.told.sex, self.told.age_band)
    }
}

/// Contacts of a case, or of nobody known, at a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contact {
    pub place: PlaceNumber,
    pub told: Told,
    /// Counted from 1; the contacts of a case stand together. 0 is nobody known.
    pub case: u32,
    pub contacts: u32,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Month {
    pub spots: Vec<Spot>,
    /// What happened in it.
    pub flows: Vec<Entry>,
    /// What began and ended until its last day.
    pub levels: Vec<Entry>,
    pub contacts: Vec<Contact>,
    numbers: HashMap<(Uuid, Option<Uuid>, String), PlaceNumber>,
    names: Vec<String>,
    by_name: HashMap<String, Name>,
    case: (Option<Uuid>, u32),
}

impl Month {
    pub(super) fn name(&self, name: Name) -> &str {
        &self.names[usize::from(name)]
    }

    /// The word of an entry: form of a delivery, kind of an activity, state of a referral.
    pub(super) fn word(&self, entry: &Entry) -> &str {
        self.name(entry.told.word)
    }

    pub(super) fn add_flow(&mut self, leaf: Leaf) {
        let entry = self.entry(leaf);
        self.flows.push(entry);
    }

    pub(super) fn add_level(&mut self, leaf: Leaf) {
        let entry = self.entry(leaf);
        self.levels.push(entry);
    }

    /// Those of one case must follow each other. Where nothing was counted, nobody stands behind it.
    pub(super) fn add_contact(&mut self, one: &Recipient) {
        let Some(place) = self.numbers.get(&(one.organization_id, one.centre_id, one.territory.clone())).copied() else {
            return;
        };
        let told = Told {
            category: self.number(Dimension::TargetCategory, one.category.as_deref()),
            sex: self.number(Dimension::Sex, Some(&one.sex)),
            age_band: self.number(Dimension::AgeBand, Some(&one.age_band)),
            service: self.number(Dimension::Service, Some(&one.service)),
            word: self.number(Dimension::ActivityKind, Some(&one.form)),
        };
        if one.case_id.is_some() && one.case_id != self.case.0 {
            self.case = (one.case_id, self.case.1 + 1);
        }
        let case = one.case_id.map_or(0, |_| self.case.1);
        let contacts = u32::try_from(one.contacts).unwrap_or(u32::MAX);
        self.contacts.push(Contact { place, told, case, contacts });
    }

    fn entry(&mut self, leaf: Leaf) -> Entry {
        let told = Told {
            category: self.number(Dimension::TargetCategory, leaf.category.as_deref()),
            sex: self.number(Dimension::Sex, leaf.sex.as_deref()),
            age_band: self.number(Dimension::AgeBand, leaf.age_band.as_deref()),
            service: self.number(Dimension::Service, leaf.service.as_deref()),
            word: self.number(Dimension::ActivityKind, leaf.word.as_deref()),
        };
        let (measure, amount) = (leaf.measure, leaf.amount);
        let key = (leaf.organization_id, leaf.centre_id, leaf.territory);
        let place = match self.numbers.get(&key) {
            Some(place) => *place,
            None => {
                let place = self.spots.len() as PlaceNumber;
                let (organization_id, centre_id, territory) = key.clone();
                self.spots.push(Spot { organization_id, centre_id, territory, hromada: leaf.hromada, region: leaf.region });
                self.numbers.insert(key, place);
                place
            }
        };
        Entry { place, measure, told, amount }
    }

    /// What is not told has a name too.
    fn number(&mut self, by: Dimension, name: Option<&str>) -> Name {
        let name = name.unwrap_or(table::untold(by));
        if let Some(number) = self.by_name.get(name) {
            return *number;
        }
        // Words, and codes of services: some dozens. More than fit in a number would be no classifier.
        let number = Name::try_from(self.names.len()).unwrap_or(Name::MAX);
        self.names.push(name.to_owned());
        self.by_name.insert(name.to_owned(), number);
        number
    }
}
