//! What the second wall tells a party of a referral's person: the database alone knows what of the other side's may be read, and since when no more.

use super::{model::Part, sharing::Footing};
use crate::{
    base::{
        Result,
        words::{access::FieldGroup, case::Slot},
    },
    case::{
        model::Grant,
        sealed::{Dossier, Piece},
    },
    db::{Link, sql::Sql},
    memorandum::{model::Policy, standing::Agreement},
    seal::Seal,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Binary, Bool, Date, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// What is behind a referral: what it stands on today, and what is sealed of its subject, as far as the caller may look.
#[derive(Clone, Default)]
pub struct Behind {
    consent: Option<Grant>,
    pub agreement: Option<Agreement>,
    pub dossier: Option<Arc<Dossier>>,
}

impl Behind {
    pub fn footing(&self) -> Footing<'_> {
        Footing { consent: self.consent.as_ref(), agreement: self.agreement.as_ref() }
    }
}

/// A piece that is sealed, beside what its referral stands on; where nothing may be opened, that alone.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    referral_id: Uuid,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    consent_groups: Option<Vec<FieldGroup>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    consent_expires_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    consent_withdrawn_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    consent_expired_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    memorandum_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    memorandum_groups: Option<Vec<FieldGroup>>,
    #[diesel(sql_type = Nullable<Integer>)]
    retention_days: Option<i32>,
    #[diesel(sql_type = Nullable<Bool>)]
    onward_referral: Option<bool>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    ended_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    person_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Binary>)]
    wrapped: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    object_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    slot: Option<Slot>,
    #[diesel(sql_type = Nullable<Binary>)]
    content: Option<Vec<u8>>,
}

impl Row {
    fn piece(&mut self) -> Option<Piece> {
        Some(Piece {
            of: self.referral_id,
            person_id: self.person_id?,
            wrapped: self.wrapped.take()?,
            object_id: self.object_id?,
            slot: self.slot?,
            content: self.content.take()?,
        })
    }

    fn consent(&mut self) -> Option<Grant> {
        Some(Grant {
            field_groups: self.consent_groups.take()?,
            expires_at: self.consent_expires_at?,
            withdrawn_at: self.consent_withdrawn_at,
            expired_at: self.consent_expired_at,
        })
    }

    fn agreement(&mut self) -> Option<Agreement> {
        let policy = Policy {
            field_groups: self.memorandum_groups.take()?,
            retention_days: self.retention_days?,
            onward_referral: self.onward_referral?,
        };
        Some(Agreement { memorandum_id: self.memorandum_id?, policy, ended_at: self.ended_at })
    }
}

/// What is behind referrals of the caller, with what is sealed in some parts.
pub async fn find(mut link: &Link, seal: &Seal, referrals: &[Uuid], parts: &[Part]) -> Result<HashMap<Uuid, Behind>> {
    let asked = Sql::new("select * from mistok.behind(")
        .uuids(referrals.to_vec())
        .then(", ")
        .words(parts.iter().flat_map(|part| part.slots()).map(|slot| slot.word().to_owned()).collect())
        .then(")");
    let mut rows = asked.load::<Row>(&mut link).await?;
    let mut dossiers = Dossier::gather(seal, rows.iter_mut().filter_map(Row::piece).collect())?;
    let mut found = HashMap::with_capacity(referrals.len());
    for mut row in rows {
        let id = row.referral_id;
        found.entry(id).or_insert_with(|| Behind {
            consent: row.consent(),
            agreement: row.agreement(),
            dossier: dossiers.remove(&id).map(Arc::new),
        });
    }
    Ok(found)
}

/// What of the sender's case goes along.
#[derive(Clone, Debug, QueryableByName)]
pub struct SharedCase {
    #[diesel(sql_type = SqlUuid)]
    pub referral_id: Uuid,
    #[diesel(sql_type = Nullable<Integer>)]
    pub household_size: Option<i32>,
    #[diesel(sql_type = Text)]
    pub primary_category: String,
}

pub async fn cases(mut link: &Link, referrals: &[Uuid]) -> Result<Vec<SharedCase>> {
    let cases = Sql::new("select referral_id, household_size, primary_category from mistok.shared_case(")
        .uuids(referrals.to_vec())
        .then(")");
    Ok(cases.load(&mut link).await?)
}

/// What the sender has done for the person in a month.
#[derive(Clone, Debug, QueryableByName)]
pub struct SharedService {
    #[diesel(sql_type = SqlUuid)]
    pub referral_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub service_id: Uuid,
    /// Its first day.
    #[diesel(sql_type = Date)]
    pub month: NaiveDate,
    #[diesel(sql_type = BigInt)]
    pub quantity: i64,
}

pub async fn services(mut link: &Link, referrals: &[Uuid]) -> Result<Vec<SharedService>> {
    let services = Sql::new("select referral_id, service_id, month, quantity from mistok.shared_services(")
        .uuids(referrals.to_vec())
        .then(")");
    Ok(services.load(&mut link).await?)
}
