//! The one place where the parts are joined.

use crate::http::{self, request::RequestId};
use actix_web::{
    App as Actix, HttpMessage, HttpServer,
    dev::{Server, Service, ServiceRequest},
    http::header::{self, HeaderValue},
    middleware::{Compress, DefaultHeaders},
};
use std::{io, net::TcpListener, sync::Arc, time::Instant};

pub use http::state::{App, Fault};

/// How long running requests may take to end when the server is told to stop, in seconds: more than any may take.
const GRACE: u64 = 15;

/// Serves until the answer's handle is told to stop; running requests may end. Signals are the caller's business.
pub fn serve(app: Arc<App>, listener: TcpListener, workers: usize) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        Actix::new()
            .wrap_fn(|request, next| {
                let seen = Seen::of(&request);
                let answer = next.call(request);
                async move {
                    let mut answer = answer.await?;
                    seen.log(answer.status().as_u16());
                    answer.headers_mut().insert(http::request::REQUEST_ID, seen.id);
                    Ok(answer)
                }
            })
            .wrap(Compress::default())
            .wrap(
                DefaultHeaders::new().add((header::CACHE_CONTROL, "no-store")).add((header::X_CONTENT_TYPE_OPTIONS, "nosniff")),
            )
            .configure(|to| http::routes(&app, to))
    });
    Ok(server.workers(workers).shutdown_timeout(GRACE).disable_signals().listen(listener)?.run())
}

/// What is known of a request when its answer leaves: never its address's parameters, which may hold a document.
struct Seen {
    id: HeaderValue,
    method: String,
    path: String,
    at: Instant,
}

impl Seen {
    /// Gives the request its id.
    fn of(request: &ServiceRequest) -> Self {
        let id = http::request::id(request.headers());
        let header = HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("-"));
        request.extensions_mut().insert(RequestId(id));
        Self { id: header, method: request.method().to_string(), path: request.path().to_owned(), at: Instant::now() }
    }

    fn log(&self, status: u16) {
        let ms = self.at.elapsed().as_secs_f64() * 1000.0;
        let id = self.id.to_str().unwrap_or_default();
        if status >= 500 {
            tracing::warn!(request_id = id, method = self.method, path = self.path, status, ms, "answered");
        } else {
            tracing::debug!(request_id = id, method = self.method, path = self.path, status, ms, "answered");
        }
    }
}
