//! Everything that an organisation can have, one of each kind.

use crate::town::{KAZANKA, Side, Town, key, target, with};
use mistok::{base::clock, graphql::node::Kind};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio_postgres::Client;
use uuid::Uuid;

/// Kinds with the table that holds them; an entry of the audit has none, its id is sealed for its reader.
pub const KINDS: &[(Kind, &str)] = &[
    (Kind::Application, "application"),
    (Kind::Case, "\"case\""),
    (Kind::Consent, "consent"),
    (Kind::Referral, "referral"),
    (Kind::Assessment, "assessment"),
    (Kind::PlanGoal, "plan_goal"),
    (Kind::Memorandum, "memorandum"),
    (Kind::ServiceDelivery, "service_delivery"),
    (Kind::Activity, "activity"),
    (Kind::Group, "\"group\""),
    (Kind::FundingContract, "funding_contract"),
    (Kind::ServiceAct, "service_act"),
    (Kind::Tranche, "tranche"),
    (Kind::ContractLine, "contract_line"),
    (Kind::Payment, "payment"),
    (Kind::Amendment, "contract_terms"),
    (Kind::Person, "person"),
    (Kind::Recording, "recording"),
    (Kind::WebhookEndpoint, "webhook_endpoint"),
    (Kind::WebhookDelivery, "webhook_delivery"),
];

/// Global ids by kind.
pub type Ids = BTreeMap<u8, Vec<String>>;

/// All rows of all kinds.
pub async fn all(superuser: &Client) -> Ids {
    let mut ids = Ids::new();
    for (kind, table) in KINDS {
        // Terms of a contract are named by the contract and a number; nobody asks for them by an id.
        let sql = match kind {
            Kind::Amendment => format!("select contract_id from {table}"),
            _ => format!("select id from {table}"),
        };
        let rows = superuser.query(&sql.replace("id from", "id::text from"), &[]).await.unwrap();
        let of = |row: &tokio_postgres::Row| kind.id(row.get::<_, String>(0).parse::<Uuid>().unwrap()).to_string();
        ids.insert(*kind as u8, rows.iter().map(of).collect());
    }
    ids
}

/// What the organisation of a side has when this is done; `partner` is the other party, and `name` a family name.
pub struct Estate {
    pub case: Value,
    /// Referrals: that it writes, that it has sent, and that it has accepted, with the case that it has opened from it.
    pub draft: Value,
    pub sent: Value,
    pub accepted: Value,
    pub taken: Value,
    pub consent: Value,
    pub memorandum: Value,
    /// Contracts: that it pays for, and that it is paid under; an act that it decides on, and one that it drafts.
    pub funded: Value,
    pub provided: Value,
    pub decides: Value,
    pub drafts: Value,
    pub endpoint: Value,
    /// An entry of the audit of the case.
    pub entry: Value,
    pub group: Value,
}

impl Estate {
    pub async fn new(town: &Town, owner: &Side, partner: &Side, name: &str) -> Self {
        let day = clock::day(town.served.clock.now());
        for side in [owner, partner] {
            town.offers(side, "AVAILABLE").await;
        }
        let memorandum = town.agreed(owner, &[partner], json!({})).await;
        town.agreed(partner, &[owner], json!({})).await;
        let opens = json!({"idempotencyKey": key(), "territory": KAZANKA, "primaryCategory": "IDP", "intakeChannel": "SELF_IN_PERSON",
            "person": {"familyName": name, "givenName": "Оксана", "birthDate": "1990-05-17", "sex": "FEMALE", "phone": "067-000-00-01",
                "address": name, "safeToContact": ["MESSENGER"]}});
        let mut case = town.done(owner, "caseOpen", "case", "code", opens).await;
        for (step, more) in [
            ("caseBeginAssessment", json!({})),
            ("caseAssess", json!({"purpose": "SOCIAL_SERVICES", "assessedOn": day, "complexity": "SIMPLE", "summary": name})),
            ("caseDecide", json!({"decision": "PROVIDE", "decidedOn": day})),
            ("casePlan", json!({"goals": [{"text": name}]})),
        ] {
            case = town.done(owner, step, "case", "code", with(target(&case), more)).await;
        }
        let consent = town.consent(owner, &case, partner, &["CONTACT"]).await;
        let input = with(town.referral_input(&case, &consent, partner).await, json!({"reason": name}));
        let sent = town.done(owner, "referralCreate", "referral", "number", input).await;
        let unsent = with(town.referral_input(&case, &consent, partner).await, json!({"send": false}));
        let draft = town.done(owner, "referralCreate", "referral", "number", unsent).await;
        let theirs = town.case(partner).await;
        let to_it = town.consent(partner, &theirs, owner, &["CONTACT"]).await;
        let input = town.referral_input(&theirs, &to_it, owner).await;
        let came = town.done(partner, "referralCreate", "referral", "number", input).await;
        let accepted = town.step(owner, "referralAccept", &came, json!({})).await;
        let takes = json!({"idempotencyKey": key(), "territory": KAZANKA, "referralId": came["id"], "primaryCategory": "IDP", "intakeChannel": "REFERRAL"});
        let taken = town.done(owner, "caseOpen", "case", "code", takes).await;
        let group = town.works(owner, &case).await.group;
        let (funded, decides, _) = contract(town, owner, partner).await;
        let (provided, _, drafts) = contract(town, partner, owner).await;
        let made = json!({"idempotencyKey": key(), "url": "http://127.0.0.1:9/", "types": ["CASE_OPENED", "OFFERING_CHANGED"]});
        let endpoint = town.done(owner, "webhookEndpointCreate", "endpoint", "status", made).await;
        let test = "mutation($id: ID!) { webhookTest(input: {endpointId: $id}) { delivery { id } userErrors { code } } }";
        let tested = town.ask(owner, test, json!({"id": endpoint["id"]})).await;
        assert_eq!(tested.data()["webhookTest"]["userErrors"], json!([]));
        let read = "query($id: ID!) { case(id: $id) { person { familyName } } }";
        assert_eq!(town.ask(owner, read, json!({"id": case["id"]})).await.data()["case"]["person"]["familyName"], name);
        let trail = "query($id: ID!) { auditTrail(objectId: $id, first: 1) { nodes { id action } } }";
        let entry = town.ask(owner, trail, json!({"id": case["id"]})).await.data()["auditTrail"]["nodes"][0].clone();
        assert_eq!(entry["action"], "READ");
        Self {
            case,
            draft,
            sent,
            accepted,
            taken,
            consent,
            memorandum,
            funded,
            provided,
            decides,
            drafts,
            endpoint,
            entry,
            group,
        }
    }
}

/// A contract that is active, with two tranches, a payment for the first, an act that was submitted, and one that is drafted.
async fn contract(town: &Town, funder: &Side, provider: &Side) -> (Value, Value, Value) {
    let draft = json!({"idempotencyKey": key(), "number": key(), "providerId": provider.id, "territory": KAZANKA,
        "startsOn": "2025-01-01", "endsOn": "2025-12-31",
        "lines": [{"budgetLine": "TEAM_PAY", "unit": "місяць", "plannedQuantity": "12", "unitPrice": "40000.00"}],
        "tranches": [{"kind": "INTERIM", "amount": "1000.00", "dueOn": "2025-05-01"}, {"kind": "INTERIM", "amount": "2000.00", "dueOn": "2025-06-01"}]});
    let fields = "lines { id } tranches { id } payments { id }";
    let mut contract = town.done(funder, "contractCreate", "contract", fields, draft).await;
    for (step, more) in [("contractSign", json!({"signedOn": "2024"})), ("contractActivate", json!({"on": "2025-01-01"}))] {
        contract = town.done(funder, step, "contract", fields, with(target(&contract), more)).await;
    }
    let first = json!({"trancheId": contract["tranches"][0]["id"]});
    contract = town.done(funder, "trancheApprove", "contract", fields, with(target(&contract), first.clone())).await;
    let pays = json!({"contractId": contract["id"], "expectedVersion": contract["version"], "amount": "1.00",
        "paidOn": "2025-06-10", "reference": key(), "idempotencyKey": key()});
    let pays = with(pays, first);
    contract = town.done(funder, "paymentRecord", "contract", fields, pays).await;
    let draft = json!({"contractId": contract["id"], "month": "2025-03", "idempotencyKey": key()});
    let act = town.done(provider, "actDraft", "act", "status", draft).await;
    let claim = json!({"lines": [{"lineId": contract["lines"][0]["id"], "claimedQuantity": "1"}]});
    let act = town.done(provider, "actSubmit", "act", "status", with(target(&act), claim)).await;
    let next = json!({"contractId": contract["id"], "month": "2025-04", "idempotencyKey": key()});
    let drafts = town.done(provider, "actDraft", "act", "status", next).await;
    (contract, act, drafts)
}
