//! The one place where the parts are joined.

use crate::{
    http::{
        self,
        request::RequestId,
        unread::{self, Unread},
    },
    telemetry::metrics,
};
use actix_cors::Cors;
use actix_web::{
    App as Actix, HttpMessage, HttpServer,
    dev::{Server, Service, ServiceRequest},
    http::header::{self, HeaderValue},
    middleware::{Compress, Condition, DefaultHeaders},
};
use std::{io, net::TcpListener, sync::Arc, time::Instant};

pub use http::state::{App, Fault};

/// How long running requests may take to end when the server is told to stop, in seconds: more than any may take.
const GRACE: u64 = 15;

/// Serves until the answer's handle is told to stop; running requests may end. Signals are the caller's business.
pub fn serve(app: Arc<App>, listener: TcpListener, workers: usize) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        // Asked by each thread that serves, in itself.
        let app = app.of_thread(workers).unwrap_or_else(|fault| {
            tracing::warn!(?fault, "a thread has no connections of its own");
            app.clone()
        });
        Actix::new()
            .wrap_fn(|request, next| {
                let seen = Seen::of(&request);
                let answer = next.call(request);
                async move {
                    let mut answer = answer.await?;
                    let route = answer.request().match_pattern();
                    seen.log(answer.status().as_u16(), route.as_deref().unwrap_or("other"));
                    answer.headers_mut().insert(http::request::REQUEST_ID, seen.id);
                    Ok(answer)
                }
            })
            .wrap(Compress::default())
            .wrap(safe(&app))
            .wrap(Condition::new(!app.origins().is_empty(), cors(&app)))
            .wrap_fn(|mut request, next| {
                let unread = Unread::of(&mut request);
                let answer = next.call(request);
                async move { Ok(answer.await?.map_body(|_, body| unread::Answer::new(body, unread))) }
            })
            .configure(|to| http::routes(&app, to))
    });
    Ok(server.workers(workers).shutdown_timeout(GRACE).disable_signals().listen(listener)?.run())
}

/// Tells figures about the server at an address of their own, until it is dropped.
pub fn measure(app: Arc<App>, listener: TcpListener) -> io::Result<Server> {
    let server = HttpServer::new(move || Actix::new().configure(|to| http::measures(&app, to)));
    Ok(server.workers(1).disable_signals().listen(listener)?.run())
}

/// What keeps browsers from making more of an answer than it is; pages of ours say otherwise for themselves.
fn safe(app: &App) -> DefaultHeaders {
    let headers = DefaultHeaders::new()
        .add((header::CACHE_CONTROL, "no-store"))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::REFERRER_POLICY, "no-referrer"))
        .add((header::X_FRAME_OPTIONS, "DENY"))
        .add((header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"))
        .add((header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"));
    let headers = if app.sandbox().is_some() { headers.add(http::sandbox::HEADER) } else { headers };
    if app.over_tls() { headers.add((header::STRICT_TRANSPORT_SECURITY, "max-age=31536000")) } else { headers }
}

/// Pages of other origins may ask if the operator names them; there are no cookies that could be misused. Who is not named is answered
/// without leave, so that its browser keeps the answer to itself.
fn cors(app: &App) -> Cors {
    let asks =
        ["accept", "authorization", "content-type", "last-event-id", "mistok-acting-for", "mistok-purpose", "x-request-id"];
    let tells = ["content-disposition", "retry-after", "www-authenticate", "x-request-id"];
    let cors = Cors::default().allowed_methods(["GET", "POST"]).allowed_headers(asks).expose_headers(tells).max_age(3600);
    app.origins().iter().fold(cors.block_on_origin_mismatch(false), |cors, origin| cors.allowed_origin(origin))
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

    fn log(&self, status: u16, route: &str) {
        let took = self.at.elapsed();
        metrics::answered(route, &self.method, status, took);
        let ms = took.as_secs_f64() * 1000.0;
        let id = self.id.to_str().unwrap_or_default();
        if status >= 500 {
            tracing::warn!(request_id = id, method = self.method, path = self.path, status, ms, "answered");
        } else {
            tracing::debug!(request_id = id, method = self.method, path = self.path, status, ms, "answered");
        }
    }
}
