//! Місток, a little bridge: the GraphQL API of Ukraine's resilience centres and their partners.
#![recursion_limit = "256"]

pub mod base;
pub mod access;
pub mod db;
