//! The journal: append-only, in the transaction of the change. `change` is the feed and the audit of writes, `access`
//! the audit of reads of personal data, `feed` how changes are read in their order, `idempotency` what makes a retry harmless,
//! `proof` by which all of it can be checked.

pub mod access;
pub mod audit;
pub mod change;
pub mod feed;
pub mod idempotency;
pub mod news;
pub mod proof;

pub use change::{Audience, record};

use crate::access::{Scope, Scopes};

words! {
    /// Kinds of objects that the journal speaks of.
    ObjectType {
        /// Territory (територія).
        Territory = "TERRITORY",
        /// Organisation (організація).
        Organization = "ORGANIZATION",
        /// Offering (пропозиція послуги).
        Offering = "OFFERING",
        /// Centre (центр).
        Centre = "CENTRE",
        /// Application (застосунок).
        Application = "APPLICATION",
        /// Memorandum (меморандум).
        Memorandum = "MEMORANDUM",
        /// Case (випадок).
        Case = "CASE",
        /// Person (особа).
        Person = "PERSON",
        /// Consent (згода).
        Consent = "CONSENT",
        /// Referral (скерування).
        Referral = "REFERRAL",
        /// Release (випуск).
        Release = "RELEASE",
        /// Group (група).
        Group = "GROUP",
        /// One call that recorded services or activities (внесення).
        Recording = "RECORDING",
        /// Funding contract (договір).
        Contract = "CONTRACT",
        /// Act of services rendered (акт наданих послуг).
        Act = "ACT",
        /// Observation (показник за повідомленням джерела).
        Observation = "OBSERVATION",
        /// Webhook endpoint (адреса вебхука).
        WebhookEndpoint = "WEBHOOK_ENDPOINT",
    }
}

impl ObjectType {
    /// The scope without which nothing is told of such an object; none: the registry is open to every partner.
    pub const fn scope(self) -> Option<Scope> {
        match self {
            Self::Territory | Self::Organization | Self::Offering | Self::Centre => None,
            Self::Application => Some(Scope::ApplicationsManage),
            Self::Memorandum => Some(Scope::MemorandaRead),
            Self::Case | Self::Person | Self::Consent => Some(Scope::CasesRead),
            Self::Referral => Some(Scope::ReferralsRead),
            Self::Group | Self::Recording => Some(Scope::ServicesRead),
            Self::Release | Self::Observation => Some(Scope::AnalyticsRead),
            Self::Contract | Self::Act => Some(Scope::ContractsRead),
            Self::WebhookEndpoint => Some(Scope::WebhooksManage),
        }
    }

    /// Whether one who holds these scopes is told of such an object.
    pub fn is_told_to(self, scopes: Scopes) -> bool {
        self.scope().is_none_or(|scope| scopes.holds(scope))
    }

    /// All of which one is told who holds these scopes.
    pub fn told_to(scopes: Scopes) -> Vec<Self> {
        Self::ALL.iter().copied().filter(|object| object.is_told_to(scopes)).collect()
    }
}
