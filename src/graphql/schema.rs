//! The whole schema: the roots of all slices.

use super::{
    application::{ApplicationMutation, ApplicationQuery},
    centre::{CentreMutation, CentreQuery},
    gate,
    offering::OfferingMutation,
    organization::{OrganizationMutation, OrganizationQuery},
    service::ServiceQuery,
    territory::{TerritoryMutation, TerritoryQuery},
};
use async_graphql::{EmptySubscription, MergedObject, SchemaBuilder};

/// What can be asked.
#[derive(MergedObject, Default)]
pub struct Query(ApplicationQuery, TerritoryQuery, ServiceQuery, OrganizationQuery, CentreQuery);

/// What can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(ApplicationMutation, TerritoryMutation, OrganizationMutation, CentreMutation, OfferingMutation);

/// The schema behind its bounds.
pub type Gate = gate::Gate<Query, Mutation, EmptySubscription>;

/// A fresh schema, not yet finished.
pub fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    async_graphql::Schema::build(Query::default(), Mutation::default(), EmptySubscription)
}
