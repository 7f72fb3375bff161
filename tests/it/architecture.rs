//! The house holds: imports go down only, each room has its place and its work. Sources are read as text.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Rooms from the ground up. Those of one floor do not know each other; a room imports from floors below alone.
const FLOORS: &[&[&str]] = &[
    &["base"],
    &["config", "telemetry"],
    &["access"],
    &["seal"],
    &["db"],
    &["journal"],
    &["territory"],
    &["service"],
    &["organization"],
    &["centre"],
    &["offering"],
    &["application"],
    &["memorandum"],
    &["case"],
    &["referral"],
    &["activity"],
    &["contract"],
    &["indicator"],
    &["webhook"],
    &["graphql"],
    &["sheet"],
    &["http"],
    &["work"],
    &["demo"],
    &["app"],
    &["command"],
    &["lib"],
    &["main"],
];

/// The slices of the trade, each with the same rooms.
const SLICES: &[&str] = &[
    "territory",
    "service",
    "organization",
    "centre",
    "offering",
    "application",
    "memorandum",
    "case",
    "referral",
    "activity",
    "contract",
    "indicator",
    "webhook",
];

/// What a slice may consist of; each may be a file or a folder.
const ROOMS: &[&str] = &["mod", "model", "rules", "policy", "store", "actions"];

/// Rooms that only one slice has: which laws they keep, and what they are for.
const OWN_ROOMS: &[(&str, &str, &str)] = &[
    ("application/operator", "actions", "the operator's verbs, on the server's own machine"),
    ("application/shelf", "actions", "the documents that applications have registered, without a question for each request"),
    ("application/roster", "actions", "who the applications are now, without a question for each request"),
    ("application/usage", "actions", "what applications ask for although it is deprecated, written down now and then"),
    ("application/secret", "rules", "how client secrets are made and compared"),
    ("organization/operator", "actions", "the operator's verbs, on the server's own machine"),
    ("case/consent", "rules", "whether a consent holds is asked by the referral too"),
    ("case/person", "rules", "a person is a record that several cases share"),
    ("case/sealed", "store", "everything sealed goes in and out by one place"),
    ("organization/operator", "actions", "the operator's verbs, on the server's own machine"),
    ("referral/behind", "store", "what the database alone may tell of the other side's person comes out by one door"),
    ("referral/clock", "rules", "how long a step may take has one place"),
    ("referral/clock_store", "store", "the rows of the clocks, beside those of the referrals"),
    ("referral/ending", "actions", "what time and a withdrawn consent end, not a party's verb"),
    ("referral/erasing", "actions", "an erased person ends consents and referrals together, not a party's verb"),
    ("contract/claim", "rules", "what a monthly act may claim and how it is decided"),
    ("contract/claiming", "actions", "acts have two sides that take turns"),
    ("contract/list", "store", "each viewer comes to contracts and acts by a way of its own"),
    ("contract/paying", "actions", "money moves acts and tranches along"),
    ("contract/payout", "rules", "what may be paid, and what follows from payments alone"),
    ("contract/publishing", "actions", "what leaves as an open document is read in one place"),
    ("contract/reconciliation", "rules", "why money and work differ has one place"),
    ("contract/standard", "rules", "a contract in the words of open standards: no rule of the trade, and no transport"),
    ("contract/terms", "rules", "what is in force on which day has one place"),
    ("indicator/disclosure", "rules", "what of figures about people is kept back: a proof of its own, not a rule of the trade"),
    ("indicator/month", "rules", "the whole country of a month in little memory, a shape of its own"),
    ("indicator/frozen", "rules", "how a month's figures are added up and decided, before they are written"),
    ("indicator/funding", "store", "sums of contracts, acts and payments"),
    ("indicator/release", "actions", "how a month is counted, decided and published"),
    ("indicator/asking", "actions", "how a question of figures is answered, from whichever source"),
    ("indicator/question", "rules", "what may be asked, and what each indicator is counted from"),
    ("indicator/table", "rules", "how sums become rows with their totals"),
    ("indicator/tally", "store", "sums of the roll-up, and what the registry says of a day"),
    ("indicator/protected", "rules", "the one place where a figure becomes fit to be answered"),
    ("memorandum/standing", "rules", "what follows from dates and events has one place; referrals ask it too"),
    ("referral/candidate", "actions", "who could take a person is asked by people and by a refused send"),
    ("referral/lawful", "rules", "whether the law lets the data go has one place"),
    ("referral/parting", "actions", "what ends with a memorandum, not a party's verb of a referral"),
    ("referral/sending", "actions", "how a referral is written and sent is as long as all other steps"),
    ("referral/figure", "store", "what crosses organisations comes out by one door"),
    ("referral/onward", "actions", "what a receiver does beyond the shared status"),
    ("referral/routing", "rules", "to whom a person may be sent has one place"),
    ("referral/sharing", "rules", "what a party may know has one place"),
    ("webhook/address", "rules", "where requests may go has one place: a proof of its own, not a rule of the trade"),
    ("webhook/delivering", "actions", "what the server does by itself, not an owner's verb"),
    ("webhook/outside", "actions", "names are looked up by whoever sets an endpoint up and by every request, in one place"),
    ("webhook/queue", "store", "deliveries on their way: locked, claimed and settled in great numbers"),
    ("webhook/schedule", "rules", "what follows from an attempt, and when, has one place"),
    ("webhook/signature", "rules", "the standard's signature, held against its own vector"),
    ("activity/sheet", "store", "rows as an export tells them, stretch after stretch"),
    ("referral/sheet", "store", "rows as an export tells them, stretch after stretch"),
    ("referral/timing", "actions", "clocks follow every step and the time, whoever takes it"),
];

/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] =
    &["util", "utils", "helper", "helpers", "common", "manager", "handler", "handlers", "data", "info", "misc"];

/// Lines that a file may have; the generated schema is as long as the database is wide.
const LONGEST: usize = 500;

struct Source {
    /// From `src` on, with slashes: `case/store.rs`.
    path: String,
    text: String,
    /// The text without comments and without what stands in strings.
    code: String,
}

impl Source {
    /// The room on whose floor it stands.
    fn room(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// Its own place within the crate: `case/store.rs` is `["case", "store"]`.
    fn module(&self) -> Vec<&str> {
        self.path.trim_end_matches(".rs").split('/').filter(|part| *part != "mod").collect()
    }

    /// The room within a slice.
    fn part(&self) -> &str {
        self.path.split('/').nth(1).unwrap_or("mod").trim_end_matches(".rs")
    }

    /// The room of a slice whose laws it keeps.
    fn kind(&self) -> &str {
        let name = format!("{}/{}", self.room(), self.part());
        OWN_ROOMS.iter().find(|(own, _, _)| *own == name).map_or_else(|| self.part(), |(_, kind, _)| kind)
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let path = file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        Source { path, code: bare(&text), text }
    };
    files.into_iter().map(read).collect()
}

fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // What libFuzzer's own crate has built lies with it.
            if path.file_name().is_none_or(|name| name != "target") {
                walk(&path, files);
            }
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
}

/// Leaves code alone: comments go, strings become empty.
fn bare(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let (kept, length) = if rest.starts_with("//") {
            ("", rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            ("", rest.find("*/").map_or(rest.len(), |end| end + 2))
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            ("\"\"", 3 + raw.find("\"#").unwrap() + 2)
        } else if sign == '"' {
            ("\"\"", string(rest))
        } else if rest.starts_with("'\"'") {
            ("' '", 3)
        } else {
            (&rest[..sign.len_utf8()], sign.len_utf8())
        };
        out.push_str(kept);
        rest = &rest[length..];
    }
    out
}

/// The length of the string with which a text begins.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (place, sign) in text.char_indices().skip(1) {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

/// The rooms that a source names: `crate::room`, `crate::{room::…, other}`, and `super::` that leads to the top.
fn named(source: &Source) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    let top = if source.room() == "main" { "mistok::" } else { "crate::" };
    let mut roots = vec![top.to_owned()];
    if top == "crate::" {
        roots.push(format!("{}::", vec!["super"; source.module().len()].join("::")));
    }
    for root in roots {
        for (place, _) in source.code.match_indices(&root) {
            let before = source.code[..place].chars().next_back();
            if before.is_some_and(|sign| sign.is_alphanumeric() || sign == '_' || sign == ':') {
                continue;
            }
            let rest = &source.code[place + root.len()..];
            match rest.strip_prefix('{') {
                Some(group) => rooms.extend(heads(group)),
                None => rooms.extend(Some(word(rest)).filter(|name| !name.is_empty()).map(str::to_owned)),
            }
        }
    }
    rooms
}

/// The first names of a group: `{a::{b, c}, d}` names `a` and `d`.
fn heads(group: &str) -> Vec<String> {
    let (mut heads, mut depth, mut expects) = (Vec::new(), 0, true);
    for (place, sign) in group.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expects = true,
            _ if expects && !sign.is_whitespace() => {
                heads.push(word(&group[place..]).to_owned());
                expects = false;
            }
            _ => {}
        }
    }
    heads
}

fn word(text: &str) -> &str {
    let end = text.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(text.len());
    &text[..end]
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

#[test]
fn imports_go_down() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(own) = floor(source.room()) else {
            wrong.push(format!("{}: the room {} stands on no floor of tests/it/architecture.rs", source.path, source.room()));
            continue;
        };
        if source.room() == "lib" {
            continue;
        }
        for room in named(&source) {
            // What is no room is a macro or an item of a test.
            let Some(other) = floor(&room) else { continue };
            if room != source.room() && other >= own {
                wrong.push(format!("{} imports {room}, which is not below it", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn slices_have_their_rooms() {
    let sources = sources();
    let mut wrong = Vec::new();
    for slice in SLICES {
        let rooms: BTreeSet<&str> = sources.iter().filter(|source| source.room() == *slice).map(Source::part).collect();
        if rooms.is_empty() {
            wrong.push(format!("there is no slice {slice}"));
            continue;
        }
        for room in &rooms {
            if !ROOMS.contains(room) && !OWN_ROOMS.iter().any(|(own, _, _)| *own == format!("{slice}/{room}")) {
                wrong.push(format!("{slice}/{room} is no room of a slice"));
            }
        }
        // Who writes asks for leave, and who asks for leave has rules to keep.
        let needs: &[&str] = if rooms.contains("actions") { ROOMS } else { &["mod", "model", "store"] };
        wrong.extend(needs.iter().filter(|room| !rooms.contains(*room)).map(|room| format!("{slice} lacks its {room}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One law of the shape "this may stand only there".
struct Only {
    words: &'static [&'static str],
    /// Beginnings of paths, or rooms of slices with a star before them.
    places: &'static [&'static str],
    why: &'static str,
}

const LAWS: &[Only] = &[
    Only { words: &["Permit::grant", ".grant("], places: &["*policy"], why: "only a policy gives leave" },
    Only {
        words: &["diesel::", "diesel_async::", "tokio_postgres::"],
        places: &["db/", "journal/", "base/words/", "*store", "*model", "config.rs"],
        why: "SQL lives in the store, its rows in the model",
    },
    Only {
        words: &["RunQueryDsl", "sql_query", "Sql::new"],
        places: &["db/", "journal/", "*store"],
        why: "only a store asks the database",
    },
    Only {
        words: &["Utc::now", "Local::now", "SystemTime::now", "OffsetDateTime::now"],
        places: &["base/clock.rs"],
        why: "the time is read in one place, so that tests can move it",
    },
    Only {
        words: &["env::"],
        places: &["config.rs", "command/", "db/embedded/"],
        why: "the environment is read by the configuration (and for PATH and TMPDIR)",
    },
    Only { words: &["println!", "print!"], places: &["command/"], why: "the library says nothing to the terminal: it logs" },
    Only { words: &["actix_web::"], places: &["http/", "app.rs"], why: "only http knows its framework" },
    Only {
        words: &["async_graphql::"],
        places: &["graphql/", "base/words/mod.rs", "http/", "app.rs"],
        why: "a slice knows no transport",
    },
];

#[test]
fn each_thing_has_its_place() {
    let mut wrong = Vec::new();
    for source in sources() {
        for law in LAWS {
            let allowed = law.places.iter().any(|place| match place.strip_prefix('*') {
                Some(part) => SLICES.contains(&source.room()) && source.kind() == part,
                None => source.path.starts_with(place),
            });
            if allowed {
                continue;
            }
            for word in law.words {
                if says(&source.code, word) {
                    wrong.push(format!("{} says {word}: {}", source.path, law.why));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the code names it, not as the end of a longer name.
fn says(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(place, _)| {
        let before = code[..place].chars().next_back();
        !word.starts_with(char::is_alphabetic) || !before.is_some_and(|sign| sign.is_alphanumeric() || sign == '_')
    })
}

#[test]
fn pure_rooms_are_pure() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| SLICES.contains(&source.room())) {
        let pure = matches!(source.kind(), "rules" | "policy" | "model");
        for word in ["async fn", ".await"] {
            if pure && source.code.contains(word) {
                wrong.push(format!("{} says {word}: rules, policy and model wait for nothing", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short_and_named() {
    let mut wrong = Vec::new();
    let mut check = |path: &str, lines: usize| {
        if lines > LONGEST && path != "db/schema.rs" {
            wrong.push(format!("{path} has {lines} lines; {LONGEST} are the most"));
        }
        let name = path.trim_end_matches(".rs");
        wrong.extend(
            name.split('/').filter(|part| EMPTY_NAMES.contains(part)).map(|part| format!("{path}: {part} says nothing")),
        );
    };
    sources().iter().for_each(|source| check(&source.path, source.text.lines().count()));
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files = Vec::new();
    walk(&tests, &mut files);
    for file in files {
        check(file.strip_prefix(&tests).unwrap().to_str().unwrap(), fs::read_to_string(&file).unwrap().lines().count());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A figure about people that was not asked about cannot be answered: what is answered is a `Cell`, a `Cell` is made from a
/// `Protected` alone, and a `Protected` by `indicator/protected` alone. The value of a row is closed to every other floor.
#[test]
fn figures_leave_by_one_door() {
    let sources = sources();
    let of = |path: &str| sources.iter().find(|source| source.path == path).unwrap_or_else(|| panic!("there is no {path}"));
    let (door, cell, row) = (of("indicator/protected.rs"), of("graphql/indicator/cell.rs"), of("indicator/model.rs"));
    // Its fields are private, and nothing makes one from outside: no constructor, no default, no row, no JSON.
    let fields = |source: &Source, name: &str| {
        let (before, rest) = source.code.split_once(&format!("pub struct {name} {{")).unwrap_or_else(|| panic!("no {name}"));
        let derived = before.rsplit("#[derive(").next().unwrap().split(')').next().unwrap().to_owned();
        (derived, rest.split_once('}').unwrap().0.to_owned())
    };
    let (derived, inside) = fields(door, "Protected");
    assert!(!inside.contains("pub"), "a field of Protected is open: {inside}");
    assert_eq!(derived, "Clone, Debug, PartialEq, Eq", "what else makes a Protected?");
    let makers: Vec<_> = door
        .code
        .match_indices("-> Protected")
        .map(|(place, _)| {
            let before = &door.code[..place];
            before.rsplit("fn ").next().unwrap().split('(').next().unwrap().to_owned()
        })
        .collect();
    let ways = ["reported", "own", "open", "open_money", "frozen", "computed", "publish"];
    assert_eq!(makers, ways, "each way to make a Protected is known here");
    assert_eq!(door.code.matches("-> Option<Protected>").count(), 1, "and a cost, which is made from another Protected");
    for closed in ["own", "open", "open_money", "frozen", "cost"] {
        assert!(door.code.contains(&format!("pub(super) fn {closed}(")), "{closed} is for the slice alone");
    }
    assert!(says(&door.code, "fn publish") && !door.code.contains("pub fn publish"), "publish is the room's own");
    assert!(door.code.matches("Protected {").count() == 11, "the struct, its impl, seven signatures, two expressions");
    // The value of a row, and the note that may repeat it, stay within the slice.
    let (_, inside) = fields(row, "Observation");
    for closed in ["value_parts", "note"] {
        assert!(inside.contains(&format!("pub(super) {closed}:")), "Observation.{closed} is open");
    }
    // One way to a cell.
    assert!(cell.code.contains("pub struct Cell(Protected);"), "a Cell is a Protected and nothing else");
    let mut wrong = Vec::new();
    for source in &sources {
        for (word, places) in [
            ("for Protected {", &["indicator/protected.rs"][..]),
            ("for Cell {", &["graphql/indicator/cell.rs"]),
            ("Cell(", &["graphql/indicator/cell.rs"]),
            ("value_parts", &["indicator/", "db/schema.rs"]),
        ] {
            if says(&source.code, word) && !places.iter().any(|place| source.path.starts_with(place)) {
                wrong.push(format!("{} says {word}: figures leave by indicator/protected", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let ways: Vec<_> = cell.code.lines().filter(|line| line.starts_with("impl ")).collect();
    assert_eq!(ways, ["impl From<Protected> for Cell {", "impl Cell {"]);
}

#[test]
fn the_reader_of_sources_reads() {
    let source = |path: &str, text: &str| Source { path: path.into(), text: text.into(), code: bare(text) };
    let names = |path, text| named(&source(path, text)).into_iter().collect::<Vec<_>>();
    assert_eq!(names("case/store.rs", "use crate::{access::{Actor, Permit}, db};\n// crate::http\n"), ["access", "db"]);
    assert_eq!(names("seal.rs", "let x = crate::base::id(); let y = \"crate::http\";"), ["base"]);
    assert_eq!(names("case/store.rs", "use super::super::http::x; use super::model;"), ["http"]);
    assert_eq!(names("case/mod.rs", "pub use super::referral; mod tests { use super::*; }"), ["referral"]);
    assert_eq!(names("command/demo.rs", "use crate::{db::{self, roles}, seal}; use super::keys;"), ["db", "seal"]);
    assert!(!says("std::env::var", "xenv::") && says("use std::env::var", "env::") && !says("my_env::x", "env::"));
    assert_eq!(bare("a \"b\\\"c\" d // e\n'\"' r#\"f\"g\"#"), "a \"\" d \n' ' \"\"");
}
