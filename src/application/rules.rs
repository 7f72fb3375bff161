//! What may be granted and changed. Pure.

use super::model::{Application, ChangeApplication, Documents, Holder};
use crate::{
    access::{Scopes, token::PublicKey},
    base::{
        Error, Message, Refusal, Result,
        error::{Refusals, UserErrorCode},
        words::access::ApplicationStatus,
    },
};
use chrono::{DateTime, Duration, Utc};

/// Longest name, in characters.
const LONGEST_NAME: usize = 100;
/// Most hours for which two secrets are good at once: a week.
pub const LONGEST_OVERLAP: i32 = 168;
/// Most active applications of one organisation.
pub const MOST: i64 = 50;
/// Most keys of one application: the one in use, the next one, and some more for several machines.
const MOST_KEYS: usize = 5;

/// A checked wish for a new application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    pub name: String,
    pub scopes: Scopes,
    /// As they are kept; none: it gets a secret.
    pub public_keys: Option<Vec<String>>,
}

/// What somebody wishes a new application to be.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    pub name: &'a str,
    pub scopes: &'a [String],
    pub public_keys: Option<&'a [String]>,
}

/// Name, keys and scopes of a new application of `holder`. `granted` is what the caller may pass on; none is the operator
/// or a holder of registry:write with another organisation's first application: there the kind alone decides.
pub fn register(holder: Holder, wish: Wish<'_>, granted: Option<Scopes>) -> Result<Registration> {
    let mut refusals = Refusals::default();
    let name = refusals.take(named(wish.name));
    let scopes = refusals.take(granting(holder, wish.scopes, granted));
    let public_keys = refusals.take(wish.public_keys.map(keys).transpose());
    if !holder.active {
        refusals.add(Refusal::new(
            UserErrorCode::OrganizationInactive,
            "organizationId",
            "The organisation has ceased its work.",
        ));
    }
    refusals.end()?;
    match (name, scopes, public_keys) {
        (Some(name), Some(scopes), Some(public_keys)) => Ok(Registration { name, scopes, public_keys }),
        _ => Err(Error::internal("a refusal was lost")),
    }
}

fn named(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Refusal::invalid("name", said!("A name has 1 to {LONGEST_NAME} characters on one line.", LONGEST_NAME)));
    }
    Ok(name.to_owned())
}

fn granting(holder: Holder, scopes: &[String], granted: Option<Scopes>) -> Result<Scopes, Refusal> {
    let not_allowed = |message: Message| Refusal::new(UserErrorCode::ScopeNotAllowed, "scopes", message);
    let wanted = Scopes::of(scopes.iter().map(String::as_str)).map_err(|word| {
        not_allowed(said!("There is no scope \"{scope}\".", scope = word.chars().take(60).collect::<String>()))
    })?;
    if wanted.is_empty() {
        return Err(Refusal::invalid("scopes", "An application needs at least one scope."));
    }
    let of_kind = Scopes::of_kind(holder.kind);
    if let Some(scope) = wanted.iter().find(|scope| !of_kind.holds(*scope)) {
        return Err(not_allowed(said!(
            "Applications of a {kind} may not hold {scope}.",
            kind = holder.kind,
            scope = scope.word()
        )));
    }
    match granted.and_then(|granted| wanted.iter().find(|scope| !granted.holds(*scope))) {
        Some(scope) => {
            Err(not_allowed(said!("Your application does not hold {scope} and cannot pass it on.", scope = scope.word())))
        }
        None => Ok(wanted),
    }
}

/// Keys as they are kept.
fn keys(given: &[String]) -> Result<Vec<String>, Refusal> {
    let wrong = |message: Message| Refusal::invalid("publicKeys", message);
    if !(1..=MOST_KEYS).contains(&given.len()) {
        return Err(wrong(said!("An application that signs has 1 to {MOST_KEYS} keys.", MOST_KEYS)));
    }
    let mut read: Vec<PublicKey> = Vec::new();
    for (place, text) in given.iter().enumerate() {
        let field = format!("publicKeys.{place}");
        let key = PublicKey::read(text).map_err(|unusable| Refusal::invalid(&field, unusable))?;
        // A name may stand for one key alone, and a thumbprint is a name too.
        let names = [key.kid(), key.thumbprint()];
        if read.iter().any(|known| names.contains(&known.kid()) || names.contains(&known.thumbprint())) {
            return Err(Refusal::invalid(&field, "Another one of these keys is the same, or has the same \"kid\"."));
        }
        read.push(key);
    }
    Ok(read.iter().map(PublicKey::text).collect())
}

/// Other keys. An application that had a secret has none from then on.
pub fn replace_keys(row: &Application, given: &[String]) -> Result<ChangeApplication> {
    alive(row)?;
    Ok(ChangeApplication::ReplaceKeys { public_keys: keys(given)? })
}

/// A new secret, the old one good for some hours more.
pub fn rotate(row: &Application, secret_hash: Vec<u8>, overlap_hours: i32, now: DateTime<Utc>) -> Result<ChangeApplication> {
    alive(row)?;
    if row.public_keys.is_some() {
        let why = "The application signs with keys and has no secret. applicationKeysReplace gives it other keys.";
        return Err(Error::refused(UserErrorCode::TransitionNotAllowed, "id", why));
    }
    if !(0..=LONGEST_OVERLAP).contains(&overlap_hours) {
        return Err(Error::invalid(
            "overlapHours",
            said!("Both secrets may be good for 0 to {LONGEST_OVERLAP} hours.", LONGEST_OVERLAP),
        ));
    }
    Ok(ChangeApplication::Rotate { secret_hash, previous_until: now + Duration::hours(overlap_hours.into()) })
}

/// Longest registered document, in bytes; most of one application.
pub const LONGEST_DOCUMENT: usize = 20_000;
pub const MOST_DOCUMENTS: usize = 2_000;

/// Documents and what they mean for the application; that each fits the schema was seen before.
pub fn register_documents(row: &Application, documents: &Documents) -> Result<ChangeApplication> {
    alive(row)?;
    if documents.texts.len() > MOST_DOCUMENTS {
        return Err(Error::invalid(
            "documents",
            said!("An application has at most {MOST_DOCUMENTS} registered documents.", MOST_DOCUMENTS),
        ));
    }
    let long = documents.texts.iter().position(|text| text.is_empty() || text.len() > LONGEST_DOCUMENT);
    if let Some(place) = long {
        return Err(Error::invalid(
            &format!("documents.{place}"),
            said!("A document has 1 to {LONGEST_DOCUMENT} bytes.", LONGEST_DOCUMENT),
        ));
    }
    Ok(ChangeApplication::Trust { documents_only: documents.only.unwrap_or(row.trusted_documents_only) })
}

/// The end of an application; there is no way back.
pub fn revoke(row: &Application) -> Result<ChangeApplication> {
    alive(row)?;
    Ok(ChangeApplication::Revoke)
}

fn alive(row: &Application) -> Result<()> {
    match row.status {
        ApplicationStatus::Active => Ok(()),
        ApplicationStatus::Revoked => {
            Err(Error::refused(UserErrorCode::TransitionNotAllowed, "id", "The application is revoked, and stays so."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{access::Scope, base::words::organization::OrganizationKind as Kind};
    use uuid::Uuid;

    fn holder(kind: Kind) -> Holder {
        Holder { organization_id: Uuid::nil(), kind, active: true }
    }

    fn codes(result: Result<Registration>) -> Vec<(UserErrorCode, String)> {
        match result {
            Err(Error::Refused(refusals)) => {
                refusals.into_iter().map(|refusal| (refusal.code, refusal.path.join("."))).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    fn asked(kind: Kind, scopes: &[&str], granted: Option<Scopes>) -> Result<Registration> {
        let scopes: Vec<_> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        register(holder(kind), Wish { name: " Журнал ", scopes: &scopes, public_keys: None }, granted)
    }

    #[test]
    fn only_what_the_kind_may_hold_and_the_caller_holds_is_granted() {
        let granted = asked(Kind::Ngo, &["cases:write"], None).expect("granted");
        assert_eq!(
            (granted.name.as_str(), granted.scopes.words()),
            ("Журнал", vec!["cases:read".to_owned(), "cases:write".to_owned()])
        );
        let mine = Some(Scopes::from_iter([Scope::CasesRead, Scope::ApplicationsManage]));
        assert!(asked(Kind::Ngo, &["cases:read"], mine).is_ok());
        let not_allowed = vec![(UserErrorCode::ScopeNotAllowed, "scopes".to_owned())];
        assert_eq!(codes(asked(Kind::Ngo, &["cases:write"], mine)), not_allowed);
        assert_eq!(codes(asked(Kind::Ministry, &["cases:read"], None)), not_allowed);
        assert_eq!(codes(asked(Kind::Fund, &["referrals:read"], None)), not_allowed);
        assert_eq!(codes(asked(Kind::Ngo, &["registry:write"], None)), not_allowed);
        assert_eq!(codes(asked(Kind::Ngo, &["no:such"], None)), not_allowed);
        assert_eq!(codes(asked(Kind::Ngo, &[], None)), vec![(UserErrorCode::Invalid, "scopes".to_owned())]);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let wish = Wish { name: "\n", scopes: &["x".into()], public_keys: Some(&["no key".into()]) };
        let codes: Vec<_> = codes(register(Holder { active: false, ..holder(Kind::Ngo) }, wish, None));
        let paths: Vec<_> = codes.iter().map(|(code, path)| (*code, path.as_str())).collect();
        let wrong = [
            (UserErrorCode::Invalid, "name"),
            (UserErrorCode::ScopeNotAllowed, "scopes"),
            (UserErrorCode::Invalid, "publicKeys.0"),
            (UserErrorCode::OrganizationInactive, "organizationId"),
        ];
        assert_eq!(paths, wrong);
    }
}
