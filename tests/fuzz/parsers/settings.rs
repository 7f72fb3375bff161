//! Settings of the operator: each is taken, or told by the name of its variable.

use super::{Parser, Seeds, text};
use mistok::config::{
    self, BrowserOptions, DisclosureOptions, Issuers, MasterKeys, Networks, RateOptions, StandardOptions, TimetableOptions,
};
use secrecy::SecretString;

pub(super) const ALL: &[Parser] = &[
    Parser { name: "master keys", read: master_keys, seeds: keys, times: 2_000 },
    Parser { name: "networks", read: networks, seeds: all_networks, times: 2_000 },
    Parser { name: "origins", read: origins, seeds: all_origins, times: 2_000 },
    Parser { name: "prefixes", read: prefixes, seeds: all_prefixes, times: 2_000 },
    Parser { name: "numbers of settings", read: numbers, seeds: all_numbers, times: 2_000 },
    Parser { name: "days off", read: days_off, seeds: free_days, times: 2_000 },
    Parser { name: "address of a database", read: database, seeds: databases, times: 2_000 },
    Parser { name: "issuers", read: issuers, seeds: all_issuers, times: 1_000 },
];

/// Taken, or told by the name of its variable.
fn told<T>(checked: Result<T, config::Faults>, name: &str) -> Option<T> {
    checked.map_err(|faults| assert!(faults.to_string().contains(name), "{faults}")).ok()
}

fn keys() -> Seeds {
    let one = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    Seeds::of(&[one, &format!("{one}\n{one}\n")], &["", "c2hvcnQ=", "x", &one[1..]])
}

fn master_keys(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let Some(keys) = MasterKeys::read(&SecretString::from(text.as_ref())) else { return false };
    let again = MasterKeys::read(&keys.write()).expect("what was written");
    assert!(again.all() == keys.all() && !keys.all().is_empty() && format!("{keys:?}") == "MasterKeys");
    true
}

fn all_networks() -> Seeds {
    Seeds::of(&["10.1.0.0/16, fd00::/8 ,192.0.2.7", "", "::/0", "0.0.0.0/0"], &["10.1.0.0/33", "mistok.example", "::/129"])
}

fn networks(bytes: &[u8]) -> bool {
    let Ok(networks) = Networks::parse(&text(bytes)) else { return false };
    assert_eq!(Networks::parse(&networks.to_string()), Ok(networks));
    true
}

fn all_origins() -> Seeds {
    Seeds::of(
        &["https://app.example, http://127.0.0.1:3000", "", "https://[::1]:8443"],
        &["*", "null", "https://app.example/", "https://App.example", "file:///x"],
    )
}

fn origins(bytes: &[u8]) -> bool {
    let check = |text: String| BrowserOptions { origins: Some(text) }.check();
    let Some(origins) = told(check(text(bytes).into_owned()), "MISTOK_ORIGINS") else { return false };
    // As they stand they are compared with what browsers say.
    assert!(origins.iter().all(|origin| origin.is_ascii() && !origin.ends_with('/')), "{origins:?}");
    assert_eq!(check(origins.join(",")), Ok(origins));
    true
}

fn all_prefixes() -> Seeds {
    Seeds::of(&["ocds-abc123", "360G-Fund-1", ""], &["ocds-213CZF", "ocds-", "360G-", "GB-1"])
}

fn prefixes(bytes: &[u8]) -> bool {
    let text = text(bytes).into_owned();
    let ocid = StandardOptions { ocid_prefix: Some(text.clone()), grant_prefix: None }.check();
    let grant = StandardOptions { ocid_prefix: None, grant_prefix: Some(text) }.check();
    let (ocid, grant) = (told(ocid, "MISTOK_OCID_PREFIX"), told(grant, "MISTOK_GRANT_PREFIX"));
    ocid.inspect(|known| assert_eq!(known.ocid.len(), 11)).is_some() | grant.is_some()
}

fn all_numbers() -> Seeds {
    Seeds::of(&["200000", " 7 ", "", "1000000000", "10"], &["1e6", "-1", "5000000000", "0", "٣"])
}

fn numbers(bytes: &[u8]) -> bool {
    let text = Some(text(bytes).into_owned());
    let rate = RateOptions { rate_bucket: text.clone(), rate_refill: None }.check();
    let refill = RateOptions { rate_bucket: None, rate_refill: text.clone() }.check();
    let public = DisclosureOptions { min_cell_official: None, min_cell_public: text }.check();
    let (rate, refill) = (told(rate, "MISTOK_RATE_BUCKET"), told(refill, "MISTOK_RATE_REFILL"));
    let public = told(public, "MISTOK_MIN_CELL_PUBLIC");
    assert!(rate.is_none_or(|rate| rate.most >= 200_000) && refill.is_none_or(|rate| rate.refill > 0));
    assert!(public.is_none_or(|cells| (3..=1_000).contains(&cells.public) && cells.official <= cells.public));
    rate.is_some() || refill.is_some() || public.is_some()
}

fn free_days() -> Seeds {
    Seeds::of(&["2027-01-01, 2027-03-08,", "", "2028-02-29"], &["1 січня", "2027-02-30", "+262142-12-31"])
}

fn days_off(bytes: &[u8]) -> bool {
    let options = TimetableOptions { days_off: Some(text(bytes).into_owned()), ..TimetableOptions::default() };
    told(options.check(), "MISTOK_DAYS_OFF").is_some()
}

fn databases() -> Seeds {
    Seeds::of(
        &["postgresql://mistok_app:pass%20word@127.0.0.1:5432/mistok", "host=/tmp user=a dbname=b password='c d'"],
        &["mysql://x:secret@y/z", "postgresql://127.0.0.1/", ""],
    )
}

fn database(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let said = config::check_url(Some(&SecretString::from(text.as_ref())), "MISTOK_X");
    // It may hold a password.
    let faults = said.as_ref().err().map(ToString::to_string).unwrap_or_default();
    assert!(text.len() < 60 || !faults.contains(&*text), "{faults}");
    told(said, "MISTOK_X").is_some()
}

fn all_issuers() -> Seeds {
    Seeds::of(
        &[
            r#"[{"issuer": "https://id.example/realm", "subjects": {"theirs": "ours"}}]"#,
            r#"[{"issuer": "https://id.example", "subjects": {"a": "b"}, "token_types": ["JWT", "at+jwt"], "audience": "x",
                "scope_claim": "/a/b", "scope_map": {"read": ["cases:read"]}, "scopes": ["cases:read"], "subject_claim": "azp"}]"#,
            "[]",
        ],
        &["{}", r#"[{"issuer": "http://id.example", "subjects": {"a": "b"}}]"#, "[[[["],
    )
}

fn issuers(bytes: &[u8]) -> bool {
    let read = |allow: Networks| Issuers::parse(&text(bytes), allow);
    let Some(strict) = told(read(Networks::default()), "MISTOK_ISSUERS") else { return false };
    let secure = |text: &str| url::Url::parse(text).is_ok_and(|url| url.scheme() == "https");
    assert!(strict.all.iter().all(|issuer| secure(&issuer.issuer) && !issuer.subjects.is_empty()));
    assert!(read(Networks::loopback()).is_ok(), "what is taken without leave is taken with it");
    true
}
