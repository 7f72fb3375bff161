//! The audit proves itself: what the database has hashed and the server has signed is checked from outside, by whoever has it.

mod covered;
mod told;
mod touched;

use crate::{feed::settled, stage::connect, town::Town};
use mistok::journal::proof::{
    export, store,
    verify::{Report, Trust, Verifier},
};
use serde_json::json;

/// An export of everything.
async fn exported(town: &Town) -> String {
    let mut out = Vec::new();
    export::write(town.served.app.db(), None, None, &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

fn verified(text: &str, trust: &[Trust]) -> Report {
    let mut verifier = Verifier::new(trust.to_vec());
    verifier.file("audit", text.as_bytes()).unwrap();
    verifier.end()
}

async fn check(town: &Town) -> Report {
    verified(&exported(town).await, &[])
}

/// All that is settled is put under roots.
async fn sign(town: &Town) -> usize {
    settled(town).await;
    store::make(town.served.app.db(), town.served.app.audit_keys()).await.unwrap()
}

/// A town in which a referral went its way under one root and further under a second; both sides have read.
async fn signed_town() -> Town {
    let town = Town::new().await;
    let (sent, _, _) = town.sent(&["CONTACT"]).await;
    let accepted = town.step(&town.receiver, "referralAccept", &sent, json!({})).await;
    for side in [&town.sender, &town.receiver] {
        town.sees(side, &sent["id"], "subject { phone }").await;
    }
    assert_eq!(sign(&town).await, 1);
    town.step(&town.receiver, "referralStart", &accepted, json!({})).await;
    town.sees(&town.sender, &sent["id"], "subject { familyName }").await;
    assert_eq!(sign(&town).await, 1);
    town
}

/// Past all walls and triggers, as one who has the database.
async fn intruder(town: &Town) -> tokio_postgres::Client {
    let client = connect(&town.served.stage.superuser_url()).await;
    client.batch_execute("set session_replication_role = replica").await.unwrap();
    client
}
