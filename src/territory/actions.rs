//! Recording a hromada's part in the project.

use super::{
    model::{Participation, Record},
    policy::{self, TerritoryAct},
    rules, store,
};
use crate::{
    access::{Actor, Permit},
    base::{Result, clock, katottg, words::change::ChangeType},
    db::{Db, Tx},
    journal::{
        Audience, ObjectType,
        change::Entry,
        idempotency::{self, Ask, Done},
        record as journal,
    },
};

/// The Ministry records how far a hromada is. What is done answers with the key of the territory.
pub async fn record(db: &Db, actor: &Actor, ask: &Ask, command: &Record) -> Result<Done> {
    let permit = policy::may(actor, TerritoryAct::RecordParticipation, &command.territory)?;
    let tx = db.begin(actor).await?;
    if let Some(done) = idempotency::claim(&tx, ask, permit.object_id()).await? {
        tx.commit().await?;
        return Ok(done);
    }
    record_in(&tx, &permit, command).await?;
    tx.commit().await?;
    Ok(Done::now(permit.object_id()))
}

/// The same within a transaction of the server's own.
pub async fn record_in(tx: &Tx, permit: &Permit<TerritoryAct>, command: &Record) -> Result<()> {
    let territory = store::one(tx.link(), &katottg::of_key(permit.object_id())).await?;
    let ministry_order = rules::record(territory.as_ref(), command, clock::day(tx.now()))?;
    let new = Participation {
        territory_code: command.territory.clone(),
        status: command.status,
        since: command.since.to_string(),
        ministry_order,
        version: 1,
        recorded_at: tx.now(),
    };
    let version = store::record(tx, permit, &new).await?;
    let entry = Entry::new(ChangeType::ParticipationRecorded, ObjectType::Territory, permit.object_id(), version)
        .detail(serde_json::json!({ "status": new.status, "since": new.since }));
    journal(tx, entry, Audience::Everyone).await
}
