//! Referrals as sheets show them, one stretch after the other: how each stands between its parties, nothing of the person.

use crate::{
    base::{
        Result,
        clock::midnight,
        words::referral::{ReferralOutcome, ReferralStatus, Urgency},
    },
    db::{Link, sql::Sql},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// How a referral stands.
#[derive(Clone, Debug, QueryableByName)]
pub struct Standing {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub number: String,
    #[diesel(sql_type = Text)]
    pub status: ReferralStatus,
    #[diesel(sql_type = Nullable<Text>)]
    pub outcome: Option<ReferralOutcome>,
    #[diesel(sql_type = Text)]
    pub urgency: Urgency,
    #[diesel(sql_type = Text)]
    pub service_code: String,
    #[diesel(sql_type = Text)]
    pub territory_code: String,
    #[diesel(sql_type = SqlUuid)]
    pub sender_id: Uuid,
    #[diesel(sql_type = Text)]
    pub sender_name: String,
    #[diesel(sql_type = SqlUuid)]
    pub receiver_id: Uuid,
    #[diesel(sql_type = Text)]
    pub receiver_name: String,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub sent_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub respond_by: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub accepted_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub ended_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    pub version: i32,
    /// Since when the reader knows of it: the sender's writing, the receiver's receipt. It never changes.
    #[diesel(sql_type = Timestamptz)]
    pub seen_at: DateTime<Utc>,
}

/// Which rows come next.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// Days in Kyiv on which the reader came to know of it.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub until: DateTime<Utc>,
    pub after: Option<(DateTime<Utc>, Uuid)>,
    pub most: i64,
}

/// The way in is the access table; the wall stands before the referrals themselves.
pub async fn standing(mut link: &Link, own: Uuid, stretch: &Stretch) -> Result<Vec<Standing>> {
    let mut keys =
        Sql::new("with known as materialized (select p.referral_id, p.seen_at from referral_party p where p.org_id = ")
            .uuid(own)
            .then(" and p.seen_at <= ")
            .at(stretch.until);
    if let Some((at, id)) = stretch.after {
        keys = keys.then(" and (p.seen_at, p.referral_id) > (").at(at).then(", ").uuid(id).then(")");
    }
    if let Some(from) = stretch.from {
        keys = keys.then(" and p.seen_at >= ").at(midnight(from));
    }
    if let Some(after) = stretch.to.and_then(|to| to.checked_add_days(Days::new(1))) {
        keys = keys.then(" and p.seen_at < ").at(midnight(after));
    }
    let sql = keys.then(" order by p.seen_at, p.referral_id limit ").number(stretch.most).then(
        ") select r.id, r.number, r.status, r.outcome, r.urgency, s.code as service_code, r.territory_code, \
         r.sender_id, f.name as sender_name, r.receiver_id, t.name as receiver_name, \
         r.created_at, r.sent_at, r.respond_by, r.accepted_at, r.ended_at, r.updated_at, r.version, k.seen_at \
         from known k join referral r on r.id = k.referral_id join service_type s on s.id = r.service_id \
         join organization f on f.id = r.sender_id join organization t on t.id = r.receiver_id \
         order by k.seen_at, r.id",
    );
    Ok(sql.load(&mut link).await?)
}
