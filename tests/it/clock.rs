//! The clocks of referrals: how long an answer, a first contact and the whole may take, and that a miss is told once.

use crate::town::{Side, Town, key, target, with};
use async_graphql::ID;
use chrono::{DateTime, Duration, Utc};
use mistok::{
    access::{Actor, Scopes},
    base::{
        period::Calendar,
        timetable::Timetable,
        words::{
            organization::OrganizationKind,
            referral::{ClockPhase, ClockState, ReferralOrder, Urgency},
        },
    },
    db::migrate,
    graphql::node,
    referral::{
        clock, clock_store, ending,
        model::Filter,
        store::{self, List},
        timing,
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

const CLOCKS: &str = "status version respondBy overdue clocks { phase owner { id } dueAt stoppedAt state }";
const TOLD: &str = "select count(*) from change where type = 'REFERRAL_CLOCK_BREACHED'";

/// Phase and state of each clock.
fn states(seen: &Value) -> Vec<(String, String)> {
    let word = |clock: &Value, field: &str| clock[field].as_str().unwrap().to_owned();
    seen["clocks"].as_array().unwrap().iter().map(|clock| (word(clock, "phase"), word(clock, "state"))).collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(phase, state)| ((*phase).to_owned(), (*state).to_owned())).collect()
}

fn moment(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap_or_else(|| panic!("no moment: {value}")).parse().unwrap()
}

/// A referral of an urgency, sent.
async fn sent(town: &Town, urgency: &str) -> Value {
    let case = town.case(&town.sender).await;
    let consent = town.consent(&town.sender, &case, &town.receiver, &["CONTACT"]).await;
    let input = with(town.referral_input(&case, &consent, &town.receiver).await, json!({"urgency": urgency}));
    town.done(&town.sender, "referralCreate", "referral", CLOCKS, input).await
}

/// The next step, whatever the version is now.
async fn step(town: &Town, side: &Side, name: &str, referral: &Value, more: Value) -> Value {
    let now = town.sees(side, &referral["id"], "id version").await;
    town.done(side, name, "referral", CLOCKS, with(target(&now), more)).await
}

/// Moves the clock to a moment, as near as whole seconds let it.
async fn until(town: Town, to: DateTime<Utc>) -> Town {
    let clock = &town.served.clock;
    clock.advance(Duration::seconds((to - clock.now()).num_seconds()));
    town.again().await
}

#[tokio::test]
async fn clocks_run_from_the_sending_to_the_end() {
    let town = Town::new().await;
    let draft = {
        let case = town.case(&town.sender).await;
        let consent = town.consent(&town.sender, &case, &town.receiver, &["CONTACT"]).await;
        let input = with(town.referral_input(&case, &consent, &town.receiver).await, json!({"send": false}));
        town.done(&town.sender, "referralCreate", "referral", CLOCKS, input).await
    };
    assert_eq!(draft["clocks"], json!([]), "a draft awaits nothing");

    let sent = sent(&town, "URGENT").await;
    let id = &sent["id"];
    assert_eq!(states(&sent), pairs(&[("RESPOND", "RUNNING")]));
    assert_eq!(sent["clocks"][0]["dueAt"], sent["respondBy"], "one moment, said twice");
    for side in [&town.sender, &town.receiver] {
        let seen = town.sees(side, id, "clocks { owner { id } }").await;
        assert_eq!(seen["clocks"][0]["owner"]["id"], json!(town.receiver.id), "it is the receiver's turn");
    }
    let received = step(&town, &town.receiver, "referralAcknowledge", &sent, json!({})).await;
    assert_eq!(states(&received), pairs(&[("RESPOND", "RUNNING")]), "acknowledging is no answer");

    town.served.clock.advance(Duration::hours(10));
    let town = town.again().await;
    let accepted = step(&town, &town.receiver, "referralAccept", &sent, json!({})).await;
    assert_eq!(states(&accepted), pairs(&[("RESPOND", "MET"), ("FIRST_CONTACT", "RUNNING"), ("COMPLETE", "RUNNING")]));
    let at = moment(&accepted["clocks"][0]["stoppedAt"]);
    assert_eq!(moment(&accepted["clocks"][1]["dueAt"]), at + Duration::days(3));
    assert_eq!(moment(&accepted["clocks"][2]["dueAt"]), at + Duration::days(30));
    assert_eq!(accepted["clocks"][2]["stoppedAt"], Value::Null);

    let started = step(&town, &town.receiver, "referralStart", &sent, json!({})).await;
    assert_eq!(states(&started)[1..], pairs(&[("FIRST_CONTACT", "MET"), ("COMPLETE", "RUNNING")]));
    let done = step(&town, &town.receiver, "referralComplete", &sent, json!({"outcome": "SERVICE_PROVIDED"})).await;
    let met = pairs(&[("RESPOND", "MET"), ("FIRST_CONTACT", "MET"), ("COMPLETE", "MET")]);
    assert_eq!(states(&done), met);
    town.served.clock.advance(Duration::days(300));
    let town = town.again().await;
    assert_eq!(states(&town.sees(&town.sender, id, CLOCKS).await), met, "what stopped stays as it is");
    assert_eq!((timing::breach(town.served.app.db()).await.unwrap(), town.count(TOLD).await), (0, 0));
    assert_eq!(town.sees(&town.stranger, id, CLOCKS).await, Value::Null);
}

#[tokio::test]
async fn overdue_is_exact_to_the_second() {
    let town = Town::new().await;
    let sent = sent(&town, "EMERGENCY").await;
    let due = moment(&sent["respondBy"]);
    let id = node::open(&ID::from(sent["id"].as_str().unwrap())).unwrap().1;
    let kind = OrganizationKind::LocalAuthority;
    let sender = Actor {
        application_id: Uuid::now_v7(),
        organization_id: town.sender.partner.organization_id,
        kind,
        scopes: Scopes::of_kind(kind),
        purpose: None,
        acting_for: None,
        language: Default::default(),
    };
    let reading = town.served.app.db().read(&sender).await.unwrap();
    let row = store::find(reading.link(), &[id]).await.unwrap().remove(0);
    let clock = clock_store::find(reading.link(), &[id]).await.unwrap().remove(0);
    let filter = Filter { overdue: Some(true), ..Filter::default() };
    // The field, the clock and the list speak of the same second.
    for (seconds, late) in [(-1, false), (0, false), (1, true)] {
        let now = due + Duration::seconds(seconds);
        let list = List { viewer: sender.organization_id, filter: &filter, order: ReferralOrder::NewestFirst, now };
        let listed = store::count(reading.link(), &list, 9).await.unwrap();
        let said = (row.overdue(now), clock::state(&clock, now) == ClockState::Breached, listed == 1);
        assert_eq!(said, (late, late, late), "{seconds} seconds after respondBy");
    }
}

#[tokio::test]
async fn a_late_answer_is_shown_and_told_once() {
    let town = Town::new().await;
    let sent = sent(&town, "EMERGENCY").await;
    let due = moment(&sent["respondBy"]);
    let town = until(town, due - Duration::seconds(60)).await;
    let seen = town.sees(&town.sender, &sent["id"], CLOCKS).await;
    assert_eq!((&seen["overdue"], states(&seen)), (&json!(false), pairs(&[("RESPOND", "RUNNING")])));
    let town = until(town, due + Duration::seconds(2)).await;
    let seen = town.sees(&town.sender, &sent["id"], CLOCKS).await;
    assert_eq!((&seen["overdue"], states(&seen)), (&json!(true), pairs(&[("RESPOND", "BREACHED")])));
    let listed = town.ask(&town.sender, "{ referrals(first: 5, filter: {overdue: true}) { nodes { id } } }", json!({})).await;
    assert_eq!(listed.data()["referrals"]["nodes"][0]["id"], sent["id"]);

    let accepted = step(&town, &town.receiver, "referralAccept", &sent, json!({})).await;
    assert_eq!(states(&accepted)[0], pairs(&[("RESPOND", "BREACHED")])[0], "late is late");
    assert_eq!(accepted["overdue"], json!(false), "but nothing is awaited any more");
    assert_eq!(town.count(TOLD).await, 1, "with the answer itself");
    assert_eq!(timing::breach(town.served.app.db()).await.unwrap(), 0, "and not again");
    let both = "select count(*) from change_audience a join change c using (seq) where c.type = 'REFERRAL_CLOCK_BREACHED'";
    assert_eq!(town.count(both).await, 2, "both parties learn of it");
    let said = "select count(*) from change where type = 'REFERRAL_CLOCK_BREACHED' and detail = '{\"phase\": \"RESPOND\", \"status\": \"ACCEPTED\"}'";
    assert_eq!(town.count(said).await, 1, "words and no person");
}

#[tokio::test]
async fn two_servers_tell_of_each_miss_once() {
    let town = Town::new().await;
    for _ in 0..4 {
        let sent = sent(&town, "EMERGENCY").await;
        step(&town, &town.receiver, "referralAccept", &sent, json!({})).await;
    }
    let late = sent(&town, "EMERGENCY").await;
    town.served.clock.advance(Duration::days(8));
    let town = town.again().await;
    let (one, two) = (town.served.app.db().clone(), town.served.stage.db(town.served.clock.clone()));
    let answer = step(&town, &town.receiver, "referralAccept", &late, json!({}));
    let round = async |db| {
        let mut told = 0;
        for _ in 0..3 {
            told += timing::breach(db).await.unwrap();
        }
        told
    };
    let (first, second, third, _) = tokio::join!(round(&one), round(&two), round(&two), answer);
    // Two clocks of each accepted referral; the late answer, by whoever came first.
    let answered = usize::from(first + second + third == 8);
    assert_eq!(first + second + third + answered, 9);
    assert_eq!(town.count(TOLD).await, 9);
    let twice = "select count(*) from (select 1 from change where type = 'REFERRAL_CLOCK_BREACHED' group by object_id, detail->>'phase' having count(*) > 1) t";
    assert_eq!(town.count(twice).await, 0);
    assert_eq!(timing::breach(&one).await.unwrap(), 0);
    // Ending what was missed tells nothing anew.
    step(&town, &town.receiver, "referralStart", &late, json!({})).await;
    assert_eq!(town.count(TOLD).await, 9);
    // And the database itself keeps to it.
    let owner = crate::stage::connect(&town.served.stage.superuser_url()).await;
    let again = owner.batch_execute("update referral_clock set breached_at = now() where breached_at is not null").await;
    let fault = again.unwrap_err();
    assert_eq!(fault.as_db_error().unwrap().constraint(), Some("referral_clock_is_breached_once"));
}

#[tokio::test]
async fn a_pause_stops_the_time_and_going_on_gives_it_back() {
    let town = Town::new().await;
    let sent = sent(&town, "URGENT").await;
    let accepted = step(&town, &town.receiver, "referralAccept", &sent, json!({})).await;
    let due = moment(&accepted["clocks"][2]["dueAt"]);
    let held = step(&town, &town.receiver, "referralHold", &sent, json!({"reason": "WAITING_LIST"})).await;
    assert_eq!(states(&held), pairs(&[("RESPOND", "MET"), ("FIRST_CONTACT", "PAUSED"), ("COMPLETE", "PAUSED")]));
    assert_eq!(held["clocks"][2]["dueAt"], Value::Null, "nobody knows how long the pause lasts");
    town.served.clock.advance(Duration::days(100));
    let town = town.again().await;
    assert_eq!(timing::breach(town.served.app.db()).await.unwrap(), 0, "a pause is no miss");
    let resumed = step(&town, &town.receiver, "referralResume", &sent, json!({})).await;
    assert_eq!(states(&resumed), pairs(&[("RESPOND", "MET"), ("FIRST_CONTACT", "MET"), ("COMPLETE", "RUNNING")]));
    let moved = moment(&resumed["clocks"][2]["dueAt"]) - due;
    assert!((Duration::days(100)..Duration::days(100) + Duration::minutes(5)).contains(&moved), "{moved}");
    let town = until(town, moment(&resumed["clocks"][2]["dueAt"]) + Duration::seconds(2)).await;
    // Held too late: told with the pause, once, and late it stays.
    let held = step(&town, &town.receiver, "referralHold", &sent, json!({"reason": "WAITING_LIST"})).await;
    assert_eq!((states(&held)[2].1.as_str(), town.count(TOLD).await), ("PAUSED", 1));
    town.served.clock.advance(Duration::days(1));
    let town = town.again().await;
    let resumed = step(&town, &town.receiver, "referralResume", &sent, json!({})).await;
    assert_eq!((states(&resumed)[2].1.as_str(), timing::breach(town.served.app.db()).await.unwrap()), ("BREACHED", 0));
    assert_eq!(town.count(TOLD).await, 1);
}

#[tokio::test]
async fn nothing_runs_where_a_referral_has_ended() {
    let town = Town::new().await;
    let (receiver, sender) = (&town.receiver, &town.sender);
    let why = |reason: &str| json!({ "reason": reason });
    let hold = ("referralHold", why("WAITING_LIST"));
    let (accept, start) = (("referralAccept", json!({})), ("referralStart", json!({})));
    let mut ended = Vec::new();
    for (steps, side, name, more, status) in [
        (vec![], receiver, "referralDecline", why("NO_CAPACITY"), "DECLINED"),
        (vec![], sender, "referralCancel", why("NEED_CEASED"), "CANCELLED"),
        (vec![], sender, "referralMarkError", why("DUPLICATE"), "ENTERED_IN_ERROR"),
        (vec![&accept], receiver, "referralComplete", json!({"outcome": "SERVICE_PROVIDED"}), "COMPLETED"),
        (vec![&accept, &hold], receiver, "referralNotComplete", why("NO_SHOW"), "NOT_COMPLETED"),
        (vec![&accept, &start, &hold], receiver, "referralCancel", why("NEED_CEASED"), "CANCELLED"),
        (vec![&accept, &start], sender, "referralMarkError", why("DUPLICATE"), "ENTERED_IN_ERROR"),
    ] {
        let referral = sent(&town, "EMERGENCY").await;
        for (name, more) in steps {
            step(&town, receiver, name, &referral, more.clone()).await;
        }
        let seen = step(&town, side, name, &referral, more).await;
        assert_eq!(seen["status"], status);
        ended.push((referral, status));
    }
    // A consent that ends, by the party and by the time.
    let (withdrawn, _, consent) = town.sent(&["CONTACT"]).await;
    town.done(sender, "consentWithdraw", "consent", "withdrawnAt", target(&consent)).await;
    ended.push((withdrawn, "CANCELLED"));
    let (expired, ..) = town.sent(&["CONTACT"]).await;
    town.served.clock.advance(Duration::days(366));
    let town = town.again().await;
    let db = town.served.app.db();
    assert!(ending::expire_consents(db).await.unwrap() > 0);
    assert_eq!(town.count(TOLD).await, 1, "the one that was open for a year");
    assert_eq!(timing::breach(db).await.unwrap(), 0, "nobody's clock runs");
    for (referral, status) in &ended {
        let seen = town.sees(&town.sender, &referral["id"], CLOCKS).await;
        assert_eq!(seen["status"], *status);
        let clocks = seen["clocks"].as_array().unwrap();
        assert!(clocks.iter().all(|clock| clock["state"] == "MET" && clock["stoppedAt"].is_string()), "{seen}");
    }
    let seen = town.sees(&town.receiver, &expired["id"], CLOCKS).await;
    assert_eq!((&seen["status"], states(&seen)), (&json!("CANCELLED"), pairs(&[("RESPOND", "BREACHED")])));
    let running = "select count(*) from referral_clock where stopped_at is null";
    assert_eq!(town.count(running).await, 0);
    let owner = crate::stage::connect(&town.served.stage.superuser_url()).await;
    let fault = owner.batch_execute("update referral_clock set stopped_at = null").await.unwrap_err();
    assert_eq!(fault.as_db_error().unwrap().constraint(), Some("referral_clock_that_has_stopped_stays_as_it_is"));
}

#[tokio::test]
async fn working_hours_are_a_setting_and_an_emergency_knows_none() {
    // From yesterday on, whatever the hour and the zone of this test.
    let off = (Utc::now() - Duration::days(1)).date_naive().iter_days().take(7);
    let timetable = Timetable {
        hours: "09:00-18:00".parse().ok(),
        calendar: Calendar::new(off),
        respond: "2h,9h,2d".parse().unwrap(),
        ..Timetable::default()
    };
    let town = Town::with(timetable.clone()).await;
    for (urgency, word) in [(Urgency::Emergency, "EMERGENCY"), (Urgency::Urgent, "URGENT"), (Urgency::Normal, "NORMAL")] {
        let sent = sent(&town, word).await;
        let seen = town.sees(&town.sender, &sent["id"], "sentAt respondBy").await;
        let (at, due) = (moment(&seen["sentAt"]), moment(&seen["respondBy"]));
        assert_eq!(due, timetable.due(at, ClockPhase::Respond, urgency));
        match urgency {
            Urgency::Emergency => assert_eq!(due - at, Duration::hours(2), "whatever the hour"),
            _ => assert!(due - at > Duration::days(1), "days are off: {at} to {due}"),
        }
    }
    // The same days off count for the assessment of a case.
    let case = town
        .done(
            &town.sender,
            "caseOpen",
            "case",
            "openedOn assessmentDueOn",
            json!({
                "idempotencyKey": key(), "primaryCategory": "IDP", "intakeChannel": "SELF_IN_PERSON",
            }),
        )
        .await;
    let day = |value: &Value| value.as_str().unwrap().parse::<chrono::NaiveDate>().unwrap();
    let expected = mistok::base::period::add_working_days(day(&case["openedOn"]), 5, &timetable.calendar);
    assert_eq!(day(&case["assessmentDueOn"]), expected);
}

#[tokio::test]
async fn referrals_that_were_there_before_get_their_clocks() {
    let town = Town::new().await;
    let hold = json!({"reason": "WAITING_LIST"});
    for steps in [
        vec![],
        vec!["referralAcknowledge"],
        vec!["referralAccept"],
        vec!["referralAccept", "referralHold"],
        vec!["referralAccept", "referralHold", "referralResume"],
        vec!["referralAccept", "referralStart", "referralHold", "referralResume", "referralHold"],
        vec!["referralAccept", "referralHold", "referralNotComplete"],
    ] {
        let referral = sent(&town, "URGENT").await;
        for name in steps {
            let more = match name {
                "referralHold" => hold.clone(),
                "referralNotComplete" => json!({"reason": "NO_SHOW"}),
                _ => json!({}),
            };
            step(&town, &town.receiver, name, &referral, more).await;
            town.served.clock.advance(Duration::seconds(60));
        }
    }
    let clocks = "select string_agg(row_to_json(c)::text, E'\\n' order by referral_id, phase) from referral_clock c";
    let all = async || {
        let client = crate::stage::connect(&town.served.stage.superuser_url()).await;
        client.query_one(clocks, &[]).await.unwrap().get::<_, String>(0)
    };
    let (before, url) = (all().await, town.served.stage.owner_url());
    while migrate::down(&url).await.unwrap().unwrap() != "0011_clock" {}
    migrate::up(&url).await.unwrap();
    let after = all().await;
    assert_eq!(after.lines().collect::<Vec<_>>(), before.lines().collect::<Vec<_>>());
    assert_eq!(before.lines().count(), 7 + 2 * 5, "an answer of each, and two more of those that were accepted");
}
