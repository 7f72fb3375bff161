//! The data of an answer, completed after the specification (sections 6.4.3 and 6.4.4). The library writes fields in
//! the order in which they were ready, and leaves a field out that has failed, where the specification wants the order
//! of the question, null in the place of what has failed, and the nearest field that may be null where it may not.

use super::{
    cost,
    roots::skipped,
    shape::{Shape, innermost},
};
use async_graphql::{
    Name, PathSegment, Positioned, Response, ServerError, Value, Variables,
    indexmap::IndexMap,
    parser::types::{BaseType, FragmentDefinition, OperationDefinition, Selection, SelectionSet, Type},
};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use std::collections::HashMap;

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// What a question asks for, in its order: fragments are spread, the same keys joined.
pub struct Plan<'a>(Vec<Planned<'a>>);

struct Planned<'a> {
    key: Name,
    field: Name,
    /// None within an introspection, and for `__typename`.
    ty: Option<&'a Type>,
    /// Points beside those of the fields of its answer.
    own: u64,
    below: Plan<'a>,
}

impl Planned<'_> {
    /// Its value in an object, which is most often where the question has it: to look there is cheaper than to look it up.
    fn of<'v>(&self, fields: &'v IndexMap<Name, Value>, place: usize) -> Option<&'v Value> {
        match fields.get_index(place) {
            Some((key, value)) if *key == self.key => Some(value),
            _ => fields.get(&self.key),
        }
    }
}

impl<'a> Plan<'a> {
    pub fn of(shape: &'a Shape, operation: &OperationDefinition, fragments: &Fragments, variables: &Variables) -> Self {
        let mut plan = Self(Vec::new());
        let root = shape.root(operation.ty);
        plan.add(&operation.selection_set.node, root, &Source { shape, fragments, variables });
        plan
    }

    fn add(&mut self, set: &SelectionSet, of: Option<&str>, source: &Source<'a, '_>) {
        for item in &set.items {
            if skipped(item.node.directives(), source.variables) {
                continue;
            }
            match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let ty = of.and_then(|of| source.shape.field(of, &field.name.node)).map(|known| &known.ty);
                    let key = &field.response_key().node;
                    let place = self.0.iter().position(|planned| planned.key == *key).unwrap_or_else(|| {
                        let own = of.map_or(0, |of| cost::own(source.shape, of, field, source.variables));
                        let field = field.name.node.clone();
                        self.0.push(Planned { key: key.clone(), field, ty, own, below: Self(Vec::new()) });
                        self.0.len() - 1
                    });
                    self.0[place].below.add(&field.selection_set.node, ty.map(innermost), source);
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                    self.add(&inline.node.selection_set.node, condition.or(of), source);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = source.fragments.get(&spread.node.fragment_name.node) {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.add(&fragment.node.selection_set.node, Some(on), source);
                    }
                }
            }
        }
    }

    /// Names of the root fields, which are the schema's own.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|planned| planned.field.as_str())
    }

    /// Puts null where a field has failed, or in the place of the nearest parent that may be null.
    pub fn complete(&self, answer: &mut Response) {
        if answer.errors.iter().all(|fault| fault.path.is_empty()) {
            return;
        }
        let failed = Failed::of(&answer.errors);
        if self.value(&mut answer.data, &failed).is_err() {
            answer.data = Value::Null;
        }
    }

    /// Points of what was answered, by the rule after which it was asked for.
    pub fn points(&self, value: &Value) -> u64 {
        let Value::Object(fields) = value else { return 0 };
        let points = |(place, planned): (usize, &Planned<'_>)| match (planned.of(fields, place), planned.ty) {
            (None, _) => 0,
            (Some(_), None) => planned.own + 1,
            (Some(Value::List(items)), Some(_)) => planned.own + planned.below.listed(items).max(1),
            (Some(field), Some(_)) => planned.own + 1 + planned.below.points(field),
        };
        self.0.iter().enumerate().map(points).sum()
    }

    fn listed(&self, items: &[Value]) -> u64 {
        let item = |item: &Value| match item {
            Value::List(items) => self.listed(items),
            item => 1 + self.points(item),
        };
        items.iter().map(item).sum()
    }

    /// For writing.
    pub fn shown<'v>(&'v self, value: &'v Value) -> Shown<'v> {
        Shown { value, plan: self }
    }

    /// Completes what an object or a list of objects holds, along the paths of what has failed.
    fn value(&self, value: &mut Value, failed: &Failed<'_>) -> Result<(), Null> {
        // Nothing was left of an object whose every field has failed.
        if *value == Value::Null && !failed.here && !self.0.is_empty() {
            *value = Value::Object(IndexMap::new());
        }
        let Value::Object(fields) = value else { return Ok(()) };
        for (key, below) in &failed.fields {
            let Some(planned) = self.0.iter().find(|planned| planned.key == *key) else { continue };
            let field = fields.entry(planned.key.clone()).or_default();
            planned.below.typed(field, planned.ty, below)?;
        }
        Ok(())
    }

    /// The same by the type of the place; an error leaves null to the parent.
    fn typed(&self, value: &mut Value, ty: Option<&Type>, failed: &Failed<'_>) -> Result<(), Null> {
        let inner = ty.and_then(|ty| match &ty.base {
            BaseType::List(inner) => Some(&**inner),
            BaseType::Named(_) => None,
        });
        let done = match &mut *value {
            Value::List(items) => failed.items.iter().try_for_each(|(place, below)| match items.get_mut(*place) {
                Some(item) => self.typed(item, inner, below),
                None => Ok(()),
            }),
            // A list that has failed as a whole.
            Value::Null if inner.is_some() => Ok(()),
            other => self.value(other, failed),
        };
        if done.is_err() {
            *value = Value::Null;
        }
        if *value == Value::Null && ty.is_some_and(|ty| !ty.nullable) { Err(Null) } else { Ok(()) }
    }
}

/// What a plan is made from.
struct Source<'a, 'd> {
    shape: &'a Shape,
    fragments: &'d Fragments,
    variables: &'d Variables,
}

/// A value is null that must not be: its parent becomes null.
struct Null;

/// Paths of errors, as a tree.
#[derive(Default)]
struct Failed<'a> {
    /// The value itself has failed, not something in it.
    here: bool,
    fields: HashMap<&'a str, Failed<'a>>,
    items: HashMap<usize, Failed<'a>>,
}

impl<'a> Failed<'a> {
    fn of(faults: &'a [ServerError]) -> Self {
        let mut root = Self::default();
        for fault in faults.iter().filter(|fault| !fault.path.is_empty()) {
            let mut at = &mut root;
            for step in &fault.path {
                at = match step {
                    PathSegment::Field(name) => at.fields.entry(name).or_default(),
                    PathSegment::Index(place) => at.items.entry(*place).or_default(),
                };
            }
            at.here = true;
        }
        root
    }
}

/// Data in the order of the question, for the serializer.
pub struct Shown<'a> {
    value: &'a Value,
    plan: &'a Plan<'a>,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.value {
            // A key that the value lacks belongs to a fragment on another type.
            Value::Object(fields) if !self.plan.0.is_empty() => {
                let mut map = to.serialize_map(Some(fields.len()))?;
                for (place, planned) in self.plan.0.iter().enumerate() {
                    if let Some(value) = planned.of(fields, place) {
                        map.serialize_entry(planned.key.as_str(), &planned.below.shown(value))?;
                    }
                }
                map.end()
            }
            Value::List(items) if !self.plan.0.is_empty() => {
                let mut list = to.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&self.plan.shown(item))?;
                }
                list.end()
            }
            plain => plain.serialize(to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::{
        ComplexObject, EmptyMutation, EmptySubscription, Interface, Object, Result, Schema, SimpleObject, parser::parse_query,
    };

    #[derive(SimpleObject)]
    #[graphql(complex)]
    struct Thing {
        plain: i32,
    }

    #[ComplexObject]
    impl Thing {
        async fn must(&self) -> Result<i32> {
            Err("must".into())
        }
        async fn may(&self) -> Result<Option<i32>> {
            Err("may".into())
        }
        async fn slow(&self) -> i32 {
            tokio::task::yield_now().await;
            1
        }
        async fn other(&self) -> Option<Thing> {
            Some(Thing { plain: 2 })
        }
    }

    #[derive(SimpleObject)]
    struct Stone {
        plain: i32,
        weight: i32,
    }

    #[derive(Interface)]
    #[graphql(field(name = "plain", ty = "&i32"))]
    enum Any {
        Thing(Thing),
        Stone(Stone),
    }

    struct Query;

    #[Object]
    impl Query {
        async fn thing(&self) -> Option<Thing> {
            Some(Thing { plain: 1 })
        }
        async fn sure(&self) -> Thing {
            Thing { plain: 1 }
        }
        async fn maybes(&self) -> Vec<Option<Thing>> {
            vec![Some(Thing { plain: 1 }), None]
        }
        async fn things(&self) -> Option<Vec<Thing>> {
            Some(vec![Thing { plain: 1 }, Thing { plain: 2 }])
        }
        async fn bad(&self) -> Result<Option<Vec<Thing>>> {
            Err("bad".into())
        }
        async fn any(&self) -> Vec<Any> {
            vec![Any::Thing(Thing { plain: 1 }), Any::Stone(Stone { plain: 2, weight: 3 })]
        }
    }

    #[tokio::test]
    async fn what_has_failed_is_null_and_all_is_in_order() {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        let shape = Shape::of(&schema.sdl()).expect("a shape");
        for (text, data) in [
            ("{ thing { slow plain z: plain a: slow } }", r#"{"thing":{"slow":1,"plain":1,"z":1,"a":1}}"#),
            (
                "{ thing { ...F plain } } fragment F on Thing { slow other { slow plain } }",
                r#"{"thing":{"slow":1,"other":{"slow":1,"plain":2},"plain":1}}"#,
            ),
            ("{ thing { other { plain } slow other { slow } } }", r#"{"thing":{"other":{"plain":2,"slow":1},"slow":1}}"#),
            ("{ thing { may plain } }", r#"{"thing":{"may":null,"plain":1}}"#),
            ("{ thing { may } }", r#"{"thing":{"may":null}}"#),
            ("{ thing { plain must } sure { plain } }", r#"{"thing":null,"sure":{"plain":1}}"#),
            ("{ thing { plain other { must } } }", r#"{"thing":{"plain":1,"other":null}}"#),
            ("{ thing { plain } sure { must } }", "null"),
            ("{ sure { other { must plain } } }", r#"{"sure":{"other":null}}"#),
            ("{ maybes { must } }", r#"{"maybes":[null,null]}"#),
            ("{ maybes { may } }", r#"{"maybes":[{"may":null},null]}"#),
            ("{ things { plain must } }", r#"{"things":null}"#),
            ("{ things { plain may } }", r#"{"things":[{"plain":1,"may":null},{"plain":2,"may":null}]}"#),
            ("{ bad { plain } thing { plain } }", r#"{"bad":null,"thing":{"plain":1}}"#),
            (
                "{ any { plain ... on Stone { weight } ... on Thing { may } __typename } }",
                r#"{"any":[{"plain":1,"may":null,"__typename":"Thing"},{"plain":2,"weight":3,"__typename":"Stone"}]}"#,
            ),
            ("{ any { ... on Stone { weight } ... on Thing { must } } }", "null"),
            (
                "{ __type(name: \"Stone\") { kind fields { type { kind name ofType { name } } name } name } }",
                r#"{"__type":{"kind":"OBJECT","fields":[{"type":{"kind":"NON_NULL","name":null,"ofType":{"name":"Int"}},"name":"plain"},{"type":{"kind":"NON_NULL","name":null,"ofType":{"name":"Int"}},"name":"weight"}],"name":"Stone"}}"#,
            ),
        ] {
            let document = parse_query(text).expect("a document");
            let (_, operation) = document.operations.iter().next().expect("an operation");
            let plan = Plan::of(&shape, &operation.node, &document.fragments, &Variables::default());
            let mut answer = schema.execute(text).await;
            plan.complete(&mut answer);
            assert_eq!(serde_json::to_string(&plan.shown(&answer.data)).expect("JSON"), data, "{text} {:?}", answer.errors);
        }
    }
}
