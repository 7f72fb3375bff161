//! Answers to questions: status, media type, body. Here faults are logged, once, and lose what is not for strangers.

use super::accept::Media;
use crate::{
    base::{
        Error,
        error::{Cause, ErrorCode},
    },
    graphql::{
        error::{self, Faults},
        gate::Executed,
    },
    telemetry::metrics,
};
use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
};
use async_graphql::{ServerError, Value};
use serde::Serialize;

/// Most errors of one answer.
const MOST_ERRORS: usize = 100;
/// When to try again after a fault that may pass, in seconds.
const SOON: &str = "2";

/// Where an answer goes.
#[derive(Clone, Copy, Debug)]
pub struct To<'a> {
    pub media: Media,
    pub request_id: &'a str,
}

/// Nothing was executed: there is no data.
#[derive(Serialize)]
struct Unexecuted<'a> {
    errors: &'a [ServerError],
}

impl To<'_> {
    /// A question that was executed: 200, whatever became of its fields.
    pub fn executed(self, mut executed: Executed<'_>) -> HttpResponse {
        let answer = &mut executed.answer;
        // The library counts the complexity, which depends on variables, before it executes.
        if answer.data == Value::Null && !answer.errors.is_empty() && answer.errors.iter().all(|fault| fault.path.is_empty()) {
            return self.refused(std::mem::take(&mut answer.errors));
        }
        self.polish(&mut answer.errors);
        self.write(&mut HttpResponse::Ok(), &executed)
    }

    /// A piece of an answer that comes in pieces, as it is written into each transport.
    pub fn text(self, mut executed: Executed<'_>) -> String {
        self.polish(&mut executed.answer.errors);
        self.json(&executed)
    }

    /// The errors of a question of which nothing comes: a list.
    pub fn errors(self, mut faults: Faults) -> String {
        self.polish(&mut faults);
        self.json(&faults)
    }

    fn json(self, body: &impl Serialize) -> String {
        serde_json::to_string(body).unwrap_or_else(|fault| {
            tracing::error!(request_id = self.request_id, %fault, "an answer that is no JSON");
            "null".to_owned()
        })
    }

    /// A question that was not executed; its first fault tells the status.
    pub fn refused(self, faults: Faults) -> HttpResponse {
        let status = self.status(faults.first().and_then(error::code));
        self.refused_with(&mut HttpResponse::build(status), faults)
    }

    /// The same with a status of its own.
    pub fn refused_with(self, answer: &mut HttpResponseBuilder, mut faults: Faults) -> HttpResponse {
        self.polish(&mut faults);
        if faults.iter().any(|fault| matches!(error::code(fault), Some(ErrorCode::Unavailable | ErrorCode::Timeout))) {
            answer.insert_header((header::RETRY_AFTER, SOON));
        }
        // Where the fault says when.
        if let Some(seconds) = faults.iter().find_map(|fault| fault.extensions.as_ref()?.get("retryAfter")) {
            answer.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        self.write(answer, &Unexecuted { errors: &faults })
    }

    /// With `application/json` the client reads errors in the body alone: a question of GraphQL is answered with 200,
    /// unless the server itself is at fault or the client is to wait.
    pub fn status(self, code: Option<ErrorCode>) -> StatusCode {
        match (code, self.media) {
            (Some(ErrorCode::Unauthenticated), _) => StatusCode::UNAUTHORIZED,
            (Some(ErrorCode::RateLimited), _) => StatusCode::TOO_MANY_REQUESTS,
            // Another server answers it.
            (Some(ErrorCode::ReadOnly), _) => StatusCode::MISDIRECTED_REQUEST,
            (Some(ErrorCode::Unavailable | ErrorCode::Timeout), _) => StatusCode::SERVICE_UNAVAILABLE,
            (Some(ErrorCode::Internal) | None, _) => StatusCode::INTERNAL_SERVER_ERROR,
            (_, Media::Json) => StatusCode::OK,
            (Some(ErrorCode::Forbidden), Media::Response) => StatusCode::FORBIDDEN,
            (_, Media::Response) => StatusCode::BAD_REQUEST,
        }
    }

    fn polish(self, faults: &mut Faults) {
        faults.truncate(MOST_ERRORS);
        for fault in faults {
            if let Some(cause) = fault.source::<Cause>() {
                tracing::error!(request_id = self.request_id, path = ?fault.path, cause = %cause.0, detail = ?cause.0, "a fault");
            }
            fault.source = None;
            if error::code(fault).is_none() {
                name(fault, self.request_id);
            }
            error::code(fault).into_iter().for_each(metrics::failed);
            fault.extensions.get_or_insert_default().set("requestId", self.request_id);
        }
    }

    fn write(self, answer: &mut HttpResponseBuilder, body: &impl Serialize) -> HttpResponse {
        match serde_json::to_vec(body) {
            Ok(bytes) => answer.insert_header((header::CONTENT_TYPE, self.media.content_type())).body(bytes),
            Err(fault) => {
                tracing::error!(request_id = self.request_id, %fault, "an answer that is no JSON");
                HttpResponse::InternalServerError().finish()
            }
        }
    }
}

/// A fault of an inner kind as one that can be told.
pub fn told(fault: Error) -> ServerError {
    async_graphql::Error::from(fault).into_server_error(async_graphql::Pos::default()).bare()
}

trait Bare {
    /// Without a place in a document.
    fn bare(self) -> Self;
}

impl Bare for ServerError {
    fn bare(mut self) -> Self {
        self.locations.clear();
        self
    }
}

/// The library's own errors have no code. Those about values may be told as they are; of others we know nothing.
fn name(fault: &mut ServerError, request_id: &str) {
    let said = &fault.message;
    let code = if said.starts_with("Failed to parse") || said.starts_with("Invalid value") {
        ErrorCode::BadUserInput
    } else if said.starts_with("Query is") || said.starts_with("The recursion depth") {
        ErrorCode::QueryTooComplex
    } else {
        tracing::error!(request_id, message = said.as_str(), path = ?fault.path, "an error without a code");
        fault.message = "A fault of the server. Tell the operator the requestId.".into();
        ErrorCode::Internal
    };
    fault.extensions.get_or_insert_default().set("code", code.word());
}
