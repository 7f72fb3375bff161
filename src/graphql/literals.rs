//! The arguments in the text, made plain before execution: variables put in, defaults of input fields filled in, each
//! value as its type says. A variable that was not given leaves its argument or field out, as the specification
//! demands; the library would pass null, and in an update null clears.

use super::{
    error::refusal,
    shape::{Kind, Shape, innermost},
    variables,
};
use crate::base::error::ErrorCode;
use async_graphql::{
    Name, Pos, Positioned, ServerError, Value as Const, Variables,
    parser::types::{Directive, ExecutableDocument, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::Value;
use std::collections::HashMap;

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// Settles all arguments of an operation, and leaves of the fragments those that it spreads.
pub fn settle(
    shape: &Shape,
    operation: &mut OperationDefinition,
    fragments: &mut Fragments,
    variables: &Variables,
) -> Result<(), Vec<ServerError>> {
    let root = shape.root(operation.ty).map(str::to_owned);
    let mut walk = Walk { shape, variables, left: std::mem::take(fragments), settled: HashMap::new(), faults: Vec::new() };
    walk.set(&mut operation.selection_set.node, root.as_deref());
    *fragments = walk.settled;
    if walk.faults.is_empty() { Ok(()) } else { Err(walk.faults) }
}

struct Walk<'a> {
    shape: &'a Shape,
    variables: &'a Variables,
    left: Fragments,
    settled: Fragments,
    faults: Vec<ServerError>,
}

impl<'a> Walk<'a> {
    /// `of` is the type that the selections are of; none within an introspection, which is the library's own.
    fn set(&mut self, set: &mut SelectionSet, of: Option<&str>) {
        for item in &mut set.items {
            match &mut item.node {
                Selection::Field(field) => self.field(&mut field.node, of),
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref().map(|condition| condition.node.on.node.clone());
                    self.set(&mut inline.node.selection_set.node, condition.as_deref().or(of));
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let Some(mut fragment) = self.left.remove(name) else { continue };
                    let condition = fragment.node.type_condition.node.on.node.clone();
                    self.set(&mut fragment.node.selection_set.node, Some(&condition));
                    self.settled.insert(name.clone(), fragment);
                }
            }
        }
    }

    fn field(&mut self, field: &mut Field, of: Option<&str>) {
        let shape = self.shape;
        let known = of.and_then(|of| shape.field(of, &field.name.node));
        if let Some(known) = known {
            let arguments = std::mem::take(&mut field.arguments);
            for (name, value) in arguments {
                let Some(argument) = known.arguments.iter().find(|argument| argument.name == name.node) else { continue };
                let Some(given) = put_in(value.node, self.variables) else { continue };
                match variables::literal(shape, given, &argument.ty, format!("Argument \"{}", name.node), value.pos) {
                    Ok(settled) => field.arguments.push((name, Positioned::new(settled.into_value(), value.pos))),
                    Err(mut faults) => self.faults.append(&mut faults),
                }
            }
        }
        self.set(&mut field.selection_set.node, known.map(|known| innermost(&known.ty)));
    }
}

/// What the library's validation overlooks: names of fields in the objects of the text, and `__typename`. The library looks at them only where no variable stands in the same
/// argument; a variable that is not given would take an unknown field with it, unseen.
pub fn named(shape: &Shape, document: &ExecutableDocument) -> Result<(), Vec<ServerError>> {
    let mut names = Names { shape, faults: Vec::new() };
    for fragment in document.fragments.values() {
        let on = &fragment.node.type_condition.node.on.node;
        names.set(&fragment.node.selection_set.node, Some(on));
    }
    for (_, operation) in document.operations.iter() {
        names.set(&operation.node.selection_set.node, shape.root(operation.node.ty));
    }
    if names.faults.is_empty() { Ok(()) } else { Err(names.faults) }
}

struct Names<'a> {
    shape: &'a Shape,
    faults: Vec<ServerError>,
}

impl Names<'_> {
    fn set(&mut self, set: &SelectionSet, of: Option<&str>) {
        for item in &set.items {
            match &item.node {
                Selection::FragmentSpread(_) => {}
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                    self.set(&inline.node.selection_set.node, condition.or(of));
                }
                Selection::Field(field) if field.node.name.node == "__typename" => self.type_name(&field.node, field.pos),
                Selection::Field(field) => {
                    let known = of.and_then(|of| self.shape.field(of, &field.node.name.node));
                    for (name, value) in &field.node.arguments {
                        let argument = known.and_then(|known| known.arguments.iter().find(|other| other.name == name.node));
                        if let Some(argument) = argument {
                            self.value(&value.node, innermost(&argument.ty), value.pos);
                        }
                    }
                    self.set(&field.node.selection_set.node, known.map(|known| innermost(&known.ty)));
                }
            }
        }
    }

    /// The library's validation passes this field by.
    fn type_name(&mut self, field: &Field, at: Pos) {
        let strange = |directive: &&Positioned<Directive>| !matches!(directive.node.name.node.as_str(), "skip" | "include");
        let why = if let Some(directive) = field.directives.iter().find(strange) {
            format!("Unknown directive \"{}\"", directive.node.name.node)
        } else if !field.arguments.is_empty() || !field.selection_set.node.items.is_empty() {
            "The field \"__typename\" has neither arguments nor fields.".to_owned()
        } else {
            return;
        };
        self.faults.push(refusal(ErrorCode::ValidationFailed, why, Some(at)));
    }

    fn value(&mut self, value: &Value, ty: &str, at: Pos) {
        match (value, self.shape.kind(ty)) {
            (Value::List(items), _) => items.iter().for_each(|item| self.value(item, ty, at)),
            (Value::Object(fields), Some(Kind::Input(object))) => {
                for (name, field) in fields {
                    match object.fields.iter().find(|known| known.name == *name) {
                        Some(known) => self.value(field, innermost(&known.ty), at),
                        None => {
                            let message = format!("Unknown field \"{name}\" of type \"{ty}\".");
                            self.faults.push(refusal(ErrorCode::ValidationFailed, message, Some(at)));
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

/// The value with its variables put in; none for a variable that was not given.
fn put_in(value: Value, variables: &Variables) -> Option<Const> {
    Some(match value {
        Value::Variable(name) => return variables.get(&name).cloned(),
        Value::Null => Const::Null,
        Value::Number(number) => Const::Number(number),
        Value::String(text) => Const::String(text),
        Value::Boolean(truth) => Const::Boolean(truth),
        Value::Binary(bytes) => Const::Binary(bytes),
        Value::Enum(word) => Const::Enum(word),
        Value::List(items) => Const::List(items.into_iter().map(|item| put_in(item, variables).unwrap_or_default()).collect()),
        Value::Object(fields) => {
            Const::Object(fields.into_iter().filter_map(|(name, field)| Some((name, put_in(field, variables)?))).collect())
        }
    })
}
