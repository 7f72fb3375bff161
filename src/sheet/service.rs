//! Services that were given (послуги): a row of a sheet as a command, and a row of one's own as a sheet shows it.

use super::{
    cell::Cells,
    column::{Column, SERVICES},
    import::Table,
    line::{Shown, Value},
};
use crate::{
    access::{Actor, Scope},
    activity::{
        actions,
        model::{Call, CaseName, DeliveryRow, Recorded},
        sheet::Delivery,
    },
    base::{Refusal, Result, words::activity::DeliveryForm},
    db::Db,
    graphql::node::Kind,
    journal::idempotency::Ask,
};
use chrono::NaiveDate;

/// The table of services.
pub struct Services;

impl Table for Services {
    const COLUMNS: &'static [Column] = SERVICES;
    type Row = DeliveryRow;

    fn read(cells: &mut Cells<'_>) -> DeliveryRow {
        let case = match (cells.id(Kind::Case, "caseId"), cells.text("caseReference")) {
            (Some(_), Some(_)) => {
                cells.refuse(Refusal::invalid("caseReference", "Give caseId or caseReference, not both."));
                None
            }
            (Some(id), None) => Some(CaseName::Id(id)),
            (None, reference) => reference.map(CaseName::Reference),
        };
        DeliveryRow {
            id: cells.id(Kind::ServiceDelivery, "id"),
            external_reference: cells.text("externalReference"),
            centre_id: cells.id(Kind::Centre, "centreId"),
            case,
            service_code: cells.needed("serviceCode", String::new(), |cells| cells.text("serviceCode")),
            form: cells.needed("form", DeliveryForm::Individual, |cells| cells.word("form")),
            occurred_on: cells.needed("occurredOn", NaiveDate::MIN, |cells| cells.day("occurredOn")),
            quantity: cells.number("quantity").unwrap_or(1),
            specialist: cells.word("specialist"),
            target_category: cells.word("targetCategory"),
            referral_id: cells.id(Kind::Referral, "referralId"),
            territory: cells.territory("territory"),
            void: cells.flag("void"),
        }
    }

    fn is_named(row: &DeliveryRow) -> bool {
        row.id.is_some() || row.external_reference.is_some() || row.void
    }

    fn name(row: &mut DeliveryRow, reference: String) {
        row.external_reference = Some(reference);
    }

    fn content(row: &DeliveryRow) -> Vec<String> {
        let text = |value: Option<&dyn ToString>| value.map(ToString::to_string).unwrap_or_default();
        let case = match &row.case {
            None => String::new(),
            Some(CaseName::Id(id)) => id.to_string(),
            Some(CaseName::Reference(reference)) => reference.clone(),
        };
        vec![
            row.occurred_on.to_string(),
            row.service_code.clone(),
            row.form.to_string(),
            row.quantity.to_string(),
            case,
            text(row.specialist.as_ref().map(|value| value as _)),
            text(row.target_category.as_ref().map(|value| value as _)),
            text(row.centre_id.as_ref().map(|value| value as _)),
            text(row.territory.as_ref().map(|value| value as _)),
            text(row.referral_id.as_ref().map(|value| value as _)),
        ]
    }

    async fn record(db: &Db, actor: &Actor, call: Call<DeliveryRow>) -> Result<Recorded> {
        let ask = Ask { mutation: "servicesRecord", key: None, input_hash: Vec::new() };
        actions::record_services(db, actor, &ask, call).await
    }
}

impl Shown for Delivery {
    fn value(&self, column: &str, actor: &Actor) -> Value {
        let row = &self.delivery;
        match column {
            "id" => Value::id(Kind::ServiceDelivery, Some(row.id)),
            "externalReference" => Value::text(row.external_reference.as_deref()),
            "occurredOn" => Value::text(Some(row.occurred_on)),
            "serviceCode" => Value::text(Some(&self.service_code)),
            "form" => Value::word(Some(row.form)),
            "quantity" => Value::number(Some(row.quantity)),
            "specialist" => Value::word(row.specialist),
            "targetCategory" => Value::word(row.target_category),
            "caseReference" => Value::text(self.case_code.as_deref().filter(|_| actor.holds(Scope::CasesRead))),
            "centreId" => Value::id(Kind::Centre, row.centre_id),
            "territory" => Value::text(Some(&row.territory_code)),
            "referralId" => Value::id(Kind::Referral, row.referral_id.filter(|_| actor.holds(Scope::ReferralsRead))),
            "void" => Value::Flag(row.voided),
            "activityId" => Value::id(Kind::Activity, row.activity_id),
            "version" => Value::number(Some(row.version)),
            _ => Value::None,
        }
    }
}
