//! A partner's client of Місток: copy what you need.
// The schema names many words, and some of them are long.
#![recursion_limit = "256"]

pub mod client;
pub mod feed;
pub mod operations;
pub mod webhook;
