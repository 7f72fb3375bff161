//! What a question costs, in points, known before anything is executed: lists within lists multiply, so that a short document could
//! occupy the server. A point is one field of the answer; what works longer than its fields says so with `@cost` in the SDL.

use super::{
    error::refusal,
    roots::skipped,
    shape::{self, Shape},
};
use crate::base::{error::ErrorCode, page};
use async_graphql::{
    Name, Positioned, ServerError, Value as Const, Variables,
    parser::types::{BaseType, Field, FragmentDefinition, OperationDefinition, OperationType, Selection, SelectionSet},
};
use async_graphql_value::Value;
use std::collections::HashMap;

/// Most points of one question.
pub const MOST: u64 = 200_000;
/// Any request, also one that is refused.
pub const REQUEST: u64 = 100;
/// A field of the root of a query, beside those of its answer: it asks the database.
const QUESTION: u64 = 100;
/// A field of the root of a mutation: it writes, and the journal with it. Each item of a list in its input writes too.
const MUTATION: u64 = 1_000;
const ITEM: u64 = 100;
/// An introspection, however much of the schema it tells.
const INTROSPECTION: u64 = 5_000;
/// What a list without pages is taken for: the months of a year.
const PLAIN: u64 = 12;

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

struct Count<'a> {
    shape: &'a Shape,
    fragments: &'a Fragments,
    variables: &'a Variables,
}

/// The points of an operation, with those of the request.
///
/// # Errors
/// QUERY_TOO_COMPLEX for one whose answer would be larger than one request may ask for.
pub fn of(
    shape: &Shape,
    operation: &OperationDefinition,
    fragments: &Fragments,
    variables: &Variables,
) -> Result<u64, Vec<ServerError>> {
    let Some(root) = shape.root(operation.ty) else { return Ok(REQUEST) };
    let points = REQUEST.saturating_add(Count { shape, fragments, variables }.set(root, &operation.selection_set.node, None));
    if points <= MOST {
        return Ok(points);
    }
    let message = format!(
        "This costs {points} points; at most {MOST} are answered at once. Ask for shorter pages, or for fewer lists within lists."
    );
    let mut fault = refusal(ErrorCode::QueryTooComplex, message, Some(operation.selection_set.pos));
    let with = fault.extensions.get_or_insert_default();
    with.set("cost", points);
    with.set("limit", MOST);
    Err(vec![fault])
}

/// What a field costs beside the fields of its answer. The arguments are those of the text.
pub fn own(shape: &Shape, of: &str, field: &Field, variables: &Variables) -> u64 {
    let name = field.name.node.as_str();
    let root = |operation| shape.root(operation) == Some(of);
    let Some(known) = shape.field(of, name) else {
        return if matches!(name, "__schema" | "__type") { INTROSPECTION } else { 0 };
    };
    if root(OperationType::Mutation) {
        let items = field.arguments.iter().map(|(_, value)| items(&value.node, variables)).sum::<u64>();
        known.cost.unwrap_or(MUTATION).saturating_add(items.saturating_mul(ITEM))
    } else {
        known.cost.unwrap_or(if root(OperationType::Query) { QUESTION } else { 0 })
    }
}

/// Items of the lists in a value.
fn items(value: &Value, variables: &Variables) -> u64 {
    match value {
        Value::List(list) => list.iter().map(|item| 1 + items(item, variables)).sum(),
        Value::Object(fields) => fields.values().map(|field| items(field, variables)).sum(),
        Value::Variable(name) => variables.get(name).map_or(0, given),
        _ => 0,
    }
}

fn given(value: &Const) -> u64 {
    match value {
        Const::List(list) => list.iter().map(|item| 1 + given(item)).sum(),
        Const::Object(fields) => fields.values().map(given).sum(),
        _ => 0,
    }
}

impl Count<'_> {
    /// `page`: how many items the lists of this page have.
    fn set(&self, of: &str, set: &SelectionSet, page: Option<u64>) -> u64 {
        let shown = set.items.iter().filter(|item| !skipped(item.node.directives(), self.variables));
        let fields = shown.map(|item| match &item.node {
            Selection::Field(field) => self.field(of, &field.node, page),
            Selection::InlineFragment(inline) => {
                let on = inline.node.type_condition.as_ref().map_or(of, |on| on.node.on.node.as_str());
                self.set(on, &inline.node.selection_set.node, page)
            }
            Selection::FragmentSpread(spread) => self.fragments.get(&spread.node.fragment_name.node).map_or(0, |fragment| {
                self.set(fragment.node.type_condition.node.on.node.as_str(), &fragment.node.selection_set.node, page)
            }),
        });
        fields.fold(0, u64::saturating_add)
    }

    fn field(&self, of: &str, field: &Field, page: Option<u64>) -> u64 {
        let own = own(self.shape, of, field, self.variables);
        // Introspection tells of the schema alone.
        let Some(known) = self.shape.field(of, &field.name.node) else { return own.saturating_add(1) };
        let is_list = matches!(known.ty.base, BaseType::List(_));
        let asked = known.arguments.iter().any(|argument| argument.name == "first").then(|| self.size(field));
        let times = match (is_list, asked.or(page)) {
            (false, _) => 1,
            (true, Some(size)) => size,
            (true, None) => self.named(field).unwrap_or(PLAIN),
        };
        let within = asked.filter(|_| !is_list);
        let each = 1 + self.set(shape::innermost(&known.ty), &field.selection_set.node, within);
        own.saturating_add(times.saturating_mul(each))
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

    /// As many as were asked for by their ids.
    fn named(&self, field: &Field) -> Option<u64> {
        Some(items(&field.get_argument("ids")?.node, self.variables).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    fn told(document: &str) -> Result<u64, Vec<ServerError>> {
        let shape = Shape::of(&crate::graphql::schema::builder().finish().sdl()).expect("a shape");
        let document = parse_query(document).expect(document);
        let (_, operation) = document.operations.iter().next().expect("an operation");
        of(&shape, &operation.node, &document.fragments, &Variables::default())
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
            let faults = told(document).expect_err(document);
            let cost = faults[0].extensions.as_ref().and_then(|with| with.get("cost")).map(ToString::to_string);
            assert!(cost.and_then(|cost| cost.parse::<u64>().ok()).is_some_and(|cost| cost > MOST), "{document}");
        }
    }

    /// By hand, from the rule as the README tells it.
    #[test]
    fn points_are_counted_as_the_rule_says() {
        for (document, points) in [
            ("{ __typename }", 100 + 1),
            ("{ viewer { scopes } }", 100 + 100 + 1 + 12),
            ("{ centre(id: \"x\") { id name } }", 100 + 100 + 1 + 2),
            // A page multiplies its lists, not what it tells of itself.
            ("{ centres(first: 50) { nodes { id name } pageInfo { endCursor } totalCount } }", 100 + 100 + 1 + 50 * 3 + 2 + 1),
            ("{ centres(first: 50) { edges { cursor node { id } } } }", 100 + 100 + 1 + 50 * (1 + 1 + 2)),
            ("{ centres { nodes { id } } }", 100 + 100 + 1 + 100 * 2),
            ("{ a: centre(id: \"x\") { id } b: centre(id: \"x\") { id } }", 100 + 2 * (100 + 2)),
            ("{ centre(id: \"x\") @skip(if: true) { id } __typename }", 100 + 1),
            ("{ nodes(ids: [\"a\", \"b\", \"c\"]) { id } }", 100 + 100 + 3 * 2),
            // Fields of an interface, and of a type under it.
            ("{ node(id: \"x\") { id __typename ... on Centre { name } } }", 100 + 100 + 1 + 3),
            ("{ changes(first: 7) { entries { type } endCursor } }", 100 + 100 + 1 + 7 * 2 + 1),
            ("{ __schema { types { fields { name } } } }", 100 + 5_000 + 1),
            (
                "mutation { referralAccept(input: {id: \"x\", expectedVersion: 1}) { referral { id } userErrors { code } } }",
                100 + 1_000 + 1 + 2 + 12 * 2,
            ),
            ("mutation { servicesRecord(input: {rows: [{}, {}]}) { recorded } }", 100 + 1_000 + 2 * 100 + 1 + 1),
        ] {
            assert_eq!(told(document).expect(document), points, "{document}");
        }
    }
}
