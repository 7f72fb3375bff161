//! Tables for people with spreadsheets (таблиці): rows of one's own work in and out, one declaration of columns for both.
//!
//! ```text
//! FILE.csv ─ file: encoding, delimiter ─ column: header ─ cell: values ─ import: calls of 1,000 rows ─▶ activity::actions
//!                                                                      └ refused: FILE.refused.csv, to be corrected
//! rows of one's own ─ export: stretch after stretch, each a short reading ─ line: CSV or NDJSON ─▶ http
//! ```
//!
//! No message and no log line holds the content of a cell; the refused file alone does.

mod activity;
pub mod cell;
pub mod column;
pub mod export;
pub mod file;
pub mod import;
pub mod line;
mod referral;
mod refused;
mod service;

pub use activity::Activities;
pub use service::Services;
