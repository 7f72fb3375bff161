//! Global ids: opaque outside, a kind and a key inside.

use crate::base::{Error, Result};
use async_graphql::ID;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

/// What a global id is of. The numbers are part of ids that partners keep: never change one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Territory = 1,
    Organization = 2,
    ServiceType = 3,
    Centre = 4,
    Application = 5,
    Case = 6,
    Consent = 7,
    Referral = 8,
    Assessment = 9,
    PlanGoal = 10,
    Memorandum = 11,
    ServiceDelivery = 12,
    Activity = 13,
    Group = 14,
    Observation = 16,
    Release = 17,
    FundingContract = 18,
    ServiceAct = 19,
    Tranche = 20,
    ContractLine = 21,
    Payment = 22,
    Amendment = 23,
    Offering = 24,
    Person = 25,
    Recording = 26,
    WebhookEndpoint = 27,
    WebhookDelivery = 28,
    /// Its ids are sealed, and longer: `audit::find` reads them.
    AuditEntry = 29,
}

impl Kind {
    const ALL: [Self; 27] = [
        Self::Territory,
        Self::Organization,
        Self::ServiceType,
        Self::Centre,
        Self::Application,
        Self::Case,
        Self::Consent,
        Self::Referral,
        Self::Assessment,
        Self::PlanGoal,
        Self::Memorandum,
        Self::ServiceDelivery,
        Self::Activity,
        Self::Group,
        Self::Observation,
        Self::Release,
        Self::FundingContract,
        Self::ServiceAct,
        Self::Tranche,
        Self::ContractLine,
        Self::Payment,
        Self::Amendment,
        Self::Offering,
        Self::Person,
        Self::Recording,
        Self::WebhookEndpoint,
        Self::WebhookDelivery,
    ];

    /// The global id of an object of this kind.
    pub fn id(self, key: Uuid) -> ID {
        let mut bytes = [0; 17];
        bytes[0] = self as u8;
        bytes[1..].copy_from_slice(key.as_bytes());
        ID(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The key within an id of this kind; an id of another kind, or none at all, is NOT_FOUND at the field.
    pub fn key(self, id: &ID, field: &str) -> Result<Uuid> {
        match open(id) {
            Some((kind, key)) if kind == self => Ok(key),
            _ => Err(Error::not_found(field)),
        }
    }

    /// The same, where nothing is asked for when nothing is given.
    pub fn maybe(self, id: Option<&ID>, field: &str) -> Result<Option<Uuid>> {
        id.map(|id| self.key(id, field)).transpose()
    }
}

/// Kind and key of a global id.
pub fn open(id: &ID) -> Option<(Kind, Uuid)> {
    let bytes = URL_SAFE_NO_PAD.decode(id.as_str()).ok()?;
    let (kind, key) = bytes.split_first()?;
    let kind = Kind::ALL.into_iter().find(|known| *known as u8 == *kind)?;
    Some((kind, Uuid::from_slice(key).ok()?))
}

/// Territories are keyed by their code: 17 digits fit into the lower half of a UUID.
pub fn territory_id(katottg: &str) -> ID {
    let digits = katottg.trim_start_matches("UA").parse::<u64>().unwrap_or_default();
    Kind::Territory.id(Uuid::from_u128(u128::from(digits)))
}

/// The code within the key of a territory's id.
pub fn katottg(key: Uuid) -> String {
    format!("UA{:017}", key.as_u128())
}
