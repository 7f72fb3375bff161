//! The schema as its readers need it: every type, field, argument and value with its words and its marks. It is read from the
//! printed schema by the parser that the gate reads it with ([`crate::graphql::shape`], which keeps no words).

use async_graphql::{
    Positioned, Value,
    parser::{
        self,
        types::{
            ConstDirective, DirectiveDefinition, EnumValueDefinition, FieldDefinition, InputValueDefinition, Type as TypeRef,
            TypeDefinition, TypeKind, TypeSystemDefinition,
        },
    },
};
use std::collections::BTreeMap;

/// All that the SDL says.
pub struct Book {
    pub types: BTreeMap<String, Type>,
    pub directives: BTreeMap<String, Directive>,
    /// The types of the roots; none for a kind of operation that the schema lacks.
    roots: BTreeMap<Root, String>,
}

/// A kind of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Root {
    Query,
    Mutation,
    Subscription,
}

impl Root {
    pub const ALL: [Self; 3] = [Self::Query, Self::Mutation, Self::Subscription];

    /// As it begins an operation, and the addresses of its pages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

/// What a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Object,
    Interface,
    Union,
    Input,
    Enum,
    Scalar,
}

impl Kind {
    pub const ALL: [Self; 6] = [Self::Object, Self::Interface, Self::Union, Self::Input, Self::Enum, Self::Scalar];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Interface => "interface",
            Self::Union => "union",
            Self::Input => "input",
            Self::Enum => "enum",
            Self::Scalar => "scalar",
        }
    }
}

pub struct Type {
    pub name: String,
    pub kind: Kind,
    pub about: String,
    pub marks: Marks,
    pub interfaces: Vec<String>,
    /// Of a union.
    pub members: Vec<String>,
    /// Of objects and interfaces.
    pub fields: Vec<Field>,
    /// Fields of an input.
    pub inputs: Vec<Input>,
    /// Values of an enum.
    pub words: Vec<Word>,
}

pub struct Field {
    pub name: String,
    pub about: String,
    pub ty: TypeRef,
    pub arguments: Vec<Input>,
    pub marks: Marks,
}

/// An argument, or a field of an input.
pub struct Input {
    pub name: String,
    pub about: String,
    pub ty: TypeRef,
    pub default: Option<Value>,
    pub deprecated: Option<String>,
}

pub struct Word {
    pub name: String,
    pub about: String,
    pub deprecated: Option<String>,
}

pub struct Directive {
    pub name: String,
    pub about: String,
    pub arguments: Vec<Input>,
}

/// What directives say.
#[derive(Default)]
pub struct Marks {
    pub scopes: Vec<String>,
    /// Scopes that open the field too.
    pub or_scopes: Vec<String>,
    /// The group of personal data.
    pub group: Option<String>,
    /// Changes that a mutation writes.
    pub emits: Vec<String>,
    /// Top-level errors of its own.
    pub fails: Vec<String>,
    /// Points, where they are others than those of every field of its root.
    pub cost: Option<String>,
    pub deprecated: Option<String>,
}

impl Book {
    /// Reads a printed schema of ours.
    pub fn of(sdl: &str) -> Result<Self, parser::Error> {
        let mut book = Self { types: BTreeMap::new(), directives: BTreeMap::new(), roots: BTreeMap::new() };
        for definition in parser::parse_schema(sdl)?.definitions {
            match definition {
                TypeSystemDefinition::Schema(roots) => {
                    let named = [roots.node.query, roots.node.mutation, roots.node.subscription];
                    let named = Root::ALL.into_iter().zip(named);
                    book.roots = named.filter_map(|(root, name)| Some((root, name?.node.to_string()))).collect();
                }
                TypeSystemDefinition::Type(found) => {
                    let found = ty(found.node);
                    book.types.insert(found.name.clone(), found);
                }
                TypeSystemDefinition::Directive(found) => {
                    let found = directive(found.node);
                    book.directives.insert(found.name.clone(), found);
                }
            }
        }
        Ok(book)
    }

    /// The type of a root.
    pub fn root_type(&self, root: Root) -> Option<&Type> {
        self.types.get(self.roots.get(&root)?)
    }

    /// The fields of a root.
    pub fn root(&self, root: Root) -> &[Field] {
        self.root_type(root).map_or(&[], |ty| &ty.fields)
    }

    /// The root that a type is, if it is one: its fields have pages of their own.
    pub fn as_root(&self, name: &str) -> Option<Root> {
        self.roots.iter().find(|(_, of)| *of == name).map(|(root, _)| *root)
    }

    /// Types of one kind that are no roots.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Type> {
        self.types.values().filter(move |ty| ty.kind == kind && self.as_root(&ty.name).is_none())
    }

    /// Every field of objects and interfaces, with the type that has it.
    pub fn fields(&self) -> impl Iterator<Item = (&Type, &Field)> {
        self.types.values().flat_map(|ty| ty.fields.iter().map(move |field| (ty, field)))
    }

    /// What implements an interface, or stands in a union.
    pub fn members<'a>(&'a self, ty: &'a Type) -> Vec<&'a str> {
        let implements = |other: &&Type| other.interfaces.contains(&ty.name);
        let implementing = self.types.values().filter(implements).map(|other| other.name.as_str());
        ty.members.iter().map(String::as_str).chain(implementing).collect()
    }
}

fn ty(found: TypeDefinition) -> Type {
    let mut ty = Type {
        name: found.name.node.to_string(),
        kind: Kind::Scalar,
        about: text(found.description),
        marks: marks(&found.directives),
        interfaces: Vec::new(),
        members: Vec::new(),
        fields: Vec::new(),
        inputs: Vec::new(),
        words: Vec::new(),
    };
    match found.kind {
        TypeKind::Scalar => {}
        TypeKind::Object(object) => {
            ty.kind = Kind::Object;
            ty.interfaces = object.implements.into_iter().map(|name| name.node.to_string()).collect();
            ty.fields = object.fields.into_iter().map(|one| field(one.node)).collect();
        }
        TypeKind::Interface(interface) => {
            ty.kind = Kind::Interface;
            ty.fields = interface.fields.into_iter().map(|one| field(one.node)).collect();
        }
        TypeKind::Union(union) => {
            ty.kind = Kind::Union;
            ty.members = union.members.into_iter().map(|name| name.node.to_string()).collect();
        }
        TypeKind::Enum(words) => {
            ty.kind = Kind::Enum;
            ty.words = words.values.into_iter().map(|one| word(one.node)).collect();
        }
        TypeKind::InputObject(object) => {
            ty.kind = Kind::Input;
            ty.inputs = object.fields.into_iter().map(|one| input(one.node)).collect();
        }
    }
    ty
}

fn field(found: FieldDefinition) -> Field {
    Field {
        name: found.name.node.to_string(),
        about: text(found.description),
        ty: found.ty.node,
        arguments: found.arguments.into_iter().map(|one| input(one.node)).collect(),
        marks: marks(&found.directives),
    }
}

fn input(found: InputValueDefinition) -> Input {
    Input {
        name: found.name.node.to_string(),
        about: text(found.description),
        ty: found.ty.node,
        default: found.default_value.map(|value| value.node),
        deprecated: marks(&found.directives).deprecated,
    }
}

fn word(found: EnumValueDefinition) -> Word {
    let deprecated = marks(&found.directives).deprecated;
    Word { name: found.value.node.to_string(), about: text(found.description), deprecated }
}

fn directive(found: DirectiveDefinition) -> Directive {
    let arguments = found.arguments.into_iter().map(|one| input(one.node)).collect();
    Directive { name: found.name.node.to_string(), about: text(found.description), arguments }
}

fn text(description: Option<Positioned<String>>) -> String {
    description.map(|text| text.node.trim().to_owned()).unwrap_or_default()
}

fn marks(directives: &[Positioned<ConstDirective>]) -> Marks {
    let mut marks = Marks::default();
    for directive in directives.iter().map(|directive| &directive.node) {
        let all = |name: &str| words(directive.get_argument(name).map(|value| &value.node));
        let first = |name: &str| all(name).into_iter().next();
        match directive.name.node.as_str() {
            "scope" => marks.scopes.extend(all("name")),
            "orScope" => marks.or_scopes.extend(all("name")),
            "pii" => marks.group = first("group"),
            "emits" => marks.emits = all("changes"),
            "fails" => marks.fails = all("codes"),
            "cost" => marks.cost = first("weight"),
            "deprecated" => marks.deprecated = Some(first("reason").unwrap_or_else(|| "No longer supported".into())),
            _ => {}
        }
    }
    marks
}

fn words(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Enum(word)) => vec![word.to_string()],
        Some(Value::List(all)) => all.iter().flat_map(|one| words(Some(one))).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_the_schema_does_not_have_yet() {
        let sdl = r#"
            schema { query: Root }
            type Root { old(a: Int = 5 @deprecated(reason: "b")): Any @deprecated(reason: "new, until 2028-01-31") bare: Int @deprecated }
            union Any = A
            type A { a: E }
            enum E { ONE @deprecated(reason: "TWO") TWO }
        "#;
        let book = Book::of(sdl).expect("a book");
        let [old, bare] = book.root(Root::Query) else { panic!("two fields") };
        assert_eq!(old.marks.deprecated.as_deref(), Some("new, until 2028-01-31"));
        assert_eq!(bare.marks.deprecated.as_deref(), Some("No longer supported"));
        assert_eq!((old.arguments[0].default.clone(), old.arguments[0].deprecated.as_deref()), (Some(5.into()), Some("b")));
        assert_eq!((book.types["E"].words[0].deprecated.as_deref(), book.root(Root::Mutation).len()), (Some("TWO"), 0));
        assert_eq!((book.as_root("Root"), book.members(&book.types["Any"])), (Some(Root::Query), vec!["A"]));
    }
}
