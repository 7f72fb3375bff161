//! What can go wrong, said once: a closed list that knows no transport.
//!
//! A broken rule of the trade is a [`Refusal`]: data for the caller, with a code and the path of the input that it is
//! about. Everything else ends the whole question. Causes of faults have no `Display`: they reach the log and nobody else.

use super::Message;

words! {
    /// Why a mutation was refused: `code` of a `UserError`. Clients need a default branch for codes to come.
    UserErrorCode {
        /// The value is malformed, out of its range or contradicts another one (неправильне значення).
        Invalid = "INVALID",
        /// No such object, or none that the caller may know of (не знайдено).
        NotFound = "NOT_FOUND",
        /// The object has changed since it was read: read it again and decide anew (конфлікт версій).
        VersionConflict = "VERSION_CONFLICT",
        /// The idempotency key was used before with another input (ключ уже використано).
        IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED",
        /// The same thing exists already (дублікат).
        Duplicate = "DUPLICATE",
        /// More than is allowed in one call or for one organisation (перевищено межу).
        LimitExceeded = "LIMIT_EXCEEDED",
        /// The state of the object does not allow this step (перехід неможливий).
        TransitionNotAllowed = "TRANSITION_NOT_ALLOWED",
        /// The step needs a reason (потрібна причина).
        ReasonRequired = "REASON_REQUIRED",
        /// The reason does not belong to this step (причина не підходить).
        ReasonNotAllowed = "REASON_NOT_ALLOWED",
        /// The record can no longer be changed (запис зафіксовано).
        RecordFrozen = "RECORD_FROZEN",
        /// Between sender and receiver there is no memorandum that would allow it (немає меморандуму).
        NoMemorandum = "NO_MEMORANDUM",
        /// The memorandum is not in force today: not yet, no more, or suspended (меморандум не чинний).
        MemorandumNotInForce = "MEMORANDUM_NOT_IN_FORCE",
        /// One of the two has not signed the memorandum, or has left it (сторона не підписала меморандум).
        NotASignedParty = "NOT_A_SIGNED_PARTY",
        /// The memorandum does not cover the service (меморандум не охоплює послугу).
        ServiceNotCovered = "SERVICE_NOT_COVERED",
        /// The memorandum does not cover the person's hromada (меморандум не охоплює громаду).
        TerritoryNotCovered = "TERRITORY_NOT_COVERED",
        /// The organisation does not offer the service (послуга не надається).
        ServiceNotOffered = "SERVICE_NOT_OFFERED",
        /// The organisation says that it cannot take anyone now (немає місць).
        NoCapacity = "NO_CAPACITY",
        /// The organisation has ceased its work (організація не діє).
        OrganizationInactive = "ORGANIZATION_INACTIVE",
        /// A referral on the ground of consent needs an active one (потрібна згода).
        ConsentRequired = "CONSENT_REQUIRED",
        /// The consent names another receiver (згода для іншого отримувача).
        ConsentForAnotherReceiver = "CONSENT_FOR_ANOTHER_RECEIVER",
        /// The consent has ended (строк згоди минув).
        ConsentExpired = "CONSENT_EXPIRED",
        /// The person has withdrawn the consent (згоду відкликано).
        ConsentWithdrawn = "CONSENT_WITHDRAWN",
        /// The memorandum under which the person came does not allow to send the person onward (далі скеровувати не дозволено).
        OnwardNotAllowed = "ONWARD_NOT_ALLOWED",
        /// The legal basis does not fit this sender, receiver or situation (правова підстава не підходить).
        LegalBasisNotAllowed = "LEGAL_BASIS_NOT_ALLOWED",
        /// Service may not be refused under a safety flag (відмова заборонена).
        RefusalForbidden = "REFUSAL_FORBIDDEN",
        /// Needs must be assessed first (потрібна оцінка потреб).
        AssessmentRequired = "ASSESSMENT_REQUIRED",
        /// More than the contract has: accepted, paid or planned in tranches (перевищено суму договору).
        AmountExceedsContract = "AMOUNT_EXCEEDS_CONTRACT",
        /// Less than what was accepted or paid already (сума менша за сплачену).
        AmountBelowPaid = "AMOUNT_BELOW_PAID",
        /// The lines do not add up to the amount that they must have (рядки не дають суми).
        LinesDoNotAddUp = "LINES_DO_NOT_ADD_UP",
        /// The month or day lies outside the term of the contract (поза строком договору).
        OutsideContractTerm = "OUTSIDE_CONTRACT_TERM",
        /// The contract is not active: not yet, suspended, or no more (договір не діє).
        ContractNotActive = "CONTRACT_NOT_ACTIVE",
        /// There is an act for this month already (акт за місяць уже є).
        ActExistsForMonth = "ACT_EXISTS_FOR_MONTH",
        /// Nobody decides on what the same organisation has submitted, nor pays itself (розмежування обов'язків).
        SeparationOfDuties = "SEPARATION_OF_DUTIES",
        /// The scope is not one that this application or this kind of organisation may hold (право недоступне).
        ScopeNotAllowed = "SCOPE_NOT_ALLOWED",
    }
}

words! {
    /// `extensions.code` of top-level errors: the question as a whole was not answered.
    ErrorCode {
        /// The document is not GraphQL (синтаксична помилка).
        SyntaxError = "SYNTAX_ERROR",
        /// The document does not fit the schema or is larger than allowed (документ не відповідає схемі).
        ValidationFailed = "VALIDATION_FAILED",
        /// Your application may ask registered documents alone, and this is none (документ не зареєстровано).
        DocumentNotTrusted = "DOCUMENT_NOT_TRUSTED",
        /// No document is registered under this hash: send its text (документ за хешем не знайдено).
        PersistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND",
        /// A variable or an argument has a wrong value (неправильне значення).
        BadUserInput = "BAD_USER_INPUT",
        /// The cursor is not one of this list with this filter and order (чужий курсор).
        InvalidCursor = "INVALID_CURSOR",
        /// The cursor is older than what the feed keeps: list anew, then follow from `changesHead` (курсор застарів).
        CursorExpired = "CURSOR_EXPIRED",
        /// Figures about people of others exist for months, quarters and years alone (довільний період недоступний).
        RangeNotAllowed = "RANGE_NOT_ALLOWED",
        /// Figures are divided by fewer dimensions at a time, above all by those that divide people (забагато розрізів).
        TooManyDimensions = "TOO_MANY_DIMENSIONS",
        /// Personal data was asked for without a purpose: send the header Mistok-Purpose (потрібна мета доступу).
        PurposeRequired = "PURPOSE_REQUIRED",
        /// No valid access token (потрібна автентифікація).
        Unauthenticated = "UNAUTHENTICATED",
        /// The token lacks a scope; `extensions.scope` names it (бракує права).
        Forbidden = "FORBIDDEN",
        /// A read replica writes nothing: ask the primary (лише для читання).
        ReadOnly = "READ_ONLY",
        /// Too many requests: wait for `Retry-After` (забагато запитів).
        RateLimited = "RATE_LIMITED",
        /// The document asks for more than one request may (запит завеликий).
        QueryTooComplex = "QUERY_TOO_COMPLEX",
        /// The answer took too long (час вичерпано).
        Timeout = "TIMEOUT",
        /// The server cannot answer now; trying again may help (сервіс недоступний).
        Unavailable = "UNAVAILABLE",
        /// A fault of the server; `extensions.requestId` helps the operator to find it (внутрішня помилка).
        Internal = "INTERNAL",
    }
}

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One broken rule: what, where in the input, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Refusal {
    pub code: UserErrorCode,
    /// Where in the input, without the leading `input`: `["rows", "3", "quantity"]`.
    pub path: Vec<String>,
    pub message: Message,
}

impl Refusal {
    /// `field` may be dotted: `person.phone`.
    pub fn new(code: UserErrorCode, field: &str, message: impl Into<Message>) -> Self {
        let path = field.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Self { code, path, message: message.into() }
    }

    pub fn invalid(field: &str, message: impl Into<Message>) -> Self {
        Self::new(UserErrorCode::Invalid, field, message)
    }

    /// The same about a part of the input: `rows.3` before `quantity`.
    #[must_use]
    pub fn within(mut self, part: &str) -> Self {
        self.path.splice(0..0, part.split('.').map(str::to_owned));
        self
    }

    /// Whether the same call may succeed later without any change of its input.
    pub fn retryable(&self) -> bool {
        matches!(self.code, UserErrorCode::NoCapacity)
    }
}

/// The cause of a fault, for the log alone: it has no `Display`, so it cannot slip into an answer.
#[derive(Debug)]
pub struct Cause(pub Box<dyn std::error::Error + Send + Sync>);

/// Everything that can go wrong behind a question.
#[derive(Debug)]
pub enum Error {
    /// Nobody, or a token that is not valid.
    Unauthenticated,
    /// The caller lacks this scope.
    Denied { scope: &'static str },
    /// Rules of the trade are broken; nothing was written.
    Refused(Vec<Refusal>),
    /// The question itself is wrong: an argument out of its range, a cursor of another list.
    Question { code: ErrorCode, field: &'static str, message: String },
    /// Too many requests; try again after so many seconds.
    Limited { retry_after: u64 },
    /// The database or another part does not answer.
    Unavailable(Cause),
    /// A fault of ours.
    Internal(Cause),
}

impl Error {
    pub fn refused(code: UserErrorCode, field: &str, message: impl Into<Message>) -> Self {
        Self::Refused(vec![Refusal::new(code, field, message)])
    }

    pub fn invalid(field: &str, message: impl Into<Message>) -> Self {
        Self::Refused(vec![Refusal::invalid(field, message)])
    }

    /// The same words for what does not exist and for what is a stranger's.
    pub fn not_found(field: &str) -> Self {
        Self::refused(UserErrorCode::NotFound, field, "There is no such object, or none that you may know of.")
    }

    /// Somebody else was faster.
    pub fn conflict() -> Self {
        Self::refused(
            UserErrorCode::VersionConflict,
            "expectedVersion",
            "The object has changed since you read it. Read it again, then decide anew.",
        )
    }

    pub fn question(code: ErrorCode, field: &'static str, message: impl Into<String>) -> Self {
        Self::Question { code, field, message: message.into() }
    }

    /// A fault with its cause, for the log.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(Cause(cause.into()))
    }

    /// Something that may answer again later.
    pub fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(Cause(cause.into()))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

/// Collects refusals, so that a caller learns of all at once.
#[derive(Default, Debug)]
pub struct Refusals(Vec<Refusal>);

impl Refusals {
    /// Keeps the value or notes why there is none.
    pub fn take<T>(&mut self, result: Result<T, Refusal>) -> Option<T> {
        result.map_err(|refusal| self.0.push(refusal)).ok()
    }

    pub fn add(&mut self, refusal: Refusal) {
        self.0.push(refusal);
    }

    /// What was noted.
    pub fn noted(self) -> Vec<Refusal> {
        self.0
    }

    /// Fails when anything was noted.
    pub fn end(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Refused(self.0)) }
    }
}
