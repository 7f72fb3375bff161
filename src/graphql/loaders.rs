//! Loaders live for one request and wait for nobody but each other: all keys that are asked for at once go in one statement. Each slice's file
//! says what its keys load.
//!
//! The library's loader takes a batch when a timer rings, and its lists give way after every two items whose fields are resolved side by side:
//! a page of fifty went in twenty-five statements. Here a batch is taken when a turn of the request has passed in which nothing more was asked
//! for: whoever resolves fields has then had its turn, and waits. Polls are no measure of that: what holds a loader may ask it twice in one turn.

use super::context::Session;
use crate::base::Error;
use async_graphql::{Context, Result};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use std::{
    any::{Any, TypeId},
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What loaders read from.
#[derive(Clone)]
pub struct Loaders {
    pub session: Arc<Session>,
}

/// Loads the values of keys; a key without one is left out.
pub trait Loader<K> {
    type Value: Clone + Send + Sync + 'static;

    /// The value, where it was read before this request and cannot have changed.
    fn kept(&self, _key: &K) -> Option<Self::Value> {
        None
    }

    fn load(&self, keys: &[K]) -> impl Future<Output = Result<HashMap<K, Self::Value>>> + Send;
}

/// What is being asked for in a request: one batch for each kind of key.
pub struct Batches {
    loaders: Loaders,
    open: Mutex<HashMap<TypeId, Box<dyn Any + Send>>>,
}

/// Keys that wait until they are taken, and how often one was asked for.
type Waiting<K> = Arc<Mutex<Option<(HashSet<K>, usize)>>>;

/// What becomes of them, for all who wait.
type Loaded<K, V> = Shared<BoxFuture<'static, Result<Arc<HashMap<K, V>>>>>;

struct Batch<K, V> {
    waiting: Waiting<K>,
    /// Moved on by whoever waits for it; it holds no batch, so that a request that is given up leaves nothing behind.
    loaded: Loaded<K, V>,
}

/// All of them, for the data of a request.
pub fn of(session: &Arc<Session>) -> Batches {
    Batches { loaders: Loaders { session: session.clone() }, open: Mutex::default() }
}

/// Asks for one key; all that are asked for at once go in one statement.
pub async fn load<K>(ctx: &Context<'_>, key: K) -> Result<Option<<Loaders as Loader<K>>::Value>>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Loaders: Loader<K>,
{
    let batches = ctx.data_unchecked::<Batches>();
    if let Some(kept) = batches.loaders.kept(&key) {
        return Ok(Some(kept));
    }
    Ok(batches.join([key.clone()]).await?.get(&key).cloned())
}

/// Asks for all keys of a list at once; lists side by side ask together.
pub async fn all<K>(
    ctx: &Context<'_>,
    keys: impl IntoIterator<Item = K>,
) -> Result<Arc<HashMap<K, <Loaders as Loader<K>>::Value>>>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Loaders: Loader<K>,
{
    ctx.data_unchecked::<Batches>().join(keys).await
}

impl Batches {
    /// Adds keys to the batch that is open.
    fn join<K>(&self, more: impl IntoIterator<Item = K>) -> Loaded<K, <Loaders as Loader<K>>::Value>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Loaders: Loader<K>,
    {
        let mut open = held(&self.open);
        let of_kind = open.get(&TypeId::of::<K>()).and_then(|batch| batch.downcast_ref::<Batch<K, _>>());
        if let Some(Batch { waiting, loaded }) = of_kind
            && let Some((keys, asked)) = &mut *held(waiting)
        {
            keys.extend(more);
            *asked += 1;
            return loaded.clone();
        }
        let waiting: Waiting<K> = Arc::new(Mutex::new(Some((more.into_iter().collect(), 1))));
        let (loaders, taken) = (self.loaders.clone(), waiting.clone());
        let loaded =
            async move { loaders.load(&gathered(&loaders.session, &taken).await).await.map(Arc::new) }.boxed().shared();
        open.insert(TypeId::of::<K>(), Box::new(Batch { waiting, loaded: loaded.clone() }));
        loaded
    }
}

/// Takes the keys when nobody asks any more.
async fn gathered<K>(session: &Session, waiting: &Waiting<K>) -> Vec<K> {
    let (mut known, mut turn) = (0, session.turn());
    loop {
        let asked = held(waiting).as_ref().map_or(0, |(_, asked)| *asked);
        if asked == known && session.turn() != turn {
            return held(waiting).take().map(|(keys, _)| keys).into_iter().flatten().collect();
        }
        (known, turn) = (asked, session.turn());
        tokio::task::yield_now().await;
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks for one key whose value is a list; nothing found is an empty list.
pub async fn list<K, V>(ctx: &Context<'_>, key: K) -> Result<Vec<V>>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    V: Send + Sync + Clone + 'static,
    Loaders: Loader<K, Value = Vec<V>>,
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
pub fn present<T>(row: Option<T>) -> Result<T> {
    row.ok_or_else(|| Error::internal("a row points to another one that is not there").into())
}

/// Declares a key and how its rows are loaded: a store's batch read over the request's reading. Rows of reference data name where they are kept.
#[macro_export]
macro_rules! loader {
    ($(#[$about:meta])* $key:ident($inner:ty) -> $value:ty, $(kept in $shelf:ident,)? |$loaders:ident, $reading:ident, $keys:ident| $load:expr) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $key(pub $inner);

        impl $crate::graphql::loaders::Loader<$key> for $crate::graphql::loaders::Loaders {
            type Value = $value;

            $(fn kept(&self, key: &$key) -> Option<$value> {
                self.session.reference().$shelf.get(&key.0)
            })?

            async fn load(&self, keys: &[$key]) -> async_graphql::Result<std::collections::HashMap<$key, $value>> {
                let $loaders = self;
                let $reading = self.session.reading().await?;
                let $keys: Vec<$inner> = keys.iter().map(|key| key.0.clone()).collect();
                let found: std::collections::HashMap<$inner, $value> = $load;
                $(self.session.reference().$shelf.keep(found.iter().map(|(key, row)| (key.clone(), row.clone())));)?
                Ok(found.into_iter().map(|(key, value)| ($key(key), value)).collect())
            }
        }
    };
}
