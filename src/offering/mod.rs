//! Offerings (пропозиція послуги): what an organisation offers where, and whether it can take people now. Each organisation
//! tells its own, and nobody else, the Ministry included. A referral goes only to an organisation that offers the service.

pub mod actions;
pub mod model;
pub mod policy;
pub mod rules;
pub mod store;
