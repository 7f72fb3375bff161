//! Referrals between centres and their partners on top of a country's year: a few organisations are known to everybody, most to few.
//! Pure but for the sealing: lines as COPY reads them.

use chrono::{DateTime, Duration, Utc};
use mistok::seal::{PersonKey, Seal};
use std::fmt::Write;
use uuid::Uuid;

/// How much there is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    pub cases: u64,
    pub referrals: u64,
    pub organizations: u64,
    pub services: u64,
}

/// Partners of a centre: as many as the Ministry's figures say.
const PARTNERS: usize = 15;
/// What they agree on, and what a consent names.
const GROUPS: &str = "{DEMOGRAPHICS,CONTACT,REASON}";

pub struct Case {
    id: Uuid,
    person: Uuid,
    centre: usize,
}

pub struct Centre {
    id: Uuid,
    provider: Uuid,
    territory: String,
    region: String,
    partners: Vec<Uuid>,
}

pub struct Town<'a> {
    plan: Plan,
    now: DateTime<Utc>,
    seal: &'a Seal,
    cases: Vec<Case>,
    centres: Vec<Centre>,
    services: &'a [Uuid],
    /// Beside the providers.
    others: Vec<Uuid>,
}

/// Tables in the order of their keys, with the columns of a line.
pub const TABLES: [(&str, &str); 12] = [
    ("organization", "id, kind, name, territory_code, search, created_at, updated_at"),
    (
        "memorandum",
        "id, number, title, centre_id, provider_id, region_code, effective_from, field_groups, retention_days, onward_referral, invited_at, \
         in_force_told_at, known_to, created_at, updated_at, version",
    ),
    ("memorandum_party", "memorandum_id, organization_id, role, status, invited_at, signed_on, signed_at, bound_from"),
    ("memorandum_coverage", "memorandum_id, service_id, territory_code"),
    ("memorandum_span", "memorandum_id, since, status, until, created_at"),
    ("vault.person_key", "person_id, organization_id, wrapped"),
    (
        "consent",
        "id, case_id, person_id, organization_id, receiver_id, purpose, field_groups, given_by, method, given_at, expires_at, version",
    ),
    (
        "referral",
        "id, number, sender_id, receiver_id, sender_centre_id, service_id, territory_code, urgency, legal_basis, case_id, person_id, consent_id, \
         subject_kind, minor, safety_flag, status, outcome, shared_groups, created_at, sent_at, respond_by, accepted_at, ended_at, retention_until, \
         updated_at, version, memorandum_id",
    ),
    (
        "referral_party",
        "org_id, referral_id, role, status, seen_at, updated_at, due_at, number, urgency, legal_basis, outcome, service_id, counterparty_id, centre_id, case_id, \
         territory_code, created_at, sent_at, respond_by, version",
    ),
    ("referral_event", "id, referral_id, at, from_status, to_status, organization_id, version"),
    ("referral_clock", "referral_id, phase, owner_id, started_at, due_at"),
    ("sealed", "object_id, slot, person_id, organization_id, content"),
];

/// Of twenty referrals.
const STATES: [&str; 20] = [
    "SENT",
    "COMPLETED",
    "ACCEPTED",
    "COMPLETED",
    "SENT",
    "IN_PROGRESS",
    "COMPLETED",
    "SENT",
    "ACCEPTED",
    "COMPLETED",
    "RECEIVED",
    "COMPLETED",
    "SENT",
    "ACCEPTED",
    "COMPLETED",
    "IN_PROGRESS",
    "SENT",
    "COMPLETED",
    "ACCEPTED",
    "DECLINED",
];
const GIVEN: [&str; 8] = ["Оксана", "Марія", "Іван", "Олена", "Петро", "Наталія", "Тарас", "Людмила"];
const FAMILY: [&str; 8] = ["Вигадана", "Примірна", "Умовна", "Зразкова", "Приклад", "Вигадько", "Демченко", "Умовний"];

/// Chance that repeats itself.
fn mixed(number: u64, stream: u64) -> u64 {
    let mut z = number.wrapping_add(stream.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// An id that repeats itself, of a stream of its own.
pub fn id(stream: u64, number: u64) -> Uuid {
    let bytes = u128::from(mixed(number, stream)) << 64 | u128::from(mixed(number, stream + 100));
    uuid::Builder::from_random_bytes(bytes.to_be_bytes()).into_uuid()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("\\\\x"), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl<'a> Town<'a> {
    /// From the country's own lines of cases; `regions` maps a hromada to its region.
    pub fn new(
        plan: Plan,
        seal: &'a Seal,
        services: &'a [Uuid],
        lines: impl Iterator<Item = String>,
        region_of: impl Fn(&str) -> String,
    ) -> Self {
        let (mut cases, mut centres) = (Vec::new(), Vec::<Centre>::new());
        let uuid = |text: &str| text.parse::<Uuid>().expect("an id of the country");
        for block in lines {
            for line in block.lines() {
                let fields: Vec<&str> = line.split('\t').collect();
                let centre = uuid(fields[3]);
                if centres.last().is_none_or(|last| last.id != centre) {
                    let (territory, region) = (fields[4].to_owned(), region_of(fields[4]));
                    centres.push(Centre { id: centre, provider: uuid(fields[2]), territory, region, partners: Vec::new() });
                }
                cases.push(Case { id: uuid(fields[0]), person: uuid(fields[5]), centre: centres.len() - 1 });
            }
        }
        let mut providers: Vec<Uuid> = centres.iter().map(|centre| centre.provider).collect();
        providers.sort_unstable();
        providers.dedup();
        let others: Vec<Uuid> = (providers.len() as u64..plan.organizations).map(|number| id(1, number)).collect();
        // The first are known to many: the third power of chance.
        for (at, centre) in centres.iter_mut().enumerate() {
            let mut known = (0..).map(|draw| {
                let chance = mixed(draw, 1_000 + at as u64) as f64 / u64::MAX as f64;
                others[(chance.powi(3) * others.len() as f64) as usize % others.len()]
            });
            while centre.partners.len() < PARTNERS {
                let partner = known.next().expect("without end");
                if !centre.partners.contains(&partner) {
                    centre.partners.push(partner);
                }
            }
        }
        Self { plan, now: Utc::now(), seal, cases, centres, services, others }
    }

    /// All lines of a table, in blocks.
    pub fn blocks(&self, table: &str) -> Box<dyn Iterator<Item = String> + '_> {
        let (count, line): (usize, Line<Self>) = match table {
            "organization" => (self.others.len(), Self::organization),
            "memorandum" => (self.centres.len(), Self::memorandum),
            "memorandum_party" => (self.centres.len(), Self::parties),
            "memorandum_coverage" => (self.centres.len(), Self::coverage),
            "memorandum_span" => (self.centres.len(), Self::spans),
            "consent" => (self.plan.referrals as usize, Self::consent),
            "referral" => (self.plan.referrals as usize, Self::referral),
            "referral_party" => (self.plan.referrals as usize, Self::party),
            "referral_event" => (self.plan.referrals as usize, Self::events),
            "referral_clock" => (self.plan.referrals as usize, Self::clock),
            // Keys of persons and what is sealed by them: a key is random, so that its lines are written once.
            _ => (0, Self::clock),
        };
        let block = move |from: usize| {
            (from..count.min(from + 5_000)).fold(String::new(), |mut lines, at| {
                let _ = line(self, at as u64, &mut lines);
                lines
            })
        };
        Box::new((0..count).step_by(5_000).map(block))
    }

    /// Blocks of `vault.person_key` and of `sealed`, by one key for each person.
    pub fn persons(&self) -> (Vec<String>, Vec<String>) {
        let (mut keys, mut sealed) = (vec![String::new()], vec![String::new()]);
        let mut of = Vec::with_capacity(self.cases.len());
        let add = |to: &mut Vec<String>, line: String| {
            if to.last().is_none_or(|block| block.len() > 1 << 20) {
                to.push(String::new());
            }
            to.last_mut().expect("one at least").push_str(&line);
        };
        let mut put = |key: &PersonKey, provider: Uuid, object: Uuid, slot: &str, text: &str| {
            let content = hex(&key.seal(object, slot, text));
            add(&mut sealed, format!("{object}\t{slot}\t{}\t{provider}\t{content}\n", key.person_id()));
        };
        for (at, case) in self.cases.iter().enumerate() {
            let (key, provider) = (self.seal.new_key(case.person), self.centres[case.centre].provider);
            add(&mut keys, format!("{}\t{provider}\t{}\n", case.person, hex(&self.seal.wrap(&key))));
            put(&key, provider, case.person, "PERSON", &details(at));
            put(&key, provider, case.id, "FACTORS", "[\"INTERNAL_DISPLACEMENT\"]");
            of.push(key);
        }
        for number in 0..self.plan.referrals {
            let (at, object) = (self.case_at(number), id(3, number));
            let provider = self.centres[self.cases[at].centre].provider;
            put(&of[at], provider, object, "REASON", "потребує розмови з психологом");
        }
        (keys, sealed)
    }

    fn organization(&self, at: u64, to: &mut String) -> std::fmt::Result {
        let centre = &self.centres[at as usize % self.centres.len()];
        let name = format!("Партнер {at}");
        writeln!(
            to,
            "{}\tCHARITY\t{name}\t{}\tпартнер {at}\t2025-01-01\t2025-01-01",
            self.others[at as usize], centre.territory
        )
    }

    fn memorandum(&self, at: u64, to: &mut String) -> std::fmt::Result {
        let Centre { id: centre, provider, region, partners, .. } = &self.centres[at as usize];
        let known: Vec<String> = partners.iter().chain([provider]).map(Uuid::to_string).collect();
        writeln!(
            to,
            "{}\tМ-{at}\tМеморандум про співпрацю\t{centre}\t{provider}\t{region}\t2025-01-01\t{GROUPS}\t400\tt\t2025-01-01\t2025-01-01\t{{{}}}\t2025-01-01\t2025-01-01\t1",
            id(2, at),
            known.join(",")
        )
    }

    fn parties(&self, at: u64, to: &mut String) -> std::fmt::Result {
        let Centre { provider, partners, .. } = &self.centres[at as usize];
        let roles = [(provider, "CENTRE_PROVIDER")].into_iter().chain(partners.iter().map(|partner| (partner, "PARTNER")));
        for (party, role) in roles {
            writeln!(to, "{}\t{party}\t{role}\tSIGNED\t2025-01-01\t2025-01-01\t2025-01-01\t2025-01-01", id(2, at))?;
        }
        Ok(())
    }

    fn coverage(&self, at: u64, to: &mut String) -> std::fmt::Result {
        self.services
            .iter()
            .try_for_each(|service| writeln!(to, "{}\t{service}\t{}", id(2, at), self.centres[at as usize].territory))
    }

    fn spans(&self, at: u64, to: &mut String) -> std::fmt::Result {
        writeln!(
            to,
            "{0}\t0001-01-01\tDRAFT\t2025-01-01\t2025-01-01\n{0}\t2025-01-01\tIN_FORCE\t9999-12-31\t2025-01-01",
            id(2, at)
        )
    }

    fn case_at(&self, number: u64) -> usize {
        (number * 7919 % self.cases.len() as u64) as usize
    }

    /// What a referral is made of.
    fn of(&self, number: u64) -> Parts<'_> {
        let case = &self.cases[self.case_at(number)];
        let centre = &self.centres[case.centre];
        let receiver = centre.partners[mixed(number, 4) as usize % PARTNERS];
        let step = Duration::days(300).num_seconds() as u64 * number / self.plan.referrals;
        let at = self.now - Duration::days(301) + Duration::seconds(step as i64);
        Parts { case, centre, receiver, at, status: STATES[mixed(number, 5) as usize % STATES.len()] }
    }

    fn consent(&self, number: u64, to: &mut String) -> std::fmt::Result {
        let Parts { case, centre, receiver, at, .. } = self.of(number);
        let ends = self.now + Duration::days(300);
        writeln!(
            to,
            "{}\t{}\t{}\t{}\t{receiver}\tCASE_WORK\t{GROUPS}\tCLIENT\tWRITTEN\t{at}\t{ends}\t1",
            id(6, number),
            case.id,
            case.person,
            centre.provider
        )
    }

    fn referral(&self, number: u64, to: &mut String) -> std::fmt::Result {
        let Parts { case, centre, receiver, at, status } = self.of(number);
        let (accepted, ended) = (is_accepted(status), matches!(status, "COMPLETED" | "DECLINED"));
        let or_null = |is: bool, text: String| if is { text } else { "\\N".to_owned() };
        writeln!(
            to,
            "{}\t{}\t{}\t{receiver}\t{}\t{}\t{}\t{}\tCONSENT\t{}\t{}\t{}\tPERSON\tf\tf\t{status}\t{}\t{}\t{at}\t{at}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            id(3, number),
            self.number(number),
            centre.provider,
            centre.id,
            self.service(number),
            centre.territory,
            urgency(number),
            case.id,
            case.person,
            id(6, number),
            or_null(status == "COMPLETED", "SERVICE_PROVIDED".into()),
            or_null(accepted, GROUPS.into()),
            self.now + Duration::days(60),
            or_null(accepted, (at + Duration::hours(5)).to_string()),
            or_null(ended, (at + Duration::hours(20)).to_string()),
            or_null(status == "COMPLETED", (self.now + Duration::days(300)).date_naive().to_string()),
            at + Duration::hours(20),
            version(status),
            id(2, case.centre as u64)
        )
    }

    fn party(&self, number: u64, to: &mut String) -> std::fmt::Result {
        let Parts { case, centre, receiver, at, status } = self.of(number);
        let due = if matches!(status, "SENT" | "RECEIVED") {
            (self.now + Duration::days(60)).to_string()
        } else {
            "9999-12-31 00:00+00".into()
        };
        let outcome = if status == "COMPLETED" { "SERVICE_PROVIDED" } else { "\\N" };
        let sides = [
            (centre.provider, "SENDER", receiver, centre.id.to_string(), case.id.to_string()),
            (receiver, "RECEIVER", centre.provider, "\\N".into(), "\\N".into()),
        ];
        for (own, role, other, at_centre, of_case) in sides {
            writeln!(
                to,
                "{own}\t{}\t{role}\t{status}\t{at}\t{}\t{due}\t{}\t{}\tCONSENT\t{outcome}\t{}\t{other}\t{at_centre}\t{of_case}\t{}\t{at}\t{at}\t{}\t{}",
                id(3, number),
                at + Duration::hours(20),
                self.number(number),
                urgency(number),
                self.service(number),
                centre.territory,
                self.now + Duration::days(60),
                version(status),
            )?;
        }
        Ok(())
    }

    fn events(&self, number: u64, to: &mut String) -> std::fmt::Result {
        let Parts { centre, receiver, at, status, .. } = self.of(number);
        let mut steps = vec![("DRAFT", centre.provider), ("SENT", centre.provider)];
        if is_accepted(status) {
            steps.push(("ACCEPTED", receiver));
        }
        if matches!(status, "COMPLETED" | "IN_PROGRESS") {
            steps.push(("IN_PROGRESS", receiver));
        }
        if matches!(status, "COMPLETED" | "DECLINED" | "RECEIVED") {
            steps.push((status, receiver));
        }
        let mut from = "\\N";
        for (step, (state, by)) in steps.into_iter().enumerate() {
            let (event, referral) = (id(7 + step as u64, number), id(3, number));
            writeln!(to, "{event}\t{referral}\t{}\t{from}\t{state}\t{by}\t{}", at + Duration::hours(step as i64), step + 1)?;
            from = state;
        }
        Ok(())
    }

    fn clock(&self, number: u64, to: &mut String) -> std::fmt::Result {
        let Parts { receiver, at, status, .. } = self.of(number);
        if status != "SENT" {
            return Ok(());
        }
        writeln!(to, "{}\tRESPOND\t{receiver}\t{at}\t{}", id(3, number), self.now + Duration::days(60))
    }

    fn number(&self, number: u64) -> String {
        format!("Б-{number:08}")
    }

    fn service(&self, number: u64) -> Uuid {
        self.services[mixed(number, 8) as usize % self.services.len()]
    }
}

fn details(at: usize) -> String {
    let (given, family) = (GIVEN[at % 8], FAMILY[at / 8 % 8]);
    let (year, month, day) = (40 + at % 60, 1 + at % 9, at % 10);
    format!(
        "{{\"family_name\":\"{family}\",\"given_name\":\"{given}\",\"birth_date\":\"19{year}-0{month}-1{day}\",\"sex\":\"FEMALE\",\
         \"phone\":\"+38067000{:04}\",\"address\":\"вул. Вигадана, {at}\",\"safe_to_contact\":[\"MESSENGER\"]}}",
        at % 10_000
    )
}

/// Writes the lines of a number.
type Line<T> = fn(&T, u64, &mut String) -> std::fmt::Result;

struct Parts<'a> {
    case: &'a Case,
    centre: &'a Centre,
    receiver: Uuid,
    at: DateTime<Utc>,
    status: &'static str,
}

fn is_accepted(status: &str) -> bool {
    matches!(status, "ACCEPTED" | "IN_PROGRESS" | "COMPLETED")
}

fn version(status: &str) -> u32 {
    match status {
        "SENT" => 2,
        "ACCEPTED" | "RECEIVED" | "DECLINED" => 3,
        "IN_PROGRESS" => 4,
        _ => 5,
    }
}

fn urgency(number: u64) -> &'static str {
    ["NORMAL", "NORMAL", "URGENT", "EMERGENCY"][mixed(number, 9) as usize % 4]
}
