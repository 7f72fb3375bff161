//! Loaders live for one request and wait for nobody: the library's default of 1 ms would be the slowest part of a
//! small question. Each slice's file says what its keys load.

use super::context::Session;
use crate::base::Error;
use async_graphql::{
    Context,
    dataloader::{DataLoader, Loader},
};
use std::{collections::HashMap, fmt, hash::Hash, sync::Arc, time::Duration};

/// The loaders of one request; implement `Loader<Key>` for it, one key type for each question.
pub struct Loaders {
    pub session: Arc<Session>,
}

/// All of them, for the data of a request.
pub fn of(session: &Arc<Session>) -> DataLoader<Loaders> {
    DataLoader::new(Loaders { session: session.clone() }, tokio::spawn).delay(Duration::ZERO)
}

/// Asks for one key; all that are asked for at once go in one statement.
pub async fn load<K>(ctx: &Context<'_>, key: K) -> async_graphql::Result<Option<<Loaders as Loader<K>>::Value>>
where
    K: Send + Sync + Hash + Eq + Clone + fmt::Debug + 'static,
    Loaders: Loader<K, Error = async_graphql::Error>,
{
    ctx.data_unchecked::<DataLoader<Loaders>>().load_one(key).await
}

/// Asks for one key whose value is a list; nothing found is an empty list.
pub async fn list<K, V>(ctx: &Context<'_>, key: K) -> async_graphql::Result<Vec<V>>
where
    K: Send + Sync + Hash + Eq + Clone + fmt::Debug + 'static,
    V: Send + Sync + Clone + 'static,
    Loaders: Loader<K, Value = Vec<V>, Error = async_graphql::Error>,
{
    Ok(load(ctx, key).await?.unwrap_or_default())
}

/// Rows grouped by the key that asked for them.
pub fn grouped<K: Hash + Eq, V>(rows: Vec<V>, key: impl Fn(&V) -> K) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}

/// Rows that are found by a key of their own.
pub fn keyed<K: Hash + Eq, V>(rows: Vec<V>, key: impl Fn(&V) -> K) -> HashMap<K, Arc<V>> {
    rows.into_iter().map(|row| (key(&row), Arc::new(row))).collect()
}

/// A row to which another one points: rows of the registry are never deleted, and everyone may see them.
pub fn present<T>(row: Option<T>) -> async_graphql::Result<T> {
    row.ok_or_else(|| Error::internal("a row points to another one that is not there").into())
}

/// Declares a key and how its rows are loaded: a store's batch read over the request's reading.
#[macro_export]
macro_rules! loader {
    ($(#[$about:meta])* $key:ident($inner:ty) -> $value:ty, |$loaders:ident, $reading:ident, $keys:ident| $load:expr) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $key(pub $inner);

        impl async_graphql::dataloader::Loader<$key> for $crate::graphql::loaders::Loaders {
            type Value = $value;
            type Error = async_graphql::Error;

            async fn load(&self, keys: &[$key]) -> async_graphql::Result<std::collections::HashMap<$key, $value>> {
                let $loaders = self;
                let $reading = self.session.reading().await?;
                let $keys: Vec<$inner> = keys.iter().map(|key| key.0.clone()).collect();
                let found: std::collections::HashMap<$inner, $value> = $load;
                Ok(found.into_iter().map(|(key, value)| ($key(key), value)).collect())
            }
        }
    };
}
