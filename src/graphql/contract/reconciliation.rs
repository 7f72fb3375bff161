//! Money against work, as the viewer may be told it.

use super::loader::KeptOf;
use crate::{
    base::{Error, error::ErrorCode, words::contract::ReconciliationState},
    contract::reconciliation::{Books, Sums, total},
    graphql::{
        context::Session,
        loaders,
        scalars::{Money, YearMonth},
    },
};
use async_graphql::{Context, Result, SimpleObject};
use uuid::Uuid;

/// Money against work (звірка): the whole is the sum of its months, to the kopiyka. For each of them `accepted + undecided − deliveredUnpaid = paid − paidUnexplained`: work that is paid, and money that pays for work.
#[derive(Clone, SimpleObject)]
pub struct Reconciliation {
    /// What acts claim that wait for a decision or were accepted (заявлено).
    claimed: Money,
    /// What was accepted of acts (прийнято).
    accepted: Money,
    /// Payments less reversals: for an act in its month; for a tranche in the months whose work it settles, the earliest first, and what is left in its own (сплачено).
    paid: Money,
    /// What work is worth on which nobody has decided: by the records and the prices in force, or as claimed where no records show it (не вирішено).
    undecided: Money,
    /// Work that is done and not paid (надано й не сплачено).
    delivered_unpaid: Money,
    /// Money that no accepted work explains (сплачено без підтвердження).
    paid_unexplained: Money,
    /// Services that the records show, of those that its lines name; of all where no line names one. For the two sides alone; null to others, who learn of work by the published indicators (надано послуг).
    delivered: Option<i32>,
    /// What was accepted, divided by the services delivered in the same months, to the nearest kopiyka. For the two sides alone; null where nothing was delivered (вартість однієї послуги).
    cost_per_service: Option<Money>,
    /// Whether the two agree (результат).
    state: ReconciliationState,
    /// Month after month (за місяцями).
    months: Vec<ReconciliationMonth>,
}

/// Money against work in one month (звірка за місяць).
#[derive(Clone, SimpleObject)]
pub struct ReconciliationMonth {
    /// The month (місяць).
    month: YearMonth,
    /// Services that the records show. For the two sides alone; null to others (надано послуг).
    delivered: Option<i32>,
    /// What the act claims, if it waits for a decision or was accepted (заявлено).
    claimed: Money,
    /// What was accepted of it (прийнято).
    accepted: Money,
    /// Payments less reversals (сплачено).
    paid: Money,
    /// What work is worth on which nobody has decided (не вирішено).
    undecided: Money,
    /// Work that is done and not paid (надано й не сплачено).
    delivered_unpaid: Money,
    /// Money that no accepted work explains (сплачено без підтвердження).
    paid_unexplained: Money,
    /// Whether the two agree (результат).
    state: ReconciliationState,
}

fn count(sums: &Sums, shown: bool) -> Option<i32> {
    shown.then(|| i32::try_from(sums.delivered).unwrap_or(i32::MAX))
}

/// The reconciliation of a contract that the viewer may read.
pub async fn of(ctx: &Context<'_>, id: Uuid, from: Option<YearMonth>, to: Option<YearMonth>) -> Result<Reconciliation> {
    let (from, to) = (from.map(|month| month.first_day()), to.map(|month| month.first_day()));
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(Error::question(ErrorCode::BadUserInput, "to", "The last month must not come before the first one.").into());
    }
    let kept = loaders::present(loaders::load(ctx, KeptOf(id)).await?)?;
    let books = Books {
        whole: &kept.whole,
        act_lines: &kept.act_lines,
        payments: &kept.payments,
        worked: kept.worked.as_deref(),
        today: Session::of(ctx).db().clock().today(),
    };
    let mut months = books.months();
    months.retain(|month, _| from.is_none_or(|from| *month >= from) && to.is_none_or(|to| *month <= to));
    let (sum, shown) = (total(months.values()), kept.worked.is_some());
    let month = |(month, sums): (&chrono::NaiveDate, &Sums)| ReconciliationMonth {
        month: YearMonth::of(*month),
        delivered: count(sums, shown),
        claimed: Money::of(sums.claimed),
        accepted: Money::of(sums.accepted),
        paid: Money::of(sums.paid),
        undecided: Money::of(sums.undecided),
        delivered_unpaid: Money::of(sums.delivered_unpaid),
        paid_unexplained: Money::of(sums.paid_unexplained),
        state: sums.state(),
    };
    Ok(Reconciliation {
        claimed: Money::of(sum.claimed),
        accepted: Money::of(sum.accepted),
        paid: Money::of(sum.paid),
        undecided: Money::of(sum.undecided),
        delivered_unpaid: Money::of(sum.delivered_unpaid),
        paid_unexplained: Money::of(sum.paid_unexplained),
        delivered: count(&sum, shown),
        cost_per_service: sum.cost_per_service().filter(|_| shown).map(Money::of),
        state: sum.state(),
        months: months.iter().map(month).collect(),
    })
}
