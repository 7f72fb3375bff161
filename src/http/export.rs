//! GET /exports/…: rows of one's own as CSV or NDJSON, as a stream. The server keeps one stretch of rows at a time, whatever
//! their number, and no reading is open while the client takes its time. What breaks off in the middle lacks its last chunk:
//! the client sees that the answer is not whole.

use super::{
    accept::Media,
    answer::To,
    ask::Unasked,
    graphql::{Stop, bearer_of, stopped},
    request,
    state::App,
    turn::Turn,
};
use crate::{
    access::{Actor, token::Bearer},
    base::{Error, period},
    sheet::{
        export::{Export, Range},
        line::Style,
    },
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue},
    },
    web,
};
use chrono::NaiveDate;
use futures_util::{StreamExt, stream};
use std::{sync::Arc, time::Duration};

/// Points of one stretch of a thousand rows. It is never refused: an export that broke off would begin anew.
const STRETCH: u64 = 10_000;
/// How long one stretch may take.
const BUDGET: Duration = Duration::from_secs(10);

/// An export on its way.
struct Way {
    app: Arc<App>,
    _turn: Turn,
    export: Export,
    style: Style,
    bearer: Bearer,
    range: Range,
    request_id: String,
}

/// What a question asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Wish {
    pub export: Export,
    pub style: Style,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

/// The handler of all methods.
pub async fn answer(request: HttpRequest, name: web::Path<String>, app: web::Data<App>) -> HttpResponse {
    let request_id = request::id_of(&request);
    match begun(&request, &name, app.into_inner(), request_id.clone()).await {
        Ok(answer) => answer,
        Err(stop) => {
            let mut answer = stopped(To { media: Media::Response, request_id: &request_id }, stop);
            answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(Media::Json.content_type()));
            answer
        }
    }
}

async fn begun(request: &HttpRequest, name: &str, app: Arc<App>, request_id: String) -> Result<HttpResponse, Stop> {
    let (bearer, actor) = bearer_of(&app, request.headers()).await?;
    app.admit_beside(&bearer.client_id, &actor).await?;
    if *request.method() != Method::GET {
        return Err(Stop::Method("GET"));
    }
    let Some(wish) = wish(name, request.query_string())? else {
        return Ok(super::nothing_here().await);
    };
    let now = app.db().clock().now();
    let range = Range { from: wish.from, to: wish.to, until: now, after: None };
    let turn = app.exports().take(actor.organization_id)?;
    let way = Way { app, _turn: turn, export: wish.export, style: wish.style, bearer, range, request_id };
    // The first stretch before the first byte: what is wrong has a status yet.
    let (first, way) = way.stretch().await?;
    let head = wish.style.head(wish.export.columns());
    let begun = stream::iter([Ok(web::Bytes::from([head, first].concat()))]);
    let rest = stream::unfold(way, |way| async {
        let way = way?;
        let request_id = way.request_id.clone();
        match way.stretch().await {
            Ok((bytes, next)) if !bytes.is_empty() => Some((Ok(web::Bytes::from(bytes)), next)),
            Ok(_) => None,
            Err(fault) => {
                tracing::warn!(request_id, ?fault, "an export broke off");
                Some((Err(std::io::Error::other("the export broke off")), None))
            }
        }
    });
    let (ending, kind) = match wish.style {
        Style::Csv { .. } => ("csv", "text/csv; charset=utf-8; header=present"),
        Style::Ndjson => ("ndjson", "application/x-ndjson; charset=utf-8"),
    };
    let name = format!("attachment; filename=\"{}-{}.{ending}\"", wish.export.word(), crate::base::clock::day(now));
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, kind)).insert_header((CONTENT_DISPOSITION, name));
    Ok(answer.streaming(begun.chain(rest)))
}

impl Way {
    /// The next stretch, under the rights of this moment: who loses them in the middle gets no more.
    async fn stretch(mut self) -> Result<(Vec<u8>, Option<Self>), Error> {
        let actor: Actor = self.app.roster().actor(&self.bearer).await?;
        let asked = self.export.stretch(self.app.db(), &actor, self.range, self.style);
        let (bytes, next) = tokio::time::timeout(BUDGET, asked).await.map_err(Error::unavailable)??;
        self.app.buckets().charge(actor.application_id, STRETCH);
        self.range.after = next;
        Ok((bytes, next.map(|_| self)))
    }
}

/// What the address asks for; none: there is no such export.
pub fn wish(name: &str, query: &str) -> Result<Option<Wish>, Unasked> {
    let wrong = |why: &str| Unasked::Malformed(why.to_owned());
    let Some((word, ending)) = name.split_once('.') else { return Ok(None) };
    let (Some(export), "csv" | "ndjson") = (Export::ALL.into_iter().find(|export| export.word() == word), ending) else {
        return Ok(None);
    };
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query)
        .map_err(|_| wrong("The address holds no readable parameters."))?
        .into_inner();
    let (mut from, mut to) = (None, None);
    let (mut delimiter, mut ukrainian, mut bom) = (b',', false, false);
    let mut seen = Vec::new();
    for (name, value) in pairs {
        if seen.contains(&name) {
            return Err(wrong("A parameter is given twice."));
        }
        let day = || period::day(&value).ok_or_else(|| wrong("\"from\" and \"to\" are days such as 2025-03-04."));
        match (name.as_str(), value.as_str()) {
            ("from", _) => from = Some(day()?),
            ("to", _) => to = Some(day()?),
            _ if ending != "csv" => return Err(wrong("The parameters are \"from\" and \"to\".")),
            ("lang", "uk") => ukrainian = true,
            ("lang", "en") | ("bom", "0") | ("delimiter", "comma") => {}
            ("bom", "1") => bom = true,
            ("delimiter", "semicolon") => delimiter = b';',
            ("delimiter", "tab") => delimiter = b'\t',
            _ => {
                let why = "The parameters are \"from\", \"to\", \"lang\" (en, uk), \"bom\" (0, 1), \"delimiter\" (comma, semicolon, tab).";
                return Err(wrong(why));
            }
        }
        seen.push(name);
    }
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(wrong("\"from\" lies after \"to\"."));
    }
    let style = if ending == "csv" { Style::Csv { delimiter, ukrainian, bom } } else { Style::Ndjson };
    Ok(Some(Wish { export, style, from, to }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_what_is_wished() {
        let plain = Style::Csv { delimiter: b',', ukrainian: false, bom: false };
        let all = Wish { export: Export::Services, style: plain, from: None, to: None };
        assert_eq!(wish("services.csv", ""), Ok(Some(all)));
        let some = wish("referrals.csv", "from=2025-01-01&to=2025-01-01&lang=uk&bom=1&delimiter=semicolon");
        let style = Style::Csv { delimiter: b';', ukrainian: true, bom: true };
        let day = NaiveDate::from_ymd_opt(2025, 1, 1);
        assert_eq!(some, Ok(Some(Wish { export: Export::Referrals, style, from: day, to: day })));
        for none in ["services", "services.xlsx", "persons.csv", "services.csv.csv", ""] {
            assert_eq!(wish(none, ""), Ok(None), "{none}");
        }
        for query in [
            "from=1.1.2025",
            "from=2025-01-02&to=2025-01-01",
            "x=1",
            "bom=2",
            "bom=1&bom=1",
            "lang=de",
            "from=",
            "from=-99999-1-1",
            "to=%2B99999-1-1",
        ] {
            assert!(wish("services.csv", query).is_err(), "{query}");
        }
        assert!(wish("services.ndjson", "bom=1").is_err());
    }
}
