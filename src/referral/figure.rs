//! Figures of receivers (показники отримувачів), for whoever looks for one: how much each has to do, how fast it answers.
//! They cross organisations: the database counts, and lets out neither a count nor anything of a receiver with few answers. What it
//! tells is of yesterday evening and so coarse that one referral more is not seen in it.

use super::model::Figures;
use crate::{
    base::{Result, words::organization::Workload},
    db::{Link, sql::Sql},
};
use diesel::{
    prelude::*,
    sql_types::{Double, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use std::collections::HashMap;
use uuid::Uuid;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    organization_id: Uuid,
    #[diesel(sql_type = Text)]
    workload: Workload,
    #[diesel(sql_type = Nullable<Double>)]
    median_hours: Option<f64>,
}

/// The figures of these organisations as of the reading: for each of them, known or not, in one statement.
pub async fn of_receivers(mut link: &Link, ids: &[Uuid]) -> Result<HashMap<Uuid, Figures>> {
    let asked =
        Sql::new("select organization_id, workload, median_hours from mistok.receiver_figures(").uuids(ids.to_vec()).then(")");
    let figures = |row: Row| Figures { workload: row.workload, median_hours_to_respond: row.median_hours };
    let rows: Vec<Row> = asked.load(&mut link).await?;
    Ok(rows.into_iter().map(|row| (row.organization_id, figures(row))).collect())
}
