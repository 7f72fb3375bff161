//! What the SDL says, as the gate needs it: the types of inputs, the arguments of fields, and their scopes.
//! It is read from the printed schema, so that what partners see is what is enforced.

use crate::access::Scope;
use async_graphql::{
    Name, Positioned, Value,
    parser::{
        self,
        types::{
            BaseType, ConstDirective, EnumValueDefinition, FieldDefinition, InputValueDefinition, InterfaceType, ObjectType,
            OperationType, Type, TypeKind, TypeSystemDefinition,
        },
    },
};
use std::collections::{BTreeMap, HashMap};

/// Why a schema cannot be enforced: a fault of ours, seen when the server starts.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("the printed schema does not parse: {0}")]
    Syntax(#[from] parser::Error),
    #[error("@scope names {0:?}, which is no scope")]
    Scope(String),
    #[error("@cost weighs {0:?}, which is no number of points")]
    Cost(String),
}

/// The schema by names of types.
pub struct Shape {
    query: String,
    mutation: Option<String>,
    subscription: Option<String>,
    types: HashMap<String, Kind>,
    deprecated: BTreeMap<String, String>,
}

/// A type, as far as values and selections ask.
pub enum Kind {
    Scalar,
    /// In the order of the SDL.
    Enum(Vec<Choice>),
    Input(InputObject),
    /// Objects and interfaces: what may be selected.
    Fields(HashMap<String, Field>),
    Union,
}

/// A value of an enum.
pub struct Choice {
    pub value: String,
    pub about: String,
    pub deprecated: bool,
}

pub struct InputObject {
    /// `@oneOf`: exactly one field is given.
    pub one_of: bool,
    /// In the order of the SDL.
    pub fields: Vec<Input>,
}

/// An argument, or a field of an input object.
pub struct Input {
    pub name: Name,
    pub ty: Type,
    pub default: Option<Value>,
}

/// A field that may be selected.
pub struct Field {
    pub ty: Type,
    pub arguments: Vec<Input>,
    /// What `@scope` on the field demands.
    pub scopes: Vec<Scope>,
    /// What `@orScope` takes in its place.
    pub or_scopes: Vec<Scope>,
    /// The points that `@cost` names.
    pub cost: Option<u64>,
}

impl Shape {
    /// Reads a printed schema of ours.
    pub fn of(sdl: &str) -> Result<Self, Fault> {
        let mut shape = Self {
            query: "Query".into(),
            mutation: None,
            subscription: None,
            types: HashMap::new(),
            deprecated: BTreeMap::new(),
        };
        for name in ["Int", "Float", "String", "Boolean", "ID"] {
            shape.types.insert(name.into(), Kind::Scalar);
        }
        for definition in parser::parse_schema(sdl)?.definitions {
            match definition {
                TypeSystemDefinition::Schema(roots) => {
                    shape.query = roots.node.query.map_or(shape.query, |name| name.node.to_string());
                    shape.mutation = roots.node.mutation.map(|name| name.node.to_string());
                    shape.subscription = roots.node.subscription.map(|name| name.node.to_string());
                }
                TypeSystemDefinition::Type(ty) => {
                    let one_of = ty.node.directives.iter().any(|directive| directive.node.name.node == "oneOf");
                    shape.deprecated.extend(deprecated(&ty.node.name.node, &ty.node.kind));
                    shape.types.insert(ty.node.name.node.to_string(), kind(ty.node.kind, one_of)?);
                }
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        Ok(shape)
    }

    /// All types with their names.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &Kind)> {
        self.types.iter().map(|(name, kind)| (name.as_str(), kind))
    }

    /// What is deprecated, by its coordinate (`Type.field`, `Type.field(argument:)`, `Input.field`, `Enum.VALUE`), and why.
    pub fn deprecated(&self) -> &BTreeMap<String, String> {
        &self.deprecated
    }

    /// With more of it deprecated, before the SDL says so.
    #[must_use]
    pub fn deprecating(mut self, more: &[(&str, &str)]) -> Self {
        self.deprecated.extend(more.iter().map(|(coordinate, reason)| ((*coordinate).to_owned(), (*reason).to_owned())));
        self
    }

    /// Whether something deprecated can stand in variables.
    pub fn deprecates_inputs(&self) -> bool {
        let names = self.deprecated.keys().filter_map(|coordinate| coordinate.split('.').next());
        names.filter_map(|name| self.kind(name)).any(|kind| matches!(kind, Kind::Input(_) | Kind::Enum(_)))
    }

    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.types.get(name)
    }

    /// The type of an operation's root; none for a kind of operation that the schema lacks.
    pub fn root(&self, operation: OperationType) -> Option<&str> {
        match operation {
            OperationType::Query => Some(&self.query),
            OperationType::Mutation => self.mutation.as_deref(),
            OperationType::Subscription => self.subscription.as_deref(),
        }
    }

    /// A field of an object or interface; none for introspection and `__typename`.
    pub fn field(&self, of: &str, name: &str) -> Option<&Field> {
        match self.kind(of)? {
            Kind::Fields(fields) => fields.get(name),
            _ => None,
        }
    }
}

fn kind(kind: TypeKind, one_of: bool) -> Result<Kind, Fault> {
    Ok(match kind {
        TypeKind::Scalar => Kind::Scalar,
        TypeKind::Enum(of) => Kind::Enum(of.values.into_iter().map(|value| choice(value.node)).collect()),
        TypeKind::InputObject(object) => {
            Kind::Input(InputObject { one_of, fields: object.fields.into_iter().map(|field| input(field.node)).collect() })
        }
        TypeKind::Object(object) => fields(object.fields)?,
        TypeKind::Interface(interface) => fields(interface.fields)?,
        TypeKind::Union(_) => Kind::Union,
    })
}

/// Coordinates of a type that are marked `@deprecated`, with the reasons.
fn deprecated(name: &str, kind: &TypeKind) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut look = |coordinate: String, directives: &[Positioned<ConstDirective>]| {
        let Some(marked) = directives.iter().find(|directive| directive.node.name.node == "deprecated") else { return };
        let reason = match marked.node.get_argument("reason").map(|reason| &reason.node) {
            Some(Value::String(reason)) => reason.clone(),
            // The default of the specification.
            _ => "No longer supported".to_owned(),
        };
        found.push((coordinate, reason));
    };
    match kind {
        TypeKind::Object(ObjectType { fields, .. }) | TypeKind::Interface(InterfaceType { fields, .. }) => {
            for field in fields.iter().map(|field| &field.node) {
                let place = format!("{name}.{}", field.name.node);
                for argument in field.arguments.iter().map(|argument| &argument.node) {
                    look(format!("{place}({}:)", argument.name.node), &argument.directives);
                }
                look(place, &field.directives);
            }
        }
        TypeKind::InputObject(input) => {
            input.fields.iter().for_each(|field| look(format!("{name}.{}", field.node.name.node), &field.node.directives));
        }
        TypeKind::Enum(of) => {
            of.values.iter().for_each(|value| look(format!("{name}.{}", value.node.value.node), &value.node.directives));
        }
        TypeKind::Scalar | TypeKind::Union(_) => {}
    }
    found
}

fn choice(value: EnumValueDefinition) -> Choice {
    Choice {
        value: value.value.node.to_string(),
        about: value.description.map(|about| about.node).unwrap_or_default(),
        deprecated: value.directives.iter().any(|directive| directive.node.name.node == "deprecated"),
    }
}

fn fields(fields: Vec<Positioned<FieldDefinition>>) -> Result<Kind, Fault> {
    let field = |field: FieldDefinition| {
        let known = Field {
            ty: field.ty.node,
            arguments: field.arguments.into_iter().map(|argument| input(argument.node)).collect(),
            scopes: scopes(&field.directives, "scope")?,
            or_scopes: scopes(&field.directives, "orScope")?,
            cost: cost(&field.directives)?,
        };
        Ok((field.name.node.to_string(), known))
    };
    Ok(Kind::Fields(fields.into_iter().map(|given| field(given.node)).collect::<Result<_, Fault>>()?))
}

fn input(field: InputValueDefinition) -> Input {
    Input { name: field.name.node, ty: field.ty.node, default: field.default_value.map(|value| value.node) }
}

/// A name that is no scope would protect nothing: the server does not start with it.
fn scopes(directives: &[Positioned<ConstDirective>], name: &str) -> Result<Vec<Scope>, Fault> {
    let named = directives.iter().filter(|directive| directive.node.name.node == name);
    let scope = |directive: &Positioned<ConstDirective>| match directive.node.get_argument("name").map(|name| &name.node) {
        Some(Value::String(name)) => Scope::of(name).ok_or_else(|| Fault::Scope(name.clone())),
        other => Err(Fault::Scope(format!("{other:?}"))),
    };
    named.map(scope).collect()
}

fn cost(directives: &[Positioned<ConstDirective>]) -> Result<Option<u64>, Fault> {
    let Some(weighed) = directives.iter().find(|directive| directive.node.name.node == "cost") else { return Ok(None) };
    match weighed.node.get_argument("weight").map(|weight| &weight.node) {
        Some(Value::String(weight)) => Ok(Some(weight.parse().map_err(|_| Fault::Cost(weight.clone()))?)),
        other => Err(Fault::Cost(format!("{other:?}"))),
    }
}

/// The name of a type without lists and non-null.
pub fn innermost(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(of) => innermost(of),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_that_is_none_is_a_fault() {
        let of = |scope: &str| Shape::of(&format!("schema {{ query: Query }} type Query {{ a: Int @scope({scope}) }}"));
        let shape = of("name: \"cases:read\"").expect("a shape");
        assert_eq!(shape.field("Query", "a").map(|field| field.scopes.as_slice()), Some(&[Scope::CasesRead][..]));
        for wrong in ["name: \"case:read\"", "name: CASES", "of: \"cases:read\""] {
            assert!(matches!(of(wrong), Err(Fault::Scope(_))), "{wrong}");
            assert!(matches!(of(&format!("name: \"cases:read\") @orScope({wrong}")), Err(Fault::Scope(_))), "{wrong}");
        }
        for wrong in ["weight: \"much\"", "weight: 5", "points: \"5\"", "weight: \"-1\""] {
            assert!(matches!(of(&format!("name: \"cases:read\") @cost({wrong}")), Err(Fault::Cost(_))), "{wrong}");
        }
        let either = of("name: \"cases:read\") @orScope(name: \"registry:write\"").expect("a shape");
        assert_eq!(either.field("Query", "a").map(|field| field.or_scopes.as_slice()), Some(&[Scope::RegistryWrite][..]));
    }

    /// What any application may ask, whatever its scopes: who it is, and what is public in the registry.
    const OPEN: &[&str] = &[
        "viewer",
        "node",
        "nodes",
        "territory",
        "territories",
        "organization",
        "organizationByEdrpou",
        "organizations",
        "rateLimit",
        "centre",
        "centres",
        "codelist",
        "serviceTypes",
        "changes",
        "changes", // of the subscription
        "changesHead",
    ];

    #[test]
    fn every_other_field_of_a_root_needs_a_scope() {
        let shape = Shape::of(&crate::graphql::schema::builder().finish().sdl()).expect("a shape");
        let mut open = Vec::new();
        for root in [OperationType::Query, OperationType::Mutation, OperationType::Subscription] {
            let Some(Kind::Fields(fields)) = shape.root(root).and_then(|name| shape.kind(name)) else { panic!("a root") };
            open.extend(fields.iter().filter(|(_, field)| field.scopes.is_empty()).map(|(name, _)| name.as_str()));
        }
        open.sort_unstable();
        let mut expected = OPEN.to_vec();
        expected.sort_unstable();
        assert_eq!(open, expected);
    }
}
