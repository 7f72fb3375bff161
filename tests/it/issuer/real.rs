//! A real provider, `oidc-provider` of npm: its tokens and its change of keys, and what its library signs for a client. It is fetched
//! from the registry of npm; where Node.js is not there or no registry answers, that is said and the test is left out.

use super::said;
use crate::{
    command::there_is,
    served::{Served, scopes},
    stage::place,
};
use chrono::Duration;
use mistok::{
    access::{Scope, token::assertion::TYPE},
    application::operator,
    base::words::organization::OrganizationKind::Ngo,
    config::{Issuers, Networks, Serve},
    db::Errand,
};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// The provider's program with its libraries, in a directory of the test's own.
struct Program(PathBuf);

impl Program {
    fn fetched(name: &str) -> Option<Self> {
        if !there_is("node") || !there_is("npm") {
            return None;
        }
        let dir = place(name);
        fs::create_dir(&dir).unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/issuer/provider");
        for file in ["package.json", "package-lock.json", "provider.mjs"] {
            fs::copy(from.join(file), dir.join(file)).unwrap();
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-timeout=20000", "--fetch-retries=1"]);
        let done = npm.current_dir(&dir).stdin(Stdio::null()).output().unwrap();
        if done.status.success() {
            return Some(Self(dir));
        }
        eprintln!("SKIPPED: npm cannot fetch oidc-provider: {}", String::from_utf8_lossy(&done.stderr));
        let _ = fs::remove_dir_all(dir);
        None
    }

    fn node(&self, arguments: &[&str]) -> Command {
        let mut node = Command::new("node");
        node.arg("provider.mjs").args(arguments).current_dir(&self.0).stdin(Stdio::piped()).stdout(Stdio::piped());
        node.stderr(Stdio::null());
        node
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A provider that runs, with a key of its own making.
struct Provider(Child);

impl Provider {
    fn start(program: &Program, port: u16, audience: &str, algorithm: &str) -> Self {
        let mut child = program.node(&[&port.to_string(), audience, algorithm]).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "ready"), "the provider has ended");
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_a_real_provider_are_taken_before_and_after_its_keys_change() {
    let Some(program) = Program::fetched("provider") else { return };
    let own = Served::new().await;
    let partner = own.partner_with(Ngo, scopes(&[Scope::ReferralsRead, Scope::MemorandaRead])).await;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (url, audience) = (format!("http://127.0.0.1:{port}"), format!("{}/graphql", own.url));
    let all = vec![said(&url, &partner.client_id)];
    let served =
        Served::configured(&own, Serve { issuers: Issuers { all, allow: Networks::loopback() }, ..own.config.clone() }).await;
    let taken = async || {
        let asked = served.http.post(format!("{url}/token")).basic_auth("registry", Some("a%20secret%20of%20the%20test"));
        let form = [("grant_type", "client_credentials"), ("scope", "referrals:read cases:read"), ("resource", &audience)];
        let answer: Value = asked.form(&form).send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    };
    let opens = async |token: &str| served.ask(token, "{viewer{scopes}}", json!({})).await;
    let mut before: Option<String> = None;
    for algorithm in ["ES256", "PS256", "RS256", "EdDSA"] {
        let provider = Provider::start(&program, port, &audience, algorithm);
        let token = taken().await;
        let answer = opens(&token).await;
        assert_eq!(answer.data()["viewer"]["scopes"], json!(["referrals:read"]), "{algorithm}");
        if let Some(before) = &before {
            assert_eq!(opens(before).await.status, 401, "its key is gone with {algorithm}");
        }
        // While it is away its keys hold.
        drop(provider);
        served.clock.advance(Duration::seconds(31));
        assert_eq!(opens(&token).await.status, 200, "{algorithm}");
        before = Some(token);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_library_signs_is_taken_by_every_algorithm() {
    let Some(program) = Program::fetched("signer") else { return };
    let served = Served::new().await;
    let partner = served.partner(Ngo).await;
    let mut node = program.node(&["sign"]).spawn().unwrap();
    let (mut asks, mut answers) = (node.stdin.take().unwrap(), BufReader::new(node.stdout.take().unwrap()).lines());
    let mut signed = |alg: &str, client_id: &str, pem: bool| -> Value {
        let now = served.clock.now().timestamp();
        let claims =
            json!({"iss": client_id, "sub": client_id, "aud": served.url, "exp": now + 60, "jti": uuid::Uuid::new_v4()});
        writeln!(asks, "{}", json!({"alg": alg, "claims": claims, "pem": pem})).unwrap();
        serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap()
    };
    for (alg, pem) in [("ES256", true), ("PS256", true), ("RS256", false), ("EdDSA", true), ("Ed25519", false)] {
        let client_id = format!("signer-{alg}").to_lowercase();
        let made = signed(alg, &client_id, pem);
        let wish = operator::Register {
            organization_id: partner.organization_id,
            name: alg.into(),
            client_id: Some(client_id),
            public_keys: Some(vec![made["publicKey"].as_str().unwrap().to_owned()]),
            ..Default::default()
        };
        operator::register(served.app.db(), served.app.seal(), Errand::Demo, wish).await.unwrap();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", TYPE),
            ("client_assertion", made["assertion"].as_str().unwrap()),
        ];
        let answer = served.http.post(format!("{}/oauth/token", served.url)).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{alg}: {}", answer.text().await.unwrap());
    }
    drop(asks);
    assert!(node.wait().unwrap().success());
}
