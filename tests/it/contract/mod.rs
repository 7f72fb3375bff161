//! Funding contracts: their life through the API, what they refuse, races, what each side sees, and random histories against a
//! bookkeeper who goes through the papers by hand.

mod attacks;
mod history;
mod life;
mod papers;
mod race;
mod reading;
mod refusals;
mod size;

use crate::town::{KAZANKA, Side, Town, key, with};
use chrono::{DateTime, NaiveDate};
use mistok::{
    base::words::{contract::ContractStatus, organization::OrganizationKind as Kind},
    contract::model::FundingContract,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// The region of Kazanka, and another one.
pub const MYKOLAIV: &str = "UA48000000000039575";
pub const VINNYTSIA: &str = "UA05000000000010236";

/// A draft without a past.
pub fn row(id: Uuid, funder_id: Uuid, provider_id: Uuid, starts_on: NaiveDate) -> FundingContract {
    let at = DateTime::UNIX_EPOCH;
    FundingContract {
        id,
        number: id.to_string(),
        funder_id,
        of_fund: true,
        provider_id,
        centre_id: None,
        territory_code: KAZANKA.into(),
        region_code: MYKOLAIV.into(),
        selection_authority: None,
        selection_body: None,
        selection_number: None,
        selection_decided_on: None,
        payee_iban: None,
        starts_on,
        status: ContractStatus::Draft,
        signed_on: None,
        signed_at: None,
        active_from: None,
        ended_on: None,
        end_reason: None,
        ceiling_kop: 0,
        accepted_kop: 0,
        paid_kop: 0,
        created_at: at,
        updated_at: at,
        version: 1,
    }
}

/// A town with the Fund, two of its branches, the Ministry and the contract of the receiver's centre.
pub struct Deal {
    pub town: Town,
    pub fund: Side,
    /// Of the region of Kazanka.
    pub branch: Side,
    /// Of another region.
    pub elsewhere: Side,
    pub ministry: Side,
}

/// What is asked of a contract.
pub const STATE: &str = "status amount accepted paid remaining";
/// What is asked of an act.
pub const ACT: &str =
    "status claimed accepted paid lines { line { id unit } claimedQuantity recordedQuantity acceptedQuantity }";

impl Deal {
    pub async fn new() -> Self {
        let town = Town::new().await;
        let (fund, branch) = (town.side(Kind::Fund).await, town.side(Kind::FundBranch).await);
        let (elsewhere, ministry) = (town.side(Kind::FundBranch).await, town.side(Kind::Ministry).await);
        for (side, region) in [(&branch, MYKOLAIV), (&elsewhere, VINNYTSIA)] {
            let id = side.partner.organization_id;
            let sql = format!("update organization set territory_code = '{region}' where id = '{id}'");
            town.served.stage.owner().await.batch_execute(&sql).await.unwrap();
        }
        Self { town, fund, branch, elsewhere, ministry }
    }

    pub fn provider(&self) -> &Side {
        &self.town.receiver
    }

    /// The input of a contract for 2025: 120 consultations for 500.00 and a team for 12 months at 40000.00, 540000.00 in all.
    pub async fn input(&self, more: Value) -> Value {
        let provider = self.provider();
        let base = json!({"idempotencyKey": key(), "number": key(), "providerId": provider.id, "centreId": provider.centre,
            "territory": KAZANKA, "startsOn": "2025-01-01", "endsOn": "2025-12-31", "lines": self.lines("120", "12").await});
        with(base, more)
    }

    /// Consultations and months of the team.
    pub async fn lines(&self, consultations: &str, months: &str) -> Value {
        json!([
            {"serviceCode": self.town.service().await, "budgetLine": "ENGAGED_SPECIALISTS", "unit": "консультація",
                "plannedQuantity": consultations, "unitPrice": "500.00"},
            {"budgetLine": "TEAM_PAY", "unit": "місяць", "plannedQuantity": months, "unitPrice": "40000.00"},
        ])
    }

    /// A step of the funder's side that goes well.
    pub async fn step(&self, side: &Side, name: &str, contract: &Value, more: Value) -> Value {
        let input = with(json!({"id": contract["id"], "expectedVersion": contract["version"], "idempotencyKey": key()}), more);
        self.town.done(side, name, "contract", STATE, input).await
    }

    /// A mutation that is refused: the code, and the path within the input.
    pub async fn said(&self, side: &Side, name: &str, object: &str, input: Value) -> (String, String) {
        let (code, path) = self.town.refused(side, name, object, input).await;
        let within = path.strip_prefix("input.").unwrap_or(&path).to_owned();
        (code, within)
    }

    /// The same that is refused: the code and the path.
    pub async fn refused(&self, side: &Side, name: &str, contract: &Value, more: Value) -> (String, String) {
        let input = with(json!({"id": contract["id"], "expectedVersion": contract["version"], "idempotencyKey": key()}), more);
        self.said(side, name, "contract", input).await
    }

    /// A contract of the branch that is active since its first day.
    pub async fn active(&self, more: Value) -> Value {
        let made = self.town.done(&self.branch, "contractCreate", "contract", STATE, self.input(more).await).await;
        let signed = self.step(&self.branch, "contractSign", &made, json!({"signedOn": "2024-12"})).await;
        self.step(&self.branch, "contractActivate", &signed, json!({"on": "2025-01-01"})).await
    }

    /// The contract as it is now, with the fields that are asked for.
    pub async fn read(&self, side: &Side, contract: &Value, fields: &str) -> Value {
        let query = format!("query($id: ID!){{ fundingContract(id: $id){{ id version {fields} }} }}");
        self.town.ask(side, &query, json!({"id": contract["id"]})).await.data()["fundingContract"].clone()
    }

    /// So many services of the line, given in the centre on a day.
    pub async fn given(&self, on: &str, quantity: i32) {
        let row = json!({"serviceCode": self.town.service().await, "form": "INDIVIDUAL", "occurredOn": on, "quantity": quantity,
            // Ten digits may be a tax number, which no reference holds.
            "centreId": self.provider().centre, "externalReference": key().replace(|sign: char| sign.is_ascii_digit(), "x")});
        let query = "mutation($input: ServicesRecordInput!){ servicesRecord(input: $input){ userErrors { code path } } }";
        let input = json!({"idempotencyKey": key(), "rows": [row]});
        let done = self.town.ask(self.provider(), query, json!({"input": input})).await;
        assert_eq!(done.data()["servicesRecord"]["userErrors"], json!([]), "{done:?}");
    }

    pub async fn drafted(&self, contract: &Value, month: &str) -> Value {
        let input = json!({"idempotencyKey": key(), "contractId": contract["id"], "month": month});
        self.town.done(self.provider(), "actDraft", "act", ACT, input).await
    }

    /// The claim of an act: consultations and months of the team.
    pub fn claim(act: &Value, consultations: &str, months: &str) -> Value {
        let lines = act["lines"].as_array().unwrap();
        let of = |(line, quantity): (&Value, &str)| json!({"lineId": line["line"]["id"], "claimedQuantity": quantity});
        json!({"lines": lines.iter().zip([consultations, months]).map(of).collect::<Vec<_>>()})
    }

    /// A step of an act that goes well.
    pub async fn act(&self, side: &Side, name: &str, act: &Value, more: Value) -> Value {
        let input = with(json!({"id": act["id"], "expectedVersion": act["version"], "idempotencyKey": key()}), more);
        self.town.done(side, name, "act", ACT, input).await
    }

    /// The same that is refused.
    pub async fn act_refused(&self, side: &Side, name: &str, act: &Value, more: Value) -> (String, String) {
        let input = with(json!({"id": act["id"], "expectedVersion": act["version"], "idempotencyKey": key()}), more);
        self.said(side, name, "act", input).await
    }

    /// A submitted act of a month.
    pub async fn submitted(&self, contract: &Value, month: &str, consultations: &str, months: &str) -> Value {
        let act = self.drafted(contract, month).await;
        self.act(self.provider(), "actSubmit", &act, Self::claim(&act, consultations, months)).await
    }

    /// The input of a payment of a contract as it is now.
    pub async fn payment(&self, contract: &Value, amount: &str, more: Value) -> Value {
        let now = self.read(&self.branch, contract, "").await;
        let base = json!({"idempotencyKey": key(), "contractId": now["id"], "expectedVersion": now["version"], "amount": amount,
            "paidOn": "2025-06-10", "reference": key()});
        with(base, more)
    }

    /// A payment that goes well.
    pub async fn pays(&self, contract: &Value, amount: &str, more: Value) -> Value {
        let input = self.payment(contract, amount, more).await;
        self.town.done(&self.branch, "paymentRecord", "contract", STATE, input).await
    }
}
