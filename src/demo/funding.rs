//! Money of the demonstration. That the branch of the Fund and the provider of the Kazanka centre signed a contract in May 2024 is
//! reported, and nothing else of it: its number, term and amounts are invented, and say so. The contract of the provider in Novyi Buh
//! is invented from its first word on: a year of work, acts and payments, in which some months do not agree, so that a reconciliation
//! has something to show.
//!
//! ```text
//! January   paid by the advance           April   returned for claiming more than the records show, accepted lower
//! March     paid, paid back, paid anew    July    accepted for more than the records show
//! October   accepted and not paid         December waits for a decision
//! ```

use super::{
    caller,
    registry::{self, KAZANKA, NOVYI_BUH},
    work::{Place, record_groups, record_singly},
};
use crate::{
    access::Actor,
    base::{
        Error, Result,
        page::{Ask as Page, Window},
        words::contract::{
            ActStatus, AmendmentKind, BudgetLine, ContractStatus, SelectionAuthority, TrancheKind, TrancheStatus,
        },
    },
    contract::{
        actions, claiming, list,
        model::{
            Act, Amend, Create, Filter, FundingContract, Line, NewLine, NewTranche, OfLine, Pay, Payment, Selection, Target,
            Viewer, Whole,
        },
        paying, store, terms,
    },
    db::Db,
    journal::idempotency::Ask,
};
use chrono::{Days, Months, NaiveDate};
use uuid::Uuid;

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day")
}

fn ask() -> Ask {
    Ask { mutation: "demo", key: None, input_hash: Vec::new() }
}

/// The branch of the Fund.
const BRANCH: u16 = 2;
/// Provider and centre of the contract that is reported.
const REPORTED: (u16, u16) = (3, 1);
/// Provider and centre of the invented one.
const INVENTED: (u16, u16) = (34, 7);

/// Consultations that the records show each month.
const CONSULTATIONS: u32 = 60;
/// Group consultations of a month before and after the amendment, with so many participants each.
const GROUPS: (u32, u32) = (4, 5);
const PARTICIPANTS: i32 = 10;
/// From which day the amendment binds.
const AMENDED: NaiveDate = day(2025, 7, 1);
const YEAR: i32 = 2025;
const TRANCHE: &str = "100000.00";

/// Where a month differs from "claimed as recorded, accepted as claimed, paid in the next month": in its consultations.
struct Odd {
    month: u32,
    claimed: u32,
    /// Claimed once more after the first claim was returned.
    corrected: Option<u32>,
    accepted: u32,
}

const ODD: [Odd; 2] = [
    Odd { month: 4, claimed: 75, corrected: Some(66), accepted: 60 },
    Odd { month: 7, claimed: 66, corrected: None, accepted: 66 },
];

/// Paid by the advance.
const IN_ADVANCE: u32 = 1;
/// Paid to a wrong account first.
const PAID_BACK: u32 = 3;
const UNPAID: u32 = 10;
const UNDECIDED: u32 = 12;

/// Does what is not done yet. The branch's and the provider's applications must be there: it is they who have done it.
pub async fn fund(db: &Db) -> Result<()> {
    let Some(branch) = caller::active(db, BRANCH).await? else { return Ok(()) };
    let desk = Desk { db, branch: &branch };
    desk.reported().await?;
    if let Some(provider) = caller::active(db, INVENTED.0).await? {
        work(db, &provider).await?;
        desk.invented(&provider).await?;
    }
    Ok(())
}

/// A year of the centre's work, of nobody in particular.
async fn work(db: &Db, provider: &Actor) -> Result<()> {
    let months = (1..=12).map(|month| {
        let groups = if day(YEAR, month, 1) < AMENDED { GROUPS.0 } else { GROUPS.1 };
        (Place { centre: registry::centre(INVENTED.1), from: day(YEAR, month, 1), days: 28 }, groups)
    });
    let months: Vec<_> = months.collect();
    record_singly(db, provider, &months.iter().map(|(place, _)| (*place, CONSULTATIONS)).collect::<Vec<_>>()).await?;
    record_groups(db, provider, &months, PARTICIPANTS).await
}

/// A line without a service: so many months at a price.
fn monthly(budget_line: BudgetLine, price: &str) -> NewLine {
    NewLine {
        service_code: None,
        budget_line,
        unit: "місяць (вигадано)".to_owned(),
        planned_quantity: "12".to_owned(),
        unit_price: price.to_owned(),
    }
}

/// A line of a service: so many at a price.
fn service(code: &str, quantity: u32, price: &str) -> NewLine {
    NewLine {
        service_code: Some(code.to_owned()),
        budget_line: BudgetLine::Other,
        unit: "послуга (вигадано)".to_owned(),
        planned_quantity: quantity.to_string(),
        unit_price: price.to_owned(),
    }
}

/// About 100,000 hryvnias a month; so many attendances of group consultations in the year.
fn year_of_lines(attendances: u32) -> Vec<NewLine> {
    vec![
        service("M-004", 12 * CONSULTATIONS, "400.00"),
        service("M-005", attendances, "150.00"),
        monthly(BudgetLine::TeamPay, "62000.00"),
        monthly(BudgetLine::PsychosocialMaterials, "4000.00"),
        monthly(BudgetLine::Stationery, "2000.00"),
        monthly(BudgetLine::Transport, "2000.00"),
    ]
}

/// In whose name contracts are moved, and where.
#[derive(Clone, Copy)]
struct Desk<'a> {
    db: &'a Db,
    branch: &'a Actor,
}

impl Desk<'_> {
    /// The branch's contract of this number.
    async fn find(self, number: &str, provider: u16) -> Result<Option<FundingContract>> {
        let reading = self.db.read(self.branch).await?;
        let filter = Filter { provider_id: Some(registry::organization(provider)), ..Filter::default() };
        let viewer = Viewer { organization_id: self.branch.organization_id, kind: self.branch.kind };
        let window = Window::of(&Page { first: Some(100), ..Page::default() }, "demo")?;
        let all = list::page(reading.link(), viewer, &filter, &window).await?;
        reading.end().await?;
        Ok(all.into_iter().find(|contract| contract.number == number))
    }

    /// The branch's contract of this number; written where it is not there.
    async fn contract(self, command: &Create, provider: u16) -> Result<Whole> {
        let id = match self.find(&command.number, provider).await? {
            Some(contract) => contract.id,
            None => actions::create(self.db, self.branch, &ask(), command).await?.id,
        };
        self.whole(id).await
    }

    async fn whole(self, id: Uuid) -> Result<Whole> {
        let reading = self.db.read(self.branch).await?;
        let whole = store::wholes(reading.link(), &[id]).await?.pop();
        reading.end().await?;
        whole.ok_or_else(|| Error::not_found("id"))
    }

    async fn sign(self, whole: &Whole, on: &str) -> Result<()> {
        match whole.row.status {
            ContractStatus::Draft => actions::sign(self.db, self.branch, &ask(), target(whole), on).await.map(drop),
            _ => Ok(()),
        }
    }

    /// Signed, as it is reported; what became of it then is not, so that it goes no further.
    async fn reported(self) -> Result<()> {
        let command = Create {
            number: "Договір із Казанкою, травень 2024 (демо: номер, строк і суму вигадано)".to_owned(),
            provider_id: registry::organization(REPORTED.0),
            centre_id: Some(registry::centre(REPORTED.1)),
            territory: KAZANKA.to_owned(),
            starts_on: day(2024, 6, 1),
            ends_on: day(2024, 12, 31),
            lines: vec![NewLine {
                service_code: None,
                budget_line: BudgetLine::Other,
                unit: "місяць роботи центру (демо: вигадано)".to_owned(),
                planned_quantity: "7".to_owned(),
                unit_price: "100000.00".to_owned(),
            }],
            tranches: Vec::new(),
            selection: None,
            payee_iban: None,
        };
        let whole = self.contract(&command, REPORTED.0).await?;
        self.sign(&whole, "2024-05").await
    }

    async fn invented(self, provider: &Actor) -> Result<()> {
        let attendances = 12 * GROUPS.0 * PARTICIPANTS.unsigned_abs();
        let command = Create {
            number: "Ф-7/2025 (демо, вигадано)".to_owned(),
            provider_id: provider.organization_id,
            centre_id: Some(registry::centre(INVENTED.1)),
            territory: NOVYI_BUH.to_owned(),
            starts_on: day(YEAR, 1, 1),
            ends_on: day(YEAR, 12, 31),
            lines: year_of_lines(attendances),
            tranches: vec![NewTranche { kind: TrancheKind::Advance, amount: TRANCHE.to_owned(), due_on: day(YEAR, 1, 20) }],
            selection: Some(Selection {
                authority: SelectionAuthority::CompetitionCommission,
                body: Some("Конкурсна комісія (демо, вигадано)".to_owned()),
                decision_number: Some("1 (демо, вигадано)".to_owned()),
                decided_on: Some("2024-12".to_owned()),
            }),
            payee_iban: Some("UA599999990000000000000000001".to_owned()),
        };
        let whole = self.contract(&command, INVENTED.0).await?;
        // The last step was taken: from then on it is the visitor's.
        if whole.acts.iter().any(|act| act.month == day(YEAR, UNDECIDED, 1)) {
            return Ok(());
        }
        self.sign(&whole, "2024-12-20").await?;
        let id = whole.row.id;
        let whole = self.whole(id).await?;
        if whole.row.status == ContractStatus::Signed {
            actions::activate(self.db, self.branch, &ask(), target(&whole), whole.row.starts_on).await?;
        }
        self.advance(id).await?;
        for month in 1..=12 {
            if day(YEAR, month, 1) == AMENDED {
                self.amend(id).await?;
            }
            self.month(provider, id, month).await?;
        }
        Ok(())
    }

    /// More group work from the middle of the year on.
    async fn amend(self, id: Uuid) -> Result<()> {
        let whole = self.whole(id).await?;
        if whole.terms.len() > 1 {
            return Ok(());
        }
        let attendances = 6 * (GROUPS.0 + GROUPS.1) * PARTICIPANTS.unsigned_abs();
        let command = Amend {
            number: "Додаткова угода № 1 (демо, вигадано)".to_owned(),
            kind: AmendmentKind::Amount,
            effective_on: AMENDED,
            lines: Some(year_of_lines(attendances)),
            tranches: None,
            new_ends_on: None,
            rationale: "Більше групових консультацій у другому півріччі (вигадано)".to_owned(),
        };
        actions::amend(self.db, self.branch, &ask(), target(&whole), &command).await.map(drop)
    }

    /// The advance is approved and paid.
    async fn advance(self, id: Uuid) -> Result<()> {
        let whole = self.whole(id).await?;
        let Some(tranche) = whole.tranches.first() else { return Ok(()) };
        if tranche.status == TrancheStatus::Planned {
            paying::approve(self.db, self.branch, &ask(), target(&whole), tranche.id).await?;
        }
        let command = pay("аванс", day(YEAR, 1, 20), tranche.amount_kop, None, Some(tranche.id));
        self.pay(id, &command).await.map(drop)
    }

    /// A month from its draft to its payment. A run that was cut short is finished by the next one.
    async fn month(self, provider: &Actor, id: Uuid, month: u32) -> Result<()> {
        let first = day(YEAR, month, 1);
        if self.act(provider, id, first).await?.is_none() {
            claiming::draft(self.db, provider, &ask(), id, first).await?;
        }
        let odd = ODD.iter().find(|odd| odd.month == month);
        while let Some(act) = self.act(provider, id, first).await? {
            let lines = self.lines(id, first).await?;
            let at = Target { id: act.id, expected_version: act.version };
            match (act.status, act.round) {
                (ActStatus::Draft, _) => {
                    let claims = claims(&lines, month, odd.map_or(CONSULTATIONS, |odd| odd.claimed));
                    claiming::submit(self.db, provider, &ask(), at, &claims).await?;
                }
                (ActStatus::Returned, _) => {
                    let claims = claims(&lines, month, odd.and_then(|odd| odd.corrected).unwrap_or(CONSULTATIONS));
                    claiming::submit(self.db, provider, &ask(), at, &claims).await?;
                }
                (ActStatus::Submitted, 1) if odd.is_some_and(|odd| odd.corrected.is_some()) => {
                    let why = "Записи центру показують менше консультацій, ніж заявлено (вигадано)";
                    claiming::give_back(self.db, self.branch, &ask(), at, why).await?;
                }
                (ActStatus::Submitted, _) if month != UNDECIDED => {
                    let lower = odd.map(|odd| claims(&lines, month, odd.accepted));
                    claiming::accept(self.db, self.branch, &ask(), at, lower.as_deref(), None).await?;
                }
                _ => return self.settle(id, &act, month).await,
            }
        }
        Ok(())
    }

    /// The act of a month as its provider sees it: of a draft nobody else knows.
    async fn act(self, provider: &Actor, id: Uuid, month: NaiveDate) -> Result<Option<Act>> {
        let reading = self.db.read(provider).await?;
        let acts = store::acts(reading.link(), &[id]).await?;
        reading.end().await?;
        Ok(acts.into_iter().find(|act| act.month == month))
    }

    async fn lines(self, id: Uuid, month: NaiveDate) -> Result<Vec<Line>> {
        let whole = self.whole(id).await?;
        Ok(terms::lines_of_month(&whole, month).into_iter().cloned().collect())
    }

    /// Pays for an act in the next month.
    async fn settle(self, id: Uuid, act: &Act, month: u32) -> Result<()> {
        let Some(accepted) = act.accepted_kop.filter(|_| ![IN_ADVANCE, UNPAID].contains(&month)) else { return Ok(()) };
        let on = act.month.checked_add_months(Months::new(1)).unwrap_or(act.month) + Days::new(14);
        let order = |name: &str, days| pay(name, on + Days::new(days), accepted, Some(act.id), None);
        let name = format!("{month:02}");
        if month == PAID_BACK {
            let wrong = order(&format!("{name}-помилкова"), 0);
            if let Some(payment) = self.pay(id, &wrong).await? {
                let at = Target { id: payment, ..target(&self.whole(id).await?) };
                let why = "Помилковий рахунок отримувача (вигадано)";
                paying::reverse(self.db, self.branch, &ask(), at, on + Days::new(2), why).await?;
            }
        }
        self.pay(id, &order(&name, if month == PAID_BACK { 7 } else { 0 })).await.map(drop)
    }

    /// Makes a payment that was not made yet; its id, unless it was taken back.
    async fn pay(self, id: Uuid, command: &Pay) -> Result<Option<Uuid>> {
        let known = self.payments(id, &command.reference).await?;
        if let [_, _, ..] = known[..] {
            return Ok(None);
        }
        if known.is_empty() {
            paying::pay(self.db, self.branch, &ask(), target(&self.whole(id).await?), command).await?;
        }
        Ok(self.payments(id, &command.reference).await?.first().map(|payment| payment.id))
    }

    /// The payment of this reference, and its reversal after it.
    async fn payments(self, id: Uuid, reference: &str) -> Result<Vec<Payment>> {
        let reading = self.db.read(self.branch).await?;
        let all = store::payments(reading.link(), &[id]).await?;
        reading.end().await?;
        Ok(all.into_iter().filter(|payment| payment.reference == reference).collect())
    }
}

fn target(whole: &Whole) -> Target {
    Target { id: whole.row.id, expected_version: whole.row.version }
}

/// What is claimed, or accepted, of a month's lines: its consultations, its group work as recorded, and a month of everything else.
fn claims(lines: &[Line], month: u32, consultations: u32) -> Vec<OfLine> {
    let groups = if day(YEAR, month, 1) < AMENDED { GROUPS.0 } else { GROUPS.1 };
    let quantity = |line: &Line| match (line.service_id, line.place) {
        (Some(_), 0) => consultations,
        (Some(_), _) => groups * PARTICIPANTS.unsigned_abs(),
        (None, _) => 1,
    };
    lines.iter().map(|line| OfLine { line_id: line.id, quantity: quantity(line).to_string() }).collect()
}

fn pay(name: &str, paid_on: NaiveDate, amount_kop: i64, act_id: Option<Uuid>, tranche_id: Option<Uuid>) -> Pay {
    let amount = crate::base::money::text(amount_kop);
    Pay { amount, paid_on, reference: format!("демо-{name} (вигадано)"), act_id, tranche_id }
}
