//! The arguments in the text, made plain before execution: variables put in, defaults of input fields filled in, each
//! value as its type says. A variable that was not given leaves its argument or field out, as the specification
//! demands; the library would pass null, and in an update null clears.

use super::{shape::Shape, variables};
use async_graphql::{
    Name, Positioned, ServerError, Value as Const, Variables,
    parser::types::{Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet},
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
        self.set(&mut field.selection_set.node, known.map(|known| known.ty.as_str()));
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
