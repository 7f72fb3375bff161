//! The demonstration's invented contract: some months agree, and some do not.

use super::{actor, day};
use crate::operation::Demonstration;
use mistok::{
    base::{
        timetable::Timetable,
        words::{contract::ReconciliationState, organization::OrganizationKind as Kind},
    },
    contract::{
        reconciliation::{Books, total},
        store,
    },
    demo,
};
use uuid::Uuid;

#[tokio::test]
async fn the_demonstration_has_something_to_reconcile() {
    let demonstration = Demonstration::new().await;
    let owner = demonstration.served.stage.owner().await;
    let number = "select id::text from funding_contract where number like 'Ф-7/2025%'";
    let id: Uuid = owner.query_one(number, &[]).await.unwrap().get::<_, String>(0).parse().unwrap();
    let db = demonstration.served.app.db();
    let reading = db.read(&actor(demo::organization_id(2), Kind::FundBranch)).await.unwrap();
    let whole = store::wholes(reading.link(), &[id]).await.unwrap().remove(0);
    let acts: Vec<Uuid> = whole.acts.iter().map(|act| act.id).collect();
    let act_lines = store::act_lines(reading.link(), &acts).await.unwrap();
    let payments = store::payments(reading.link(), &[id]).await.unwrap();
    let worked = store::worked(reading.link(), &[(id, day("2025-01-01"), day("2025-12-31"))]).await.unwrap();
    reading.end().await.unwrap();
    let books =
        Books { whole: &whole, act_lines: &act_lines, payments: &payments, worked: Some(&worked), today: db.clock().today() };
    let months = books.months();
    assert_eq!(months.len(), 12);
    let odd: Vec<_> = months.iter().filter(|(_, sums)| sums.state() != ReconciliationState::Matched).collect();
    let told: Vec<_> = odd.iter().map(|(month, sums)| (month.to_string(), sums.state(), sums.delivered_unpaid)).collect();
    let underpaid = |month: &str| (month.to_owned(), ReconciliationState::Underpaid, 10_150_000);
    assert_eq!(told, [underpaid("2025-10-01"), underpaid("2025-12-01")], "not paid, and not decided");
    let sum = total(months.values());
    assert_eq!((sum.delivered, sum.accepted, sum.paid, sum.paid_unexplained), (1260, 110_990_000, 100_840_000, 0));
    // What was claimed above the records: in April for the first time and again, in July and accepted.
    let of = |month: &str| {
        let act = whole.acts.iter().find(|act| act.month == day(month)).unwrap();
        let line = act_lines.iter().find(|line| line.act_id == act.id).unwrap();
        (
            act.round,
            line.claimed_parts / 10_000,
            line.recorded_parts.map(|parts| parts / 10_000),
            line.accepted_parts.map(|parts| parts / 10_000),
        )
    };
    assert_eq!(of("2025-04-01"), (2, 66, Some(60), Some(60)));
    assert_eq!(of("2025-07-01"), (1, 66, Some(60), Some(66)));
    // A second telling changes nothing.
    let rows = async || {
        let counted = "select (select count(*) from contract_event) + (select count(*) from service_delivery) + (select count(*) from activity)";
        owner.query_one(counted, &[]).await.unwrap().get::<_, i64>(0)
    };
    let before = rows().await;
    demo::tell(db, demonstration.served.app.seal(), &Timetable::default()).await.unwrap();
    assert_eq!(rows().await, before);
}
