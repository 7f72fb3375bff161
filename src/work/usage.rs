//! Writes down what is asked for although it is deprecated.

use super::{PAUSE, log};
use crate::{application::Usage, db::Db};
use std::sync::Arc;

/// Works until it is dropped. What could not be written is written with what comes next.
pub async fn run(db: Db, usage: Arc<Usage>) {
    loop {
        tokio::time::sleep(PAUSE).await;
        if let Err(fault) = usage.write(&db).await {
            log(("counting what is deprecated", fault));
        }
    }
}
