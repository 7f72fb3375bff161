//! `mistok doctor`: looks a deployment over, and says what to do. It changes nothing.

use super::Outcome;
use crate::{
    access::token::Keys,
    base::clock::Clock,
    config::{Serve, ServeOptions},
    db::inspect::{self, Findings, Grade},
};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

pub(super) const HELP: &str = "\
Give it the settings of `mistok serve`, on the server's machine, as the server's user. It asks the database by the login
that serves, and the public address as a partner would; the server may run or not.

  ok      it is as it should be
  odd     it works, and should be otherwise
  BAD     the server does not start so, or must not

It ends with 0 if nothing is bad, else with 1.";

/// How long the public address may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(options: &ServeOptions) -> Outcome {
    let mut all: Vec<(&str, Findings)> = Vec::new();
    let checked = options.check();
    let mut settings = Findings::default();
    match &checked {
        Ok(_) => settings.good("all settings can be read"),
        Err(faults) => faults.each().for_each(|fault| settings.bad(fault)),
    }
    files(options, &mut settings);
    all.push(("settings", settings));
    if let Ok(database) = options.database.check() {
        let (clock, masters) = (Clock::default(), checked.as_ref().ok().map(|serve| serve.master_keys.all()));
        let url = if database.unprepared { &database.direct_url } else { &database.url }.expose_secret();
        all.push(("database", inspect::look(url, database.pool, options.replica, masters, || clock.now()).await));
        // Who only reads listens to no bell.
        if database.direct_url.expose_secret() != url && !options.replica {
            all.push(("directly", bell(database.direct_url.expose_secret()).await));
        }
    }
    if let Ok(serve) = &checked {
        all.push(("address", address(serve).await));
    }
    for (what, findings) in &all {
        for finding in &findings.0 {
            let grade = match finding.grade {
                Grade::Good => "ok ",
                Grade::Odd => "odd",
                Grade::Bad => "BAD",
            };
            println!("{grade}  {what:<9} {}", finding.about);
        }
    }
    let bad = all.iter().flat_map(|(_, findings)| &findings.0).filter(|finding| finding.grade == Grade::Bad).count();
    match bad {
        0 => Ok(()),
        1 => Err("one thing is bad".into()),
        many => Err(format!("{many} things are bad").into()),
    }
}

/// Files of keys are for the server's user alone.
fn files(options: &ServeOptions, findings: &mut Findings) {
    let keys = options.signing_keys.iter().chain(&options.audit.audit_keys).chain(&options.master_key.master_key_file);
    let open: Vec<String> = keys.filter(|file| is_open(file)).map(|file| file.display().to_string()).collect();
    match open.is_empty() {
        true => findings.good("files of keys are closed to others"),
        false => findings.bad(format!("other users can read {}: `chmod 600`, owned by the server's user", open.join(", "))),
    }
}

fn is_open(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|about| about.permissions().mode() & 0o077 != 0)
}

/// Where the bell between servers hangs.
async fn bell(url: &str) -> Findings {
    let mut findings = Findings::default();
    match inspect::listens(url).await {
        Ok(()) => findings.good("the bell between servers can be heard (LISTEN)"),
        Err(fault) => findings.odd(format!(
            "MISTOK_DATABASE_DIRECT_URL: {fault}. Changes of other servers are seen a second later; it must lead past the pooler"
        )),
    }
    findings
}

/// The public address, as a partner sees it.
async fn address(serve: &Serve) -> Findings {
    let mut findings = Findings::default();
    let issuer = &serve.issuer;
    let is_near = ["://127.0.0.1", "://localhost", "://[::1]"].iter().any(|near| issuer.contains(near));
    if !issuer.starts_with("https://") && !is_near {
        findings.bad(format!("{issuer} is not https: tokens and what is told of people travel in the clear. Put a reverse proxy with TLS before it"));
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let asked = async {
        let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
        let keys = http.get(format!("{issuer}{}", crate::http::KEYS)).send().await?.error_for_status()?;
        keys.text().await
    };
    let own = Keys::load(&serve.signing_keys).map(|keys| keys.jwks());
    match (asked.await, own) {
        (_, Err(fault)) => findings.bad(format!("MISTOK_SIGNING_KEYS: {fault}")),
        (Err(fault), _) => findings.odd(format!(
            "{issuer} does not answer ({}): the server does not run, or its name, proxy or certificate is wrong",
            innermost(&fault)
        )),
        (Ok(text), Ok(own)) => {
            let theirs: Value = serde_json::from_str(&text).unwrap_or_default();
            let known =
                |key: &Value| theirs["keys"].as_array().is_some_and(|keys| keys.iter().any(|known| known["kid"] == key["kid"]));
            match own["keys"].as_array().is_some_and(|keys| keys.iter().all(known)) {
                true => findings.good(format!("{issuer} answers, with the keys of these settings")),
                false => findings.odd(format!(
                    "{issuer} answers with other signing keys: it runs with other settings, was not restarted since, or is another server"
                )),
            }
        }
    }
    findings
}

/// The cause at the bottom: the libraries' own words name the address again.
fn innermost(fault: &dyn std::error::Error) -> String {
    fault.source().map_or_else(|| fault.to_string(), innermost)
}
