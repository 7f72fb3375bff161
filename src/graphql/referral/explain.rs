//! For each field of a referral that holds personal data: whether this viewer sees it, and because of what.

use super::query;
use crate::{
    access::Scope,
    base::words::{
        access::{FieldGroup, RedactionReason},
        referral::{LegalBasis, Party},
    },
    graphql::{
        case::{Consent, consent},
        context::Session,
        memorandum::{self, Memorandum},
    },
    referral::{model::Parts, sharing::fields},
};
use async_graphql::{Context, Result, SimpleObject};
use uuid::Uuid;

/// Whether the viewer sees a field, and because of what (пояснення доступу).
#[derive(Clone, SimpleObject)]
pub struct FieldAccess {
    /// Its way from the referral on, such as `subject.phone` (поле).
    field: String,
    /// The group of fields to which it belongs (група полів).
    group: FieldGroup,
    /// Whether it is shown to this viewer now, whether or not it has a value (видиме).
    visible: bool,
    /// Why it is hidden; null where it is shown (причина).
    reason: Option<RedactionReason>,
    /// The consent that decides; null for one's own person, for a ground in law, and without the scope cases:read (згода).
    consent: Option<Consent>,
    /// The memorandum that decides today: the one under which it was sent, or its renewal; null where none is needed, for one's own person, and without the scope memoranda:read (меморандум).
    memorandum: Option<Memorandum>,
}

/// The explanation for a referral; none where the caller is no party of it.
pub async fn explain(ctx: &Context<'_>, id: Uuid) -> Result<Option<Vec<FieldAccess>>> {
    let Some(referral) = query::find(ctx, id).await? else { return Ok(None) };
    let (row, behind) = (referral.whole(ctx).await?, referral.behind(ctx, Parts::NONE).await?);
    let sharing = referral.shared(ctx, &behind);
    let shared = referral.party == Party::Receiver;
    let consent = match row.consent_id.filter(|_| shared && row.terms.legal_basis == LegalBasis::Consent) {
        Some(id) if Session::of(ctx).actor().holds(Scope::CasesRead) => consent(ctx, id).await?,
        _ => None,
    };
    let memorandum = match behind.agreement.as_ref().filter(|_| shared) {
        Some(agreement) => memorandum::find(ctx, agreement.memorandum_id).await?,
        None => None,
    };
    let access = |(field, rule): (String, crate::referral::sharing::Rule)| {
        let reason = sharing.decide(rule).err();
        FieldAccess {
            field,
            group: rule.group(),
            visible: reason.is_none(),
            reason,
            consent: consent.clone(),
            memorandum: memorandum.clone(),
        }
    };
    Ok(Some(fields().map(access).collect()))
}
