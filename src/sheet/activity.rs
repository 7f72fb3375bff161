//! Group sessions and events (заходи): a row of a sheet as a command, and a row of one's own as a sheet shows it.

use super::{
    cell::Cells,
    column::{ACTIVITIES, Column},
    import::Table,
    line::{Shown, Value},
};
use crate::{
    access::{Actor, Scope},
    activity::{
        actions,
        model::{Activity, ActivityRow, Call, Recorded},
    },
    base::{Result, words::activity::ActivityKind},
    db::Db,
    graphql::node::Kind,
    journal::idempotency::Ask,
};
use chrono::NaiveDate;
use uuid::Uuid;

/// The table of activities.
pub struct Activities;

impl Table for Activities {
    const COLUMNS: &'static [Column] = ACTIVITIES;
    type Row = ActivityRow;

    fn read(cells: &mut Cells<'_>) -> ActivityRow {
        ActivityRow {
            id: cells.id(Kind::Activity, "id"),
            external_reference: cells.text("externalReference"),
            centre_id: cells.id(Kind::Centre, "centreId"),
            group_id: cells.id(Kind::Group, "groupId"),
            kind: cells.needed("kind", ActivityKind::GroupSession, |cells| cells.word("kind")),
            title: cells.text("title"),
            occurred_on: cells.needed("occurredOn", NaiveDate::MIN, |cells| cells.day("occurredOn")),
            place: cells.text("place"),
            participants: cells.number("participants"),
            case_ids: cells.ids(Kind::Case, "caseIds"),
            target_category: cells.word("targetCategory"),
            partner_ids: cells.ids(Kind::Organization, "partnerIds"),
            supported_by_ids: cells.ids(Kind::Organization, "supportedByIds"),
            territory: cells.territory("territory"),
            void: cells.flag("void"),
        }
    }

    fn is_named(row: &ActivityRow) -> bool {
        row.id.is_some() || row.external_reference.is_some() || row.void
    }

    fn name(row: &mut ActivityRow, reference: String) {
        row.external_reference = Some(reference);
    }

    fn content(row: &ActivityRow) -> Vec<String> {
        let ids = |ids: &[Uuid]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let id = |id: Option<Uuid>| ids(&Vec::from_iter(id));
        vec![
            row.occurred_on.to_string(),
            row.kind.to_string(),
            row.title.clone().unwrap_or_default(),
            row.place.clone().unwrap_or_default(),
            row.participants.map(|number| number.to_string()).unwrap_or_default(),
            row.target_category.map(|word| word.to_string()).unwrap_or_default(),
            id(row.centre_id),
            id(row.group_id),
            ids(&row.case_ids),
            ids(&row.partner_ids),
            ids(&row.supported_by_ids),
            row.territory.clone().unwrap_or_default(),
        ]
    }

    async fn record(db: &Db, actor: &Actor, call: Call<ActivityRow>) -> Result<Recorded> {
        let ask = Ask { mutation: "activitiesRecord", key: None, input_hash: Vec::new() };
        actions::record_activities(db, actor, &ask, call).await
    }
}

impl Shown for Activity {
    fn value(&self, column: &str, actor: &Actor) -> Value {
        match column {
            "id" => Value::id(Kind::Activity, Some(self.id)),
            "externalReference" => Value::text(self.external_reference.as_deref()),
            "occurredOn" => Value::text(Some(self.occurred_on)),
            "kind" => Value::word(Some(self.kind)),
            "title" => Value::text(self.title.as_deref()),
            "place" => Value::text(self.place.as_deref()),
            "participants" => Value::number(self.participants),
            "targetCategory" => Value::word(self.target_category),
            "centreId" => Value::id(Kind::Centre, self.centre_id),
            "groupId" => Value::id(Kind::Group, self.group_id),
            "caseIds" if actor.holds(Scope::CasesRead) => Value::ids(Kind::Case, &self.case_ids),
            "caseIds" => Value::ids(Kind::Case, &[]),
            "partnerIds" => Value::ids(Kind::Organization, &self.partner_ids),
            "supportedByIds" => Value::ids(Kind::Organization, &self.supported_by_ids),
            "territory" => Value::text(Some(&self.territory_code)),
            "void" => Value::Flag(self.voided),
            "version" => Value::number(Some(self.version)),
            _ => Value::None,
        }
    }
}
