//! A contract on paper: steps that somebody tries, a bookkeeper who takes them by the rules alone, and what must be true after each.

use super::row;
use chrono::{DateTime, Days, Duration, Months, NaiveDate, Utc};
use mistok::{
    base::{Error, clock::midnight, words::contract::*},
    contract::{
        claim::{self, Claimed},
        model::*,
        payout::{self, Purpose},
        reconciliation::{Books, Sums, total},
        rules::{self, At},
        terms,
    },
    service::model::ServiceType,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

const FUNDER: Uuid = Uuid::from_u128(1);
const PROVIDER: Uuid = Uuid::from_u128(2);

pub fn start() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 1, 1).unwrap()
}

pub fn month(number: u32) -> NaiveDate {
    start() + Months::new(number)
}

/// A step that somebody tries.
#[derive(Clone, Debug)]
pub enum Step {
    Amend {
        kind: usize,
        lines: Option<(u32, u32)>,
        tranches: Option<Vec<u32>>,
        days: u64,
        end: Option<u32>,
    },
    Draft(u32),
    Submit(u32, u32, u32),
    /// With a lower quantity of the first line, of a hundred parts.
    Accept(u32, Option<u32>),
    Return(u32),
    Approve(usize),
    KeepBack(usize, bool),
    /// So many hundredths of what is left of an act or a tranche; more than a hundred is too much.
    PayAct(u32, i64),
    PayTranche(usize, i64),
    Reverse(usize),
    Suspend,
    Resume,
    Complete(u64),
    Terminate(u64),
    Later(i64),
}

/// Few months, so that their acts come far; now and then one outside of the term.
fn months() -> impl Strategy<Value = u32> {
    prop_oneof![9 => 0u32..3, 1 => 3u32..14]
}

fn step() -> impl Strategy<Value = Step> {
    let lines = proptest::option::of((1u32..300, 1u32..24));
    let tranches = proptest::option::of(proptest::collection::vec(1u32..5, 0..3));
    let amend = (0usize..4, lines, tranches, 0u64..420, proptest::option::of(6u32..20));
    prop_oneof![
        2 => amend.prop_map(|(kind, lines, tranches, days, end)| Step::Amend { kind, lines, tranches, days, end }),
        4 => months().prop_map(Step::Draft),
        5 => (months(), 0u32..60, 0u32..9).prop_map(|(month, one, two)| Step::Submit(month, one, two)),
        5 => (months(), proptest::option::of(0u32..101)).prop_map(|(month, lower)| Step::Accept(month, lower)),
        1 => months().prop_map(Step::Return),
        2 => (0usize..4).prop_map(Step::Approve),
        1 => (0usize..4, any::<bool>()).prop_map(|(which, withhold)| Step::KeepBack(which, withhold)),
        5 => (months(), prop_oneof![Just(100i64), 1i64..103]).prop_map(|(month, part)| Step::PayAct(month, part)),
        3 => (0usize..4, prop_oneof![Just(100i64), 1i64..103]).prop_map(|(which, part)| Step::PayTranche(which, part)),
        4 => (0usize..4).prop_map(Step::Reverse),
        1 => Just(Step::Suspend),
        4 => Just(Step::Resume),
        3 => (1i64..40).prop_map(Step::Later),
    ]
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    // An end comes late, so that most of a history is alive.
    let end = prop_oneof![(0u64..400).prop_map(Step::Complete), (0u64..400).prop_map(Step::Terminate)];
    let more = proptest::collection::vec(prop_oneof![8 => step(), 1 => end], 0..40);
    (proptest::collection::vec(step(), 20..100), more).prop_map(|(mut first, more)| {
        first.extend(more);
        first
    })
}

pub fn lines(of: (u32, u32)) -> Vec<NewLine> {
    let line = |service: Option<&str>, quantity: u32, price: &str| NewLine {
        service_code: service.map(str::to_owned),
        budget_line: if service.is_some() { BudgetLine::EngagedSpecialists } else { BudgetLine::TeamPay },
        unit: "одиниця".into(),
        planned_quantity: format!("{quantity}.5"),
        unit_price: price.into(),
    };
    vec![line(Some("001.0"), of.0, "33.33"), line(None, of.1, "4000.01")]
}

pub fn tranches(of: &[u32]) -> Vec<NewTranche> {
    let tranche = |(place, thousands): (usize, &u32)| NewTranche {
        kind: TrancheKind::Interim,
        amount: format!("{thousands}000.00"),
        due_on: start() + Days::new(place as u64),
    };
    of.iter().enumerate().map(tranche).collect()
}

/// A contract on paper and everything that belongs to it.
pub struct Papers {
    pub whole: Whole,
    pub act_lines: HashMap<Uuid, Vec<ActLine>>,
    pub payments: Vec<Payment>,
    pub services: Vec<ServiceType>,
    worked: Vec<Worked>,
    pub now: DateTime<Utc>,
}

fn service() -> ServiceType {
    let code = "001.0".to_owned();
    ServiceType {
        id: Uuid::from_u128(5), code, name: "Послуга".into(), name_en: None, classifier_code: None, mhpss_code: None
    }
}

impl Papers {
    /// Active since the first day, with two tranches.
    pub fn new(worked: &[(u32, i64)]) -> Self {
        let id = Uuid::from_u128(9);
        let services = vec![service()];
        let mut refusals = mistok::base::error::Refusals::default();
        let lines = terms::new_lines(&lines((100, 12)), &services, id, 0, &mut refusals);
        let tranches = terms::new_tranches(&tranches(&[3, 4]), id, 0, &mut refusals);
        let amount_kop = terms::sum(&lines);
        let base = Terms {
            contract_id: id,
            number: 0,
            id: Uuid::from_u128(10),
            document: None,
            kind: None,
            rationale: None,
            effective_on: start(),
            ends_on: start() + Months::new(12) - Days::new(1),
            amount_kop,
            lines_of: 0,
            recorded_at: midnight(start()),
        };
        let row = FundingContract {
            status: ContractStatus::Active,
            signed_on: Some("2025".into()),
            signed_at: Some(midnight(start())),
            active_from: Some(start()),
            ceiling_kop: amount_kop,
            ..row(id, FUNDER, PROVIDER, start())
        };
        let shown = |(number, quantity): &(u32, i64)| Worked {
            contract_id: id,
            month: month(*number),
            service_id: service().id,
            quantity: *quantity,
        };
        Self {
            whole: Whole { row, terms: vec![base], lines, tranches, acts: Vec::new() },
            act_lines: HashMap::new(),
            payments: Vec::new(),
            services,
            worked: worked.iter().map(shown).collect(),
            now: midnight(start() + Days::new(200)) + Duration::hours(12),
        }
    }

    pub fn at(&self) -> At {
        At { now: self.now, today: mistok::base::clock::day(self.now) }
    }

    pub fn act(&self, number: u32) -> Option<Act> {
        self.whole.acts.iter().find(|act| act.month == month(number)).cloned()
    }

    fn put(&mut self, after: Act) {
        self.whole.acts.retain(|act| act.id != after.id);
        self.whole.acts.push(after);
        self.whole.acts.sort_by_key(|act| act.month);
    }

    fn put_tranche(&mut self, after: Tranche) {
        self.whole.tranches.iter_mut().filter(|of| of.id == after.id).for_each(|of| *of = after.clone());
    }

    fn paid(&mut self, paid: payout::Paid) {
        self.whole.row = paid.row;
        self.payments.push(paid.payment);
        match paid.purpose {
            Purpose::Act(act) => self.put(act),
            Purpose::Tranche(tranche) => self.put_tranche(tranche),
        }
    }

    fn what_is_paid(&self, amount: i64, act_id: Option<Uuid>, tranche_id: Option<Uuid>) -> Pay {
        let reference = format!("ПД-{}", self.payments.len());
        let paid_on = self.at().today;
        Pay { amount: mistok::base::money::text(amount), paid_on, reference, act_id, tranche_id }
    }

    /// The payment that a step means, with the amount in kopiykas.
    pub fn payment(&self, step: &Step) -> Option<Pay> {
        let part = |left: i64, part: i64| (left.max(100) * part / 100).max(1);
        match step {
            Step::PayAct(number, hundredths) => {
                let act = self.act(*number)?;
                let amount = part(act.accepted_kop.unwrap_or(100) - act.paid_kop, *hundredths);
                Some(self.what_is_paid(amount, Some(act.id), None))
            }
            Step::PayTranche(which, hundredths) => {
                let tranche = self.whole.tranches.get(*which)?;
                Some(self.what_is_paid(part(tranche.amount_kop - tranche.paid_kop, *hundredths), None, Some(tranche.id)))
            }
            _ => None,
        }
    }

    pub fn claims(&self, number: u32, one: u32, two: u32) -> Vec<OfLine> {
        let of = terms::lines_of_month(&self.whole, month(number)).into_iter().zip([one, two]);
        of.map(|(line, quantity)| OfLine { line_id: line.id, quantity: quantity.to_string() }).collect()
    }

    pub fn lower(&self, act: &Act, hundredths: Option<u32>) -> Option<Vec<OfLine>> {
        let first = self.act_lines.get(&act.id)?.first()?;
        let parts = first.claimed_parts * i64::from(hundredths?) / 100;
        let quantity = mistok::base::number::Number::of_parts(parts).to_string();
        Some(vec![OfLine { line_id: first.line_id, quantity }])
    }

    /// Tries a step; what is refused leaves everything as it was.
    pub fn try_step(&mut self, step: &Step) -> Result<(), Error> {
        let at = self.at();
        match step {
            Step::Later(days) => self.now += Duration::days(*days),
            Step::Amend { .. } => {
                let named = Named { services: self.services.clone(), ..Named::default() };
                let amended = rules::amend(&self.whole, &command(step, self.whole.terms.len()), &named, at)?;
                self.whole.row = amended.row;
                self.whole.terms.push(amended.terms);
                self.whole.lines.extend(amended.lines);
                amended.gone.into_iter().for_each(|gone| self.put_tranche(gone));
                self.whole.tranches.extend(amended.tranches);
            }
            Step::Draft(number) => {
                let new = claim::draft(&self.whole, month(*number), &self.worked, Uuid::now_v7(), at)?;
                self.act_lines.insert(new.act.id, new.lines);
                self.put(new.act);
            }
            Step::Submit(number, one, two) => {
                let Some(act) = self.act(*number) else { return Ok(()) };
                let claims = self.claims(*number, *one, *two);
                let after = claim::submit(&self.whole, &act, &claims, &self.worked, at)?;
                self.act_lines.insert(act.id, after.lines);
                self.put(after.act);
            }
            Step::Accept(number, hundredths) => {
                let Some(act) = self.act(*number) else { return Ok(()) };
                let lower = self.lower(&act, *hundredths);
                let claimed = Claimed { lines: self.act_lines[&act.id].clone(), act };
                let (after, row) = claim::accept(&self.whole, &claimed, lower.as_deref(), None, at)?;
                self.whole.row = row;
                self.act_lines.insert(after.act.id, after.lines);
                self.put(after.act);
            }
            Step::Return(number) => {
                let Some(act) = self.act(*number) else { return Ok(()) };
                self.put(claim::give_back(&self.whole, &act, "ні".into(), at)?);
            }
            Step::Approve(which) => {
                let Some(id) = self.whole.tranches.get(*which).map(|of| of.id) else { return Ok(()) };
                let after = payout::approve(&self.whole, id, at)?;
                self.put_tranche(after);
            }
            Step::KeepBack(which, withhold) => {
                let Some(id) = self.whole.tranches.get(*which).map(|of| of.id) else { return Ok(()) };
                let to = if *withhold { TrancheStatus::Withheld } else { TrancheStatus::Cancelled };
                let after = payout::keep_back(&self.whole, id, to)?;
                self.put_tranche(after);
            }
            Step::PayAct(..) | Step::PayTranche(..) => {
                let Some(pay) = self.payment(step) else { return Ok(()) };
                let paid = payout::pay(&self.whole, &pay, at)?;
                self.paid(paid);
            }
            Step::Reverse(which) => {
                let Some(payment) = self.payments.get(*which).cloned() else { return Ok(()) };
                let reversed = self.payments.iter().any(|of| of.reverses_id == Some(payment.id));
                let paid = payout::reverse(&self.whole, &payment, reversed, at.today, "ні".into(), at)?;
                self.paid(paid);
            }
            Step::Suspend => {
                self.whole.row = rules::turn(&self.whole.row, ContractStatus::Active, ContractStatus::Suspended)?;
            }
            Step::Resume => {
                self.whole.row = rules::turn(&self.whole.row, ContractStatus::Suspended, ContractStatus::Active)?;
            }
            Step::Complete(days) => self.whole.row = rules::complete(&self.whole, start() + Days::new(*days), at)?,
            Step::Terminate(days) => self.whole.row = rules::terminate(&self.whole, &terminate(*days), at)?.0,
        }
        Ok(())
    }

    fn books(&self, worked: bool) -> BTreeMap<NaiveDate, Sums> {
        let act_lines: Vec<ActLine> = self.act_lines.values().flatten().cloned().collect();
        let worked = worked.then_some(self.worked.as_slice());
        let books =
            Books { whole: &self.whole, act_lines: &act_lines, payments: &self.payments, worked, today: self.at().today };
        books.months()
    }

    /// What must be true after every step.
    pub fn check(&self) -> Result<(), TestCaseError> {
        let (row, today) = (&self.whole.row, self.at().today);
        for terms in &self.whole.terms {
            let sum: i64 = terms::lines(&self.whole.lines, terms).map(|line| line.amount_kop).sum();
            prop_assert_eq!(sum, terms.amount_kop, "Σ lines = amount");
        }
        let accepted: i64 = self.whole.acts.iter().filter_map(|act| act.accepted_kop).sum();
        let paid: i64 = self.payments.iter().map(|payment| payment.amount_kop).sum();
        prop_assert_eq!((accepted, paid), (row.accepted_kop, row.paid_kop));
        // On this day and on every one to come.
        for day in (0..800).map(|days| today + Days::new(days)) {
            let in_force = self.whole.terms.iter().rfind(|of| of.number == 0 || of.effective_on <= day).unwrap();
            prop_assert!(accepted <= in_force.amount_kop && paid <= in_force.amount_kop, "never above the amount in force");
        }
        let mut months: Vec<_> = self.whole.acts.iter().map(|act| act.month).collect();
        months.dedup();
        prop_assert_eq!(months.len(), self.whole.acts.len(), "one act a month");
        for act in &self.whole.acts {
            let of_act: i64 = self.payments.iter().filter(|of| of.act_id == Some(act.id)).map(|of| of.amount_kop).sum();
            prop_assert_eq!(of_act, act.paid_kop);
            prop_assert_eq!(act.status == ActStatus::Paid, act.accepted_kop.is_some_and(|accepted| accepted == of_act));
            let claimed: i64 = self.act_lines[&act.id].iter().map(|line| line.claimed_kop).sum();
            prop_assert_eq!(claimed, act.claimed_kop);
        }
        for tranche in &self.whole.tranches {
            let of: i64 = self.payments.iter().filter(|of| of.tranche_id == Some(tranche.id)).map(|of| of.amount_kop).sum();
            prop_assert_eq!(of, tranche.paid_kop);
            prop_assert_eq!(tranche.status == TrancheStatus::Paid, of == tranche.amount_kop);
        }
        for worked in [true, false] {
            let months = self.books(worked);
            let sum = total(months.values());
            prop_assert_eq!((sum.accepted, sum.paid), (accepted, paid), "the whole is the contract's");
            for of in months.values().chain([&sum]) {
                prop_assert_eq!(
                    of.accepted + of.undecided - of.delivered_unpaid,
                    of.paid - of.paid_unexplained,
                    "every kopiyka"
                );
                prop_assert!(of.delivered_unpaid >= 0 && of.paid_unexplained >= 0 && of.paid >= of.paid_unexplained);
            }
            // Never is money unexplained while accepted work waits for it.
            let (open, loose): (i64, i64) = months
                .values()
                .fold((0, 0), |(open, loose), of| (open + of.delivered_unpaid - of.undecided, loose + of.paid_unexplained));
            prop_assert!(open == 0 || loose == 0, "{open} open, {loose} loose");
        }
        Ok(())
    }
}

pub fn command(step: &Step, number: usize) -> Amend {
    let Step::Amend { kind, lines: of, tranches: told, days, end } = step else { unreachable!() };
    Amend {
        number: number.to_string(),
        kind: AmendmentKind::ALL[*kind],
        effective_on: start() + Days::new(*days),
        lines: of.map(lines),
        tranches: told.as_ref().map(|told| tranches(told)),
        new_ends_on: end.map(|months| month(months) - Days::new(1)),
        rationale: "зміна".into(),
    }
}

pub fn terminate(days: u64) -> Terminate {
    Terminate { on: start() + Days::new(days), end_reason: ContractEndReason::Mutual, note: None }
}
