//! The parsers of the tests as targets of libFuzzer.

// As in the tests: the whole schema is one type.
#![recursion_limit = "256"]

use std::{fs, path::Path};

#[path = "../parsers/mod.rs"]
pub mod parsers;

pub use libfuzzer_sys;

/// Declares the target of a name.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        $crate::libfuzzer_sys::fuzz_target!(init: $crate::sow($name), |bytes: &[u8]| {
            $crate::parsers::of($name).iter().for_each(|parser| {
                (parser.read)(bytes);
            });
        });
    };
}

/// Lays the examples where libFuzzer looks for its corpus: it begins with all that the tests know.
pub fn sow(target: &str) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    if fs::create_dir_all(&corpus).is_err() {
        return;
    }
    for (parser, place) in parsers::of(target).iter().zip(0..) {
        let seeds = (parser.seeds)();
        for (seed, number) in seeds.taken.into_iter().chain(seeds.refused).zip(0..) {
            // Without them it begins with nothing, which is slower and not wrong.
            let _ = fs::write(corpus.join(format!("seed-{place}-{number}")), seed);
        }
    }
}
