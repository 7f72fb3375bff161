//! What work done loads in batches.

use crate::{
    activity::{model, store},
    graphql::loaders::{grouped, keyed},
};
use std::sync::Arc;
use uuid::Uuid;

loader! {
    /// A delivery by its id.
    DeliveryById(Uuid) -> Arc<model::ServiceDelivery>,
    |_loaders, reading, ids| keyed(store::find_deliveries(reading.link(), &ids).await?, |row| row.id)
}

loader! {
    /// An activity by its id.
    ActivityById(Uuid) -> Arc<model::Activity>,
    |_loaders, reading, ids| keyed(store::find_activities(reading.link(), &ids).await?, |row| row.id)
}

loader! {
    /// A group by its id.
    GroupById(Uuid) -> Arc<model::Group>,
    |_loaders, reading, ids| keyed(store::find_groups(reading.link(), &ids).await?, |row| row.id)
}

loader! {
    /// What a group has done.
    ActivitiesOf(Uuid) -> Vec<model::Activity>,
    |_loaders, reading, ids| grouped(store::of_groups(reading.link(), &ids).await?, |row| row.group_id.unwrap_or_default())
}
