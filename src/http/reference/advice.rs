//! What to do about each error. Its meaning is its description in the SDL; here stand the status, whether the same call may be made
//! again, and the next step, which no description has. A code without advice does not compile.

use crate::base::error::{ErrorCode, UserErrorCode};

/// Whether the same call, without any change, may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    No,
    /// After a change of the request.
    Mended,
    /// After `Retry-After`.
    Later,
    Once,
}

impl Again {
    pub const fn told(self) -> &'static str {
        match self {
            Self::No => "No: it needs a decision, or another state of things.",
            Self::Mended => "Not as it is: change the request first.",
            Self::Later => "Yes: wait for Retry-After, then make the same call.",
            Self::Once => "Once. If it fails again, it will not pass by itself.",
        }
    }
}

/// What a reader of an error should know.
pub struct Advice {
    /// Statuses with `Accept: application/graphql-response+json`; empty: it comes with 200, beside `data`.
    pub status: &'static str,
    pub again: Again,
    pub todo: &'static str,
}

/// Of a top-level error.
pub const fn of(code: ErrorCode) -> Advice {
    let (status, again, todo) = match code {
        ErrorCode::SyntaxError => ("400", Again::Mended, "Mend the document: `errors[0].locations` names line and column."),
        ErrorCode::ValidationFailed => (
            "400",
            Again::Mended,
            "Hold the document against `schema.graphql` of this server, best in your build: the message names the field or argument that does not fit. A document that worked before and fails now uses something that was deprecated and is gone, or is larger than the bounds.",
        ),
        ErrorCode::DocumentNotTrusted => (
            "400",
            Again::Mended,
            "Your application asks registered documents alone. Register this one with `trustedDocumentsRegister`, or ask one that is registered.",
        ),
        ErrorCode::PersistedQueryNotFound => (
            "400",
            Again::Mended,
            "Send the text of the document in the place of its hash, or register it first: nothing is registered by asking.",
        ),
        ErrorCode::BadUserInput => (
            "400",
            Again::Mended,
            "The message names the variable, `extensions.field` the argument. In a list: exactly one of `first` and `last`, 1 to 100. One that is seen only while the question is executed comes with 200, beside `data`.",
        ),
        ErrorCode::InvalidCursor => (
            "400",
            Again::Mended,
            "A cursor belongs to one list with one filter and one order. Begin the list anew. In the feed of changes: begin again with `changesHead`.",
        ),
        ErrorCode::CursorExpired => (
            "400",
            Again::Mended,
            "The feed keeps 13 months. Take `changesHead`, list what you keep a copy of, then follow from that head.",
        ),
        ErrorCode::RangeNotAllowed => (
            "",
            Again::Mended,
            "Ask for a month, a quarter or a year. With `providerId` or `centreId` of your own any days are allowed.",
        ),
        ErrorCode::TooManyDimensions => (
            "",
            Again::Mended,
            "Divide by a place and one dimension of persons at the most; your own figures by three dimensions.",
        ),
        ErrorCode::PurposeRequired => (
            "",
            Again::Mended,
            "Send the header `Mistok-Purpose` with one word of `AccessPurpose`, such as CASE_WORK. The reading is written down with it.",
        ),
        ErrorCode::Unauthenticated => (
            "401",
            Again::Mended,
            "Take a new token at /oauth/token, and ask once more with it. A second 401 with a fresh token means that the application was revoked: tell the operator.",
        ),
        ErrorCode::ReadOnly => (
            "421",
            Again::Mended,
            "You ask a read replica, which answers queries without `Mistok-Purpose` alone. Send mutations, subscriptions, readings of personal data and `POST /oauth/token` to the primary, whose address is `MISTOK_ISSUER`; its tokens open the replica too.",
        ),
        ErrorCode::Forbidden => (
            "403",
            Again::No,
            "`extensions.scope` names the right that your application lacks. Whoever manages applications in your organisation can grant it, as far as this kind of organisation may hold it.",
        ),
        ErrorCode::RateLimited => (
            "429",
            Again::Later,
            "Wait for `Retry-After` seconds (the same number is in `extensions.retryAfter`). Nothing was executed. Ask for shorter pages, and follow `changes` in the place of listing again.",
        ),
        ErrorCode::QueryTooComplex => (
            "400, or 413 for a document that is too large",
            Again::Mended,
            "Ask for a shorter page, or for fewer lists within lists: `extensions.cost` and `extensions.limit` say by how much.",
        ),
        ErrorCode::Timeout => (
            "503",
            Again::Later,
            "Ask again, for less: a shorter page or a shorter time. A mutation with the same `idempotencyKey`: it may have been done.",
        ),
        ErrorCode::Unavailable => (
            "503",
            Again::Later,
            "Make the same call again, each time after twice as long. A mutation with the same `idempotencyKey`: it may have been done.",
        ),
        ErrorCode::Internal => (
            "500",
            Again::Once,
            "Tell the operator `extensions.requestId`: the cause stands in the server's log under it, and nowhere else.",
        ),
    };
    Advice { status, again, todo }
}

/// Of a broken rule: it is data, so that the status is 200.
pub fn of_rule(code: UserErrorCode) -> Advice {
    let (again, todo) = match code {
        UserErrorCode::Invalid => (Again::Mended, "`path` names the place in the input, the message says what fits there."),
        UserErrorCode::NotFound => (
            Again::No,
            "Look whether the id is of the right kind and from this server. What is a stranger's is told by the same words as what does not exist.",
        ),
        UserErrorCode::VersionConflict => (
            Again::Mended,
            "Read the object again, look at what has changed, decide anew, and send the `version` that you have read now, with a new `idempotencyKey`. Never repeat blindly: somebody else has decided meanwhile.",
        ),
        UserErrorCode::IdempotencyKeyReused => (
            Again::Mended,
            "A fault of the client: one key stands for one intention. Make a new key where the input is another; keep key and input together until the answer is there.",
        ),
        UserErrorCode::Duplicate => {
            (Again::No, "Find what exists already, and go on with it; `path` names what is not unique.")
        }
        UserErrorCode::LimitExceeded => {
            (Again::Mended, "Send fewer in one call, or end others first: the message names the bound.")
        }
        UserErrorCode::TransitionNotAllowed => (
            Again::No,
            "Read the object: where it has `allowedActions`, they say what you may do with it now. Somebody else may have been faster.",
        ),
        UserErrorCode::ReasonRequired => (Again::Mended, "Give the reason in the field that `path` names."),
        UserErrorCode::ReasonNotAllowed => {
            (Again::Mended, "Choose a reason that belongs to this step: the description of the field names them.")
        }
        UserErrorCode::RecordFrozen => {
            (Again::No, "What was decided stays. Where the trade allows it, record a correction or an amendment.")
        }
        UserErrorCode::NoMemorandum => (
            Again::No,
            "Look at `candidates` of the payload, or ask `referralCandidates`: who could take the person. To send to this receiver, a memorandum of a centre must name both.",
        ),
        UserErrorCode::MemorandumNotInForce => (
            Again::No,
            "Ask `memorandum`: its `status` and its days say whether it begins later, is suspended or has ended. `candidates` names others.",
        ),
        UserErrorCode::NotASignedParty => (
            Again::No,
            "The one who lacks signs by `memorandumSign`; who has left must be invited again. `candidates` names others.",
        ),
        UserErrorCode::ServiceNotCovered => {
            (Again::No, "Choose another receiver from `candidates`; `coverageGaps` shows a provider what no memorandum covers.")
        }
        UserErrorCode::TerritoryNotCovered => {
            (Again::No, "Choose a receiver from `candidates` whose memorandum covers the person's hromada.")
        }
        UserErrorCode::ServiceNotOffered => {
            (Again::No, "Choose another receiver from `candidates`. A receiver says what it gives by `offeringUpdate`.")
        }
        UserErrorCode::NoCapacity => (
            Again::Later,
            "It may pass: `retryable` is true. Choose another from `candidates`, or try again when the receiver's offering has changed (OFFERING_CHANGED in the feed). An EMERGENCY goes nevertheless.",
        ),
        UserErrorCode::OrganizationInactive => {
            (Again::No, "The organisation has ceased its work: choose another from `candidates`.")
        }
        UserErrorCode::ConsentRequired => (
            Again::Mended,
            "Record the consent by `consentGive` and name it in `consentId`, or name another legal basis where the law gives one.",
        ),
        UserErrorCode::ConsentForAnotherReceiver => {
            (Again::Mended, "Ask the person for a consent that names this receiver: one consent is for one receiver.")
        }
        UserErrorCode::ConsentExpired => (Again::Mended, "Ask the person anew and record it by `consentGive`."),
        UserErrorCode::ConsentWithdrawn => {
            (Again::No, "The person does not want it. A new consent is the person's own decision.")
        }
        UserErrorCode::OnwardNotAllowed => {
            (Again::No, "Complete or decline the referral, so that its sender can send the person elsewhere.")
        }
        UserErrorCode::LegalBasisNotAllowed => (
            Again::Mended,
            "LAW_NOTIFICATION needs a receiver that is an authority of the person's territory, VITAL_INTEREST urgency EMERGENCY and the safety flag; both an act, an article and a justification. Otherwise a consent is needed.",
        ),
        UserErrorCode::RefusalForbidden => (
            Again::No,
            "Under a safety flag (threat to life or health, violence) the case is taken; lowering the flag needs a reason and is recorded.",
        ),
        UserErrorCode::AssessmentRequired => (Again::Mended, "Record the assessment by `caseAssess` first."),
        UserErrorCode::AmountExceedsContract => (
            Again::Mended,
            "Ask `contract` for what is in force and what is left of it. More needs an amendment (`contractAmend`).",
        ),
        UserErrorCode::AmountBelowPaid => {
            (Again::Mended, "Leave at least what was accepted or paid, and each tranche that is approved or paid as it stands.")
        }
        UserErrorCode::LinesDoNotAddUp => (Again::Mended, "The sum of the lines must be the amount, to the kopiyka."),
        UserErrorCode::OutsideContractTerm => (Again::Mended, "Choose a month or day within the term that is in force."),
        UserErrorCode::ContractNotActive => (
            Again::No,
            "The funder activates or resumes the contract. After its end only what was done before is claimed and paid.",
        ),
        UserErrorCode::ActExistsForMonth => (Again::No, "Go on with the act of that month: read it by `contract`."),
        UserErrorCode::SeparationOfDuties => (
            Again::No,
            "An application of the other side decides: nobody accepts or pays what the same organisation has submitted.",
        ),
        UserErrorCode::ScopeNotAllowed => {
            (Again::Mended, "Name scopes that this kind of organisation may hold, and that you hold yourself.")
        }
    };
    Advice { status: "200", again, todo }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::Refusal,
        http::{accept::Media, answer::To},
    };

    #[test]
    fn advice_to_try_again_is_what_the_api_says() {
        for code in UserErrorCode::ALL {
            let advice = of_rule(*code);
            assert_eq!(advice.again == Again::Later, Refusal::new(*code, "", "").retryable(), "{code}");
        }
    }

    #[test]
    fn statuses_are_those_of_answers() {
        for code in ErrorCode::ALL {
            let told = of(*code).status;
            let status = To { media: Media::Response, request_id: "" }.status(Some(*code));
            assert!(told.is_empty() || told.starts_with(status.as_str()), "{code}: {told} and {status}");
        }
    }
}
