//! Applications (застосунки): the clients of the token endpoint, by which partners work.
//!
//! ```text
//!  register ──▶ ACTIVE ──revoke──▶ REVOKED
//!                ├─▲ rotate: a new secret; the old one is good for some hours more
//!                └─▲ replace keys: other public keys; a secret or keys before are good no more
//! ```
//!
//! An application grants no more than it holds, and nothing that the kind of its organisation may not hold. The first
//! one of an organisation comes from the operator or from a holder of registry:write: nobody registers himself as a
//! state body. A secret is 32 random bytes, shown once and kept as a keyed hash. Who must not hold one
//! registers public keys and signs (`private_key_jwt`): what was signed is good once, at all servers together. An application may be
//! limited to documents that it has registered.

pub mod actions;
pub mod model;
pub mod operator;
pub mod policy;
pub mod roster;
pub mod rules;
pub mod secret;
pub mod shelf;
pub mod store;
pub mod usage;

pub use roster::Roster;
pub use shelf::Shelf;
pub use usage::Usage;
