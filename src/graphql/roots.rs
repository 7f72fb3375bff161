//! The scopes that an operation needs, by `@scope` on the fields of its root: asked before anything is executed.

use super::{error::refusal, shape::Shape};
use crate::{access::Scopes, base::error::ErrorCode};
use async_graphql::{
    Name, PathSegment, Positioned, ServerError, Value as Const, Variables,
    parser::types::{Directive, FragmentDefinition, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::Value;
use std::collections::HashMap;

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// One refusal for each field of the root whose scope the caller lacks.
pub fn allow(
    shape: &Shape,
    operation: &OperationDefinition,
    fragments: &Fragments,
    variables: &Variables,
    held: Scopes,
) -> Result<(), Vec<ServerError>> {
    let Some(root) = shape.root(operation.ty) else { return Ok(()) };
    let mut walk = Walk { shape, root, fragments, variables, held, lacking: Vec::new() };
    walk.set(&operation.selection_set.node);
    if walk.lacking.is_empty() { Ok(()) } else { Err(walk.lacking) }
}

/// A subscription selects exactly one field of its root (specification, section 5.2.3.1).
pub fn single(operation: &OperationDefinition, fragments: &Fragments, variables: &Variables) -> Result<(), Vec<ServerError>> {
    let mut keys = Vec::new();
    collect(&operation.selection_set.node, fragments, variables, &mut keys);
    match keys.as_slice() {
        [key] if !key.1.starts_with("__") => Ok(()),
        _ => {
            let message = "A subscription selects exactly one field of its root, and none of the introspection.";
            Err(vec![refusal(ErrorCode::ValidationFailed, message, Some(operation.selection_set.pos))])
        }
    }
}

/// Keys of an answer's root, each with the name of its field.
fn collect<'a>(set: &'a SelectionSet, fragments: &'a Fragments, variables: &Variables, keys: &mut Vec<(&'a str, &'a str)>) {
    for item in set.items.iter().filter(|item| !skipped(item.node.directives(), variables)) {
        match &item.node {
            Selection::InlineFragment(inline) => collect(&inline.node.selection_set.node, fragments, variables, keys),
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = fragments.get(&spread.node.fragment_name.node) {
                    collect(&fragment.node.selection_set.node, fragments, variables, keys);
                }
            }
            Selection::Field(field) => {
                let key = (field.node.response_key().node.as_str(), field.node.name.node.as_str());
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
    }
}

struct Walk<'a> {
    shape: &'a Shape,
    root: &'a str,
    fragments: &'a Fragments,
    variables: &'a Variables,
    held: Scopes,
    lacking: Vec<ServerError>,
}

impl Walk<'_> {
    fn set(&mut self, set: &SelectionSet) {
        for item in &set.items {
            if skipped(item.node.directives(), self.variables) {
                continue;
            }
            match &item.node {
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) {
                        self.set(&fragment.node.selection_set.node);
                    }
                }
                Selection::Field(field) => {
                    let Some(known) = self.shape.field(self.root, &field.node.name.node) else { continue };
                    let Some(scope) = known.scopes.iter().find(|scope| !self.held.holds(**scope)) else { continue };
                    if known.or_scopes.iter().any(|scope| self.held.holds(*scope)) {
                        continue;
                    }
                    let message = format!("The scope {} is needed for {}.", scope.word(), field.node.name.node);
                    let mut fault = refusal(ErrorCode::Forbidden, message, Some(item.pos));
                    fault.path = vec![PathSegment::Field(field.node.response_key().node.to_string())];
                    fault.extensions.get_or_insert_default().set("scope", scope.word());
                    if !self.lacking.iter().any(|other| other.path == fault.path) {
                        self.lacking.push(fault);
                    }
                }
            }
        }
    }
}

/// Whether @skip or @include leave the selection out.
pub fn skipped(directives: &[Positioned<Directive>], variables: &Variables) -> bool {
    directives.iter().any(|directive| {
        let leave_out = match directive.node.name.node.as_str() {
            "skip" => true,
            "include" => false,
            _ => return false,
        };
        let condition = match directive.node.get_argument("if").map(|value| &value.node) {
            Some(Value::Boolean(condition)) => Some(*condition),
            Some(Value::Variable(name)) => match variables.get(name) {
                Some(Const::Boolean(condition)) => Some(*condition),
                _ => None,
            },
            _ => None,
        };
        condition == Some(leave_out)
    })
}
