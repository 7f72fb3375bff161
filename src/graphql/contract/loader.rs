//! What contracts load in batches.

use crate::{
    contract::{model as row, policy, store, terms},
    graphql::loaders::{grouped, keyed},
};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

loader! {
    /// A contract by its id.
    ContractById(Uuid) -> Arc<row::FundingContract>,
    |_loaders, reading, ids| keyed(store::find(reading.link(), &ids).await?, |row| row.id)
}

loader! {
    /// Its terms, in their order.
    TermsOf(Uuid) -> Vec<row::Terms>,
    |_loaders, reading, ids| grouped(store::terms(reading.link(), &ids).await?, |row| row.contract_id)
}

loader! {
    /// The lines of all its terms.
    LinesOf(Uuid) -> Vec<row::Line>,
    |_loaders, reading, ids| grouped(store::lines(reading.link(), &ids).await?, |row| row.contract_id)
}

loader! {
    /// A line by its id.
    LineById(Uuid) -> Arc<row::Line>,
    |_loaders, reading, ids| keyed(store::find_lines(reading.link(), &ids).await?, |row| row.id)
}

loader! {
    /// The tranches of all its terms.
    TranchesOf(Uuid) -> Vec<row::Tranche>,
    |_loaders, reading, ids| grouped(store::tranches(reading.link(), &ids).await?, |row| row.contract_id)
}

loader! {
    /// A tranche by its id.
    TrancheById(Uuid) -> Arc<row::Tranche>,
    |_loaders, reading, ids| keyed(store::find_tranches(reading.link(), &ids).await?, |row| row.id)
}

loader! {
    /// Its acts, month after month.
    ActsOf(Uuid) -> Vec<row::Act>,
    |_loaders, reading, ids| grouped(store::acts(reading.link(), &ids).await?, |row| row.contract_id)
}

loader! {
    /// An act by its id.
    ActById(Uuid) -> Arc<row::Act>,
    |_loaders, reading, ids| keyed(store::find_acts(reading.link(), &ids).await?, |row| row.id)
}

loader! {
    /// The lines of an act's last round.
    ActLinesOf(Uuid) -> Vec<row::ActLine>,
    |_loaders, reading, ids| grouped(store::act_lines(reading.link(), &ids).await?, |row| row.act_id)
}

loader! {
    /// Its payments and reversals, as they were recorded.
    PaymentsOf(Uuid) -> Vec<row::Payment>,
    |_loaders, reading, ids| grouped(store::payments(reading.link(), &ids).await?, |row| row.contract_id)
}

loader! {
    /// A payment by its id.
    PaymentById(Uuid) -> Arc<row::Payment>,
    |_loaders, reading, ids| keyed(store::find_payments(reading.link(), &ids).await?, |row| row.id)
}

loader! {
    /// Its steps, oldest first.
    EventsOf(Uuid) -> Vec<row::Event>,
    |_loaders, reading, ids| grouped(store::events(reading.link(), &ids).await?, |row| row.contract_id)
}

/// Everything that a reconciliation is made of.
#[derive(Debug)]
pub struct Kept {
    pub whole: row::Whole,
    pub act_lines: Vec<row::ActLine>,
    pub payments: Vec<row::Payment>,
    /// None: the viewer is told no figures of records.
    pub worked: Option<Vec<row::Worked>>,
}

loader! {
    /// All of a contract that its reconciliation needs, of many contracts at once.
    KeptOf(Uuid) -> Arc<Kept>,
    |loaders, reading, ids| {
        let (link, session) = (reading.link(), &loaders.session);
        let (actor, today) = (session.actor(), session.db().clock().today());
        let mut wholes = store::wholes(link, &ids).await?;
        for whole in &mut wholes {
            whole.acts.retain(|act| policy::may_read_act(actor, act));
        }
        let acts: Vec<Uuid> = wholes.iter().flat_map(|whole| &whole.acts).map(|act| act.id).collect();
        let (act_lines, payments) = (store::act_lines(link, &acts).await?, store::payments(link, &ids).await?);
        let mut act_lines = grouped(act_lines, |line| line.act_id);
        let mut payments = grouped(payments, |payment| payment.contract_id);
        let asked: Vec<_> = wholes.iter().filter(|whole| policy::sees_work(actor, &whole.row, &whole.acts)).map(|whole| {
            let (first, last) = terms::working_days(&whole.row, &whole.terms);
            (whole.row.id, first, last.min(today))
        }).collect();
        let mut worked = grouped(store::worked(link, &asked).await?, |row| row.contract_id);
        let kept = |whole: row::Whole| {
            let id = whole.row.id;
            let lines = whole.acts.iter().flat_map(|act| act_lines.remove(&act.id).unwrap_or_default()).collect();
            let shown = asked.iter().any(|(of, ..)| *of == id).then(|| worked.remove(&id).unwrap_or_default());
            (id, Arc::new(Kept { whole, act_lines: lines, payments: payments.remove(&id).unwrap_or_default(), worked: shown }))
        };
        wholes.into_iter().map(kept).collect::<HashMap<_, _>>()
    }
}
