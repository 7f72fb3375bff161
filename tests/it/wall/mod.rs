//! The second wall with the first wall off: stores are called, and SQL is sent, as a party that the program would never
//! let so far. What PostgreSQL alone lets through is the whole of what a forgotten question could cost.

/// All that is sealed about a person, as an array in SQL.
const SLOTS: &str = "array['PERSON', 'FACTORS', 'REASON', 'JUSTIFICATION', 'DISCLOSED', 'NOTE', 'SUMMARY', 'DEMOGRAPHICS']";

mod agreed;
mod login;
mod seen;
mod shared;
mod written;

use crate::{
    funding::Parties,
    town::{KAZANKA, Side, Town, key, target, with},
};
use async_graphql::ID;
use mistok::{
    access::{Actor, Scopes},
    base::words::{access::AccessPurpose, organization::OrganizationKind as Kind},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// A tax number of nobody, by which the sender finds the person again.
const TAX_NUMBER: &str = "9999900013";

/// A town in which every table holds something of both parties: cases with all their parts, an accepted referral with its
/// note, drafts.
struct Scene {
    town: Town,
    case: Uuid,
    person: Uuid,
    consent: Uuid,
    referral: Uuid,
    draft: Uuid,
    /// Between the receiver, who provides a centre, and the sender.
    memorandum: Uuid,
}

impl Scene {
    async fn new() -> Self {
        let town = Town::new().await;
        let case = open_case(&town).await;
        let consent = town.consent(&town.sender, &case, &town.receiver, &["DEMOGRAPHICS", "CONTACT"]).await;
        let input = town.referral_input(&case, &consent, &town.receiver).await;
        let sent = town.done(&town.sender, "referralCreate", "referral", "status", input).await;
        let draft = with(town.referral_input(&case, &consent, &town.receiver).await, json!({"send": false}));
        let draft = town.done(&town.sender, "referralCreate", "referral", "status", draft).await;
        let accepted = town.step(&town.receiver, "referralAccept", &sent, json!({"note": "чекаємо"})).await;
        town.consent(&town.sender, &case, &town.stranger, &["CONTACT"]).await;
        // The receiver has records of its own, and names the stranger in a consent and in a draft: it has told it nothing yet.
        let own = json!({"idempotencyKey": key(), "referralId": accepted["id"], "primaryCategory": "IDP", "intakeChannel": "REFERRAL"});
        let own = town.done(&town.receiver, "caseOpen", "case", "openedOn", own).await;
        let own = work_on(&town, &town.receiver, own).await;
        let onward = town.consent(&town.receiver, &own, &town.stranger, &["DEMOGRAPHICS", "CONTACT"]).await;
        let unsent = with(town.referral_input(&own, &onward, &town.stranger).await, json!({"send": false}));
        town.done(&town.receiver, "referralCreate", "referral", "status", unsent).await;
        // A memorandum of both, and one of others.
        let memorandum = uuid(&town.agreed(&town.receiver, &[&town.sender], json!({})).await);
        let (others, their) = (town.provider(Kind::Ngo).await, town.side(Kind::Charity).await);
        town.agreed(&others, &[&their], json!({})).await;
        // All have worked.
        for (side, case) in [(&town.sender, &case), (&town.receiver, &own), (&others, &town.case(&others).await)] {
            town.works(side, case).await;
        }
        // Two providers have contracts with one funder, with paid acts; and it writes another one for each of which they do not know yet.
        for provider in [&town.receiver, &others] {
            let parties = Parties::new(&town, (&their, Kind::Charity), (provider, Kind::Ngo));
            let contract = parties.active("2025-01", "100", "100.00").await;
            let act = parties.act(contract, "2025-01", "3", "2").await;
            parties.pay(contract, act, "200.00", "2025-02-01").await;
            parties.draft("100", "100.00").await;
        }
        // Three have webhooks, which were tried.
        for side in [&town.sender, &town.receiver, &others] {
            hooked(&town, side).await;
        }
        // Both have read the person: two entries of the audit.
        for side in [&town.sender, &town.receiver] {
            assert_eq!(town.sees(side, &sent["id"], "subject { phone }").await["subject"]["phone"], "+380670000001");
        }
        let (case, referral) = (uuid(&case), uuid(&sent));
        let client = crate::stage::connect(&town.served.stage.superuser_url()).await;
        let person = one(&client, &format!("select person_id::text from \"case\" where id = '{case}'")).await.parse().unwrap();
        Self { case, person, consent: uuid(&consent), referral, draft: uuid(&draft), memorandum, town }
    }

    /// A party as the program would know it, with every right that its kind may hold.
    fn actor(&self, side: &Side, kind: Kind) -> Actor {
        Actor {
            application_id: Uuid::now_v7(),
            organization_id: side.partner.organization_id,
            kind,
            scopes: Scopes::of_kind(kind),
            purpose: Some(AccessPurpose::CaseWork),
            acting_for: None,
            language: Default::default(),
        }
    }

    fn sender(&self) -> Actor {
        self.actor(&self.town.sender, Kind::LocalAuthority)
    }

    fn receiver(&self) -> Actor {
        self.actor(&self.town.receiver, Kind::Ngo)
    }

    fn stranger(&self) -> Actor {
        self.actor(&self.town.stranger, Kind::Charity)
    }

    /// The sender's endpoints and their deliveries.
    async fn hooks(&self) -> (Vec<Uuid>, Vec<Uuid>) {
        let client = self.superuser().await;
        let of = format!("organization_id = '{}'", self.town.sender.partner.organization_id);
        let ids = async |table: &str| {
            let rows = client.query(&format!("select id from {table} where {of}"), &[]).await.unwrap();
            rows.iter().map(|row| row.get::<_, String>(0).parse().unwrap()).collect()
        };
        (
            ids("(select id::text, organization_id from webhook_endpoint) e").await,
            ids("(select id::text, organization_id from webhook_delivery) d").await,
        )
    }

    /// A bare connection as the server's own login.
    async fn app(&self) -> tokio_postgres::Client {
        crate::stage::connect(&self.town.served.stage.app_url()).await
    }

    /// A bare connection past all walls.
    async fn superuser(&self) -> tokio_postgres::Client {
        crate::stage::connect(&self.town.served.stage.superuser_url()).await
    }
}

/// An endpoint with a delivery that was tried once.
async fn hooked(town: &Town, side: &Side) {
    let make = "mutation($input: WebhookEndpointCreateInput!){ webhookEndpointCreate(input: $input){ endpoint { id version } userErrors { code } } }";
    let input = json!({"url": "https://203.0.114.1/", "types": ["CASE_OPENED"]});
    let made = town.ask(side, make, json!({"input": input})).await.data()["webhookEndpointCreate"].clone();
    assert_eq!(made["userErrors"], json!([]));
    let test = "mutation($input: WebhookTestInput!){ webhookTest(input: $input){ delivery { id } userErrors { code } } }";
    let input = json!({"endpointId": made["endpoint"]["id"]});
    let tried = town.ask(side, test, json!({"input": input})).await.data()["webhookTest"].clone();
    let delivery = uuid(&tried["delivery"]);
    let own = side.partner.organization_id;
    let attempt =
        format!("insert into webhook_attempt values (gen_random_uuid(), '{delivery}', '{own}', now(), null, 'TIMEOUT')");
    crate::stage::connect(&town.served.stage.superuser_url()).await.batch_execute(&attempt).await.unwrap();
}

/// A case that has gone the whole way to its services.
async fn open_case(town: &Town) -> Value {
    let input = json!({
        "idempotencyKey": key(), "territory": KAZANKA, "primaryCategory": "IDP", "intakeChannel": "SELF_IN_PERSON",
        "hardshipFactors": ["INTERNAL_DISPLACEMENT", "DOMESTIC_VIOLENCE"], "householdSize": 3,
        "person": {"familyName": "Вигадана", "givenName": "Оксана", "birthDate": "1990-05-17", "sex": "FEMALE",
            "phone": "067-000-00-01", "taxNumber": TAX_NUMBER},
    });
    let case = town.done(&town.sender, "caseOpen", "case", "openedOn", input).await;
    work_on(town, &town.sender, case).await
}

/// The steps from the assessment on, each of which leaves rows behind.
async fn work_on(town: &Town, side: &Side, mut case: Value) -> Value {
    let today = case["openedOn"].clone();
    for (name, more) in [
        (
            "caseAssess",
            json!({"purpose": "SOCIAL_SERVICES", "assessedOn": today, "complexity": "SIMPLE", "summary": "висновок"}),
        ),
        ("caseDecide", json!({"decision": "PROVIDE", "decidedOn": today})),
        ("casePlan", json!({"goals": [{"text": "ціль"}]})),
        ("caseActivate", json!({})),
        ("caseSuspend", json!({"reason": "від'їзд"})),
    ] {
        case = town.done(side, name, "case", "openedOn", with(target(&case), more)).await;
    }
    case
}

/// The key within the global id of an object.
fn uuid(object: &Value) -> Uuid {
    let id = object["id"].as_str().unwrap_or_else(|| panic!("no id: {object}"));
    mistok::graphql::node::open(&ID::from(id)).unwrap().1
}

/// One text of the database.
async fn one(client: &tokio_postgres::Client, sql: &str) -> String {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// Runs statements in the name of an organisation, as a connection would that forgot every question; nothing is kept.
struct As<'a> {
    client: &'a tokio_postgres::Client,
    settings: String,
}

impl<'a> As<'a> {
    fn organization(client: &'a tokio_postgres::Client, actor: &Actor) -> Self {
        let settings =
            format!("set local mistok.org_id = '{}'; set local mistok.kind = '{}'", actor.organization_id, actor.kind);
        Self { client, settings }
    }

    /// Without any setting.
    fn nobody(client: &'a tokio_postgres::Client) -> Self {
        Self { client, settings: String::new() }
    }

    /// How many rows a statement touches, or what PostgreSQL says against it.
    async fn try_to(&self, sql: &str) -> Result<u64, String> {
        self.client.batch_execute(&format!("begin; {}", self.settings)).await.unwrap();
        let done = self.client.execute(sql, &[]).await.map_err(|fault| fault.as_db_error().unwrap().message().to_owned());
        self.client.batch_execute("rollback").await.unwrap();
        done
    }

    /// One number.
    async fn count(&self, sql: &str) -> i64 {
        self.client.batch_execute(&format!("begin; {}", self.settings)).await.unwrap();
        let row = self.client.query_one(sql, &[]).await;
        let count = row.unwrap_or_else(|fault| panic!("{sql}: {}", fault.as_db_error().unwrap().message())).get(0);
        self.client.batch_execute("rollback").await.unwrap();
        count
    }
}

/// What row-level security says to a new row.
fn policy(table: &str) -> Result<u64, String> {
    Err(format!("new row violates row-level security policy for table \"{table}\""))
}
