//! GET /contracts/ID.ocds.json and ID.360giving.json: a funding contract in the words of open standards, for who may read it. What is
//! not there, what is a stranger's and what nobody has signed yet are one answer.

use super::{
    accept::Media,
    answer::To,
    graphql::{Stop, bearer_of, stopped},
    request,
    state::App,
};
use crate::{
    base::Error,
    contract::{
        publishing,
        standard::{Published, Subject, Told, giving, ocds},
    },
    graphql::node::Kind,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderMap, HeaderValue},
    web,
};
use async_graphql::ID;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{fmt::Write, time::Duration};
use uuid::Uuid;

/// How long a document may take.
const BUDGET: Duration = Duration::from_secs(10);

/// The standards, by the endings of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standard {
    OpenContracting,
    Giving,
}

impl Standard {
    const ALL: [Self; 2] = [Self::OpenContracting, Self::Giving];

    const fn ending(self) -> &'static str {
        match self {
            Self::OpenContracting => ".ocds.json",
            Self::Giving => ".360giving.json",
        }
    }

    fn document(self, of: &Published, app: &App, uri: &str) -> Value {
        let (prefixes, server) = (app.prefixes(), app.tokens().issuer());
        let told = |prefix| Told { server, uri, prefix, id: &id };
        match self {
            Self::OpenContracting => ocds::package(of, &told(&prefixes.ocid)),
            Self::Giving => giving::package(of, &told(&prefixes.grant)),
        }
    }
}

/// Ids as GraphQL tells them, so that a reader of both finds one from the other.
fn id(subject: Subject, key: Uuid) -> String {
    let kind = match subject {
        Subject::Contract => Kind::FundingContract,
        Subject::Organization => Kind::Organization,
        Subject::Line => Kind::ContractLine,
        Subject::Amendment => Kind::Amendment,
        Subject::Tranche => Kind::Tranche,
        Subject::Act => Kind::ServiceAct,
        Subject::Payment => Kind::Payment,
    };
    kind.id(key).to_string()
}

/// The handler of GET and HEAD.
pub async fn answer(request: HttpRequest, name: web::Path<String>, app: web::Data<App>) -> HttpResponse {
    let request_id = request::id_of(&request);
    match found(&request, &name, &app).await {
        Ok(answer) => answer,
        Err(stop) => {
            let mut answer = stopped(To { media: Media::Response, request_id: &request_id }, stop);
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(Media::Json.content_type()));
            answer
        }
    }
}

async fn found(request: &HttpRequest, name: &str, app: &App) -> Result<HttpResponse, Stop> {
    let (bearer, actor) = bearer_of(app, request.headers()).await?;
    app.admit_beside(&bearer.client_id, &actor).await?;
    // Who may read none is told so, whatever was asked for.
    let asked = publishing::read(app.db(), &actor, key(name).map_or(Uuid::nil(), |(_, key)| key));
    let read = tokio::time::timeout(BUDGET, asked).await.map_err(Error::unavailable)??;
    let (Some(published), Some((standard, key))) = (read, key(name)) else {
        return Ok(super::nothing_here().await);
    };
    let (own, ending) = (Kind::FundingContract.id(key).to_string(), standard.ending());
    let uri = format!("{}{}/{own}{ending}", app.tokens().issuer(), super::CONTRACTS);
    let body = standard.document(&published, app, &uri).to_string();
    let tag = tag(&body);
    let known = is_known(request.headers(), &tag);
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((header::ETAG, tag))
        // A reader's own copy, which is asked about each time: rights end, and contracts go on.
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::VARY, "Authorization"));
    if known {
        return Ok(answer.finish());
    }
    let shown = format!("inline; filename=\"{own}{ending}\"");
    Ok(answer
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CONTENT_DISPOSITION, shown))
        .body(body))
}

/// Which document of which contract an address names.
fn key(name: &str) -> Option<(Standard, Uuid)> {
    let named = |standard: Standard| Some((standard, name.strip_suffix(standard.ending())?));
    let (standard, own) = Standard::ALL.into_iter().find_map(named)?;
    Some((standard, Kind::FundingContract.key(&ID(own.to_owned()), "id").ok()?))
}

/// The same bytes have the same tag, and no others.
fn tag(body: &str) -> String {
    let print = Sha256::digest(body).iter().take(16).fold(String::new(), |mut print, byte| {
        let _ = write!(print, "{byte:02x}");
        print
    });
    format!("\"{print}\"")
}

/// Whether the reader has these very bytes (RFC 9110, section 13.1.2: a weak tag of them says so too).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|given| given == "*" || given.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_document() {
        let own = Uuid::from_u128(7);
        let id = Kind::FundingContract.id(own).to_string();
        assert_eq!(key(&format!("{id}.ocds.json")), Some((Standard::OpenContracting, own)));
        assert_eq!(key(&format!("{id}.360giving.json")), Some((Standard::Giving, own)));
        let other = Kind::Memorandum.id(own).to_string();
        for none in [format!("{id}.json"), format!("{other}.ocds.json"), id, ".ocds.json".into(), String::new()] {
            assert_eq!(key(&none), None, "{none}");
        }
    }

    #[test]
    fn a_tag_is_known_by_its_bytes() {
        let tag = tag("{}");
        let mut headers = HeaderMap::new();
        assert!(!is_known(&headers, &tag));
        for (given, known) in
            [(format!("\"x\", {tag}"), true), (format!("W/{tag}"), true), ("*".into(), true), ("\"x\"".into(), false)]
        {
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_str(&given).expect("a header"));
            assert_eq!(is_known(&headers, &tag), known, "{given}");
        }
    }
}
