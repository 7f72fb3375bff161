//! Figures of receivers against the plain count and the plain median over the referrals themselves.

use crate::{
    stage::connect,
    town::{Side, Town, target, with},
};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use mistok::{
    access::{Actor, Scopes},
    base::{
        clock::day,
        words::{
            organization::{OrganizationKind as Kind, Workload},
            referral::{Party, ReferralAction as Action, ReferralOutcome, ReferralStatus as Status},
        },
    },
    db::{Errand, migrate},
    referral::{
        figure,
        model::{Figures, Referral},
        rules, store,
    },
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// A town with one person, about whom all these referrals are.
struct Scene {
    town: Town,
    client: tokio_postgres::Client,
    person: Uuid,
}

impl Scene {
    async fn new() -> Self {
        let town = Town::new().await;
        town.case(&town.sender).await;
        let client = connect(&town.served.stage.superuser_url()).await;
        let person = client.query_one("select id::text from person", &[]).await.unwrap();
        let person = person.get::<_, &str>(0).parse().unwrap();
        Self { town, client, person }
    }

    /// A draft to a receiver, past the walls.
    async fn draft(&self, receiver: Uuid, at: DateTime<Utc>) -> Referral {
        let id = Uuid::new_v4();
        let sql = format!(
            "insert into referral (id, number, sender_id, receiver_id, service_id, territory_code, urgency, legal_basis, person_id,
               subject_kind, safety_flag, status, created_at, updated_at, version)
             select '{id}', '{id}', '{}', '{receiver}', (select id from service_type limit 1), '{}', 'NORMAL', 'LAW_NOTIFICATION', '{}',
               'PERSON', false, 'DRAFT', '{at}', '{at}', 1",
            self.town.sender.partner.organization_id,
            crate::town::KAZANKA,
            self.person,
        );
        self.client.batch_execute(&sql).await.unwrap();
        let tx = self.town.served.app.db().errand(Errand::Expiry).await.unwrap();
        store::find(tx.link(), &[id]).await.unwrap().remove(0)
    }

    /// One step by the rules of the trade, written by its own store.
    async fn step(&self, before: &Referral, party: Party, action: Action, at: DateTime<Utc>) -> Referral {
        let outcome = matches!(action, Action::Complete | Action::ReferOnward).then_some(ReferralOutcome::ServiceProvided);
        let with = rules::With { reason: rules::reasons(action).first().copied(), outcome, retention_days: None };
        let mut after = rules::step(before, action, party, with, at).unwrap();
        match action {
            Action::Send => (after.sent_at, after.respond_by) = (Some(at), Some(at)),
            Action::Accept => after.terms.shared_groups = Some(Vec::new()),
            _ => {}
        }
        let tx = self.town.served.app.db().errand(Errand::Expiry).await.unwrap();
        let after = store::end(&tx, before, &after).await.unwrap();
        tx.commit().await.unwrap();
        after
    }

    /// Sent, and answered after so many hours, if at all.
    async fn sent(&self, receiver: Uuid, answer: Option<(Action, f64)>) -> Referral {
        let at = self.town.served.clock.now() - Duration::days(7);
        let draft = self.draft(receiver, at).await;
        let sent = self.step(&draft, Party::Sender, Action::Send, at).await;
        match answer {
            Some((action, hours)) => {
                let after = at + Duration::seconds((hours * 3600.0) as i64);
                self.step(&sent, Party::Receiver, action, after).await
            }
            None => sent,
        }
    }

    /// What a stranger to all of it is told of these receivers.
    async fn figures(&self, of: &[Uuid]) -> HashMap<Uuid, Figures> {
        let reading = self.town.served.app.db().read(&actor(&self.town.stranger)).await.unwrap();
        let figures = figure::of_receivers(reading.link(), of).await.unwrap();
        reading.end().await.unwrap();
        figures
    }

    async fn of(&self, receiver: Uuid) -> Figures {
        self.figures(&[receiver]).await[&receiver]
    }

    /// All that is counted, parts summed: by receiver and measure, and by day and tenths of hours where there are any.
    async fn counts(&self) -> BTreeMap<String, i64> {
        let sql = "select concat_ws(' ', organization_id, 'OPEN'), sum(open) from receiver_load group by 1 having sum(open) <> 0
            union all select concat_ws(' ', organization_id, measure, day, tenths), sum(count) from receiver_day group by 1 having sum(count) <> 0";
        self.client.query(sql, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}

fn actor(side: &Side) -> Actor {
    let (organization_id, kind) = (side.partner.organization_id, Kind::Charity);
    Actor {
        application_id: Uuid::nil(),
        organization_id,
        kind,
        scopes: Scopes::of_kind(kind),
        purpose: None,
        acting_for: None,
        language: Default::default(),
    }
}

const NOTHING: Figures = Figures { workload: Workload::Unknown, median_hours_to_respond: None };

/// What is plainly true of one referral.
#[derive(Debug)]
struct Truth {
    receiver: Uuid,
    status: Status,
    sent: DateTime<Utc>,
    answered: Option<DateTime<Utc>>,
    /// The end of work that had begun.
    ended: Option<DateTime<Utc>>,
    /// When it was no longer open.
    gone: Option<DateTime<Utc>>,
}

impl Truth {
    fn open(&self) -> bool {
        use Status::*;
        matches!(self.status, Sent | Received | Accepted | InProgress | OnHold)
    }

    /// Whether it was open when the day before this one ended.
    fn open_before(&self, today: NaiveDate) -> bool {
        self.counts() && day(self.sent) < today && self.gone.is_none_or(|gone| day(gone) >= today)
    }

    fn counts(&self) -> bool {
        self.status != Status::EnteredInError
    }

    /// Day and tenths of hours of the answer.
    fn answer(&self) -> Option<(NaiveDate, i16)> {
        let at = self.answered.filter(|_| self.counts())?;
        let tenths = ((at - self.sent).num_milliseconds() as f64 / 360_000.0).round();
        Some((day(at), tenths.min(32_767.0) as i16))
    }

    fn end(&self) -> Option<NaiveDate> {
        self.ended.filter(|_| self.counts()).map(day)
    }
}

/// The steps on which a median is told.
const LADDER: [f64; 17] = [1., 2., 4., 8., 12., 24., 48., 72., 120., 168., 240., 336., 504., 720., 1440., 2160., 4320.];

/// The figures of a receiver, by the law as it is written: of yesterday evening.
fn plain(all: &[Truth], receiver: Uuid, now: DateTime<Utc>) -> Figures {
    let of: Vec<&Truth> = all.iter().filter(|truth| truth.receiver == receiver).collect();
    let within = |days, at: NaiveDate| at < day(now) && at >= day(now) - Duration::days(days);
    let mut hours: Vec<i16> =
        of.iter().filter_map(|truth| truth.answer()).filter(|(day, _)| within(180, *day)).map(|(_, tenths)| tenths).collect();
    if hours.len() < 10 {
        return NOTHING;
    }
    hours.sort_unstable();
    let middle = f64::from(hours[(hours.len() - 1) / 2]) + f64::from(hours[hours.len() / 2]);
    let open = of.iter().filter(|truth| truth.open_before(day(now))).count();
    let ended = of.iter().filter_map(|truth| truth.end()).filter(|day| within(90, *day)).count();
    // By tens: the middle of each for all of it.
    let (waits, a_quarter) = (open / 10 * 10 + 5, ended / 10 * 10 + 5);
    let workload = match () {
        () if ended < 10 => Workload::Unknown,
        () if 3 * waits <= a_quarter => Workload::Low,
        () if 3 * waits <= 2 * a_quarter => Workload::Medium,
        () => Workload::High,
    };
    let step = LADDER.into_iter().find(|step| middle / 20.0 <= *step);
    Figures { workload, median_hours_to_respond: step }
}

/// One history: to which receiver, sent how many minutes ago, and the steps: which of the possible ones, after how many minutes.
type History = (usize, i64, Vec<(usize, i64)>);

fn histories(count: usize) -> Vec<History> {
    let minutes = prop_oneof![30 => 0i64..600, 20 => 0i64..4_000, 10 => Just(0i64), 1 => Just(200_000)];
    let strategy = (
        prop_oneof![5 => Just(0usize), 5 => Just(1), 1 => Just(2)],
        0i64..100_000,
        proptest::collection::vec((0usize..40, minutes), 10..20),
    );
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// What both may do now. A mistake is as rare as it is in life: it would end most histories at once.
fn possible(status: Status, rare: bool) -> Vec<(Party, Action)> {
    let may = move |party| Action::ALL.iter().copied().filter(move |action| rules::target(status, *action, party).is_some());
    let of = |party: Party| may(party).map(move |action| (party, action));
    let all = of(Party::Receiver).chain(of(Party::Sender));
    all.filter(|(_, action)| *action != Action::Update && (rare || *action != Action::MarkError)).collect()
}

async fn live(scene: &Scene, receivers: &[Uuid], (to, ago, steps): History) -> Truth {
    let mut at = scene.town.served.clock.now() - Duration::minutes(ago);
    let draft = scene.draft(receivers[to], at).await;
    let mut row = scene.step(&draft, Party::Sender, Action::Send, at).await;
    let mut truth = Truth { receiver: receivers[to], status: row.status, sent: at, answered: None, ended: None, gone: None };
    // One receiver leaves some lying.
    let most = if to == 0 && steps.len() % 5 == 0 { 1 } else { steps.len() };
    for (choice, minutes) in steps.into_iter().take(most) {
        at += Duration::minutes(minutes);
        if at > scene.town.served.clock.now() {
            break;
        }
        let possible = possible(row.status, choice % 4 == 0);
        let Some((party, action)) = possible.get(choice % possible.len().max(1)) else { break };
        if matches!(action, Action::Accept | Action::Decline) {
            truth.answered = Some(at);
        }
        let begun = matches!(row.status, Status::Accepted | Status::InProgress | Status::OnHold);
        row = scene.step(&row, *party, *action, at).await;
        truth.status = row.status;
        if !truth.open() {
            truth.gone = truth.gone.or(Some(at));
        }
        if begun && matches!(row.status, Status::Completed | Status::NotCompleted | Status::Cancelled) {
            truth.ended = Some(at);
        }
    }
    truth
}

#[tokio::test]
async fn the_roll_ups_are_the_plain_count_and_the_plain_median() {
    let scene = Scene::new().await;
    let third = scene.town.side(Kind::MunicipalInstitution).await;
    let receivers = [&scene.town.receiver, &scene.town.stranger, &third].map(|side| side.partner.organization_id);
    let mut all = Vec::new();
    for history in histories(220) {
        all.push(live(&scene, &receivers, history).await);
    }
    let mut expected = BTreeMap::new();
    for truth in &all {
        let receiver = truth.receiver;
        let open = truth.open().then(|| format!("{receiver} OPEN"));
        let answered = truth.answer().map(|(day, tenths)| format!("{receiver} ANSWERED {day} {tenths}"));
        let ended = truth.end().map(|day| format!("{receiver} ENDED {day} 0"));
        let came = truth.counts().then(|| format!("{receiver} CAME {} 0", day(truth.sent)));
        let went = truth.gone.filter(|_| truth.counts()).map(|at| format!("{receiver} WENT {} 0", day(at)));
        for count in [open, answered, ended, came, went].into_iter().flatten() {
            *expected.entry(count).or_insert(0) += 1;
        }
    }
    assert_eq!(scene.counts().await, expected);
    let mistakes = all.iter().filter(|truth| truth.status == Status::EnteredInError);
    assert!(mistakes.clone().filter(|truth| truth.answered.is_some()).count() > 3, "answered and then taken back");
    assert!(mistakes.filter(|truth| truth.ended.is_some()).count() > 1, "ended and then taken back");

    // As time goes by, the windows leave one answer after the other behind; an organisation that never was has no figures.
    let mut bands = Vec::new();
    for _ in 0..20 {
        let now = scene.town.served.clock.now();
        let asked = [receivers.as_slice(), &[Uuid::nil()]].concat();
        let expected: HashMap<Uuid, Figures> = asked.iter().map(|id| (*id, plain(&all, *id, now))).collect();
        assert_eq!(scene.figures(&asked).await, expected);
        bands.extend(expected.values().map(|figures| figures.workload));
        scene.town.served.clock.advance(Duration::days(12));
    }
    for band in Workload::ALL {
        assert!(bands.contains(band), "the histories show no {band}: {bands:?}");
    }

    // Who comes later counts the same from what is there.
    let before = scene.counts().await;
    let owner = scene.town.served.stage.owner_url();
    while migrate::down(&owner).await.unwrap().as_deref() != Some("0012_figure") {}
    migrate::up(&owner).await.unwrap();
    assert_eq!(scene.counts().await, before);
}

#[tokio::test]
async fn nine_answers_tell_nothing_and_ten_tell_a_step_of_the_ladder() {
    let scene = Scene::new().await;
    let receiver = scene.town.receiver.partner.organization_id;
    for hours in [1.0, 2.0, 3.0, 4.0, 10.0, 20.0, 30.0, 40.0, 50.0] {
        let action = if hours < 10.0 { Action::Accept } else { Action::Decline };
        scene.sent(receiver, Some((action, hours))).await;
    }
    assert_eq!(scene.of(receiver).await, NOTHING, "nine answers, and four referrals that are worked on");
    let tenth = scene.sent(receiver, None).await;
    assert_eq!(scene.of(receiver).await, NOTHING, "a question is no answer");
    let tenth = scene.step(&tenth, Party::Receiver, Action::Decline, tenth.sent_at.unwrap() + Duration::minutes(669)).await;
    let told = Figures { workload: Workload::Unknown, median_hours_to_respond: Some(12.0) };
    assert_eq!(scene.of(receiver).await, told, "10 and 11.2 hours: within twelve");
    // One answer more, and another one: 11.2 hours, 10.6 hours.
    for hours in [60.0, 0.5] {
        scene.sent(receiver, Some((Action::Decline, hours))).await;
        assert_eq!(scene.of(receiver).await, told, "it is not seen");
    }
    for row in [&tenth, &scene.sent(receiver, Some((Action::Decline, 11.0))).await] {
        scene.step(row, Party::Sender, Action::MarkError, scene.town.served.clock.now()).await;
    }
    assert_eq!(scene.of(receiver).await.median_hours_to_respond, Some(12.0), "10 hours, of eleven");
}

#[tokio::test]
async fn what_happens_today_is_told_tomorrow() {
    let scene = Scene::new().await;
    let receiver = scene.town.receiver.partner.organization_id;
    for hours in [1.0, 2.0, 3.0, 4.0, 10.0, 20.0, 30.0, 40.0, 50.0] {
        scene.sent(receiver, Some((Action::Decline, hours))).await;
    }
    // By the API, as both parties do it.
    let (sent, ..) = scene.town.sent(&["CONTACT"]).await;
    let accepted = scene.town.step(&scene.town.receiver, "referralAccept", &sent, json!({})).await;
    assert_eq!(scene.of(receiver).await, NOTHING, "nobody acts and looks what has moved");
    scene.town.served.clock.advance(Duration::days(1));
    let scene = Scene { town: scene.town.again().await, ..scene };
    assert_eq!(scene.of(receiver).await.median_hours_to_respond, Some(8.0), "between 4 and 10 hours");
    let wrong = json!({"reason": "SENT_BY_MISTAKE"});
    let wrong = with(target(&accepted), wrong);
    scene.town.done(&scene.town.sender, "referralMarkError", "referral", "status", wrong).await;
    assert_eq!(scene.of(receiver).await, NOTHING, "a mistake is out of every figure");
}

#[tokio::test]
async fn the_band_is_the_open_work_in_months_of_the_pace_by_tens() {
    let scene = Scene::new().await;
    let receiver = scene.town.receiver.partner.organization_id;
    let (now, yesterday) = (scene.town.served.clock.now(), scene.town.served.clock.now() - Duration::days(1));
    let ends = async |count: usize| {
        for _ in 0..count {
            let accepted = scene.sent(receiver, Some((Action::Accept, 1.0))).await;
            scene.step(&accepted, Party::Receiver, Action::Complete, yesterday).await;
        }
    };
    let band = async || scene.of(receiver).await.workload;
    for _ in 0..10 {
        scene.sent(receiver, Some((Action::Decline, 1.0))).await;
    }
    assert_eq!(band().await, Workload::Unknown, "nothing has ended");
    let mut open = vec![scene.sent(receiver, None).await];
    assert_eq!(band().await, Workload::Unknown, "with nothing ended a band would tell of one that is open");
    ends(9).await;
    assert_eq!(band().await, Workload::Unknown);
    ends(1).await;
    for _ in 0..8 {
        assert_eq!(band().await, Workload::Low, "{} are open", open.len());
        open.push(scene.sent(receiver, None).await);
    }
    assert_eq!(band().await, Workload::Low, "one and nine are the same");
    open.push(scene.sent(receiver, None).await);
    assert_eq!(band().await, Workload::High, "ten and more, at the pace of ten and more in three months");
    ends(20).await;
    assert_eq!(band().await, Workload::Medium);
    // What is cancelled before it was accepted is no longer open, and nobody's work that ended; it is told tomorrow.
    for row in &open {
        scene.step(row, Party::Sender, Action::Cancel, now).await;
    }
    let draft = scene.draft(receiver, now).await;
    scene.step(&draft, Party::Sender, Action::Send, now).await;
    assert_eq!(band().await, Workload::Medium, "as it was yesterday evening");
    scene.town.served.clock.advance(Duration::days(1));
    assert_eq!(band().await, Workload::Low);
    scene.town.served.clock.advance(Duration::days(91));
    assert_eq!(band().await, Workload::Unknown, "the ends are of another quarter");
}

#[tokio::test]
async fn days_that_no_figure_looks_at_are_forgotten() {
    let scene = Scene::new().await;
    let receiver = scene.town.receiver.partner.organization_id;
    let old = scene.sent(receiver, Some((Action::Accept, 1.0))).await;
    let db = scene.town.served.app.db().clone();
    let days = async || scene.town.count("select count(*) from receiver_day where day < current_date + 100").await;
    mistok::work::round(&db, Uuid::nil()).await.unwrap();
    assert_eq!(days().await, 2, "it came, and was answered");
    scene.town.served.clock.advance(Duration::days(195));
    let late = scene.sent(receiver, None).await;
    scene.town.served.clock.advance(Duration::days(5));
    mistok::work::round(&db, Uuid::nil()).await.unwrap();
    assert_eq!(days().await, 0);
    assert_eq!(scene.town.count("select count(*) from receiver_day").await, 1, "what is younger stays");
    // A mistake that is found so late moves no figure.
    scene.step(&old, Party::Sender, Action::MarkError, scene.town.served.clock.now()).await;
    scene.town.served.clock.advance(Duration::days(1));
    mistok::work::round(&db, Uuid::nil()).await.unwrap();
    assert_eq!(days().await, 0);
    assert_eq!(scene.counts().await.get(&format!("{receiver} OPEN")), Some(&1), "{late:?}");
}

#[tokio::test]
async fn the_counts_themselves_are_nobody_s_to_see() {
    let scene = Scene::new().await;
    let receiver = scene.town.receiver.partner.organization_id;
    scene.sent(receiver, Some((Action::Accept, 1.0))).await;
    let app = connect(&scene.town.served.stage.app_url()).await;
    for who in
        ["", "set local mistok.org_id = 'ME'", "set local mistok.errand = 'operator'", "set local mistok.errand = 'expiry'"]
    {
        for what in [
            "select * from receiver_load",
            "select count(*) from receiver_day",
            "insert into receiver_load (organization_id, open) values ('ME', 1)",
            "update receiver_day set count = 99",
            "delete from receiver_load",
            "select mistok.figures_of(r) from referral r",
        ] {
            let sql = format!("begin; {who}; {what}").replace("ME", &receiver.to_string());
            let said = app.batch_execute(&sql).await.unwrap_err();
            app.batch_execute("rollback").await.unwrap();
            let said = said.as_db_error().unwrap().message().to_owned();
            assert!(said.starts_with("permission denied"), "{who}: {what}: {said}");
        }
    }
    let asked = format!("select count(*) from mistok.receiver_figures(array['{receiver}'::uuid])");
    assert_eq!(app.query_one(&asked, &[]).await.unwrap().get::<_, i64>(0), 0, "nobody asks");
}

#[tokio::test]
async fn two_transactions_at_once_lose_no_count_and_wait_for_no_figure() {
    let scene = Scene::new().await;
    let to = [&scene.town.receiver, &scene.town.stranger].map(|side| side.partner.organization_id);
    let mut rows: Vec<Vec<Uuid>> = Vec::new();
    for receiver in to {
        let mut ids = Vec::new();
        for _ in 0..32 {
            ids.push(scene.sent(receiver, Some((Action::Accept, 1.0))).await.id);
        }
        rows.push(ids);
    }
    let end = |id: Uuid| {
        format!(
            "update referral set status = 'NOT_COMPLETED', ended_at = '{}' where id = '{id}'",
            scene.town.served.clock.now()
        )
    };
    let url = scene.town.served.stage.superuser_url();
    let (one, two) = (connect(&url).await, connect(&url).await);
    // Each holds what the other one wants next: with one row for each receiver they would wait in a ring.
    for client in [&one, &two] {
        client.batch_execute("begin; set local lock_timeout = '1s'").await.unwrap();
    }
    one.batch_execute(&end(rows[0][0])).await.unwrap();
    two.batch_execute(&end(rows[1][0])).await.unwrap();
    one.batch_execute(&end(rows[1][1])).await.unwrap();
    two.batch_execute(&end(rows[0][1])).await.unwrap();
    two.batch_execute("commit").await.unwrap();
    one.batch_execute("commit").await.unwrap();
    // One that is taken back counts nothing.
    one.batch_execute(&format!("begin; {}; rollback", end(rows[0][2]))).await.unwrap();

    let mut at_once = Vec::new();
    for part in 0..6 {
        let (client, mine) =
            (connect(&url).await, [&rows[0][2 + part * 5..7 + part * 5], &rows[1][2 + part * 5..7 + part * 5]].concat());
        let steps: Vec<String> = mine.into_iter().map(end).collect();
        at_once.push(tokio::spawn(async move {
            for step in steps {
                client.batch_execute(&step).await.unwrap();
            }
        }));
    }
    for task in at_once {
        task.await.unwrap();
    }
    let today = scene.town.served.clock.today();
    let counts = scene.counts().await;
    for receiver in to {
        assert_eq!(counts.get(&format!("{receiver} OPEN")), None, "nothing is open");
        assert_eq!(counts[&format!("{receiver} ENDED {today} 0")], 32);
    }
    let parts = scene.town.count("select count(*) from receiver_load").await;
    assert!(parts <= 16, "as many parts as there were writers at once: {parts}");
}
