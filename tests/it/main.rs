//! All integration tests, as one program with one PostgreSQL.
#![allow(clippy::unwrap_used)]
// As in the library: the whole schema is one type, and an optimised build looks to the ground of it.
#![recursion_limit = "256"]

mod activity;
mod application;
mod architecture;
mod attack;
mod audit;
mod capacity;
mod case;
mod clock;
mod command;
mod contract;
mod country;
mod crash;
mod disclosure;
mod embedded;
mod feed;
mod figure;
mod funding;
mod http;
mod indicator;
mod issuer;
mod limit;
mod machine;
mod matrix;
mod memorandum;
mod observation;
mod operation;
mod page;
mod plan;
mod policy;
mod proof;
mod race;
mod readme;
mod referral;
mod registry;
mod release;
mod routing;
mod schema_details;
mod schema_source;
mod sdl;
mod served;
mod sharing;
mod sheet;
mod stage;
mod standard;
mod stranger;
mod stream;
mod subject;
mod tally;
mod town;
mod trusted;
mod wall;
mod webhook;
mod work;
