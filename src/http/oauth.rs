//! The token endpoint (RFC 6749, client credentials; a secret, or an assertion of RFC 7523), the server's public keys and its metadata
//! (RFC 8414).

use super::{
    KEYS, TOKEN,
    ask::{self, Unasked},
    credentials::{self, Credentials, Form, Refused, Secret},
    request,
    state::App,
};
use crate::{
    access::{
        Actor, Scope, Scopes,
        token::{self, Algorithm},
    },
    application::actions::{self, Client},
    base::Error,
};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{Method, StatusCode, header},
    web,
};
use secrecy::ExposeSecret;
use serde_json::json;
use std::time::Duration;

/// Most bytes of a form.
const MOST_BYTES: usize = 16 * 1024;
const GRANT: &str = "client_credentials";
/// How long one request may take, its body included.
const BUDGET: Duration = Duration::from_secs(10);

/// Gives a token to a client that shows its secret, or what it has signed.
pub async fn token(request: HttpRequest, payload: web::Payload, app: web::Data<App>) -> HttpResponse {
    if *request.method() != Method::POST {
        let mut answer = HttpResponse::MethodNotAllowed();
        return said(answer.insert_header((header::ALLOW, "POST")), "invalid_request", "A token is given to POST alone.");
    }
    match tokio::time::timeout(BUDGET, grant(&request, payload, &app)).await {
        Ok(Ok(body)) => HttpResponse::Ok().json(body),
        Ok(Err(refused)) => refuse(refused),
        Err(_) => refuse(Refused::Unavailable),
    }
}

async fn grant(request: &HttpRequest, payload: web::Payload, app: &App) -> Result<serde_json::Value, Refused> {
    if app.db().is_standby() {
        return Err(Refused::ReadOnly);
    }
    let form = form(request, payload).await?;
    match form.one("grant_type")? {
        Some(GRANT) => {}
        Some(_) => return Err(Refused::UnsupportedGrantType),
        None => return Err(Refused::InvalidRequest("grant_type is missing")),
    }
    let wanted = form.one("scope")?.map(str::to_owned);
    let given = credentials::shown(request.headers(), &form)?;
    let refused = |fault: Error| match fault {
        Error::Limited { retry_after } => Refused::TooOften { retry_after },
        fault => {
            tracing::error!(request_id = request::id_of(request), ?fault, "no token could be given");
            Refused::Unavailable
        }
    };
    let (logins, named) = (app.logins(), given.named());
    // Held until all that is asked of the database was asked.
    let _place = logins.place().await.map_err(refused)?;
    let client = match given {
        Credentials::Secret(Secret { id, secret }) => {
            let client = actions::login(app.db(), app.seal(), &id, secret.expose_secret()).await.map_err(refused)?;
            client.map(|client| logins.admit(client.application_id).map(|()| (id, client))).transpose().map_err(refused)?
        }
        Credentials::Signed { text, id } => {
            let admit = |application_id| logins.admit(application_id);
            let known = actions::login_by_assertion(app.db(), &text, &audiences(app), admit).await.map_err(refused)?;
            // A client that names itself beside what it has signed names the same one.
            known.filter(|(named, _)| id.is_none_or(|id| id == *named))
        }
    };
    let Some((id, client)) = client else {
        let from = request.peer_addr().map(|peer| peer.ip());
        return Err(logins.failed(named.as_deref(), from).map_or_else(refused, |()| Refused::InvalidClient));
    };
    let scopes = narrowed(client.scopes, wanted.as_deref())?;
    actions::used(app.db(), &of(&client)).await.map_err(refused)?;
    let token = app.tokens().issue(&id, client.organization_id, scopes, app.db().clock().now());
    Ok(json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": token::LIFETIME.num_seconds(),
        "scope": scopes.words().join(" "),
    }))
}

/// The names under which a client may mean this server: its own one, which the revision of RFC 7523 wants, and the address of the
/// token endpoint, as it has been from the beginning.
fn audiences(app: &App) -> [String; 2] {
    let issuer = app.tokens().issuer();
    [issuer.to_owned(), format!("{issuer}{TOKEN}")]
}

fn of(client: &Client) -> Actor {
    Actor {
        application_id: client.application_id,
        organization_id: client.organization_id,
        kind: client.kind,
        scopes: client.scopes,
        purpose: None,
        acting_for: None,
        language: Default::default(),
    }
}

/// The rights of the token: those that the client asks for, or all that it has.
fn narrowed(held: Scopes, wanted: Option<&str>) -> Result<Scopes, Refused> {
    if held.is_empty() {
        return Err(Refused::UnauthorizedClient);
    }
    let Some(wanted) = wanted else { return Ok(held) };
    let wanted = Scopes::of(wanted.split(' ').filter(|word| !word.is_empty())).map_err(|_| Refused::InvalidScope)?;
    if wanted.is_empty() || !held.contains(wanted) { Err(Refused::InvalidScope) } else { Ok(wanted) }
}

async fn form(request: &HttpRequest, payload: web::Payload) -> Result<Form, Refused> {
    let headers = request.headers();
    let named = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()?.split(';').next().map(str::trim));
    if !named.is_some_and(|name| name.eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
        return Err(Refused::InvalidRequest("send application/x-www-form-urlencoded"));
    }
    let bytes = ask::body(headers, payload, MOST_BYTES).await.map_err(|unasked| match unasked {
        Unasked::TooLarge => Refused::InvalidRequest("the form is too large"),
        _ => Refused::InvalidRequest("the form broke off"),
    })?;
    Form::read(bytes)
}

fn refuse(refused: Refused) -> HttpResponse {
    let bad = |error, why| said(&mut HttpResponse::build(StatusCode::BAD_REQUEST), error, why);
    match refused {
        Refused::InvalidRequest(why) => bad("invalid_request", why),
        Refused::UnsupportedGrantType => bad("unsupported_grant_type", "the grant is client_credentials"),
        Refused::InvalidScope => bad("invalid_scope", "the client does not hold all that it asks for"),
        Refused::UnauthorizedClient => bad("unauthorized_client", "the client holds no scope"),
        Refused::InvalidClient => {
            let mut answer = HttpResponse::Unauthorized();
            answer.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"mistok\", charset=\"UTF-8\""));
            said(&mut answer, "invalid_client", "there is no such client, or what it shows is not its own")
        }
        // RFC 6749 has no word of its own for it; this one, with 429, is what others say too, and means: later, not otherwise.
        Refused::TooOften { retry_after } => {
            let mut answer = HttpResponse::TooManyRequests();
            answer.insert_header((header::RETRY_AFTER, retry_after.to_string()));
            said(
                &mut answer,
                "temporarily_unavailable",
                "too many tokens, or failures, in too short a time: a token holds for 15 minutes",
            )
        }
        // Theirs has no word for it either.
        Refused::ReadOnly => said(
            &mut HttpResponse::build(StatusCode::MISDIRECTED_REQUEST),
            "invalid_request",
            "this server is a read replica: take a token at the primary, it opens this one too",
        ),
        Refused::Unavailable => {
            let mut answer = HttpResponse::ServiceUnavailable();
            answer.insert_header((header::RETRY_AFTER, "2"));
            said(&mut answer, "temporarily_unavailable", "the server cannot answer now")
        }
    }
}

fn said(answer: &mut HttpResponseBuilder, error: &str, why: &str) -> HttpResponse {
    answer.json(json!({"error": error, "error_description": why}))
}

/// The public keys (RFC 7517).
pub async fn keys(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok().json(app.tokens().keys().jwks())
}

/// Where and how a token is to be had (RFC 8414).
pub async fn metadata(app: web::Data<App>) -> HttpResponse {
    let issuer = app.tokens().issuer();
    let scopes: Vec<_> = Scope::ALL.iter().map(|scope| scope.word()).collect();
    HttpResponse::Ok().json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}{TOKEN}"),
        "jwks_uri": format!("{issuer}{KEYS}"),
        "grant_types_supported": [GRANT],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": Algorithm::WORDS,
        "scopes_supported": scopes,
    }))
}
