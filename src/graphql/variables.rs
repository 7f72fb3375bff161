//! Coercion of variables and of the values in the text, after the GraphQL specification and by the SDL: the library
//! checks input objects in variables only while it validates, and ignores the defaults of variables in @include and
//! @skip. Here each value becomes what its type says, defaults filled in, or the path to what is wrong is named.
//! A message never repeats a value: it may be about a person.

use super::{
    error::refusal,
    scalars,
    shape::{Choice, Input, InputObject, Kind, Shape},
};
use crate::base::error::ErrorCode;
use async_graphql::{
    Name, Pos, ServerError, Value, Variables,
    indexmap::IndexMap,
    parser::types::{BaseType, OperationDefinition, Type, VariableDefinition},
};
use std::fmt::Write;

/// Most faults that one answer names.
const MOST: usize = 20;

/// Signs of a name of the client's own that a message repeats.
const LONGEST: usize = 60;

/// Where a value was written: JSON has no words of enums, so they come as strings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Json,
    Text,
}

/// The variables of an operation, coerced. `others` are variables of other operations of the same document:
/// some clients send all that they have.
pub fn coerce(
    shape: &Shape,
    operation: &OperationDefinition,
    given: serde_json::Map<String, serde_json::Value>,
    others: impl Fn(&str) -> bool,
) -> Result<Variables, Vec<ServerError>> {
    let (mut given, mut known, mut faults) = (given, Variables::default(), Vec::new());
    for definition in &operation.variable_definitions {
        let (at, definition) = (definition.pos, &definition.node);
        let name = &definition.name.node;
        // Each message begins with it, and a document may call it by half a megabyte.
        let short: String = name.chars().take(LONGEST).collect();
        let mut coercion = Coercion::of(shape, Source::Json, format!("Variable \"${short}"), Some(at));
        if let Some(value) = coercion.variable(definition, given.remove(name.as_str())) {
            known.insert(name.clone(), value);
        }
        faults.append(&mut coercion.faults);
    }
    let unknown = given.keys().filter(|name| !others(name));
    faults.extend(unknown.map(|name| {
        let name: String = name.chars().take(LONGEST).collect();
        refusal(ErrorCode::BadUserInput, format!("Variable \"${name}\" is not declared by the operation."), None)
    }));
    faults.truncate(MOST);
    if faults.is_empty() { Ok(known) } else { Err(faults) }
}

/// A value of the text, its variables put in, coerced. `what` begins the message: `Argument "input` names the place.
pub fn literal(shape: &Shape, value: Value, ty: &Type, what: String, at: Pos) -> Result<Value, Vec<ServerError>> {
    let mut coercion = Coercion::of(shape, Source::Text, what, Some(at));
    let value = coercion.value(value, ty);
    if coercion.faults.is_empty() { Ok(value) } else { Err(coercion.faults) }
}

struct Coercion<'a> {
    shape: &'a Shape,
    source: Source,
    /// How messages begin, with an open quote; the path grows behind it.
    what: String,
    at: Option<Pos>,
    faults: Vec<ServerError>,
}

impl<'a> Coercion<'a> {
    fn of(shape: &'a Shape, source: Source, what: String, at: Option<Pos>) -> Self {
        Self { shape, source, what, at, faults: Vec::new() }
    }

    /// What a variable is: `None` where nothing is given and nothing stands in for it.
    fn variable(&mut self, definition: &VariableDefinition, given: Option<serde_json::Value>) -> Option<Value> {
        let ty = &definition.var_type.node;
        match (given, &definition.default_value) {
            (Some(given), _) => Some(self.value(Value::from_json(given).unwrap_or_default(), ty)),
            (None, Some(default)) => {
                self.source = Source::Text;
                Some(self.value(default.node.clone(), ty))
            }
            (None, None) if ty.nullable => None,
            (None, None) => {
                self.fault(format_args!("is required: {ty}"));
                None
            }
        }
    }

    fn value(&mut self, value: Value, ty: &Type) -> Value {
        if value == Value::Null {
            if !ty.nullable {
                self.fault(format_args!("must not be null: {ty}"));
            }
            return value;
        }
        match (&ty.base, value) {
            (BaseType::List(of), Value::List(items)) => {
                let mut coerced = Vec::with_capacity(items.len());
                for (place, item) in items.into_iter().enumerate() {
                    if self.faults.len() >= MOST {
                        break;
                    }
                    let below = self.enter(place);
                    coerced.push(self.value(item, of));
                    self.what.truncate(below);
                }
                Value::List(coerced)
            }
            // One value stands for a list of one.
            (BaseType::List(of), value) => Value::List(vec![self.value(value, of)]),
            (BaseType::Named(name), value) => self.named(value, name),
        }
    }

    fn named(&mut self, value: Value, name: &Name) -> Value {
        match self.shape.kind(name) {
            Some(Kind::Input(object)) => match value {
                Value::Object(fields) => self.object(fields, object, name),
                other => self.wrong(&other, format_args!("an object of type {name}")),
            },
            Some(Kind::Enum(choices)) => match (&value, self.source) {
                (Value::Enum(word), Source::Text) if known(choices, word) => value,
                (Value::String(word), Source::Json) if known(choices, word) => Value::Enum(Name::new(word)),
                (Value::Enum(_), Source::Text) | (Value::String(_), Source::Json) => {
                    self.fault(format_args!("is no value of {name}"));
                    Value::Null
                }
                _ => self.wrong(&value, format_args!("a value of {name}")),
            },
            Some(Kind::Scalar) => self.scalar(value, name),
            // An output type or an unknown one: validation has refused it already.
            _ => value,
        }
    }

    fn scalar(&mut self, value: Value, name: &Name) -> Value {
        let whole = |value: &Value| match value {
            Value::Number(number) => number.as_i64().or_else(|| number.as_f64().filter(|n| n.fract() == 0.0).and_then(exact)),
            _ => None,
        };
        match (name.as_str(), &value) {
            ("Int", Value::Number(_)) => match whole(&value).and_then(|number| i32::try_from(number).ok()) {
                Some(number) => Value::from(number),
                None => self.wrong(&value, format_args!("a whole number of 32 bits (Int)")),
            },
            ("Float", Value::Number(_)) | ("String", Value::String(_)) | ("Boolean", Value::Boolean(_)) => value,
            ("ID", Value::String(_)) => value,
            ("ID", Value::Number(number)) if number.is_i64() || number.is_u64() => Value::String(number.to_string()),
            ("Int" | "Float" | "String" | "Boolean" | "ID", _) => self.wrong(&value, format_args!("{name}")),
            (_, Value::Object(_) | Value::List(_)) => self.wrong(&value, format_args!("{name}")),
            _ => match scalars::check(name, &value) {
                Ok(()) => value,
                Err(why) => {
                    // The library says first what we have said already.
                    let why = why.split_once("\": ").map_or(why.as_str(), |(_, why)| why);
                    self.fault(format_args!("is no {name}. {}", why.trim_end_matches('.')));
                    Value::Null
                }
            },
        }
    }

    fn object(&mut self, given: IndexMap<Name, Value>, object: &'a InputObject, name: &Name) -> Value {
        let (mut given, mut coerced) = (given, IndexMap::new());
        let filled = given.len();
        for field in &object.fields {
            let below = self.enter(&field.name);
            if let Some(value) = self.field(given.shift_remove(&field.name), field) {
                coerced.insert(field.name.clone(), value);
            }
            self.what.truncate(below);
        }
        for unknown in given.keys().take(MOST) {
            let unknown: String = unknown.chars().take(LONGEST).collect();
            let below = self.enter(unknown);
            self.fault(format_args!("is no field of {name}"));
            self.what.truncate(below);
        }
        if object.one_of && (filled != 1 || coerced.values().any(|value| *value == Value::Null)) {
            self.fault(format_args!("needs exactly one field of {name}, not null"));
        }
        Value::Object(coerced)
    }

    fn field(&mut self, given: Option<Value>, field: &Input) -> Option<Value> {
        match (given, &field.default) {
            (Some(given), _) => Some(self.value(given, &field.ty)),
            (None, Some(default)) => {
                let source = std::mem::replace(&mut self.source, Source::Text);
                let value = self.value(default.clone(), &field.ty);
                self.source = source;
                Some(value)
            }
            (None, None) if field.ty.nullable => None,
            (None, None) => {
                self.fault(format_args!("is required: {}", field.ty));
                None
            }
        }
    }

    /// Goes one step down the path; the answer is where to cut it off again.
    fn enter(&mut self, step: impl std::fmt::Display) -> usize {
        let below = self.what.len();
        write!(self.what, ".{step}").expect("a string takes all");
        below
    }

    fn wrong(&mut self, value: &Value, expected: std::fmt::Arguments<'_>) -> Value {
        self.fault(format_args!("is {}, expected {expected}", sort(value)));
        Value::Null
    }

    fn fault(&mut self, why: std::fmt::Arguments<'_>) {
        if self.faults.len() < MOST {
            self.faults.push(refusal(ErrorCode::BadUserInput, format!("{}\" {why}.", self.what), self.at));
        }
    }
}

/// A float that is a whole number, as some languages write every number of JSON.
/// Whether a word is one of an enum's.
fn known(choices: &[Choice], word: &str) -> bool {
    choices.iter().any(|choice| choice.value == word)
}

fn exact(number: f64) -> Option<i64> {
    (number.abs() < 9.0e15).then_some(number as i64)
}

fn sort(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Boolean(_) => "a boolean",
        Value::Enum(_) => "a word of an enum",
        Value::List(_) => "a list",
        Value::Object(_) => "an object",
        Value::Binary(_) => "bytes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::json;

    const SDL: &str = r#"
        schema { query: Query }
        type Query { a: Int }
        scalar Date
        enum Status { DRAFT SENT }
        input Filter { status: [Status!], text: String! = "x", n: Int, day: Date, inner: Filter, kind: Status! = SENT }
        input Subject @oneOf { caseId: ID person: Filter }
    "#;

    fn coerced(definitions: &str, given: serde_json::Value) -> Result<serde_json::Value, Vec<String>> {
        let shape = Shape::of(SDL).expect("a schema");
        let document = parse_query(format!("query({definitions}) {{ a }}")).expect("a document");
        let (_, operation) = document.operations.iter().next().expect("an operation");
        let serde_json::Value::Object(given) = given else { panic!("an object") };
        coerce(&shape, &operation.node, given, |name| name == "other")
            .map(|known| serde_json::to_value(known.into_value()).expect("JSON"))
            .map_err(|faults| faults.into_iter().map(|fault| fault.message).collect())
    }

    fn refused(definitions: &str, given: serde_json::Value) -> String {
        coerced(definitions, given).expect_err("refused").join(" | ")
    }

    #[test]
    fn values_become_what_their_types_say() {
        for (definitions, given, expected) in [
            ("$a: Int", json!({}), json!({})),
            ("$a: Int", json!({"a": null}), json!({"a": null})),
            ("$a: Int! = 7", json!({}), json!({"a": 7})),
            ("$a: Int", json!({"a": 3.0}), json!({"a": 3})),
            ("$a: Float", json!({"a": 3}), json!({"a": 3})),
            ("$a: ID!", json!({"a": 3}), json!({"a": "3"})),
            ("$a: [Int!]", json!({"a": 3}), json!({"a": [3]})),
            ("$a: [[Int]]", json!({"a": [[1, null], 2, null]}), json!({"a": [[1, null], [2], null]})),
            ("$a: Status", json!({"a": "SENT"}), json!({"a": "SENT"})),
            ("$a: [Status!] = DRAFT", json!({}), json!({"a": ["DRAFT"]})),
            ("$a: Filter", json!({"a": {}}), json!({"a": {"text": "x", "kind": "SENT"}})),
            ("$a: Filter = {n: 1}", json!({}), json!({"a": {"text": "x", "n": 1, "kind": "SENT"}})),
            (
                "$a: Filter",
                json!({"a": {"n": null, "day": "2026-11-22"}}),
                json!({"a": {"text": "x", "n": null, "day": "2026-11-22", "kind": "SENT"}}),
            ),
            ("$a: Subject!", json!({"a": {"caseId": "x"}, "other": 1}), json!({"a": {"caseId": "x"}})),
        ] {
            assert_eq!(coerced(definitions, given.clone()).expect("coerced"), expected, "{definitions} {given}");
        }
        let shape = Shape::of(SDL).expect("a schema");
        let document = parse_query("query($a: Status) { a }").expect("a document");
        let (_, operation) = document.operations.iter().next().expect("an operation");
        let given = serde_json::Map::from_iter([("a".to_owned(), json!("SENT"))]);
        let known = coerce(&shape, &operation.node, given, |_| false).expect("coerced");
        assert_eq!(known.get("a"), Some(&Value::Enum(Name::new("SENT"))), "a word, no string");
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_path() {
        for (definitions, given, said) in [
            ("$a: Int!", json!({}), "Variable \"$a\" is required: Int!."),
            ("$a: Int! = 1", json!({"a": null}), "Variable \"$a\" must not be null: Int!."),
            ("$a: Int", json!({"a": "x"}), "Variable \"$a\" is a string, expected Int."),
            ("$a: Int", json!({"a": 1.5}), "Variable \"$a\" is a number, expected a whole number of 32 bits (Int)."),
            (
                "$a: Int",
                json!({"a": 2_147_483_648_i64}),
                "Variable \"$a\" is a number, expected a whole number of 32 bits (Int).",
            ),
            ("$a: Int", json!({"a": 1e300}), "Variable \"$a\" is a number, expected a whole number of 32 bits (Int)."),
            ("$a: String", json!({"a": 1}), "Variable \"$a\" is a number, expected String."),
            ("$a: Boolean", json!({"a": "true"}), "Variable \"$a\" is a string, expected Boolean."),
            ("$a: ID", json!({"a": 1.5}), "Variable \"$a\" is a number, expected ID."),
            ("$a: [Int!]", json!({"a": [1, null]}), "Variable \"$a.1\" must not be null: Int!."),
            ("$a: Status", json!({"a": "NOPE"}), "Variable \"$a\" is no value of Status."),
            ("$a: Status", json!({"a": 1}), "Variable \"$a\" is a number, expected a value of Status."),
            (
                "$a: Date",
                json!({"a": "22.11.2026"}),
                "Variable \"$a\" is no Date. Expected a calendar day such as \"2026-11-22\".",
            ),
            ("$a: Date", json!({"a": {}}), "Variable \"$a\" is an object, expected Date."),
            ("$a: Filter", json!({"a": []}), "Variable \"$a\" is a list, expected an object of type Filter."),
            ("$a: Filter", json!({"a": {"unknown": 1}}), "Variable \"$a.unknown\" is no field of Filter."),
            (
                "$a: Filter",
                json!({"a": {"inner": {"status": ["SENT", "X"]}}}),
                "Variable \"$a.inner.status.1\" is no value of Status.",
            ),
            ("$a: Filter", json!({"a": {"text": null}}), "Variable \"$a.text\" must not be null: String!."),
            ("$a: Subject", json!({"a": {}}), "Variable \"$a\" needs exactly one field of Subject, not null."),
            ("$a: Subject", json!({"a": {"caseId": null}}), "Variable \"$a\" needs exactly one field of Subject, not null."),
            (
                "$a: Subject",
                json!({"a": {"caseId": "x", "person": {}}}),
                "Variable \"$a\" needs exactly one field of Subject, not null.",
            ),
            ("$a: Int", json!({"b": 1}), "Variable \"$b\" is not declared by the operation."),
        ] {
            let answer = refused(definitions, given);
            assert!(answer.starts_with(said), "{said} | {answer}");
        }
        assert_eq!(refused("$a: [Int!]", json!({"a": vec!["x"; 1000]})).split(" | ").count(), MOST);
        let long = "a".repeat(10_000);
        assert!(refused(&format!("${long}: [Int!]"), json!({&long: vec!["x"; 1000]})).len() < MOST * 200);
    }

    #[test]
    fn a_message_repeats_no_value() {
        for given in [
            json!({"a": {"text": 380_671_234_567_i64}}),
            json!({"a": {"day": "Шевченко"}}),
            json!({"a": {"status": "Шевченко"}}),
        ] {
            let answer = refused("$a: Filter", given);
            assert!(!answer.contains("380") && !answer.contains("Шевченко"), "{answer}");
        }
    }
}
