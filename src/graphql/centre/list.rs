//! Lists of centres that others have: those of all owners of one answer are read together.

use super::object::{Centre, CentreConnection};
use crate::{
    base::page::{Ask, Window},
    centre::{model as row, store},
    graphql::{
        loaders::{Loader, Loaders, grouped, list, load},
        sight,
    },
    organization::model::Key,
};
use async_graphql::{Context, Result};
use std::{collections::HashMap, mem::discriminant};

/// A page of the centres of an owner; the pages of all owners of one answer are read together.
pub async fn of_owner(ctx: &Context<'_>, of: row::Of, ask: &Ask) -> Result<CentreConnection> {
    let window = Window::<Key>::of(ask, &format!("centres of {of:?}"))?;
    let rows = list(ctx, CentresOf(of.clone(), window.clone().over_any())).await?;
    let count = match sight::counted(ctx) {
        true => load(ctx, CountOf(of)).await?,
        false => None,
    };
    Ok(CentreConnection::of(window.cut(rows), count, |row| window.cursor(&row.key()), |row| Centre::from(&row)))
}

/// A page of the centres of an owner: rows in reading direction, one more than asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CentresOf(row::Of, Window<Key>);

impl Loader<CentresOf> for Loaders {
    type Value = Vec<row::Centre>;

    /// One statement for all owners of one sort whose windows are the same.
    async fn load(&self, keys: &[CentresOf]) -> Result<HashMap<CentresOf, Vec<row::Centre>>> {
        let reading = self.session.reading().await?;
        let mut pages = HashMap::new();
        for alike in grouped(keys.to_vec(), |key| (discriminant(&key.0), key.1.clone())).into_values() {
            let CentresOf(of, window) = alike[0].clone();
            let owners: HashMap<String, &CentresOf> = alike.iter().map(|key| (key.0.owner(), key)).collect();
            let listed = store::pages(reading.link(), &of, owners.keys().cloned().collect(), &window).await?;
            for (owner, rows) in grouped(listed, |listed| listed.owner.clone()) {
                if let Some(key) = owners.get(&owner) {
                    pages.insert((*key).clone(), rows.into_iter().map(|listed| listed.row).collect());
                }
            }
        }
        Ok(pages)
    }
}

/// How many centres an owner has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CountOf(row::Of);

impl Loader<CountOf> for Loaders {
    type Value = i64;

    async fn load(&self, keys: &[CountOf]) -> Result<HashMap<CountOf, i64>> {
        let reading = self.session.reading().await?;
        let mut counts = HashMap::new();
        for alike in grouped(keys.to_vec(), |key| discriminant(&key.0)).into_values() {
            let owners: HashMap<String, &CountOf> = alike.iter().map(|key| (key.0.owner(), key)).collect();
            let counted = store::counts(reading.link(), &alike[0].0, owners.keys().cloned().collect()).await?;
            counts.extend(counted.into_iter().filter_map(|row| Some(((*owners.get(&row.owner)?).clone(), row.count))));
        }
        Ok(counts)
    }
}
