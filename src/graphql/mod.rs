//! The GraphQL face: input → plain command → action; row → object. One file or folder for each slice.

#[macro_use]
pub mod loaders;
#[macro_use]
pub mod page;
#[macro_use]
pub mod payload;

pub mod activity;
pub mod application;
pub mod audit;
pub mod case;
pub mod centre;
pub mod change;
pub mod codelist;
pub mod completion;
pub mod context;
pub mod contract;
pub mod cost;
pub mod deprecation;
pub mod directive;
pub mod error;
pub mod gate;
pub mod indicator;
pub mod lean;
pub mod limits;
pub mod literals;
pub mod memorandum;
pub mod node;
pub mod offering;
pub mod organization;
pub mod proof;
pub mod rate;
pub mod reference;
pub mod referral;
pub mod roots;
pub mod scalars;
pub mod schema;
pub mod service;
pub mod shape;
pub mod sight;
pub mod subject;
pub mod territory;
pub mod variables;
pub mod webhook;
