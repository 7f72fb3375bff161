//! Webhooks of the own organisation.

mod mutation;
mod object;

pub use mutation::WebhookMutation;
pub use object::{WebhookDelivery, WebhookEndpoint, WebhookQuery, delivery, endpoint};
