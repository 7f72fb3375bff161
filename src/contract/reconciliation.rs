//! Money against work (звірка): why what was delivered, claimed, accepted and paid differ, month by month and to the kopiyka. Pure.
//!
//! What a month is *worth*: what was accepted of its act; while no act was accepted, what the records show of the lines of services,
//! at the prices in force, and of the other lines what is claimed. A payment for an act pays for that month's work. A tranche pays for
//! what is accepted and not paid, the earliest month first; what is left of it then is told in the month in which it was paid.
//! So for each month, and for each sum of months:
//!
//! ```text
//! accepted + undecided − deliveredUnpaid  =  paid − paidUnexplained        (work that is paid = money that pays for work)
//! ```

use super::{
    model::{Act, ActLine, Payment, Whole, Worked},
    terms,
};
use crate::base::{
    money,
    number::Number,
    words::contract::{ActStatus, ReconciliationState},
};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Money and work of a month, or of several. Amounts are kopiykas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Services that the records show, of those that the contract pays for; of all where no line names one.
    pub delivered: i64,
    /// Of acts that wait for a decision or were accepted.
    pub claimed: i64,
    pub accepted: i64,
    pub paid: i64,
    /// What work is worth on which nobody has decided yet.
    pub undecided: i64,
    /// Work that is done and not paid.
    pub delivered_unpaid: i64,
    /// Money that no accepted work explains.
    pub paid_unexplained: i64,
    /// Of `accepted`, with the services that were delivered in those months: what a service has cost.
    cost: (i64, i64),
}

impl Sums {
    pub fn state(&self) -> ReconciliationState {
        match (self.paid_unexplained, self.accepted, self.delivered_unpaid) {
            (1.., 0, _) => ReconciliationState::Unexplained,
            (1.., _, _) => ReconciliationState::Overpaid,
            (_, _, 1..) => ReconciliationState::Underpaid,
            _ => ReconciliationState::Matched,
        }
    }

    /// What a delivered service has cost in the months whose acts were accepted; none where no service was delivered in them.
    pub fn cost_per_service(&self) -> Option<i64> {
        money::each(self.cost.0, self.cost.1)
    }

    fn add(&mut self, other: &Self) {
        self.delivered += other.delivered;
        self.claimed += other.claimed;
        self.accepted += other.accepted;
        self.paid += other.paid;
        self.undecided += other.undecided;
        self.delivered_unpaid += other.delivered_unpaid;
        self.paid_unexplained += other.paid_unexplained;
        self.cost = (self.cost.0 + other.cost.0, self.cost.1 + other.cost.1);
    }
}

/// Several months together: nothing but their sum.
pub fn total<'a>(months: impl IntoIterator<Item = &'a Sums>) -> Sums {
    months.into_iter().fold(Sums::default(), |mut sum, month| {
        sum.add(month);
        sum
    })
}

/// What is known of a contract beside its rows.
#[derive(Clone, Copy, Debug)]
pub struct Books<'a> {
    pub whole: &'a Whole,
    /// Of the last round of each act.
    pub act_lines: &'a [ActLine],
    pub payments: &'a [Payment],
    /// None: the viewer is told no figures of records, and work on which nobody has decided counts as claimed.
    pub worked: Option<&'a [Worked]>,
    pub today: NaiveDate,
}

impl Books<'_> {
    /// All months of the contract until today, and those in which something was paid outside of them. The first days of months.
    pub fn months(&self) -> BTreeMap<NaiveDate, Sums> {
        let (first, last) = terms::working_days(&self.whole.row, &self.whole.terms);
        let mut months = BTreeMap::new();
        let mut month = terms::month_of(first);
        while month <= last.min(self.today) {
            months.insert(month, self.month(month));
            month = terms::next_month(month);
        }
        self.settle(&mut months);
        months
    }

    fn act(&self, month: NaiveDate) -> Option<&Act> {
        self.whole.acts.iter().find(|act| act.month == month)
    }

    /// A month before any money has come.
    fn month(&self, month: NaiveDate) -> Sums {
        let act = self.act(month).filter(|act| act.stands());
        let lines = terms::lines_of_month(self.whole, month);
        let of_services = lines.iter().any(|line| line.service_id.is_some());
        let shown = self.worked.unwrap_or_default().iter().filter(|row| row.month == month);
        let shown: Vec<&Worked> =
            shown.filter(|row| !of_services || lines.iter().any(|line| line.service_id == Some(row.service_id))).collect();
        let delivered = shown.iter().map(|row| row.quantity).sum();
        let accepted = act.and_then(|act| act.accepted_kop).unwrap_or_default();
        let decided = act.is_some_and(|act| act.status != ActStatus::Submitted);
        let claimed_of = |line: uuid::Uuid| {
            let of_act = self.act_lines.iter().filter(|row| act.is_some_and(|act| act.id == row.act_id));
            of_act.filter(|row| row.line_id == line).map(|row| row.claimed_kop).sum::<i64>()
        };
        let worth = lines.iter().map(|line| match line.service_id {
            Some(service) if self.worked.is_some() => {
                let quantity = shown.iter().filter(|row| row.service_id == service).map(|row| row.quantity).sum();
                money::cost(Number::count(quantity), line.unit_price_kop).unwrap_or(money::MOST)
            }
            _ => claimed_of(line.id),
        });
        Sums {
            delivered,
            claimed: act.map_or(0, |act| act.claimed_kop),
            accepted,
            undecided: if decided { 0 } else { worth.sum() },
            cost: if decided && delivered > 0 { (accepted, delivered) } else { (0, 0) },
            ..Sums::default()
        }
    }

    /// Lets money meet work.
    fn settle(&self, months: &mut BTreeMap<NaiveDate, Sums>) {
        // A reversal undoes its payment in the month of that.
        let of = |payment: &Payment| {
            payment.reverses_id.and_then(|id| self.payments.iter().find(|of| of.id == id)).unwrap_or(payment).paid_on
        };
        let mut in_tranches: BTreeMap<NaiveDate, i64> = BTreeMap::new();
        for payment in self.payments {
            match payment.act_id.and_then(|id| self.whole.acts.iter().find(|act| act.id == id)) {
                Some(act) => months.entry(act.month).or_default().paid += payment.amount_kop,
                None => *in_tranches.entry(terms::month_of(of(payment))).or_default() += payment.amount_kop,
            }
        }
        let mut left: i64 = in_tranches.values().sum();
        for sums in months.values_mut() {
            let settled = (sums.accepted - sums.paid).clamp(0, left.max(0));
            sums.paid += settled;
            left -= settled;
        }
        // What no work has asked for, the latest money first: the earliest has paid for the earliest work.
        for (month, paid) in in_tranches.iter().rev() {
            let unexplained = left.min(*paid);
            left -= unexplained;
            if unexplained != 0 {
                months.entry(*month).or_default().paid += unexplained;
            }
        }
        for sums in months.values_mut() {
            let worth = sums.accepted + sums.undecided;
            let explained = sums.paid.min(sums.accepted);
            sums.delivered_unpaid = worth - explained;
            sums.paid_unexplained = sums.paid - explained;
        }
    }
}
