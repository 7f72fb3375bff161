//! POST and GET /graphql, after the specification "GraphQL over HTTP": token → bounds → document → variables → scopes
//! → execution → journal of reads → bytes.

use super::{
    accept::Media,
    answer::{To, told},
    ask::{self, Unasked},
    issuers::Refused,
    request::{self, Credentials},
    state::App,
    stream::{Caller, events, socket},
};
use crate::{
    access::{Actor, token::Bearer},
    base::{Error, error::ErrorCode},
    graphql::{
        error::{Faults, refusal},
        gate::Executed,
    },
    telemetry::trace,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{self, HeaderMap},
    },
    web,
};
use async_graphql::parser::types::OperationType;
use std::time::Duration;
use tracing::Instrument;

/// How long one request may take, its body included.
const BUDGET: Duration = Duration::from_secs(10);

/// Why a request is not answered.
pub enum Stop {
    /// 401; whether there was a token at all.
    Unauthenticated {
        token: bool,
    },
    /// 405, with what is allowed.
    Method(&'static str),
    /// 406
    NotAcceptable,
    /// 406: a subscription by one who takes no events.
    Unstreamed,
    Unasked(Unasked),
    Faults(Faults),
}

impl From<Faults> for Stop {
    fn from(faults: Faults) -> Self {
        Self::Faults(faults)
    }
}

impl From<Error> for Stop {
    fn from(fault: Error) -> Self {
        Self::Faults(vec![told(fault)])
    }
}

impl From<Unasked> for Stop {
    fn from(unasked: Unasked) -> Self {
        Self::Unasked(unasked)
    }
}

/// The handler of all methods.
pub async fn answer(request: HttpRequest, payload: web::Payload, app: web::Data<App>) -> HttpResponse {
    if socket::is_wanted(request.headers()) {
        return socket::open(&request, payload, app.into_inner()).await;
    }
    let request_id = request::id_of(&request);
    let media = Media::of(request.headers());
    let to = To { media: media.unwrap_or_default(), request_id: &request_id };
    let work = async {
        let (bearer, actor) = bearer_of(&app, request.headers()).await?;
        if media.is_none() && !events::are_taken(request.headers()) {
            return Err(Stop::NotAcceptable);
        }
        asked(&app, bearer, actor, &request, payload, &request_id).await
    };
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    let span = trace::request(super::GRAPHQL, request.method().as_str(), &request_id, header);
    let done = tokio::time::timeout(BUDGET, work).instrument(span.clone()).await;
    let answer = match done {
        Ok(Ok(Asked::Answer(answer))) => to.executed(answer),
        Ok(Ok(Asked::Stream(stream))) => events::begin(app.clone().into_inner(), stream),
        Ok(Err(stop)) => stopped(to, stop),
        Err(_) => {
            let why = format!(
                "The answer took longer than {} s. Ask for less at once; repeat a mutation with the same idempotency key.",
                BUDGET.as_secs()
            );
            to.refused(vec![refusal(ErrorCode::Timeout, why, None)])
        }
    };
    span.record("http.response.status_code", answer.status().as_u16());
    answer
}

/// Who asks, before anything else is looked at.
pub async fn bearer_of(app: &App, headers: &HeaderMap) -> Result<(Bearer, Actor), Stop> {
    let token = match request::bearer(headers) {
        Credentials::Bearer(token) => token,
        Credentials::None => return Err(Stop::Unauthenticated { token: false }),
        Credentials::Unreadable => return Err(Stop::Unauthenticated { token: true }),
    };
    let verified = match app.issuers().of(token) {
        Some(issuer) => app.issuers().verify(issuer, token).await,
        None => app.tokens().verify(token, app.db().clock().now()).map_err(Into::into),
    };
    let bearer = verified.map_err(|refused| {
        tracing::info!(?refused, "a token was refused");
        match refused {
            Refused::Unfit(_) => Stop::Unauthenticated { token: true },
            Refused::Unheard => Error::unavailable("the keys of a token's issuer were never fetched").into(),
        }
    })?;
    match app.roster().actor(&bearer).await {
        Ok(actor) => Ok((bearer, actor)),
        Err(Error::Unauthenticated) => Err(Stop::Unauthenticated { token: true }),
        Err(other) => Err(other.into()),
    }
}

/// What becomes of a question.
enum Asked<'a> {
    Answer(Executed<'a>),
    Stream(events::Asked),
}

async fn asked<'a>(
    app: &'a App,
    bearer: Bearer,
    actor: Actor,
    request: &HttpRequest,
    payload: web::Payload,
    request_id: &str,
) -> Result<Asked<'a>, Stop> {
    let get = match *request.method() {
        Method::GET => true,
        Method::POST => false,
        _ => return Err(Stop::Method("GET, POST")),
    };
    app.admit(&actor)?;
    let aim = request::aim(request.headers()).map_err(|fault| {
        // 400 in every media type: it is the request that is wrong, not its document.
        let Error::Question { message, .. } = fault else { return Stop::from(fault) };
        Stop::Unasked(Unasked::Malformed(message))
    })?;
    let question = if get { ask::got(request.query_string())? } else { ask::posted(request, payload).await? };
    let chosen = app.choose(&bearer.client_id, &actor, &question).await;
    let kind = chosen.as_ref().map_or(OperationType::Query, |chosen| chosen.kind);
    if get && kind == OperationType::Mutation {
        return Err(Stop::Method("POST"));
    }
    // Who takes nothing else gets everything as events; who takes both, what cannot come otherwise.
    if kind == OperationType::Subscription || Media::of(request.headers()).is_none() {
        if !events::are_taken(request.headers()) {
            return Err(Stop::Unstreamed);
        }
        let turn = app.streams().take(actor.organization_id)?;
        let (caller, after) = (Caller::new(bearer, aim), events::last(request.headers()));
        let (variables, request_id) = (question.variables, request_id.to_owned());
        return Ok(Asked::Stream(events::Asked { caller, request_id, after, chosen, variables, turn }));
    }
    let ready = app.gate().prepare(chosen?, question.variables, actor.scopes)?;
    Ok(Asked::Answer(app.run(ready, aim.of(actor), request_id).await?))
}

/// The answer to a request that was not answered.
pub fn stopped(to: To<'_>, stop: Stop) -> HttpResponse {
    let malformed = |status: StatusCode, code, why: String| {
        to.refused_with(&mut HttpResponse::build(status), vec![refusal(code, why, None)])
    };
    match stop {
        Stop::Unauthenticated { token } => {
            // RFC 6750, section 3: no error is named to who has shown no token.
            let challenge = if token {
                "Bearer realm=\"mistok\", error=\"invalid_token\", error_description=\"The access token is expired, revoked or not one of this server\""
            } else {
                "Bearer realm=\"mistok\""
            };
            let mut answer = HttpResponse::Unauthorized();
            answer.insert_header((header::WWW_AUTHENTICATE, challenge));
            let why = format!("A valid access token is needed: take one from {} and send it as a bearer token.", super::TOKEN);
            to.refused_with(&mut answer, vec![refusal(ErrorCode::Unauthenticated, why, None)])
        }
        Stop::Method(allowed) => {
            let mut answer = HttpResponse::MethodNotAllowed();
            answer.insert_header((header::ALLOW, allowed));
            let why = if allowed == "POST" {
                "Only queries are answered to GET. Send this with POST.".to_owned()
            } else {
                format!("Use one of {allowed}.")
            };
            to.refused_with(&mut answer, vec![refusal(ErrorCode::BadUserInput, why, None)])
        }
        Stop::Unstreamed => {
            let why = "A subscription is answered over WebSocket (graphql-transport-ws), or as text/event-stream to those who accept it.";
            malformed(StatusCode::NOT_ACCEPTABLE, ErrorCode::BadUserInput, why.into())
        }
        Stop::NotAcceptable => {
            let why = "The answer is application/graphql-response+json or application/json; Accept takes neither.";
            malformed(StatusCode::NOT_ACCEPTABLE, ErrorCode::BadUserInput, why.into())
        }
        Stop::Unasked(Unasked::Malformed(why)) => malformed(StatusCode::BAD_REQUEST, ErrorCode::BadUserInput, why),
        Stop::Unasked(Unasked::TooLarge) => {
            let why = format!("The request is larger than {} bytes.", ask::MOST_BYTES);
            malformed(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::QueryTooComplex, why)
        }
        Stop::Unasked(Unasked::MediaType) => {
            let why = "Send application/json in UTF-8.";
            malformed(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::BadUserInput, why.into())
        }
        Stop::Faults(faults) => {
            let scope = faults.iter().find_map(missing_scope);
            let mut answer = to.refused(faults);
            if let Some(scope) = scope.filter(|_| answer.status() == StatusCode::FORBIDDEN) {
                let challenge = format!("Bearer realm=\"mistok\", error=\"insufficient_scope\", scope=\"{scope}\"");
                if let Ok(challenge) = challenge.parse() {
                    answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                }
            }
            answer
        }
    }
}

fn missing_scope(fault: &async_graphql::ServerError) -> Option<String> {
    match fault.extensions.as_ref()?.get("scope")? {
        async_graphql::Value::String(scope) => Some(scope.clone()),
        _ => None,
    }
}
