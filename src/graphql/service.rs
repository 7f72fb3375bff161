//! Service types.

use super::{
    context::Session,
    loaders::{keyed, load, present},
    node::Kind,
};
use crate::service::{model as row, store};
use async_graphql::{Context, ID, Object, Result};
use std::sync::Arc;
use uuid::Uuid;

/// A row of the service classifier; loaded as data, never an enum (вид послуги).
#[derive(Clone)]
pub struct ServiceType(Arc<row::ServiceType>);

/// A row of the service classifier; loaded as data, never an enum (вид послуги).
#[Object]
impl ServiceType {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        Kind::ServiceType.id(self.0.id)
    }

    /// The code by which inputs name it: of the state classifier, or our own "M-000" (код).
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Its name in Ukrainian (назва).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its name in English (назва англійською).
    async fn name_en(&self) -> Option<&str> {
        self.0.name_en.as_deref()
    }

    /// Its code in the state classifier of social services, where it is confirmed (код за Класифікатором соціальних послуг).
    async fn classifier_code(&self) -> Option<&str> {
        self.0.classifier_code.as_deref()
    }

    /// Its activity code in the international list for mental health and psychosocial support (IASC 4Ws).
    async fn mhpss_code(&self) -> Option<&str> {
        self.0.mhpss_code.as_deref()
    }
}

impl ServiceType {
    /// By the id to which another row points.
    pub async fn load(ctx: &Context<'_>, id: Uuid) -> Result<Self> {
        Ok(Self(present(load(ctx, ServiceById(id)).await?)?))
    }
}

/// The service type of a global id, for `node`.
pub async fn node(ctx: &Context<'_>, key: Uuid) -> Result<Option<ServiceType>> {
    Ok(load(ctx, ServiceById(key)).await?.map(ServiceType))
}

loader! {
    /// A service type by its id.
    ServiceById(Uuid) -> Arc<row::ServiceType>, kept in services,
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
        Ok(store::list(reading.link()).await?.into_iter().map(|row| ServiceType(Arc::new(row))).collect())
    }
}
