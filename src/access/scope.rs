//! OAuth scopes, and which kind of organisation may hold which.

use crate::base::words::organization::OrganizationKind;

macro_rules! scopes {
    ($($name:ident = $word:literal),+ $(,)?) => {
        /// One right of an application, as it stands in a token.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope { $($name),+ }

        impl Scope {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            pub fn of(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

scopes! {
    ReferralsRead = "referrals:read", ReferralsWrite = "referrals:write",
    CasesRead = "cases:read", CasesWrite = "cases:write",
    PersonsRead = "persons:read", PersonsWrite = "persons:write", PersonsErase = "persons:erase",
    ServicesRead = "services:read", ServicesWrite = "services:write",
    MemorandaRead = "memoranda:read", MemorandaWrite = "memoranda:write",
    OfferingsWrite = "offerings:write",
    ContractsRead = "contracts:read", ContractsWrite = "contracts:write", ContractsApprove = "contracts:approve",
    ActsWrite = "acts:write", PaymentsWrite = "payments:write",
    AnalyticsRead = "analytics:read",
    WebhooksManage = "webhooks:manage",
    ApplicationsManage = "applications:manage",
    AuditRead = "audit:read",
    RegistryWrite = "registry:write",
}

impl Scope {
    /// A write scope implies its read scope.
    const fn implies(self) -> Option<Self> {
        match self {
            Self::ReferralsWrite => Some(Self::ReferralsRead),
            Self::CasesWrite => Some(Self::CasesRead),
            Self::PersonsWrite | Self::PersonsErase => Some(Self::PersonsRead),
            Self::ServicesWrite => Some(Self::ServicesRead),
            Self::MemorandaWrite => Some(Self::MemorandaRead),
            Self::ContractsWrite | Self::ContractsApprove | Self::ActsWrite | Self::PaymentsWrite => Some(Self::ContractsRead),
            _ => None,
        }
    }
}

/// A set of scopes, closed under "write implies read".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u32);

impl Scopes {
    pub fn holds(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u32) != 0
    }

    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |scope| self.holds(*scope))
    }

    pub fn words(self) -> Vec<String> {
        self.iter().map(|scope| scope.word().to_owned()).collect()
    }

    /// Reads words; the first one that is no scope is the error.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        words.into_iter().map(|word| Scope::of(word).ok_or(word)).collect()
    }

    /// Everything that applications of this kind of organisation may hold (the table of the README).
    pub fn of_kind(kind: OrganizationKind) -> Self {
        use OrganizationKind as Kind;
        use Scope::*;
        let common = [AnalyticsRead, WebhooksManage, ApplicationsManage, AuditRead];
        let more: &[Scope] = match kind {
            Kind::Fund | Kind::FundBranch => &[ContractsRead, ContractsWrite, ContractsApprove, PaymentsWrite, MemorandaRead],
            Kind::Ministry => &[ContractsRead, MemorandaRead, RegistryWrite],
            Kind::OversightBody => &[ContractsRead, MemorandaRead],
            Kind::LocalAuthority
            | Kind::MunicipalInstitution
            | Kind::StateBody
            | Kind::Ngo
            | Kind::Charity
            | Kind::SoleProprietor
            | Kind::International
            | Kind::Business
            | Kind::Religious => &[
                ReferralsRead,
                ReferralsWrite,
                CasesRead,
                CasesWrite,
                PersonsRead,
                PersonsWrite,
                PersonsErase,
                ServicesRead,
                ServicesWrite,
                MemorandaRead,
                MemorandaWrite,
                OfferingsWrite,
                ContractsRead,
                ActsWrite,
            ],
        };
        let funder: &[Scope] = match kind {
            Kind::Charity | Kind::International | Kind::Business => &[ContractsWrite, ContractsApprove, PaymentsWrite],
            _ => &[],
        };
        common.iter().chain(more).chain(funder).copied().collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(
            scopes
                .into_iter()
                .fold(0, |set, scope| set | 1 << scope as u32 | scope.implies().map_or(0, |read| 1 << read as u32)),
        )
    }
}
