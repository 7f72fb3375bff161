//! Whether the server lives, and whether it can answer.

use super::state::App;
use crate::db::Errand;
use actix_web::{HttpResponse, web};
use serde_json::json;
use std::time::Duration;

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process answers: nothing else is asked.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "live"}))
}

/// The database answers too.
pub async fn ready(app: web::Data<App>) -> HttpResponse {
    let asked = async { app.db().errand(Errand::Health).await?.commit().await };
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(())) => HttpResponse::Ok().json(json!({"status": "ready"})),
        Ok(Err(fault)) => unready(&format!("{fault:?}")),
        Err(_) => unready("no answer in time"),
    }
}

fn unready(why: &str) -> HttpResponse {
    tracing::warn!(why, "the database does not answer");
    HttpResponse::ServiceUnavailable().insert_header(("Retry-After", "5")).json(json!({"status": "unavailable"}))
}
