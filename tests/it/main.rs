//! All integration tests, as one program with one PostgreSQL.
#![allow(clippy::unwrap_used)]

mod activity;
mod application;
mod architecture;
mod capacity;
mod case;
mod clock;
mod command;
mod crash;
mod embedded;
mod figure;
mod http;
mod machine;
mod matrix;
mod memorandum;
mod operation;
mod plan;
mod policy;
mod race;
mod readme;
mod referral;
mod registry;
mod routing;
mod schema_details;
mod schema_source;
mod sdl;
mod served;
mod sharing;
mod sheet;
mod stage;
mod stranger;
mod town;
mod wall;
mod work;
