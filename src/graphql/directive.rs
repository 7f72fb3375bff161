//! Directives of the SDL. They tell and enforce nothing: what enforces reads the same SDL or the same policy.

use crate::base::words::{access::FieldGroup, change::ChangeType};
use async_graphql::TypeDirective;

/// The OAuth scope that a caller needs; on a type it holds wherever the type is reached.
#[TypeDirective(location = "FieldDefinition", location = "Object", repeatable)]
pub fn scope(
    #[graphql(desc = "Name of the scope. A write scope includes its read scope.")] name: String,
) {
}

/// Personal data, and the sharing group that opens it.
#[TypeDirective(location = "FieldDefinition")]
pub fn pii(
    #[graphql(desc = "The group of fields that is shared or kept back together.")] group: FieldGroup,
) {
}

/// What a mutation publishes to those who may learn of it.
#[TypeDirective(location = "FieldDefinition")]
pub fn emits(
    #[graphql(desc = "Kinds of changes.")] changes: Vec<ChangeType>,
) {
}
