//! What memoranda load in batches.

use crate::{
    graphql::loaders::{Loader, Loaders, grouped, keyed},
    memorandum::{model as row, store},
};
use async_graphql::Result;
use chrono::NaiveDate;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

loader! {
    /// A memorandum by its id.
    MemorandumById(Uuid) -> Arc<row::Memorandum>,
    |_loaders, reading, ids| keyed(store::find(reading.link(), &ids).await?, |row| row.id)
}

loader! {
    /// Its parties, the provider first.
    PartiesOf(Uuid) -> Vec<row::Party>,
    |_loaders, reading, ids| grouped(store::parties(reading.link(), &ids).await?, |row| row.memorandum_id)
}

loader! {
    /// What it covers.
    CoverageOf(Uuid) -> Vec<row::Coverage>,
    |_loaders, reading, ids| grouped(store::coverage(reading.link(), &ids).await?, |row| row.memorandum_id)
}

loader! {
    /// What has happened to it.
    EventsOf(Uuid) -> Vec<row::Event>,
    |_loaders, reading, ids| grouped(store::events(reading.link(), &ids).await?, |row| row.memorandum_id)
}

loader! {
    /// Its status, day after day.
    SpansOf(Uuid) -> Vec<row::Span>,
    |_loaders, reading, ids| grouped(store::spans(reading.link(), &ids).await?, |row| row.memorandum_id)
}

/// How many partners a centre has on a day.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PartnersOf(pub Uuid, pub NaiveDate);

impl Loader<PartnersOf> for Loaders {
    type Value = i64;

    /// One statement for all centres of one day.
    async fn load(&self, keys: &[PartnersOf]) -> Result<HashMap<PartnersOf, i64>> {
        let reading = self.session.reading().await?;
        let mut counts = HashMap::new();
        for (day, alike) in grouped(keys.to_vec(), |key| key.1) {
            let centres: Vec<Uuid> = alike.iter().map(|key| key.0).collect();
            let counted = store::partner_counts(reading.link(), &centres, day).await?;
            counts.extend(counted.into_iter().map(|row| (PartnersOf(row.centre_id, day), row.count)));
        }
        Ok(counts)
    }
}
