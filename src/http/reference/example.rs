//! Examples: the ready operations of `schema/operations`, what each of them asks for and costs; and for what none of them asks,
//! a document made from the schema, so that every field of a root has one.

use super::book::{Book, Field, Input, Kind, Root};
use crate::{
    graphql::{
        cost, schema,
        shape::{self, Shape},
    },
    http::explorer::operations::{self, Step},
};
use async_graphql::{
    Name, Positioned, Variables,
    parser::{
        parse_query,
        types::{
            BaseType, DocumentOperations, FragmentDefinition, OperationDefinition, Selection, SelectionSet, Type as TypeRef,
        },
    },
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};

/// For how many fields of an object a made document asks.
const FIELDS: usize = 6;
/// Fields that tell objects within an answer apart.
const TELLING: &[&str] = &["id", "name", "status", "version", "code", "message", "path"];

/// One document that can be asked.
pub struct Example {
    /// `partner/referral-accept`; none for one that was made from the schema.
    pub file: Option<String>,
    /// What it is for.
    pub about: &'static str,
    pub text: String,
    /// The header Mistok-Purpose.
    pub purpose: Option<String>,
    pub variables: Map<String, Value>,
    /// Words of the variables that stand for what an earlier answer told, and which one.
    pub needs: Vec<Need>,
    /// Points, before it is executed.
    pub cost: u64,
    pub root: Root,
    /// Fields that it asks for, with their types.
    pub asks: BTreeSet<(String, String)>,
}

/// A word that stands for a value.
pub struct Need {
    pub word: String,
    /// What to put there.
    pub told: Told,
}

pub enum Told {
    /// A variable of the shell that `demo --env` writes.
    Demo(String),
    /// A place in the answer of an operation.
    Answer { file: String, place: String },
    /// What only the caller knows.
    Yours,
}

/// All of them, and what is needed to make more.
pub struct Examples {
    shape: Shape,
    pub all: Vec<Example>,
}

/// The ready ones.
impl Default for Examples {
    fn default() -> Self {
        // As the server has it: the printed one leaves `@oneOf` out.
        let shape = Shape::of(&schema::builder().finish().sdl()).expect("the server starts with it");
        let walk = operations::walk();
        let all = operations::each().map(|(kind, name, text)| ready(&shape, &walk, format!("{kind}/{name}"), text)).collect();
        Self { shape, all }
    }
}

impl Examples {
    /// A ready one by its file.
    pub fn named(&self, file: &str) -> Option<&Example> {
        self.all.iter().find(|example| example.file.as_deref() == Some(file))
    }

    /// Those that ask for a field.
    pub fn asking(&self, ty: &str, field: &str) -> impl Iterator<Item = &Example> {
        self.all.iter().filter(move |example| example.asks.iter().any(|(of, name)| of == ty && name == field))
    }

    /// One made from the schema.
    pub fn made(&self, book: &Book, root: Root, field: &Field) -> Example {
        let name = field.name[..1].to_uppercase() + &field.name[1..];
        let needed: Vec<_> = field.arguments.iter().filter(|one| is_needed(one)).collect();
        let declared = needed.iter().map(|one| format!("${}: {}", one.name, one.ty)).collect::<Vec<_>>().join(", ");
        let given = needed.iter().map(|one| format!("{0}: ${0}", one.name)).collect::<Vec<_>>().join(", ");
        let within = |text: String| if text.is_empty() { text } else { format!("({text})") };
        let selected = selection(book, &field.ty, false, 2);
        let text = format!("{} {name}{} {{\n  {}{}{selected}\n}}", root.word(), within(declared), field.name, within(given));
        let variables = needed.iter().map(|one| (one.name.clone(), self.value(book, &one.ty, &one.name))).collect();
        let (asks, cost) = self.read(&text, &variables);
        let needs = words(&variables).into_iter().map(|word| Need { word, told: Told::Yours }).collect();
        Example { file: None, about: "", text, purpose: None, variables, needs, cost, root, asks }
    }

    fn read(&self, text: &str, variables: &Map<String, Value>) -> (BTreeSet<(String, String)>, u64) {
        let (_, asks, cost) = read(&self.shape, text, variables);
        (asks, cost)
    }

    /// A value for an input: what must be there, the key of retries, and of an update something to change.
    fn value(&self, book: &Book, ty: &TypeRef, name: &str) -> Value {
        let of = match &ty.base {
            BaseType::List(of) => return json!([self.value(book, of, name)]),
            BaseType::Named(of) => of,
        };
        match book.types.get(of.as_str()) {
            Some(found) if found.kind == Kind::Enum => json!(found.words.first().map(|word| &word.name)),
            Some(found) if found.kind == Kind::Input => {
                let one_of = matches!(self.shape.kind(of), Some(shape::Kind::Input(object)) if object.one_of);
                let mut given: Vec<&Input> =
                    found.inputs.iter().filter(|one| is_needed(one) || one.name == "idempotencyKey").collect();
                let may_change =
                    |one: &&Input| !is_needed(one) && one.name != "idempotencyKey" && matches!(one.ty.base, BaseType::Named(_));
                if one_of || given.iter().all(|one| matches!(one.name.as_str(), "id" | "expectedVersion" | "idempotencyKey")) {
                    given.extend(found.inputs.iter().find(may_change));
                }
                given.iter().map(|one| (one.name.clone(), self.value(book, &one.ty, &one.name))).collect::<Map<_, _>>().into()
            }
            _ => scalar(of, name),
        }
    }
}

fn is_needed(input: &Input) -> bool {
    !input.ty.nullable && input.default.is_none()
}

/// A value that fits the scalar; what only the caller can know is a word that begins with `$`.
fn scalar(ty: &str, name: &str) -> Value {
    match ty {
        "Int" => json!(1),
        "Float" => json!(1.5),
        "Boolean" => json!(true),
        "Date" => json!("2026-01-31"),
        "DateTime" => json!("2026-01-31T09:00:00Z"),
        "YearMonth" => json!("2026-01"),
        "PartialDate" => json!("2026-01"),
        "Duration" => json!("P14D"),
        "Money" => json!("1000.00"),
        "Decimal" => json!("1"),
        "Katottg" => json!("UA48020130000080862"),
        "Edrpou" => json!("99000011"),
        _ if name == "idempotencyKey" => json!("a-new-key-for-each-intention"),
        "ID" => json!(format!("${name}")),
        _ => json!("…"),
    }
}

/// What is asked of a type: its plain fields; of a payload and of a page the objects in it too, by what tells them apart.
fn selection(book: &Book, ty: &TypeRef, is_within: bool, indent: usize) -> String {
    let Some(found) = book.types.get(shape::innermost(ty)).filter(|found| !found.fields.is_empty()) else {
        return String::new();
    };
    let is_plain = |field: &Field| book.types.get(shape::innermost(&field.ty)).is_none_or(|of| of.fields.is_empty());
    let free = found.fields.iter().filter(|field| !field.arguments.iter().any(is_needed) && field.marks.deprecated.is_none());
    let (plain, objects): (Vec<_>, Vec<_>) = free.partition(|field| is_plain(field));
    let telling: Vec<_> = plain.iter().filter(|field| !is_within || TELLING.contains(&field.name.as_str())).collect();
    let mut lines: Vec<String> = telling.iter().take(FIELDS).map(|field| field.name.clone()).collect();
    for field in objects.iter().filter(|field| !is_within && (found.name.ends_with("Payload") || field.name == "nodes")) {
        lines.push(format!("{}{}", field.name, selection(book, &field.ty, true, indent + 2)));
    }
    if lines.is_empty() {
        lines.push("__typename".into());
    }
    let space = " ".repeat(indent);
    format!(" {{\n{space}  {}\n{space}}}", lines.join(&format!("\n{space}  ")))
}

/// An operation of the menu, with what the walk says of it.
fn ready(shape: &Shape, walk: &[Step], file: String, text: &'static str) -> Example {
    let (about, text) = text.split_once('\n').unwrap_or(("", text));
    let at = walk.iter().position(|step| step.operation == file);
    let step = at.map(|at| &walk[at]);
    let variables = step.map(|step| step.variables.clone()).unwrap_or_default();
    let before = &walk[..at.unwrap_or(0)];
    let needs = words(&variables).into_iter().map(|word| Need { told: told(before, &word), word }).collect();
    let (root, asks, cost) = read(shape, text, &variables);
    let purpose = step.and_then(|step| step.purpose.clone());
    Example {
        file: Some(file),
        about: about.trim_start_matches(['#', ' ']),
        text: text.trim().to_owned(),
        purpose,
        variables,
        needs,
        cost,
        root,
        asks,
    }
}

/// From where the walk has what a word stands for.
fn told(before: &[Step], word: &str) -> Told {
    let (head, rest) = word.trim_start_matches('$').split_once('.').unwrap_or((word.trim_start_matches('$'), ""));
    if head.chars().all(|sign| sign.is_ascii_uppercase() || sign == '_') {
        return Told::Demo(format!("${head}_{}_ID", rest.to_uppercase()));
    }
    let found = before.iter().rev().find_map(|step| Some((step, step.keep.get(head)?)));
    match found {
        Some((step, place)) => {
            let place = if rest.is_empty() { place.clone() } else { format!("{place}.{rest}") };
            Told::Answer { file: step.operation.clone(), place }
        }
        None => Told::Yours,
    }
}

/// The words of a value that stand for others, each once.
fn words(variables: &Map<String, Value>) -> BTreeSet<String> {
    fn walk(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::String(text) if text.starts_with('$') => drop(found.insert(text.clone())),
            Value::Array(all) => all.iter().for_each(|one| walk(one, found)),
            Value::Object(fields) => fields.values().for_each(|one| walk(one, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    variables.values().for_each(|value| walk(value, &mut found));
    found
}

/// The kind of an operation, what it asks for, and what that costs.
fn read(shape: &Shape, text: &str, variables: &Map<String, Value>) -> (Root, BTreeSet<(String, String)>, u64) {
    let document = parse_query(text).unwrap_or_else(|fault| panic!("an operation of ours: {fault}\n{text}"));
    let operation = match document.operations {
        DocumentOperations::Single(one) => one.node,
        DocumentOperations::Multiple(all) => all.into_values().next().expect("an operation has a name or is the only one").node,
    };
    let given = Variables::from_json(Value::Object(variables.clone()));
    let cost = cost::of(shape, &operation, &document.fragments, &given).unwrap_or(cost::MOST);
    let mut asks = BTreeSet::new();
    let OperationDefinition { ty, selection_set, .. } = &operation;
    if let Some(root) = shape.root(*ty) {
        asked(shape, &document.fragments, root, &selection_set.node, &mut asks);
    }
    let root = Root::ALL.into_iter().find(|root| root.word() == ty.to_string()).expect("there are three");
    (root, asks, cost)
}

fn asked(
    shape: &Shape,
    fragments: &HashMap<Name, Positioned<FragmentDefinition>>,
    of: &str,
    set: &SelectionSet,
    found: &mut BTreeSet<(String, String)>,
) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => {
                let name = field.node.name.node.as_str();
                let Some(known) = shape.field(of, name) else { continue };
                found.insert((of.to_owned(), name.to_owned()));
                asked(shape, fragments, shape::innermost(&known.ty), &field.node.selection_set.node, found);
            }
            Selection::InlineFragment(inline) => {
                let on = inline.node.type_condition.as_ref().map_or(of, |on| on.node.on.node.as_str());
                asked(shape, fragments, on, &inline.node.selection_set.node, found);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = fragments.get(&spread.node.fragment_name.node) {
                    let on = fragment.node.type_condition.node.on.node.as_str();
                    asked(shape, fragments, on, &fragment.node.selection_set.node, found);
                }
            }
        }
    }
}
