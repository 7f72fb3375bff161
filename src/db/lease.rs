//! Leases: work of the server that only one of several servers may do at a time. A server that dies loses its lease
//! by the clock, so that nothing stops with it.

use super::{Db, Errand, sql::Sql};
use crate::base::Result;
use chrono::Duration;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// Takes the lease of an errand, or lengthens one's own. False: another server holds it.
pub async fn take(db: &Db, errand: Errand, holder: Uuid, lasts: Duration) -> Result<bool> {
    let tx = db.errand(errand).await?;
    let taken = Sql::new("insert into lease (errand, holder, until) values (")
        .word(errand.word())
        .then(", ")
        .uuid(holder)
        .then(", ")
        .at(tx.now() + lasts)
        .then(") on conflict (errand) do update set holder = excluded.holder, until = excluded.until where lease.holder = ")
        .uuid(holder)
        .then(" or lease.until < ")
        .at(tx.now())
        .execute(&mut tx.link())
        .await?;
    tx.commit().await?;
    Ok(taken == 1)
}

/// Makes the partitions of the months ahead, forgets idempotency keys older than `days`, what clients have shown that
/// nobody would take any more, and days of figures that nothing looks at.
pub async fn tidy(db: &Db, days: i64) -> Result<()> {
    let tx = db.errand(Errand::Expiry).await?;
    Sql::new("select mistok.keep_partitions()").execute(&mut tx.link()).await?;
    let old = Sql::new("delete from idempotency where at < ").at(tx.now() - Duration::days(days));
    old.execute(&mut tx.link()).await?;
    let answers = Sql::new("delete from recording where at < ").at(tx.now() - Duration::days(days));
    answers.execute(&mut tx.link()).await?;
    let shown = Sql::new("delete from assertion where until < ").at(tx.now());
    shown.execute(&mut tx.link()).await?;
    Sql::new("select mistok.forget_receiver_days()").execute(&mut tx.link()).await?;
    tx.commit().await
}
