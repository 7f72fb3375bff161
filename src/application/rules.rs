//! What may be granted and changed. Pure.

use super::model::{Application, ChangeApplication, Holder};
use crate::{
    access::Scopes,
    base::{
        Error, Refusal, Result,
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

/// A checked wish for a new application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    pub name: String,
    pub scopes: Scopes,
}

/// Name and scopes of a new application of `holder`. `granted` is what the caller may pass on; none is the operator
/// or a holder of registry:write with another organisation's first application: there the kind alone decides.
pub fn register(holder: Holder, name: &str, scopes: &[String], granted: Option<Scopes>) -> Result<Registration> {
    let mut refusals = Refusals::default();
    let name = refusals.take(named(name));
    let scopes = refusals.take(granting(holder, scopes, granted));
    if !holder.active {
        refusals.add(Refusal::new(
            UserErrorCode::OrganizationInactive,
            "organizationId",
            "The organisation has ceased its work.",
        ));
    }
    refusals.end()?;
    match (name, scopes) {
        (Some(name), Some(scopes)) => Ok(Registration { name, scopes }),
        _ => Err(Error::internal("a refusal was lost")),
    }
}

fn named(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Refusal::invalid("name", format!("A name has 1 to {LONGEST_NAME} characters on one line.")));
    }
    Ok(name.to_owned())
}

fn granting(holder: Holder, scopes: &[String], granted: Option<Scopes>) -> Result<Scopes, Refusal> {
    let not_allowed = |message: String| Refusal::new(UserErrorCode::ScopeNotAllowed, "scopes", message);
    let wanted = Scopes::of(scopes.iter().map(String::as_str))
        .map_err(|word| not_allowed(format!("There is no scope \"{}\".", word.chars().take(60).collect::<String>())))?;
    if wanted.is_empty() {
        return Err(Refusal::invalid("scopes", "An application needs at least one scope."));
    }
    let of_kind = Scopes::of_kind(holder.kind);
    if let Some(scope) = wanted.iter().find(|scope| !of_kind.holds(*scope)) {
        return Err(not_allowed(format!("Applications of a {} may not hold {}.", holder.kind, scope.word())));
    }
    match granted.and_then(|granted| wanted.iter().find(|scope| !granted.holds(*scope))) {
        Some(scope) => Err(not_allowed(format!("Your application does not hold {} and cannot pass it on.", scope.word()))),
        None => Ok(wanted),
    }
}

/// A new secret, the old one good for some hours more.
pub fn rotate(row: &Application, secret_hash: Vec<u8>, overlap_hours: i32, now: DateTime<Utc>) -> Result<ChangeApplication> {
    alive(row)?;
    if !(0..=LONGEST_OVERLAP).contains(&overlap_hours) {
        return Err(Error::invalid("overlapHours", format!("Both secrets may be good for 0 to {LONGEST_OVERLAP} hours.")));
    }
    Ok(ChangeApplication::Rotate { secret_hash, previous_until: now + Duration::hours(overlap_hours.into()) })
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
        register(holder(kind), " Журнал ", &scopes, granted)
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
        let said = register(Holder { active: false, ..holder(Kind::Ngo) }, "\n", &["x".into()], None);
        let codes: Vec<_> = codes(said).into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, [UserErrorCode::Invalid, UserErrorCode::ScopeNotAllowed, UserErrorCode::OrganizationInactive]);
    }
}
