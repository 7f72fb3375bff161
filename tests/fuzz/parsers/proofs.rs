//! Exports of the audit, which somebody else checks: whatever a file holds, he is told what is wrong with it.

use super::{Parser, Seeds};
use chrono::DateTime;
use mistok::journal::proof::{
    Entry, Hash, Keys, Root,
    entry::{Change, Read},
    export::{Head, Key, Line, Told, VERSION},
    root::BEGINNING,
    tree,
    verify::{Report, Trust, Verifier},
};
use std::sync::LazyLock;
use uuid::Uuid;

pub(super) const ALL: &[Parser] = &[Parser { name: "export of the audit", read: export, seeds: exports, times: 150 }];

/// A key, a change, a read, and the root over both.
static GOOD: LazyLock<[Line; 6]> = LazyLock::new(|| {
    let at = DateTime::from_timestamp_micros(1_795_339_800_000_001).expect("a moment");
    let nothing = Hash([0; 32]);
    let change = Change {
        epoch: 1,
        tx: 700,
        seq: 12,
        at,
        change: "CASE_OPENED".into(),
        object_type: "CASE".into(),
        object_id: Uuid::from_u128(7),
        object_version: 1,
        actor_kind: "APPLICATION".into(),
        organization_id: Some(Uuid::from_u128(1)),
        application_id: Some(Uuid::from_u128(2)),
        acting_for: None,
        detail: "{}".into(),
        previous_hash: None,
        hash: nothing,
    };
    let change = Change { hash: change.computed(), ..change };
    let read = Read {
        epoch: 1,
        tx: 701,
        id: Uuid::from_u128(9),
        at,
        organization_id: Uuid::from_u128(1),
        application_id: Uuid::from_u128(2),
        acting_for: Some("worker:7".into()),
        purpose: "CASE_WORK".into(),
        object_type: "CASE".into(),
        object_ids: vec![Uuid::from_u128(7)],
        fields: vec!["familyName".into()],
        request_id: "r".into(),
        hash: nothing,
    };
    let read = Read { hash: read.computed(), ..read };
    let keys = Keys::load(&[Keys::generate()]).expect("a key of our own making");
    let public = keys.public().next().expect("one");
    let mut root = Root {
        number: 1,
        at,
        from_place: BEGINNING.into(),
        until_place: Entry::Read(Read { id: Uuid::max(), ..read.clone() }).place(),
        leaves: [change.hash.0, read.hash.0].concat(),
        filling: Hash::of(&[b"filling"]),
        tree: nothing,
        previous_hash: None,
        signature: Vec::new(),
        key_id: String::new(),
    };
    root.tree = tree::root(&root.filled().expect("two leaves"));
    let (key_id, signature) = keys.sign(&root.statement());
    (root.key_id, root.signature) = (key_id, signature.to_vec());
    let key = Key { id: public.id(), public_key: public.pem(), since: at, until: None };
    [
        Line::Export(Head { version: VERSION, from: None, to: None }),
        Line::Key(key),
        Line::Change(change),
        Line::Read(read),
        Line::Root(root),
        Line::End(Told { changes: 1, reads: 1, roots: 1 }),
    ]
});

fn lines(lines: &[Line]) -> Vec<u8> {
    let line = |line: &Line| serde_json::to_string(line).expect("JSON") + "\n";
    lines.iter().map(line).collect::<String>().into_bytes()
}

/// With roots of these numbers behind each other.
fn numbered(numbers: [i64; 2]) -> Vec<u8> {
    let mut all = GOOD.to_vec();
    let Line::Root(root) = &all[4] else { panic!("a root") };
    let roots = numbers.map(|number| Line::Root(Root { number, ..root.clone() }));
    all.splice(4..5, roots);
    lines(&all)
}

fn exports() -> Seeds {
    let good = lines(&GOOD[..]);
    let text = String::from_utf8(good.clone()).expect("JSON");
    let refused = vec![
        numbered([i64::MAX, 7]),
        numbered([i64::MIN, i64::MAX]),
        text.replace("familyName", "givenName").into(),
        text.replace("2026", "+262142").into(),
        lines(&GOOD[..4]),
        Vec::new(),
    ];
    Seeds { taken: vec![good], refused }
}

fn checked(bytes: &[u8], trust: Vec<Trust>) -> Option<Report> {
    let mut verifier = Verifier::new(trust);
    verifier.file("export", bytes).ok()?;
    Some(verifier.end())
}

/// Taken: nothing is wrong with it, and something was signed.
fn export(bytes: &[u8]) -> bool {
    let Some(report) = checked(bytes, Vec::new()) else { return false };
    assert!(report.faults.len() <= 1_000 && report.faults.iter().all(|fault| fault.line > 0 && !fault.what.is_empty()));
    let good = report.faults.is_empty() && report.told.roots > 0;
    if good {
        let strange = checked(bytes, vec![Trust::Id("another".into())]).expect("read before");
        assert!(!strange.faults.is_empty() && report.newest.is_some() && !report.keys.is_empty());
        // Read twice it is no longer one export.
        assert!(!checked(&[bytes, bytes].concat(), Vec::new()).expect("read before").faults.is_empty());
    }
    good
}
