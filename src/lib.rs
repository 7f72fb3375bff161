//! Місток, a little bridge: the GraphQL API of Ukraine's resilience centres and their partners.
#![recursion_limit = "256"]

#[macro_use]
pub mod base;
pub mod config;
pub mod telemetry;
pub mod access;
pub mod seal;
pub mod db;
pub mod journal;
pub mod territory;
pub mod service;
pub mod organization;
pub mod centre;
pub mod offering;
pub mod application;
pub mod case;
pub mod referral;
pub mod demo;
pub mod graphql;
pub mod http;
pub mod work;
pub mod app;
