//! All integration tests, as one program with one PostgreSQL.
#![allow(clippy::unwrap_used)]

mod application;
mod architecture;
mod case;
mod command;
mod embedded;
mod http;
mod operation;
mod readme;
mod referral;
mod registry;
mod schema_details;
mod schema_source;
mod sdl;
mod served;
mod stage;
mod town;
mod work;
