//! Місток, a little bridge: the GraphQL API of Ukraine's resilience centres and their partners.
#![recursion_limit = "256"]

#[macro_use]
pub mod base;
pub mod access;
pub mod app;
pub mod application;
pub mod case;
pub mod centre;
pub mod config;
pub mod db;
pub mod demo;
pub mod graphql;
pub mod http;
pub mod journal;
pub mod offering;
pub mod organization;
pub mod referral;
pub mod seal;
pub mod service;
pub mod telemetry;
pub mod territory;
pub mod work;
