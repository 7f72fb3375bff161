//! The setting of foreign issuers: whose tokens are taken beside our own, and for which applications.

use super::{Faults, Networks};
use serde::Deserialize;
use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::PathBuf,
};
use url::Url;

/// Types of access tokens that an issuer may give (header `typ`).
const TYPES: &[&str] = &["at+jwt", "JWT"];

/// Whose tokens are taken beside our own.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct IssuerOptions {
    /// File (JSON) with other issuers (OpenID Connect) whose access tokens are taken, and the applications that they are for
    /// [default: none]
    #[arg(long, env = "MISTOK_ISSUERS", value_name = "FILE", help_heading = "Other issuers")]
    pub issuers: Option<PathBuf>,
    /// Networks such as 10.1.0.0/16,fd00::/8, with commas: these issuers may stand there although they are private, and speak
    /// plain http [default: none]
    #[arg(long, env = "MISTOK_ISSUERS_ALLOW", value_name = "NETWORKS", help_heading = "Other issuers")]
    pub issuers_allow: Option<String>,
}

/// Foreign issuers, and where they may stand beside the public internet.
#[derive(Clone, Debug, Default)]
pub struct Issuers {
    pub all: Vec<Issuer>,
    pub allow: Networks,
}

/// What the operator says of one issuer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Its address, exactly as it stands in its tokens (`iss`).
    pub issuer: String,
    /// For whom its tokens must be (`aud`); none: the address of our API.
    pub audience: Option<String>,
    /// Types of its access tokens (header `typ`). `JWT` is for issuers that do not know RFC 9068.
    #[serde(default = "strict")]
    pub token_types: Vec<String>,
    /// The claim that names the client: `client_id`, `azp`, `sub`, or a place in claims such as `/act/sub`.
    #[serde(default = "client_id")]
    pub subject_claim: String,
    /// Client ids of applications here, by what that claim says.
    pub subjects: HashMap<String, String>,
    /// The claim with the scopes: words with spaces between them, or a list.
    #[serde(default = "scope")]
    pub scope_claim: String,
    /// Our scopes by their words; none: they use ours.
    pub scope_map: Option<HashMap<String, Vec<String>>>,
    /// Our scopes that its tokens may open at the most; none: all that the application holds.
    pub scopes: Option<Vec<String>>,
}

fn strict() -> Vec<String> {
    vec![TYPES[0].to_owned()]
}

fn client_id() -> String {
    "client_id".to_owned()
}

fn scope() -> String {
    "scope".to_owned()
}

impl IssuerOptions {
    /// Everything checked, or every fault.
    pub fn check(&self) -> Result<Issuers, Faults> {
        let mut faults = Faults::default();
        let issuers = self.read(&mut faults);
        faults.end(Some(issuers))
    }

    /// An empty variable is one that is not there.
    pub(super) fn read(&self, faults: &mut Faults) -> Issuers {
        let text = self.issuers_allow.as_deref().unwrap_or_default();
        let allow = Networks::parse(text).unwrap_or_else(|wrong| {
            faults.add(format!(
                "MISTOK_ISSUERS_ALLOW (--issuers-allow): {wrong:?} is no network such as 10.1.0.0/16 or fd00::/8"
            ));
            Networks::default()
        });
        let Some(path) = self.issuers.as_ref().filter(|path| !path.as_os_str().is_empty()) else {
            return Issuers { all: Vec::new(), allow };
        };
        let all = match fs::read_to_string(path) {
            Ok(text) => parse(&text, &allow, faults),
            Err(fault) => {
                faults.add(format!("MISTOK_ISSUERS (--issuers): cannot read {}: {fault}", path.display()));
                Vec::new()
            }
        };
        Issuers { all, allow }
    }
}

impl Issuers {
    /// What stands in the file of issuers, which may stand in these networks too.
    pub fn parse(text: &str, allow: Networks) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let all = parse(text, &allow, &mut faults);
        faults.end(Some(Self { all, allow }))
    }
}

/// What stands in the file.
fn parse(text: &str, allow: &Networks, faults: &mut Faults) -> Vec<Issuer> {
    let all: Vec<Issuer> = serde_json::from_str(text).unwrap_or_else(|fault| {
        faults.add(format!("MISTOK_ISSUERS (--issuers): the file holds no list of issuers in JSON: {fault}"));
        Vec::new()
    });
    let mut seen = BTreeSet::new();
    for one in &all {
        let mut wrong = |why: &str| faults.add(format!("MISTOK_ISSUERS (--issuers): {:?}: {why}", one.issuer));
        if !seen.insert(&one.issuer) {
            wrong("it stands there twice");
        }
        one.check(allow).into_iter().for_each(&mut wrong);
    }
    all
}

impl Issuer {
    /// All that is wrong with it.
    fn check(&self, allow: &Networks) -> Vec<&'static str> {
        let mut wrong = Vec::new();
        match Url::parse(&self.issuer) {
            Ok(url) if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() => {
                wrong.push("an issuer's address has no query, no fragment and no name");
            }
            Ok(url) if url.scheme() == "https" => {}
            Ok(url) if url.scheme() == "http" && !allow.is_empty() => {}
            _ => wrong.push("an issuer has an address such as https://id.example; http needs MISTOK_ISSUERS_ALLOW"),
        }
        if self.token_types.is_empty() || !self.token_types.iter().all(|typ| TYPES.contains(&typ.as_str())) {
            wrong.push("token_types are \"at+jwt\" and \"JWT\", at least one of them");
        }
        if self.subjects.is_empty() {
            wrong.push("subjects names no application, so that no token of it would be taken");
        }
        if self.subject_claim.is_empty() || self.scope_claim.is_empty() {
            wrong.push("subject_claim and scope_claim are names of claims");
        }
        if self.audience.as_ref().is_some_and(String::is_empty) {
            wrong.push("audience is not empty");
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, allow: &str) -> Result<Vec<Issuer>, String> {
        let read = Issuers::parse(json, Networks::parse(allow).expect("networks"));
        read.map(|issuers| issuers.all).map_err(|faults| faults.to_string())
    }

    #[test]
    fn an_issuer_is_read_with_its_defaults() {
        let none = IssuerOptions { issuers: Some("".into()), issuers_allow: Some(String::new()) }.check().expect("nothing");
        assert!(none.all.is_empty() && none.allow.is_empty());
        let few = read(r#"[{"issuer": "https://id.example/realm", "subjects": {"theirs": "ours"}}]"#, "").expect("read");
        let one = &few[0];
        assert_eq!((one.subject_claim.as_str(), one.scope_claim.as_str()), ("client_id", "scope"));
        assert_eq!((one.token_types.as_slice(), &one.audience), (["at+jwt".to_owned()].as_slice(), &None));
        assert!(read(r#"[{"issuer": "http://10.0.0.1:9", "subjects": {"a": "b"}}]"#, "10.0.0.0/8").is_ok());
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        for (json, said) in [
            ("{}", "no list"),
            (r#"[{"issuer": "https://id.example", "subjects": {"a": "b"}, "audiences": []}]"#, "unknown field `audiences`"),
            (r#"[{"issuer": "http://id.example", "subjects": {"a": "b"}}]"#, "MISTOK_ISSUERS_ALLOW"),
            (r#"[{"issuer": "id.example", "subjects": {"a": "b"}}]"#, "has an address"),
            (r#"[{"issuer": "https://id.example?x", "subjects": {"a": "b"}}]"#, "no query"),
            (r#"[{"issuer": "https://id.example", "subjects": {}}]"#, "names no application"),
            (r#"[{"issuer": "https://id.example", "subjects": {"a": "b"}, "token_types": ["none"]}]"#, "token_types"),
            (
                r#"[{"issuer": "https://id.example", "subjects": {"a": "b"}}, {"issuer": "https://id.example", "subjects": {"a": "b"}}]"#,
                "twice",
            ),
        ] {
            let fault = read(json, "").expect_err(json);
            assert!(fault.contains("MISTOK_ISSUERS (--issuers)") && fault.contains(said), "{json}: {fault}");
        }
        let missing = IssuerOptions { issuers: Some("/no/such/file".into()), issuers_allow: Some("x".into()) };
        assert_eq!(missing.check().expect_err("two faults").to_string().lines().count(), 3);
    }
}
