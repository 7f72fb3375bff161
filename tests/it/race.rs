//! Two at once: what ends a memorandum or a consent, and what is sent or accepted under it. Each round has one order or the other.

use crate::town::{Side, Town, key, target, with};
use mistok::base::words::organization::OrganizationKind as Kind;
use serde_json::{Value, json};

const ROUNDS: usize = 20;

/// A charity that sends to the town's receiver under memoranda, one for each round.
struct Scene {
    town: Town,
    sender: Side,
    case: Value,
}

impl Scene {
    async fn new() -> Self {
        let town = Town::new().await;
        let sender = town.side(Kind::Charity).await;
        let case = town.case(&sender).await;
        Self { town, sender, case }
    }

    async fn consent(&self) -> Value {
        self.town.consent(&self.sender, &self.case, &self.town.receiver, &["CONTACT"]).await
    }

    async fn send_input(&self, consent: &Value) -> Value {
        self.town.referral_input(&self.case, consent, &self.town.receiver).await
    }

    async fn draft(&self, consent: &Value) -> Value {
        let input = with(self.send_input(consent).await, json!({"send": false}));
        self.town.done(&self.sender, "referralCreate", "referral", "status", input).await
    }

    async fn sent(&self, consent: &Value) -> Value {
        self.town.done(&self.sender, "referralCreate", "referral", "status", self.send_input(consent).await).await
    }

    async fn memorandum(&self) -> Value {
        self.town.agreed(&self.town.receiver, &[&self.sender], json!({"number": key()})).await
    }

    /// Referrals in some states under memoranda that bind their two parties no longer.
    async fn loose(&self, states: &str) -> i64 {
        let sql = format!(
            "select count(*) from referral r join memorandum_party p on p.memorandum_id = r.memorandum_id and p.organization_id in (r.sender_id, r.receiver_id)
             where p.bound_until <= now() and r.status in ({states})"
        );
        self.town.count(&sql).await
    }
}

/// What became of two that ran at once: both went well, or one was refused with one of these codes.
fn went(payload: &Value, object: &str, codes: &[&str]) -> bool {
    match payload["userErrors"][0]["code"].as_str() {
        None => {
            assert!(payload[object].is_object(), "{payload}");
            true
        }
        Some(code) => {
            assert!(codes.contains(&code), "an unexpected refusal: {payload}");
            false
        }
    }
}

/// Runs two at once; every second round the other one has a head start, so that both orders are met.
macro_rules! at_once {
    ($round:expr, $one:expr, $two:expr) => {{
        let pause = std::time::Duration::from_millis(($round % 10) as u64);
        let wait = async |first: bool| {
            if first {
                tokio::time::sleep(pause).await;
            }
        };
        let (one, two) = ($one, $two);
        tokio::join!(
            async {
                wait($round % 2 == 0).await;
                one.await
            },
            async {
                wait($round % 2 == 1).await;
                two.await
            }
        )
    }};
}

#[tokio::test]
async fn a_memorandum_that_ends_while_somebody_is_sent_leaves_nobody_behind() {
    let scene = Scene::new().await;
    let (town, sender, provider) = (&scene.town, &scene.sender, &scene.town.receiver);
    let consent = scene.consent().await;
    let mut sent_first = 0;
    for round in 0..ROUNDS * 2 {
        let made = scene.memorandum().await;
        let ends = with(target(&made), json!({"reason": "кінець"}));
        let draft = scene.draft(&consent).await;
        let end = match round < ROUNDS {
            true => town.act(provider, "memorandumTerminate", "memorandum", "status", ends),
            false => town.act(sender, "memorandumWithdraw", "memorandum", "status", ends),
        };
        let (ended, sent) = at_once!(round, end, town.act(sender, "referralSend", "referral", "status", target(&draft)));
        assert!(went(&ended, "memorandum", &[]), "{ended}");
        // The memoranda of former rounds have ended too: the one that comes nearest is told of.
        let went = went(&sent, "referral", &["MEMORANDUM_NOT_IN_FORCE", "NOT_A_SIGNED_PARTY"]);
        let now =
            town.sees(sender, &draft["id"], "status statusReason memorandum { id } timeline { to organization { id } }").await;
        if went {
            assert_eq!((&now["status"], &now["statusReason"]), (&json!("CANCELLED"), &json!("MEMORANDUM_ENDED")));
            assert_eq!((&now["memorandum"]["id"], now["timeline"].as_array().unwrap().len()), (&made["id"], 3));
            sent_first += 1;
        } else {
            assert_eq!((&now["status"], &now["memorandum"]), (&json!("DRAFT"), &Value::Null));
        }
        assert_eq!(scene.loose("'SENT', 'RECEIVED'").await, 0, "round {round}");
    }
    assert!((1..ROUNDS * 2).contains(&sent_first), "both orders were met: {sent_first}");
}

#[tokio::test]
async fn a_memorandum_that_ends_while_somebody_is_accepted_cancels_or_lets_him_stay() {
    let scene = Scene::new().await;
    let (town, sender, provider) = (&scene.town, &scene.sender, &scene.town.receiver);
    let consent = scene.consent().await;
    for round in 0..ROUNDS {
        let made = scene.memorandum().await;
        let sent = scene.sent(&consent).await;
        let end =
            town.act(provider, "memorandumTerminate", "memorandum", "status", with(target(&made), json!({"reason": "кінець"})));
        let (ended, taken) = at_once!(round, end, town.act(provider, "referralAccept", "referral", "status", target(&sent)));
        assert!(went(&ended, "memorandum", &[]), "{ended}");
        let accepted = went(&taken, "referral", &["VERSION_CONFLICT", "MEMORANDUM_NOT_IN_FORCE", "TRANSITION_NOT_ALLOWED"]);
        let now = town.sees(sender, &sent["id"], "status redactionRequestedAt").await;
        assert_eq!(now["status"], if accepted { "ACCEPTED" } else { "CANCELLED" }, "round {round}: {taken}");
        assert_eq!(now["redactionRequestedAt"], Value::Null, "nothing has vanished yet, or nothing was readable");
    }
}

#[tokio::test]
async fn a_consent_that_is_withdrawn_while_it_is_used_is_used_before_or_not_at_all() {
    let scene = Scene::new().await;
    let (town, sender, provider) = (&scene.town, &scene.sender, &scene.town.receiver);
    scene.memorandum().await;
    let fields = "status statusReason redactionRequestedAt";
    for round in 0..ROUNDS {
        // While it is accepted.
        let consent = scene.consent().await;
        let sent = scene.sent(&consent).await;
        let withdraw = town.act(sender, "consentWithdraw", "consent", "withdrawnAt", target(&consent));
        let (withdrawn, taken) =
            at_once!(round, withdraw, town.act(provider, "referralAccept", "referral", "status", target(&sent)));
        assert!(went(&withdrawn, "consent", &[]), "{withdrawn}");
        let accepted =
            went(&taken, "referral", &["VERSION_CONFLICT", "CONSENT_EXPIRED", "CONSENT_WITHDRAWN", "TRANSITION_NOT_ALLOWED"]);
        let now = town.sees(provider, &sent["id"], &format!("{fields} subject {{ phone }}")).await;
        assert_eq!((&now["status"], &now["statusReason"]), (&json!("CANCELLED"), &json!("CONSENT_WITHDRAWN")), "round {round}");
        assert_eq!(now["redactionRequestedAt"].is_string(), accepted, "who could read must acknowledge: round {round}");
        assert_eq!(now["subject"]["phone"], Value::Null);

        // While a draft is sent.
        let consent = scene.consent().await;
        let draft = scene.draft(&consent).await;
        let withdraw = town.act(sender, "consentWithdraw", "consent", "withdrawnAt", target(&consent));
        let (withdrawn, sent) =
            at_once!(round, withdraw, town.act(sender, "referralSend", "referral", "status", target(&draft)));
        assert!(went(&withdrawn, "consent", &[]), "{withdrawn}");
        let went = went(&sent, "referral", &["CONSENT_WITHDRAWN"]);
        let now = town.sees(sender, &draft["id"], fields).await;
        assert_eq!(now["status"], if went { "CANCELLED" } else { "DRAFT" }, "round {round}: {sent}");
        assert_eq!(now["redactionRequestedAt"], Value::Null);
    }
    let open = "select count(*) from referral r join consent c on c.id = r.consent_id where c.withdrawn_at is not null and r.status in ('SENT', 'RECEIVED', 'ACCEPTED')";
    assert_eq!(town.count(open).await, 0);
}

#[tokio::test]
async fn all_that_may_end_at_once_ends_once() {
    let scene = Scene::new().await;
    let (town, sender, provider) = (&scene.town, &scene.sender, &scene.town.receiver);
    for round in 0..ROUNDS {
        let made = scene.memorandum().await;
        let consent = scene.consent().await;
        for _ in 0..3 {
            scene.sent(&consent).await;
        }
        let ends = with(target(&made), json!({"reason": "кінець"}));
        let (terminated, left, withdrawn) = tokio::join!(
            town.act(provider, "memorandumTerminate", "memorandum", "status", ends.clone()),
            town.act(sender, "memorandumWithdraw", "memorandum", "status", ends),
            town.act(sender, "consentWithdraw", "consent", "withdrawnAt", target(&consent)),
        );
        let (first, second) =
            (went(&terminated, "memorandum", &["VERSION_CONFLICT"]), went(&left, "memorandum", &["VERSION_CONFLICT"]));
        assert!(first != second, "one of two ends the memorandum: {terminated} {left}");
        assert!(went(&withdrawn, "consent", &[]), "round {round}: {withdrawn}");
    }
    let rounds = ROUNDS as i64;
    assert_eq!(town.count("select count(*) from change where type = 'REFERRAL_CANCELLED'").await, 3 * rounds);
    assert_eq!(town.count("select count(*) from referral where status = 'CANCELLED'").await, 3 * rounds);
    assert_eq!(town.count("select count(*) from referral_event where to_status = 'CANCELLED'").await, 3 * rounds);
}

#[tokio::test]
async fn the_server_s_own_work_waits_in_no_ring_with_a_withdrawn_consent() {
    let scene = Scene::new().await;
    let (town, sender) = (&scene.town, &scene.sender);
    let last = town.served.clock.today() + chrono::Days::new(1);
    // Two memoranda that end on one day, and one consent under which was sent by both, in no order of ids.
    let mut consents = Vec::new();
    for _ in 0..ROUNDS {
        consents.push(scene.consent().await);
    }
    for _ in 0..2 {
        let terms = json!({"number": key(), "effectiveTo": last});
        town.agreed(&town.receiver, &[sender], terms).await;
        for consent in &consents {
            scene.sent(consent).await;
        }
    }
    town.served.clock.advance(chrono::Duration::days(3));
    let token = town.served.token(&sender.partner).await;
    let sender = Side { token, partner: town.served.partner(Kind::Ngo).await, id: sender.id.clone(), centre: String::new() };
    let work = async {
        let db = town.served.app.db();
        for _ in 0..3 {
            mistok::referral::parting::expire(db).await.unwrap();
        }
    };
    let withdrawals = futures_util::future::join_all(consents.chunks(ROUNDS / 4).map(async |some| {
        for consent in some {
            let done = town.act(&sender, "consentWithdraw", "consent", "withdrawnAt", target(consent)).await;
            assert!(went(&done, "consent", &[]), "{done}");
        }
    }));
    tokio::join!(work, withdrawals);
    assert_eq!(town.count("select count(*) from referral where status = 'CANCELLED'").await, 2 * ROUNDS as i64);
    assert_eq!(town.count("select count(*) from change where type = 'REFERRAL_CANCELLED'").await, 2 * ROUNDS as i64);
}
