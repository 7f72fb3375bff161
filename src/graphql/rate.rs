//! What a question costs and what is left: in the answer, and to ask for.

use super::{context::Session, cost, scalars::DateTime};
use crate::access::bucket::Standing;
use async_graphql::{Context, Object, Value};

/// The points of a question that is about to be executed, and the bucket from which they were taken.
#[derive(Clone, Copy, Debug)]
pub struct Charge {
    /// Points of the whole request, known before it is executed.
    pub cost: u64,
    pub bucket: Standing,
}

/// A number of points as GraphQL can tell it.
fn told(points: u64) -> i32 {
    i32::try_from(points).unwrap_or(i32::MAX)
}

/// The bucket of points from which your application's questions are paid, on the server that answers (ліміт запитів).
#[Object(name = "RateLimit")]
impl Charge {
    /// Points of this request, as they were counted before it was executed; what is not used comes back (вартість запиту).
    async fn cost(&self) -> i32 {
        told(self.cost)
    }

    /// Points of a full bucket (місткість).
    async fn limit(&self) -> i32 {
        told(self.bucket.rate.most)
    }

    /// Points that are left after this request (залишок).
    async fn remaining(&self) -> i32 {
        told(self.bucket.remaining)
    }

    /// Points that come back in each second (поповнення).
    async fn refill(&self) -> i32 {
        told(self.bucket.rate.refill)
    }

    /// When the bucket is full again, if nothing more is asked (повне відновлення).
    async fn reset_at(&self, ctx: &Context<'_>) -> DateTime {
        let full_in = chrono::Duration::from_std(self.bucket.full_in).unwrap_or_default();
        (Session::of(ctx).db().clock().now() + full_in).into()
    }
}

/// What a request has cost, for the extensions of its answer.
pub fn shown(requested: u64, actual: u64, bucket: Standing) -> Value {
    let number = |points: u64| Value::from(points);
    let fields = |fields: Vec<(&str, Value)>| {
        Value::Object(fields.into_iter().map(|(name, value)| (async_graphql::Name::new(name), value)).collect())
    };
    let bucket = fields(vec![
        ("capacity", number(bucket.rate.most)),
        ("remaining", number(bucket.remaining)),
        ("refill", number(bucket.rate.refill)),
    ]);
    fields(vec![
        ("requested", number(requested)),
        ("actual", number(actual)),
        ("limit", number(cost::MOST)),
        ("bucket", bucket),
    ])
}

/// Questions about limits.
#[derive(Default)]
pub struct RateQuery;

#[Object]
impl RateQuery {
    /// What your application may still ask for now; the same stands in `extensions.cost` of each answer (ліміт запитів).
    async fn rate_limit(&self, ctx: &Context<'_>) -> Charge {
        *ctx.data_unchecked::<Charge>()
    }
}
