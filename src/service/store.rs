//! All SQL of the slice.

use super::model::ServiceType;
use crate::{
    base::{Refusal, Result, error::UserErrorCode},
    db::{Link, schema::service_type},
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// All service types, by code.
pub async fn list(mut link: &Link) -> Result<Vec<ServiceType>> {
    Ok(service_type::table.order(service_type::code).select(ServiceType::as_select()).load(&mut link).await?)
}

pub async fn find(mut link: &Link, ids: &[Uuid]) -> Result<Vec<ServiceType>> {
    Ok(service_type::table.filter(service_type::id.eq_any(ids)).select(ServiceType::as_select()).load(&mut link).await?)
}

/// The service that a command names by its code; the refusal names the field.
pub async fn get(mut link: &Link, code: &str, field: &str) -> Result<ServiceType> {
    let row = service_type::table.filter(service_type::code.eq(code)).select(ServiceType::as_select()).first(&mut link).await;
    row.optional()?.ok_or_else(|| {
        let message = "There is no service type with this code. The query serviceTypes lists them.";
        Refusal::new(UserErrorCode::NotFound, field, message).into()
    })
}
