//! Random histories of a contract, against a bookkeeper who adds up the papers by hand: pure, and once more through the database,
//! whose rows must be what its own log of steps adds up to.

use super::{
    MYKOLAIV,
    papers::{Papers, Step, command, lines, month, start, steps, terminate, tranches},
};
use crate::town::{KAZANKA, Town};
use chrono::{Days, Months};
use mistok::{
    access::{Actor, Scopes},
    base::{
        Error,
        error::UserErrorCode as Code,
        words::{change::ChangeType, contract::*, organization::OrganizationKind as Kind},
    },
    contract::{actions, claiming, model::*, paying, store},
    journal::idempotency::Ask,
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_papers_add_up(steps in steps(), worked in proptest::collection::vec((0u32..14, 1i64..60), 0..8)) {
        let mut papers = Papers::new(&worked);
        papers.check()?;
        for step in &steps {
            if papers.try_step(step).is_ok() {
                papers.check()?;
            }
        }
    }
}

/// The histories reach what they are about: each kind of step goes well and is refused, and money goes out.
#[test]
fn histories_are_worth_their_time() {
    let mut runner = TestRunner::deterministic();
    let (mut went, mut refused) = (BTreeMap::new(), BTreeMap::new());
    let (mut paid, mut exceeded, mut below) = (0, 0, 0);
    for _ in 0..200 {
        let mut papers = Papers::new(&[(2, 10), (3, 7)]);
        for step in steps().new_tree(&mut runner).unwrap().current() {
            let name = format!("{step:?}").split([' ', '(']).next().unwrap().to_owned();
            match papers.try_step(&step) {
                Ok(()) => *went.entry(name).or_insert(0) += 1,
                Err(Error::Refused(why)) => {
                    exceeded += i32::from(why[0].code == Code::AmountExceedsContract);
                    below += i32::from(why[0].code == Code::AmountBelowPaid);
                    *refused.entry(name).or_insert(0) += 1;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        paid += i32::from(papers.whole.acts.iter().any(|act| act.status == ActStatus::Paid));
    }
    assert!(went.len() == 15 && refused.len() == 14, "{went:?} {refused:?}");
    assert!(paid > 20 && exceeded > 20 && below > 20, "{paid} {exceeded} {below}");
}

/// The same steps through the actions and the database: the same is refused with the same code, the same stands afterwards, and it is
/// what the log of steps adds up to.
#[tokio::test]
async fn the_database_keeps_the_same_books() {
    let town = Town::new().await;
    let db = town.served.app.db();
    let fund = town.side(Kind::Fund).await;
    let actor = |organization_id, kind| Actor {
        application_id: Uuid::now_v7(),
        organization_id,
        kind,
        scopes: Scopes::of_kind(kind),
        purpose: None,
        acting_for: None,
        language: Default::default(),
    };
    let funder = actor(fund.partner.organization_id, Kind::Fund);
    let provider = actor(town.receiver.partner.organization_id, Kind::Ngo);
    let ask = Ask { mutation: "test", key: None, input_hash: Vec::new() };
    let mut runner = TestRunner::deterministic();
    for round in 0..8 {
        let create = Create {
            number: round.to_string(),
            provider_id: provider.organization_id,
            centre_id: None,
            territory: KAZANKA.into(),
            starts_on: start(),
            ends_on: start() + Months::new(12) - Days::new(1),
            lines: lines((100, 12)),
            tranches: tranches(&[3, 4]),
            selection: None,
            payee_iban: None,
        };
        let id = actions::create(db, &funder, &ask, &create).await.unwrap().id;
        let target = |expected_version| Target { id, expected_version };
        actions::sign(db, &funder, &ask, target(1), "2025").await.unwrap();
        actions::activate(db, &funder, &ask, target(2), start()).await.unwrap();
        let mut papers = Papers::new(&[]);
        papers.whole = read(&town, &funder, &provider, id).await.0;
        assert_eq!(papers.whole.row.region_code, MYKOLAIV);
        papers.now = db.clock().now();
        papers.services = {
            let reading = db.read(&funder).await.unwrap();
            mistok::service::store::list(reading.link()).await.unwrap()
        };
        let all = steps().new_tree(&mut runner).unwrap().current();
        for step in all.iter().filter(|step| !matches!(step, Step::Later(_))) {
            let version = papers.whole.row.version;
            let of_act = |number: &u32| papers.act(*number).map(|act| Target { id: act.id, expected_version: act.version });
            let tranche = |which: &usize| papers.whole.tranches.get(*which).map(|of| of.id);
            let done = match step {
                Step::Amend { .. } => {
                    Some(actions::amend(db, &funder, &ask, target(version), &command(step, papers.whole.terms.len())).await)
                }
                Step::Draft(number) => Some(claiming::draft(db, &provider, &ask, id, month(*number)).await),
                Step::Submit(number, one, two) => match of_act(number) {
                    Some(act) => Some(claiming::submit(db, &provider, &ask, act, &papers.claims(*number, *one, *two)).await),
                    None => None,
                },
                // An act that was never submitted does not exist for the funder: the papers cannot say so.
                Step::Accept(number, _) | Step::Return(number)
                    if papers.act(*number).is_none_or(|act| act.status == ActStatus::Draft) =>
                {
                    continue;
                }
                Step::Accept(number, hundredths) => {
                    let lower = papers.act(*number).and_then(|act| papers.lower(&act, *hundredths));
                    Some(claiming::accept(db, &funder, &ask, of_act(number).unwrap(), lower.as_deref(), None).await)
                }
                Step::Return(number) => Some(claiming::give_back(db, &funder, &ask, of_act(number).unwrap(), "ні").await),
                Step::Approve(which) => match tranche(which) {
                    Some(of) => Some(paying::approve(db, &funder, &ask, target(version), of).await),
                    None => None,
                },
                Step::KeepBack(which, withhold) => match tranche(which) {
                    Some(of) => {
                        let to = if *withhold { TrancheStatus::Withheld } else { TrancheStatus::Cancelled };
                        Some(paying::keep_back(db, &funder, &ask, target(version), of, to, "ні").await)
                    }
                    None => None,
                },
                Step::PayAct(..) | Step::PayTranche(..) => match papers.payment(step) {
                    Some(pay) => Some(paying::pay(db, &funder, &ask, target(version), &pay).await),
                    None => None,
                },
                Step::Reverse(which) => match papers.payments.get(*which) {
                    Some(of) => {
                        let on = papers.at().today;
                        let target = Target { id: of.id, expected_version: version };
                        Some(paying::reverse(db, &funder, &ask, target, on, "ні").await)
                    }
                    None => None,
                },
                Step::Suspend => Some(actions::suspend(db, &funder, &ask, target(version), "ні").await),
                Step::Resume => Some(actions::resume(db, &funder, &ask, target(version), None).await),
                Step::Complete(days) => {
                    Some(actions::complete(db, &funder, &ask, target(version), start() + Days::new(*days)).await)
                }
                Step::Terminate(days) => Some(actions::terminate(db, &funder, &ask, target(version), &terminate(*days)).await),
                Step::Later(_) => None,
            };
            let Some(done) = done else { continue };
            let said = |done: Result<(), Error>| match done {
                Ok(()) => None,
                Err(Error::Refused(why)) => Some((why[0].code, why[0].path.clone())),
                Err(other) => panic!("{step:?}: {other:?}"),
            };
            assert_eq!(said(done.map(drop)), said(papers.try_step(step)), "{step:?}");
            let (whole, payments, act_lines, events) = read(&town, &funder, &provider, id).await;
            assert_eq!(state(&whole), state(&papers.whole), "{step:?}");
            replayed(&whole, &events);
            papers.whole = whole;
            papers.payments = payments;
            papers.act_lines = act_lines;
            papers.check().unwrap();
        }
    }
}

type Read = (Whole, Vec<Payment>, HashMap<Uuid, Vec<ActLine>>, Vec<Event>);

/// All of a contract, drafts too: the provider sees them.
async fn read(town: &Town, funder: &Actor, provider: &Actor, id: Uuid) -> Read {
    let reading = town.served.app.db().read(provider).await.unwrap();
    let link = reading.link();
    let whole = store::wholes(link, &[id]).await.unwrap().remove(0);
    let acts: Vec<Uuid> = whole.acts.iter().map(|act| act.id).collect();
    let mut lines: HashMap<Uuid, Vec<ActLine>> = HashMap::new();
    for line in store::act_lines(link, &acts).await.unwrap() {
        lines.entry(line.act_id).or_default().push(line);
    }
    let (payments, events) = (store::payments(link, &[id]).await.unwrap(), store::events(link, &[id]).await.unwrap());
    reading.end().await.unwrap();
    // The funder sees the same without drafts.
    let reading = town.served.app.db().read(funder).await.unwrap();
    let seen = store::wholes(reading.link(), &[id]).await.unwrap().remove(0);
    reading.end().await.unwrap();
    assert_eq!(seen.row, whole.row);
    assert!(seen.acts.iter().all(|act| act.status != ActStatus::Draft));
    (whole, payments, lines, events)
}

/// How a contract stands, without ids and moments.
fn state(whole: &Whole) -> impl PartialEq + std::fmt::Debug + use<> {
    let row = &whole.row;
    let of_row = (row.status, row.ended_on, row.ceiling_kop, row.accepted_kop, row.paid_kop);
    let terms: Vec<_> = whole.terms.iter().map(|of| (of.effective_on, of.ends_on, of.amount_kop, of.lines_of)).collect();
    let lines: Vec<_> = whole.lines.iter().map(|of| (of.terms, of.place, of.amount_kop)).collect();
    let mut tranches: Vec<_> =
        whole.tranches.iter().map(|of| (of.terms, of.until_terms, of.due_on, of.status, of.paid_kop)).collect();
    tranches.sort();
    let acts: Vec<_> =
        whole.acts.iter().map(|of| (of.month, of.status, of.round, of.claimed_kop, of.accepted_kop, of.paid_kop)).collect();
    (of_row, terms, lines, tranches, acts)
}

/// What the log of steps adds up to is what stands.
fn replayed(whole: &Whole, events: &[Event]) {
    let row = &whole.row;
    let last = |subject| events.iter().filter(|of| of.subject_id == subject).filter_map(|of| of.after.as_deref()).next_back();
    assert_eq!(last(row.id), Some(row.status.word()));
    for act in &whole.acts {
        assert_eq!(last(act.id), Some(act.status.word()));
    }
    for tranche in &whole.tranches {
        assert_eq!(last(tranche.id).unwrap_or("PLANNED"), tranche.status.word());
    }
    let sum = |change| events.iter().filter(|of| of.change == change).filter_map(|of| of.amount_kop).sum::<i64>();
    assert_eq!((sum(ChangeType::ActAccepted), sum(ChangeType::PaymentRecorded)), (row.accepted_kop, row.paid_kop));
    let amount = |of: &&Event| matches!(of.change, ChangeType::ContractCreated | ChangeType::ContractAmended);
    let amounts: Vec<_> = events.iter().filter(amount).filter_map(|of| of.amount_kop).collect();
    assert_eq!(amounts, whole.terms.iter().map(|of| of.amount_kop).collect::<Vec<_>>());
    // Each step continues the one before it.
    let mut states: HashMap<Uuid, &str> = HashMap::new();
    for of in events.iter().filter(|of| of.after.is_some()) {
        let before = states.insert(of.subject_id, of.after.as_deref().unwrap());
        let first = if of.change == ChangeType::TrancheChanged { Some("PLANNED") } else { None };
        assert_eq!(of.before.as_deref(), before.or(first));
    }
}
