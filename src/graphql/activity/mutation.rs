//! How an organisation records its work.

use super::{
    input::*,
    object::*,
    query::{activity, delivery, group},
};
use crate::{
    activity::{
        actions,
        model::{Recorded, RowResult},
    },
    base::{
        Error,
        words::{activity::RowOutcome, change::ChangeType as Change},
    },
    graphql::{
        context::Session,
        directive::{emits, scope},
        error::{Outcome, UserError},
    },
};
use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};

/// Declares the payload of a call that records rows, and its result for a row.
macro_rules! recorded {
    ($payload:ident, $about:literal, $result:ident, $of:literal, $field:ident: $node:ident, $find:ident, $row:literal) => {
        #[doc = $about]
        #[derive(SimpleObject)]
        pub struct $payload {
            /// What became of each row, in the order of the input; empty when the call itself was refused (результати).
            results: Vec<$result>,
            /// How many rows were written: recorded, corrected or voided (записано).
            recorded: i32,
            /// The rules that the call or its rows break; each row's stand with the row too (помилки).
            user_errors: Vec<UserError>,
            /// Whether this call was answered before under the same idempotency key (повторна відповідь).
            replayed: bool,
        }

        #[doc = $of]
        #[derive(SimpleObject)]
        #[graphql(complex)]
        pub struct $result {
            /// What became of it (результат).
            outcome: RowOutcome,
            /// The rules that it breaks (помилки).
            user_errors: Vec<UserError>,
            #[graphql(skip)]
            id: Option<uuid::Uuid>,
        }

        #[ComplexObject]
        impl $result {
            #[doc = $row]
            async fn $field(&self, ctx: &Context<'_>) -> Result<Option<$node>> {
                match self.id {
                    Some(id) => $find(ctx, id).await,
                    None => Ok(None),
                }
            }
        }

        impl $payload {
            fn of(result: crate::base::Result<Recorded>) -> Result<Self> {
                match result {
                    Ok(Recorded { results, replayed }) => {
                        let user_errors = errors(results.iter().flat_map(|row| row.refusals.clone()));
                        let recorded = results.iter().filter(|row| wrote(row)).count() as i32;
                        let row = |row: RowResult| $result {
                            outcome: row.outcome,
                            user_errors: errors(row.refusals.into_iter()),
                            id: row.id,
                        };
                        Ok(Self { results: results.into_iter().map(row).collect(), recorded, user_errors, replayed })
                    }
                    Err(Error::Refused(refusals)) => {
                        let user_errors = errors(refusals.into_iter());
                        Ok(Self { results: Vec::new(), recorded: 0, user_errors, replayed: false })
                    }
                    Err(fault) => Err(fault.into()),
                }
            }
        }
    };
}

fn errors(refusals: impl Iterator<Item = crate::base::Refusal>) -> Vec<UserError> {
    refusals.map(UserError::from).collect()
}

fn wrote(row: &RowResult) -> bool {
    !matches!(row.outcome, RowOutcome::Unchanged | RowOutcome::Refused)
}

recorded!(
    ServicesRecordPayload,
    "What became of a call that records services.",
    ServiceRowResult,
    "What became of a row (результат рядка).",
    delivery: ServiceDelivery,
    delivery,
    "The delivery as it is now; null when the row was refused (послуга)."
);
recorded!(
    ActivitiesRecordPayload,
    "What became of a call that records activities.",
    ActivityRowResult,
    "What became of a row (результат рядка).",
    activity: Activity,
    activity,
    "The activity as it is now; null when the row was refused (захід)."
);
payload!(GroupPayload, group: Group, "What became of a mutation of a group.");

/// How an organisation records its work.
#[derive(Default)]
pub struct ActivityMutation;

#[Object]
impl ActivityMutation {
    /// Records services that were given, up to 1,000 rows in one transaction; rows that come again are recognised by their externalReference (внести послуги).
    #[graphql(
        directive = scope::apply("services:write".to_owned()),
        directive = emits::apply(vec![Change::ServicesRecorded])
    )]
    async fn services_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rows.")] input: ServicesRecordInput,
    ) -> Result<ServicesRecordPayload> {
        let session = Session::of(ctx);
        let ask = session.ask(ctx, "servicesRecord", Some(input.idempotency_key.clone())).await?;
        ServicesRecordPayload::of(actions::record_services(session.db(), session.actor(), &ask, input.command()).await)
    }

    /// Records group sessions and events, up to 1,000 rows in one transaction; rows that come again are recognised by their externalReference (внести заходи).
    #[graphql(
        directive = scope::apply("services:write".to_owned()),
        directive = emits::apply(vec![Change::ActivitiesRecorded])
    )]
    async fn activities_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rows.")] input: ActivitiesRecordInput,
    ) -> Result<ActivitiesRecordPayload> {
        let session = Session::of(ctx);
        let ask = session.ask(ctx, "activitiesRecord", Some(input.idempotency_key.clone())).await?;
        ActivitiesRecordPayload::of(actions::record_activities(session.db(), session.actor(), &ask, input.command()).await)
    }

    /// Creates a course with a fixed membership; its sessions are recorded as activities (створити групу).
    #[graphql(directive = scope::apply("services:write".to_owned()), directive = emits::apply(vec![Change::GroupCreated]))]
    async fn group_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new group.")] input: GroupCreateInput,
    ) -> Result<GroupPayload> {
        let session = Session::of(ctx);
        let ask = session.ask(ctx, "groupCreate", input.idempotency_key.clone()).await?;
        let done = match input.command() {
            Ok(new) => actions::create_group(session.db(), session.actor(), &ask, new).await,
            Err(refused) => Err(refused),
        };
        match Outcome::of(done)? {
            Outcome::Done(done) => Ok(GroupPayload::done(group(ctx, done.id).await?, done.replayed)),
            Outcome::Refused(user_errors) => Ok(GroupPayload::refused(user_errors)),
        }
    }
}
