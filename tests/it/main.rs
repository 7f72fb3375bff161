//! All integration tests, as one program with one PostgreSQL.
#![allow(clippy::unwrap_used)]

mod application;
mod architecture;
mod command;
mod embedded;
mod http;
mod referral;
mod registry;
mod schema_details;
mod schema_source;
mod served;
mod stage;
mod stranger;
mod town;
mod wall;
mod work;
