//! A centre sends a person to a foundation, which takes it on and helps. The same story as in the other languages, line by line.

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use mistok_client::{
    client::{Client, Error, on_current},
    feed::{ChangeType, Feed},
    operations::*,
    webhook::{Told, verified},
};
use std::{
    env,
    error::Error as Any,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{net::TcpListener, time::sleep};
use uuid::Uuid;

type Calls = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;
type Referral = referral_status::ReferralStatusReferral;

fn partner(name: &str) -> Result<Client, Box<dyn Any>> {
    let (id, secret) = (env::var(format!("{name}_CLIENT_ID"))?, env::var(format!("{name}_CLIENT_SECRET"))?);
    Ok(Client::new(&env::var("MISTOK_URL")?, &id, &secret, Some("CASE_WORK"))?)
}

/// Where the receiver is called back. It keeps what came and answers at once.
async fn call(State(calls): State<Calls>, headers: HeaderMap, body: Bytes) -> StatusCode {
    calls.lock().expect("nobody fails with it").push((headers, body));
    StatusCode::NO_CONTENT
}

/// Waits up to a minute: the feed and webhooks are fast, not immediate.
async fn called_back(calls: &Calls, secret: &str, id: &str) -> Option<(HeaderMap, Bytes)> {
    for _ in 0..240 {
        let came = calls.lock().expect("nobody fails with it").clone();
        let ours = |told: Option<Told>| told.is_some_and(|told| told.data.object_id == id);
        if let Some(call) = came.into_iter().find(|(headers, body)| ours(verified(secret, headers, body))) {
            return Some(call);
        }
        sleep(Duration::from_millis(250)).await;
    }
    None
}

async fn look(feed: &mut Feed<'_, impl FnMut(&str)>, id: &str, last: ChangeType) -> Result<String, Error> {
    let (mut seen, mut ended) = (Vec::new(), false);
    for _ in 0..240 {
        while let Some(change) = feed.next().await? {
            if change.object_id == id {
                ended |= change.type_ == last;
                seen.push(format!("{} {}", word(&change.type_), change.object_version));
            }
        }
        if ended {
            return Ok(seen.join(", "));
        }
        sleep(Duration::from_millis(250)).await;
    }
    panic!("waited a minute for {last:?}, saw {seen:?}");
}

/// How the schema writes a word of an enum.
fn word(word: &impl serde::Serialize) -> String {
    serde_json::to_value(word).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

fn show(referral: &Referral) -> String {
    let (who, or) = (&referral.subject, |text: &Option<String>, none: &str| text.clone().unwrap_or(none.into()));
    let seen =
        [word(&who.age_band), or(&who.family_name, "no name"), or(&who.phone, "no phone"), or(&referral.reason, "no reason")];
    format!("{}, version {}, {}", word(&referral.status), referral.version, seen.join(", "))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Any>> {
    let (sender, receiver) = (partner("KAZANKA")?, partner("CHARITY")?);
    let receiver_id = env::var("CHARITY_ORGANIZATION_ID")?;
    // A key for each intention of this run: whoever asks twice by it, does it once.
    let run = Uuid::new_v4();
    let key = |what: &str| format!("{what}-{run}");
    let (calls, listener) = (Calls::default(), TcpListener::bind("127.0.0.1:0").await?);
    let callback = format!("http://{}/mistok", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, Router::new().route("/mistok", post(call)).with_state(calls.clone())).into_future());

    // 1. Who could take a person who needs humanitarian aid?
    let input = referral_candidates::ReferralCandidatesInput {
        service_code: "M-008".into(),
        territory: Some("UA48020130000080862".into()),
        first: 3,
        ..Default::default()
    };
    let candidates = sender.ask::<ReferralCandidates>(referral_candidates::Variables { input }).await?.referral_candidates;
    for one in &candidates {
        let blocked: Vec<_> = one.blocked_because.iter().map(word).collect();
        println!("candidate: {}: {}", one.organization.name, if one.eligible { "can".into() } else { blocked.join(", ") });
    }
    assert!(candidates.iter().any(|one| one.organization.id == receiver_id && one.eligible));

    // 2. Both follow the feed from now on; the receiver is called back besides.
    let (mut sent, mut inbound) = (Feed::begin(&sender, |_| {}).await?, Feed::begin(&receiver, |_| {}).await?);
    let input = webhook_endpoint_create::WebhookEndpointCreateInput {
        idempotency_key: Some(key("endpoint")),
        url: callback,
        types: vec![webhook_endpoint_create::ChangeType::ReferralSent],
    };
    let made =
        receiver.ask::<WebhookEndpointCreate>(webhook_endpoint_create::Variables { input }).await?.webhook_endpoint_create;
    let (endpoint, secret) = (made.endpoint.ok_or("no endpoint")?, made.secret.ok_or("no secret")?);

    // 3. A case (випадок), the person's consent (згода), and the referral (скерування), sent at once.
    let input = case_open::CaseOpenInput {
        idempotency_key: key("case"),
        primary_category: case_open::TargetCategory::Idp,
        intake_channel: case_open::IntakeChannel::SelfInPerson,
        person: Some(case_open::PersonInput {
            family_name: Some("Прикладна".into()),
            given_name: Some("Оксана (демо)".into()),
            birth_date: Some("1990-05-17".into()),
            sex: Some(case_open::Sex::Female),
            phone: Some("067-000-00-21".into()),
            safe_to_contact: Some(vec![case_open::ContactChannel::Messenger]),
            ..Default::default()
        }),
        ..Default::default()
    };
    let case = sender.ask::<CaseOpen>(case_open::Variables { input }).await?.case_open.case.ok_or("no case")?;
    let input = consent_give::ConsentGiveInput {
        idempotency_key: Some(key("consent")),
        case_id: case.id.clone(),
        receiver_id: receiver_id.clone(),
        purpose: consent_give::SharingPurpose::CaseWork,
        field_groups: vec![
            consent_give::FieldGroup::Demographics,
            consent_give::FieldGroup::Contact,
            consent_give::FieldGroup::Reason,
        ],
        given_by: consent_give::ConsentGiver::Client,
        method: consent_give::ConsentMethod::Written,
        explained: true,
        ..Default::default()
    };
    let consent =
        sender.ask::<ConsentGive>(consent_give::Variables { input }).await?.consent_give.consent.ok_or("no consent")?;
    let send = async || {
        let input = referral_create::ReferralCreateInput {
            idempotency_key: key("referral"),
            subject: referral_create::ReferralSubjectInput { case_id: Some(case.id.clone()), person: None },
            receiver_id: receiver_id.clone(),
            service_code: "M-008".into(),
            consent_id: Some(consent.id.clone()),
            reason: Some("Потрібен зимовий одяг".into()),
            send: true,
            ..Default::default()
        };
        sender.ask::<ReferralCreate>(referral_create::Variables { input }).await
    };
    let first = send().await?.referral_create.referral.ok_or("no referral")?;
    let id = first.id;
    assert_eq!(send().await?.referral_create.referral.ok_or("no referral")?.id, id);
    println!("sent: {}, version {}; sent again by the same key: the same referral", word(&first.status), first.version);

    // 4. The receiver is called back: the signature holds, and for nothing else than what was signed.
    let (headers, body) = called_back(&calls, &secret, &id).await.ok_or("waited a minute for a webhook")?;
    let told = verified(&secret, &headers, &body).ok_or("not verified")?;
    assert_eq!((told.r#type.as_str(), &told.data.object_id), ("REFERRAL_SENT", &id));
    let tampered = std::str::from_utf8(&body)?.replace("REFERRAL_SENT", "REFERRAL_ACCEPTED");
    assert!(verified(&secret, &headers, tampered.as_bytes()).is_none());
    let mut old = headers.clone();
    old.insert("webhook-timestamp", (SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() - 3600).into());
    assert!(verified(&secret, &old, &body).is_none());
    println!("webhook: {}, verified; a changed body and an old timestamp are refused", told.r#type);
    let input = webhook_endpoint_delete::WebhookEndpointDeleteInput {
        id: endpoint.id,
        expected_version: endpoint.version,
        idempotency_key: None,
    };
    receiver.ask::<WebhookEndpointDelete>(webhook_endpoint_delete::Variables { input }).await?;

    // 5. The same stands in the receiver's feed.
    println!("the receiver's feed: {}", look(&mut inbound, &id, ChangeType::ReferralSent).await?);

    // 6. Who the person is, the receiver reads once it has accepted: as far as consent and memorandum go.
    let seen_by = async |client: &Client| {
        let seen = client.ask::<ReferralStatus>(referral_status::Variables { id: id.clone() }).await?;
        Ok(seen.referral.expect("a party sees it"))
    };
    let read = async || seen_by(&receiver).await;
    let before: Referral = read().await?;
    println!("before: {}", show(&before));
    let input = referral_accept::ReferralAcceptInput {
        id: id.clone(),
        expected_version: before.version,
        idempotency_key: Some(key("accept")),
        ..Default::default()
    };
    receiver.ask::<ReferralAccept>(referral_accept::Variables { input }).await?;
    let after = read().await?;
    println!("accepted: {}", show(&after));
    assert_eq!((before.subject.phone.as_deref(), after.subject.phone.as_deref()), (None, Some("+380670000021")));

    // 7. Somebody at the receiver still looks at what was before: VERSION_CONFLICT, so it reads again and starts then.
    let mut starts = 0;
    let start = async |now: Referral| {
        starts += 1;
        let input = referral_start::ReferralStartInput {
            id: id.clone(),
            expected_version: now.version,
            idempotency_key: Some(key(&format!("start-{}", now.version))),
            ..Default::default()
        };
        receiver.ask::<ReferralStart>(referral_start::Variables { input }).await
    };
    on_current(before, read, start).await?;
    assert_eq!(starts, 2);
    let complete = async |now: Referral| {
        let input = referral_complete::ReferralCompleteInput {
            id: id.clone(),
            expected_version: now.version,
            idempotency_key: Some(key("complete")),
            outcome: referral_complete::ReferralOutcome::ServiceProvided,
            note: Some("Видано".into()),
        };
        receiver.ask::<ReferralComplete>(referral_complete::Variables { input }).await
    };
    on_current(read().await?, read, complete).await?;
    println!("started at try {starts}, completed");

    // 8. The sender learns all of it from the feed, and sees the same status.
    println!("the sender's feed: {}", look(&mut sent, &id, ChangeType::ReferralCompleted).await?);
    let last = seen_by(&sender).await?;
    println!("the sender: {}", show(&last));
    assert_eq!(last.status, referral_status::ReferralStatus::Completed);
    Ok(())
}
