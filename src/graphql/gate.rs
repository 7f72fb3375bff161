//! The gate before execution.
use async_graphql::{ErrorExtensionValues, Pos, ServerError};
use crate::base::error::ErrorCode;

/// A question that is not answered at all, with its code.
pub fn refusal(code: ErrorCode, message: impl Into<String>, at: Option<Pos>) -> ServerError {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code.word());
    ServerError { extensions: Some(extensions), ..ServerError::new(message, at) }
}
