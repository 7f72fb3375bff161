//! Keeps the keys of foreign issuers fresh, so that no request waits for them.

use crate::http::issuers::{AGAIN, Issuers};
use std::sync::Arc;

/// Works until it is dropped. An issuer that does not answer is asked again with the next look.
pub async fn run(issuers: Arc<Issuers>) {
    if issuers.is_empty() {
        return;
    }
    loop {
        issuers.refresh().await;
        tokio::time::sleep(AGAIN.to_std().unwrap_or_default()).await;
    }
}
