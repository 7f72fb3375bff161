//! Rows of one's own work as sheets show them, one stretch after the other, in the order in which they were recorded.

use super::model::{Activity, ServiceDelivery};
use crate::{
    base::Result,
    db::{Link, sql::Sql},
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Nullable, Text},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// A delivery with what a person calls its service and case.
#[derive(Clone, Debug, QueryableByName)]
pub struct Delivery {
    #[diesel(embed)]
    pub delivery: ServiceDelivery,
    #[diesel(sql_type = Text)]
    pub service_code: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub case_code: Option<String>,
}

/// Which rows come next.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// What was recorded later is left out.
    pub until: DateTime<Utc>,
    pub after: Option<super::model::Key>,
    pub most: i64,
}

pub async fn deliveries(mut link: &Link, own: Uuid, stretch: &Stretch) -> Result<Vec<Delivery>> {
    let sql = Sql::new(
        "select d.*, s.code as service_code, c.code as case_code from service_delivery d \
         join service_type s on s.id = d.service_id left join \"case\" c on c.id = d.case_id \
         where d.id = any(array(select l.id from service_delivery l where l.organization_id = ",
    );
    let sql = next(sql.uuid(own), stretch).then(")) order by d.created_at, d.id");
    Ok(sql.load(&mut link).await?)
}

pub async fn activities(mut link: &Link, own: Uuid, stretch: &Stretch) -> Result<Vec<Activity>> {
    let sql =
        Sql::new("select d.* from activity d where d.id = any(array(select l.id from activity l where l.organization_id = ");
    let sql = next(sql.uuid(own), stretch).then(")) order by d.created_at, d.id");
    Ok(sql.load(&mut link).await?)
}

/// The keys of a stretch, by the index of lists: `created_at` of a row never changes, so that no row is passed over.
fn next(sql: Sql, stretch: &Stretch) -> Sql {
    let mut sql = sql.then(" and l.created_at <= ").at(stretch.until);
    if let Some((at, id)) = stretch.after {
        sql = sql.then(" and (l.created_at, l.id) > (").at(at).then(", ").uuid(id).then(")");
    }
    if let Some(from) = stretch.from {
        sql = sql.then(" and l.occurred_on >= ").day(from);
    }
    if let Some(to) = stretch.to {
        sql = sql.then(" and l.occurred_on <= ").day(to);
    }
    sql.then(" order by l.created_at, l.id limit ").number(stretch.most)
}
