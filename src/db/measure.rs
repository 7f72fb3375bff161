//! How the database stands, for who runs it: counts and ages alone.

use super::{Db, Errand, sql::Sql};
use crate::{
    base::Result,
    telemetry::metrics::{Connections, Measured},
};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Double, Text},
};
use diesel_async::RunQueryDsl;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Double)]
    feed_lag: f64,
    #[diesel(sql_type = BigInt)]
    webhooks: i64,
    #[diesel(sql_type = Double)]
    webhook_age: f64,
    #[diesel(sql_type = Double)]
    root_age: f64,
}

#[derive(QueryableByName)]
struct Breached {
    #[diesel(sql_type = Text)]
    phase: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Db {
    pub async fn measured(&self) -> Result<Measured> {
        let tx = self.errand(Errand::Measure).await?;
        let row: Row = Sql::new("select * from mistok.measured()").get_result(&mut tx.link()).await?;
        let breached: Vec<Breached> = Sql::new("select * from mistok.clocks_breached()").load(&mut tx.link()).await?;
        tx.commit().await?;
        let Row { feed_lag, webhooks, webhook_age, root_age } = row;
        let breached = breached.into_iter().map(|row| (row.phase, row.count)).collect();
        let behind = self.standing().await?.and_then(|standing| standing.behind);
        Ok(Measured { feed_lag, webhooks, webhook_age, root_age, breached, behind })
    }

    /// Connections of this server.
    pub fn connections(&self) -> Connections {
        self.pools().connections()
    }
}
