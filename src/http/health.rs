//! Whether the server lives, and whether it can answer.

use super::state::App;
use crate::db::Errand;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};
use std::time::Duration;

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process answers: nothing else is asked.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "live"}))
}

/// The database answers too; that of a replica is near enough to its primary.
pub async fn ready(app: web::Data<App>) -> HttpResponse {
    let asked = async {
        app.db().errand(Errand::Health).await?.commit().await?;
        app.db().standing().await
    };
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(None)) => HttpResponse::Ok().json(json!({"status": "ready"})),
        Ok(Ok(Some(standing))) => match standing.moment() {
            Ok(_) => HttpResponse::Ok().json(json!({"status": "ready", "behindSeconds": standing.behind})),
            Err(fault) => unready(&format!("{fault:?}"), json!({"status": "unavailable", "behindSeconds": standing.behind})),
        },
        Ok(Err(fault)) => unready(&format!("{fault:?}"), json!({"status": "unavailable"})),
        Err(_) => unready("no answer in time", json!({"status": "unavailable"})),
    }
}

fn unready(why: &str, body: Value) -> HttpResponse {
    tracing::warn!(why, "the database does not answer");
    HttpResponse::ServiceUnavailable().insert_header(("Retry-After", "5")).json(body)
}
