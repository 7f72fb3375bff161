//! Signs the audit, once an hour.

use super::{LEASE, PAUSE, log};
use crate::{
    base::Result,
    db::{Db, Errand, lease},
    journal::proof::{Keys, store},
};
use uuid::Uuid;

/// Works until it is dropped. What could not be signed is signed with the next root.
pub async fn run(db: Db, keys: &Keys) {
    let holder = Uuid::new_v4();
    loop {
        if let Err(fault) = turn(&db, keys, holder).await {
            log(("signing the audit", fault));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Makes what roots are due, if this server holds the lease. Returns how many it made.
pub async fn turn(db: &Db, keys: &Keys, holder: Uuid) -> Result<usize> {
    if lease::take(db, Errand::Audit, holder, LEASE).await? { store::make_due(db, keys).await } else { Ok(0) }
}
