//! Errors as a client sees them: refusals as data, the rest as top-level errors with a code.

use super::context::Session;
use crate::{
    base::{
        Error, Refusal,
        error::{Cause, ErrorCode, UserErrorCode},
        message::Language,
    },
    journal::idempotency::Done,
    telemetry::metrics,
};
use async_graphql::{Context, ErrorExtensionValues, ErrorExtensions, Object, Pos, ServerError};
use std::sync::Arc;

/// One broken rule: nothing was written.
#[derive(Clone, Debug)]
pub struct UserError(Refusal);

/// One broken rule: nothing was written.
#[Object]
impl UserError {
    /// Which rule (код).
    async fn code(&self) -> UserErrorCode {
        self.0.code
    }

    /// What is wrong, in words for a person, in Ukrainian where `Accept-Language` asks for it (повідомлення).
    async fn message(&self, ctx: &Context<'_>) -> String {
        self.0.message.told(Session::of(ctx).actor().language)
    }

    /// Where in the input, such as ["input", "rows", "3", "quantity"] (місце у вхідних даних).
    async fn path(&self) -> Vec<&str> {
        std::iter::once("input").chain(self.0.path.iter().map(String::as_str)).collect()
    }

    /// Whether the same call may succeed later without any change (чи варто повторити).
    async fn retryable(&self) -> bool {
        self.0.retryable()
    }
}

impl UserError {
    pub fn rule(&self) -> UserErrorCode {
        self.0.code
    }
}

impl From<Refusal> for UserError {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

/// What became of a mutation.
pub enum Outcome<T = Done> {
    Done(T),
    Refused(Vec<UserError>),
}

impl<T> Outcome<T> {
    /// A broken rule is data; everything else fails the field.
    pub fn of(result: Result<T, Error>) -> async_graphql::Result<Self> {
        match result {
            Ok(done) => Ok(Self::Done(done)),
            Err(Error::Refused(refusals)) => {
                refusals.iter().for_each(|refusal| metrics::refused(refusal.code));
                Ok(Self::Refused(refusals.into_iter().map(UserError::from).collect()))
            }
            Err(fault) => Err(fault.into()),
        }
    }
}

/// A top-level error with its code.
pub fn coded(code: ErrorCode, message: impl Into<String>) -> async_graphql::Error {
    async_graphql::Error::new(message).extend_with(|_, to| to.set("code", code.word()))
}

impl From<Error> for async_graphql::Error {
    fn from(fault: Error) -> Self {
        match fault {
            Error::Unauthenticated => coded(ErrorCode::Unauthenticated, "A valid access token is needed."),
            Error::Denied { scope } => {
                coded(ErrorCode::Forbidden, format!("The scope {scope} is needed.")).extend_with(|_, to| to.set("scope", scope))
            }
            Error::Refused(refusals) => {
                let first = refusals.into_iter().next();
                let (field, message) = first
                    .map_or_else(Default::default, |refusal| (refusal.path.join("."), refusal.message.told(Language::English)));
                coded(ErrorCode::BadUserInput, message).extend_with(|_, to| to.set("field", field))
            }
            Error::Question { code, field, message } => coded(code, message).extend_with(|_, to| to.set("field", field)),
            Error::Limited { retry_after } => {
                coded(ErrorCode::RateLimited, format!("Too many requests. Try again in {retry_after} s."))
                    .extend_with(|_, to| to.set("retryAfter", retry_after))
            }
            Error::Unavailable(cause) => {
                faulted(ErrorCode::Unavailable, "The server cannot answer now. Try again later.", cause)
            }
            Error::Internal(cause) => {
                faulted(ErrorCode::Internal, "A fault of the server. Tell the operator the requestId.", cause)
            }
        }
    }
}

/// The cause travels to the boundary, where it is logged once, and no further.
fn faulted(code: ErrorCode, message: &str, cause: Cause) -> async_graphql::Error {
    async_graphql::Error { source: Some(Arc::new(cause)), ..coded(code, message) }
}

/// Why a question is not answered at all.
pub type Faults = Vec<ServerError>;

/// A question that is not answered, with its code.
pub fn refusal(code: ErrorCode, message: impl Into<String>, at: Option<Pos>) -> ServerError {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code.word());
    ServerError { extensions: Some(extensions), ..ServerError::new(message, at) }
}

/// The code of an error that has one.
pub fn code(fault: &ServerError) -> Option<ErrorCode> {
    match fault.extensions.as_ref()?.get("code")? {
        async_graphql::Value::String(word) => ErrorCode::of(word),
        _ => None,
    }
}
