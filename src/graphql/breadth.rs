//! How much a document may ask for at once: lists within lists multiply. Counted before anything is executed, by the sizes that pages
//! have and that plain lists usually have, so that a short document cannot occupy the server.

use super::{error::refusal, roots::skipped, shape::Shape};
use crate::base::{error::ErrorCode, page};
use async_graphql::{
    Name, Positioned, ServerError, Value as Const, Variables,
    parser::types::{BaseType, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::Value;
use std::collections::HashMap;

/// Fields of one answer, as they are foreseen.
const MOST: u64 = 200_000;
/// What a list without pages is taken for: the months of a year.
const PLAIN: u64 = 12;

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

struct Count<'a> {
    shape: &'a Shape,
    fragments: &'a Fragments,
    variables: &'a Variables,
}

/// Refuses a document whose answer would be larger than one request may ask for.
pub fn allow(
    shape: &Shape,
    operation: &OperationDefinition,
    fragments: &Fragments,
    variables: &Variables,
) -> Result<(), Vec<ServerError>> {
    let Some(root) = shape.root(operation.ty) else { return Ok(()) };
    let fields = Count { shape, fragments, variables }.set(root, &operation.selection_set.node);
    if fields <= MOST {
        return Ok(());
    }
    let message = format!(
        "This asks for about {fields} fields at once; at most {MOST} are answered. Ask for shorter pages, or for fewer lists within lists."
    );
    Err(vec![refusal(ErrorCode::QueryTooComplex, message, Some(operation.selection_set.pos))])
}

impl Count<'_> {
    fn set(&self, of: &str, set: &SelectionSet) -> u64 {
        let shown = set.items.iter().filter(|item| !skipped(item.node.directives(), self.variables));
        let fields = shown.map(|item| match &item.node {
            Selection::Field(field) => self.field(of, &field.node),
            Selection::InlineFragment(inline) => {
                let on = inline.node.type_condition.as_ref().map_or(of, |on| on.node.on.node.as_str());
                self.set(on, &inline.node.selection_set.node)
            }
            Selection::FragmentSpread(spread) => self.fragments.get(&spread.node.fragment_name.node).map_or(0, |fragment| {
                self.set(fragment.node.type_condition.node.on.node.as_str(), &fragment.node.selection_set.node)
            }),
        });
        fields.fold(0, u64::saturating_add)
    }

    fn field(&self, of: &str, field: &Field) -> u64 {
        // Introspection tells of the schema alone.
        let Some(known) = self.shape.field(of, &field.name.node) else { return 1 };
        let (mut ty, mut is_list) = (&known.ty, false);
        while let BaseType::List(inner) = &ty.base {
            (ty, is_list) = (inner, true);
        }
        let BaseType::Named(name) = &ty.base else { return 1 };
        let pages = known.arguments.iter().any(|argument| argument.name == "first");
        // The page has been counted where it was asked for.
        let within_page = of.ends_with("Connection") || of.ends_with("Page");
        let times = match (pages, is_list) {
            (true, _) => self.size(field),
            (false, true) if !within_page => PLAIN,
            (false, _) => 1,
        };
        times.saturating_mul(1 + self.set(name.as_str(), &field.selection_set.node))
    }

    /// The length of a page, as far as it is told.
    fn size(&self, field: &Field) -> u64 {
        let told = ["first", "last"].into_iter().find_map(|name| match &field.get_argument(name)?.node {
            Value::Number(number) => number.as_u64(),
            Value::Variable(name) => match self.variables.get(name)? {
                Const::Number(number) => number.as_u64(),
                _ => None,
            },
            _ => None,
        });
        let most = page::MOST.unsigned_abs().into();
        told.unwrap_or(most).clamp(1, most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    fn told(document: &str) -> Result<(), Vec<ServerError>> {
        let shape = Shape::of(&crate::graphql::schema::builder().finish().sdl()).expect("a shape");
        let document = parse_query(document).expect(document);
        let (_, operation) = document.operations.iter().next().expect("an operation");
        allow(&shape, &operation.node, &document.fragments, &Variables::default())
    }

    #[test]
    fn lists_within_lists_multiply() {
        let year = "{ fundingContracts(first: 100) { nodes { id reconciliation { paid months { month paid accepted state } } acts { lines { claimed accepted } } } } }";
        assert!(told(year).is_ok());
        for document in [
            "{ fundingContract(id: \"x\") { acts { contract { acts { contract { acts { contract { acts { lines { claimed } } } } } } } } } }",
            "{ fundingContracts(first: 100) { nodes { centre { contracts(first: 100) { nodes { centre { contracts(first: 100) { nodes { id } } } } } } } } }",
            "{ centres(first: 100) { nodes { ...c } } } fragment c on Centre { contracts(first: 100) { edges { node { centre { memoranda(last: 100) { nodes { id } } } } } } }",
        ] {
            assert!(told(document).is_err(), "{document}");
        }
        assert!(told("{ __schema { types { fields { args { type { ofType { ofType { name } } } } } } } }").is_ok());
    }
}
