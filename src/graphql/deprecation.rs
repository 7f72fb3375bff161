//! What a document asks for although it is deprecated, by coordinates of the schema (`Type.field`, `Type.field(argument:)`, `Input.field`,
//! `Enum.VALUE`). The text is walked once, when it is validated; values in variables are looked at with each request, and only where
//! something in inputs is deprecated.

use super::shape::{Kind, Shape, innermost};
use async_graphql::{
    Name, Positioned, Value as Const,
    parser::types::{DocumentOperations, ExecutableDocument, FragmentDefinition, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::Value;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

/// Coordinates of what is deprecated.
pub type Coordinates = BTreeSet<String>;

/// What each operation of a document asks for.
#[derive(Debug, Default)]
pub struct Used(HashMap<Option<Name>, Arc<Coordinates>>);

impl Used {
    /// Walks a document that fits the schema. What stands behind `@skip` and `@include` counts, whatever they say.
    pub fn by(shape: &Shape, document: &ExecutableDocument) -> Self {
        if shape.deprecated().is_empty() {
            return Self::default();
        }
        let operations: Vec<(Option<&Name>, &Positioned<OperationDefinition>)> = match &document.operations {
            DocumentOperations::Single(operation) => vec![(None, operation)],
            DocumentOperations::Multiple(all) => all.iter().map(|(name, operation)| (Some(name), operation)).collect(),
        };
        let used = operations.into_iter().map(|(name, operation)| {
            let mut walk = Walk { shape, fragments: &document.fragments, seen: HashSet::new(), found: Coordinates::new() };
            walk.set(&operation.node.selection_set.node, shape.root(operation.node.ty));
            for variable in &operation.node.variable_definitions {
                if let Some(default) = &variable.node.default_value {
                    walk.value(&default.node.clone().into_value(), innermost(&variable.node.var_type.node));
                }
            }
            (name.cloned(), Arc::new(walk.found))
        });
        Self(used.collect())
    }

    pub fn of(&self, operation: Option<&str>) -> Arc<Coordinates> {
        let found = self.0.iter().find(|(name, _)| name.as_deref() == operation);
        found.map(|(_, used)| used.clone()).unwrap_or_default()
    }
}

/// The same with what variables hold, as they were given.
pub fn with_variables(
    shape: &Shape,
    used: Arc<Coordinates>,
    operation: &OperationDefinition,
    given: &serde_json::Map<String, serde_json::Value>,
) -> Arc<Coordinates> {
    if !shape.deprecates_inputs() {
        return used;
    }
    let fragments = HashMap::new();
    let mut walk = Walk { shape, fragments: &fragments, seen: HashSet::new(), found: (*used).clone() };
    for variable in &operation.variable_definitions {
        let value = given.get(variable.node.name.node.as_str()).cloned().and_then(|value| Const::from_json(value).ok());
        if let Some(value) = value {
            walk.value(&value.into_value(), innermost(&variable.node.var_type.node));
        }
    }
    Arc::new(walk.found)
}

/// What the schema says of it, for the extensions of an answer; none: there is nothing to say.
pub fn told(shape: &Shape, used: &Coordinates) -> Option<Const> {
    let one = |coordinate: &String| {
        let members = [("coordinate", coordinate), ("reason", shape.deprecated().get(coordinate)?)];
        Some(Const::Object(members.into_iter().map(|(name, text)| (Name::new(name), text.as_str().into())).collect()))
    };
    let told: Vec<_> = used.iter().filter_map(one).collect();
    (!told.is_empty()).then_some(Const::List(told))
}

struct Walk<'a> {
    shape: &'a Shape,
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    seen: HashSet<&'a str>,
    found: Coordinates,
}

impl<'a> Walk<'a> {
    /// `of` is the type that the selections are of; none within an introspection.
    fn set(&mut self, set: &'a SelectionSet, of: Option<&'a str>) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let (field, shape) = (&field.node, self.shape);
                    let Some((of, known)) = of.and_then(|of| Some((of, shape.field(of, &field.name.node)?))) else { continue };
                    let place = format!("{of}.{}", field.name.node);
                    for (name, value) in &field.arguments {
                        self.note(format!("{place}({}:)", name.node));
                        if let Some(argument) = known.arguments.iter().find(|argument| argument.name == name.node) {
                            self.value(&value.node, innermost(&argument.ty));
                        }
                    }
                    self.note(place);
                    self.set(&field.selection_set.node, Some(innermost(&known.ty)));
                }
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map(|on| on.node.on.node.as_str());
                    self.set(&inline.node.selection_set.node, on.or(of));
                }
                Selection::FragmentSpread(spread) => {
                    let Some((name, fragment)) = self.fragments.get_key_value(&spread.node.fragment_name.node) else {
                        continue;
                    };
                    if self.seen.insert(name) {
                        self.set(&fragment.node.selection_set.node, Some(&fragment.node.type_condition.node.on.node));
                    }
                }
            }
        }
    }

    /// A value of a type; in JSON words of enums are strings.
    fn value(&mut self, value: &Value, of: &str) {
        match (value, self.shape.kind(of)) {
            (Value::List(items), _) => items.iter().for_each(|item| self.value(item, of)),
            (Value::Enum(word), Some(Kind::Enum(_))) => self.note(format!("{of}.{word}")),
            (Value::String(word), Some(Kind::Enum(_))) => self.note(format!("{of}.{word}")),
            (Value::Object(fields), Some(Kind::Input(input))) => {
                for (name, value) in fields {
                    self.note(format!("{of}.{name}"));
                    if let Some(field) = input.fields.iter().find(|field| field.name == *name) {
                        self.value(value, innermost(&field.ty));
                    }
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, coordinate: String) {
        if self.shape.deprecated().contains_key(&coordinate) {
            self.found.insert(coordinate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::{Value as Json, json};

    const SDL: &str = r#"
        schema { query: Query }
        interface Named { name: String @deprecated(reason: "n") }
        type Query {
            a(first: Int, old: Int @deprecated(reason: "use first"), input: In, word: Word): Thing
            gone: Int @deprecated
        }
        type Thing implements Named { name: String things: [Thing!] old: Int @deprecated(reason: "o, until 2027-11-28") }
        input In { word: Word old: Int @deprecated(reason: "i") within: [In!] }
        enum Word { NEW OLD @deprecated(reason: "w") }
    "#;

    fn used(text: &str, operation: Option<&str>, given: Json) -> Vec<String> {
        let (shape, document) = (Shape::of(SDL).expect("a shape"), parse_query(text).expect(text));
        let known = Used::by(&shape, &document).of(operation);
        let asked = document.operations.iter().find(|(name, _)| name.map(|name| name.as_str()) == operation).expect("one").1;
        let Json::Object(given) = given else { panic!("an object") };
        with_variables(&shape, known, &asked.node, &given).iter().cloned().collect()
    }

    #[test]
    fn the_shape_knows_what_is_deprecated_and_why() {
        let shape = Shape::of(SDL).expect("a shape");
        let all: Vec<_> = shape.deprecated().iter().map(|(place, why)| format!("{place} {why}")).collect();
        assert_eq!(
            all,
            [
                "In.old i",
                "Named.name n",
                "Query.a(old:) use first",
                "Query.gone No longer supported",
                "Thing.old o, until 2027-11-28",
                "Word.OLD w"
            ]
        );
    }

    #[test]
    fn each_use_is_found_once() {
        let none: [&str; 0] = [];
        assert_eq!(used("{ a(first: 1, word: NEW, input: {word: NEW}) { name } __typename }", None, json!({})), none);
        assert_eq!(
            used("{ gone more: gone a { things { old } ...F } } fragment F on Thing { old }", None, json!({})),
            ["Query.gone", "Thing.old"]
        );
        assert_eq!(used("{ a { ... on Named { name } } }", None, json!({})), ["Named.name"]);
        assert_eq!(used("{ a(old: 1, word: OLD) { name } }", None, json!({})), ["Query.a(old:)", "Word.OLD"]);
        assert_eq!(used("{ a(input: {within: [{old: 1}, {word: OLD}]}) { name } }", None, json!({})), ["In.old", "Word.OLD"]);
        // What stands in a variable, and what it would hold.
        let text = "query($i: In, $w: [Word!] = [OLD]) { a(input: $i) { name } }";
        assert_eq!(used(text, None, json!({})), ["Word.OLD"]);
        assert_eq!(used(text, None, json!({"i": {"within": {"old": null}}})), ["In.old", "Word.OLD"]);
        assert_eq!(used("query($w: Word) { a(word: $w) { name } }", None, json!({"w": "OLD"})), ["Word.OLD"]);
        // Of several operations the one that is asked for.
        let text = "query A { gone } query B { a { name } } query C { a { ...F } } fragment F on Thing { old }";
        assert_eq!(used(text, Some("A"), json!({})), ["Query.gone"]);
        assert_eq!(used(text, Some("B"), json!({})), none);
        assert_eq!(used(text, Some("C"), json!({})), ["Thing.old"]);
    }

    #[test]
    fn where_nothing_is_deprecated_nothing_is_walked() {
        let shape = Shape::of("schema { query: Query } type Query { a: Int }").expect("a shape");
        let used = Used::by(&shape, &parse_query("{ a }").expect("a document"));
        assert!(used.0.is_empty() && used.of(None).is_empty() && !shape.deprecates_inputs());
    }
}
