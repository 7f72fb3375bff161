//! The log of all tests, line by line: one that holds a secret or personal data ends the whole run, whichever test wrote it.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    sync::Mutex,
};

/// What no line may hold: people of the tests, and keys.
const NEVER: &[&str] = &["Вигадана", "Прикладна", "Чужинська", "067-000-00", "+380670000", "PRIVATE KEY", "whsec_", "$argon2"];

/// The same, known only as it is made.
static SECRETS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Keeps a text out of the log from now on.
pub fn forbid(secret: &str) {
    SECRETS.lock().unwrap().insert(secret.to_owned());
}

/// What of a line should not be there.
pub fn told(line: &str) -> Option<String> {
    // As every token begins; in the middle of an id it is chance.
    let token =
        line.split(|sign: char| !sign.is_ascii_alphanumeric() && !"-_.".contains(sign)).find(|word| word.starts_with("eyJ"));
    let never = NEVER.iter().copied().find(|text| line.contains(text)).or(token).map(str::to_owned);
    never.or_else(|| SECRETS.lock().unwrap().iter().find(|secret| line.contains(&***secret)).cloned())
}

/// Begins to listen, to all that our own crate says.
pub fn listen() {
    let filter = tracing_subscriber::EnvFilter::new("warn,mistok=trace");
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(|| Lines).try_init();
}

struct Lines;

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        if let Some(told) = told(&text) {
            // Past the capture of the test's output: nothing else must be needed to see it.
            let _ = writeln!(io::stderr(), "the log tells {told:?}: {text}");
            std::process::abort();
        }
        if !text.contains("DEBUG") {
            print!("{text}");
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_line_that_tells_is_seen() {
    forbid("s3cret-of-this-test");
    for line in [
        "a token: eyJhbGciOiJFUzI1NiJ9",
        "Bearer=\"eyJhbGciOiJFUzI1NiJ9.x\"",
        "name=\"Вигадана\"",
        "client s3cret-of-this-test",
        "-----BEGIN PRIVATE KEY-----",
    ] {
        assert!(told(line).is_some(), "{line}");
    }
    assert_eq!(told("object_id=BkheyJf7jY01"), None);
    assert_eq!(told("request_id=\"01a2\" method=\"POST\" path=\"/graphql\" status=200 answered"), None);
}
