//! Every place of the API into which a client writes something, found by reading the schema itself: a new field is attacked
//! without a word here.

use async_graphql::parser::{
    parse_schema,
    types::{
        BaseType, FieldDefinition, InputObjectType, InputValueDefinition, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
    },
};
use mistok::graphql::schema;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Where one value goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `query`, `mutation` or `subscription`.
    pub operation: &'static str,
    /// The field of the root.
    pub field: String,
    /// The argument, then the members of its input: `input`, `rows`, `caseId`.
    pub path: Vec<String>,
    /// What goes there: `ID`, `String`, `Katottg`.
    pub scalar: String,
}

impl Place {
    pub fn name(&self) -> &str {
        self.path.last().unwrap()
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({})", self.field, self.path.join("."))
    }
}

/// A question with its variables.
pub struct Question {
    pub query: String,
    pub variables: Value,
}

/// How deep an answer is asked for.
const DEPTH: usize = 2;

pub struct Schema(BTreeMap<String, TypeDefinition>);

impl Schema {
    pub fn new() -> Self {
        let types = parse_schema(schema::sdl()).unwrap().definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(ty) => Some((ty.node.name.node.to_string(), ty.node)),
            _ => None,
        });
        Self(types.collect())
    }

    /// All places, of every scalar.
    pub fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        for (operation, root) in [("query", "Query"), ("mutation", "Mutation"), ("subscription", "Subscription")] {
            for field in self.fields(root) {
                for argument in &field.arguments {
                    let place =
                        Place { operation, field: field.name.node.to_string(), path: Vec::new(), scalar: String::new() };
                    self.find(&argument.node, &place, &mut Vec::new(), &mut places);
                }
            }
        }
        places
    }

    /// Arguments of these scalars below the root, where no question of this walk comes: `Type.field(argument)`.
    pub fn deeper(&self, scalars: &[&str]) -> Vec<String> {
        let mut deeper = Vec::new();
        for name in self.0.keys().filter(|name| !["Query", "Mutation", "Subscription"].contains(&name.as_str())) {
            for field in self.fields(name) {
                for argument in &field.arguments {
                    let ty = named(&argument.node.ty.node);
                    if !self.is_leaf(ty) || scalars.contains(&ty) {
                        deeper.push(format!("{name}.{}({})", field.name.node, argument.node.name.node));
                    }
                }
            }
        }
        deeper
    }

    fn find(&self, value: &InputValueDefinition, at: &Place, above: &mut Vec<String>, found: &mut Vec<Place>) {
        let ty = named(&value.ty.node).to_owned();
        let mut at = at.clone();
        at.path.push(value.name.node.to_string());
        match self.input(&ty) {
            // An input within itself: its places are known.
            Some(_) if above.contains(&ty) => {}
            Some(input) => {
                above.push(ty);
                input.fields.iter().for_each(|field| self.find(&field.node, &at, above, found));
                above.pop();
            }
            None => found.push(Place { scalar: ty, ..at }),
        }
    }

    /// The question that writes `given` at a place, and beside it only what must be there, as `fill` has it.
    pub fn question(&self, place: &Place, given: &Value, fill: &dyn Fn(&Place) -> Value) -> Question {
        let root = match place.operation {
            "query" => "Query",
            "mutation" => "Mutation",
            _ => "Subscription",
        };
        let field = self.fields(root).into_iter().find(|field| field.name.node == place.field).unwrap();
        let (mut declared, mut passed, mut variables) = (Vec::new(), Vec::new(), Map::new());
        let page = if ["last", "before"].contains(&place.path[0].as_str()) { "last" } else { "first" };
        for argument in field.arguments.iter().map(|argument| &argument.node) {
            let name = argument.name.node.as_str();
            let target = name == place.path[0];
            if !target && !must(argument) && name != page {
                continue;
            }
            declared.push(format!("${name}: {}", argument.ty.node));
            passed.push(format!("{name}: ${name}"));
            let at = Place { path: Vec::new(), ..place.clone() };
            let value = self.value(argument, &at, if target { Some((&place.path[1..], given)) } else { None }, fill);
            variables.insert(name.to_owned(), value);
        }
        let declared = if declared.is_empty() { String::new() } else { format!("({})", declared.join(", ")) };
        let passed = if passed.is_empty() { String::new() } else { format!("({})", passed.join(", ")) };
        let selection = self.selection(named(&field.ty.node), DEPTH);
        let query = format!("{} {declared}{{ {}{passed}{selection} }}", place.operation, place.field);
        Question { query, variables: variables.into() }
    }

    /// A value for an argument or a member; `target` is the way on to the place in question.
    fn value(
        &self,
        of: &InputValueDefinition,
        at: &Place,
        target: Option<(&[String], &Value)>,
        fill: &dyn Fn(&Place) -> Value,
    ) -> Value {
        let (ty, mut at) = (named(&of.ty.node).to_owned(), at.clone());
        at.path.push(of.name.node.to_string());
        let one = match (self.input(&ty), target) {
            (Some(input), target) => self.object(&ty, input, &at, target, fill),
            (None, Some((_, given))) => given.clone(),
            (None, None) => match &self.0.get(&ty).map(|ty| &ty.kind) {
                Some(TypeKind::Enum(words)) => json!(words.values[0].node.value.node.as_str()),
                _ => fill(&Place { scalar: ty, ..at }),
            },
        };
        if matches!(of.ty.node.base, BaseType::List(_)) { json!([one]) } else { one }
    }

    fn object(
        &self,
        ty: &str,
        input: &InputObjectType,
        at: &Place,
        target: Option<(&[String], &Value)>,
        fill: &dyn Fn(&Place) -> Value,
    ) -> Value {
        let one_of = self.0[ty].description.as_ref().is_some_and(|about| about.node.contains("@oneOf"));
        let mut members = Map::new();
        for (place, member) in input.fields.iter().map(|member| &member.node).enumerate() {
            let name = member.name.node.as_str();
            let onward = target.filter(|(path, _)| path.first().is_some_and(|next| next == name));
            let one = one_of && target.is_none() && place == 0;
            if onward.is_some() || one || must(member) {
                let onward = onward.map(|(path, given)| (&path[1..], given));
                members.insert(name.to_owned(), self.value(member, at, onward, fill));
            }
        }
        members.into()
    }

    /// What is asked of an answer: plain fields, and objects to a certain depth.
    fn selection(&self, ty: &str, depth: usize) -> String {
        if self.is_leaf(ty) {
            return String::new();
        }
        let plain = |field: &&FieldDefinition| field.arguments.is_empty() && field.name.node != "edges";
        let inner = self.fields(ty).into_iter().filter(plain).filter_map(|field| {
            let inner = named(&field.ty.node);
            (depth > 0 || self.is_leaf(inner))
                .then(|| format!("{}{}", field.name.node, self.selection(inner, depth - usize::from(depth > 0))))
        });
        format!(" {{ __typename {} }}", inner.collect::<Vec<_>>().join(" "))
    }

    fn is_leaf(&self, ty: &str) -> bool {
        self.0.get(ty).is_none_or(|ty| matches!(ty.kind, TypeKind::Scalar | TypeKind::Enum(_)))
    }

    fn input(&self, ty: &str) -> Option<&InputObjectType> {
        match &self.0.get(ty)?.kind {
            TypeKind::InputObject(input) => Some(input),
            _ => None,
        }
    }

    fn fields(&self, ty: &str) -> Vec<&FieldDefinition> {
        match self.0.get(ty).map(|ty| &ty.kind) {
            Some(TypeKind::Object(object)) => object.fields.iter().map(|field| &field.node).collect(),
            Some(TypeKind::Interface(interface)) => interface.fields.iter().map(|field| &field.node).collect(),
            _ => Vec::new(),
        }
    }
}

/// The type within lists.
fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => named(inner),
    }
}

fn must(of: &InputValueDefinition) -> bool {
    !of.ty.node.nullable && of.default_value.is_none()
}
