//! Figures about the server, for Prometheus, on an address of their own.

use super::state::App;
use crate::telemetry::metrics;
use actix_web::{HttpResponse, web};
use std::time::{Duration, Instant};

/// How long the database may take to say how it stands.
const PATIENCE: Duration = Duration::from_secs(2);

pub async fn answer(app: web::Data<App>) -> HttpResponse {
    let asked = Instant::now();
    let measured = match tokio::time::timeout(PATIENCE, app.db().measured()).await {
        Ok(Ok(measured)) => Some(measured),
        Ok(Err(fault)) => {
            tracing::warn!(?fault, "the database cannot be measured");
            None
        }
        Err(_) => None,
    };
    let text = metrics::text(app.db().connections(), app.streams().taken(), measured.as_ref(), asked.elapsed());
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text)
}
