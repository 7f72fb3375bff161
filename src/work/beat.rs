//! Says every few seconds that the primary is there, for the standbys that follow it.

use super::log;
use crate::db::{Db, standby::BEAT};

/// Works until it is dropped. While it fails, nothing is answered from a standby that hears nobody else.
pub async fn run(db: Db) {
    loop {
        if let Err(fault) = db.beat().await {
            log(("a sign to those who follow the database", fault));
        }
        tokio::time::sleep(BEAT).await;
    }
}
