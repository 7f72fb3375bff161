//! Our own parsers under their laws (`tests/fuzz/parsers`): each is given what it takes, then noise, then what it takes in mangled form,
//! so that what lies deep is reached too. libFuzzer goes on from the same examples.

#[path = "../fuzz/parsers/mod.rs"]
mod parsers;

use parsers::{ALL, Parser};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};
use std::{cell::Cell, fs, path::Path};

/// What parsers trip over.
const ODD: &[&str] = &[
    "0",
    "-",
    "+",
    ".",
    ",",
    ";",
    ":",
    "=",
    "%",
    "\\",
    "\"",
    "'",
    "\n",
    "\r",
    "\t",
    "\0",
    " ",
    "\u{a0}",
    "ї",
    "𝒳",
    "e\u{301}",
    "\u{feff}",
    "٣",
    "９",
    "9999999999999999999999",
    "-9223372036854775808",
    "1e400",
    "null",
    "[",
    "{",
    "}",
    "]",
    "(",
    ")",
    "@",
    "#",
    "$",
    "..",
    "%00",
    "\\u0000",
    "\\ud800",
    "T",
    "Z",
    "XXXX",
    "262142",
];

/// One change of bytes.
#[derive(Clone, Debug)]
enum Change {
    Delete(Index, usize),
    Repeat(Index, usize),
    Swap(Index, Index),
    Flip(Index, u8),
    Set(Index, u8),
    Insert(Index, &'static str),
    Cut(Index),
    /// From here on another example.
    Splice(Index, Index),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>, other: &[u8]) {
        let length = bytes.len();
        let place = |index: &Index| index.index(length.max(1)).min(length);
        match self {
            Self::Insert(at, text) => drop(bytes.splice(place(at)..place(at), text.bytes())),
            Self::Splice(at, from) => {
                bytes.truncate(place(at));
                bytes.extend_from_slice(&other[from.index(other.len() + 1)..]);
            }
            _ if length == 0 => {}
            Self::Delete(at, many) => drop(bytes.drain(place(at)..(place(at) + many).min(length))),
            Self::Repeat(at, many) => {
                let part = bytes[place(at)..(place(at) + many).min(length)].to_vec();
                bytes.splice(place(at)..place(at), part);
            }
            Self::Swap(one, two) => bytes.swap(place(one), place(two)),
            Self::Flip(at, bit) => bytes[place(at)] ^= 1 << (bit % 8),
            Self::Set(at, byte) => bytes[place(at)] = *byte,
            Self::Cut(at) => bytes.truncate(place(at)),
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<Index>;
    prop_oneof![
        (index(), 1usize..12).prop_map(|(at, many)| Change::Delete(at, many)),
        (index(), 1usize..12).prop_map(|(at, many)| Change::Repeat(at, many)),
        (index(), index()).prop_map(|(one, two)| Change::Swap(one, two)),
        (index(), any::<u8>()).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (index(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (index(), select(ODD)).prop_map(|(at, text)| Change::Insert(at, text)),
        index().prop_map(Change::Cut),
        (index(), index()).prop_map(|(at, from)| Change::Splice(at, from)),
    ]
}

/// Bytes, texts, and above all examples that were changed up to five times, most of them such as are taken.
fn inputs(taken: Vec<Vec<u8>>, refused: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let example = || prop_oneof![5 => select(taken.clone()), 1 => select(refused.clone())];
    let mangled = (example(), example(), vec(change(), 0..6)).prop_map(|(mut bytes, other, changes)| {
        changes.iter().for_each(|change| change.apply(&mut bytes, &other));
        bytes
    });
    prop_oneof![
        1 => vec(any::<u8>(), 0..64),
        1 => r"\PC{0,40}".prop_map(String::into_bytes),
        6 => mangled,
    ]
}

fn under_its_laws(parser: &Parser) {
    let (name, read, seeds) = (parser.name, parser.read, (parser.seeds)());
    assert!(!seeds.taken.is_empty() && !seeds.refused.is_empty(), "{name} has no examples");
    for seed in &seeds.taken {
        assert!(read(seed), "{name} does not take {:?}", String::from_utf8_lossy(seed));
    }
    for seed in &seeds.refused {
        assert!(!read(seed), "{name} takes {:?}", String::from_utf8_lossy(seed));
    }
    // The long ones were asked about above: noise in them tells no more than in short ones.
    let short = |seeds: Vec<Vec<u8>>| seeds.into_iter().filter(|seed| seed.len() < 8_000).collect();
    let (taken, refused) = (Cell::new(0), Cell::new(0));
    // The same each time: new inputs are what libFuzzer looks for.
    let config = Config { cases: parser.times, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let ended = runner.run(&inputs(short(seeds.taken), short(seeds.refused)), |bytes| {
        let count = if read(&bytes) { &taken } else { &refused };
        count.set(count.get() + 1);
        Ok(())
    });
    match ended {
        Ok(()) => {}
        Err(TestError::Fail(why, bytes)) => panic!("{name}: {why}: {:?} ({bytes:?})", String::from_utf8_lossy(&bytes)),
        Err(other) => panic!("{name}: {other}"),
    }
    // Else the laws of one side were never asked about.
    assert!(taken.get() > 0 && refused.get() > 0, "{name}: {} were taken, {} refused", taken.get(), refused.get());
}

#[test]
fn whatever_comes_parsers_keep_their_laws() {
    // As many threads as there are targets would not be faster than the machine; the slow ones are few.
    std::thread::scope(|scope| {
        let running: Vec<_> = ALL
            .iter()
            .map(|(target, parsers)| (target, scope.spawn(move || parsers.iter().for_each(under_its_laws))))
            .collect();
        for (target, running) in running {
            if let Err(fault) = running.join() {
                eprintln!("{target}");
                std::panic::resume_unwind(fault);
            }
        }
    });
}

/// What libFuzzer runs is what is asked here: a target for each line of the list, and no other.
#[test]
fn each_target_has_its_file() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let manifest = fs::read_to_string(dir.join("Cargo.toml")).unwrap();
    for (target, parsers) in ALL {
        let file = fs::read_to_string(dir.join(format!("fuzz_targets/{target}.rs"))).unwrap();
        assert!(file.contains(&format!("mistok_fuzz::target!(\"{target}\");")), "{target}: {file}");
        assert!(manifest.contains(&format!("name = \"{target}\"\npath = \"fuzz_targets/{target}.rs\"\n")), "{target}");
        assert!(!parsers::of(target).is_empty() && !parsers.is_empty());
    }
    assert_eq!(fs::read_dir(dir.join("fuzz_targets")).unwrap().count(), ALL.len());
}
