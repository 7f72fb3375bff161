//! The only place that holds a connection. Three doors and nothing else: [`Db::read`], [`Db::begin`], [`Db::errand`].

pub mod bell;
pub mod door;
pub mod embedded;
pub mod fault;
pub mod inspect;
pub mod lease;
pub mod load;
pub mod measure;
pub mod migrate;
pub mod pool;
pub mod roles;
pub mod sql;
pub mod standby;
pub mod vault;
#[rustfmt::skip]
pub mod schema;

pub use door::{Db, Errand, Reading, Tx};

/// What a store's function asks through. Reads take `mut link: &Link` and say `.load(&mut link)`.
pub type Link = diesel_async::AsyncPgConnection;
