//! What referrals load in batches.

use crate::{
    case::model::Case,
    graphql::loaders::{grouped, keyed},
    referral::{
        behind::{self, Behind},
        clock_store,
        model::{self, Parts},
        store,
    },
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use uuid::Uuid;

loader! {
    /// A referral by its id.
    ReferralById(Uuid) -> Arc<model::Referral>,
    |_loaders, reading, keys| keyed(store::find(reading.link(), &keys).await?, |row| row.id)
}

loader! {
    /// What is behind a referral, as far as the second wall lets the caller look, with some parts of what is sealed about its subject.
    BehindOf((Uuid, Parts)) -> Arc<Behind>, |loaders, reading, keys| {
        let referrals: BTreeSet<Uuid> = keys.iter().map(|(id, _)| *id).collect();
        let parts = keys.iter().map(|(_, parts)| *parts).collect();
        let found = behind::find(reading.link(), loaders.session.seal(), &Vec::from_iter(referrals), parts).await?;
        let found: HashMap<Uuid, Arc<Behind>> = found.into_iter().map(|(id, behind)| (id, Arc::new(behind))).collect();
        keys.into_iter().filter_map(|key| Some((key, found.get(&key.0)?.clone()))).collect::<HashMap<_, _>>()
    }
}

loader! {
    /// What of the sender's case goes along.
    SharedCaseOf(Uuid) -> behind::SharedCase, |_loaders, reading, keys| {
        behind::cases(reading.link(), &keys).await?.into_iter().map(|row| (row.referral_id, row)).collect()
    }
}

loader! {
    /// What the sender has done for the person.
    SharedServicesOf(Uuid) -> Vec<behind::SharedService>, |_loaders, reading, keys| {
        grouped(behind::services(reading.link(), &keys).await?, |row| row.referral_id)
    }
}

loader! {
    /// The shared history of a referral.
    EventsOf(Uuid) -> Vec<model::Event>, |_loaders, reading, keys| {
        grouped(store::events(reading.link(), &keys).await?, |row| row.referral_id)
    }
}

loader! {
    /// The clocks of a referral.
    ClocksOf(Uuid) -> Vec<model::ReferralClock>, |_loaders, reading, keys| {
        grouped(clock_store::find(reading.link(), &keys).await?, |row| row.referral_id)
    }
}

loader! {
    /// Onward referrals of a referral.
    ChildrenOf(Uuid) -> Vec<model::Referral>, |_loaders, reading, keys| {
        let rows = store::children(reading.link(), &keys).await?;
        grouped(rows, |row| row.parent_id.unwrap_or_default())
    }
}

loader! {
    /// The receiver's own case of a referral.
    OwnCaseOf(Uuid) -> Case, |_loaders, reading, keys| {
        let rows = store::own_cases(reading.link(), &keys).await?;
        rows.into_iter().map(|row| (row.referral_id.unwrap_or_default(), row)).collect()
    }
}
