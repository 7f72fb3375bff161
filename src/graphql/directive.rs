//! Directives of the SDL. They tell and enforce nothing: what enforces reads the same SDL or the same policy.

use crate::base::{
    error::ErrorCode,
    words::{access::FieldGroup, change::ChangeType},
};
use async_graphql::TypeDirective;

/// The OAuth scope that a caller needs, by name; on a type it holds wherever the type is reached. A write scope includes its read scope.
#[TypeDirective(location = "FieldDefinition", location = "Object")]
pub fn scope(name: String) {}

/// An OAuth scope that opens the field too, in the place of the one that `@scope` names.
#[TypeDirective(name = "orScope", location = "FieldDefinition")]
pub fn or_scope(name: String) {}

/// Personal data, and the sharing group that opens it.
#[TypeDirective(location = "FieldDefinition")]
pub fn pii(group: FieldGroup) {}

/// What a mutation publishes to those who may learn of it.
#[TypeDirective(location = "FieldDefinition")]
pub fn emits(changes: Vec<ChangeType>) {}

/// Top-level errors, by `extensions.code`, with which this field can end a question, beside those with which any field can.
#[TypeDirective(location = "FieldDefinition")]
pub fn fails(codes: Vec<ErrorCode>) {}

/// The points that a field costs beside those of its answer, where it works longer than they tell (as in the Cost Directives of GraphQL); a field of Query without it 100, of Mutation 1000.
#[TypeDirective(location = "FieldDefinition")]
pub fn cost(weight: String) {}
