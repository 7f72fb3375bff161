//! The README does what it says: its referral is pasted into a shell, its tables are compared with the program.

use crate::{
    command::{Demo, mistok, there_is},
    operation,
    stage::place,
};
use mistok::{
    access::{Scope, Scopes},
    base::{
        error::{ErrorCode, UserErrorCode},
        words::{
            access::{AccessPurpose, FieldGroup},
            memorandum::MemorandumStatus,
            organization::OrganizationKind,
            referral::{ReferralStatus, RoutingBlock},
        },
    },
    sheet::column::{ACTIVITIES, Part, REFERRALS, SERVICES},
};
use serde_json::{Deserializer, Value, json};
use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// One chapter, without its heading.
fn chapter(heading: &str) -> String {
    let text = readme();
    let (_, rest) = text.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("there is no chapter {heading}"));
    rest.split("\n## ").next().unwrap().to_owned()
}

/// The blocks of one language, in their order.
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(&format!("\n```{language}\n")) {
        let (block, more) = after.split_once("```").unwrap();
        found.push(block.to_owned());
        rest = more;
    }
    found
}

fn referral() -> String {
    chapter("The first referral in five minutes")
}

/// What stands between backticks in a piece of a table.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn its_operations_are_those_of_the_schema() {
    let script = blocks(&referral(), "sh").concat();
    let operations = operation::all();
    let even = |text: &str| {
        let plain = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join(" ");
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mut documents = 0;
    for quoted in script.split('\'').filter(|part| part.starts_with("\nquery") || part.starts_with("\nmutation")) {
        let (name, _) = operation::operation(quoted);
        assert!(operations.values().any(|text| even(text) == even(quoted)), "{name} is not as it stands in schema/operations");
        documents += 1;
    }
    assert_eq!(documents, 7, "the documents of the referral");
    let told = chapter("What to ask");
    let told = quoted(&told);
    for name in operations.keys() {
        let stem = name.split('/').next_back().unwrap();
        assert!(told.contains(stem), "the table of operations leaves out {name}");
    }
}

/// The answers of a script that a newcomer pastes.
pub fn pasted(shell: &str, script: &str, dir: &Path) -> Vec<Value> {
    let mut command = Command::new(shell);
    command.current_dir(dir).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let said = child.wait_with_output().unwrap();
    let (out, fault) = (String::from_utf8(said.stdout).unwrap(), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success() && fault.is_empty(), "{shell}: {out}{fault}");
    out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{shell}: {line}"))).collect()
}

#[test]
fn the_first_referral_works_when_pasted() {
    if !there_is("curl") {
        return;
    }
    let (data, dir) = (place("readme"), place("readme-newcomer"));
    fs::create_dir(&dir).unwrap();
    let demo = Demo::start(&data, &["--env", dir.join("demo.env").to_str().unwrap()]);
    let script = blocks(&referral(), "sh").concat();
    let shown = blocks(&referral(), "text").concat();
    // A long answer is shown on several lines.
    let shown: Vec<Value> = Deserializer::from_str(&shown).into_iter().map(|answer| answer.unwrap()).collect();
    for shell in ["sh", "bash"].into_iter().filter(|shell| there_is(shell)) {
        let answers = pasted(shell, &script, &dir);
        assert_eq!(answers.len(), 10, "{shell}: {answers:?}");
        for (answer, payload) in [(1, "caseOpen"), (2, "consentGive"), (3, "referralCreate"), (5, "referralAccept")] {
            assert_eq!(answers[answer]["data"][payload]["userErrors"], json!([]), "{shell}: {answers:?}");
        }
        let mut read: Vec<Value> = [0, 4, 6, 7, 8, 9].iter().map(|place| answers[*place].clone()).collect();
        for (answer, shown) in read.iter_mut().zip(&shown) {
            // What is left of the limit is another number each time.
            assert!(answer.as_object_mut().unwrap().remove("extensions").unwrap()["cost"]["actual"].is_u64());
            let place = "/data/referral/subject/pseudonym";
            if let Some(pseudonym) = answer.pointer_mut(place) {
                // Random for each server; the same in both answers to one receiver.
                assert_eq!(pseudonym.as_str().unwrap().len(), 12);
                *pseudonym = shown.pointer(place).cloned().unwrap_or_default();
            }
        }
        assert_eq!(read, shown, "{shell}: the README shows other answers");
    }
    demo.signal("-INT");
    assert_eq!(demo.end(), Some(0));
    fs::remove_dir_all(dir).unwrap();
    let _ = fs::remove_dir_all(data);
}

#[test]
fn a_proof_is_checked_when_pasted() {
    if ["curl", "python3", "openssl"].iter().any(|program| !there_is(program)) {
        return;
    }
    let (data, dir) = (place("readme-proof"), place("readme-auditor"));
    fs::create_dir(&dir).unwrap();
    let demo = Demo::start(&data, &["--env", dir.join("demo.env").to_str().unwrap()]);
    let script = blocks(&referral(), "sh")[0].clone() + &blocks(&chapter("Proofs"), "sh").concat();
    let run = |script: &str| {
        let done = Command::new("sh").args(["-c", script]).current_dir(&dir).output().unwrap();
        (done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr))
    };
    let (well, said) = run(&script);
    assert!(well && said.lines().last().unwrap().starts_with("proven: number 1 at 2"), "{said}");
    // The check is one: whatever is touched, it says so.
    let proof: Value = serde_json::from_str(&fs::read_to_string(dir.join("proof.json")).unwrap()).unwrap();
    for place in ["/entry/hash", "/root", "/path/7", "/signature", "/statement"] {
        let mut touched = proof.clone();
        let text = touched["data"]["auditProof"].pointer_mut(place).unwrap();
        let last = text.as_str().unwrap().trim_end_matches('\n').chars().next_back().unwrap();
        let other = if last == '0' { "1" } else { "0" };
        let whole = text.as_str().unwrap().trim_end_matches('\n');
        *text = json!(format!("{}{other}{}", &whole[..whole.len() - 1], &text.as_str().unwrap()[whole.len()..]));
        fs::write(dir.join("proof.json"), touched.to_string()).unwrap();
        let (well, said) = run("python3 check.py");
        assert!(!well, "{place}: {said}");
    }
    demo.signal("-INT");
    assert_eq!(demo.end(), Some(0));
    fs::remove_dir_all(dir).unwrap();
    let _ = fs::remove_dir_all(data);
}

/// What is no number is no timestamp: the lines raise, and a request that raises is not taken.
#[test]
fn its_lines_verify_the_vectors_of_webhooks() {
    if !there_is("python3") {
        return;
    }
    let asked = r#"
import json, sys
for vector in json.load(open(sys.argv[1], encoding="utf-8"))["vectors"]:
    time.time = lambda: vector["now"]
    try:
        good = verified(vector["headers"], vector["body"].encode(), vector["secret"])
    except ValueError:
        good = False
    assert good is vector["verifies"], vector["name"]
"#;
    let script = blocks(&chapter("Webhooks"), "python").concat() + asked;
    let done =
        Command::new("python3").args(["-c", &script, "schema/webhook-vectors.json"]).current_dir(root()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn its_settings_are_those_of_the_program() {
    let told = chapter("Settings");
    let told: BTreeSet<String> = quoted(&told)
        .into_iter()
        .filter(|word| word.starts_with("MISTOK_") || word.starts_with("OTEL_"))
        .map(str::to_owned)
        .collect();
    let mut known = BTreeSet::new();
    for command in [
        "demo",
        "serve",
        "migrate",
        "keys",
        "organization list",
        "organization register",
        "application register",
        "import",
        "audit export",
        "audit verify",
        "health",
    ] {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = String::from_utf8(mistok(&arguments).output().unwrap().stdout).unwrap();
        let names = help.split("[env: ").skip(1).map(|rest| rest.split(['=', ']']).next().unwrap().trim().to_owned());
        known.extend(names);
    }
    assert!(known.len() > 10, "{known:?}");
    assert_eq!(told, known, "the table of settings (left) is not what --help says (right)");
}

#[test]
fn its_table_of_rights_is_what_is_granted() {
    let text = chapter("Rights");
    let rows: Vec<Vec<&str>> =
        text.lines().filter(|line| line.starts_with('|')).map(|line| line.split('|').map(str::trim).collect()).collect();
    let mut kinds = 0;
    for kind in OrganizationKind::ALL {
        let mut scopes = Vec::new();
        for row in rows.iter().filter(|row| row[1] == "every kind" || quoted(row[1]).contains(kind.word())) {
            for word in quoted(row[2]) {
                let all = Scope::ALL.iter().copied();
                match word.strip_suffix('*') {
                    Some(group) => scopes.extend(all.filter(|scope| scope.word().starts_with(group))),
                    None => scopes.push(Scope::of(word).unwrap_or_else(|| panic!("{word} is no scope"))),
                }
            }
            kinds += 1;
        }
        assert_eq!(Scopes::from_iter(scopes).words(), Scopes::of_kind(*kind).words(), "{kind}");
    }
    assert!(kinds > 2 * OrganizationKind::ALL.len() - 1, "each kind stands in a row of its own besides the last one");
}

#[test]
fn its_words_are_those_of_the_schema() {
    let has = |heading: &str, words: Vec<&'static str>| {
        let text = chapter(heading);
        let told = quoted(&text);
        let missing: Vec<_> = words.into_iter().filter(|word| !told.contains(word)).collect();
        assert!(missing.is_empty(), "{heading} leaves out {missing:?}");
    };
    has("Errors and retries", ErrorCode::ALL.iter().map(|word| word.word()).collect());
    has("Errors and retries", UserErrorCode::ALL.iter().map(|word| word.word()).collect());
    has("What to ask", AccessPurpose::ALL.iter().map(|word| word.word()).collect());
    has("Memoranda and routing", MemorandumStatus::ALL.iter().map(|word| word.word()).collect());
    has("Memoranda and routing", RoutingBlock::ALL.iter().map(|word| word.word()).collect());
    has("What is shared, and when", ReferralStatus::ALL.iter().map(|word| word.word()).collect());
    has("What is shared, and when", FieldGroup::ALL.iter().map(|word| word.word()).collect());
}

#[test]
fn its_columns_are_those_of_the_program() {
    let text = chapter("For people with spreadsheets");
    let tables: Vec<Vec<Vec<&str>>> = text
        .split("| Column | Українською |")
        .skip(1)
        .map(|table| table.lines().skip(2).take_while(|line| line.starts_with('|')))
        .map(|rows| rows.map(|row| row.split('|').map(str::trim).skip(1).take(2).collect()).collect())
        .collect();
    assert_eq!(tables.len(), 3);
    for (table, columns) in tables.into_iter().zip([SERVICES, ACTIVITIES, REFERRALS]) {
        let known: Vec<_> = columns
            .iter()
            .map(|column| match column.part {
                Part::Needed => vec![format!("**`{}`**", column.name), column.ukrainian.to_owned()],
                _ => vec![format!("`{}`", column.name), column.ukrainian.to_owned()],
            })
            .collect();
        assert_eq!(table, known, "the table (left) is not what the program knows (right)");
    }
}

#[test]
fn its_links_lead_somewhere() {
    let text = readme();
    let headings: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|heading| heading.to_lowercase().replace(',', "").replace(' ', "-"))
        .collect();
    for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        let there = match link.strip_prefix('#') {
            Some(heading) => headings.contains(heading),
            None => root().join(link).exists(),
        };
        assert!(there, "{link} leads nowhere");
    }
}
