//! The clients that partners copy (`tests/clients`). `.ci/run clients` makes them and asks their story of a demo; here is what needs no
//! toolchain: what they are made of is pinned and free, wherever it comes from, and the README says how.

use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The licences of `.deny.toml`, as npm writes them.
const FREE: &[&str] = &["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "Unlicense"];

fn folder(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(language)
}

fn read(language: &str, file: &str) -> String {
    fs::read_to_string(folder(language).join(file)).unwrap()
}

#[test]
fn what_they_are_made_of_is_pinned_and_free() {
    let digits = |version: &str| version.starts_with(|sign: char| sign.is_ascii_digit());
    let package: Value = serde_json::from_str(&read("typescript", "package.json")).unwrap();
    for kind in ["dependencies", "devDependencies"] {
        for (name, version) in package[kind].as_object().unwrap() {
            assert!(digits(version.as_str().unwrap()), "{name} {version}");
        }
    }
    // Packages are known by what is in them, wherever they come from.
    let lock = read("typescript", "package-lock.json");
    assert!(!lock.contains("\"resolved\""), "npm install --omit-lockfile-registry-resolved");
    let lock: Value = serde_json::from_str(&lock).unwrap();
    for (name, package) in lock["packages"].as_object().unwrap().iter().filter(|(name, _)| !name.is_empty()) {
        assert!(package["integrity"].is_string(), "{name}");
        assert!(FREE.contains(&package["license"].as_str().unwrap_or("none")), "{name}: {}", package["license"]);
    }
    let requirements = read("python", "requirements.txt");
    for line in requirements.lines() {
        assert!(line.split_once("==").is_some_and(|(_, version)| digits(version)), "{line}");
    }
    for word in ["ariadne-codegen", "httpx", "pydantic", "standardwebhooks"] {
        assert!(requirements.contains(&format!("{word}==")), "{word}");
    }
    assert!(read("rust", "Cargo.lock").contains("name = \"graphql_client\""));
}

/// Types are made where they are needed: what is not committed cannot be older than the schema.
#[test]
fn what_is_generated_is_not_committed() {
    for (language, file, made) in [
        ("typescript", ".gitignore", "/source/generated.ts"),
        ("python", ".gitignore", "/mistok_client/generated/"),
        ("rust", ".gitignore", "/target"),
        ("typescript", "generate.mjs", "operations/partner/"),
        ("python", "pyproject.toml", "schema/operations/partner"),
        ("rust", "src/operations.rs", "schema/operations/partner/"),
    ] {
        assert!(read(language, file).contains(made), "{language}/{file} does not name {made}");
    }
    let copies = ["typescript", "python", "rust"].iter().filter(|language| folder(language).join("schema.graphql").exists());
    assert_eq!(copies.count(), 0, "there is one schema");
}

/// The same story in each language: what is told, by what, in which order.
#[test]
fn the_stories_are_one() {
    let told = |language: &str, file: &str| -> Vec<String> {
        let text = read(language, file);
        let chapters = text.lines().filter_map(|line| {
            let line = line.trim_start().trim_start_matches(['/', '#', ' ']);
            line.split_once(". ").filter(|(number, _)| number.len() == 1 && number.as_bytes()[0].is_ascii_digit())?;
            Some(line.to_owned())
        });
        chapters.collect()
    };
    let stories = [("typescript", "source/story.ts"), ("python", "story.py"), ("rust", "src/main.rs")];
    let [first, others @ ..] = stories.map(|(language, file)| told(language, file));
    assert_eq!(first.len(), 8, "{first:?}");
    for other in others {
        assert_eq!(other, first);
    }
}
