//! Proofs as a partner asks for them, and checks them with nothing but the answer and the public key.

use super::{exported, sign, verified};
use crate::{
    command::mistok,
    feed::settled,
    stage::place,
    town::{Side, Town},
};
use mistok::journal::proof::{Keys, key::PublicKey, store, verify::Trust};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const PROOF: &str = "query($id: ID!) { auditProof(entryId: $id) { entry { id hash previousHash action } leafIndex path root statement signature keyId } }";
const TRAIL: &str = "query($id: ID!) { auditTrail(objectId: $id, first: 100) { nodes { id hash previousHash action } } }";
const KEYS: &str = "{ auditKeys { id publicKey since until } }";

async fn trail(town: &Town, side: &Side, id: &Value) -> Vec<Value> {
    town.ask(side, TRAIL, json!({"id": id})).await.data()["auditTrail"]["nodes"].as_array().unwrap().clone()
}

async fn proof(town: &Town, side: &Side, entry: &Value) -> Value {
    town.ask(side, PROOF, json!({"id": entry})).await.data()["auditProof"].clone()
}

fn bytes(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// As the README tells it, by nothing of the program but the signature.
fn holds(proof: &Value, hash: &Value, pem: &str) -> bool {
    let node = |parts: &[&[u8]]| Sha256::digest(parts.concat()).to_vec();
    let (mut reached, mut index) = (node(&[&[0], &bytes(hash)]), proof["leafIndex"].as_u64().unwrap());
    for beside in proof["path"].as_array().unwrap() {
        let beside = bytes(beside);
        reached = if index % 2 == 1 { node(&[&[1], &beside, &reached]) } else { node(&[&[1], &reached, &beside]) };
        index /= 2;
    }
    let statement = proof["statement"].as_str().unwrap();
    let root = proof["root"].as_str().unwrap();
    reached == bytes(&proof["root"])
        && index == 0
        && statement.starts_with("mistok audit root 1\n")
        && statement.lines().any(|line| line == format!("tree {root}"))
        && PublicKey::read(pem).unwrap().has_signed(statement, &bytes(&proof["signature"]))
}

#[tokio::test]
async fn a_partner_checks_what_it_was_told() {
    let town = Town::new().await;
    let (sent, case, _) = town.sent(&["CONTACT"]).await;
    town.step(&town.receiver, "referralAccept", &sent, json!({})).await;
    town.sees(&town.receiver, &sent["id"], "subject { phone }").await;
    let of_sender = trail(&town, &town.sender, &sent["id"]).await;
    assert_eq!(proof(&town, &town.sender, &of_sender[0]["id"]).await, Value::Null, "no root yet");
    sign(&town).await;
    let keys = town.ask(&town.receiver, KEYS, json!({})).await.data()["auditKeys"].clone();
    assert_eq!((keys.as_array().unwrap().len(), &keys[0]["until"]), (1, &Value::Null));
    let pem = keys[0]["publicKey"].as_str().unwrap();

    let of_receiver = trail(&town, &town.receiver, &sent["id"]).await;
    let of_case = trail(&town, &town.sender, &case["id"]).await;
    assert_eq!((of_sender.len(), of_receiver.len()), (4, 3));
    for (side, entries) in [(&town.sender, &of_sender), (&town.receiver, &of_receiver), (&town.sender, &of_case)] {
        for entry in entries {
            let told = proof(&town, side, &entry["id"]).await;
            assert_eq!(&told["entry"], entry);
            assert_eq!(told["keyId"], keys[0]["id"]);
            assert!(holds(&told, &entry["hash"], pem), "{told}");
            assert!(!holds(&told, &json!("00".repeat(32)), pem));
            let mut wrong = told.clone();
            wrong["statement"] = json!(told["statement"].as_str().unwrap().replace("number 1", "number 2"));
            assert!(!holds(&wrong, &entry["hash"], pem));
            // Whoever may not see the entry gets no proof of it.
            for other in [&town.sender, &town.receiver, &town.stranger].into_iter().filter(|other| other.id != side.id) {
                assert_eq!(proof(&town, other, &entry["id"]).await, Value::Null);
            }
        }
    }
    // Both were told of the same entries, and keep the same hash; reads stand in no chain, changes follow each other.
    assert_eq!(of_sender[0]["hash"], of_receiver[0]["hash"]);
    assert_eq!((&of_sender[0]["previousHash"], &of_sender[3]["previousHash"]), (&Value::Null, &Value::Null));
    assert_eq!((&of_sender[1]["previousHash"], &of_sender[2]["previousHash"]), (&of_sender[2]["hash"], &of_sender[3]["hash"]));
    for wrong in [json!("x"), sent["id"].clone(), json!("")] {
        assert_eq!(proof(&town, &town.sender, &wrong).await, Value::Null);
    }
    // Every tree looks alike, whatever it holds: nobody counts what others do.
    assert_eq!(proof(&town, &town.sender, &of_sender[0]["id"]).await["path"].as_array().unwrap().len(), 12);
    // Nobody without the scope.
    let scopes = crate::served::scopes(&[mistok::access::Scope::ReferralsRead]);
    let least = town.served.partner_with(mistok::base::words::organization::OrganizationKind::Ngo, scopes).await;
    let token = town.served.token(&least).await;
    for (query, variables) in [(PROOF, json!({"id": of_sender[0]["id"]})), (KEYS, json!({}))] {
        assert_eq!(town.served.ask(&token, query, variables).await.code(), "FORBIDDEN");
    }
    // What is proven stays proven, though the entry was touched since: the hash that the partner has kept is not there any more.
    let client = super::intruder(&town).await;
    let kept = proof(&town, &town.sender, &of_sender[2]["id"]).await;
    client.batch_execute("update change set object_version = 9 where type = 'REFERRAL_SENT'; update change c set hash = mistok.change_hash(c, c.previous_hash)").await.unwrap();
    assert!(holds(&kept, &of_sender[2]["hash"], pem));
    assert_eq!(proof(&town, &town.sender, &of_sender[2]["id"]).await, Value::Null);
}

#[tokio::test]
async fn a_key_is_changed_without_an_outage() {
    let town = Town::new().await;
    // One whose id looks like an option of the command line.
    let awkward = |pem: &_| Keys::load(std::slice::from_ref(pem)).unwrap().public().all(|key| key.id().starts_with('-'));
    let (db, pems) = (town.served.app.db(), [std::iter::repeat_with(Keys::generate).find(awkward).unwrap(), Keys::generate()]);
    let told = async || town.ask(&town.sender, KEYS, json!({})).await.data()["auditKeys"].as_array().unwrap().clone();
    settled(&town).await;
    let (old, both) = (Keys::load(&pems[..1]).unwrap(), Keys::load(&pems).unwrap());
    let new = Keys::load(&[pems[1].clone(), pems[0].clone()]).unwrap();
    store::make(db, &old).await.unwrap();
    assert_eq!(told().await.len(), 1);
    town.served.clock.advance(chrono::Duration::minutes(1));
    store::make(db, &both).await.unwrap();
    let keys = told().await;
    assert_eq!((keys.len(), &keys[0]["until"], &keys[1]["until"]), (2, &Value::Null, &Value::Null), "the next is announced");
    let middle = town.served.clock.now();
    town.served.clock.advance(chrono::Duration::minutes(1));
    store::make(db, &new).await.unwrap();
    let keys = told().await;
    assert!(keys[0]["until"].is_string() && keys[1]["until"].is_null(), "{keys:?}");

    // Who checks names one key or both; the program of the command line as an auditor uses it.
    let (dir, text) = (place("audit-keys"), exported(&town).await);
    let ids: Vec<_> = keys.iter().map(|key| key["id"].as_str().unwrap().to_owned()).collect();
    let both: Vec<_> = ids.iter().cloned().map(Trust::Id).collect();
    assert!(verified(&text, &both).faults.is_empty());
    assert!(verified(&text, &both[1..]).faults[0].what.contains("root 1"));
    std::fs::create_dir(&dir).unwrap();
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    std::fs::write(path("public.pem"), keys[0]["publicKey"].as_str().unwrap()).unwrap();
    std::fs::write(path("private.pem"), pems[1].expose_secret()).unwrap();
    let run = |arguments: &[&str]| {
        let done = mistok(arguments).env("MISTOK_DATABASE_URL", town.served.stage.app_url()).output().unwrap();
        let said = String::from_utf8(done.stdout).unwrap() + &String::from_utf8(done.stderr).unwrap();
        (done.status.code().unwrap(), said)
    };
    let file = path("audit.ndjson");
    let (code, said) = run(&["audit", "export", "--output", &file]);
    assert!(code == 0 && said.contains("3 roots"), "{said}");
    let (code, said) = run(&["audit", "verify", &file, "--key", &path("public.pem"), "--key", &path("private.pem")]);
    assert!(code == 0 && said.contains("nothing was touched") && said.contains("the newest root: 3"), "{said}");
    let (code, said) = run(&["audit", "verify", &file, "--key", &ids[0]]);
    assert!(code == 1 && said.contains("TOUCHED:") && said.contains("root 3"), "{said}");
    assert_eq!(run(&["audit", "verify", "nothing-there"]).0, 2);
    let written = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, written.replacen("OFFERING_CHANGED", "OFFERING_CHANGED ", 1)).unwrap();
    let (code, said) = run(&["audit", "verify", &file]);
    assert!(code == 1 && said.contains("it was changed") && said.contains("OFFERING"), "{said}");
    std::fs::remove_dir_all(dir).unwrap();
    // Parts that follow each other are one; a part alone begins where it begins.
    let part = async |from, to| {
        let mut out = Vec::new();
        mistok::journal::proof::export::write(db, from, to, &mut out).await.unwrap();
        out
    };
    let parts = [part(None, Some(middle)).await, part(Some(middle), None).await];
    let mut verifier = mistok::journal::proof::verify::Verifier::new(Vec::new());
    for (number, part) in parts.iter().enumerate() {
        verifier.file(&number.to_string(), part.as_slice()).unwrap();
    }
    let report = verifier.end();
    assert!(report.faults.is_empty() && report.told.roots == 3, "{:#?}", report.faults);
    let later = verified(std::str::from_utf8(&parts[1]).unwrap(), &[]);
    assert!(later.faults.is_empty() && later.told.roots == 1, "{:#?}", later.faults);
}
