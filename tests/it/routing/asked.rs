//! Every refusal of routing as a sender meets it, with its code and its place in the input; and the ways that are open.

use crate::town::{KAZANKA, Side, Town, key, target, with};
use chrono::Duration;
use mistok::base::{
    clock::{day, midnight},
    words::organization::OrganizationKind as Kind,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// Two other hromadas: of the same region, and of another one.
const SNIHURIVKA: &str = "UA48020190000083597";
const ELSEWHERE: &str = "UA46060250000025047";

/// A charity without a centre that wants to send somebody to the town's receiver.
struct Wish {
    town: Town,
    sender: Side,
    case: Value,
    consent: Value,
}

impl Wish {
    async fn new() -> Self {
        let town = Town::new().await;
        let sender = town.side(Kind::Charity).await;
        let case = town.case(&sender).await;
        let consent = town.consent(&sender, &case, &town.receiver, &["CONTACT"]).await;
        Self { town, sender, case, consent }
    }

    /// With fresh tokens, after the clock was moved.
    async fn again(mut self) -> Self {
        self.town = self.town.again().await;
        self.sender.token = self.town.served.token(&self.sender.partner).await;
        self
    }

    async fn input(&self, more: Value) -> Value {
        with(self.town.referral_input(&self.case, &self.consent, &self.town.receiver).await, more)
    }

    /// The refusals of a send: code and path of each.
    async fn refusals(&self, more: Value) -> Vec<(String, String)> {
        let payload = self.town.act(&self.sender, "referralCreate", "referral", "status", self.input(more).await).await;
        refusals(&payload)
    }

    /// A send that goes well: the referral.
    async fn sends(&self, more: Value) -> Value {
        let input = self.input(more).await;
        self.town.done(&self.sender, "referralCreate", "referral", "status memorandum { id }", input).await
    }
}

fn refusals(payload: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let path = |error: &Value| error["path"].as_array().unwrap().iter().map(text).collect::<Vec<_>>().join(".");
    payload["userErrors"].as_array().unwrap().iter().map(|error| (text(&error["code"]), path(error))).collect()
}

fn only(code: &str, path: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), format!("input.{path}"))]
}

/// A place for an organisation, past all walls.
async fn moves(town: &Town, side: &Side, territory: &str) {
    let sql = format!("update organization set territory_code = '{territory}' where id = '{}'", side.partner.organization_id);
    town.served.stage.owner().await.batch_execute(&sql).await.unwrap();
}

/// One more centre of an organisation: its global id.
async fn another_centre(town: &Town, side: &Side) -> String {
    let (id, provider) = (Uuid::now_v7(), side.partner.organization_id);
    let sql = format!(
        "insert into centre (id, name, territory_code, provider_id, status, opened_on, search, created_at, updated_at)
         values ('{id}', 'Центр', '{KAZANKA}', '{provider}', 'OPEN', '2024', 'центр', now(), now())"
    );
    town.served.stage.owner().await.batch_execute(&sql).await.unwrap();
    mistok::graphql::node::Kind::Centre.id(id).to_string()
}

async fn second_service(town: &Town) -> String {
    let all = town.served.ask(&town.sender.token, "{ serviceTypes { code } }", json!({})).await;
    all.data()["serviceTypes"][1]["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_stands_against_a_memorandum_is_told_with_its_place() {
    let wish = Wish::new().await;
    let (town, sender) = (&wish.town, &wish.sender);
    let receiver = &town.receiver;
    assert_eq!(wish.refusals(json!({})).await, only("NO_MEMORANDUM", "receiverId"));
    let act = async |side: &Side, name: &str, memorandum: &Value, more: Value| {
        town.done(side, name, "memorandum", "status", with(target(memorandum), more)).await
    };
    let today = json!(day(town.served.clock.now()));

    let input = town.memorandum_input(receiver, &[sender], json!({})).await;
    let made = town.done(receiver, "memorandumCreate", "memorandum", "status", input).await;
    let both = [only("NOT_A_SIGNED_PARTY", "receiverId"), only("MEMORANDUM_NOT_IN_FORCE", "receiverId")].concat();
    assert_eq!(wish.refusals(json!({})).await, only("NO_MEMORANDUM", "receiverId"), "nobody knows of a draft");
    let made = act(receiver, "memorandumInvite", &made, json!({"partnerIds": [town.stranger.id]})).await;
    let made = act(receiver, "memorandumSign", &made, json!({"signedOn": today})).await;
    assert_eq!(wish.refusals(json!({})).await, both);
    let made = act(&town.stranger, "memorandumSign", &made, json!({"signedOn": today})).await;
    assert_eq!(made["status"], "IN_FORCE");
    assert_eq!(wish.refusals(json!({})).await, only("NOT_A_SIGNED_PARTY", "receiverId"), "in force for others");
    let made = act(sender, "memorandumSign", &made, json!({"signedOn": today})).await;
    assert_eq!(wish.sends(json!({})).await["memorandum"]["id"], made["id"]);

    let made = act(receiver, "memorandumSuspend", &made, json!({"reason": "ремонт"})).await;
    assert_eq!(wish.refusals(json!({})).await, only("MEMORANDUM_NOT_IN_FORCE", "receiverId"));
    let made = act(receiver, "memorandumResume", &made, json!({})).await;
    assert_eq!(wish.sends(json!({})).await["status"], "SENT");
    let other = second_service(town).await;
    let seen = wish.refusals(json!({"serviceCode": other})).await;
    assert_eq!(seen, [only("SERVICE_NOT_COVERED", "serviceCode"), only("SERVICE_NOT_OFFERED", "serviceCode")].concat());
    assert_eq!(wish.refusals(json!({"territory": SNIHURIVKA})).await, only("TERRITORY_NOT_COVERED", "territory"));

    act(sender, "memorandumWithdraw", &made, json!({"reason": "змінилися обставини"})).await;
    assert_eq!(wish.refusals(json!({})).await, only("NOT_A_SIGNED_PARTY", "receiverId"));
    assert_eq!(town.count("select count(*) from referral").await, 2, "a refused send leaves nothing");
}

#[tokio::test]
async fn what_stands_against_the_receiver_is_told_with_its_place() {
    let wish = Wish::new().await;
    let town = &wish.town;
    town.agreed(&town.receiver, &[&wish.sender], json!({})).await;
    town.offers(&town.receiver, "NONE").await;
    assert_eq!(wish.refusals(json!({})).await, only("NO_CAPACITY", "receiverId"));
    assert_eq!(wish.refusals(json!({"urgency": "URGENT"})).await, only("NO_CAPACITY", "receiverId"));
    assert_eq!(wish.sends(json!({"urgency": "EMERGENCY"})).await["status"], "SENT", "EMERGENCY overrides capacity");
    for capacity in ["WAITLIST", "UNKNOWN", "ADDITIONAL_ASSESSMENT_REQUIRED", "AVAILABLE"] {
        town.offers(&town.receiver, capacity).await;
        assert_eq!(wish.sends(json!({})).await["status"], "SENT", "{capacity}");
    }
    let owner = town.served.stage.owner().await;
    owner.batch_execute("delete from offering").await.unwrap();
    assert_eq!(wish.refusals(json!({"urgency": "EMERGENCY"})).await, only("SERVICE_NOT_OFFERED", "serviceCode"));
    owner.batch_execute("update organization set active = false where id in (select provider_id from centre)").await.unwrap();
    let seen = wish.refusals(json!({})).await;
    assert_eq!(seen, [only("ORGANIZATION_INACTIVE", "receiverId"), only("SERVICE_NOT_OFFERED", "serviceCode")].concat());
}

#[tokio::test]
async fn two_partners_of_a_centre_do_not_route_to_each_other_through_it() {
    let town = Town::new().await;
    let (one, two) = (town.side(Kind::Charity).await, town.side(Kind::Religious).await);
    town.offers(&two, "AVAILABLE").await;
    town.agreed(&town.receiver, &[&one, &two], json!({})).await;
    // Nor do the memoranda of another centre, whose partners both are too, bind them to each other.
    let other = town.provider(Kind::Ngo).await;
    town.agreed(&other, &[&one, &two, &town.receiver], json!({})).await;
    let case = town.case(&one).await;
    let consent = town.consent(&one, &case, &two, &["CONTACT"]).await;
    let input = town.referral_input(&case, &consent, &two).await;
    let payload = town.act(&one, "referralCreate", "referral", "status", input).await;
    assert_eq!(refusals(&payload), only("NO_MEMORANDUM", "receiverId"));
    // Each of them and the centre's provider do, in both directions.
    for (from, to) in [(&one, &town.receiver), (&town.receiver, &two)] {
        let case = town.case(from).await;
        let consent = town.consent(from, &case, to, &["CONTACT"]).await;
        let input = town.referral_input(&case, &consent, to).await;
        let sent = town.done(from, "referralCreate", "referral", "status memorandum { id }", input).await;
        assert!(sent["memorandum"]["id"].is_string(), "{sent}");
    }
}

#[tokio::test]
async fn an_authority_of_the_centre_or_of_the_person_needs_no_memorandum() {
    let town = Town::new().await;
    let case = town.case(&town.sender).await;
    let consent = town.consent(&town.sender, &case, &town.receiver, &["CONTACT"]).await;
    let send = async |more: Value| {
        let input = with(town.referral_input(&case, &consent, &town.receiver).await, more);
        town.act(&town.sender, "referralCreate", "referral", "status memorandum { id }", input).await
    };
    let passes = |payload: &Value| payload["referral"]["status"] == "SENT" && payload["referral"]["memorandum"].is_null();
    // Of the centre's own hromada, of the raion above it, of the region.
    for area in [KAZANKA, "UA48020000000033544", "UA48000000000039575"] {
        moves(&town, &town.sender, area).await;
        let payload = send(json!({"territory": ELSEWHERE})).await;
        assert!(passes(&payload), "{area}: {payload}");
    }
    // Of the person's.
    moves(&town, &town.sender, ELSEWHERE).await;
    assert!(passes(&send(json!({"territory": ELSEWHERE})).await));
    assert_eq!(refusals(&send(json!({"territory": KAZANKA})).await), only("NO_MEMORANDUM", "receiverId"));
    // An authority may sign a memorandum too, and needs it where its area does not reach.
    let made = town.agreed(&town.receiver, &[&town.sender], json!({})).await;
    assert_eq!(send(json!({"territory": KAZANKA})).await["referral"]["memorandum"]["id"], made["id"]);
    assert!(passes(&send(json!({"territory": ELSEWHERE})).await), "its own area needs none although there is one");
}

#[tokio::test]
async fn a_notification_of_the_law_needs_no_memorandum() {
    let town = Town::new().await;
    let (sender, police) = (town.side(Kind::Charity).await, town.side(Kind::StateBody).await);
    town.offers(&police, "AVAILABLE").await;
    let person = json!({"givenName": "Дитина", "birthDate": "2020-01-01"});
    let input = json!({"idempotencyKey": key(), "subject": {"person": person}, "receiverId": police.id, "serviceCode": town.service().await,
        "urgency": "URGENT", "legalBasis": "LAW_NOTIFICATION", "legalGround": "Закон, ст. 1", "justification": "загроза", "send": true});
    let sent = town.done(&sender, "referralCreate", "referral", "status memorandum { id }", input).await;
    assert_eq!((&sent["status"], &sent["memorandum"]), (&json!("SENT"), &Value::Null));
}

#[tokio::test]
async fn a_way_leads_through_the_centre_that_is_named() {
    let wish = Wish::new().await;
    let (town, sender) = (&wish.town, &wish.sender);
    let other = another_centre(town, &town.receiver).await;
    let made = town.agreed(&town.receiver, &[sender], json!({})).await;
    for (centre, open) in [(Value::Null, true), (json!(town.receiver.centre), true), (json!(other), false)] {
        let more = json!({"receiverCentreId": centre});
        match open {
            true => assert_eq!(wish.sends(more).await["memorandum"]["id"], made["id"]),
            false => assert_eq!(wish.refusals(more).await, only("NO_MEMORANDUM", "receiverId")),
        }
    }
    let strange = json!({"receiverCentreId": town.stranger.centre});
    assert_eq!(wish.refusals(strange).await, only("NOT_FOUND", "receiverCentreId"));
    // The other direction: the provider sends from one of its centres.
    town.offers(sender, "AVAILABLE").await;
    let case = town.case(&town.receiver).await;
    let consent = town.consent(&town.receiver, &case, sender, &["CONTACT"]).await;
    for (centre, open) in [(Value::Null, true), (json!(town.receiver.centre), true), (json!(other), false)] {
        let input = with(town.referral_input(&case, &consent, sender).await, json!({"senderCentreId": centre}));
        let payload = town.act(&town.receiver, "referralCreate", "referral", "memorandum { id }", input).await;
        match open {
            true => assert_eq!(payload["referral"]["memorandum"]["id"], made["id"], "{payload}"),
            false => assert_eq!(refusals(&payload), only("NO_MEMORANDUM", "receiverId")),
        }
    }
}

#[tokio::test]
async fn the_centre_that_takes_the_person_is_one_to_which_the_way_leads() {
    let wish = Wish::new().await;
    let (town, sender) = (&wish.town, &wish.sender);
    let other = another_centre(town, &town.receiver).await;
    town.agreed(&town.receiver, &[sender], json!({})).await;
    let takes = async |referral: &Value, centre: &str| {
        let more = with(target(referral), json!({"receiverCentreId": centre}));
        town.act(&town.receiver, "referralAccept", "referral", "status receiverCentre { id }", more).await
    };
    let sent = wish.sends(json!({})).await;
    assert_eq!(refusals(&takes(&sent, &town.stranger.centre).await), only("NOT_FOUND", "receiverCentreId"));
    assert_eq!(refusals(&takes(&sent, &other).await), only("NO_MEMORANDUM", "receiverCentreId"), "that one has no memorandum");
    assert_eq!(takes(&sent, &town.receiver.centre).await["referral"]["receiverCentre"]["id"], json!(town.receiver.centre));
    // Through the sender's own centre it comes to any centre of the receiver.
    let case = town.case(&town.stranger).await;
    let consent = town.consent(&town.stranger, &case, &town.receiver, &["CONTACT"]).await;
    town.agreed(&town.stranger, &[&town.receiver], json!({})).await;
    let input = town.referral_input(&case, &consent, &town.receiver).await;
    let sent = town.done(&town.stranger, "referralCreate", "referral", "status", input).await;
    assert_eq!(takes(&sent, &other).await["referral"]["receiverCentre"]["id"], json!(other));
    // An authority of the first centre's hromada alone does not reach a centre elsewhere.
    let (sent, ..) = town.sent(&["CONTACT"]).await;
    assert_eq!(takes(&sent, &other).await["referral"]["status"], "ACCEPTED", "both stand in its hromada");
    let case = town.case(&town.sender).await;
    let consent = town.consent(&town.sender, &case, &town.receiver, &["CONTACT"]).await;
    let input = with(town.referral_input(&case, &consent, &town.receiver).await, json!({"territory": ELSEWHERE}));
    let sent = town.done(&town.sender, "referralCreate", "referral", "status", input).await;
    let key = mistok::graphql::node::open(&async_graphql::ID::from(other.as_str())).unwrap().1;
    let sql = format!("update centre set territory_code = '{ELSEWHERE}' where id = '{key}'");
    town.served.stage.owner().await.batch_execute(&sql).await.unwrap();
    assert_eq!(refusals(&takes(&sent, &other).await), only("NO_MEMORANDUM", "receiverCentreId"));
    assert_eq!(takes(&sent, &town.receiver.centre).await["referral"]["status"], "ACCEPTED");
}

#[tokio::test]
async fn a_memorandum_that_was_terminated_at_a_moment_refuses_a_send_a_second_later() {
    let wish = Wish::new().await;
    let town = &wish.town;
    let made = town.agreed(&town.receiver, &[&wish.sender], json!({})).await;
    let draft = wish.sends(json!({"send": false})).await;
    wish.sends(json!({})).await;
    let ended = with(target(&made), json!({"reason": "центр переїхав"}));
    town.done(&town.receiver, "memorandumTerminate", "memorandum", "status", ended).await;
    town.served.clock.advance(Duration::seconds(1));
    assert_eq!(wish.refusals(json!({})).await, only("MEMORANDUM_NOT_IN_FORCE", "receiverId"));
    let late = town.refused(&wish.sender, "referralSend", "referral", target(&draft)).await;
    assert_eq!(late, ("MEMORANDUM_NOT_IN_FORCE".into(), "input.id".into()));
}

#[tokio::test]
async fn a_last_day_ends_at_midnight_in_kyiv() {
    let wish = Wish::new().await;
    let last = day(wish.town.served.clock.now()) + chrono::Days::new(2);
    wish.town.agreed(&wish.town.receiver, &[&wish.sender], json!({"effectiveTo": last})).await;
    let end = midnight(last + chrono::Days::new(1));
    let clock = wish.town.served.clock.clone();
    clock.advance(end - clock.now() - Duration::minutes(10));
    let wish = wish.again().await;
    assert_eq!(wish.sends(json!({})).await["status"], "SENT", "ten minutes before the end of the last day");
    clock.advance(end - clock.now() + Duration::seconds(1));
    let wish = wish.again().await;
    assert_eq!(wish.refusals(json!({})).await, only("MEMORANDUM_NOT_IN_FORCE", "receiverId"), "the server has not worked yet");
}
