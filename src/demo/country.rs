//! A year of work of the whole country, invented from nothing but a number: for measuring. It holds no person's data, not even
//! sealed. The same plan makes the same rows. Pure: what it makes are lines as COPY reads them, block by block.

use super::dice::{AGES, CATEGORIES, CHANNELS, Dice, FORMS, KINDS, SEXES, SPECIALISTS, code, shared};
use chrono::{Datelike, Days, NaiveDate};
use std::fmt::Write;
use uuid::Uuid;

/// How much there is to be.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub hromadas: usize,
    pub cases: u64,
    pub services: u64,
    pub year: i32,
    pub seed: u64,
}

/// A hromada of the codifier, or a city that is one.
#[derive(Clone, Debug)]
pub struct Hromada {
    pub code: String,
    pub name: String,
}

/// What is filled, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    Organization,
    Centre,
    CentreStatus,
    Person,
    Case,
    Assessment,
    Group,
    GroupMember,
    Activity,
    Delivery,
}

impl Table {
    pub const ALL: [Self; 10] = [
        Self::Organization,
        Self::Centre,
        Self::CentreStatus,
        Self::Person,
        Self::Case,
        Self::Assessment,
        Self::Group,
        Self::GroupMember,
        Self::Activity,
        Self::Delivery,
    ];

    /// Its name in the database, and the columns of a line.
    pub const fn target(self) -> (&'static str, &'static str) {
        match self {
            Self::Organization => ("organization", "id, kind, name, territory_code, search, created_at, updated_at"),
            Self::Centre => {
                ("centre", "id, name, territory_code, provider_id, status, opened_on, search, created_at, updated_at")
            }
            Self::CentreStatus => ("centre_status", "centre_id, version, status, since, recorded_at"),
            Self::Person => ("person", "id, organization_id, created_at"),
            Self::Case => (
                "\"case\"",
                "id, code, organization_id, centre_id, territory_code, person_id, subject_kind, primary_category, categories, intake_channel, emergency, \
                 safety_flag, opened_on, closed_on, status, close_reason, created_at, updated_at, version, sex, age_band",
            ),
            Self::Assessment => ("assessment", "id, case_id, organization_id, purpose, assessed_on, complexity, at"),
            Self::Group => ("\"group\"", "id, organization_id, centre_id, programme, members, started_on, created_at, version"),
            Self::GroupMember => ("group_member", "group_id, case_id, organization_id"),
            Self::Activity => (
                "activity",
                "id, organization_id, centre_id, territory_code, group_id, kind, occurred_on, participants, case_ids, target_category, partner_ids, \
                 supported_by_ids, external_reference, voided, created_at, updated_at, version",
            ),
            Self::Delivery => (
                "service_delivery",
                "id, organization_id, centre_id, territory_code, case_id, service_id, form, occurred_on, quantity, specialist, target_category, sex, age_band, \
                 external_reference, voided, created_at, updated_at, version",
            ),
        }
    }
}

/// Writes the line of a row of a centre, whose cases are these.
type Line = fn(&Country, usize, &[Case], &mut Dice, u64, &mut String) -> std::fmt::Result;

/// Lines of one block.
const BLOCK: u64 = 5_000;
/// Parts of the year.
const MONTHS: u64 = 12;
/// Services by how often they are asked for: the next is as often as seven of ten of the one before.
const NEXT_SERVICE: u64 = 700;

struct Centre {
    id: Uuid,
    organization_id: Uuid,
    /// Whether it is the first of its provider.
    is_first: bool,
    hromada: Hromada,
    /// Where its cases begin in the row of all.
    first_case: u64,
    cases: u64,
    services: u64,
    activities: u64,
}

struct Case {
    id: Uuid,
    person_id: Uuid,
    opened: usize,
    category: &'static str,
    sex: &'static str,
    age_band: &'static str,
}

/// The country of a plan.
pub struct Country {
    plan: Plan,
    days: Vec<String>,
    services: Vec<Uuid>,
    centres: Vec<Centre>,
}

impl Country {
    /// Spreads the work over hromadas, which come in the order of their codes. None where there are too few, or no such year.
    pub fn new(plan: Plan, hromadas: &[Hromada], services: &[Uuid]) -> Option<Self> {
        let first = NaiveDate::from_ymd_opt(plan.year, 1, 1)?;
        let days = first.iter_days().take_while(|day| day.year() == plan.year).map(|day| day.to_string()).collect();
        if plan.hromadas == 0 || plan.hromadas > hromadas.len() || services.is_empty() {
            return None;
        }
        let mut dice = Dice::of(plan.seed, 0, 0);
        // A few are large and many are small.
        let mut weights: Vec<u64> =
            (0..plan.hromadas as u64).map(|rank| 1_000_000 / (rank + 8) * (10 + dice.below(190)) / 100 + 1).collect();
        for at in (1..weights.len()).rev() {
            weights.swap(at, dice.below(at as u64 + 1) as usize);
        }
        let (cases, given) = (shared(plan.cases, &weights), shared(plan.services, &weights));
        let activities = shared(plan.services / 50, &weights);
        let mut centres: Vec<Centre> = Vec::new();
        let mut first_case = 0;
        for at in 0..plan.hromadas {
            let hromada = hromadas[at * hromadas.len() / plan.hromadas].clone();
            // One of ten is run by the provider of another one.
            let other = Some(dice.below(10))
                .filter(|is| *is == 0 && at > 0)
                .map(|_| centres[dice.below(at as u64) as usize].organization_id);
            let id = dice.id();
            let organization_id = other.unwrap_or_else(|| dice.id());
            centres.push(Centre {
                id,
                organization_id,
                is_first: other.is_none(),
                hromada,
                first_case,
                cases: cases[at],
                services: given[at],
                activities: activities[at],
            });
            first_case += cases[at];
        }
        Some(Self { plan, days, services: services.to_vec(), centres })
    }

    /// All lines of a table, in blocks: work as it was done, month by month.
    pub fn blocks(&self, table: Table) -> Box<dyn Iterator<Item = String> + '_> {
        let each = |rows: fn(&Centre) -> u64, line: Line| {
            let parts = if matches!(table, Table::Activity | Table::Delivery) { MONTHS } else { 1 };
            let of = move |(part, at): (u64, usize)| {
                let (cases, rows) = (self.cases(at), rows(&self.centres[at]));
                let (from, to) = (rows * part / parts, rows * (part + 1) / parts);
                (0..(to - from).div_ceil(BLOCK)).map(move |block| {
                    let mut dice = Dice::of(self.plan.seed, table as u64 + 1, (at as u64) << 32 | part << 16 | block);
                    let mut lines = String::with_capacity(BLOCK as usize * 260);
                    for row in from + block * BLOCK..to.min(from + (block + 1) * BLOCK) {
                        let _ = line(self, at, &cases, &mut dice, row, &mut lines);
                    }
                    lines
                })
            };
            let places = (0..parts).flat_map(|part| (0..self.centres.len()).map(move |at| (part, at)));
            Box::new(places.flat_map(of)) as Box<dyn Iterator<Item = String> + '_>
        };
        match table {
            Table::Organization => each(|centre| u64::from(centre.is_first), Self::organization),
            Table::Centre => each(|_| 1, Self::centre),
            Table::CentreStatus => each(|_| 1, Self::centre_status),
            Table::Person => each(|centre| centre.cases, Self::person),
            Table::Case => each(|centre| centre.cases, Self::case),
            Table::Assessment => each(|centre| centre.cases, Self::assessment),
            Table::Group => each(groups, Self::group),
            Table::GroupMember => each(groups, Self::members),
            Table::Activity => each(|centre| centre.activities, Self::activity),
            Table::Delivery => each(|centre| centre.services, Self::delivery),
        }
    }

    fn organization(&self, at: usize, _: &[Case], _: &mut Dice, _: u64, to: &mut String) -> std::fmt::Result {
        let Centre { organization_id, hromada: Hromada { code, name, .. }, .. } = &self.centres[at];
        let born = self.born();
        writeln!(to, "{organization_id}\tNGO\tНадавач {at} ({name})\t{code}\tнадавач {at}\t{born}\t{born}")
    }

    fn centre(&self, at: usize, _: &[Case], _: &mut Dice, _: u64, to: &mut String) -> std::fmt::Result {
        let Centre { id, organization_id, hromada: Hromada { code, name, .. }, .. } = &self.centres[at];
        let (born, year) = (self.born(), self.plan.year);
        writeln!(to, "{id}\tЦентр {at} ({name})\t{code}\t{organization_id}\tOPEN\t{year}-01\tцентр {at}\t{born}\t{born}")
    }

    fn centre_status(&self, at: usize, _: &[Case], _: &mut Dice, _: u64, to: &mut String) -> std::fmt::Result {
        writeln!(to, "{}\t1\tOPEN\t{}-01\t{}", self.centres[at].id, self.plan.year, self.born())
    }

    fn born(&self) -> String {
        format!("{}-01-01 08:00+00", self.plan.year)
    }

    /// The cases of a centre in the order in which they were opened.
    fn cases(&self, at: usize) -> Vec<Case> {
        let mut dice = Dice::of(self.plan.seed, 100, at as u64);
        let (last, count) = (self.days.len() as u64 - 1, self.centres[at].cases);
        let case = |row: u64| Case {
            id: dice.id(),
            person_id: dice.id(),
            opened: (row * last / count.max(1)) as usize,
            category: dice.word(CATEGORIES),
            sex: dice.word(SEXES),
            age_band: dice.word(AGES),
        };
        (0..count).map(case).collect()
    }

    fn person(&self, at: usize, cases: &[Case], _: &mut Dice, row: u64, to: &mut String) -> std::fmt::Result {
        let case = &cases[row as usize];
        writeln!(to, "{}\t{}\t{} 08:00+00", case.person_id, self.centres[at].organization_id, self.days[case.opened])
    }

    fn case(&self, at: usize, cases: &[Case], dice: &mut Dice, row: u64, to: &mut String) -> std::fmt::Result {
        let (centre, case) = (&self.centres[at], &cases[row as usize]);
        let opened = &self.days[case.opened];
        let ended = Some(case.opened + 10 + dice.below(150) as usize).filter(|day| *day < self.days.len());
        let closed = ended.map_or("\\N", |day| self.days[day].as_str());
        let (status, reason) = if ended.is_some() { ("CLOSED", "GOALS_MET") } else { ("ACTIVE", "\\N") };
        writeln!(
            to,
            "{}\t{}\t{}\t{}\t{}\t{}\tPERSON\t{}\t{{{}}}\t{}\tf\tf\t{opened}\t{closed}\t{status}\t{reason}\t{opened} 09:{:02}:{:02}+00\t{opened} 10:00+00\t1\t{}\t{}",
            case.id,
            code(centre.first_case + row),
            centre.organization_id,
            centre.id,
            centre.hromada.code,
            case.person_id,
            case.category,
            case.category,
            dice.word(CHANNELS),
            row / 60 % 60,
            row % 60,
            case.sex,
            case.age_band
        )
    }

    fn assessment(&self, at: usize, cases: &[Case], dice: &mut Dice, row: u64, to: &mut String) -> std::fmt::Result {
        let (case, skipped) = (&cases[row as usize], dice.below(100) >= 85);
        let day = &self.days[(case.opened + dice.below(5) as usize).min(self.days.len() - 1)];
        if skipped {
            return Ok(());
        }
        writeln!(
            to,
            "{}\t{}\t{}\tSOCIAL_SERVICES\t{day}\tSIMPLE\t{day} 12:00+00",
            dice.id(),
            case.id,
            self.centres[at].organization_id
        )
    }

    fn group_id(&self, at: usize, row: u64) -> Uuid {
        Dice::of(self.plan.seed, 101, (at as u64) << 32 | row).id()
    }

    /// Members of a group are cases that were opened one after the other, before it began.
    fn group_of<'a>(&self, cases: &'a [Case], at: usize, row: u64) -> &'a [Case] {
        let mut dice = Dice::of(self.plan.seed, 102, (at as u64) << 32 | row);
        let members = (6 + dice.below(10)).min(cases.len() as u64);
        let from = dice.below(cases.len() as u64 - members + 1);
        &cases[from as usize..(from + members) as usize]
    }

    fn group(&self, at: usize, cases: &[Case], dice: &mut Dice, row: u64, to: &mut String) -> std::fmt::Result {
        let (centre, members) = (&self.centres[at], self.group_of(cases, at, row));
        let day = &self.days[members.last().map_or(0, |case| case.opened)];
        let programme = if dice.below(3) == 0 { "SUPPORT_GROUP" } else { "SELF_HELP_PLUS" };
        let id = self.group_id(at, row);
        writeln!(
            to,
            "{id}\t{}\t{}\t{programme}\t{}\t{day}\t{day} 11:00+00\t1",
            centre.organization_id,
            centre.id,
            members.len()
        )
    }

    fn members(&self, at: usize, cases: &[Case], _: &mut Dice, row: u64, to: &mut String) -> std::fmt::Result {
        let id = self.group_id(at, row);
        self.group_of(cases, at, row)
            .iter()
            .try_for_each(|case| writeln!(to, "{id}\t{}\t{}", case.id, self.centres[at].organization_id))
    }

    fn activity(&self, at: usize, _: &[Case], dice: &mut Dice, row: u64, to: &mut String) -> std::fmt::Result {
        let (centre, day) = (&self.centres[at], self.day(dice, row, self.centres[at].activities));
        let kind = dice.word(KINDS);
        let of_group = kind == "GROUP_SESSION" && groups(centre) > 0;
        let group = if of_group { self.group_id(at, dice.below(groups(centre))).to_string() } else { "\\N".to_owned() };
        let category = if dice.below(2) == 0 { dice.word(CATEGORIES) } else { "\\N" };
        let day = &self.days[day];
        writeln!(
            to,
            "{}\t{}\t{}\t{}\t{group}\t{kind}\t{day}\t{}\t{{}}\t{category}\t{{}}\t{{}}\ta{at}-{row}\tf\t{day} 13:00+00\t{day} 13:00+00\t1",
            dice.id(),
            centre.organization_id,
            centre.id,
            centre.hromada.code,
            3 + dice.below(18)
        )
    }

    fn delivery(&self, at: usize, cases: &[Case], dice: &mut Dice, row: u64, to: &mut String) -> std::fmt::Result {
        let (centre, day) = (&self.centres[at], self.day(dice, row, self.centres[at].services));
        let known = cases.partition_point(|case| case.opened <= day) as u64;
        // One of ten is of nobody known; of the known, those who came last come oftener.
        let case = Some(known).filter(|known| *known > 0 && dice.below(10) > 0).map(|known| {
            let back = dice.below(1000) * dice.below(1000) * known / 1_000_000;
            &cases[(known - 1 - back) as usize]
        });
        let (id, category, sex, age_band) = match case {
            Some(case) => (case.id.to_string(), case.category, case.sex, case.age_band),
            None => ("\\N".to_owned(), dice.word(CATEGORIES), dice.word(SEXES), dice.word(AGES)),
        };
        let mut service = 0;
        while dice.below(1000) < NEXT_SERVICE && service + 1 < self.services.len() {
            service += 1;
        }
        let quantity = if dice.below(20) == 0 { 2 } else { 1 };
        let day = &self.days[day];
        writeln!(
            to,
            "{}\t{}\t{}\t{}\t{id}\t{}\t{}\t{day}\t{quantity}\t{}\t{category}\t{sex}\t{age_band}\ts{at}-{row}\tf\t{day} {:02}:{:02}:{:02}+00\t{day} 18:00+00\t1",
            dice.id(),
            centre.organization_id,
            centre.id,
            centre.hromada.code,
            self.services[service],
            dice.word(FORMS),
            dice.word(SPECIALISTS),
            8 + row % 9,
            row / 9 % 60,
            row / 540 % 60
        )
    }

    /// The day of a row of so many, seldom one of a weekend.
    fn day(&self, dice: &mut Dice, row: u64, rows: u64) -> usize {
        let first = NaiveDate::from_ymd_opt(self.plan.year, 1, 1).unwrap_or_default();
        let day = (u128::from(row) * self.days.len() as u128 / u128::from(rows)) as u64;
        let weekend = first.checked_add_days(Days::new(day)).is_some_and(|day| day.weekday().num_days_from_monday() > 4);
        if weekend && dice.below(10) > 0 { (day as usize).saturating_sub(2 + dice.below(3) as usize) } else { day as usize }
    }
}

/// One of a hundred cases begins a group.
fn groups(centre: &Centre) -> u64 {
    centre.cases / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_plan_makes_the_same_country() {
        let plan = Plan { hromadas: 3, cases: 700, services: 12_000, year: 2025, seed: 1 };
        let hromada = |at: u32| Hromada { code: format!("UA{at:017}"), name: "Іванівська".into() };
        let hromadas: Vec<Hromada> = (0..5).map(hromada).collect();
        let made = |plan| {
            let country = Country::new(plan, &hromadas, &[Uuid::nil()]).expect("a country");
            Table::ALL.map(|table| country.blocks(table).collect::<String>())
        };
        let lines = made(plan);
        assert_eq!(lines, made(plan));
        assert_ne!(lines, made(Plan { seed: 2, ..plan }));
        let count = |table: Table| lines[table as usize].lines().count();
        assert_eq!((count(Table::Centre), count(Table::Case), count(Table::Delivery)), (3, 700, 12_000));
        assert!(count(Table::Group) > 0 && count(Table::Activity) == 240);
        assert!(Country::new(Plan { hromadas: 6, ..plan }, &hromadas, &[Uuid::nil()]).is_none(), "more than there are");
    }
}
