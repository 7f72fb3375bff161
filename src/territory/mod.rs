//! Territories (КАТОТТГ): regions, cities with a special status, raions and hromadas, and how far each hromada is in the
//! experimental project (resolution of the Cabinet of Ministers on the resilience service). The codifier is reference data
//! that comes with a migration; the Ministry records the part that a hromada takes.
//!
//! ```text
//! REGION ─┬─► RAION ──► HROMADA        APPLIED ► SELECTED ► PROVIDER_CHOSEN ► CONTRACTED ► OPEN
//!         └─ SPECIAL_CITY is all three                any ► WITHDRAWN, EXCLUDED
//! ```

pub mod actions;
pub mod model;
pub mod policy;
pub mod rules;
pub mod store;
