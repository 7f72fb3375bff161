//! The transport: bytes of HTTP to questions and back. Everything that is not GraphQL or OAuth ends here.

pub mod accept;
pub mod answer;
pub mod ask;
pub mod contract;
pub mod credentials;
pub mod explorer;
pub mod export;
pub mod graphql;
pub mod health;
pub mod indicators;
pub mod issuers;
pub mod logins;
pub mod metrics;
pub mod oauth;
pub mod page;
pub mod reference;
pub mod request;
pub mod run;
pub mod sandbox;
pub mod state;
pub mod stream;
pub mod turn;
pub mod unread;

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use state::App;
use std::sync::Arc;

/// Where everything is.
pub const GRAPHQL: &str = "/graphql";
pub const TOKEN: &str = "/oauth/token";
pub const EXPORTS: &str = "/exports";
pub const CONTRACTS: &str = "/contracts";
pub const KEYS: &str = "/.well-known/jwks.json";
pub const INDICATORS: &str = "/indicators";
pub const METRICS: &str = "/metrics";
pub const EXPLORER: &str = "/graphiql";
pub const REFERENCE: &str = "/docs";
pub const METADATA: &str = "/.well-known/oauth-authorization-server";

/// All routes of the server.
pub fn routes(app: &Arc<App>, to: &mut ServiceConfig) {
    to.app_data(web::Data::from(app.clone()))
        .service(web::resource(GRAPHQL).to(graphql::answer))
        .service(web::resource(TOKEN).to(oauth::token))
        .service(web::resource(format!("{EXPORTS}/{{name}}")).to(export::answer))
        .service(
            resource(&format!("{CONTRACTS}/{{name}}"))
                .route(web::get().to(contract::answer))
                .route(web::head().to(contract::answer)),
        )
        .service(resource(KEYS).route(web::get().to(oauth::keys)).route(web::head().to(oauth::keys)))
        .service(resource(METADATA).route(web::get().to(oauth::metadata)).route(web::head().to(oauth::metadata)))
        .service(resource(INDICATORS).route(web::get().to(indicators::page)).route(web::head().to(indicators::page)))
        .service(
            resource("/indicators/{print}/{name:.+}")
                .route(web::get().to(indicators::file))
                .route(web::head().to(indicators::file)),
        )
        .service(web::redirect("/indicators/", "../indicators"))
        .service(resource(EXPLORER).route(web::get().to(explorer::page)).route(web::head().to(explorer::page)))
        .service(
            resource("/graphiql/{print}/{name}").route(web::get().to(explorer::file)).route(web::head().to(explorer::file)),
        )
        .service(web::redirect("/graphiql/", "../graphiql"))
        .service(resource(REFERENCE).route(web::get().to(reference::page)).route(web::head().to(reference::page)))
        .service(
            resource("/docs/files/{print}/{name}").route(web::get().to(reference::file)).route(web::head().to(reference::file)),
        )
        .service(resource("/docs/search").route(web::get().to(reference::search)).route(web::head().to(reference::search)))
        .service(resource("/docs/schema.graphql").route(web::get().to(reference::sdl)).route(web::head().to(reference::sdl)))
        .service(resource("/docs/{place:.+}").route(web::get().to(reference::page)).route(web::head().to(reference::page)))
        .service(web::redirect("/docs/", "../docs"))
        .service(resource("/health/live").route(web::get().to(health::live)).route(web::head().to(health::live)))
        .service(resource("/health/ready").route(web::get().to(health::ready)).route(web::head().to(health::ready)))
        .default_service(web::to(nothing_here));
}

/// What is told to who runs the server.
pub fn measures(app: &Arc<App>, to: &mut ServiceConfig) {
    to.app_data(web::Data::from(app.clone()))
        .service(resource(METRICS).route(web::get().to(metrics::answer)).route(web::head().to(metrics::answer)))
        .default_service(web::to(|| async { HttpResponse::NotFound().finish() }));
}

/// What is only read.
fn resource(path: &str) -> actix_web::Resource {
    let refused = || async {
        HttpResponse::MethodNotAllowed()
            .insert_header(("Allow", "GET, HEAD"))
            .json(serde_json::json!({"error": "method_not_allowed"}))
    };
    web::resource(path).default_service(web::to(refused))
}

async fn nothing_here() -> HttpResponse {
    HttpResponse::NotFound().json(serde_json::json!({"error": "not_found", "graphql": GRAPHQL, "docs": REFERENCE}))
}
