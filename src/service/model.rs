//! The row of the slice.

use crate::db::schema;
use diesel::prelude::*;
use uuid::Uuid;

/// A type of service (вид послуги).
#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = schema::service_type)]
pub struct ServiceType {
    pub id: Uuid,
    /// What inputs call it by.
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    /// State classifier of social services.
    pub classifier_code: Option<String>,
    /// Activity codes of the IASC for mental health and psychosocial support.
    pub mhpss_code: Option<String>,
}
