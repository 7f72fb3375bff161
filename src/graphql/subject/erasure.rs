//! `personErase`.

use crate::{
    base::{
        Error,
        words::{case::ErasureGround, change::ChangeType as Change},
    },
    case::actions::Target,
    graphql::{
        case::{Case, desk},
        context::Session,
        directive::{emits, scope},
        error::{Outcome, UserError},
        node::{self, Kind},
        referral::{self, Referral},
    },
    referral::erasing::{Of, erase},
};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

/// A person that is to be erased (знищення персональних даних).
#[derive(Clone, Debug, InputObject)]
pub struct PersonEraseInput {
    /// One of the person's cases; or a referral of your own that was sent without a case (випадок або скерування).
    id: ID,
    /// The version of that object that you have read: VERSION_CONFLICT if it has changed since (очікувана версія).
    expected_version: i32,
    /// Key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same (ключ ідемпотентності).
    idempotency_key: Option<String>,
    /// On which ground of the law; it stands in the audit (підстава).
    ground: ErasureGround,
}

/// What became of an erasure (результат знищення даних).
#[derive(SimpleObject)]
pub struct PersonErasePayload {
    /// The case that was named, without its person; null when refused (випадок).
    case: Option<Case>,
    /// The referral that was named; null when refused (скерування).
    referral: Option<Referral>,
    /// Why it was refused; empty when done (помилки).
    user_errors: Vec<UserError>,
    /// Whether this call was answered before under the same idempotency key (повторна відповідь).
    replayed: bool,
}

/// Erasures.
#[derive(Default)]
pub struct ErasureMutation;

#[Object]
impl ErasureMutation {
    /// Erases a person for good: its key is destroyed, so that nobody can read it any more, in backups too once those of the keys are overwritten. All its cases must have ended. Its consents end, its referrals are cancelled, their receivers are asked about what they keep; counts stay (знищити персональні дані особи).
    #[graphql(
        directive = scope::apply("persons:erase".to_owned()),
        directive = emits::apply(vec![Change::PersonErased, Change::ConsentWithdrawn, Change::ReferralCancelled, Change::ReferralRedacted])
    )]
    async fn person_erase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and on which ground.")] input: PersonEraseInput,
    ) -> Result<PersonErasePayload> {
        let session = Session::of(ctx);
        let ask = session.ask(ctx, "personErase", input.idempotency_key.clone()).await?;
        let target = |id| Target { id, expected_version: input.expected_version };
        let of = match node::open(&input.id) {
            Some((Kind::Referral, id)) => Ok(Of::Referral(target(id))),
            _ => Kind::Case.key(&input.id, "id").map(|id| Of::Case(target(id))),
        };
        let done = match &of {
            Ok(of) => erase(desk(session), &ask, *of, input.ground).await,
            Err(_) => Err(Error::not_found("id")),
        };
        let done = match Outcome::of(done)? {
            Outcome::Done(done) => done,
            Outcome::Refused(user_errors) => {
                return Ok(PersonErasePayload { case: None, referral: None, user_errors, replayed: false });
            }
        };
        let (case, referral) = match of {
            Ok(Of::Referral(_)) => (None, referral::find(ctx, done.id).await?),
            _ => (Case::find(ctx, done.id).await?, None),
        };
        Ok(PersonErasePayload { case, referral, user_errors: Vec::new(), replayed: done.replayed })
    }
}
