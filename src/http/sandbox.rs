//! A server of invented data, on which partners try things out. Each of its answers says so, whatever was asked: a program that has lost
//! its way finds out before it sends a real person there.

use super::state::App;
use actix_web::{
    HttpRequest,
    http::{
        Uri, Version,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::net::IpAddr;

/// True on all answers of a sandbox, a boolean of RFC 8941; absent on those of a server of real people.
pub const HEADER: (HeaderName, HeaderValue) = (HeaderName::from_static("mistok-sandbox"), HeaderValue::from_static("?1"));

/// As whom one may ask there without knowing a secret.
pub struct Door {
    /// Of the organisation (назва).
    pub name: String,
    pub client_id: String,
    pub client_secret: SecretString,
}

impl Door {
    fn told(&self) -> Value {
        json!({"name": self.name, "client_id": self.client_id, "client_secret": self.client_secret.expose_secret()})
    }
}

/// What makes a server a sandbox.
pub struct Sandbox {
    /// Open to whoever sits at the machine itself; none: it is served to others too, who are told their secrets by its operator.
    pub doors: Vec<Door>,
}

impl Sandbox {
    /// The doors that are open to a request, as JSON that ends no script. Its host is the machine itself by name: a page from elsewhere
    /// whose name was made to lead here bears its own.
    pub fn doors(&self, version: Version, headers: &HeaderMap) -> String {
        let doors = if is_here(version, headers) { self.doors.as_slice() } else { &[] };
        Value::from_iter(doors.iter().map(Door::told)).to_string().replace('<', "\\u003c")
    }
}

/// What a page says in a sandbox: that it is one, and as whom its reader may ask. Nothing elsewhere.
pub fn told(app: &App, request: &HttpRequest) -> String {
    let Some(sandbox) = app.sandbox() else { return String::new() };
    let doors = sandbox.doors(request.version(), request.headers());
    format!(
        "<p class=\"notice\" data-say=\"sandbox\">Пісочниця: усі люди й справи тут вигадані, і ніщо звідси не дістається справжнього.</p>\
         <script type=\"application/json\" id=\"sandbox\">{doors}</script>"
    )
}

/// What proxies say of whom they ask for: behind one everybody seems to sit at the machine.
const FORWARDED: [&str; 5] = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

fn is_here(version: Version, headers: &HeaderMap) -> bool {
    // One that says nothing of itself still speaks as no browser does: nginx by its defaults.
    let closes = headers.get("connection").is_some_and(|wish| wish.as_bytes().eq_ignore_ascii_case(b"close"));
    if version < Version::HTTP_11 || closes {
        return false;
    }
    if FORWARDED.iter().any(|name| headers.contains_key(*name)) {
        return false;
    }
    let host = headers.get("host").and_then(|host| host.to_str().ok()).filter(|host| !host.contains('@'));
    let host = host.and_then(|host| host.parse::<Uri>().ok()?.host().map(str::to_owned));
    host.is_some_and(|host| {
        let bare = host.trim_matches(['[', ']']);
        host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors_are_open_at_the_machine_itself_alone() {
        let door = Door { name: "</script>".into(), client_id: "a".into(), client_secret: "b".into() };
        let sandbox = Sandbox { doors: vec![door] };
        let seen = |host: Option<&str>| {
            let mut headers = HeaderMap::new();
            host.into_iter()
                .for_each(|host| drop(headers.insert(actix_web::http::header::HOST, host.parse().expect("a host"))));
            sandbox.doors(Version::HTTP_11, &headers)
        };
        for host in ["127.0.0.1:8080", "localhost:8080", "localhost", "[::1]:8080", "127.0.0.2"] {
            assert_eq!(seen(Some(host)), r#"[{"client_id":"a","client_secret":"b","name":"\u003c/script>"}]"#, "{host}");
        }
        for host in ["sandbox.example", "127.0.0.1.example:8080", "10.0.0.1", "localhost.example", "", "@localhost", "::1"] {
            assert_eq!(seen(Some(host)), "[]", "{host}");
        }
        assert_eq!(seen(None), "[]");
        let with = |version, name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(actix_web::http::header::HOST, HeaderValue::from_static("127.0.0.1:8080"));
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            sandbox.doors(version, &headers)
        };
        for name in FORWARDED {
            assert_eq!(with(Version::HTTP_11, name, "203.0.113.7"), "[]", "{name}");
        }
        assert_ne!(with(Version::HTTP_11, "connection", "keep-alive"), "[]");
        assert_eq!(with(Version::HTTP_11, "connection", "Close"), "[]");
        assert_eq!(with(Version::HTTP_10, "connection", "keep-alive"), "[]");
    }
}
