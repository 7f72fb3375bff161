//! Service types.

use super::{
    context::Session,
    loaders::{keyed, load, present},
    node::Kind,
};
use crate::service::{model as row, store};
use async_graphql::{Context, ID, Object, Result, SimpleObject};
use std::sync::Arc;
use uuid::Uuid;

/// A row of the service classifier; loaded as data, never an enum (вид послуги).
#[derive(Clone, SimpleObject)]
pub struct ServiceType {
    /// Opaque id.
    #[graphql(owned)]
    pub id: ID,
    /// The code by which inputs name it: of the state classifier, or our own "M-000" (код).
    code: String,
    /// Its name in Ukrainian (назва).
    name: String,
    /// Its name in English (назва англійською).
    name_en: Option<String>,
    /// Its code in the state classifier of social services, where it is confirmed (код за Класифікатором соціальних послуг).
    classifier_code: Option<String>,
    /// Its activity code in the international list for mental health and psychosocial support (IASC 4Ws).
    mhpss_code: Option<String>,
}

impl From<&row::ServiceType> for ServiceType {
    fn from(row: &row::ServiceType) -> Self {
        Self {
            id: Kind::ServiceType.id(row.id),
            code: row.code.clone(),
            name: row.name.clone(),
            name_en: row.name_en.clone(),
            classifier_code: row.classifier_code.clone(),
            mhpss_code: row.mhpss_code.clone(),
        }
    }
}

impl ServiceType {
    /// By the id to which another row points.
    pub async fn load(ctx: &Context<'_>, id: Uuid) -> Result<Self> {
        Ok(Self::from(&*present(load(ctx, ServiceById(id)).await?)?))
    }
}

/// The service type of a global id, for `node`.
pub async fn node(ctx: &Context<'_>, key: Uuid) -> Result<Option<ServiceType>> {
    Ok(load(ctx, ServiceById(key)).await?.as_deref().map(ServiceType::from))
}

loader! {
    /// A service type by its id.
    ServiceById(Uuid) -> Arc<row::ServiceType>,
    |_loaders, reading, ids| keyed(store::find(reading.link(), &ids).await?, |row| row.id)
}

/// Queries about service types.
#[derive(Default)]
pub struct ServiceQuery;

#[Object]
impl ServiceQuery {
    /// All service types, by code (перелік послуг).
    async fn service_types(&self, ctx: &Context<'_>) -> Result<Vec<ServiceType>> {
        let reading = Session::of(ctx).reading().await?;
        Ok(store::list(reading.link()).await?.iter().map(ServiceType::from).collect())
    }
}
