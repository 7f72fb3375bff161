//! Inputs about figures, and the commands that they become.

use crate::{
    base::{self, period, words::indicator::*},
    graphql::{
        node::Kind,
        scalars::{Decimal, Katottg, PartialDate},
    },
    indicator::model as row,
};
use async_graphql::{ID, InputObject};

/// `observationReport`: a figure as its source reports it, of at least one of organizationId, centreId, territory.
#[derive(Clone, Debug, InputObject)]
pub struct ObservationReportInput {
    /// Key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same (ключ ідемпотентності).
    pub idempotency_key: Option<String>,
    /// What is counted; not what the server alone can know: referrals, medians, money (показник).
    indicator: Indicator,
    /// What is meant, where one subject reports several of one indicator and period; at most 200 characters (назва).
    title: Option<String>,
    /// The number, not negative, at most four decimals; null: the source gives none, which is not zero (значення).
    value: Option<Decimal>,
    /// How the number stands to the true one (порівняння).
    #[graphql(default_with = "Comparator::Eq")]
    comparator: Comparator,
    /// What it says of its time (вид показника).
    kind: ObservationKind,
    /// The organisation whose figure it is: your own; of others the Ministry reports, and its own figures are the whole country's (організація).
    organization_id: Option<ID>,
    /// The centre whose figure it is: one that your organisation provides or hosts (центр).
    centre_id: Option<ID>,
    /// The territory whose figure it is (територія).
    territory: Option<Katottg>,
    /// First day of the period; not of a STOCK (період з).
    period_from: Option<PartialDate>,
    /// Last day of the period, inclusive; of a STOCK its day. Only a TARGET may do without, and lie ahead (період до).
    period_to: Option<PartialDate>,
    /// Where it was published: an address, a report; at most 500 characters (джерело).
    source: String,
    /// What the source says besides, never about a person; at most 1000 characters. Kept back together with the value (примітка).
    note: Option<String>,
    /// Organisations that paid for it or helped, at most 20 (за підтримки).
    supported_by_ids: Option<Vec<ID>>,
    /// Your own reference of this figure, at most 128 characters, one for each; nothing of a person. A repetition answers the figure that is there (зовнішній ідентифікатор).
    external_reference: Option<String>,
}

impl ObservationReportInput {
    pub fn command(self) -> Result<row::Report, base::Error> {
        let partial = |date: Option<PartialDate>, field| -> Result<_, base::Error> {
            Ok(date.map(|date| period::PartialDate::parse(&date.0, field)).transpose()?)
        };
        let supporter = |(place, id): (usize, &ID)| Kind::Organization.key(id, &format!("supportedByIds.{place}"));
        Ok(row::Report {
            indicator: self.indicator,
            title: self.title,
            value: self.value.map(|value| value.0),
            comparator: self.comparator,
            kind: self.kind,
            about_id: Kind::Organization.maybe(self.organization_id.as_ref(), "organizationId")?,
            centre_id: Kind::Centre.maybe(self.centre_id.as_ref(), "centreId")?,
            territory: self.territory.map(|code| code.0),
            period_from: partial(self.period_from, "periodFrom")?,
            period_to: partial(self.period_to, "periodTo")?,
            source: self.source,
            note: self.note,
            supported_by: self
                .supported_by_ids
                .unwrap_or_default()
                .iter()
                .enumerate()
                .map(supporter)
                .collect::<Result<_, _>>()?,
            external_reference: self.external_reference,
        })
    }
}
