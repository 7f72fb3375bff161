//! Reporting figures.

use super::{input::ObservationReportInput, object::Observation, query};
use crate::{
    base::words::change::ChangeType,
    graphql::{
        context::Session,
        directive::{emits, or_scope, scope},
        error::Outcome,
    },
    indicator::actions,
};
use async_graphql::{Context, Object, Result};

payload!(ObservationPayload, observation: Observation, "What became of a reported figure (результат повідомлення показника).");

/// Reporting figures.
#[derive(Default)]
pub struct IndicatorMutation;

#[Object]
impl IndicatorMutation {
    /// Reports a figure in the name of your organisation. One that you have reported before under the same externalReference is answered as it stands, `replayed`; another figure under that reference is DUPLICATE (повідомити показник).
    #[graphql(
        directive = scope::apply("services:write".to_owned()),
        directive = or_scope::apply("registry:write".to_owned()),
        directive = emits::apply(vec![ChangeType::ObservationReported])
    )]
    async fn observation_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The figure.")] input: ObservationReportInput,
    ) -> Result<ObservationPayload> {
        let session = Session::of(ctx);
        let ask = session.ask(ctx, "observationReport", input.idempotency_key.clone()).await?;
        let done = match input.command() {
            Ok(command) => actions::report(session.db(), session.actor(), &ask, &command).await,
            Err(refused) => Err(refused),
        };
        match Outcome::of(done)? {
            Outcome::Done(done) => Ok(ObservationPayload::done(query::find(ctx, done.id).await?, done.replayed)),
            Outcome::Refused(user_errors) => Ok(ObservationPayload::refused(user_errors)),
        }
    }
}
