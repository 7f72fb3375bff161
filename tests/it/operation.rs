//! The operations of schema/operations, asked of the demonstration in the order of walk.json: what is written there for
//! partners is what works. `$name` in a variable is what an earlier step kept; `$KAZANKA.organization` is a partner's id.

use crate::{
    served::{Answer, Partner, Served},
    stage::connect,
};
use async_graphql::parser::{
    parse_query,
    types::{DocumentOperations, OperationType},
};
use mistok::{
    application::operator,
    base::timetable::Timetable,
    db::Errand,
    demo,
    graphql::{node::Kind, schema},
    http::reference::book::{Book, Root},
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// One question of the walk.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// A file, without its ending.
    pub operation: String,
    /// The partner who asks.
    by: String,
    /// The header Mistok-Purpose.
    pub purpose: Option<String>,
    #[serde(default)]
    variables: Map<String, Value>,
    /// Parts of the answer for later steps: name and place.
    #[serde(default)]
    keep: BTreeMap<String, String>,
    /// What must stand in the answer: place and value.
    #[serde(default)]
    expect: BTreeMap<String, Value>,
}

impl Step {
    /// Without what it needs of earlier ones.
    pub fn bare(self) -> Self {
        Self { variables: Map::new(), ..self }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/operations")
}

/// All operations: `partner/viewer` and its text.
pub fn all() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for kind in fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        for file in fs::read_dir(&kind).unwrap().map(|entry| entry.unwrap().path()) {
            let name = file.strip_prefix(folder()).unwrap().with_extension("");
            assert_eq!(file.extension().unwrap(), "graphql", "{file:?}");
            found.insert(name.to_str().unwrap().to_owned(), fs::read_to_string(file).unwrap());
        }
    }
    found
}

pub fn walk() -> Vec<Step> {
    serde_json::from_str(&fs::read_to_string(folder().join("walk.json")).unwrap()).unwrap()
}

/// The one operation of a document: its name and kind.
pub fn operation(text: &str) -> (String, OperationType) {
    let document = parse_query(text).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
    let DocumentOperations::Multiple(all) = document.operations else { panic!("an operation without a name: {text}") };
    assert_eq!(all.len(), 1, "one operation in one file");
    all.iter().map(|(name, operation)| (name.to_string(), operation.node.ty)).next().unwrap()
}

/// The demonstration with its applications, in this process.
pub struct Demonstration {
    pub served: Served,
    pub tokens: BTreeMap<&'static str, String>,
    kept: BTreeMap<String, Value>,
}

impl Demonstration {
    pub async fn new() -> Self {
        Self::on(Served::new().await).await
    }

    /// The same at a server whose database is empty.
    pub async fn on(served: Served) -> Self {
        let (db, seal) = (served.app.db(), served.app.seal());
        demo::load(db, seal).await.unwrap();
        let (mut tokens, mut kept) = (BTreeMap::new(), BTreeMap::new());
        for one in demo::APPLICATIONS {
            let wish = operator::Register { organization_id: one.organization, name: one.name.into(), ..Default::default() };
            let made = operator::register(db, seal, Errand::Demo, wish).await.unwrap();
            let secret = made.secret.expose_secret().to_owned();
            let partner = Partner { organization_id: one.organization, client_id: made.client_id, secret };
            tokens.insert(one.word, served.token(&partner).await);
            kept.insert(one.word.to_owned(), json!({"organization": Kind::Organization.id(one.organization).0}));
        }
        demo::tell(db, seal, &Timetable::default()).await.unwrap();
        crate::feed::settled_on(&served.stage).await;
        mistok::journal::proof::store::make(db, served.app.audit_keys()).await.unwrap();
        Self { served, tokens, kept }
    }

    /// The number of the last change that was written.
    async fn last_change(&self) -> i64 {
        let client = connect(&self.served.stage.superuser_url()).await;
        client.query_one("select coalesce(max(seq), 0) from change", &[]).await.unwrap().get(0)
    }

    /// What kinds of changes were written since.
    async fn changes_after(&self, last: i64) -> Vec<String> {
        let client = connect(&self.served.stage.superuser_url()).await;
        let rows = client.query("select distinct type from change where seq > $1", &[&last]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    async fn ask(&self, step: &Step, text: &str) -> Answer {
        self.ask_at(&self.served, step, text).await
    }

    /// Whether a step needs nothing that an earlier one has kept.
    pub fn is_first(&self, step: &Step) -> bool {
        let text = Value::Object(step.variables.clone()).to_string();
        text.split("\"$").skip(1).all(|name| self.kept.contains_key(name.split(['.', '"']).next().unwrap_or_default()))
    }

    /// A step at another server.
    pub async fn ask_at(&self, served: &Served, step: &Step, text: &str) -> Answer {
        let variables = self.filled(&Value::Object(step.variables.clone()));
        let mut asked = served.http.post(format!("{}/graphql", served.url)).bearer_auth(&self.tokens[step.by.as_str()]);
        if let Some(purpose) = &step.purpose {
            asked = asked.header("mistok-purpose", purpose);
        }
        let follows = operation(text).1 == OperationType::Subscription;
        let asked = asked.header("accept", if follows { "text/event-stream" } else { "application/graphql-response+json" });
        let answer = asked.json(&json!({"query": text, "variables": variables})).send().await.unwrap();
        if follows { first(answer).await } else { Answer::of(answer).await }
    }

    /// With what was kept in the place of its names.
    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match text.strip_prefix('$') {
                Some(name) => {
                    let (head, rest) = name.split_once('.').unwrap_or((name, ""));
                    let kept = self.kept.get(head).unwrap_or_else(|| panic!("nothing was kept as {head}"));
                    at(kept, rest).clone()
                }
                None => value.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, field)| (name.clone(), self.filled(field))).collect::<Map<_, _>>().into()
            }
            plain => plain.clone(),
        }
    }
}

/// The first entry of a stream, as if it were an answer.
async fn first(mut answer: reqwest::Response) -> Answer {
    let (status, headers, mut text) = (answer.status().as_u16(), answer.headers().clone(), String::new());
    let data = loop {
        if let Some(data) = text.split("\n\n").find_map(|event| event.split_once("data: ")).filter(|_| text.ends_with("\n\n")) {
            break data.1.trim_end().to_owned();
        }
        text.push_str(std::str::from_utf8(&answer.chunk().await.unwrap().expect("an event")).unwrap());
    };
    Answer { status, headers, body: serde_json::from_str(&data).unwrap(), text: data }
}

/// The value at a place such as `referrals.nodes.0.id`.
fn at<'a>(value: &'a Value, place: &str) -> &'a Value {
    place.split('.').filter(|part| !part.is_empty()).fold(value, |value, part| {
        let inner = part.parse::<usize>().ok().map_or_else(|| value.get(part), |index| value.get(index));
        inner.unwrap_or_else(|| panic!("there is no {place} in {value}"))
    })
}

#[tokio::test]
async fn every_operation_works() {
    let operations = all();
    let mut left: BTreeSet<&str> = operations.keys().map(String::as_str).collect();
    let mut demonstration = Demonstration::new().await;
    let (emits, mut written) = (emits(), BTreeSet::new());
    for (number, step) in walk().iter().enumerate() {
        let name = format!("step {number}, {} by {}", step.operation, step.by);
        let text = operations.get(&step.operation).unwrap_or_else(|| panic!("{name}: no such file"));
        left.remove(step.operation.as_str());
        let before = demonstration.last_change().await;
        let answer = demonstration.ask(step, text).await;
        assert!(answer.status == 200 && answer.body.get("errors").is_none(), "{name}: {answer:?}");
        let data = &answer.body["data"];
        if operation(text).1 == OperationType::Mutation {
            for payload in data.as_object().unwrap().values() {
                assert_eq!(payload["userErrors"], json!([]), "{name}");
            }
            // What is written is what the schema says of the verb.
            let field = data.as_object().unwrap().keys().next().unwrap();
            for change in demonstration.changes_after(before).await {
                let emitted = emits.get(field).unwrap_or_else(|| panic!("{name}: {field} carries no @emits"));
                assert!(emitted.contains(&change), "{name}: {field} writes {change}, and its @emits is {emitted:?}");
                written.insert(change);
            }
        }
        for (place, value) in &step.expect {
            assert_eq!(*at(data, place), demonstration.filled(value), "{name}: {place} in {data}");
        }
        for (key, place) in &step.keep {
            demonstration.kept.insert(key.clone(), at(data, place).clone());
        }
    }
    assert!(left.is_empty(), "walk.json leaves out {left:?}");
    assert!(written.len() > 40, "{written:?}");
}

/// Mutations, and the changes that they say they write.
fn emits() -> BTreeMap<String, Vec<String>> {
    let book = Book::of(&schema::sdl()).unwrap();
    book.root(Root::Mutation).iter().map(|field| (field.name.clone(), field.marks.emits.clone())).collect()
}

#[test]
fn every_operation_has_its_name_and_says_what_it_is_for() {
    let mut names = BTreeSet::new();
    for (file, text) in all() {
        let stem = file.split('/').next_back().unwrap();
        let pascal: String = stem.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        assert_eq!(operation(&text).0, pascal, "{file}");
        assert!(names.insert(pascal), "{file}: another operation has this name");
        let comments = text.lines().filter(|line| line.contains('#')).count();
        assert!(text.starts_with("# ") && comments == 1, "{file}: one line of comment, at its beginning");
    }
}
