//! What cases load in batches.

use crate::{
    case::{
        model,
        sealed::{self, Dossier},
        store,
    },
    graphql::loaders::grouped,
};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

loader! {
    /// A case by its id.
    CaseOf(Uuid) -> model::Case, |_loaders, reading, keys| {
        store::find(reading.link(), &keys).await?.into_iter().map(|row| (row.id, row)).collect()
    }
}

loader! {
    /// A consent by its id.
    ConsentById(Uuid) -> model::Consent, |_loaders, reading, keys| {
        store::find_consents(reading.link(), &keys).await?.into_iter().map(|row| (row.id, row)).collect()
    }
}

loader! {
    /// What is sealed about one's own person.
    DossierOf(Uuid) -> Arc<Dossier>, |loaders, reading, keys| {
        let found = sealed::of_persons(reading.link(), loaders.session.seal(), &keys).await?;
        found.into_iter().map(|(id, dossier)| (id, Arc::new(dossier))).collect::<HashMap<_, _>>()
    }
}

loader! {
    /// The history of a case.
    EventsOf(Uuid) -> Vec<model::Event>, |_loaders, reading, keys| {
        grouped(store::events(reading.link(), &keys).await?, |row| row.case_id)
    }
}

loader! {
    /// The assessments of a case.
    AssessmentsOf(Uuid) -> Vec<model::Assessment>, |_loaders, reading, keys| {
        grouped(store::assessments(reading.link(), &keys).await?, |row| row.case_id)
    }
}

loader! {
    /// The plan of a case.
    GoalsOf(Uuid) -> Vec<model::Goal>, |_loaders, reading, keys| {
        grouped(store::goals(reading.link(), &keys).await?, |row| row.case_id)
    }
}

loader! {
    /// The consents of a case.
    ConsentsOf(Uuid) -> Vec<model::Consent>, |_loaders, reading, keys| {
        grouped(store::consents(reading.link(), &keys).await?, |row| row.case_id)
    }
}
