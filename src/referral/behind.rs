//! What the second wall tells a party of a referral's person: the database alone knows what of the other side's may be read, and since when no more.

use super::{
    model::{Parts, Terms},
    sharing::Footing,
};
use crate::{
    base::{
        Error, Result,
        words::{access::FieldGroup, case::Slot},
    },
    case::{
        model::Grant,
        sealed::{Dossier, Piece},
    },
    db::{
        Link,
        sql::{Sql, Written},
    },
    memorandum::{model::Policy, standing::Agreement},
    seal::Seal,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    QueryableByName,
    dsl::{AsSelect, SqlTypeOf},
    pg::Pg,
    sql_types::{Array, BigInt, Binary, Bool, Date, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// What is behind a referral: what it stands on today, and what is sealed of its subject, as far as the caller may look.
#[derive(Clone)]
pub struct Behind {
    /// What of the sealed was asked for.
    pub parts: Parts,
    pub terms: Terms,
    consent: Option<Grant>,
    pub agreement: Option<Agreement>,
    pub dossier: Option<Arc<Dossier>>,
}

impl Behind {
    pub fn footing(&self) -> Footing<'_> {
        Footing { terms: &self.terms, consent: self.consent.as_ref(), agreement: self.agreement.as_ref() }
    }
}

/// A referral, what it stands on, and a piece that is sealed; where nothing may be opened, no piece.
type Row = (
    Uuid,
    Terms,
    Option<Grant>,
    Option<(Uuid, Vec<FieldGroup>, i32, bool, Option<DateTime<Utc>>)>,
    Option<(Uuid, Vec<u8>, Uuid, Slot, Vec<u8>)>,
);
type Columns = (
    SqlUuid,
    SqlTypeOf<AsSelect<Terms, Pg>>,
    Nullable<(Array<Text>, Timestamptz, Nullable<Timestamptz>, Nullable<Timestamptz>)>,
    Nullable<(SqlUuid, Array<Text>, Integer, Bool, Nullable<Timestamptz>)>,
    Nullable<(SqlUuid, Binary, SqlUuid, Text, Binary)>,
);

/// What is behind referrals of the caller, with what is sealed in some parts.
pub async fn find(mut link: &Link, seal: &Seal, referrals: &[Uuid], parts: Parts) -> Result<HashMap<Uuid, Behind>> {
    let asked = Sql::new(
        "select referral_id, legal_basis, case_id, person_id, subject_kind, minor, shared_groups, retention_until, redaction_requested_at, \
         redaction_acknowledged_at, sent_under, erased_at, consent_groups, consent_expires_at, consent_withdrawn_at, consent_expired_at, \
         memorandum_id, memorandum_groups, retention_days, onward_referral, ended_at, key_of, wrapped, object_id, slot, content \
         from mistok.subjects(",
    )
    .uuids(referrals.to_vec())
    .then(", ")
    .words(parts.all().flat_map(|part| part.slots()).map(|slot| slot.word().to_owned()).collect())
    .then(")");
    let rows: Vec<Row> = Written::<Columns>::new(asked).load(&mut link).await?;
    let (mut found, mut pieces) = (HashMap::with_capacity(referrals.len()), Vec::with_capacity(rows.len()));
    for (of, terms, consent, agreement, piece) in rows {
        if let Some((person_id, wrapped, object_id, slot, content)) = piece {
            pieces.push(Piece { of, person_id, wrapped, object_id, slot, content });
        }
        found.entry(of).or_insert_with(|| {
            let agreement = agreement.map(|(memorandum_id, field_groups, retention_days, onward_referral, ended_at)| {
                Agreement { memorandum_id, policy: Policy { field_groups, retention_days, onward_referral }, ended_at }
            });
            Behind { parts, terms, consent, agreement, dossier: None }
        });
    }
    for (of, dossier) in Dossier::gather(seal, pieces)? {
        found.entry(of).and_modify(|behind| behind.dossier = Some(Arc::new(dossier)));
    }
    Ok(found)
}

/// What is behind one referral of the caller.
pub async fn of(link: &Link, seal: &Seal, id: Uuid, parts: Parts) -> Result<Behind> {
    let found = find(link, seal, &[id], parts).await?.remove(&id);
    found.ok_or_else(|| Error::internal("nothing is behind a referral of one's own"))
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
