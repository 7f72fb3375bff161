//! The media type of an answer, by the header Accept (RFC 9110, section 12.5.1; GraphQL over HTTP, section 6).

use actix_web::http::header::{ACCEPT, HeaderMap};

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the status tells what became of the question.
    Response,
    /// `application/json`: every question that is one at all is answered with 200.
    #[default]
    Json,
}

impl Media {
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Response => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    /// What the client likes best; none where it takes nothing of ours.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut given = headers.get_all(ACCEPT).peekable();
        if given.peek().is_none() {
            return Some(Self::Json);
        }
        let mut wishes = Wishes::default();
        for value in given {
            value.to_str().ok()?.split(',').for_each(|range| wishes.add(range));
        }
        wishes.best()
    }
}

/// The weight of each of our types, by the most specific range that names it.
#[derive(Default)]
struct Wishes {
    response: Option<(u8, f32)>,
    json: Option<(u8, f32)>,
}

impl Wishes {
    fn add(&mut self, range: &str) {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = weight(parts);
        let (response, json) = (&mut self.response, &mut self.json);
        match name.as_str() {
            "application/graphql-response+json" => say(response, 2, weight),
            "application/json" => say(json, 2, weight),
            "application/*" => [response, json].into_iter().for_each(|wish| say(wish, 1, weight)),
            "*/*" => [response, json].into_iter().for_each(|wish| say(wish, 0, weight)),
            _ => {}
        }
    }

    /// A wild card alone means JSON, which every client reads; of two named alike, the one that tells more.
    fn best(&self) -> Option<Media> {
        let taken = |wish: Option<(u8, f32)>| wish.filter(|(_, weight)| *weight > 0.0);
        match (taken(self.response), taken(self.json)) {
            (None, None) => None,
            (Some(_), None) => Some(Media::Response),
            (None, Some(_)) => Some(Media::Json),
            (Some((named, response)), Some((_, json))) => {
                let better = response > json || (response >= json && named == 2);
                Some(if better { Media::Response } else { Media::Json })
            }
        }
    }
}

/// The weight among the parameters of a range (RFC 9110, section 12.4.2); one that is no number from 0 to 1 wants nothing.
pub fn weight<'a>(mut parameters: impl Iterator<Item = &'a str>) -> f32 {
    parameters
        .find_map(|parameter| parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q=")))
        .map_or(1.0, |q| q.parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0))
}

fn say(wish: &mut Option<(u8, f32)>, specific: u8, weight: f32) {
    if wish.is_none_or(|(before, _)| specific > before) {
        *wish = Some((specific, weight));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn of(values: &[&str]) -> Option<Media> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT, HeaderValue::from_str(value).expect("a header"));
        }
        Media::of(&headers)
    }

    #[test]
    fn the_client_chooses() {
        let (response, json) = (Some(Media::Response), Some(Media::Json));
        for (accept, media) in [
            (&[][..], json),
            (&["*/*"], json),
            (&["application/*"], json),
            (&["application/json"], json),
            (&["application/json; charset=utf-8"], json),
            (&["application/graphql-response+json"], response),
            (&["APPLICATION/GraphQL-Response+JSON; charset=utf-8"], response),
            (&["application/graphql-response+json, application/json;q=0.9"], response),
            (&["application/json, application/graphql-response+json"], response),
            (&["application/json;q=0.9, application/graphql-response+json;q=0.8"], json),
            (&["application/graphql-response+json", "application/json"], response),
            (&["application/graphql-response+json;q=0.5, */*"], json),
            (&["application/graphql-response+json, */*;q=0.1"], response),
            (&["application/graphql-response+json;q=0, */*"], json),
            (&["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"], json),
            (&["text/html"], None),
            (&["application/json;q=0"], None),
            (&["application/json;q=x"], None),
        ] {
            assert_eq!(of(accept), media, "{accept:?}");
        }
    }
}
