//! Місток, a little bridge: the GraphQL API of Ukraine's resilience centres and their partners.
//!
//! The house, from the ground up. A room imports from floors below it alone, a slice only from slices before it; that, and
//! what may stand in which room, is a test (`tests/it/architecture.rs`).
//!
//! | room | what it is |
//! |---|---|
//! | [`base`] | errors, ids, words (one list for Rust, SQL and GraphQL), codes with check digits, periods, the clock, pages |
//! | [`config`] | settings, checked once at the start, all faults told together |
//! | [`telemetry`] | the log: ids, never personal data; figures about the server: not even ids |
//! | [`access`] | who asks: token, scopes, and the permit without which no store writes |
//! | [`seal`] | a key for each person, keyed hashes to find one again, pseudonyms |
//! | [`db`] | the only place that holds a connection: doors, roles, migrations, a PostgreSQL of one's own |
//! | [`journal`] | what changed and who may learn of it, who read whose data, proofs of both, keys of retries |
//! | [`territory`] | slice: regions, raions, hromadas (КАТОТТГ), and how far each hromada is in the project |
//! | [`service`] | slice: the classifier of services (види послуг) |
//! | [`organization`] | slice: providers, authorities, the Fund, the Ministry (організації) |
//! | [`centre`] | slice: resilience centres and their posts (центри життєстійкості) |
//! | [`offering`] | slice: who offers which service where, and takes people now (пропозиції) |
//! | [`application`] | slice: clients of the token endpoint, their secrets, public keys and scopes (застосунки) |
//! | [`memorandum`] | slice: memoranda between a centre's provider and its partners (меморандуми про співпрацю) |
//! | [`case`] | slice: cases, persons, consents, assessments, plans (випадок, особа, згода) |
//! | [`referral`] | slice: the shared status, to whom a person may go, what may be told (скерування) |
//! | [`activity`] | slice: services given, group sessions and events, courses (послуги, заходи, групи) |
//! | [`contract`] | slice: funding contracts, monthly acts, payments: money against work (договори про фінансування) |
//! | [`indicator`] | slice: figures, counted and reported, published so that nobody can be recognised (показники) |
//! | [`webhook`] | slice: endpoints of partners, and the changes on their way to them (вебхуки) |
//! | [`demo`] | the demonstration: organisations of published reports, invented people |
//! | [`graphql`] | the schema, the gate before it, loaders; one file or folder for each slice |
//! | [`sheet`] | tables for people with spreadsheets: import and export of rows of one's own (таблиці) |
//! | [`http`] | GraphQL over HTTP, the token endpoint, keys (those of foreign issuers too), health, pages: indicators, the explorer, the reference |
//! | [`work`] | what the server does by itself when a time has come |
//! | [`app`] | the one place where the parts are joined |
//! | [`command`] | what can be said on the command line; `main.rs` calls it and nothing else |
//!
//! How to add a verb, say `referralRemind`:
//!
//! 1. `base/words`: the new word, if it makes one (a state, a reason, a change); a test names the CHECK that must follow.
//! 2. `migrations/`: columns and constraints by the name of their law; grants for exactly these columns; the way back too.
//! 3. `referral/rules`: state and command in, the row as it will be or a refusal out. Pure, with its tests beside it.
//! 4. `referral/policy`: `may_…`, which gives the permit: which scope, whose step.
//! 5. `referral/store`: the write, which demands the permit and uses its row in WHERE.
//! 6. `referral/actions`: one function: load → may → rule → write → journal → commit.
//! 7. `graphql/referral`: an input of its own, the field with `@scope` and `@emits`, descriptions in both languages.
//! 8. `schema/operations`: the operation, its step in `walk.json`, its place in the explorer's menu (`http/explorer/operations`); the reference shows it.
//! 9. `tests/it/referral.rs`: the verb as both parties and a stranger see it.
//! 10. `MISTOK_UPDATE=1 cargo test` writes the SDL and the tables as diesel knows them anew: read the difference.
#![recursion_limit = "256"]

#[macro_use]
pub mod base;
pub mod access;
pub mod activity;
pub mod app;
pub mod application;
pub mod case;
pub mod centre;
pub mod command;
pub mod config;
pub mod contract;
pub mod db;
pub mod demo;
pub mod graphql;
pub mod http;
pub mod indicator;
pub mod journal;
pub mod memorandum;
pub mod offering;
pub mod organization;
pub mod referral;
pub mod seal;
pub mod service;
pub mod sheet;
pub mod telemetry;
pub mod territory;
pub mod webhook;
pub mod work;
