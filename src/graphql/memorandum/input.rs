//! Inputs about memoranda, and the commands that they become.

use crate::{
    base::{self, period, words::access::FieldGroup},
    graphql::{
        case::step_input,
        node::Kind,
        scalars::{Date, Katottg, PartialDate},
    },
    memorandum::model::{self as row, Target},
};
use async_graphql::{ID, InputObject, MaybeUndefined};
use uuid::Uuid;

/// One service in one territory; a region or raion covers the hromadas below it (послуга й територія).
#[derive(Clone, Debug, InputObject)]
pub struct CoverageInput {
    /// Code of the service type (код послуги).
    service_code: String,
    /// Where (територія).
    territory: Katottg,
}

/// What may be told of a person under a memorandum (умови обміну даними).
#[derive(Clone, Debug, InputObject)]
pub struct SharingPolicyInput {
    /// Groups of fields that may be shared at all, at least one (групи полів).
    field_groups: Vec<FieldGroup>,
    /// For how many days after the end of a referral its receiver may go on reading, 0 to 1095 (строк зберігання, днів).
    retention_days: i32,
    /// Whether the receiver may send the person onward (подальше скерування).
    #[graphql(default = false)]
    onward_referral: bool,
}

impl From<SharingPolicyInput> for row::Policy {
    fn from(input: SharingPolicyInput) -> Self {
        let SharingPolicyInput { field_groups, retention_days, onward_referral } = input;
        Self { field_groups, retention_days, onward_referral }
    }
}

/// The past of a paper memorandum, entered before its first use: all parties have signed (історія).
#[derive(Clone, Debug, InputObject)]
pub struct MemorandumHistoryInput {
    /// When it was signed, as well as the source knows it; a part of a date counts from the last day that it may mean (дата підписання).
    signed_on: PartialDate,
    /// The day on which it was ended, if it was (дата припинення).
    terminated_on: Option<Date>,
    /// Why it was ended (причина).
    reason: Option<String>,
}

fn coverage(lines: Vec<CoverageInput>) -> Vec<row::NewCoverage> {
    let line = |line: CoverageInput| row::NewCoverage { service_code: line.service_code, territory: line.territory.0 };
    lines.into_iter().map(line).collect()
}

fn partners(ids: &[ID]) -> Result<Vec<Uuid>, base::Error> {
    ids.iter().enumerate().map(|(place, id)| Kind::Organization.key(id, &format!("partnerIds.{place}"))).collect()
}

/// `memorandumCreate`: a draft between the provider of a centre and its partners, or a paper memorandum with its history.
#[derive(Clone, Debug, InputObject)]
pub struct MemorandumCreateInput {
    /// Key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same (ключ ідемпотентності).
    pub idempotency_key: Option<String>,
    /// Its number on the paper; unique among your memoranda (номер).
    number: String,
    /// What it is called (назва).
    title: String,
    /// The centre; your organisation is its provider (центр).
    centre_id: ID,
    /// The partners, 1 to 100, each once (партнери).
    partner_ids: Vec<ID>,
    /// Which services, where: 1 to 500 lines (предмет співпраці).
    coverage: Vec<CoverageInput>,
    /// What may be told of a person (умови обміну даними).
    sharing: SharingPolicyInput,
    /// Its first day (діє з).
    effective_from: Date,
    /// Its last day, inclusive; null: without an end (діє до).
    effective_to: Option<Date>,
    /// Of a paper memorandum: when it was signed, and ended (історія).
    history: Option<MemorandumHistoryInput>,
}

impl MemorandumCreateInput {
    pub fn command(self) -> Result<row::Create, base::Error> {
        let history = |history: MemorandumHistoryInput| {
            Ok::<_, base::Error>(row::History {
                signed_on: period::PartialDate::parse(&history.signed_on.0, "history.signedOn")?,
                terminated_on: history.terminated_on.map(|day| day.0),
                reason: history.reason,
            })
        };
        Ok(row::Create {
            number: self.number,
            title: self.title,
            centre_id: Kind::Centre.key(&self.centre_id, "centreId")?,
            partner_ids: partners(&self.partner_ids)?,
            coverage: coverage(self.coverage),
            sharing: self.sharing.into(),
            effective_from: self.effective_from.0,
            effective_to: self.effective_to.map(|day| day.0),
            history: self.history.map(history).transpose()?,
        })
    }
}

step_input! {
    /// `memorandumUpdate`: until the first signature. An absent field stays, null clears.
    MemorandumUpdateInput(Memorandum) {
        /// What it is called (назва).
        title: MaybeUndefined<String>,
        /// The whole coverage anew (предмет співпраці).
        coverage: MaybeUndefined<Vec<CoverageInput>>,
        /// What may be told of a person (умови обміну даними).
        sharing: MaybeUndefined<SharingPolicyInput>,
        /// Its first day (діє з).
        effective_from: MaybeUndefined<Date>,
        /// Its last day, inclusive; null: without an end (діє до).
        effective_to: MaybeUndefined<Date>,
    }
}

impl MemorandumUpdateInput {
    pub fn command(self) -> row::Update {
        row::Update {
            title: self.title.into(),
            coverage: self.coverage.map_value(coverage).into(),
            sharing: self.sharing.map_value(row::Policy::from).into(),
            effective_from: self.effective_from.map_value(|day| day.0).into(),
            effective_to: self.effective_to.map_value(|day| day.0).into(),
        }
    }
}

step_input! {
    /// `memorandumInvite`: opens the negotiation with the partners of the draft; later it adds partners, and asks again who has left or declined.
    MemorandumInviteInput(Memorandum) {
        /// Partners beside those of the draft; may be empty then (партнери).
        partner_ids: Vec<ID>,
    }
}

impl MemorandumInviteInput {
    pub fn partners(&self) -> Result<Vec<Uuid>, base::Error> {
        partners(&self.partner_ids)
    }
}

step_input! {
    /// `memorandumSign`: your organisation signs, for itself.
    MemorandumSignInput(Memorandum) {
        /// The day that stands on the paper; the signature counts from now on (дата підписання).
        signed_on: PartialDate,
    }
}
step_input! {
    /// `memorandumWithdraw`: your organisation leaves, or declines the invitation; the others stay. Who has left sees it as it was then; who has declined sees it no more, and gets null here.
    MemorandumWithdrawInput(Memorandum) {
        /// Why, for the provider; never about a person (причина).
        reason: String,
    }
}
step_input! {
    /// `memorandumSuspend`.
    MemorandumSuspendInput(Memorandum) {
        /// Why, for the partners; never about a person (причина).
        reason: String,
    }
}
step_input! {
    /// `memorandumResume`.
    MemorandumResumeInput(Memorandum) {
        /// Why, for the partners; never about a person (причина).
        reason: Option<String>,
    }
}
step_input! {
    /// `memorandumTerminate`.
    MemorandumTerminateInput(Memorandum) {
        /// Why, for the partners; never about a person (причина).
        reason: String,
    }
}
step_input! {
    /// `memorandumRenew`: another memorandum under the same terms, whose partners are invited to sign.
    MemorandumRenewInput(Memorandum) {
        /// Number of the new one (номер).
        number: String,
        /// First day of the new one; after the first day of the one that it renews (діє з).
        effective_from: Date,
        /// Last day of the new one, inclusive; null: without an end (діє до).
        effective_to: Option<Date>,
    }
}

impl MemorandumRenewInput {
    pub fn command(self) -> row::Renew {
        row::Renew {
            number: self.number,
            effective_from: self.effective_from.0,
            effective_to: self.effective_to.map(|day| day.0),
        }
    }
}
