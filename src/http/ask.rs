//! The question of a request: from the body of a POST or the address of a GET (GraphQL over HTTP, section 5).

use crate::application::shelf::{self, Hash};
use actix_web::{
    HttpRequest,
    http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap},
    web,
};
use futures_util::StreamExt;
use serde_json::{Map, Value};

/// Most bytes of a body.
pub const MOST_BYTES: usize = 1024 * 1024;

/// Bytes that a body is given before they have come.
const FIRST_BYTES: usize = 16 * 1024;

/// One question.
#[derive(Debug, PartialEq)]
pub struct Question {
    pub document: Document,
    pub operation: Option<String>,
    pub variables: Map<String, Value>,
}

/// What is asked: a text, or the hash of one that was registered.
#[derive(Debug, PartialEq)]
pub enum Document {
    Text(String),
    Hash(Hash),
}

/// Why there is no question in a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Unasked {
    /// 400: what is wrong, in words.
    Malformed(String),
    /// 413
    TooLarge,
    /// 415: such as the types that a form of a strange page can send without leave.
    MediaType,
}

fn malformed(why: impl Into<String>) -> Unasked {
    Unasked::Malformed(why.into())
}

/// From a POST: JSON alone, so that no page of a stranger can send it.
pub async fn posted(request: &HttpRequest, payload: web::Payload) -> Result<Question, Unasked> {
    if !is_json(request.headers()) {
        return Err(Unasked::MediaType);
    }
    let bytes = body(request.headers(), payload, MOST_BYTES).await?;
    if bytes.is_empty() {
        return Err(malformed("The body is empty; it is a JSON object with a member \"query\"."));
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(members)) => question(members),
        Ok(Value::Array(_)) => Err(malformed("One request asks one question: the body is a JSON object, no array.")),
        Ok(_) => Err(malformed("The body is a JSON object with a member \"query\".")),
        // The parser's own words would repeat parts of the body.
        Err(fault) => Err(malformed(format!("The body is not JSON, line {}, column {}.", fault.line(), fault.column()))),
    }
}

/// From the address of a GET.
pub fn got(query_string: &str) -> Result<Question, Unasked> {
    if query_string.len() > MOST_BYTES {
        return Err(Unasked::TooLarge);
    }
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query_string)
        .map_err(|_| malformed("The address holds no readable parameters."))?
        .into_inner();
    let mut members = Map::new();
    for (name, text) in pairs {
        let value = match name.as_str() {
            "query" | "operationName" | "documentId" => Value::String(text),
            // As some clients write what is not there.
            "variables" | "extensions" if text.is_empty() => Value::Null,
            "variables" | "extensions" => {
                serde_json::from_str(&text).map_err(|_| malformed(format!("The parameter \"{name}\" is no JSON object.")))?
            }
            _ => continue,
        };
        if members.insert(name.clone(), value).is_some() {
            return Err(malformed(format!("The parameter \"{name}\" is given twice.")));
        }
    }
    question(members)
}

/// From the members of a request; what is wrong is one that has not its type.
pub fn question(mut members: Map<String, Value>) -> Result<Question, Unasked> {
    let query = match members.remove("query") {
        Some(Value::String(query)) => Some(query),
        None | Some(Value::Null) => None,
        Some(_) => return Err(malformed("\"query\" is a string.")),
    };
    let named = named(&members)?;
    let document = match (query, named) {
        (Some(query), Some(named)) if named != shelf::hash(&query) => {
            return Err(malformed("\"query\" is another document than the hash names."));
        }
        (Some(query), _) => Document::Text(query),
        (None, Some(hash)) => Document::Hash(hash),
        (None, None) => return Err(malformed("\"query\" is missing.")),
    };
    let operation = match members.remove("operationName") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name).filter(|name| !name.is_empty()),
        Some(_) => return Err(malformed("\"operationName\" is a string or null.")),
    };
    let variables = match members.remove("variables") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(variables)) => variables,
        Some(_) => return Err(malformed("\"variables\" is an object or null.")),
    };
    match members.remove("extensions") {
        None | Some(Value::Null | Value::Object(_)) => Ok(Question { document, operation, variables }),
        Some(_) => Err(malformed("\"extensions\" is an object or null.")),
    }
}

/// The hash by which a document is named: `documentId` (GraphQL over HTTP, appendix on persisted documents), or `persistedQuery` in the
/// extensions, as most clients send it.
fn named(members: &Map<String, Value>) -> Result<Option<Hash>, Unasked> {
    let by_id = match members.get("documentId") {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) => {
            let hash = id.strip_prefix("sha256:").ok_or_else(|| malformed("\"documentId\" is \"sha256:\" and a hash."))?;
            Some(hash)
        }
        Some(_) => return Err(malformed("\"documentId\" is a string.")),
    };
    let by_extension = members.get("extensions").and_then(|extensions| extensions.get("persistedQuery"));
    let by_extension = match by_extension.filter(|given| !given.is_null()) {
        None => None,
        Some(given) => match (given.get("version").and_then(Value::as_u64), given.get("sha256Hash").and_then(Value::as_str)) {
            (Some(1), Some(hash)) => Some(hash),
            _ => return Err(malformed("\"persistedQuery\" has the version 1 and a \"sha256Hash\".")),
        },
    };
    by_id.or(by_extension).map(hash_of).transpose()
}

fn hash_of(text: &str) -> Result<Hash, Unasked> {
    let wrong = || malformed("A hash is 64 hexadecimal digits.");
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let mut hash = Hash::default();
    for (byte, place) in hash.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[place..place + 2], 16).map_err(|_| wrong())?;
    }
    Ok(hash)
}

/// Whether the body is JSON in UTF-8, as it stands.
fn is_json(headers: &HeaderMap) -> bool {
    let mut given = headers.get_all(CONTENT_TYPE);
    let (Some(value), None) = (given.next(), given.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    let utf8 = parts.filter(|part| !part.is_empty()).all(|part| match part.split_once('=') {
        Some((name, charset)) if name.eq_ignore_ascii_case("charset") => {
            charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    let plain = headers.get(CONTENT_ENCODING).is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    named && utf8 && plain
}

/// Reads a body, and stops as soon as it is too large.
pub async fn body(headers: &HeaderMap, mut payload: web::Payload, most: usize) -> Result<Vec<u8>, Unasked> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok()).unwrap_or(0);
    if announced > most {
        return Err(Unasked::TooLarge);
    }
    // Not as much as is announced: who sends it slowly would hold it.
    let mut bytes = Vec::with_capacity(announced.min(FIRST_BYTES));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| malformed("The body broke off."))?;
        if bytes.len() + chunk.len() > most {
            return Err(Unasked::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;
    use serde_json::json;

    #[test]
    fn the_address_holds_a_question() {
        let asked =
            got("query=query+A(%24a%3AInt)%7Ba%7D&operationName=A&variables=%7B%22a%22%3A1%7D&extensions=&x=1").expect("asked");
        assert_eq!((asked.document, asked.operation.as_deref()), (Document::Text("query A($a:Int){a}".into()), Some("A")));
        assert_eq!(Value::Object(asked.variables), json!({"a": 1}));
        for wrong in ["", "x=1", "query=a&query=b", "query=a&variables=1", "query=a&variables=%7B", "query=a&extensions=%5B%5D"]
        {
            assert!(matches!(got(wrong), Err(Unasked::Malformed(_))), "{wrong}");
        }
    }

    #[test]
    fn members_have_their_types() {
        let asked = |value: Value| match value {
            Value::Object(members) => question(members),
            _ => panic!("an object"),
        };
        assert!(
            asked(json!({"query": "{a}", "operationName": null, "variables": null, "extensions": null, "more": 1})).is_ok()
        );
        for (name, wrong) in
            [("query", json!(1)), ("operationName", json!([])), ("variables", json!("x")), ("extensions", json!(false))]
        {
            let mut members = json!({"query": "{a}"});
            members[name] = wrong;
            assert!(matches!(asked(members), Err(Unasked::Malformed(_))), "{name}");
        }
        assert!(asked(json!({"query": null})).is_err());
    }

    #[test]
    fn a_document_is_named_by_its_hash() {
        let asked = |value: Value| match value {
            Value::Object(members) => question(members).map(|question| question.document),
            _ => panic!("an object"),
        };
        let hash = shelf::hash("{a}");
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let apollo = json!({"persistedQuery": {"version": 1, "sha256Hash": hex}});
        assert_eq!(asked(json!({"documentId": format!("sha256:{hex}")})), Ok(Document::Hash(hash)));
        assert_eq!(asked(json!({"extensions": apollo})), Ok(Document::Hash(hash)));
        assert_eq!(asked(json!({"query": null, "extensions": apollo})), Ok(Document::Hash(hash)));
        assert_eq!(asked(json!({"query": "{a}", "extensions": apollo})), Ok(Document::Text("{a}".into())));
        let got = got(&format!("documentId=sha256%3A{hex}")).expect("asked");
        assert_eq!(got.document, Document::Hash(hash));
        for wrong in [
            json!({"query": "{b}", "extensions": apollo}),
            json!({"documentId": hex}),
            json!({"documentId": format!("sha256:{}", &hex[1..])}),
            json!({"documentId": format!("sha256:{}+1", &hex[2..])}),
            json!({"documentId": format!("sha256:{}ї", &hex[2..])}),
            json!({"documentId": 7}),
            json!({"extensions": {"persistedQuery": {"version": 2, "sha256Hash": hex}}}),
            json!({"extensions": {"persistedQuery": "x"}}),
            json!({"documentId": null}),
        ] {
            assert!(matches!(asked(wrong.clone()), Err(Unasked::Malformed(_))), "{wrong}");
        }
    }

    #[test]
    fn only_json_in_utf_8_is_read() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(value).expect("a header"));
            is_json(&headers)
        };
        for taken in
            ["application/json", "Application/JSON;charset=UTF-8", "application/json; charset=\"utf-8\"", "application/json;"]
        {
            assert!(of(taken), "{taken}");
        }
        for refused in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "application/graphql",
            "application/jsonx",
            "",
        ] {
            assert!(!of(refused), "{refused}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
